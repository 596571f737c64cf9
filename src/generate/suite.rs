//! A suite: the cases for one goal within some bounds, and what they come to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use fixedbitset::FixedBitSet;
use petgraph::graph::{DiGraph, EdgeIndex};

use super::behaviour::Behaviour;
use super::case::Case;
use super::complete::complete;
use super::moves::LeftOut;
use super::pairs::pairs;
use super::requirements::{Named, Reached};
use super::tour::tours;
use super::walks::{Walking, walks};
use crate::check::{Bounds, Budget};
use crate::model::{Rules, all_clauses};

/// What a suite is to cover.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// Every call in every state, with every answer that a case can go on from.
    Transitions,
    /// Every two of these that can follow each other.
    Pairs,
    /// Every clause of every requirement, under the defaults and under these readings where they lead elsewhere.
    Requirements(Vec<Named>),
    /// Every fault of a provider that has so many states more than the rules, at most.
    Complete(usize),
    /// Chance.
    Walks(Walking),
}

/// Instances for suites alone, as [`SHIPPED_BOUNDS`](crate::check::SHIPPED_BOUNDS) has those for checks: name and text.
pub const SUITE_BOUNDS: &[(&str, &str)] = &[
    ("direct", include_str!("../../models/suites/direct.toml")),
    ("nobody", include_str!("../../models/suites/nobody.toml")),
    ("members", include_str!("../../models/suites/members.toml")),
];

/// What was generated for a goal within one instance.
#[derive(Clone, Debug)]
pub struct Part {
    /// The name of the bounds.
    pub bounds: String,
    /// The cases.
    pub cases: Vec<Case>,
    /// How many things there are to cover, and are covered.
    pub goals: usize,
    /// What no suite for the goal is shorter than, where that is known.
    pub bound: Option<u64>,
    /// What no case covers, by the reason.
    pub left_out: BTreeMap<LeftOut, Vec<String>>,
}

/// What was generated for a goal.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The goal.
    pub goal: Goal,
    /// One for each instance.
    pub parts: Vec<Part>,
    /// What no instance covers, by the reason. Nothing is said of that where some are not done.
    pub missed: BTreeMap<LeftOut, Vec<String>>,
    /// The names of the bounds that are not done, as somebody wanted it to end before.
    pub not_done: Vec<String>,
}

/// An instance could not be explored to its end.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{bounds}` was not explored to its end: the search stopped at {budget}")]
pub struct NotExplored {
    /// The name of the bounds.
    pub bounds: String,
    /// What ran out.
    pub budget: Budget,
}

impl Goal {
    /// Its name, which begins the ids of its cases.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Transitions => "transitions",
            Self::Pairs => "pairs",
            Self::Requirements(_) => "requirements",
            Self::Complete(_) => "complete",
            Self::Walks(_) => "walks",
        }
    }

    /// What it counts.
    #[must_use]
    pub const fn counts(&self) -> &'static str {
        match self {
            Self::Transitions => "transitions",
            Self::Pairs => "pairs of transitions",
            Self::Requirements(_) => "clauses of requirements",
            Self::Complete(_) => "states",
            Self::Walks(_) => "walks",
        }
    }

    /// The cases for it in each of `all`, in so many bytes for each. Where `stop` is set by somebody, the instance that is
    /// being worked on and those behind it are not done.
    ///
    /// # Errors
    ///
    /// When an instance is too large.
    pub fn generate(&self, all: &[Bounds], memory: u64, stop: &AtomicBool) -> Result<Suite, NotExplored> {
        let mut reached = Reached::default();
        let mut parts = Vec::new();
        for bounds in all {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            match self.part(bounds, memory, stop, &mut reached) {
                Ok(part) => parts.push(part),
                Err(Budget::Interruption) => break,
                Err(budget) => return Err(NotExplored { bounds: bounds.name.clone(), budget }),
            }
        }
        let not_done: Vec<String> = all[parts.len()..].iter().map(|bounds| bounds.name.clone()).collect();
        let ids: BTreeSet<&str> =
            all_clauses().flat_map(|clause| clause.cites.iter().flat_map(|cite| cite.ids.iter().copied())).collect();
        let missed = match self {
            Self::Requirements(_) if not_done.is_empty() => reached.missed(ids.into_iter()),
            Self::Requirements(_) | Self::Transitions | Self::Pairs | Self::Complete(_) | Self::Walks(_) => {
                BTreeMap::new()
            }
        };
        Ok(Suite { goal: self.clone(), parts, missed, not_done })
    }

    /// The cases for it in one instance, for what no instance before it has reached.
    fn part(&self, bounds: &Bounds, memory: u64, stop: &AtomicBool, reached: &mut Reached) -> Result<Part, Budget> {
        let part = |cases: Vec<Case>, goals, left_out| Part {
            bounds: bounds.name.clone(),
            cases,
            goals,
            bound: None,
            left_out,
        };
        if let Self::Walks(walking) = self {
            let cases = walks(bounds, &Rules::defaults(), *walking);
            let goals = cases.len();
            return Ok(part(cases, goals, BTreeMap::new()));
        }
        let behaviour = Behaviour::new(bounds, &Rules::defaults(), memory, stop)?;
        Ok(match self {
            Self::Transitions | Self::Walks(_) => transitions(&behaviour),
            Self::Pairs => all_pairs(&behaviour),
            Self::Requirements(readings) => {
                let known = reached.len();
                let cases = reached.cases((bounds, &behaviour), readings, memory, stop)?;
                part(cases, reached.len() - known, BTreeMap::new())
            }
            Self::Complete(extra_states) => {
                let found = complete(&behaviour, *extra_states);
                part(found.cases, found.states, found.left_out)
            }
        })
    }
}

impl Suite {
    /// Its cases, in order.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.parts.iter().flat_map(|part| &part.cases)
    }
}

impl Part {
    /// How many calls its cases make, a `reset` for each of them included.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.cases.iter().map(Case::length).sum()
    }
}

fn transitions(behaviour: &Behaviour) -> Part {
    let tours = tours(&behaviour.graph, behaviour.start);
    let mut known = FixedBitSet::with_capacity(behaviour.graph.edge_count());
    let count = tours.ways.len();
    let cases = tours.ways.iter().enumerate().map(|(at, way)| {
        let new = way.iter().filter(|edge| !known.put(edge.index()));
        let covers = new.map(|edge| behaviour.line(*edge)).collect();
        Case::new(&behaviour.scribe, head("transitions", behaviour, (at, count)), behaviour.along(way), covers)
    });
    Part {
        bounds: behaviour.name.clone(),
        cases: cases.collect(),
        goals: behaviour.graph.edge_count(),
        bound: Some(tours.bound),
        left_out: behaviour.left_out.clone(),
    }
}

fn all_pairs(behaviour: &Behaviour) -> Part {
    let (graph, start) = pairs(behaviour);
    let tours = tours(&graph, start);
    let mut known = FixedBitSet::with_capacity(graph.edge_count());
    let count = tours.ways.len();
    let cases = tours.ways.iter().enumerate().map(|(at, pairs)| {
        let new = pairs.iter().filter(|pair| !known.put(pair.index())).count();
        let way: Vec<EdgeIndex> = pairs.iter().filter_map(|pair| second(&graph, *pair)).collect();
        let covers = vec![format!("{new} pairs of calls that no case before it makes in a row")];
        Case::new(&behaviour.scribe, head("pairs", behaviour, (at, count)), behaviour.along(&way), covers)
    });
    Part {
        bounds: behaviour.name.clone(),
        cases: cases.collect(),
        goals: graph.edge_count() - graph.edges(start).count(),
        bound: Some(tours.bound),
        left_out: behaviour.left_out.clone(),
    }
}

/// The move that is the second of a pair.
fn second(graph: &DiGraph<Option<EdgeIndex>, ()>, pair: EdgeIndex) -> Option<EdgeIndex> {
    graph.edge_endpoints(pair).and_then(|(_, to)| graph[to])
}

/// The id and the title of a case.
fn head(goal: &str, behaviour: &Behaviour, (at, count): (usize, usize)) -> (String, String) {
    let (bounds, number, width) = (&behaviour.name, at + 1, count.to_string().len());
    (format!("{goal}/{bounds}-{number:0width$}"), format!("Covers {goal} of `{bounds}`, {number} of {count}"))
}
