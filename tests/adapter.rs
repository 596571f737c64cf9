//! What the checker makes of an adapter's answers, well behaved and not. The adapter is a thread behind a socket;
//! what only a process can do is in `adapter_process.rs`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use spoolproof::conformance::{
    Adapter, AdapterError, AdapterErrorKind, Came, Deadlines, Observe, Options, Outcome, Request, Support, Sut as _,
    Target,
};
use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{CallParams, CallResult, Folder, Observation, Role};

/// The adapter's end of the connection.
struct Peer {
    input: BufReader<TcpStream>,
    output: TcpStream,
}

impl Peer {
    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.input.read_line(&mut line).expect("a line from the checker");
        serde_json::from_str(&line).expect("the checker sends JSON")
    }

    /// The checker may have hung up by now, which is no fault of the peer's.
    fn write(&mut self, bytes: impl AsRef<[u8]>) {
        _ = self.output.write_all(bytes.as_ref());
    }

    fn send(&mut self, message: &Value) {
        self.write(format!("{message}\n"));
    }

    /// Reads the next request, which must be for `method`.
    fn expect(&mut self, method: &str) -> Value {
        let request = self.read();
        assert_eq!(request["method"], method, "{request}");
        request
    }

    fn result(&mut self, request: &Value, result: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "id": request["id"], "result": result}));
    }

    fn initialize(&mut self) {
        let request = self.expect("initialize");
        self.result(&request, &about());
    }

    /// Waits until the checker has hung up.
    fn until_closed(&mut self) {
        let mut rest = String::new();
        while self.input.read_line(&mut rest).is_ok_and(|count| count > 0) {}
    }
}

fn about() -> Value {
    json!({
        "protocol_version": 1,
        "provider": {"name": "peer", "version": "7"},
        "role": "store",
        "supports": ["initialize", "submit_message"],
    })
}

/// Starts an adapter that does what `script` says, on each of `connections` connections.
fn listen(connections: usize, script: impl Fn(&mut Peer) + Send + 'static) -> (Target, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let thread = std::thread::spawn(move || {
        for _ in 0..connections {
            let (output, _) = listener.accept().expect("the checker connects");
            let input = BufReader::new(output.try_clone().expect("a second handle"));
            script(&mut Peer { input, output });
        }
    });
    (Target::parse(&format!("tcp://{address}")).expect("an address"), thread)
}

/// Deadlines that only a hanging test meets, for what must not depend on the machine's speed.
fn patient() -> Options {
    Options { deadlines: Deadlines::of_calls(Duration::from_secs(20)), ..Options::default() }
}

/// For calls that must end at their deadline.
fn brief() -> Options {
    let deadlines = Deadlines { call: Duration::from_millis(300), ..patient().deadlines };
    Options { deadlines, ..Options::default() }
}

/// Answers every support call with success, and looks at the message meanwhile.
#[derive(Default)]
struct Mapi {
    seen: Vec<Option<Observation>>,
}

impl Support for Mapi {
    fn answer(&mut self, _: &str, params: &CallParams, sut: &mut dyn Observe) -> CallResult {
        let entry_id = params.entry_id.as_deref().unwrap_or_default();
        self.seen.push(sut.observe(entry_id));
        CallResult { hresult: Some(HResult::S_OK), ..CallResult::default() }
    }
}

fn submit(adapter: &mut Adapter) -> Result<Outcome, AdapterError> {
    adapter.call("submit_message", &CallParams::default(), &mut Mapi::default())
}

/// What `submit_message` comes to when the adapter does `answer` about it.
fn outcome(options: Options, answer: impl Fn(&mut Peer, Value) + Send + 'static) -> Result<Outcome, AdapterError> {
    let (target, peer) = listen(1, move |peer| {
        peer.initialize();
        let request = peer.expect("submit_message");
        answer(peer, request);
        peer.until_closed();
    });
    let mut adapter = Adapter::start(&target, options).expect("it starts");
    let outcome = submit(&mut adapter);
    if outcome.is_err() {
        let again = submit(&mut adapter).expect_err("it has been ended");
        assert!(matches!(again.kind(), AdapterErrorKind::EndedBefore), "{again}");
    }
    drop(adapter);
    peer.join().expect("the peer saw what it expected");
    outcome
}

/// The error that `bytes` are for the checker when they come instead of an answer.
#[track_caller]
fn check_fault(bytes: impl AsRef<[u8]> + Clone + Send + 'static, expected: &str) {
    let error = outcome(patient(), move |peer, _| peer.write(bytes.clone())).expect_err("the checker takes offence");
    assert_eq!(error.to_string(), format!("submit_message: {expected}"));
    assert_eq!(error.method(), Some("submit_message"));
}

/// What the checker makes of a result.
#[track_caller]
fn check_result(result: Value, expected: Result<HResult, &str>) {
    let outcome = outcome(patient(), move |peer, request| peer.result(&request, &result));
    match (outcome, expected) {
        (Ok(Outcome::Returned(result)), Ok(expected)) => assert_eq!(result.hresult, Some(expected)),
        (Err(error), Err(expected)) => {
            assert!(matches!(error.kind(), AdapterErrorKind::BadResult { .. }), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
        (outcome, expected) => panic!("{outcome:?} instead of {expected:?}"),
    }
}

/// What the checker makes of a JSON-RPC error.
fn error_outcome(code: i64) -> Result<Outcome, AdapterError> {
    outcome(patient(), move |peer, request| {
        peer.send(&json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": "so there"}}));
    })
}

#[test]
fn the_handshake_says_who_is_who() {
    let (target, peer) = listen(1, |peer| {
        let request = peer.expect("initialize");
        assert_eq!(request["jsonrpc"], "2.0");
        assert_eq!(request["params"]["protocol_version"], 1);
        assert_eq!(request["params"]["checker"]["name"], "spoolproof");
        peer.result(&request, &about());
        peer.until_closed();
    });
    let adapter = Adapter::start(&target, patient()).expect("it starts");
    assert_eq!(adapter.about().provider.name, "peer");
    assert_eq!(adapter.about().role, Role::Store);
    assert_eq!(adapter.stderr_tail(), "");
    drop(adapter);
    peer.join().expect("the peer saw what it expected");
}

#[test]
fn another_version_of_the_protocol_is_refused() {
    let (target, peer) = listen(1, |peer| {
        let request = peer.expect("initialize");
        peer.result(&request, &json!({"protocol_version": 2}));
        peer.until_closed();
    });
    let error = Adapter::start(&target, patient()).expect_err("version 2");
    assert!(error.to_string().starts_with(
        "initialize: the adapter speaks version 2 of the protocol, and this checker speaks version 1; line 1 of"
    ));
    peer.join().expect("the peer saw what it expected");
}

#[test]
fn an_adapter_that_does_not_say_what_it_is_cannot_start() {
    for (result, expected) in [
        (json!({"protocol_version": 1}), "missing field `provider`"),
        (json!({"protocol_version": 1, "provider": {"name": "x"}, "role": "shop"}), "unknown variant `shop`"),
        (json!([1]), "expected an object"),
    ] {
        let (target, peer) = listen(1, move |peer| {
            let request = peer.expect("initialize");
            peer.result(&request, &result);
            peer.until_closed();
        });
        let error = Adapter::start(&target, patient()).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
        peer.join().expect("the peer saw what it expected");
    }
}

#[test]
fn lines_that_are_no_messages_are_named() {
    check_fault(
        "hello\n",
        "the line is not JSON (expected value at line 1 column 1): write one message per line, and everything else \
         to stderr; line 2 of its output: hello",
    );
    check_fault(
        b"\n\r\n \xff\xfe\x07\n",
        "the line is not UTF-8: encode messages in UTF-8 whatever the locale, and write everything else to stderr; \
         line 4 of its output:  \\xff\\xfe\\u{7}",
    );
    check_fault(
        "[]\n",
        "an array came where a message was expected: the protocol has no batches, send each message on its own line; \
         line 2 of its output: []",
    );
    check_fault(
        "null\n",
        "the line is JSON, but no object: each message must be a JSON-RPC 2.0 object; line 2 of its output: null",
    );
    check_fault(
        "{\"id\":2,\"result\":{\"hresult\":0}}\n",
        "the message must have the member `\"jsonrpc\": \"2.0\"`; \
         line 2 of its output: {\"id\":2,\"result\":{\"hresult\":0}}",
    );
    check_fault(
        "{\"jsonrpc\":\"2.0\",\"id\":2}\n",
        "the message is no request, response or notification: give it a string `method`, or an `id` and a `result` \
         or an `error`; line 2 of its output: {\"jsonrpc\":\"2.0\",\"id\":2}",
    );
}

#[test]
fn a_response_that_nobody_waits_for_is_named() {
    check_fault(
        "{\"jsonrpc\":\"2.0\",\"id\":\"2\",\"result\":{\"hresult\":0}}\n",
        "a response with the id \"2\" came, but the request that waits has the id 2: answer each request once, with \
         its own id; line 2 of its output: {\"jsonrpc\":\"2.0\",\"id\":\"2\",\"result\":{\"hresult\":0}}",
    );
    check_fault(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n",
        "a response with the id 1 came, but the request that waits has the id 2: answer each request once, with \
         its own id; line 2 of its output: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
    );
}

#[test]
fn a_line_without_an_end_is_not_read_to_its_end() {
    let error = outcome(patient(), |peer, _| {
        let chunk = vec![b'x'; 64 * 1024];
        // A flood: the checker hangs up before it is over.
        while peer.output.write_all(&chunk).is_ok() {}
    })
    .expect_err("too long");
    assert!(matches!(error.kind(), AdapterErrorKind::LineTooLong), "{error}");
    assert!(error.to_string().contains("longer than 1048576 bytes"), "{error}");
    assert_eq!(error.line().map(|line| line.start.len()), Some(120 + '…'.len_utf8()));

    let error = outcome(patient(), |peer, request| {
        let padding = " ".repeat(2 << 20);
        peer.write(format!("{{\"jsonrpc\":\"2.0\",\"id\":{},{padding}\"result\":{{}}}}\n", request["id"]));
    })
    .expect_err("too long");
    assert!(matches!(error.kind(), AdapterErrorKind::LineTooLong), "{error}");
}

#[test]
fn an_early_end_is_named() {
    let hang_up = |peer: &mut Peer| {
        _ = peer.output.shutdown(Shutdown::Write);
    };
    let error = outcome(patient(), move |peer, _| hang_up(peer)).expect_err("an end");
    assert_eq!(error.to_string(), "submit_message: the adapter's output ended: it must go on serving until `shutdown`");
    let error = outcome(patient(), move |peer, _| {
        peer.write("{\"jsonrpc\":");
        hang_up(peer);
    })
    .expect_err("an end");
    assert!(matches!(error.kind(), AdapterErrorKind::CutOff), "{error}");
    assert_eq!(error.line().map(|line| (line.number, line.start.as_str())), Some((2, "{\"jsonrpc\":")));
}

#[test]
fn silence_ends_at_the_deadline() {
    let start = Instant::now();
    let error = outcome(brief(), |_, _| {}).expect_err("no answer");
    assert_eq!(
        error.to_string(),
        "submit_message: timed out: no answer within 0.3 s; `--timeout` sets the limit of a call; initialize, reset and restart have 60 s at least"
    );
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn talk_without_an_answer_ends_at_the_deadline() {
    let error = outcome(
        brief(),
        |peer, _| while peer.output.write_all(b"\n{\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n").is_ok() {},
    )
    .expect_err("no answer");
    assert!(matches!(error.kind(), AdapterErrorKind::TimedOut { .. }), "{error}");
}

#[test]
fn a_peer_that_is_silent_from_the_start_ends_at_the_deadline() {
    let (target, peer) = listen(1, Peer::until_closed);
    let deadlines = Deadlines { setup: Duration::from_millis(300), ..patient().deadlines };
    let error = Adapter::start(&target, Options { deadlines, ..Options::default() }).expect_err("no answer");
    assert!(matches!(error.kind(), AdapterErrorKind::TimedOut { .. }), "{error}");
    assert_eq!(error.method(), Some("initialize"));
    peer.join().expect("the checker hung up");
}

#[test]
fn nobody_at_the_address_is_an_error() {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let target = Target::parse(&format!("tcp://{address}")).expect("an address");
    let error = Adapter::start(&target, brief()).expect_err("nobody listens");
    assert!(matches!(error.kind(), AdapterErrorKind::NotConnected { .. }), "{error}");
    assert!(error.to_string().starts_with(&format!("cannot connect to {address}: ")), "{error}");
    assert_eq!(error.method(), None);
}

#[test]
fn an_hresult_is_a_name_or_a_number() {
    check_result(json!({"hresult": "MAPI_E_SUBMITTED", "surprise": {}}), Ok(HResult::MAPI_E_SUBMITTED));
    check_result(json!({"hresult": 0x8004_FFFF_u32}), Ok(HResult::from_code(0x8004_FFFF)));
    check_result(json!({"hresult": "0x8004FFFF"}), Ok(HResult::from_code(0x8004_FFFF)));
    check_result(json!({"hresult": "MAPI_E_SUBMITED"}), Err("`hresult`: no HRESULT is named `MAPI_E_SUBMITED`"));
    check_result(json!({"hresult": true}), Err("`hresult`: invalid type"));
    check_result(json!({"handle": "h"}), Err("`hresult` is missing"));
    check_result(json!({"hresult": 0, "rows": 3}), Err("`rows`: invalid type"));
    check_result(json!(0), Err("expected an object, found 0"));
}

#[test]
fn json_rpc_errors_are_told_apart() {
    assert!(matches!(error_outcome(-32601), Ok(Outcome::Unsupported)));
    assert!(matches!(error_outcome(-32602), Ok(Outcome::BadParams(message)) if message == "so there"));
    for failure in [-32000, -32603, 7] {
        let error = error_outcome(failure).expect_err("the adapter failed");
        assert!(
            matches!(error.kind(), AdapterErrorKind::AdapterFailed { code, message } if *code == failure && message == "so there"),
            "{error}"
        );
    }
    let error = outcome(patient(), |peer, _| {
        peer.send(&json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": "parse error"}}));
    })
    .expect_err("the adapter could not read the request");
    assert!(matches!(error.kind(), AdapterErrorKind::AdapterFailed { code: -32700, .. }), "{error}");
}

#[test]
fn what_json_rpc_leaves_open_is_taken_kindly() {
    let outcome = outcome(patient(), |peer, request| {
        peer.write("\n  \r\n");
        peer.send(&json!({"jsonrpc": "2.0", "method": "$/progress", "params": [1]}));
        let id = &request["id"];
        peer.write(format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":0,\"id\":{id}.0,\"error\":null,\"extra\":1,\"result\":{{\"hresult\":0}}}}\r\n"
        ));
    })
    .expect("an answer");
    assert!(matches!(outcome, Outcome::Returned(result) if result.hresult == Some(HResult::S_OK)));
}

#[test]
fn a_support_call_nests_and_the_store_can_be_observed_during_it() {
    let (target, peer) = listen(1, |peer| {
        peer.initialize();
        let submit = peer.expect("submit_message");
        assert_eq!(submit["params"], json!({"session": "client-1", "handle": "h"}));
        peer.send(
            &json!({"jsonrpc": "2.0", "id": "up", "method": "support.prepare_submit", "params": {"entry_id": "m"}}),
        );
        let observe = peer.expect("observe");
        assert_eq!(observe["params"], json!({"entry_id": "m"}));
        peer.send(&json!({"jsonrpc": "2.0", "method": "notify.table_modified",
            "params": {"table": "outgoing_queue", "event": "added", "entry_id": "m"}}));
        peer.result(&observe, &json!({"exists": true, "folder": "outbox", "PR_CLIENT_SUBMIT_TIME": null}));
        assert_eq!(peer.read(), json!({"jsonrpc": "2.0", "id": "up", "result": {"hresult": "S_OK"}}));
        peer.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "support.make_tea"}));
        assert_eq!(peer.read()["error"]["code"], -32601);
        peer.send(&json!({"jsonrpc": "2.0", "id": 3, "method": "support.spooler_notify",
            "params": {"flags": ["NOTIFY_READYTOSEND"]}}));
        let observe = peer.expect("observe");
        peer.send(&json!({"jsonrpc": "2.0", "id": observe["id"], "error": {"code": -32601, "message": ""}}));
        assert_eq!(peer.read()["id"], 3);
        peer.result(&submit, &json!({"hresult": "S_OK"}));
        peer.until_closed();
    });
    let mut adapter = Adapter::start(&target, patient()).expect("it starts");
    let mut mapi = Mapi::default();
    let params = CallParams { session: Some("client-1".into()), handle: Some("h".into()), ..CallParams::default() };
    let outcome = adapter.call("submit_message", &params, &mut mapi).expect("an answer");
    assert!(matches!(outcome, Outcome::Returned(_)));
    let expected = Observation {
        exists: Some(true),
        folder: Some(Folder::Outbox),
        client_submit_time: Some(None),
        ..Observation::default()
    };
    assert_eq!(mapi.seen, [Some(expected), None]);
    let calls = adapter.take_support_calls();
    let methods: Vec<_> = calls.iter().map(|call| call.method.as_str()).collect();
    assert_eq!(methods, ["support.prepare_submit", "support.spooler_notify"]);
    assert_eq!(calls[0].params.entry_id.as_deref(), Some("m"));
    assert_eq!(calls[0].answer.hresult, Some(HResult::S_OK));
    let notifications = adapter.take_notifications();
    assert_eq!(notifications.len(), 1);
    assert_eq!(notifications[0].params.event.as_deref(), Some("added"));
    assert!(adapter.take_notifications().is_empty() && adapter.take_support_calls().is_empty());
    drop(adapter);
    peer.join().expect("the peer saw what it expected");
}

/// Sends two calls at once; what comes, in its order: a support call by its method, an answer by its place.
fn both(script: impl Fn(&mut Peer, Value, Value) + Send + 'static) -> Result<Vec<String>, AdapterError> {
    let (target, peer) = listen(1, move |peer| {
        peer.initialize();
        // Both are there before either is answered, and the first says that one more belongs to it.
        let first = peer.expect("submit_message");
        let second = peer.expect("abort_submit");
        assert_eq!((&first["params"]["overlaps"], &second["params"]["overlaps"]), (&json!(1), &Value::Null));
        script(peer, first, second);
        peer.until_closed();
    });
    let mut adapter = Adapter::start(&target, patient()).expect("the adapter starts");
    let request = |method| Request { method, params: CallParams::default() };
    let came = adapter.together(&[request("submit_message"), request("abort_submit")], &mut Yes);
    drop(adapter);
    peer.join().expect("the peer's assertions hold");
    came.map(|came| {
        came.into_iter()
            .map(|came| match came {
                Came::Support(call) => call.method,
                Came::Answered(place, outcome) => {
                    format!("{place}: {outcome:?}").replace("Some(", "").chars().take(12).collect()
                }
            })
            .collect()
    })
}

/// Agrees to everything.
struct Yes;

impl Support for Yes {
    fn answer(&mut self, _: &str, _: &CallParams, _: &mut dyn Observe) -> CallResult {
        CallResult::from(HResult::S_OK)
    }
}

#[test]
fn calls_that_overlap_are_answered_in_any_order() {
    let came = both(|peer, first, second| {
        peer.result(&second, &json!({"hresult": "S_OK"}));
        peer.send(
            &json!({"jsonrpc": "2.0", "id": "a", "method": "support.expand_recips", "params": {"entry_id": "m"}}),
        );
        assert_eq!(peer.read()["result"]["hresult"], "S_OK");
        peer.result(&first, &json!({"hresult": "S_OK"}));
    });
    assert_eq!(came.expect("both are answered"), ["1: Returned(", "support.expand_recips", "0: Returned("]);
}

#[test]
fn a_call_of_several_that_is_answered_twice_or_never_is_named() {
    let twice = both(|peer, _, second| {
        peer.result(&second, &json!({"hresult": "S_OK"}));
        peer.result(&second, &json!({"hresult": "S_OK"}));
    });
    let error = twice.expect_err("the second answer is to an unknown id");
    assert!(matches!(error.kind(), AdapterErrorKind::UnknownId { .. }), "{error}");
    let never = both(|peer, first, _| {
        peer.result(&first, &json!({"hresult": "S_OK"}));
        peer.output.shutdown(Shutdown::Both).expect("it hangs up");
    });
    let error = never.expect_err("the second call is not answered");
    assert_eq!(
        (error.method(), matches!(error.kind(), AdapterErrorKind::Ended)),
        (Some("abort_submit"), true),
        "{error}"
    );
}

#[test]
fn a_fault_during_a_nested_observe_ends_the_call_around_it() {
    let error = outcome(patient(), |peer, _| {
        peer.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "support.complete_msg", "params": {"entry_id": "m"}}));
        let observe = peer.expect("observe");
        peer.result(&observe, &json!({"folder": "attic"}));
    })
    .expect_err("no such folder");
    assert_eq!(error.method(), Some("observe"));
    assert!(error.to_string().contains("`folder`: unknown variant `attic`"), "{error}");
}

#[test]
fn a_support_call_out_of_turn_or_out_of_shape_is_named() {
    let error = outcome(patient(), |peer, _| {
        peer.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "support.complete_msg", "params": {"entry_id": "m"}}));
        peer.expect("observe");
        peer.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "support.complete_msg", "params": {"entry_id": "m"}}));
    })
    .expect_err("observing must not change anything");
    assert!(matches!(error.kind(), AdapterErrorKind::SupportOutsideCall { .. }), "{error}");
    for (params, expected) in [
        (json!({"entry_id": 7}), "the params of `support.do_sent_mail` do not fit: `entry_id`: invalid type"),
        (json!({}), "the params of `support.do_sent_mail` do not fit: `entry_id` is missing"),
        (json!(["m"]), "the params of `support.do_sent_mail` do not fit: expected an object, found [\"m\"]"),
    ] {
        let error = outcome(patient(), move |peer, _| {
            peer.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "support.do_sent_mail", "params": params}));
        })
        .expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn an_adapter_caught_in_a_loop_is_stopped() {
    let error = outcome(patient(), |peer, _| {
        let notification = b"{\"jsonrpc\":\"2.0\",\"method\":\"notify.new_mail\",\"params\":{\"entry_id\":\"m\"}}\n";
        let chunk = notification.repeat(100);
        while peer.output.write_all(&chunk).is_ok() {}
    })
    .expect_err("a loop");
    assert!(matches!(error.kind(), AdapterErrorKind::TooMany { what: "notifications", .. }), "{error}");
}

#[test]
fn notifications_can_be_waited_for() {
    let (target, peer) = listen(1, |peer| {
        peer.initialize();
        peer.send(&json!({"jsonrpc": "2.0", "method": "notify.new_mail", "params": {"entry_id": "m"}}));
        peer.expect("submit_message");
        peer.send(&json!({"jsonrpc": "2.0", "id": 9, "result": {}}));
        peer.until_closed();
    });
    let mut adapter = Adapter::start(&target, patient()).expect("it starts");
    adapter.wait_notification(Duration::from_secs(20)).expect("a notification");
    let notifications = adapter.take_notifications();
    assert_eq!(notifications.len(), 1);
    assert_eq!(notifications[0].method, "notify.new_mail");
    assert_eq!(notifications[0].params.entry_id.as_deref(), Some("m"));
    adapter.wait_notification(Duration::from_millis(20)).expect("none comes, and that is no error");
    assert!(adapter.take_notifications().is_empty());
    submit(&mut adapter).expect_err("a wrong id");
    adapter.wait_notification(Duration::ZERO).expect_err("it has been ended");
    drop(adapter);
    peer.join().expect("the peer saw what it expected");
}

#[test]
fn observing_is_a_call_of_its_own() {
    let (target, peer) = listen(1, |peer| {
        peer.initialize();
        let request = peer.expect("observe");
        peer.result(&request, &json!({"hresult": 0, "exists": false, "folder": "none", "copies": 0}));
        let request = peer.expect("observe");
        peer.send(&json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32601, "message": ""}}));
        peer.until_closed();
    });
    let mut adapter = Adapter::start(&target, patient()).expect("it starts");
    let seen = adapter.observe("m").expect("an answer").expect("it is served");
    assert_eq!(
        seen,
        Observation { exists: Some(false), folder: Some(Folder::None), copies: Some(0), ..Observation::default() }
    );
    assert_eq!(adapter.observe("m").expect("an answer"), None);
    drop(adapter);
    peer.join().expect("the peer saw what it expected");
}

#[test]
fn an_adapter_is_connected_to_anew_after_an_error() {
    let (target, peer) = listen(2, |peer| {
        peer.initialize();
        peer.expect("submit_message");
        peer.write("oops\n");
        peer.until_closed();
    });
    let mut adapter = Adapter::start(&target, patient()).expect("it starts");
    submit(&mut adapter).expect_err("oops");
    adapter.revive().expect("it starts again");
    let error = submit(&mut adapter).expect_err("oops");
    assert_eq!(error.line().map(|line| line.number), Some(2));
    peer.join().expect("the peer saw what it expected");
    let error = adapter.revive().expect_err("nobody listens any more");
    assert!(matches!(error.kind(), AdapterErrorKind::NotConnected { .. }), "{error}");
}
