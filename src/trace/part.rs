//! Parts of a log: which message an event is about, and what is left of a log when others are taken out.
//!
//! Messages meet only in the order of the queue and at a restart, so a log without a message is a log of the same store
//! without it: its calls go, and with them its rows in the queue and its observations.

use std::collections::BTreeMap;

use spoolproof_sdk::trace::Event;

/// A call with the support calls that came in its course.
#[derive(Clone, Debug, Default)]
pub(super) struct Unit {
    /// In the order of the log; the call itself is the last.
    pub(super) events: Vec<Event>,
    /// The message that it is about, by its first entry identifier; a read of the queue and a restart have none.
    pub(super) message: Option<String>,
}

/// Puts events together to units, and finds out which message each is about.
#[derive(Debug, Default)]
pub(super) struct Units {
    /// Support calls whose call has not come yet.
    waiting: Vec<Event>,
    /// Handle → message.
    handles: BTreeMap<String, String>,
    /// Entry identifier → the first one of the same message.
    aliases: BTreeMap<String, String>,
}

impl Units {
    /// The next event, and what it completes. `follows` says whether handles of a message are to be kept in mind.
    pub(super) fn push(&mut self, event: Event, follows: impl Fn(&str) -> bool) -> Option<Unit> {
        if event.during.is_some() {
            self.waiting.push(event);
            return None;
        }
        let message = self.message(&event);
        if let Some(handle) = &event.result.handle {
            match message.as_ref().filter(|message| follows(message)) {
                Some(message) => _ = self.handles.insert(handle.clone(), message.clone()),
                // The provider may use a name again.
                None => _ = self.handles.remove(handle),
            }
        }
        for (id, seen) in event.observed.iter().flatten() {
            let first = self.first(id).to_owned();
            if let Some(now) = seen.entry_id_now.as_ref().filter(|now| **now != first && follows(&first)) {
                self.aliases.insert(now.clone(), first);
            }
        }
        // A notification may come between a support call and its call; a call that never came will not.
        let waiting = std::mem::take(&mut self.waiting);
        let (mut events, waiting): (Vec<Event>, _) =
            waiting.into_iter().partition(|inner| inner.during == Some(event.seq));
        self.waiting = waiting.into_iter().filter(|inner| inner.during > Some(event.seq)).collect();
        events.push(event);
        Some(Unit { events, message })
    }

    /// The message that a call is about. One that goes through a handle that is not known is about some message.
    fn message(&self, event: &Event) -> Option<String> {
        let id = event.params.entry_id.as_ref().or(event.result.entry_id.as_ref());
        if let Some(id) = id {
            return Some(self.first(id).to_owned());
        }
        let handle = event.params.handle.as_ref()?;
        Some(self.handles.get(handle).cloned().unwrap_or_default())
    }

    /// The first entry identifier of the message.
    pub(super) fn first<'a>(&'a self, id: &'a str) -> &'a str {
        self.aliases.get(id).map_or(id, String::as_str)
    }
}

impl Unit {
    /// Takes out what it says of messages that are not wanted.
    pub(super) fn keep_only(&mut self, wanted: impl Fn(&str) -> bool) {
        for event in &mut self.events {
            if let Some(observed) = &mut event.observed {
                observed.retain(|id, _| wanted(id));
            }
            event.observed.take_if(|observed| observed.is_empty());
            if let Some(rows) = &mut event.result.rows {
                rows.retain(|row| wanted(&row.entry_id));
            }
        }
    }

    /// The messages that it says something of.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let seen = self.events.iter().flat_map(|event| event.observed.iter().flat_map(BTreeMap::keys));
        let rows = self.events.iter().flat_map(|event| event.result.rows.iter().flatten()).map(|row| &row.entry_id);
        self.message.iter().chain(seen).chain(rows).map(String::as_str)
    }
}
