//! Choosing one of the steps that the model permits.

use std::fmt;

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Access, CallParams};

use crate::conformance::sut::SupportCall;
use crate::model::{Codes, Level, Message, Reply, Rules, Step, Times};
use crate::oracle::{admits, bind, words};

pub(super) const PREPARE: &str = "support.prepare_submit";
pub(super) const EXPAND: &str = "support.expand_recips";
pub(super) const COMPLETE: &str = "support.complete_msg";
pub(super) const SENT_MAIL: &str = "support.do_sent_mail";
pub(super) const NOTIFY: &str = "support.spooler_notify";

/// Failures that a refusal may carry when the model names only those that it may not.
const FAILURES: [HResult; 3] = [HResult::MAPI_E_CALL_FAILED, HResult::MAPI_E_NO_ACCESS, HResult::MAPI_E_NO_SUPPORT];

/// What the scenario assumes of a reply; nothing by default.
#[derive(Clone, Debug, Default)]
pub(super) struct Assumed {
    pub(super) expect: Vec<HResult>,
    pub(super) access: Option<Access>,
}

impl Assumed {
    /// The code that makes `reply` what is assumed; `None` if none does.
    fn code(&self, reply: Reply, failed: Option<HResult>) -> Option<HResult> {
        if self.access.is_some_and(|access| reply != Reply::Opened(level(access))) {
            return None;
        }
        if self.expect.is_empty() {
            return Some(usual(reply, failed));
        }
        self.expect.iter().copied().find(|code| carries(reply, *code, failed))
    }
}

impl fmt::Display for Assumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<String> = self.expect.iter().map(ToString::to_string).collect();
        f.write_str(if codes.is_empty() { "S_OK".to_owned() } else { codes.join(" or ") }.as_str())?;
        f.write_str(match self.access {
            Some(Access::Read) => " with read-only access",
            Some(Access::ReadWrite) => " with read/write access",
            None => "",
        })
    }
}

/// A step that was chosen, and the code that it returns.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) step: Step,
    pub(super) code: HResult,
    /// The replies that the model permits, where none is what was assumed.
    pub(super) instead: Option<String>,
}

/// Takes the first of `steps` that is permitted and as assumed, or else the first that is permitted.
///
/// A step is permitted if it follows every SHOULD, needs no reading that is undecided and nothing that is not known,
/// and can still be taken after the support calls that were made.
pub(super) fn choose(rules: &Rules, steps: &[Step], from: Message, assumed: &Assumed, made: &[SupportCall]) -> Choice {
    let failed = bind::support_error(&seen(made));
    let clean: Vec<&Step> = steps.iter().filter(|step| is_clean(rules, step) && can_follow(step, made)).collect();
    if let Some((step, code)) = clean.iter().find_map(|step| Some((*step, assumed.code(step.reply, failed)?))) {
        return Choice { step: step.clone(), code, instead: None };
    }
    let instead = Some(words::replies(clean.iter().copied(), failed));
    // The model has an answer to everything, but only a call that no page speaks of could have none that is clean.
    let step = clean.first().copied().or_else(|| steps.first()).cloned().unwrap_or_else(|| Step::untouched(from));
    Choice { code: usual(step.reply, failed), step, instead }
}

/// The support call that `step` makes next, after those that were made.
pub(super) fn due(step: &Step, made: &[SupportCall], announced: bool) -> Option<&'static str> {
    let due = required(step).find(|(times, method)| !times.admits(0) && count(made, method) == 0);
    match due {
        // Once a life, MAPI is told before its first PrepareSubmit (PRE-07, SPN-11).
        Some((_, PREPARE)) if !announced && count(made, NOTIFY) == 0 => Some(NOTIFY),
        due => due.map(|(_, method)| method),
    }
}

/// Support calls as the oracle reads them.
pub(super) fn seen(made: &[SupportCall]) -> Vec<bind::SupportSeen> {
    made.iter().map(|call| bind::SupportSeen { method: call.method.clone(), result: call.answer.clone() }).collect()
}

/// The parameters of a support call.
pub(super) fn support_params(method: &str, entry_id: &str) -> CallParams {
    if method == NOTIFY {
        CallParams { flags: Some(vec!["NOTIFY_READYTOSEND".to_owned()]), ..CallParams::default() }
    } else {
        CallParams { entry_id: Some(entry_id.to_owned()), ..CallParams::default() }
    }
}

fn is_clean(rules: &Rules, step: &Step) -> bool {
    step.lacks.is_none() && step.breaks().next().is_none() && step.needs.iter().all(|need| rules.silent(*need))
}

fn can_follow(step: &Step, made: &[SupportCall]) -> bool {
    required(step).all(|(times, method)| match count(made, method) {
        0 => true, // It may still be made.
        count => times.admits(count),
    })
}

/// How often a step makes each support call, in the order in which they are made.
fn required(step: &Step) -> impl Iterator<Item = (Times, &'static str)> + use<> {
    let calls = step.calls;
    [(calls.prepare, PREPARE), (calls.expand, EXPAND), (calls.complete, COMPLETE), (calls.sent_mail, SENT_MAIL)]
        .into_iter()
}

fn count(made: &[SupportCall], method: &str) -> usize {
    made.iter().filter(|call| call.method == method).count()
}

fn carries(reply: Reply, code: HResult, failed: Option<HResult>) -> bool {
    match reply {
        Reply::Refused(codes) => !code.is_success() && admits(codes, code, failed),
        Reply::Success | Reply::Opened(_) | Reply::OpenedInName => code.is_success(),
    }
}

/// The code of a reply of which nothing is assumed.
fn usual(reply: Reply, failed: Option<HResult>) -> HResult {
    let known = match reply {
        Reply::Success | Reply::Opened(_) | Reply::OpenedInName => Some(HResult::S_OK),
        Reply::Refused(Codes::Any) => None,
        Reply::Refused(Codes::OneOf(codes)) => codes.first().copied(),
        Reply::Refused(Codes::NoneOf(codes)) => FAILURES.into_iter().find(|code| !codes.contains(code)),
        Reply::Refused(Codes::OfSupport) => failed,
    };
    known.unwrap_or(HResult::MAPI_E_CALL_FAILED)
}

const fn level(access: Access) -> Level {
    match access {
        Access::Read => Level::Read,
        Access::ReadWrite => Level::Write,
    }
}
