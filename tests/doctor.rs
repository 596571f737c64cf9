//! Adapters that are broken on purpose: each is found out, by name, and no provider is blamed for one. And those that are
//! sound pass.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use spoolproof::conformance::doctor::{Checkup, Mark, Patient, essentials, examine};
use spoolproof::conformance::reference::{ADAPTER_FAULTS, FAULTS, Gravity, Reference, SPOOLER_FAULTS, Spooler};
use spoolproof::conformance::{
    InProcess, Latitude, Notification, Outcome, Simulated, SimulatedError, Support, SupportCall, Sut,
};
use spoolproof::oracle::rules;
use spoolproof::spec::Catalogue;
use spoolproof_sdk::CallError;
use spoolproof_sdk::wire::{CallParams, Coupling, InitializeResult, Observation, Profile, STORE_METHODS, SortsQueue};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spoolproof");

/// Every fault that must be found, and a part of the cause that is to be named.
const CAUSES: &[(&str, &str)] = &[
    ("adapter-exit-at-start", "initialize: the adapter's output ended"),
    ("adapter-initialize-fails", "the server does not answer (code -32000)"),
    ("adapter-version-2", "the adapter speaks version 2 of the protocol"),
    ("adapter-role-unknown", "unknown variant `shop`"),
    ("adapter-role-of-a-spooler", "its role is a spooler, and `supports` has abort_submit"),
    ("adapter-profile-wrong-type", "invalid type: string \"no\""),
    ("adapter-supports-misspelt", "`supports` has `submit_mesage`"),
    ("adapter-supports-unserved", "`supports` has get_props, and it is answered with -32601"),
    ("adapter-supports-leaves-out", "it sends support.expand_recips, and `supports` does not have it"),
    ("adapter-answers-twice", "answer each request once, with its own id"),
    ("adapter-batch", "the protocol has no batches"),
    ("adapter-bom", "the line is not JSON"),
    ("adapter-deep-nesting", "recursion limit exceeded"),
    ("adapter-embedded-newline", "write one message per line"),
    ("adapter-error-without-code", "the `error` member must be an object"),
    ("adapter-exit-mid-call", "submit_message: the adapter's output ended"),
    ("adapter-flood", "the line is longer than"),
    ("adapter-garbage-line", "the line is not UTF-8"),
    ("adapter-half-line", "ended in the middle of a line"),
    ("adapter-hang", "submit_message: timed out"),
    ("adapter-hresult-is-true", "`hresult`: invalid type: boolean `true`"),
    ("adapter-hresult-too-large", "`hresult`: invalid value: integer"),
    ("adapter-huge-number", "number out of range"),
    ("adapter-id-as-text", "a response with the id \""),
    ("adapter-id-missing", "the message is no request, response or notification"),
    ("adapter-log-on-stdout", "write one message per line, and everything else to stderr"),
    ("adapter-missing-hresult", "`hresult` is missing"),
    ("adapter-not-json", "the line is not JSON"),
    ("adapter-null-result", "expected an object, found null"),
    ("adapter-result-and-error", "the message is no request, response or notification"),
    ("adapter-rpc-error", "the provider's library could not be loaded"),
    ("adapter-unknown-hresult", "no HRESULT is named `MAPI_E_TIRED`"),
    ("adapter-unknown-id", "a response with the id \"nobody-asked\" came"),
    ("adapter-utf-16", "the line is not JSON"),
    ("adapter-wrong-jsonrpc", "must have the member `\"jsonrpc\": \"2.0\"`"),
    ("adapter-access-number", "`access`: invalid type: integer `1`"),
    ("adapter-entry-id-missing", "`entry_id` is missing"),
    ("adapter-handle-number", "`handle`: invalid type: integer `7`"),
    ("adapter-observe-bool-as-text", "`exists`: invalid type"),
    ("adapter-observe-flag-misspelt", "did you mean `MSGFLAG_SUBMIT`?"),
    ("adapter-observe-flag-short", "their names begin with MSGFLAG_"),
    ("adapter-observe-flags-number", "`PR_MESSAGE_FLAGS`: invalid type"),
    ("adapter-observe-folder-unknown", "unknown variant `Outbox`"),
    ("adapter-observe-time-local", "is no RFC 3339 time"),
    ("adapter-row-flag-misspelt", "did you mean `SUBMITFLAG_LOCKED`?"),
    ("adapter-row-time-local", "is no RFC 3339 time"),
    ("adapter-rows-missing", "`rows` is missing"),
    ("adapter-handle-for-all", "by client-2 with a handle of client-1"),
    ("adapter-handle-outlives-release", "with a handle that was released"),
    ("adapter-handle-outlives-reset", "after `reset`, get_props with a handle of before"),
    ("adapter-handle-outlives-restart", "after `restart` (clean), get_props with a handle of before"),
    ("adapter-one-client", "by client-2 with a handle of client-1"),
    ("adapter-one-entry-id", "two messages that exist have the entry id"),
    ("adapter-one-handle", "two open objects have the handle `h`"),
    ("adapter-one-spooler", "by spooler-2 with a handle of spooler"),
    ("adapter-reset-does-nothing", "a message of before `reset` can be opened"),
    ("adapter-reset-ignores-profile", "the store does as before"),
    ("adapter-reset-keeps-profile", "after a `reset` with `outgoing_submission: false` and one without"),
    ("adapter-reset-restarts", "rows after `reset`"),
    ("adapter-restart-does-nothing", "after `restart` (crash), get_props with a handle of before"),
    ("adapter-observe-aborts", "when `observe` was called before"),
    ("adapter-observe-asks", "came while no provider call was in progress"),
    ("adapter-observe-marks-read", "two looks at a draft that nobody touches differ"),
    ("adapter-observe-of-another", "shows the subject of another message"),
    ("adapter-observe-releases", "when `observe` was called before"),
    ("adapter-observe-saves", "when `observe` was called before"),
    ("adapter-observe-sees-nothing", "says that a message does not exist, and client-2 can open it"),
    ("adapter-observe-stale", "`observe` shows the old subject"),
    ("adapter-observe-unlocks", "when `observe` was called before"),
    ("adapter-notify-event-misspelt", "notify.table_modified has the event `aded`"),
    ("adapter-notify-misspelt", "it sends `notify.table_modifed`"),
    ("adapter-notify-params-array", "the params of `notify.table_modified` do not fit"),
    ("adapter-notify-table-misspelt", "notify.table_modified has the table `outgoing-queue`"),
    ("adapter-notify-unlisted", "it sends notify.table_modified, and `supports` does not have it"),
    ("adapter-notify-with-id", "it sends notify.table_modified with an `id`"),
    ("adapter-support-as-notification", "it sends support.expand_recips without an `id`"),
    ("adapter-support-deaf", "`observe` comes to this: observe: timed out"),
    ("adapter-support-late", "`support.expand_recips` came while no provider call was in progress"),
    ("adapter-support-misspelt", "it calls `support.expand_recip`"),
    ("adapter-support-unawaited", "while a support call waits for its answer, `observe` comes to this"),
    ("adapter-support-without-params", "`entry_id` is missing"),
    ("adapter-shutdown-ignored", "it neither answers `shutdown` nor exits"),
    ("adapter-shutdown-stays", "it answers `shutdown`, and does not exit"),
    ("adapter-shutdown-unanswered", "it exits without an answer to `shutdown`"),
];

/// Faults that permitted adapters could have, and a part of the warning.
const WARNINGS: &[(&str, &str)] = &[
    ("adapter-profile-misspelt", "`profile.persist_lock`"),
    ("adapter-reading-misspelt", "`B1=AnyRefusl`"),
    ("adapter-observe-misspelt", "`in_outgoing_que`"),
];

/// Cases in which an adapter may show its fault, and be taken for its provider.
const CASES: &[&str] = &["notify/added-on-submit", "open/locked-default", "preprocess/pending", "queue/columns"];

fn run(args: &[&str], folder: &Path) -> Output {
    Command::new(PROGRAM).args(args).current_dir(folder).output().expect("the program runs")
}

/// Somebody who never answers is waited for no longer than this.
fn timeout(fault: &str) -> &'static str {
    match fault {
        "adapter-hang" | "adapter-support-deaf" | "adapter-shutdown-ignored" | "adapter-shutdown-stays" => "1",
        _ => "30",
    }
}

fn conform(fault: &str) -> (Option<i32>, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut args = vec!["conform", "--fault", fault, "--timeout", timeout(fault), "--json", "-"];
    CASES.iter().for_each(|case| args.extend(["--case", case]));
    let output = run(&args, folder.path());
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

fn doctor(args: &[&str]) -> (Option<i32>, Value) {
    let output = run(&[&["doctor", "--json", "-"], args].concat(), Path::new(env!("CARGO_MANIFEST_DIR")));
    let text = String::from_utf8_lossy(&output.stdout);
    (output.status.code(), serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error}: {text}")))
}

fn doctor_of_fault(fault: &str) -> (Option<i32>, Value) {
    doctor(&["--fault", fault, "--timeout", timeout(fault)])
}

/// What the doctor notes with one of these marks.
fn noted(report: &Value, marks: &[&str]) -> Vec<String> {
    let checks = report["checks"].as_array().expect("a list").iter();
    let notes = checks.flat_map(|check| check["notes"].as_array().expect("a list"));
    let notes = notes.filter(|note| marks.iter().any(|mark| note["mark"] == *mark));
    notes.map(|note| format!("{} {}", note["seen"].as_str().unwrap_or_default(), note["advice"])).collect()
}

fn names(cause: &str, notes: &[String]) -> bool {
    notes.iter().any(|note| note.contains(cause))
}

#[test]
fn every_fault_has_a_cause_that_is_to_be_named() {
    let named: Vec<&str> = CAUSES.iter().map(|(name, _)| *name).collect();
    for fault in ADAPTER_FAULTS {
        let expected = matches!(fault.gravity, Gravity::Breaks | Gravity::AtTheEnd);
        assert_eq!(named.contains(&fault.name), expected, "{}", fault.name);
        let odd = WARNINGS.iter().any(|(name, _)| *name == fault.name);
        assert_eq!(odd, fault.gravity == Gravity::Odd, "{}", fault.name);
    }
    assert!(CAUSES.len() >= 40);
}

#[test]
fn the_doctor_names_the_cause_of_every_fault() {
    for (fault, cause) in CAUSES {
        let (code, report) = doctor_of_fault(fault);
        let notes = noted(&report, &["broken", "failed"]);
        assert_eq!(code, Some(3), "{fault}: {report:#}");
        assert!(names(cause, &notes), "{fault}: {notes:#?}");
        assert_eq!((&report["sound"], &report["exit_code"]), (&Value::Bool(false), &Value::from(3)), "{fault}");
    }
}

#[test]
fn no_provider_is_blamed_for_its_adapter() {
    let at_the_end =
        |name: &str| ADAPTER_FAULTS.iter().any(|fault| fault.name == name && fault.gravity == Gravity::AtTheEnd);
    for (fault, cause) in CAUSES {
        let (code, report) = conform(fault);
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        assert!(findings.iter().all(|finding| finding["verdict"] == "error"), "{fault}: {findings:#?}");
        match *fault {
            // It is no store, says the adapter, and there is nothing to judge.
            "adapter-role-of-a-spooler" => assert_eq!(code, Some(4), "{report:#}"),
            fault if at_the_end(fault) => assert_eq!(code, Some(0), "{fault}: {report:#}"),
            fault => {
                let seen: Vec<String> =
                    findings.iter().map(|each| each["what"].to_string().replace('\\', "")).collect();
                assert_eq!(code, Some(3), "{fault}: {report:#}");
                assert!(names(cause, &seen), "{fault}: {seen:#?}");
            }
        }
    }
}

#[test]
fn what_the_protocol_permits_changes_no_verdict() {
    for fault in ADAPTER_FAULTS.iter().filter(|fault| matches!(fault.gravity, Gravity::Harmless | Gravity::Odd)) {
        let (code, report) = conform(fault.name);
        assert_eq!((code, &report["findings"]), (Some(0), &serde_json::json!([])), "{}: {report:#}", fault.name);
        let (code, report) = doctor_of_fault(fault.name);
        assert_eq!(code, Some(0), "{}: {report:#}", fault.name);
        let warning = WARNINGS.iter().find(|(name, _)| *name == fault.name);
        if let Some((_, warning)) = warning {
            assert!(names(warning, &noted(&report, &["warning"])), "{}: {report:#}", fault.name);
        }
    }
}

#[test]
fn without_the_doctor_a_provider_is_blamed() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["conform", "--fault", "adapter-observe-unlocks", "--case", "open/locked-default"];
    let blamed = run(&[&args[..], &["--no-doctor"]].concat(), folder.path());
    assert_eq!(blamed.status.code(), Some(1), "{}", String::from_utf8_lossy(&blamed.stdout));
    let mended = run(&args, folder.path());
    let text = String::from_utf8_lossy(&mended.stdout);
    assert_eq!(mended.status.code(), Some(3), "{text}");
    assert!(text.contains("the adapter is not sound (observe)"), "{text}");
}

/// A few of the provider's own faults that come near to an adapter's.
#[test]
fn a_broken_provider_is_no_broken_adapter() {
    let near = ["handle", "hidden", "lost", "open-", "restart", "submit-flag"];
    let is_near = |name: &&str| near.iter().any(|word| name.contains(word));
    let stores: Vec<&str> = FAULTS.iter().map(|fault| fault.name).filter(is_near).collect();
    let spoolers = SPOOLER_FAULTS.iter().filter(|fault| !fault.breaks.is_empty()).map(|fault| fault.name);
    let spoolers: Vec<&str> = spoolers.collect();
    assert!(stores.len() > 10 && spoolers.len() > 50, "{} {}", stores.len(), spoolers.len());
    // The adapter is the same for all of them, so that a few show what a process adds.
    for (role, faults) in [("store", &stores), ("spooler", &spoolers)] {
        for fault in faults.iter().step_by(8) {
            let (code, report) = doctor(&["--role", role, "--fault", fault]);
            assert_eq!(code, Some(0), "{fault}: {report:#}");
        }
    }
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let patient = Patient { catalogue: &catalogue, role: None, claims: None, patience: Duration::ZERO };
    let failed = |error: &dyn std::fmt::Display| CallError::Failed(error.to_string());
    for fault in stores {
        let store = InProcess::start(move || Reference::open(None, [fault]).map_err(|error| failed(&error)));
        let checkup = examine(&mut store.expect("it starts"), &patient);
        assert!(checkup.is_sound(), "{fault}: {checkup:#?}");
    }
    for fault in spoolers {
        let spooler = InProcess::start(move || Spooler::new(&[fault.to_owned()]).map_err(|error| failed(&error)));
        let checkup = examine(&mut spooler.expect("it starts"), &patient);
        assert!(checkup.is_sound(), "{fault}: {checkup:#?}");
    }
}

#[test]
fn a_broken_adapter_of_a_spooler_is_found_out() {
    for (fault, cause) in [
        ("adapter-dies", "the adapter's output ended"),
        ("adapter-floods", "more than 10000 requests"),
        ("adapter-is-never-idle", "never says that it is idle"),
        ("adapter-is-silent", "timed out"),
    ] {
        let timeout = if fault == "adapter-is-silent" { "1" } else { "30" };
        let (code, report) = doctor(&["--role", "spooler", "--fault", fault, "--timeout", timeout]);
        let notes = noted(&report, &["broken", "failed"]);
        assert_eq!(code, Some(3), "{fault}: {report:#}");
        assert!(names(cause, &notes), "{fault}: {notes:#?}");
    }
}

#[test]
fn sound_adapters_pass() {
    let mut adapters = vec![vec![], vec!["--role", "spooler"], vec!["--role", "store"]];
    let first = Path::new(PROGRAM).with_file_name("examples").join("first-adapter");
    let first = format!("'{}'", first.with_extension(std::env::consts::EXE_EXTENSION).display());
    adapters.push(vec!["--provider", &first]);
    let python: Vec<String> =
        ["", " --quirk reuse-ids --quirk reuse-handles", " --reading E3=Eventually", " --hresult hex"]
            .map(|switch| format!("python3 adapters/python/store.py{switch}"))
            .to_vec();
    if Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        adapters.extend(python.iter().map(|provider| vec!["--provider", provider.as_str()]));
    }
    for args in adapters {
        let (code, report) = doctor(&args);
        assert_eq!((code, &report["sound"]), (Some(0), &Value::Bool(true)), "{args:?}: {report:#}");
        assert_eq!(noted(&report, &["warning"]), Vec::<String>::new(), "{args:?}");
    }
}

#[test]
fn every_check_is_documented() {
    let documented = include_str!("../docs/doctor.md");
    for args in [&[][..], &["--role", "spooler"]] {
        let (_, report) = doctor(args);
        for check in report["checks"].as_array().expect("a list") {
            let name = check["name"].as_str().unwrap_or_default();
            assert!(documented.contains(&format!("| `{name}` |")), "{name}");
        }
    }
}

#[test]
fn an_adapter_on_a_socket_is_not_told_to_exit() {
    let mut adapter = Command::new(PROGRAM)
        .args(["reference", "--listen", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the adapter starts");
    let mut line = String::new();
    BufReader::new(adapter.stderr.take().expect("piped")).read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("listening on ").expect("its address");
    let (code, report) = doctor(&["--provider", &format!("tcp://{address}")]);
    assert_eq!(code, Some(0), "{report:#}");
    assert!(names("not told to exit", &noted(&report, &["not_served"])), "{report:#}");
    assert!(adapter.try_wait().expect("its state").is_none(), "it serves others");
    adapter.kill().and_then(|()| adapter.wait()).expect("it is ended");
}

#[test]
fn an_adapter_of_another_role_is_named() {
    let provider = format!("'{PROGRAM}' reference --role spooler");
    let (code, report) = doctor(&["--role", "store", "--provider", &provider]);
    assert_eq!(code, Some(3), "{report:#}");
    assert!(names("says that its role is a spooler", &noted(&report, &["broken"])), "{report:#}");
}

fn of_model(mut model: Simulated) -> Checkup {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let patient = Patient { catalogue: &catalogue, role: None, claims: None, patience: Duration::ZERO };
    examine(&mut model, &patient)
}

/// `SPOOLPROOF_SEEDS=FROM..TO` of other tests; here only the end counts.
fn seeds() -> u64 {
    let range = std::env::var("SPOOLPROOF_SEEDS").ok();
    range.and_then(|range| range.split_once("..")?.1.parse().ok()).unwrap_or(40)
}

/// The model as a provider may do all that the pages permit, and is its own adapter.
#[test]
fn whatever_the_model_permits_is_sound() {
    let coupled = |coupling| Profile {
        outgoing_submission: Some(true),
        coupling,
        handles_addrtypes: Some(vec!["SMTP".to_owned()]),
        sorts_queue: Some(SortsQueue::Table),
        ..Profile::default()
    };
    for coupling in [None, Some(Coupling::None), Some(Coupling::Tight)] {
        let sound = of_model(Simulated::new(coupled(coupling)));
        assert!(sound.is_sound(), "{coupling:?}: {sound:#?}");
        for seed in 0..seeds() {
            let latitude = if seed % 2 == 0 { Latitude::Permitted } else { Latitude::Deviating };
            let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
            let profile = coupled(coupling);
            let rules = rules(&catalogue, &profile);
            let checkup = of_model(Simulated::at_random(profile, rules, seed, latitude));
            assert!(checkup.is_sound(), "seed {seed}, {coupling:?}: {:#?}", checkup.causes().collect::<Vec<_>>());
            assert!(checkup.checks.iter().any(|check| check.name == "observe" && check.mark == Mark::Sound));
        }
    }
}

/// The model, and an adapter that does not serve one of its methods, whatever it says.
struct Without {
    model: Simulated,
    method: &'static str,
}

impl Sut for Without {
    type Error = SimulatedError;

    fn about(&self) -> &InitializeResult {
        self.model.about()
    }

    fn call(
        &mut self,
        method: &str,
        params: &CallParams,
        support: &mut dyn Support,
    ) -> Result<Outcome, SimulatedError> {
        if method == self.method { Ok(Outcome::Unsupported) } else { self.model.call(method, params, support) }
    }

    fn observe(&mut self, entry_id: &str) -> Result<Option<Observation>, SimulatedError> {
        if self.method == "observe" { Ok(None) } else { self.model.observe(entry_id) }
    }

    fn take_support_calls(&mut self) -> Vec<SupportCall> {
        self.model.take_support_calls()
    }

    fn take_notifications(&mut self) -> Vec<Notification> {
        self.model.take_notifications()
    }

    fn wait_notification(&mut self, limit: Duration) -> Result<(), SimulatedError> {
        self.model.wait_notification(limit)
    }

    fn revive(&mut self) -> Result<(), SimulatedError> {
        self.model.revive()
    }
}

#[test]
fn every_method_that_is_listed_has_to_be_served() {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let patient = Patient { catalogue: &catalogue, role: None, claims: None, patience: Duration::ZERO };
    for &method in STORE_METHODS.iter().filter(|method| !["initialize", "shutdown"].contains(method)) {
        for checkup in
            [examine, essentials].map(|made| made(&mut Without { model: Simulated::default(), method }, &patient))
        {
            let named = checkup.causes().any(|(_, note)| note.seen.contains(method) && note.seen.contains("-32601"));
            assert!(named && !checkup.is_sound(), "{method}: {checkup:#?}");
        }
    }
}
