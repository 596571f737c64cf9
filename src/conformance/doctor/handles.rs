//! Entry identifiers and handles: what names what, and for whom.

use std::collections::BTreeMap;

use spoolproof_sdk::wire::LockState;

use super::bench::{Bench, Checked, Made, Reply};
use super::checkup::Notes;
use crate::conformance::sut::Sut;

/// Two messages never share an entry id, and one that names nothing is the provider's to refuse.
pub(super) fn entry_ids<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    bench.need(&["create_message"])?;
    bench.fresh()?;
    let made = three(bench)?;
    for (place, message) in made.iter().enumerate() {
        if made[..place].iter().any(|other| other.entry_id == message.entry_id) {
            notes.broken(
                format!("two messages that exist have the entry id `{}`", message.entry_id),
                "give each message the id that the store gives it, whole",
            );
        }
    }
    if made.iter().any(|message| message.entry_id.is_empty()) {
        notes.broken("a message has an empty entry id", "give each message the id that the store gives it");
    }
    Ok(())
}

fn three<S: Sut>(bench: &mut Bench<'_, S>) -> Checked<S, [Made; 3]> {
    Ok([
        bench.create("client-1", "the doctor's first", "bob@example.test")?,
        bench.create("client-1", "the doctor's second", "eve@example.test")?,
        bench.create("client-2", "the doctor's third", "ann@example.test")?,
    ])
}

pub(super) fn handles<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    bench.need(&["create_message"])?;
    bench.fresh()?;
    unique(bench, notes)?;
    foreign(bench, notes)?;
    of_two_spoolers(bench, notes)?;
    released(bench, notes)
}

/// Handles of different messages, or of different sessions, are different.
fn unique<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    let made = three(bench)?;
    let mut seen: BTreeMap<String, (String, &str)> = BTreeMap::new();
    let mut open: Vec<(String, String, &str)> = Vec::new();
    for (message, session) in made.iter().zip(["client-1", "client-1", "client-2"]) {
        open.push((message.handle.clone(), message.entry_id.clone(), session));
    }
    if bench.serves("open_entry")
        && let Some(handle) = bench.open("client-2", &made[0].entry_id, None)?.handle()
    {
        open.push((handle, made[0].entry_id.clone(), "client-2"));
    }
    for (handle, entry_id, session) in open {
        let other = seen.insert(handle.clone(), (entry_id.clone(), session));
        if other.is_some_and(|other| other != (entry_id, session)) {
            notes.broken(
                format!("two open objects have the handle `{handle}`"),
                "give each open object a handle of its own until it is released",
            );
        }
    }
    Ok(())
}

/// The handle of one client is of no use to another.
fn foreign<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    if bench.serves("submit_message") {
        let made = bench.create("client-1", "the doctor's own", "bob@example.test")?;
        let reply = bench.submit("client-2", &made.handle)?;
        accepted(&reply, "submit_message by client-2 with a handle of client-1", OF_SESSION, notes);
    }
    Ok(())
}

fn of_two_spoolers<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    let needed = ["submit_message", "open_entry", "set_lock_state", "get_outgoing_queue"];
    if !needed.iter().all(|method| bench.serves(method)) {
        return Ok(());
    }
    let made = bench.create("client-1", "the doctor's queued", "bob@example.test")?;
    if bench.submit("client-1", &made.handle)?.succeeded()
        && bench.comes_into_queue(&made.entry_id)?
        && let Some(handle) = bench.open("spooler", &made.entry_id, Some("MAPI_MODIFY"))?.handle()
    {
        let reply = bench.lock("spooler-2", &handle, LockState::Locked)?;
        accepted(&reply, "set_lock_state by spooler-2 with a handle of spooler", OF_SESSION, notes);
    }
    Ok(())
}

/// A handle that was released names nothing.
fn released<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    if !bench.serves("release") {
        return Ok(());
    }
    let made = bench.create("client-1", "the doctor's last", "bob@example.test")?;
    if !bench.release(&made.handle)?.succeeded() {
        return Ok(());
    }
    if let Some((method, reply)) = uses(bench, &made.handle)? {
        accepted(&reply, &format!("{method} with a handle that was released"), DEAD, notes);
    }
    if bench.release(&made.handle)?.succeeded() {
        notes.warning("a handle can be released twice", DEAD);
    }
    Ok(())
}

/// Uses an object of client-1's in a way that a store which has it open permits, by the first method that is served.
pub(super) fn uses<S: Sut>(bench: &mut Bench<'_, S>, handle: &str) -> Checked<S, Option<(&'static str, Reply)>> {
    Ok(if bench.serves("get_props") {
        // What cannot be read is left out, so that an answer without a value is none.
        let reply = bench.props(handle, &["PR_SUBJECT"])?;
        Some(("get_props", reply))
    } else if bench.serves("set_props") {
        Some(("set_props", bench.set_subject(handle, "the doctor's dead", true)?))
    } else if bench.serves("submit_message") {
        Some(("submit_message", bench.submit("client-1", handle)?))
    } else {
        None
    })
}

pub(super) fn accepted(reply: &Reply, what: &str, advice: &str, notes: &mut Notes) {
    if reply.succeeded() {
        notes.broken(format!("{what} returned {}", reply.words()), advice);
    }
}

/// What to do about a handle that another session can use.
const OF_SESSION: &str =
    "keep the session of each handle, each session being a logon of its own, and answer -32602 to any other";

/// What to do about a handle that outlives its object.
pub(super) const DEAD: &str = "forget a handle when its object is released, and answer -32602 to it";
