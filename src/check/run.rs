//! Explores one instance to the end.

use std::thread;
use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model};

use super::bounds::{Bounds, Pins};
use super::machine::{HOLDS, Machine};
use super::witness::Trace;
use crate::model::{PROPERTIES, Property, Rules};

/// What one exploration came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How many different states can be reached.
    pub states: u64,
    /// How many transitions lead from one to another, or back.
    pub transitions: u64,
    /// How many steps lead to the state that is farthest from the start.
    pub depth: u64,
    /// What was found of each property, in the order of [`PROPERTIES`].
    pub findings: Vec<Finding>,
    /// The numbers that the bounds file states, where they are not those that were counted.
    pub moved: Option<Pins>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What was found of one property.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The property.
    pub property: &'static Property,
    /// Whether it holds.
    pub tested: Tested,
}

/// Whether a property holds within the bounds.
#[derive(Clone, Debug)]
pub enum Tested {
    /// A counterexample exists: this is a shortest one.
    Fails(Box<Trace>),
    /// No counterexample exists within the bounds.
    Holds {
        /// In how many states it was tested.
        states: u64,
    },
    /// It applied nowhere, so that nothing was learned of it.
    Untested {
        /// Why the bounds file expects that, if it does.
        why: Option<String>,
    },
    /// The bounds file says that it is not tested, and it was.
    Unexpected {
        /// In how many states it was tested.
        states: u64,
    },
}

impl Outcome {
    /// Whether every property holds or is untested for a stated reason, and the numbers are those of the file.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.moved.is_none()
            && self.findings.iter().all(|finding| match &finding.tested {
                Tested::Fails(_) | Tested::Unexpected { .. } => false,
                Tested::Holds { .. } => true,
                Tested::Untested { why } => why.is_some(),
            })
    }
}

/// Explores `bounds` to the end under `rules`; `progress` is told now and then how many states were found.
///
/// The search is breadth first and on one thread, so that a counterexample is as short as any. A property that fails is
/// switched off, and the search starts again for the others; the numbers are those of the last search, which closed.
/// States are told apart by 64 bits: with a million of them, the chance that two were taken for one is below 10⁻⁷.
///
/// ```
/// use spoolproof::check::{Bounds, SHIPPED_BOUNDS, run};
/// use spoolproof::model::Rules;
///
/// let (name, text) = SHIPPED_BOUNDS.iter().find(|(name, _)| *name == "tiny").unwrap();
/// let bounds = Bounds::parse(name, text).unwrap();
/// assert!(run(&bounds, &Rules::defaults(), &mut |_| {}).passed());
/// ```
#[must_use]
pub fn run(bounds: &Bounds, rules: &Rules, progress: &mut dyn FnMut(u64)) -> Outcome {
    let start = Instant::now();
    let mut traces: Vec<Option<Trace>> = PROPERTIES.iter().map(|_| None).collect();
    loop {
        let active = (0..).zip(&traces).fold(0, |bits, (index, trace)| bits | (u64::from(trace.is_none()) << index));
        let machine = Machine::new(bounds.scope.clone(), *rules, active);
        let mut checker = machine.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs();
        let mut pause = Duration::from_millis(1);
        for handle in checker.handles() {
            while !handle.is_finished() {
                thread::park_timeout(pause);
                pause = (pause * 2).min(PAUSE_MAX);
                progress(checker.unique_state_count() as u64);
            }
            handle.join().expect("the search does not panic");
        }
        let tested = checker.model().tested();
        let Some(path) = checker.discovery(HOLDS) else {
            let counted = Pins {
                states: checker.unique_state_count() as u64,
                // The first state is counted although nothing leads to it.
                transitions: checker.state_count() as u64 - 1,
            };
            // Other readings lead elsewhere; the file speaks of the defaults.
            let by_default = *rules == Rules::defaults();
            return Outcome {
                states: counted.states,
                transitions: counted.transitions,
                depth: checker.max_depth() as u64 - 1,
                findings: findings(bounds, by_default, traces, &tested),
                moved: bounds.pins.filter(|pins| by_default && *pins != counted),
                elapsed: start.elapsed(),
            };
        };
        let path = path.into_vec();
        let broken = path.last().and_then(|(state, _)| state.broken()).map_or(0, usize::from);
        let steps = path.into_iter().filter_map(|(state, choice)| choice.map(|choice| (state.unpack(), choice.index)));
        traces[broken] = Some(Trace::replay(bounds, rules, &PROPERTIES[broken], steps));
    }
}

/// How long the search goes on unseen.
const PAUSE_MAX: Duration = Duration::from_millis(100);

fn findings(bounds: &Bounds, expected: bool, traces: Vec<Option<Trace>>, tested: &[u64]) -> Vec<Finding> {
    let rows = PROPERTIES.iter().zip(traces).zip(tested);
    rows.map(|((property, trace), states)| {
        let why = bounds.untested.get(property.name);
        let tested = match (trace, *states, why) {
            (Some(trace), ..) => Tested::Fails(Box::new(trace)),
            (None, 0, why) => Tested::Untested { why: why.cloned() },
            (None, states, Some(_)) if expected => Tested::Unexpected { states },
            (None, states, _) => Tested::Holds { states },
        };
        Finding { property, tested }
    })
    .collect()
}
