//! One case of a spooler: its steps, one after the other.

use spoolproof_sdk::trace::Event;
use spoolproof_sdk::wire::{CallParams, CallResult};

use super::parts::Parts;
use super::stage::{SPOOLER, Stage};
use crate::conformance::sut::{Outcome, Sut};
use crate::scenario::{Happening, SpoolerScenario, recipient};

/// How often a spooler is woken in a row that says that it is not idle.
pub(in crate::conformance) const WAKES: usize = 25;

/// A provider that a case may kill, and how the error of that is told from others.
pub trait Mortal: Sut {
    /// Whether this error is that the case has killed it.
    fn was_killed(error: &Self::Error) -> bool;
}

/// Takes every step; what keeps the case from going on is an error.
pub(super) fn run<S: Mortal>(sut: &mut S, scenario: &SpoolerScenario, stage: &mut Stage<'_>) -> Result<(), String> {
    for step in &scenario.steps {
        match step {
            Happening::SubmitMessage { message, recipients, sentmail, delete_after_submit } => {
                let recipients = recipients.iter().map(|text| recipient(text)).collect();
                let draft = CallParams {
                    recipients: Some(recipients),
                    sentmail: sentmail.then_some(true),
                    delete_after_submit: delete_after_submit.then_some(true),
                    ..CallParams::default()
                };
                stage.submit(message, draft);
            }
            Happening::AbortSubmit { message } => stage.abort(message),
            Happening::Wake { ready, sent_deferred, of, dies_after } => {
                let named = |flag: &str, place: usize| CallParams {
                    flags: Some(vec![flag.to_owned()]),
                    transport: Some(Parts::name(place)),
                    ..CallParams::default()
                };
                let params = match (ready, sent_deferred, of) {
                    (Some(place), ..) => named("NOTIFY_READYTOSEND", *place),
                    (None, Some(message), Some(place)) => {
                        let entry_id = stage.messages.get(message).cloned();
                        CallParams { entry_id, ..named("NOTIFY_SENTDEFERRED", *place) }
                    }
                    (None, ..) => CallParams::default(),
                };
                stage.lives_for = *dies_after;
                wake(sut, scenario, stage, params)?;
                stage.lives_for = None;
            }
        }
        if let Some(what) = stage.contradiction.take() {
            return Err(what);
        }
    }
    Ok(())
}

/// Wakes the spooler until it is idle, or has been woken often enough.
fn wake<S: Mortal>(
    sut: &mut S,
    scenario: &SpoolerScenario,
    stage: &mut Stage<'_>,
    params: CallParams,
) -> Result<(), String> {
    const WAKE: &str = "spooler.wake";
    let mut params = params;
    if params.transport.is_some() {
        // The news is there before the spooler acts on it.
        let (session, params, call) = (params.transport.clone(), params.clone(), "support.spooler_notify".to_owned());
        stage.record(Event {
            session,
            call,
            params,
            result: CallResult::from(spoolproof_sdk::HResult::S_OK),
            ..Event::default()
        });
    }
    for times in 1..=WAKES {
        let outcome = match sut.call(WAKE, &params, stage) {
            Ok(outcome) => outcome,
            Err(error) if S::was_killed(&error) => {
                stage.lives_for = None;
                stage.died();
                sut.revive().map_err(|error| error.to_string())?;
                reset(sut, scenario)?;
                params = CallParams::default();
                continue;
            }
            Err(error) => return Err(error.to_string()),
        };
        let result = match outcome {
            Outcome::Returned(result) => result,
            other => return Err(format!("{WAKE} was answered with {other:?}")),
        };
        let idle = result.idle == Some(true);
        let settled = (!idle && times == WAKES).then_some(true);
        let session = Some(SPOOLER.to_owned());
        stage.record(Event { session, call: WAKE.to_owned(), params, result, x_settled: settled, ..Event::default() });
        if idle {
            break;
        }
        params = CallParams::default();
    }
    Ok(())
}

/// A spooler that has just started, and knows the transports and preprocessors of the case.
pub(super) fn reset<S: Sut>(sut: &mut S, scenario: &SpoolerScenario) -> Result<(), String> {
    let params = CallParams {
        transports: Some(Parts::transports(scenario)),
        preprocessors: Some(Parts::preprocessors(scenario)),
        ..CallParams::default()
    };
    match sut.call("reset", &params, &mut Nobody) {
        Ok(Outcome::Returned(result)) if result.hresult.is_some_and(spoolproof_sdk::HResult::is_success) => Ok(()),
        Ok(other) => Err(format!("reset was answered with {other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

/// While a spooler starts there is nobody to call.
struct Nobody;

impl crate::conformance::sut::Support for Nobody {
    fn has(&self, _method: &str) -> bool {
        false
    }

    fn answer(
        &mut self,
        _method: &str,
        _params: &CallParams,
        _sut: &mut dyn crate::conformance::sut::Observe,
    ) -> CallResult {
        CallResult::from(spoolproof_sdk::HResult::MAPI_E_NO_SUPPORT)
    }
}
