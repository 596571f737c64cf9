//! States and calls in few words, for the headings of cases and for what is not reached.

use super::moves::Stimulus;
use crate::check::{answer, name, session_name, what, who};
use crate::model::{Entry, Lock, Message, Place, Reply, Session, World};

/// A call, its answer, and the state in which it is made, in one line.
pub(super) fn transition(before: &World, stimulus: &Stimulus, reply: Reply) -> String {
    let state = state(before);
    let text = call(stimulus, reply);
    if state.is_empty() { text } else { format!("{text}, with {state}") }
}

/// A call and its answer.
pub(super) fn call(stimulus: &Stimulus, reply: Reply) -> String {
    match stimulus {
        Stimulus::ReadQueue => "spooler: read the queue".to_owned(),
        Stimulus::Act(action) => {
            let (text, answer) = (format!("{}: {}", who(action), what(action)), answer(*action, reply));
            if answer.is_empty() { text } else { format!("{text} → {answer}") }
        }
    }
}

/// The messages that are there.
pub(super) fn state(world: &World) -> String {
    let there = world.entries.iter().enumerate().filter(|(_, entry)| entry.message.place != Place::Absent);
    there.map(|(at, entry)| format!("{} {}", name(at), message(entry))).collect::<Vec<_>>().join("; ")
}

fn message(entry: &Entry) -> String {
    let m = &entry.message;
    let place = match m.place {
        Place::Absent | Place::Outbox if m.queued => format!("queued ({})", m.position),
        Place::Absent | Place::Outbox if m.completing => "handed over".to_owned(),
        Place::Absent | Place::Outbox => "in the outbox".to_owned(),
        Place::SentMail => "in sent mail".to_owned(),
        Place::Deleted => "in deleted items".to_owned(),
        Place::Gone => "gone".to_owned(),
    };
    let lock = match m.lock {
        Lock::None | Lock::Lost => None,
        Lock::Spooler(number) => Some(format!("locked by {}", session_name(Session::Spooler(number)))),
        Lock::Client => Some("locked by a client".to_owned()),
        Lock::Orphan => Some("locked by nobody".to_owned()),
    };
    let marks = [
        (m.preprocess, "to be preprocessed"),
        (m.preprocessed, "preprocessed"),
        (m.finished, "finished"),
        (m.was_submitted && !m.outgoing() && !m.finished, "taken back"),
    ];
    let marks = marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark.to_owned());
    let served = served(m);
    let open = SESSIONS.into_iter().filter_map(|session| {
        let handle = entry.handle(session)?;
        let kind = match (handle.spent, handle.writes()) {
            (true, _) => "spent",

            (false, true) => "writing",
            (false, false) => "reading",
        };
        Some(format!("open for {} ({kind})", session_name(session)))
    });
    [Some(place), lock].into_iter().flatten().chain(marks).chain(served).chain(open).collect::<Vec<_>>().join(", ")
}

fn served(m: &Message) -> Option<String> {
    let served = (m.responsible & !m.unsure & m.everyone()).count_ones();
    (m.outgoing() && served > 0).then(|| format!("{served} of {} served", m.recipients))
}

const SESSIONS: [Session; 4] = [Session::Client(1), Session::Client(2), Session::Spooler(1), Session::Spooler(2)];
