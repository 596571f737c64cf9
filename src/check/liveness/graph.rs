//! The explored graph: states by number, and the steps that lead on from each.

use std::ops::Range;

/// A step from some state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The state that it leads to.
    pub to: u32,
    /// What happens, in the caller's numbers.
    pub action: u32,
    /// The fairness classes whose step this is, one bit for each.
    pub classes: u64,
}

/// A graph of states, of which number 0 is where every run starts.
///
/// States are expanded in the order of their numbers, as a breadth-first search does. An edge takes 16 bytes and a
/// state 16 more. Several edges may lead from one state to the same other.
///
/// ```
/// use spoolproof::check::liveness::{Edge, Graph};
///
/// let mut graph = Graph::default();
/// graph.expand([Edge { to: 1, action: 0, classes: 0b1 }]);
/// graph.expand([]);
/// assert_eq!((graph.states(), graph.edges()), (2, 1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// For each expanded state, where its edges end; they begin where those of the state before it end.
    ends: Vec<usize>,
    /// For each expanded state, the classes that have a step there.
    enabled: Vec<u64>,
    /// The edges, one column for each member: together they would be padded.
    to: Vec<u32>,
    actions: Vec<u32>,
    classes: Vec<u64>,
    states: usize,
}

impl Graph {
    /// Adds the steps of the next state. One to which there are none is an end.
    pub fn expand(&mut self, edges: impl IntoIterator<Item = Edge>) {
        let mut enabled = 0;
        for edge in edges {
            enabled |= edge.classes;
            self.states = self.states.max(edge.to as usize + 1);
            self.to.push(edge.to);
            self.actions.push(edge.action);
            self.classes.push(edge.classes);
        }
        self.enabled.push(enabled);
        self.ends.push(self.to.len());
        self.states = self.states.max(self.ends.len());
    }

    /// How many states there are, those that were named and not expanded among them.
    #[must_use]
    pub const fn states(&self) -> usize {
        self.states
    }

    /// How many edges there are.
    #[must_use]
    pub const fn edges(&self) -> usize {
        self.to.len()
    }

    /// The steps from `state`: none if it is an end, or was not expanded.
    pub fn edges_of(&self, state: u32) -> impl ExactSizeIterator<Item = Edge> {
        self.places(state).map(|place| self.edge(place))
    }

    /// The classes that have a step from `state`.
    pub(super) fn enabled(&self, state: u32) -> u64 {
        self.enabled.get(state as usize).copied().unwrap_or(0)
    }

    /// Whether the steps from `state` are known.
    pub(super) const fn is_expanded(&self, state: u32) -> bool {
        (state as usize) < self.ends.len()
    }

    /// Where the edges of `state` stand.
    pub(super) fn places(&self, state: u32) -> Range<usize> {
        let state = state as usize;
        let Some(&end) = self.ends.get(state) else { return 0..0 };
        state.checked_sub(1).map_or(0, |before| self.ends[before])..end
    }

    /// The edge that stands at `place`.
    pub(super) fn edge(&self, place: usize) -> Edge {
        Edge { to: self.to[place], action: self.actions[place], classes: self.classes[place] }
    }

    /// The state from which the edge at `place` leads on.
    pub(super) fn source(&self, place: usize) -> u32 {
        self.ends.partition_point(|end| *end <= place) as u32
    }

    /// The states to which the edges at `places` lead.
    pub(super) fn targets(&self, places: Range<usize>) -> &[u32] {
        &self.to[places]
    }
}
