//! The model as a provider: it can be driven like an adapter, and every answer is a step of the model.
//!
//! Owns no rule. What the model leaves open it settles in a fixed way, or as the scenario assumes, so that equal calls
//! have equal answers. `replay` runs scenarios on it, and so finds those that assume what no store may do. A store that
//! settles it by chance shows whether the oracle lets pass whatever the model permits.

mod calls;
mod choice;
mod messages;
mod observe;
mod provider;
#[cfg(test)]
mod tests;
mod will;

pub use provider::{Simulated, SimulatedError};
pub use will::Latitude;
