//! A first adapter: a store in memory that submits, cancels and shows messages. `docs/adapter-tutorial.md` explains it.
//!
//! ```console
//! $ cargo build --example first-adapter
//! $ spoolproof conform --provider target/debug/examples/first-adapter
//! ```

use std::collections::BTreeMap;
use std::io;

use spoolproof_sdk::wire::{Access, CallParams, CallResult, Folder, InitializeResult, Observation, Profile, QueueRow};
use spoolproof_sdk::wire::{Coupling, Recipient};
use spoolproof_sdk::{Answer, CallError, HResult, Mapi, Provider, serve_stdio};

fn main() -> io::Result<()> {
    serve_stdio(&mut Store::default())
}

/// The store: messages by entry identifier, and the objects that sessions have open.
#[derive(Debug, Default)]
pub(crate) struct Store {
    messages: BTreeMap<String, Message>,
    open: BTreeMap<String, Open>,
    issued: u64,
}

#[derive(Debug)]
struct Message {
    recipients: Vec<Recipient>,
    /// When it was submitted; `None` while it is a draft.
    submitted: Option<String>,
}

#[derive(Debug)]
struct Open {
    session: String,
    entry_id: String,
}

impl Store {
    fn issue(&mut self, what: &str) -> String {
        self.issued += 1;
        format!("{what}-{}", self.issued)
    }

    fn open(&mut self, session: &str, entry_id: &str) -> String {
        let handle = self.issue("handle");
        self.open.insert(handle.clone(), Open { session: session.to_owned(), entry_id: entry_id.to_owned() });
        handle
    }

    /// The message behind a handle. One that the session does not have is the checker's mistake, or it is dead.
    fn behind(&self, params: &CallParams) -> Result<String, CallError> {
        let open = self.open.get(params.handle()?).filter(|open| Some(&open.session) == params.session.as_ref());
        open.map(|open| open.entry_id.clone()).ok_or_else(|| CallError::bad_params("no such handle"))
    }
}

impl Provider for Store {
    fn initialize(&mut self, _params: &CallParams) -> Result<InitializeResult, CallError> {
        let mut about = InitializeResult::store("first-store", "0.1").serving(&[
            "create_message",
            "open_entry",
            "release",
            "submit_message",
            "abort_submit",
            "get_outgoing_queue",
            "observe",
            "notify.table_modified",
        ]);
        about.profile =
            Profile { outgoing_submission: Some(true), coupling: Some(Coupling::None), ..Profile::default() };
        Ok(about)
    }

    fn reset(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        if params.profile.is_some() {
            return Err(CallError::bad_params("this store has one profile"));
        }
        *self = Self { issued: self.issued, ..Self::default() };
        Ok(HResult::S_OK.into())
    }

    fn create_message(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        let session = params.session()?;
        let entry_id = self.issue("message");
        let recipients = params.recipients.clone().unwrap_or_default();
        self.messages.insert(entry_id.clone(), Message { recipients, submitted: None });
        let handle = self.open(session, &entry_id);
        Ok(CallResult { entry_id: Some(entry_id), handle: Some(handle), ..HResult::S_OK.into() })
    }

    fn open_entry(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        let (session, entry_id) = (params.session()?, params.entry_id()?);
        let Some(message) = self.messages.get(entry_id) else { return Ok(HResult::MAPI_E_NOT_FOUND.into()) };
        let wants = |flag| params.flags.iter().flatten().any(|given| given == flag);
        let frozen = message.submitted.is_some() && session.starts_with("client");
        if frozen && wants("MAPI_MODIFY") {
            return Ok(HResult::MAPI_E_SUBMITTED.into());
        }
        let writes = wants("MAPI_MODIFY") || (wants("MAPI_BEST_ACCESS") && !frozen);
        let access = if writes { Access::ReadWrite } else { Access::Read };
        let handle = self.open(session, entry_id);
        Ok(CallResult { handle: Some(handle), access: Some(access), ..HResult::S_OK.into() })
    }

    fn release(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        match self.open.remove(params.handle()?) {
            Some(_) => Ok(HResult::S_OK.into()),
            None => Err(CallError::bad_params("no such handle")),
        }
    }

    fn submit_message(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        let entry_id = self.behind(params)?;
        // Any clock will do that does not go back: here, the number of things issued.
        let (minutes, seconds) = (self.issued / 60 % 60, self.issued % 60);
        let now = format!("2001-01-01T00:{minutes:02}:{seconds:02}Z");
        self.issued += 1;
        match self.messages.get_mut(&entry_id) {
            None => Ok(HResult::MAPI_E_OBJECT_DELETED.into()),
            Some(message) if message.submitted.is_some() => Ok(HResult::MAPI_E_SUBMITTED.into()),
            Some(message) if message.recipients.is_empty() => Ok(HResult::MAPI_E_NO_RECIPIENTS.into()),
            Some(message) => {
                message.submitted = Some(now);
                for recipient in &mut message.recipients {
                    recipient.responsibility = Some(false);
                }
                // The submitted object itself is of no use any more; those of other sessions stay open.
                self.open.remove(params.handle()?);
                mapi.table_modified("added", &entry_id)?;
                Ok(HResult::S_OK.into())
            }
        }
    }

    fn abort_submit(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        let entry_id = params.entry_id()?;
        match self.messages.get_mut(entry_id) {
            None => Ok(HResult::MAPI_E_NOT_FOUND.into()),
            Some(message) if message.submitted.is_none() => Ok(HResult::MAPI_E_NOT_IN_QUEUE.into()),
            Some(message) => {
                message.submitted = None;
                mapi.table_modified("deleted", entry_id)?;
                Ok(HResult::S_OK.into())
            }
        }
    }

    fn get_outgoing_queue(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        if !params.session()?.starts_with("spooler") {
            return Ok(HResult::MAPI_E_NO_SUPPORT.into());
        }
        let mut rows: Vec<QueueRow> = Vec::new();
        for (entry_id, message) in &self.messages {
            let Some(time) = &message.submitted else { continue };
            rows.push(QueueRow {
                entry_id: entry_id.clone(),
                client_submit_time: Some(time.clone()),
                submit_flags: Some(Vec::new()),
            });
        }
        rows.sort_by(|a, b| a.client_submit_time.cmp(&b.client_submit_time));
        let columns = COLUMNS.map(str::to_owned).to_vec();
        Ok(CallResult { columns: Some(columns), rows: Some(rows), ..HResult::S_OK.into() })
    }

    fn observe(&mut self, _mapi: &mut dyn Mapi, params: &CallParams) -> Result<Observation, CallError> {
        let Some(message) = self.messages.get(params.entry_id()?) else {
            return Ok(Observation { exists: Some(false), folder: Some(Folder::None), ..Observation::default() });
        };
        let queued = message.submitted.is_some();
        let flags = if queued { vec!["MSGFLAG_UNSENT", "MSGFLAG_SUBMIT"] } else { vec!["MSGFLAG_UNSENT"] };
        Ok(Observation {
            exists: Some(true),
            folder: Some(Folder::Outbox),
            message_flags: Some(flags.into_iter().map(str::to_owned).collect()),
            submit_flags: Some(Vec::new()),
            client_submit_time: Some(message.submitted.clone()),
            in_outgoing_queue: Some(queued),
            recipients: Some(message.recipients.clone()),
            ..Observation::default()
        })
    }
}

const COLUMNS: [&str; 11] = [
    "PR_CLIENT_SUBMIT_TIME",
    "PR_DISPLAY_BCC",
    "PR_DISPLAY_CC",
    "PR_DISPLAY_TO",
    "PR_ENTRYID",
    "PR_MESSAGE_FLAGS",
    "PR_MESSAGE_SIZE",
    "PR_PRIORITY",
    "PR_SENDER_NAME",
    "PR_SUBJECT",
    "PR_SUBMIT_FLAGS",
];
