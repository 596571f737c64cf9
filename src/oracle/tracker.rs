//! What the oracle remembers of one message.

use std::collections::{BTreeSet, VecDeque};

use super::verdict::Line;
use crate::model::{Aspect, Handle, Message, QueueChange, Session};

/// How many lines of history are kept for a finding.
const HISTORY: usize = 40;

/// One message: the states that are consistent with what was seen, and what the boundary shows beside them.
#[derive(Clone, Debug)]
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
    pub(super) submitted: Option<u64>,
    /// Whether it was ever locked.
    pub(super) was_locked: bool,
    /// Reads of the queue table that did not show it since it was queued, and whether the store restarted since.
    pub(super) missed: Option<Missed>,
    /// Sessions that have had write access to it.
    pub(super) owners: BTreeSet<Session>,
    /// Notifications that are owed.
    pub(super) owed: Vec<Owed>,
    /// Aspects reported already, with the requirements, while the condition lasts.
    pub(super) reported: BTreeSet<(Aspect, &'static str)>,
    /// What happened to it, oldest first.
    history: VecDeque<Line>,
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
        Self {
            candidates,
            name,
            addresses: Vec::new(),
            added: 0,
            content: None,
            time: None,
            submitted: None,
            was_locked: false,
            missed: None,
            owners: BTreeSet::new(),
            owed: Vec::new(),
            reported: BTreeSet::new(),
            history: VecDeque::new(),
        }
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

    /// Adds a line of history.
    pub(super) fn record(&mut self, line: Line) {
        if self.history.len() == HISTORY {
            self.history.remove(1); // The creation stays.
        }
        self.history.push_back(line);
    }

    /// The history, oldest first.
    pub(super) fn history(&self) -> Vec<Line> {
        self.history.iter().cloned().collect()
    }

    /// Whether nothing more is expected of it.
    pub(super) fn is_done(&self) -> bool {
        self.surely(|m| !m.outgoing() && (m.finished || !m.place.exists()))
    }
}
