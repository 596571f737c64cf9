//! AbortSubmit (ABT, SLS-08, F5, F6, F7, H8).

use spoolproof_sdk::HResult;

use super::clause::clauses;
use super::message::{Lock, Message, Place, Tri};
use super::reading::{Dim, F5, F6, F7, H1, H8};
use super::step::{Codes, Context, Emit, Reply, Step};

const UNABLE: &[HResult] = &[HResult::MAPI_E_UNABLE_TO_ABORT];
const NOT_IN_QUEUE: &[HResult] = &[HResult::MAPI_E_NOT_IN_QUEUE];
const NOT_FOUND: &[HResult] = &[
    HResult::MAPI_E_NOT_FOUND,
    HResult::MAPI_E_NOT_IN_QUEUE,
    HResult::MAPI_E_UNKNOWN_ENTRYID,
    HResult::MAPI_E_INVALID_ENTRYID,
    HResult::MAPI_E_OBJECT_DELETED,
];
const SAMPLE: &[HResult] = &[HResult::MAPI_E_NOT_FOUND, HResult::MAPI_E_UNABLE_TO_ABORT];

/// Lists the answers to AbortSubmit.
pub(super) fn steps(_cx: &Context, m: Message, emit: &mut Emit<'_>) {
    if !m.place.exists() {
        emit.step(Step::new(Reply::Refused(Codes::OneOf(NOT_FOUND)), m, &ABORT_GONE));
    } else if m.lock.shown() && m.outgoing() {
        emit.step(Step::new(Reply::Refused(Codes::OneOf(UNABLE)), m, &ABORT_LOCKED));
        if !emit.held_to(Dim::F7, F7::LockedUnableToAbort) {
            emit.step(Step::new(Reply::Refused(Codes::NoneOf(UNABLE)), m, &ABORT_LOCKED_CODE));
        }
    } else if m.lock == Lock::Lost && m.outgoing() && emit.held_to(Dim::H1, H1::HiddenLockBlocks) {
        emit.step(Step::new(Reply::Refused(Codes::OneOf(UNABLE)), m, &ABORT_LOCKED));
    } else if m.completing {
        // The coupled transport has sent it; only a row that was kept could still be taken away.
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &ABORT_COMPLETING));
        if m.queued {
            queued(m, emit);
        }
    } else if m.queued || m.submit {
        queued(m, emit);
    } else {
        not_queued(m, emit);
    }
}

fn queued(m: Message, emit: &mut Emit<'_>) {
    let draft = Message {
        queued: false,
        submit: false,
        preprocess: false,
        completing: false,
        unsent: Tri::Set,
        lock: Lock::None,
        pr_preprocess: if m.pr_preprocess == Tri::Clear { Tri::Clear } else { Tri::Free },
        preprocessed: false,
        needs_spooler: false,
        timed: Tri::Free,
        unsure: m.everyone(),
        position: 0,
        ..m
    };
    if emit.held_to(Dim::F6, F6::RowOnly) {
        emit.step(Step::new(Reply::Success, Message { submit: true, ..draft }, &ABORT));
        return;
    }
    // A lock that a restart lost must not block, so a refusal is the lock's and not excused then (H1).
    let ghost = m.lock == Lock::Lost;
    let taken_back = |next| {
        let step = Step::new(Reply::Success, next, &ABORT);
        if ghost { step.and(&ABORT_LOCK_LOST) } else { step }
    };
    let undone = Message { pr_preprocess: Tri::Clear, responsible: 0, unsure: 0, ..draft };
    let next = if emit.held_to(Dim::F6, F6::EverythingUndone) { undone } else { draft };
    if !emit.held_to(Dim::F5, F5::Cleared) {
        emit.step(taken_back(next));
    }
    emit.step(taken_back(Message { unsent: Tri::Clear, ..next }).needs(Dim::F5, F5::Cleared));
    if m.preprocess {
        emit.step(Step::new(Reply::Success, Message { preprocess: true, ..draft }, &ABORT_LEFTOVER));
    }
    if emit.held_to(Dim::H8, H8::NeverGuaranteed) {
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &ABORT_COMPLETING));
    } else if !ghost {
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &ABORT_REFUSED));
    }
}

fn not_queued(m: Message, emit: &mut Emit<'_>) {
    if m.place == Place::SentMail || m.place == Place::Deleted {
        emit.step(Step::new(Reply::Refused(Codes::OneOf(NOT_FOUND)), m, &ABORT_NOT_QUEUED));
    } else {
        emit.step(Step::new(Reply::Refused(Codes::OneOf(NOT_IN_QUEUE)), m, &ABORT_NOT_QUEUED));
    }
    emit.step(Step::new(Reply::Refused(Codes::OneOf(SAMPLE)), m, &ABORT_NOT_QUEUED).needs(Dim::F7, F7::SampleStore));
}

clauses! {
    /// A queued message that is not locked is taken back.
    ABORT {
        Reply: "SUB-16" "ABT-05" "SAM-03" "TNY-04";
        Queue: "ABT-02" "SAM-03";
        Submit: "ABT-02" "PMF-10";
        Unsent: "PMF-10";
        Exists: "ABT-02";
        Folder: "ABT-02";
        Preprocess: "PSF-03";
        Locked: "PSF-02";
    }
    /// A lock that a restart lost, and that is not shown, keeps nobody from taking it back (H1).
    ABORT_LOCK_LOST { Reply: "SEED1-09" "SLS-08"; }
    /// The queue entry is gone, but SUBMITFLAG_PREPROCESS is left behind (F6).
    ABORT_LEFTOVER { Queue: "ABT-02"; Submit: "ABT-02"; } => "PSF-03";
    /// A queued message that is not locked could not be taken back (H8).
    ABORT_REFUSED { Queue: "SUB-06"; Submit: "PMF-03"; } => "ABT-05" "SUB-16";
    /// A locked message cannot be aborted.
    ABORT_LOCKED {
        Reply: "SLS-08" "ABT-04";
        Queue: "SLS-08" "ABT-04";
        Submit: "SLS-08";
        Locked: "SLS-08" "PSF-02";
        Exists: "SLS-08";
    }
    /// It was refused with another code (F7).
    ABORT_LOCKED_CODE { Reply: "SLS-08"; Queue: "SLS-08"; Submit: "SLS-08"; Locked: "SLS-08"; } => "ABT-04";
    /// The coupled store has sent it already.
    ABORT_COMPLETING { Reply: "ABT-03" "SAM-04"; Exists: "SAM-04"; }
    /// It is not in the queue.
    ABORT_NOT_QUEUED { Reply: "ABT-03"; Exists: "ABT-03"; Folder: "ABT-03"; Queue: "ABT-03"; Submit: "PMF-03"; }
    /// It is not there.
    ABORT_GONE { Reply: "ABT-03"; Exists: "FIN-12"; }
}
