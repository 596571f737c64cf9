//! A part of the table of the states that were found, which one thread at a time may change.
//!
//! Open addressing: a slot is empty, or a fingerprint, or in an exact search the number of a state with as much of its
//! fingerprint as there is room for. A slot says itself where it belongs, so that a table grows without seeing a state.

use super::trail::Trail;

/// How states are told apart.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Visited {
    /// By the whole state.
    Exact,
    /// By 64 bits of it. That takes a fraction of the memory; with n states, two were taken for one with a chance of about
    /// n² / 2⁶⁵.
    #[default]
    Fingerprints,
}

/// A state that was generated and not found in the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<S> {
    pub(super) print: u64,
    pub(super) state: S,
    pub(super) origin: Origin,
    /// The edge that leads to it, by its place in its chunk. Means nothing where no graph is kept.
    pub(super) edge: u32,
}

/// Which state of a block led to a candidate, and by which of its actions: the order in which states are numbered.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Origin {
    pub(super) offset: u16,
    pub(super) action: u16,
}

/// A state that a block has found, and that has no number yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fresh<S> {
    pub(super) state: S,
    pub(super) origin: Origin,
    slot: usize,
}

/// An edge of a chunk that leads to what stands in a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) chunk: usize,
    pub(super) edge: u32,
    slot: usize,
}

/// Which part of the table a fingerprint belongs to: its first bits say.
pub(super) const fn shard_of(print: u64) -> usize {
    (print >> (64 - SHARD_BITS)) as usize
}

const SHARD_BITS: u32 = 5;

/// How many parts there are: more than threads that settle at once.
pub(super) const SHARDS: usize = 1 << SHARD_BITS;

/// Of ten slots, so many may be taken: beyond that, looking takes long.
const TENTHS_MAX: usize = 7;

const SLOTS_MIN: usize = 16;

#[derive(Debug)]
pub(super) struct Shard<S> {
    visited: Visited,
    slots: Vec<u64>,
    used: usize,
    fresh: Vec<Fresh<S>>,
    links: Vec<Link>,
}

impl<S: Copy + Eq> Shard<S> {
    pub(super) fn new(visited: Visited, expected: usize) -> Self {
        // States do not spread evenly, and there must be room for all candidates of a block, the same twice included.
        let slots = vec![0; slots_for(expected + expected / 16).max(SLOTS_MIN)];
        Self { visited, slots, used: 0, fresh: Vec::new(), links: Vec::new() }
    }

    /// What stands where a fingerprint belongs. Reading it brings that part of the table near, and waits for nothing else.
    #[inline]
    pub(super) fn home(&self, print: u64) -> u64 {
        self.slots[home(print, self.slots.len())]
    }

    /// The number of the state of `candidate`, if it has one; without meaning where states are told apart by fingerprints.
    /// `home` is what stands where it belongs.
    #[inline]
    pub(super) fn find(&self, candidate: &Candidate<S>, home: u64, trail: &Trail<S>) -> Option<u32> {
        if home == 0 {
            return None;
        }
        if self.visited == Visited::Fingerprints && home == candidate.print {
            return Some(0);
        }
        let is_same = |number: u32| trail.state(number as usize) == candidate.state;
        self.probe(candidate.print, is_same).ok().map(|slot| self.number(slot))
    }

    /// The slot that has what is asked for, or else the slot that it would be put in.
    #[inline]
    fn probe(&self, print: u64, is_same: impl Fn(u32) -> bool) -> Result<usize, usize> {
        let mut slot = home(print, self.slots.len());
        loop {
            let entry = self.slots[slot];
            if entry == 0 {
                return Err(slot);
            }
            let same = match self.visited {
                Visited::Exact => (entry ^ tagged(print)) >> 32 == 0 && is_same(entry as u32 - 1),
                Visited::Fingerprints => entry == print.max(1),
            };
            if same {
                return Ok(slot);
            }
            slot = after(slot, self.slots.len());
        }
    }

    fn number(&self, slot: usize) -> u32 {
        (self.slots[slot] as u32).wrapping_sub(1)
    }

    /// How much more memory it takes to have room for `more` states.
    pub(super) fn bytes_for(&self, more: usize) -> u64 {
        let slots = self.slots_with(more);
        let fresh = more.saturating_sub(self.fresh.capacity()) * size_of::<Fresh<S>>();
        fresh as u64 + if slots > self.slots.len() { bytes_of(slots) } else { 0 }
    }

    pub(super) const fn bytes(&self) -> u64 {
        let fresh = self.fresh.capacity() * size_of::<Fresh<S>>() + self.links.capacity() * size_of::<Link>();
        bytes_of(self.slots.len()) + fresh as u64
    }

    /// How many slots there are when there is room for `more` states. A table that is too small at least doubles.
    fn slots_with(&self, more: usize) -> usize {
        let (slots, needed) = (self.slots.len(), slots_for(self.used + more));
        if needed <= slots { slots } else { needed.max(2 * slots) }
    }

    /// Makes room for `more` states.
    pub(super) fn reserve(&mut self, more: usize) {
        let slots = self.slots_with(more);
        if slots == self.slots.len() {
            return;
        }
        let old = std::mem::replace(&mut self.slots, vec![0; slots]);
        for entry in old.into_iter().filter(|entry| *entry != 0) {
            let print = match self.visited {
                Visited::Exact => entry >> 32 << TAG_SHIFT,
                Visited::Fingerprints => entry,
            };
            let mut slot = home(print, slots);
            while self.slots[slot] != 0 {
                slot = after(slot, slots);
            }
            self.slots[slot] = entry;
        }
    }

    /// Forgets the states that were found by an earlier block: they have numbers by now.
    pub(super) fn start(&mut self) {
        self.fresh.clear();
        self.links.clear();
    }

    /// Takes in a candidate of chunk `chunk`; there must be room. Candidates come in the order of their origins.
    pub(super) fn settle(&mut self, candidate: &Candidate<S>, trail: &Trail<S>, linked_to: Option<usize>) {
        let is_same = |number: u32| match (number as usize).checked_sub(trail.len()) {
            Some(fresh) => self.fresh[fresh].state == candidate.state,
            None => trail.state(number as usize) == candidate.state,
        };
        let slot = match self.probe(candidate.print, is_same) {
            Ok(slot) => slot,
            Err(slot) => {
                // Until it is numbered, its number tells its place among those that have none.
                self.enter(slot, candidate.print, (trail.len() + self.fresh.len()) as u32);
                self.used += 1;
                self.fresh.push(Fresh { state: candidate.state, origin: candidate.origin, slot });
                slot
            }
        };
        if let Some(chunk) = linked_to {
            self.links.push(Link { chunk, edge: candidate.edge, slot });
        }
    }

    fn enter(&mut self, slot: usize, print: u64, number: u32) {
        self.slots[slot] = match self.visited {
            Visited::Exact => (tagged(print) >> 32 << 32) | (number as u64 + 1),
            Visited::Fingerprints if print == 0 => 1,
            Visited::Fingerprints => print,
        };
    }

    pub(super) fn fresh(&self) -> &[Fresh<S>] {
        &self.fresh
    }

    /// Gives a fresh state its number.
    pub(super) fn give(&mut self, fresh: usize, number: u32) {
        if self.visited == Visited::Exact {
            let slot = self.fresh[fresh].slot;
            self.slots[slot] = (self.slots[slot] >> 32 << 32) | (u64::from(number) + 1);
        }
    }

    /// Which edges lead to which states, when all of these have numbers.
    pub(super) fn links(&self) -> impl Iterator<Item = (Link, u32)> {
        self.links.iter().map(|link| (*link, self.number(link.slot)))
    }
}

/// Where the 32 bits of a fingerprint begin that stand in a slot: below those that choose the shard.
const TAG_SHIFT: u32 = 64 - SHARD_BITS - 32;

/// The upper half is that of the slot of a state with this fingerprint, in an exact search.
const fn tagged(print: u64) -> u64 {
    print >> TAG_SHIFT << 32
}

/// Where a fingerprint belongs among so many slots: the bits after those that choose the shard say, as a fraction.
const fn home(print: u64, slots: usize) -> usize {
    ((((print << SHARD_BITS) >> 32) * slots as u64) >> 32) as usize
}

/// The slot after another.
const fn after(slot: usize, slots: usize) -> usize {
    if slot + 1 == slots { 0 } else { slot + 1 }
}

/// How many slots have room for so many states.
const fn slots_for(states: usize) -> usize {
    states * 10 / TENTHS_MAX + 1
}

const fn bytes_of(slots: usize) -> u64 {
    (slots * size_of::<u64>()) as u64
}
