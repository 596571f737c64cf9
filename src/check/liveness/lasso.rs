//! The witness: a run that leaves an obligation open for ever, in finitely many steps.

use super::fairness::{Fairness, Footprint};
use super::graph::{Edge, Graph};
use super::judge::Obligation;
use super::region::Region;
use super::search::Search;

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
    /// The shortest run to `state`, which stops there. The search began in state 0.
    pub(super) fn stopping(graph: &Graph, search: &Search, state: u32) -> Self {
        Self { stem: edges(graph, &search.way(graph, state)), cycle: Vec::new() }
    }

    /// The shortest run to `anchor`, and from there a fair tour of its component. The search began in state 0.
    pub(super) fn circling(
        graph: &Graph,
        fairness: Fairness,
        region: &Region<'_>,
        search: Search,
        anchor: u32,
    ) -> Self {
        let stem = edges(graph, &search.way(graph, anchor));
        Self { stem, cycle: edges(graph, &tour(graph, fairness, region, search, anchor)) }
    }

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

/// A way round from `anchor` within its component that is fair, by going to the nearest step that settles something owed.
///
/// The component is fair: each class that is owed something finds it there. Each way either settles a class for good or
/// leads back to the anchor, so that the tour ends.
fn tour(graph: &Graph, fairness: Fairness, region: &Region<'_>, mut search: Search, anchor: u32) -> Vec<usize> {
    let component = region.component(anchor).expect("the anchor is a state of a component");
    let mut footprint = Footprint::empty();
    footprint.visit(graph.enabled(anchor));
    let (mut at, mut tour) = (anchor, Vec::new());
    loop {
        let (starved, neglected) = (footprint.starved(fairness), footprint.neglected(fairness));
        let settles = |place: usize| {
            let edge = graph.edge(place);
            edge.classes & (starved | neglected) != 0 || !graph.enabled(edge.to) & neglected & !starved != 0
        };
        let along = |place: usize| region.stays(place, component);
        let way = if starved | neglected != 0 {
            search.nearest(graph, at, along, settles)
        } else if tour.is_empty() || at != anchor {
            search.nearest(graph, at, along, |place| graph.edge(place).to == anchor)
        } else {
            return tour;
        };
        for place in way.expect("a component is strongly connected, and this one has what is owed") {
            let edge = graph.edge(place);
            footprint.taken |= edge.classes;
            footprint.visit(graph.enabled(edge.to));
            at = edge.to;
            tour.push(place);
        }
    }
}

fn edges(graph: &Graph, places: &[usize]) -> Vec<Edge> {
    places.iter().map(|place| graph.edge(*place)).collect()
}
