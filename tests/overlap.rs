//! Calls that overlap: what some order permits is allowed, and what no order permits is not.

use std::fmt::Write;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use spoolproof::oracle::{Account, Finding, Setting, Verdict};
use spoolproof::spec::Catalogue;
use spoolproof::trace::{ReadOptions, Reader, audit};

/// File, verdict, and the event and a requirement of each finding.
type Expected = (&'static str, Verdict, &'static [(u64, &'static str)]);

const TRACES: &[Expected] = &[
    ("a-crash-while-submitting", Verdict::Pass, &[]),
    // A store may lock what was just taken back; what it shows then must be that.
    ("abort-and-lock-both", Verdict::Pass, &[]),
    ("either-content", Verdict::Pass, &[]),
    ("either-content-but-one", Verdict::Violation, &[(5, "SUB-01")]),
    ("lock-and-abort-both", Verdict::Pass, &[]),
    ("lock-and-abort-both-kept", Verdict::Violation, &[(5, "SLS-08")]),
    ("lock-before-abort-in-time", Verdict::Violation, &[(6, "SLS-08")]),
    ("lock-loses-in-time", Verdict::Deviation, &[(4, "ABT-05")]),
    ("lock-wins", Verdict::Pass, &[]),
    ("observed-ahead-of-return", Verdict::Pass, &[]),
    ("observed-in-the-end-is-held", Verdict::Violation, &[(3, "SEED1-47"), (3, "SEED1-18")]),
    ("open-after-submit", Verdict::Violation, &[(3, "SEED1-11")]),
    ("open-before-submit", Verdict::Pass, &[]),
    ("open-between-unlock-and-deletion", Verdict::Inconclusive, &[(6, "SEED1-08")]),
    ("open-refused-before-submit", Verdict::Violation, &[(2, "OPN-03")]),
    ("open-sees-submit-early", Verdict::Pass, &[]),
    ("open-while-nothing-is-finished", Verdict::Violation, &[(6, "SEED1-08"), (7, "FIN-07"), (7, "FIN-12")]),
    ("row-before-submit-begins", Verdict::Violation, &[(2, "GOQ-03")]),
    ("row-before-submit-returns", Verdict::Pass, &[]),
    ("submits-in-either-order", Verdict::Pass, &[]),
    ("submits-in-wrong-order", Verdict::Violation, &[(5, "GOQ-08")]),
    ("support-of-two-submits", Verdict::Pass, &[]),
    ("the-crash-before-the-call", Verdict::Pass, &[]),
    ("too-many-to-try", Verdict::Inconclusive, &[(12, "SLS-08")]),
    ("without-an-interval-between", Verdict::Inconclusive, &[(4, "SEED1-11")]),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/traces/overlap")
}

fn judge(log: &str) -> Account {
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    let reader = Reader::new(log.as_bytes(), "log", ReadOptions::default()).expect("the header is good");
    let setting = Setting::of_log(reader.header().clone());
    let mut account = Account::default();
    audit(&catalogue, "log", reader, setting, &mut account, |_| ControlFlow::Continue(()));
    account.settle();
    assert!(!account.unreadable, "{:#?}", account.ledger.findings);
    account
}

#[test]
fn each_trace_is_judged_as_expected() {
    for (name, verdict, expected) in TRACES {
        let log = fs::read_to_string(folder().join(name).with_extension("ndjson")).expect("the trace is shipped");
        let account = judge(&log);
        let findings = &account.ledger.findings;
        assert_eq!(account.verdict(), *verdict, "{name}: {findings:#?}");
        let is = |finding: &Finding, (seq, id): &(u64, &str)| {
            finding.seq == Some(*seq) && finding.requirements.iter().any(|named| named == id)
        };
        for wanted in *expected {
            assert!(findings.iter().any(|finding| is(finding, wanted)), "{name}: {wanted:?}: {findings:#?}");
        }
        for finding in findings {
            assert!(expected.iter().any(|wanted| is(finding, wanted)), "{name}: nobody expected {finding:#?}");
        }
    }
}

#[test]
fn every_trace_is_expected() {
    let mut files: Vec<String> = fs::read_dir(folder())
        .expect("a folder of traces")
        .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    files.sort();
    let listed: Vec<&str> = TRACES.iter().map(|(name, ..)| *name).collect();
    assert_eq!(files, listed);
}

const HEADER: &str = r#"{"spoolproof_trace": 1, "role": "store", "profile": {"coupling": "none"}}"#;

/// A submission that overlaps with more calls than are read ahead.
#[test]
fn a_call_that_overlaps_with_too_many_is_inconclusive() {
    let create = |message: &str, seq: u64| {
        format!(
            r#"{{"seq": {seq}, "at": {{"began": {seq}, "ended": {seq}}}, "session": "client-1", "call": "create_message", "params": {{"recipients": [{{"address": "bob@example.test"}}]}}, "result": {{"hresult": "S_OK", "entry_id": "{message}", "handle": "c-{message}"}}}}"#
        )
    };
    let mut log = format!("{HEADER}\n{}\n", create("m1", 1));
    let open = r#""session": "client-2", "call": "open_entry", "params": {"entry_id": "m1", "flags": ["MAPI_MODIFY"]}, "result": {"hresult": "S_OK", "access": "read_write", "handle": "c2"}"#;
    let submit = r#""session": "client-1", "call": "submit_message", "params": {"handle": "c-m1"}, "result": {"hresult": "S_OK"}"#;
    let _ = writeln!(log, r#"{{"seq": 2, "at": {{"began": 2, "ended": 3}}, {submit}}}"#);
    for seq in 3..1_100 {
        let _ = writeln!(log, "{}", create(&format!("other-{seq}"), seq));
    }
    let late = log.clone() + &format!("{{\"seq\": 2000, \"at\": {{\"began\": 2, \"ended\": 2000}}, {open}}}\n");
    let account = judge(&late);
    assert_eq!(account.verdict(), Verdict::Inconclusive, "{:#?}", account.ledger.findings);
    let after = log + &format!("{{\"seq\": 2000, \"at\": {{\"began\": 3, \"ended\": 2000}}, {open}}}\n");
    let account = judge(&after);
    assert_eq!(account.verdict(), Verdict::Violation, "{:#?}", account.ledger.findings);
}

/// Messages that are sent stay in their folder and are named again; they are forgotten all the same.
#[test]
fn a_message_that_was_forgotten_is_no_error() {
    let sent = 10_100;
    let mut log = format!("{HEADER}\n");
    let mut seq = 0;
    let mut event = |session: &str, call: &str, params: &str, result: &str| {
        seq += 1;
        let _ = writeln!(
            log,
            r#"{{"seq": {seq}, "session": "{session}", "call": "{call}", "params": {{{params}}}, "result": {{"hresult": "S_OK"{result}}}}}"#
        );
    };
    for number in 0..sent {
        let id = format!(r#""entry_id": "m{number}""#);
        let handle = format!(r#""handle": "c{number}""#);
        event(
            "client-1",
            "create_message",
            r#""sentmail": true, "recipients": [{"address": "bob@example.test"}]"#,
            &format!(", {id}, {handle}"),
        );
        event("client-1", "submit_message", &handle, "");
        let spoolers = format!(r#""handle": "s{number}""#);
        event("spooler", "open_entry", &id, &format!(r#", "access": "read_write", {spoolers}"#));
        event("spooler", "set_lock_state", &format!(r#"{spoolers}, "lock_state": "MSG_LOCKED""#), "");
        event("spooler", "finished_msg", &id, "");
    }
    // The first was forgotten, with its handles; the last was not.
    for number in [0, sent - 1] {
        event("client-1", "get_props", &format!(r#""handle": "c{number}""#), "");
        event(
            "client-1",
            "open_entry",
            &format!(r#""entry_id": "m{number}""#),
            r#", "access": "read", "handle": "again""#,
        );
        event("client-1", "release", r#""handle": "again""#, "");
    }
    let account = judge(&log);
    let after = |finding: &&Finding| finding.seq > Some(5 * sent);
    let named: Vec<&Finding> = account.ledger.findings.iter().filter(after).collect();
    let remembered = format!("m{}", sent - 1);
    assert!(named.iter().all(|finding| finding.message.as_ref() == Some(&remembered)), "{named:#?}");
    // A client must not go on with the object that it submitted: that can be said only of what is remembered.
    assert_eq!(named.len(), 1, "{named:#?}");
}
