//! Writes a long log of a store without faults, to measure how fast `audit` is and how much memory it takes.
//!
//! ```console
//! $ cargo run --release --example long-log -- 1000000 > long.ndjson
//! $ /usr/bin/time -v spoolproof audit long.ndjson
//! ```
//!
//! The first argument is the number of events. A second, `overlapping`, times the calls so that neighbours overlap.

use std::collections::BTreeMap;
use std::io::{self, Write};

use spoolproof::trace::Writer;
use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::{At, Event, Header, Records};
use spoolproof_sdk::wire::{
    Access, CallParams, CallResult, Coupling, Folder, Identity, LockState, Observation, Profile, QueueRow, Recipient,
    Role, SortsQueue,
};

/// How many messages are on their way at any time.
const ALIVE: usize = 2_000;
/// How many events lie between two reads of the queue.
const BETWEEN_READS: u64 = 20_000;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let events = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let overlapping = arguments.next().is_some_and(|word| word == "overlapping");
    let out = Writer::new(io::stdout().lock(), &header())?;
    let mut log = Log { out, seq: 0, overlapping };
    let mut messages: Vec<Message> = (0..ALIVE).map(|number| Message::new(number as u64)).collect();
    let mut created = ALIVE as u64;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next_read = BETWEEN_READS;
    while log.seq < events {
        // Any order of messages will do, if only it is the same each time.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let index = (random >> 33) as usize % ALIVE;
        messages[index].advance(&mut log)?;
        if messages[index].step == Step::Done {
            messages[index] = Message::new(created);
            created += 1;
        }
        if log.seq >= next_read {
            next_read += BETWEEN_READS;
            log.read_queue(&messages)?;
        }
    }
    log.out.finish()?.flush()
}

fn header() -> Header {
    Header {
        spoolproof_trace: 1,
        provider: Identity { name: "long-log".to_owned(), version: "1".to_owned(), vendor: None },
        role: Role::Store,
        profile: Profile { coupling: Some(Coupling::None), sorts_queue: Some(SortsQueue::Table), ..Profile::default() },
        records: Records { support: true, notifications: true, observe: Some(MEMBERS.map(str::to_owned).to_vec()) },
        recorded_by: Some("examples/long-log.rs".to_owned()),
        starts: None,
        transports: None,
        preprocessors: None,
        x_supports: None,
    }
}

const MEMBERS: [&str; 8] = [
    "exists",
    "folder",
    "PR_SUBJECT",
    "PR_MESSAGE_FLAGS",
    "PR_SUBMIT_FLAGS",
    "PR_CLIENT_SUBMIT_TIME",
    "in_outgoing_queue",
    "recipients",
];

/// The next call in the life of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    Create,
    Write,
    Submit,
    LetGo,
    Open,
    Lock,
    Deliver(usize),
    Finish,
    Close,
    Done,
}

/// A message of the store.
#[derive(Debug)]
struct Message {
    number: u64,
    step: Step,
    entry_id: String,
    handle: String,
    subject: String,
    time: Option<String>,
    submitted: u64,
    locked: bool,
    sent: bool,
    recipients: Vec<Recipient>,
}

impl Message {
    fn new(number: u64) -> Self {
        let recipient = |index| Recipient { address: format!("to-{index}@example.test"), ..Recipient::default() };
        Self {
            number,
            step: Step::Create,
            entry_id: format!("000000009f1c6f2a7d3b4e58a0c1d2e3{number:016x}"),
            handle: format!("c{number}"),
            subject: format!("draft {number}"),
            time: None,
            submitted: 0,
            locked: false,
            sent: false,
            recipients: (0..=number % 3).map(recipient).collect(),
        }
    }

    fn is_queued(&self) -> bool {
        self.time.is_some() && !self.sent
    }

    /// Whether it stays in the sent-mail folder when it is sent; every other one is deleted.
    fn stays(&self) -> bool {
        self.number.is_multiple_of(2)
    }

    /// Makes the next call.
    fn advance<W: Write>(&mut self, log: &mut Log<W>) -> io::Result<()> {
        let handle = || CallParams { handle: Some(self.handle.clone()), ..CallParams::default() };
        let entry_id = || CallParams { entry_id: Some(self.entry_id.clone()), ..CallParams::default() };
        let names = |flags: &[&str]| Some(flags.iter().map(|&flag| flag.to_owned()).collect());
        let mut result = CallResult::from(HResult::S_OK);
        let (client, spooler) = (format!("client-{}", 1 + self.number % 4), "spooler".to_owned());
        let (session, call, params, next) = match self.step {
            Step::Create => {
                result.entry_id = Some(self.entry_id.clone());
                result.handle = Some(self.handle.clone());
                let params = CallParams {
                    recipients: Some(self.recipients.clone()),
                    sentmail: Some(self.stays()),
                    delete_after_submit: (!self.stays()).then_some(true),
                    subject: Some(self.subject.clone()),
                    ..CallParams::default()
                };
                (client, "create_message", params, Step::Write)
            }
            Step::Write => {
                let subject = format!("message {}", self.number);
                let params = CallParams {
                    props: Some(serde_json::json!({ "PR_SUBJECT": subject })),
                    save: Some(true),
                    ..handle()
                };
                self.subject = subject;
                (client, "set_props", params, Step::Submit)
            }
            Step::Submit => {
                log.support("support.expand_recips", entry_id())?;
                log.notify("added", entry_id())?;
                self.submitted = log.seq;
                self.time = Some(format!(
                    "2026-11-22T{:02}:{:02}:{:02}Z",
                    log.seq / 3600 % 24,
                    log.seq / 60 % 60,
                    log.seq % 60
                ));
                self.recipients.iter_mut().for_each(|row| row.responsibility = Some(false));
                (client, "submit_message", handle(), Step::LetGo)
            }
            Step::LetGo => (client, "release", handle(), Step::Open),
            Step::Open => {
                let handle = format!("s{}", self.number);
                result.handle = Some(handle.clone());
                result.access = Some(Access::ReadWrite);
                let params = CallParams { flags: names(&["MAPI_MODIFY"]), ..entry_id() };
                self.handle = handle;
                (spooler, "open_entry", params, Step::Lock)
            }
            Step::Lock => {
                self.locked = true;
                let params = CallParams { lock_state: Some(LockState::Locked), ..handle() };
                (spooler, "set_lock_state", params, Step::Deliver(0))
            }
            Step::Deliver(index) => {
                let row = &mut self.recipients[index];
                row.responsibility = Some(true);
                let recipient = Some(row.address.clone());
                let last = index + 1 == self.recipients.len();
                let params = CallParams {
                    handle: Some(self.handle.clone()),
                    recipient,
                    value: Some(true),
                    ..CallParams::default()
                };
                (spooler, "set_responsibility", params, if last { Step::Finish } else { Step::Deliver(index + 1) })
            }
            Step::Finish => {
                log.support("support.do_sent_mail", entry_id())?;
                log.notify("deleted", entry_id())?;
                self.locked = false;
                self.sent = true;
                (spooler, "finished_msg", entry_id(), Step::Close)
            }
            Step::Close | Step::Done => (spooler, "release", handle(), Step::Done),
        };
        let params = CallParams { session: Some(session.clone()), ..params };
        let seen = BTreeMap::from([(self.entry_id.clone(), self.observation())]);
        self.step = next;
        log.write(Event {
            session: Some(session),
            call: call.to_owned(),
            params,
            result,
            observed: Some(seen),
            ..Event::default()
        })
    }

    fn observation(&self) -> Observation {
        if self.sent && !self.stays() {
            return Observation { exists: Some(false), folder: Some(Folder::None), ..Observation::default() };
        }
        let queued = self.is_queued();
        let flags = |all: &[(&str, bool)]| {
            Some(all.iter().filter(|(_, set)| *set).map(|(name, _)| (*name).to_owned()).collect())
        };
        Observation {
            exists: Some(true),
            folder: Some(if self.sent { Folder::Sentmail } else { Folder::Outbox }),
            subject: Some(self.subject.clone()),
            message_flags: flags(&[("MSGFLAG_SUBMIT", queued), ("MSGFLAG_UNSENT", !self.sent)]),
            submit_flags: flags(&[("SUBMITFLAG_LOCKED", self.locked)]),
            client_submit_time: Some(self.time.clone()),
            in_outgoing_queue: Some(queued),
            recipients: Some(self.recipients.clone()),
            ..Observation::default()
        }
    }
}

/// The log as it is written.
struct Log<W: Write> {
    out: Writer<W>,
    seq: u64,
    overlapping: bool,
}

impl<W: Write> Log<W> {
    fn write(&mut self, event: Event) -> io::Result<()> {
        self.seq += 1;
        // A call begins while the one before it still runs.
        let ended = 10 * self.seq.cast_signed();
        let at = self.overlapping.then_some(At::Interval { began: ended - 15, ended });
        self.out.write(&Event { seq: self.seq, at, ..event })
    }

    /// A support call in the course of the call after the next notification.
    fn support(&mut self, call: &str, params: CallParams) -> io::Result<()> {
        let during = Some(self.seq + 3);
        let result = CallResult { flags: Some(Vec::new()), ..CallResult::from(HResult::S_OK) };
        let session = Some("store".to_owned());
        self.write(Event { session, call: call.to_owned(), params, result, during, ..Event::default() })
    }

    fn notify(&mut self, change: &str, params: CallParams) -> io::Result<()> {
        let table = Some("outgoing_queue".to_owned());
        let params = CallParams { table, event: Some(change.to_owned()), ..params };
        let session = Some("store".to_owned());
        self.write(Event { session, call: "notify.table_modified".to_owned(), params, ..Event::default() })
    }

    fn read_queue(&mut self, messages: &[Message]) -> io::Result<()> {
        let mut queued: Vec<&Message> = messages.iter().filter(|message| message.is_queued()).collect();
        queued.sort_by_key(|message| message.submitted);
        let row = |message: &&Message| QueueRow {
            entry_id: message.entry_id.clone(),
            client_submit_time: None,
            submit_flags: Some(if message.locked { vec!["SUBMITFLAG_LOCKED".to_owned()] } else { Vec::new() }),
        };
        let rows = Some(queued.iter().map(row).collect());
        let session = Some("spooler".to_owned());
        let params = CallParams { session: session.clone(), ..CallParams::default() };
        let result = CallResult { rows, ..CallResult::from(HResult::S_OK) };
        self.write(Event { session, call: "get_outgoing_queue".to_owned(), params, result, ..Event::default() })
    }
}
