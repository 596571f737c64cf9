//! A call of a broken store: what is done before it, what MAPI hears of it, and what is done after it.

use spoolproof_sdk::wire::{CallParams, CallResult, LockState};
use spoolproof_sdk::{Answer, HResult, Mapi};

use super::super::handle::is_spooler;
use super::super::message::{Message, MessageId};
use super::super::provider::Reference;
use super::super::refusal::{Refusal, Served, settle};
use super::super::store::save;
use super::bend::{Bend, Bent};

/// How the store serves a method.
pub(in super::super) type Act = fn(&mut Reference, &mut dyn Mapi, &CallParams) -> Served;

/// A call as it begins.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) method: &'static str,
    /// Who calls, or whose object it is; empty where neither is said.
    pub(super) session: String,
    pub(super) params: CallParams,
    /// The message that it is about, as it is before the call.
    pub(super) message: Option<Message>,
    /// Who has it locked: a session, or nobody that still lives.
    pub(super) lock: Option<Option<String>>,
    /// What is in the queue, the oldest first.
    pub(super) queue: Vec<MessageId>,
}

impl Scene {
    pub(super) fn id(&self) -> Option<MessageId> {
        self.message.as_ref().map(|message| message.id)
    }

    pub(super) fn by_client(&self) -> bool {
        !self.session.is_empty() && !is_spooler(&self.session)
    }

    /// Whether the message was in the queue.
    pub(super) fn queued(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.queued.is_some())
    }

    pub(super) fn locks(&self) -> bool {
        self.params.lock_state == Some(LockState::Locked)
    }

    pub(super) fn unlocks(&self) -> bool {
        self.params.lock_state == Some(LockState::Unlocked)
    }

    /// Whether an older message was in the queue.
    pub(super) fn overtakes(&self) -> bool {
        self.queue.first().is_some_and(|oldest| Some(*oldest) != self.id())
    }
}

/// Whether the call did what it was asked for.
pub(super) fn is_done(served: &Served) -> bool {
    served.as_ref().is_ok_and(|result| result.hresult.is_some_and(HResult::is_success))
}

/// Whether the call returned this.
pub(super) fn returned(served: &Served, code: HResult) -> bool {
    matches!(served, Err(Refusal::Returned(returned)) if *returned == code)
}

/// A plain success.
pub(super) fn done() -> Served {
    Ok(CallResult::from(HResult::S_OK))
}

impl Reference {
    /// Serves a call, with whatever the faults make of it.
    pub(in super::super) fn serve(
        &mut self,
        mapi: &mut dyn Mapi,
        method: &'static str,
        params: &CallParams,
        act: Act,
    ) -> Answer {
        if !self.is_broken() {
            return settle(act(self, mapi, params));
        }
        let mut scene = self.scene(method, params)?;
        let served = self.serve_broken(mapi, &mut scene, act);
        self.remember(&scene, &served);
        settle(served)
    }

    fn serve_broken(&mut self, mapi: &mut dyn Mapi, scene: &mut Scene, act: Act) -> Served {
        match scene.method {
            "abort_submit" => self.before_abort(scene),
            "finished_msg" => self.before_finish(scene),
            "set_lock_state" => self.before_lock(scene),
            "set_responsibility" => self.before_responsibility(scene),
            "submit_message" => self.before_submit(scene)?,
            _ => {}
        }
        let mut mapi = Bent::new(mapi, self.bends(scene));
        let params = scene.params.clone();
        let served = act(self, &mut mapi, &params);
        match scene.method {
            "abort_submit" => self.after_abort(scene, served),
            "finished_msg" => self.after_finish(scene, served),
            "get_outgoing_queue" => self.after_queue(scene, served),
            "open_entry" => self.after_open(scene, served),
            "release" => self.after_release(scene, served),
            "set_lock_state" => self.after_lock(scene, served),
            "set_props" | "set_responsibility" => self.after_write(scene, served),
            "submit_message" => self.after_submit(&mut mapi, scene, served),
            _ => served,
        }
    }

    fn bends(&self, scene: &Scene) -> Vec<Bend> {
        let mut bends = Vec::new();
        let mut bend = |name: &str, applies: bool, bend: Bend| {
            if applies && self.fault(name) {
                bends.push(bend);
            }
        };
        bend("sleeper-silent-after-restart", self.history.restarts > 0, Bend::Silent(None));
        match scene.method {
            "abort_submit" => {
                bend("abort-notified-as-modified", true, Bend::Renamed("deleted", "modified"));
            }
            "finished_msg" => self.bend_finish(scene, &mut bend),
            "notify_new_mail" => {
                let newest = self.store.newest().ok().flatten().map(MessageId::entry_id).unwrap_or_default();
                bend("sleeper-new-mail-names-newest", true, Bend::Names("new_mail", newest));
                bend("sleeper-new-mail-lost-under-lock", !self.locks.is_empty(), Bend::Silent(Some("new_mail")));
            }
            "submit_message" => self.bend_submit(scene, &mut bend),
            _ => {}
        }
        bends
    }

    fn scene(&self, method: &'static str, params: &CallParams) -> Result<Scene, spoolproof_sdk::CallError> {
        let handle = params.handle.as_deref().and_then(|name| self.handles.peek(name));
        let id = handle.map(|handle| handle.message).or_else(|| MessageId::parse(params.entry_id.as_deref()?));
        let message = id.map(|id| self.store.message(id)).transpose()?.flatten();
        Ok(Scene {
            method,
            session: params
                .session
                .as_ref()
                .or_else(|| handle.map(|handle| &handle.session))
                .cloned()
                .unwrap_or_default(),
            params: params.clone(),
            lock: message.as_ref().and_then(|message| self.locks.get(&message.id).cloned()),
            message,
            queue: self.store.queued()?.into_iter().map(|message| message.id).collect(),
        })
    }

    /// Notes what happened, for the faults that wait for it.
    fn remember(&mut self, scene: &Scene, served: &Served) {
        if let ("create_message", Ok(CallResult { entry_id: Some(entry_id), .. })) = (scene.method, served)
            && let Some(id) = MessageId::parse(entry_id)
        {
            self.history.of_mut(id).author = Some(scene.session.clone());
        }
        let Some(message) = &scene.message else { return };
        let (client, done) = (scene.by_client(), is_done(served));
        let counts = &mut self.history;
        match (scene.method, done) {
            ("submit_message", true) if client => counts.submitted += 1,
            ("finished_msg", true) => counts.finished += 1,
            _ => {}
        }
        let past = counts.of_mut(message.id);
        match (scene.method, done) {
            ("abort_submit", true) => past.aborted += 1,
            ("abort_submit", false) if scene.lock.is_some() => past.kept += 1,
            ("set_lock_state", true) if scene.unlocks() => past.unlocked += 1,
            ("set_lock_state", false) => _ = past.refused.insert(scene.session.clone()),
            ("submit_message", true) if client => {
                past.submitted += 1;
                past.submitter = Some(scene.session.clone());
            }
            ("submit_message", true) => past.resumed = true,
            ("submit_message", false) if client => past.failed += 1,
            _ => {}
        }
    }

    /// Changes a message that is there, and writes it down.
    pub(super) fn alter(&mut self, id: MessageId, change: impl FnOnce(&mut Message)) -> Served<()> {
        if let Some(mut message) = self.store.message(id)? {
            change(&mut message);
            self.store.commit(|transaction| save(transaction, &message))?;
        }
        Ok(())
    }
}
