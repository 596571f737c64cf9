//! A comparison of two runs, for people: what is worse first, and one sentence of all of it last.

use std::io::{self, Write};

use anstyle::Style;

use super::build::exit;
use super::diff::{Change, Compared, Diff, FindingChange, Found, VerdictChange};
use super::layout::{FAINT, STRONG, columns, count, style, wrap};
use crate::oracle::Verdict;

/// Writes a comparison, at most `width` columns wide where its words allow.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn render(diff: &Diff, out: &mut dyn Write, width: usize) -> io::Result<()> {
    run(out, "before", &diff.before)?;
    run(out, "after ", &diff.after)?;
    writeln!(out)?;
    section(out, "cases", diff.cases.iter().map(row), width)?;
    section(out, "requirements", diff.requirements.iter().map(row), width)?;
    section(out, "findings", diff.findings.iter().map(found), width)?;
    let readings = diff.follows.iter().map(|it| {
        let text = format!("{}  {} → {}", it.ambiguity, readings(&it.before), readings(&it.after));
        (Style::new(), "", text)
    });
    section(out, "readings that are followed", readings, width)?;
    let lost = diff.not_observed.iter().map(|sentence| (style(Verdict::Inconclusive), "no more", sentence.clone()));
    let seen = diff.observed.iter().map(|sentence| (Style::new(), "again", sentence.clone()));
    section(out, "observed", lost.chain(seen), width)?;
    if diff.not_compared > 0 {
        writeln!(out, "{} chosen in one of the runs only: not compared\n", count(diff.not_compared, "case"))?;
    }
    let verdict = match diff.exit_code {
        exit::CONFORMS => Verdict::Pass,
        exit::VIOLATION => Verdict::Violation,
        _ => Verdict::Inconclusive,
    };
    let style = style(verdict);
    writeln!(out, "{style}{}{style:#}", summary(diff))
}

fn run(out: &mut dyn Write, label: &str, run: &Compared) -> io::Result<()> {
    let Compared { provider, profile, tool_version, verdict, cases } = run;
    let facts = format!("{profile} · {} · {verdict} · spoolproof {tool_version}", count(*cases, "case"));
    writeln!(out, "{FAINT}{label}{FAINT:#}  {STRONG}{provider}{STRONG:#} · {facts}")
}

/// A colour, a label, and what it stands before.
type Row = (Style, &'static str, String);

fn section(out: &mut dyn Write, title: &str, rows: impl Iterator<Item = Row>, width: usize) -> io::Result<()> {
    let rows: Vec<Row> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "{STRONG}{title}{STRONG:#}")?;
    let label = rows.iter().map(|(_, label, _)| columns(label)).max().unwrap_or_default();
    let indent = if label == 0 { 2 } else { label + 4 };
    for (style, word, text) in rows {
        for (at, line) in wrap(&text, width.saturating_sub(indent)).iter().enumerate() {
            match at {
                0 if label > 0 => writeln!(out, "  {style}{word:label$}{style:#}  {line}")?,
                _ => writeln!(out, "{:indent$}{line}", "")?,
            }
        }
    }
    writeln!(out)
}

fn row(change: &VerdictChange) -> Row {
    let (colour, label) = match change.change {
        Change::Worse => (style(Verdict::Violation), "worse"),
        Change::NotJudged => (style(Verdict::Inconclusive), "not judged"),
        Change::Gone => (style(Verdict::Inconclusive), "gone"),
        Change::Better => (style(Verdict::Pass), "better"),
        Change::Judged => (Style::new(), "judged now"),
        Change::New => (Style::new(), "new"),
    };
    let reason = change.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let text = match (change.before, change.after) {
        (Some(before), Some(after)) => format!("{}  {before} → {after}{reason}", change.id),
        (Some(verdict), None) | (None, Some(verdict)) => format!("{}  {verdict}", change.id),
        (None, None) => change.id.clone(),
    };
    (colour, label, text)
}

fn found(change: &FindingChange) -> Row {
    const SHOWN: usize = 4;
    let (colour, label) = match change.change {
        Found::New => (style(change.verdict), "new"),
        Found::Fixed => (style(Verdict::Pass), "fixed"),
        Found::NotSeen => (style(Verdict::Inconclusive), "not seen"),
    };
    let rules = change.requirements.join(", ");
    let rules = if rules.is_empty() { String::new() } else { format!(" {rules}") };
    let mut cases = change.cases.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if change.cases.len() > SHOWN {
        cases.push_str(&format!(" and {} more", change.cases.len() - SHOWN));
    }
    let cases = if cases.is_empty() { cases } else { format!(" ({cases})") };
    (colour, label, format!("{}{rules}: {}{cases}", change.verdict, change.what))
}

fn readings(names: &[String]) -> String {
    if names.is_empty() { "not told apart".to_owned() } else { names.join(" or ") }
}

fn summary(diff: &Diff) -> String {
    if diff.is_empty() {
        return "nothing changed".to_owned();
    }
    let cases = |wanted: Change| diff.cases.iter().filter(|it| it.change == wanted).count() as u64;
    let found = |wanted: Found| diff.findings.iter().filter(|it| it.change == wanted).count() as u64;
    let parts = [
        (cases(Change::Worse), "case", "worse"),
        (cases(Change::NotJudged), "case", "not judged any more"),
        (cases(Change::Gone), "case", "gone"),
        (cases(Change::Better), "case", "better"),
        (cases(Change::Judged) + cases(Change::New), "case", "new"),
        (found(Found::New), "finding", "new"),
        (found(Found::Fixed), "finding", "fixed"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, thing, how)| format!("{} {how}", count(number, thing)))
        .collect();
    let claim = match diff.exit_code {
        exit::CONFORMS => "nothing is worse",
        exit::VIOLATION => "something is worse",
        _ => "less was judged",
    };
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("{claim}{parts}")
}
