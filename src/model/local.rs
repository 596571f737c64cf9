//! What may happen next to one message, by itself: who calls, what MAPI, transports and preprocessors do, and where it
//! leads.
//!
//! The surroundings are well behaved: the spooler does what [`spooler::next`] lists, and clients do what the bounds
//! list, at any time. Faults of callers are for the oracle to judge, not for a search.

use super::action::Action;
use super::call::{Call, Env, Handle, OpenFlags, Session, Stop};
use super::cut::cut;
use super::entry::{Entry, Errand};
use super::message::{Level, Lock, Message, Place};
use super::reading::Rules;
use super::scope::{Scope, SpoolerOrder};
use super::spooler::{self, Act, Desk};
use super::step::{Reply, Step, Times, steps};
use super::store::World;
use super::transport::Handed;
use super::{client, mapi, preprocessor, transport};

/// What a message sees of the rest of the store.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Context {
    /// Spoolers whose turn it is to take it up, as bits: the first spooler is the lowest.
    pub turns: u8,
    /// Transports that are not there, as bits.
    pub down: u8,
}

/// Something that can happen to one message, with one of the answers to it.
#[derive(Clone, Copy, Debug)]
pub struct Local {
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
    /// Whether it is submitted now, and so becomes the youngest.
    pub submitted: bool,
    /// The message afterwards; its order among the others is not yet right.
    pub after: Entry,
}

impl Local {
    /// Whether it changes the order of the queue or of the times.
    #[must_use]
    pub(crate) fn moves(&self, before: &Entry) -> bool {
        let (was, is) = (&before.message, &self.after.message);
        self.submitted || was.queued != is.queued || (was.outgoing() && !is.outgoing())
    }
}

/// Memory that a search uses over and over.
#[derive(Debug, Default)]
pub struct Buffers {
    pub(super) locals: Vec<Local>,
    pub(super) steps: Vec<Step>,
    calls: Vec<Call>,
}

/// Lists what may happen next to message `at`, in a fixed order: the clients and then the spoolers, each with its calls in
/// the order of the protocol of sending, and of the answers to each.
pub(crate) fn expand<'b>(
    each: (&Rules, &Scope),
    at: usize,
    entry: &Entry,
    context: Context,
    buffers: &'b mut Buffers,
) -> &'b [Local] {
    let Buffers { locals, steps, calls } = buffers;
    locals.clear();
    list(each, at, entry, context, (locals, steps, calls));
    locals
}

fn list(
    (rules, scope): (&Rules, &Scope),
    at: usize,
    entry: &Entry,
    context: Context,
    (locals, steps, calls): (&mut Vec<Local>, &mut Vec<Step>, &mut Vec<Call>),
) {
    let m = &entry.message;
    let mut next = Next { rules, scope, at, entry, steps, out: locals };
    if m.place == Place::Absent {
        let composed = &scope.messages[at];
        composed.drafts.iter().for_each(|draft| next.call(Session::Client(composed.author), Call::Create(*draft)));
        return;
    }
    if m.is_done() {
        return;
    }
    for (number, listed) in (1..).zip(&scope.clients) {
        calls.clear();
        client::calls((rules, scope), (Session::Client(number), at), entry, listed, calls);
        calls.iter().for_each(|call| next.call(Session::Client(number), *call));
    }
    for number in 1..=scope.spoolers {
        next.spooler(number, context);
    }
}

struct Next<'a> {
    rules: &'a Rules,
    scope: &'a Scope,
    at: usize,
    entry: &'a Entry,
    steps: &'a mut Vec<Step>,
    out: &'a mut Vec<Local>,
}

impl Next<'_> {
    /// A call on the store, with each of its answers.
    fn call(&mut self, session: Session, call: Call) {
        let handle = self.entry.handle(session);
        steps(self.rules, self.scope.profile, (session, handle, true), self.entry.message, call, self.steps);
        let action = Action::Call { session, message: self.at as u8, call };
        for step in self.steps.iter().filter(|step| step.is_plain(self.rules)) {
            self.out.push(answered(self.scope, self.entry, (action, session, call), step));
        }
    }

    /// Something that no store sees.
    fn unseen(&mut self, action: Action, after: Entry, delivered: u32) {
        let (reached, reported) = (after.sent, after.reported);
        let (reply, writes) = (Reply::Success, false);
        let (completes, submitted) = (false, false);
        self.out.push(Local { action, reply, writes, delivered, reached, reported, completes, submitted, after });
    }

    fn spooler(&mut self, number: u8, context: Context) {
        let Entry { message: m, errand, .. } = self.entry;
        let (session, message) = (Session::Spooler(number), self.at as u8);
        let open = self.entry.handle(session);
        let live = open.is_some_and(|handle| !handle.spent);
        let holds = m.lock == Lock::Spooler(number);
        let fits = std::array::from_fn(|transport| self.scope.fits(self.at, transport as u8));
        let preprocessors = preprocessor::due(self.rules, self.scope, self.at);
        let turn = context.turns & (1 << (number - 1)) != 0;
        let desk = Desk::new(number, self.entry, turn, fits, preprocessors);
        let takes_up = turn && spooler::forbids(self.rules, &desk, Act::Lock).is_none();
        if !live && (takes_up || holds) {
            self.call(session, Call::Open(OpenFlags::Modify));
        }
        if live && takes_up {
            self.call(session, Call::SetLock(true));
        }
        if open.is_some() && !holds {
            self.call(session, Call::Release);
        }
        for transport in (0..self.scope.transports.len() as u8).filter(|at| context.down & (1 << at) == 0) {
            let (bit, keep) = (1_u8 << transport, *errand);
            if keep.waits & bit != 0 && spooler::comes_back(self.rules, m) {
                let errand = Errand { waits: keep.waits & !bit, ..keep };
                self.unseen(Action::Retry { message, transport }, Entry { errand, ..*self.entry }, 0);
            }
            if keep.deferred & bit != 0 {
                let errand = Errand { deferred: keep.deferred & !bit, ..keep };
                self.unseen(Action::Announce { message, transport }, Entry { errand, ..*self.entry }, 0);
            }
        }
        if live && holds {
            if self.scope.transports.is_empty() {
                self.serves_all(session, &desk)
            } else {
                self.serves(session, &desk, context)
            }
        }
    }

    /// One transport takes every recipient, one by one and in any order, and never fails.
    fn serves_all(&mut self, session: Session, desk: &Desk) {
        let (entry, message) = (self.entry, self.at as u8);
        let m = &entry.message;
        if m.preprocess {
            return self.continues(session, desk);
        }
        for recipient in (0..m.recipients).filter(|recipient| entry.unresolved() & (1 << recipient) != 0) {
            let (sent, memory) = (entry.sent | 1 << recipient, entry.memory | 1 << recipient);
            let after = Entry { sent, memory, ..*entry };
            self.unseen(Action::Deliver { session, message, recipient }, after, 1 << recipient);
        }
        for recipient in (0..m.recipients).filter(|recipient| entry.unrecorded() & (1 << recipient) != 0) {
            self.call(session, Call::SetResponsibility { recipient: Some(recipient), value: true });
        }
        if self.scope.unlocks && entry.unrecorded() == 0 && !m.completing {
            self.call(session, Call::SetLock(false));
        }
        if m.responsible == m.everyone() && entry.unrecorded() == 0 {
            self.finishes(session, desk);
        }
    }

    /// The transports of the instance, in their order.
    fn serves(&mut self, session: Session, desk: &Desk, context: Context) {
        let (entry, message) = (self.entry, self.at as u8);
        let unrecorded = entry.unrecorded();
        if unrecorded != 0 && entry.errand.with.is_none() {
            let recipient = Some(unrecorded.trailing_zeros() as u8);
            return self.call(session, Call::SetResponsibility { recipient, value: true });
        }
        let Some(act) = spooler::next(self.rules, desk) else { return };
        // Other readings have it keep a wrong record, and it finishes what a transport still has.
        let is_judged = *self.rules == Rules::defaults();
        debug_assert!(
            !is_judged || spooler::forbids(self.rules, desk, act).is_none(),
            "{act:?} is forbidden: {desk:?}"
        );
        match act {
            Act::Lock => {}
            Act::Unlock => self.call(session, Call::SetLock(false)),
            Act::Preprocess(_) | Act::Submit => self.continues(session, desk),
            Act::Hand(at) => {
                let offered = desk.offer(at);
                let there = context.down & (1 << at) == 0;
                let scope = self.scope;
                let listed = if there { &*scope.transports[usize::from(at)].results } else { &[Handed::Unavailable] };
                let sensible = |result: &&Handed| **result != Handed::Part || offered.count_ones() > 1;
                for result in listed.iter().filter(sensible).copied() {
                    let (after, delivered) = transport::hand(self.rules, *entry, at, offered, result);
                    self.unseen(Action::Hand { message, transport: at, result }, after, delivered);
                }
            }
            Act::End(at) => {
                let Some((_, ending)) = entry.errand.with else { return };
                let after = transport::end(
                    self.rules,
                    *entry,
                    at,
                    ending,
                    desk.fits[usize::from(at)] & entry.message.everyone(),
                );
                self.unseen(Action::End { message, transport: at }, after, 0);
            }
            Act::Report(recipient) => {
                let (reported, memory) = (entry.reported | 1 << recipient, entry.memory | 1 << recipient);
                self.unseen(Action::Report { message, recipient }, Entry { reported, memory, ..*entry }, 0);
            }
            Act::RemoveInfo => {
                self.unseen(Action::RemoveInfo { message }, Entry { processed: false, ..*entry }, 0);
            }
            Act::Finish => self.finishes(session, desk),
        }
    }

    /// The next preprocessor, or the submission after the last.
    fn continues(&mut self, session: Session, desk: &Desk) {
        match spooler::next(self.rules, desk) {
            Some(Act::Preprocess(index)) => {
                let preprocessor = &self.scope.preprocessors[usize::from(index)];
                let message = self.at as u8;
                for result in preprocessor.results.iter().copied() {
                    let after = preprocessor::run(*self.entry, index, preprocessor.transport, result);
                    self.unseen(Action::Preprocess { message, index, result }, after, 0);
                }
            }
            Some(Act::Submit) => {
                let mut answers = Vec::new();
                mapi::continuations(self.rules, self.scope, self.at, &mut answers);
                answers.into_iter().for_each(|env| self.call(session, Call::Submit(env)));
            }
            Some(act) => debug_assert!(act == Act::Unlock, "{act:?} is no preprocessing"),
            None => {}
        }
    }

    fn finishes(&mut self, session: Session, desk: &Desk) {
        if desk.processed && !self.scope.preprocessors.is_empty() {
            let message = self.at as u8;
            return self.unseen(Action::RemoveInfo { message }, Entry { processed: false, ..*self.entry }, 0);
        }
        self.scope.hooks.iter().for_each(|hook| self.call(session, Call::Finish(*hook)));
    }
}

/// What follows when the store answers a call with `step`.
fn answered(scope: &Scope, old: &Entry, (action, session, call): (Action, Session, Call), step: &Step) -> Local {
    let m = normal(step.next);
    let success = !matches!(step.reply, Reply::Refused(_));
    let (mut after, mut delivered, mut submitted) = (Entry { message: m, ..*old }, 0, false);
    match call {
        Call::Abort if success => after = old.afresh(m),
        Call::Submit(env) if success && !old.message.outgoing() => {
            submitted = true;
            (after, delivered) = taken(scope, old, m, env);
        }
        Call::Submit(env) if success => {
            delivered = m.responsible & !old.message.responsible;
            after.sent |= delivered;
            if old.message.preprocess && !m.preprocess {
                (after.unprocessed, after.processed) = (false, old.unprocessed);
            } else if env.expand.preprocessing {
                after.errand.ran = 0; // Everything begins anew.
            }
        }
        Call::SetLock(false) if success => {
            after.memory = 0;
            after.errand = Errand {
                ran: old.errand.ran,
                waits: old.errand.waits,
                deferred: old.errand.deferred,
                ..Errand::default()
            };
        }
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
    let (reached, reported) = (after.sent, after.reported);
    if m.finished && !old.message.finished {
        let owed = after.owed && (reached | reported) & m.everyone() != m.everyone();
        let kept = if m.is_done() { after.afresh(m) } else { Entry { memory: 0, errand: Errand::default(), ..after } };
        after = Entry { owed, ..kept };
    }
    follow_handle(&mut after, session, call, step.reply);
    if m.is_done() || (m.finished && !old.message.finished) {
        after.close();
    }
    let completes = step.calls.complete == Times::Once;
    let (reply, writes) = (step.reply, step.writes);
    Local { action, reply, writes, delivered, reached, reported, completes, submitted, after }
}

/// What surrounds a message that has just been submitted, and whom the coupled store has sent it to.
fn taken(scope: &Scope, old: &Entry, m: Message, env: Env) -> (Entry, u32) {
    let served = mapi::already_served(scope, &old.message);
    let delivered = m.responsible & m.everyone() & !env.prepared.unwrap_or(0) & !served;
    let unprocessed = env.expand.preprocessing && !scope.preprocessors.is_empty();
    (Entry { sent: served | delivered, owed: true, unprocessed, ..old.afresh(m) }, delivered)
}

/// The message without bits of recipients that it does not have.
fn normal(m: Message) -> Message {
    let everyone = m.everyone();
    Message {
        unsure: m.unsure & everyone,
        responsible: m.responsible & everyone,
        known: m.known & everyone,
        position: 0,
        time: 0,
        ..m
    }
}

/// Keeps the open object of the session that called as it has it.
fn follow_handle(after: &mut Entry, session: Session, call: Call, reply: Reply) {
    match call {
        Call::Create(_) => after.set_handle(session, Some(Handle::CREATED)),
        Call::Open(flags) => {
            if let Reply::Opened(level) = reply {
                let asked = if flags == OpenFlags::None { Level::Read } else { Level::Write };
                after.set_handle(session, Some(Handle { asked, granted: Some(level), ..Handle::CREATED }));
            }
        }
        Call::Leave | Call::Release => after.set_handle(session, None),
        Call::Submit(_) if reply == Reply::Success => {
            after.outdate();
            let handle = after.handle(session);
            after.set_handle(session, handle.map(|handle| Handle { spent: true, ..handle }));
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

/// Lists in `out` what the store may make of a message when it stops and starts again.
pub(super) fn restarted(
    (rules, scope): (&Rules, &Scope),
    old: &Entry,
    stop: Stop,
    answers: &mut Vec<Step>,
    out: &mut Vec<Entry>,
) {
    let excused = match stop {
        Stop::Clean => old.excused,
        Stop::Crash => old.excused | old.sent | old.reported,
    };
    steps(rules, scope.profile, (Session::Client(1), None, true), old.message, Call::Restart(stop), answers);
    for step in answers.iter().filter(|step| step.is_plain(rules)) {
        let message = normal(step.next);
        let mut after = Entry { message, memory: 0, excused, errand: Errand::default(), ..*old };
        after.close();
        out.push(after);
    }
}

/// Lists in `out` what the store may make of a message when spooler `number` dies, and forgets what it knew.
pub(super) fn forsaken(
    (rules, scope): (&Rules, &Scope),
    old: &Entry,
    number: u8,
    answers: &mut Vec<Step>,
    out: &mut Vec<Entry>,
) {
    let session = Session::Spooler(number);
    let unsaved = (old.sent | old.reported) & old.unrecorded();
    steps(rules, scope.profile, (session, old.handle(session), true), old.message, Call::Leave, answers);
    for step in answers.iter().filter(|step| step.is_plain(rules)) {
        let mut after = Entry {
            message: normal(step.next),
            memory: 0,
            excused: old.excused | unsaved,
            errand: Errand::default(),
            ..*old
        };
        after.set_handle(session, None);
        out.push(after);
    }
}

/// The message after transport `at` died: what it was working on or kept for later is the spooler's again (G17).
pub(super) fn dropped(old: &Entry, at: u8) -> Entry {
    let mut errand = old.errand;
    if errand.with.is_some_and(|(with, _)| with == at) {
        errand.with = None;
    }
    errand.deferred &= !(1 << at);
    Entry { errand, ..*old }
}

/// Lists in `out` what stands on disk of a message when the store is killed in the middle of `call`, but for the case
/// that nothing has happened.
pub(super) fn cut_short(
    (rules, scope): (&Rules, &Scope),
    old: &Entry,
    (session, call): (Session, Call),
    out: &mut Vec<(Entry, bool)>,
) {
    let mut left = Vec::new();
    cut(rules, scope.profile, (session, old.handle(session), true), old.message, call, &mut left);
    for message in left.into_iter().skip(1).map(normal) {
        let submitted = !old.message.outgoing() && message.outgoing();
        let after = match call {
            // Nobody was told that it is on its way, so that nothing is owed.
            Call::Submit(env) if submitted => Entry { owed: false, ..taken(scope, old, message, env).0 },
            Call::Submit(_) => {
                let (unprocessed, processed) =
                    (old.unprocessed && message.preprocess, old.unprocessed && !message.preprocess);
                Entry {
                    message,
                    sent: old.sent | (message.responsible & !old.message.responsible),
                    unprocessed,
                    processed,
                    ..*old
                }
            }
            _ if message.finished && !message.queued => {
                let reached = (old.sent | old.reported) & message.everyone() == message.everyone();
                Entry { owed: old.owed && !reached, ..old.afresh(message) }
            }
            _ => Entry { message, ..*old },
        };
        out.push((after, submitted));
    }
}

/// Whether the spoolers may take up message `at`, by the order of the queue, for each as a bit (E1). `placed` has each
/// message, and its place in the queue.
pub(crate) fn turns<'e>((rules, scope): (&Rules, &Scope), at: usize, placed: impl Fn(usize) -> (&'e Entry, u8)) -> u8 {
    let m = &placed(at).0.message;
    if !m.awaits_turn() {
        return 0;
    }
    if scope.order == SpoolerOrder::Any {
        let free = (1..=scope.spoolers).filter(|number| m.lock != Lock::Spooler(*number));
        return free.fold(0, |turns, number| turns | 1 << (number - 1));
    }
    let others = (0..scope.messages.len()).filter(|other| *other != at).map(&placed);
    turns_in_order(rules, placed(at), others, &scope.messages[at].fits, scope.spoolers)
}

/// The same for spoolers that keep the order of the queue: of one message among `others`, each with its place in the
/// queue. `fits` are the recipients of the message that each transport takes by address type.
#[must_use]
pub fn turns_in_order<'e>(
    rules: &Rules,
    (entry, position): (&Entry, u8),
    others: impl Iterator<Item = (&'e Entry, u8)> + Clone,
    fits: &[u32; World::TRANSPORTS_MAX],
    spoolers: u8,
) -> u8 {
    let m = &entry.message;
    let is_taken = |m: &Message| matches!(m.lock, Lock::Spooler(_) | Lock::Client);
    if !m.awaits_turn() || is_taken(m) {
        return 0;
    }
    let passes = |other: &Entry| spooler::lets_pass(rules, &other.errand, entry, fits);
    let older = |(other, place): (&Entry, u8)| {
        let o = &other.message;
        o.queued && m.queued && place < position && !is_taken(o) && !passes(other)
    };
    if others.clone().any(older) {
        return 0;
    }
    let idle =
        |number: &u8| others.clone().all(|(other, _)| other.message.lock != Lock::Spooler(*number) || passes(other));
    (1..=spoolers).filter(idle).fold(0, |turns, number| turns | 1 << (number - 1))
}
