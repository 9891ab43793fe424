//! When an instruction is tried again, and what an answer means.
//!
//! Leaves out sending.

use std::time::Duration;

use seawall_model::Timestamp;
use seawall_store::{AttemptSeen, Chance};

use super::client::{Answer, CallError};

/// Longest `Retry-After` that is obeyed; a longer one counts as this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);
/// Attempts at most.
const ATTEMPTS_MAX: usize = 100;

/// The pauses before each attempt; after the last attempt comes the dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Vec<Duration>);

impl Schedule {
    /// The pauses that Standard Webhooks recommends: at once, then after 5 s, 5 min, 30 min,
    /// 2 h, 5 h, 10 h, 14 h, 20 h and 24 h. Ten attempts in some three days.
    #[must_use]
    pub fn standard() -> Self {
        let seconds = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
        Self(seconds.map(Duration::from_secs).to_vec())
    }

    /// Pauses of one's own; the first is that before the first attempt. `None` if there is none
    /// or more than 100.
    #[must_use]
    pub fn new(pauses: Vec<Duration>) -> Option<Self> {
        (1..=ATTEMPTS_MAX).contains(&pauses.len()).then_some(Self(pauses))
    }

    /// The pause after this many attempts, up to a fifth shorter or longer; `None` if there is
    /// no further one. `asked` is what the receiver asked for: it may lengthen, never shorten.
    #[must_use]
    pub fn pause(
        &self,
        attempts: u32,
        asked: Option<Duration>,
        chance: &mut dyn Chance,
    ) -> Option<Duration> {
        let pause = self.0.get(usize::try_from(attempts).ok()?)?;
        let mut drawn = [0; 4];
        chance.fill(&mut drawn);
        let part = f64::from(u32::from_be_bytes(drawn)) / f64::from(u32::MAX);
        let pause = pause.mul_f64(0.8 + 0.4 * part);
        // All who were told the same time would come at once.
        let asked = asked.map(|asked| asked.min(RETRY_AFTER_MAX).mul_f64(1.0 + 0.2 * part));
        Some(asked.map_or(pause, |asked| asked.max(pause)))
    }
}

/// What follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// The platform took it.
    Delivered,
    /// The platform said no: asking again changes nothing.
    Refused,
    /// There is no such endpoint any more: nothing is sent until a person looks.
    Gone,
    /// It is tried again, not before the receiver asked for.
    Retry(Option<Duration>),
}

/// Reads the answer to the webhook with this id.
///
/// 2xx is delivered. 410 means that the endpoint is gone. 408, 425, 429, every 5xx and no
/// answer are tried again. 409 is tried again too, unless the id is sent back: then an earlier
/// attempt arrived. Any other 4xx, and 3xx, is a no.
#[must_use]
pub fn consequence(
    answer: &Result<Answer, CallError>,
    webhook_id: &str,
    now: Timestamp,
) -> (Consequence, AttemptSeen) {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let seen = AttemptSeen { status: None, error: Some(error.words()) };
            return (Consequence::Retry(None), seen);
        }
    };
    let asked = || answer.retry_after.as_deref().and_then(|text| retry_after(text, now));
    let (consequence, error) = match answer.status {
        200..=299 => (Consequence::Delivered, None),
        300..=399 => (Consequence::Refused, Some("redirects are not followed")),
        409 if answer.webhook_id.as_deref() == Some(webhook_id) => (Consequence::Delivered, None),
        410 => (Consequence::Gone, Some("the endpoint is gone")),
        408 | 409 | 425 | 429 => (Consequence::Retry(asked()), Some("asked to come again")),
        400..=499 => (Consequence::Refused, Some("the platform refused it")),
        _ => (Consequence::Retry(asked()), Some("the platform failed")),
    };
    (consequence, AttemptSeen { status: Some(answer.status), error })
}

/// Reads `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are more than a day, too.
        let seconds = text.parse::<u64>().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    let micros = u64::try_from(date.as_microsecond() - now.micros()).unwrap_or(0);
    Some(Duration::from_micros(micros).min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Seeded;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn ten_attempts_each_within_a_fifth_of_its_time() {
        let schedule = Schedule::standard();
        let mut chance = Seeded::new(1);
        let wanted = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
        for (attempts, wanted) in (1..).zip(wanted) {
            let pauses: Vec<Duration> =
                (0..50).map(|_| schedule.pause(attempts, None, &mut chance).unwrap()).collect();
            let bounds = seconds(wanted).mul_f64(0.8)..=seconds(wanted).mul_f64(1.2);
            assert!(pauses.iter().all(|pause| bounds.contains(pause)), "{pauses:?}");
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "there is jitter");
        }
        assert_eq!(schedule.pause(10, None, &mut chance), None);
        assert_eq!(schedule.pause(0, None, &mut chance), Some(Duration::ZERO));
    }

    #[test]
    fn what_the_receiver_asks_for_lengthens_and_never_shortens() {
        let schedule = Schedule::standard();
        let pause = |attempts, asked| {
            schedule.pause(attempts, Some(seconds(asked)), &mut Seeded::new(2)).unwrap()
        };
        assert!((seconds(100)..=seconds(120)).contains(&pause(1, 100)));
        assert!(pause(2, 0) >= seconds(240));
        assert!(pause(1, 999_999) <= seconds(86_400).mul_f64(1.2));
    }

    fn read(status: u16, retry_after: Option<&str>, webhook_id: Option<&str>) -> Consequence {
        let (retry_after, webhook_id) =
            (retry_after.map(str::to_owned), webhook_id.map(str::to_owned));
        let answer = Ok(Answer { status, retry_after, webhook_id });
        let now = Timestamp::parse("2026-03-01T12:00:00Z").unwrap();
        let (consequence, seen) = consequence(&answer, "f1-a1", now);
        assert_eq!(seen.status, Some(status));
        consequence
    }

    #[test]
    fn each_status_has_its_consequence() {
        use Consequence::{Delivered, Gone, Refused, Retry};
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(read(status, None, None), Delivered, "{status}");
        }
        for status in [300, 301, 302, 307, 308, 400, 401, 403, 404, 405, 413, 422, 451] {
            assert_eq!(read(status, None, None), Refused, "{status}");
        }
        for status in [408, 409, 425, 429, 500, 502, 503, 504, 599] {
            assert_eq!(read(status, None, None), Retry(None), "{status}");
        }
        assert_eq!(read(410, None, None), Gone);
        assert_eq!(read(409, None, Some("f1-a1")), Delivered);
        assert_eq!(read(409, None, Some("f1-a2")), Retry(None));
        let lost = consequence(&Err(CallError::CutOff), "f1-a1", Timestamp::MIN);
        assert_eq!((lost.0, lost.1.error), (Retry(None), Some("cut off before the answer")));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let asked = |text| read(503, Some(text), None);
        let retry = |n| Consequence::Retry(Some(seconds(n)));
        assert_eq!(asked("120"), retry(120));
        assert_eq!(asked(" 7 "), retry(7));
        assert_eq!(asked("99999999999999999999999"), retry(86_400));
        assert_eq!(asked("Sun, 01 Mar 2026 12:01:30 GMT"), retry(90));
        assert_eq!(asked("Sun, 01 Mar 2026 11:00:00 GMT"), retry(0));
        assert_eq!(asked("Mon, 01 Mar 2027 12:00:00 GMT"), retry(86_400));
        for text in ["", "soon", "-5", "1.5"] {
            assert_eq!(asked(text), Consequence::Retry(None), "{text}");
        }
    }
}
