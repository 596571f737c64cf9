//! What must come about at last, if everybody goes on at last: the obligations of a store and its spooler.
//!
//! Each says when it is still to be met. Like the properties, they compare the store with what really happened around
//! it, and may not ask [`super::steps`].

use super::entry::{Entry, RECIPIENTS_MAX};
use super::message::Lock;
use super::scope::Scope;
use super::store::World;

/// A sentence about what happens at last.
#[derive(Clone, Copy)]
pub struct Obligation {
    /// The sentence.
    pub name: &'static str,
    /// The requirements that it follows from.
    pub ids: &'static [&'static str],
    /// Of what it speaks, and when it is still to be met.
    pub pending: Pending,
}

/// Of what an obligation speaks, and when it is still to be met.
#[derive(Clone, Copy, Debug)]
pub enum Pending {
    /// Of each message.
    Message(fn(&Entry) -> bool),
    /// Of each recipient, given as a bit.
    Recipient(fn(&Entry, u32) -> bool),
    /// Of each message and each transport that has nothing to do with it, whatever that does.
    Bystander(fn(&Entry) -> bool),
}

/// One of the things of which an obligation speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Subject {
    /// The message, by its place.
    pub message: u8,
    /// The recipient, by its place.
    pub recipient: Option<u8>,
    /// The transport of which nothing is assumed.
    pub without: Option<u8>,
}

impl std::fmt::Debug for Obligation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every obligation, in the order in which they are judged.
pub const OBLIGATIONS: &[Obligation] = &[
    Obligation {
        name: "every submitted message is at last finished, taken back or reported",
        ids: &["SEED2-09", "SUB-06", "LGO-01"],
        pending: Pending::Message(is_owed),
    },
    Obligation {
        name: "every lock is at last released",
        ids: &["PSF-02", "SEED2-10", "FIN-06"],
        pending: Pending::Message(is_locked),
    },
    Obligation {
        name: "every recipient is at last accounted for",
        ids: &["SEED2-06", "RSP-06", "RSP-07"],
        pending: Pending::Recipient(is_waited_for),
    },
    Obligation {
        name: "no message is held up for ever by a transport that it does not need",
        ids: &["SLS-06", "XPS-19"],
        pending: Pending::Bystander(is_owed),
    },
    Obligation {
        name: "every queued message is at last locked by a spooler, or leaves the queue",
        ids: &["SEED1-09", "LGO-01", "SUB-06"],
        pending: Pending::Message(is_left_alone),
    },
];

impl Obligation {
    /// All of which it speaks in `scope`, in their order.
    #[must_use]
    pub fn subjects(&self, scope: &Scope) -> Vec<Subject> {
        let each = 0..scope.messages.len() as u8;
        let of = |message| Subject { message, recipient: None, without: None };
        match self.pending {
            Pending::Message(_) => each.map(of).collect(),
            Pending::Recipient(_) => each
                .flat_map(|at| {
                    let recipients = 0..most_recipients(scope, usize::from(at));
                    recipients.map(move |recipient| Subject { recipient: Some(recipient), ..of(at) })
                })
                .collect(),
            Pending::Bystander(_) => each
                .flat_map(|at| {
                    let transports = 0..scope.transports.len() as u8;
                    let others = transports.filter(move |transport| scope.fits(usize::from(at), *transport) == 0);
                    others.map(move |transport| Subject { without: Some(transport), ..of(at) })
                })
                .collect(),
        }
    }

    /// Whether it is still to be met for `subject`.
    #[must_use]
    pub fn is_pending(&self, subject: Subject, world: &World) -> bool {
        let entry = &world.entries[usize::from(subject.message)];
        match self.pending {
            Pending::Message(pending) | Pending::Bystander(pending) => pending(entry),
            Pending::Recipient(pending) => subject.recipient.is_some_and(|recipient| pending(entry, 1 << recipient)),
        }
    }
}

/// How many recipients message `at` may come to have.
fn most_recipients(scope: &Scope, at: usize) -> u8 {
    let composed = &scope.messages[at];
    let drafted = composed.drafts.iter().map(|draft| draft.recipients);
    drafted.chain(composed.expands_to).max().unwrap_or(0).min(RECIPIENTS_MAX)
}

const fn is_owed(entry: &Entry) -> bool {
    entry.owed
}

const fn is_locked(entry: &Entry) -> bool {
    entry.message.lock.shown()
}

const fn is_waited_for(entry: &Entry, recipient: u32) -> bool {
    entry.owed && entry.message.everyone() & recipient & !(entry.sent | entry.reported) != 0
}

const fn is_left_alone(entry: &Entry) -> bool {
    entry.message.queued && !matches!(entry.message.lock, Lock::Spooler(_))
}
