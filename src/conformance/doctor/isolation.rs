//! Cases do not see each other: what `reset` and `restart` leave.

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{CallParams, Coupling, LockState, Profile, RestartKind, SortsQueue};

use super::bench::{Bench, Checked, Halt, Reply};
use super::checkup::Notes;
use super::handles::{accepted, uses};
use crate::conformance::sut::Sut;

pub(super) fn reset<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    let reply = bench.call("reset", CallParams::default())?;
    if !reply.succeeded() {
        notes.broken(format!("`reset` came to {}", reply.words()), "serve it: no case can begin without a fresh store");
        return Ok(());
    }
    bench.fresh()?;
    bench.need(&["create_message"])?;
    let draft = bench.create("client-1", "the doctor's draft", "bob@example.test")?;
    let sent = bench.create("client-1", "the doctor's submitted", "eve@example.test")?;
    if bench.serves("submit_message")
        && bench.submit("client-1", &sent.handle)?.succeeded()
        && bench.serves("get_outgoing_queue")
    {
        bench.comes_into_queue(&sent.entry_id)?;
    }
    bench.fresh()?;
    // Nothing has been made since, so that whatever is there is of before, even if names are used again.
    if bench.serves("get_outgoing_queue")
        && let Some(rows) = bench.rows()?.filter(|rows| !rows.is_empty())
    {
        notes.broken(format!("the queue has {} rows after `reset`", rows.len()), FRESH);
    }
    if bench.serves("open_entry") {
        if bench.open("client-1", &draft.entry_id, None)?.succeeded() {
            notes.broken("a message of before `reset` can be opened", FRESH);
        }
    } else if bench.observe(&draft.entry_id)?.is_some_and(|seen| seen.exists == Some(true)) {
        notes.broken("a message of before `reset` exists", FRESH);
    }
    if let Some((method, reply)) = uses(bench, &draft.handle)? {
        accepted(
            &reply,
            &format!("after `reset`, {method} with a handle of before"),
            "let `reset` end every session",
            notes,
        );
    }
    Ok(())
}

/// What to do about a store that is not empty.
const FRESH: &str = "let `reset` give an empty store: no messages, no queue, no locks, no sessions";

/// A profile that a reset brings is there until the next, and not for longer.
pub(super) fn profile<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    bench.need(&["create_message", "submit_message"])?;
    if bench.profile.outgoing_submission != Some(true) {
        return Err(Halt::Cannot("the profile does not say that the store sends".to_owned()));
    }
    bench.fresh()?;
    let before = submission(bench)?;
    let sends_not = Profile { outgoing_submission: Some(false), ..Profile::default() };
    let reset = |profile: Profile| CallParams { profile: Some(profile), ..CallParams::default() };
    let taken = bench.call("reset", reset(sends_not))?;
    if !taken.succeeded() {
        return Err(Halt::Cannot(format!("`reset` with another profile came to {}", taken.words())));
    }
    let meanwhile = submission(bench)?;
    bench.fresh()?;
    let after = submission(bench)?;
    if before.code.is_success() && !meanwhile.code.is_success() && after.code == meanwhile.code {
        notes.broken(
            format!(
                "after a `reset` with `outgoing_submission: false` and one without, submit_message returns {}",
                after.code
            ),
            "let each `reset` begin with the provider's own profile",
        );
    }
    // One override that shows nothing may be the provider's mistake. That none does is the adapter's.
    if before == meanwhile && before.code.is_success() && bench.profile.coupling == Some(Coupling::None) {
        let coupled = Profile {
            coupling: Some(Coupling::Tight),
            handles_addrtypes: Some(vec!["SMTP".to_owned()]),
            wants_spooler_completion: Some(false),
            ..Profile::default()
        };
        if bench.call("reset", reset(coupled))?.succeeded() && submission(bench)? == before && before.queued {
            notes.broken(
                "`reset` takes a profile in which the store does not send, and one in which it sends by itself, and the store does as before",
                "answer -32602 to a `reset` with a profile that you cannot have",
            );
        }
        bench.fresh()?;
    }
    Ok(())
}

/// What shows of a submission.
#[derive(Debug, Eq, PartialEq)]
struct Submission {
    code: HResult,
    queued: bool,
}

fn submission<S: Sut>(bench: &mut Bench<'_, S>) -> Checked<S, Submission> {
    let made = bench.create("client-1", "the doctor's sent", "bob@example.test")?;
    let reply = bench.submit("client-1", &made.handle)?;
    let Reply::Returned(result) = &reply else {
        return Err(Halt::Cannot(format!("submit_message came to {}", reply.words())));
    };
    let code = result.hresult.unwrap_or(HResult::S_OK);
    let queued = code.is_success() && bench.serves("get_outgoing_queue") && bench.comes_into_queue(&made.entry_id)?;
    Ok(Submission { code, queued })
}

pub(super) fn restart<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    bench.need(&["create_message", "restart"])?;
    for kind in [RestartKind::Clean, RestartKind::Crash] {
        bench.fresh()?;
        let name = word(kind);
        let made = bench.create("client-1", "the doctor's lasting", "bob@example.test")?;
        let reply = again(bench, kind)?;
        if let Reply::Unserved = reply {
            notes.broken(
                "`supports` has restart, and it is answered with -32601",
                "serve it, or leave it out of `supports`",
            );
            return Ok(());
        }
        if !reply.succeeded() {
            notes.warning(
                format!("`restart` ({name}) came to {}", reply.words()),
                "let it say whether the store runs again",
            );
            continue;
        }
        if let Some((method, reply)) = uses(bench, &made.handle)? {
            let what = format!("after `restart` ({name}), {method} with a handle of before");
            accepted(&reply, &what, "stop the store's process and start it, and forget every handle", notes);
        }
        if bench.serves("open_entry") && !bench.open("client-1", &made.entry_id, None)?.succeeded() {
            notes.warning(
                format!("after `restart` ({name}), a message that was saved before cannot be opened"),
                "if the store would have kept it, start it again on the same data",
            );
        }
    }
    Ok(())
}

const fn word(kind: RestartKind) -> &'static str {
    match kind {
        RestartKind::Clean => "clean",
        RestartKind::Crash => "crash",
    }
}

fn again<S: Sut>(bench: &mut Bench<'_, S>, kind: RestartKind) -> Checked<S, Reply> {
    bench.call("restart", CallParams { kind: Some(kind), ..CallParams::default() })
}

/// What the profile promises, against what is seen.
pub(super) fn declared<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    let profile = bench.profile.clone();
    bench.need(&["create_message", "submit_message", "get_outgoing_queue"])?;
    bench.fresh()?;
    let first = bench.create("client-1", "the doctor's first", "bob@example.test")?;
    let second = bench.create("client-1", "the doctor's second", "eve@example.test")?;
    for message in [&second, &first] {
        let reply = bench.submit("client-1", &message.handle)?;
        if profile.outgoing_submission == Some(false) && reply.succeeded() {
            notes.warning("the profile declares `outgoing_submission: false`, and submit_message returned S_OK", CLAIM);
        }
        if !reply.succeeded() || !bench.comes_into_queue(&message.entry_id)? {
            return Err(Halt::Cannot("no message came into the queue".to_owned()));
        }
    }
    let rows = bench.rows()?.unwrap_or_default();
    let ids: Vec<&str> = rows.iter().map(|row| row.entry_id.as_str()).collect();
    if profile.sorts_queue == Some(SortsQueue::Store) && ids == [&first.entry_id, &second.entry_id] {
        notes.warning(
            "the profile declares `sorts_queue: store`, and the message that was submitted first is not the first row",
            CLAIM,
        );
    }
    locks(bench, &first.entry_id, &profile, notes)
}

fn locks<S: Sut>(bench: &mut Bench<'_, S>, entry_id: &str, profile: &Profile, notes: &mut Notes) -> Checked<S> {
    let Some(persists) = profile.persists_lock else { return Ok(()) };
    if !["open_entry", "set_lock_state", "restart", "observe"].iter().all(|method| bench.serves(method)) {
        return Ok(());
    }
    let Some(handle) = bench.open("spooler", entry_id, Some("MAPI_MODIFY"))?.handle() else { return Ok(()) };
    if !bench.lock("spooler", &handle, LockState::Locked)?.succeeded() || !locked(bench, entry_id)? {
        return Ok(());
    }
    if again(bench, RestartKind::Clean)?.succeeded() && locked(bench, entry_id)? != persists {
        let (declared, seen) = if persists { ("true", "gone") } else { ("false", "still there") };
        notes.warning(
            format!("the profile declares `persists_lock: {declared}`, and after a clean restart the lock is {seen}"),
            CLAIM,
        );
    }
    Ok(())
}

/// What to do about a claim that is not kept: which of the two is wrong is not known here.
const CLAIM: &str = "correct the profile, or the provider";

fn locked<S: Sut>(bench: &mut Bench<'_, S>, entry_id: &str) -> Checked<S, bool> {
    let seen = bench.observe(entry_id)?;
    Ok(seen
        .and_then(|seen| seen.submit_flags)
        .is_some_and(|flags| flags.iter().any(|flag| flag == "SUBMITFLAG_LOCKED")))
}
