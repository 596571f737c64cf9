//! What the specification says, and how our own input files speak of it.

mod problem;

pub use problem::Problem;
