//! Waves: bursts whose accounts overlap, put together at each hand-over.
//!
//! One owner for the whole platform. Leaves out what a wave means and what is done
//! about it; a field event named with a wave is a coincidence in time, not a cause.

mod adopt;
mod wave;

use std::collections::{BTreeMap, VecDeque};

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{AccountId, Hour, Position, Timestamp, TraceId, WaveId};

pub use self::adopt::AdoptError;
use self::wave::{
    ID_BYTES, WAITING_BYTES_MIN, WAVE_BYTES_MIN, Waiting, Wave, decode_id, encode_id,
};
use crate::change::WaveChange;
use crate::constants::fraction;
use crate::finding::{Burst, Fall, Finding};
use crate::shape::Season;
use crate::whole::float;
use crate::{Constants, History, Shape};

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

impl Assembly {
    /// No waves, no field events, a flat week, and no history.
    #[must_use]
    pub fn new(constants: Constants) -> Self {
        let season = Season::new();
        Self {
            shape: season.shape(History::new(), &constants),
            season,
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
        let history = std::mem::take(&mut self.shape.history);
        self.shape = self.season.shape(history, &self.constants);
    }

    /// Notes that the platform told a post of this hour: from the first one on it is
    /// listened to. In order of time but for an hour.
    pub fn note_post(&mut self, hour: Hour) {
        self.shape.history.note(hour);
    }

    /// The platform's week as of the hours told, and its history; what windows are
    /// handed next.
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

    /// Writes the state; equal states give equal bytes. The constants are not written.
    pub fn encode(&self, writer: &mut Writer) {
        self.season.encode(writer);
        self.shape.history.encode(writer);
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
        assembly.shape = assembly.season.shape(History::decode(reader)?, &assembly.constants);
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
}

/// The moment `hours` before the hour begins.
fn before(hour: Hour, hours: u32) -> Timestamp {
    hour.start().plus_seconds(-3600 * i64::from(hours))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Interval;
    use crate::crowd::Crowd;
    use crate::trace::{Trace, TraceKind};
    use seawall_model::journal::{Body, BurstSeen};

    const HOUR: u32 = 500_000;

    fn burst(id: u128, accounts: std::ops::Range<u64>) -> Burst {
        let mut crowd = Crowd::default();
        accounts.for_each(|account| crowd.insert(AccountId(account)));
        Burst {
            trace: Trace { kind: TraceKind::Hashtag, id: TraceId(id) },
            hour: Hour::from_index(HOUR),
            count: 30,
            interval: Interval { expected: 2.0, lower: 0, upper: 12 },
            crowd,
            positions: vec![Position(1), Position(2)],
        }
    }

    fn rose(id: u128, accounts: std::ops::Range<u64>) -> Finding {
        Finding::Rose(burst(id, accounts))
    }

    fn fell(id: u128) -> Finding {
        let (trace, last_hour) = (TraceId(id), Hour::from_index(HOUR + 3));
        Finding::Fell(Fall { trace, last_hour, posts: 100, peak: 40 })
    }

    fn step(assembly: &mut Assembly, position: u64, findings: &[Finding]) -> Vec<WaveChange> {
        let mut out = Vec::new();
        assembly.assemble(findings, Position(position), Hour::from_index(HOUR), &mut out);
        out
    }

    /// One line per change.
    fn told(changes: &[WaveChange]) -> Vec<String> {
        let line = |change: &WaveChange| match change {
            WaveChange::Opened { wave, burst, field_event } => {
                format!("{wave} opened by {} riding {field_event:?}", burst.trace.id.0)
            }
            WaveChange::Joined { wave, burst, shared_accounts } => {
                format!("{wave} joined by {} sharing {shared_accounts}", burst.trace.id.0)
            }
            WaveChange::Closed { wave, posts, peak, bursts, .. } => {
                format!("{wave} closed: {posts} posts, peak {peak}, {bursts} bursts")
            }
        };
        changes.iter().map(line).collect()
    }

    fn bytes(assembly: &Assembly) -> Vec<u8> {
        let mut writer = Writer::new();
        assembly.encode(&mut writer);
        writer.into_bytes()
    }

    #[test]
    fn bursts_of_the_same_accounts_are_one_wave_until_the_last_falls() {
        let mut assembly = Assembly::new(Constants::default());
        let changes = step(
            &mut assembly,
            1000,
            &[rose(1, 0..30), rose(2, 15..45), rose(3, 100..130), rose(4, 43..73)],
        );
        assert_eq!(
            told(&changes),
            [
                "w1000-0 opened by 1 riding None",
                "w1000-0 joined by 2 sharing 15",
                "w1000-1 opened by 3 riding None",
                "w1000-2 opened by 4 riding None",
            ]
        );
        assert_eq!(step(&mut assembly, 2000, &[fell(1)]), []);
        assert_eq!(
            told(&step(&mut assembly, 3000, &[fell(2), fell(3)])),
            [
                "w1000-0 closed: 200 posts, peak 40, 2 bursts",
                "w1000-1 closed: 100 posts, peak 40, 1 bursts",
            ]
        );
        assert_eq!(assembly.open_waves().len(), 1);
    }

    #[test]
    fn fewer_than_five_shared_accounts_join_nothing() {
        let mut assembly = Assembly::new(Constants::default());
        let changes = step(&mut assembly, 1, &[rose(1, 0..5), rose(2, 1..6), rose(3, 0..6)]);
        assert_eq!(
            told(&changes),
            [
                "w1-0 opened by 1 riding None",
                "w1-1 opened by 2 riding None",
                "w1-0 joined by 3 sharing 5",
            ],
            "of two that share as many, the older"
        );
    }

    #[test]
    fn a_grown_burst_lets_a_later_one_join() {
        let mut assembly = Assembly::new(Constants::default());
        step(&mut assembly, 1, &[rose(1, 0..20)]);
        step(&mut assembly, 2, &[Finding::Grew(burst(1, 0..500))]);
        let changes = step(&mut assembly, 3, &[rose(2, 400..430)]);
        assert!(matches!(changes.as_slice(), [WaveChange::Joined { .. }]), "{changes:?}");
    }

    #[test]
    fn a_wave_rides_the_latest_field_event_of_two_days() {
        let mut assembly = Assembly::new(Constants::default());
        let start = Hour::from_index(HOUR).start();
        for (position, seconds) in [(1, -49 * 3600), (2, -3600), (3, -7200), (4, 3600)] {
            assembly.note_field_event(Position(position), start.plus_seconds(seconds));
        }
        let mut early = burst(9, 900..930);
        early.hour = Hour::from_index(HOUR - 2);
        let changes = step(&mut assembly, 5, &[rose(1, 0..30), Finding::Rose(early)]);
        assert_eq!(
            told(&changes),
            [
                "w5-0 opened by 1 riding Some(Position(2))",
                "w5-1 opened by 9 riding Some(Position(3))"
            ]
        );
        let mut later = Assembly::new(Constants::default());
        later.note_field_event(Position(1), start.plus_seconds(-49 * 3600));
        assert_eq!(told(&step(&mut later, 5, &[rose(1, 0..30)])), ["w5-0 opened by 1 riding None"]);
    }

    #[test]
    fn field_events_are_bounded_in_time_and_number() {
        let mut constants = Constants::default();
        constants.set("field_events_max", 3).unwrap();
        let mut assembly = Assembly::new(constants);
        let start = Hour::from_index(HOUR).start();
        for position in 0..10 {
            assembly.note_field_event(Position(position), start);
        }
        assert_eq!(assembly.field_events.len(), 3);
        assembly.assemble(&[], Position(1), Hour::from_index(HOUR + 169), &mut Vec::new());
        assert_eq!(assembly.field_events, []);
    }

    #[test]
    fn what_is_over_the_limit_waits_and_is_told_when_there_is_room() {
        let mut constants = Constants::default();
        constants.set("waves_open_max", 1).unwrap();
        let mut assembly = Assembly::new(constants.clone());
        let changes = step(
            &mut assembly,
            1,
            &[rose(1, 0..30), rose(2, 100..130), rose(3, 200..230), rose(4, 0..30)],
        );
        assert_eq!(told(&changes), ["w1-0 opened by 1 riding None", "w1-0 joined by 4 sharing 30"]);
        assert_eq!(step(&mut assembly, 2, &[fell(2)]), []);
        assert_eq!(assembly.waiting(), 2);
        let written = bytes(&assembly);
        let mut assembly = Assembly::decode(&mut Reader::new(&written), constants).unwrap();
        assert_eq!(
            told(&step(&mut assembly, 3, &[fell(1), fell(4)])),
            [
                "w1-0 closed: 200 posts, peak 40, 2 bursts",
                "w3-0 opened by 2 riding None",
                "w3-0 closed: 100 posts, peak 40, 1 bursts",
                "w3-1 opened by 3 riding None",
            ]
        );
        assert_eq!(assembly.waiting(), 0);
    }

    #[test]
    fn a_restored_assembly_goes_on_as_the_original() {
        let mut assembly = Assembly::new(Constants::default());
        for hour in 0..400 {
            assembly.note_post(Hour::from_index(HOUR - 400 + hour));
            assembly.count_hour(Hour::from_index(HOUR - 400 + hour), u64::from(hour % 24) * 50);
        }
        assembly.note_field_event(Position(1), Hour::from_index(HOUR).start());
        step(&mut assembly, 1, &[rose(1, 0..30), rose(2, 15..45), rose(3, 100..600)]);
        let written = bytes(&assembly);
        let mut reader = Reader::new(&written);
        let mut restored = Assembly::decode(&mut reader, Constants::default()).unwrap();
        assert_eq!(reader.end(), Ok(()));
        assert_eq!(bytes(&restored), written);
        assert_eq!(restored.shape(), assembly.shape());
        let next = [fell(1), fell(3), rose(4, 20..40)];
        assert_eq!(step(&mut assembly, 2, &next), step(&mut restored, 2, &next));
        assert_eq!(bytes(&assembly), bytes(&restored));
        for end in 0..written.len() {
            assert!(
                Assembly::decode(&mut Reader::new(&written[..end]), Constants::default()).is_err()
            );
        }
    }

    #[test]
    fn recorded_waves_are_adopted_with_what_still_bursts() {
        let mut before = Assembly::new(Constants::default());
        let mut changes =
            step(&mut before, 1, &[rose(1, 0..30), rose(2, 15..45), rose(3, 100..400)]);
        changes.extend(step(&mut before, 2, &[rose(4, 900..930), fell(3)]));
        let recorded: Vec<Body> = changes.iter().map(WaveChange::body).collect();
        let mut after = Assembly::new(Constants::default());
        after.adopt(&recorded, &[TraceId(2), TraceId(8)]).unwrap();
        assert_eq!(after.open_waves(), before.open_waves());
        assert_eq!(
            told(&step(&mut after, 3, &[Finding::Grew(burst(8, 20..50))])),
            ["w1-0 joined by 8 sharing 25", "w2-0 closed: 30 posts, peak 30, 1 bursts"]
        );
        assert_eq!(
            told(&step(&mut after, 4, &[fell(2), fell(8)])),
            ["w1-0 closed: 230 posts, peak 40, 3 bursts"]
        );
    }

    #[test]
    fn an_entry_that_does_not_fit_is_refused_and_replaces_nothing() {
        let mut assembly = Assembly::new(Constants::default());
        let changes = step(&mut assembly, 1, &[rose(1, 0..30)]);
        let Body::WaveOpened { burst: seen, .. } = changes[0].body() else { panic!() };
        let joined = |wave: &str, seen: &BurstSeen| Body::WaveJoined {
            wave: wave.to_owned(),
            burst: seen.clone(),
            shared_accounts: 5,
        };
        let wrong = BurstSeen { trace: "kettle".to_owned(), ..seen.clone() };
        for (body, expect) in [
            (joined("x", &seen), "`x` is no wave id"),
            (joined("w1-0", &wrong), "`kettle` is no trace id or trace kind"),
            (joined("w9-0", &seen), "the wave `w9-0` joins or closes without having been opened"),
        ] {
            assert_eq!(assembly.adopt(&[body], &[]).unwrap_err().to_string(), expect);
        }
        assert_eq!(assembly.open_waves().len(), 1);
        assembly.adopt(&[Body::Tick], &[]).unwrap();
        assert_eq!(assembly.open_waves(), []);
    }

    #[test]
    fn a_forgotten_account_is_in_no_sample() {
        let mut constants = Constants::default();
        constants.set("waves_open_max", 1).unwrap();
        let mut assembly = Assembly::new(constants);
        step(&mut assembly, 1, &[rose(1, 0..30), rose(2, 100..130)]);
        let before = bytes(&assembly).len();
        assembly.forget_account(AccountId(3));
        assembly.forget_account(AccountId(103));
        assert_eq!(bytes(&assembly).len(), before - 16);
    }

    #[test]
    fn a_wave_is_told_as_the_journal_writes_it() {
        let mut assembly = Assembly::new(Constants::default());
        let changes = step(&mut assembly, 1000, &[rose(1, 0..40), rose(2, 0..6), fell(1), fell(2)]);
        let bodies: Vec<Body> = changes.iter().map(WaveChange::body).collect();
        insta::assert_debug_snapshot!(bodies);
    }
}
