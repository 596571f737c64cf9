//! The reference spooler: it takes messages in the order of the queue, and waits where it is told to.
//!
//! Written from the pages alone, as the reference store is: it knows the protocol and nothing of the model. What it keeps
//! in its head dies with it; the rows of the recipient table are all that outlives it.

mod faults;
mod hand;
mod prepare;
mod registry;
mod serve;
mod work;

pub use faults::SPOOLER_FAULTS;
pub use serve::{SpoolerOptions, run_spooler};
pub use work::Spooler;
