//! The order of messages among others: their places in the queue, and their ranks by time of submission.

use super::message::Message;
use super::store::World;

/// Who stands where in the queue, and who was submitted before whom. Small and `Copy`: a search keeps one for each state.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Order {
    /// For each message, from the lowest bits on, its place in the queue and then its rank in time, three bits each.
    ranks: u32,
    /// Messages that say that they are queued, as bits.
    queued: u8,
    /// Messages that exist, as bits.
    exist: u8,
}

/// As much of a message as decides its order.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Standing {
    exists: bool,
    queued: bool,
    outgoing: bool,
}

impl Standing {
    pub(crate) fn of(m: &Message) -> Self {
        Self { exists: m.place.exists(), queued: m.queued, outgoing: m.outgoing() }
    }
}

impl Order {
    /// The order of messages that stand like this, and have these ranks as [`Order::ranks`] says them.
    pub(crate) fn new(ranks: u32, all: impl Iterator<Item = Standing>) -> Self {
        let mut order = Self { ranks, ..Self::default() };
        all.enumerate().for_each(|(at, standing)| order.note(at, standing));
        order
    }

    /// The places and ranks, as a number of [`Self::BITS`] bits.
    pub(crate) const fn ranks(self) -> u32 {
        self.ranks
    }

    /// How many bits the places and ranks take.
    pub(crate) const BITS: u32 = ORDER_BITS * World::MESSAGES_MAX as u32;

    /// The place of message `at` in the queue, from 1; 0 if it has none.
    #[must_use]
    pub const fn position(self, at: usize) -> u8 {
        (self.ranks >> (ORDER_BITS * at as u32)) as u8 & FIELD
    }

    /// The rank of message `at` by its time of submission, from 1; 0 if it is not on its way.
    #[must_use]
    pub const fn time(self, at: usize) -> u8 {
        (self.ranks >> (ORDER_BITS * at as u32 + FIELD_BITS)) as u8 & FIELD
    }

    /// Whether message `at` says that it is queued.
    #[must_use]
    pub const fn queued(self, at: usize) -> bool {
        self.queued >> at & 1 != 0
    }

    /// Whether message `at` exists.
    #[must_use]
    pub const fn exists(self, at: usize) -> bool {
        self.exist >> at & 1 != 0
    }

    /// Takes in that message `at` stands like this now, and moves the others up.
    ///
    /// `submitted`: it is submitted now, and is younger than all others. A message that gets a row for another reason
    /// takes the place that its time gives it.
    pub(crate) fn put(&mut self, at: usize, standing: Standing, submitted: bool) {
        let others = || (0..World::MESSAGES_MAX).filter(move |other| *other != at);
        let (old, was_queued) = (*self, self.queued(at));
        self.note(at, standing);
        if old.time(at) != 0 && (submitted || !standing.outgoing) {
            self.set_time(at, 0);
            others().filter(|other| old.time(*other) > old.time(at)).for_each(|other| {
                self.set_time(other, old.time(other) - 1);
            });
        }
        if submitted && standing.outgoing {
            let youngest = others().map(|other| self.time(other)).max().unwrap_or(0);
            self.set_time(at, youngest + 1);
        }
        if was_queued && !standing.queued {
            self.set_position(at, 0);
            others().filter(|other| old.position(*other) > old.position(at)).for_each(|other| {
                self.set_position(other, old.position(other) - 1);
            });
        }
        if standing.queued && !was_queued {
            let before = |other: &usize| self.queued(*other) && self.time(*other) < self.time(at);
            let position = 1 + others().filter(before).count() as u8;
            for other in others().filter(|other| old.position(*other) >= position) {
                self.set_position(other, old.position(other) + 1);
            }
            self.set_position(at, position);
        }
    }

    const fn note(&mut self, at: usize, standing: Standing) {
        let bit = 1 << at;
        self.queued = self.queued & !bit | (standing.queued as u8) << at;
        self.exist = self.exist & !bit | (standing.exists as u8) << at;
    }

    const fn set_position(&mut self, at: usize, position: u8) {
        self.set(ORDER_BITS * at as u32, position);
    }

    const fn set_time(&mut self, at: usize, time: u8) {
        self.set(ORDER_BITS * at as u32 + FIELD_BITS, time);
    }

    const fn set(&mut self, shift: u32, value: u8) {
        self.ranks = self.ranks & !((FIELD as u32) << shift) | (value as u32) << shift;
    }
}

/// How many bits a place, or a rank, takes.
pub(super) const FIELD_BITS: u32 = 3;
const FIELD: u8 = (1 << FIELD_BITS) - 1;
/// How many bits say the order of a message.
pub(super) const ORDER_BITS: u32 = 2 * FIELD_BITS;

#[cfg(test)]
mod tests {
    use super::{Order, Standing, World};

    const QUEUED: Standing = Standing { exists: true, queued: true, outgoing: true };
    const COMPLETING: Standing = Standing { queued: false, ..QUEUED };
    const DRAFT: Standing = Standing { outgoing: false, ..COMPLETING };

    #[track_caller]
    fn check(order: Order, queue: &[usize], times: [u8; World::MESSAGES_MAX]) {
        let mut queued: Vec<_> = (0..World::MESSAGES_MAX).filter(|at| order.queued(*at)).collect();
        queued.sort_by_key(|at| order.position(*at));
        assert_eq!(queued, queue);
        let positions: Vec<_> = queue.iter().map(|at| order.position(*at)).collect();
        assert_eq!(positions, (1..=queue.len() as u8).collect::<Vec<_>>());
        assert_eq!([0, 1, 2, 3].map(|at| order.time(at)), times);
    }

    #[test]
    fn the_queue_keeps_its_order() {
        let mut order = Order::default();
        for at in [2, 0, 3] {
            order.put(at, QUEUED, true);
        }
        check(order, &[2, 0, 3], [2, 0, 1, 3]);
        order.put(0, COMPLETING, false);
        check(order, &[2, 3], [2, 0, 1, 3]);
        order.put(0, QUEUED, false);
        check(order, &[2, 0, 3], [2, 0, 1, 3]);
        order.put(2, DRAFT, false);
        check(order, &[0, 3], [1, 0, 0, 2]);
        order.put(2, QUEUED, true);
        check(order, &[0, 3, 2], [1, 0, 3, 2]);
        order.put(0, Standing::default(), false);
        check(order, &[3, 2], [0, 0, 2, 1]);
        assert!(!order.exists(0) && order.exists(2));
    }
}
