//! What a carried case is: which rules it is about, what it does step by step, and how to run it.

use std::io::{self, Write};

use super::library::{self, CarriedFile};
use super::reference::Part;
use crate::report::layout::{FAINT, STRONG, wrap};
use crate::spec::Catalogue;

/// Columns of the text.
const WIDTH: usize = 100;

/// Writes what the case of that file is.
pub(super) fn write(file: &CarriedFile, catalogue: &Catalogue, out: &mut dyn Write) -> io::Result<()> {
    let role = if file.part == Part::Spooler { "spooler" } else { "store" };
    writeln!(out, "{STRONG}{}{STRONG:#}  case · {role}", file.id)?;
    let (title, requirements) = library::title_and_requirements(file, catalogue);
    wrap(&format!("{title}."), WIDTH - 2).iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    writeln!(out)?;
    for row in requirements.iter().filter_map(|id| catalogue.requirement(id)) {
        let text = wrap(&format!("{} · {}", row.strength, row.text), WIDTH - 14);
        for (at, line) in text.iter().enumerate() {
            writeln!(out, "  {:10}  {line}", if at == 0 { row.id.as_str() } else { "" })?;
        }
    }
    writeln!(out)?;
    // As they stand in the file: that is what a new case is made from.
    for step in file.text.lines().skip_while(|line| !line.starts_with("steps")) {
        writeln!(out, "  {step}")?;
    }
    let role = if file.part == Part::Spooler { " --role spooler" } else { "" };
    writeln!(out)?;
    writeln!(out, "  {FAINT}run:{FAINT:#}  spoolproof conform{role} --case {}", file.id)?;
    if file.part == Part::Store {
        writeln!(out, "  {FAINT}see:{FAINT:#}  spoolproof replay --case {} --trace", file.id)?;
    }
    Ok(())
}
