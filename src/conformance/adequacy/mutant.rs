//! A provider with one fault in it, and what the suite reports of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use spoolproof_sdk::CallError;
use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::Role;

use super::words::Names;
use crate::conformance::in_process::{InProcess, InProcessError};
use crate::conformance::reference::{FAULTS, Fault, Reference, SPOOLER_FAULTS, Spooler};
use crate::conformance::spooling::{SpoolerPlan, run_spooler};
use crate::conformance::suite::{Plan, Progress, run};
use crate::oracle::{Account, Verdict};
use crate::scenario::{Scenario, SpoolerScenario};
use crate::spec::Catalogue;

/// The cases that everything is run through.
#[derive(Clone, Copy, Debug)]
pub struct Suites<'a> {
    /// Those for stores.
    pub stores: &'a [Scenario],
    /// Those for spoolers.
    pub spoolers: &'a [SpoolerScenario],
}

/// A reference provider with one fault.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// The part that it plays.
    pub role: Role,
    /// What is wrong with it.
    pub fault: &'static Fault,
}

impl Mutant {
    /// Every mutant, those of the store first. A fault that breaks no requirement is an adapter's, and none.
    pub fn all() -> impl Iterator<Item = Self> {
        let stores = FAULTS.iter().map(|fault| Self { role: Role::Store, fault });
        let spoolers = SPOOLER_FAULTS.iter().map(|fault| Self { role: Role::Spooler, fault });
        stores.chain(spoolers).filter(|mutant| !mutant.fault.breaks.is_empty())
    }

    /// The name of its fault.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.fault.name
    }

    /// Runs the suite on it.
    ///
    /// # Errors
    ///
    /// When the provider does not start.
    pub fn judge(self, catalogue: &Catalogue, suites: Suites<'_>) -> Result<Judged, InProcessError> {
        let account = judge(catalogue, suites, self.role, &[self.fault.name])?;
        Ok(Judged::new(self, &account))
    }
}

/// The account of a reference provider with these faults, without a process.
///
/// # Errors
///
/// When the provider does not start.
pub fn judge(
    catalogue: &Catalogue,
    suites: Suites<'_>,
    role: Role,
    faults: &[&'static str],
) -> Result<Account, InProcessError> {
    judge_with(catalogue, suites, role, faults, &mut Silent)
}

/// The same, with somebody who hears of every case.
pub(super) fn judge_with(
    catalogue: &Catalogue,
    suites: Suites<'_>,
    role: Role,
    faults: &[&'static str],
    progress: &mut dyn Progress,
) -> Result<Account, InProcessError> {
    Ok(match role {
        Role::Store => run(catalogue, &mut store(faults)?, &plan(suites.stores), progress),
        Role::Spooler => {
            let plan = SpoolerPlan {
                scenarios: suites.spoolers.iter().collect(),
                profile: None,
                recorded_by: RECORDED_BY.to_owned(),
            };
            run_spooler(catalogue, &mut spooler(faults)?, &plan, progress)
        }
    })
}

/// How a store is run that needs no time: what it has not sent when it returns, will not come.
pub(super) fn plan(scenarios: &[Scenario]) -> Plan<'_> {
    let (profile, patience) = (None, Duration::ZERO);
    Plan { scenarios: scenarios.iter().collect(), profile, patience, recorded_by: RECORDED_BY.to_owned() }
}

/// The reference store with these faults, in memory.
pub(super) fn store(faults: &[&'static str]) -> Result<InProcess<Reference>, InProcessError> {
    let faults = faults.to_vec();
    let failed = |error: crate::conformance::reference::ReferenceError| CallError::Failed(error.to_string());
    InProcess::start(move || Reference::open(None, faults.iter().copied()).map_err(failed))
}

/// The reference spooler with these faults.
pub(super) fn spooler(faults: &[&'static str]) -> Result<InProcess<Spooler>, InProcessError> {
    let faults: Vec<String> = faults.iter().map(|&name| name.to_owned()).collect();
    let unknown = |name| CallError::Failed(format!("no fault is named `{name}`"));
    InProcess::start(move || Spooler::new(&faults).map_err(unknown))
}

/// What happened in a case, in words that equal providers share.
pub(super) fn tape(events: &[Event]) -> String {
    let mut names = Names::default();
    for event in events.iter().filter(|event| event.call == "create_message") {
        if let (Some(entry_id), Some(subject)) = (&event.result.entry_id, &event.params.subject) {
            names.message(entry_id, subject);
        }
    }
    names.settle(serde_json::json!(events))
}

const RECORDED_BY: &str = "spoolproof adequacy";

/// Keeps no traces.
#[derive(Debug)]
pub(super) struct Silent;

impl Progress for Silent {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, _header: &Header, _events: &[Event], _has_findings: bool) -> Option<String> {
        None
    }
}

/// What the suite reports of a mutant.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The mutant.
    pub mutant: Mutant,
    /// The cases that kill it, in the order of the suite: a violation or a deviation under one of its own requirements.
    pub killers: Vec<String>,
    /// Requirement → in how many cases it is reported, its own and others.
    pub reported: BTreeMap<String, usize>,
    /// The first case that ended in an error, which says nothing of the store, and why.
    pub error: Option<String>,
}

impl Judged {
    fn new(mutant: Mutant, account: &Account) -> Self {
        let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
        for finding in &account.ledger.findings {
            if let (Verdict::Violation | Verdict::Deviation, Some(case)) = (finding.verdict, &finding.case) {
                seen.extend(finding.requirements.iter().map(|id| (case.as_str(), id.as_str())));
            }
        }
        let kills = |case: &str| mutant.fault.breaks.iter().any(|id| seen.contains(&(case, id)));
        let killers = account.cases.iter().filter(|case| kills(&case.id)).map(|case| case.id.clone()).collect();
        let mut reported: BTreeMap<String, usize> = BTreeMap::new();
        for (_, id) in &seen {
            *reported.entry((*id).to_owned()).or_default() += 1;
        }
        let failed = account.cases.iter().find(|case| case.verdict == Verdict::Error);
        let why = |reason: &Option<String>| reason.clone().unwrap_or_default();
        let error = failed.map(|case| format!("{}: {}", case.id, why(&case.reason)));
        Self { mutant, killers, reported, error }
    }

    /// Whether some case reports it under one of its own requirements.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        !self.killers.is_empty()
    }

    /// Those of its own requirements under which it is reported.
    pub fn own(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.mutant.fault.breaks.iter().copied().filter(|id| self.reported.contains_key(*id))
    }
}
