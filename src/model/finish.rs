//! FinishedMsg and the fate of a sent message (FIN, PSM, SEED2-10..14, D1..D7, H6, H14).

use arrayvec::ArrayVec;
use spoolproof_sdk::HResult;

use super::call::{Hook, Session, Support};
use super::clause::{Clause, clauses};
use super::message::{Lock, Message, Place, Tri};
use super::reading::{D2, D3, D4, D5, D7, D9, Dim, H6, H14, Need};
use super::step::{Calls, Codes, Context, Emit, Reply, Step, Times};

/// One permitted fate of a message that was sent.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) next: Message,
    pub(super) clause: &'static Clause,
    pub(super) need: Option<Need>,
}

impl Outcome {
    /// The same fate, but the message is still on its way out, as `before`: it will be handed to a spooler again.
    pub(super) fn outgoing_still(self, before: Message) -> Self {
        let Message { queued, submit, completing, responsible, unsure, .. } = before;
        let position = if queued { before.position } else { 0 };
        Self { next: Message { queued, submit, completing, responsible, unsure, position, ..self.next }, ..self }
    }
}

/// Lists where a sent message may end, by its two properties (D2).
pub(super) fn outcomes(m: Message, emit: &Emit<'_>) -> ArrayVec<Outcome, 4> {
    let base = sent(m);
    let mut out = ArrayVec::new();
    if emit.held_to(Dim::D9, D9::ClientFiles) || emit.held_to(Dim::H6, H6::CheckerMoves) {
        // The store leaves it to somebody who never does it.
        out.push(Outcome { next: base, clause: &FATE_STAYS, need: None });
        return out;
    }
    let at = |place, clause| Outcome { next: Message { place, ..base }, clause, need: None };
    let both = |mask| Some(Need { dim: Dim::D2, mask });
    match (m.sentmail, m.delete) {
        (false, false) => out.push(Outcome { next: base, clause: &FATE_STAYS, need: None }),
        (false, true) => {
            out.push(at(Place::Gone, &FATE_DELETED));
            out.push(at(Place::Deleted, &FATE_DELETED));
        }
        (true, false) => {
            let moved = at(Place::SentMail, &FATE_MOVED);
            let copy = Outcome {
                next: Message { copied: true, ..moved.next },
                need: both(D2::CopySemantics),
                ..moved.clone()
            };
            if emit.held_to(Dim::D3, D3::FlagsKept) {
                // The original that a copy leaves behind is still marked.
                out.push(Outcome { next: Message { submit: true, ..copy.next }, need: None, ..copy });
            } else {
                if !emit.held_to(Dim::D2, D2::CopySemantics) {
                    out.push(moved);
                }
                out.push(copy);
            }
        }
        (true, true) => {
            let free = D2::MoveSemantics | D2::ClientErrorUnspecified;
            let kept = free | D2::SentCopyKept | D2::CopySemantics;
            let gone = free | D2::GoneEntirely;
            out.push(Outcome { need: both(kept), ..at(Place::SentMail, &FATE_BOTH) });
            out.push(Outcome { need: both(gone), ..at(Place::Gone, &FATE_BOTH) });
            out.push(Outcome { need: both(gone), ..at(Place::Deleted, &FATE_BOTH) });
        }
    }
    out
}

/// Lists where it may end when DoSentMail ran and a hook may have taken it over (SEED2-13, H14), or failed (D7).
pub(super) fn fates(m: Message, hook: Hook, emit: &Emit<'_>) -> ArrayVec<Outcome, 8> {
    let either =
        |reading| (hook.superseded && m.delete).then_some(Need { dim: Dim::H14, mask: H14::HookDecides | reading });
    let stays = Outcome { next: sent(m), clause: &FATE_SUPERSEDED, need: either(H14::HookKeeps) };
    let mut out = ArrayVec::new();
    if hook.superseded || hook.sent_mail == Support::Fails {
        out.push(stays.clone());
    }
    if hook.superseded && m.delete {
        for place in [Place::Gone, Place::Deleted] {
            let next = Message { place, ..stays.next };
            out.push(Outcome { next, need: either(H14::DeleteAnyway), ..stays.clone() });
        }
    }
    if !hook.superseded {
        out.extend(outcomes(m, emit));
    }
    out
}

/// What FinishedMsg leaves of `m` to be handed out again, where a reading has it leave something.
fn left_over(m: Message, outcome: Outcome, emit: &Emit<'_>) -> Outcome {
    if !outcome.next.place.exists() {
        return outcome;
    }
    if m.doubled {
        let second = Message { queued: true, submit: true, completing: false, responsible: 0, unsure: 0, ..m };
        return Outcome { next: Message { doubled: false, ..outcome.next }, ..outcome }.outgoing_still(second);
    }
    if emit.held_to(Dim::D4, D4::Nothing) {
        return outcome.outgoing_still(m);
    }
    if emit.held_to(Dim::D4, D4::DequeueOnly) {
        return Outcome { next: Message { submit: true, ..outcome.next }, ..outcome };
    }
    outcome
}

/// The marks of a message whose sent-message processing is done (D4): it is no longer outgoing in any way.
fn sent(m: Message) -> Message {
    Message {
        queued: false,
        submit: false,
        unsent: Tri::Clear,
        preprocess: false,
        pr_preprocess: if m.pr_preprocess == Tri::Clear { Tri::Clear } else { Tri::Free },
        preprocessed: false,
        needs_spooler: false,
        completing: false,
        finished: true,
        lock: Lock::None,
        // What a sent message still says of its submission, no page fixes.
        timed: Tri::Free,
        unsure: m.everyone(),
        position: 0,
        ..m
    }
}

/// Lists the answers to FinishedMsg.
pub(super) fn steps(cx: &Context, m: Message, hook: Hook, emit: &mut Emit<'_>) {
    let Session::Spooler(number) = cx.session else {
        emit.step(Step::new(Reply::Refused(Codes::OneOf(&[HResult::MAPI_E_NO_SUPPORT])), m, &FINISH_CLIENT));
        return;
    };
    if !m.outgoing() {
        // A second call, or one for a message that was never sent: without effect, whatever it returns (D5).
        let calls = Calls { sent_mail: Times::Any, ..Calls::default() };
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &FINISH_NOTHING).calls(calls));
        emit.step(Step::new(Reply::Success, m, &FINISH_NOTHING).calls(calls));
        return;
    }
    if !m.lock.is_held_by(number) {
        // Outside the contract for the spooler: a store may proceed or refuse (D5).
        let refused = Step::new(Reply::Refused(Codes::Any), m, &FINISH_UNLOCKED);
        emit.step(refused.needs(Dim::D5, D5::OutsideContract | D5::Refuse));
    }
    let unlocked =
        (!m.lock.is_held_by(number)).then_some(Need { dim: Dim::D5, mask: D5::OutsideContract | D5::Proceed });
    let calls = Calls { sent_mail: Times::Once, ..Calls::default() };
    match hook.sent_mail {
        Support::Fails => failed(m, &[Reply::Refused(Codes::Any), Reply::Success], calls, emit),
        Support::Succeeds | Support::Hidden => {
            for outcome in fates(m, hook, emit) {
                let outcome = left_over(m, outcome, emit);
                let mut step = Step::new(Reply::Success, outcome.next, &FINISH).and(outcome.clause).calls(calls);
                step.needs.extend(outcome.need.into_iter().chain(unlocked));
                emit.step(step);
            }
        }
    }
    if hook.sent_mail == Support::Hidden {
        // A failure may have been DoSentMail's; a hook provider is taken to be there only where the log shows one.
        emit.lacks = Some("what DoSentMail returned, which this log does not record");
        failed(m, &[Reply::Refused(Codes::Any)], calls, emit);
    }
}

/// DoSentMail failed: the message may lie anywhere, but it must not be sent again (D7).
fn failed(m: Message, replies: &[Reply], calls: Calls, emit: &mut Emit<'_>) {
    // The flags are cleared first and the row is deleted last, so it may be left (D7).
    let kept = m.queued && emit.held_to(Dim::D7, D7::RowKept);
    let left = |next: Message| {
        let (queued, responsible, unsure, position) = (true, m.responsible, m.unsure, m.position);
        let kept = kept && next.place.exists();
        if kept { Message { queued, responsible, unsure, position, ..next } } else { next }
    };
    for reply in replies.iter().copied() {
        let stays = Message { unsent: Tri::Free, ..sent(m) };
        emit.step(Step::new(reply, left(stays), &FINISH_FAILED).calls(calls));
        for outcome in outcomes(m, emit) {
            if outcome.next.place != m.place {
                emit.step(Step::new(reply, left(outcome.next), &FINISH_FAILED).calls(calls));
            }
        }
    }
}

clauses! {
    /// The spooler finishes a message.
    FINISH {
        Reply: "FIN-07" "SEED1-06";
        Queue: "FIN-07" "ABT-03" "OQT-08" "GOQ-03";
        Submit: "FIN-07" "PMF-03";
        Unsent: "PMF-06";
        Locked: "SEED2-10" "FIN-06" "DSM-04";
        Preprocess: "FIN-07";
        SentMail: "FIN-13" "DSM-02" "SEED2-11" "DSM-04";
    }
    /// Neither property is set: it stays.
    FATE_STAYS { Exists: "FIN-09" "PSM-06" "FIN-07"; Folder: "FIN-09" "PSM-06" "FIN-05" "PSM-01"; Copies: "FIN-09"; }
    /// PR_SENTMAIL_ENTRYID alone: it is moved there.
    FATE_MOVED {
        Exists: "FIN-11" "PSM-07" "FIN-07";
        Folder: "FIN-11" "PSM-07" "PSM-03" "SEED2-12" "XOM-05" "FIN-05";
        Copies: "FIN-11" "PSM-07" "PDS-03";
    }
    /// PR_DELETE_AFTER_SUBMIT alone: it is deleted.
    FATE_DELETED {
        Exists: "FIN-12" "PSM-08" "SEED2-14" "XOM-05" "FIN-05" "PDS-01" "PSM-02";
        Folder: "FIN-12" "PSM-08" "SEED2-14" "XOM-05" "FIN-05" "PDS-01" "PSM-02";
        Copies: "FIN-12";
    }
    /// Both: moved and kept, or gone.
    FATE_BOTH { Exists: "FIN-10"; Folder: "FIN-10" "SEED2-12" "SEED2-14"; Copies: "FIN-10"; }
    /// A hook decides.
    FATE_SUPERSEDED { Folder: "SEED2-13"; Exists: "SEED2-13"; Copies: "SEED2-13"; }
    /// DoSentMail failed.
    FINISH_FAILED { Queue: "FIN-07"; Submit: "FIN-07"; Locked: "FIN-06"; SentMail: "FIN-13" "DSM-02"; }
    /// A client calls.
    FINISH_CLIENT {
        Reply: "FIN-03" "FIN-04";
        Exists: "FIN-03";
        Folder: "FIN-03";
        Queue: "FIN-03";
        Submit: "FIN-03";
        Locked: "FIN-03";
        SentMail: "FIN-03";
    }
    /// There is nothing to finish.
    FINISH_NOTHING { Exists: "FIN-07"; Folder: "FIN-07" "FIN-05"; Queue: "FIN-07"; Copies: "FIN-07"; Submit: "PMF-03"; }
    /// The spooler has not locked it.
    FINISH_UNLOCKED { Exists: "FIN-07"; Folder: "FIN-07"; Queue: "SUB-06"; Submit: "PMF-03"; Locked: "SEED1-14" "PSF-02"; }
}
