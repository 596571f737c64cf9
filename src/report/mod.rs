//! Reports: one verdict, formatted for people, for programs and for CI.
//!
//! It takes a [`Report`] as it is and decides nothing. Neighbours: `conformance` and `trace` on the left make reports,
//! `cli` on the right chooses a format and a place for it.

pub mod adequacy;
mod block;
mod build;
mod follows;
pub mod json;
pub mod junit;
pub(crate) mod layout;
#[cfg(test)]
mod samples;
pub mod text;
mod wire;

pub use build::{About, exit};
pub use wire::{CaseVerdict, Followed, Report, RequirementVerdict, Side, Sighting, Subject, Totals};
