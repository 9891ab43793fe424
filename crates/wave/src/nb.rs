//! Quantiles of the negative binomial distribution, the same to the bit everywhere.
//!
//! Small means are summed term by term; large ones go through the incomplete beta
//! function. Leaves out fitting, which `baseline` does.

use crate::whole::{float, whole};

/// Up to this mean the terms are summed from zero; above, that would take too long.
const SUMMED_MEAN_MAX: f64 = 64.0;
/// Most terms summed. A mean of 64 with the widest dispersion needs a few thousand.
const TERMS_MAX: u64 = 1 << 16;
/// Most steps of the continued fraction; it needs about the root of the larger argument.
const FRACTION_STEPS_MAX: u32 = 20_000;
/// No count above this is looked for.
const COUNT_MAX: u64 = 1 << 52;

/// A negative binomial distribution: a count whose variance is `mean + mean² / size`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NegativeBinomial {
    /// Its mean, above 0.
    pub mean: f64,
    /// Its size, above 0; Poisson as it grows without bound.
    pub size: f64,
}

impl NegativeBinomial {
    /// The smallest count that is exceeded with a chance of at most `tail`.
    pub(crate) fn upper(self, tail: f64) -> u64 {
        if self.mean <= SUMMED_MEAN_MAX {
            return self.summed(1.0 - tail);
        }
        let spread = libm::sqrt(self.mean + self.mean * self.mean / self.size);
        let guess = whole(self.mean + 4.0 * spread);
        first_true(guess, |count| self.above(count) <= tail)
    }

    /// The largest count below which the chance to lie is at most `tail`.
    pub(crate) fn lower(self, tail: f64) -> u64 {
        if self.mean <= SUMMED_MEAN_MAX {
            return self.summed(tail);
        }
        let spread = libm::sqrt(self.mean + self.mean * self.mean / self.size);
        let guess = whole(self.mean - 2.0 * spread);
        first_true(guess, |count| 1.0 - self.above(count) > tail)
    }

    /// The smallest count whose cumulative chance is above `share`.
    fn summed(self, share: f64) -> u64 {
        let odds = self.mean / (self.size + self.mean);
        let mut term = libm::exp(-self.size * libm::log1p(self.mean / self.size));
        let mut sum = term;
        let mut count = 0;
        while sum <= share && count < TERMS_MAX {
            term *= (float(count) + self.size) / (float(count) + 1.0) * odds;
            count += 1;
            sum += term;
        }
        count
    }

    /// The chance of a count above `count`.
    fn above(self, count: u64) -> f64 {
        let odds = self.mean / (self.size + self.mean);
        let rest = self.size / (self.size + self.mean);
        beta(float(count) + 1.0, self.size, odds, rest)
    }
}

/// The first count for which `holds`, which is false below and true from there on.
fn first_true(guess: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let guess = guess.min(COUNT_MAX);
    let (mut low, mut high) = if holds(guess) {
        (0, guess)
    } else {
        let mut low = guess + 1;
        let mut high = guess.saturating_mul(2).clamp(1, COUNT_MAX);
        while high < COUNT_MAX && !holds(high) {
            low = high + 1;
            high = high.saturating_mul(2).min(COUNT_MAX);
        }
        (low, high)
    };
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The regularised incomplete beta function at `x`, with `rest = 1 - x` given exactly.
///
/// Source: the continued fraction of Press et al., Numerical Recipes, 3rd ed., §6.4.
fn beta(a: f64, b: f64, x: f64, rest: f64) -> f64 {
    let front = libm::exp(
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
            + a * libm::log(x)
            + b * libm::log(rest),
    );
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, rest) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for step in 1..=FRACTION_STEPS_MAX {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        result *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let change = d * c;
        result *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Sums the distribution in logarithms from zero, slow and plain.
    fn oracle(nb: NegativeBinomial, share: f64) -> u64 {
        let (m, k) = (nb.mean, nb.size);
        let log_odds = libm::log(m / (k + m));
        let mut log_term = -k * libm::log1p(m / k);
        let mut sum = libm::exp(log_term);
        let mut count = 0;
        while sum <= share {
            log_term += libm::log((float(count) + k) / (float(count) + 1.0)) + log_odds;
            sum += libm::exp(log_term);
            count += 1;
        }
        count
    }

    #[test]
    fn quantiles_equal_the_plain_sum() {
        for mean in [0.01, 0.5, 3.0, 20.0, 63.9, 64.1, 200.0, 1500.0, 9000.0] {
            for size in [0.25, 1.0, 7.0, 60.0, 900.0, 50_000.0] {
                let nb = NegativeBinomial { mean, size };
                for tail in [1e-4, 1e-3, 0.025, 0.1] {
                    assert_eq!(nb.upper(tail), oracle(nb, 1.0 - tail), "{nb:?} {tail}");
                    assert_eq!(nb.lower(tail), oracle(nb, tail), "{nb:?} {tail}");
                }
            }
        }
    }

    #[test]
    fn a_large_size_is_poisson() {
        let nb = NegativeBinomial { mean: 20.0, size: 1e9 };
        // P(X > 39) is 0.00005, P(X > 38) is 0.00011.
        assert_eq!(nb.upper(1e-4), 39);
    }

    #[test]
    fn the_largest_means_end_and_stay_in_order() {
        for mean in [1e6, 1e9, 1e12] {
            let nb = NegativeBinomial { mean, size: 50.0 };
            let (lower, upper) = (nb.lower(1e-4), nb.upper(1e-4));
            assert!(float(lower) < mean && mean < float(upper), "{lower} {upper}");
            assert!(float(upper) < 2.0 * mean && float(lower) > 0.4 * mean, "{lower} {upper}");
        }
    }

    proptest! {
        #[test]
        fn limits_rise_with_the_mean(
            mean in 0.001_f64..3000.0,
            more in 1.0_f64..3.0,
            size in 0.2_f64..1e5,
        ) {
            let small = NegativeBinomial { mean, size };
            let large = NegativeBinomial { mean: mean * more, size };
            prop_assert!(small.upper(1e-4) <= large.upper(1e-4));
            prop_assert!(small.lower(1e-4) <= large.lower(1e-4));
            prop_assert!(small.lower(1e-4) <= small.upper(1e-4));
        }
    }
}
