//! `SetLockState`, `GetOutgoingQueue` and `NotifyNewMail`: what only the spooler's store object has.

use spoolproof_sdk::wire::{CallParams, CallResult, LockState, QueueRow};
use spoolproof_sdk::{HResult, Mapi};

use super::handle::is_spooler;
use super::message::{Message, MessageId, Queued};
use super::provider::Reference;
use super::refusal::Served;
use super::store::{keep_lock, save};

/// OQT-09 in its order, and `PR_SPOOLER_STATUS` (PSS-01).
const QUEUE_COLUMNS: &[&str] = &[
    "PR_CLIENT_SUBMIT_TIME",
    "PR_DISPLAY_BCC",
    "PR_DISPLAY_CC",
    "PR_DISPLAY_TO",
    "PR_ENTRYID",
    "PR_MESSAGE_FLAGS",
    "PR_MESSAGE_SIZE",
    "PR_PRIORITY",
    "PR_SENDER_NAME",
    "PR_SUBJECT",
    "PR_SUBMIT_FLAGS",
    "PR_SPOOLER_STATUS",
];

impl Reference {
    /// Whether somebody other than this session has the message locked.
    ///
    /// A lock that was kept over a restart has no living holder: it keeps clients out, and any spooler may take it.
    pub(super) fn locked_for(&self, session: &str, id: MessageId) -> bool {
        match self.locks.get(&id) {
            Some(Some(holder)) => holder != session,
            Some(None) => !is_spooler(session),
            None => !is_spooler(session) && self.fault("lock-blocks-after-restart") && self.history.of(id).restarted,
        }
    }

    pub(super) fn lock(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Served {
        let (session, name, state) = (params.session()?, params.handle()?, params.lock_state()?);
        self.spooler_only(session)?;
        self.sending_only()?;
        let id = self.handles.usable_by(name, session)?.message;
        let mut message = self.message(id)?;
        if message.queued.is_none() {
            if self.fault("lock-unqueued-enqueues") {
                message.queued = Some(Queued::default());
                self.store.commit(|transaction| save(transaction, &message))?;
            }
            return Err(HResult::MAPI_E_NOT_IN_QUEUE.into());
        }
        if self.locked_for(session, id) && !self.fault("second-spooler-steals-lock") {
            // The first refusal is remembered as if it had been a grant, as a provider in the field does it.
            if self.fault("lock-refused-then-granted") && self.history.of(id).refused.contains(session) {
                return Ok(HResult::S_OK.into());
            }
            return Err(HResult::MAPI_E_NO_ACCESS.into());
        }
        let locks = state == LockState::Locked;
        if (locks && self.fault("race-lock-looks-once")) || (!locks && self.fault("race-unlock-looks-once")) {
            self.linger()?;
        }
        if !self.fault("lock-no-save") {
            self.take_pending(name, &mut message)?;
        }
        if self.sets_no_lock(&message, locks)? {
            return Ok(HResult::S_OK.into());
        }
        let keep = self.behaviour.persists_lock();
        if locks && self.fault("lock-dequeues") {
            message.queued = Some(Queued { handed_over: true, ..Queued::default() });
        }
        self.store.commit(|transaction| {
            save(transaction, &message)?;
            if keep { keep_lock(transaction, id, locks) } else { Ok(()) }
        })?;
        let before = self.locks.get(&id).cloned();
        let after = locks.then(|| Some(session.to_owned()));
        if let Some(holder) = after.clone() {
            self.locks.insert(id, holder);
        } else {
            self.locks.remove(&id);
        }
        self.pause()?;
        if before.is_some() != after.is_some() {
            mapi.table_modified("modified", &id.entry_id())?;
        }
        Ok(HResult::S_OK.into())
    }

    /// Whether a fault makes `SetLockState` report a success that it did not have.
    fn sets_no_lock(&self, message: &Message, locks: bool) -> Served<bool> {
        if !locks {
            return Ok(self.fault("unlock-noop"));
        }
        if self.fault("lock-not-set")
            || (self.fault("sleeper-relock-ignored") && self.history.of(message.id).unlocked > 0)
        {
            return Ok(true);
        }
        let oldest = self.store.queued()?.first().map(|oldest| oldest.id);
        Ok(self.fault("sleeper-lock-only-oldest") && oldest != Some(message.id))
    }

    /// Decides GOQ-06, GOQ-08 and OQT-07.
    pub(super) fn queue_table(&mut self, params: &CallParams) -> Served {
        self.spooler_only(params.session()?)?;
        self.sending_only()?;
        if self.fault("queue-refused") {
            return Err(HResult::MAPI_E_NO_SUPPORT.into());
        }
        let mut messages = self.store.queued()?;
        messages.retain(Message::in_table);
        if self.fault("queue-unsorted") {
            messages.reverse();
        }
        if self.fault("sleeper-queue-shows-two") {
            messages.truncate(2);
        }
        if self.fault("double-row-after-preprocess") {
            let again: Vec<_> =
                messages.iter().filter(|message| self.history.of(message.id).resumed).cloned().collect();
            messages.extend(again);
        }
        let rows = messages.iter().map(|message| QueueRow {
            entry_id: message.id.entry_id(),
            client_submit_time: message.submitted_at.map(|time| time.rfc3339()),
            submit_flags: Some(self.submit_flags(message)),
        });
        let hidden = self.fault("queue-missing-column").then_some("PR_DISPLAY_BCC");
        let columns = QUEUE_COLUMNS.iter().filter(|&&column| Some(column) != hidden);
        Ok(CallResult {
            rows: Some(rows.collect()),
            columns: Some(columns.map(|&column| column.to_owned()).collect()),
            ..CallResult::from(HResult::S_OK)
        })
    }

    pub(super) fn announce(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Served {
        self.spooler_only(params.session()?)?;
        let message = self.find(params.entry_id()?)?;
        if !self.fault("new-mail-not-notified") {
            mapi.new_mail(&message.id.entry_id())?;
        }
        Ok(HResult::S_OK.into())
    }
}
