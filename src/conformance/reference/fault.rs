//! Faults of the store: each breaks one rule, so that a checker can be seen to find it.

use std::collections::BTreeSet;

use super::message::MessageId;
use super::serve::ReferenceError;

/// A way to break the reference store.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name on the command line. `sleeper-…` shows only after a history.
    pub name: &'static str,
    /// The requirements that it breaks, the plainest first.
    pub breaks: &'static [&'static str],
    /// What the store does wrong.
    pub what: &'static str,
}

/// The faults that are in, by name.
#[derive(Debug, Default)]
pub(super) struct Faults(BTreeSet<&'static str>);

impl Faults {
    pub(super) fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, ReferenceError> {
        let find = |name: &str| FAULTS.iter().find(|fault| fault.name == name).map(|fault| fault.name);
        let found = names.into_iter().map(|name| find(name).ok_or_else(|| ReferenceError::unknown_fault(name)));
        found.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        debug_assert!(FAULTS.iter().any(|fault| fault.name == name), "`{name}` is not in the table");
        self.0.contains(name)
    }
}

/// What happened since the process started or the store was reset; only faults ask for it.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) restarted: bool,
    pub(super) submitted: u32,
    pub(super) finished: u32,
    pub(super) aborted: BTreeSet<MessageId>,
    pub(super) failed: BTreeSet<MessageId>,
    pub(super) hidden_locks: BTreeSet<MessageId>,
    pub(super) refused_locks: BTreeSet<(String, MessageId)>,
    pub(super) resumed: BTreeSet<MessageId>,
    pub(super) unlocked: BTreeSet<MessageId>,
}

macro_rules! faults {
    ($($name:literal [$($breaks:literal),*] $what:literal;)*) => {
        /// Every fault of the store, by family, then by name.
        pub const FAULTS: &[Fault] = &[$(Fault { name: $name, breaks: &[$($breaks),*], what: $what }),*];
    };
}

faults! {
    // Opening and writing.
    "best-access-refused" ["SEED1-12"] "refuses MAPI_BEST_ACCESS on a queued message";
    "best-access-writes" ["SEED1-10", "SEED1-12"] "opens a queued message read/write for MAPI_BEST_ACCESS";
    "client-write-kept-handle" ["PMF-08"] "lets a client write to a queued message through an object opened before";
    "open-gone-no-access" ["OPN-07"] "answers MAPI_E_NO_ACCESS for an entry id that names nothing";
    "open-locked-client" ["SEED1-07", "SEED1-08"] "lets a client open a message that the spooler has locked";
    "open-locked-deferred" ["SEED1-08", "OPN-02"] "opens a locked message in name only; the first read is refused";
    "open-locked-second-spooler" ["SEED1-14"] "lets a second spooler open what the first has locked";
    "open-locked-submitted" ["SEED1-08"] "refuses a locked message with MAPI_E_SUBMITTED instead of MAPI_E_NO_ACCESS";
    "open-modify-queued" ["SEED1-10", "SEED1-11"] "lets a client open a queued message read/write";
    "open-modify-wrong-code" ["SEED1-11"] "refuses MAPI_MODIFY on a queued message with MAPI_E_CALL_FAILED";
    "responsibility-not-saved" ["RSP-01", "RCT-03"] "answers S_OK to a change of PR_RESPONSIBILITY and does not save it";
    "second-spooler-writes" ["SEED1-14"] "lets a second spooler write to what the first has locked";

    // Submitting.
    "client-ends-preprocessing" ["PSF-05"] "takes a client's SubmitMessage for the spooler's, so that preprocessing is skipped";
    "double-row-after-preprocess" ["OQT-01", "GOQ-03"] "shows a preprocessed message twice in the queue";
    "duplicate-submit-queues-again" ["MST-01", "GOQ-08"] "takes a second SubmitMessage for a new submission, so that the message changes its place";
    "empty-submits" ["SUB-04"] "submits a message without recipients";
    "expand-skipped" ["EXP-09", "SEED1-22"] "never calls ExpandRecips";
    "expansion-dropped" ["SUB-01", "RCT-03"] "does not keep the recipients that ExpandRecips returned";
    "failed-submit-kills-handle" ["SUB-13"] "makes the object unusable when SubmitMessage fails";
    "failed-submit-leaves-flag" ["SUB-13", "PMF-03"] "leaves MSGFLAG_SUBMIT set when SubmitMessage fails";
    "failed-submit-leaves-row" ["SUB-13"] "leaves a queue row when SubmitMessage fails";
    "locked-on-submit" ["PSF-02", "SEED1-14"] "locks a message when it is submitted, before any spooler asked";
    "no-notify-on-submit" ["SEED1-48", "OQT-08", "GOQ-09"] "sends no notification when a message enters the queue";
    "no-preprocess-flag" ["SEED1-29"] "queues a message that needs preprocessing without SUBMITFLAG_PREPROCESS";
    "no-queue-row" ["SEED1-47"] "submits without a row in the outgoing queue";
    "prepare-error-replaced" ["SEED1-17"] "returns MAPI_E_CALL_FAILED whatever PrepareSubmit failed with";
    "prepare-error-swallowed" ["SEED1-17", "MST-03"] "goes on when PrepareSubmit fails";
    "prepare-skipped-on-resend" ["SUB-09", "MST-03"] "does not call PrepareSubmit for a resend";
    "preprocess-never-cleared" ["PSF-06"] "keeps SUBMITFLAG_PREPROCESS after the spooler's SubmitMessage";
    "preprocess-not-notified" ["SEED1-30", "OQT-08"] "sends no notification for a message that needs preprocessing";
    "readytosend-every-time" ["PRE-07", "SPN-11"] "sends NOTIFY_READYTOSEND before every PrepareSubmit";
    "readytosend-skipped" ["PRE-07", "SPN-11"] "calls PrepareSubmit without NOTIFY_READYTOSEND";
    "reset-after-prepare" ["RCT-03"] "sets PR_RESPONSIBILITY FALSE again after PrepareSubmit set it";
    "responsibility-preset-true" ["SEED1-20"] "queues a message with PR_RESPONSIBILITY TRUE";
    "resume-drops-lock" ["SEED1-35", "PSF-02"] "loses the lock when the spooler calls SubmitMessage";
    "resume-not-notified" ["SEED1-48"] "sends no notification after the spooler's SubmitMessage";
    "resume-refreshes-time" ["MST-01", "OQT-07"] "takes a new PR_CLIENT_SUBMIT_TIME when the spooler calls SubmitMessage";
    "submit-drops-edits" ["SUB-01"] "sends the message without what was set and not yet saved";
    "submit-flag-missing" ["SEED1-18", "SUB-02", "PMF-03"] "does not set MSGFLAG_SUBMIT";
    "submit-time-missing" ["SEED1-21", "PST-01"] "does not set PR_CLIENT_SUBMIT_TIME";

    // A store that is coupled with a transport.
    "complete-skipped" ["SEED1-40"] "finishes a preprocessed message itself instead of calling CompleteMsg";
    "completemsg-uncoupled" ["CMP-02"] "calls CompleteMsg though it is not coupled";
    "coupled-always-queues" ["SEED1-39", "MST-10"] "leaves every recipient to the spooler though it is coupled";
    "coupled-partial-finish" ["SEED1-47", "MST-02"] "finishes a message with recipients that it does not know";
    "failed-complete-leaves-flag" ["PMF-03"] "stays submitted when CompleteMsg fails";
    "needs-spooler-ignored" ["SEED1-47", "MST-02"] "finishes a message alone though ExpandRecips returned NEEDS_SPOOLER";
    "responsibility-not-true" ["SEED1-39"] "does not set PR_RESPONSIBILITY TRUE for those that it sent to";

    // Locking and the queue.
    "lock-blocks-after-restart" ["SEED1-11", "SEED1-12"] "keeps clients out after a restart though no lock is shown";
    "lock-dequeues" ["GOQ-03", "SEED1-47"] "takes the row out of the queue when the spooler locks the message";
    "lock-flag-hidden" ["SEED1-13", "PSF-02"] "does not show SUBMITFLAG_LOCKED while the lock is held";
    "lock-no-save" ["SLS-09"] "does not save in SetLockState";
    "lock-not-set" ["SLS-04", "SEED1-14"] "answers S_OK to MSG_LOCKED and does not lock";
    "lock-refused-then-granted" ["SLS-04", "SEED1-14"] "refuses a second spooler once, then reports success";
    "lock-unqueued-enqueues" ["GOQ-03"] "puts a message into the queue because somebody tried to lock it";
    "message-lost-on-crash" ["SEED1-02", "LGO-01"] "loses queued messages when it is killed";
    "new-mail-not-notified" ["NNM-03"] "sends no new-mail notification";
    "queue-lost-on-crash" ["LGO-01"] "loses the outgoing queue when it is killed";
    "queue-missing-column" ["OQT-09", "GOQ-06"] "lacks PR_DISPLAY_BCC in the queue table";
    "queue-refused" ["SEED1-04", "SEED1-06"] "answers MAPI_E_NO_SUPPORT to the spooler's GetOutgoingQueue";
    "queue-unsorted" ["GOQ-08", "OQT-07"] "shows the newest message first";
    "second-spooler-steals-lock" ["SEED1-14", "SLS-04"] "gives a second spooler the lock that the first holds";
    "unlock-noop" ["SLS-04"] "answers S_OK to MSG_UNLOCKED and does not unlock";

    // Cancelling.
    "abort-clears-unsent" ["PMF-10"] "makes a cancelled message look sent";
    "abort-deletes-message" ["ABT-02"] "deletes the message that it takes out of the queue";
    "abort-leaves-flag" ["ABT-02", "PMF-10"] "leaves MSGFLAG_SUBMIT set on a cancelled message";
    "abort-leaves-row" ["ABT-02"] "answers S_OK and leaves the row in the queue";
    "abort-locked-succeeds" ["SLS-08", "ABT-04"] "cancels a message that the spooler has locked";
    "abort-locked-wrong-code" ["ABT-04"] "refuses to cancel a locked message with MAPI_E_CALL_FAILED";
    "abort-no-notify" ["OQT-08", "GOQ-09"] "sends no notification when a message leaves the queue by AbortSubmit";
    "abort-refused" ["SUB-16"] "never cancels anything";
    "abort-unqueued-ok" ["ABT-03"] "answers S_OK for a message that is not queued";

    // Finishing.
    "finish-by-client" ["FIN-03"] "lets a client call FinishedMsg";
    "finish-deletes-when-neither" ["FIN-09", "PSM-06"] "deletes a message that should stay where it is";
    "finish-dosentmail-twice" ["DSM-02", "SEED2-11"] "runs the hooks twice";
    "finish-error-requeues" ["FIN-07"] "queues the sent message again when DoSentMail fails";
    "finish-ignores-superseded" ["SEED2-13"] "files the message away though a hook took it over";
    "finish-keeps-flag" ["FIN-07", "PMF-03"] "leaves MSGFLAG_SUBMIT set on a sent message";
    "finish-keeps-row" ["FIN-07", "ABT-03"] "leaves the row of a sent message in the queue";
    "finish-keeps-unsent" ["PMF-06"] "leaves MSGFLAG_UNSENT set on a sent message";
    "finish-moves-when-neither" ["FIN-09", "PSM-06"] "moves a message that should stay where it is";
    "finish-no-delete" ["FIN-12", "PSM-08"] "does not delete a message that asks for it";
    "finish-no-dosentmail" ["FIN-13", "DSM-02", "SEED2-11"] "does not call DoSentMail";
    "finish-no-move" ["FIN-11", "PSM-07", "SEED2-12"] "does not move a message that asks for it";
    "finish-no-notify" ["OQT-08", "GOQ-09"] "sends no notification when a message leaves the queue by FinishedMsg";
    "finish-stays-locked" ["FIN-06", "SEED2-10"] "does not unlock the message";
    "finish-twice-copies" ["FIN-07"] "makes a second sent copy when FinishedMsg is called again";
    "spooler-refused-finish" ["FIN-07", "SEED1-06"] "answers MAPI_E_NO_SUPPORT to the spooler's FinishedMsg";

    // Sleepers.
    "sleeper-abort-after-unlock-leaves-flag" ["ABT-02", "PMF-10"] "leaves MSGFLAG_SUBMIT set if the message was locked and unlocked before";
    "sleeper-expand-skipped-on-retry" ["EXP-09"] "does not call ExpandRecips when a failed submission is tried again";
    "sleeper-finish-while-others-wait-keeps-row" ["FIN-07", "ABT-03"] "leaves the row of a sent message that was not the oldest";
    "sleeper-lock-only-oldest" ["SLS-04", "SEED1-14"] "locks nothing but the oldest message, and says it did";
    "sleeper-no-delete-after-restart" ["FIN-12"] "forgets over a restart that a message asks to be deleted";
    "sleeper-open-locked-second-client" ["SEED1-07", "SEED1-08"] "lets the second client open a locked message";
    "sleeper-open-modify-after-restart" ["SEED1-10", "SEED1-11"] "opens queued messages read/write after a restart";
    "sleeper-queue-shows-two" ["GOQ-03", "OQT-01"] "shows no more than two rows";
    "sleeper-relock-ignored" ["SLS-04", "SEED1-14"] "does not lock again what was unlocked once, and says it did";
    "sleeper-resubmit-keeps-preprocess" ["SEED1-47"] "sets SUBMITFLAG_PREPROCESS on a message that was cancelled and submitted again";
    "sleeper-resubmit-no-row" ["SEED1-47"] "does not queue a message that was cancelled and submitted again";
    "sleeper-second-client-writes" ["SEED1-10", "SEED1-12"] "opens a queued message read/write for the second client";
    "sleeper-second-finish-keeps-row" ["FIN-07", "ABT-03"] "leaves the row of every sent message after the first";
    "sleeper-third-submission-not-notified" ["SEED1-48", "OQT-08"] "sends no notification from the third submission on";
    "sleeper-time-goes-back-after-restart" ["GOQ-08", "OQT-07"] "takes submission times an hour old after a restart";

    // Calls that overlap. Each looks at the message, lets others run, and writes back what it saw.
    "race-abort-looks-once" ["ABT-03"] "takes back a message that has left the queue since it looked";
    "race-finish-looks-once" ["FIN-07"] "finishes a message that has left the queue since it looked";
    "race-lock-looks-once" ["SLS-04", "SEED1-14"] "locks a message that another spooler has locked since it looked";
    "race-responsibility-looks-once" ["FIN-07"] "writes back the place in the queue that the message had when it looked";
    "race-resume-looks-once" ["SUB-02", "SEED1-05"] "goes on with a preprocessed message that was taken back since it looked";
    "race-unlock-looks-once" ["GOQ-03", "PMF-03"] "unlocks, and queues, a message that was finished since it looked";
    "race-write-looks-once" ["PMF-08", "SEED1-10"] "writes back that the message is in no queue, since it was in none when it looked";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FAULTS, Faults};

    /// Where the faults are put into the store.
    const SOURCES: &[&str] = &[
        include_str!("abort.rs"),
        include_str!("finish.rs"),
        include_str!("lock.rs"),
        include_str!("observe.rs"),
        include_str!("open.rs"),
        include_str!("provider.rs"),
        include_str!("submit.rs"),
    ];

    #[test]
    fn every_fault_is_in_the_table_and_in_the_store() {
        let named = |source: &'static str| source.split("fault(\"").skip(1).filter_map(|rest| rest.split('"').next());
        let used: BTreeSet<_> = SOURCES.iter().flat_map(|source| named(source)).collect();
        let listed: BTreeSet<_> = FAULTS.iter().map(|fault| fault.name).collect();
        assert_eq!(used, listed);
        assert_eq!(listed.len(), FAULTS.len(), "a name is there twice");
    }

    #[test]
    fn an_unknown_fault_is_refused_by_name() {
        let error = Faults::parse(["no-queue-row", "no-such-fault"]).expect_err("unknown");
        assert!(error.to_string().contains("no-such-fault"), "{error}");
    }
}
