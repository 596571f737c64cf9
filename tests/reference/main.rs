//! The reference provider, rule family by rule family, through its `Provider` trait; and once over real processes.

mod abort;
mod coupled;
mod faults;
mod finish;
mod lock;
mod open;
mod process;
mod script;
mod submit;
