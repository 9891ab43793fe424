//! The traces of one partition: counts by hour of event time, baselines, bursts.
//!
//! A trace seen once is kept in a short form until it is seen again, because most
//! texts never are. Leaves out which sightings are late, which the pipeline decides,
//! and waves, which `assembly` puts together.

use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashMap;
use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{AccountId, Hour, Position, TraceId};

use crate::finding::Finding;
use crate::trace::{Trace, TraceKind};
use crate::watched::{HandOver, Watched};
use crate::{Constants, Shape};

/// Partitions that keys hash into; the limits on traces hold over all of them.
pub const PARTITIONS: usize = 256;
/// Most bytes of a trace that was seen once, without the table's slack (1/7 to 9/7).
pub const ONCE_TRACE_BYTES: usize = 48;
/// Most bytes of a watched trace outside its open hours, without the table's slack.
/// While hours are open it takes about 100 more for each, and 8 per account in them up
/// to 256; an open burst takes up to 2.5 kB.
pub const QUIET_TRACE_BYTES: usize = 160;
/// One eighth of the traces leaves at a time, so that making room costs little.
const LEAVING_SHARE: usize = 8;

/// The partition a trace belongs to: 0 to 255, the id's highest byte.
#[must_use]
pub fn partition(trace: TraceId) -> usize {
    usize::from(trace.0.to_be_bytes()[0])
}

/// One post that carries a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The trace.
    pub trace: Trace,
    /// Own id of the account; `None` if the platform does not say, which counts the
    /// post but no account.
    pub account: Option<AccountId>,
    /// The hour of event time.
    pub hour: Hour,
    /// The event's position.
    pub position: Position,
}

/// Traces that made room for others since this was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Seen once and not again in time.
    pub once: u64,
    /// Watched, with their baseline.
    pub watched: u64,
}

/// The windows of one partition.
#[derive(Clone, Debug)]
pub struct Windows {
    constants: Constants,
    once: Table<Once>,
    watched: Table<Watched>,
    /// Traces that may have risen or grown since the last hand-over.
    touched: Vec<TraceId>,
    /// Traces that are not quiet, and perhaps some that were.
    busy: Vec<TraceId>,
    /// Hours before this one can change no more.
    open_from: Hour,
    dropped: Dropped,
}

type Table<V> = HashMap<TraceId, V, BuildHasherDefault<Spread>>;

/// A trace seen once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Once {
    account: Option<AccountId>,
    position: Position,
    hour: Hour,
    kind: TraceKind,
}

impl Windows {
    /// Empty windows.
    #[must_use]
    pub fn new(constants: Constants) -> Self {
        Self {
            constants,
            once: Table::default(),
            watched: Table::default(),
            touched: Vec::new(),
            busy: Vec::new(),
            open_from: Hour::from_index(0),
            dropped: Dropped::default(),
        }
    }

    /// Counts one sighting.
    ///
    /// A sighting of an hour that was closed, which the pipeline keeps away as late,
    /// changes nothing. Where there is no room, the traces not seen for longest leave
    /// and are counted; one with an open burst never does.
    ///
    /// Cost: one or two look-ups; rarely one pass over the partition to make room.
    pub fn observe(&mut self, sighting: &Sighting) {
        let Sighting { trace, account, hour, position } = *sighting;
        if hour < self.open_from {
            return;
        }
        if !self.watched.contains_key(&trace.id) {
            let Some(first) = self.once.remove(&trace.id) else {
                self.make_room_once();
                let kind = trace.kind;
                self.once.insert(trace.id, Once { account, position, hour, kind });
                return;
            };
            if !self.make_room_watched() {
                self.dropped.once += 1;
                return;
            }
            let mut watched = Watched::new(trace.kind, first.hour.min(hour));
            watched.count(first.account, first.hour, first.position);
            self.watched.insert(trace.id, watched);
            self.busy.push(trace.id);
        }
        let Some(watched) = self.watched.get_mut(&trace.id) else { return };
        if watched.is_quiet() {
            self.busy.push(trace.id);
        }
        let count = watched.count(account, hour, position);
        if count >= u64::from(self.constants.burst_posts_min) || watched.is_bursting() {
            self.touched.push(trace.id);
        }
    }

    /// Judges what was counted, by the hour of the latest event time seen.
    ///
    /// Hours before `watermark` - 1 are closed: they are learnt and can change no more.
    /// Appends the findings in order of trace id, those of one trace in order of time.
    /// `shape` is the platform's week as of the last hand-over.
    ///
    /// Cost: while the watermark stands still, the traces that were seen and have
    /// enough posts for a burst; once an hour, all that were seen in the last hours.
    pub fn hand_over(&mut self, watermark: Hour, shape: &Shape, out: &mut Vec<Finding>) {
        let open_from = Hour::from_index(watermark.index().saturating_sub(1)).max(self.open_from);
        let advanced = open_from > self.open_from;
        self.open_from = open_from;
        let mut due = std::mem::take(&mut self.touched);
        if advanced {
            due.clear();
            due.append(&mut self.busy);
        }
        due.sort_unstable();
        due.dedup();
        let by = HandOver { open_from, shape, constants: &self.constants };
        for id in due {
            let Some(watched) = self.watched.get_mut(&id) else { continue };
            watched.hand_over(id, &by, out);
            if advanced && !watched.is_quiet() {
                self.busy.push(id);
            }
        }
    }

    /// Takes an account out of every sample, as erasure asks.
    ///
    /// The posts stay counted. Cost: one pass over the partition.
    pub fn forget_account(&mut self, account: AccountId) {
        for once in self.once.values_mut() {
            once.account = once.account.filter(|known| *known != account);
        }
        for watched in self.watched.values_mut() {
            watched.forget(account);
        }
    }

    /// What made room since this was last asked.
    pub fn take_dropped(&mut self) -> Dropped {
        std::mem::take(&mut self.dropped)
    }

    /// How many traces are held: seen once, and watched.
    #[must_use]
    pub fn held(&self) -> (usize, usize) {
        (self.once.len(), self.watched.len())
    }

    /// The traces with an open burst, sorted.
    #[must_use]
    pub fn bursting(&self) -> Vec<TraceId> {
        let open = self.watched.iter().filter(|(_, watched)| watched.is_bursting());
        let mut ids: Vec<_> = open.map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }

    /// Writes the state; equal states give equal bytes. The constants are not written.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u32(self.open_from.index());
        writer.u64(self.dropped.once);
        writer.u64(self.dropped.watched);
        let mut touched = self.touched.clone();
        touched.sort_unstable();
        touched.dedup();
        touched.retain(|id| self.watched.contains_key(id));
        writer.len(touched.len());
        for id in touched {
            writer.u128(id.0);
        }
        writer.len(self.once.len());
        for (id, once) in sorted(&self.once) {
            writer.u128(id.0);
            once.encode(writer);
        }
        writer.len(self.watched.len());
        for (id, watched) in sorted(&self.watched) {
            writer.u128(id.0);
            watched.encode(writer);
        }
    }

    /// Reads what [`Self::encode`] wrote; the result behaves as the original did.
    ///
    /// # Errors
    /// [`CodecError`] if the bytes are no state of this build.
    pub fn decode(reader: &mut Reader<'_>, constants: Constants) -> Result<Self, CodecError> {
        let mut windows = Self::new(constants);
        windows.open_from = Hour::from_index(reader.u32()?);
        windows.dropped = Dropped { once: reader.u64()?, watched: reader.u64()? };
        for _ in 0..reader.len(16)? {
            windows.touched.push(TraceId(reader.u128()?));
        }
        for _ in 0..reader.len(ONCE_BYTES)? {
            let id = TraceId(reader.u128()?);
            windows.once.insert(id, Once::decode(reader)?);
        }
        for _ in 0..reader.len(WATCHED_BYTES_MIN)? {
            let id = TraceId(reader.u128()?);
            let watched = Watched::decode(reader)?;
            if !watched.is_quiet() {
                windows.busy.push(id);
            }
            windows.watched.insert(id, watched);
        }
        Ok(windows)
    }

    /// Lets the oldest leave if there are as many traces seen once as may be.
    fn make_room_once(&mut self) {
        let most = per_partition(self.constants.traces_once_max);
        if self.once.len() < most {
            return;
        }
        let ages = self.once.iter().map(|(id, once)| (once.position, *id)).collect();
        for id in oldest(ages, most) {
            self.once.remove(&id);
            self.dropped.once += 1;
        }
    }

    /// Answers whether there is room for one more watched trace, making some if not.
    fn make_room_watched(&mut self) -> bool {
        let most = per_partition(self.constants.traces_watched_max);
        if self.watched.len() < most {
            return true;
        }
        let calm = self.watched.iter().filter(|(_, watched)| !watched.is_bursting());
        let ages = calm.map(|(id, watched)| (watched.last, *id)).collect();
        for id in oldest(ages, most) {
            self.watched.remove(&id);
            self.dropped.watched += 1;
        }
        self.watched.len() < most
    }
}

/// Bytes of a written trace that was seen once.
const ONCE_BYTES: usize = 16 + 1 + 8 + 8 + 4 + 1;
/// Bytes of the shortest written watched trace.
const WATCHED_BYTES_MIN: usize = 16 + 1 + 8 + 44 + 8 + 1;

impl Once {
    fn encode(&self, writer: &mut Writer) {
        writer.u8(u8::from(self.account.is_some()));
        writer.u64(self.account.map_or(0, |account| account.0));
        writer.u64(self.position.0);
        writer.u32(self.hour.index());
        writer.u8(self.kind.number());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let known = reader.u8()?;
        let account = AccountId(reader.u64()?);
        Ok(Self {
            account: match known {
                0 => None,
                1 => Some(account),
                _ => return Err(CodecError::Range),
            },
            position: Position(reader.u64()?),
            hour: Hour::from_index(reader.u32()?),
            kind: TraceKind::from_number(reader.u8()?).ok_or(CodecError::Range)?,
        })
    }
}

fn sorted<V>(table: &Table<V>) -> Vec<(&TraceId, &V)> {
    let mut rows: Vec<_> = table.iter().collect();
    rows.sort_unstable_by_key(|row| row.0);
    rows
}

fn per_partition(total: u32) -> usize {
    (total as usize / PARTITIONS).max(1)
}

/// The ids of those seen longest ago: a share of `most`, ties by id.
fn oldest(mut ages: Vec<(Position, TraceId)>, most: usize) -> Vec<TraceId> {
    let leaving = (most / LEAVING_SHARE).max(1);
    if leaving < ages.len() {
        ages.select_nth_unstable(leaving);
        ages.truncate(leaving);
    }
    ages.into_iter().map(|(_, id)| id).collect()
}

/// Takes trace ids as they are: keyed hashes, spread evenly whoever chose the names.
#[derive(Clone, Copy, Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, value: u128) {
        // The low half: the highest byte is the partition and equal for all.
        self.0 = (value & u128::from(u64::MAX)).try_into().unwrap_or(0);
    }
}
