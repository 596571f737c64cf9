//! What callers did in a log, as a scenario that can be tried on a provider.
//!
//! What the provider did is left open: the oracle judges it again. How MAPI answered during a call is taken from the
//! support calls, where the log has them.

use std::collections::BTreeMap;

use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::Event;
use spoolproof_sdk::wire::{CallParams, CallResult, Coupling, LockState, Profile, Recipient, SortsQueue};

use crate::oracle::Span;
use crate::scenario::{Answers, Call, Event as Notice, NewMessage, OpenFlag, Scenario, Step, Target};

/// The calls of `events`, which are in the order of a log, as the scenario `id` for a store of this profile.
///
/// A call that a scenario cannot make is left out, such as one through a handle of before the log. `None` if none is left.
#[must_use]
pub fn script(
    id: &str,
    (title, requirements): (&str, &[String]),
    profile: &Profile,
    events: &[Event],
) -> Option<Scenario> {
    let (title, requirements) = (title.to_owned(), requirements.to_vec());
    let mut scribe = Scribe::default();
    let mut scenario = Scenario { id: id.to_owned(), title, requirements, profile: needed(profile), steps: Vec::new() };
    for inner in events.iter().filter(|event| event.call.starts_with("support.")) {
        scribe.answered(inner);
    }
    for event in by_begin(events) {
        let at = scenario.steps.len();
        for (step, opener) in scribe.steps(event, at) {
            scribe.wanted.push(opener);
            let with = |step: Step| {
                let mut longer = Scenario { steps: [&scenario.steps[..], &[step]].concat(), ..scenario.clone() };
                longer.name_handles(&scribe.wanted);
                longer.clone().read_again().map(|_| longer)
            };
            match with(step.clone()).or_else(|| with(Step { together: None, ..step })) {
                Some(longer) => scenario = longer,
                None => {
                    scribe.wanted.pop();
                    scribe.handles.retain(|_, (_, opener)| *opener != at);
                }
            }
        }
    }
    scenario.read_again()
}

/// What a case has to say of the store: what is not so unless it is said.
fn needed(profile: &Profile) -> Profile {
    let tight = profile.coupling == Some(Coupling::Tight);
    Profile {
        outgoing_submission: profile.outgoing_submission.filter(|sends| !sends),
        coupling: profile.coupling.filter(|_| tight),
        handles_addrtypes: profile.handles_addrtypes.clone().filter(|_| tight),
        wants_spooler_completion: profile.wants_spooler_completion.filter(|wants| *wants),
        persists_lock: profile.persists_lock.filter(|persists| *persists),
        sorts_queue: profile.sorts_queue.filter(|by| *by == SortsQueue::Table),
        readings: BTreeMap::new(),
    }
}

/// The calls on the store in the order in which they began: those that overlap stand in the log as they returned.
fn by_begin(events: &[Event]) -> Vec<&Event> {
    let of_callers = |event: &&Event| !event.call.starts_with("support.") && !event.call.starts_with("notify.");
    let mut calls: Vec<&Event> = events.iter().filter(of_callers).collect();
    let began = |call: &Event| Span::of(call).map(|span| span.began);
    for at in 1..calls.len() {
        let mut at = at;
        while at > 0 && began(calls[at]).zip(began(calls[at - 1])).is_some_and(|(this, before)| this < before) {
            calls.swap(at, at - 1);
            at -= 1;
        }
    }
    calls
}

/// Gives messages and handles the names that they have in the scenario.
#[derive(Debug, Default)]
struct Scribe {
    /// Entry identifier → name.
    messages: BTreeMap<String, String>,
    /// Handle → the message that it is on, and the step that opened it.
    handles: BTreeMap<String, (String, usize)>,
    /// For each step, the step whose handle it uses.
    wanted: Vec<Option<usize>>,
    /// How MAPI answered, by the number of the call in whose course it did.
    answers: BTreeMap<u64, Answers>,
    /// What the last call brings about that is notified.
    owed: Option<(Notice, Option<String>)>,
    /// The calls that overlap with the last one, and when the last of them ended.
    group: (usize, Option<i64>),
}

impl Scribe {
    /// The steps that do again what happened, each with the step whose handle it uses; the first is step `at`.
    fn steps(&mut self, event: &Event, at: usize) -> Vec<(Step, Option<usize>)> {
        let mut steps = Vec::new();
        let (params, result) = (&event.params, &event.result);
        let held = params.handle.as_ref().and_then(|handle| self.handles.get(handle)).cloned();
        let (target, opener) =
            held.map_or((None, None), |(message, opener)| (Some(Target { message, handle: None }), Some(opener)));
        if let Some(call) = self.call(event, target) {
            if let (Some(opened), Some(handle)) = (call.opens(), &result.handle) {
                self.handles.insert(handle.clone(), (opened.message.clone(), at));
            }
            let session = event.session.clone().filter(|_| !matches!(call, Call::Restart { .. }));
            self.owed = owed(&call).or_else(|| self.owed.take());
            let mut step = Step::new(call, session);
            step.together = self.together(event);
            if let Call::OpenEntry { .. } = step.call
                && step.together.is_none()
            {
                // What was not opened is not there to be used.
                step.expect = result.hresult.into_iter().filter(|code| !code.is_success()).collect();
            }
            steps.push((step, opener));
        }
        if event.x_settled == Some(true)
            && let Some((event, message)) = self.owed.clone()
        {
            steps.push((Step::new(Call::ExpectNotification { event, message }, None), None));
        }
        for (id, seen) in event.observed.iter().flatten() {
            if let (Some(now), Some(name)) = (&seen.entry_id_now, self.messages.get(id).cloned()) {
                self.messages.insert(now.clone(), name);
            }
        }
        steps
    }

    /// Keeps what MAPI answered, for the call in whose course it did.
    fn answered(&mut self, Event { call, result, during, .. }: &Event) {
        let code = result.hresult.filter(|code| *code != HResult::S_OK);
        let has = |name: &str| result.flags.iter().flatten().any(|flag| flag == name);
        let answers = self.answers.entry(during.unwrap_or_default()).or_default();
        match call.as_str() {
            "support.prepare_submit" => (answers.prepare, answers.prepared) = (code, result.recipients.clone()),
            "support.expand_recips" => {
                (answers.expand, answers.expanded) = (code, result.recipients.clone());
                answers.needs_preprocessing = has("NEEDS_PREPROCESSING");
                answers.needs_spooler = has("NEEDS_SPOOLER");
            }
            "support.complete_msg" => answers.complete = code,
            "support.do_sent_mail" => {
                (answers.sent_mail, answers.superseded) = (code, result.superseded.unwrap_or_default());
            }
            "support.spooler_notify" => answers.notify = code,
            _ => {}
        }
    }

    fn call(&mut self, event: &Event, target: Option<Target>) -> Option<Call> {
        let Event { call, params, result, seq, .. } = event;
        let answers = self.answers.remove(seq).unwrap_or_default();
        let message = params.entry_id.as_ref().and_then(|id| self.messages.get(id)).cloned();
        Some(match call.as_str() {
            "abort_submit" => Call::AbortSubmit { message: message? },
            "create_message" => Call::CreateMessage(self.created(params, result)?),
            "finished_msg" => Call::FinishedMsg { message: message?, answers },
            "get_outgoing_queue" => Call::GetOutgoingQueue,
            "get_props" => {
                let names = params.props.iter().filter_map(serde_json::Value::as_array).flatten();
                Call::GetProps {
                    target: target?,
                    props: names.filter_map(|it| Some(it.as_str()?.to_owned())).collect(),
                }
            }
            "notify_new_mail" => Call::NotifyNewMail { message: message? },
            "open_entry" => {
                let flags = params.flags.as_deref().unwrap_or_default();
                let flag = OpenFlag::ALL.into_iter().find(|flag| flags.iter().any(|name| name == flag.name()));
                Call::OpenEntry { target: Target { message: message?, handle: None }, flag, access: None }
            }
            "release" => Call::Release { target: target? },
            "restart" => Call::Restart { kind: params.kind? },
            "set_lock_state" => Call::SetLockState { target: target?, lock: params.lock_state? == LockState::Locked },
            "set_props" => {
                let subject = params.props.as_ref().and_then(|props| props.get("PR_SUBJECT")?.as_str());
                let subject = subject.unwrap_or("changed").to_owned();
                Call::SetProps { target: target?, subject, save: params.save.unwrap_or(true) }
            }
            "set_responsibility" => {
                let recipient = params.recipient.clone()?;
                Call::SetResponsibility { target: target?, recipient, value: params.value.unwrap_or(true) }
            }
            "submit_message" => {
                let force = params.flags.iter().flatten().any(|flag| flag == "FORCE_SUBMIT");
                Call::SubmitMessage { target: target?, force, answers }
            }
            _ => return None,
        })
    }

    fn created(&mut self, params: &CallParams, result: &CallResult) -> Option<NewMessage> {
        let name = format!("m{}", self.messages.len() + 1);
        self.messages.insert(result.entry_id.clone()?, name.clone());
        Some(NewMessage {
            target: Target { message: name, handle: None },
            recipients: params.recipients.iter().flatten().map(plain).collect(),
            sentmail: params.sentmail.unwrap_or_default(),
            delete_after_submit: params.delete_after_submit,
            resend: params.message_flags.iter().flatten().any(|flag| flag == "MSGFLAG_RESEND"),
            // No rule asks what it is, only whether it changes.
            subject: None,
        })
    }

    /// The group of calls that overlap with each other to which this one belongs.
    fn together(&mut self, event: &Event) -> Option<String> {
        let span = Span::of(event)?;
        let (number, ended) = self.group;
        let joins = ended.is_some_and(|ended| span.began < ended);
        self.group = (number + usize::from(!joins), Some(if joins { span.ended.max(ended?) } else { span.ended }));
        Some(format!("at-once-{}", self.group.0))
    }
}

/// A recipient as files write it: without what is so anyway.
fn plain(recipient: &Recipient) -> Recipient {
    Recipient {
        address: recipient.address.clone(),
        addrtype: recipient.addrtype.clone().filter(|addrtype| addrtype != "SMTP"),
        kind: recipient.kind.clone().filter(|kind| kind != "MAPI_TO"),
        responsibility: None,
    }
}

/// What a call brings about that is notified.
fn owed(call: &Call) -> Option<(Notice, Option<String>)> {
    let event = match call {
        Call::SubmitMessage { .. } => Notice::Added,
        Call::AbortSubmit { .. } | Call::FinishedMsg { .. } => Notice::Deleted,
        Call::SetLockState { .. } | Call::SetResponsibility { .. } => Notice::Modified,
        Call::NotifyNewMail { .. } => Notice::NewMail,
        _ => return None,
    };
    Some((event, call.message().map(str::to_owned)))
}
