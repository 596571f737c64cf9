//! The calls of a scenario: one variant per call, each with parameters of its own.

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Access, Recipient, RestartKind};

/// What a step does, in the alphabetical order of the protocol's names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Call {
    /// `abort_submit`
    AbortSubmit {
        /// The message to take back.
        message: String,
    },
    /// `create_message`
    CreateMessage(NewMessage),
    /// `expect_notification`: waits for a notification; calls nothing.
    ExpectNotification {
        /// The kind of notification.
        event: Event,
        /// The message that it must name, if it names one.
        message: Option<String>,
    },
    /// `finished_msg`
    FinishedMsg {
        /// The message that has been sent.
        message: String,
        /// How MAPI answers meanwhile.
        answers: Answers,
    },
    /// `get_outgoing_queue`
    GetOutgoingQueue,
    /// `get_props`
    GetProps {
        /// The open object.
        target: Target,
        /// The properties to read.
        props: Vec<String>,
    },
    /// `notify_new_mail`
    NotifyNewMail {
        /// The message that has arrived.
        message: String,
    },
    /// `observe`: looks at a message and changes nothing.
    Observe {
        /// The message to look at.
        message: String,
    },
    /// `open_entry`
    OpenEntry {
        /// The message to open, and the name of the handle.
        target: Target,
        /// The access asked for; `None` is the default, read-only.
        flag: Option<OpenFlag>,
        /// The `PR_ACCESS_LEVEL` that this path assumes.
        access: Option<Access>,
    },
    /// `release`
    Release {
        /// The open object.
        target: Target,
    },
    /// `restart`
    Restart {
        /// How the store process ends.
        kind: RestartKind,
    },
    /// `set_lock_state`
    SetLockState {
        /// The open object.
        target: Target,
        /// Whether to lock or to unlock.
        lock: bool,
    },
    /// `set_props`
    SetProps {
        /// The open object.
        target: Target,
        /// The new `PR_SUBJECT`.
        subject: String,
        /// `SaveChanges` afterwards.
        save: bool,
    },
    /// `set_responsibility`
    SetResponsibility {
        /// The open object.
        target: Target,
        /// The recipient's address.
        recipient: String,
        /// The new `PR_RESPONSIBILITY`.
        value: bool,
    },
    /// `submit_message`
    SubmitMessage {
        /// The open object.
        target: Target,
        /// Whether `FORCE_SUBMIT` is set.
        force: bool,
        /// How MAPI answers meanwhile.
        answers: Answers,
    },
}

/// The parameters of `create_message`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NewMessage {
    /// The message's name, and the name of the handle.
    pub target: Target,
    /// Its recipient table.
    pub recipients: Vec<Recipient>,
    /// Whether `PR_SENTMAIL_ENTRYID` is set.
    pub sentmail: bool,
    /// `PR_DELETE_AFTER_SUBMIT`, where it is set.
    pub delete_after_submit: Option<bool>,
    /// Whether `MSGFLAG_RESEND` is set.
    pub resend: bool,
    /// `PR_SUBJECT`.
    pub subject: Option<String>,
}

/// An open object: the session's last one on `message`, or the one that `handle` names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Target {
    /// The message's name.
    pub message: String,
    /// The handle's name, where it has one.
    pub handle: Option<String>,
}

/// A flag of `OpenEntry`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OpenFlag {
    /// `MAPI_BEST_ACCESS`
    BestAccess,
    /// `MAPI_MODIFY`
    Modify,
}

impl OpenFlag {
    /// Every flag.
    pub const ALL: [Self; 2] = [Self::BestAccess, Self::Modify];

    /// The name that MAPI gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BestAccess => "MAPI_BEST_ACCESS",
            Self::Modify => "MAPI_MODIFY",
        }
    }
}

/// A notification that a step waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// A row came into the outgoing queue.
    Added,
    /// A row left the outgoing queue.
    Deleted,
    /// A row of the outgoing queue changed.
    Modified,
    /// New mail.
    NewMail,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 4] = [Self::Added, Self::Deleted, Self::Modified, Self::NewMail];

    /// The name in a file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Deleted => "deleted",
            Self::Modified => "modified",
            Self::NewMail => "new_mail",
        }
    }

    /// The protocol's method that carries it.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Added | Self::Deleted | Self::Modified => "notify.table_modified",
            Self::NewMail => "notify.new_mail",
        }
    }
}

/// How MAPI's support object answers while a call is in progress. What is absent is left to whoever plays MAPI:
/// success, and no flag.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Answers {
    /// What `PrepareSubmit` returns.
    pub prepare: Option<HResult>,
    /// The recipient table after `PrepareSubmit`.
    pub prepared: Option<Vec<Recipient>>,
    /// `ExpandRecips` sets `NEEDS_PREPROCESSING`.
    pub needs_preprocessing: bool,
    /// `ExpandRecips` sets `NEEDS_SPOOLER`.
    pub needs_spooler: bool,
    /// What `ExpandRecips` returns.
    pub expand: Option<HResult>,
    /// The recipient table after `ExpandRecips`; an empty one is possible.
    pub expanded: Option<Vec<Recipient>>,
    /// What `CompleteMsg` returns.
    pub complete: Option<HResult>,
    /// What `DoSentMail` returns.
    pub sent_mail: Option<HResult>,
    /// `DoSentMail` says that a messaging hook took the message over.
    pub superseded: bool,
    /// What `SpoolerNotify` returns.
    pub notify: Option<HResult>,
}

impl Answers {
    /// The support calls without which these answers would never be given.
    pub(super) fn methods(&self) -> impl Iterator<Item = &'static str> {
        [
            (self.prepare.is_some() || self.prepared.is_some(), "support.prepare_submit"),
            (
                self.needs_preprocessing || self.needs_spooler || self.expand.is_some() || self.expanded.is_some(),
                "support.expand_recips",
            ),
            (self.complete.is_some(), "support.complete_msg"),
            (self.sent_mail.is_some() || self.superseded, "support.do_sent_mail"),
            (self.notify.is_some(), "support.spooler_notify"),
        ]
        .into_iter()
        .filter_map(|(given, method)| given.then_some(method))
    }
}

impl Call {
    /// The protocol's name of the call, or the format's own for `expect_notification`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AbortSubmit { .. } => "abort_submit",
            Self::CreateMessage(_) => "create_message",
            Self::ExpectNotification { .. } => "expect_notification",
            Self::FinishedMsg { .. } => "finished_msg",
            Self::GetOutgoingQueue => "get_outgoing_queue",
            Self::GetProps { .. } => "get_props",
            Self::NotifyNewMail { .. } => "notify_new_mail",
            Self::Observe { .. } => "observe",
            Self::OpenEntry { .. } => "open_entry",
            Self::Release { .. } => "release",
            Self::Restart { .. } => "restart",
            Self::SetLockState { .. } => "set_lock_state",
            Self::SetProps { .. } => "set_props",
            Self::SetResponsibility { .. } => "set_responsibility",
            Self::SubmitMessage { .. } => "submit_message",
        }
    }

    /// The message that the call is about.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::AbortSubmit { message }
            | Self::FinishedMsg { message, .. }
            | Self::NotifyNewMail { message }
            | Self::Observe { message } => Some(message),
            Self::CreateMessage(NewMessage { target, .. })
            | Self::GetProps { target, .. }
            | Self::OpenEntry { target, .. }
            | Self::Release { target }
            | Self::SetLockState { target, .. }
            | Self::SetProps { target, .. }
            | Self::SetResponsibility { target, .. }
            | Self::SubmitMessage { target, .. } => Some(&target.message),
            Self::ExpectNotification { message, .. } => message.as_deref(),
            Self::GetOutgoingQueue | Self::Restart { .. } => None,
        }
    }

    /// The handle that the call makes.
    pub(crate) const fn opens(&self) -> Option<&Target> {
        if self.makes_handle() { self.target() } else { None }
    }

    /// The handle that the call uses.
    pub(crate) const fn uses(&self) -> Option<&Target> {
        if self.makes_handle() { None } else { self.target() }
    }

    const fn makes_handle(&self) -> bool {
        matches!(self, Self::CreateMessage(_) | Self::OpenEntry { .. })
    }

    /// Where a handle is named that the call makes or uses.
    const fn target(&self) -> Option<&Target> {
        match self {
            Self::CreateMessage(NewMessage { target, .. })
            | Self::GetProps { target, .. }
            | Self::OpenEntry { target, .. }
            | Self::Release { target }
            | Self::SetLockState { target, .. }
            | Self::SetProps { target, .. }
            | Self::SetResponsibility { target, .. }
            | Self::SubmitMessage { target, .. } => Some(target),
            Self::AbortSubmit { .. }
            | Self::ExpectNotification { .. }
            | Self::FinishedMsg { .. }
            | Self::GetOutgoingQueue
            | Self::NotifyNewMail { .. }
            | Self::Observe { .. }
            | Self::Restart { .. } => None,
        }
    }

    /// The same, to name it otherwise.
    pub(crate) const fn target_mut(&mut self) -> Option<&mut Target> {
        match self {
            Self::CreateMessage(NewMessage { target, .. })
            | Self::GetProps { target, .. }
            | Self::OpenEntry { target, .. }
            | Self::Release { target }
            | Self::SetLockState { target, .. }
            | Self::SetProps { target, .. }
            | Self::SetResponsibility { target, .. }
            | Self::SubmitMessage { target, .. } => Some(target),
            Self::AbortSubmit { .. }
            | Self::ExpectNotification { .. }
            | Self::FinishedMsg { .. }
            | Self::GetOutgoingQueue
            | Self::NotifyNewMail { .. }
            | Self::Observe { .. }
            | Self::Restart { .. } => None,
        }
    }

    /// How MAPI answers during the call, where it can be asked.
    #[must_use]
    pub const fn answers(&self) -> Option<&Answers> {
        match self {
            Self::FinishedMsg { answers, .. } | Self::SubmitMessage { answers, .. } => Some(answers),
            Self::AbortSubmit { .. }
            | Self::CreateMessage(_)
            | Self::ExpectNotification { .. }
            | Self::GetOutgoingQueue
            | Self::GetProps { .. }
            | Self::NotifyNewMail { .. }
            | Self::Observe { .. }
            | Self::OpenEntry { .. }
            | Self::Release { .. }
            | Self::Restart { .. }
            | Self::SetLockState { .. }
            | Self::SetProps { .. }
            | Self::SetResponsibility { .. } => None,
        }
    }
}
