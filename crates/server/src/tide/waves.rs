//! Waves and field events of a time, with their names as far as the log still has them.

use std::collections::BTreeMap;

use seawall_model::journal::{Body, BurstSeen};
use seawall_model::{EventBody, Timestamp, TraceId};
use seawall_pipeline::trace_name;
use seawall_store::{Access, Folder, LogReader};
use seawall_wave::TraceKey;

use super::TideError;
use crate::desk::event_at;

/// A wave as the journal tells it, with names looked up.
#[derive(Clone, Debug)]
pub struct WaveShown {
    /// Its own id.
    pub id: String,
    /// Its bursts, in order of the hour.
    pub bursts: Vec<BurstSeen>,
    /// The name of each burst's trace, where a post that carries it is still there.
    pub names: Vec<Option<String>>,
    /// Position of the field event that it rides.
    pub field_event: Option<u64>,
    /// Its last hour, its posts and those of its highest hour, once it is over.
    pub closed: Option<(Timestamp, u64, u64)>,
}

/// A field event, with its name where it is still there.
#[derive(Clone, Debug)]
pub struct FieldEventShown {
    /// Its position.
    pub position: u64,
    /// When it was.
    pub at: Timestamp,
    /// Its name.
    pub name: Option<String>,
    /// Where it was.
    pub place: Option<String>,
}

/// Waves whose first burst lies within a time, with the names of their traces.
///
/// # Errors
/// [`TideError`].
pub fn waves(
    folder: &Folder,
    reader: &mut LogReader,
    times: &std::ops::Range<Timestamp>,
) -> Result<Vec<WaveShown>, TideError> {
    let journal = folder.journal(Access::Read)?;
    let mut waves: BTreeMap<String, WaveShown> = BTreeMap::new();
    for recorded in journal.of_types(&["wave_opened", "wave_joined", "wave_closed"])? {
        match recorded.entry.body {
            Body::WaveOpened { wave, burst, field_event } => {
                let shown = WaveShown {
                    id: wave.clone(),
                    bursts: vec![burst],
                    names: Vec::new(),
                    field_event,
                    closed: None,
                };
                waves.insert(wave, shown);
            }
            Body::WaveJoined { wave, burst, .. } => {
                waves.entry(wave).and_modify(|shown| shown.bursts.push(burst));
            }
            Body::WaveClosed { wave, last_hour, posts, peak, .. } => {
                waves.entry(wave).and_modify(|shown| shown.closed = Some((last_hour, posts, peak)));
            }
            _ => {}
        }
    }
    let key = TraceKey(folder.keys().trace_key());
    let mut shown: Vec<WaveShown> = waves
        .into_values()
        .map(|mut wave| {
            // Those found at one hand-over stand in the order of their keyed hashes.
            wave.bursts.sort_by_key(|burst| burst.hour);
            wave
        })
        .filter(|wave| wave.bursts.first().is_some_and(|burst| times.contains(&burst.hour)))
        .collect();
    shown.sort_by_key(|wave| wave.bursts.first().map(|burst| burst.hour));
    for wave in &mut shown {
        wave.names = wave.bursts.iter().map(|burst| name(burst, reader, &key)).collect();
    }
    Ok(shown)
}

/// Looks the name of a burst's trace up in the posts it names.
fn name(burst: &BurstSeen, reader: &mut LogReader, key: &TraceKey) -> Option<String> {
    let trace = TraceId::parse(&burst.trace)?;
    burst.positions.iter().find_map(|position| {
        let event = event_at(reader, *position)?;
        trace_name(trace, event.post()?, key)
    })
}

/// Field events within a time, with their names.
///
/// # Errors
/// [`TideError`].
pub fn field_events(
    folder: &Folder,
    reader: &mut LogReader,
    times: &std::ops::Range<Timestamp>,
) -> Result<Vec<FieldEventShown>, TideError> {
    let found = folder.tables(Access::Read)?.field_events(times.start, times.end)?;
    Ok(found
        .into_iter()
        .map(|(position, at)| {
            let (name, place) = match event_at(reader, position.0).map(|event| event.body) {
                Some(EventBody::FieldEvent(event)) => {
                    (Some(event.name.to_string()), event.place.map(String::from))
                }
                _ => (None, None),
            };
            FieldEventShown { position: position.0, at, name, place }
        })
        .collect())
}
