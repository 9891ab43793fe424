//! Taking over the waves that the journal recorded, where a new build starts a span.
//!
//! Leaves out the windows, which are rebuilt from the log.

use std::collections::BTreeMap;

use seawall_model::journal::{Body, BurstSeen};
use seawall_model::{AccountId, Position, TraceId, WaveId};

use super::Assembly;
use super::wave::Wave;
use crate::baseline::Interval;
use crate::crowd::Crowd;
use crate::finding::{Burst, Fall};
use crate::trace::{Trace, TraceKind};
use crate::whole::float;

/// Why recorded entries could not be adopted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdoptError {
    /// The entry names no wave of ours.
    #[error("`{0}` is no wave id")]
    Wave(String),
    /// The entry names no trace of ours.
    #[error("`{0}` is no trace id or trace kind")]
    Trace(String),
    /// The entry speaks of a wave that was not opened before.
    #[error("the wave `{0}` joins or closes without having been opened")]
    NotOpen(String),
}

impl Assembly {
    /// Replaces the open waves by those the journal recorded.
    ///
    /// Used where a new build starts a span. `recorded` are the journal's wave entries
    /// in order; other entries are passed over. `bursting` are the traces with an open
    /// burst in the windows, sorted: a recorded burst that is not among them counts as
    /// fallen in the hour it rose in, and a wave without any open burst is closed by
    /// the next hand-over. A burst of the windows that no wave recorded is taken in
    /// when it is next told.
    ///
    /// # Errors
    /// [`AdoptError`] if an entry does not fit; nothing is replaced then.
    pub fn adopt(&mut self, recorded: &[Body], bursting: &[TraceId]) -> Result<(), AdoptError> {
        let mut adopted = Self::new(self.constants.clone());
        let mut posts = BTreeMap::new();
        for body in recorded {
            adopted.adopt_one(body, &mut posts)?;
        }
        let gone: Vec<TraceId> = adopted
            .wave_of
            .keys()
            .filter(|trace| bursting.binary_search(trace).is_err())
            .copied()
            .collect();
        for trace in gone {
            adopted.presume_fallen(trace, &posts);
        }
        self.waves = adopted.waves;
        self.wave_of = adopted.wave_of;
        self.waiting.clear();
        Ok(())
    }

    fn adopt_one(
        &mut self,
        body: &Body,
        posts: &mut BTreeMap<TraceId, Fall>,
    ) -> Result<(), AdoptError> {
        let (wave, burst) = match body {
            Body::WaveOpened { wave, burst, .. } => {
                let id = parse_wave(wave)?;
                self.waves.insert(id, Wave::new(burst.hour.hour()));
                (wave, burst)
            }
            Body::WaveJoined { wave, burst, .. } => (wave, burst),
            Body::WaveClosed { wave, .. } => {
                let id = parse_wave(wave)?;
                self.waves.remove(&id).ok_or_else(|| AdoptError::NotOpen(wave.clone()))?;
                self.wave_of.retain(|_, of| *of != id);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let id = parse_wave(wave)?;
        let burst = parse_burst(burst)?;
        let trace = burst.trace.id;
        // The journal does not tell when a burst falls, but one that rises again did.
        self.presume_fallen(trace, posts);
        let wave = self.waves.get_mut(&id).ok_or_else(|| AdoptError::NotOpen(wave.clone()))?;
        wave.crowd.merge(&burst.crowd);
        wave.bursts += 1;
        wave.open += 1;
        self.wave_of.insert(trace, id);
        let (last_hour, peak) = (burst.hour, burst.count);
        posts.insert(trace, Fall { trace, last_hour, posts: peak, peak });
        Ok(())
    }

    /// Ends an adopted burst with what was known of it when it was recorded.
    fn presume_fallen(&mut self, trace: TraceId, posts: &BTreeMap<TraceId, Fall>) {
        if let Some(fall) = posts.get(&trace) {
            self.fall(fall);
        }
    }
}

/// Reads the form that [`WaveId`] is written in.
fn parse_wave(text: &str) -> Result<WaveId, AdoptError> {
    let parts = text.strip_prefix('w').and_then(|rest| rest.split_once('-'));
    let id = parts.and_then(|(position, ordinal)| {
        let opened_after = Position(position.parse().ok()?);
        Some(WaveId { opened_after, ordinal: ordinal.parse().ok()? })
    });
    id.ok_or_else(|| AdoptError::Wave(text.to_owned()))
}

fn parse_burst(seen: &BurstSeen) -> Result<Burst, AdoptError> {
    let kind = TraceKind::from_name(&seen.trace_kind);
    let kind = kind.ok_or_else(|| AdoptError::Trace(seen.trace_kind.clone()))?;
    let id = TraceId::parse(&seen.trace);
    let id = id.ok_or_else(|| AdoptError::Trace(seen.trace.clone()))?;
    let sample = seen.account_sample.iter().map(|account| AccountId(*account));
    let expected = float(seen.expected_milli) / 1000.0;
    Ok(Burst {
        trace: Trace { kind, id },
        hour: seen.hour.hour(),
        count: seen.count,
        interval: Interval { expected, lower: 0, upper: seen.upper },
        crowd: Crowd::from_sample(sample, seen.accounts),
        positions: seen.positions.iter().map(|position| Position(*position)).collect(),
    })
}
