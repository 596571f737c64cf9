//! MAPI as a broken store meets it: calls that are left out, made twice or misread, notifications that go wrong.

use spoolproof_sdk::wire::{CallParams, CallResult};
use spoolproof_sdk::{Answer, CallError, HResult, Mapi, Provider};

/// How the store's word to MAPI, or MAPI's word to the store, is bent. Methods are named without `support.`.
#[derive(Clone, Debug)]
pub(super) enum Bend {
    /// The call is left out, and the store goes on as after success.
    LeftOut(&'static str),
    /// The call is made twice.
    Twice(&'static str),
    /// The recipients that it returns are forgotten.
    RowsForgotten(&'static str),
    /// It succeeds, whatever it returned.
    ErrorSwallowed(&'static str),
    /// A hook's claim on the message is forgotten.
    NotSuperseded,
    /// SpoolerNotify is called with this flag.
    Flag(&'static str),
    /// Events of this kind are not sent; `None`: no notification is.
    Silent(Option<&'static str>),
    /// Events of this kind are sent as this one.
    Renamed(&'static str, &'static str),
    /// Events of this kind name this message.
    Names(&'static str, String),
}

/// MAPI, bent.
pub(super) struct Bent<'a> {
    mapi: &'a mut dyn Mapi,
    bends: Vec<Bend>,
}

impl<'a> Bent<'a> {
    pub(super) fn new(mapi: &'a mut dyn Mapi, bends: Vec<Bend>) -> Self {
        Self { mapi, bends }
    }

    fn any(&self, is: impl Fn(&Bend) -> bool) -> bool {
        self.bends.iter().any(is)
    }
}

impl Mapi for Bent<'_> {
    fn call(&mut self, provider: &mut dyn Provider, method: &str, params: &CallParams) -> Answer {
        let short = method.strip_prefix("support.").unwrap_or(method);
        if self.any(|bend| matches!(bend, Bend::LeftOut(of) if *of == short)) {
            return Ok(CallResult::from(HResult::S_OK));
        }
        let flag = self.bends.iter().find_map(|bend| match bend {
            Bend::Flag(flag) if short == "spooler_notify" => Some((*flag).to_owned()),
            _ => None,
        });
        let mut params = params.clone();
        if let Some(flag) = flag {
            params.flags = Some(vec![flag]);
        }
        if self.any(|bend| matches!(bend, Bend::Twice(of) if *of == short)) {
            self.mapi.call(provider, method, &params)?;
        }
        let mut result = self.mapi.call(provider, method, &params)?;
        if self.any(|bend| matches!(bend, Bend::RowsForgotten(of) if *of == short)) {
            result.recipients = None;
        }
        if self.any(|bend| matches!(bend, Bend::ErrorSwallowed(of) if *of == short)) {
            result.hresult = Some(HResult::S_OK);
        }
        if self.any(|bend| matches!(bend, Bend::NotSuperseded)) {
            result.superseded = None;
        }
        Ok(result)
    }

    fn notify(&mut self, method: &str, params: &CallParams) -> Result<(), CallError> {
        let event = params.event.clone().unwrap_or_else(|| method.replace("notify.", ""));
        if self.any(|bend| matches!(bend, Bend::Silent(of) if of.is_none_or(|of| of == event))) {
            return Ok(());
        }
        let mut params = params.clone();
        for bend in &self.bends {
            match bend {
                Bend::Renamed(of, name) if *of == event => params.event = Some((*name).to_owned()),
                Bend::Names(of, entry_id) if *of == event => params.entry_id = Some(entry_id.clone()),
                _ => {}
            }
        }
        self.mapi.notify(method, &params)
    }
}
