//! What users of other conformance suites and checkers complain about: one test for each of fifteen complaints.
//!
//! Each shows the answer on the program as it is run. The tests of the parts say more; docs/ci.md has the table.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use spoolproof::cli::exit;

#[path = "common/bench.rs"]
mod bench;
#[path = "../examples/first-adapter.rs"]
#[allow(dead_code, reason = "its `main` serves the standard streams, and here it is served on a socket")]
mod first_adapter;

use bench::{Bench, cases};

const HEADER: &str = r#"{"spoolproof_trace":1,"provider":{"name":"p"},"role":"store"}"#;

/// A log of a message that is created and then taken back, though it was never submitted.
fn log(abort: &str) -> String {
    let create = r#"{"seq":1,"session":"client-1","call":"create_message","params":{"session":"client-1","recipients":[{"address":"bob@example.test"}]},"result":{"hresult":"S_OK","entry_id":"m1","handle":"h1"}}"#;
    let abort = format!(
        r#"{{"seq":2,"session":"client-1","call":"abort_submit","params":{{"session":"client-1","entry_id":"m1"}},"result":{{"hresult":"{abort}"}}}}"#
    );
    format!("{HEADER}\n{create}\n{abort}\n")
}

/// What comes in, line by line, kept for the test.
struct Heard {
    lines: BufReader<TcpStream>,
    line: Vec<u8>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Read for Heard {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.line.is_empty() && self.lines.read_until(b'\n', &mut self.line)? > 0 {
            self.heard.lock().expect("no test panics here").push(String::from_utf8_lossy(&self.line).into_owned());
        }
        let length = buffer.len().min(self.line.len());
        buffer[..length].copy_from_slice(&self.line[..length]);
        self.line.drain(..length);
        Ok(length)
    }
}

/// A listener on a free port, and its address.
fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("tcp://{}", listener.local_addr().expect("an address"));
    (listener, address)
}

/// The tutorial's adapter, for one run; and every line that it is sent.
fn tutorial() -> (String, Arc<Mutex<Vec<String>>>) {
    let (listener, address) = listener();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heard);
    thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let lines = BufReader::new(stream.try_clone().expect("a second handle"));
        let reader = BufReader::new(Heard { lines, line: Vec::new(), heard: kept });
        spoolproof_sdk::serve(reader, stream, &mut first_adapter::Store::default())
    });
    (address, heard)
}

/// A provider that says yes to everything, and does nothing.
fn yes_man() -> String {
    let (listener, address) = listener();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
        let supports = [
            "create_message",
            "open_entry",
            "release",
            "set_props",
            "get_props",
            "submit_message",
            "abort_submit",
            "set_lock_state",
            "get_outgoing_queue",
            "finished_msg",
            "notify_new_mail",
            "set_responsibility",
            "observe",
            "restart",
        ];
        let mut made = 0;
        for line in lines.map_while(Result::ok) {
            let request: Value = serde_json::from_str(&line).expect("a request");
            made += 1;
            let result = match request["method"].as_str() {
                Some("initialize") => json!({
                    "protocol_version": 1, "provider": {"name": "yes"}, "role": "store", "supports": supports,
                    "profile": {"coupling": "none"},
                }),
                Some("observe") => {
                    json!({"exists": true, "in_outgoing_queue": false, "PR_MESSAGE_FLAGS": [], "PR_SUBMIT_FLAGS": []})
                }
                _ => {
                    json!({"hresult": "S_OK", "entry_id": format!("m{made}"), "handle": format!("h{made}"), "rows": [], "props": {}})
                }
            };
            // In one piece: the system holds back what comes in several.
            let answer = format!("{}\n", json!({"jsonrpc": "2.0", "id": request["id"], "result": result}));
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    address
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn complaint_01_the_exit_code_and_every_format_agree() {
    let bench = Bench::new();
    bench.write("undecided.ndjson", &log("MAPI_E_UNABLE_TO_ABORT"));
    bench.write("empty.ndjson", &format!("{HEADER}\n"));
    let conform = |fault: &'static str| vec!["conform", "--fault", fault, "--case", "abort/locked"];
    for (args, code, verdict) in [
        (vec!["conform", "--case", "abort/locked"], exit::CONFORMS, "pass"),
        (conform("abort-locked-succeeds"), exit::VIOLATION, "violation"),
        (conform("adapter-exit-mid-call"), exit::FAILED, "error"),
        (vec!["audit", "undecided.ndjson"], exit::INCONCLUSIVE, "inconclusive"),
        // Nothing that was judged is no success.
        (vec!["audit", "empty.ndjson"], exit::NOTHING_RUN, "not_exercised"),
    ] {
        let formats = ["--junit", "r.xml", "--sarif", "r.sarif"];
        let report = bench.report(&[&args[..], &formats].concat(), code);
        assert_eq!(report["verdict"], verdict, "{args:?}");
        let junit = bench.read("r.xml");
        let red = junit.contains("<failure") || junit.contains("<error");
        assert_eq!(red, code != exit::CONFORMS, "{args:?}\n{junit}");
        assert_eq!(bench.json("r.sarif")["runs"][0]["invocations"][0]["exitCode"], code, "{args:?}");
        let text = bench.check(&args, code).out;
        assert_eq!(text.lines().last(), report["summary"].as_str(), "{args:?}");
    }
}

#[test]
fn complaint_02_a_list_of_known_failures_cannot_go_stale() {
    let bench = Bench::new();
    let entry = |case: &str, more: &str| format!("[[known-failing]]\ncase = \"{case}\"\nreason = \"x\"\n{more}");
    let mended = ["conform", "--case", "abort/locked", "--known-failing", "known.toml"];
    let broken = [&mended[..], &["--fault", "abort-locked-succeeds"]].concat();
    bench.write("known.toml", &entry("abort/locked", ""));
    bench.check(&broken, exit::CONFORMS);
    let ran = bench.check(&mended, exit::UNEXPECTED);
    assert!(ran.out.contains("abort/locked passes, and is listed as failing"), "{}", ran.out);
    bench.write("known.toml", &entry("abort/locked", "expires = 2021-01-01\n"));
    bench.check(&mended, exit::UNEXPECTED);
    for wrong in [entry("abort/no-such-case", ""), "[[known-failing]]\ncase = \"abort/locked\"\n".to_owned()] {
        bench.write("known.toml", &wrong);
        bench.check(&mended, exit::UNREADABLE);
    }
}

#[test]
fn complaint_03_a_skip_is_no_pass_and_the_claim_says_what_was_judged() {
    let bench = Bench::new();
    let (provider, _) = tutorial();
    let report = bench.report(&["conform", "--provider", &provider], exit::CONFORMS);
    let skipped = cases(&report, "unsupported");
    assert!(skipped.len() > 100, "{}", skipped.len());
    for case in report["cases"].as_array().expect("cases").iter().filter(|case| case["verdict"] == "unsupported") {
        assert!(case["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{case}");
    }
    let rows = report["requirements"].as_array().expect("requirements");
    let exercised = rows.iter().filter(|row| row["verdict"] != "not_exercised").count();
    assert!(exercised < rows.len());
    let claim = report["summary"].as_str().expect("a sentence");
    assert!(claim.starts_with(&format!("{exercised} requirements exercised: {exercised} hold.")), "{claim}");
    // What is declared is compared with what is seen.
    bench.write("claims.toml", "title = \"mine\"\n[readings]\nC1 = \"StrictError\"\n");
    let report = bench.report(&["conform", "--profile", "claims.toml", "--case", "lock/twice"], exit::VIOLATION);
    let follows = report["follows"].as_array().expect("readings");
    let c1 = follows.iter().find(|row| row["ambiguity"] == "C1").expect("it was told apart");
    assert_eq!(c1["declared"], "StrictError");
    assert!(!c1["readings"].as_array().expect("names").contains(&"StrictError".into()), "{c1}");
    // And a run that could judge nothing is no success.
    let (provider, _) = tutorial();
    bench.check(&["conform", "--provider", &provider, "--case", "lock/twice"], exit::NOTHING_RUN);
}

#[test]
fn complaint_04_a_case_that_silently_stops_running_fails_the_run() {
    let bench = Bench::new();
    let chosen = ["--case", "abort/queued", "--case", "lock/twice"];
    bench.check(&[&["conform", "--json", "accepted.json"], &chosen[..]].concat(), exit::CONFORMS);
    let (provider, _) = tutorial();
    let now = ["conform", "--provider", &provider, "--accepted", "accepted.json"];
    let ran = bench.check(&[&now[..], &chosen].concat(), exit::UNEXPECTED);
    assert!(
        ran.out.contains("UNEXPECTED  lock/twice is not judged any more: the adapter does not serve"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("UNEXPECTED  no event exercises "), "{}", ran.out);
}

#[test]
fn complaint_05_one_case_or_what_failed_is_run_again() {
    let bench = Bench::new();
    let broken = ["conform", "--fault", "abort-locked-succeeds"];
    let whole = bench.report(&[&broken[..], &["--case", "abort"]].concat(), exit::VIOLATION);
    let failed = cases(&whole, "violation");
    assert!(!failed.is_empty() && failed.len() < cases(&whole, "pass").len());
    bench.write("first.json", &whole.to_string());
    let again = bench.report(&[&broken[..], &["--rerun-failed", "first.json"]].concat(), exit::VIOLATION);
    assert_eq!((cases(&again, "violation"), cases(&again, "pass").len()), (failed.clone(), 0));
    // Every failure brings the command that repeats it alone.
    let case = whole["cases"].as_array().expect("cases").iter().find(|case| case["id"] == failed[0]).expect("it");
    let command = case["again"].as_str().expect("a command");
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    let alone = bench.report(&words, exit::VIOLATION);
    assert_eq!(cases(&alone, "violation"), [failed[0]]);
}

#[test]
fn complaint_06_no_case_leaves_anything_to_the_next() {
    let bench = Bench::new();
    let (provider, heard) = tutorial();
    let report =
        bench.report(&["conform", "--no-doctor", "--provider", &provider, "--case", "abort", "--case", "queue"], 0);
    let run = cases(&report, "pass").len();
    let heard = heard.lock().expect("no test panics here").clone();
    let method = |line: &String| serde_json::from_str::<Value>(line).expect("a request")["method"].clone();
    let methods: Vec<Value> = heard.iter().map(method).collect();
    assert_eq!(methods.iter().filter(|method| *method == "reset").count(), run, "a fresh store for each");
    // Nothing is deleted that the run has not made: there is no such call.
    assert!(methods.iter().all(|method| !method.as_str().is_some_and(|name| name.contains("delete"))));
    // What a case is alone, it is among others too, though one before it ends the provider in the middle of a call.
    let chosen = ["--case", "abort/locked", "--case", "abort/queued", "--case", "lock/twice"];
    let together = bench.report(&[&["conform", "--fault", "abort-locked-succeeds"], &chosen[..]].concat(), 1);
    for case in ["abort/locked", "abort/queued", "lock/twice"] {
        let alone = bench.run(&["conform", "--fault", "abort-locked-succeeds", "--case", case]).code;
        let is_violation = cases(&together, "violation").contains(&case);
        assert_eq!(alone == exit::VIOLATION, is_violation, "{case}");
    }
    let crashes = bench.report(&[&["conform", "--fault", "adapter-exit-mid-call"], &chosen[..]].concat(), 3);
    assert_eq!(cases(&crashes, "violation"), [] as [&str; 0]);
    assert_eq!(cases(&crashes, "pass").len() + cases(&crashes, "error").len(), 3, "each was run");
}

#[test]
fn complaint_07_a_counterexample_is_as_short_as_any() {
    let steps = |args: &[&str]| -> usize {
        let ran = Bench::new().check(args, exit::VIOLATION);
        let (_, rest) = ran.out.split_once("fails in ").expect("a property fails");
        rest.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{}", ran.out))
    };
    let check = ["check", "tiny", "--reading", "B1=SampleStore"];
    let one = steps(&[&check[..], &["--threads", "1"]].concat());
    assert_eq!(one, 5);
    assert_eq!(steps(&[&check[..], &["--threads", "4"]].concat()), one, "on any number of threads");
    assert_eq!(steps(&[&check[..], &["--engine", "stateright"]].concat()), one, "another search finds no shorter one");
    // A random walk takes 14 steps there, and is shrunk.
    let walk = ["simulate", "--bounds", "tiny", "--reading", "B1=SampleStore", "--seed", "7", "--steps", "20000"];
    assert_eq!(steps(&walk), one);
    // What a provider does wrong is told from the first call that matters.
    let report = Bench::new().report(&["conform", "--fault", "abort-locked-succeeds", "--case", "abort/locked"], 1);
    let history = report["findings"][0]["history"].as_array().expect("a history");
    assert!(history.len() <= 6, "{history:?}");
}

#[test]
fn complaint_08_a_trace_says_what_changed_at_each_step() {
    let bench = Bench::new();
    let ran = bench.check(&["conform", "--fault", "abort-locked-succeeds", "--case", "abort/locked"], 1);
    for line in ["SubmitMessage             S_OK  +queue  +SUBMIT", "S_OK  +LOCKED", "S_OK  -queue  -SUBMIT  -LOCKED"] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
    let release = ran.out.lines().find(|line| line.contains("Release")).expect("a call that changes nothing");
    assert!(release.ends_with("S_OK"), "{release}");
    let ran = bench.check(&["replay", "--case", "abort/locked", "--trace"], 0);
    assert!(
        ran.out.lines().any(|line| line.contains("submit_message") && line.contains("+queue +SUBMIT")),
        "{}",
        ran.out
    );
}

#[test]
fn complaint_09_an_audit_names_the_rule_and_what_was_allowed_and_reads_once() {
    let bench = Bench::new();
    bench.write("log.ndjson", &log("S_OK"));
    let ran = bench.check(&["audit", "log.ndjson"], exit::VIOLATION);
    assert!(ran.out.contains("ABT-03") && ran.out.contains("allowed here: MAPI_E_NOT_IN_QUEUE"), "{}", ran.out);
    // What was not recorded is named, and nobody is blamed for it.
    bench.write("log.ndjson", &log("MAPI_E_NOT_IN_QUEUE"));
    bench.check(&["audit", "log.ndjson"], exit::CONFORMS);
    // A log comes through a pipe, which cannot be read twice: many messages, one after the other.
    let mut long = format!("{HEADER}\n");
    for message in 0..5000 {
        for (at, event) in log("MAPI_E_NOT_IN_QUEUE").lines().skip(1).enumerate() {
            let seq = 2 * message + at + 1;
            let event = event.replace(&format!("\"seq\":{}", at + 1), &format!("\"seq\":{seq}"));
            long.push_str(
                &event.replace("\"m1\"", &format!("\"m{message}\"")).replace("\"h1\"", &format!("\"h{message}\"")),
            );
            long.push('\n');
        }
    }
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_spoolproof"));
    let output = command.args(["audit", "-", "--json", "-"]).write_stdin(long).output().expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!((&report["totals"]["events"], &report["totals"]["messages"]), (&10_000.into(), &5000.into()));
    assert_eq!(report["verdict"], "pass");
}

#[test]
fn complaint_10_what_was_never_tested_is_no_success() {
    let bench = Bench::new();
    let tiny = fs::read_to_string(root().join("models/bounds/tiny.toml")).expect("carried bounds");
    let (small, _) = tiny.split_once("\n[untested]").expect("it says what is not tested");
    bench.write("vacuous.toml", small);
    let ran = bench.check(&["check", "vacuous.toml"], exit::VIOLATION);
    assert!(ran.out.contains("a crash loses no submitted message"), "{}", ran.out);
    // Nor is it one to say that something is not tested, and it is.
    bench.write(
        "modest.toml",
        &tiny.replace(
            "\"a lock has one holder\"",
            "\"a lock has one holder\", \"a locked message rejects every client open\"",
        ),
    );
    let ran = bench.check(&["check", "modest.toml"], exit::VIOLATION);
    assert!(ran.out.contains("a locked message rejects every client open"), "{}", ran.out);
    let ran = bench.check(&["conform", "--case", "abort/locked", "--not-judged"], 0);
    assert!(ran.out.contains("not judged in this run: "), "{}", ran.out);
    bench.write("empty.ndjson", &format!("{HEADER}\n"));
    bench.check(&["audit", "empty.ndjson"], exit::NOTHING_RUN);
}

#[test]
fn complaint_11_what_never_happens_is_shown_as_a_way_and_a_loop() {
    let bench = Bench::new();
    bench.check(&["check", "fair"], exit::CONFORMS);
    let ran = bench.check(&["check", "fair", "--unfair", "spooler"], exit::VIOLATION);
    let (stem, rest) = ran
        .out
        .split_once("every lock is at last released")
        .expect("it fails")
        .1
        .split_once("then for ever")
        .expect("a loop");
    assert!(stem.contains("lock m1"), "{stem}");
    assert!(!rest.is_empty());
    // The judgement itself is compared with brute force on random graphs.
    let text = fs::read_to_string(root().join("tests/liveness.rs")).expect("the test");
    assert!(text.contains("const GRAPHS: u64 = 20_000;"), "fewer graphs than were promised");
}

#[test]
fn complaint_12_no_wait_decides_a_verdict() {
    let bench = Bench::new();
    let hangs = ["conform", "--fault", "adapter-hang", "--case", "abort/queued", "--timeout", "0.2"];
    let report = bench.report(&hangs, exit::FAILED);
    assert_eq!(cases(&report, "error"), ["abort/queued"]);
    assert!(report["cases"][0]["reason"].as_str().is_some_and(|reason| reason.contains("0.2")), "{report:#}");
    assert_eq!(report["findings"].as_array().expect("findings").len(), 1, "once: nothing is tried again");
    // One place pauses, between two looks at what the system cannot be asked to wait for; and it is bounded.
    let mut sleeping = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::read_to_string(&path).expect("text").contains("thread::sleep") {
                sleeping.push(path.strip_prefix(root()).expect("below the root").to_owned());
            }
        }
    }
    sleeping.sort();
    // The other is an adapter that is slow on purpose.
    let expected = ["src/conformance/deadline.rs", "src/conformance/reference/sabotage.rs"];
    assert_eq!(sleeping, expected.map(Path::new));
}

#[test]
fn complaint_13_a_broken_adapter_is_no_broken_provider() {
    let bench = Bench::new();
    let mut errors = 0;
    for fault in ["exit-at-start", "exit-mid-call", "garbage-line", "half-line", "missing-hresult", "not-json", "flood"]
    {
        let fault = format!("adapter-{fault}");
        let ran = bench.run(&["conform", "--fault", &fault, "--case", "abort/queued", "--json", "r.json"]);
        let report = bench.json("r.json");
        assert_eq!(cases(&report, "violation"), [] as [&str; 0], "{fault}");
        for finding in report["findings"].as_array().expect("findings") {
            assert_eq!((&finding["verdict"], &finding["who"]), (&"error".into(), &"adapter".into()), "{fault}");
        }
        errors += u32::from(ran.code == exit::FAILED);
        assert_eq!(ran.code, exit::FAILED, "{fault}: {}", ran.out);
        let doctor = bench.run(&["doctor", "--fault", &fault]);
        assert_eq!(doctor.code, exit::FAILED, "{fault}: {}", doctor.out);
    }
    assert_eq!(errors, 7);
    // A list that names what does not exist, and a case that does, are told before anything runs.
    bench.write("case.toml", "title = \"x\"\nrequirements = [\"NOPE-01\"]\nsteps = []\n");
    let ran = bench.check(&["conform", "case.toml"], exit::UNREADABLE);
    assert!(ran.err.contains("NOPE-01"), "{}", ran.err);
}

#[test]
fn complaint_14_every_check_has_a_level_a_source_and_a_disputed_reading_is_data() {
    let bench = Bench::new();
    let report = bench.report(&["conform", "--fault", "abort-locked-succeeds", "--case", "abort"], exit::VIOLATION);
    let findings = report["findings"].as_array().expect("findings");
    let named: BTreeSet<&str> = findings
        .iter()
        .flat_map(|finding| finding["requirements"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    assert!(!named.is_empty() && findings.iter().all(|finding| finding["requirements"] != json!([])));
    for id in named {
        let ran = bench.check(&["explain", id], 0);
        assert!(ran.out.contains("MUST") && ran.out.contains("source      "), "{}", ran.out);
    }
    // The pages contradict each other: whoever follows one of them says so, and is not blamed.
    bench.write("log.ndjson", &log("MAPI_E_UNABLE_TO_ABORT"));
    bench.check(&["audit", "log.ndjson"], exit::INCONCLUSIVE);
    bench.check(&["audit", "log.ndjson", "--profile", "sample-store"], exit::CONFORMS);
    // And a provider that says yes to everything is far from conforming.
    let provider = yes_man();
    let report = bench.report(
        &["conform", "--no-doctor", "--provider", &provider, "--case", "open", "--timeout", "2"],
        exit::VIOLATION,
    );
    let (passed, failed) = (cases(&report, "pass").len(), cases(&report, "violation").len());
    assert!(failed > 10 * passed, "{passed} passed, {failed} failed");
}

#[test]
fn complaint_15_one_file_offline_that_says_its_steps() {
    let bench = Bench::new();
    // No variable, no other file, no network: what it needs is in it.
    let program = bench.folder().join("spoolproof");
    fs::copy(env!("CARGO_BIN_EXE_spoolproof"), &program).expect("copied");
    let run = |args: &[&str]| {
        let output =
            Command::new(&program).args(args).current_dir(bench.folder()).env_clear().output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
    };
    assert_eq!(run(&["conform", "--case", "abort/locked"]).0, Some(0));
    let (code, steps) = run(&["explain", "abort/locked"]);
    assert_eq!(code, Some(0));
    for said in [
        "the spooler's lock",
        "call = \"submit_message\"",
        "call = \"abort_submit\"",
        "spoolproof replay --case abort/locked",
    ] {
        assert!(steps.contains(said), "{said}\n{steps}");
    }
    let (_, rule) = run(&["explain", "ABT-04"]);
    assert!(rule.contains("https://learn.microsoft.com/"), "{rule}");
    // The adapter that the tutorial builds is the one that these tests run.
    let tutorial = fs::read_to_string(root().join("docs/adapter-tutorial.md")).expect("the tutorial");
    assert!(tutorial.contains("first-adapter.rs"));
    let (provider, _) = self::tutorial();
    assert_eq!(run(&["conform", "--provider", &provider, "--case", "abort/queued"]).0, Some(0));
}
