//! Makes the failures of a run small: runs ever less of a case on the provider, as long as it fails in the same way.
//!
//! A candidate is a legal scenario on a fresh store, and the parties that the checker plays must be no guiltier in it than
//! in the case that it comes from. What does not show again when its case is run again is flaky, and left as it is.

use std::collections::BTreeSet;
use std::time::Duration;

use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::Profile;

use super::case::End;
use super::patience::Patience;
use super::suite::{Plan, header, run_case};
use super::sut::Sut;
use crate::check::shorten::leave_out;
use crate::oracle::{Account, Finding, Oracle, Setting, Small, Verdict, Who};
use crate::scenario::{Call, Scenario, Step};
use crate::spec::Catalogue;

/// How much may be tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ShrinkLimit {
    /// How often a scenario is run in all.
    pub runs: u64,
    /// How often for one failure.
    pub runs_each: u64,
}

impl Default for ShrinkLimit {
    fn default() -> Self {
        Self { runs: 400, runs_each: 80 }
    }
}

/// Makes the failures of `account` small, the first of each kind; each with the scenario that is left of its case.
///
/// Failures are what the store did wrong. Where the limit ends the search, what is left is not the least.
pub fn shrink<S: Sut>(
    catalogue: &Catalogue,
    sut: &mut S,
    plan: &Plan<'_>,
    account: &Account,
    limit: ShrinkLimit,
) -> Vec<(Small, Option<Scenario>)> {
    let mut done: Vec<(Small, Option<Scenario>)> = Vec::new();
    let mut left = limit.runs;
    for finding in &account.ledger.findings {
        let failed = finding.verdict.is_failure() && finding.who == Who::Store;
        if !failed || left == 0 || done.iter().any(|(small, _)| small.shows(finding)) {
            continue;
        }
        let Some(scenario) =
            plan.scenarios.iter().find(|scenario| Some(scenario.id.as_str()) == finding.case.as_deref())
        else {
            continue;
        };
        let small = Small::new(finding, scenario.id.clone(), scenario.steps.len());
        let mut attempt =
            Attempt { catalogue, sut, plan, finding: small, left: limit.runs_each.min(left), innocent: None };
        let before = attempt.left;
        let shrunk = attempt.shrink(scenario);
        left -= before - attempt.left;
        let Attempt { finding: mut small, .. } = attempt;
        small.left = shrunk.as_ref().map(|shrunk| shrunk.steps.len() as u64);
        let titled = |mut shrunk: Scenario| {
            shrunk.title = title(&finding.what);
            shrunk.requirements.clone_from(&finding.requirements);
            shrunk
        };
        done.push((small, shrunk.map(titled)));
    }
    done
}

/// A sentence without a full stop, as a scenario has it.
fn title(what: &str) -> String {
    what.trim().trim_end_matches('.').to_owned()
}

/// A candidate waits for what may be late for so much less than a case does: there are many.
const IMPATIENCE: u32 = 20;

/// The attempt to make one failure small.
struct Attempt<'a, S> {
    catalogue: &'a Catalogue,
    sut: &'a mut S,
    plan: &'a Plan<'a>,
    finding: Small,
    /// How many runs are left.
    left: u64,
    /// What the parties that the checker plays did wrong in the case itself.
    innocent: Option<BTreeSet<(Who, String)>>,
}

impl<S: Sut> Attempt<'_, S> {
    /// The least that was found; `None` if the failure does not show again.
    fn shrink(&mut self, scenario: &Scenario) -> Option<Scenario> {
        let mut best = scenario.clone();
        if !self.fails_for(&best, self.plan.patience) {
            return None;
        }
        best = self.least(best);
        // What was only late has shown itself as missing, since less was waited.
        let confirmed = best == *scenario || self.fails_for(&best, self.plan.patience);
        Some(if confirmed { best } else { scenario.clone() })
    }

    fn least(&mut self, mut best: Scenario) -> Scenario {
        loop {
            let before = best.clone();
            best = self.without_whole_parts(best);
            let steps = best.steps.clone();
            best.steps = leave_out(steps, |steps| {
                let candidate = with_steps(&best, steps).read_again()?;
                self.fails(&candidate).then_some(candidate.steps)
            });
            best = self.plainer(best);
            if best == before || self.left == 0 {
                return best;
            }
        }
    }

    /// Leaves out all that is about one message, and all that one session does.
    fn without_whole_parts(&mut self, mut best: Scenario) -> Scenario {
        let about: fn(&Step) -> Option<String> = |step| step.call.message().map(str::to_owned);
        let by: fn(&Step) -> Option<String> = |step| step.session.clone();
        for part in [about, by] {
            let parts: BTreeSet<String> = best.steps.iter().filter_map(part).collect();
            for name in parts {
                let steps = best.steps.iter().filter(|step| part(step).as_ref() != Some(&name)).cloned().collect();
                let candidate = with_steps(&best, steps);
                self.replace(&mut best, candidate);
            }
        }
        best
    }

    /// Takes away from the steps what the failure does not need: recipients, properties, answers of MAPI.
    fn plainer(&mut self, mut best: Scenario) -> Scenario {
        let changes: [fn(&mut Step); 6] = [
            |step| {
                if let Call::CreateMessage(new) = &mut step.call {
                    new.recipients.truncate(1);
                }
            },
            |step| {
                if let Call::CreateMessage(new) = &mut step.call {
                    (new.sentmail, new.delete_after_submit) = (false, None);
                }
            },
            |step| {
                if let Call::CreateMessage(new) = &mut step.call {
                    (new.resend, new.subject) = (false, None);
                }
            },
            |step| match &mut step.call {
                Call::SubmitMessage { answers, .. } | Call::FinishedMsg { answers, .. } => {
                    *answers = crate::scenario::Answers::default();
                }
                _ => {}
            },
            |step| {
                if let Call::OpenEntry { flag, .. } = &mut step.call {
                    *flag = None;
                }
            },
            |step| step.expect.clear(),
        ];
        for change in changes {
            for at in 0..best.steps.len() {
                let mut candidate = best.clone();
                change(&mut candidate.steps[at]);
                if candidate.steps[at] != best.steps[at] {
                    self.replace(&mut best, candidate);
                }
            }
        }
        if best.profile != Profile::default() {
            let candidate = Scenario { profile: Profile::default(), ..best.clone() };
            self.replace(&mut best, candidate);
        }
        best
    }

    /// Puts `candidate` in the place of `best` if it fails in the same way.
    fn replace(&mut self, best: &mut Scenario, candidate: Scenario) {
        if let Some(candidate) = candidate.read_again().filter(|candidate| candidate.steps.len() <= best.steps.len())
            && self.fails(&candidate)
        {
            *best = candidate;
        }
    }

    /// Whether the scenario shows the failure, if there are runs left to try it.
    fn fails(&mut self, scenario: &Scenario) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.fails_for(scenario, self.plan.patience / IMPATIENCE)
    }

    /// Whether the scenario shows the failure, where what may come late is waited for so long.
    fn fails_for(&mut self, scenario: &Scenario, patience: Duration) -> bool {
        let own = header(self.sut, &Profile::default(), self.plan);
        let mut oracle = Oracle::new(self.catalogue, Setting { header: own, judged: vec![Who::Store] });
        let mut patience = Patience::new(patience);
        let (end, header, events) =
            run_case(self.catalogue, self.sut, &mut oracle, scenario, (self.plan, &mut patience));
        if let End::Failed(_) = end {
            // If it does not start again, all that follows fails likewise, and nothing more is left out.
            let _ = self.sut.revive();
            return false;
        }
        oracle.ledger.settle();
        let shows = |finding: &Finding| finding.verdict.is_failure() && self.finding.shows(finding);
        if !oracle.ledger.findings.iter().any(shows) {
            return false;
        }
        let guilty = guilty(self.catalogue, header, &events);
        self.innocent.get_or_insert_with(|| guilty.clone()).is_superset(&guilty)
    }
}

/// What the parties that the checker plays did wrong.
fn guilty(catalogue: &Catalogue, header: Header, events: &[Event]) -> BTreeSet<(Who, String)> {
    let mut oracle = Oracle::new(catalogue, Setting { header, judged: vec![Who::Client, Who::Spooler] });
    for event in events {
        // What cannot be judged blames nobody.
        let _ = oracle.event(event);
    }
    oracle.ledger.settle();
    let blamed = oracle.ledger.findings.iter().filter(|finding| finding.verdict == Verdict::Violation);
    blamed.flat_map(|finding| finding.requirements.iter().map(|id| (finding.who, id.clone()))).collect()
}

/// The scenario with other steps.
fn with_steps(scenario: &Scenario, steps: Vec<Step>) -> Scenario {
    Scenario {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        requirements: scenario.requirements.clone(),
        profile: scenario.profile.clone(),
        steps,
    }
}
