//! Kills the reference store behind each of its durable writes, in each call of a case, and judges what it wakes up with.
//!
//! A case on the wire can kill a store only between two calls. Here the store is at hand, and says when it has written.

use std::time::Duration;

use spoolproof_sdk::wire::{CallParams, CallResult, InitializeResult, Observation, Profile, RestartKind};

use super::case::End;
use super::in_process::{InProcess, InProcessError};
use super::patience::Patience;
use super::reference::Reference;
use super::suite::{Plan, header, run_case};
use super::sut::{Notification, Outcome, Support, SupportCall, Sut};
use crate::oracle::{Account, Oracle, Setting, Who};
use crate::scenario::{Call, OpenFlag, Scenario, Step, Target};
use crate::spec::Catalogue;

/// What came of killing a store at every point of one case.
#[derive(Clone, Debug, Default)]
pub struct CrashPoints {
    /// How often it was killed, each time at another point.
    pub points: u64,
    /// What was found after that.
    pub account: Account,
}

/// Kills the store at every point of `scenario`: before the first durable write of each call, and behind each of them.
///
/// # Errors
///
/// When the store fails in another way, in words.
pub fn crash_points(
    catalogue: &Catalogue,
    sut: &mut InProcess<Reference>,
    scenario: &Scenario,
) -> Result<CrashPoints, String> {
    let plan = Plan {
        scenarios: Vec::new(),
        profile: None,
        patience: Duration::ZERO,
        recorded_by: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
    };
    let mut found = CrashPoints::default();
    let calls = scenario.steps.iter().enumerate().filter(|(_, step)| is_call(step) && !is_restart(step));
    for (number, (at, step)) in calls.enumerate() {
        for writes in 0.. {
            let cut = cut(scenario, at, writes);
            let own = header(sut, &Profile::default(), &plan);
            let mut oracle = Oracle::new(catalogue, Setting { header: own, judged: vec![Who::Store] });
            let restarts = scenario.steps[..at].iter().filter(|step| is_restart(step)).count();
            let victim = (number + restarts, step.call.name(), writes);
            let mut killing = Killing { sut, victim, made: 0, killed: false };
            let mut patience = Patience::new(plan.patience);
            let (end, ..) = run_case(catalogue, &mut killing, &mut oracle, &cut, (&plan, &mut patience));
            let killed = killing.killed;
            if let End::Failed(reason) = end {
                return Err(format!("{}: {reason}", cut.id));
            }
            if !killed {
                break; // It makes no more writes, so that the call has returned.
            }
            oracle.ledger.settle();
            found.points += 1;
            found.account.ledger.findings.append(&mut oracle.ledger.findings);
        }
    }
    Ok(found)
}

fn is_call(step: &Step) -> bool {
    !matches!(step.call, Call::ExpectNotification { .. } | Call::Observe { .. })
}

fn is_restart(step: &Step) -> bool {
    matches!(step.call, Call::Restart { .. })
}

/// The case up to the call in whose course the store is killed, its restart, and a look at what is there.
fn cut(scenario: &Scenario, at: usize, writes: u64) -> Scenario {
    let alone = |step: &Step| Step { together: None, ..step.clone() };
    let mut steps: Vec<Step> = scenario.steps[..=at].iter().map(alone).collect();
    let made = |session: Option<&str>, call| Step { optional: true, ..Step::new(call, session.map(str::to_owned)) };
    let messages: Vec<String> = steps
        .iter()
        .filter_map(|step| match &step.call {
            Call::CreateMessage(new) => Some(new.target.message.clone()),
            _ => None,
        })
        .collect();
    steps.push(made(None, Call::Restart { kind: RestartKind::Crash }));
    steps.push(made(Some("spooler"), Call::GetOutgoingQueue));
    for message in messages {
        let target = Target { message: message.clone(), handle: None };
        let open = Call::OpenEntry { target, flag: Some(OpenFlag::BestAccess), access: None };
        steps.push(made(Some("client-1"), open));
        steps.push(made(Some("client-1"), Call::AbortSubmit { message }));
    }
    Scenario {
        id: format!("{}, killed behind write {writes} of step {}", scenario.id, at + 1),
        title: scenario.title.clone(),
        requirements: scenario.requirements.clone(),
        profile: scenario.profile.clone(),
        steps,
    }
}

/// The store, which is killed in the course of one of its calls.
struct Killing<'a> {
    sut: &'a mut InProcess<Reference>,
    /// The place of that call, its method, and behind how many of its writes.
    victim: (usize, &'static str, u64),
    made: usize,
    killed: bool,
}

impl Sut for Killing<'_> {
    type Error = InProcessError;

    fn about(&self) -> &InitializeResult {
        self.sut.about()
    }

    fn call(
        &mut self,
        method: &str,
        params: &CallParams,
        support: &mut dyn Support,
    ) -> Result<Outcome, InProcessError> {
        let (place, name, writes) = self.victim;
        if method != "reset" {
            self.made += 1;
            if self.made == place + 1 && method == name {
                self.sut.provider.kill_after(writes);
            }
        }
        let outcome = self.sut.call(method, params, support);
        if !self.killed && self.sut.provider.is_killed() {
            self.killed = outcome.is_err();
            if self.killed {
                // It never returned.
                return Ok(Outcome::Returned(CallResult::default()));
            }
        }
        if self.made == place + 1 && !self.killed {
            self.sut.provider.spare();
        }
        outcome
    }

    fn observe(&mut self, entry_id: &str) -> Result<Option<Observation>, InProcessError> {
        if self.sut.provider.is_killed() { Ok(None) } else { self.sut.observe(entry_id) }
    }

    fn take_support_calls(&mut self) -> Vec<SupportCall> {
        self.sut.take_support_calls()
    }

    fn take_notifications(&mut self) -> Vec<Notification> {
        self.sut.take_notifications()
    }

    fn wait_notification(&mut self, limit: Duration) -> Result<(), InProcessError> {
        self.sut.wait_notification(limit)
    }

    fn revive(&mut self) -> Result<(), InProcessError> {
        self.sut.revive()
    }
}
