//! How far the product of two stores is explored: the instances, and the calls that are made in them.

use std::fmt;

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Coupling, Profile, Recipient, RestartKind};

use crate::scenario::{Answers, Call, NewMessage, OpenFlag, Step, Target};

/// An instance: whoever calls, on how many messages, in what kind of store.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Its name.
    pub name: &'static str,
    /// How many messages are created.
    pub messages: usize,
    /// In how many ways the first of them may be composed.
    pub drafts: usize,
    /// How many clients call.
    pub clients: usize,
    /// How many spoolers call.
    pub spoolers: usize,
    /// What `reset` is told.
    pub profile: Profile,
    /// How many pairs of states are looked into before the search ends.
    pub states: usize,
}

impl Bounds {
    /// The instances that every survivor is explored in, each with as many states.
    #[must_use]
    pub fn all(states: usize) -> Vec<Self> {
        let plain = Profile { coupling: Some(Coupling::None), ..Profile::default() };
        let coupled = |completes| Profile {
            coupling: Some(Coupling::Tight),
            handles_addrtypes: Some(vec!["SMTP".to_owned()]),
            wants_spooler_completion: Some(completes),
            ..Profile::default()
        };
        let keeps = Profile { persists_lock: Some(true), ..plain.clone() };
        let bounds = |name, (messages, drafts), (clients, spoolers), profile| Self {
            name,
            messages,
            drafts,
            clients,
            spoolers,
            profile,
            states,
        };
        vec![
            bounds("a plain message", (1, 1), (1, 1), plain.clone()),
            bounds("any message", (1, DRAFTS), (2, 2), plain.clone()),
            bounds("two messages", (2, DRAFTS), (2, 1), plain),
            bounds("coupled", (1, DRAFTS), (1, 1), coupled(false)),
            bounds("coupled, completed by the spooler", (1, DRAFTS), (1, 1), coupled(true)),
            bounds("locks kept over a restart", (1, 1), (1, 2), keeps),
        ]
    }

    /// Every call that may be made, in the order in which they are tried.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for message in (1..=self.messages).map(message) {
            self.steps_of(&message, &mut steps);
        }
        steps.push(step(Some("spooler"), Call::GetOutgoingQueue));
        for kind in [RestartKind::Crash, RestartKind::Clean] {
            steps.push(step(None, Call::Restart { kind }));
        }
        steps
    }

    fn steps_of(&self, message: &str, steps: &mut Vec<Step>) {
        let target = || Target { message: message.to_owned(), handle: None };
        for draft in drafts(message).into_iter().take(self.drafts) {
            steps.push(step(Some("client-1"), Call::CreateMessage(draft)));
        }
        let clients = (1..=self.clients).map(|number| format!("client-{number}"));
        let spoolers = (1..=self.spoolers)
            .map(|number| if number == 1 { "spooler".to_owned() } else { format!("spooler-{number}") });
        let sessions: Vec<String> = clients.chain(spoolers).collect();
        for session in &sessions {
            let mut push = |call| steps.push(step(Some(session), call));
            let spools = session.starts_with("spooler");
            let first = matches!(session.as_str(), "client-1" | "spooler");
            let submit = |answers| Call::SubmitMessage { target: target(), force: false, answers };
            let write = |save| Call::SetProps { target: target(), subject: format!("by {session}"), save };
            push(submit(Answers::default()));
            for flag in [Some(OpenFlag::Modify), None, Some(OpenFlag::BestAccess)] {
                push(Call::OpenEntry { target: target(), flag, access: None });
            }
            for lock in [true, false] {
                push(Call::SetLockState { target: target(), lock });
            }
            push(Call::FinishedMsg { message: message.to_owned(), answers: Answers::default() });
            push(Call::AbortSubmit { message: message.to_owned() });
            push(write(true));
            push(Call::Release { target: target() });
            let recipient = address(message);
            push(Call::SetResponsibility { target: target(), recipient, value: true });
            if !first {
                continue;
            }
            push(write(false));
            push(Call::GetProps { target: target(), props: PROPS.map(str::to_owned).to_vec() });
            if spools {
                push(Call::NotifyNewMail { message: message.to_owned() });
            }
            for answers in self.answers(message, spools) {
                push(submit(answers));
            }
            for answers in hooks().into_iter().filter(|_| spools) {
                push(Call::FinishedMsg { message: message.to_owned(), answers });
            }
        }
    }

    /// What MAPI may say while a message is submitted, beside plain success.
    fn answers(&self, message: &str, spools: bool) -> Vec<Answers> {
        let failed = Answers { complete: Some(HResult::MAPI_E_CALL_FAILED), ..Answers::default() };
        let coupled = self.profile.coupling == Some(Coupling::Tight);
        if spools {
            return if coupled { vec![failed] } else { Vec::new() };
        }
        let row = |address: String, responsibility| Recipient { address, responsibility, ..Recipient::default() };
        let rows = vec![row(address(message), None), row("member@example.test".to_owned(), None)];
        let mut all = vec![
            Answers { needs_preprocessing: true, ..Answers::default() },
            Answers { expand: Some(HResult::MAPI_E_CALL_FAILED), ..Answers::default() },
            Answers { expanded: Some(rows), ..Answers::default() },
            Answers { prepare: Some(HResult::MAPI_E_NO_ACCESS), ..Answers::default() },
            Answers { prepared: Some(vec![row(address(message), Some(true))]), ..Answers::default() },
        ];
        if coupled {
            all.extend([Answers { needs_spooler: true, ..Answers::default() }, failed]);
        }
        all
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |number: usize, thing: &str| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
        let (messages, clients, spoolers) =
            (of(self.messages, "message"), of(self.clients, "client"), of(self.spoolers, "spooler"));
        write!(f, "{}: {messages}, {clients}, {spoolers}, restarts", self.name)
    }
}

const PROPS: [&str; 4] = ["PR_ACCESS_LEVEL", "PR_MESSAGE_FLAGS", "PR_SUBJECT", "PR_SUBMIT_FLAGS"];

fn message(number: usize) -> String {
    format!("m{number}")
}

fn address(message: &str) -> String {
    format!("{message}@example.test")
}

/// In how many ways a message is composed at the most.
const DRAFTS: usize = 7;

/// The ways in which a message is composed, the plainest first; a second one is always plain.
fn drafts(message: &str) -> Vec<NewMessage> {
    let to = |address: String| Recipient { address, ..Recipient::default() };
    let target = Target { message: message.to_owned(), handle: None };
    let plain = NewMessage { target, recipients: vec![to(address(message))], ..NewMessage::default() };
    if message != "m1" {
        return vec![plain];
    }
    let two = vec![to(address(message)), to("other@example.test".to_owned())];
    let fax = Recipient { addrtype: Some("FAX".to_owned()), ..to("fax".to_owned()) };
    vec![
        plain.clone(),
        NewMessage { recipients: two.clone(), sentmail: true, ..plain.clone() },
        NewMessage { delete_after_submit: Some(true), ..plain.clone() },
        NewMessage { sentmail: true, delete_after_submit: Some(true), ..plain.clone() },
        NewMessage { recipients: two, resend: true, ..plain.clone() },
        NewMessage { recipients: vec![to(address(message)), fax], ..plain.clone() },
        NewMessage { recipients: Vec::new(), ..plain },
    ]
}

/// What the outbound hooks may say, beside plain success.
fn hooks() -> Vec<Answers> {
    vec![
        Answers { superseded: true, ..Answers::default() },
        Answers { sent_mail: Some(HResult::MAPI_E_NO_ACCESS), ..Answers::default() },
    ]
}

fn step(session: Option<&str>, call: Call) -> Step {
    Step::new(call, session.map(str::to_owned))
}
