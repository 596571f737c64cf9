//! A recorded run as lines to read: who called what, what it returned, and only what changed.

use std::collections::BTreeMap;

use spoolproof_sdk::trace::Event;
use spoolproof_sdk::wire::{Access, CallParams, CallResult, Folder, Observation};

use crate::oracle::Line;

/// Tells the events of one case, one line each. What changed is read off the observations.
#[must_use]
pub fn narrate(events: &[Event]) -> Vec<Line> {
    let mut before: BTreeMap<&str, &Observation> = BTreeMap::new();
    let mut handles: BTreeMap<&str, &str> = BTreeMap::new();
    events
        .iter()
        .map(|event| {
            let message = event.params.entry_id.as_deref().or(event.result.entry_id.as_deref());
            let message = message.or_else(|| handles.get(event.params.handle.as_deref()?).copied());
            if let (Some(handle), Some(message)) = (event.result.handle.as_deref(), message) {
                handles.insert(handle, message);
            }
            let mut changes = Vec::new();
            for (entry_id, now) in event.observed.iter().flatten() {
                let change = changed(before.insert(entry_id, now), now);
                if !change.is_empty() {
                    let whose =
                        if Some(entry_id.as_str()) == message { String::new() } else { format!("{entry_id}: ") };
                    changes.push(format!("{whose}{change}"));
                }
            }
            let nested = if event.during.is_some() || event.call.starts_with("notify.") { "  " } else { "" };
            Line {
                seq: event.seq,
                session: event.session.clone().unwrap_or_else(|| "store".to_owned()),
                call: format!("{nested}{}", called(&event.call, &event.params, message)),
                reply: replied(event),
                change: changes.join("   "),
            }
        })
        .collect()
}

/// The call by the protocol's name, and what it was about.
fn called(call: &str, params: &CallParams, message: Option<&str>) -> String {
    let mut words = vec![call.to_owned()];
    words.extend(message.map(str::to_owned));
    words.extend(params.flags.iter().flatten().cloned());
    words.extend(params.message_flags.iter().flatten().cloned());
    words.extend(params.event.clone());
    words.extend(params.kind.map(|kind| format!("{kind:?}").to_lowercase()));
    words.extend(params.lock_state.map(|state| format!("MSG_{}", format!("{state:?}").to_uppercase())));
    words.extend(params.recipient.clone());
    words.extend(params.value.map(|value| value.to_string().to_uppercase()));
    words.extend(params.recipients.iter().flatten().map(|recipient| recipient.address.clone()));
    for (set, name) in [
        (params.sentmail == Some(true), "PR_SENTMAIL_ENTRYID"),
        (params.delete_after_submit == Some(true), "PR_DELETE_AFTER_SUBMIT"),
        (params.save == Some(false), "(not saved)"),
    ] {
        if set {
            words.push(name.to_owned());
        }
    }
    if let Some(subject) = params.props.as_ref().and_then(|props| props.get("PR_SUBJECT")) {
        words.push(subject.to_string());
    }
    words.join(" ")
}

/// What it returned, and what came with it.
fn replied(event: &Event) -> String {
    let CallResult { hresult, access, flags, rows, superseded, recipients, .. } = &event.result;
    let mut words: Vec<String> = Vec::new();
    words.extend(hresult.map(|code| code.to_string()));
    words.extend(event.error.as_ref().map(|_| "(bad params)".to_owned()));
    words.extend(access.map(|access| if access == Access::Read { "read" } else { "read/write" }.to_owned()));
    words.extend(flags.iter().flatten().cloned());
    words.extend(recipients.as_ref().map(|rows| format!("{} recipients", rows.len())));
    if *superseded == Some(true) {
        words.push("superseded".to_owned());
    }
    words.extend(rows.iter().flatten().map(|row| row.entry_id.clone()));
    words.join(" ")
}

/// Only what differs between two looks at a message.
fn changed(before: Option<&Observation>, now: &Observation) -> String {
    let nothing = Observation::default();
    let before = before.unwrap_or(&nothing);
    let mut words: Vec<String> = Vec::new();
    if before.folder != now.folder {
        words.push(match now.folder {
            Some(Folder::Outbox) if before.folder.is_none() => "created".to_owned(),
            Some(Folder::None) | None => "gone".to_owned(),
            Some(folder) => format!("→ {}", format!("{folder:?}").to_lowercase()),
        });
    }
    let mut flip = |was: bool, is: bool, name: &str| {
        if was != is {
            words.push(format!("{}{name}", if is { '+' } else { '-' }));
        }
    };
    flip(before.in_outgoing_queue == Some(true), now.in_outgoing_queue == Some(true), "queue");
    let has = |flags: &Option<Vec<String>>, name: &str| flags.iter().flatten().any(|flag| flag == name);
    for (name, short) in [("MSGFLAG_SUBMIT", "SUBMIT"), ("MSGFLAG_UNSENT", "UNSENT"), ("MSGFLAG_RESEND", "RESEND")] {
        flip(has(&before.message_flags, name), has(&now.message_flags, name), short);
    }
    for (name, short) in [("SUBMITFLAG_LOCKED", "LOCKED"), ("SUBMITFLAG_PREPROCESS", "PREPROCESS")] {
        flip(has(&before.submit_flags, name), has(&now.submit_flags, name), short);
    }
    let claimed =
        |seen: &Observation| seen.recipients.iter().flatten().filter(|row| row.responsibility == Some(true)).count();
    if claimed(before) != claimed(now) {
        words.push(format!("{} recipients TRUE", claimed(now)));
    }
    if before.subject != now.subject && before.subject.is_some() && now.subject.is_some() {
        words.push(format!("PR_SUBJECT {:?}", now.subject.as_deref().unwrap_or_default()));
    }
    if now.copies.unwrap_or(1) != before.copies.unwrap_or(1) {
        words.push(format!("{} copies", now.copies.unwrap_or(1)));
    }
    words.join(" ")
}
