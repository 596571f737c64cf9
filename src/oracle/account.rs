//! The account of a run: every case with its verdict, and the ledger of all of them.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spoolproof_sdk::wire::SPOOLER_REQUESTS;

use super::ledger::Ledger;
use super::verdict::{Finding, Verdict, Who};

/// One case as it was judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CaseOutcome {
    /// Its id; the file's name for a log without cases.
    pub id: String,
    /// What is known without the findings: `Pass`, `Unsupported`, `NotExercised` or `Error`.
    pub verdict: Verdict,
    /// Why it is not `Pass`.
    pub reason: Option<String>,
    /// The requirements that it is about.
    pub requirements: Vec<String>,
    /// Where its trace was written.
    pub trace: Option<String>,
}

/// A failure that was made small: the least that was found to show it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Small {
    /// Who failed.
    pub who: Who,
    /// The requirements that it breaks.
    pub requirements: Vec<String>,
    /// The call that shows it.
    pub call: String,
    /// The case that it was made from.
    pub case: String,
    /// How many steps that has, or events up to the failure.
    pub steps: u64,
    /// What is counted.
    #[serde(default)]
    pub unit: Unit,
    /// How many are left. `None`: it did not show again, or not without the rest of its log, so that nothing could be left
    /// out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
    /// The file that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The one command that repeats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// Of a failure in a log: the file with what callers did, to be tried on the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
}

/// What a failure is made of.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// The steps of a case.
    #[default]
    Step,
    /// The events of a log.
    Event,
}

impl Unit {
    /// What one of them is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Event => "event",
        }
    }
}

impl Small {
    /// `finding` in `case`, which has so many steps; nothing is left out yet.
    #[must_use]
    pub fn new(finding: &Finding, case: String, steps: usize) -> Self {
        Self {
            who: finding.who,
            requirements: finding.requirements.clone(),
            call: called(finding).to_owned(),
            case,
            steps: steps as u64,
            unit: Unit::Step,
            left: None,
            file: None,
            again: None,
            scenario: None,
        }
    }

    /// Whether `finding` is the same failure: the same party breaks the same requirements in the same kind of call.
    #[must_use]
    pub fn shows(&self, finding: &Finding) -> bool {
        self.who == finding.who && self.requirements == finding.requirements && self.call == called(finding)
    }
}

/// The call in which a finding shows. To whom a spooler's request goes, and about whom, is no part of its kind.
fn called(finding: &Finding) -> &str {
    let call = finding.history.last().map(|line| line.call.as_str()).unwrap_or_default();
    match call.split_once(' ') {
        Some((method, _)) if SPOOLER_REQUESTS.contains(&method) => method,
        Some(_) | None => call,
    }
}

/// Why a run ended before its last case.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// A case failed, and the run was to end with the first that does.
    FirstFailure,
    /// Somebody pressed Ctrl-C.
    Interrupted,
    /// Somebody asked the process to end (SIGTERM).
    Terminated,
    /// The time that the run may take was over.
    TimeLimit,
}

impl fmt::Display for Stopped {
    /// What stopped it, to stand behind "stopped".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstFailure => "after the first case that failed",
            Self::Interrupted => "by Ctrl-C",
            Self::Terminated => "by SIGTERM",
            Self::TimeLimit => "at its time limit",
        })
    }
}

/// A run of `conform`, `replay` or `audit`, before anybody formats it.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// What was exercised and found.
    pub ledger: Ledger,
    /// The cases, in the order in which they ran.
    pub cases: Vec<CaseOutcome>,
    /// The failures that were made small.
    pub small: Vec<Small>,
    /// What could not be observed.
    pub not_observed: BTreeSet<String>,
    /// Lines that were passed over on request.
    pub skipped: u64,
    /// Whether an input could not be read, or not to its end.
    pub unreadable: bool,
    /// Why it ended before its last case, if it did.
    pub stopped: Option<Stopped>,
}

impl Account {
    /// Settles what only the whole run can decide. To be called once, before the verdicts are read.
    pub fn settle(&mut self) {
        self.ledger.settle();
    }

    /// The verdict on a case: the worst that was found in it.
    #[must_use]
    pub fn case_verdict(&self, case: &CaseOutcome) -> Verdict {
        let findings =
            self.ledger.findings.iter().filter(|finding| finding.case.as_deref().unwrap_or(&case.id) == case.id);
        findings.map(|finding| finding.verdict).fold(case.verdict, Verdict::max)
    }

    /// The verdict on a requirement, and how many events exercised it.
    #[must_use]
    pub fn requirement_verdict(&self, id: &str) -> (Verdict, u64) {
        let exercised = self.ledger.exercised.get(id).copied().unwrap_or(0);
        let base = if exercised > 0 { Verdict::Pass } else { Verdict::NotExercised };
        let findings =
            self.ledger.findings.iter().filter(|finding| finding.requirements.iter().any(|named| named == id));
        (findings.map(|finding| finding.verdict).fold(base, Verdict::max), exercised)
    }

    /// The verdict on the whole: the worst of its cases and findings. A part is not a pass.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let cases = self.cases.iter().map(|case| case.verdict);
        let findings = self.ledger.findings.iter().map(|finding| finding.verdict);
        let partial = self.stopped.map(|_| Verdict::Inconclusive);
        cases.chain(findings).chain(partial).max().unwrap_or(Verdict::NotExercised)
    }
}
