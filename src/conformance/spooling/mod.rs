//! A spooler under test: the checker plays the store, the transports, the preprocessors and MAPI, and wakes it.

mod case;
mod parts;
mod stage;
mod suite;

pub use case::Mortal;
pub use suite::{SpoolerPlan, run_spooler};
