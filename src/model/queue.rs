//! The outgoing queue table (GOQ, OQT): columns, rows and their order; and its notifications.

use super::clause::{Clause, clauses};

/// The columns that every outgoing queue table must have (OQT-09).
pub const REQUIRED_COLUMNS: [&str; 11] = [
    "PR_CLIENT_SUBMIT_TIME",
    "PR_DISPLAY_BCC",
    "PR_DISPLAY_CC",
    "PR_DISPLAY_TO",
    "PR_ENTRYID",
    "PR_MESSAGE_FLAGS",
    "PR_MESSAGE_SIZE",
    "PR_PRIORITY",
    "PR_SENDER_NAME",
    "PR_SUBJECT",
    "PR_SUBMIT_FLAGS",
];

/// What GetOutgoingQueue rests on when the spooler calls it.
#[must_use]
pub const fn queue_table() -> &'static Clause {
    &QUEUE_TABLE
}

/// What a notification of a changed queue rests on; `preprocess`: a message was queued to be preprocessed.
#[must_use]
pub const fn notification(change: QueueChange) -> &'static Clause {
    match change {
        QueueChange::AddedForPreprocessing => &NOTIFY_PREPROCESS,
        QueueChange::Added => &NOTIFY_ADDED,
        QueueChange::Removed => &NOTIFY_REMOVED,
        QueueChange::NewMail => &NOTIFY_NEW_MAIL,
    }
}

/// The flags that a store may give to SpoolerNotify (SPN-01).
pub const STORE_NOTIFY_FLAGS: [&str; 3] = ["NOTIFY_NEWMAIL", "NOTIFY_NEWMAIL_RECEIVED", "NOTIFY_READYTOSEND"];

/// What the choice of those flags rests on.
#[must_use]
pub const fn notify_flags() -> &'static Clause {
    &NOTIFY_FLAGS
}

/// A change that the store must tell about.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum QueueChange {
    /// A message was queued with SUBMITFLAG_PREPROCESS.
    AddedForPreprocessing,
    /// A message was queued, or its preprocessing ended (H10).
    Added,
    /// A message left the queue.
    Removed,
    /// NotifyNewMail was called.
    NewMail,
}

/// The first two rows that stand in the wrong order, if `submitted` gives each row's place in the order of submission.
#[must_use]
pub fn misplaced(submitted: &[u64]) -> Option<(usize, usize)> {
    submitted.windows(2).position(|pair| pair[0] > pair[1]).map(|index| (index, index + 1))
}

clauses! {
    /// The spooler reads the queue.
    QUEUE_TABLE {
        Reply: "SEED1-06" "SEED1-04" "GOQ-03";
        Rows: "GOQ-03" "OQT-01" "GOQ-04";
        Order: "GOQ-08" "OQT-07" "MST-01";
        Columns: "OQT-09" "GOQ-06";
        Preprocess: "SEED1-29" "SEED1-47" "PSF-03";
        Locked: "PSF-02" "SEED1-14";
        SubmitTime: "GOQ-03" "OQT-01" "PST-01";
    }
    /// A message was queued to be preprocessed.
    NOTIFY_PREPROCESS { Notify: "SEED1-30" "GOQ-09" "OQT-08"; }
    /// A message was queued.
    NOTIFY_ADDED { Notify: "SEED1-48" "GOQ-09" "OQT-08" "SAM-02" "DMS-01"; }
    /// A message left the queue.
    NOTIFY_REMOVED { Notify: "OQT-08" "GOQ-09"; }
    /// A store uses SpoolerNotify for two purposes only.
    NOTIFY_FLAGS { SpoolerNotify: "SPN-01"; }
    /// New mail was announced.
    NOTIFY_NEW_MAIL { Notify: "NNM-03"; }
}
