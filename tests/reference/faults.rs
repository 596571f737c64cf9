//! Every fault shows: some history of these goes otherwise than with the right store.

use serde_json::{Value, json};
use spoolproof::conformance::reference::FAULTS;

use crate::script::{Made, Script};

/// What happens to a store; a broken one may refuse any of it, so nothing is asserted here.
type History = fn(&mut Script);

const UNCOUPLED: &[History] = &[
    opens_and_writes,
    sends_nothing_to_nobody,
    cancels,
    preprocesses,
    resends,
    fails_and_tries_again,
    spoolers_compete,
    files_away,
    hooks_take_over_or_fail,
    several_wait,
    restarts,
];
const COUPLED: &[History] = &[couples];

fn tapes(faults: &[&str]) -> Vec<String> {
    let run = |profile: Value, history: &History| {
        let mut script = Script::with(profile, faults);
        history(&mut script);
        script.tape()
    };
    let uncoupled = UNCOUPLED.iter().map(|history| run(json!({}), history));
    let coupled =
        |wants| json!({ "coupling": "tight", "handles_addrtypes": ["SMTP"], "wants_spooler_completion": wants });
    let coupled = [false, true]
        .map(coupled)
        .into_iter()
        .flat_map(|profile| COUPLED.iter().map(move |history| run(profile.clone(), history)));
    uncoupled.chain(coupled).collect()
}

#[test]
fn every_fault_shows() {
    let right = tapes(&[]);
    assert_eq!(right, tapes(&[]), "the right store does the same twice");
    let silent: Vec<_> = FAULTS.iter().map(|fault| fault.name).filter(|name| tapes(&[name]) == right).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

/// Opens a message in every way, for every session.
fn open_all(script: &mut Script, made: &Made) {
    for session in ["client-1", "client-2", "spooler", "spooler-2"] {
        for flags in [&[][..], &["MAPI_MODIFY"], &["MAPI_BEST_ACCESS"]] {
            script.open(session, made, flags);
        }
    }
}

fn lock(script: &mut Script, session: &str, made: &Made, states: &[&str]) -> String {
    let handle = script.open(session, made, &["MAPI_MODIFY"]).handle.unwrap_or_default();
    for state in states {
        script.set_lock(session, &handle, state);
        script.observe(made);
        script.queue();
    }
    handle
}

const LOCK: &[&str] = &["MSG_LOCKED"];
const TOGGLE: &[&str] = &["MSG_LOCKED", "MSG_UNLOCKED"];

fn opens_and_writes(script: &mut Script) {
    let made = script.create();
    script.abort(&made);
    lock(script, "spooler", &made, LOCK);
    let early = script.open("client-2", &made, &["MAPI_MODIFY"]).handle.unwrap_or_default();
    let other = script.open("spooler-2", &made, &["MAPI_MODIFY"]).handle.unwrap_or_default();
    script.submit(&made);
    script.observe(&made);
    open_all(script, &made);
    script.set_subject(&early, "by the client", true);
    script.submit(&made);
    script.call("submit_message", json!({ "session": "client-2", "handle": early }));
    let handle = lock(script, "spooler", &made, LOCK);
    open_all(script, &made);
    script.set_subject(&other, "by the other", true);
    let taken = json!({ "session": "spooler", "handle": handle, "recipient": "bob@example.test", "value": true });
    script.call("set_responsibility", taken);
    script.observe(&made);
    script.call("notify_new_mail", json!({ "session": "spooler", "entry_id": made.entry_id }));
    let nothing = Made { entry_id: made.entry_id.replace("0000000000000001", "00000000000000ff"), ..made };
    script.open("client-1", &nothing, &[]);
}

fn sends_nothing_to_nobody(script: &mut Script) {
    let made = script.create_with(json!({ "recipients": [] }));
    script.submit(&made);
    let made = script.create();
    script.answer("expand_recips", json!({ "hresult": "S_OK", "recipients": [] }));
    script.submit(&made);
    script.observe(&made);
}

fn cancels(script: &mut Script) {
    let made = script.create();
    script.submit(&made);
    lock(script, "spooler", &made, LOCK);
    script.abort(&made);
    lock(script, "spooler", &made, &["MSG_UNLOCKED"]);
    script.abort(&made);
    script.observe(&made);
    script.abort(&made);
    let handle = script.open("client-1", &made, &["MAPI_MODIFY"]).handle.unwrap_or_default();
    script.submit(&Made { handle, ..made.clone() });
    script.observe(&made);
}

fn preprocesses(script: &mut Script) {
    script.answer("expand_recips", json!({ "hresult": "S_OK", "flags": ["NEEDS_PREPROCESSING"] }));
    let made = script.create();
    let early = script.open("client-2", &made, &["MAPI_MODIFY"]).handle.unwrap_or_default();
    script.submit(&made);
    script.observe(&made);
    let cancelled = script.create();
    script.submit(&cancelled);
    script.abort(&cancelled);
    script.observe(&cancelled);
    script.call("submit_message", json!({ "session": "client-2", "handle": early }));
    let handle = lock(script, "spooler", &made, LOCK);
    script.call("submit_message", json!({ "session": "spooler", "handle": handle }));
    script.observe(&made);
    script.queue();
}

fn resends(script: &mut Script) {
    let rows = json!([{ "address": "bob@example.test", "PR_RESPONSIBILITY": true }]);
    script.answer("prepare_submit", json!({ "hresult": "S_OK", "recipients": rows }));
    for _ in 0..2 {
        let made = script.create_with(json!({ "message_flags": ["MSGFLAG_RESEND"] }));
        script.submit(&made);
        script.observe(&made);
    }
    script.answer("prepare_submit", json!({ "hresult": "MAPI_E_NO_SUPPORT" }));
    let made = script.create_with(json!({ "message_flags": ["MSGFLAG_RESEND"] }));
    script.submit(&made);
}

fn fails_and_tries_again(script: &mut Script) {
    script.answer("expand_recips", json!({ "hresult": "MAPI_E_AMBIGUOUS_RECIP" }));
    let made = script.create();
    script.set_subject(&made.handle, "pending", false);
    script.submit(&made);
    script.observe(&made);
    let members = json!([{ "address": "a@example.test" }, { "address": "b@example.test" }]);
    script.answer("expand_recips", json!({ "hresult": "S_OK", "recipients": members }));
    script.submit(&made);
    script.observe(&made);
}

fn spoolers_compete(script: &mut Script) {
    let made = script.create();
    script.submit(&made);
    let other = script.open("spooler-2", &made, &["MAPI_MODIFY"]).handle.unwrap_or_default();
    let handle = script.open("spooler", &made, &["MAPI_MODIFY"]).handle.unwrap_or_default();
    script.set_subject(&handle, "pending", false);
    script.set_lock("spooler", &handle, "MSG_LOCKED");
    script.observe(&made);
    for _ in 0..2 {
        script.set_lock("spooler-2", &other, "MSG_LOCKED");
    }
    script.set_lock("spooler", &handle, "MSG_UNLOCKED");
    script.observe(&made);
    script.set_lock("spooler", &handle, "MSG_LOCKED");
    script.observe(&made);
}

fn files_away(script: &mut Script) {
    let finished = |script: &mut Script, sentmail: bool, delete: bool| {
        let made = script.create_with(json!({ "sentmail": sentmail, "delete_after_submit": delete }));
        script.submit(&made);
        lock(script, "spooler", &made, LOCK);
        let look = json!({ "session": "client-1", "entry_id": made.entry_id });
        script.nest("do_sent_mail", "open_entry", look.clone());
        script.call("finished_msg", look);
        script.finish(&made);
        script.observe(&made);
        script.finish(&made);
        script.observe(&made);
        script.queue();
    };
    for (sentmail, delete) in [(false, false), (true, false), (false, true), (true, true)] {
        finished(script, sentmail, delete);
    }
}

fn hooks_take_over_or_fail(script: &mut Script) {
    for result in [json!({ "hresult": "S_OK", "superseded": true }), json!({ "hresult": "MAPI_E_NO_ACCESS" })] {
        script.answer("do_sent_mail", result);
        let made = script.create_with(json!({ "sentmail": true }));
        script.submit(&made);
        lock(script, "spooler", &made, LOCK);
        script.finish(&made);
        script.observe(&made);
    }
}

fn several_wait(script: &mut Script) {
    let made: Vec<_> = (0..3).map(|_| script.create()).collect();
    for each in &made {
        script.submit(each);
        script.observe(each);
    }
    script.queue();
    lock(script, "spooler", &made[1], TOGGLE);
    lock(script, "spooler", &made[2], LOCK);
    script.finish(&made[2]);
    script.observe(&made[2]);
}

fn restarts(script: &mut Script) {
    let made = script.create_with(json!({ "delete_after_submit": true }));
    script.submit(&made);
    for kind in ["clean", "crash"] {
        script.call("restart", json!({ "kind": kind }));
        script.observe(&made);
        open_all(script, &made);
    }
    let later = script.create();
    script.submit(&later);
    script.queue();
    lock(script, "spooler", &made, LOCK);
    script.finish(&made);
    script.observe(&made);
}

fn couples(script: &mut Script) {
    let mixed = json!([{ "address": "bob@example.test" }, { "address": "+1 555", "addrtype": "FAX" }]);
    let known = json!([{ "address": "bob@example.test" }]);
    let cases = [(&known, json!([])), (&known, json!(["NEEDS_SPOOLER"])), (&mixed, json!([]))];
    for (recipients, flags) in cases {
        script.answer("expand_recips", json!({ "hresult": "S_OK", "flags": flags }));
        let made = script.create_with(json!({ "recipients": recipients }));
        script.submit(&made);
        script.observe(&made);
    }
    script.answer("complete_msg", json!({ "hresult": "MAPI_E_CALL_FAILED" }));
    for flags in [json!([]), json!(["NEEDS_PREPROCESSING"])] {
        script.answer("expand_recips", json!({ "hresult": "S_OK", "flags": flags }));
        let made = script.create();
        script.submit(&made);
        let handle = lock(script, "spooler", &made, LOCK);
        script.call("submit_message", json!({ "session": "spooler", "handle": handle }));
        script.observe(&made);
    }
}
