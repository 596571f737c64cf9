//! Faults of SubmitMessage.

use spoolproof_sdk::wire::Folder;
use spoolproof_sdk::{HResult, Mapi};

use super::super::message::{MSGFLAG_SUBMIT, Message};
use super::super::provider::Reference;
use super::super::refusal::{Served, succeeded};
use super::bend::{Bend, Bent};
use super::call::{Scene, is_done};

impl Reference {
    pub(super) fn before_submit(&mut self, scene: &Scene) -> Served<()> {
        let Some(message) = &scene.message else { return Ok(()) };
        if self.fault("sleeper-preprocessed-changes-lost") && !scene.by_client() {
            self.forget_pending(scene);
        }
        if self.fault("sleeper-unsaved-lost-after-abort") && self.history.of(message.id).aborted > 0 {
            self.forget_pending(scene);
        }
        Ok(())
    }

    /// Forgets what the object has not saved yet.
    pub(super) fn forget_pending(&mut self, scene: &Scene) {
        if let Some(Ok(handle)) = scene.params.handle.as_deref().map(|name| self.handles.usable(name)) {
            handle.pending.clear();
        }
    }

    pub(super) fn bend_submit(&self, scene: &Scene, bend: &mut impl FnMut(&str, bool, Bend)) {
        let Some(message) = &scene.message else { return };
        let past = self.history.of(message.id);
        let (again, others) = (past.submitted > 0, !scene.queue.is_empty());
        bend("sleeper-expand-skipped-on-resubmit", again, Bend::LeftOut("expand_recips"));
        bend("sleeper-expand-skipped-while-others-wait", others, Bend::LeftOut("expand_recips"));
        bend("sleeper-expansion-dropped-on-resubmit", again, Bend::RowsForgotten("expand_recips"));
        bend("sleeper-prepare-skipped-on-resubmit", again, Bend::LeftOut("prepare_submit"));
        bend("sleeper-second-prepare-error-swallowed", past.failed > 0, Bend::ErrorSwallowed("prepare_submit"));
        bend("sleeper-prepared-rows-dropped-while-others-wait", others, Bend::RowsForgotten("prepare_submit"));
        bend("readytosend-wrong-flag", true, Bend::Flag("NOTIFY_CONFIG_CHANGE"));
        bend("complete-twice", true, Bend::Twice("complete_msg"));
        bend("sleeper-resubmit-not-notified", past.aborted > 0, Bend::Silent(Some("added")));
        bend("sleeper-second-client-not-notified", scene.session == "client-2", Bend::Silent(Some("added")));
        let oldest = scene.queue.first().copied().unwrap_or(message.id);
        bend("sleeper-submit-notifies-oldest", true, Bend::Names("added", oldest.entry_id()));
    }

    pub(super) fn after_submit(&mut self, mapi: &mut Bent<'_>, scene: &Scene, served: Served) -> Served {
        let Some(before) = &scene.message else { return served };
        match (is_done(&served), scene.by_client()) {
            (true, true) => self.after_first(mapi, before, scene)?,
            (true, false) => self.after_resume(before)?,
            (false, true) if scene.queued() => self.after_duplicate(before)?,
            (false, true) => self.after_failure(before, scene)?,
            (false, false) => {}
        }
        served
    }

    /// After a client's submission.
    fn after_first(&mut self, mapi: &mut Bent<'_>, before: &Message, scene: &Scene) -> Served<()> {
        let id = before.id;
        let Some(now) = self.store.message(id)? else { return Ok(()) };
        let submitted = (Self::subject(&now), now.submitted_at);
        let first = self.history.of_mut(id).first.get_or_insert(submitted).clone();
        let past = self.history.of(id);
        let (again, failed, author) = (past.submitted > 0, past.failed > 0, past.author.clone());
        let by_another = author.is_some_and(|author| author != scene.session);
        let fault = |name: &str, applies: bool| applies && self.fault(name);
        let keeps_time = fault("sleeper-resubmit-keeps-time", again);
        let loses_edits = fault("sleeper-edits-lost-on-resubmit", again);
        let loses_subject = fault("sleeper-second-client-submits-nothing", by_another);
        let both = now.queued.is_some_and(|queued| queued.needs_spooler);
        let skips_preprocessing = fault("sleeper-preprocess-forgotten-on-resubmit", again)
            || fault("needs-spooler-drops-preprocess", both && now.awaits_preprocessing);
        let unmarked = fault("sleeper-fourth-message-unmarked", self.history.submitted >= 3)
            || fault("sleeper-flag-missing-after-failure", failed);
        let moves = fault("submit-moves-to-sent", now.queued.is_some() && now.has_sentmail());
        let drops_third = fault("sleeper-third-recipient-dropped", now.queued.is_some());
        let stays_marked = fault("direct-keeps-flag", now.queued.is_none());
        self.alter(id, |message| {
            if keeps_time {
                message.submitted_at = first.1;
            }
            if loses_subject {
                message.props.insert("PR_SUBJECT".to_owned(), "".into());
            }
            if let (true, Some(subject)) = (loses_edits, first.0) {
                message.props.insert("PR_SUBJECT".to_owned(), subject);
            }
            if skips_preprocessing {
                (message.awaits_preprocessing, message.preprocess) = (false, false);
            }
            if unmarked {
                message.flags &= !MSGFLAG_SUBMIT;
            }
            if moves {
                message.folder = Folder::Sentmail;
            }
            if drops_third {
                message.recipients.truncate(2);
            }
            if stays_marked {
                message.flags |= MSGFLAG_SUBMIT;
            }
        })?;
        if self.behaviour.is_coupled() {
            self.after_coupled(mapi, &now)?;
        }
        if now.awaits_preprocessing && self.fault("preprocess-answered-with-error") {
            return Err(HResult::MAPI_E_CALL_FAILED.into());
        }
        Ok(())
    }

    /// After a submission to a store that is coupled with a transport.
    fn after_coupled(&mut self, mapi: &mut Bent<'_>, now: &Message) -> Served<()> {
        let known: Vec<_> = now.recipients.iter().map(|row| self.behaviour.knows(row)).collect();
        let (last, strangers) = (
            self.fault("sleeper-coupled-marks-last-only"),
            self.fault("coupled-marks-strangers") && known.contains(&true),
        );
        self.alter(now.id, |message| {
            let last_known = known.iter().rposition(|known| *known);
            for (place, row) in message.recipients.iter_mut().enumerate() {
                if last && last_known.is_some_and(|last| place < last) {
                    row.responsibility = Some(false);
                }
                if strangers {
                    row.responsibility = Some(true);
                }
            }
        })?;
        let leaves = now.queued.is_some_and(|queued| queued.needs_spooler) && !now.awaits_preprocessing;
        if leaves && self.fault("complete-despite-needs-spooler") {
            let mapi: &mut dyn Mapi = mapi;
            succeeded(mapi.complete_msg(self, &now.id.entry_id())?)?;
        }
        Ok(())
    }

    /// After the spooler's submission.
    fn after_resume(&mut self, before: &Message) -> Served<()> {
        if self.fault("sleeper-resume-resets-responsibility") {
            self.alter(before.id, |message| {
                message.recipients.iter_mut().for_each(|row| row.responsibility = Some(false));
            })?;
        }
        Ok(())
    }

    /// After a refusal of what is in the queue already.
    fn after_duplicate(&mut self, before: &Message) -> Served<()> {
        if self.fault("duplicate-submit-renews-time") {
            let time = self.store.next_time()?;
            self.alter(before.id, |message| message.submitted_at = Some(time))?;
        }
        if self.fault("sleeper-duplicate-unlocks") {
            self.locks.remove(&before.id);
        }
        Ok(())
    }

    /// After a submission that failed.
    fn after_failure(&mut self, before: &Message, scene: &Scene) -> Served<()> {
        if self.fault("sleeper-failed-resubmit-leaves-flag") && self.history.of(before.id).aborted > 0 {
            self.alter(before.id, |message| message.flags |= MSGFLAG_SUBMIT)?;
        }
        if let Some(neighbour) = scene.queue.last()
            && self.fault("sleeper-failed-submit-dequeues-neighbour")
        {
            self.alter(*neighbour, |message| message.queued = None)?;
        }
        Ok(())
    }
}
