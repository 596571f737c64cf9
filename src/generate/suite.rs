//! A suite: the cases for one goal within some bounds, and what they come to.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;

use super::behaviour::{Behaviour, LeftOut};
use super::case::Case;
use super::tour::tours;
use super::words;

/// What a suite is to cover.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Goal {
    /// Every transition.
    Transitions,
}

/// What was generated for a goal within one instance.
#[derive(Clone, Debug)]
pub struct Part {
    /// The name of the bounds.
    pub bounds: String,
    /// The cases.
    pub cases: Vec<Case>,
    /// How many things there are to cover, and are covered.
    pub goals: usize,
    /// What no suite for the goal is shorter than, where that is known.
    pub bound: Option<u64>,
    /// What no case covers, by the reason.
    pub left_out: BTreeMap<LeftOut, Vec<String>>,
}

/// What was generated for a goal.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The goal.
    pub goal: Goal,
    /// One for each instance.
    pub parts: Vec<Part>,
}

impl Goal {
    /// Its name, which begins the ids of its cases.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transitions => "transitions",
        }
    }

    /// The cases for it.
    #[must_use]
    pub fn generate(self, behaviour: &Behaviour) -> Part {
        match self {
            Self::Transitions => transitions(behaviour),
        }
    }
}

impl Part {
    /// How many calls its cases make; each case begins with one more, `reset`.
    #[must_use]
    pub fn length(&self) -> u64 {
        // The last step of each waits for notifications, and calls nothing.
        self.cases.iter().map(|case| case.scenario.steps.len() as u64).sum()
    }
}

fn transitions(behaviour: &Behaviour) -> Part {
    let tours = tours(&behaviour.graph, behaviour.start);
    let mut known = FixedBitSet::with_capacity(behaviour.graph.edge_count());
    let count = tours.ways.len();
    let cases = tours.ways.iter().enumerate().map(|(at, way)| {
        let new: Vec<_> = way.iter().copied().filter(|edge| !known.put(edge.index())).collect();
        let covers = new.iter().map(|edge| {
            let taken = &behaviour.graph[*edge];
            words::transition(behaviour.before(*edge), &taken.stimulus, taken.reply)
        });
        let covers = covers.collect();
        Case::new(behaviour, head(Goal::Transitions, behaviour, (at, count)), way, new, covers)
    });
    Part {
        bounds: behaviour.name.clone(),
        cases: cases.collect(),
        goals: behaviour.graph.edge_count(),
        bound: Some(tours.bound),
        left_out: behaviour.left_out.clone(),
    }
}

/// The id and the title of a case.
fn head(goal: Goal, behaviour: &Behaviour, (at, count): (usize, usize)) -> (String, String) {
    let (goal, bounds, number) = (goal.name(), &behaviour.name, at + 1);
    let width = count.to_string().len();
    (format!("{goal}/{bounds}-{number:0width$}"), format!("Covers {goal} of `{bounds}`, {number} of {count}"))
}
