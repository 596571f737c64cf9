//! Explores one instance, as far as it may.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model};

use super::bounds::{Bounds, Pins};
use super::course::Course;
use super::engine::{End, Explorable, Graph, Limits, Short, Visited, search};
use super::fair::{self, Promise};
use super::machine::{Choice, HOLDS, Machine, Node};
use super::plan::{Budget, Engine, Plan};
use super::witness::Trace;
use crate::model::{PROPERTIES, Property, Rules, Symmetry, World};

/// What one exploration came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How many different states can be reached, or were until it stopped.
    pub states: u64,
    /// What the states stand for that were counted, here and below.
    pub counted: Counted,
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
    /// What was found of what must come about at last.
    pub liveness: Liveness,
    /// The numbers that the bounds file states, where they are not those that were counted.
    pub moved: Option<Pins>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What is counted in an exploration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Counted {
    /// All states, each for itself.
    States,
    /// One state for all those that are equal to it but for the names of interchangeable messages and recipients.
    Representatives {
        /// How many states there are in all, if the bounds file says so.
        of: Option<u64>,
    },
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

/// Whether a property, or an obligation, holds within the bounds.
#[derive(Clone, Debug)]
pub enum Tested<Counterexample = Trace> {
    /// A counterexample exists: this one. That of a property is as short as any.
    Fails(Box<Counterexample>),
    /// No counterexample exists within the bounds, or in that part of them which was seen.
    Holds {
        /// In how many states it was tested: where it applied, or was still to be met.
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

/// What was found of what must come about at last.
#[derive(Clone, Debug)]
pub enum Liveness {
    /// The bounds file says nothing of who is assumed to go on, so that nothing was asked.
    Unasked,
    /// It could not be judged.
    NotJudged(NotJudged),
    /// What was found of each obligation, in the order of [`OBLIGATIONS`](crate::model::OBLIGATIONS).
    Judged(Vec<Promise>),
}

/// Why it was not judged what happens at last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotJudged {
    /// The search has not seen every state.
    Partial,
    /// stateright's search does not tell its graph.
    NoGraph,
    /// One state stood for several.
    Symmetry,
    /// The graph does not fit the memory that may be used, in bytes.
    Memory(u64),
    /// Somebody wanted it to end.
    Interruption,
}

/// As a sentence goes on after a colon.
impl fmt::Display for NotJudged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partial => f.write_str("not every state was seen"),
            Self::NoGraph => f.write_str("stateright's search does not tell how it went from state to state"),
            Self::Symmetry => {
                f.write_str("one state stands for several, and who is left waiting is lost with the names")
            }
            Self::Memory(bytes) => write!(f, "the graph does not fit {}", Budget::Memory(*bytes)),
            Self::Interruption => f.write_str("it was interrupted"),
        }
    }
}

impl<Counterexample> Tested<Counterexample> {
    /// What is to be said of what was tested in so many `states`; `why` the bounds file says that it is not, and whether its
    /// word is to hold here.
    pub(super) fn new(broken: Option<Counterexample>, states: u64, why: Option<&String>, expected: bool) -> Self {
        match (broken, states, why) {
            (Some(broken), ..) => Self::Fails(Box::new(broken)),
            (None, 0, why) => Self::Untested { why: why.cloned() },
            (None, states, Some(_)) if expected => Self::Unexpected { states },
            (None, states, _) => Self::Holds { states },
        }
    }

    /// The counterexample, if there is one.
    #[must_use]
    pub fn counterexample(&self) -> Option<&Counterexample> {
        match self {
            Self::Fails(counterexample) => Some(counterexample),
            Self::Holds { .. } | Self::Untested { .. } | Self::Unexpected { .. } => None,
        }
    }

    /// Whether something is wrong; `partial`: not everything was seen.
    const fn failed(&self, partial: bool) -> bool {
        match self {
            Self::Fails(_) | Self::Unexpected { .. } => true,
            Self::Holds { .. } => false,
            // What was not seen may have tested it.
            Self::Untested { why } => why.is_none() && !partial,
        }
    }
}

impl Outcome {
    /// Whether every property and every obligation holds or is untested for a stated reason, the numbers are those of the
    /// file, and everything was seen.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.inconclusive() && !self.failed()
    }

    /// Whether something was asked, and not all of it could be looked at.
    #[must_use]
    pub const fn inconclusive(&self) -> bool {
        self.stopped.is_some() || matches!(self.liveness, Liveness::NotJudged(_))
    }

    /// The obligations with what was found of each, if they were judged.
    #[must_use]
    pub fn promises(&self) -> &[Promise] {
        match &self.liveness {
            Liveness::Judged(promises) => promises,
            Liveness::Unasked | Liveness::NotJudged(_) => &[],
        }
    }

    /// A fair run for each obligation that fails, in their order.
    pub fn courses(&self) -> impl Iterator<Item = &Course> {
        self.promises().iter().filter_map(|promise| promise.tested.counterexample())
    }

    /// Whether something is wrong, however much was seen.
    #[must_use]
    pub fn failed(&self) -> bool {
        let partial = self.stopped.is_some();
        self.moved.is_some()
            || self.findings.iter().any(|finding| finding.tested.failed(partial))
            || self.promises().iter().any(|promise| promise.tested.failed(partial))
    }
}

/// Explores `bounds` under `rules` as `plan` says; `progress` is told now and then how many states were found.
///
/// The search is breadth first, so that a counterexample is as short as any. A property that fails is switched off, and the
/// search starts again for the others; the numbers are those of the last search. It ends early when it runs out of what
/// the plan allows, or when the plan's `stop` is set, and its outcome says so.
///
/// Where the bounds file says who is assumed to go on, the obligations are judged on the graph of that last search: a step
/// that breaks a property which is switched off is one like any other, and no state is an end because of it.
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
    let symmetry = (plan.symmetry && plan.engine == Engine::Own).then(|| Symmetry::of(&bounds.scope));
    let symmetry = symmetry.filter(|symmetry| !symmetry.is_trivial());
    let mut traces: Vec<Option<Trace>> = PROPERTIES.iter().map(|_| None).collect();
    loop {
        let active = (0..).zip(&traces).fold(0, |bits, (index, trace)| bits | (u64::from(trace.is_none()) << index));
        let machine = Machine::new(bounds.scope.clone(), *rules, active).with_symmetry(symmetry.clone());
        let mut explored = match plan.engine {
            Engine::Own => explore(machine, bounds, plan, (deadline, symmetry.is_none()), progress),
            Engine::Stateright => explore_with_stateright(machine, progress),
        };
        if let Some((broken, path)) = explored.broken {
            let property = usize::from(broken);
            traces[property] = Some(Trace::replay(bounds, rules, &PROPERTIES[property], path.into_iter()));
            continue;
        }
        let counted = Pins { states: explored.states, transitions: explored.transitions };
        // Other readings lead elsewhere; the file speaks of the defaults, and of all states.
        let stated = bounds.pins.filter(|_| *rules == Rules::defaults());
        let comparable = symmetry.is_none() && explored.stopped.is_none();
        let graph = explored.graph.take();
        let exact = graph.is_some() || (plan.engine == Engine::Own && plan.visited == Visited::Exact);
        return Outcome {
            states: counted.states,
            counted: match symmetry {
                None => Counted::States,
                Some(_) => Counted::Representatives { of: stated.map(|pins| pins.states) },
            },
            transitions: counted.transitions,
            depth: explored.depth,
            stopped: explored.stopped,
            confused: if exact { 0.0 } else { chance_of_confusion(counted.states) },
            findings: findings(bounds, *rules == Rules::defaults(), traces, &explored.tested),
            liveness: match (&bounds.fairness, graph) {
                (None, _) => Liveness::Unasked,
                (Some(_), _) if explored.stopped.is_some() => Liveness::NotJudged(NotJudged::Partial),
                (Some(_), None) if symmetry.is_some() => Liveness::NotJudged(NotJudged::Symmetry),
                (Some(_), None) => Liveness::NotJudged(NotJudged::NoGraph),
                (Some(assumptions), Some((machine, graph))) => {
                    let judged = fair::judge((bounds, rules), assumptions, &machine, graph, plan);
                    judged.map_or_else(Liveness::NotJudged, Liveness::Judged)
                }
            },
            moved: stated.filter(|pins| comparable && *pins != counted),
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
    broken: Option<(u8, Vec<(World, u16)>)>,
    /// What was searched, and its graph, if it was kept.
    graph: Option<(Machine, Graph<Node>)>,
}

fn explore(
    machine: Machine,
    bounds: &Bounds,
    plan: &Plan,
    (deadline, all): (Option<Instant>, bool),
    progress: &mut dyn FnMut(u64),
) -> Explored {
    let limits = Limits {
        threads: plan.threads,
        visited: plan.visited,
        keeps_graph: all && bounds.fairness.is_some(),
        memory: plan.memory,
        deadline,
        stop: &plan.stop,
        expected: bounds.pins.filter(|_| all).map_or(0, |pins| pins.states),
    };
    let search = search(&machine, &limits, progress);
    let (broken, short) = match search.end {
        End::Closed => (None, None),
        End::Broken(path) => (machine.broken(&path.last).map(|broken| (broken, way(&machine, path.steps))), None),
        End::Short(short) => (None, Some(short)),
    };
    let budget = short.map(|short| match short {
        Short::Memory => Budget::Memory(plan.memory),
        Short::Time => Budget::Time(plan.time.unwrap_or_default()),
        Short::Numbers => Budget::Numbers,
        Short::Interruption => Budget::Interruption,
    });
    Explored {
        states: search.states,
        transitions: search.transitions,
        depth: search.depth,
        stopped: budget.map(|by| Stopped { by, waiting: search.waiting }),
        tested: machine.tested(),
        broken,
        graph: search.graph.map(|graph| (machine, graph)),
    }
}

/// The states of a path, each with the place of what happens in it.
fn way(machine: &Machine, path: impl IntoIterator<Item = (Node, Choice)>) -> Vec<(World, u16)> {
    path.into_iter().map(|(node, choice)| (machine.world(&node), choice.index)).collect()
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
        (broken, way(checker.model(), path.into_iter().filter_map(|(state, choice)| Some((state, choice?)))))
    });
    Explored {
        states: checker.unique_state_count() as u64,
        // The first state is counted although nothing leads to it.
        transitions: checker.state_count() as u64 - 1,
        depth: checker.max_depth() as u64 - 1,
        stopped: None,
        tested: checker.model().tested(),
        broken,
        graph: None,
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
        let tested = Tested::new(trace, *states, bounds.untested.get(property.name), expected);
        Finding { property, tested }
    })
    .collect()
}
