//! The reference provider: a small message store, kept in `SQLite`, that sends mail as the default readings say.
//!
//! It owns a store that can be broken on purpose ([`FAULTS`]) and an adapter that can be broken on purpose
//! ([`ADAPTER_FAULTS`]), so that a checker can be seen to catch what it must. It is an implementation in its own
//! right: it knows the adapter protocol through `spoolproof-sdk` and nothing of the model or the oracle.

mod abort;
mod adapter_fault;
mod broken;
mod fault;
mod faults;
mod finish;
mod handle;
mod history;
mod interleave;
mod lock;
mod message;
mod observe;
mod open;
mod profile;
mod provider;
mod refusal;
mod sabotage;
mod serve;
mod snapshot;
mod spoil;
mod spooler;
mod store;
mod submit;
mod supervisor;
mod torn;

pub use adapter_fault::{ADAPTER_FAULTS, AdapterFault, Gravity};
pub use fault::Fault;
pub use faults::FAULTS;
pub use provider::Reference;
pub use serve::{ReferenceError, ReferenceOptions, run};
pub(in crate::conformance) use snapshot::{Past, Snapshot};
pub use spooler::{SPOOLER_FAULTS, Spooler, SpoolerOptions, run_spooler};
pub use torn::TORN;
