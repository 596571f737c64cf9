//! Parts of a run: shards, the cases that failed before, and a run that ends with the first failure.

use std::collections::BTreeSet;

use spoolproof::cli::exit;

use crate::bench::{Bench, cases};

const FAULT: [&str; 3] = ["conform", "--fault", "abort-locked-succeeds"];

#[test]
fn the_shards_are_the_whole_and_no_case_is_in_two() {
    let bench = Bench::new();
    let whole = bench.report(&["conform", "--case", "abort", "--case", "lock"], exit::CONFORMS);
    let mut seen = BTreeSet::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let part = bench.report(&["conform", "--case", "abort", "--case", "lock", "--shard", shard], exit::CONFORMS);
        assert_eq!(part["selection"]["shard"], shard);
        for id in cases(&part, "pass") {
            assert!(seen.insert(id.to_owned()), "{id} is in two shards");
        }
    }
    let whole: BTreeSet<String> = cases(&whole, "pass").into_iter().map(str::to_owned).collect();
    assert_eq!(seen, whole);
}

#[test]
fn an_empty_shard_is_a_success_and_a_wrong_one_a_mistake() {
    let bench = Bench::new();
    let codes: Vec<_> = (1..=3)
        .map(|place| {
            let shard = format!("{place}/3");
            let ran = bench.check(
                &["conform", "--case", "abort/locked", "--shard", &shard, "--junit", "report.xml", "--json", "r.json"],
                exit::CONFORMS,
            );
            let tests = bench.read("report.xml").matches("<testcase").count();
            let is_empty = ran.out.contains("holds none of the 1 cases");
            assert_eq!(tests, usize::from(!is_empty), "{}", ran.out);
            assert_eq!(bench.json("r.json")["cases"].as_array().map(Vec::len), Some(tests));
            is_empty
        })
        .collect();
    assert_eq!(codes.iter().filter(|empty| **empty).count(), 2, "one holds the case");
    let ran = bench.check(&["conform", "--shard", "4/3"], exit::UNREADABLE);
    assert!(ran.err.contains("such as 1/4 up to 4/4"), "{}", ran.err);
    // A pattern that names no case is none in any shard.
    bench.check(&["conform", "--case", "abrot", "--shard", "1/3"], exit::NOTHING_RUN);
}

#[test]
fn only_what_failed_is_run_again() {
    let bench = Bench::new();
    let first = ["conform", "--fault", "abort-locked-succeeds", "--case", "abort", "--json", "first.json"];
    bench.check(&first, exit::VIOLATION);
    let failed = bench.json("first.json");
    let failed = cases(&failed, "violation");
    assert!(!failed.is_empty());
    let again = bench.report(&[&FAULT[..], &["--rerun-failed", "first.json"]].concat(), exit::VIOLATION);
    assert_eq!(cases(&again, "violation"), failed);
    assert_eq!(again["cases"].as_array().map(Vec::len), Some(failed.len()));
    assert_eq!(again["selection"]["rerun"], true);
    // The store has been mended.
    bench.check(&["conform", "--rerun-failed", "first.json", "--json", "mended.json"], exit::CONFORMS);
    let ran = bench.check(&["conform", "--rerun-failed", "mended.json"], exit::CONFORMS);
    assert_eq!(ran.out, "nothing to rerun: every case passed in mended.json\n");
}

#[test]
fn a_report_that_cannot_be_followed_is_a_mistake() {
    let bench = Bench::new();
    bench.check(&["conform", "--fault", "abort-locked-succeeds", "--case", "abort/locked", "--json", "r.json"], 1);
    let text = bench.read("r.json");
    bench.write("gone.json", &text.replace("\"abort/locked\"", "\"abort/loced\""));
    let ran = bench.check(&["conform", "--rerun-failed", "gone.json"], exit::UNREADABLE);
    assert!(ran.err.contains("gone.json names cases that are not here: abort/loced"), "{}", ran.err);
    assert!(ran.err.contains("did you mean `abort/locked`?"), "{}", ran.err);
    let ran = bench.check(&["conform", "--role", "spooler", "--rerun-failed", "r.json"], exit::UNREADABLE);
    assert!(ran.err.contains("r.json judges a store, and this run a spooler"), "{}", ran.err);
    bench.write("none.json", "{}");
    let ran = bench.check(&["conform", "--rerun-failed", "none.json"], exit::UNREADABLE);
    assert!(ran.err.contains("none.json is no JSON report"), "{}", ran.err);
    bench.check(&["conform", "--rerun-failed", "not-there.json"], exit::UNREADABLE);
    // An adapter that never started failed no case: that is not nothing to do.
    bench.check(&["conform", "--provider", "./not-there", "--json", "dead.json"], exit::FAILED);
    let ran = bench.check(&["conform", "--rerun-failed", "dead.json"], exit::NOTHING_RUN);
    assert!(ran.err.contains("ended with 3, and not because of a case"), "{}", ran.err);
}

#[test]
fn a_run_ends_with_the_first_failure_and_says_what_it_left_out() {
    let bench = Bench::new();
    let args = [&FAULT[..], &["--case", "abort", "--fail-fast", "--junit", "report.xml"]].concat();
    let report = bench.report(&args, exit::VIOLATION);
    assert_eq!(report["stopped"], "first_failure");
    assert_eq!(cases(&report, "violation").len(), 1);
    let left = cases(&report, "not_exercised");
    let passed = cases(&report, "pass");
    assert!(!left.is_empty() && !passed.is_empty());
    assert_eq!(1 + left.len() + passed.len(), report["cases"].as_array().map_or(0, Vec::len));
    let junit = bench.read("report.xml");
    assert_eq!(junit.matches("<skipped").count(), left.len(), "{junit}");
    let ran = bench.check(&args, exit::VIOLATION);
    assert!(ran.out.contains(&format!("{} cases: the run was stopped after the first case that failed", left.len())));
    // What was left out is run with what failed.
    bench.write("first.json", &report.to_string());
    let again = bench.report(&["conform", "--rerun-failed", "first.json"], exit::CONFORMS);
    assert_eq!(again["cases"].as_array().map(Vec::len), Some(1 + left.len()));
}

#[test]
fn a_known_failure_does_not_end_the_run() {
    let bench = Bench::new();
    bench.write("known.toml", "[[known-failing]]\ncase = \"abort/locked\"\nreason = \"x\"\n");
    let cases = ["--case", "abort/locked", "--case", "abort/queued"];
    let report =
        bench.report(&[&FAULT[..], &cases, &["--fail-fast", "--known-failing", "known.toml"]].concat(), exit::CONFORMS);
    assert_eq!(report["stopped"], serde_json::Value::Null);
}

#[test]
fn spoolers_are_run_in_parts_too() {
    let bench = Bench::new();
    let run = ["conform", "--role", "spooler", "--fault", "youngest-first"];
    let whole = bench.report(&run, exit::VIOLATION);
    let failed = cases(&whole, "violation");
    bench.write("first.json", &whole.to_string());
    let again = bench.report(&[&run[..], &["--rerun-failed", "first.json"]].concat(), exit::VIOLATION);
    assert_eq!(cases(&again, "violation"), failed);
    let stopped = bench.report(&[&run[..], &["--fail-fast"]].concat(), exit::VIOLATION);
    assert_eq!((cases(&stopped, "violation").len(), &stopped["stopped"]), (1, &"first_failure".into()));
    let list: String =
        failed.iter().map(|id| format!("[[known-failing]]\ncase = \"{id}\"\nreason = \"x\"\n")).collect();
    bench.write("known.toml", &list);
    bench.report(&[&run[..], &["--known-failing", "known.toml"]].concat(), exit::CONFORMS);
}
