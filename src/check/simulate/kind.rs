//! Kinds of things that happen: what a walk chooses among, and what it counts.

use std::fmt;

use crate::check::story::handed;
use crate::model::{Action, Call, OpenFlags, Preprocessed, Session, Stop};

/// Who acts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Actor {
    /// A client.
    Client,
    /// A spooler.
    Spooler,
    /// A preprocessor.
    Preprocessor,
    /// A transport.
    Transport,
    /// Nobody: something fails, or comes back.
    Fault,
}

/// A kind of thing that happens.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Kind {
    /// Who acts.
    pub actor: Actor,
    /// What happens, in a few words.
    pub what: &'static str,
}

impl Kind {
    /// The kind of `action`.
    #[must_use]
    pub const fn of(action: &Action) -> Self {
        let (actor, what) = match action {
            Action::Call { session: Session::Client(_), call, .. } => (Actor::Client, called(*call)),
            Action::Call { session: Session::Spooler(_), call, .. } => (Actor::Spooler, called(*call)),
            Action::Deliver { .. } => (Actor::Transport, "sends to a recipient"),
            Action::Preprocess { result: Preprocessed::Done, .. } => (Actor::Preprocessor, "preprocesses"),
            Action::Preprocess { result: Preprocessed::Fails, .. } => (Actor::Preprocessor, "fails"),
            Action::Preprocess { result: Preprocessed::Undeliverable, .. } => {
                (Actor::Preprocessor, "drops a recipient")
            }
            Action::Hand { result, .. } => (Actor::Transport, handed(*result)),
            Action::End { .. } => (Actor::Transport, "ends"),
            Action::Report { .. } => (Actor::Spooler, "report"),
            Action::RemoveInfo { .. } => (Actor::Spooler, "remove preprocessed data"),
            Action::Retry { .. } => (Actor::Spooler, "try again"),
            Action::Announce { .. } => (Actor::Transport, "announces"),
            Action::Restart(Stop::Clean) => (Actor::Fault, "store shuts down"),
            Action::Restart(Stop::Crash) => (Actor::Fault, "store crashes"),
            Action::Cut { .. } => (Actor::Fault, "store crashes in a call"),
            Action::SpoolerDies(_) => (Actor::Fault, "spooler dies"),
            Action::TransportDies(_) => (Actor::Fault, "transport dies"),
            Action::Away(_) => (Actor::Fault, "transport goes away"),
            Action::Back(_) => (Actor::Fault, "transport comes back"),
        };
        Self { actor, what }
    }
}

const fn called(call: Call) -> &'static str {
    match call {
        Call::Abort => "abort",
        Call::Create(_) => "create",
        Call::Finish(_) => "finish",
        Call::GetProps => "read",
        Call::Leave => "leave",
        Call::NotifyNewMail => "new mail",
        Call::Open(OpenFlags::None) => "open",
        Call::Open(OpenFlags::Modify) => "open to modify",
        Call::Open(OpenFlags::BestAccess) => "open, best access",
        Call::Release => "release",
        Call::Restart(_) => "restart",
        Call::SetLock(true) => "lock",
        Call::SetLock(false) => "unlock",
        Call::SetProps { .. } => "write",
        Call::SetResponsibility { .. } => "set responsibility",
        Call::Submit(_) => "submit",
        Call::Wait => "wait",
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Client => "clients",
            Self::Spooler => "spoolers",
            Self::Preprocessor => "preprocessors",
            Self::Transport => "transports",
            Self::Fault => "faults",
        })
    }
}
