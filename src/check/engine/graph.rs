//! The explored graph, for those who ask more of it than which states there are.

use super::segments::Segments;
use super::trail::Trail;

/// States and the transitions between them, by number. A search that was stopped has followed the first states alone.
#[derive(Debug)]
pub(in crate::check) struct Graph<S> {
    trail: Trail<S>,
    edges: Edges,
}

/// A transition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::check) struct Edge {
    /// The state that it leads to.
    pub(in crate::check) target: u32,
    /// The action, by its place among those of the state that it starts in.
    pub(in crate::check) action: u16,
}

/// The edges of one state after the other.
#[derive(Debug, Default)]
pub(super) struct Edges {
    /// Where those of each state end.
    ends: Segments<u64>,
    edges: Segments<Edge>,
}

#[cfg_attr(not(test), expect(dead_code, reason = "what judges liveness will read it"))]
impl<S: Copy> Graph<S> {
    pub(super) const fn new(trail: Trail<S>, edges: Edges) -> Self {
        Self { trail, edges }
    }

    /// How many states there are.
    pub(in crate::check) const fn len(&self) -> usize {
        self.trail.len()
    }

    /// How many of them, the first ones, have all their edges; the others have none.
    pub(in crate::check) const fn expanded(&self) -> usize {
        self.edges.ends.len()
    }

    /// The state with that number.
    pub(in crate::check) fn state(&self, index: usize) -> S {
        self.trail.state(index)
    }

    /// The edges of a state, in the order of its actions.
    pub(in crate::check) fn edges(&self, index: usize) -> impl Iterator<Item = Edge> + '_ {
        let end = |index: usize| self.edges.ends.get(index) as usize;
        let range = if index < self.expanded() { index.checked_sub(1).map_or(0, end)..end(index) } else { 0..0 };
        range.map(|edge| self.edges.edges.get(edge))
    }

    /// The shortest way to a state: which of the states that the model starts in, and then each action by its place.
    pub(in crate::check) fn way_to(&self, index: usize) -> Vec<u16> {
        self.trail.way_to(index)
    }
}

impl Edges {
    /// Adds the edges of the next states; `counts` says how many each has.
    pub(super) fn extend(&mut self, edges: &[Edge], counts: &[u32]) {
        edges.iter().for_each(|edge| self.edges.push(*edge));
        let mut end = self.edges.len() as u64 - edges.len() as u64;
        for count in counts {
            end += u64::from(*count);
            self.ends.push(end);
        }
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.ends.bytes() + self.edges.bytes()
    }

    pub(super) const fn bytes_for(&self, states: usize, edges: usize) -> u64 {
        self.ends.bytes_for(states) + self.edges.bytes_for(edges)
    }
}
