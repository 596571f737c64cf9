//! What must hold of every store that sends mail, said again without the step function.
//!
//! Each property looks at what happens to one message, or at the queue as a whole, and compares the store with what
//! really happened around it. They are a second opinion on the rules: nothing here may ask [`super::steps`].

use super::action::Action;
use super::call::{Call, Hook, OpenFlags, Session, Stop};
use super::entry::Entry;
use super::local::Local;
use super::message::{Level, Lock, Message, Place};
use super::order::Order;
use super::step::Reply;
use super::store::World;

/// What happens to one message.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
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
    /// The message before.
    pub before: &'a Entry,
    /// The message after.
    pub after: &'a Entry,
}

impl<'a> Event<'a> {
    /// What a step is to its message, which was `before`.
    #[must_use]
    pub(crate) const fn of(local: &'a Local, before: &'a Entry) -> Self {
        let Local { action, reply, writes, delivered, reached, reported, completes, ref after, .. } = *local;
        Self { action, reply, writes, delivered, reached, reported, completes, before, after }
    }

    /// What something that is no message's own is to a message, which was `before`.
    #[must_use]
    pub(crate) const fn of_fault(action: Action, before: &'a Entry, after: &'a Entry) -> Self {
        let (reply, reached, reported) = (Reply::Success, before.sent, before.reported);
        Self { action, reply, writes: false, delivered: 0, reached, reported, completes: false, before, after }
    }
}

/// How a property is tested. `None` says that it does not apply, so that nothing was tested.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// On what happens to one message.
    Message(fn(&Event<'_>) -> Option<bool>),
    /// On the order of the messages in two states, of which the second follows the first.
    Queue(fn(Order, Order) -> Option<bool>),
}

/// A sentence about everything that happens.
#[derive(Clone, Copy)]
pub struct Property {
    /// The sentence.
    pub name: &'static str,
    /// The requirements that it follows from.
    pub ids: &'static [&'static str],
    /// Whether it holds.
    pub check: Check,
}

impl std::fmt::Debug for Property {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every property, in the order in which they are checked.
pub const PROPERTIES: &[Property] = &[
    Property { name: "no write-open while queued", ids: &["SEED1-10", "PMF-08"], check: Check::Message(no_write_open) },
    Property {
        name: "a locked message rejects every client open",
        ids: &["SEED1-07", "SEED1-08"],
        check: Check::Message(locked_rejects_opens),
    },
    Property {
        name: "best access to a queued, unlocked message is read-only",
        ids: &["SEED1-12"],
        check: Check::Message(best_access_reads),
    },
    Property {
        name: "a client changes nothing that is on its way out",
        ids: &["PMF-08", "SEED1-10"],
        check: Check::Message(clients_change_nothing),
    },
    Property {
        name: "only messages on their way out are locked",
        ids: &["SEED1-13", "PSF-02"],
        check: Check::Message(locks_are_for_outgoing),
    },
    Property { name: "a lock has one holder", ids: &["SEED1-14", "PSF-02"], check: Check::Message(one_holder) },
    Property {
        name: "a locked message cannot be aborted",
        ids: &["SLS-08", "ABT-04"],
        check: Check::Message(locked_is_not_aborted),
    },
    Property {
        name: "an abort makes it a draft again",
        ids: &["ABT-02", "PMF-10"],
        check: Check::Message(abort_makes_a_draft),
    },
    Property {
        name: "preprocessing is due only while queued",
        ids: &["SEED1-29", "PSF-06"],
        check: Check::Message(preprocessing_is_due_while_queued),
    },
    Property {
        name: "preprocessing ends with the spooler's submission",
        ids: &["SEED1-36", "PSF-06"],
        check: Check::Message(preprocessing_ends),
    },
    Property {
        name: "the queue is in the order of submission",
        ids: &["MST-01", "GOQ-08"],
        check: Check::Queue(queue_is_ordered),
    },
    Property {
        name: "a failed submission leaves nothing behind",
        ids: &["SUB-13"],
        check: Check::Message(failure_leaves_nothing),
    },
    Property { name: "nobody is sent to twice", ids: &["SEED2-06", "RCT-03"], check: Check::Message(nobody_twice) },
    Property {
        name: "a finished message has reached everybody",
        ids: &["SEED2-06", "CMP-04"],
        check: Check::Message(reached_everybody),
    },
    Property {
        name: "a sent message ends where its properties say",
        ids: &["FIN-09", "FIN-10", "FIN-11", "FIN-12"],
        check: Check::Message(ends_in_place),
    },
    Property { name: "only the spooler finishes", ids: &["FIN-03"], check: Check::Message(only_the_spooler_finishes) },
    Property {
        name: "no submitted message is lost",
        ids: &["LGO-01", "SUB-06"],
        check: Check::Message(nothing_is_lost),
    },
    Property {
        name: "a crash loses no submitted message",
        ids: &["LGO-01", "SUB-06"],
        check: Check::Message(no_crash_loses),
    },
    Property {
        name: "nobody is reported undeliverable twice, or who was served",
        ids: &["STR-02", "RSP-07"],
        check: Check::Message(reported_once),
    },
    Property {
        name: "preprocessing comes before sending",
        ids: &["SEED2-04", "SEED1-29"],
        check: Check::Message(preprocessed_before_sending),
    },
    Property {
        name: "a finished message carries no preprocessed data",
        ids: &["SEED2-07", "RPP-19"],
        check: Check::Message(filed_as_it_was),
    },
    Property {
        name: "what is marked submitted is on its way",
        ids: &["PMF-03", "SUB-06"],
        check: Check::Message(marked_means_queued),
    },
    Property {
        name: "a finished message has left the queue",
        ids: &["FIN-07", "ABT-03", "OQT-08"],
        check: Check::Message(finished_is_out),
    },
    Property { name: "a message is finished once", ids: &["FIN-07", "CMP-03"], check: Check::Message(finished_once) },
    Property {
        name: "only SetLockState locks",
        ids: &["PSF-02", "SEED1-14"],
        check: Check::Message(only_set_lock_state_locks),
    },
    Property {
        name: "a queued message that nobody has locked can be taken back",
        ids: &["SUB-16", "ABT-05"],
        check: Check::Message(idle_can_be_aborted),
    },
    Property {
        name: "what needs preprocessing waits for it",
        ids: &["SEED1-29", "MST-07"],
        check: Check::Message(preprocessing_is_not_skipped),
    },
];

/// What happened, judged by every property: which were tested, and which are broken, as bits in their order.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Judgement {
    /// Properties that applied.
    pub tested: u64,
    /// Properties that do not hold.
    pub broken: u64,
}

impl Judgement {
    /// Judges what happens to one message.
    pub fn of_event(&mut self, event: &Event<'_>) {
        self.add(|check| if let Check::Message(check) = check { check(event) } else { None });
    }

    /// Judges the queue.
    pub fn of_queue(&mut self, before: Order, after: Order) {
        self.add(|check| if let Check::Queue(check) = check { check(before, after) } else { None });
    }

    fn add(&mut self, check: impl Fn(Check) -> Option<bool>) {
        for (index, property) in PROPERTIES.iter().enumerate() {
            if let Some(holds) = check(property.check) {
                self.tested |= 1 << index;
                self.broken |= u64::from(!holds) << index;
            }
        }
    }

    /// The first broken property among those whose bits are set in `active`.
    #[must_use]
    pub const fn first(&self, active: u64) -> Option<u8> {
        let broken = self.broken & active;
        if broken == 0 { None } else { Some(broken.trailing_zeros() as u8) }
    }
}

/// The message that a client's call is about, as it was before.
fn by_client<'t>(event: &Event<'t>) -> Option<(&'t Message, Call)> {
    match event.action {
        Action::Call { session: Session::Client(_), call, .. } => Some((&event.before.message, call)),
        _ => None,
    }
}

/// The message before and after.
fn change<'t>(event: &Event<'t>) -> (&'t Message, &'t Message) {
    (&event.before.message, &event.after.message)
}

const fn is_refused(reply: Reply) -> bool {
    matches!(reply, Reply::Refused(_))
}

fn no_write_open(t: &Event<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    (matches!(call, Call::Open(_)) && m.outgoing()).then_some(t.reply != Reply::Opened(Level::Write))
}

fn locked_rejects_opens(t: &Event<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    (matches!(call, Call::Open(_)) && m.outgoing() && m.lock.shown()).then_some(!matches!(t.reply, Reply::Opened(_)))
}

fn best_access_reads(t: &Event<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    let applies = call == Call::Open(OpenFlags::BestAccess) && m.outgoing() && !m.lock.shown();
    applies.then_some(t.reply == Reply::Opened(Level::Read))
}

fn clients_change_nothing(t: &Event<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    if !m.outgoing() || call == Call::Abort {
        return None;
    }
    let (before, after) = change(t);
    Some(!t.writes && before == after)
}

fn locks_are_for_outgoing(t: &Event<'_>) -> Option<bool> {
    every(t.after, |m| m.lock.shown(), |m| m.place.exists() && (m.queued || m.completing))
}

fn one_holder(t: &Event<'_>) -> Option<bool> {
    let Action::Call { session: Session::Spooler(number), call: Call::SetLock(_), .. } = t.action else { return None };
    let (before, after) = change(t);
    let foreign = matches!(before.lock, Lock::Spooler(holder) if holder != number);
    foreign.then(|| is_refused(t.reply) && after.lock == before.lock)
}

fn locked_is_not_aborted(t: &Event<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    let (before, after) = change(t);
    (call == Call::Abort && m.outgoing() && m.lock.shown()).then(|| is_refused(t.reply) && before == after)
}

fn abort_makes_a_draft(t: &Event<'_>) -> Option<bool> {
    let (_, call) = by_client(t)?;
    let (_, after) = change(t);
    let applies = call == Call::Abort && t.reply == Reply::Success;
    applies.then(|| after.place == Place::Outbox && !after.outgoing() && !after.lock.shown() && !after.preprocess)
}

fn preprocessing_is_due_while_queued(t: &Event<'_>) -> Option<bool> {
    every(t.after, |m| m.preprocess, |m| m.queued && m.submit && !m.preprocessed && !m.completing && !m.finished)
}

fn preprocessing_ends(t: &Event<'_>) -> Option<bool> {
    let Action::Call { session: Session::Spooler(_), call: Call::Submit(_), .. } = t.action else { return None };
    let (before, after) = change(t);
    let kept = after.finished || after.lock == before.lock;
    (before.preprocess && t.reply == Reply::Success).then_some(!after.preprocess && kept)
}

fn queue_is_ordered(before: Order, after: Order) -> Option<bool> {
    let all = 0..World::MESSAGES_MAX;
    if all.clone().filter(|at| after.queued(*at)).count() < 2 {
        return None;
    }
    let numbered = all.clone().filter(|at| after.exists(*at)).all(|at| after.queued(at) == (after.position(at) != 0));
    let both = |order: Order, one, other| order.queued(one) && order.queued(other);
    let pairs = all.flat_map(|one| (0..one).map(move |other| (one, other)));
    let ordered = pairs.filter(|(one, other)| both(after, *one, *other)).all(|(one, other)| {
        let in_turn = |order: Order| order.position(one).cmp(&order.position(other));
        let (places, times) = (in_turn(after), after.time(one).cmp(&after.time(other)));
        let earlier = both(before, one, other).then(|| in_turn(before));
        places.is_ne() && places == times && earlier.is_none_or(|earlier| earlier == places)
    });
    Some(numbered && ordered)
}

fn failure_leaves_nothing(t: &Event<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    let (before, after) = change(t);
    let applies = matches!(call, Call::Submit(_)) && !m.outgoing() && is_refused(t.reply);
    applies.then(|| {
        after.place == before.place && !after.outgoing() && !after.preprocess && !after.lock.shown() && !t.writes
    })
}

fn nobody_twice(t: &Event<'_>) -> Option<bool> {
    // Who submits a draft sends anew: whom the last submission reached does not count.
    let anew = !t.before.message.outgoing();
    let earlier = if anew { t.after.sent & !t.delivered } else { t.before.sent & !t.before.excused };
    (t.delivered != 0).then_some(t.delivered & earlier == 0)
}

fn reached_everybody(t: &Event<'_>) -> Option<bool> {
    let (before, after) = change(t);
    let accounted = t.reached | t.reported;
    (after.finished && !before.finished).then(|| accounted & after.everyone() == after.everyone())
}

fn ends_in_place(t: &Event<'_>) -> Option<bool> {
    let (before, after) = change(t);
    if !after.finished || before.finished {
        return None;
    }
    let deleted = matches!(after.place, Place::Deleted | Place::Gone);
    let hook = match t.action {
        Action::Call { call: Call::Finish(hook), .. } => hook,
        _ => Hook::default(),
    };
    if hook.sent_mail != Default::default() {
        return None; // Where it lies after a failure is open (D7).
    }
    Some(match (after.sentmail, after.delete) {
        (_, delete) if hook.superseded => after.place == before.place || (delete && deleted),
        (false, false) => after.place == before.place && !after.copied,
        (true, false) => after.place == Place::SentMail && !after.copied,
        (false, true) => deleted,
        (true, true) => deleted || after.place == Place::SentMail,
    })
}

fn only_the_spooler_finishes(t: &Event<'_>) -> Option<bool> {
    let (_, call) = by_client(t)?;
    let (before, after) = change(t);
    matches!(call, Call::Finish(_)).then(|| is_refused(t.reply) && before == after)
}

fn nothing_is_lost(t: &Event<'_>) -> Option<bool> {
    let m = &t.after.message;
    t.after.owed.then_some(m.place.exists() && (m.queued || m.completing))
}

fn no_crash_loses(t: &Event<'_>) -> Option<bool> {
    let (before, after) = change(t);
    let crash = matches!(t.action, Action::Restart(Stop::Crash));
    (crash && t.before.owed).then_some(after.queued && after.place == before.place)
}

fn reported_once(t: &Event<'_>) -> Option<bool> {
    let recipients = match t.action {
        Action::Report { recipient, .. } => 1 << recipient,
        Action::Hand { .. } | Action::Preprocess { .. } => t.after.reported & !t.before.reported,
        _ => 0,
    };
    let accounted = (t.before.sent | t.before.reported) & !t.before.excused;
    (recipients != 0).then_some(recipients & accounted == 0)
}

fn preprocessed_before_sending(t: &Event<'_>) -> Option<bool> {
    // The spooler's submission ends preprocessing, and a coupled store may send in its course.
    (t.delivered != 0 && t.before.message.outgoing()).then_some(!(t.before.unprocessed && t.after.unprocessed))
}

fn filed_as_it_was(t: &Event<'_>) -> Option<bool> {
    let (before, after) = change(t);
    // A coupled store may finish it in the course of the spooler's submission: then nobody removes the data, unless the
    // spooler was told by CompleteMsg.
    let in_its_course = before.preprocess && t.before.unprocessed && !t.completes;
    let applies = after.finished && !before.finished && (before.preprocessed || in_its_course);
    applies.then_some(!t.before.processed && !in_its_course)
}

fn marked_means_queued(t: &Event<'_>) -> Option<bool> {
    every(t.after, |m| m.submit && m.place.exists(), |m| m.queued || m.completing)
}

fn finished_is_out(t: &Event<'_>) -> Option<bool> {
    every(t.after, |m| m.finished, |m| !m.queued && !m.submit && !m.completing)
}

fn finished_once(t: &Event<'_>) -> Option<bool> {
    let Action::Call { session: Session::Spooler(_), call: Call::Finish(_), .. } = t.action else { return None };
    (t.reply == Reply::Success).then_some(!t.before.message.finished)
}

fn only_set_lock_state_locks(t: &Event<'_>) -> Option<bool> {
    let (before, after) = change(t);
    let call = match t.action {
        Action::Call { call, .. } | Action::Cut { call, .. } => call,
        _ => Call::Wait,
    };
    (after.lock.shown() && !before.lock.shown()).then_some(call == Call::SetLock(true))
}

fn idle_can_be_aborted(t: &Event<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    let idle = m.queued && !m.completing && !m.lock.shown() && !m.finished;
    (call == Call::Abort && idle).then_some(t.reply == Reply::Success)
}

fn preprocessing_is_not_skipped(t: &Event<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    let needed = matches!(call, Call::Submit(env) if env.expand.preprocessing) && !m.outgoing();
    (needed && t.reply == Reply::Success).then_some(t.after.message.preprocess)
}

/// Whether `holds` for the message if it `applies` to it; `None` if it does not.
fn every(entry: &Entry, applies: fn(&Message) -> bool, holds: fn(&Message) -> bool) -> Option<bool> {
    applies(&entry.message).then(|| holds(&entry.message))
}
