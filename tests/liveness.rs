//! The judgement of liveness, beside one that tries every set of steps, and in cases that a person can follow.

use spoolproof::check::liveness::{Edge, Fairness, Flaw, Graph, Lasso, Obligation, Verdict, judge};

/// How many random graphs are judged; `SPOOLPROOF_GRAPHS` asks for more.
const GRAPHS: u64 = 20_000;

/// A graph of at most 32 states, in the plain.
#[derive(Clone, Debug, Default)]
struct Case {
    states: u32,
    /// From, to, classes.
    edges: Vec<(u32, u32, u64)>,
    fairness: Fairness,
    /// The states where the obligation is open.
    open: u32,
    /// The edges that close it.
    closing: u32,
}

impl Obligation for Case {
    fn is_open(&self, state: u32) -> bool {
        self.open & (1 << state) != 0
    }

    /// An edge's action is its number.
    fn closes(&self, _from: u32, edge: &Edge) -> bool {
        self.closing & (1 << edge.action) != 0
    }
}

impl Case {
    /// Anything.
    fn random(mut random: Random) -> Self {
        let states = 1 + random.below(6);
        let mask = (1 << random.below(5)) - 1;
        let count = random.below(13);
        let edges = (0..count).map(|_| (random.below(states), random.below(states), random.quarter() & mask)).collect();
        let progress = random.below(2) == 0;
        let fairness = Fairness { weak: random.bits() & mask, strong: random.bits() & mask, progress };
        let [often_open, often_closing] = [2 + random.below(7), random.below(3)];
        let open = random.some_of(states, often_open);
        let closing = random.some_of(count, often_closing);
        Self { states, edges, fairness, open, closing }
    }

    /// What makes components shrink: each state has a step, most are open, few steps are of a class, and most of those
    /// close the obligation.
    fn shrinking(mut random: Random) -> Self {
        let states = 3 + random.below(4);
        let mask = (1 << (2 + random.below(3))) - 1;
        let count = 8 + random.below(5);
        let edges = (0..count).map(|at| {
            let from = if at < states { at } else { random.below(states) };
            (from, random.below(states), random.quarter() & random.bits() & mask)
        });
        let edges: Vec<_> = edges.collect();
        let strong = (random.bits() | random.bits()) & mask;
        let fairness = Fairness { weak: random.bits() & mask, strong, progress: true };
        let open = random.some_of(states, 7);
        let of_a_class = edges.iter().enumerate().filter(|(_, (.., classes))| *classes != 0);
        let closing = of_a_class.fold(0, |set, (at, _)| set | 1 << at) & random.some_of(count, 7);
        Self { states, edges, fairness, open, closing }
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for state in 0..self.states {
            let of_state = self.edges.iter().enumerate().filter(|(_, (from, ..))| *from == state);
            graph.expand(of_state.map(|(at, (_, to, classes))| Edge { to: *to, action: at as u32, classes: *classes }));
        }
        graph
    }

    fn judge(&self) -> Verdict {
        judge(&self.graph(), self.fairness, self)
    }

    /// The lasso, after the independent check.
    #[track_caller]
    fn lasso(&self) -> Lasso {
        let Verdict::Fails(lasso) = self.judge() else { panic!("it holds: {self:#?}") };
        assert_eq!(lasso.verify(&self.graph(), self.fairness, self), Ok(()), "{lasso:#?} of {self:#?}");
        lasso
    }

    /// The actions of stem and cycle.
    #[track_caller]
    fn actions(&self) -> (Vec<u32>, Vec<u32>) {
        let lasso = self.lasso();
        let actions = |steps: &[Edge]| steps.iter().map(|step| step.action).collect();
        (actions(&lasso.stem), actions(&lasso.cycle))
    }

    /// The same question, answered by trying each set of edges that a run may take again and again, and each state
    /// where it may stop: nothing of a component is known here.
    fn fails_by_trial(&self) -> bool {
        let all: Vec<usize> = (0..self.edges.len()).collect();
        let reachable = self.closure(&all)[0];
        let stops = (0..self.states).any(|state| {
            let moves = |(from, _, classes): &(u32, u32, u64)| {
                let obliged = self.fairness.progress || classes & (self.fairness.weak | self.fairness.strong) != 0;
                *from == state && obliged
            };
            reachable & self.open & (1 << state) != 0 && !self.edges.iter().any(moves)
        });
        let bad: Vec<usize> = all.into_iter().filter(|at| self.is_bad(*at)).collect();
        let mut sets = 1..1_u32 << bad.len();
        stops
            || sets.any(|set| {
                let set: Vec<usize> = (0..bad.len()).filter(|at| set & (1 << at) != 0).map(|at| bad[at]).collect();
                let visited =
                    set.iter().fold(0, |visited, at| visited | 1 << self.edges[*at].0 | 1 << self.edges[*at].1);
                let reach = self.closure(&set);
                let connected = (0..self.states).all(|s| visited & (1 << s) == 0 || reach[s as usize] == visited);
                connected && reachable & visited != 0 && self.is_fair(&set, visited)
            })
    }

    /// Whether a fair run can visit all of the component where the cycle of `lasso` goes round.
    fn is_fair_throughout(&self, lasso: &Lasso) -> bool {
        let bad: Vec<usize> = (0..self.edges.len()).filter(|at| self.is_bad(*at)).collect();
        let reach = self.closure(&bad);
        let inside = |state: u32| {
            let anchor = lasso.cycle[0].to;
            reach[anchor as usize] & (1 << state) != 0 && reach[state as usize] & (1 << anchor) != 0
        };
        let states = (0..self.states).filter(|state| inside(*state)).fold(0, |set, state| set | 1 << state);
        let edges = bad.into_iter().filter(|at| inside(self.edges[*at].0) && inside(self.edges[*at].1));
        self.is_fair(&edges.collect::<Vec<_>>(), states)
    }

    /// Tries every way of fewer steps, up to six.
    fn no_shorter_cycle_is_a_witness(&self, lasso: &Lasso) {
        if lasso.cycle.is_empty() {
            return;
        }
        let graph = self.graph();
        let steps_max = (lasso.stem.len() + lasso.cycle.len() - 1).min(6);
        let mut ways: Vec<Vec<Edge>> = vec![Vec::new()];
        while let Some(way) = ways.pop() {
            let states: Vec<u32> = std::iter::once(0).chain(way.iter().map(|step| step.to)).collect();
            for begin in (0..way.len()).filter(|begin| states[*begin] == states[way.len()]) {
                let shorter = Lasso { stem: way[..begin].to_vec(), cycle: way[begin..].to_vec() };
                let flaw = shorter.verify(&graph, self.fairness, self);
                assert!(flaw.is_err(), "{shorter:#?} is shorter than {lasso:#?} of {self:#?}");
            }
            if way.len() < steps_max {
                ways.extend(graph.edges_of(states[way.len()]).map(|step| [way.as_slice(), &[step]].concat()));
            }
        }
    }

    /// Whether an edge can be taken with the obligation open before and after.
    fn is_bad(&self, at: usize) -> bool {
        let (from, to, _) = self.edges[at];
        self.is_open(from) && self.is_open(to) && self.closing & (1 << at) == 0
    }

    /// For each state which others can be reached along `edges`, and itself.
    fn closure(&self, edges: &[usize]) -> Vec<u32> {
        let mut reach: Vec<u32> = (0..self.states).map(|state| 1 << state).collect();
        for _ in 0..self.states {
            for (from, to, _) in edges.iter().map(|at| self.edges[*at]) {
                for seen in &mut reach {
                    if *seen & (1 << from) != 0 {
                        *seen |= 1 << to;
                    }
                }
            }
        }
        reach
    }

    /// Whether a run that takes the edges of `set` again and again, and no others, is fair.
    fn is_fair(&self, set: &[usize], visited: u32) -> bool {
        (0..u64::BITS).map(|class| 1_u64 << class).all(|bit| {
            let taken = set.iter().any(|at| self.edges[*at].2 & bit != 0);
            let can = |state: &u32| self.edges.iter().any(|(from, _, classes)| from == state && classes & bit != 0);
            let mut states = (0..self.states).filter(|state| visited & (1 << state) != 0);
            let weak = self.fairness.weak & bit != 0 && states.clone().all(|state| can(&state));
            let strong = self.fairness.strong & bit != 0 && states.any(|state| can(&state));
            taken || !(weak || strong)
        })
    }
}

/// Open in every state.
struct Always;

impl Obligation for Always {
    fn is_open(&self, _state: u32) -> bool {
        true
    }
}

/// A generator that is the same everywhere.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Each bit with a chance of a quarter.
    fn quarter(&mut self) -> u64 {
        self.bits() & self.bits()
    }

    fn below(&mut self, bound: u32) -> u32 {
        (self.bits() % u64::from(bound)) as u32
    }

    /// Each of so many, with a chance in eighths.
    fn some_of(&mut self, count: u32, eighths: u32) -> u32 {
        (0..count).filter(|_| self.below(8) < eighths).fold(0, |set, at| set | 1 << at)
    }
}

#[test]
fn random_graphs_are_judged_as_by_trial() {
    let given = std::env::var("SPOOLPROOF_GRAPHS").ok();
    let graphs = given.map_or(GRAPHS, |given| given.parse().expect("SPOOLPROOF_GRAPHS is a number"));
    let [mut holding, mut stopping, mut circling, mut shrunk, mut by_strength] = [0; 5];
    for seed in 0..graphs {
        let case = if seed % 2 == 0 { Case::random(Random(seed)) } else { Case::shrinking(Random(seed)) };
        let fails = case.fails_by_trial();
        match case.judge() {
            Verdict::Holds => {
                assert!(!fails, "{seed}: {case:#?}");
                holding += 1;
            }
            Verdict::Fails(_) => {
                assert!(fails, "{seed}: {case:#?}");
                let lasso = case.lasso();
                *(if lasso.cycle.is_empty() { &mut stopping } else { &mut circling }) += 1;
                if seed % 16 < 2 {
                    case.no_shorter_cycle_is_a_witness(&lasso);
                }
                shrunk += u64::from(!lasso.cycle.is_empty() && !case.is_fair_throughout(&lasso));
            }
        }
        let Fairness { weak, strong, progress } = case.fairness;
        let weaker = Case { fairness: Fairness { weak: weak | strong, strong: 0, progress }, ..case.clone() };
        by_strength += u64::from(weaker.judge() != Verdict::Holds && !fails);
    }
    // Each way to decide was met often enough for agreement to mean something.
    for (what, met) in [
        ("hold", holding),
        ("stop", stopping),
        ("go round", circling),
        ("go round in part of a component", shrunk),
        ("hold by strong fairness alone", by_strength),
    ] {
        assert!(met * 100 >= graphs, "too few {what}: {met} of {graphs}");
    }
}

const A: u64 = 0b01;
const B: u64 = 0b10;

/// Nobody is fair, and a run goes on where it can.
const NONE: Fairness = Fairness { weak: 0, strong: 0, progress: true };

const fn weak(classes: u64) -> Fairness {
    Fairness { weak: classes, ..NONE }
}

const fn strong(classes: u64) -> Fairness {
    Fairness { strong: classes, ..NONE }
}

/// A case whose states are numbered without gaps, the obligation open in those of `open`.
fn case(edges: &[(u32, u32, u64)], open: &[u32], fairness: Fairness) -> Case {
    let states = edges.iter().map(|(from, to, _)| from.max(to) + 1).max().unwrap_or(1);
    let open = open.iter().fold(0, |set, state| set | 1 << state);
    Case { states, edges: edges.to_vec(), fairness, open, closing: 0 }
}

#[track_caller]
fn holds(case: &Case) {
    assert_eq!(case.judge(), Verdict::Holds, "{case:#?}");
}

/// Checks that the run which fails takes these edges to its cycle, and these around.
#[track_caller]
fn fails(case: &Case, stem: &[u32], cycle: &[u32]) {
    assert_eq!(case.actions(), (stem.to_vec(), cycle.to_vec()));
}

#[test]
fn a_class_that_always_could_moves_at_last_if_it_is_weakly_fair() {
    let waits = |fairness| case(&[(0, 0, B), (0, 1, A)], &[0], fairness);
    fails(&waits(NONE), &[], &[0]);
    fails(&waits(weak(B)), &[], &[0]);
    holds(&waits(weak(A)));
    holds(&waits(strong(A)));
}

#[test]
fn a_class_that_could_now_and_then_needs_strong_fairness() {
    let blinks = |fairness| case(&[(0, 1, 0), (1, 0, 0), (0, 2, A)], &[0, 1], fairness);
    fails(&blinks(weak(A)), &[], &[0, 1]);
    holds(&blinks(strong(A)));
}

#[test]
fn a_class_takes_turns_among_its_own_steps() {
    // Both lead on from one state for one class: that it moves says nothing of which way.
    fails(&case(&[(0, 0, A), (0, 1, A)], &[0], strong(A)), &[], &[0]);
}

#[test]
fn a_step_counts_for_each_of_its_classes() {
    fails(&case(&[(0, 0, A | B), (0, 1, A), (0, 1, B)], &[0], strong(A | B)), &[], &[0]);
}

#[test]
fn a_cycle_goes_through_what_fairness_asks_for() {
    let turns = [(0, 0, 0), (0, 0, A), (0, 1, 0), (1, 0, B), (1, 2, 0)];
    fails(&case(&turns, &[0, 1], NONE), &[], &[0]);
    fails(&case(&turns, &[0, 1], strong(A)), &[], &[1]);
    // Class B never could in state 0, which is all that this run needs.
    fails(&case(&turns, &[0, 1], strong(A | B)), &[], &[1]);
    let both = [(0, 1, A), (1, 0, 0), (0, 2, B), (2, 0, 0)];
    fails(&case(&both, &[0, 1, 2], strong(A | B)), &[], &[0, 1, 2, 3]);
    // Where a weakly fair class could not move, none is owed.
    fails(&case(&both, &[0, 1, 2], weak(A | B)), &[], &[0, 1]);
}

#[test]
fn a_cycle_keeps_away_from_where_a_strongly_fair_class_would_move() {
    let lures = [(0, 1, 0), (1, 0, 0), (1, 2, A), (0, 3, 0), (3, 0, 0)];
    fails(&case(&lures, &[0, 1, 3], strong(A)), &[], &[3, 4]);
    // Without state 1, class B is the next that could and does not.
    let again = [(0, 1, 0), (1, 0, B), (1, 2, A), (0, 3, 0), (3, 0, 0), (3, 2, B)];
    holds(&case(&again, &[0, 1, 3], strong(A | B)));
}

#[test]
fn a_run_stops_where_nothing_can_happen() {
    let ends = |fairness| case(&[(0, 1, A), (1, 2, A)], &[1, 2], fairness);
    fails(&ends(weak(A)), &[0, 1], &[]);
    fails(&ends(strong(A)), &[0, 1], &[]);
    holds(&case(&[(0, 1, 0), (1, 2, 0)], &[0, 1], NONE));
    fails(&case(&[], &[0], NONE), &[], &[]);
}

#[test]
fn a_run_stops_where_nobody_must_move_unless_there_is_progress() {
    let waits = |fairness: Fairness, progress| case(&[(0, 1, 0), (1, 2, A)], &[1], Fairness { progress, ..fairness });
    fails(&waits(NONE, false), &[0], &[]);
    fails(&waits(weak(B), false), &[0], &[]);
    holds(&waits(weak(A), false));
    holds(&waits(NONE, true));
}

#[test]
fn a_step_that_closes_the_obligation_ends_what_was_open() {
    let renews = |closing| Case { closing, ..case(&[(0, 0, 0), (0, 0, 0)], &[0], NONE) };
    holds(&renews(0b11));
    fails(&renews(0b01), &[], &[1]);
}

#[test]
fn what_comes_before_does_not_matter() {
    // The stem passes states where the obligation is not open, and steps that close it.
    let late = case(&[(0, 1, 0), (1, 2, A), (2, 2, 0), (0, 3, 0), (3, 4, 0), (4, 4, 0)], &[0, 2, 4], NONE);
    fails(&Case { closing: 0b11, ..late }, &[0, 1], &[2]);
}

#[test]
fn what_cannot_be_reached_does_not_count() {
    holds(&case(&[(0, 0, 0), (1, 1, 0)], &[1], NONE));
    let mut graph = Graph::default();
    let always = case(&[], &[0, 1], NONE);
    assert_eq!(judge(&graph, NONE, &always), Verdict::Holds, "there is no state");
    graph.expand([Edge { to: 1, action: 0, classes: 0 }]);
    assert_eq!(judge(&graph, NONE, &always), Verdict::Holds, "state 1 was not expanded");
    graph.expand([]);
    assert_ne!(judge(&graph, NONE, &always), Verdict::Holds);
}

#[test]
fn the_last_class_is_a_class_as_well() {
    let last = 1 << 63;
    holds(&case(&[(0, 0, 0), (0, 1, last)], &[0], strong(last)));
}

#[test]
fn a_way_of_any_length_fits_the_stack() {
    const STATES: u32 = 200_000;
    let mut graph = Graph::default();
    for state in 0..STATES {
        graph.expand([Edge { to: (state + 1) % STATES, action: state, classes: u64::from(state == 7) }]);
    }
    let Verdict::Fails(lasso) = judge(&graph, strong(A), &Always) else { panic!("it goes round") };
    assert_eq!((lasso.stem.len(), lasso.cycle.len()), (0, STATES as usize));
}

#[test]
fn a_run_that_owes_too_much_for_the_shortest_is_found_all_the_same() {
    let mut random = Random(1);
    for classes in [20, 64] {
        // Every state owes its class, which moves on one way and not on the others.
        let mut graph = Graph::default();
        for state in 0..300 {
            let step = |to, classes| Edge { to, action: 0, classes };
            graph.expand([step((state + 1) % 300, 1 << (state % classes)), step(random.below(300), 0)]);
        }
        let fairness = strong(u64::MAX);
        let Verdict::Fails(lasso) = judge(&graph, fairness, &Always) else { panic!("all of it is fair") };
        assert_eq!(lasso.verify(&graph, fairness, &Always), Ok(()), "{lasso:#?}");
    }
}

#[test]
fn what_is_no_witness_is_told() {
    let case = Case { closing: 0b1000, ..case(&[(0, 1, 0), (1, 1, A), (1, 2, B), (1, 1, 0)], &[1], weak(A)) };
    let graph = case.graph();
    let step = |at: usize| Edge { to: case.edges[at].1, action: at as u32, classes: case.edges[at].2 };
    let flaw = |fairness, stem: &[usize], cycle: &[usize]| {
        let steps = |places: &[usize]| places.iter().map(|at| step(*at)).collect();
        Lasso { stem: steps(stem), cycle: steps(cycle) }.verify(&graph, fairness, &case)
    };
    assert_eq!(flaw(weak(A), &[0], &[1]), Ok(()));
    assert_eq!(flaw(weak(A), &[1], &[1]), Err(Flaw::NoSuchStep(0)));
    assert_eq!(flaw(weak(A), &[0], &[0]), Err(Flaw::NoSuchStep(1)));
    assert_eq!(flaw(weak(A), &[0], &[2]), Err(Flaw::DoesNotClose));
    assert_eq!(flaw(weak(A), &[0], &[]), Err(Flaw::Stops));
    assert_eq!(flaw(NONE, &[0, 2], &[]), Err(Flaw::NotOpen(2)));
    assert_eq!(flaw(weak(A), &[0], &[1, 3]), Err(Flaw::Closes(2)));
    assert_eq!(flaw(weak(A | B), &[0], &[1]), Err(Flaw::Unfair(1)));
    assert_eq!(flaw(strong(B), &[0], &[1]), Err(Flaw::Unfair(1)));
}
