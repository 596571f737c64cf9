//! What a caller can do to a store within bounds, as a graph: states of the messages, and the calls between them.
//!
//! An explored instance has more states than a store: it knows what transports have sent, what a spooler remembers, and
//! how often something may still fail. States that a store cannot tell apart are one state here, and what no store sees
//! is no move.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::{Bfs, EdgeRef as _};
use rustc_hash::FxHashMap;

use super::moves::{LeftOut, Move, Next, Stimulus, as_the_store, following, with_live_objects};
use super::words;
use crate::check::{Bounds, Budget, Explored, Scribe};
use crate::model::{Buffers, Rules, World};

/// What a caller can do to a store within bounds.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// The name of the bounds.
    pub name: String,
    /// The states of the messages and of the objects that are open on them, and the calls that lead from one to another.
    /// Every state can be reached from the first by the calls that are there.
    pub graph: DiGraph<World, Move>,
    /// The empty store.
    pub start: NodeIndex,
    /// What can come about within the bounds, and no case can bring about, by the reason.
    pub left_out: BTreeMap<LeftOut, Vec<String>>,
    pub(super) scribe: Scribe,
}

impl Behaviour {
    /// Explores `bounds` under `rules`, in so many bytes, unless `stop` is set before.
    ///
    /// # Errors
    ///
    /// What ended the exploration.
    pub fn new(bounds: &Bounds, rules: &Rules, memory: u64, stop: &AtomicBool) -> Result<Self, Budget> {
        let explored = Explored::new(bounds, rules, memory, stop)?;
        let mut draft = Draft::default();
        let (mut buffers, mut nexts) = (Buffers::default(), Vec::new());
        for number in 0..explored.states() {
            let world = with_live_objects(&explored.world(number));
            following(&world, bounds, rules, &mut buffers, &mut nexts);
            let here = draft.node(&world);
            nexts.iter().for_each(|next| draft.add(here, next, bounds, rules));
        }
        Ok(draft.finish(bounds))
    }

    /// The state in which a move begins.
    #[must_use]
    pub fn before(&self, at: EdgeIndex) -> &World {
        let (from, _) = self.graph.edge_endpoints(at).expect("the edge is of this graph");
        &self.graph[from]
    }

    /// A move and its answer, with the state in which it is made, in one line.
    #[must_use]
    pub fn line(&self, at: EdgeIndex) -> String {
        words::transition(self.before(at), &self.graph[at].stimulus, self.graph[at].reply)
    }

    /// The moves of a way, each with the state before it.
    pub(super) fn along(&self, way: &[EdgeIndex]) -> impl Iterator<Item = (&World, &Move)> {
        way.iter().map(|edge| (self.before(*edge), &self.graph[*edge]))
    }
}

#[derive(Default)]
struct Draft {
    graph: DiGraph<World, Move>,
    numbers: FxHashMap<World, NodeIndex>,
    /// For each state, which answers to what it has.
    known: Vec<Vec<(Stimulus, usize)>>,
    left_out: BTreeMap<LeftOut, Vec<String>>,
}

impl Draft {
    /// The state that a store is in.
    fn node(&mut self, world: &World) -> NodeIndex {
        let state = as_the_store(world);
        let Self { graph, numbers, known, .. } = self;
        *numbers.entry(state).or_insert_with(|| {
            known.push(Vec::new());
            graph.add_node(state)
        })
    }

    fn add(&mut self, here: NodeIndex, next: &Next, bounds: &Bounds, rules: &Rules) {
        let Some(stimulus) = next.stimulus else { return };
        let known = &mut self.known[here.index()];
        if known.contains(&(stimulus, next.place)) {
            return;
        }
        known.push((stimulus, next.place));
        match (next.steering, next.as_move(&self.graph[here], bounds, rules)) {
            (Ok(_), Some(made)) => {
                let there = self.node(&next.after);
                self.graph.add_edge(here, there, made);
            }
            (Err(why), _) => {
                let text = words::transition(&self.graph[here], &stimulus, next.reply);
                self.left_out.entry(why).or_default().push(text);
            }
            (Ok(_), None) => {}
        }
    }

    /// Takes out what can only be reached by what is left out.
    fn finish(mut self, bounds: &Bounds) -> Behaviour {
        let start = self.numbers[&World::default()];
        let mut reached = vec![false; self.graph.node_count()];
        let mut search = Bfs::new(&self.graph, start);
        while let Some(node) = search.next(&self.graph) {
            reached[node.index()] = true;
        }
        let behind = self.graph.edge_references().filter(|edge| !reached[edge.source().index()]);
        let behind: Vec<String> = behind
            .map(|edge| words::transition(&self.graph[edge.source()], &edge.weight().stimulus, edge.weight().reply))
            .collect();
        if !behind.is_empty() {
            self.left_out.insert(LeftOut::Behind, behind);
        }
        let mut graph = DiGraph::new();
        let nodes: Vec<Option<NodeIndex>> = self
            .graph
            .node_indices()
            .map(|node| reached[node.index()].then(|| graph.add_node(self.graph[node])))
            .collect();
        for edge in self.graph.edge_references() {
            if let (Some(from), Some(to)) = (nodes[edge.source().index()], nodes[edge.target().index()]) {
                graph.add_edge(from, to, edge.weight().clone());
            }
        }
        let start = nodes[start.index()].expect("the start is reached from itself");
        let scribe = Scribe::new(bounds.scope.profile);
        Behaviour { name: bounds.name.clone(), graph, start, left_out: self.left_out, scribe }
    }
}
