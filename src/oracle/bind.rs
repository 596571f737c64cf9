//! From the wire to the model: sessions, calls and what MAPI answered meanwhile.

use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::Event;
use spoolproof_sdk::wire::{CallParams, CallResult, LockState, Profile, Recipient, RestartKind};

use super::judge::Counts;
use crate::model::{Draft, Env, Expand, Hook, Message, OpenFlags, Session, Stop, Support};

/// One support call as it was recorded.
#[derive(Clone, Debug)]
pub(crate) struct SupportSeen {
    pub(crate) method: String,
    pub(crate) result: CallResult,
}

/// Reads a session's name: `client-2`, `spooler`, `spooler-2`.
pub(crate) fn session(name: &str) -> Option<Session> {
    let number = |text: &str| text.parse::<u8>().ok().filter(|number| *number > 0);
    if name == "spooler" {
        Some(Session::Spooler(1))
    } else if let Some(rest) = name.strip_prefix("spooler-") {
        number(rest).map(Session::Spooler)
    } else {
        name.strip_prefix("client-").and_then(number).map(Session::Client)
    }
}

/// Which recipients the coupled transport delivers to, as bits.
pub(super) fn known(recipients: &[Recipient], profile: &Profile) -> u32 {
    let Some(types) = &profile.handles_addrtypes else { return u32::MAX };
    recipients.iter().take(usize::from(Message::TRACKED)).enumerate().fold(0, |bits, (index, recipient)| {
        let addrtype = recipient.addrtype.as_deref().unwrap_or("SMTP");
        let handled = types.iter().any(|known| known.eq_ignore_ascii_case(addrtype));
        bits | u32::from(handled) << index
    })
}

/// How many recipients, as the model counts them.
pub(super) fn count(recipients: &[Recipient]) -> u8 {
    u8::try_from(recipients.len()).unwrap_or(Message::MANY)
}

pub(crate) fn draft(params: &CallParams, profile: &Profile) -> Draft {
    let recipients = params.recipients.as_deref().unwrap_or_default();
    Draft {
        recipients: count(recipients),
        known: known(recipients, profile),
        sentmail: params.sentmail == Some(true),
        delete: params.delete_after_submit == Some(true),
        resend: params.message_flags.iter().flatten().any(|flag| flag == "MSGFLAG_RESEND"),
    }
}

pub(crate) fn open_flags(params: &CallParams) -> OpenFlags {
    let has = |name: &str| params.flags.iter().flatten().any(|flag| flag == name);
    if has("MAPI_MODIFY") {
        OpenFlags::Modify
    } else if has("MAPI_BEST_ACCESS") {
        OpenFlags::BestAccess
    } else {
        OpenFlags::None
    }
}

pub(super) fn stop(event: &Event) -> Stop {
    match event.params.kind {
        Some(RestartKind::Crash) => Stop::Crash,
        Some(RestartKind::Clean) | None => Stop::Clean,
    }
}

pub(crate) fn locks(params: &CallParams) -> bool {
    params.lock_state != Some(LockState::Unlocked)
}

/// The place of `address` among the recipients; `None` for one that is there twice, since its rows cannot be told apart.
pub(crate) fn place(addresses: &[String], address: &str) -> Option<usize> {
    let mut places = addresses.iter().enumerate().filter(|(_, known)| *known == address);
    let (place, _) = places.next()?;
    places.next().is_none().then_some(place)
}

/// The recipient table as MAPI left it, if it replaced it: ExpandRecips' if there is one, else PrepareSubmit's.
fn table(calls: &[SupportSeen]) -> Option<&[Recipient]> {
    let of = |method: &str| {
        let made = calls.iter().rev().filter(|call| call.method == method);
        made.filter_map(|call| call.result.recipients.as_deref()).next()
    };
    of("support.expand_recips").or_else(|| of("support.prepare_submit"))
}

/// The recipients' addresses as MAPI left them, if it replaced the table.
pub(super) fn replaced(calls: &[SupportSeen]) -> Option<Vec<String>> {
    Some(table(calls)?.iter().map(|row| row.address.clone()).collect())
}

/// What MAPI answered while SubmitMessage ran; `expansion_recorded`: the log would show ExpandRecips. `addresses` are the
/// recipients' of before.
pub(crate) fn env(calls: &[SupportSeen], expansion_recorded: bool, addresses: &[String], profile: &Profile) -> Env {
    let mut env = Env { hook: hook(calls, true), ..Env::default() };
    if !expansion_recorded {
        env.expand.ends = Support::Hidden;
    }
    let replaced = replaced(calls);
    let addresses = replaced.as_deref().unwrap_or(addresses);
    for call in calls {
        let ends = ending(&call.result);
        match call.method.as_str() {
            "support.prepare_submit" => {
                env.prepare = ends;
                env.prepared = call.result.recipients.as_deref().map(|rows| claimed(rows, addresses));
            }
            "support.expand_recips" => {
                let has = |name: &str| call.result.flags.iter().flatten().any(|flag| flag == name);
                env.expand = Expand {
                    ends,
                    preprocessing: has("NEEDS_PREPROCESSING"),
                    spooler: has("NEEDS_SPOOLER"),
                    replaced: None,
                };
            }
            "support.complete_msg" => env.complete = ends,
            "support.spooler_notify" => env.notify = ends,
            _ => {}
        }
    }
    env.expand.replaced = table(calls).map(|rows| (count(rows), known(rows, profile)));
    env
}

/// What MAPI answered while FinishedMsg ran; `recorded`: the log would show it.
pub(crate) fn hook(calls: &[SupportSeen], recorded: bool) -> Hook {
    if !recorded {
        return Hook { sent_mail: Support::Hidden, superseded: false };
    }
    let call = calls.iter().rev().find(|call| call.method == "support.do_sent_mail");
    call.map_or_else(Hook::default, |call| Hook {
        sent_mail: ending(&call.result),
        superseded: call.result.superseded == Some(true),
    })
}

/// How often each support call was made; `routed` tells whether this provider routes a method at all.
pub(super) fn counts(calls: &[SupportSeen], routed: impl Fn(&str) -> bool) -> Counts {
    let count = |method: &str| routed(method).then(|| calls.iter().filter(|call| call.method == method).count());
    Counts {
        prepare: count("support.prepare_submit"),
        expand: count("support.expand_recips"),
        complete: count("support.complete_msg"),
        sent_mail: count("support.do_sent_mail"),
    }
}

/// The error of PrepareSubmit, the one support call whose error a store has to pass on (SEED1-17).
pub(crate) fn support_error(calls: &[SupportSeen]) -> Option<HResult> {
    let prepared = calls.iter().rev().filter(|call| call.method == "support.prepare_submit");
    prepared.filter_map(|call| call.result.hresult).find(|code| !code.is_success())
}

fn ending(result: &CallResult) -> Support {
    match result.hresult {
        Some(code) if !code.is_success() => Support::Fails,
        Some(_) | None => Support::Succeeds,
    }
}

/// Which of `addresses` PrepareSubmit marked as served.
fn claimed(rows: &[Recipient], addresses: &[String]) -> u32 {
    let marked = rows.iter().filter(|row| row.responsibility == Some(true));
    let places = marked.filter_map(|row| place(addresses, &row.address));
    places.filter(|place| *place < usize::from(Message::TRACKED)).fold(0, |bits, place| bits | 1 << place)
}
