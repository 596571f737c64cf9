//! An adapter that the checker started: the process, everything that it started in turn, and its log.
//!
//! The only place that knows the platform. On Unix the adapter leads a process group, on Windows it runs in a job
//! object, and either is killed as a whole. A process that leaves its group on purpose is not followed.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, Read};
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

#[cfg(windows)]
use process_wrap::std::JobObject;
#[cfg(unix)]
use process_wrap::std::ProcessGroup;
use process_wrap::std::{ChildWrapper, CommandWrap};

use super::deadline::Deadline;

/// A running adapter. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Process {
    child: Box<dyn ChildWrapper>,
    log: Arc<Log>,
    /// Set once the whole group has been killed, since its number may then be given to another.
    killed: bool,
}

/// Whether a process has exited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Exit {
    /// It has.
    Known(ExitStatus),
    /// It has, and somebody else was told how: the checker runs as an init process, or ignores `SIGCHLD`.
    Unknown,
}

impl Process {
    /// Starts `program` with `args`.
    pub(super) fn start(program: &OsString, args: &[OsString]) -> io::Result<(Self, ChildStdin, ChildStdout)> {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut command = CommandWrap::from(command);
        #[cfg(unix)]
        command.wrap(ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(JobObject);
        let mut process = Self { child: command.spawn()?, log: Arc::default(), killed: false };
        let stdin = process.child.stdin().take().ok_or_else(no_pipe)?;
        let stdout = process.child.stdout().take().ok_or_else(no_pipe)?;
        let stderr = process.child.stderr().take().ok_or_else(no_pipe)?;
        let log = Arc::clone(&process.log);
        thread::Builder::new().name("adapter log".to_owned()).spawn(move || log.fill(stderr))?;
        Ok((process, stdin, stdout))
    }

    /// How it exited, if it does before `limit` has passed.
    pub(super) fn exit_within(&mut self, limit: Duration) -> Option<Exit> {
        Deadline::after(limit).poll(|| match self.child.try_wait() {
            Ok(status) => status.map(Exit::Known),
            Err(_) => Some(Exit::Unknown),
        })
    }

    /// Kills what is left of it, and waits until it is gone.
    pub(super) fn kill(&mut self) {
        // A process that is stuck in the kernel cannot be killed; the run goes on without it.
        const LIMIT: Duration = Duration::from_secs(2);
        if std::mem::replace(&mut self.killed, true) {
            return;
        }
        // Fails when nothing is left to kill.
        _ = self.child.start_kill();
        _ = self.exit_within(LIMIT);
    }

    /// The end of its log: what has come until now, or the whole when it has been ended.
    pub(super) fn stderr_tail(&self, wait: LogWait) -> String {
        self.log.tail(wait)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn no_pipe() -> io::Error {
    io::Error::other("a pipe to it is missing")
}

/// How much of the log is worth waiting for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LogWait {
    /// What is there now.
    Now,
    /// All of it, since its writer is gone. A process that got away may keep it open, so this ends too.
    Ended,
}

/// The last bytes that came over stderr.
#[derive(Debug, Default)]
struct Log {
    state: Mutex<LogState>,
    closed: Condvar,
}

#[derive(Debug, Default)]
struct LogState {
    tail: VecDeque<u8>,
    closed: bool,
}

/// How much of the log is kept.
const TAIL_MAX: usize = 64 * 1024;

impl Log {
    fn fill(&self, mut stderr: impl Read) {
        let mut chunk = [0; 8 * 1024];
        loop {
            match stderr.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => {
                    let tail = &mut self.lock().tail;
                    tail.extend(&chunk[..count]);
                    let excess = tail.len().saturating_sub(TAIL_MAX);
                    tail.drain(..excess);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.lock().closed = true;
        self.closed.notify_all();
    }

    fn tail(&self, wait: LogWait) -> String {
        let limit = match wait {
            LogWait::Now => Duration::ZERO,
            LogWait::Ended => Duration::from_millis(200),
        };
        let state = self.lock();
        let (mut state, _) =
            self.closed.wait_timeout_while(state, limit, |state| !state.closed).unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(state.tail.make_contiguous()).into_owned()
    }

    /// A panic while it was held leaves nothing half done that matters to a log.
    fn lock(&self) -> MutexGuard<'_, LogState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::{Log, LogWait, TAIL_MAX};

    #[test]
    fn the_log_keeps_its_end() {
        let log = Log::default();
        assert_eq!(log.tail(LogWait::Now), "");
        let mut text = vec![b'x'; 3 * TAIL_MAX];
        text.extend(b"the end\n");
        log.fill(Cursor::new(text));
        let tail = log.tail(LogWait::Ended);
        assert_eq!(tail.len(), TAIL_MAX);
        assert!(tail.ends_with("xthe end\n"));
    }
}
