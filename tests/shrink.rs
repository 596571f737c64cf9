//! Failures are made small: the command that the report prints repeats them, with as few steps as can be.

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use spoolproof::conformance::{Adapter, Options, Plan, Progress, ShrinkLimit, Target, run, shrink};
use spoolproof::scenario::Scenario;
use spoolproof::spec::Catalogue;
use spoolproof_sdk::trace::{Event, Header};

use common::scenarios;

/// A fault, the cases to find it in, a requirement that it breaks, and how many calls lead to it at least: what the
/// seeded fault needs is known, so no fewer can.
const FAILURES: &[(&str, &str, &str, usize)] = &[
    // create, submit, open, lock, abort
    ("abort-locked-succeeds", "abort", "SLS-08", 5),
    // create, submit, open twice, lock twice
    ("second-spooler-steals-lock", "lock", "SEED1-14", 6),
    // two messages, and a read of the queue
    ("queue-unsorted", "queue", "GOQ-08", 5),
    // create, submit, open
    ("open-modify-queued", "open", "SEED1-11", 3),
    // create, submit, abort, open, submit
    ("sleeper-resubmit-no-row", "preprocess/after-abort-and-resubmit", "SEED1-29", 5),
    // three messages; one of them could be submitted a second time, after an open and an abort
    ("sleeper-third-submission-not-notified", "notify", "SEED1-48", 6),
    // create, submit, open twice, and the two locks at once
    ("race-lock-looks-once", "race/lock-lock", "SEED1-14", 6),
    // create, open, and both calls at once
    ("race-write-looks-once", "race/submit-write", "PMF-08", 4),
];

/// The same for spoolers, with the file's parts as they must be: nothing else is needed.
const FAILURES_OF_SPOOLERS: &[(&str, &str, &str, &str)] = &[
    (
        "report-twice",
        "report/two-of-three",
        "STR-02",
        r#"transports = [{ addrtypes = ["SMTP"] }]
steps = [
  { call = "submit_message", message = "m1", recipients = ["X400:zed"] },
  { call = "wake" },
]
"#,
    ),
    // Who is asked last is known only where there are two, and the second message tells nothing more.
    (
        "sleeper-one-ready-is-all-ready",
        "hand/both-busy-one-ready",
        "XPS-19",
        r#"transports = [{ addrtypes = ["SMTP"], answers = ["MAPI_E_BUSY"] }, { addrtypes = ["FAX"], answers = ["MAPI_E_BUSY"] }]
steps = [
  { call = "submit_message", message = "m1", recipients = ["bob@example.test"] },
  { call = "wake" },
  { call = "wake", ready = 2 },
]
"#,
    ),
    // The second transport was there for its preprocessor, which any other can register.
    (
        "preprocess-backwards",
        "prepare/in-order",
        "SEED1-33",
        r#"transports = [{ addrtypes = ["SMTP"] }]
preprocessors = [{ transport = 1 }, { transport = 1 }]
steps = [
  { call = "submit_message", message = "m1", recipients = ["bob@example.test"] },
  { call = "wake" },
]
"#,
    ),
    (
        "sleeper-no-remove-info-after-death",
        "crash/after-preprocessing",
        "SEED2-07",
        r#"transports = [{ addrtypes = ["SMTP"] }]
preprocessors = [{ transport = 1 }]
steps = [
  { call = "submit_message", message = "m1", recipients = ["bob@example.test"] },
  { call = "wake", dies_after = 8 },
]
"#,
    ),
];

/// What `spoolproof` with these words prints in `folder`.
fn spoolproof(folder: &Path, words: &[&str]) -> String {
    let (code, printed) = run_program(folder, words);
    assert_eq!(code, Some(1), "a violation is found: {printed}");
    printed
}

/// The exit code of `spoolproof` with these words, and what it prints in `folder`.
fn run_program(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_spoolproof"))
        .args(words)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
}

/// The first violation of `requirement`, to the end of its block.
fn block<'t>(text: &'t str, requirement: &str) -> &'t str {
    let blocks = text.split("VIOLATION  ").skip(1);
    blocks
        .into_iter()
        .find(|block| block.lines().next().is_some_and(|line| line.contains(requirement)))
        .unwrap_or_else(|| panic!("no violation of {requirement} in\n{text}"))
}

/// What stands behind `label` in a block.
fn labelled<'t>(block: &'t str, label: &str) -> &'t str {
    let line = block.lines().find_map(|line| line.trim().strip_prefix(label));
    line.unwrap_or_else(|| panic!("no `{label}` in\n{block}")).trim()
}

#[test]
fn the_command_that_is_printed_repeats_the_failure_in_the_fewest_steps() {
    for (fault, cases, requirement, shortest) in FAILURES {
        let folder = tempfile::tempdir().expect("a folder");
        let found = spoolproof(folder.path(), &["conform", "--fault", fault, "--case", cases, "--timeout", "2"]);
        let shown = block(&found, requirement);
        let again: Vec<&str> = labelled(shown, "again:").split_whitespace().collect();
        assert_eq!(again[..2], ["spoolproof", "conform"], "{shown}");
        let file = folder.path().join(again[2]);
        let source = std::fs::read_to_string(&file).expect("the file that the command names");
        let small = Scenario::parse("small", &source).unwrap_or_else(|problems| panic!("{problems:#?}\n{source}"));
        assert_eq!(small.to_toml(), source);
        assert!(
            (*shortest..=shortest + 1).contains(&small.steps.len()),
            "{fault}: {} steps, the shortest has {shortest}:\n{source}",
            small.steps.len()
        );
        let told = labelled(shown, "small:");
        assert!(told.starts_with(&format!("{} of the ", small.steps.len())), "{told}");
        let repeated = spoolproof(folder.path(), &again[1..]);
        assert_eq!(block(&repeated, requirement).lines().next().map(rules), shown.lines().next().map(rules), "{fault}");
    }
}

#[test]
fn the_command_that_is_printed_repeats_the_failure_of_a_spooler() {
    for (fault, case, requirement, least) in FAILURES_OF_SPOOLERS {
        let folder = tempfile::tempdir().expect("a folder");
        let words = ["conform", "--role", "spooler", "--fault", fault, "--case", case];
        let found = spoolproof(folder.path(), &words);
        let shown = block(&found, requirement);
        let again: Vec<&str> = labelled(shown, "again:").split_whitespace().collect();
        assert_eq!(again[..4], ["spoolproof", "conform", "--role", "spooler"], "{shown}");
        let source = std::fs::read_to_string(folder.path().join(again[4])).expect("the file that the command names");
        let parts = source.find("transports = ").unwrap_or_else(|| panic!("no transports in\n{source}"));
        assert_eq!(&source[parts..], *least, "{fault}");
        assert!(labelled(shown, "small:").ends_with(&format!("steps of {case}")), "{shown}");
        let repeated = spoolproof(folder.path(), &again[1..]);
        assert_eq!(block(&repeated, requirement).lines().next().map(rules), shown.lines().next().map(rules), "{fault}");
        // The case is right, and so is who keeps the rule.
        let sound: Vec<&str> = again[1..].iter().copied().filter(|word| ![*fault, "--fault"].contains(word)).collect();
        let (code, printed) = run_program(folder.path(), &sound);
        assert_eq!(code, Some(0), "{printed}");
    }
}

#[test]
fn repeating_one_failure_leaves_the_files_of_the_others_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = ["conform", "--role", "spooler", "--fault", "lock-never", "--case", "crash/after-preprocessing"];
    let found = spoolproof(folder.path(), &words);
    let files = || {
        let entries = std::fs::read_dir(folder.path().join("out")).expect("a folder").map(|entry| entry.expect("one"));
        let scenarios =
            entries.map(|entry| entry.path()).filter(|file| file.extension().is_some_and(|it| it == "toml"));
        scenarios
            .map(|file| (file.clone(), std::fs::read_to_string(&file).expect("a file")))
            .collect::<BTreeMap<_, _>>()
    };
    let before = files();
    let shown: Vec<&str> = found.split("VIOLATION  ").skip(1).collect();
    assert_eq!((shown.len(), before.len()), (2, 2), "two kinds in one case: {found}");
    // The second time too, when there is something of the first.
    for block_of_it in shown.iter().chain(&shown) {
        let again: Vec<&str> = labelled(block_of_it, "again:").split_whitespace().collect();
        let headline = block_of_it.lines().next().map(rules);
        let repeated = spoolproof(folder.path(), &again[1..]);
        assert!(repeated.split("VIOLATION  ").any(|other| other.lines().next().map(rules) == headline), "{repeated}");
        let now = files();
        assert!(before.iter().all(|(file, text)| now.get(file) == Some(text)), "{now:#?}");
        assert!(now.len() <= before.len() + 1, "what is there already is not written again: {now:#?}");
    }
}

/// The requirements of a headline.
fn rules(headline: &str) -> &str {
    headline.split(" · ").next().unwrap_or(headline)
}

#[test]
fn without_shrinking_the_case_itself_is_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = ["conform", "--fault", "abort-locked-succeeds", "--case", "abort/locked"];
    let found = spoolproof(folder.path(), &[&words[..], &["--no-shrink"]].concat());
    let shown = block(&found, "SLS-08");
    assert!(labelled(shown, "again:").ends_with("--case abort/locked"), "{shown}");
    assert!(!shown.contains("small:"), "{shown}");
    let limited = spoolproof(folder.path(), &[&words[..], &["--shrink-limit", "0"]].concat());
    assert!(!limited.contains("small:"), "{limited}");
    let words = ["conform", "--role", "spooler", "--fault", "report-twice", "--case", "report/two-of-three"];
    let found = spoolproof(folder.path(), &[&words[..], &["--no-shrink"]].concat());
    let shown = block(&found, "STR-02");
    assert!(labelled(shown, "again:").ends_with("--case report/two-of-three"), "{shown}");
    assert!(!shown.contains("small:"), "{shown}");
}

struct Quiet;

impl Progress for Quiet {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, _header: &Header, _events: &[Event], _has_findings: bool) -> Option<String> {
        None
    }
}

/// The provider was mended in between, which looks as a failure does that comes and goes.
#[test]
fn what_does_not_show_again_is_said_to_be_flaky() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let start = |arguments: &[&str]| {
        let target = Target::program(env!("CARGO_BIN_EXE_spoolproof"), arguments.iter().copied());
        Adapter::start(&target, Options::default()).expect("the reference provider starts")
    };
    let scenarios: Vec<Scenario> = scenarios().into_iter().filter(|case| case.id == "abort/locked").collect();
    let plan = Plan {
        scenarios: scenarios.iter().collect(),
        profile: None,
        patience: Duration::from_millis(300),
        recorded_by: "a test".to_owned(),
    };
    let account = run(&catalogue, &mut start(&["reference", "--fault", "abort-locked-succeeds"]), &plan, &mut Quiet);
    let small = shrink(&catalogue, &mut start(&["reference"]), &plan, &account, &ShrinkLimit::default());
    assert_eq!(small.len(), 1, "{small:?}");
    assert_eq!((small[0].0.left, small[0].0.steps, &small[0].1), (None, 8, &None));
}
