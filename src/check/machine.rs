//! A bounded store in the shape that explicit-state engines explore.
//!
//! What can happen to a message depends on the message alone and on little of the rest, so it is found and judged once
//! ([`super::memo`]), and spliced into every state that has the message in that condition.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use stateright::{Model, Property};

use super::memo::{Memo, Numbers};
use crate::model::{Judgement, PROPERTIES, Rules, Scope, Symmetry, Transition, World};

/// The one merged property. stateright looks each property up in a shared map for every state, so one is enough;
/// which of ours was broken stands in the state.
pub(super) const HOLDS: &str = "every property holds";

/// A scope, the rules in force, and which properties are looked at.
#[derive(Debug)]
pub(super) struct Machine {
    scope: Scope,
    rules: Rules,
    active: u64,
    symmetry: Option<Symmetry>,
    numbers: Numbers,
    /// One for each thread that takes part; those beyond share the last.
    tallies: Vec<Tally>,
    taken: AtomicUsize,
    id: u64,
}

/// Counts, for each property, in how many states it was tested.
type Tally = [AtomicU64; PROPERTIES.len()];

/// How many threads count for themselves.
const TALLIES: usize = 64;

/// A [`World`] in few bytes: the number of each message, and the rest of it as one number.
///
/// Numbers are those of one machine, and differ from run to run.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Node {
    messages: [u32; World::MESSAGES_MAX],
    frame: u64,
}

/// One of the things that can happen, by its place in the order of [`World::transitions`], and where it leads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Choice {
    pub(super) index: u16,
    pub(super) next: Node,
}

/// What this thread has found so far for the machine with this number, and which tally is its own.
#[derive(Debug, Default)]
struct Own {
    machine: u64,
    tally: usize,
    memo: Memo,
}

thread_local! {
    static OWN: RefCell<Own> = RefCell::default();
}

/// Numbers machines, from 1.
static MACHINES: AtomicU64 = AtomicU64::new(1);

impl Node {
    /// The property that the last step broke.
    pub(super) const fn broken(&self) -> Option<u8> {
        World::broken_in(self.frame)
    }
}

impl Machine {
    /// A machine that looks at the properties whose bits are set in `active`.
    pub(super) fn new(scope: Scope, rules: Rules, active: u64) -> Self {
        Self {
            scope,
            rules,
            active,
            symmetry: None,
            numbers: Numbers::default(),
            tallies: (0..=TALLIES).map(|_| std::array::from_fn(|_| AtomicU64::new(0))).collect(),
            taken: AtomicUsize::new(0),
            id: MACHINES.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The same, in which one state stands for all that `symmetry` makes equal.
    pub(super) fn with_symmetry(self, symmetry: Option<Symmetry>) -> Self {
        let numbers = symmetry.as_ref().map_or_else(Numbers::default, |symmetry| Numbers::shared(symmetry.firsts()));
        Self { symmetry, numbers, ..self }
    }

    /// The state that stands for `node`.
    pub(super) fn standing(&self, node: Node) -> Node {
        let Some(symmetry) = &self.symmetry else { return node };
        self.with_own(|own| own.memo.standing(&self.numbers, symmetry, node))
    }

    /// In how many of the states expanded so far each property was tested.
    pub(super) fn tested(&self) -> [u64; PROPERTIES.len()] {
        let count = |index: usize| self.tallies.iter().map(|tally| tally[index].load(Ordering::Relaxed)).sum();
        std::array::from_fn(count)
    }

    /// The state that `node` stands for.
    pub(super) fn world(&self, node: &Node) -> World {
        self.with_own(|own| own.memo.world(&self.numbers, node))
    }

    /// What stands for `world`.
    pub(super) fn node(&self, world: &World) -> Node {
        self.with_own(|own| own.memo.node(&self.numbers, world))
    }

    /// Lists in `classes` the fairness classes of each step from `node`, in the order of its actions. With symmetry they
    /// may be those of a like message.
    pub(super) fn classes(&self, node: &Node, classes: &mut Vec<u64>) {
        classes.clear();
        self.with_own(|own| self.visit(&mut own.memo, node, |_, of_step| classes.push(of_step)));
    }

    /// Whether one state stands for several.
    pub(super) const fn is_symmetric(&self) -> bool {
        self.symmetry.is_some()
    }

    /// Visits where `node` leads, each with its place, and counts it among the states that were expanded.
    pub(super) fn each(&self, node: &Node, mut visit: impl FnMut(usize, Node)) {
        self.with_own(|Own { memo, tally, .. }| {
            let mut index = 0;
            let tested = self.visit(memo, node, |next, _| {
                visit(index, next);
                index += 1;
            });
            self.count(*tally, tested);
        });
    }

    fn with_own<T>(&self, run: impl FnOnce(&mut Own) -> T) -> T {
        OWN.with_borrow_mut(|own| {
            if own.machine != self.id {
                let tally = self.taken.fetch_add(1, Ordering::Relaxed).min(TALLIES);
                *own = Own { machine: self.id, tally, memo: Memo::default() };
            }
            run(own)
        })
    }

    /// Visits where `node` leads, and the fairness classes of each step, as [`World::transitions`] does and in its order:
    /// a path is replayed by the places in this list. Returns the properties that were tested, as bits.
    fn visit(&self, memo: &mut Memo, node: &Node, mut visit: impl FnMut(Node, u64)) -> u64 {
        if node.broken().is_some() {
            return 0;
        }
        let world = memo.world(&self.numbers, node);
        let mut tested = 0;
        for at in 0..world.actors(&self.scope) {
            let parts = (&self.scope, &self.rules);
            let expansion = memo.expansion(&self.numbers, parts, &world, (at, node.messages[at]));
            tested |= expansion.tested;
            for step in &expansion.steps {
                let mut next = *node;
                next.messages[at] = step.after;
                let mut judgement = Judgement { tested: 0, broken: step.broken };
                if let Some(local) = &step.moving {
                    let after = world.stepped(at, local);
                    judgement.of_queue(&world, &after);
                    tested |= judgement.tested;
                    next.frame = after.frame();
                }
                next.frame = World::breaking(next.frame, judgement.first(self.active));
                visit(next, step.classes);
            }
        }
        let mut buffers = std::mem::take(&mut memo.buffers);
        world.faults(&self.scope, &self.rules, &mut buffers, &mut |action, mut after| {
            let fault = Transition::of_fault(&world, action, after);
            let (judgement, classes) = (fault.judge(), fault.classes());
            tested |= judgement.tested;
            after.broken = judgement.first(self.active);
            visit(memo.node(&self.numbers, &after), classes);
        });
        memo.buffers = buffers;
        tested
    }

    /// Counts one more state in which these properties were tested.
    fn count(&self, tally: usize, tested: u64) {
        let own = tally < TALLIES;
        for index in (0..PROPERTIES.len()).filter(|index| (tested >> index) & 1 != 0) {
            let count = &self.tallies[tally][index];
            if own {
                // Nobody else writes here, and adding at once would cost more than all the rest of the counting.
                count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            } else {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Memo {
    fn world(&mut self, numbers: &Numbers, node: &Node) -> World {
        World::framed(node.messages.map(|number| self.entry(numbers, number)), node.frame)
    }

    fn node(&mut self, numbers: &Numbers, world: &World) -> Node {
        let number = |at| self.number(numbers, at, &world.entries[at]);
        Node { messages: [0, 1, 2, 3].map(number), frame: world.frame() }
    }

    /// As [`Symmetry::canonical`], of numbers.
    fn standing(&mut self, numbers: &Numbers, symmetry: &Symmetry, mut node: Node) -> Node {
        for (at, number) in node.messages.iter_mut().enumerate() {
            if symmetry.moves_recipients(at) {
                *number = self.with_sorted_recipients(numbers, symmetry, (at, *number));
            }
        }
        if !symmetry.moves_messages() {
            return node;
        }
        let ranks = node.messages.map(|number| self.rank(numbers, number));
        let order = symmetry.order(|at| (ranks[at], World::order_in(node.frame, at)));
        Node { messages: order.map(|at| node.messages[at]), frame: World::moved(node.frame, order) }
    }
}

impl Model for Machine {
    type State = Node;
    type Action = Choice;

    fn init_states(&self) -> Vec<Node> {
        vec![self.node(&World::new(&self.scope))]
    }

    fn actions(&self, state: &Node, actions: &mut Vec<Choice>) {
        self.each(state, |index, next| actions.push(Choice { index: index as u16, next }));
    }

    fn next_state(&self, _last: &Node, action: Choice) -> Option<Node> {
        Some(action.next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(HOLDS, |_, state: &Node| state.broken().is_none())]
    }
}

#[cfg(test)]
mod tests {
    use stateright::Model;

    use super::Machine;
    use crate::check::{Bounds, SHIPPED_BOUNDS};
    use crate::model::{Buffers, Rules, Symmetry, World};

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
                let node = machine.node(&world);
                assert_eq!(machine.world(&node), world, "{name}");
                machine.actions(&node, &mut actions);
                machine.classes(&node, &mut classes);
                let found = actions.iter().map(|choice| machine.world(&choice.next)).zip(classes.iter().copied());
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

    #[test]
    fn numbers_stand_for_others_as_states_do() {
        for (name, text) in SHIPPED_BOUNDS {
            let Bounds { scope, .. } = Bounds::parse(name, text).expect("shipped bounds are right");
            let symmetry = Symmetry::of(&scope);
            let machine = Machine::new(scope.clone(), Rules::defaults(), 0).with_symmetry(Some(symmetry.clone()));
            let (mut world, mut seed) = (World::new(&scope), 1_u64);
            for _ in 0..300 {
                let node = machine.node(&world);
                assert_eq!(machine.world(&node), world, "{name}");
                assert_eq!(machine.world(&machine.standing(node)), symmetry.canonical(&world), "{name}");
                let mut next = Vec::new();
                machine.actions(&node, &mut next);
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                world = match next.len() {
                    0 => World::new(&scope),
                    count => machine.world(&next[(seed >> 33) as usize % count].next),
                };
            }
        }
    }
}
