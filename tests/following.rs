//! Which readings a provider follows: never one that it does not, and the one that it does wherever the cases show it.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use anstream::adapter::strip_str;
use spoolproof::conformance::{Latitude, Plan, Progress, Simulated, run};
use spoolproof::model::{AMBIGUITIES, Rules};
use spoolproof::oracle::Followed;
use spoolproof::report::text::{Options, render};
use spoolproof::report::{About, Report, Subject};
use spoolproof::scenario::Scenario;
use spoolproof::spec::{Ambiguity, Catalogue, Stance};
use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::{Coupling, Profile};

use common::scenarios;

/// Readings of what the spooler, the transports and MAPI do: no store follows them.
const OF_OTHERS: [&str; 10] = ["A6", "D8", "F2", "F4", "G3", "G4", "G5", "G14", "G15", "G16"];

struct Silent;

impl Progress for Silent {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, _header: &Header, _events: &[Event], _has_findings: bool) -> Option<String> {
        None
    }
}

fn profiles() -> [Profile; 2] {
    [Coupling::None, Coupling::Tight].map(|coupling| Profile {
        coupling: Some(coupling),
        handles_addrtypes: (coupling == Coupling::Tight).then(|| vec!["SMTP".to_owned()]),
        ..Profile::default()
    })
}

/// What `scenarios` show of a store.
fn shown(catalogue: &Catalogue, mut store: Simulated, scenarios: Vec<&Scenario>) -> Vec<Followed> {
    let plan = Plan { scenarios, profile: None, patience: Duration::ZERO, recorded_by: String::new() };
    let mut account = run(catalogue, &mut store, &plan, &mut Silent);
    account.settle();
    account.ledger.follows().collect()
}

/// What the report says of the model in `cases` when it is claimed to follow `readings`.
fn report(catalogue: &Catalogue, readings: &[(&str, &str)], cases: &[&str]) -> Report {
    let scenarios = scenarios();
    let readings = readings.iter().map(|(id, reading)| ((*id).to_owned(), (*reading).to_owned())).collect();
    let plan = Plan {
        scenarios: scenarios.iter().filter(|scenario| cases.contains(&scenario.id.as_str())).collect(),
        profile: Some(Profile { readings, ..Profile::default() }),
        patience: Duration::ZERO,
        recorded_by: String::new(),
    };
    assert_eq!(plan.scenarios.len(), cases.len());
    let subject = Subject { readings: plan.profile.clone().unwrap_or_default().readings, ..Subject::default() };
    let mut account = run(catalogue, &mut Simulated::default(), &plan, &mut Silent);
    account.settle();
    Report::new(catalogue, &account, About { command: "conform", subject, again: None, elapsed_ms: 0 })
}

#[test]
fn who_declares_another_reading_than_it_follows_is_told_so() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let report = report(&catalogue, &[("C1", "StrictError")], &["lock/twice"]);
    let seen = report.follows.iter().find(|followed| followed.ambiguity == "C1").expect("it locks twice");
    assert!(seen.is_undeclared() && !seen.is_plain(), "{seen:#?}");
    assert_eq!(seen.readings, ["HolderIdempotent", "Idempotent"]);
    assert_eq!(seen.declared.as_deref(), Some("StrictError"));
    let mut text = Vec::new();
    render(&report, &mut text, Options::default()).expect("a text");
    let text = strip_str(std::str::from_utf8(&text).expect("a text")).to_string();
    let line = text.lines().find(|line| line.contains("C1=")).expect("a line");
    assert!(line.contains("C1=HolderIdempotent or Idempotent") && line.ends_with("but declares StrictError"), "{line}");
}

#[test]
fn who_is_not_shown_to_follow_a_rejected_reading_is_presumed_not_to() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let report = report(&catalogue, &[], &["submit/duplicate-through-kept-handle", "finish/neither"]);
    let rejected = |id: &str, name: &str| {
        let stance = catalogue.ambiguity(id).and_then(|row| row.reading(name)).map(|reading| reading.stance);
        stance == Some(Stance::Rejected)
    };
    assert!(!report.follows.is_empty());
    for seen in &report.follows {
        assert!(!seen.rejected && !seen.readings.is_empty(), "{seen:#?}");
        let named = seen.readings.iter().chain(&seen.excluded);
        assert_eq!(named.filter(|name| rejected(&seen.ambiguity, name)).count(), 0, "{seen:#?}");
    }
    let plain: Vec<&str> =
        report.follows.iter().filter(|seen| seen.is_plain()).map(|seen| seen.ambiguity.as_str()).collect();
    assert!(plain.contains(&"D4"), "nothing but a rejected reading is ruled out: {plain:?}");
}

fn about<'a>(row: &Ambiguity, scenarios: &'a [Scenario]) -> Vec<&'a Scenario> {
    let named = |scenario: &&Scenario| scenario.requirements.iter().any(|id| row.statements.contains(id));
    scenarios.iter().filter(named).collect()
}

/// The readings of an ambiguity that a provider may follow.
fn allowed(row: &Ambiguity) -> impl Iterator<Item = &str> {
    row.readings.iter().filter(|reading| reading.stance != Stance::Rejected).map(|reading| reading.name.as_str())
}

#[test]
fn no_reading_is_ruled_out_that_a_store_follows() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let scenarios = scenarios();
    let mut wrong = Vec::new();
    let (mut apart, mut alone, mut all) = (0, Vec::new(), 0);
    for (_, id, readings) in AMBIGUITIES.iter().filter(|(_, id, _)| !OF_OTHERS.contains(id)) {
        let row = catalogue.ambiguity(id).expect("a switch is in the register");
        let cases = about(row, &scenarios);
        for reading in allowed(row).filter(|reading| readings.contains(reading)) {
            all += 1;
            let mut remaining: Vec<&str> = allowed(row).filter(|name| readings.contains(name)).collect();
            for profile in profiles() {
                let mut rules = Rules::defaults();
                rules.declare(id, reading);
                // It keeps to the reading, and says nothing of it.
                let store = Simulated::with_rules(profile, rules);
                for seen in shown(&catalogue, store, cases.clone()) {
                    if seen.ambiguity == *id {
                        remaining.retain(|name| seen.readings.contains(name));
                    }
                    let (_, other, names) = AMBIGUITIES.iter().find(|it| it.1 == seen.ambiguity).expect("an ambiguity");
                    let followed = if other == id { reading } else { names[0] };
                    if !seen.readings.contains(&followed) {
                        wrong.push(format!("{id}={reading}: {other}={followed} is ruled out: {seen:?}"));
                    }
                }
            }
            apart += usize::from(remaining.len() < allowed(row).filter(|name| readings.contains(name)).count());
            if remaining == [reading] && allowed(row).count() > 1 {
                alone.push(format!("{id}={reading}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!(
        "singled_out",
        format!(
            "of {all} readings, {apart} are told from some other, {} from every other:\n{}",
            alone.len(),
            alone.join("\n")
        )
    );
}

#[test]
fn what_a_store_does_by_chance_rules_out_no_reading_that_it_keeps_to() {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let scenarios = scenarios();
    let mut wrong = Vec::new();
    let mut told: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, id, readings) in AMBIGUITIES.iter().filter(|(_, id, _)| !OF_OTHERS.contains(id)) {
        let row = catalogue.ambiguity(id).expect("a switch is in the register");
        for (seed, reading) in allowed(row).filter(|reading| readings.contains(reading)).enumerate() {
            for profile in profiles() {
                let mut rules = spoolproof::oracle::rules(&catalogue, &profile);
                rules.declare(id, reading);
                let store = Simulated::at_random(profile, rules, seed as u64, Latitude::Deviating);
                for seen in shown(&catalogue, store, about(row, &scenarios)) {
                    if seen.ambiguity != *id {
                        continue;
                    }
                    *told.entry(id).or_default() += seen.events;
                    if !seen.readings.contains(&reading) {
                        wrong.push(format!("{id}={reading} is ruled out: {seen:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(told.len() > 20, "ambiguities of which anything was told: {told:?}");
}
