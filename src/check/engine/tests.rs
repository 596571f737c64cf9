//! The search against a plain one, on graphs that nobody drew.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use proptest::prelude::*;
use stateright::Model;

use super::expand::BLOCK;
use super::graph::Edge;
use super::search::Search;
use super::{End, Explorable, Limits, Short, Visited, search};

/// A graph that is drawn by chance: where each action of each node leads follows from a seed.
#[derive(Clone, Debug)]
struct Dice {
    seed: u64,
    nodes: u64,
    degree: u64,
    starts: u64,
    /// Of so many nodes, one is broken; none if it is 0.
    broken: u64,
}

/// What a roll is for.
const START: u64 = 0;
const DEGREE: u64 = 1;
const LEADS: u64 = 2;
const TO: u64 = 3;
const BROKEN: u64 = 4;

impl Dice {
    /// A number that has nothing to do with the fingerprints that are tested.
    fn roll(&self, words: (u64, u64, u64)) -> u64 {
        [words.0, words.1, words.2].into_iter().fold(self.seed, |mixed, word| {
            let mixed = (mixed ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        })
    }
}

impl Model for Dice {
    type State = u64;
    type Action = u64;

    fn init_states(&self) -> Vec<u64> {
        (0..self.starts).map(|start| self.roll((start, 0, START)) % self.nodes).collect()
    }

    fn actions(&self, state: &u64, actions: &mut Vec<u64>) {
        actions.extend(0..self.roll((*state, 0, DEGREE)) % (self.degree + 1));
    }

    fn next_state(&self, state: &u64, action: u64) -> Option<u64> {
        let leads = !self.roll((*state, action, LEADS)).is_multiple_of(8);
        leads.then(|| self.roll((*state, action, TO)) % self.nodes)
    }

    fn within_boundary(&self, state: &u64) -> bool {
        !state.is_multiple_of(50)
    }
}

impl Explorable for Dice {
    fn broken(&self, state: &u64) -> Option<u8> {
        (self.broken > 0 && self.roll((*state, 0, BROKEN)).is_multiple_of(self.broken)).then_some(0)
    }
}

/// What a search without any art finds.
#[derive(Debug, Default)]
struct Plain {
    /// In the order in which they are found.
    states: Vec<u64>,
    edges: Vec<Vec<Edge>>,
    depth: u64,
    /// The states from the start to the first broken one.
    broken: Option<Vec<u64>>,
}

impl Plain {
    fn of(model: &Dice) -> Self {
        let mut plain = Self::default();
        let mut known = BTreeMap::new();
        let mut queue = VecDeque::new();
        let starts = model.init_states().into_iter().filter(|start| model.within_boundary(start));
        for start in starts {
            plain.find(model, &mut known, &mut queue, start, vec![start]);
        }
        while let Some((state, path)) = queue.pop_front() {
            if plain.broken.is_some() {
                break;
            }
            plain.depth = path.len() as u64 - 1;
            let mut edges = Vec::new();
            let mut actions = Vec::new();
            model.actions(&state, &mut actions);
            for (index, action) in actions.into_iter().enumerate() {
                let next = model.next_state(&state, action).filter(|next| model.within_boundary(next));
                let Some(next) = next else { continue };
                let path = path.iter().copied().chain([next]).collect();
                let target = plain.find(model, &mut known, &mut queue, next, path);
                edges.push(Edge { target, action: index as u16 });
            }
            plain.edges.push(edges);
        }
        plain
    }

    fn find(
        &mut self,
        model: &Dice,
        known: &mut BTreeMap<u64, u32>,
        queue: &mut VecDeque<(u64, Vec<u64>)>,
        state: u64,
        path: Vec<u64>,
    ) -> u32 {
        *known.entry(state).or_insert_with(|| {
            if model.broken(&state).is_some() && self.broken.is_none() {
                self.broken = Some(path.clone());
            }
            queue.push_back((state, path));
            self.states.push(state);
            self.states.len() as u32 - 1
        })
    }
}

fn limits(threads: usize, visited: Visited) -> Limits<'static> {
    static GO: AtomicBool = AtomicBool::new(false);
    Limits { threads, visited, keeps_graph: false, memory: 1 << 30, deadline: None, stop: &GO, expected: 0 }
}

/// The states of a path, each of which must really follow from the one before.
fn walked<M: Explorable<State: std::fmt::Debug>>(model: &M, end: End<M>) -> Option<Vec<M::State>> {
    let End::Broken(path) = end else { return None };
    let states: Vec<_> = path.steps.iter().map(|(state, _)| *state).chain([path.last]).collect();
    assert!(model.init_states().contains(&states[0]));
    for ((state, action), after) in path.steps.into_iter().zip(&states[1..]) {
        assert_eq!(model.next_state(&state, action), Some(*after));
    }
    assert!(model.broken(&path.last).is_some());
    Some(states)
}

#[track_caller]
fn same_as_plain(model: &Dice) {
    let plain = Plain::of(model);
    let transitions: usize = plain.edges.iter().map(Vec::len).sum();
    for threads in 1..=4 {
        for visited in [Visited::Exact, Visited::Fingerprints] {
            let found = search(model, &limits(threads, visited), &mut |_| {});
            let broken = walked(model, found.end);
            assert_eq!(broken, plain.broken, "{threads} threads, {visited:?}");
            if broken.is_none() {
                let counts = (found.states, found.transitions, found.depth, found.waiting);
                assert_eq!(counts, (plain.states.len() as u64, transitions as u64, plain.depth, 0));
            }
        }
        let found = search(model, &Limits { keeps_graph: true, ..limits(threads, Visited::Exact) }, &mut |_| {});
        if plain.broken.is_none() {
            let graph = found.graph.expect("it was to be kept");
            assert_eq!((graph.len(), graph.expanded()), (plain.states.len(), plain.states.len()));
            for (index, (state, edges)) in plain.states.iter().zip(&plain.edges).enumerate() {
                assert_eq!(graph.state(index), *state);
                assert_eq!(&graph.edges(index).collect::<Vec<_>>(), edges);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn small_graphs_are_searched_as_by_a_plain_search(
        seed: u64, nodes in 1..40_u64, degree in 0..5_u64, starts in 0..4_u64, broken in 0..30_u64,
    ) {
        same_as_plain(&Dice { seed, nodes, degree, starts, broken });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn graphs_that_fill_many_chunks_are_searched_as_by_a_plain_search(
        seed: u64, nodes in 1_000..4_000_u64, degree in 2..12_u64, starts in 1..600_u64, broken in 0..4_000_u64,
    ) {
        same_as_plain(&Dice { seed, nodes, degree, starts, broken });
    }
}

#[test]
fn a_level_of_many_blocks_has_one_order() {
    let model = Dice { seed: 3, nodes: 120_000, degree: 4, starts: 60_000, broken: 0 };
    let starts: BTreeSet<_> = model.init_states().into_iter().filter(|state| model.within_boundary(state)).collect();
    assert!(starts.len() > BLOCK, "the first level alone has more than one block");
    same_as_plain(&model);
    let model = Dice { broken: 60_000, ..model };
    let plain = Plain::of(&model);
    let broken = plain.broken.expect("a state is broken").pop();
    assert!(plain.states[..BLOCK].iter().all(|state| Some(*state) != broken), "it is not in the first block");
    same_as_plain(&model);
}

/// Counters that each go up to `TOP`, and that are alike: which of them is which does not matter.
struct Counters {
    /// Whether states stand for all that differ only in which counter is which.
    symmetry: bool,
    /// Whether it is wrong that one counter comes to the top before another has moved.
    fair: bool,
}

const TOP: u8 = 3;

impl Model for Counters {
    type State = [u8; 4];
    type Action = usize;

    fn init_states(&self) -> Vec<[u8; 4]> {
        vec![[0; 4]]
    }

    fn actions(&self, state: &[u8; 4], actions: &mut Vec<usize>) {
        actions.extend((0..4).filter(|counter| state[*counter] < TOP));
    }

    fn next_state(&self, state: &[u8; 4], counter: usize) -> Option<[u8; 4]> {
        let mut next = *state;
        next[counter] += 1;
        Some(next)
    }
}

impl Explorable for Counters {
    fn broken(&self, state: &[u8; 4]) -> Option<u8> {
        (self.fair && state.contains(&TOP) && state.iter().sum::<u8>() == TOP).then_some(0)
    }

    fn canonical(&self, mut state: [u8; 4]) -> [u8; 4] {
        if self.symmetry {
            state.sort_unstable();
        }
        state
    }
}

#[test]
fn states_that_differ_in_names_alone_are_searched_once() {
    for visited in [Visited::Exact, Visited::Fingerprints] {
        let all = search(&Counters { symmetry: false, fair: false }, &limits(2, visited), &mut |_| {});
        let orbits = search(&Counters { symmetry: true, fair: false }, &limits(2, visited), &mut |_| {});
        // Each counter has four values; and so many ways there are to choose four of four values, in no order.
        assert_eq!((all.states, all.depth), (256, 12));
        assert_eq!((orbits.states, orbits.depth), (35, 12));
    }
}

#[test]
fn a_path_over_representatives_is_a_real_one() {
    let model = Counters { symmetry: true, fair: true };
    let found = search(&model, &limits(1, Visited::Fingerprints), &mut |_| {});
    let states = walked(&model, found.end).expect("a counter runs ahead");
    // Of the representatives, each has its largest counter last: the path goes on with the counter that it began with.
    assert_eq!(states, [[0, 0, 0, 0], [1, 0, 0, 0], [2, 0, 0, 0], [3, 0, 0, 0]]);
}

/// States of which the hash says nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Blind(u16);

impl Hash for Blind {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// A chain of them.
struct Chain;

impl Model for Chain {
    type State = Blind;
    type Action = ();

    fn init_states(&self) -> Vec<Blind> {
        vec![Blind(0)]
    }

    fn actions(&self, state: &Blind, actions: &mut Vec<()>) {
        actions.extend((state.0 < 99).then_some(()));
    }

    fn next_state(&self, state: &Blind, (): ()) -> Option<Blind> {
        Some(Blind(state.0 + 1))
    }
}

impl Explorable for Chain {
    fn broken(&self, _: &Blind) -> Option<u8> {
        None
    }
}

#[test]
fn an_exact_search_relies_on_no_fingerprint() {
    assert_eq!(search(&Chain, &limits(1, Visited::Exact), &mut |_| {}).states, 100);
    assert_eq!(search(&Chain, &limits(1, Visited::Fingerprints), &mut |_| {}).states, 1);
}

#[track_caller]
fn falls_short<M: Explorable>(search: &Search<M>, of: Short) {
    assert!(matches!(search.end, End::Short(short) if short == of));
    assert!(search.waiting > 0 && search.waiting <= search.states);
}

#[test]
fn a_search_without_memory_tells_how_far_it_came() {
    let model = Dice { seed: 1, nodes: 60_000, degree: 6, starts: 20, broken: 0 };
    let whole = search(&model, &limits(1, Visited::Fingerprints), &mut |_| {});
    for visited in [Visited::Exact, Visited::Fingerprints] {
        let counts = [1, 2, 4].map(|threads| {
            let part = search(&model, &Limits { memory: 1 << 20, ..limits(threads, visited) }, &mut |_| {});
            falls_short(&part, Short::Memory);
            (part.states, part.transitions, part.depth, part.waiting)
        });
        let (states, transitions, depth, _) = counts[0];
        assert!(states > 1_000 && states < whole.states && transitions < whole.transitions && depth < whole.depth);
        assert_eq!(counts, [counts[0]; 3]);
    }
    // Nothing fits but the states at the start.
    let none = search(&model, &Limits { memory: 0, ..limits(1, Visited::Exact) }, &mut |_| {});
    falls_short(&none, Short::Memory);
    assert_eq!((none.waiting, none.transitions, none.depth), (none.states, 0, 0));
}

#[test]
fn a_search_without_time_tells_how_far_it_came() {
    let model = Dice { seed: 1, nodes: 50, degree: 6, starts: 1, broken: 0 };
    let part = Limits { deadline: Some(Instant::now()), ..limits(2, Visited::Fingerprints) };
    let part = search(&model, &part, &mut |_| {});
    falls_short(&part, Short::Time);
    assert_eq!((part.states, part.transitions, part.depth, part.waiting), (1, 0, 0, 1));
}

#[test]
fn a_search_that_is_interrupted_tells_how_far_it_came() {
    let model = Dice { seed: 1, nodes: 60_000, degree: 6, starts: 20, broken: 0 };
    for keeps_graph in [false, true] {
        let stop = AtomicBool::new(false);
        let mut told = 0;
        let limits = Limits { stop: &stop, keeps_graph, ..limits(2, Visited::Exact) };
        let part = search(&model, &limits, &mut |states| {
            told = states;
            stop.store(states > 1_000, Ordering::Relaxed);
        });
        falls_short(&part, Short::Interruption);
        assert!(part.states > 1_000 && part.states == told && part.waiting > 0, "it ends with the next block");
    }
}

/// Has more actions than can be numbered, and leads nowhere.
struct Crowd;

impl Model for Crowd {
    type State = u32;
    type Action = u32;

    fn init_states(&self) -> Vec<u32> {
        vec![0]
    }

    fn actions(&self, state: &u32, actions: &mut Vec<u32>) {
        actions.extend((*state == 0).then_some(1..=65_537).into_iter().flatten());
    }

    fn next_state(&self, _: &u32, action: u32) -> Option<u32> {
        Some(action)
    }
}

impl Explorable for Crowd {
    fn broken(&self, _: &u32) -> Option<u8> {
        None
    }
}

#[test]
fn a_search_says_when_actions_cannot_be_numbered() {
    falls_short(&search(&Crowd, &limits(1, Visited::Exact), &mut |_| {}), Short::Numbers);
}
