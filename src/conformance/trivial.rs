//! Stores that do nothing: what a suite that is worth its time must not let pass.
//!
//! Each serves the whole protocol, composes messages (there would be nothing to judge otherwise), and shows what it has.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::Value;
use spoolproof_sdk::wire::{
    Access, CallParams, CallResult, Coupling, Folder, InitializeResult, LockState, NOTIFICATIONS, Observation, Profile,
    QueueRow, Recipient, STORE_METHODS, SUPPORT_METHODS, SortsQueue,
};
use spoolproof_sdk::{Answer, CallError, HResult, Mapi, Provider};

/// The names, each with what such a store does.
pub const TRIVIALS: &[(&str, &str)] = &[
    ("ok", "answers S_OK to every call, and shows every message as it was created"),
    ("refuses", "composes messages, and refuses every other call with MAPI_E_NO_SUPPORT"),
    ("echoes", "answers S_OK, and shows what it was last told: properties, PR_RESPONSIBILITY, the lock"),
    ("forgets", "answers S_OK, and has forgotten the message by the time that anybody asks for it"),
    ("random", "answers at random, shows anything, notifies now and then; `random:SEED` is one run"),
];

/// How many seeds of the one that answers at random are run.
pub const SEEDS: u64 = 20;

/// What it does with a call.
#[derive(Clone, Debug)]
enum Kind {
    Ok,
    Refuses,
    Echoes,
    Forgets,
    Random(Box<ChaCha8Rng>),
}

/// A store that does next to nothing.
#[derive(Clone, Debug)]
pub struct Trivial {
    kind: Kind,
    /// Entry identifier → what was composed; only an echo changes it.
    messages: BTreeMap<String, Observation>,
    /// Handle → entry identifier.
    handles: BTreeMap<String, String>,
    created: u64,
    opened: u64,
}

impl Trivial {
    /// The one of this name, which is one of [`TRIVIALS`] or `random:SEED`; `None` for any other.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let kind = match name {
            "ok" => Kind::Ok,
            "refuses" => Kind::Refuses,
            "echoes" => Kind::Echoes,
            "forgets" => Kind::Forgets,
            "random" => random(0),
            _ => random(name.strip_prefix("random:")?.parse().ok()?),
        };
        Some(Self { kind, messages: BTreeMap::new(), handles: BTreeMap::new(), created: 0, opened: 0 })
    }

    fn open(&mut self, entry_id: &str) -> String {
        self.opened += 1;
        let handle = format!("h{}", self.opened);
        self.handles.insert(handle.clone(), entry_id.to_owned());
        handle
    }

    /// The message that a call is about.
    fn message(&mut self, params: &CallParams) -> Option<(String, &mut Observation)> {
        let behind = || self.handles.get(params.handle.as_ref()?).cloned();
        let entry_id = params.entry_id.clone().or_else(behind)?;
        self.messages.get_mut(&entry_id).map(|message| (entry_id, message))
    }

    fn compose(&mut self, params: &CallParams) -> CallResult {
        self.created += 1;
        let entry_id = format!("e{}", self.created);
        self.messages.insert(entry_id.clone(), composed(params));
        let handle = self.open(&entry_id);
        CallResult { entry_id: Some(entry_id), handle: Some(handle), ..CallResult::from(HResult::S_OK) }
    }

    /// Success, with everything that a caller cannot do without.
    fn succeed(&mut self, method: &str, params: &CallParams) -> CallResult {
        let result = CallResult::from(HResult::S_OK);
        match method {
            "open_entry" => {
                let entry_id = params.entry_id.clone().unwrap_or_default();
                let writes = params.flags.iter().flatten().next().is_some();
                let access = Some(if writes { Access::ReadWrite } else { Access::Read });
                CallResult { handle: Some(self.open(&entry_id)), access, ..result }
            }
            "get_props" => CallResult { props: Some(BTreeMap::new()), ..result },
            "get_outgoing_queue" => CallResult { rows: Some(Vec::new()), columns: Some(Vec::new()), ..result },
            _ => result,
        }
    }

    /// Shows from now on what the call says.
    fn echo(&mut self, method: &str, params: &CallParams) {
        let Some((_, message)) = self.message(params) else { return };
        match method {
            "set_props" => {
                let subject = params.props.as_ref().and_then(|props| props.get("PR_SUBJECT")).and_then(Value::as_str);
                message.subject = subject.map(str::to_owned).or_else(|| message.subject.take());
            }
            "set_lock_state" => {
                let locked = params.lock_state == Some(LockState::Locked);
                message.submit_flags = Some(locked.then(|| "SUBMITFLAG_LOCKED".to_owned()).into_iter().collect());
            }
            "set_responsibility" => {
                let rows = message.recipients.iter_mut().flatten();
                rows.filter(|row| Some(&row.address) == params.recipient.as_ref())
                    .for_each(|row| row.responsibility = params.value);
            }
            _ => {}
        }
    }

    fn answer(&mut self, mapi: &mut dyn Mapi, method: &str, params: &CallParams) -> Answer {
        match (method, &mut self.kind) {
            // What sets the stage is no answer to anybody.
            ("reset", _) => {
                self.messages.clear();
                self.handles.clear();
                Ok(CallResult::from(HResult::S_OK))
            }
            ("restart" | "shutdown", _) => Ok(CallResult::from(HResult::S_OK)),
            ("create_message", _) => Ok(self.compose(params)),
            (_, Kind::Ok) => Ok(self.succeed(method, params)),
            (_, Kind::Refuses) => Ok(CallResult::from(HResult::MAPI_E_NO_SUPPORT)),
            (_, Kind::Echoes) => {
                self.echo(method, params);
                Ok(self.succeed(method, params))
            }
            (_, Kind::Forgets) => {
                self.messages.clear();
                Ok(self.succeed(method, params))
            }
            (_, Kind::Random(_)) => self.dice(mapi, method, params),
        }
    }

    /// Any code, support calls and notifications as they fall.
    fn dice(&mut self, mapi: &mut dyn Mapi, method: &str, params: &CallParams) -> Answer {
        let about = self.message(params).map(|(entry_id, _)| entry_id);
        if let Some(entry_id) = &about {
            for support in SUPPORT_METHODS.iter().filter(|_| method == "submit_message" || method == "finished_msg") {
                if self.coin() {
                    let flags = (*support == "support.spooler_notify").then(|| vec!["NOTIFY_READYTOSEND".to_owned()]);
                    let params = CallParams { entry_id: Some(entry_id.clone()), flags, ..CallParams::default() };
                    mapi.call(self, support, &params)?;
                }
            }
            if self.coin() {
                let event = ["added", "deleted", "modified"][self.below(3)];
                mapi.table_modified(event, entry_id)?;
            }
        }
        let code = CODES[self.below(CODES.len())];
        if !code.is_success() {
            return Ok(CallResult::from(code));
        }
        let mut result = self.succeed(method, params);
        if result.access.is_some() {
            result.access = Some(if self.coin() { Access::Read } else { Access::ReadWrite });
        }
        if result.rows.is_some() {
            let ids: Vec<String> = self.messages.keys().cloned().collect();
            let rows = ids.into_iter().filter(|_| self.coin());
            let rows = rows.map(|entry_id| QueueRow { entry_id, ..QueueRow::default() }).collect();
            result.rows = Some(rows);
        }
        Ok(result)
    }

    fn below(&mut self, bound: usize) -> usize {
        match &mut self.kind {
            Kind::Random(dice) => (dice.next_u64() % bound as u64) as usize,
            Kind::Ok | Kind::Refuses | Kind::Echoes | Kind::Forgets => 0,
        }
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 1
    }

    /// `seen` with everything in it left to chance.
    fn anything(&mut self, mut seen: Observation) -> Observation {
        let folders = [Folder::Outbox, Folder::Sentmail, Folder::Deleted, Folder::Other];
        seen.folder = Some(folders[self.below(folders.len())]);
        seen.copies = Some(if self.coin() { 1 } else { 2 });
        let mut some = |names: &[&str]| Some(names.iter().filter(|_| self.coin()).map(|&n| n.to_owned()).collect());
        seen.message_flags = some(&["MSGFLAG_SUBMIT", "MSGFLAG_UNSENT"]);
        seen.submit_flags = some(&["SUBMITFLAG_LOCKED", "SUBMITFLAG_PREPROCESS"]);
        seen.client_submit_time = Some(self.coin().then(|| "2026-01-01T00:00:00Z".to_owned()));
        seen.preprocess = Some(self.coin());
        seen.in_outgoing_queue = Some(self.coin());
        seen.recipients.iter_mut().flatten().for_each(|row| row.responsibility = Some(self.coin()));
        seen
    }
}

/// What the one that answers at random may return.
const CODES: [HResult; 10] = [
    HResult::S_OK,
    HResult::S_OK,
    HResult::S_OK,
    HResult::MAPI_E_CALL_FAILED,
    HResult::MAPI_E_INVALID_PARAMETER,
    HResult::MAPI_E_NO_ACCESS,
    HResult::MAPI_E_NO_SUPPORT,
    HResult::MAPI_E_NOT_IN_QUEUE,
    HResult::MAPI_E_SUBMITTED,
    HResult::MAPI_E_UNABLE_TO_ABORT,
];

fn random(seed: u64) -> Kind {
    Kind::Random(Box::new(ChaCha8Rng::seed_from_u64(seed)))
}

/// What is shown of a message that was composed and not touched since.
fn composed(params: &CallParams) -> Observation {
    let row = |row: &Recipient| Recipient { responsibility: row.responsibility, ..row.clone() };
    Observation {
        exists: Some(true),
        folder: Some(Folder::Outbox),
        entry_id_now: None,
        copies: Some(1),
        sentmail_copies: Some(Vec::new()),
        subject: params.subject.clone(),
        message_flags: Some(vec!["MSGFLAG_UNSENT".to_owned()]),
        submit_flags: Some(Vec::new()),
        client_submit_time: Some(None),
        preprocess: Some(false),
        in_outgoing_queue: Some(false),
        recipients: Some(params.recipients.iter().flatten().map(row).collect()),
    }
}

/// What is shown of a message that nobody knows.
fn gone() -> Observation {
    Observation {
        exists: Some(false),
        folder: Some(Folder::None),
        copies: Some(0),
        sentmail_copies: Some(Vec::new()),
        in_outgoing_queue: Some(false),
        ..Observation::default()
    }
}

/// Serves these methods by [`Trivial::answer`].
macro_rules! serve {
    ($($name:ident),*) => {
        $(fn $name(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
            self.answer(mapi, stringify!($name), params)
        })*
    };
}

impl Provider for Trivial {
    fn initialize(&mut self, _params: &CallParams) -> Result<InitializeResult, CallError> {
        let name = match &self.kind {
            Kind::Ok => "trivial-ok",
            Kind::Refuses => "trivial-refuses",
            Kind::Echoes => "trivial-echoes",
            Kind::Forgets => "trivial-forgets",
            Kind::Random(_) => "trivial-random",
        };
        let about = InitializeResult::store(name, env!("CARGO_PKG_VERSION"));
        let about = about.serving(STORE_METHODS).serving(SUPPORT_METHODS).serving(NOTIFICATIONS);
        let profile = Profile {
            outgoing_submission: Some(true),
            coupling: Some(Coupling::None),
            sorts_queue: Some(SortsQueue::Store),
            ..Profile::default()
        };
        Ok(InitializeResult { profile, ..about })
    }

    fn observe(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Result<Observation, CallError> {
        let Some(seen) = self.messages.get(params.entry_id()?).cloned() else { return Ok(gone()) };
        Ok(if matches!(self.kind, Kind::Random(_)) { self.anything(seen) } else { seen })
    }

    serve!(
        reset,
        create_message,
        open_entry,
        release,
        set_props,
        submit_message,
        abort_submit,
        set_lock_state,
        get_props,
        get_outgoing_queue,
        set_responsibility,
        finished_msg,
        notify_new_mail,
        restart,
        shutdown
    );
}

#[cfg(test)]
mod tests {
    use super::{TRIVIALS, Trivial};

    #[test]
    fn every_name_is_one_and_no_other() {
        for (name, _) in TRIVIALS {
            assert!(Trivial::named(name).is_some(), "{name}");
        }
        assert!(Trivial::named("random:17").is_some());
        for other in ["", "random:", "random:x", "fine"] {
            assert!(Trivial::named(other).is_none(), "{other}");
        }
    }
}
