//! What an exploration came to, for people.

use std::fmt;
use std::io::{self, Write};

use super::bounds::Bounds;
use super::course::Course;
use super::run::{Counted, Liveness, Outcome, Stopped, Tested};
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
    let transitions = grouped(outcome.transitions);
    let (noun, of) = match outcome.counted {
        Counted::States => ("states", String::new()),
        Counted::Representatives { of: Some(all) } => {
            ("representatives", format!(" of {} states by symmetry", grouped(all)))
        }
        Counted::Representatives { of: None } => ("representatives", " by symmetry".to_owned()),
    };
    let states = format!("{} {noun}{of}", grouped(outcome.states));
    let (depth, elapsed) = (outcome.depth, outcome.elapsed.as_secs_f64());
    match outcome.stopped {
        None => writeln!(out, "{states}   {transitions} transitions   {elapsed:.1} s   closed at depth {depth}")?,
        Some(Stopped { by, waiting }) => writeln!(
            out,
            "stopped at {by}: {states}, {transitions} transitions, depth {depth} complete, {} {noun} waiting   \
             {elapsed:.1} s",
            grouped(waiting),
        )?,
    }
    let names = outcome.findings.iter().map(|finding| finding.property.name);
    let names = names.chain(outcome.promises().iter().map(|promise| promise.obligation.name));
    let row = Row {
        wide: names.map(|name| name.chars().count()).max().unwrap_or(0),
        partial: outcome.stopped.is_some(),
        noun,
        detail,
    };
    for finding in &outcome.findings {
        row.write(finding.property.name, &finding.tested, out, |trace, out| failed(trace, file(trace), out))?;
    }
    for promise in outcome.promises() {
        row.write(promise.obligation.name, &promise.tested, out, broken)?;
    }
    if let Some(pins) = outcome.moved {
        let (states, transitions) = (grouped(pins.states), grouped(pins.transitions));
        writeln!(out, "  ✗ the file states {states} states and {transitions} transitions: behaviour has changed")?;
    }
    let held = outcome.findings.iter().filter(|finding| matches!(finding.tested, Tested::Holds { .. })).count();
    match (detail, row.partial) {
        (Detail::Brief, false) => writeln!(out, "  ✓ {held} properties: no counterexample within these bounds")?,
        (Detail::Brief, true) => writeln!(out, "  ? {held} properties: no counterexample so far")?,
        (Detail::Full, _) if outcome.confused == 0.0 => writeln!(out, "  states were told apart by the whole of them")?,
        (Detail::Full, _) => writeln!(
            out,
            "  states were told apart by 64 bits: two were taken for one with a chance of {:.0e}",
            outcome.confused
        )?,
    }
    liveness(bounds, outcome, detail, out)
}

/// What can be said of what happens at last, all in all.
fn liveness(bounds: &Bounds, outcome: &Outcome, detail: Detail, out: &mut dyn Write) -> io::Result<()> {
    let assumed = bounds.fairness.iter().flatten().map(|assumption| format!("`{}`", assumption.name()));
    let assumed = match assumed.collect::<Vec<_>>() {
        none if none.is_empty() => "assuming of nobody to go on".to_owned(),
        assumed => format!("assuming {}", assumed.join(", ")),
    };
    match &outcome.liveness {
        Liveness::Unasked => Ok(()),
        Liveness::NotJudged(why) => writeln!(out, "  ? what happens at last is not judged: {why}"),
        Liveness::Judged(_) if detail == Detail::Full => writeln!(out, "  what happens at last is judged {assumed}"),
        Liveness::Judged(promises) => {
            let held = promises.iter().filter(|promise| matches!(promise.tested, Tested::Holds { .. })).count();
            writeln!(out, "  ✓ {held} obligations: no counterexample within these bounds, {assumed}")
        }
    }
}

/// How a property, or an obligation, is told.
struct Row {
    wide: usize,
    noun: &'static str,
    partial: bool,
    detail: Detail,
}

impl Row {
    fn write<C>(
        &self,
        name: &str,
        tested: &Tested<C>,
        out: &mut dyn Write,
        fails: impl FnOnce(&C, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let &Self { wide, noun, partial, detail } = self;
        if detail == Detail::Brief && !is_news(tested, partial) {
            return Ok(());
        }
        match tested {
            Tested::Fails(counterexample) => {
                write!(out, "  ✗ {name:wide$}   fails ")?;
                fails(counterexample, out)
            }
            Tested::Holds { states } if partial => {
                writeln!(out, "  ? {name:wide$}   tested in {} {noun} so far", grouped(*states))
            }
            Tested::Holds { states } => writeln!(out, "  ✓ {name:wide$}   tested in {} {noun}", grouped(*states)),
            Tested::Untested { why: Some(why) } => writeln!(out, "  – {name:wide$}   not tested: {why}"),
            Tested::Untested { why: None } if partial => writeln!(out, "  ? {name:wide$}   tested nowhere so far"),
            Tested::Untested { why: None } => {
                writeln!(out, "  ✗ {name:wide$}   tested nowhere, and the file does not say why")
            }
            Tested::Unexpected { states } => writeln!(
                out,
                "  ✗ {name:wide$}   tested in {} {noun}, and the file says that it is not",
                grouped(*states)
            ),
        }
    }
}

const fn is_news<C>(tested: &Tested<C>, partial: bool) -> bool {
    match tested {
        Tested::Fails(_) | Tested::Unexpected { .. } => true,
        Tested::Untested { why: None } => !partial,
        Tested::Holds { .. } | Tested::Untested { why: Some(_) } => false,
    }
}

/// How a property fails, behind `fails`.
pub(super) fn failed(trace: &Trace, file: Option<String>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "in {}", steps(trace.steps.len()))?;
    under(&trace.readings, out)?;
    match file {
        Some(file) => writeln!(out, "   → {file}")?,
        None => writeln!(out)?,
    }
    indented(trace, out)
}

fn broken(course: &Course, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "for {}, after {}", course.subject, steps(course.stem.len()))?;
    match course.cycle.len() {
        0 => write!(out, " and nothing more")?,
        cycle => write!(out, " and {cycle} for ever")?,
    }
    under(&course.readings, out)?;
    writeln!(out)?;
    indented(course, out)
}

fn steps(count: usize) -> String {
    format!("{count} {}", if count == 1 { "step" } else { "steps" })
}

fn under(readings: &[String], out: &mut dyn Write) -> io::Result<()> {
    if readings.is_empty() { Ok(()) } else { write!(out, " under {}", readings.join(", ")) }
}

fn indented(story: &dyn fmt::Display, out: &mut dyn Write) -> io::Result<()> {
    story.to_string().lines().try_for_each(|line| writeln!(out, "    {line}"))
}

/// A number with a comma after every third digit from the right.
pub(crate) fn grouped(number: u64) -> String {
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
