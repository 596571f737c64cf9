//! Scenarios: short scripts of calls, one step a line, that bring a store into one situation.
//!
//! This module owns the file format: its types, its reader and its printer. It knows the names of the adapter
//! protocol and nothing of what is right or wrong: unless a step narrows it, the oracle says what may follow.
//! To its left stand [`crate::spec`] and the wire types; to its right, whoever runs or generates scenarios.

mod call;
mod names;
mod overlap;
mod params;
mod parse;
mod pattern;
mod print;
mod print_spooler;
mod reader;
mod row;
mod script;
mod spooler;

pub(crate) use pattern::names;
pub(crate) use reader::{Members, Problems, Value, suggest};

pub use call::{Answers, Call, Event, NewMessage, OpenFlag, Target};
pub use pattern::{Pattern, PatternError};
pub use script::{Scenario, Step};
pub use spooler::{Handing, Happening, PlayedPreprocessor, PlayedTransport, Preparing, SpoolerScenario, recipient};
