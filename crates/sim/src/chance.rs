//! Chance that is the same on every machine: numbers computed from what they are for.
//!
//! A draw is named by the seed and a few numbers (whose, which day, which post), so that
//! it does not depend on what was drawn before it, nor on how many threads draw. Only
//! arithmetic of IEEE 754 and `libm` in Rust is used, never the machine's own library.

/// A source of chance for one purpose.
///
/// Source: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Chance {
    state: u64,
}

/// What SplitMix64 adds at each draw.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
/// Above this mean a Poisson number is the sum of two of half the mean.
const POISSON_DIRECT_MAX: f64 = 16.0;

fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// One number made from several.
#[must_use]
pub fn hash(words: &[u64]) -> u64 {
    words.iter().fold(STEP, |state, word| mix(state.wrapping_add(STEP) ^ mix(word ^ STEP)))
}

/// The whole part of a number that is not negative; what is beyond `u32` is held at its end.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float is held within the range by `as`, which is what is wanted"
)]
#[must_use]
pub fn whole(number: f64) -> u32 {
    number as u32
}

/// A length as `u32`; what is beyond is held at its end.
#[must_use]
pub fn small(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl Chance {
    /// The chance of one purpose: the seed, then what names it.
    #[must_use]
    pub fn of(seed: u64, words: &[u64]) -> Self {
        Self { state: hash(words) ^ mix(seed) }
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// Evenly from 0 to 1, neither included.
    pub fn share(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    /// Evenly below `most`; 0 if that is 0.
    pub fn below(&mut self, most: u32) -> u32 {
        let wide = u64::from(most) * (self.bits() >> 32);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// An index of something so long, evenly; 0 if it is empty.
    pub fn index(&mut self, length: usize) -> usize {
        self.below(small(length)) as usize
    }

    /// Whether something of this probability happens.
    pub fn holds(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// An index whose probability falls as one by its rank: Zipf with exponent 1, drawn
    /// by the inverse of its continuous form.
    pub fn ranked(&mut self, length: usize) -> usize {
        let most = length as f64 + 1.0;
        let rank = libm::exp(self.share() * libm::log(most));
        (whole(rank) as usize).saturating_sub(1).min(length.saturating_sub(1))
    }

    /// An index of something so long, the first ones far more often: the square of an even
    /// draw. Of those who do a thing, some do most of it.
    pub fn eager(&mut self, length: usize) -> usize {
        let share = self.share() * self.share();
        (whole(share * length as f64) as usize).min(length.saturating_sub(1))
    }

    /// An index by weights that need not sum to anything.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.share() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// Normal with mean 0 and deviation 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(self.share()));
        radius * libm::cos(2.0 * std::f64::consts::PI * self.share())
    }

    /// Log-normal with this median; `spread` is the deviation of the logarithm.
    pub fn lognormal(&mut self, median: f64, spread: f64) -> f64 {
        median * libm::exp(spread * self.normal())
    }

    /// Exponential with this mean.
    pub fn waiting(&mut self, mean: f64) -> f64 {
        -mean * libm::log(self.share())
    }

    /// A Poisson number with this mean.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        if mean > POISSON_DIRECT_MAX {
            return self.poisson(mean / 2.0) + self.poisson(mean / 2.0);
        }
        let mut probability = libm::exp(-mean);
        let mut left = self.share();
        let mut number = 0;
        while left > probability && number < 200 {
            left -= probability;
            number += 1;
            probability *= mean / f64::from(number);
        }
        number
    }

    /// A value by its quantiles: pairs of probability and value in order, between which the
    /// logarithm of the value is interpolated.
    pub fn quantile(&mut self, table: &[(f64, f64)]) -> f64 {
        let share = self.share();
        let after = table.iter().position(|(p, _)| *p >= share).unwrap_or(table.len() - 1).max(1);
        let ((p0, v0), (p1, v1)) = (table[after - 1], table[after]);
        let within = (share - p0) / (p1 - p0);
        libm::exp(libm::log(v0) + within * (libm::log(v1) - libm::log(v0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(mut draw: impl FnMut(&mut Chance) -> f64) -> Vec<f64> {
        (0..20_000).map(|n| draw(&mut Chance::of(7, &[1, n]))).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn draws_are_named_by_what_they_are_for() {
        let first = Chance::of(7, &[1, 2]).bits();
        assert_eq!(first, Chance::of(7, &[1, 2]).bits());
        assert_ne!(first, Chance::of(8, &[1, 2]).bits());
        assert_ne!(first, Chance::of(7, &[2, 1]).bits());
        assert_ne!(first, Chance::of(7, &[1, 2, 0]).bits());
    }

    #[test]
    fn distributions_have_their_means() {
        assert!((mean(&drawn(Chance::share)) - 0.5).abs() < 0.01);
        assert!((mean(&drawn(|c| f64::from(c.poisson(0.3)))) - 0.3).abs() < 0.02);
        assert!((mean(&drawn(|c| f64::from(c.poisson(40.0)))) - 40.0).abs() < 0.3);
        assert!((mean(&drawn(|c| c.waiting(5.0))) - 5.0).abs() < 0.2);
        assert!(mean(&drawn(Chance::normal)).abs() < 0.03);
        let mut middle = drawn(|c| c.lognormal(250.0, 1.4));
        middle.sort_by(f64::total_cmp);
        assert!((middle[10_000] / 250.0 - 1.0).abs() < 0.05);
    }

    #[test]
    fn the_first_rank_is_drawn_most_and_the_last_one_too() {
        let ranks = drawn(|c| c.ranked(50) as f64);
        let share = |rank: f64| ranks.iter().filter(|r| **r == rank).count() as f64 / 20_000.0;
        assert!((share(0.0) - libm::log(2.0) / libm::log(51.0)).abs() < 0.02);
        assert!(share(49.0) > 0.0 && share(50.0) == 0.0);
    }
}
