//! The store as the adapter protocol sees it: its state, and one line for each method.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use spoolproof_sdk::wire::{
    CallParams, InitializeResult, NOTIFICATIONS, Observation, RestartKind, STORE_METHODS, SUPPORT_METHODS,
};
use spoolproof_sdk::{Answer, CallError, HResult, Mapi, Provider};

use super::fault::Faults;
use super::faults::FAULTS;
use super::handle::{Handles, is_spooler};
use super::history::History;
use super::interleave::{Schedule, Turn};
use super::message::{Message, MessageId};
use super::profile::Behaviour;
use super::refusal::{Refusal, Served, settle};
use super::serve::ReferenceError;
use super::store::{Store, delete, keep_filing, save};

/// A message store provider that follows the default reading of every rule, unless a fault is put into it.
///
/// What must last lies in the database: messages, recipients, the queue, and locks if the profile says so. Sessions,
/// open objects and other locks live here, and end with the process.
#[derive(Debug)]
pub struct Reference {
    pub(super) store: Store,
    pub(super) behaviour: Behaviour,
    pub(super) handles: Handles,
    /// Who holds the lock of a message: a session, or nobody that still lives.
    pub(super) locks: BTreeMap<MessageId, Option<String>>,
    /// The sessions that have sent `NOTIFY_READYTOSEND`.
    pub(super) ready: BTreeSet<String>,
    pub(super) history: History,
    faults: Faults,
    /// The writes that are made one after the other, by their name.
    pub(super) torn: Option<&'static str>,
    /// How calls that overlap take turns.
    pub(super) schedule: Schedule,
    /// What the call has that runs, if it is one of several that overlap.
    pub(super) turn: Option<Turn>,
}

impl Reference {
    /// Opens the store in `db`, or an empty one in memory, with the faults named.
    ///
    /// # Errors
    ///
    /// When a fault is unknown or the database cannot be opened.
    pub fn open<'a>(db: Option<&Path>, faults: impl IntoIterator<Item = &'a str>) -> Result<Self, ReferenceError> {
        let faults = Faults::parse(FAULTS, faults).map_err(ReferenceError::unknown_fault)?;
        let mut reference = Self::over(Store::open(db).map_err(ReferenceError::store)?, faults);
        reference.start().map_err(|error| ReferenceError::start(&error))?;
        Ok(reference)
    }

    fn over(store: Store, faults: Faults) -> Self {
        Self {
            store,
            behaviour: Behaviour::default(),
            handles: Handles::default(),
            locks: BTreeMap::new(),
            ready: BTreeSet::new(),
            history: History::default(),
            faults,
            torn: None,
            schedule: Schedule::default(),
            turn: None,
        }
    }

    /// What stands in a call's place for the store while another call has it.
    pub(super) fn vacant() -> Result<Self, CallError> {
        Ok(Self::over(Store::vacant()?, Faults::default()))
    }

    /// The same, in which calls that overlap take turns as the digits of `number` say. Without it each has its turn.
    #[must_use]
    pub fn scheduled(mut self, number: u64) -> Self {
        self.schedule = Schedule::Numbered(number);
        self
    }

    /// What a process does when it starts: nobody is logged on, and the database says the rest.
    fn start(&mut self) -> Result<(), CallError> {
        self.store.kill_after(None);
        let started: u64 = self.store.meta("generation")?.and_then(|text| text.parse().ok()).unwrap_or(0);
        let crashed = started > 0 && self.store.meta("stopped_clean")?.is_none_or(|clean| clean != "yes");
        self.store.set_meta("generation", &(started + 1).to_string())?;
        self.store.set_meta("stopped_clean", "no")?;
        self.handles = Handles::of_generation(started + 1);
        self.ready.clear();
        self.locks.clear();
        let restarts = self.store.meta("restarts")?.and_then(|text| text.parse().ok()).unwrap_or(0);
        self.history = History::after(if started > 0 { restarts + 1 } else { 0 });
        self.store.set_meta("restarts", &self.history.restarts.to_string())?;
        self.behaviour =
            match self.store.meta("profile")? {
                Some(text) => Behaviour::with(serde_json::from_str(&text).map_err(|error| {
                    CallError::Failed(format!("the profile in the database cannot be read: {error}"))
                })?)?,
                None => Behaviour::default(),
            };
        if self.behaviour.persists_lock() {
            self.locks = self.store.locks()?.into_iter().map(|id| (id, None)).collect();
        }
        for id in self.store.filing()? {
            if let Some(message) = self.store.message(id)? {
                self.file_away(&message).map_err(Refusal::into_error)?;
            }
            self.store.commit(|transaction| keep_filing(transaction, id, false))?;
        }
        self.break_start(crashed).map_err(Refusal::into_error)?;
        for mut message in self.store.queued()? {
            self.history.of_mut(message.id).restarted = true;
            if crashed && self.fault("queue-lost-on-crash") {
                message.leave_queue();
            }
            // The spooler may not have come to postprocessing: it must be able to find the message again.
            if let Some(queued) = &mut message.queued {
                queued.handed_over = false;
            }
            let lost = crashed && self.fault("message-lost-on-crash");
            self.store.commit(
                |transaction| {
                    if lost { delete(transaction, message.id) } else { save(transaction, &message) }
                },
            )?;
        }
        Ok(())
    }

    /// Whether any fault was put in.
    pub(super) fn is_broken(&self) -> bool {
        !self.faults.is_empty()
    }

    /// Whether this fault was put in.
    pub(super) fn fault(&self, name: &str) -> bool {
        self.faults.has(name)
    }

    /// The message behind an entry id that need not exist.
    pub(super) fn find(&self, entry_id: &str) -> Served<Message> {
        let found = match MessageId::parse(entry_id) {
            Some(id) => self.store.message(id)?,
            None => None,
        };
        found.ok_or_else(|| HResult::MAPI_E_NOT_FOUND.into())
    }

    /// The message of an open object; it may have been deleted since.
    pub(super) fn message(&self, id: MessageId) -> Served<Message> {
        self.store.message(id)?.ok_or_else(|| HResult::MAPI_E_OBJECT_DELETED.into())
    }

    /// Refuses a method that only a spooler's store object has (FIN-03).
    pub(super) fn spooler_only(&self, session: &str) -> Served<()> {
        if is_spooler(session) { Ok(()) } else { Err(HResult::MAPI_E_NO_SUPPORT.into()) }
    }

    /// Refuses what a store without outgoing submission does not have (SEED1-01, OQT-02).
    pub(super) fn sending_only(&self) -> Served<()> {
        if self.behaviour.sends() { Ok(()) } else { Err(HResult::MAPI_E_NO_SUPPORT.into()) }
    }

    fn reset_store(&mut self, params: &CallParams) -> Served {
        let behaviour = Behaviour::with(params.profile.clone().unwrap_or_default())?;
        let text = serde_json::to_string(behaviour.profile()).map_err(|error| CallError::Failed(error.to_string()))?;
        self.store.clear()?;
        self.store.set_meta("profile", &text)?;
        self.behaviour = behaviour;
        self.handles.clear();
        self.locks.clear();
        self.ready.clear();
        self.history = History::default();
        Ok(HResult::S_OK.into())
    }

    /// Stops in good order, so that the next start knows it was no crash.
    fn stop(&mut self) -> Result<(), CallError> {
        Ok(self.store.set_meta("stopped_clean", "yes")?)
    }

    /// Starts anew on the same database. Over the process protocol the supervisor does this with a real process.
    fn restart_in_place(&mut self, params: &CallParams) -> Served {
        if params.kind()? == RestartKind::Clean {
            self.stop()?;
        }
        self.start()?;
        Ok(HResult::S_OK.into())
    }
}

impl Provider for Reference {
    fn initialize(&mut self, _params: &CallParams) -> Result<InitializeResult, CallError> {
        let mut result = InitializeResult::store("spoolproof-reference", env!("CARGO_PKG_VERSION"))
            .serving(STORE_METHODS)
            .serving(SUPPORT_METHODS)
            .serving(NOTIFICATIONS)
            .concurrent();
        result.profile = self.behaviour.profile().clone();
        Ok(result)
    }

    fn together(&mut self, mapi: &mut dyn Mapi, calls: &[(String, CallParams)]) -> Option<Vec<(usize, Answer)>> {
        // What was not answered by then is answered with a failure of the adapter.
        Some(self.interleave(mapi, calls).unwrap_or_default())
    }

    fn reset(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        settle(self.reset_store(params))
    }

    fn create_message(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.serve(mapi, "create_message", params, |store, _, params| store.create(params))
    }

    fn open_entry(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.serve(mapi, "open_entry", params, |store, _, params| store.open_message(params))
    }

    fn release(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.serve(mapi, "release", params, |store, _, params| {
            store.handles.remove(params.handle()?)?;
            Ok(HResult::S_OK.into())
        })
    }

    fn set_props(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.serve(mapi, "set_props", params, |store, _, params| store.write_props(params))
    }

    fn submit_message(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.serve(mapi, "submit_message", params, Self::submit)
    }

    fn abort_submit(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.serve(mapi, "abort_submit", params, Self::abort)
    }

    fn set_lock_state(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.serve(mapi, "set_lock_state", params, Self::lock)
    }

    fn get_props(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        settle(self.read_props(params))
    }

    fn get_outgoing_queue(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.serve(mapi, "get_outgoing_queue", params, |store, _, params| store.queue_table(params))
    }

    fn set_responsibility(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.serve(mapi, "set_responsibility", params, |store, _, params| store.write_responsibility(params))
    }

    fn finished_msg(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.serve(mapi, "finished_msg", params, Self::finish)
    }

    fn notify_new_mail(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.serve(mapi, "notify_new_mail", params, Self::announce)
    }

    fn observe(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Result<Observation, CallError> {
        self.show(params)
    }

    fn restart(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        settle(self.restart_in_place(params))
    }

    fn shutdown(&mut self, _mapi: &mut dyn Mapi, _params: &CallParams) -> Answer {
        self.stop()?;
        Ok(HResult::S_OK.into())
    }
}
