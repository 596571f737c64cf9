//! What the pages say: the only home of behaviour.
//!
//! [`steps`] lists, for one message in one state, every way in which a store may answer a call. The checkers, the
//! oracle, the simulated provider and the scenario replay all ask it; nothing else states a rule. It knows nothing of
//! traces, adapters or bounds. To its left is `spec`, whose catalogue names the requirements that clauses cite; to its
//! right are `scenario` and `oracle`.
//!
//! Messages do not influence each other save through the order of the queue (`queue`) and a restart, so a step
//! concerns one message, and a whole store (`store`) is a product of messages.

mod abort;
mod action;
mod bearing;
mod call;
mod caller;
mod clause;
mod client;
mod conduct;
mod cut;
mod entry;
mod fairness;
mod finish;
mod local;
mod lock;
mod mapi;
mod message;
mod obligation;
mod open;
mod order;
mod preprocessor;
mod property;
mod props;
mod queue;
mod reading;
mod restart;
mod scope;
mod spooler;
mod step;
mod store;
mod submit;
mod symmetry;
mod transport;

pub use action::{Action, Transition};
pub use bearing::bears_on;
pub use call::{Call, Draft, Env, Expand, Handle, Hook, OpenFlags, Profile, Session, Stop, Support};
pub use caller::{caller_faults, client_reads_queue};
pub(crate) use clause::clauses_of_callers;
pub use clause::{Aspect, Aspects, Cite, Clause, all_clauses};
pub use conduct::{TransportFault, forbids_letting_go, forbids_lock, forbids_rows, guards, leaving, neglects};
pub use cut::cut;
pub(crate) use entry::ENTRY_BITS;
pub use entry::{Ending, Entry, Errand};
pub use fairness::{ASSUMPTIONS, Assumption, FairClasses};
pub use local::{Buffers, Context, Local, turns_in_order};
pub(crate) use local::{expand, turns};
pub use message::{Level, Lock, Message, Place, Tri};
pub use obligation::{OBLIGATIONS, Obligation, Pending, Subject};
pub use order::Order;
pub(crate) use order::Standing;
pub use preprocessor::{Preprocessed, Preprocessor};
pub use property::{Check, Event, Judgement, PROPERTIES, Property};
pub use queue::{
    QueueChange, REQUIRED_COLUMNS, STORE_NOTIFY_FLAGS, misplaced, notification, notify_flags, queue_table,
};
pub(crate) use reading::{A11, H13};
pub use reading::{AMBIGUITIES, Dim, Dims, Mask, Need, Rules};
pub use scope::{ClientCall, Composed, Scope, SpoolerOrder};
pub use spooler::{Act, Desk, forbids};
pub use step::{Calls, Codes, Reply, Step, Times, frame_ids, steps};
pub use store::{Failures, World};
pub use symmetry::Symmetry;
pub(crate) use symmetry::rank;
pub use transport::{Handed, Transport};
