//! The judge: which model states are consistent with what was seen, and who broke which requirement.

mod verdict;

pub use verdict::{Finding, Line, Verdict, Who};
