//! Running a provider: adapters, the runner, the reference provider.

mod adapter;
pub mod adequacy;
mod answers;
mod case;
mod connection;
mod deadline;
pub mod doctor;
mod error;
mod framing;
mod in_process;
mod link;
mod message;
mod patience;
mod process;
pub mod reference;
mod results;
mod simulated;
mod spooling;
mod stop;
mod suite;
mod sut;
mod target;
mod tcp;
mod trivial;

pub use adapter::{Adapter, Options};
pub use deadline::Deadlines;
pub use error::{AdapterError, AdapterErrorKind, Input, SeenLine};
pub use in_process::{InProcess, InProcessError};
pub use simulated::{Latitude, Simulated, SimulatedError};
pub use spooling::{Mortal, SpoolerPlan, run_spooler};
pub use stop::Stop;
pub use suite::{Plan, Progress, run};
pub use sut::{Notification, Observe, Oddity, Outcome, Served, Support, SupportCall, Sut};
pub use target::{Target, TargetError};
pub use trivial::{SEEDS, TRIVIALS, Trivial};
