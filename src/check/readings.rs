//! The register of ambiguities, reading by reading: what each lets a store do wrong within small instances.
//!
//! One reading at a time takes the place of the default, and every instance is explored with it. What fails is kept as
//! the shortest counterexample of any instance; whatever a search may come to find stands in its [`Outcome`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::bounds::{Bounds, SHIPPED_BOUNDS};
use super::course::Course;
use super::plan::{Budget, Plan};
use super::run::{Finding, Liveness, NotJudged, Outcome, Tested, run};
use super::witness::Trace;
use crate::model::{AMBIGUITIES, PROPERTIES, Rules};

/// How large a carried instance may be to be explored under every reading.
const STATES_MAX: u64 = 10_000;

/// Small instances, and what holds in them by the defaults.
#[derive(Debug)]
pub struct Survey {
    bounds: Vec<Bounds>,
    plan: Plan,
    by_default: Vec<Outcome>,
}

/// What is known of one reading.
#[derive(Clone, Debug)]
pub enum Learned {
    /// The model has no switch for it.
    NoSwitch,
    /// Somebody wanted it to end before every instance was explored, so that nothing is said.
    NotExplored,
    /// What it comes to.
    Explored(ReadingOutcome),
}

/// What one reading comes to.
#[derive(Clone, Debug)]
pub struct ReadingOutcome {
    /// The ambiguity's id.
    pub ambiguity: &'static str,
    /// The reading's name.
    pub reading: &'static str,
    /// What fails, each with the name of the instance in which it fails soonest; what fails soonest is first.
    pub fails: Vec<(String, Trace)>,
    /// What at last is never met, each with the name of the instance in which the run is shortest.
    pub courses: Vec<(String, Course)>,
    /// Properties that hold for want of an occasion: what they speak of happens by the defaults, and here never does.
    /// Each with the name of the first such instance.
    pub idle: Vec<(String, &'static str)>,
    /// Whether anything else can happen than by the defaults.
    pub differs: bool,
}

/// The carried instances that are small enough to be explored under every reading, smallest first.
///
/// # Panics
///
/// If a carried file is wrong, which its tests rule out.
#[must_use]
pub fn small_bounds() -> Vec<Bounds> {
    let all = SHIPPED_BOUNDS.iter().map(|(name, text)| Bounds::parse(name, text).expect("carried bounds are right"));
    all.filter(|bounds| bounds.pins.is_some_and(|pins| pins.states <= STATES_MAX)).collect()
}

impl Survey {
    /// Explores every instance by the defaults; where `stop` is set by somebody, this and all that follows ends.
    #[must_use]
    pub fn new(bounds: Vec<Bounds>, stop: Arc<AtomicBool>) -> Self {
        let plan = Plan { stop, ..Plan::default() };
        let by_default = bounds.iter().map(|bounds| run(bounds, &Rules::defaults(), &plan, &mut |_| {})).collect();
        Self { bounds, plan, by_default }
    }

    /// The instances.
    #[must_use]
    pub fn bounds(&self) -> &[Bounds] {
        &self.bounds
    }

    /// Explores every instance under `reading` of `ambiguity`.
    #[must_use]
    pub fn explore(&self, ambiguity: &str, reading: &str) -> Learned {
        let found = AMBIGUITIES.iter().find(|(_, id, _)| *id == ambiguity);
        let found = found.and_then(|(_, id, names)| Some((*id, *names.iter().find(|name| **name == reading)?)));
        let Some((ambiguity, reading)) = found else { return Learned::NoSwitch };
        let mut rules = Rules::defaults();
        rules.declare(ambiguity, reading);
        let outcomes: Vec<Outcome> =
            self.bounds.iter().map(|bounds| run(bounds, &rules, &self.plan, &mut |_| {})).collect();
        if self.by_default.iter().chain(&outcomes).any(was_interrupted) {
            return Learned::NotExplored;
        }
        let named = || self.bounds.iter().map(|bounds| &bounds.name).zip(&outcomes);
        let mut fails: Vec<(String, Trace)> = Vec::new();
        for (name, outcome) in named() {
            for trace in outcome.findings.iter().filter_map(failing) {
                match fails.iter_mut().find(|(_, known)| known.property.name == trace.property.name) {
                    Some(known) if known.1.steps.len() <= trace.steps.len() => {}
                    Some(known) => *known = (name.clone(), trace.clone()),
                    None => fails.push((name.clone(), trace.clone())),
                }
            }
        }
        let order = |trace: &Trace| PROPERTIES.iter().position(|property| property.name == trace.property.name);
        fails.sort_by_key(|(_, trace)| (trace.steps.len(), order(trace)));
        let mut courses: Vec<(String, Course)> = Vec::new();
        let length = |course: &Course| course.stem.len() + course.cycle.len();
        for (name, course) in named().flat_map(|(name, outcome)| outcome.courses().map(move |course| (name, course))) {
            match courses.iter_mut().find(|(_, known)| known.obligation.name == course.obligation.name) {
                Some((_, known)) if length(known) <= length(course) => {}
                Some(known) => *known = (name.clone(), course.clone()),
                None => courses.push((name.clone(), course.clone())),
            }
        }
        let mut idle: Vec<(String, &'static str)> = Vec::new();
        for ((name, here), there) in named().zip(&self.by_default) {
            for (here, there) in here.findings.iter().zip(&there.findings) {
                let property = here.property.name;
                let is_news = !idle.iter().any(|(_, known)| *known == property);
                if is_news && is_untested(here) && !is_untested(there) {
                    idle.push((name.clone(), property));
                }
            }
        }
        let differs = !outcomes.iter().zip(&self.by_default).all(|(here, there)| same(here, there));
        Learned::Explored(ReadingOutcome { ambiguity, reading, fails, courses, idle, differs })
    }

    /// As [`Survey::explore`] for each of `readings`, in their order; `progress` is told how many are done.
    ///
    /// Each search is on one thread, so that its counterexamples stay the same; several run side by side.
    #[must_use]
    pub fn explore_all(&self, readings: &[(&str, &str)], progress: &(dyn Fn(u64) + Sync)) -> Vec<Learned> {
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            let mut found = Vec::new();
            while let Some((ambiguity, reading)) = readings.get(next.fetch_add(1, Ordering::Relaxed)) {
                found.push((ambiguity, reading, self.explore(ambiguity, reading)));
                progress(1 + done.fetch_add(1, Ordering::Relaxed) as u64);
            }
            found
        };
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let mut all: Vec<_> = thread::scope(|scope| {
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("a search does not panic")).collect()
        });
        all.sort_by_key(|(ambiguity, reading, _)| readings.iter().position(|pair| pair == &(**ambiguity, **reading)));
        all.into_iter().map(|(_, _, outcome)| outcome).collect()
    }
}

fn was_interrupted(outcome: &Outcome) -> bool {
    outcome.stopped.is_some_and(|stopped| stopped.by == Budget::Interruption)
        || matches!(outcome.liveness, Liveness::NotJudged(NotJudged::Interruption))
}

fn failing(finding: &Finding) -> Option<&Trace> {
    match &finding.tested {
        Tested::Fails(trace) => Some(trace),
        Tested::Holds { .. } | Tested::Unexpected { .. } | Tested::Untested { .. } => None,
    }
}

const fn is_untested(finding: &Finding) -> bool {
    matches!(finding.tested, Tested::Untested { .. })
}

/// Whether two explorations of one instance came to the same in every number.
fn same(one: &Outcome, other: &Outcome) -> bool {
    let size = |outcome: &Outcome| (outcome.states, outcome.transitions, outcome.depth);
    let tested = |finding: &Finding| match finding.tested {
        Tested::Holds { states } | Tested::Unexpected { states } => Some(states),
        Tested::Untested { .. } => Some(0),
        Tested::Fails(_) => None,
    };
    let pairs = || one.findings.iter().zip(&other.findings);
    size(one) == size(other) && pairs().all(|(one, other)| tested(one).is_some() && tested(one) == tested(other))
}
