//! `SubmitMessage`: a client's, and the spooler's when preprocessing is over.
//!
//! Everything that a submission changes is written in one transaction, after the support calls. A call that fails on
//! the way leaves a message that was never submitted, and an object that can still be used (SUB-13).

use spoolproof_sdk::wire::{CallParams, CallResult};
use spoolproof_sdk::{HResult, Mapi};

use super::handle::is_spooler;
use super::message::{MSGFLAG_RESEND, MSGFLAG_SUBMIT, MSGFLAG_UNSENT, Message, Queued, Row, Ticks, adopt};
use super::provider::Reference;
use super::refusal::{Served, succeeded};
use super::store::save;
use super::torn::{SUBMIT_FLAG_FIRST, SUBMIT_ROW_FIRST};

/// What the support object made of the recipients.
struct Prepared {
    rows: Vec<Row>,
    needs_preprocessing: bool,
    needs_spooler: bool,
}

/// Where a message goes when it needs no preprocessing, or has had it.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Route {
    /// `CompleteMsg`: the spooler does the rest.
    Complete,
    /// The coupled store has sent it and finishes it here.
    Finish,
    /// The outgoing queue.
    Queue,
}

impl Reference {
    pub(super) fn submit(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Served {
        let (session, name) = (params.session()?, params.handle()?);
        let handle = self.handles.usable_by(name, session)?;
        let (id, writable) = (handle.message, handle.writable);
        let message = self.message(id)?;
        self.sending_only()?;
        if message.queued.is_some() {
            return self.submit_again(mapi, session, name, message);
        }
        if !writable {
            return Err(HResult::MAPI_E_NO_ACCESS.into());
        }
        if self.fault("submit-drops-edits") {
            self.handles.usable(name)?.pending.clear();
        }
        self.save_before_submit(name, message.clone())?;
        self.pause()?;
        let prepared = match self.prepare(mapi, session, &message) {
            Ok(prepared) => prepared,
            Err(refusal) => {
                self.break_after_failure(name, &message)?;
                return Err(refusal);
            }
        };
        self.pause()?;
        // The support calls may have brought other calls with them.
        let before = self.message(id)?;
        if before.queued.is_some() {
            return Err(HResult::MAPI_E_SUBMITTED.into());
        }
        let mut message = before.clone();
        self.take_pending(name, &mut message)?;
        message.recipients = prepared.rows;
        message.flags |= MSGFLAG_SUBMIT | MSGFLAG_UNSENT;
        message.submitted_at = Some(self.submission_time()?);
        message.queued = Some(Queued { needs_spooler: prepared.needs_spooler, handed_over: false });
        if prepared.needs_preprocessing {
            message.awaits_preprocessing = !self.fault("no-preprocess-flag");
            message.preprocess = true;
            self.enqueue(mapi, message)?;
        } else {
            self.carry_on(mapi, &before, message, false)?;
        }
        if let Ok(handle) = self.handles.usable(name) {
            handle.spent = true;
        }
        Ok(HResult::S_OK.into())
    }

    /// `SubmitMessage` on a message that is in the queue: right for the spooler, once, after preprocessing.
    fn submit_again(&mut self, mapi: &mut dyn Mapi, session: &str, name: &str, message: Message) -> Served {
        let permitted = is_spooler(session) || self.fault("client-ends-preprocessing");
        if !permitted || !message.awaits_preprocessing {
            if self.fault("duplicate-submit-queues-again") {
                let message = Message { submitted_at: Some(self.store.next_time()?), ..message };
                self.enqueue(mapi, message)?;
                return Ok(HResult::S_OK.into());
            }
            return Err(HResult::MAPI_E_SUBMITTED.into());
        }
        if is_spooler(session) && self.locked_for(session, message.id) {
            return Err(HResult::MAPI_E_NO_ACCESS.into());
        }
        if self.fault("race-resume-looks-once") {
            self.linger()?;
        }
        let mut before = message;
        self.take_pending(name, &mut before)?;
        let mut message = before.clone();
        message.awaits_preprocessing = self.fault("preprocess-never-cleared");
        if self.fault("resume-refreshes-time") {
            message.submitted_at = Some(self.store.next_time()?);
        }
        if self.fault("resume-drops-lock") {
            self.locks.remove(&message.id);
        }
        self.carry_on(mapi, &before, message, true)?;
        Ok(HResult::S_OK.into())
    }

    /// `SubmitMessage` saves first, so that the support object sees what will be sent (SUB-08).
    fn save_before_submit(&mut self, name: &str, mut message: Message) -> Served<()> {
        self.take_pending(name, &mut message)?;
        self.store.commit(|transaction| save(transaction, &message))?;
        Ok(())
    }

    /// Resets the responsibilities, lets `PrepareSubmit` correct them for a resend, and expands the list. The reset
    /// comes first: after `PrepareSubmit` it would send again to those who have the message already.
    fn prepare(&mut self, mapi: &mut dyn Mapi, session: &str, message: &Message) -> Served<Prepared> {
        let preset = self.fault("responsibility-preset-true");
        let mut rows = message.recipients.clone();
        rows.iter_mut().for_each(|row| row.responsibility = Some(preset));
        if rows.is_empty() && !self.fault("empty-submits") {
            return Err(HResult::MAPI_E_NO_RECIPIENTS.into());
        }
        let entry_id = message.id.entry_id();
        if message.flags & MSGFLAG_RESEND != 0 && !self.fault("prepare-skipped-on-resend") {
            self.announce_ready(mapi, session)?;
            let result = mapi.prepare_submit(self, &entry_id)?;
            if self.fault("prepare-error-replaced") && result.hresult.is_some_and(|code| !code.is_success()) {
                return Err(HResult::MAPI_E_CALL_FAILED.into());
            }
            let result = if self.fault("prepare-error-swallowed") { result } else { succeeded(result)? };
            rows = adopt(rows, result.recipients.as_deref())?;
            if self.fault("reset-after-prepare") {
                rows.iter_mut().for_each(|row| row.responsibility = Some(false));
            }
        }
        let expanded = self.expand(mapi, message)?;
        if !self.fault("expansion-dropped") {
            rows = adopt(rows, expanded.recipients.as_deref())?;
        }
        if rows.is_empty() && !self.fault("empty-submits") {
            return Err(HResult::MAPI_E_NO_RECIPIENTS.into());
        }
        Ok(Prepared {
            rows,
            needs_preprocessing: expanded.has_flag("NEEDS_PREPROCESSING"),
            needs_spooler: expanded.has_flag("NEEDS_SPOOLER"),
        })
    }

    fn expand(&mut self, mapi: &mut dyn Mapi, message: &Message) -> Served {
        let retried = self.fault("sleeper-expand-skipped-on-retry") && self.history.of(message.id).failed > 0;
        if self.fault("expand-skipped") || retried {
            return Ok(CallResult::default());
        }
        let result = mapi.expand_recips(self, &message.id.entry_id())?;
        succeeded(result)
    }

    /// `SpoolerNotify(NOTIFY_READYTOSEND)`, once per session before its first `PrepareSubmit` (PRE-07).
    fn announce_ready(&mut self, mapi: &mut dyn Mapi, session: &str) -> Served<()> {
        let again = self.fault("readytosend-every-time");
        if self.fault("readytosend-skipped") || (self.ready.contains(session) && !again) {
            return Ok(());
        }
        succeeded(mapi.spooler_notify(self, &["NOTIFY_READYTOSEND"])?)?;
        self.ready.insert(session.to_owned());
        Ok(())
    }

    fn submission_time(&mut self) -> Served<Ticks> {
        let time = self.store.next_time()?;
        if self.fault("sleeper-time-goes-back-after-restart") && self.history.restarts > 0 {
            return Ok(Ticks(time.0 - 36_000_000_000));
        }
        Ok(time)
    }

    /// Goes on where preprocessing is over or was never needed.
    fn carry_on(
        &mut self,
        mapi: &mut dyn Mapi,
        before: &Message,
        mut message: Message,
        preprocessed: bool,
    ) -> Served<()> {
        match self.route(&mut message, preprocessed) {
            Route::Queue if preprocessed => {
                self.store.commit(|transaction| save(transaction, &message))?;
                self.pause()?;
                if !self.fault("resume-not-notified") {
                    mapi.table_modified("modified", &message.id.entry_id())?;
                }
                Ok(())
            }
            Route::Queue => self.enqueue(mapi, message),
            Route::Complete => self.complete(mapi, before, message),
            Route::Finish => {
                let message = self.sent(message);
                self.file_away(&message)
            }
        }
    }

    /// Sends to the recipients that the coupled transport knows, and finds out what is left to do.
    fn route(&self, message: &mut Message, preprocessed: bool) -> Route {
        if !self.behaviour.is_coupled() {
            return if self.fault("completemsg-uncoupled") { Route::Complete } else { Route::Queue };
        }
        if self.fault("coupled-always-queues") {
            return Route::Queue;
        }
        if !self.fault("responsibility-not-true") {
            for row in message.recipients.iter_mut().filter(|row| self.behaviour.knows(row)) {
                row.responsibility = Some(true);
            }
        }
        let needs_spooler =
            message.queued.is_some_and(|queued| queued.needs_spooler) && !self.fault("needs-spooler-ignored");
        let knows_all = message.recipients.iter().all(|row| self.behaviour.knows(row));
        if needs_spooler || !(knows_all || self.fault("coupled-partial-finish")) {
            return Route::Queue;
        }
        let skips = self.fault("complete-skipped")
            || (self.fault("sleeper-resubmitted-finishes-alone") && self.history.of(message.id).submitted > 0);
        if (preprocessed || self.behaviour.wants_spooler_completion()) && !skips {
            Route::Complete
        } else {
            Route::Finish
        }
    }

    /// Gives the message to the spooler by `CompleteMsg`; if that fails, all is as before.
    fn complete(&mut self, mapi: &mut dyn Mapi, before: &Message, mut message: Message) -> Served<()> {
        if let Some(queued) = &mut message.queued {
            queued.handed_over = true;
        }
        let id = message.id;
        self.store.commit(|transaction| save(transaction, &message))?;
        if before.in_table() {
            mapi.table_modified("deleted", &id.entry_id())?;
        }
        let completed = match mapi.complete_msg(self, &id.entry_id()) {
            Ok(result) => succeeded(result),
            Err(error) => Err(error.into()),
        };
        if completed.is_err() && !self.fault("failed-complete-leaves-flag") {
            // Unless the spooler was quick and has finished it already.
            let now = self.store.message(id)?;
            if now.and_then(|now| now.queued).is_some_and(|queued| queued.handed_over) {
                self.store.commit(|transaction| save(transaction, before))?;
                if before.in_table() {
                    mapi.table_modified("added", &id.entry_id())?;
                }
            }
        }
        completed.map(drop)
    }

    /// Puts the message into the outgoing queue and says so (SEED1-29, SEED1-30, SEED1-47, SEED1-48).
    fn enqueue(&mut self, mapi: &mut dyn Mapi, mut message: Message) -> Served<()> {
        let resubmitted = self.history.of(message.id).aborted > 0;
        if self.fault("no-queue-row") || (self.fault("sleeper-resubmit-no-row") && resubmitted) {
            message.queued = None;
        }
        if self.fault("sleeper-resubmit-keeps-preprocess") && resubmitted {
            message.awaits_preprocessing = true;
        }
        if self.fault("submit-flag-missing") {
            message.flags &= !MSGFLAG_SUBMIT;
        }
        if self.fault("submit-time-missing") {
            message.submitted_at = None;
        }
        self.tear(SUBMIT_FLAG_FIRST, &message, |half| half.queued = None)?;
        self.tear(SUBMIT_ROW_FIRST, &message, |half| half.flags &= !MSGFLAG_SUBMIT)?;
        self.store.commit(|transaction| save(transaction, &message))?;
        let silent = self.fault("no-notify-on-submit")
            || (self.fault("preprocess-not-notified") && message.awaits_preprocessing)
            || (self.fault("sleeper-third-submission-not-notified") && self.history.submitted >= 2);
        if self.fault("locked-on-submit") {
            self.locks.insert(message.id, None);
        }
        self.pause()?;
        if !silent {
            mapi.table_modified("added", &message.id.entry_id())?;
        }
        Ok(())
    }

    /// What the faults leave behind of a submission that failed.
    fn break_after_failure(&mut self, name: &str, message: &Message) -> Served<()> {
        let (flag, row) = (self.fault("failed-submit-leaves-flag"), self.fault("failed-submit-leaves-row"));
        if flag || row {
            let mut message = message.clone();
            message.flags |= if flag { MSGFLAG_SUBMIT } else { 0 };
            message.queued = row.then(Queued::default);
            self.store.commit(|transaction| save(transaction, &message))?;
        }
        if self.fault("failed-submit-kills-handle") {
            self.handles.usable(name)?.spent = true;
        }
        Ok(())
    }
}
