//! What an exploration came to, for people.

use std::io::{self, Write};

use super::bounds::Bounds;
use super::run::{Finding, Outcome, Tested};
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
    writeln!(
        out,
        "{:<11} {}   {} states   {} transitions   {:.1} s   closed at depth {}",
        bounds.name,
        bounds.title,
        grouped(outcome.states),
        grouped(outcome.transitions),
        outcome.elapsed.as_secs_f64(),
        outcome.depth,
    )?;
    let wide = outcome.findings.iter().map(|finding| finding.property.name.chars().count()).max().unwrap_or(0);
    for finding in outcome.findings.iter().filter(|finding| detail == Detail::Full || is_news(finding)) {
        let name = finding.property.name;
        match &finding.tested {
            Tested::Fails(trace) => failed(wide, trace, file(trace), out)?,
            Tested::Holds { states } => writeln!(out, "  ✓ {name:wide$}   tested in {} states", grouped(*states))?,
            Tested::Untested { why: Some(why) } => writeln!(out, "  – {name:wide$}   not tested: {why}")?,
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
    if detail == Detail::Brief {
        writeln!(out, "  ✓ {held} properties: no counterexample within these bounds")?;
    }
    Ok(())
}

const fn is_news(finding: &Finding) -> bool {
    match &finding.tested {
        Tested::Fails(_) | Tested::Unexpected { .. } | Tested::Untested { why: None } => true,
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
fn grouped(number: u64) -> String {
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
