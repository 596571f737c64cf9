//! `AbortSubmit`.

use serde_json::json;

use crate::script::{Made, Script};

#[test]
fn a_cancelled_message_is_a_draft_again_and_can_be_sent_again() {
    let mut script = Script::new();
    script.answer("expand_recips", json!({ "hresult": "S_OK", "flags": ["NEEDS_PREPROCESSING"] }));
    let made = script.queued();
    script.heard();
    assert_eq!(script.abort(&made), "S_OK");
    assert_eq!(script.heard(), "deleted");
    assert_eq!(script.marks(&made), "UNSENT");
    assert_eq!(script.observe(&made).preprocess, Some(false));
    assert_eq!(script.abort(&made), "MAPI_E_NOT_IN_QUEUE");
    let handle = script.open("client-1", &made, &["MAPI_MODIFY"]).handle.expect("writable again");
    script.answer("expand_recips", json!({ "hresult": "S_OK" }));
    let again = Made { handle, ..made };
    assert_eq!(script.submit(&again), "S_OK");
    assert_eq!(script.marks(&again), "SUBMIT UNSENT row");
}

#[test]
fn what_is_locked_unqueued_or_gone_is_not_cancelled() {
    let mut script = Script::new();
    let draft = script.create();
    assert_eq!(script.abort(&draft), "MAPI_E_NOT_IN_QUEUE");
    let made = script.queued();
    script.locked(&made);
    assert_eq!(script.abort(&made), "MAPI_E_UNABLE_TO_ABORT");
    assert_eq!(script.marks(&made), "SUBMIT UNSENT LOCKED row");
    assert_eq!(script.finish(&made), "S_OK");
    assert_eq!(script.abort(&made), "MAPI_E_NOT_IN_QUEUE");
    let gone = Made { entry_id: "gone".to_owned(), ..made };
    assert_eq!(script.abort(&gone), "MAPI_E_NOT_FOUND");
}
