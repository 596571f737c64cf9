//! What changed from one run to another.

use spoolproof::cli::exit;

use crate::bench::Bench;
use crate::tutorial;

/// Two runs: of the store as it is, and of one that breaks a rule.
fn runs() -> Bench {
    let bench = Bench::new();
    let cases = ["--case", "abort/*ed", "--case", "queue"];
    bench.check(&[&["conform", "--json", "good.json"], &cases[..]].concat(), exit::CONFORMS);
    let broken = ["conform", "--fault", "abort-locked-succeeds", "--json", "bad.json"];
    bench.check(&[&broken[..], &cases].concat(), exit::VIOLATION);
    bench
}

#[test]
fn a_run_that_says_the_same_has_not_changed() {
    let ran = runs().check(&["diff", "good.json", "good.json"], exit::CONFORMS);
    assert!(ran.out.ends_with("\nnothing changed\n"), "{}", ran.out);
}

#[test]
fn what_is_worse_comes_first_with_its_rule_and_its_reason() {
    let bench = runs();
    let ran = bench.check(&["diff", "good.json", "bad.json", "--json", "diff.json"], exit::VIOLATION);
    insta::assert_snapshot!("worse", ran.out);
    let diff = bench.json("diff.json");
    assert_eq!((&diff["exit_code"], &diff["spoolproof_diff"]), (&1.into(), &1.into()));
    assert_eq!(diff["cases"][0]["change"], "worse");
    assert_eq!(diff["findings"][0]["change"], "new");
    let schema = serde_json::from_str(&bench.check(&["schema", "diff"], 0).out).expect("a schema");
    assert!(jsonschema::validator_for(&schema).expect("a schema").is_valid(&diff));
}

#[test]
fn what_is_mended_is_no_reason_to_fail() {
    let ran = runs().check(&["diff", "bad.json", "good.json"], exit::CONFORMS);
    assert!(ran.out.contains("nothing is worse: ") && ran.out.contains(" fixed"), "{}", ran.out);
}

#[test]
fn what_is_not_judged_any_more_is_told_with_the_reason() {
    let bench = runs();
    let provider = tutorial();
    let cases = ["--case", "abort/*ed", "--case", "queue"];
    bench.check(&[&["conform", "--provider", &provider, "--json", "quiet.json"], &cases[..]].concat(), 0);
    let ran = bench.check(&["diff", "good.json", "quiet.json"], exit::UNEXPECTED);
    let line = "not judged  abort/locked pass → unsupported: the adapter does not serve";
    assert!(ran.out.contains(line), "{}", ran.out);
    assert!(ran.out.contains("support.prepare_submit: the adapter does not route it"), "{}", ran.out);
    // A failure that cannot be seen any more has not been mended.
    let ran = bench.check(&["diff", "bad.json", "quiet.json"], exit::UNEXPECTED);
    assert!(ran.out.contains("not seen  violation SLS-08, ABT-04"), "{}", ran.out);
}

#[test]
fn runs_of_other_cases_are_compared_in_what_they_share() {
    let bench = runs();
    bench.check(&["conform", "--rerun-failed", "bad.json", "--json", "again.json"], exit::CONFORMS);
    let ran = bench.check(&["diff", "bad.json", "again.json"], exit::CONFORMS);
    assert!(ran.out.contains("chosen in one of the runs only: not compared"), "{}", ran.out);
    assert!(ran.out.contains("better"), "{}", ran.out);
}

#[test]
fn what_cannot_be_compared_is_a_mistake() {
    let bench = runs();
    bench.check(&["conform", "--role", "spooler", "--json", "spooler.json"], exit::CONFORMS);
    let ran = bench.check(&["diff", "good.json", "spooler.json"], exit::UNREADABLE);
    assert!(ran.err.contains("one run judges a store, the other a spooler"), "{}", ran.err);
    bench.write("none.json", "[]");
    bench.check(&["diff", "good.json", "none.json"], exit::UNREADABLE);
    bench.check(&["diff", "good.json"], exit::UNREADABLE);
}
