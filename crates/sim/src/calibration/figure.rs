//! One figure: what was published, what is achieved, and its interval.

/// What was published.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// What it is.
    pub what: &'static str,
    /// The published figure, in words.
    pub published: &'static str,
    /// The range in which it is met.
    pub range: (f64, f64),
    /// Whose range that is.
    pub bound: Bound,
    /// Who published it.
    pub source: &'static str,
}

/// Where the range in which a figure is met comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The study itself names a range or a bound.
    Study,
    /// The 95 % interval of the study's sample; of a log-normal one for followers.
    Sample,
    /// Chosen here.
    Ours,
}

/// One figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What was published.
    pub target: Target,
    /// What the world gives.
    pub achieved: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// What was counted.
    pub counted: usize,
    /// Whether it is of 2014 to 2019; the others are for their form.
    pub era: Era,
}

/// When a figure was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2014 to 2019, of such a network.
    Studied,
    /// Another time or another network: its form is wanted, not its number.
    Form,
}

impl Figure {
    /// Whether what is achieved lies in the accepted range.
    #[must_use]
    pub fn is_met(&self) -> bool {
        (self.target.range.0..=self.target.range.1).contains(&self.achieved)
    }
}

/// A share of `n`, with Wilson's interval.
pub(super) fn share(target: &Target, hits: u64, n: u64) -> Figure {
    let (p, n) = (hits as f64 / n.max(1) as f64, n.max(1) as f64);
    let z = 1.96;
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z * libm::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / (1.0 + z * z / n);
    let interval = ((middle - half).max(0.0), (middle + half).min(1.0));
    figure(target, p, interval, crate::chance::whole(n) as usize)
}

/// A quantile, with the interval of its order statistics.
pub(super) fn quantile(target: &Target, values: &mut [f64], q: f64) -> Figure {
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let half = 1.96 * libm::sqrt(n * q * (1.0 - q));
    let at = |rank: f64| {
        let rank = crate::chance::whole(rank.max(0.0)) as usize;
        values.get(rank.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    };
    figure(target, at(q * n), (at(q * n - half), at(q * n + half)), values.len())
}

pub(super) fn figure(
    target: &Target,
    achieved: f64,
    interval: (f64, f64),
    counted: usize,
) -> Figure {
    Figure { target: *target, achieved, interval, counted, era: Era::Studied }
}

pub(super) fn of_form(figure: Figure) -> Figure {
    Figure { era: Era::Form, ..figure }
}
