//! Times as tables write them: a standard, a count since 1970, or a pattern.

use std::borrow::Cow;

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use seawall_model::Timestamp;

use super::{MappingError, value};

/// How a column writes times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// RFC 3339, such as `2026-03-01T12:00:00Z`.
    Rfc3339,
    /// Seconds since 1970, with or without a fraction.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
    /// A pattern of `strptime`, such as `%m/%d/%Y %H:%M`.
    Pattern(Box<str>),
}

impl TimeFormat {
    /// The format that a mapping file names.
    ///
    /// # Errors
    /// [`MappingError::Value`] if it is neither a word we know nor a pattern that can
    /// read what it writes.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        match text {
            "rfc3339" => Ok(Self::Rfc3339),
            "unix_seconds" => Ok(Self::UnixSeconds),
            "unix_millis" => Ok(Self::UnixMillis),
            pattern if reads_itself(pattern) => Ok(Self::Pattern(pattern.into())),
            _ => Err(value(
                "time_format",
                text,
                "rfc3339, unix_seconds, unix_millis, or a pattern such as %Y-%m-%d %H:%M:%S",
            )),
        }
    }

    /// The format as a mapping file names it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Rfc3339 => "rfc3339",
            Self::UnixSeconds => "unix_seconds",
            Self::UnixMillis => "unix_millis",
            Self::Pattern(pattern) => pattern,
        }
    }

    /// Whether times in this format say their zone.
    #[must_use]
    pub fn says_zone(&self) -> bool {
        match self {
            Self::Pattern(pattern) => {
                ["%z", "%:z", "%Q", "%s"].iter().any(|zone| pattern.contains(zone))
                    || pattern.ends_with("UTC")
                    || pattern.ends_with('Z')
            }
            _ => true,
        }
    }

    /// Reads a time; `zone` is used where the text does not say one.
    pub(super) fn read(&self, text: &str, zone: &TimeZone) -> Option<Timestamp> {
        let text = &*western_digits(text.trim());
        match self {
            Self::Rfc3339 => Timestamp::parse(text).ok(),
            Self::UnixSeconds => {
                let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
                let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
                if !plain(seconds) || !plain(fraction) {
                    return None;
                }
                let micros = format!("{fraction:0<6}").get(..6)?.parse::<i64>().ok()?;
                let whole = seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?;
                Timestamp::from_micros(whole.checked_add(micros)?).ok()
            }
            Self::UnixMillis => {
                let millis = text.parse::<i64>().ok()?;
                Timestamp::from_micros(millis.checked_mul(1000)?).ok()
            }
            Self::Pattern(pattern) => {
                let parsed = strtime::parse(pattern.as_bytes(), text).ok()?;
                let time = match parsed.to_timestamp() {
                    Ok(time) => time,
                    Err(_) => {
                        let date = parsed.to_date().ok()?;
                        let time = parsed.to_time().unwrap_or(jiff::civil::Time::midnight());
                        date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp()
                    }
                };
                Timestamp::from_micros(time.as_microsecond()).ok()
            }
        }
    }
}

/// Whether a pattern names at least a day, and reads what it writes.
fn reads_itself(pattern: &str) -> bool {
    let Ok(sample) = jiff::Timestamp::from_second(1_420_578_420) else { return false };
    let written = strtime::format(pattern.as_bytes(), &sample.to_zoned(TimeZone::UTC));
    let Ok(written) = written else { return false };
    let read = TimeFormat::Pattern(pattern.into()).read(&written, &TimeZone::UTC);
    pattern.contains('%') && read.is_some()
}

/// The zone with this IANA name.
pub(super) fn zone(name: &str) -> Result<TimeZone, MappingError> {
    TimeZone::get(name)
        .map_err(|_| value("time_zone", name, "an IANA name such as UTC or Asia/Amman"))
}

/// The text with Arabic-Indic and Persian digits as 0 to 9.
pub(super) fn western_digits(text: &str) -> Cow<'_, str> {
    let western = |c: char| {
        let digit = match c {
            '\u{660}'..='\u{669}' => u32::from(c) - 0x660,
            '\u{6f0}'..='\u{6f9}' => u32::from(c) - 0x6f0,
            _ => return None,
        };
        char::from_digit(digit, 10)
    };
    if text.is_ascii() || !text.chars().any(|c| western(c).is_some()) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|c| western(c).unwrap_or(c)).collect()
}
