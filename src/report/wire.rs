//! The machine-readable report: what `--json` writes. Its schema is published as `docs/report.schema.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::known;
use crate::oracle::{Finding, Small, Stopped, Verdict};

/// The verdict of one run of `conform`, `replay` or `audit`; text, JSON, `JUnit` and exit code all derive from it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Report {
    /// The version of this format: 1.
    pub spoolproof_report: u32,
    /// The version of spoolproof that wrote it.
    pub tool_version: String,
    /// `conform`, `replay` or `audit`.
    pub command: String,
    /// The provider under test.
    pub provider: Subject,
    /// The verdict on the whole.
    pub verdict: Verdict,
    /// The documented exit code that goes with it.
    pub exit_code: u8,
    /// One sentence for people: what was judged, and the result.
    pub summary: String,
    /// Every requirement that is bound to a check, in the catalogue's order.
    pub requirements: Vec<RequirementVerdict>,
    /// Every case, in the order in which they ran.
    pub cases: Vec<CaseVerdict>,
    /// Everything that was found, in the order in which it was seen.
    pub findings: Vec<Finding>,
    /// The failures that were made small, each with the file that holds it and the command that repeats it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub small: Vec<Small>,
    /// What the evidence shows of the readings that the provider follows, by ambiguity; one that nothing showed is absent.
    pub follows: Vec<Followed>,
    /// What could not be observed, and what that left unjudged.
    pub not_observed: Vec<String>,
    /// Counts.
    pub totals: Totals,
    /// What was chosen of the cases; absent when all were.
    #[serde(default, skip_serializing_if = "Selection::is_all")]
    pub selection: Selection,
    /// Why the run ended before its last case, if it did. What was left out is `not_exercised`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// What was expected of the run and is not so: stale lists, and what is no longer judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unexpected: Vec<Unexpected>,
}

impl Report {
    /// Whether a finding was known before the run, and so does not fail it.
    #[must_use]
    pub fn is_known(&self, finding: &Finding) -> bool {
        let of_case = |case: &&CaseVerdict| Some(&case.id) == finding.case.as_ref();
        self.cases.iter().filter(of_case).any(|case| case.expected.iter().any(|expected| expected.excuses(finding)))
    }

    /// The ids of the cases that kept the run from success, and of those that it left out.
    pub fn unfinished(&self) -> impl Iterator<Item = &str> {
        let is_unexpected = |case: &CaseVerdict| self.unexpected.iter().any(|it| it.case.as_ref() == Some(&case.id));
        let cases = self.cases.iter().filter(move |case| match case.counts() {
            Verdict::Error | Verdict::Inconclusive | Verdict::NotExercised | Verdict::Violation => true,
            Verdict::Deviation | Verdict::Pass | Verdict::Unsupported => is_unexpected(case),
        });
        cases.map(|case| case.id.as_str())
    }
}

/// What was chosen of the cases.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Selection {
    /// The patterns that name them; none if all do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
    /// The part of them that was run, as `2/5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// Whether only those were run that had failed before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rerun: bool,
}

impl Selection {
    /// Whether nothing was left out.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}

/// Who was judged.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `store` or `spooler`.
    pub role: String,
    /// A short description of the profile, e.g. `store, not coupled`.
    pub profile: String,
    /// The readings that it declares.
    pub readings: BTreeMap<String, String>,
    /// The command or address that reaches it, as given on the command line; the files of an audit.
    pub source: String,
}

/// The verdict on one requirement.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct RequirementVerdict {
    /// Its id, e.g. `SEED1-11`.
    pub id: String,
    /// The worst that was seen.
    pub verdict: Verdict,
    /// How many events exercised it.
    pub exercised: u64,
}

/// The verdict on one case.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct CaseVerdict {
    /// Its id, e.g. `open/queued-modify`.
    pub id: String,
    /// The worst that was seen.
    pub verdict: Verdict,
    /// Why it is `unsupported`, `error` or `inconclusive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The requirements that it is about.
    pub requirements: Vec<String>,
    /// Where its recorded trace lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// The one command that repeats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// What the verdict is without what is known to fail, where that differs: this is what decides the exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_as: Option<Verdict>,
    /// What was known of it before the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<Expected>,
}

impl CaseVerdict {
    /// The verdict that decides the exit code: without what is known to fail.
    #[must_use]
    pub fn counts(&self) -> Verdict {
        self.counts_as.unwrap_or(self.verdict)
    }
}

/// What was known of a case before the run.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Expected {
    /// How it is listed.
    pub listed: Listed,
    /// The verdict that is known, and so does not fail the run.
    pub verdict: Verdict,
    /// The requirement that is known to be broken; absent when anything may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    /// Why.
    pub reason: String,
    /// Where more is said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The last day on which this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
}

impl Expected {
    /// Whether it is what makes this finding of its case no failure of the run.
    #[must_use]
    pub fn excuses(&self, finding: &Finding) -> bool {
        known::excuses(self.verdict, self.requirement.as_deref(), finding)
    }
}

/// How a case is listed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// It fails, and the run fails when it does not.
    Failing,
    /// It fails now and then, and either is accepted.
    Flaky,
}

/// What came of what was known.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// What is listed was found.
    AsListed,
    /// It was not found, and nothing else that could hide it.
    Passed,
    /// It was not found, and something else was.
    Otherwise,
    /// The case was not run.
    NotRun,
}

/// Something that was expected of the run and is not so.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Unexpected {
    /// What kind of thing.
    pub kind: UnexpectedKind,
    /// The case, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The requirement, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    /// One sentence for people.
    pub what: String,
}

/// What is not as it was expected.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnexpectedKind {
    /// A case that is listed as failing passes.
    Passed,
    /// An entry of the list no longer holds.
    Expired,
    /// A case that is listed as failing could not be run.
    NotRun,
    /// A case of the accepted report is not there any more.
    CaseGone,
    /// A case was judged in the accepted report, and is not any more.
    CaseNotJudged,
    /// A requirement was exercised in the accepted report, and is not any more.
    RequirementNotExercised,
}

/// What the run showed of one ambiguity: which of its readings the provider follows.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Followed {
    /// The ambiguity, e.g. `B1`.
    pub ambiguity: String,
    /// The readings that all the evidence permits; a rejected one is only named where no other remains. None if the
    /// evidence contradicts itself.
    pub readings: Vec<String>,
    /// How many events told readings apart.
    pub events: u64,
    /// The readings that the evidence rules out, rejected ones left out.
    #[serde(default)]
    pub excluded: Vec<String>,
    /// Whether what it follows is a rejected reading.
    #[serde(default)]
    pub rejected: bool,
    /// The reading that its profile declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<String>,
    /// The event that decided it: nothing was ruled out after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Sighting>,
    /// Two events that no one reading permits: the provider follows now one, now another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<Side>,
}

impl Followed {
    /// Whether it does otherwise than its profile declares.
    #[must_use]
    pub fn is_undeclared(&self) -> bool {
        self.declared.as_ref().is_some_and(|declared| !self.readings.contains(declared))
    }

    /// Whether it shows no more than that no rejected reading is followed.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.excluded.is_empty() && !self.rejected && self.differs.is_empty() && !self.is_undeclared()
    }
}

/// An event by its place.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Sighting {
    /// The case; absent in a log without cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The event's number.
    pub seq: u64,
}

/// The readings that some event permits, and that event.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Side {
    /// The readings.
    pub readings: Vec<String>,
    /// The event.
    pub at: Sighting,
}

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Totals {
    /// Cases judged.
    pub cases: u64,
    /// Events judged.
    pub events: u64,
    /// Messages seen.
    pub messages: u64,
    /// Lines or events that were passed over on request.
    pub skipped: u64,
    /// Wall-clock milliseconds.
    pub elapsed_ms: u64,
}
