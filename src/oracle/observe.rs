//! Comparing what a message should be with what `observe` showed of it.

use std::borrow::Cow;

use spoolproof_sdk::wire::{Folder, Observation, Recipient};

use super::bind::place;
use crate::model::{Aspect, Aspects, Lock, Message, Place, Tri};

/// What the oracle knows of a message beside its model state, as far as an observation can be held against it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) message: &'a Message,
    /// PR_SUBJECT, where it is known.
    pub(super) subject: Option<&'a str>,
    /// PR_CLIENT_SUBMIT_TIME, where it is known and must not change.
    pub(super) time: Option<&'a str>,
    /// The recipients' addresses in the order of the bits.
    pub(super) addresses: &'a [String],
    /// Recipients whose rows may lack PR_RESPONSIBILITY, as bits.
    pub(super) added: u32,
    /// Whether this recorder shows PR_RESPONSIBILITY where a row has it.
    pub(super) shows_responsibility: bool,
}

/// Compares; returns the aspects that were looked at, and those that differ.
pub(super) fn compare(expected: &Expected<'_>, seen: &Observation) -> (Aspects, Aspects) {
    let m = expected.message;
    let mut checked = Aspects::NONE;
    let mut wrong = Aspects::NONE;
    let mut check = |aspect, holds: bool| {
        checked.insert(aspect);
        if !holds {
            wrong.insert(aspect);
        }
    };
    if let Some(exists) = seen.exists {
        check(Aspect::Exists, exists == m.place.exists());
    }
    let gone = seen.exists == Some(false) || seen.folder == Some(Folder::None);
    if let Some(folder) = seen.folder
        && !(gone && seen.exists.is_some())
    {
        check(Aspect::Folder, lies_in(m.place, folder));
    }
    if let Some(in_queue) = seen.in_outgoing_queue {
        // After CompleteMsg there may be a row or not (D6, H2): the state tells both.
        check(Aspect::Queue, in_queue == m.queued);
    }
    if gone || !m.place.exists() {
        return (checked, wrong);
    }
    if let Some(copies) = seen.copies {
        check(Aspect::Copies, copies == 1 + u32::from(m.copied));
    }
    if let Some(copies) = &seen.sentmail_copies {
        check(Aspect::Copies, copies.len() == usize::from(m.place == Place::SentMail));
    }
    if let Some(flags) = &seen.message_flags {
        check(Aspect::Submit, has(flags, "MSGFLAG_SUBMIT") == m.submit);
        check(Aspect::Unsent, m.unsent.admits(has(flags, "MSGFLAG_UNSENT")));
    }
    if let Some(flags) = &seen.submit_flags {
        check(Aspect::Locked, has(flags, "SUBMITFLAG_LOCKED") == m.lock.shown());
        check(Aspect::Preprocess, has(flags, "SUBMITFLAG_PREPROCESS") == m.preprocess);
    }
    if let Some(time) = &seen.client_submit_time {
        let kept = expected.time.is_none_or(|known| time.as_deref() == Some(known));
        if m.timed == Tri::Set {
            check(Aspect::SubmitTime, time.is_some() && kept);
        }
    }
    if let Some(set) = seen.preprocess {
        check(Aspect::PrPreprocess, m.pr_preprocess.admits(set));
    }
    if let (Some(subject), Some(known)) = (seen.subject.as_deref(), expected.subject) {
        check(Aspect::Content, subject == known);
    }
    if let Some(rows) = &seen.recipients {
        let present = expected.addresses.iter().all(|address| rows.iter().any(|row| row.address == *address));
        check(Aspect::Recipients, present);
        if let Some(holds) = responsibility(expected, seen) {
            check(Aspect::Responsibility, holds);
        }
    }
    (checked, wrong)
}

/// Whether the rows' PR_RESPONSIBILITY is as expected; `None` where nothing is expected of any row.
fn responsibility(expected: &Expected<'_>, seen: &Observation) -> Option<bool> {
    let m = expected.message;
    let rows = seen.recipients.as_ref()?;
    let mut known = expected
        .addresses
        .iter()
        .enumerate()
        .take(usize::from(Message::TRACKED))
        .filter(|(index, address)| m.unsure & (1 << index) == 0 && is_single(expected.addresses, rows, address))
        .peekable();
    known.peek()?;
    Some(known.all(|(index, address)| {
        let expected_value = m.responsible & (1 << index) != 0;
        let mut values = rows.iter().filter(|row| row.address == *address).map(|row| row.responsibility);
        // A row without the property counts as FALSE (A14). If this recorder is known to show the property, only the
        // rows that ExpandRecips added may be without.
        let may_lack = !expected.shows_responsibility || expected.added & (1 << index) != 0;
        values.all(|value| value.map_or(!expected_value && may_lack, |value| value == expected_value))
    }))
}

/// Whether the rows with this address can be told apart: there is one, in what was known and in what was seen.
fn is_single(addresses: &[String], rows: &[Recipient], address: &str) -> bool {
    place(addresses, address).is_some() && rows.iter().filter(|row| row.address == address).count() == 1
}

/// Takes what was seen as the truth, so that one fault is not reported at every later event.
pub(super) fn impose(m: &mut Message, addresses: &[String], seen: &Observation) {
    match (seen.exists, seen.folder) {
        (Some(false), _) | (None, Some(Folder::None)) => m.place = Place::Gone,
        (_, Some(Folder::Sentmail)) => m.place = Place::SentMail,
        (_, Some(Folder::Deleted)) => m.place = Place::Deleted,
        (_, Some(Folder::Outbox | Folder::Other)) => m.place = Place::Outbox,
        (Some(true), Some(Folder::None) | None) if !m.place.exists() => m.place = Place::Outbox,
        (Some(true), Some(Folder::None) | None) | (None, None) => {}
    }
    if let Some(in_queue) = seen.in_outgoing_queue {
        m.queued = in_queue;
    }
    if let Some(copies) = seen.copies {
        m.copied = copies > 1;
    }
    if let Some(flags) = &seen.message_flags {
        m.submit = has(flags, "MSGFLAG_SUBMIT");
    }
    if let Some(flags) = &seen.submit_flags {
        m.preprocess = has(flags, "SUBMITFLAG_PREPROCESS");
        match (has(flags, "SUBMITFLAG_LOCKED"), m.lock.shown()) {
            (true, false) => m.lock = Lock::Orphan,
            (false, true) => m.lock = Lock::None,
            (true, true) | (false, false) => {}
        }
    }
    if let Some(None) = seen.client_submit_time {
        m.timed = Tri::Free;
    }
    bind(m, addresses, seen);
}

/// Binds what the state leaves free to what was seen.
pub(super) fn bind(m: &mut Message, addresses: &[String], seen: &Observation) {
    if let Some(flags) = &seen.message_flags {
        m.unsent = Tri::bind(has(flags, "MSGFLAG_UNSENT"));
    }
    if let Some(set) = seen.preprocess {
        m.pr_preprocess = Tri::bind(set);
    }
    for row in seen.recipients.iter().flatten() {
        let rows = seen.recipients.as_deref().unwrap_or_default();
        let index = place(addresses, &row.address).filter(|_| is_single(addresses, rows, &row.address));
        if let (Some(index @ 0..32), Some(value)) = (index, row.responsibility) {
            let bit = 1 << index;
            m.responsible = if value { m.responsible | bit } else { m.responsible & !bit };
            m.unsure &= !bit;
        }
    }
}

const fn lies_in(place: Place, folder: Folder) -> bool {
    match place {
        Place::Outbox => matches!(folder, Folder::Outbox | Folder::Other),
        Place::SentMail => matches!(folder, Folder::Sentmail),
        Place::Deleted => matches!(folder, Folder::Deleted),
        Place::Absent | Place::Gone => matches!(folder, Folder::None),
    }
}

fn has(flags: &[String], name: &str) -> bool {
    flags.iter().any(|flag| flag == name)
}

/// The part of an observation that a recorder said it can see.
pub(super) fn visible<'a>(seen: &'a Observation, members: Option<&[String]>) -> Cow<'a, Observation> {
    let Some(members) = members else { return Cow::Borrowed(seen) };
    let shows = |name: &str| members.iter().any(|member| member == name);
    let is_plain = present(seen).into_iter().all(|(name, there)| !there || shows(name));
    if is_plain {
        return Cow::Borrowed(seen);
    }
    Cow::Owned(Observation {
        exists: seen.exists.filter(|_| shows("exists")),
        folder: seen.folder.filter(|_| shows("folder")),
        entry_id_now: seen.entry_id_now.clone(),
        copies: seen.copies.filter(|_| shows("copies")),
        sentmail_copies: seen.sentmail_copies.clone().filter(|_| shows("sentmail_copies")),
        subject: seen.subject.clone().filter(|_| shows("PR_SUBJECT")),
        message_flags: seen.message_flags.clone().filter(|_| shows("PR_MESSAGE_FLAGS")),
        submit_flags: seen.submit_flags.clone().filter(|_| shows("PR_SUBMIT_FLAGS")),
        client_submit_time: seen.client_submit_time.clone().filter(|_| shows("PR_CLIENT_SUBMIT_TIME")),
        preprocess: seen.preprocess.filter(|_| shows("PR_PREPROCESS")),
        in_outgoing_queue: seen.in_outgoing_queue.filter(|_| shows("in_outgoing_queue")),
        recipients: seen.recipients.clone().filter(|_| shows("recipients")),
    })
}

/// The members that a recorder may be unable to see, and whether they are there.
pub(super) const fn present(seen: &Observation) -> [(&'static str, bool); 11] {
    [
        ("exists", seen.exists.is_some()),
        ("folder", seen.folder.is_some()),
        ("copies", seen.copies.is_some()),
        ("sentmail_copies", seen.sentmail_copies.is_some()),
        ("PR_SUBJECT", seen.subject.is_some()),
        ("PR_MESSAGE_FLAGS", seen.message_flags.is_some()),
        ("PR_SUBMIT_FLAGS", seen.submit_flags.is_some()),
        ("PR_CLIENT_SUBMIT_TIME", seen.client_submit_time.is_some()),
        ("PR_PREPROCESS", seen.preprocess.is_some()),
        ("in_outgoing_queue", seen.in_outgoing_queue.is_some()),
        ("recipients", seen.recipients.is_some()),
    ]
}
