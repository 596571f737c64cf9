//! The messages of the adapter protocol, version 1, as they stand on the wire.
//!
//! Requests and results of `adapter-protocol` by their own names. Unknown members are ignored, absent optional
//! members are `None`, and every optional member is left out when it is `None`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::HResult;

/// What a provider says of itself. An absent member is unknown, not default.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Profile {
    /// Whether the store supports sending at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outgoing_submission: Option<bool>,
    /// Whether the store is tightly coupled with a transport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupling: Option<Coupling>,
    /// With tight coupling: the address types that its own transport delivers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handles_addrtypes: Option<Vec<String>>,
    /// With tight coupling: calls `CompleteMsg` rather than finish the message itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants_spooler_completion: Option<bool>,
    /// Whether `SUBMITFLAG_LOCKED` outlives a shutdown (absent or null: either).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persists_lock: Option<bool>,
    /// Who orders the queue by submission time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sorts_queue: Option<SortsQueue>,
    /// Which reading of an ambiguous rule it follows, where it says so: `"B1" → "LockDominates"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub readings: BTreeMap<String, String>,
}

impl Profile {
    /// This profile, with every member that `over` has taken from there.
    #[must_use]
    pub fn overridden_by(&self, over: &Self) -> Self {
        let mut readings = self.readings.clone();
        readings.extend(over.readings.clone());
        Self {
            outgoing_submission: over.outgoing_submission.or(self.outgoing_submission),
            coupling: over.coupling.or(self.coupling),
            handles_addrtypes: over.handles_addrtypes.clone().or_else(|| self.handles_addrtypes.clone()),
            wants_spooler_completion: over.wants_spooler_completion.or(self.wants_spooler_completion),
            persists_lock: over.persists_lock.or(self.persists_lock),
            sorts_queue: over.sorts_queue.or(self.sorts_queue),
            readings,
        }
    }
}

/// Whether a store is tightly coupled with a transport provider.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coupling {
    /// It is not.
    None,
    /// It is.
    Tight,
}

/// Who orders the outgoing queue by submission time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SortsQueue {
    /// The table's default order is ascending submission time.
    Store,
    /// The spooler sorts the table.
    Table,
}

/// A name and a version.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Identity {
    /// The program's name.
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// Who makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}

/// Which part of MAPI an adapter stands for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A message store provider.
    Store,
    /// A MAPI spooler.
    Spooler,
}

/// The answer to `initialize`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct InitializeResult {
    /// The version of the protocol that the adapter speaks.
    pub protocol_version: u32,
    /// The provider behind the adapter.
    pub provider: Identity,
    /// The part that it plays.
    pub role: Role,
    /// What it says of itself.
    #[serde(default)]
    pub profile: Profile,
    /// Every method that the adapter serves or sends.
    #[serde(default)]
    pub supports: Vec<String>,
    /// Whether it takes requests while others wait for their answers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub concurrent: bool,
}

/// A recipient as the checker gives it, or as PrepareSubmit and ExpandRecips return it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// The address type, `SMTP` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addrtype: Option<String>,
    /// `MAPI_TO`, `MAPI_CC`, `MAPI_BCC` or `MAPI_P1`; with `MAPI_SUBMITTED` on a resend, joined by `|`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// PR_RESPONSIBILITY, where the row has it.
    #[serde(default, rename = "PR_RESPONSIBILITY", skip_serializing_if = "Option::is_none")]
    pub responsibility: Option<bool>,
}

/// What `observe` shows of one message. Any member may be absent: then it is not checked.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Observation {
    /// Whether the message still exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// The folder that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<Folder>,
    /// Its entry identifier, if a move changed that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_id_now: Option<String>,
    /// How many copies of it there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<u32>,
    /// The copies in the sent-mail folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentmail_copies: Option<Vec<String>>,
    /// PR_SUBJECT.
    #[serde(default, rename = "PR_SUBJECT", skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// PR_MESSAGE_FLAGS, by name.
    #[serde(default, rename = "PR_MESSAGE_FLAGS", skip_serializing_if = "Option::is_none")]
    pub message_flags: Option<Vec<String>>,
    /// PR_SUBMIT_FLAGS, by name; an absent property is `[]`.
    #[serde(default, rename = "PR_SUBMIT_FLAGS", skip_serializing_if = "Option::is_none")]
    pub submit_flags: Option<Vec<String>>,
    /// PR_CLIENT_SUBMIT_TIME: the outer `None` is not observed, the inner one is a property that is not there.
    #[serde(
        default,
        rename = "PR_CLIENT_SUBMIT_TIME",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub client_submit_time: Option<Option<String>>,
    /// PR_PREPROCESS.
    #[serde(default, rename = "PR_PREPROCESS", skip_serializing_if = "Option::is_none")]
    pub preprocess: Option<bool>,
    /// Whether the provider will still hand the message to a spooler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_outgoing_queue: Option<bool>,
    /// The recipient table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipients: Option<Vec<Recipient>>,
}

/// Tells a member that is `null` from one that is not there.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Where a message lies.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Folder {
    /// The Outbox.
    Outbox,
    /// The folder of PR_SENTMAIL_ENTRYID.
    Sentmail,
    /// The Deleted Items folder.
    Deleted,
    /// Any other folder.
    Other,
    /// None: the message is gone.
    None,
}

/// One row of the outgoing queue table.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct QueueRow {
    /// PR_ENTRYID.
    pub entry_id: String,
    /// PR_CLIENT_SUBMIT_TIME.
    #[serde(default, rename = "PR_CLIENT_SUBMIT_TIME", skip_serializing_if = "Option::is_none")]
    pub client_submit_time: Option<String>,
    /// PR_SUBMIT_FLAGS, by name.
    #[serde(default, rename = "PR_SUBMIT_FLAGS", skip_serializing_if = "Option::is_none")]
    pub submit_flags: Option<Vec<String>>,
}

/// The result of a provider call. `hresult` is always there on the wire, save where the protocol says otherwise.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct CallResult {
    /// What the provider's call returned; `None` in a trace: the call never returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hresult: Option<HResult>,
    /// `create_message`: the new message's PR_ENTRYID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_id: Option<String>,
    /// `create_message`, `open_entry`: the open object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// `open_entry`: PR_ACCESS_LEVEL of the open object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// `open_entry`: what the first read returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_use_hresult: Option<HResult>,
    /// `get_outgoing_queue`: QueryColumns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// `get_outgoing_queue`: the rows in the table's order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<QueueRow>>,
    /// `get_props`: what could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub props: Option<BTreeMap<String, serde_json::Value>>,
    /// `support.expand_recips`: any of `NEEDS_PREPROCESSING`, `NEEDS_SPOOLER`. `transport.end_message`: `END_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<String>>,
    /// `support.prepare_submit`, `support.expand_recips`: the recipient table after the call. A spooler's `open_entry`:
    /// the recipient table. `transport.submit_message`: the rows that the transport set. `preprocess`: recipients that
    /// it found undeliverable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipients: Option<Vec<Recipient>>,
    /// `support.do_sent_mail`: a messaging hook took the message over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded: Option<bool>,
    /// `spooler.wake`: the spooler has nothing more to do until it is woken again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<bool>,
    /// `transport.submit_message`: the transport's reference to the message, to be given back in EndMessage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_ref: Option<u32>,
    /// `transport.submit_message`: with MAPI_E_WAIT and MAPI_E_NETWORK_ERROR, the seconds to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_s: Option<u32>,
}

/// A transport provider, as the spooler of a case finds it registered.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Transport {
    /// How calls name it: `transport-1`, …
    pub name: String,
    /// The address types that `IXPLogon::AddressTypes` returns.
    #[serde(default)]
    pub addrtypes: Vec<String>,
}

/// A preprocessor, as a transport has registered it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Preprocessor {
    /// The transport that registered it.
    pub transport: String,
    /// The address types of the recipients that it is for; absent: every recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addrtypes: Option<Vec<String>>,
    /// Whether a RemovePreprocessInfo function was registered with it; absent: one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removes: Option<bool>,
}

/// PR_ACCESS_LEVEL of an open object.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Read-only.
    Read,
    /// Read/write.
    ReadWrite,
}

/// Parameters of every call; each method uses the members that the protocol gives it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct CallParams {
    /// Who calls: `client-1`, `spooler`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// An open object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// A PR_ENTRYID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_id: Option<String>,
    /// `create_message`: the recipients. `transport.submit_message`: the rows as the transport is to see them.
    /// `support.status_recips`: those who are reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipients: Option<Vec<Recipient>>,
    /// `create_message`: PR_SENTMAIL_ENTRYID is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentmail: Option<bool>,
    /// `create_message`: PR_DELETE_AFTER_SUBMIT, where it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_after_submit: Option<bool>,
    /// `create_message`: `MSGFLAG_RESEND` or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_flags: Option<Vec<String>>,
    /// `create_message`: PR_SUBJECT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// `open_entry`: `MAPI_MODIFY`, `MAPI_BEST_ACCESS`; `submit_message`: `FORCE_SUBMIT`; `transport.submit_message`:
    /// `BEGIN_DEFERRED`; `support.spooler_notify`, `spooler.wake`: `NOTIFY_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<String>>,
    /// `set_props`: the values. `get_props`: see `names`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub props: Option<serde_json::Value>,
    /// `set_props`: SaveChanges afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub save: Option<bool>,
    /// `set_lock_state`: `MSG_LOCKED` or `MSG_UNLOCKED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_state: Option<LockState>,
    /// `set_responsibility`: the recipient's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// `set_responsibility`: the new PR_RESPONSIBILITY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<bool>,
    /// `restart`: how the store process ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RestartKind>,
    /// `reset`: members of the profile that change until the next reset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// `notify.table_modified`: `outgoing_queue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// `notify.table_modified`: `added`, `deleted`, `modified`, `changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// `preprocess`, `remove_preprocess_info`: the preprocessor, counted from 0 in the order of registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// `transport.…`: the transport; `spooler.wake`: the transport that has notified the spooler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// `transport.end_message`: what the transport's SubmitMessage gave as its reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_ref: Option<u32>,
    /// `reset` of a spooler: the transports, in transport order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transports: Option<Vec<Transport>>,
    /// `reset` of a spooler: the preprocessors, in the order of registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preprocessors: Option<Vec<Preprocessor>>,
}

/// The argument of SetLockState.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum LockState {
    /// `MSG_LOCKED` (1).
    #[serde(rename = "MSG_LOCKED")]
    Locked,
    /// `MSG_UNLOCKED` (0).
    #[serde(rename = "MSG_UNLOCKED")]
    Unlocked,
}

/// How a store process ends before it starts again.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RestartKind {
    /// It is shut down.
    Clean,
    /// It is killed.
    Crash,
}

/// Every method that a checker calls on a store adapter, in the protocol's order.
pub const STORE_METHODS: &[&str] = &[
    "initialize",
    "reset",
    "create_message",
    "open_entry",
    "release",
    "set_props",
    "submit_message",
    "abort_submit",
    "set_lock_state",
    "get_props",
    "get_outgoing_queue",
    "set_responsibility",
    "finished_msg",
    "notify_new_mail",
    "observe",
    "restart",
    "shutdown",
];

/// Every method that an adapter calls on the checker: MAPI's support object.
pub const SUPPORT_METHODS: &[&str] = &[
    "support.prepare_submit",
    "support.expand_recips",
    "support.complete_msg",
    "support.do_sent_mail",
    "support.spooler_notify",
];

/// Every method that a checker calls on a spooler adapter.
pub const SPOOLER_METHODS: &[&str] = &["initialize", "reset", "spooler.wake", "shutdown"];

/// Every method that a spooler adapter calls on the checker: the store, the transports, the preprocessors, MAPI.
pub const SPOOLER_REQUESTS: &[&str] = &[
    "get_outgoing_queue",
    "open_entry",
    "release",
    "get_props",
    "set_lock_state",
    "submit_message",
    "set_responsibility",
    "finished_msg",
    "notify_new_mail",
    "preprocess",
    "remove_preprocess_info",
    "transport.submit_message",
    "transport.end_message",
    "support.status_recips",
];

/// Every notification that an adapter sends.
pub const NOTIFICATIONS: &[&str] = &["notify.table_modified", "notify.new_mail"];
