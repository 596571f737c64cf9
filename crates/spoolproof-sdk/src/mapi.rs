//! MAPI as a provider meets it during a call: the support object, and the ones who want to be notified.

use crate::provider::{Answer, CallError, Provider};
use crate::wire::{CallParams, CallResult};

/// The support object and the notification sink.
///
/// A support call takes the provider, since the checker may call it again before it answers. A provider that keeps
/// state across a support call therefore looks at it anew afterwards.
pub trait Mapi {
    /// Calls `method` on the other side and waits for its answer.
    ///
    /// # Errors
    ///
    /// When the other side does not serve the method, rejects the parameters, or is gone.
    fn call(&mut self, provider: &mut dyn Provider, method: &str, params: &CallParams) -> Answer;

    /// Sends a notification; nobody answers.
    ///
    /// # Errors
    ///
    /// When the other side is gone.
    fn notify(&mut self, method: &str, params: &CallParams) -> Result<(), CallError>;
}

impl dyn Mapi + '_ {
    /// `IMAPISupport::PrepareSubmit`: `recipients` of the result are the rows as it left them.
    ///
    /// # Errors
    ///
    /// As [`Mapi::call`].
    pub fn prepare_submit(&mut self, provider: &mut dyn Provider, entry_id: &str) -> Answer {
        self.call(provider, "support.prepare_submit", &on(entry_id))
    }

    /// `IMAPISupport::ExpandRecips`: `flags` and `recipients` of the result.
    ///
    /// # Errors
    ///
    /// As [`Mapi::call`].
    pub fn expand_recips(&mut self, provider: &mut dyn Provider, entry_id: &str) -> Answer {
        self.call(provider, "support.expand_recips", &on(entry_id))
    }

    /// `IMAPISupport::CompleteMsg`.
    ///
    /// # Errors
    ///
    /// As [`Mapi::call`].
    pub fn complete_msg(&mut self, provider: &mut dyn Provider, entry_id: &str) -> Answer {
        self.call(provider, "support.complete_msg", &on(entry_id))
    }

    /// `IMAPISupport::DoSentMail`: `superseded` of the result.
    ///
    /// # Errors
    ///
    /// As [`Mapi::call`].
    pub fn do_sent_mail(&mut self, provider: &mut dyn Provider, entry_id: &str) -> Answer {
        self.call(provider, "support.do_sent_mail", &on(entry_id))
    }

    /// `IMAPISupport::SpoolerNotify`.
    ///
    /// # Errors
    ///
    /// As [`Mapi::call`].
    pub fn spooler_notify(&mut self, provider: &mut dyn Provider, flags: &[&str]) -> Answer {
        let flags = flags.iter().map(|&flag| flag.to_owned()).collect();
        self.call(provider, "support.spooler_notify", &CallParams { flags: Some(flags), ..CallParams::default() })
    }

    /// The outgoing queue changed: `added`, `deleted`, `modified` or `changed`.
    ///
    /// # Errors
    ///
    /// As [`Mapi::notify`].
    pub fn table_modified(&mut self, event: &str, entry_id: &str) -> Result<(), CallError> {
        let params =
            CallParams { table: Some("outgoing_queue".to_owned()), event: Some(event.to_owned()), ..on(entry_id) };
        self.notify("notify.table_modified", &params)
    }

    /// A message arrived.
    ///
    /// # Errors
    ///
    /// As [`Mapi::notify`].
    pub fn new_mail(&mut self, entry_id: &str) -> Result<(), CallError> {
        self.notify("notify.new_mail", &on(entry_id))
    }
}

impl CallResult {
    /// Whether a support call returned `flag`, e.g. `NEEDS_SPOOLER`.
    #[must_use]
    pub fn has_flag(&self, flag: &str) -> bool {
        self.flags.iter().flatten().any(|each| each == flag)
    }
}

fn on(entry_id: &str) -> CallParams {
    CallParams { entry_id: Some(entry_id.to_owned()), ..CallParams::default() }
}
