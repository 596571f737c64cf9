//! The register, reading by reading: the dangerous ones fail as the register says, and what it permits breaks nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use spoolproof::check::{Learned, ReadingOutcome, Survey, small_bounds};
use spoolproof::model::AMBIGUITIES;
use spoolproof::spec::{Catalogue, Stance};

fn catalogue() -> Catalogue {
    Catalogue::embedded().expect("the catalogue is right")
}

/// The small instances, explored by the defaults once for all tests.
fn small() -> &'static Survey {
    static SMALL: OnceLock<Survey> = OnceLock::new();
    SMALL.get_or_init(|| Survey::new(small_bounds(), Arc::default()))
}

/// What a reading comes to, if the model has a switch for it; nothing is interrupted here.
fn outcome(learned: Learned) -> Option<ReadingOutcome> {
    match learned {
        Learned::Explored(outcome) => Some(outcome),
        Learned::NoSwitch => None,
        Learned::NotExplored => panic!("nobody wanted it to end"),
    }
}

/// Every reading that has a switch, explored on every small instance.
fn everything(catalogue: &Catalogue) -> BTreeMap<(String, String), (Stance, ReadingOutcome)> {
    let rows = catalogue.ambiguities().iter();
    let readings: Vec<_> = rows.flat_map(|row| row.readings.iter().map(move |reading| (row, reading))).collect();
    let pairs: Vec<_> = readings.iter().map(|(row, reading)| (row.id.as_str(), reading.name.as_str())).collect();
    let learned = small().explore_all(&pairs, &|_| {});
    let explored = readings.iter().zip(learned).filter_map(|((row, reading), learned)| {
        Some(((row.id.clone(), reading.name.clone()), (reading.stance, outcome(learned)?)))
    });
    explored.collect()
}

/// What is wrong under these is that something never happens, which no single step shows.
const NEVER: [(&str, &str); 1] = [("F2", "LeftLocked")];

/// What the register predicts of the readings that are not for everybody: the property that fails.
const PREDICTED: &[(&str, &str, &str)] = &[
    ("A1", "Literal", "no submitted message is lost"),
    ("A2", "BothFire", "a message is finished once"),
    ("A2", "BothFire", "nobody is sent to twice"),
    ("A3", "BothFire", "a message is finished once"),
    ("A4", "AppliesToPartial", "a finished message has reached everybody"),
    ("A5", "Always", "a finished message has reached everybody"),
    ("A6", "StoreTasksLiteral", "a finished message has reached everybody"),
    ("A6", "PrepareSubmitLiteral", "nobody is sent to twice"),
    ("A7", "ResetAll", "nobody is sent to twice"),
    ("A9", "RerunAll", "preprocessing ends with the spooler's submission"),
    ("A9", "TreatAsSpooler", "a client changes nothing that is on its way out"),
    ("A10", "SpoolerOverrides", "what needs preprocessing waits for it"),
    ("A13", "SameObject", "only the spooler finishes"),
    ("A13", "SameObject", "no write-open while queued"),
    ("B2", "OpenTimeOnly", "a client changes nothing that is on its way out"),
    ("C2", "OnEnqueue", "only SetLockState locks"),
    ("D3", "FlagsKept", "a finished message has left the queue"),
    ("D4", "DequeueOnly", "a finished message has left the queue"),
    ("D4", "Nothing", "a message is finished once"),
    ("D7", "RowKept", "a message is finished once"),
    ("D8", "AfterFirstPass", "a finished message has reached everybody"),
    ("D9", "ClientFiles", "a sent message ends where its properties say"),
    ("E5", "DuplicateRow", "nobody is sent to twice"),
    ("E6", "SendTwice", "nobody is sent to twice"),
    ("F1", "PartialEffects", "a failed submission leaves nothing behind"),
    ("F1", "PartialEffects", "what is marked submitted is on its way"),
    ("F4", "Finished", "a finished message has reached everybody"),
    ("F6", "RowOnly", "an abort makes it a draft again"),
    ("G3", "PerMessage", "a finished message has reached everybody"),
    ("G4", "TrueAfterAttempt", "no submitted message is lost"),
    ("G4", "TrueAfterAttempt", "a finished message has reached everybody"),
    ("G5", "OneGlobalFlag", "a finished message has reached everybody"),
    ("G14", "NotMeMayHavePartial", "nobody is sent to twice"),
    ("G15", "TransportHasCopy", "a finished message has reached everybody"),
    ("G16", "FlagWins", "a finished message has reached everybody"),
    ("H1", "HiddenLockBlocks", "a queued message that nobody has locked can be taken back"),
    ("H3", "Lost", "no submitted message is lost"),
    ("H3", "Lost", "a crash loses no submitted message"),
    ("H4", "FinishWithUnknown", "a finished message has reached everybody"),
    ("H6", "CheckerMoves", "a sent message ends where its properties say"),
    ("H7", "LostOnStop", "nobody is sent to twice"),
];

#[test]
fn every_reading_does_what_the_register_says() {
    let all = everything(&catalogue());
    let switches: usize = AMBIGUITIES.iter().map(|(_, _, readings)| readings.len()).sum();
    assert_eq!(all.len(), switches, "every switch is in the register");
    for ((id, name), (stance, outcome)) in &all {
        let broken: Vec<&str> = outcome.fails.iter().map(|(_, trace)| trace.property.name).collect();
        match stance {
            Stance::Permitted => assert!(broken.is_empty(), "{id}={name} is permitted and breaks {broken:?}"),
            Stance::Rejected if NEVER.contains(&(id, name)) => {}
            Stance::Rejected => assert!(!broken.is_empty(), "{id}={name} is rejected and breaks nothing"),
            Stance::Declared => {}
        }
    }
    for (id, name, property) in PREDICTED {
        let (stance, outcome) = &all[&((*id).to_owned(), (*name).to_owned())];
        assert_ne!(*stance, Stance::Permitted, "{id}={name}");
        let fails = outcome.fails.iter().any(|(_, trace)| trace.property.name == *property);
        assert!(fails, "{id}={name} does not break “{property}”: {:?}", outcome.fails);
    }
    // Under the lock that comes with the queue there is nothing left to take back.
    let (_, locked) = &all[&("C2".to_owned(), "OnEnqueue".to_owned())];
    assert!(
        locked.idle.iter().any(|(_, property)| *property == "an abort makes it a draft again"),
        "{:?}",
        locked.idle
    );
}

#[track_caller]
fn shortest(id: &str, name: &str, property: &str, on: &str, steps: usize, outline: &str) {
    let outcome = outcome(small().explore(id, name)).expect("the model has a switch for it");
    let (bounds, trace) =
        outcome.fails.iter().find(|(_, trace)| trace.property.name == property).expect("the property fails");
    assert_eq!((bounds.as_str(), trace.steps.len(), trace.outline().as_str()), (on, steps, outline));
    assert_eq!(trace.readings, [format!("{id}={name}")]);
}

#[test]
fn the_soonest_counterexample_is_told() {
    let property = "no submitted message is lost";
    shortest("A1", "Literal", property, "known", 2, "create m1 to alice (sent mail), submit m1");
    let property = "a message is finished once";
    shortest("D4", "Nothing", property, "known", 8, "…, finish m1, open m1 to modify, lock m1, finish m1");
}

#[test]
fn a_reading_without_a_switch_is_not_explored() {
    let survey = Survey::new(Vec::new(), Arc::default());
    assert!(outcome(survey.explore("G9", "PageNames")).is_none());
    assert!(outcome(survey.explore("A7", "InitMissing")).is_none());
    assert!(outcome(survey.explore("A1", "Litteral")).is_none());
    let none = outcome(survey.explore("A1", "Literal")).expect("the model has a switch for it");
    assert!(none.fails.is_empty() && none.idle.is_empty() && !none.differs);
}

#[test]
fn of_a_reading_that_is_interrupted_nothing_is_said() {
    let (stop, rivals) = (Arc::new(AtomicBool::new(false)), small_bounds().swap_remove(0));
    let survey = Survey::new(vec![rivals], Arc::clone(&stop));
    let pairs = [("A1", "Literal"), ("G9", "PageNames"), ("B1", "SampleStore")];
    stop.store(true, Ordering::Relaxed);
    let learned = survey.explore_all(&pairs, &|_| {});
    assert!(matches!(learned[..], [Learned::NotExplored, Learned::NoSwitch, Learned::NotExplored]), "{learned:?}");
    // What holds by the defaults is what it is compared with.
    let unknown = Survey::new(small_bounds(), Arc::clone(&stop));
    stop.store(false, Ordering::Relaxed);
    assert!(matches!(unknown.explore("A1", "Literal"), Learned::NotExplored));
    assert!(matches!(survey.explore("A1", "Literal"), Learned::Explored(_)));
}

#[test]
fn every_entry_without_a_switch_says_why() {
    for row in catalogue().ambiguities() {
        let switched = AMBIGUITIES.iter().any(|(_, id, _)| *id == row.id);
        assert!(switched || row.why.is_some(), "{} has no switch, and the register does not say why", row.id);
    }
}
