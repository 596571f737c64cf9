//! Which events of a log ran at the same time.
//!
//! Events wait until none that overlaps with them can follow, or [`AHEAD`] have been read since. Those that carry no
//! interval do not overlap: a log without intervals passes through.

use std::collections::{BTreeMap, VecDeque};

use spoolproof_sdk::trace::Event;

use super::Place;
use crate::oracle::{Oracle, Overlapping, Span, Touch, Unjudged};

/// How many events are read ahead. Of a call that overlaps with more, its violations are inconclusive.
const AHEAD: usize = 1_024;

/// Judges calls that overlap and have all returned, as an audit does that comes to them.
///
/// # Errors
///
/// When they contradict what was seen before, or each other, in every order.
pub(crate) fn judge_together(oracle: &mut Oracle, events: &[Event]) -> Result<(), Unjudged> {
    let mut window = Window::default();
    for event in events {
        window.push(oracle, event.clone(), Place { line: 0 });
    }
    while let Some(group) = window.take() {
        match group {
            Group::One(event, _) => oracle.event(&event)?,
            Group::Timed(calls, _) => oracle.overlapping(calls).map_err(|(_, error)| error)?,
        }
    }
    Ok(())
}

/// Events that wait to be judged, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Window {
    waiting: VecDeque<Waiting>,
    /// When they ran, in the same order.
    spans: VecDeque<Option<Span>>,
    /// Handles that they returned, the message behind each, and the event.
    opened: BTreeMap<String, (String, u64)>,
}

#[derive(Debug)]
struct Waiting {
    event: Event,
    place: Place,
    touch: Touch,
}

/// Events that are to be judged together, with the places of their lines.
#[derive(Debug)]
pub(super) enum Group {
    /// An event without an interval.
    One(Box<Event>, Place),
    /// Events with intervals.
    Timed(Vec<Overlapping>, BTreeMap<u64, Place>),
}

impl Window {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds an event that is no support call.
    pub(super) fn push(&mut self, oracle: &Oracle, event: Event, place: Place) {
        let touch = oracle.touch(&event, |handle| self.opened.get(handle).map(|(message, _)| message.clone()));
        let message = event.params.entry_id.as_ref().or(event.result.entry_id.as_ref());
        if let (Some(handle), Some(message)) = (&event.result.handle, message) {
            self.opened.insert(handle.clone(), (message.clone(), event.seq));
        }
        let is_notice = event.call.starts_with("notify.");
        self.spans.push_back(Span::of(&event).filter(|_| !is_notice));
        self.waiting.push_back(Waiting { event, place, touch });
    }

    /// Whether enough events have been read to judge the first.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() > AHEAD || matches!(self.spans.front(), Some(None))
    }

    /// Takes the first event out, and all that overlap with it.
    pub(super) fn take(&mut self) -> Option<Group> {
        let indices = self.group();
        // From the back, so that the indices stay true.
        let mut taken: Vec<(Waiting, Option<Span>)> = Vec::with_capacity(indices.len());
        for index in indices.into_iter().rev() {
            taken.extend(self.waiting.remove(index).zip(self.spans.remove(index)));
        }
        taken.reverse();
        for (Waiting { event, .. }, _) in &taken {
            if let Some(handle) = &event.result.handle
                && self.opened.get(handle).is_some_and(|(_, seq)| *seq == event.seq)
            {
                self.opened.remove(handle);
            }
        }
        if let [(_, None)] = taken.as_slice() {
            return taken.pop().map(|(Waiting { event, place, .. }, _)| Group::One(Box::new(event), place));
        }
        let places = taken.iter().map(|(waiting, _)| (waiting.event.seq, waiting.place)).collect();
        let timed: Vec<Overlapping> = taken
            .into_iter()
            .map(|(Waiting { event, touch, .. }, span)| Overlapping { event, span: span.unwrap_or_default(), touch })
            .collect();
        (!timed.is_empty()).then_some(Group::Timed(timed, places))
    }

    /// The first event and those that overlap with it, or with one of them, and are about the same.
    fn group(&self) -> Vec<usize> {
        let Some(Some(first)) = self.spans.front() else { return vec![0; usize::from(!self.waiting.is_empty())] };
        let mut members = vec![0];
        let mut ended = first.ended;
        loop {
            let before = members.len();
            for (index, span) in self.spans.iter().enumerate().skip(1) {
                let Some(span) = span else {
                    // When it ran is not known: nothing behind it may pass it by.
                    if members.iter().any(|&member| self.meets(member, index)) {
                        break;
                    }
                    continue;
                };
                if span.began >= ended || members.contains(&index) {
                    continue;
                }
                let joins = |&member: &usize| {
                    self.spans[member].is_some_and(|other| other.overlaps(*span)) && self.meets(member, index)
                };
                if members.iter().any(joins) {
                    members.push(index);
                    ended = ended.max(span.ended);
                }
            }
            if members.len() == before {
                break;
            }
        }
        members.sort_unstable();
        members
    }

    fn meets(&self, one: usize, other: usize) -> bool {
        self.waiting[one].touch.meets(&self.waiting[other].touch)
    }
}
