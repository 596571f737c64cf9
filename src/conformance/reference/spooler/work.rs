//! The spooler at work: from the queue to the end of a message, or until it has to wait.

use std::collections::{BTreeMap, BTreeSet};

use spoolproof_sdk::wire::{CallParams, CallResult, InitializeResult, LockState, QueueRow, Recipient, SPOOLER_METHODS};
use spoolproof_sdk::{Answer, CallError, HResult, Mapi, Provider};

use super::super::fault::Faults;
use super::faults::SPOOLER_FAULTS;
use super::registry::Registry;

/// A pass over the queue may lead to another, but not for ever.
const PASSES: usize = 100;

/// What a message waits for that waits for no transport.
const ANY_NEWS: usize = usize::MAX;

/// A spooler that does what the pages say, unless a fault is put into it.
#[derive(Debug, Default)]
pub struct Spooler {
    pub(super) registry: Registry,
    faults: Faults,
    /// What it remembers of messages on their way.
    pub(super) errands: BTreeMap<String, Errand>,
    /// Whether it has looked at the queue since it started.
    has_looked: bool,
    /// What happened since it started; only faults ask for it.
    pub(super) past: Past,
}

/// What happened since the spooler started.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// How often it was woken.
    wakes: u32,
    /// How many messages it finished.
    finished: u32,
    /// Messages that were locked when it first looked: another process has died over them.
    inherited: BTreeSet<String>,
    /// How often it took a message up.
    taken: BTreeMap<String, u32>,
    /// How often a message was deferred, and how often a transport was busy with it.
    pub(super) put_off: BTreeMap<(String, HResult), u32>,
}

impl Past {
    /// Whether another process has died over this message.
    pub(super) fn has_inherited(&self, entry_id: &str) -> bool {
        self.inherited.contains(entry_id)
    }

    /// Whether the message was taken up before, and put back.
    pub(super) fn has_put_back(&self, entry_id: &str) -> bool {
        self.taken.get(entry_id).is_some_and(|times| *times > 1)
    }

    /// Counts that the message was put off for this reason, and says whether that happened before.
    pub(super) fn puts_off_again(&mut self, entry_id: &str, reason: HResult) -> bool {
        let times = self.put_off.entry((entry_id.to_owned(), reason)).or_default();
        *times += 1;
        *times > 1
    }
}

/// What it remembers of a message.
#[derive(Clone, Debug, Default)]
pub(super) struct Errand {
    /// Transports that it waits for.
    pub(super) waits: BTreeSet<usize>,
    /// Transports that keep the message for later.
    pub(super) deferred: BTreeSet<usize>,
    /// Transports that have announced that they want it now.
    pub(super) announced: BTreeSet<usize>,
    /// The transports that its recipients need.
    needs: BTreeSet<usize>,
}

/// A message that is open and locked.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) entry_id: String,
    pub(super) handle: String,
    /// The recipients; who is seen to has PR_RESPONSIBILITY.
    pub(super) rows: Vec<Recipient>,
}

impl Spooler {
    /// One that has just started, with the faults named.
    ///
    /// # Errors
    ///
    /// The first name that is no fault.
    pub fn new(faults: &[String]) -> Result<Self, String> {
        let faults = Faults::parse(SPOOLER_FAULTS, faults.iter().map(String::as_str)).map_err(str::to_owned)?;
        Ok(Self { faults, ..Self::default() })
    }

    /// Whether this fault is in.
    pub(super) fn fault(&self, name: &str) -> bool {
        self.faults.has(name)
    }

    /// Makes a call in the spooler's session.
    pub(super) fn call(&mut self, mapi: &mut dyn Mapi, method: &str, params: CallParams) -> Answer {
        mapi.call(self, method, &CallParams { session: Some("spooler".to_owned()), ..params })
    }

    fn queue(&mut self, mapi: &mut dyn Mapi) -> Result<Vec<QueueRow>, CallError> {
        let result = self.call(mapi, "get_outgoing_queue", CallParams::default())?;
        let mut rows = result.rows.unwrap_or_default();
        // The store sorts its queue, or lets us do it; rows of one time stay as they are.
        rows.sort_by(|one, other| one.client_submit_time.cmp(&other.client_submit_time));
        if !self.has_looked {
            let locked = |row: &&QueueRow| row.submit_flags.iter().flatten().any(|flag| flag == "SUBMITFLAG_LOCKED");
            self.past.inherited.extend(rows.iter().filter(locked).map(|row| row.entry_id.clone()));
        }
        let after_death = !self.past.inherited.is_empty() && self.fault("sleeper-youngest-first-after-death");
        if self.fault("youngest-first") || after_death {
            rows.reverse();
        }
        Ok(rows)
    }

    /// Goes through the queue until nothing more can be done.
    fn work(&mut self, mapi: &mut dyn Mapi) -> Result<(), CallError> {
        for _ in 0..PASSES {
            let rows = self.queue(mapi)?;
            let there: BTreeSet<&String> = rows.iter().map(|row| &row.entry_id).collect();
            self.errands.retain(|entry_id, _| there.contains(entry_id));
            let Some(row) = self.next(mapi, &rows)? else { break };
            let overtakes = rows.first().is_some_and(|oldest| oldest.entry_id != row.entry_id);
            let sent = self.see_to(mapi, &row, overtakes)?;
            if self.fault("stops-after-one") && sent {
                break;
            }
        }
        self.has_looked = true;
        Ok(())
    }

    /// The oldest message that does not wait, and overtakes none that waits for the same transport.
    fn next(&mut self, mapi: &mut dyn Mapi, rows: &[QueueRow]) -> Result<Option<QueueRow>, CallError> {
        let mut waiting: Vec<Errand> = Vec::new();
        for row in rows {
            let is_locked = row.submit_flags.iter().flatten().any(|flag| flag == "SUBMITFLAG_LOCKED");
            if is_locked && !self.has_looked && self.fault("gives-up-after-crash") {
                continue;
            }
            let known = self.errands.get(&row.entry_id).cloned();
            let errand = match known {
                Some(errand) => errand,
                None => {
                    let needs = self.needs(mapi, &row.entry_id)?;
                    let errand = Errand { needs, ..Errand::default() };
                    self.errands.insert(row.entry_id.clone(), errand.clone());
                    errand
                }
            };
            let blocked = waiting.iter().any(|older| !older.waits.is_disjoint(&errand.needs));
            if errand.can_go() && (!blocked || self.fault("overtakes-for-the-same-transport")) {
                return Ok(Some(row.clone()));
            }
            waiting.push(errand);
        }
        Ok(None)
    }

    /// The transports that a message needs, without locking it.
    fn needs(&mut self, mapi: &mut dyn Mapi, entry_id: &str) -> Result<BTreeSet<usize>, CallError> {
        let Some(open) = self.open(mapi, entry_id, false)? else { return Ok(BTreeSet::new()) };
        self.release(mapi, &open)?;
        Ok(self.needed(&open))
    }

    /// The transports that take a recipient who is left.
    fn needed(&self, open: &Open) -> BTreeSet<usize> {
        let needs = |transport: &usize| {
            let of = |row: &&Recipient| row.responsibility != Some(true);
            open.rows.iter().filter(of).any(|row| self.registry.takes(*transport, row))
        };
        (0..self.registry.transports.len()).filter(needs).collect()
    }

    /// Opens a message; `None` if the store refuses.
    pub(super) fn open(
        &mut self,
        mapi: &mut dyn Mapi,
        entry_id: &str,
        modify: bool,
    ) -> Result<Option<Open>, CallError> {
        let flags = if modify { vec!["MAPI_MODIFY".to_owned()] } else { Vec::new() };
        let params = CallParams { entry_id: Some(entry_id.to_owned()), flags: Some(flags), ..CallParams::default() };
        let result = self.call(mapi, "open_entry", params)?;
        let rows = result.recipients.unwrap_or_default();
        Ok(result.handle.map(|handle| Open { entry_id: entry_id.to_owned(), handle, rows }))
    }

    pub(super) fn release(&mut self, mapi: &mut dyn Mapi, open: &Open) -> Result<(), CallError> {
        self.call(mapi, "release", of_handle(open)).map(drop)
    }

    /// Locks or unlocks; whether the store did so.
    pub(super) fn lock(&mut self, mapi: &mut dyn Mapi, open: &Open, state: LockState) -> Result<bool, CallError> {
        let params = CallParams { lock_state: Some(state), ..of_handle(open) };
        let result = self.call(mapi, "set_lock_state", params)?;
        Ok(result.hresult.is_some_and(HResult::is_success))
    }

    /// Sees to a message as far as it goes; whether it went at all.
    fn see_to(&mut self, mapi: &mut dyn Mapi, row: &QueueRow, overtakes: bool) -> Result<bool, CallError> {
        *self.past.taken.entry(row.entry_id.clone()).or_default() += 1;
        let Some(mut open) = self.open(mapi, &row.entry_id, true)? else {
            return self.passed_over(&row.entry_id);
        };
        let preprocess = row.submit_flags.iter().flatten().any(|flag| flag == "SUBMITFLAG_PREPROCESS");
        if preprocess && self.fault("preprocess-unlocked") {
            self.preprocess(mapi, &mut open)?;
        }
        let (inherited, again) = (self.past.has_inherited(&row.entry_id), self.past.has_put_back(&row.entry_id));
        let skips_lock = self.fault("lock-never")
            || (self.fault("sleeper-no-lock-when-taken-up-again") && again)
            || (self.fault("sleeper-no-lock-after-the-first") && self.past.finished > 0)
            || (self.fault("sleeper-no-lock-when-overtaking") && overtakes);
        if !skips_lock && !self.lock(mapi, &open, LockState::Locked)? {
            self.release(mapi, &open)?;
            return self.passed_over(&row.entry_id);
        }
        if self.fault("lock-twice") {
            self.lock(mapi, &open, LockState::Locked)?;
        }
        if preprocess && !self.fault("preprocess-never") {
            let Some(ready) = self.prepare(mapi, open)? else { return Ok(true) };
            open = ready;
        }
        if self.fault("remove-info-early") {
            self.remove_info(mapi, &open)?;
        }
        self.hand_round(mapi, &mut open)?;
        if self.waits(&open) {
            if !self.fault("keeps-lock-while-waiting") {
                self.lock(mapi, &open, LockState::Unlocked)?;
            }
            self.release(mapi, &open)?;
            let needs = self.needed(&open);
            self.errands.entry(open.entry_id).or_default().needs = needs;
            return Ok(true);
        }
        let leaves_info = self.fault("remove-info-never")
            || (self.fault("sleeper-no-remove-info-after-death") && inherited)
            || (self.fault("sleeper-no-remove-info-when-taken-up-again") && again);
        if !leaves_info {
            self.remove_info(mapi, &open)?;
        }
        if self.fault("finish-unlocked") {
            self.lock(mapi, &open, LockState::Unlocked)?;
        }
        self.release(mapi, &open)?;
        if self.fault("finish-never") || (self.fault("sleeper-third-never-finished") && self.past.finished > 1) {
            return self.passed_over(&open.entry_id);
        }
        let params = CallParams { entry_id: Some(open.entry_id.clone()), ..CallParams::default() };
        let finished = self.call(mapi, "finished_msg", params)?;
        if !finished.hresult.is_some_and(HResult::is_success) {
            return self.passed_over(&open.entry_id);
        }
        self.errands.remove(&open.entry_id);
        self.past.finished += 1;
        Ok(true)
    }

    /// Nothing can be done with the message now: it waits for news, whatever they are.
    pub(super) fn passed_over(&mut self, entry_id: &str) -> Result<bool, CallError> {
        self.errands.entry(entry_id.to_owned()).or_default().waits.insert(ANY_NEWS);
        Ok(false)
    }

    /// Whether the message has to wait for a transport.
    fn waits(&self, open: &Open) -> bool {
        let Some(errand) = self.errands.get(&open.entry_id) else { return false };
        let deferred = !errand.deferred.is_empty() && !self.fault("finish-deferred");
        !errand.waits.is_empty() || deferred || (self.fault("hand-resend-later-at-once") && has_open(open))
    }

    /// A transport has something to say.
    fn hear(&mut self, params: &CallParams) {
        let has = |flag: &str| params.flags.iter().flatten().any(|each| each == flag);
        self.errands.values_mut().for_each(|errand| _ = errand.waits.remove(&ANY_NEWS));
        if self.fault("sleeper-deferred-due-at-next-wake") && self.past.wakes > 1 {
            self.errands.values_mut().for_each(|errand| errand.deferred.clear());
        }
        let Some(place) = params.transport.as_deref().and_then(|name| self.registry.place(name)) else { return };
        let (deaf_to_ready, deaf_to_deferred) = (self.fault("deaf-to-ready"), self.fault("deaf-to-deferred"));
        let all_ready = self.fault("sleeper-one-ready-is-all-ready") && has("NOTIFY_READYTOSEND");
        for (entry_id, errand) in &mut self.errands {
            if all_ready {
                errand.waits.clear();
            }
            if has("NOTIFY_READYTOSEND") && !deaf_to_ready {
                errand.waits.remove(&place);
            }
            let is_meant = params.entry_id.as_ref().is_none_or(|wanted| wanted == entry_id);
            if has("NOTIFY_SENTDEFERRED") && is_meant && !deaf_to_deferred && errand.deferred.remove(&place) {
                errand.announced.insert(place);
            }
        }
    }
}

impl Errand {
    /// Whether a transport that it needs could be asked now.
    fn can_go(&self) -> bool {
        let pending = self.waits.union(&self.deferred).count() != 0;
        let ready =
            self.needs.iter().min().is_some_and(|first| !self.waits.contains(first) && !self.deferred.contains(first));
        !pending || (ready && !self.waits.contains(&ANY_NEWS)) || !self.announced.is_empty()
    }
}

impl Provider for Spooler {
    fn initialize(&mut self, _params: &CallParams) -> Result<InitializeResult, CallError> {
        let mut about =
            InitializeResult::spooler("reference-spooler", env!("CARGO_PKG_VERSION")).serving(SPOOLER_METHODS);
        for (ambiguity, reading) in OWN {
            about.profile.readings.insert((*ambiguity).to_owned(), (*reading).to_owned());
        }
        Ok(about)
    }

    fn reset(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        self.registry = Registry {
            transports: params.transports.clone().unwrap_or_default(),
            preprocessors: params.preprocessors.clone().unwrap_or_default(),
        };
        self.errands.clear();
        self.has_looked = false;
        self.past = Past::default();
        Ok(CallResult::from(HResult::S_OK))
    }

    fn wake(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Result<bool, CallError> {
        if self.fault("adapter-dies") {
            return Err(CallError::Lost(std::io::Error::other("dies, as it was told to")));
        }
        while self.fault("adapter-floods") {
            self.queue(mapi)?;
        }
        while self.fault("adapter-is-silent") {
            std::thread::park();
        }
        self.past.wakes += 1;
        self.hear(params);
        self.work(mapi)?;
        Ok(!self.fault("adapter-is-never-idle"))
    }

    fn shutdown(&mut self, _mapi: &mut dyn Mapi, _params: &CallParams) -> Answer {
        Ok(CallResult::from(HResult::S_OK))
    }
}

/// The readings that it says it follows.
const OWN: &[(&str, &str)] = &[
    ("A11", "MatchedInRegistrationOrder"),
    ("C5", "UnlockWhileWaiting"),
    ("E1", "PerTransportFIFO"),
    ("G17", "DeferredIsUnlocked"),
];

pub(super) fn of_handle(open: &Open) -> CallParams {
    CallParams { handle: Some(open.handle.clone()), ..CallParams::default() }
}

/// Whether somebody is left to be seen to.
pub(super) fn has_open(open: &Open) -> bool {
    open.rows.iter().any(|row| row.responsibility != Some(true))
}
