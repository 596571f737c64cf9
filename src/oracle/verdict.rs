//! What a judgement says. Values only: nothing here decides.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The verdict on a requirement, a case or a whole run, from best to worst.
///
/// The order is that of severity: the verdict on a whole is the greatest of its parts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing that ran could show it.
    NotExercised,
    /// The provider does not serve what the case needs.
    Unsupported,
    /// It was exercised, and every permitted reading agrees.
    Pass,
    /// A SHOULD was not followed.
    Deviation,
    /// Permitted under one reading and not under another, or a field is missing that would decide.
    Inconclusive,
    /// The adapter or the tool failed; says nothing of the provider.
    Error,
    /// No permitted reading allows it.
    Violation,
}

impl Verdict {
    /// Whether somebody did wrong, or not as they should.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Deviation | Self::Violation)
    }

    /// The name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deviation => "deviation",
            Self::Error => "error",
            Self::Inconclusive => "inconclusive",
            Self::NotExercised => "not_exercised",
            Self::Pass => "pass",
            Self::Unsupported => "unsupported",
            Self::Violation => "violation",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name().replace('_', " "))
    }
}

/// Who is held to a requirement.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// The adapter, or this tool.
    Adapter,
    /// A client application.
    Client,
    /// MAPI itself: the support object.
    Mapi,
    /// The MAPI spooler.
    Spooler,
    /// The message store provider.
    Store,
    /// A transport provider.
    Transport,
}

impl Who {
    /// The name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adapter => "adapter",
            Self::Client => "client",
            Self::Mapi => "mapi",
            Self::Spooler => "spooler",
            Self::Store => "store",
            Self::Transport => "transport",
        }
    }
}

/// One thing that somebody did wrong, or that could not be decided.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// The case that shows it; absent in a log without cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The event that shows it first; absent when it is about no one event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Where that event stands; absent in a live run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogLine>,
    /// `violation`, `deviation`, `inconclusive` or `error`.
    pub verdict: Verdict,
    /// Who did it.
    pub who: Who,
    /// The requirements that it breaks.
    pub requirements: Vec<String>,
    /// The readings that decide it, as `B1=SampleStore`: under these it is allowed.
    pub readings: Vec<String>,
    /// What happened, in one sentence.
    pub what: String,
    /// What would have been right.
    pub expected: String,
    /// What was seen instead.
    pub observed: String,
    /// The message it is about: its name in a scenario, its entry id in a log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How often the same thing was seen in this run, this one included.
    pub times: u64,
    /// The shortest history that shows it, oldest first; the last line is the event itself.
    pub history: Vec<Line>,
}

impl Finding {
    /// What happened, without the entry id, which differs from run to run.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.message {
            Some(message) if !message.is_empty() => self.what.replace(message.as_str(), "the message"),
            Some(_) | None => self.what.clone(),
        }
    }
}

/// A line of a log.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, schemars::JsonSchema)]
pub struct LogLine {
    /// The log, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
}

/// One line of a history: a call, its reply, and only what changed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Line {
    /// The event's number in its trace.
    pub seq: u64,
    /// Who called.
    pub session: String,
    /// The call and what it was about.
    pub call: String,
    /// What it returned.
    pub reply: String,
    /// What it changed.
    pub change: String,
}
