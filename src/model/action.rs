//! What may happen next in a bounded store: who calls, what MAPI and the transports do, and where it leads.
//!
//! The surroundings are well behaved. A spooler locks before it works, preprocesses first, has a transport send to those
//! recipients alone that it believes unserved, records that they are served, and finishes when every recipient is.
//! Clients do what the bounds list, at any time. Faults of callers are for the oracle to judge, not for a search.

use super::call::{Call, Env, Handle, Hook, OpenFlags, Session, Stop};
use super::message::{Level, Lock, Message, Place};
use super::reading::Rules;
use super::scope::{ClientCall, Scope, SpoolerOrder};
use super::step::{Reply, Step, steps};
use super::store::{Entry, World};

/// Something that can happen to a store and its surroundings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// A session calls the store about one message.
    Call {
        /// Who calls.
        session: Session,
        /// The message, by its place in the store.
        message: u8,
        /// The call.
        call: Call,
    },
    /// A transport sends the message to a recipient on behalf of a spooler. The store does not see it.
    Deliver {
        /// The spooler.
        session: Session,
        /// The message, by its place in the store.
        message: u8,
        /// The recipient, by its place in the recipient table.
        recipient: u8,
    },
    /// The store stops and starts again, and every open object is gone.
    Restart(Stop),
}

impl Action {
    /// The message that it is about.
    #[must_use]
    pub fn message(&self) -> Option<usize> {
        match self {
            Self::Call { message, .. } | Self::Deliver { message, .. } => Some(usize::from(*message)),
            Self::Restart(_) => None,
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
    /// Which of the answers it is, by its place in their order.
    pub choice: u8,
    /// What the call returns.
    pub reply: Reply,
    /// Whether the saved content of the message changes.
    pub writes: bool,
    /// Recipients that get the message now, as bits.
    pub delivered: u32,
    /// Recipients that have the message afterwards, as bits.
    pub reached: u32,
    /// The state after.
    pub after: World,
}

/// Memory that a search uses over and over.
#[derive(Debug, Default)]
pub struct Buffers {
    actions: Vec<Action>,
    steps: Vec<Step>,
}

impl World {
    /// Visits everything that can happen next, in a fixed order: that of [`World::actions`], and of the answers to each.
    ///
    /// Answers are left out that no reading in `rules` permits to anyone, that break a SHOULD, or that cannot be judged.
    pub fn transitions(
        &self,
        scope: &Scope,
        rules: &Rules,
        buffers: &mut Buffers,
        mut visit: impl FnMut(&Transition<'_>),
    ) {
        let Buffers { actions, steps: answers } = buffers;
        self.actions(scope, actions);
        for action in actions.iter().copied() {
            match action {
                Action::Call { session, message, call } => {
                    let at = usize::from(message);
                    let handle = self.handle(session, at);
                    steps(rules, scope.profile, (session, handle, true), self.entries[at].message, call, answers);
                    for (choice, step) in answers.iter().enumerate().filter(|(_, step)| step.is_plain(rules)) {
                        visit(&self.called(action, choice as u8, step));
                    }
                }
                Action::Deliver { session, message, recipient } => {
                    visit(&self.delivered(session, message, recipient));
                }
                Action::Restart(stop) => self.restarted(scope, rules, stop, answers, &mut visit),
            }
        }
    }

    /// Lists in `out` what may happen next: message by message in the order of their creation, for each the clients
    /// and then the spoolers, each with its calls in the order of the protocol of sending; at last the restarts.
    pub fn actions(&self, scope: &Scope, out: &mut Vec<Action>) {
        out.clear();
        for (at, composed) in scope.messages.iter().enumerate() {
            let m = &self.entries[at].message;
            if m.place == Place::Absent {
                // Messages that do not yet exist are alike, so the first of them is created first.
                let session = Session::Client(composed.author);
                let create = |draft| Action::Call { session, message: at as u8, call: Call::Create(draft) };
                out.extend(composed.drafts.iter().copied().map(create));
                break;
            }
            if m.is_done() {
                continue;
            }
            for (number, calls) in (1..).zip(&scope.clients) {
                self.client_actions(scope, (Session::Client(number), at), calls, out);
            }
            for number in 1..=scope.spoolers {
                self.spooler_actions(scope, number, at, out);
            }
        }
        if self.entries[0].message.place != Place::Absent {
            if self.stops > 0 && self.entries.iter().all(|entry| entry.unrecorded() == 0) {
                out.push(Action::Restart(Stop::Clean));
            }
            if self.crashes > 0 {
                out.push(Action::Restart(Stop::Crash));
            }
        }
    }

    fn client_actions(
        &self,
        scope: &Scope,
        (session, at): (Session, usize),
        calls: &[ClientCall],
        out: &mut Vec<Action>,
    ) {
        let m = &self.entries[at].message;
        let handle = self.handle(session, at);
        let opens = handle.is_none_or(|handle| handle.spent);
        let mut push = |call| out.push(Action::Call { session, message: at as u8, call });
        for call in calls {
            match call {
                ClientCall::Open if opens => push(Call::Open(OpenFlags::None)),
                ClientCall::OpenModify if opens => push(Call::Open(OpenFlags::Modify)),
                ClientCall::OpenBestAccess if opens => push(Call::Open(OpenFlags::BestAccess)),
                ClientCall::Release if handle.is_some() => push(Call::Release),
                ClientCall::Write if handle.is_some() => push(Call::SetProps { save: true }),
                ClientCall::Submit if handle.is_some() && !m.outgoing() => {
                    for env in &scope.answers {
                        let prepared = (m.resend && scope.resent != 0).then_some(scope.resent & m.everyone());
                        push(Call::Submit(Env { prepared, ..*env }));
                    }
                }
                ClientCall::SubmitAgain if handle.is_some() && m.outgoing() => push(Call::Submit(Env::default())),
                ClientCall::Abort => push(Call::Abort),
                ClientCall::Finish if m.outgoing() => push(Call::Finish(Hook::default())),
                ClientCall::Open
                | ClientCall::OpenModify
                | ClientCall::OpenBestAccess
                | ClientCall::Release
                | ClientCall::Write
                | ClientCall::Submit
                | ClientCall::SubmitAgain
                | ClientCall::Finish => {}
            }
        }
    }

    fn spooler_actions(&self, scope: &Scope, number: u8, at: usize, out: &mut Vec<Action>) {
        let entry = &self.entries[at];
        let m = &entry.message;
        let session = Session::Spooler(number);
        let open = self.handle(session, at);
        let live = open.is_some_and(|handle| !handle.spent);
        let holds = m.lock == Lock::Spooler(number);
        let takes_up = self.takes_up(scope, number, at);
        let mut push = |call| out.push(Action::Call { session, message: at as u8, call });
        if !live && (takes_up || holds) {
            push(Call::Open(OpenFlags::Modify));
        }
        if live && takes_up {
            push(Call::SetLock(true));
        }
        if open.is_some() && !holds {
            push(Call::Release);
        }
        if !(live && holds) {
            return;
        }
        if m.preprocess {
            scope.continuations.iter().for_each(|env| push(Call::Submit(*env)));
            return;
        }
        for recipient in 0..m.recipients {
            let bit = 1 << recipient;
            if entry.memory & bit == 0 && (m.unclaimed() | m.unsure) & bit != 0 {
                out.push(Action::Deliver { session, message: at as u8, recipient });
            }
        }
        let mut push = |call| out.push(Action::Call { session, message: at as u8, call });
        for recipient in 0..m.recipients {
            if entry.unrecorded() & (1 << recipient) != 0 {
                push(Call::SetResponsibility { recipient: Some(recipient), value: true });
            }
        }
        if scope.unlocks && entry.unrecorded() == 0 && !m.completing {
            push(Call::SetLock(false));
        }
        if m.responsible == m.everyone() && entry.unrecorded() == 0 {
            scope.hooks.iter().for_each(|hook| push(Call::Finish(*hook)));
        }
    }

    /// Whether spooler `number` would lock message `at` next.
    fn takes_up(&self, scope: &Scope, number: u8, at: usize) -> bool {
        let m = &self.entries[at].message;
        if !(m.queued || m.completing) {
            return false;
        }
        let is_taken = |m: &Message| matches!(m.lock, Lock::Spooler(_) | Lock::Client);
        match scope.order {
            SpoolerOrder::Any => m.lock != Lock::Spooler(number),
            SpoolerOrder::Oldest => {
                let older =
                    |other: &Message| other.queued && m.queued && other.position < m.position && !is_taken(other);
                let mut others = self.entries.iter().map(|entry| &entry.message);
                !is_taken(m) && others.all(|other| !older(other) && other.lock != Lock::Spooler(number))
            }
        }
    }

    /// What follows when the store answers a call with `step`.
    fn called(&self, action: Action, choice: u8, step: &Step) -> Transition<'_> {
        let Action::Call { session, message, call } = action else {
            unreachable!("the caller has just matched it");
        };
        let at = usize::from(message);
        let old = self.entries[at];
        let m = step.next;
        let success = !matches!(step.reply, Reply::Refused(_));
        let mut entry = Entry { message: m, ..old };
        let mut delivered = 0;
        let mut submitted = false;
        match call {
            Call::Abort if success => {
                entry = Entry { message: m, ..Default::default() };
            }
            Call::Submit(env) if success && !old.message.outgoing() => {
                submitted = true;
                let resent = env.prepared.unwrap_or(0) & m.everyone();
                delivered = m.responsible & m.everyone() & !resent;
                entry = Entry { message: m, sent: resent | delivered, owed: true, ..Default::default() };
            }
            Call::Submit(_) if success => {
                delivered = m.responsible & !old.message.responsible;
                entry.sent |= delivered;
            }
            Call::SetLock(false) if success => entry.memory = 0,
            Call::Abort
            | Call::Create(_)
            | Call::Finish(_)
            | Call::GetProps
            | Call::Leave
            | Call::NotifyNewMail
            | Call::Open(_)
            | Call::Release
            | Call::Restart(_)
            | Call::SetLock(_)
            | Call::SetProps { .. }
            | Call::SetResponsibility { .. }
            | Call::Submit(_)
            | Call::Wait => {}
        }
        let reached = entry.sent;
        if m.finished && !old.message.finished {
            let owed = entry.owed && reached != m.everyone();
            let kept = if m.is_done() { Entry::default() } else { Entry { memory: 0, ..entry } };
            entry = Entry { message: m, owed, ..kept };
        }
        let mut after = *self;
        after.replace(at, entry, submitted);
        after.follow_handle((session, at), call, step.reply);
        if m.is_done() || (m.finished && !old.message.finished) {
            after.close(at);
        }
        Transition { before: self, action, choice, reply: step.reply, writes: step.writes, delivered, reached, after }
    }

    /// Keeps the open objects as the sessions have them.
    fn follow_handle(&mut self, (session, at): (Session, usize), call: Call, reply: Reply) {
        match call {
            Call::Create(_) => self.set_handle(session, at, Some(Handle::CREATED)),
            Call::Open(flags) => {
                if let Reply::Opened(level) = reply {
                    let asked = if flags == OpenFlags::None { Level::Read } else { Level::Write };
                    self.set_handle(session, at, Some(Handle { asked, granted: Some(level), ..Handle::CREATED }));
                }
            }
            Call::Leave | Call::Release => self.set_handle(session, at, None),
            Call::Submit(_) if reply == Reply::Success => {
                self.outdate(at);
                let handle = self.handle(session, at);
                self.set_handle(session, at, handle.map(|handle| Handle { spent: true, ..handle }));
            }
            Call::Abort
            | Call::Finish(_)
            | Call::GetProps
            | Call::NotifyNewMail
            | Call::Restart(_)
            | Call::SetLock(_)
            | Call::SetProps { .. }
            | Call::SetResponsibility { .. }
            | Call::Submit(_)
            | Call::Wait => {}
        }
    }

    fn delivered(&self, session: Session, message: u8, recipient: u8) -> Transition<'_> {
        let mut after = *self;
        let entry = &mut after.entries[usize::from(message)];
        let delivered = 1 << recipient;
        entry.sent |= delivered;
        entry.memory |= delivered;
        Transition {
            before: self,
            action: Action::Deliver { session, message, recipient },
            choice: 0,
            reply: Reply::Success,
            writes: false,
            delivered,
            reached: entry.sent,
            after,
        }
    }

    /// Visits every combination of what a restart may make of each message.
    fn restarted(
        &self,
        scope: &Scope,
        rules: &Rules,
        stop: Stop,
        answers: &mut Vec<Step>,
        visit: &mut impl FnMut(&Transition<'_>),
    ) {
        let mut base = *self;
        base.close_all();
        match stop {
            Stop::Clean => base.stops -= 1,
            Stop::Crash => base.crashes -= 1,
        }
        let mut worlds = vec![base];
        for (at, old) in self.entries.iter().enumerate().filter(|(_, entry)| entry.message.place != Place::Absent) {
            let excused = match stop {
                Stop::Clean => old.excused,
                Stop::Crash => old.excused | old.sent,
            };
            steps(rules, scope.profile, (Session::Client(1), None, true), old.message, Call::Restart(stop), answers);
            let outcomes = worlds.iter().flat_map(|world| {
                answers.iter().filter(|step| step.is_plain(rules)).map(|step| {
                    let mut world = *world;
                    let entry = Entry { message: step.next, memory: 0, excused, ..*old };
                    world.replace(at, entry, false);
                    world
                })
            });
            worlds = outcomes.collect();
        }
        for (choice, after) in worlds.into_iter().enumerate() {
            visit(&Transition {
                before: self,
                action: Action::Restart(stop),
                choice: choice as u8,
                reply: Reply::Success,
                writes: false,
                delivered: 0,
                reached: 0,
                after,
            });
        }
    }
}

impl Entry {
    /// Recipients that the spooler has served, and whose PR_RESPONSIBILITY may still be FALSE.
    const fn unrecorded(&self) -> u32 {
        self.memory & (self.message.unsure | !self.message.responsible)
    }
}
