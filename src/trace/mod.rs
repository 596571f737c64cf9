//! Traces: one recorded run in one file of NDJSON, read and written.
//!
//! The format's types are the SDK's ([`spoolproof_sdk::trace`]), which read leniently. What is strict lives here:
//! the reader names the line and the column of the first damage, and ends there.
//! It must not know what is right or wrong for a provider to do; the oracle judges the events that come out.

mod audit;
mod error;
mod locate;
mod narrate;
mod overlap;
mod reader;
mod strict;
mod writer;

pub use audit::{Audited, audit};
pub use error::{ReadError, ReadErrorKind};
pub use narrate::narrate;
pub(crate) use overlap::judge_together;
pub use reader::{Place, ReadOptions, Reader};
pub use writer::Writer;
