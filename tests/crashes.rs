//! A store that is killed between any two of its durable writes: the sound one wakes up as if the call had happened or had
//! not, and one that tears its writes apart is found.

mod common;

use std::collections::BTreeSet;

use spoolproof::conformance::reference::{Reference, TORN};
use spoolproof::conformance::{CrashPoints, InProcess, crash_points};
use spoolproof::oracle::{Finding, Verdict};
use spoolproof::scenario::Scenario;
use spoolproof::spec::Catalogue;
use spoolproof_sdk::CallError;

use common::scenarios;

fn kill(torn: Option<&'static str>, scenarios: &[Scenario]) -> CrashPoints {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let start = move || {
        let reference = Reference::open(None, []).map_err(|error| CallError::Failed(error.to_string()))?;
        Ok(match torn {
            Some(name) => reference.torn(name),
            None => reference,
        })
    };
    let mut sut = InProcess::start(start).expect("the reference store starts");
    let mut all = CrashPoints::default();
    for scenario in scenarios {
        let mut found = crash_points(&catalogue, &mut sut, scenario).expect("nothing but what was asked for");
        all.points += found.points;
        all.account.ledger.findings.append(&mut found.account.ledger.findings);
    }
    all
}

/// `SPOOLPROOF_CRASHES=all cargo test --release --test crashes` kills it everywhere in every case.
#[test]
fn the_sound_store_wakes_up_well_wherever_it_was_killed() {
    let all = std::env::var("SPOOLPROOF_CRASHES").is_ok_and(|text| text == "all");
    let cases: Vec<Scenario> = scenarios().into_iter().step_by(if all { 1 } else { 7 }).collect();
    let found = kill(None, &cases);
    assert!(found.points as usize > 3 * cases.len(), "{} points in {} cases", found.points, cases.len());
    let findings = &found.account.ledger.findings;
    let told: Vec<_> = findings.iter().map(|it| (&it.case, &it.requirements, &it.what)).collect();
    assert!(told.is_empty(), "{} findings: {told:#?}", told.len());
}

/// Each kind of call is killed, at more points than one where it writes more than once.
#[test]
fn a_store_that_tears_its_writes_apart_is_found() {
    let wanted = ["abort/queued", "finish/sentmail", "finish/both", "submit/queued", "submit/force"];
    let cases: Vec<Scenario> = scenarios().into_iter().filter(|case| wanted.contains(&case.id.as_str())).collect();
    assert!(cases.len() >= 4, "{} cases", cases.len());
    let whole = kill(None, &cases).points;
    let mut missed = Vec::new();
    for torn in TORN {
        let found = kill(Some(torn.name), &cases);
        assert!(found.points > whole, "{}: {} points and {whole} without it", torn.name, found.points);
        let blamed: BTreeSet<&str> =
            violations(&found).flat_map(|finding| &finding.requirements).map(String::as_str).collect();
        if !torn.breaks.iter().all(|id| blamed.contains(id)) {
            missed.push((torn.name, blamed.into_iter().map(str::to_owned).collect::<Vec<_>>()));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

fn violations(found: &CrashPoints) -> impl Iterator<Item = &Finding> {
    found.account.ledger.findings.iter().filter(|finding| finding.verdict == Verdict::Violation)
}
