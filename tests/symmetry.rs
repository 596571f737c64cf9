//! States that are equal but for the names of interchangeable messages and recipients can do the same, and one of them
//! stands for all.
//!
//! Names are changed here by a second, naive way: every permutation of what is said to be interchangeable is tried, and
//! [`Symmetry`] is only asked for the state that stands for others.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use spoolproof::check::{Bounds, SHIPPED_BOUNDS};
use spoolproof::model::{AMBIGUITIES, Buffers, Entry, Judgement, PROPERTIES, Place, Rules, Symmetry, World};

/// An instance, and what of it is interchangeable: messages, and recipients of each message, in groups.
struct Instance {
    name: &'static str,
    text: &'static str,
    messages: &'static [&'static [usize]],
    recipients: &'static [&'static [&'static [u32]]],
}

const INSTANCES: &[Instance] = &[
    Instance {
        name: "messages",
        text: r#"
            clients = [["submit", "abort"], ["open"]]
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
            stops = 0
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
            message = [{ recipients = 4, known = 2, sentmail = [false, true] }]
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
            clients = [["submit", "abort"]]
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
            spooler_crashes = 1
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
            transport = [{ addrtypes = ["SMTP"], results = ["sends", "part", "fails", "wait", "defers"] }]
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
const SHIPPED: &[(&str, &[&[usize]], &[&[&[u32]]])] = &[
    ("tight", &[], &[&[&[0, 1]], &[]]),
    ("spoolers", &[&[0, 1]], &[&[], &[]]),
    ("default", &[], &[&[&[0, 1]], &[&[0, 1]]]),
    ("crash", &[], &[&[&[0, 1]], &[&[0, 1]]]),
    ("deep", &[&[0, 1, 2]], &[&[], &[], &[]]),
];

fn parse(name: &str, text: &str) -> Bounds {
    Bounds::parse(name, text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
}

fn instance(instance: &Instance) -> (Bounds, Names) {
    let text = format!("title = {:?}\n{}", instance.name, instance.text.replace("stops = 0\n", ""));
    (parse(instance.name, &text), Names::new(instance.messages, instance.recipients))
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
    known: HashMap<World, usize>,
    count: usize,
}

impl<'n> Orbits<'n> {
    fn new(names: &'n Names) -> Self {
        Self { names, known: HashMap::new(), count: 0 }
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
fn explore(bounds: &Bounds, rules: &Rules, standing: impl Fn(&World) -> World) -> (HashSet<World>, Found) {
    let start = standing(&World::new(&bounds.scope));
    let (mut seen, mut level) = (HashSet::from([start]), vec![start]);
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
fn check(bounds: &Bounds, names: &Names, rules: &Rules) -> usize {
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
    states.len()
}

#[test]
fn one_state_stands_for_all_that_are_equal_but_for_names() {
    for each in INSTANCES {
        let (bounds, names) = instance(each);
        let start = std::time::Instant::now();
        let states = check(&bounds, &names, &Rules::defaults());
        eprintln!("{} {states} {:?}", each.name, start.elapsed());
    }
}
