//! Calls that overlap: any order that time permits may be the one in which they took effect.
//!
//! A group of calls that ran at the same time, on the same messages, is tried in every order in which a call that
//! ended before another began stays before it. It is allowed if some order is; what is known afterwards is what all
//! orders that are as good have in common. Only the observation after the call that returned last is held against the
//! store: an earlier one may show what a call has done that has not returned yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use spoolproof_sdk::trace::{At, Event};
use spoolproof_sdk::wire::Observation;

use super::oracle::{Oracle, Unjudged};
use super::tracker::{OpenObject, Pending, Tracker};
use super::verdict::Verdict;

/// How many calls are judged in search of an order: all orders of six calls, and of more where most follow from time.
const STEPS: usize = 2_000;

/// When a call ran, by one clock.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Span {
    /// When it began.
    pub(crate) began: i64,
    /// When it returned.
    pub(crate) ended: i64,
}

impl Span {
    /// The event's interval, if it has one.
    #[must_use]
    pub(crate) fn of(event: &Event) -> Option<Self> {
        match event.at {
            Some(At::Interval { began, ended }) => Some(Self { began: began.min(ended), ended: began.max(ended) }),
            Some(At::Time(_)) | None => None,
        }
    }

    /// Whether both ran at the same time for a while.
    #[must_use]
    pub(crate) const fn overlaps(self, other: Self) -> bool {
        self.began < other.ended && other.began < self.ended
    }
}

/// What a call may read or change.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Touch {
    /// Entry identifiers of messages.
    pub(crate) messages: Vec<String>,
    /// It is about every message: a read of the queue, or a restart.
    pub(crate) all: bool,
}

impl Touch {
    /// Whether the order of two calls can matter.
    #[must_use]
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let any = |touch: &Self| touch.all || !touch.messages.is_empty();
        (self.all && any(other))
            || (other.all && any(self))
            || self.messages.iter().any(|message| other.messages.contains(message))
    }
}

/// A call of a group.
#[derive(Clone, Debug)]
pub(crate) struct Overlapping {
    /// The event.
    pub(crate) event: Event,
    /// When it ran.
    pub(crate) span: Span,
    /// What it is about.
    pub(crate) touch: Touch,
}

impl Overlapping {
    /// Whether it took effect before `other`, whatever the order of the rest.
    fn precedes(&self, other: &Self) -> bool {
        self.span.ended <= other.span.began && (self.event.seq < other.event.seq || other.span.ended > self.span.began)
    }
}

impl Oracle {
    /// What `event` may read or change; `opened` knows the handles that are not judged yet.
    pub(crate) fn touch(&self, event: &Event, opened: impl Fn(&str) -> Option<String>) -> Touch {
        let mut touch = Touch::default();
        if event.call.starts_with("notify.") || event.error.is_some() {
            return touch;
        }
        touch.all = matches!(event.call.as_str(), "get_outgoing_queue" | "initialize" | "reset" | "restart");
        let message = |id: &String| self.row_message(id).unwrap_or_else(|| id.clone());
        let handle = event.params.handle.as_deref();
        let held = handle.and_then(|handle| opened(handle).or_else(|| self.message_of(handle).map(str::to_owned)));
        let observed = event.observed.iter().flatten();
        touch.messages.extend(held);
        touch.messages.extend(event.params.entry_id.iter().chain(&event.result.entry_id).map(message));
        for (id, seen) in observed {
            touch.messages.extend([id].into_iter().chain(&seen.entry_id_now).map(message));
        }
        touch.messages.sort_unstable();
        touch.messages.dedup();
        touch
    }

    /// Judges calls that overlap, in the order in which they returned; `late` if others that overlap with them have
    /// been judged already.
    ///
    /// # Errors
    ///
    /// When the log contradicts itself in every order; with the `seq` of the call.
    pub(crate) fn overlapping(&mut self, group: Vec<Overlapping>) -> Result<(), (u64, Unjudged)> {
        let late = group.iter().any(|call| self.is_late(call));
        match <[Overlapping; 1]>::try_from(group) {
            Ok([alone]) if !late => {
                let judged = self.event(&alone.event).map_err(|error| (alone.event.seq, error));
                self.note_span(&alone);
                judged
            }
            Ok([alone]) => self.orders(vec![alone], late),
            Err(group) => self.orders(group, late),
        }
    }

    fn orders(&mut self, mut group: Vec<Overlapping>, late: bool) -> Result<(), (u64, Unjudged)> {
        let part = self.part(&group);
        let mut looked = None;
        for call in &mut group {
            looked = call.event.observed.take();
        }
        let mut search = Search { calls: group, looked, steps: 0, exhausted: late, best: None };
        let returned = search.in_order(&part);
        if !late {
            search.extend(&part, &mut Vec::new());
        }
        let Search { calls, looked, exhausted, best, .. } = search;
        let best = best.filter(|(verdict, _)| *verdict < Verdict::Violation);
        let halfway = best.is_none() && !late && looks_are_to_blame(&part, &calls, looked.as_ref());
        let judged = match (best, returned) {
            (Some((verdict, mut allowed)), _) if !exhausted || verdict == Verdict::Pass => {
                if exhausted {
                    allowed.ledger.forget_evidence();
                    allowed.blur();
                }
                self.rejoin(allowed);
                Ok(())
            }
            (_, Ok(mut part)) => {
                if exhausted || halfway {
                    part.ledger.excuse(if halfway {
                        "FinishedMsg takes several steps, and what others see between them is not judged"
                    } else {
                        "the calls overlap, and which took effect first cannot be told"
                    });
                    part.blur();
                }
                self.rejoin(part);
                Ok(())
            }
            (Some((_, allowed)), Err(_)) => {
                self.rejoin(allowed);
                Ok(())
            }
            (None, Err((error, part))) => {
                self.rejoin(*part);
                Err(error)
            }
        };
        for call in &calls {
            self.note_span(call);
        }
        judged
    }

    /// What remains if either may be so.
    fn merge(&mut self, other: &Self) {
        let none = Tracker::default();
        for (id, tracker) in &mut self.messages {
            Arc::make_mut(tracker).merge(other.messages.get(id).map_or(&none, |other| other));
        }
        for (handle, object) in &mut self.objects {
            if let Some(other) = other.objects.get(handle) {
                merge_object(object, other);
            }
        }
        if self.rules != other.rules {
            self.rules = self.case_rules;
            self.ledger.forget_evidence();
        }
        self.ledger.agree_with(&other.ledger);
    }
}

fn merge_object(object: &mut OpenObject, other: &OpenObject) {
    object.handle.stale |= other.handle.stale;
    object.handle.refused |= other.handle.refused;
    object.handle.dirty &= other.handle.dirty;
    if object.pending != other.pending {
        object.pending = Pending::Unknown;
    }
}

/// A search for the orders in which a group is allowed.
struct Search {
    /// The calls, in the order in which they returned.
    calls: Vec<Overlapping>,
    /// What was observed after the last of them.
    looked: Option<BTreeMap<String, Observation>>,
    steps: usize,
    exhausted: bool,
    /// The verdict on the best orders, and what is known after any of them.
    best: Option<(Verdict, Oracle)>,
}

impl Search {
    /// Judges the calls in the order in which they returned, whatever time says.
    fn in_order(&mut self, part: &Oracle) -> Result<Oracle, ((u64, Unjudged), Box<Oracle>)> {
        let mut oracle = part.clone();
        for index in 0..self.calls.len() {
            if let Err(error) = self.judge(&mut oracle, index, index + 1 == self.calls.len()) {
                return Err(((self.calls[index].event.seq, error), Box::new(oracle)));
            }
        }
        Ok(oracle)
    }

    fn judge(&mut self, oracle: &mut Oracle, index: usize, is_last: bool) -> Result<(), Unjudged> {
        // A notification that came before the group may be owed by any call of it.
        let early = oracle.early.clone();
        let event = &mut self.calls[index].event;
        if is_last {
            event.observed = self.looked.take();
        }
        let judged = oracle.event(event);
        if is_last {
            self.looked = event.observed.take();
        } else {
            oracle.early = early;
        }
        judged
    }

    /// Tries everything that may come after the calls in `order`.
    fn extend(&mut self, oracle: &Oracle, order: &mut Vec<usize>) {
        let count = self.calls.len();
        for next in 0..count {
            if self.steps == STEPS {
                self.exhausted = true;
                return;
            }
            if order.contains(&next) || !self.may_follow(order, next) {
                continue;
            }
            self.steps += 1;
            let mut after = oracle.clone();
            let is_last = order.len() + 1 == count;
            if self.judge(&mut after, next, is_last).is_err() {
                continue;
            }
            let verdict = after.ledger.findings.iter().map(|finding| finding.verdict).fold(Verdict::Pass, Verdict::max);
            let bound = self.best.as_ref().map_or(Verdict::Inconclusive, |(best, _)| *best);
            if verdict > bound {
                continue;
            }
            if is_last {
                match &mut self.best {
                    Some((best, known)) if *best == verdict => known.merge(&after),
                    best => *best = Some((verdict, after)),
                }
                continue;
            }
            order.push(next);
            self.extend(&after, order);
            order.pop();
        }
    }

    /// Whether `next` may come after `order`, and it is not the same as an order that is tried anyhow.
    fn may_follow(&self, order: &[usize], next: usize) -> bool {
        let call = &self.calls[next];
        let waits = self
            .calls
            .iter()
            .enumerate()
            .any(|(index, other)| index != next && !order.contains(&index) && other.precedes(call));
        let swapped = order.last().is_some_and(|&last| {
            let last_call = &self.calls[last];
            next < last && !last_call.touch.meets(&call.touch) && !last_call.precedes(call)
        });
        !waits && !swapped
    }
}

/// Whether an order is allowed once those are left out who only looked while a message was being finished: between the
/// steps of FinishedMsg they may see what it is neither before nor after.
fn looks_are_to_blame(part: &Oracle, calls: &[Overlapping], looked: Option<&BTreeMap<String, Observation>>) -> bool {
    let finishes = |call: &Overlapping| {
        call.event.call == "finished_msg" && call.event.result.hresult.is_some_and(|code| code.is_success())
    };
    let looks =
        |call: &Overlapping| matches!(call.event.call.as_str(), "get_outgoing_queue" | "get_props" | "open_entry");
    if !calls.iter().any(finishes) || !calls.iter().any(looks) {
        return false;
    }
    let calls: Vec<Overlapping> = calls.iter().filter(|call| !looks(call)).cloned().collect();
    let mut search = Search { calls, looked: looked.cloned(), steps: 0, exhausted: false, best: None };
    search.extend(part, &mut Vec::new());
    search.best.is_some_and(|(verdict, _)| verdict < Verdict::Violation)
}

/// The messages that a group is about.
pub(super) fn messages_of(group: &[Overlapping]) -> BTreeSet<&str> {
    group.iter().flat_map(|call| &call.touch.messages).map(String::as_str).collect()
}
