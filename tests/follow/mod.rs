//! Follows a case through the step function, by its text and the replies alone: what generated cases do, counted by somebody
//! who shares nothing with their generator.

use spoolproof::check::Bounds;
use spoolproof::model::{
    Action, Call, Codes, Draft, Entry, Env, Expand, Handle, Hook, Level, Message, OpenFlags, Place, Profile, Reply,
    Rules, Session, Step as Answer, Stop, Support, World, steps,
};
use spoolproof::scenario::{Answers, Call as Line, OpenFlag, Scenario, Step};
use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::Event;
use spoolproof_sdk::wire::{Access, CallResult, Recipient, RestartKind};

/// A store as it is followed.
pub(crate) struct Follower {
    world: World,
    profile: Profile,
}

impl Follower {
    pub(crate) fn new(bounds: &Bounds) -> Self {
        Self { world: World::default(), profile: bounds.scope.profile }
    }

    /// Each move of the case: the state before it, the call, and which of the answers was given.
    pub(crate) fn moves(mut self, scenario: &Scenario, events: &[Event]) -> Vec<String> {
        let mut calls = events.iter().filter(|event| !event.call.contains('.') && event.call != "observe");
        let made = |step: &&Step| !step.otherwise && !matches!(step.call, Line::ExpectNotification { .. });
        let moves = scenario.steps.iter().filter(made).map(|step| {
            let event = calls.next().unwrap_or_else(|| panic!("{}: {step} was not taken", scenario.id));
            assert_eq!(event.call, step.call.name(), "{}", scenario.id);
            self.take(step, event)
        });
        moves.collect()
    }

    fn take(&mut self, step: &Step, event: &Event) -> String {
        let before = self.world;
        let (action, place) = match &step.call {
            Line::GetOutgoingQueue => (None, 0),
            Line::Restart { kind } => {
                let stop = if *kind == RestartKind::Clean { Stop::Clean } else { Stop::Crash };
                self.restart(stop);
                (Some(Action::Restart(stop)), 0)
            }
            line => {
                let (at, session, call) = (index(line), session(step), self.model_call(line));
                let action = Action::Call { session, message: at as u8, call };
                (Some(action), self.call(at, session, call, &event.result))
            }
        };
        self.agrees(event);
        format!("{before:?} {action:?} {place}")
    }

    fn restart(&mut self, stop: Stop) {
        for at in 0..World::MESSAGES_MAX {
            let m = self.world.entries[at].message;
            if m.place == Place::Absent {
                continue;
            }
            let (_, answer) = self.answers((Session::Client(1), None), m, Call::Restart(stop)).swap_remove(0);
            let mut entry: Entry = self.world.entries[at];
            entry.message = answer.next;
            entry.close();
            self.world.replace(at, entry, false);
        }
    }

    /// The answers that are followed without a word, each with its place.
    fn answers(&self, (session, handle): (Session, Option<Handle>), m: Message, call: Call) -> Vec<(usize, Answer)> {
        let mut out = Vec::new();
        steps(&Rules::defaults(), self.profile, (session, handle, true), m, call, &mut out);
        out.into_iter().filter(|answer| answer.is_plain(&Rules::defaults())).enumerate().collect()
    }

    /// Follows the first answer that is the one that was given.
    fn call(&mut self, at: usize, session: Session, call: Call, result: &CallResult) -> usize {
        let mut entry = self.world.entries[at];
        let (old, handle) = (entry.message, entry.handle(session));
        let answers = self.answers((session, handle), old, call);
        let given = answers.into_iter().find(|(_, answer)| is_it(answer.reply, result));
        let (place, answer) =
            given.unwrap_or_else(|| panic!("{session:?} {call:?} is not answered with {:?}: {old:?}", result.hresult));
        entry.message = answer.next;
        match (call, answer.reply) {
            (Call::Create(_), _) => entry.set_handle(session, Some(Handle::CREATED)),
            (Call::Open(flags), Reply::Opened(level)) => {
                let asked = if flags == OpenFlags::None { Level::Read } else { Level::Write };
                entry.set_handle(session, Some(Handle { asked, granted: Some(level), ..Handle::CREATED }));
            }
            (Call::Release, _) => entry.set_handle(session, None),
            (Call::Submit(_), Reply::Success) => {
                entry.set_handle(session, handle.map(|handle| Handle { spent: true, ..handle }));
            }
            _ => {}
        }
        let is = entry.message;
        if is.is_done() || (is.finished && !old.finished) {
            entry.close();
        }
        let submitted = matches!(call, Call::Submit(_)) && !old.outgoing() && answer.reply == Reply::Success;
        self.world.replace(at, entry, submitted);
        place
    }

    /// Holds what is followed against what is shown.
    fn agrees(&self, event: &Event) {
        let Some(observed) = &event.observed else { return };
        let mut shown: Vec<_> = observed.iter().collect();
        shown.sort_by_key(|(id, _)| id.trim_start_matches('e').parse::<usize>().expect("the model numbers messages"));
        for ((_, seen), entry) in shown.into_iter().zip(&self.world.entries) {
            let m = &entry.message;
            assert_eq!(seen.exists, Some(m.place.exists()), "{}: {m:?}", event.call);
            assert_eq!(seen.in_outgoing_queue, Some(m.queued), "{}: {m:?}", event.call);
            let flags = seen.submit_flags.iter().flatten();
            let locked = flags.clone().any(|flag| flag == "SUBMITFLAG_LOCKED");
            let preprocess = flags.clone().any(|flag| flag == "SUBMITFLAG_PREPROCESS");
            assert_eq!((locked, preprocess), (m.lock.shown(), m.preprocess), "{}: {m:?}", event.call);
        }
    }

    fn model_call(&self, call: &Line) -> Call {
        match call {
            Line::AbortSubmit { .. } => Call::Abort,
            Line::CreateMessage(new) => Call::Create(Draft {
                recipients: new.recipients.len() as u8,
                known: self.known(&new.recipients),
                sentmail: new.sentmail,
                delete: new.delete_after_submit == Some(true),
                resend: new.resend,
            }),
            Line::FinishedMsg { answers, .. } => Call::Finish(hook(answers)),
            Line::GetProps { .. } => Call::GetProps,
            Line::NotifyNewMail { .. } => Call::NotifyNewMail,
            Line::OpenEntry { flag, .. } => Call::Open(match flag {
                None => OpenFlags::None,
                Some(OpenFlag::Modify) => OpenFlags::Modify,
                Some(OpenFlag::BestAccess) => OpenFlags::BestAccess,
            }),
            Line::Release { .. } => Call::Release,
            Line::SetLockState { lock, .. } => Call::SetLock(*lock),
            Line::SetProps { save, .. } => Call::SetProps { save: *save },
            Line::SetResponsibility { recipient, value, .. } => {
                let people = ["alice", "bob", "carol", "dave"];
                let recipient = people.iter().position(|person| recipient.starts_with(person)).map(|at| at as u8);
                Call::SetResponsibility { recipient, value: *value }
            }
            Line::SubmitMessage { answers, .. } => Call::Submit(self.env(answers)),
            Line::ExpectNotification { .. } | Line::GetOutgoingQueue | Line::Observe { .. } | Line::Restart { .. } => {
                panic!("{call:?} is on no message")
            }
        }
    }

    fn env(&self, answers: &Answers) -> Env {
        let served = |rows: &Vec<Recipient>| {
            let served = rows.iter().enumerate().filter(|(_, row)| row.responsibility == Some(true));
            served.fold(0, |bits, (at, _)| bits | 1 << at)
        };
        Env {
            prepare: ends(answers.prepare),
            prepared: answers.prepared.as_ref().map(served),
            expand: Expand {
                ends: ends(answers.expand),
                preprocessing: answers.needs_preprocessing,
                spooler: answers.needs_spooler,
                replaced: answers.expanded.as_ref().map(|rows| (rows.len() as u8, self.known(rows))),
            },
            complete: ends(answers.complete),
            notify: ends(answers.notify),
            hook: Hook::default(),
        }
    }

    /// Recipients that a coupled store delivers to, as bits.
    fn known(&self, rows: &[Recipient]) -> u32 {
        if self.profile.coupled != Some(true) {
            return 0;
        }
        let known = rows.iter().enumerate().filter(|(_, row)| row.addrtype.as_deref() != Some("FAX"));
        known.fold(0, |bits, (at, _)| bits | 1 << at)
    }
}

fn is_it(reply: Reply, result: &CallResult) -> bool {
    let code = result.hresult.expect("every reply has a code");
    match reply {
        Reply::Success | Reply::OpenedInName => code.is_success(),
        Reply::Opened(level) => {
            let writes = result.access == Some(Access::ReadWrite);
            code.is_success() && writes == (level == Level::Write)
        }
        Reply::Refused(codes) => {
            !code.is_success()
                && match codes {
                    Codes::Any | Codes::OfSupport => true,
                    Codes::OneOf(codes) => codes.contains(&code),
                    Codes::NoneOf(codes) => !codes.contains(&code),
                }
        }
    }
}

const fn ends(code: Option<HResult>) -> Support {
    if code.is_some() { Support::Fails } else { Support::Succeeds }
}

fn hook(answers: &Answers) -> Hook {
    Hook { sent_mail: ends(answers.sent_mail), superseded: answers.superseded }
}

fn index(call: &Line) -> usize {
    let name = call.message().expect("the call is on a message");
    name.trim_start_matches('m').parse::<usize>().expect("messages are numbered") - 1
}

fn session(step: &Step) -> Session {
    let name = step.session.as_deref().expect("somebody calls");
    let (who, number) = name.split_once('-').unwrap_or((name, "1"));
    let number = number.parse().expect("sessions are numbered");
    if who == "client" { Session::Client(number) } else { Session::Spooler(number) }
}
