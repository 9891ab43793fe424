//! Seeded counts with known truth, for tests only. Knows no detector.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A source of chance that is the same on every machine.
pub(crate) struct Chance(ChaCha12Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    /// Evenly from 0 to 1, neither included.
    pub(crate) fn share(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }

    /// Evenly below `most`.
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0.next_u64() % most
    }

    fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(self.share()));
        radius * libm::cos(2.0 * std::f64::consts::PI * self.share())
    }

    /// Marsaglia and Tsang, ACM TOMS 26 (2000).
    fn gamma(&mut self, size: f64) -> f64 {
        if size < 1.0 {
            let lift = libm::pow(self.share(), 1.0 / size);
            return self.gamma(size + 1.0) * lift;
        }
        let d = size - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            if libm::log(self.share()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }

    pub(crate) fn poisson(&mut self, mean: f64) -> u64 {
        if mean > 200.0 {
            // Close enough there, and a product of so many shares is slow.
            return crate::whole::whole(mean + libm::sqrt(mean) * self.normal() + 0.5);
        }
        let mut left = mean;
        let mut count = 0;
        loop {
            left += libm::log(self.share());
            if left < 0.0 {
                return count;
            }
            count += 1;
        }
    }

    /// A count with this mean and a variance of `mean + dispersion * mean²`.
    pub(crate) fn count(&mut self, mean: f64, dispersion: f64) -> u64 {
        if dispersion == 0.0 {
            return self.poisson(mean);
        }
        let rate = self.gamma(1.0 / dispersion) * dispersion * mean;
        self.poisson(rate)
    }
}

/// How busy an hour of the week is: quiet nights, busy evenings, a louder weekend.
pub(crate) fn week(hour: u32) -> f64 {
    let day = f64::from((hour + 6) % 24) / 24.0;
    let weekend = if hour % 168 >= 120 { 1.3 } else { 0.88 };
    weekend * (1.0 + 0.7 * libm::sin(2.0 * std::f64::consts::PI * day))
}
