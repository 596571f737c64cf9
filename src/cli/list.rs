//! `spoolproof list`: the cases that providers are judged by.

use clap::Args;

use super::failure::Failure;
use super::{cases, exit, library, output};
use crate::report::layout::{FAINT, columns};

/// Print the cases that providers are judged by: id, title, requirements
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Only these cases: an id, a family or a glob, such as `abort/locked`, `abort`, `*/locked*`
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
}

impl List {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        let catalogue = library::catalogue()?;
        let scenarios = cases::select(library::carried(&catalogue)?, &self.patterns)?;
        let width = scenarios.iter().map(|scenario| columns(&scenario.id)).max().unwrap_or_default();
        output::print(|out| {
            for scenario in &scenarios {
                let requirements = scenario.requirements.join(", ");
                writeln!(out, "{:width$}  {}  {FAINT}{requirements}{FAINT:#}", scenario.id, scenario.title)?;
            }
            Ok(())
        })?;
        Ok(exit::CONFORMS)
    }
}
