//! The simulated provider, driven by hand.

use serde_json::{Value, json};
use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Access, CallParams, CallResult, Observation, Profile};

use super::{Simulated, SimulatedError};
use crate::conformance::sut::{Observe, Outcome, Support, Sut};
use crate::model::Rules;

/// Answers a support call as told, and `S_OK` else.
struct Mapi(Vec<(&'static str, Value)>);

impl Support for Mapi {
    fn answer(&mut self, method: &str, params: &CallParams, sut: &mut dyn Observe) -> CallResult {
        if let Some(entry_id) = &params.entry_id {
            assert_eq!(sut.observe(entry_id).and_then(|seen| seen.exists), Some(true), "{method}");
        }
        let told = self.0.iter().find(|(name, _)| method.ends_with(name)).map(|(_, answer)| answer.clone());
        serde_json::from_value(told.unwrap_or_else(|| json!({ "hresult": "S_OK" }))).expect("a result")
    }
}

/// The model, and what came out of it.
struct Script {
    model: Simulated,
    mapi: Mapi,
    tape: Vec<String>,
}

impl Script {
    fn with(profile: Value) -> Self {
        let mut script = Self { model: Simulated::default(), mapi: Mapi(Vec::new()), tape: Vec::new() };
        script.returns("S_OK", "reset", json!({ "profile": profile }));
        script
    }

    fn call(&mut self, method: &str, params: Value) -> Outcome {
        let params = serde_json::from_value(params).expect("params");
        let outcome = self.model.call(method, &params, &mut self.mapi).expect("a call");
        for call in self.model.take_support_calls() {
            self.tape.push(call.method);
        }
        for notification in self.model.take_notifications() {
            self.tape.push(notification.params.event.unwrap_or(notification.method));
        }
        self.tape.push(format!("{method} {outcome:?}"));
        outcome
    }

    #[track_caller]
    fn returns(&mut self, code: &str, method: &str, params: Value) -> CallResult {
        match self.call(method, params) {
            Outcome::Returned(result) => {
                assert_eq!(result.hresult, HResult::parse(code), "{method}");
                result
            }
            other => panic!("{method}: {other:?}"),
        }
    }

    #[track_caller]
    fn is_bad(&mut self, method: &str, params: Value, what: &str) {
        assert_eq!(self.call(method, params), Outcome::BadParams(what.to_owned()), "{method}");
    }

    fn assume(&mut self, code: &str) {
        self.model.assume(&[HResult::parse(code).expect("a code")], None);
    }

    /// Looks at the first message.
    fn seen(&mut self) -> Observation {
        let seen = self.model.observe("e1").expect("an observation").expect("everything");
        self.tape.push(format!("{seen:?}"));
        seen
    }

    fn create(&mut self, extra: Value) {
        let mut params = json!({ "session": "client-1", "recipients": [{ "address": "bob" }], "subject": "one" });
        params.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        self.returns("S_OK", "create_message", params);
    }

    fn submit(&mut self, code: &str) {
        self.returns(code, "submit_message", json!({ "session": "client-1", "handle": "h1" }));
    }

    /// The spooler opens and locks the first message, through `h2` if the client opened nothing but `h1`.
    fn lock(&mut self) {
        let opened = self.returns(
            "S_OK",
            "open_entry",
            json!({ "session": "spooler", "entry_id": "e1", "flags": ["MAPI_MODIFY"] }),
        );
        assert_eq!(opened.access, Some(Access::ReadWrite));
        let params = json!({ "session": "spooler", "handle": opened.handle, "lock_state": "MSG_LOCKED" });
        self.returns("S_OK", "set_lock_state", params);
    }

    /// What came out beside results and observations since the last time.
    fn heard(&mut self) -> Vec<String> {
        let tape = std::mem::take(&mut self.tape);
        tape.into_iter().filter(|line| !line.contains(' ')).collect()
    }
}

fn flags(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

/// A message on its whole way.
fn one_message(script: &mut Script) {
    script.create(json!({ "sentmail": true }));
    let draft = script.seen();
    assert_eq!(draft.message_flags, flags(&["MSGFLAG_UNSENT"]));
    assert_eq!(draft.client_submit_time, Some(None));

    script.submit("S_OK");
    assert_eq!(script.heard(), ["support.expand_recips", "added"]);
    let queued = script.seen();
    assert_eq!(queued.message_flags, flags(&["MSGFLAG_SUBMIT", "MSGFLAG_UNSENT"]));
    assert_eq!(queued.in_outgoing_queue, Some(true));
    let queue = script.returns("S_OK", "get_outgoing_queue", json!({ "session": "spooler" }));
    let rows = queue.rows.expect("rows");
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].entry_id.as_str(), &rows[0].client_submit_time), ("e1", &queued.client_submit_time.flatten()));
    assert!(queue.columns.is_some_and(|columns| columns.contains(&"PR_DISPLAY_BCC".to_owned())));

    script.lock();
    assert_eq!(script.seen().submit_flags, flags(&["SUBMITFLAG_LOCKED"]));
    script.returns("MAPI_E_NO_ACCESS", "open_entry", json!({ "session": "client-2", "entry_id": "e1" }));
    script.returns("MAPI_E_UNABLE_TO_ABORT", "abort_submit", json!({ "session": "client-1", "entry_id": "e1" }));
    let claimed = json!({ "session": "spooler", "handle": "h2", "recipient": "bob", "value": true });
    script.returns("S_OK", "set_responsibility", claimed);
    assert_eq!(script.seen().recipients.expect("rows")[0].responsibility, Some(true));

    script.returns("S_OK", "release", json!({ "handle": "h2" }));
    script.heard();
    script.returns("S_OK", "finished_msg", json!({ "session": "spooler", "entry_id": "e1" }));
    assert_eq!(script.heard(), ["support.do_sent_mail", "deleted"]);
    let sent = script.seen();
    assert_eq!(serde_json::to_value(sent.folder).expect("a folder"), "sentmail");
    assert_eq!((sent.message_flags, sent.in_outgoing_queue), (flags(&[]), Some(false)));
    script.returns("S_OK", "notify_new_mail", json!({ "session": "spooler", "entry_id": "e1" }));
    assert_eq!(script.heard(), ["notify.new_mail"]);
    assert_eq!(script.model.contradiction(), None);
}

#[test]
fn a_message_goes_from_submission_to_the_sent_mail_folder() {
    one_message(&mut Script::with(json!({})));
}

#[test]
fn every_run_is_the_same_to_the_letter() {
    let mut script = Script::with(json!({}));
    let mut run = || {
        script.returns("S_OK", "reset", json!({}));
        script.tape.clear();
        script.create(json!({}));
        script.assume("MAPI_E_NO_SUPPORT");
        script.call("get_outgoing_queue", json!({ "session": "client-1" }));
        script.submit("S_OK");
        script.seen();
        script.call("get_outgoing_queue", json!({ "session": "spooler" }));
        std::mem::take(&mut script.tape)
    };
    let first = run();
    assert_eq!(first, run());
    assert!(first.iter().any(|line| line.contains("2026-01-01T00:00:01Z")), "{first:?}");
}

#[test]
fn an_assumption_picks_the_step_that_fits() {
    let mut script = Script::with(json!({}));
    script.create(json!({}));
    script.submit("S_OK");
    script.assume("MAPI_E_NO_SUPPORT");
    script.submit("MAPI_E_NO_SUPPORT");
    script.assume("S_OK");
    script.submit("S_OK");
    let modify = json!({ "session": "spooler", "entry_id": "e1", "flags": ["MAPI_BEST_ACCESS"] });
    script.model.assume(&[], Some(Access::Read));
    assert_eq!(script.returns("S_OK", "open_entry", modify.clone()).access, Some(Access::Read));
    // It held for one call only.
    assert_eq!(script.returns("S_OK", "open_entry", modify).access, Some(Access::ReadWrite));
    assert_eq!(script.model.contradiction(), None);
}

#[test]
fn an_assumption_that_the_model_does_not_permit_is_a_contradiction() {
    let mut script = Script::with(json!({}));
    script.create(json!({}));
    script.submit("S_OK");
    script.assume("S_OK");
    let modify = json!({ "session": "client-2", "entry_id": "e1", "flags": ["MAPI_MODIFY"] });
    script.returns("MAPI_E_SUBMITTED", "open_entry", modify);
    let expected = "OpenEntry(MAPI_MODIFY) on a queued message: the step assumes S_OK, the model permits only \
                    MAPI_E_SUBMITTED";
    assert_eq!(script.model.contradiction().as_deref(), Some(expected));
    // A refusal that breaks a SHOULD is no more than a deviation, but no step to rest a scenario on.
    script.assume("MAPI_E_CALL_FAILED");
    script.returns("S_OK", "abort_submit", json!({ "session": "client-1", "entry_id": "e1" }));
    assert_eq!(script.model.contradiction().as_deref(), Some(expected), "the first one counts");
    script.returns("S_OK", "reset", json!({}));
    assert_eq!(script.model.contradiction(), None);
}

#[test]
fn a_failing_support_call_decides_the_reply() {
    let mut script = Script::with(json!({}));
    script.create(json!({ "message_flags": ["MSGFLAG_RESEND"] }));
    script.mapi = Mapi(vec![("prepare_submit", json!({ "hresult": "MAPI_E_NO_ACCESS" }))]);
    script.submit("MAPI_E_NO_ACCESS");
    assert_eq!(script.heard(), ["support.spooler_notify", "support.prepare_submit"]);
    script.mapi = Mapi(vec![("expand_recips", json!({ "hresult": "MAPI_E_CALL_FAILED" }))]);
    script.assume("MAPI_E_CALL_FAILED");
    script.submit("MAPI_E_CALL_FAILED");
    assert_eq!(script.heard(), ["support.prepare_submit", "support.expand_recips"], "it is announced once a life");
    assert_eq!(script.seen().in_outgoing_queue, Some(false));
    let table = json!([{ "address": "bob", "PR_RESPONSIBILITY": true }, { "address": "eve" }]);
    script.mapi = Mapi(vec![("prepare_submit", json!({ "hresult": 0, "recipients": table }))]);
    script.submit("S_OK");
    let shown = script.seen().recipients.expect("rows");
    let shown: Vec<_> = shown.iter().map(|row| (row.address.as_str(), row.responsibility)).collect();
    assert_eq!(shown, [("bob", Some(true)), ("eve", Some(false))]);
    assert_eq!(script.model.contradiction(), None);
}

#[test]
fn a_coupled_store_hands_over_what_it_has_sent() {
    let tight = json!({ "coupling": "tight", "handles_addrtypes": ["SMTP"], "wants_spooler_completion": true });
    let mut script = Script::with(tight);
    script.create(json!({}));
    script.mapi = Mapi(vec![("complete_msg", json!({ "hresult": "MAPI_E_NOT_FOUND" }))]);
    script.submit("MAPI_E_CALL_FAILED");
    assert_eq!(script.heard(), ["support.expand_recips", "support.complete_msg"]);
    script.mapi = Mapi(Vec::new());
    script.submit("S_OK");
    assert_eq!(script.seen().recipients.expect("rows")[0].responsibility, Some(true));
    // After a crash the spooler must find it again.
    script.returns("S_OK", "restart", json!({ "kind": "crash" }));
    assert_eq!(script.seen().in_outgoing_queue, Some(true));
}

#[test]
fn preprocessing_ends_with_the_spooler_s_submission() {
    let mut script = Script::with(json!({}));
    script.create(json!({}));
    script.mapi = Mapi(vec![("expand_recips", json!({ "hresult": 0, "flags": ["NEEDS_PREPROCESSING"] }))]);
    script.submit("S_OK");
    assert_eq!(script.heard(), ["support.expand_recips", "added"]);
    let pending = script.seen();
    assert_eq!((pending.submit_flags, pending.preprocess), (flags(&["SUBMITFLAG_PREPROCESS"]), Some(true)));
    script.lock();
    script.heard();
    script.returns("S_OK", "submit_message", json!({ "session": "spooler", "handle": "h2" }));
    assert_eq!(script.heard(), ["modified"]);
    let ready = script.seen();
    assert_eq!(ready.submit_flags, flags(&["SUBMITFLAG_LOCKED"]));
    assert_eq!(ready.client_submit_time, pending.client_submit_time);
}

#[test]
fn what_is_not_saved_is_seen_through_its_object_only() {
    let mut script = Script::with(json!({}));
    script.create(json!({}));
    script.returns("S_OK", "set_props", json!({ "handle": "h1", "props": { "PR_SUBJECT": "two" }, "save": false }));
    assert_eq!(script.seen().subject.as_deref(), Some("one"));
    let read = script.returns("S_OK", "get_props", json!({ "handle": "h1", "props": ["PR_SUBJECT", "exists"] }));
    assert_eq!(read.props.map(|props| json!(props)), Some(json!({ "PR_SUBJECT": "two" })));
    script.submit("S_OK");
    assert_eq!(script.seen().subject.as_deref(), Some("two"));
}

#[test]
fn bad_calls_are_told_from_refusals() {
    let mut script = Script::with(json!({}));
    script.create(json!({}));
    let dead = "no object is open as `h9`";
    script.is_bad("submit_message", json!({ "session": "client-1", "handle": "h9" }), dead);
    let foreign = "the handle `h1` is another session's";
    script.is_bad("submit_message", json!({ "session": "client-2", "handle": "h1" }), foreign);
    script.is_bad("abort_submit", json!({ "session": "client-1" }), "`entry_id` is missing");
    script.is_bad("abort_submit", json!({ "session": "nobody", "entry_id": "e1" }), "no session is named `nobody`");
    script.returns("MAPI_E_NOT_FOUND", "open_entry", json!({ "session": "client-1", "entry_id": "e9" }));
    script.returns("MAPI_E_NO_SUPPORT", "get_outgoing_queue", json!({ "session": "client-1" }));
    script.returns("S_OK", "restart", json!({ "kind": "clean" }));
    script.is_bad("release", json!({ "handle": "h1" }), "no object is open as `h1`");
    assert_eq!(script.call("spooler.wake", json!({})), Outcome::Unsupported);
    let observed = script.model.call("observe", &CallParams::default(), &mut Mapi(Vec::new()));
    assert_eq!(observed, Err(SimulatedError { method: "observe", instead: "observe" }));
}

#[test]
fn declared_readings_and_given_rules_are_followed() {
    let mut rules = Rules::defaults();
    rules.permit("B1", "SampleStore");
    let declared: Profile = serde_json::from_value(json!({ "readings": { "B1": "SampleStore" } })).expect("a profile");
    for (model, by_default) in
        [(Simulated::with_rules(Profile::default(), rules), "MAPI_E_NO_ACCESS"), (Simulated::new(declared), "S_OK")]
    {
        let mut script = Script { model, mapi: Mapi(Vec::new()), tape: Vec::new() };
        script.create(json!({}));
        script.submit("S_OK");
        script.lock();
        let open = json!({ "session": "client-2", "entry_id": "e1" });
        script.returns(by_default, "open_entry", open.clone());
        script.assume("S_OK");
        script.returns("S_OK", "open_entry", open);
        assert_eq!(script.model.contradiction(), None);
    }
}
