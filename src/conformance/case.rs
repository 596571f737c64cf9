//! One case: a scenario's calls, one after the other, each recorded and judged as it returns.

use std::collections::BTreeMap;

use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::Event;
use spoolproof_sdk::wire::{CallParams, CallResult, LockState, Observation};

use super::answers::{Script, with_defaults};
use super::patience::Patience;
use super::sut::{Notification, Outcome, Sut};
use crate::oracle::Oracle;
use crate::scenario::{Call, Scenario, Step};

/// How a case ended, beside what the oracle found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// Every step was taken, or left out for a reason that the steps before it give.
    Done,
    /// The adapter does not serve what the case needs.
    Unsupported(String),
    /// The adapter, or the scenario, failed.
    Failed(String),
}

/// A case that is running.
#[derive(Debug)]
pub(super) struct Run<'a, S: Sut> {
    pub(super) sut: &'a mut S,
    pub(super) oracle: &'a mut Oracle,
    pub(super) scenario: &'a Scenario,
    patience: &'a mut Patience,
    pub(super) events: Vec<Event>,
    pub(super) seq: u64,
    /// Message name → entry identifier.
    pub(super) messages: BTreeMap<&'a str, String>,
    /// Step → the handle that it made.
    handles: BTreeMap<usize, String>,
    /// Handles through which a message was submitted, or that died in a restart: a refusal of their use is not judged.
    pub(super) weak: Vec<String>,
    observes: bool,
    /// Counts what calls that overlap do: each that is made, and each that returns.
    pub(super) clock: i64,
    /// Whether the last step that is no branch was taken, and succeeded.
    went_well: bool,
    /// Whether the store can do nothing with a submitted message but queue it.
    pub(super) queues: bool,
}

impl<'a, S: Sut> Run<'a, S> {
    pub(super) fn new(
        sut: &'a mut S,
        oracle: &'a mut Oracle,
        scenario: &'a Scenario,
        (patience, queues): (&'a mut Patience, bool),
    ) -> Self {
        let observes = sut.about().supports.iter().any(|method| method == "observe");
        Self {
            sut,
            oracle,
            scenario,
            patience,
            events: Vec::new(),
            seq: 0,
            messages: BTreeMap::new(),
            handles: BTreeMap::new(),
            weak: Vec::new(),
            observes,
            clock: 0,
            went_well: true,
            queues,
        }
    }

    /// Takes every step that can be taken.
    pub(super) fn steps(&mut self) -> End {
        let openers = self.scenario.openers();
        for group in self.scenario.groups() {
            let mut taken = Vec::new();
            for index in group {
                let step = &self.scenario.steps[index];
                if step.otherwise && self.went_well {
                    continue;
                }
                if !step.otherwise && !matches!(step.call, Call::ExpectNotification { .. } | Call::Observe { .. }) {
                    self.went_well = false;
                }
                let handle = match openers.get(index).copied().flatten() {
                    None => None,
                    Some(opener) => match self.handles.get(&opener) {
                        Some(handle) => Some(handle.clone()),
                        None => continue, // The provider refused what would have given the handle.
                    },
                };
                taken.push((index, handle));
            }
            let ended = if taken.len() > 1 && self.sut.about().concurrent {
                self.together(taken)
            } else {
                taken.into_iter().try_for_each(|(index, handle)| self.step(index, &self.scenario.steps[index], handle))
            };
            if let Err(end) = ended {
                return end;
            }
        }
        End::Done
    }

    fn step(&mut self, index: usize, step: &'a Step, handle: Option<String>) -> Result<(), End> {
        if let Call::ExpectNotification { .. } = step.call {
            return self.await_notification();
        }
        if self.lacks_message(step) {
            return Ok(()); // The message could not be created; that is judged already.
        }
        if let Call::Observe { .. } = step.call {
            return Ok(()); // Every message was looked at after the call before.
        }
        let method = step.call.name();
        if step.optional && !self.sut.about().supports.iter().any(|known| known == method) {
            return Ok(());
        }
        let access = match &step.call {
            Call::OpenEntry { access, .. } => *access,
            _ => None,
        };
        self.sut.assume(&step.expect, access);
        let entry_id = step.call.message().and_then(|name| self.messages.get(name)).cloned();
        let params = params(step, entry_id, handle.clone());
        let mut script = Script::new(step.call.answers());
        let outcome = self.sut.call(method, &params, &mut script);
        self.record_meanwhile();
        let outcome = outcome.map_err(|error| End::Failed(error.to_string()))?;
        let mut event = self.event(step, params, outcome, handle.as_deref())?;
        if !step.otherwise {
            self.went_well = event.result.hresult.is_some_and(HResult::is_success);
        }
        self.follow(index, step, handle, &event.result);
        event.observed = self.observe_all()?;
        match &step.call {
            Call::SubmitMessage { .. } if self.queues => self.await_queued(&mut event)?,
            Call::GetOutgoingQueue => self.await_rows(step, &mut event)?,
            _ => {}
        }
        self.record(event)
    }

    /// Whether the step is about a message that could not be created.
    pub(super) fn lacks_message(&self, step: &Step) -> bool {
        let created = matches!(step.call, Call::CreateMessage(_));
        !created && step.call.message().is_some_and(|name| !self.messages.contains_key(name))
    }

    /// What is recorded of a call that returned.
    pub(super) fn event(
        &self,
        step: &Step,
        params: CallParams,
        outcome: Outcome,
        handle: Option<&str>,
    ) -> Result<Event, End> {
        let method = step.call.name();
        let mut event = Event { session: step.session.clone(), call: method.to_owned(), params, ..Event::default() };
        match outcome {
            Outcome::Returned(result) => event.result = result,
            Outcome::Unsupported => {
                return Err(End::Unsupported(format!(
                    "the adapter names {method} in `supports`, and answers -32601 to it"
                )));
            }
            Outcome::BadParams(message) => {
                let excused = handle.is_some_and(|handle| self.weak.iter().any(|weak| weak == handle));
                if !excused {
                    return Err(End::Failed(format!(
                        "the adapter answered -32602 (bad params) to {method}: {message}"
                    )));
                }
                event.error = Some(serde_json::json!({"code": -32602, "message": message}));
            }
        }
        Ok(event)
    }

    /// A submitted message may come into the queue after a delay (GOQ-05, E3): looks again for a while.
    pub(super) fn await_queued(&mut self, event: &mut Event) -> Result<(), End> {
        let late = |observed: &Option<BTreeMap<String, Observation>>| {
            observed.iter().flat_map(BTreeMap::values).any(|seen| {
                let submitted = seen.message_flags.iter().flatten().any(|flag| flag == "MSGFLAG_SUBMIT");
                submitted && seen.in_outgoing_queue == Some(false)
            })
        };
        let mut wait = None;
        while late(&event.observed) && self.patience.again(&mut wait) {
            event.observed = self.observe_all()?;
        }
        Ok(())
    }

    /// The same for its row in the table.
    fn await_rows(&mut self, step: &'a Step, event: &mut Event) -> Result<(), End> {
        let mut wait = None;
        let mut waited = false;
        while self.oracle.misses_rows(event) && self.patience.again(&mut wait) {
            waited = true;
            let params = event.params.clone();
            let outcome = self.sut.call(step.call.name(), &params, &mut Script::new(None));
            match outcome.map_err(|error| End::Failed(error.to_string()))? {
                Outcome::Returned(result) => event.result = result,
                Outcome::Unsupported | Outcome::BadParams(_) => break,
            }
        }
        event.x_settled = (waited && self.oracle.misses_rows(event)).then_some(true);
        Ok(())
    }

    /// Support calls and notifications that came while the call was in progress stand before it in the trace.
    fn record_meanwhile(&mut self) {
        let calls = self.sut.take_support_calls();
        let notifications = self.sut.take_notifications();
        let during = self.seq + 1 + calls.len() as u64 + notifications.len() as u64;
        for call in calls {
            self.seq += 1;
            let event = Event {
                seq: self.seq,
                session: Some("store".to_owned()),
                call: call.method,
                params: call.params,
                result: call.answer,
                during: Some(during),
                case: Some(self.scenario.id.clone()),
                ..Event::default()
            };
            // Support calls are only collected by the oracle; they cannot fail to be judged.
            let _ = self.oracle.event(&event);
            self.events.push(event);
        }
        notifications.into_iter().for_each(|notification| self.notified(notification));
    }

    pub(super) fn notified(&mut self, notification: Notification) {
        self.seq += 1;
        let event = Event {
            seq: self.seq,
            session: Some("store".to_owned()),
            call: notification.method,
            params: notification.params,
            case: Some(self.scenario.id.clone()),
            ..Event::default()
        };
        let _ = self.oracle.event(&event);
        self.events.push(event);
    }

    /// Numbers, judges and keeps an event.
    fn record(&mut self, mut event: Event) -> Result<(), End> {
        self.seq += 1;
        event.seq = self.seq;
        event.case = Some(self.scenario.id.clone());
        let judged = self.oracle.event(&event);
        self.events.push(event);
        judged.map_err(|error| End::Failed(error.to_string()))
    }

    /// Names, handles and entry identifiers that a call made.
    pub(super) fn follow(&mut self, index: usize, step: &'a Step, handle: Option<String>, result: &CallResult) {
        let success = result.hresult.is_some_and(HResult::is_success);
        if !success {
            return;
        }
        match &step.call {
            Call::CreateMessage(message) => {
                if let Some(entry_id) = &result.entry_id {
                    self.oracle.name(entry_id, &message.target.message);
                    self.messages.insert(&message.target.message, entry_id.clone());
                }
                self.keep(index, result);
            }
            Call::OpenEntry { .. } => self.keep(index, result),
            Call::Restart { .. } => self.weak.extend(self.handles.values().cloned()),
            Call::SubmitMessage { .. } | Call::Release { .. } => self.weak.extend(handle),
            _ => {}
        }
    }

    fn keep(&mut self, index: usize, result: &CallResult) {
        if let Some(handle) = &result.handle {
            self.weak.retain(|weak| weak != handle); // A provider may use a dead handle's name again.
            self.handles.insert(index, handle.clone());
        }
    }

    pub(super) fn observe_all(&mut self) -> Result<Option<BTreeMap<String, Observation>>, End> {
        if !self.observes || self.messages.is_empty() {
            return Ok(None);
        }
        let mut observed = BTreeMap::new();
        for entry_id in self.messages.values() {
            match self.sut.observe(entry_id) {
                Ok(Some(seen)) => _ = observed.insert(entry_id.clone(), seen),
                Ok(None) => {}
                Err(error) => return Err(End::Failed(error.to_string())),
            }
        }
        Ok((!observed.is_empty()).then_some(observed))
    }

    /// Waits for the notifications that are owed, no longer than they may take, and judges those that did not come.
    fn await_notification(&mut self) -> Result<(), End> {
        let mut waits = 0;
        while self.oracle.awaits_notification() && waits < 64 {
            if let Err(error) = self.sut.wait_notification(self.patience.limit()) {
                return Err(End::Failed(error.to_string()));
            }
            let notifications = self.sut.take_notifications();
            if notifications.is_empty() {
                self.patience.was_in_vain();
                break;
            }
            notifications.into_iter().for_each(|notification| self.notified(notification));
            waits += 1;
        }
        // A read of the table that is marked as settled says that its rows were waited for, which is another thing.
        if self.events.last().is_some_and(|event| event.call == "get_outgoing_queue") {
            let settled = Some(true);
            return self.record(Event { call: "observe".to_owned(), x_settled: settled, ..Event::default() });
        }
        self.oracle.settle();
        if let Some(event) = self.events.last_mut() {
            event.x_settled = Some(true);
        }
        Ok(())
    }
}

/// The parameters of a step's call, on the message and through the object that it names.
pub(super) fn params(step: &Step, entry_id: Option<String>, handle: Option<String>) -> CallParams {
    let mut params = CallParams { session: step.session.clone(), ..CallParams::default() };
    match &step.call {
        Call::AbortSubmit { .. } | Call::FinishedMsg { .. } | Call::NotifyNewMail { .. } | Call::Observe { .. } => {
            params.entry_id = entry_id;
        }
        Call::CreateMessage(message) => {
            params.recipients = Some(message.recipients.iter().map(with_defaults).collect());
            params.sentmail = message.sentmail.then_some(true);
            params.delete_after_submit = message.delete_after_submit;
            params.message_flags = message.resend.then(|| vec!["MSGFLAG_RESEND".to_owned()]);
            let subject = message.subject.clone().unwrap_or_else(|| format!("message {}", message.target.message));
            params.subject = Some(subject);
        }
        Call::ExpectNotification { .. } => {}
        Call::GetOutgoingQueue => {}
        Call::GetProps { props, .. } => {
            params.handle = handle;
            params.props = Some(props.iter().cloned().map(serde_json::Value::String).collect());
        }
        Call::OpenEntry { flag, .. } => {
            params.entry_id = entry_id;
            params.flags = Some(flag.iter().map(|flag| flag.name().to_owned()).collect());
        }
        Call::Release { .. } => params = CallParams { handle, ..CallParams::default() },
        Call::Restart { kind } => params = CallParams { kind: Some(*kind), ..CallParams::default() },
        Call::SetLockState { lock, .. } => {
            params.handle = handle;
            let state = if *lock { LockState::Locked } else { LockState::Unlocked };
            params.lock_state = Some(state);
        }
        Call::SetProps { subject, save, .. } => {
            let props = serde_json::json!({ "PR_SUBJECT": subject });
            params = CallParams { handle, props: Some(props), save: Some(*save), ..CallParams::default() };
        }
        Call::SetResponsibility { recipient, value, .. } => {
            params.handle = handle;
            params.recipient = Some(recipient.clone());
            params.value = Some(*value);
        }
        Call::SubmitMessage { force, .. } => {
            params.handle = handle;
            params.flags = force.then(|| vec!["FORCE_SUBMIT".to_owned()]);
        }
    }
    params
}
