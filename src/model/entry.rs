//! One message of a store with all that surrounds it, small and packed: what sessions have open, what the spooler and
//! the transports know of it, and what has really happened to it.
//!
//! Messages meet only in the queue's order, in restarts and in whether a transport is there, so that a whole
//! [`super::World`] is a few of these side by side, and what can happen to one is found once for all worlds.

use super::call::{Handle, Session};
use super::message::{Level, Lock, Message, Place, Tri};

/// How many clients there can be.
pub(super) const CLIENTS_MAX: usize = 2;
/// How many spoolers there can be.
pub(super) const SPOOLERS_MAX: usize = 2;
/// How many transports there can be.
pub(super) const TRANSPORTS_MAX: usize = 3;
/// How many recipients a message can have.
pub(super) const RECIPIENTS_MAX: u8 = 4;
/// The sessions that there can be.
const SESSIONS: usize = CLIENTS_MAX + SPOOLERS_MAX;

/// A message, and what its surroundings know of it. The environment's part is truth, not opinion: properties compare
/// the store and the spooler with it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Entry {
    /// The message as the store has it.
    pub message: Message,
    /// Open objects, at most one for each session.
    pub(super) handles: [Option<Handle>; SESSIONS],
    /// Recipients that have it, as bits: delivered by a transport, by the coupled store, or before a resend.
    pub sent: u32,
    /// Recipients for whom a nondelivery report was made, as bits.
    pub reported: u32,
    /// Recipients that may get it, or a report, once more, because a crash came in between (C4).
    pub excused: u32,
    /// It was submitted with success, and has neither been taken back nor reached everybody and been finished.
    pub owed: bool,
    /// Preprocessing is needed and has not been done.
    pub unprocessed: bool,
    /// It carries what preprocessors made of it, and nobody has removed that.
    pub processed: bool,
    /// Recipients that the spooler has done with: served or reported, whatever the rows say (G5).
    pub memory: u32,
    /// What else the spooler has in its head about it.
    pub errand: Errand,
}

/// What a spooler remembers of a message on its way; all of it dies with the spooler.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Errand {
    /// Preprocessors that have run, as bits.
    pub ran: u8,
    /// Transports that have had their turn, as bits: offered no more.
    pub tried: u8,
    /// The transport that has it between SubmitMessage and EndMessage, and what it will say there.
    pub with: Option<(u8, Ending)>,
    /// Transports that it waits for, as bits: they were busy or not there (XPS-19).
    pub waits: u8,
    /// Transports that keep it for later, as bits, until they announce it (XPE-03).
    pub deferred: u8,
}

/// The flags of EndMessage.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Ending {
    /// None: sent, as far as this transport goes (XPE-02).
    #[default]
    Sent,
    /// END_DONT_RESEND (XPE-03).
    DontResend,
    /// END_RESEND_LATER (XPE-04).
    ResendLater,
    /// END_RESEND_NOW (XPE-05).
    ResendNow,
}

impl Entry {
    /// The open object of `session`.
    #[must_use]
    pub const fn handle(&self, session: Session) -> Option<Handle> {
        self.handles[slot(session)]
    }

    /// Replaces the open object of `session`.
    ///
    /// Only what decides replies is kept: whether a submission failed through it, and unsaved changes, do not; what was
    /// asked for does only where write access was granted.
    pub const fn set_handle(&mut self, session: Session, handle: Option<Handle>) {
        self.handles[slot(session)] = match handle {
            Some(Handle { asked, granted, spent, stale, .. }) => {
                let asked = if matches!(granted, Some(Level::Write)) { asked } else { Level::Read };
                Some(Handle { asked, granted, spent, stale, refused: false, dirty: false })
            }
            None => None,
        };
    }

    /// Notes that the message was submitted since its objects were opened.
    pub fn outdate(&mut self) {
        for handle in self.handles.iter_mut().flatten() {
            handle.stale = true;
        }
    }

    /// Closes every open object.
    pub const fn close(&mut self) {
        self.handles = [None; SESSIONS];
    }

    /// The same message with open objects, and nothing else: it was taken back, or is done with.
    #[must_use]
    pub(super) fn afresh(&self, message: Message) -> Self {
        Self { message, handles: self.handles, ..Self::default() }
    }

    /// The same without its order among the others.
    #[must_use]
    pub(crate) const fn alone(mut self) -> Self {
        (self.message.position, self.message.time) = (0, 0);
        self
    }

    /// Recipients that the spooler has done with, and whose PR_RESPONSIBILITY may still be FALSE.
    #[must_use]
    pub const fn unrecorded(&self) -> u32 {
        self.memory & self.message.everyone() & (self.message.unsure | !self.message.responsible)
    }

    /// Recipients that the spooler has still to see to, by the rows and its own bookkeeping.
    #[must_use]
    pub const fn unresolved(&self) -> u32 {
        (self.message.unclaimed() | (self.message.unsure & self.message.everyone())) & !self.memory
    }

    /// Packs it without its order among the others, in [`ENTRY_BITS`].
    #[must_use]
    pub(crate) fn pack(&self) -> u128 {
        let m = &self.message;
        let mut bits = Bits::default();
        bits.push(m.place as u128, 3);
        for flag in [m.queued, m.submit, m.resend, m.preprocess, m.preprocessed, m.needs_spooler, m.completing] {
            bits.flag(flag);
        }
        for flag in [m.sentmail, m.delete, m.copied, m.was_submitted, m.finished, m.doubled] {
            bits.flag(flag);
        }
        for flag in [self.owed, self.unprocessed, self.processed] {
            bits.flag(flag);
        }
        for tri in [m.unsent, m.pr_preprocess, m.timed] {
            bits.push(tri as u128, 2);
        }
        bits.push(pack_lock(m.lock), 3);
        bits.push(m.recipients.into(), 3);
        for set in [m.responsible, m.unsure, m.known, self.sent, self.reported, self.excused, self.memory] {
            bits.push(set.into(), RECIPIENTS_MAX.into());
        }
        let errand = &self.errand;
        bits.push(errand.ran.into(), 2);
        for set in [errand.tried, errand.waits, errand.deferred] {
            bits.push(set.into(), TRANSPORTS_MAX as u32);
        }
        let (with, ending) = errand.with.map_or((0, Ending::Sent), |(at, ending)| (at + 1, ending));
        bits.push(with.into(), 2);
        bits.push(ending as u128, 2);
        for handle in &self.handles {
            pack_handle(*handle, &mut bits);
        }
        debug_assert!(bits.at <= ENTRY_BITS, "{} bits fit", bits.at);
        bits.bits
    }

    /// What packs to `packed`.
    #[must_use]
    pub(crate) fn unpack(packed: u128) -> Self {
        let mut bits = Bits { bits: packed, at: 0 };
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
        let [owed, unprocessed, processed] = [(); 3].map(|()| bits.taken());
        for tri in [&mut m.unsent, &mut m.pr_preprocess, &mut m.timed] {
            *tri = unpack_tri(bits.take(2));
        }
        m.lock = unpack_lock(bits.take(3));
        m.recipients = bits.take(3) as u8;
        let [responsible, unsure, known, sent, reported, excused, memory] =
            [(); 7].map(|()| bits.take(RECIPIENTS_MAX.into()) as u32);
        (m.responsible, m.unsure, m.known) = (responsible, unsure, known);
        let ran = bits.take(2) as u8;
        let [tried, waits, deferred] = [(); 3].map(|()| bits.take(TRANSPORTS_MAX as u32) as u8);
        let (with, ending) = (bits.take(2) as u8, unpack_ending(bits.take(2)));
        let errand = Errand { ran, tried, with: with.checked_sub(1).map(|at| (at, ending)), waits, deferred };
        let handles = [(); SESSIONS].map(|()| unpack_handle(&mut bits));
        Self { message: m, handles, sent, reported, excused, owed, unprocessed, processed, memory, errand }
    }
}

/// How many bits a packed entry takes at most.
pub(crate) const ENTRY_BITS: u32 = 112;

/// Where a session's handle stands. There are no sessions beyond the bounds.
const fn slot(session: Session) -> usize {
    match session {
        Session::Client(number) => (number > 1) as usize,
        Session::Spooler(number) => CLIENTS_MAX + (number > 1) as usize,
    }
}

fn pack_handle(handle: Option<Handle>, bits: &mut Bits) {
    let Some(handle) = handle else {
        bits.push(0, 6);
        return;
    };
    bits.flag(true);
    bits.flag(handle.asked == Level::Write);
    bits.push(handle.granted.map_or(0, |level| 1 + u128::from(level == Level::Write)), 2);
    bits.flag(handle.spent);
    bits.flag(handle.stale);
}

fn unpack_handle(bits: &mut Bits) -> Option<Handle> {
    let (open, asked, granted) = (bits.taken(), bits.taken(), bits.take(2));
    let (spent, stale) = (bits.taken(), bits.taken());
    let level = |write| if write { Level::Write } else { Level::Read };
    let granted = (granted > 0).then(|| level(granted > 1));
    open.then_some(Handle { asked: level(asked), granted, spent, stale, refused: false, dirty: false })
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

const fn unpack_ending(bits: u128) -> Ending {
    match bits {
        0 => Ending::Sent,
        1 => Ending::DontResend,
        2 => Ending::ResendLater,
        _ => Ending::ResendNow,
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
