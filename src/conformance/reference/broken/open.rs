//! Faults of opening and of writing.

use serde_json::Value;
use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::Access;

use super::super::handle::is_spooler;
use super::super::message::{MSGFLAG_UNSENT, Message};
use super::super::open::Asked;
use super::super::provider::Reference;
use super::super::refusal::Served;
use super::call::{Scene, done, is_done, returned};

impl Reference {
    /// The access that some fault gives to a client; `None` if the store decides.
    pub(in super::super) fn broken_access(&self, session: &str, message: &Message, asked: Asked) -> Option<Access> {
        if is_spooler(session) {
            let less = self.fault("spooler-opens-read-only") && message.queued.is_some();
            return less.then_some(Access::Read);
        }
        let past = self.history.of(message.id);
        let holder = self.locks.get(&message.id);
        let waits = message.queued.is_some() && holder.is_none();
        let writes = (self.fault("sleeper-best-access-writes-after-restart")
            && self.history.restarts > 0
            && waits
            && asked == Asked::BestAccess)
            || (self.fault("sleeper-modify-opens-after-unlock")
                && past.unlocked > 0
                && waits
                && asked == Asked::Modify)
            || (self.fault("sleeper-submitter-opens-for-writing")
                && past.submitter.as_deref() == Some(session)
                && waits
                && asked != Asked::Read);
        if writes {
            return Some(Access::ReadWrite);
        }
        let reads = (self.fault("sleeper-locked-opens-beside-another-lock")
            && holder.is_some()
            && self.locks.len() > 1
            && asked == Asked::Read)
            || (self.fault("sleeper-second-spoolers-lock-opens")
                && holder.is_some_and(|holder| holder.as_deref() == Some("spooler-2"))
                && asked != Asked::Modify)
            || (self.fault("sleeper-draft-read-only-after-abort")
                && past.aborted > 0
                && message.queued.is_none()
                && message.flags & MSGFLAG_UNSENT != 0
                && asked == Asked::BestAccess);
        reads.then_some(Access::Read)
    }

    pub(super) fn after_open(&mut self, scene: &Scene, served: Served) -> Served {
        let modifies = scene.params.flags.iter().flatten().any(|flag| flag == "MAPI_MODIFY");
        if let Some(id) = scene.id()
            && self.fault("sleeper-refused-open-unlocks")
            && modifies
            && scene.by_client()
            && returned(&served, HResult::MAPI_E_NO_ACCESS)
        {
            self.locks.remove(&id);
        }
        let is_draft = scene.message.as_ref().is_some_and(|message| message.submitted_at.is_none());
        if self.fault("open-draft-refused") && is_draft && scene.by_client() {
            return Err(HResult::MAPI_E_NO_ACCESS.into());
        }
        served
    }

    /// What a refused write leaves behind.
    pub(super) fn after_write(&mut self, scene: &Scene, served: Served) -> Served {
        if self.fault("write-to-deleted-succeeds") && returned(&served, HResult::MAPI_E_OBJECT_DELETED) {
            return done();
        }
        if self.fault("draft-write-refused") && is_done(&served) && scene.by_client() {
            return Err(HResult::MAPI_E_NO_ACCESS.into());
        }
        let (Some(id), true) = (scene.id(), scene.queued() && !is_done(&served)) else { return served };
        let subject = scene
            .params
            .props
            .as_ref()
            .and_then(|props| props.get("PR_SUBJECT"))
            .filter(|_| self.fault("refused-write-sticks"));
        if let Some(subject) = subject {
            self.alter(id, |message| _ = message.props.insert("PR_SUBJECT".to_owned(), subject.clone()))?;
        }
        served
    }

    pub(super) fn before_responsibility(&self, scene: &mut Scene) {
        let rows = scene.message.iter().flat_map(|message| &message.recipients);
        let first = rows.map(|row| row.address.clone()).next();
        if self.fault("sleeper-responsibility-of-the-first") && first.is_some() {
            scene.params.recipient = first;
        }
    }

    /// The subject of a message, if it has one.
    pub(super) fn subject(message: &Message) -> Option<Value> {
        message.props.get("PR_SUBJECT").cloned()
    }
}
