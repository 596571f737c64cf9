//! `AbortSubmit`.

use spoolproof_sdk::wire::CallParams;
use spoolproof_sdk::{HResult, Mapi};

use super::message::{MSGFLAG_SUBMIT, MSGFLAG_UNSENT};
use super::provider::Reference;
use super::refusal::Served;
use super::store::{delete, keep_lock, save};
use super::torn::{ABORT_FLAG_FIRST, ABORT_ROW_FIRST};

impl Reference {
    /// Decides SLS-08, ABT-02, ABT-03 and ABT-04: a message that is locked, or not in the queue, stays as it is.
    pub(super) fn abort(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Served {
        params.session()?;
        let mut message = self.find(params.entry_id()?)?;
        let id = message.id;
        if self.locks.contains_key(&id) && !self.fault("abort-locked-succeeds") {
            let wrong = self.fault("abort-locked-wrong-code");
            return Err(if wrong { HResult::MAPI_E_CALL_FAILED } else { HResult::MAPI_E_UNABLE_TO_ABORT }.into());
        }
        if !message.in_table() {
            let swallowed = self.fault("abort-unqueued-ok");
            return Err(if swallowed { HResult::S_OK } else { HResult::MAPI_E_NOT_IN_QUEUE }.into());
        }
        if self.fault("abort-refused") {
            return Err(HResult::MAPI_E_UNABLE_TO_ABORT.into());
        }
        if self.fault("race-abort-looks-once") {
            self.linger()?;
        }
        let queued = message.queued;
        message.leave_queue();
        if self.fault("abort-leaves-row") {
            message.queued = queued;
        }
        if self.fault("abort-leaves-flag")
            || (self.fault("sleeper-abort-after-unlock-leaves-flag") && self.history.of(id).unlocked > 0)
        {
            message.flags |= MSGFLAG_SUBMIT;
        }
        if self.fault("abort-clears-unsent") {
            message.flags &= !MSGFLAG_UNSENT;
        }
        let deletes = self.fault("abort-deletes-message");
        self.tear(ABORT_FLAG_FIRST, &message, |half| half.queued = queued)?;
        self.tear(ABORT_ROW_FIRST, &message, |half| half.flags |= MSGFLAG_SUBMIT)?;
        self.store.commit(|transaction| {
            keep_lock(transaction, id, false)?;
            if deletes { delete(transaction, id) } else { save(transaction, &message) }
        })?;
        self.locks.remove(&id);
        self.pause()?;
        if !self.fault("abort-no-notify") {
            mapi.table_modified("deleted", &id.entry_id())?;
        }
        Ok(HResult::S_OK.into())
    }
}
