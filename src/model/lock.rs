//! SetLockState (SLS, SEED1-13/14, PSF-02, C1, C2, C7, H12, H15).

use spoolproof_sdk::HResult;

use super::call::Session;
use super::clause::clauses;
use super::message::{Lock, Message};
use super::reading::{C1, C7, Dim, H12, H15};
use super::step::{Codes, Context, Emit, Reply, Step};

/// Lists the answers to SetLockState; `locked` is MSG_LOCKED.
pub(super) fn steps(cx: &Context, m: Message, locked: bool, emit: &mut Emit<'_>) {
    let Session::Spooler(number) = cx.session else { return by_client(m, locked, emit) };
    if !m.outgoing() {
        return elsewhere(m, number, locked, emit);
    }
    if locked { lock(cx, m, number, emit) } else { unlock(cx, m, number, emit) }
}

fn lock(cx: &Context, m: Message, number: u8, emit: &mut Emit<'_>) {
    match m.lock {
        Lock::None | Lock::Lost | Lock::Orphan => {
            let next = Message { lock: Lock::Spooler(number), ..m };
            if !is_dead(cx, emit) {
                emit.step(Step::new(Reply::Success, next, &LOCK).writes());
            }
            weak_handle(cx, m, emit);
        }
        Lock::Spooler(holder) if holder == number => {
            if !emit.held_to(Dim::C1, C1::StrictError) {
                let step = Step::new(Reply::Success, m, &LOCK_AGAIN);
                emit.step(step.clone());
                emit.step(step.writes());
            }
            emit.step(Step::new(Reply::Refused(Codes::Any), m, &LOCK_AGAIN).needs(Dim::C1, C1::StrictError));
        }
        Lock::Spooler(_) | Lock::Client => {
            let refused = Step::new(Reply::Refused(Codes::Any), m, &LOCK_FOREIGN);
            emit.step(refused.needs(Dim::C1, C1::HolderIdempotent | C1::StrictError));
            emit.step(Step::new(Reply::Success, m, &LOCK_FOREIGN).needs(Dim::C1, C1::Idempotent));
        }
    }
}

fn unlock(cx: &Context, m: Message, number: u8, emit: &mut Emit<'_>) {
    let open = Message { lock: Lock::None, ..m };
    match m.lock {
        Lock::None | Lock::Lost => {
            if !emit.held_to(Dim::C1, C1::StrictError) {
                let step = Step::new(Reply::Success, m, &UNLOCK_AGAIN);
                emit.step(step.clone());
                emit.step(step.writes());
            }
            emit.step(Step::new(Reply::Refused(Codes::Any), m, &UNLOCK_AGAIN).needs(Dim::C1, C1::StrictError));
        }
        held if held.is_held_by(number) => {
            if !is_dead(cx, emit) {
                emit.step(Step::new(Reply::Success, open, &UNLOCK).writes());
            }
            weak_handle(cx, m, emit);
        }
        Lock::Spooler(_) | Lock::Client | Lock::Orphan => {
            let refused = Step::new(Reply::Refused(Codes::Any), m, &UNLOCK_FOREIGN);
            emit.step(refused.needs(Dim::C1, C1::HolderIdempotent | C1::StrictError));
            emit.step(Step::new(Reply::Success, open, &UNLOCK_FOREIGN).needs(Dim::C1, C1::Idempotent));
        }
    }
}

/// Lists what becomes of a lock whose holder dies without a word; the store lives on (C3, H1).
pub(super) fn leave(cx: &Context, m: Message, emit: &mut Emit<'_>) {
    let held = match cx.session {
        Session::Client(_) => m.lock == Lock::Client,
        Session::Spooler(number) => m.lock == Lock::Spooler(number),
    };
    if !held {
        emit.step(Step::new(Reply::Success, m, &LEAVE));
        return;
    }
    for lock in [Lock::Orphan, Lock::Lost] {
        emit.step(Step::new(Reply::Success, Message { lock, ..m }, &LEAVE));
    }
}

/// A read-only object cannot be saved (SLS-09), and one that was submitted may be dead (H12): then another must do.
fn weak_handle(cx: &Context, m: Message, emit: &mut Emit<'_>) {
    let refused = || Step::new(Reply::Refused(Codes::Any), m, &LOCK_WEAK);
    match cx.handle {
        Some(handle) if !handle.writes() => emit.step(refused()),
        Some(handle) if handle.spent => emit.step(refused().needs(Dim::H12, H12::EitherHandle | H12::HandleDead)),
        Some(_) => {}
        None => emit.step(refused()),
    }
}

/// Whether the handle died of its own submission (H12).
fn is_dead(cx: &Context, emit: &Emit<'_>) -> bool {
    cx.handle.is_some_and(|handle| handle.spent) && emit.held_to(Dim::H12, H12::HandleDead)
}

/// A message that is not outgoing: no contract, but it must not get into the queue (C7).
fn elsewhere(m: Message, number: u8, locked: bool, emit: &mut Emit<'_>) {
    if !emit.held_to(Dim::C7, C7::LockAnyMessage) {
        let strict = emit.held_to(Dim::C7, C7::NotInQueue);
        let codes = if strict { Codes::OneOf(&[HResult::MAPI_E_NOT_IN_QUEUE]) } else { Codes::Any };
        emit.step(Step::new(Reply::Refused(codes), m, &LOCK_ELSEWHERE));
        if strict {
            return;
        }
    }
    emit.step(Step::new(Reply::Success, m, &LOCK_ELSEWHERE));
    emit.step(Step::new(Reply::Success, m, &LOCK_ELSEWHERE).writes());
    let lock = if locked { Lock::Spooler(number) } else { Lock::None };
    if lock != m.lock {
        emit.step(Step::new(Reply::Success, Message { lock, ..m }, &LOCK_ELSEWHERE).writes());
    }
}

/// A client has no business here; a store may serve it or not (H15).
fn by_client(m: Message, locked: bool, emit: &mut Emit<'_>) {
    if !emit.held_to(Dim::H15, H15::Serve) {
        let strict = emit.held_to(Dim::H15, H15::Refuse);
        let codes = if strict { Codes::OneOf(&[HResult::MAPI_E_NO_SUPPORT]) } else { Codes::Any };
        emit.step(Step::new(Reply::Refused(codes), m, &LOCK_CLIENT));
        if strict {
            return;
        }
    }
    emit.step(Step::new(Reply::Success, m, &LOCK_CLIENT));
    let lock = if locked { Lock::Client } else { Lock::None };
    if lock != m.lock {
        emit.step(Step::new(Reply::Success, Message { lock, ..m }, &LOCK_CLIENT).writes());
    }
}

clauses! {
    /// The spooler locks a message that nobody has locked.
    LOCK {
        Reply: "SLS-04" "SEED1-06" "SEED1-32" "SEED2-05";
        Locked: "SEED1-13" "SEED1-14" "PSF-02" "SLS-04" "MST-12";
        Content: "SLS-09";
        Queue: "GOQ-03" "SUB-06";
        Preprocess: "PSF-01";
    }
    /// The holder locks once more.
    LOCK_AGAIN { Reply: "SLS-04"; Locked: "PSF-02" "SEED1-14"; Queue: "SUB-06"; }
    /// Another spooler has the lock.
    LOCK_FOREIGN { Reply: "SEED1-14" "SLS-04"; Locked: "SEED1-14" "PSF-02"; Queue: "SUB-06"; }
    /// The object is not one that can be locked through.
    LOCK_WEAK { Locked: "PSF-02"; Queue: "SUB-06"; }
    /// The message is not on its way out.
    LOCK_ELSEWHERE { Queue: "GOQ-03" "SUB-02"; Exists: "SEED1-02"; }
    /// A client calls.
    LOCK_CLIENT { Queue: "SUB-06"; Exists: "SEED1-02"; }
    /// A session dies: its lock stays on show, or is gone and blocks nobody.
    LEAVE { Locked: "PSF-02" "SLS-08"; Queue: "SUB-06" "LGO-01"; Exists: "LGO-01"; Submit: "PMF-03"; }
    /// The holder unlocks.
    UNLOCK { Reply: "SLS-04"; Locked: "SLS-04" "PSF-02"; Content: "SLS-09"; Queue: "SUB-06" "GOQ-03"; }
    /// Nobody had it locked.
    UNLOCK_AGAIN { Reply: "SLS-04"; Locked: "PSF-02"; Queue: "SUB-06"; }
    /// Another spooler has the lock.
    UNLOCK_FOREIGN { Reply: "SEED1-14" "SLS-04"; Locked: "SLS-04" "SEED1-14"; Queue: "SUB-06"; }
}
