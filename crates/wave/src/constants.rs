//! Every threshold of the crate, with unit, default and what raising it does.
//!
//! Whole numbers only, fractions in millionths, so that a version of them can stand in
//! the journal and be altered by name. The defaults rest on the simulations in the
//! tests of `series`; leaves out thresholds of other stages.

use crate::QUIET_HOURS_MAX;

/// The thresholds of traces, baselines, bursts and waves.
///
/// They are knowledge: a change is an input of the journal, never made while an hour
/// is replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constants {
    /// Hours since the platform's first post before a baseline is known; default 24.
    /// Until then nothing is above it. Raising it makes the first intervals surer and
    /// the first bursts later.
    pub history_hours_min: u32,
    /// How much an hour keeps of its weight in the baseline one hour later, in
    /// millionths; default 985,000, a half-life of 46 hours. Raising it makes the
    /// level steadier and slower.
    pub discount_per_hour_millionths: u32,
    /// Posts believed in where a trace begins on a known platform, in millionths, and
    /// the fewest ever believed in; default 3 posts. Raising it makes new traces rise
    /// later.
    pub prior_posts_millionths: u32,
    /// Hours in which those posts are believed to have come, in millionths; default 6
    /// hours, discounted with the data. Raising it lets a new trace's baseline grow more
    /// slowly.
    pub prior_hours_millionths: u32,
    /// Dispersion believed in before any was seen: the squared coefficient of
    /// variation beyond Poisson's, in millionths; default 0.1. Raising it widens the
    /// intervals of traces with little history.
    pub prior_dispersion_millionths: u32,
    /// Hours of history which that belief weighs as much as; default 24. Raising it
    /// makes dispersion learnt more slowly.
    pub prior_dispersion_hours: u32,
    /// Chance that an ordinary hour lies above its interval, and the same below it, in
    /// millionths; default 100, which is 1 in 10,000 hours. Raising it finds smaller
    /// bursts and more false ones.
    pub tail_per_hour_millionths: u32,
    /// Fewest posts in the hour of a burst; default 20. Raising it hides small bursts.
    pub burst_posts_min: u32,
    /// Fewest accounts in the hour of a burst; default 5. One loud account is no
    /// burst. Raising it hides bursts of few accounts.
    pub burst_accounts_min: u32,
    /// Hours in a row within the interval after which a burst has fallen; default 2.
    /// Raising it joins bursts that follow each other.
    pub burst_quiet_hours: u32,
    /// Posts that pull each hour of the platform's week towards the mean; default 10.
    /// Raising it flattens the week of small platforms.
    pub shape_pseudo_posts: u32,
    /// How much a week keeps of its weight in the platform's week one week later, in
    /// millionths; default 750,000. Raising it makes the week steadier and slower.
    pub shape_discount_per_week_millionths: u32,
    /// Traces with a baseline, over all partitions; default 262,144. Raising it costs
    /// at most [`crate::QUIET_TRACE_BYTES`] each, and more while they are busy.
    pub traces_watched_max: u32,
    /// Traces seen once, over all partitions; default 262,144. Raising it costs at
    /// most [`crate::ONCE_TRACE_BYTES`] each and lets a second sighting come later.
    pub traces_once_max: u32,
    /// Share of the smaller account sample that a burst must share with a wave to join
    /// it, in millionths; default 500,000. Raising it makes more, smaller waves.
    pub wave_shared_millionths: u32,
    /// Fewest accounts shared with a wave to join it; default 5. Raising it makes more
    /// waves.
    pub wave_shared_min: u32,
    /// Waves open at one time; default 4,096. What is over waits and is opened when
    /// there is room. Raising it costs a few kilobytes each.
    pub waves_open_max: u32,
    /// Hours before a wave's first hour in which a field event may have begun; default
    /// 48. Raising it names more field events that have nothing to do with the wave.
    pub field_event_hours_before: u32,
    /// Hours of event time for which field events are kept; default 168.
    pub field_event_hours_kept: u32,
    /// Field events kept; default 1,024, the oldest leave first.
    pub field_events_max: u32,
}

/// Why a threshold was not altered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConstantError {
    /// There is no threshold of that name.
    #[error("there is no threshold `{0}`")]
    Unknown(String),
    /// The value makes no sense for it.
    #[error("`{name}` must be from {min} to {max}, not {value}")]
    Range {
        /// The threshold.
        name: &'static str,
        /// Its least value.
        min: u32,
        /// Its greatest value.
        max: u32,
        /// The value asked for.
        value: i64,
    },
}

impl Default for Constants {
    fn default() -> Self {
        Self {
            history_hours_min: 24,
            discount_per_hour_millionths: 985_000,
            prior_posts_millionths: 3_000_000,
            prior_hours_millionths: 6_000_000,
            prior_dispersion_millionths: 100_000,
            prior_dispersion_hours: 24,
            tail_per_hour_millionths: 100,
            burst_posts_min: 20,
            burst_accounts_min: 5,
            burst_quiet_hours: 2,
            shape_pseudo_posts: 10,
            shape_discount_per_week_millionths: 750_000,
            traces_watched_max: 262_144,
            traces_once_max: 262_144,
            wave_shared_millionths: 500_000,
            wave_shared_min: 5,
            waves_open_max: 4096,
            field_event_hours_before: 48,
            field_event_hours_kept: 168,
            field_events_max: 1024,
        }
    }
}

/// One threshold: name, place, least and greatest value.
type Row<'a> = (&'static str, &'a mut u32, u32, u32);

impl Constants {
    /// Every threshold by name, in order of declaration.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, i64)> {
        let mut copy = self.clone();
        copy.rows().into_iter().map(|(name, place, ..)| (name, i64::from(*place))).collect()
    }

    /// Alters one threshold by its name.
    ///
    /// # Errors
    /// [`ConstantError::Unknown`] for a name that [`Self::values`] does not give;
    /// [`ConstantError::Range`] for a value with which the model has no meaning.
    /// Nothing is altered then.
    pub fn set(&mut self, name: &str, value: i64) -> Result<(), ConstantError> {
        let row = self.rows().into_iter().find(|row| row.0 == name);
        let (name, place, min, max) = row.ok_or_else(|| ConstantError::Unknown(name.to_owned()))?;
        match u32::try_from(value) {
            Ok(value) if (min..=max).contains(&value) => *place = value,
            _ => return Err(ConstantError::Range { name, min, max, value }),
        }
        Ok(())
    }

    fn rows(&mut self) -> [Row<'_>; 20] {
        const MILLION: u32 = 1_000_000;
        let discount = &mut self.discount_per_hour_millionths;
        let prior_posts = &mut self.prior_posts_millionths;
        let prior_hours = &mut self.prior_hours_millionths;
        let dispersion = &mut self.prior_dispersion_millionths;
        let dispersion_hours = &mut self.prior_dispersion_hours;
        let week = &mut self.shape_discount_per_week_millionths;
        [
            ("history_hours_min", &mut self.history_hours_min, 1, QUIET_HOURS_MAX),
            ("discount_per_hour_millionths", discount, MILLION / 2, 999_999),
            ("prior_posts_millionths", prior_posts, 1000, 1000 * MILLION),
            ("prior_hours_millionths", prior_hours, 1000, 1000 * MILLION),
            ("prior_dispersion_millionths", dispersion, 0, 4 * MILLION),
            ("prior_dispersion_hours", dispersion_hours, 1, 10_000),
            ("tail_per_hour_millionths", &mut self.tail_per_hour_millionths, 1, 100_000),
            ("burst_posts_min", &mut self.burst_posts_min, 1, u32::MAX),
            ("burst_accounts_min", &mut self.burst_accounts_min, 1, u32::MAX),
            ("burst_quiet_hours", &mut self.burst_quiet_hours, 1, 168),
            ("shape_pseudo_posts", &mut self.shape_pseudo_posts, 1, u32::MAX),
            ("shape_discount_per_week_millionths", week, MILLION / 10, MILLION),
            ("traces_watched_max", &mut self.traces_watched_max, 4096, 1 << 30),
            ("traces_once_max", &mut self.traces_once_max, 4096, 1 << 30),
            ("wave_shared_millionths", &mut self.wave_shared_millionths, 1, MILLION),
            ("wave_shared_min", &mut self.wave_shared_min, 1, u32::MAX),
            ("waves_open_max", &mut self.waves_open_max, 1, 1 << 20),
            ("field_event_hours_before", &mut self.field_event_hours_before, 1, 720),
            ("field_event_hours_kept", &mut self.field_event_hours_kept, 1, 8760),
            ("field_events_max", &mut self.field_events_max, 1, 1 << 20),
        ]
    }
}

/// A threshold in millionths as the fraction it stands for.
pub(crate) fn fraction(millionths: u32) -> f64 {
    f64::from(millionths) / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_threshold_is_read_and_altered_by_name() {
        let mut constants = Constants::default();
        for (name, value) in Constants::default().values() {
            constants.set(name, value).unwrap();
            constants.set(name, value + 1).unwrap();
        }
        for ((name, old), (_, new)) in Constants::default().values().iter().zip(constants.values())
        {
            assert_eq!(old + 1, new, "{name}");
        }
        insta::assert_debug_snapshot!(Constants::default().values());
    }

    #[test]
    fn a_value_without_meaning_is_refused_and_alters_nothing() {
        let mut constants = Constants::default();
        let refused = constants.set("tail_per_hour_millionths", 0).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "`tail_per_hour_millionths` must be from 1 to 100000, not 0"
        );
        assert!(constants.set("discount_per_hour_millionths", 1_000_000).is_err());
        assert!(constants.set("waves_open_max", -1).is_err());
        assert_eq!(
            constants.set("kettles", 1).unwrap_err().to_string(),
            "there is no threshold `kettles`"
        );
        assert_eq!(constants, Constants::default());
    }
}
