//! `spoolproof simulate`: walks through an instance at random.

use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::again::Again;
use super::failure::Failure;
use super::progress::Progress;
use super::signals::Signals;
use super::{check, exit, library, output};
use crate::check::{self as checker, Detail, Walks};

/// Walk at random through what the rules allow, and check every property on the way
///
/// Whatever may fail fails on the way too. What breaks a property is made short and shown step by step, as a scenario too. One seed leads to the same walks on every machine;
/// they are taken twice and compared. That nothing fails says nothing of the ways that were not taken.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof simulate                                          some walks through a whole lifecycle
  spoolproof simulate --seed 7 --steps 1000000 --bounds mine.toml
  spoolproof simulate --bounds tight --reading A1=Literal      what goes wrong under another reading")]
pub(crate) struct Simulate {
    /// What chance begins with: another seed, other walks
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    /// How many steps are taken in all
    #[arg(long, value_name = "NUMBER", default_value_t = 100_000, value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    steps: u64,

    /// Divide the steps among so many walks at most; without it, a walk has 256 steps at most, and there are as many as it takes
    #[arg(long, value_name = "NUMBER", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    walks: Option<u64>,

    /// The bounds: the name of carried ones, or a file
    #[arg(long, value_name = "BOUNDS", default_value = "lifecycle")]
    bounds: PathBuf,

    /// Read an ambiguity in this way and no other; may be given several times
    #[arg(long = "reading", value_name = "ID=READING")]
    readings: Vec<String>,

    /// Where the scenarios of failures go
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,

    /// Also list how often each kind of thing happened, and how often each property was tested
    #[arg(long, short)]
    verbose: bool,
}

impl Simulate {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        let signals = Signals::listen()?;
        let rules = check::rules(&self.readings, &library::catalogue()?)?;
        let bounds = check::bounds(&self.bounds)?;
        let walks = Walks { seed: self.seed, steps: self.steps, walks: self.walks };
        let progress = Progress::start(Some(self.steps), "steps");
        progress.doing(&bounds.name);
        let simulation = checker::simulate(&bounds, &rules, &walks, signals.asked(), &mut |steps| progress.set(steps));
        drop(progress);
        let simulation = simulation.map_err(|error| {
            Failure::tool(error).help("this is a mistake in spoolproof: please report it with the command line")
        })?;
        let detail = if self.verbose { Detail::Full } else { Detail::Brief };
        let (again, keep) = (self.again(), |trace: &_| check::keep(trace, &self.out));
        output::print(|out| checker::render_simulation(&bounds, &simulation, detail, &again, &keep, out))?;
        Ok(signals.exit_code(match (simulation.failed(), simulation.tested_all()) {
            (true, _) => exit::VIOLATION,
            (false, true) => exit::CONFORMS,
            (false, false) => exit::INCONCLUSIVE,
        }))
    }

    /// The command that takes the same walks.
    fn again(&self) -> String {
        let mut again = Again::new("simulate")
            .option("--seed", Some(&self.seed.to_string()))
            .option("--steps", Some(&self.steps.to_string()))
            .option("--walks", self.walks.map(|walks| walks.to_string()).as_deref())
            .path("--bounds", Some(&self.bounds));
        for reading in &self.readings {
            again = again.option("--reading", Some(reading));
        }
        again.line()
    }
}
