//! Running a provider: adapters, the runner, the reference provider.

mod adapter;
mod answers;
mod case;
mod connection;
mod deadline;
pub mod doctor;
mod error;
mod framing;
mod link;
mod message;
mod patience;
mod process;
pub mod reference;
mod results;
mod simulated;
mod spooling;
mod suite;
mod sut;
mod target;
mod tcp;

pub use adapter::{Adapter, Options};
pub use deadline::Deadlines;
pub use error::{AdapterError, AdapterErrorKind, Input, SeenLine};
pub use simulated::{Latitude, Simulated, SimulatedError};
pub use spooling::{SpoolerPlan, run_spooler};
pub use suite::{Plan, Progress, run};
pub use sut::{Notification, Observe, Oddity, Outcome, Served, Support, SupportCall, Sut};
pub use target::{Target, TargetError};
