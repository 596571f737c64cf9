//! The reference provider over real processes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// The adapter, and the checker's end of its streams.
struct Adapter {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    requests: u64,
}

impl Adapter {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_spoolproof"))
            .arg("reference")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the adapter starts");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, stdin, stdout, requests: 0 }
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.stdin.as_mut().expect("open"), "{message}").expect("sent");
    }

    fn request(&mut self, method: &str, params: &Value) -> u64 {
        self.requests += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.requests, "method": method, "params": params }));
        self.requests
    }

    /// The next message that is no notification.
    fn next(&mut self) -> Value {
        loop {
            let mut line = String::new();
            self.stdout.read_line(&mut line).expect("a line");
            let message: Value = serde_json::from_str(&line).expect("JSON");
            if message.get("id").is_some() {
                return message;
            }
        }
    }

    /// Calls and answers every support call with `S_OK`.
    fn call(&mut self, method: &str, params: &Value) -> Value {
        let id = self.request(method, params);
        loop {
            let message = self.next();
            if message.get("method").is_some() {
                self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": { "hresult": "S_OK" } }));
            } else {
                assert_eq!(message["id"], id);
                return message;
            }
        }
    }

    #[track_caller]
    fn ok(&mut self, method: &str, params: &Value) -> Value {
        let message = self.call(method, params);
        assert_eq!(message["result"]["hresult"], "S_OK", "{method}: {message}");
        message["result"].clone()
    }

    fn queued(&mut self) -> String {
        let params = json!({ "session": "client-1", "recipients": [{ "address": "bob@example.test" }] });
        let made = self.ok("create_message", &params);
        self.ok("submit_message", &json!({ "session": "client-1", "handle": made["handle"] }));
        made["entry_id"].as_str().expect("an entry id").to_owned()
    }

    fn observed(&mut self, entry_id: &str) -> (Value, Value) {
        let seen = self.ok("observe", &json!({ "entry_id": entry_id }));
        (seen["PR_SUBMIT_FLAGS"].clone(), seen["in_outgoing_queue"].clone())
    }

    /// Closes its input and waits; what it still said, and whether it ended well.
    fn end(mut self) -> (String, bool) {
        self.stdin = None;
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("text");
        (rest, self.child.wait().expect("it ends").success())
    }
}

#[test]
fn a_crash_keeps_the_queue_and_ends_handles_and_locks() {
    let mut adapter = Adapter::start(&[]);
    let about = adapter.call("initialize", &json!({ "protocol_version": 1 }));
    assert_eq!((&about["result"]["role"], &about["result"]["protocol_version"]), (&json!("store"), &json!(1)));
    adapter.ok("reset", &json!({ "profile": { "sorts_queue": "table" } }));
    let entry_id = adapter.queued();
    for kind in ["crash", "clean"] {
        let open = json!({ "session": "spooler", "entry_id": entry_id, "flags": ["MAPI_MODIFY"] });
        let handle = adapter.ok("open_entry", &open)["handle"].clone();
        let lock = json!({ "session": "spooler", "handle": handle, "lock_state": "MSG_LOCKED" });
        adapter.ok("set_lock_state", &lock);
        assert_eq!(adapter.observed(&entry_id), (json!(["SUBMITFLAG_LOCKED"]), json!(true)));
        adapter.ok("restart", &json!({ "kind": kind }));
        assert_eq!(adapter.observed(&entry_id), (json!([]), json!(true)));
        assert_eq!(adapter.call("set_lock_state", &lock)["error"]["code"], -32602);
    }
    let about = adapter.call("initialize", &json!({ "protocol_version": 1 }));
    assert_eq!(about["result"]["profile"]["sorts_queue"], "table", "the profile outlives the process");
    assert_eq!(adapter.call("restart", &json!({ "kind": "slowly" }))["error"]["code"], -32602);
    adapter.ok("shutdown", &json!({}));
    assert_eq!(adapter.end(), (String::new(), true));
}

#[test]
fn a_crash_in_the_middle_of_a_submission_leaves_a_draft() {
    let mut adapter = Adapter::start(&[]);
    let params = json!({ "session": "client-1", "recipients": [{ "address": "bob@example.test" }] });
    let made = adapter.ok("create_message", &params);
    let submit = adapter.request("submit_message", &json!({ "session": "client-1", "handle": made["handle"] }));
    let expand = adapter.next();
    assert_eq!(expand["method"], "support.expand_recips");
    let restart = adapter.request("restart", &json!({ "kind": "crash" }));
    assert_eq!(adapter.next(), json!({ "jsonrpc": "2.0", "id": restart, "result": { "hresult": "S_OK" } }));
    adapter.send(&json!({ "jsonrpc": "2.0", "id": expand["id"], "result": { "hresult": "S_OK" } }));
    let lost = adapter.next();
    assert_eq!((&lost["id"], &lost["error"]["code"]), (&json!(submit), &json!(-32000)));
    let seen = adapter.ok("observe", &json!({ "entry_id": made["entry_id"] }));
    assert_eq!(
        (&seen["in_outgoing_queue"], &seen["PR_MESSAGE_FLAGS"][0]),
        (&json!(false), &json!("MSGFLAG_UNMODIFIED"))
    );
    assert_eq!(adapter.end(), (String::new(), true));
}

#[test]
fn faults_reach_the_store_process_and_know_a_crash_from_a_stop() {
    let mut adapter = Adapter::start(&["--fault", "queue-lost-on-crash"]);
    let entry_id = adapter.queued();
    for (kind, queued) in [("clean", true), ("crash", false)] {
        adapter.ok("restart", &json!({ "kind": kind }));
        assert_eq!(adapter.observed(&entry_id).1, json!(queued), "{kind}");
    }
    assert_eq!(adapter.end(), (String::new(), true));
}

#[test]
fn a_broken_adapter_says_half_of_its_answer_and_exits() {
    let mut adapter = Adapter::start(&["--fault", "adapter-half-line"]);
    let params = json!({ "session": "client-1", "recipients": [{ "address": "bob@example.test" }] });
    let made = adapter.ok("create_message", &params);
    adapter.request("submit_message", &json!({ "session": "client-1", "handle": made["handle"] }));
    let expand = adapter.next();
    adapter.send(&json!({ "jsonrpc": "2.0", "id": expand["id"], "result": { "hresult": "S_OK" } }));
    let (rest, _) = adapter.end();
    let last = rest.lines().last().expect("something");
    assert!(!rest.ends_with('\n') && last.starts_with('{') && !last.ends_with('}'), "{rest}");
}

#[test]
fn tcp_serves_one_checker_after_another_on_one_store() {
    let mut adapter = Command::new(env!("CARGO_BIN_EXE_spoolproof"))
        .args(["reference", "--listen", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the adapter starts");
    let mut line = String::new();
    BufReader::new(adapter.stderr.take().expect("piped")).read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("listening on ").expect("its address").to_owned();
    let call = |method: &str, params: Value| {
        let stream = TcpStream::connect(&address).expect("a connection");
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        writeln!(&stream, "{request}").expect("sent");
        stream.shutdown(Shutdown::Write).expect("closed");
        serde_json::from_reader::<_, Value>(&stream).expect("one answer")["result"].clone()
    };
    let made = call("create_message", json!({ "session": "client-1", "recipients": [] }));
    let seen = call("observe", json!({ "entry_id": made["entry_id"] }));
    assert_eq!(seen["exists"], true);
    assert_eq!(call("shutdown", json!({}))["hresult"], "S_OK");
    assert!(adapter.wait().expect("it ends").success());
}

#[test]
fn an_unknown_fault_is_refused_at_once() {
    for fault in ["no-such-fault", "adapter-no-such-fault"] {
        let (rest, well) = Adapter::start(&["--fault", fault]).end();
        assert_eq!((rest, well), (String::new(), false));
    }
}
