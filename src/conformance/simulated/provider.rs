//! The simulated provider, as the runner drives it.

use std::time::Duration;

use spoolproof_sdk::wire::{
    Access, CallParams, CallResult, Coupling, InitializeResult, NOTIFICATIONS, Observation, Profile, STORE_METHODS,
    SUPPORT_METHODS, SortsQueue,
};
use spoolproof_sdk::{Answer, CallError, HResult};

use super::choice::Assumed;
use super::messages::Store;
use super::will::{Latitude, Will};
use crate::conformance::sut::{Came, Notification, Outcome, Request, Support, SupportCall, Sut, in_turn};
use crate::model::Rules;
use crate::oracle::EXCLUSIVE;

/// A call that has no [`CallResult`], and a method of [`Sut`] to itself.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{method}` cannot be called on the model: use `Sut::{instead}`")]
pub struct SimulatedError {
    pub(super) method: &'static str,
    pub(super) instead: &'static str,
}

/// The model as a message store.
///
/// Of the steps that the model permits it takes those that follow every SHOULD and need no reading beyond the rules',
/// and of these the first, or the first that [`Sut::assume`] allows. Equal calls have equal answers, down to the names
/// of handles and the times, in every case anew. [`Simulated::at_random`] takes any of them instead.
///
/// ```
/// use spoolproof::conformance::{Simulated, Sut as _};
///
/// let mut model = Simulated::default();
/// let seen = model.observe("e1")?.expect("the model shows everything");
/// assert_eq!(seen.exists, Some(false));
/// # Ok::<(), spoolproof::conformance::SimulatedError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulated {
    about: InitializeResult,
    rules: Rules,
    pub(super) store: Store,
    assumed: Assumed,
    pub(super) contradiction: Option<String>,
    pub(super) support_calls: Vec<SupportCall>,
    pub(super) notifications: Vec<Notification>,
    /// Those that are still on their way.
    pub(super) late: Vec<Notification>,
    pub(super) will: Will,
}

impl Default for Simulated {
    /// A store that sends nothing by itself and sorts its queue.
    fn default() -> Self {
        Self::new(Profile {
            outgoing_submission: Some(true),
            coupling: Some(Coupling::None),
            sorts_queue: Some(SortsQueue::Store),
            ..Profile::default()
        })
    }
}

impl Simulated {
    /// A store with this profile, which follows the register's default readings and those that the profile declares.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self::with_rules(profile, Rules::defaults())
    }

    /// A store with this profile, which follows `rules` and, over them, the readings that the profile declares.
    #[must_use]
    pub fn with_rules(profile: Profile, rules: Rules) -> Self {
        let about = InitializeResult::store("model", env!("CARGO_PKG_VERSION"));
        let about = about.serving(STORE_METHODS).serving(SUPPORT_METHODS).serving(NOTIFICATIONS);
        Self {
            store: Store::new(profile.clone(), rules),
            about: InitializeResult { profile, ..about }.concurrent(),
            rules,
            assumed: Assumed::default(),
            contradiction: None,
            support_calls: Vec::new(),
            notifications: Vec::new(),
            late: Vec::new(),
            will: Will::default(),
        }
    }

    /// A store that takes any of the steps that `rules` permit without a word, by chance: equal seeds, equal stores.
    ///
    /// Of an ambiguity whose readings exclude each other it follows one throughout, as any real store does.
    #[must_use]
    pub fn at_random(profile: Profile, mut rules: Rules, seed: u64, latitude: Latitude) -> Self {
        let mut will = Will::random(seed, latitude);
        for dim in EXCLUSIVE {
            let readings: Vec<u8> = rules.silent_readings(dim).collect();
            if let Some(reading) = will.pick(&readings) {
                rules.narrow(dim, *reading);
            }
        }
        Self { will, ..Self::with_rules(profile, rules) }
    }

    /// The first reply since the last reset that a step assumed and the model does not permit, in words.
    ///
    /// The model answers such a step as if nothing had been assumed, so what follows it may be another story.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        self.contradiction.clone()
    }

    /// An empty store; `change` stands over the own profile until the next reset.
    fn reset(&mut self, change: Option<&Profile>) {
        let own = &self.about.profile;
        let profile = change.map_or_else(|| own.clone(), |change| own.overridden_by(change));
        self.store = Store::new(profile, self.rules);
        self.contradiction = None;
        self.support_calls.clear();
        self.notifications.clear();
        self.late.clear();
    }

    fn answer(&mut self, method: &str, params: &CallParams, assumed: &Assumed, support: &mut dyn Support) -> Answer {
        match method {
            "get_outgoing_queue" => self.read_queue(params, assumed),
            "reset" => {
                self.reset(params.profile.as_ref());
                Ok(CallResult::from(HResult::S_OK))
            }
            "restart" => self.restart(params, assumed),
            "shutdown" => Ok(CallResult::default()),
            method if STORE_METHODS.contains(&method) => self.message_call(method, params, assumed, support),
            _ => Err(CallError::Unsupported),
        }
    }
}

impl Sut for Simulated {
    type Error = SimulatedError;

    fn about(&self) -> &InitializeResult {
        &self.about
    }

    fn call(
        &mut self,
        method: &str,
        params: &CallParams,
        support: &mut dyn Support,
    ) -> Result<Outcome, SimulatedError> {
        match method {
            "initialize" => return Err(SimulatedError { method: "initialize", instead: "about" }),
            "observe" => return Err(SimulatedError { method: "observe", instead: "observe" }),
            _ => self.support_calls.clear(),
        }
        if self.will.strays(3) {
            self.notifications.append(&mut self.late);
        }
        let assumed = std::mem::take(&mut self.assumed);
        Ok(match self.answer(method, params, &assumed, support) {
            Ok(result) => Outcome::Returned(result),
            Err(CallError::Unsupported) => Outcome::Unsupported,
            Err(CallError::BadParams(what)) => Outcome::BadParams(what),
            Err(other) => Outcome::BadParams(other.to_string()),
        })
    }

    /// One after the other, in an order that is the store's choice.
    fn together(&mut self, calls: &[Request], support: &mut dyn Support) -> Result<Vec<Came>, SimulatedError> {
        let mut left: Vec<_> = calls.iter().enumerate().collect();
        let mut order = Vec::with_capacity(left.len());
        while !left.is_empty() {
            order.push(left.remove(self.will.below(left.len())));
        }
        in_turn(self, order, support)
    }

    fn assume(&mut self, expect: &[HResult], access: Option<Access>) {
        self.assumed = Assumed { expect: expect.to_vec(), access };
    }

    fn observe(&mut self, entry_id: &str) -> Result<Option<Observation>, SimulatedError> {
        Ok(Some(self.store.observation(entry_id)))
    }

    fn take_support_calls(&mut self) -> Vec<SupportCall> {
        std::mem::take(&mut self.support_calls)
    }

    fn take_notifications(&mut self) -> Vec<Notification> {
        std::mem::take(&mut self.notifications)
    }

    fn wait_notification(&mut self, _limit: Duration) -> Result<(), SimulatedError> {
        self.notifications.append(&mut self.late);
        Ok(())
    }

    fn wrong_assumption(&self) -> Option<String> {
        self.contradiction()
    }

    fn revive(&mut self) -> Result<(), SimulatedError> {
        self.reset(None);
        Ok(())
    }
}
