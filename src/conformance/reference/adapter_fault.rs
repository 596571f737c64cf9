//! Faults of the adapter: they break the protocol, and say nothing of the store behind it.

/// A way to break the adapter.
#[derive(Clone, Copy, Debug)]
pub struct AdapterFault {
    /// Its name on the command line.
    pub name: &'static str,
    /// What the adapter does wrong.
    pub what: &'static str,
    /// What a checker must make of it.
    pub gravity: Gravity,
}

/// What a checker must make of a fault of the adapter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Gravity {
    /// No verdict can be given: an error, with the cause.
    Breaks,
    /// The protocol permits it, and it is hardly meant: a warning, and the verdicts stand.
    Odd,
    /// The protocol permits it: nothing at all.
    Harmless,
    /// Only the end of the adapter shows it: the verdicts stand, and the doctor finds it.
    AtTheEnd,
}

macro_rules! faults {
    ($($gravity:ident { $($name:literal $what:literal;)* })*) => {
        /// Every fault of the adapter, by what it has to do with.
        pub const ADAPTER_FAULTS: &[AdapterFault] = &[
            $($(AdapterFault { name: $name, what: $what, gravity: Gravity::$gravity },)*)*
        ];
    };
}

faults! {
    // What it says of itself.
    Breaks {
        "adapter-exit-at-start" "exits before it reads anything";
        "adapter-initialize-fails" "answers `initialize` with the JSON-RPC error -32000";
        "adapter-version-2" "speaks version 2 of the protocol";
        "adapter-role-unknown" "says that its role is `shop`";
        "adapter-role-of-a-spooler" "says that its role is `spooler`";
        "adapter-profile-wrong-type" "declares `persists_lock` with a text";
        "adapter-supports-misspelt" "lists `submit_mesage`";
        "adapter-supports-unserved" "lists get_props, and answers -32601 to it";
        "adapter-supports-leaves-out" "sends support.expand_recips, and does not list it";
    }
    Odd {
        "adapter-profile-misspelt" "declares `persist_lock`";
        "adapter-reading-misspelt" "declares the reading `B1=AnyRefusl`";
    }
    // The line that answers submit_message.
    Breaks {
        "adapter-answers-twice" "sends the answer a second time";
        "adapter-batch" "sends the answer in an array";
        "adapter-bom" "begins the answer with a byte order mark";
        "adapter-deep-nesting" "sends 200 arrays in one another with the answer";
        "adapter-embedded-newline" "spreads the answer over several lines";
        "adapter-error-without-code" "answers with an error that is a text";
        "adapter-exit-mid-call" "exits instead of answering";
        "adapter-flood" "sends a line of 2 MiB";
        "adapter-garbage-line" "sends bytes that are no UTF-8 before the answer";
        "adapter-half-line" "sends the first half of the answer and exits";
        "adapter-hang" "never answers";
        "adapter-hresult-is-true" "answers with `\"hresult\": true`";
        "adapter-hresult-too-large" "answers with an hresult of more than 32 bits";
        "adapter-huge-number" "sends the number 1e999 with the answer";
        "adapter-id-as-text" "answers with the id as a text";
        "adapter-id-missing" "answers without an id";
        "adapter-log-on-stdout" "writes its log to stdout";
        "adapter-missing-hresult" "answers without an hresult";
        "adapter-not-json" "prints a sentence where the answer should be";
        "adapter-null-result" "answers with null";
        "adapter-result-and-error" "answers with a result and an error";
        "adapter-rpc-error" "answers with the JSON-RPC error -32000";
        "adapter-unknown-hresult" "answers with a name that is no HRESULT";
        "adapter-unknown-id" "answers a request that nobody made";
        "adapter-utf-16" "answers in UTF-16";
        "adapter-wrong-jsonrpc" "answers in JSON-RPC 1.0";
    }
    Harmless {
        "adapter-blank-lines" "sends blank lines around the answer";
        "adapter-calls-the-unknown" "calls support.get_address_book, and goes on without it";
        "adapter-crlf" "ends its lines with a carriage return and a line feed";
        "adapter-duplicate-keys" "answers with `result` twice, the second one right";
        "adapter-hresult-hexadecimal" "writes results as `0x…`";
        "adapter-hresult-number" "writes results as numbers";
        "adapter-id-as-fraction" "answers with the id as `1.0`";
        "adapter-null-error" "answers with `\"error\": null` beside the result";
        "adapter-own-members" "adds members of its own to the answer";
        "adapter-own-notifications" "sends the notification `log.message`";
        "adapter-slow" "takes its time, within the limit";
        "adapter-stderr-noise" "writes to stderr and answers well";
    }
    // What belongs into the results of other methods.
    Breaks {
        "adapter-access-number" "opens with `\"access\": 1`";
        "adapter-entry-id-missing" "creates messages without an entry id";
        "adapter-handle-number" "creates messages with a number as the handle";
        "adapter-observe-bool-as-text" "observes `\"exists\": \"true\"`";
        "adapter-observe-flag-misspelt" "observes MSGFLAG_SUBMITTED";
        "adapter-observe-flag-short" "observes the flag SUBMIT";
        "adapter-observe-flags-number" "observes PR_MESSAGE_FLAGS as a number";
        "adapter-observe-folder-unknown" "observes the folder `Outbox`";
        "adapter-observe-time-local" "observes a time without a zone";
        "adapter-row-flag-misspelt" "lists SUBMITFLAG_LOKED in the queue";
        "adapter-row-time-local" "lists a time without a zone in the queue";
        "adapter-rows-missing" "shows a queue without rows";
    }
    Odd {
        "adapter-observe-misspelt" "observes `in_outgoing_que`";
    }
    // What names what, and for whom.
    Breaks {
        "adapter-handle-for-all" "lets every session use every handle";
        "adapter-handle-outlives-release" "lets handles be used that were released";
        "adapter-handle-outlives-reset" "lets handles be used that are of before `reset`";
        "adapter-handle-outlives-restart" "lets handles be used that are of before `restart`";
        "adapter-one-client" "takes every client for client-1";
        "adapter-one-entry-id" "gives every message the entry id of the first";
        "adapter-one-handle" "gives every object the same handle";
        "adapter-one-spooler" "takes every spooler for the first";
    }
    // What cases see of each other.
    Breaks {
        "adapter-reset-does-nothing" "answers `reset`, and does nothing";
        "adapter-reset-ignores-profile" "takes any profile at `reset`, and does as before";
        "adapter-reset-keeps-profile" "keeps the profile of a `reset` for ever";
        "adapter-reset-restarts" "restarts the store at `reset`, messages and all";
        "adapter-restart-does-nothing" "answers `restart`, and does nothing";
    }
    // What looking does.
    Breaks {
        "adapter-observe-aborts" "aborts a submission in order to look at it";
        "adapter-observe-asks" "makes a support call while it looks";
        "adapter-observe-marks-read" "marks a message as read when it has looked at it";
        "adapter-observe-of-another" "looks at the first message, whichever is asked for";
        "adapter-observe-releases" "releases the last handle when it looks";
        "adapter-observe-saves" "saves what is not saved when it looks";
        "adapter-observe-sees-nothing" "says of every message that it does not exist";
        "adapter-observe-stale" "shows each message as it was the first time";
        "adapter-observe-unlocks" "unlocks a message in order to look at it";
    }
    // What it sends by itself.
    Breaks {
        "adapter-notify-event-misspelt" "notifies of the event `aded`";
        "adapter-notify-misspelt" "sends notify.table_modifed";
        "adapter-notify-params-array" "sends notifications with an array as params";
        "adapter-notify-table-misspelt" "notifies of the table `outgoing-queue`";
        "adapter-notify-unlisted" "sends notify.table_modified, and does not list it";
        "adapter-notify-with-id" "sends notifications with an id";
        "adapter-support-as-notification" "sends support calls without an id";
        "adapter-support-deaf" "answers nothing while a support call waits";
        "adapter-support-late" "makes its support calls after the answer";
        "adapter-support-misspelt" "calls support.expand_recip";
        "adapter-support-unawaited" "does not wait for the answers to support calls";
        "adapter-support-without-params" "makes support calls without an entry id";
    }
    // How it ends.
    AtTheEnd {
        "adapter-shutdown-ignored" "neither answers `shutdown` nor exits";
        "adapter-shutdown-stays" "answers `shutdown`, and does not exit";
        "adapter-shutdown-unanswered" "exits without an answer to `shutdown`";
    }
}

/// The one that shows at once.
pub(super) const EXIT_AT_START: &str = "adapter-exit-at-start";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ADAPTER_FAULTS, EXIT_AT_START};

    #[test]
    fn every_fault_is_in_the_table_and_is_put_in_somewhere() {
        let sources = [include_str!("spoil.rs"), include_str!("sabotage.rs"), include_str!("adapter_fault.rs")];
        let shipped = sources.map(|source| source.split("#[cfg(test)]").next().unwrap_or_default());
        let used = |name: &str| shipped[..2].iter().any(|source| source.contains(&format!("\"{name}\"")));
        for fault in ADAPTER_FAULTS.iter().filter(|fault| fault.name != EXIT_AT_START) {
            assert!(used(fault.name), "{}", fault.name);
        }
        let names: BTreeSet<_> = ADAPTER_FAULTS.iter().map(|fault| fault.name).collect();
        assert_eq!(names.len(), ADAPTER_FAULTS.len(), "a name is there twice");
        for used in shipped[..2].iter().flat_map(|source| source.split("\"adapter-").skip(1)) {
            let name = format!("adapter-{}", used.split('"').next().unwrap_or_default());
            assert!(names.contains(name.as_str()), "{name} is not in the table");
        }
    }
}
