//! How the simulated platform closes accounts: how long each role lives, and sweeps.
//!
//! Lives are those of published studies of 2014 to 2019, named at each policy. Whom the
//! platform closes wrongly and gives back is here too. Says nothing of detection: a policy
//! knows the truth and closes by it, as an all-knowing platform of that pressure would.

use crate::chance::Chance;
use crate::class::Class;

/// Days that an account lives until the platform closes it: a share of the accounts is
/// found at once, the others by a Weibull life.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Life {
    /// The share that is found at once.
    pub fast_share: f64,
    /// Their mean life in days.
    pub fast_days: f64,
    /// Scale of the others' life in days.
    pub days: f64,
    /// Its shape: above 1, an account is safest when it is new.
    pub shape: f64,
}

impl Life {
    /// A life from the account's first day.
    pub fn draw(&self, chance: &mut Chance) -> f64 {
        if chance.holds(self.fast_share) {
            chance.waiting(self.fast_days)
        } else {
            self.days * libm::pow(chance.waiting(1.0), 1.0 / self.shape)
        }
    }

    /// What is left of the life of an account that has lived so many days already.
    pub fn left(&self, lived: f64, chance: &mut Chance) -> f64 {
        let survived = libm::pow(lived / self.days, self.shape);
        let life = self.days * libm::pow(chance.waiting(1.0) + survived, 1.0 / self.shape);
        life - lived
    }
}

/// A day on which the platform closes a share of all that it knows, within hours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sweep {
    /// The day, from 0.
    pub day: u32,
    /// The hour of its beginning.
    pub hour: u32,
    /// The share of the open accounts of the networks.
    pub share: f64,
    /// What lives become after it, as a factor; 1 where pressure stays as it was.
    pub lives_after: f64,
    /// What the share of those who come back becomes; the others go to another platform.
    pub returns_after: f64,
}

/// How the platform moderates.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: &'static str,
    /// Life of accounts of the network, outlets aside.
    pub life: Life,
    /// Life of outlets.
    pub outlet: Life,
    /// Sweeps, by day.
    pub sweeps: Vec<Sweep>,
    /// The share of innocents near the cause who are closed wrongly, each day.
    pub wrong_daily: f64,
}

const fn weibull(days: f64, shape: f64) -> Life {
    Life { fast_share: 0.0, fast_days: 1.0, days, shape }
}

impl Policy {
    /// 2014: 3.4 % of accounts closed in about four months (Berger and Morgan 2015).
    #[must_use]
    pub fn census() -> Self {
        let life = weibull(3_470.0, 1.0);
        Self { name: "census", life, outlet: life, sweeps: Vec::new(), wrong_daily: 0.000_1 }
    }

    /// 2017, networks that were not hunted: under 1 % closed within two days, 36 % within
    /// three months (Conway and others 2017); channels of 302 days (CREST 2021).
    #[must_use]
    pub fn low() -> Self {
        Self {
            name: "low",
            life: weibull(163.0, 1.3),
            outlet: weibull(300.0, 1.0),
            sweeps: Vec::new(),
            wrong_daily: 0.000_3,
        }
    }

    /// 2017, the network that was hunted: 30 % closed within two days, 63 % within three
    /// months (Conway and others 2017); channels of 14 days (CREST 2021).
    #[must_use]
    pub fn high() -> Self {
        Self {
            name: "high",
            life: Life { fast_share: 0.32, fast_days: 0.8, days: 138.0, shape: 1.0 },
            outlet: weibull(14.0, 1.0),
            sweeps: Vec::new(),
            wrong_daily: 0.001,
        }
    }

    /// The policy with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::census(), Self::low(), Self::high()].into_iter().find(|policy| policy.name == name)
    }

    /// The life of a role.
    #[must_use]
    pub fn life(&self, class: Class) -> &Life {
        if class == Class::Outlet { &self.outlet } else { &self.life }
    }
}

/// Days until an account that was closed wrongly is given back: quantiles of 65,797 timed
/// reversals, of which most fell into one amnesty of 2022, so the form more than the truth.
pub const REVERSAL_DAYS: [(f64, f64); 7] =
    [(0.0, 0.5), (0.1, 6.7), (0.25, 18.0), (0.5, 46.0), (0.75, 145.0), (0.9, 242.0), (1.0, 700.0)];

/// Days from a closing to the first act of the account that follows it, where that was not
/// made before: 43 pairs of accounts of 21 documented evaders. What happens within a day is
/// set so that 0.2 accounts appear for each that a sweep closes, within a day (Berger 2015).
pub const RETURN_DAYS: [(f64, f64); 8] = [
    (0.0, 0.03),
    (0.25, 1.0),
    (0.30, 2.0),
    (0.46, 6.0),
    (0.48, 7.0),
    (0.57, 30.0),
    (0.78, 120.0),
    (1.0, 687.0),
];

/// The share of accounts that come after another and had been made before it was closed:
/// 15 of 58 pairs.
pub const BACKUP_SHARE: f64 = 0.26;

/// Whether an actor comes back at all after one closing: with it the accounts of those who
/// have more than one have the median 3 (2 to 11 among 21).
pub const RETURNS_SHARE: f64 = 0.7;

#[cfg(test)]
mod tests {
    use super::*;

    fn within(life: &Life, days: f64) -> f64 {
        let draws = 20_000;
        let short = (0..draws).filter(|n| life.draw(&mut Chance::of(3, &[*n])) <= days).count();
        short as f64 / draws as f64
    }

    #[test]
    fn lives_are_those_of_the_studies() {
        let high = Policy::high();
        assert!((within(&high.life, 2.0) - 0.30).abs() < 0.02);
        assert!((within(&high.life, 90.0) - 0.63).abs() < 0.02);
        let low = Policy::low();
        assert!(within(&low.life, 2.0) < 0.01);
        assert!((within(&low.life, 90.0) - 0.36).abs() < 0.02);
        assert!((within(&Policy::census().life, 120.0) - 0.034).abs() < 0.005);
    }

    #[test]
    fn what_is_left_of_a_life_does_not_forget_how_long_it_was() {
        let life = weibull(100.0, 1.0);
        let mean = |lived: f64| {
            (0..20_000).map(|n| life.left(lived, &mut Chance::of(4, &[n]))).sum::<f64>() / 20_000.0
        };
        assert!((mean(0.0) - mean(300.0)).abs() < 3.0, "an exponential life has no memory");
        assert!(weibull(100.0, 1.3).left(500.0, &mut Chance::of(4, &[1])) > 0.0);
    }
}
