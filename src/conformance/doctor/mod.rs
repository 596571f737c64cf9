//! The doctor: checks an adapter before anybody believes what it says of its provider.
//!
//! Each check follows from the protocol alone. What a provider may do, or may do wrong, is for the cases to judge: where an
//! oddity could be the provider's, the check warns at most. Nothing here knows a requirement.

mod bench;
mod checkup;
mod claims;
mod examine;
mod handles;
mod isolation;
mod manners;
mod script;
mod spooler;
mod support;
mod watching;

pub use checkup::{Check, Checkup, Mark, Note};
pub use examine::{Patient, essentials, examine, examine_adapter};
