//! Whether the suite is worth its time: it is run on providers that are wrong in a known way.

mod mutant;
mod scores;

pub use mutant::{Judged, Mutant, Suites, judge};
pub use scores::{Score, of_right, score};
