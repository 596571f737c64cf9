//! What an exploration came to, for people.

use std::io::{self, Write};

use super::bounds::Bounds;
use super::run::{Finding, Outcome, Stopped, Tested};
use super::witness::Trace;

/// How much is told of properties that hold.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Detail {
    /// How many there are.
    #[default]
    Brief,
    /// Each of them, and in how many states it was tested.
    Full,
}

/// Writes what was found within `bounds`; `file` names the scenario that a counterexample was saved to, if it was.
///
/// # Errors
///
/// Those of `out`.
pub fn render_text(
    bounds: &Bounds,
    outcome: &Outcome,
    detail: Detail,
    file: &dyn Fn(&Trace) -> Option<String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, "{:<11} {}   ", bounds.name, bounds.title)?;
    let (states, transitions) = (grouped(outcome.states), grouped(outcome.transitions));
    let (depth, elapsed) = (outcome.depth, outcome.elapsed.as_secs_f64());
    match outcome.stopped {
        None => {
            writeln!(out, "{states} states   {transitions} transitions   {elapsed:.1} s   closed at depth {depth}")?
        }
        Some(Stopped { by, waiting }) => writeln!(
            out,
            "stopped at {by}: {states} states, {transitions} transitions, depth {depth} complete, {} states waiting   \
             {elapsed:.1} s",
            grouped(waiting),
        )?,
    }
    let wide = outcome.findings.iter().map(|finding| finding.property.name.chars().count()).max().unwrap_or(0);
    let partial = outcome.stopped.is_some();
    for finding in outcome.findings.iter().filter(|finding| detail == Detail::Full || is_news(finding, partial)) {
        let name = finding.property.name;
        match &finding.tested {
            Tested::Fails(trace) => failed(wide, trace, file(trace), out)?,
            Tested::Holds { states } if partial => {
                writeln!(out, "  ? {name:wide$}   tested in {} states so far", grouped(*states))?;
            }
            Tested::Holds { states } => writeln!(out, "  ✓ {name:wide$}   tested in {} states", grouped(*states))?,
            Tested::Untested { why: Some(why) } => writeln!(out, "  – {name:wide$}   not tested: {why}")?,
            Tested::Untested { why: None } if partial => writeln!(out, "  ? {name:wide$}   tested nowhere so far")?,
            Tested::Untested { why: None } => {
                writeln!(out, "  ✗ {name:wide$}   tested nowhere, and the file does not say why")?;
            }
            Tested::Unexpected { states } => writeln!(
                out,
                "  ✗ {name:wide$}   tested in {} states, and the file says that it is not",
                grouped(*states)
            )?,
        }
    }
    if let Some(pins) = outcome.moved {
        let (states, transitions) = (grouped(pins.states), grouped(pins.transitions));
        writeln!(out, "  ✗ the file states {states} states and {transitions} transitions: behaviour has changed")?;
    }
    let held = outcome.findings.iter().filter(|finding| matches!(finding.tested, Tested::Holds { .. })).count();
    match (detail, partial) {
        (Detail::Brief, false) => writeln!(out, "  ✓ {held} properties: no counterexample within these bounds"),
        (Detail::Brief, true) => writeln!(out, "  ? {held} properties: no counterexample so far"),
        (Detail::Full, _) if outcome.confused == 0.0 => writeln!(out, "  states were told apart by the whole of them"),
        (Detail::Full, _) => writeln!(
            out,
            "  states were told apart by 64 bits: two were taken for one with a chance of {:.0e}",
            outcome.confused
        ),
    }
}

const fn is_news(finding: &Finding, partial: bool) -> bool {
    match &finding.tested {
        Tested::Fails(_) | Tested::Unexpected { .. } => true,
        Tested::Untested { why: None } => !partial,
        Tested::Holds { .. } | Tested::Untested { why: Some(_) } => false,
    }
}

fn failed(wide: usize, trace: &Trace, file: Option<String>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "  ✗ {:wide$}   fails in {} steps", trace.property.name, trace.steps.len())?;
    if !trace.readings.is_empty() {
        write!(out, " under {}", trace.readings.join(", "))?;
    }
    match file {
        Some(file) => writeln!(out, "   → {file}")?,
        None => writeln!(out)?,
    }
    for line in trace.to_string().lines() {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

/// A number with a comma after every third digit from the right.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 12_345, 1_234_567].map(grouped), ["0", "999", "1,000", "12,345", "1,234,567"]);
    }
}
