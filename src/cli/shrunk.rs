//! Making the failures of a run small, and writing each to a file that one command repeats.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::again::Again;
use super::failure::warn;
use super::output;
use crate::conformance::{ShrinkLimit, Stop};
use crate::oracle::{Account, Small};

/// Whether failures are made small, and how much may be tried for it.
#[derive(Args, Debug)]
pub(crate) struct Shrinking {
    /// Do not make failures small
    #[arg(long)]
    no_shrink: bool,

    /// How many runs of a case may be spent in all on making failures small
    #[arg(long, value_name = "RUNS", default_value_t = ShrinkLimit::default().runs, conflicts_with = "no_shrink")]
    shrink_limit: u64,
}

impl Shrinking {
    /// Takes the failures of `account` that `shrink` makes small, each with the text of its scenario, and writes them
    /// where `place` says.
    pub(crate) fn keep(
        &self,
        account: &mut Account,
        shrink: impl FnOnce(&Account, &ShrinkLimit) -> Vec<(Small, Option<String>)>,
        stop: Stop,
        place: &Place<'_>,
    ) {
        // Who stopped the run does not want another.
        if self.no_shrink || account.stopped.is_some() {
            return;
        }
        let default = ShrinkLimit::default();
        let runs_each = default.runs_each.max(self.shrink_limit / 8);
        let limit = ShrinkLimit { runs: self.shrink_limit, runs_each, stop };
        for (mut small, scenario) in shrink(account, &limit) {
            if let Some(scenario) = scenario {
                let file = place.free(&small.case, &scenario, &account.small);
                if write(&file, &scenario) {
                    small.again = Some((place.again)(&file).line());
                    small.file = Some(file.display().to_string());
                }
            }
            account.small.push(small);
        }
    }
}

/// Where small failures are written.
pub(crate) struct Place<'a> {
    /// The folder that was asked for.
    pub(crate) folder: Option<&'a Path>,
    /// Whether files are there to stay: they may be the cases of this run, or what an earlier one told to repeat.
    pub(crate) spares_files: bool,
    /// The command line that runs a scenario file on the provider that showed the failures.
    pub(crate) again: &'a dyn Fn(&Path) -> Again,
}

impl Place<'_> {
    /// The first file for a failure in `case` that none of the others has.
    fn free(&self, case: &str, scenario: &str, others: &[Small]) -> PathBuf {
        let folder = self.folder.unwrap_or_else(|| Path::new("out"));
        // Not the case's own name: the trace of what is small must not take the place of the trace of the case.
        let name = case.trim_end_matches(".small").replace('/', ".");
        let is_taken = |file: &Path| {
            let there = || fs::read(file).is_ok_and(|there| there != scenario.as_bytes());
            others.iter().any(|other| other.file.as_ref().is_some_and(|other| Path::new(other) == file))
                || self.spares_files && there()
        };
        let mut file = folder.join(format!("{name}.small.toml"));
        let mut number = 2_u64;
        while is_taken(&file) {
            file = folder.join(format!("{name}-{number}.small.toml"));
            number += 1;
        }
        file
    }
}

/// Writes a file; warns if that cannot be done.
pub(super) fn write(file: &Path, text: impl AsRef<[u8]>) -> bool {
    let written = output::write_text(file, text);
    if let Err(error) = &written {
        warn(format_args!("cannot write {}: {error}", file.display()));
    }
    written.is_ok()
}
