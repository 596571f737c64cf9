//! What was known before a run, and what was expected and is not so, for people.

use std::io::{self, Write};

use super::layout::{STRONG, style, wrap};
use super::wire::{CaseVerdict, Expected, Listed, Outcome, Report};
use crate::oracle::Verdict;

/// Writes what was expected and is not so, a line each.
pub(super) fn unexpected(report: &Report, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let style = style(Verdict::Violation);
    for it in &report.unexpected {
        for (at, line) in wrap(&it.what, width.saturating_sub(COLUMNS)).iter().enumerate() {
            match at {
                0 => writeln!(out, "{style}UNEXPECTED{style:#}  {STRONG}{line}{STRONG:#}")?,
                _ => writeln!(out, "{:COLUMNS$}{line}", "")?,
            }
        }
    }
    if report.unexpected.is_empty() { Ok(()) } else { writeln!(out) }
}

/// Where the text behind `UNEXPECTED` starts.
const COLUMNS: usize = 12;

/// What is known of the cases that were run: a label and a sentence for each.
pub(super) fn known(report: &Report) -> impl Iterator<Item = (&'static str, String)> + '_ {
    report.cases.iter().flat_map(|case| {
        case.expected.iter().filter_map(|expected| {
            let label = match (expected.listed, expected.outcome) {
                (Listed::Failing, Outcome::AsListed) => "known failing",
                (Listed::Flaky, Outcome::AsListed | Outcome::Passed) => "flaky",
                // What passes is unexpected, and the others say for themselves what they are.
                (Listed::Failing, _) | (Listed::Flaky, Outcome::NotRun | Outcome::Otherwise) => return None,
            };
            Some((label, sentence(case, expected)))
        })
    })
}

/// A case that is listed, with what it did where it may do either, and why it is listed.
pub(super) fn sentence(case: &CaseVerdict, expected: &Expected) -> String {
    let did = match (expected.listed, expected.outcome) {
        (Listed::Flaky, Outcome::Passed) => " passed this time".to_owned(),
        (Listed::Flaky, Outcome::AsListed) => format!(" ended with {} this time", expected.verdict),
        _ => String::new(),
    };
    let rule = expected.requirement.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    let link = expected.link.as_ref().map(|link| format!(" {link}")).unwrap_or_default();
    format!("{}{did}{rule}: {}{link}", case.id, expected.reason)
}
