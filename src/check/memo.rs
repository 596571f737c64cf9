//! What can happen to one message, found once: messages are numbered by what they are, and each number stands for all
//! that [`World::locals`] lists of such a message.

use std::rc::Rc;
use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;

use crate::model::{Buffers, Context, ENTRY_BITS, Entry, Event, Judgement, Local, Rules, Scope, Symmetry, World, rank};

/// Messages that some state has, by number. All threads of a search share the numbers.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    firsts: Firsts,
    all: RwLock<(FxHashMap<u128, u32>, Vec<u128>)>,
}

/// For each place the first one whose messages have the same numbers.
#[derive(Debug)]
struct Firsts([usize; World::MESSAGES_MAX]);

impl Default for Firsts {
    fn default() -> Self {
        Self(std::array::from_fn(|at| at))
    }
}

/// What one thread has found. It asks the others for numbers that it has not met.
#[derive(Debug, Default)]
pub(super) struct Memo {
    numbers: FxHashMap<u128, u32>,
    known: Vec<Option<Box<Known>>>,
    pub(super) buffers: Buffers,
}

/// A message, and what can happen to it in each context that it was met in.
#[derive(Debug)]
struct Known {
    entry: Entry,
    rank: u128,
    /// Its number with its recipients in the order that stands for any other.
    sorted: Option<u32>,
    expansions: [Option<Rc<Expansion>>; CONTEXTS],
}

/// How many contexts there are: whose turn it is, and which transports are away.
const CONTEXTS: usize = 1 << (World::SPOOLERS_MAX + World::TRANSPORTS_MAX);

/// What can happen to one message, and the properties that this tests.
#[derive(Debug)]
pub(super) struct Expansion {
    pub(super) steps: Vec<Spliced>,
    pub(super) tested: u64,
}

/// A step of one message.
#[derive(Debug)]
pub(super) struct Spliced {
    /// The number of the message afterwards.
    pub(super) after: u32,
    /// The properties that it breaks.
    pub(super) broken: u64,
    /// The fairness classes whose step it is.
    pub(super) classes: u64,
    /// If it moves others in the queue or in the order of time, it is taken by the whole store.
    pub(super) moving: Option<Box<Local>>,
}

impl Numbers {
    /// Numbers that messages share which are alike; `firsts` are for each place the first of these.
    pub(super) fn shared(firsts: [usize; World::MESSAGES_MAX]) -> Self {
        Self { firsts: Firsts(firsts), ..Self::default() }
    }

    fn of(&self, key: u128) -> u32 {
        let known = self.all.read().unwrap_or_else(PoisonError::into_inner).0.get(&key).copied();
        known.unwrap_or_else(|| {
            let (numbers, keys) = &mut *self.all.write().unwrap_or_else(PoisonError::into_inner);
            *numbers.entry(key).or_insert_with(|| {
                keys.push(key);
                (keys.len() - 1) as u32
            })
        })
    }

    fn key(&self, number: u32) -> u128 {
        self.all.read().unwrap_or_else(PoisonError::into_inner).1[number as usize]
    }
}

impl Memo {
    /// The number of the message in place `at` that is like `entry` but for its order among others.
    pub(super) fn number(&mut self, numbers: &Numbers, at: usize, entry: &Entry) -> u32 {
        // Messages in different places may have different transports.
        let key = (numbers.firsts.0[at] as u128) << ENTRY_BITS | entry.alone().pack();
        *self.numbers.entry(key).or_insert_with(|| numbers.of(key))
    }

    /// The message with this number, without its order among others.
    #[inline]
    pub(super) fn entry(&mut self, numbers: &Numbers, number: u32) -> Entry {
        self.known(numbers, number).entry
    }

    /// What tells it from other messages, the same in every run.
    #[inline]
    pub(super) fn rank(&mut self, numbers: &Numbers, number: u32) -> u128 {
        self.known(numbers, number).rank
    }

    /// The number of the message that stands for message `at` in whatever order its recipients are.
    #[inline]
    pub(super) fn with_sorted_recipients(
        &mut self,
        numbers: &Numbers,
        symmetry: &Symmetry,
        (at, number): (usize, u32),
    ) -> u32 {
        let known = self.known(numbers, number);
        if let Some(sorted) = known.sorted {
            return sorted;
        }
        let entry = symmetry.with_sorted_recipients(at, known.entry);
        let sorted = self.number(numbers, at, &entry);
        self.known(numbers, number).sorted = Some(sorted);
        sorted
    }

    #[inline]
    fn known(&mut self, numbers: &Numbers, number: u32) -> &mut Known {
        let at = number as usize;
        if self.known.len() <= at {
            self.known.resize_with(at + 1, || None);
        }
        self.known[at].get_or_insert_with(|| {
            let entry = Entry::unpack(numbers.key(number) & ((1 << ENTRY_BITS) - 1));
            Box::new(Known { entry, rank: rank(&entry), sorted: None, expansions: [const { None }; CONTEXTS] })
        })
    }

    /// What can happen to message `at` of `world`, which has this number and was asked for before.
    #[inline]
    pub(super) fn expansion(
        &mut self,
        numbers: &Numbers,
        (scope, rules): (&Scope, &Rules),
        world: &World,
        (at, number): (usize, u32),
    ) -> Rc<Expansion> {
        let Context { turns, down } = world.context(scope, rules, at);
        let context = usize::from(turns) | usize::from(down) << World::SPOOLERS_MAX;
        let known = self.known[number as usize].as_ref().expect("its entry was asked for");
        if let Some(expansion) = &known.expansions[context] {
            return Rc::clone(expansion);
        }
        let before = known.entry;
        let mut buffers = std::mem::take(&mut self.buffers);
        let mut judgement = Judgement::default();
        let mut steps = Vec::new();
        for local in world.locals(scope, rules, at, &mut buffers) {
            let (mut each, event) = (Judgement::default(), Event::of(local, &before));
            each.of_event(&event);
            judgement.tested |= each.tested;
            let moving = local.moves(&before).then(|| Box::new(*local));
            let after = self.number(numbers, at, &local.after);
            steps.push(Spliced { after, broken: each.broken, classes: event.classes(), moving });
        }
        self.buffers = buffers;
        let expansion = Rc::new(Expansion { steps, tested: judgement.tested });
        let known = self.known[number as usize].as_mut().expect("its entry was asked for");
        known.expansions[context] = Some(Rc::clone(&expansion));
        expansion
    }
}
