//! Ctrl-C and SIGTERM: a run that is stopped keeps what it has, and says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit;
use super::failure::Failure;
use crate::conformance::Stop;

/// Stops at the first signal, and `limit` from now. A second Ctrl-C ends the program where it stands.
pub(crate) fn watch(limit: Option<Duration>) -> Result<Stop, Failure> {
    let (signal, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    // In this order: the first signal finds `again` unset, and sets it.
    let watched = flag::register_conditional_shutdown(SIGINT, exit::INTERRUPTED.into(), Arc::clone(&again))
        .and_then(|_| flag::register(SIGINT, again))
        .and_then(|_| flag::register_usize(SIGINT, Arc::clone(&signal), Stop::INTERRUPTED))
        .and_then(|_| flag::register_usize(SIGTERM, Arc::clone(&signal), Stop::TERMINATED));
    watched.map_err(|error| Failure::tool(format_args!("cannot listen for Ctrl-C: {error}")))?;
    Ok(Stop::at(signal, limit.and_then(|limit| Instant::now().checked_add(limit))))
}
