//! A bounded store as our own search sees it.

use super::engine::Explorable;
use super::machine::Machine;
use crate::model::Packed;

impl Explorable for Machine {
    fn broken(&self, state: &Packed) -> Option<u8> {
        state.broken()
    }
}
