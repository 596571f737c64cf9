//! Explores one instance, as far as it may.

use std::thread;
use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model};

use super::bounds::{Bounds, Pins};
use super::engine::{End, Explorable, Limits, Short, Visited, search};
use super::machine::{Choice, HOLDS, Machine};
use super::plan::{Budget, Engine, Plan};
use super::witness::Trace;
use crate::model::{PROPERTIES, Packed, Property, Rules};

/// What one exploration came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How many different states can be reached, or were until it stopped.
    pub states: u64,
    /// How many transitions lead from one to another, or back.
    pub transitions: u64,
    /// How many steps lead to the state that is farthest from the start; where it stopped, to how many everything was seen.
    pub depth: u64,
    /// Why it has not seen everything, if it has not.
    pub stopped: Option<Stopped>,
    /// The chance that two states were taken for one, so that what follows one of them was not seen.
    pub confused: f64,
    /// What was found of each property, in the order of [`PROPERTIES`].
    pub findings: Vec<Finding>,
    /// The numbers that the bounds file states, where they are not those that were counted.
    pub moved: Option<Pins>,
    /// How long it took.
    pub elapsed: Duration,
}

/// A search that ended before it had seen everything.
#[derive(Clone, Copy, Debug)]
pub struct Stopped {
    /// What it ran out of.
    pub by: Budget,
    /// How many states it had found and not looked at.
    pub waiting: u64,
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
    /// No counterexample exists within the bounds, or in that part of them which was seen.
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
    /// Whether every property holds or is untested for a stated reason, the numbers are those of the file, and everything
    /// was seen.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.stopped.is_none() && !self.failed()
    }

    /// Whether something is wrong, however much was seen.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.moved.is_some()
            || self.findings.iter().any(|finding| match &finding.tested {
                Tested::Fails(_) | Tested::Unexpected { .. } => true,
                Tested::Holds { .. } => false,
                // What was not seen may have tested it.
                Tested::Untested { why } => why.is_none() && self.stopped.is_none(),
            })
    }
}

/// Explores `bounds` under `rules` as `plan` says; `progress` is told now and then how many states were found.
///
/// The search is breadth first, so that a counterexample is as short as any. A property that fails is switched off, and the
/// search starts again for the others; the numbers are those of the last search. It ends early when it runs out of what
/// the plan allows, and its outcome says so.
///
/// ```
/// use spoolproof::check::{Bounds, Plan, SHIPPED_BOUNDS, run};
/// use spoolproof::model::Rules;
///
/// let (name, text) = SHIPPED_BOUNDS.iter().find(|(name, _)| *name == "tiny").unwrap();
/// let bounds = Bounds::parse(name, text).unwrap();
/// assert!(run(&bounds, &Rules::defaults(), &Plan::default(), &mut |_| {}).passed());
/// ```
#[must_use]
pub fn run(bounds: &Bounds, rules: &Rules, plan: &Plan, progress: &mut dyn FnMut(u64)) -> Outcome {
    let start = Instant::now();
    let deadline = plan.time.and_then(|time| start.checked_add(time));
    let mut traces: Vec<Option<Trace>> = PROPERTIES.iter().map(|_| None).collect();
    loop {
        let active = (0..).zip(&traces).fold(0, |bits, (index, trace)| bits | (u64::from(trace.is_none()) << index));
        let machine = Machine::new(bounds.scope.clone(), *rules, active);
        let explored = match plan.engine {
            Engine::Own => explore(&machine, bounds, plan, deadline, progress),
            Engine::Stateright => explore_with_stateright(machine, progress),
        };
        if let Some((broken, path)) = explored.broken {
            let property = usize::from(broken);
            let steps = path.into_iter().map(|(state, choice)| (state.unpack(), choice.index));
            traces[property] = Some(Trace::replay(bounds, rules, &PROPERTIES[property], steps));
            continue;
        }
        let counted = Pins { states: explored.states, transitions: explored.transitions };
        // Other readings lead elsewhere; the file speaks of the defaults, and of all states.
        let comparable = *rules == Rules::defaults() && explored.stopped.is_none();
        let exact = plan.engine == Engine::Own && plan.visited == Visited::Exact;
        return Outcome {
            states: counted.states,
            transitions: counted.transitions,
            depth: explored.depth,
            stopped: explored.stopped,
            confused: if exact { 0.0 } else { chance_of_confusion(counted.states) },
            findings: findings(bounds, *rules == Rules::defaults(), traces, &explored.tested),
            moved: bounds.pins.filter(|pins| comparable && *pins != counted),
            elapsed: start.elapsed(),
        };
    }
}

/// What one search came to.
struct Explored {
    states: u64,
    transitions: u64,
    depth: u64,
    stopped: Option<Stopped>,
    tested: [u64; PROPERTIES.len()],
    /// The property that was broken, and the way to where it was.
    broken: Option<(u8, Vec<(Packed, Choice)>)>,
}

fn explore(
    machine: &Machine,
    bounds: &Bounds,
    plan: &Plan,
    deadline: Option<Instant>,
    progress: &mut dyn FnMut(u64),
) -> Explored {
    let limits = Limits {
        threads: plan.threads,
        visited: plan.visited,
        keeps_graph: false,
        memory: plan.memory,
        deadline,
        expected: bounds.pins.map_or(0, |pins| pins.states),
    };
    let search = search(machine, &limits, progress);
    let (broken, short) = match search.end {
        End::Closed => (None, None),
        End::Broken(path) => (machine.broken(&path.last).map(|broken| (broken, path.steps)), None),
        End::Short(short) => (None, Some(short)),
    };
    let budget = short.map(|short| match short {
        Short::Memory => Budget::Memory(plan.memory),
        Short::Time => Budget::Time(plan.time.unwrap_or_default()),
        Short::Numbers => Budget::Numbers,
    });
    Explored {
        states: search.states,
        transitions: search.transitions,
        depth: search.depth,
        stopped: budget.map(|by| Stopped { by, waiting: search.waiting }),
        tested: machine.tested(),
        broken,
    }
}

fn explore_with_stateright(machine: Machine, progress: &mut dyn FnMut(u64)) -> Explored {
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
    let broken = checker.discovery(HOLDS).map(|path| {
        let path = path.into_vec();
        let broken = path.last().and_then(|(state, _)| state.broken()).unwrap_or_default();
        (broken, path.into_iter().filter_map(|(state, choice)| Some((state, choice?))).collect())
    });
    Explored {
        states: checker.unique_state_count() as u64,
        // The first state is counted although nothing leads to it.
        transitions: checker.state_count() as u64 - 1,
        depth: checker.max_depth() as u64 - 1,
        stopped: None,
        tested: checker.model().tested(),
        broken,
    }
}

/// How long a search goes on unseen.
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// The chance that two of so many states have one fingerprint of 64 bits.
fn chance_of_confusion(states: u64) -> f64 {
    (states as f64).powi(2) / 2_f64.powi(65)
}

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
