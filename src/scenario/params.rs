//! Reads the parameters of a step's call.

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Access, Recipient, RestartKind};
use toml::de::DeValue;

use super::reader::{Members, Problems, Value, suggest};
use super::{Answers, Call, Event, NewMessage, OpenFlag, Target};

/// The calls, as the file names them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    AbortSubmit,
    CreateMessage,
    ExpectNotification,
    FinishedMsg,
    GetOutgoingQueue,
    GetProps,
    NotifyNewMail,
    Observe,
    OpenEntry,
    Release,
    Restart,
    SetLockState,
    SetProps,
    SetResponsibility,
    SubmitMessage,
}

pub(super) const KINDS: [(&str, Kind); 15] = [
    ("abort_submit", Kind::AbortSubmit),
    ("create_message", Kind::CreateMessage),
    ("expect_notification", Kind::ExpectNotification),
    ("finished_msg", Kind::FinishedMsg),
    ("get_outgoing_queue", Kind::GetOutgoingQueue),
    ("get_props", Kind::GetProps),
    ("notify_new_mail", Kind::NotifyNewMail),
    ("observe", Kind::Observe),
    ("open_entry", Kind::OpenEntry),
    ("release", Kind::Release),
    ("restart", Kind::Restart),
    ("set_lock_state", Kind::SetLockState),
    ("set_props", Kind::SetProps),
    ("set_responsibility", Kind::SetResponsibility),
    ("submit_message", Kind::SubmitMessage),
];

/// Reads the parameters of a call: all of them, before the first that is missing ends it.
pub(super) fn call(kind: Kind, members: &mut Members<'_>, problems: &mut Problems) -> Option<Call> {
    Some(match kind {
        Kind::AbortSubmit => Call::AbortSubmit { message: message(members, problems)? },
        Kind::CreateMessage => Call::CreateMessage(new_message(members, problems)?),
        Kind::ExpectNotification => {
            let message = members.take("message").and_then(|value| problems.text("message", value));
            let events = Event::ALL.map(|event| (event.name(), event));
            let event = members.need("event", problems).and_then(|value| problems.one_of("event", value, &events));
            Call::ExpectNotification { event: event?, message: message.map(str::to_owned) }
        }
        Kind::FinishedMsg => {
            let message = message(members, problems);
            Call::FinishedMsg { answers: finish_answers(members, problems), message: message? }
        }
        Kind::GetOutgoingQueue => Call::GetOutgoingQueue,
        Kind::GetProps => {
            let target = target(members, problems);
            let props = members.need("props", problems).and_then(|value| problems.texts("props", value));
            Call::GetProps { target: target?, props: props? }
        }
        Kind::NotifyNewMail => Call::NotifyNewMail { message: message(members, problems)? },
        Kind::Observe => Call::Observe { message: message(members, problems)? },
        Kind::OpenEntry => open_entry(members, problems)?,
        Kind::Release => Call::Release { target: target(members, problems)? },
        Kind::Restart => {
            let kinds = [("clean", RestartKind::Clean), ("crash", RestartKind::Crash)];
            let kind = members.need("kind", problems).and_then(|value| problems.one_of("kind", value, &kinds));
            Call::Restart { kind: kind? }
        }
        Kind::SetLockState => {
            let target = target(members, problems);
            let lock = members.need("lock", problems).and_then(|value| problems.boolean("lock", value));
            Call::SetLockState { target: target?, lock: lock? }
        }
        Kind::SetProps => {
            let target = target(members, problems);
            let subject = members.need("subject", problems).and_then(|value| problems.text("subject", value));
            let save = flag("save", members, problems).unwrap_or(true);
            Call::SetProps { target: target?, subject: subject?.to_owned(), save }
        }
        Kind::SetResponsibility => {
            let target = target(members, problems);
            let recipient = members.need("recipient", problems).and_then(|value| problems.text("recipient", value));
            let value = flag("value", members, problems).unwrap_or(true);
            Call::SetResponsibility { target: target?, recipient: recipient?.to_owned(), value }
        }
        Kind::SubmitMessage => {
            let target = target(members, problems);
            let force = flag("force", members, problems).unwrap_or(false);
            Call::SubmitMessage { answers: submit_answers(members, problems), target: target?, force }
        }
    })
}

fn flag(name: &'static str, members: &mut Members<'_>, problems: &mut Problems) -> Option<bool> {
    members.take(name).and_then(|value| problems.boolean(name, value))
}

fn message(members: &mut Members<'_>, problems: &mut Problems) -> Option<String> {
    members.need("message", problems).and_then(|value| problems.text("message", value)).map(str::to_owned)
}

fn target(members: &mut Members<'_>, problems: &mut Problems) -> Option<Target> {
    let message = message(members, problems);
    let handle = members.take("handle").and_then(|value| problems.text("handle", value)).map(str::to_owned);
    Some(Target { message: message?, handle })
}

fn new_message(members: &mut Members<'_>, problems: &mut Problems) -> Option<NewMessage> {
    let target = target(members, problems);
    let recipients = members
        .need("recipients", problems)
        .and_then(|value| recipient_table("recipients", value, Rows::AsTheClientWritesThem, problems));
    let sentmail = flag("sentmail", members, problems).unwrap_or(false);
    let delete_after_submit = flag("delete_after_submit", members, problems);
    let resend = flag("resend", members, problems).unwrap_or(false);
    let subject = members.take("subject").and_then(|value| problems.text("subject", value)).map(str::to_owned);
    Some(NewMessage { target: target?, recipients: recipients?, sentmail, delete_after_submit, resend, subject })
}

fn open_entry(members: &mut Members<'_>, problems: &mut Problems) -> Option<Call> {
    let target = target(members, problems);
    let names = OpenFlag::ALL.map(|flag| (flag.name(), flag));
    let mut flags = Vec::new();
    if let Some(value) = members.take("flags") {
        for item in problems.items("flags", value)? {
            flags.extend(problems.one_of("flag", item, &names));
        }
        if flags.len() > 1 {
            problems.add(value.span(), "`open_entry` takes one flag at most".to_owned(), None);
        }
    }
    let levels = [("read", Access::Read), ("read_write", Access::ReadWrite)];
    let access = members.take("access").and_then(|value| problems.one_of("access", value, &levels));
    Some(Call::OpenEntry { target: target?, flag: flags.pop(), access })
}

fn submit_answers(members: &mut Members<'_>, problems: &mut Problems) -> Answers {
    let mut answers = finish_answers(members, problems);
    let code = |name, members: &mut Members<'_>, problems: &mut Problems| {
        members.take(name).and_then(|value| hresult(name, value, problems))
    };
    answers.prepare = code("prepare", members, problems);
    answers.expand = code("expand", members, problems);
    answers.complete = code("complete", members, problems);
    let table = |name, members: &mut Members<'_>, problems: &mut Problems| {
        members.take(name).and_then(|value| recipient_table(name, value, Rows::AsMapiReturnsThem, problems))
    };
    answers.prepared = table("prepared", members, problems);
    answers.expanded = table("expanded", members, problems);
    let Some(value) = members.take("needs") else { return answers };
    for item in problems.items("needs", value).into_iter().flatten() {
        match problems.one_of("flag", item, &[("NEEDS_PREPROCESSING", true), ("NEEDS_SPOOLER", false)]) {
            Some(true) => answers.needs_preprocessing = true,
            Some(false) => answers.needs_spooler = true,
            None => {}
        }
    }
    answers
}

fn finish_answers(members: &mut Members<'_>, problems: &mut Problems) -> Answers {
    let sent_mail = members.take("sent_mail").and_then(|value| hresult("sent_mail", value, problems));
    let superseded = flag("superseded", members, problems).unwrap_or(false);
    let notify = members.take("notify").and_then(|value| hresult("notify", value, problems));
    Answers { sent_mail, superseded, notify, ..Answers::default() }
}

/// Who wrote the rows of a recipient table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rows {
    AsMapiReturnsThem,
    AsTheClientWritesThem,
}

fn recipient_table(
    name: &'static str,
    value: Value<'_>,
    rows: Rows,
    problems: &mut Problems,
) -> Option<Vec<Recipient>> {
    let table: Vec<_> = problems.items(name, value)?.map(|item| recipient(name, item, rows, problems)).collect();
    table.into_iter().collect()
}

fn recipient(name: &'static str, value: Value<'_>, rows: Rows, problems: &mut Problems) -> Option<Recipient> {
    if let DeValue::String(text) = value.get_ref() {
        let (addrtype, address) = match split_addrtype(text) {
            Some((addrtype, address)) => (Some(addrtype.to_owned()), address),
            None => (None, text.as_ref()),
        };
        return Some(Recipient { address: address.to_owned(), addrtype, ..Recipient::default() });
    }
    let mut members = problems.table(name, value)?;
    members.describe("a recipient");
    let address = members.need("address", problems).and_then(|value| problems.text("address", value));
    let addrtype = members.take("addrtype").and_then(|value| problems.text("addrtype", value)).map(str::to_owned);
    let kind = members.take("type").and_then(|value| recipient_type(value, problems));
    let responsibility = match rows {
        Rows::AsMapiReturnsThem => flag("responsibility", &mut members, problems),
        Rows::AsTheClientWritesThem => None,
    };
    members.finish(problems);
    Some(Recipient { address: address?.to_owned(), addrtype, kind, responsibility })
}

/// `MAPI_TO` and its like, alone or with `|MAPI_SUBMITTED`.
fn recipient_type(value: Value<'_>, problems: &mut Problems) -> Option<String> {
    const TYPES: [&str; 4] = ["MAPI_TO", "MAPI_CC", "MAPI_BCC", "MAPI_P1"];
    let text = problems.text("type", value)?;
    let known = TYPES.contains(&text.strip_suffix("|MAPI_SUBMITTED").unwrap_or(text));
    if !known {
        let help =
            suggest(text, TYPES.into_iter()).or_else(|| Some("`MAPI_TO`, `MAPI_TO|MAPI_SUBMITTED`, …".to_owned()));
        problems.add(value.span(), format!("no recipient type is named `{text}`"), help);
    }
    known.then(|| text.to_owned())
}

/// Splits `FAX:123` at the colon; an address type is made of capitals, digits and `-`.
pub(super) fn split_addrtype(text: &str) -> Option<(&str, &str)> {
    let (addrtype, address) = text.split_once(':')?;
    let starts_well = addrtype.starts_with(|first: char| first.is_ascii_uppercase());
    let goes_on_well = addrtype.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-');
    (starts_well && goes_on_well).then_some((addrtype, address))
}

pub(super) fn hresult(name: &str, value: Value<'_>, problems: &mut Problems) -> Option<HResult> {
    let text = problems.text(name, value)?;
    let code = HResult::parse(text);
    if code.is_none() {
        problems.add(value.span(), format!("no HRESULT is named `{text}`"), suggest(text, HResult::names()));
    }
    code
}
