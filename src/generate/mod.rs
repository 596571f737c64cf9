//! Cases that are worked out instead of written: from the explored graph of a bounded instance to scenarios that cover
//! what was asked for.
//!
//! This module owns what a suite aims at, and how it gets there with few calls; it knows nothing of providers and files. To
//! its left stand `check`, whose graph it takes, and `model`, which says what each call may come to; a case is a scenario
//! like any other, and what it claims to cover is counted again by a test that shares no code with it.

mod behaviour;
mod case;
mod complete;
mod flow;
mod moves;
mod pairs;
mod requirements;
mod script;
mod steering;
mod suite;
mod tour;
mod usual;
mod walks;
mod words;

pub use behaviour::Behaviour;
pub use case::Case;
pub use moves::{LeftOut, Move, Stated, Stimulus};
pub use requirements::{Named, permitted_readings};
pub use steering::Steering;
pub use suite::{Goal, NotExplored, Part, SUITE_BOUNDS, Suite};
pub use usual::{EXTRA_STATES, Extent, carried};
pub use walks::Walking;
