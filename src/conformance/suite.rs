//! A run of many cases on one provider: each on a fresh store, each judged, whatever becomes of the others.

use std::collections::BTreeSet;
use std::time::Duration;

use spoolproof_sdk::trace::{Event, Header, Records};
use spoolproof_sdk::wire::{CallParams, Coupling, Profile, Role};

use super::answers::Script;
use super::case::{End, Run};
use super::patience::Patience;
use super::sut::{Outcome, Sut};
use crate::oracle::{Account, CaseOutcome, Finding, Oracle, Setting, Stopped, Verdict, Who};
use crate::scenario::Scenario;
use crate::spec::Catalogue;

/// How many cases in a row may fail before their first call, in `reset` or because the adapter does not start again,
/// before the run is given up.
const FAILURES: u32 = 3;

/// What a run is made of, beside the provider.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The cases, in order.
    pub scenarios: Vec<&'a Scenario>,
    /// What is claimed for the provider, over what it says of itself.
    pub profile: Option<Profile>,
    /// How long a notification, or a row of the queue, may take to arrive.
    pub patience: Duration,
    /// Who recorded the traces, for their headers.
    pub recorded_by: String,
}

/// Hears of every case as it ends.
pub trait Progress {
    /// A case begins; `done` have ended.
    fn begins(&mut self, done: usize, id: &str);

    /// A case has ended: keep its trace, and say where.
    fn ended(&mut self, id: &str, header: &Header, events: &[Event], has_findings: bool) -> Option<String>;

    /// A case has been judged; `findings` are its own.
    fn judged(&mut self, _case: &CaseOutcome, _findings: &[Finding]) {}

    /// Why no further case is to begin, and what waits is to be given up; `None` to go on.
    fn stops(&self) -> Option<Stopped> {
        None
    }
}

/// Runs `plan` on `sut`, and gives the account of it, settled.
pub fn run<S: Sut>(catalogue: &Catalogue, sut: &mut S, plan: &Plan<'_>, progress: &mut dyn Progress) -> Account {
    let mut account = Account::default();
    let header = header(sut, &Profile::default(), plan);
    let mut oracle = Oracle::new(catalogue, Setting { header, judged: vec![Who::Store] });
    let mut failures = 0;
    let mut patience = Patience::new(plan.patience);
    for (done, scenario) in plan.scenarios.iter().enumerate() {
        let mut case = outcome(&scenario.id, &scenario.requirements);
        account.stopped = account.stopped.or_else(|| progress.stops());
        if let Some(reason) = not_begun(account.stopped, failures) {
            leave_out(&mut case, reason);
            account.cases.push(case);
            continue;
        }
        progress.begins(done, &scenario.id);
        let before = oracle.ledger.findings.len();
        let (end, header, events) = run_case(catalogue, sut, &mut oracle, scenario, (plan, &mut patience));
        match end {
            End::Done => {
                failures = 0;
                if let Some(reason) = sut.wrong_assumption() {
                    fail(&mut case, &mut oracle, &events, reason, "a case that assumes only what a store may do");
                }
            }
            End::Unsupported(reason) => {
                if oracle.ledger.findings.len() == before {
                    case.verdict = Verdict::Unsupported;
                }
                case.reason = Some(reason);
                failures = 0;
            }
            End::Failed(_) if let Some(stopped) = progress.stops() => {
                // What it waited for was given up, which says nothing of the adapter.
                account.stopped = Some(stopped);
                leave_out(&mut case, left_by(stopped));
            }
            End::Failed(reason) => {
                fail(&mut case, &mut oracle, &events, reason, "an adapter that speaks the protocol to its end");
                let revived = sut.revive().is_ok();
                failures = if revived && !events.is_empty() { 0 } else { failures + 1 };
            }
        }
        let has_findings = oracle.ledger.findings.len() > before;
        case.trace = progress.ended(&scenario.id, &header, &events, has_findings);
        progress.judged(&case, &oracle.ledger.findings[before..]);
        account.cases.push(case);
    }
    account.ledger = oracle.ledger;
    account.not_observed = not_observed(sut, &account);
    let overlapping = plan.scenarios.iter().any(|scenario| scenario.steps.iter().any(|step| step.together.is_some()));
    if overlapping && !sut.about().concurrent && account.ledger.events > 0 {
        let serial =
            "calls that overlap: the adapter takes one request at a time, so each was judged in one order only";
        account.not_observed.insert(serial.to_owned());
    }
    account.settle();
    account
}

/// The account of a run that was stopped before the first of its `cases`, each of them its id and its requirements.
pub fn none_begun<'c>(cases: impl IntoIterator<Item = (&'c str, &'c [String])>, stopped: Stopped) -> Account {
    let cases = cases.into_iter().map(|(id, requirements)| {
        let mut case = outcome(id, requirements);
        leave_out(&mut case, left_by(stopped));
        case
    });
    Account { cases: cases.collect(), stopped: Some(stopped), ..Account::default() }
}

/// What becomes of a case in which nothing is found.
fn outcome(id: &str, requirements: &[String]) -> CaseOutcome {
    CaseOutcome {
        id: id.to_owned(),
        verdict: Verdict::Pass,
        reason: None,
        requirements: requirements.to_vec(),
        trace: None,
    }
}

/// Why the next case does not begin, if it does not.
pub(super) fn not_begun(stopped: Option<Stopped>, failures: u32) -> Option<String> {
    match stopped {
        Some(stopped) => Some(left_by(stopped)),
        None if failures >= FAILURES => {
            Some(format!("given up: the adapter failed {FAILURES} cases in a row before their first call"))
        }
        None => None,
    }
}

/// Why a case was not run, or not to its end, in a run that was stopped.
pub(super) fn left_by(stopped: Stopped) -> String {
    format!("the run was stopped {stopped}")
}

/// Notes that a case was not run, or not to its end.
pub(super) fn leave_out(case: &mut CaseOutcome, reason: String) {
    case.verdict = Verdict::NotExercised;
    case.reason = Some(reason);
}

/// Notes that a case could not be run as it is, and that this says nothing of the provider.
fn fail(case: &mut CaseOutcome, oracle: &mut Oracle, events: &[Event], reason: String, expected: &str) {
    let seq = events.last().map(|event| event.seq);
    oracle.ledger.fail(Some(case.id.clone()), seq, reason.clone(), expected);
    case.verdict = Verdict::Error;
    case.reason = Some(reason);
}

pub(super) fn run_case<S: Sut>(
    catalogue: &Catalogue,
    sut: &mut S,
    oracle: &mut Oracle,
    scenario: &Scenario,
    (plan, patience): (&Plan<'_>, &mut Patience),
) -> (End, Header, Vec<Event>) {
    let own = claimed(sut, plan);
    let refused = |end, header| (end, header, Vec::new());
    let lacking: Vec<&str> = scenario.methods().into_iter().filter(|method| !serves(sut, method)).collect();
    if !lacking.is_empty() {
        let reason = format!("the adapter does not serve {}", lacking.join(", "));
        return refused(End::Unsupported(reason), header(sut, &own, plan));
    }
    let wanted = override_for(scenario, &own);
    let params = CallParams { profile: wanted.clone(), ..CallParams::default() };
    let mut profile = own.clone();
    match sut.call("reset", &params, &mut Script::new(None)) {
        Ok(Outcome::Returned(result)) => match result.hresult {
            Some(code) if code.is_success() => {
                if let Some(wanted) = &wanted {
                    profile = own.overridden_by(wanted);
                }
            }
            code => {
                let code = code.map(|code| code.to_string()).unwrap_or_default();
                return refused(End::Failed(format!("reset returned {code}")), header(sut, &own, plan));
            }
        },
        // It cannot take the profile; a case that only prefers one is run as the provider is.
        Ok(Outcome::BadParams(_)) if wanted.is_some() && scenario.profile == Profile::default() => {
            match sut.call("reset", &CallParams::default(), &mut Script::new(None)) {
                Ok(Outcome::Returned(result)) if result.hresult.is_some_and(spoolproof_sdk::HResult::is_success) => {}
                Ok(other) => {
                    return refused(End::Failed(format!("reset was answered with {other:?}")), header(sut, &own, plan));
                }
                Err(error) => return refused(End::Failed(error.to_string()), header(sut, &own, plan)),
            }
        }
        Ok(Outcome::BadParams(message)) => {
            let reason = format!("the adapter cannot take the profile that the case needs: {message}");
            return refused(End::Unsupported(reason), header(sut, &own, plan));
        }
        Ok(Outcome::Unsupported) => {
            return refused(
                End::Failed("the adapter does not serve reset, so no case has a fresh store".to_owned()),
                header(sut, &own, plan),
            );
        }
        Err(error) => return refused(End::Failed(error.to_string()), header(sut, &own, plan)),
    }
    let header = header(sut, &profile, plan);
    oracle.next_case(catalogue, &header);
    let mut run = Run::new(sut, oracle, scenario, (patience, header.profile.coupling == Some(Coupling::None)));
    let end = run.steps();
    let events = std::mem::take(&mut run.events);
    (end, header, events)
}

/// Whether the adapter serves or sends `method`. What every adapter must serve need not be listed.
fn serves<S: Sut>(sut: &S, method: &str) -> bool {
    matches!(method, "initialize" | "reset" | "shutdown") || sut.about().supports.iter().any(|known| known == method)
}

/// The provider's profile: its own words, and over them what is claimed for it.
fn claimed<S: Sut>(sut: &S, plan: &Plan<'_>) -> Profile {
    match &plan.profile {
        Some(profile) => sut.about().profile.overridden_by(profile),
        None => sut.about().profile.clone(),
    }
}

/// What `reset` must override so that the case makes sense; `None` if nothing.
fn override_for(scenario: &Scenario, own: &Profile) -> Option<Profile> {
    let mut wanted = scenario.profile.clone();
    if wanted.coupling.is_none() && own.coupling == Some(Coupling::Tight) {
        wanted.coupling = Some(Coupling::None);
    }
    (own.overridden_by(&wanted) != *own).then_some(wanted)
}

pub(super) fn header<S: Sut>(sut: &S, profile: &Profile, plan: &Plan<'_>) -> Header {
    let about = sut.about();
    let any = |prefix: &str| about.supports.iter().any(|method| method.starts_with(prefix));
    Header {
        spoolproof_trace: 1,
        provider: about.provider.clone(),
        role: Role::Store,
        profile: profile.clone(),
        records: Records { support: any("support."), notifications: any("notify."), observe: None },
        recorded_by: Some(plan.recorded_by.clone()),
        starts: None,
        transports: None,
        preprocessors: None,
        x_supports: Some(about.supports.clone()),
    }
}

/// What this adapter never showed, and what that leaves unjudged.
fn not_observed<S: Sut>(sut: &S, account: &Account) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    if account.ledger.events == 0 {
        return out;
    }
    if !serves(sut, "observe") {
        out.insert("observe: the adapter does not serve it, so only replies were judged".to_owned());
    } else {
        for (member, seen) in &account.ledger.shown {
            if !seen {
                out.insert(format!("{member}: no `observe` showed it"));
            }
        }
    }
    let optional = spoolproof_sdk::wire::SUPPORT_METHODS.iter().chain(spoolproof_sdk::wire::NOTIFICATIONS);
    for method in optional.filter(|method| !serves(sut, method)) {
        out.insert(format!("{method}: the adapter does not route it"));
    }
    out
}
