//! A way through the graph as the steps of a scenario.

use petgraph::graph::EdgeIndex;
use spoolproof_sdk::wire::Profile;

use super::behaviour::{Behaviour, Stimulus};
use super::steering::Steering;
use crate::check::session_name;
use crate::model::{Action, Call, Reply, Session, World};
use crate::scenario::{Call as Line, Event, NewMessage, OpenFlag, Scenario, Step, Target};

/// The steps of a way from the start, in its order, and one more at its end: the notifications that are owed are awaited.
pub(super) fn steps(behaviour: &Behaviour, way: &[EdgeIndex]) -> Vec<Step> {
    let mut script = Script::default();
    for edge in way {
        script.take(behaviour, *edge);
    }
    script.name_handles();
    script.steps.push(step(Line::ExpectNotification { event: Event::Modified, message: None }, None, true));
    script.steps
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
    fn take(&mut self, behaviour: &Behaviour, edge: EdgeIndex) {
        let taken = &behaviour.graph[edge];
        let Stimulus::Act(action) = taken.stimulus else {
            let reader = Some(session_name(Session::Spooler(1)));
            return self.push(step(Line::GetOutgoingQueue, reader, false), None);
        };
        let Some(mut step) = behaviour.scribe.line(action, behaviour.before(edge), taken.reply) else { return };
        let Steering { code, access } = taken.steering;
        step.expect = code.into_iter().collect();
        let mut wanted = None;
        if let Action::Call { session, message, .. } = action {
            let whose = (session, message);
            match &mut step.call {
                Line::OpenEntry { access: assumed, .. } => *assumed = access,
                Line::SetProps { subject, .. } => {
                    self.writes += 1;
                    *subject = format!("changed {}", self.writes);
                }
                _ => {}
            }
            step.optional = matches!(step.call, Line::SetResponsibility { .. });
            if step.call.uses().is_some() {
                wanted = self.open.iter().find(|(of, _)| *of == whose).map(|(_, at)| *at);
            }
            if matches!(step.call, Line::Release { .. }) {
                self.open.retain(|(of, _)| *of != whose);
            }
            if step.call.opens().is_some() && !matches!(taken.reply, Reply::Refused(_)) {
                self.open.retain(|(of, _)| *of != whose);
                self.open.push((whose, self.steps.len()));
            }
        } else {
            self.open.clear();
        }
        let branch = branch(&step, action, behaviour.before(edge), self.steps.len());
        self.push(step, wanted);
        branch.into_iter().for_each(|(step, opener)| self.push(step, opener));
    }

    fn push(&mut self, step: Step, wanted: Option<usize>) {
        self.steps.push(step);
        self.wanted.push(wanted);
    }

    /// Names the handles that a reader of the scenario would take for others.
    fn name_handles(&mut self) {
        loop {
            let openers = openers(&self.steps);
            let mut wrong =
                openers.iter().zip(&self.wanted).enumerate().filter(|(_, (opener, wanted))| opener != wanted);
            let Some((at, (_, Some(opener)))) = wrong.next() else { return };
            let (opener, name) = (*opener, format!("h{}", opener + 1));
            for at in [opener, at] {
                if let Some(target) = target(&mut self.steps[at].call) {
                    target.handle = Some(name.clone());
                }
            }
        }
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

/// For each step, the step whose handle a reader of the scenario takes it to use.
fn openers(steps: &[Step]) -> Vec<Option<usize>> {
    let steps = steps.to_vec();
    let (id, title, requirements) = (String::new(), String::new(), Vec::new());
    Scenario { id, title, requirements, profile: Profile::default(), steps }.openers()
}

const fn step(call: Line, session: Option<String>, optional: bool) -> Step {
    Step { call, session, expect: Vec::new(), optional, otherwise: false, span: 0..0 }
}

/// Where a handle is named that the call makes or uses.
const fn target(call: &mut Line) -> Option<&mut Target> {
    match call {
        Line::CreateMessage(NewMessage { target, .. })
        | Line::GetProps { target, .. }
        | Line::OpenEntry { target, .. }
        | Line::Release { target }
        | Line::SetLockState { target, .. }
        | Line::SetProps { target, .. }
        | Line::SetResponsibility { target, .. }
        | Line::SubmitMessage { target, .. } => Some(target),
        Line::AbortSubmit { .. }
        | Line::ExpectNotification { .. }
        | Line::FinishedMsg { .. }
        | Line::GetOutgoingQueue
        | Line::NotifyNewMail { .. }
        | Line::Observe { .. }
        | Line::Restart { .. } => None,
    }
}
