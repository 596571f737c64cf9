//! The command line: one file per subcommand.
//!
//! It reads arguments and files, calls the layers to its left, and writes what they return. Only here are paths,
//! colours and exit codes chosen; nothing here decides a verdict.

mod adequacy;
mod again;
mod app;
mod audit;
mod cases;
mod check;
mod conform;
mod contract;
mod cutting;
mod diagnostic;
mod diff;
mod doctor;
mod earlier;
pub mod exit;
mod explain;
mod explain_case;
mod failure;
mod generate;
mod groups;
mod library;
mod list;
mod observer;
mod output;
mod plan;
mod portion;
mod progress;
mod readings;
mod reference;
mod replay;
mod schema;
mod shrunk;
mod signals;
mod simulate;
mod subject;
mod suite;
mod target;
mod traces;
mod units;

pub use app::run;
