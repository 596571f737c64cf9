//! The shipped scenarios on the model itself: none of them assumes what no store may do.

mod common;

use std::time::Duration;

use spoolproof::conformance::{Plan, Progress, Simulated, run};
use spoolproof::model::AMBIGUITIES;
use spoolproof::oracle::Verdict;
use spoolproof::scenario::Scenario;
use spoolproof::spec::{Catalogue, Stance};
use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::{Coupling, Profile, SortsQueue};

use common::{NOT_OF_A_STORE, scenarios};

/// Keeps every event.
#[derive(Default)]
struct Tape(Vec<Event>);

impl Progress for Tape {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, _header: &Header, events: &[Event], _has_findings: bool) -> Option<String> {
        self.0.extend_from_slice(events);
        None
    }
}

fn plan(scenarios: Vec<&Scenario>) -> Plan<'_> {
    Plan { scenarios, profile: None, patience: Duration::ZERO, recorded_by: String::new() }
}

/// Stores that differ in what the pages leave to them.
fn profiles() -> [Profile; 3] {
    let uncoupled = Profile { coupling: Some(Coupling::None), ..Profile::default() };
    [
        Profile { sorts_queue: Some(SortsQueue::Store), ..uncoupled.clone() },
        Profile { persists_lock: Some(true), sorts_queue: Some(SortsQueue::Table), ..uncoupled.clone() },
        Profile { persists_lock: Some(false), ..uncoupled },
    ]
}

#[test]
fn every_scenario_passes_on_the_model_and_contradicts_nothing() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let scenarios = scenarios();
    assert!(scenarios.len() >= 80, "{} scenarios", scenarios.len());
    let mut wrong = Vec::new();
    for (profile, scenario) in profiles().iter().flat_map(|profile| scenarios.iter().map(move |each| (profile, each))) {
        let mut model = Simulated::new(profile.clone());
        let account = run(&catalogue, &mut model, &plan(vec![scenario]), &mut Tape::default());
        let verdict = account.case_verdict(&account.cases[0]);
        if verdict != Verdict::Pass {
            wrong.push(format!("{}: {verdict}: {:#?}", scenario.id, account.ledger.findings));
        }
        wrong.extend(model.contradiction().map(|contradiction| format!("{}: {contradiction}", scenario.id)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_scenario_that_no_store_could_pass_is_told() {
    let source = r#"
title = "A client may write to a queued message"
requirements = ["SEED1-11"]
steps = [
  { call = "create_message", session = "client-1", message = "m1", recipients = ["bob@example.test"] },
  { call = "submit_message", session = "client-1", message = "m1", expect = "S_OK" },
  { call = "open_entry", session = "client-2", message = "m1", flags = ["MAPI_MODIFY"], access = "read_write" },
]
"#;
    let scenario = Scenario::parse("open/wrong", source).expect("a scenario");
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let mut model = Simulated::default();
    run(&catalogue, &mut model, &plan(vec![&scenario]), &mut Tape::default());
    let expected = "OpenEntry(MAPI_MODIFY) on a queued message: the step assumes S_OK with read/write access, \
                    the model permits only MAPI_E_SUBMITTED";
    assert_eq!(model.contradiction().as_deref(), Some(expected));
}

#[test]
fn two_runs_of_all_scenarios_are_identical() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let scenarios = scenarios();
    let record = || {
        let mut tape = Tape::default();
        run(&catalogue, &mut Simulated::default(), &plan(scenarios.iter().collect()), &mut tape);
        tape.0
    };
    let first = record();
    assert!(first.len() > 1000, "{} events", first.len());
    assert!(first == record(), "the two traces differ");
}

/// What is first found of a store that keeps to one reading, and says so, in the cases about `statements`; in all, if
/// none is given. It is uncoupled and coupled in turn.
fn found(
    catalogue: &Catalogue,
    scenarios: &[Scenario],
    statements: Option<&[String]>,
    (id, reading): (&str, &str),
) -> Option<String> {
    let about = |scenario: &&Scenario| {
        statements.is_none_or(|ids| scenario.requirements.iter().any(|requirement| ids.contains(requirement)))
    };
    let profiles = [Coupling::None, Coupling::Tight].map(|coupling| Profile {
        coupling: Some(coupling),
        handles_addrtypes: (coupling == Coupling::Tight).then(|| vec!["SMTP".to_owned()]),
        readings: [(id.to_owned(), reading.to_owned())].into(),
        ..Profile::default()
    });
    let cases = profiles.iter().flat_map(|profile| scenarios.iter().filter(about).map(move |each| (profile, each)));
    let mut told = cases.filter_map(|(profile, scenario)| {
        let mut model = Simulated::new(profile.clone());
        let account = run(catalogue, &mut model, &plan(vec![scenario]), &mut Tape::default());
        let findings = || account.ledger.findings.iter().map(|finding| finding.what.as_str()).collect::<Vec<_>>();
        let verdict = account.case_verdict(&account.cases[0]);
        (verdict > Verdict::Pass).then(|| format!("{}: {verdict}: {}", scenario.id, findings().join("; ")))
    });
    told.next()
}

/// Readings of what the spooler, the transports and MAPI do: no store follows them.
const OF_OTHERS: [&str; 10] = ["A6", "D8", "F2", "F4", "G3", "G4", "G5", "G14", "G15", "G16"];

#[test]
fn a_store_that_keeps_to_a_reading_is_blamed_only_if_it_is_rejected() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let scenarios = scenarios();
    let mut wrong = Vec::new();
    for (_, id, readings) in AMBIGUITIES.iter().filter(|(_, id, _)| !OF_OTHERS.contains(id)) {
        let row = catalogue.ambiguity(id).expect("a switch is in the register");
        for reading in *readings {
            let rejected = row.reading(reading).is_some_and(|reading| reading.stance == Stance::Rejected);
            let statements = (!rejected).then_some(row.statements.as_slice());
            let first = found(&catalogue, &scenarios, statements, (id, reading));
            let shows = !NOT_OF_A_STORE.iter().any(|(other, _)| other == id);
            match first {
                None if rejected && shows => wrong.push(format!("{id}={reading} is rejected, and nothing is found")),
                Some(found) if !rejected => wrong.push(format!("{id}={reading} is declared, and blamed: {found}")),
                None | Some(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
