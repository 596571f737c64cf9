//! What the adapter sends by itself: support calls and notifications.

use spoolproof_sdk::wire::{CallParams, NOTIFICATIONS, SUPPORT_METHODS};

use super::bench::{Bench, Checked, Halt, Made, Mapi, Reply, of_handle, of_session};
use super::checkup::Notes;
use super::examine::Patient;
use crate::conformance::sut::{Oddity, Sut};
use crate::spec::closest;

/// A support call waits for its answer, however long that takes and whatever is asked meanwhile.
pub(super) fn nesting<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    bench.need(&["create_message", "submit_message", "observe"])?;
    let succeeded = match submitted(bench, true) {
        Ok(succeeded) => succeeded,
        Err(Halt::Adapter(error)) => {
            let error = error.to_string();
            bench.sut.revive().map_err(Halt::Adapter)?;
            // It is the looking that it cannot stand, if it can do without.
            let succeeded = submitted(bench, false)?;
            notes.broken(
                format!("while a support call waits for its answer, `observe` comes to this: {error}"),
                "wait for the answer to a support call, and answer every request that comes meanwhile",
            );
            succeeded
        }
        Err(halt) => return Err(halt),
    };
    let listed = |name: &str| bench.supports.contains(name);
    if succeeded && listed("support.expand_recips") && !bench.support_calls.contains("support.expand_recips") {
        notes.warning(
            "`supports` has support.expand_recips, and it was never sent when a message with recipients was submitted",
            "leave it out of `supports` if the adapter cannot route it",
        );
    }
    Ok(())
}

/// Submits a message, and looks at it afterwards, so that what is sent too late is read; whether the store took it.
fn submitted<S: Sut>(bench: &mut Bench<'_, S>, looks: bool) -> Checked<S, bool> {
    bench.fresh()?;
    let made: Made = bench.create("client-1", "the doctor's asking", "bob@example.test")?;
    let params = CallParams { session: of_session("client-1").session, ..of_handle(&made.handle) };
    let reply = bench.call_with("submit_message", params, &mut Mapi { looks })?;
    bench.observe(&made.entry_id)?;
    match reply {
        reply @ Reply::Returned(_) => Ok(reply.succeeded()),
        other => Err(Halt::Cannot(format!("submit_message came to {}", other.words()))),
    }
}

/// Everything that was sent in all checks before this one.
pub(super) fn sent<S: Sut>(bench: &Bench<'_, S>, _patient: &Patient<'_>, notes: &mut Notes) {
    let known = || SUPPORT_METHODS.iter().chain(NOTIFICATIONS).copied();
    for method in bench.support_calls.iter().filter(|method| !bench.supports.contains(*method)) {
        notes.broken(format!("it sends {method}, and `supports` does not have it"), "put it into `supports`");
    }
    for oddity in &bench.oddities {
        match oddity {
            Oddity::Request(method) if method.starts_with("notify.") => notes.broken(
                format!("it sends {method} with an `id`, as a request"),
                "send notifications without `id`: nobody answers them",
            ),
            Oddity::Request(method) => match closest(method, known()) {
                Some(near) => notes.broken(
                    format!("it calls `{method}`, which the checker does not have"),
                    format!("did you mean `{near}`?"),
                ),
                None => notes.warning(format!("it calls `{method}`, which the checker does not have"), ""),
            },
            Oddity::Notification(method) if SUPPORT_METHODS.contains(&method.as_str()) => notes.broken(
                format!("it sends {method} without an `id`, as a notification"),
                "send support calls as requests, and wait for their answers",
            ),
            Oddity::Notification(method) => {
                if let Some(near) = closest(method, known()) {
                    notes.broken(
                        format!("it sends `{method}`, which is passed over"),
                        format!("did you mean `{near}`?"),
                    );
                }
            }
            Oddity::Member { .. } => {}
        }
    }
    notified(bench, notes);
}

/// What the table of the queue may be said to have undergone.
const EVENTS: &[&str] = &["added", "deleted", "modified", "changed"];

fn notified<S: Sut>(bench: &Bench<'_, S>, notes: &mut Notes) {
    for notification in &bench.notifications {
        let method = notification.method.as_str();
        if !NOTIFICATIONS.contains(&method) {
            let seen = format!("it sends `{method}`, which the protocol does not have");
            match closest(method, NOTIFICATIONS.iter().copied()) {
                Some(near) => notes.broken(seen, format!("did you mean `{near}`?")),
                None => notes.warning(seen, "names that begin with `notify.` are the protocol's"),
            }
            continue;
        }
        if !bench.supports.contains(method) {
            notes.broken(format!("it sends {method}, and `supports` does not have it"), "put it into `supports`");
        }
        if method != "notify.table_modified" {
            continue;
        }
        let params = &notification.params;
        match params.event.as_deref() {
            Some(event) if EVENTS.contains(&event) => {}
            event => notes.broken(
                format!("{method} has the event `{}`", event.unwrap_or_default()),
                format!("it is one of {}", EVENTS.join(", ")),
            ),
        }
        let table = params.table.as_deref().unwrap_or_default();
        if table != "outgoing_queue" {
            let seen = format!("{method} has the table `{table}`");
            match closest(table, ["outgoing_queue"]) {
                Some(near) => notes.broken(seen, format!("did you mean `{near}`?")),
                None => notes.warning(seen, "the checker listens to `outgoing_queue` alone"),
            }
        }
    }
}
