//! The calls of a case that overlap: all are made before any has returned, and judged by whether some order allows them.
//!
//! Which of them a support call belongs to is not on the wire. It belongs to one that was in progress and can have made
//! it; where several can, to the one with which the calls look best, so that no provider is blamed for a guess.

use spoolproof_sdk::trace::{At, Event};
use spoolproof_sdk::wire::{CallParams, CallResult};

use super::answers::Script;
use super::case::{End, Run, params};
use super::sut::{Came, Observe, Outcome, Request, Support, SupportCall, Sut};
use crate::oracle::{Oracle, Unjudged, Verdict};
use crate::scenario::{Call, Step};
use crate::trace::judge_together;

/// How many ways to say whose the support calls were are tried.
const OWNERS_MAX: usize = 64;

/// A call that is in progress together with others.
#[derive(Debug)]
struct InProgress<'a> {
    index: usize,
    step: &'a Step,
    handle: Option<String>,
    /// The message that it is about.
    entry_id: Option<String>,
}

impl InProgress<'_> {
    /// Whether it can have made this support call.
    fn makes(&self, method: &str, params: &CallParams) -> bool {
        let calls = match self.step.call {
            Call::SubmitMessage { .. } => true,
            Call::FinishedMsg { .. } => method == "support.do_sent_mail",
            _ => false,
        };
        calls && (params.entry_id.is_none() || params.entry_id == self.entry_id)
    }
}

/// A support call, and the calls that can have made it, by the places in which they were made.
#[derive(Debug)]
struct Supported {
    call: Box<SupportCall>,
    owners: Vec<usize>,
}

/// An event, and the place in which its call was made.
type Placed = (usize, Event);

/// Answers as the step says that can have made the call.
#[derive(Debug)]
struct Scripts<'a>(&'a [InProgress<'a>]);

impl Support for Scripts<'_> {
    fn answer(&mut self, method: &str, params: &CallParams, sut: &mut dyn Observe) -> CallResult {
        let answers = self.0.iter().filter(|call| call.makes(method, params)).find_map(|call| call.step.call.answers());
        Script::new(answers).answer(method, params, sut)
    }
}

impl<'a, S: Sut> Run<'a, S> {
    /// Takes steps that overlap, each with the handle that it uses.
    pub(super) fn together(&mut self, taken: Vec<(usize, Option<String>)>) -> Result<(), End> {
        let scenario = self.scenario;
        let calls: Vec<InProgress<'a>> = taken
            .into_iter()
            .map(|(index, handle)| {
                let step = &scenario.steps[index];
                let entry_id = step.call.message().and_then(|name| self.messages.get(name)).cloned();
                InProgress { index, step, handle, entry_id }
            })
            .filter(|call| !self.lacks_message(call.step))
            .collect();
        let requests: Vec<Request> = calls
            .iter()
            .map(|call| {
                let params = params(call.step, call.entry_id.clone(), call.handle.clone());
                Request { method: call.step.call.name(), params }
            })
            .collect();
        let came = self.sut.together(&requests, &mut Scripts(&calls));
        let notifications = self.sut.take_notifications();
        let came = came.map_err(|error| End::Failed(error.to_string()))?;
        notifications.into_iter().for_each(|notification| self.notified(notification));
        let (mut events, supported) = self.returned(&calls, &requests, came)?;
        if let Some((_, last)) = events.last_mut() {
            last.observed = self.observe_all()?;
            if self.queues && calls.iter().any(|call| matches!(call.step.call, Call::SubmitMessage { .. })) {
                self.await_queued(last)?;
            }
        }
        self.judge(events, supported)
    }

    /// Parts what came into the calls' events, as they returned, each with its place, and the support calls.
    fn returned(
        &mut self,
        calls: &[InProgress<'a>],
        requests: &[Request],
        came: Vec<Came>,
    ) -> Result<(Vec<Placed>, Vec<Supported>), End> {
        let mut events = Vec::new();
        let mut supported = Vec::new();
        let mut waiting: Vec<(usize, i64)> = (0..calls.len()).zip(self.clock + 1..).collect();
        self.clock += calls.len() as i64;
        for came in came {
            match came {
                Came::Support(call) => {
                    let makes = |place: &usize| calls[*place].makes(&call.method, &call.params);
                    let mut owners: Vec<usize> = waiting.iter().map(|(place, _)| *place).filter(makes).collect();
                    if owners.is_empty() {
                        // Nobody can have made it, and somebody must have.
                        owners = waiting.iter().map(|(place, _)| *place).collect();
                    }
                    supported.push(Supported { call, owners });
                }
                Came::Answered(place, outcome) => {
                    let Some(at) = waiting.iter().position(|(waiting, _)| *waiting == place) else { continue };
                    let (_, began) = waiting.remove(at);
                    self.clock += 1;
                    let event = self.answered(&calls[place], requests[place].params.clone(), *outcome)?;
                    events.push((place, Event { at: Some(At::Interval { began, ended: self.clock }), ..event }));
                }
            }
        }
        Ok((events, supported))
    }

    fn answered(&mut self, call: &InProgress<'a>, params: CallParams, outcome: Outcome) -> Result<Event, End> {
        let event = self.event(call.step, params, outcome, call.handle.as_deref())?;
        self.follow(call.index, call.step, call.handle.clone(), &event.result);
        Ok(event)
    }

    /// Numbers, judges and keeps the events; whose the support calls were is settled in favour of the provider.
    fn judge(&mut self, events: Vec<Placed>, supported: Vec<Supported>) -> Result<(), End> {
        let case = Some(self.scenario.id.clone());
        let numbered = self.seq + supported.len() as u64 + 1..;
        let events: Vec<Placed> = numbered
            .zip(events)
            .map(|(seq, (place, event))| (place, Event { seq, case: case.clone(), ..event }))
            .collect();
        let during = |place: usize| events.iter().find(|(other, _)| *other == place).map(|(_, event)| event.seq);
        let support = |owners: &[usize]| -> Vec<Event> {
            (self.seq + 1..)
                .zip(supported.iter().zip(owners))
                .map(|(seq, (Supported { call, .. }, owner))| Event {
                    seq,
                    session: Some("store".to_owned()),
                    call: call.method.clone(),
                    params: call.params.clone(),
                    result: call.answer.clone(),
                    during: during(*owner),
                    case: case.clone(),
                    ..Event::default()
                })
                .collect()
        };
        let calls: Vec<Event> = events.iter().map(|(_, event)| event.clone()).collect();
        let mut best: Option<(Verdict, Oracle, Vec<Event>)> = None;
        let mut failed = None;
        for owners in choices(&supported) {
            let mut oracle = self.oracle.clone();
            let support = support(&owners);
            match judge(&mut oracle, &support, &calls) {
                Ok(verdict) if best.as_ref().is_none_or(|(best, ..)| verdict < *best) => {
                    best = Some((verdict, oracle, support));
                }
                Ok(_) => {}
                Err(error) => failed = Some(error),
            }
            if best.as_ref().is_some_and(|(verdict, ..)| *verdict == Verdict::Pass) {
                break;
            }
        }
        let Some((_, oracle, support)) = best else {
            return Err(End::Failed(failed.map(|error| error.to_string()).unwrap_or_default()));
        };
        *self.oracle = oracle;
        self.seq += (support.len() + calls.len()) as u64;
        self.events.extend(support.into_iter().chain(calls));
        Ok(())
    }
}

/// The worst that is found in these calls.
fn judge(oracle: &mut Oracle, support: &[Event], calls: &[Event]) -> Result<Verdict, Unjudged> {
    let before = oracle.ledger.findings.len();
    for event in support {
        oracle.event(event)?;
    }
    judge_together(oracle, calls)?;
    let found = oracle.ledger.findings.iter().skip(before);
    Ok(found.map(|finding| finding.verdict).fold(Verdict::Pass, Verdict::max))
}

/// Every way to say whose the support calls were, as far as there are not too many.
fn choices(supported: &[Supported]) -> Vec<Vec<usize>> {
    let mut choices = vec![Vec::new()];
    for Supported { owners, .. } in supported {
        let several = if choices.len() * owners.len() > OWNERS_MAX { &owners[..1] } else { owners };
        let longer = |choice: &Vec<usize>| {
            let longer = several.iter().map(|owner| choice.iter().copied().chain([*owner]).collect());
            longer.collect::<Vec<Vec<usize>>>()
        };
        choices = choices.iter().flat_map(longer).collect();
    }
    choices
}
