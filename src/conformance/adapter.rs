//! An implementation behind an adapter, as something that can be driven.

use std::collections::BTreeSet;
use std::time::Duration;

use spoolproof_sdk::wire::{CallParams, Identity, InitializeResult, Observation};

use super::connection::{Connection, Parting};
use super::deadline::{Deadline, Deadlines};
use super::error::{AdapterError, Fault};
use super::stop::Stop;
use super::sut::{Came, Notification, Oddity, Outcome, Request, Support, SupportCall, Sut};
use super::target::Target;

/// How an adapter is driven.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long it may take.
    pub deadlines: Deadlines,
    /// Who we say that we are.
    pub checker: Identity,
    /// When to give up waiting, whatever the deadlines.
    pub stop: Stop,
}

impl Default for Options {
    fn default() -> Self {
        let checker = Identity {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            vendor: None,
        };
        Self { deadlines: Deadlines::default(), checker, stop: Stop::default() }
    }
}

/// A provider behind an adapter that runs.
///
/// An adapter that broke the protocol is ended at once; every call after that fails until [`Sut::revive`]. Dropping
/// it asks the adapter to shut down, waits no longer than [`Deadlines::exit`], and kills it with all that it started.
#[derive(Debug)]
pub struct Adapter {
    target: Target,
    options: Options,
    about: InitializeResult,
    connection: Connection,
}

impl Adapter {
    /// Starts the adapter at `target`, or connects to it, and initializes it.
    ///
    /// ```no_run
    /// use spoolproof::conformance::{Adapter, Options, Sut as _, Target};
    ///
    /// let target = Target::parse("./my-adapter --profile Test")?;
    /// let mut adapter = Adapter::start(&target, Options::default())?;
    /// let seen = adapter.observe("m1")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When it cannot be reached, breaks the protocol, or speaks another version of it.
    pub fn start(target: &Target, options: Options) -> Result<Self, AdapterError> {
        let (connection, about) = open(target, &options)?;
        Ok(Self { target: target.clone(), options, about, connection })
    }

    /// The end of what the adapter has logged, at most 64 KiB; empty over TCP, and after an error, which holds it then.
    #[must_use]
    pub fn stderr_tail(&self) -> String {
        self.connection.stderr_tail()
    }

    /// Asks the adapter to shut down, and says how it did; every call after that fails until [`Sut::revive`].
    pub(super) fn part(&mut self, limit: Duration) -> Parting {
        self.connection.part(limit)
    }

    fn checked<T>(&mut self, outcome: Result<T, Fault>) -> Result<T, AdapterError> {
        outcome.map_err(|fault| self.connection.fail(fault))
    }
}

fn open(target: &Target, options: &Options) -> Result<(Connection, InitializeResult), AdapterError> {
    let mut connection = Connection::open(target, options.deadlines.call, options.stop.clone())?;
    match connection.initialize(&options.checker, options.deadlines.limit("initialize")) {
        Ok(about) => Ok((connection, about)),
        Err(fault) => Err(connection.fail(fault)),
    }
}

impl Sut for Adapter {
    type Error = AdapterError;

    fn about(&self) -> &InitializeResult {
        &self.about
    }

    fn call(&mut self, method: &str, params: &CallParams, support: &mut dyn Support) -> Result<Outcome, AdapterError> {
        let outcome = self.connection.call(method, params, self.options.deadlines.limit(method), support);
        self.checked(outcome)
    }

    fn together(&mut self, calls: &[Request], support: &mut dyn Support) -> Result<Vec<Came>, AdapterError> {
        // An adapter may serve one after the other, and each has the time that it would have alone.
        let limit = calls.iter().map(|call| self.options.deadlines.limit(call.method)).sum();
        let came = self.connection.together(calls, limit, support);
        self.checked(came)
    }

    fn observe(&mut self, entry_id: &str) -> Result<Option<Observation>, AdapterError> {
        let observation = self.connection.observe(entry_id, &Deadline::after(self.options.deadlines.call));
        self.checked(observation)
    }

    fn take_support_calls(&mut self) -> Vec<SupportCall> {
        std::mem::take(&mut self.connection.support_calls)
    }

    fn take_notifications(&mut self) -> Vec<Notification> {
        std::mem::take(&mut self.connection.notifications)
    }

    fn wait_notification(&mut self, limit: Duration) -> Result<(), AdapterError> {
        let answers = Deadline::after(self.options.deadlines.call);
        let waited = self.connection.wait_notification(limit, &answers);
        self.checked(waited)
    }

    fn take_oddities(&mut self) -> BTreeSet<Oddity> {
        std::mem::take(&mut self.connection.oddities)
    }

    fn revive(&mut self) -> Result<(), AdapterError> {
        self.connection.kill();
        (self.connection, self.about) = open(&self.target, &self.options)?;
        Ok(())
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        self.connection.close(self.options.deadlines.exit);
    }
}
