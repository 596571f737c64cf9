//! The system under test, as the runner sees it: calls go in, results, support calls and notifications come out.

use std::collections::BTreeSet;
use std::time::Duration;

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Access, CallParams, CallResult, InitializeResult, Observation, SUPPORT_METHODS};

/// A call that came from the adapter while one of ours was in progress, and what we answered.
#[derive(Clone, Debug, PartialEq)]
pub struct SupportCall {
    /// `support.…`
    pub method: String,
    /// Its parameters.
    pub params: CallParams,
    /// Our answer.
    pub answer: CallResult,
}

/// A notification (`notify.…`).
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// `notify.table_modified` or `notify.new_mail`.
    pub method: String,
    /// Its parameters.
    pub params: CallParams,
}

/// A call that is made while others are in progress.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The protocol's method.
    pub method: &'static str,
    /// Its parameters.
    pub params: CallParams,
}

/// What came while calls overlapped.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    /// A support call, from one of them.
    Support(Box<SupportCall>),
    /// The answer to the call in this place.
    Answered(usize, Box<Outcome>),
}

/// Something in the adapter's messages that the protocol lets pass, and that nobody reads.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Oddity {
    /// A member that the protocol does not have.
    Member {
        /// The method whose answer has it.
        of: String,
        /// Its path below the result: `rows.?.entryid`, with `?` for any element of a list.
        path: String,
    },
    /// A notification that the protocol does not have, and that does not begin with `notify.`.
    Notification(String),
    /// A request that the protocol does not have, answered with -32601.
    Request(String),
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The provider answered.
    Returned(CallResult),
    /// JSON-RPC error -32601: the adapter does not serve the method.
    Unsupported,
    /// JSON-RPC error -32602: the adapter found the parameters bad (a dead handle, for instance).
    BadParams(String),
}

/// What the checker may look at while a support call waits for its answer.
pub trait Observe {
    /// Calls `observe`; `None` when nothing can be seen.
    ///
    /// When the adapter fails here, the call that the support call belongs to returns the error.
    fn observe(&mut self, entry_id: &str) -> Option<Observation>;
}

/// What the checker makes of a request of the adapter's.
#[derive(Clone, Debug, PartialEq)]
pub enum Served {
    /// It answers.
    Result(Box<CallResult>),
    /// It refuses the parameters (`-32602`).
    BadParams(String),
    /// It ends the adapter, as the case wants.
    Killed,
}

/// Answers the requests that come in during one of our calls.
pub trait Support {
    /// Whether the part that is played has this method. MAPI's support object is played for a store.
    fn has(&self, method: &str) -> bool {
        SUPPORT_METHODS.contains(&method)
    }

    /// Serves a request for a method that the part has.
    fn serve(&mut self, method: &str, params: &CallParams, sut: &mut dyn Observe) -> Served {
        Served::Result(Box::new(self.answer(method, params, sut)))
    }

    /// What MAPI returns for `method`, in the case that is running; `sut` shows the store as it is at that moment.
    fn answer(&mut self, method: &str, params: &CallParams, sut: &mut dyn Observe) -> CallResult;
}

/// Something that can be driven like a provider behind an adapter: the adapter itself, or the model.
pub trait Sut {
    /// Why the adapter, and not the provider, failed.
    type Error: std::error::Error;

    /// What the adapter said of itself.
    fn about(&self) -> &InitializeResult;

    /// Calls `method`; support calls that come meanwhile are answered by `support`.
    ///
    /// # Errors
    ///
    /// When the adapter broke the protocol, died, timed out or reported its own failure (`-32000`).
    fn call(&mut self, method: &str, params: &CallParams, support: &mut dyn Support) -> Result<Outcome, Self::Error>;

    /// Makes calls that overlap: all are made before any has returned. What came, in its order, with each answer once.
    ///
    /// A provider that serves one after the other does so in some order, which is as good as any.
    ///
    /// # Errors
    ///
    /// As [`Sut::call`].
    fn together(&mut self, calls: &[Request], support: &mut dyn Support) -> Result<Vec<Came>, Self::Error> {
        in_turn(self, calls.iter().enumerate(), support)
    }

    /// Tells what the scenario assumes of the next call's reply. Only a provider that has a choice listens.
    fn assume(&mut self, _expect: &[HResult], _access: Option<Access>) {}

    /// What the scenario has assumed since the last reset and no store may do, in words. Only the model can tell.
    fn wrong_assumption(&self) -> Option<String> {
        None
    }

    /// Calls `observe`; `None` when the adapter does not serve it.
    ///
    /// # Errors
    ///
    /// As [`Sut::call`].
    fn observe(&mut self, entry_id: &str) -> Result<Option<Observation>, Self::Error>;

    /// The support calls of the last [`Sut::call`], in order, those of one that failed included.
    fn take_support_calls(&mut self) -> Vec<SupportCall>;

    /// The notifications that were read since the last time, in order; after an error those before it.
    ///
    /// A notification is read during the next call or wait. `wait_notification(Duration::ZERO)` reads what is there.
    fn take_notifications(&mut self) -> Vec<Notification>;

    /// Waits until a notification is there to take, or `limit` has passed.
    ///
    /// # Errors
    ///
    /// As [`Sut::call`].
    fn wait_notification(&mut self, limit: Duration) -> Result<(), Self::Error>;

    /// What was odd in the adapter's messages since the last time, each once. Only an adapter can be odd.
    fn take_oddities(&mut self) -> BTreeSet<Oddity> {
        BTreeSet::new()
    }

    /// Ends the adapter and starts it anew, after an error.
    ///
    /// # Errors
    ///
    /// When it does not start.
    fn revive(&mut self) -> Result<(), Self::Error>;
}

/// Makes calls that overlap one after the other, which is one of the orders that they may have; each with its place.
pub(super) fn in_turn<'c, S: Sut + ?Sized>(
    sut: &mut S,
    calls: impl IntoIterator<Item = (usize, &'c Request)>,
    support: &mut dyn Support,
) -> Result<Vec<Came>, S::Error> {
    let mut came = Vec::new();
    for (place, call) in calls {
        let outcome = sut.call(call.method, &call.params, support)?;
        came.extend(sut.take_support_calls().into_iter().map(Box::new).map(Came::Support));
        came.push(Came::Answered(place, Box::new(outcome)));
    }
    Ok(came)
}
