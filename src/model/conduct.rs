//! The conduct of spoolers and transports beyond single acts: when a message may be taken up, whom a transport is shown,
//! what an idle spooler leaves undone, and what a transport may answer (SEED2, RSP, XPS, XPE, XOM).

use super::clause::{Clause, clauses};
use super::entry::Errand;
use super::message::Lock;
use super::reading::Rules;
use super::spooler::{self, Act, Desk, forbids, next};

/// The rule that locking the message breaks, if it breaks one: as [`forbids`], but of several transports that are waited
/// for, one that is ready is reason enough to turn to the message.
#[must_use]
pub fn forbids_lock(rules: &Rules, desk: &Desk) -> Option<&'static Clause> {
    if desk.is_ready() {
        let errand = Errand { waits: 0, deferred: 0, ..desk.errand };
        return forbids(rules, &Desk { errand, ..desk.clone() }, Act::Lock);
    }
    forbids(rules, desk, Act::Lock)
}

/// The rule that is broken by showing transport `at` these rows as FALSE, if one is: they are the recipients, as bits,
/// whom the transport is to serve.
#[must_use]
pub fn forbids_rows(desk: &Desk, at: u8, shown: u32) -> Option<&'static Clause> {
    let fits = desk.fits.get(usize::from(at)).copied().unwrap_or(0);
    (shown & fits & !desk.unresolved() != 0).then_some(&SHOWS_SERVED)
}

/// The rule that is broken by letting go of the message, if one is: `served` are the recipients whom transports have
/// served since it was locked, as bits.
#[must_use]
pub fn forbids_letting_go(desk: &Desk, served: u32) -> Option<&'static Clause> {
    let m = &desk.message;
    (served & m.everyone() & !m.responsible & !m.unsure != 0).then_some(&LEAVES_UNRECORDED)
}

/// What a spooler leaves undone that is idle now, if there is something.
#[must_use]
pub fn neglects(rules: &Rules, desk: &Desk) -> Option<&'static Clause> {
    let m = &desk.message;
    if !m.outgoing() {
        return None;
    }
    if !m.lock.is_held_by(desk.number) || m.lock == Lock::Orphan {
        let could = desk.turn && forbids_lock(rules, desk).is_none();
        let waits = m.preprocess && desk.errand.waits != 0;
        return (could && !waits).then_some(if m.preprocess { &LEAVES_UNPROCESSED } else { &LEAVES_WAITING });
    }
    next(rules, desk).map(leaving)
}

/// The rule that is broken by leaving this act undone.
#[must_use]
pub const fn leaving(act: Act) -> &'static Clause {
    match act {
        Act::End(_) => &LEAVES_UNENDED,
        Act::Finish => &LEAVES_UNFINISHED,
        Act::Hand(_) => &LEAVES_UNSENT,
        Act::Lock => &LEAVES_WAITING,
        Act::Preprocess(_) => &LEAVES_UNPROCESSED,
        Act::RemoveInfo => &LEAVES_INFO,
        Act::Report(_) => &LEAVES_UNREPORTED,
        Act::Submit => &LEAVES_UNSUBMITTED,
        Act::Unlock => &LEAVES_LOCKED,
    }
}

/// The rules that stand between a spooler and this act.
#[must_use]
pub const fn guards(act: Act) -> &'static [&'static Clause] {
    match act {
        Act::Lock => &[&spooler::LOCKS_TWICE, &spooler::TAKES_TOO_EARLY, &spooler::TAKES_OUT_OF_TURN],
        Act::Unlock => &[&spooler::UNLOCKS_UNDER_WAY, &LEAVES_UNRECORDED],
        Act::Preprocess(_) => &[
            &spooler::PREPROCESSES_UNLOCKED,
            &spooler::PREPROCESSES_UNASKED,
            &spooler::PREPROCESSES_OTHER,
            &spooler::PREPROCESSES_OUT_OF_ORDER,
        ],
        Act::Submit => &[&spooler::SUBMITS_UNPROCESSED],
        Act::Hand(_) => &[
            &spooler::HANDS_UNLOCKED,
            &spooler::HANDS_UNPROCESSED,
            &spooler::HANDS_UNDER_WAY,
            &spooler::HANDS_AGAIN,
            &spooler::HANDS_TOO_EARLY,
            &spooler::HANDS_DEFERRED,
            &spooler::HANDS_TO_NOBODY,
            &spooler::HANDS_OUT_OF_ORDER,
            &SHOWS_SERVED,
        ],
        Act::End(_) => &[&spooler::ENDS_NOTHING],
        Act::Report(_) => &[&spooler::REPORTS_TWICE, &spooler::REPORTS_TOO_EARLY],
        Act::RemoveInfo => &[&spooler::REMOVES_TOO_EARLY, &spooler::REMOVES_NOTHING],
        Act::Finish => &[
            &spooler::FINISHES_UNLOCKED,
            &spooler::FINISHES_UNPROCESSED,
            &spooler::FINISHES_UNDER_WAY,
            &spooler::FINISHES_DEFERRED,
            &spooler::FINISHES_EARLY,
            &spooler::FINISHES_PROCESSED,
        ],
    }
}

/// What a transport does wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TransportFault {
    /// It returns MAPI_E_WAIT or MAPI_E_NETWORK_ERROR without a delay.
    NoDelay,
    /// EndMessage returns a flag that there is not, or flags that exclude each other.
    Flags,
    /// It sets PR_RESPONSIBILITY of a recipient who is not its own, or has been seen to.
    OthersRows,
}

impl TransportFault {
    /// The rule that it breaks.
    #[must_use]
    pub const fn clause(self) -> &'static Clause {
        match self {
            Self::NoDelay => &TRANSPORT_NO_DELAY,
            Self::Flags => &TRANSPORT_FLAGS,
            Self::OthersRows => &TRANSPORT_OTHERS_ROWS,
        }
    }

    /// What would have been right.
    #[must_use]
    pub const fn instead(self) -> &'static str {
        match self {
            Self::NoDelay => "a delay in seconds",
            Self::Flags => "no flag, or one of END_DONT_RESEND, END_RESEND_LATER, END_RESEND_NOW",
            Self::OthersRows => "PR_RESPONSIBILITY of its own recipients alone",
        }
    }

    /// The flags of EndMessage (XPE-02..05).
    pub const END_FLAGS: [&str; 3] = ["END_DONT_RESEND", "END_RESEND_LATER", "END_RESEND_NOW"];
}

clauses! {
    /// The spooler shows a transport a recipient who has been seen to as one to serve.
    SHOWS_SERVED { Reply: "RSP-02" "SEED2-06" "RPP-18"; }
    /// The spooler lets go of a message, and has not set PR_RESPONSIBILITY of those who were served.
    LEAVES_UNRECORDED { Reply: "XOM-03"; }
    /// The spooler is idle while a message waits that it could take up.
    LEAVES_WAITING { Reply: "SEED2-05" "SUB-05"; }
    /// The spooler is idle while a message waits to be preprocessed.
    LEAVES_UNPROCESSED { Reply: "SEED1-33" "SEED1-32"; }
    /// The spooler is idle and has not submitted a message whose preprocessing is done.
    LEAVES_UNSUBMITTED { Reply: "SEED1-35" "PSF-04"; }
    /// The spooler is idle while a transport could take recipients who are left.
    LEAVES_UNSENT { Reply: "SEED2-06" "RSP-06" "ADT-04"; }
    /// The spooler is idle and owes a transport EndMessage.
    LEAVES_UNENDED { Reply: "XPS-16" "XPE-01" "MSM-05"; }
    /// The spooler is idle and has not reported a recipient whom no transport takes.
    LEAVES_UNREPORTED { Reply: "RSP-07" "ADT-05"; }
    /// The spooler is idle and leaves preprocessed data in a message that is sent.
    LEAVES_INFO { Reply: "SEED2-07" "RPP-19"; }
    /// The spooler is idle and has not finished a message that is sent.
    LEAVES_UNFINISHED { Reply: "SEED2-09" "XOM-01" "XOM-02"; }
    /// The spooler is idle and keeps a message locked that waits for a transport.
    LEAVES_LOCKED { Reply: "XOM-02" "XOM-01"; }
    /// A transport asks the spooler to wait, and does not say how long.
    TRANSPORT_NO_DELAY { Reply: "XPS-20" "XPS-08" "XPS-06"; }
    /// EndMessage of a transport returns flags that there are not, or that exclude each other.
    TRANSPORT_FLAGS { Reply: "XPE-02" "XPE-03" "XPE-04" "XPE-05"; }
    /// A transport sets PR_RESPONSIBILITY of a recipient whom it was not offered.
    TRANSPORT_OTHERS_ROWS { Reply: "XPS-14" "RSP-05"; }
}
