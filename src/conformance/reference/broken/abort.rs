//! Faults of AbortSubmit.

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::Folder;

use super::super::message::{MSGFLAG_SUBMIT, MSGFLAG_UNSENT, Queued};
use super::super::provider::Reference;
use super::super::refusal::Served;
use super::super::store::delete;
use super::call::{Scene, done, is_done, returned};

impl Reference {
    pub(super) fn before_abort(&mut self, scene: &Scene) {
        let (Some(id), Some(holder)) = (scene.id(), &scene.lock) else { return };
        let gives_up = (self.fault("sleeper-third-abort-succeeds") && self.history.of(id).kept >= 2)
            || (self.fault("sleeper-second-spoolers-lock-aborted") && holder.as_deref() == Some("spooler-2"));
        if gives_up {
            self.locks.remove(&id);
        }
    }

    pub(super) fn after_abort(&mut self, scene: &Scene, served: Served) -> Served {
        let Some(message) = &scene.message else { return served };
        let id = message.id;
        if !is_done(&served) {
            if self.fault("sleeper-refused-abort-unlocks") && scene.session == "client-2" {
                self.locks.remove(&id);
            }
            let is_sent = message.submitted_at.is_some() && message.flags & MSGFLAG_UNSENT == 0;
            let swallowed = (self.fault("sleeper-abort-of-sent-succeeds") && is_sent)
                || (self.fault("sleeper-abort-of-aborted-succeeds") && self.history.of(id).aborted > 0);
            return if swallowed && returned(&served, HResult::MAPI_E_NOT_IN_QUEUE) { done() } else { served };
        }
        if self.fault("sleeper-second-abort-keeps-flag") && self.history.of(id).aborted > 0 {
            self.alter(id, |message| message.flags |= MSGFLAG_SUBMIT)?;
        }
        if self.fault("sleeper-abort-keeps-one-recipient") {
            self.alter(id, |message| message.recipients.truncate(1))?;
        }
        if self.fault("abort-moves-to-deleted-items") {
            self.alter(id, |message| message.folder = Folder::Deleted)?;
        }
        if self.fault("abort-deletes-what-asks-for-it") && message.deletes_after_submit() {
            self.store.commit(|transaction| delete(transaction, id))?;
        }
        let others: Vec<_> = scene.queue.iter().copied().filter(|other| *other != id).collect();
        if self.fault("sleeper-abort-resets-neighbours") {
            for other in &others {
                self.alter(*other, |message| {
                    message.recipients.iter_mut().for_each(|row| row.responsibility = Some(false));
                })?;
            }
        }
        if let Some(oldest) = others.first()
            && scene.overtakes()
            && self.fault("sleeper-abort-removes-oldest")
        {
            self.alter(*oldest, |message| message.queued = None)?;
            self.alter(id, |message| message.queued = Some(Queued::default()))?;
        }
        served
    }
}
