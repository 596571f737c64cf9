//! The part of a graph in which a run may stay for ever, as a graph that petgraph searches.

use std::iter::{Enumerate, Map};
use std::slice;

use fixedbitset::{FixedBitSet, Ones};
use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::visit::{GraphBase, IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers, Visitable};

use super::fairness::Footprint;
use super::graph::Graph;

/// States and edges of a graph, fewer as the judgement goes on.
#[derive(Debug)]
pub(super) struct Region<'a> {
    graph: &'a Graph,
    /// The states that are left.
    states: FixedBitSet,
    /// The edges that lead from one of the first states to another and may be taken.
    edges: FixedBitSet,
    /// For each of those edges where it comes from, ordered by where it leads to.
    sources: Vec<u32>,
    /// For each state, where its sources end.
    ends: Vec<usize>,
    /// For each state that is left, the number of its component.
    components: Vec<u32>,
}

impl<'a> Region<'a> {
    /// The `states` of `graph`, with those edges between them that `keeps` names by source and place.
    pub(super) fn new(graph: &'a Graph, states: FixedBitSet, keeps: impl Fn(u32, usize) -> bool) -> Self {
        let mut edges = FixedBitSet::with_capacity(graph.edges());
        let mut ends = vec![0; states.len()];
        for state in states.ones().map(|state| state as u32) {
            for place in graph.places(state) {
                let to = graph.edge(place).to as usize;
                if states.contains(to) && keeps(state, place) {
                    edges.insert(place);
                    ends[to] += 1;
                }
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            // First where the sources of a state begin; filling them in moves that to where they end.
            sum += std::mem::replace(end, sum);
        }
        let mut sources = vec![0; sum];
        for state in states.ones().map(|state| state as u32) {
            for place in graph.places(state).filter(|place| edges.contains(*place)) {
                let end = &mut ends[graph.edge(place).to as usize];
                sources[*end] = state;
                *end += 1;
            }
        }
        let components = vec![0; states.len()];
        Self { graph, states, edges, sources, ends, components }
    }

    /// Splits what is left into its strongly connected components. Those without an edge are dropped: a run cannot
    /// stay.
    pub(super) fn split(&mut self) -> Vec<Vec<u32>> {
        let mut components = kosaraju_scc(&*self);
        components.retain(|states| match states.as_slice() {
            &[state] if self.neighbors(state).all(|to| to != state) => {
                self.states.remove(state as usize);
                false
            }
            _ => true,
        });
        for (number, states) in components.iter().enumerate() {
            for state in states {
                self.components[*state as usize] = number as u32;
            }
        }
        components
    }

    /// The component of `state`, as the last split numbered it, unless the state was dropped.
    pub(super) fn component(&self, state: u32) -> Option<u32> {
        self.states.contains(state as usize).then(|| self.components[state as usize])
    }

    /// Whether the edge at `place`, which leads on from a state that is left, may be taken to another.
    pub(super) fn keeps(&self, place: usize) -> bool {
        self.edges.contains(place) && self.states.contains(self.graph.edge(place).to as usize)
    }

    /// What `states`, all of one component, mean to the classes.
    pub(super) fn footprint(&self, component: u32, states: &[u32]) -> Footprint {
        states.iter().fold(Footprint::empty(), |footprint, state| {
            let stays = |to: u32| self.component(to) == Some(component);
            let inside = self.graph.places(*state);
            let inside = inside.filter(|place| self.edges.contains(*place) && stays(self.graph.edge(*place).to));
            let taken = inside.fold(0, |taken, place| taken | self.graph.edge(place).classes);
            footprint.then(taken, self.graph.enabled(*state))
        })
    }

    /// Takes out those of `states` that are `lost`.
    pub(super) fn drop_states(&mut self, states: &[u32], lost: impl Fn(u32) -> bool) {
        for state in states.iter().copied().filter(|state| lost(*state)) {
            self.states.remove(state as usize);
        }
    }
}

/// The states on the other side of a state's edges, in one direction.
#[derive(Clone, Debug)]
pub(super) struct Neighbours<'a> {
    ends: Enumerate<slice::Iter<'a, u32>>,
    /// The edges that count, and the place of the first, where the others are listed too.
    among: Option<(&'a FixedBitSet, usize)>,
    states: &'a FixedBitSet,
}

impl Iterator for Neighbours<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let Self { ends, among, states } = self;
        let counts = |at: usize| among.is_none_or(|(edges, first)| edges.contains(first + at));
        ends.find(|(at, end)| counts(*at) && states.contains(**end as usize)).map(|(_, end)| *end)
    }
}

impl GraphBase for Region<'_> {
    type NodeId = u32;
    type EdgeId = usize;
}

impl Visitable for Region<'_> {
    type Map = FixedBitSet;

    fn visit_map(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.states.len())
    }

    fn reset_map(&self, map: &mut FixedBitSet) {
        map.clear();
        map.grow(self.states.len());
    }
}

impl<'a> IntoNodeIdentifiers for &'a Region<'_> {
    type NodeIdentifiers = Map<Ones<'a>, fn(usize) -> u32>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        self.states.ones().map(|state| state as u32)
    }
}

impl<'a> IntoNeighbors for &'a Region<'_> {
    type Neighbors = Neighbours<'a>;

    fn neighbors(self, state: u32) -> Neighbours<'a> {
        let places = self.graph.places(state);
        let among = Some((&self.edges, places.start));
        Neighbours { ends: self.graph.targets(places).iter().enumerate(), among, states: &self.states }
    }
}

impl<'a> IntoNeighborsDirected for &'a Region<'_> {
    type NeighborsDirected = Neighbours<'a>;

    fn neighbors_directed(self, state: u32, direction: Direction) -> Neighbours<'a> {
        match direction {
            Direction::Outgoing => self.neighbors(state),
            Direction::Incoming => {
                let state = state as usize;
                let begin = state.checked_sub(1).map_or(0, |before| self.ends[before]);
                let sources = &self.sources[begin..self.ends[state]];
                Neighbours { ends: sources.iter().enumerate(), among: None, states: &self.states }
            }
        }
    }
}
