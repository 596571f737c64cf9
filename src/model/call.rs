//! Calls on a store, and what surrounds them: who calls, through which handle, what MAPI answers meanwhile.

use spoolproof_sdk::wire;

use super::message::Level;

/// Who calls.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Session {
    /// A client session, from 1.
    Client(u8),
    /// A spooler logon (`IMSProvider::SpoolerLogon`), from 1.
    Spooler(u8),
}

impl Session {
    /// Whether this is a client.
    #[must_use]
    pub const fn is_client(self) -> bool {
        matches!(self, Self::Client(_))
    }
}

/// Flags of OpenEntry.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum OpenFlags {
    /// No flag: read-only is asked for (OPN-03).
    None,
    /// MAPI_MODIFY.
    Modify,
    /// MAPI_BEST_ACCESS.
    BestAccess,
}

/// An open object, as far as it decides what may be done through it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Handle {
    /// Write access was asked for, or came with the creation.
    pub asked: Level,
    /// PR_ACCESS_LEVEL; `None` when the log does not tell.
    pub granted: Option<Level>,
    /// SubmitMessage through it succeeded (SUB-11).
    pub spent: bool,
    /// The message was submitted since it was opened, through this object or another (B2, H13).
    pub stale: bool,
    /// SubmitMessage through it failed, which leaves it usable (SUB-13).
    pub refused: bool,
    /// It holds changes that were not saved (SLS-09).
    pub dirty: bool,
}

impl Handle {
    /// The handle of a message that was just created.
    pub const CREATED: Self = Self {
        asked: Level::Write,
        granted: Some(Level::Write),
        spent: false,
        stale: false,
        refused: false,
        dirty: false,
    };

    /// Whether everybody agrees that it gives write access.
    #[must_use]
    pub fn writes(self) -> bool {
        self.asked == Level::Write && self.granted == Some(Level::Write)
    }

    /// Whether everybody agrees that it is read-only.
    #[must_use]
    pub fn only_reads(self) -> bool {
        self.granted == Some(Level::Read)
    }
}

/// What a new message is made of.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Draft {
    /// How many recipients.
    pub recipients: u8,
    /// Those whose address type the coupled transport delivers, as bits.
    pub known: u32,
    /// PR_SENTMAIL_ENTRYID is set.
    pub sentmail: bool,
    /// PR_DELETE_AFTER_SUBMIT is TRUE.
    pub delete: bool,
    /// MSGFLAG_RESEND is set.
    pub resend: bool,
}

/// How a call on the support object ends, if it is made.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Support {
    /// It succeeds.
    #[default]
    Succeeds,
    /// It fails.
    Fails,
    /// Support calls are not in the log.
    Hidden,
}

/// What ExpandRecips returns, if it is called.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Expand {
    /// Whether it succeeds.
    pub ends: Support,
    /// NEEDS_PREPROCESSING.
    pub preprocessing: bool,
    /// NEEDS_SPOOLER.
    pub spooler: bool,
    /// The expanded list: how many recipients, and which of them the coupled transport delivers to.
    pub replaced: Option<(u8, u32)>,
}

/// What MAPI answers while SubmitMessage runs.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Env {
    /// PrepareSubmit.
    pub prepare: Support,
    /// Rows that PrepareSubmit set TRUE, if it changed the table.
    pub prepared: Option<u32>,
    /// ExpandRecips.
    pub expand: Expand,
    /// CompleteMsg.
    pub complete: Support,
    /// SpoolerNotify(NOTIFY_READYTOSEND).
    pub notify: Support,
    /// DoSentMail, if a coupled store calls it when it finishes a message itself.
    pub hook: Hook,
}

/// What MAPI answers while FinishedMsg runs.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Hook {
    /// DoSentMail.
    pub sent_mail: Support,
    /// A messaging hook took the message over.
    pub superseded: bool,
}

/// How a store stops before it starts again.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Stop {
    /// It is shut down.
    Clean,
    /// It is killed.
    Crash,
}

/// A call on one message.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Call {
    /// IMsgStore::AbortSubmit.
    Abort,
    /// IMAPIFolder::CreateMessage, the properties and SaveChanges.
    Create(Draft),
    /// IMsgStore::FinishedMsg.
    Finish(Hook),
    /// IMAPIProp::GetProps.
    GetProps,
    /// The session's process dies and releases nothing; the store lives on.
    Leave,
    /// IMsgStore::NotifyNewMail.
    NotifyNewMail,
    /// IMsgStore::OpenEntry.
    Open(OpenFlags),
    /// IUnknown::Release.
    Release,
    /// The store stops and starts again.
    Restart(Stop),
    /// IMsgStore::SetLockState; true is MSG_LOCKED.
    SetLock(bool),
    /// IMAPIProp::SetProps, and SaveChanges if `save`.
    SetProps {
        /// Whether SaveChanges follows.
        save: bool,
    },
    /// IMessage::ModifyRecipients of PR_RESPONSIBILITY, and SaveChanges.
    SetResponsibility {
        /// The recipient, by its place in the table; `None` for one that is not followed.
        recipient: Option<u8>,
        /// The new value.
        value: bool,
    },
    /// IMessage::SubmitMessage.
    Submit(Env),
    /// Nothing was done to this message.
    Wait,
}

impl Call {
    /// Whether only a store that supports sending need serve it (SEED1-01, SEED1-05, SEED1-06).
    #[must_use]
    pub const fn is_about_sending(self) -> bool {
        match self {
            Self::Abort | Self::Finish(_) | Self::NotifyNewMail | Self::SetLock(_) | Self::Submit(_) => true,
            Self::Create(_)
            | Self::GetProps
            | Self::Leave
            | Self::Open(_)
            | Self::Release
            | Self::Restart(_)
            | Self::SetProps { .. }
            | Self::SetResponsibility { .. }
            | Self::Wait => false,
        }
    }
}

/// What a store says of itself, as far as it decides its replies. `None` is unknown.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Profile {
    /// Whether it supports sending at all.
    pub submits: Option<bool>,
    /// Whether it is tightly coupled with a transport.
    pub coupled: Option<bool>,
    /// Whether the address types are known that its transport delivers.
    pub addrtypes_known: bool,
    /// Whether it wants the spooler to complete a message it has sent itself.
    pub wants_completion: Option<bool>,
    /// Whether a lock outlives a shutdown.
    pub persists_lock: Option<bool>,
    /// Whether the queue's default order is by submission time.
    pub store_sorts: Option<bool>,
}

impl From<&wire::Profile> for Profile {
    fn from(profile: &wire::Profile) -> Self {
        Self {
            submits: profile.outgoing_submission,
            coupled: profile.coupling.map(|coupling| coupling == wire::Coupling::Tight),
            addrtypes_known: profile.handles_addrtypes.is_some(),
            wants_completion: profile.wants_spooler_completion,
            persists_lock: profile.persists_lock,
            store_sorts: profile.sorts_queue.map(|sorts| sorts == wire::SortsQueue::Store),
        }
    }
}
