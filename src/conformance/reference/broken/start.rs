//! What a store that starts anew makes of what it finds.

use super::super::message::{MSGFLAG_SUBMIT, MSGFLAG_UNSENT, Message, Queued};
use super::super::provider::Reference;
use super::super::refusal::Served;

impl Reference {
    /// Breaks what was there when the store stopped.
    pub(in super::super) fn break_start(&mut self, crashed: bool) -> Served<()> {
        if !self.is_broken() {
            return Ok(());
        }
        let restarts = self.history.restarts;
        for (place, message) in self.store.queued()?.into_iter().enumerate() {
            let lost = (self.fault("sleeper-second-restart-loses-queue") && restarts > 1)
                || (self.fault("sleeper-crash-loses-all-but-oldest") && crashed && place > 0)
                || (self.fault("sleeper-completing-lost-on-crash")
                    && crashed
                    && message.queued.is_some_and(|queued| queued.handed_over));
            let (unmarked, ready) = (
                self.fault("sleeper-crash-clears-submit-flag") && crashed,
                self.fault("sleeper-preprocess-lost-on-crash") && crashed,
            );
            self.alter(message.id, |message| {
                if lost {
                    message.leave_queue();
                }
                if unmarked {
                    message.flags &= !MSGFLAG_SUBMIT;
                }
                message.awaits_preprocessing &= !ready;
            })?;
        }
        let forgets = self.fault("sleeper-clean-stop-forgets-responsibility") && !crashed && restarts > 0;
        for message in self.store.all()? {
            if forgets {
                self.alter(message.id, |message| {
                    message.recipients.iter_mut().for_each(|row| row.responsibility = Some(false));
                })?;
            }
            let left = restarts > 0 && message.queued.is_none() && message.submitted_at.is_some();
            let is_draft = message.flags & MSGFLAG_UNSENT != 0;
            if left
                && ((self.fault("sleeper-aborted-queued-by-restart") && is_draft)
                    || (self.fault("sleeper-direct-queued-by-crash") && crashed && !is_draft))
            {
                self.alter(message.id, requeue)?;
            }
        }
        Ok(())
    }
}

fn requeue(message: &mut Message) {
    message.queued = Some(Queued::default());
    message.flags |= MSGFLAG_SUBMIT | MSGFLAG_UNSENT;
}
