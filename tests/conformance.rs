//! The reference provider behind the real protocol: it conforms, and each of its faults is reported under its own rule.

mod common;

use std::time::Duration;

use spoolproof::conformance::reference::FAULTS;
use spoolproof::conformance::{Adapter, Options, Plan, Progress, Target, run};
use spoolproof::oracle::{Account, Verdict};
use spoolproof::scenario::Scenario;
use spoolproof::spec::{Catalogue, RequirementStatus, Who};
use spoolproof_sdk::trace::{Event, Header};

use common::scenarios;

/// Keeps nothing.
struct Quiet;

impl Progress for Quiet {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, _header: &Header, _events: &[Event], _has_findings: bool) -> Option<String> {
        None
    }
}

fn judge(scenarios: &[Scenario], arguments: &[&str]) -> Account {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let target = Target::program(env!("CARGO_BIN_EXE_spoolproof"), arguments.iter().copied());
    let mut adapter = Adapter::start(&target, Options::default()).expect("the reference provider starts");
    let plan = Plan {
        scenarios: scenarios.iter().collect(),
        profile: None,
        patience: Duration::from_millis(300),
        recorded_by: "a test".to_owned(),
    };
    run(&catalogue, &mut adapter, &plan, &mut Quiet)
}

#[test]
fn the_reference_provider_conforms() {
    let account = judge(&scenarios(), &["reference"]);
    let findings = &account.ledger.findings;
    assert!(findings.is_empty(), "{} findings: {:#?}", findings.len(), &findings[..findings.len().min(6)]);
    assert_eq!(account.verdict(), Verdict::Pass);
    let idle: Vec<&str> =
        account.cases.iter().filter(|case| case.verdict != Verdict::Pass).map(|case| case.id.as_str()).collect();
    assert!(idle.is_empty(), "cases that did not run: {idle:?}");
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let unexercised: Vec<&str> = catalogue
        .requirements()
        .iter()
        .filter(|row| row.status == RequirementStatus::Modelled && row.who.contains(&Who::Store))
        .filter(|row| account.requirement_verdict(&row.id).0 != Verdict::Pass)
        .map(|row| row.id.as_str())
        .collect();
    assert!(unexercised.is_empty(), "requirements of a store that no case exercised: {unexercised:?}");
}

/// Over the process protocol; `tests/reference/faults.rs` has every fault, without a process for each.
#[test]
fn a_sample_of_the_faults_is_reported_over_the_protocol() {
    let scenarios = scenarios();
    for fault in FAULTS.iter().step_by(12) {
        let about = |scenario: &&Scenario| scenario.requirements.iter().any(|id| fault.breaks.contains(&id.as_str()));
        let close: Vec<Scenario> = scenarios.iter().filter(about).cloned().collect();
        let is_blamed = |scenarios: &[Scenario]| {
            let account = judge(scenarios, &["reference", "--fault", fault.name]);
            account.ledger.findings.iter().any(|finding| {
                matches!(finding.verdict, Verdict::Violation | Verdict::Deviation)
                    && fault.breaks.iter().any(|id| finding.requirements.iter().any(|named| named == id))
            })
        };
        let is_blamed = is_blamed(&close) || is_blamed(&scenarios);
        assert!(is_blamed, "{} {:?}: {}", fault.name, fault.breaks, fault.what);
    }
}
