//! An explored instance, for those who ask more of it than whether its properties hold.

use std::sync::atomic::AtomicBool;

use super::bounds::Bounds;
use super::engine::{End, Graph, Limits, Short, Visited, search};
use super::machine::{Machine, Node};
use super::plan::Budget;
use crate::model::{Rules, World};

/// Every state that can come about in an instance, numbered from the start as a breadth-first search finds them.
#[derive(Debug)]
pub struct Explored {
    machine: Machine,
    graph: Graph<Node>,
}

impl Explored {
    /// Explores an instance to its end, in so many bytes, unless `stop` is set before.
    ///
    /// # Errors
    ///
    /// What ended the search: a graph that lacks a part is no graph of the instance.
    pub fn new(bounds: &Bounds, rules: &Rules, memory: u64, stop: &AtomicBool) -> Result<Self, Budget> {
        let machine = Machine::new(bounds.scope.clone(), *rules, 0);
        let expected = bounds.pins.map_or(0, |pins| pins.states);
        let limits =
            Limits { threads: 1, visited: Visited::Exact, keeps_graph: true, memory, deadline: None, stop, expected };
        let found = search(&machine, &limits, &mut |_| {});
        match (found.end, found.graph) {
            (End::Closed | End::Broken(_), Some(graph)) => Ok(Self { machine, graph }),
            (End::Short(Short::Numbers), _) => Err(Budget::Numbers),
            (End::Short(Short::Interruption), _) => Err(Budget::Interruption),
            (End::Short(Short::Memory | Short::Time) | End::Closed | End::Broken(_), _) => Err(Budget::Memory(memory)),
        }
    }

    /// How many states there are; the first is where every run starts.
    #[must_use]
    pub fn states(&self) -> usize {
        self.graph.len()
    }

    /// The state with that number.
    #[must_use]
    pub fn world(&self, state: usize) -> World {
        self.machine.world(&self.graph.state(state))
    }
}
