//! The machine-readable report: what `--json` writes. Its schema is published as `docs/report.schema.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::oracle::{Finding, Small, Verdict};

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
