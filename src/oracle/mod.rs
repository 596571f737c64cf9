//! The judge: which model states are consistent with what was seen, and who broke which requirement.
//!
//! Knows the model and the shapes of events; no files, adapters or reports. To its left is `model`, whose step function
//! decides everything; to its right are `trace` and `conformance`, which feed it events.

mod account;
pub(crate) mod bind;
mod call;
mod errands;
mod following;
mod inference;
mod judge;
mod ledger;
mod observe;
#[expect(clippy::module_inception, reason = "the file is named for the type that it defines")]
mod oracle;
mod overlap;
mod part;
mod queue;
mod roster;
mod tracker;
mod verdict;
pub(crate) mod words;

pub use account::{Account, CaseOutcome, Small, Stopped, Unit};
pub(crate) use call::EXCLUSIVE;
pub use following::{Followed, Side, Sighting};
pub use ledger::Ledger;
pub(crate) use oracle::owes;
pub use oracle::{Oracle, Setting, Unjudged, rules};
pub(crate) use overlap::{Overlapping, Span, Touch};
pub(crate) use roster::Roster;
pub use verdict::{Finding, Line, LogLine, Verdict, Who};
