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
/// While hours are open it takes about 150 more for each, and 8 per account in them up
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Chance;
    use crate::{BURST_POSITIONS_MAX, Crowd, Fall};
    use proptest::prelude::*;

    /// Monday 00:00 UTC, some weeks after 1970.
    const START: u32 = 96 + 1680;

    fn trace(id: u128) -> Trace {
        Trace { kind: TraceKind::Hashtag, id: TraceId(id) }
    }

    fn small() -> Constants {
        let mut constants = Constants::default();
        constants.set("traces_once_max", 4096).unwrap();
        constants.set("traces_watched_max", 4096).unwrap();
        constants
    }

    /// A platform that tells one hour after the other.
    struct Story {
        windows: Windows,
        shape: Shape,
        hour: Hour,
        position: Position,
    }

    impl Story {
        fn new(constants: Constants) -> Self {
            let shape = Shape::flat(&constants);
            let hour = Hour::from_index(START);
            let windows = Windows::new(constants);
            Self { windows, shape, hour, position: Position::START }
        }

        fn post(&mut self, id: u128, account: u64) {
            self.position = self.position.next();
            let account = Some(AccountId(account));
            let (hour, position) = (self.hour, self.position);
            self.windows.observe(&Sighting { trace: trace(id), account, hour, position });
        }

        /// `posts` posts by as many accounts, a hand-over, and the next hour.
        fn hour(&mut self, posts: u64) -> Vec<Finding> {
            for account in 0..posts {
                self.post(7, account);
            }
            let found = self.hand_over();
            self.hour = self.hour.next();
            found
        }

        fn hand_over(&mut self) -> Vec<Finding> {
            let mut out = Vec::new();
            self.windows.hand_over(self.hour, &self.shape, &mut out);
            out
        }
    }

    #[test]
    fn a_burst_rises_while_its_hour_runs_and_falls_after_two_quiet_hours() {
        let mut story = Story::new(Constants::default());
        for _ in 0..100 {
            assert_eq!(story.hour(6), []);
        }
        let rose = story.hour(30);
        let [Finding::Rose(burst)] = rose.as_slice() else { panic!("{rose:?}") };
        assert_eq!((burst.count, burst.crowd.accounts()), (30, 30));
        assert_eq!(burst.hour.index(), START + 100);
        assert!(burst.interval.upper < 30 && burst.interval.expected < 8.0);
        assert_eq!(burst.positions.len(), BURST_POSITIONS_MAX);
        let grew = story.hour(40);
        assert!(matches!(grew.as_slice(), [Finding::Grew(burst)] if burst.crowd.accounts() == 40));
        assert_eq!(story.windows.bursting(), [TraceId(7)]);
        // Two quiet hours, and one of lateness before the second is closed.
        assert_eq!(story.hour(6), []);
        assert_eq!(story.hour(6), []);
        assert_eq!(story.hour(6), []);
        let last_hour = Hour::from_index(START + 101);
        let fall = Fall { trace: TraceId(7), last_hour, posts: 70, peak: 40 };
        assert_eq!(story.hour(6), [Finding::Fell(fall)]);
        assert_eq!(story.windows.bursting(), []);
    }

    #[test]
    fn empty_hours_before_a_burst_do_not_end_it() {
        let mut story = Story::new(Constants::default());
        story.hour(6);
        for _ in 0..4 {
            story.hour(0);
        }
        assert!(matches!(story.hour(40).as_slice(), [Finding::Rose(_)]));
        assert_eq!(story.hour(40), []);
        assert_eq!(story.windows.bursting(), [TraceId(7)]);
    }

    #[test]
    fn one_loud_account_and_few_posts_are_no_burst() {
        let mut story = Story::new(Constants::default());
        for _ in 0..100 {
            story.post(7, 1);
        }
        for account in 0..19 {
            story.post(8, account);
        }
        assert_eq!(story.hand_over(), []);
        story.post(8, 19);
        assert_eq!(story.hand_over().len(), 1);
    }

    #[test]
    fn a_burst_that_passes_between_two_hand_overs_is_told_whole() {
        let mut story = Story::new(Constants::default());
        for account in 0..50 {
            story.post(7, account);
        }
        story.hour = Hour::from_index(START + 30);
        let found = story.hand_over();
        assert!(
            matches!(found.as_slice(), [Finding::Rose(_), Finding::Fell(fall)] if fall.posts == 50),
            "{found:?}"
        );
    }

    #[test]
    fn a_late_sighting_counts_while_its_hour_is_open_and_never_after() {
        let mut story = Story::new(Constants::default());
        for account in 0..15 {
            story.post(7, account);
        }
        story.hour = story.hour.next();
        assert_eq!(story.hand_over(), []);
        let late = |story: &mut Story, accounts: std::ops::Range<u64>| {
            let now = story.hour;
            story.hour = Hour::from_index(START);
            for account in accounts {
                story.post(7, account);
            }
            story.hour = now;
        };
        late(&mut story, 15..25);
        let found = story.hand_over();
        assert!(matches!(found.as_slice(), [Finding::Rose(burst)] if burst.hour.index() == START));
        let mut other = Story::new(Constants::default());
        other.hour = Hour::from_index(START + 2);
        other.hand_over();
        late(&mut other, 0..100);
        assert_eq!(other.windows.held(), (0, 0));
    }

    #[test]
    fn findings_come_in_order_of_trace() {
        let mut story = Story::new(Constants::default());
        for id in [9, 3, 1 << 100, 5] {
            for account in 0..30 {
                story.post(id, account);
            }
        }
        let ids: Vec<_> = story.hand_over().iter().map(|finding| finding.trace().0).collect();
        assert_eq!(ids, [3, 5, 9, 1 << 100]);
    }

    #[test]
    fn the_oldest_leave_and_are_counted_but_bursts_stay() {
        let mut story = Story::new(small());
        for account in 0..30 {
            story.post(1, account);
        }
        assert_eq!(story.hand_over().len(), 1);
        for id in 100..120 {
            story.post(id, 1);
        }
        // Sixteen fit; two leave at a time.
        assert_eq!(story.windows.held(), (16, 1));
        assert_eq!(story.windows.take_dropped(), Dropped { once: 4, watched: 0 });
        for id in 200..230 {
            story.post(id, 1);
            story.post(id, 2);
        }
        let (_, watched) = story.windows.held();
        assert!((15..=16).contains(&watched), "{watched}");
        assert_eq!(story.windows.take_dropped().watched, 31 - watched as u64);
        assert_eq!(story.windows.bursting(), [TraceId(1)]);
        story.post(100, 3);
        assert_eq!(story.windows.held().0, 15, "the oldest of those seen once had left");
    }

    #[test]
    fn a_partition_full_of_bursts_takes_no_more_and_drops_none() {
        let mut story = Story::new(small());
        for id in 0..16 {
            for account in 0..30 {
                story.post(id, account);
            }
        }
        assert_eq!(story.hand_over().len(), 16);
        story.post(99, 1);
        story.post(99, 2);
        assert_eq!(story.windows.bursting().len(), 16);
        assert_eq!(story.windows.take_dropped(), Dropped { once: 1, watched: 0 });
    }

    #[test]
    fn a_forgotten_account_is_in_no_sample() {
        let mut story = Story::new(Constants::default());
        story.post(8, 3);
        for account in 0..30 {
            story.post(7, account);
        }
        story.hand_over();
        story.windows.forget_account(AccountId(3));
        for account in 30..60 {
            story.post(7, account);
            story.post(8, account);
        }
        for finding in story.hand_over() {
            let (Finding::Rose(burst) | Finding::Grew(burst)) = finding else { continue };
            assert!(burst.crowd.accounts() <= 59);
            assert_eq!(burst.crowd.shared(&Crowd::from_sample([AccountId(3)], 1)).accounts, 0);
        }
    }

    #[test]
    fn a_trace_takes_no_more_than_is_promised() {
        assert!(size_of::<(TraceId, Once)>() <= ONCE_TRACE_BYTES);
        let quiet = size_of::<(TraceId, Watched)>();
        println!("once {} bytes, quiet {quiet} bytes", size_of::<(TraceId, Once)>());
        assert!(quiet <= QUIET_TRACE_BYTES);
        // A quiet trace owns nothing beside it.
        let mut story = Story::new(Constants::default());
        story.hour(3);
        story.hour = Hour::from_index(START + 50);
        story.hand_over();
        assert!(story.windows.watched.values().all(Watched::is_quiet));
    }

    fn bytes(windows: &Windows) -> Vec<u8> {
        let mut writer = Writer::new();
        windows.encode(&mut writer);
        writer.into_bytes()
    }

    /// Random posts by hour; some traces are loud at times.
    fn run(
        windows: &mut Windows,
        chance: &mut Chance,
        hours: std::ops::Range<u32>,
    ) -> Vec<Finding> {
        let shape = Shape::flat(&Constants::default());
        let mut out = Vec::new();
        for hour in hours {
            for _ in 0..3 {
                for _ in 0..chance.below(80) {
                    let id = u128::from(chance.below(if hour % 5 == 0 { 2 } else { 60 }));
                    let account = Some(AccountId(chance.below(90)));
                    let late = u32::try_from(chance.below(2)).unwrap();
                    let hour = Hour::from_index(START + hour - late);
                    let position = Position(u64::from(hour.index()) * 1000 + chance.below(900));
                    windows.observe(&Sighting { trace: trace(id), account, hour, position });
                }
                windows.hand_over(Hour::from_index(START + hour), &shape, &mut out);
            }
        }
        out
    }

    #[test]
    fn the_random_runs_have_rises_and_falls_in_them() {
        let found = run(&mut Windows::new(small()), &mut Chance::new(1), 1..40);
        let rises = found.iter().filter(|finding| matches!(finding, Finding::Rose(_))).count();
        let falls = found.iter().filter(|finding| matches!(finding, Finding::Fell(_))).count();
        println!("{rises} rises, {falls} falls");
        assert!(rises >= 5 && falls >= 5);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn a_restored_state_goes_on_as_the_original(seed in any::<u64>(), cut in 1_u32..20) {
            let mut chance = Chance::new(seed);
            let mut original = Windows::new(small());
            run(&mut original, &mut chance, 1..cut);
            // In the middle of a batch too.
            original.observe(&Sighting {
                trace: trace(1), account: None, hour: Hour::from_index(START + cut),
                position: Position(1),
            });
            let written = bytes(&original);
            let mut reader = Reader::new(&written);
            let mut restored = Windows::decode(&mut reader, small()).unwrap();
            prop_assert_eq!(reader.end(), Ok(()));
            prop_assert_eq!(bytes(&restored), written);
            let seed = chance.below(u64::MAX);
            let first = run(&mut original, &mut Chance::new(seed), cut..cut + 12);
            let second = run(&mut restored, &mut Chance::new(seed), cut..cut + 12);
            prop_assert_eq!(first, second);
            prop_assert_eq!(bytes(&original), bytes(&restored));
        }

        #[test]
        fn hostile_bytes_never_panic(
            seed in any::<u64>(), at in any::<proptest::sample::Index>(), value in any::<u8>(),
        ) {
            let mut windows = Windows::new(small());
            run(&mut windows, &mut Chance::new(seed), 1..8);
            let mut written = bytes(&windows);
            let at = at.index(written.len());
            written[at] = value;
            if let Ok(mut windows) = Windows::decode(&mut Reader::new(&written), small()) {
                bytes(&windows);
                let _ = windows.take_dropped();
            }
            let _ = Windows::decode(&mut Reader::new(&written[..at]), small());
        }
    }
}
