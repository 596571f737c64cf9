//! Whether the suite is worth its time: it is run on providers that are wrong in a known way.

mod bounds;
mod mutant;
mod product;
mod scores;
mod survey;
mod words;
mod worlds;

pub use bounds::Bounds;
pub use mutant::{Judged, Mutant, Suites, judge};
pub use product::{Explored, explore};
pub use scores::{Score, hundredths, of_right, score};
pub use survey::{Fate, Outcome, Proof, SHARE, Survey, Task, UNBREAKABLE, Witness};
