//! What the faults do around a call, at a start, and to what MAPI hears: the store itself is left as it should be.
//!
//! A fault that turns one decision stands at that decision, in the store. One that needs a history, or does more than
//! it should, stands here. Without faults nothing of this runs.

mod abort;
mod bend;
mod call;
mod finish;
mod lock;
mod open;
mod queue;
mod start;
mod submit;
