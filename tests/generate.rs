//! Generated cases: each is legal on the model, covers what it claims, and is passed by the reference provider.

mod follow;

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use spoolproof::check::{Bounds, SHIPPED_BOUNDS};
use spoolproof::conformance::{Adapter, Options, Plan, Progress, Simulated, Target, run};
use spoolproof::generate::{Behaviour, Case, Goal, Named, SUITE_BOUNDS, Stimulus, Suite, Walking, permitted_readings};
use spoolproof::model::Rules;
use spoolproof::oracle::{Account, Verdict};
use spoolproof::scenario::Scenario;
use spoolproof::spec::Catalogue;
use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::{Coupling, Profile, SortsQueue};

use follow::Follower;

const MEMORY: u64 = 1 << 30;

fn bounds(names: &[&str]) -> Vec<Bounds> {
    let all = || SHIPPED_BOUNDS.iter().chain(SUITE_BOUNDS);
    let carried = |name: &&str| all().find(|(carried, _)| carried == name).expect("carried bounds");
    names.iter().map(carried).map(|(name, text)| Bounds::parse(name, text).expect("they are right")).collect()
}

#[track_caller]
fn suite(goal: &Goal, names: &[&str]) -> Suite {
    goal.generate(&bounds(names), MEMORY, &AtomicBool::new(false)).unwrap_or_else(|error| panic!("{error}"))
}

fn catalogue() -> Catalogue {
    Catalogue::embedded().expect("the catalogue is right")
}

/// Keeps the events of each case.
#[derive(Default)]
struct Tape(Vec<Vec<Event>>);

impl Progress for Tape {
    fn begins(&mut self, _done: usize, _id: &str) {}

    fn ended(&mut self, _id: &str, _header: &Header, events: &[Event], _has_findings: bool) -> Option<String> {
        self.0.push(events.to_vec());
        None
    }
}

/// The model in the part of the store that a case takes it to be.
fn model(readings: impl IntoIterator<Item = Named>) -> Simulated {
    Simulated::new(Profile {
        outgoing_submission: Some(true),
        coupling: Some(Coupling::None),
        sorts_queue: Some(SortsQueue::Store),
        readings: readings.into_iter().collect(),
        ..Profile::default()
    })
}

fn replay(catalogue: &Catalogue, mut model: Simulated, scenarios: &[Scenario]) -> (Account, Vec<Vec<Event>>) {
    let plan = Plan {
        scenarios: scenarios.iter().collect(),
        profile: None,
        patience: Duration::ZERO,
        recorded_by: String::new(),
    };
    let mut tape = Tape::default();
    let account = run(catalogue, &mut model, &plan, &mut tape);
    (account, tape.0)
}

/// The cases as somebody reads them who has nothing but their files.
fn read_back<'c>(catalogue: &Catalogue, cases: impl Iterator<Item = &'c Case>) -> Vec<Scenario> {
    let known: Vec<&str> = catalogue.requirements().iter().map(|row| row.id.as_str()).collect();
    cases
        .map(|case| {
            let id = &case.scenario.id;
            assert!(!case.covers.is_empty(), "{id} says nothing of what it covers");
            let parsed = Scenario::parse_against(id, &case.to_toml(), &known)
                .unwrap_or_else(|problems| panic!("{id}: {problems:#?}"));
            assert_eq!(parsed, case.scenario, "{id}");
            parsed
        })
        .collect()
}

/// Each case passes on the model, and assumes nothing that no store may do.
#[track_caller]
fn is_legal(suite: &Suite) -> (Vec<Scenario>, Vec<Vec<Event>>) {
    let catalogue = catalogue();
    let scenarios = read_back(&catalogue, suite.cases());
    let (account, tapes) = replay(&catalogue, model([]), &scenarios);
    let findings = &account.ledger.findings;
    assert!(findings.is_empty(), "{} findings: {:#?}", findings.len(), &findings[..findings.len().min(3)]);
    assert!(account.cases.iter().all(|case| case.verdict == Verdict::Pass), "{:?}", account.verdict());
    (scenarios, tapes)
}

/// What the cases of a suite do, as a follower sees it that knows the scenarios, the replies and the step function alone.
fn followed(suite: &Suite, bounds: &Bounds) -> Vec<Vec<String>> {
    let (scenarios, tapes) = is_legal(suite);
    let follow = |(scenario, events): (&Scenario, &Vec<Event>)| Follower::new(bounds).moves(scenario, events);
    scenarios.iter().zip(&tapes).map(follow).collect()
}

#[track_caller]
fn covers_every_transition(name: &str) {
    let suite = suite(&Goal::Transitions, &[name]);
    let followed = followed(&suite, &bounds(&[name])[0]);
    let seen: BTreeSet<&str> = followed.iter().flatten().map(String::as_str).collect();
    let behaviour = Behaviour::new(&bounds(&[name])[0], &Rules::defaults(), MEMORY, &AtomicBool::new(false))
        .expect("the instance is small");
    let claimed = behaviour.graph.edge_indices().map(|edge| {
        let made = &behaviour.graph[edge];
        let action = match made.stimulus {
            Stimulus::Act(action) => Some(action),
            Stimulus::ReadQueue => None,
        };
        format!("{:?} {action:?} {}", behaviour.before(edge), made.place)
    });
    let claimed: BTreeSet<String> = claimed.collect();
    let claimed: BTreeSet<&str> = claimed.iter().map(String::as_str).collect();
    let (missed, other): (Vec<_>, Vec<_>) = (claimed.difference(&seen).collect(), seen.difference(&claimed).collect());
    assert!(missed.is_empty() && other.is_empty(), "{name}: not taken {missed:#?}, not claimed {other:#?}");
    assert_eq!(seen.len(), suite.parts[0].goals, "{name}");
    let claimed: usize = suite.cases().map(|case| case.covers.len()).sum();
    assert_eq!(claimed, seen.len(), "{name}");
    let calls: usize = followed.iter().map(|moves| moves.len() + 1).sum();
    assert_eq!(calls as u64, suite.parts[0].length(), "{name}");
}

#[test]
fn transitions_that_are_claimed_are_taken() {
    ["rivals", "tiny", "known", "filing", "resend", "overtaking", "direct", "nobody"]
        .into_iter()
        .for_each(covers_every_transition);
}

#[test]
fn pairs_that_are_claimed_are_taken() {
    for name in ["rivals", "completed", "again"] {
        let suite = suite(&Goal::Pairs, &[name]);
        let followed = followed(&suite, &bounds(&[name])[0]);
        let pairs = followed.iter().flat_map(|moves| moves.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())));
        assert_eq!(pairs.collect::<BTreeSet<_>>().len(), suite.parts[0].goals, "{name}");
    }
}

#[test]
fn no_suite_is_a_tenth_longer_than_it_must_be() {
    let names = ["rivals", "known", "tiny", "filing", "partial", "torn", "fair", "resend", "relay", "overtaking"];
    let small = ["rivals", "completed", "again", "torn"];
    for suite in [suite(&Goal::Transitions, &names), suite(&Goal::Pairs, &small)] {
        for part in &suite.parts {
            let bound = part.bound.expect("there is a bound");
            assert!(bound > part.goals as u64, "{}: {bound} is no bound for {}", part.bounds, part.goals);
            assert!(part.length() * 10 <= bound * 11, "{}: {} calls, at least {bound}", part.bounds, part.length());
            assert!(part.length() >= bound, "{}: {} calls, at least {bound}", part.bounds, part.length());
        }
    }
}

#[test]
fn requirements_that_are_claimed_are_exercised() {
    let catalogue = catalogue();
    let suite =
        suite(&Goal::Requirements(permitted_readings(&catalogue)), &["rivals", "known", "filing", "direct", "nobody"]);
    is_legal(&suite);
    let (mut wrong, mut under_readings) = (Vec::new(), 0);
    for case in suite.cases() {
        for goal in &case.covers {
            let (head, _) = goal.split_once(": ").expect("a goal names a clause");
            let (id, reading) = match head.split_once(", as ") {
                Some((id, rest)) => (id, rest.strip_suffix(" reads it").and_then(|name| name.split_once('='))),
                None => (head, None),
            };
            under_readings += usize::from(reading.is_some());
            let reading = reading.map(|(id, name)| (id.to_owned(), name.to_owned()));
            let (account, _) = replay(&catalogue, model(reading), std::slice::from_ref(&case.scenario));
            if !account.ledger.exercised.contains_key(id) {
                wrong.push(format!("{}: {goal}", case.scenario.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(under_readings > 20, "{under_readings}");
}

#[test]
fn what_is_not_covered_is_listed() {
    let transitions = suite(&Goal::Transitions, &["torn"]);
    assert!(transitions.parts[0].left_out.values().all(|list| !list.is_empty()));
    assert_eq!(transitions.parts[0].left_out.len(), 4, "{:?}", transitions.parts[0].left_out.keys());
    let requirements = suite(&Goal::Requirements(Vec::new()), &["rivals"]);
    let missed: Vec<&String> = requirements.missed.values().flatten().collect();
    assert!(missed.iter().any(|line| line.starts_with("SEED1-40: ")), "{missed:?}");
}

#[test]
fn complete_suites_and_walks_are_legal() {
    is_legal(&suite(&Goal::Complete(0), &["rivals", "completed"]));
    let walking = Walking { seed: 3, walks: 12 };
    let walks = suite(&Goal::Walks(walking), &["deep", "spoolers", "tight", "finish"]);
    is_legal(&walks);
    let again = suite(&Goal::Walks(walking), &["deep", "spoolers", "tight", "finish"]);
    let texts = |suite: &Suite| suite.cases().map(Case::to_toml).collect::<Vec<_>>();
    assert_eq!(texts(&walks), texts(&again), "one seed, the same walks");
    let other = suite(&Goal::Walks(Walking { seed: 4, walks: 12 }), &["deep", "spoolers", "tight", "finish"]);
    assert_ne!(texts(&walks), texts(&other));
}

#[test]
fn the_reference_provider_passes() {
    let catalogue = catalogue();
    let small = ["rivals", "tiny", "known", "filing", "direct", "nobody"];
    let walking = Goal::Walks(Walking { seed: 1, walks: 8 });
    let suites = [
        suite(&Goal::Transitions, &small),
        suite(&Goal::Requirements(permitted_readings(&catalogue)), &small),
        suite(&Goal::Complete(0), &["rivals"]),
        suite(&Goal::Pairs, &["completed", "torn"]),
        suite(&walking, &["deep", "spoolers", "tight", "preprocess", "finish"]),
    ];
    let scenarios: Vec<&Scenario> = suites.iter().flat_map(Suite::cases).map(|case| &case.scenario).collect();
    let target = Target::program(env!("CARGO_BIN_EXE_spoolproof"), ["reference"]);
    let mut adapter = Adapter::start(&target, Options::default()).expect("the reference provider starts");
    let plan =
        Plan { scenarios, profile: None, patience: Duration::from_millis(300), recorded_by: "a test".to_owned() };
    let account = run(&catalogue, &mut adapter, &plan, &mut Tape::default());
    let findings = &account.ledger.findings;
    assert!(findings.is_empty(), "{} findings: {:#?}", findings.len(), &findings[..findings.len().min(3)]);
    let idle: Vec<&str> =
        account.cases.iter().filter(|case| case.verdict != Verdict::Pass).map(|case| case.id.as_str()).collect();
    assert!(idle.is_empty(), "cases that did not run: {idle:?}");
}

/// A store that does not revive objects goes on by the branch, and one that does has no use for it.
#[test]
fn a_branch_is_taken_where_the_step_before_it_is_refused() {
    let source = r#"
title = "A message that was taken back is sent again"
requirements = ["ABT-05"]
steps = [
  { call = "create_message", session = "client-1", message = "m1", recipients = ["bob@example.test"] },
  { call = "submit_message", session = "client-1", message = "m1" },
  { call = "open_entry", session = "client-1", message = "m1", handle = "never", otherwise = true },
  { call = "abort_submit", session = "client-1", message = "m1" },
  { call = "submit_message", session = "client-1", message = "m1" },
  { call = "open_entry", session = "client-1", message = "m1", handle = "again", flags = ["MAPI_MODIFY"], otherwise = true },
  { call = "submit_message", session = "client-1", message = "m1", handle = "again", otherwise = true },
  { call = "get_outgoing_queue", session = "spooler" },
]
"#;
    let scenario = Scenario::parse("abort/branch", source).expect("a scenario");
    let taken = |reading: &str| {
        let reading = ("H13".to_owned(), reading.to_owned());
        let (_, tapes) = replay(&catalogue(), model([reading]), std::slice::from_ref(&scenario));
        let calls = tapes[0].iter().filter(|event| !event.call.contains('.')).map(|event| event.call.clone());
        (calls.collect::<Vec<_>>(), tapes[0].last().expect("events").result.rows.as_ref().map(Vec::len))
    };
    let start = ["create_message", "submit_message", "abort_submit", "submit_message"];
    let (revived, dead) = (taken("HandleRevived"), taken("HandleStaysDead"));
    assert_eq!(revived.0, [&start[..], &["get_outgoing_queue"]].concat());
    assert_eq!(dead.0, [&start[..], &["open_entry", "submit_message", "get_outgoing_queue"]].concat());
    assert_eq!((revived.1, dead.1), (Some(1), Some(1)), "either way the message is queued");
}
