//! When the platform was listened to, and so from when on a baseline is known.
//!
//! Missing is Unknown: an hour before the first post, or in a gap of weeks, was not quiet
//! but not told. Leaves out what the hours hold, which `shape` and `baseline` learn.

use seawall_model::Hour;
use seawall_model::codec::{CodecError, Reader, Writer};

use crate::Constants;

/// Hours without a post after which a gap is no longer taken for quiet: four weeks.
pub const QUIET_HOURS_MAX: u32 = 4 * Hour::PER_WEEK;
/// Stretches kept, the newest: as many as ten years can have.
const STRETCHES_MAX: usize = 131;

/// The stretches of time in which the platform told posts.
///
/// A stretch ends where more than [`QUIET_HOURS_MAX`] hours follow without a post. At
/// most 131 are kept, 8 bytes each; before the first one kept everything is Unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// In order of time.
    stretches: Vec<Stretch>,
}

/// The hours of the first and the last post of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    first: Hour,
    last: Hour,
}

impl History {
    /// Nothing told yet: every baseline is Unknown.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A platform known since the first hour there is.
    #[cfg(test)]
    pub(crate) fn always() -> Self {
        let mut history = Self::new();
        history.note(Hour::from_index(0));
        history
    }

    /// Notes an hour with a post. Hours may repeat, and come a few hours out of order.
    pub fn note(&mut self, hour: Hour) {
        match self.stretches.last_mut() {
            Some(stretch) if hour.hours_since(stretch.last) <= QUIET_HOURS_MAX => {
                stretch.first = stretch.first.min(hour);
                stretch.last = stretch.last.max(hour);
            }
            _ => self.stretches.push(Stretch { first: hour, last: hour }),
        }
        let over = self.stretches.len().saturating_sub(STRETCHES_MAX);
        self.stretches.drain(..over);
    }

    /// Whether enough hours lie before this one that its baseline is known.
    #[must_use]
    pub fn knows(&self, hour: Hour, constants: &Constants) -> bool {
        self.start(hour).is_some_and(|start| hour.hours_since(start) >= constants.history_hours_min)
    }

    /// The first hour of the stretch that an hour lies in; what follows the newest one
    /// lies in it until a gap is known to be one.
    pub(crate) fn start(&self, hour: Hour) -> Option<Hour> {
        let after = self.stretches.partition_point(|stretch| stretch.first <= hour);
        let stretch = self.stretches[..after].last()?;
        let is_newest = after == self.stretches.len();
        (is_newest || hour <= stretch.last).then_some(stretch.first)
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        writer.len(self.stretches.len());
        for stretch in &self.stretches {
            writer.u32(stretch.first.index());
            writer.u32(stretch.last.index());
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let length = reader.len(8)?;
        if length > STRETCHES_MAX {
            return Err(CodecError::Range);
        }
        let mut stretches = Vec::with_capacity(length);
        for _ in 0..length {
            let (first, last) = (reader.u32()?, reader.u32()?);
            stretches
                .push(Stretch { first: Hour::from_index(first), last: Hour::from_index(last) });
        }
        let whole = stretches.iter().all(|stretch| stretch.first <= stretch.last);
        let sorted = stretches.is_sorted_by(|a, b| a.last < b.first);
        if whole && sorted { Ok(Self { stretches }) } else { Err(CodecError::Range) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(hours: &[u32]) -> History {
        let mut history = History::new();
        hours.iter().for_each(|hour| history.note(Hour::from_index(*hour)));
        history
    }

    fn knows(history: &History, hour: u32) -> bool {
        history.knows(Hour::from_index(hour), &Constants::default())
    }

    #[test]
    fn a_day_after_the_first_post_the_platform_is_known() {
        assert!(!knows(&History::new(), 5000));
        let history = told(&[1001, 1000, 1600]);
        for (hour, expect) in [(0, false), (999, false), (1023, false), (1024, true)] {
            assert_eq!(knows(&history, hour), expect, "{hour}");
        }
        assert!(knows(&history, 1600 + QUIET_HOURS_MAX), "quiet is not unknown");
    }

    #[test]
    fn after_weeks_without_a_post_it_is_not_known_until_a_day_later() {
        let again = 1050 + QUIET_HOURS_MAX + 1;
        let history = told(&[1000, 1050, again]);
        for (hour, expect) in [
            (1050, true),
            (1051, false),
            (again - 1, false),
            (again, false),
            (again + 23, false),
            (again + 24, true),
        ] {
            assert_eq!(knows(&history, hour), expect, "{hour}");
        }
        assert!(knows(&told(&[1000, 1050, again - 1]), again), "four weeks are still quiet");
    }

    #[test]
    fn stretches_are_bounded_and_read_back() {
        let gap = QUIET_HOURS_MAX + 1;
        let hours: Vec<u32> = (1..200).map(|n| n * gap).collect();
        let history = told(&hours);
        assert_eq!(history.stretches.len(), STRETCHES_MAX);
        assert!(knows(&history, 200 * gap - 1));
        assert_eq!(history.stretches[0].first, Hour::from_index(69 * gap), "the oldest left");
        let mut writer = Writer::new();
        history.encode(&mut writer);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!(History::decode(&mut reader), Ok(history));
        assert_eq!(reader.end(), Ok(()));
        assert!(History::decode(&mut Reader::new(&[255; 4000])).is_err());
    }
}
