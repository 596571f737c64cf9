//! What a walk does next, by chance that is the same for one seed everywhere and always.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::kind::Kind;

/// The chance of one walk, and how much it likes each kind of thing.
///
/// Each walk likes other things: where all kinds were equally likely, what takes many of one kind in a row would hardly
/// ever come about, and faults would be used up in the first steps.
#[derive(Debug)]
pub(super) struct Chance {
    random: ChaCha8Rng,
    weights: BTreeMap<Kind, u32>,
}

/// How much a walk may like a kind.
const WEIGHTS: [u32; 4] = [1, 4, 16, 64];

impl Chance {
    /// That of walk number `walk`.
    pub(super) fn new(seed: u64, walk: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut random = ChaCha8Rng::from_seed(bytes);
        random.set_stream(walk);
        Self { random, weights: BTreeMap::new() }
    }

    /// Chooses one of `kinds` by its place: first the kind, as much as it is liked, and then one of that kind. There is at
    /// least one.
    pub(super) fn choose(&mut self, kinds: &[Kind]) -> usize {
        let mut present: Vec<Kind> = kinds.to_vec();
        present.sort_unstable();
        present.dedup();
        let weights: Vec<u32> = present.iter().map(|kind| self.weight(*kind)).collect();
        let mut left = self.below(weights.iter().sum());
        let mut chosen = present[0];
        for (kind, weight) in present.iter().zip(&weights) {
            chosen = *kind;
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => break,
            }
        }
        let alike: Vec<usize> = (0..kinds.len()).filter(|at| kinds[*at] == chosen).collect();
        alike[self.below(alike.len() as u32) as usize]
    }

    fn weight(&mut self, kind: Kind) -> u32 {
        if let Some(weight) = self.weights.get(&kind) {
            return *weight;
        }
        let weight = WEIGHTS[self.below(WEIGHTS.len() as u32) as usize];
        self.weights.insert(kind, weight);
        weight
    }

    /// A number below `limit`, each almost equally likely.
    fn below(&mut self, limit: u32) -> u32 {
        ((u64::from(self.random.next_u32()) * u64::from(limit)) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;
    use crate::check::simulate::kind::{Actor, Kind};

    fn kind(what: &'static str) -> Kind {
        Kind { actor: Actor::Client, what }
    }

    #[test]
    fn chance_is_the_same_everywhere() {
        let numbers = |seed, walk| {
            let mut chance = Chance::new(seed, walk);
            [(); 6].map(|()| chance.below(1000))
        };
        assert_eq!(numbers(1, 0), [0; 6]);
        assert_eq!(numbers(1, 1), [0; 6]);
        assert_eq!(numbers(2, 0), [0; 6]);
    }

    #[test]
    fn a_rare_kind_gets_its_share_beside_a_common_one() {
        let mut kinds = vec![kind("common"); 99];
        kinds.push(kind("rare"));
        let walks = 200;
        let rare = (0..walks).filter(|walk| Chance::new(7, *walk).choose(&kinds) == 99).count();
        assert!((60..140).contains(&rare), "{rare} of {walks}");
    }
}
