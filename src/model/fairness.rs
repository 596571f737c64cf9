//! Who is assumed to go on at last: the steps that a run may not put off for ever, and the assumptions by name.
//!
//! A *class* is a set of transitions, one bit of a word. A run is fair to a class if it takes a step of it whenever it
//! could *always* from some point on (weak), or could *again and again* (strong). A step belongs to a class only where
//! it changes something: a lock that is refused is no lock. Without an assumption its classes are fair in no way, and
//! whoever they belong to may rest for ever.

use std::collections::BTreeSet;

use super::action::{Action, Transition};
use super::call::{Call, Session};
use super::entry::TRANSPORTS_MAX;
use super::preprocessor::Preprocessed;
use super::property::Event;
use super::step::Reply;
use super::store::World;

/// Something that people assume of the surroundings of a store, and may leave out.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Assumption {
    /// The spooler does what is to be done: it opens and locks what is next, hands it to preprocessors and transports, keeps
    /// its books, tries again, unlocks and finishes. Whatever it hands over comes back in some way.
    Spooler,
    /// A transport that is given a message again and again serves it at last, or fails with it for good.
    TransportServes,
    /// A transport announces at last what it keeps for later.
    TransportAnnounces,
    /// A transport that is away comes back.
    TransportReturns,
    /// A preprocessor that is run again and again does not always fail.
    PreprocessorReturns,
}

/// Every assumption, by the name that people write.
pub const ASSUMPTIONS: &[(&str, Assumption)] = &[
    ("preprocessor-returns", Assumption::PreprocessorReturns),
    ("spooler", Assumption::Spooler),
    ("transport-announces", Assumption::TransportAnnounces),
    ("transport-returns", Assumption::TransportReturns),
    ("transport-serves", Assumption::TransportServes),
];

impl Assumption {
    /// The name that people write.
    #[must_use]
    pub fn name(self) -> &'static str {
        ASSUMPTIONS.iter().find(|(_, other)| *other == self).map_or("", |(name, _)| name)
    }
}

/// Which classes are fair, and how.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct FairClasses {
    /// Those that take a step at last if from some point on they always could.
    pub weak: u64,
    /// Those that take a step at last if they could again and again.
    pub strong: u64,
}

impl FairClasses {
    /// The classes of `assumptions`, but for those of transport `without`, if one is named: it may do nothing for ever.
    #[must_use]
    pub fn of(assumptions: &BTreeSet<Assumption>, without: Option<u8>) -> Self {
        let mut classes = Self::default();
        for (kind, _, strength) in KINDS.iter().filter(|(_, whose, _)| assumptions.contains(whose)) {
            let own = without.map_or(0, |transport| kind.of_transport(transport));
            let bits = kind.all() & !own;
            match strength {
                Strength::Weak => classes.weak |= bits,
                Strength::Strong => classes.strong |= bits,
            }
        }
        classes
    }
}

impl Transition<'_> {
    /// The classes whose step it is, as bits.
    #[must_use]
    pub fn classes(&self) -> u64 {
        self.events().fold(self.action.classes(), |classes, event| classes | event.classes())
    }
}

impl Action {
    /// The classes whose step it is, as bits, if it is no step of a message.
    pub(crate) fn classes(&self) -> u64 {
        if let Self::Back(transport) = self { Kind::Back.bit(0, *transport) } else { 0 }
    }
}

impl Event<'_> {
    /// The classes whose step it is, as bits, if it is a step of one message.
    #[must_use]
    pub(crate) fn classes(&self) -> u64 {
        let Some(message) = self.action.message() else { return 0 };
        if self.before.alone() == self.after.alone() {
            return 0;
        }
        let bit = |kind: Kind| kind.bit(message, 0);
        match self.action {
            Action::Call { session: Session::Client(_), .. } => 0,
            Action::Call { session: Session::Spooler(_), call, .. } => {
                self.called(call).map_or(0, |kind| kind.bit(message, 0))
            }
            Action::Deliver { .. } => bit(Kind::Hand),
            Action::Hand { transport, result, .. } => {
                bit(Kind::Hand) | if result.serves() { Kind::Serves.bit(message, transport) } else { 0 }
            }
            Action::End { .. } | Action::Report { .. } | Action::RemoveInfo { .. } => bit(Kind::Books),
            Action::Preprocess { result: Preprocessed::Done | Preprocessed::Undeliverable, .. } => {
                bit(Kind::Hand) | bit(Kind::Preprocess)
            }
            Action::Preprocess { result: Preprocessed::Fails, .. } => bit(Kind::Hand),
            Action::Retry { .. } => bit(Kind::Retry),
            Action::Announce { transport, .. } => Kind::Announces.bit(message, transport),
            Action::Restart(_)
            | Action::Cut { .. }
            | Action::SpoolerDies(_)
            | Action::TransportDies(_)
            | Action::Away(_)
            | Action::Back(_) => 0,
        }
    }

    /// What the spooler's call is to it.
    fn called(&self, call: Call) -> Option<Kind> {
        let kind = match call {
            Call::Open(_) => Kind::Open,
            Call::SetLock(true) => Kind::Lock,
            Call::SetLock(false) => Kind::Unlock,
            Call::SetResponsibility { .. } => Kind::Books,
            Call::Submit(_) => Kind::Submit,
            // Where DoSentMail fails, the call may be answered with an error, and the message is finished all the same.
            Call::Finish(_) => return Some(Kind::Finish),
            Call::Abort
            | Call::Create(_)
            | Call::GetProps
            | Call::Leave
            | Call::NotifyNewMail
            | Call::Release
            | Call::Restart(_)
            | Call::SetProps { .. }
            | Call::Wait => return None,
        };
        (!matches!(self.reply, Reply::Refused(_))).then_some(kind)
    }
}

/// What a class of steps does; each kind is a class for each message, each transport, or each of both.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Open,
    Lock,
    Unlock,
    /// Handing over to a transport, or to a preprocessor, whatever comes of it. While a message has to be preprocessed it
    /// goes to no transport, so that one class is as good as two.
    Hand,
    /// EndMessage, PR_RESPONSIBILITY, nondelivery reports, preprocessed data. Where the spooler has one of these before
    /// it, it has nothing else to do with the message until it has done that, so that one class is as good as four.
    Books,
    /// SubmitMessage after preprocessing.
    Submit,
    Finish,
    /// The time to wait for a transport is over.
    Retry,
    /// Preprocessing with success.
    Preprocess,
    /// For each transport: serving what it is given, or failing with it for good.
    Serves,
    /// For each transport: announcing what it keeps.
    Announces,
    /// For each transport and no message: coming back.
    Back,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Strength {
    Weak,
    Strong,
}

/// Each kind, whose it is, and how fair it is where that is assumed.
///
/// Strong are the steps that are open only now and then, however willing everybody is. The spooler may take up a message
/// only in its turn, and turns go by as clients submit and take back. What it does under the lock it can put off by
/// unlocking, again and again. A transport serves, and a preprocessor succeeds, only while it is asked. The others stay
/// open until they are taken: there weak and strong come to the same, and the weaker is assumed.
const KINDS: &[(Kind, Assumption, Strength)] = &[
    (Kind::Open, Assumption::Spooler, Strength::Strong),
    (Kind::Lock, Assumption::Spooler, Strength::Strong),
    (Kind::Unlock, Assumption::Spooler, Strength::Strong),
    (Kind::Hand, Assumption::Spooler, Strength::Strong),
    (Kind::Books, Assumption::Spooler, Strength::Strong),
    (Kind::Submit, Assumption::Spooler, Strength::Strong),
    (Kind::Finish, Assumption::Spooler, Strength::Strong),
    (Kind::Retry, Assumption::Spooler, Strength::Weak),
    (Kind::Preprocess, Assumption::PreprocessorReturns, Strength::Strong),
    (Kind::Serves, Assumption::TransportServes, Strength::Strong),
    (Kind::Announces, Assumption::TransportAnnounces, Strength::Weak),
    (Kind::Back, Assumption::TransportReturns, Strength::Weak),
];

const MESSAGES: u32 = World::MESSAGES_MAX as u32;
const TRANSPORTS: u32 = TRANSPORTS_MAX as u32;
/// Where the classes for each message end.
const SERVES_AT: u32 = Kind::Serves as u32 * MESSAGES;
const ANNOUNCES_AT: u32 = SERVES_AT + TRANSPORTS * MESSAGES;
const BACK_AT: u32 = ANNOUNCES_AT + TRANSPORTS * MESSAGES;
const _: () = assert!(BACK_AT + TRANSPORTS <= u64::BITS, "there is a bit for each class");

impl Kind {
    /// The class of this kind for a message, a transport, or both; what it does not depend on is not looked at.
    fn bit(self, message: usize, transport: u8) -> u64 {
        let (message, transport) = (message as u32, u32::from(transport));
        let at = match self {
            Self::Serves => SERVES_AT + transport * MESSAGES + message,
            Self::Announces => ANNOUNCES_AT + transport * MESSAGES + message,
            Self::Back => BACK_AT + transport,
            Self::Open
            | Self::Lock
            | Self::Unlock
            | Self::Hand
            | Self::Books
            | Self::Submit
            | Self::Finish
            | Self::Retry
            | Self::Preprocess => self as u32 * MESSAGES + message,
        };
        1 << at
    }

    /// All classes of this kind.
    fn all(self) -> u64 {
        (0..TRANSPORTS_MAX as u8).fold(0, |bits, transport| bits | self.every(transport))
    }

    /// The classes of this kind that are a step of `transport`.
    fn of_transport(self, transport: u8) -> u64 {
        match self {
            Self::Serves | Self::Announces | Self::Back => self.every(transport),
            Self::Open
            | Self::Lock
            | Self::Unlock
            | Self::Hand
            | Self::Books
            | Self::Submit
            | Self::Finish
            | Self::Retry
            | Self::Preprocess => 0,
        }
    }

    /// The classes of this kind for all messages.
    fn every(self, transport: u8) -> u64 {
        (0..World::MESSAGES_MAX).fold(0, |bits, message| bits | self.bit(message, transport))
    }
}

#[cfg(test)]
mod tests {
    use super::{ASSUMPTIONS, Assumption, FairClasses, KINDS, Kind};
    use crate::model::{Action, Call, Codes, Entry, Event, Handed, Lock, Message, Place, Preprocessed, Reply, Session};

    #[test]
    fn no_two_kinds_share_a_class() {
        let mut seen = 0_u64;
        for (kind, ..) in KINDS {
            assert_eq!(seen & kind.all(), 0, "{kind:?}");
            seen |= kind.all();
        }
        assert_eq!(seen.count_ones(), 63);
    }

    #[test]
    fn every_assumption_has_a_name_and_classes() {
        for (name, assumption) in ASSUMPTIONS {
            assert_eq!(assumption.name(), *name);
            let alone = FairClasses::of(&[*assumption].into(), None);
            assert_ne!(alone.weak | alone.strong, 0, "{name}");
        }
        assert_eq!(FairClasses::of(&[].into(), None), FairClasses::default());
    }

    #[test]
    fn a_transport_of_whom_nothing_is_assumed_keeps_no_class() {
        let all = ASSUMPTIONS.iter().map(|(_, assumption)| *assumption).collect();
        let (whole, without) = (FairClasses::of(&all, None), FairClasses::of(&all, Some(1)));
        let lost = (whole.weak | whole.strong) & !(without.weak | without.strong);
        let own = [Kind::Serves, Kind::Announces, Kind::Back].map(|kind| kind.of_transport(1));
        assert_eq!(lost, own[0] | own[1] | own[2]);
        let spooler = [Assumption::Spooler].into();
        assert_eq!(FairClasses::of(&spooler, None), FairClasses::of(&spooler, Some(1)));
    }

    #[track_caller]
    fn check(action: Action, reply: Reply, lock: Lock, classes: u64) {
        let before = Entry { message: Message { place: Place::Outbox, ..Message::default() }, ..Entry::default() };
        let after = Entry { message: Message { lock, ..before.message }, ..before };
        let (writes, delivered, reached, reported) = (false, 0, 0, 0);
        let completes = false;
        let event =
            Event { action, reply, writes, delivered, reached, reported, completes, before: &before, after: &after };
        assert_eq!(event.classes(), classes, "{action:?}");
    }

    #[test]
    fn a_step_belongs_to_a_class_where_it_changes_something() {
        let (session, message) = (Session::Spooler(1), 2);
        let lock = Action::Call { session, message, call: Call::SetLock(true) };
        check(lock, Reply::Success, Lock::Spooler(1), Kind::Lock.bit(2, 0));
        check(lock, Reply::Success, Lock::None, 0);
        check(lock, Reply::Refused(Codes::Any), Lock::Orphan, 0);
        let by_client = Action::Call { session: Session::Client(1), message, call: Call::SetLock(true) };
        check(by_client, Reply::Success, Lock::Client, 0);
        let hand = |result| Action::Hand { message, transport: 1, result };
        check(hand(Handed::Busy), Reply::Success, Lock::Lost, Kind::Hand.bit(2, 0));
        check(hand(Handed::Sends), Reply::Success, Lock::Lost, Kind::Hand.bit(2, 0) | Kind::Serves.bit(2, 1));
        let run = |result| Action::Preprocess { message, index: 0, result };
        check(run(Preprocessed::Done), Reply::Success, Lock::Lost, Kind::Hand.bit(2, 0) | Kind::Preprocess.bit(2, 0));
        check(run(Preprocessed::Fails), Reply::Success, Lock::Lost, Kind::Hand.bit(2, 0));
    }
}
