//! Shortest histories that make a clause apply which a requirement is stated by: under the defaults, and under each other
//! reading where it leads elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::behaviour::Behaviour;
use super::case::Case;
use super::moves::{LeftOut, Move, Stimulus};
use crate::check::{Bounds, Budget};
use crate::model::{
    AMBIGUITIES, Action, Call, Clause, Dims, Reply, Rules, Session, Step, World, all_clauses, clauses_of_callers, steps,
};
use crate::spec::{Catalogue, Stance};

/// A reading, as `("B1", "SampleStore")`.
pub type Named = (String, String);

/// The readings that a provider may follow, if it says so or without a word, and that the model knows; the defaults among
/// them.
#[must_use]
pub fn permitted_readings(catalogue: &Catalogue) -> Vec<Named> {
    let known = AMBIGUITIES.iter().filter_map(|(_, id, _)| catalogue.ambiguity(id));
    let permitted = known.flat_map(|row| {
        let readings = row.readings.iter().filter(|reading| reading.stance != Stance::Rejected);
        readings.map(|reading| (row.id.clone(), reading.name.clone()))
    });
    permitted.collect()
}

/// What has been reached so far.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// A requirement, a clause that states it, and the reading, if it is not the default.
    goals: BTreeSet<(&'static str, &'static str, Option<Named>)>,
}

/// A goal in words, and the move that reaches it.
type Found = BTreeMap<EdgeIndex, Vec<String>>;

impl Reached {
    /// The cases of one instance for what no instance before it has reached.
    pub(super) fn cases(
        &mut self,
        (bounds, by_default): (&Bounds, &Behaviour),
        readings: &[Named],
        memory: u64,
        stop: &AtomicBool,
    ) -> Result<Vec<Case>, Budget> {
        let found = self.found(by_default, None, |_| true);
        let mut cases = cases(by_default, &by_default.name, &found, |_| true);
        let asked = asked(by_default, bounds);
        let defaults = Rules::defaults();
        for reading in readings {
            if !asked.iter().any(|dim| format!("{dim:?}") == reading.0) {
                continue;
            }
            let mut rules = defaults;
            rules.declare(&reading.0, &reading.1);
            let differs = |behaviour: &Behaviour, edge: EdgeIndex| {
                let (before, made) = (behaviour.before(edge), &behaviour.graph[edge]);
                let first = |rules: &Rules| first(before, made.stimulus, bounds, rules);
                made.place == 0 && first(&rules) != first(&defaults)
            };
            // Where every first answer is that of the defaults, every way is too.
            if !by_default.graph.edge_indices().any(|edge| differs(by_default, edge)) {
                continue;
            }
            let behaviour = Behaviour::new(bounds, &rules, memory, stop)?;
            let found = self.found(&behaviour, Some(reading), |edge| differs(&behaviour, edge));
            let name = format!("{}-{}-{}", by_default.name, reading.0, reading.1);
            cases.extend(self::cases(&behaviour, &name, &found, |made| made.place == 0));
        }
        Ok(cases)
    }

    /// How many goals were reached.
    pub(super) fn len(&self) -> usize {
        self.goals.len()
    }

    /// The goals that the moves of a graph are the first to reach, each at the move with the shortest way to it.
    fn found(&mut self, behaviour: &Behaviour, reading: Option<&Named>, counts: impl Fn(EdgeIndex) -> bool) -> Found {
        let mut found = Found::new();
        let steerable = |made: &Move| reading.is_none() || made.place == 0;
        for edge in nearest_first(behaviour, steerable).into_iter().filter(|edge| counts(*edge)) {
            for (clause, id) in behaviour.graph[edge].decides.iter().copied() {
                if self.goals.insert((id, clause.name, reading.cloned())) {
                    let reads = reading.map(|(id, name)| format!(", as {id}={name} reads it")).unwrap_or_default();
                    found.entry(edge).or_default().push(format!("{id}{reads}: {}", clause.says()));
                }
            }
        }
        found
    }

    /// Of `ids`, those that no goal names, with the reason.
    pub(super) fn missed<'c>(&self, ids: impl Iterator<Item = &'c str>) -> BTreeMap<LeftOut, Vec<String>> {
        let mut missed: BTreeMap<LeftOut, Vec<String>> = BTreeMap::new();
        for id in ids.filter(|id| !self.goals.iter().any(|(reached, ..)| reached == id)) {
            let stating: Vec<&Clause> =
                all_clauses().filter(|clause| cited(clause).any(|(_, cited)| cited == id)).collect();
            let deviations = !stating.is_empty() && stating.iter().all(|clause| !clause.breaks.is_empty());
            let of_callers = stating.iter().all(|clause| clauses_of_callers().any(|other| other.name == clause.name));
            let why = match (deviations, of_callers) {
                (true, _) => LeftOut::Deviation,
                (false, true) => LeftOut::OfCallers,
                (false, false) => LeftOut::NotEnabled,
            };
            let says: Vec<&str> = stating.iter().map(|clause| clause.says()).collect();
            missed.entry(why).or_default().push(format!("{id}: {}", says.join("; ")));
        }
        missed
    }
}

fn cited(clause: &Clause) -> impl Iterator<Item = (&Clause, &'static str)> {
    clause.cites.iter().flat_map(|cite| cite.ids.iter().copied()).map(move |id| (clause, id))
}

/// The moves that a way along `allowed` ones leads to, those with the shortest ways first.
fn nearest_first(behaviour: &Behaviour, allowed: impl Fn(&Move) -> bool) -> Vec<EdgeIndex> {
    let ways = Ways::new(behaviour, &allowed);
    let mut edges: Vec<EdgeIndex> = behaviour
        .graph
        .edge_references()
        .filter(|edge| allowed(edge.weight()) && ways.distance[edge.source().index()].is_some())
        .map(|edge| edge.id())
        .collect();
    edges.sort_by_key(|edge| {
        let from = behaviour.graph.edge_endpoints(*edge).map(|(from, _)| from.index());
        (from.and_then(|from| ways.distance[from]), *edge)
    });
    edges
}

/// The shortest ways from the start.
pub(super) struct Ways<'a> {
    behaviour: &'a Behaviour,
    distance: Vec<Option<usize>>,
    via: Vec<Option<EdgeIndex>>,
    /// The states that are reached, the nearest first.
    pub(super) order: Vec<NodeIndex>,
}

impl<'a> Ways<'a> {
    /// Those along moves that are `allowed`.
    pub(super) fn new(behaviour: &'a Behaviour, allowed: impl Fn(&Move) -> bool) -> Self {
        let nodes = behaviour.graph.node_count();
        let (mut distance, mut via) = (vec![None; nodes], vec![None; nodes]);
        distance[behaviour.start.index()] = Some(0);
        let mut order = vec![behaviour.start];
        let mut done = 0;
        while let Some(&node) = order.get(done) {
            done += 1;
            let mut edges: Vec<_> = behaviour.graph.edges_directed(node, Direction::Outgoing).collect();
            edges.sort_by_key(|edge| edge.id());
            for edge in edges.into_iter().filter(|edge| allowed(edge.weight())) {
                let to = edge.target().index();
                if distance[to].is_none() {
                    distance[to] = distance[node.index()].map(|distance: usize| distance + 1);
                    via[to] = Some(edge.id());
                    order.push(edge.target());
                }
            }
        }
        Self { behaviour, distance, via, order }
    }

    /// The shortest way to a state.
    pub(super) fn to(&self, mut node: NodeIndex) -> Vec<EdgeIndex> {
        let mut way = Vec::new();
        while let Some(edge) = self.via[node.index()] {
            way.push(edge);
            node = self.behaviour.graph.edge_endpoints(edge).expect("the edge is of this graph").0;
        }
        way.reverse();
        way
    }
}

/// One case for each way, but for those that a longer one begins with.
fn cases(behaviour: &Behaviour, name: &str, found: &Found, allowed: impl Fn(&Move) -> bool) -> Vec<Case> {
    let ways = Ways::new(behaviour, allowed);
    let mut all: Vec<(Vec<EdgeIndex>, Vec<String>)> = Vec::new();
    for (edge, goals) in found {
        let (from, _) = behaviour.graph.edge_endpoints(*edge).expect("the edge is of this graph");
        let mut way = ways.to(from);
        way.push(*edge);
        all.push((way, goals.clone()));
    }
    all.sort();
    // In this order a way stands just before those that begin with it.
    let mut kept: Vec<(Vec<EdgeIndex>, Vec<String>)> = Vec::new();
    for (way, goals) in all {
        match kept.last_mut() {
            Some((before, known)) if way.starts_with(before) => {
                *before = way;
                known.extend(goals);
            }
            _ => kept.push((way, goals)),
        }
    }
    let count = kept.len();
    let width = count.to_string().len();
    let cases = kept.into_iter().enumerate().map(|(at, (way, goals))| {
        let number = at + 1;
        let id = format!("requirements/{name}-{number:0width$}");
        let title = format!("Covers requirements in `{name}`, {number} of {count}");
        Case::new(&behaviour.scribe, (id, title), behaviour.along(&way), goals)
    });
    cases.collect()
}

/// The ambiguities on which some answer within the bounds hangs.
fn asked(behaviour: &Behaviour, bounds: &Bounds) -> Dims {
    let mut answers = Vec::new();
    let mut asked = Dims::default();
    for edge in behaviour.graph.edge_indices() {
        for (session, at, call) in calls(behaviour.before(edge), behaviour.graph[edge].stimulus) {
            let entry = &behaviour.before(edge).entries[at];
            let handle = if matches!(call, Call::Restart(_)) { None } else { entry.handle(session) };
            let caller = (session, handle, true);
            let rules = Rules::defaults();
            asked = asked.union(steps(&rules, bounds.scope.profile, caller, entry.message, call, &mut answers));
        }
    }
    asked
}

/// What a move is to each message that it concerns.
fn calls(before: &World, stimulus: Stimulus) -> Vec<(Session, usize, Call)> {
    match stimulus {
        Stimulus::Act(Action::Call { session, message, call }) => vec![(session, usize::from(message), call)],
        Stimulus::Act(Action::Restart(stop)) => {
            let there = before.entries.iter().enumerate().filter(|(_, entry)| entry.message.place.exists());
            there.map(|(at, _)| (Session::Client(1), at, Call::Restart(stop))).collect()
        }
        Stimulus::Act(_) | Stimulus::ReadQueue => Vec::new(),
    }
}

/// What comes of a move where the first answer is given that the rules permit.
fn first(before: &World, stimulus: Stimulus, bounds: &Bounds, rules: &Rules) -> Vec<(Reply, String)> {
    let mut answers = Vec::new();
    let mut all = Vec::new();
    for (session, at, call) in calls(before, stimulus) {
        let entry = &before.entries[at];
        let handle = if matches!(call, Call::Restart(_)) { None } else { entry.handle(session) };
        steps(rules, bounds.scope.profile, (session, handle, true), entry.message, call, &mut answers);
        let plain = answers.iter().find(|step: &&Step| step.is_plain(rules));
        all.extend(plain.map(|step| (step.reply, format!("{:?} {} {:?}", step.next, step.writes, step.calls))));
    }
    all
}
