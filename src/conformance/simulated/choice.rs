//! Choosing one of the steps that the model permits.

use std::fmt;

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Access, CallParams};

use super::will::Will;
use crate::conformance::sut::SupportCall;
use crate::model::{Codes, Level, Message, Reply, Rules, Step, Times};
use crate::oracle::{bind, words};

pub(super) const PREPARE: &str = "support.prepare_submit";
pub(super) const EXPAND: &str = "support.expand_recips";
pub(super) const COMPLETE: &str = "support.complete_msg";
pub(super) const SENT_MAIL: &str = "support.do_sent_mail";
pub(super) const NOTIFY: &str = "support.spooler_notify";

/// Codes of success, the usual one first.
const SUCCESSES: [HResult; 4] =
    [HResult::S_OK, HResult::S_OK, HResult::MAPI_W_ERRORS_RETURNED, HResult::MAPI_W_PARTIAL_COMPLETION];

/// What the scenario assumes of a reply; nothing by default.
#[derive(Clone, Debug, Default)]
pub(super) struct Assumed {
    pub(super) expect: Vec<HResult>,
    pub(super) access: Option<Access>,
}

impl Assumed {
    /// The code that makes `reply` what is assumed; `None` if none does.
    fn code(&self, reply: Reply, failed: Option<HResult>, will: &mut Will) -> Option<HResult> {
        if self.access.is_some_and(|access| reply != Reply::Opened(level(access))) {
            return None;
        }
        if self.expect.is_empty() {
            return Some(code(reply, failed, will));
        }
        self.expect.iter().copied().find(|code| reply.admits(*code, failed))
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

/// Takes one of `steps` that is permitted and as assumed, or else one that is permitted: the first, or any.
///
/// A step is permitted if it follows every SHOULD, needs no reading that is undecided and nothing that is not known,
/// and can still be taken after the support calls that were made, `in_order` if the store keeps that of the pages.
pub(super) fn choose(
    rules: &Rules,
    (from, steps): (Message, &[Step]),
    assumed: &Assumed,
    (made, in_order): (&[SupportCall], bool),
    will: &mut Will,
) -> Choice {
    let failed = bind::support_error(&seen(made));
    let permitted = |step: &&Step| is_permitted(rules, step, will.deviates()) && can_follow(step, made, in_order);
    let clean: Vec<&Step> = steps.iter().filter(permitted).collect();
    let assumable: Vec<(&Step, HResult)> =
        clean.iter().filter_map(|step| Some((*step, assumed.code(step.reply, failed, will)?))).collect();
    if let Some((step, code)) = will.pick(&assumable).copied() {
        return Choice { step: step.clone(), code, instead: None };
    }
    let instead = Some(words::replies(clean.iter().copied(), failed));
    // The model has an answer to everything, but only a call that no page speaks of could have none that is clean.
    let step = clean.first().copied().or_else(|| steps.first()).cloned().unwrap_or_else(|| Step::untouched(from));
    Choice { code: code(step.reply, failed, will), step, instead }
}

/// The support call that `step` makes next, after those that were made.
///
/// What comes of ExpandRecips decides whether CompleteMsg is called at all, so nothing that prepares follows it. In the
/// order of the pages (A8, H5), neither does PrepareSubmit.
pub(super) fn due(
    step: &Step,
    made: &[SupportCall],
    (announced, in_order): (bool, bool),
    will: &mut Will,
) -> Option<&'static str> {
    let lacks = |(times, method): (Times, &'static str)| (wanted(times, will) > count(made, method)).then_some(method);
    let lacking: Vec<&'static str> = required(step).filter_map(lacks).collect();
    let concluding = |method: &&str| matches!(*method, COMPLETE | SENT_MAIL);
    let mut preparing: Vec<&'static str> = lacking.iter().copied().filter(|method| !concluding(method)).collect();
    preparing.retain(|method| !is_too_late(method, made, in_order));
    if in_order {
        preparing.truncate(1);
    }
    let concluded = made.iter().any(|call| concluding(&call.method.as_str()));
    let due = if concluded || preparing.is_empty() {
        lacking.iter().copied().find(concluding)
    } else {
        will.pick(&preparing).copied()
    };
    match due {
        // Once a life, MAPI is told before its first PrepareSubmit (PRE-07, SPN-11).
        Some(PREPARE) if !announced && count(made, NOTIFY) == 0 => Some(NOTIFY),
        due => due,
    }
}

/// How often a call is made that may be made so often.
fn wanted(times: Times, will: &mut Will) -> usize {
    match times {
        Times::Never => 0,
        Times::Any => usize::from(will.strays(4)) + usize::from(will.strays(16)),
        Times::Some => 1 + usize::from(will.strays(12)),
        Times::Once => 1,
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

fn is_permitted(rules: &Rules, step: &Step, deviates: bool) -> bool {
    let follows = deviates || step.breaks().next().is_none();
    follows && step.lacks.is_none() && step.needs.iter().all(|need| rules.silent(*need))
}

fn can_follow(step: &Step, made: &[SupportCall], in_order: bool) -> bool {
    required(step).all(|(times, method)| match count(made, method) {
        0 if !is_too_late(method, made, in_order) => true, // It may still be made.
        count => times.admits(count),
    })
}

/// Whether a store that keeps the order of the pages has missed the moment for `method`: PrepareSubmit comes before
/// ExpandRecips (A8, H5).
fn is_too_late(method: &str, made: &[SupportCall], in_order: bool) -> bool {
    in_order && method == PREPARE && count(made, EXPAND) > 0
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

/// The code of a reply of which nothing is assumed.
fn code(reply: Reply, failed: Option<HResult>, will: &mut Will) -> HResult {
    let known = match reply {
        Reply::Success | Reply::Opened(_) | Reply::OpenedInName => will.pick(&SUCCESSES).copied(),
        Reply::Refused(Codes::Any) => will.pick(&Codes::EXAMPLES).copied(),
        Reply::Refused(Codes::OneOf(codes)) => will.pick(codes).copied(),
        Reply::Refused(Codes::NoneOf(codes)) => {
            let others: Vec<HResult> = Codes::EXAMPLES.into_iter().filter(|code| !codes.contains(code)).collect();
            will.pick(&others).copied()
        }
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
