//! The readings of the register, told apart by what a store does: for each a case whose verdict differs between it and
//! another.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use spoolproof::conformance::{Latitude, Plan, Progress, Simulated, run};
use spoolproof::model::{AMBIGUITIES, Rules};
use spoolproof::oracle::{Oracle, Setting, Who};
use spoolproof::scenario::Scenario;
use spoolproof::spec::{Catalogue, Stance};
use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::{Coupling, Profile};

use common::{NOT_OF_A_STORE, scenarios};

/// An ambiguity, the reading that a store follows, another under which it is then blamed, and the case that shows it.
const TOLD_APART: &[(&str, &str, &str, &str)] = &[
    ("A1", "Literal", "NotReturned", "coupled/complete-after-abort-and-resubmit"),
    ("A1", "Literal", "PartialThenSpool", "coupled/complete-after-abort-and-resubmit"),
    ("A10", "SpoolerOverrides", "PreprocessFirst", "coupled/preprocess-and-partial"),
    ("A13", "SameObject", "SeparateObject", "finish/by-client"),
    ("A2", "BothFire", "ExclusiveBranches", "coupled/complete-locked-by-spooler"),
    ("A3", "BothFire", "DeMorgan", "coupled/complete-neither"),
    ("A3", "BothFire", "FirstMatch", "coupled/complete-neither"),
    ("A3", "BothFire", "Free", "coupled/complete-neither"),
    ("A4", "AppliesToPartial", "Artefact", "coupled/complete-not-with-needs-spooler"),
    ("A7", "ResetAll", "ResetThenPrepare", "resend/first-sending"),
    ("A9", "RerunAll", "ContinueOnly", "abort/preprocess-done"),
    ("A9", "RerunAll", "Idempotent", "abort/preprocess-done"),
    ("A9", "RerunAll", "Refuse", "abort/preprocess-done"),
    ("A9", "RerunAll", "RerunExpand", "abort/preprocess-done"),
    ("A9", "RerunAll", "TreatAsSpooler", "abort/preprocess-done"),
    ("B1", "AnyRefusal", "SampleStore", "coupled/complete-locked-by-spooler"),
    ("B1", "LockDominates", "SampleStore", "coupled/complete-locked-by-spooler"),
    ("B1", "NothingButAbort", "SampleStore", "coupled/complete-locked-by-spooler"),
    ("B1", "RegardlessOfLock", "SampleStore", "coupled/complete-locked-by-spooler"),
    ("B2", "OpenTimeOnly", "StaleHandle", "open/kept-handle-of-another-client"),
    ("B2", "OpenTimeOnly", "WriteRefused", "open/kept-handle-of-another-client"),
    ("B3", "SpoolerExempt", "CallerObject", "open/locked-best-access-by-second-spooler"),
    ("B3", "SpoolerExempt", "HolderExempt", "open/locked-best-access-by-second-spooler"),
    ("C1", "HolderIdempotent", "Idempotent", "abort/after-refused-lock"),
    ("C1", "Idempotent", "StrictError", "abort/after-refused-lock"),
    ("C2", "OnEnqueue", "OnSetLockState", "abort/after-refused-lock"),
    ("C3", "Either", "LockLost", "lock/after-clean-restart"),
    ("C3", "LockLost", "LockPersists", "lock/after-clean-restart"),
    ("D2", "ClientErrorUnspecified", "GoneEntirely", "coupled/direct-both"),
    ("D2", "GoneEntirely", "CopySemantics", "coupled/direct-both"),
    ("D2", "GoneEntirely", "SentCopyKept", "coupled/direct-both"),
    ("D2", "MoveSemantics", "GoneEntirely", "coupled/direct-both"),
    ("D3", "FlagsKept", "FlagsCleared", "coupled/direct-sentmail"),
    ("D4", "DequeueOnly", "DequeueAndClear", "abort/after-finish-moved"),
    ("D4", "DequeueOnly", "Nothing", "abort/after-finish-moved"),
    ("D6", "SpoolerRunsSeed2", "PostprocessOnly", "coupled/complete-after-abort-and-resubmit"),
    ("D6", "SpoolerRunsSeed2", "StoreFinishes", "coupled/complete-after-abort-and-resubmit"),
    ("D7", "RowKept", "NeverResent", "finish/sent-mail-fails-before-the-deletion"),
    ("D9", "ClientFiles", "StoreViaFinishedMsg", "coupled/complete-delete"),
    ("E5", "DuplicateRow", "OneRowPositionKept", "coupled/preprocess-and-partial"),
    ("E6", "SendTwice", "Idempotent", "submit/duplicate-while-locked"),
    ("E6", "SendTwice", "RefuseAny", "submit/duplicate-while-locked"),
    ("E6", "SendTwice", "RefuseNoAccess", "submit/duplicate-while-locked"),
    ("E6", "SendTwice", "RefuseSubmitted", "submit/duplicate-while-locked"),
    ("F1", "PartialEffects", "Atomic", "abort/after-failed-submit"),
    ("F5", "Cleared", "ClearedAtSubmit", "abort/delete-after-submit"),
    ("F5", "ClearedWhenSent", "ClearedAtSubmit", "abort/delete-after-submit"),
    ("F5", "SetAgain", "ClearedAtSubmit", "abort/delete-after-submit"),
    ("F5", "UnsentWhileQueued", "ClearedAtSubmit", "abort/delete-after-submit"),
    ("F5", "UnspecifiedWhileQueued", "ClearedAtSubmit", "abort/delete-after-submit"),
    ("F6", "RowOnly", "EverythingUndone", "abort/after-refused-lock"),
    ("F6", "RowOnly", "RowGoneSubmitClear", "abort/after-refused-lock"),
    ("F8", "InvalidForOpenOnly", "NewIdOnSubmit", "coupled/partial-is-not-for-writing"),
    ("F8", "InvalidForOpenOnly", "ValidUntilFinished", "coupled/partial-is-not-for-writing"),
    ("H1", "HiddenLockBlocks", "ShownLockBlocks", "restart/locked-then-abort-clean"),
    ("H1", "ShownLockBlocks", "NoLockBlocksAfterReopen", "lock/after-clean-restart"),
    ("H11", "EitherNothingLost", "QueueInstead", "coupled/complete-fails"),
    ("H11", "ReturnError", "QueueInstead", "coupled/complete-fails"),
    ("H14", "DeleteAnyway", "HookKeeps", "finish/superseded-both"),
    ("H14", "HookDecides", "DeleteAnyway", "finish/superseded-both"),
    ("H2", "EitherRow", "RowKept", "coupled/preprocess-then-complete-wanted"),
    ("H2", "RowKept", "RowRemoved", "coupled/preprocess-then-complete-wanted"),
    ("H3", "FoundAfterReopen", "RowKept", "coupled/complete-after-abort-and-resubmit"),
    ("H3", "Lost", "RowKept", "coupled/complete-after-abort-and-resubmit"),
    ("H3", "RequeueOnReopen", "RowKept", "coupled/complete-after-abort-and-resubmit"),
    ("H4", "FinishWithUnknown", "QueueWhenInDoubt", "coupled/unknown-recipient-without-flag"),
    ("H6", "CheckerMoves", "StoreMoves", "finish/both"),
    ("H7", "LostOnStop", "SurvivesCleanStop", "restart/after-finish-clean"),
    ("H7", "LostOnStop", "SurvivesCrash", "coupled/complete-then-crash"),
];

/// As [`TOLD_APART`], by a store that takes any answer that the reading permits: with the seed that shows it.
const TOLD_APART_BY_CHANCE: &[(&str, &str, &str, &str, u64)] = &[
    ("E3", "Eventually", "AddRemoveOnly", "abort/preprocess-pending-then-resubmit", 1),
    ("E3", "Eventually", "AlsoModify", "abort/preprocess-pending-then-resubmit", 1),
    ("E3", "Eventually", "BeforeReturn", "abort/preprocess-pending-then-resubmit", 1),
    ("F7", "SampleStore", "LockedAnyFailure", "abort/never-submitted", 1),
    ("F7", "SampleStore", "LockedUnableToAbort", "abort/never-submitted", 1),
    ("H8", "NeverGuaranteed", "ShouldSucceedWhenIdle", "abort/after-unlock", 1),
];

/// Keeps the case.
#[derive(Default)]
struct Tape(Option<(Header, Vec<Event>)>);

impl Progress for Tape {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, header: &Header, events: &[Event], _has_findings: bool) -> Option<String> {
        self.0 = Some((header.clone(), events.to_vec()));
        None
    }
}

/// What a store that keeps to a reading does in one case.
fn record(
    catalogue: &Catalogue,
    scenario: &Scenario,
    (id, reading): (&str, &str),
    chance: Option<u64>,
) -> (Header, Vec<Event>) {
    let profile = Profile {
        coupling: Some(Coupling::None),
        readings: [(id.to_owned(), reading.to_owned())].into(),
        ..Profile::default()
    };
    let plan = Plan { scenarios: vec![scenario], profile: None, patience: Duration::ZERO, recorded_by: String::new() };
    let mut tape = Tape::default();
    let mut rules = Rules::defaults();
    rules.declare(id, reading);
    let mut model = match chance {
        Some(seed) => Simulated::at_random(profile, rules, seed, Latitude::Permitted),
        None => Simulated::new(profile),
    };
    run(catalogue, &mut model, &plan, &mut tape);
    tape.0.expect("the case has ended")
}

/// Whether a store that declares the reading is blamed for what was recorded.
fn blamed(catalogue: &Catalogue, (header, events): &(Header, Vec<Event>), (id, reading): (&str, &str)) -> bool {
    let mut header = header.clone();
    header.profile.readings = [(id.to_owned(), reading.to_owned())].into();
    let mut oracle = Oracle::new(catalogue, Setting { header, judged: vec![Who::Store] });
    let readable = events.iter().all(|event| oracle.event(event).is_ok());
    oracle.settle();
    !readable || !oracle.ledger.findings.is_empty()
}

/// Every pair of readings with the case that tells them apart.
fn pairs() -> impl Iterator<Item = (&'static str, &'static str, &'static str, &'static str, Option<u64>)> {
    let usual = TOLD_APART.iter().map(|(id, follows, other, case)| (*id, *follows, *other, *case, None));
    let by_chance = TOLD_APART_BY_CHANCE.iter();
    usual.chain(by_chance.map(|(id, follows, other, case, seed)| (*id, *follows, *other, *case, Some(*seed))))
}

#[test]
fn what_follows_one_reading_is_blamed_under_another() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let scenarios = scenarios();
    let mut wrong = Vec::new();
    for (id, follows, other, case, chance) in pairs() {
        let scenario = scenarios.iter().find(|scenario| scenario.id == case).expect("the case is shipped");
        let row = catalogue.ambiguity(id).expect("the register has it");
        let rejected = |name| row.reading(name).expect("the register has it").stance == Stance::Rejected;
        let (here, there) =
            (record(&catalogue, scenario, (id, follows), chance), record(&catalogue, scenario, (id, other), None));
        if !blamed(&catalogue, &here, (id, other)) {
            wrong.push(format!("{id}: {case} does not tell {follows} from {other}"));
        }
        if !rejected(follows) && blamed(&catalogue, &here, (id, follows)) {
            wrong.push(format!("{id}: {case} blames {follows} under itself"));
        }
        if !rejected(other) && blamed(&catalogue, &there, (id, other)) {
            wrong.push(format!("{id}: {case} blames {other} under itself"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_reading_of_a_store_is_told_from_another() {
    let named: BTreeSet<_> = pairs().flat_map(|(id, follows, other, ..)| [(id, follows), (id, other)]).collect();
    for (_, id, readings) in AMBIGUITIES {
        let excepted = NOT_OF_A_STORE.iter().any(|(other, _)| other == id);
        for reading in *readings {
            assert_ne!(named.contains(&(*id, *reading)), excepted, "{id}={reading}");
        }
    }
}
