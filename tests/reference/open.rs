//! Opening messages, and writing through what is open.

use serde_json::json;
use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::Access;

use crate::script::{Made, Script};

const MODIFY: &[&str] = &["MAPI_MODIFY"];
const BEST: &[&str] = &["MAPI_BEST_ACCESS"];

/// What `session` gets for no flag, `MAPI_MODIFY` and `MAPI_BEST_ACCESS`.
#[track_caller]
fn check(script: &mut Script, session: &str, made: &Made, expected: [&str; 3]) {
    let opened = [&[], MODIFY, BEST].map(|flags| {
        let result = script.open(session, made, flags);
        match result.access {
            Some(Access::Read) => "read".to_owned(),
            Some(Access::ReadWrite) => "read_write".to_owned(),
            None => result.hresult.expect("an hresult").to_string(),
        }
    });
    assert_eq!(opened, expected);
}

const WRITES: [&str; 3] = ["read", "read_write", "read_write"];
const QUEUED: [&str; 3] = ["read", "MAPI_E_SUBMITTED", "read"];
const DENIED: [&str; 3] = ["MAPI_E_NO_ACCESS"; 3];

#[test]
fn who_may_open_follows_the_queue_and_the_lock() {
    let mut script = Script::new();
    let made = script.create();
    check(&mut script, "client-2", &made, WRITES);
    assert_eq!(script.submit(&made), "S_OK");
    check(&mut script, "client-1", &made, QUEUED);
    check(&mut script, "spooler", &made, WRITES);
    let handle = script.locked(&made);
    check(&mut script, "client-1", &made, DENIED);
    check(&mut script, "spooler", &made, WRITES);
    check(&mut script, "spooler-2", &made, DENIED);
    assert_eq!(script.set_lock("spooler", &handle, "MSG_UNLOCKED"), "S_OK");
    check(&mut script, "client-2", &made, QUEUED);
    assert_eq!(script.abort(&made), "S_OK");
    check(&mut script, "client-2", &made, WRITES);
}

#[test]
fn a_profile_may_ask_for_the_sample_stores_way() {
    let mut script = Script::with(json!({ "readings": { "B1": "SampleStore" } }), &[]);
    let made = script.queued();
    script.locked(&made);
    check(&mut script, "client-1", &made, QUEUED);
}

#[test]
fn an_entry_id_that_names_nothing_is_not_opened() {
    let mut script = Script::new();
    let made = script.create();
    let gone = Made { entry_id: made.entry_id.replace("0000000000000001", "00000000000000ff"), ..made.clone() };
    check(&mut script, "client-1", &gone, ["MAPI_E_NOT_FOUND"; 3]);
    let foreign = Made { entry_id: "elsewhere".to_owned(), ..made.clone() };
    check(&mut script, "client-1", &foreign, ["MAPI_E_UNKNOWN_ENTRYID"; 3]);
    let asked = script.open("client-1", &made, &["MAPI_WHATEVER"]);
    assert_eq!(asked.hresult, Some(HResult::MAPI_E_UNKNOWN_FLAGS));
}

#[test]
fn a_client_cannot_write_to_a_queued_message_by_an_object_opened_before() {
    let mut script = Script::new();
    let made = script.create_with(json!({ "subject": "before" }));
    let early = script.open("client-2", &made, MODIFY).handle.expect("opened");
    assert_eq!(script.set_subject(&early, "pending", false), "S_OK");
    assert_eq!(script.submit(&made), "S_OK");
    assert_eq!(script.set_subject(&early, "after", true), "MAPI_E_SUBMITTED");
    let resubmit = script.call("submit_message", json!({ "session": "client-2", "handle": early }));
    assert_eq!(resubmit, "MAPI_E_SUBMITTED");
    assert_eq!(script.observe(&made).subject.as_deref(), Some("before"));
    assert_eq!(script.abort(&made), "S_OK");
    assert_eq!(script.set_subject(&early, "after", true), "S_OK");
    assert_eq!(script.observe(&made).subject.as_deref(), Some("after"));
}

#[test]
fn what_the_store_keeps_itself_is_not_set() {
    let mut script = Script::new();
    let made = script.create();
    let props = json!({ "PR_MESSAGE_FLAGS": ["MSGFLAG_SUBMIT"], "PR_SUBJECT": "kept" });
    let set = script.call("set_props", json!({ "handle": made.handle, "props": props, "save": true }));
    assert_eq!(set, "MAPI_E_COMPUTED");
    assert_eq!(script.marks(&made), "UNSENT");
    let read = json!({ "handle": made.handle, "props": ["PR_SUBJECT", "PR_ACCESS_LEVEL", "PR_UNHEARD"] });
    let props = script.result("get_props", read).expect("props").props.expect("props");
    assert_eq!(json!(props), json!({ "PR_SUBJECT": "kept", "PR_ACCESS_LEVEL": 1 }));
}

#[test]
fn objects_are_their_sessions_own_and_end_with_it() {
    let mut script = Script::new();
    let made = script.create();
    let other = script.call("submit_message", json!({ "session": "client-2", "handle": made.handle }));
    assert_eq!(other, "bad params");
    assert_eq!(script.call("release", json!({ "handle": made.handle })), "S_OK");
    assert_eq!(script.set_subject(&made.handle, "late", true), "bad params");
    let kept = script.create();
    script.restart("clean");
    assert_eq!(script.set_subject(&kept.handle, "late", true), "bad params");
    let again = script.create();
    assert_ne!(again.handle, kept.handle);
    script.call("reset", json!({}));
    assert_eq!(script.set_subject(&again.handle, "late", true), "bad params");
    assert_eq!(script.observe(&again).exists, Some(false));
}
