//! Random scenarios: whoever may call a store calls it, rightly and wrongly, on up to three messages.

use std::collections::BTreeSet;

use spoolproof::scenario::{Answers, Call, Event, NewMessage, OpenFlag, Scenario, Step, Target};
use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Profile, Recipient, RestartKind};

use crate::dice::Dice;

const SESSIONS: [&str; 7] = ["client-1", "client-1", "client-2", "spooler", "spooler", "spooler", "spooler-2"];
const ADDRESSES: [&str; 4] = ["bob@example.test", "eve@example.test", "carol", "dave@example.test"];
const FAILURES: [HResult; 4] =
    [HResult::MAPI_E_CALL_FAILED, HResult::MAPI_E_NO_ACCESS, HResult::MAPI_E_NOT_FOUND, HResult::MAPI_E_USER_CANCEL];

/// A scenario that the format permits; `profile` is what it needs of the store.
pub(crate) fn scenario(seed: u64, profile: Profile) -> Scenario {
    let mut author = Author { dice: Dice::new(seed), messages: Vec::new(), opened: BTreeSet::new(), subjects: 0 };
    let mut scenario = Scenario {
        id: format!("random/{seed}"),
        title: "Whatever happens".to_owned(),
        requirements: vec!["SUB-01".to_owned()],
        profile,
        steps: vec![author.create()],
    };
    let length = 8 + author.dice.below(32);
    while scenario.steps.len() < length {
        let step = author.step();
        scenario.steps.push(step);
    }
    // What is owed, is due in the end.
    let call = Call::ExpectNotification { event: Event::Added, message: None };
    scenario.steps.push(Step {
        call,
        session: None,
        expect: Vec::new(),
        optional: true,
        otherwise: false,
        together: None,
        span: 0..0,
    });
    without_dangling(scenario)
}

/// Takes out every step that names a handle or message which is not there.
pub(crate) fn without_dangling(mut scenario: Scenario) -> Scenario {
    loop {
        let openers = scenario.openers();
        let mut created = BTreeSet::new();
        let dangling = scenario.steps.iter().zip(openers).position(|(step, opener)| match &step.call {
            Call::CreateMessage(new) => !created.insert(new.target.message.clone()),
            call => uses_handle(call) && opener.is_none() || call.message().is_some_and(|name| !created.contains(name)),
        });
        let Some(at) = dangling else { return scenario };
        scenario.steps.remove(at);
    }
}

const fn uses_handle(call: &Call) -> bool {
    matches!(
        call,
        Call::GetProps { .. }
            | Call::Release { .. }
            | Call::SetLockState { .. }
            | Call::SetProps { .. }
            | Call::SetResponsibility { .. }
            | Call::SubmitMessage { .. }
    )
}

struct Author {
    dice: Dice,
    /// The addresses of each message.
    messages: Vec<Vec<Recipient>>,
    /// Sessions that have tried to open each message.
    opened: BTreeSet<(usize, String)>,
    subjects: u32,
}

impl Author {
    fn step(&mut self) -> Step {
        let session = self.dice.pick(&SESSIONS);
        let message = self.dice.below(self.messages.len());
        let name = format!("m{message}");
        let known = self.opened.contains(&(message, session.to_owned()));
        let target = Target { message: name.clone(), handle: None };
        let call = match self.dice.below(40) {
            0 | 1 if self.messages.len() < 3 => return self.create(),
            0 | 1 => Call::GetOutgoingQueue,
            2..=4 => Call::AbortSubmit { message: name },
            5..=7 => Call::FinishedMsg { message: name, answers: self.answers(message, false) },
            8 | 9 => Call::GetOutgoingQueue,
            10 => Call::ExpectNotification { event: Event::Added, message: None },
            11 => Call::NotifyNewMail { message: name },
            12 => Call::Restart { kind: self.dice.pick(&[RestartKind::Clean, RestartKind::Crash]) },
            13 => Call::Observe { message: name },
            14..=19 => self.open(message, session, name),
            _ if !known => self.open(message, session, name),
            20 => Call::Release { target },
            21 => Call::GetProps { target, props: vec!["PR_SUBJECT".to_owned(), "PR_SUBMIT_FLAGS".to_owned()] },
            22..=24 => {
                self.subjects += 1;
                Call::SetProps { target, subject: format!("subject {}", self.subjects), save: !self.dice.one_in(2) }
            }
            25..=27 if self.messages[message].is_empty() => Call::Observe { message: name },
            25..=27 => {
                let recipient = self.recipient(message);
                Call::SetResponsibility { target, recipient, value: !self.dice.one_in(4) }
            }
            28..=32 => Call::SetLockState { target, lock: !self.dice.one_in(3) },
            _ => Call::SubmitMessage { target, force: self.dice.one_in(6), answers: self.answers(message, true) },
        };
        let session = match call {
            Call::ExpectNotification { .. } | Call::Observe { .. } | Call::Restart { .. } => None,
            _ => Some(session.to_owned()),
        };
        Step { call, session, expect: Vec::new(), optional: true, otherwise: false, together: None, span: 0..0 }
    }

    fn create(&mut self) -> Step {
        let number = self.messages.len();
        let count = self.dice.pick(&[0, 1, 1, 1, 2, 2, 3]);
        let recipients: Vec<Recipient> = (0..count).map(|_| self.anybody()).collect();
        self.messages.push(recipients.clone());
        let session = self.dice.pick(&["client-1", "client-2"]);
        self.opened.insert((number, session.to_owned()));
        let new = NewMessage {
            target: Target { message: format!("m{number}"), handle: None },
            recipients,
            sentmail: self.dice.one_in(2),
            delete_after_submit: self.dice.pick(&[None, Some(true), Some(false)]),
            resend: self.dice.one_in(4),
            subject: None,
        };
        let call = Call::CreateMessage(new);
        Step {
            call,
            session: Some(session.to_owned()),
            expect: Vec::new(),
            optional: true,
            otherwise: false,
            together: None,
            span: 0..0,
        }
    }

    fn open(&mut self, message: usize, session: &str, name: String) -> Call {
        self.opened.insert((message, session.to_owned()));
        let flag = self.dice.pick(&[None, Some(OpenFlag::Modify), Some(OpenFlag::BestAccess)]);
        let flag = if session.starts_with("spooler") && !self.dice.one_in(4) { Some(OpenFlag::Modify) } else { flag };
        Call::OpenEntry { target: Target { message: name, handle: None }, flag, access: None }
    }

    fn recipient(&mut self, message: usize) -> String {
        let rows = &self.messages[message];
        rows[self.dice.below(rows.len())].address.clone()
    }

    fn anybody(&mut self) -> Recipient {
        let address = self.dice.pick(&ADDRESSES);
        Recipient {
            address: address.to_owned(),
            addrtype: (address == "carol").then(|| "X400".to_owned()),
            kind: None,
            responsibility: None,
        }
    }

    /// How MAPI answers; most of the time it only succeeds.
    fn answers(&mut self, message: usize, submits: bool) -> Answers {
        let mut answers = Answers::default();
        if !submits {
            answers.sent_mail = self.fails(5);
            answers.superseded = self.dice.one_in(5);
            return answers;
        }
        answers.prepare = self.fails(10);
        answers.expand = self.fails(10);
        answers.complete = self.fails(6);
        answers.notify = self.fails(12);
        answers.needs_preprocessing = self.dice.one_in(3);
        answers.needs_spooler = self.dice.one_in(3);
        if self.dice.one_in(6) {
            // PrepareSubmit says who has the message already.
            let marked = self.messages[message].clone().into_iter();
            let mut mark = || Some(self.dice.one_in(2));
            answers.prepared = Some(marked.map(|row| Recipient { responsibility: mark(), ..row }).collect());
        }
        if self.dice.one_in(5) {
            // Duplicates go, members come, and their order is nobody's business.
            let mut rows: Vec<Recipient> = Vec::new();
            for row in self.messages[message].clone() {
                let at = self.dice.below(rows.len() + 1);
                if !rows.iter().any(|known| known.address == row.address) {
                    rows.insert(at, row);
                }
            }
            if self.dice.one_in(2) {
                let member = self.anybody();
                if !rows.iter().any(|known| known.address == member.address) {
                    rows.push(member);
                }
            }
            answers.expanded = Some(rows);
        }
        answers
    }

    fn fails(&mut self, times: usize) -> Option<HResult> {
        self.dice.one_in(times).then(|| self.dice.pick(&FAILURES))
    }
}
