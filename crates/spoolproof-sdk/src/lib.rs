//! Everything a program needs to put a MAPI provider behind the spoolproof adapter protocol, version 1.
//!
//! The protocol is JSON-RPC 2.0, one message a line. This crate holds the types that cross the wire
//! ([`wire`], [`HResult`]), the trait that a provider implements ([`Provider`]) and the loop that serves it ([`serve`]);
//! and nothing about what is right or wrong: that is the checker's business.
//! It depends on `serde` and `serde_json` alone, so that it can be built wherever a provider can.

pub mod hresult;
pub mod lines;
mod mapi;
mod provider;
mod serve;
pub mod trace;
pub mod wire;

pub use hresult::HResult;
pub use mapi::Mapi;
pub use provider::{Answer, CallError, Provider, call};
pub use serve::{serve, serve_stdio, serve_tcp};

/// The version of the adapter protocol that this crate speaks.
pub const PROTOCOL_VERSION: u32 = 1;
