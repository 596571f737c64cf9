//! A log is cut down to what shows a failure, and what callers did in it shows it again on the provider.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use spoolproof::conformance::reference::{FAULTS, Reference, SPOOLER_FAULTS, Spooler};
use spoolproof::conformance::{InProcess, Plan, Progress, SpoolerPlan, run, run_spooler};
use spoolproof::oracle::{Account, Finding, Setting, Small, Verdict, Who};
use spoolproof::scenario::{Scenario, SpoolerScenario};
use spoolproof::spec::Catalogue;
use spoolproof::trace::{Extract, ReadOptions, Reader, Writer, audit, extract, script, script_spooler};
use spoolproof_sdk::CallError;
use spoolproof_sdk::trace::{Event, Header};

use common::{scenarios, spooler_cases};

type Log = (Header, Vec<Event>);

/// Keeps the log of the last case.
#[derive(Default)]
struct Recorder(Option<Log>);

impl Progress for Recorder {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, header: &Header, events: &[Event], _has_findings: bool) -> Option<String> {
        self.0 = Some((header.clone(), events.to_vec()));
        None
    }
}

fn store(fault: Option<&'static str>) -> InProcess<Reference> {
    let start = move || Reference::open(None, fault).map_err(|error| CallError::Failed(error.to_string()));
    InProcess::start(start).expect("the reference store starts")
}

fn catalogue() -> Catalogue {
    Catalogue::embedded().expect("the shipped catalogue is good")
}

/// What is found when the case runs on the store, and the log of it.
fn conform(catalogue: &Catalogue, sut: &mut InProcess<Reference>, case: &Scenario) -> (Account, Log) {
    let plan = Plan {
        scenarios: vec![case],
        profile: None,
        patience: Duration::from_millis(10),
        recorded_by: "a test".to_owned(),
    };
    let mut recorder = Recorder::default();
    let account = run(catalogue, sut, &plan, &mut recorder);
    (account, recorder.0.expect("the case ran"))
}

fn text((header, events): &Log) -> Vec<u8> {
    let mut text = Vec::new();
    let mut writer = Writer::new(&mut text, header).expect("memory");
    events.iter().for_each(|event| writer.write(event).expect("memory"));
    writer.finish().expect("memory");
    text
}

fn reader(text: &[u8]) -> Reader<&[u8]> {
    Reader::new(text, "log", ReadOptions::default()).expect("a log")
}

fn audited(catalogue: &Catalogue, text: &[u8]) -> Account {
    let mut account = Account::default();
    let reader = reader(text);
    let setting = Setting::of_log(reader.header().clone());
    audit(catalogue, "log", reader, setting, &mut account, |_| ControlFlow::Continue(()));
    account.settle();
    assert!(!account.unreadable, "{:?}", account.ledger.findings);
    account
}

fn failures(account: &Account, who: Who) -> impl Iterator<Item = &Finding> {
    account.ledger.findings.iter().filter(move |finding| finding.verdict == Verdict::Violation && finding.who == who)
}

fn cut(catalogue: &Catalogue, text: &[u8], wanted: &Finding, account: &Account) -> Extract {
    let found: Vec<&Finding> = account.ledger.findings.iter().collect();
    let reader = reader(text);
    let setting = Setting::of_log(reader.header().clone());
    let extract = extract(catalogue, reader, &setting, &[wanted], &found).pop().flatten();
    extract.unwrap_or_else(|| panic!("no part of the log shows {wanted:#?}"))
}

/// `SPOOLPROOF_FAULTS=all cargo test --release --test extract` takes every seeded fault.
#[test]
fn what_is_left_of_a_log_shows_the_failure_there_and_on_the_provider() {
    let all = std::env::var("SPOOLPROOF_FAULTS").is_ok_and(|text| text == "all");
    let (catalogue, cases, mut right) = (catalogue(), scenarios(), store(None));
    let (mut cut_down, mut least_repeats, mut tried) = (0, 0, 0);
    for fault in FAULTS.iter().step_by(if all { 1 } else { 11 }) {
        let mut broken = store(Some(fault.name));
        let failing = cases.iter().find_map(|case| {
            let (account, log) = conform(&catalogue, &mut broken, case);
            failures(&account, Who::Store).next().is_some().then_some(log)
        });
        let Some(log) = failing else { continue };
        let text = text(&log);
        let account = audited(&catalogue, &text);
        let wanted =
            failures(&account, Who::Store).next().unwrap_or_else(|| panic!("{}: the log shows nothing", fault.name));
        let kind = Small::new(wanted, String::new(), 0);
        let shows = |account: &Account| failures(account, Who::Store).any(|finding| kind.shows(finding));

        let extract = cut(&catalogue, &text, wanted, &account);
        assert!(extract.events.len() as u64 <= extract.of, "{}", fault.name);
        let again = audited(&catalogue, &self::text(&(extract.header.clone(), extract.events.clone())));
        assert!(shows(&again), "{}: {:#?}", fault.name, again.ledger.findings);

        let title = wanted.sentence();
        let about = (title.trim_end_matches('.'), &wanted.requirements[..]);
        let case = script("cut", about, &extract.header.profile, &extract.before).expect("a scenario");
        let (again, _) = conform(&catalogue, &mut broken, &case);
        assert!(shows(&again), "{}:\n{}\n{:#?}", fault.name, case.to_toml(), again.ledger.findings);
        let (sound, _) = conform(&catalogue, &mut right, &case);
        assert_eq!(failures(&sound, Who::Store).next(), None, "{}", fault.name);

        tried += 1;
        cut_down += usize::from((extract.events.len() as u64) < extract.of);
        let least = script("least", about, &extract.header.profile, &extract.events).expect("a scenario");
        least_repeats += usize::from(shows(&conform(&catalogue, &mut broken, &least).0));
    }
    // What came before may be needed for more than the judge can see, so the scenario is of the whole case.
    assert!(tried >= 15 && cut_down > tried / 2 && least_repeats > tried / 2, "{tried}, {cut_down}, {least_repeats}");
}

fn spooler(fault: Option<&'static str>) -> InProcess<Spooler> {
    let faults: Vec<String> = fault.into_iter().map(str::to_owned).collect();
    InProcess::start(move || Spooler::new(&faults).map_err(CallError::Failed)).expect("the spooler starts")
}

fn conform_spooler(catalogue: &Catalogue, sut: &mut InProcess<Spooler>, case: &SpoolerScenario) -> (Account, Log) {
    let plan = SpoolerPlan { scenarios: vec![case], profile: None, recorded_by: "a test".to_owned() };
    let mut recorder = Recorder::default();
    let account = run_spooler(catalogue, sut, &plan, &mut recorder);
    (account, recorder.0.expect("the case ran"))
}

#[test]
fn what_a_spooler_met_with_in_a_log_shows_its_failure_again() {
    let (catalogue, cases, mut right) = (catalogue(), spooler_cases(), spooler(None));
    let mut tried = 0;
    for fault in SPOOLER_FAULTS.iter().filter(|fault| !fault.breaks.is_empty()) {
        let mut broken = spooler(Some(fault.name));
        let failing = cases.iter().find_map(|case| {
            let (account, log) = conform_spooler(&catalogue, &mut broken, case);
            failures(&account, Who::Spooler).next().is_some().then_some((case, log))
        });
        let Some((case, log)) = failing else { continue };
        let text = text(&log);
        let account = audited(&catalogue, &text);
        let Some(wanted) = failures(&account, Who::Spooler).next() else { panic!("{}: nothing", fault.name) };
        let kind = Small::new(wanted, String::new(), 0);
        let shows = |account: &Account| failures(account, Who::Spooler).any(|finding| kind.shows(finding));
        let extract = cut(&catalogue, &text, wanted, &account);
        let again = audited(&catalogue, &self::text(&(extract.header.clone(), extract.events.clone())));
        assert!(shows(&again), "{}: {:#?}", fault.name, again.ledger.findings);

        let title = wanted.sentence();
        let about = (title.trim_end_matches('.'), &wanted.requirements[..]);
        let met = script_spooler("cut", about, &extract.header, &extract.before).expect("a case");
        let (again, _) = conform_spooler(&catalogue, &mut broken, &met);
        assert!(shows(&again), "{} in {}:\n{}\nwas\n{}", fault.name, case.id, met.to_toml(), case.to_toml());
        let (sound, _) = conform_spooler(&catalogue, &mut right, &met);
        assert_eq!(failures(&sound, Who::Spooler).next(), None, "{}", fault.name);
        tried += 1;
    }
    assert!(tried >= 60, "{tried}");
}

/// What `spoolproof` with these words prints in `folder`, and its exit code.
fn spoolproof(folder: &Path, words: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_spoolproof")).args(words).current_dir(folder).output();
    let output = output.expect("the program runs");
    (String::from_utf8(output.stdout).expect("UTF-8"), output.status.code())
}

/// The words of the command behind `label`, without the program itself.
fn command<'t>(text: &'t str, label: &str) -> Vec<&'t str> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(label));
    line.unwrap_or_else(|| panic!("no `{label}` in\n{text}")).split_whitespace().skip(1).collect()
}

fn headline(text: &str) -> &str {
    text.lines().find(|line| line.starts_with("VIOLATION")).unwrap_or_else(|| panic!("no violation in\n{text}"))
}

/// Without the case, which is another.
fn rules(text: &str) -> &str {
    headline(text).split("   ").next().unwrap_or_default()
}

#[test]
fn the_commands_that_an_audit_prints_repeat_the_failure_in_the_log_and_on_the_provider() {
    let folder = tempfile::tempdir().expect("a folder");
    let fault = ["--fault", "abort-locked-succeeds"];
    let recorded = [&["conform", "--case", "abort/locked", "--no-shrink"], &fault[..]].concat();
    let (_, code) = spoolproof(folder.path(), &recorded);
    assert_eq!(code, Some(1));
    let log = "out/abort.locked.ndjson";
    let before = fs::read(folder.path().join(log)).expect("the log is kept");
    let (found, code) = spoolproof(folder.path(), &["audit", log]);
    assert_eq!(code, Some(1), "{found}");
    // create, submit with ExpandRecips, open, lock, abort
    assert!(found.contains("small: 6 of the 10 events of abort/locked"), "{found}");

    let (again, code) = spoolproof(folder.path(), &command(&found, "again:"));
    assert_eq!((headline(&again), code), (headline(&found), Some(1)));
    // What cannot be cut down further is not written once more.
    assert_eq!(command(&again, "again:"), command(&found, "again:"));

    let live = command(&found, "live:");
    let (words, provider) = live.split_at(live.len() - 2);
    assert_eq!(provider, ["--provider", "ADAPTER"]);
    let (again, code) = spoolproof(folder.path(), &[words, &fault].concat());
    assert_eq!((rules(&again), code), (rules(&found), Some(1)), "{again}");
    assert_eq!(spoolproof(folder.path(), words).1, Some(0));
    assert!(fs::read(folder.path().join(log)).expect("it is there") == before, "the log was written over");

    // A log that has the name which its own extract would have stays as it is.
    let taken = "out/abort.locked.small.ndjson";
    fs::write(folder.path().join(taken), &before).expect("a file");
    assert_eq!(spoolproof(folder.path(), &["audit", taken]).1, Some(1));
    assert!(fs::read(folder.path().join(taken)).expect("it is there") == before, "the log was written over");

    let (plain, code) = spoolproof(folder.path(), &["audit", log, "--no-shrink"]);
    assert_eq!((plain.contains("small:"), headline(&plain), code), (false, headline(&found), Some(1)));
}

#[test]
fn a_spoolers_log_is_cut_down_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = ["conform", "--role", "spooler", "--fault", "lock-twice", "--case", "crash/after-preprocessing"];
    assert_eq!(spoolproof(folder.path(), &words).1, Some(1));
    let (found, code) = spoolproof(folder.path(), &["audit", "out/crash.after-preprocessing.ndjson"]);
    assert_eq!(code, Some(1), "{found}");
    // create, submit, release, open, and lock twice
    assert!(found.contains("small: 6 of the 11 events"), "{found}");
    let (again, code) = spoolproof(folder.path(), &command(&found, "again:"));
    assert_eq!((headline(&again), code), (headline(&found), Some(1)));
    let live = command(&found, "live:");
    let words = &live[..live.len() - 2];
    let (again, code) = spoolproof(folder.path(), &[words, &["--fault", "lock-twice"]].concat());
    assert_eq!((rules(&again), code), (rules(&found), Some(1)), "{again}");
    assert_eq!(spoolproof(folder.path(), words).1, Some(0));
}

/// One message among a hundred that are about others, in a log without cases; and the same from a pipe.
#[test]
fn other_messages_are_left_out_and_a_log_from_a_pipe_is_not_cut() {
    let catalogue = catalogue();
    let case = scenarios().into_iter().find(|case| case.id == "abort/locked").expect("it is carried");
    let (header, recorded) = conform(&catalogue, &mut store(Some("abort-locked-succeeds")), &case).1;
    let length = recorded.last().map_or(0, |event| event.seq);
    let mut events = Vec::new();
    for copy in 0..100 {
        // A read of the queue would have to show them all.
        for event in recorded.iter().filter(|event| event.call != "get_outgoing_queue") {
            // The broken call, and what follows, once; nothing about one message is about another.
            if copy != 60 && event.call == "abort_submit" {
                break;
            }
            let text = serde_json::to_string(event).expect("an event is JSON");
            let ids: BTreeSet<&str> = event.observed.iter().flatten().map(|(id, _)| id.as_str()).collect();
            let ids = ids.into_iter().chain(event.params.entry_id.as_deref()).chain(event.result.entry_id.as_deref());
            let text = ids.fold(text.clone(), |text, id| text.replace(id, &format!("{id}-{copy}")));
            let handles = [&event.params.handle, &event.result.handle];
            let text = handles
                .into_iter()
                .flatten()
                .fold(text, |text, handle| text.replace(&format!("\"{handle}\""), &format!("\"{handle}-{copy}\"")));
            let mut event: Event = serde_json::from_str(&text).expect("still an event");
            let later = copy * length;
            (event.seq, event.during, event.case) = (event.seq + later, event.during.map(|seq| seq + later), None);
            events.push(event);
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let log = text(&(header, events));
    fs::write(folder.path().join("monday.ndjson"), &log).expect("a file");
    let (found, code) = spoolproof(folder.path(), &["audit", "monday.ndjson", "--sarif", "monday.sarif"]);
    assert_eq!(code, Some(1), "{found}");
    let number = found.lines().find_map(|line| line.trim().strip_prefix("log:   monday.ndjson:")).expect("its place");
    let number: usize = number.parse().expect("a line");
    let line = log.split(|byte| *byte == b'\n').nth(number - 1).expect("a line of the log");
    assert!(String::from_utf8_lossy(line).contains(r#""call":"abort_submit""#), "line {number}");
    let sarif = fs::read_to_string(folder.path().join("monday.sarif")).expect("it is written");
    let sarif: serde_json::Value = serde_json::from_str(&sarif).expect("JSON");
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(
        (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
        (&"monday.ndjson".into(), &number.into())
    );
    assert!(found.contains("small: 6 of the "), "{found}");
    assert_eq!(found.matches("VIOLATION").count(), 1, "{found}");
    assert_eq!(command(&found, "again:")[1], "out/monday.small.ndjson");
    assert!(!found.contains("no reason was given"), "{found}");

    let mut piped = Command::new(env!("CARGO_BIN_EXE_spoolproof"));
    let mut piped = piped.args(["audit", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    piped.stdin.take().expect("a pipe").write_all(&log).expect("it reads");
    let output = piped.wait_with_output().expect("it ends");
    let piped = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!((headline(&piped), piped.contains("small:")), (headline(&found), false));
}
