//! A bounded store as our own search sees it.

use super::engine::Explorable;
use super::machine::{Machine, Node};

impl Explorable for Machine {
    fn broken(&self, state: &Node) -> Option<u8> {
        state.broken()
    }

    fn canonical(&self, state: Node) -> Node {
        self.standing(state)
    }
}
