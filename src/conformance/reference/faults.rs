//! Faults of the store: each breaks one rule, so that a checker can be seen to find it.

use super::fault::faults;

faults! {
    /// Every fault of the store, by family.
    FAULTS
    at_once {
        // Opening and writing.
        "best-access-refused" ["SEED1-12"] "refuses MAPI_BEST_ACCESS on a queued message";
        "best-access-writes" ["SEED1-10", "SEED1-12"] "opens a queued message read/write for MAPI_BEST_ACCESS";
        "client-write-kept-handle" ["PMF-08"] "lets a client write to a queued message through an object opened before";
        "draft-write-refused" ["HOM-03", "OPN-03"] "makes a client's change of a draft, and says that it may not";
        "open-draft-refused" ["OPN-03", "OPN-05"] "lets no client open a draft";
        "open-gone-no-access" ["OPN-07"] "answers MAPI_E_NO_ACCESS for an entry id that names nothing";
        "open-locked-client" ["SEED1-07", "SEED1-08"] "lets a client open a message that the spooler has locked";
        "open-locked-deferred" ["SEED1-08", "OPN-02"] "opens a locked message in name only; the first read is refused";
        "open-locked-second-spooler" ["SEED1-14", "XOM-04"] "lets a second spooler open what the first has locked";
        "open-locked-submitted" ["SEED1-08"] "refuses a locked message with MAPI_E_SUBMITTED instead of MAPI_E_NO_ACCESS";
        "open-modify-queued" ["SEED1-10", "SEED1-11"] "lets a client open a queued message read/write";
        "open-modify-wrong-code" ["SEED1-11"] "refuses MAPI_MODIFY on a queued message with MAPI_E_CALL_FAILED";
        "read-only-handle-writes" ["OPN-04"] "writes through an object that was opened read-only";
        "refused-write-sticks" ["SEED1-10", "PMF-08"] "refuses a client's write to a queued message, and makes it";
        "responsibility-not-saved" ["RSP-01", "RCT-03"] "answers S_OK to a change of PR_RESPONSIBILITY and does not save it";
        "second-spooler-writes" ["SEED1-14"] "lets a second spooler write to what the first has locked";
        "spooler-opens-read-only" ["SPL-03"] "gives the spooler a read-only object of a queued message";
        "write-to-deleted-succeeds" ["SVC-04"] "answers S_OK to a write to a message that is gone";

        // Submitting.
        "client-ends-preprocessing" ["PSF-05"] "takes a client's SubmitMessage for the spooler's, so that preprocessing is skipped";
        "double-row-after-preprocess" ["OQT-01", "GOQ-03", "GOQ-04"] "shows a preprocessed message twice in the queue";
        "duplicate-submit-queues-again" ["MST-01", "GOQ-08"] "takes a second SubmitMessage for a new submission, so that the message changes its place";
        "duplicate-submit-renews-time" ["GOQ-08", "OQT-07"] "refuses a second SubmitMessage, and takes a new PR_CLIENT_SUBMIT_TIME";
        "empty-submits" ["SUB-04"] "submits a message without recipients";
        "expand-skipped" ["EXP-09", "SEED1-22", "MST-06"] "never calls ExpandRecips";
        "expansion-dropped" ["SUB-01", "RCT-03"] "does not keep the recipients that ExpandRecips returned";
        "failed-submit-kills-handle" ["SUB-13", "SEED1-49"] "makes the object unusable when SubmitMessage fails";
        "failed-submit-leaves-flag" ["SUB-13", "PMF-03"] "leaves MSGFLAG_SUBMIT set when SubmitMessage fails";
        "failed-submit-leaves-row" ["SUB-13"] "leaves a queue row when SubmitMessage fails";
        "locked-on-submit" ["PSF-02", "SEED1-14"] "locks a message when it is submitted, before any spooler asked";
        "needs-spooler-drops-preprocess" ["SEED1-29", "PPP-02"] "forgets NEEDS_PREPROCESSING when NEEDS_SPOOLER comes with it";
        "no-notify-on-submit" ["SEED1-48", "OQT-08", "GOQ-09"] "sends no notification when a message enters the queue";
        "no-preprocess-flag" ["SEED1-29", "SEED1-15", "MST-07"] "queues a message that needs preprocessing without SUBMITFLAG_PREPROCESS";
        "no-queue-row" ["SEED1-47", "SEED1-36", "SEED2-01", "SEED2-03", "MST-11", "SBM-02"] "submits without a row in the outgoing queue";
        "preprocess-answered-with-error" ["SEED1-31", "SEED1-05"] "queues a message that needs preprocessing, and says that it failed";
        "prepare-error-replaced" ["SEED1-17"] "returns MAPI_E_CALL_FAILED whatever PrepareSubmit failed with";
        "prepare-error-swallowed" ["SEED1-17", "MST-03"] "goes on when PrepareSubmit fails";
        "prepare-skipped-on-resend" ["SUB-09", "MST-03", "SEED1-16", "PRE-02"] "does not call PrepareSubmit for a resend";
        "preprocess-never-cleared" ["PSF-06"] "keeps SUBMITFLAG_PREPROCESS after the spooler's SubmitMessage";
        "preprocess-not-notified" ["SEED1-30", "OQT-08"] "sends no notification for a message that needs preprocessing";
        "readytosend-every-time" ["PRE-07", "SPN-11"] "sends NOTIFY_READYTOSEND before every PrepareSubmit";
        "readytosend-skipped" ["PRE-07", "SPN-11"] "calls PrepareSubmit without NOTIFY_READYTOSEND";
        "readytosend-wrong-flag" ["SPN-01"] "calls SpoolerNotify with a flag that is not for stores";
        "reset-after-prepare" ["RCT-03", "SEED1-19"] "sets PR_RESPONSIBILITY FALSE again after PrepareSubmit set it";
        "responsibility-preset-true" ["SEED1-20"] "queues a message with PR_RESPONSIBILITY TRUE";
        "resume-drops-lock" ["SEED1-35", "PSF-02"] "loses the lock when the spooler calls SubmitMessage";
        "resume-not-notified" ["SEED1-48", "SAM-02", "DMS-01"] "sends no notification after the spooler's SubmitMessage";
        "resume-refreshes-time" ["MST-01", "OQT-07"] "takes a new PR_CLIENT_SUBMIT_TIME when the spooler calls SubmitMessage";
        "submit-drops-edits" ["SUB-01", "SBM-01", "SVC-01"] "sends the message without what was set and not yet saved";
        "submit-flag-missing" ["SEED1-18", "SUB-02", "PMF-03", "PMF-07", "SAM-01"] "does not set MSGFLAG_SUBMIT";
        "submit-moves-to-sent" ["SEED1-47"] "moves a message to the sent-mail folder when it is submitted";
        "submit-time-missing" ["SEED1-21", "PST-01"] "does not set PR_CLIENT_SUBMIT_TIME";

        // A store that is coupled with a transport.
        "complete-despite-needs-spooler" ["CMP-04"] "calls CompleteMsg though ExpandRecips returned NEEDS_SPOOLER";
        "complete-skipped" ["SEED1-40", "SEED1-43"] "finishes a preprocessed message itself instead of calling CompleteMsg";
        "complete-twice" ["CMP-04", "SEED1-45", "MST-09"] "calls CompleteMsg twice";
        "completemsg-uncoupled" ["CMP-02"] "calls CompleteMsg though it is not coupled";
        "coupled-always-queues" ["SEED1-39", "MST-10"] "leaves every recipient to the spooler though it is coupled";
        "coupled-marks-strangers" ["SEED1-38"] "sets PR_RESPONSIBILITY TRUE for recipients that it does not know";
        "coupled-partial-finish" ["SEED1-47", "MST-02"] "finishes a message with recipients that it does not know";
        "direct-keeps-flag" ["SEED1-44"] "leaves MSGFLAG_SUBMIT set on what it sent itself";
        "failed-complete-leaves-flag" ["PMF-03"] "stays submitted when CompleteMsg fails";
        "needs-spooler-ignored" ["SEED1-47", "MST-02", "SEED2-02", "TCS-08"] "finishes a message alone though ExpandRecips returned NEEDS_SPOOLER";
        "responsibility-not-true" ["SEED1-39"] "does not set PR_RESPONSIBILITY TRUE for those that it sent to";

        // Locking and the queue.
        "lock-blocks-after-restart" ["SEED1-11", "SEED1-12", "SEED1-09"] "keeps clients out after a restart though no lock is shown";
        "lock-clears-preprocess" ["PSF-01"] "clears SUBMITFLAG_PREPROCESS when the spooler locks the message";
        "lock-dequeues" ["GOQ-03", "SEED1-47"] "takes the row out of the queue when the spooler locks the message";
        "lock-flag-hidden" ["SEED1-13", "PSF-02"] "does not show SUBMITFLAG_LOCKED while the lock is held";
        "lock-no-save" ["SLS-09"] "does not save in SetLockState";
        "lock-not-set" ["SLS-04", "SEED1-14", "MST-12"] "answers S_OK to MSG_LOCKED and does not lock";
        "lock-refused-then-granted" ["SLS-04", "SEED1-14"] "refuses a second spooler once, then reports success";
        "lock-renews-time" ["SEED1-21"] "takes a new PR_CLIENT_SUBMIT_TIME when the spooler locks the message";
        "lock-unqueued-enqueues" ["GOQ-03"] "puts a message into the queue because somebody tried to lock it";
        "message-lost-on-crash" ["SEED1-02", "LGO-01"] "loses queued messages when it is killed";
        "new-mail-not-notified" ["NNM-03"] "sends no new-mail notification";
        "queue-lost-on-crash" ["LGO-01"] "loses the outgoing queue when it is killed";
        "queue-missing-column" ["OQT-09", "GOQ-06"] "lacks PR_DISPLAY_BCC in the queue table";
        "queue-refused" ["SEED1-04", "SEED1-06"] "answers MAPI_E_NO_SUPPORT to the spooler's GetOutgoingQueue";
        "queue-unsorted" ["GOQ-08", "OQT-07"] "shows the newest message first";
        "release-unlocks" ["PSF-02"] "unlocks when the object that locked is released";
        "row-hides-preprocess" ["SEED1-29", "PSF-03"] "shows no SUBMITFLAG_PREPROCESS in the queue table";
        "row-of-aborted-stays" ["GOQ-03"] "keeps showing the row of a cancelled message";
        "second-spooler-steals-lock" ["SEED1-14", "SLS-04"] "gives a second spooler the lock that the first holds";
        "unlock-no-save" ["SLS-09"] "does not save when it unlocks";
        "unlock-noop" ["SLS-04"] "answers S_OK to MSG_UNLOCKED and does not unlock";

        // Cancelling.
        "abort-clears-unsent" ["PMF-10"] "makes a cancelled message look sent";
        "abort-deletes-message" ["ABT-02"] "deletes the message that it takes out of the queue";
        "abort-deletes-what-asks-for-it" ["ABT-02"] "deletes a cancelled message that asks to be deleted after it is sent";
        "abort-leaves-flag" ["ABT-02", "PMF-10"] "leaves MSGFLAG_SUBMIT set on a cancelled message";
        "abort-leaves-row" ["ABT-02", "SAM-03"] "answers S_OK and leaves the row in the queue";
        "abort-locked-succeeds" ["SLS-08", "ABT-04"] "cancels a message that the spooler has locked";
        "abort-locked-wrong-code" ["ABT-04"] "refuses to cancel a locked message with MAPI_E_CALL_FAILED";
        "abort-moves-to-deleted-items" ["ABT-02"] "moves a cancelled message to another folder";
        "abort-no-notify" ["OQT-08", "GOQ-09"] "sends no notification when a message leaves the queue by AbortSubmit";
        "abort-notified-as-modified" ["OQT-08"] "sends `modified` when a message leaves the queue by AbortSubmit";
        "abort-refused" ["SUB-16", "ABT-05", "TNY-04"] "never cancels anything";
        "abort-unqueued-ok" ["ABT-03", "SAM-04"] "answers S_OK for a message that is not queued";

        // Finishing.
        "finish-by-client" ["FIN-03", "FIN-04"] "lets a client call FinishedMsg";
        "finish-deletes-when-neither" ["FIN-09", "PSM-06"] "deletes a message that should stay where it is";
        "finish-dosentmail-twice" ["DSM-02", "SEED2-11", "DSM-04"] "runs the hooks twice";
        "finish-error-requeues" ["FIN-07"] "queues the sent message again when DoSentMail fails";
        "finish-forgets-recipients" ["SUB-01"] "empties the recipient table of a sent message";
        "finish-ignores-superseded" ["SEED2-13"] "files the message away though a hook took it over";
        "finish-keeps-flag" ["FIN-07", "PMF-03"] "leaves MSGFLAG_SUBMIT set on a sent message";
        "finish-keeps-row" ["FIN-07", "ABT-03", "TCS-04", "TCS-06", "TCS-07"] "leaves the row of a sent message in the queue";
        "finish-keeps-unsent" ["PMF-06"] "leaves MSGFLAG_UNSENT set on a sent message";
        "finish-moves-when-neither" ["FIN-09", "PSM-06", "SEED1-46", "PSM-01"] "moves a message that should stay where it is";
        "finish-no-delete" ["FIN-12", "PSM-08", "SEED1-41", "SEED1-42", "SEED2-14", "PSM-02", "PDS-01", "XOM-05"] "does not delete a message that asks for it";
        "finish-no-dosentmail" ["FIN-13", "DSM-02", "SEED2-11"] "does not call DoSentMail";
        "finish-no-move" ["FIN-11", "PSM-07", "SEED2-12", "FIN-10", "PSM-03", "PDS-03"] "does not move a message that asks for it";
        "finish-no-notify" ["OQT-08", "GOQ-09"] "sends no notification when a message leaves the queue by FinishedMsg";
        "finish-stays-locked" ["FIN-06", "SEED2-10"] "does not unlock the message";
        "finish-twice-copies" ["FIN-07", "FIN-05"] "makes a second sent copy when FinishedMsg is called again";
        "hook-failure-deletes" ["SUB-06", "SEED1-02"] "deletes the message when DoSentMail fails";
        "spooler-refused-finish" ["FIN-07", "SEED1-06"] "answers MAPI_E_NO_SUPPORT to the spooler's FinishedMsg";

        // Calls that overlap. Each looks at the message, lets others run, and writes back what it saw.
        "race-abort-looks-once" ["ABT-03"] "takes back a message that has left the queue since it looked";
        "race-finish-looks-once" ["FIN-07"] "finishes a message that has left the queue since it looked";
        "race-lock-looks-once" ["SLS-04", "SEED1-14"] "locks a message that another spooler has locked since it looked";
        "race-responsibility-looks-once" ["FIN-07"] "writes back the place in the queue that the message had when it looked";
        "race-resume-looks-once" ["SUB-02", "SEED1-05"] "goes on with a preprocessed message that was taken back since it looked";
        "race-unlock-looks-once" ["GOQ-03", "PMF-03"] "unlocks, and queues, a message that was finished since it looked";
        "race-write-looks-once" ["PMF-08", "SEED1-10"] "writes back that the message is in no queue, since it was in none when it looked";
    }
    sleepers {
        "sleeper-abort-after-unlock-leaves-flag" ["ABT-02", "PMF-10"] "leaves MSGFLAG_SUBMIT set if the message was locked and unlocked before";
        "sleeper-abort-keeps-one-recipient" ["SUB-01"] "leaves a cancelled message that had several recipients the first alone";
        "sleeper-abort-of-aborted-succeeds" ["ABT-03"] "answers S_OK when what was cancelled is cancelled once more";
        "sleeper-abort-of-sent-succeeds" ["ABT-03"] "answers S_OK when a message is to be cancelled that was sent and stayed";
        "sleeper-abort-removes-oldest" ["ABT-02"] "takes the oldest message out of the queue when a later one is cancelled";
        "sleeper-abort-resets-neighbours" ["RCT-03"] "sets PR_RESPONSIBILITY of other messages FALSE when one is cancelled";
        "sleeper-aborted-queued-by-restart" ["ABT-02", "GOQ-03"] "queues a cancelled message again when it starts anew";
        "sleeper-any-spooler-unlocks" ["SEED1-14"] "lets a second spooler free the lock that the first holds";
        "sleeper-best-access-writes-after-restart" ["SEED1-12"] "opens queued messages read/write for MAPI_BEST_ACCESS after a restart";
        "sleeper-clean-stop-forgets-responsibility" ["RCT-03"] "forgets over a clean stop who has been served";
        "sleeper-client-finishes-locked" ["FIN-03"] "serves a client's FinishedMsg when a spooler has the message locked";
        "sleeper-completing-lost-on-crash" ["LGO-01"] "forgets over a crash what was given to the spooler by CompleteMsg";
        "sleeper-coupled-marks-last-only" ["SEED1-39"] "marks but the last of several recipients that it sent to";
        "sleeper-crash-clears-submit-flag" ["PMF-03"] "loses MSGFLAG_SUBMIT in a crash, and keeps the row";
        "sleeper-crash-loses-all-but-oldest" ["LGO-01"] "loses every row but the oldest in a crash";
        "sleeper-creation-order-after-restart" ["GOQ-08"] "shows the queue in the order of creation after a restart";
        "sleeper-direct-queued-by-crash" ["GOQ-03", "PMF-03"] "queues what it sent itself after a crash";
        "sleeper-draft-read-only-after-abort" ["OPN-01"] "opens a cancelled message read-only for MAPI_BEST_ACCESS";
        "sleeper-duplicate-unlocks" ["PSF-02"] "frees the lock when it refuses a second SubmitMessage";
        "sleeper-edits-lost-on-resubmit" ["SUB-01"] "submits the first content of a message that was cancelled and changed";
        "sleeper-expand-skipped-on-resubmit" ["EXP-09"] "does not call ExpandRecips for a message that was cancelled and submitted again";
        "sleeper-expand-skipped-on-retry" ["EXP-09"] "does not call ExpandRecips when a failed submission is tried again";
        "sleeper-expand-skipped-while-others-wait" ["EXP-09"] "does not call ExpandRecips while another message is in the queue";
        "sleeper-expansion-dropped-on-resubmit" ["SUB-01"] "does not keep the expanded recipients of a message that is submitted again";
        "sleeper-failed-hooks-before-unlock" ["FIN-06"] "unlocks after DoSentMail, and not at all if that fails";
        "sleeper-failed-resubmit-leaves-flag" ["SUB-13"] "leaves MSGFLAG_SUBMIT set when a cancelled message cannot be submitted again";
        "sleeper-failed-submit-dequeues-neighbour" ["SUB-06"] "takes the message submitted before out of the queue when SubmitMessage fails";
        "sleeper-finish-keeps-row-after-restart" ["FIN-07"] "leaves the row of a sent message that was queued before a restart";
        "sleeper-finish-notifies-another" ["OQT-08"] "names another message that waits when one leaves the queue by FinishedMsg";
        "sleeper-finish-while-others-wait-keeps-row" ["FIN-07", "ABT-03"] "leaves the row of a sent message that was not the oldest";
        "sleeper-flag-missing-after-failure" ["SEED1-18"] "does not set MSGFLAG_SUBMIT when a failed submission is tried again";
        "sleeper-fourth-message-unmarked" ["SEED1-18"] "does not set MSGFLAG_SUBMIT from the fourth submission on";
        "sleeper-later-finish-not-notified" ["OQT-08"] "sends no notification when a message leaves the queue that was not the oldest";
        "sleeper-lock-only-oldest" ["SLS-04", "SEED1-14"] "locks nothing but the oldest message, and says it did";
        "sleeper-lock-saves-for-clients" ["SLS-09"] "saves in SetLockState what clients had not saved";
        "sleeper-locked-opens-beside-another-lock" ["SEED1-07"] "lets clients read a locked message while another is locked too";
        "sleeper-looking-unlocks" ["PSF-02"] "frees every lock but the oldest message's when the queue is read";
        "sleeper-modify-opens-after-unlock" ["SEED1-10"] "opens a queued message read/write that was locked and unlocked";
        "sleeper-moved-is-deleted-after-resubmit" ["FIN-11"] "deletes a message that asks to be moved, if it was cancelled and submitted again";
        "sleeper-new-mail-lost-under-lock" ["NNM-03"] "sends no new-mail notification while some message is locked";
        "sleeper-new-mail-names-newest" ["NNM-03"] "names the newest message in a new-mail notification";
        "sleeper-no-delete-after-restart" ["FIN-12"] "forgets over a restart that a message asks to be deleted";
        "sleeper-no-hooks-for-deleted" ["FIN-13"] "does not call DoSentMail for a message that asks to be deleted";
        "sleeper-old-handle-writes-when-locked" ["PMF-08"] "lets a client write through an old object once the message is locked";
        "sleeper-one-lock-only" ["PSF-02"] "frees every other lock when a message is locked";
        "sleeper-open-locked-second-client" ["SEED1-07", "SEED1-08"] "lets the second client open a locked message";
        "sleeper-open-modify-after-restart" ["SEED1-10", "SEED1-11"] "opens queued messages read/write after a restart";
        "sleeper-prepare-skipped-on-resubmit" ["SUB-09"] "does not call PrepareSubmit when a resend is cancelled and submitted again";
        "sleeper-prepared-rows-dropped-while-others-wait" ["SUB-10"] "does not keep what PrepareSubmit said while another message is in the queue";
        "sleeper-preprocess-forgotten-on-resubmit" ["SEED1-29"] "does not have a message preprocessed that was cancelled and submitted again";
        "sleeper-preprocess-lost-on-crash" ["PSF-03"] "loses SUBMITFLAG_PREPROCESS in a crash";
        "sleeper-preprocessed-changes-lost" ["SUB-01"] "drops what the preprocessors changed and did not save";
        "sleeper-preprocessed-stays-locked" ["FIN-06"] "does not unlock a sent message that was preprocessed";
        "sleeper-queue-shows-two" ["GOQ-03", "OQT-01"] "shows no more than two rows";
        "sleeper-read-only-handle-locks-nothing" ["SLS-04"] "locks nothing through an object that was opened read-only, and says it did";
        "sleeper-refused-abort-unlocks" ["PSF-02"] "frees the lock when it refuses the second client's AbortSubmit";
        "sleeper-refused-open-unlocks" ["PSF-02"] "frees the lock when it refuses a client MAPI_MODIFY";
        "sleeper-relock-ignored" ["SLS-04", "SEED1-14"] "does not lock again what was unlocked once, and says it did";
        "sleeper-responsibility-of-the-first" ["RCT-03"] "sets PR_RESPONSIBILITY of the first recipient, whoever is meant";
        "sleeper-resubmit-keeps-preprocess" ["SEED1-47"] "sets SUBMITFLAG_PREPROCESS on a message that was cancelled and submitted again";
        "sleeper-resubmit-keeps-time" ["MST-01", "OQT-07"] "keeps the first PR_CLIENT_SUBMIT_TIME of a message that is submitted again";
        "sleeper-resubmit-no-row" ["SEED1-47"] "does not queue a message that was cancelled and submitted again";
        "sleeper-resubmit-not-notified" ["SEED1-48"] "sends no notification for a message that was cancelled and submitted again";
        "sleeper-resubmitted-finishes-alone" ["CMP-03"] "finishes a resubmitted message itself though it wants the spooler to";
        "sleeper-resume-resets-responsibility" ["RCT-03"] "sets PR_RESPONSIBILITY FALSE when the spooler calls SubmitMessage";
        "sleeper-row-preprocess-stale" ["SEED1-47", "PSF-03"] "keeps showing SUBMITFLAG_PREPROCESS in the row of a preprocessed message";
        "sleeper-row-time-of-the-first" ["PST-01", "GOQ-03"] "shows the time of the oldest message in every row";
        "sleeper-second-abort-keeps-flag" ["ABT-02"] "leaves MSGFLAG_SUBMIT set when a message is cancelled for the second time";
        "sleeper-second-client-not-notified" ["SEED1-48"] "sends no notification when the second client submits";
        "sleeper-second-client-submits-nothing" ["SUB-01"] "drops the subject when another client than the author submits";
        "sleeper-second-client-writes" ["SEED1-10", "SEED1-12"] "opens a queued message read/write for the second client";
        "sleeper-second-finish-hits-the-first" ["FIN-07"] "finishes the oldest message when the spooler holds two locks";
        "sleeper-second-finish-keeps-row" ["FIN-07", "ABT-03"] "leaves the row of every sent message after the first";
        "sleeper-second-prepare-error-swallowed" ["SEED1-17"] "goes on when PrepareSubmit fails for the second time";
        "sleeper-second-restart-loses-queue" ["LGO-01"] "loses the queue when it starts anew for the second time";
        "sleeper-second-sent-copied-twice" ["FIN-11"] "files two of the second message that is moved";
        "sleeper-second-spoolers-lock-aborted" ["ABT-04"] "cancels what the second spooler has locked";
        "sleeper-second-spoolers-lock-opens" ["SEED1-07"] "lets clients open what the second spooler has locked";
        "sleeper-sent-copy-is-old" ["SUB-01"] "files a sent message as it was submitted, not as the spooler left it";
        "sleeper-silent-after-restart" ["OQT-08"] "sends no notifications after a restart";
        "sleeper-submit-notifies-oldest" ["OQT-08"] "names the oldest message when another enters the queue";
        "sleeper-submitter-opens-for-writing" ["SEED1-10"] "opens a queued message read/write for the session that submitted it";
        "sleeper-superseded-ignored-for-several" ["SEED2-13"] "files away a message with several recipients that a hook took over";
        "sleeper-third-abort-succeeds" ["ABT-04"] "cancels a locked message at the third attempt";
        "sleeper-third-recipient-dropped" ["SUB-01"] "queues a message without its third recipient";
        "sleeper-third-submission-not-notified" ["SEED1-48", "OQT-08"] "sends no notification from the third submission on";
        "sleeper-time-goes-back-after-restart" ["GOQ-08", "OQT-07"] "takes submission times an hour old after a restart";
        "sleeper-unlock-dequeues-when-all-have-it" ["GOQ-03"] "takes the row away when it unlocks a message whose recipients all have it";
        "sleeper-unlock-resets-responsibility" ["RCT-03"] "sets PR_RESPONSIBILITY FALSE when it unlocks";
        "sleeper-unsaved-lost-after-abort" ["SUB-08"] "submits a message that was cancelled without what is not yet saved";
        "sleeper-unsent-kept-for-several" ["PMF-06"] "leaves MSGFLAG_UNSENT set on a sent message with several recipients";
    }
}

#[cfg(test)]
mod tests {
    use super::super::fault::tests::check;

    #[test]
    fn every_fault_is_in_the_table_and_in_the_store() {
        let sources = [
            include_str!("abort.rs"),
            include_str!("broken/abort.rs"),
            include_str!("broken/call.rs"),
            include_str!("broken/finish.rs"),
            include_str!("broken/lock.rs"),
            include_str!("broken/open.rs"),
            include_str!("broken/queue.rs"),
            include_str!("broken/start.rs"),
            include_str!("broken/submit.rs"),
            include_str!("finish.rs"),
            include_str!("lock.rs"),
            include_str!("observe.rs"),
            include_str!("open.rs"),
            include_str!("provider.rs"),
            include_str!("submit.rs"),
        ];
        check(super::FAULTS, &sources);
    }
}
