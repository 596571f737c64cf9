//! States that are equal but for the names of interchangeable messages and recipients can do the same, and one of them
//! stands for all.
//!
//! Names are changed here by a second, naive way: every permutation of what is said to be interchangeable is tried, and
//! [`Symmetry`] is only asked for the state that stands for others.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};
use spoolproof::check::{
    Bounds, Counted, Detail, Finding, Liveness, NotJudged, Outcome, Pins, Plan, SHIPPED_BOUNDS, Tested, render_text,
    run,
};
use spoolproof::model::{AMBIGUITIES, Buffers, Entry, Judgement, PROPERTIES, Place, Rules, Symmetry, World};

/// Messages that are interchangeable, in groups.
type Messages = &'static [&'static [usize]];
/// For each message its recipients that are, in groups.
type Recipients = &'static [&'static [&'static [u32]]];

/// An instance, and what of it is interchangeable.
struct Instance {
    name: &'static str,
    text: &'static str,
    messages: Messages,
    recipients: Recipients,
}

const INSTANCES: &[Instance] = &[
    Instance {
        name: "messages",
        text: r#"
            clients = [["submit"], ["open"]]
            spoolers = 1
            crashes = 1
            message = [{ recipients = 1 }, { recipients = 1 }]
        "#,
        messages: &[&[0, 1]],
        recipients: &[&[], &[]],
    },
    Instance {
        name: "recipients",
        text: r#"
            clients = [["submit", "abort"]]
            spoolers = 1
            spooler_unlocks = true
            crashes = 1
            clean_restarts = 1
            spooler_crashes = 1
            message = [{ recipients = 3 }]
        "#,
        messages: &[],
        recipients: &[&[&[0, 1, 2]]],
    },
    Instance {
        name: "both",
        text: r#"
            clients = [["submit", "abort"]]
            spoolers = 1
            message = [{ recipients = 2 }, { recipients = 2 }]
        "#,
        messages: &[&[0, 1]],
        recipients: &[&[&[0, 1]], &[&[0, 1]]],
    },
    Instance {
        name: "three",
        text: r#"
            clients = [["submit"]]
            spoolers = 1
            message = [{ recipients = 1 }, { recipients = 1, sentmail = true }, { recipients = 1 }]
        "#,
        messages: &[&[0, 2]],
        recipients: &[&[], &[], &[]],
    },
    Instance {
        name: "coupled",
        text: r#"
            clients = [["submit", "abort"]]
            spoolers = 1
            crashes = 1
            profile = { coupled = true }
            message = [{ recipients = 4, known = 2 }]
            mapi = { needs = [[], ["NEEDS_PREPROCESSING"], ["NEEDS_SPOOLER"]], fails = ["CompleteMsg"] }
        "#,
        messages: &[],
        recipients: &[&[&[0, 1], &[2, 3]]],
    },
    Instance {
        name: "resend",
        text: r#"
            clients = [["submit", "submit-again", "abort"]]
            spoolers = 1
            crashes = 1
            message = [{ recipients = 4, resend = [false, true] }]
            mapi = { needs = [[], ["NEEDS_PREPROCESSING"]], fails = ["PrepareSubmit"], already_sent = 2 }
        "#,
        messages: &[],
        recipients: &[&[&[0, 1], &[2, 3]]],
    },
    Instance {
        name: "list",
        text: r#"
            clients = [["submit", "abort"]]
            spoolers = 1
            crashes = 1
            message = [{ recipients = 2, expands_to = 4 }]
        "#,
        messages: &[],
        recipients: &[&[&[0, 1], &[2, 3]]],
    },
    Instance {
        name: "spoolers",
        text: r#"
            clients = [["submit"]]
            spoolers = 2
            spooler_order = "any"
            spooler_unlocks = true
            message = [{ recipients = 1 }, { recipients = 1 }]
        "#,
        messages: &[&[0, 1]],
        recipients: &[&[], &[]],
    },
    Instance {
        name: "cuts",
        text: r#"
            clients = [["submit", "abort"]]
            spoolers = 1
            crashes = 1
            cuts = true
            message = [{ recipients = 1, delete = [false, true] }, { recipients = 1, delete = [false, true] }]
        "#,
        messages: &[&[0, 1]],
        recipients: &[&[], &[]],
    },
    Instance {
        name: "transports",
        text: r#"
            clients = [["submit"]]
            spoolers = 1
            outages = 1
            transport_crashes = 1
            message = [{ recipients = ["SMTP", "SMTP"] }, { recipients = ["SMTP", "SMTP"] }]
            transport = [{ addrtypes = ["SMTP"], results = ["sends", "part", "wait"] }]
            preprocessor = [{ transport = 1, results = ["done", "undeliverable"] }]
        "#,
        messages: &[&[0, 1]],
        recipients: &[&[], &[]],
    },
    // Small enough to be explored under every reading.
    Instance {
        name: "pair",
        text: r#"
            clients = [["submit", "abort"]]
            spoolers = 1
            crashes = 1
            message = [{ recipients = 2 }]
            mapi = { needs = [[], ["NEEDS_PREPROCESSING"]] }
        "#,
        messages: &[],
        recipients: &[&[&[0, 1]]],
    },
    Instance {
        name: "coupled pair",
        text: r#"
            clients = [["submit", "submit-again"]]
            spoolers = 1
            clean_restarts = 1
            profile = { coupled = true }
            message = [{ recipients = 3, known = 2, resend = [false, true] }]
            mapi = { needs = [[], ["NEEDS_PREPROCESSING"], ["NEEDS_SPOOLER"]], already_sent = 2 }
        "#,
        messages: &[],
        recipients: &[&[&[0, 1]]],
    },
    Instance {
        name: "twins",
        text: r#"
            clients = [["submit"]]
            spoolers = 1
            outages = 1
            message = [{ recipients = 1 }, { recipients = 1 }]
            transport = [{ addrtypes = ["SMTP"], results = ["sends", "wait", "not-me"] }]
        "#,
        messages: &[&[0, 1]],
        recipients: &[&[], &[]],
    },
];

/// Those that are explored under every reading.
const SMALL: [&str; 3] = ["pair", "coupled pair", "twins"];

/// What of the shipped instances is interchangeable; in the others nothing is.
const SHIPPED: &[(&str, Messages, Recipients)] = &[
    ("tight", &[], &[&[&[0, 1]], &[]]),
    ("spoolers", &[&[0, 1]], &[&[], &[]]),
    ("default", &[], &[&[&[0, 1]], &[&[0, 1]]]),
    ("crash", &[], &[&[&[0, 1]], &[&[0, 1]]]),
    ("deep", &[&[0, 1, 2]], &[&[], &[], &[]]),
];

fn parse(name: &str, text: &str) -> Bounds {
    Bounds::parse(name, text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
}

fn titled(name: &str, text: &str) -> Bounds {
    parse(name, &format!("title = {name:?}\n{text}"))
}

fn instance(instance: &Instance) -> (Bounds, Names) {
    (titled(instance.name, instance.text), Names::new(instance.messages, instance.recipients))
}

fn named(name: &str) -> (Bounds, Names) {
    instance(INSTANCES.iter().find(|instance| instance.name == name).expect("an instance of that name"))
}

/// All ways to change names.
struct Names {
    /// For each message, which place it gets.
    messages: Vec<Vec<usize>>,
    /// For each message all ways to change the places of its recipients.
    recipients: Vec<Vec<Vec<usize>>>,
}

impl Names {
    fn new(messages: &[&[usize]], recipients: &[&[&[u32]]]) -> Self {
        let places = |groups: &[&[u32]]| -> Vec<Vec<usize>> {
            groups.iter().map(|group| group.iter().map(|place| *place as usize).collect()).collect()
        };
        let of_messages: Vec<Vec<usize>> = messages.iter().map(|group| group.to_vec()).collect();
        Self {
            messages: permutations(World::MESSAGES_MAX, &of_messages),
            recipients: recipients
                .iter()
                .map(|groups| permutations(World::RECIPIENTS_MAX.into(), &places(groups)))
                .collect(),
        }
    }

    /// Every state that is equal to `world` but for names, itself among them.
    fn images(&self, world: &World) -> Vec<World> {
        let exist = world.entries.iter().take_while(|entry| entry.message.place != Place::Absent).count();
        let mut images = vec![*world];
        for (at, ways) in self.recipients.iter().enumerate().take(exist) {
            let renamed = |image: &World| {
                let image = *image;
                ways.iter().map(move |way| {
                    let mut image = image;
                    image.entries[at] = with_recipients(&image.entries[at], way);
                    image
                })
            };
            images = images.iter().flat_map(renamed).collect();
        }
        // Messages come to be in the order of their places.
        let possible = |way: &&Vec<usize>| way.iter().enumerate().all(|(from, to)| (from < exist) == (*to < exist));
        let ways: Vec<_> = self.messages.iter().filter(possible).collect();
        images.iter().flat_map(|image| ways.iter().map(|way| with_messages(image, way))).collect()
    }
}

/// Every permutation of `count` places that moves places within `groups` alone.
fn permutations(count: usize, groups: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for place in 0..count {
        let own = [place];
        let group = groups.iter().find(|group| group.contains(&place)).map_or(&own[..], Vec::as_slice);
        let longer = |way: &Vec<usize>| {
            let way = way.clone();
            let free: Vec<usize> = group.iter().copied().filter(|to| !way.contains(to)).collect();
            free.into_iter().map(move |to| [way.as_slice(), &[to]].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

fn with_messages(world: &World, way: &[usize]) -> World {
    let mut image = *world;
    way.iter().enumerate().for_each(|(from, to)| image.entries[*to] = world.entries[from]);
    image
}

fn with_recipients(entry: &Entry, way: &[usize]) -> Entry {
    let moved = |set: u32| way.iter().enumerate().fold(0, |moved, (from, to)| moved | (set >> from & 1) << to);
    let mut image = *entry;
    let m = &mut image.message;
    (m.responsible, m.unsure, m.known) = (moved(m.responsible), moved(m.unsure), moved(m.known));
    (image.sent, image.reported) = (moved(entry.sent), moved(entry.reported));
    (image.excused, image.memory) = (moved(entry.excused), moved(entry.memory));
    image
}

/// Numbers states, so that those get one number that are equal but for names.
struct Orbits<'n> {
    names: &'n Names,
    known: FxHashMap<World, usize>,
    count: usize,
}

impl<'n> Orbits<'n> {
    fn new(names: &'n Names) -> Self {
        Self { names, known: FxHashMap::default(), count: 0 }
    }

    fn of(&mut self, world: &World) -> usize {
        if let Some(orbit) = self.known.get(world) {
            return *orbit;
        }
        for image in self.names.images(world) {
            self.known.insert(image, self.count);
        }
        self.count += 1;
        self.count - 1
    }
}

fn successors(bounds: &Bounds, rules: &Rules, world: &World, buffers: &mut Buffers) -> Vec<(World, Judgement)> {
    let mut all = Vec::new();
    world.transitions(&bounds.scope, rules, buffers, |transition| all.push((transition.after, transition.judge())));
    all
}

/// What can follow a state, but for names: where it leads, and what every property says of that.
fn follows(
    orbits: &mut Orbits<'_>,
    bounds: &Bounds,
    rules: &Rules,
    world: &World,
    buffers: &mut Buffers,
) -> Vec<(usize, u64, u64)> {
    let all = successors(bounds, rules, world, buffers);
    let mut follows: Vec<_> =
        all.iter().map(|(after, judgement)| (orbits.of(after), judgement.tested, judgement.broken)).collect();
    follows.sort_unstable();
    follows
}

/// Whether the states that are equal to `world` but for names can all do the same.
fn can_do_the_same(
    orbits: &mut Orbits<'_>,
    bounds: &Bounds,
    rules: &Rules,
    world: &World,
    buffers: &mut Buffers,
) -> bool {
    let expected = follows(orbits, bounds, rules, world, buffers);
    let images = orbits.names.images(world);
    images.iter().all(|image| follows(orbits, bounds, rules, image, buffers) == expected)
}

/// What a search finds of an instance: how many states there are, how far the farthest is, the steps to the soonest
/// failure of each property, and the properties that apply anywhere.
#[derive(Debug, Eq, PartialEq)]
struct Found {
    depth: usize,
    fails: BTreeMap<&'static str, usize>,
    tested: u64,
}

/// Explores every state as `standing` has one stand for others; no failure ends the search.
fn explore(bounds: &Bounds, rules: &Rules, standing: impl Fn(&World) -> World) -> (FxHashSet<World>, Found) {
    let start = standing(&World::new(&bounds.scope));
    let (mut seen, mut level) = (FxHashSet::from_iter([start]), vec![start]);
    let mut found = Found { depth: 0, fails: BTreeMap::new(), tested: 0 };
    let mut buffers = Buffers::default();
    while !level.is_empty() {
        let mut next = Vec::new();
        for world in &level {
            for (after, judgement) in successors(bounds, rules, world, &mut buffers) {
                found.tested |= judgement.tested;
                for index in (0..PROPERTIES.len()).filter(|index| judgement.broken >> index & 1 != 0) {
                    found.fails.entry(PROPERTIES[index].name).or_insert(found.depth + 1);
                }
                let after = standing(&after);
                if seen.insert(after) {
                    next.push(after);
                }
            }
        }
        found.depth += usize::from(!next.is_empty());
        level = next;
    }
    (seen, found)
}

/// That one state can stand for all that are equal but for names, in everything that can come about.
#[track_caller]
fn check(bounds: &Bounds, names: &Names, rules: &Rules) -> Found {
    let what = format!("{} {rules:?}", bounds.name);
    let symmetry = Symmetry::of(&bounds.scope);
    let (states, plain) = explore(bounds, rules, |world| *world);
    let (standing, reduced) = explore(bounds, rules, |world| symmetry.canonical(world));
    assert_eq!(reduced, plain, "{what}");
    let (mut orbits, mut buffers) = (Orbits::new(names), Buffers::default());
    let mut reached = BTreeSet::new();
    for world in &states {
        let orbit = orbits.of(world);
        if !reached.insert(orbit) {
            continue;
        }
        assert!(can_do_the_same(&mut orbits, bounds, rules, world, &mut buffers), "{what}: {world:#?}");
        let canonical = symmetry.canonical(world);
        assert_eq!(orbits.of(&canonical), orbit, "{what}: {world:#?}");
        for image in names.images(world) {
            assert_eq!(symmetry.canonical(&image), canonical, "{what}: {image:#?}");
        }
    }
    assert_eq!(standing.len(), reached.len(), "{what}");
    plain
}

#[test]
fn one_state_stands_for_all_that_are_equal_but_for_names() {
    for each in INSTANCES {
        let (bounds, names) = instance(each);
        assert!(!Symmetry::of(&bounds.scope).is_trivial(), "{}", each.name);
        check(&bounds, &names, &Rules::defaults());
    }
}

#[test]
fn it_does_so_by_every_reading() {
    let mut failed = BTreeSet::new();
    for (_, ambiguity, readings) in AMBIGUITIES {
        for reading in *readings {
            let mut rules = Rules::defaults();
            rules.declare(ambiguity, reading);
            for name in SMALL {
                let (bounds, names) = named(name);
                failed.extend(check(&bounds, &names, &rules).fails.into_keys());
            }
        }
    }
    assert!(failed.len() > 5, "readings break these alone: {failed:?}");
}

#[test]
fn nothing_is_interchangeable_that_is_not_said_to_be_here() {
    for (name, text) in SHIPPED_BOUNDS {
        let trivial = Symmetry::of(&parse(name, text).scope).is_trivial();
        assert_eq!(trivial, !SHIPPED.iter().any(|(known, ..)| known == name), "{name}");
    }
}

/// The large instances are looked at here and there, along a walk.
#[test]
fn in_the_shipped_instances_too() {
    for (name, messages, recipients) in SHIPPED {
        let (_, text) = SHIPPED_BOUNDS.iter().find(|(known, _)| known == name).expect("bounds of that name");
        let (bounds, names) = (parse(name, text), Names::new(messages, recipients));
        let (rules, symmetry) = (Rules::defaults(), Symmetry::of(&bounds.scope));
        let (mut orbits, mut buffers) = (Orbits::new(&names), Buffers::default());
        let (mut world, mut seed) = (World::new(&bounds.scope), 1_u64);
        for _ in 0..500 {
            assert!(can_do_the_same(&mut orbits, &bounds, &rules, &world, &mut buffers), "{name}: {world:#?}");
            let canonical = symmetry.canonical(&world);
            assert_eq!(orbits.of(&canonical), orbits.of(&world), "{name}: {world:#?}");
            assert!(
                names.images(&world).iter().all(|image| symmetry.canonical(image) == canonical),
                "{name}: {world:#?}"
            );
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let next = successors(&bounds, &rules, &world, &mut buffers);
            world = match next.len() {
                0 => World::new(&bounds.scope),
                count => next[(seed >> 33) as usize % count].0,
            };
        }
    }
}

/// Two recipients of one address type, and what is around them.
fn two(around: &str) -> Bounds {
    let text = "clients = [[\"submit\"]]\nspoolers = 1\nmessage = [{ recipients = [\"SMTP\", \"SMTP\"] }]\n";
    titled("two", &format!("{text}{around}"))
}

/// Whether the names of the two mean nothing in all that can come about, if they are changed back and forth on the way.
fn names_mean_nothing(bounds: &Bounds, names: &Names, rules: &Rules) -> bool {
    let (mut orbits, mut buffers) = (Orbits::new(names), Buffers::default());
    let (states, _) = explore(bounds, rules, |world| *world);
    states.iter().all(|world| can_do_the_same(&mut orbits, bounds, rules, world, &mut buffers))
}

const SENDS: &str = r#"{ addrtypes = ["SMTP"] }"#;
const SENDS_PART: &str = r#"{ addrtypes = ["SMTP"], results = ["part"] }, { addrtypes = ["SMTP"] }"#;
const IS_NOT_ME: &str = r#"{ addrtypes = ["SMTP"], results = ["not-me"] }"#;
const DROPS_ONE: &str = r#"preprocessor = [{ transport = 1, results = ["undeliverable"] }]"#;

/// Rows are written, reports made and recipients chosen from the first on. What that leaves to be done is the same
/// whoever comes first, unless it is broken off between two of them, or a reading has it be forgotten.
#[test]
fn recipients_have_an_order_where_it_can_be_seen_who_came_first() {
    let names = Names::new(&[], &[&[&[0, 1]]]);
    for (expected, transports, more, reading) in [
        (true, SENDS_PART, "outages = 1\ntransport_crashes = 1", None),
        (true, IS_NOT_ME, DROPS_ONE, None),
        (false, SENDS, "crashes = 1", None),
        (false, SENDS_PART, "spooler_crashes = 1", None),
        (false, IS_NOT_ME, "spooler_crashes = 1", None),
        (false, SENDS_PART, "", Some(("G16", "FlagWins"))),
        (false, IS_NOT_ME, "", Some(("G14", "NotMeMayHavePartial"))),
    ] {
        let bounds = two(&format!("transport = [{transports}]\n{more}"));
        let mut rules = Rules::defaults();
        reading.into_iter().for_each(|(ambiguity, reading)| rules.declare(ambiguity, reading));
        assert_eq!(names_mean_nothing(&bounds, &names, &rules), expected, "{transports} {more} {reading:?}");
        assert!(Symmetry::of(&bounds.scope).is_trivial(), "{transports} {more}");
    }
    let without = two("crashes = 1\nspooler_crashes = 1");
    assert!(names_mean_nothing(&without, &names, &Rules::defaults()));
    assert!(!Symmetry::of(&without.scope).is_trivial());
}

#[test]
fn whom_a_store_treats_otherwise_is_not_interchangeable() {
    for (mapi, message) in [
        ("already_sent = 1", "recipients = 2, resend = true"),
        ("", "recipients = 2, known = 1"),
        ("", "recipients = 1, expands_to = 2"),
    ] {
        let around = "clients = [[\"submit\"]]\nspoolers = 1\nprofile = { coupled = true }";
        let bounds = titled("apart", &format!("{around}\nmessage = [{{ {message} }}]\nmapi = {{ {mapi} }}"));
        assert!(Symmetry::of(&bounds.scope).is_trivial(), "{message}");
    }
    // Who is served already matters in a resend alone.
    let text = "clients = [[\"submit\"]]\nmessage = [{ recipients = 2 }]\nmapi = { already_sent = 1 }";
    assert!(!Symmetry::of(&titled("anew", text).scope).is_trivial());
}

/// What fails in an outcome, and in how many steps.
fn failures(outcome: &Outcome) -> BTreeMap<&'static str, usize> {
    let traces = outcome.findings.iter().filter_map(|finding| match &finding.tested {
        Tested::Fails(trace) => Some((trace.property.name, trace.steps.len())),
        Tested::Holds { .. } | Tested::Untested { .. } | Tested::Unexpected { .. } => None,
    });
    traces.collect()
}

/// The properties that apply somewhere, and are not broken.
fn tested(outcome: &Outcome) -> Vec<&'static str> {
    let holds = |finding: &&Finding| matches!(finding.tested, Tested::Holds { .. } | Tested::Unexpected { .. });
    outcome.findings.iter().filter(holds).map(|finding| finding.property.name).collect()
}

#[test]
fn the_search_finds_the_same_failures_as_soon() {
    let readings = [
        &[][..],
        &[("A5", "Always")],
        &[("C2", "OnEnqueue"), ("H8", "NeverGuaranteed")],
        &[("E5", "DuplicateRow")],
        &[("H7", "LostOnStop"), ("D4", "Nothing")],
    ];
    let mut failed = 0;
    for name in ["both", "pair", "coupled pair", "twins", "three"] {
        for readings in readings {
            let (bounds, _) = named(name);
            let mut rules = Rules::defaults();
            readings.iter().for_each(|(ambiguity, reading)| rules.declare(ambiguity, reading));
            let search =
                |symmetry, threads| run(&bounds, &rules, &Plan { symmetry, threads, ..Plan::default() }, &mut |_| {});
            let (plain, reduced) = (search(false, 1), search(true, 1));
            assert_eq!(failures(&reduced), failures(&plain), "{name} {readings:?}");
            assert_eq!(tested(&reduced), tested(&plain), "{name} {readings:?}");
            assert_eq!(reduced.depth, plain.depth, "{name} {readings:?}");
            assert!(reduced.states <= plain.states, "{name} {readings:?}");
            assert_eq!((plain.counted, reduced.counted), (Counted::States, Counted::Representatives { of: None }));
            if readings.is_empty() {
                let symmetry = Symmetry::of(&bounds.scope);
                let (standing, _) = explore(&bounds, &rules, |world| symmetry.canonical(world));
                assert_eq!(reduced.states, standing.len() as u64, "{name}");
                assert!(reduced.states < plain.states && reduced.transitions < plain.transitions, "{name}");
            }
            for trace in reduced.findings.iter().filter_map(|finding| finding.tested.counterexample()) {
                let real = trace.steps.windows(2).all(|pair| pair[0].after == pair[1].before);
                assert!(real && trace.steps[0].before == World::new(&bounds.scope), "{name} {readings:?}");
            }
            let again = search(true, 4);
            assert_eq!((again.states, again.transitions), (reduced.states, reduced.transitions), "{name} {readings:?}");
            let told = |outcome: &Outcome| -> Vec<String> {
                let traces = outcome.findings.iter().filter_map(|finding| finding.tested.counterexample());
                traces.map(ToString::to_string).collect()
            };
            assert_eq!(told(&again), told(&reduced), "{name} {readings:?}");
            failed += failures(&reduced).len();
        }
    }
    assert!(failed > 20, "readings break {failed} alone");
}

fn text(bounds: &Bounds, outcome: &Outcome) -> String {
    let mut out = Vec::new();
    render_text(bounds, outcome, Detail::Full, &|_| None, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("the text is UTF-8")
}

#[test]
fn representatives_are_called_so_and_compared_with_no_size_of_a_file() {
    let plan = Plan { symmetry: true, ..Plan::default() };
    let (mut bounds, _) = named("pair");
    bounds.pins = Some(Pins { states: 402, transitions: 1 });
    let outcome = run(&bounds, &Rules::defaults(), &plan, &mut |_| {});
    assert_eq!(outcome.counted, Counted::Representatives { of: Some(402) });
    assert_eq!(outcome.moved, None);
    let told = text(&bounds, &outcome);
    assert!(told.contains(&format!("{} representatives of 402 states by symmetry", outcome.states)), "{told}");
    let row = told.lines().find(|line| line.contains("no submitted message is lost")).expect("a row for each property");
    assert!(row.ends_with(" representatives"), "{row}");
    // Where nothing is interchangeable, all is as without.
    let (name, text) = SHIPPED_BOUNDS.iter().find(|(name, _)| *name == "tiny").expect("bounds of that name");
    let tiny = parse(name, text);
    let outcome = run(&tiny, &Rules::defaults(), &plan, &mut |_| {});
    assert_eq!((outcome.counted, outcome.states), (Counted::States, tiny.pins.expect("a size").states));
    let moved = Bounds { pins: Some(Pins { states: 1, transitions: 1 }), ..tiny };
    assert!(run(&moved, &Rules::defaults(), &plan, &mut |_| {}).moved.is_some());
}

#[test]
fn what_happens_at_last_is_not_judged_of_representatives() {
    let (mut bounds, _) = named("twins");
    bounds.fairness = Some(BTreeSet::new());
    let search = |symmetry| run(&bounds, &Rules::defaults(), &Plan { symmetry, ..Plan::default() }, &mut |_| {});
    assert!(matches!(search(false).liveness, Liveness::Judged(_)));
    let outcome = search(true);
    assert!(matches!(outcome.liveness, Liveness::NotJudged(NotJudged::Symmetry)));
    assert!(outcome.inconclusive());
    assert!(text(&bounds, &outcome).contains("what happens at last is not judged: one state stands for several"));
}
