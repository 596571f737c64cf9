//! Who is assumed to take a step at last, and what a run owes to those assumptions.

use super::graph::Graph;

/// What is assumed of each class of steps. A class in neither set may do nothing for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fairness {
    /// The classes that take a step at last if from some point on they always could.
    pub weak: u64,
    /// The classes that take a step at last if they could again and again.
    pub strong: u64,
    /// Whether a run goes on wherever any step is possible. Without this it may stop where no fair class has a step:
    /// nobody is obliged to move there.
    pub progress: bool,
}

impl Fairness {
    /// Whether a run may end in `state`.
    pub(super) fn lets_stop(self, graph: &Graph, state: u32) -> bool {
        let ends = graph.is_expanded(state) && graph.places(state).is_empty();
        let idles = graph.is_expanded(state) && !self.progress && graph.enabled(state) & (self.weak | self.strong) == 0;
        ends || idles
    }
}

/// What visiting part of a graph again and again means to each class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Footprint {
    /// The classes that take a step.
    taken: u64,
    /// The classes that could in some state.
    ever: u64,
    /// The classes that could in every state.
    always: u64,
}

impl Footprint {
    /// A part without states.
    pub(super) const fn empty() -> Self {
        Self { taken: 0, ever: 0, always: u64::MAX }
    }

    /// With a step of the classes `taken`, and a state where the classes `enabled` have one.
    pub(super) const fn then(self, taken: u64, enabled: u64) -> Self {
        Self { taken: self.taken | taken, ever: self.ever | enabled, always: self.always & enabled }
    }

    /// The weakly fair classes that always could, and never do.
    pub(super) const fn neglected(self, fairness: Fairness) -> u64 {
        fairness.weak & self.always & !self.taken
    }

    /// The strongly fair classes that could, and never do.
    pub(super) const fn starved(self, fairness: Fairness) -> u64 {
        fairness.strong & self.ever & !self.taken
    }

    /// The classes to which it is unfair.
    pub(super) const fn owed(self, fairness: Fairness) -> u64 {
        self.neglected(fairness) | self.starved(fairness)
    }

    /// The same for two that owe the same, now and whatever follows.
    pub(super) const fn relevant(self, fairness: Fairness) -> Self {
        let taken = self.taken & fairness.strong;
        Self { taken, ever: self.starved(fairness), always: self.neglected(fairness) }
    }
}
