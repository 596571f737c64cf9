//! Why an adapter, and not the provider behind it, failed: what was seen, and what to do about it.

use std::fmt::{self, Write as _};
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use spoolproof_sdk::PROTOCOL_VERSION;

use super::framing::{LINE_MAX, Written};

/// Why an adapter could not be used further. It has been ended; only [`revive`](super::Sut::revive) helps.
///
/// Displayed as one line without the adapter's log, which [`AdapterError::stderr_tail`] holds.
#[derive(Debug)]
pub struct AdapterError(Box<Details>);

#[derive(Debug)]
struct Details {
    kind: AdapterErrorKind,
    method: Option<String>,
    line: Option<SeenLine>,
    ending: Ending,
}

/// A line of the adapter's, shortened and printable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SeenLine {
    /// Counted from 1 since the adapter was started, blank lines too.
    pub number: u64,
    /// Its start, with what does not print escaped.
    pub start: String,
}

/// What an adapter left when it ended.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// Set when it had exited by itself.
    pub(super) exit: Option<ExitStatus>,
    /// The end of its log.
    pub(super) stderr_tail: String,
}

impl AdapterError {
    pub(super) fn new(fault: Fault, ending: Ending) -> Self {
        let Fault { kind, method, line } = fault;
        Self(Box::new(Details { kind, method, line, ending }))
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &AdapterErrorKind {
        &self.0.kind
    }

    /// The request that was in progress, the innermost if they nested.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.0.method.as_deref()
    }

    /// The line that is at fault, if one is.
    #[must_use]
    pub fn line(&self) -> Option<&SeenLine> {
        self.0.line.as_ref()
    }

    /// How the adapter had exited, if it had by itself.
    #[must_use]
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.0.ending.exit
    }

    /// The end of the adapter's log, at most 64 KiB; empty over TCP.
    #[must_use]
    pub fn stderr_tail(&self) -> &str {
        &self.0.ending.stderr_tail
    }
}

impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { kind, method, line, ending } = &*self.0;
        if let Some(method) = method {
            write!(f, "{method}: ")?;
        }
        write!(f, "{kind}")?;
        if let Some(SeenLine { number, start }) = line {
            write!(f, "; line {number} of its output: {start}")?;
        }
        match (ending.exit, kind) {
            (Some(exit), AdapterErrorKind::TimedOut { .. }) => {
                write!(f, "; the adapter had exited ({exit}), but something that it started keeps its output open")
            }
            (Some(exit), _) => write!(f, "; the adapter had exited ({exit})"),
            (None, _) => Ok(()),
        }
    }
}

/// The kind says all that its cause would say, so that no chain repeats it.
impl std::error::Error for AdapterError {}

/// What an adapter did wrong, or what kept it from being reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterErrorKind {
    /// A JSON-RPC error other than "not supported" and "bad params".
    #[error("the adapter reports a failure of its own: {message} (code {code}); its log may say more")]
    AdapterFailed {
        /// The JSON-RPC error code.
        code: i64,
        /// The message beside it.
        message: String,
    },
    /// A message whose `error` member is malformed.
    #[error("the `error` member must be an object with an integer `code` and a string `message`")]
    BadError,
    /// A request whose `id` is neither a string nor a number.
    #[error("the `id` of a request must be a string or a number")]
    BadId,
    /// Parameters of a support call or a notification that do not fit.
    #[error("the params of `{method}` do not fit: {reason}")]
    BadParams {
        /// The request or the notification.
        method: String,
        /// What is wrong with them.
        reason: String,
    },
    /// A result that does not fit the request.
    #[error("the result does not fit: {reason}")]
    BadResult {
        /// What is wrong with it.
        reason: String,
    },
    /// A JSON-RPC batch.
    #[error(
        "an array came where a message was expected: the protocol has no batches, send each message on its own line"
    )]
    Batch,
    /// The stream ended in the middle of a line.
    #[error(
        "the adapter's output ended in the middle of a line: end each message with a newline, and do not exit early"
    )]
    CutOff,
    /// The stream ended.
    #[error("the adapter's output ended: it must go on serving until `shutdown`")]
    Ended,
    /// A call after an error.
    #[error("the adapter was ended after an earlier error, and has to be started anew")]
    EndedBefore,
    /// The case wanted it.
    #[error("the checker ended the adapter, as the case wants")]
    Killed,
    /// The run is to end, whatever was waited for.
    #[error("the run was stopped while the checker waited for the adapter")]
    Stopped,
    /// A line over the limit.
    #[error("the line is longer than {LINE_MAX} bytes: end each message with a newline, and keep it shorter")]
    LineTooLong,
    /// An object that is no message.
    #[error(
        "the message is no request, response or notification: give it a string `method`, or an `id` and a `result` or an `error`"
    )]
    NotAMessage,
    /// JSON, but neither an object nor a batch.
    #[error("the line is JSON, but no object: each message must be a JSON-RPC 2.0 object")]
    NotAnObject,
    /// No connection.
    #[error("cannot connect to {address}: {reason}; start the adapter there first, or check the address")]
    NotConnected {
        /// `HOST:PORT`.
        address: String,
        /// What the system said.
        reason: io::Error,
    },
    /// No JSON.
    #[error("the line is not JSON ({reason}): write one message per line, and everything else to stderr")]
    NotJson {
        /// What the parser said.
        reason: serde_json::Error,
    },
    /// No process.
    #[error("cannot start `{program}`: {reason}; check that it exists and may be run")]
    NotStarted {
        /// What was to be started.
        program: String,
        /// What the system said.
        reason: io::Error,
    },
    /// Bytes that are no UTF-8.
    #[error("the line is not UTF-8: encode messages in UTF-8 whatever the locale, and write everything else to stderr")]
    NotUtf8,
    /// The stream could not be read.
    #[error("cannot read from the adapter: {reason}")]
    ReadFailed {
        /// What the system said.
        reason: io::Error,
    },
    /// A support call when none is due.
    #[error(
        "`{method}` came while no provider call was in progress: send it only while such a request waits for its result, and never from `observe`"
    )]
    SupportOutsideCall {
        /// The support call.
        method: String,
    },
    /// A deadline passed.
    #[error("timed out: no answer within {}{}; `--timeout` sets the limit of a call; initialize, reset and restart have 60 s at least", Seconds(*limit), input.explain())]
    TimedOut {
        /// The deadline.
        limit: Duration,
        /// Whether the adapter had taken what was sent to it.
        input: Input,
    },
    /// More messages than a case can need.
    #[error("the adapter sent more than {limit} {what} within one call: it seems to be caught in a loop")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are let through.
        limit: usize,
    },
    /// A response that nobody waits for.
    #[error("a response with the id {id} came, but {}: answer each request once, with its own id", Waiting(*waiting))]
    UnknownId {
        /// Its `id`.
        id: String,
        /// The request that waits for one.
        waiting: Option<u64>,
    },
    /// Another version of the protocol.
    #[error("the adapter speaks version {theirs} of the protocol, and this checker speaks version {PROTOCOL_VERSION}")]
    UnsupportedVersion {
        /// What `initialize` returned.
        theirs: u64,
    },
    /// No `"jsonrpc": "2.0"`.
    #[error("the message must have the member `\"jsonrpc\": \"2.0\"`")]
    WrongJsonrpc,
}

/// What the adapter had done with its input when it timed out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Input {
    /// It was given all that was sent.
    Read,
    /// It has not read it all.
    Unread,
    /// It has closed it.
    Closed,
}

impl Input {
    fn explain(self) -> &'static str {
        match self {
            Self::Read => "",
            Self::Unread => ", and the adapter has not read its input",
            Self::Closed => ", and the adapter has closed its input",
        }
    }
}

impl From<Written> for Input {
    fn from(written: Written) -> Self {
        match written {
            Written::Done => Self::Read,
            Written::InFlight => Self::Unread,
            Written::Closed => Self::Closed,
        }
    }
}

struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}

struct Waiting(Option<u64>);

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(id) => write!(f, "the request that waits has the id {id}"),
            None => f.write_str("no request waits for one"),
        }
    }
}

/// What went wrong, before the adapter has been ended over it.
#[derive(Debug)]
pub(super) struct Fault {
    kind: AdapterErrorKind,
    method: Option<String>,
    line: Option<SeenLine>,
}

impl Fault {
    /// The fault is in `line`.
    pub(super) fn at(line: SeenLine) -> impl FnOnce(AdapterErrorKind) -> Self {
        |kind| Self { kind, method: None, line: Some(line) }
    }

    /// The fault is in the answer to `method`, which `line` holds.
    pub(super) fn in_answer(method: &str, line: SeenLine) -> impl FnOnce(AdapterErrorKind) -> Self + '_ {
        move |kind| Self { kind, method: Some(method.to_owned()), line: Some(line) }
    }

    /// The fault came to light while `method` was in progress; the innermost request is told first.
    pub(super) fn during(method: &str) -> impl FnOnce(Self) -> Self + '_ {
        move |fault| Self { method: fault.method.or_else(|| Some(method.to_owned())), ..fault }
    }

    /// Whether the adapter is about to exit, or has.
    pub(super) fn ends_stream(&self) -> bool {
        matches!(self.kind, AdapterErrorKind::CutOff | AdapterErrorKind::Ended)
    }
}

impl From<AdapterErrorKind> for Fault {
    fn from(kind: AdapterErrorKind) -> Self {
        Self { kind, method: None, line: None }
    }
}

impl SeenLine {
    pub(super) fn new(number: u64, bytes: &[u8]) -> Self {
        Self { number, start: excerpt(bytes, 120) }
    }
}

/// The first `limit` bytes, with what does not print as text escaped.
pub(super) fn excerpt(bytes: &[u8], limit: usize) -> String {
    let kept = &bytes[..bytes.len().min(limit)];
    let mut text = String::with_capacity(kept.len());
    for chunk in kept.utf8_chunks() {
        for c in chunk.valid().chars() {
            // Quotes and backslashes are left alone: a line of JSON is full of them.
            match c {
                '"' | '\'' | '\\' => text.push(c),
                c => text.extend(c.escape_debug()),
            }
        }
        // The cut may lie within a character, which is then no fault of the line's.
        let cut = bytes.len() > limit && chunk.invalid().as_ptr_range().end == kept.as_ptr_range().end;
        for byte in chunk.invalid().iter().filter(|_| !cut) {
            // Writing to a string does not fail.
            _ = write!(text, "\\x{byte:02x}");
        }
    }
    if bytes.len() > limit {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_is_short_and_printable() {
        assert_eq!(excerpt(b"{\"a\": \"\\n\"}", 120), "{\"a\": \"\\n\"}");
        assert_eq!(excerpt(b"\x1b[31m\xffred\0", 120), "\\u{1b}[31m\\xffred\\0");
        assert_eq!(excerpt("héhé".as_bytes(), 5), "héh…");
        assert_eq!(excerpt("\u{feff}{}".as_bytes(), 120), "\\u{feff}{}");
    }
}
