//! What is asked of a provider by one name: the goals of each suite, and the instances that a goal is covered in.

use super::{Goal, Named, SUITE_BOUNDS, Walking};
use crate::check::{Bounds, SHIPPED_BOUNDS};

/// How much is asked beside the carried cases.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extent {
    /// A case for each clause of each requirement.
    Quick,
    /// These, and every transition of small instances.
    Standard,
    /// These, every pair of transitions, a complete suite and walks by chance.
    Thorough,
}

impl Extent {
    /// What is covered; `readings` are those that are asked for beside the defaults.
    #[must_use]
    pub fn goals(self, readings: Vec<Named>) -> Vec<Goal> {
        let requirements = Goal::Requirements(readings);
        match self {
            Self::Quick => vec![requirements],
            Self::Standard => vec![requirements, Goal::Transitions],
            Self::Thorough => {
                let walking = Walking { seed: 1, walks: WALKS };
                let complete = Goal::Complete(EXTRA_STATES);
                vec![requirements, Goal::Transitions, Goal::Pairs, complete, Goal::Walks(walking)]
            }
        }
    }
}

impl Goal {
    /// The instances that it is covered in unless others are named, smallest first.
    #[must_use]
    pub fn usual_bounds(&self) -> Vec<Bounds> {
        let names: &[&str] = match self {
            Self::Transitions | Self::Pairs => SMALL,
            Self::Requirements(_) => {
                &["rivals", "known", "tiny", "filing", "partial", "fair", "resend", "direct", "nobody", "members"]
            }
            Self::Complete(_) => &["rivals", "tiny"],
            Self::Walks(_) => &["spoolers", "tight", "deep", "preprocess", "finish"],
        };
        names.iter().filter_map(|name| carried(name)).collect()
    }
}

/// The carried bounds of that name, those for suites alone among them.
#[must_use]
pub fn carried(name: &str) -> Option<Bounds> {
    let mut all = SHIPPED_BOUNDS.iter().chain(SUITE_BOUNDS);
    let (name, text) = all.find(|(carried, _)| *carried == name)?;
    Bounds::parse(name, text).ok()
}

/// How many states a provider may have beyond those of the rules, for a complete suite to find every fault.
pub const EXTRA_STATES: usize = 1;

/// How many walks there are in each instance.
const WALKS: u64 = 200;

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
