//! Runs that are stopped by a signal or by their time: they keep and print what they have.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use serde_json::Value;
use spoolproof::check::SHIPPED_BOUNDS;
use spoolproof::cli::exit;

use crate::bench::{Bench, cases};
use crate::first_adapter;

/// A connection of which the other side is held up for ever by the third `reset`.
struct Held {
    lines: BufReader<TcpStream>,
    resets: u32,
    line: Vec<u8>,
    held: Sender<()>,
}

impl Read for Held {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.line.is_empty() && self.lines.read_until(b'\n', &mut self.line)? > 0 {
            self.resets += u32::from(String::from_utf8_lossy(&self.line).contains("\"reset\""));
            if self.resets == 3 {
                self.line.clear();
                _ = self.held.send(());
            }
        }
        let length = buffer.len().min(self.line.len());
        buffer[..length].copy_from_slice(&self.line[..length]);
        self.line.drain(..length);
        Ok(length)
    }
}

/// The tutorial's adapter, which hangs in its third case; and word of when it does.
fn hanging() -> (String, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("tcp://{}", listener.local_addr().expect("an address"));
    let (held, hangs) = channel();
    thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let lines = BufReader::new(stream.try_clone().expect("a second handle"));
        let held = Held { lines, resets: 0, line: Vec::new(), held };
        spoolproof_sdk::serve(BufReader::new(held), stream, &mut first_adapter::Store::default())
    });
    (address, hangs)
}

fn start(bench: &Bench, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spoolproof"));
    command.args(args).current_dir(bench.folder()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

fn signal(name: &str, process: u32) -> bool {
    Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .stderr(Stdio::null())
        .status()
        .expect("kill")
        .success()
}

/// Waits for the end of it, and hands on its exit code and what it printed.
fn finish(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
}

const CASES: [&str; 8] =
    ["--case", "abort/queued", "--case", "abort/twice", "--case", "open/queued-modify", "--case", "queue/empty"];

/// What a run that was stopped has to say in every format.
fn told(bench: &Bench, out: &str, code: u8, stopped: &str) {
    let report: Value = bench.json("report.json");
    assert_eq!((&report["exit_code"], &report["stopped"]), (&code.into(), &stopped.into()));
    assert_eq!(report["verdict"], "inconclusive", "a part is not a pass");
    assert_eq!(cases(&report, "pass"), ["abort/queued", "abort/twice"]);
    assert_eq!(cases(&report, "not_exercised"), ["open/queued-modify", "queue/empty"]);
    assert_eq!(report["findings"], Value::Array(Vec::new()), "a wait that is cut short blames nobody");
    let junit = bench.read("report.xml");
    assert_eq!(junit.matches("<skipped").count(), 2, "{junit}");
    assert!(junit.contains("<error"), "{junit}");
    assert!(out.contains("not run       2 cases: the run was stopped") && out.contains("\nstopped "), "{out}");
}

#[test]
fn a_signal_stops_a_run_that_keeps_what_it_has() {
    for (name, code, stopped) in [("INT", exit::INTERRUPTED, "interrupted"), ("TERM", exit::TERMINATED, "terminated")] {
        let bench = Bench::new();
        let (provider, hangs) = hanging();
        let args =
            ["conform", "--no-doctor", "--provider", &provider, "--json", "report.json", "--junit", "report.xml"];
        let child = start(&bench, &[&args[..], &CASES].concat());
        hangs.recv().expect("it comes to its third case");
        assert!(signal(name, child.id()));
        let (ended, out) = finish(child);
        assert_eq!(ended, Some(i32::from(code)), "{out}");
        told(&bench, &out, code, stopped);
    }
}

#[test]
fn a_run_that_is_stopped_before_its_first_case_lists_its_cases_as_not_run() {
    for role in ["store", "spooler"] {
        let bench = Bench::new();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let provider = format!("tcp://{}", listener.local_addr().expect("an address"));
        let family = if role == "store" { "abort" } else { "hand" };
        let args = ["conform", "--role", role, "--case", family, "--provider", &provider];
        let child = start(&bench, &[&args[..], &["--json", "report.json", "--junit", "report.xml"]].concat());
        // It waits for the answer to `initialize`.
        let (_held, _) = listener.accept().expect("a connection");
        assert!(signal("INT", child.id()));
        let (ended, out) = finish(child);
        assert_eq!(ended, Some(i32::from(exit::INTERRUPTED)), "{out}");
        let report = bench.json("report.json");
        let not_run = cases(&report, "not_exercised");
        assert!(not_run.len() > 1 && not_run.iter().all(|id| id.starts_with(family)), "{not_run:?}");
        assert_eq!(report["cases"].as_array().map(Vec::len), Some(not_run.len()), "none of them ran");
        assert_eq!(report["cases"][0]["reason"], "the run was stopped by Ctrl-C");
        assert!(report["cases"][0]["requirements"].as_array().is_some_and(|ids| !ids.is_empty()), "{report:#}");
        let junit = bench.read("report.xml");
        let head = format!(r#"tests="{}" skipped="{}" failures="0" errors="1""#, not_run.len() + 1, not_run.len());
        assert!(junit.contains(&head) && junit.contains(r#"name="the run as a whole""#), "{junit}");
        assert!(out.contains(&format!("not run       {} cases: the run was stopped", not_run.len())), "{out}");
    }
}

#[test]
fn a_run_ends_with_its_time() {
    let bench = Bench::new();
    let (provider, _hangs) = hanging();
    let args = ["conform", "--no-doctor", "--provider", &provider, "--json", "report.json", "--junit", "report.xml"];
    let ran = bench.check(&[&args[..], &["--time-limit", "1s"], &CASES].concat(), exit::INCONCLUSIVE);
    told(&bench, &ran.out, exit::INCONCLUSIVE, "time_limit");
    let ran = bench.check(&["conform", "--time-limit", "5"], exit::UNREADABLE);
    assert!(ran.err.contains("such as 60s or 5min"), "{}", ran.err);
}

#[test]
fn an_adapter_is_ended_with_the_run_that_started_it() {
    let bench = Bench::new();
    let made = Command::new("mkfifo").arg("ready").current_dir(bench.folder()).status().expect("mkfifo");
    assert!(made.success());
    // It tells its number when it is asked to reset, and then does not answer.
    bench.write(
        "adapter.sh",
        "read line\n\
         echo '{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocol_version\":1,\"provider\":{\"name\":\"p\"},\
         \"role\":\"store\",\"supports\":[\"create_message\",\"submit_message\",\"abort_submit\",\"open_entry\",\"get_outgoing_queue\",\"release\"]}}'\n\
         read line\necho $$ > ready\nread line\nread line\n",
    );
    let child = start(&bench, &["conform", "--provider", "sh adapter.sh", "--json", "report.json"]);
    let mut adapter = String::new();
    File::open(bench.folder().join("ready")).expect("the pipe").read_to_string(&mut adapter).expect("a number");
    let adapter: u32 = adapter.trim().parse().expect("a number");
    assert!(signal("0", adapter), "it runs");
    assert!(signal("INT", child.id()));
    let (ended, out) = finish(child);
    assert_eq!(ended, Some(i32::from(exit::INTERRUPTED)), "{out}");
    assert!(!signal("0", adapter), "it is gone");
    // What was stopped before its first case has nothing to rerun, and says so.
    let ran =
        bench.check(&["conform", "--rerun-failed", "report.json", "--fail-fast", "--case", "x"], exit::UNREADABLE);
    assert!(ran.err.contains("cannot be used with"), "{}", ran.err);
}

#[test]
fn a_search_that_is_stopped_tells_how_far_it_came() {
    for (name, code) in [("INT", exit::INTERRUPTED), ("TERM", exit::TERMINATED)] {
        let bench = Bench::new();
        // The second of them is larger than any test waits for, the third is not begun.
        let mut child = start(&bench, &["check", "tiny", "lifecycle", "rivals", "--verbose"]);
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map(|line| line.expect("UTF-8"));
        let tiny: Vec<String> = lines.by_ref().take_while(|line| !line.contains("told apart by")).collect();
        assert!(tiny[0].contains("closed at depth"), "{tiny:#?}");
        assert!(signal(name, child.id()));
        let rest: Vec<String> = lines.collect();
        let (ended, _) = finish(child);
        assert_eq!(ended, Some(i32::from(code)), "{rest:#?}");
        let (left, told) = rest.split_last().expect("what is left is told of");
        assert!(!rest.iter().any(|line| line.contains('✓') || line.contains('✗')), "nothing is decided: {rest:#?}");
        match told.split_first() {
            // The signal was faster than the search.
            None => assert_eq!(left, "not explored: lifecycle, rivals"),
            Some((stopped, told)) => {
                assert_eq!(left, "not explored: rivals");
                assert!(stopped.starts_with("lifecycle") && stopped.contains("stopped at an interruption: "));
                assert!(stopped.contains(" waiting ") && !stopped.contains("closed"), "{stopped}");
                assert!(told.iter().any(|line| line.contains("so far")), "{told:#?}");
            }
        }
    }
}

/// Starts the program, which is to read the file `pipe.toml`, and sends it a signal before it has read it.
fn stopped_while_it_reads(args: &[&str], text: &str, (name, code): (&str, u8)) -> String {
    let bench = Bench::new();
    let made = Command::new("mkfifo").arg("pipe.toml").current_dir(bench.folder()).status().expect("mkfifo");
    assert!(made.success());
    let child = start(&bench, args);
    // Opened when the other side has opened it too.
    let mut pipe = File::options().write(true).open(bench.folder().join("pipe.toml")).expect("the pipe");
    assert!(signal(name, child.id()));
    pipe.write_all(text.as_bytes()).expect("it reads");
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(i32::from(code)), "{args:?}: {out}{err}");
    out + &err
}

#[test]
fn whatever_takes_long_keeps_what_it_has() {
    let (_, tiny) = SHIPPED_BOUNDS.iter().find(|(name, _)| *name == "tiny").expect("carried bounds");
    let case = "title = \"Nothing is sent\"\nrequirements = [\"GOQ-03\"]\nsteps = [{ call = \"get_outgoing_queue\", session = \"spooler\" }]\n";
    let commands: [(&[&str], &str, &str); 5] = [
        (&["check", "pipe.toml"], tiny, "not explored: pipe"),
        (&["simulate", "--bounds", "pipe.toml"], tiny, "stopped at an interruption: "),
        (&["readings", "--bounds", "pipe.toml"], tiny, "stopped at an interruption: "),
        (&["generate", "--goal", "pairs", "--bounds", "pipe.toml", "--out", "cases"], tiny, "pipe not done"),
        (&["adequacy", "--suite", "pipe.toml", "--markdown", "page.md"], case, "page.md is not written"),
    ];
    for (args, text, says) in commands {
        for (name, code) in [("INT", exit::INTERRUPTED), ("TERM", exit::TERMINATED)] {
            let told = stopped_while_it_reads(args, text, (name, code));
            assert!(told.contains(says), "{args:?}: {told}");
            assert!(!told.contains('✗'), "{args:?} decides what it has not seen: {told}");
        }
    }
}

#[test]
fn an_audit_that_is_stopped_tells_how_far_it_came() {
    let bench = Bench::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_spoolproof"))
        .args(["audit", "-", "--json", "report.json"])
        .current_dir(bench.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut log = child.stdin.take().expect("a pipe");
    writeln!(log, r#"{{"spoolproof_trace":1,"provider":{{"name":"p"}},"role":"store"}}"#).expect("it listens");
    let event = |seq: u64| {
        format!(
            r#"{{"seq":{seq},"session":"spooler","call":"get_outgoing_queue","params":{{"session":"spooler"}},"result":{{"hresult":"S_OK","rows":[]}}}}"#
        )
    };
    // Longer than a pipe holds, so that it has begun to read when the last of them is written.
    let many: String = (1..=4000).map(|seq| event(seq) + "\n").collect();
    log.write_all(many.as_bytes()).expect("it reads");
    assert!(signal("INT", child.id()));
    let many: String = (4001..=40_000).map(|seq| event(seq) + "\n").collect();
    // It ends before it has read all of it.
    _ = log.write_all(many.as_bytes());
    drop(log);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(i32::from(exit::INTERRUPTED)));
    let report = bench.json("report.json");
    assert_eq!(report["stopped"], "interrupted");
    assert!(report["totals"]["events"].as_u64().is_some_and(|events| (1..40_000).contains(&events)), "{report:#}");
}
