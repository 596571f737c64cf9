//! One lie in a true trace.

use std::fmt;

use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::Event;
use spoolproof_sdk::wire::{Access, Folder, Observation};

use crate::dice::Dice;

/// What is changed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Lie {
    Access,
    Exists,
    Folder,
    Locked,
    Notification,
    Preprocess,
    Queue,
    Reply,
    Responsibility,
    Submit,
    Subject,
}

impl Lie {
    pub(crate) const ALL: [Self; 11] = [
        Self::Access,
        Self::Exists,
        Self::Folder,
        Self::Locked,
        Self::Notification,
        Self::Preprocess,
        Self::Queue,
        Self::Reply,
        Self::Responsibility,
        Self::Submit,
        Self::Subject,
    ];
}

impl fmt::Display for Lie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}

/// Tells `lie` in one event, and returns its number; `None` if the trace has no place for it.
pub(crate) fn corrupt(events: &mut Vec<Event>, lie: Lie, dice: &mut Dice) -> Option<u64> {
    let places: Vec<usize> =
        (0..events.len()).filter(|at| tell(&mut events[*at].clone(), lie, &mut dice.clone())).collect();
    if places.is_empty() {
        return None;
    }
    let at = dice.pick(&places);
    let seq = events[at].seq;
    if lie == Lie::Notification {
        let removed = events.remove(at);
        if let Some(before) = at.checked_sub(1).and_then(|before| events.get_mut(before)) {
            before.x_settled = before.x_settled.or(removed.x_settled).filter(|_| before.call != "get_outgoing_queue");
        }
    } else {
        tell(&mut events[at], lie, dice);
    }
    Some(seq)
}

fn tell(event: &mut Event, lie: Lie, dice: &mut Dice) -> bool {
    match lie {
        Lie::Notification => {
            return event.call.starts_with("notify.") && event.params.event.as_deref() != Some("modified");
        }
        Lie::Reply => {
            let judged = ["abort_submit", "finished_msg", "open_entry", "set_lock_state", "submit_message"];
            let Some(code) = event.result.hresult.filter(|_| judged.contains(&event.call.as_str())) else {
                return false;
            };
            event.result.hresult = Some(if code.is_success() { HResult::MAPI_E_CALL_FAILED } else { HResult::S_OK });
            event.result.access = (event.call == "open_entry" && !code.is_success()).then_some(Access::ReadWrite);
            return true;
        }
        Lie::Access => {
            event.result.access = event.result.access.map(|access| match access {
                Access::Read => Access::ReadWrite,
                Access::ReadWrite => Access::Read,
            });
            return event.result.access.is_some();
        }
        _ => {}
    }
    // A notification or a call of the store's shows nothing; whatever else was seen, was seen of the subject too.
    let Some(observed) = &mut event.observed else { return false };
    let count = observed.len();
    let Some(seen) = observed.values_mut().nth(dice.below(count.max(1))) else { return false };
    if seen.exists != Some(true) {
        return false;
    }
    tell_of(seen, lie)
}

fn tell_of(seen: &mut Observation, lie: Lie) -> bool {
    match lie {
        Lie::Exists => {
            *seen = Observation { exists: Some(false), folder: Some(Folder::None), ..Observation::default() }
        }
        Lie::Folder => {
            seen.folder = seen.folder.map(|folder| match folder {
                Folder::Outbox | Folder::Other => Folder::Sentmail,
                Folder::Sentmail | Folder::Deleted | Folder::None => Folder::Outbox,
            });
        }
        Lie::Locked => flip(seen.submit_flags.as_mut(), "SUBMITFLAG_LOCKED"),
        Lie::Preprocess => flip(seen.submit_flags.as_mut(), "SUBMITFLAG_PREPROCESS"),
        Lie::Submit => flip(seen.message_flags.as_mut(), "MSGFLAG_SUBMIT"),
        Lie::Queue => seen.in_outgoing_queue = seen.in_outgoing_queue.map(|queued| !queued),
        Lie::Subject => seen.subject = Some("something else".to_owned()),
        Lie::Responsibility => {
            let Some(row) = seen.recipients.iter_mut().flatten().next() else { return false };
            row.responsibility = Some(row.responsibility != Some(true));
        }
        Lie::Access | Lie::Notification | Lie::Reply => return false,
    }
    true
}

fn flip(flags: Option<&mut Vec<String>>, name: &str) {
    let Some(flags) = flags else { return };
    match flags.iter().position(|flag| flag == name) {
        Some(at) => _ = flags.remove(at),
        None => flags.push(name.to_owned()),
    }
}
