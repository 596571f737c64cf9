//! What the oracle remembers of one message.

use std::collections::{BTreeSet, VecDeque};

use spoolproof_sdk::HResult;

use super::overlap::Span;
use super::verdict::Line;
use super::words;
use crate::model::{Aspect, Call, Handle, Message, QueueChange, Session};

/// How many lines of history are kept for a finding.
const HISTORY: usize = 40;

/// One message: the states that are consistent with what was seen, and what the boundary shows beside them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracker {
    /// Never empty, sorted, without duplicates.
    pub(super) candidates: Vec<Message>,
    /// Its name in a scenario, or its entry identifier.
    pub(super) name: String,
    /// The recipients' addresses, in the order of the bits.
    pub(super) addresses: Vec<String>,
    /// Recipients that ExpandRecips added, as bits: their rows may lack PR_RESPONSIBILITY (A14).
    pub(super) added: u32,
    /// PR_SUBJECT as last saved, where it is known.
    pub(super) content: Option<String>,
    /// PR_CLIENT_SUBMIT_TIME as last seen, while it must not change.
    pub(super) time: Option<String>,
    /// Its place in the order of submission.
    pub(super) submitted: Option<Moment>,
    /// Until when calls on it that were judged have run, by the log's clock.
    pub(super) busy_until: Option<i64>,
    /// Whether it was ever locked.
    pub(super) was_locked: bool,
    /// Reads of the queue table that did not show it since it was queued, and whether the store restarted since.
    pub(super) missed: Option<Missed>,
    /// Sessions that have had write access to it.
    pub(super) owners: BTreeSet<Session>,
    /// Notifications that are owed.
    pub(super) owed: Vec<Owed>,
    /// Handles of the objects in which it is open.
    pub(super) handles: Vec<String>,
    /// Entry identifiers that it got by being moved.
    pub(super) aliases: Vec<String>,
    /// It was forgotten, and named again: nothing is known of what it was.
    pub(super) recalled: bool,
    /// It stands in the order in which messages are forgotten.
    pub(super) leaving: bool,
    /// Aspects reported already, with the requirements, while the condition lasts.
    pub(super) reported: BTreeSet<(Aspect, &'static str)>,
    /// What happened to it, oldest first.
    history: VecDeque<Entry>,
}

/// When a call took effect, for the order of calls on several messages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    pub(super) span: Span,
    pub(super) seq: u64,
}

impl Moment {
    /// Whether the call was over when the other began.
    pub(super) fn precedes(self, other: Self) -> bool {
        (self.span.ended, self.seq) < (other.span.began, other.seq)
    }
}

/// A line of history, before it is put into words: most are never read.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) seq: u64,
    pub(super) session: Session,
    pub(super) call: Said,
    pub(super) reply: Option<HResult>,
    pub(super) before: Message,
    pub(super) after: Message,
}

/// What a line of history says of the call.
#[derive(Clone, Debug)]
pub(super) enum Said {
    /// A call on the message itself.
    Call(Call),
    /// The name of a call on something else, after which the message was looked at.
    Other(String),
}

impl Entry {
    fn line(&self) -> Line {
        let (session, call) = match &self.call {
            Said::Call(call @ Call::Restart(_)) => ("store".to_owned(), words::call(*call).to_owned()),
            Said::Call(call) => (words::session(self.session), words::call(*call).to_owned()),
            Said::Other(name) => (words::session(self.session), name.clone()),
        };
        Line {
            seq: self.seq,
            session,
            call,
            reply: self.reply.map(|code| code.to_string()).unwrap_or_default(),
            change: words::change(&self.before, &self.after),
        }
    }
}

/// The message was queued, and a read of the table did not show it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Missed {
    pub(super) restarted: bool,
}

/// A notification that the store owes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Owed {
    pub(super) change: QueueChange,
    pub(super) seq: u64,
}

/// An open object.
#[derive(Clone, Debug)]
pub(super) struct OpenObject {
    pub(super) entry_id: String,
    pub(super) session: Session,
    pub(super) handle: Handle,
    /// What SetProps put into it and SaveChanges has not saved.
    pub(super) pending: Pending,
}

/// The PR_SUBJECT that an open object holds beside the saved one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Pending {
    /// None.
    #[default]
    Nothing,
    /// This one.
    Subject(String),
    /// One that was set before a call which may have saved it, or discarded it.
    Unknown,
}

impl Pending {
    /// What remains after a call that may have saved it; `saved` is the content afterwards, where it is known.
    pub(super) fn after_saving(self, saved: Option<&str>) -> Self {
        match self {
            Self::Subject(subject) if saved == Some(subject.as_str()) => Self::Nothing,
            Self::Subject(_) | Self::Unknown => Self::Unknown,
            Self::Nothing => Self::Nothing,
        }
    }
}

impl Tracker {
    pub(super) fn new(name: String, candidates: Vec<Message>) -> Self {
        Self { candidates, name, ..Self::default() }
    }

    /// Replaces the candidates.
    pub(super) fn become_any(&mut self, mut candidates: Vec<Message>) {
        debug_assert!(!candidates.is_empty(), "something is always consistent");
        candidates.sort_unstable();
        candidates.dedup();
        self.was_locked |= candidates.iter().any(|m| m.lock.shown());
        self.candidates = candidates;
    }

    /// The state that histories are written from.
    pub(super) fn first(&self) -> Message {
        self.candidates.first().copied().unwrap_or_default()
    }

    /// Whether `holds` for every candidate.
    pub(super) fn surely(&self, holds: impl Fn(&Message) -> bool) -> bool {
        self.candidates.iter().all(holds)
    }

    /// What remains if either may be so.
    pub(super) fn merge(&mut self, other: &Self) {
        fn common<T: Clone + Default + PartialEq>(one: &mut T, other: &T) {
            if one != other {
                *one = T::default();
            }
        }
        let both = self.candidates.iter().chain(&other.candidates).copied().collect();
        self.become_any(both);
        common(&mut self.addresses, &other.addresses);
        self.added |= other.added;
        common(&mut self.content, &other.content);
        common(&mut self.time, &other.time);
        common(&mut self.missed, &other.missed);
        self.submitted = self.submitted.or(other.submitted);
        self.was_locked |= other.was_locked;
        self.owners.retain(|session| other.owners.contains(session));
        self.owed.retain(|owed| other.owed.contains(owed));
        self.reported.extend(&other.reported);
    }

    /// Forgets what it is, and what it holds.
    pub(super) fn blur(&mut self, candidates: Vec<Message>) {
        self.candidates = candidates;
        self.addresses.clear();
        self.content = None;
        self.time = None;
        self.missed = None;
        self.was_locked = true;
        self.owners.clear();
        self.owed.clear();
    }

    /// Adds a line of history.
    pub(super) fn record(&mut self, entry: Entry) {
        if self.history.len() == HISTORY {
            self.history.remove(1); // The creation stays.
        }
        self.history.push_back(entry);
    }

    /// The history, oldest first.
    pub(super) fn history(&self) -> Vec<Line> {
        self.history.iter().map(Entry::line).collect()
    }

    /// Whether nothing would be lost with it: nothing more is expected of it, or nothing was known.
    pub(super) fn is_forgettable(&self) -> bool {
        self.recalled || self.surely(|m| !m.outgoing() && (m.finished || !m.place.exists()))
    }
}
