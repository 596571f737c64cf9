//! What happens at last: whether a fair run can leave an obligation open for ever.
//!
//! This module owns the explored graph, the assumptions of fairness, the judgement and its witness. It knows states and
//! steps as numbers, and nothing of what they stand for: whoever explored the graph says in which states the obligation
//! is open, and puts names to the witness.
//!
//! A run is a way through the graph from state 0. It goes on for ever, or stops where nobody must take a step. It
//! breaks the obligation if from some point on the obligation is open and stays so. The judgement looks for the set of
//! steps that such a run takes again and again: a strongly connected part of the graph. What starves there decides
//! whether the part is thrown away (weak fairness) or searched again without the states where the starved could have
//! moved (strong fairness: Streett's condition, as Emerson and Lei decide it). A state that was never expanded is no
//! part of a run, so that a run found in part of a graph is one of the whole; that none was found says nothing of the
//! rest.

mod fairness;
mod graph;
mod judge;
mod lasso;
mod region;
mod search;
mod tour;

pub use fairness::Fairness;
pub use graph::{Edge, Graph};
pub use judge::{Obligation, Verdict, judge};
pub use lasso::{Flaw, Lasso};
