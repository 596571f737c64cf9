//! `FinishedMsg`, and what becomes of a sent message.

use rusqlite::Transaction;
use spoolproof_sdk::wire::{CallParams, Folder};
use spoolproof_sdk::{HResult, Mapi};

use super::message::{MSGFLAG_READ, MSGFLAG_SUBMIT, MSGFLAG_UNSENT, Message, MessageId};
use super::provider::Reference;
use super::refusal::{Served, succeeded};
use super::store::{delete, insert, keep_filing, keep_lock, save};
use super::torn::{FINISH_FILED_FIRST, FINISH_MARKS_FIRST};

impl Reference {
    /// Unlocks, takes the message out of the queue for good, lets the hooks run, and only then files it away.
    ///
    /// In this order a crash at any point leaves a message that is sent and not queued, never one that is sent twice; what
    /// has not been filed by then is filed at the next start.
    pub(super) fn finish(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Served {
        let session = params.session()?;
        if !self.fault("finish-by-client") {
            self.spooler_only(session)?;
        }
        self.sending_only()?;
        if self.fault("spooler-refused-finish") {
            return Err(HResult::MAPI_E_NO_SUPPORT.into());
        }
        let message = self.find(params.entry_id()?)?;
        let id = message.id;
        if message.queued.is_none() {
            if self.fault("finish-twice-copies") {
                self.store.commit(|transaction| copy_to_sentmail(transaction, &message))?;
            }
            return Err(HResult::MAPI_E_NOT_IN_QUEUE.into());
        }
        if self.locked_for(session, id) && !self.fault("finish-by-client") {
            return Err(HResult::MAPI_E_NO_ACCESS.into());
        }
        if self.fault("race-finish-looks-once") {
            self.linger()?;
        }
        let had_row = message.in_table();
        let before = message.clone();
        let message = self.sent(message);
        let late = self.fault("sleeper-failed-hooks-before-unlock");
        let unlocks = !self.fault("finish-stays-locked") && !late;
        self.tear(FINISH_MARKS_FIRST, &message, |half| half.queued = before.queued)?;
        self.tear(FINISH_FILED_FIRST, &before, |half| {
            half.folder = if half.has_sentmail() { Folder::Sentmail } else { half.folder };
        })?;
        self.store.commit(|transaction| {
            save(transaction, &message)?;
            keep_filing(transaction, id, true)?;
            if unlocks { keep_lock(transaction, id, false) } else { Ok(()) }
        })?;
        // The hooks see it unlocked (DSM-04); no other call is let in before it is filed.
        if unlocks {
            self.locks.remove(&id);
        }
        let filed = self.tell_and_file(mapi, &before, had_row);
        self.store.commit(|transaction| keep_filing(transaction, id, false))?;
        if late && filed.is_ok() {
            self.locks.remove(&id);
        }
        filed
    }

    /// Lets everybody know that the message was sent, and files it away.
    fn tell_and_file(&mut self, mapi: &mut dyn Mapi, before: &Message, had_row: bool) -> Served {
        let id = before.id;
        if had_row && !self.fault("finish-no-notify") {
            mapi.table_modified("deleted", &id.entry_id())?;
        }
        let superseded = self.run_hooks(mapi, before);
        if superseded? && !self.fault("finish-ignores-superseded") {
            return Ok(HResult::S_OK.into());
        }
        if let Some(message) = self.store.message(id)? {
            self.file_away(&message)?;
        }
        Ok(HResult::S_OK.into())
    }

    /// The message without any mark of an outgoing one.
    pub(super) fn sent(&self, mut message: Message) -> Message {
        let queued = message.queued;
        message.leave_queue();
        message.flags &= !MSGFLAG_UNSENT;
        message.flags |= MSGFLAG_READ;
        if self.fault("finish-keeps-row")
            || (self.fault("sleeper-second-finish-keeps-row") && self.history.finished > 0)
            || (self.fault("sleeper-finish-while-others-wait-keeps-row") && self.others_wait(message.id))
        {
            message.queued = queued;
        }
        if self.fault("finish-keeps-flag") {
            message.flags |= MSGFLAG_SUBMIT;
        }
        if self.fault("finish-keeps-unsent") {
            message.flags |= MSGFLAG_UNSENT;
        }
        message
    }

    /// Whether an older message is in the queue too.
    fn others_wait(&self, id: MessageId) -> bool {
        self.store.queued().is_ok_and(|queued| queued.first().is_some_and(|oldest| oldest.id != id))
    }

    /// Runs the outbound hooks once; whether one of them took the message over.
    fn run_hooks(&mut self, mapi: &mut dyn Mapi, before: &Message) -> Served<bool> {
        if self.fault("finish-no-dosentmail") {
            return Ok(false);
        }
        let entry_id = before.id.entry_id();
        if self.fault("finish-dosentmail-twice") {
            succeeded(mapi.do_sent_mail(self, &entry_id)?)?;
        }
        let result = succeeded(mapi.do_sent_mail(self, &entry_id)?);
        if result.is_err() && self.fault("finish-error-requeues") {
            self.store.commit(|transaction| save(transaction, before))?;
        }
        Ok(result?.superseded == Some(true))
    }

    /// Moves or deletes a sent message as its properties say (FIN-09 to FIN-12). With both set the copy in the
    /// sent-mail folder is kept, and with one entry id for the message's whole life that is the message itself.
    pub(super) fn file_away(&mut self, message: &Message) -> Served<()> {
        let copies = self.behaviour.follows("D2", "CopySemantics");
        let files = message.has_sentmail() && !self.fault("finish-no-move");
        let deletes = message.deletes_after_submit()
            && !self.fault("finish-no-delete")
            && !(self.fault("sleeper-no-delete-after-restart") && self.history.restarts > 0);
        let deletes = deletes || self.fault("finish-deletes-when-neither") && !message.has_sentmail();
        let files = files || self.fault("finish-moves-when-neither") && !message.deletes_after_submit();
        let id = message.id;
        self.store.commit(|transaction| {
            keep_filing(transaction, id, false)?;
            match (files, deletes) {
                (true, _) if copies => {
                    copy_to_sentmail(transaction, message)?;
                    if deletes { delete(transaction, id) } else { save(transaction, message) }
                }
                (true, _) => save(transaction, &Message { folder: Folder::Sentmail, ..message.clone() }),
                (false, true) => delete(transaction, id),
                (false, false) => save(transaction, message),
            }
        })?;
        if deletes && !files {
            self.locks.remove(&id);
        }
        Ok(())
    }
}

pub(super) fn copy_to_sentmail(transaction: &Transaction<'_>, message: &Message) -> rusqlite::Result<()> {
    insert(transaction, &mut Message { folder: Folder::Sentmail, ..message.clone() })
}
