//! Faults of SetLockState, and of the release of the object that locked.

use super::super::message::Message;
use super::super::provider::Reference;
use super::super::refusal::Served;
use super::call::{Scene, is_done};

impl Reference {
    pub(super) fn before_lock(&mut self, scene: &Scene) {
        let Some(id) = scene.id() else { return };
        if self.fault("unlock-no-save") && scene.unlocks() {
            self.forget_pending(scene);
        }
        if self.fault("sleeper-any-spooler-unlocks") && scene.unlocks() && scene.lock.is_some() {
            self.locks.insert(id, Some(scene.session.clone()));
        }
    }

    pub(super) fn after_lock(&mut self, scene: &Scene, served: Served) -> Served {
        let (Some(message), true) = (&scene.message, is_done(&served)) else { return served };
        let id = message.id;
        if scene.locks() {
            if self.fault("sleeper-one-lock-only") {
                self.locks.retain(|other, _| *other == id);
            }
            let handle = scene.params.handle.as_deref().unwrap_or_default();
            if self.fault("sleeper-read-only-handle-locks-nothing") && !self.handles.usable(handle)?.writable {
                self.locks.remove(&id);
            }
            if self.fault("lock-clears-preprocess") {
                self.alter(id, |message| message.awaits_preprocessing = false)?;
            }
            if self.fault("lock-renews-time") {
                let time = self.store.next_time()?;
                self.alter(id, |message| message.submitted_at = Some(time))?;
            }
            if self.fault("sleeper-lock-saves-for-clients") {
                let pending = self.handles.take_all_pending(id);
                self.alter(id, |message| message.props.extend(pending))?;
            }
            return served;
        }
        if self.fault("sleeper-unlock-resets-responsibility") {
            self.alter(id, |message| {
                message.recipients.iter_mut().for_each(|row| row.responsibility = Some(false));
            })?;
        }
        if self.fault("sleeper-unlock-dequeues-when-all-have-it") && all_have_it(message) {
            self.alter(id, |message| message.queued = None)?;
        }
        served
    }

    pub(super) fn after_release(&mut self, scene: &Scene, served: Served) -> Served {
        if let (Some(id), true) = (scene.id(), self.fault("release-unlocks"))
            && scene.lock.as_ref().is_some_and(|holder| holder.as_ref() == Some(&scene.session))
        {
            self.locks.remove(&id);
        }
        served
    }
}

fn all_have_it(message: &Message) -> bool {
    message.recipients.iter().all(|row| row.responsibility == Some(true))
}
