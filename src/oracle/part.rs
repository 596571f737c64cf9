//! A part of what the oracle knows, taken out to be judged apart, and put back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use spoolproof_sdk::trace::Event;

use super::ledger::Ledger;
use super::oracle::{Oracle, unknown};
use super::overlap::{Overlapping, Span, messages_of};
use super::tracker::{Moment, Pending};
use crate::model::Handle;

impl Oracle {
    /// When a call took effect: without an interval, when everything before it was over.
    pub(super) fn moment(&mut self, event: &Event) -> Moment {
        let span = Span::of(event).unwrap_or(Span { began: self.clock, ended: self.clock });
        self.clock = self.clock.max(span.ended);
        Moment { span, seq: event.seq }
    }

    /// Notes until when a call that was judged has run.
    pub(super) fn note_span(&mut self, call: &Overlapping) {
        let ended = Some(call.span.ended);
        self.clock = self.clock.max(call.span.ended);
        if call.touch.all {
            self.busy_until = self.busy_until.max(ended);
        }
        for id in &call.touch.messages {
            if let Some(tracker) = self.tracker_mut(id) {
                tracker.busy_until = tracker.busy_until.max(ended);
            }
        }
    }

    /// Whether a call that was judged already may have taken effect after this one.
    pub(super) fn is_late(&self, call: &Overlapping) -> bool {
        let began = call.span.began;
        let busy = call.touch.messages.iter().filter_map(|id| self.messages.get(id)?.busy_until).max();
        (call.touch.all && self.clock > began) || self.busy_until.max(busy).is_some_and(|ended| ended > began)
    }

    /// Support calls that name no outer call belong to this one, which returned next.
    pub(crate) fn claim_support(&mut self, seq: u64) {
        if let Some(calls) = self.support.remove(&0) {
            self.support.entry(seq).or_default().extend(calls);
        }
    }

    /// Takes out all that a group of calls is about, as an oracle with an account of its own: cheap to copy.
    pub(super) fn part(&mut self, group: &[Overlapping]) -> Self {
        let mut ids: BTreeSet<String> = messages_of(group).into_iter().map(str::to_owned).collect();
        for call in group.iter().filter(|call| call.touch.all) {
            if call.event.call == "get_outgoing_queue" {
                let rows = call.event.result.rows.iter().flatten();
                ids.extend(rows.filter_map(|row| self.row_message(&row.entry_id)));
                let queued = self.messages.iter().filter(|(_, tracker)| tracker.surely(|m| m.queued));
                ids.extend(queued.map(|(id, _)| id.clone()));
            } else {
                ids.extend(self.messages.keys().cloned());
            }
        }
        let mut part = Self {
            ledger: Ledger::default(),
            strengths: Arc::clone(&self.strengths),
            judged: Arc::clone(&self.judged),
            records: Arc::clone(&self.records),
            supports: self.supports.clone(),
            wire_profile: Arc::clone(&self.wire_profile),
            messages: BTreeMap::new(),
            case: self.case.clone(),
            buffer: Vec::new(),
            early: self.early.clone(),
            errands: self.errands.clone(),
            names: BTreeMap::new(),
            aliases: BTreeMap::new(),
            objects: BTreeMap::new(),
            dead: BTreeSet::new(),
            leaving: VecDeque::new(),
            owing: BTreeSet::new(),
            support: BTreeMap::new(),
            ready: self.ready.clone(),
            ..*self
        };
        for id in ids {
            if let Some(name) = self.names.get(&id) {
                part.names.insert(id.clone(), name.clone());
            }
            let Some(tracker) = self.messages.remove(&id) else { continue };
            part.aliases.extend(tracker.aliases.iter().filter_map(|alias| self.aliases.remove_entry(alias)));
            part.objects.extend(tracker.handles.iter().filter_map(|handle| self.objects.remove_entry(handle)));
            part.owing.extend(self.owing.take(&id));
            part.messages.insert(id, tracker);
        }
        for call in group {
            part.support.extend(self.support.remove_entry(&call.event.seq));
            part.dead.extend(call.event.params.handle.iter().filter_map(|handle| self.dead.take(handle)));
        }
        part
    }

    /// Puts back what was taken out, and what became of it.
    pub(super) fn rejoin(&mut self, mut part: Self) {
        self.ledger.absorb(part.ledger);
        self.messages.append(&mut part.messages);
        self.aliases.append(&mut part.aliases);
        self.objects.append(&mut part.objects);
        self.dead.append(&mut part.dead);
        self.owing.append(&mut part.owing);
        self.support.append(&mut part.support);
        self.ready = part.ready;
        self.tried_ready = part.tried_ready;
        self.early = part.early;
        self.errands = part.errands;
        self.rules = part.rules;
        self.case = part.case;
        self.shows_responsibility = part.shows_responsibility;
        self.forgot |= part.forgot;
        self.clock = self.clock.max(part.clock);
        self.leaving.append(&mut part.leaving);
    }

    /// Nothing more is known of what these messages are than of one that was never seen.
    pub(super) fn blur(&mut self) {
        for tracker in self.messages.values_mut().map(Arc::make_mut) {
            tracker.blur(unknown());
        }
        for object in self.objects.values_mut() {
            object.handle = Handle { granted: None, stale: true, dirty: false, ..object.handle };
            object.pending = Pending::Unknown;
        }
    }
}
