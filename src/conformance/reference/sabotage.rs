//! An adapter that gets in the way: what the faults do to the messages that pass through.
//!
//! The supervisor shows it every message, in both directions, and it answers some of them itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::spoil::{Spoilt, spoil};

/// How long an adapter takes that takes its time.
const SLOW: Duration = Duration::from_millis(20);

/// The fault, and what it has to remember.
#[derive(Debug, Default)]
pub(super) struct Sabotage {
    fault: &'static str,
    /// Handle → the session that has it.
    owners: BTreeMap<String, String>,
    released: BTreeSet<String>,
    of_before_reset: BTreeSet<String>,
    of_before_restart: BTreeSet<String>,
    last_handle: Option<String>,
    last_lock: Option<Value>,
    last_write: Option<Value>,
    first_message: Option<String>,
    last_profile: Option<Value>,
    /// What `observe` answered the first time.
    shown: BTreeMap<String, Value>,
    /// Support calls that are still to be made.
    late: Vec<Value>,
    sent: u64,
}

/// What becomes of a request of the checker's.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    /// Requests that the store is sent before it, whose answers nobody sees.
    pub(super) before: Vec<Value>,
    /// What it comes to.
    pub(super) fate: Fate,
}

/// What a request comes to.
#[derive(Debug, Default, PartialEq)]
pub(super) enum Fate {
    /// The store gets it.
    #[default]
    Pass,
    /// The adapter answers it itself, with these members.
    Answer(Value),
    /// The store is restarted.
    Restart,
    /// Nobody answers it.
    Drop,
    /// The adapter exits.
    Exit,
}

/// What becomes of a request of the store's.
#[derive(Debug, Default)]
pub(super) struct Outbound {
    /// The messages that the checker gets.
    pub(super) sent: Vec<Value>,
    /// What the store is told at once. What the checker says is dropped then.
    pub(super) answered: Option<Value>,
}

impl Sabotage {
    pub(super) fn new(fault: Option<&'static str>) -> Self {
        Self { fault: fault.unwrap_or_default(), ..Self::default() }
    }

    /// Whether requests wait while a support call does.
    pub(super) fn is_deaf(&self) -> bool {
        self.fault == "adapter-support-deaf"
    }

    /// A request of the checker's comes in.
    pub(super) fn request(&mut self, method: &str, message: &mut Value) -> Inbound {
        if message.get("params").is_none() {
            message["params"] = json!({});
        }
        self.remember_request(method, &message["params"]);
        self.rename(&mut message["params"]);
        let pass = |before| Inbound { before, fate: Fate::Pass };
        let ends = |fate| Inbound { before: Vec::new(), fate };
        match (self.fault, method) {
            ("adapter-supports-unserved", "get_props") => {
                ends(Fate::Answer(json!({ "error": { "code": -32601, "message": "not yet" } })))
            }
            ("adapter-reset-does-nothing", "reset") | ("adapter-restart-does-nothing", "restart") => {
                ends(Fate::Answer(json!({ "result": { "hresult": "S_OK" } })))
            }
            ("adapter-reset-restarts", "reset") => ends(Fate::Restart),
            ("adapter-reset-ignores-profile", "reset") => {
                message["params"] = json!({});
                pass(Vec::new())
            }
            ("adapter-reset-keeps-profile", "reset") => {
                match message["params"].get("profile") {
                    Some(profile) => self.last_profile = Some(profile.clone()),
                    None => {
                        if let Some(profile) = &self.last_profile {
                            message["params"]["profile"] = profile.clone();
                        }
                    }
                }
                pass(Vec::new())
            }
            ("adapter-observe-of-another", "observe") => {
                if let Some(first) = &self.first_message {
                    message["params"]["entry_id"] = first.as_str().into();
                }
                pass(Vec::new())
            }
            ("adapter-observe-aborts", "observe") => {
                let params = json!({ "session": "client-1", "entry_id": message["params"]["entry_id"] });
                pass(vec![request("abort_submit", &params)])
            }
            ("adapter-observe-releases", "observe") => {
                let handle = self.last_handle.take().map(|handle| request("release", &json!({ "handle": handle })));
                pass(handle.into_iter().collect())
            }
            ("adapter-observe-saves", "observe") => {
                let save = |params: Value| {
                    request("set_props", &json!({ "handle": params["handle"], "props": {}, "save": true }))
                };
                pass(self.last_write.take().map(save).into_iter().collect())
            }
            ("adapter-observe-unlocks", "observe") => {
                let unlock = |mut params: Value| {
                    params["lock_state"] = "MSG_UNLOCKED".into();
                    request("set_lock_state", &params)
                };
                pass(self.last_lock.take().map(unlock).into_iter().collect())
            }
            ("adapter-observe-sees-nothing", "observe") => {
                ends(Fate::Answer(json!({ "result": { "hresult": "S_OK", "exists": false, "folder": "none" } })))
            }
            ("adapter-shutdown-ignored", "shutdown") => ends(Fate::Drop),
            ("adapter-shutdown-stays", "shutdown") => ends(Fate::Answer(json!({ "result": {} }))),
            ("adapter-shutdown-unanswered", "shutdown") => ends(Fate::Exit),
            _ => pass(Vec::new()),
        }
    }

    /// Whether the adapter goes on when the checker has closed its input.
    pub(super) fn stays(&self) -> bool {
        matches!(self.fault, "adapter-shutdown-ignored" | "adapter-shutdown-stays")
    }

    fn remember_request(&mut self, method: &str, params: &Value) {
        match method {
            "reset" => {
                self.of_before_reset.extend(self.owners.keys().cloned());
                self.first_message = None;
                self.shown.clear();
                (self.last_handle, self.last_lock, self.last_write) = (None, None, None);
            }
            "restart" => self.of_before_restart.extend(self.owners.keys().cloned()),
            "release" => self.released.extend(params["handle"].as_str().map(str::to_owned)),
            "set_lock_state" if params["lock_state"] == "MSG_LOCKED" => self.last_lock = Some(params.clone()),
            "set_props" => self.last_write = Some(params.clone()),
            _ => {}
        }
    }

    /// Other names for what the checker means.
    fn rename(&self, params: &mut Value) {
        let Some(session) = params.get("session").and_then(Value::as_str) else {
            if self.fault == "adapter-one-handle" {
                self.rename_handle(params);
            }
            return;
        };
        match self.fault {
            "adapter-one-client" if session.starts_with("client") => params["session"] = "client-1".into(),
            "adapter-one-spooler" if session.starts_with("spooler") => params["session"] = "spooler".into(),
            "adapter-one-handle" => self.rename_handle(params),
            _ => {}
        }
    }

    fn rename_handle(&self, params: &mut Value) {
        if let (Some(_), Some(handle)) = (params.get("handle"), &self.last_handle) {
            params["handle"] = handle.as_str().into();
        }
    }

    /// The store's answer to `method` goes out. `spoils` says whether this is the line that is spoilt.
    pub(super) fn answer(&mut self, method: &str, params: &Value, mut message: Value, spoils: bool) -> Spoilt {
        self.remember_answer(method, params, &message);
        if message.get("result").is_some() {
            self.change_result(method, params, &mut message);
        }
        self.revive_handle(method, params, &mut message);
        if !spoils {
            return self.behind(&message, method);
        }
        match self.fault {
            "adapter-slow" => thread::sleep(SLOW),
            "adapter-stderr-noise" => {
                // An adapter whose log nobody reads goes on all the same.
                let _ = writeln!(io::stderr(), "warning: {}", "this adapter likes to talk; ".repeat(200));
            }
            "adapter-calls-the-unknown" => {
                self.sent += 1;
                let id = format!("more-{}", self.sent);
                let more = json!({ "jsonrpc": "2.0", "id": id, "method": "support.get_address_book", "params": {} });
                return Spoilt { bytes: format!("{more}\n{message}\n").into_bytes(), exits: false };
            }
            _ => {}
        }
        if self.late.is_empty() { spoil(self.fault, &message) } else { self.behind(&message, method) }
    }

    /// The answer, with what comes before or after it.
    fn behind(&mut self, message: &Value, method: &str) -> Spoilt {
        let mut lines = Vec::new();
        if self.fault == "adapter-observe-asks" && method == "observe" {
            self.sent += 1;
            let (id, params) = (format!("more-{}", self.sent), json!({ "entry_id": "?" }));
            lines.push(json!({ "jsonrpc": "2.0", "id": id, "method": "support.expand_recips", "params": params }));
        }
        lines.push(message.clone());
        lines.append(&mut self.late);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        Spoilt { bytes: text.into_bytes(), exits: false }
    }

    fn remember_answer(&mut self, method: &str, params: &Value, message: &Value) {
        if !matches!(method, "create_message" | "open_entry") {
            return;
        }
        let result = &message["result"];
        if let (Some(handle), Some(session)) = (result["handle"].as_str(), params["session"].as_str()) {
            self.owners.insert(handle.to_owned(), session.to_owned());
            self.last_handle = Some(handle.to_owned());
        }
        if let (None, Some(entry_id)) = (&self.first_message, result["entry_id"].as_str()) {
            self.first_message = Some(entry_id.to_owned());
        }
    }

    fn change_result(&mut self, method: &str, params: &Value, message: &mut Value) {
        let fault = self.fault;
        let result = &mut message["result"];
        let created = method == "create_message" && result.get("handle").is_some();
        let opened = method == "open_entry" && result.get("handle").is_some();
        match (fault, method) {
            ("adapter-access-number", _) if opened => result["access"] = 1.into(),
            ("adapter-entry-id-missing", _) if created => remove(result, "entry_id"),
            ("adapter-handle-number", _) if created => result["handle"] = 7.into(),
            ("adapter-one-entry-id", _) if created => result["entry_id"] = self.first_message.clone().into(),
            ("adapter-one-handle", _) if created || opened => result["handle"] = "h".into(),
            ("adapter-rows-missing", "get_outgoing_queue") => remove(result, "rows"),
            ("adapter-row-flag-misspelt", "get_outgoing_queue") => {
                each_row(result, |row| row["PR_SUBMIT_FLAGS"] = json!(["SUBMITFLAG_LOKED"]));
            }
            ("adapter-row-time-local", "get_outgoing_queue") => {
                each_row(result, |row| row["PR_CLIENT_SUBMIT_TIME"] = LOCAL.into());
            }
            (_, "observe") => self.change_observation(params, result),
            (_, "initialize") => change_about(fault, message),
            _ => {}
        }
    }

    fn change_observation(&mut self, params: &Value, seen: &mut Value) {
        let entry_id = params["entry_id"].as_str().unwrap_or_default().to_owned();
        let exists = seen["exists"] == true;
        match self.fault {
            "adapter-observe-bool-as-text" => seen["exists"] = seen["exists"].to_string().into(),
            "adapter-observe-flag-misspelt" if exists => rename_flag(seen, "MSGFLAG_SUBMITTED"),
            "adapter-observe-flag-short" if exists => rename_flag(seen, "SUBMIT"),
            "adapter-observe-flags-number" if exists => seen["PR_MESSAGE_FLAGS"] = 4.into(),
            "adapter-observe-folder-unknown" if exists => seen["folder"] = "Outbox".into(),
            "adapter-observe-misspelt" => {
                let value = seen["in_outgoing_queue"].take();
                remove(seen, "in_outgoing_queue");
                seen["in_outgoing_que"] = value;
            }
            "adapter-observe-time-local" if exists => seen["PR_CLIENT_SUBMIT_TIME"] = LOCAL.into(),
            "adapter-observe-marks-read" if exists => {
                if self.shown.insert(entry_id, Value::Null).is_some()
                    && let Some(flags) = seen["PR_MESSAGE_FLAGS"].as_array_mut()
                {
                    flags.push("MSGFLAG_READ".into());
                }
            }
            "adapter-observe-stale" => *seen = self.shown.entry(entry_id).or_insert_with(|| seen.clone()).clone(),
            _ => {}
        }
    }

    /// Makes a refused handle good again, where the fault has forgotten that it is bad.
    fn revive_handle(&self, method: &str, params: &Value, message: &mut Value) {
        let refused = message["error"]["code"] == -32602 || message["result"]["hresult"] == "MAPI_E_INVALID_PARAMETER";
        let Some(handle) = params.get("handle").and_then(Value::as_str).filter(|_| refused) else { return };
        let foreign = params
            .get("session")
            .and_then(Value::as_str)
            .is_some_and(|session| self.owners.get(handle).is_some_and(|owner| owner != session));
        let forgotten = match self.fault {
            "adapter-handle-for-all" => foreign,
            "adapter-handle-outlives-release" => self.released.contains(handle),
            "adapter-handle-outlives-reset" => self.of_before_reset.contains(handle),
            "adapter-handle-outlives-restart" => self.of_before_restart.contains(handle),
            _ => false,
        };
        if forgotten {
            remove(message, "error");
            message["result"] = json!({ "hresult": "S_OK" });
            if method == "get_props" {
                message["result"]["props"] = json!({});
            }
        }
    }

    /// A support call or a notification goes out; a support call has the id that the checker sees.
    pub(super) fn outgoing(&mut self, mut message: Value) -> Outbound {
        let method = message["method"].as_str().unwrap_or_default().to_owned();
        let succeeds = || Some(json!({ "hresult": "S_OK", "flags": [], "superseded": false }));
        let mut answered = None;
        if method.starts_with("support.") {
            match self.fault {
                "adapter-support-as-notification" => {
                    remove(&mut message, "id");
                    answered = succeeds();
                }
                "adapter-support-late" => {
                    self.late.push(message);
                    return Outbound { sent: Vec::new(), answered: succeeds() };
                }
                "adapter-support-misspelt" if method == "support.expand_recips" => {
                    message["method"] = "support.expand_recip".into();
                    answered = succeeds();
                }
                "adapter-support-unawaited" => answered = succeeds(),
                "adapter-support-without-params" => remove(&mut message["params"], "entry_id"),
                _ => {}
            }
        } else if method == "notify.table_modified" {
            match self.fault {
                "adapter-notify-event-misspelt" => message["params"]["event"] = "aded".into(),
                "adapter-notify-misspelt" => message["method"] = "notify.table_modifed".into(),
                "adapter-notify-params-array" => message["params"] = json!([message["params"]]),
                "adapter-notify-table-misspelt" => message["params"]["table"] = "outgoing-queue".into(),
                "adapter-notify-with-id" => {
                    self.sent += 1;
                    message["id"] = format!("more-{}", self.sent).into();
                }
                _ => {}
            }
        }
        Outbound { sent: vec![message], answered }
    }

    /// Whether the answer to a request of ours is nobody's.
    pub(super) fn is_own(id: &str) -> bool {
        id.starts_with("more-")
    }
}

/// The id of requests that the store gets, and nobody made.
pub(super) const INJECTED: &str = "injected";

/// A time as a clock on the wall shows it.
const LOCAL: &str = "31.01.2026 12:00";

fn request(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": INJECTED, "method": method, "params": params })
}

fn remove(value: &mut Value, member: &str) {
    value.as_object_mut().and_then(|members: &mut Map<String, Value>| members.remove(member));
}

fn each_row(result: &mut Value, change: impl Fn(&mut Value)) {
    result["rows"].as_array_mut().into_iter().flatten().for_each(change);
}

fn rename_flag(seen: &mut Value, name: &str) {
    for flag in seen["PR_MESSAGE_FLAGS"].as_array_mut().into_iter().flatten() {
        if *flag == "MSGFLAG_SUBMIT" {
            *flag = name.into();
        }
    }
}

/// What the adapter says of itself.
fn change_about(fault: &str, message: &mut Value) {
    let about = &mut message["result"];
    let without = |about: &mut Value, name: &str| {
        if let Some(supports) = about["supports"].as_array_mut() {
            supports.retain(|each| each != name);
        }
    };
    match fault {
        "adapter-initialize-fails" => {
            remove(message, "result");
            message["error"] = json!({ "code": -32000, "message": "the server does not answer" });
        }
        "adapter-version-2" => about["protocol_version"] = 2.into(),
        "adapter-role-unknown" => about["role"] = "shop".into(),
        "adapter-role-of-a-spooler" => about["role"] = "spooler".into(),
        "adapter-profile-wrong-type" => about["profile"]["persists_lock"] = "no".into(),
        "adapter-profile-misspelt" => {
            remove(&mut about["profile"], "persists_lock");
            about["profile"]["persist_lock"] = false.into();
        }
        "adapter-reading-misspelt" => about["profile"]["readings"]["B1"] = "AnyRefusl".into(),
        "adapter-supports-misspelt" => {
            without(about, "submit_message");
            if let Some(supports) = about["supports"].as_array_mut() {
                supports.push("submit_mesage".into());
            }
        }
        "adapter-supports-leaves-out" => without(about, "support.expand_recips"),
        "adapter-notify-unlisted" => without(about, "notify.table_modified"),
        _ => {}
    }
}
