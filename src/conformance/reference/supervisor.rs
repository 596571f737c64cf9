//! The adapter in front of the store process: passes lines both ways, and stops and starts the process on `restart`.
//!
//! One thread reads the checker and one the store; this one decides. It knows which requests are open in either
//! direction, since those of a process that is killed must still be answered, or their answers dropped.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use spoolproof_sdk::lines::{LINE_MAX, read_line};
use spoolproof_sdk::wire::{CallParams, RestartKind};

use super::adapter_fault::{EXIT_AT_START, STDERR_NOISE, spoil};

/// How long a store process may take to stop before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// The id of the request by which a store process is stopped.
const STOP_ID: &str = "supervisor-stop";

/// How to start the store process, and what is wrong with the adapter.
#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) program: PathBuf,
    pub(super) db: PathBuf,
    pub(super) faults: Vec<String>,
    pub(super) schedule: Option<u64>,
    pub(super) adapter_fault: Option<&'static str>,
}

/// Why supervising ended well.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ended {
    /// The checker closed the stream.
    Closed,
    /// The checker said `shutdown`.
    Shutdown,
}

/// What happens next; `None` is the end of a stream.
enum Event {
    Checker(io::Result<Option<Vec<u8>>>),
    Store { process: u64, line: io::Result<Option<Vec<u8>>> },
}

/// A running store process; killed when it goes out of scope.
struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    number: u64,
}

struct Session<'a, W: Write> {
    supervisor: &'a Supervisor,
    writer: W,
    sender: Sender<Event>,
    events: Receiver<Event>,
    /// What the checker sent while a process was being stopped.
    backlog: VecDeque<Event>,
    process: Process,
    /// The checker's requests that the store has not answered, and their methods.
    asked: Vec<(Value, String)>,
    /// The store's requests that the checker has not answered: our id and the store's.
    asking: BTreeMap<String, Value>,
    /// Those of processes that are gone.
    stale: BTreeSet<String>,
    requests: u64,
}

/// Serves one checker.
pub(super) fn supervise(
    supervisor: &Supervisor,
    reader: impl Read + Send + 'static,
    writer: impl Write,
) -> io::Result<Ended> {
    if supervisor.adapter_fault == Some(EXIT_AT_START) {
        return Ok(Ended::Shutdown);
    }
    let (sender, events) = channel();
    let process = Process::start(supervisor, 1, &sender)?;
    let checker = sender.clone();
    thread::spawn(move || pump(reader, LINE_MAX, |line| checker.send(Event::Checker(line)).is_ok()));
    let session = Session {
        supervisor,
        writer,
        sender,
        events,
        backlog: VecDeque::new(),
        process,
        asked: Vec::new(),
        asking: BTreeMap::new(),
        stale: BTreeSet::new(),
        requests: 0,
    };
    session.run()
}

/// Reads lines until the end, an error, or nobody listens.
fn pump(reader: impl Read, limit: usize, deliver: impl Fn(io::Result<Option<Vec<u8>>>) -> bool) {
    let mut reader = BufReader::new(reader);
    loop {
        let line = read_line(&mut reader, limit);
        let last = !matches!(line, Ok(Some(_)));
        if !deliver(line) || last {
            return;
        }
    }
}

impl Process {
    fn start(supervisor: &Supervisor, number: u64, sender: &Sender<Event>) -> io::Result<Self> {
        let mut command = Command::new(&supervisor.program);
        command.arg("reference").arg("--store-process").arg("--db").arg(&supervisor.db);
        for fault in &supervisor.faults {
            command.arg("--fault").arg(fault);
        }
        if let Some(number) = supervisor.schedule {
            command.arg("--schedule").arg(number.to_string());
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        if let Some(stdout) = child.stdout.take() {
            let sender = sender.clone();
            let deliver = move |line| sender.send(Event::Store { process: number, line }).is_ok();
            thread::spawn(move || pump(stdout, LINE_MAX, deliver));
        }
        Ok(Self { child, stdin, number })
    }

    fn send(&mut self, line: &[u8]) -> io::Result<()> {
        let Some(stdin) = &mut self.stdin else { return Ok(()) };
        stdin.write_all(line)?;
        stdin.write_all(b"\n")?;
        stdin.flush()
    }

    fn kill(&mut self) -> io::Result<()> {
        // An error means that it has ended already.
        let _ = self.child.kill();
        self.child.wait().map(drop)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

impl<W: Write> Session<'_, W> {
    fn run(mut self) -> io::Result<Ended> {
        loop {
            let event = match self.backlog.pop_front() {
                Some(event) => event,
                // We hold a sender, so the channel cannot close.
                None => self.events.recv().map_err(io::Error::other)?,
            };
            match event {
                Event::Checker(line) => match line? {
                    Some(line) => self.take_from_checker(line)?,
                    None => return self.drain(),
                },
                Event::Store { process, .. } if process != self.process.number => {}
                Event::Store { line, .. } => match line? {
                    Some(line) => {
                        if let Some(ended) = self.take_from_store(&line)? {
                            return Ok(ended);
                        }
                    }
                    None => return Err(io::Error::other("the store process ended unasked")),
                },
            }
        }
    }

    /// The checker has said all; what the store still has to say to it goes through.
    fn drain(&mut self) -> io::Result<Ended> {
        self.process.stdin = None;
        while let Ok(event) = self.events.recv_timeout(STOP_LIMIT) {
            match event {
                Event::Store { process, line: Ok(Some(line)) } if process == self.process.number => {
                    if let Some(ended) = self.take_from_store(&line)? {
                        return Ok(ended);
                    }
                }
                Event::Store { process, .. } if process == self.process.number => break,
                Event::Checker(_) | Event::Store { .. } => {}
            }
        }
        Ok(Ended::Closed)
    }

    fn take_from_checker(&mut self, line: Vec<u8>) -> io::Result<()> {
        // What is no JSON-RPC goes through as it is: it is for the store's own framing to refuse it.
        let Ok(mut message) = serde_json::from_slice::<Value>(&line) else { return self.process.send(&line) };
        let id = message.get("id").cloned();
        match (message.get("method").and_then(Value::as_str), id) {
            (Some("restart"), Some(id)) => {
                let params = message.get("params").cloned().unwrap_or_default();
                match serde_json::from_value::<CallParams>(params).ok().and_then(|params| params.kind) {
                    Some(kind) => self.restart(kind, &id),
                    None => {
                        self.asked.push((id, "restart".to_owned()));
                        self.process.send(&line)
                    }
                }
            }
            (Some(method), Some(id)) => {
                self.asked.push((id, method.to_owned()));
                self.process.send(&line)
            }
            (None, Some(Value::String(id))) => {
                if self.stale.remove(&id) {
                    return Ok(());
                }
                if let Some(own) = self.asking.remove(&id) {
                    message["id"] = own;
                }
                self.process.send(message.to_string().as_bytes())
            }
            _ => self.process.send(&line),
        }
    }

    fn take_from_store(&mut self, line: &[u8]) -> io::Result<Option<Ended>> {
        let mut message = serde_json::from_slice::<Value>(line)?;
        let Some(id) = message.get("id").cloned() else { return self.send(&message).map(|()| None) };
        if message.get("method").is_some() {
            // Each process counts from one, and ids are unique per sender.
            self.requests += 1;
            let own = format!("reference-{}", self.requests);
            message["id"] = own.clone().into();
            self.asking.insert(own, id);
            return self.send(&message).map(|()| None);
        }
        let asked = self.asked.iter().rposition(|(each, _)| *each == id).map(|index| self.asked.remove(index).1);
        match (asked.as_deref(), self.supervisor.adapter_fault) {
            (Some("shutdown"), _) => {
                self.send(&message)?;
                Ok(Some(Ended::Shutdown))
            }
            (Some("submit_message"), Some(fault)) => {
                if fault == STDERR_NOISE {
                    writeln!(io::stderr(), "warning: {}", "this adapter likes to talk; ".repeat(200))?;
                }
                let spoiled = spoil(fault, &message);
                self.writer.write_all(&spoiled.bytes)?;
                self.writer.flush()?;
                Ok(spoiled.exits.then_some(Ended::Shutdown))
            }
            _ => self.send(&message).map(|()| None),
        }
    }

    /// Stops the store process and starts another on the same database.
    fn restart(&mut self, kind: RestartKind, id: &Value) -> io::Result<()> {
        if kind == RestartKind::Clean {
            let stop = json!({ "jsonrpc": "2.0", "id": STOP_ID, "method": "shutdown", "params": {} });
            self.process.send(stop.to_string().as_bytes())?;
            // A store that waits for a support call sees the end of its input, and stops likewise.
            self.process.stdin = None;
            self.await_end()?;
        }
        self.process.kill()?;
        self.process = Process::start(self.supervisor, self.process.number + 1, &self.sender)?;
        self.stale.extend(std::mem::take(&mut self.asking).into_keys());
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": { "hresult": "S_OK" } }))?;
        for (id, method) in std::mem::take(&mut self.asked).into_iter().rev() {
            let error = json!({ "code": -32000, "message": format!("the store was restarted during `{method}`") });
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "error": error }))?;
        }
        Ok(())
    }

    /// Waits for the end of the store's output; what the checker sends meanwhile is kept.
    fn await_end(&mut self) -> io::Result<()> {
        loop {
            match self.events.recv_timeout(STOP_LIMIT) {
                Ok(Event::Store { line: Ok(Some(_)), .. }) => {}
                Ok(Event::Store { .. }) | Err(RecvTimeoutError::Timeout) => return Ok(()),
                Ok(event) => self.backlog.push_back(event),
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }

    fn send(&mut self, message: &Value) -> io::Result<()> {
        writeln!(self.writer, "{message}")?;
        self.writer.flush()
    }
}
