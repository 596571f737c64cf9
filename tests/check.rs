//! The searches: how large the shipped instances are, what holds in them, and what readings of the pages break.

use std::collections::BTreeSet;

use spoolproof::check::{Bounds, Detail, Finding, Outcome, Plan, SHIPPED_BOUNDS, Tested, Trace, render_text, run};
use spoolproof::model::{Buffers, Codes, Level, Lock, Message, PROPERTIES, Place, Reply, Rules, Transition, World};
use spoolproof::scenario::Scenario;
use spoolproof::spec::{Catalogue, line_column};

fn shipped(name: &str) -> Bounds {
    let (_, text) = SHIPPED_BOUNDS.iter().find(|(other, _)| *other == name).expect("bounds of that name");
    parse(name, text)
}

fn parse(name: &str, text: &str) -> Bounds {
    Bounds::parse(name, text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
}

fn explore(bounds: &Bounds, readings: &[(&str, &str)]) -> Outcome {
    let mut rules = Rules::defaults();
    readings.iter().for_each(|(ambiguity, reading)| rules.declare(ambiguity, reading));
    run(bounds, &rules, &Plan::default(), &mut |_| {})
}

fn text(bounds: &Bounds, outcome: &Outcome, detail: Detail) -> String {
    let mut out = Vec::new();
    let file = |trace: &Trace| Some(format!("out/{}.toml", trace.slug()));
    render_text(bounds, outcome, detail, &file, &mut out).expect("memory takes all");
    // How long it took is another each time.
    let text = String::from_utf8(out).expect("the text is UTF-8");
    let (before, after) = text.split_once(" s   closed").expect("a first line");
    format!("{} … s   closed{after}", &before[..before.rfind(' ').expect("a time")])
}

/// The shortest counterexample of a property that fails.
fn trace<'o>(outcome: &'o Outcome, property: &str) -> &'o Trace {
    let named = |finding: &&Finding| finding.property.name == property;
    match &outcome.findings.iter().find(named).expect("a property of that name").tested {
        Tested::Fails(trace) => trace,
        other => panic!("{property}: {other:?}"),
    }
}

/// The others are run by `spoolproof check`, whose counts stand in the same files; without optimization they take long.
const SMALL: [&str; 3] = ["tiny", "finish", "failing"];

#[test]
fn the_small_instances_are_as_large_as_their_files_say_and_everything_holds() {
    for name in SMALL {
        let bounds = shipped(name);
        let outcome = explore(&bounds, &[]);
        assert!(outcome.passed(), "{}", text(&bounds, &outcome, Detail::Full));
    }
}

#[test]
fn every_bounds_file_is_shipped() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/models/bounds");
    let entries = std::fs::read_dir(folder).expect("a folder of bounds");
    let names = entries.map(|entry| entry.expect("an entry of that folder").file_name().into_string().expect("UTF-8"));
    let shipped: BTreeSet<_> = SHIPPED_BOUNDS.iter().map(|(name, _)| format!("{name}.toml")).collect();
    assert_eq!(names.collect::<BTreeSet<_>>(), shipped);
}

#[test]
fn every_shipped_instance_states_its_size() {
    for (name, _) in SHIPPED_BOUNDS {
        let pins = shipped(name).pins.unwrap_or_else(|| panic!("{name} does not state its size"));
        let asked_for = Bounds::LARGE.contains(name);
        assert_eq!(pins.states > 3_000_000, asked_for, "{name}: people wait for a check of what is not asked for");
    }
}

#[test]
fn every_property_is_tested_in_some_instance() {
    for property in PROPERTIES {
        let tested = SHIPPED_BOUNDS.iter().any(|(name, _)| !shipped(name).untested.contains_key(property.name));
        assert!(tested, "{}", property.name);
    }
}

#[test]
fn every_property_names_requirements_of_the_catalogue() {
    let catalogue = Catalogue::embedded().expect("the catalogue is right");
    for property in PROPERTIES {
        for id in property.ids {
            assert!(catalogue.requirement(id).is_some(), "{}: {id}", property.name);
        }
    }
    let names: BTreeSet<_> = PROPERTIES.iter().map(|property| property.name).collect();
    assert_eq!(names.len(), PROPERTIES.len(), "no two properties have one name");
    assert!(PROPERTIES.len() < 63, "a state has room for the number of a broken property");
}

#[test]
fn a_search_tells_how_it_went() {
    let bounds = shipped("tiny");
    insta::assert_snapshot!(text(&bounds, &explore(&bounds, &[]), Detail::Full));
}

#[test]
fn a_client_reads_a_locked_message_where_the_lock_does_not_matter() {
    let bounds = shipped("tiny");
    let outcome = explore(&bounds, &[("B1", "SampleStore")]);
    assert!(!outcome.passed());
    assert_eq!(trace(&outcome, "a locked message rejects every client open").steps.len(), 5);
    insta::assert_snapshot!(text(&bounds, &outcome, Detail::Brief));
}

#[test]
fn a_client_writes_through_an_old_handle_where_only_opening_is_refused() {
    let bounds = shipped("tiny");
    let outcome = explore(&bounds, &[("B2", "OpenTimeOnly")]);
    assert_eq!(trace(&outcome, "a client changes nothing that is on its way out").steps.len(), 3);
    insta::assert_snapshot!(text(&bounds, &outcome, Detail::Brief));
}

const RIVALS: &str = "
title = \"2 spoolers\"
clients = [[\"submit\"]]
spoolers = 2
spooler_order = \"any\"
[[message]]
recipients = 1
";

#[test]
fn a_spooler_takes_the_lock_of_another_where_locking_is_idempotent() {
    let bounds = parse("rivals", RIVALS);
    let held = explore(&bounds, &[]);
    assert!(!held.findings.iter().any(|finding| matches!(finding.tested, Tested::Fails(_))));
    let outcome = explore(&bounds, &[("C1", "Idempotent")]);
    assert_eq!(trace(&outcome, "a lock has one holder").steps.len(), 6);
}

#[test]
fn several_properties_fail_each_with_its_own_counterexample() {
    let bounds = shipped("tiny");
    let outcome = explore(&bounds, &[("B1", "SampleStore"), ("B2", "OpenTimeOnly")]);
    assert_eq!(trace(&outcome, "a locked message rejects every client open").steps.len(), 5);
    assert_eq!(trace(&outcome, "a client changes nothing that is on its way out").steps.len(), 3);
    // The other properties were looked at all the same, in every state.
    let held = outcome.findings.iter().filter(|finding| matches!(finding.tested, Tested::Holds { .. })).count();
    assert_eq!(held, PROPERTIES.len() - 2 - bounds.untested.len());
}

const COUPLED: &str = "
title = \"a coupled store\"
clients = [[\"write\", \"submit\"]]
[profile]
coupled = true
[[message]]
recipients = 2
known = 1
sentmail = true
";

#[test]
fn a_counterexample_is_a_scenario() {
    let outcome = explore(&shipped("tiny"), &[("B1", "SampleStore")]);
    let first = trace(&outcome, "a locked message rejects every client open").scenario();
    insta::assert_snapshot!(first.to_toml());
    let outcome = explore(&parse("coupled", COUPLED), &[("B2", "OpenTimeOnly")]);
    let second = trace(&outcome, "a client changes nothing that is on its way out").scenario();
    insta::assert_snapshot!(second.to_toml());
    for scenario in [first, second] {
        assert_eq!(Scenario::parse(&scenario.id, &scenario.to_toml()), Ok(scenario));
    }
}

#[test]
fn the_same_search_finds_the_same() {
    let bounds = shipped("tiny");
    let [one, other] = [(); 2].map(|()| text(&bounds, &explore(&bounds, &[("B1", "SampleStore")]), Detail::Full));
    assert_eq!(one, other);
}

#[test]
fn a_property_that_is_tested_nowhere_fails_the_check() {
    let bounds = parse("quiet", "title = \"nobody sends\"\nclients = [[\"abort\"]]\n[[message]]\nrecipients = 1\n");
    let outcome = explore(&bounds, &[]);
    assert!(!outcome.passed());
    assert!(text(&bounds, &outcome, Detail::Brief).contains("tested nowhere, and the file does not say why"));
}

#[test]
fn a_file_that_is_wrong_about_its_instance_fails_the_check() {
    let (_, source) = SHIPPED_BOUNDS.iter().find(|(name, _)| *name == "tiny").expect("tiny bounds");
    let moved = parse("moved", &source.replace("states = 380", "states = 381"));
    let outcome = explore(&moved, &[]);
    assert!(!outcome.passed());
    assert!(text(&moved, &outcome, Detail::Brief).contains("behaviour has changed"));
    let claimed = parse("claimed", &format!("{source}\"nobody sends\" = [\"nobody is sent to twice\"]\n"));
    let outcome = explore(&claimed, &[]);
    assert!(!outcome.passed());
    assert!(text(&claimed, &outcome, Detail::Brief).contains("and the file says that it is not"));
}

/// A property that no store could break would test nothing.
#[test]
fn every_property_can_fail() {
    let mut failed = BTreeSet::new();
    // Some properties take more than one wrong step to break: a store that never ends a submission takes them.
    let mut endless = Rules::defaults();
    endless.declare("D4", "Nothing");
    let by_default = SHIPPED_BOUNDS.iter().map(|(name, _)| (shipped(name), Rules::defaults()));
    for (bounds, rules) in by_default.chain([(parse("rivals", RIVALS), endless)]) {
        for seed in 0..40 {
            wander(&bounds, &rules, seed, |transition| {
                for wrong in spoiled(transition) {
                    let broken = wrong.judge().broken;
                    let names = PROPERTIES.iter().enumerate().filter(|(index, _)| broken & (1 << index) != 0);
                    failed.extend(names.map(|(_, property)| property.name));
                }
            });
        }
    }
    let all: BTreeSet<_> = PROPERTIES.iter().map(|property| property.name).collect();
    assert_eq!(all.difference(&failed).collect::<Vec<_>>(), Vec::<&&str>::new());
}

/// Goes some way through the instance, and visits every transition that could be taken there.
fn wander(bounds: &Bounds, rules: &Rules, mut seed: u64, mut visit: impl FnMut(&Transition<'_>)) {
    let mut world = World::new(&bounds.scope);
    let mut buffers = Buffers::default();
    for _ in 0..40 {
        let mut next = Vec::new();
        world.transitions(&bounds.scope, rules, &mut buffers, |transition| {
            visit(transition);
            next.push(transition.after);
        });
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let Some(after) = next.get((seed >> 33) as usize % next.len().max(1)) else { return };
        world = *after;
    }
}

/// The transition as stores might do it that are wrong in one way each.
fn spoiled<'t>(transition: &Transition<'t>) -> Vec<Transition<'t>> {
    let replies = [Reply::Success, Reply::Opened(Level::Read), Reply::Opened(Level::Write), Reply::Refused(Codes::Any)];
    let mut wrong: Vec<_> = replies.into_iter().map(|reply| Transition { reply, ..*transition }).collect();
    wrong.push(Transition { writes: true, ..*transition });
    wrong.push(Transition { delivered: 0b11, ..*transition });
    wrong.push(Transition { reached: 0, reported: 0, ..*transition });
    let spoil: [fn(&mut Message); 7] = [
        |m| m.lock = Lock::Spooler(1),
        |m| m.queued = !m.queued,
        |m| m.preprocess = !m.preprocess,
        |m| m.place = if m.place == Place::Outbox { Place::SentMail } else { Place::Outbox },
        |m| m.position ^= 3,
        |m| m.submit = !m.submit,
        |m| m.finished = !m.finished,
    ];
    for spoil in spoil {
        let mut other = *transition;
        spoil(&mut other.after.entries[transition.action.message().unwrap_or(0)].message);
        wrong.push(other);
    }
    for at in 0..World::MESSAGES_MAX {
        let mut other = *transition;
        let entry = &mut other.after.entries[at];
        (entry.reported, entry.unprocessed) = (entry.sent | entry.reported, true);
        wrong.push(other);
    }
    wrong
}

#[track_caller]
fn check_mistakes(source: &str, expected: &[&str]) {
    let problems = Bounds::parse("wrong", source).expect_err("the text has mistakes");
    let told: Vec<_> = problems
        .iter()
        .map(|problem| {
            let (line, column) = line_column(source, problem.span.start);
            let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            format!("{line}:{column}: {}{help}", problem.message)
        })
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn what_is_missing_is_named() {
    check_mistakes(
        "",
        &[
            "1:1: a bounds file needs `title`",
            "1:1: a bounds file needs `clients`",
            "1:1: a bounds file needs `message`",
        ],
    );
    check_mistakes(
        "title = \"x\"\nclients = []\nmessage = []\n",
        &["2:11: there is at least one client", "3:11: there is at least one message"],
    );
    check_mistakes("title = \"x\"\nclients = [[]]\n[[message]]\nauthor = 1\n", &["3:1: `message` needs `recipients`"]);
}

#[test]
fn unknown_names_are_named_with_what_was_meant() {
    check_mistakes(
        "title = \"x\"\nclients = [[\"open-modfy\", \"abort\", \"abort\"]]\nspolers = 1\nspooler_order = \"oldst\"\n\
         [profile]\ncuopled = true\n[[message]]\nrecipients = 1\nsentmial = true\n\
         [mapi]\nneeds = [[\"NEEDS_SPOLER\"]]\nfails = [\"CompletMsg\"]\nsuperceded = true\n\
         [untested]\n\"x\" = [\"nobody is sent twice\", \"only SetLockState locks\"]\n\" \" = [\"only SetLockState locks\"]\n",
        &[
            "2:13: no call is named `open-modfy`; did you mean `open-modify`?",
            "2:36: the call is named twice",
            "3:1: a bounds file has no member `spolers`; did you mean `spoolers`?",
            "4:17: no spooler order is named `oldst`; did you mean `oldest`?",
            "6:1: `profile` has no member `cuopled`; did you mean `coupled`?",
            "9:1: `message` has no member `sentmial`; did you mean `sentmail`?",
            "11:11: no flag is named `NEEDS_SPOLER`; did you mean `NEEDS_SPOOLER`?",
            "12:10: no support call is named `CompletMsg`; did you mean `CompleteMsg`?",
            "13:1: `mapi` has no member `superceded`; did you mean `superseded`?",
            "15:8: no property is named `nobody is sent twice`; did you mean `nobody is sent to twice`?",
            "15:32: `only SetLockState locks` is listed twice",
            "16:7: these are untested for no reason",
        ],
    );
}

#[test]
fn numbers_out_of_bounds_are_named() {
    check_mistakes(
        "title = \"x\"\nclients = [[], [], []]\nspoolers = 3\ncrashes = -1\nclean_restarts = 8\nstates = 0\n\
         [[message]]\nrecipients = 5\n[[message]]\nauthor = 4\nrecipients = 2\nknown = 3\n\
         [mapi]\nalready_sent = 9\n",
        &[
            "2:20: there are at most 2 clients",
            "3:12: `spoolers` is from 0 to 2, not 3",
            "4:11: `crashes` is from 0 to 7, not -1",
            "5:18: `clean_restarts` is from 0 to 7, not 8",
            "6:10: `states` is at least 1, not 0",
            "8:14: `recipients` is from 0 to 4, not 5",
            "10:10: `author` is from 1 to 2, not 4",
            "12:9: `known` is from 0 to 2, not 3",
            "14:16: `already_sent` is from 0 to 4, not 9",
        ],
    );
    let five = "[[message]]\nrecipients = 1\n".repeat(5);
    check_mistakes(&format!("title = \"x\"\nclients = [[]]\n{five}"), &["11:1: there are at most 4 messages"]);
}

#[test]
fn mistakes_about_those_who_pass_the_mail_on_are_named() {
    check_mistakes(
        "title = \"x\"\nclients = [[\"submit\"]]\nspoolers = 2\noutages = 9\n[[message]]\nrecipients = [\"SMTP\", 7]\n\
         [[transport]]\naddrtypes = [\"SMTP\"]\nresults = [\"send\"]\n[[transport]]\nresults = []\n\
         [[preprocessor]]\ntransport = 3\nresults = [\"fails\"]\n",
        &[
            "4:11: `outages` is from 0 to 7, not 9",
            "6:23: `recipients` is a string, not an integer",
            "9:12: no result is named `send`; did you mean `sends`?",
            "10:1: `a transport` needs `addrtypes`",
            "11:11: `results` names at least one",
            "13:13: there is no transport that could have registered it",
        ],
    );
    check_mistakes(
        "title = \"x\"\nclients = [[\"submit\"]]\nspoolers = 2\n[[message]]\nrecipients = 1\n\
         [[transport]]\naddrtypes = [\"SMTP\"]\n[[preprocessor]]\ntransport = 2\n",
        &[
            "6:1: transports work with one spooler, and here are several; leave one of them out",
            "9:13: `transport` is from 1 to 1, not 2",
        ],
    );
}

#[test]
fn values_of_another_type_are_named() {
    check_mistakes(
        "title = 1\nclients = [\"abort\"]\nspooler_unlocks = \"yes\"\ncrashes = \"one\"\nuntested = []\n\
         [[message]]\nrecipients = 1\ndelete = []\nresend = [true, false]\nsentmail = 1\n",
        &[
            "1:9: `title` is a string, not an integer",
            "2:12: `a client` is an array, not a string",
            "3:19: `spooler_unlocks` is true or false, not a string",
            "4:11: `crashes` is a number, not a string",
            "5:12: `untested` is a table, not an array",
            "8:10: the choices for `delete` are `[false, true]`",
            "9:10: the choices for `resend` are `[false, true]`",
            "10:12: `sentmail` is true or false, not an integer",
        ],
    );
}

#[test]
fn what_is_no_toml_is_named() {
    check_mistakes("title = \n", &["1:9: string values must be quoted, expected literal string"]);
}
