//! `spoolproof list`: the cases that providers are judged by.

use clap::Args;

use super::failure::Failure;
use super::reference::Part;
use super::{cases, exit, library, output};
use crate::report::layout::{FAINT, columns};

/// Print the cases that providers are judged by: id, title, requirements
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Only these cases: an id, a family or a glob, such as `abort/locked`, `abort`, `*/locked*`
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,

    /// The part that the cases are for
    #[arg(long, value_enum, default_value_t = Part::Store)]
    role: Part,
}

impl List {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        let catalogue = library::catalogue()?;
        let rows: Vec<(String, String, Vec<String>)> = match self.role {
            Part::Store => cases::select(library::carried(&catalogue)?, &self.patterns)?
                .into_iter()
                .map(|case| (case.id, case.title, case.requirements))
                .collect(),
            Part::Spooler => cases::select(library::carried_for_spoolers(&catalogue)?, &self.patterns)?
                .into_iter()
                .map(|case| (case.id, case.title, case.requirements))
                .collect(),
        };
        let width = rows.iter().map(|(id, ..)| columns(id)).max().unwrap_or_default();
        output::print(|out| {
            for (id, title, requirements) in &rows {
                let requirements = requirements.join(", ");
                writeln!(out, "{id:width$}  {title}  {FAINT}{requirements}{FAINT:#}")?;
            }
            Ok(())
        })?;
        Ok(exit::CONFORMS)
    }
}
