//! `spoolproof diff`: what changed between two runs.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::{earlier, output};
use crate::report::{Diff, changes, text};

/// Say what changed from one run to another: cases, requirements, findings, readings that are followed
///
/// The runs may be of two days, of two versions of a provider, of two providers, or by two versions of this program.
/// Exits with 0 when nothing is worse, with 1 when something is, and with 6 when nothing is worse but less was judged.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof diff accepted.json report.json
  spoolproof diff monday.json tuesday.json --json diff.json")]
pub(crate) struct DiffArgs {
    /// The JSON report of the earlier run
    #[arg(value_name = "BEFORE")]
    before: PathBuf,

    /// The JSON report of the later one
    #[arg(value_name = "AFTER")]
    after: PathBuf,

    /// Also write what changed as JSON; `spoolproof schema diff` prints its schema. `-` is stdout, in place of the text
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    json: Option<PathBuf>,
}

impl DiffArgs {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        self.json.as_deref().map_or(Ok(()), output::writable)?;
        let (before, after) = (earlier::report(&self.before)?, earlier::report(&self.after)?);
        let roles = [&before.provider.role, &after.provider.role];
        if roles.iter().all(|role| !role.is_empty()) && roles[0] != roles[1] {
            return Err(Failure::usage(format_args!("one run judges a {}, the other a {}", roles[0], roles[1])));
        }
        let diff = Diff::new(&before, &after);
        match &self.json {
            Some(file) if output::is_stdout(file) => output::print(|out| diff.write_json(out))?,
            Some(file) => output::write_file(file, |out| diff.write_json(out))?,
            None => {}
        }
        if !self.json.as_deref().is_some_and(output::is_stdout) {
            output::print(|out| changes::render(&diff, out, text::Options::default().width))?;
        }
        Ok(diff.exit_code)
    }
}
