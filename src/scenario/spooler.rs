//! The cases for a spooler. Which transports and preprocessors there are, how they answer, and what happens.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::Recipient;

use super::params::split_addrtype;
use crate::spec::Problem;

/// A case for a spooler under test. The checker plays everybody else; what may follow, the oracle says.
///
/// ```
/// use spoolproof::scenario::SpoolerScenario;
///
/// let source = r#"
/// title = "A message goes to the transport that takes its address type"
/// requirements = ["SEED2-06"]
/// transports = [{ addrtypes = ["SMTP"] }]
/// steps = [
///   { call = "submit_message", message = "m1", recipients = ["bob@example.test"] },
///   { call = "wake" },
/// ]
/// "#;
/// let scenario = SpoolerScenario::parse("hand/one", source, &["SEED2-06"]).unwrap();
/// assert_eq!(scenario.steps.len(), 2);
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct SpoolerScenario {
    /// The file's path below `spooler/`, without `.toml`.
    #[serde(skip)]
    pub id: String,
    /// What it shows, in one sentence.
    pub title: String,
    /// The requirements that it is about.
    pub requirements: Vec<String>,
    /// The transports, in transport order; calls name them `transport-1`, `transport-2`, …
    pub transports: Vec<PlayedTransport>,
    /// The preprocessors, in the order of registration.
    #[serde(default)]
    pub preprocessors: Vec<PlayedPreprocessor>,
    /// What happens, in order.
    pub steps: Vec<Happening>,
}

/// A transport of a case.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PlayedTransport {
    /// The address types that it takes.
    #[serde(default)]
    pub addrtypes: Vec<String>,
    /// What it does when it is handed a message: one answer after the other, and then it sends.
    #[serde(default)]
    pub answers: Vec<Handing>,
}

/// What a transport does with a message that it is handed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Handing {
    /// It serves everybody whom it is offered.
    #[serde(rename = "sends")]
    Sends,
    /// It serves the first, and leaves the others.
    #[serde(rename = "sends_to_first")]
    SendsToFirst,
    /// It fails with everybody for good, and reports them itself.
    #[serde(rename = "reports")]
    Reports,
    /// END_DONT_RESEND: it says when it wants the message again.
    #[serde(rename = "END_DONT_RESEND")]
    DontResend,
    /// END_RESEND_LATER.
    #[serde(rename = "END_RESEND_LATER")]
    ResendLater,
    /// END_RESEND_NOW.
    #[serde(rename = "END_RESEND_NOW")]
    ResendNow,
    /// It is busy.
    #[serde(rename = "MAPI_E_BUSY")]
    Busy,
    /// It asks for a delay.
    #[serde(rename = "MAPI_E_WAIT")]
    Wait,
    /// It cannot reach its server, and asks for a delay.
    #[serde(rename = "MAPI_E_NETWORK_ERROR")]
    NetworkError,
    /// It does not take the message.
    #[serde(rename = "MAPI_E_NOT_ME")]
    NotMe,
    /// The message is not to be sent now.
    #[serde(rename = "MAPI_E_CANCEL")]
    Cancel,
}

impl Handing {
    /// Everything that it may do.
    pub const ALL: [Self; 11] = [
        Self::Sends,
        Self::SendsToFirst,
        Self::Reports,
        Self::DontResend,
        Self::ResendLater,
        Self::ResendNow,
        Self::Busy,
        Self::Wait,
        Self::NetworkError,
        Self::NotMe,
        Self::Cancel,
    ];

    /// What SubmitMessage returns.
    #[must_use]
    pub const fn code(self) -> HResult {
        match self {
            Self::Sends
            | Self::SendsToFirst
            | Self::Reports
            | Self::DontResend
            | Self::ResendLater
            | Self::ResendNow => HResult::S_OK,
            Self::Busy => HResult::MAPI_E_BUSY,
            Self::Wait => HResult::MAPI_E_WAIT,
            Self::NetworkError => HResult::MAPI_E_NETWORK_ERROR,
            Self::NotMe => HResult::MAPI_E_NOT_ME,
            Self::Cancel => HResult::MAPI_E_CANCEL,
        }
    }

    /// The flag that EndMessage returns.
    #[must_use]
    pub const fn flag(self) -> Option<&'static str> {
        match self {
            Self::DontResend => Some("END_DONT_RESEND"),
            Self::ResendLater => Some("END_RESEND_LATER"),
            Self::ResendNow => Some("END_RESEND_NOW"),
            Self::Sends
            | Self::SendsToFirst
            | Self::Reports
            | Self::Busy
            | Self::Wait
            | Self::NetworkError
            | Self::NotMe
            | Self::Cancel => None,
        }
    }
}

/// A preprocessor of a case.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PlayedPreprocessor {
    /// The transport that registers it, by its place from 1.
    pub transport: usize,
    /// The address types of the recipients that it is for; absent: everybody.
    pub addrtypes: Option<Vec<String>>,
    /// Whether a RemovePreprocessInfo function comes with it.
    #[serde(default = "yes")]
    pub removes: bool,
    /// What it does when it is run: one answer after the other, and then it succeeds.
    #[serde(default)]
    pub answers: Vec<Preparing>,
}

const fn yes() -> bool {
    true
}

/// What a preprocessor does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Preparing {
    /// It succeeds.
    Succeeds,
    /// It succeeds, and finds the first recipient undeliverable.
    Undeliverable,
    /// It fails.
    Fails,
}

/// What happens in a case.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(tag = "call", rename_all = "snake_case", deny_unknown_fields)]
pub enum Happening {
    /// A client composes and submits a message.
    SubmitMessage {
        /// Its name.
        message: String,
        /// Its recipients, as `bob@example.test` or `FAX:123`.
        recipients: Vec<String>,
        /// PR_SENTMAIL_ENTRYID is set.
        #[serde(default)]
        sentmail: bool,
        /// PR_DELETE_AFTER_SUBMIT is TRUE.
        #[serde(default)]
        delete_after_submit: bool,
    },
    /// The client takes it back, if it can.
    AbortSubmit {
        /// Its name.
        message: String,
    },
    /// The spooler is woken until it is idle.
    Wake {
        /// The transport with this place tells that it is ready (NOTIFY_READYTOSEND).
        ready: Option<usize>,
        /// The message that the transport `of` wants to have now (NOTIFY_SENTDEFERRED).
        sent_deferred: Option<String>,
        /// The transport that `sent_deferred` comes from.
        of: Option<usize>,
        /// The spooler is killed when this many of its calls have taken effect, and started again.
        dies_after: Option<usize>,
    },
}

impl SpoolerScenario {
    /// Reads a case; `known` are the requirements that there are.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as places in the text.
    pub fn parse(id: &str, source: &str, known: &[&str]) -> Result<Self, Vec<Problem>> {
        let scenario: Self = toml::from_str(source).map_err(|error| {
            let whole = 0..source.len().min(1);
            vec![problem(error.span().unwrap_or(whole), error.message().to_owned())]
        })?;
        let scenario = Self { id: id.to_owned(), ..scenario };
        let wrong: Vec<Problem> = scenario.contradictions(known).map(|what| problem(0..0, what)).collect();
        if wrong.is_empty() { Ok(scenario) } else { Err(wrong) }
    }

    /// What the case names and does not have.
    fn contradictions<'a>(&'a self, known: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        let requirements = self.requirements.iter().filter(|id| !known.contains(&id.as_str()));
        let requirements = requirements.map(|id| format!("no requirement is called `{id}`"));
        let of_preprocessors = self.preprocessors.iter().map(|one| one.transport);
        let of_steps = self.steps.iter().flat_map(|step| match step {
            Happening::Wake { ready, of, .. } => [*ready, *of].into_iter().flatten().collect(),
            Happening::SubmitMessage { .. } | Happening::AbortSubmit { .. } => Vec::new(),
        });
        let transports = of_preprocessors.chain(of_steps).filter(|at| *at == 0 || *at > self.transports.len());
        let transports = transports.map(|at| format!("there is no transport {at}"));
        let submitted = |name: &str| {
            let steps = self.steps.iter();
            steps.filter(|step| matches!(step, Happening::SubmitMessage { message, .. } if message == name)).count()
        };
        let messages = self.steps.iter().filter_map(move |step| match step {
            Happening::SubmitMessage { message, .. } if submitted(message) > 1 => {
                Some(format!("`{message}` is submitted twice"))
            }
            Happening::AbortSubmit { message } | Happening::Wake { sent_deferred: Some(message), .. }
                if submitted(message) == 0 =>
            {
                Some(format!("no message is called `{message}`"))
            }
            Happening::Wake { sent_deferred: Some(_), of: None, .. } => {
                Some("`sent_deferred` needs `of`, the transport that it comes from".to_owned())
            }
            Happening::SubmitMessage { .. } | Happening::AbortSubmit { .. } | Happening::Wake { .. } => None,
        });
        let empty = self.steps.is_empty().then(|| "`steps` is empty".to_owned());
        requirements.chain(transports).chain(messages).chain(empty)
    }
}

/// A recipient as a client writes it.
#[must_use]
pub fn recipient(text: &str) -> Recipient {
    let (addrtype, address) = split_addrtype(text).unwrap_or(("SMTP", text));
    let kind = Some("MAPI_TO".to_owned());
    Recipient { address: address.to_owned(), addrtype: Some(addrtype.to_owned()), kind, responsibility: None }
}

const fn problem(span: Range<usize>, message: String) -> Problem {
    Problem { span, message, help: None }
}

#[cfg(test)]
mod tests {
    use super::SpoolerScenario;

    #[track_caller]
    fn check(rest: &str, expected: &[&str]) {
        let head = "title = \"t\"\nrequirements = [\"SEED2-05\"]\ntransports = [{ addrtypes = [\"SMTP\"] }]\n";
        let found = match SpoolerScenario::parse("a/b", &format!("{head}{rest}"), &["SEED2-05"]) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(|problem| problem.message).collect(),
        };
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found}");
        }
    }

    #[test]
    fn what_a_case_names_must_be_there() {
        check(r#"steps = [{ call = "wake", ready = 1 }]"#, &[]);
        check(r#"steps = [{ call = "wake", ready = 2 }]"#, &["no transport 2"]);
        check(r#"steps = [{ call = "abort_submit", message = "m1" }]"#, &["no message is called `m1`"]);
        check(r#"steps = [{ call = "wake", surprise = 1 }]"#, &["surprise"]);
        check("steps = []", &["`steps` is empty"]);
    }
}
