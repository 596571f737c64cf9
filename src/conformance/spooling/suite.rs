//! A run of many cases on one spooler.

use spoolproof_sdk::Provider;
use spoolproof_sdk::trace::{Event, Header, Records};
use spoolproof_sdk::wire::{Coupling, Profile, Role, SortsQueue};

use super::case::{Mortal, reset, run};
use super::parts::Parts;
use super::stage::Stage;
use crate::conformance::adapter::Adapter;
use crate::conformance::error::{AdapterError, AdapterErrorKind};
use crate::conformance::in_process::{InProcess, InProcessError};
use crate::conformance::suite::{Progress, leave_out, left_by, not_begun};
use crate::oracle::{Account, CaseOutcome, Oracle, Setting, Verdict, Who};
use crate::scenario::SpoolerScenario;
use crate::spec::{self, Catalogue};

/// What a run is made of, beside the spooler.
#[derive(Clone, Debug)]
pub struct SpoolerPlan<'a> {
    /// The cases, in order.
    pub scenarios: Vec<&'a SpoolerScenario>,
    /// What is claimed for the spooler, over what it says of itself.
    pub profile: Option<Profile>,
    /// Who recorded the traces, for their headers.
    pub recorded_by: String,
}

impl Mortal for Adapter {
    fn was_killed(error: &AdapterError) -> bool {
        matches!(error.kind(), AdapterErrorKind::Killed)
    }
}

impl<P: Provider> Mortal for InProcess<P> {
    fn was_killed(error: &InProcessError) -> bool {
        matches!(error, InProcessError::Killed)
    }
}

/// Runs `plan` on the spooler behind `adapter`, and gives the account of it, settled.
pub fn run_spooler<S: Mortal>(
    catalogue: &Catalogue,
    adapter: &mut S,
    plan: &SpoolerPlan<'_>,
    progress: &mut dyn Progress,
) -> Account {
    let mut account = Account::default();
    let mut oracle: Option<Oracle> = None;
    let mut failures = 0;
    for (done, scenario) in plan.scenarios.iter().enumerate() {
        let mut case = CaseOutcome {
            id: scenario.id.clone(),
            verdict: Verdict::Pass,
            reason: None,
            requirements: scenario.requirements.clone(),
            trace: None,
        };
        account.stopped = account.stopped.or_else(|| progress.stops());
        if let Some(reason) = not_begun(account.stopped, failures) {
            leave_out(&mut case, reason);
            account.cases.push(case);
            continue;
        }
        progress.begins(done, &scenario.id);
        let header = header(adapter, scenario, plan);
        let oracle = match &mut oracle {
            Some(oracle) => {
                oracle.next_case(catalogue, &header);
                oracle
            }
            none => none.insert(Oracle::new(catalogue, Setting { header: header.clone(), judged: vec![Who::Spooler] })),
        };
        let before = oracle.ledger.findings.len();
        let (ended, events) = run_case(adapter, oracle, scenario);
        let worked = events.iter().any(|event| event.session.as_deref() == Some("spooler"));
        match ended {
            Ok(()) => failures = 0,
            Err(_) if let Some(stopped) = progress.stops() => {
                // What it waited for was given up, which says nothing of the adapter.
                account.stopped = Some(stopped);
                leave_out(&mut case, left_by(stopped));
            }
            Err(reason) => {
                let seq = events.last().map(|event| event.seq);
                oracle.ledger.fail(
                    Some(case.id.clone()),
                    seq,
                    reason.clone(),
                    "an adapter that speaks the protocol to its end",
                );
                case.verdict = Verdict::Error;
                case.reason = Some(reason);
                let revived = adapter.revive().is_ok();
                failures = if revived && worked { 0 } else { failures + 1 };
            }
        }
        let has_findings = oracle.ledger.findings.len() > before;
        case.trace = progress.ended(&scenario.id, &header, &events, has_findings);
        progress.judged(&case, &oracle.ledger.findings[before..]);
        account.cases.push(case);
    }
    account.ledger = oracle.map(|oracle| oracle.ledger).unwrap_or_default();
    // What the played store keeps, says nothing of the spooler.
    let of_spooler = |id: &str| catalogue.requirement(id).is_some_and(|row| row.who.contains(&spec::Who::Spooler));
    account.ledger.exercised.retain(|id, _| of_spooler(id));
    account.settle();
    account
}

/// Runs one case on a spooler that has just started; `oracle` has been told its header. What it came to, with the events.
pub(in crate::conformance) fn run_case<S: Mortal>(
    sut: &mut S,
    oracle: &mut Oracle,
    scenario: &SpoolerScenario,
) -> (Result<(), String>, Vec<Event>) {
    let mut stage = Stage::new(scenario, oracle);
    let ended = reset(sut, scenario).and_then(|()| run(sut, scenario, &mut stage));
    (ended, stage.events)
}

/// The played store's profile, over it what the spooler says of the readings that it follows.
pub(in crate::conformance) fn header<S: Mortal>(
    adapter: &S,
    scenario: &SpoolerScenario,
    plan: &SpoolerPlan<'_>,
) -> Header {
    let about = adapter.about();
    let own = match &plan.profile {
        Some(claims) => about.profile.overridden_by(claims),
        None => about.profile.clone(),
    };
    let store = Profile {
        outgoing_submission: Some(true),
        coupling: Some(Coupling::None),
        sorts_queue: Some(SortsQueue::Store),
        readings: own.readings,
        ..Profile::default()
    };
    Header {
        spoolproof_trace: 1,
        provider: about.provider.clone(),
        role: Role::Spooler,
        profile: store,
        records: Records { support: true, notifications: true, observe: None },
        recorded_by: Some(plan.recorded_by.clone()),
        starts: None,
        transports: Some(Parts::transports(scenario)),
        preprocessors: Some(Parts::preprocessors(scenario)),
        x_supports: None,
    }
}
