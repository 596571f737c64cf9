//! The step function: every way in which a store may answer a call on a message.

use std::cell::Cell;

use arrayvec::ArrayVec;
use spoolproof_sdk::HResult;

use super::call::{Call, Handle, Profile, Session};
use super::clause::{Aspect, Clause, clauses};
use super::message::{Level, Message};
use super::reading::{A13, Dim, Dims, Mask, Need, Needs, Rules};
use super::{abort, finish, lock, open, props, restart, submit};

/// HRESULTs that a refusal may carry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Codes {
    /// Any failure.
    Any,
    /// One of these.
    OneOf(&'static [HResult]),
    /// Any failure but these.
    NoneOf(&'static [HResult]),
    /// The one that the failing support call returned (SEED1-17).
    OfSupport,
}

impl Codes {
    /// Failures for those who need some: what a refusal may carry where no code is named, and what answers are told apart
    /// by. The usual ones are first, and the last is one that no page knows.
    pub const EXAMPLES: [HResult; 12] = [
        HResult::MAPI_E_CALL_FAILED,
        HResult::MAPI_E_NO_ACCESS,
        HResult::MAPI_E_NO_SUPPORT,
        HResult::MAPI_E_SUBMITTED,
        HResult::MAPI_E_INVALID_PARAMETER,
        HResult::MAPI_E_NOT_IN_QUEUE,
        HResult::MAPI_E_UNABLE_TO_ABORT,
        HResult::MAPI_E_NOT_FOUND,
        HResult::MAPI_E_OBJECT_CHANGED,
        HResult::MAPI_E_BUSY,
        HResult::MAPI_E_NOT_ENOUGH_MEMORY,
        HResult::from_code(0x8004_FFFF),
    ];

    /// Whether `code`, which is a failure, is one of these; `support` is what a support call failed with, if one did.
    #[must_use]
    pub fn admits(self, code: HResult, support: Option<HResult>) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(list) => list.contains(&code),
            Self::NoneOf(list) => !list.contains(&code),
            Self::OfSupport => support == Some(code),
        }
    }
}

/// What a call returns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reply {
    /// A success code.
    Success,
    /// OpenEntry succeeds with this PR_ACCESS_LEVEL.
    Opened(Level),
    /// OpenEntry succeeds, and the first use of the object is refused (H16).
    OpenedInName,
    /// A failure.
    Refused(Codes),
}

impl Reply {
    /// Whether it can carry `code`; `support` is what a support call failed with, if one did.
    #[must_use]
    pub fn admits(self, code: HResult, support: Option<HResult>) -> bool {
        match self {
            Self::Refused(codes) => !code.is_success() && codes.admits(code, support),
            Self::Success | Self::Opened(_) | Self::OpenedInName => code.is_success(),
        }
    }
}

/// How often a support call is made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Times {
    /// Not at all.
    #[default]
    Never,
    /// Any number of times.
    Any,
    /// At least once.
    Some,
    /// Exactly once.
    Once,
}

impl Times {
    /// Whether `count` calls are allowed.
    #[must_use]
    pub const fn admits(self, count: usize) -> bool {
        match self {
            Self::Never => count == 0,
            Self::Any => true,
            Self::Some => count > 0,
            Self::Once => count == 1,
        }
    }
}

/// The support calls that a store makes in the course of a call.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Calls {
    /// PrepareSubmit.
    pub prepare: Times,
    /// ExpandRecips.
    pub expand: Times,
    /// CompleteMsg.
    pub complete: Times,
    /// DoSentMail.
    pub sent_mail: Times,
}

/// One way in which a store may answer.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it returns.
    pub reply: Reply,
    /// The message afterwards.
    pub next: Message,
    /// Whether the saved content is now that of the call (SetProps), or of the handle (SetLockState).
    pub writes: bool,
    /// The support calls that it makes.
    pub calls: Calls,
    /// What it rests on.
    pub clauses: ArrayVec<&'static Clause, 5>,
    /// The readings that permit it; empty if every one does.
    pub needs: Needs,
    /// What would have to be known to say whether it is right.
    pub lacks: Option<&'static str>,
}

impl Step {
    /// A step that rests on `clause`.
    pub(crate) fn new(reply: Reply, next: Message, clause: &'static Clause) -> Self {
        let mut clauses = ArrayVec::new();
        clauses.push(clause);
        Self { reply, next, writes: false, calls: Calls::default(), clauses, needs: Needs::new(), lacks: None }
    }

    /// The step of a call that did nothing.
    pub(crate) fn untouched(message: Message) -> Self {
        Self::new(Reply::Success, message, &UNTOUCHED)
    }

    /// It also rests on `clause`.
    pub(crate) fn and(mut self, clause: &'static Clause) -> Self {
        self.clauses.push(clause);
        self
    }

    /// It needs one of the readings in `mask`.
    pub(crate) fn needs(mut self, dim: Dim, mask: Mask) -> Self {
        self.needs.push(Need { dim, mask });
        self
    }

    /// It makes these support calls.
    pub(crate) const fn calls(mut self, calls: Calls) -> Self {
        self.calls = calls;
        self
    }

    /// It saves what the call or the handle holds.
    pub(crate) const fn writes(mut self) -> Self {
        self.writes = true;
        self
    }

    /// It can only be judged if `what` is known.
    pub(crate) const fn lacks(mut self, what: &'static str) -> Self {
        self.lacks = Some(what);
        self
    }

    /// Whether it is followed without a word: every reading that it needs is in force, it breaks no SHOULD, and nothing
    /// more would have to be known to judge it.
    #[must_use]
    pub fn is_plain(&self, rules: &Rules) -> bool {
        self.lacks.is_none()
            && self.needs.iter().all(|need| rules.silent(*need))
            && self.clauses.iter().all(|clause| clause.breaks.is_empty())
    }

    /// The SHOULDs that it does not follow.
    pub fn breaks(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.clauses.iter().flat_map(|clause| clause.breaks.iter().copied())
    }

    /// The requirements that pin `aspect` of it, the closest first.
    pub fn ids(&self, aspect: Aspect) -> impl Iterator<Item = &'static str> + '_ {
        self.clauses.iter().flat_map(move |clause| clause.ids(aspect))
    }
}

/// A call in its surroundings: all that the step function looks at beside the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    pub(crate) profile: Profile,
    pub(crate) session: Session,
    pub(crate) handle: Option<Handle>,
    /// The session has been seen to have write access to the message.
    pub(crate) owner: bool,
}

/// Collects steps, leaving out those that no reading in force permits.
#[derive(Debug)]
pub(crate) struct Emit<'a> {
    rules: &'a Rules,
    out: &'a mut Vec<Step>,
    /// What would have to be known to judge every step that is emitted from here on.
    pub(crate) lacks: Option<&'static str>,
    /// The ambiguities on which an answer hung.
    asked: Cell<Dims>,
}

impl Emit<'_> {
    /// Whether the store is held to these readings ([`Rules::held_to`]).
    pub(crate) fn held_to(&self, dim: Dim, mask: Mask) -> bool {
        self.asked.set(self.asked.get().with(dim));
        self.rules.held_to(Need { dim, mask })
    }

    pub(crate) fn step(&mut self, mut step: Step) {
        for need in &step.needs {
            self.asked.set(self.asked.get().with(need.dim));
        }
        step.lacks = step.lacks.or(self.lacks);
        if step.needs.iter().all(|need| self.rules.allows(*need)) {
            self.out.push(step);
        }
    }
}

/// The requirements that pin `aspect` of a message that nothing was done to.
pub fn frame_ids(aspect: Aspect) -> impl Iterator<Item = &'static str> {
    UNTOUCHED.ids(aspect)
}

/// Lists in `out`, in a fixed order, every way in which a store may answer `call` on `message`.
///
/// Total and never empty: a call that the pages forbid yields the refusal they prescribe, and one they do not speak of
/// yields whatever cannot lose mail. `handle` is the open object the call goes through, if it goes through one; `owner`
/// tells whether the session has had write access to the message, so that a refusal cannot be a matter of permission.
///
/// Returns the ambiguities on which the answers hung: another reading of any other one changes nothing in them.
pub fn steps(
    rules: &Rules,
    profile: Profile,
    (session, handle, owner): (Session, Option<Handle>, bool),
    message: Message,
    call: Call,
    out: &mut Vec<Step>,
) -> Dims {
    out.clear();
    let emit = &mut Emit { rules, out, lacks: None, asked: Cell::default() };
    // A store that gave client and spooler one object cannot tell who calls (A13).
    let blind = session.is_client() && message.outgoing() && emit.held_to(Dim::A13, A13::SameObject);
    let cx = Context { profile, session: if blind { Session::Spooler(1) } else { session }, handle, owner };
    if profile.submits == Some(false) && call.is_about_sending() {
        emit.step(Step::new(Reply::Refused(Codes::Any), message, &NO_SUBMISSION));
    }
    match call {
        Call::Abort => abort::steps(&cx, message, emit),
        Call::Create(draft) => submit::create(message, draft, emit),
        Call::Finish(hook) => finish::steps(&cx, message, hook, emit),
        Call::GetProps => props::read(message, emit),
        Call::Leave => lock::leave(&cx, message, emit),
        Call::NotifyNewMail => props::new_mail(&cx, message, emit),
        Call::Open(flags) => open::steps(&cx, message, flags, emit),
        Call::Release | Call::Wait => emit.step(Step::untouched(message)),
        Call::Restart(stop) => restart::steps(&cx, message, stop, emit),
        Call::SetLock(locked) => lock::steps(&cx, message, locked, emit),
        Call::SetProps { save } => props::write(&cx, message, save, emit),
        Call::SetResponsibility { recipient, value } => props::responsibility(&cx, message, recipient, value, emit),
        Call::Submit(env) => submit::steps(&cx, message, env, emit),
    }
    if matches!(session, Session::Spooler(2..))
        && handle.is_none()
        && !matches!(call, Call::Leave | Call::Wait | Call::Restart(_))
    {
        // A store may serve one spooler only (XOM-04); one that gave a further spooler an object does serve it.
        emit.step(Step::new(Reply::Refused(Codes::Any), message, &SECOND_SPOOLER));
    }
    let asked = emit.asked.get();
    if out.is_empty() {
        // Readings were declared that leave no answer at all; then none can be wrong.
        out.push(
            Step::new(Reply::Refused(Codes::Any), message, &UNTOUCHED)
                .lacks("an answer that the declared readings permit"),
        );
    }
    asked
}

clauses! {
    /// Nothing that was asked for touches the message: what it is, it stays.
    UNTOUCHED {
        Exists: "LGO-01" "SUB-06" "SEED1-02";
        Folder: "PSM-06";
        Queue: "SUB-06" "LGO-01";
        Submit: "PMF-03";
        Locked: "PSF-02" "SEED1-14";
        Preprocess: "PSF-03" "PSF-06";
        PrPreprocess: "PPP-02";
        SubmitTime: "PST-01" "SEED1-21";
        Responsibility: "RCT-03" "RSP-01";
        Recipients: "SUB-01";
        Content: "PMF-08" "SUB-01";
        Copies: "FIN-07";
        Unsent: "PMF-06";
    }
    /// A further spooler is served, or is not.
    SECOND_SPOOLER { Reply: "XOM-04"; Queue: "SUB-06"; Exists: "LGO-01"; Locked: "PSF-02" "SEED1-14"; Submit: "PMF-03"; }
    /// The store says of itself that it does not send.
    NO_SUBMISSION { Reply: "SEED1-01" "OQT-02"; Queue: "SUB-06"; Exists: "SEED1-02"; }
}
