//! What can be left out of a case for stores.

use std::collections::BTreeSet;

use spoolproof_sdk::wire::Profile;

use super::search::{Bench, Ran, Search, ShrinkLimit, Shrinkable, Wait, each_kind};
use crate::conformance::case::End;
use crate::conformance::patience::Patience;
use crate::conformance::suite::{Plan, header, run_case};
use crate::conformance::sut::Sut;
use crate::oracle::{Account, Oracle, Setting, Small, Who};
use crate::scenario::{Answers, Call, Scenario, Step};
use crate::spec::Catalogue;

/// Makes the failures of `account` small, the first of each kind; each with the scenario that is left of its case.
///
/// Failures are what the store did wrong. Where the limit ends the search, what is left is not the least.
pub fn shrink<S: Sut>(
    catalogue: &Catalogue,
    sut: &mut S,
    plan: &Plan<'_>,
    account: &Account,
    limit: &ShrinkLimit,
) -> Vec<(Small, Option<Scenario>)> {
    each_kind(&mut Stores { catalogue, sut, plan }, &plan.scenarios, account, limit)
}

/// A candidate waits for what may be late for so much less than a case does.
const IMPATIENCE: u32 = 20;

/// A store, with clients, spoolers and MAPI played around it.
struct Stores<'a, S> {
    catalogue: &'a Catalogue,
    sut: &'a mut S,
    plan: &'a Plan<'a>,
}

impl<S: Sut> Bench<Scenario> for Stores<'_, S> {
    fn catalogue(&self) -> &Catalogue {
        self.catalogue
    }

    fn judged(&self) -> Who {
        Who::Store
    }

    fn played(&self) -> &'static [Who] {
        &[Who::Client, Who::Spooler]
    }

    fn run(&mut self, scenario: &Scenario, wait: Wait) -> Option<Ran> {
        let own = header(self.sut, &Profile::default(), self.plan);
        let mut oracle = Oracle::new(self.catalogue, Setting { header: own, judged: vec![Who::Store] });
        let mut patience = Patience::new(match wait {
            Wait::Fully => self.plan.patience,
            Wait::Briefly => self.plan.patience / IMPATIENCE,
        });
        let (end, header, events) =
            run_case(self.catalogue, self.sut, &mut oracle, scenario, (self.plan, &mut patience));
        if let End::Failed(_) = end {
            // If it does not start again, all that follows fails likewise, and nothing more is left out.
            let _ = self.sut.revive();
            return None;
        }
        oracle.ledger.settle();
        Some(Ran { header, events, findings: oracle.ledger.findings })
    }
}

impl Shrinkable for Scenario {
    fn id(&self) -> &str {
        &self.id
    }

    fn size(&self) -> usize {
        self.steps.len()
    }

    fn legal(self) -> Option<Self> {
        self.read_again()
    }

    fn round(best: &mut Self, search: &mut Search<'_, Self>) {
        without_whole_parts(best, search);
        search.leave_out(best, |scenario| &mut scenario.steps);
        search.plainer(best, |scenario| &mut scenario.steps, PLAINER);
        let candidate = Self { profile: Profile::default(), ..best.clone() };
        search.replace(best, candidate);
    }

    fn about(self, title: String, requirements: Vec<String>) -> Self {
        Self { title, requirements, ..self }
    }
}

/// Leaves out all that is about one message, and all that one session does.
fn without_whole_parts(best: &mut Scenario, search: &mut Search<'_, Scenario>) {
    let about: fn(&Step) -> Option<String> = |step| step.call.message().map(str::to_owned);
    let by: fn(&Step) -> Option<String> = |step| step.session.clone();
    for part in [about, by] {
        let parts: BTreeSet<String> = best.steps.iter().filter_map(part).collect();
        for name in parts {
            let mut candidate = best.clone();
            candidate.steps.retain(|step| part(step).as_ref() != Some(&name));
            search.replace(best, candidate);
        }
    }
}

/// What a failure may not need of a step: recipients, properties, answers of MAPI.
const PLAINER: &[fn(&mut Step)] = &[
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
    |step| {
        if let Call::SubmitMessage { answers, .. } | Call::FinishedMsg { answers, .. } = &mut step.call {
            *answers = Answers::default();
        }
    },
    |step| {
        if let Call::OpenEntry { flag, .. } = &mut step.call {
            *flag = None;
        }
    },
    |step| step.expect.clear(),
];
