//! Random walks: what they find, how short it becomes, and that they are the same each time.
//!
//! `SPOOLPROOF_BOUNDS=all cargo test --release --test simulate` compares what is made short with the shortest
//! counterexamples for every reading that the model knows, in all instances that are small.

use std::env;
use std::sync::atomic::AtomicBool;

use spoolproof::check::{
    Bounds, Detail, Plan, SHIPPED_BOUNDS, Simulation, Tested, Trace, Walks, render_simulation, run, simulate,
    small_bounds,
};
use spoolproof::model::{AMBIGUITIES, PROPERTIES, Rules};
use spoolproof::scenario::Scenario;

/// Nobody interrupts these walks.
static GO: AtomicBool = AtomicBool::new(false);

fn shipped(name: &str) -> Bounds {
    let (_, text) = SHIPPED_BOUNDS.iter().find(|(other, _)| *other == name).expect("bounds of that name");
    parse(name, text)
}

fn parse(name: &str, text: &str) -> Bounds {
    Bounds::parse(name, text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
}

fn rules(reading: Option<(&str, &str)>) -> Rules {
    let mut rules = Rules::defaults();
    if let Some((id, name)) = reading {
        rules.declare(id, name);
    }
    rules
}

fn walk(bounds: &Bounds, reading: Option<(&str, &str)>, seed: u64, steps: u64) -> Simulation {
    let walks = Walks { seed, steps, walks: None };
    simulate(bounds, &rules(reading), &walks, &GO, &mut |_| {})
        .unwrap_or_else(|error| panic!("{}: {error}", bounds.name))
}

/// What failed, each with the number of steps that it was made of and that are left.
fn failures(simulation: &Simulation) -> Vec<(&str, &Trace, usize)> {
    let failed = simulation.seen.iter().filter_map(|seen| seen.failed.as_ref());
    failed.map(|failed| (failed.trace.property.name, &failed.trace, failed.steps)).collect()
}

/// Whether walks find all that a search finds, and no more, and each in at most one step more.
#[track_caller]
fn compare(bounds: &Bounds, reading: (&str, &str), steps: u64) {
    let outcome = run(bounds, &rules(Some(reading)), &Plan::default(), &mut |_| {});
    let shortest: Vec<(&str, usize)> = outcome
        .findings
        .iter()
        .filter_map(|finding| match &finding.tested {
            Tested::Fails(trace) => Some((finding.property.name, trace.steps.len())),
            Tested::Holds { .. } | Tested::Untested { .. } | Tested::Unexpected { .. } => None,
        })
        .collect();
    if shortest.is_empty() {
        return;
    }
    let simulation = walk(bounds, Some(reading), 1, steps);
    let found = failures(&simulation);
    let told = format!("{} {reading:?}: {found:#?} {shortest:?}", bounds.name);
    assert_eq!(found.len(), shortest.len(), "{told}");
    for ((name, trace, before), (property, length)) in found.iter().zip(&shortest) {
        assert_eq!(name, property, "{told}");
        assert!((*length..=length + 1).contains(&trace.steps.len()), "{told}");
        assert!(trace.steps.len() <= *before, "{told}");
    }
    for failed in simulation.seen.iter().filter_map(|seen| seen.failed.as_ref().filter(|failed| failed.shortest)) {
        assert!(shortest.contains(&(failed.trace.property.name, failed.trace.steps.len())), "{told}");
    }
}

#[test]
fn walks_find_what_a_search_finds_and_make_it_as_short_but_for_one_step() {
    let some = [
        ("known", ("A1", "Literal")),
        ("known", ("A2", "BothFire")),
        ("known", ("E5", "DuplicateRow")),
        ("known", ("H7", "LostOnStop")),
        ("partial", ("A1", "Literal")),
        ("partial", ("H1", "HiddenLockBlocks")),
        ("rivals", ("C1", "Idempotent")),
        ("tiny", ("B1", "SampleStore")),
        ("tiny", ("B2", "OpenTimeOnly")),
        ("tiny", ("C2", "OnEnqueue")),
        ("filing", ("D4", "DequeueOnly")),
    ];
    for (name, reading) in some {
        compare(&shipped(name), reading, 20_000);
    }
    if env::var_os("SPOOLPROOF_BOUNDS").is_some_and(|which| which == "all") {
        for bounds in small_bounds() {
            for (_, id, readings) in AMBIGUITIES {
                readings.iter().for_each(|reading| compare(&bounds, (id, reading), 400_000));
            }
        }
    }
}

#[test]
fn a_large_instance_gives_up_its_shortest_failure_too() {
    // Among 2.3 million states; a message must be created and submitted, so that nothing is shorter.
    let simulation = walk(&shipped("tight"), Some(("A1", "Literal")), 1, 5_000);
    let lengths: Vec<_> = failures(&simulation).iter().map(|(name, trace, _)| (*name, trace.steps.len())).collect();
    assert!(lengths.contains(&("no submitted message is lost", 2)), "{lengths:?}");
    assert!(lengths.contains(&("what is marked submitted is on its way", 2)), "{lengths:?}");
}

#[test]
fn nothing_fails_by_the_defaults_whatever_the_seed() {
    for bounds in SHIPPED_BOUNDS.iter().map(|(name, text)| parse(name, text)) {
        for seed in 0..8 {
            let simulation = walk(&bounds, None, seed, 1_000);
            assert!(!simulation.failed(), "{} with seed {seed}: {:#?}", bounds.name, failures(&simulation));
            assert_eq!(simulation.steps, 1_000, "{} with seed {seed}", bounds.name);
            assert_eq!(simulation.kinds.values().sum::<u64>(), 1_000);
        }
    }
}

#[test]
fn walks_through_small_instances_test_every_property_that_applies() {
    for name in ["tiny", "known", "filing"] {
        let simulation = walk(&shipped(name), None, 1, 20_000);
        assert!(simulation.tested_all(), "{name}");
        let excused = simulation.seen.iter().filter(|seen| seen.tested == 0).count();
        assert_eq!(excused, shipped(name).untested.len(), "{name}");
        assert_eq!(simulation.seen.len(), PROPERTIES.len());
    }
}

/// A change here means that seeds lead elsewhere than they did, or that behaviour has changed.
#[test]
fn a_seed_leads_to_the_same_walks_on_every_machine() {
    let digests = |name, reading| {
        [1, 2].map(|seed| {
            let simulation = walk(&shipped(name), reading, seed, 2_000);
            let Simulation { walks, states, digest, .. } = simulation;
            format!("{name} {seed}: {walks} walks, {states} states, {digest:016x}")
        })
    };
    let all = [digests("tiny", None), digests("known", None), digests("tiny", Some(("B1", "SampleStore")))].concat();
    insta::assert_snapshot!(all.join("\n"), @r#"
    tiny 1: 46 walks, 173 states, 00aaefd97a0bb481
    tiny 2: 49 walks, 174 states, bb1cb53735025f18
    known 1: 75 walks, 82 states, ea8f1d85ca892314
    known 2: 73 walks, 89 states, 3a99781f8e7fdfd7
    tiny 1: 46 walks, 198 states, d68619b639b412e9
    tiny 2: 50 walks, 176 states, 29531fa6031f5452
    "#);
}

#[test]
fn a_number_of_walks_divides_the_steps() {
    let bounds = shipped("tiny");
    let walks = |steps, walks| {
        simulate(&bounds, &Rules::defaults(), &Walks { seed: 3, steps, walks: Some(walks) }, &GO, &mut |_| {})
            .expect("the walks are the same twice")
    };
    let one = walks(1, 5);
    assert_eq!((one.steps, one.walks), (1, 1));
    let five = walks(50, 5);
    assert_eq!(five.walks, 5);
    assert!((5..=50).contains(&five.steps), "{}", five.steps);
    assert_eq!(walks(10_000, 1).walks, 1);
}

#[test]
fn progress_goes_up_to_the_last_step() {
    let mut told = Vec::new();
    let walks = Walks { seed: 1, steps: 500, walks: None };
    simulate(&shipped("tiny"), &Rules::defaults(), &walks, &GO, &mut |steps| told.push(steps)).expect("the same twice");
    assert!(told.is_sorted());
    assert_eq!(told.last(), Some(&500));
}

#[test]
fn nothing_to_do_is_the_end_of_a_walk() {
    let bounds = parse("idle", "title = \"nobody sends\"\nclients = [[]]\n[[message]]\nrecipients = 1\n");
    let simulation = walk(&bounds, None, 1, 100);
    // Each walk creates the message, and that is all.
    assert_eq!((simulation.steps, simulation.walks, simulation.states), (100, 100, 2));
    assert!(!simulation.failed() && !simulation.tested_all());
}

#[test]
fn what_was_seen_is_told() {
    let bounds = shipped("tiny");
    let told = |reading, detail| {
        let simulation = walk(&bounds, reading, 1, 3_000);
        let mut out = Vec::new();
        let file = |trace: &Trace| Some(format!("out/{}.toml", trace.slug()));
        render_simulation(&bounds, &simulation, detail, "spoolproof simulate …", &file, &mut out)
            .expect("memory takes all");
        String::from_utf8(out).expect("the text is UTF-8")
    };
    insta::assert_snapshot!(told(Some(("B1", "SampleStore")), Detail::Brief), @r#"
    tiny        1 message, 1 recipient, 2 clients
      seed 1   3,000 steps on 67 walks   210 states   twice the same: e9cf335962fff37a
      ✗ a locked message rejects every client open   SEED1-07, SEED1-08   fails in 5 steps under B1=SampleStore   → out/a-locked-message-rejects-every-client-open.toml
           1  client-1  create m1 to alice   S_OK              m1 in the outbox
           2  client-1  submit m1            S_OK              queue: m1   m1 +SUBMIT
           3  spooler   open m1 to modify    S_OK, read/write
           4  spooler   lock m1              S_OK              m1 +LOCKED
        ▸  5  client-2  open m1 best access  S_OK, read-only
        made of the 41 steps of walk 1; no way is shorter
        again: spoolproof simulate …
      ✓ 18 properties: no failure on these walks, each tested in at least 20 steps
      steps of clients 2,623, spoolers 345, transports 32
    "#);
    insta::assert_snapshot!(told(None, Detail::Full), @r#"
    tiny        1 message, 1 recipient, 2 clients
      seed 1   3,000 steps on 66 walks   205 states   twice the same: 84b7d9953214d98e
      ✓ no write-open while queued                                  tested in 280 steps
      ✓ a locked message rejects every client open                  tested in 156 steps
      ✓ best access to a queued, unlocked message is read-only      tested in 19 steps
      ✓ a client changes nothing that is on its way out             tested in 748 steps
      ✓ only messages on their way out are locked                   tested in 474 steps
      – a lock has one holder                                       not tested: there is one spooler; see spoolers.toml
      ✓ a locked message cannot be aborted                          tested in 36 steps
      ✓ an abort makes it a draft again                             tested in 64 steps
      – preprocessing is due only while queued                      not tested: nothing needs preprocessing; see preprocess.toml
      – preprocessing ends with the spooler's submission            not tested: nothing needs preprocessing; see preprocess.toml
      – the queue is in the order of submission                     not tested: there is one message; see default.toml
      ✓ a failed submission leaves nothing behind                   tested in 23 steps
      ✓ nobody is sent to twice                                     tested in 31 steps
      ✓ a finished message has reached everybody                    tested in 29 steps
      ✓ a sent message ends where its properties say                tested in 29 steps
      ✓ only the spooler finishes                                   tested in 168 steps
      ✓ no submitted message is lost                                tested in 1,213 steps
      – a crash loses no submitted message                          not tested: the store is never killed; see crash.toml
      – nobody is reported undeliverable twice, or who was served   not tested: every recipient is served; see transports.toml
      ✓ preprocessing comes before sending                          tested in 31 steps
      – a finished message carries no preprocessed data             not tested: there are no preprocessors; see transports.toml
      ✓ what is marked submitted is on its way                      tested in 1,213 steps
      ✓ a finished message has left the queue                       tested in 29 steps
      ✓ a message is finished once                                  tested in 29 steps
      ✓ only SetLockState locks                                     tested in 33 steps
      ✓ a queued message that nobody has locked can be taken back   tested in 64 steps
      – what needs preprocessing waits for it                       not tested: nothing needs preprocessing; see preprocess.toml
      ✓ 19 properties: no failure on these walks, each tested in at least 19 steps
      steps of clients: 2,636
        abort                           685
        create                           66
        finish                          168
        open                            158
        open to modify                  405
        open, best access               150
        release                         422
        submit                          276
        write                           306
      steps of spoolers: 333
        finish                           29
        lock                             33
        open to modify                  138
        release                         102
        set responsibility               31
      steps of transports: 31
        sends to a recipient             31
    "#);
}

#[test]
fn a_failure_is_a_scenario() {
    let simulation = walk(&shipped("tiny"), Some(("B1", "SampleStore")), 1, 3_000);
    let found = failures(&simulation);
    assert!(!found.is_empty());
    for (name, trace, _) in found {
        let scenario = trace.scenario();
        assert_eq!(scenario.profile.readings.get("B1").map(String::as_str), Some("SampleStore"), "{name}");
        assert_eq!(Scenario::parse(&scenario.id, &scenario.to_toml()), Ok(scenario));
    }
}
