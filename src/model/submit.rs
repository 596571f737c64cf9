//! CreateMessage and SubmitMessage (SEED1-16..50, SUB, A1..A10, E6, F1, H4, H11).

use spoolproof_sdk::HResult;

use super::call::{Draft, Env, Session, Support};
use super::clause::{Clause, clauses};
use super::cut::unqueued;
use super::finish;
use super::message::{Level, Lock, Message, Place, Tri};
use super::reading::{A1, A2, A3, A4, A5, A7, A9, A10, C2, D6, Dim, E5, E6, F1, F5, H2, H3, H4, H11};
use super::step::{Calls, Codes, Context, Emit, Reply, Step, Times};

/// What would tell whether a submission had a reason to fail.
const HIDDEN: &str = "the support calls that this log does not record: one of them may have failed";

const NO_RECIPIENTS: Codes = Codes::OneOf(&[HResult::MAPI_E_NO_RECIPIENTS]);

/// Lists the answers to CreateMessage with its properties and SaveChanges.
pub(super) fn create(m: Message, draft: Draft, emit: &mut Emit<'_>) {
    let next = Message {
        place: Place::Outbox,
        unsent: Tri::Free,
        resend: draft.resend,
        sentmail: draft.sentmail,
        delete: draft.delete,
        timed: Tri::Free,
        recipients: draft.recipients,
        unsure: u32::MAX,
        known: draft.known,
        ..Message::default()
    };
    debug_assert!(m.place == Place::Absent, "a message is created once");
    emit.step(Step::new(Reply::Success, next, &CREATE).writes());
}

/// Lists the answers to SubmitMessage.
pub(super) fn steps(cx: &Context, m: Message, env: Env, emit: &mut Emit<'_>) {
    if !m.place.exists() {
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &SUBMIT_GONE).calls(ANY_CALLS));
        return;
    }
    match cx.session {
        Session::Client(_) if m.outgoing() => again(cx, m, env, emit),
        Session::Client(_) => first(cx, m, env, emit),
        Session::Spooler(number) if m.outgoing() => by_spooler(cx, m, number, env, emit),
        Session::Spooler(_) => {
            // The spooler has nothing to do here; a store may treat it as anybody.
            emit.step(Step::new(Reply::Refused(Codes::Any), m, &SUBMIT_AGAIN).calls(ANY_CALLS));
            first(cx, m, env, emit);
        }
    }
}

/// A client submits what is on its way out already (E6, A9): refused, or without effect.
fn again(cx: &Context, m: Message, env: Env, emit: &mut Emit<'_>) {
    if m.preprocess && emit.held_to(Dim::A9, A9::TreatAsSpooler) {
        return continued(cx, m, env, emit);
    }
    if emit.held_to(Dim::E6, E6::SendTwice) {
        let twice = Message { doubled: m.queued, ..m };
        emit.step(Step::new(Reply::Success, twice, &SUBMIT_AGAIN).calls(ANY_CALLS).writes());
        return;
    }
    // What becomes of it while it waits for preprocessing, is A9's question.
    let waits = |mask| m.preprocess && emit.held_to(Dim::A9, mask);
    let reads = |mask| !m.preprocess && emit.held_to(Dim::E6, mask);
    let refuses = !reads(E6::Idempotent) && !waits(A9::Idempotent);
    let succeeds = !reads(E6::RefuseAny | E6::RefuseSubmitted | E6::RefuseNoAccess) && !waits(A9::Refuse);
    let codes = match () {
        () if reads(E6::RefuseSubmitted) => Codes::OneOf(&[HResult::MAPI_E_SUBMITTED]),
        () if reads(E6::RefuseNoAccess) => Codes::OneOf(&[HResult::MAPI_E_NO_ACCESS]),
        () => Codes::Any,
    };
    if refuses {
        emit.step(Step::new(Reply::Refused(codes), m, &SUBMIT_AGAIN).calls(ANY_CALLS));
    }
    if succeeds {
        emit.step(Step::new(Reply::Success, m, &SUBMIT_AGAIN).calls(ANY_CALLS));
    }
}

/// A message that is not on its way out is submitted.
fn first(cx: &Context, m: Message, env: Env, emit: &mut Emit<'_>) {
    let refused = after_failure(m);
    let handle = cx.handle;
    // Read-only, revived or not after an abort (H13), or already sent: no page says whether it must be taken.
    if handle.is_none_or(|handle| !handle.writes() || handle.stale) || m.finished {
        emit.step(Step::new(Reply::Refused(Codes::Any), refused, &SUBMIT_WEAK).calls(ANY_CALLS));
    }
    if env.prepare == Support::Fails || env.notify == Support::Fails {
        let calls = Calls { prepare: Times::Any, expand: Times::Any, ..Calls::default() };
        if env.prepare == Support::Fails {
            let prepared = Calls { prepare: Times::Some, ..calls };
            let step = Step::new(Reply::Refused(Codes::OfSupport), refused, &PREPARE_FAILED);
            emit.step(step.and(&FAILED).calls(prepared));
            if m.resend {
                return; // PrepareSubmit must be called, so its failure cannot be missed (A5).
            }
        } else {
            let step = Step::new(Reply::Refused(Codes::Any), refused, &FAILED).calls(calls);
            emit.step(step.needs(Dim::H11, H11::EitherNothingLost | H11::ReturnError));
        }
    }
    if m.recipients == 0 {
        let calls = Calls { prepare: Times::Any, expand: Times::Any, ..Calls::default() };
        emit.step(Step::new(Reply::Refused(NO_RECIPIENTS), refused, &NOBODY).and(&FAILED).calls(calls));
        return;
    }
    let prepare = if env.prepare == Support::Fails {
        Times::Never // A store that had called it would have returned its error.
    } else if m.resend {
        Times::Some
    } else if emit.held_to(Dim::A5, A5::ResendOnly) {
        Times::Never
    } else {
        Times::Any
    };
    let calls = Calls { prepare, expand: Times::Some, ..Calls::default() };
    match env.expand.ends {
        Support::Fails => {
            // Steps 2 to 4 have marked the message, and a store may leave it at that (F1).
            let partial = emit.held_to(Dim::F1, F1::PartialEffects);
            let left = if partial { unqueued(refused) } else { refused };
            emit.step(Step::new(Reply::Refused(Codes::Any), left, &FAILED).calls(calls));
            emit.lacks = Some("what a store owes when ExpandRecips fails (F1)");
        }
        Support::Hidden => {
            let step = Step::new(Reply::Refused(Codes::Any), refused, &FAILED).calls(calls);
            emit.step(step.lacks(HIDDEN));
        }
        Support::Succeeds => {}
    }
    let m = match env.expand.replaced {
        Some((recipients, known)) => Message { recipients, known, unsure: u32::MAX, ..m },
        None => m,
    };
    if m.recipients == 0 {
        // Where the check for recipients stands, before or after the expansion, is open (A8).
        emit.step(Step::new(Reply::Refused(NO_RECIPIENTS), refused, &NOBODY).and(&FAILED).calls(calls));
    }
    // Step 3 sets every row FALSE: before PrepareSubmit, or whatever that has set (A7).
    let claimed = if emit.held_to(Dim::A7, A7::ResetAll) { 0 } else { env.prepared.unwrap_or(0) };
    let m = Message { needs_spooler: env.expand.spooler, ..m };
    let hidden = env.expand.ends == Support::Hidden;
    let skips = env.expand.spooler && emit.held_to(Dim::A10, A10::SpoolerOverrides);
    if skips && env.expand.preprocessing {
        proceed(cx, m, env, claimed, (calls, &SUBMITTED), emit);
        return;
    }
    if env.expand.preprocessing || hidden {
        let next = Message { preprocess: true, pr_preprocess: Tri::Set, ..queued(m, claimed, emit) };
        let step = Step::new(Reply::Success, next, &SUBMITTED).and(&QUEUE_PREPROCESS).calls(calls).writes();
        emit.step(if env.prepared.is_some() { step.and(&PREPARED) } else { step });
    }
    if !env.expand.preprocessing || hidden {
        proceed(cx, m, env, claimed, (calls, &SUBMITTED), emit);
    }
}

/// The spooler's SubmitMessage: preprocessing is done (SEED1-35/36, PSF-04..06, A9).
fn by_spooler(cx: &Context, m: Message, number: u8, env: Env, emit: &mut Emit<'_>) {
    let due = m.preprocess && m.lock.is_held_by(number);
    if !due {
        // Not what the pages ask of a spooler; nothing may be lost by it.
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &SUBMIT_AGAIN).calls(ANY_CALLS));
        let without_effect = Step::new(Reply::Success, m, &SUBMIT_AGAIN).calls(ANY_CALLS);
        emit.step(without_effect.clone());
        if !m.lock.shown() || m.lock.is_held_by(number) {
            emit.step(without_effect.writes());
        }
        if !m.preprocess {
            return;
        }
    }
    if env.expand.ends == Support::Fails || env.prepare == Support::Fails {
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &SUBMIT_AGAIN).calls(ANY_CALLS));
    } else if env.expand.ends == Support::Hidden {
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &SUBMIT_AGAIN).calls(ANY_CALLS).lacks(HIDDEN));
    }
    if cx.handle.is_none_or(|handle| handle.granted != Some(Level::Write)) {
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &SUBMIT_AGAIN).calls(ANY_CALLS));
    }
    continued(cx, m, env, emit);
}

/// Preprocessing is done, and the store goes on where it stopped (A9).
fn continued(cx: &Context, m: Message, env: Env, emit: &mut Emit<'_>) {
    let calls = Calls { prepare: Times::Any, expand: Times::Any, ..Calls::default() };
    let rerun = Calls { expand: Times::Some, ..calls };
    if emit.held_to(Dim::A9, A9::RerunAll) {
        // The preprocessors are still registered, so ExpandRecips asks for them as it did before.
        emit.step(Step::new(Reply::Success, m, &CONTINUED).calls(rerun).writes().needs(Dim::A9, A9::RerunAll));
        return;
    }
    // Step 3 would run again, over rows that are served (A7).
    let claimed = if emit.held_to(Dim::A7, A7::ResetAll) { 0 } else { m.responsible };
    let doubled = m.doubled || emit.held_to(Dim::E5, E5::DuplicateRow);
    let m = Message { preprocess: false, preprocessed: true, doubled, ..m };
    if emit.held_to(Dim::A9, A9::RerunExpand) {
        let needs_spooler = env.expand.spooler;
        return proceed(cx, Message { needs_spooler, ..m }, env, claimed, (rerun, &CONTINUED), emit);
    }
    proceed(cx, m, env, claimed, (calls, &CONTINUED), emit);
}

/// What follows when no preprocessing is due: the store's own transport, the queue, or both.
fn proceed(
    cx: &Context,
    m: Message,
    env: Env,
    claimed: u32,
    (calls, clause): (Calls, &'static Clause),
    emit: &mut Emit<'_>,
) {
    let hidden = env.expand.ends == Support::Hidden;
    if cx.profile.coupled != Some(true) {
        let step = Step::new(Reply::Success, queued(m, claimed, emit), clause).and(&QUEUE_PLAIN).calls(calls).writes();
        emit.step(if env.prepared.is_some() { step.and(&PREPARED) } else { step });
    }
    if cx.profile.coupled == Some(false) {
        return;
    }
    let known = if cx.profile.addrtypes_known { m.known & m.everyone() } else { m.everyone() };
    if known != m.everyone() {
        // Finishing what some recipients have not got loses mail; two readings do it all the same.
        let alone_without_flag = emit.held_to(Dim::H4, H4::FinishWithUnknown) && !m.needs_spooler;
        if alone_without_flag || emit.held_to(Dim::A4, A4::AppliesToPartial) {
            alone(cx, m, claimed | known, env, (calls, clause), emit);
        }
        if alone_without_flag {
            return;
        }
    }
    if m.needs_spooler || hidden || known != m.everyone() || !cx.profile.addrtypes_known {
        let mut sent = queued(m, claimed | known, emit);
        if !cx.profile.addrtypes_known {
            sent.unsure = m.everyone() & !claimed; // Whom its transport delivers to, nobody has said.
        }
        let partial = Step::new(Reply::Success, sent, clause).and(&QUEUE_PARTIAL);
        let none = Step::new(Reply::Success, queued(m, claimed, emit), clause).and(&QUEUE_PLAIN);
        // When the flag came although everybody is known, or not although somebody is unknown, either is permitted (H4).
        let corner = known == m.everyone() || !m.needs_spooler;
        let partial = if corner { partial } else { partial.needs(Dim::A1, A1::PartialThenSpool | A1::Literal) };
        let none = if corner { none } else { none.needs(Dim::A1, A1::NotReturned) };
        emit.step(partial.calls(calls).writes());
        emit.step(none.calls(calls).writes());
    }
    if (!m.needs_spooler || hidden) && (known == m.everyone() || !cx.profile.addrtypes_known) {
        alone(cx, m, m.everyone(), env, (calls, clause), emit);
    }
}

/// The coupled store has delivered to all it knows, and sees to the rest itself (SEED1-40..46, CMP-04, A3, D6).
fn alone(
    cx: &Context,
    m: Message,
    served: u32,
    env: Env,
    (calls, clause): (Calls, &'static Clause),
    emit: &mut Emit<'_>,
) {
    if emit.held_to(Dim::A1, A1::Literal) {
        // By the letter no bullet speaks of a coupled message without NEEDS_SPOOLER: nobody sends it (A1).
        let nobody = Message { queued: false, ..queued(m, m.responsible, emit) };
        emit.step(Step::new(Reply::Success, nobody, clause).calls(calls).writes().needs(Dim::A1, A1::Literal));
        return;
    }
    let sent = queued(m, served, emit);
    let (completes, finishes) = match (m.preprocessed, cx.profile.wants_completion) {
        (false, Some(false)) => (false, true),
        (true, Some(true)) => (true, false),
        // With exactly one of the two, the guards overlap: DeMorgan asks for CompleteMsg, Free leaves the choice (A3).
        (true, Some(false)) | (false, Some(true)) => (true, true),
        (_, None) => (true, true),
    };
    // Under a reading by which both fire, the direct finish comes with CompleteMsg, not in its stead.
    let finishes = finishes && !(completes && emit.held_to(Dim::A3, A3::BothFire));
    let overlap = m.preprocessed || cx.profile.wants_completion == Some(true);
    if completes {
        let calls = Calls { complete: Times::Once, ..calls };
        if env.complete == Support::Fails {
            let before =
                if m.preprocessed { Message { preprocess: true, preprocessed: false, ..m } } else { after_failure(m) };
            let failed = Step::new(Reply::Refused(Codes::Any), before, &COMPLETE_FAILED).calls(calls);
            let failed = if m.preprocessed { failed } else { failed.and(&FAILED) };
            emit.step(failed.needs(Dim::H11, H11::EitherNothingLost | H11::ReturnError));
            let queued = Step::new(Reply::Success, sent, clause).and(&COMPLETE_FAILED).calls(calls);
            emit.step(queued.needs(Dim::H11, H11::EitherNothingLost | H11::QueueInstead));
            return;
        }
        completed(m, sent, env, (calls, clause), emit);
    }
    if finishes {
        for outcome in finish::fates(sent, env.hook, emit) {
            // The second bullet fires as well, and queues what is finished (A2).
            let both = emit.held_to(Dim::A2, A2::BothFire) && outcome.next.place.exists();
            let outcome = if both { outcome.outgoing_still(sent) } else { outcome };
            // Whoever bypasses the spooler may run the hooks in its place (TCS-06).
            let calls = Calls { sent_mail: Times::Any, ..calls };
            let mut step = Step::new(Reply::Success, outcome.next, &DIRECT).and(outcome.clause).calls(calls).writes();
            step.needs.extend(outcome.need);
            emit.step(if overlap { step.needs(Dim::A3, A3::Free) } else { step });
        }
    }
}

/// CompleteMsg was called for a message that is `sent`; `m`: as it was before.
fn completed(m: Message, sent: Message, env: Env, (calls, clause): (Calls, &'static Clause), emit: &mut Emit<'_>) {
    let both = emit.held_to(Dim::A3, A3::BothFire);
    // The store finishes after all: instead of the spooler (D6), or beside it (A3).
    for outcome in finish::fates(sent, env.hook, emit) {
        let (Message { responsible, unsure, .. }, finished) = (sent, outcome.next);
        let next = if both { Message { completing: true, responsible, unsure, ..finished } } else { finished };
        let calls = Calls { sent_mail: Times::Any, ..calls };
        let mut step = Step::new(Reply::Success, next, clause).and(&COMPLETE).and(outcome.clause).calls(calls);
        step.needs.extend(outcome.need);
        let step = if both { step } else { step.needs(Dim::D6, D6::StoreFinishes | D6::PostprocessOnly) };
        emit.step(step.writes());
    }
    if both {
        return;
    }
    if emit.held_to(Dim::A2, A2::BothFire) {
        let next = Message { completing: true, doubled: true, ..sent };
        emit.step(Step::new(Reply::Success, next, clause).and(&COMPLETE).calls(calls).writes());
        return;
    }
    // The row of a message that was queued for preprocessing may stay or go (H2); a new one may come or not (D6).
    let rows = [(false, H2::RowRemoved), (true, H2::RowKept)];
    let kept = emit.held_to(Dim::H3, H3::RowKept);
    for (queued, reading) in rows.into_iter().filter(|(queued, _)| *queued || !kept) {
        let next = Message { completing: true, queued, ..sent };
        let step = Step::new(Reply::Success, next, clause).and(&COMPLETE).calls(calls).writes();
        let step = step.needs(Dim::D6, D6::SpoolerRunsSeed2);
        emit.step(if m.queued { step.needs(Dim::H2, H2::EitherRow | reading) } else { step });
    }
}

/// The message in the queue, with `claimed` of its recipients TRUE.
fn queued(m: Message, claimed: u32, emit: &Emit<'_>) -> Message {
    // A store that locks as it queues has nobody to lock for (C2).
    let locks = !m.outgoing() && emit.held_to(Dim::C2, C2::OnEnqueue);
    Message {
        lock: if locks { Lock::Orphan } else { m.lock },
        queued: true,
        submit: true,
        unsent: unsent(emit),
        was_submitted: true,
        finished: false,
        timed: Tri::Set,
        // What an earlier submission left of it, MAPI may clear (F6).
        pr_preprocess: if m.pr_preprocess == Tri::Clear { Tri::Clear } else { Tri::Free },
        responsible: claimed & m.everyone(),
        unsure: 0,
        preprocess: false,
        ..m
    }
}

/// MSGFLAG_UNSENT while queued: what the readings that speak of it say (F5).
fn unsent(emit: &Emit<'_>) -> Tri {
    if emit.held_to(Dim::F5, F5::UnsentWhileQueued) {
        Tri::Set
    } else if emit.held_to(Dim::F5, F5::ClearedAtSubmit) {
        Tri::Clear
    } else {
        Tri::Free
    }
}

/// The message after a SubmitMessage that failed: not queued, not marked, not locked; the rest is free (F1).
fn after_failure(m: Message) -> Message {
    Message { unsent: Tri::Free, timed: Tri::Free, unsure: u32::MAX, pr_preprocess: Tri::Free, ..m }
}

/// Support calls that nothing is said about.
const ANY_CALLS: Calls =
    Calls { prepare: Times::Any, expand: Times::Any, complete: Times::Never, sent_mail: Times::Never };

clauses! {
    /// A message is composed.
    CREATE {
        Reply: "SEED1-05" "SEED1-02";
        Exists: "SEED1-02";
        Queue: "GOQ-04" "SUB-02";
        Submit: "PMF-03" "SUB-02";
        Locked: "PSF-02";
        Preprocess: "PSF-03";
        PrPreprocess: "PPP-02";
        Content: "SEED1-02";
    }
    /// A first submission succeeds.
    SUBMITTED {
        Reply: "SEED1-05" "SUB-02";
        Exists: "SUB-01" "SEED1-02";
        Submit: "SEED1-18" "SUB-02" "PMF-03" "PMF-07" "SAM-01" "MST-06";
        SubmitTime: "SEED1-21" "PST-01" "MST-06";
        Responsibility: "SEED1-20" "SEED1-19" "RCT-03" "MST-06";
        Recipients: "SUB-01" "SEED1-22";
        Content: "SUB-01" "SUB-08" "SBM-01" "SVC-01";
        Prepare: "SEED1-16" "SUB-09" "MST-03" "PRE-02";
        Expand: "SEED1-22" "EXP-09" "MST-06";
        Locked: "PSF-02" "SEED1-14";
    }
    /// The spooler's submission after preprocessing succeeds.
    CONTINUED {
        Reply: "SEED1-36" "PSF-05" "MST-07";
        Exists: "SEED1-36";
        Preprocess: "PSF-06" "SEED1-36" "PSF-05";
        Submit: "PMF-03";
        SubmitTime: "SEED1-21" "PST-01";
        Content: "SUB-01";
        Responsibility: "RCT-03" "SEED1-39";
        Locked: "SEED1-35" "PSF-02";
    }
    /// Preprocessing is needed: queued with SUBMITFLAG_PREPROCESS.
    QUEUE_PREPROCESS {
        Reply: "SEED1-31" "MST-07";
        Queue: "SEED1-29" "SAM-01" "MST-02" "SEED2-03" "SBM-02";
        Preprocess: "SEED1-29" "SEED1-15" "PSF-03" "MST-07";
        Complete: "CMP-04" "CMP-02";
        Folder: "SEED1-29";
    }
    /// Nothing but the queue is left to do.
    QUEUE_PLAIN {
        Reply: "SEED1-49" "MST-11";
        Queue: "SEED1-47" "SAM-01" "MST-02" "MST-11" "SEED1-36" "SEED2-01" "SBM-02";
        Preprocess: "SEED1-47" "MST-11";
        Complete: "CMP-02" "CMP-04";
        Folder: "SEED1-47";
    }
    /// The coupled store sends what it can, and queues the rest.
    QUEUE_PARTIAL {
        Reply: "SEED1-49" "MST-11";
        Queue: "SEED1-47" "MST-02" "TCS-08" "MST-11" "SEED2-02" "SBM-02";
        Preprocess: "SEED1-47" "MST-11";
        Responsibility: "SEED1-39" "SEED1-38";
        Complete: "CMP-04";
        Folder: "SEED1-47";
    }
    /// The coupled store has sent everything, and hands the rest of the work to the spooler.
    COMPLETE {
        Reply: "SEED1-40";
        Complete: "SEED1-40" "CMP-04" "MST-09" "MST-10" "SEED1-45" "CMP-03";
        Responsibility: "SEED1-39";
        Folder: "SEED1-40";
        Preprocess: "SEED1-40";
    }
    /// CompleteMsg failed (H11): nothing is lost.
    COMPLETE_FAILED { Exists: "SUB-06"; Queue: "SUB-06"; }
    /// The coupled store has sent everything, and finishes the message itself.
    DIRECT {
        Reply: "SEED1-44";
        Queue: "SEED1-44" "TCS-07" "TCS-06" "TCS-04";
        Submit: "SEED1-44";
        Locked: "SEED1-43";
        Unsent: "PMF-06";
        Folder: "SEED1-41" "SEED1-42" "MST-10" "SEED1-46";
        Exists: "SEED1-42" "SEED1-41";
        Complete: "CMP-04" "SEED1-44";
        Expand: "SEED1-22" "EXP-09";
    }
    /// PrepareSubmit failed, and its error is the caller's.
    PREPARE_FAILED { Reply: "SEED1-17" "MST-03"; Prepare: "SEED1-16" "SUB-09" "MST-03"; }
    /// PrepareSubmit marked who has the message already.
    PREPARED { Responsibility: "SUB-10"; }
    /// There is nobody to send to.
    NOBODY { Reply: "SUB-04"; }
    /// A submission that failed leaves nothing behind.
    FAILED {
        Reply: "SUB-13";
        Exists: "SUB-13";
        Folder: "SUB-13";
        Queue: "SUB-13" "GOQ-04";
        Submit: "SUB-13" "PMF-03";
        Locked: "SUB-13" "PSF-02";
        Preprocess: "SUB-13" "PSF-03";
    }
    /// The object is not one that must be able to submit.
    SUBMIT_WEAK { Queue: "GOQ-04"; Submit: "PMF-03"; Exists: "SEED1-02"; }
    /// It is on its way out already: a second submission adds nothing.
    SUBMIT_AGAIN {
        Exists: "SUB-06";
        Queue: "SUB-06" "MST-01";
        Submit: "PMF-03";
        Preprocess: "PSF-05" "PSF-06";
        Locked: "PSF-02" "SEED1-14";
        Responsibility: "RCT-03";
        Folder: "SUB-06";
    }
    /// It is not there.
    SUBMIT_GONE { Exists: "FIN-12"; }
}
