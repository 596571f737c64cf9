//! Which messages and handles a script has introduced, up to one of its steps.

use std::collections::{BTreeMap, BTreeSet};

use super::{Call, Step, Target};

/// The names that are known before a step.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The messages that have been created, with the addresses that their recipient tables ever held.
    messages: BTreeMap<String, BTreeSet<String>>,
    open: Vec<Handle>,
    taken: usize,
}

/// A handle that is open.
#[derive(Debug)]
struct Handle {
    /// The step that made it.
    opener: usize,
    session: Option<String>,
    target: Target,
    /// It was opened in a branch of the case, so that it need not be there outside of one.
    branch: bool,
}

/// Why a step names no open handle.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Unopened {
    /// The session holds no handle on that message.
    None,
    /// No open handle has that name.
    Unknown,
    /// The handle of that name is on another message.
    OtherMessage(String),
    /// The handle of that name belongs to another session.
    OtherSession(String),
}

impl Names {
    /// Whether a message of that name has been created.
    pub(super) fn has_message(&self, message: &str) -> bool {
        self.messages.contains_key(message)
    }

    /// The messages that have been created.
    pub(super) fn messages(&self) -> impl Iterator<Item = &str> {
        self.messages.keys().map(String::as_str)
    }

    /// The addresses that the message's recipient table has held.
    pub(super) fn addresses(&self, message: &str) -> impl Iterator<Item = &str> {
        self.messages.get(message).into_iter().flatten().map(String::as_str)
    }

    /// Whether an open handle has this name.
    pub(super) fn is_open(&self, handle: &str) -> bool {
        self.open.iter().any(|open| open.target.handle.as_deref() == Some(handle))
    }

    /// The names of the open handles.
    pub(super) fn handles(&self) -> impl Iterator<Item = &str> {
        self.open.iter().filter_map(|open| open.target.handle.as_deref())
    }

    /// The step that made the handle which `step` uses; `None` if it uses none.
    pub(super) fn opener(&self, step: &Step) -> Result<Option<usize>, Unopened> {
        match step.call.uses() {
            Some(target) => self.find(step, target).map(|at| Some(self.open[at].opener)),
            None => Ok(None),
        }
    }

    /// Takes note of what `step` creates, opens and closes.
    pub(super) fn follow(&mut self, step: &Step) {
        if let Call::CreateMessage(new) = &step.call {
            let addresses = new.recipients.iter().map(|recipient| recipient.address.clone());
            self.messages.insert(new.target.message.clone(), addresses.collect());
        }
        if let Call::SubmitMessage { target, answers, .. } = &step.call
            && let Some(addresses) = self.messages.get_mut(&target.message)
        {
            let tables = [&answers.prepared, &answers.expanded];
            addresses.extend(tables.into_iter().flatten().flatten().map(|recipient| recipient.address.clone()));
        }
        if let Some(target) = step.call.opens().filter(|_| !step.expects_failure()) {
            let (session, target) = (step.session.clone(), target.clone());
            self.open.push(Handle { opener: self.taken, session, target, branch: step.otherwise });
        }
        if let Call::Release { target } = &step.call
            && let Ok(at) = self.find(step, target)
        {
            self.open.remove(at);
        }
        if let Call::Restart { .. } = &step.call {
            self.open.clear();
        }
        self.taken += 1;
    }

    fn find(&self, step: &Step, target: &Target) -> Result<usize, Unopened> {
        let session = step.session.as_deref();
        let Some(name) = &target.handle else {
            let mine = |open: &Handle| {
                let there = step.otherwise || !open.branch;
                there && open.session.as_deref() == session && open.target.message == target.message
            };
            return self.open.iter().rposition(mine).ok_or(Unopened::None);
        };
        let named = |open: &Handle| open.target.handle.as_ref() == Some(name);
        let at = self.open.iter().rposition(named).ok_or(Unopened::Unknown)?;
        let open = &self.open[at];
        if open.session.as_deref() != session {
            return Err(Unopened::OtherSession(open.session.clone().unwrap_or_default()));
        }
        if open.target.message != target.message {
            return Err(Unopened::OtherMessage(open.target.message.clone()));
        }
        Ok(at)
    }
}
