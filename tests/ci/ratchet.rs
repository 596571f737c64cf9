//! What was judged once has to be judged again.

use serde_json::Value;
use spoolproof::cli::exit;

use crate::bench::Bench;
use crate::tutorial;

const RUN: [&str; 3] = ["conform", "--case", "abort/*ed"];

/// The report of a run as it is, and as if more had been judged.
fn accepted(change: impl FnOnce(&mut Value)) -> Bench {
    let bench = Bench::new();
    let mut report = bench.report(&RUN, exit::CONFORMS);
    change(&mut report);
    bench.write("accepted.json", &report.to_string());
    bench
}

fn kinds(report: &Value) -> Vec<&str> {
    report["unexpected"].as_array().into_iter().flatten().filter_map(|it| it["kind"].as_str()).collect()
}

const HELD: [&str; 5] = ["conform", "--case", "abort/*ed", "--accepted", "accepted.json"];

#[test]
fn a_run_that_judges_as_much_as_before_passes() {
    accepted(|_| {}).report(&HELD, exit::CONFORMS);
}

#[test]
fn a_case_that_is_gone_fails_the_run() {
    let bench = accepted(|report| {
        let mut gone = report["cases"][0].clone();
        gone["id"] = "abort/of-long-ago".into();
        report["cases"].as_array_mut().expect("cases").push(gone);
    });
    let report = bench.report(&HELD, exit::UNEXPECTED);
    assert_eq!(kinds(&report), ["case_gone"]);
    let ran = bench.check(&HELD, exit::UNEXPECTED);
    assert!(ran.out.contains("UNEXPECTED  abort/of-long-ago is not there any more"), "{}", ran.out);
}

#[test]
fn a_requirement_that_nothing_exercises_any_more_fails_the_run() {
    let bench = accepted(|report| {
        let rows = report["requirements"].as_array_mut().expect("requirements");
        let idle = rows.iter_mut().find(|row| row["exercised"] == 0).expect("one that the cases do not exercise");
        idle["exercised"] = 3.into();
        idle["verdict"] = "pass".into();
    });
    let report = bench.report(&HELD, exit::UNEXPECTED);
    assert_eq!(kinds(&report), ["requirement_not_exercised"]);
}

#[test]
fn a_method_that_the_adapter_serves_no_more_fails_the_run() {
    let bench = Bench::new();
    let cases = ["--case", "lock/twice", "--case", "open/queued-modify"];
    bench.check(&[&["conform"], &cases[..], &["--json", "accepted.json"]].concat(), exit::CONFORMS);
    let provider = tutorial();
    let run = ["conform", "--provider", &provider, "--accepted", "accepted.json"];
    let report = bench.report(&[&run[..], &cases].concat(), exit::UNEXPECTED);
    assert_eq!(report["verdict"], "pass", "what is left passes");
    assert_eq!(kinds(&report)[0], "case_not_judged");
    assert!(kinds(&report).contains(&"requirement_not_exercised"));
}

#[test]
fn only_like_runs_are_compared() {
    let bench = accepted(|_| {});
    let ran = bench.check(&["conform", "--case", "abort", "--accepted", "accepted.json"], exit::UNREADABLE);
    assert!(ran.err.contains("other cases were chosen in that run"), "{}", ran.err);
    let bench = accepted(|report| report["stopped"] = "time_limit".into());
    let ran = bench.check(&HELD, exit::UNREADABLE);
    assert!(ran.err.contains("was stopped at its time limit"), "{}", ran.err);
    bench.check(&["conform", "--accepted", "accepted.json", "--rerun-failed", "accepted.json"], exit::UNREADABLE);
}
