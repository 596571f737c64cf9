//! Faults of the spooler: each breaks one rule, so that a checker can be seen to find it.

use super::super::fault::faults;

faults! {
    /// Every fault of the spooler, by family. Those that break no requirement are the adapter's.
    SPOOLER_FAULTS
    at_once {
        // Taking up.
        "lock-never" ["SEED2-05", "SLS-07"] "sends and finishes messages that it has not locked";
        "lock-twice" ["SEED2-05"] "locks once more what it has locked";
        "youngest-first" ["SLS-05", "OQT-04", "GOQ-07"] "begins with the newest message";
        "overtakes-for-the-same-transport" ["SLS-05", "SLS-06", "OQT-05"] "sends a newer message by the transport that an older one waits for";
        "stops-after-one" ["SEED2-05", "SUB-05"] "says that it is idle when it has seen to one message";
        "gives-up-after-crash" ["SEED2-05", "SUB-05"] "leaves alone what it finds locked when it starts";
        "deaf-to-ready" ["SEED2-05", "SUB-05"] "does not listen when a transport is ready again";
        "deaf-to-deferred" ["SEED2-05", "SUB-05"] "does not listen when a transport wants a deferred message";

        // Preprocessing.
        "preprocess-ignores-undeliverable" ["RPP-18"] "hands over what a preprocessor has found undeliverable";
        "resubmit-unlocked" ["SEED1-32", "SEED1-33"] "unlocks before its SubmitMessage";
        "remove-info-of-others" ["SEED2-08"] "calls RemovePreprocessInfo of preprocessors that match no recipient";
        "preprocess-unlocked" ["SEED1-32"] "preprocesses before it locks";
        "preprocess-skips-last" ["SEED1-33"] "does not run the last preprocessor";
        "preprocess-backwards" ["SEED1-33", "RPP-05"] "runs the preprocessors from the last to the first";
        "preprocess-twice" ["SEED1-33"] "runs the first preprocessor twice";
        "preprocess-unregistered" ["RPP-06", "RPP-07", "RPP-03", "RPP-08", "RPP-09"] "runs preprocessors that match no recipient";
        "preprocess-never" ["SEED2-04", "RPP-15"] "hands over messages that have to be preprocessed first";
        "preprocess-ignores-failure" ["SEED1-33", "PSF-04"] "submits although a preprocessor has failed";
        "resubmit-never" ["SEED1-35", "PSF-04"] "stops when preprocessing is done";
        "remove-info-never" ["SEED2-07", "RPP-19"] "finishes without RemovePreprocessInfo";
        "remove-info-early" ["SEED2-07", "RPP-19"] "calls RemovePreprocessInfo before it sends";
        "remove-info-twice" ["SEED2-07", "RPP-10"] "calls RemovePreprocessInfo twice";

        // Handing over.
        "hand-to-first" ["ADT-02", "SEED2-06"] "hands every message to the first transport";
        "hand-backwards" ["ADT-03", "ADT-04"] "asks the last transport first";
        "hand-ignores-busy" ["XPS-04", "XPS-19"] "asks again at once when a transport is busy";
        "hand-ignores-wait" ["XPS-08", "XPS-19"] "asks again at once when a transport wants it to wait";
        "hand-ignores-network-error" ["XPS-06", "XPS-19"] "asks again at once when a transport has no network";
        "hand-again-after-refusal" ["XPS-07", "ADT-04"] "asks a transport again that has said MAPI_E_NOT_ME";
        "hand-ignores-deferral" ["XPE-03", "XPS-01", "SPN-04"] "hands over again what a transport keeps for later";
        "hand-resend-later-at-once" ["XPE-04"] "takes END_RESEND_LATER for now";
        "hand-shows-everybody" ["RSP-02", "SEED2-06"] "shows transports every recipient as one to serve";
        "end-after-refusal" ["XPS-07", "XPS-04", "XPE-01"] "calls EndMessage after MAPI_E_NOT_ME";
        "end-never" ["XPS-16", "MSM-05"] "does not call EndMessage";
        "unlock-under-way" ["XPS-02", "XOM-01"] "unlocks before EndMessage";
        "keeps-lock-while-waiting" ["XOM-02", "XOM-01"] "keeps a message locked that waits";
        "record-never" ["XOM-03"] "does not set PR_RESPONSIBILITY of those who were served";
        "record-untrue" ["SEED2-06", "RSP-07"] "sets PR_RESPONSIBILITY of recipients whom nobody has served";

        // Reporting.
        "report-never" ["RSP-07", "SEED2-06"] "finishes without a report on recipients whom nobody takes";
        "report-twice" ["RSP-07", "STR-02"] "reports a recipient twice";
        "report-served" ["RSP-07", "STR-02"] "reports recipients who were served";
        "report-instead-of-waiting" ["RSP-06", "ADT-04"] "reports recipients whose transport is busy";
        "report-after-first-refusal" ["RSP-06", "ADT-04", "ADT-05"] "does not ask the next transport after MAPI_E_NOT_ME";

        // Finishing.
        "finish-unlocked" ["FIN-08"] "unlocks before FinishedMsg";
        "finish-never" ["SEED2-09", "XOM-01"] "does not finish what is sent";
        "finish-after-first" ["SEED2-06", "RSP-06"] "finishes when one transport is through";
        "finish-deferred" ["XPE-03", "SEED2-09"] "finishes what a transport keeps for later";
        "finish-cancelled" ["XPS-05", "SEED2-06"] "finishes when a transport says MAPI_E_CANCEL";
        "finish-takes-resend-now-for-sent" ["XPE-05", "SEED2-06"] "takes END_RESEND_NOW for sent";
        "finish-takes-resend-later-for-sent" ["XPE-04", "SEED2-06"] "takes END_RESEND_LATER for sent";

        // The adapter itself.
        "adapter-floods" [] "asks for the queue without end";
        "adapter-dies" [] "exits when it is woken";
        "adapter-is-never-idle" [] "never says that it is idle";
        "adapter-is-silent" [] "does not answer when it is woken";
    }
    sleepers {
        // After a death.
        "sleeper-no-remove-info-after-death" ["SEED2-07"] "leaves preprocessed data of what it finds locked when it starts";
        "sleeper-served-again-after-death" ["SEED2-06"] "offers again who was served, if it finds the message locked when it starts";
        "sleeper-youngest-first-after-death" ["SUB-05"] "begins with the newest message if it finds one locked when it starts";

        // With the second transport.
        "sleeper-no-end-for-second-transport" ["XPS-16"] "does not call EndMessage of a transport that is not the first";
        "sleeper-second-transport-sees-everybody" ["RSP-02"] "shows every recipient as one to serve to a transport that is not the first";
        "sleeper-unlock-between-transports" ["SLS-07", "SEED2-05"] "unlocks before it asks the second transport";

        // With the second message, or with several recipients.
        "sleeper-no-lock-after-the-first" ["SEED2-05"] "locks nothing once it has finished a message";
        "sleeper-no-lock-when-overtaking" ["SLS-07"] "does not lock a message that overtakes another";
        "sleeper-record-first-alone" ["XOM-03"] "sets PR_RESPONSIBILITY of the first recipient alone who was served";
        "sleeper-report-names-first-alone" ["RSP-07"] "reports the first recipient alone whom nobody takes";
        "sleeper-third-never-finished" ["SEED2-09"] "does not finish the third message";

        // After waiting.
        "sleeper-deferred-due-at-next-wake" ["XPS-01"] "hands over what a transport keeps, at the next wake, whoever wakes it";
        "sleeper-failed-preprocessor-not-run-again" ["SEED1-33"] "submits without preprocessing what it takes up again";
        "sleeper-no-lock-when-taken-up-again" ["SEED2-05"] "does not lock what it takes up again";
        "sleeper-no-remove-info-when-taken-up-again" ["SEED2-07"] "leaves preprocessed data of what had to wait";
        "sleeper-one-ready-is-all-ready" ["XPS-19"] "asks every transport again when one is ready";
        "sleeper-second-busy-not-waited-for" ["XPS-04"] "asks again at once when a transport is busy for the second time";
        "sleeper-second-deferral-taken-for-sent" ["XPE-03"] "takes it for sent when a transport keeps the message for the second time";

    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fault::tests::check;

    #[test]
    fn every_fault_is_in_the_table_and_in_the_spooler() {
        let sources = [include_str!("hand.rs"), include_str!("prepare.rs"), include_str!("work.rs")];
        check(super::SPOOLER_FAULTS, &sources);
    }
}
