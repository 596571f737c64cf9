//! Lines in and out of an adapter, each on a thread of its own, so that no adapter can make the checker wait for ever.
//!
//! Knows nothing of JSON. A thread that an adapter holds up is left behind: it ends with the stream that it waits for.

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::thread;

use super::deadline::Deadline;

/// The longest line that either side may send, without its end.
pub(super) const LINE_MAX: usize = 1 << 20;

/// How many lines wait to be taken before the reader stops reading.
const LINES_AHEAD: usize = 16;

/// How much of an unusable line is kept, to show what it was.
const START_KEPT: usize = 256;

/// What came in.
#[derive(Debug)]
pub(super) enum Framed {
    /// A whole line, without its end. Lines are counted from 1, blank ones too.
    Line { number: u64, bytes: Vec<u8> },
    /// The start of a line longer than [`LINE_MAX`]; nothing is read after it.
    TooLong { number: u64, start: Vec<u8> },
    /// The stream ended in the middle of a line.
    CutOff { number: u64, start: Vec<u8> },
    /// The stream ended.
    End,
    /// The stream could not be read.
    Failed(io::Error),
}

/// Starts to read lines from `source`.
pub(super) fn read_lines(source: impl Read + Send + 'static) -> io::Result<Receiver<Framed>> {
    let (sender, receiver) = sync_channel(LINES_AHEAD);
    thread::Builder::new().name("adapter output".to_owned()).spawn(move || read_all(source, &sender))?;
    Ok(receiver)
}

fn read_all(source: impl Read, lines: &SyncSender<Framed>) {
    let mut source = BufReader::new(source);
    for number in 1.. {
        let framed = read_line(&mut source, number);
        let blank = matches!(&framed, Framed::Line { bytes, .. } if bytes.trim_ascii().is_empty());
        let last = !matches!(framed, Framed::Line { .. });
        if !blank && lines.send(framed).is_err() || last {
            return;
        }
    }
}

fn read_line(source: &mut impl io::BufRead, number: u64) -> Framed {
    let mut bytes = Vec::new();
    // One more for the line's end.
    let limit = LINE_MAX as u64 + 1;
    let end = source.take(limit).read_until(b'\n', &mut bytes);
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        bytes.pop_if(|last| *last == b'\r');
        return Framed::Line { number, bytes };
    }
    let too_long = bytes.len() > LINE_MAX;
    let empty = bytes.is_empty();
    bytes.truncate(START_KEPT);
    match end {
        _ if too_long => Framed::TooLong { number, start: bytes },
        Err(error) if !is_end(&error) => Framed::Failed(error),
        _ if empty => Framed::End,
        _ => Framed::CutOff { number, start: bytes },
    }
}

/// A peer that dies with bytes unread resets its connection: that is an end like any other.
fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe)
}

/// Writes lines, one at a time, without ever holding up its owner past a deadline.
///
/// Dropping it closes the stream, after the line in flight if the adapter takes it.
#[derive(Debug)]
pub(super) struct Writer {
    lines: Sender<Vec<u8>>,
    written: Receiver<io::Result<()>>,
    state: Written,
}

/// What became of the last line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Written {
    /// Written in full.
    Done,
    /// Not yet.
    InFlight,
    /// It cannot be: the other side closed the stream.
    Closed,
}

impl Writer {
    /// Starts a writer to `sink`.
    pub(super) fn start(sink: impl Write + Send + 'static) -> io::Result<Self> {
        let (lines, queued) = channel();
        let (done, written) = channel();
        thread::Builder::new().name("adapter input".to_owned()).spawn(move || write_all(sink, &queued, &done))?;
        Ok(Self { lines, written, state: Written::Done })
    }

    /// Hands over `line`, with its end, once the line before it is written.
    ///
    /// Returns false when that one was not by `deadline`. A closed stream is no failure here: the last words of an
    /// adapter that is about to end are still to be read, and say more.
    #[must_use]
    pub(super) fn send(&mut self, line: Vec<u8>, deadline: &Deadline) -> bool {
        if self.state == Written::InFlight {
            self.state = match self.written.recv_timeout(deadline.remaining()) {
                Ok(Ok(())) => Written::Done,
                Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Written::Closed,
                Err(RecvTimeoutError::Timeout) => return false,
            };
        }
        if self.state == Written::Done {
            self.state = if self.lines.send(line).is_ok() { Written::InFlight } else { Written::Closed };
        }
        true
    }

    /// What became of the last line by now.
    pub(super) fn state(&mut self) -> Written {
        if self.state == Written::InFlight {
            self.state = match self.written.try_recv() {
                Ok(Ok(())) => Written::Done,
                Ok(Err(_)) | Err(TryRecvError::Disconnected) => Written::Closed,
                Err(TryRecvError::Empty) => Written::InFlight,
            };
        }
        self.state
    }
}

fn write_all(mut sink: impl Write, lines: &Receiver<Vec<u8>>, done: &Sender<io::Result<()>>) {
    for line in lines {
        let outcome = sink.write_all(&line).and_then(|()| sink.flush());
        let failed = outcome.is_err();
        // Nobody listens any more once the last line has been handed over.
        _ = done.send(outcome);
        if failed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::{Framed, LINE_MAX, read_lines};

    #[track_caller]
    fn check(input: &[u8], expected: &[&str]) {
        let lines = read_lines(Cursor::new(input.to_vec())).expect("a thread");
        let seen: Vec<_> = lines
            .iter()
            .map(|framed| match framed {
                Framed::Line { number, bytes } => format!("{number} {}", bytes.escape_ascii()),
                Framed::TooLong { number, start } => format!("{number} too long {}", start.escape_ascii()),
                Framed::CutOff { number, start } => format!("{number} cut off {}", start.escape_ascii()),
                Framed::End => "end".to_owned(),
                Framed::Failed(error) => error.to_string(),
            })
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn blank_lines_count_but_do_not_show() {
        check(b"a\n\n \t\r\nb\r\n\xff\n", &["1 a", "4 b", r"5 \xff", "end"]);
        check(b"", &["end"]);
    }

    #[test]
    fn half_a_line_is_told_from_a_whole_one() {
        check(b"a\nhal", &["1 a", "2 cut off hal"]);
    }

    #[test]
    fn a_line_may_have_the_limit_and_no_more() {
        let mut input = vec![b'x'; LINE_MAX];
        input.push(b'\n');
        check(&input, &[&format!("1 {}", "x".repeat(LINE_MAX)), "end"]);
        input.insert(0, b'y');
        input.extend(b"after\n");
        check(&input, &[&format!("1 too long y{}", "x".repeat(255))]);
    }
}
