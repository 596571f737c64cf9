//! Running a provider: adapters, the runner, the reference provider.

mod sut;

pub use sut::{Notification, Outcome, Support, SupportCall, Sut};
