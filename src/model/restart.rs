//! A store that stops and starts again (SEED1-09, LGO-01, C3, C4, H1, H3, H7).

use super::call::Stop;
use super::clause::clauses;
use super::message::{Lock, Message};
use super::reading::{C3, Dim, H1, H3, H7};
use super::step::{Calls, Context, Emit, Reply, Step, Times};

/// Lists what a restart may make of a message.
pub(super) fn steps(cx: &Context, m: Message, stop: Stop, emit: &mut Emit<'_>) {
    // A message handed over by CompleteMsg must be found again, if it had no row (H3).
    let found = match m.completing {
        true if emit.held_to(Dim::H3, H3::Lost) => Message { completing: false, ..m },
        true => Message { queued: true, ..m },
        false => m,
    };
    awake(cx, found, stop, Calls { complete: Times::Any, ..Calls::default() }, emit);
    if m.completing && !m.queued && !emit.held_to(Dim::H3, H3::RequeueOnReopen | H3::RowKept | H3::Lost) {
        emit.lacks = Some("whether the spooler finds what a store announces by CompleteMsg once more (H3)");
        awake(cx, m, stop, Calls { complete: Times::Some, ..Calls::default() }, emit);
    }
}

/// Lists what becomes of its lock and of what was not saved.
fn awake(cx: &Context, m: Message, stop: Stop, calls: Calls, emit: &mut Emit<'_>) {
    let m = match stop {
        Stop::Clean | Stop::Crash if emit.held_to(Dim::H7, H7::LostOnStop) => {
            Message { responsible: 0, unsure: 0, ..m }
        }
        Stop::Clean => m,
        Stop::Crash if emit.held_to(Dim::H7, H7::SurvivesCrash) => m,
        // What a spooler wrote last may be lost with the process (H7).
        Stop::Crash => Message { unsure: m.unsure | m.responsible, ..m },
    };
    let clause = if m.outgoing() { &RESTART_OUTGOING } else { &RESTART };
    if !m.lock.shown() {
        emit.step(Step::new(Reply::Success, Message { lock: Lock::None, ..m }, clause).calls(calls));
        return;
    }
    let (may_persist, may_be_lost) = match (cx.profile.persists_lock, stop) {
        (None, _) | (Some(true), Stop::Crash) => (true, true),
        (Some(persists), _) => (persists, !persists),
    };
    // Two readings speak of locks that are not shown any more (H1). Where the profile says what becomes of a lock,
    // nothing is left to be read into the pages (C3).
    let is_open = may_persist && may_be_lost;
    let hidden = is_open && emit.held_to(Dim::H1, H1::NoLockBlocksAfterReopen | H1::HiddenLockBlocks);
    let outcomes = [(may_persist && !hidden, Lock::Orphan, C3::LockPersists), (may_be_lost, Lock::Lost, C3::LockLost)];
    for (_, lock, reading) in outcomes.into_iter().filter(|(may, ..)| *may) {
        let step = Step::new(Reply::Success, Message { lock, ..m }, clause).calls(calls);
        emit.step(if is_open { step.needs(Dim::C3, C3::Either | reading) } else { step });
    }
}

clauses! {
    /// A message that is not on its way out is still there.
    RESTART {
        Exists: "SEED1-02";
        Folder: "SEED1-02";
        Queue: "ABT-02" "GOQ-03";
        Submit: "PMF-03";
        Content: "SEED1-02";
        Copies: "FIN-07";
    }
    /// A message that is on its way out still is.
    RESTART_OUTGOING {
        Exists: "LGO-01" "SUB-06" "SEED1-02";
        Folder: "LGO-01";
        Queue: "LGO-01" "SUB-06";
        Submit: "LGO-01" "PMF-03";
        Locked: "SEED1-09" "PSF-02";
        Preprocess: "PSF-03" "LGO-01";
        Content: "LGO-01" "SUB-01";
        SubmitTime: "LGO-01" "PST-01";
        Responsibility: "RCT-03";
    }
}
