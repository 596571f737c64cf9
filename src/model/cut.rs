//! What stands on disk of a message when the store is killed in the middle of a call (F1, D7, C3).
//!
//! A store recovers: a call that was cut short has happened, or has not. Two readings take a store at the order of its
//! separate writes instead, and leave a message between the two. What a restart then makes of it is the restart's rule.

use super::call::{Call, Handle, Profile, Session};
use super::message::{Lock, Message, Tri};
use super::reading::{D7, Dim, F1, Mask, Need, Rules};
use super::step::{Reply, Step, steps};

/// Lists in `out`, each once and in a fixed order, what may be left of `message` when the store is killed while it
/// answers `call`; `who` is as for [`steps`].
///
/// The first is `message` itself. A state that no permitted store leaves has the marks that properties look for: one
/// that says that it is submitted and is in no queue, one that is finished and still queued.
pub fn cut(
    rules: &Rules,
    profile: Profile,
    who: (Session, Option<Handle>, bool),
    message: Message,
    call: Call,
    out: &mut Vec<Message>,
) {
    out.clear();
    out.push(message);
    let mut answers: Vec<Step> = Vec::new();
    steps(rules, profile, who, message, call, &mut answers);
    for step in answers.iter().filter(|step| step.is_plain(rules) && !matches!(step.reply, Reply::Refused(_))) {
        add(step.next, out);
    }
    for whole in out.split_off(1) {
        add(whole, out);
        if let Some(torn) = torn(rules, message, whole, call) {
            add(torn, out);
        }
    }
}

fn add(message: Message, out: &mut Vec<Message>) {
    if !out.contains(&message) {
        out.push(message);
    }
}

/// What the first of two writes leaves, where a reading permits them to be two.
fn torn(rules: &Rules, before: Message, whole: Message, call: Call) -> Option<Message> {
    let follows = |dim: Dim, mask: Mask| rules.silent(Need { dim, mask });
    match call {
        // The message is saved with its flag, and the row is not yet written.
        Call::Submit(_) if !before.outgoing() && whole.outgoing() && follows(Dim::F1, F1::PartialEffects) => {
            Some(unqueued(whole))
        }
        // The flags are cleared, and the row is not yet deleted; nor has the message been filed.
        Call::Finish(_) if before.queued && whole.finished && follows(Dim::D7, D7::RowKept) => {
            let Message { queued, place, copied, responsible, unsure, position, .. } = before;
            Some(Message { queued, place, copied, responsible, unsure, position, ..whole })
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
        | Call::Wait => None,
    }
}

/// A submission of which MSGFLAG_SUBMIT is saved, and nothing else that would get it sent.
pub(super) fn unqueued(m: Message) -> Message {
    Message { submit: true, queued: false, completing: false, lock: Lock::None, unsent: Tri::Free, position: 0, ..m }
}

#[cfg(test)]
mod tests {
    use super::cut;
    use crate::model::{Call, Draft, Env, Handle, Hook, Lock, Message, Place, Profile, Rules, Session};

    const UNCOUPLED: Profile = Profile {
        submits: Some(true),
        coupled: Some(false),
        addrtypes_known: true,
        wants_completion: None,
        persists_lock: None,
        store_sorts: None,
    };

    fn draft() -> Message {
        let draft = Draft { recipients: 1, ..Draft::default() };
        Message { place: Place::Outbox, recipients: draft.recipients, unsure: 1, ..Message::default() }
    }

    fn queued() -> Message {
        Message { queued: true, submit: true, was_submitted: true, unsure: 0, responsible: 1, ..draft() }
    }

    /// What may be left, each as its marks: queued, MSGFLAG_SUBMIT, finished, lock.
    #[track_caller]
    fn check(
        reading: Option<(&str, &str)>,
        session: Session,
        m: Message,
        call: Call,
        expected: &[(bool, bool, bool, Lock)],
    ) {
        let mut rules = Rules::defaults();
        if let Some((ambiguity, reading)) = reading {
            rules.declare(ambiguity, reading);
        }
        let mut out = vec![Message::default()];
        cut(&rules, UNCOUPLED, (session, Some(Handle::CREATED), true), m, call, &mut out);
        let marks: Vec<_> = out.iter().map(|m| (m.queued, m.submit, m.finished, m.lock)).collect();
        assert_eq!(marks, expected);
        assert_eq!(out[0], m, "not at all comes first");
    }

    #[test]
    fn a_submission_is_whole_or_not_at_all() {
        let call = Call::Submit(Env::default());
        let (none, whole) = ((false, false, false, Lock::None), (true, true, false, Lock::None));
        check(None, Session::Client(1), draft(), call, &[none, whole]);
        let torn = (false, true, false, Lock::None);
        check(Some(("F1", "PartialEffects")), Session::Client(1), draft(), call, &[none, whole, torn]);
    }

    #[test]
    fn a_finish_is_whole_or_not_at_all() {
        let (m, call) = (Message { lock: Lock::Spooler(1), ..queued() }, Call::Finish(Hook::default()));
        let (none, whole) = ((true, true, false, Lock::Spooler(1)), (false, false, true, Lock::None));
        check(None, Session::Spooler(1), m, call, &[none, whole]);
        let torn = (true, false, true, Lock::None);
        check(Some(("D7", "RowKept")), Session::Spooler(1), m, call, &[none, whole, torn]);
    }

    #[test]
    fn a_lock_is_there_or_not() {
        let lock = |lock| (true, true, false, lock);
        check(None, Session::Spooler(1), queued(), Call::SetLock(true), &[lock(Lock::None), lock(Lock::Spooler(1))]);
        let held = Message { lock: Lock::Spooler(1), ..queued() };
        check(None, Session::Spooler(1), held, Call::SetLock(false), &[lock(Lock::Spooler(1)), lock(Lock::None)]);
        // Whoever holds another's lock can change nothing, so nothing can be cut short.
        check(None, Session::Spooler(2), held, Call::SetLock(true), &[lock(Lock::Spooler(1))]);
    }

    #[test]
    fn a_lock_outlives_its_holder_on_show_or_is_gone() {
        let held = Message { lock: Lock::Spooler(1), ..queued() };
        let lock = |lock| (true, true, false, lock);
        let of_leaving = [lock(Lock::Spooler(1)), lock(Lock::Orphan), lock(Lock::Lost)];
        check(None, Session::Spooler(1), held, Call::Leave, &of_leaving);
        check(None, Session::Spooler(2), held, Call::Leave, &[lock(Lock::Spooler(1))]);
    }
}
