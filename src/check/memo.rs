//! What can happen to one message, found once: messages are numbered by what they are, and each number stands for all
//! that may happen to such a message, by itself or with the whole store.

use std::rc::Rc;
use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::engine::fingerprint;
use crate::model::{
    Action, Buffers, Context, ENTRY_BITS, Entry, Event, Judgement, Place, Rules, Scope, Standing, Stop, Symmetry,
    World, expand, rank,
};

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
///
/// What every state needs of its messages stands close together, by number: waiting for memory is most of what it costs.
#[derive(Debug)]
pub(super) struct Memo {
    /// How many contexts there are: whose turn it is, and which transports are away.
    contexts: usize,
    spoolers: u8,
    /// By number; of those that were not met nothing is true.
    briefs: Vec<Brief>,
    /// For each number and context the place of the expansion, from 1; 0 where nobody has asked yet.
    places: Vec<u32>,
    expansions: Vec<Expansion>,
    steps: Vec<Spliced>,
    /// The fairness classes of each step.
    classes: Vec<u64>,
    /// What few steps have, by the place that these give.
    rare: Vec<Rare>,
    known: Vec<Option<Box<Known>>>,
    numbers: FxHashMap<u128, u32>,
    pub(super) buffers: Buffers,
}

/// What is asked of a message in every state that has it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Brief {
    /// What it adds to the fingerprint of a state.
    pub(super) print: u64,
    pub(super) standing: Standing,
    /// It was met.
    met: bool,
    /// There is such a message.
    pub(super) is_there: bool,
    /// It sees nothing of the rest of the store.
    pub(super) is_done: bool,
    /// A spooler may take it up, when its turn comes.
    pub(super) awaits_turn: bool,
    /// The spooler has written down all that it knows of it.
    pub(super) recorded: bool,
}

/// The rest of what is known of a message.
#[derive(Debug)]
struct Known {
    entry: Entry,
    rank: u128,
    /// Its number with its recipients in the order that stands for any other.
    sorted: Option<u32>,
    faults: [Option<Rc<[Befallen]>>; FAULTS],
}

/// How many faults there are: three for each transport, one for each spooler, and two ways to stop the store.
const FAULTS: usize = 3 * World::TRANSPORTS_MAX + World::SPOOLERS_MAX + 2;

/// What can happen to one message, and the properties that this tests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expansion {
    start: u32,
    end: u32,
    pub(super) tested: u64,
}

/// A step of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spliced {
    /// What changes in the fingerprint of the state, as bits.
    pub(super) turned: u64,
    /// The number of the message afterwards.
    pub(super) after: u32,
    /// The place of what else there is to it, or [`PLAIN`].
    rare: u32,
}

/// It is a step like most.
const PLAIN: u32 = u32::MAX;

/// What a step does beside changing its message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rare {
    /// The properties that it breaks.
    pub(super) broken: u64,
    /// If it moves others in the queue or in the order of time: how the message stands now, and whether it was submitted.
    pub(super) moving: Option<(Standing, bool)>,
}

/// What a fault may make of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Befallen {
    /// As [`Spliced::turned`].
    pub(super) turned: u64,
    pub(super) after: u32,
    pub(super) judgement: Judgement,
    pub(super) standing: Standing,
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

    fn key_of(&self, at: usize, entry: &Entry) -> u128 {
        // Messages in different places may have different transports.
        (self.firsts.0[at] as u128) << ENTRY_BITS | entry.alone().pack()
    }

    fn key(&self, number: u32) -> u128 {
        self.all.read().unwrap_or_else(PoisonError::into_inner).1[number as usize]
    }
}

impl Memo {
    /// A memory for messages of `scope`.
    pub(super) fn new(scope: &Scope) -> Self {
        Self {
            contexts: 1 << (usize::from(scope.spoolers) + scope.transports.len()),
            spoolers: scope.spoolers,
            briefs: Vec::new(),
            places: Vec::new(),
            expansions: Vec::new(),
            steps: Vec::new(),
            classes: Vec::new(),
            rare: Vec::new(),
            known: Vec::new(),
            numbers: FxHashMap::default(),
            buffers: Buffers::default(),
        }
    }

    /// The number of the message in place `at` that is like `entry` but for its order among others.
    pub(super) fn number(&mut self, numbers: &Numbers, at: usize, entry: &Entry) -> u32 {
        self.of_key(numbers, numbers.key_of(at, entry))
    }

    fn of_key(&mut self, numbers: &Numbers, key: u128) -> u32 {
        *self.numbers.entry(key).or_insert_with(|| numbers.of(key))
    }

    /// What is asked of the message with this number in every state. Whatever else is asked of it comes after this.
    #[inline]
    pub(super) fn brief(&mut self, numbers: &Numbers, number: u32) -> Brief {
        match self.briefs.get(number as usize) {
            Some(brief) if brief.met => *brief,
            _ => self.meet(numbers, number),
        }
    }

    #[cold]
    fn meet(&mut self, numbers: &Numbers, number: u32) -> Brief {
        let (at, key) = (number as usize, numbers.key(number));
        if self.briefs.len() <= at {
            self.briefs.resize_with(at + 1, Brief::default);
            self.places.resize((at + 1) * self.contexts, 0);
            self.known.resize_with(at + 1, || None);
        }
        let entry = Entry::unpack(key & ((1 << ENTRY_BITS) - 1));
        self.known[at] =
            Some(Box::new(Known { entry, rank: rank(&entry), sorted: None, faults: [const { None }; FAULTS] }));
        self.briefs[at] = Brief {
            print: fingerprint(&key),
            standing: Standing::of(&entry.message),
            met: true,
            is_there: entry.message.place != Place::Absent,
            is_done: entry.message.is_done(),
            awaits_turn: entry.message.awaits_turn(),
            recorded: entry.unrecorded() == 0,
        };
        self.briefs[at]
    }

    fn known(&self, number: u32) -> &Known {
        self.known[number as usize].as_ref().expect(MET)
    }

    fn known_mut(&mut self, number: u32) -> &mut Known {
        self.known[number as usize].as_mut().expect(MET)
    }

    /// The message with this number, without its order among others.
    pub(super) fn entry(&self, number: u32) -> &Entry {
        &self.known(number).entry
    }

    /// What tells it from other messages, the same in every run.
    pub(super) fn rank(&self, number: u32) -> u128 {
        self.known(number).rank
    }

    /// The number of the message that stands for message `at` in whatever order its recipients are.
    pub(super) fn with_sorted_recipients(
        &mut self,
        numbers: &Numbers,
        symmetry: &Symmetry,
        (at, number): (usize, u32),
    ) -> u32 {
        if let Some(sorted) = self.known(number).sorted {
            return sorted;
        }
        let entry = symmetry.with_sorted_recipients(at, *self.entry(number));
        let sorted = self.number(numbers, at, &entry);
        self.known_mut(number).sorted = Some(sorted);
        sorted
    }

    /// What can happen to message `at`, which has this number, where it sees this of the rest.
    #[inline]
    pub(super) fn expansion(
        &mut self,
        numbers: &Numbers,
        each: (&Rules, &Scope),
        (at, number): (usize, u32),
        context: Context,
    ) -> Expansion {
        let context_place = usize::from(context.turns) | usize::from(context.down) << self.spoolers;
        let place = number as usize * self.contexts + context_place;
        match self.places[place].checked_sub(1) {
            Some(found) => self.expansions[found as usize],
            None => self.expand(numbers, each, (at, number), context, place),
        }
    }

    #[cold]
    fn expand(
        &mut self,
        numbers: &Numbers,
        each: (&Rules, &Scope),
        (at, number): (usize, u32),
        context: Context,
        place: usize,
    ) -> Expansion {
        let (before, print) = (*self.entry(number), self.briefs[number as usize].print);
        let mut buffers = std::mem::take(&mut self.buffers);
        let mut tested = 0;
        let start = self.steps.len() as u32;
        for local in expand(each, at, &before, context, &mut buffers) {
            let (mut judgement, event) = (Judgement::default(), Event::of(local, &before));
            judgement.of_event(&event);
            tested |= judgement.tested;
            let moving = local.moves(&before).then(|| (Standing::of(&local.after.message), local.submitted));
            let mut rare = PLAIN;
            if moving.is_some() || judgement.broken != 0 {
                rare = self.rare.len() as u32;
                self.rare.push(Rare { broken: judgement.broken, moving });
            }
            let key = numbers.key_of(at, &local.after);
            let after = self.of_key(numbers, key);
            self.steps.push(Spliced { turned: print ^ fingerprint(&key), after, rare });
            self.classes.push(event.classes());
        }
        self.buffers = buffers;
        let expansion = Expansion { start, end: self.steps.len() as u32, tested };
        self.expansions.push(expansion);
        self.places[place] = self.expansions.len() as u32;
        expansion
    }

    /// The steps of an expansion, each with its fairness classes, and with what else there is to it.
    #[inline]
    pub(super) fn steps(&self, expansion: Expansion) -> impl Iterator<Item = (&Spliced, u64, Option<&Rare>)> {
        let range = expansion.start as usize..expansion.end as usize;
        let rare = |step: &Spliced| (step.rare != PLAIN).then(|| &self.rare[step.rare as usize]);
        let steps = self.steps[range.clone()].iter().zip(&self.classes[range]);
        steps.map(move |(step, classes)| (step, *classes, rare(step)))
    }

    /// What `fault` may make of message `at`, which has this number.
    #[inline]
    pub(super) fn befallen(
        &mut self,
        numbers: &Numbers,
        each: (&Rules, &Scope),
        (at, number): (usize, u32),
        fault: Action,
    ) -> Rc<[Befallen]> {
        if let Some(befallen) = &self.known(number).faults[place_of(fault)] {
            return Rc::clone(befallen);
        }
        let (before, print) = (*self.entry(number), self.briefs[number as usize].print);
        let mut entries = Vec::new();
        fault.befalls(each, &before, &mut self.buffers, &mut entries);
        let befallen = entries.iter().map(|after| {
            let mut judgement = Judgement::default();
            judgement.of_event(&Event::of_fault(fault, &before, after));
            let key = numbers.key_of(at, after);
            let (turned, standing) = (print ^ fingerprint(&key), Standing::of(&after.message));
            Befallen { turned, after: self.of_key(numbers, key), judgement, standing }
        });
        let befallen: Rc<[Befallen]> = befallen.collect();
        self.known_mut(number).faults[place_of(fault)] = Some(Rc::clone(&befallen));
        befallen
    }
}

/// What whoever asks for more has seen to.
const MET: &str = "its brief was asked for";

/// The place of a fault among all that there are.
fn place_of(fault: Action) -> usize {
    let transports = World::TRANSPORTS_MAX;
    let spoolers = 3 * transports;
    match fault {
        Action::Away(at) => usize::from(at),
        Action::Back(at) => transports + usize::from(at),
        Action::TransportDies(at) => 2 * transports + usize::from(at),
        Action::SpoolerDies(number) => spoolers + usize::from(number) - 1,
        Action::Restart(stop) => spoolers + World::SPOOLERS_MAX + usize::from(stop == Stop::Crash),
        _ => unreachable!("{fault:?} is no fault by itself"),
    }
}
