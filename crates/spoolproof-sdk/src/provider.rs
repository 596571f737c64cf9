//! What a program implements to stand behind the adapter protocol: one method for each method of the protocol.

use std::error::Error;
use std::fmt;
use std::io;

use crate::wire::{CallParams, CallResult, InitializeResult, LockState, Observation, RestartKind};
use crate::{HResult, Mapi};

/// What a call comes to: the provider's result, whatever its HRESULT, or the reason why there is none.
pub type Answer = Result<CallResult, CallError>;

/// Why a call has no result. A provider's own failure is no such thing: it is a result with a failing HRESULT.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The parameters are bad: a member is missing, a handle is dead (`-32602`).
    BadParams(String),
    /// The adapter failed, and that says nothing of the provider (`-32000`).
    Failed(String),
    /// The connection is lost, or the other side broke the protocol; serving ends.
    Lost(io::Error),
    /// The method is not served (`-32601`).
    Unsupported,
}

impl CallError {
    /// [`CallError::BadParams`] with this text.
    pub fn bad_params(what: impl Into<String>) -> Self {
        Self::BadParams(what.into())
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadParams(what) => write!(f, "bad params: {what}"),
            Self::Failed(what) => write!(f, "the adapter failed: {what}"),
            Self::Lost(error) => write!(f, "the connection is lost: {error}"),
            Self::Unsupported => f.write_str("the method is not served"),
        }
    }
}

impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Lost(error) => Some(error),
            Self::BadParams(_) | Self::Failed(_) | Self::Unsupported => None,
        }
    }
}

impl From<io::Error> for CallError {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// Declares the methods that share one shape, and the table that finds them by name.
macro_rules! provider {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// A provider behind the adapter protocol.
        ///
        /// Each method has the protocol's name. A method that is not implemented answers `-32601`;
        /// [`Provider::initialize`] says which are, in `supports`. Every method gets `mapi`, through which it makes
        /// support calls and sends notifications, and the parameters, whose accessors (`params.session()?`) turn a
        /// missing member into `-32602`.
        ///
        /// A support call takes the provider itself, because while it waits, the checker may make further calls:
        ///
        /// ```
        /// use spoolproof_sdk::wire::{CallParams, CallResult, InitializeResult};
        /// use spoolproof_sdk::{Answer, CallError, HResult, Mapi, Provider};
        ///
        /// struct Store;
        ///
        /// impl Provider for Store {
        ///     fn initialize(&mut self, _params: &CallParams) -> Result<InitializeResult, CallError> {
        ///         Ok(InitializeResult::store("my-store", "1.0").serving(&["submit_message", "support.expand_recips"]))
        ///     }
        ///
        ///     fn submit_message(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
        ///         let expanded = mapi.expand_recips(self, params.handle()?)?;
        ///         Ok(CallResult::from(expanded.hresult.unwrap_or(HResult::S_OK)))
        ///     }
        /// }
        /// ```
        pub trait Provider {
            /// Says who stands behind the adapter, and what it serves.
            ///
            /// # Errors
            ///
            /// When the provider cannot start.
            fn initialize(&mut self, params: &CallParams) -> Result<InitializeResult, CallError>;

            /// Shows a message without changing anything.
            ///
            /// # Errors
            ///
            /// `Unsupported` unless it is implemented.
            fn observe(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Result<Observation, CallError> {
                let _ = (mapi, params);
                Err(CallError::Unsupported)
            }

            /// For a spooler: looks at the queue, or hears of the transport that the parameters name; whether it is idle
            /// now.
            ///
            /// # Errors
            ///
            /// `Unsupported` unless it is implemented.
            fn wake(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Result<bool, CallError> {
                let _ = (mapi, params);
                Err(CallError::Unsupported)
            }

            /// Serves calls that overlap, each a method and its parameters, in whatever order or at once; their answers, each
            /// with the place of its call, as they come about. `None`: they are served one after the other.
            ///
            /// Asked only of a provider that is [`concurrent`](InitializeResult::concurrent). While it makes a support
            /// call here, no other request comes in.
            fn together(
                &mut self,
                mapi: &mut dyn Mapi,
                calls: &[(String, CallParams)],
            ) -> Option<Vec<(usize, Answer)>> {
                let _ = (mapi, calls);
                None
            }

            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// `Unsupported` unless it is implemented.
                fn $name(&mut self, mapi: &mut dyn Mapi, params: &CallParams) -> Answer {
                    let _ = (mapi, params);
                    Err(CallError::Unsupported)
                }
            )*
        }

        /// Makes the call named `method`, of those that return a [`CallResult`].
        ///
        /// # Errors
        ///
        /// As the provider's method; [`CallError::Unsupported`] for a name that is none.
        pub fn call(provider: &mut dyn Provider, mapi: &mut dyn Mapi, method: &str, params: &CallParams) -> Answer {
            match method {
                $(stringify!($name) => provider.$name(mapi, params),)*
                _ => Err(CallError::Unsupported),
            }
        }
    };
}

provider! {
    /// Makes the store fresh and empty; every handle of before is dead.
    reset,
    /// `IMAPIFolder::CreateMessage` in the Outbox, and a first save.
    create_message,
    /// `IMsgStore::OpenEntry`.
    open_entry,
    /// `IUnknown::Release`.
    release,
    /// `IMAPIProp::SetProps`, then `SaveChanges` if `save` says so.
    set_props,
    /// `IMessage::SubmitMessage`.
    submit_message,
    /// `IMsgStore::AbortSubmit`.
    abort_submit,
    /// `IMsgStore::SetLockState`.
    set_lock_state,
    /// `IMAPIProp::GetProps`.
    get_props,
    /// `IMsgStore::GetOutgoingQueue`, `QueryColumns` and `QueryRows`.
    get_outgoing_queue,
    /// `IMessage::ModifyRecipients` on one row, then `SaveChanges`.
    set_responsibility,
    /// `IMsgStore::FinishedMsg`.
    finished_msg,
    /// `IMsgStore::NotifyNewMail`.
    notify_new_mail,
    /// The store process stops and starts again; handles are dead, durable state stays.
    restart,
    /// The adapter is about to exit; serving ends after the answer.
    shutdown,
}

impl From<HResult> for CallResult {
    fn from(hresult: HResult) -> Self {
        Self { hresult: Some(hresult), ..Self::default() }
    }
}

impl InitializeResult {
    /// A store provider that says nothing of itself yet.
    #[must_use]
    pub fn store(name: impl Into<String>, version: impl Into<String>) -> Self {
        let provider = crate::wire::Identity { name: name.into(), version: version.into(), vendor: None };
        Self {
            protocol_version: crate::PROTOCOL_VERSION,
            provider,
            role: crate::wire::Role::Store,
            profile: crate::wire::Profile::default(),
            supports: Vec::new(),
            concurrent: false,
        }
    }

    /// A spooler.
    #[must_use]
    pub fn spooler(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { role: crate::wire::Role::Spooler, ..Self::store(name, version) }
    }

    /// The same with the word that it takes requests while others wait for their answers.
    ///
    /// The loop of this crate does: without [`Provider::together`] it serves them one after the other.
    #[must_use]
    pub fn concurrent(mut self) -> Self {
        self.concurrent = true;
        self
    }

    /// The same with these methods added to `supports`.
    #[must_use]
    pub fn serving(mut self, methods: &[&str]) -> Self {
        self.supports.extend(methods.iter().map(|&method| method.to_owned()));
        self
    }
}

/// Takes a member that the protocol requires of the method.
macro_rules! required {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $member:literal, $take:expr;)*) => {
        impl CallParams {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// [`CallError::BadParams`] when the member is missing.
                pub fn $name(&self) -> Result<$type, CallError> {
                    let take: fn(&Self) -> Option<$type> = $take;
                    take(self).ok_or_else(|| CallError::bad_params(concat!("`", $member, "` is missing")))
                }
            )*
        }
    };
}

required! {
    /// The member `session`.
    session: &str = "session", |params| params.session.as_deref();
    /// The member `handle`.
    handle: &str = "handle", |params| params.handle.as_deref();
    /// The member `entry_id`.
    entry_id: &str = "entry_id", |params| params.entry_id.as_deref();
    /// The member `lock_state`.
    lock_state: LockState = "lock_state", |params| params.lock_state;
    /// The member `recipient`.
    recipient: &str = "recipient", |params| params.recipient.as_deref();
    /// The member `value`.
    value: bool = "value", |params| params.value;
    /// The member `kind`.
    kind: RestartKind = "kind", |params| params.kind;
}
