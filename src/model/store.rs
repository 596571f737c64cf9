//! A whole store, with as much of its surroundings as checkers need: small, packed and `Copy`.
//!
//! Messages are independent but for their order in the queue, which is kept here. Beside each message stands what has
//! really happened to it, as its senders and recipients would tell it: properties compare the store with that.
//! Neither names a rule: behaviour is asked of [`super::steps`] by [`super::action`].

use super::call::{Handle, Session};
use super::message::{Level, Lock, Message, Place, Tri};
use super::scope::Scope;

/// A message, and what its surroundings know of it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Entry {
    /// The message as the store has it.
    pub message: Message,
    /// Recipients that have it, as bits: delivered by a transport, by the coupled store, or before a resend.
    pub sent: u32,
    /// Recipients that the spooler remembers to have served, since the store last started.
    pub memory: u32,
    /// Recipients that may get it once more, because a crash came after the delivery (C4).
    pub excused: u32,
    /// It was submitted with success, and has neither been taken back nor reached everybody and been finished.
    pub owed: bool,
}

/// The state of a bounded store and of its surroundings.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct World {
    /// The messages, in the order of their creation.
    pub entries: [Entry; Self::MESSAGES_MAX],
    /// Open objects, at most one for each session and message.
    handles: [[Option<Handle>; Self::MESSAGES_MAX]; SESSIONS],
    /// How often the store may still be killed.
    pub crashes: u8,
    /// How often it may still be shut down.
    pub stops: u8,
    /// The property that the last step broke, by its place in the list of properties. Such a state leads nowhere.
    pub broken: Option<u8>,
}

/// A [`World`] in as few bits as it takes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Packed {
    messages: [u64; World::MESSAGES_MAX],
    rest: u128,
}

/// The sessions that there can be: two clients, two spoolers.
const SESSIONS: usize = World::CLIENTS_MAX + World::SPOOLERS_MAX;

impl World {
    /// How many clients there can be.
    pub const CLIENTS_MAX: usize = 2;
    /// How many messages there can be.
    pub const MESSAGES_MAX: usize = 4;
    /// How many recipients a message can have.
    pub const RECIPIENTS_MAX: u8 = 4;
    /// How often a store can stop, for each way to stop.
    pub const STOPS_MAX: u8 = 7;
    /// How many spoolers there can be.
    pub const SPOOLERS_MAX: usize = 2;

    /// An empty store at the start of `scope`.
    #[must_use]
    pub fn new(scope: &Scope) -> Self {
        Self { crashes: scope.crashes.min(Self::STOPS_MAX), stops: scope.stops.min(Self::STOPS_MAX), ..Self::default() }
    }

    /// The open object of `session` on message `at`.
    #[must_use]
    pub const fn handle(&self, session: Session, at: usize) -> Option<Handle> {
        self.handles[slot(session)][at]
    }

    /// Replaces the open object of `session` on message `at`.
    ///
    /// Only what decides replies is kept: whether a submission failed through it, and unsaved changes, do not; what was
    /// asked for does only where write access was granted.
    pub const fn set_handle(&mut self, session: Session, at: usize, handle: Option<Handle>) {
        self.handles[slot(session)][at] = match handle {
            Some(Handle { asked, granted, spent, stale, .. }) => {
                let asked = if matches!(granted, Some(Level::Write)) { asked } else { Level::Read };
                Some(Handle { asked, granted, spent, stale, refused: false, dirty: false })
            }
            None => None,
        };
    }

    /// Notes that message `at` was submitted since its objects were opened.
    pub fn outdate(&mut self, at: usize) {
        for handle in self.handles.iter_mut().filter_map(|handles| handles[at].as_mut()) {
            handle.stale = true;
        }
    }

    /// Closes every open object on message `at`.
    pub fn close(&mut self, at: usize) {
        self.handles.iter_mut().for_each(|handles| handles[at] = None);
    }

    /// Closes every open object.
    pub const fn close_all(&mut self) {
        self.handles = [[None; Self::MESSAGES_MAX]; SESSIONS];
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
        let old = self.entries[at].message;
        let everyone = entry.message.everyone();
        let mut m = Message {
            unsure: entry.message.unsure & everyone,
            responsible: entry.message.responsible & everyone,
            known: entry.message.known & everyone,
            position: old.position,
            time: old.time,
            ..entry.message
        };
        if old.time != 0 && (submitted || !m.outgoing()) {
            m.time = 0;
            self.each_other(at, |other| other.time -= u8::from(other.time > old.time));
        }
        if submitted && m.outgoing() {
            m.time = 1 + self.others(at).map(|other| other.time).max().unwrap_or(0);
        }
        if old.queued && !m.queued {
            m.position = 0;
            self.each_other(at, |other| other.position -= u8::from(other.position > old.position));
        }
        if m.queued && !old.queued {
            m.position = 1 + self.others(at).filter(|other| other.queued && other.time < m.time).count() as u8;
            self.each_other(at, |other| other.position += u8::from(other.position >= m.position));
        }
        self.entries[at] = Entry { message: m, ..entry };
    }

    fn others(&self, at: usize) -> impl Iterator<Item = &Message> {
        self.entries.iter().enumerate().filter(move |(other, _)| *other != at).map(|(_, entry)| &entry.message)
    }

    fn each_other(&mut self, at: usize, mut change: impl FnMut(&mut Message)) {
        for (_, entry) in self.entries.iter_mut().enumerate().filter(|(other, _)| *other != at) {
            change(&mut entry.message);
        }
    }

    /// Packs it.
    #[must_use]
    pub fn pack(&self) -> Packed {
        let mut rest = Bits::default();
        for handle in self.handles.iter().flatten() {
            let Some(handle) = handle else {
                rest.push(0, HANDLE_BITS);
                continue;
            };
            rest.flag(true);
            rest.flag(handle.asked == Level::Write);
            rest.push(handle.granted.map_or(0, |level| 1 + u128::from(level == Level::Write)), 2);
            rest.flag(handle.spent);
            rest.flag(handle.stale);
        }
        rest.push(self.crashes.into(), STOP_BITS);
        rest.push(self.stops.into(), STOP_BITS);
        rest.push(self.broken.map_or(0, |index| u128::from(index) + 1), BROKEN_BITS);
        Packed { messages: self.entries.map(|entry| pack_entry(&entry)), rest: rest.bits }
    }
}

impl Packed {
    /// Unpacks it.
    #[must_use]
    pub fn unpack(&self) -> World {
        let mut rest = Bits { bits: self.rest, at: 0 };
        let mut world = World { entries: self.messages.map(unpack_entry), ..World::default() };
        for handle in world.handles.iter_mut().flatten() {
            let (open, asked, granted) = (rest.taken(), rest.taken(), rest.take(2));
            let (spent, stale) = (rest.taken(), rest.taken());
            let level = |write| if write { Level::Write } else { Level::Read };
            let granted = (granted > 0).then(|| level(granted > 1));
            let asked = level(asked);
            *handle = open.then_some(Handle { asked, granted, spent, stale, refused: false, dirty: false });
        }
        world.crashes = rest.take(STOP_BITS) as u8;
        world.stops = rest.take(STOP_BITS) as u8;
        world.broken = (rest.take(BROKEN_BITS) as u8).checked_sub(1);
        world
    }

    /// The property that the last step broke.
    #[must_use]
    pub const fn broken(&self) -> Option<u8> {
        let at = SESSIONS as u32 * World::MESSAGES_MAX as u32 * HANDLE_BITS + 2 * STOP_BITS;
        ((self.rest >> at) as u8 & ((1 << BROKEN_BITS) - 1)).checked_sub(1)
    }
}

const HANDLE_BITS: u32 = 6;
const STOP_BITS: u32 = 3;
const BROKEN_BITS: u32 = 6;
const RECIPIENT_BITS: u32 = World::RECIPIENTS_MAX as u32;

fn pack_entry(entry: &Entry) -> u64 {
    let m = &entry.message;
    let mut bits = Bits::default();
    bits.push(m.place as u128, 3);
    for flag in [m.queued, m.submit, m.resend, m.preprocess, m.preprocessed, m.needs_spooler, m.completing] {
        bits.flag(flag);
    }
    for flag in [m.sentmail, m.delete, m.copied, m.was_submitted, m.finished, m.doubled, entry.owed] {
        bits.flag(flag);
    }
    for tri in [m.unsent, m.pr_preprocess, m.timed] {
        bits.push(tri as u128, 2);
    }
    bits.push(pack_lock(m.lock), 3);
    for small in [m.recipients, m.position, m.time] {
        bits.push(small.into(), 3);
    }
    for set in [m.responsible, m.unsure, m.known, entry.sent, entry.memory, entry.excused] {
        bits.push(set.into(), RECIPIENT_BITS);
    }
    bits.bits as u64
}

fn unpack_entry(packed: u64) -> Entry {
    let mut bits = Bits { bits: packed.into(), at: 0 };
    let mut m = Message { place: unpack_place(bits.take(3)), ..Message::default() };
    for flag in [
        &mut m.queued,
        &mut m.submit,
        &mut m.resend,
        &mut m.preprocess,
        &mut m.preprocessed,
        &mut m.needs_spooler,
        &mut m.completing,
        &mut m.sentmail,
        &mut m.delete,
        &mut m.copied,
        &mut m.was_submitted,
        &mut m.finished,
        &mut m.doubled,
    ] {
        *flag = bits.taken();
    }
    let owed = bits.taken();
    for tri in [&mut m.unsent, &mut m.pr_preprocess, &mut m.timed] {
        *tri = unpack_tri(bits.take(2));
    }
    m.lock = unpack_lock(bits.take(3));
    for small in [&mut m.recipients, &mut m.position, &mut m.time] {
        *small = bits.take(3) as u8;
    }
    for set in [&mut m.responsible, &mut m.unsure, &mut m.known] {
        *set = bits.take(RECIPIENT_BITS) as u32;
    }
    let [sent, memory, excused] = [0; 3].map(|_| bits.take(RECIPIENT_BITS) as u32);
    Entry { message: m, sent, memory, excused, owed }
}

const fn unpack_place(bits: u128) -> Place {
    match bits {
        0 => Place::Absent,
        1 => Place::Outbox,
        2 => Place::SentMail,
        3 => Place::Deleted,
        _ => Place::Gone,
    }
}

const fn unpack_tri(bits: u128) -> Tri {
    match bits {
        0 => Tri::Clear,
        1 => Tri::Set,
        _ => Tri::Free,
    }
}

fn pack_lock(lock: Lock) -> u128 {
    match lock {
        Lock::None => 0,
        Lock::Client => 1,
        Lock::Orphan => 2,
        Lock::Lost => 3,
        Lock::Spooler(number) => 3 + u128::from(number),
    }
}

const fn unpack_lock(bits: u128) -> Lock {
    match bits {
        0 => Lock::None,
        1 => Lock::Client,
        2 => Lock::Orphan,
        3 => Lock::Lost,
        number => Lock::Spooler((number - 3) as u8),
    }
}

/// Where a session's handles stand. There are no sessions beyond the bounds.
const fn slot(session: Session) -> usize {
    match session {
        Session::Client(number) => {
            if number > 1 {
                1
            } else {
                0
            }
        }
        Session::Spooler(number) => World::CLIENTS_MAX + if number > 1 { 1 } else { 0 },
    }
}

/// Bits that are written, or read, one field after the other.
#[derive(Default)]
struct Bits {
    bits: u128,
    at: u32,
}

impl Bits {
    fn push(&mut self, value: u128, width: u32) {
        debug_assert!(value >> width == 0, "{value} fits {width} bits");
        self.bits |= value << self.at;
        self.at += width;
    }

    fn flag(&mut self, value: bool) {
        self.push(value.into(), 1);
    }

    const fn take(&mut self, width: u32) -> u128 {
        let value = (self.bits >> self.at) & ((1 << width) - 1);
        self.at += width;
        value
    }

    const fn taken(&mut self) -> bool {
        self.take(1) != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Entry, World, pack_entry, unpack_entry};
    use crate::model::{Handle, Level, Lock, Message, Place, Session, Tri};

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

    fn entries() -> impl Strategy<Value = Entry> {
        let flags = prop::array::uniform14(any::<bool>());
        let small = prop::array::uniform3(0..=4_u8);
        let sets = prop::array::uniform6(0..16_u32);
        (places(), flags, prop::array::uniform3(tris()), locks(), small, sets).prop_map(
            |(place, flags, tris, lock, small, sets)| {
                let [queued, submit, resend, preprocess, preprocessed, needs_spooler, completing, ..] = flags;
                let [.., sentmail, delete, copied, was_submitted, finished, doubled, owed] = flags;
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
                Entry { message, sent: sets[3], memory: sets[4], excused: sets[5], owed }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_packed_unpacks_to_the_same(
            entries in prop::array::uniform4(entries()),
            handles in prop::collection::vec(handles(), 16),
            crashes in 0..=World::STOPS_MAX,
            stops in 0..=World::STOPS_MAX,
            broken in prop::option::of(0..62_u8),
        ) {
            let mut world = World { entries, crashes, stops, broken, ..World::default() };
            let sessions = [Session::Client(1), Session::Client(2), Session::Spooler(1), Session::Spooler(2)];
            for (index, handle) in handles.into_iter().enumerate() {
                world.set_handle(sessions[index / 4], index % 4, handle);
            }
            let packed = world.pack();
            prop_assert_eq!(packed.unpack(), world);
            prop_assert_eq!(packed.broken(), broken);
        }

        #[test]
        fn different_messages_pack_differently(one in entries(), other in entries()) {
            prop_assert_eq!(pack_entry(&one) == pack_entry(&other), one == other);
            prop_assert_eq!(unpack_entry(pack_entry(&one)), one);
        }
    }

    fn outgoing(queued: bool) -> Entry {
        let message = Message { place: Place::Outbox, queued, submit: true, completing: !queued, ..Message::default() };
        Entry { message, ..Entry::default() }
    }

    #[track_caller]
    fn check(world: &World, queue: &[usize], times: [u8; 4]) {
        assert_eq!(world.queue(), queue);
        let positions: Vec<_> = queue.iter().map(|at| world.entries[*at].message.position).collect();
        assert_eq!(positions, (1..=queue.len() as u8).collect::<Vec<_>>());
        assert_eq!(world.entries.map(|entry| entry.message.time), times);
    }

    #[test]
    fn the_queue_keeps_its_order() {
        let mut world = World::default();
        for at in [2, 0, 3] {
            world.replace(at, outgoing(true), true);
        }
        check(&world, &[2, 0, 3], [2, 0, 1, 3]);
        world.replace(0, outgoing(false), false);
        check(&world, &[2, 3], [2, 0, 1, 3]);
        world.replace(0, outgoing(true), false);
        check(&world, &[2, 0, 3], [2, 0, 1, 3]);
        world.replace(
            2,
            Entry { message: Message { place: Place::Outbox, ..Message::default() }, ..Entry::default() },
            false,
        );
        check(&world, &[0, 3], [1, 0, 0, 2]);
        world.replace(2, outgoing(true), true);
        check(&world, &[0, 3, 2], [1, 0, 3, 2]);
    }
}
