//! How many posts of a trace an ordinary hour has, learnt hour by hour.
//!
//! A power-discounted Gamma–Poisson model: the fold begins at a prior that is discounted
//! with the data, the level is Gamma distributed, each hour's mean is the level times the
//! platform's shape, and the counts are predicted by a negative binomial whose dispersion
//! is learnt beside the level. Leaves out trends beyond the discount, and the week of the
//! single trace.
//!
//! Source: West and Harrison, Bayesian Forecasting and Dynamic Models, 2nd ed. (1997),
//! ch. 6 and 14.

use seawall_model::Hour;
use seawall_model::codec::{CodecError, Reader, Writer};

use crate::constants::fraction;
use crate::nb::NegativeBinomial;
use crate::shape::amount;
use crate::whole::float;
use crate::{Constants, Shape};

/// Empty hours in a row from which dispersion is learnt one by one; the rest of a gap
/// is passed at once and only lowers the level.
const GAP_HOURS_LEARNT_MAX: u16 = 48;
/// Dispersion is believed to lie below this: a standard deviation of twice the mean.
const DISPERSION_MAX: f64 = 4.0;
/// A surge that lasts so many hours without a break is the new level.
const SURGE_HOURS_MAX: u16 = 48;
/// The hour that sets a new level weighs as much as so many.
const NEW_LEVEL_HOURS: f64 = 24.0;
/// Hours as rare as this teach no dispersion, whatever tail the interval has. A larger
/// share would cut off what ordinary hours have to teach.
const SURGE_TAIL: f64 = 1e-4;

/// What an ordinary hour holds, where the platform is known long enough to say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Posts expected; finite, above 0.
    pub expected: f64,
    /// Fewest posts of an ordinary hour.
    pub lower: u64,
    /// Most posts of an ordinary hour.
    pub upper: u64,
}

impl Interval {
    /// Posts expected, in thousandths, rounded.
    #[must_use]
    pub fn expected_milli(&self) -> u64 {
        crate::whole::whole(self.expected * 1000.0 + 0.5)
    }
}

/// The level of one trace and its dispersion, up to an hour. 40 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Baseline {
    /// Discounted posts.
    posts: f64,
    /// Discounted hours, each weighted by the shape.
    exposure: f64,
    /// Discounted surplus of squared errors over Poisson's, scaled.
    surplus: f64,
    /// Discounted squared means, scaled alike.
    square: f64,
    /// The first hour that was not learnt yet.
    next: Hour,
    /// Empty hours in a row before `next`, up to the limit.
    empty: u16,
    /// Hours above the interval in a row before `next`, up to the limit.
    above: u16,
}

impl Baseline {
    /// A trace whose first hour is `hour`.
    pub(crate) fn new(hour: Hour) -> Self {
        Self {
            posts: 0.0,
            exposure: 0.0,
            surplus: 0.0,
            square: 0.0,
            next: hour,
            empty: 0,
            above: 0,
        }
    }

    /// The first hour that was not learnt yet.
    pub(crate) fn next(&self) -> Hour {
        self.next
    }

    /// The baseline as it is just before `hour`, the hours between being empty.
    ///
    /// Cost: at most 48 steps, however long the gap.
    pub(crate) fn before(mut self, hour: Hour, shape: &Shape, constants: &Constants) -> Self {
        // What lies before a stretch of the history says nothing of the hours in it.
        if let Some(start) = shape.history.start(hour).filter(|start| self.next <= *start) {
            self = Self::new(start);
        }
        while self.next < hour && self.empty < GAP_HOURS_LEARNT_MAX {
            self.update(0.0, shape, constants);
            self.empty += 1;
            self.above = 0;
        }
        let gap = hour.hours_since(self.next);
        if gap > 0 {
            let keep = shape.discount(gap);
            self.posts *= keep;
            self.exposure = self.exposure * keep + shape.exposure_before(hour, gap);
            self.surplus *= keep;
            self.square *= keep;
            self.next = hour;
        }
        self
    }

    /// What the hour `next` will hold if it is ordinary; `None` if the platform is not
    /// known long enough to say.
    pub(crate) fn interval(&self, shape: &Shape, constants: &Constants) -> Option<Interval> {
        if !shape.history.knows(self.next, constants) {
            return None;
        }
        let tail = fraction(constants.tail_per_hour_millionths);
        let predicted = self.predicted(shape, constants);
        Some(Interval {
            expected: predicted.mean,
            lower: predicted.lower(tail),
            upper: predicted.upper(tail),
        })
    }

    /// Whether a count of the hour `next` lies above what is ordinary; never while that
    /// is Unknown.
    pub(crate) fn is_above(&self, count: u64, shape: &Shape, constants: &Constants) -> bool {
        let tail = fraction(constants.tail_per_hour_millionths);
        shape.history.knows(self.next, constants)
            && count > self.predicted(shape, constants).upper(tail)
    }

    /// Learns the hour `next` from its count, but no more than the interval allows, so
    /// that a surge does not become its own baseline; one that lasts for two days does.
    /// Until the platform is known there is no interval, and all is learnt.
    pub(crate) fn learn(&mut self, count: u64, shape: &Shape, constants: &Constants) {
        if count == 0 && self.empty >= GAP_HOURS_LEARNT_MAX {
            let following = self.next.next();
            *self = self.before(following, shape, constants);
            return;
        }
        let predicted = self.predicted(shape, constants);
        let tail = fraction(constants.tail_per_hour_millionths);
        // A count below the mean never lifts the level, so only others need a quantile.
        let is_limited = float(count) > predicted.mean && shape.history.knows(self.next, constants);
        let most = if is_limited { predicted.upper(tail) } else { count };
        let before = *self;
        self.update(float(count.min(most)), shape, constants);
        if count > most {
            self.above += 1;
            if count > predicted.upper(SURGE_TAIL) {
                // One surge would widen the interval for days and hide the next one.
                self.surplus = before.surplus * shape.discount(1);
                self.square = before.square * shape.discount(1);
            }
        } else {
            self.above = 0;
        }
        if self.above == SURGE_HOURS_MAX {
            self.above = 0;
            self.start_again(float(count), shape, before.next);
        }
        self.empty = if count == 0 { self.empty + 1 } else { 0 };
    }

    /// Takes the count of `hour` as the new level and forgets the old one.
    fn start_again(&mut self, count: f64, shape: &Shape, hour: Hour) {
        self.posts = count * NEW_LEVEL_HOURS;
        self.exposure = shape.of(hour) * NEW_LEVEL_HOURS;
        self.surplus = 0.0;
        self.square = 0.0;
    }

    /// Negative binomial with the moments of a Gamma level under dispersed counts.
    fn predicted(&self, shape: &Shape, constants: &Constants) -> NegativeBinomial {
        let least = fraction(constants.prior_posts_millionths);
        let Self { posts, exposure, .. } = self.begun(constants);
        // A trace never seen again is believed in a little, for ever.
        let mean = shape.of(self.next) * posts.max(least) / exposure;
        let posts = (shape.discount(1) * posts).max(least);
        let dispersion = self.dispersion(constants);
        let size = 1.0 / (1.0 / posts + dispersion + dispersion / posts);
        NegativeBinomial { mean, size }
    }

    /// The baseline with the prior in it, if nothing was learnt yet.
    fn begun(mut self, constants: &Constants) -> Self {
        if self.exposure == 0.0 {
            self.posts = fraction(constants.prior_posts_millionths);
            self.exposure = fraction(constants.prior_hours_millionths);
        }
        self
    }

    fn dispersion(&self, constants: &Constants) -> f64 {
        let weight = f64::from(constants.prior_dispersion_hours);
        let prior = fraction(constants.prior_dispersion_millionths);
        let learnt = (prior * weight + self.surplus) / (weight + self.square);
        learnt.clamp(0.0, DISPERSION_MAX)
    }

    fn update(&mut self, count: f64, shape: &Shape, constants: &Constants) {
        let keep = shape.discount(1);
        let mean = self.predicted(shape, constants).mean;
        if shape.history.knows(self.next, constants) {
            *self = self.begun(constants);
        }
        // Scaled so that busy hours do not drown the others.
        let scale = (mean + 1.0) * (mean + 1.0);
        // Where the platform begins the prior is no guess to be wrong by.
        if self.exposure > 0.0 {
            let error = count - mean;
            self.surplus = self.surplus * keep + (error * error - mean) / scale;
            self.square = self.square * keep + mean * mean / scale;
        }
        self.posts = self.posts * keep + count;
        self.exposure = self.exposure * keep + shape.of(self.next);
        self.next = self.next.next();
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        writer.f64(self.posts);
        writer.f64(self.exposure);
        writer.f64(self.surplus);
        writer.f64(self.square);
        writer.u32(self.next.index());
        writer.u32(u32::from(self.empty));
        writer.u32(u32::from(self.above));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let posts = amount(reader)?;
        let exposure = amount(reader)?;
        let surplus = reader.f64()?;
        if !surplus.is_finite() {
            return Err(CodecError::Range);
        }
        let square = amount(reader)?;
        let next = Hour::from_index(reader.u32()?);
        let mut row = || u16::try_from(reader.u32()?).map_err(|_| CodecError::Range);
        let (empty, above) = (row()?, row()?);
        Ok(Self { posts, exposure, surplus, square, next, empty, above })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Hours of a platform that is known.
    fn hour(index: u32) -> Hour {
        Hour::from_index(96 + index)
    }

    fn learnt(counts: &[u64], constants: &Constants) -> Baseline {
        let shape = Shape::flat(constants);
        let mut baseline = Baseline::new(hour(0));
        for count in counts {
            baseline.learn(*count, &shape, constants);
        }
        baseline
    }

    fn upper(baseline: &Baseline, shape: &Shape, constants: &Constants) -> u64 {
        baseline.interval(shape, constants).unwrap().upper
    }

    #[test]
    fn the_level_is_found_and_a_gap_lowers_it() {
        let constants = Constants::default();
        let shape = Shape::flat(&constants);
        let baseline = learnt(&[30; 600], &constants);
        let interval = baseline.interval(&shape, &constants).unwrap();
        assert!((interval.expected - 30.0).abs() < 3.0, "{interval:?}");
        assert!(interval.lower > 5 && interval.upper < 70, "{interval:?}");
        let later = baseline.before(hour(1000), &shape, &constants);
        assert!(later.interval(&shape, &constants).unwrap().expected < 2.0);
    }

    #[test]
    fn a_series_of_zeros_expects_little_and_stays_finite() {
        let constants = Constants::default();
        let shape = Shape::flat(&constants);
        let interval = learnt(&[0; 5000], &constants).interval(&shape, &constants).unwrap();
        assert!(interval.expected > 0.0 && interval.expected < 0.1);
        assert_eq!((interval.lower, interval.upper), (0, 2));
    }

    #[test]
    fn a_constant_rate_is_expected_as_it_is() {
        let constants = Constants::default();
        let shape = Shape::flat(&constants);
        for rate in [1, 20, 1200] {
            let counts = vec![rate; 24 * 100];
            let expected =
                learnt(&counts, &constants).interval(&shape, &constants).unwrap().expected;
            let share = expected / crate::whole::float(rate);
            assert!((share - 1.0).abs() < 0.01, "{rate}: {expected}");
        }
    }

    /// One empty hour after the other, and all at once, must be the same hour.
    #[test]
    fn a_long_gap_is_passed_as_if_hour_by_hour() {
        let constants = Constants::default();
        let shape = Shape::flat(&constants);
        for gap in [1, 47, 48, 49, 500, 10_000] {
            let start = learnt(&[7, 9, 30, 8], &constants);
            let mut steps = start;
            for _ in 0..gap {
                steps.learn(0, &shape, &constants);
            }
            let jump = start.before(hour(4 + gap), &shape, &constants);
            assert_eq!(jump.next(), steps.next());
            let (a, b) = (jump.predicted(&shape, &constants), steps.predicted(&shape, &constants));
            assert!((a.mean / b.mean - 1.0).abs() < 1e-9, "{gap}: {a:?} {b:?}");
            assert!((a.size / b.size - 1.0).abs() < 1e-9, "{gap}: {a:?} {b:?}");
        }
    }

    #[test]
    fn one_huge_hour_barely_moves_the_baseline() {
        let constants = Constants::default();
        let shape = Shape::flat(&constants);
        let mut baseline = learnt(&[20; 200], &constants);
        let before = upper(&baseline, &shape, &constants);
        baseline.learn(u64::MAX, &shape, &constants);
        let after = upper(&baseline, &shape, &constants);
        assert!(before <= after && after <= before + 4, "{before} {after}");
    }

    #[test]
    fn what_lasts_for_two_days_becomes_the_new_level() {
        let constants = Constants::default();
        let shape = Shape::flat(&constants);
        let mut baseline = learnt(&[20; 200], &constants);
        let mut above = 0;
        for _ in 0..60 {
            above += u32::from(2000 > upper(&baseline, &shape, &constants));
            baseline.learn(2000, &shape, &constants);
        }
        assert!((48..52).contains(&above), "{above}");
    }

    proptest! {
        #[test]
        fn more_posts_in_an_hour_never_lower_what_the_next_expects(
            counts in proptest::collection::vec(0_u64..200, 0..80),
            last in 0_u64..300,
            more in 1_u64..50,
        ) {
            let constants = Constants::default();
            let shape = Shape::flat(&constants);
            let expected = |last: u64| {
                let mut baseline = learnt(&counts, &constants);
                baseline.learn(last, &shape, &constants);
                baseline.predicted(&shape, &constants).mean
            };
            prop_assert!(expected(last + more) >= expected(last));
        }

        #[test]
        fn any_counts_give_ordered_limits(counts in proptest::collection::vec(any::<u64>(), 0..60)) {
            let constants = Constants::default();
            let shape = Shape::flat(&constants);
            let interval = learnt(&counts, &constants).interval(&shape, &constants).unwrap();
            prop_assert!(interval.expected.is_finite() && interval.expected > 0.0);
            prop_assert!(interval.lower <= interval.upper);
        }
    }
}
