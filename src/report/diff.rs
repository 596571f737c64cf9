//! What changed from one run to another: between two days, two versions of a provider, or two of this program.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::build::exit;
use super::wire::{Followed, Report};
use crate::oracle::{Finding, Verdict, Who};

/// What changed from one report to another. Its schema is published as `docs/diff.schema.json`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
pub struct Diff {
    /// The version of this format: 1.
    pub spoolproof_diff: u32,
    /// The earlier run.
    pub before: Compared,
    /// The later one.
    pub after: Compared,
    /// The documented exit code: 1 when something is worse, 6 when something is not judged any more, else 0.
    pub exit_code: u8,
    /// The cases of which the verdict changed, and those that only one run has.
    pub cases: Vec<VerdictChange>,
    /// The same for requirements.
    pub requirements: Vec<VerdictChange>,
    /// What was found in one of the runs only.
    pub findings: Vec<FindingChange>,
    /// The ambiguities of which other readings are followed.
    pub follows: Vec<FollowsChange>,
    /// What cannot be observed any more.
    pub not_observed: Vec<String>,
    /// What could not be observed, and can now.
    pub observed: Vec<String>,
    /// How many cases were chosen in one of the runs only, and so are not compared.
    pub not_compared: u64,
}

/// A run that is compared.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
pub struct Compared {
    /// The provider's name and version.
    pub provider: String,
    /// Its profile, in a few words.
    pub profile: String,
    /// The version of spoolproof that judged it.
    pub tool_version: String,
    /// The verdict on the whole.
    pub verdict: Verdict,
    /// How many cases were run.
    pub cases: u64,
}

/// How something changed.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It fails, and did not, or fails in a worse way.
    Worse,
    /// It was judged, and is not.
    NotJudged,
    /// It is not there any more.
    Gone,
    /// It fails no more, or less.
    Better,
    /// It is judged, and was not.
    Judged,
    /// It was not there, and does not fail.
    New,
}

/// A verdict that changed.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct VerdictChange {
    /// The case, or the requirement.
    pub id: String,
    /// How.
    pub change: Change,
    /// The verdict before; absent when it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Verdict>,
    /// The verdict after; absent when it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Verdict>,
    /// Why it is not judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How a finding changed.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// It was not found before.
    New,
    /// It is found no more, though its case was judged.
    Fixed,
    /// It is found no more, since its case was not judged.
    NotSeen,
}

/// What was found in one of the runs only.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct FindingChange {
    /// In which, and what that means.
    pub change: Found,
    /// How bad it is.
    pub verdict: Verdict,
    /// Who did it.
    pub who: Who,
    /// The requirements that it breaks.
    pub requirements: Vec<String>,
    /// What happens, in one sentence.
    pub what: String,
    /// The cases that show it.
    pub cases: Vec<String>,
}

/// An ambiguity of which other readings are followed.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct FollowsChange {
    /// The ambiguity.
    pub ambiguity: String,
    /// The readings that the evidence permitted; none if nothing told them apart.
    pub before: Vec<String>,
    /// The readings that it permits now.
    pub after: Vec<String>,
}

impl Diff {
    /// What changed from `before` to `after`.
    #[must_use]
    pub fn new(before: &Report, after: &Report) -> Self {
        let alike = before.selection == after.selection;
        let cases = |report: &Report| -> Rows {
            let rows = report.cases.iter();
            rows.map(|case| (case.id.clone(), (case.verdict, case.reason.clone()))).collect()
        };
        let requirements = |report: &Report| -> Rows {
            report.requirements.iter().map(|row| (row.id.clone(), (row.verdict, None))).collect()
        };
        let (cases_before, cases_after) = (cases(before), cases(after));
        let mut changed = changes(&cases_before, &cases_after);
        let mut rows = changes(&requirements(before), &requirements(after));
        let mut not_compared = 0;
        if !alike {
            let one_sided = |it: &VerdictChange| it.before.is_none() || it.after.is_none();
            not_compared = changed.iter().filter(|it| one_sided(it)).count() as u64;
            changed.retain(|it| !one_sided(it));
            // Which requirements are exercised depends on what was chosen.
            rows.retain(|it| !matches!(it.change, Change::NotJudged | Change::Judged));
        }
        let both = |id: &str| alike || cases_before.contains_key(id) && cases_after.contains_key(id);
        let findings = findings(before, after, &cases_after, &both);
        let beyond = |one: &[String], other: &[String]| -> Vec<String> {
            one.iter().filter(|sentence| !other.contains(sentence)).cloned().collect()
        };
        let mut diff = Self {
            spoolproof_diff: 1,
            before: compared(before),
            after: compared(after),
            exit_code: exit::CONFORMS,
            cases: changed,
            requirements: rows,
            findings,
            // What the evidence shows depends on what was chosen.
            follows: if alike { follows(&before.follows, &after.follows) } else { Vec::new() },
            not_observed: if alike { beyond(&after.not_observed, &before.not_observed) } else { Vec::new() },
            observed: if alike { beyond(&before.not_observed, &after.not_observed) } else { Vec::new() },
            not_compared,
        };
        diff.exit_code = diff.code();
        diff
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }

    /// The JSON schema of a comparison: the text of `docs/diff.schema.json`.
    #[must_use]
    pub fn schema() -> String {
        format!("{:#}\n", schemars::schema_for!(Self).to_value())
    }

    /// Whether the two runs say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let lists = [self.cases.is_empty(), self.requirements.is_empty(), self.findings.is_empty()];
        let others = [self.follows.is_empty(), self.not_observed.is_empty(), self.observed.is_empty()];
        lists.into_iter().chain(others).all(|empty| empty)
    }

    fn code(&self) -> u8 {
        let rows = || self.cases.iter().chain(&self.requirements);
        let is_new = self.findings.iter().any(|finding| finding.change == Found::New);
        if is_new || rows().any(|row| row.change == Change::Worse) {
            exit::VIOLATION
        } else if rows().any(|row| matches!(row.change, Change::Gone | Change::NotJudged)) {
            exit::UNEXPECTED
        } else {
            exit::CONFORMS
        }
    }
}

/// Id → verdict, and why it is not judged.
type Rows = BTreeMap<String, (Verdict, Option<String>)>;

fn compared(report: &Report) -> Compared {
    let provider = &report.provider;
    Compared {
        provider: format!("{} {}", provider.name, provider.version).trim().to_owned(),
        profile: provider.profile.clone(),
        tool_version: report.tool_version.clone(),
        verdict: report.verdict,
        cases: report.cases.len() as u64,
    }
}

fn changes(before: &Rows, after: &Rows) -> Vec<VerdictChange> {
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut changes: Vec<VerdictChange> = ids
        .into_iter()
        .filter_map(|id| {
            let (was, is) = (before.get(id), after.get(id));
            let change = change(was.map(|row| row.0), is.map(|row| row.0))?;
            let reason = is.filter(|_| change == Change::NotJudged).and_then(|row| row.1.clone());
            Some(VerdictChange {
                id: id.clone(),
                change,
                before: was.map(|row| row.0),
                after: is.map(|row| row.0),
                reason,
            })
        })
        .collect();
    changes.sort_by_key(|it| it.change);
    changes
}

/// What it means that a verdict was one and is another; `None` where nothing changed.
fn change(before: Option<Verdict>, after: Option<Verdict>) -> Option<Change> {
    let is_judged = |verdict: Verdict| verdict > Verdict::Unsupported;
    let fails = |verdict: Verdict| verdict >= Verdict::Error;
    match (before, after) {
        (before, after) if before == after => None,
        (_, Some(after)) if fails(after) => Some(Change::Worse),
        (Some(_), None) => Some(Change::Gone),
        (None, _) => Some(Change::New),
        (Some(before), Some(after)) => match (is_judged(before), is_judged(after)) {
            (true, true) if after > before => Some(Change::Worse),
            (true, true) => Some(Change::Better),
            (true, false) => Some(Change::NotJudged),
            (false, true) => Some(Change::Judged),
            (false, false) => None,
        },
    }
}

/// What makes two findings the same, but for the case.
type Key = (Found, Verdict, Who, Vec<String>, String);

fn findings(before: &Report, after: &Report, judged: &Rows, both: &dyn Fn(&str) -> bool) -> Vec<FindingChange> {
    let mut grouped: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    let mut beyond = |one: &Report, other: &Report, change: &dyn Fn(&Finding) -> Found| {
        let known: BTreeSet<_> = other.findings.iter().map(identity).collect();
        let compared = |finding: &&Finding| finding.case.as_deref().is_none_or(both);
        for finding in one.findings.iter().filter(compared).filter(|finding| !known.contains(&identity(finding))) {
            let key = (change(finding), finding.verdict, finding.who, finding.requirements.clone(), finding.sentence());
            grouped.entry(key).or_default().extend(finding.case.clone());
        }
    };
    beyond(after, before, &|_| Found::New);
    beyond(before, after, &|finding| {
        let case = finding.case.as_ref().and_then(|id| judged.get(id));
        let is_judged = finding.case.is_none() || case.is_some_and(|(verdict, _)| *verdict > Verdict::Unsupported);
        if is_judged { Found::Fixed } else { Found::NotSeen }
    });
    let change = |((change, verdict, who, requirements, what), mut cases): (Key, Vec<String>)| {
        cases.dedup();
        FindingChange { change, verdict, who, requirements, what, cases }
    };
    grouped.into_iter().map(change).collect()
}

fn identity(finding: &Finding) -> (Option<&str>, Verdict, Who, &[String], String) {
    (finding.case.as_deref(), finding.verdict, finding.who, &finding.requirements, finding.sentence())
}

fn follows(before: &[Followed], after: &[Followed]) -> Vec<FollowsChange> {
    let by_id = |all: &[Followed]| -> BTreeMap<String, Vec<String>> {
        all.iter().map(|followed| (followed.ambiguity.clone(), followed.readings.clone())).collect()
    };
    let (before, after) = (by_id(before), by_id(after));
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    ids.into_iter()
        .filter(|id| before.get(*id) != after.get(*id))
        .map(|id| FollowsChange {
            ambiguity: id.clone(),
            before: before.get(id).cloned().unwrap_or_default(),
            after: after.get(id).cloned().unwrap_or_default(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Change, Diff, Found, change};
    use crate::oracle::Verdict;
    use crate::report::{CaseVerdict, exit, samples};

    #[track_caller]
    fn check(before: Option<Verdict>, after: Option<Verdict>, expected: Option<Change>) {
        assert_eq!(change(before, after), expected, "{before:?} → {after:?}");
    }

    #[test]
    fn what_fails_is_worse_and_what_is_not_judged_is_no_better() {
        use Verdict::{Deviation, Error, Inconclusive, NotExercised, Pass, Unsupported, Violation};
        check(Some(Pass), Some(Pass), None);
        check(Some(Pass), Some(Violation), Some(Change::Worse));
        check(Some(Pass), Some(Deviation), Some(Change::Worse));
        check(Some(Violation), Some(Error), Some(Change::Worse));
        check(Some(Error), Some(Violation), Some(Change::Worse));
        check(None, Some(Violation), Some(Change::Worse));
        check(Some(Unsupported), Some(Violation), Some(Change::Worse));
        check(Some(Violation), Some(Inconclusive), Some(Change::Better));
        check(Some(Violation), Some(Unsupported), Some(Change::NotJudged));
        check(Some(Pass), Some(NotExercised), Some(Change::NotJudged));
        check(Some(NotExercised), Some(Unsupported), None);
        check(Some(Unsupported), Some(Pass), Some(Change::Judged));
        check(Some(Violation), None, Some(Change::Gone));
        check(None, Some(Pass), Some(Change::New));
    }

    #[test]
    fn the_published_schema_is_current_and_kept_to() {
        let published = include_str!("../../docs/diff.schema.json");
        assert_eq!(published, Diff::schema(), "write what `Diff::schema` returns to docs/diff.schema.json");
        let validator = jsonschema::validator_for(&serde_json::from_str(published).unwrap()).unwrap();
        for (before, after) in [(samples::violation(), samples::pass()), (samples::pass(), samples::violation())] {
            let mut text = Vec::new();
            Diff::new(&before, &after).write_json(&mut text).unwrap();
            let value = serde_json::from_slice(&text).unwrap();
            let problems: Vec<String> = validator.iter_errors(&value).map(|problem| problem.to_string()).collect();
            assert_eq!(problems, Vec::<String>::new());
        }
    }

    #[test]
    fn a_report_does_not_differ_from_itself() {
        let diff = Diff::new(&samples::violation(), &samples::violation());
        assert!(diff.is_empty(), "{diff:?}");
        assert_eq!(diff.exit_code, exit::CONFORMS);
    }

    #[test]
    fn a_finding_is_the_same_whatever_the_message_is_called() {
        let mut after = samples::log();
        let renamed = after.findings[0].what.replace("7238619910a5407f8abbc4f83dd464a0", "m2");
        after.findings[0].message = Some("m2".to_owned());
        after.findings[0].what = renamed;
        assert!(Diff::new(&samples::log(), &after).is_empty());
    }

    #[test]
    fn a_finding_whose_case_is_not_judged_is_not_fixed() {
        let before = samples::violation();
        let mut after = samples::violation();
        after.findings.retain(|finding| finding.case.as_deref() != Some("abort/locked-message"));
        let verdict = |verdict| {
            let mut after = after.clone();
            let case: &mut CaseVerdict =
                after.cases.iter_mut().find(|case| case.id == "abort/locked-message").expect("it is there");
            case.verdict = verdict;
            let diff = Diff::new(&before, &after);
            (diff.findings[0].change, diff.cases[0].change, diff.exit_code)
        };
        assert_eq!(verdict(Verdict::Pass), (Found::Fixed, Change::Better, exit::CONFORMS));
        assert_eq!(verdict(Verdict::Unsupported), (Found::NotSeen, Change::NotJudged, exit::UNEXPECTED));
    }
}
