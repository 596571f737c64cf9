//! A search of our own over any stateright model whose states are small and `Copy`: breadth first, on any number of threads.
//!
//! States are numbered in the order in which a plain breadth-first search on one thread would find them, however many
//! threads there are. So everything that is told of a search is the same each time, and the first broken state is at the
//! end of a shortest path: the first of these, where the actions are taken in the order in which the model lists them.
//!
//! A search goes through the states of a level in blocks. In a block, the threads first *expand* chunks of states and look
//! their successors up in a table that nobody changes meanwhile; then they *settle* the successors that were not there,
//! each thread in shards of the table that it has to itself; then one of them *numbers* what is new. Nothing is kept of a
//! path but which state, and which action in it, led to each state first.
//!
//! This module knows nothing of stores and messages.

mod expand;
mod explorable;
mod graph;
mod hash;
mod search;
mod segments;
mod shard;
mod trail;

#[cfg(test)]
mod tests;

pub(super) use explorable::Explorable;
pub(super) use graph::Graph;
pub(super) use hash::fingerprint;
pub(super) use search::{End, Limits, Short, search};
pub use shard::Visited;
