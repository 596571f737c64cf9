//! The suites that a run can ask for by name: the carried cases, and how much is generated beside them.

use std::sync::atomic::AtomicBool;

use clap::ValueEnum;

use super::failure::Failure;
use super::library;
use crate::check::Bounds;
use crate::generate::{Extent, Goal, Suite, permitted_readings};
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
        let extent = match self {
            Self::Quick => Extent::Quick,
            Self::Standard => Extent::Standard,
            Self::Thorough => Extent::Thorough,
        };
        let mut cases = library::carried(catalogue)?;
        for goal in extent.goals(permitted_readings(catalogue)) {
            // Nobody listens for signals yet: they end the program.
            let suite = generate(&goal, &goal.usual_bounds(), &AtomicBool::new(false))?;
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

/// How many bytes an instance may take.
const MEMORY: u64 = 2 << 30;
