//! The support object as a scenario plays it: what MAPI answers while SubmitMessage or FinishedMsg runs.

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{CallParams, CallResult, Recipient};

use super::sut::{Observe, Support};
use crate::scenario::Answers;

/// Answers as the step says; what it leaves out succeeds.
#[derive(Debug)]
pub(super) struct Script<'a> {
    answers: Option<&'a Answers>,
}

impl<'a> Script<'a> {
    pub(super) const fn new(answers: Option<&'a Answers>) -> Self {
        Self { answers }
    }
}

impl Support for Script<'_> {
    fn answer(&mut self, method: &str, _params: &CallParams, _sut: &mut dyn Observe) -> CallResult {
        let nothing = Answers::default();
        let answers = self.answers.unwrap_or(&nothing);
        let returns = |code: Option<HResult>| CallResult {
            hresult: Some(code.unwrap_or(HResult::S_OK)),
            ..CallResult::default()
        };
        match method {
            "support.prepare_submit" => CallResult { recipients: table(&answers.prepared), ..returns(answers.prepare) },
            "support.expand_recips" => {
                let flags =
                    [(answers.needs_preprocessing, "NEEDS_PREPROCESSING"), (answers.needs_spooler, "NEEDS_SPOOLER")];
                let flags = flags.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
                CallResult {
                    flags: Some(flags.collect()),
                    recipients: table(&answers.expanded),
                    ..returns(answers.expand)
                }
            }
            "support.complete_msg" => returns(answers.complete),
            "support.do_sent_mail" => CallResult { superseded: Some(answers.superseded), ..returns(answers.sent_mail) },
            "support.spooler_notify" => returns(answers.notify),
            // The adapter's connection lets no other method through.
            _ => returns(Some(HResult::MAPI_E_NO_SUPPORT)),
        }
    }
}

/// A recipient table as the adapter is to apply it.
fn table(rows: &Option<Vec<Recipient>>) -> Option<Vec<Recipient>> {
    rows.as_ref().map(|rows| rows.iter().map(with_defaults).collect())
}

/// A recipient as the protocol writes it, with its defaults spelt out.
pub(super) fn with_defaults(recipient: &Recipient) -> Recipient {
    Recipient {
        address: recipient.address.clone(),
        addrtype: Some(recipient.addrtype.clone().unwrap_or_else(|| "SMTP".to_owned())),
        kind: Some(recipient.kind.clone().unwrap_or_else(|| "MAPI_TO".to_owned())),
        responsibility: recipient.responsibility,
    }
}
