//! What can be wrong with a file of the catalogue, and where.

use std::fmt;
use std::ops::Range;

/// A file, or a set of files, that cannot be used: every problem that was found in it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct LoadError {
    problems: Vec<Located>,
}

impl LoadError {
    /// Wraps the problems, in the order of the files. There is at least one.
    pub(super) const fn new(problems: Vec<Located>) -> Self {
        Self { problems }
    }

    /// Every problem, in the order of the files and of their lines. Never empty.
    #[must_use]
    pub fn problems(&self) -> &[Located] {
        &self.problems
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self.problems.iter();
        if let Some(first) = lines.next() {
            write!(f, "{first}")?;
        }
        lines.try_for_each(|problem| write!(f, "\n{problem}"))
    }
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{file}:{line}:{column}: {kind}{}", .suggestion.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
#[non_exhaustive]
pub struct Located {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from one.
    pub line: usize,
    /// The column in characters, from one.
    pub column: usize,
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
    /// What is wrong.
    pub kind: ProblemKind,
    /// A known name that may have been meant.
    pub suggestion: Option<String>,
}

/// What is wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Only a reading that blames nobody can be the default.
    #[error("the default reading `{name}` is not `permitted`")]
    DefaultNotPermitted {
        /// The reading.
        name: String,
    },
    /// Two rows have one id.
    #[error("the id `{id}` is already taken on line {first_line}")]
    DuplicateId {
        /// The id.
        id: String,
        /// The line of the row that has it first.
        first_line: usize,
    },
    /// Two readings of one ambiguity have one name.
    #[error("`{ambiguity}` already has a reading called `{name}`")]
    DuplicateReading {
        /// The ambiguity.
        ambiguity: String,
        /// The name.
        name: String,
    },
    /// A text or a list that says nothing.
    #[error("`{field}` is empty")]
    EmptyField {
        /// The field.
        field: &'static str,
    },
    /// A field that every row has to have.
    #[error("the field `{field}` is missing")]
    MissingField {
        /// The field.
        field: &'static str,
    },
    /// A row that is not checked and gives no reason.
    #[error("`{id}` is `{status}` and does not say why: add `why`")]
    MissingWhy {
        /// The row.
        id: String,
        /// Its status.
        status: &'static str,
    },
    /// The text is not TOML.
    #[error("{message}")]
    Syntax {
        /// What the TOML parser says.
        message: String,
    },
    /// An id that no ambiguity has.
    #[error("no ambiguity is called `{id}`")]
    UnknownAmbiguity {
        /// The id.
        id: String,
    },
    /// A field that rows of this kind do not have.
    #[error("no field is called `{field}` here")]
    UnknownField {
        /// The field.
        field: String,
    },
    /// A word that the field does not take.
    #[error("`{field}` cannot be `{value}`: it is one of {allowed}")]
    UnknownKeyword {
        /// The field.
        field: &'static str,
        /// The word.
        value: String,
        /// The words that it takes, as a list for the reader.
        allowed: String,
    },
    /// A name that no reading of this ambiguity has.
    #[error("`{ambiguity}` has no reading called `{name}`")]
    UnknownReading {
        /// The ambiguity.
        ambiguity: String,
        /// The name.
        name: String,
    },
    /// An id that no requirement has.
    #[error("no requirement is called `{id}`")]
    UnknownRequirement {
        /// The id.
        id: String,
    },
    /// A value of another type.
    #[error("`{field}` has to be {expected}, and is {found}")]
    WrongType {
        /// The field.
        field: String,
        /// The type that it should have.
        expected: &'static str,
        /// The type that it has.
        found: &'static str,
    },
}
