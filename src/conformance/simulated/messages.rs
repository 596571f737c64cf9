//! The store's memory: messages, open objects, and the counters that names and times come from.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use spoolproof_sdk::wire::{self, CallParams, Recipient};
use spoolproof_sdk::{CallError, HResult};

use crate::model::{Call, Handle, Level, Message, OpenFlags, Profile, Rules, Session, Step, Tri, steps};
use crate::oracle::bind;

/// The second before the first submission: the start of 2026.
const EPOCH: i64 = 1_767_225_600;

/// A message: its state in the model, and what can be seen of it beside that.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) state: Message,
    /// The recipient table; its `PR_RESPONSIBILITY` stands in the state.
    pub(super) recipients: Vec<Recipient>,
    /// `PR_SUBJECT` as saved.
    pub(super) subject: Option<String>,
    /// `PR_CLIENT_SUBMIT_TIME`.
    pub(super) time: Option<String>,
    /// Its place in the order of submission.
    pub(super) submitted: u64,
    /// Sessions that have had write access to it.
    owners: BTreeSet<Session>,
}

/// An open object.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) entry_id: String,
    pub(super) session: Session,
    pub(super) handle: Handle,
    /// `PR_SUBJECT` as set and not saved.
    pub(super) pending: Option<String>,
}

/// Who calls, on which message, through which object.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) session: Session,
    pub(super) entry_id: String,
    pub(super) handle: Option<String>,
}

/// What a call came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effect<'a> {
    pub(super) call: Call,
    pub(super) step: &'a Step,
    pub(super) code: HResult,
    /// `PR_SUBJECT` as `SetProps` sets it.
    pub(super) subject: Option<&'a str>,
    /// The recipient table that MAPI returned meanwhile.
    pub(super) table: Option<&'a [Recipient]>,
}

impl Effect<'_> {
    fn submits(&self) -> bool {
        matches!(self.call, Call::Submit(_)) && self.code.is_success()
    }
}

/// A store that is running, or the memory that it leaves to its next life.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) profile: wire::Profile,
    pub(super) rules: Rules,
    pub(super) messages: BTreeMap<String, Record>,
    objects: BTreeMap<String, Object>,
    /// `SpoolerNotify(NOTIFY_READYTOSEND)` has succeeded in this life.
    pub(super) announced: bool,
    created: u64,
    opened: u64,
    submissions: u64,
}

impl Store {
    /// An empty store that follows `rules`, and the readings that `profile` declares over them.
    pub(super) fn new(profile: wire::Profile, mut rules: Rules) -> Self {
        for (ambiguity, reading) in &profile.readings {
            rules.declare(ambiguity, reading);
        }
        Self {
            profile,
            rules,
            messages: BTreeMap::new(),
            objects: BTreeMap::new(),
            announced: false,
            created: 0,
            opened: 0,
            submissions: 0,
        }
    }

    /// Makes room for a message that is to be created.
    pub(super) fn new_message(&mut self, params: &CallParams) -> String {
        self.created += 1;
        let entry_id = format!("e{}", self.created);
        let record = Record {
            recipients: params.recipients.clone().unwrap_or_default(),
            subject: params.subject.clone(),
            ..Record::default()
        };
        self.messages.insert(entry_id.clone(), record);
        entry_id
    }

    /// The state of a message; one that the store does not know was never created.
    pub(super) fn state(&self, entry_id: &str) -> Message {
        self.messages.get(entry_id).map_or_else(Message::default, |record| record.state)
    }

    /// Lists the model's steps for `call`.
    pub(super) fn steps(&self, target: &Target, call: Call) -> Vec<Step> {
        let record = self.messages.get(&target.entry_id);
        let owner = record.is_some_and(|record| record.owners.contains(&target.session));
        let handle = self.object(target).map(|object| object.handle);
        let mut out = Vec::new();
        let who = (target.session, handle, owner);
        steps(&self.rules, Profile::from(&self.profile), who, self.state(&target.entry_id), call, &mut out);
        out
    }

    /// The open object that a call goes through.
    pub(super) fn object(&self, target: &Target) -> Option<&Object> {
        self.objects.get(target.handle.as_ref()?)
    }

    /// The target of a call through a handle, which must be alive, and of the session that calls.
    pub(super) fn through_handle(&self, params: &CallParams) -> Result<Target, CallError> {
        let handle = params.handle()?;
        let Some(object) = self.objects.get(handle) else {
            return Err(CallError::bad_params(format!("no object is open as `{handle}`")));
        };
        if params.session.is_some() && session(params)? != object.session {
            return Err(CallError::bad_params(format!("the handle `{handle}` is another session's")));
        }
        Ok(Target { session: object.session, entry_id: object.entry_id.clone(), handle: Some(handle.to_owned()) })
    }

    /// Opens an object on the target's message; `granted` is its `PR_ACCESS_LEVEL`, if it can be read.
    pub(super) fn open(&mut self, target: &Target, flags: OpenFlags, granted: Option<Level>) -> String {
        let asked = if flags == OpenFlags::None { Level::Read } else { Level::Write };
        if granted == Some(Level::Write)
            && let Some(record) = self.messages.get_mut(&target.entry_id)
        {
            record.owners.insert(target.session);
        }
        self.opened += 1;
        let name = format!("h{}", self.opened);
        let handle = Handle { asked, granted, ..Handle::CREATED };
        let object = Object { entry_id: target.entry_id.clone(), session: target.session, handle, pending: None };
        self.objects.insert(name.clone(), object);
        name
    }

    /// Takes what a call came to into the message, and into the object that it went through.
    pub(super) fn apply(&mut self, target: &Target, effect: &Effect<'_>) {
        let pending = self.object(target).and_then(|object| object.pending.clone());
        if let Some(record) = self.messages.get_mut(&target.entry_id) {
            let before = record.state;
            record.state = settled(before, effect.step.next);
            if effect.step.writes
                && let Some(written) = effect.subject.map(str::to_owned).or(pending)
            {
                record.subject = Some(written);
            }
            if effect.submits() {
                if let Some(table) = effect.table {
                    record.recipients = table.to_vec();
                }
                if !before.outgoing() {
                    self.submissions += 1;
                    record.submitted = self.submissions;
                    record.time = Some(time(self.submissions));
                }
            }
        }
        self.use_object(target, effect);
    }

    fn use_object(&mut self, target: &Target, effect: &Effect<'_>) {
        let Some(handle) = &target.handle else { return };
        if effect.call == Call::Release {
            self.objects.remove(handle);
            return;
        }
        let Some(object) = self.objects.get_mut(handle) else { return };
        let success = effect.code.is_success();
        match effect.call {
            Call::SetProps { save } => {
                object.pending = effect.subject.filter(|_| success && !save).map(str::to_owned);
            }
            Call::Submit(_) => {
                object.handle.spent |= success;
                object.handle.refused |= !success;
                object.pending = None;
            }
            Call::SetLock(_) if success => object.pending = None,
            _ => {}
        }
        object.handle.dirty = object.pending.is_some();
    }

    /// The store starts again: objects are gone, and MAPI has not been told.
    pub(super) fn start_again(&mut self) {
        self.objects.clear();
        self.announced = false;
    }
}

/// The session that calls.
pub(super) fn session(params: &CallParams) -> Result<Session, CallError> {
    let name = params.session()?;
    bind::session(name).ok_or_else(|| CallError::bad_params(format!("no session is named `{name}`")))
}

/// `next` with everything that the model leaves free settled: a value stays as it was where it was anything.
pub(super) fn settled(before: Message, next: Message) -> Message {
    let or = |tri, value| if tri == Tri::Free { value } else { tri };
    Message {
        unsent: or(next.unsent, Tri::bind(!next.finished)),
        pr_preprocess: or(next.pr_preprocess, before.pr_preprocess),
        unsure: 0,
        ..next
    }
}

/// The time of the submission with this number: a second after the one before it.
fn time(submission: u64) -> String {
    let seconds = i64::try_from(submission).unwrap_or(i64::MAX).saturating_add(EPOCH);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}
