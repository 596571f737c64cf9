//! A whole store, with as much of its surroundings as checkers need: small, packed and `Copy`.
//!
//! Messages are independent but for their order in the queue, which is kept here. It names no rule: behaviour is asked
//! of [`super::steps`] and of the actors by [`super::action`].

use super::call::{Handle, Session};
use super::entry::{CLIENTS_MAX, Entry, RECIPIENTS_MAX, SPOOLERS_MAX, TRANSPORTS_MAX};
use super::message::Message;
use super::order::{FIELD_BITS, ORDER_BITS, Order, Standing};
use super::scope::Scope;

/// The state of a bounded store and of its surroundings.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct World {
    /// The messages, in the order of their creation.
    pub entries: [Entry; Self::MESSAGES_MAX],
    /// What may still fail, and which transports are away.
    pub failures: Failures,
    /// The property that the last step broke, by its place in the list of properties. Such a state leads nowhere.
    pub broken: Option<u8>,
}

/// What may still fail, and which transports are away.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Failures {
    /// How often the store may still be killed.
    pub crashes: u8,
    /// How often it may still be shut down.
    pub stops: u8,
    /// How often the spooler may still die.
    pub spooler_crashes: u8,
    /// How often a transport may still die.
    pub transport_crashes: u8,
    /// How often a transport may still become unavailable.
    pub outages: u8,
    /// Transports that are not there, as bits.
    pub down: u8,
}

impl World {
    /// How many clients there can be.
    pub const CLIENTS_MAX: usize = CLIENTS_MAX;
    /// How many messages there can be.
    pub const MESSAGES_MAX: usize = 4;
    /// How many recipients a message can have.
    pub const RECIPIENTS_MAX: u8 = RECIPIENTS_MAX;
    /// How often something can fail, for each way to fail.
    pub const STOPS_MAX: u8 = 7;
    /// How many spoolers there can be.
    pub const SPOOLERS_MAX: usize = SPOOLERS_MAX;
    /// How many transports there can be.
    pub const TRANSPORTS_MAX: usize = TRANSPORTS_MAX;

    /// An empty store at the start of `scope`.
    #[must_use]
    pub fn new(scope: &Scope) -> Self {
        let budget = |count: u8| count.min(Self::STOPS_MAX);
        let failures = Failures {
            crashes: budget(scope.crashes),
            stops: budget(scope.stops),
            spooler_crashes: budget(scope.spooler_crashes),
            transport_crashes: budget(scope.transport_crashes),
            outages: budget(scope.outages),
            down: 0,
        };
        Self { failures, ..Self::default() }
    }

    /// The open object of `session` on message `at`.
    #[must_use]
    pub const fn handle(&self, session: Session, at: usize) -> Option<Handle> {
        self.entries[at].handle(session)
    }

    /// The messages of the queue, oldest first.
    #[must_use]
    pub fn queue(&self) -> Vec<usize> {
        let mut queue: Vec<_> = (0..Self::MESSAGES_MAX).filter(|at| self.entries[*at].message.queued).collect();
        queue.sort_by_key(|at| self.entries[*at].message.position);
        queue
    }

    /// Puts `entry` in the place of message `at`, and keeps the places in the queue and the ranks of time in order.
    ///
    /// `submitted`: it is submitted now, and is younger than all others. A message that gets a row for another reason
    /// takes the place that its time gives it.
    pub fn replace(&mut self, at: usize, entry: Entry, submitted: bool) {
        let everyone = entry.message.everyone();
        let m = Message {
            unsure: entry.message.unsure & everyone,
            responsible: entry.message.responsible & everyone,
            known: entry.message.known & everyone,
            ..entry.message
        };
        let mut order = self.order();
        order.put(at, Standing::of(&m), submitted);
        self.entries[at] = Entry { message: m, ..entry };
        for (at, entry) in self.entries.iter_mut().enumerate() {
            (entry.message.position, entry.message.time) = (order.position(at), order.time(at));
        }
    }

    /// The order of its messages.
    #[must_use]
    pub fn order(&self) -> Order {
        let ranks = self.entries.iter().rev().flat_map(|entry| [entry.message.time, entry.message.position]);
        let ranks = ranks.fold(0, |ranks, field| ranks << FIELD_BITS | u32::from(field));
        Order::new(ranks, self.entries.iter().map(|entry| Standing::of(&entry.message)))
    }

    /// What is nobody's own, as a number: the order of the messages, what may still fail, and what is broken.
    #[must_use]
    pub(crate) fn frame(&self) -> u64 {
        let order = u64::from(self.order().ranks());
        Self::breaking(u64::from(self.failures.pack()) << Order::BITS | order, self.broken)
    }

    /// The state of which these are the messages, and this is the frame.
    #[must_use]
    pub(crate) fn framed(mut entries: [Entry; Self::MESSAGES_MAX], frame: u64) -> Self {
        let order = Order::new(Self::ranks_in(frame), [].into_iter());
        for (at, entry) in entries.iter_mut().enumerate() {
            (entry.message.position, entry.message.time) = (order.position(at), order.time(at));
        }
        Self { entries, failures: Self::failures_in(frame), broken: Self::broken_in(frame) }
    }

    /// The ranks of the messages in states with this frame, as [`Order::ranks`] says them.
    #[must_use]
    pub(crate) const fn ranks_in(frame: u64) -> u32 {
        frame as u32 & ((1 << Order::BITS) - 1)
    }

    /// The frame of a state that is like one with `frame`, but in which messages have these ranks.
    #[must_use]
    pub(crate) const fn ranking(frame: u64, order: Order) -> u64 {
        frame >> Order::BITS << Order::BITS | order.ranks() as u64
    }

    /// What may fail in states with this frame, and which transports are away.
    #[must_use]
    pub(crate) fn failures_in(frame: u64) -> Failures {
        Failures::unpack((frame >> Order::BITS) as u32)
    }

    /// The frame of a state that is like one with `frame`, but for what may fail and which transports are away.
    #[must_use]
    pub(crate) fn failing(frame: u64, failures: Failures) -> u64 {
        let rest = frame & !(((1 << Failures::BITS) - 1) << Order::BITS);
        rest | u64::from(failures.pack()) << Order::BITS
    }

    /// The order of message `at` in states with this frame: its time, and then its place in the queue.
    #[must_use]
    pub(crate) const fn order_in(frame: u64, at: usize) -> u8 {
        (frame >> (ORDER_BITS * at as u32)) as u8 & ((1 << ORDER_BITS) - 1)
    }

    /// The frame of a state that is like one with `frame`, but that each message has moved to another place: to each the
    /// one in the place that `order` names.
    #[must_use]
    pub(crate) fn moved(frame: u64, order: [usize; Self::MESSAGES_MAX]) -> u64 {
        let orders = order.iter().rev().map(|at| u64::from(Self::order_in(frame, *at)));
        orders.fold(frame >> Order::BITS, |frame, order| frame << ORDER_BITS | order)
    }

    /// The property that is broken in states with this frame.
    #[must_use]
    pub(crate) const fn broken_in(frame: u64) -> Option<u8> {
        ((frame >> BROKEN_AT) as u8).checked_sub(1)
    }

    /// The frame of a state that is like one with `frame`, in which nothing is broken, but for this.
    #[must_use]
    pub(crate) const fn breaking(frame: u64, broken: Option<u8>) -> u64 {
        match broken {
            Some(index) => frame | (index as u64 + 1) << BROKEN_AT,
            None => frame,
        }
    }

    /// All of it as numbers, which are the same on every machine.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        let packed = self.entries.iter().map(|entry| entry.alone().pack());
        packed.flat_map(|packed| [packed as u64, (packed >> 64) as u64]).chain([self.frame()])
    }
}

impl Failures {
    /// How many bits it packs into.
    const BITS: u32 = 6 * FIELD_BITS;

    /// All of it as a number; 0 if all is there and nothing can fail.
    fn pack(self) -> u32 {
        let Self { crashes, stops, spooler_crashes, transport_crashes, outages, down } = self;
        let fields = [crashes, stops, spooler_crashes, transport_crashes, outages, down];
        fields.into_iter().fold(0, |packed, field| packed << FIELD_BITS | u32::from(field))
    }

    fn unpack(mut packed: u32) -> Self {
        let mut field = || {
            let field = packed as u8 & ((1 << FIELD_BITS) - 1);
            packed >>= FIELD_BITS;
            field
        };
        let [down, outages, transport_crashes, spooler_crashes, stops, crashes] = [(); 6].map(|()| field());
        Self { crashes, stops, spooler_crashes, transport_crashes, outages, down }
    }
}

/// Above the order of the messages, and what may fail.
const BROKEN_AT: u32 = Order::BITS + Failures::BITS;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Entry, Failures, World};
    use crate::model::{Ending, Errand, Handle, Level, Lock, Message, Place, Session, Tri};

    fn places() -> impl Strategy<Value = Place> {
        prop::sample::select(vec![Place::Absent, Place::Outbox, Place::SentMail, Place::Deleted, Place::Gone])
    }

    fn locks() -> impl Strategy<Value = Lock> {
        prop::sample::select(vec![
            Lock::None,
            Lock::Client,
            Lock::Orphan,
            Lock::Lost,
            Lock::Spooler(1),
            Lock::Spooler(2),
        ])
    }

    fn tris() -> impl Strategy<Value = Tri> {
        prop::sample::select(vec![Tri::Clear, Tri::Set, Tri::Free])
    }

    fn handles() -> impl Strategy<Value = Option<Handle>> {
        let levels = prop::sample::select(vec![Level::Read, Level::Write]);
        prop::option::of((levels.clone(), prop::option::of(levels), any::<bool>(), any::<bool>()).prop_map(
            |(asked, granted, spent, stale)| Handle { asked, granted, spent, stale, refused: false, dirty: false },
        ))
    }

    fn errands() -> impl Strategy<Value = Errand> {
        let endings = vec![Ending::Sent, Ending::DontResend, Ending::ResendLater, Ending::ResendNow];
        let with = prop::option::of((0..3_u8, prop::sample::select(endings)));
        (0..4_u8, prop::array::uniform3(0..8_u8), with).prop_map(|(ran, [tried, waits, deferred], with)| Errand {
            ran,
            tried,
            with,
            waits,
            deferred,
        })
    }

    fn entries() -> impl Strategy<Value = Entry> {
        let flags = prop::array::uniform16(any::<bool>());
        let small = prop::array::uniform3(0..=4_u8);
        let sets = prop::array::uniform7(0..16_u32);
        let handles = prop::array::uniform4(handles());
        (places(), flags, prop::array::uniform3(tris()), locks(), small, sets, errands(), handles).prop_map(
            |(place, flags, tris, lock, small, sets, errand, handles)| {
                let [queued, submit, resend, preprocess, preprocessed, needs_spooler, completing, ..] = flags;
                let [.., sentmail, delete, copied, was_submitted, finished, doubled, owed, unprocessed, processed] =
                    flags;
                let message = Message {
                    place,
                    queued,
                    submit,
                    unsent: tris[0],
                    resend,
                    preprocess,
                    pr_preprocess: tris[1],
                    preprocessed,
                    needs_spooler,
                    completing,
                    sentmail,
                    delete,
                    copied,
                    was_submitted,
                    finished,
                    doubled,
                    timed: tris[2],
                    lock,
                    recipients: small[0],
                    responsible: sets[0],
                    unsure: sets[1],
                    known: sets[2],
                    position: small[1],
                    time: small[2],
                };
                let [.., sent, reported, excused, memory] = sets;
                let truth = Entry { sent, reported, excused, owed, unprocessed, processed, ..Entry::default() };
                let mut entry = Entry { message, memory, errand, ..truth };
                let sessions = [Session::Client(1), Session::Client(2), Session::Spooler(1), Session::Spooler(2)];
                sessions.into_iter().zip(handles).for_each(|(session, handle)| entry.set_handle(session, handle));
                entry
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_packed_unpacks_to_the_same(
            entries in prop::array::uniform4(entries()),
            budgets in prop::array::uniform6(0..=World::STOPS_MAX),
            broken in prop::option::of(0..62_u8),
        ) {
            let [crashes, stops, spooler_crashes, transport_crashes, outages, down] = budgets;
            let failures = Failures { crashes, stops, spooler_crashes, transport_crashes, outages, down };
            let world = World { entries, failures, broken };
            let alone = world.entries.map(|entry| Entry::unpack(entry.alone().pack()));
            prop_assert_eq!(World::framed(alone, world.frame()), world);
            prop_assert_eq!(World::broken_in(world.frame()), broken);
        }

        #[test]
        fn different_messages_pack_differently(one in entries(), other in entries()) {
            let (one, other) = (one.alone(), other.alone());
            prop_assert_eq!(one.pack() == other.pack(), one == other);
            prop_assert_eq!(Entry::unpack(one.pack()), one);
        }
    }
}
