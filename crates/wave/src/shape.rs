//! The platform's week: which hours of it are busy, learnt from hourly totals.
//!
//! Leaves out the level of a trace, which `baseline` learns; the week of a single
//! trace, which would rest on too few posts; and holidays.

use seawall_model::Hour;
use seawall_model::codec::{CodecError, Reader, Writer};

use crate::constants::fraction;
use crate::whole::float;
use crate::{Constants, History};

/// Hours in a week.
const WEEK: usize = Hour::PER_WEEK as usize;
/// Hours in a day.
const DAY: usize = 24;
/// Hours that must be counted before the hour of the day has a shape.
const DAY_SHAPE_HOURS_MIN: u64 = 48;
/// Hours that must be counted before the hour of the week has a shape.
const WEEK_SHAPE_HOURS_MIN: u64 = 336;
/// No multiplier lies below; a night that was silent so far may still see a post.
const MULTIPLIER_MIN: f64 = 0.05;
/// One hour counts at most as so many average hours, so that one surge of the whole
/// platform does not become the shape of its week.
const HOUR_SURGE_MAX: f64 = 8.0;

/// How busy each hour of the week is: 168 multipliers with mean 1.
///
/// Together with them it keeps their discounted sums, so that a baseline can pass over
/// any number of empty hours at once. About 2.7 kB; made anew at most once per hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    multipliers: [f64; WEEK],
    /// For each hour of the week, the multipliers from it back for ever, discounted.
    sums: [f64; WEEK],
    discount: f64,
    /// From when on the platform is known.
    pub(crate) history: History,
}

impl Shape {
    /// The shape of a platform known for ever in which every hour is like any other.
    #[cfg(test)]
    pub(crate) fn flat(constants: &Constants) -> Self {
        Self::new([1.0; WEEK], History::always(), constants)
    }

    /// The multiplier of an hour; positive, 1 for an average hour.
    #[must_use]
    pub fn of(&self, hour: Hour) -> f64 {
        self.multipliers[week_index(hour)]
    }

    /// All multipliers, Monday 00:00 UTC first.
    #[must_use]
    pub fn multipliers(&self) -> &[f64; 168] {
        &self.multipliers
    }

    fn new(multipliers: [f64; WEEK], history: History, constants: &Constants) -> Self {
        let discount = fraction(constants.discount_per_hour_millionths);
        // The sum over one week, then the geometric series of all weeks before.
        let mut last = 0.0;
        for value in multipliers {
            last = last * discount + value;
        }
        last /= 1.0 - power(discount, Hour::PER_WEEK);
        let mut sums = [0.0; WEEK];
        for (sum, value) in sums.iter_mut().zip(multipliers) {
            last = last * discount + value;
            *sum = last;
        }
        Self { multipliers, sums, discount, history }
    }

    /// The discounted multipliers of the `hours` hours before `next`, the last in full.
    pub(crate) fn exposure_before(&self, next: Hour, hours: u32) -> f64 {
        let at = |back: u32| {
            let index =
                (next.of_week() + Hour::PER_WEEK - 1 - back % Hour::PER_WEEK) % Hour::PER_WEEK;
            self.sums[index as usize]
        };
        (at(0) - power(self.discount, hours) * at(hours)).max(0.0)
    }

    /// The discount of `hours` hours.
    pub(crate) fn discount(&self, hours: u32) -> f64 {
        power(self.discount, hours)
    }
}

/// Learns the platform's week from its hourly totals.
///
/// Each hour of the week keeps a discounted sum of its totals. Hours that were not
/// told are Unknown, not zero; an hour without posts must be told as 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Season {
    /// Discounted posts per hour of the week.
    posts: [f64; WEEK],
    /// Discounted times each hour of the week was told.
    times: [f64; WEEK],
    /// Hours told in all.
    hours: u64,
    /// Discounted mean of an hour, by the week's discount spread over its hours.
    mean: f64,
}

impl Default for Season {
    fn default() -> Self {
        Self { posts: [0.0; WEEK], times: [0.0; WEEK], hours: 0, mean: 0.0 }
    }
}

impl Season {
    /// Nothing told yet: [`Self::shape`] is flat.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Hours told so far.
    #[must_use]
    pub fn hours(&self) -> u64 {
        self.hours
    }

    /// Tells the posts of one whole hour, each hour once, in order of time.
    ///
    /// A total of more than eight average hours counts as eight. Hours before the first
    /// post teach nothing.
    pub fn count_hour(&mut self, hour: Hour, posts: u64, constants: &Constants) {
        if self.hours == 0 && posts == 0 {
            return;
        }
        let mut posts = float(posts);
        if self.hours >= DAY_SHAPE_HOURS_MIN {
            posts = posts.min(self.mean * HOUR_SURGE_MAX + 1.0);
        }
        let keep = fraction(constants.shape_discount_per_week_millionths);
        let index = week_index(hour);
        self.posts[index] = self.posts[index] * keep + posts;
        self.times[index] = self.times[index] * keep + 1.0;
        let weight = 1.0 / float(self.hours.min(u64::from(Hour::PER_WEEK)) + 1);
        self.mean += (posts - self.mean) * weight;
        self.hours += 1;
    }

    /// The shape by what was told so far, with the history beside it.
    ///
    /// Flat before two days, by hour of day before two weeks, then by hour of week;
    /// drawn towards 1 by [`Constants::shape_pseudo_posts`], and then with a quarter from
    /// either neighbour. Mean exactly 1 but for
    /// rounding; no multiplier below 0.05 before that.
    #[must_use]
    pub fn shape(&self, history: History, constants: &Constants) -> Shape {
        let mut multipliers = [1.0; WEEK];
        if self.hours < DAY_SHAPE_HOURS_MIN {
            return Shape::new(multipliers, history, constants);
        }
        let step = if self.hours < WEEK_SHAPE_HOURS_MIN { DAY } else { WEEK };
        let total: f64 = self.posts.iter().sum();
        let times: f64 = self.times.iter().sum();
        let mean = total / times;
        let pseudo = f64::from(constants.shape_pseudo_posts);
        for first in 0..step {
            let posts: f64 = self.posts.iter().skip(first).step_by(step).sum();
            let times: f64 = self.times.iter().skip(first).step_by(step).sum();
            let value = (posts + pseudo) / (mean * times + pseudo);
            for place in multipliers.iter_mut().skip(first).step_by(step) {
                *place = value.max(MULTIPLIER_MIN);
            }
        }
        if step == WEEK {
            multipliers = smoothed(&multipliers);
        }
        let scale = multipliers.iter().sum::<f64>() / f64::from(Hour::PER_WEEK);
        for value in &mut multipliers {
            *value /= scale;
        }
        Shape::new(multipliers, history, constants)
    }

    /// Writes the state.
    pub fn encode(&self, writer: &mut Writer) {
        for value in self.posts.iter().chain(&self.times).chain([&self.mean]) {
            writer.f64(*value);
        }
        writer.u64(self.hours);
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`CodecError`] if the bytes end early or hold what is no sum of counts.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut season = Self::new();
        let Self { posts, times, mean, hours } = &mut season;
        for place in posts.iter_mut().chain(times).chain([mean]) {
            *place = amount(reader)?;
        }
        *hours = reader.u64()?;
        Ok(season)
    }
}

/// Reads a float that must be finite and not negative.
pub(crate) fn amount(reader: &mut Reader<'_>) -> Result<f64, CodecError> {
    let value = reader.f64()?;
    if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(CodecError::Range) }
}

/// Each hour with a quarter from either neighbour: a single hour of the week was seen
/// only a few times.
fn smoothed(values: &[f64; WEEK]) -> [f64; WEEK] {
    std::array::from_fn(|hour| {
        let before = values[(hour + WEEK - 1) % WEEK];
        let after = values[(hour + 1) % WEEK];
        0.25 * before + 0.5 * values[hour] + 0.25 * after
    })
}

fn week_index(hour: Hour) -> usize {
    hour.of_week() as usize
}

/// `base` to the power of `exponent` by squaring; `f64::powi` differs by platform.
fn power(base: f64, exponent: u32) -> f64 {
    let mut result = 1.0;
    let mut square = base;
    let mut left = exponent;
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        square *= square;
        left >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::week;

    /// Monday 00:00 UTC.
    const START: u32 = 96;

    fn told(hours: u32, posts: impl Fn(u32) -> u64) -> Season {
        let mut season = Season::new();
        for hour in 0..hours {
            let at = Hour::from_index(START + hour);
            season.count_hour(at, posts(hour), &Constants::default());
        }
        season
    }

    fn spread(shape: &Shape) -> f64 {
        shape.multipliers().iter().map(|value| (value - 1.0).abs()).sum::<f64>() / 168.0
    }

    #[test]
    fn the_week_is_learnt_in_three_steps() {
        let constants = Constants::default();
        let posts = |hour| crate::whole::whole(1000.0 * week(hour));
        assert_eq!(told(47, posts).shape(History::always(), &constants), Shape::flat(&constants));
        let day = told(335, posts).shape(History::always(), &constants);
        assert_eq!(day.multipliers()[3], day.multipliers()[3 + 24 * 5], "by hour of day");
        let learnt = told(168 * 6, posts).shape(History::always(), &constants);
        for hour in 0..168 {
            let value = learnt.multipliers()[hour as usize];
            let mean = (0..168).map(week).sum::<f64>() / 168.0;
            assert!((value - week(hour) / mean).abs() < 0.2, "{hour}: {value}");
        }
    }

    #[test]
    fn the_mean_is_one_and_a_small_platform_stays_near_it() {
        let constants = Constants::default();
        for hours in [48, 336, 2000] {
            let shape =
                told(hours, |hour| u64::from(hour % 24 == 20)).shape(History::always(), &constants);
            let mean = shape.multipliers().iter().sum::<f64>() / 168.0;
            assert!((mean - 1.0).abs() < 1e-12, "{mean}");
            assert!(spread(&shape) < 0.4, "{}", spread(&shape));
        }
    }

    #[test]
    fn a_silent_platform_and_one_huge_hour_do_no_harm() {
        let constants = Constants::default();
        assert_eq!(spread(&told(1000, |_| 0).shape(History::always(), &constants)), 0.0);
        let huge = told(1000, |hour| if hour == 700 { u64::MAX } else { 100 });
        assert!(spread(&huge.shape(History::always(), &constants)) < 0.1);
    }

    #[test]
    fn a_shape_gives_back_the_discounted_hours_before() {
        let constants = Constants::default();
        let posts = |hour| crate::whole::whole(1000.0 * week(hour));
        let shape = told(168 * 4, posts).shape(History::always(), &constants);
        for hours in [0, 1, 5, 167, 168, 169, 1000] {
            let next = 5000;
            let mut plain = 0.0;
            for hour in next - hours..next {
                plain = plain * 0.985 + shape.of(Hour::from_index(hour));
            }
            let fast = shape.exposure_before(Hour::from_index(next), hours);
            assert!((plain - fast).abs() < 1e-9, "{hours}: {plain} {fast}");
        }
    }

    #[test]
    fn a_season_reads_what_it_wrote() {
        let season = told(500, u64::from);
        let mut writer = Writer::new();
        season.encode(&mut writer);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!(Season::decode(&mut reader), Ok(season));
        assert_eq!(reader.end(), Ok(()));
        assert_eq!(Season::decode(&mut Reader::new(&[255; 4000])), Err(CodecError::Range));
    }
}
