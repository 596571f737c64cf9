//! How long the checker waits: the limits that a run is started with, and the clock that holds one wait to them.

use std::time::{Duration, Instant};

/// The longest that each kind of wait may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Deadlines {
    /// One request, the requests that nest in it included; also a connection attempt.
    pub call: Duration,
    /// `initialize`, `reset` and `restart`, which may start a whole server.
    pub setup: Duration,
    /// From `shutdown` to the exit of the adapter, before it is killed.
    pub exit: Duration,
}

impl Deadlines {
    /// The protocol's deadlines, with `call` for the requests that have no longer one.
    #[must_use]
    pub fn of_calls(call: Duration) -> Self {
        Self { call, setup: call.max(Duration::from_secs(60)), exit: Duration::from_secs(2) }
    }

    /// The limit of `method`.
    pub(super) fn limit(&self, method: &str) -> Duration {
        match method {
            "initialize" | "reset" | "restart" => self.setup,
            _ => self.call,
        }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self::of_calls(Duration::from_secs(10))
    }
}

/// A point in time that one wait, or several in a row, must not pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    /// The wait that it ends.
    pub(super) limit: Duration,
    /// `None`: further away than the clock can tell.
    at: Option<Instant>,
}

impl Deadline {
    /// The end of a wait of `limit` that begins now.
    pub(super) fn after(limit: Duration) -> Self {
        Self { limit, at: Instant::now().checked_add(limit) }
    }

    /// What is left of it.
    pub(super) fn remaining(&self) -> Duration {
        self.at.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()))
    }

    /// Calls `ready` until it returns something or the deadline has passed, for what the system cannot wait for.
    pub(super) fn poll<T>(&self, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            if let Some(value) = ready() {
                return Some(value);
            }
            if !self.pause() {
                return None;
            }
        }
    }

    /// Sleeps for a moment; `false` if the deadline has passed.
    pub(super) fn pause(&self) -> bool {
        const PAUSE: Duration = Duration::from_millis(2);
        let remaining = self.remaining();
        std::thread::sleep(remaining.min(PAUSE));
        !remaining.is_zero()
    }
}
