//! Running a provider: adapters, the runner, the reference provider.

pub mod reference;
mod sut;

pub use sut::{Notification, Outcome, Support, SupportCall, Sut};
