//! A store that is tightly coupled with a transport for SMTP.

use serde_json::{Value, json};
use spoolproof_sdk::wire::Folder;

use crate::script::{Made, Script};

fn coupled(wants_spooler_completion: bool) -> Script {
    let profile = json!({
        "coupling": "tight", "handles_addrtypes": ["SMTP"], "wants_spooler_completion": wants_spooler_completion,
    });
    Script::with(profile, &[])
}

fn message(script: &mut Script, recipients: Value, flags: &[&str]) -> Made {
    script.answer("expand_recips", json!({ "hresult": "S_OK", "flags": flags }));
    let made = script.create_with(json!({ "recipients": recipients, "sentmail": true, "delete_after_submit": false }));
    assert_eq!(script.submit(&made), "S_OK");
    made
}

fn known() -> Value {
    json!([{ "address": "bob@example.test" }])
}

fn mixed() -> Value {
    json!([{ "address": "bob@example.test" }, { "address": "+1 555", "addrtype": "FAX" }])
}

#[test]
fn a_message_for_known_recipients_is_finished_without_the_spooler() {
    let mut script = coupled(false);
    let made = message(&mut script, known(), &[]);
    assert_eq!(script.heard(), "expand_recips");
    assert_eq!((script.observe(&made).folder, script.marks(&made)), (Some(Folder::Sentmail), "READ".to_owned()));
    assert_eq!(script.rows(&made)[0].1, Some(true));
    assert_eq!(script.set_subject(&made.handle, "late", true), "MAPI_E_INVALID_PARAMETER");
}

#[test]
fn unknown_recipients_are_left_to_the_spooler() {
    for flags in [&["NEEDS_SPOOLER"][..], &[]] {
        let mut script = coupled(false);
        let made = message(&mut script, mixed(), flags);
        assert_eq!(script.heard(), "expand_recips, added");
        assert_eq!(script.marks(&made), "SUBMIT UNSENT row");
        let taken: Vec<_> = script.rows(&made).into_iter().map(|(_, taken)| taken).collect();
        assert_eq!(taken, [Some(true), Some(false)]);
    }
}

#[test]
fn a_message_that_needs_the_spooler_is_queued_though_all_are_known() {
    let mut script = coupled(false);
    let made = message(&mut script, known(), &["NEEDS_SPOOLER"]);
    assert_eq!(script.marks(&made), "SUBMIT UNSENT row");
}

#[test]
fn the_spooler_completes_what_the_store_wants_completed() {
    let mut script = coupled(true);
    let made = message(&mut script, known(), &[]);
    assert_eq!(script.heard(), "expand_recips, complete_msg");
    assert_eq!(script.marks(&made), "SUBMIT UNSENT");
    assert_eq!(script.abort(&made), "MAPI_E_NOT_IN_QUEUE");
    script.locked(&made);
    assert_eq!(script.finish(&made), "S_OK");
    assert_eq!(script.observe(&made).folder, Some(Folder::Sentmail));

    let made = message(&mut script, known(), &[]);
    script.restart("crash");
    assert_eq!(script.marks(&made), "SUBMIT UNSENT row", "the spooler can find it again");
}

#[test]
fn a_preprocessed_message_is_completed_by_the_spooler() {
    let mut script = coupled(false);
    let made = message(&mut script, known(), &["NEEDS_PREPROCESSING"]);
    assert_eq!(script.marks(&made), "SUBMIT UNSENT PREPROCESS row");
    assert_eq!(script.rows(&made)[0].1, Some(false));
    let handle = script.locked(&made);
    script.heard();
    script.answer("complete_msg", json!({ "hresult": "MAPI_E_CALL_FAILED" }));
    let resume = json!({ "session": "spooler", "handle": handle });
    assert_eq!(script.call("submit_message", resume.clone()), "MAPI_E_CALL_FAILED");
    assert_eq!(script.marks(&made), "SUBMIT UNSENT LOCKED PREPROCESS row");
    script.heard();
    script.answer("complete_msg", json!({ "hresult": "S_OK" }));
    assert_eq!(script.call("submit_message", resume), "S_OK");
    assert_eq!(script.heard(), "deleted, complete_msg");
    assert_eq!(script.marks(&made), "SUBMIT UNSENT LOCKED");
    assert_eq!(script.finish(&made), "S_OK");
}

#[test]
fn a_failing_complete_leaves_a_draft() {
    let mut script = coupled(true);
    script.answer("complete_msg", json!({ "hresult": "MAPI_E_CALL_FAILED" }));
    let made = script.create();
    assert_eq!(script.submit(&made), "MAPI_E_CALL_FAILED");
    assert_eq!(script.marks(&made), "UNSENT");
    assert_eq!(script.rows(&made)[0].1, None);
    assert_eq!(script.set_subject(&made.handle, "again", true), "S_OK");
}

#[test]
fn preprocessing_remembers_that_the_spooler_is_needed() {
    let mut script = coupled(false);
    let made = message(&mut script, known(), &["NEEDS_PREPROCESSING", "NEEDS_SPOOLER"]);
    let handle = script.locked(&made);
    script.restart("crash");
    let stale = json!({ "session": "spooler", "handle": handle });
    assert_eq!(script.call("submit_message", stale), "bad params");
    let handle = script.locked(&made);
    script.heard();
    assert_eq!(script.call("submit_message", json!({ "session": "spooler", "handle": handle })), "S_OK");
    assert_eq!(script.heard(), "modified");
    assert_eq!(script.marks(&made), "SUBMIT UNSENT LOCKED row");
}
