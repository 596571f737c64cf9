//! Running a provider: adapters, the runner, the reference provider.

mod adapter;
pub mod adequacy;
mod answers;
mod case;
mod connection;
mod deadline;
mod error;
mod framing;
mod in_process;
mod link;
mod message;
mod patience;
mod process;
pub mod reference;
mod results;
mod shrink;
mod simulated;
mod spooling;
mod suite;
mod sut;
mod target;
mod tcp;
mod together;
mod trivial;

pub use adapter::{Adapter, Options};
pub use deadline::Deadlines;
pub use error::{AdapterError, AdapterErrorKind, Input, SeenLine};
pub use in_process::{InProcess, InProcessError};
pub use shrink::{ShrinkLimit, shrink};
pub use simulated::{Latitude, Simulated, SimulatedError};
pub use spooling::{Mortal, SpoolerPlan, run_spooler};
pub use suite::{Plan, Progress, run};
pub use sut::{Came, Notification, Observe, Outcome, Request, Served, Support, SupportCall, Sut};
pub use target::{Target, TargetError};
pub use trivial::{SEEDS, TRIVIALS, Trivial};
