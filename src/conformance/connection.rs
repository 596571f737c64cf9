//! The protocol between the checker and an adapter: requests that nest, notifications in between.
//!
//! Knows the messages and their order, and nothing of what they say about a provider.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use spoolproof_sdk::PROTOCOL_VERSION;
use spoolproof_sdk::wire::{CallParams, CallResult, Identity, InitializeResult, Observation, SUPPORT_METHODS};

use super::deadline::Deadline;
use super::error::{AdapterError, AdapterErrorKind, Ending, Fault, SeenLine};
use super::framing::Framed;
use super::link::{End, Link};
use super::message::{INVALID_PARAMS, METHOD_NOT_FOUND, Message, Reply, is_id, members, quoted};
use super::message::{bad_params, request, result, unknown_method};
use super::process::Exit;
use super::results::{call_result, observation};
use super::stop::Stop;
use super::sut::{Came, Notification, Observe, Oddity, Outcome, Request, Served, Support, SupportCall};
use super::target::Target;

/// How many support calls one call may make, and how many notifications may wait to be taken.
const MESSAGES_MAX: usize = 10_000;

/// How many oddities are kept.
const ODDITIES_MAX: usize = 200;

/// How an adapter behaved when it was asked to shut down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Parting {
    /// It answered and exited; whether it had something to complain about.
    Exited { well: bool },
    /// It answered and went on.
    Stayed,
    /// It exited without a word.
    Silent,
    /// It neither answered nor exited.
    Deaf,
    /// Somebody else started it, so it was not asked.
    NotOurs,
}

/// A connection to an adapter, and what came over it beside the answers.
#[derive(Debug)]
pub(super) struct Connection {
    /// `None` once the adapter has been ended.
    link: Option<Link>,
    /// The id of the latest request.
    last_id: u64,
    /// Those of the call in progress, or of the last one.
    pub(super) support_calls: Vec<SupportCall>,
    /// Those not taken yet.
    pub(super) notifications: Vec<Notification>,
    /// Those not taken yet.
    pub(super) oddities: BTreeSet<Oddity>,
}

/// An answer, and the line that it stood on.
type Answer = (Reply, SeenLine);

impl Connection {
    /// Reaches the adapter at `target`.
    pub(super) fn open(target: &Target, limit: Duration, stop: Stop) -> Result<Self, AdapterError> {
        match Link::open(target, &Deadline::after(limit), stop) {
            Ok(link) => Ok(Self {
                link: Some(link),
                last_id: 0,
                support_calls: Vec::new(),
                notifications: Vec::new(),
                oddities: BTreeSet::new(),
            }),
            Err(kind) => Err(AdapterError::new(kind.into(), Ending::default())),
        }
    }

    /// Agrees on the version of the protocol.
    pub(super) fn initialize(&mut self, checker: &Identity, limit: Duration) -> Result<InitializeResult, Fault> {
        let params = json!({"protocol_version": PROTOCOL_VERSION, "checker": checker});
        let (reply, line) = self.request("initialize", &params, &Deadline::after(limit), None)?;
        let fault = Fault::in_answer("initialize", line);
        let value = match reply {
            Reply::Result(value) => value,
            Reply::Error { code, message } => return Err(fault(AdapterErrorKind::AdapterFailed { code, message })),
        };
        // Another version may have another result, so this comes first.
        let theirs = value.get("protocol_version").and_then(Value::as_u64);
        if let Some(theirs) = theirs.filter(|theirs| *theirs != u64::from(PROTOCOL_VERSION)) {
            return Err(fault(AdapterErrorKind::UnsupportedVersion { theirs }));
        }
        if !value.is_object() {
            return Err(fault(AdapterErrorKind::BadResult { reason: "expected an object".to_owned() }));
        }
        self.note_members::<InitializeResult>("initialize", &value);
        serde_json::from_value(value)
            .map_err(|error| fault(AdapterErrorKind::BadResult { reason: quoted(&error.to_string()) }))
    }

    /// Calls a provider's method.
    pub(super) fn call(
        &mut self,
        method: &str,
        params: &CallParams,
        limit: Duration,
        support: &mut dyn Support,
    ) -> Result<Outcome, Fault> {
        self.support_calls.clear();
        let answer = self.request(method, &json!(params), &Deadline::after(limit), Some(support))?;
        self.outcome(method, answer)
    }

    /// Calls methods of a provider all at once, and serves the adapter until it has answered every one.
    ///
    /// Each request but the last says how many more belong to it, so that an adapter can wait for all of them.
    pub(super) fn together(
        &mut self,
        calls: &[Request],
        limit: Duration,
        support: &mut dyn Support,
    ) -> Result<Vec<Came>, Fault> {
        self.support_calls.clear();
        let deadline = Deadline::after(limit);
        let first = self.last_id + 1;
        for (Request { method, params }, more) in calls.iter().zip((0..calls.len()).rev()) {
            self.last_id += 1;
            let mut params = json!(params);
            if more > 0 {
                params["overlaps"] = more.into();
            }
            self.send(request(self.last_id, method, &params), &deadline).map_err(Fault::during(method))?;
        }
        let mut came = Vec::new();
        let mut waiting: Vec<(usize, u64)> = (0..calls.len()).zip(first..).collect();
        while let Some((oldest, sent)) = waiting.first().copied() {
            let method = calls[oldest].method;
            let Some((message, line)) = self.receive(&deadline).map_err(Fault::during(method))? else {
                let fault = self.link()?.timed_out(&deadline).into();
                return Err(Fault::during(method)(fault));
            };
            match message {
                Message::Notification { method, params } => self.notice(method, params, line)?,
                Message::Request { id, method, params } => {
                    self.serve(&id, method, params, line, &deadline, Some(support))?;
                    came.extend(self.support_calls.drain(..).map(Box::new).map(Came::Support));
                }
                Message::Response { id, reply } => {
                    let Some(at) = waiting.iter().position(|(_, sent)| is_id(&id, *sent)) else {
                        return Err(unknown_id(&id, Some(sent), line));
                    };
                    let (place, _) = waiting.remove(at);
                    let answered = self.outcome(calls[place].method, (reply, line))?;
                    came.push(Came::Answered(place, Box::new(answered)));
                }
            }
        }
        Ok(came)
    }

    /// What the answer to a provider's method says.
    fn outcome(&mut self, method: &str, (reply, line): Answer) -> Result<Outcome, Fault> {
        let fault = Fault::in_answer(method, line);
        match reply {
            Reply::Result(value) => {
                self.note_members::<CallResult>(method, &value);
                match call_result(method, value) {
                    Ok(result) => Ok(Outcome::Returned(result)),
                    Err(reason) => Err(fault(AdapterErrorKind::BadResult { reason })),
                }
            }
            Reply::Error { code: METHOD_NOT_FOUND, .. } => Ok(Outcome::Unsupported),
            Reply::Error { code: INVALID_PARAMS, message } => Ok(Outcome::BadParams(message)),
            Reply::Error { code, message } => Err(fault(AdapterErrorKind::AdapterFailed { code, message })),
        }
    }

    /// Looks at one message.
    pub(super) fn observe(&mut self, entry_id: &str, deadline: &Deadline) -> Result<Option<Observation>, Fault> {
        let (reply, line) = self.request("observe", &json!({"entry_id": entry_id}), deadline, None)?;
        let fault = Fault::in_answer("observe", line);
        match reply {
            Reply::Result(value) => {
                self.note_members::<Observation>("observe", &value);
                match members(value).and_then(observation) {
                    Ok(observation) => Ok(Some(observation)),
                    Err(reason) => Err(fault(AdapterErrorKind::BadResult { reason })),
                }
            }
            Reply::Error { code: METHOD_NOT_FOUND, .. } => Ok(None),
            Reply::Error { code, message } => Err(fault(AdapterErrorKind::AdapterFailed { code, message })),
        }
    }

    /// Reads until a notification waits to be taken, or `limit` has passed.
    ///
    /// `answers` is the limit for what the adapter asks meanwhile.
    pub(super) fn wait_notification(&mut self, limit: Duration, answers: &Deadline) -> Result<(), Fault> {
        let deadline = Deadline::after(limit);
        while self.notifications.is_empty() {
            let Some((message, line)) = self.receive(&deadline)? else {
                return Ok(());
            };
            match message {
                Message::Notification { method, params } => self.notice(method, params, line)?,
                Message::Request { id, method, params } => self.serve(&id, method, params, line, answers, None)?,
                Message::Response { id, .. } => return Err(unknown_id(&id, None, line)),
            }
        }
        Ok(())
    }

    /// Sends a request, and serves the adapter until it has answered.
    fn request(
        &mut self,
        method: &str,
        params: &Value,
        deadline: &Deadline,
        support: Option<&mut dyn Support>,
    ) -> Result<Answer, Fault> {
        self.last_id += 1;
        let id = self.last_id;
        let line = request(id, method, params);
        self.send(line, deadline).and_then(|()| self.answer_to(id, deadline, support)).map_err(Fault::during(method))
    }

    fn answer_to(
        &mut self,
        sent: u64,
        deadline: &Deadline,
        mut support: Option<&mut dyn Support>,
    ) -> Result<Answer, Fault> {
        loop {
            let Some((message, line)) = self.receive(deadline)? else {
                return Err(self.link()?.timed_out(deadline).into());
            };
            match message {
                Message::Notification { method, params } => self.notice(method, params, line)?,
                Message::Request { id, method, params } => {
                    // Reborrowed by hand: what `as_deref_mut` returns would be borrowed for the whole loop.
                    let support: Option<&mut dyn Support> = match &mut support {
                        Some(support) => Some(&mut **support),
                        None => None,
                    };
                    self.serve(&id, method, params, line, deadline, support)?;
                }
                Message::Response { id, reply } if is_id(&id, sent) => return Ok((reply, line)),
                // An adapter that cannot read a request cannot know its id.
                Message::Response { id: Value::Null, reply: reply @ Reply::Error { .. } } => return Ok((reply, line)),
                Message::Response { id, .. } => return Err(unknown_id(&id, Some(sent), line)),
            }
        }
    }

    /// Answers a request of the adapter's.
    fn serve(
        &mut self,
        id: &Value,
        method: String,
        params: Value,
        line: SeenLine,
        deadline: &Deadline,
        support: Option<&mut dyn Support>,
    ) -> Result<(), Fault> {
        let is_known = match &support {
            Some(support) => support.has(&method),
            None => SUPPORT_METHODS.contains(&method.as_str()),
        };
        if !is_known {
            self.note(Oddity::Request(quoted(&method)));
            return self.send(unknown_method(id, &method), deadline);
        }
        let Some(support) = support else {
            return Err(Fault::at(line)(AdapterErrorKind::SupportOutsideCall { method }));
        };
        if self.support_calls.len() == MESSAGES_MAX {
            return Err(AdapterErrorKind::TooMany { what: "requests", limit: MESSAGES_MAX }.into());
        }
        let params = params_of(&method, params, line)?;
        let mut during = DuringSupport { connection: self, deadline, fault: None };
        let served = support.serve(&method, &params, &mut during);
        if let Some(fault) = during.fault {
            return Err(fault);
        }
        let answer = match served {
            Served::Result(answer) => *answer,
            Served::BadParams(what) => return self.send(bad_params(id, &what), deadline),
            Served::Killed => return Err(AdapterErrorKind::Killed.into()),
        };
        let line = result(id, &answer);
        self.support_calls.push(SupportCall { method, params, answer });
        self.send(line, deadline)
    }

    /// Keeps a notification. One that the protocol does not have is passed over, as JSON-RPC asks.
    fn notice(&mut self, method: String, params: Value, line: SeenLine) -> Result<(), Fault> {
        if !method.starts_with("notify.") {
            self.note(Oddity::Notification(quoted(&method)));
            return Ok(());
        }
        if self.notifications.len() == MESSAGES_MAX {
            return Err(AdapterErrorKind::TooMany { what: "notifications", limit: MESSAGES_MAX }.into());
        }
        let params = params_of(&method, params, line)?;
        self.notifications.push(Notification { method, params });
        Ok(())
    }

    fn note(&mut self, oddity: Oddity) {
        if self.oddities.len() < ODDITIES_MAX {
            self.oddities.insert(oddity);
        }
    }

    /// Notes the members of the result of `method` that a `T` does not have. What is no `T` at all is refused elsewhere.
    fn note_members<T: DeserializeOwned>(&mut self, method: &str, value: &Value) {
        let mut paths = Vec::new();
        let read: Result<T, _> = serde_ignored::deserialize(value, |path| paths.push(path.to_string()));
        if read.is_ok() {
            for path in paths {
                self.note(Oddity::Member { of: method.to_owned(), path: quoted(&path) });
            }
        }
    }

    fn send(&mut self, line: Vec<u8>, deadline: &Deadline) -> Result<(), Fault> {
        Ok(self.link()?.send(line, deadline)?)
    }

    /// The next message, if one comes before `deadline`.
    fn receive(&mut self, deadline: &Deadline) -> Result<Option<(Message, SeenLine)>, Fault> {
        let Some(framed) = self.link()?.receive(deadline)? else {
            return Ok(None);
        };
        match framed {
            Framed::Line { number, bytes } => {
                let line = SeenLine::new(number, &bytes);
                match Message::parse(&bytes) {
                    Ok(message) => Ok(Some((message, line))),
                    Err(kind) => Err(Fault::at(line)(kind)),
                }
            }
            Framed::TooLong { number, start } => {
                Err(Fault::at(SeenLine::new(number, &start))(AdapterErrorKind::LineTooLong))
            }
            Framed::CutOff { number, start } => Err(Fault::at(SeenLine::new(number, &start))(AdapterErrorKind::CutOff)),
            Framed::End => Err(AdapterErrorKind::Ended.into()),
            Framed::Failed(reason) => Err(AdapterErrorKind::ReadFailed { reason }.into()),
        }
    }

    fn link(&mut self) -> Result<&mut Link, Fault> {
        self.link.as_mut().ok_or_else(|| AdapterErrorKind::EndedBefore.into())
    }

    /// What the adapter has logged lately.
    pub(super) fn stderr_tail(&self) -> String {
        self.link.as_ref().map(Link::stderr_tail).unwrap_or_default()
    }

    /// Ends the adapter at once, over `fault`.
    pub(super) fn fail(&mut self, fault: Fault) -> AdapterError {
        let end = if fault.ends_stream() { End::OnceExited } else { End::Now };
        let ending = self.link.take().map(|link| link.end(end)).unwrap_or_default();
        AdapterError::new(fault, ending)
    }

    /// Ends the adapter at once, with nothing to say of it.
    pub(super) fn kill(&mut self) {
        self.link = None;
    }

    /// Asks the adapter to exit, ends it when `limit` has passed, and tells what it did.
    pub(super) fn part(&mut self, limit: Duration) -> Parting {
        if !self.link.as_ref().is_some_and(Link::is_process) {
            self.link = None;
            return Parting::NotOurs;
        }
        let asked = self.request("shutdown", &json!({}), &Deadline::after(limit), None);
        let Some(link) = self.link.take() else { return Parting::Deaf };
        let exit = link.exit_after_input(limit);
        match (asked.is_ok(), exit) {
            (true, Some(Exit::Known(status))) => Parting::Exited { well: status.success() },
            (true, Some(Exit::Unknown)) => Parting::Exited { well: true },
            (true, None) => Parting::Stayed,
            (false, Some(_)) => Parting::Silent,
            (false, None) => Parting::Deaf,
        }
    }

    /// Asks the adapter to exit, and ends it when `limit` has passed.
    pub(super) fn close(&mut self, limit: Duration) {
        if let Some(link) = self.link.take() {
            link.close(request(self.last_id + 1, "shutdown", &json!({})), limit);
        }
    }
}

/// The connection while a support call waits for its answer.
struct DuringSupport<'a> {
    connection: &'a mut Connection,
    /// That of the call around it.
    deadline: &'a Deadline,
    /// What ended the adapter.
    fault: Option<Fault>,
}

impl Observe for DuringSupport<'_> {
    fn observe(&mut self, entry_id: &str) -> Option<Observation> {
        if self.fault.is_some() {
            return None;
        }
        match self.connection.observe(entry_id, self.deadline) {
            Ok(observation) => observation,
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        }
    }
}

fn unknown_id(id: &Value, waiting: Option<u64>, line: SeenLine) -> Fault {
    Fault::at(line)(AdapterErrorKind::UnknownId { id: quoted(&id.to_string()), waiting })
}

/// Reads the params of a support call or a notification. JSON-RPC lets a sender leave out empty ones.
fn params_of(method: &str, params: Value, line: SeenLine) -> Result<CallParams, Fault> {
    let read = if params.is_null() { Ok(CallParams::default()) } else { members::<CallParams>(params) };
    let missing = |params: &CallParams| match method {
        "support.spooler_notify" if params.flags.is_none() => Some("`flags`"),
        "support.prepare_submit" | "support.expand_recips" | "support.complete_msg" | "support.do_sent_mail"
            if params.entry_id.is_none() =>
        {
            Some("`entry_id`")
        }
        _ => None,
    };
    match read.and_then(|params| missing(&params).map_or(Ok(params), |name| Err(format!("{name} is missing")))) {
        Ok(params) => Ok(params),
        Err(reason) => Err(Fault::at(line)(AdapterErrorKind::BadParams { method: method.to_owned(), reason })),
    }
}
