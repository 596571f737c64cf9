//! Whether a broken store can be told from the right one: both are driven through the same calls, breadth first.
//!
//! A pair of states is the whole of both stores ([`Snapshot`]), so a search that finds no new pair has seen everything
//! that its calls can lead to. Every reply, support call, notification and observation of the two is compared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use spoolproof_sdk::CallError;
use spoolproof_sdk::wire::CallParams;

use super::bounds::Bounds;
use super::mutant::store;
use super::words::Names;
use crate::conformance::answers::Script;
use crate::conformance::case::params;
use crate::conformance::in_process::{InProcess, InProcessError};
use crate::conformance::reference::{Past, Reference, Snapshot};
use crate::conformance::sut::{Outcome, Sut};
use crate::scenario::{Call, Step};

/// How a search ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Explored {
    /// The shortest calls after which the two differ, and the last two answers.
    Differ {
        /// The calls.
        steps: Vec<Step>,
        /// What the right store showed after the last one.
        right: String,
        /// What the broken one did.
        broken: String,
    },
    /// No difference in anything that the calls can lead to.
    Closed {
        /// How many pairs of states there are.
        states: usize,
        /// After how many calls the last of them comes about.
        depth: usize,
    },
    /// No difference as far as it came.
    Reached {
        /// How many pairs of states were looked into.
        states: usize,
        /// Every sequence of so many calls was made.
        depth: usize,
    },
}

/// A pair of stores at a moment.
#[derive(Debug)]
struct Node {
    right: Here,
    broken: Here,
    parent: Option<(usize, usize)>,
    depth: usize,
}

/// One of the two at a moment.
#[derive(Clone, Debug)]
struct Here {
    store: Snapshot,
    /// Message name → entry identifier.
    messages: BTreeMap<String, String>,
    /// Session and message name → the open object.
    handles: BTreeMap<(String, String), String>,
    names: Names,
}

impl Here {
    fn key(&self, past: Past) -> String {
        let places: BTreeMap<&str, usize> =
            self.handles.values().enumerate().map(|(place, handle)| (handle.as_str(), place)).collect();
        let slots: Vec<_> = self.handles.keys().collect();
        format!("{slots:?}{}", self.store.key(&places, past))
    }

    /// Whether the step can be taken: its object is there, or its place is free.
    fn allows(&self, step: &Step) -> bool {
        let Some(message) = step.call.message() else { return !self.messages.is_empty() };
        let place = (step.session.clone().unwrap_or_default(), message.to_owned());
        let open = self.handles.contains_key(&place);
        match &step.call {
            // The second message comes after the first: it is no other case the other way round.
            Call::CreateMessage(_) => message == format!("m{}", self.messages.len() + 1),
            Call::OpenEntry { .. } => self.messages.contains_key(message) && !open,
            Call::GetProps { .. }
            | Call::Release { .. }
            | Call::SetLockState { .. }
            | Call::SetProps { .. }
            | Call::SetResponsibility { .. }
            | Call::SubmitMessage { .. } => open,
            Call::AbortSubmit { .. }
            | Call::ExpectNotification { .. }
            | Call::FinishedMsg { .. }
            | Call::GetOutgoingQueue
            | Call::NotifyNewMail { .. }
            | Call::Observe { .. }
            | Call::Restart { .. } => self.messages.contains_key(message),
        }
    }
}

/// A store that is driven.
struct Side {
    sut: InProcess<Reference>,
    past: Past,
}

impl Side {
    fn new(bounds: &Bounds, faults: &[&'static str]) -> Result<(Self, Here), InProcessError> {
        let past = if faults.is_empty() { Past::IsNothing } else { Past::Counts };
        let mut side = Self { sut: store(faults)?, past };
        let reset = CallParams { profile: Some(bounds.profile.clone()), ..CallParams::default() };
        match side.sut.call("reset", &reset, &mut Script::new(None))? {
            Outcome::Returned(_) => {}
            other => return Err(InProcessError::Failed(CallError::Failed(format!("{other:?}")))),
        }
        let store = side.snapshot(None)?;
        let names = Names::default();
        Ok((side, Here { store, messages: BTreeMap::new(), handles: BTreeMap::new(), names }))
    }

    fn snapshot(&self, before: Option<&Snapshot>) -> Result<Snapshot, InProcessError> {
        self.sut.provider.snapshot(before).map_err(InProcessError::Failed)
    }

    /// Makes the store what it was then.
    fn put_back(&mut self, here: &mut Here) -> Result<(), InProcessError> {
        self.sut.provider.put_back(&here.store).map_err(InProcessError::Failed)?;
        here.store = self.snapshot(None)?;
        Ok(())
    }

    /// Takes a step from `here`; where it leads, and what was seen.
    fn take(&mut self, here: &Here, step: &Step) -> Result<(Here, String), InProcessError> {
        let mut after = here.clone();
        let message = step.call.message().map(str::to_owned);
        let entry_id = message.as_ref().and_then(|name| here.messages.get(name)).cloned();
        let place = message.clone().map(|message| (step.session.clone().unwrap_or_default(), message));
        let handle = place.as_ref().and_then(|place| here.handles.get(place)).cloned();
        let params = params(step, entry_id, handle);
        let outcome = self.sut.call(step.call.name(), &params, &mut Script::new(step.call.answers()))?;
        let support: Vec<Value> = self
            .sut
            .take_support_calls()
            .iter()
            .map(|call| json!({ "call": call.method, "params": call.params }))
            .collect();
        let notified: Vec<Value> = self
            .sut
            .take_notifications()
            .iter()
            .map(|each| json!({ "notification": each.method, "params": each.params }))
            .collect();
        let reply = match outcome {
            Outcome::Returned(result) => {
                if result.hresult.is_some_and(spoolproof_sdk::HResult::is_success) {
                    match (&step.call, place) {
                        (Call::Restart { .. }, _) => after.handles.clear(),
                        (Call::Release { .. }, Some(place)) => _ = after.handles.remove(&place),
                        (Call::CreateMessage(_) | Call::OpenEntry { .. }, Some(place)) => {
                            if let (Call::CreateMessage(_), Some(id)) = (&step.call, &result.entry_id) {
                                after.names.message(id, &place.1);
                                after.messages.insert(place.1.clone(), id.clone());
                            }
                            after.handles.extend(result.handle.clone().map(|handle| (place, handle)));
                        }
                        _ => {}
                    }
                }
                json!(result)
            }
            Outcome::Unsupported => json!("not served"),
            Outcome::BadParams(_) => json!("bad parameters"),
        };
        let observed: Result<Vec<Value>, InProcessError> =
            after.messages.values().map(|id| Ok(json!(self.sut.observe(id)?))).collect();
        let seen = json!({ "reply": reply, "support": support, "sent": notified, "observed": observed? });
        let seen = after.names.settle(seen);
        after.store = self.snapshot(Some(&here.store))?;
        Ok((after, seen))
    }
}

/// Explores the right store and the one with `faults` side by side.
///
/// # Errors
///
/// When a store fails, which is no answer of a store's.
pub fn explore(bounds: &Bounds, faults: &[&'static str]) -> Result<Explored, InProcessError> {
    let steps = bounds.steps();
    let (mut right, first) = Side::new(bounds, &[])?;
    let (mut broken, other) = Side::new(bounds, faults)?;
    let key = |one: &Here, other: &Here, past: Past| format!("{}\n{}", one.key(Past::IsNothing), other.key(past));
    let mut known = BTreeSet::from([key(&first, &other, broken.past)]);
    let mut nodes = vec![Node { right: first, broken: other, parent: None, depth: 0 }];
    let mut at = 0;
    while at < nodes.len() {
        if at == bounds.states {
            return Ok(Explored::Reached { states: at, depth: nodes[at].depth });
        }
        let (mut one, mut other) = (nodes[at].right.clone(), nodes[at].broken.clone());
        right.put_back(&mut one)?;
        broken.put_back(&mut other)?;
        let here = key(&one, &other, broken.past);
        let enabled: Vec<_> = steps.iter().enumerate().filter(|(_, step)| one.allows(step)).collect();
        for (number, step) in enabled {
            let (after, seen) = right.take(&one, step)?;
            let (after_broken, seen_broken) = broken.take(&other, step)?;
            if seen != seen_broken {
                let steps = path(&nodes, at).into_iter().chain([number]).map(|number| steps[number].clone());
                return Ok(Explored::Differ { steps: steps.collect(), right: seen, broken: seen_broken });
            }
            let there = key(&after, &after_broken, broken.past);
            if there == here {
                continue; // Nothing has happened, so there is nothing to undo.
            }
            if known.insert(there) {
                let (parent, depth) = (Some((at, number)), nodes[at].depth + 1);
                nodes.push(Node { right: after, broken: after_broken, parent, depth });
            }
            right.put_back(&mut one)?;
            broken.put_back(&mut other)?;
        }
        at += 1;
    }
    let depth = nodes.last().map_or(0, |node| node.depth);
    Ok(Explored::Closed { states: nodes.len(), depth })
}

/// The steps from the start to a node.
fn path(nodes: &[Node], mut at: usize) -> Vec<usize> {
    let mut path = Vec::new();
    while let Some((parent, step)) = nodes[at].parent {
        path.push(step);
        at = parent;
    }
    path.reverse();
    path
}
