//! An ambiguity: a place where the pages leave more than one reading, and the readings by name.

use std::fmt;

use super::document::Keyword;

/// A place where the pages contradict each other, overlap or are silent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ambiguity {
    /// The id, as `B1`.
    pub id: String,
    /// What is wrong with the text.
    pub kind: Vec<AmbiguityKind>,
    /// The question, in a few words.
    pub title: String,
    /// The ids of the requirements that it is about.
    pub statements: Vec<String>,
    /// What differs and what it leads to.
    pub text: String,
    /// The name of the reading that applies where nobody declares another.
    pub default: String,
    /// What this project does about it.
    pub status: AmbiguityStatus,
    /// Why no check depends on it; always there for `Todo` and `Untestable`.
    pub why: Option<String>,
    /// What known implementations do.
    pub practice: Option<String>,
    /// The readings, the default among them.
    pub readings: Vec<Reading>,
}

impl Ambiguity {
    /// The reading of that name.
    #[must_use]
    pub fn reading(&self, name: &str) -> Option<&Reading> {
        self.readings.iter().find(|reading| reading.name == name)
    }
}

/// One way to read an ambiguous place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reading {
    /// Its name, as `LockDominates`; unique within its ambiguity.
    pub name: String,
    /// What it lets a provider do.
    pub permits: String,
    /// What it takes for a provider to be judged by it.
    pub stance: Stance,
}

/// What it takes for a provider to be judged by a reading.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Stance {
    /// Nothing: who follows it without saying so is not blamed.
    Permitted,
    /// A declaration in the profile; without one the event is inconclusive.
    Declared,
    /// Nothing will do: who follows it is blamed, and a declaration changes nothing. Kept to show what goes wrong.
    Rejected,
}

/// What is wrong with the text.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum AmbiguityKind {
    /// Two statements cannot both hold.
    Contradiction,
    /// Nothing is said.
    Gap,
    /// Only the words differ.
    Naming,
    /// Two rules claim the same case.
    Overlap,
}

/// What this project does about an ambiguity.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum AmbiguityStatus {
    /// The readings decide verdicts.
    Modelled,
    /// They could, and do not yet.
    Todo,
    /// No difference can be seen from outside.
    Untestable,
}

impl Keyword for Stance {
    const ALL: &'static [(&'static str, Self)] =
        &[("permitted", Self::Permitted), ("declared", Self::Declared), ("rejected", Self::Rejected)];
}

impl Keyword for AmbiguityKind {
    const ALL: &'static [(&'static str, Self)] = &[
        ("contradiction", Self::Contradiction),
        ("gap", Self::Gap),
        ("naming", Self::Naming),
        ("overlap", Self::Overlap),
    ];
}

impl Keyword for AmbiguityStatus {
    const ALL: &'static [(&'static str, Self)] =
        &[("modelled", Self::Modelled), ("todo", Self::Todo), ("untestable", Self::Untestable)];
}

impl AmbiguityStatus {
    /// Whether an entry with this status has to say why.
    pub(super) const fn needs_why(self) -> bool {
        match self {
            Self::Modelled => false,
            Self::Todo | Self::Untestable => true,
        }
    }
}

impl fmt::Display for Stance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

impl fmt::Display for AmbiguityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

impl fmt::Display for AmbiguityStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}
