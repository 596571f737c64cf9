//! OpenEntry (SEED1-07..12, OPN, B1, B3, H16).

use spoolproof_sdk::HResult;

use super::call::{OpenFlags, Session};
use super::clause::clauses;
use super::message::{Level, Lock, Message, Place};
use super::reading::{B1, B3, Dim, F8, H1};
use super::step::{Codes, Context, Emit, Reply, SECOND_SPOOLER, Step};

const GONE: Codes = Codes::OneOf(&[
    HResult::MAPI_E_NOT_FOUND,
    HResult::MAPI_E_UNKNOWN_ENTRYID,
    HResult::MAPI_E_INVALID_ENTRYID,
    HResult::MAPI_E_OBJECT_DELETED,
]);
const NO_ACCESS: &[HResult] = &[HResult::MAPI_E_NO_ACCESS];
const SUBMITTED: &[HResult] = &[HResult::MAPI_E_SUBMITTED];
const NO_ACCESS_OR_SUBMITTED: &[HResult] = &[HResult::MAPI_E_NO_ACCESS, HResult::MAPI_E_SUBMITTED];

/// Lists the answers to OpenEntry.
pub(super) fn steps(cx: &Context, m: Message, flags: OpenFlags, emit: &mut Emit<'_>) {
    if !m.place.exists() {
        emit.step(Step::new(Reply::Refused(GONE), m, &OPEN_NOTHING));
        return;
    }
    if m.place == Place::SentMail {
        // A move may give a new entry identifier (F8, SAM-08); then nothing is found under the old one.
        emit.step(Step::new(Reply::Refused(GONE), m, &OPEN_MOVED));
    }
    match (cx.session, m.outgoing()) {
        (_, false) if m.lock.shown() => anything(m, emit),
        (Session::Client(_), false) => client_draft(cx, m, flags, emit),
        (Session::Client(_), true) if m.lock == Lock::Lost && emit.held_to(Dim::H1, H1::HiddenLockBlocks) => {
            client_locked(m, flags, emit);
        }
        (Session::Client(_), true) if m.lock.shown() => client_locked(m, flags, emit),
        (Session::Client(_), true) => client_queued(m, flags, emit),
        (Session::Spooler(_), false) => anything(m, emit),
        (Session::Spooler(number), true) => spooler(m, number, flags, emit),
    }
}

/// No page speaks of it.
fn anything(m: Message, emit: &mut Emit<'_>) {
    for reply in
        [Reply::Opened(Level::Read), Reply::Opened(Level::Write), Reply::OpenedInName, Reply::Refused(Codes::Any)]
    {
        emit.step(Step::new(reply, m, &OPEN_UNSAID));
    }
}

/// A message that is not on its way out opens with the access that was asked for, as far as the user may have it.
fn client_draft(cx: &Context, m: Message, flags: OpenFlags, emit: &mut Emit<'_>) {
    match flags {
        OpenFlags::None => {
            emit.step(Step::new(Reply::Opened(Level::Read), m, &OPEN_DRAFT));
            // OPN-05: the flags guarantee nothing, and the granted access is the provider's choice.
            emit.step(Step::new(Reply::Opened(Level::Write), m, &OPEN_DRAFT));
        }
        OpenFlags::Modify => {
            emit.step(Step::new(Reply::Opened(Level::Write), m, &OPEN_DRAFT));
            emit.step(Step::new(Reply::Opened(Level::Read), m, &OPEN_DRAFT_LESS));
        }
        OpenFlags::BestAccess => {
            emit.step(Step::new(Reply::Opened(Level::Write), m, &OPEN_DRAFT_BEST));
            emit.step(Step::new(Reply::Opened(Level::Read), m, &OPEN_DRAFT_LESS));
        }
    }
    if !cx.owner {
        let refused = Step::new(Reply::Refused(Codes::OneOf(NO_ACCESS)), m, &OPEN_DRAFT);
        emit.step(refused.lacks("whether this session's user may open the message"));
    }
}

/// Queued and not locked: read-only and nothing more.
fn client_queued(m: Message, flags: OpenFlags, emit: &mut Emit<'_>) {
    // A lock that a restart lost must not block, so its refusals are not excused (H1).
    let blocked_by_ghost = m.lock == Lock::Lost;
    let readable = |clause| {
        let step = Step::new(Reply::Opened(Level::Read), m, clause);
        if blocked_by_ghost { step.and(&OPEN_LOCK_LOST) } else { step }
    };
    match flags {
        OpenFlags::None => {
            let promises = |dim, mask| !emit.held_to(dim, mask);
            if promises(Dim::B1, B1::NothingButAbort) && promises(Dim::F8, F8::InvalidForOpenOnly) {
                emit.step(readable(&OPEN_QUEUED));
            }
            no_promise(m, emit);
        }
        OpenFlags::Modify => {
            emit.step(Step::new(Reply::Refused(Codes::OneOf(SUBMITTED)), m, &OPEN_QUEUED_MODIFY));
            emit.step(Step::new(Reply::Refused(Codes::NoneOf(SUBMITTED)), m, &OPEN_QUEUED_MODIFY_CODE));
            emit.step(Step::new(Reply::Opened(Level::Read), m, &OPEN_QUEUED_MODIFY_CODE));
            emit.step(Step::new(Reply::OpenedInName, m, &OPEN_QUEUED_MODIFY_NAME));
            no_promise(m, emit);
        }
        OpenFlags::BestAccess => {
            // Whoever opens it promises something after all.
            let promising = readable(&OPEN_QUEUED_BEST).needs(Dim::B1, !B1::NothingButAbort);
            emit.step(promising.needs(Dim::F8, !F8::InvalidForOpenOnly));
            if !blocked_by_ghost {
                emit.step(Step::new(Reply::Refused(Codes::Any), m, &OPEN_QUEUED_BEST_REFUSED));
                emit.step(Step::new(Reply::OpenedInName, m, &OPEN_QUEUED_BEST_REFUSED));
            }
            no_promise(m, emit);
        }
    }
}

/// Two readings by which no open of a submitted message is promised (B1, F8).
fn no_promise(m: Message, emit: &mut Emit<'_>) {
    for (dim, mask) in [(Dim::B1, B1::NothingButAbort), (Dim::F8, F8::InvalidForOpenOnly)] {
        for reply in [Reply::Refused(Codes::Any), Reply::OpenedInName] {
            emit.step(Step::new(reply, m, &OPEN_NOT_PROMISED).needs(dim, mask));
        }
    }
}

/// Queued and locked: the pages contradict each other (B1); no reading lets a client write.
fn client_locked(m: Message, flags: OpenFlags, emit: &mut Emit<'_>) {
    const STRICT: u8 = B1::AnyRefusal | B1::LockDominates | B1::NothingButAbort;
    const SAMPLE: u8 = B1::RegardlessOfLock | B1::SampleStore;
    match flags {
        OpenFlags::None | OpenFlags::BestAccess => {
            // RegardlessOfLock speaks of MAPI_MODIFY and MAPI_BEST_ACCESS; without a flag it leaves both.
            let refusing = if flags == OpenFlags::None { STRICT | B1::RegardlessOfLock } else { STRICT };
            emit.step(Step::new(Reply::Refused(Codes::OneOf(NO_ACCESS)), m, &OPEN_LOCKED).needs(Dim::B1, refusing));
            emit.step(Step::new(Reply::Opened(Level::Read), m, &OPEN_LOCKED).needs(Dim::B1, SAMPLE));
            let other = Reply::Refused(Codes::NoneOf(NO_ACCESS));
            emit.step(Step::new(other, m, &OPEN_LOCKED_CODE).needs(Dim::B1, refusing));
        }
        OpenFlags::Modify => {
            let either = Reply::Refused(Codes::OneOf(NO_ACCESS_OR_SUBMITTED));
            let strict = Reply::Refused(Codes::OneOf(NO_ACCESS));
            emit.step(Step::new(either, m, &OPEN_LOCKED).needs(Dim::B1, B1::AnyRefusal | B1::NothingButAbort));
            emit.step(Step::new(strict, m, &OPEN_LOCKED).needs(Dim::B1, B1::LockDominates));
            emit.step(Step::new(Reply::Refused(Codes::OneOf(SUBMITTED)), m, &OPEN_LOCKED).needs(Dim::B1, SAMPLE));
            emit.step(Step::new(Reply::Refused(Codes::NoneOf(NO_ACCESS_OR_SUBMITTED)), m, &OPEN_LOCKED_CODE));
        }
    }
    // What opens in name only is refused all the same (H16); two readings have it opened.
    let opens = match flags {
        OpenFlags::None => B1::SampleStore,
        OpenFlags::BestAccess => SAMPLE,
        OpenFlags::Modify => 0,
    };
    if !emit.held_to(Dim::B1, opens) {
        emit.step(Step::new(Reply::OpenedInName, m, &OPEN_LOCKED_NAME));
    }
    emit.step(Step::new(Reply::Refused(Codes::Any), m, &OPEN_NOT_PROMISED).needs(Dim::F8, F8::InvalidForOpenOnly));
}

/// The spooler opens the message to lock and to send it (B3).
fn spooler(m: Message, number: u8, flags: OpenFlags, emit: &mut Emit<'_>) {
    let opened: &[Level] = match flags {
        OpenFlags::None | OpenFlags::BestAccess => &[Level::Write, Level::Read],
        OpenFlags::Modify => &[Level::Write],
    };
    let foreign = m.lock.shown() && !m.lock.is_held_by(number);
    for level in opened {
        let step = Step::new(Reply::Opened(*level), m, &OPEN_SPOOLER);
        let step = if number > 1 { step.and(&SECOND_SPOOLER) } else { step };
        emit.step(if foreign { step.needs(Dim::B3, B3::SpoolerExempt) } else { step });
    }
    if foreign {
        for reply in [Reply::Refused(Codes::Any), Reply::OpenedInName] {
            emit.step(Step::new(reply, m, &OPEN_SPOOLER_FOREIGN).needs(Dim::B3, B3::HolderExempt | B3::CallerObject));
        }
    } else if m.lock.shown() {
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &OPEN_SPOOLER).needs(Dim::B3, B3::CallerObject));
    }
}

clauses! {
    /// No message is found.
    OPEN_NOTHING { Reply: "OPN-07"; Exists: "FIN-12"; }
    /// A moved message may be found under its new entry identifier only.
    OPEN_MOVED { Reply: "OPN-07"; }
    /// No page fixes the answer.
    OPEN_UNSAID { Queue: "SUB-06"; }
    /// A draft opens as it is asked for.
    OPEN_DRAFT { Reply: "OPN-03" "OPN-05"; Access: "OPN-03" "OPN-05"; }
    /// A draft opens for writing with best access.
    OPEN_DRAFT_BEST { Reply: "OPN-01"; Access: "OPN-01"; }
    /// A draft opens, with less access than its author could have.
    OPEN_DRAFT_LESS { Reply: "OPN-05"; } => "OPN-01";
    /// A queued message may be read.
    OPEN_QUEUED { Reply: "OPN-03" "OPN-02"; Access: "SEED1-10" "PMF-08" "OPN-03"; }
    /// An open that two readings do not promise.
    OPEN_NOT_PROMISED { Queue: "SUB-06"; }
    /// A queued message may not be opened for writing.
    OPEN_QUEUED_MODIFY { Reply: "SEED1-11" "SEED1-10" "PMF-08"; Access: "SEED1-10" "SEED1-11" "PMF-08"; }
    /// It was refused or opened read-only, but not with the code that is asked for.
    OPEN_QUEUED_MODIFY_CODE { Access: "SEED1-10" "PMF-08"; } => "SEED1-11";
    /// It opened in name only.
    OPEN_QUEUED_MODIFY_NAME { } => "SEED1-11" "OPN-02";
    /// With best access a queued message opens read-only.
    OPEN_QUEUED_BEST { Reply: "SEED1-12"; Access: "SEED1-12" "SEED1-10" "PMF-08" "OPN-01"; }
    /// A lock that a restart lost, and that is not shown, does not keep clients out (H1).
    OPEN_LOCK_LOST { Reply: "PSF-02" "SEED1-09"; }
    /// With best access a queued message was refused.
    OPEN_QUEUED_BEST_REFUSED { } => "SEED1-12";
    /// A locked message does not open for a client.
    OPEN_LOCKED { Reply: "SEED1-07" "SEED1-08"; Access: "SEED1-07" "SEED1-10" "PMF-08"; }
    /// It was refused with another code.
    OPEN_LOCKED_CODE { Reply: "SEED1-07"; } => "SEED1-08";
    /// It opened in name only: nothing could be read or written (H16).
    OPEN_LOCKED_NAME { } => "SEED1-08" "OPN-02";
    /// The spooler may open what it is to send.
    OPEN_SPOOLER { Reply: "SPL-03" "SEED1-06"; Access: "SPL-03"; }
    /// A message that another spooler has locked.
    OPEN_SPOOLER_FOREIGN { Reply: "SEED1-14"; }
}
