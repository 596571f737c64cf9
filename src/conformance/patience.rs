//! Waiting for what a provider may do late: bounded each time, and shorter once it has been in vain.

use std::time::Duration;

use super::deadline::Deadline;

/// How often the full limit is waited in vain before less is waited.
const VAIN: u32 = 3;

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

    /// Starts to wait for something that is looked for again and again.
    pub(super) fn wait(&mut self) -> Waiting<'_> {
        Waiting { patience: self, until: None }
    }
}

/// One such wait.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    patience: &'a mut Patience,
    until: Option<Deadline>,
}

impl Waiting<'_> {
    /// Whether to look again; pauses for a moment if so.
    pub(super) fn again(&mut self) -> bool {
        let limit = self.patience.limit();
        let until = self.until.get_or_insert_with(|| Deadline::after(limit));
        let again = until.pause();
        if !again {
            self.patience.was_in_vain();
        }
        again
    }
}
