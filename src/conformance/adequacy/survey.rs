//! The whole of it: every mutant through the suite, every survivor through the product, every trivial store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::Role;

use super::bounds::Bounds;
use super::mutant::{Judged, Mutant, Suites, judge, judge_with, tape};
use super::product::{Explored, explore};
use super::scores::{Score, of_right, score};
use super::worlds::tell_apart;
use crate::conformance::in_process::InProcessError;
use crate::conformance::suite::Progress;
use crate::conformance::trivial::{SEEDS, TRIVIALS};
use crate::oracle::Verdict;
use crate::scenario::{Scenario, SpoolerScenario};
use crate::spec::{Catalogue, RequirementStatus};

/// What became of a mutant.
#[derive(Clone, Debug)]
pub enum Fate {
    /// The suite reports it under one of its own requirements.
    Killed,
    /// Nobody can tell it from the right provider within these bounds.
    Equivalent(Vec<Proof>),
    /// It can be told from the right provider, and the suite does not.
    Gap(Witness),
}

/// What was explored without a difference.
#[derive(Clone, Debug)]
pub enum Proof {
    /// The product of two stores in an instance.
    Product(String, Explored),
    /// Small worlds, so many, in which two spoolers were put.
    Worlds(usize),
}

/// What tells a mutant from the right provider.
#[derive(Clone, Debug)]
pub enum Witness {
    /// A shortest sequence of calls to a store.
    Store(Box<Scenario>),
    /// A smallest world of a spooler.
    Spooler(Box<SpoolerScenario>),
    /// A case of the suite, though nothing smaller was found to.
    Carried(String),
}

impl Witness {
    /// The text of its file, where it needs one.
    #[must_use]
    pub fn to_toml(&self) -> Option<String> {
        match self {
            Self::Store(scenario) => Some(scenario.to_toml()),
            Self::Spooler(scenario) => Some(scenario.to_toml()),
            Self::Carried(_) => None,
        }
    }
}

/// A mutant, what was reported of it, and what became of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was reported.
    pub judged: Judged,
    /// What became of it.
    pub fate: Fate,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Task {
    /// The mutants.
    pub mutants: Vec<Mutant>,
    /// Whether the trivial stores are run, and every requirement must have its mutant.
    pub whole: bool,
    /// How many pairs of states each product may have.
    pub states: usize,
    /// How many of them run at a time.
    pub threads: usize,
    /// Set by whoever wants it to end, with what it has: no run begins any more.
    pub stop: Arc<AtomicBool>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The mutants, in the order of the task.
    pub outcomes: Vec<Outcome>,
    /// How many runs of the task did not begin. What they would have shown is not known.
    pub not_run: usize,
    /// The trivial stores; each seed of the one that answers at random by itself.
    pub scores: Vec<Score>,
    /// Requirement → the mutants that are reported under it. Where the task is the whole, with all that the suites look at.
    pub requirements: BTreeMap<String, Vec<&'static str>>,
}

impl Survey {
    /// Runs everything; `done` hears how many runs are over.
    ///
    /// # Errors
    ///
    /// When a provider does not start or fails, which is no answer of a provider's.
    pub fn run(
        catalogue: &Catalogue,
        suites: Suites<'_>,
        task: &Task,
        done: &(dyn Fn(usize) + Sync),
    ) -> Result<Self, InProcessError> {
        let names = if task.whole { trivial_names() } else { Vec::new() };
        let right = if task.whole { of_right(catalogue, suites)? } else { Default::default() };
        let over = AtomicUsize::new(0);
        let tick = || done(over.fetch_add(1, Ordering::Relaxed) + 1);
        let outcomes = each(&task.mutants, task, |mutant| {
            let judged = mutant.judge(catalogue, suites)?;
            let fate = if judged.is_killed() { Fate::Killed } else { fate(catalogue, suites, task.states, &judged)? };
            tick();
            Ok(Outcome { judged, fate })
        })?;
        let scores = each(&names, task, |name| {
            let scored = score(catalogue, suites, &right, name)?;
            tick();
            Ok(scored)
        })?;
        let not_run = Self::runs(task) - outcomes.len() - scores.len();
        let whole = task.whole && not_run == 0;
        let requirements = if whole { decided(catalogue, suites)? } else { BTreeSet::new() };
        let mut requirements: BTreeMap<String, Vec<&'static str>> =
            requirements.into_iter().map(|id| (id, Vec::new())).collect();
        for outcome in &outcomes {
            for id in outcome.judged.reported.keys() {
                requirements.entry(id.clone()).or_default().push(outcome.judged.mutant.name());
            }
        }
        Ok(Self { outcomes, not_run, scores, requirements })
    }

    /// How many runs a task takes.
    #[must_use]
    pub fn runs(task: &Task) -> usize {
        task.mutants.len() + if task.whole { trivial_names().len() } else { 0 }
    }

    /// The mutants that can be told from the right provider, and that the suite does not kill.
    pub fn gaps(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| matches!(outcome.fate, Fate::Gap(_)))
    }

    /// The mutants that are killed, but not under each of the requirements that they are said to break.
    pub fn unfounded(&self) -> impl Iterator<Item = (&Outcome, Vec<&'static str>)> {
        let lacks = |outcome: &Outcome| -> Vec<&'static str> {
            let breaks = outcome.judged.mutant.fault.breaks.iter().copied();
            breaks.filter(|id| !outcome.judged.reported.contains_key(*id)).collect()
        };
        let killed = self.outcomes.iter().filter(|outcome| matches!(outcome.fate, Fate::Killed));
        killed.map(move |outcome| (outcome, lacks(outcome))).filter(|(_, lacks)| !lacks.is_empty())
    }

    /// The requirements that the suites look at, that could be broken, and that no mutant is reported under.
    pub fn without_killer(&self) -> impl Iterator<Item = &str> {
        let could = |id: &str| UNBREAKABLE.iter().all(|(other, _)| *other != id);
        let idle = self.requirements.iter().filter(|(_, mutants)| mutants.is_empty());
        idle.map(|(id, _)| id.as_str()).filter(move |id| could(id))
    }

    /// The trivial stores that fail too little.
    pub fn let_through(&self) -> impl Iterator<Item = &Score> {
        self.scores.iter().filter(|score| score.share() < SHARE)
    }

    /// Whether everything was run, and nothing is left to be desired.
    #[must_use]
    pub fn is_adequate(&self) -> bool {
        self.not_run == 0
            && self.gaps().next().is_none()
            && self.unfounded().next().is_none()
            && self.without_killer().next().is_none()
            && self.let_through().next().is_none()
    }
}

/// The hundredths of the MUSTs in its run that a trivial store must fail at least.
pub const SHARE: usize = 90;

fn trivial_names() -> Vec<String> {
    let named = TRIVIALS.iter().map(|(name, _)| *name).filter(|name| *name != "random").map(str::to_owned);
    named.chain((0..SEEDS).map(|seed| format!("random:{seed}"))).collect()
}

/// Requirements that a suite may look at and that no provider can be seen to break, with the reason.
pub const UNBREAKABLE: &[(&str, &str)] = &[
    ("OQT-02", "it permits a store that does not send to have no queue, and such a store may show one all the same"),
    ("SEED1-01", "it permits a store not to send; one that says so and sends all the same does no harm"),
    ("SEED1-50", "it binds a store that declares A8=SeedOrder or H5=OrderJudged, and all others are free"),
];

/// The requirements that the suites look at, with the right providers.
fn decided(catalogue: &Catalogue, suites: Suites<'_>) -> Result<BTreeSet<String>, InProcessError> {
    let mut ids = BTreeSet::new();
    for role in [Role::Store, Role::Spooler] {
        let account = judge(catalogue, suites, role, &[])?;
        let rows = catalogue.requirements().iter().filter(|row| row.status == RequirementStatus::Modelled);
        let seen = rows.filter(|row| account.requirement_verdict(&row.id).0 != Verdict::NotExercised);
        ids.extend(seen.map(|row| row.id.clone()));
    }
    Ok(ids)
}

/// Does `work` on each of `items`, several at a time, until it is to stop; the results are in their order.
fn each<T: Sync, R: Send>(
    items: &[T],
    Task { threads, stop, .. }: &Task,
    work: impl Fn(&T) -> Result<R, InProcessError> + Sync,
) -> Result<Vec<R>, InProcessError> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..(*threads).clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed)
                    && let Some((at, item)) = items.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed))
                {
                    let result = work(item);
                    results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// What a survivor is: one that cannot be told from the right provider, or a hole in the suite.
fn fate(catalogue: &Catalogue, suites: Suites<'_>, states: usize, judged: &Judged) -> Result<Fate, InProcessError> {
    let mutant = judged.mutant;
    let title = format!("A {} that {} shows it in the end", part(mutant.role), mutant.fault.what);
    let requirements: Vec<String> = mutant.fault.breaks.iter().map(|&id| id.to_owned()).collect();
    let id = format!("gap/{}", mutant.name());
    let mut proof = Vec::new();
    match mutant.role {
        Role::Store => {
            for bounds in Bounds::all(states) {
                match explore(&bounds, &[mutant.name()])? {
                    Explored::Differ { steps, .. } => {
                        let scenario = Scenario { id, title, requirements, profile: bounds.profile, steps };
                        return Ok(Fate::Gap(Witness::Store(Box::new(scenario))));
                    }
                    explored => proof.push(Proof::Product(bounds.to_string(), explored)),
                }
            }
        }
        Role::Spooler => match tell_apart(catalogue, &[mutant.name()], states * WORLDS)? {
            (Some(world), _) => {
                let world = SpoolerScenario { id, title, requirements, ..world };
                return Ok(Fate::Gap(Witness::Spooler(Box::new(world))));
            }
            (None, tried) => proof.push(Proof::Worlds(tried)),
        },
    }
    let (right, broken) = (tapes(catalogue, suites, mutant, &[])?, tapes(catalogue, suites, mutant, &[mutant.name()])?);
    let differs = right.into_iter().zip(broken).find(|(one, other)| one != other);
    Ok(match differs {
        Some(((case, _), _)) => Fate::Gap(Witness::Carried(case)),
        None => Fate::Equivalent(proof),
    })
}

/// How many worlds of a spooler are tried for each pair of states of a store: they are smaller.
const WORLDS: usize = 5;

const fn part(role: Role) -> &'static str {
    match role {
        Role::Store => "store",
        Role::Spooler => "spooler",
    }
}

/// What happened in each case of the suite, in words that equal providers share.
fn tapes(
    catalogue: &Catalogue,
    suites: Suites<'_>,
    mutant: Mutant,
    faults: &[&'static str],
) -> Result<Vec<(String, String)>, InProcessError> {
    let mut tapes = Tapes::default();
    judge_with(catalogue, suites, mutant.role, faults, &mut tapes)?;
    Ok(tapes.0)
}

/// The tape of each case.
#[derive(Default)]
pub(super) struct Tapes(pub(super) Vec<(String, String)>);

impl Progress for Tapes {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, id: &str, _header: &Header, events: &[Event], _has_findings: bool) -> Option<String> {
        self.0.push((id.to_owned(), tape(events)));
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::{Task, each};

    fn task(threads: usize) -> Task {
        Task { mutants: Vec::new(), whole: false, states: 0, threads, stop: Default::default() }
    }

    #[test]
    fn results_stand_in_the_order_of_their_items() {
        let items: Vec<usize> = (0..100).collect();
        for threads in [0, 1, 3, 200] {
            assert_eq!(each(&items, &task(threads), |item| Ok(item * 2)).expect("no error")[40..42], [80, 82]);
        }
    }

    #[test]
    fn nothing_begins_when_it_is_to_stop() {
        let (items, task): (Vec<usize>, _) = ((0..100).collect(), task(1));
        let work = |item: &usize| {
            task.stop.store(*item == 40, Ordering::Relaxed);
            Ok(*item)
        };
        assert_eq!(each(&items, &task, work).expect("no error").last(), Some(&40));
    }
}
