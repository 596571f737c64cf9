//! The shortest way along a graph, breadth first.

use fixedbitset::FixedBitSet;

use super::graph::Graph;

/// The memory of one search after another, each from a state of its own.
#[derive(Debug)]
pub(super) struct Search {
    start: u32,
    seen: FixedBitSet,
    /// The states that were seen, the nearest first.
    order: Vec<u32>,
    /// Where in that order each distance from the start ends.
    layers: Vec<usize>,
    /// For each state that was seen, the start apart: where the edge stands by which it was first reached.
    via: Vec<usize>,
}

impl Search {
    /// A search among so many states.
    pub(super) fn new(states: usize) -> Self {
        let seen = FixedBitSet::with_capacity(states);
        Self { start: 0, seen, order: Vec::new(), layers: Vec::new(), via: vec![0; states] }
    }

    /// Visits all that can be reached from `start`.
    pub(super) fn spread(&mut self, graph: &Graph, start: u32) {
        self.find(graph, start, |_| true, |_| false);
    }

    /// The edges from `start` to the nearest one that is a `goal`, itself the last, all of them among those `along`
    /// which the search may go; edges are named by their places.
    pub(super) fn nearest(
        &mut self,
        graph: &Graph,
        start: u32,
        along: impl Fn(usize) -> bool,
        goal: impl Fn(usize) -> bool,
    ) -> Option<Vec<usize>> {
        let goal = self.find(graph, start, along, goal)?;
        let mut way = self.way(graph, graph.source(goal));
        way.push(goal);
        Some(way)
    }

    /// What the last search saw, the nearest first.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The same with their distances from the start.
    pub(super) fn distances(&self) -> impl Iterator<Item = (usize, u32)> {
        let mut distance = 0;
        self.order.iter().enumerate().map(move |(at, state)| {
            distance += usize::from(self.layers.get(distance).is_some_and(|end| *end == at));
            (distance, *state)
        })
    }

    /// The shortest way from the start of the last search to a state that it saw.
    pub(super) fn way(&self, graph: &Graph, mut state: u32) -> Vec<usize> {
        let mut way = Vec::new();
        while state != self.start {
            let place = self.via[state as usize];
            way.push(place);
            state = graph.source(place);
        }
        way.reverse();
        way
    }

    fn find(
        &mut self,
        graph: &Graph,
        start: u32,
        along: impl Fn(usize) -> bool,
        goal: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        self.start = start;
        self.seen.clear();
        self.seen.insert(start as usize);
        self.order.clear();
        self.order.push(start);
        self.layers.clear();
        let (mut done, mut layer) = (0, 1);
        while let Some(&state) = self.order.get(done) {
            if done == layer {
                self.layers.push(layer);
                layer = self.order.len();
            }
            done += 1;
            for place in graph.places(state).filter(|place| along(*place)) {
                if goal(place) {
                    return Some(place);
                }
                let to = graph.edge(place).to;
                if !self.seen.put(to as usize) {
                    self.via[to as usize] = place;
                    self.order.push(to);
                }
            }
        }
        None
    }
}
