//! What a spooler met with in a log, as a case in which another spooler meets with it.
//!
//! Clients, transports and preprocessors do again what they did, one answer after the other; what the spooler did is left
//! open.

use std::collections::BTreeMap;

use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::{Recipient, SPOOLER_REQUESTS};

use crate::scenario::{Handing, Happening, PlayedPreprocessor, PlayedTransport, Preparing, SpoolerScenario};

/// What happens to the spooler in `events`, which are in the order of a log, as the case `id`.
///
/// `None` if the log does not say which transports there are, or nothing is submitted in it.
#[must_use]
pub fn script_spooler(
    id: &str,
    (title, requirements): (&str, &[String]),
    header: &Header,
    events: &[Event],
) -> Option<SpoolerScenario> {
    let mut scribe = Scribe::new(header)?;
    events.iter().for_each(|event| scribe.take(event));
    let Scribe { transports, preprocessors, steps, .. } = scribe;
    let (title, requirements) = (title.to_owned(), requirements.to_vec());
    let case = SpoolerScenario { id: id.to_owned(), title, requirements, transports, preprocessors, steps };
    let known: Vec<&str> = case.requirements.iter().map(String::as_str).collect();
    SpoolerScenario::parse(id, &case.to_toml(), &known).ok()
}

#[derive(Debug)]
struct Scribe {
    /// Their names, in transport order.
    names: Vec<String>,
    transports: Vec<PlayedTransport>,
    preprocessors: Vec<PlayedPreprocessor>,
    steps: Vec<Happening>,
    /// Entry identifier → the message's name, and what was composed.
    messages: BTreeMap<String, Happening>,
    /// Handle → entry identifier.
    handles: BTreeMap<String, String>,
    /// The transport that has just reported recipients undeliverable.
    reports: Option<String>,
    /// How many calls the spooler has made since it was woken; `None` when it is idle.
    awake: Option<usize>,
}

impl Scribe {
    fn new(header: &Header) -> Option<Self> {
        let known = header.transports.as_ref()?;
        let names: Vec<String> = known.iter().map(|transport| transport.name.clone()).collect();
        let played = |addrtypes: &Vec<String>| PlayedTransport { addrtypes: addrtypes.clone(), answers: Vec::new() };
        let preprocessors = header.preprocessors.iter().flatten().map(|known| {
            let transport = names.iter().position(|name| *name == known.transport)? + 1;
            let (addrtypes, removes) = (known.addrtypes.clone(), known.removes.unwrap_or(true));
            Some(PlayedPreprocessor { transport, addrtypes, removes, answers: Vec::new() })
        });
        Some(Self {
            transports: known.iter().map(|transport| played(&transport.addrtypes)).collect(),
            preprocessors: preprocessors.collect::<Option<_>>()?,
            names,
            steps: Vec::new(),
            messages: BTreeMap::new(),
            handles: BTreeMap::new(),
            reports: None,
            awake: None,
        })
    }

    fn take(&mut self, event: &Event) {
        let by = event.session.as_deref().unwrap_or_default();
        if by.starts_with("client") {
            self.by_client(event);
        } else if self.names.iter().any(|name| name == by) {
            match event.call.as_str() {
                "support.spooler_notify" => self.wakes(event),
                "support.status_recips" => self.reports = Some(by.to_owned()),
                _ => {}
            }
        } else if event.call == "spooler.wake" {
            self.wake_if_idle();
            self.awake.take_if(|_| event.result.idle == Some(true));
        } else if by == "spooler" && event.call == "restart" {
            self.dies();
        } else if by == "spooler" && SPOOLER_REQUESTS.contains(&event.call.as_str()) {
            self.by_spooler(event);
        }
    }

    fn by_client(&mut self, Event { call, params, result, .. }: &Event) {
        match call.as_str() {
            "create_message" => {
                let (Some(id), Some(handle)) = (&result.entry_id, &result.handle) else { return };
                let composed = Happening::SubmitMessage {
                    message: format!("m{}", self.messages.len() + 1),
                    recipients: params.recipients.iter().flatten().map(written).collect(),
                    sentmail: params.sentmail.unwrap_or_default(),
                    delete_after_submit: params.delete_after_submit.unwrap_or_default(),
                };
                self.messages.insert(id.clone(), composed);
                self.handles.insert(handle.clone(), id.clone());
            }
            "submit_message" => {
                let message = params.handle.as_ref().and_then(|handle| self.handles.get(handle));
                let message = message.and_then(|id| self.messages.get(id)).filter(|it| !self.steps.contains(it));
                self.steps.extend(message.cloned());
                // It happens beside whatever the spooler does; here, before that.
                self.awake = None;
            }
            "abort_submit" => {
                let message = params.entry_id.as_deref().and_then(|id| self.name(id));
                self.steps.extend(message.map(|message| Happening::AbortSubmit { message }));
                self.awake = None;
            }
            _ => {}
        }
    }

    /// A transport has news.
    fn wakes(&mut self, Event { params, session, .. }: &Event) {
        let place = self.names.iter().position(|name| Some(name) == session.as_ref()).map(|at| at + 1);
        let ready = params.flags.iter().flatten().any(|flag| flag == "NOTIFY_READYTOSEND");
        let message = params.entry_id.as_deref().and_then(|id| self.name(id));
        let (ready, sent_deferred, of) = if ready { (place, None, None) } else { (None, message, place) };
        self.steps.push(Happening::Wake { ready, sent_deferred, of, dies_after: None });
        self.awake = Some(0);
    }

    fn wake_if_idle(&mut self) {
        if self.awake.is_none() {
            self.steps.push(Happening::Wake { ready: None, sent_deferred: None, of: None, dies_after: None });
            self.awake = Some(0);
        }
    }

    fn dies(&mut self) {
        self.wake_if_idle();
        if let (Some(Happening::Wake { dies_after, .. }), Some(calls)) = (self.steps.last_mut(), self.awake) {
            *dies_after = Some(calls.max(1));
        }
        // It may die once in a step.
        self.awake = None;
    }

    fn by_spooler(&mut self, event: &Event) {
        self.wake_if_idle();
        self.awake = self.awake.map(|calls| calls + 1);
        let Event { call, params, result, .. } = event;
        let transport = params.transport.as_ref().and_then(|name| self.names.iter().position(|each| each == name));
        match (call.as_str(), transport) {
            ("transport.submit_message", Some(at)) => {
                let played = &mut self.transports[at];
                let takes = |row: &&Recipient| {
                    let addrtype = row.addrtype.as_deref().unwrap_or("SMTP");
                    let its_own = played.addrtypes.iter().any(|each| each.eq_ignore_ascii_case(addrtype));
                    row.responsibility != Some(true) && its_own
                };
                let done = result.recipients.as_ref().map_or(0, Vec::len);
                let offered = params.recipients.as_ref().map_or(1, |rows| rows.iter().filter(takes).count());
                let reports = self.reports.take().is_some_and(|name| Some(name) == params.transport);
                if offered > 0 {
                    let handing = handing(result.hresult, done, offered);
                    played.answers.push(if reports { Handing::Reports } else { handing });
                }
            }
            ("transport.end_message", Some(at)) => {
                let flag =
                    result.flags.iter().flatten().find_map(|flag| DEFERRING.iter().find(|it| it.flag() == Some(flag)));
                if let (Some(last), Some(flag)) = (self.transports[at].answers.last_mut(), flag) {
                    *last = *flag;
                }
            }
            ("preprocess", _) => {
                let at = params.index.and_then(|index| usize::try_from(index).ok());
                if let Some(played) = at.and_then(|at| self.preprocessors.get_mut(at)) {
                    let found = result.recipients.as_ref().is_some_and(|rows| !rows.is_empty());
                    played.answers.push(match result.hresult {
                        Some(code) if code.is_success() && found => Preparing::Undeliverable,
                        Some(code) if code.is_success() => Preparing::Succeeds,
                        Some(_) | None => Preparing::Fails,
                    });
                }
            }
            _ => {}
        }
    }

    fn name(&self, id: &str) -> Option<String> {
        match self.messages.get(id) {
            Some(Happening::SubmitMessage { message, .. }) => Some(message.clone()),
            Some(_) | None => None,
        }
    }
}

/// What a transport says when it has not sent.
const DEFERRING: [Handing; 3] = [Handing::DontResend, Handing::ResendLater, Handing::ResendNow];

/// What a transport does that returns this, and has seen to `done` of those whom it was offered.
fn handing(code: Option<HResult>, done: usize, offered: usize) -> Handing {
    const REFUSALS: [Handing; 5] =
        [Handing::Busy, Handing::Wait, Handing::NetworkError, Handing::NotMe, Handing::Cancel];
    match REFUSALS.into_iter().find(|refusal| Some(refusal.code()) == code) {
        Some(refusal) => refusal,
        None if done == 1 && offered > 1 => Handing::SendsToFirst,
        None => Handing::Sends,
    }
}

/// A recipient as the cases write it.
fn written(recipient: &Recipient) -> String {
    match recipient.addrtype.as_deref() {
        Some("SMTP") | None => recipient.address.clone(),
        Some(addrtype) => format!("{addrtype}:{}", recipient.address),
    }
}
