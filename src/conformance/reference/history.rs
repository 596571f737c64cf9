//! What happened to a store, as far as some fault asks for it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::message::{MessageId, Ticks};

/// What happened since the process started or the store was reset.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// How often the store was started anew since it was made or reset.
    pub(super) restarts: u32,
    /// Messages that were submitted.
    pub(super) submitted: u32,
    /// Messages that were finished.
    pub(super) finished: u32,
    messages: BTreeMap<MessageId, Past>,
}

/// What happened to one message.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    pub(super) submitted: u32,
    pub(super) aborted: u32,
    pub(super) failed: u32,
    pub(super) unlocked: u32,
    /// The spooler has submitted it after preprocessing.
    pub(super) resumed: bool,
    /// It was in the queue when the store started.
    pub(super) restarted: bool,
    /// How often AbortSubmit was refused while it was locked.
    pub(super) kept: u32,
    /// The spoolers that were refused its lock.
    pub(super) refused: BTreeSet<String>,
    /// Who created it.
    pub(super) author: Option<String>,
    /// Who submitted it last.
    pub(super) submitter: Option<String>,
    /// Its subject and its time when it was submitted first.
    pub(super) first: Option<(Option<Value>, Option<Ticks>)>,
}

impl History {
    /// Nothing yet, after so many restarts.
    pub(super) fn after(restarts: u32) -> Self {
        Self { restarts, ..Self::default() }
    }

    /// What happened to a message.
    pub(super) fn of(&self, id: MessageId) -> &Past {
        const NOTHING: &Past = &Past::new();
        self.messages.get(&id).unwrap_or(NOTHING)
    }

    /// The same, to be continued.
    pub(super) fn of_mut(&mut self, id: MessageId) -> &mut Past {
        self.messages.entry(id).or_default()
    }
}

impl Past {
    const fn new() -> Self {
        Self {
            submitted: 0,
            aborted: 0,
            failed: 0,
            unlocked: 0,
            resumed: false,
            restarted: false,
            kept: 0,
            refused: BTreeSet::new(),
            author: None,
            submitter: None,
            first: None,
        }
    }
}
