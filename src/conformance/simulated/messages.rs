//! The store's memory: messages, open objects, and the counters that names and times come from.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use spoolproof_sdk::wire::{self, CallParams, Recipient};
use spoolproof_sdk::{CallError, HResult};

use super::will::Will;
use crate::model::{
    Call, Dim, H13, Handle, Level, Message, Need, OpenFlags, Place, Profile, Rules, Session, Step, Tri, steps,
};
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
    /// It was composed in another folder than the Outbox.
    pub(super) elsewhere: bool,
    /// Its entry identifier since it was moved, if that is another.
    pub(super) moved: Option<String>,
    /// Recipients that have no `PR_RESPONSIBILITY` to show, as bits.
    pub(super) bare: u32,
    /// How many reads of the queue its row is late.
    pub(super) late: usize,
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
    /// It died with the submission that it was used for (SUB-11).
    pub(super) dead: bool,
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
    /// Sessions for which `SpoolerNotify(NOTIFY_READYTOSEND)` has succeeded in this life.
    pub(super) announced: BTreeSet<Session>,
    created: u64,
    opened: u64,
    /// Names of handles that were released.
    free: Vec<String>,
    submissions: u64,
}

impl Store {
    /// Whether it says that it keeps the order of the pages (A8, H5).
    pub(super) fn keeps_order(&self) -> bool {
        let declares = |id: &str, name: &str| self.profile.readings.get(id).is_some_and(|reading| reading == name);
        declares("A8", "SeedOrder") || declares("H5", "OrderJudged")
    }

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
            announced: BTreeSet::new(),
            created: 0,
            opened: 0,
            free: Vec::new(),
            submissions: 0,
        }
    }

    /// Makes room for a message that is to be created.
    pub(super) fn new_message(&mut self, params: &CallParams, will: &mut Will) -> String {
        self.created += 1;
        let entry_id = format!("e{}", self.created);
        let record = Record {
            recipients: params.recipients.clone().unwrap_or_default(),
            subject: params.subject.clone(),
            elsewhere: will.strays(4),
            bare: if will.strays(2) { u32::MAX } else { 0 },
            ..Record::default()
        };
        self.messages.insert(entry_id.clone(), record);
        entry_id
    }

    /// The state of a message; one that the store does not know was never created.
    pub(super) fn state(&self, entry_id: &str) -> Message {
        self.messages.get(entry_id).map_or_else(Message::default, |record| record.state)
    }

    /// The addresses of a message's recipients.
    pub(super) fn addresses(&self, entry_id: &str) -> Vec<String> {
        let rows = self.messages.get(entry_id).map(|record| record.recipients.as_slice());
        rows.unwrap_or_default().iter().map(|row| row.address.clone()).collect()
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
        let Some(object) = self.objects.get(handle).filter(|object| !object.dead) else {
            return Err(CallError::bad_params(format!("no object is open as `{handle}`")));
        };
        if params.session.is_some() && session(params)? != object.session {
            return Err(CallError::bad_params(format!("the handle `{handle}` is another session's")));
        }
        Ok(Target { session: object.session, entry_id: object.entry_id.clone(), handle: Some(handle.to_owned()) })
    }

    /// Opens an object on the target's message; `granted` is its `PR_ACCESS_LEVEL`, if it can be read.
    pub(super) fn open(
        &mut self,
        target: &Target,
        flags: OpenFlags,
        granted: Option<Level>,
        will: &mut Will,
    ) -> String {
        let asked = if flags == OpenFlags::None { Level::Read } else { Level::Write };
        if granted == Some(Level::Write)
            && let Some(record) = self.messages.get_mut(&target.entry_id)
        {
            record.owners.insert(target.session);
        }
        let again = if will.strays(2) { self.free.pop() } else { None };
        let name = again.unwrap_or_else(|| {
            self.opened += 1;
            format!("h{}", self.opened)
        });
        let handle = Handle { asked, granted, ..Handle::CREATED };
        let object =
            Object { entry_id: target.entry_id.clone(), session: target.session, handle, pending: None, dead: false };
        self.objects.insert(name.clone(), object);
        name
    }

    /// Takes what a call came to into the message, and into the object that it went through.
    pub(super) fn apply(&mut self, target: &Target, effect: &Effect<'_>, will: &mut Will) {
        let pending = self.object(target).and_then(|object| object.pending.clone());
        if let Some(record) = self.messages.get_mut(&target.entry_id) {
            let before = record.state;
            record.state = settled(before, effect.step.next, will);
            record.bare &= !record.state.responsible;
            if let (Call::SetResponsibility { recipient: Some(index), .. }, true) =
                (effect.call, effect.code.is_success())
            {
                record.bare &= !1_u32.checked_shl(u32::from(index)).unwrap_or(0);
            }
            // Of a submission that failed, changes may have been saved or not (F1).
            let failed = matches!(effect.call, Call::Submit(_)) && !effect.code.is_success() && !before.outgoing();
            let saves = effect.step.writes || failed && will.strays(2);
            if saves && let Some(written) = effect.subject.map(str::to_owned).or(pending) {
                record.subject = Some(written);
            }
            if record.state.place == Place::SentMail && before.place != Place::SentMail && will.strays(2) {
                record.moved = Some(format!("{}-sent", target.entry_id));
            }
            if effect.step.next.timed == Tri::Free && effect.step.next != before {
                record.time = will.pick(&[record.time.clone(), None, Some(time(0))]).cloned().flatten();
            }
            if effect.submits() {
                if let Some(table) = effect.table.filter(|_| effect.step.next != before) {
                    // The rows that MAPI has added need not have PR_RESPONSIBILITY (A14).
                    let known = |row: &Recipient| record.recipients.iter().any(|old| old.address == row.address);
                    let added = table.iter().map(|row| !known(row)).take(u32::BITS as usize).enumerate();
                    let bare = added.fold(0, |bits, (index, added)| bits | u32::from(added) << index);
                    record.bare = bare & will.bits() & !record.state.responsible;
                    record.recipients = table.to_vec();
                } else if !before.outgoing() {
                    record.bare = 0;
                }
                if !before.outgoing() {
                    self.submissions += 1;
                    record.submitted = self.submissions;
                    // A clock need not tell two submissions apart.
                    let ticks =
                        if will.strays(6) { self.submissions.saturating_sub(1).max(1) } else { self.submissions };
                    record.time = Some(time(ticks));
                    record.late = will.below(3);
                }
            }
        }
        self.use_object(target, effect, will);
    }

    fn use_object(&mut self, target: &Target, effect: &Effect<'_>, will: &mut Will) {
        let Some(handle) = &target.handle else { return };
        if effect.call == Call::Release {
            self.objects.remove(handle);
            self.free.push(handle.clone());
            return;
        }
        let stays_dead = self.rules.held_to(Need { dim: Dim::H13, mask: H13::HandleStaysDead });
        if effect.submits() && (will.strays(2) || stays_dead) {
            // What was open before may go on as a new object would, or not (H13).
            let same = |object: &&mut Object| object.entry_id == target.entry_id;
            self.objects.values_mut().filter(same).for_each(|object| object.handle.stale = true);
        }
        let Some(object) = self.objects.get_mut(handle) else { return };
        let success = effect.code.is_success();
        match effect.call {
            Call::SetProps { save } if success => {
                object.pending = effect.subject.filter(|_| !save).map(str::to_owned);
            }
            // Nobody says what a refused change leaves behind in the object.
            Call::SetProps { .. } => {
                let options = [None, effect.subject.map(str::to_owned), object.pending.take()];
                object.pending = will.pick(&options).cloned().flatten();
            }
            Call::Submit(_) => {
                object.handle.spent |= success;
                object.handle.refused |= !success;
                object.dead = success && will.strays(4);
                object.pending = object.pending.take().filter(|_| !effect.step.writes && will.strays(2));
            }
            Call::SetLock(_) | Call::SetResponsibility { .. } if effect.step.writes || !will.is_free() => {
                object.pending = None;
            }
            _ => {}
        }
        object.handle.dirty = object.pending.is_some();
    }

    /// Whether MAPI has been told, as far as this session's store object goes: once a session, or once for all.
    pub(super) fn is_announced(&self, session: Session, will: &mut Will) -> bool {
        self.announced.contains(&session) || (!self.announced.is_empty() && !will.strays(3))
    }

    /// The message behind an open object.
    pub(super) fn opened(&self, handle: &str) -> Option<&str> {
        self.objects.get(handle).map(|object| object.entry_id.as_str())
    }

    /// The objects of a session that died are gone.
    pub(super) fn close_all(&mut self, session: Session) {
        self.objects.retain(|_, object| object.session != session);
    }

    /// The store starts again: objects are gone, and MAPI has not been told.
    pub(super) fn start_again(&mut self) {
        self.objects.clear();
        self.announced.clear();
        self.free.clear();
        self.messages.values_mut().for_each(|record| record.late = 0);
    }
}

/// The session that calls.
pub(super) fn session(params: &CallParams) -> Result<Session, CallError> {
    let name = params.session()?;
    bind::session(name).ok_or_else(|| CallError::bad_params(format!("no session is named `{name}`")))
}

/// `next` with everything that the model leaves free settled: a value stays as it was where it was anything.
pub(super) fn settled(before: Message, next: Message, will: &mut Will) -> Message {
    let mut or = |tri, value| match tri {
        Tri::Free if will.strays(3) => Tri::bind(value == Tri::Clear),
        Tri::Free => value,
        Tri::Clear | Tri::Set => tri,
    };
    Message {
        unsent: or(next.unsent, Tri::bind(!next.finished)),
        pr_preprocess: or(next.pr_preprocess, before.pr_preprocess),
        responsible: next.responsible ^ (will.bits() & next.unsure & next.everyone()),
        unsure: 0,
        ..next
    }
}

/// The time of the submission with this number: a second after the one before it.
fn time(submission: u64) -> String {
    let seconds = i64::try_from(submission).unwrap_or(i64::MAX).saturating_add(EPOCH);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}
