//! Reports: one verdict, formatted for people, for programs and for CI.
//!
//! It takes a [`Report`] as it is and decides nothing. Neighbours: `conformance` and `trace` on the left make reports,
//! `cli` on the right chooses a format and a place for it.

pub mod adequacy;
mod block;
mod build;
pub mod changes;
mod diff;
mod expected;
mod follows;
pub mod json;
pub mod junit;
mod known;
pub(crate) mod layout;
mod ratchet;
#[cfg(test)]
mod samples;
pub mod sarif;
pub mod text;
mod wire;

pub use build::{About, Contract, exit};
pub use diff::{Change, Compared, Diff, FindingChange, FollowsChange, Found, VerdictChange};
pub use known::Known;
pub use wire::{CaseVerdict, Expected, Followed, Listed, Outcome, Report, RequirementVerdict};
pub use wire::{Selection, Side, Sighting, Subject, Totals, Unexpected, UnexpectedKind};
