//! Our own search and stateright's find the same, and ours finds it again on any number of threads and in part.
//!
//! `SPOOLPROOF_BOUNDS=all cargo test --release --test engines` compares them on every instance that is shipped, and not
//! only on the small ones.

use std::env;

use spoolproof::check::{
    Bounds, Budget, Detail, Engine, Outcome, Plan, SHIPPED_BOUNDS, Tested, Visited, render_text, run,
};
use spoolproof::model::Rules;

/// Instances of which readings make something fail.
const FAILING: &[(&str, &[(&str, &str)])] = &[
    ("tiny", &[("B1", "SampleStore")]),
    ("tiny", &[("B1", "SampleStore"), ("B2", "OpenTimeOnly")]),
    ("failing", &[("A1", "Literal")]),
    ("tight", &[("A1", "Literal")]),
    ("spoolers", &[("C1", "Idempotent")]),
];

/// Without optimization, larger instances take long.
const STATES_MAX: u64 = 25_000;

fn shipped(name: &str) -> Bounds {
    let (_, text) = SHIPPED_BOUNDS.iter().find(|(other, _)| *other == name).expect("bounds of that name");
    Bounds::parse(name, text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
}

fn rules(readings: &[(&str, &str)]) -> Rules {
    let mut rules = Rules::defaults();
    readings.iter().for_each(|(ambiguity, reading)| rules.declare(ambiguity, reading));
    rules
}

fn own(threads: usize, visited: Visited) -> Plan {
    Plan { threads, visited, ..Plan::default() }
}

/// What must be equal in two searches of one instance, whatever searched.
fn found(outcome: &Outcome) -> (u64, u64, u64, Vec<String>) {
    let told = outcome.findings.iter().map(|finding| match &finding.tested {
        // stateright goes on for a while after a counterexample, and may then prefer a longer one.
        Tested::Fails(_) => format!("{:?} fails", finding.property),
        Tested::Holds { states } => format!("{:?} holds in {states}", finding.property),
        Tested::Untested { why } => format!("{:?} is untested: {why:?}", finding.property),
        Tested::Unexpected { states } => format!("{:?} is tested in {states}", finding.property),
    });
    (outcome.states, outcome.transitions, outcome.depth, told.collect())
}

/// The counterexamples, told step by step.
fn counterexamples(outcome: &Outcome) -> Vec<String> {
    let fails = outcome.findings.iter().filter_map(|finding| match &finding.tested {
        Tested::Fails(trace) => Some(trace.to_string()),
        Tested::Holds { .. } | Tested::Untested { .. } | Tested::Unexpected { .. } => None,
    });
    fails.collect()
}

#[track_caller]
fn agree(name: &str, readings: &[(&str, &str)]) {
    let (bounds, rules) = (shipped(name), rules(readings));
    let search = |plan: &Plan| run(&bounds, &rules, plan, &mut |_| {});
    let theirs = search(&Plan { engine: Engine::Stateright, ..Plan::default() });
    let ours = search(&own(1, Visited::Fingerprints));
    assert_eq!(found(&ours), found(&theirs), "{name} {readings:?}");
    for (one, other) in counterexamples(&ours).iter().zip(counterexamples(&theirs)) {
        assert!(one.lines().count() <= other.lines().count(), "{name} {readings:?}\n{one}\n{other}");
    }
    for plan in [own(2, Visited::Fingerprints), own(4, Visited::Exact)] {
        let again = search(&plan);
        assert_eq!(found(&again), found(&ours), "{name} {readings:?} {plan:?}");
        assert_eq!(counterexamples(&again), counterexamples(&ours), "{name} {readings:?} {plan:?}");
    }
}

#[test]
fn both_engines_find_the_same() {
    let all = env::var_os("SPOOLPROOF_BOUNDS").is_some_and(|which| which == "all");
    let sound = SHIPPED_BOUNDS.iter().map(|(name, _)| (*name, &[][..]));
    for (name, readings) in sound.chain(FAILING.iter().copied()) {
        if all || shipped(name).pins.is_some_and(|pins| pins.states <= STATES_MAX) {
            agree(name, readings);
        }
    }
}

fn text(bounds: &Bounds, outcome: &Outcome, detail: Detail) -> String {
    let mut out = Vec::new();
    render_text(bounds, outcome, detail, &|_| None, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("the text is UTF-8")
}

#[test]
fn a_search_that_stops_early_says_how_far_it_came_and_is_no_pass() {
    let bounds = shipped("finish");
    let plan = Plan { memory: 2 << 20, ..Plan::default() };
    let outcome = run(&bounds, &Rules::defaults(), &plan, &mut |_| {});
    assert!(!outcome.passed() && !outcome.failed());
    let stopped = outcome.stopped.expect("two mebibytes do not take all states");
    assert_eq!(stopped.by, Budget::Memory(2 << 20));
    let pins = bounds.pins.expect("the file states its size");
    assert!(outcome.states > 1_000 && outcome.states < pins.states && outcome.transitions < pins.transitions);
    assert!(stopped.waiting > 0 && stopped.waiting < outcome.states);
    let brief = text(&bounds, &outcome, Detail::Brief);
    let expected = format!("stopped at the memory budget of 2 MiB: {} states, ", grouped(outcome.states));
    assert!(brief.contains(&expected), "{brief}");
    let expected = format!("depth {} complete, {} states waiting", outcome.depth, grouped(stopped.waiting));
    assert!(brief.contains(&expected), "{brief}");
    assert!(brief.contains("properties: no counterexample so far") && !brief.contains('✓'), "{brief}");
    assert!(!text(&bounds, &outcome, Detail::Full).contains('✓'));
}

fn grouped(number: u64) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

#[test]
fn a_failure_stands_although_the_search_stopped_early() {
    let (bounds, rules) = (shipped("finish"), rules(&[("B1", "SampleStore")]));
    let whole = run(&bounds, &rules, &Plan::default(), &mut |_| {});
    let part = run(&bounds, &rules, &Plan { memory: 2 << 20, ..Plan::default() }, &mut |_| {});
    assert!(part.stopped.is_some() && part.failed() && !part.passed());
    assert!(!counterexamples(&part).is_empty());
    assert_eq!(counterexamples(&part), counterexamples(&whole));
}

#[test]
fn no_time_is_time_for_the_first_state() {
    let bounds = shipped("tiny");
    let plan = Plan { time: Some(std::time::Duration::ZERO), ..Plan::default() };
    let outcome = run(&bounds, &Rules::defaults(), &plan, &mut |_| {});
    assert_eq!((outcome.states, outcome.transitions, outcome.depth), (1, 0, 0));
    assert!(outcome.stopped.is_some() && !outcome.failed());
}

#[test]
fn an_exact_search_confuses_nothing() {
    let bounds = shipped("tiny");
    let confused = |visited| run(&bounds, &Rules::defaults(), &own(1, visited), &mut |_| {}).confused;
    assert_eq!(confused(Visited::Exact), 0.0);
    let chance = confused(Visited::Fingerprints);
    assert!(chance > 1e-15 && chance < 1e-14, "{chance}");
}
