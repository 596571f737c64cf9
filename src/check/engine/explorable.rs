//! What the search asks of a model, beyond what stateright asks.

use std::hash::Hash;

use stateright::Model;

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

    /// Visits what can follow `state`: which of its actions, by its place in [`Model::actions`], and where it leads.
    ///
    /// `actions` is memory to be used over and over. A model that knows its successors without listing its actions can
    /// do better than this.
    fn successors(
        &self,
        state: &Self::State,
        actions: &mut Vec<Self::Action>,
        mut visit: impl FnMut(usize, Self::State),
    ) {
        actions.clear();
        self.actions(state, actions);
        for (index, action) in actions.drain(..).enumerate() {
            if let Some(next) = self.next_state(state, action).filter(|next| self.within_boundary(next)) {
                visit(index, next);
            }
        }
    }
}
