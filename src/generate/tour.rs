//! Cases that together take each edge of a graph, as short as they can be.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::flow::Postman;

/// Ways from the start through a graph that together take each of its edges.
#[derive(Clone, Debug)]
pub(super) struct Tours {
    /// Each begins at the start.
    pub(super) ways: Vec<Vec<EdgeIndex>>,
    /// What no ways that take each edge are below, where each edge costs one, and each way one more for its reset.
    pub(super) bound: u64,
}

/// Takes each edge of a graph of which every node can be reached from `start`.
pub(super) fn tours<N, E>(graph: &DiGraph<N, E>, start: NodeIndex) -> Tours {
    let edges = graph.edge_references().map(|edge| (edge.source().index(), edge.target().index())).collect();
    let flow = Postman::new(graph.node_count(), start.index(), edges).solve();
    let mut left = Left {
        graph,
        times: flow.edges,
        resets: flow.resets,
        next: vec![0; graph.node_count()],
        leaving: leaving(graph),
    };
    let mut ways = Vec::new();
    while let Some(way) = left.way(start) {
        ways.push(way);
    }
    left.insert_rounds(start, &mut ways);
    Tours { ways, bound: flow.bound }
}

fn leaving<N, E>(graph: &DiGraph<N, E>) -> Vec<Vec<EdgeIndex>> {
    let mut leaving = vec![Vec::new(); graph.node_count()];
    graph.edge_references().for_each(|edge| leaving[edge.source().index()].push(edge.id()));
    leaving
}

/// What is still to be taken: as much leads to each node as leads away from it.
struct Left<'a, N, E> {
    graph: &'a DiGraph<N, E>,
    times: Vec<u64>,
    resets: Vec<u64>,
    /// For each node, the place of the first of its edges that may still be there.
    next: Vec<usize>,
    leaving: Vec<Vec<EdgeIndex>>,
}

impl<N, E> Left<'_, N, E> {
    /// An edge that leads on from `node`, taken.
    fn take(&mut self, node: NodeIndex) -> Option<EdgeIndex> {
        let (edges, next) = (&self.leaving[node.index()], &mut self.next[node.index()]);
        while let Some(edge) = edges.get(*next) {
            let times = &mut self.times[edge.index()];
            if *times > 0 {
                *times -= 1;
                return Some(*edge);
            }
            *next += 1;
        }
        None
    }

    fn target(&self, edge: EdgeIndex) -> NodeIndex {
        self.graph.edge_endpoints(edge).expect("the edge is of this graph").1
    }

    /// A way from the start to the first place where one is to begin anew.
    fn way(&mut self, start: NodeIndex) -> Option<Vec<EdgeIndex>> {
        let (mut way, mut node) = (Vec::new(), start);
        loop {
            if !way.is_empty() && self.resets[node.index()] > 0 {
                self.resets[node.index()] -= 1;
                return Some(way);
            }
            let Some(edge) = self.take(node) else {
                return (!way.is_empty()).then_some(way);
            };
            way.push(edge);
            node = self.target(edge);
        }
    }

    /// What is left leads round and round: each round becomes a part of the shortest way that comes by.
    fn insert_rounds(&mut self, start: NodeIndex, ways: &mut [Vec<EdgeIndex>]) {
        let mut shortest: BinaryHeap<_> =
            ways.iter().enumerate().map(|(at, way)| Reverse((way.len(), at, 0))).collect();
        while let Some(Reverse((_, at, from))) = shortest.pop() {
            for place in from..=ways[at].len() {
                let node = place.checked_sub(1).map_or(start, |before| self.target(ways[at][before]));
                let round = self.round(node);
                if !round.is_empty() {
                    ways[at].splice(place..place, round);
                    shortest.push(Reverse((ways[at].len(), at, place)));
                    break;
                }
            }
        }
    }

    /// What leads from a node back to it for the first time.
    fn round(&mut self, start: NodeIndex) -> Vec<EdgeIndex> {
        let (mut round, mut node) = (Vec::new(), start);
        while let Some(edge) = self.take(node) {
            round.push(edge);
            node = self.target(edge);
            if node == start {
                break;
            }
        }
        round
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};

    use super::tours;

    #[track_caller]
    fn check(edges: &[(u32, u32)]) {
        let graph = DiGraph::<(), ()>::from_edges(edges);
        let found = tours(&graph, NodeIndex::new(0));
        let mut taken = BTreeSet::<EdgeIndex>::new();
        for way in &found.ways {
            let mut node = NodeIndex::new(0);
            for edge in way {
                let (from, to) = graph.edge_endpoints(*edge).expect("an edge");
                assert_eq!(from, node, "{way:?} is no way");
                node = to;
                taken.insert(*edge);
            }
        }
        assert_eq!(taken.len(), edges.len(), "{:?}", found.ways);
        let length = found.ways.iter().map(|way| way.len() as u64 + 1).sum::<u64>();
        assert_eq!(length, found.bound, "{:?}", found.ways);
    }

    #[test]
    fn every_edge_is_on_some_way_from_the_start() {
        check(&[(0, 1)]);
        check(&[(0, 1), (1, 1), (1, 2), (2, 1), (2, 3)]);
        check(&[(0, 1), (1, 2), (2, 3), (3, 1), (2, 4), (4, 2), (3, 3), (1, 5), (1, 6)]);
        check(&[(0, 1), (0, 1), (0, 2), (1, 2), (2, 1), (1, 3), (2, 3), (3, 4), (3, 5)]);
    }
}
