//! Not yet written.

mod problem;

pub use problem::{Problem, line_column};
