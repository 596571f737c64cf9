//! Preprocessing, and the removal of what it left.

use serde_json::Value;
use spoolproof_sdk::wire::{CallParams, LockState};
use spoolproof_sdk::{CallError, HResult, Mapi};

use super::work::{Open, Spooler, of_handle};

impl Spooler {
    /// Runs the preprocessors and submits the message again; `None` if it has to wait.
    pub(super) fn prepare(&mut self, mapi: &mut dyn Mapi, mut open: Open) -> Result<Option<Open>, CallError> {
        if !self.fault("preprocess-unlocked") && !self.preprocess(mapi, &mut open)? {
            self.lock(mapi, &open, LockState::Unlocked)?;
            self.release(mapi, &open)?;
            return Ok(None);
        }
        if self.fault("resubmit-unlocked") {
            self.lock(mapi, &open, LockState::Unlocked)?;
        }
        if self.fault("resubmit-never") {
            self.release(mapi, &open)?;
            self.passed_over(&open.entry_id)?;
            return Ok(None);
        }
        let submitted = self.call(mapi, "submit_message", of_handle(&open))?;
        // The object is of no use after SubmitMessage.
        self.release(mapi, &open)?;
        if !submitted.hresult.is_some_and(HResult::is_success) {
            self.passed_over(&open.entry_id)?;
            return Ok(None);
        }
        let again = self.open(mapi, &open.entry_id, true)?;
        if again.is_none() {
            self.passed_over(&open.entry_id)?;
        }
        Ok(again)
    }

    /// Runs the preprocessors that are for this message, in the order of registration; whether all went well.
    pub(super) fn preprocess(&mut self, mapi: &mut dyn Mapi, open: &mut Open) -> Result<bool, CallError> {
        let all = self.fault("preprocess-unregistered");
        let mut due: Vec<usize> = (0..self.registry.preprocessors.len())
            .filter(|index| all || self.registry.wants(*index, &open.rows))
            .collect();
        if self.fault("preprocess-backwards") {
            due.reverse();
        }
        if self.fault("preprocess-skips-last") {
            due.pop();
        }
        if self.fault("sleeper-failed-preprocessor-not-run-again") && self.past.has_put_back(&open.entry_id) {
            due.clear();
        }
        if self.fault("preprocess-twice") {
            due.extend(due.first().copied());
        }
        for index in due {
            let params = CallParams {
                entry_id: Some(open.entry_id.clone()),
                index: u32::try_from(index).ok(),
                ..CallParams::default()
            };
            let result = self.call(mapi, "preprocess", params)?;
            if !result.hresult.is_some_and(HResult::is_success) && !self.fault("preprocess-ignores-failure") {
                let registrar = &self.registry.preprocessors[index].transport;
                let place = self.registry.place(registrar).unwrap_or(usize::MAX);
                self.errands.entry(open.entry_id.clone()).or_default().waits.insert(place);
                return Ok(false);
            }
            let lost = result.recipients.unwrap_or_default();
            if !lost.is_empty() && !self.fault("preprocess-ignores-undeliverable") {
                self.report(mapi, open, &lost)?;
            }
        }
        Ok(true)
    }

    /// Has preprocessed data removed, if there is any.
    pub(super) fn remove_info(&mut self, mapi: &mut dyn Mapi, open: &Open) -> Result<(), CallError> {
        let names = vec![Value::String("PR_PREPROCESS".to_owned())];
        let params = CallParams { props: Some(Value::Array(names)), ..of_handle(open) };
        let props = self.call(mapi, "get_props", params)?.props.unwrap_or_default();
        if props.get("PR_PREPROCESS") != Some(&Value::Bool(true)) {
            return Ok(());
        }
        let times = if self.fault("remove-info-twice") { 2 } else { 1 };
        for index in 0..self.registry.preprocessors.len() {
            let removes = self.registry.preprocessors[index].removes != Some(false);
            let strangers = self.fault("preprocess-unregistered") || self.fault("remove-info-of-others");
            let wanted = self.registry.wants(index, &open.rows) || strangers;
            if !removes || !wanted {
                continue;
            }
            for _ in 0..times {
                let params = CallParams {
                    entry_id: Some(open.entry_id.clone()),
                    index: u32::try_from(index).ok(),
                    ..CallParams::default()
                };
                self.call(mapi, "remove_preprocess_info", params)?;
            }
        }
        Ok(())
    }
}
