//! Sessions and the objects that they have open. Both live in memory and end with the process.

use std::collections::BTreeMap;

use serde_json::Value;
use spoolproof_sdk::{CallError, HResult};

use super::message::MessageId;
use super::refusal::Served;

/// Whether the session logged on through `IMSProvider::SpoolerLogon`.
pub(super) fn is_spooler(session: &str) -> bool {
    session.starts_with("spooler")
}

/// An open message object.
#[derive(Clone, Debug)]
pub(super) struct Handle {
    pub(super) session: String,
    pub(super) message: MessageId,
    /// `PR_ACCESS_LEVEL`.
    pub(super) writable: bool,
    /// What was set and not yet saved.
    pub(super) pending: BTreeMap<String, Value>,
    /// The message was submitted through it: only Release is left.
    pub(super) spent: bool,
}

/// The open objects by their names on the wire.
#[derive(Clone, Debug, Default)]
pub(super) struct Handles {
    /// Tells the names of this process and this reset from those of any other.
    generation: u64,
    opened: u64,
    open: BTreeMap<String, Handle>,
}

impl Handles {
    pub(super) fn of_generation(generation: u64) -> Self {
        Self { generation, ..Self::default() }
    }

    /// Closes everything; no name is given out again.
    pub(super) fn clear(&mut self) {
        self.open.clear();
    }

    pub(super) fn add(&mut self, session: &str, message: MessageId, writable: bool) -> String {
        self.opened += 1;
        let name = format!("h{}.{}", self.generation, self.opened);
        let session = session.to_owned();
        let handle = Handle { session, message, writable, pending: BTreeMap::new(), spent: false };
        self.open.insert(name.clone(), handle);
        name
    }

    pub(super) fn remove(&mut self, name: &str) -> Result<(), CallError> {
        self.open.remove(name).map(drop).ok_or_else(|| dead(name))
    }

    /// Every object, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Handle)> {
        self.open.iter()
    }

    /// An object, whatever its state.
    pub(super) fn peek(&self, name: &str) -> Option<&Handle> {
        self.open.get(name)
    }

    /// What the objects of a message have not saved yet; then they have nothing more to save.
    pub(super) fn take_all_pending(&mut self, message: MessageId) -> BTreeMap<String, Value> {
        let of_it = self.open.values_mut().filter(|handle| handle.message == message);
        of_it.flat_map(|handle| std::mem::take(&mut handle.pending)).collect()
    }

    /// An object that can still be used.
    pub(super) fn usable(&mut self, name: &str) -> Served<&mut Handle> {
        let handle = self.open.get_mut(name).ok_or_else(|| dead(name))?;
        if handle.spent {
            return Err(HResult::MAPI_E_INVALID_PARAMETER.into());
        }
        Ok(handle)
    }

    /// An object that can still be used, and belongs to this session.
    pub(super) fn usable_by(&mut self, name: &str, session: &str) -> Served<&mut Handle> {
        if self.open.get(name).is_some_and(|handle| handle.session != session) {
            return Err(CallError::bad_params(format!("the handle `{name}` is not of the session `{session}`")).into());
        }
        self.usable(name)
    }
}

fn dead(name: &str) -> CallError {
    CallError::bad_params(format!("no object is open as `{name}`"))
}
