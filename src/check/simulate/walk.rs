//! The walks: from the empty store, again and again, and what was seen on the way.

use std::collections::BTreeMap;

use arrayvec::ArrayVec;
use rustc_hash::FxHashSet;

use super::Walks;
use super::chance::Chance;
use super::kind::Kind;
use super::run::{Course, Run, transitions};
use crate::check::bounds::Bounds;
use crate::check::engine::fingerprint;
use crate::model::{Buffers, PROPERTIES, Rules, Transition, World};

/// What was seen on all walks.
#[derive(Clone, Debug)]
pub(super) struct Walked {
    pub(super) steps: u64,
    pub(super) walks: u64,
    /// How many different states.
    pub(super) states: u64,
    /// A digest of all that happened.
    pub(super) digest: u64,
    /// How often each kind of thing happened.
    pub(super) kinds: BTreeMap<Kind, u64>,
    /// How often each property was tested.
    pub(super) tested: [u64; PROPERTIES.len()],
    /// The first failure of each property that failed, in the order in which they were met.
    pub(super) failures: Vec<Failure>,
}

/// A property was broken.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// The property, by its place in the list.
    pub(super) property: u8,
    /// Which walk it was, from 1.
    pub(super) walk: u64,
    /// The way there.
    pub(super) path: Vec<(World, u16)>,
}

impl Failure {
    /// The way there as a run; `None` if the step function does not go that way again.
    pub(super) fn run(&self, course: &Course<'_>) -> Option<Run> {
        course.follow(self.path.iter().copied(), &mut Buffers::default())
    }
}

/// Goes as many steps as `walks` says; `goes_on` is asked after each walk whether there is to be another.
///
/// A walk ends where nothing can happen any more, when it goes in circles or has become too long, and when it has broken a
/// property that no walk broke before. Later walks pass over what was broken once.
pub(super) fn walk(bounds: &Bounds, rules: &Rules, walks: &Walks, goes_on: &mut dyn FnMut(&Walked) -> bool) -> Walked {
    let mut walked = Walked {
        steps: 0,
        walks: 0,
        states: 0,
        digest: DIGEST_START,
        kinds: BTreeMap::new(),
        tested: [0; PROPERTIES.len()],
        failures: Vec::new(),
    };
    let mut walker =
        Walker { bounds, rules, seen: FxHashSet::default(), active: u64::MAX, buffers: Buffers::default() };
    while walked.steps < walks.steps && walks.walks.is_none_or(|walks| walked.walks < walks) {
        let most = walks.longest().min(walks.steps - walked.steps);
        let before = walked.steps;
        walked.walks += 1;
        walker.go(Chance::new(walks.seed, walked.walks), most, &mut walked);
        // Where it has not gone a step, nothing can happen at the start.
        if !goes_on(&walked) || walked.steps == before {
            break;
        }
    }
    walked.states = walker.seen.len() as u64;
    walked
}

/// What tells a state from others.
fn print(world: &World) -> u64 {
    fingerprint(&world.words().collect::<ArrayVec<u64, { 2 * World::MESSAGES_MAX + 1 }>>())
}

struct Walker<'a> {
    bounds: &'a Bounds,
    rules: &'a Rules,
    /// Fingerprints of the states that were met.
    seen: FxHashSet<u64>,
    /// The properties that have not been broken, as bits.
    active: u64,
    buffers: Buffers,
}

impl Walker<'_> {
    fn go(&mut self, mut chance: Chance, most: u64, walked: &mut Walked) {
        let mut world = World::new(&self.bounds.scope);
        let mut path = Vec::new();
        let start = print(&world);
        self.seen.insert(start);
        let (mut own, mut circling) = (FxHashSet::from_iter([start]), 0);
        for _ in 0..most {
            let all = transitions(&world, self.bounds, self.rules, &mut self.buffers);
            if all.is_empty() || circling == CIRCLING_MAX {
                return;
            }
            let kinds: Vec<Kind> = all.iter().map(|transition| Kind::of(&transition.action)).collect();
            let at = chance.choose(&kinds, |at| !self.seen.contains(&print(&all[at].after)));
            let transition = all[at];
            *walked.kinds.entry(kinds[at]).or_default() += 1;
            walked.steps += 1;
            path.push((world, at as u16));
            let after = transition.after;
            let print = print(&after);
            self.seen.insert(print);
            circling = if own.insert(print) { 0 } else { circling + 1 };
            walked.digest = digest(walked.digest, at as u64);
            walked.digest = after.words().fold(walked.digest, digest);
            if self.judge(&transition, &path, walked) {
                return;
            }
            world = after;
        }
    }

    /// Judges a step; says whether it broke a property that was not broken before.
    fn judge(&mut self, transition: &Transition<'_>, path: &[(World, u16)], walked: &mut Walked) -> bool {
        let judgement = transition.judge();
        for (index, count) in walked.tested.iter_mut().enumerate() {
            *count += (judgement.tested >> index) & 1;
        }
        walked.digest = digest(walked.digest, judgement.broken);
        let broken = judgement.broken & self.active;
        for property in (0..PROPERTIES.len() as u8).filter(|property| broken & (1 << property) != 0) {
            walked.failures.push(Failure { property, walk: walked.walks, path: path.to_vec() });
        }
        self.active &= !broken;
        broken != 0
    }
}

/// How many steps in a row a walk goes from one state that it was in before to another.
const CIRCLING_MAX: u32 = 24;

const DIGEST_START: u64 = 0xcbf2_9ce4_8422_2325;

/// Takes a number into a digest: FNV-1a, eight bytes at a time, the low one first.
fn digest(digest: u64, number: u64) -> u64 {
    number
        .to_le_bytes()
        .into_iter()
        .fold(digest, |digest, byte| (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
