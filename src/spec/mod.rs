//! The catalogue: what the pages require, where they are ambiguous, and what a provider claims.
//!
//! Owns the requirement rows, the register of ambiguities with their readings, and profiles. It is the leftmost
//! layer: text comes in as `&str`, and it knows no files, clocks or printing, and nothing of behaviour, which is
//! `model`'s. Data comes from `models/*.toml`; see `models/README.md` for the schemas.

mod catalogue;
mod document;
mod error;
mod load;
mod problem;
mod profile;
mod reading;
mod requirement;
mod suggest;

pub use catalogue::Catalogue;
pub use error::{LoadError, Located, ProblemKind};
pub use problem::{Problem, line_column};
pub use profile::{NamedProfile, SHIPPED_PROFILES};
pub use reading::{Ambiguity, AmbiguityKind, AmbiguityStatus, Reading, Stance};
pub(crate) use requirement::page_address;
pub use requirement::{Form, Requirement, RequirementStatus, Strength, Who};
pub(crate) use suggest::closest;
