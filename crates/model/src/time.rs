//! Points in time and hours, without a clock.
//!
//! Time is always given from outside: event time by the platform, `received_at` and
//! `now` by the shell. Zones and calendars of people belong to the screens.

use std::fmt;

/// Microseconds in one second.
const MICROS_PER_SECOND: i64 = 1_000_000;
/// Microseconds in one hour.
const MICROS_PER_HOUR: i64 = 3600 * MICROS_PER_SECOND;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, never negative.
///
/// The range ends with the year 9999, so that the written form always has four
/// digits of year and sorts as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A text or a number that is no point in time within the range of [`Timestamp`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time between 1970 and 9999")]
pub struct InvalidTime(pub String);

impl Timestamp {
    /// The earliest time there is: 1970-01-01T00:00:00Z.
    pub const MIN: Self = Self(0);
    /// The latest time there is: the last microsecond of the year 9999.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// From microseconds since 1970.
    ///
    /// # Errors
    /// [`InvalidTime`] outside 1970–9999.
    pub fn from_micros(micros: i64) -> Result<Self, InvalidTime> {
        if (0..=Self::MAX.0).contains(&micros) {
            Ok(Self(micros))
        } else {
            Err(InvalidTime(format!("{micros} µs")))
        }
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339, such as `2026-03-01T12:00:00Z` or `…+03:00`.
    ///
    /// Digits beyond the microsecond are cut off. A time without a zone is refused,
    /// because guessing one would move a history by hours.
    ///
    /// # Errors
    /// [`InvalidTime`] if the text is anything else or outside 1970–9999.
    pub fn parse(text: &str) -> Result<Self, InvalidTime> {
        let parsed: jiff::Timestamp = text.parse().map_err(|_| InvalidTime(text.to_owned()))?;
        Self::from_micros(parsed.as_microsecond()).map_err(|_| InvalidTime(text.to_owned()))
    }

    /// This time moved by `micros`, held within the range.
    #[must_use]
    pub fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros).clamp(0, Self::MAX.0))
    }

    /// This time moved by whole seconds, held within the range.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_micros(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// Whole seconds from `earlier` to this time; negative if it is not earlier.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).div_euclid(MICROS_PER_SECOND)
    }

    /// The hour this time lies in.
    #[must_use]
    pub fn hour(self) -> Hour {
        // At most 70,389,527 hours lie before the year 10000.
        Hour(u32::try_from(self.0 / MICROS_PER_HOUR).unwrap_or(u32::MAX))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with as many digits of a second as are needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

/// One hour of UTC: hours since 1970-01-01T00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hour(u32);

impl Hour {
    /// Hours in a week, the longest cycle that baselines know.
    pub const PER_WEEK: u32 = 168;

    /// From hours since 1970.
    #[must_use]
    pub fn from_index(index: u32) -> Self {
        Self(index)
    }

    /// Hours since 1970.
    #[must_use]
    pub fn index(self) -> u32 {
        self.0
    }

    /// Its first moment.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp((i64::from(self.0) * MICROS_PER_HOUR).min(Timestamp::MAX.0))
    }

    /// The first moment after it.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.next().start()
    }

    /// The hour after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Which hour of the week it is, 0 being Monday 00:00 UTC.
    #[must_use]
    pub fn of_week(self) -> u32 {
        // 1970-01-01 was a Thursday: three days after Monday.
        (self.0 % Self::PER_WEEK + 72) % Self::PER_WEEK
    }

    /// Whole hours from `earlier` to this one; zero if it is not earlier.
    #[must_use]
    pub fn hours_since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Hour {
    /// Its first moment in RFC 3339.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.start().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let shown = Timestamp::parse(text).map_or_else(|e| e.to_string(), |t| t.to_string());
        assert_eq!(shown, expect);
    }

    #[test]
    fn rfc_3339_is_read_and_written_in_utc() {
        check("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z");
        check("2026-03-01T12:00:00.123456789+03:00", "2026-03-01T09:00:00.123456Z");
        check("2026-03-01", "`2026-03-01` is not a time between 1970 and 9999");
        check("2026-03-01T12:00:00", "`2026-03-01T12:00:00` is not a time between 1970 and 9999");
        check("1969-12-31T23:59:59Z", "`1969-12-31T23:59:59Z` is not a time between 1970 and 9999");
    }

    #[test]
    fn hours_cover_their_moments() {
        let time = Timestamp::parse("2026-03-01T12:59:59.999999Z").unwrap();
        assert_eq!(time.hour().to_string(), "2026-03-01T12:00:00Z");
        assert_eq!(time.hour().end().to_string(), "2026-03-01T13:00:00Z");
        assert_eq!(time.plus_micros(1).hour(), time.hour().next());
    }

    #[test]
    fn the_week_starts_on_monday() {
        let monday = Timestamp::parse("2026-03-02T00:00:00Z").unwrap();
        assert_eq!(monday.hour().of_week(), 0);
        assert_eq!(Hour::from_index(monday.hour().index() - 1).of_week(), 167);
    }
}
