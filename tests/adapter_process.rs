//! What the checker makes of an adapter as a process: how it starts, dies, hangs, and leaves others behind.
//!
//! The adapter is this very program, started again with `--adapter MODE PORT`; hence it has a `main` of its own, since
//! the usual one writes to stdout. Over `PORT` the adapter tells the test what happens to it: the connection breaks
//! when the process ends.

use std::io::{ErrorKind, Read as _, Write as _, stderr, stdin, stdout};
use std::net::{TcpListener, TcpStream};
use std::panic::catch_unwind;
use std::process::{Command, ExitCode, exit};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use spoolproof::conformance::{
    Adapter, AdapterError, AdapterErrorKind, Deadlines, Input, Observe, Options, Outcome, Support, Sut as _, Target,
};
use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{CallParams, CallResult};

macro_rules! tests {
    ($($test:ident),* $(,)?) => { &[$((stringify!($test), $test as fn())),*] };
}

const TESTS: &[(&str, fn())] = tests![
    a_clean_end_lets_the_adapter_exit_by_itself,
    a_command_that_does_not_exist_is_named,
    a_hanging_adapter_is_killed_with_its_children,
    an_adapter_is_started_anew_after_an_error,
    an_adapter_that_does_not_exit_is_killed,
    an_adapter_that_does_not_read_times_out,
    an_exit_at_once_is_told_with_status_and_log,
    an_exit_in_the_middle_of_a_call_is_told,
    an_orphan_in_the_group_is_killed,
    an_orphan_that_got_away_does_not_hold_up_the_run,
    the_end_of_a_long_log_is_kept,
];

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    if let [role, rest @ ..] = &args[..] {
        match (role.as_str(), rest) {
            ("--adapter", [mode, port]) => adapter(mode, connect(port)),
            ("--orphan", [port, ready]) => orphan(connect(port), connect(ready)),
            _ => {}
        }
    }
    run_tests(&args)
}

/// Understands as much of the usual test program's command line as cargo and nextest use.
#[expect(clippy::print_stdout, reason = "this is where test programs report")]
fn run_tests(args: &[String]) -> ExitCode {
    let flag = |name: &str| args.iter().any(|arg| arg == name);
    let filters: Vec<_> = args.iter().filter(|arg| !arg.starts_with('-') && *arg != "terse").collect();
    let chosen = |name: &str| {
        let matches = |filter: &&String| if flag("--exact") { *filter == name } else { name.contains(filter.as_str()) };
        !flag("--ignored") && (filters.is_empty() || filters.iter().any(matches))
    };
    let tests: Vec<_> = TESTS.iter().filter(|(name, _)| chosen(name)).collect();
    if flag("--list") {
        tests.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let failed = std::thread::scope(|scope| {
        let running: Vec<_> =
            tests.iter().map(|(name, test)| (name, scope.spawn(move || catch_unwind(test)))).collect();
        running
            .into_iter()
            .filter_map(|(name, thread)| {
                let passed = matches!(thread.join(), Ok(Ok(())));
                println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
                (!passed).then_some(name)
            })
            .count()
    });
    println!("\n{} run, {failed} failed\n", tests.len());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

// The adapter's side.

fn connect(port: &str) -> TcpStream {
    let stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the test listens");
    // Whatever goes wrong, nothing is left running for long.
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    stream
}

fn adapter(mode: &str, mut watch: TcpStream) -> ! {
    if mode == "exit at once" {
        _ = writeln!(stderr(), "no store is configured");
        exit(3);
    }
    match mode {
        "leave a child" | "hang" => leave_behind(&watch, Group::Same),
        "leave a child in a group of its own" => leave_behind(&watch, Group::Own),
        _ => {}
    }
    while let Some(request) = read_request() {
        match (mode, request["method"].as_str()) {
            (_, Some("initialize")) => answer(
                &request,
                &json!({
                    "protocol_version": 1,
                    "provider": {"name": "fixture", "version": std::process::id().to_string()},
                    "role": "store",
                    "supports": ["submit_message", "shutdown"],
                }),
            ),
            ("stubborn", Some("shutdown")) | ("hang", Some("submit_message")) => hold(&mut watch),
            (_, Some("shutdown")) => {
                _ = watch.write_all(b"shutdown");
                answer(&request, &Value::Null);
                exit(0);
            }
            ("die", Some("submit_message")) => {
                _ = writeln!(stderr(), "the store is corrupt");
                exit(42);
            }
            ("log", Some("submit_message")) => {
                for line in 0..20_000 {
                    _ = writeln!(stderr(), "line {line}");
                }
                exit(0);
            }
            _ => answer(&request, &json!({"hresult": "S_OK"})),
        }
        match mode {
            "deaf" => hold(&mut watch),
            "leave a child" | "leave a child in a group of its own" => exit(5),
            _ => {}
        }
    }
    exit(0);
}

fn read_request() -> Option<Value> {
    let mut line = String::new();
    stdin().read_line(&mut line).ok().filter(|count| *count > 0)?;
    serde_json::from_str(&line).ok()
}

fn answer(request: &Value, result: &Value) {
    _ = writeln!(stdout(), "{}", json!({"jsonrpc": "2.0", "id": request["id"], "result": result}));
}

/// Does nothing until the test is over.
fn hold(watch: &mut TcpStream) -> ! {
    _ = watch.read(&mut [0]);
    exit(0);
}

#[derive(Clone, Copy)]
enum Group {
    Same,
    Own,
}

/// Starts a process that has this one's stdout and stderr, and waits until it is up.
fn leave_behind(watch: &TcpStream, group: Group) {
    let ready = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = |address: std::io::Result<std::net::SocketAddr>| address.expect("an address").port().to_string();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--orphan", &port(watch.peer_addr()), &port(ready.local_addr())]);
    match group {
        Group::Same => {}
        #[cfg(unix)]
        Group::Own => _ = std::os::unix::process::CommandExt::process_group(&mut command, 0),
        // No process gets out of a job object.
        #[cfg(not(unix))]
        Group::Own => {}
    }
    // Nobody waits for it: that is the point.
    drop(command.spawn().expect("it starts"));
    ready.accept().expect("it is up");
}

fn orphan(mut watch: TcpStream, ready: TcpStream) -> ! {
    drop(ready);
    hold(&mut watch);
}

// The checker's side.

/// Where the processes of one test report.
struct Watch(TcpListener);

impl Watch {
    fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").expect("a free port"))
    }

    fn target(&self, mode: &str) -> Target {
        let port = self.0.local_addr().expect("an address").port().to_string();
        Target::program(std::env::current_exe().expect("this program"), ["--adapter", mode, &port])
    }

    /// The next process that has connected; the tests ask only for those that must have by now.
    fn process(&self) -> TcpStream {
        let (stream, _) = self.0.accept().expect("a process that reports");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        stream
    }
}

/// What a process said until it ended. Fails if it has not ended.
#[track_caller]
fn last_words(mut process: TcpStream) -> String {
    let mut words = Vec::new();
    if let Err(error) = process.read_to_end(&mut words) {
        // A process that is killed breaks its connections, on some systems not gently.
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "the process still runs");
    }
    String::from_utf8(words).expect("text")
}

fn start(target: &Target, call: Duration) -> Adapter {
    let deadlines = Deadlines { call, exit: Duration::from_secs(20), ..Deadlines::default() };
    Adapter::start(target, Options { deadlines, ..Options::default() }).expect("it starts")
}

/// For what must come to pass by itself.
const PATIENT: Duration = Duration::from_secs(20);

/// For what must end at the deadline.
const BRIEF: Duration = Duration::from_millis(300);

struct NoSupport;

impl Support for NoSupport {
    fn answer(&mut self, method: &str, _: &CallParams, _: &mut dyn Observe) -> CallResult {
        panic!("the adapter called {method}")
    }
}

fn submit(adapter: &mut Adapter) -> Result<Outcome, AdapterError> {
    adapter.call("submit_message", &CallParams::default(), &mut NoSupport)
}

fn pid(adapter: &Adapter) -> String {
    adapter.about().provider.version.clone()
}

/// Neither a process nor a zombie.
#[track_caller]
fn assert_gone(pid: &str) {
    if cfg!(target_os = "linux") {
        assert!(!std::path::Path::new("/proc").join(pid).exists(), "process {pid} is still there");
    }
}

fn a_clean_end_lets_the_adapter_exit_by_itself() {
    let watch = Watch::new();
    let mut adapter = start(&watch.target("serve"), PATIENT);
    let process = watch.process();
    let outcome = submit(&mut adapter).expect("an answer");
    assert!(matches!(outcome, Outcome::Returned(result) if result.hresult == Some(HResult::S_OK)));
    let pid = pid(&adapter);
    drop(adapter);
    assert_gone(&pid);
    assert_eq!(last_words(process), "shutdown");
}

fn an_adapter_that_does_not_exit_is_killed() {
    let watch = Watch::new();
    let deadlines = Deadlines { exit: BRIEF, ..Deadlines::default() };
    let adapter = Adapter::start(&watch.target("stubborn"), Options { deadlines, ..Options::default() });
    let adapter = adapter.expect("it starts");
    let process = watch.process();
    let pid = pid(&adapter);
    drop(adapter);
    assert_gone(&pid);
    assert_eq!(last_words(process), "");
}

fn a_command_that_does_not_exist_is_named() {
    let target = Target::parse("./no-such-adapter --profile Test").expect("a command");
    let error = Adapter::start(&target, Options::default()).expect_err("it is not there");
    assert!(matches!(error.kind(), AdapterErrorKind::NotStarted { program, .. } if program == "./no-such-adapter"));
    assert!(error.to_string().starts_with("cannot start `./no-such-adapter`: "), "{error}");
}

fn an_exit_at_once_is_told_with_status_and_log() {
    let watch = Watch::new();
    let error = Adapter::start(&watch.target("exit at once"), Options::default()).expect_err("it exits");
    assert_eq!(error.method(), Some("initialize"));
    assert_eq!(error.exit_status().and_then(|status| status.code()), Some(3), "{error}");
    assert_eq!(error.stderr_tail().trim_end(), "no store is configured");
    assert!(error.to_string().ends_with("code: 3)") || error.to_string().ends_with("status: 3)"), "{error}");
}

fn an_exit_in_the_middle_of_a_call_is_told() {
    let watch = Watch::new();
    let mut adapter = start(&watch.target("die"), PATIENT);
    let error = submit(&mut adapter).expect_err("it exits");
    assert!(matches!(error.kind(), AdapterErrorKind::Ended), "{error}");
    assert_eq!(error.exit_status().and_then(|status| status.code()), Some(42), "{error}");
    assert_eq!(error.stderr_tail().trim_end(), "the store is corrupt");
    assert_gone(&pid(&adapter));
}

fn a_hanging_adapter_is_killed_with_its_children() {
    let watch = Watch::new();
    let mut adapter = start(&watch.target("hang"), BRIEF);
    let (process, orphan) = (watch.process(), watch.process());
    let error = submit(&mut adapter).expect_err("it hangs");
    assert!(matches!(error.kind(), AdapterErrorKind::TimedOut { input: Input::Read, .. }), "{error}");
    assert_eq!(error.exit_status(), None, "{error}");
    assert_gone(&pid(&adapter));
    last_words(process);
    last_words(orphan);
}

fn an_adapter_that_does_not_read_times_out() {
    let watch = Watch::new();
    let mut adapter = start(&watch.target("deaf"), BRIEF);
    let params = CallParams { subject: Some("x".repeat(900_000)), ..CallParams::default() };
    let error = adapter.call("create_message", &params, &mut NoSupport).expect_err("it does not read");
    assert!(matches!(error.kind(), AdapterErrorKind::TimedOut { input: Input::Unread, .. }), "{error}");
    assert!(error.to_string().contains("the adapter has not read its input"), "{error}");
    assert_gone(&pid(&adapter));
}

fn an_orphan_in_the_group_is_killed() {
    let orphan = abandoned("leave a child");
    assert_eq!(last_words(orphan), "");
}

fn an_orphan_that_got_away_does_not_hold_up_the_run() {
    // It ends with this connection.
    drop(abandoned("leave a child in a group of its own"));
}

/// Has an adapter exit and leave its output to another process, which is returned once the call has failed.
#[track_caller]
fn abandoned(mode: &str) -> TcpStream {
    let watch = Watch::new();
    let mut adapter = start(&watch.target(mode), BRIEF);
    let (process, orphan) = (watch.process(), watch.process());
    last_words(process);
    let start = Instant::now();
    let error = submit(&mut adapter).expect_err("it has exited");
    assert!(start.elapsed() < Duration::from_secs(10), "it held up the run for {:?}", start.elapsed());
    assert!(matches!(error.kind(), AdapterErrorKind::TimedOut { .. }), "{error}");
    assert_eq!(error.exit_status().and_then(|status| status.code()), Some(5), "{error}");
    assert!(error.to_string().ends_with("something that it started keeps its output open"), "{error}");
    assert_gone(&pid(&adapter));
    orphan
}

fn the_end_of_a_long_log_is_kept() {
    let watch = Watch::new();
    let mut adapter = start(&watch.target("log"), PATIENT);
    let error = submit(&mut adapter).expect_err("it exits");
    assert_eq!(error.stderr_tail().len(), 64 * 1024);
    assert!(error.stderr_tail().trim_end().ends_with("line 19999"));
}

fn an_adapter_is_started_anew_after_an_error() {
    let watch = Watch::new();
    let mut adapter = start(&watch.target("die"), PATIENT);
    let before = pid(&adapter);
    submit(&mut adapter).expect_err("it exits");
    adapter.revive().expect("it starts again");
    let after = pid(&adapter);
    assert_ne!(before, after);
    // One that runs is ended first.
    adapter.revive().expect("it starts again");
    assert_gone(&after);
    let error = submit(&mut adapter).expect_err("it exits");
    assert_eq!(error.line(), None);
}
