//! Ctrl-C and SIGTERM: a run that is stopped keeps what it has, and says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit;
use super::failure::Failure;
use crate::conformance::Stop;

/// What signals have asked for since somebody began to listen.
#[derive(Debug)]
pub(crate) struct Signals {
    asked: Arc<AtomicBool>,
    /// What a [`Stop`] is told: 0, or which signal it was.
    which: Arc<AtomicUsize>,
}

impl Signals {
    /// Listens from now on. A Ctrl-C that is not the first signal ends the program where it stands.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let (asked, which) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        // In this order: the first signal finds `asked` unset, and sets it.
        let listening = flag::register_conditional_shutdown(SIGINT, exit::INTERRUPTED.into(), Arc::clone(&asked))
            .and_then(|_| flag::register_usize(SIGINT, Arc::clone(&which), Stop::INTERRUPTED))
            .and_then(|_| flag::register_usize(SIGTERM, Arc::clone(&which), Stop::TERMINATED))
            .and_then(|_| flag::register(SIGINT, Arc::clone(&asked)))
            .and_then(|_| flag::register(SIGTERM, Arc::clone(&asked)));
        listening.map_err(|error| Failure::tool(format_args!("cannot listen for Ctrl-C: {error}")))?;
        Ok(Self { asked, which })
    }

    /// Set at the first signal: for those who need not know what a signal is.
    pub(crate) const fn asked(&self) -> &Arc<AtomicBool> {
        &self.asked
    }

    /// The exit code of a run that was stopped, or else `code`.
    pub(crate) fn exit_code(&self, code: u8) -> u8 {
        match self.which.load(Ordering::Relaxed) {
            0 => code,
            Stop::INTERRUPTED => exit::INTERRUPTED,
            _ => exit::TERMINATED,
        }
    }
}

/// Stops at the first signal, and `limit` from now.
pub(crate) fn watch(limit: Option<Duration>) -> Result<Stop, Failure> {
    let Signals { which, .. } = Signals::listen()?;
    Ok(Stop::at(which, limit.and_then(|limit| Instant::now().checked_add(limit))))
}
