//! What CI holds a run to: what is known to fail, and what has to be judged.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::failure::Failure;
use super::{earlier, library};
use crate::report::{Contract, Known, Report, Selection};
use crate::spec::Catalogue;

/// The options that say what the exit code depends on.
#[derive(Args, Debug)]
#[command(next_help_heading = "What the exit code depends on")]
pub(crate) struct Terms {
    /// The cases that fail, or fail now and then: they do not fail the run, and one that passes does (docs/ci.md)
    #[arg(long, value_name = "FILE")]
    known_failing: Option<PathBuf>,

    /// The JSON report of an earlier run: whatever was judged then has to be judged now
    #[arg(long, value_name = "REPORT", conflicts_with = "rerun_failed")]
    accepted: Option<PathBuf>,
}

impl Terms {
    /// Reads the files. `cases` are the ids of all cases that there are, `role` is who is judged.
    pub(crate) fn read(
        &self,
        catalogue: &Catalogue,
        cases: &[&str],
        selection: Selection,
        role: &str,
    ) -> Result<Contract, Failure> {
        let known = match &self.known_failing {
            Some(file) => Some((known(file, catalogue, cases)?, Timestamp::now().to_zoned(TimeZone::UTC).date())),
            None => None,
        };
        let accepted = match &self.accepted {
            Some(file) => Some(Box::new(accepted(file, &selection, role)?)),
            None => None,
        };
        Ok(Contract { known, accepted, selection, nothing_chosen: false })
    }
}

fn known(file: &Path, catalogue: &Catalogue, cases: &[&str]) -> Result<Known, Failure> {
    let text = fs::read_to_string(file).map_err(|error| library::unreadable(file, &error))?;
    Known::parse(&text, catalogue, cases)
        .map_err(|problems| Failure::in_file(&file.to_string_lossy(), &text, &problems))
}

/// A report that this run can be compared with.
fn accepted(file: &Path, selection: &Selection, role: &str) -> Result<Report, Failure> {
    let report = earlier::run(file, role)?;
    let name = file.display();
    if let Some(stopped) = report.stopped {
        return Err(Failure::usage(format_args!("{name} is no measure: that run was stopped {stopped}")));
    }
    if report.selection != *selection {
        let message = format_args!("{name} is no measure: other cases were chosen in that run");
        return Err(Failure::usage(message).help("`--case` and `--shard` have to be as they were then"));
    }
    Ok(report)
}
