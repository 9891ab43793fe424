//! Waves: bursts whose accounts overlap, put together at each hand-over.
//!
//! One owner for the whole platform. Leaves out what a wave means and what is done
//! about it; a field event named with a wave is a coincidence in time, not a cause.

use std::collections::{BTreeMap, VecDeque};

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::journal::{Body, BurstSeen};
use seawall_model::{AccountId, Hour, Position, Timestamp, TraceId, WaveId};

use crate::baseline::Interval;
use crate::constants::fraction;
use crate::crowd::Crowd;
use crate::finding::{Burst, Fall, Finding};
use crate::shape::Season;
use crate::trace::{Trace, TraceKind};
use crate::whole::float;
use crate::{Constants, Shape};

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

/// Open waves, recent field events and the platform's week.
///
/// Bounded by [`Constants::waves_open_max`] waves of about 2.5 kB and 16 bytes per open
/// burst. A burst over that limit waits, is told when there is room, and never drops.
#[derive(Clone, Debug)]
pub struct Assembly {
    constants: Constants,
    season: Season,
    shape: Shape,
    waves: BTreeMap<WaveId, Wave>,
    /// The wave of each trace with an open burst.
    wave_of: BTreeMap<TraceId, WaveId>,
    /// Bursts over the limit, in the order they rose, with their end where it came.
    waiting: VecDeque<Waiting>,
    /// Recent field events, sorted by time and position.
    field_events: Vec<(Timestamp, Position)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Wave {
    crowd: Crowd,
    bursts: u64,
    /// Bursts that have not fallen.
    open: u64,
    last_hour: Hour,
    posts: u64,
    peak: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Waiting {
    burst: Burst,
    fall: Option<Fall>,
}

impl Assembly {
    /// No waves, no field events, a flat week.
    #[must_use]
    pub fn new(constants: Constants) -> Self {
        Self {
            season: Season::new(),
            shape: Shape::flat(&constants),
            waves: BTreeMap::new(),
            wave_of: BTreeMap::new(),
            waiting: VecDeque::new(),
            field_events: Vec::new(),
            constants,
        }
    }

    /// Tells the platform's posts of one whole hour that can change no more.
    ///
    /// Each hour once and in order; an hour without posts as 0, for an hour that is
    /// not told is Unknown and teaches nothing.
    pub fn count_hour(&mut self, hour: Hour, posts: u64) {
        self.season.count_hour(hour, posts, &self.constants);
        self.shape = self.season.shape(&self.constants);
    }

    /// The platform's week as of the hours told; what windows are handed next.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Notes that something happened in the world.
    ///
    /// Kept for [`Constants::field_event_hours_kept`] of event time and at most
    /// [`Constants::field_events_max`]; the oldest leave first.
    pub fn note_field_event(&mut self, position: Position, at: Timestamp) {
        let place = self.field_events.partition_point(|known| *known <= (at, position));
        self.field_events.insert(place, (at, position));
        let most = self.constants.field_events_max as usize;
        let over = self.field_events.len().saturating_sub(most);
        self.field_events.drain(..over);
    }

    /// Puts the findings of one hand-over together; appends what changes.
    ///
    /// `findings` are those of all partitions, in order of partition. `position` is the
    /// hand-over's, `watermark` the hour of the latest event time. Findings are taken in
    /// the order given; then waves without an open burst end, and then bursts that
    /// waited are taken in.
    ///
    /// A burst joins the open wave with which it shares most accounts, the older one
    /// if two share as many, if these are at least half of the smaller sample and at
    /// least five; otherwise it opens a wave.
    ///
    /// Cost: one comparison of samples per rise and open wave.
    pub fn assemble(
        &mut self,
        findings: &[Finding],
        position: Position,
        watermark: Hour,
        out: &mut Vec<WaveChange>,
    ) {
        self.forget_old_field_events(watermark);
        let mut ordinal = 0;
        for finding in findings {
            match finding {
                Finding::Rose(burst) => self.rise(burst, position, &mut ordinal, out),
                Finding::Grew(burst) => self.grow(burst, position, &mut ordinal, out),
                Finding::Fell(fall) => self.fall(fall),
            }
        }
        self.close_ended(out);
        while self.has_room()
            && let Some(Waiting { burst, fall }) = self.waiting.pop_front()
        {
            self.take_in(&burst, position, &mut ordinal, out);
            if let Some(fall) = fall {
                self.fall(&fall);
                self.close_ended(out);
            }
        }
    }

    /// Takes an account out of every sample, as erasure asks.
    pub fn forget_account(&mut self, account: AccountId) {
        for wave in self.waves.values_mut() {
            wave.crowd.forget(account);
        }
        for waiting in &mut self.waiting {
            waiting.burst.crowd.forget(account);
        }
    }

    /// The open waves, in order of their ids.
    #[must_use]
    pub fn open_waves(&self) -> Vec<WaveId> {
        self.waves.keys().copied().collect()
    }

    /// Bursts that wait for room.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

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

    /// Writes the state; equal states give equal bytes. The constants are not written.
    pub fn encode(&self, writer: &mut Writer) {
        self.season.encode(writer);
        writer.len(self.waves.len());
        for (id, wave) in &self.waves {
            encode_id(*id, writer);
            wave.encode(writer);
        }
        writer.len(self.wave_of.len());
        for (trace, wave) in &self.wave_of {
            writer.u128(trace.0);
            encode_id(*wave, writer);
        }
        writer.len(self.waiting.len());
        for waiting in &self.waiting {
            waiting.encode(writer);
        }
        writer.len(self.field_events.len());
        for (at, position) in &self.field_events {
            writer.i64(at.micros());
            writer.u64(position.0);
        }
    }

    /// Reads what [`Self::encode`] wrote; the result behaves as the original did.
    ///
    /// # Errors
    /// [`CodecError`] if the bytes are no state of this build.
    pub fn decode(reader: &mut Reader<'_>, constants: Constants) -> Result<Self, CodecError> {
        let mut assembly = Self::new(constants);
        assembly.season = Season::decode(reader)?;
        assembly.shape = assembly.season.shape(&assembly.constants);
        for _ in 0..reader.len(ID_BYTES + WAVE_BYTES_MIN)? {
            assembly.waves.insert(decode_id(reader)?, Wave::decode(reader)?);
        }
        for _ in 0..reader.len(16 + ID_BYTES)? {
            let trace = TraceId(reader.u128()?);
            let wave = decode_id(reader)?;
            if !assembly.waves.contains_key(&wave) {
                return Err(CodecError::Range);
            }
            assembly.wave_of.insert(trace, wave);
        }
        for _ in 0..reader.len(WAITING_BYTES_MIN)? {
            assembly.waiting.push_back(Waiting::decode(reader)?);
        }
        for _ in 0..reader.len(16)? {
            let at = Timestamp::from_micros(reader.i64()?).map_err(|_| CodecError::Range)?;
            assembly.field_events.push((at, Position(reader.u64()?)));
        }
        let sorted = assembly.field_events.is_sorted();
        if sorted { Ok(assembly) } else { Err(CodecError::Range) }
    }

    fn has_room(&self) -> bool {
        self.waves.len() < self.constants.waves_open_max as usize
    }

    fn rise(
        &mut self,
        burst: &Burst,
        position: Position,
        ordinal: &mut u32,
        out: &mut Vec<WaveChange>,
    ) {
        if self.wave_of.contains_key(&burst.trace.id) {
            // Only after adopting: the wave was recorded before the windows found it.
            self.grow(burst, position, ordinal, out);
        } else if self.best_wave(burst).is_some() || self.has_room() {
            self.take_in(burst, position, ordinal, out);
        } else {
            self.waiting.push_back(Waiting { burst: burst.clone(), fall: None });
        }
    }

    fn grow(
        &mut self,
        burst: &Burst,
        position: Position,
        ordinal: &mut u32,
        out: &mut Vec<WaveChange>,
    ) {
        let trace = burst.trace.id;
        if let Some(wave) = self.wave_of.get(&trace).and_then(|id| self.waves.get_mut(id)) {
            wave.crowd.merge(&burst.crowd);
        } else if let Some(waiting) = self.waiting_for(trace) {
            waiting.burst.crowd.merge(&burst.crowd);
        } else {
            self.rise(burst, position, ordinal, out);
        }
    }

    fn fall(&mut self, fall: &Fall) {
        if let Some(id) = self.wave_of.remove(&fall.trace) {
            if let Some(wave) = self.waves.get_mut(&id) {
                wave.end_burst(fall);
            }
        } else if let Some(waiting) = self.waiting_for(fall.trace) {
            waiting.fall = Some(*fall);
        }
    }

    fn waiting_for(&mut self, trace: TraceId) -> Option<&mut Waiting> {
        let mut open = self.waiting.iter_mut().filter(|waiting| waiting.fall.is_none());
        open.find(|waiting| waiting.burst.trace.id == trace)
    }

    /// Lets the burst join the wave it shares most with, or opens one for it.
    fn take_in(
        &mut self,
        burst: &Burst,
        position: Position,
        ordinal: &mut u32,
        out: &mut Vec<WaveChange>,
    ) {
        let joined = self.best_wave(burst);
        let id = match joined {
            Some((id, _)) => id,
            None => self.fresh_id(position, ordinal),
        };
        let wave = self.waves.entry(id).or_insert_with(|| Wave::new(burst.hour));
        wave.crowd.merge(&burst.crowd);
        wave.bursts += 1;
        wave.open += 1;
        self.wave_of.insert(burst.trace.id, id);
        let burst = burst.clone();
        out.push(match joined {
            Some((wave, shared_accounts)) => WaveChange::Joined { wave, burst, shared_accounts },
            None => {
                let field_event = self.field_event_before(burst.hour);
                WaveChange::Opened { wave: id, burst, field_event }
            }
        });
    }

    /// The open wave that shares most accounts with the burst, if it shares enough.
    fn best_wave(&self, burst: &Burst) -> Option<(WaveId, u64)> {
        let least = u64::from(self.constants.wave_shared_min);
        let share = fraction(self.constants.wave_shared_millionths);
        let mut best: Option<(WaveId, u64)> = None;
        for (id, wave) in &self.waves {
            let shared = burst.crowd.shared(&wave.crowd);
            let enough =
                shared.accounts >= least && float(shared.accounts) >= share * float(shared.of);
            if enough && best.is_none_or(|(_, most)| shared.accounts > most) {
                best = Some((*id, shared.accounts));
            }
        }
        best
    }

    fn fresh_id(&self, position: Position, ordinal: &mut u32) -> WaveId {
        loop {
            let id = WaveId { opened_after: position, ordinal: *ordinal };
            *ordinal += 1;
            if !self.waves.contains_key(&id) {
                return id;
            }
        }
    }

    fn close_ended(&mut self, out: &mut Vec<WaveChange>) {
        self.waves.retain(|id, wave| {
            if wave.open > 0 {
                return true;
            }
            let Wave { last_hour, posts, peak, bursts, .. } = *wave;
            out.push(WaveChange::Closed { wave: *id, last_hour, posts, peak, bursts });
            false
        });
    }

    fn field_event_before(&self, hour: Hour) -> Option<Position> {
        let earliest = before(hour, self.constants.field_event_hours_before);
        let begun = self.field_events.partition_point(|(at, _)| *at < hour.end());
        let (at, position) = *self.field_events[..begun].last()?;
        (at >= earliest).then_some(position)
    }

    fn forget_old_field_events(&mut self, watermark: Hour) {
        let earliest = before(watermark, self.constants.field_event_hours_kept);
        let old = self.field_events.partition_point(|(at, _)| *at < earliest);
        self.field_events.drain(..old);
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

/// Bytes of a written wave id.
const ID_BYTES: usize = 8 + 4;
/// Bytes of the shortest written wave.
const WAVE_BYTES_MIN: usize = 8 + 9 + 8 + 8 + 4 + 8 + 8;
/// Bytes of the shortest burst that waits.
const WAITING_BYTES_MIN: usize = 1 + 16 + 4 + 4 * 8 + 17 + 8 + 1;

impl Wave {
    fn new(hour: Hour) -> Self {
        let crowd = Crowd::default();
        Self { crowd, bursts: 0, open: 0, last_hour: hour, posts: 0, peak: 0 }
    }

    fn end_burst(&mut self, fall: &Fall) {
        self.open = self.open.saturating_sub(1);
        self.last_hour = self.last_hour.max(fall.last_hour);
        self.posts = self.posts.saturating_add(fall.posts);
        self.peak = self.peak.max(fall.peak);
    }

    fn encode(&self, writer: &mut Writer) {
        self.crowd.encode(writer);
        writer.u64(self.bursts);
        writer.u64(self.open);
        writer.u32(self.last_hour.index());
        writer.u64(self.posts);
        writer.u64(self.peak);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            crowd: Crowd::decode(reader)?,
            bursts: reader.u64()?,
            open: reader.u64()?,
            last_hour: Hour::from_index(reader.u32()?),
            posts: reader.u64()?,
            peak: reader.u64()?,
        })
    }
}

impl Waiting {
    fn encode(&self, writer: &mut Writer) {
        self.burst.encode(writer);
        writer.u8(u8::from(self.fall.is_some()));
        if let Some(fall) = self.fall {
            writer.u32(fall.last_hour.index());
            writer.u64(fall.posts);
            writer.u64(fall.peak);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let burst = Burst::decode(reader)?;
        let fall = match reader.u8()? {
            0 => None,
            1 => Some(Fall {
                trace: burst.trace.id,
                last_hour: Hour::from_index(reader.u32()?),
                posts: reader.u64()?,
                peak: reader.u64()?,
            }),
            _ => return Err(CodecError::Range),
        };
        Ok(Self { burst, fall })
    }
}

fn encode_id(id: WaveId, writer: &mut Writer) {
    writer.u64(id.opened_after.0);
    writer.u32(id.ordinal);
}

fn decode_id(reader: &mut Reader<'_>) -> Result<WaveId, CodecError> {
    Ok(WaveId { opened_after: Position(reader.u64()?), ordinal: reader.u32()? })
}

/// The moment `hours` before the hour begins.
fn before(hour: Hour, hours: u32) -> Timestamp {
    hour.start().plus_seconds(-3600 * i64::from(hours))
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
