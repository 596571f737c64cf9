//! A counterexample: the shortest way to a broken property, for people and as a scenario.

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Access, Coupling, Profile, Recipient, RestartKind};

use super::bounds::Bounds;
use crate::model::{
    self, AMBIGUITIES, Action, Buffers, Call, Codes, Draft, Env, Hook, Level, Message, Need, OpenFlags, Property,
    Reply, Rules, Session, Stop, Support, Transition, World,
};
use crate::scenario::{Answers, Call as Line, NewMessage, OpenFlag, Scenario, Step, Target};

/// The way from an empty store to a transition that breaks a property; none is shorter.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The property that the last step breaks.
    pub property: &'static Property,
    /// What happens, in order.
    pub steps: Vec<TraceStep>,
    /// The readings in force that are not the defaults, as `B1=SampleStore`.
    pub readings: Vec<String>,
    scribe: Scribe,
}

/// Writes what happens to a store of this profile as the steps of a scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scribe {
    profile: model::Profile,
}

/// One step of a counterexample.
#[derive(Clone, Debug)]
pub struct TraceStep {
    /// What happens.
    pub action: Action,
    /// What the call returns.
    pub reply: Reply,
    /// Whether the saved content changes.
    pub writes: bool,
    /// The state before.
    pub before: World,
    /// The state after.
    pub after: World,
}

impl Trace {
    /// Takes the steps of a path again; each is a state, and the place of what happens in it among all that can happen.
    pub(super) fn replay(
        bounds: &Bounds,
        rules: &Rules,
        property: &'static Property,
        path: impl Iterator<Item = (World, u16)>,
    ) -> Self {
        let mut buffers = Buffers::default();
        let mut steps = Vec::new();
        for (before, index) in path {
            let mut at = 0;
            before.transitions(&bounds.scope, rules, &mut buffers, |transition| {
                if at == index {
                    let Transition { action, reply, writes, after, .. } = *transition;
                    steps.push(TraceStep { action, reply, writes, before, after });
                }
                at += 1;
            });
        }
        Self { property, steps, readings: readings(rules), scribe: Scribe::new(bounds.scope.profile) }
    }

    /// A name for the file that holds it.
    #[must_use]
    pub fn slug(&self) -> String {
        let words = self.property.name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("-")
    }

    /// The same as a scenario, to be tried on a provider. What transports do is not a call on the store, and is left out.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        let mut title = format!("The model breaks the rule that {}", self.property.name);
        if !self.readings.is_empty() {
            title += &format!(", under {}", self.readings.join(" and "));
        }
        let mut steps: Vec<_> = self.steps.iter().filter_map(|step| self.line(step)).collect();
        if let Some(last) = steps.last_mut() {
            // What may follow here is the question.
            last.expect.clear();
            if let Line::OpenEntry { access, .. } = &mut last.call {
                *access = None;
            }
        }
        let readings = self.readings.iter().filter_map(|reading| reading.split_once('='));
        let readings = readings.map(|(id, name)| (id.to_owned(), name.to_owned())).collect();
        let profile = Profile { readings, ..self.scribe.profile() };
        let requirements = self.property.ids.iter().map(|id| (*id).to_owned()).collect();
        Scenario { id: format!("counterexamples/{}", self.slug()), title, requirements, profile, steps }
    }

    fn line(&self, step: &TraceStep) -> Option<Step> {
        self.scribe.line(step.action, &step.before, step.reply)
    }
}

impl Scribe {
    pub(crate) const fn new(profile: model::Profile) -> Self {
        Self { profile }
    }

    /// What a scenario has to say of the store so that it makes sense.
    pub(crate) fn profile(&self) -> Profile {
        Profile {
            coupling: self.is_coupled().then_some(Coupling::Tight),
            handles_addrtypes: (self.is_coupled() && self.profile.addrtypes_known).then(|| vec!["SMTP".to_owned()]),
            wants_spooler_completion: self.profile.wants_completion,
            persists_lock: self.profile.persists_lock,
            ..Profile::default()
        }
    }

    /// The step of an action in the state `before`, if the store is called at all; `reply` is assumed.
    pub(crate) fn line(&self, action: Action, before: &World, reply: Reply) -> Option<Step> {
        let (session, at, call) = match action {
            Action::Call { session, message, call } => (session, usize::from(message), call),
            Action::Restart(_) | Action::Cut { .. } => {
                let clean = action == Action::Restart(Stop::Clean);
                let kind = if clean { RestartKind::Clean } else { RestartKind::Crash };
                return Some(Step::new(Line::Restart { kind }, None));
            }
            Action::Deliver { .. }
            | Action::Preprocess { .. }
            | Action::Hand { .. }
            | Action::End { .. }
            | Action::Report { .. }
            | Action::RemoveInfo { .. }
            | Action::Retry { .. }
            | Action::Announce { .. }
            | Action::SpoolerDies(_)
            | Action::TransportDies(_)
            | Action::Away(_)
            | Action::Back(_) => return None,
        };
        let m = &before.entries[at].message;
        let message = name(at);
        let target = Target { message: message.clone(), handle: None };
        let call = match call {
            Call::Abort => Line::AbortSubmit { message },
            Call::Create(draft) => Line::CreateMessage(self.new_message(target, draft)),
            Call::Finish(hook) => Line::FinishedMsg { message, answers: finish_answers(hook) },
            Call::GetProps => Line::GetProps { target, props: vec!["PR_SUBJECT".to_owned()] },
            Call::NotifyNewMail => Line::NotifyNewMail { message },
            Call::Open(flags) => Line::OpenEntry { target, flag: flag(flags), access: access(reply) },
            Call::Release => Line::Release { target },
            Call::SetLock(lock) => Line::SetLockState { target, lock },
            Call::SetProps { save } => Line::SetProps { target, subject: "changed".to_owned(), save },
            Call::SetResponsibility { recipient, value } => {
                let recipient = self.recipient(m.known, recipient?).address;
                Line::SetResponsibility { target, recipient, value }
            }
            Call::Submit(env) => Line::SubmitMessage { target, force: false, answers: self.submit_answers(m, env) },
            Call::Leave | Call::Restart(_) | Call::Wait => return None,
        };
        let session = Some(session_name(session));
        Some(Step { expect: expected(reply), ..Step::new(call, session) })
    }

    fn new_message(&self, target: Target, draft: Draft) -> NewMessage {
        NewMessage {
            target,
            recipients: (0..draft.recipients).map(|index| self.recipient(draft.known, index)).collect(),
            sentmail: draft.sentmail,
            delete_after_submit: draft.delete.then_some(true),
            resend: draft.resend,
            subject: None,
        }
    }

    fn is_coupled(&self) -> bool {
        self.profile.coupled == Some(true)
    }

    /// A recipient; in a coupled store, one that its transport does not know has another address type.
    fn recipient(&self, known: u32, index: u8) -> Recipient {
        let person = person(index);
        if self.is_coupled() && known & (1 << index) == 0 {
            return Recipient {
                address: format!("{person}-fax"),
                addrtype: Some("FAX".to_owned()),
                ..Recipient::default()
            };
        }
        Recipient { address: format!("{person}@example.test"), ..Recipient::default() }
    }

    fn submit_answers(&self, m: &Message, env: Env) -> Answers {
        let prepared = env.prepared.map(|served| {
            let row = |index| Recipient {
                responsibility: Some(served & (1_u32 << index) != 0),
                ..self.recipient(m.known, index)
            };
            (0..m.recipients).map(row).collect()
        });
        let expanded = env.expand.replaced.map(|(count, known)| {
            let rows = (0..count).map(|index| self.recipient(known, index));
            rows.collect()
        });
        Answers {
            prepare: failure(env.prepare),
            prepared,
            needs_preprocessing: env.expand.preprocessing,
            needs_spooler: env.expand.spooler,
            expand: failure(env.expand.ends),
            expanded,
            complete: failure(env.complete),
            notify: failure(env.notify),
            ..Answers::default()
        }
    }
}

/// The readings in force that are not the defaults.
pub(super) fn readings(rules: &Rules) -> Vec<String> {
    let defaults = Rules::defaults();
    let dims = AMBIGUITIES.iter().map(|(dim, ..)| *dim);
    dims.filter(|dim| rules.in_force(*dim) != defaults.in_force(*dim))
        .flat_map(|dim| Need { dim, mask: rules.in_force(dim) }.names())
        .collect()
}

pub(crate) fn name(at: usize) -> String {
    format!("m{}", at + 1)
}

pub(super) fn person(index: u8) -> &'static str {
    ["alice", "bob", "carol", "dave"].get(usize::from(index)).copied().unwrap_or("eve")
}

pub(crate) fn session_name(session: Session) -> String {
    match session {
        Session::Client(number) => format!("client-{number}"),
        Session::Spooler(1) => "spooler".to_owned(),
        Session::Spooler(number) => format!("spooler-{number}"),
    }
}

const fn flag(flags: OpenFlags) -> Option<OpenFlag> {
    match flags {
        OpenFlags::None => None,
        OpenFlags::Modify => Some(OpenFlag::Modify),
        OpenFlags::BestAccess => Some(OpenFlag::BestAccess),
    }
}

const fn access(reply: Reply) -> Option<Access> {
    match reply {
        Reply::Opened(Level::Read) => Some(Access::Read),
        Reply::Opened(Level::Write) => Some(Access::ReadWrite),
        Reply::OpenedInName | Reply::Refused(_) | Reply::Success => None,
    }
}

/// The codes that a reply allows, where they can be listed.
fn expected(reply: Reply) -> Vec<HResult> {
    match reply {
        Reply::Success => vec![HResult::S_OK],
        Reply::Refused(Codes::OneOf(codes)) => codes.to_vec(),
        Reply::Opened(_) | Reply::OpenedInName | Reply::Refused(_) => Vec::new(),
    }
}

fn failure(ends: Support) -> Option<HResult> {
    (ends == Support::Fails).then_some(HResult::MAPI_E_CALL_FAILED)
}

fn finish_answers(hook: Hook) -> Answers {
    Answers { sent_mail: failure(hook.sent_mail), superseded: hook.superseded, ..Answers::default() }
}

#[cfg(test)]
mod tests {
    use super::{Scribe, Trace, TraceStep};
    use crate::check::{Bounds, SHIPPED_BOUNDS};
    use crate::model::{Buffers, PROPERTIES, Rules, World};
    use crate::scenario::Scenario;

    /// Some way through the instance, each step chosen by a multiplicative generator.
    fn walk(bounds: &Bounds, mut seed: u64) -> Trace {
        let mut world = World::new(&bounds.scope);
        let (mut buffers, mut steps) = (Buffers::default(), Vec::new());
        for _ in 0..60 {
            let mut next = Vec::new();
            world.transitions(&bounds.scope, &Rules::defaults(), &mut buffers, |t| {
                let (action, reply, writes, after) = (t.action, t.reply, t.writes, t.after);
                next.push(TraceStep { action, reply, writes, before: world, after });
            });
            if next.is_empty() {
                break;
            }
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let step = next.swap_remove((seed >> 33) as usize % next.len());
            world = step.after;
            steps.push(step);
        }
        Trace {
            property: &PROPERTIES[0],
            steps,
            readings: vec!["B1=SampleStore".to_owned()],
            scribe: Scribe::new(bounds.scope.profile),
        }
    }

    #[test]
    fn every_way_can_be_written_as_a_scenario() {
        for (name, text) in SHIPPED_BOUNDS {
            let bounds = Bounds::parse(name, text).expect("shipped bounds are right");
            for seed in 0..50 {
                let scenario = walk(&bounds, seed).scenario();
                let parsed = Scenario::parse(&scenario.id, &scenario.to_toml());
                let parsed = parsed.unwrap_or_else(|p| panic!("{name}, {seed}: {p:#?}\n{}", scenario.to_toml()));
                assert_eq!(parsed, scenario, "{name}, {seed}");
            }
        }
    }
}
