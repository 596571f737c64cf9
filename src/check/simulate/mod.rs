//! Walks through an instance at random, checks every property on the way, and makes what fails short.
//!
//! It owns chance, the walks and the shrinking. One seed leads to the same walks on every machine; each run takes them
//! twice and compares, so that a result that cannot be repeated is not told at all.

mod chance;
mod kind;
mod render;
mod run;
mod shrink;
mod walk;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use thiserror::Error;

use run::Course;
use shrink::{Shrunk, shrink};
use walk::{Walked, walk};

use super::bounds::Bounds;
use super::witness::Trace;
use crate::model::{PROPERTIES, Property, Rules};

pub(crate) use chance::Chance;
pub use kind::{Actor, Kind};
pub use render::render_simulation;

/// How far to go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Walks {
    /// What chance begins with.
    pub seed: u64,
    /// How many steps are taken in all.
    pub steps: u64,
    /// Among how many walks they are divided, at most; without it, a walk has [`Walks::LONGEST`] steps, and there are as many
    /// as the steps are enough for. A walk may end sooner.
    pub walks: Option<u64>,
}

impl Walks {
    /// How long a walk becomes where nobody says how many there are. What there is to do in an instance is done in far
    /// fewer steps.
    pub const LONGEST: u64 = 256;

    const fn longest(&self) -> u64 {
        match self.walks {
            Some(0) | None => Self::LONGEST,
            Some(walks) => self.steps.div_ceil(walks),
        }
    }
}

/// What all walks came to.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// What chance began with.
    pub seed: u64,
    /// How many steps were taken.
    pub steps: u64,
    /// How many there were to be, if somebody wanted it to end before.
    pub interrupted: Option<u64>,
    /// How many walks they were.
    pub walks: u64,
    /// How many different states were met.
    pub states: u64,
    /// A digest of all that happened: the same for one seed on every machine.
    pub digest: u64,
    /// How often each kind of thing happened.
    pub kinds: BTreeMap<Kind, u64>,
    /// What was seen of each property, in the order of [`PROPERTIES`].
    pub seen: Vec<Seen>,
}

/// What was seen of one property.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The property.
    pub property: &'static Property,
    /// In how many steps it was tested.
    pub tested: u64,
    /// Why the bounds file expects that it is not tested, if it does.
    pub untested: Option<String>,
    /// How it failed, if it did.
    pub failed: Option<Failed>,
}

/// How a property failed.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The way to it, made short.
    pub trace: Trace,
    /// On which walk it failed first, from 1.
    pub walk: u64,
    /// In how many steps it did there.
    pub steps: usize,
    /// Whether it is known that no way is shorter.
    pub shortest: bool,
}

/// The program cannot be relied on: what it did, it did not do again.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum Unsteady {
    /// The second time, the walks went elsewhere.
    #[error("the walks from seed {seed} went two ways, with the digests {first:016x} and {second:016x}")]
    Differs {
        /// What chance began with.
        seed: u64,
        /// What the first time came to.
        first: u64,
        /// What the second time came to.
        second: u64,
    },
    /// A walk that broke a property does not break it when its steps are taken again.
    #[error("walk {walk} broke the rule that {property}, and did not when it was taken again")]
    Lost {
        /// The property.
        property: &'static str,
        /// The walk.
        walk: u64,
    },
}

impl Simulation {
    /// Whether a property failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.seen.iter().any(|seen| seen.failed.is_some())
    }

    /// Whether every property was tested, but for those of which the bounds file says why not.
    #[must_use]
    pub fn tested_all(&self) -> bool {
        self.seen.iter().all(|seen| seen.tested > 0 || seen.untested.is_some())
    }
}

/// Walks through `bounds` under `rules`, twice, and makes short what fails; `progress` is told now and then how many steps
/// were taken. Where `stop` is set by somebody, no walk begins any more, and what there is by then is told.
///
/// That nothing fails says nothing of the ways that were not taken.
///
/// ```
/// use std::sync::atomic::AtomicBool;
///
/// use spoolproof::check::{Bounds, SHIPPED_BOUNDS, Walks, simulate};
/// use spoolproof::model::Rules;
///
/// let (name, text) = SHIPPED_BOUNDS.iter().find(|(name, _)| *name == "tiny").unwrap();
/// let bounds = Bounds::parse(name, text).unwrap();
/// let walks = Walks { seed: 1, steps: 1000, walks: None };
/// let stop = AtomicBool::new(false);
/// assert!(!simulate(&bounds, &Rules::defaults(), &walks, &stop, &mut |_| {}).unwrap().failed());
/// ```
///
/// # Errors
///
/// If what was done once is not done again, which is a mistake in this program.
pub fn simulate(
    bounds: &Bounds,
    rules: &Rules,
    walks: &Walks,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(u64),
) -> Result<Simulation, Unsteady> {
    // Known when the first time is over: so many walks are compared, however many the second time has taken by then.
    let last = AtomicU64::new(u64::MAX);
    let mut interrupted = false;
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(|| {
            let mut digests = Vec::new();
            walk(bounds, rules, walks, &mut |walked| {
                digests.push(walked.digest);
                walked.walks < last.load(Ordering::Relaxed)
            });
            digests
        });
        let first = walk(bounds, rules, walks, &mut |walked| {
            progress(walked.steps);
            interrupted = stop.load(Ordering::Relaxed);
            !interrupted
        });
        last.store(first.walks, Ordering::Relaxed);
        (first, second.join().expect("a walk does not panic"))
    });
    compare(walks.seed, &first, &second)?;
    let mut seen: Vec<Seen> = PROPERTIES
        .iter()
        .zip(first.tested)
        .map(|(property, tested)| Seen {
            property,
            tested,
            untested: bounds.untested.get(property.name).cloned(),
            failed: None,
        })
        .collect();
    for failure in &first.failures {
        let course = Course { bounds, rules, property: failure.property };
        let property = &PROPERTIES[usize::from(failure.property)];
        let run = failure.run(&course).ok_or(Unsteady::Lost { property: property.name, walk: failure.walk })?;
        let Shrunk { run, shortest } = shrink(&course, run);
        let trace = Trace::replay(bounds, rules, property, run.iter().map(|step| (step.world, step.index)));
        let failed = Failed { trace, walk: failure.walk, steps: failure.path.len(), shortest };
        seen[usize::from(failure.property)].failed = Some(failed);
    }
    let Walked { steps, walks: number, states, digest, kinds, .. } = first;
    let interrupted = interrupted.then_some(walks.steps);
    Ok(Simulation { seed: walks.seed, steps, interrupted, walks: number, states, digest, kinds, seen })
}

/// Whether all walks went the same way the second time, of which the digests are given after each walk.
fn compare(seed: u64, first: &Walked, second: &[u64]) -> Result<(), Unsteady> {
    let walks = usize::try_from(first.walks).unwrap_or(usize::MAX).min(second.len());
    let second = walks.checked_sub(1).map_or(first.digest, |last| second[last]);
    let first = first.digest;
    if first == second { Ok(()) } else { Err(Unsteady::Differs { seed, first, second }) }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::run::Course;
    use super::shrink::shrink;
    use super::walk::walk;
    use super::{Unsteady, Walks, compare, simulate};
    use crate::check::{Bounds, SHIPPED_BOUNDS};
    use crate::model::{PROPERTIES, Rules};

    fn tiny() -> Bounds {
        let (name, text) = SHIPPED_BOUNDS.iter().find(|(name, _)| *name == "tiny").expect("tiny bounds");
        Bounds::parse(name, text).expect("shipped bounds are right")
    }

    const WALKS: Walks = Walks { seed: 1, steps: 2_000, walks: None };

    #[test]
    fn walks_that_differ_are_told_apart() {
        let bounds = tiny();
        let go = |seed, rules: Rules| {
            let mut digests = Vec::new();
            let walked = walk(&bounds, &rules, &Walks { seed, ..WALKS }, &mut |walked| {
                digests.push(walked.digest);
                true
            });
            (walked, digests)
        };
        let (first, again) = go(1, Rules::defaults());
        assert_eq!(compare(1, &first, &again), Ok(()));
        assert!(compare(1, &first, &again[..again.len() - 1]).is_err(), "a walk was not taken again");
        let mut other = Rules::defaults();
        other.declare("B1", "SampleStore");
        for (_, second) in [go(2, Rules::defaults()), go(1, other)] {
            let (first, second) = (&first, &second[..first.walks as usize]);
            let differs = Unsteady::Differs { seed: 1, first: first.digest, second: second[second.len() - 1] };
            assert_eq!(compare(1, first, second), Err(differs.clone()));
            let [one, other] = [first.digest, second[second.len() - 1]];
            assert!(differs.to_string().contains(&format!("{one:016x} and {other:016x}")));
        }
    }

    #[test]
    fn walks_that_are_interrupted_are_told_as_far_as_they_went_and_compared_so_far() {
        let bounds = tiny();
        let go = |stop: &AtomicBool, progress: &mut dyn FnMut(u64)| {
            simulate(&bounds, &Rules::defaults(), &WALKS, stop, progress).expect("the same twice")
        };
        let stop = AtomicBool::new(false);
        let part = go(&stop, &mut |steps| stop.store(steps > 1_000, Ordering::Relaxed));
        assert_eq!(part.interrupted, Some(2_000));
        assert!((1_001..2_000).contains(&part.steps), "{}", part.steps);
        // It is what another run begins with: a walk has as many steps whatever is to come.
        let mut walks = 0;
        let again = AtomicBool::new(false);
        let same = go(&again, &mut |_| {
            walks += 1;
            again.store(walks == part.walks, Ordering::Relaxed);
        });
        assert_eq!((same.digest, same.steps, same.states), (part.digest, part.steps, part.states));
        assert_eq!(go(&AtomicBool::new(false), &mut |_| {}).interrupted, None);
    }

    #[test]
    fn every_part_of_a_shrunk_run_is_needed_and_its_last_step_alone_breaks_the_property() {
        let bounds = tiny();
        let mut rules = Rules::defaults();
        rules.declare("B2", "OpenTimeOnly");
        let walked = walk(&bounds, &rules, &WALKS, &mut |_| true);
        assert!(!walked.failures.is_empty());
        for failure in &walked.failures {
            let course = Course { bounds: &bounds, rules: &rules, property: failure.property };
            let run = failure.run(&course).expect("a walk can be taken again");
            assert_eq!(run.len(), failure.path.len());
            let shrunk = shrink(&course, run).run;
            let mut buffers = Default::default();
            let again = course.take(shrunk.iter().copied(), &mut buffers).expect("it can be taken again");
            assert_eq!(again.len(), shrunk.len(), "{}", PROPERTIES[usize::from(failure.property)].name);
            for gone in 0..shrunk.len() {
                let rest = shrunk.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, step)| *step);
                assert!(course.take(rest, &mut buffers).is_none(), "step {gone} can be left out");
            }
        }
    }

    #[test]
    fn a_walk_that_cannot_be_taken_again_is_noticed() {
        let bounds = tiny();
        let mut rules = Rules::defaults();
        rules.declare("B2", "OpenTimeOnly");
        let walked = walk(&bounds, &rules, &WALKS, &mut |_| true);
        let failure = walked.failures.first().expect("a failure");
        let course = Course { bounds: &bounds, rules: &Rules::defaults(), property: failure.property };
        assert!(failure.run(&course).is_none());
    }
}
