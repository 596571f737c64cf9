//! The witness: a run that leaves an obligation open for ever, in finitely many steps.

use super::fairness::Fairness;
use super::graph::{Edge, Graph};
use super::judge::Obligation;

/// A run from state 0: the stem once, then the cycle for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasso {
    /// The steps that lead to the cycle, or to where the run stops.
    pub stem: Vec<Edge>,
    /// The steps that are repeated. Empty if the run stops after the stem: nothing can happen, or nobody must let it.
    pub cycle: Vec<Edge>,
}

/// Why something is no witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A step that the graph does not have, by its place in stem and cycle.
    NoSuchStep(usize),
    /// The cycle does not end where it began.
    DoesNotClose,
    /// The run stops where somebody goes on at last.
    Stops,
    /// The obligation is not open in this state of the cycle.
    NotOpen(u32),
    /// A step closes the obligation, by its place in stem and cycle.
    Closes(usize),
    /// The cycle is unfair to the class with this bit.
    Unfair(u32),
}

impl Lasso {
    /// Checks step by step that this is a fair run of `graph` that leaves `obligation` open for ever.
    ///
    /// Nothing here is shared with the search that finds one.
    ///
    /// # Errors
    ///
    /// The first flaw.
    pub fn verify(&self, graph: &Graph, fairness: Fairness, obligation: &impl Obligation) -> Result<(), Flaw> {
        let mut states = vec![0];
        for (at, step) in self.stem.iter().chain(&self.cycle).enumerate() {
            if !graph.edges_of(states[at]).any(|edge| edge == *step) {
                return Err(Flaw::NoSuchStep(at));
            }
            states.push(step.to);
        }
        let around = &states[self.stem.len()..];
        if around.first() != around.last() {
            return Err(Flaw::DoesNotClose);
        }
        if let Some(state) = around.iter().find(|state| !obligation.is_open(**state)) {
            return Err(Flaw::NotOpen(*state));
        }
        if let Some(at) = (0..self.cycle.len()).find(|at| obligation.closes(around[*at], &self.cycle[*at])) {
            return Err(Flaw::Closes(self.stem.len() + at));
        }
        if self.cycle.is_empty() {
            return if may_stop(graph, fairness, around[0]) { Ok(()) } else { Err(Flaw::Stops) };
        }
        let has_step = |state: u32, bit: u64| graph.edges_of(state).any(|edge| edge.classes & bit != 0);
        for class in 0..u64::BITS {
            let bit = 1 << class;
            let taken = self.cycle.iter().any(|step| step.classes & bit != 0);
            let weakly = fairness.weak & bit == 0 || taken || around.iter().any(|state| !has_step(*state, bit));
            let strongly = fairness.strong & bit == 0 || taken || !around.iter().any(|state| has_step(*state, bit));
            if !(weakly && strongly) {
                return Err(Flaw::Unfair(class));
            }
        }
        Ok(())
    }
}

/// Whether nobody is obliged to go on in `state`.
fn may_stop(graph: &Graph, fairness: Fairness, state: u32) -> bool {
    let obliged = |edge: Edge| fairness.progress || edge.classes & (fairness.weak | fairness.strong) != 0;
    graph.is_expanded(state) && !graph.edges_of(state).any(obliged)
}
