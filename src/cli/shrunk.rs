//! Making the failures of a run small, and writing each as a scenario that one command repeats.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::again::Again;
use super::failure::warn;
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
    /// below `folder`. `again` is the command line that runs a scenario file on the provider that showed them.
    pub(crate) fn keep(
        &self,
        account: &mut Account,
        shrink: impl FnOnce(&Account, &ShrinkLimit) -> Vec<(Small, Option<String>)>,
        stop: Stop,
        (folder, again): (Option<&Path>, impl Fn(&Path) -> Again),
    ) {
        // Who stopped the run does not want another.
        if self.no_shrink || account.stopped.is_some() {
            return;
        }
        let default = ShrinkLimit::default();
        let runs_each = default.runs_each.max(self.shrink_limit / 8);
        let limit = ShrinkLimit { runs: self.shrink_limit, runs_each, stop };
        let folder = folder.unwrap_or_else(|| Path::new("out"));
        for (mut small, scenario) in shrink(account, &limit) {
            if let Some(scenario) = scenario {
                let file = free(folder, &small, &account.small);
                match write(&file, &scenario) {
                    Ok(()) => {
                        small.again = Some(again(&file).line());
                        small.file = Some(file.display().to_string());
                    }
                    Err(error) => warn(format_args!("cannot write the scenario {}: {error}", file.display())),
                }
            }
            account.small.push(small);
        }
    }
}

/// A file for it that none of the others has.
fn free(folder: &Path, small: &Small, others: &[Small]) -> PathBuf {
    let of_case = others.iter().filter(|other| other.case == small.case).count();
    let number = if of_case == 0 { String::new() } else { format!("-{}", of_case + 1) };
    folder.join(format!("{}{number}.toml", small.case.replace('/', ".")))
}

fn write(file: &Path, scenario: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, scenario)
}
