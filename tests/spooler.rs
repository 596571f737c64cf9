//! A spooler behind the real protocol: the reference spooler conforms, and each of its faults is reported under its own rule.

mod common;

use std::ops::ControlFlow;
use std::time::Duration;

use spoolproof::conformance::reference::SPOOLER_FAULTS;
use spoolproof::conformance::{Adapter, Deadlines, Options, Progress, SpoolerPlan, Target, run_spooler};
use spoolproof::oracle::{Account, Finding, Setting, Verdict, Who};
use spoolproof::scenario::SpoolerScenario;
use spoolproof::spec::{Catalogue, RequirementStatus};
use spoolproof::trace::{ReadOptions, Reader, Writer, audit};
use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::Profile;

use common::spooler_cases;

/// Keeps the traces.
#[derive(Default)]
struct Tapes(Vec<(String, Header, Vec<Event>)>);

impl Progress for Tapes {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, id: &str, header: &Header, events: &[Event], _has_findings: bool) -> Option<String> {
        self.0.push((id.to_owned(), header.clone(), events.to_vec()));
        None
    }
}

fn judge_with(
    scenarios: &[&SpoolerScenario],
    faults: &[&str],
    profile: Option<Profile>,
    (call, tapes): (Duration, &mut Tapes),
) -> Account {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let arguments =
        ["reference", "--role", "spooler"].into_iter().chain(faults.iter().flat_map(|fault| ["--fault", fault]));
    let target = Target::program(env!("CARGO_BIN_EXE_spoolproof"), arguments);
    let options = Options { deadlines: Deadlines::of_calls(call), ..Options::default() };
    let mut adapter = Adapter::start(&target, options).expect("the reference spooler starts");
    let plan = SpoolerPlan { scenarios: scenarios.to_vec(), profile, recorded_by: "a test".to_owned() };
    run_spooler(&catalogue, &mut adapter, &plan, tapes)
}

fn judge(scenarios: &[&SpoolerScenario], faults: &[&str]) -> Account {
    judge_with(scenarios, faults, None, (Duration::from_secs(10), &mut Tapes::default()))
}

#[test]
fn the_reference_spooler_conforms() {
    let scenarios = spooler_cases();
    let account = judge(&scenarios.iter().collect::<Vec<_>>(), &[]);
    let findings = &account.ledger.findings;
    assert!(findings.is_empty(), "{} findings: {:#?}", findings.len(), &findings[..findings.len().min(6)]);
    assert_eq!(account.verdict(), Verdict::Pass);
    assert!(account.cases.iter().all(|case| case.verdict == Verdict::Pass), "{:#?}", account.cases);
    // What only a spooler can keep was exercised.
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let ids = scenarios.iter().flat_map(|scenario| &scenario.requirements);
    let idle: Vec<&String> = ids
        .filter(|id| catalogue.requirement(id).is_some_and(|row| row.status == RequirementStatus::Modelled))
        .filter(|id| catalogue.requirement(id).is_some_and(|row| row.who == [spoolproof::spec::Who::Spooler]))
        .filter(|id| account.requirement_verdict(id).0 != Verdict::Pass)
        .collect();
    assert!(idle.is_empty(), "requirements of a spooler that no case exercised: {idle:?}");
}

/// Over the process protocol; `tests/reference/faults.rs` has every fault, without a process for each.
#[test]
fn a_sample_of_the_faults_is_reported_over_the_protocol() {
    let scenarios = spooler_cases();
    let all: Vec<&SpoolerScenario> = scenarios.iter().collect();
    for fault in SPOOLER_FAULTS.iter().filter(|fault| !fault.breaks.is_empty()).step_by(6) {
        let account = judge(&all, &[fault.name]);
        let is_own = |finding: &Finding| {
            let names = finding.requirements.iter().any(|id| fault.breaks.contains(&id.as_str()));
            names && finding.who == Who::Spooler && finding.verdict == Verdict::Violation
        };
        assert!(account.ledger.findings.iter().any(is_own), "{}: {:#?}", fault.name, account.ledger.findings.first());
        assert!(account.cases.iter().all(|case| case.verdict != Verdict::Error), "{}", fault.name);
    }
}

#[test]
fn a_spooler_is_held_to_the_reading_that_it_declares() {
    let scenarios = spooler_cases();
    // The reference spooler declares how it reads these; a spooler that reads them otherwise is held to that instead.
    for (fault, readings, case) in [
        ("youngest-first", serde_json::json!({ "E1": "BestEffort" }), "order/oldest-first"),
        ("overtakes-for-the-same-transport", serde_json::json!({ "E1": "BestEffort" }), "order/partly-waiting"),
        ("preprocess-unregistered", serde_json::json!({ "A11": "AllInRegistrationOrder" }), "prepare/matched-only"),
    ] {
        let cases: Vec<&SpoolerScenario> = scenarios.iter().filter(|scenario| scenario.id == case).collect();
        assert_eq!(judge(&cases, &[fault]).verdict(), Verdict::Violation, "{fault}");
        let profile: Profile = serde_json::from_value(serde_json::json!({ "readings": readings })).expect("a profile");
        let patience = (Duration::from_secs(10), &mut Tapes::default());
        let account = judge_with(&cases, &[fault], Some(profile), patience);
        assert_eq!(account.verdict(), Verdict::Pass, "{fault}: {:#?}", account.ledger.findings);
    }
}

#[test]
fn an_adapter_that_fails_says_nothing_of_its_spooler() {
    let scenarios = spooler_cases();
    let one: Vec<&SpoolerScenario> = scenarios.iter().filter(|case| case.id == "order/one-message").collect();
    for fault in SPOOLER_FAULTS.iter().filter(|fault| fault.breaks.is_empty()) {
        // Nobody has to wait for an answer that never comes; a flood has to have the time to be one.
        let limit =
            if fault.name == "adapter-is-silent" { Duration::from_millis(200) } else { Duration::from_secs(60) };
        let account = judge_with(&one, &[fault.name], None, (limit, &mut Tapes::default()));
        let findings = &account.ledger.findings;
        assert_eq!(account.verdict(), Verdict::Error, "{}: {findings:#?}", fault.name);
        assert!(findings.iter().all(|finding| finding.who == Who::Adapter), "{}: {findings:#?}", fault.name);
    }
}

#[test]
fn a_recorded_run_is_judged_the_same_without_the_spooler() {
    let scenarios = spooler_cases();
    let all: Vec<&SpoolerScenario> = scenarios.iter().collect();
    for fault in [None, Some("remove-info-never"), Some("finish-never"), Some("report-twice")] {
        let mut tapes = Tapes::default();
        let faults: Vec<&str> = fault.into_iter().collect();
        let live = judge_with(&all, &faults, None, (Duration::from_secs(10), &mut tapes));
        let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
        let mut again = Vec::new();
        for (id, header, events) in &tapes.0 {
            let mut writer = Writer::new(Vec::new(), header).expect("memory takes it");
            events.iter().for_each(|event| writer.write(event).expect("memory takes it"));
            let text = writer.finish().expect("memory takes it");
            let reader = Reader::new(text.as_slice(), id, ReadOptions::default()).expect("what was written reads back");
            let setting = Setting::of_log(reader.header().clone());
            let mut account = Account::default();
            audit(&catalogue, id, reader, setting, &mut account, |_| ControlFlow::Continue(()));
            again.extend(
                account.ledger.findings.into_iter().map(|finding| (finding.case, finding.seq, finding.requirements)),
            );
        }
        let live: Vec<_> =
            live.ledger.findings.into_iter().map(|finding| (finding.case, finding.seq, finding.requirements)).collect();
        assert_eq!(again, live, "{fault:?}");
    }
}
