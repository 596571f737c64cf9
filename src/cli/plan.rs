//! The options of commands that explore: what searches, and what that may take.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::units;
use crate::check::{Engine, Plan, Visited};

#[derive(Args, Debug)]
#[command(next_help_heading = "How it searches")]
pub(crate) struct PlanArgs {
    /// What searches; stateright's takes one thread, and as long and as much memory as it takes
    #[arg(long, value_enum, default_value_t = EngineArg::Own)]
    engine: EngineArg,

    /// How many threads search, which changes nothing in what is found; without it, one for each processor
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZeroUsize>,

    /// Tell states apart by the whole of them, and not by 64 bits; takes several times the memory
    #[arg(long)]
    exact: bool,

    /// Explore one state for all that are equal but for the names of interchangeable messages and recipients
    ///
    /// The sizes in the files are those of all states, and are not compared then. What happens at last is not judged
    /// where something is interchangeable.
    #[arg(long)]
    symmetry: bool,

    /// The memory for each of the bounds, after which the search stops and tells how far it came; without it, 2GiB
    #[arg(long, value_name = "SIZE", value_parser = units::bytes)]
    memory: Option<u64>,

    /// The time for each of the bounds, such as 60s or 5min; without it, as long as it takes
    #[arg(long, value_name = "TIME", value_parser = units::time)]
    time: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum EngineArg {
    Own,
    Stateright,
}

impl PlanArgs {
    pub(crate) fn plan(&self) -> Result<Plan, Failure> {
        let default = Plan::default();
        Ok(Plan {
            engine: self.engine()?,
            threads: self.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get),
            visited: if self.exact { Visited::Exact } else { Visited::Fingerprints },
            symmetry: self.symmetry,
            memory: self.memory.unwrap_or(default.memory),
            time: self.time,
            stop: default.stop,
        })
    }

    fn engine(&self) -> Result<Engine, Failure> {
        match self.engine {
            EngineArg::Own => Ok(Engine::Own),
            EngineArg::Stateright => {
                let unheeded = [
                    (self.threads.is_some(), "--threads"),
                    (self.exact, "--exact"),
                    (self.symmetry, "--symmetry"),
                    (self.memory.is_some(), "--memory"),
                    (self.time.is_some(), "--time"),
                ];
                match unheeded.into_iter().find(|(given, _)| *given) {
                    Some((_, option)) => Err(Failure::usage(format_args!("that engine heeds no `{option}`"))
                        .help("leave it out, or leave out `--engine`")),
                    None => Ok(Engine::Stateright),
                }
            }
        }
    }
}
