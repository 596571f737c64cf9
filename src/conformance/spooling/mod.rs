//! A spooler under test: the checker plays the store, the transports, the preprocessors and MAPI, and wakes it.

mod case;
mod parts;
mod stage;
mod suite;

pub use case::Mortal;
pub(super) use case::WAKES;
pub(super) use parts::Parts;
pub(super) use stage::Stage;
pub use suite::{SpoolerPlan, run_spooler};
pub(super) use suite::{header, run_case};
