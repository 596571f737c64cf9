//! A counterexample told step by step, for people.

use std::fmt;

use super::course::Course;
use super::witness::{Trace, TraceStep, name, person, session_name};
use crate::model::{
    Action, Call, Codes, Draft, Entry, Env, Handed, Hook, Level, Lock, OpenFlags, Place, Preprocessed, Reply, Session,
    Stop, Support, World,
};

/// Numbered steps, each with its reply and what it changed.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = Table::new(&self.steps);
        (1..=self.steps.len()).try_for_each(|number| {
            let mark = if number == self.steps.len() { '▸' } else { ' ' };
            table.line(number, mark, f)
        })
    }
}

/// The stem and what goes on for ever, as [`Trace`] is told.
impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = Table::new(self.stem.iter().chain(&self.cycle));
        let stem = self.stem.len();
        (1..=stem).try_for_each(|number| table.line(number, ' ', f))?;
        if self.cycle.is_empty() {
            return writeln!(f, "then for ever: nothing, and nobody is assumed to go on");
        }
        writeln!(f, "then for ever:")?;
        (stem + 1..=stem + self.cycle.len()).try_for_each(|number| table.line(number, ' ', f))
    }
}

/// Steps in columns.
struct Table {
    rows: Vec<[String; 4]>,
    widths: [usize; 3],
}

impl Table {
    fn new<'t>(steps: impl IntoIterator<Item = &'t TraceStep>) -> Self {
        let steps = steps.into_iter();
        let rows: Vec<_> = steps
            .map(|step| [who(&step.action), what(&step.action), answer(step.action, step.reply), changes(step)])
            .collect();
        let wide = |column: usize| rows.iter().map(|row: &[String; 4]| row[column].chars().count()).max().unwrap_or(0);
        let widths = [0, 1, 2].map(wide);
        Self { rows, widths }
    }

    /// The step with that number, from 1.
    fn line(&self, number: usize, mark: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([who, what, answer, changed], [whos, whats, answers]) = (&self.rows[number - 1], self.widths);
        let line = format!("{mark} {number:>2}  {who:whos$}  {what:whats$}  {answer:answers$}  {changed}");
        writeln!(f, "{}", line.trim_end())
    }
}

impl Trace {
    /// What happens, in one line: of a long way, its end.
    #[must_use]
    pub fn outline(&self) -> String {
        let steps: Vec<String> = self.steps.iter().map(|step| what(&step.action)).collect();
        let from = if steps.len() > OUTLINE { steps.len() - OUTLINE } else { 0 };
        format!("{}{}", if from > 0 { "…, " } else { "" }, steps[from..].join(", "))
    }
}

/// How many steps an outline shows.
const OUTLINE: usize = 4;

/// Who does it.
pub(crate) fn who(action: &Action) -> String {
    match *action {
        Action::Call { session, .. } => session_name(session),
        Action::Deliver { .. } => "transport".to_owned(),
        Action::Preprocess { index, .. } => format!("preprocessor-{}", index + 1),
        Action::Hand { transport, .. }
        | Action::End { transport, .. }
        | Action::Announce { transport, .. }
        | Action::TransportDies(transport)
        | Action::Away(transport)
        | Action::Back(transport) => format!("transport-{}", transport + 1),
        Action::Report { .. } | Action::RemoveInfo { .. } | Action::Retry { .. } => "spooler".to_owned(),
        Action::SpoolerDies(number) => session_name(Session::Spooler(number)),
        Action::Restart(_) | Action::Cut { .. } => "store".to_owned(),
    }
}

/// What is done, and to which message.
pub(crate) fn what(action: &Action) -> String {
    let (at, call) = match *action {
        Action::Call { message, call, .. } => (usize::from(message), call),
        Action::Deliver { message, recipient, .. } => {
            return format!("sends {} to {}", name(message.into()), person(recipient));
        }
        Action::Preprocess { message, result, .. } => {
            let end = match result {
                Preprocessed::Done => "preprocesses",
                Preprocessed::Undeliverable => "preprocesses, drops a recipient of",
                Preprocessed::Fails => "fails to preprocess",
            };
            return format!("{end} {}", name(message.into()));
        }
        Action::Hand { message, result, .. } => {
            return format!("is given {}: {}", name(message.into()), handed(result));
        }
        Action::End { message, .. } => return format!("ends {}", name(message.into())),
        Action::Report { message, recipient } => {
            return format!("reports {} of {}", person(recipient), name(message.into()));
        }
        Action::RemoveInfo { message } => return format!("removes preprocessed data of {}", name(message.into())),
        Action::Retry { message, transport } => {
            return format!("may try {} again with transport-{}", name(message.into()), transport + 1);
        }
        Action::Announce { message, .. } => return format!("announces {}", name(message.into())),
        Action::Restart(Stop::Clean) => return "shuts down, starts".to_owned(),
        Action::Restart(Stop::Crash) => return "crashes, starts".to_owned(),
        Action::Cut { session, message, call } => {
            return format!("crashes while {} of {} runs, starts", called(call), attributed(session, message));
        }
        Action::SpoolerDies(_) | Action::TransportDies(_) => return "dies".to_owned(),
        Action::Away(_) => return "goes away".to_owned(),
        Action::Back(_) => return "comes back".to_owned(),
    };
    let verb = match call {
        Call::Abort => "abort".to_owned(),
        Call::Create(draft) => return format!("create {}{}", name(at), made_of(draft)),
        Call::Finish(Hook { superseded: true, .. }) => "finish (superseded)".to_owned(),
        Call::Finish(Hook { sent_mail: Support::Fails, .. }) => "finish (DoSentMail fails)".to_owned(),
        Call::Finish(_) => "finish".to_owned(),
        Call::GetProps => "read".to_owned(),
        Call::Leave => "leave".to_owned(),
        Call::NotifyNewMail => "new mail".to_owned(),
        Call::Open(OpenFlags::None) => "open".to_owned(),
        Call::Open(OpenFlags::Modify) => "open to modify".to_owned(),
        Call::Open(OpenFlags::BestAccess) => "open, best access".to_owned(),
        Call::Release => "release".to_owned(),
        Call::Restart(_) => "restart".to_owned(),
        Call::SetLock(true) => "lock".to_owned(),
        Call::SetLock(false) => "unlock".to_owned(),
        Call::SetProps { .. } => "write".to_owned(),
        Call::SetResponsibility { recipient, value } => {
            let person = recipient.map_or("somebody", person);
            return format!("set {person} of {} {}", name(at), if value { "TRUE" } else { "FALSE" });
        }
        Call::Submit(env) => format!("submit{}", meanwhile(env)),
        Call::Wait => "wait".to_owned(),
    };
    let (verb, extra) = verb.split_once([' ', ',']).map_or((verb.as_str(), ""), |(verb, extra)| (verb, extra.trim()));
    if extra.is_empty() { format!("{verb} {}", name(at)) } else { format!("{verb} {} {extra}", name(at)) }
}

/// A call that may be cut short.
const fn called(call: Call) -> &'static str {
    match call {
        Call::Finish(_) => "FinishedMsg",
        Call::SetLock(_) => "SetLockState",
        _ => "SubmitMessage",
    }
}

fn attributed(session: Session, message: u8) -> String {
    format!("{} ({})", name(message.into()), session_name(session))
}

pub(super) const fn handed(result: Handed) -> &'static str {
    match result {
        Handed::Sends => "sends",
        Handed::Part => "sends to one",
        Handed::Fails => "fails for good, reports",
        Handed::Defers => "END_DONT_RESEND",
        Handed::ResendLater => "END_RESEND_LATER",
        Handed::ResendNow => "END_RESEND_NOW",
        Handed::Busy => "MAPI_E_BUSY",
        Handed::Wait => "MAPI_E_WAIT",
        Handed::NetworkError => "MAPI_E_NETWORK_ERROR",
        Handed::NotMe => "MAPI_E_NOT_ME",
        Handed::Cancel => "MAPI_E_CANCEL",
        Handed::Unavailable => "is away",
    }
}

fn made_of(draft: Draft) -> String {
    let people: Vec<_> = (0..draft.recipients).map(person).collect();
    let to = if people.is_empty() { " to nobody".to_owned() } else { format!(" to {}", people.join(", ")) };
    let marks = [(draft.sentmail, "sent mail"), (draft.delete, "delete"), (draft.resend, "resend")];
    let marks: Vec<_> = marks.into_iter().filter_map(|(set, mark)| set.then_some(mark)).collect();
    if marks.is_empty() { to } else { format!("{to} ({})", marks.join(", ")) }
}

fn meanwhile(env: Env) -> String {
    let marks = [
        (env.prepare == Support::Fails, "PrepareSubmit fails"),
        (env.expand.ends == Support::Fails, "ExpandRecips fails"),
        (env.expand.preprocessing, "NEEDS_PREPROCESSING"),
        (env.expand.spooler, "NEEDS_SPOOLER"),
        (env.complete == Support::Fails, "CompleteMsg fails"),
        (env.notify == Support::Fails, "SpoolerNotify fails"),
    ];
    let marks: Vec<_> = marks.into_iter().filter_map(|(set, mark)| set.then_some(mark)).collect();
    if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) }
}

/// What a call returns.
pub(crate) fn answer(action: Action, reply: Reply) -> String {
    if !matches!(action, Action::Call { .. }) {
        return String::new();
    }
    match reply {
        Reply::Success => "S_OK".to_owned(),
        Reply::Opened(Level::Read) => "S_OK, read-only".to_owned(),
        Reply::Opened(Level::Write) => "S_OK, read/write".to_owned(),
        Reply::OpenedInName => "S_OK, in name only".to_owned(),
        Reply::Refused(Codes::OneOf(codes)) => codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "),
        Reply::Refused(Codes::Any | Codes::NoneOf(_)) => "refused".to_owned(),
        Reply::Refused(Codes::OfSupport) => "its error".to_owned(),
    }
}

/// What the step changed, and nothing else.
fn changes(step: &TraceStep) -> String {
    let (before, after) = (&step.before, &step.after);
    let mut changes = Vec::new();
    if before.queue() != after.queue() {
        let queue: Vec<_> = after.queue().into_iter().map(name).collect();
        changes.push(format!("queue: {}", if queue.is_empty() { "–".to_owned() } else { queue.join(", ") }));
    }
    for (at, (old, new)) in before.entries.iter().zip(&after.entries).enumerate() {
        let mut marks = Vec::new();
        changed(old, new, &mut marks);
        let wrote = matches!(step.action, Action::Call { call: Call::SetProps { .. }, .. }) && step.writes;
        if wrote && step.action.message() == Some(at) {
            marks.push("+content".to_owned());
        }
        if !marks.is_empty() {
            changes.push(format!("{} {}", name(at), marks.join(" ")));
        }
    }
    changes.join("   ")
}

fn changed(old: &Entry, new: &Entry, marks: &mut Vec<String>) {
    let (was, is) = (&old.message, &new.message);
    if was.place != is.place {
        marks.push(match is.place {
            Place::Absent => "never was".to_owned(),
            Place::Outbox => "in the outbox".to_owned(),
            Place::SentMail => "in sent mail".to_owned(),
            Place::Deleted => "in deleted items".to_owned(),
            Place::Gone => "gone".to_owned(),
        });
    }
    let flags = [
        (was.submit, is.submit, "SUBMIT"),
        (was.lock.shown(), is.lock.shown(), "LOCKED"),
        (was.preprocess, is.preprocess, "PREPROCESS"),
        (was.completing, is.completing, "completing"),
        (was.copied, is.copied, "copy"),
        (was.doubled, is.doubled, "twice"),
        (was.finished, is.finished, "finished"),
    ];
    for (_, set, mark) in flags.into_iter().filter(|(was, is, _)| was != is) {
        marks.push(format!("{}{mark}", if set { '+' } else { '-' }));
    }
    if was.lock != is.lock && is.lock == Lock::Orphan {
        marks.push("lock of nobody".to_owned());
    }
    for index in 0..is.recipients.min(World::RECIPIENTS_MAX) {
        let bit = 1 << index;
        if was.place != Place::Absent && (was.responsible & !was.unsure) & bit != (is.responsible & !is.unsure) & bit {
            let value = if is.unsure & bit != 0 {
                "?"
            } else if is.responsible & bit != 0 {
                "TRUE"
            } else {
                "FALSE"
            };
            marks.push(format!("{}={value}", person(index)));
        }
    }
}
