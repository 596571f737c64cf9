//! Cases that are known to fail, or to fail now and then.

use spoolproof::cli::exit;
use spoolproof::report::Known;
use spoolproof::spec::Catalogue;

use crate::bench::Bench;
use crate::tutorial;

/// A store that breaks SLS-08 and ABT-04 in `abort/locked`, and nothing in `abort/queued`.
const BROKEN: [&str; 7] =
    ["conform", "--fault", "abort-locked-succeeds", "--case", "abort/locked", "--case", "abort/queued"];

fn with<'a>(args: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    args.iter().chain(more).copied().collect()
}

const LISTED: &[&str] = &["--known-failing", "known-failing.toml"];

/// Runs the broken store against a list.
#[track_caller]
fn check(list: &str, code: u8) -> serde_json::Value {
    let bench = Bench::new();
    bench.write("known-failing.toml", list);
    bench.report(&with(&BROKEN, LISTED), code)
}

/// What is wrong in a list, as the user reads it.
#[track_caller]
fn mistakes(list: &str) -> String {
    let bench = Bench::new();
    bench.write("known-failing.toml", list);
    let ran = bench.check(&with(&BROKEN, LISTED), exit::UNREADABLE);
    assert_eq!(ran.out, "");
    ran.err
}

#[test]
fn a_known_failure_does_not_fail_the_run_and_stays_what_it_is() {
    let bench = Bench::new();
    bench.write(
        "known-failing.toml",
        "[[known-failing]]\ncase = \"abort/locked\"\nreason = \"the server knows no locks\"\n\
         link = \"https://bugs.example.test/17\"\nexpires = 2999-12-31\n",
    );
    let args = with(&BROKEN, &["--known-failing", "known-failing.toml", "--junit", "report.xml"]);
    let report = bench.report(&args, exit::CONFORMS);
    assert_eq!(report["verdict"], "violation");
    let case = &report["cases"][0];
    assert_eq!((&case["verdict"], &case["counts_as"]), (&"violation".into(), &"pass".into()));
    assert_eq!(case["expected"][0]["outcome"], "as_listed");
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1), "{report:#}");

    let ran = bench.check(&args, exit::CONFORMS);
    assert!(!ran.out.contains("VIOLATION"), "{}", ran.out);
    assert!(ran.out.contains("known failing abort/locked: the server knows no locks https://bugs"), "{}", ran.out);
    assert!(ran.out.contains("NOT CONFORMANT (store, not coupled); whatever fails is known to"), "{}", ran.out);
    let junit = bench.read("report.xml");
    assert!(junit.contains(r#"failures="0" errors="0""#), "{junit}");
    assert!(junit.contains(r#"<skipped message="known failing: abort/locked: the server knows no locks"#), "{junit}");
}

#[test]
fn a_requirement_that_is_named_excuses_nothing_else() {
    check("[[known-failing]]\ncase = \"abort/locked\"\nrequirement = \"ABT-04\"\nreason = \"x\"\n", exit::CONFORMS);
    let other = "[[known-failing]]\ncase = \"abort/locked\"\nrequirement = \"ABT-01\"\nreason = \"x\"\n";
    let report = check(other, exit::VIOLATION);
    assert_eq!(report["unexpected"][0]["kind"], "passed", "{report:#}");
    let error = "[[known-failing]]\ncase = \"abort/locked\"\nverdict = \"error\"\nreason = \"x\"\n";
    let report = check(error, exit::VIOLATION);
    assert_eq!(report["cases"][0]["expected"][0]["outcome"], "otherwise", "{report:#}");
}

#[test]
fn an_unexpected_pass_fails_the_run_in_every_format() {
    let bench = Bench::new();
    bench.write("known-failing.toml", "[[known-failing]]\ncase = \"abort/*ed\"\nreason = \"aborts are broken\"\n");
    let args = with(&BROKEN, &["--known-failing", "known-failing.toml", "--junit", "report.xml"]);
    let report = bench.report(&args, exit::UNEXPECTED);
    let unexpected = report["unexpected"].as_array().expect("a list");
    assert_eq!(unexpected.len(), 1, "{report:#}");
    assert_eq!((&unexpected[0]["kind"], &unexpected[0]["case"]), (&"passed".into(), &"abort/queued".into()));
    let ran = bench.check(&args, exit::UNEXPECTED);
    let line = "UNEXPECTED  abort/queued passes, and is listed as failing: aborts are broken";
    assert!(ran.out.contains(line), "{}", ran.out);
    let junit = bench.read("report.xml");
    assert!(junit.contains(r#"failures="1" errors="0""#) && junit.contains(r#"type="unexpected""#), "{junit}");
}

#[test]
fn an_entry_that_has_expired_excuses_nothing_and_fails_the_run() {
    let expired = |case: &str| {
        format!("[[known-failing]]\ncase = \"{case}\"\nreason = \"the release will have it\"\nexpires = 2020-02-29\n")
    };
    let report = check(&expired("abort/locked"), exit::VIOLATION);
    assert_eq!(report["unexpected"][0]["kind"], "expired", "{report:#}");
    let report = check(&expired("abort/queued"), exit::VIOLATION);
    assert!(report["unexpected"][0]["what"].as_str().is_some_and(|what| what.contains("on 2020-02-29")), "{report:#}");
    // Where all cases pass it still does.
    let bench = Bench::new();
    bench.write("known-failing.toml", &expired("abort/locked"));
    bench.report(&with(&["conform", "--case", "abort/queued"], LISTED), exit::UNEXPECTED);
}

#[test]
fn a_flaky_case_may_do_either_and_the_report_says_what_it_did() {
    let report = check("[[known-flaky]]\ncase = \"abort/*ed\"\nreason = \"a race in the server\"\n", exit::CONFORMS);
    let outcomes: Vec<_> = report["cases"].as_array().expect("cases").iter().map(|it| &it["expected"][0]).collect();
    assert_eq!(outcomes[0]["outcome"], "as_listed", "{report:#}");
    assert_eq!(outcomes[1]["outcome"], "passed", "{report:#}");
    let bench = Bench::new();
    bench.write("known-failing.toml", "[[known-flaky]]\ncase = \"abort/*ed\"\nreason = \"a race in the server\"\n");
    let ran = bench.check(&with(&BROKEN, LISTED), exit::CONFORMS);
    for line in ["abort/locked ended with violation this time", "abort/queued passed this time"] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
}

#[test]
fn an_adapter_that_dies_is_no_known_violation() {
    let bench = Bench::new();
    let run = ["conform", "--fault", "adapter-exit-mid-call", "--case", "abort/queued"];
    bench.write("known-failing.toml", "[[known-failing]]\ncase = \"abort/queued\"\nreason = \"x\"\n");
    let report = bench.report(&with(&run, LISTED), exit::FAILED);
    assert_eq!(report["cases"][0]["expected"][0]["outcome"], "otherwise");
    let error = "[[known-failing]]\ncase = \"abort/queued\"\nverdict = \"error\"\nreason = \"it crashes\"\n";
    bench.write("known-failing.toml", error);
    bench.report(&with(&run, LISTED), exit::CONFORMS);
}

#[test]
fn what_is_listed_and_cannot_be_run_is_unexpected() {
    let bench = Bench::new();
    bench.write("known-failing.toml", "[[known-failing]]\ncase = \"lock/twice\"\nreason = \"x\"\n");
    let provider = tutorial();
    let run = ["conform", "--provider", &provider, "--case", "lock/twice", "--case", "open/queued-modify"];
    let ran = bench.check(&with(&run, LISTED), exit::UNEXPECTED);
    let line = "UNEXPECTED  lock/twice is listed as failing, and could not be run: the adapter does not serve";
    assert!(ran.out.contains(line), "{}", ran.out);
}

#[test]
fn mistakes_in_a_list_are_drawn_at_their_places() {
    insta::assert_snapshot!(
        "members",
        mistakes(
            "[[known-failing]]\ncase = \"abort/loked\"\nrequirment = \"ABT-04\"\n\n[[known-failing]]\ncase = \"abort/locked\"\nreason = \" \"\nexpires = \"soon\"\n"
        )
    );
    insta::assert_snapshot!(
        "values",
        mistakes(
            "[[known-failing]]\ncase = \"abort\"\nreason = \"x\"\n[[known-flaky]]\ncase = [\"abort/locked\", \"open/[\"]\nreason = \"y\"\nverdict = \"pass\"\nrequirement = \"ABT-4\"\n"
        )
    );
    assert!(mistakes("[[known-failing]\n").contains("known-failing.toml:1:"));
    let both = "[[known-failing]]\ncase = \"abort\"\nreason = \"x\"\n[[known-flaky]]\ncase = \"abort/locked\"\nreason = \"y\"\n";
    assert!(mistakes(both).contains("`abort/locked` is listed as failing too"));
}

#[test]
fn the_list_in_the_documentation_can_be_read() {
    let text = include_str!("../../docs/ci.md");
    let (_, rest) = text.split_once("```toml\n").expect("an example");
    let (list, _) = rest.split_once("```").expect("its end");
    let catalogue = Catalogue::embedded().expect("the catalogue is right");
    let read = Known::parse(list, &catalogue, &["abort/locked", "queue/two-clients-in-turn"]);
    assert!(read.is_ok(), "{read:?}");
    let ran = Bench::new().check(&["list", "abort/locked", "queue/two-clients-in-turn"], 0);
    assert_eq!(ran.out.lines().count(), 2);
}
