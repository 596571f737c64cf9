//! What a store does where the model leaves it a choice: always the usual, or whatever chance decides.

/// How far a store that chooses at random goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Latitude {
    /// Nothing that anybody could object to.
    Permitted,
    /// What breaks a SHOULD, too.
    Deviating,
}

/// Settles choices. The usual one comes first, so a store without chance always takes that.
#[derive(Clone, Debug, Default)]
pub(super) struct Will(Option<Chance>);

#[derive(Clone, Debug)]
struct Chance {
    state: u64,
    latitude: Latitude,
}

impl Will {
    /// Chooses at random; equal seeds choose equally.
    pub(super) const fn random(seed: u64, latitude: Latitude) -> Self {
        Self(Some(Chance { state: seed, latitude }))
    }

    /// Whether anything but the usual is ever chosen.
    pub(super) const fn is_free(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a SHOULD may be broken.
    pub(super) fn deviates(&self) -> bool {
        self.0.as_ref().is_some_and(|chance| chance.latitude == Latitude::Deviating)
    }

    /// A number below `count`; 0 is the usual one.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let Some(chance) = &mut self.0 else { return 0 };
        let count = u64::try_from(count.max(1)).unwrap_or(u64::MAX);
        usize::try_from(chance.next() % count).unwrap_or(0)
    }

    /// Whether the unusual happens, as it does once in `times`.
    pub(super) fn strays(&mut self, times: usize) -> bool {
        self.below(times) == 1
    }

    /// One of `options`, of which the first is the usual one.
    pub(super) fn pick<'a, T>(&mut self, options: &'a [T]) -> Option<&'a T> {
        options.get(self.below(options.len()))
    }

    /// Any bits; the usual ones are all clear.
    pub(super) fn bits(&mut self) -> u32 {
        self.0.as_mut().map_or(0, |chance| u32::try_from(chance.next() >> 32).unwrap_or(0))
    }
}

impl Chance {
    /// `SplitMix64`: the same numbers on every machine, and in every version of every library.
    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::{Latitude, Will};

    #[test]
    fn without_chance_the_usual_is_chosen() {
        let mut will = Will::default();
        assert_eq!((will.below(7), will.pick(&["usual", "other"]), will.strays(1)), (0, Some(&"usual"), false));
        assert_eq!((will.bits(), will.is_free(), will.deviates()), (0, false, false));
    }

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut will = Will::random(1_234_567, Latitude::Permitted);
        let first = [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973].map(|number| number % 1_000_003);
        assert_eq!(first.map(|_| will.below(1_000_003) as u64), first);
    }
}
