//! The finite instance that a checker explores: how much there is of everything, and who does what.
//!
//! Only [`super::store::World`] asks it; the step function knows no bounds.

use arrayvec::ArrayVec;

use super::call::{Draft, Env, Hook, Profile};
use super::preprocessor::Preprocessor;
use super::store::World;
use super::transport::Transport;

/// One finite instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// What the store says of itself.
    pub profile: Profile,
    /// The messages that may come to be, in the order in which they are created.
    pub messages: ArrayVec<Composed, { World::MESSAGES_MAX }>,
    /// What each client does.
    pub clients: ArrayVec<Vec<ClientCall>, { World::CLIENTS_MAX }>,
    /// How many spooler logons there are.
    pub spoolers: u8,
    /// Which messages a spooler takes up.
    pub order: SpoolerOrder,
    /// Whether a spooler may give a message back before it has been sent to everybody (SLS-06, XOM-02).
    pub unlocks: bool,
    /// How often the store is killed.
    pub crashes: u8,
    /// How often it is shut down.
    pub stops: u8,
    /// Whether it may be killed in the middle of a call, between two writes to its disk (S1).
    pub cuts: bool,
    /// How often a spooler dies.
    pub spooler_crashes: u8,
    /// How often a transport dies.
    pub transport_crashes: u8,
    /// How often a transport becomes unavailable.
    pub outages: u8,
    /// The transports, in transport order; without any, one that serves everybody is always there.
    pub transports: ArrayVec<Transport, { World::TRANSPORTS_MAX }>,
    /// The preprocessors, in the order of their registration.
    pub preprocessors: ArrayVec<Preprocessor, { Preprocessor::MAX }>,
    /// What MAPI may answer while a client's SubmitMessage runs.
    pub answers: Vec<Env>,
    /// What MAPI may answer while the spooler's SubmitMessage runs.
    pub continuations: Vec<Env>,
    /// What MAPI may answer while FinishedMsg runs.
    pub hooks: Vec<Hook>,
    /// Recipients, as bits, that PrepareSubmit finds to have a message that is sent again (RTY-03).
    pub resent: u32,
}

/// A message that may come to be.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Composed {
    /// The client that creates it, from 1.
    pub author: u8,
    /// What it may be made of.
    pub drafts: Vec<Draft>,
    /// How many recipients there are when ExpandRecips has put members in the place of distribution lists.
    pub expands_to: Option<u8>,
    /// For each transport the recipients whose address type it has registered, as bits.
    pub fits: [u32; World::TRANSPORTS_MAX],
    /// Preprocessors that match a recipient by its address type, and whose transport takes it, as bits (RPP-06..09).
    pub matched: u8,
}

impl Scope {
    /// Recipients of message `at` that transport number `transport` takes by their address types, as bits.
    #[must_use]
    pub fn fits(&self, at: usize, transport: u8) -> u32 {
        self.messages.get(at).and_then(|composed| composed.fits.get(usize::from(transport))).copied().unwrap_or(0)
    }
}

/// A call that a client makes whenever it can, in the order in which a state's actions are listed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ClientCall {
    /// OpenEntry without a flag.
    Open,
    /// OpenEntry with MAPI_MODIFY.
    OpenModify,
    /// OpenEntry with MAPI_BEST_ACCESS.
    OpenBestAccess,
    /// IUnknown::Release.
    Release,
    /// SetProps and SaveChanges.
    Write,
    /// SubmitMessage of a message that is not on its way out.
    Submit,
    /// SubmitMessage of a message that already is (E6).
    SubmitAgain,
    /// AbortSubmit.
    Abort,
    /// FinishedMsg, which is not for clients (FIN-03).
    Finish,
}

/// Which messages a spooler takes up.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SpoolerOrder {
    /// One at a time, the oldest that nobody has locked (SLS-05).
    #[default]
    Oldest,
    /// Any, several at a time, and after another spooler was faster (SLS-06).
    Any,
}
