//! The same provider has the same verdicts however often it is judged: nothing here waits and hopes, or tries again.

mod common;

use std::time::Duration;

use spoolproof::conformance::reference::Reference;
use spoolproof::conformance::{Adapter, InProcess, Options, Plan, Progress, Sut, Target, run};
use spoolproof::generate::Extent;
use spoolproof::oracle::{Account, Verdict};
use spoolproof::scenario::Scenario;
use spoolproof::spec::Catalogue;
use spoolproof_sdk::CallError;
use spoolproof_sdk::trace::{Event, Header};

use common::{scenarios, suite};

struct Quiet;

impl Progress for Quiet {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, _header: &Header, _events: &[Event], _has_findings: bool) -> Option<String> {
        None
    }
}

/// What a run says: each case with its verdict, and each finding.
type Told = (Vec<(String, Verdict)>, Vec<(Option<String>, Option<u64>, Verdict, Vec<String>, String)>);

fn told(account: &Account) -> Told {
    let cases = account.cases.iter().map(|case| (case.id.clone(), account.case_verdict(case))).collect();
    let findings = account.ledger.findings.iter();
    let findings = findings.map(|it| (it.case.clone(), it.seq, it.verdict, it.requirements.clone(), it.what.clone()));
    (cases, findings.collect())
}

fn judge<S: Sut>(scenarios: &[Scenario], sut: &mut S) -> Told {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let plan = Plan {
        scenarios: scenarios.iter().collect(),
        profile: None,
        patience: Duration::from_secs(2),
        recorded_by: "a test".to_owned(),
    };
    told(&run(&catalogue, sut, &plan, &mut Quiet))
}

/// How often, and by which cases.
fn asked() -> (u32, Vec<Scenario>) {
    let runs: Option<u32> = std::env::var("SPOOLPROOF_RUNS").ok().and_then(|text| text.parse().ok());
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let scenarios = if runs.is_some() { suite(&catalogue, Extent::Standard) } else { scenarios() };
    (runs.unwrap_or(2), scenarios)
}

/// `SPOOLPROOF_RUNS=1000 cargo test --release --test steady` judges it as often as that by the standard suite, over its own
/// process each time; without it the carried cases are run twice.
#[test]
fn equal_runs_have_equal_verdicts() {
    let (runs, scenarios) = asked();
    for arguments in [&["reference"] as &[&str], &["reference", "--fault", "race-lock-looks-once"]] {
        let judge = || {
            let target = Target::program(env!("CARGO_BIN_EXE_spoolproof"), arguments.iter().copied());
            let mut adapter = Adapter::start(&target, Options::default()).expect("the reference provider starts");
            judge(&scenarios, &mut adapter)
        };
        let first = judge();
        assert_eq!(first.1.is_empty(), arguments.len() == 1, "{:?}", first.1);
        for number in 1..runs {
            assert_eq!(judge(), first, "run {} of {arguments:?}", number + 1);
        }
    }
}

/// The same where no process takes part, and so many more runs are made in the same time.
#[test]
fn equal_runs_without_a_process_have_equal_verdicts() {
    let (runs, scenarios) = asked();
    for fault in [None, Some("abort-locked-succeeds")] {
        let judge = || {
            let start = move || Reference::open(None, fault).map_err(|error| CallError::Failed(error.to_string()));
            judge(&scenarios, &mut InProcess::start(start).expect("the reference store starts"))
        };
        let first = judge();
        assert_eq!(first.1.is_empty(), fault.is_none(), "{:?}", first.1);
        for number in 1..runs {
            assert_eq!(judge(), first, "run {} with {fault:?}", number + 1);
        }
    }
}
