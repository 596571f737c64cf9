//! What the search asks of a model, beyond what stateright asks.

use std::hash::Hash;

use stateright::Model;

use super::hash::fingerprint;

/// A model that can be searched: its states are small, and say themselves whether they are wrong.
pub(in crate::check) trait Explorable: Model<State: Copy + Eq + Hash + Send + Sync> + Sync {
    /// What is wrong with `state`, if something is. The search ends at the first such state.
    fn broken(&self, state: &Self::State) -> Option<u8>;

    /// The one of the states that differ from `state` only in the names of interchangeable things that stands for all.
    ///
    /// It must be the same for all of them, and what can happen in them, and whether they are broken, must be the same
    /// but for these names.
    fn canonical(&self, state: Self::State) -> Self::State {
        state
    }

    /// 64 bits that tell states apart, as well as any number that has nothing to do with the state.
    fn print(&self, state: &Self::State) -> u64 {
        fingerprint(state)
    }

    /// Visits what can follow `state`: which of its actions, by its place in [`Model::actions`], and the state that stands
    /// for where it leads, with its fingerprint.
    ///
    /// `actions` is memory to be used over and over. A model that knows its successors without listing its actions, or
    /// their fingerprints without looking at all of them, can do better than this.
    fn successors(
        &self,
        state: &Self::State,
        actions: &mut Vec<Self::Action>,
        mut visit: impl FnMut(usize, u64, Self::State),
    ) {
        each(self, state, actions, |index, next| {
            let next = self.canonical(next);
            visit(index, self.print(&next), next);
        });
    }
}

/// Visits where each action leads, by its place.
pub(super) fn each<M: Explorable>(
    model: &M,
    state: &M::State,
    actions: &mut Vec<M::Action>,
    mut visit: impl FnMut(usize, M::State),
) {
    actions.clear();
    model.actions(state, actions);
    for (index, action) in actions.drain(..).enumerate() {
        if let Some(next) = model.next_state(state, action).filter(|next| model.within_boundary(next)) {
            visit(index, next);
        }
    }
}
