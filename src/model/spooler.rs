//! The spooler: what it may do with a message, and what a well-behaved one does next (SEED1-30..37, SEED2, SLS-05..07,
//! XPS, XPE, RSP, ADT, RPP, C5, D8, E1, F2, G5, G15, G17).
//!
//! [`forbids`] is the rule book: it judges one act of any spooler, seen or imagined. A search has its spooler do what
//! [`next`] lists, which never asks for what is forbidden.

use arrayvec::ArrayVec;

use super::clause::{Clause, clauses};
use super::entry::{Entry, Errand, TRANSPORTS_MAX};
use super::message::Message;
use super::preprocessor::Preprocessor;
use super::reading::{C5, D8, Dim, E1, F2, G17, Mask, Need, Rules};

/// What a spooler does with a message, beside opening and releasing it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Act {
    /// SetLockState with MSG_LOCKED.
    Lock,
    /// SetLockState with MSG_UNLOCKED.
    Unlock,
    /// It runs the preprocessor with this number.
    Preprocess(u8),
    /// SubmitMessage, now that preprocessing is done.
    Submit,
    /// It hands the message to the transport with this place in the transport order.
    Hand(u8),
    /// EndMessage of that transport.
    End(u8),
    /// It makes a nondelivery report for the recipient with this place in the table.
    Report(u8),
    /// It has the preprocessed data removed.
    RemoveInfo,
    /// FinishedMsg.
    Finish,
}

/// What a spooler has before it when it turns to a message.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The number of its logon.
    pub number: u8,
    /// The message as the store has it.
    pub message: Message,
    /// Recipients that it has done with, as bits.
    pub memory: u32,
    /// What else it remembers.
    pub errand: Errand,
    /// PR_PREPROCESS says that preprocessed data is in the message.
    pub processed: bool,
    /// Whether the message is next by the order of the queue, for this spooler.
    pub turn: bool,
    /// Recipients that each transport takes by address type, in transport order.
    pub fits: [u32; TRANSPORTS_MAX],
    /// The preprocessors that have to run, in their order.
    pub preprocessors: ArrayVec<u8, { Preprocessor::MAX }>,
}

impl Desk {
    /// The desk of spooler `number` with `entry` on it.
    #[must_use]
    pub fn new(
        number: u8,
        entry: &Entry,
        turn: bool,
        fits: [u32; TRANSPORTS_MAX],
        preprocessors: ArrayVec<u8, { Preprocessor::MAX }>,
    ) -> Self {
        let Entry { message, memory, errand, processed, .. } = *entry;
        Self { number, message, memory, errand, processed, turn, fits, preprocessors }
    }

    /// Whether it holds the lock.
    const fn holds(&self) -> bool {
        self.message.lock.is_held_by(self.number)
    }

    /// Recipients that it has still to see to.
    pub(super) const fn unresolved(&self) -> u32 {
        let m = &self.message;
        (m.unclaimed() | (m.unsure & m.everyone())) & !self.memory
    }

    /// The recipients that it may offer to transport `at`: those that no earlier transport takes which has not had its turn.
    #[must_use]
    pub fn offer(&self, at: u8) -> u32 {
        let Errand { tried, .. } = self.errand;
        let earlier = (0..at).filter(|other| tried & (1 << other) == 0).map(|other| self.fits[usize::from(other)]);
        let taken = earlier.fold(0, |taken, fits| taken | fits);
        if tried & (1 << at) == 0 { self.fits[usize::from(at)] & self.unresolved() & !taken } else { 0 }
    }

    /// Whether a transport that it need not wait for could be offered something.
    pub(super) fn is_ready(&self) -> bool {
        (0..TRANSPORTS_MAX as u8).any(|at| self.pending() & (1 << at) == 0 && self.offer(at) != 0)
    }

    /// Recipients for whom no transport is left.
    fn abandoned(&self) -> u32 {
        let untried = (0..TRANSPORTS_MAX).filter(|at| self.errand.tried & (1 << at) == 0);
        self.unresolved() & !untried.fold(0, |fits, at| fits | self.fits[at])
    }

    /// The preprocessor that has to run next.
    fn preprocessor(&self) -> Option<u8> {
        self.preprocessors.iter().copied().find(|index| self.errand.ran & (1 << index) == 0)
    }

    /// Transports that it waits for, in any way.
    const fn pending(&self) -> u8 {
        self.errand.waits | self.errand.deferred
    }
}

/// The rule that `act` breaks, if it breaks one.
#[must_use]
pub fn forbids(rules: &Rules, desk: &Desk, act: Act) -> Option<&'static Clause> {
    let follows = |dim: Dim, mask: Mask| rules.silent(Need { dim, mask });
    let (m, errand) = (&desk.message, &desk.errand);
    let broken = |clause: &'static Clause, broken: bool| broken.then_some(clause);
    match act {
        Act::Lock => broken(&LOCKS_TWICE, m.lock.shown() && desk.holds() && !matches!(m.lock, super::Lock::Orphan))
            .or_else(|| broken(&TAKES_TOO_EARLY, desk.pending() != 0 && desk.abandoned() == 0))
            .or_else(|| broken(&TAKES_OUT_OF_TURN, !desk.turn)),
        Act::Unlock => broken(&UNLOCKS_UNDER_WAY, errand.with.is_some()),
        Act::Preprocess(index) => broken(&PREPROCESSES_UNLOCKED, !desk.holds())
            .or_else(|| broken(&PREPROCESSES_UNASKED, !m.preprocess))
            .or_else(|| broken(&PREPROCESSES_OTHER, !desk.preprocessors.contains(&index)))
            .or_else(|| broken(&PREPROCESSES_OUT_OF_ORDER, desk.preprocessor() != Some(index))),
        Act::Submit => broken(&SUBMITS_UNPROCESSED, m.preprocess && desk.preprocessor().is_some()),
        Act::Hand(at) => {
            let bit = 1_u8 << at;
            broken(&HANDS_UNLOCKED, !desk.holds())
                .or_else(|| broken(&HANDS_UNPROCESSED, m.preprocess))
                .or_else(|| broken(&HANDS_UNDER_WAY, errand.with.is_some()))
                .or_else(|| broken(&HANDS_AGAIN, errand.tried & bit != 0))
                .or_else(|| broken(&HANDS_TOO_EARLY, errand.waits & bit != 0))
                .or_else(|| broken(&HANDS_DEFERRED, errand.deferred & bit != 0))
                .or_else(|| broken(&HANDS_TO_NOBODY, desk.fits[usize::from(at)] & desk.unresolved() == 0))
                .or_else(|| broken(&HANDS_OUT_OF_ORDER, desk.offer(at) == 0))
        }
        Act::End(at) => broken(&ENDS_NOTHING, errand.with.is_none_or(|(with, _)| with != at)),
        Act::Report(recipient) => broken(&REPORTS_TWICE, desk.memory & (1 << recipient) != 0)
            .or_else(|| broken(&REPORTS_TOO_EARLY, desk.abandoned() & (1 << recipient) == 0)),
        Act::RemoveInfo => broken(&REMOVES_TOO_EARLY, errand.with.is_some() || desk.unresolved() != 0)
            .or_else(|| broken(&REMOVES_NOTHING, !desk.processed)),
        Act::Finish => broken(&FINISHES_UNLOCKED, !desk.holds())
            .or_else(|| broken(&FINISHES_UNPROCESSED, m.preprocess))
            .or_else(|| broken(&FINISHES_UNDER_WAY, errand.with.is_some()))
            .or_else(|| broken(&FINISHES_DEFERRED, errand.deferred != 0 && !follows(Dim::D8, D8::AfterFirstPass)))
            .or_else(|| broken(&FINISHES_EARLY, desk.unresolved() != 0))
            .or_else(|| broken(&FINISHES_PROCESSED, desk.processed)),
    }
}

/// Whether a message may be taken up before an older one that has `errand` (E1, SLS-06): the older one waits for a
/// transport that the younger does not need.
pub(super) fn lets_pass(rules: &Rules, errand: &Errand, younger: &Entry, fits: &[u32; TRANSPORTS_MAX]) -> bool {
    let follows = |mask: Mask| rules.silent(Need { dim: Dim::E1, mask });
    if follows(E1::BestEffort) {
        return true;
    }
    let open = younger.unresolved();
    let needed =
        fits.iter().enumerate().filter(|(_, fits)| *fits & open != 0).fold(0, |needed, (at, _)| needed | 1 << at);
    !follows(E1::StrictFIFO) && (errand.waits | errand.deferred) != 0 && errand.waits & needed == 0
}

/// Whether a message that waits is tried again, when the time is over for which a transport asked.
pub(super) fn comes_back(rules: &Rules, message: &Message) -> bool {
    // By one reading nobody comes back to what a preprocessor has failed on (F2).
    !(message.preprocess && rules.silent(Need { dim: Dim::F2, mask: F2::LeftLocked }))
}

/// What a well-behaved spooler that holds the lock does next: nothing, or one of these.
///
/// It takes one transport after the other, writes down at once whom it has done with, goes back to the queue if it has
/// to wait, reports whom nobody takes, and finishes. Whom it has done with it writes to the rows before all that, by
/// [`Entry::unrecorded`].
pub(super) fn next(rules: &Rules, desk: &Desk) -> Option<Act> {
    let follows = |dim: Dim, mask: Mask| rules.silent(Need { dim, mask });
    let Errand { with, waits, deferred, .. } = desk.errand;
    if let Some((at, _)) = with {
        return Some(Act::End(at));
    }
    let back = || {
        let held = (waits != 0 && follows(Dim::C5, C5::HoldWhileWaiting))
            || (deferred != 0 && follows(Dim::G17, G17::DeferredIsLocked));
        (!held).then_some(Act::Unlock)
    };
    if desk.message.preprocess {
        if waits != 0 {
            return if follows(Dim::F2, F2::LeftLocked) { None } else { back() };
        }
        return Some(desk.preprocessor().map_or(Act::Submit, Act::Preprocess));
    }
    let ready = |at: &u8| (waits | deferred) & (1 << at) == 0 && desk.offer(*at) != 0;
    if let Some(at) = (0..TRANSPORTS_MAX as u8).find(ready) {
        return Some(Act::Hand(at));
    }
    let abandoned = desk.abandoned();
    if abandoned != 0 {
        return Some(Act::Report(abandoned.trailing_zeros() as u8));
    }
    // What a transport keeps for later is not finished, even if the rows say that everybody is served.
    if desk.unresolved() != 0 || (deferred != 0 && !follows(Dim::D8, D8::AfterFirstPass)) {
        return back();
    }
    Some(if desk.processed { Act::RemoveInfo } else { Act::Finish })
}

clauses! {
    /// The spooler locks what it has locked already.
    LOCKS_TWICE { Reply: "SEED2-05"; }
    /// The spooler takes up again a message for which it has to wait.
    TAKES_TOO_EARLY { Reply: "XPS-19" "XPS-04" "XPS-08" "XPS-06" "XPS-05" "XPE-04"; }
    /// The spooler takes up a message before an older one that could go.
    TAKES_OUT_OF_TURN { Reply: "SLS-05" "SLS-06" "OQT-04" "GOQ-07" "OQT-05" "SUB-05"; }
    /// The spooler unlocks a message that a transport is working on.
    UNLOCKS_UNDER_WAY { Reply: "XPS-02" "XOM-01"; }
    /// The spooler preprocesses a message that it has not locked.
    PREPROCESSES_UNLOCKED { Reply: "SEED1-32" "SLS-07"; }
    /// The spooler preprocesses what is not to be preprocessed, or no more.
    PREPROCESSES_UNASKED { Reply: "PSF-03" "RPP-15"; }
    /// The spooler runs a preprocessor that is not registered for this message.
    PREPROCESSES_OTHER { Reply: "RPP-03" "RPP-06" "RPP-07" "RPP-08" "RPP-09"; }
    /// The spooler runs a preprocessor out of its order, or once more.
    PREPROCESSES_OUT_OF_ORDER { Reply: "SEED1-33" "RPP-05"; }
    /// The spooler submits before every preprocessor has run.
    SUBMITS_UNPROCESSED { Reply: "SEED1-33" "PSF-04" "SEED1-35"; }
    /// The spooler hands over a message that it has not locked.
    HANDS_UNLOCKED { Reply: "SEED2-05" "SLS-07"; }
    /// The spooler hands over a message that has still to be preprocessed.
    HANDS_UNPROCESSED { Reply: "SEED2-04" "RPP-15"; }
    /// The spooler hands over a message before the transport at work has seen EndMessage.
    HANDS_UNDER_WAY { Reply: "XPS-16" "MSM-05"; }
    /// The spooler offers a message once more to a transport that is through with it.
    HANDS_AGAIN { Reply: "XPS-07" "ADT-04" "XPE-02"; }
    /// The spooler offers a message to a transport that it has to wait for.
    HANDS_TOO_EARLY { Reply: "XPS-19" "XPS-04" "XPS-08" "XPS-06" "XPS-05"; }
    /// The spooler offers a message to a transport that keeps it for later, and has not announced it.
    HANDS_DEFERRED { Reply: "XPE-03" "XPS-01" "SPN-04"; }
    /// The spooler hands a message to a transport that takes none of the recipients who are left.
    HANDS_TO_NOBODY { Reply: "ADT-02" "SEED2-06" "RSP-02" "RPP-18"; }
    /// The spooler passes over an earlier transport that takes the same recipients.
    HANDS_OUT_OF_ORDER { Reply: "ADT-03" "ADT-04"; }
    /// The spooler calls EndMessage where nothing was handed over.
    ENDS_NOTHING { Reply: "XPS-04" "XPS-07" "XPE-01"; }
    /// The spooler reports a recipient who was served or reported already.
    REPORTS_TWICE { Reply: "STR-02" "RSP-07"; }
    /// The spooler reports a recipient whom a transport could still take.
    REPORTS_TOO_EARLY { Reply: "RSP-06" "ADT-04" "ADT-05"; }
    /// The spooler has preprocessed data removed before sending is over.
    REMOVES_TOO_EARLY { Reply: "SEED2-07" "RPP-19"; }
    /// The spooler has preprocessed data removed where there is none.
    REMOVES_NOTHING { Reply: "SEED2-07" "SEED2-08" "RPP-10"; }
    /// The spooler finishes a message that it has not locked.
    FINISHES_UNLOCKED { Reply: "FIN-08"; }
    /// The spooler finishes a message that has still to be preprocessed.
    FINISHES_UNPROCESSED { Reply: "SEED2-04" "PSF-04"; }
    /// The spooler finishes a message that a transport is working on.
    FINISHES_UNDER_WAY { Reply: "XPS-16" "SEED2-09"; }
    /// The spooler finishes a message that a transport keeps for later.
    FINISHES_DEFERRED { Reply: "XPE-03" "SEED2-09"; }
    /// The spooler finishes a message while a recipient is neither served nor reported.
    FINISHES_EARLY { Reply: "SEED2-06" "RSP-07" "RSP-06" "XOM-02" "XPE-04" "XPE-05" "XPS-05"; }
    /// The spooler finishes a message that still carries preprocessed data.
    FINISHES_PROCESSED { Reply: "SEED2-07" "RPP-19" "RPP-10"; }
}
