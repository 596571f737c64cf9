//! What the oracle says, in words: calls, replies, aspects, changes.

use spoolproof_sdk::HResult;

use crate::model::{Aspect, Call, Codes, Level, Lock, Message, OpenFlags, Place, Reply, Session, Step, Stop};

/// The call by MAPI's own name.
pub(crate) const fn call(call: Call) -> &'static str {
    match call {
        Call::Abort => "AbortSubmit",
        Call::Create(_) => "CreateMessage",
        Call::Finish(_) => "FinishedMsg",
        Call::GetProps => "GetProps",
        Call::Leave => "the death of a session",
        Call::NotifyNewMail => "NotifyNewMail",
        Call::Open(OpenFlags::None) => "OpenEntry",
        Call::Open(OpenFlags::Modify) => "OpenEntry(MAPI_MODIFY)",
        Call::Open(OpenFlags::BestAccess) => "OpenEntry(MAPI_BEST_ACCESS)",
        Call::Release => "Release",
        Call::Restart(Stop::Clean) => "a clean restart",
        Call::Restart(Stop::Crash) => "a crash and restart",
        Call::SetLock(true) => "SetLockState(MSG_LOCKED)",
        Call::SetLock(false) => "SetLockState(MSG_UNLOCKED)",
        Call::SetProps { save: true } => "SetProps and SaveChanges",
        Call::SetProps { save: false } => "SetProps",
        Call::SetResponsibility { .. } => "ModifyRecipients of PR_RESPONSIBILITY",
        Call::Submit(_) => "SubmitMessage",
        Call::Wait => "a call on another message",
    }
}

/// Who calls.
pub(super) fn session(session: Session) -> String {
    match session {
        Session::Client(number) => format!("client-{number}"),
        Session::Spooler(1) => "spooler".to_owned(),
        Session::Spooler(number) => format!("spooler-{number}"),
    }
}

/// What kind of message it was, before the call.
pub(crate) fn state(m: &Message) -> &'static str {
    match m.place {
        Place::Absent => "new",
        Place::Gone => "deleted",
        Place::Outbox | Place::SentMail | Place::Deleted => {
            if m.lock.shown() && m.outgoing() {
                "queued and locked"
            } else if m.completing {
                "completing"
            } else if m.queued && m.preprocess {
                "queued (to be preprocessed)"
            } else if m.queued {
                "queued"
            } else if m.submit {
                "submitted, but not queued"
            } else if m.finished {
                "sent"
            } else if m.was_submitted {
                "aborted"
            } else {
                "draft"
            }
        }
    }
}

/// The replies that would have been right, from the steps that break nothing.
pub(crate) fn replies<'a>(steps: impl Iterator<Item = &'a Step>, support: Option<HResult>) -> String {
    let mut words: Vec<String> = Vec::new();
    for step in steps {
        let word = reply(step.reply, support);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", or ")
}

fn reply(reply: Reply, support: Option<HResult>) -> String {
    match reply {
        Reply::Success => "S_OK".to_owned(),
        Reply::Opened(Level::Read) => "S_OK with read-only access".to_owned(),
        Reply::Opened(Level::Write) => "S_OK with read/write access".to_owned(),
        Reply::OpenedInName => "a refusal at the first use".to_owned(),
        Reply::Refused(Codes::Any) => "a failure".to_owned(),
        Reply::Refused(Codes::OneOf(codes)) => codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "),
        Reply::Refused(Codes::NoneOf(_)) => "another failure".to_owned(),
        Reply::Refused(Codes::OfSupport) => support
            .map_or_else(|| "the support call's error".to_owned(), |code| format!("{code}, the support call's error")),
    }
}

/// What an aspect should have been.
pub(super) fn expected(aspect: Aspect, m: &Message) -> String {
    let is = |set: bool, name: &str| format!("{name} {}", if set { "set" } else { "clear" });
    match aspect {
        Aspect::Exists => if m.place.exists() { "the message exists" } else { "the message is deleted" }.to_owned(),
        Aspect::Folder => format!("the message lies in {}", place(m.place)),
        Aspect::Copies if m.copied => "the message and one copy".to_owned(),
        Aspect::Copies => "one message, and no copies".to_owned(),
        Aspect::Queue => if m.queued { "in the outgoing queue" } else { "not in the outgoing queue" }.to_owned(),
        Aspect::Submit => is(m.submit, "MSGFLAG_SUBMIT"),
        Aspect::Unsent => is(m.unsent == crate::model::Tri::Set, "MSGFLAG_UNSENT"),
        Aspect::Locked => is(m.lock.shown(), "SUBMITFLAG_LOCKED"),
        Aspect::Preprocess => is(m.preprocess, "SUBMITFLAG_PREPROCESS"),
        Aspect::PrPreprocess => is(m.pr_preprocess == crate::model::Tri::Set, "PR_PREPROCESS"),
        Aspect::SubmitTime => "PR_CLIENT_SUBMIT_TIME set, and kept".to_owned(),
        Aspect::Responsibility => "PR_RESPONSIBILITY of each recipient as it was last set".to_owned(),
        Aspect::Recipients => "every recipient in the recipient table".to_owned(),
        Aspect::Content => "the content unchanged but by a call that succeeds".to_owned(),
        Aspect::Prepare => "PrepareSubmit is called".to_owned(),
        Aspect::Expand => "ExpandRecips is called".to_owned(),
        Aspect::Complete => {
            "CompleteMsg is called by a coupled store that sent to everybody, and by no other".to_owned()
        }
        Aspect::SentMail => "DoSentMail is called once, in FinishedMsg".to_owned(),
        Aspect::SpoolerNotify => "SpoolerNotify(NOTIFY_READYTOSEND) before the first PrepareSubmit".to_owned(),
        Aspect::Rows => "one row for each queued message, and no other".to_owned(),
        Aspect::Order => "rows in the order of submission".to_owned(),
        Aspect::Columns => "every required column".to_owned(),
        Aspect::Notify => "a notification of the queue table".to_owned(),
        Aspect::Reply | Aspect::Access => "another reply".to_owned(),
    }
}

/// What is wrong with an aspect, as a clause that follows "after the call".
pub(super) fn fault(aspect: Aspect, m: &Message) -> String {
    let flag = |set: bool, name: &str| format!("{name} is {}", if set { "not set" } else { "set" });
    match aspect {
        Aspect::Exists => if m.place.exists() { "the message is gone" } else { "the message still exists" }.to_owned(),
        Aspect::Folder => format!("the message does not lie in {}", place(m.place)),
        Aspect::Copies => "there is a wrong number of copies".to_owned(),
        Aspect::Queue if m.queued => "the message is not in the outgoing queue".to_owned(),
        Aspect::Queue => "the message is in the outgoing queue".to_owned(),
        Aspect::Submit => flag(m.submit, "MSGFLAG_SUBMIT"),
        Aspect::Unsent => flag(m.unsent == crate::model::Tri::Set, "MSGFLAG_UNSENT"),
        Aspect::Locked => flag(m.lock.shown(), "SUBMITFLAG_LOCKED"),
        Aspect::Preprocess => flag(m.preprocess, "SUBMITFLAG_PREPROCESS"),
        Aspect::PrPreprocess => flag(m.pr_preprocess == crate::model::Tri::Set, "PR_PREPROCESS"),
        Aspect::SubmitTime => "PR_CLIENT_SUBMIT_TIME is missing, or changed".to_owned(),
        Aspect::Responsibility => "a recipient's PR_RESPONSIBILITY is wrong".to_owned(),
        Aspect::Recipients => "a recipient is missing".to_owned(),
        Aspect::Content => "the content is not what it should be".to_owned(),
        Aspect::Prepare => "PrepareSubmit was not called".to_owned(),
        Aspect::Expand => "ExpandRecips was not called".to_owned(),
        Aspect::Complete => "CompleteMsg was called when it must not be, or not called when it must".to_owned(),
        Aspect::SentMail => "DoSentMail was not called exactly once".to_owned(),
        Aspect::SpoolerNotify => "PrepareSubmit came before SpoolerNotify(NOTIFY_READYTOSEND)".to_owned(),
        Aspect::Rows => "the queue table has a wrong row".to_owned(),
        Aspect::Order => "the queue table is out of order".to_owned(),
        Aspect::Columns => "the queue table lacks a column".to_owned(),
        Aspect::Notify => "no notification came".to_owned(),
        Aspect::Reply | Aspect::Access => "the reply is wrong".to_owned(),
    }
}

const fn place(place: Place) -> &'static str {
    match place {
        Place::Absent | Place::Gone => "no folder",
        Place::Outbox => "its own folder",
        Place::SentMail => "the sent-mail folder",
        Place::Deleted => "the Deleted Items folder",
    }
}

/// Only what changed between two states of a message.
pub(super) fn change(before: &Message, after: &Message) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut flag = |was: bool, is: bool, name: &str| {
        if was != is {
            words.push(format!("{}{name}", if is { '+' } else { '-' }));
        }
    };
    flag(before.queued, after.queued, "queue");
    flag(before.submit, after.submit, "SUBMIT");
    flag(before.lock.shown(), after.lock.shown(), "LOCKED");
    flag(before.preprocess, after.preprocess, "PREPROCESS");
    flag(before.completing, after.completing, "completing");
    if before.lock != after.lock && before.lock.shown() && after.lock.shown() {
        words.push(match after.lock {
            Lock::Orphan => "LOCKED by a session that is gone".to_owned(),
            Lock::Spooler(number) => format!("LOCKED by {}", session(Session::Spooler(number))),
            Lock::Client => "LOCKED by a client".to_owned(),
            Lock::None | Lock::Lost => String::new(),
        });
    }
    let claimed = after.responsible & after.everyone() & !before.responsible;
    if claimed != 0 {
        words.push(format!(
            "{} of {} recipients TRUE",
            (after.responsible & after.everyone()).count_ones(),
            after.recipients
        ));
    }
    if before.place != after.place {
        words.push(match after.place {
            Place::Gone => "deleted".to_owned(),
            Place::Outbox if before.place == Place::Absent => "created".to_owned(),
            Place::Absent | Place::Outbox | Place::SentMail | Place::Deleted => format!("→ {}", place(after.place)),
        });
    }
    words.join("  ")
}

/// What was seen of an aspect, from the observation itself.
pub(super) fn seen(aspect: Aspect, observation: &spoolproof_sdk::wire::Observation) -> String {
    fn json(value: &impl serde::Serialize) -> String {
        serde_json::to_string(value).unwrap_or_default()
    }
    match aspect {
        Aspect::Exists => format!("exists {}", json(&observation.exists)),
        Aspect::Folder => format!("folder {}", json(&observation.folder)),
        Aspect::Copies => {
            format!("copies {}, sentmail_copies {}", json(&observation.copies), json(&observation.sentmail_copies))
        }
        Aspect::Queue => format!("in_outgoing_queue {}", json(&observation.in_outgoing_queue)),
        Aspect::Submit | Aspect::Unsent => format!("PR_MESSAGE_FLAGS {}", json(&observation.message_flags)),
        Aspect::Locked | Aspect::Preprocess => format!("PR_SUBMIT_FLAGS {}", json(&observation.submit_flags)),
        Aspect::PrPreprocess => format!("PR_PREPROCESS {}", json(&observation.preprocess)),
        Aspect::SubmitTime => format!("PR_CLIENT_SUBMIT_TIME {}", json(&observation.client_submit_time)),
        Aspect::Responsibility | Aspect::Recipients => format!("recipients {}", json(&observation.recipients)),
        Aspect::Content => format!("PR_SUBJECT {}", json(&observation.subject)),
        Aspect::Access
        | Aspect::Columns
        | Aspect::Complete
        | Aspect::Expand
        | Aspect::Notify
        | Aspect::Order
        | Aspect::Prepare
        | Aspect::Reply
        | Aspect::Rows
        | Aspect::SentMail
        | Aspect::SpoolerNotify => String::new(),
    }
}
