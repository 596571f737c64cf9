//! One finding for people: the verdict, the rule, and the shortest history that shows it.

use std::io::{self, Write};

use super::CaseVerdict;
use super::layout::{FAINT, STRONG, columns, count, party, short, style, wrap};
use crate::check::grouped;
use crate::oracle::{Finding, Line, Small, Unit, Verdict, Who};

/// Where the second half of a headline starts, if the first leaves room.
const HEADLINE_COLUMN: usize = 56;

/// Where the text behind a label starts, after the indent.
const LABEL_COLUMNS: usize = 14;

/// The marker of the line that the finding is about.
const MARKER: &str = "▸";

/// Writes a finding, with the commands that repeat and explain it.
pub(super) fn finding(
    out: &mut dyn Write,
    finding: &Finding,
    (case, small): (Option<&CaseVerdict>, Option<&Small>),
    width: usize,
) -> io::Result<()> {
    headline(out, finding)?;
    for line in wrap(&abbreviated(&finding.what, finding), width.saturating_sub(2)) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)?;
    history(out, finding, width)?;
    if !finding.readings.is_empty() {
        labelled(out, "readings:", &format!("allowed under {}", finding.readings.join(", ")), width)?;
    }
    footer(out, (case, small), Some(finding))
}

/// Writes where else the same was found.
pub(super) fn likewise(out: &mut dyn Write, cases: &[&str], width: usize) -> io::Result<()> {
    const SHOWN: usize = 6;
    if cases.is_empty() {
        return Ok(());
    }
    let mut text = cases.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if cases.len() > SHOWN {
        text.push_str(&format!(" and {} more", cases.len() - SHOWN));
    }
    labelled(out, "likewise in:", &text, width)
}

/// Writes a case that nobody could judge: there is no finding, only the reason.
pub(super) fn unjudged(out: &mut dyn Write, case: &CaseVerdict) -> io::Result<()> {
    let style = style(case.verdict);
    let verdict = case.verdict.to_string().to_uppercase();
    writeln!(out, "{style}{verdict}{style:#}  {STRONG}{}{STRONG:#}", case.id)?;
    // A reason can be the tail of an adapter's log, whose lines are its own.
    for line in case.reason.as_deref().unwrap_or("no reason was given").lines() {
        writeln!(out, "  {line}")?;
    }
    footer(out, (Some(case), None), None)
}

fn headline(out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
    let verdict = finding.verdict.to_string().to_uppercase();
    let rules = finding.requirements.join(", ");
    let strength = match finding.verdict {
        Verdict::Violation => "MUST",
        Verdict::Deviation => "SHOULD",
        Verdict::Error | Verdict::Inconclusive | Verdict::NotExercised | Verdict::Pass | Verdict::Unsupported => "",
    };
    let facts = [rules.as_str(), strength, party(finding.who)];
    let facts = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · ");
    let padding = HEADLINE_COLUMN.saturating_sub(columns(&verdict) + 2 + columns(&facts)).max(2);
    let style = style(finding.verdict);
    write!(out, "{style}{verdict}{style:#}  {STRONG}{facts}{STRONG:#}")?;
    writeln!(out, "{:padding$}{}", "", place(finding))
}

/// Where it was seen: the case, or the place in a log, and how often.
fn place(finding: &Finding) -> String {
    let event = finding.seq.map(|seq| format!("event {}", grouped(seq)));
    let often = match event {
        Some(event) if finding.times > 1 => Some(format!("{}, first at {event}", count(finding.times, "time"))),
        None if finding.times > 1 => Some(count(finding.times, "time")),
        // A case is short, and its history shows which event it was.
        Some(event) if finding.case.is_none() => Some(event),
        Some(_) | None => None,
    };
    let message = match (&finding.case, &finding.message) {
        (None, Some(message)) => Some(format!("message {}", short(message))),
        (Some(_), _) | (None, None) => None,
    };
    [finding.case.clone(), often, message].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn history(out: &mut dyn Write, finding: &Finding, width: usize) -> io::Result<()> {
    let lines: Vec<Line> = finding
        .history
        .iter()
        .map(|line| Line {
            call: abbreviated(&line.call, finding),
            change: abbreviated(&line.change, finding),
            ..line.clone()
        })
        .collect();
    let widest = |column: fn(&Line) -> &str| lines.iter().map(|line| columns(column(line))).max().unwrap_or_default();
    let (session, call, reply) = (widest(|line| &line.session), widest(|line| &line.call), widest(|line| &line.reply));
    let seq = lines.iter().map(|line| columns(&grouped(line.seq))).max().unwrap_or_default();
    let last = lines.len().saturating_sub(1);
    for (at, line) in lines.iter().enumerate() {
        let text = format!(
            "{:>seq$}  {:session$}  {:call$}  {:reply$}  {}",
            grouped(line.seq),
            line.session,
            line.call,
            line.reply,
            line.change
        );
        let text = text.trim_end();
        if at == last {
            let style = style(finding.verdict);
            writeln!(out, "  {style}{MARKER}{style:#} {STRONG}{text}{STRONG:#}")?;
        } else {
            writeln!(out, "    {text}")?;
        }
    }
    let shown =
        lines.last().is_some_and(|line| [&line.reply, &line.change].iter().any(|it| it.contains(&finding.observed)));
    if !shown {
        labelled(out, "seen here:", &abbreviated(&finding.observed, finding), width)?;
    }
    if !finding.expected.is_empty() {
        labelled(out, "allowed here:", &abbreviated(&finding.expected, finding), width)?;
    }
    Ok(())
}

/// A label, and the text behind it in its own column.
fn labelled(out: &mut dyn Write, label: &str, text: &str, width: usize) -> io::Result<()> {
    let padding = LABEL_COLUMNS.saturating_sub(columns(label));
    let indent = 4 + LABEL_COLUMNS;
    for (at, line) in wrap(text, width.saturating_sub(indent)).iter().enumerate() {
        if at == 0 {
            writeln!(out, "    {FAINT}{label}{FAINT:#}{:padding$}{line}", "")?;
        } else {
            writeln!(out, "{:indent$}{line}", "")?;
        }
    }
    Ok(())
}

/// One command to repeat it, one to read the rule.
fn footer(
    out: &mut dyn Write,
    (case, small): (Option<&CaseVerdict>, Option<&Small>),
    finding: Option<&Finding>,
) -> io::Result<()> {
    // What is small repeats it with less.
    let again = small.and_then(|small| small.again.as_ref()).or_else(|| case.and_then(|case| case.again.as_ref()));
    let trace = case.and_then(|case| case.trace.as_ref());
    let log = finding.and_then(|finding| finding.log.as_ref());
    let rule = finding.and_then(|finding| finding.requirements.first());
    let lines = [
        ("small:", small.map(made_small)),
        ("again:", again.cloned()),
        ("live: ", small.and_then(on_provider)),
        ("rule: ", rule.map(|id| format!("spoolproof explain {id}"))),
        ("trace:", trace.cloned()),
        ("log:  ", log.map(|log| format!("{}:{}", log.file, log.line))),
    ];
    if lines.iter().any(|(_, text)| text.is_some()) {
        writeln!(out)?;
    }
    for (label, text) in lines {
        if let Some(text) = text {
            writeln!(out, "    {FAINT}{label}{FAINT:#} {text}")?;
        }
    }
    Ok(())
}

/// The command that tries on a provider what a log shows.
fn on_provider(small: &Small) -> Option<String> {
    let role = if small.who == Who::Spooler { "--role spooler " } else { "" };
    small.scenario.as_ref().map(|file| format!("spoolproof conform {role}{file} --provider ADAPTER"))
}

/// What became of the attempt to make a failure small.
fn made_small(small: &Small) -> String {
    let of = if small.case.is_empty() { String::new() } else { format!(" of {}", small.case) };
    match small.left {
        Some(left) => format!("{left} of the {}{of}", count(small.steps, small.unit.name())),
        None if small.unit == Unit::Event => "it does not show without the rest of the log".to_owned(),
        None => format!("it did not show again in {}: flaky, so nothing was left out", small.case),
    }
}

/// The text with the entry id of the finding's message shortened.
fn abbreviated(text: &str, finding: &Finding) -> String {
    match &finding.message {
        Some(message) if !message.is_empty() => text.replace(message, &short(message)),
        Some(_) | None => text.to_owned(),
    }
}
