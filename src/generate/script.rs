//! A way through the states as the steps of a scenario.

use spoolproof_sdk::wire::Profile;

use super::moves::{Move, Stimulus};
use super::steering::Steering;
use crate::check::{Scribe, session_name};
use crate::model::{Action, Call, Reply, Session, World};
use crate::scenario::{Call as Line, Event, OpenFlag, Scenario, Step, Target};

/// The steps of a way from the start, each move with the state before it, and one step more: the notifications that are
/// owed at its end are awaited.
pub(super) fn script<'m>(scribe: &Scribe, way: impl IntoIterator<Item = (&'m World, &'m Move)>) -> Vec<Step> {
    let mut script = Script::default();
    way.into_iter().for_each(|(before, made)| script.take(scribe, before, made));
    let Script { steps, wanted, .. } = script;
    let (id, title, requirements) = (String::new(), String::new(), Vec::new());
    let mut scenario = Scenario { id, title, requirements, profile: Profile::default(), steps };
    scenario.name_handles(&wanted);
    let wait = Line::ExpectNotification { event: Event::Modified, message: None };
    scenario.steps.push(Step { optional: true, ..Step::new(wait, None) });
    scenario.steps
}

#[derive(Default)]
struct Script {
    steps: Vec<Step>,
    /// For each step, the step whose handle it is to use.
    wanted: Vec<Option<usize>>,
    /// The open objects as the graph has them: whose, on which message, made by which step.
    open: Vec<((Session, u8), usize)>,
    writes: usize,
}

impl Script {
    fn take(&mut self, scribe: &Scribe, before: &World, made: &Move) {
        let Stimulus::Act(action) = made.stimulus else {
            return self.push(Step::new(Line::GetOutgoingQueue, Some(session_name(Session::Spooler(1)))), None);
        };
        let Some(mut step) = scribe.line(action, before, made.reply) else { return };
        let Steering { code, access } = made.steering;
        step.expect = code.into_iter().collect();
        match &mut step.call {
            Line::OpenEntry { access: assumed, .. } => *assumed = access,
            Line::SetProps { subject, .. } => {
                self.writes += 1;
                *subject = format!("changed {}", self.writes);
            }
            _ => {}
        }
        step.optional =
            matches!(step.call, Line::GetProps { .. } | Line::SetResponsibility { .. } | Line::NotifyNewMail { .. });
        let Action::Call { session, message, .. } = action else {
            self.open.clear();
            return self.push(step, None);
        };
        let whose = (session, message);
        let open = self.open.iter().find(|(of, _)| *of == whose).map(|(_, at)| *at);
        let wanted = step.call.uses().and(open);
        let opens = step.call.opens().is_some() && !matches!(made.reply, Reply::Refused(_));
        if opens || matches!(step.call, Line::Release { .. }) {
            self.open.retain(|(of, _)| *of != whose);
        }
        if opens {
            self.open.push((whose, self.steps.len()));
        }
        let branch =
            if made.reply == Reply::Success { branch(&step, action, before, self.steps.len()) } else { vec![] };
        self.push(step, wanted);
        branch.into_iter().for_each(|(step, opener)| self.push(step, opener));
    }

    fn push(&mut self, step: Step, wanted: Option<usize>) {
        self.steps.push(step);
        self.wanted.push(wanted);
    }
}

/// What is done where the store refuses to take a message again through the object that it was sent through before: it is
/// opened anew. The object that is left behind is the same as without this.
fn branch(step: &Step, action: Action, before: &World, at: usize) -> Vec<(Step, Option<usize>)> {
    let (Action::Call { session, message, call: Call::Submit(_) }, Line::SubmitMessage { target, force, answers }) =
        (action, &step.call)
    else {
        return Vec::new();
    };
    let entry = &before.entries[usize::from(message)];
    let is_spent = entry.handle(session).is_some_and(|handle| handle.spent);
    if !(session.is_client() && is_spent && !entry.message.outgoing()) {
        return Vec::new();
    }
    let target = Target { handle: Some(format!("again{}", at + 1)), ..target.clone() };
    let otherwise = |call| Step { call, otherwise: true, expect: Vec::new(), ..step.clone() };
    let open = Line::OpenEntry { target: target.clone(), flag: Some(OpenFlag::Modify), access: None };
    let submit = Line::SubmitMessage { target: target.clone(), force: *force, answers: answers.clone() };
    let opener = Some(at + 1);
    vec![(otherwise(open), None), (otherwise(submit), opener), (otherwise(Line::Release { target }), opener)]
}
