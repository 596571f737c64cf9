//! The bugs of the field: each has a case, and the case finds a provider that is broken in the same way.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use spoolproof::conformance::{Adapter, Options, Plan, Progress, SpoolerPlan, Target, run, run_spooler};
use spoolproof::oracle::{Account, Verdict, Who};
use spoolproof::spec::Catalogue;
use spoolproof_sdk::trace::{Event, Header};

use common::{scenarios, spooler_cases};

/// The bugs that are known: of each kind of provider, and of the trackers.
const BUGS: &[&str] = &[
    "K1",
    "K2",
    "K3",
    "K4",
    "K-open",
    "K-best",
    "K-deferred",
    "K-order",
    "Z1",
    "Z2",
    "G1",
    "G2",
    "G3",
    "O0",
    "O1",
    "O2",
    "N",
    "X",
    "S",
    "S1i",
    "S1ii",
    "S1iii",
    "S2",
    "S3",
    "T1",
    "T2",
    "pyko",
    "mfcmapi#28",
    "mfcmapi#133",
    "mfcmapi#540",
    "openchange#194",
    "sogo#104",
    "KC-848",
    "KW-2087",
    "KC-412",
    "gromox-8c49b9a18",
    "gromox-de49f5280",
    "outlook-outbox",
    "kerio-387",
    "nextcloud#6540",
    "nextcloud#6204",
    "nextcloud#9621",
];

/// A line of the table in `scenarios/README.md`.
struct Bug {
    key: String,
    what: String,
    case: Option<String>,
    fault: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn table() -> Vec<Bug> {
    let readme = fs::read_to_string(root().join("scenarios/README.md")).expect("a text file");
    let (_, section) = readme.split_once("## Bugs of the field").expect("the section is there");
    let lines = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let quoted = |cell: &str| cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')).map(str::to_owned);
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [key, what, case, fault] = cells[..] else { panic!("four cells: {line}") };
        Bug { key: key.to_owned(), what: what.to_owned(), case: quoted(case), fault: quoted(fault) }
    };
    lines.skip(1).map(row).collect()
}

/// Keeps nothing.
struct Quiet;

impl Progress for Quiet {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, _header: &Header, _events: &[Event], _has_findings: bool) -> Option<String> {
        None
    }
}

fn adapter(arguments: &[&str]) -> Adapter {
    let target = Target::program(env!("CARGO_BIN_EXE_spoolproof"), arguments.iter().copied());
    Adapter::start(&target, Options::default()).expect("the reference provider starts")
}

/// What one case says of a reference provider with a fault; `None` if there is no such case.
fn judge(case: &str, fault: &str) -> Option<(Account, Who)> {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    if let Some(id) = case.strip_prefix("spooler/").filter(|id| id.contains('/')) {
        let all = spooler_cases();
        let case = all.iter().find(|case| case.id == id)?;
        let plan = SpoolerPlan { scenarios: vec![case], profile: None, recorded_by: "a test".to_owned() };
        let mut adapter = adapter(&["reference", "--role", "spooler", "--fault", fault]);
        return Some((run_spooler(&catalogue, &mut adapter, &plan, &mut Quiet), Who::Spooler));
    }
    let all = scenarios();
    let scenario = all.iter().find(|scenario| scenario.id == case)?;
    let patience = Duration::from_millis(300);
    let plan = Plan { scenarios: vec![scenario], profile: None, patience, recorded_by: "a test".to_owned() };
    Some((run(&catalogue, &mut adapter(&["reference", "--fault", fault]), &plan, &mut Quiet), Who::Store))
}

#[test]
fn every_bug_is_in_the_table_and_has_a_case_or_a_reason() {
    let table = table();
    let listed: BTreeSet<&str> = table.iter().map(|bug| bug.key.as_str()).collect();
    assert_eq!(listed, BUGS.iter().copied().collect::<BTreeSet<_>>());
    assert_eq!(listed.len(), table.len(), "a bug is there twice");
    for Bug { key, what, case, fault } in &table {
        assert!(what.len() > 3, "{key} does not say what happens");
        match case {
            Some(trace) if trace.starts_with("traces/") => {
                assert!(root().join("scenarios").join(format!("{trace}.ndjson")).exists(), "{key}: {trace}");
            }
            Some(case) => assert!(fault.is_some(), "{key}: no fault shows that {case} finds it"),
            None => assert!(fault.is_none(), "{key}: a fault and no case"),
        }
    }
}

#[test]
fn each_case_finds_the_bug_that_it_is_there_for() {
    let mut missed = Vec::new();
    for Bug { key, case, fault, .. } in table() {
        let (Some(case), Some(fault)) = (case, fault) else { continue };
        let Some((account, who)) = judge(&case, &fault) else {
            missed.push(format!("{key}: no case is called {case}"));
            continue;
        };
        let is_blamed =
            account.ledger.findings.iter().any(|finding| {
                finding.who == who && matches!(finding.verdict, Verdict::Violation | Verdict::Deviation)
            });
        if !is_blamed {
            missed.push(format!("{key}: {case} does not find `{fault}`: {:?}", account.ledger.findings));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
