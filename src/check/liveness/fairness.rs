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

/// What part of a graph means to each class, if a run visits all of it again and again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Footprint {
    /// The classes that take a step.
    pub(super) taken: u64,
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

    /// Adds a state where the classes `enabled` have a step.
    pub(super) const fn visit(&mut self, enabled: u64) {
        self.ever |= enabled;
        self.always &= enabled;
    }

    /// The weakly fair classes that always could, and never do.
    pub(super) const fn neglected(self, fairness: Fairness) -> u64 {
        fairness.weak & self.always & !self.taken
    }

    /// The strongly fair classes that could, and never do.
    pub(super) const fn starved(self, fairness: Fairness) -> u64 {
        fairness.strong & self.ever & !self.taken
    }
}
