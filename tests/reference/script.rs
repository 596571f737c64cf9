//! Drives a provider and plays MAPI for it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spoolproof::conformance::reference::Reference;
use spoolproof_sdk::wire::{CallParams, CallResult, Observation, QueueRow};
use spoolproof_sdk::{Answer, CallError, HResult, Mapi, Provider, call};

/// A store and the MAPI around it.
pub(crate) struct Script {
    store: Reference,
    mapi: Recorder,
}

/// Answers support calls as it was told, `S_OK` else, and keeps what came.
#[derive(Default)]
struct Recorder {
    answers: BTreeMap<String, CallResult>,
    /// Calls to make of the store while a support call waits.
    nested: BTreeMap<String, (String, Value)>,
    log: Vec<String>,
}

impl Mapi for Recorder {
    fn call(&mut self, provider: &mut dyn Provider, method: &str, _params: &CallParams) -> Answer {
        self.log.push(method.replace("support.", ""));
        if let Some((method, params)) = self.nested.remove(method) {
            let params = serde_json::from_value(params).expect("params");
            let hresult = call(provider, self, &method, &params)?.hresult.expect("an hresult");
            self.log.push(format!("{method} {hresult}"));
        }
        Ok(self.answers.get(method).cloned().unwrap_or_else(|| HResult::S_OK.into()))
    }

    fn notify(&mut self, method: &str, params: &CallParams) -> Result<(), CallError> {
        self.log.push(params.event.clone().unwrap_or_else(|| method.to_owned()));
        Ok(())
    }
}

/// A message and the object that created it.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) entry_id: String,
    pub(crate) handle: String,
}

impl Script {
    /// An empty store with this profile and these faults.
    pub(crate) fn with(profile: Value, faults: &[&str]) -> Self {
        let store = Reference::open(None, faults.iter().copied()).expect("a store");
        let mut script = Self { store, mapi: Recorder::default() };
        assert_eq!(script.call("reset", json!({ "profile": profile })), "S_OK");
        script
    }

    pub(crate) fn new() -> Self {
        Self::with(json!({}), &[])
    }

    pub(crate) fn answer(&mut self, method: &str, result: Value) {
        let result = serde_json::from_value(result).expect("a result");
        self.mapi.answers.insert(format!("support.{method}"), result);
    }

    /// Makes a call of the store while the next `support.{during}` waits.
    pub(crate) fn nest(&mut self, during: &str, method: &str, params: Value) {
        self.mapi.nested.insert(format!("support.{during}"), (method.to_owned(), params));
    }

    pub(crate) fn result(&mut self, method: &str, params: Value) -> Answer {
        let params = serde_json::from_value(params).expect("params");
        call(&mut self.store, &mut self.mapi, method, &params)
    }

    /// The HRESULT's name, or what the adapter says instead of one.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> String {
        match self.result(method, params) {
            Ok(result) => result.hresult.expect("an hresult").to_string(),
            Err(error) => error.to_string().split(':').next().unwrap_or_default().to_owned(),
        }
    }

    pub(crate) fn create_with(&mut self, extra: Value) -> Made {
        let mut params = json!({ "session": "client-1", "recipients": [{ "address": "bob@example.test" }] });
        let extra = extra.as_object().expect("an object").clone();
        params.as_object_mut().expect("an object").extend(extra);
        let result = self.result("create_message", params).expect("created");
        Made { entry_id: result.entry_id.expect("an entry id"), handle: result.handle.expect("a handle") }
    }

    pub(crate) fn create(&mut self) -> Made {
        self.create_with(json!({}))
    }

    pub(crate) fn submit(&mut self, made: &Made) -> String {
        self.call("submit_message", json!({ "session": "client-1", "handle": made.handle }))
    }

    /// A message in the queue.
    pub(crate) fn queued(&mut self) -> Made {
        let made = self.create();
        assert_eq!(self.submit(&made), "S_OK");
        made
    }

    pub(crate) fn open(&mut self, session: &str, made: &Made, flags: &[&str]) -> CallResult {
        self.result("open_entry", json!({ "session": session, "entry_id": made.entry_id, "flags": flags }))
            .expect("an answer")
    }

    /// A read/write object of the spooler.
    pub(crate) fn spooler_open(&mut self, session: &str, made: &Made) -> String {
        self.open(session, made, &["MAPI_MODIFY"]).handle.expect("the spooler opens it")
    }

    pub(crate) fn set_lock(&mut self, session: &str, handle: &str, state: &str) -> String {
        self.call("set_lock_state", json!({ "session": session, "handle": handle, "lock_state": state }))
    }

    /// Locks a message for the spooler; the object by which it did.
    pub(crate) fn locked(&mut self, made: &Made) -> String {
        let handle = self.spooler_open("spooler", made);
        assert_eq!(self.set_lock("spooler", &handle, "MSG_LOCKED"), "S_OK");
        handle
    }

    pub(crate) fn finish(&mut self, made: &Made) -> String {
        self.call("finished_msg", json!({ "session": "spooler", "entry_id": made.entry_id }))
    }

    pub(crate) fn abort(&mut self, made: &Made) -> String {
        self.call("abort_submit", json!({ "session": "client-1", "entry_id": made.entry_id }))
    }

    pub(crate) fn set_subject(&mut self, handle: &str, subject: &str, save: bool) -> String {
        self.call("set_props", json!({ "handle": handle, "props": { "PR_SUBJECT": subject }, "save": save }))
    }

    pub(crate) fn observe(&mut self, made: &Made) -> Observation {
        let params = CallParams { entry_id: Some(made.entry_id.clone()), ..CallParams::default() };
        self.store.observe(&mut self.mapi, &params).expect("an observation")
    }

    /// `PR_MESSAGE_FLAGS` and `PR_SUBMIT_FLAGS` by name, shortened, and `row` if it is in the queue.
    pub(crate) fn marks(&mut self, made: &Made) -> String {
        let seen = self.observe(made);
        let flags = seen.message_flags.unwrap_or_default().into_iter().chain(seen.submit_flags.unwrap_or_default());
        let mut marks: Vec<_> = flags
            .filter(|flag| flag != "MSGFLAG_UNMODIFIED")
            .map(|flag| flag.replace("MSGFLAG_", "").replace("SUBMITFLAG_", ""))
            .collect();
        marks.extend((seen.in_outgoing_queue == Some(true)).then(|| "row".to_owned()));
        marks.join(" ")
    }

    /// The recipients with their `PR_RESPONSIBILITY`.
    pub(crate) fn rows(&mut self, made: &Made) -> Vec<(String, Option<bool>)> {
        let rows = self.observe(made).recipients.unwrap_or_default();
        rows.into_iter().map(|row| (row.address, row.responsibility)).collect()
    }

    pub(crate) fn queue(&mut self) -> Vec<QueueRow> {
        let result = self.result("get_outgoing_queue", json!({ "session": "spooler" })).expect("a table");
        result.rows.unwrap_or_default()
    }

    /// What the store said to MAPI since the last time, in order.
    pub(crate) fn heard(&mut self) -> String {
        std::mem::take(&mut self.mapi.log).join(", ")
    }

    pub(crate) fn restart(&mut self, kind: &str) {
        assert_eq!(self.call("restart", json!({ "kind": kind })), "S_OK");
    }
}
