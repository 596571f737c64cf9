//! `SetLockState`, the queue table, new mail, and what of them outlives a restart.

use serde_json::json;

use crate::script::Script;

const LOCKED: &str = "MSG_LOCKED";
const UNLOCKED: &str = "MSG_UNLOCKED";

#[test]
fn the_holder_may_repeat_itself_and_another_spooler_is_refused_every_time() {
    let mut script = Script::new();
    let made = script.queued();
    let other = script.spooler_open("spooler-2", &made);
    let handle = script.locked(&made);
    assert_eq!(script.marks(&made), "SUBMIT UNSENT LOCKED row");
    assert_eq!(script.set_lock("spooler", &handle, LOCKED), "S_OK");
    for state in [LOCKED, LOCKED, UNLOCKED] {
        assert_eq!(script.set_lock("spooler-2", &other, state), "MAPI_E_NO_ACCESS");
    }
    assert_eq!(script.set_subject(&other, "stolen", true), "MAPI_E_NO_ACCESS");
    for _ in 0..2 {
        assert_eq!(script.set_lock("spooler", &handle, UNLOCKED), "S_OK");
        assert_eq!(script.marks(&made), "SUBMIT UNSENT row");
    }
    assert_eq!(script.heard(), "expand_recips, added, modified, modified");
    assert_eq!(script.set_lock("spooler-2", &other, LOCKED), "S_OK");
}

#[test]
fn locking_saves_what_the_object_has_pending() {
    let mut script = Script::new();
    let made = script.queued();
    let handle = script.spooler_open("spooler", &made);
    assert_eq!(script.set_subject(&handle, "stamped", false), "S_OK");
    assert_eq!(script.observe(&made).subject, None);
    assert_eq!(script.set_lock("spooler", &handle, LOCKED), "S_OK");
    assert_eq!(script.observe(&made).subject.as_deref(), Some("stamped"));
}

#[test]
fn only_a_queued_message_is_locked_and_only_by_a_spooler() {
    let mut script = Script::new();
    let made = script.create();
    let handle = script.spooler_open("spooler", &made);
    assert_eq!(script.set_lock("spooler", &handle, LOCKED), "MAPI_E_NOT_IN_QUEUE");
    assert_eq!(script.queue().len(), 0);
    assert_eq!(script.set_lock("client-1", &made.handle, LOCKED), "MAPI_E_NO_SUPPORT");
    for method in ["get_outgoing_queue", "finished_msg", "notify_new_mail"] {
        let params = json!({ "session": "client-1", "entry_id": made.entry_id });
        assert_eq!(script.call(method, params), "MAPI_E_NO_SUPPORT", "{method}");
    }
}

#[test]
fn the_table_has_the_required_columns() {
    let mut script = Script::new();
    let result = script.result("get_outgoing_queue", json!({ "session": "spooler" })).expect("a table");
    let columns = result.columns.expect("columns");
    assert_eq!(columns.len(), 12);
    for column in ["PR_DISPLAY_BCC", "PR_ENTRYID", "PR_SUBMIT_FLAGS", "PR_SPOOLER_STATUS"] {
        assert!(columns.iter().any(|each| each == column), "{column}");
    }
}

#[test]
fn new_mail_is_announced_to_clients() {
    let mut script = Script::new();
    let made = script.create();
    let arrived = json!({ "session": "spooler", "entry_id": made.entry_id });
    assert_eq!(script.call("notify_new_mail", arrived), "S_OK");
    assert_eq!(script.heard(), "notify.new_mail");
    let unknown = json!({ "session": "spooler", "entry_id": "nowhere" });
    assert_eq!(script.call("notify_new_mail", unknown), "MAPI_E_NOT_FOUND");
}

#[test]
fn responsibility_is_saved_at_once() {
    let mut script = Script::new();
    let made = script.queued();
    let handle = script.locked(&made);
    let taken = json!({ "session": "spooler", "handle": handle, "recipient": "bob@example.test", "value": true });
    assert_eq!(script.call("set_responsibility", taken), "S_OK");
    script.restart("crash");
    assert_eq!(script.rows(&made)[0].1, Some(true));
    let handle = script.locked(&made);
    let nobody = json!({ "session": "spooler", "handle": handle, "recipient": "eve@example.test", "value": true });
    assert_eq!(script.call("set_responsibility", nobody), "MAPI_E_NOT_FOUND");
}

#[test]
fn a_lock_ends_with_the_process_unless_the_profile_keeps_it() {
    for kind in ["clean", "crash"] {
        let mut script = Script::new();
        let made = script.queued();
        script.locked(&made);
        script.restart(kind);
        assert_eq!(script.marks(&made), "SUBMIT UNSENT row");
        assert_eq!(script.abort(&made), "S_OK");

        let mut script = Script::with(json!({ "persists_lock": true }), &[]);
        let made = script.queued();
        script.locked(&made);
        script.restart(kind);
        assert_eq!(script.marks(&made), "SUBMIT UNSENT LOCKED row");
        assert_eq!(script.abort(&made), "MAPI_E_UNABLE_TO_ABORT");
        // Nobody that lives holds it, so that any spooler may take the message up again.
        let handle = script.spooler_open("spooler-2", &made);
        assert_eq!(script.set_lock("spooler-2", &handle, LOCKED), "S_OK");
        let first = script.open("spooler", &made, &[]);
        assert_eq!(first.hresult.expect("an hresult").to_string(), "MAPI_E_NO_ACCESS");
        assert_eq!(script.set_lock("spooler-2", &handle, UNLOCKED), "S_OK");
        script.restart(kind);
        assert_eq!(script.marks(&made), "SUBMIT UNSENT row");
    }
}
