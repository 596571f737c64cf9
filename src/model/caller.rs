//! What a caller does wrong by calling at all: clients and spoolers have duties too.

use super::call::{Call, Handle, Session};
use super::clause::{Clause, clauses};
use super::message::{Lock, Message};

/// Lists the duties that `session` breaks by this call on `message`, each with whether it is certain.
///
/// An uncertain one depends on what the boundary does not show: a nondelivery report, for instance (D8).
#[must_use]
pub fn caller_faults(
    session: Session,
    handle: Option<Handle>,
    message: Message,
    call: Call,
) -> Vec<(&'static Clause, bool)> {
    match session {
        Session::Client(_) => client(handle, message, call),
        Session::Spooler(number) => spooler(number, message, call),
    }
}

fn client(handle: Option<Handle>, m: Message, call: Call) -> Vec<(&'static Clause, bool)> {
    let stale = handle.is_some_and(|handle| handle.spent) && (m.outgoing() || m.finished);
    match call {
        Call::Submit(_) | Call::SetProps { .. } | Call::SetResponsibility { .. } | Call::GetProps if stale => {
            vec![(&CLIENT_STALE, true)]
        }
        Call::SetProps { .. } | Call::SetResponsibility { .. } if m.outgoing() => vec![(&CLIENT_TOUCHES, true)],
        Call::Create(draft) if draft.sentmail && draft.delete => vec![(&CLIENT_SETS_BOTH, true)],
        Call::Finish(_) => vec![(&CLIENT_FINISHES, true)],
        Call::NotifyNewMail => vec![(&CLIENT_NEW_MAIL, true)],
        Call::SetLock(_) => vec![(&CLIENT_LOCKS, true)],
        Call::Abort
        | Call::Create(_)
        | Call::GetProps
        | Call::Leave
        | Call::Open(_)
        | Call::Release
        | Call::Restart(_)
        | Call::SetProps { .. }
        | Call::SetResponsibility { .. }
        | Call::Submit(_)
        | Call::Wait => Vec::new(),
    }
}

fn spooler(number: u8, m: Message, call: Call) -> Vec<(&'static Clause, bool)> {
    let mut faults = Vec::new();
    match call {
        // Who has just lost a race against AbortSubmit is not to blame, so a message that was once submitted is passed over.
        Call::SetLock(true) if m.place.exists() && !m.outgoing() && !m.was_submitted => {
            faults.push((&SPOOLER_LOCKS_DRAFT, true))
        }
        Call::Submit(_) if m.preprocess && m.outgoing() && !m.lock.is_held_by(number) => {
            faults.push((&SPOOLER_PREPROCESSES_UNLOCKED, true));
        }
        Call::Finish(_) if m.outgoing() => {
            if matches!(m.lock, Lock::None | Lock::Lost | Lock::Client) {
                faults.push((&SPOOLER_FINISHES_UNLOCKED, true));
            }
            if m.unclaimed() != 0 && m.recipients != Message::MANY {
                faults.push((&SPOOLER_FINISHES_EARLY, false));
            }
        }
        Call::Finish(_) if m.place.exists() && !m.was_submitted => faults.push((&SPOOLER_FINISHES_UNLOCKED, true)),
        Call::Abort
        | Call::Create(_)
        | Call::Finish(_)
        | Call::GetProps
        | Call::Leave
        | Call::NotifyNewMail
        | Call::Open(_)
        | Call::Release
        | Call::Restart(_)
        | Call::SetLock(_)
        | Call::SetProps { .. }
        | Call::SetResponsibility { .. }
        | Call::Submit(_)
        | Call::Wait => {}
    }
    faults
}

/// What a client breaks by reading the outgoing queue (H15).
#[must_use]
pub const fn client_reads_queue() -> &'static Clause {
    &CLIENT_READS_QUEUE
}

clauses! {
    /// A client uses its message pointer after a successful SubmitMessage.
    CLIENT_STALE { Reply: "SUB-11" "SAM-07" "ABT-06"; }
    /// A client touches a submitted message in another way than by AbortSubmit.
    CLIENT_TOUCHES { Reply: "ABT-06"; }
    /// A client calls FinishedMsg.
    CLIENT_FINISHES { Reply: "FIN-01"; }
    /// A client sets PR_SENTMAIL_ENTRYID and PR_DELETE_AFTER_SUBMIT on one message.
    CLIENT_SETS_BOTH { Reply: "PSM-04" "PDS-02"; }
    /// A client calls NotifyNewMail.
    CLIENT_NEW_MAIL { Reply: "NNM-01"; }
    /// A client calls SetLockState.
    CLIENT_LOCKS { Reply: "SLS-01"; }
    /// A client calls GetOutgoingQueue.
    CLIENT_READS_QUEUE { Reply: "GOQ-01"; }
    /// The spooler locks a message that was never submitted.
    SPOOLER_LOCKS_DRAFT { Reply: "SLS-02"; }
    /// The spooler submits after preprocessing a message that it has not locked.
    SPOOLER_PREPROCESSES_UNLOCKED { Reply: "SEED1-32"; }
    /// The spooler calls FinishedMsg for a message that it has not locked.
    SPOOLER_FINISHES_UNLOCKED { Reply: "FIN-08"; }
    /// The spooler calls FinishedMsg while a recipient has PR_RESPONSIBILITY FALSE.
    SPOOLER_FINISHES_EARLY { Reply: "SEED2-06" "RSP-07"; }
}
