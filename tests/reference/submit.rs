//! Submitting, with and without preprocessing, and what a failure leaves.

use serde_json::json;

use crate::script::Script;

#[test]
fn a_submission_marks_and_queues_the_message_and_says_so() {
    let mut script = Script::new();
    let made = script.create_with(json!({ "subject": "draft" }));
    assert_eq!(script.set_subject(&made.handle, "final", false), "S_OK");
    assert_eq!(script.observe(&made).client_submit_time, Some(None));
    assert_eq!(script.submit(&made), "S_OK");
    assert_eq!(script.heard(), "expand_recips, added");
    assert_eq!(script.marks(&made), "SUBMIT UNSENT row");
    assert_eq!(script.rows(&made), [("bob@example.test".to_owned(), Some(false))]);
    let seen = script.observe(&made);
    assert_eq!(seen.subject.as_deref(), Some("final"));
    let time = seen.client_submit_time.flatten().expect("a time");
    assert_eq!((time.len(), time.ends_with('Z')), (28, true), "{time}");
    assert_eq!(script.queue()[0].client_submit_time, Some(time));
    assert_eq!(script.set_subject(&made.handle, "late", true), "MAPI_E_INVALID_PARAMETER");
    assert_eq!(script.submit(&made), "MAPI_E_INVALID_PARAMETER");
}

#[test]
fn a_message_for_nobody_is_refused_before_and_after_expansion() {
    let mut script = Script::new();
    let made = script.create_with(json!({ "recipients": [] }));
    assert_eq!(script.submit(&made), "MAPI_E_NO_RECIPIENTS");
    let made = script.create();
    script.answer("expand_recips", json!({ "hresult": "S_OK", "recipients": [] }));
    assert_eq!(script.submit(&made), "MAPI_E_NO_RECIPIENTS");
    assert_eq!(script.marks(&made), "UNSENT");
    assert_eq!(script.set_subject(&made.handle, "again", true), "S_OK");
}

#[test]
fn expansion_replaces_the_recipients_and_nobody_is_responsible_for_new_ones() {
    let mut script = Script::new();
    let made = script.create();
    let members = json!([{ "address": "a@example.test" }, { "address": "b@example.test", "PR_RESPONSIBILITY": true }]);
    script.answer("expand_recips", json!({ "hresult": "S_OK", "recipients": members }));
    assert_eq!(script.submit(&made), "S_OK");
    let row = |address: &str, taken| (address.to_owned(), Some(taken));
    assert_eq!(script.rows(&made), [row("a@example.test", false), row("b@example.test", true)]);
}

#[test]
fn a_failing_support_call_is_returned_verbatim_and_leaves_nothing() {
    for method in ["spooler_notify", "prepare_submit", "expand_recips"] {
        let mut script = Script::new();
        let made = script.create_with(json!({ "message_flags": ["MSGFLAG_RESEND"] }));
        script.answer(method, json!({ "hresult": "0x8004FFFF" }));
        assert_eq!(script.submit(&made), "0x8004FFFF", "{method}");
        assert!(script.heard().ends_with(method));
        assert_eq!(script.marks(&made), "UNSENT RESEND");
        assert_eq!(script.rows(&made)[0].1, None);
        assert_eq!(script.queue().len(), 0);
        script.answer(method, json!({ "hresult": "S_OK" }));
        assert_eq!(script.submit(&made), "S_OK", "{method}: the object can still be used");
    }
}

#[test]
fn a_resend_is_prepared_after_one_ready_to_send_per_session() {
    let mut script = Script::new();
    let resend = json!({ "message_flags": ["MSGFLAG_RESEND"], "recipients": [
        { "address": "done@example.test", "type": "MAPI_TO|MAPI_SUBMITTED" },
        { "address": "failed@example.test", "type": "MAPI_P1" },
    ] });
    script.answer(
        "prepare_submit",
        json!({ "hresult": "S_OK", "recipients": [
            { "address": "done@example.test", "type": "MAPI_TO|MAPI_SUBMITTED", "PR_RESPONSIBILITY": true },
            { "address": "failed@example.test", "type": "MAPI_P1", "PR_RESPONSIBILITY": false },
        ] }),
    );
    let made = script.create_with(resend.clone());
    assert_eq!(script.submit(&made), "S_OK");
    assert_eq!(script.heard(), "spooler_notify, prepare_submit, expand_recips, added");
    let row = |address: &str, taken| (address.to_owned(), Some(taken));
    assert_eq!(script.rows(&made), [row("done@example.test", true), row("failed@example.test", false)]);
    let made = script.create_with(resend);
    assert_eq!(script.submit(&made), "S_OK");
    assert_eq!(script.heard(), "prepare_submit, expand_recips, added");
}

#[test]
fn preprocessing_waits_for_the_spoolers_submit_and_keeps_time_place_and_lock() {
    let mut script = Script::new();
    script.answer("expand_recips", json!({ "hresult": "S_OK", "flags": ["NEEDS_PREPROCESSING"] }));
    let made = script.create();
    let early = script.open("client-2", &made, &["MAPI_MODIFY"]).handle.expect("opened");
    assert_eq!(script.submit(&made), "S_OK");
    assert_eq!(script.heard(), "expand_recips, added");
    assert_eq!(script.marks(&made), "SUBMIT UNSENT PREPROCESS row");
    assert_eq!(script.observe(&made).preprocess, Some(true));
    let by_client = json!({ "session": "client-2", "handle": early });
    assert_eq!(script.call("submit_message", by_client), "MAPI_E_SUBMITTED");
    script.queued();
    let before = script.queue();
    script.heard();

    let handle = script.locked(&made);
    assert_eq!(script.marks(&made), "SUBMIT UNSENT LOCKED PREPROCESS row");
    assert_eq!(script.set_subject(&handle, "preprocessed", false), "S_OK");
    let by_spooler = json!({ "session": "spooler", "handle": handle });
    assert_eq!(script.call("submit_message", by_spooler.clone()), "S_OK");
    assert_eq!(script.heard(), "modified, modified");
    assert_eq!(script.marks(&made), "SUBMIT UNSENT LOCKED row");
    let seen = script.observe(&made);
    assert_eq!((seen.preprocess, seen.subject.as_deref()), (Some(true), Some("preprocessed")));
    let after = script.queue();
    assert_eq!((&after[0].entry_id, &after[0].client_submit_time), (&made.entry_id, &before[0].client_submit_time));
    assert_eq!(after.len(), 2);
    assert_eq!(script.call("submit_message", by_spooler), "MAPI_E_SUBMITTED");
    assert_eq!(script.set_lock("spooler", &handle, "MSG_UNLOCKED"), "S_OK");
}

#[test]
fn what_happens_during_a_support_call_is_seen_after_it() {
    let mut script = Script::new();
    let made = script.create();
    let again = json!({ "session": "client-1", "handle": made.handle });
    script.nest("expand_recips", "submit_message", again);
    assert_eq!(script.submit(&made), "MAPI_E_SUBMITTED");
    assert_eq!(script.heard(), "expand_recips, expand_recips, added, submit_message S_OK");
    assert_eq!(script.queue().len(), 1);

    let made = script.create();
    script.nest("expand_recips", "reset", json!({}));
    assert_eq!(script.submit(&made), "MAPI_E_OBJECT_DELETED");
}

#[test]
fn submission_times_ascend_and_survive_a_restart() {
    let mut script = Script::new();
    let mut made: Vec<_> = (0..20).map(|_| script.queued()).collect();
    script.restart("crash");
    made.extend((0..5).map(|_| script.queued()));
    let rows = script.queue();
    assert!(rows.is_sorted_by(|one, next| one.client_submit_time < next.client_submit_time));
    let ids: Vec<_> = rows.into_iter().map(|row| row.entry_id).collect();
    assert_eq!(ids, made.into_iter().map(|made| made.entry_id).collect::<Vec<_>>());
}

#[test]
fn a_store_without_outgoing_submission_has_no_queue() {
    let mut script = Script::with(json!({ "outgoing_submission": false }), &[]);
    let made = script.create();
    assert_eq!(script.submit(&made), "MAPI_E_NO_SUPPORT");
    assert_eq!(script.marks(&made), "UNSENT");
    assert_eq!(script.call("get_outgoing_queue", json!({ "session": "spooler" })), "MAPI_E_NO_SUPPORT");
    assert_eq!(script.finish(&made), "MAPI_E_NO_SUPPORT");
    assert_eq!(script.heard(), "");
}
