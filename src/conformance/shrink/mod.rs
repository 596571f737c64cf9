//! Makes the failures of a run small: runs ever less of a case on the provider, as long as it fails in the same way.
//!
//! A candidate is a legal case on a fresh store or spooler, and the parties that the checker plays must be no guiltier in
//! it than in the case that it comes from. What does not show again when its case is run again is flaky, and left as it
//! is. The search is the same for stores and spoolers; what can be left out of a case, each of the two says for itself.

mod search;
mod spooler;
mod store;

pub use search::ShrinkLimit;
pub use spooler::shrink_spooler;
pub use store::shrink;
