//! What must hold of every store that sends mail, said again without the step function.
//!
//! Each property looks at one transition and compares the store with what really happened around it. They are a second
//! opinion on the rules: nothing here may ask [`super::steps`].

use super::action::{Action, Transition};
use super::call::{Call, OpenFlags, Session, Stop};
use super::message::{Level, Lock, Message, Place};
use super::step::Reply;
use super::store::World;

/// A sentence about every transition.
#[derive(Clone, Copy)]
pub struct Property {
    /// The sentence.
    pub name: &'static str,
    /// The requirements that it follows from.
    pub ids: &'static [&'static str],
    /// Whether it holds; `None` where it does not apply, so that nothing was tested.
    pub check: fn(&Transition<'_>) -> Option<bool>,
}

impl std::fmt::Debug for Property {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every property, in the order in which they are checked.
pub const PROPERTIES: &[Property] = &[
    Property { name: "no write-open while queued", ids: &["SEED1-10", "PMF-08"], check: no_write_open },
    Property {
        name: "a locked message rejects every client open",
        ids: &["SEED1-07", "SEED1-08"],
        check: locked_rejects_opens,
    },
    Property {
        name: "best access to a queued, unlocked message is read-only",
        ids: &["SEED1-12"],
        check: best_access_reads,
    },
    Property {
        name: "a client changes nothing that is on its way out",
        ids: &["PMF-08", "SEED1-10"],
        check: clients_change_nothing,
    },
    Property {
        name: "only messages on their way out are locked",
        ids: &["SEED1-13", "PSF-02"],
        check: locks_are_for_outgoing,
    },
    Property { name: "a lock has one holder", ids: &["SEED1-14", "PSF-02"], check: one_holder },
    Property { name: "a locked message cannot be aborted", ids: &["SLS-08", "ABT-04"], check: locked_is_not_aborted },
    Property { name: "an abort makes it a draft again", ids: &["ABT-02", "PMF-10"], check: abort_makes_a_draft },
    Property {
        name: "preprocessing is due only while queued",
        ids: &["SEED1-29", "PSF-06"],
        check: preprocessing_is_due_while_queued,
    },
    Property {
        name: "preprocessing ends with the spooler's submission",
        ids: &["SEED1-36", "PSF-06"],
        check: preprocessing_ends,
    },
    Property { name: "the queue is in the order of submission", ids: &["MST-01", "GOQ-08"], check: queue_is_ordered },
    Property { name: "a failed submission leaves nothing behind", ids: &["SUB-13"], check: failure_leaves_nothing },
    Property { name: "nobody is sent to twice", ids: &["SEED2-06", "RCT-03"], check: nobody_twice },
    Property {
        name: "a finished message has reached everybody",
        ids: &["SEED2-06", "CMP-04"],
        check: reached_everybody,
    },
    Property {
        name: "a sent message ends where its properties say",
        ids: &["FIN-09", "FIN-10", "FIN-11", "FIN-12"],
        check: ends_in_place,
    },
    Property { name: "only the spooler finishes", ids: &["FIN-03"], check: only_the_spooler_finishes },
    Property { name: "no submitted message is lost", ids: &["LGO-01", "SUB-06"], check: nothing_is_lost },
    Property { name: "a crash loses no submitted message", ids: &["LGO-01", "SUB-06"], check: no_crash_loses },
    Property {
        name: "a finished message has left the queue",
        ids: &["FIN-07", "ABT-03", "OQT-08"],
        check: finished_is_out,
    },
    Property { name: "a message is finished once", ids: &["FIN-07", "CMP-03"], check: finished_once },
    Property { name: "only SetLockState locks", ids: &["PSF-02", "SEED1-14"], check: only_set_lock_state_locks },
    Property {
        name: "a queued message that nobody has locked can be taken back",
        ids: &["SUB-16", "ABT-05"],
        check: idle_can_be_aborted,
    },
    Property {
        name: "what needs preprocessing waits for it",
        ids: &["SEED1-29", "MST-07"],
        check: preprocessing_is_not_skipped,
    },
];

/// The message that a client's call is about, as it was before.
fn by_client<'t>(transition: &'t Transition<'_>) -> Option<(&'t Message, Call)> {
    match transition.action {
        Action::Call { session: Session::Client(_), message, call } => {
            Some((&transition.before.entries[usize::from(message)].message, call))
        }
        Action::Call { .. } | Action::Deliver { .. } | Action::Restart(_) => None,
    }
}

/// The message that the transition is about, before and after.
fn change<'t>(transition: &'t Transition<'_>) -> Option<(&'t Message, &'t Message)> {
    let at = transition.action.message()?;
    Some((&transition.before.entries[at].message, &transition.after.entries[at].message))
}

const fn is_refused(reply: Reply) -> bool {
    matches!(reply, Reply::Refused(_))
}

fn no_write_open(t: &Transition<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    (matches!(call, Call::Open(_)) && m.outgoing()).then_some(t.reply != Reply::Opened(Level::Write))
}

fn locked_rejects_opens(t: &Transition<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    (matches!(call, Call::Open(_)) && m.outgoing() && m.lock.shown()).then_some(!matches!(t.reply, Reply::Opened(_)))
}

fn best_access_reads(t: &Transition<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    let applies = call == Call::Open(OpenFlags::BestAccess) && m.outgoing() && !m.lock.shown();
    applies.then_some(t.reply == Reply::Opened(Level::Read))
}

fn clients_change_nothing(t: &Transition<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    if !m.outgoing() || call == Call::Abort {
        return None;
    }
    let (before, after) = change(t)?;
    Some(!t.writes && before == after)
}

fn locks_are_for_outgoing(t: &Transition<'_>) -> Option<bool> {
    every(&t.after, |m| m.lock.shown(), |m| m.place.exists() && (m.queued || m.completing))
}

fn one_holder(t: &Transition<'_>) -> Option<bool> {
    let Action::Call { session: Session::Spooler(number), call: Call::SetLock(_), .. } = t.action else { return None };
    let (before, after) = change(t)?;
    let foreign = matches!(before.lock, Lock::Spooler(holder) if holder != number);
    foreign.then(|| is_refused(t.reply) && after.lock == before.lock)
}

fn locked_is_not_aborted(t: &Transition<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    let (before, after) = change(t)?;
    (call == Call::Abort && m.outgoing() && m.lock.shown()).then(|| is_refused(t.reply) && before == after)
}

fn abort_makes_a_draft(t: &Transition<'_>) -> Option<bool> {
    let (_, call) = by_client(t)?;
    let (_, after) = change(t)?;
    let applies = call == Call::Abort && t.reply == Reply::Success;
    applies.then(|| after.place == Place::Outbox && !after.outgoing() && !after.lock.shown() && !after.preprocess)
}

fn preprocessing_is_due_while_queued(t: &Transition<'_>) -> Option<bool> {
    every(&t.after, |m| m.preprocess, |m| m.queued && m.submit && !m.preprocessed && !m.completing && !m.finished)
}

fn preprocessing_ends(t: &Transition<'_>) -> Option<bool> {
    let Action::Call { session: Session::Spooler(_), call: Call::Submit(_), .. } = t.action else { return None };
    let (before, after) = change(t)?;
    let kept = after.finished || (after.lock == before.lock && after.time == before.time);
    (before.preprocess && t.reply == Reply::Success).then_some(!after.preprocess && kept)
}

fn queue_is_ordered(t: &Transition<'_>) -> Option<bool> {
    let queued = |world: &World| world.entries.iter().filter(|entry| entry.message.queued).count();
    if queued(&t.after) < 2 {
        return None;
    }
    let numbered = every(&t.after, |m| m.place.exists(), |m| m.queued == (m.position != 0)).unwrap_or(true);
    let in_turn = |world: &World, one: usize, other: usize| {
        world.entries[one].message.position.cmp(&world.entries[other].message.position)
    };
    let both = |world: &World, one: usize, other: usize| {
        world.entries[one].message.queued && world.entries[other].message.queued
    };
    let pairs = (0..World::MESSAGES_MAX).flat_map(|one| (0..one).map(move |other| (one, other)));
    let ordered = pairs.filter(|(one, other)| both(&t.after, *one, *other)).all(|(one, other)| {
        let times = t.after.entries[one].message.time.cmp(&t.after.entries[other].message.time);
        let places = in_turn(&t.after, one, other);
        let before = both(t.before, one, other).then(|| in_turn(t.before, one, other));
        places.is_ne() && places == times && before.is_none_or(|before| before == places)
    });
    Some(numbered && ordered)
}

fn failure_leaves_nothing(t: &Transition<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    let (before, after) = change(t)?;
    let applies = matches!(call, Call::Submit(_)) && !m.outgoing() && is_refused(t.reply);
    applies.then(|| {
        after.place == before.place && !after.outgoing() && !after.preprocess && !after.lock.shown() && !t.writes
    })
}

fn nobody_twice(t: &Transition<'_>) -> Option<bool> {
    let entry = &t.before.entries[t.action.message()?];
    // Who submits a draft sends anew: whom the last submission reached does not count.
    let earlier = if entry.message.outgoing() { entry.sent & !entry.excused } else { 0 };
    (t.delivered != 0).then_some(t.delivered & earlier == 0)
}

fn reached_everybody(t: &Transition<'_>) -> Option<bool> {
    let (before, after) = change(t)?;
    (after.finished && !before.finished).then(|| t.reached & after.everyone() == after.everyone())
}

fn ends_in_place(t: &Transition<'_>) -> Option<bool> {
    let (before, after) = change(t)?;
    if !after.finished || before.finished {
        return None;
    }
    let deleted = matches!(after.place, Place::Deleted | Place::Gone);
    let hook = match t.action {
        Action::Call { call: Call::Finish(hook), .. } => hook,
        Action::Call { .. } | Action::Deliver { .. } | Action::Restart(_) => Default::default(),
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

fn only_the_spooler_finishes(t: &Transition<'_>) -> Option<bool> {
    let (_, call) = by_client(t)?;
    let (before, after) = change(t)?;
    matches!(call, Call::Finish(_)).then(|| is_refused(t.reply) && before == after)
}

fn nothing_is_lost(t: &Transition<'_>) -> Option<bool> {
    let mut owed = t.after.entries.iter().filter(|entry| entry.owed).peekable();
    owed.peek()?;
    Some(owed.all(|entry| entry.message.place.exists() && (entry.message.queued || entry.message.completing)))
}

fn no_crash_loses(t: &Transition<'_>) -> Option<bool> {
    let pairs = || t.before.entries.iter().zip(&t.after.entries).filter(|(before, _)| before.owed);
    let applies = t.action == Action::Restart(Stop::Crash) && pairs().next().is_some();
    applies.then(|| pairs().all(|(before, after)| after.message.queued && after.message.place == before.message.place))
}

fn finished_is_out(t: &Transition<'_>) -> Option<bool> {
    every(&t.after, |m| m.finished, |m| !m.queued && !m.submit && !m.completing)
}

fn finished_once(t: &Transition<'_>) -> Option<bool> {
    let Action::Call { session: Session::Spooler(_), call: Call::Finish(_), .. } = t.action else { return None };
    let (before, _) = change(t)?;
    (t.reply == Reply::Success).then_some(!before.finished)
}

fn only_set_lock_state_locks(t: &Transition<'_>) -> Option<bool> {
    let (before, after) = change(t)?;
    let locks = matches!(t.action, Action::Call { call: Call::SetLock(true), .. });
    (after.lock.shown() && !before.lock.shown()).then_some(locks)
}

fn idle_can_be_aborted(t: &Transition<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    let idle = m.queued && !m.completing && !m.lock.shown() && !m.finished;
    (call == Call::Abort && idle).then_some(t.reply == Reply::Success)
}

fn preprocessing_is_not_skipped(t: &Transition<'_>) -> Option<bool> {
    let (m, call) = by_client(t)?;
    let (_, after) = change(t)?;
    let needed = matches!(call, Call::Submit(env) if env.expand.preprocessing) && !m.outgoing();
    (needed && t.reply == Reply::Success).then_some(after.preprocess)
}

/// Whether `holds` for each message that it `applies` to; `None` if it applies to none.
fn every(world: &World, applies: fn(&Message) -> bool, holds: fn(&Message) -> bool) -> Option<bool> {
    let mut messages = world.entries.iter().map(|entry| &entry.message).filter(|m| applies(m)).peekable();
    messages.peek()?;
    Some(messages.all(holds))
}
