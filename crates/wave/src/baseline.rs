//! How many posts of a trace an ordinary hour has, learnt hour by hour.
//!
//! A power-discounted Gamma–Poisson model: the level is Gamma distributed, each hour's
//! mean is the level times the platform's shape, and the counts are predicted by a
//! negative binomial whose dispersion is learnt beside the level. Leaves out trends
//! beyond the discount, and the week of the single trace.
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
/// What was learnt before a new level weighs so much afterwards.
const NEW_LEVEL_WEIGHT: f64 = 0.05;
/// Hours as rare as this teach no dispersion, whatever tail the interval has. A larger
/// share would cut off what ordinary hours have to teach.
const SURGE_TAIL: f64 = 1e-4;
/// The learnt dispersion is taken this much wider, for its own uncertainty.
const DISPERSION_MARGIN: f64 = 1.1;

/// What an ordinary hour holds.
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

    /// What the hour `next` will hold if it is ordinary.
    pub(crate) fn interval(&self, shape: &Shape, constants: &Constants) -> Interval {
        let tail = fraction(constants.tail_per_hour_millionths);
        let predicted = self.predicted(shape, constants);
        Interval {
            expected: predicted.mean,
            lower: predicted.lower(tail),
            upper: predicted.upper(tail),
        }
    }

    /// The most that the hour `next` may hold if it is ordinary.
    pub(crate) fn upper(&self, shape: &Shape, constants: &Constants) -> u64 {
        self.predicted(shape, constants).upper(fraction(constants.tail_per_hour_millionths))
    }

    /// Learns the hour `next` from its count, but no more than the interval allows, so
    /// that a surge does not become its own baseline; one that lasts for two days does.
    pub(crate) fn learn(&mut self, count: u64, shape: &Shape, constants: &Constants) {
        if count == 0 && self.empty >= GAP_HOURS_LEARNT_MAX {
            let following = self.next.next();
            *self = self.before(following, shape, constants);
            return;
        }
        let predicted = self.predicted(shape, constants);
        let tail = fraction(constants.tail_per_hour_millionths);
        // A count below the mean never lifts the level, so only others need a quantile.
        let most = if float(count) > predicted.mean { predicted.upper(tail) } else { count };
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

    /// Takes the count of `hour` as the new level, with little left of the old one.
    fn start_again(&mut self, count: f64, shape: &Shape, hour: Hour) {
        self.posts = self.posts * NEW_LEVEL_WEIGHT + count;
        self.exposure = self.exposure * NEW_LEVEL_WEIGHT + shape.of(hour);
        self.surplus *= NEW_LEVEL_WEIGHT;
        self.square *= NEW_LEVEL_WEIGHT;
    }

    /// Negative binomial with the moments of a Gamma level under dispersed counts.
    fn predicted(&self, shape: &Shape, constants: &Constants) -> NegativeBinomial {
        let keep = shape.discount(1);
        let posts = fraction(constants.prior_posts_millionths) + keep * self.posts;
        let hours = fraction(constants.prior_hours_millionths) + keep * self.exposure;
        let mean = shape.of(self.next) * posts / hours;
        let dispersion = self.dispersion(constants);
        let size = 1.0 / (1.0 / posts + dispersion + dispersion / posts);
        NegativeBinomial { mean, size }
    }

    fn dispersion(&self, constants: &Constants) -> f64 {
        let weight = f64::from(constants.prior_dispersion_hours);
        let prior = fraction(constants.prior_dispersion_millionths);
        let learnt = (prior * weight + self.surplus) / (weight + self.square);
        (learnt * DISPERSION_MARGIN).clamp(0.0, DISPERSION_MAX)
    }

    fn update(&mut self, count: f64, shape: &Shape, constants: &Constants) {
        let keep = shape.discount(1);
        let mean = self.predicted(shape, constants).mean;
        // Scaled so that busy hours do not drown the others.
        let scale = (mean + 1.0) * (mean + 1.0);
        let error = count - mean;
        self.surplus = self.surplus * keep + (error * error - mean) / scale;
        self.square = self.square * keep + mean * mean / scale;
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
