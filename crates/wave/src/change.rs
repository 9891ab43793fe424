//! What changes about waves, and how the journal tells it.
//!
//! Leaves out why a wave changes, which `assembly` decides.

use seawall_model::journal::Body;
use seawall_model::{Hour, Position, WaveId};

use crate::finding::Burst;

/// What changes about waves at a hand-over; mirrors the journal's entries.
#[derive(Clone, Debug, PartialEq)]
pub enum WaveChange {
    /// A wave began.
    Opened {
        /// Its id.
        wave: WaveId,
        /// The burst that opened it.
        burst: Burst,
        /// The latest field event that began in the 48 hours before the burst's hour
        /// or in that hour. A coincidence in time, not a cause.
        field_event: Option<Position>,
    },
    /// Another burst joined an open wave.
    Joined {
        /// The wave.
        wave: WaveId,
        /// The burst that joined.
        burst: Burst,
        /// Accounts it shares with the wave, among those sampled.
        shared_accounts: u64,
    },
    /// A wave ended, because the last of its bursts did.
    Closed {
        /// The wave.
        wave: WaveId,
        /// The last hour above the baseline.
        last_hour: Hour,
        /// Posts in its bursts, counted once per burst.
        posts: u64,
        /// Most posts in one hour of one burst.
        peak: u64,
        /// Bursts it was made of.
        bursts: u64,
    },
}

impl WaveChange {
    /// The change as the journal tells it.
    #[must_use]
    pub fn body(&self) -> Body {
        match self {
            Self::Opened { wave, burst, field_event } => Body::WaveOpened {
                wave: wave.to_string(),
                burst: burst.seen(),
                field_event: field_event.map(|position| position.0),
            },
            Self::Joined { wave, burst, shared_accounts } => Body::WaveJoined {
                wave: wave.to_string(),
                burst: burst.seen(),
                shared_accounts: *shared_accounts,
            },
            Self::Closed { wave, last_hour, posts, peak, bursts } => Body::WaveClosed {
                wave: wave.to_string(),
                last_hour: last_hour.start(),
                posts: *posts,
                peak: *peak,
                bursts: *bursts,
            },
        }
    }
}
