//! The reference provider, rule family by rule family, through its `Provider` trait; and once over real processes.

mod abort;
#[path = "../common/mod.rs"]
mod common;
mod coupled;
mod faults;
mod finish;
mod lock;
mod open;
mod process;
mod script;
mod submit;
