//! The report for people: who was judged, what was found, what could not be judged, and the result as the last line.
//!
//! It is written with colours; an `anstream` writer takes them out where they do not belong. Passing cases are
//! counted and never listed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::layout::{FAINT, STRONG, columns, count, family, fill, style, wrap};
use super::{CaseVerdict, Report, block, expected, follows};
use crate::check::grouped;
use crate::oracle::{Finding, Verdict};

/// How to lay out a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Options {
    /// How many columns a line may take; commands, histories and reasons are never broken.
    pub width: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 100 }
    }
}

/// Writes the report.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn render(report: &Report, out: &mut dyn Write, options: Options) -> io::Result<()> {
    // Narrower than this, every line would break at every word.
    let width = options.width.max(40);
    subject(report, out)?;
    families(report, out, width)?;
    writeln!(out)?;
    findings(report, out, width)?;
    expected::unexpected(report, out, width)?;
    limits(report, out, width)?;
    // What is known to fail is not what somebody has to look at.
    let style = style(if report.exit_code == 0 { report.verdict.min(Verdict::Deviation) } else { report.verdict });
    writeln!(out, "{style}{}{style:#}", report.summary)
}

fn subject(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let provider = &report.provider;
    let name = format!("{} {}", provider.name, provider.version);
    let mut facts = vec![provider.profile.clone()];
    if report.command == "conform" {
        facts.push(count(report.totals.cases, "case"));
    } else {
        facts.push(format!("{} {}", report.command, provider.source));
        facts.push(count(report.totals.events, "event"));
        facts.push(count(report.totals.messages, "message"));
    }
    if report.totals.skipped > 0 {
        facts.push(format!("{} skipped as unknown", grouped(report.totals.skipped)));
    }
    write!(out, "{STRONG}{}{STRONG:#}", name.trim())?;
    for fact in facts.iter().filter(|fact| !fact.trim().is_empty()) {
        write!(out, " · {}", fact.trim())?;
    }
    writeln!(out)
}

/// How many cases of each family passed, of those that could be judged.
fn families(report: &Report, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let mut families: Vec<(&str, usize, usize)> = Vec::new();
    for case in report.cases.iter().filter(|case| !is_not_run(case)) {
        let name = family(case);
        let at = families.iter().position(|(family, ..)| *family == name).unwrap_or_else(|| {
            families.push((name, 0, 0));
            families.len() - 1
        });
        families[at].1 += usize::from(matches!(case.verdict, Verdict::Deviation | Verdict::Pass));
        families[at].2 += 1;
    }
    let counts = families.iter().map(|(name, passed, all)| format!("{name} {passed}/{all}"));
    for line in fill(counts, "   ", width.saturating_sub(2)) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

/// Everything that was found and not known before, the worst first, each with what it needs to be understood.
fn findings(report: &Report, out: &mut dyn Write, width: usize) -> io::Result<()> {
    for verdict in [Verdict::Violation, Verdict::Error, Verdict::Inconclusive, Verdict::Deviation] {
        let new = |finding: &&Finding| finding.verdict == verdict && !report.is_known(finding);
        for group in groups(report.findings.iter().filter(new)) {
            let case = report.cases.iter().find(|case| Some(&case.id) == group.shown.case.as_ref());
            let small = report.small.iter().find(|small| small.shows(group.shown));
            block::finding(out, group.shown, (case, small), width)?;
            block::likewise(out, &group.elsewhere, width)?;
            writeln!(out)?;
        }
        for case in report.cases.iter().filter(|case| case.counts() == verdict) {
            // What is found in a log without cases is about the only one that it is.
            if report.findings.iter().all(|finding| finding.case.as_ref().is_some_and(|id| *id != case.id)) {
                block::unjudged(out, case)?;
                writeln!(out)?;
            }
        }
    }
    Ok(())
}

/// Findings that say the same of the same party: one is shown, the others are counted.
struct Group<'a> {
    /// The one with the shortest history.
    shown: &'a Finding,
    /// The other cases that show it.
    elsewhere: Vec<&'a str>,
}

fn groups<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for finding in findings {
        let same = |group: &&mut Group<'_>| {
            let shown = group.shown;
            finding.case.is_some()
                && shown.who == finding.who
                && shown.requirements == finding.requirements
                && shown.what == finding.what
        };
        let Some(group) = groups.iter_mut().find(same) else {
            groups.push(Group { shown: finding, elsewhere: Vec::new() });
            continue;
        };
        let other = if finding.history.len() < group.shown.history.len() {
            std::mem::replace(&mut group.shown, finding)
        } else {
            finding
        };
        group.elsewhere.extend(other.case.as_deref());
    }
    for group in &mut groups {
        group.elsewhere.retain(|case| Some(*case) != group.shown.case.as_deref());
        group.elsewhere.dedup();
    }
    groups
}

/// What the run says of readings, and what it could not say anything about.
fn limits(report: &Report, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let mut lines: Vec<(&str, Vec<String>)> = Vec::new();
    lines.push(("follows", follows::lines(report, width.saturating_sub(LABEL_COLUMNS))));
    for sentence in &report.not_observed {
        lines.push(("not observed", wrap(sentence, width.saturating_sub(LABEL_COLUMNS))));
    }
    let mut not_run: BTreeMap<&str, u64> = BTreeMap::new();
    for case in report.cases.iter().filter(|case| is_not_run(case)) {
        *not_run.entry(case.reason.as_deref().unwrap_or("no reason was given")).or_default() += 1;
    }
    let mut not_run: Vec<(&str, u64)> = not_run.into_iter().collect();
    not_run.sort_by_key(|(_, cases)| std::cmp::Reverse(*cases));
    let rest = not_run.split_off(not_run.len().min(REASONS));
    for (reason, cases) in not_run {
        let text = format!("{}: {reason}", count(cases, "case"));
        lines.push(("not run", wrap(&text, width.saturating_sub(LABEL_COLUMNS))));
    }
    if !rest.is_empty() {
        let cases = rest.iter().map(|(_, cases)| cases).sum();
        let text = format!("{} for {} other reasons (the JSON report has each)", count(cases, "case"), rest.len());
        lines.push(("not run", vec![text]));
    }
    for (label, sentence) in expected::known(report) {
        lines.push((label, wrap(&sentence, width.saturating_sub(LABEL_COLUMNS))));
    }
    let not_judged =
        report.requirements.iter().filter(|requirement| requirement.verdict <= Verdict::Unsupported).count();
    if not_judged > 0 {
        let text = format!("{not_judged} of {}", count(report.requirements.len() as u64, "requirement"));
        lines.push(("not judged", vec![text]));
    }
    let mut written = false;
    for (label, lines) in lines {
        for (at, line) in lines.iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let padding = LABEL_COLUMNS.saturating_sub(columns(label));
            writeln!(out, "{FAINT}{label}{FAINT:#}{:padding$}{line}", "")?;
            written = true;
        }
    }
    if written { writeln!(out) } else { Ok(()) }
}

const LABEL_COLUMNS: usize = 14;

/// How many reasons for cases that did not run are told one by one, the most frequent first.
const REASONS: usize = 5;

const fn is_not_run(case: &CaseVerdict) -> bool {
    matches!(case.verdict, Verdict::NotExercised | Verdict::Unsupported)
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::{Options, render};
    use crate::report::{Report, samples};

    fn styled(report: &Report, width: usize) -> String {
        let mut out = Vec::new();
        render(report, &mut out, Options { width }).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn plain(report: &Report) -> String {
        strip_str(&styled(report, 100)).to_string()
    }

    #[test]
    fn a_violation_comes_with_its_rule_and_its_history() {
        insta::assert_snapshot!("text_violation", plain(&samples::violation()));
    }

    #[test]
    fn a_run_without_findings_says_little() {
        insta::assert_snapshot!("text_pass", plain(&samples::pass()));
    }

    #[test]
    fn an_adapter_that_fails_shows_the_end_of_its_log() {
        insta::assert_snapshot!("text_error", plain(&samples::error()));
    }

    #[test]
    fn a_log_names_the_place_and_how_often() {
        insta::assert_snapshot!("text_log", plain(&samples::log()));
    }

    #[test]
    fn sentences_keep_to_the_width_and_no_line_ends_in_blanks() {
        let text = strip_str(&styled(&samples::violation(), 60)).to_string();
        let sentences = text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        for line in sentences.filter(|line| !line.contains('▸')) {
            assert!(line.chars().count() <= 60, "{line}");
        }
        assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
    }

    #[test]
    fn colours_are_there_to_be_taken_out() {
        assert!(styled(&samples::violation(), 100).contains("\u{1b}[1m\u{1b}[31mVIOLATION\u{1b}[0m"));
    }
}
