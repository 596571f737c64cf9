//! `spoolproof schema`: the JSON schemas of what is written for programs.

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::{exit, output};
use crate::report::{Diff, json};

/// Print the JSON schema of reports, or of what `diff` writes
#[derive(Args, Debug)]
pub(crate) struct Schema {
    /// What the schema is of
    #[arg(value_enum, default_value_t = Of::Report)]
    of: Of,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Of {
    Report,
    Diff,
}

impl Schema {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        let schema = match self.of {
            Of::Report => json::schema(),
            Of::Diff => Diff::schema(),
        };
        output::print(|out| out.write_all(schema.as_bytes()))?;
        Ok(exit::CONFORMS)
    }
}
