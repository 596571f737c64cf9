//! Clients of a bounded instance: they make the calls that are listed, whenever they can.

use super::call::Env;
use super::call::{Call, Hook, OpenFlags, Session};
use super::entry::Entry;
use super::mapi;
use super::reading::Rules;
use super::scope::{ClientCall, Scope};

/// Lists in `out` what client `session` may call on message `at` next.
pub(super) fn calls(
    (rules, scope): (&Rules, &Scope),
    (session, at): (Session, usize),
    entry: &Entry,
    calls: &[ClientCall],
    out: &mut Vec<Call>,
) {
    let m = &entry.message;
    let handle = entry.handle(session);
    let opens = handle.is_none_or(|handle| handle.spent);
    for call in calls {
        match call {
            ClientCall::Open if opens => out.push(Call::Open(OpenFlags::None)),
            ClientCall::OpenModify if opens => out.push(Call::Open(OpenFlags::Modify)),
            ClientCall::OpenBestAccess if opens => out.push(Call::Open(OpenFlags::BestAccess)),
            ClientCall::Release if handle.is_some() => out.push(Call::Release),
            ClientCall::Write if handle.is_some() => out.push(Call::SetProps { save: true }),
            ClientCall::Submit if handle.is_some() && !m.outgoing() => {
                let mut answers = Vec::new();
                mapi::answers(rules, scope, at, m, &mut answers);
                out.extend(answers.into_iter().map(Call::Submit));
            }
            ClientCall::SubmitAgain if handle.is_some() && m.outgoing() => out.push(Call::Submit(Env::default())),
            ClientCall::Abort => out.push(Call::Abort),
            ClientCall::Finish if m.outgoing() => out.push(Call::Finish(Hook::default())),
            ClientCall::Open
            | ClientCall::OpenModify
            | ClientCall::OpenBestAccess
            | ClientCall::Release
            | ClientCall::Write
            | ClientCall::Submit
            | ClientCall::SubmitAgain
            | ClientCall::Finish => {}
        }
    }
}
