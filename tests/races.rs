//! Calls that overlap: the sound store conforms however they interleave, a store that looks once does not, and an adapter
//! that serves one request after the other is as good as any.

mod common;

use std::ops::ControlFlow;
use std::time::Duration;

use spoolproof::conformance::reference::FAULTS;
use spoolproof::conformance::{Adapter, Options, Plan, Progress, Simulated, Sut, Target, run};
use spoolproof::oracle::{Account, Setting, Verdict, Who};
use spoolproof::scenario::Scenario;
use spoolproof::spec::Catalogue;
use spoolproof::trace::{ReadOptions, Reader, Writer, audit};
use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::{At, Event, Header};

use common::scenarios;

/// Keeps the traces.
#[derive(Default)]
struct Kept(Vec<(Header, Vec<Event>)>);

impl Progress for Kept {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, header: &Header, events: &[Event], _has_findings: bool) -> Option<String> {
        self.0.push((header.clone(), events.to_vec()));
        None
    }
}

fn races() -> Vec<Scenario> {
    let races: Vec<_> = scenarios().into_iter().filter(|scenario| scenario.id.starts_with("race/")).collect();
    assert!(races.len() >= 25, "{} races", races.len());
    races
}

fn judge_on<S: Sut>(sut: &mut S, scenarios: &[Scenario]) -> (Account, Kept) {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let plan = Plan {
        scenarios: scenarios.iter().collect(),
        profile: None,
        patience: Duration::from_millis(300),
        recorded_by: "a test".to_owned(),
    };
    let mut kept = Kept::default();
    (run(&catalogue, sut, &plan, &mut kept), kept)
}

fn judge(arguments: &[&str], scenarios: &[Scenario]) -> (Account, Kept) {
    let target = Target::program(env!("CARGO_BIN_EXE_spoolproof"), arguments.iter().copied());
    let mut adapter = Adapter::start(&target, Options::default()).expect("the reference provider starts");
    judge_on(&mut adapter, scenarios)
}

/// `SPOOLPROOF_SCHEDULES=256 cargo test --release --test races` tries them all for two calls, and many for three.
#[test]
fn the_sound_store_conforms_however_the_calls_interleave() {
    let number = std::env::var("SPOOLPROOF_SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(12_u64);
    let races = races();
    for schedule in 0..number {
        let (account, _) = judge(&["reference", "--schedule", &schedule.to_string()], &races);
        assert!(account.ledger.findings.is_empty(), "schedule {schedule}: {:#?}", account.ledger.findings);
        assert!(account.cases.iter().all(|case| case.verdict == Verdict::Pass), "schedule {schedule}");
    }
}

/// A call of a race: its case, its session and what it returned.
type Returned = (Option<String>, Option<String>, Option<HResult>);

/// Schedules lead to different answers; otherwise they would try nothing.
#[test]
fn a_schedule_decides_who_is_first() {
    let races = races();
    let answers = |schedule: &str| -> Vec<Returned> {
        let (_, kept) = judge(&["reference", "--schedule", schedule], &races);
        let overlapping = |event: &&Event| matches!(event.at, Some(At::Interval { .. }));
        let calls = kept.0.iter().flat_map(|(_, events)| events.iter().filter(overlapping));
        calls.map(|event| (event.case.clone(), event.session.clone(), event.result.hresult)).collect()
    };
    let [zero, again, three] = [answers("0"), answers("0"), answers("3")];
    assert_eq!(zero, again);
    let lock = |answers: &[Returned]| {
        let of_case = answers.iter().filter(|answer| answer.0.as_deref() == Some("race/lock-lock"));
        let won = of_case.filter(|answer| answer.2.is_some_and(HResult::is_success));
        won.map(|answer| answer.1.clone()).collect::<Vec<_>>()
    };
    assert_eq!(lock(&zero), [Some("spooler".to_owned())]);
    assert_eq!(lock(&three), [Some("spooler-2".to_owned())]);
}

#[test]
fn a_store_that_looks_once_is_found_in_a_race_and_nowhere_else() {
    let (races, others): (Vec<_>, Vec<_>) = scenarios().into_iter().partition(|case| case.id.starts_with("race/"));
    let faults: Vec<_> = FAULTS.iter().filter(|fault| fault.name.starts_with("race-")).collect();
    assert!(faults.len() >= 7, "{} faults", faults.len());
    for fault in &faults {
        let (account, _) = judge(&["reference", "--fault", fault.name], &races);
        let blamed = account.ledger.findings.iter().any(|finding| {
            finding.verdict == Verdict::Violation
                && finding.requirements.iter().any(|id| fault.breaks.contains(&id.as_str()))
        });
        assert!(blamed, "{}: {:#?}", fault.name, account.ledger.findings);
    }
    let all: Vec<&str> =
        ["reference"].into_iter().chain(faults.iter().flat_map(|fault| ["--fault", fault.name])).collect();
    let (account, _) = judge(&all, &others);
    assert!(account.ledger.findings.is_empty(), "{:#?}", account.ledger.findings);
}

/// What was recorded shows that the calls overlapped, and is judged again as it was.
#[test]
fn the_trace_of_a_race_is_judged_as_the_race_was() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let races = races();
    let mut found = 0;
    for arguments in [
        &["reference"] as &[&str],
        &["reference", "--schedule", "5"],
        &["reference", "--fault", "race-unlock-looks-once", "--fault", "race-lock-looks-once"],
    ] {
        let (live, kept) = judge(arguments, &races);
        let mut again = Account::default();
        for (header, events) in &kept.0 {
            let overlap = events.iter().filter(|event| matches!(event.at, Some(At::Interval { .. }))).count();
            assert!(overlap >= 2, "{:?}", events.last());
            let mut log = Vec::new();
            let mut writer = Writer::new(&mut log, header).expect("a header");
            events.iter().for_each(|event| writer.write(event).expect("an event"));
            drop(writer);
            let reader = Reader::new(log.as_slice(), "log", ReadOptions::default()).expect("the header is good");
            let setting = Setting { header: reader.header().clone(), judged: vec![Who::Store] };
            audit(&catalogue, "log", reader, setting, &mut again, |_| ControlFlow::Continue(()));
        }
        again.settle();
        let told = |account: &Account| -> Vec<_> {
            let findings = &account.ledger.findings;
            findings.iter().map(|finding| (finding.case.clone(), finding.seq, finding.requirements.clone())).collect()
        };
        assert_eq!(told(&live), told(&again), "{arguments:?}");
        found += live.ledger.findings.len();
    }
    assert!(found > 0, "the broken store was found wanting");
}

/// The model serves one after the other, in any order.
#[test]
fn whoever_serves_one_after_the_other_conforms() {
    let races = races();
    let profile = Simulated::default().about().profile.clone();
    let rules = spoolproof::model::Rules::defaults();
    for seed in 0..20 {
        let latitude = spoolproof::conformance::Latitude::Permitted;
        let mut model = Simulated::at_random(profile.clone(), rules, seed, latitude);
        let (account, _) = judge_on(&mut model, &races);
        assert!(account.ledger.findings.is_empty(), "seed {seed}: {:#?}", account.ledger.findings);
    }
}

/// An adapter that does not say that it takes requests at any time gets one after the other, and the report says so.
#[test]
fn an_adapter_that_takes_one_request_at_a_time_is_asked_one_at_a_time() {
    let mut model = Serial(Simulated::default());
    let (account, kept) = judge_on(&mut model, &races());
    assert!(account.ledger.findings.is_empty(), "{:#?}", account.ledger.findings);
    assert!(kept.0.iter().all(|(_, events)| events.iter().all(|event| event.at.is_none())));
    assert!(
        account.not_observed.iter().any(|what| what.starts_with("calls that overlap")),
        "{:?}",
        account.not_observed
    );
}

/// The model behind an adapter that takes one request at a time.
struct Serial(Simulated);

impl Sut for Serial {
    type Error = <Simulated as Sut>::Error;

    fn about(&self) -> &spoolproof_sdk::wire::InitializeResult {
        static ABOUT: std::sync::OnceLock<spoolproof_sdk::wire::InitializeResult> = std::sync::OnceLock::new();
        ABOUT.get_or_init(|| {
            let mut about = self.0.about().clone();
            about.concurrent = false;
            about
        })
    }

    fn call(
        &mut self,
        method: &str,
        params: &spoolproof_sdk::wire::CallParams,
        support: &mut dyn spoolproof::conformance::Support,
    ) -> Result<spoolproof::conformance::Outcome, Self::Error> {
        self.0.call(method, params, support)
    }

    fn together(
        &mut self,
        _calls: &[spoolproof::conformance::Request],
        _support: &mut dyn spoolproof::conformance::Support,
    ) -> Result<Vec<spoolproof::conformance::Came>, Self::Error> {
        unreachable!("nobody asks it for several things at once")
    }

    fn observe(&mut self, entry_id: &str) -> Result<Option<spoolproof_sdk::wire::Observation>, Self::Error> {
        self.0.observe(entry_id)
    }

    fn take_support_calls(&mut self) -> Vec<spoolproof::conformance::SupportCall> {
        self.0.take_support_calls()
    }

    fn take_notifications(&mut self) -> Vec<spoolproof::conformance::Notification> {
        self.0.take_notifications()
    }

    fn wait_notification(&mut self, limit: Duration) -> Result<(), Self::Error> {
        self.0.wait_notification(limit)
    }

    fn revive(&mut self) -> Result<(), Self::Error> {
        self.0.revive()
    }
}
