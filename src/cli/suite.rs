//! The suites that a run can ask for by name: the carried cases, and how much is generated beside them.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use clap::ValueEnum;

use super::failure::Failure;
use super::library;
use crate::check::{Bounds, SHIPPED_BOUNDS};
use crate::generate::{Goal, SUITE_BOUNDS, Suite, Walking, permitted_readings};
use crate::scenario::Scenario;
use crate::spec::Catalogue;

/// How much is asked of a provider.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum SuiteArg {
    /// The carried cases, and one for each clause of each requirement: seconds
    Quick,
    /// These, and every transition of small instances: less than a minute
    Standard,
    /// These, every pair of transitions, a complete suite and walks by chance: minutes
    Thorough,
}

impl SuiteArg {
    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Thorough => "thorough",
        }
    }

    /// Its cases: those that are carried, and then those that are generated.
    pub(crate) fn cases(self, catalogue: &Catalogue) -> Result<Vec<Scenario>, Failure> {
        let requirements = Goal::Requirements(permitted_readings(catalogue));
        let goals = match self {
            Self::Quick => vec![requirements],
            Self::Standard => vec![requirements, Goal::Transitions],
            Self::Thorough => {
                let walking = Walking { seed: 1, walks: WALKS };
                let complete = Goal::Complete(EXTRA_STATES);
                vec![requirements, Goal::Transitions, Goal::Pairs, complete, Goal::Walks(walking)]
            }
        };
        let mut cases = library::carried(catalogue)?;
        for goal in goals {
            // Nobody listens for signals yet: they end the program.
            let suite = generate(&goal, &usual_bounds(&goal), &AtomicBool::new(false))?;
            cases.extend(suite.parts.into_iter().flat_map(|part| part.cases).map(|case| case.scenario));
        }
        Ok(cases)
    }
}

/// The cases for a goal, as far as they are worked out before `stop` is set.
pub(crate) fn generate(goal: &Goal, bounds: &[Bounds], stop: &AtomicBool) -> Result<Suite, Failure> {
    goal.generate(bounds, MEMORY, stop).map_err(|error| {
        Failure::tool(error).help("smaller bounds have fewer messages, recipients, clients or restarts")
    })
}

/// The instances that a goal is covered in unless others are named, smallest first.
pub(crate) fn usual_bounds(goal: &Goal) -> Vec<Bounds> {
    let names: &[&str] = match goal {
        Goal::Transitions | Goal::Pairs => SMALL,
        Goal::Requirements(_) => {
            &["rivals", "known", "tiny", "filing", "partial", "fair", "resend", "direct", "nobody", "members"]
        }
        Goal::Complete(_) => &["rivals", "tiny"],
        Goal::Walks(_) => &["spoolers", "tight", "deep", "preprocess", "finish"],
    };
    names.iter().filter_map(|name| carried(Path::new(name))).collect()
}

/// The carried bounds of that name, those for suites alone among them.
pub(crate) fn carried(name: &Path) -> Option<Bounds> {
    let mut all = SHIPPED_BOUNDS.iter().chain(SUITE_BOUNDS);
    let (name, text) = all.find(|(carried, _)| Path::new(carried) == name)?;
    Bounds::parse(name, text).ok()
}

/// How many bytes an instance may take.
const MEMORY: u64 = 2 << 30;

/// How many states a provider may have beyond those of the rules, for a complete suite to find every fault.
pub(crate) const EXTRA_STATES: usize = 1;

/// How many walks there are in each instance.
pub(crate) const WALKS: u64 = 200;

/// Carried instances whose suites are small.
const SMALL: &[&str] = &[
    "rivals",
    "known",
    "tiny",
    "filing",
    "partial",
    "torn",
    "fair",
    "resend",
    "relay",
    "overtaking",
    "again",
    "completed",
    "direct",
    "nobody",
    "members",
];
