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

use super::adapter_fault::EXIT_AT_START;
use super::sabotage::{Fate, INJECTED, Sabotage};

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
    /// The checker's requests that the store has not answered.
    asked: Vec<Asked>,
    /// The store's requests that the checker has not answered: our id and the store's.
    asking: BTreeMap<String, Value>,
    /// Those of processes that are gone.
    stale: BTreeSet<String>,
    requests: u64,
    sabotage: Sabotage,
    /// What a deaf adapter has not listened to.
    unheard: Vec<Vec<u8>>,
}

/// A request of the checker's.
struct Asked {
    id: Value,
    method: String,
    params: Value,
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
        sabotage: Sabotage::new(supervisor.adapter_fault),
        unheard: Vec::new(),
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
                    Some(line) => {
                        if let Some(ended) = self.take_from_checker(line)? {
                            return Ok(ended);
                        }
                    }
                    // This one is ended by the checker, or never.
                    None if self.sabotage.stays() => {}
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

    fn take_from_checker(&mut self, line: Vec<u8>) -> io::Result<Option<Ended>> {
        // What is no JSON-RPC goes through as it is: it is for the store's own framing to refuse it.
        let Ok(mut message) = serde_json::from_slice::<Value>(&line) else {
            return self.process.send(&line).map(|()| None);
        };
        let id = message.get("id").cloned();
        match (message.get("method").and_then(Value::as_str).map(str::to_owned), id) {
            (Some(_), Some(_)) if self.sabotage.is_deaf() && !self.asking.is_empty() => {
                self.unheard.push(line);
                Ok(None)
            }
            (Some(method), Some(id)) => self.take_request(id, method, message),
            (None, Some(Value::String(id))) => {
                if Sabotage::is_own(&id) || self.stale.remove(&id) {
                    return Ok(None);
                }
                if let Some(own) = self.asking.remove(&id) {
                    message["id"] = own;
                }
                self.process.send(message.to_string().as_bytes())?;
                for line in std::mem::take(&mut self.unheard) {
                    self.take_from_checker(line)?;
                }
                Ok(None)
            }
            _ => self.process.send(&line).map(|()| None),
        }
    }

    fn take_request(&mut self, id: Value, method: String, mut message: Value) -> io::Result<Option<Ended>> {
        let inbound = self.sabotage.request(&method, &mut message);
        for injected in inbound.before {
            self.process.send(injected.to_string().as_bytes())?;
        }
        let params = message.get("params").cloned().unwrap_or_default();
        let kind = (method == "restart").then(|| serde_json::from_value::<CallParams>(params.clone()).ok()?.kind);
        match (inbound.fate, kind.flatten()) {
            (Fate::Answer(mut answer), _) => {
                answer["jsonrpc"] = "2.0".into();
                answer["id"] = id;
                self.send(&answer)?;
            }
            (Fate::Drop, _) => {}
            (Fate::Exit, _) => return Ok(Some(Ended::Shutdown)),
            (Fate::Restart, _) => self.restart(RestartKind::Clean, &id)?,
            (Fate::Pass, Some(kind)) => self.restart(kind, &id)?,
            (Fate::Pass, None) => {
                self.asked.push(Asked { id, method, params });
                self.process.send(message.to_string().as_bytes())?;
            }
        }
        Ok(None)
    }

    fn take_from_store(&mut self, line: &[u8]) -> io::Result<Option<Ended>> {
        let mut message = serde_json::from_slice::<Value>(line)?;
        let id = message.get("id").cloned();
        if message.get("method").is_some() {
            // Each process counts from one, and ids are unique per sender.
            let own = id.map(|id| {
                self.requests += 1;
                let own = format!("reference-{}", self.requests);
                message["id"] = own.clone().into();
                (own, id)
            });
            let outbound = self.sabotage.outgoing(message);
            match (own, outbound.answered) {
                (Some((own, id)), Some(answer)) => {
                    self.stale.insert(own);
                    let answer = json!({ "jsonrpc": "2.0", "id": id, "result": answer });
                    self.process.send(answer.to_string().as_bytes())?;
                }
                (Some((own, id)), None) => _ = self.asking.insert(own, id),
                (None, _) => {}
            }
            return outbound.sent.iter().try_for_each(|message| self.send(message)).map(|()| None);
        }
        let Some(id) = id.filter(|id| id != INJECTED) else { return Ok(None) };
        let asked = self.asked.iter().rposition(|each| each.id == id).map(|index| self.asked.remove(index));
        let Some(Asked { method, params, .. }) = asked else { return self.send(&message).map(|()| None) };
        if method == "shutdown" {
            return self.send(&message).map(|()| Some(Ended::Shutdown));
        }
        let spoilt = self.sabotage.answer(&method, &params, message, method == "submit_message");
        self.writer.write_all(&spoilt.bytes)?;
        self.writer.flush()?;
        Ok(spoilt.exits.then_some(Ended::Shutdown))
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
        for Asked { id, method, .. } in std::mem::take(&mut self.asked).into_iter().rev() {
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
