//! Reading and changing an open message (OPN-04, PMF-08, SUB-13, RCT-03, B2), and NotifyNewMail (NNM).

use spoolproof_sdk::HResult;

use super::call::Session;
use super::clause::clauses;
use super::message::{Level, Message};
use super::reading::{B2, B3, Dim, H13};
use super::step::{Codes, Context, Emit, Reply, Step};

/// Lists the answers to SetProps and SaveChanges.
pub(super) fn write(cx: &Context, m: Message, save: bool, emit: &mut Emit<'_>) {
    let Some(handle) = cx.handle else { return either(m, save, emit) };
    let clause = if handle.refused { &WRITE_AFTER_FAILURE } else { &WRITE };
    match cx.session {
        Session::Client(_) if m.outgoing() => outgoing(m, save, emit),
        Session::Client(_) if save && !m.place.exists() => {
            emit.step(Step::new(Reply::Refused(Codes::Any), m, &WRITE_GONE));
        }
        Session::Client(_) if m.place.exists() && !m.finished && !m.lock.shown() && handle.spent && handle.stale => {
            revived(m, save, emit)
        }
        Session::Client(_) if !m.place.exists() || m.finished || handle.stale || m.lock.shown() => {
            either(m, save, emit)
        }
        Session::Client(_) if handle.only_reads() => {
            emit.step(Step::new(Reply::Refused(Codes::OneOf(&[HResult::MAPI_E_NO_ACCESS])), m, &WRITE_READ_ONLY));
            emit.step(Step::new(Reply::Refused(Codes::NoneOf(&[HResult::MAPI_E_NO_ACCESS])), m, &WRITE_READ_ONLY_CODE));
            if !save {
                emit.step(Step::new(Reply::Success, m, &WRITE_READ_ONLY)); // Refused at SaveChanges at the latest.
            }
        }
        Session::Client(_) if !handle.writes() => either(m, save, emit),
        Session::Spooler(number) if m.outgoing() && m.lock.shown() && !m.lock.is_held_by(number) => {
            // Only the holder may write to what it has locked, unless any spooler may (B3).
            emit.step(Step::new(Reply::Refused(Codes::Any), m, &WRITE_FOREIGN));
            let step = Step::new(Reply::Success, m, &WRITE_FOREIGN);
            emit.step(if save { step.writes().needs(Dim::B3, B3::SpoolerExempt) } else { step });
        }
        Session::Spooler(number) if !(m.outgoing() && m.lock.is_held_by(number) && handle.writes()) || handle.stale => {
            either(m, save, emit);
        }
        Session::Client(_) | Session::Spooler(_) => {
            let step = Step::new(Reply::Success, m, clause);
            emit.step(if save { step.writes() } else { step });
            // Somebody else saved meanwhile.
            emit.step(Step::new(Reply::Refused(Codes::OneOf(&[HResult::MAPI_E_OBJECT_CHANGED])), m, clause));
        }
    }
}

/// A client may not change what is on its way out (PMF-08, B2); the code of the refusal is free.
fn outgoing(m: Message, save: bool, emit: &mut Emit<'_>) {
    if !(save && emit.held_to(Dim::B2, B2::OpenTimeOnly)) {
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &WRITE_QUEUED));
    }
    if save {
        emit.step(Step::new(Reply::Success, m, &WRITE_QUEUED).writes().needs(Dim::B2, B2::OpenTimeOnly));
    } else {
        emit.step(Step::new(Reply::Success, m, &WRITE_QUEUED)); // Refused at SaveChanges at the latest.
    }
}

/// The object that a message was submitted through, after an abort: it works again, or stays dead (H13).
fn revived(m: Message, save: bool, emit: &mut Emit<'_>) {
    let step = Step::new(Reply::Success, m, &WRITE_UNSAID);
    let works = H13::EitherHandle | H13::HandleRevived;
    emit.step(step.clone().needs(Dim::H13, works));
    if save {
        emit.step(step.writes().needs(Dim::H13, works));
    }
    let refused = Step::new(Reply::Refused(Codes::Any), m, &WRITE_UNSAID);
    emit.step(refused.needs(Dim::H13, H13::EitherHandle | H13::HandleStaysDead));
}

/// No page fixes the answer.
fn either(m: Message, save: bool, emit: &mut Emit<'_>) {
    let step = Step::new(Reply::Success, m, &WRITE_UNSAID);
    emit.step(step.clone());
    if save {
        emit.step(step.writes());
    }
    emit.step(Step::new(Reply::Refused(Codes::Any), m, &WRITE_UNSAID));
}

/// Lists the answers to GetProps, which no page speaks of.
pub(super) fn read(m: Message, emit: &mut Emit<'_>) {
    emit.step(Step::new(Reply::Success, m, &READ));
    emit.step(Step::new(Reply::Refused(Codes::Any), m, &READ));
}

/// Lists the answers to a change of PR_RESPONSIBILITY through an open message.
pub(super) fn responsibility(cx: &Context, m: Message, recipient: Option<u8>, value: bool, emit: &mut Emit<'_>) {
    if cx.session.is_client() && m.outgoing() {
        return outgoing(m, true, emit);
    }
    let bit = recipient.filter(|index| *index < Message::TRACKED).map_or(0, |index| 1 << index);
    let next = Message {
        responsible: if value { m.responsible | bit } else { m.responsible & !bit },
        unsure: m.unsure & !bit,
        ..m
    };
    let holder = matches!(cx.session, Session::Spooler(number) if m.lock.is_held_by(number));
    let able = cx.handle.is_some_and(|handle| handle.granted == Some(Level::Write) && !handle.spent);
    let due = holder && able && m.outgoing();
    // SaveChanges follows, and saves whatever else the object holds; who may not write (PMF-08, B3), still may not.
    let foreign = m.outgoing() && if cx.session.is_client() { true } else { m.lock.shown() && !holder };
    let step = Step::new(Reply::Success, next, &RESPONSIBILITY);
    if !foreign {
        emit.step(step.clone().writes());
    }
    if !due {
        emit.step(step);
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &RESPONSIBILITY_UNSAID));
    }
}

/// Lists the answers to NotifyNewMail.
pub(super) fn new_mail(cx: &Context, m: Message, emit: &mut Emit<'_>) {
    emit.step(Step::new(Reply::Success, m, &NEW_MAIL));
    if cx.session.is_client() || !m.place.exists() {
        emit.step(Step::new(Reply::Refused(Codes::Any), m, &NEW_MAIL));
    }
}

clauses! {
    /// A change through an object that was opened for writing.
    WRITE { Reply: "OPN-03" "HOM-03"; Content: "OPN-03"; Queue: "GOQ-04"; Submit: "PMF-03"; }
    /// The same after a submission that failed: the object stayed open.
    WRITE_AFTER_FAILURE { Reply: "SUB-13"; Content: "SUB-13"; Queue: "GOQ-04"; Submit: "PMF-03"; }
    /// A change through a read-only object.
    WRITE_READ_ONLY { Reply: "OPN-04"; Content: "OPN-04"; }
    /// It was refused with another code.
    WRITE_READ_ONLY_CODE { Content: "OPN-04"; } => "OPN-04";
    /// A client's change of a message that is on its way out.
    WRITE_QUEUED { Reply: "PMF-08" "SEED1-10"; Content: "PMF-08" "SEED1-10"; Queue: "SUB-06"; Submit: "PMF-03"; Locked: "PSF-02"; }
    /// A spooler's change of what another spooler has locked.
    WRITE_FOREIGN { Reply: "SEED1-14"; Content: "SEED1-14"; Locked: "PSF-02"; Queue: "SUB-06"; }
    /// The message was deleted since it was opened.
    WRITE_GONE { Reply: "SVC-04"; Exists: "SVC-04"; }
    /// Nothing is said about it.
    WRITE_UNSAID { Queue: "SUB-06"; Submit: "PMF-03"; }
    /// Properties are read.
    READ { Content: "SUB-01"; }
    /// The spooler records who has taken a recipient over.
    RESPONSIBILITY { Reply: "RCT-03"; Responsibility: "RCT-03" "RSP-01"; Queue: "SUB-06"; Locked: "PSF-02"; }
    /// Nothing is said about it.
    RESPONSIBILITY_UNSAID { Queue: "SUB-06"; Locked: "PSF-02"; }
    /// The spooler announces new mail.
    NEW_MAIL { Reply: "SEED1-06" "NNM-03"; }
}
