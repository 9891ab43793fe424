//! The clock: the only place that asks what time it is.

use seawall_model::Timestamp;

/// Where the time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    Machine,
    /// Stands still: what tests use, so that two runs give the same bytes.
    Still(Timestamp),
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(self) -> Timestamp {
        match self {
            Self::Machine => machine(),
            Self::Still(time) => time,
        }
    }

    /// Whether time passes.
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(self, Self::Machine)
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
