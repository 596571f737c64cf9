//! A suite with a guarantee: harmonised state identifiers (HSI), for providers with up to `k` states more than the rules.
//!
//! Each state is reached by a shortest way; from there every sequence of up to `k + 1` calls is made, and the state in which
//! that ends is told from every other by calls whose answers differ. What is shown after every call (`observe`), and the
//! objects that the caller holds, tell most states apart at once. The method takes machines in which a call cannot be made
//! in every state, as here: Petrenko and Yevtushenko, "Testing from partial deterministic FSM specifications", 2005.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::behaviour::Behaviour;
use super::case::Case;
use super::moves::{LeftOut, Stimulus};
use super::requirements::Ways;
use super::words;
use crate::model::{Entry, Lock, Message, Place, Tri, World};

/// The cases, and what they come to.
pub(super) struct Complete {
    pub(super) cases: Vec<Case>,
    /// How many states there are.
    pub(super) states: usize,
    /// Pairs of states that nothing tells apart.
    pub(super) left_out: BTreeMap<LeftOut, Vec<String>>,
}

/// A machine that has one answer to each call: the first that the rules list.
struct Machine<'a> {
    behaviour: &'a Behaviour,
    /// The states that are reached so, the nearest first.
    states: Vec<NodeIndex>,
    /// For each node its place among them.
    ranks: Vec<usize>,
    /// For each node the calls that can be made, in their order.
    leaving: Vec<Vec<EdgeIndex>>,
}

/// What each two states that are apart are told apart by first; nothing, where a look is enough.
type Apart = BTreeMap<(NodeIndex, NodeIndex), Option<Stimulus>>;

pub(super) fn complete(behaviour: &Behaviour, extra_states: usize) -> Complete {
    let machine = Machine::new(behaviour);
    let identifiers = machine.identifiers(&machine.apart());
    let ways = machine.ways(&identifiers, extra_states);
    let (name, count) = (&behaviour.name, ways.len());
    let width = count.to_string().len();
    let cases = ways.iter().enumerate().map(|(at, way)| {
        let number = at + 1;
        let id = format!("complete/{name}-{number:0width$}");
        let title =
            format!("Part of a complete suite for `{name}` and {extra_states} more states, {number} of {count}");
        let last = way.iter().skip(way.len().saturating_sub(extra_states + 1)).map(|edge| behaviour.line(*edge));
        Case::new(&behaviour.scribe, (id, title), behaviour.along(way), last.collect())
    });
    let cases = cases.collect();
    let left_out = if identifiers.alike.is_empty() {
        BTreeMap::new()
    } else {
        BTreeMap::from([(LeftOut::Alike, identifiers.alike)])
    };
    Complete { cases, states: machine.states.len(), left_out }
}

/// What tells each state from the others.
struct Identifiers {
    of: BTreeMap<NodeIndex, BTreeSet<Vec<EdgeIndex>>>,
    /// Pairs that nothing tells apart, in words.
    alike: Vec<String>,
}

impl<'a> Machine<'a> {
    fn new(behaviour: &'a Behaviour) -> Self {
        let states = Ways::new(behaviour, |made| made.place == 0).order;
        let mut leaving = vec![Vec::new(); behaviour.graph.node_count()];
        for edge in behaviour.graph.edge_references().filter(|edge| edge.weight().place == 0) {
            leaving[edge.source().index()].push(edge.id());
        }
        let mut ranks = vec![usize::MAX; behaviour.graph.node_count()];
        states.iter().enumerate().for_each(|(rank, node)| ranks[node.index()] = rank);
        Self { behaviour, states, ranks, leaving }
    }

    /// The ways of the suite, but for those that a longer one begins with.
    fn ways(&self, identifiers: &Identifiers, extra_states: usize) -> Vec<Vec<EdgeIndex>> {
        let ways = Ways::new(self.behaviour, |made| made.place == 0);
        let mut all = BTreeSet::new();
        for state in &self.states {
            self.extend(&ways.to(*state), *state, extra_states + 1, &identifiers.of, &mut all);
        }
        // In this order a way stands just before those that begin with it.
        let mut all: Vec<Vec<EdgeIndex>> = all.into_iter().collect();
        all.dedup_by(|next, way| {
            let goes_on = next.starts_with(way);
            if goes_on {
                std::mem::swap(next, way);
            }
            goes_on
        });
        all
    }

    fn target(&self, edge: EdgeIndex) -> NodeIndex {
        self.behaviour.graph.edge_endpoints(edge).expect("the edge is of this graph").1
    }

    /// A pair as it is looked up: the state that is reached first, first.
    fn ordered(&self, one: NodeIndex, other: NodeIndex) -> (NodeIndex, NodeIndex) {
        if self.ranks[one.index()] <= self.ranks[other.index()] { (one, other) } else { (other, one) }
    }

    /// The same call in another state, if it can be made there.
    fn same(&self, edge: EdgeIndex, node: NodeIndex) -> Option<EdgeIndex> {
        let stimulus = self.behaviour.graph[edge].stimulus;
        self.leaving[node.index()].iter().copied().find(|other| self.behaviour.graph[*other].stimulus == stimulus)
    }

    /// Adds the ways that begin with `way`, which ends in `node`, and go on by up to `more` calls, each with what tells its
    /// end from other states.
    fn extend(
        &self,
        way: &[EdgeIndex],
        node: NodeIndex,
        more: usize,
        identifiers: &BTreeMap<NodeIndex, BTreeSet<Vec<EdgeIndex>>>,
        all: &mut BTreeSet<Vec<EdgeIndex>>,
    ) {
        if !way.is_empty() {
            all.insert(way.to_vec());
        }
        for identifier in &identifiers[&node] {
            all.insert([way, identifier].concat());
        }
        if more > 0 {
            for edge in &self.leaving[node.index()] {
                let longer = [way, &[*edge]].concat();
                self.extend(&longer, self.target(*edge), more - 1, identifiers, all);
            }
        }
    }

    /// Each pair of states, the one that is reached first in front.
    fn pairs(&self) -> impl Iterator<Item = (NodeIndex, NodeIndex)> {
        self.states.iter().enumerate().flat_map(|(at, s)| self.states[..at].iter().map(move |t| (*t, *s)))
    }

    /// For each pair of states that can be told apart, the first call of a shortest sequence that does it, and that both
    /// permit. One sequence serves both, which is what makes the identifiers harmonised.
    fn apart(&self) -> Apart {
        let shown: BTreeMap<NodeIndex, Shown> =
            self.states.iter().map(|state| (*state, shown(&self.behaviour.graph[*state]))).collect();
        // By a look, and then by one call more each round.
        let mut apart: Apart = self.pairs().filter(|(s, t)| shown[s] != shown[t]).map(|pair| (pair, None)).collect();
        loop {
            let mut found = Vec::new();
            for pair in self.pairs().filter(|pair| !apart.contains_key(pair)) {
                if let Some(edge) = self.leaving[pair.0.index()].iter().find(|edge| self.parts(**edge, pair.1, &apart))
                {
                    found.push((pair, Some(self.behaviour.graph[*edge].stimulus)));
                }
            }
            if found.is_empty() {
                return apart;
            }
            apart.extend(found);
        }
    }

    /// The sequences that tell each state from the others.
    fn identifiers(&self, apart: &Apart) -> Identifiers {
        let mut of: BTreeMap<NodeIndex, BTreeSet<Vec<EdgeIndex>>> =
            self.states.iter().map(|state| (*state, BTreeSet::new())).collect();
        for (s, t) in self.pairs().filter(|pair| apart.contains_key(pair)) {
            for (mine, other) in [(s, t), (t, s)] {
                let sequence = self.sequence(mine, other, apart);
                if !sequence.is_empty() {
                    of.entry(mine).or_default().insert(sequence);
                }
            }
        }
        let alike = self.pairs().filter(|pair| !apart.contains_key(pair)).map(|(s, t)| {
            let text = |node| words::state(&self.behaviour.graph[node]);
            format!("{} | {}", text(s), text(t))
        });
        Identifiers { of, alike: alike.collect() }
    }

    /// Whether a call can be made in both states and is answered differently, or leads to states that are apart.
    fn parts(&self, edge: EdgeIndex, other: NodeIndex, apart: &Apart) -> bool {
        let Some(same) = self.same(edge, other) else { return false };
        let graph = &self.behaviour.graph;
        graph[edge].reply != graph[same].reply
            || apart.contains_key(&self.ordered(self.target(edge), self.target(same)))
    }

    /// The calls from `mine` that tell it from `other`.
    fn sequence(&self, mut mine: NodeIndex, mut other: NodeIndex, apart: &Apart) -> Vec<EdgeIndex> {
        let mut calls = VecDeque::new();
        while let Some(Some(stimulus)) = apart.get(&self.ordered(mine, other)) {
            let graph = &self.behaviour.graph;
            let make = |node: NodeIndex| {
                self.leaving[node.index()].iter().copied().find(|edge| graph[*edge].stimulus == *stimulus)
            };
            let (Some(here), Some(there)) = (make(mine), make(other)) else { break };
            calls.push_back(here);
            if graph[here].reply != graph[there].reply {
                break;
            }
            (mine, other) = (self.target(here), self.target(there));
        }
        calls.into()
    }
}

/// What a caller knows of a state without a further call: what `observe` shows of each message, and its own open objects.
type Shown = Vec<(Option<Message>, Entry)>;

fn shown(world: &World) -> Shown {
    let seen = |entry: &Entry| {
        let m = entry.message;
        let told = Message {
            place: m.place,
            queued: m.queued,
            submit: m.submit,
            // What is left open is nothing to tell states apart by.
            unsent: if m.unsent == Tri::Free { Tri::Clear } else { m.unsent },
            preprocess: m.preprocess,
            copied: m.copied,
            recipients: m.recipients,
            responsible: m.responsible & !m.unsure,
            lock: if m.lock.shown() { Lock::Orphan } else { Lock::None },
            ..Message::default()
        };
        let mut objects = *entry;
        objects.message = Message::default();
        ((m.place != Place::Absent).then_some(told), objects)
    };
    world.entries.iter().map(seen).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use petgraph::graph::{EdgeIndex, NodeIndex};

    use super::{Apart, Machine, shown};
    use crate::check::{Bounds, SHIPPED_BOUNDS};
    use crate::generate::Behaviour;
    use crate::model::Rules;

    fn behaviour(name: &str) -> Behaviour {
        let (_, text) = SHIPPED_BOUNDS.iter().find(|(carried, _)| *carried == name).expect("carried bounds");
        let bounds = Bounds::parse(name, text).expect("they are right");
        Behaviour::new(&bounds, &Rules::defaults(), 1 << 30, &AtomicBool::new(false)).expect("they are small")
    }

    /// Whether a way shows that `faulty` leads to `instead`: an answer, or what is seen after it, is another.
    fn shows(machine: &Machine<'_>, way: &[EdgeIndex], (faulty, instead): (EdgeIndex, NodeIndex)) -> bool {
        let graph = &machine.behaviour.graph;
        let mut is = machine.behaviour.start;
        for edge in way {
            // What is not said of a state may be as it is elsewhere: from here on the fault can hide.
            let Some(taken) = machine.same(*edge, is) else { return false };
            is = if taken == faulty { instead } else { machine.target(taken) };
            let should = machine.target(*edge);
            if graph[taken].reply != graph[*edge].reply || shown(&graph[is]) != shown(&graph[should]) {
                return true;
            }
        }
        false
    }

    fn alike(machine: &Machine<'_>, apart: &Apart, pair: (NodeIndex, NodeIndex)) -> bool {
        pair.0 == pair.1 || !apart.contains_key(&machine.ordered(pair.0, pair.1))
    }

    /// Each call, in each state, that leads to any other state than it should.
    #[test]
    fn every_transfer_fault_shows() {
        for name in ["rivals", "completed", "again"] {
            let behaviour = behaviour(name);
            let machine = Machine::new(&behaviour);
            let apart = machine.apart();
            let ways = machine.ways(&machine.identifiers(&apart), 0);
            let mut faults = 0;
            for faulty in machine.states.iter().flat_map(|state| &machine.leaving[state.index()]) {
                for instead in &machine.states {
                    if alike(&machine, &apart, (machine.target(*faulty), *instead)) {
                        continue;
                    }
                    faults += 1;
                    let found = ways.iter().any(|way| shows(&machine, way, (*faulty, *instead)));
                    assert!(found, "{name}: {} leads elsewhere, and nothing shows it", behaviour.line(*faulty));
                }
            }
            assert!(faults > 200, "{name}: {faults} faults");
        }
    }

    #[test]
    fn no_way_begins_another() {
        let behaviour = behaviour("completed");
        let machine = Machine::new(&behaviour);
        let ways = machine.ways(&machine.identifiers(&machine.apart()), 1);
        for (at, way) in ways.iter().enumerate() {
            assert!(!ways.iter().enumerate().any(|(other, longer)| other != at && longer.starts_with(way)));
        }
    }
}
