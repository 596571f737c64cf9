//! What happens at last: under the assumptions of the shipped instances, without one of them, and by other readings.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use spoolproof::check::{Bounds, Course, Detail, Engine, Liveness, NotJudged, Outcome, Plan, SHIPPED_BOUNDS, Tested};
use spoolproof::check::{render_text, run};
use spoolproof::model::{ASSUMPTIONS, OBLIGATIONS, PROPERTIES, Rules};
use spoolproof::spec::Catalogue;

const FINISHED: &str = "every submitted message is at last finished, taken back or reported";
const RELEASED: &str = "every lock is at last released";
const ACCOUNTED_FOR: &str = "every recipient is at last accounted for";
const NOT_HELD_UP: &str = "no message is held up for ever by a transport that it does not need";
const LOCKED: &str = "every queued message is at last locked by a spooler, or leaves the queue";

fn fair() -> Bounds {
    let (name, text) = SHIPPED_BOUNDS.iter().find(|(name, _)| *name == "fair").expect("bounds of that name");
    Bounds::parse(name, text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The instance without an assumption.
fn without(name: &str) -> Bounds {
    let mut bounds = fair();
    let assumption = ASSUMPTIONS.iter().find(|(known, _)| *known == name).map(|(_, assumption)| assumption);
    let removed = bounds.fairness.as_mut().zip(assumption).is_some_and(|(fairness, one)| fairness.remove(one));
    assert!(removed, "{name} is assumed");
    bounds
}

fn explore(bounds: &Bounds, readings: &[(&str, &str)]) -> Outcome {
    let mut rules = Rules::defaults();
    readings.iter().for_each(|(ambiguity, reading)| rules.declare(ambiguity, reading));
    run(bounds, &rules, &Plan::default(), &mut |_| {})
}

fn course<'o>(outcome: &'o Outcome, obligation: &str) -> &'o Course {
    outcome.courses().find(|course| course.obligation.name == obligation).expect("it fails")
}

/// Exactly these obligations fail, and all of them were judged.
#[track_caller]
fn fails(outcome: &Outcome, obligations: &[&str]) {
    assert_eq!(outcome.promises().len(), OBLIGATIONS.len());
    let failing: Vec<_> = outcome.courses().map(|course| course.obligation.name).collect();
    assert_eq!(failing, obligations);
    assert!(outcome.promises().iter().all(|promise| !matches!(promise.tested, Tested::Untested { .. })));
}

#[test]
fn everything_comes_about_at_last_if_everybody_goes_on() {
    let outcome = explore(&fair(), &[]);
    fails(&outcome, &[]);
    assert!(outcome.passed(), "{}", text(&fair(), &outcome));
}

#[test]
fn whatever_else_happens_everything_comes_about_at_last() {
    // Spoolers that give messages back, coupled stores, resends, crashes, clients that do all that they can.
    for name in ["rivals", "known", "tiny", "filing", "partial", "resend"] {
        let (_, text) = SHIPPED_BOUNDS.iter().find(|(other, _)| *other == name).expect("bounds of that name");
        let bounds = Bounds::parse(name, text).expect("shipped bounds are right");
        let outcome = explore(&Bounds { fairness: fair().fairness, ..bounds }, &[]);
        for promise in outcome.promises() {
            // There is one transport, of whom nothing is assumed, as it is always there and never fails.
            let applies = promise.obligation.name != NOT_HELD_UP;
            match &promise.tested {
                Tested::Holds { .. } => assert!(applies, "{name}: {:?}", promise.obligation),
                Tested::Untested { .. } => assert!(!applies, "{name}: {:?}", promise.obligation),
                other => panic!("{name}: {:?}: {other:?}", promise.obligation),
            }
        }
        assert_eq!(outcome.promises().len(), OBLIGATIONS.len(), "{name}");
    }
}

#[test]
fn nothing_is_finished_if_the_spooler_may_rest() {
    let bounds = without("spooler");
    let outcome = explore(&bounds, &[]);
    fails(&outcome, &[FINISHED, RELEASED, ACCOUNTED_FOR, NOT_HELD_UP, LOCKED]);
    assert!(outcome.failed() && !outcome.passed());
    // Submitted, and then nothing: nobody else is there to go on.
    let course = course(&outcome, FINISHED);
    assert_eq!((course.stem.len(), course.cycle.len()), (2, 0));
    // Whether it is assumed changes what is judged, and nothing of what is explored.
    let restored = explore(&fair(), &[]);
    fails(&restored, &[]);
    assert_eq!((outcome.states, outcome.transitions), (restored.states, restored.transitions));
}

#[test]
fn a_message_goes_back_and_forth_if_its_transport_may_always_be_busy() {
    let outcome = explore(&without("transport-serves"), &[]);
    fails(&outcome, &[FINISHED, ACCOUNTED_FOR, NOT_HELD_UP]);
    let course = course(&outcome, FINISHED);
    assert_eq!((course.stem.len(), course.cycle.len()), (3, 4));
    assert_eq!(course.cycle.first().map(|step| step.before), course.cycle.last().map(|step| step.after));
}

#[test]
fn a_message_waits_for_ever_if_its_transport_need_not_announce_it() {
    fails(&explore(&without("transport-announces"), &[]), &[FINISHED, ACCOUNTED_FOR, NOT_HELD_UP, LOCKED]);
}

#[test]
fn a_message_waits_for_ever_if_its_transport_need_not_come_back() {
    fails(&explore(&without("transport-returns"), &[]), &[FINISHED, ACCOUNTED_FOR, NOT_HELD_UP, LOCKED]);
}

#[test]
fn a_message_goes_back_and_forth_if_its_preprocessor_may_always_fail() {
    let outcome = explore(&without("preprocessor-returns"), &[]);
    fails(&outcome, &[FINISHED, ACCOUNTED_FOR, NOT_HELD_UP]);
    assert_eq!(course(&outcome, FINISHED).cycle.len(), 4);
}

#[test]
fn a_message_is_preprocessed_for_ever_where_the_second_submission_runs_everything_again() {
    let outcome = explore(&fair(), &[("A9", "RerunAll")]);
    let failing: BTreeSet<_> = outcome.courses().map(|course| course.obligation.name).collect();
    assert!(failing.contains(FINISHED) && failing.contains(ACCOUNTED_FOR), "{failing:?}");
    // Preprocessing, submission, and the message is opened again.
    let course = course(&outcome, FINISHED);
    assert_eq!(course.cycle.len(), 3);
    assert_eq!(course.readings, ["A9=RerunAll"]);
}

#[test]
fn a_message_is_held_up_by_another_transport_where_nothing_overtakes() {
    fails(&explore(&fair(), &[("E1", "StrictFIFO")]), &[NOT_HELD_UP]);
}

#[test]
fn a_lock_stays_for_ever_where_nobody_comes_back_after_a_preprocessor_has_failed() {
    let outcome = explore(&fair(), &[("F2", "LeftLocked")]);
    fails(&outcome, &[FINISHED, RELEASED, ACCOUNTED_FOR, NOT_HELD_UP]);
    assert_eq!(course(&outcome, RELEASED).cycle.len(), 0);
}

#[test]
fn a_lock_is_held_for_a_transport_that_may_always_be_busy_where_what_waits_is_locked() {
    let outcome = explore(&without("transport-serves"), &[("C5", "HoldWhileWaiting")]);
    assert_eq!(course(&outcome, RELEASED).cycle.len(), 2);
    fails(&explore(&fair(), &[("C5", "HoldWhileWaiting")]), &[]);
}

#[test]
fn a_transport_that_always_asks_for_the_message_again_at_once_holds_up_all_others() {
    let (name, shipped) = SHIPPED_BOUNDS.iter().find(|(name, _)| *name == "fair").expect("bounds of that name");
    let source = shipped.replace("[\"sends\", \"busy\", \"defers\"]", "[\"sends\", \"resend-now\"]");
    assert_ne!(&source, shipped);
    let bounds = Bounds::parse(name, &source).expect("the text is right");
    // The spooler does as END_RESEND_NOW asks, and so never comes to the next message.
    fails(&explore(&bounds, &[]), &[NOT_HELD_UP]);
}

#[test]
fn an_instance_that_assumes_nothing_is_asked_nothing() {
    let bounds = Bounds { fairness: None, pins: None, ..fair() };
    let outcome = explore(&bounds, &[]);
    assert!(matches!(outcome.liveness, Liveness::Unasked) && outcome.passed() && outcome.promises().is_empty());
    // To assume nothing of anybody is another thing: it is asked, and nobody need go on.
    let alone = Bounds { fairness: Some(BTreeSet::new()), ..fair() };
    fails(&explore(&alone, &[]), &[FINISHED, RELEASED, ACCOUNTED_FOR, NOT_HELD_UP, LOCKED]);
}

#[track_caller]
fn not_judged(plan: &Plan, expected: &NotJudged) {
    let outcome = run(&fair(), &Rules::defaults(), plan, &mut |_| {});
    match &outcome.liveness {
        Liveness::NotJudged(why) => assert_eq!(why, expected),
        other => panic!("{other:?}"),
    }
    assert!(outcome.inconclusive() && !outcome.failed() && !outcome.passed());
    assert!(text(&fair(), &outcome).contains("what happens at last is not judged"));
}

#[test]
fn what_cannot_be_judged_is_not_judged() {
    let memory = 1 << 10;
    not_judged(&Plan { memory, ..Plan::default() }, &NotJudged::Partial);
    not_judged(&Plan { engine: Engine::Stateright, ..Plan::default() }, &NotJudged::NoGraph);
    let stopped = Plan { stop: Arc::new(AtomicBool::new(true)), ..Plan::default() };
    not_judged(&stopped, &NotJudged::Partial);
    let told = text(&fair(), &run(&fair(), &Rules::defaults(), &stopped, &mut |_| {}));
    assert!(told.contains("stopped at an interruption: 1 states, 0 transitions, depth 0 complete, 1 states waiting"));
    assert!(told.contains("no counterexample so far") && !told.contains('✓') && !told.contains('✗'), "{told}");
}

#[test]
fn a_judgement_that_is_interrupted_says_nothing() {
    let (bounds, stop) = (fair(), Arc::new(AtomicBool::new(false)));
    let plan = Plan { stop: Arc::clone(&stop), ..Plan::default() };
    let mut blocks = 0;
    assert!(run(&bounds, &Rules::defaults(), &plan, &mut |_| blocks += 1).passed());
    // Behind the last block there is nothing left to search.
    let outcome = run(&bounds, &Rules::defaults(), &plan, &mut |_| {
        blocks -= 1;
        stop.store(blocks == 0, Ordering::Relaxed);
    });
    assert!(outcome.stopped.is_none(), "every state was seen");
    assert!(matches!(outcome.liveness, Liveness::NotJudged(NotJudged::Interruption)), "{:?}", outcome.liveness);
    assert!(outcome.inconclusive() && !outcome.failed());
    assert!(text(&bounds, &outcome).contains("what happens at last is not judged: it was interrupted"));
}

#[test]
fn a_graph_that_does_not_fit_is_not_judged() {
    // As much as the search takes, and not as much as the judgement takes beside it.
    let mut memory = 256 << 10;
    let outcome = loop {
        let outcome = run(&fair(), &Rules::defaults(), &Plan { memory, ..Plan::default() }, &mut |_| {});
        if outcome.stopped.is_none() {
            break outcome;
        }
        memory += 16 << 10;
    };
    assert!(matches!(outcome.liveness, Liveness::NotJudged(NotJudged::Memory(_))), "{memory}: {:?}", outcome.liveness);
}

#[test]
fn what_cannot_apply_is_named_with_a_reason() {
    let held_up = OBLIGATIONS.iter().find(|obligation| obligation.name == NOT_HELD_UP).expect("an obligation");
    let (name, text) = SHIPPED_BOUNDS.iter().find(|(name, _)| *name == "tiny").expect("bounds of that name");
    let tiny = Bounds::parse(name, text).expect("shipped bounds are right");
    let mut bounds = Bounds { fairness: fair().fairness, ..tiny };
    // There is one transport for everybody, and it never fails.
    assert!(explore(&bounds, &[]).failed());
    bounds.untested.insert(held_up.name.to_owned(), "there is one transport".to_owned());
    let outcome = explore(&bounds, &[]);
    assert!(outcome.promises().iter().any(|promise| matches!(promise.tested, Tested::Untested { why: Some(_) })));
    bounds.untested.insert(FINISHED.to_owned(), "no reason".to_owned());
    let outcome = explore(&bounds, &[]);
    assert!(outcome.promises().iter().any(|promise| matches!(promise.tested, Tested::Unexpected { states: 1.. })));
}

#[test]
fn every_obligation_names_requirements_of_the_catalogue() {
    let catalogue = Catalogue::embedded().expect("the catalogue is right");
    let names = OBLIGATIONS.iter().map(|obligation| obligation.name);
    let names: BTreeSet<_> = names.chain(PROPERTIES.iter().map(|property| property.name)).collect();
    assert_eq!(names.len(), OBLIGATIONS.len() + PROPERTIES.len(), "no two have one name");
    for obligation in OBLIGATIONS {
        for id in obligation.ids {
            assert!(catalogue.requirement(id).is_some(), "{}: {id}", obligation.name);
        }
    }
}

#[test]
fn assumptions_are_known_by_name_and_named_once() {
    let parse = |fairness: &str| {
        let source =
            format!("title = \"x\"\nclients = [[\"submit\"]]\nfairness = {fairness}\n[[message]]\nrecipients = 1\n");
        let problems = Bounds::parse("wrong", &source).expect_err("the text has mistakes");
        let told = |help: &Option<String>| help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        problems.iter().map(|problem| format!("{}{}", problem.message, told(&problem.help))).collect::<Vec<_>>()
    };
    assert_eq!(parse("[\"spoler\"]"), ["no assumption is named `spoler`; did you mean `spooler`?"]);
    assert_eq!(parse("[\"spooler\", \"spooler\"]"), ["the assumption is named twice"]);
    assert_eq!(parse("\"spooler\""), ["`fairness` is an array, not a string"]);
}

fn text(bounds: &Bounds, outcome: &Outcome) -> String {
    let mut out = Vec::new();
    render_text(bounds, outcome, Detail::Brief, &|_| None, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("the text is UTF-8")
}

#[test]
fn a_run_that_breaks_an_obligation_is_told_as_stem_and_loop() {
    insta::assert_snapshot!(course(&explore(&without("transport-serves"), &[]), FINISHED), @r"
       1  client-1     create m1 to alice                 S_OK              m1 in the outbox
       2  client-1     submit m1                          S_OK              queue: m1   m1 +SUBMIT
       3  spooler      open m1 to modify                  S_OK, read/write
    then for ever:
       4  spooler      lock m1                            S_OK              m1 +LOCKED
       5  transport-2  is given m1: MAPI_E_BUSY
       6  spooler      unlock m1                          S_OK              m1 -LOCKED
       7  spooler      may try m1 again with transport-2
    ");
    insta::assert_snapshot!(course(&explore(&without("spooler"), &[]), FINISHED), @r"
       1  client-1  create m1 to alice  S_OK  m1 in the outbox
       2  client-1  submit m1           S_OK  queue: m1   m1 +SUBMIT
    then for ever: nothing, and nobody is assumed to go on
    ");
    let bounds = without("preprocessor-returns");
    let told = text(&bounds, &explore(&bounds, &[]));
    let lines: Vec<_> = told.lines().filter(|line| !line.starts_with("    ")).skip(1).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    ✗ every submitted message is at last finished, taken back or reported        fails for m2, after 4 steps and 4 for ever
    ✗ every recipient is at last accounted for                                   fails for alice of m2, after 4 steps and 4 for ever
    ✗ no message is held up for ever by a transport that it does not need        fails for m2, whatever transport-2 does, after 4 steps and 4 for ever
    ✓ 15 properties: no counterexample within these bounds
    ✓ 2 obligations: no counterexample within these bounds, assuming `spooler`, `transport-serves`, `transport-announces`, `transport-returns`
    ");
}
