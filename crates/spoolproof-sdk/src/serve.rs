//! The loop that answers a checker: JSON-RPC 2.0, one message a line, calls nested like a stack.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::net::{TcpListener, TcpStream};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::lines::{LINE_MAX, read_line};
use crate::provider::{self, Answer, CallError, Provider};
use crate::wire::{CallParams, CallResult, Observation};
use crate::{HResult, Mapi};

/// Calls within calls are answered to this depth; a checker that nests deeper is refused.
const DEPTH_MAX: usize = 64;

/// So many calls overlap at most.
const TOGETHER_MAX: usize = 64;

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;
const ADAPTER_FAILED: i32 = -32000;

/// Serves `provider` on the process's standard streams until `shutdown` or the end of the input.
///
/// # Errors
///
/// As [`serve`].
pub fn serve_stdio(provider: &mut dyn Provider) -> io::Result<()> {
    serve(io::stdin().lock(), io::stdout().lock(), provider)
}

/// Serves `provider` on TCP, one connection at a time, until `shutdown`.
///
/// A connection that breaks is written to stderr, and the next one is awaited.
///
/// # Errors
///
/// When no connection can be accepted any more.
pub fn serve_tcp(listener: &TcpListener, provider: &mut dyn Provider) -> io::Result<()> {
    loop {
        let (stream, peer) = listener.accept()?;
        match serve_stream(&stream, provider) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) => writeln!(io::stderr(), "the connection from {peer} broke: {error}")?,
        }
    }
}

/// Serves one connection; whether it ended by `shutdown`.
fn serve_stream(stream: &TcpStream, provider: &mut dyn Provider) -> io::Result<bool> {
    // Every line is an answer somebody waits for; gathering them into larger packets only delays it.
    stream.set_nodelay(true)?;
    let mut connection = Connection::new(BufReader::new(stream), BufWriter::new(stream));
    connection.run(provider)?;
    Ok(connection.shutdown)
}

/// Serves `provider` on a pair of streams until `shutdown` or the end of the input.
///
/// # Errors
///
/// When a stream fails, ends in the middle of a call, or carries something that breaks the protocol beyond what a
/// JSON-RPC error can answer: a line over 1 MiB, a response that nobody waits for.
pub fn serve(reader: impl BufRead, writer: impl Write, provider: &mut dyn Provider) -> io::Result<()> {
    Connection::new(reader, writer).run(provider)
}

/// One side of the conversation, ours.
struct Connection<R, W> {
    reader: R,
    writer: W,
    requests: u64,
    /// The requests that we wait for, by id, and what was answered out of turn.
    waiting: BTreeMap<String, Option<Value>>,
    /// The requests that have come of a group that overlaps: id, method and parameters.
    gathered: Vec<(Value, String, Value)>,
    depth: usize,
    shutdown: bool,
}

impl<R: BufRead, W: Write> Connection<R, W> {
    fn new(reader: R, writer: W) -> Self {
        Self { reader, writer, requests: 0, waiting: BTreeMap::new(), gathered: Vec::new(), depth: 0, shutdown: false }
    }

    fn run(&mut self, provider: &mut dyn Provider) -> io::Result<()> {
        while !self.shutdown {
            let Some(line) = read_line(&mut self.reader, LINE_MAX)? else { break };
            self.receive(provider, &line)?;
        }
        Ok(())
    }

    /// Takes one message, whatever it is.
    fn receive(&mut self, provider: &mut dyn Provider, line: &[u8]) -> io::Result<()> {
        // A `Value` first: of duplicate keys the last counts there, while a derived reader refuses them.
        let message = match serde_json::from_slice::<Value>(line) {
            Ok(Value::Object(message)) => message,
            Ok(_) => return self.refuse(&Value::Null, INVALID_REQUEST, "a message is a JSON object"),
            Err(error) => return self.refuse(&Value::Null, PARSE_ERROR, &format!("no JSON: {error}")),
        };
        let id = message.get("id").cloned();
        let versioned = message.get("jsonrpc").and_then(Value::as_str) == Some("2.0");
        let Some(method) = message.get("method") else {
            return match id {
                Some(Value::String(id)) if versioned => self.answered(id, message),
                _ => Err(invalid("a message is neither a request nor a response to one")),
            };
        };
        let id = match id {
            // A notification: none is defined in this direction, and unknown ones are passed over.
            None => return Ok(()),
            Some(id @ (Value::String(_) | Value::Number(_))) => id,
            Some(_) => return self.refuse(&Value::Null, INVALID_REQUEST, "an `id` is a string or a number"),
        };
        if !versioned {
            return self.refuse(&id, INVALID_REQUEST, "`jsonrpc` is not \"2.0\"");
        }
        let Some(method) = method.as_str() else {
            return self.refuse(&id, INVALID_REQUEST, "`method` is not a string");
        };
        let method = method.to_owned();
        let params = message.get("params").cloned().unwrap_or_else(|| Value::Object(Map::new()));
        let more_to_come = params.get("overlaps").and_then(Value::as_u64).is_some_and(|more| more > 0);
        if !more_to_come && self.gathered.is_empty() {
            return self.request(provider, &id, &method, params);
        }
        if self.gathered.len() == TOGETHER_MAX {
            return self.refuse(&id, ADAPTER_FAILED, "too many calls overlap");
        }
        self.gathered.push((id, method, params));
        if more_to_come { Ok(()) } else { self.together(provider) }
    }

    /// Serves the requests of a group, now that all are there.
    fn together(&mut self, provider: &mut dyn Provider) -> io::Result<()> {
        let requests = std::mem::take(&mut self.gathered);
        let calls: Option<Vec<_>> = requests
            .iter()
            .map(|(_, method, params)| {
                let other = matches!(method.as_str(), "initialize" | "observe" | "shutdown" | "spooler.wake");
                let params = params.is_object().then(|| serde_json::from_value(params.clone()).ok()).flatten();
                params.filter(|_| !other).map(|params| (method.clone(), params))
            })
            .collect();
        // What cannot be read is refused, each by itself.
        let answers = calls.and_then(|calls| provider.together(self, &calls));
        let Some(answers) = answers else {
            return requests
                .into_iter()
                .try_for_each(|(id, method, params)| self.request(provider, &id, &method, params));
        };
        let mut left: Vec<_> = requests.into_iter().map(Some).collect();
        for (place, answer) in answers {
            if let Some((id, method, _)) = left.get_mut(place).and_then(Option::take) {
                self.answer(&id, &method, answer.and_then(|result| complete(&method, &result)))?;
            }
        }
        left.into_iter()
            .flatten()
            .try_for_each(|(id, method, _)| self.refuse(&id, ADAPTER_FAILED, &format!("`{method}` was not answered")))
    }

    fn request(&mut self, provider: &mut dyn Provider, id: &Value, method: &str, params: Value) -> io::Result<()> {
        if self.depth == DEPTH_MAX {
            return self.refuse(id, ADAPTER_FAILED, "calls nest too deeply");
        }
        self.depth += 1;
        let outcome = self.dispatch(provider, method, params);
        self.depth -= 1;
        self.answer(id, method, outcome)
    }

    fn answer(&mut self, id: &Value, method: &str, outcome: Result<Value, CallError>) -> io::Result<()> {
        match outcome {
            Ok(result) => {
                self.shutdown |= method == "shutdown";
                self.send_result(id, &result)
            }
            Err(CallError::BadParams(what)) => self.refuse(id, INVALID_PARAMS, &what),
            Err(CallError::Failed(what)) => self.refuse(id, ADAPTER_FAILED, &what),
            Err(CallError::Lost(error)) => Err(error),
            Err(CallError::Unsupported) => {
                self.refuse(id, METHOD_NOT_FOUND, &format!("the method `{method}` is not served"))
            }
        }
    }

    fn dispatch(&mut self, provider: &mut dyn Provider, method: &str, params: Value) -> Result<Value, CallError> {
        if !params.is_object() {
            return Err(CallError::bad_params("`params` is not an object"));
        }
        let params: CallParams =
            serde_json::from_value(params).map_err(|error| CallError::bad_params(error.to_string()))?;
        match method {
            "initialize" => to_value(&provider.initialize(&params)?),
            "observe" => observed(&provider.observe(self, &params)?),
            "spooler.wake" => Ok(json!({ "idle": provider.wake(self, &params)? })),
            _ => complete(method, &provider::call(provider, self, method, &params)?),
        }
    }

    /// Keeps the response to a request of ours for the call that waits for it.
    fn answered(&mut self, id: String, message: Map<String, Value>) -> io::Result<()> {
        match self.waiting.get_mut(&id) {
            Some(answer @ None) => {
                *answer = Some(Value::Object(message));
                Ok(())
            }
            _ => Err(invalid(&format!("a response has the id {id:?}, which nobody waits for"))),
        }
    }

    fn send_result(&mut self, id: &Value, result: &Value) -> io::Result<()> {
        let line = json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string();
        if line.len() > LINE_MAX {
            return self.refuse(id, ADAPTER_FAILED, "the answer is over 1 MiB");
        }
        self.send(line)
    }

    fn refuse(&mut self, id: &Value, code: i32, message: &str) -> io::Result<()> {
        self.send(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }).to_string())
    }

    fn send(&mut self, mut line: String) -> io::Result<()> {
        line.push('\n');
        self.writer.write_all(line.as_bytes())?;
        self.writer.flush()
    }
}

impl<R: BufRead, W: Write> Mapi for Connection<R, W> {
    fn call(&mut self, provider: &mut dyn Provider, method: &str, params: &CallParams) -> Answer {
        self.requests += 1;
        let id = format!("adapter-{}", self.requests);
        self.waiting.insert(id.clone(), None);
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string())?;
        loop {
            if self.waiting.get(&id).is_some_and(Option::is_some) {
                return read_answer(self.waiting.remove(&id).flatten().unwrap_or_default());
            }
            let Some(line) = read_line(&mut self.reader, LINE_MAX)? else {
                let what = format!("the stream ended before `{method}` was answered");
                return Err(CallError::Lost(io::Error::new(io::ErrorKind::UnexpectedEof, what)));
            };
            self.receive(provider, &line)?;
        }
    }

    fn notify(&mut self, method: &str, params: &CallParams) -> Result<(), CallError> {
        Ok(self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string())?)
    }
}

/// The result of `method` as it is sent.
fn complete(method: &str, result: &CallResult) -> Result<Value, CallError> {
    if result.hresult.is_none() {
        return Err(CallError::Failed(format!("`{method}` gave no hresult")));
    }
    to_value(result)
}

/// What the checker's response says.
fn read_answer(mut message: Value) -> Answer {
    if let Some(error) = message.get("error") {
        let text = error.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        return Err(match error.get("code").and_then(Value::as_i64).map(i32::try_from) {
            Some(Ok(METHOD_NOT_FOUND)) => CallError::Unsupported,
            Some(Ok(INVALID_PARAMS)) => CallError::BadParams(text),
            _ => CallError::Failed(text),
        });
    }
    let result = message.get_mut("result").map(Value::take).unwrap_or_default();
    let result = serde_json::from_value::<CallResult>(result)
        .map_err(|error| CallError::Failed(format!("the checker's result cannot be read: {error}")))?;
    Ok(result)
}

fn observed(observation: &Observation) -> Result<Value, CallError> {
    let mut result = to_value(observation)?;
    result["hresult"] = to_value(&HResult::S_OK)?;
    Ok(result)
}

fn to_value(result: &impl Serialize) -> Result<Value, CallError> {
    serde_json::to_value(result).map_err(|error| CallError::Failed(error.to_string()))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
