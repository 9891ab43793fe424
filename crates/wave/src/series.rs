//! The baseline of a whole series at once, as the tide is drawn and bursts are checked.
//!
//! The same model as the live windows use. Leaves out bursts and waves: a series says
//! what was ordinary, not who took part.

use seawall_model::Hour;

use crate::baseline::Baseline;
use crate::shape::Season;
use crate::{Constants, History, Interval};

/// Hours between two makings of the series' own shape.
const SHAPE_EVERY_HOURS: u64 = 24;

/// What each hour of a series would hold if it were ordinary, by the hours before it.
///
/// `counts` are posts per hour without gaps, the first being `first_hour`; the answer
/// has as many intervals. The shape of the week is learnt from the series itself, from
/// counts no higher than their interval allowed, so a surge raises neither level nor
/// shape by more than that. `history` is the platform's, also where the series is of a
/// single trace; an hour that it does not know has no interval, and `None` stands for it.
///
/// Cost: about a microsecond per hour. Pure; equal on every machine.
#[must_use]
pub fn intervals(
    counts: &[u64],
    first_hour: Hour,
    history: &History,
    constants: &Constants,
) -> Vec<Option<Interval>> {
    let mut season = Season::new();
    let mut shape = season.shape(history.clone(), constants);
    let mut baseline = Baseline::new(first_hour);
    let mut answer = Vec::with_capacity(counts.len());
    for &count in counts {
        let hour = baseline.next();
        baseline = baseline.before(hour, &shape, constants);
        let interval = baseline.interval(&shape, constants);
        baseline.learn(count, &shape, constants);
        let most = interval.map_or(count, |interval| count.min(interval.upper));
        if history.start(hour).is_some() {
            season.count_hour(hour, most, constants);
            if season.hours().is_multiple_of(SHAPE_EVERY_HOURS) {
                shape = season.shape(history.clone(), constants);
            }
        }
        answer.push(interval);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::QUIET_HOURS_MAX;
    use crate::simulate::{Chance, week};
    use crate::whole::float;

    /// Monday 00:00 UTC.
    const START: u32 = 96;
    const WEEK: usize = 168;

    /// The series of a whole platform, known since the series begins.
    fn from_its_start(counts: &[u64], constants: &Constants) -> Vec<Option<Interval>> {
        let mut history = History::new();
        history.note(Hour::from_index(START));
        intervals(counts, Hour::from_index(START), &history, constants)
    }

    /// A new platform of 1,200 posts an hour is not a day above a baseline of 3 in 6 hours.
    #[test]
    fn a_platform_has_no_baseline_for_a_day_and_then_the_right_one() {
        let constants = Constants::default();
        for rate in [20, 1200] {
            let answer = from_its_start(&[rate; 24 * 100], &constants);
            assert_eq!(answer[..24], [None; 24]);
            for (hour, interval) in answer.iter().enumerate().skip(24) {
                let interval = interval.unwrap();
                assert!(interval.lower < rate && rate < interval.upper, "{hour}: {interval:?}");
                let share = interval.expected / float(rate);
                assert!((share - 1.0).abs() < 0.01, "{hour}: {interval:?}");
            }
        }
    }

    /// Hours before the first post, and a gap of months, were not quiet but not told.
    #[test]
    fn what_was_not_told_is_no_zero() {
        let constants = Constants::default();
        let gap = QUIET_HOURS_MAX as usize + 100;
        let counts = [vec![0; 100], vec![300; 200], vec![0; gap], vec![300; 200]].concat();
        let mut history = History::new();
        for (hour, _) in (START..).zip(&counts).filter(|(_, count)| **count > 0) {
            history.note(Hour::from_index(hour));
        }
        let answer = intervals(&counts, Hour::from_index(START), &history, &constants);
        for begun in [100, 300 + gap] {
            assert_eq!(answer[begun..begun + 24], [None; 24]);
            for interval in answer[begun + 24..begun + 200].iter().flatten() {
                assert!(interval.lower < 300 && 300 < interval.upper, "{interval:?}");
                assert!((interval.expected / 300.0 - 1.0).abs() < 0.2, "{interval:?}");
            }
        }
        assert_eq!(answer[..100], [None; 100]);
        assert_eq!(answer[300..300 + gap], vec![None; gap]);
    }

    /// A tag that appears on a platform that is known keeps the prior.
    #[test]
    fn a_new_trace_on_a_known_platform_is_judged_at_once() {
        let constants = Constants::default();
        let mut history = History::new();
        history.note(Hour::from_index(START - 24));
        let first = intervals(&[30], Hour::from_index(START), &history, &constants)[0].unwrap();
        assert!(first.expected == 0.5 && first.upper < 20, "{first:?}");
    }

    /// Whatever the hour in which a platform begins: its nights and days are not known yet.
    #[test]
    fn the_first_week_of_a_platform_is_quiet() {
        let constants = Constants::default();
        let (mut alarms, mut weeks) = (0, 0);
        for (seed, begin) in (0..64).zip([0_u32, 6, 12, 18].into_iter().cycle()) {
            let mut chance = Chance::new(seed);
            let means = (begin..begin + 168).map(|hour| 40.0 * week(hour));
            let counts: Vec<u64> = means.map(|mean| chance.count(mean, 0.1)).collect();
            let answer = from_its_start(&counts, &constants);
            let judged = counts.iter().zip(answer.iter().flatten());
            alarms += judged.filter(|(count, interval)| **count > interval.upper).count();
            weeks += 1;
        }
        println!("{alarms} false alarms in {weeks} first weeks");
        assert!(alarms * 5 <= weeks);
    }

    struct Figures {
        hours: u64,
        above: u64,
        below: u64,
        alarms: u64,
        planted: u64,
        found: u64,
    }

    /// Fewest posts expected in the first hour of a planted burst: two fifths of the
    /// least that a burst has, so that five times as many are usually enough.
    const MEAN_MIN: f64 = 8.0;

    /// Series of eight weeks, of which the first is not judged; `plant` bursts in each,
    /// of one to six hours at five times the ordinary mean.
    fn simulate(level: f64, dispersion: f64, constants: &Constants, plant: u64) -> Figures {
        let mut sum = Figures { hours: 0, above: 0, below: 0, alarms: 0, planted: 0, found: 0 };
        let posts_min = u64::from(constants.burst_posts_min);
        for seed in 0..16 {
            let mut chance = Chance::new(seed);
            let means: Vec<f64> = (0..8 * 168).map(|hour| level * week(hour)).collect();
            let mut burst_of = vec![0; means.len()];
            for burst in 1..=plant {
                let mut first = 0;
                while first == 0 || means[first] < MEAN_MIN {
                    first = WEEK + usize::try_from(chance.below(7 * 168 - 8)).unwrap();
                }
                let length = 1 + usize::try_from(chance.below(6)).unwrap();
                burst_of[first..first + length].fill(burst);
            }
            let counts: Vec<u64> = means
                .iter()
                .zip(&burst_of)
                .map(|(mean, burst)| {
                    chance.count(if *burst > 0 { mean * 5.0 } else { *mean }, dispersion)
                })
                .collect();
            let answer = from_its_start(&counts, constants);
            let mut found = std::collections::BTreeSet::new();
            let mut planted = std::collections::BTreeSet::new();
            for hour in WEEK..counts.len() {
                let (count, burst) = (counts[hour], burst_of[hour]);
                let interval = answer[hour].unwrap();
                let alarm = count > interval.upper && count >= posts_min;
                if burst > 0 {
                    planted.insert(burst);
                    if alarm {
                        found.insert(burst);
                    }
                    continue;
                }
                sum.hours += 1;
                sum.above += u64::from(count > interval.upper);
                sum.below += u64::from(count < interval.lower);
                sum.alarms += u64::from(alarm);
            }
            sum.planted += planted.len() as u64;
            sum.found += found.len() as u64;
        }
        sum
    }

    const SERIES: [(f64, f64); 6] =
        [(10.0, 0.0), (10.0, 0.1), (40.0, 0.05), (40.0, 0.1), (200.0, 0.05), (2000.0, 0.1)];

    /// Recovery: 95 % are to lie inside, and 92.5 to 99.8 % do.
    #[test]
    fn the_interval_covers_what_it_says() {
        let mut constants = Constants::default();
        constants.set("tail_per_hour_millionths", 25_000).unwrap();
        for (level, dispersion) in SERIES {
            let seen = simulate(level, dispersion, &constants, 0);
            let above = seen.above as f64 / seen.hours as f64;
            let below = seen.below as f64 / seen.hours as f64;
            println!("level {level} dispersion {dispersion}: above {above:.4} below {below:.4}");
            assert!(above + below < 0.075, "covers at least 92.5 %: {above} {below}");
            assert!(above > 0.002, "is not wide without need: {above}");
        }
    }

    #[test]
    fn bursts_are_found_and_ordinary_weeks_are_quiet() {
        let constants = Constants::default();
        for (level, dispersion) in SERIES {
            let quiet = simulate(level, dispersion, &constants, 0);
            let loud = simulate(level, dispersion, &constants, 4);
            let weeks = quiet.hours as f64 / 168.0;
            let alarms = quiet.alarms as f64 / weeks;
            let recall = loud.found as f64 / loud.planted as f64;
            println!(
                "level {level} dispersion {dispersion}: {alarms:.3} false alarms a week, \
                 {} of {} bursts found ({recall:.3})",
                loud.found, loud.planted
            );
            assert!(alarms <= 0.2, "one a week is the bound, one in five weeks the habit");
            assert!(recall >= 0.9);
        }
    }

    #[test]
    fn a_series_gives_the_same_intervals_each_time_and_one_for_each_hour() {
        let constants = Constants::default();
        let counts: Vec<u64> = (0..500).map(|hour| (hour * 7919) % 23).collect();
        let first = from_its_start(&counts, &constants);
        assert_eq!(first.len(), counts.len());
        assert_eq!(first, from_its_start(&counts, &constants));
        assert!(from_its_start(&[], &constants).is_empty());
        // The figures themselves, so that a platform that computes otherwise is seen.
        let bits: Vec<String> = first
            .iter()
            .flatten()
            .step_by(125)
            .map(|i| format!("{:016x} {} {}", i.expected.to_bits(), i.lower, i.upper))
            .collect();
        insta::assert_snapshot!(bits.join("\n"));
    }
}
