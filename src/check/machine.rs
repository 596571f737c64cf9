//! A bounded store in the shape that stateright explores.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use stateright::{Model, Property};

use crate::model::{Action, Buffers, PROPERTIES, Packed, Rules, Scope, Transition, World};

/// Counts, for each property, in how many states it was tested.
pub(super) type Tally = [AtomicU64; PROPERTIES.len()];

/// The one merged property. stateright looks each property up in a shared map for every state, so one is enough;
/// which of ours was broken stands in the state.
pub(super) const HOLDS: &str = "every property holds";

/// A scope, the rules in force, and which properties are looked at.
#[derive(Debug)]
pub(super) struct Machine {
    scope: Scope,
    rules: Rules,
    active: u64,
    tested: Tally,
}

/// One of the things that can happen, with the answer that was chosen, and where it leads.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) action: Action,
    pub(super) choice: u8,
    next: Packed,
}

thread_local! {
    /// stateright hands out no memory of our own.
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

impl Machine {
    /// A machine that looks at the properties whose bits are set in `active`.
    pub(super) fn new(scope: Scope, rules: Rules, active: u64) -> Self {
        Self { scope, rules, active, tested: Tally::default() }
    }

    /// In how many of the states expanded so far each property was tested.
    pub(super) fn tested(&self) -> [u64; PROPERTIES.len()] {
        std::array::from_fn(|index| self.tested[index].load(Ordering::Relaxed))
    }

    /// Notes in `tested` which properties say something about `transition`, and returns the first that it breaks.
    fn judge(&self, transition: &Transition<'_>, tested: &mut u64) -> Option<u8> {
        let mut broken = None;
        for (index, property) in PROPERTIES.iter().enumerate().filter(|(index, _)| self.active & (1 << index) != 0) {
            if let Some(holds) = (property.check)(transition) {
                *tested |= 1 << index;
                if !holds && broken.is_none() {
                    broken = Some(index as u8);
                }
            }
        }
        broken
    }
}

impl Model for Machine {
    type State = Packed;
    type Action = Choice;

    fn init_states(&self) -> Vec<Packed> {
        vec![World::new(&self.scope).pack()]
    }

    /// Lists what [`World::transitions`] lists, in its order: stateright replays a path by the places in this list.
    fn actions(&self, state: &Packed, actions: &mut Vec<Choice>) {
        if state.broken().is_some() {
            return;
        }
        let world = state.unpack();
        let mut tested = 0;
        BUFFERS.with_borrow_mut(|buffers| {
            world.transitions(&self.scope, &self.rules, buffers, |transition| {
                let broken = self.judge(transition, &mut tested);
                let mut next = transition.after;
                next.broken = broken;
                actions.push(Choice { action: transition.action, choice: transition.choice, next: next.pack() });
            });
        });
        for (index, count) in self.tested.iter().enumerate() {
            count.fetch_add((tested >> index) & 1, Ordering::Relaxed);
        }
    }

    fn next_state(&self, _last: &Packed, action: Choice) -> Option<Packed> {
        Some(action.next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(HOLDS, |_, state: &Packed| state.broken().is_none())]
    }
}
