//! What an adapter says of itself, and whether it keeps to that.

use spoolproof_sdk::wire::{
    CallParams, LockState, NOTIFICATIONS, Role, SPOOLER_METHODS, SPOOLER_REQUESTS, STORE_METHODS, SUPPORT_METHODS,
};

use super::bench::{Bench, Checked, of_handle, of_session};
use super::checkup::Notes;
use super::examine::Patient;
use crate::conformance::sut::{Oddity, Sut};
use crate::spec::closest;

/// The names that an adapter of this role may have in `supports`.
pub(super) fn names(role: Role) -> impl Iterator<Item = &'static str> {
    let lists: [&[&str]; 3] = match role {
        Role::Store => [STORE_METHODS, SUPPORT_METHODS, NOTIFICATIONS],
        Role::Spooler => [SPOOLER_METHODS, SPOOLER_REQUESTS, &[]],
    };
    lists.into_iter().flatten().copied()
}

pub(super) fn supports<S: Sut>(bench: &Bench<'_, S>, patient: &Patient<'_>, notes: &mut Notes) {
    let about = bench.sut.about();
    if let Some(role) = patient.role.filter(|role| *role != about.role) {
        notes.broken(
            format!("it says that its role is {}, and it is examined as {}", of_role(about.role), of_role(role)),
            "correct `role`, or name the role that it plays with `--role`",
        );
    }
    if about.provider.name.trim().is_empty() {
        notes.warning("`provider.name` is empty", "say whose verdicts these are");
    }
    let other = match about.role {
        Role::Store => Role::Spooler,
        Role::Spooler => Role::Store,
    };
    let foreign: Vec<&str> = bench
        .supports
        .iter()
        .map(String::as_str)
        .filter(|name| names(other).any(|known| known == *name) && !names(about.role).any(|known| known == *name))
        .collect();
    if !foreign.is_empty() {
        notes.broken(
            format!("its role is {}, and `supports` has {} of the other role", of_role(about.role), foreign.join(", ")),
            "correct `role`, or leave them out",
        );
    }
    for name in &bench.supports {
        if names(about.role).chain(names(other)).any(|known| known == name) {
            continue;
        }
        match closest(name, names(about.role)).filter(|near| !bench.supports.contains(*near)) {
            Some(near) => notes.broken(
                format!("`supports` has `{name}`, which the protocol does not have"),
                format!("did you mean `{near}`?"),
            ),
            None => notes.warning(format!("`supports` has `{name}`, which the protocol does not have"), "leave it out"),
        }
    }
}

const fn of_role(role: Role) -> &'static str {
    match role {
        Role::Store => "a store",
        Role::Spooler => "a spooler",
    }
}

pub(super) fn profile<S: Sut>(bench: &Bench<'_, S>, patient: &Patient<'_>, notes: &mut Notes) {
    for (id, name) in &bench.profile.readings {
        let Some(ambiguity) = patient.catalogue.ambiguity(id) else {
            notes.warning(
                format!("the profile declares `{id}={name}`, and no ambiguity is called `{id}`"),
                "`spoolproof list` shows those that exist",
            );
            continue;
        };
        if ambiguity.reading(name).is_none() {
            let near = closest(name, ambiguity.readings.iter().map(|reading| reading.name.as_str()));
            notes.warning(
                format!("the profile declares `{id}={name}`, and `{id}` has no such reading"),
                near.map_or_else(
                    || format!("`spoolproof explain {id}` shows them"),
                    |near| format!("did you mean `{near}`?"),
                ),
            );
        }
    }
}

/// Every method that is in `supports`, once, on messages that allow it.
pub(super) fn calls<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    let went = all_calls(bench);
    for method in &bench.unserved {
        notes.broken(
            format!("`supports` has {method}, and it is answered with -32601"),
            "serve it, or leave it out of `supports`",
        );
    }
    went
}

fn all_calls<S: Sut>(bench: &mut Bench<'_, S>) -> Checked<S> {
    bench.fresh()?;
    bench.need(&["create_message"])?;
    let made = bench.create("client-1", "the doctor's first", "bob@example.test")?;
    let other = bench.create("client-1", "the doctor's second", "eve@example.test")?;
    if bench.serves("set_props") {
        bench.set_subject(&made.handle, "the doctor's third", true)?;
    }
    if bench.serves("get_props") {
        bench.props(&made.handle, &["PR_SUBJECT", "PR_MESSAGE_FLAGS"])?;
    }
    bench.observe(&made.entry_id)?;
    if bench.serves("open_entry") {
        for flag in [None, Some("MAPI_MODIFY"), Some("MAPI_BEST_ACCESS")] {
            let opened = bench.open("client-2", &made.entry_id, flag)?.handle();
            if let Some(handle) = opened.filter(|_| bench.serves("release")) {
                bench.release(&handle)?;
            }
        }
    }
    if bench.serves("submit_message") {
        bench.submit("client-1", &made.handle)?;
        bench.submit("client-1", &other.handle)?;
    }
    bench.observe(&made.entry_id)?;
    if bench.serves("get_outgoing_queue") {
        bench.comes_into_queue(&other.entry_id)?;
    }
    if bench.serves("abort_submit") {
        let entry_id = Some(other.entry_id.clone());
        bench.call("abort_submit", CallParams { entry_id, ..of_session("client-1") })?;
    }
    if bench.serves("open_entry")
        && let Some(handle) = bench.open("spooler", &made.entry_id, Some("MAPI_MODIFY"))?.handle()
    {
        if bench.serves("set_lock_state") {
            bench.lock("spooler", &handle, LockState::Locked)?;
        }
        if bench.serves("set_responsibility") {
            let recipient = Some("bob@example.test".to_owned());
            let session = Some("spooler".to_owned());
            bench.call(
                "set_responsibility",
                CallParams { session, recipient, value: Some(true), ..of_handle(&handle) },
            )?;
        }
        if bench.serves("release") {
            bench.release(&handle)?;
        }
    }
    for method in ["finished_msg", "notify_new_mail"] {
        if bench.serves(method) {
            let entry_id = Some(made.entry_id.clone());
            bench.call(method, CallParams { entry_id, ..of_session("spooler") })?;
        }
    }
    bench.observe(&made.entry_id)?;
    Ok(())
}

/// The flags of PR_MESSAGE_FLAGS and PR_SUBMIT_FLAGS by MAPI's names.
const FLAGS: &[&str] = &[
    "MSGFLAG_READ",
    "MSGFLAG_UNMODIFIED",
    "MSGFLAG_SUBMIT",
    "MSGFLAG_UNSENT",
    "MSGFLAG_HASATTACH",
    "MSGFLAG_FROMME",
    "MSGFLAG_ASSOCIATED",
    "MSGFLAG_RESEND",
    "MSGFLAG_RN_PENDING",
    "MSGFLAG_NRN_PENDING",
    "MSGFLAG_ORIGIN_X400",
    "MSGFLAG_ORIGIN_INTERNET",
    "MSGFLAG_ORIGIN_MISC_EXT",
    "MSGFLAG_OUTLOOK_NON_EMS_XP",
    "MSGFLAG_EVERREAD",
    "SUBMITFLAG_LOCKED",
    "SUBMITFLAG_PREPROCESS",
];

pub(super) fn values<S: Sut>(bench: &Bench<'_, S>, _patient: &Patient<'_>, notes: &mut Notes) {
    for flag in bench.flags.iter().filter(|flag| !FLAGS.contains(&flag.as_str())) {
        let advice = closest(flag, FLAGS.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        notes.warning(format!("`{flag}` is no flag that MAPI has"), advice.unwrap_or_default());
    }
    for time in &bench.times {
        let decimals = time.split_once('.').map_or(0, |(_, rest)| rest.trim_end_matches('Z').len());
        if !time.ends_with('Z') || decimals > 7 {
            notes.warning(
                format!("a time is `{time}`"),
                "write times in UTC with `Z`, and at most 7 decimals, as 2026-01-31T12:00:00.1234567Z",
            );
        }
    }
}

/// Members that nobody reads, and that are spelt much like one that somebody would have read.
pub(super) fn members<S: Sut>(bench: &Bench<'_, S>, _patient: &Patient<'_>, notes: &mut Notes) {
    for oddity in &bench.oddities {
        let Oddity::Member { of, path } = oddity else { continue };
        let name = path.rsplit('.').next().unwrap_or(path);
        if let Some(near) = closest(name, known_members(of, path)).filter(|near| *near != name) {
            notes.warning(
                format!("the result of {of} has `{path}`, which nobody reads"),
                format!("did you mean `{near}`?"),
            );
        }
    }
}

fn known_members(of: &str, path: &str) -> Vec<&'static str> {
    let within = |member: &str| path.split('.').rev().skip(1).any(|part| part == member);
    match of {
        "initialize" if within("profile") => PROFILE.to_vec(),
        "initialize" => ["protocol_version", "provider", "role", "profile", "supports"].to_vec(),
        _ if within("recipients") => ["address", "addrtype", "type", "PR_RESPONSIBILITY"].to_vec(),
        _ if within("rows") => ["entry_id", "PR_CLIENT_SUBMIT_TIME", "PR_SUBMIT_FLAGS"].to_vec(),
        "observe" => OBSERVATION.to_vec(),
        "create_message" => ["hresult", "entry_id", "handle"].to_vec(),
        "open_entry" => ["hresult", "handle", "access", "first_use_hresult"].to_vec(),
        "get_outgoing_queue" => ["hresult", "columns", "rows"].to_vec(),
        "get_props" => ["hresult", "props"].to_vec(),
        "spooler.wake" => ["idle"].to_vec(),
        _ => ["hresult"].to_vec(),
    }
}

const PROFILE: &[&str] = &[
    "outgoing_submission",
    "coupling",
    "handles_addrtypes",
    "wants_spooler_completion",
    "persists_lock",
    "sorts_queue",
    "readings",
];

const OBSERVATION: &[&str] = &[
    "exists",
    "folder",
    "entry_id_now",
    "copies",
    "sentmail_copies",
    "PR_SUBJECT",
    "PR_MESSAGE_FLAGS",
    "PR_SUBMIT_FLAGS",
    "PR_CLIENT_SUBMIT_TIME",
    "PR_PREPROCESS",
    "in_outgoing_queue",
    "recipients",
];
