//! Creating and opening messages, and reading and writing through what is open.

use std::collections::BTreeMap;

use serde_json::Value;
use spoolproof_sdk::wire::{Access, CallParams, CallResult, Folder};
use spoolproof_sdk::{CallError, HResult};

use super::handle::is_spooler;
use super::message::{MSGFLAG_RESEND, MSGFLAG_UNMODIFIED, MSGFLAG_UNSENT, Message, MessageId, Row};
use super::provider::Reference;
use super::refusal::{Refusal, Served};
use super::store::{insert, save};

/// What an open asks for.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Asked {
    BestAccess,
    Modify,
    Read,
}

impl Reference {
    pub(super) fn create(&mut self, params: &CallParams) -> Served {
        let session = params.session()?;
        let mut message = new_message(params)?;
        self.store.commit(|transaction| insert(transaction, &mut message))?;
        let handle = self.handles.add(session, message.id, true);
        Ok(CallResult {
            entry_id: Some(message.id.entry_id()),
            handle: Some(handle),
            ..CallResult::from(HResult::S_OK)
        })
    }

    /// Decides SEED1-07, SEED1-08, SEED1-10 to SEED1-12 and OPN-07.
    pub(super) fn open_message(&mut self, params: &CallParams) -> Served {
        let session = params.session()?;
        let asked = asked(params)?;
        let entry_id = params.entry_id()?;
        if MessageId::parse(entry_id).is_none() {
            return Err(HResult::MAPI_E_UNKNOWN_ENTRYID.into());
        }
        let message = self.find(entry_id).map_err(|refusal| match refusal {
            Refusal::Returned(_) if self.fault("open-gone-no-access") => HResult::MAPI_E_NO_ACCESS.into(),
            refusal => refusal,
        })?;
        let opened = self.access(session, &message, asked)?;
        let deferred = self.fault("open-locked-deferred") && self.locked_for(session, message.id);
        let writes = opened == Access::ReadWrite || self.fault("read-only-handle-writes");
        let handle = self.handles.add(session, message.id, writes);
        Ok(CallResult {
            handle: Some(handle),
            access: (!deferred).then_some(opened),
            first_use_hresult: deferred.then_some(HResult::MAPI_E_NO_ACCESS),
            ..CallResult::from(HResult::S_OK)
        })
    }

    fn access(&self, session: &str, message: &Message, asked: Asked) -> Served<Access> {
        if let Some(access) = self.broken_access(session, message, asked) {
            return Ok(access);
        }
        let spooler = is_spooler(session);
        if self.locked_for(session, message.id) && !self.opens_locked(session) {
            if self.fault("open-locked-submitted") {
                return Err(HResult::MAPI_E_SUBMITTED.into());
            }
            return Err(HResult::MAPI_E_NO_ACCESS.into());
        }
        let queued = message.queued.is_some();
        if spooler || !queued || (self.fault("sleeper-open-modify-after-restart") && self.history.restarts > 0) {
            return Ok(if asked == Asked::Read { Access::Read } else { Access::ReadWrite });
        }
        match asked {
            Asked::Read => Ok(Access::Read),
            Asked::BestAccess => {
                if self.fault("best-access-refused") {
                    return Err(HResult::MAPI_E_SUBMITTED.into());
                }
                let writes = self.fault("best-access-writes")
                    || (self.fault("sleeper-second-client-writes") && session == "client-2");
                Ok(if writes { Access::ReadWrite } else { Access::Read })
            }
            Asked::Modify if self.fault("open-modify-queued") => Ok(Access::ReadWrite),
            Asked::Modify if self.fault("open-modify-wrong-code") => Err(HResult::MAPI_E_CALL_FAILED.into()),
            Asked::Modify => Err(HResult::MAPI_E_SUBMITTED.into()),
        }
    }

    /// Whether something lets this session open what another has locked.
    fn opens_locked(&self, session: &str) -> bool {
        let client = !is_spooler(session);
        (client && (self.behaviour.follows("B1", "SampleStore") || self.fault("open-locked-client")))
            || (client && self.fault("sleeper-open-locked-second-client") && session == "client-2")
            || (!client && self.fault("open-locked-second-spooler"))
            || self.fault("open-locked-deferred")
    }

    /// Refuses a write to a message that is queued or that somebody else has locked, however long the object has
    /// been open (PMF-08).
    pub(super) fn writable(&self, session: &str, message: &Message) -> Served<()> {
        let forgets = self.fault("client-write-kept-handle")
            || (self.fault("sleeper-old-handle-writes-when-locked") && self.locks.contains_key(&message.id));
        if !is_spooler(session) && message.queued.is_some() && !forgets {
            return Err(HResult::MAPI_E_SUBMITTED.into());
        }
        if is_spooler(session) && self.locked_for(session, message.id) && !self.fault("second-spooler-writes") {
            return Err(HResult::MAPI_E_NO_ACCESS.into());
        }
        Ok(())
    }

    /// `SetProps`, then `SaveChanges` if asked for.
    pub(super) fn write_props(&mut self, params: &CallParams) -> Served {
        let name = params.handle()?;
        let Some(Value::Object(props)) = &params.props else {
            return Err(CallError::bad_params("`props` is not an object").into());
        };
        let handle = self.handles.usable(name)?;
        let (session, id, writable) = (handle.session.clone(), handle.message, handle.writable);
        let message = self.message(id)?;
        if !writable {
            return Err(HResult::MAPI_E_NO_ACCESS.into());
        }
        self.writable(&session, &message)?;
        if self.fault("race-write-looks-once") {
            self.linger()?;
        }
        let handle = self.handles.usable(name)?;
        for (prop, value) in props.iter().filter(|(prop, _)| !is_computed(prop)) {
            handle.pending.insert(prop.clone(), value.clone());
        }
        let problem = props.keys().any(|prop| is_computed(prop));
        if params.save == Some(true) {
            let mut message = message;
            self.take_pending(name, &mut message)?;
            self.store.commit(|transaction| save(transaction, &message))?;
        }
        Ok(if problem { HResult::MAPI_E_COMPUTED } else { HResult::S_OK }.into())
    }

    /// Moves what an object has not saved yet into its message, as a second save does.
    pub(super) fn take_pending(&mut self, handle: &str, message: &mut Message) -> Served<()> {
        let pending = std::mem::take(&mut self.handles.usable(handle)?.pending);
        if !pending.is_empty() {
            message.props.extend(pending);
            message.flags &= !MSGFLAG_UNMODIFIED;
        }
        Ok(())
    }

    pub(super) fn read_props(&mut self, params: &CallParams) -> Served {
        let Some(Value::Array(names)) = &params.props else {
            return Err(CallError::bad_params("`props` is not an array").into());
        };
        let handle = self.handles.usable(params.handle()?)?;
        let (id, writable, pending) = (handle.message, handle.writable, handle.pending.clone());
        let message = self.message(id)?;
        let mut props = BTreeMap::new();
        for name in names.iter().filter_map(Value::as_str) {
            let value = match name {
                "PR_ACCESS_LEVEL" => Some(Value::from(u32::from(writable))),
                "PR_CLIENT_SUBMIT_TIME" => message.submitted_at.map(|time| time.rfc3339().into()),
                "PR_ENTRYID" => Some(message.id.entry_id().into()),
                "PR_MESSAGE_FLAGS" => Some(message.flag_names().into()),
                "PR_PREPROCESS" => message.preprocess.then_some(true.into()),
                "PR_SUBMIT_FLAGS" => Some(self.submit_flags(&message).into()),
                _ => pending.get(name).or_else(|| message.props.get(name)).cloned(),
            };
            if let Some(value) = value {
                props.insert(name.to_owned(), value);
            }
        }
        Ok(CallResult { props: Some(props), ..CallResult::from(HResult::S_OK) })
    }

    /// `ModifyRecipients` on the rows of one address, then `SaveChanges`.
    pub(super) fn write_responsibility(&mut self, params: &CallParams) -> Served {
        let (session, name) = (params.session()?, params.handle()?);
        let (recipient, value) = (params.recipient()?, params.value()?);
        let handle = self.handles.usable_by(name, session)?;
        let (id, writable) = (handle.message, handle.writable);
        let mut message = self.message(id)?;
        if !writable {
            return Err(HResult::MAPI_E_NO_ACCESS.into());
        }
        self.writable(session, &message)?;
        let mut rows = message.recipients.iter_mut().filter(|row| row.address == recipient).peekable();
        if rows.peek().is_none() {
            return Err(HResult::MAPI_E_NOT_FOUND.into());
        }
        rows.for_each(|row| row.responsibility = Some(value));
        if self.fault("race-responsibility-looks-once") {
            self.linger()?;
        }
        self.take_pending(name, &mut message)?;
        if !self.fault("responsibility-not-saved") {
            self.store.commit(|transaction| save(transaction, &message))?;
        }
        Ok(HResult::S_OK.into())
    }
}

fn asked(params: &CallParams) -> Served<Asked> {
    let mut asked = Asked::Read;
    for flag in params.flags.iter().flatten() {
        asked = match (flag.as_str(), asked) {
            ("MAPI_MODIFY", _) | ("MAPI_BEST_ACCESS", Asked::Modify) => Asked::Modify,
            ("MAPI_BEST_ACCESS", _) => Asked::BestAccess,
            _ => return Err(HResult::MAPI_E_UNKNOWN_FLAGS.into()),
        };
    }
    Ok(asked)
}

fn new_message(params: &CallParams) -> Served<Message> {
    let mut flags = MSGFLAG_UNSENT | MSGFLAG_UNMODIFIED;
    for flag in params.message_flags.iter().flatten() {
        flags |= match flag.as_str() {
            "MSGFLAG_RESEND" => MSGFLAG_RESEND,
            "MSGFLAG_UNSENT" => MSGFLAG_UNSENT,
            _ => return Err(CallError::bad_params(format!("a client cannot set `{flag}`")).into()),
        };
    }
    let mut props = BTreeMap::new();
    if let Some(subject) = &params.subject {
        props.insert("PR_SUBJECT".to_owned(), subject.clone().into());
    }
    if params.sentmail == Some(true) {
        props.insert("PR_SENTMAIL_ENTRYID".to_owned(), "sentmail".into());
    }
    if let Some(delete) = params.delete_after_submit {
        props.insert("PR_DELETE_AFTER_SUBMIT".to_owned(), delete.into());
    }
    let recipients = params.recipients.iter().flatten().map(Row::new).collect::<Result<_, _>>()?;
    Ok(Message {
        id: MessageId(0),
        origin: MessageId(0),
        folder: Folder::Outbox,
        flags,
        awaits_preprocessing: false,
        preprocess: false,
        submitted_at: None,
        props,
        recipients,
        queued: None,
    })
}

/// What the store and MAPI keep, and nobody sets once a message was saved (PMF-02, PMF-03, PPP-02, PSS-03).
fn is_computed(prop: &str) -> bool {
    matches!(
        prop,
        "PR_ACCESS_LEVEL"
            | "PR_CLIENT_SUBMIT_TIME"
            | "PR_ENTRYID"
            | "PR_MESSAGE_FLAGS"
            | "PR_PREPROCESS"
            | "PR_SPOOLER_STATUS"
            | "PR_SUBMIT_FLAGS"
    )
}
