//! What a walk does next, by chance that is the same for one seed everywhere and always.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::kind::{Actor, Kind};

/// The chance of one walk, and how much it likes each actor and each kind of thing.
///
/// Each walk likes other things: where all kinds were equally likely, what takes many of one kind in a row would hardly
/// ever come about, and faults would be used up in the first steps.
#[derive(Debug)]
pub(crate) struct Chance {
    random: ChaCha8Rng,
    actors: BTreeMap<Actor, u32>,
    kinds: BTreeMap<Kind, u32>,
}

/// How much a walk may like an actor or a kind.
const WEIGHTS: [u32; 4] = [1, 4, 16, 64];

/// How often a walk chooses again where its choice leads to a state that was met before.
const TRIES: usize = 3;

impl Chance {
    /// That of walk number `walk`.
    pub(crate) fn new(seed: u64, walk: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut random = ChaCha8Rng::from_seed(bytes);
        random.set_stream(walk);
        Self { random, actors: BTreeMap::new(), kinds: BTreeMap::new() }
    }

    /// Chooses one of what can happen, of these `kinds`, by its place; rather one that is `new`. There is at least one.
    pub(crate) fn choose(&mut self, kinds: &[Kind], mut new: impl FnMut(usize) -> bool) -> usize {
        let mut chosen = self.draw(kinds);
        for _ in 1..TRIES {
            if new(chosen) {
                break;
            }
            chosen = self.draw(kinds);
        }
        chosen
    }

    /// First an actor, then a kind, each as much as it is liked, and then any of that kind.
    fn draw(&mut self, kinds: &[Kind]) -> usize {
        let Self { random, actors, kinds: liked } = self;
        let actor = draw(random, actors, kinds.iter().map(|kind| kind.actor));
        let kind = draw(random, liked, kinds.iter().copied().filter(|kind| kind.actor == actor));
        let alike: Vec<usize> = (0..kinds.len()).filter(|at| kinds[*at] == kind).collect();
        alike[below(random, alike.len() as u32) as usize]
    }
}

/// One of `all`, as much as it is liked; there is at least one.
fn draw<T: Copy + Ord>(random: &mut ChaCha8Rng, liked: &mut BTreeMap<T, u32>, all: impl Iterator<Item = T>) -> T {
    let mut all: Vec<T> = all.collect();
    all.sort_unstable();
    all.dedup();
    let weights: Vec<u32> = all
        .iter()
        .map(|one| *liked.entry(*one).or_insert_with(|| WEIGHTS[below(random, WEIGHTS.len() as u32) as usize]))
        .collect();
    let mut left = below(random, weights.iter().sum());
    for (one, weight) in all.iter().zip(&weights) {
        match left.checked_sub(*weight) {
            Some(rest) => left = rest,
            None => return *one,
        }
    }
    all[0]
}

/// A number below `limit`, each almost equally likely.
fn below(random: &mut ChaCha8Rng, limit: u32) -> u32 {
    ((u64::from(random.next_u32()) * u64::from(limit)) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::{Chance, below};
    use crate::check::simulate::kind::{Actor, Kind};

    fn kind(what: &'static str) -> Kind {
        Kind { actor: Actor::Client, what }
    }

    /// The numbers come from another implementation of the same algorithm.
    #[test]
    fn chance_is_the_same_everywhere() {
        let numbers = |seed, walk| {
            let mut chance = Chance::new(seed, walk);
            [(); 6].map(|()| below(&mut chance.random, 1000))
        };
        assert_eq!(numbers(1, 0), [628, 381, 929, 294, 397, 798]);
        assert_eq!(numbers(1, 1), [548, 103, 672, 817, 627, 638]);
        assert_eq!(numbers(2, 0), [798, 976, 548, 133, 741, 422]);
    }

    #[test]
    fn a_rare_kind_gets_its_share_beside_a_common_one() {
        let mut kinds = vec![kind("common"); 99];
        kinds.push(kind("rare"));
        let walks = 200;
        let rare = (0..walks).filter(|walk| Chance::new(7, *walk).choose(&kinds, |_| true) == 99).count();
        assert!((60..140).contains(&rare), "{rare} of {walks}");
    }
}
