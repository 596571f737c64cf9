//! One connection to an adapter, whichever way it is reached: lines in, lines out, and an end.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::deadline::Deadline;
use super::error::{AdapterErrorKind, Ending};
use super::framing::{Framed, Writer, read_lines};
use super::process::{Exit, LogWait, Process};
use super::stop::Stop;
use super::target::{Place, Target};
use super::tcp;

/// A connection that is open. Dropping it ends the adapter at once.
#[derive(Debug)]
pub(super) struct Link {
    peer: Peer,
    lines: Receiver<Framed>,
    writer: Writer,
    stop: Stop,
}

#[derive(Debug)]
enum Peer {
    Process(Process),
    Tcp(TcpStream),
}

/// How an adapter is ended after a fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// Nothing is to be expected of it.
    Now,
    /// It seems to be exiting, and how it does is worth a moment.
    OnceExited,
}

impl Link {
    /// Reaches the adapter at `target`.
    pub(super) fn open(target: &Target, deadline: &Deadline, stop: Stop) -> Result<Self, AdapterErrorKind> {
        match &target.0 {
            Place::Program { program, args } => {
                let started = Process::start(program, args).and_then(|(process, stdin, stdout)| {
                    let (lines, writer) = (read_lines(stdout)?, Writer::start(stdin)?);
                    Ok(Self { peer: Peer::Process(process), lines, writer, stop })
                });
                started.map_err(|reason| AdapterErrorKind::NotStarted { program: target.to_string(), reason })
            }
            Place::Tcp(address) => Self::connect(address, deadline, stop)
                .map_err(|reason| AdapterErrorKind::NotConnected { address: address.clone(), reason }),
        }
    }

    fn connect(address: &str, deadline: &Deadline, stop: Stop) -> io::Result<Self> {
        let stream = tcp::connect(address, deadline)?;
        let (lines, writer) = (read_lines(stream.try_clone()?)?, Writer::start(stream.try_clone()?)?);
        Ok(Self { peer: Peer::Tcp(stream), lines, writer, stop })
    }

    /// Sends a line.
    pub(super) fn send(&mut self, line: Vec<u8>, deadline: &Deadline) -> Result<(), AdapterErrorKind> {
        if self.writer.send(line, deadline) { Ok(()) } else { Err(self.timed_out(deadline)) }
    }

    /// What comes in next, if it does before `deadline`, and before the run is to stop.
    pub(super) fn receive(&self, deadline: &Deadline) -> Result<Option<Framed>, AdapterErrorKind> {
        // A signal wakes nobody who waits on a channel, so that it is looked for now and then.
        const LOOK: Duration = Duration::from_millis(50);
        loop {
            if self.stop.reason().is_some() {
                return Err(AdapterErrorKind::Stopped);
            }
            let remaining = deadline.remaining();
            match self.lines.recv_timeout(remaining.min(LOOK)) {
                Ok(framed) => return Ok(Some(framed)),
                Err(RecvTimeoutError::Timeout) if remaining <= LOOK => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
                // The reader says what ended it before it ends; this is what a second look finds.
                Err(RecvTimeoutError::Disconnected) => return Ok(Some(Framed::End)),
            }
        }
    }

    /// The fault that `deadline` has passed.
    pub(super) fn timed_out(&mut self, deadline: &Deadline) -> AdapterErrorKind {
        AdapterErrorKind::TimedOut { limit: deadline.limit, input: self.writer.state().into() }
    }

    /// What the adapter has logged lately.
    pub(super) fn stderr_tail(&self) -> String {
        match &self.peer {
            Peer::Process(process) => process.stderr_tail(LogWait::Now),
            Peer::Tcp(_) => String::new(),
        }
    }

    /// Ends the adapter after a fault, and tells what it left.
    pub(super) fn end(mut self, end: End) -> Ending {
        let Peer::Process(process) = &mut self.peer else {
            return Ending::default();
        };
        let exit = process.exit_within(match end {
            End::Now => Duration::ZERO,
            End::OnceExited => Duration::from_millis(500),
        });
        process.kill();
        Ending {
            exit: match exit {
                Some(Exit::Known(status)) => Some(status),
                Some(Exit::Unknown) | None => None,
            },
            stderr_tail: process.stderr_tail(LogWait::Ended),
        }
    }

    /// Whether the adapter is a process of the checker's.
    pub(super) const fn is_process(&self) -> bool {
        matches!(self.peer, Peer::Process(_))
    }

    /// Closes the adapter's input, and tells how it exits if it does within `limit`. Then it is ended.
    pub(super) fn exit_after_input(self, limit: Duration) -> Option<Exit> {
        let Self { mut peer, lines, writer, stop: _ } = self;
        let Peer::Process(process) = &mut peer else { return None };
        let deadline = Deadline::after(limit);
        drop(writer);
        // It may still write, and must not be held up.
        while let Ok(Framed::Line { .. }) = lines.recv_timeout(deadline.remaining()) {}
        process.exit_within(deadline.remaining())
    }

    /// Lets the adapter exit by itself after `shutdown`, for as long as `limit`.
    ///
    /// An adapter that somebody else started is not told to exit: it may serve others.
    pub(super) fn close(self, shutdown: Vec<u8>, limit: Duration) {
        let Self { mut peer, lines, mut writer, stop: _ } = self;
        let Peer::Process(process) = &mut peer else {
            return;
        };
        let deadline = Deadline::after(limit);
        if !writer.send(shutdown, &deadline) {
            return;
        }
        // Closes its input behind the last line, for an adapter that knows no `shutdown`.
        drop(writer);
        // It may still write, and must not be held up.
        while let Ok(Framed::Line { .. }) = lines.recv_timeout(deadline.remaining()) {}
        _ = process.exit_within(deadline.remaining());
    }
}

impl Drop for Peer {
    /// Wakes the threads that read and write; a process does so when it is killed.
    fn drop(&mut self) {
        if let Self::Tcp(stream) = self {
            // Fails when the other side was first.
            _ = stream.shutdown(Shutdown::Both);
        }
    }
}
