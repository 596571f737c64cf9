//! Reads a trace line by line, strictly, in memory that does not grow with it.

use std::io::{BufRead, Read};

use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;
use spoolproof_sdk::trace::{Event, Header};

use super::error::{ReadError, ReadErrorKind};
use super::locate::{self, Step};
use super::strict::{self, LineKind};

/// The version of the format that this reader knows.
const VERSION: u64 = 1;

/// The longest line: an event is a few hundred bytes, and a file without line ends must not fill the memory.
const LINE_BYTES_MAX: usize = 16 << 20;

/// How to read a trace.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ReadOptions {
    /// Pass over calls and members that the format does not have, and count them.
    pub skip_unknown: bool,
}

/// Where an event stands in its file.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
}

/// The events of a trace, in the order of the file.
///
/// It ends after the first error: nothing behind the damage is read.
///
/// ```
/// use spoolproof::trace::{ReadOptions, Reader};
///
/// let log = r#"{"spoolproof_trace": 1, "role": "store"}
/// {"seq": 1, "call": "restart", "params": {"kind": "crash"}, "result": {"hresult": "S_OK"}}
/// {"seq": 1, "call": "restart", "params": {"kind": "crash"}, "result": {"hresult": "S_OK"}}
/// "#;
/// let mut reader = Reader::new(log.as_bytes(), "monday.ndjson", ReadOptions::default())?;
/// assert_eq!(reader.next().unwrap()?.0.seq, 1);
/// let error = reader.next().unwrap().unwrap_err();
/// assert_eq!(error.to_string(), "monday.ndjson:3:2: `seq` goes from 1 to 1, and must increase");
/// assert!(reader.next().is_none());
/// # Ok::<(), spoolproof::trace::ReadError>(())
/// ```
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    options: ReadOptions,
    header: Header,
    last_seq: Option<u64>,
    skipped: u64,
    ended: bool,
}

impl<R: BufRead> Reader<R> {
    /// Opens a trace and reads its header; `name` is what errors call the file.
    ///
    /// # Errors
    ///
    /// When there is no header of version 1, or it is damaged.
    pub fn new(reader: R, name: &str, options: ReadOptions) -> Result<Self, ReadError> {
        let mut lines = Lines { reader, name: name.to_owned(), buffer: Vec::new(), number: 0 };
        let mut skipped = 0;
        let header = match lines.advance() {
            Ok(true) => lines.current().and_then(|line| parse_header(line, options, &mut skipped)),
            Ok(false) => Err(Fault::at(0, ReadErrorKind::Empty).help(HEADER_HELP)),
            Err(fault) => Err(fault),
        };
        let header = header.map_err(|fault| lines.error(fault))?;
        Ok(Self { lines, options, header, last_seq: None, skipped, ended: false })
    }

    /// What the trace says of itself.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// How many unknown calls and members were passed over so far.
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The next event that is not passed over.
    fn event(&mut self) -> Result<Option<Event>, Fault> {
        while self.lines.advance()? {
            let line = self.lines.current()?;
            let (seq, event) = parse_event(line, self.options, &mut self.skipped)?;
            if let Some(before) = self.last_seq.filter(|before| seq <= *before) {
                return Err(Fault::at_member(line, &["seq"], ReadErrorKind::Sequence { before, after: seq }));
            }
            self.last_seq = Some(seq);
            if event.is_some() {
                return Ok(event);
            }
        }
        Ok(None)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<(Event, Place), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let event = self.event();
        self.ended = !matches!(event, Ok(Some(_)));
        match event {
            Ok(event) => event.map(|event| Ok((event, Place { line: self.lines.number }))),
            Err(fault) => Some(Err(self.lines.error(fault))),
        }
    }
}

const HEADER_HELP: &str = r#"a trace starts with a header, such as {"spoolproof_trace": 1, "role": "store"}"#;
const MEMBER_HELP: &str = "a recorder's own members start with `x_`; --skip-unknown passes over what is unknown";
const TRUNCATED_HELP: &str = "the events before it are whole; cut the line off to judge them alone";
const HRESULT_HELP: &str = "a code without a name here is written as a number or as \"0x…\"";
const CALL_HELP: &str = "--skip-unknown passes over what is unknown";

/// The lines of a file, of which one is held at a time.
#[derive(Debug)]
struct Lines<R> {
    reader: R,
    name: String,
    buffer: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Goes to the next line that is not blank; false at the end of the file.
    fn advance(&mut self) -> Result<bool, Fault> {
        loop {
            self.buffer.clear();
            self.number += 1;
            let limit = LINE_BYTES_MAX as u64 + 1;
            let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.buffer);
            let read = read.map_err(|error| Fault::at(0, ReadErrorKind::Io(error)))?;
            if read == 0 {
                // The line that is missing is the one after the last.
                self.number = self.number.saturating_sub(1).max(1);
                return Ok(false);
            }
            if self.buffer.len() > LINE_BYTES_MAX {
                return Err(Fault::at(0, ReadErrorKind::TooLong { limit: LINE_BYTES_MAX }));
            }
            if self.number == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) {
                self.buffer.drain(..BYTE_ORDER_MARK.len());
            }
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                return Ok(true);
            }
        }
    }

    /// The line that it is at, without its end.
    fn current(&self) -> Result<Line<'_>, Fault> {
        let bytes = self.buffer.strip_suffix(b"\n");
        let terminated = bytes.is_some();
        match str::from_utf8(bytes.unwrap_or(&self.buffer)) {
            Ok(text) => Ok(Line { text, terminated }),
            Err(error) if error.error_len().is_none() && !terminated => {
                Err(Fault::at(error.valid_up_to(), ReadErrorKind::Truncated).help(TRUNCATED_HELP))
            }
            Err(error) => Err(Fault::at(error.valid_up_to(), ReadErrorKind::NotUtf8)),
        }
    }
}

impl<R> Lines<R> {
    /// Says where in the file a fault of the current line is.
    fn error(&self, fault: Fault) -> ReadError {
        let before = self.buffer.get(..fault.offset).unwrap_or(&self.buffer);
        ReadError {
            file: self.name.clone(),
            line: self.number,
            column: String::from_utf8_lossy(before).chars().count() as u64 + 1,
            kind: fault.kind,
            help: fault.help,
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One line of a trace.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    /// Whether a line end follows it.
    terminated: bool,
}

/// Something wrong in a line, at a byte of it.
struct Fault {
    offset: usize,
    kind: ReadErrorKind,
    help: Option<String>,
}

impl Fault {
    const fn at(offset: usize, kind: ReadErrorKind) -> Self {
        Self { offset, kind, help: None }
    }

    fn at_member(line: Line<'_>, path: &[&str], kind: ReadErrorKind) -> Self {
        let path: Vec<Step> = path.iter().map(|key| Step::Key((*key).to_owned())).collect();
        Self::at(locate::member(line.text, &path).unwrap_or_default(), kind)
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

fn parse_header(line: Line<'_>, options: ReadOptions, skipped: &mut u64) -> Result<Header, Fault> {
    #[derive(Deserialize)]
    struct Version {
        spoolproof_trace: Option<Value>,
    }
    // The other members are read below, where they count as unknown or not.
    let (version, _) = parse::<Version>(line).map_err(|error| damage(line, &error).help(HEADER_HELP))?;
    let Some(version) = version.spoolproof_trace else {
        return Err(Fault::at(0, ReadErrorKind::NoHeader).help(HEADER_HELP));
    };
    if version != VERSION {
        let kind = ReadErrorKind::UnsupportedVersion { version: version.to_string() };
        let fault = Fault::at_member(line, &["spoolproof_trace"], kind);
        return Err(fault.help(format!("this program reads version {VERSION}")));
    }
    let (header, unknown) = parse(line).map_err(|error| damage(line, &error))?;
    judge_members(line, LineKind::Header, &unknown, options, skipped)?;
    Ok(header)
}

/// The event's `seq`, and the event itself unless it is passed over.
fn parse_event(line: Line<'_>, options: ReadOptions, skipped: &mut u64) -> Result<(u64, Option<Event>), Fault> {
    /// What can be read of an event whose call, and so its members, may be of a later version.
    #[derive(Deserialize)]
    struct Outline {
        seq: u64,
        call: String,
    }
    let unknown_call = |seq, call: String, skipped: &mut u64| {
        if options.skip_unknown {
            *skipped += 1;
            return Ok((seq, None));
        }
        let help = strict::similar_call(&call).map_or_else(|| CALL_HELP.to_owned(), did_you_mean);
        Err(Fault::at_member(line, &["call"], ReadErrorKind::UnknownCall { call }).help(help))
    };
    let (event, mut unknown) = match parse::<Event>(line) {
        Ok((event, _)) if !strict::is_call(&event.call) => return unknown_call(event.seq, event.call, skipped),
        Ok(parsed) => parsed,
        Err(error) => {
            // What else is wrong with an unknown call follows from that.
            return match serde_json::from_str::<Outline>(line.text) {
                Ok(Outline { seq, call }) if !strict::is_call(&call) => unknown_call(seq, call, skipped),
                _ => Err(damage(line, &error)),
            };
        }
    };
    unknown.retain(|path| !strict::is_unjudged(&event.call, path));
    judge_members(line, LineKind::Event, &unknown, options, skipped)?;
    Ok((event.seq, Some(event)))
}

/// Reads a line in one pass, and notes the members that nothing reads, save private ones.
fn parse<'de, T: Deserialize<'de>>(line: Line<'de>) -> Result<(T, Vec<Vec<Step>>), serde_json::Error> {
    // A derived `Deserialize` reads an array as an object whose keys are left out; a trace has no such lines.
    if !line.text.trim_start().starts_with('{') {
        let found = match serde_json::from_str(line.text)? {
            Value::Array(_) => "an array",
            Value::Bool(_) | Value::Null | Value::Number(_) => "a bare value",
            Value::Object(_) => "an object",
            Value::String(_) => "a string",
        };
        return Err(serde::de::Error::custom(format_args!("invalid type: {found}, expected an object")));
    }
    let mut unknown = Vec::new();
    let mut json = serde_json::Deserializer::from_str(line.text);
    let value = serde_ignored::deserialize(&mut json, |path| {
        if !strict::is_private(&path) {
            unknown.push(strict::steps(&path));
        }
    })?;
    json.end()?;
    Ok((value, unknown))
}

fn judge_members(
    line: Line<'_>,
    kind: LineKind,
    unknown: &[Vec<Step>],
    options: ReadOptions,
    skipped: &mut u64,
) -> Result<(), Fault> {
    if options.skip_unknown {
        *skipped += unknown.len() as u64;
        return Ok(());
    }
    let Some(path) = unknown.first() else { return Ok(()) };
    let offset = locate::member(line.text, path).unwrap_or_default();
    let help = strict::similar_member(kind, path).map_or_else(|| MEMBER_HELP.to_owned(), did_you_mean);
    Err(Fault::at(offset, ReadErrorKind::UnknownMember { member: strict::spell(path) }).help(help))
}

/// What a failed parse means for the line.
fn damage(line: Line<'_>, error: &serde_json::Error) -> Fault {
    let message = error.to_string();
    let reason = message.rfind(" at line ").map_or(message.as_str(), |end| &message[..end]);
    if error.classify() != Category::Data {
        return if line.terminated {
            Fault::at(error.column().saturating_sub(1), ReadErrorKind::NotJson { reason: reason.to_owned() })
        } else {
            Fault::at(line.text.len(), ReadErrorKind::Truncated).help(TRUNCATED_HELP)
        };
    }
    let Some(value) = locate::value_at(line.text, error.column()) else {
        return Fault::at(0, ReadErrorKind::Shape { reason: reason.to_owned() });
    };
    if let Some("hresult" | "first_use_hresult") = value.key
        && let Ok(name) = serde_json::from_str::<String>(value.text)
    {
        let help = strict::similar_hresult(&name).map_or_else(|| HRESULT_HELP.to_owned(), did_you_mean);
        return Fault::at(value.start, ReadErrorKind::UnknownHResult { name }).help(help);
    }
    Fault::at(value.start, ReadErrorKind::Shape { reason: in_words_of_the_format(reason) })
}

/// Says what a parser complains about without the names that types have in this program.
fn in_words_of_the_format(reason: &str) -> String {
    let words = [
        ("unknown variant", "unknown value"),
        ("missing field", "missing member"),
        ("duplicate field", "duplicate member"),
        ("expected u64", "expected an integer from 0"),
        ("expected i64", "expected an integer"),
        ("expected u32", "expected an integer from 0"),
    ];
    if let Some((found, _)) = reason.split_once("expected struct ") {
        return format!("{found}expected an object");
    }
    let found = words.iter().find_map(|(theirs, ours)| Some((reason.split_once(theirs)?, ours)));
    found.map_or_else(|| reason.to_owned(), |((before, after), ours)| format!("{before}{ours}{after}"))
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}
