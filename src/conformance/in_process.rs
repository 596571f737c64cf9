//! A provider without a process: it is called where the checker runs, and so thousands of runs cost little.
//!
//! What a process of its own would lose at a `restart`, the provider must drop by itself; the reference store does.

use std::fmt;
use std::time::Duration;

use spoolproof_sdk::wire::{CallParams, CallResult, InitializeResult, Observation};
use spoolproof_sdk::{Answer, CallError, Mapi, Provider, call};

use super::sut::{Came, Notification, Observe, Outcome, Request, Served, Support, SupportCall, Sut, in_turn};

/// Why a call on a provider without a process came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InProcessError {
    /// The provider reported its own failure.
    #[error("{0}")]
    Failed(CallError),
    /// The case has killed it.
    #[error("the provider was killed, as the case wants")]
    Killed,
}

/// How a provider is started, the first time and after each death.
type Start<P> = Box<dyn Fn() -> Result<P, CallError> + Send>;

/// A provider that is driven by function calls.
///
/// ```
/// use spoolproof::conformance::{InProcess, Sut as _, Trivial};
///
/// let mut sut = InProcess::start(|| Ok(Trivial::named("ok").expect("a trivial provider")))?;
/// assert!(sut.observe("e1")?.is_some());
/// # Ok::<(), spoolproof::conformance::InProcessError>(())
/// ```
pub struct InProcess<P> {
    start: Start<P>,
    pub(super) provider: P,
    about: InitializeResult,
    support_calls: Vec<SupportCall>,
    notifications: Vec<Notification>,
}

impl<P: Provider> InProcess<P> {
    /// Starts the provider that `start` makes.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(start: impl Fn() -> Result<P, CallError> + Send + 'static) -> Result<Self, InProcessError> {
        let mut provider = start().map_err(InProcessError::Failed)?;
        let about = provider.initialize(&CallParams::default()).map_err(InProcessError::Failed)?;
        let (support_calls, notifications) = (Vec::new(), Vec::new());
        Ok(Self { start: Box::new(start), provider, about, support_calls, notifications })
    }
}

impl<P: Provider> Sut for InProcess<P> {
    type Error = InProcessError;

    fn about(&self) -> &InitializeResult {
        &self.about
    }

    fn call(
        &mut self,
        method: &str,
        params: &CallParams,
        support: &mut dyn Support,
    ) -> Result<Outcome, InProcessError> {
        self.support_calls.clear();
        let mut played =
            Played { support, calls: &mut self.support_calls, notifications: &mut self.notifications, killed: false };
        let answer = match method {
            "spooler.wake" => self.provider.wake(&mut played, params).map(idle),
            _ => call(&mut self.provider, &mut played, method, params),
        };
        if played.killed {
            return Err(InProcessError::Killed);
        }
        outcome(answer)
    }

    fn together(&mut self, calls: &[Request], support: &mut dyn Support) -> Result<Vec<Came>, InProcessError> {
        let named: Vec<_> = calls.iter().map(|call| (call.method.to_owned(), call.params.clone())).collect();
        self.support_calls.clear();
        let mut played = Played {
            support: &mut *support,
            calls: &mut self.support_calls,
            notifications: &mut self.notifications,
            killed: false,
        };
        let answers = self.provider.together(&mut played, &named);
        if played.killed {
            return Err(InProcessError::Killed);
        }
        let Some(answers) = answers else { return in_turn(self, calls.iter().enumerate(), support) };
        let mut came: Vec<Came> = self.support_calls.drain(..).map(Box::new).map(Came::Support).collect();
        for (place, answer) in answers {
            came.push(Came::Answered(place, Box::new(outcome(answer)?)));
        }
        Ok(came)
    }

    fn observe(&mut self, entry_id: &str) -> Result<Option<Observation>, InProcessError> {
        look(&mut self.provider, entry_id).map_err(InProcessError::Failed)
    }

    fn take_support_calls(&mut self) -> Vec<SupportCall> {
        std::mem::take(&mut self.support_calls)
    }

    fn take_notifications(&mut self) -> Vec<Notification> {
        std::mem::take(&mut self.notifications)
    }

    fn wait_notification(&mut self, _limit: Duration) -> Result<(), InProcessError> {
        Ok(()) // Whatever it sends, it has sent before it returned.
    }

    fn revive(&mut self) -> Result<(), InProcessError> {
        self.provider = (self.start)().map_err(InProcessError::Failed)?;
        self.about = self.provider.initialize(&CallParams::default()).map_err(InProcessError::Failed)?;
        self.notifications.clear();
        Ok(())
    }
}

impl<P: fmt::Debug> fmt::Debug for InProcess<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// What a call came to.
fn outcome(answer: Answer) -> Result<Outcome, InProcessError> {
    match answer {
        Ok(result) => Ok(Outcome::Returned(result)),
        Err(CallError::Unsupported) => Ok(Outcome::Unsupported),
        Err(CallError::BadParams(what)) => Ok(Outcome::BadParams(what)),
        Err(error) => Err(InProcessError::Failed(error)),
    }
}

/// The result of `spooler.wake`, as the wire has it.
fn idle(idle: bool) -> CallResult {
    CallResult { idle: Some(idle), ..CallResult::default() }
}

fn look(provider: &mut dyn Provider, entry_id: &str) -> Result<Option<Observation>, CallError> {
    let params = CallParams { entry_id: Some(entry_id.to_owned()), ..CallParams::default() };
    match provider.observe(&mut Nobody, &params) {
        Ok(seen) => Ok(Some(seen)),
        Err(CallError::Unsupported) => Ok(None),
        Err(error) => Err(error),
    }
}

/// MAPI, as whoever plays it for the case answers.
struct Played<'a> {
    support: &'a mut dyn Support,
    calls: &'a mut Vec<SupportCall>,
    notifications: &'a mut Vec<Notification>,
    /// The case has killed the provider: whatever it still asks, nobody hears.
    killed: bool,
}

impl Mapi for Played<'_> {
    fn call(&mut self, provider: &mut dyn Provider, method: &str, params: &CallParams) -> Answer {
        if self.killed {
            return Err(gone());
        }
        if !self.support.has(method) {
            return Err(CallError::Unsupported);
        }
        match self.support.serve(method, params, &mut Looking(provider)) {
            Served::Result(answer) => {
                let (method, params, kept) = (method.to_owned(), params.clone(), (*answer).clone());
                self.calls.push(SupportCall { method, params, answer: kept });
                Ok(*answer)
            }
            Served::BadParams(what) => Err(CallError::BadParams(what)),
            Served::Killed => {
                self.killed = true;
                Err(gone())
            }
        }
    }

    fn notify(&mut self, method: &str, params: &CallParams) -> Result<(), CallError> {
        if self.killed {
            return Err(gone());
        }
        self.notifications.push(Notification { method: method.to_owned(), params: params.clone() });
        Ok(())
    }
}

fn gone() -> CallError {
    CallError::Lost(std::io::ErrorKind::BrokenPipe.into())
}

/// The provider while a support call of its own waits for its answer.
struct Looking<'a>(&'a mut dyn Provider);

impl Observe for Looking<'_> {
    fn observe(&mut self, entry_id: &str) -> Option<Observation> {
        look(self.0, entry_id).ok().flatten()
    }
}

/// While a provider is looked at there is nobody to call.
struct Nobody;

impl Mapi for Nobody {
    fn call(&mut self, _provider: &mut dyn Provider, _method: &str, _params: &CallParams) -> Answer {
        Err(CallError::Unsupported)
    }

    fn notify(&mut self, _method: &str, _params: &CallParams) -> Result<(), CallError> {
        Ok(())
    }
}
