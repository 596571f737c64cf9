//! What can be seen of the simulated store: observations, properties, the outgoing queue table.

use std::collections::BTreeMap;

use serde_json::Value;
use spoolproof_sdk::CallError;
use spoolproof_sdk::wire::{CallParams, CallResult, Folder, Observation, QueueRow, Recipient};

use super::messages::{Record, Store, Target};
use crate::conformance::sut::Observe;
use crate::model::{Message, Place, REQUIRED_COLUMNS, Tri};

/// The store while a support call waits for its answer. The model's steps are indivisible, so it is as it was before.
#[derive(Debug)]
pub(super) struct Before<'a>(pub(super) &'a Store);

impl Observe for Before<'_> {
    fn observe(&mut self, entry_id: &str) -> Option<Observation> {
        Some(self.0.observation(entry_id))
    }
}

impl Store {
    /// Everything that `observe` can show. No move changes an entry identifier, so there is never another one.
    pub(super) fn observation(&self, entry_id: &str) -> Observation {
        let state = self.state(entry_id);
        let filed = state.place == Place::SentMail;
        let placed = Observation {
            exists: Some(state.place.exists()),
            folder: Some(folder(state.place)),
            copies: Some(if state.place.exists() { 1 + u32::from(state.copied) } else { 0 }),
            sentmail_copies: Some(filed.then(|| entry_id.to_owned()).into_iter().collect()),
            in_outgoing_queue: Some(state.queued),
            ..Observation::default()
        };
        let Some(record) = self.messages.get(entry_id).filter(|_| state.place.exists()) else { return placed };
        Observation {
            subject: record.subject.clone(),
            message_flags: Some(names(&[
                ("MSGFLAG_SUBMIT", state.submit),
                ("MSGFLAG_UNSENT", state.unsent == Tri::Set),
                ("MSGFLAG_RESEND", state.resend),
            ])),
            submit_flags: Some(submit_flags(&state)),
            client_submit_time: Some(record.time.clone()),
            preprocess: Some(state.pr_preprocess == Tri::Set),
            recipients: Some(recipients(record)),
            ..placed
        }
    }

    /// The result of `GetProps`: the properties that `observe` shows too, with what the object has not saved.
    pub(super) fn props(&self, target: &Target, params: &CallParams) -> Result<BTreeMap<String, Value>, CallError> {
        let Some(Value::Array(names)) = &params.props else {
            return Err(CallError::bad_params("`props` is not a list of names"));
        };
        let mut observation = self.observation(&target.entry_id);
        if let Some(pending) = self.object(target).and_then(|object| object.pending.clone()) {
            observation.subject = Some(pending);
        }
        let Ok(Value::Object(mut members)) = serde_json::to_value(observation) else { return Ok(BTreeMap::new()) };
        let wanted = names.iter().filter_map(Value::as_str).filter(|name| name.starts_with("PR_"));
        Ok(wanted
            .filter_map(|name| Some((name.to_owned(), members.remove(name)?)))
            .filter(|(_, value)| !value.is_null())
            .collect())
    }

    /// The outgoing queue table, in the order of submission.
    pub(super) fn queue(&self) -> CallResult {
        let mut queued: Vec<(&String, &Record)> =
            self.messages.iter().filter(|(_, record)| record.state.queued).collect();
        queued.sort_by_key(|(_, record)| record.submitted);
        let row = |(entry_id, record): (&String, &Record)| QueueRow {
            entry_id: entry_id.clone(),
            client_submit_time: record.time.clone(),
            submit_flags: Some(submit_flags(&record.state)),
        };
        CallResult {
            columns: Some(REQUIRED_COLUMNS.map(str::to_owned).to_vec()),
            rows: Some(queued.into_iter().map(row).collect()),
            ..CallResult::default()
        }
    }
}

const fn folder(place: Place) -> Folder {
    match place {
        Place::Absent | Place::Gone => Folder::None,
        Place::Deleted => Folder::Deleted,
        Place::Outbox => Folder::Outbox,
        Place::SentMail => Folder::Sentmail,
    }
}

fn submit_flags(state: &Message) -> Vec<String> {
    names(&[("SUBMITFLAG_LOCKED", state.lock.shown()), ("SUBMITFLAG_PREPROCESS", state.preprocess)])
}

/// The recipient table. The rows that the model does not follow have no `PR_RESPONSIBILITY` to show.
fn recipients(record: &Record) -> Vec<Recipient> {
    let responsible = record.state.responsible;
    let shown = |(index, row): (usize, &Recipient)| Recipient {
        responsibility: (index < usize::from(Message::TRACKED)).then(|| responsible >> index & 1 == 1),
        ..row.clone()
    };
    record.recipients.iter().enumerate().map(shown).collect()
}

fn names(flags: &[(&str, bool)]) -> Vec<String> {
    flags.iter().filter(|(_, set)| *set).map(|(name, _)| (*name).to_owned()).collect()
}
