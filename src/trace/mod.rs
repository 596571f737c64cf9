//! Traces: one recorded run in one file of NDJSON, read and written.
//!
//! The format's types are the SDK's ([`spoolproof_sdk::trace`]), which read leniently. What is strict lives here:
//! the reader names the line and the column of the first damage, and ends there.
//! It must not know what is right or wrong for a provider to do; the oracle judges the events that come out.

mod audit;
mod error;
mod extract;
mod locate;
mod narrate;
mod overlap;
mod part;
mod reader;
mod script;
mod script_spooler;
mod strict;
mod writer;

pub use audit::{Audited, audit};
pub use error::{ReadError, ReadErrorKind};
pub use extract::{Extract, extract};
pub use narrate::narrate;
pub(crate) use overlap::judge_together;
pub use reader::{Place, ReadOptions, Reader};
pub use script::script;
pub use script_spooler::script_spooler;
pub use writer::Writer;
