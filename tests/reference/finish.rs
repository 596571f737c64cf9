//! `FinishedMsg`, and what becomes of a sent message.

use serde_json::json;
use spoolproof_sdk::wire::Folder;

use crate::script::{Made, Script};

const NEITHER: (bool, bool) = (false, false);
const SENTMAIL: (bool, bool) = (true, false);
const DELETE: (bool, bool) = (false, true);
const BOTH: (bool, bool) = (true, true);

fn locked(script: &mut Script, (sentmail, delete): (bool, bool)) -> Made {
    let made = script.create_with(json!({ "sentmail": sentmail, "delete_after_submit": delete }));
    assert_eq!(script.submit(&made), "S_OK");
    script.locked(&made);
    script.heard();
    made
}

/// Where a message with these properties lies after `FinishedMsg`, and how many of it there are.
#[track_caller]
fn check(script: &mut Script, props: (bool, bool), expected: (Folder, u32)) {
    let made = locked(script, props);
    assert_eq!(script.finish(&made), "S_OK");
    assert_eq!(script.heard(), "deleted, do_sent_mail");
    let seen = script.observe(&made);
    assert_eq!((seen.folder, seen.copies), (Some(expected.0), Some(expected.1)));
    assert_eq!(script.marks(&made), if expected.1 == 0 { "" } else { "READ" });
    let gone = expected.1 == 0 || seen.entry_id_now.is_some_and(|_| expected.1 == 1);
    let again = if gone { "MAPI_E_NOT_FOUND" } else { "MAPI_E_NOT_IN_QUEUE" };
    assert_eq!(script.finish(&made), again);
    assert_eq!(script.heard(), "");
    assert_eq!(script.observe(&made).copies, Some(expected.1));
}

#[test]
fn a_sent_message_goes_where_its_properties_say() {
    let mut script = Script::new();
    check(&mut script, NEITHER, (Folder::Outbox, 1));
    check(&mut script, SENTMAIL, (Folder::Sentmail, 1));
    check(&mut script, DELETE, (Folder::None, 0));
    check(&mut script, BOTH, (Folder::Sentmail, 1));
}

#[test]
fn a_profile_may_ask_for_copies() {
    let mut script = Script::with(json!({ "readings": { "D2": "CopySemantics" } }), &[]);
    check(&mut script, SENTMAIL, (Folder::Sentmail, 2));
    check(&mut script, BOTH, (Folder::Sentmail, 1));
    let made = locked(&mut script, BOTH);
    assert_eq!(script.finish(&made), "S_OK");
    let seen = script.observe(&made);
    assert_eq!(seen.sentmail_copies, seen.entry_id_now.map(|id| vec![id]));
}

#[test]
fn a_hook_that_takes_over_leaves_the_message_alone() {
    let mut script = Script::new();
    script.answer("do_sent_mail", json!({ "hresult": "S_OK", "superseded": true }));
    check(&mut script, SENTMAIL, (Folder::Outbox, 1));
    check(&mut script, DELETE, (Folder::Outbox, 1));
}

#[test]
fn a_failing_hook_leaves_a_sent_message_that_is_not_sent_again() {
    let mut script = Script::new();
    script.answer("do_sent_mail", json!({ "hresult": "MAPI_E_NOT_ENOUGH_DISK" }));
    let made = locked(&mut script, BOTH);
    assert_eq!(script.finish(&made), "MAPI_E_NOT_ENOUGH_DISK");
    assert_eq!(script.heard(), "deleted, do_sent_mail");
    assert_eq!((script.observe(&made).folder, script.marks(&made)), (Some(Folder::Outbox), "READ".to_owned()));
    script.restart("crash");
    assert_eq!(script.queue().len(), 0);
}

#[test]
fn the_lock_is_gone_when_the_hooks_run_and_others_are_kept_out_before() {
    let mut script = Script::new();
    let made = locked(&mut script, SENTMAIL);
    let other = json!({ "session": "spooler-2", "entry_id": made.entry_id });
    assert_eq!(script.call("finished_msg", other), "MAPI_E_NO_ACCESS");
    assert_eq!(script.marks(&made), "SUBMIT UNSENT LOCKED row");
    let look = json!({ "session": "client-1", "entry_id": made.entry_id, "flags": ["MAPI_MODIFY"] });
    script.nest("do_sent_mail", "open_entry", look);
    assert_eq!(script.finish(&made), "S_OK");
    assert_eq!(script.heard(), "deleted, do_sent_mail, open_entry S_OK");
}
