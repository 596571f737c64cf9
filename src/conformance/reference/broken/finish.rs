//! Faults of FinishedMsg.

use spoolproof_sdk::wire::Folder;

use super::super::finish::copy_to_sentmail;
use super::super::message::{MSGFLAG_UNSENT, MessageId};
use super::super::provider::Reference;
use super::super::refusal::{Refusal, Served};
use super::super::store::delete;
use super::bend::Bend;
use super::call::{Scene, is_done};

impl Reference {
    pub(super) fn before_finish(&self, scene: &mut Scene) {
        if let (Some(Some(holder)), true) = (&scene.lock, scene.by_client())
            && self.fault("sleeper-client-finishes-locked")
        {
            scene.params.session = Some(holder.clone());
        }
        let is_own = |id: &MessageId| self.locks.get(id).is_some_and(|holder| holder.as_ref() == Some(&scene.session));
        let own: Vec<_> = scene.queue.iter().filter(|id| is_own(id)).collect();
        if let [first, _, ..] = own[..]
            && self.fault("sleeper-second-finish-hits-the-first")
        {
            scene.params.entry_id = Some(first.entry_id());
        }
    }

    pub(super) fn bend_finish(&self, scene: &Scene, bend: &mut impl FnMut(&str, bool, Bend)) {
        let Some(message) = &scene.message else { return };
        bend("sleeper-no-hooks-for-deleted", message.deletes_after_submit(), Bend::LeftOut("do_sent_mail"));
        bend("sleeper-superseded-ignored-for-several", message.recipients.len() > 1, Bend::NotSuperseded);
        bend("sleeper-later-finish-not-notified", scene.overtakes(), Bend::Silent(Some("deleted")));
        let oldest = scene.queue.iter().find(|id| **id != message.id);
        let entry_id = oldest.copied().unwrap_or(message.id).entry_id();
        bend("sleeper-finish-notifies-another", true, Bend::Names("deleted", entry_id));
    }

    pub(super) fn after_finish(&mut self, scene: &Scene, served: Served) -> Served {
        let Some(before) = &scene.message else { return served };
        let id = before.id;
        let failed = matches!(served, Err(Refusal::Returned(_)));
        if self.fault("hook-failure-deletes") && failed && scene.queued() && !scene.by_client() {
            self.store.commit(|transaction| delete(transaction, id))?;
        }
        if !is_done(&served) || !scene.queued() {
            return served;
        }
        let past = self.history.of(id);
        let (restarted, again, first) = (past.restarted, past.submitted > 1, past.first.clone());
        let keeps_row = self.fault("sleeper-finish-keeps-row-after-restart") && restarted;
        let keeps_unsent = self.fault("sleeper-unsent-kept-for-several") && before.recipients.len() > 1;
        let forgets_recipients = self.fault("finish-forgets-recipients");
        let is_old = self.fault("sleeper-sent-copy-is-old");
        self.alter(id, |message| {
            if keeps_row {
                message.queued = before.queued;
            }
            if keeps_unsent {
                message.flags |= MSGFLAG_UNSENT;
            }
            if forgets_recipients {
                message.recipients.clear();
            }
            if let (true, Some((Some(subject), _))) = (is_old, first) {
                message.props.insert("PR_SUBJECT".to_owned(), subject);
            }
        })?;
        if self.fault("sleeper-moved-is-deleted-after-resubmit") && again && before.has_sentmail() {
            self.store.commit(|transaction| delete(transaction, id))?;
        }
        if let Some(holder) = &scene.lock
            && self.fault("sleeper-preprocessed-stays-locked")
            && before.preprocess
        {
            self.locks.insert(id, holder.clone());
        }
        let others = self.store.all()?.into_iter().filter(|other| other.id != id && other.folder == Folder::Sentmail);
        if self.fault("sleeper-second-sent-copied-twice")
            && others.count() > 0
            && let Some(message) = self.store.message(id)?.filter(|message| message.folder == Folder::Sentmail)
        {
            self.store.commit(|transaction| copy_to_sentmail(transaction, &message))?;
        }
        served
    }
}
