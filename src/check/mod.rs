//! Explores every state of a finite instance, or walks through it at random, and looks for a transition that breaks a
//! property.
//!
//! This module owns the bounds files, the search and what it tells; it is the only user of stateright. It knows nothing
//! of traces and providers. To its left stand `model`, which says what can happen, and `scenario`, in whose form a
//! counterexample is written down; to its right is the command line. A search within bounds proves nothing beyond them.

mod bounds;
mod course;
mod engine;
mod explorable;
mod explored;
mod fair;
pub mod liveness;
mod machine;
mod memo;
mod plan;
mod readings;
mod render;
mod run;
pub(crate) mod shorten;
mod simulate;
mod story;
mod witness;

pub use bounds::{Bounds, Pins, SHIPPED_BOUNDS};
pub use course::Course;
pub use engine::Visited;
pub use explored::Explored;
pub use fair::Promise;
pub use plan::{Budget, Engine, Plan};
pub use readings::{Learned, ReadingOutcome, Survey, small_bounds};
pub(crate) use render::grouped;
pub use render::{Detail, render_text};
pub use run::{Counted, Finding, Liveness, NotJudged, Outcome, Stopped, Tested, run};
pub(crate) use simulate::Chance;
pub use simulate::{Actor, Failed, Kind, Seen, Simulation, Unsteady, Walks, render_simulation, simulate};
pub(crate) use story::{answer, what, who};
pub(crate) use witness::{Scribe, name, session_name};
pub use witness::{Trace, TraceStep};
