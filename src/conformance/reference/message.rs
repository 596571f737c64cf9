//! A message as the store keeps it: properties, recipient rows, its place in the outgoing queue.

use std::collections::BTreeMap;

use serde_json::Value;
use spoolproof_sdk::CallError;
use spoolproof_sdk::wire::{Folder, Recipient};

/// The key of a message; never used twice in one database.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct MessageId(pub(super) i64);

/// Four bytes of flags and the store's own identifier: what every entry id of this store begins with.
const ENTRY_ID_PREFIX: &str = "000000009f1c6f2a7d3b4e58a0c1d2e3f4a5b6c7";

impl MessageId {
    pub(super) fn entry_id(self) -> String {
        format!("{ENTRY_ID_PREFIX}{:016x}", self.0)
    }

    /// The message that an entry id names; `None` when it has not the form of this store's.
    pub(super) fn parse(entry_id: &str) -> Option<Self> {
        let digits =
            entry_id.strip_prefix(ENTRY_ID_PREFIX).filter(|digits| digits.len() == 16 && !digits.starts_with('+'))?;
        i64::from_str_radix(digits, 16).ok().map(Self)
    }
}

/// A time in units of 100 ns, as FILETIME counts, from 1970 on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Ticks(pub(super) i64);

impl Ticks {
    pub(super) fn now() -> Self {
        Self(i64::try_from(jiff::Timestamp::now().as_nanosecond() / 100).unwrap_or(i64::MAX))
    }

    /// RFC 3339 in UTC with all seven decimals.
    pub(super) fn rfc3339(self) -> String {
        let time = jiff::Timestamp::from_nanosecond(i128::from(self.0) * 100).unwrap_or(jiff::Timestamp::MAX);
        time.strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string()
    }
}

pub(super) const MSGFLAG_READ: u32 = 0x01;
pub(super) const MSGFLAG_UNMODIFIED: u32 = 0x02;
pub(super) const MSGFLAG_SUBMIT: u32 = 0x04;
pub(super) const MSGFLAG_UNSENT: u32 = 0x08;
pub(super) const MSGFLAG_RESEND: u32 = 0x80;

const MESSAGE_FLAGS: &[(&str, u32)] = &[
    ("MSGFLAG_READ", MSGFLAG_READ),
    ("MSGFLAG_UNMODIFIED", MSGFLAG_UNMODIFIED),
    ("MSGFLAG_SUBMIT", MSGFLAG_SUBMIT),
    ("MSGFLAG_UNSENT", MSGFLAG_UNSENT),
    ("MSGFLAG_RESEND", MSGFLAG_RESEND),
];

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: MessageId,
    /// The message that this one is a copy of; its own id for an original.
    pub(super) origin: MessageId,
    pub(super) folder: Folder,
    /// `PR_MESSAGE_FLAGS`.
    pub(super) flags: u32,
    /// `SUBMITFLAG_PREPROCESS` in `PR_SUBMIT_FLAGS`. The other bit, `SUBMITFLAG_LOCKED`, is read off the lock.
    pub(super) awaits_preprocessing: bool,
    /// `PR_PREPROCESS`.
    pub(super) preprocess: bool,
    /// `PR_CLIENT_SUBMIT_TIME`.
    pub(super) submitted_at: Option<Ticks>,
    /// What clients set: `PR_SUBJECT`, `PR_SENTMAIL_ENTRYID`, `PR_DELETE_AFTER_SUBMIT` and the rest.
    pub(super) props: BTreeMap<String, Value>,
    pub(super) recipients: Vec<Row>,
    /// Its place in the outgoing queue.
    pub(super) queued: Option<Queued>,
}

/// What the queue knows of a message.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Queued {
    /// `ExpandRecips` returned `NEEDS_SPOOLER`; asked again when preprocessing is over.
    pub(super) needs_spooler: bool,
    /// `CompleteMsg` gave it to the spooler: no row in the table, and none until the store starts anew.
    pub(super) handed_over: bool,
}

impl Message {
    pub(super) fn flag_names(&self) -> Vec<String> {
        MESSAGE_FLAGS.iter().filter(|(_, bit)| self.flags & bit != 0).map(|&(name, _)| name.to_owned()).collect()
    }

    /// Whether the outgoing queue table has a row for it.
    pub(super) fn in_table(&self) -> bool {
        self.queued.is_some_and(|queued| !queued.handed_over)
    }

    pub(super) fn has_sentmail(&self) -> bool {
        self.props.get("PR_SENTMAIL_ENTRYID").is_some_and(|value| !value.is_null())
    }

    pub(super) fn deletes_after_submit(&self) -> bool {
        self.props.get("PR_DELETE_AFTER_SUBMIT") == Some(&Value::Bool(true))
    }

    /// Takes every mark of an outgoing message away, once it is sent or the submission is cancelled.
    pub(super) fn leave_queue(&mut self) {
        self.queued = None;
        self.flags &= !MSGFLAG_SUBMIT;
        self.awaits_preprocessing = false;
        self.preprocess = false;
    }
}

/// A row of the recipient table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) address: String,
    pub(super) addrtype: String,
    /// `PR_RECIPIENT_TYPE`.
    pub(super) kind: u32,
    /// `PR_RESPONSIBILITY`; absent until the first submission.
    pub(super) responsibility: Option<bool>,
}

const MAPI_TO: u32 = 1;

const KINDS: &[(&str, u32)] =
    &[("MAPI_TO", MAPI_TO), ("MAPI_CC", 2), ("MAPI_BCC", 3), ("MAPI_P1", 0x1000_0000), ("MAPI_SUBMITTED", 0x8000_0000)];

impl Row {
    pub(super) fn new(given: &Recipient) -> Result<Self, CallError> {
        Ok(Self {
            address: given.address.clone(),
            addrtype: given.addrtype.clone().unwrap_or_else(|| "SMTP".to_owned()),
            kind: given.kind.as_deref().map_or(Ok(MAPI_TO), parse_kind)?,
            responsibility: given.responsibility,
        })
    }

    pub(super) fn to_wire(&self) -> Recipient {
        Recipient {
            address: self.address.clone(),
            addrtype: Some(self.addrtype.clone()),
            kind: Some(kind_name(self.kind)),
            responsibility: self.responsibility,
        }
    }
}

/// The recipient table as a support call left it. What a returned row does not say, the old row of that address says.
pub(super) fn adopt(mut old: Vec<Row>, returned: Option<&[Recipient]>) -> Result<Vec<Row>, CallError> {
    let Some(returned) = returned else { return Ok(old) };
    let mut rows = Vec::new();
    for given in returned {
        let mut row = Row::new(given)?;
        // A resend has several rows of one address, which differ in their type alone.
        let same = old
            .iter()
            .position(|each| each.address == row.address && each.kind == row.kind)
            .or_else(|| old.iter().position(|each| each.address == row.address));
        if let Some(same) = same.map(|index| old.remove(index)) {
            if given.addrtype.is_none() {
                row.addrtype = same.addrtype;
            }
            if given.kind.is_none() {
                row.kind = same.kind;
            }
            row.responsibility = row.responsibility.or(same.responsibility);
        }
        // A list's members come without the property, and nobody has taken responsibility for them yet.
        row.responsibility.get_or_insert(false);
        rows.push(row);
    }
    Ok(rows)
}

fn parse_kind(text: &str) -> Result<u32, CallError> {
    text.split('|').map(str::trim).try_fold(0, |kind, name| {
        let (_, bits) = KINDS
            .iter()
            .find(|(each, _)| *each == name)
            .ok_or_else(|| CallError::bad_params(format!("`{name}` is no PR_RECIPIENT_TYPE")))?;
        Ok(kind | bits)
    })
}

fn kind_name(kind: u32) -> String {
    let class = kind & 0xF;
    let names = KINDS.iter().filter(|&&(_, bits)| if bits <= 3 { bits == class } else { kind & bits != 0 });
    names.map(|&(name, _)| name).collect::<Vec<_>>().join("|")
}

#[cfg(test)]
mod tests {
    use super::{MessageId, Recipient, Row, Ticks, adopt, kind_name, parse_kind};

    #[test]
    fn entry_ids_are_read_back_and_foreign_ones_are_not() {
        let id = MessageId(0x1234);
        assert_eq!(MessageId::parse(&id.entry_id()), Some(id));
        let signed = id.entry_id().replace("0000000000001234", "+000000000001234");
        for foreign in ["", "zz", "00000000", &id.entry_id()[..55], &(id.entry_id() + "0"), &signed] {
            assert_eq!(MessageId::parse(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn times_show_seven_decimals() {
        assert_eq!(Ticks(12_345_678_900_000_001).rfc3339(), "2009-02-13T23:31:30.0000001Z");
        assert_eq!(Ticks(0).rfc3339(), "1970-01-01T00:00:00.0000000Z");
    }

    #[test]
    fn recipient_types_are_read_back() {
        for name in ["MAPI_TO", "MAPI_BCC", "MAPI_P1", "MAPI_CC|MAPI_SUBMITTED"] {
            assert_eq!(kind_name(parse_kind(name).expect("a type")), name);
        }
        assert!(parse_kind("MAPI_ORIG").is_err());
    }

    #[test]
    fn a_returned_row_keeps_what_it_does_not_say() {
        let given = |address: &str, kind: &str| Recipient {
            address: address.to_owned(),
            kind: Some(kind.to_owned()),
            ..Recipient::default()
        };
        let fax = Recipient { addrtype: Some("FAX".to_owned()), responsibility: Some(true), ..given("a", "MAPI_TO") };
        let old = vec![Row::new(&fax).expect("a row"), Row::new(&given("a", "MAPI_P1")).expect("a row")];
        let rows = adopt(old, Some(&[given("a", "MAPI_P1"), given("a", "MAPI_TO"), given("b", "MAPI_TO")]));
        let rows: Vec<_> = rows.expect("rows").into_iter().map(|row| (row.addrtype, row.responsibility)).collect();
        let smtp = || "SMTP".to_owned();
        assert_eq!(rows, [(smtp(), Some(false)), ("FAX".to_owned(), Some(true)), (smtp(), Some(false))]);
    }
}
