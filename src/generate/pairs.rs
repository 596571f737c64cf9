//! Pairs of moves that follow each other, as the edges of a graph of their own.

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::behaviour::Behaviour;

/// The graph in which each move is a state, and each pair of moves that can follow each other leads from one to the other.
/// From its first state every move leads on that can be the first.
pub(super) fn pairs(behaviour: &Behaviour) -> (DiGraph<Option<EdgeIndex>, ()>, NodeIndex) {
    let graph = &behaviour.graph;
    let mut pairs = DiGraph::with_capacity(graph.edge_count() + 1, 0);
    let start = pairs.add_node(None);
    let nodes: Vec<NodeIndex> = graph.edge_indices().map(|edge| pairs.add_node(Some(edge))).collect();
    for first in graph.edges(behaviour.start) {
        pairs.add_edge(start, nodes[first.id().index()], ());
    }
    for edge in graph.edge_references() {
        for next in graph.edges(edge.target()) {
            pairs.add_edge(nodes[edge.id().index()], nodes[next.id().index()], ());
        }
    }
    (pairs, start)
}
