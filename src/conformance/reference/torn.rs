//! Writes that belong together and are made one after the other: what a store leaves that is killed in between.
//!
//! Nothing of it shows unless the store is killed at that very point, so these are no faults of the table.

use super::fault::Fault;
use super::message::Message;
use super::provider::Reference;
use super::refusal::Served;
use super::store::save;

/// A pair of writes that the sound store makes as one; the name says which comes first.
pub const TORN: &[Fault] = &[
    torn(SUBMIT_FLAG_FIRST, &["PMF-03"], "marks a message as submitted, and then queues it"),
    torn(SUBMIT_ROW_FIRST, &["GOQ-03"], "queues a message, and then marks it as submitted"),
    torn(ABORT_FLAG_FIRST, &["GOQ-03"], "clears the mark of a message that is taken back, and then its row"),
    torn(ABORT_ROW_FIRST, &["PMF-03"], "deletes the row of a message that is taken back, and then its mark"),
    torn(FINISH_MARKS_FIRST, &["GOQ-03"], "clears the marks of a sent message, and then its row"),
    torn(FINISH_FILED_FIRST, &["FIN-07"], "files a sent message away, and then deletes its row"),
];

pub(super) const SUBMIT_FLAG_FIRST: &str = "submit-flag-before-row";
pub(super) const SUBMIT_ROW_FIRST: &str = "submit-row-before-flag";
pub(super) const ABORT_FLAG_FIRST: &str = "abort-flag-before-row";
pub(super) const ABORT_ROW_FIRST: &str = "abort-row-before-flag";
pub(super) const FINISH_MARKS_FIRST: &str = "finish-marks-before-row";
pub(super) const FINISH_FILED_FIRST: &str = "finish-filed-before-row";

const fn torn(name: &'static str, breaks: &'static [&'static str], what: &'static str) -> Fault {
    Fault { name, breaks, what, sleeper: false }
}

impl Reference {
    /// The same, with the writes of [`TORN`] that have this name made one after the other.
    #[must_use]
    pub fn torn(mut self, name: &'static str) -> Self {
        self.torn = Some(name);
        self
    }

    /// Kills the store behind so many more writes: the call in whose course that is never returns. It lives again after
    /// a restart.
    pub const fn kill_after(&mut self, writes: u64) {
        self.store.kill_after(Some(writes));
    }

    /// Does not kill it after all.
    pub const fn spare(&mut self) {
        self.store.kill_after(None);
    }

    /// Whether it was killed, and not started again since.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.store.is_killed()
    }

    /// Writes what `first` makes of the message by itself, if the two writes of that name are made one after the other.
    pub(super) fn tear(&mut self, name: &str, message: &Message, first: impl FnOnce(&mut Message)) -> Served<()> {
        if self.torn != Some(name) {
            return Ok(());
        }
        let mut half = message.clone();
        first(&mut half);
        self.store.commit(|transaction| save(transaction, &half))?;
        Ok(())
    }
}
