//! No false alarms: a store that follows any one reading which a store may follow, or any carried profile, passes the
//! carried cases and the generated ones without a violation.
//!
//! `SPOOLPROOF_SUITES=all cargo test --release --test silence` takes every case of the thorough suite for every store; without
//! it each store takes a share of the standard suite, and all of them together every case of that.

use std::env;
use std::time::Duration;

use spoolproof::conformance::{Plan, Progress, Simulated, run};
use spoolproof::generate::{Extent, permitted_readings};
use spoolproof::oracle::Verdict;
use spoolproof::spec::{Catalogue, NamedProfile, SHIPPED_PROFILES};
use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::{Coupling, Profile, SortsQueue};

mod common;

use common::suite;

struct Silent;

impl Progress for Silent {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, _header: &Header, _events: &[Event], _has_findings: bool) -> Option<String> {
        None
    }
}

/// Every store that differs from the plain one in one respect, with what that is.
fn stores(catalogue: &Catalogue) -> Vec<(String, Profile)> {
    let plain = || Profile {
        outgoing_submission: Some(true),
        coupling: Some(Coupling::None),
        sorts_queue: Some(SortsQueue::Store),
        ..Profile::default()
    };
    let mut all = vec![("the plain store".to_owned(), plain())];
    for (name, text) in SHIPPED_PROFILES {
        let named = NamedProfile::parse(name, text, catalogue).expect("carried profiles are right");
        all.push(((*name).to_owned(), plain().overridden_by(&named.profile)));
    }
    for (id, reading) in permitted_readings(catalogue) {
        all.push((format!("{id}={reading}"), Profile { readings: [(id, reading)].into(), ..plain() }));
    }
    all
}

#[test]
fn no_store_that_follows_a_reading_is_blamed_by_any_suite() {
    let catalogue = Catalogue::embedded().expect("the catalogue is right");
    let whole = env::var("SPOOLPROOF_SUITES").is_ok_and(|suites| suites == "all");
    let extent = if whole { Extent::Thorough } else { Extent::Standard };
    let (stores, cases) = (stores(&catalogue), suite(&catalogue, extent));
    assert!(stores.len() > 100 && cases.len() > 500, "{} stores, {} cases", stores.len(), cases.len());
    let (mut wrong, mut ran) = (Vec::new(), 0);
    for (nth, (name, profile)) in stores.iter().enumerate() {
        // A store out of ten is as good for each case.
        let share = cases.iter().enumerate().filter(|(at, _)| whole || (at + nth) % 10 == 0).map(|(_, case)| case);
        let plan = Plan {
            scenarios: share.collect(),
            profile: None,
            patience: Duration::ZERO,
            recorded_by: "a test".to_owned(),
        };
        let account = run(&catalogue, &mut Simulated::new(profile.clone()), &plan, &mut Silent);
        ran += account.cases.iter().filter(|case| case.verdict == Verdict::Pass).count();
        let blamed = account.ledger.findings.iter().filter(|finding| finding.verdict == Verdict::Violation);
        wrong.extend(blamed.map(|finding| format!("{name}: {finding:#?}")));
    }
    assert!(wrong.is_empty(), "{} false alarms: {}", wrong.len(), wrong[..wrong.len().min(3)].join("\n"));
    // Cases that assume what another reading permits do not run to their end; most do.
    assert!(ran > cases.len() * stores.len() / if whole { 2 } else { 20 }, "only {ran} cases passed");
}
