//! Which readings a provider follows: never one that it does not, and the one that it does wherever the cases show it.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use spoolproof::conformance::{Latitude, Plan, Progress, Simulated, run};
use spoolproof::model::{AMBIGUITIES, Rules};
use spoolproof::oracle::Followed;
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
