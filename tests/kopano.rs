//! What a careful reader finds in a real provider's traces, the audit finds too, and nothing in the clean cases.

use std::fs;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::PathBuf;

use serde_json::Value;
use spoolproof::oracle::{Account, Finding, Followed, Setting, Verdict};
use spoolproof::spec::Catalogue;
use spoolproof::trace::{ReadOptions, Reader, audit};

fn audit_file(name: &str) -> Account {
    let mut account = Account::default();
    audit_into(name, &mut account);
    account.settle();
    account
}

fn audit_into(name: &str, account: &mut Account) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios/traces/kopano").join(name);
    let reader = BufReader::new(fs::File::open(path).expect("the trace is shipped"));
    let reader = Reader::new(reader, name, ReadOptions::default()).expect("the header is good");
    let setting = Setting::of_log(reader.header().clone());
    let catalogue = Catalogue::embedded().expect("the shipped catalogue is good");
    audit(&catalogue, name, reader, setting, account, |_| ControlFlow::Continue(()));
}

fn expected(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios/traces/kopano").join(name);
    let text = fs::read_to_string(path.with_extension("ndjson.expected.json")).expect("the expectation is shipped");
    serde_json::from_str(&text).expect("the expectation is JSON")
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// Whether `finding` is the one that a reader expects: same case, event and party, and one of the requirements.
fn is(finding: &Finding, wanted: &Value) -> bool {
    finding.case.as_deref() == wanted["case"].as_str()
        && finding.seq == wanted["seq"].as_u64()
        && finding.who.name() == wanted["who"].as_str().unwrap_or_default()
        && strings(&wanted["requirements"]).iter().any(|id| finding.requirements.iter().any(|named| named == id))
}

#[track_caller]
fn check(name: &str) {
    let account = audit_file(name);
    let expected = expected(name);
    let findings = &account.ledger.findings;
    assert!(!account.unreadable, "{name}: {findings:#?}");
    for wanted in expected["findings"].as_array().expect("a list") {
        let found: Vec<&Finding> = findings.iter().filter(|finding| is(finding, wanted)).collect();
        match wanted["certainty"].as_str() {
            Some("must") => {
                assert!(
                    found.iter().any(|finding| finding.verdict == Verdict::Violation),
                    "{name}: no violation for {wanted:#}\n{findings:#?}"
                );
            }
            Some("should") => assert!(!found.is_empty(), "{name}: passed over in silence: {wanted:#}\n{findings:#?}"),
            Some("reading-dependent") => {}
            other => panic!("{name}: certainty {other:?}"),
        }
    }
    let clean =
        strings(&expected["no_violation"]).into_iter().chain(strings(&expected["no_violation_but_reading_dependent"]));
    for case in clean {
        let noise: Vec<&Finding> = findings
            .iter()
            .filter(|finding| finding.case.as_deref() == Some(case) && finding.verdict == Verdict::Violation)
            .collect();
        assert!(noise.is_empty(), "{name}: {case} is clean: {noise:#?}");
    }
    // Nothing is blamed that the reader did not list: every violation is an expected finding.
    for finding in findings.iter().filter(|finding| finding.verdict == Verdict::Violation) {
        let listed = expected["findings"].as_array().expect("a list").iter().any(|wanted| is(finding, wanted));
        assert!(listed, "{name}: nobody expected {finding:#?}");
    }
}

#[test]
fn compose() {
    check("compose.ndjson");
}

#[test]
fn finish() {
    check("finish.ndjson");
}

#[test]
fn kept() {
    check("kept.ndjson");
}

#[test]
fn lock() {
    check("lock.ndjson");
}

#[test]
fn open() {
    check("open.ndjson");
}

#[test]
fn queue() {
    check("queue.ndjson");
}

#[test]
fn restart() {
    check("restart.ndjson");
}

#[test]
fn submit() {
    check("submit.ndjson");
}

#[test]
fn a_message_that_opens_in_name_only_is_a_deviation() {
    let account = audit_file("open.ndjson");
    let in_name: Vec<&Finding> = account
        .ledger
        .findings
        .iter()
        .filter(|finding| finding.case.as_deref() == Some("open-locked-client-2"))
        .collect();
    let deviations = in_name.iter().filter(|finding| finding.verdict == Verdict::Deviation);
    assert_eq!(deviations.count(), 3, "H16: kept SEED1-07, broken SEED1-08 and OPN-02\n{in_name:#?}");
}

/// What all its traces together show of one ambiguity.
fn followed(ambiguity: &str) -> Option<Followed> {
    let mut account = Account::default();
    for name in ["compose", "finish", "kept", "lock", "open", "queue", "restart", "submit"] {
        audit_into(&format!("{name}.ndjson"), &mut account);
    }
    account.settle();
    account.ledger.follows().find(|followed| followed.ambiguity == ambiguity)
}

#[track_caller]
fn follows(ambiguity: &str, readings: &[&str], (case, seq): (&str, u64)) {
    let seen = followed(ambiguity).expect("the traces tell its readings apart");
    assert_eq!(seen.readings, readings, "{seen:#?}");
    assert_eq!((seen.decided.case.as_deref(), seen.decided.seq), (Some(case), seq), "{seen:#?}");
    assert_eq!(seen.differs, None);
}

#[test]
fn a_lock_keeps_clients_out_at_the_first_use_whatever_the_flags() {
    follows("B1", &["AnyRefusal", "LockDominates", "NothingButAbort"], ("open-locked-client-2", 18));
}

#[test]
fn the_holder_may_lock_and_unlock_twice() {
    follows("C1", &["HolderIdempotent", "Idempotent"], ("lock-twice-unlock-twice", 13));
}

#[test]
fn what_is_not_queued_can_be_unlocked() {
    follows("C7", &["OutsideContract", "LockAnyMessage"], ("abort-while-locked", 22));
}

#[test]
fn a_finished_message_stays_in_the_queue() {
    follows("D4", &["Nothing"], ("finish-neither", 7));
}

#[test]
fn what_nobody_locked_is_finished_all_the_same() {
    follows("D5", &["OutsideContract", "Proceed"], ("finish-unlocked-neither", 32));
}

#[test]
fn a_second_submission_is_taken() {
    follows("E6", &["Idempotent", "SendTwice"], ("submit-twice-kept", 30));
}

#[test]
fn a_queued_message_is_still_unsent_and_so_is_an_aborted_one() {
    let seen = followed("F5").expect("the traces tell its readings apart");
    assert_eq!(seen.excluded, ["ClearedAtSubmit", "Cleared"], "{seen:#?}");
}

#[test]
fn who_calls_matters_for_the_lock_and_for_nothing_else() {
    let seen = followed("A13").expect("the traces tell its readings apart");
    let (here, there) = seen.differs.expect("clients finish messages, and are kept out of locked ones");
    assert_eq!((here.readings, here.at.case.as_deref()), (vec!["SameObject"], Some("finish-client-unlocked")));
    assert_eq!((there.readings, there.at.case.as_deref()), (vec!["SeparateObject"], Some("open-locked-client-2")));
}

#[test]
fn what_no_trace_shows_is_not_named() {
    // No message is both moved and deleted, none is locked at a restart, and no handle is used again by the spooler.
    for ambiguity in ["A1", "B3", "C3", "D2", "D6", "F7", "H2", "H12", "H13", "H15"] {
        assert_eq!(followed(ambiguity), None);
    }
}
