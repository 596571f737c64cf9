//! The suite judged by what it catches: mutants, the product that tells them apart, trivial stores, and the page on it.

mod common;

use std::fs;
use std::path::Path;

use common::{scenarios, spooler_cases};
use spoolproof::conformance::adequacy::{Bounds, Explored, Fate, Mutant, SHARE, Suites, Survey, Task, explore, judge};
use spoolproof::oracle::Verdict;
use spoolproof::report::adequacy::{Adequacy, mutant_line};
use spoolproof::scenario::{Scenario, SpoolerScenario};
use spoolproof::spec::Catalogue;
use spoolproof_sdk::wire::Role;

/// One mutant in so many is run by the test of the page; `.ci/run` runs all of them.
const SAMPLE: usize = 27;

fn survey(stores: &[Scenario], spoolers: &[SpoolerScenario], task: &Task) -> Survey {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    Survey::run(&catalogue, Suites { stores, spoolers }, task, &|_| {}).expect("providers that run")
}

fn task(mutants: Vec<Mutant>) -> Task {
    Task { mutants, whole: false, states: 200, threads: 2, stop: Default::default() }
}

fn named(name: &str) -> Mutant {
    Mutant::all().find(|mutant| mutant.name() == name).unwrap_or_else(|| panic!("no fault is called {name}"))
}

#[test]
fn the_right_providers_are_not_reported_without_a_process_either() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let (stores, spoolers) = (scenarios(), spooler_cases());
    let suites = Suites { stores: &stores, spoolers: &spoolers };
    for role in [Role::Store, Role::Spooler] {
        let account = judge(&catalogue, suites, role, &[]).expect("a provider that runs");
        assert_eq!(account.verdict(), Verdict::Pass, "{:#?}", account.ledger.findings.first());
        assert!(account.cases.iter().all(|case| case.verdict == Verdict::Pass), "a case did not run");
    }
}

#[test]
fn the_page_says_what_a_fresh_run_says() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/adequacy.md")).expect("the page");
    let sample: Vec<Mutant> = Mutant::all().step_by(SAMPLE).collect();
    let (mut stores, mut spoolers) = (scenarios(), spooler_cases());
    // The first case that kills is the first by its id.
    stores.sort_by(|one, other| one.id.cmp(&other.id));
    spoolers.sort_by(|one, other| one.id.cmp(&other.id));
    let fresh = Adequacy::new(&survey(&stores, &spoolers, &task(sample)));
    let absent: Vec<String> = fresh.mutants.iter().map(mutant_line).filter(|line| !page.contains(line)).collect();
    assert!(
        absent.is_empty(),
        "run `spoolproof adequacy --markdown docs/adequacy.md`; a fresh run says\n{}",
        absent.join("\n")
    );
    let gone: Vec<&str> = Mutant::all().map(|mutant| mutant.name()).filter(|name| !page.contains(*name)).collect();
    assert!(gone.is_empty(), "the page does not know {gone:?}");
    let lines = page.lines().filter(|line| line.starts_with("| ")).count();
    assert!(lines > Mutant::all().count(), "{lines} lines");
}

#[test]
fn trivial_stores_fail_what_they_do_not_do() {
    let whole = Task { whole: true, ..task(Vec::new()) };
    let survey = survey(&scenarios(), &[], &whole);
    assert_eq!(survey.scores.len(), 4 + 20, "four kinds, and twenty seeds of the one that answers at random");
    for score in &survey.scores {
        assert!(score.share() >= SHARE, "{}: {} %, keeps {:?}", score.name, score.share(), score.kept);
        assert!(score.share_of_right() >= SHARE, "{}: {} %", score.name, score.share_of_right());
        assert!(score.exercised > 10, "{}: a run that looks at nothing fails nothing", score.name);
        assert_eq!(score.exercised, score.failed + score.kept.len());
    }
}

#[test]
fn a_suite_that_is_too_small_has_gaps_and_the_shortest_calls_that_show_them() {
    let small: Vec<Scenario> = scenarios().into_iter().filter(|case| case.id == "queue/empty").collect();
    let survey = survey(&small, &[], &task(["finish-no-delete", "lock-not-set", "lock-twice"].map(named).to_vec()));
    assert!(!survey.is_adequate());
    let steps: Vec<usize> = survey
        .gaps()
        .map(|outcome| {
            let Fate::Gap(witness) = &outcome.fate else { panic!("a gap is one") };
            let text = witness.to_toml().expect("a file");
            text.lines().filter(|line| line.contains("call = ")).count()
        })
        .collect();
    assert_eq!(steps, [3, 4, 5], "create, submit, finish; create, submit, open, lock; a submission and four wakes");
}

/// The product of the right store and one with this fault, in the instance of this name.
fn product(instance: &str, fault: &[&'static str], states: usize) -> Explored {
    let bounds = Bounds::all(states).into_iter().find(|bounds| bounds.name == instance).expect("an instance");
    explore(&bounds, fault).expect("stores that run")
}

#[test]
fn what_differs_is_found_as_soon_as_can_be() {
    for (fault, calls) in [("no-queue-row", 2), ("abort-refused", 3), ("sleeper-resubmit-no-row", 5)] {
        let Explored::Differ { steps, right, broken } = product("a plain message", &[fault], 1000) else {
            panic!("{fault} is not found");
        };
        assert_eq!(steps.len(), calls, "{fault}: {steps:#?}");
        assert_ne!(right, broken);
    }
}

#[test]
fn what_does_not_differ_is_not_found() {
    // The store itself, one that only a transport of its own could show to be broken, and what needs a third message.
    for faults in [&[][..], &["coupled-partial-finish"], &["sleeper-queue-shows-two"]] {
        let explored = product("two messages", faults, 40);
        assert!(matches!(explored, Explored::Reached { states: 40, depth: 2.. }), "{faults:?}: {explored:?}");
    }
}

#[test]
fn a_small_instance_is_explored_to_its_end() {
    // Who may call is left out, so that only a message that is created, looked at and restarted is left.
    let bounds = Bounds { drafts: 7, clients: 0, spoolers: 0, ..Bounds::all(100).remove(0) };
    let Explored::Closed { states, depth } = explore(&bounds, &[]).expect("stores that run") else { panic!("open") };
    assert_eq!((states, depth), (15, 2), "nothing; seven drafts, each with its author's object and without");
}
