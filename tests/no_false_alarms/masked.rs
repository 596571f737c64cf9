//! A provider behind an adapter that shows less than it could.

use std::time::Duration;

use spoolproof::conformance::{Notification, Outcome, Simulated, SimulatedError, Support, SupportCall, Sut};
use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{CallParams, CallResult, InitializeResult, Observation, Profile};

use crate::dice::Dice;

/// What an adapter leaves out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Mask {
    /// Support calls are not routed: the server does that work by itself.
    pub(crate) support: bool,
    /// Notifications are not sent.
    pub(crate) notifications: bool,
    /// Members of `observe` that are never there, as bits.
    pub(crate) never: u16,
    /// Every other member is missing once in so many times; 0 for never.
    pub(crate) sometimes: usize,
    /// PR_ACCESS_LEVEL cannot be read, now and then.
    pub(crate) access: bool,
}

/// Drives the model, and shows what the mask leaves.
#[derive(Debug)]
pub(crate) struct Masked {
    model: Simulated,
    about: InitializeResult,
    mask: Mask,
    dice: Dice,
    /// Now and then it shows what is not so.
    pub(crate) lies: bool,
}

impl Masked {
    pub(crate) fn new(model: Simulated, claims: Profile, mask: Mask, seed: u64) -> Self {
        let mut about = InitializeResult { profile: claims, ..model.about().clone() };
        let hidden = |method: &str| {
            mask.support && method.starts_with("support.") || mask.notifications && method.starts_with("notify.")
        };
        about.supports.retain(|method| !hidden(method));
        Self { model, about, mask, dice: Dice::new(seed), lies: false }
    }
}

/// MAPI as a server plays it for itself.
struct Inside<'a>(&'a mut Dice);

impl Support for Inside<'_> {
    fn answer(
        &mut self,
        method: &str,
        _params: &CallParams,
        _sut: &mut dyn spoolproof::conformance::Observe,
    ) -> CallResult {
        let fails = self.0.one_in(8);
        let code = if fails { HResult::MAPI_E_CALL_FAILED } else { HResult::S_OK };
        let mut flags = Vec::new();
        for flag in ["NEEDS_PREPROCESSING", "NEEDS_SPOOLER"] {
            if method == "support.expand_recips" && self.0.one_in(3) {
                flags.push(flag.to_owned());
            }
        }
        // A hook that took a message over, or failed, is believed only where the log shows it.
        let code = if method == "support.do_sent_mail" { HResult::S_OK } else { code };
        CallResult { hresult: Some(code), flags: Some(flags), ..CallResult::default() }
    }
}

impl Sut for Masked {
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
        let outcome = if self.mask.support {
            self.model.call(method, params, &mut Inside(&mut self.dice))
        } else {
            self.model.call(method, params, support)
        };
        outcome.map(|outcome| match outcome {
            Outcome::Returned(mut result) => {
                if self.mask.access && self.dice.one_in(3) {
                    result.access = None;
                }
                Outcome::Returned(result)
            }
            other => other,
        })
    }

    fn observe(&mut self, entry_id: &str) -> Result<Option<Observation>, SimulatedError> {
        let mut seen = self.model.observe(entry_id)?.unwrap_or_default();
        let (mask, dice) = (self.mask, &mut self.dice);
        let mut bit = 0;
        let mut hides = || {
            bit += 1;
            mask.never >> (bit - 1) & 1 == 1 || mask.sometimes > 0 && dice.one_in(mask.sometimes)
        };
        macro_rules! hide {
            ($($member:ident),+) => { $(if hides() { seen.$member = None; })+ };
        }
        hide!(exists, folder, copies, sentmail_copies, subject, message_flags, submit_flags, client_submit_time);
        hide!(preprocess, in_outgoing_queue, recipients);
        if self.lies && dice.one_in(12) {
            seen.in_outgoing_queue = seen.in_outgoing_queue.map(|queued| !queued);
        }
        Ok(Some(seen))
    }

    fn take_support_calls(&mut self) -> Vec<SupportCall> {
        let calls = self.model.take_support_calls();
        if self.mask.support { Vec::new() } else { calls }
    }

    fn take_notifications(&mut self) -> Vec<Notification> {
        let notifications = self.model.take_notifications();
        if self.mask.notifications { Vec::new() } else { notifications }
    }

    fn wait_notification(&mut self, limit: Duration) -> Result<(), SimulatedError> {
        self.model.wait_notification(limit)
    }

    fn revive(&mut self) -> Result<(), SimulatedError> {
        self.model.revive()
    }
}
