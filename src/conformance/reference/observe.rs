//! What `observe` shows: everything, and nothing changes by looking.

use serde_json::Value;
use spoolproof_sdk::CallError;
use spoolproof_sdk::wire::{CallParams, Folder, Observation};

use super::message::{Message, MessageId};
use super::provider::Reference;

impl Reference {
    pub(super) fn show(&self, params: &CallParams) -> Result<Observation, CallError> {
        let id = MessageId::parse(params.entry_id()?);
        let family = id.map(|id| self.store.family(id)).transpose()?.unwrap_or_default();
        let in_sentmail = |message: &&Message| message.folder == Folder::Sentmail;
        let Some(message) = family.iter().find(in_sentmail).or_else(|| family.first()) else {
            return Ok(Observation {
                exists: Some(false),
                folder: Some(Folder::None),
                copies: Some(0),
                sentmail_copies: Some(Vec::new()),
                in_outgoing_queue: Some(false),
                ..Observation::default()
            });
        };
        let subject = message.props.get("PR_SUBJECT").and_then(Value::as_str);
        Ok(Observation {
            exists: Some(true),
            folder: Some(message.folder),
            entry_id_now: (Some(message.id) != id).then(|| message.id.entry_id()),
            copies: u32::try_from(family.len()).ok(),
            sentmail_copies: Some(family.iter().filter(in_sentmail).map(|copy| copy.id.entry_id()).collect()),
            subject: subject.map(str::to_owned),
            message_flags: Some(message.flag_names()),
            submit_flags: Some(self.submit_flags(message)),
            client_submit_time: Some(message.submitted_at.map(|time| time.rfc3339())),
            preprocess: Some(message.preprocess),
            in_outgoing_queue: Some(family.iter().any(Message::in_table)),
            recipients: Some(message.recipients.iter().map(|row| row.to_wire()).collect()),
        })
    }

    /// `PR_SUBMIT_FLAGS`: the lock is read where it is kept, so that the bit can never outlive it.
    pub(super) fn submit_flags(&self, message: &Message) -> Vec<String> {
        let locked = self.locks.contains_key(&message.id) && !self.fault("lock-flag-hidden");
        let flags = [("SUBMITFLAG_LOCKED", locked), ("SUBMITFLAG_PREPROCESS", message.awaits_preprocessing)];
        flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| name.to_owned()).collect()
    }
}
