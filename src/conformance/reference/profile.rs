//! What the reference store says of itself, and what a reset may change in that.

use spoolproof_sdk::CallError;
use spoolproof_sdk::wire::{Coupling, Profile, SortsQueue};

use super::message::Row;

/// The profile that the store follows until the next reset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Behaviour(Profile);

/// The readings that it says it follows, where the pages leave a choice that a checker could not take for granted.
const OWN: &[(&str, &str)] = &[
    ("B1", "AnyRefusal"),
    ("B3", "HolderExempt"),
    ("C1", "HolderIdempotent"),
    ("D2", "SentCopyKept"),
    ("E3", "BeforeReturn"),
    ("F5", "SetAgain"),
    ("F7", "LockedUnableToAbort"),
    ("F8", "ValidUntilFinished"),
];

/// The readings that it can be asked to follow: its own, and some that others follow.
const READINGS: &[(&str, &str)] = &[
    ("A1", "PartialThenSpool"),
    ("A2", "ExclusiveBranches"),
    ("A3", "DeMorgan"),
    ("A4", "Artefact"),
    ("A6", "P1Delivers"),
    ("A7", "ResetThenPrepare"),
    ("A8", "AnyOrderSameEffect"),
    ("A8", "SaveFirst"),
    ("A9", "ContinueOnly"),
    ("A10", "PreprocessFirst"),
    ("B1", "AnyRefusal"),
    ("B1", "LockDominates"),
    ("B1", "SampleStore"),
    ("B2", "WriteRefused"),
    ("B3", "HolderExempt"),
    ("C1", "HolderIdempotent"),
    ("C2", "OnSetLockState"),
    ("D2", "CopySemantics"),
    ("D2", "MoveSemantics"),
    ("D2", "SentCopyKept"),
    ("E3", "BeforeReturn"),
    ("F5", "SetAgain"),
    ("F7", "LockedUnableToAbort"),
    ("D4", "DequeueAndClear"),
    ("F1", "Atomic"),
    ("F8", "ValidUntilFinished"),
];

impl Default for Behaviour {
    fn default() -> Self {
        Self(Profile {
            outgoing_submission: Some(true),
            coupling: Some(Coupling::None),
            handles_addrtypes: Some(Vec::new()),
            wants_spooler_completion: Some(false),
            persists_lock: Some(false),
            sorts_queue: Some(SortsQueue::Store),
            readings: OWN.iter().map(|(name, reading)| ((*name).to_owned(), (*reading).to_owned())).collect(),
        })
    }
}

impl Behaviour {
    /// The default with some members changed.
    pub(super) fn with(change: Profile) -> Result<Self, CallError> {
        for (name, reading) in &change.readings {
            if !READINGS.contains(&(name.as_str(), reading.as_str())) {
                return Err(CallError::bad_params(format!("this store cannot follow `{name}={reading}`")));
            }
        }
        let Self(own) = Self::default();
        // It sorts the queue in either case, which a table that can be sorted may do.
        Ok(Self(own.overridden_by(&change)))
    }

    pub(super) fn profile(&self) -> &Profile {
        &self.0
    }

    pub(super) fn sends(&self) -> bool {
        self.0.outgoing_submission == Some(true)
    }

    pub(super) fn is_coupled(&self) -> bool {
        self.0.coupling == Some(Coupling::Tight)
    }

    /// Whether the transport that it is coupled with delivers to this recipient.
    pub(super) fn knows(&self, row: &Row) -> bool {
        self.is_coupled() && self.0.handles_addrtypes.iter().flatten().any(|addrtype| *addrtype == row.addrtype)
    }

    pub(super) fn wants_spooler_completion(&self) -> bool {
        self.0.wants_spooler_completion == Some(true)
    }

    pub(super) fn persists_lock(&self) -> bool {
        self.0.persists_lock == Some(true)
    }

    pub(super) fn follows(&self, name: &str, reading: &str) -> bool {
        self.0.readings.get(name).is_some_and(|followed| followed == reading)
    }
}

#[cfg(test)]
mod tests {
    use super::{Behaviour, Profile};

    #[track_caller]
    fn check(change: &str, accepted: bool) {
        let change = serde_json::from_str::<Profile>(change).expect("a profile");
        assert_eq!(Behaviour::with(change).is_ok(), accepted);
    }

    #[test]
    fn what_the_store_cannot_follow_is_refused() {
        check(r#"{"coupling":"tight","handles_addrtypes":["SMTP"],"persists_lock":true,"sorts_queue":"table"}"#, true);
        check(r#"{"persists_lock":null,"readings":{"D2":"CopySemantics"}}"#, true);
        check(r#"{"outgoing_submission":false}"#, true);
        check(r#"{"readings":{"A9":"RerunAll"}}"#, false);
        check(r#"{"readings":{"Z9":"Unheard"}}"#, false);
    }
}
