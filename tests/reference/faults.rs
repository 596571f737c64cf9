//! Every fault is found under each requirement that it names, and each requirement that the suites look at has a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use spoolproof::conformance::adequacy::{Mutant, Suites, UNBREAKABLE, judge};
use spoolproof::conformance::reference::{FAULTS, SPOOLER_FAULTS};
use spoolproof::oracle::{Finding, Verdict, Who};
use spoolproof::spec::{Catalogue, RequirementStatus};
use spoolproof_sdk::wire::Role;

use crate::common::{scenarios, spooler_cases};

/// Cases with one message, one recipient and one client, in which nothing fails and nothing starts anew.
const PLAIN_OF_STORES: &[&str] =
    &["abort/queued", "finish/neither", "lock/locks", "notify/added-on-submit", "open/queued-modify", "queue/columns"];
const PLAIN_OF_SPOOLERS: &[&str] = &["order/nothing-to-do", "order/one-message"];

/// What is wrong with each mutant, if anything is.
fn wrong_with(look: impl Fn(Mutant) -> Option<String> + Sync) -> Vec<String> {
    let mutants: Vec<Mutant> = Mutant::all().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
            wrong.extend(look(*mutant).map(|what| format!("{}: {what}", mutant.name())));
        }
        wrong
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut wrong: Vec<_> = running.into_iter().flat_map(|one| one.join().expect("no panic")).collect();
        wrong.sort();
        wrong
    })
}

/// How many cases are run before it is looked whether they were enough.
const CASES: usize = 30;

/// The requirements that the fault names and that nobody of its kind is blamed for, or why that cannot be said.
fn missed(catalogue: &Catalogue, mutant: Mutant, suites: Suites<'_>) -> Option<String> {
    let is_about = |ids: &[String]| ids.iter().any(|id| mutant.fault.breaks.contains(&id.as_str()));
    let (mut stores, mut spoolers) = (suites.stores.to_vec(), suites.spoolers.to_vec());
    // Those that are about it come first, and are mostly enough.
    stores.sort_by_key(|case| !is_about(&case.requirements));
    spoolers.sort_by_key(|case| !is_about(&case.requirements));
    let parts: Vec<Suites<'_>> = match mutant.role {
        Role::Spooler => spoolers.chunks(CASES).map(|spoolers| Suites { stores: &[], spoolers }).collect(),
        _ => stores.chunks(CASES).map(|stores| Suites { stores, spoolers: &[] }).collect(),
    };
    let who = if mutant.role == Role::Spooler { Who::Spooler } else { Who::Store };
    let mut left: BTreeSet<&str> = mutant.fault.breaks.iter().copied().collect();
    for part in parts {
        let account = judge(catalogue, part, mutant.role, &[mutant.name()]).expect("the provider starts");
        if let Some(case) = account.cases.iter().find(|case| case.verdict == Verdict::Error) {
            return Some(format!("the adapter is blamed: {:?}", case.reason));
        }
        let wrong = |finding: &&Finding| matches!(finding.verdict, Verdict::Violation | Verdict::Deviation);
        for finding in account.ledger.findings.iter().filter(wrong).filter(|finding| finding.who == who) {
            left.retain(|id| finding.requirements.iter().all(|named| named != id));
        }
        if left.is_empty() {
            return None;
        }
    }
    Some(format!("is not reported under {left:?} ({})", mutant.fault.what))
}

#[test]
fn each_fault_is_reported_under_each_requirement_that_it_names() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let (stores, spoolers) = (scenarios(), spooler_cases());
    let suites = Suites { stores: &stores, spoolers: &spoolers };
    let wrong = wrong_with(|mutant| missed(&catalogue, mutant, suites));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_requirement_that_is_exercised_has_a_fault() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let (stores, spoolers) = (scenarios(), spooler_cases());
    let suites = Suites { stores: &stores, spoolers: &spoolers };
    let modelled = catalogue.requirements().iter().filter(|row| row.status == RequirementStatus::Modelled);
    let mut idle: BTreeMap<&str, bool> = modelled.map(|row| (row.id.as_str(), true)).collect();
    for role in [Role::Store, Role::Spooler] {
        let account = judge(&catalogue, suites, role, &[]).expect("the provider starts");
        assert_eq!(account.verdict(), Verdict::Pass, "the right provider is right");
        for (id, is_idle) in &mut idle {
            *is_idle &= account.requirement_verdict(id).0 == Verdict::NotExercised;
        }
    }
    let exercised: BTreeSet<&str> = idle.into_iter().filter(|(_, is_idle)| !is_idle).map(|(id, _)| id).collect();
    let broken: BTreeSet<&str> = Mutant::all().flat_map(|mutant| mutant.fault.breaks.iter().copied()).collect();
    let unbreakable: BTreeSet<&str> = UNBREAKABLE.iter().map(|(id, _)| *id).collect();
    let whole: Vec<_> = exercised.difference(&broken).copied().filter(|id| !unbreakable.contains(id)).collect();
    assert!(whole.is_empty(), "requirements that no fault breaks: {whole:?}");
    let needless: Vec<_> = unbreakable.iter().filter(|id| broken.contains(*id) || !exercised.contains(*id)).collect();
    assert!(needless.is_empty(), "entries that are not needed: {needless:?}");
    let unknown: Vec<_> = broken.iter().filter(|id| catalogue.requirement(id).is_none()).collect();
    assert!(unknown.is_empty(), "faults name requirements that are not in the catalogue: {unknown:?}");
}

#[test]
fn a_sleeper_sleeps_where_nothing_happened_before() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let (mut stores, mut spoolers) = (scenarios(), spooler_cases());
    stores.retain(|case| PLAIN_OF_STORES.contains(&case.id.as_str()));
    spoolers.retain(|case| PLAIN_OF_SPOOLERS.contains(&case.id.as_str()));
    assert_eq!((stores.len(), spoolers.len()), (PLAIN_OF_STORES.len(), PLAIN_OF_SPOOLERS.len()), "they are there");
    let wrong = wrong_with(|mutant| {
        let suites = Suites { stores: &stores, spoolers: &spoolers };
        let account = judge(&catalogue, suites, mutant.role, &[mutant.name()]).expect("the provider starts");
        let awake = mutant.fault.sleeper && account.verdict() != Verdict::Pass;
        let named = mutant.name().starts_with("sleeper-") == mutant.fault.sleeper;
        let findings = &account.ledger.findings;
        awake
            .then(|| format!("is awake: {:?}", findings.first().map(|finding| &finding.what)))
            .or_else(|| (!named).then(|| "its name says otherwise".to_owned()))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_enough_of_them() {
    let of_spoolers = SPOOLER_FAULTS.iter().filter(|fault| !fault.breaks.is_empty()).count();
    let sleepers = Mutant::all().filter(|mutant| mutant.fault.sleeper).count();
    assert!(FAULTS.len() >= 130 && of_spoolers >= 60 && sleepers >= 45, "{} {of_spoolers} {sleepers}", FAULTS.len());
}
