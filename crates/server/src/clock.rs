//! The clock: the only place that asks what time it is.

use std::sync::atomic::{AtomicI64, Ordering};

use seawall_model::Timestamp;

/// Where the time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    Machine,
    /// Stands still: what tests use, so that two runs give the same bytes.
    Still(Timestamp),
    /// The time of a story, which passes and is set forward.
    Told(Hand),
}

/// The hand of a clock that tells the time of a story: as fast as the machine's, and set forward.
#[derive(Clone, Copy, Debug)]
pub struct Hand(&'static AtomicI64);

impl PartialEq for Hand {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Hand {}

impl Hand {
    /// A clock that stands at a time now. It is there until the program ends.
    #[must_use]
    pub fn at(time: Timestamp) -> Self {
        let ahead = time.micros().saturating_sub(machine().micros());
        Self(Box::leak(Box::new(AtomicI64::new(ahead))))
    }

    /// Sets it to a time; never back.
    pub fn set(self, time: Timestamp) {
        self.0.fetch_max(time.micros().saturating_sub(machine().micros()), Ordering::Relaxed);
    }
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(self) -> Timestamp {
        match self {
            Self::Machine => machine(),
            Self::Still(time) => time,
            Self::Told(hand) => machine().plus_micros(hand.0.load(Ordering::Relaxed)),
        }
    }

    /// Whether time passes.
    #[must_use]
    pub fn passes(self) -> bool {
        !matches!(self, Self::Still(_))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that the rule names")]
fn machine() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let micros = since.map(|d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX)).unwrap_or(0);
    Timestamp::from_micros(micros).unwrap_or(Timestamp::MAX)
}

/// Measures how long something took, for progress and benchmarks only.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts measuring.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "measures durations; never reaches the pipeline")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> std::time::Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_story_passes_and_is_never_set_back() {
        let begins = Timestamp::parse("2026-04-13T00:00:00Z").unwrap();
        let hand = Hand::at(begins);
        let clock = Clock::Told(hand);
        assert!(clock.passes());
        assert!((0..60).contains(&clock.now().seconds_since(begins)));
        let later = begins.plus_seconds(3_600);
        hand.set(later);
        hand.set(begins);
        assert!((0..60).contains(&clock.now().seconds_since(later)));
        assert_eq!(clock, Clock::Told(hand));
        assert_ne!(clock, Clock::Told(Hand::at(begins)));
    }
}
