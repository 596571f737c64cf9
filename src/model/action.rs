//! What may happen next in a bounded store: to one message ([`super::local`]), or to the store, the spooler or a
//! transport as a whole.

use super::call::{Call, Session, Stop};
use super::entry::Entry;
use super::local::{self, Buffers, Context, Local};
use super::message::Place;
use super::preprocessor::Preprocessed;
use super::property::{Event, Judgement};
use super::reading::Rules;
use super::scope::Scope;
use super::step::Reply;
use super::store::{Failures, World};
use super::transport::Handed;

/// Something that can happen to a store and its surroundings. Messages, recipients, preprocessors and transports are
/// named by their places, from 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// A session calls the store about one message.
    Call {
        /// Who calls.
        session: Session,
        /// The message.
        message: u8,
        /// The call.
        call: Call,
    },
    /// The transport of everybody sends the message to a recipient on behalf of a spooler. The store does not see it.
    Deliver {
        /// The spooler.
        session: Session,
        /// The message.
        message: u8,
        /// The recipient.
        recipient: u8,
    },
    /// The spooler runs a preprocessor.
    Preprocess {
        /// The message.
        message: u8,
        /// The preprocessor, in the order of registration.
        index: u8,
        /// What comes of it.
        result: Preprocessed,
    },
    /// The spooler calls a transport's SubmitMessage.
    Hand {
        /// The message.
        message: u8,
        /// The transport, in transport order.
        transport: u8,
        /// What comes of it.
        result: Handed,
    },
    /// The spooler calls the transport's EndMessage.
    End {
        /// The message.
        message: u8,
        /// The transport.
        transport: u8,
    },
    /// The spooler makes a nondelivery report.
    Report {
        /// The message.
        message: u8,
        /// The recipient.
        recipient: u8,
    },
    /// The spooler has the preprocessed data removed.
    RemoveInfo {
        /// The message.
        message: u8,
    },
    /// The time is over that a transport asked the spooler to wait with the message.
    Retry {
        /// The message.
        message: u8,
        /// The transport.
        transport: u8,
    },
    /// A transport announces the message that it deferred: NOTIFY_SENTDEFERRED.
    Announce {
        /// The message.
        message: u8,
        /// The transport.
        transport: u8,
    },
    /// The store stops and starts again, and every open object is gone.
    Restart(Stop),
    /// The store is killed in the middle of a call, between two writes to its disk, and starts again.
    Cut {
        /// Who called.
        session: Session,
        /// The message.
        message: u8,
        /// The call.
        call: Call,
    },
    /// The spooler with this number dies without a word, and starts again knowing nothing.
    SpoolerDies(u8),
    /// A transport dies, and is not there until it comes back.
    TransportDies(u8),
    /// A transport becomes unavailable.
    Away(u8),
    /// A transport comes back.
    Back(u8),
}

impl Action {
    /// The message that it is about, and no other.
    #[must_use]
    pub fn message(&self) -> Option<usize> {
        match self {
            Self::Call { message, .. }
            | Self::Deliver { message, .. }
            | Self::Preprocess { message, .. }
            | Self::Hand { message, .. }
            | Self::End { message, .. }
            | Self::Report { message, .. }
            | Self::RemoveInfo { message }
            | Self::Retry { message, .. }
            | Self::Announce { message, .. } => Some(usize::from(*message)),
            Self::Restart(_)
            | Self::Cut { .. }
            | Self::SpoolerDies(_)
            | Self::TransportDies(_)
            | Self::Away(_)
            | Self::Back(_) => None,
        }
    }
}

/// One action with one of the answers that the store may give.
#[derive(Clone, Copy, Debug)]
pub struct Transition<'a> {
    /// The state before.
    pub before: &'a World,
    /// What happens.
    pub action: Action,
    /// What the call returns.
    pub reply: Reply,
    /// Whether the saved content of the message changes.
    pub writes: bool,
    /// Recipients that get the message now, as bits.
    pub delivered: u32,
    /// Recipients that have the message afterwards, as bits.
    pub reached: u32,
    /// Recipients who have been reported undeliverable afterwards, as bits.
    pub reported: u32,
    /// Whether the store hands the message to the spooler by CompleteMsg.
    pub completes: bool,
    /// The state after.
    pub after: World,
}

impl<'a> Transition<'a> {
    /// What befalls the store, a spooler or a transport, and no message in particular.
    #[must_use]
    pub(crate) const fn of_fault(before: &'a World, action: Action, after: World) -> Self {
        let (reply, writes, completes) = (Reply::Success, false, false);
        Self { before, action, reply, writes, delivered: 0, reached: 0, reported: 0, completes, after }
    }

    /// What every property says of it.
    #[must_use]
    pub fn judge(&self) -> Judgement {
        let mut judgement = Judgement::default();
        self.events().for_each(|event| judgement.of_event(&event));
        judgement.of_queue(self.before.order(), self.after.order());
        judgement
    }

    /// What it is to each message that it concerns.
    pub(super) fn events(&self) -> impl Iterator<Item = Event<'_>> {
        let about = self.action.message();
        let concerned = move |(at, entry): &(usize, &Entry)| match about {
            Some(about) => *at == about,
            None => entry.message.place != Place::Absent,
        };
        self.before.entries.iter().enumerate().filter(concerned).map(move |(at, before)| {
            let after = &self.after.entries[at];
            if about.is_none() {
                return Event::of_fault(self.action, before, after);
            }
            Event {
                action: self.action,
                reply: self.reply,
                writes: self.writes,
                delivered: self.delivered,
                reached: self.reached,
                reported: self.reported,
                completes: self.completes,
                before,
                after,
            }
        })
    }
}

impl World {
    /// Visits everything that can happen next, in a fixed order: message by message in the order of their creation,
    /// then what befalls the store, the spoolers and the transports.
    ///
    /// Answers are left out that no reading in `rules` permits to anyone, that break a SHOULD, or that cannot be judged.
    pub fn transitions<'s>(
        &'s self,
        scope: &Scope,
        rules: &Rules,
        buffers: &mut Buffers,
        mut visit: impl FnMut(&Transition<'s>),
    ) {
        for at in 0..self.actors(scope) {
            for local in self.locals(scope, rules, at, buffers) {
                let Local { action, reply, writes, delivered, reached, reported, completes, .. } = *local;
                let (before, after) = (self, self.stepped(at, local));
                visit(&Transition { before, action, reply, writes, delivered, reached, reported, completes, after });
            }
        }
        self.faults(scope, rules, buffers, &mut |action, after| visit(&Transition::of_fault(self, action, after)));
    }

    /// What may happen next to message `at`.
    pub(crate) fn locals<'b>(&self, scope: &Scope, rules: &Rules, at: usize, buffers: &'b mut Buffers) -> &'b [Local] {
        let context = self.context(scope, rules, at);
        local::expand((rules, scope), at, &self.entries[at], context, buffers)
    }

    /// How many messages can do something: those that exist, and the next to be created. Messages that do not yet exist
    /// are alike, so the first of them is created first.
    #[must_use]
    pub(crate) fn actors(&self, scope: &Scope) -> usize {
        let exist = self.entries.iter().take_while(|entry| entry.message.place != Place::Absent).count();
        scope.messages.len().min(exist + 1)
    }

    /// What message `at` sees of the rest.
    #[must_use]
    pub(crate) fn context(&self, scope: &Scope, rules: &Rules, at: usize) -> Context {
        let entry = &self.entries[at];
        if entry.message.is_done() {
            return Context::default();
        }
        let placed = |at: usize| (&self.entries[at], self.entries[at].message.position);
        Context { turns: local::turns((rules, scope), at, placed), down: self.failures.down }
    }

    /// The state after a step of message `at`.
    #[must_use]
    pub(crate) fn stepped(&self, at: usize, local: &Local) -> Self {
        let mut after = *self;
        after.replace(at, local.after, local.submitted);
        after
    }

    /// Visits what may befall the store, the spoolers and the transports, each with every combination of what it may
    /// make of the messages.
    fn faults(&self, scope: &Scope, rules: &Rules, buffers: &mut Buffers, visit: &mut impl FnMut(Action, Self)) {
        let exist = self.entries[0].message.place != Place::Absent;
        let recorded = self.entries.iter().all(|entry| entry.unrecorded() == 0);
        self.failures.each(scope, (exist, recorded), |action, failures| {
            let base = Self { failures, ..*self };
            for world in base.combined((rules, scope), action, buffers) {
                visit(action, world);
            }
        });
        self.cuts(scope, rules, buffers, visit);
    }

    /// Visits the ways in which the store may be killed in the middle of a call.
    pub(crate) fn cuts(
        &self,
        scope: &Scope,
        rules: &Rules,
        buffers: &mut Buffers,
        visit: &mut impl FnMut(Action, Self),
    ) {
        if !scope.cuts || self.failures.crashes == 0 || self.entries[0].message.place == Place::Absent {
            return;
        }
        let failures = Failures { crashes: self.failures.crashes - 1, ..self.failures };
        let mut left = Vec::new();
        for at in 0..self.actors(scope) {
            let mut inner = Buffers::default();
            let mut last = None;
            for action in self.locals(scope, rules, at, &mut inner).iter().map(|local| local.action) {
                let Action::Call { session, message, call } = action else { continue };
                if last == Some(action) || !matches!(call, Call::Submit(_) | Call::Finish(_) | Call::SetLock(_)) {
                    continue;
                }
                last = Some(action);
                left.clear();
                local::cut_short((rules, scope), &self.entries[at], (session, call), &mut left);
                for (entry, submitted) in &left {
                    let mut torn = Self { failures, ..*self };
                    torn.replace(at, *entry, *submitted);
                    for world in torn.combined((rules, scope), Action::Restart(Stop::Crash), buffers) {
                        visit(Action::Cut { session, message, call }, world);
                    }
                }
            }
        }
    }

    /// Every combination of what `action`, which is no message's own, makes of each message.
    fn combined(self, each: (&Rules, &Scope), action: Action, buffers: &mut Buffers) -> Vec<Self> {
        let mut worlds = vec![self];
        let mut out = Vec::new();
        for (at, old) in self.entries.iter().enumerate().filter(|(_, entry)| entry.message.place != Place::Absent) {
            out.clear();
            action.befalls(each, old, buffers, &mut out);
            let combined = worlds.iter().flat_map(|world| {
                out.iter().map(move |entry| {
                    let mut world = *world;
                    world.replace(at, *entry, false);
                    world
                })
            });
            worlds = combined.collect();
        }
        worlds
    }
}

impl Action {
    /// Lists in `out` what an action that is no message's own may make of a message.
    pub(crate) fn befalls(
        self,
        each: (&Rules, &Scope),
        old: &Entry,
        Buffers { steps, .. }: &mut Buffers,
        out: &mut Vec<Entry>,
    ) {
        match self {
            Self::Restart(stop) => local::restarted(each, old, stop, steps, out),
            Self::SpoolerDies(number) => local::forsaken(each, old, number, steps, out),
            Self::TransportDies(at) => out.push(local::dropped(old, at)),
            _ => out.push(*old),
        }
    }
}

impl Failures {
    /// Visits what may fail next, or come back, with what may fail afterwards. `exist`: there are messages; `recorded`: the
    /// spooler has written down all that it knows of them.
    pub(crate) fn each(self, scope: &Scope, (exist, recorded): (bool, bool), mut visit: impl FnMut(Action, Self)) {
        for at in 0..scope.transports.len() as u8 {
            let bit = 1 << at;
            if self.down & bit != 0 {
                visit(Action::Back(at), Self { down: self.down & !bit, ..self });
                continue;
            }
            let down = self.down | bit;
            if self.outages > 0 {
                visit(Action::Away(at), Self { down, outages: self.outages - 1, ..self });
            }
            if self.transport_crashes > 0 {
                visit(Action::TransportDies(at), Self { down, transport_crashes: self.transport_crashes - 1, ..self });
            }
        }
        if !exist {
            return;
        }
        if self.spooler_crashes > 0 {
            let spooler_crashes = self.spooler_crashes - 1;
            (1..=scope.spoolers).for_each(|number| {
                visit(Action::SpoolerDies(number), Self { spooler_crashes, ..self });
            });
        }
        if self.stops > 0 && recorded {
            visit(Action::Restart(Stop::Clean), Self { stops: self.stops - 1, ..self });
        }
        if self.crashes > 0 {
            visit(Action::Restart(Stop::Crash), Self { crashes: self.crashes - 1, ..self });
        }
    }
}
