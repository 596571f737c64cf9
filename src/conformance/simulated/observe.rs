//! What can be seen of the simulated store: observations, properties, the outgoing queue table.

use std::collections::BTreeMap;

use serde_json::Value;
use spoolproof_sdk::CallError;
use spoolproof_sdk::wire::{CallParams, CallResult, Folder, Observation, QueueRow, Recipient, SortsQueue};

use super::messages::{Record, Store, Target};
use super::will::Will;
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
    /// Everything that `observe` can show.
    pub(super) fn observation(&self, entry_id: &str) -> Observation {
        let state = self.state(entry_id);
        let filed = state.place == Place::SentMail;
        let elsewhere =
            state.place == Place::Outbox && self.messages.get(entry_id).is_some_and(|known| known.elsewhere);
        let moved = self.messages.get(entry_id).filter(|_| filed).and_then(|record| record.moved.clone());
        let placed = Observation {
            exists: Some(state.place.exists()),
            folder: Some(if elsewhere { Folder::Other } else { folder(state.place) }),
            entry_id_now: moved.clone(),
            copies: Some(if state.place.exists() { 1 + u32::from(state.copied) } else { 0 }),
            sentmail_copies: Some(filed.then(|| moved.unwrap_or_else(|| entry_id.to_owned())).into_iter().collect()),
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

    /// The outgoing queue table, in the order of submission unless the spooler sorts it.
    ///
    /// A row may come late (E3) if the profile says so, but no later than those behind it. What a row says of the lock
    /// may be missing or stale.
    pub(super) fn queue(&mut self, will: &mut Will) -> CallResult {
        let late = self.profile.readings.get("E3").is_some_and(|reading| reading == "Eventually");
        let mut queued: Vec<(&String, &mut Record)> =
            self.messages.iter_mut().filter(|(_, record)| record.state.queued).collect();
        queued.sort_by_key(|(_, record)| record.submitted);
        let mut rows = Vec::new();
        let mut waits = false;
        for (entry_id, record) in queued {
            waits |= late && record.late > 0;
            record.late = record.late.saturating_sub(1);
            if !waits {
                rows.push(row(entry_id, record, will));
            }
        }
        if self.profile.sorts_queue != Some(SortsQueue::Store) {
            for last in (1..rows.len()).rev() {
                let other = will.below(last + 1);
                rows.swap(last, if will.is_free() { other } else { last });
            }
        }
        let columns = REQUIRED_COLUMNS.map(str::to_owned).to_vec();
        CallResult {
            columns: if will.strays(4) { None } else { Some(columns) },
            rows: Some(rows),
            ..CallResult::default()
        }
    }
}

/// The row of a queued message.
fn row(entry_id: &str, record: &Record, will: &mut Will) -> QueueRow {
    let unlocked = names(&[("SUBMITFLAG_PREPROCESS", record.state.preprocess)]);
    let flags = [Some(submit_flags(&record.state)), Some(unlocked), None];
    QueueRow {
        entry_id: entry_id.to_owned(),
        client_submit_time: record.time.clone().filter(|_| !will.strays(6)),
        submit_flags: will.pick(&flags).cloned().flatten(),
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
        responsibility: (index < usize::from(Message::TRACKED) && (record.bare & !responsible) >> index & 1 == 0)
            .then(|| responsible >> index & 1 == 1),
        ..row.clone()
    };
    record.recipients.iter().enumerate().map(shown).collect()
}

fn names(flags: &[(&str, bool)]) -> Vec<String> {
    flags.iter().filter(|(_, set)| *set).map(|(name, _)| (*name).to_owned()).collect()
}
