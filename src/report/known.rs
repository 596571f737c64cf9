//! What is known of a provider before the run: the cases that fail, and those that fail now and then.
//!
//! Owns the file of such cases, and what becomes of each entry when the cases have been judged. A verdict on a case
//! stays what it is: what is known only decides whether it fails the run.

use std::ops::Range;

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::wire::{Expected, Listed, Outcome, Unexpected, UnexpectedKind};
use crate::oracle::{CaseOutcome, Finding, Verdict};
use crate::scenario::{Members, Pattern, Problems, Value, names};
use crate::spec::{Catalogue, Problem, closest};

/// A file of known cases.
///
/// ```
/// use spoolproof::report::Known;
/// use spoolproof::spec::Catalogue;
///
/// let catalogue = Catalogue::embedded()?;
/// let text = r#"
/// [[known-failing]]
/// case = "abort/locked"
/// requirement = "ABT-04"
/// reason = "the abort goes to the server, which knows no locks"
/// link = "https://bugs.example.test/17"
/// expires = 2099-12-31
/// "#;
/// assert!(Known::parse(text, &catalogue, &["abort/locked"]).is_ok());
/// assert!(Known::parse(text, &catalogue, &["abort/queued"]).is_err());
/// # Ok::<(), spoolproof::spec::LoadError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Known {
    entries: Vec<Entry>,
}

/// What somebody wrote of some cases.
#[derive(Clone, Debug)]
struct Entry {
    listed: Listed,
    /// As it stands in the file.
    case: String,
    patterns: Vec<Pattern>,
    requirement: Option<String>,
    /// The verdict that is known: what the entry excuses, and nothing else.
    verdict: Verdict,
    reason: String,
    link: Option<String>,
    /// The last day on which it holds.
    expires: Option<Date>,
    span: Range<usize>,
}

/// What is known of one case that was judged.
#[derive(Clone, Debug, Default)]
pub(super) struct Reckoned {
    /// The entries that name the case.
    pub(super) expected: Vec<Expected>,
    /// What its verdict is without what is known, if that differs.
    pub(super) counts_as: Option<Verdict>,
    /// What the entries say and is not so.
    pub(super) unexpected: Vec<Unexpected>,
}

impl Known {
    /// Reads a file. `cases` are the ids of all cases that there are, whether they are run or not.
    ///
    /// # Errors
    ///
    /// All mistakes that were found, in the order of the file: an entry without a reason or that names no case is one.
    pub fn parse(text: &str, catalogue: &Catalogue, cases: &[&str]) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            problems.add(error.span().unwrap_or_default(), error.message().to_owned(), None);
        }
        if !problems.is_empty() {
            return Err(problems.into_sorted());
        }
        let mut members = Members::new("a file of known cases", 0..0, document.get_ref());
        let mut entries = Vec::new();
        for (name, listed) in [("known-failing", Listed::Failing), ("known-flaky", Listed::Flaky)] {
            let Some(items) = members.take(name).and_then(|value| problems.items(name, value)) else { continue };
            for item in items {
                if let Some(table) = problems.table(name, item) {
                    entries.extend(entry(listed, table, catalogue, cases, &mut problems));
                }
            }
        }
        members.finish(&mut problems);
        contradictions(&entries, cases, &mut problems);
        if problems.is_empty() { Ok(Self { entries }) } else { Err(problems.into_sorted()) }
    }

    /// The entries that no longer hold on `today`. They excuse nothing.
    pub(super) fn expired(&self, today: Date) -> impl Iterator<Item = Unexpected> + '_ {
        self.entries.iter().filter(move |entry| entry.is_expired(today)).map(|entry| Unexpected {
            kind: UnexpectedKind::Expired,
            case: None,
            requirement: entry.requirement.clone(),
            what: format!("what is known of `{}` has expired{}: {}", entry.case, entry.end(), entry.reason),
        })
    }

    /// Holds a case that was judged against what is known of it; `verdict` is the verdict on it, `findings` are its own.
    pub(super) fn reckon(&self, case: &CaseOutcome, verdict: Verdict, findings: &[&Finding], today: Date) -> Reckoned {
        let mut reckoned = Reckoned::default();
        let named = |entry: &&Entry| entry.names(&case.id) && !entry.is_expired(today);
        let entries: Vec<&Entry> = self.entries.iter().filter(named).collect();
        for entry in &entries {
            let outcome = entry.outcome(verdict, findings);
            reckoned.unexpected.extend(entry.unexpected(case, verdict, outcome));
            reckoned.expected.push(entry.expected(outcome));
        }
        let is_excused = |finding: &Finding| entries.iter().any(|entry| entry.excuses(finding));
        if findings.iter().any(|finding| is_excused(finding)) {
            let rest = findings.iter().filter(|finding| !is_excused(finding)).map(|finding| finding.verdict);
            reckoned.counts_as = Some(rest.fold(Verdict::Pass, Verdict::max)).filter(|counts| *counts != verdict);
        }
        reckoned
    }
}

impl Entry {
    fn names(&self, id: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_match(id))
    }

    fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    fn end(&self) -> String {
        self.expires.map(|last| format!(" on {last}")).unwrap_or_default()
    }

    fn excuses(&self, finding: &Finding) -> bool {
        excuses(self.verdict, self.requirement.as_deref(), finding)
    }

    fn outcome(&self, verdict: Verdict, findings: &[&Finding]) -> Outcome {
        let concerns = |finding: &&&Finding| {
            let all = self.requirement.is_none() || finding.requirements.is_empty();
            all || finding.requirements.iter().any(|id| Some(id) == self.requirement.as_ref())
        };
        if findings.iter().any(|finding| self.excuses(finding)) {
            return Outcome::AsListed;
        }
        if matches!(verdict, Verdict::NotExercised | Verdict::Unsupported) {
            return Outcome::NotRun;
        }
        // An adapter that dies, or a question that stays open, does not show that the fault is gone.
        let open = findings.iter().filter(concerns).any(|finding| finding.verdict > Verdict::Deviation);
        if open { Outcome::Otherwise } else { Outcome::Passed }
    }

    fn unexpected(&self, case: &CaseOutcome, verdict: Verdict, outcome: Outcome) -> Option<Unexpected> {
        let (kind, what) = match (self.listed, outcome) {
            (Listed::Failing, Outcome::Passed) => {
                let what = match &self.requirement {
                    Some(id) => format!("does not break {id} any more"),
                    None => "passes".to_owned(),
                };
                (UnexpectedKind::Passed, format!("{} {what}, and is listed as failing: {}", case.id, self.reason))
            }
            // In a run that was stopped or given up, nothing is said of what was left out.
            (Listed::Failing, Outcome::NotRun) if verdict == Verdict::Unsupported => {
                let why = case.reason.as_deref().unwrap_or("it is not supported");
                (UnexpectedKind::NotRun, format!("{} is listed as failing, and could not be run: {why}", case.id))
            }
            (Listed::Failing, Outcome::AsListed | Outcome::NotRun | Outcome::Otherwise) | (Listed::Flaky, _) => {
                return None;
            }
        };
        Some(Unexpected { kind, case: Some(case.id.clone()), requirement: self.requirement.clone(), what })
    }

    fn expected(&self, outcome: Outcome) -> Expected {
        Expected {
            listed: self.listed,
            verdict: self.verdict,
            requirement: self.requirement.clone(),
            reason: self.reason.clone(),
            link: self.link.clone(),
            expires: self.expires.map(|last| last.to_string()),
            outcome,
        }
    }
}

/// Whether an entry for that verdict, and that requirement if it names one, excuses a finding.
pub(super) fn excuses(verdict: Verdict, requirement: Option<&str>, finding: &Finding) -> bool {
    finding.verdict == verdict && requirement.is_none_or(|id| finding.requirements.iter().any(|named| named == id))
}

const VERDICTS: &[(&str, Verdict)] =
    &[("violation", Verdict::Violation), ("error", Verdict::Error), ("inconclusive", Verdict::Inconclusive)];

fn entry<'a>(
    listed: Listed,
    mut table: Members<'a>,
    catalogue: &Catalogue,
    cases: &[&str],
    problems: &mut Problems,
) -> Option<Entry> {
    let span = table.span();
    let value = table.need("case", problems);
    let named = value.map(|value| patterns(value, cases, problems));
    let requirement = table.take("requirement").and_then(|value| requirement(value, catalogue, problems));
    let verdict = match table.take("verdict") {
        Some(value) => problems.one_of("verdict", value, VERDICTS)?,
        None => Verdict::Violation,
    };
    let reason = table.need("reason", problems).and_then(|value| said("reason", value, problems));
    let link = table.take("link").and_then(|value| said("link", value, problems));
    let expires = table.take("expires").and_then(|value| date(value, problems));
    table.finish(problems);
    let (case, patterns) = named?;
    Some(Entry { listed, case, patterns, requirement, verdict, reason: reason?, link, expires, span })
}

/// One pattern or several, as they stand and as they match.
fn patterns(value: Value<'_>, cases: &[&str], problems: &mut Problems) -> (String, Vec<Pattern>) {
    let items: Vec<Value<'_>> = match value.get_ref() {
        DeValue::Array(items) => items.iter().collect(),
        _ => vec![value],
    };
    if items.is_empty() {
        problems.add(value.span(), "`case` names no case".to_owned(), None);
    }
    let mut texts = Vec::new();
    let mut patterns = Vec::new();
    for item in items {
        let Some(text) = problems.text("case", item) else { continue };
        match Pattern::new(text) {
            Ok(pattern) => {
                if !cases.iter().any(|id| pattern.is_match(id)) {
                    let meant = closest(text, cases.iter().flat_map(|id| names(id)));
                    let help = meant.map(|name| format!("did you mean `{name}`?"));
                    problems.add(item.span(), format!("no case matches `{text}`"), help);
                }
                patterns.push(pattern);
            }
            Err(error) => problems.add(item.span(), error.to_string(), None),
        }
        texts.push(text);
    }
    (texts.join(", "), patterns)
}

fn requirement(value: Value<'_>, catalogue: &Catalogue, problems: &mut Problems) -> Option<String> {
    let id = problems.text("requirement", value)?;
    if catalogue.requirement(id).is_none() {
        let meant = closest(id, catalogue.requirements().iter().map(|row| row.id.as_str()));
        let help = meant.map(|name| format!("did you mean `{name}`?"));
        problems.add(value.span(), format!("no requirement is called `{id}`"), help);
    }
    Some(id.to_owned())
}

/// A text that says something.
fn said(name: &str, value: Value<'_>, problems: &mut Problems) -> Option<String> {
    let text = problems.text(name, value)?.trim();
    if text.is_empty() {
        problems.add(value.span(), format!("`{name}` says nothing"), None);
    }
    Some(text.to_owned())
}

fn date(value: Value<'_>, problems: &mut Problems) -> Option<Date> {
    let DeValue::Datetime(seen) = value.get_ref() else {
        problems.mistyped("expires", "a date, such as 2031-12-31", value);
        return None;
    };
    let date = match (seen.date, seen.time) {
        (Some(day), None) => i16::try_from(day.year)
            .ok()
            .and_then(|year| Date::new(year, i8::try_from(day.month).ok()?, i8::try_from(day.day).ok()?).ok()),
        _ => None,
    };
    if date.is_none() {
        problems.add(value.span(), "`expires` is a date without a time, such as 2031-12-31".to_owned(), None);
    }
    date
}

/// A case cannot fail always and only now and then.
fn contradictions(entries: &[Entry], cases: &[&str], problems: &mut Problems) {
    let same = |a: &Entry, b: &Entry| {
        let requirement = a.requirement.is_none() || b.requirement.is_none() || a.requirement == b.requirement;
        requirement && a.verdict == b.verdict
    };
    for flaky in entries.iter().filter(|entry| entry.listed == Listed::Flaky) {
        let failing = entries.iter().filter(|entry| entry.listed == Listed::Failing && same(entry, flaky));
        let both = failing.flat_map(|failing| cases.iter().filter(|id| failing.names(id) && flaky.names(id))).next();
        if let Some(id) = both {
            let help = Some("leave it out of one of them".to_owned());
            problems.add(flaky.span.clone(), format!("`{id}` is listed as failing too"), help);
        }
    }
}
