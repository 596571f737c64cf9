//! The cases for spoolers on the reference spooler: it conforms, and each case exercises what it names.

mod common;

use spoolproof::conformance::{Adapter, Options, Progress, SpoolerPlan, Target, run_spooler};
use spoolproof::oracle::Verdict;
use spoolproof::spec::Catalogue;
use spoolproof_sdk::trace::{Event, Header};

use common::spooler_cases;

/// Keeps nothing.
struct Quiet;

impl Progress for Quiet {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, _header: &Header, _events: &[Event], _has_findings: bool) -> Option<String> {
        None
    }
}

#[test]
fn each_case_passes_on_the_reference_spooler_and_exercises_what_it_names() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let target = Target::program(env!("CARGO_BIN_EXE_spoolproof"), ["reference", "--role", "spooler"]);
    let mut adapter = Adapter::start(&target, Options::default()).expect("the reference spooler starts");
    let mut wrong = Vec::new();
    for case in spooler_cases() {
        let plan = SpoolerPlan { scenarios: vec![&case], profile: None, recorded_by: "a test".to_owned() };
        let account = run_spooler(&catalogue, &mut adapter, &plan, &mut Quiet);
        let verdict = account.case_verdict(&account.cases[0]);
        if verdict != Verdict::Pass {
            wrong.push(format!("{}: {verdict}: {:#?}", case.id, account.ledger.findings));
        }
        let idle = case.requirements.iter().filter(|id| account.requirement_verdict(id).0 != Verdict::Pass);
        wrong.extend(idle.map(|id| format!("{}: {id} is not exercised", case.id)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
