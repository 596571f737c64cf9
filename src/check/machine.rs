//! A bounded store in the shape that explicit-state engines explore.
//!
//! What can happen to a message depends on the message alone and on little of the rest ([`Context`]), so it is found
//! and judged once, and spliced into every state that has the message in that condition.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;
use stateright::{Model, Property};

use crate::model::{Buffers, Context, Event, Judgement, Local, PROPERTIES, Packed, Rules, Scope, Transition, World};

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
    id: u64,
}

/// One of the things that can happen, by its place in the order of [`World::transitions`], and where it leads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Choice {
    pub(super) index: u16,
    pub(super) next: Packed,
}

/// A step of one message, found once.
#[derive(Debug)]
struct Spliced {
    /// The message afterwards.
    after: u128,
    /// The properties that it breaks.
    broken: u64,
    /// The fairness classes whose step it is.
    classes: u64,
    /// If it moves others in the queue or in the order of time, it is taken by the whole store.
    moving: Option<Box<Local>>,
}

/// What can happen to one message, and the properties that this tests.
#[derive(Debug)]
struct Expansion {
    steps: Vec<Spliced>,
    tested: u64,
}

/// What this thread has found so far for the machine with this number.
#[derive(Debug, Default)]
struct Memo {
    machine: u64,
    expansions: FxHashMap<(u128, u8, Context), Rc<Expansion>>,
    buffers: Buffers,
}

thread_local! {
    static MEMO: RefCell<Memo> = RefCell::default();
}

/// Numbers machines, from 1.
static MACHINES: AtomicU64 = AtomicU64::new(1);

impl Machine {
    /// A machine that looks at the properties whose bits are set in `active`.
    pub(super) fn new(scope: Scope, rules: Rules, active: u64) -> Self {
        Self { scope, rules, active, tested: Tally::default(), id: MACHINES.fetch_add(1, Ordering::Relaxed) }
    }

    /// In how many of the states expanded so far each property was tested.
    pub(super) fn tested(&self) -> [u64; PROPERTIES.len()] {
        std::array::from_fn(|index| self.tested[index].load(Ordering::Relaxed))
    }

    fn expand(&self, memo: &mut Memo, state: &Packed, world: &World, at: usize) -> Rc<Expansion> {
        let context = world.context(&self.scope, &self.rules, at);
        let key = (state.local(at), at as u8, context);
        if let Some(known) = memo.expansions.get(&key) {
            return Rc::clone(known);
        }
        let before = world.entries[at].alone();
        let mut judgement = Judgement::default();
        let mut steps = Vec::new();
        for local in world.locals(&self.scope, &self.rules, at, &mut memo.buffers) {
            let (mut each, event) = (Judgement::default(), Event::of(local, &before));
            each.of_event(&event);
            judgement.tested |= each.tested;
            let moving = local.moves(&before).then(|| Box::new(*local));
            steps.push(Spliced { after: local.packed(), broken: each.broken, classes: event.classes(), moving });
        }
        let expansion = Rc::new(Expansion { steps, tested: judgement.tested });
        memo.expansions.insert(key, Rc::clone(&expansion));
        expansion
    }

    /// Lists in `classes` the fairness classes of each step from `state`, in the order of its actions.
    pub(super) fn classes(&self, state: &Packed, classes: &mut Vec<u64>) {
        classes.clear();
        self.visit(state, |_, of_step| classes.push(of_step));
    }

    /// Visits where `state` leads, and the fairness classes of each step, as [`World::transitions`] does and in its order:
    /// a path is replayed by the places in this list. Returns the properties that were tested, as bits.
    fn visit(&self, state: &Packed, mut visit: impl FnMut(Packed, u64)) -> u64 {
        if state.broken().is_some() {
            return 0;
        }
        let world = state.unpack();
        let mut tested = 0;
        MEMO.with_borrow_mut(|memo| {
            if memo.machine != self.id {
                *memo = Memo { machine: self.id, ..Memo::default() };
            }
            for at in 0..world.actors(&self.scope) {
                let expansion = self.expand(memo, state, &world, at);
                tested |= expansion.tested;
                for step in &expansion.steps {
                    let next = match &step.moving {
                        None => {
                            let broken = Judgement { tested: 0, broken: step.broken }.first(self.active);
                            state.with_local(at, step.after, broken)
                        }
                        Some(local) => {
                            let mut after = world.stepped(at, local);
                            let mut judgement = Judgement { tested: 0, broken: step.broken };
                            judgement.of_queue(&world, &after);
                            tested |= judgement.tested;
                            after.broken = judgement.first(self.active);
                            after.pack()
                        }
                    };
                    visit(next, step.classes);
                }
            }
            world.faults(&self.scope, &self.rules, &mut memo.buffers, &mut |action, mut after| {
                let fault = Transition::of_fault(&world, action, after);
                let (judgement, classes) = (fault.judge(), fault.classes());
                tested |= judgement.tested;
                after.broken = judgement.first(self.active);
                visit(after.pack(), classes);
            });
        });
        tested
    }
}

impl Model for Machine {
    type State = Packed;
    type Action = Choice;

    fn init_states(&self) -> Vec<Packed> {
        vec![World::new(&self.scope).pack()]
    }

    fn actions(&self, state: &Packed, actions: &mut Vec<Choice>) {
        let tested = self.visit(state, |next, _| actions.push(Choice { index: actions.len() as u16, next }));
        for index in (0..PROPERTIES.len()).filter(|index| (tested >> index) & 1 != 0) {
            self.tested[index].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn next_state(&self, _last: &Packed, action: Choice) -> Option<Packed> {
        Some(action.next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(HOLDS, |_, state: &Packed| state.broken().is_none())]
    }
}

#[cfg(test)]
mod tests {
    use stateright::Model;

    use super::Machine;
    use crate::check::{Bounds, SHIPPED_BOUNDS};
    use crate::model::{Buffers, Rules, World};

    #[test]
    fn what_is_found_once_for_all_is_what_the_step_function_lists() {
        for (name, text) in SHIPPED_BOUNDS {
            let Bounds { scope, .. } = Bounds::parse(name, text).expect("shipped bounds are right");
            let machine = Machine::new(scope.clone(), Rules::defaults(), 0);
            let (mut buffers, mut world, mut seed) = (Buffers::default(), World::new(&scope), 1_u64);
            for _ in 0..300 {
                let mut listed = Vec::new();
                world.transitions(&scope, &Rules::defaults(), &mut buffers, |transition| {
                    listed.push((transition.after, transition.classes()));
                });
                let (mut actions, mut classes) = (Vec::new(), Vec::new());
                machine.actions(&world.pack(), &mut actions);
                machine.classes(&world.pack(), &mut classes);
                let found = actions.iter().map(|choice| choice.next.unpack()).zip(classes.iter().copied());
                assert_eq!(found.collect::<Vec<_>>(), listed, "{name}");
                assert_eq!(actions.len(), classes.len(), "{name}");
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                world = match listed.len() {
                    0 => World::new(&scope),
                    count => listed[(seed >> 33) as usize % count].0,
                };
            }
        }
    }
}
