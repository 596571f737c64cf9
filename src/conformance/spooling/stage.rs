//! What the spooler under test finds around it: a played store, transports and preprocessors, each call recorded.

use std::collections::BTreeMap;

use spoolproof_sdk::trace::Event;
use spoolproof_sdk::wire::{CallParams, CallResult, Recipient, SPOOLER_REQUESTS};
use spoolproof_sdk::{Answer, CallError, HResult};

use super::parts::Parts;
use crate::conformance::simulated::Simulated;
use crate::conformance::sut::{Notification, Observe, Outcome, Served, Support, SupportCall, Sut as _};
use crate::oracle::{Oracle, Roster};
use crate::scenario::SpoolerScenario;

/// The name of the session that the spooler has at the store.
pub(super) const SPOOLER: &str = "spooler";

/// Everything around the spooler, while one case runs.
#[derive(Debug)]
pub(in crate::conformance) struct Stage<'a> {
    case: &'a str,
    oracle: &'a mut Oracle,
    store: Simulated,
    parts: Parts<'a>,
    roster: Option<Roster>,
    /// Entry identifiers of the messages, by name.
    pub(super) messages: BTreeMap<String, String>,
    pub(super) events: Vec<Event>,
    /// How many more requests of the spooler's are let through before it is killed.
    pub(super) lives_for: Option<usize>,
    /// Why nothing more can be judged.
    pub(super) contradiction: Option<String>,
}

impl<'a> Stage<'a> {
    pub(in crate::conformance) fn new(scenario: &'a SpoolerScenario, oracle: &'a mut Oracle) -> Self {
        let roster = Roster::new(Parts::transports(scenario), Parts::preprocessors(scenario));
        Self {
            case: &scenario.id,
            oracle,
            store: Simulated::default(),
            parts: Parts::new(scenario),
            roster,
            messages: BTreeMap::new(),
            events: Vec::new(),
            lives_for: None,
            contradiction: None,
        }
    }

    /// A client composes and submits a message; MAPI asks for preprocessing if a preprocessor matches.
    pub(in crate::conformance) fn submit(&mut self, name: &str, draft: CallParams) {
        let session = Some("client-1".to_owned());
        let draft = CallParams { session: session.clone(), subject: Some(format!("message {name}")), ..draft };
        let Ok(created) = self.of_store("create_message", &draft) else { return };
        let (Some(entry_id), Some(handle)) = (created.entry_id, created.handle) else { return };
        self.oracle.name(&entry_id, name);
        self.messages.insert(name.to_owned(), entry_id);
        let params = CallParams { session, handle: Some(handle), ..CallParams::default() };
        // The model permits a client whatever comes here, so that nothing of it fails.
        let _ = self.of_store("submit_message", &params);
        let _ = self.of_store("release", &params);
    }

    /// A client takes a message back.
    pub(super) fn abort(&mut self, name: &str) {
        let session = Some("client-1".to_owned());
        let params = CallParams { session, entry_id: self.messages.get(name).cloned(), ..CallParams::default() };
        let _ = self.of_store("abort_submit", &params);
    }

    /// The spooler process is gone, and another one starts.
    pub(super) fn died(&mut self) {
        self.parts.forsake();
        self.store.leave(SPOOLER);
        let params = CallParams { kind: Some(spoolproof_sdk::wire::RestartKind::Crash), ..CallParams::default() };
        let result = CallResult::from(HResult::S_OK);
        self.record(Event {
            session: Some(SPOOLER.to_owned()),
            call: "restart".to_owned(),
            params,
            result,
            ..Event::default()
        });
    }

    /// Numbers, judges and keeps an event; every message is looked at with it.
    pub(super) fn record(&mut self, event: Event) {
        let seen = self.messages.values().filter_map(|id| Some((id.clone(), self.store.observe(id).ok()??)));
        let observed: BTreeMap<_, _> = seen.collect();
        let observed = (!observed.is_empty()).then_some(observed);
        self.keep(Event { observed, ..event });
    }

    fn keep(&mut self, event: Event) {
        let event = Event { seq: self.events.len() as u64 + 1, case: Some(self.case.to_owned()), ..event };
        if let Err(error) = self.oracle.event(&event) {
            self.contradiction.get_or_insert_with(|| error.to_string());
        }
        self.events.push(event);
    }

    /// A call on the played store, by whomever.
    fn of_store(&mut self, method: &str, params: &CallParams) -> Answer {
        let rows = self.rows(self.entry_id(params).as_deref().unwrap_or_default());
        let preprocessing = self.roster.as_ref().is_some_and(|roster| !roster.due(&rows).is_empty());
        let outcome = self.store.call(method, params, &mut Mapi { preprocessing });
        let support = self.store.take_support_calls();
        let notifications = self.store.take_notifications();
        let during = self.events.len() as u64 + 1 + support.len() as u64 + notifications.len() as u64;
        for SupportCall { method, params, answer } in support {
            let session = Some("store".to_owned());
            self.keep(Event {
                session,
                call: method,
                params,
                result: answer,
                during: Some(during),
                ..Event::default()
            });
        }
        for Notification { method, params } in notifications {
            self.keep(Event { session: Some("store".to_owned()), call: method, params, ..Event::default() });
        }
        match outcome {
            Ok(Outcome::Returned(mut result)) => {
                let succeeded = result.hresult.is_some_and(HResult::is_success);
                if method == "open_entry" && succeeded {
                    result.recipients = Some(self.rows(params.entry_id.as_deref().unwrap_or_default()));
                }
                if let (true, Some(entry_id)) = (method == "create_message" && succeeded, &result.entry_id) {
                    self.messages.insert(entry_id.clone(), entry_id.clone());
                }
                let session = params.session.clone();
                self.record(Event {
                    session,
                    call: method.to_owned(),
                    params: params.clone(),
                    result: result.clone(),
                    ..Event::default()
                });
                Ok(result)
            }
            Ok(Outcome::BadParams(what)) => Err(CallError::BadParams(what)),
            Ok(Outcome::Unsupported) => Err(CallError::Unsupported),
            Err(error) => Err(CallError::Failed(error.to_string())),
        }
    }

    /// The message that a call is about.
    fn entry_id(&self, params: &CallParams) -> Option<String> {
        params.entry_id.clone().or_else(|| self.store.opened(params.handle.as_deref()?))
    }

    /// The recipient table of a message, as it is stored.
    fn rows(&mut self, entry_id: &str) -> Vec<Recipient> {
        self.store.observe(entry_id).ok().flatten().and_then(|seen| seen.recipients).unwrap_or_default()
    }

    /// A call of the spooler's that goes to a transport, a preprocessor or MAPI.
    fn of_others(&mut self, method: &str, params: &CallParams) -> Answer {
        let entry_id = params.entry_id()?;
        if !self.messages.values().any(|known| known == entry_id) {
            return Err(CallError::bad_params(format!("no message has the entry id `{entry_id}`")));
        }
        let stored = self.rows(entry_id);
        let result = match method {
            "preprocess" => self.parts.preprocess(params.index, &stored)?,
            "remove_preprocess_info" => self.parts.remove_info(params.index)?,
            "transport.submit_message" => {
                let rows = shown(&stored, params.recipients.as_deref());
                let handed = self.parts.submit(params.transport.as_deref(), entry_id, &rows)?;
                if !handed.reported.is_empty() {
                    let by = params.transport.clone();
                    let (reported, entry_id) = (handed.reported, Some(entry_id.to_owned()));
                    let params = CallParams { entry_id, recipients: Some(reported), ..CallParams::default() };
                    let result = CallResult::from(HResult::S_OK);
                    let call = "support.status_recips".to_owned();
                    self.record(Event { session: by, call, params, result, ..Event::default() });
                }
                handed.result
            }
            "transport.end_message" => self.parts.end(params.transport.as_deref(), entry_id, params.message_ref)?,
            "support.status_recips" if params.recipients.is_none() => {
                return Err(CallError::bad_params("`recipients` is missing"));
            }
            "support.status_recips" => CallResult::from(HResult::S_OK),
            _ => return Err(CallError::Unsupported),
        };
        let session = Some(SPOOLER.to_owned());
        let (call, params, kept) = (method.to_owned(), params.clone(), result.clone());
        self.record(Event { session, call, params, result: kept, ..Event::default() });
        Ok(result)
    }

    fn request(&mut self, method: &str, params: &CallParams) -> Answer {
        let elsewhere = method.starts_with("transport.") || method.starts_with("support.");
        if elsewhere || matches!(method, "preprocess" | "remove_preprocess_info") {
            return self.of_others(method, params);
        }
        let session = params.session.as_deref().unwrap_or(SPOOLER);
        if session != SPOOLER {
            return Err(CallError::bad_params(format!(
                "the session of this spooler is `{SPOOLER}`, and not `{session}`"
            )));
        }
        let session = Some(session.to_owned());
        self.of_store(method, &CallParams { session, ..params.clone() })
    }
}

impl Support for Stage<'_> {
    fn has(&self, method: &str) -> bool {
        SPOOLER_REQUESTS.contains(&method)
    }

    fn serve(&mut self, method: &str, params: &CallParams, _sut: &mut dyn Observe) -> Served {
        let answer = self.request(method, params);
        if let Some(left) = &mut self.lives_for {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return Served::Killed;
            }
        }
        match answer {
            Ok(result) => Served::Result(Box::new(result)),
            Err(error) => Served::BadParams(error.to_string()),
        }
    }

    fn answer(&mut self, method: &str, params: &CallParams, _sut: &mut dyn Observe) -> CallResult {
        self.request(method, params).unwrap_or_else(|_| CallResult::from(HResult::MAPI_E_CALL_FAILED))
    }
}

/// The rows as the spooler shows them to a transport: the stored ones, where it shows none.
fn shown(stored: &[Recipient], shown: Option<&[Recipient]>) -> Vec<Recipient> {
    let of = |row: &Recipient| {
        let other = shown.into_iter().flatten().find(|other| other.address == row.address);
        Recipient { responsibility: other.map_or(row.responsibility, |other| other.responsibility), ..row.clone() }
    };
    stored.iter().map(of).collect()
}

/// MAPI's support object at the played store.
struct Mapi {
    preprocessing: bool,
}

impl Support for Mapi {
    fn answer(&mut self, method: &str, _params: &CallParams, _sut: &mut dyn Observe) -> CallResult {
        let flags = (method == "support.expand_recips").then(|| {
            let needs = self.preprocessing.then(|| "NEEDS_PREPROCESSING".to_owned());
            needs.into_iter().collect()
        });
        let superseded = (method == "support.do_sent_mail").then_some(false);
        CallResult { flags, superseded, ..CallResult::from(HResult::S_OK) }
    }
}
