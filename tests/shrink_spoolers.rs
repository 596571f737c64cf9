//! The failures of spoolers are made small: what is left fails in the same way, and needs every step that it has.

mod common;

use std::sync::Arc;

use spoolproof::conformance::reference::{Fault, SPOOLER_FAULTS, Spooler};
use spoolproof::conformance::{InProcess, Progress, ShrinkLimit, SpoolerPlan, Stop, run_spooler, shrink_spooler};
use spoolproof::oracle::{Account, Finding, Small, Verdict};
use spoolproof::scenario::SpoolerScenario;
use spoolproof::spec::Catalogue;
use spoolproof_sdk::CallError;
use spoolproof_sdk::trace::{Event, Header};

use common::spooler_cases;

struct Quiet;

impl Progress for Quiet {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, _header: &Header, _events: &[Event], _has_findings: bool) -> Option<String> {
        None
    }
}

/// A spooler with these faults, without a process.
fn spooler(faults: &[&str]) -> InProcess<Spooler> {
    let faults: Vec<String> = faults.iter().map(|&fault| fault.to_owned()).collect();
    InProcess::start(move || Spooler::new(&faults).map_err(CallError::Failed)).expect("the spooler starts")
}

fn plan(case: &SpoolerScenario) -> SpoolerPlan<'_> {
    SpoolerPlan { scenarios: vec![case], profile: None, recorded_by: "a test".to_owned() }
}

fn judge(catalogue: &Catalogue, sut: &mut InProcess<Spooler>, case: &SpoolerScenario) -> Account {
    run_spooler(catalogue, sut, &plan(case), &mut Quiet)
}

/// The first case, those that are about it before the others, in which the fault is reported under one of its own.
fn failing<'c>(
    catalogue: &Catalogue,
    sut: &mut InProcess<Spooler>,
    (fault, cases): (&Fault, &'c [SpoolerScenario]),
) -> (&'c SpoolerScenario, Account) {
    let mut cases: Vec<&SpoolerScenario> = cases.iter().collect();
    cases.sort_by_key(|case| !is_about(fault, &case.requirements));
    let mut judged = cases.into_iter().map(|case| (case, judge(catalogue, sut, case)));
    let is_found = |account: &Account| account.ledger.findings.iter().any(|one| is_about(fault, &one.requirements));
    judged.find(|(_, account)| is_found(account)).unwrap_or_else(|| panic!("{} is not found", fault.name))
}

fn is_about(fault: &Fault, requirements: &[String]) -> bool {
    requirements.iter().any(|id| fault.breaks.contains(&id.as_str()))
}

fn shows(account: &Account, small: &Small) -> bool {
    let fails = |finding: &&Finding| matches!(finding.verdict, Verdict::Violation | Verdict::Deviation);
    account.ledger.findings.iter().filter(fails).any(|finding| small.shows(finding))
}

/// The case without one of its steps, if that is a case.
fn without_step(case: &SpoolerScenario, at: usize) -> Option<SpoolerScenario> {
    let mut less = case.clone();
    less.steps.remove(at);
    let known: Vec<&str> = less.requirements.iter().map(String::as_str).collect();
    SpoolerScenario::parse(&less.id, &less.to_toml(), &known).ok()
}

#[test]
fn the_failures_of_each_fault_are_made_small_and_fail_in_the_same_way() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let known: Vec<&str> = catalogue.requirements().iter().map(|row| row.id.as_str()).collect();
    let cases = spooler_cases();
    let mut right = spooler(&[]);
    let (mut steps, mut left) = (0, 0);
    for fault in SPOOLER_FAULTS.iter().filter(|fault| !fault.breaks.is_empty()) {
        let mut sut = spooler(&[fault.name]);
        let (case, account) = failing(&catalogue, &mut sut, (fault, &cases));
        let found = shrink_spooler(&catalogue, &mut sut, &plan(case), &account, &ShrinkLimit::default());
        assert!(found.iter().any(|(small, _)| is_about(fault, &small.requirements)), "{}: {found:#?}", fault.name);
        for (small, shrunk) in found {
            let shrunk = shrunk.unwrap_or_else(|| panic!("{}: {small:#?} does not show again", fault.name));
            let text = shrunk.to_toml();
            let what = format!("{}, {}:\n{text}", fault.name, small.call);
            assert_eq!(SpoolerScenario::parse(&case.id, &text, &known).as_ref(), Ok(&shrunk), "{what}");
            assert_eq!((small.steps, small.left), (case.steps.len() as u64, Some(shrunk.steps.len() as u64)), "{what}");
            assert!(shrunk.steps.len() <= case.steps.len(), "{what}");
            assert!(shrunk.transports.len() <= case.transports.len(), "{what}");
            assert!(shrunk.preprocessors.len() <= case.preprocessors.len(), "{what}");
            (steps, left) = (steps + case.steps.len(), left + shrunk.steps.len());

            assert!(shows(&judge(&catalogue, &mut sut, &shrunk), &small), "{what}");
            let of_right = judge(&catalogue, &mut right, &shrunk);
            assert_eq!(of_right.verdict(), Verdict::Pass, "{what}{:#?}", of_right.ledger.findings);
            for less in (0..shrunk.steps.len()).filter_map(|at| without_step(&shrunk, at)) {
                assert!(
                    !shows(&judge(&catalogue, &mut sut, &less), &small),
                    "{what}is shown with less:\n{}",
                    less.to_toml()
                );
            }
        }
    }
    assert!(left < steps, "something is left out of {steps} steps");
}

#[test]
fn what_does_not_show_again_is_left_as_it_is() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let cases = spooler_cases();
    let fault = SPOOLER_FAULTS.iter().find(|fault| fault.name == "hand-ignores-busy").expect("that fault");
    let mut broken = spooler(&[fault.name]);
    let (case, account) = failing(&catalogue, &mut broken, (fault, &cases));
    // The spooler was mended in between, which looks as a failure does that comes and goes.
    let found = shrink_spooler(&catalogue, &mut spooler(&[]), &plan(case), &account, &ShrinkLimit::default());
    assert!(!found.is_empty());
    for (small, shrunk) in found {
        assert_eq!((small.left, small.steps, shrunk), (None, case.steps.len() as u64, None));
    }
}

#[test]
fn no_more_is_tried_than_is_allowed() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let cases = spooler_cases();
    let case = cases.iter().find(|case| case.id == "hand/busy").expect("a case with one message");
    let mut sut = spooler(&["hand-ignores-busy"]);
    let account = judge(&catalogue, &mut sut, case);
    let mut left = |limit: &ShrinkLimit| {
        let found = shrink_spooler(&catalogue, &mut sut, &plan(case), &account, limit);
        found.first().map(|(small, _)| small.left.expect("it shows again"))
    };
    let runs = |runs| ShrinkLimit { runs, runs_each: runs, ..ShrinkLimit::default() };
    assert_eq!(left(&runs(0)), None);
    // The one message goes first, and is needed.
    assert_eq!(left(&runs(1)), Some(4));
    assert_eq!(left(&runs(80)), Some(2));
    // Of what nobody waits for any more, nothing is said.
    let pressed = Stop::at(Arc::new(Stop::INTERRUPTED.into()), None);
    assert_eq!(left(&ShrinkLimit { stop: pressed, ..ShrinkLimit::default() }), None);
}

#[test]
fn a_case_in_which_the_adapter_failed_is_not_run_again() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let cases = spooler_cases();
    let cases: Vec<&SpoolerScenario> = cases.iter().filter(|case| case.id.starts_with("hand/busy")).collect();
    let plan = SpoolerPlan { scenarios: cases, profile: None, recorded_by: "a test".to_owned() };
    let mut sut = spooler(&["hand-ignores-busy"]);
    let mut account = run_spooler(&catalogue, &mut sut, &plan, &mut Quiet);
    let mut from = |account: &Account| {
        let found = shrink_spooler(&catalogue, &mut sut, &plan, account, &ShrinkLimit::default());
        found.first().map(|(small, _)| small.case.clone())
    };
    let ids: Vec<String> = account.cases.iter().map(|case| case.id.clone()).collect();
    assert_eq!(from(&account).as_ref(), Some(&ids[0]));
    account.cases[0].verdict = Verdict::Error;
    assert_eq!(from(&account).as_ref(), Some(&ids[1]), "another case shows the same");
    account.cases.iter_mut().for_each(|case| case.verdict = Verdict::Error);
    assert_eq!(from(&account), None);
}
