//! Reports: one verdict, formatted for people, for programs and for CI.

mod wire;

pub use wire::{CaseVerdict, Followed, Report, RequirementVerdict, Subject, Totals};
