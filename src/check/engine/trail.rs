//! The states that were found, by number, and which way each was found.

use super::segments::Segments;

/// The states, and for each the state and the action that led to it first.
#[derive(Debug)]
pub(super) struct Trail<S> {
    states: Segments<S>,
    parents: Segments<u32>,
    actions: Segments<u16>,
}

/// What stands for the parent of a state at the start.
pub(super) const NO_PARENT: u32 = u32::MAX;

/// How many states can be numbered: the parent of none, and the empty place of a table, need a number too.
pub(super) const STATES_MAX: usize = u32::MAX as usize - 1;

impl<S> Default for Trail<S> {
    fn default() -> Self {
        Self { states: Segments::default(), parents: Segments::default(), actions: Segments::default() }
    }
}

impl<S: Copy> Trail<S> {
    pub(super) const fn len(&self) -> usize {
        self.states.len()
    }

    pub(super) fn state(&self, index: usize) -> S {
        self.states.get(index)
    }

    pub(super) fn push(&mut self, state: S, parent: u32, action: u16) {
        self.states.push(state);
        self.parents.push(parent);
        self.actions.push(action);
    }

    /// Frees the states before `index`, but not how they were found.
    pub(super) fn forget_states_before(&mut self, index: usize) {
        self.states.forget_before(index);
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.states.bytes() + self.parents.bytes() + self.actions.bytes()
    }

    pub(super) const fn bytes_for(&self, more: usize) -> u64 {
        self.states.bytes_for(more) + self.parents.bytes_for(more) + self.actions.bytes_for(more)
    }

    /// How state `index` was found: the place of the state that the model starts in, and then that of each action.
    pub(super) fn way_to(&self, mut index: usize) -> Vec<u16> {
        let mut way = vec![self.actions.get(index)];
        while self.parents.get(index) != NO_PARENT {
            index = self.parents.get(index) as usize;
            way.push(self.actions.get(index));
        }
        way.reverse();
        way
    }
}
