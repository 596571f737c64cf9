//! Faults of the outgoing queue table and of new mail.

use spoolproof_sdk::wire::QueueRow;

use super::super::message::{MSGFLAG_UNSENT, MessageId};
use super::super::provider::Reference;
use super::super::refusal::Served;
use super::call::Scene;

impl Reference {
    pub(super) fn after_queue(&mut self, scene: &Scene, served: Served) -> Served {
        let mut result = served?;
        let Some(rows) = &mut result.rows else { return Ok(result) };
        if self.fault("sleeper-creation-order-after-restart") && self.history.restarts > 0 {
            rows.sort_by(|one, other| one.entry_id.cmp(&other.entry_id));
        }
        let first = rows.first().and_then(|row| row.client_submit_time.clone());
        for row in rows.iter_mut() {
            if self.fault("sleeper-row-time-of-the-first") {
                row.client_submit_time.clone_from(&first);
            }
            self.break_flags(row);
        }
        if self.fault("row-of-aborted-stays") {
            let all = self.store.all()?;
            let stale = all.iter().filter(|message| {
                let draft = message.queued.is_none() && message.flags & MSGFLAG_UNSENT != 0;
                draft && self.history.of(message.id).aborted > 0
            });
            rows.extend(stale.map(|message| QueueRow {
                entry_id: message.id.entry_id(),
                client_submit_time: message.submitted_at.map(|time| time.rfc3339()),
                submit_flags: Some(Vec::new()),
            }));
        }
        if self.fault("sleeper-looking-unlocks") {
            let oldest = scene.queue.first().copied();
            self.locks.retain(|id, _| Some(*id) == oldest);
        }
        Ok(result)
    }

    /// Shows other flags in a row than the message has.
    fn break_flags(&self, row: &mut QueueRow) {
        const PREPROCESS: &str = "SUBMITFLAG_PREPROCESS";
        let Some(flags) = &mut row.submit_flags else { return };
        let resumed = MessageId::parse(&row.entry_id).is_some_and(|id| self.history.of(id).resumed);
        if self.fault("sleeper-row-preprocess-stale") && resumed && !flags.iter().any(|flag| flag == PREPROCESS) {
            flags.push(PREPROCESS.to_owned());
        }
        if self.fault("row-hides-preprocess") {
            flags.retain(|flag| flag != PREPROCESS);
        }
    }
}
