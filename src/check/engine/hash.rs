//! Fingerprints: 64 bits that tell states apart.

use std::hash::{Hash, Hasher};

/// The fingerprint of `value`: the same on every machine and in every run.
#[inline]
pub(in crate::check) fn fingerprint(value: &impl Hash) -> u64 {
    let mut mixer = Mixer::default();
    value.hash(&mut mixer);
    mixer.finish()
}

/// Mixes words by multiplication into 128 bits, two at a time, and folds these to 64 at the end.
///
/// 128 bits are enough not to lose anything on the way, so that two values are taken for one only where the last fold makes
/// them so: by chance once in 2⁶⁴.
struct Mixer {
    high: u64,
    low: u64,
    /// The first word of a pair, until the second comes.
    half: Option<u64>,
}

/// Odd, with no pattern in their bits: from the fractional digits of π.
const FACTORS: [u64; 3] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xa409_3822_299f_31d1];

impl Default for Mixer {
    fn default() -> Self {
        Self { high: FACTORS[0], low: FACTORS[1], half: None }
    }
}

impl Mixer {
    #[inline]
    const fn mix(&mut self, one: u64, other: u64) {
        // The two products do not wait for each other.
        let (ones, others) = (product(self.high ^ one, FACTORS[0]), product(self.low ^ other, FACTORS[2]));
        (self.high, self.low) = (ones.0 ^ others.1, others.0 ^ ones.1);
    }
}

impl Hasher for Mixer {
    #[inline]
    fn finish(&self) -> u64 {
        let mut all = Self { half: None, ..*self };
        if let Some(half) = self.half {
            all.mix(half, FACTORS[1]);
        }
        let (high, low) = product(all.high ^ FACTORS[1], all.low ^ FACTORS[2]);
        high ^ low
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.write_u64(value.into());
    }

    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.write_u64(value.into());
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        match self.half.take() {
            Some(half) => self.mix(half, value),
            None => self.half = Some(value),
        }
    }

    #[inline]
    fn write_u128(&mut self, value: u128) {
        self.write_u64(value as u64);
        self.write_u64((value >> 64) as u64);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

/// The high and the low half of a product.
#[inline]
const fn product(one: u64, other: u64) -> (u64, u64) {
    let product = one as u128 * other as u128;
    ((product >> 64) as u64, product as u64)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::fingerprint;

    #[test]
    fn states_that_differ_little_have_fingerprints_that_differ_much() {
        let state = [3_u64, 5, 0, 1 << 63];
        let own = fingerprint(&state);
        for word in 0..state.len() {
            for bit in 0..64 {
                let mut other = state;
                other[word] ^= 1 << bit;
                let differing = (own ^ fingerprint(&other)).count_ones();
                assert!((10..=54).contains(&differing), "word {word}, bit {bit}: {differing} bits differ");
            }
        }
    }

    #[test]
    fn small_numbers_in_many_places_are_told_apart() {
        let mut all = BTreeSet::new();
        for number in 0..1_u64 << 16 {
            let byte = |at: u32| number >> (4 * at) & 0xf;
            all.insert(fingerprint(&[byte(0), byte(1) << 60, byte(2), byte(3) << 60]));
        }
        assert_eq!(all.len(), 1 << 16);
        // They spread over the top bits, by which the table finds its places.
        let tops: BTreeSet<_> = all.iter().map(|print| print >> 52).collect();
        assert_eq!(tops.len(), 1 << 12);
    }

    #[test]
    fn bytes_count_in_their_order_and_number() {
        let texts = ["", "a", "ab", "ba", "abcdefgh", "abcdefghi", "bbcdefghi"];
        let all: BTreeSet<_> = texts.iter().map(fingerprint).collect();
        assert_eq!(all.len(), texts.len());
    }
}
