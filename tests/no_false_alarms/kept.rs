//! Histories that once raised an alarm without a reason, or none where there was one; shrunk, and told in short.

use serde_json::{Value, json};
use spoolproof::oracle::Finding;
use spoolproof::spec::Catalogue;
use spoolproof_sdk::trace::{Event, Header};

use crate::offline;

/// A trace: one message, and after each call what is seen of it.
struct Told(Vec<Event>);

impl Told {
    /// `e1` to Bob, open as `h1` for its author.
    fn new() -> Self {
        let told = Self(Vec::new());
        let recipients = json!([{ "address": "bob" }]);
        let params = json!({ "session": "client-1", "recipients": recipients, "subject": "one" });
        told.add("create_message", params, json!({ "hresult": 0, "entry_id": "e1", "handle": "h1" }), json!({}))
    }

    fn add(mut self, call: &str, params: Value, result: Value, seen: Value) -> Self {
        let session = if call.starts_with("support.") || call.starts_with("notify.") {
            json!("store")
        } else {
            params.get("session").cloned().unwrap_or_else(|| json!("client-1"))
        };
        let event = json!({
            "seq": self.0.len() + 1, "session": session, "call": call, "params": params, "result": result,
            "observed": { "e1": seen },
        });
        self.0.push(serde_json::from_value(event).expect("an event"));
        self
    }

    /// MAPI expands nobody, and the message is queued.
    fn submit(self, handle: &str, hresult: &str, seen: Value) -> Self {
        let expand = self.add("support.expand_recips", json!({ "entry_id": "e1" }), json!({ "hresult": 0 }), json!({}));
        expand.add(
            "submit_message",
            json!({ "session": "client-1", "handle": handle }),
            json!({ "hresult": hresult }),
            seen,
        )
    }

    /// The spooler opens the message as `h2` and locks it.
    fn lock(self) -> Self {
        let open = json!({ "session": "spooler", "entry_id": "e1", "flags": ["MAPI_MODIFY"] });
        let opened = json!({ "hresult": 0, "handle": "h2", "access": "read_write" });
        self.add("open_entry", open, opened, json!({})).lock_again(json!({}))
    }

    fn lock_again(self, seen: Value) -> Self {
        let lock = json!({ "session": "spooler", "handle": "h2", "lock_state": "MSG_LOCKED" });
        self.add("set_lock_state", lock, json!({ "hresult": 0 }), seen)
    }

    fn set_subject(self, session: &str, handle: &str, hresult: &str) -> Self {
        let set = json!({ "session": session, "handle": handle, "props": { "PR_SUBJECT": "two" }, "save": false });
        self.add("set_props", set, json!({ "hresult": hresult }), json!({ "PR_SUBJECT": "one" }))
    }

    fn findings(&self) -> Vec<Finding> {
        let header = json!({
            "spoolproof_trace": 1, "provider": { "name": "told", "version": "1" }, "role": "store",
            "profile": { "outgoing_submission": true, "coupling": "none" },
            "records": { "support": true, "notifications": true },
        });
        let header: Header = serde_json::from_value(header).expect("a header");
        let catalogue = Catalogue::embedded().expect("the catalogue");
        offline::judge(&catalogue, &header, &self.0).ledger.findings
    }

    #[track_caller]
    fn is_in_order(&self) {
        let findings = self.findings();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

#[test]
fn what_a_refused_change_leaves_in_the_object_may_be_saved_later() {
    let told = Told::new().submit("h1", "S_OK", json!({})).lock();
    let told = told.set_subject("spooler", "h2", "S_OK").set_subject("spooler", "h2", "MAPI_E_OBJECT_CHANGED");
    told.lock_again(json!({ "PR_SUBJECT": "two" })).is_in_order();
}

#[test]
fn recording_responsibility_saves_what_else_the_object_holds() {
    let told = Told::new().submit("h1", "S_OK", json!({})).lock().set_subject("spooler", "h2", "S_OK");
    let claim = json!({ "session": "spooler", "handle": "h2", "recipient": "bob", "value": true });
    told.add("set_responsibility", claim, json!({ "hresult": 0 }), json!({ "PR_SUBJECT": "two" })).is_in_order();
}

#[test]
fn a_submission_that_failed_may_have_saved_before() {
    let told = Told::new().set_subject("client-1", "h1", "S_OK");
    let refused = json!({ "entry_id": "e1" });
    let told = told.add("support.prepare_submit", refused, json!({ "hresult": "MAPI_E_NO_ACCESS" }), json!({}));
    let submit = json!({ "session": "client-1", "handle": "h1" });
    let seen = json!({ "PR_SUBJECT": "two", "in_outgoing_queue": false });
    told.add("submit_message", submit, json!({ "hresult": "MAPI_E_NO_ACCESS" }), seen).is_in_order();
}

#[test]
fn rows_that_were_added_may_lack_responsibility() {
    let rows = json!([{ "address": "bob", "PR_RESPONSIBILITY": false }, { "address": "eve" }]);
    let expanded = json!({ "hresult": 0, "recipients": [{ "address": "bob" }, { "address": "eve" }] });
    let told = Told::new().add("support.expand_recips", json!({ "entry_id": "e1" }), expanded, json!({}));
    let submit = json!({ "session": "client-1", "handle": "h1" });
    told.add("submit_message", submit, json!({ "hresult": 0 }), json!({ "recipients": rows })).is_in_order();
}

#[test]
fn the_table_is_as_mapi_left_it() {
    let bob = json!([{ "address": "bob", "PR_RESPONSIBILITY": true }]);
    let both =
        json!([{ "address": "bob", "PR_RESPONSIBILITY": false }, { "address": "eve", "PR_RESPONSIBILITY": false }]);
    let submit = json!({ "session": "client-1", "handle": "h1" });
    let ok = json!({ "hresult": 0 });
    let of = json!({ "entry_id": "e1" });
    let expanded = json!({ "hresult": 0, "recipients": [{ "address": "bob" }, { "address": "eve" }] });
    let told = Told::new().add("support.expand_recips", of.clone(), expanded, json!({}));
    let told = told.add("submit_message", submit.clone(), ok.clone(), json!({ "recipients": both }));
    let told = told.add("abort_submit", json!({ "session": "client-1", "entry_id": "e1" }), ok.clone(), json!({}));
    let told = told.add("support.spooler_notify", json!({ "flags": ["NOTIFY_READYTOSEND"] }), ok.clone(), json!({}));
    let told = told.add("support.expand_recips", of.clone(), ok.clone(), json!({}));
    let told = told.add("support.prepare_submit", of, json!({ "hresult": 0, "recipients": bob }), json!({}));
    told.add("submit_message", submit, ok, json!({ "recipients": bob })).is_in_order();
}

#[test]
fn rows_with_one_address_are_not_told_apart() {
    let twice = |first: bool| {
        json!({ "recipients": [
        { "address": "eve", "PR_RESPONSIBILITY": first }, { "address": "eve", "PR_RESPONSIBILITY": true },
    ] })
    };
    let create = json!({ "session": "client-1", "recipients": [{ "address": "eve" }, { "address": "eve" }] });
    let told = Told(Vec::new());
    let told =
        told.add("create_message", create, json!({ "hresult": 0, "entry_id": "e1", "handle": "h1" }), twice(false));
    told.add("observe", json!({}), json!({}), twice(false)).is_in_order();
}

#[test]
fn another_submission_has_another_time() {
    let time = |second: u8| json!({ "PR_CLIENT_SUBMIT_TIME": format!("2026-01-01T00:00:0{second}Z") });
    let told = Told::new().submit("h1", "S_OK", time(1));
    let told = told.add(
        "abort_submit",
        json!({ "session": "client-1", "entry_id": "e1" }),
        json!({ "hresult": 0 }),
        json!({}),
    );
    let told = told.submit("h1", "S_OK", json!({}));
    told.add("observe", json!({}), json!({}), time(2)).is_in_order();
}

#[test]
fn one_notification_may_tell_of_two_changes() {
    let changed = json!({ "table": "outgoing_queue", "event": "changed" });
    let mut told =
        Told::new().submit("h1", "S_OK", json!({})).add("notify.table_modified", changed, json!({}), json!({}));
    told = told.add(
        "abort_submit",
        json!({ "session": "client-1", "entry_id": "e1" }),
        json!({ "hresult": 0 }),
        json!({}),
    );
    told.0.last_mut().expect("an event").x_settled = Some(true);
    told.is_in_order();
}

#[test]
fn what_is_seen_by_merely_looking_is_judged() {
    let told = Told::new().submit("h1", "S_OK", json!({ "in_outgoing_queue": true }));
    let lost = told.add("observe", json!({}), json!({}), json!({ "exists": true, "in_outgoing_queue": false }));
    assert!(lost.findings().iter().any(|finding| finding.requirements.contains(&"SUB-06".to_owned())));
}
