//! Clauses: what a step rests on, and which requirement pins which part of it.

use std::fmt;

/// A part of what can be seen of a call: what a requirement can pin, and a provider can get wrong.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Aspect {
    /// The HRESULT.
    Reply,
    /// PR_ACCESS_LEVEL of the opened object.
    Access,
    /// Whether the message exists.
    Exists,
    /// The folder that holds it.
    Folder,
    /// How many copies there are.
    Copies,
    /// Membership of the outgoing queue.
    Queue,
    /// MSGFLAG_SUBMIT.
    Submit,
    /// MSGFLAG_UNSENT.
    Unsent,
    /// SUBMITFLAG_LOCKED.
    Locked,
    /// SUBMITFLAG_PREPROCESS.
    Preprocess,
    /// PR_PREPROCESS.
    PrPreprocess,
    /// PR_CLIENT_SUBMIT_TIME.
    SubmitTime,
    /// PR_RESPONSIBILITY of the recipients.
    Responsibility,
    /// The recipient table's rows.
    Recipients,
    /// The message's content.
    Content,
    /// Whether PrepareSubmit was called.
    Prepare,
    /// Whether ExpandRecips was called.
    Expand,
    /// Whether CompleteMsg was called.
    Complete,
    /// Whether DoSentMail was called.
    SentMail,
    /// Whether SpoolerNotify was called.
    SpoolerNotify,
    /// The rows of the outgoing queue table.
    Rows,
    /// Their order.
    Order,
    /// The table's columns.
    Columns,
    /// Notifications.
    Notify,
}

/// A set of [`Aspect`]s.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Aspects(u32);

impl Aspects {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Adds one.
    pub const fn insert(&mut self, aspect: Aspect) {
        self.0 |= 1 << aspect as u8;
    }

    /// Whether `aspect` is in the set.
    #[must_use]
    pub const fn contains(self, aspect: Aspect) -> bool {
        self.0 & (1 << aspect as u8) != 0
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Aspect> for Aspects {
    fn from_iter<T: IntoIterator<Item = Aspect>>(aspects: T) -> Self {
        let mut set = Self::NONE;
        for aspect in aspects {
            set.insert(aspect);
        }
        set
    }
}

/// The requirements that pin one aspect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cite {
    /// The aspect.
    pub of: Aspect,
    /// The requirements, the closest first.
    pub ids: &'static [&'static str],
}

/// A rule of the pages, as one or more steps apply it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Clause {
    /// A short name, unique among clauses.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub text: &'static str,
    /// What it pins.
    pub cites: &'static [Cite],
    /// The SHOULDs that a step under this clause does not follow: it is permitted, and a deviation.
    pub breaks: &'static [&'static str],
}

impl Clause {
    /// What it says, without the full stop, to stand before a place or a name.
    pub fn says(&self) -> &'static str {
        self.text.trim().trim_end_matches('.')
    }

    /// The requirements that pin `aspect` under this clause.
    pub fn ids(&self, aspect: Aspect) -> impl Iterator<Item = &'static str> + use<> {
        self.cites.iter().filter(move |cite| cite.of == aspect).flat_map(|cite| cite.ids.iter().copied())
    }
}

impl fmt::Debug for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Declares clauses, `NAME { Aspect: "ID" "ID"; … } => "ID";` (the last: SHOULDs it breaks), and lists them.
macro_rules! clauses {
    ($($(#[doc = $doc:literal])+ $name:ident { $($aspect:ident: $($id:literal)+;)* } $(=> $($broken:literal)+;)?)+) => {
        $($(#[doc = $doc])+
        pub(crate) const $name: $crate::model::Clause = $crate::model::Clause {
            name: stringify!($name),
            text: concat!($($doc),+),
            cites: &[$($crate::model::Cite { of: $crate::model::Aspect::$aspect, ids: &[$($id),+] }),*],
            breaks: &[$($($broken),+)?],
        };)+

        /// Every clause of this file.
        pub(crate) const CLAUSES: &[$crate::model::Clause] = &[$($name),+];
    };
}
pub(crate) use clauses;

/// The clauses that say what clients, spoolers and transports do, and nothing of what a store answers.
pub(crate) fn clauses_of_callers() -> impl Iterator<Item = &'static Clause> {
    [super::caller::CLAUSES, super::conduct::CLAUSES, super::spooler::CLAUSES].into_iter().flatten()
}

/// Every clause of the model, for the test that holds ids in code and catalogue together, and for `explain`.
pub fn all_clauses() -> impl Iterator<Item = &'static Clause> {
    [
        super::abort::CLAUSES,
        super::caller::CLAUSES,
        super::conduct::CLAUSES,
        super::finish::CLAUSES,
        super::lock::CLAUSES,
        super::open::CLAUSES,
        super::props::CLAUSES,
        super::queue::CLAUSES,
        super::restart::CLAUSES,
        super::spooler::CLAUSES,
        super::step::CLAUSES,
        super::submit::CLAUSES,
    ]
    .into_iter()
    .flatten()
}
