//! A bounded store in the shape that explicit-state engines explore.
//!
//! What can happen to a message depends on the message alone and on little of the rest, so it is found and judged once
//! ([`super::memo`]), and spliced into every state that has the message in that condition.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use stateright::{Model, Property};

use super::engine::fingerprint;
use super::memo::{Befallen, Memo, Numbers};
use crate::model::{Context, Failures, Judgement, Order, PROPERTIES, Rules, Scope, Symmetry, Transition, World, turns};

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
#[derive(Debug)]
struct Own {
    machine: u64,
    tally: usize,
    memo: Memo,
}

thread_local! {
    static OWN: RefCell<Option<Own>> = const { RefCell::new(None) };
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
        self.with_own(|own| self.visit(&mut own.memo, node, |_, _, of_step| classes.push(of_step)));
    }

    /// Whether one state stands for several.
    pub(super) const fn is_symmetric(&self) -> bool {
        self.symmetry.is_some()
    }

    /// The fingerprint of `node`: of each message by itself, and of the rest, so that a step turns a few bits of it.
    pub(super) fn print(&self, node: &Node) -> u64 {
        if self.is_symmetric() {
            // Like messages have the same numbers, and two of them would leave no trace.
            return fingerprint(node);
        }
        self.with_own(|own| own.memo.print(&self.numbers, node))
    }

    /// Visits where `node` leads, each with its place and with what [`Self::print`] is where nothing is interchangeable, and
    /// counts it among the states that were expanded.
    pub(super) fn each(&self, node: &Node, mut visit: impl FnMut(usize, u64, Node)) {
        self.with_own(|Own { memo, tally, .. }| {
            let mut index = 0;
            let tested = self.visit(memo, node, |print, next, _| {
                visit(index, print, next);
                index += 1;
            });
            self.count(*tally, tested);
        });
    }

    fn with_own<T>(&self, run: impl FnOnce(&mut Own) -> T) -> T {
        OWN.with_borrow_mut(|own| {
            let own = match own {
                Some(own) if own.machine == self.id => own,
                _ => {
                    let tally = self.taken.fetch_add(1, Ordering::Relaxed).min(TALLIES);
                    own.insert(Own { machine: self.id, tally, memo: Memo::new(&self.scope) })
                }
            };
            run(own)
        })
    }

    /// Visits where `node` leads with its fingerprint, and the fairness classes of each step, as [`World::transitions`] does
    /// and in its order: a path is replayed by the places in this list. Returns the properties that were tested, as bits.
    #[inline]
    fn visit(&self, memo: &mut Memo, node: &Node, mut visit: impl FnMut(u64, Node, u64)) -> u64 {
        if node.broken().is_some() {
            return 0;
        }
        let (each, numbers) = ((&self.rules, &self.scope), &self.numbers);
        let briefs = node.messages.map(|number| memo.brief(numbers, number));
        let order = Order::new(World::ranks_in(node.frame), briefs.iter().map(|brief| brief.standing));
        let of_frame = fingerprint(&node.frame);
        let print = briefs.iter().fold(of_frame, |print, brief| print ^ brief.print);
        let failures = World::failures_in(node.frame);
        let exist = briefs.iter().take_while(|brief| brief.is_there).count();
        let mut tested = 0;
        for (at, brief) in briefs.iter().enumerate().take(self.scope.messages.len().min(exist + 1)) {
            let mut context = Context::default();
            if !brief.is_done {
                let placed = |at: usize| (memo.entry(node.messages[at]), order.position(at));
                let turns = if brief.awaits_turn { turns(each, at, placed) } else { 0 };
                context = Context { turns, down: failures.down };
            }
            let expansion = memo.expansion(numbers, each, (at, node.messages[at]), context);
            tested |= expansion.tested;
            for (step, classes, rare) in memo.steps(expansion) {
                let mut next = *node;
                next.messages[at] = step.after;
                let mut print = print ^ step.turned;
                if let Some(rare) = rare {
                    let mut judgement = Judgement { tested: 0, broken: rare.broken };
                    if let Some((standing, submitted)) = rare.moving {
                        let mut after = order;
                        after.put(at, standing, submitted);
                        judgement.of_queue(order, after);
                        tested |= judgement.tested;
                        next.frame = World::ranking(next.frame, after);
                    }
                    next.frame = World::breaking(next.frame, judgement.first(self.active));
                    print ^= of_frame ^ fingerprint(&next.frame);
                }
                visit(print, next, classes);
            }
        }
        if failures == Failures::default() {
            return tested;
        }
        let recorded = briefs.iter().all(|brief| brief.recorded);
        failures.each(&self.scope, (exist > 0, recorded), |fault, failures| {
            let of_each: [_; World::MESSAGES_MAX] = std::array::from_fn(|at| {
                briefs[at].is_there.then(|| memo.befallen(numbers, each, (at, node.messages[at]), fault))
            });
            let base = Node { frame: World::failing(node.frame, failures), ..*node };
            let start = Spread { node: base, print: print ^ of_frame, order, judgement: Judgement::default() };
            start.over(&of_each, &mut |Spread { mut node, print, order: after, mut judgement }| {
                judgement.of_queue(order, after);
                tested |= judgement.tested;
                node.frame = World::breaking(World::ranking(node.frame, after), judgement.first(self.active));
                visit(print ^ fingerprint(&node.frame), node, fault.classes());
            });
        });
        if self.scope.cuts {
            tested |= self.cuts(memo, node, visit);
        }
        tested
    }

    /// The same of what happens when the store is killed in the middle of a call.
    fn cuts(&self, memo: &mut Memo, node: &Node, mut visit: impl FnMut(u64, Node, u64)) -> u64 {
        let world = memo.world(&self.numbers, node);
        let (mut buffers, mut tested) = (std::mem::take(&mut memo.buffers), 0);
        world.cuts(&self.scope, &self.rules, &mut buffers, &mut |action, mut after| {
            let fault = Transition::of_fault(&world, action, after);
            let judgement = fault.judge();
            tested |= judgement.tested;
            after.broken = judgement.first(self.active);
            let next = memo.node(&self.numbers, &after);
            visit(memo.print(&self.numbers, &next), next, fault.classes());
        });
        memo.buffers = buffers;
        tested
    }

    /// Counts one more state in which these properties were tested.
    fn count(&self, tally: usize, tested: u64) {
        let own = tally < TALLIES;
        let mut left = tested;
        while left != 0 {
            let index = left.trailing_zeros() as usize;
            left &= left - 1;
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

/// A state that a fault is making, message by message.
#[derive(Clone, Copy)]
struct Spread {
    node: Node,
    /// The fingerprint of its messages.
    print: u64,
    order: Order,
    judgement: Judgement,
}

impl Spread {
    /// Visits every combination of what may become of each message; nothing becomes of one that is not there.
    fn over(self, of_each: &[Option<Rc<[Befallen]>>], visit: &mut impl FnMut(Self)) {
        let at = World::MESSAGES_MAX - of_each.len();
        let Some((befallen, rest)) = of_each.split_first() else { return visit(self) };
        let Some(befallen) = befallen else { return self.over(rest, visit) };
        for outcome in befallen.iter() {
            let mut next = self;
            next.node.messages[at] = outcome.after;
            next.print ^= outcome.turned;
            next.order.put(at, outcome.standing, false);
            next.judgement.tested |= outcome.judgement.tested;
            next.judgement.broken |= outcome.judgement.broken;
            next.over(rest, visit);
        }
    }
}

impl Memo {
    fn world(&mut self, numbers: &Numbers, node: &Node) -> World {
        let entry = |number| {
            self.brief(numbers, number);
            *self.entry(number)
        };
        World::framed(node.messages.map(entry), node.frame)
    }

    fn node(&mut self, numbers: &Numbers, world: &World) -> Node {
        let number = |at| self.number(numbers, at, &world.entries[at]);
        Node { messages: [0, 1, 2, 3].map(number), frame: world.frame() }
    }

    /// The fingerprint of a state, where messages in different places are never alike.
    fn print(&mut self, numbers: &Numbers, node: &Node) -> u64 {
        node.messages.iter().fold(fingerprint(&node.frame), |print, number| print ^ self.brief(numbers, *number).print)
    }

    /// As [`Symmetry::canonical`], of numbers.
    fn standing(&mut self, numbers: &Numbers, symmetry: &Symmetry, mut node: Node) -> Node {
        for (at, number) in node.messages.iter_mut().enumerate() {
            self.brief(numbers, *number);
            if symmetry.moves_recipients(at) {
                *number = self.with_sorted_recipients(numbers, symmetry, (at, *number));
                self.brief(numbers, *number);
            }
        }
        if !symmetry.moves_messages() {
            return node;
        }
        let ranks = node.messages.map(|number| self.rank(number));
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
        self.each(state, |index, _, next| actions.push(Choice { index: index as u16, next }));
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
