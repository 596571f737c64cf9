//! The serve loop over in-memory streams: what a checker sends, and every line that comes back.

use std::io;
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};
use spoolproof_sdk::lines::LINE_MAX;
use spoolproof_sdk::wire::{Access, CallParams, CallResult, InitializeResult, Observation};
use spoolproof_sdk::{Answer, CallError, HResult, Mapi, Provider, serve, serve_tcp};

/// A store that counts the submissions it has finished, and shows that count as the subject of every message.
#[derive(Default)]
struct Counting {
    submitted: u32,
}

impl Provider for Counting {
    fn initialize(&mut self, _params: &CallParams) -> Result<InitializeResult, CallError> {
        Ok(InitializeResult::store("counting", "1").serving(&["submit_message", "observe"]))
    }

    fn observe(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Result<Observation, CallError> {
        params.entry_id()?;
        Ok(Observation { subject: Some(self.submitted.to_string()), ..Observation::default() })
    }

    fn open_entry(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        let handle = Some(format!("{} for {}", params.entry_id()?, params.session()?));
        Ok(CallResult { handle, access: Some(Access::Read), ..CallResult::from(HResult::S_OK) })
    }

    fn submit_message(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        let expanded = mapi.expand_recips(self, params.handle()?)?;
        if !expanded.has_flag("NEEDS_SPOOLER") {
            return Ok(HResult::MAPI_E_CALL_FAILED.into());
        }
        self.submitted += 1;
        mapi.table_modified("added", "m1")?;
        Ok(HResult::S_OK.into())
    }

    fn release(&mut self, _mapi: &mut dyn Mapi, _params: &CallParams) -> Answer {
        Ok(CallResult::default())
    }

    fn shutdown(&mut self, _mapi: &mut dyn Mapi, _params: &CallParams) -> Answer {
        Ok(HResult::S_OK.into())
    }
}

fn exchange(input: impl AsRef<[u8]>) -> (Vec<Value>, io::Result<()>) {
    let mut output = Vec::new();
    let ended = serve(input.as_ref(), &mut output, &mut Counting::default());
    let output = String::from_utf8(output).expect("UTF-8");
    assert!(output.is_empty() || output.ends_with('\n'), "the last line is whole");
    (output.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect(), ended)
}

#[track_caller]
fn check(input: &str, expected: &[Value]) {
    let (lines, ended) = exchange(input);
    assert_eq!(lines, expected);
    ended.expect("the stream ends well");
}

/// The code of the only answer's error.
#[track_caller]
fn check_refused(input: &str, id: &Value, code: i32) {
    let (lines, ended) = exchange(input);
    ended.expect("the stream ends well");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["id"], &lines[0]["error"]["code"]), (id, &json!(code)), "{lines:?}");
}

fn request(id: impl Into<Value>, method: &str, params: &Value) -> String {
    format!("{}\n", json!({ "jsonrpc": "2.0", "id": id.into(), "method": method, "params": params }))
}

#[test]
fn the_checker_may_observe_while_a_support_call_waits() {
    let input = [
        request(1, "submit_message", &json!({ "session": "client-1", "handle": "h" })),
        request(2, "observe", &json!({ "entry_id": "m1" })),
        format!(
            "{}\n",
            json!({ "jsonrpc": "2.0", "id": "adapter-1", "result":
            { "hresult": "S_OK", "flags": ["NEEDS_SPOOLER"] } })
        ),
        request(3, "observe", &json!({ "entry_id": "m1" })),
    ];
    check(
        &input.concat(),
        &[
            json!({ "jsonrpc": "2.0", "id": "adapter-1", "method": "support.expand_recips", "params": { "entry_id": "h" } }),
            json!({ "jsonrpc": "2.0", "id": 2, "result": { "hresult": "S_OK", "PR_SUBJECT": "0" } }),
            json!({ "jsonrpc": "2.0", "method": "notify.table_modified",
                "params": { "entry_id": "m1", "table": "outgoing_queue", "event": "added" } }),
            json!({ "jsonrpc": "2.0", "id": 1, "result": { "hresult": "S_OK" } }),
            json!({ "jsonrpc": "2.0", "id": 3, "result": { "hresult": "S_OK", "PR_SUBJECT": "1" } }),
        ],
    );
}

/// A provider without an opinion on calls that overlap serves them as they came, once the last of them is there.
#[test]
fn calls_that_overlap_are_served_one_after_the_other() {
    let input = [
        request(1, "open_entry", &json!({ "session": "client-1", "entry_id": "m1", "overlaps": 2 })),
        request(2, "open_entry", &json!({ "session": "client-2", "entry_id": "m2", "overlaps": 1 })),
        request(3, "abort_submit", &json!({ "session": "client-3", "entry_id": "m3" })),
        request(4, "observe", &json!({ "entry_id": "m1" })),
    ];
    let (lines, ended) = exchange(input.concat());
    ended.expect("the stream ends well");
    let ids: Vec<_> = lines.iter().map(|line| line["id"].clone()).collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    assert_eq!(lines[1]["result"]["handle"], "m2 for client-2");
    assert_eq!(lines[2]["error"]["code"], -32601);
}

/// Serves calls that overlap from the last to the first, and one not at all.
struct Backwards(Counting);

impl Provider for Backwards {
    fn initialize(&mut self, params: &CallParams) -> Result<InitializeResult, CallError> {
        self.0.initialize(params).map(InitializeResult::concurrent)
    }

    fn together(&mut self, mapi: &mut dyn Mapi, calls: &[(String, CallParams)]) -> Option<Vec<(usize, Answer)>> {
        let served = (1..calls.len()).rev();
        Some(served.map(|at| (at, spoolproof_sdk::call(&mut self.0, mapi, &calls[at].0, &calls[at].1))).collect())
    }
}

#[test]
fn a_provider_answers_calls_that_overlap_in_its_own_order() {
    let input = [
        request(1, "release", &json!({ "handle": "h", "overlaps": 2 })),
        request(2, "open_entry", &json!({ "session": "client-2", "entry_id": "m2", "overlaps": 1 })),
        request(3, "open_entry", &json!({ "session": "client-3", "entry_id": "m3" })),
    ];
    let mut output = Vec::new();
    serve(input.concat().as_bytes(), &mut output, &mut Backwards(Counting::default())).expect("the stream ends well");
    let output = String::from_utf8(output).expect("UTF-8");
    let lines: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.iter().map(|line| line["id"].clone()).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(lines[0]["result"]["handle"], "m3 for client-3");
    assert_eq!(lines[2]["error"]["message"], "`release` was not answered");
}

#[test]
fn calls_nest_like_a_stack_and_an_early_answer_is_kept() {
    let yes =
        |id: &str| format!("{}\n", json!({ "jsonrpc": "2.0", "id": id, "result": { "flags": ["NEEDS_SPOOLER"] } }));
    let input = [
        request("outer", "submit_message", &json!({ "handle": "a" })),
        request("inner", "submit_message", &json!({ "handle": "b" })),
        yes("adapter-1"),
        yes("adapter-2"),
    ];
    let (lines, ended) = exchange(input.concat());
    ended.expect("the stream ends well");
    let ids: Vec<_> = lines.iter().filter_map(|line| line.get("id")).collect();
    assert_eq!(ids, ["adapter-1", "adapter-2", "inner", "outer"]);
}

#[test]
fn lines_are_read_leniently_where_the_protocol_says_so() {
    let opened =
        json!({ "jsonrpc": "2.0", "id": 1.5, "result": { "hresult": "S_OK", "handle": "m2 for c", "access": "read" } });
    let input = "\r\n\n  \n{\"jsonrpc\":\"2.0\",\"id\":1.5,\"x\":[],\"method\":\"open_entry\",\
        \"params\":{\"session\":\"c\",\"entry_id\":\"m1\",\"later\":{},\"entry_id\":\"m2\"}}\r\n";
    check(input, &[opened]);
}

#[test]
fn what_cannot_be_served_is_refused_by_its_code() {
    check_refused(&request(1, "no_such_method", &json!({})), &json!(1), -32601);
    check_refused(&request("x", "abort_submit", &json!({ "session": "c" })), &json!("x"), -32601);
    check_refused(&request(1, "open_entry", &json!({ "session": "c" })), &json!(1), -32602);
    check_refused(&request(1, "open_entry", &json!({ "session": 7, "entry_id": "m" })), &json!(1), -32602);
    check_refused(&request(1, "open_entry", &json!(["c"])), &json!(1), -32602);
    check_refused(&request(1, "release", &json!({ "handle": "h" })), &json!(1), -32000);
    check_refused("{\"jsonrpc\":\"2.0\",\n", &Value::Null, -32700);
    check_refused("[]\n", &Value::Null, -32600);
    check_refused("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"observe\"}\n", &json!(1), -32600);
    check_refused("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"observe\"}\n", &Value::Null, -32600);
}

#[test]
fn a_support_call_that_the_checker_does_not_serve_ends_the_call_alike() {
    let input = request(1, "submit_message", &json!({ "handle": "h" }))
        + "{\"jsonrpc\":\"2.0\",\"id\":\"adapter-1\",\"error\":{\"code\":-32601,\"message\":\"no\"}}\n";
    let (lines, ended) = exchange(input);
    ended.expect("the stream ends well");
    assert_eq!(lines[1]["error"]["code"], -32601);
}

#[test]
fn serving_ends_where_the_stream_breaks_the_protocol() {
    let ended = |input: &str| exchange(input).1.map_err(|error| error.kind());
    let submit = request(1, "submit_message", &json!({ "handle": "h" }));
    assert_eq!(ended(&submit), Err(io::ErrorKind::UnexpectedEof));
    assert_eq!(ended("{\"jsonrpc\":\"2.0\",\"id\":\"adapter-1\",\"result\":{}}\n"), Err(io::ErrorKind::InvalidData));
    assert_eq!(ended(&"x".repeat(LINE_MAX + 1)), Err(io::ErrorKind::InvalidData));
}

#[test]
fn a_notification_is_passed_over_and_nothing_is_read_after_shutdown() {
    let input = [
        "{\"jsonrpc\":\"2.0\",\"method\":\"observe\"}\n".to_owned(),
        request(9, "shutdown", &json!({})),
        request(10, "shutdown", &json!({})),
    ];
    check(&input.concat(), &[json!({ "jsonrpc": "2.0", "id": 9, "result": { "hresult": "S_OK" } })]);
}

#[test]
fn tcp_serves_one_connection_after_another_until_shutdown() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || serve_tcp(&listener, &mut Counting::default()));
    for (method, code) in [("observe", -32602), ("shutdown", 0)] {
        let stream = TcpStream::connect(address).expect("a connection");
        io::Write::write_all(&mut &stream, request(1, method, &json!({})).as_bytes()).expect("sent");
        stream.shutdown(std::net::Shutdown::Write).expect("closed");
        let answer: Value = serde_json::from_reader(&stream).expect("one answer");
        assert_eq!(answer["error"]["code"].as_i64().unwrap_or(0), code);
    }
    server.join().expect("no panic").expect("no error");
}
