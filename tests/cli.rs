//! The program as its users run it: what it prints, what it leaves behind, and its exit codes.

use std::fs;
use std::io::BufReader;
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use assert_cmd::Command;
use serde_json::Value;
use spoolproof::cli::exit;
use tempfile::TempDir;

#[path = "../examples/first-adapter.rs"]
#[allow(dead_code, reason = "its `main` serves the standard streams, and here it is served on a socket")]
mod first_adapter;

/// The program in a folder of its own, so that nothing is read but what it carries.
struct Bench {
    folder: TempDir,
}

/// What a run came to.
struct Ran {
    code: u8,
    out: String,
    err: String,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, |_| {})
    }

    fn run_with(&self, args: &[&str], adapt: impl FnOnce(&mut Command)) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spoolproof"));
        command.args(args).current_dir(self.folder.path()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        adapt(&mut command);
        let output = command.output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
        let code = output.status.code().expect("the program exits by itself");
        Ran { code: code.try_into().expect("a small code"), out: text(output.stdout), err: text(output.stderr) }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("written");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn has(&self, name: &str) -> bool {
        self.folder.path().join(name).exists()
    }
}

/// Runs it once, and compares the exit code.
#[track_caller]
fn check(args: &[&str], code: u8) -> Ran {
    checked(&Bench::new(), args, code)
}

#[track_caller]
fn checked(bench: &Bench, args: &[&str], code: u8) -> Ran {
    let ran = bench.run(args);
    assert_eq!(ran.code, code, "{args:?}\n{}\n{}", ran.out, ran.err);
    ran
}

const HEADER: &str = r#"{"spoolproof_trace":1,"provider":{"name":"p"},"role":"store"}"#;
const CREATE: &str = r#"{"seq":1,"session":"client-1","call":"create_message","params":{"session":"client-1","recipients":[{"address":"bob@example.test"}]},"result":{"hresult":"S_OK","entry_id":"m1","handle":"h1"}}"#;

/// A log of a message that is created and then taken back, though it was never submitted.
fn log(abort: &str) -> String {
    let abort = format!(
        r#"{{"seq":2,"session":"client-1","call":"abort_submit","params":{{"session":"client-1","entry_id":"m1"}},"result":{{"hresult":"{abort}"}}}}"#
    );
    format!("{HEADER}\n{CREATE}\n{abort}\n")
}

#[test]
fn a_provider_that_conforms_exits_with_0_and_leaves_nothing_behind() {
    let bench = Bench::new();
    let ran = checked(&bench, &["conform", "--case", "abort/locked"], exit::CONFORMS);
    assert!(ran.out.contains("conforms (store, not coupled)"), "{}", ran.out);
    assert_eq!(ran.err, "");
    assert!(!bench.has("out"));
}

#[test]
fn a_violation_exits_with_1_and_leaves_a_trace_that_shows_it_again() {
    let bench = Bench::new();
    let args = ["conform", "--fault", "abort-locked-succeeds", "--case", "abort/locked", "--json", "report.json"];
    checked(&bench, &args, exit::VIOLATION);
    let report: Value = serde_json::from_str(&bench.read("report.json")).expect("the report is JSON");
    assert_eq!(report["exit_code"], 1);
    assert_eq!(report["cases"][0]["trace"], "out/abort.locked.ndjson");

    let again = report["cases"][0]["again"].as_str().expect("a command");
    let words: Vec<&str> = again.split(' ').skip(1).collect();
    checked(&bench, &words, exit::VIOLATION);

    let ran = checked(&bench, &["audit", "out/abort.locked.ndjson"], exit::VIOLATION);
    assert!(ran.out.contains("ABT-04"), "{}", ran.out);
}

#[test]
fn a_command_line_that_is_wrong_exits_with_2_and_says_what_was_meant() {
    for (args, expected) in [
        (&["conforms"][..], "conform"),
        (&["conform", "--fault", "abort-locked-succeed"], "did you mean `abort-locked-succeeds`?"),
        (&["conform", "--timeout", "0"], "longer than none"),
        (&["conform", "--timeout", "soon"], "a number of seconds"),
        (&["conform", "--provider", "tcp://here"], "tcp://HOST:PORT"),
        (&["conform", "--provider", "./x 'y"], "never closed"),
        (&["conform", "--provider", "./x", "--fault", "no-queue-row"], "cannot be used with"),
        (&["conform", "--case", "a[b"], "`a[b` is no pattern"),
        (&["conform", "--json", "none/report.json"], "there is no folder none"),
        (&["conform", "--json", "-", "--junit", "-"], "cannot both have stdout"),
        (&["conform", "--profile", "uncoupeld"], "did you mean `uncoupled`?"),
        (&["audit"], "FILE"),
        (&["audit", "gone.ndjson"], "gone.ndjson: "),
        (&["explain", "ABT-4"], "did you mean `ABT-04`?"),
        (&["explain", "B1=LockDominate"], "did you mean `LockDominates`?"),
        (&["check", "fair", "--unfair", "spoler"], "did you mean `spooler`?"),
        (&["check", "tiny", "--unfair", "spooler"], "nothing here assumes `spooler`"),
        (&["reference", "--fault", "no-such-fault"], "--list-faults"),
        (&["reference", "--listen", "everywhere"], "--listen"),
        (&["simulate", "--steps", "0"], "--steps"),
        (&["simulate", "--walks", "0"], "--walks"),
        (&["simulate", "--seed", "one"], "--seed"),
        (&["simulate", "--bounds", "tinny"], "did you mean `tiny`?"),
        (&["simulate", "--bounds", "gone.toml"], "gone.toml: "),
        (&["simulate", "--reading", "A1=Litteral"], "did you mean `Literal`?"),
    ] {
        let ran = check(args, exit::UNREADABLE);
        assert!(ran.err.contains(expected), "{args:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{args:?}");
    }
    check(&[], exit::UNREADABLE);
}

#[test]
fn what_could_not_be_written_is_refused_before_anything_is_done() {
    let bench = Bench::new();
    bench.write("log.ndjson", "");
    bench.write("file", "");
    let commands: [&[&str]; 10] = [
        &["adequacy", "--json"],
        &["adequacy", "--markdown"],
        &["audit", "log.ndjson", "--sarif"],
        &["conform", "--json"],
        &["conform", "--junit"],
        &["diff", "log.ndjson", "log.ndjson", "--json"],
        &["doctor", "--json"],
        &["replay", "--junit"],
        &["conform", "--out"],
        &["generate", "--goal", "pairs", "--out"],
    ];
    for command in commands {
        for place in ["file/report", "none/report", "."] {
            // A folder is made where there is none, and is no file.
            if command.ends_with(&["--out"]) && place != "file/report" {
                continue;
            }
            let ran = checked(&bench, &[command, &[place]].concat(), exit::UNREADABLE);
            assert!(ran.err.contains("file") || ran.err.contains("folder"), "{command:?} {place}: {}", ran.err);
            assert_eq!(ran.out, "", "{command:?} {place}");
        }
    }
    assert_eq!(fs::read_dir(bench.folder.path()).expect("the folder").count(), 2, "nothing is left behind");
}

#[test]
fn an_assumption_that_is_left_out_makes_an_obligation_fail() {
    check(&["check", "fair"], exit::CONFORMS);
    let ran = check(&["check", "fair", "--unfair", "transport-announces", "--unfair", "spooler"], exit::VIOLATION);
    assert!(ran.out.contains("every lock is at last released"), "{}", ran.out);
    assert!(!ran.out.contains("assuming `spooler`"), "{}", ran.out);
    let ran = check(&["check", "fair", "--engine", "stateright"], exit::INCONCLUSIVE);
    assert!(ran.out.contains("what happens at last is not judged"), "{}", ran.out);
}

#[test]
fn a_mistake_in_a_profile_is_drawn_at_its_place() {
    let bench = Bench::new();
    bench.write("mine.toml", "title = \"mine\"\n[readings]\nB1 = \"LockDominate\"\n");
    let ran = checked(&bench, &["conform", "--profile", "mine.toml"], exit::UNREADABLE);
    insta::assert_snapshot!(ran.err, @r#"
    error: `B1` has no reading called `LockDominate`
     --> mine.toml:3:6
      |
    3 | B1 = "LockDominate"
      |      ^^^^^^^^^^^^^^
      |
    help: did you mean `LockDominates`?
    "#);
}

#[test]
fn a_damaged_log_exits_with_2_and_what_came_before_is_judged_and_the_other_logs() {
    let bench = Bench::new();
    let log_of_two = log("S_OK");
    bench.write("cut.ndjson", &log_of_two[..log_of_two.len() - 20]);
    bench.write("whole.ndjson", &log("MAPI_E_NOT_IN_QUEUE"));
    let args = ["audit", "cut.ndjson", "gone.ndjson", "whole.ndjson", "--json", "report.json"];
    let ran = checked(&bench, &args, exit::UNREADABLE);
    assert!(ran.err.contains("cut.ndjson:3:"), "{}", ran.err);
    assert!(ran.err.contains("gone.ndjson: "), "{}", ran.err);
    let report: Value = serde_json::from_str(&bench.read("report.json")).expect("the report is JSON");
    assert_eq!(report["exit_code"], 2);
    assert_eq!(report["totals"]["events"], 3, "{report:#}");
}

#[test]
fn what_is_no_adapter_exits_with_3_and_its_log_is_shown() {
    let program = env!("CARGO_BIN_EXE_spoolproof");
    let ran = check(&["conform", "--provider", &format!("'{program}' schema")], exit::FAILED);
    assert!(ran.err.contains("failed before the first case"), "{}", ran.err);
    let ran = check(&["conform", "--provider", &format!("'{program}' explain ABT-4")], exit::FAILED);
    assert!(ran.err.contains("no requirement, ambiguity, group or case is called `ABT-4`"), "{}", ran.err);
    check(&["conform", "--provider", "./not-there"], exit::FAILED);
}

#[test]
fn an_adapter_that_breaks_in_the_middle_exits_with_3_and_the_other_cases_are_judged() {
    let bench = Bench::new();
    let args =
        ["conform", "--fault", "adapter-exit-mid-call", "--case", "abort/never-submitted", "--case", "abort/queued"];
    let ran = checked(&bench, &args, exit::FAILED);
    assert!(ran.out.contains("abort 1/2"), "{}", ran.out);
}

#[test]
fn nothing_to_judge_exits_with_4() {
    let bench = Bench::new();
    let ran = checked(&bench, &["conform", "--case", "abrot"], exit::NOTHING_RUN);
    assert!(ran.err.contains("no case matches `abrot`") && ran.err.contains("did you mean `abort`?"), "{}", ran.err);
    checked(&bench, &["list", "abrot"], exit::NOTHING_RUN);
    bench.write("empty.ndjson", &format!("{HEADER}\n"));
    checked(&bench, &["audit", "empty.ndjson"], exit::NOTHING_RUN);
}

#[test]
fn what_only_some_reading_allows_exits_with_5() {
    let bench = Bench::new();
    bench.write("log.ndjson", &log("MAPI_E_UNABLE_TO_ABORT"));
    let ran = checked(&bench, &["audit", "log.ndjson"], exit::INCONCLUSIVE);
    assert!(ran.out.contains("F7=SampleStore"), "{}", ran.out);
    // A reading that is declared decides it.
    checked(&bench, &["audit", "log.ndjson", "--profile", "sample-store"], exit::CONFORMS);
}

#[test]
fn a_log_comes_from_stdin_too() {
    let ran = Bench::new().run_with(&["audit", "-"], |command| {
        command.write_stdin(log("S_OK"));
    });
    assert_eq!(ran.code, exit::VIOLATION, "{}\n{}", ran.out, ran.err);
    assert!(ran.out.contains("ABT-03"), "{}", ran.out);
}

#[test]
fn what_is_unknown_in_a_log_is_an_error_unless_it_is_to_be_skipped() {
    let bench = Bench::new();
    let log = log("MAPI_E_NOT_IN_QUEUE").replace("\"seq\":2", "\"sek\":1,\"seq\":2");
    bench.write("log.ndjson", &log);
    let ran = checked(&bench, &["audit", "log.ndjson"], exit::UNREADABLE);
    assert!(ran.err.contains("log.ndjson:3:"), "{}", ran.err);
    let ran = checked(&bench, &["audit", "log.ndjson", "--skip-unknown"], exit::CONFORMS);
    assert!(ran.out.contains("1 skipped as unknown"), "{}", ran.out);
}

#[test]
fn the_json_report_keeps_to_the_schema_that_the_program_prints() {
    let bench = Bench::new();
    let schema: Value = serde_json::from_str(&checked(&bench, &["schema"], 0).out).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for fault in ["abort-locked-succeeds", "adapter-exit-mid-call"] {
        let ran = bench.run(&["conform", "--fault", fault, "--case", "abort/locked", "--json", "-"]);
        let report: Value = serde_json::from_str(&ran.out).expect("stdout is the report alone");
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(report["exit_code"].as_u64(), Some(u64::from(ran.code)));
    }
}

#[test]
fn the_junit_report_has_a_test_for_each_case() {
    let bench = Bench::new();
    let args = ["conform", "--fault", "abort-locked-succeeds", "--case", "abort/[lq]*", "--junit", "report.xml"];
    checked(&bench, &args, exit::VIOLATION);
    let report = bench.read("report.xml");
    assert!(report.starts_with("<?xml"), "{report}");
    let cases = check(&["list", "abort/[lq]*"], 0).out.lines().count();
    assert_eq!(report.matches("<testcase ").count(), cases, "{report}");
    assert!(report.contains("<failure"), "{report}");
}

#[test]
fn traces_of_all_cases_are_kept_where_the_user_says() {
    let bench = Bench::new();
    checked(&bench, &["conform", "--case", "abort/locked", "--case", "abort/queued", "--out", "kept/here"], 0);
    let ran = checked(&bench, &["audit", "kept/here/abort.locked.ndjson", "kept/here/abort.queued.ndjson"], 0);
    assert!(ran.out.contains("abort 2/2"), "{}", ran.out);
}

#[test]
fn a_run_says_on_request_what_it_could_not_judge() {
    let ran = check(&["conform", "--case", "abort/locked", "--not-judged"], 0);
    let (list, report) = ran.out.split_once("\n\n").expect("the list, then the report");
    assert!(list.starts_with("not judged in this run: ") && list.contains("  NNM-01    MUST    "), "{list}");
    assert!(report.starts_with("spoolproof-reference"), "{report}");
}

#[test]
fn colours_are_where_they_belong() {
    let escaped = |args: &[&str], variable: Option<(&str, &str)>| {
        let ran = Bench::new().run_with(args, |command| {
            if let Some((name, value)) = variable {
                command.env(name, value);
            }
        });
        ran.out.contains('\u{1b}') || ran.err.contains('\u{1b}')
    };
    assert!(!escaped(&["explain", "ABT-04"], None), "no terminal");
    assert!(escaped(&["explain", "ABT-04", "--color", "always"], None));
    assert!(escaped(&["--color=always", "explain", "ABT-04"], Some(("NO_COLOR", "1"))), "the option is more exact");
    assert!(!escaped(&["explain", "ABT-04", "--color", "never"], Some(("CLICOLOR_FORCE", "1"))));
    assert!(!escaped(&["explain", "ABT-04", "--color", "auto"], Some(("NO_COLOR", "1"))));
    assert!(escaped(&["explain", "ABT-4", "--color", "always"], None), "messages too");
    assert!(escaped(&["--help", "--color", "always"], None), "help too");
}

#[test]
fn help_names_the_commands_and_the_exit_codes() {
    let ran = check(&["--help"], 0);
    insta::assert_snapshot!("help", ran.out);
    let commands =
        ["adequacy", "audit", "check", "conform", "explain", "list", "reference", "replay", "schema", "simulate"];
    for command in commands {
        let help = check(&[command, "--help"], 0).out;
        assert!(help.contains(&format!("Usage: spoolproof {command}")), "{help}");
    }
    let version = check(&["--version"], 0).out;
    assert_eq!(version.trim_end(), concat!("spoolproof ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_suite_with_a_gap_is_not_adequate_and_the_gap_is_kept_as_a_case() {
    let bench = Bench::new();
    let case = include_str!("../scenarios/queue/empty.toml");
    bench.write("mine.toml", case);
    let args = ["adequacy", "--suite", "mine.toml", "--fault", "lock-not-set", "--json", "all.json"];
    let ran = checked(&bench, &args, exit::VIOLATION);
    assert!(ran.out.contains("not killed: lock-not-set (SLS-04"), "{}", ran.out);
    assert!(ran.out.contains("0 of 1 mutants killed (0 %)"), "{}", ran.out);
    assert!(ran.err.contains("gap.lock-not-set.toml shows the gap"), "{}", ran.err);
    let table: Value = serde_json::from_str(&bench.read("all.json")).expect("JSON");
    assert_eq!(table["mutants"][0]["fate"], "gap");
    let again = ["conform", "out/gap.lock-not-set.toml", "--fault", "lock-not-set"];
    checked(&bench, &again, exit::VIOLATION);
    checked(&bench, &again[..2], exit::CONFORMS);
}

#[test]
fn what_adequacy_cannot_do_is_said_before_it_begins() {
    let nothing = check(&["adequacy", "--fault", "abort-refuse"], exit::NOTHING_RUN);
    assert!(nothing.err.contains("did you mean `abort-refused`?"), "{}", nothing.err);
    for args in [
        &["adequacy", "--fault", "[", "--role", "spooler"][..],
        &["adequacy", "--markdown", "no/such/folder.md"],
        &["adequacy", "--suite", "no-such-file.toml"],
        &["adequacy", "--states", "0"],
        &["reference", "--trivial", "okay"],
    ] {
        let ran = check(args, exit::UNREADABLE);
        assert!(ran.out.is_empty() && ran.err.contains("error: "), "{args:?}: {}", ran.err);
    }
}

#[test]
fn a_trivial_store_is_served_as_any_other() {
    let provider = format!("'{}' reference --trivial ok", env!("CARGO_BIN_EXE_spoolproof"));
    let args =
        ["conform", "--no-doctor", "--provider", &provider, "--timeout", "1", "--case", "submit/marks-and-queues"];
    let ran = check(&args, exit::VIOLATION);
    assert!(ran.out.starts_with("trivial-ok ") && ran.out.contains("VIOLATION"), "{}", ran.out);
}

#[test]
fn rules_are_explained_one_after_the_other_whatever_becomes_of_the_others() {
    let ran = check(&["explain", "ABT-04", "NOPE-01", "b1"], exit::UNREADABLE);
    assert!(ran.out.starts_with("ABT-04  MUST") && ran.out.contains("\n\nB1  "), "{}", ran.out);
    assert!(ran.err.contains("NOPE-01"), "{}", ran.err);
    let groups = check(&["explain"], 0).out;
    assert!(groups.contains("  ABT      6  IMsgStore::AbortSubmit"), "{groups}");
    assert!(check(&["explain", "abt"], 0).out.lines().count() == 7);
}

#[test]
fn faults_are_listed_with_what_they_break() {
    let ran = check(&["reference", "--list-faults"], 0);
    let line = ran.out.lines().find(|line| line.contains("abort-locked-succeeds")).expect("it is listed");
    assert!(line.contains("cancels a message that the spooler has locked") && line.contains("SLS-08"), "{line}");
    for who in ["store", "spooler"] {
        let ran = check(&["reference", "--role", who, "--list-faults"], 0);
        let (awake, asleep) = ran.out.split_once(", asleep until a particular history (").expect("two sections");
        assert!(awake.starts_with(&format!("The {who}, at once (")) && !awake.contains("sleeper-"), "{awake}");
        let (asleep, adapter) = asleep.split_once("The adapter …").expect("the adapter's come last");
        let names = asleep.lines().skip(1).map(str::trim_start);
        assert!(names.clone().count() > 10 && names.clone().all(|line| line.starts_with("sleeper-")), "{asleep}");
        assert!(adapter.contains("adapter-"), "{adapter}");
    }
}

#[test]
fn the_first_adapter_of_the_tutorial_conforms_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("tcp://{}", listener.local_addr().expect("an address"));
    let serving = thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let reader = BufReader::new(stream.try_clone().expect("a second handle"));
        spoolproof_sdk::serve(reader, stream, &mut first_adapter::Store::default())
    });
    let bench = Bench::new();
    let ran = checked(&bench, &["conform", "--provider", &address, "--json", "report.json"], exit::CONFORMS);
    let report: Value = serde_json::from_str(&bench.read("report.json")).expect("the report is JSON");
    let passed = report["cases"].as_array().into_iter().flatten().filter(|case| case["verdict"] == "pass").count();
    assert!(passed >= 40, "{passed}: {}", ran.out);
    assert!(serving.join().expect("it does not panic").is_ok());
}

#[test]
fn a_port_where_nobody_listens_exits_with_3() {
    // A port that the system reserves, and nothing uses any more.
    let ran = check(&["conform", "--provider", "tcp://127.0.0.1:1"], exit::FAILED);
    assert!(ran.err.contains("tcp://127.0.0.1:1"), "{}", ran.err);
}

#[test]
fn scenarios_are_replayed_on_the_model() {
    let bench = Bench::new();
    let ran = checked(&bench, &["replay"], exit::CONFORMS);
    assert!(ran.out.starts_with("model ") && ran.out.contains("conforms"), "{}", ran.out);
    bench.write("good.toml", include_str!("../scenarios/abort/locked.toml"));
    let ran = checked(&bench, &["replay", "good.toml", "--trace"], exit::CONFORMS);
    let abort = ran.out.lines().find(|line| line.contains("abort_submit")).expect("the call is shown");
    assert!(abort.contains("client-1") && abort.contains("MAPI_E_UNABLE_TO_ABORT"), "{}", ran.out);
}

#[test]
fn a_scenario_that_assumes_what_no_store_may_do_exits_with_3() {
    let bench = Bench::new();
    let wrong = include_str!("../scenarios/abort/locked.toml").replace(
        r#"call = "abort_submit", session = "client-1", message = "m1" }"#,
        r#"call = "abort_submit", session = "client-1", message = "m1", expect = "S_OK" }"#,
    );
    bench.write("wrong.toml", &wrong);
    let ran = checked(&bench, &["replay", "wrong.toml"], exit::FAILED);
    assert!(ran.out.contains("the step assumes S_OK"), "{}", ran.out);
}

#[test]
fn a_mistake_in_a_scenario_is_drawn_at_its_place_and_the_others_run() {
    let bench = Bench::new();
    let good = include_str!("../scenarios/abort/locked.toml");
    bench.write("good.toml", good);
    bench.write("bad.toml", &good.replace("abort_submit", "abort_submitt").replace("SLS-08", "SLS-8"));
    let ran = checked(&bench, &["replay", "bad.toml", "good.toml", "gone.toml"], exit::UNREADABLE);
    for expected in ["bad.toml:2:", "did you mean `SLS-08`?", "did you mean `abort_submit`?", "gone.toml: "] {
        assert!(ran.err.contains(expected), "{expected}: {}", ran.err);
    }
    assert!(ran.out.contains("1/1"), "{}", ran.out);
    let ran = checked(&bench, &["replay", "bad.toml"], exit::UNREADABLE);
    assert_eq!(ran.out, "");
}

#[test]
fn a_folder_without_scenarios_exits_with_4() {
    let bench = Bench::new();
    fs::create_dir(bench.folder.path().join("empty")).expect("a folder");
    let ran = checked(&bench, &["replay", "empty"], exit::NOTHING_RUN);
    assert!(ran.err.contains("no scenario was found"), "{}", ran.err);
}

#[test]
fn a_case_of_ones_own_is_run_on_a_provider() {
    let bench = Bench::new();
    bench.write("my own.toml", include_str!("../scenarios/abort/locked.toml"));
    let args = ["conform", "my own.toml", "--fault", "abort-locked-succeeds", "--json", "report.json"];
    checked(&bench, &args, exit::VIOLATION);
    let report: Value = serde_json::from_str(&bench.read("report.json")).expect("the report is JSON");
    let again = "spoolproof conform 'my own.toml' --fault abort-locked-succeeds --case my-own";
    assert_eq!(report["cases"][0]["again"], again);
}

#[test]
fn bounds_are_explored() {
    let ran = check(&["check", "tiny"], exit::CONFORMS);
    assert!(ran.out.contains("no counterexample within these bounds"), "{}", ran.out);
    let ran = check(&["check", "tiny", "--verbose"], exit::CONFORMS);
    assert!(ran.out.contains("✓ a locked message cannot be aborted"), "{}", ran.out);
}

#[test]
fn what_a_search_may_take_is_told_on_the_command_line() {
    check(&["check", "tiny", "--exact", "--threads", "2", "--memory", "64MiB", "--time", "5min"], exit::CONFORMS);
    check(&["check", "tiny", "--engine", "stateright"], exit::CONFORMS);
    for wrong in [&["--memory", "2GB"][..], &["--time", "60"], &["--threads", "0"], &["--engine", "spin"]] {
        check(&[&["check", "tiny"], wrong].concat(), exit::UNREADABLE);
    }
    let ran = check(&["check", "tiny", "--engine", "stateright", "--memory", "1GiB"], exit::UNREADABLE);
    assert!(ran.err.contains("that engine heeds no `--memory`"), "{}", ran.err);
    let ran = check(&["check", "tiny", "--engine", "stateright", "--symmetry"], exit::UNREADABLE);
    assert!(ran.err.contains("that engine heeds no `--symmetry`"), "{}", ran.err);
    let ran = check(&["check", "resend", "--symmetry"], exit::CONFORMS);
    assert!(ran.out.contains("783 states   "), "{}", ran.out);
}

#[test]
fn a_search_that_stops_early_exits_with_5_unless_something_fails() {
    let part = ["check", "finish", "--memory", "2MiB"];
    let ran = check(&[&part[..], &["tiny"]].concat(), exit::INCONCLUSIVE);
    assert!(ran.out.contains("stopped at the memory budget of 2 MiB"), "{}", ran.out);
    assert!(ran.out.contains("properties: no counterexample so far"), "{}", ran.out);
    let failing = [&part[..], &["--reading", "B1=SampleStore"]].concat();
    let ran = check(&failing, exit::VIOLATION);
    assert!(ran.out.contains("stopped at") && ran.out.contains("✗"), "{}", ran.out);
}

#[test]
fn a_counterexample_exits_with_1_and_is_a_scenario() {
    let bench = Bench::new();
    let ran = checked(&bench, &["check", "tiny", "--reading", "B1=SampleStore"], exit::VIOLATION);
    assert!(ran.out.contains("✗ a locked message rejects every client open"), "{}", ran.out);
    let file = "out/a-locked-message-rejects-every-client-open.toml";
    assert!(ran.out.contains(file), "{}", ran.out);
    checked(&bench, &["replay", file], exit::CONFORMS);
}

#[test]
fn walks_exit_as_searches_do() {
    let ran = check(&["simulate", "--bounds", "tiny", "--steps", "5000"], exit::CONFORMS);
    assert!(ran.out.contains("no failure on these walks"), "{}", ran.out);
    let ran = check(&["simulate", "--bounds", "tiny", "--steps", "1"], exit::INCONCLUSIVE);
    assert!(ran.out.contains("tested in no step"), "{}", ran.out);
    let ran = check(&["simulate", "--steps", "200"], exit::INCONCLUSIVE);
    assert!(ran.out.starts_with("lifecycle "), "{}", ran.out);
}

#[test]
fn a_failure_on_a_walk_is_a_scenario_and_is_found_again() {
    let bench = Bench::new();
    let args = ["simulate", "--bounds", "tiny", "--steps", "3000", "--reading", "B1=SampleStore", "--walks", "80"];
    let ran = checked(&bench, &args, exit::VIOLATION);
    let file = "out/a-locked-message-rejects-every-client-open.toml";
    assert!(ran.out.contains("SEED1-07, SEED1-08   fails in 5 steps under B1=SampleStore"), "{}", ran.out);
    assert!(ran.out.contains(file), "{}", ran.out);
    checked(&bench, &["replay", file], exit::CONFORMS);
    let again = ran.out.lines().find_map(|line| line.trim().strip_prefix("again: spoolproof ")).expect("a command");
    assert_eq!(again, "simulate --seed 1 --steps 3000 --walks 80 --bounds tiny --reading B1=SampleStore");
    let words: Vec<&str> = again.split(' ').collect();
    assert_eq!(checked(&bench, &words, exit::VIOLATION).out, ran.out);
}

#[test]
fn a_mistake_about_bounds_exits_with_2_and_the_others_are_explored() {
    let bench = Bench::new();
    bench.write("mine.toml", "title = \"mine\"\nclients = []\nspooler = 1\n");
    let ran = checked(&bench, &["check", "mine.toml", "tinny", "tiny"], exit::UNREADABLE);
    for expected in ["mine.toml:2:", "mine.toml:3:1", "did you mean `tiny`?"] {
        assert!(ran.err.contains(expected), "{expected}: {}", ran.err);
    }
    assert!(ran.out.starts_with("tiny "), "{}", ran.out);
    for (reading, expected) in [
        ("A1", "write it as"),
        ("A1=Litteral", "did you mean `Literal`?"),
        ("A8=Any", "does not depend on how `A8` is read"),
        ("Q1=Any", "no ambiguity is called `Q1`"),
    ] {
        let ran = check(&["check", "tiny", "--reading", reading], exit::UNREADABLE);
        assert!(ran.err.contains(expected), "{reading}: {}", ran.err);
    }
}

#[test]
fn readings_are_told_with_what_they_break() {
    let bench = Bench::new();
    let ran = checked(&bench, &["readings", "A1", "G9"], exit::CONFORMS);
    assert!(!bench.has("out"), "only a reading that was named is kept");
    insta::assert_snapshot!("readings", ran.out);
    let ran = checked(&bench, &["readings", "A1=Literal"], exit::CONFORMS);
    assert!(ran.out.contains("▸  2  client-1  submit m1"), "{}", ran.out);
    assert!(!ran.out.contains("PartialThenSpool"), "{}", ran.out);
    // The model itself, told to follow it, is caught: a declaration is no excuse for what loses mail.
    let file = "out/A1-Literal/no-submitted-message-is-lost.toml";
    let ran = checked(&bench, &["replay", file], exit::VIOLATION);
    assert!(ran.out.contains("SEED1-4"), "{}", ran.out);
}

#[test]
fn a_mistake_about_a_reading_exits_with_2() {
    for (reading, told) in [
        ("A1=Litteral", "`A1` has no reading `Litteral`"),
        ("Z1", "no ambiguity is called `Z1`"),
        ("A1=", "`A1` has no reading ``"),
    ] {
        let ran = check(&["readings", reading], exit::UNREADABLE);
        assert!(ran.err.contains(told), "{}", ran.err);
    }
    check(&["readings", "A1", "--bounds", "tinny"], exit::UNREADABLE);
}

/// The console blocks of a text: each command with what it prints.
fn console_blocks(text: &str) -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let line = line
            .strip_prefix("   ")
            .filter(|line| line.starts_with("```") || inside && line.starts_with('$'))
            .unwrap_or(line);
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match line.strip_prefix("$ ") {
                Some(command) => commands.push((command.to_owned(), Vec::new())),
                None => commands.last_mut().expect("a block begins with a command").1.push(line.to_owned()),
            },
            (false, _) => {}
        }
    }
    commands
}

/// Whether `lines` are as `expected`, where a line `…` stands for any lines and `…` in a line for any text.
fn matches(expected: &[String], lines: &[&str]) -> bool {
    match (expected.split_first(), lines.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "…" => (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..])),
        (Some((first, rest)), Some((line, lines))) => line_matches(first, line) && matches(rest, lines),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn line_matches(expected: &str, line: &str) -> bool {
    let parts: Vec<&str> = expected.split('…').collect();
    let [first, .., last] = parts.as_slice() else { return expected == line };
    let Some(mut rest) = line.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else { return false };
    parts[1..parts.len() - 1].iter().all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[test]
fn the_readme_says_what_the_program_prints() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a README");
    let mut compared = 0;
    for (command, expected) in console_blocks(&readme) {
        if expected.is_empty() {
            continue; // It needs another program, or shows how to begin.
        }
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(words.first(), Some(&"spoolproof"), "{command}");
        let ran = Bench::new().run(&words[1..]);
        let lines: Vec<&str> = ran.out.lines().collect();
        assert!(
            matches(&expected, &lines),
            "$ {command}\n{}\n--- and the README says\n{}",
            ran.out,
            expected.join("\n")
        );
        compared += 1;
    }
    assert!(compared >= 3, "{compared}");
}

#[test]
fn the_readme_and_the_exit_codes_agree() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a README");
    for (code, _) in exit::MEANINGS {
        assert!(readme.contains(&format!("\n| {code} | ")), "{code}");
    }
}
