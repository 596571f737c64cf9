//! A requirement: one normative statement of one page.

use std::fmt;

use super::document::Keyword;

/// One normative statement, paraphrased, with its source and what this project does about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requirement {
    /// The id, as `SLS-08`.
    pub id: String,
    /// Who is held to it.
    pub who: Vec<Who>,
    /// How strongly.
    pub strength: Strength,
    /// Where the strength comes from the form of the text and not from a modal verb.
    pub form: Option<Form>,
    /// The page that states it.
    pub page: String,
    /// The place on that page.
    pub section: String,
    /// The statement in the project's own words.
    pub text: String,
    /// What this project does about it.
    pub status: RequirementStatus,
    /// Why it has its status; always there for `Untestable` and `Todo`.
    pub why: Option<String>,
    /// The cheapest way to see it from outside.
    pub observed_by: Option<String>,
    /// The ids of the ambiguities that it is part of.
    pub ambiguity: Vec<String>,
    /// The ids of scenarios that show it.
    pub shown_by: Vec<String>,
}

/// Where a page can be read, if it is one of the MAPI reference's and not an Open Specifications document.
pub(crate) fn page_address(page: &str) -> Option<String> {
    let is_stem = page.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    is_stem.then(|| format!("https://learn.microsoft.com/office/client-developer/outlook/mapi/{page}"))
}

/// Who is held to a requirement.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Who {
    /// A client application.
    Client,
    /// MAPI itself: the support object and the subsystem.
    Mapi,
    /// A preprocessor function.
    Preprocessor,
    /// The MAPI spooler.
    Spooler,
    /// The message store provider.
    Store,
    /// A transport provider.
    Transport,
}

/// How strongly a requirement binds, from most to least.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Strength {
    /// Breaking it is a violation.
    Must,
    /// Breaking it is a deviation.
    Should,
    /// A permission.
    May,
    /// A sentence that fixes what something means and obliges nobody.
    Definition,
}

/// Where a MUST comes from when the page has no modal verb.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Form {
    /// A bare imperative in the notes to implementers or callers.
    Imperative,
    /// A step of a numbered procedure.
    Procedure,
}

/// What this project does about a requirement.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum RequirementStatus {
    /// Settled by how an adapter presents its provider, or played by the checker in MAPI's place.
    Adapter,
    /// Judged, in a provider's run or in a recorded log.
    Modelled,
    /// Could be judged, and is not yet.
    Todo,
    /// Nothing at the boundary shows it, or there is nothing to break.
    Untestable,
}

impl Keyword for Who {
    const ALL: &'static [(&'static str, Self)] = &[
        ("client", Self::Client),
        ("mapi", Self::Mapi),
        ("preprocessor", Self::Preprocessor),
        ("spooler", Self::Spooler),
        ("store", Self::Store),
        ("transport", Self::Transport),
    ];
}

impl Keyword for Strength {
    const ALL: &'static [(&'static str, Self)] =
        &[("MUST", Self::Must), ("SHOULD", Self::Should), ("MAY", Self::May), ("DEF", Self::Definition)];
}

impl Keyword for Form {
    const ALL: &'static [(&'static str, Self)] = &[("imperative", Self::Imperative), ("procedure", Self::Procedure)];
}

impl Keyword for RequirementStatus {
    const ALL: &'static [(&'static str, Self)] = &[
        ("adapter", Self::Adapter),
        ("modelled", Self::Modelled),
        ("todo", Self::Todo),
        ("untestable", Self::Untestable),
    ];
}

impl RequirementStatus {
    /// Whether a row with this status has to say why.
    pub(super) const fn needs_why(self) -> bool {
        match self {
            Self::Adapter | Self::Modelled => false,
            Self::Todo | Self::Untestable => true,
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

impl fmt::Display for RequirementStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}
