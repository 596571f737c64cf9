//! `spoolproof generate`: works out cases from the explored graph, and writes them.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::{check, exit, library};
use crate::check::Bounds;
use crate::generate::{Behaviour, Goal};
use crate::model::Rules;

/// Work out cases that cover what the rules allow within bounds, and write them as scenario files
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  spoolproof generate --goal transitions --out cases         every transition of small instances
  spoolproof conform cases --provider './my-adapter'         run them")]
pub(crate) struct Generate {
    /// What is to be covered
    #[arg(long, value_enum)]
    goal: GoalArg,

    /// The bounds: the name of carried ones, or a file; may be given several times. Without it, small carried ones
    #[arg(long, value_name = "BOUNDS")]
    bounds: Vec<PathBuf>,

    /// Where the cases go
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum GoalArg {
    Transitions,
}

impl GoalArg {
    const fn goal(self) -> Goal {
        match self {
            Self::Transitions => Goal::Transitions,
        }
    }
}

impl Generate {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        library::catalogue()?;
        let all = self.bounds.iter().map(|bounds| check::bounds(bounds)).collect::<Result<Vec<Bounds>, _>>()?;
        for bounds in &all {
            let behaviour = Behaviour::new(bounds, &Rules::defaults(), MEMORY)
                .map_err(|budget| Failure::tool(format_args!("`{}` stopped at {budget}", bounds.name)))?;
            let part = self.goal.goal().generate(&behaviour);
            for case in &part.cases {
                write(&self.out.join(format!("{}.toml", case.scenario.id)), &case.to_toml())?;
            }
            eprintln!(
                "{} nodes {} edges {}: cases {} length {} bound {:?} left out {:?}",
                bounds.name,
                behaviour.graph.node_count(),
                behaviour.graph.edge_count(),
                part.cases.len(),
                part.length(),
                part.bound,
                part.left_out.iter().map(|(k, v)| (k, v.len())).collect::<Vec<_>>()
            );
        }
        Ok(exit::CONFORMS)
    }
}

const MEMORY: u64 = 2 << 30;

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, text))
        .map_err(|error| Failure::tool(format_args!("cannot write {}: {error}", file.display())))
}
