//! A bounded store as our own search sees it.

use stateright::Model;

use super::engine::Explorable;
use super::machine::{Choice, Machine, Node};

impl Explorable for Machine {
    fn broken(&self, state: &Node) -> Option<u8> {
        state.broken()
    }

    fn canonical(&self, state: Node) -> Node {
        self.standing(state)
    }

    fn print(&self, state: &Node) -> u64 {
        Self::print(self, state)
    }

    fn successors(&self, state: &Node, actions: &mut Vec<Choice>, mut visit: impl FnMut(usize, u64, Node)) {
        if !self.is_symmetric() {
            return self.each(state, visit);
        }
        // What stands for a state is looked up where its successors are.
        actions.clear();
        self.actions(state, actions);
        for Choice { index, next } in actions.drain(..) {
            let next = self.standing(next);
            visit(index.into(), Self::print(self, &next), next);
        }
    }
}
