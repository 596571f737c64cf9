//! What can be wrong with a trace, and where.

use std::io;

/// Why a trace could not be read any further.
///
/// What was read before it stands; nothing after it was looked at.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}:{column}: {kind}")]
#[non_exhaustive]
pub struct ReadError {
    /// The name of the file, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column in that line, from 1, in characters.
    pub column: u64,
    /// What is wrong there.
    pub kind: ReadErrorKind,
    /// What to do about it, where that is known.
    pub help: Option<String>,
}

/// What is wrong with a line of a trace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// There is no line in it.
    #[error("the trace is empty")]
    Empty,
    /// The file cannot be read.
    #[error(transparent)]
    Io(io::Error),
    /// The line ends in the middle of a character, or holds bytes that are none.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// The line is no JSON text.
    #[error("the line is not JSON: {reason}")]
    NotJson {
        /// What the parser says.
        reason: String,
    },
    /// The first line is an object, and not a header.
    #[error("the first line is no trace header: it has no member `spoolproof_trace`")]
    NoHeader,
    /// The first line is the header of a format that this reader does not know.
    #[error("version {version} of the trace format is not supported")]
    UnsupportedVersion {
        /// The version as it is written there.
        version: String,
    },
    /// The line is longer than any event.
    #[error("the line is longer than {limit} bytes")]
    TooLong {
        /// The longest that a line may be.
        limit: usize,
    },
    /// The last line has no end: the recorder was stopped, or the copy.
    #[error("truncated last line")]
    Truncated,
    /// `seq` does not increase.
    #[error("`seq` goes from {before} to {after}, and must increase")]
    Sequence {
        /// The `seq` of the event before.
        before: u64,
        /// This event's.
        after: u64,
    },
    /// A member has the wrong type or a value that the format does not know, or one is missing.
    #[error("{reason}")]
    Shape {
        /// What was found and what was expected.
        reason: String,
    },
    /// A call that no protocol method has as its name.
    #[error("unknown call `{call}`")]
    UnknownCall {
        /// The name.
        call: String,
    },
    /// A symbolic name that no HRESULT has.
    #[error("no HRESULT is named `{name}`")]
    UnknownHResult {
        /// The name.
        name: String,
    },
    /// A member that neither the format nor the recorder's own `x_` space has.
    #[error("unknown member `{member}`")]
    UnknownMember {
        /// Where it is: `observed.*.exist`.
        member: String,
    },
}
