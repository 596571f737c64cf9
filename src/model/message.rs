//! One message as the pages speak of it.

/// Where a message lies.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Place {
    /// It was never created.
    #[default]
    Absent,
    /// In the folder it was composed in: the Outbox, or any other (E7).
    Outbox,
    /// In the folder of PR_SENTMAIL_ENTRYID.
    SentMail,
    /// In the Deleted Items folder.
    Deleted,
    /// It was deleted.
    Gone,
}

impl Place {
    /// Whether the message can still be found somewhere.
    #[must_use]
    pub const fn exists(self) -> bool {
        matches!(self, Self::Outbox | Self::SentMail | Self::Deleted)
    }
}

/// A property whose value the pages may leave open, where no later reply depends on it.
///
/// `Free` is not a hidden choice: a value that is seen binds it ([`Tri::bind`]), and it must then stay.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Tri {
    /// Clear, or absent.
    #[default]
    Clear,
    /// Set.
    Set,
    /// Either; nothing that follows depends on it.
    Free,
}

impl Tri {
    /// Whether `seen` is allowed.
    #[must_use]
    pub const fn admits(self, seen: bool) -> bool {
        match self {
            Self::Clear => !seen,
            Self::Set => seen,
            Self::Free => true,
        }
    }

    /// The value after `seen` was observed.
    #[must_use]
    pub const fn bind(seen: bool) -> Self {
        if seen { Self::Set } else { Self::Clear }
    }
}

/// Who holds the lock of SetLockState.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Lock {
    /// Nobody.
    #[default]
    None,
    /// The spooler logon with this number, from 1.
    Spooler(u8),
    /// A client; the store was free to serve it (H15).
    Client,
    /// Shown after a restart, held by a session that is gone (C3, H1).
    Orphan,
    /// Not shown after a restart; it must not block (C3, H1). As `None`, but remembered for blame.
    Lost,
}

impl Lock {
    /// Whether SUBMITFLAG_LOCKED is set (PSF-02).
    #[must_use]
    pub const fn shown(self) -> bool {
        !matches!(self, Self::None | Self::Lost)
    }

    /// Whether spooler `number` may treat the lock as its own.
    #[must_use]
    pub const fn is_held_by(self, number: u8) -> bool {
        match self {
            Self::Spooler(holder) => holder == number,
            Self::Orphan => true,
            Self::None | Self::Client | Self::Lost => false,
        }
    }
}

/// PR_ACCESS_LEVEL of an open object.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// Read-only.
    #[default]
    Read,
    /// Read/write.
    Write,
}

/// The state of one message: what decides the store's later replies, and no more.
///
/// Recipients are bits, in the order of the recipient table; those from the 33rd on are not followed.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Message {
    /// Where it lies.
    pub place: Place,
    /// Whether it is in the outgoing queue: the store will still hand it to a spooler.
    pub queued: bool,
    /// MSGFLAG_SUBMIT.
    pub submit: bool,
    /// MSGFLAG_UNSENT.
    pub unsent: Tri,
    /// MSGFLAG_RESEND.
    pub resend: bool,
    /// SUBMITFLAG_PREPROCESS.
    pub preprocess: bool,
    /// PR_PREPROCESS, which belongs to MAPI.
    pub pr_preprocess: Tri,
    /// The spooler has called SubmitMessage after preprocessing.
    pub preprocessed: bool,
    /// NEEDS_SPOOLER as ExpandRecips returned it.
    pub needs_spooler: bool,
    /// The store has called CompleteMsg, and FinishedMsg has not come.
    pub completing: bool,
    /// PR_SENTMAIL_ENTRYID is set.
    pub sentmail: bool,
    /// PR_DELETE_AFTER_SUBMIT is TRUE.
    pub delete: bool,
    /// A copy lies in the sent-mail folder beside the original.
    pub copied: bool,
    /// It was submitted with success at least once.
    pub was_submitted: bool,
    /// Its sent-message processing is done.
    pub finished: bool,
    /// A spooler will be handed it a second time: FinishedMsg ends the first alone (A2, E5, E6). No permitted reading
    /// leads here.
    pub doubled: bool,
    /// PR_CLIENT_SUBMIT_TIME is there.
    pub timed: Tri,
    /// SUBMITFLAG_LOCKED, and for whom.
    pub lock: Lock,
    /// How many recipients there are; [`Message::MANY`] if that is not known.
    pub recipients: u8,
    /// Recipients whose PR_RESPONSIBILITY is TRUE.
    pub responsible: u32,
    /// Recipients whose PR_RESPONSIBILITY may be either (a draft's; after a crash, H7).
    pub unsure: u32,
    /// Recipients whose address type the coupled transport delivers.
    pub known: u32,
    /// Place in the queue, from 1; 0 outside the queue. Used by a whole store only.
    pub position: u8,
    /// Rank of PR_CLIENT_SUBMIT_TIME among the messages of a store, from 1. Used by a whole store only.
    pub time: u8,
}

impl Message {
    /// The number of recipients when the log does not tell.
    pub const MANY: u8 = u8::MAX;
    /// How many recipients are followed.
    pub const TRACKED: u8 = 32;

    /// Whether the message is on its way out: in the queue, marked, or handed to the spooler by CompleteMsg.
    #[must_use]
    pub const fn outgoing(&self) -> bool {
        self.place.exists() && (self.queued || self.submit || self.completing)
    }

    /// Whether it is for a spooler to take up, when its turn comes.
    #[must_use]
    pub const fn awaits_turn(&self) -> bool {
        self.queued || self.completing
    }

    /// Whether nothing more comes of it: it is finished, and nobody will be handed it again; or it is nowhere.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        !self.place.exists() || (self.finished && !self.outgoing())
    }

    /// The recipients that are followed, as bits.
    #[must_use]
    pub const fn everyone(&self) -> u32 {
        match self.recipients {
            0 => 0,
            count if count >= Self::TRACKED => u32::MAX,
            count => (1 << count) - 1,
        }
    }

    /// Whether the coupled transport can deliver to every recipient.
    #[must_use]
    pub const fn all_known(&self) -> bool {
        self.known & self.everyone() == self.everyone()
    }

    /// Recipients whose PR_RESPONSIBILITY is FALSE for certain.
    #[must_use]
    pub const fn unclaimed(&self) -> u32 {
        self.everyone() & !self.responsible & !self.unsure
    }
}
