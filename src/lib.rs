//! A formal simulator and conformance checker for the way MAPI sends mail.
//!
//! See `ARCHITECTURE.md` for the flow from the catalogue to the verdict.

pub mod check;
pub mod cli;
pub mod conformance;
pub mod generate;
pub mod model;
pub mod oracle;
pub mod report;
pub mod scenario;
pub mod spec;
pub mod trace;

/// The tutorial's Rust is compiled, so that it stays true.
#[cfg(doctest)]
#[doc = include_str!("../docs/adapter-tutorial.md")]
mod tutorial {}
