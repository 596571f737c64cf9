//! The readings that the provider follows, for people: a line for each that the evidence singled out.

use super::layout::{count, wrap};
use super::{Followed, Report, Sighting};
use crate::check::grouped;

/// The lines of the section, each at most `width` wide where its words allow; none if no event told readings apart.
pub(super) fn lines(report: &Report, width: usize) -> Vec<String> {
    let told: Vec<(String, String)> = report.follows.iter().filter(|followed| !followed.is_plain()).map(row).collect();
    let column = told.iter().map(|(what, _)| what.chars().count()).filter(|columns| *columns <= COLUMN).max();
    let column = column.unwrap_or_default();
    let mut lines: Vec<String> = told.iter().map(|(what, facts)| format!("{what:column$}  {facts}")).collect();
    let plain: Vec<&str> = report
        .follows
        .iter()
        .filter(|followed| followed.is_plain())
        .map(|followed| followed.ambiguity.as_str())
        .collect();
    if !plain.is_empty() {
        let others = if lines.is_empty() { "" } else { "also " };
        lines.extend(wrap(&format!("{others}no rejected reading of {}", plain.join(", ")), width));
    }
    lines
}

/// How wide the column of readings may become.
const COLUMN: usize = 44;

fn row(followed: &Followed) -> (String, String) {
    let id = &followed.ambiguity;
    let declared = followed.declared.as_ref().filter(|_| followed.is_undeclared());
    let mut facts = vec![count(followed.events, "event")];
    let what = match followed.differs.as_slice() {
        [here, there] => {
            for side in [here, there] {
                facts.push(format!("{} at {}", side.readings.join(" or "), place(&side.at)));
            }
            format!("{id} differs")
        }
        _ => {
            facts.extend(followed.decided.as_ref().map(|at| format!("decided by {}", place(at))));
            // Of two ways to say it, the shorter.
            if followed.readings.len() > 2 && followed.excluded.len() < followed.readings.len() {
                format!("{id} not {}", followed.excluded.join(", not "))
            } else {
                format!("{id}={}", followed.readings.join(" or "))
            }
        }
    };
    facts.extend(followed.rejected.then(|| "a rejected reading".to_owned()));
    facts.extend(declared.map(|declared| format!("but declares {declared}")));
    (what, facts.join(" · "))
}

fn place(at: &Sighting) -> String {
    match &at.case {
        Some(case) => format!("{case}#{}", at.seq),
        None => format!("event {}", grouped(at.seq)),
    }
}
