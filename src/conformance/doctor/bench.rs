//! The adapter on the bench: calls with everything kept that a check may want to look at later.

use std::collections::BTreeSet;
use std::time::Duration;

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{CallParams, CallResult, Coupling, LockState, Observation, Profile, QueueRow, Recipient};

use super::checkup::{Mark, Notes};
use super::examine::Patient;
use crate::conformance::deadline::Deadline;
use crate::conformance::sut::{Notification, Observe, Oddity, Outcome, Support, SupportCall, Sut};
use crate::spec::Catalogue;

/// Why a check goes no further.
#[derive(Debug)]
pub(super) enum Halt<E> {
    /// The adapter failed.
    Adapter(E),
    /// It cannot be made with this adapter, or with what its provider answers.
    Cannot(String),
}

/// What a check comes to, beside its notes.
pub(super) type Checked<S, T = ()> = Result<T, Halt<<S as Sut>::Error>>;

/// An adapter, and what it has shown.
pub(super) struct Bench<'a, S: Sut> {
    pub(super) sut: &'a mut S,
    pub(super) catalogue: &'a Catalogue,
    /// The provider's own words, and over them what is claimed for it.
    pub(super) profile: Profile,
    /// How long a change may take to be seen.
    pub(super) patience: Duration,
    /// The same for a row of the queue.
    rows: Duration,
    /// What `supports` has.
    pub(super) supports: BTreeSet<String>,
    /// Of these, those that were answered with -32601.
    pub(super) unserved: BTreeSet<String>,
    pub(super) support_calls: BTreeSet<String>,
    pub(super) notifications: Vec<Notification>,
    pub(super) oddities: BTreeSet<Oddity>,
    pub(super) flags: BTreeSet<String>,
    pub(super) times: BTreeSet<String>,
}

/// What a call came to.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    Returned(Box<CallResult>),
    BadParams,
    Unserved,
}

/// A message, and the object that created it.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) entry_id: String,
    pub(super) handle: String,
}

impl Reply {
    pub(super) fn succeeded(&self) -> bool {
        matches!(self, Self::Returned(result) if result.hresult.is_some_and(HResult::is_success))
    }

    /// In words; two refusals of a handle are one.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Returned(result) if result.hresult != Some(HResult::MAPI_E_INVALID_PARAMETER) => {
                result.hresult.map(|code| code.to_string()).unwrap_or_default()
            }
            Self::Returned(_) | Self::BadParams => "-32602 or MAPI_E_INVALID_PARAMETER".to_owned(),
            Self::Unserved => "-32601".to_owned(),
        }
    }

    pub(super) fn handle(self) -> Option<String> {
        match self {
            Self::Returned(result) if result.hresult.is_some_and(HResult::is_success) => result.handle,
            Self::Returned(_) | Self::BadParams | Self::Unserved => None,
        }
    }
}

impl<'a, S: Sut> Bench<'a, S> {
    pub(super) fn new(sut: &'a mut S, patient: &Patient<'a>) -> Self {
        let own = &sut.about().profile;
        let profile = patient.claims.map_or_else(|| own.clone(), |claims| own.overridden_by(claims));
        let supports = sut.about().supports.iter().cloned().collect();
        Self {
            sut,
            catalogue: patient.catalogue,
            profile,
            patience: patient.patience,
            rows: patient.patience,
            supports,
            unserved: BTreeSet::new(),
            support_calls: BTreeSet::new(),
            notifications: Vec::new(),
            oddities: BTreeSet::new(),
            flags: BTreeSet::new(),
            times: BTreeSet::new(),
        }
    }

    /// Whether the adapter lists `method`, and has not refused it.
    pub(super) fn serves(&self, method: &str) -> bool {
        self.supports.contains(method) && !self.unserved.contains(method)
    }

    /// Goes on only if all of these are served.
    pub(super) fn need(&self, methods: &[&str]) -> Checked<S> {
        let lacking: Vec<&str> = methods.iter().copied().filter(|method| !self.serves(method)).collect();
        if lacking.is_empty() { Ok(()) } else { Err(Halt::Cannot(format!("not served: {}", lacking.join(", ")))) }
    }

    /// Calls `method`; every support call succeeds.
    pub(super) fn call(&mut self, method: &str, params: CallParams) -> Checked<S, Reply> {
        self.call_with(method, params, &mut Mapi::default())
    }

    pub(super) fn call_with(
        &mut self,
        method: &str,
        params: CallParams,
        support: &mut dyn Support,
    ) -> Checked<S, Reply> {
        let outcome = self.sut.call(method, &params, support);
        self.support_calls.extend(self.sut.take_support_calls().into_iter().map(|SupportCall { method, .. }| method));
        self.gather();
        match outcome.map_err(Halt::Adapter)? {
            Outcome::Returned(result) => {
                for row in result.rows.iter().flatten() {
                    self.flags.extend(row.submit_flags.iter().flatten().cloned());
                    self.times.extend(row.client_submit_time.clone());
                }
                Ok(Reply::Returned(Box::new(result)))
            }
            Outcome::BadParams(_) => Ok(Reply::BadParams),
            Outcome::Unsupported => {
                self.unserved.insert(method.to_owned());
                Ok(Reply::Unserved)
            }
        }
    }

    /// Calls `method`, without whose success the check cannot be made.
    pub(super) fn done(&mut self, method: &str, params: CallParams) -> Checked<S, CallResult> {
        match self.call(method, params)? {
            Reply::Returned(result) if result.hresult.is_some_and(HResult::is_success) => Ok(*result),
            other => Err(Halt::Cannot(format!("{method} came to {}", other.words()))),
        }
    }

    pub(super) fn gather(&mut self) {
        self.notifications.extend(self.sut.take_notifications());
        self.oddities.extend(self.sut.take_oddities());
    }

    /// An empty store that sends nothing by itself, where the adapter can make it so.
    pub(super) fn fresh(&mut self) -> Checked<S> {
        if self.profile.coupling == Some(Coupling::Tight) {
            let profile = Some(Profile { coupling: Some(Coupling::None), ..Profile::default() });
            if self.call("reset", CallParams { profile, ..CallParams::default() })?.succeeded() {
                return Ok(());
            }
        }
        self.done("reset", CallParams::default()).map(drop)
    }

    pub(super) fn create(&mut self, session: &str, subject: &str, address: &str) -> Checked<S, Made> {
        let recipient = Recipient {
            address: address.to_owned(),
            addrtype: Some("SMTP".to_owned()),
            kind: Some("MAPI_TO".to_owned()),
            responsibility: None,
        };
        let params =
            CallParams { recipients: Some(vec![recipient]), subject: Some(subject.to_owned()), ..of_session(session) };
        let made = self.done("create_message", params)?;
        // Both are there: the connection lets no other success through.
        match (made.entry_id, made.handle) {
            (Some(entry_id), Some(handle)) => Ok(Made { entry_id, handle }),
            _ => Err(Halt::Cannot("create_message gave no message".to_owned())),
        }
    }

    pub(super) fn open(&mut self, session: &str, entry_id: &str, flag: Option<&str>) -> Checked<S, Reply> {
        let flags = Some(flag.into_iter().map(str::to_owned).collect());
        let entry_id = Some(entry_id.to_owned());
        self.call("open_entry", CallParams { entry_id, flags, ..of_session(session) })
    }

    pub(super) fn submit(&mut self, session: &str, handle: &str) -> Checked<S, Reply> {
        self.call("submit_message", CallParams { handle: Some(handle.to_owned()), ..of_session(session) })
    }

    pub(super) fn lock(&mut self, session: &str, handle: &str, state: LockState) -> Checked<S, Reply> {
        let handle = Some(handle.to_owned());
        let params = CallParams { handle, lock_state: Some(state), ..of_session(session) };
        self.call("set_lock_state", params)
    }

    pub(super) fn set_subject(&mut self, handle: &str, subject: &str, save: bool) -> Checked<S, Reply> {
        let props = Some(serde_json::json!({ "PR_SUBJECT": subject }));
        let params = CallParams { props, save: Some(save), ..of_handle(handle) };
        self.call("set_props", params)
    }

    /// The values of `names`; `None` where they cannot be read.
    pub(super) fn props(&mut self, handle: &str, names: &[&str]) -> Checked<S, Reply> {
        let props = Some(serde_json::json!(names));
        self.call("get_props", CallParams { props, ..of_handle(handle) })
    }

    /// `PR_SUBJECT`, read through `handle`.
    pub(super) fn subject(&mut self, handle: &str) -> Checked<S, Option<String>> {
        Ok(match self.props(handle, &["PR_SUBJECT"])? {
            Reply::Returned(result) => {
                result.props.and_then(|props| Some(props.get("PR_SUBJECT")?.as_str()?.to_owned()))
            }
            Reply::BadParams | Reply::Unserved => None,
        })
    }

    pub(super) fn release(&mut self, handle: &str) -> Checked<S, Reply> {
        self.call("release", of_handle(handle))
    }

    pub(super) fn rows(&mut self) -> Checked<S, Option<Vec<QueueRow>>> {
        Ok(match self.call("get_outgoing_queue", of_session("spooler"))? {
            Reply::Returned(result) => result.rows,
            Reply::BadParams | Reply::Unserved => None,
        })
    }

    /// Whether the message has a row in the queue, now or before the patience is at its end.
    pub(super) fn comes_into_queue(&mut self, entry_id: &str) -> Checked<S, bool> {
        let deadline = Deadline::after(self.rows);
        loop {
            let Some(rows) = self.rows()? else { return Ok(false) };
            if rows.iter().any(|row| row.entry_id == entry_id) {
                return Ok(true);
            }
            if !deadline.pause() {
                // What has not come once is not waited for again: a store need not queue what it can send.
                self.rows = Duration::ZERO;
                return Ok(false);
            }
        }
    }

    pub(super) fn observe(&mut self, entry_id: &str) -> Checked<S, Option<Observation>> {
        if !self.serves("observe") {
            return Ok(None);
        }
        let seen = self.sut.observe(entry_id);
        self.gather();
        let seen = seen.map_err(Halt::Adapter)?;
        match &seen {
            Some(seen) => {
                self.flags.extend(seen.message_flags.iter().chain(&seen.submit_flags).flatten().cloned());
                self.times.extend(seen.client_submit_time.clone().flatten());
            }
            None => _ = self.unserved.insert("observe".to_owned()),
        }
        Ok(seen)
    }

    /// Makes a check. What keeps it from its end is a note of it.
    pub(super) fn check(
        &mut self,
        run: fn(&mut Self, &mut Notes) -> Checked<S>,
        notes: &mut Notes,
    ) -> Result<(), S::Error> {
        match run(self, notes) {
            Ok(()) => Ok(()),
            Err(Halt::Cannot(why)) => {
                notes.add(Mark::NotServed, why, "");
                Ok(())
            }
            Err(Halt::Adapter(error)) => Err(error),
        }
    }
}

/// The parameters of a call that names only an open object.
pub(super) fn of_handle(handle: &str) -> CallParams {
    CallParams { handle: Some(handle.to_owned()), ..CallParams::default() }
}

/// MAPI, to whom everything succeeds.
#[derive(Debug, Default)]
pub(super) struct Mapi {
    /// Looks at the message before it answers.
    pub(super) looks: bool,
}

impl Support for Mapi {
    fn answer(&mut self, method: &str, params: &CallParams, sut: &mut dyn Observe) -> CallResult {
        if let (true, Some(entry_id)) = (self.looks, &params.entry_id) {
            // What it shows is looked at elsewhere; here it only has to come.
            let _ = sut.observe(entry_id);
        }
        CallResult {
            flags: (method == "support.expand_recips").then(Vec::new),
            superseded: (method == "support.do_sent_mail").then_some(false),
            ..CallResult::from(HResult::S_OK)
        }
    }
}

/// The parameters of a call by `session`.
pub(super) fn of_session(session: &str) -> CallParams {
    CallParams { session: Some(session.to_owned()), ..CallParams::default() }
}
