//! Mistakes in input files, as plain data: nothing here renders.

use std::ops::Range;

/// A mistake in an input file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// The bytes of the file that are wrong.
    pub span: Range<usize>,
    /// What is wrong with them.
    pub message: String,
    /// What would put it right, where that can be told.
    pub help: Option<String>,
}
