//! The oracle: reads events in order and says of each whether it is allowed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::{Event, Header, Records, Starts};
use spoolproof_sdk::wire::{self, Observation};

use super::bind::{self, SupportSeen};
use super::errands::Errands;
use super::judge::{Opened, Seen};
use super::ledger::Ledger;
use super::queue::Notice;
use super::tracker::{Missed, OpenObject, Pending, Tracker};
use super::verdict::Who;
use crate::model::{Call, Handle, Level, Lock, Message, Place, Profile, QueueChange, Rules, Session, Step, Tri};
use crate::spec::{Catalogue, Stance, Strength};

/// How many messages that are done are remembered, and how many handles that are dead.
const DONE: usize = 10_000;

/// Why an event could not be judged: the log, or the adapter, contradicts itself.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unjudged {
    /// A `session` that is none of the protocol's names.
    #[error("no session is named `{0}`: sessions are client-1, client-2, …, spooler, spooler-2, …")]
    Session(String),
    /// A call without a member that it needs.
    #[error("`{call}` needs `{member}`")]
    Missing {
        /// The call.
        call: String,
        /// The member.
        member: &'static str,
    },
    /// A handle that no call returned.
    #[error("handle `{0}` was never introduced")]
    Handle(String),
    /// An entry identifier that no call returned.
    #[error("entry id `{0}` was never introduced")]
    EntryId(String),
    /// A handle or entry identifier that is in use already.
    #[error("{what} `{id}` was given out twice")]
    Twice {
        /// `handle` or `entry id`.
        what: &'static str,
        /// The identifier.
        id: String,
    },
    /// A restart that failed.
    #[error("the restart failed with {0}")]
    Restart(HResult),
}

/// What the oracle is told before the first event.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The trace's header: the profile, and what the log could contain.
    pub header: Header,
    /// Whose duties are judged. The checker is not judged for the parts that it plays itself.
    pub judged: Vec<Who>,
}

impl Setting {
    /// Everybody is judged, as in a log.
    #[must_use]
    pub fn of_log(header: Header) -> Self {
        Self { header, judged: vec![Who::Client, Who::Mapi, Who::Spooler, Who::Store, Who::Transport] }
    }
}

/// Tracks, for every message, the model states consistent with what was seen.
///
/// Messages are tracked one by one: what a store may do with one does not depend on another, save for the order of the
/// queue. So the memory that it needs grows with the messages that are alive, not with the length of the log, and those
/// that are done are forgotten beyond a fixed number.
#[derive(Clone, Debug)]
pub struct Oracle {
    /// The account of the whole run.
    pub ledger: Ledger,
    pub(super) strengths: Arc<BTreeMap<String, Strength>>,
    pub(super) judged: Arc<[Who]>,
    pub(super) records: Arc<Records>,
    pub(super) supports: Option<Arc<[String]>>,
    pub(super) profile: Profile,
    pub(super) wire_profile: Arc<wire::Profile>,
    pub(super) rules: Rules,
    pub(super) messages: BTreeMap<String, Arc<Tracker>>,
    pub(super) case: Option<String>,
    pub(super) shows_responsibility: bool,
    pub(super) buffer: Vec<Step>,
    /// Notifications that came before the call which owes them returned.
    pub(super) early: Vec<Notice>,
    /// What spoolers have done, where the log says which transports they have.
    pub(super) errands: Option<Errands>,
    pub(super) case_rules: Rules,
    pub(super) mid_flight: bool,
    pub(super) forgot: bool,
    pub(super) names: BTreeMap<String, String>,
    pub(super) aliases: BTreeMap<String, String>,
    pub(super) objects: BTreeMap<String, OpenObject>,
    /// Handles that were released.
    pub(super) dead: BTreeSet<String>,
    /// Messages that are done, oldest first: the order in which they are forgotten.
    pub(super) leaving: VecDeque<String>,
    /// Messages of which a notification may be owed.
    pub(super) owing: BTreeSet<String>,
    pub(super) support: BTreeMap<u64, Vec<SupportSeen>>,
    /// How far the log's clock has come.
    pub(super) clock: i64,
    /// Until when calls about every message that were judged have run.
    pub(super) busy_until: Option<i64>,
    pub(super) ready: BTreeSet<Session>,
    /// `SpoolerNotify(NOTIFY_READYTOSEND)` was called in this life of the store, whatever came of it.
    pub(super) tried_ready: bool,
}

impl Oracle {
    /// An oracle for one provider, by the register's stances and the readings that its profile declares.
    #[must_use]
    pub fn new(catalogue: &Catalogue, setting: Setting) -> Self {
        let rules = rules(catalogue, &setting.header.profile);
        let errands = Errands::new(&setting.header);
        let strengths = catalogue.requirements().iter().map(|row| (row.id.clone(), row.strength)).collect();
        Self {
            ledger: Ledger::default(),
            strengths: Arc::new(strengths),
            judged: setting.judged.into(),
            records: Arc::new(setting.header.records),
            supports: setting.header.x_supports.map(Into::into),
            profile: Profile::from(&setting.header.profile),
            wire_profile: Arc::new(setting.header.profile),
            case_rules: rules,
            rules,
            messages: BTreeMap::new(),
            case: None,
            shows_responsibility: false,
            buffer: Vec::new(),
            early: Vec::new(),
            errands,
            mid_flight: setting.header.starts == Some(Starts::MidFlight),
            forgot: false,
            names: BTreeMap::new(),
            aliases: BTreeMap::new(),
            objects: BTreeMap::new(),
            dead: BTreeSet::new(),
            leaving: VecDeque::new(),
            owing: BTreeSet::new(),
            support: BTreeMap::new(),
            clock: i64::MIN,
            busy_until: None,
            ready: BTreeSet::new(),
            tried_ready: false,
        }
    }

    /// Starts the next case with a fresh store, as `reset` does; the account goes on.
    pub fn next_case(&mut self, catalogue: &Catalogue, header: &Header) {
        let mut fresh = Self::new(catalogue, Setting { header: header.clone(), judged: self.judged.to_vec() });
        fresh.ledger = std::mem::take(&mut self.ledger);
        fresh.shows_responsibility = self.shows_responsibility;
        *self = fresh;
    }

    /// Gives the message with this entry identifier a name for findings.
    pub fn name(&mut self, entry_id: &str, name: &str) {
        self.names.insert(entry_id.to_owned(), name.to_owned());
    }

    /// Judges the next event; what it finds goes into the ledger.
    ///
    /// # Errors
    ///
    /// When the event contradicts what the log said before, so that nothing after it can be judged.
    pub fn event(&mut self, event: &Event) -> Result<(), Unjudged> {
        let blames = self.judge_errands(event);
        self.judge(event)?;
        self.follow_errands(event);
        self.publish_errands(event, blames);
        if event.x_settled == Some(true) {
            self.settle();
        }
        Ok(())
    }

    /// Judges what only the end can show: notifications that are owed although all that were sent have arrived.
    pub fn settle(&mut self) {
        self.judge_owed();
    }

    fn judge(&mut self, event: &Event) -> Result<(), Unjudged> {
        if event.case != self.case {
            self.forget();
            self.case.clone_from(&event.case);
        }
        if of_others(event) {
            self.ledger.events += 1;
            self.look_at_others(event, None);
            return Ok(());
        }
        if event.call.starts_with("support.") {
            self.judge_notify_flags(event);
            let seen = SupportSeen { method: event.call.clone(), result: event.result.clone() };
            self.support.entry(event.during.unwrap_or(0)).or_default().push(seen);
            return Ok(());
        }
        self.ledger.events += 1;
        self.shows_responsibility |= shows_responsibility(event);
        let calls = self.take_support(event.seq);
        match event.call.as_str() {
            "notify.table_modified" | "notify.new_mail" => self.notified(event),
            "initialize" | "reset" => self.forget(),
            _ if event.error.is_some() => {}
            "get_outgoing_queue" => self.queue_was_read(event)?,
            "observe" => {} // Nothing was called: whatever is seen, is as it was.
            "restart" if event.session.is_some() => return self.session_died(event),
            "restart" => return self.restarted(event, &calls),
            _ => {
                let judged = self.message_call(event, &calls);
                self.early.clear();
                return judged;
            }
        }
        self.look_at_others(event, None);
        Ok(())
    }

    /// The store is fresh: everything of before is gone.
    fn forget(&mut self) {
        self.messages.clear();
        self.aliases.clear();
        self.objects.clear();
        self.dead.clear();
        self.leaving.clear();
        self.owing.clear();
        self.support.clear();
        self.early.clear();
        if let Some(errands) = &mut self.errands {
            errands.forget();
        }
        self.ready.clear();
        self.tried_ready = false;
        self.forgot = false;
        self.rules = self.case_rules;
    }

    /// Whether the profile declares a reading that changes no step, so that the model has no switch for it.
    pub(super) fn declares(&self, ambiguity: &str, reading: &str) -> bool {
        self.wire_profile.readings.get(ambiguity).is_some_and(|declared| declared == reading)
    }

    /// Whether calls of this support method or notifications of this kind would be in the log.
    pub(super) fn routes(&self, method: &str) -> bool {
        let recorded = if method.starts_with("notify.") { self.records.notifications } else { self.records.support };
        recorded && self.supports.as_ref().is_none_or(|supports| supports.iter().any(|name| name == method))
    }

    fn take_support(&mut self, seq: u64) -> Vec<SupportSeen> {
        let mut calls = self.support.remove(&seq).unwrap_or_default();
        calls.extend(self.support.remove(&0).unwrap_or_default());
        calls
    }

    /// A call on one message, by entry identifier or through a handle.
    fn message_call(&mut self, event: &Event, calls: &[SupportSeen]) -> Result<(), Unjudged> {
        let Some(call) = self.call_of(event, calls) else { return Ok(()) };
        let session = session_of(event)?;
        let (entry_id, object) = match call {
            Call::Create(_) => {
                let Some(id) = self.created(event)? else { return Ok(()) };
                (id, None)
            }
            Call::Abort | Call::Finish(_) | Call::NotifyNewMail | Call::Open(_) => {
                let id = event.params.entry_id.as_deref().ok_or_else(|| missing(event, "entry_id"))?;
                let Some(id) = self.resolve(id) else { return Err(Unjudged::EntryId(id.to_owned())) };
                (id, None)
            }
            Call::GetProps
            | Call::Leave
            | Call::Release
            | Call::Restart(_)
            | Call::SetLock(_)
            | Call::SetProps { .. }
            | Call::SetResponsibility { .. }
            | Call::Submit(_)
            | Call::Wait => {
                let handle = event.params.handle.as_deref().ok_or_else(|| missing(event, "handle"))?;
                let Some(object) = self.objects.get(handle) else {
                    let excused = self.dead.contains(handle) || self.mid_flight || self.forgot;
                    return if excused { Ok(()) } else { Err(Unjudged::Handle(handle.to_owned())) };
                };
                if object.session != session {
                    return Ok(()); // The code of a call on another session's handle is not judged.
                }
                (object.entry_id.clone(), Some((handle.to_owned(), object.clone())))
            }
        };
        self.judge_call(event, (session, call), &entry_id, object.as_ref(), calls);
        self.look_at_others(event, Some(&entry_id));
        self.after_call(event, (session, call), &entry_id, object)?;
        Ok(())
    }

    /// The model's name of an event's call; `None` for those that touch no message.
    fn call_of(&self, event: &Event, calls: &[SupportSeen]) -> Option<Call> {
        let params = &event.params;
        Some(match event.call.as_str() {
            "abort_submit" => Call::Abort,
            "create_message" => Call::Create(bind::draft(params, &self.wire_profile)),
            "finished_msg" => Call::Finish(bind::hook(calls, self.routes("support.do_sent_mail"))),
            "get_props" => Call::GetProps,
            "notify_new_mail" => Call::NotifyNewMail,
            "open_entry" => Call::Open(bind::open_flags(params)),
            "release" => Call::Release,
            "set_lock_state" => Call::SetLock(bind::locks(params)),
            "set_props" => Call::SetProps { save: params.save == Some(true) },
            "set_responsibility" => {
                let recipient = params.handle.as_ref().and_then(|handle| self.objects.get(handle)).and_then(|object| {
                    let addresses = &self.messages.get(&object.entry_id)?.addresses;
                    u8::try_from(bind::place(addresses, params.recipient.as_ref()?)?).ok()
                });
                Call::SetResponsibility { recipient, value: params.value == Some(true) }
            }
            "submit_message" => {
                let expansion_recorded = self.routes("support.expand_recips");
                let object = params.handle.as_ref().and_then(|handle| self.objects.get(handle));
                let tracker = object.and_then(|object| self.messages.get(&object.entry_id));
                let addresses = tracker.map(|tracker| tracker.addresses.as_slice()).unwrap_or_default();
                Call::Submit(bind::env(calls, expansion_recorded, addresses, &self.wire_profile))
            }
            _ => return None,
        })
    }

    /// Introduces a message; `None` if it was not created.
    fn created(&mut self, event: &Event) -> Result<Option<String>, Unjudged> {
        let Some(entry_id) = event.result.entry_id.clone() else {
            if event.result.hresult.is_some_and(HResult::is_success) {
                return Err(missing(event, "result.entry_id"));
            }
            self.creation_failed(event);
            return Ok(None);
        };
        if event.result.hresult.is_some_and(|code| !code.is_success()) {
            self.creation_failed(event);
            return Ok(None);
        }
        if self.messages.get(&entry_id).is_some_and(|old| !old.surely(|m| !m.place.exists())) {
            return Err(Unjudged::Twice { what: "entry id", id: entry_id });
        }
        let name = self.names.get(&entry_id).cloned().unwrap_or_else(|| entry_id.clone());
        let mut tracker = Tracker::new(name, vec![Message::default()]);
        let recipients = event.params.recipients.as_deref().unwrap_or_default();
        tracker.addresses = recipients.iter().map(|recipient| recipient.address.clone()).collect();
        tracker.content.clone_from(&event.params.subject);
        self.messages.insert(entry_id.clone(), Arc::new(tracker));
        self.ledger.messages += 1;
        Ok(Some(entry_id))
    }

    /// The message that an entry identifier names now.
    fn resolve(&mut self, entry_id: &str) -> Option<String> {
        if self.messages.contains_key(entry_id) {
            return Some(entry_id.to_owned());
        }
        if let Some(id) = self.aliases.get(entry_id) {
            return Some(id.clone());
        }
        if !self.mid_flight && !self.forgot {
            return None;
        }
        let mut tracker = Tracker::new(entry_id.to_owned(), unknown());
        tracker.recalled = true;
        self.messages.insert(entry_id.to_owned(), Arc::new(tracker));
        self.ledger.messages += 1;
        Some(entry_id.to_owned())
    }

    /// Handles, content and order after a call that was judged.
    fn after_call(
        &mut self,
        event: &Event,
        (session, call): (Session, Call),
        entry_id: &str,
        object: Option<(String, OpenObject)>,
    ) -> Result<(), Unjudged> {
        let success = event.result.hresult.is_some_and(HResult::is_success);
        match call {
            Call::Create(_) | Call::Open(_) if success => {
                let Some(handle) = event.result.handle.clone() else { return Ok(()) };
                let opened = Opened::new(event.result.access, event.result.first_use_hresult);
                let granted = match (call, opened) {
                    (Call::Create(_), _) => Some(Level::Write),
                    (_, Opened::As(level)) => Some(level),
                    (_, Opened::InName | Opened::Untold) => None,
                };
                let asked = match call {
                    Call::Open(crate::model::OpenFlags::None) => Level::Read,
                    _ => Level::Write,
                };
                if let Some(tracker) = self.tracker_mut(entry_id) {
                    if granted == Some(Level::Write) {
                        tracker.owners.insert(session);
                    }
                    tracker.handles.push(handle.clone());
                }
                let handle_state = Handle { asked, granted, ..Handle::CREATED };
                let object = OpenObject {
                    entry_id: entry_id.to_owned(),
                    session,
                    handle: handle_state,
                    pending: Pending::Nothing,
                };
                self.dead.remove(&handle);
                // After SubmitMessage only Release is allowed, so a provider may give the handle away again.
                if let Some(old) = self.objects.insert(handle.clone(), object) {
                    if !old.handle.spent {
                        return Err(Unjudged::Twice { what: "handle", id: handle });
                    }
                    self.close(&old.entry_id, &handle);
                }
            }
            Call::Release => {
                if let Some((handle, _)) = object {
                    self.objects.remove(&handle);
                    self.close(entry_id, &handle);
                    if self.dead.len() >= DONE {
                        self.dead.clear();
                        self.forgot = true;
                    }
                    self.dead.insert(handle);
                }
            }
            Call::SetProps { save } => {
                if let Some(object) = object.and_then(|(handle, _)| self.objects.get_mut(&handle)) {
                    object.pending = match subject_of(event) {
                        // What a refused change leaves behind in the object, nobody says.
                        _ if !success => Pending::Unknown,
                        Some(subject) if !save => Pending::Subject(subject),
                        _ => Pending::Nothing,
                    };
                    object.handle.dirty = object.pending != Pending::Nothing;
                }
            }
            Call::Submit(_) => {
                if success && let Some(tracker) = self.messages.get(entry_id) {
                    for handle in &tracker.handles {
                        if let Some(object) = self.objects.get_mut(handle) {
                            object.handle.stale = true;
                        }
                    }
                }
                if let Some(object) = object.as_ref().and_then(|(handle, _)| self.objects.get_mut(handle)) {
                    object.handle.spent |= success;
                    object.handle.refused |= !success;
                }
                self.may_have_saved(entry_id, object);
            }
            Call::SetLock(_) | Call::SetResponsibility { .. } if success => self.may_have_saved(entry_id, object),
            _ => {}
        }
        self.retire(entry_id);
        Ok(())
    }

    /// A call through this object calls SaveChanges, or may have.
    fn may_have_saved(&mut self, entry_id: &str, object: Option<(String, OpenObject)>) {
        let saved = self.messages.get(entry_id).and_then(|tracker| tracker.content.as_deref());
        if let Some(object) = object.and_then(|(handle, _)| self.objects.get_mut(&handle)) {
            object.pending = std::mem::take(&mut object.pending).after_saving(saved);
            object.handle.dirty = object.pending != Pending::Nothing;
        }
    }

    /// The object is open no more.
    fn close(&mut self, entry_id: &str, handle: &str) {
        if let Some(tracker) = self.tracker_mut(entry_id)
            && let Some(index) = tracker.handles.iter().position(|open| open == handle)
        {
            tracker.handles.swap_remove(index);
        }
    }

    /// Forgets the messages that have been done for longest, if there are too many of them.
    fn retire(&mut self, entry_id: &str) {
        let Some(tracker) = self.tracker_mut(entry_id) else { return };
        if !tracker.leaving && tracker.is_forgettable() {
            tracker.leaving = true;
            self.leaving.push_back(entry_id.to_owned());
        }
        while self.leaving.len() > DONE {
            let Some(id) = self.leaving.pop_front() else { return };
            let Some(tracker) = self.tracker_mut(&id) else { continue };
            tracker.leaving = false;
            if tracker.is_forgettable() {
                self.forget_message(&id);
            }
        }
    }

    fn forget_message(&mut self, entry_id: &str) {
        let Some(tracker) = self.messages.remove(entry_id) else { return };
        for alias in &tracker.aliases {
            self.aliases.remove(alias);
        }
        for handle in &tracker.handles {
            self.objects.remove(handle);
        }
        self.owing.remove(entry_id);
        self.forgot = true;
    }

    fn restarted(&mut self, event: &Event, calls: &[SupportSeen]) -> Result<(), Unjudged> {
        if let Some(code) = event.result.hresult.filter(|code| !code.is_success()) {
            return Err(Unjudged::Restart(code));
        }
        let stop = bind::stop(event);
        let ids: Vec<String> = self.messages.keys().cloned().collect();
        for id in ids {
            self.judge_call(event, (Session::Client(1), Call::Restart(stop)), &id, None, calls);
            let Some(tracker) = self.tracker_mut(&id) else { continue };
            tracker.handles.clear();
            if let Some(missed) = tracker.missed.as_mut() {
                *missed = Missed { restarted: true };
            }
        }
        self.dead.extend(std::mem::take(&mut self.objects).into_keys());
        self.support.clear();
        self.ready.clear();
        self.tried_ready = false;
        // What was owed may have ended with the process; who logs on anew reads the table.
        for id in std::mem::take(&mut self.owing) {
            if let Some(tracker) = self.tracker_mut(&id) {
                tracker.owed.clear();
            }
        }
        Ok(())
    }

    /// The process of a session died: its objects are gone, and nobody knows what becomes of its locks (C3).
    fn session_died(&mut self, event: &Event) -> Result<(), Unjudged> {
        let session = session_of(event)?;
        let ids: Vec<String> = self.messages.keys().cloned().collect();
        for id in ids {
            self.judge_call(event, (session, Call::Leave), &id, None, &[]);
        }
        let gone: Vec<String> =
            self.objects.iter().filter(|(_, object)| object.session == session).map(|(name, _)| name.clone()).collect();
        for handle in gone {
            if let Some(object) = self.objects.remove(&handle) {
                self.close(&object.entry_id, &handle);
            }
            self.dead.insert(handle);
        }
        Ok(())
    }

    /// Every message that was looked at, but not called upon, must be as it was.
    fn look_at_others(&mut self, event: &Event, subject: Option<&str>) {
        for entry_id in event.observed.iter().flat_map(BTreeMap::keys) {
            if Some(entry_id.as_str()) == subject {
                continue;
            }
            let moved = self.aliases.get(entry_id).cloned();
            let id = moved.as_deref().unwrap_or(entry_id);
            if Some(id) != subject {
                self.judge_call(event, (Session::Client(1), Call::Wait), id, None, &[]);
            }
        }
    }

    /// Learns a new entry identifier of a message that was moved.
    pub(super) fn learn_alias(&mut self, tracker: &mut Tracker, entry_id: &str, seen: &Observation) {
        if let Some(now) = &seen.entry_id_now
            && now != entry_id
            && self.aliases.get(now).is_none_or(|known| known != entry_id)
        {
            if let Some(other) = self.aliases.insert(now.clone(), entry_id.to_owned())
                && let Some(other) = self.tracker_mut(&other)
            {
                other.aliases.retain(|alias| alias != now);
            }
            tracker.aliases.push(now.clone());
            tracker.aliases.sort_unstable();
        }
    }

    /// The message that a row of the queue names, if it is known.
    pub(super) fn row_message(&self, entry_id: &str) -> Option<String> {
        if self.messages.contains_key(entry_id) {
            Some(entry_id.to_owned())
        } else {
            self.aliases.get(entry_id).cloned()
        }
    }

    /// The message behind an open object.
    pub(super) fn message_of(&self, handle: &str) -> Option<&str> {
        self.objects.get(handle).map(|object| object.entry_id.as_str())
    }

    pub(super) fn tracker_mut(&mut self, entry_id: &str) -> Option<&mut Tracker> {
        self.messages.get_mut(entry_id).map(Arc::make_mut)
    }

    /// Notes `SpoolerNotify(NOTIFY_READYTOSEND)` by a session's store object; one that failed may be repeated.
    pub(super) fn note_ready(&mut self, session: Session, succeeded: bool) {
        self.tried_ready = true;
        if succeeded {
            self.ready.insert(session);
        }
    }

    /// Whether this session's store object has called `SpoolerNotify(NOTIFY_READYTOSEND)`.
    pub(super) fn was_ready(&self, session: Session) -> bool {
        self.ready.contains(&session)
    }

    /// Whether `SpoolerNotify(NOTIFY_READYTOSEND)` came in this life of the store.
    pub(super) const fn is_ready(&self) -> bool {
        self.tried_ready
    }

    /// What the event's call returned; `None` if it never did.
    pub(super) fn seen(event: &Event, call: Call, calls: &[SupportSeen]) -> Option<Seen> {
        let code = event.result.hresult?;
        let opened = (matches!(call, Call::Open(_)) && code.is_success())
            .then(|| Opened::new(event.result.access, event.result.first_use_hresult));
        Some(Seen { code, opened, support: bind::support_error(calls) })
    }
}

/// The rules for a provider: the register's stances, and what its profile declares.
#[must_use]
pub fn rules(catalogue: &Catalogue, profile: &wire::Profile) -> Rules {
    let mut rules = Rules::none();
    for ambiguity in catalogue.ambiguities() {
        for reading in &ambiguity.readings {
            match reading.stance {
                Stance::Permitted => rules.permit(&ambiguity.id, &reading.name),
                Stance::Declared => rules.leave_open(&ambiguity.id, &reading.name),
                Stance::Rejected => {}
            }
        }
    }
    for (ambiguity, reading) in &profile.readings {
        // Who declares that it loses mail, loses mail.
        let row = catalogue.ambiguity(ambiguity).and_then(|row| row.reading(reading));
        if row.is_none_or(|row| row.stance != Stance::Rejected) {
            rules.declare(ambiguity, reading);
        }
    }
    rules
}

/// Every state in which a log that starts in the middle may find a message.
pub(super) fn unknown() -> Vec<Message> {
    let any = Message {
        place: Place::Outbox,
        unsent: Tri::Free,
        pr_preprocess: Tri::Free,
        timed: Tri::Free,
        recipients: Message::MANY,
        unsure: u32::MAX,
        known: u32::MAX,
        ..Message::default()
    };
    let queued = Message { queued: true, submit: true, was_submitted: true, ..any };
    let sent = Message { was_submitted: true, finished: true, ..any };
    let mut states = vec![any, sent];
    for (sentmail, delete) in [(false, false), (false, true), (true, false), (true, true)] {
        for lock in [Lock::None, Lock::Orphan] {
            let queued = Message { sentmail, delete, lock, ..queued };
            states.extend([
                queued,
                Message { preprocess: true, ..queued },
                Message { preprocessed: true, ..queued },
                Message { completing: true, ..queued },
                Message { completing: true, queued: false, ..queued },
            ]);
        }
    }
    for place in [Place::SentMail, Place::Deleted, Place::Gone] {
        states.push(Message { place, ..sent });
    }
    states
}

pub(super) fn session_of(event: &Event) -> Result<Session, Unjudged> {
    let name = event.session.as_deref().or(event.params.session.as_deref()).ok_or_else(|| missing(event, "session"))?;
    if name.starts_with("transport-") {
        return Ok(Session::Spooler(1)); // A transport works on the object that the spooler handed to it.
    }
    bind::session(name).ok_or_else(|| Unjudged::Session(name.to_owned()))
}

fn missing(event: &Event, member: &'static str) -> Unjudged {
    Unjudged::Missing { call: event.call.clone(), member }
}

/// Whether an event is a transport's or a preprocessor's, or a spooler's with one of them: no store sees it.
fn of_others(event: &Event) -> bool {
    let by_transport = event.session.as_deref().is_some_and(|session| session.starts_with("transport-"));
    match event.call.as_str() {
        "preprocess" | "remove_preprocess_info" | "spooler.wake" | "support.status_recips" => true,
        call if call.starts_with("transport.") => true,
        call => by_transport && call.starts_with("support."),
    }
}

/// The PR_SUBJECT that SetProps sets.
pub(super) fn subject_of(event: &Event) -> Option<String> {
    event.params.props.as_ref()?.get("PR_SUBJECT")?.as_str().map(str::to_owned)
}

fn shows_responsibility(event: &Event) -> bool {
    event
        .observed
        .iter()
        .flat_map(BTreeMap::values)
        .flat_map(|seen| seen.recipients.iter().flatten())
        .any(|row| row.responsibility.is_some())
}

/// The notification that a change of the state owes, if it owes one.
pub(crate) fn owes(before: &Message, after: &Message) -> Option<QueueChange> {
    match (before.queued, after.queued) {
        (false, true) if after.preprocess => Some(QueueChange::AddedForPreprocessing),
        (false, true) => Some(QueueChange::Added),
        // A coupled store that completes the message puts no row (SEED1-40): the one that is there just stays (H2).
        (true, true) if before.preprocess && !after.preprocess && !after.completing => Some(QueueChange::Added),
        (true, false) => Some(QueueChange::Removed),
        (true, true) | (false, false) => None,
    }
}
