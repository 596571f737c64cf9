//! Prints a scenario in its canonical form: one step a line, members in a fixed order, defaults left out.

use std::fmt;

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Access, Coupling, Profile, Recipient, RestartKind, SortsQueue};

use super::params::split_addrtype;
use super::row::{Row, key, list, quoted, texts};
use super::{Answers, Call, NewMessage, Scenario, Step, Target};

impl Scenario {
    /// The text of its file. Reading that text gives this scenario again, and comments are the only thing it loses.
    #[must_use]
    pub fn to_toml(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "title = {}", quoted(&self.title))?;
        writeln!(f, "requirements = {}", texts(&self.requirements))?;
        if self.profile != Profile::default() {
            writeln!(f, "profile = {}", profile(&self.profile))?;
        }
        f.write_str("steps = [\n")?;
        for step in &self.steps {
            writeln!(f, "  {step},")?;
        }
        f.write_str("]\n")
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = Row::default();
        row.text("call", Some(self.call.name()));
        row.text("session", self.session.as_deref());
        call(&self.call, &mut row);
        match self.expect.as_slice() {
            [] => {}
            [only] => row.push("expect", code(*only)),
            several => row.push("expect", list(several.iter().copied().map(code))),
        }
        row.set("optional", self.optional);
        row.text("together", self.together.as_deref());
        row.set("otherwise", self.otherwise);
        write!(f, "{row}")
    }
}

fn call(call: &Call, row: &mut Row) {
    match call {
        Call::AbortSubmit { message } | Call::NotifyNewMail { message } | Call::Observe { message } => {
            row.text("message", Some(message));
        }
        Call::CreateMessage(new) => new_message(new, row),
        Call::ExpectNotification { event, message } => {
            row.text("event", Some(event.name()));
            row.text("message", message.as_deref());
        }
        Call::FinishedMsg { message, answers: given } => {
            row.text("message", Some(message));
            answers(given, row);
        }
        Call::GetOutgoingQueue => {}
        Call::GetProps { target: open, props } => {
            target(open, row);
            row.push("props", texts(props));
        }
        Call::OpenEntry { target: open, flag, access } => {
            target(open, row);
            if let Some(flag) = flag {
                row.push("flags", list([quoted(flag.name())]));
            }
            row.text("access", access.map(access_name));
        }
        Call::Release { target: open } => target(open, row),
        Call::Restart { kind: RestartKind::Clean } => row.text("kind", Some("clean")),
        Call::Restart { kind: RestartKind::Crash } => row.text("kind", Some("crash")),
        Call::SetLockState { target: open, lock } => {
            target(open, row);
            row.push("lock", lock.to_string());
        }
        Call::SetProps { target: open, subject, save } => {
            target(open, row);
            row.text("subject", Some(subject));
            row.unset("save", *save);
        }
        Call::SetResponsibility { target: open, recipient, value } => {
            target(open, row);
            row.text("recipient", Some(recipient));
            row.unset("value", *value);
        }
        Call::SubmitMessage { target: open, force, answers: given } => {
            target(open, row);
            row.set("force", *force);
            answers(given, row);
        }
    }
}

fn target(target: &Target, row: &mut Row) {
    row.text("message", Some(&target.message));
    row.text("handle", target.handle.as_deref());
}

fn new_message(new: &NewMessage, row: &mut Row) {
    target(&new.target, row);
    row.push("recipients", recipients(&new.recipients));
    row.set("sentmail", new.sentmail);
    if let Some(value) = new.delete_after_submit {
        row.push("delete_after_submit", value.to_string());
    }
    row.set("resend", new.resend);
    row.text("subject", new.subject.as_deref());
}

fn answers(answers: &Answers, row: &mut Row) {
    row.maybe("prepare", answers.prepare.map(code));
    row.maybe("prepared", answers.prepared.as_deref().map(recipients));
    let needs = [(answers.needs_preprocessing, "NEEDS_PREPROCESSING"), (answers.needs_spooler, "NEEDS_SPOOLER")];
    let needs: Vec<_> = needs.into_iter().filter(|(set, _)| *set).map(|(_, name)| quoted(name)).collect();
    if !needs.is_empty() {
        row.push("needs", list(needs));
    }
    row.maybe("expand", answers.expand.map(code));
    row.maybe("expanded", answers.expanded.as_deref().map(recipients));
    row.maybe("complete", answers.complete.map(code));
    row.maybe("sent_mail", answers.sent_mail.map(code));
    row.set("superseded", answers.superseded);
    row.maybe("notify", answers.notify.map(code));
}

fn code(code: HResult) -> String {
    quoted(&code.to_string())
}

const fn access_name(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::ReadWrite => "read_write",
    }
}

fn profile(profile: &Profile) -> Row {
    let Profile {
        outgoing_submission,
        coupling,
        handles_addrtypes,
        wants_spooler_completion,
        persists_lock,
        sorts_queue,
        readings,
    } = profile;
    let mut row = Row::default();
    row.maybe("outgoing_submission", *outgoing_submission);
    row.text(
        "coupling",
        coupling.map(|coupling| match coupling {
            Coupling::None => "none",
            Coupling::Tight => "tight",
        }),
    );
    if let Some(addrtypes) = handles_addrtypes {
        row.push("handles_addrtypes", texts(addrtypes));
    }
    row.maybe("wants_spooler_completion", *wants_spooler_completion);
    row.maybe("persists_lock", *persists_lock);
    row.text(
        "sorts_queue",
        sorts_queue.map(|sorter| match sorter {
            SortsQueue::Store => "store",
            SortsQueue::Table => "table",
        }),
    );
    if !readings.is_empty() {
        let mut pairs = Row::default();
        for (name, reading) in readings {
            pairs.text(&key(name), Some(reading));
        }
        row.push("readings", pairs);
    }
    row
}

fn recipients(table: &[Recipient]) -> String {
    list(table.iter().map(recipient))
}

/// The short form wherever it says the same.
fn recipient(recipient: &Recipient) -> String {
    let Recipient { address, addrtype, kind, responsibility } = recipient;
    let short = match addrtype {
        None => address.clone(),
        Some(addrtype) => format!("{addrtype}:{address}"),
    };
    let read_back = split_addrtype(&short).map_or((None, short.as_str()), |(addrtype, rest)| (Some(addrtype), rest));
    if kind.is_none() && responsibility.is_none() && read_back == (addrtype.as_deref(), address.as_str()) {
        return quoted(&short);
    }
    let mut row = Row::default();
    row.text("address", Some(address));
    row.text("addrtype", addrtype.as_deref());
    row.text("type", kind.as_deref());
    row.maybe("responsibility", *responsibility);
    row.to_string()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::strategy::Union;
    use spoolproof_sdk::HResult;
    use spoolproof_sdk::wire::{Access, Coupling, Profile, Recipient, RestartKind, SortsQueue};

    use crate::scenario::{Answers, Call, Event, NewMessage, OpenFlag, Scenario, Step, Target};

    fn code() -> impl Strategy<Value = HResult> {
        any::<u32>().prop_map(HResult::from_code).boxed().prop_union(Just(HResult::MAPI_E_SUBMITTED).boxed())
    }

    fn recipients(responsibility: bool) -> impl Strategy<Value = Vec<Recipient>> {
        let kind = prop_oneof![Just("MAPI_TO".to_owned()), Just("MAPI_CC|MAPI_SUBMITTED".to_owned())];
        let set = if responsibility { option::of(any::<bool>()).boxed() } else { Just(None).boxed() };
        let row = ("(FAX:)?\\PC{0,6}", option::of("[A-Z]{0,3}|\\PC{2}"), option::of(kind), set);
        vec(
            row.prop_map(|(address, addrtype, kind, responsibility)| Recipient {
                address,
                addrtype,
                kind,
                responsibility,
            }),
            0..3,
        )
    }

    fn answers() -> impl Strategy<Value = Answers> {
        let codes =
            (option::of(code()), option::of(code()), option::of(code()), option::of(code()), option::of(code()));
        let tables = (option::of(recipients(true)), option::of(recipients(true)));
        (codes, tables, any::<(bool, bool, bool)>()).prop_map(
            |((prepare, expand, complete, sent_mail, notify), (prepared, expanded), flags)| Answers {
                prepare,
                prepared,
                needs_preprocessing: flags.0,
                needs_spooler: flags.1,
                expand,
                expanded,
                complete,
                sent_mail,
                superseded: flags.2,
                notify,
            },
        )
    }

    /// Calls on the message `m`, of which one session holds an unnamed handle that is never released.
    fn call() -> impl Strategy<Value = Call> {
        let target = || Target { message: "m".to_owned(), handle: None };
        let message = || "m".to_owned();
        let flag = option::of(prop_oneof![Just(OpenFlag::BestAccess), Just(OpenFlag::Modify)]);
        let access = option::of(prop_oneof![Just(Access::Read), Just(Access::ReadWrite)]);
        let event = prop::sample::select(Event::ALL.to_vec());
        Union::new([
            Just(Call::AbortSubmit { message: message() }).boxed(),
            (event, any::<bool>())
                .prop_map(move |(event, named)| Call::ExpectNotification { event, message: named.then(message) })
                .boxed(),
            answers()
                .prop_map(move |given| Call::FinishedMsg {
                    message: message(),
                    answers: Answers {
                        sent_mail: given.sent_mail,
                        superseded: given.superseded,
                        notify: given.notify,
                        ..Answers::default()
                    },
                })
                .boxed(),
            Just(Call::GetOutgoingQueue).boxed(),
            vec("\\PC*", 0..3).prop_map(move |props| Call::GetProps { target: target(), props }).boxed(),
            Just(Call::NotifyNewMail { message: message() }).boxed(),
            Just(Call::Observe { message: message() }).boxed(),
            (flag, access).prop_map(move |(flag, access)| Call::OpenEntry { target: target(), flag, access }).boxed(),
            any::<bool>().prop_map(move |lock| Call::SetLockState { target: target(), lock }).boxed(),
            (any::<String>(), any::<bool>())
                .prop_map(move |(subject, save)| Call::SetProps { target: target(), subject, save })
                .boxed(),
            (Just("bob".to_owned()), any::<bool>())
                .prop_map(move |(recipient, value)| Call::SetResponsibility { target: target(), recipient, value })
                .boxed(),
            (any::<bool>(), answers())
                .prop_map(move |(force, answers)| Call::SubmitMessage { target: target(), force, answers })
                .boxed(),
        ])
    }

    fn step() -> impl Strategy<Value = Step> {
        (call(), vec(code(), 0..3), any::<bool>(), any::<bool>()).prop_map(|(call, expect, optional, otherwise)| {
            let alone = matches!(call, Call::ExpectNotification { .. } | Call::Observe { .. });
            let expect = if alone { Vec::new() } else { expect };
            Step {
                call,
                session: (!alone).then(|| "client-1".to_owned()),
                expect,
                optional,
                together: None,
                otherwise,
                span: 0..0,
            }
        })
    }

    fn profile() -> impl Strategy<Value = Profile> {
        let flag = || option::of(any::<bool>());
        let coupling = option::of(prop_oneof![Just(Coupling::None), Just(Coupling::Tight)]);
        let sorter = option::of(prop_oneof![Just(SortsQueue::Store), Just(SortsQueue::Table)]);
        let lists = (option::of(vec("\\PC*", 0..3)), prop::collection::btree_map("\\PC{0,4}", "\\PC*", 0..3));
        (flag(), coupling, lists, flag(), flag(), sorter).prop_map(
            |(outgoing_submission, coupling, lists, wants_spooler_completion, persists_lock, sorts_queue)| Profile {
                outgoing_submission,
                coupling,
                handles_addrtypes: lists.0,
                wants_spooler_completion,
                persists_lock,
                sorts_queue,
                readings: lists.1,
            },
        )
    }

    fn scenario() -> impl Strategy<Value = Scenario> {
        let new = (recipients(false), any::<(bool, bool)>(), option::of(any::<bool>()), option::of(any::<String>()));
        (any::<String>(), new, profile(), vec(step(), 0..6)).prop_map(|(title, new, profile, rest)| {
            let (recipients, (sentmail, resend), delete_after_submit, subject) = new;
            let target = Target { message: "m".to_owned(), handle: None };
            let bob = Recipient { address: "bob".to_owned(), ..Recipient::default() };
            let recipients = recipients.into_iter().chain([bob]).collect();
            let first = Step {
                call: Call::CreateMessage(NewMessage {
                    target,
                    recipients,
                    sentmail,
                    delete_after_submit,
                    resend,
                    subject,
                }),
                session: Some("client-1".to_owned()),
                expect: Vec::new(),
                optional: false,
                together: None,
                otherwise: false,
                span: 0..0,
            };
            let last = Step {
                call: Call::Restart { kind: RestartKind::Crash },
                session: None,
                expect: Vec::new(),
                optional: false,
                together: None,
                otherwise: false,
                span: 0..0,
            };
            let steps = [first].into_iter().chain(rest).chain([last]).collect();
            Scenario { id: "a/b".to_owned(), title, requirements: vec!["SUB-01".to_owned()], profile, steps }
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(scenario in scenario()) {
            let printed = scenario.to_toml();
            prop_assert_eq!(Scenario::parse("a/b", &printed), Ok(scenario), "{}", printed);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*", steps in "[{}\\[\\]=,\"a-z_ \n]*") {
            _ = Scenario::parse("a/b", &text);
            _ = Scenario::parse("a/b", &format!("title = \"\"\nrequirements = [\"\"]\nsteps = [{steps}]"));
        }
    }

    #[test]
    fn a_step_is_one_line() {
        let source = concat!(
            "title = \"A \\\"quoted\\\" title\"\n",
            "requirements = [\"SUB-01\"]\n",
            "profile = { coupling = \"tight\", handles_addrtypes = [\"SMTP\"] }\n",
            "steps = [\n",
            "  { call = \"create_message\", session = \"client-1\", message = \"m1\", recipients = [\"bob@example.test\", \"FAX:123\", { address = \"eve@example.test\", type = \"MAPI_CC\" }] },\n",
            "  { call = \"submit_message\", session = \"client-1\", message = \"m1\", needs = [\"NEEDS_PREPROCESSING\", \"NEEDS_SPOOLER\"], expect = [\"S_OK\", \"0x8004FFFF\"], optional = true },\n",
            "]\n",
        );
        let scenario = Scenario::parse("a/b", source).unwrap();
        assert_eq!(scenario.to_toml(), source);
    }
}
