//! Waiting for what a provider may do late: bounded each time, and shorter once it has been in vain.

use std::time::Duration;

use super::deadline::Deadline;

/// How often the full limit is waited in vain before less is waited. A right store never comes near it, however slow,
/// so that no verdict depends on the cases before; a broken one must not keep the run for an hour.
const VAIN: u32 = 12;

/// The patience of one run. A provider that is never late costs nothing; one that never comes costs a few limits.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    limit: Duration,
    vain: u32,
}

impl Patience {
    pub(super) const fn new(limit: Duration) -> Self {
        Self { limit, vain: 0 }
    }

    /// How long to wait now.
    pub(super) fn limit(&self) -> Duration {
        if self.vain < VAIN { self.limit } else { self.limit / 20 }
    }

    /// Nothing came.
    pub(super) const fn was_in_vain(&mut self) {
        self.vain = self.vain.saturating_add(1);
    }

    /// Whether to look again for what is late; pauses for a moment if so. `wait` begins as `None`.
    pub(super) fn again(&mut self, wait: &mut Option<Deadline>) -> bool {
        let limit = self.limit();
        let again = wait.get_or_insert_with(|| Deadline::after(limit)).pause();
        if !again {
            self.was_in_vain();
        }
        again
    }
}
