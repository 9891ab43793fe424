//! One watched trace: its baseline, the hours that may still change, its open burst.
//!
//! Leaves out which traces are watched, which `windows` decides.

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{AccountId, Hour, Position, TraceId};

use crate::baseline::Baseline;
use crate::crowd::Crowd;
use crate::finding::{
    BURST_POSITIONS_MAX, Burst, Fall, Finding, decode_positions, encode_positions,
};
use crate::trace::{Trace, TraceKind};
use crate::{Constants, Shape};

/// A burst is told again when it has so many more accounts.
const GROWTH_ACCOUNTS_MIN: u64 = 8;

/// A trace with a baseline.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Watched {
    pub(crate) kind: TraceKind,
    /// Position of its last sighting.
    pub(crate) last: Position,
    baseline: Baseline,
    /// Hours not yet learnt, in order; empty while the trace is quiet.
    recent: Vec<Tally>,
    burst: Option<Box<OpenBurst>>,
}

/// One hour of one trace.
#[derive(Clone, Debug, PartialEq)]
struct Tally {
    hour: Hour,
    count: u64,
    crowd: Crowd,
    positions: Vec<Position>,
}

/// A burst that has not fallen.
#[derive(Clone, Debug, PartialEq)]
struct OpenBurst {
    seen: Burst,
    last_above: Hour,
    /// Closed hours in a row within the interval.
    quiet: u32,
    /// Posts from the hour it rose in to the last hour above, as far as closed.
    posts: u64,
    /// Posts of the quiet hours since.
    posts_since: u64,
    peak: u64,
    /// Accounts when it was last told.
    told: u64,
}

/// What a hand-over gives each trace.
#[derive(Clone, Copy)]
pub(crate) struct HandOver<'a> {
    /// Hours before this one can change no more.
    pub(crate) open_from: Hour,
    pub(crate) shape: &'a Shape,
    pub(crate) constants: &'a Constants,
}

impl Watched {
    /// A trace whose first sighting was in `hour`.
    pub(crate) fn new(kind: TraceKind, hour: Hour) -> Self {
        Self {
            kind,
            last: Position::START,
            baseline: Baseline::new(hour),
            recent: Vec::new(),
            burst: None,
        }
    }

    /// Whether nothing is left to do for it until it is seen again.
    pub(crate) fn is_quiet(&self) -> bool {
        self.recent.is_empty() && self.burst.is_none()
    }

    /// Whether a burst is open.
    pub(crate) fn is_bursting(&self) -> bool {
        self.burst.is_some()
    }

    /// Counts one post; answers the posts of its hour so far.
    pub(crate) fn count(
        &mut self,
        account: Option<AccountId>,
        hour: Hour,
        position: Position,
    ) -> u64 {
        self.last = self.last.max(position);
        let place = match self.recent.binary_search_by_key(&hour, |tally| tally.hour) {
            Ok(place) => place,
            Err(place) => {
                let empty = (Crowd::default(), Vec::new());
                let tally = Tally { hour, count: 0, crowd: empty.0, positions: empty.1 };
                self.recent.insert(place, tally);
                place
            }
        };
        let tally = &mut self.recent[place];
        tally.count += 1;
        if tally.positions.len() < BURST_POSITIONS_MAX {
            tally.positions.push(position);
        }
        if let Some(account) = account {
            tally.crowd.insert(account);
            if let Some(burst) = self.burst.as_mut().filter(|burst| hour >= burst.seen.hour) {
                burst.seen.crowd.insert(account);
            }
        }
        tally.count
    }

    /// Closes the hours that can change no more, judges the running ones, and appends
    /// what was found, in order of time.
    pub(crate) fn hand_over(&mut self, id: TraceId, by: &HandOver<'_>, out: &mut Vec<Finding>) {
        let trace = Trace { kind: self.kind, id };
        let closed = self.recent.partition_point(|tally| tally.hour < by.open_from);
        let rest = self.recent.split_off(closed);
        for tally in std::mem::replace(&mut self.recent, rest) {
            self.pass_empty_hours(trace, tally.hour, by, out);
            self.close(trace, &tally, by, out);
        }
        if self.burst.is_some() {
            self.pass_empty_hours(trace, by.open_from, by, out);
        }
        self.judge_running(trace, by, out);
        if let Some(burst) = &mut self.burst {
            burst.tell_growth(out);
        }
        self.recent.shrink_to_fit();
    }

    /// Takes an account out of every sample.
    pub(crate) fn forget(&mut self, account: AccountId) {
        for tally in &mut self.recent {
            tally.crowd.forget(account);
        }
        if let Some(burst) = &mut self.burst {
            burst.seen.crowd.forget(account);
        }
    }

    /// Moves the baseline to `hour`; hours without posts end a burst.
    fn pass_empty_hours(
        &mut self,
        trace: Trace,
        hour: Hour,
        by: &HandOver<'_>,
        out: &mut Vec<Finding>,
    ) {
        let first = self.baseline.next();
        self.baseline = self.baseline.before(hour, by.shape, by.constants);
        let Some(burst) = &mut self.burst else { return };
        // Hours before it rose are no part of it.
        let empty = hour.hours_since(first.max(burst.seen.hour));
        burst.quiet = burst.quiet.saturating_add(empty);
        self.end_if_quiet(trace, by, out);
    }

    fn close(&mut self, trace: Trace, tally: &Tally, by: &HandOver<'_>, out: &mut Vec<Finding>) {
        let baseline = self.baseline;
        self.rise(trace, tally, &baseline, by, out);
        if let Some(burst) = self.burst.as_mut().filter(|burst| tally.hour >= burst.seen.hour) {
            let is_above = baseline.is_above(tally.count, by.shape, by.constants);
            // The hour it rose in was above when it was found, and stays so.
            if is_above || tally.hour == burst.seen.hour {
                burst.quiet = 0;
                burst.last_above = tally.hour;
                burst.posts += burst.posts_since + tally.count;
                burst.posts_since = 0;
                burst.peak = burst.peak.max(tally.count);
            } else {
                burst.quiet = burst.quiet.saturating_add(1);
                burst.posts_since += tally.count;
            }
        }
        self.baseline.learn(tally.count, by.shape, by.constants);
        self.end_if_quiet(trace, by, out);
    }

    /// Opens a burst if the hour is one and none is open.
    fn rise(
        &mut self,
        trace: Trace,
        tally: &Tally,
        baseline: &Baseline,
        by: &HandOver<'_>,
        out: &mut Vec<Finding>,
    ) {
        if self.burst.is_some() || !tally.may_burst(by.constants) {
            return;
        }
        let interval = baseline.interval(by.shape, by.constants);
        let Some(interval) = interval.filter(|interval| tally.count > interval.upper) else {
            return;
        };
        let mut crowd = tally.crowd.clone();
        for later in self.recent.iter().filter(|later| later.hour > tally.hour) {
            crowd.merge(&later.crowd);
        }
        let mut positions = tally.positions.clone();
        positions.sort_unstable();
        let (hour, count) = (tally.hour, tally.count);
        let told = crowd.accounts();
        let seen = Burst { trace, hour, count, interval, crowd, positions };
        out.push(Finding::Rose(seen.clone()));
        self.burst = Some(Box::new(OpenBurst {
            seen,
            last_above: hour,
            quiet: 0,
            posts: 0,
            posts_since: 0,
            peak: 0,
            told,
        }));
    }

    fn end_if_quiet(&mut self, trace: Trace, by: &HandOver<'_>, out: &mut Vec<Finding>) {
        let quiet = by.constants.burst_quiet_hours;
        if let Some(burst) = self.burst.take_if(|burst| burst.quiet >= quiet) {
            let OpenBurst { last_above: last_hour, posts, peak, .. } = *burst;
            out.push(Finding::Fell(Fall { trace: trace.id, last_hour, posts, peak }));
        }
    }

    /// Looks for a rise in the hours that still run, without learning from them.
    fn judge_running(&mut self, trace: Trace, by: &HandOver<'_>, out: &mut Vec<Finding>) {
        if self.burst.is_some() || !self.recent.iter().any(|tally| tally.may_burst(by.constants)) {
            return;
        }
        let mut baseline = self.baseline;
        for tally in std::mem::take(&mut self.recent) {
            baseline = baseline.before(tally.hour, by.shape, by.constants);
            self.rise(trace, &tally, &baseline, by, out);
            baseline.learn(tally.count, by.shape, by.constants);
            self.recent.push(tally);
        }
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        writer.u8(self.kind.number());
        writer.u64(self.last.0);
        self.baseline.encode(writer);
        writer.len(self.recent.len());
        for tally in &self.recent {
            writer.u32(tally.hour.index());
            writer.u64(tally.count);
            tally.crowd.encode(writer);
            encode_positions(&tally.positions, writer);
        }
        writer.u8(u8::from(self.burst.is_some()));
        if let Some(burst) = &self.burst {
            burst.encode(writer);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let kind = TraceKind::from_number(reader.u8()?).ok_or(CodecError::Range)?;
        let last = Position(reader.u64()?);
        let baseline = Baseline::decode(reader)?;
        let mut recent = Vec::new();
        for _ in 0..reader.len(TALLY_BYTES_MIN)? {
            recent.push(Tally {
                hour: Hour::from_index(reader.u32()?),
                count: reader.u64()?,
                crowd: Crowd::decode(reader)?,
                positions: decode_positions(reader)?,
            });
        }
        if !recent.is_sorted_by(|a, b| a.hour < b.hour) {
            return Err(CodecError::Range);
        }
        let burst = match reader.u8()? {
            0 => None,
            1 => Some(Box::new(OpenBurst::decode(reader)?)),
            _ => return Err(CodecError::Range),
        };
        Ok(Self { kind, last, baseline, recent, burst })
    }
}

/// Bytes of the shortest written tally.
const TALLY_BYTES_MIN: usize = 4 + 8 + 8 + 9 + 8;

impl Tally {
    fn may_burst(&self, constants: &Constants) -> bool {
        self.count >= u64::from(constants.burst_posts_min)
            && self.crowd.accounts() >= u64::from(constants.burst_accounts_min)
    }
}

impl OpenBurst {
    fn tell_growth(&mut self, out: &mut Vec<Finding>) {
        let accounts = self.seen.crowd.accounts();
        if accounts >= self.told + GROWTH_ACCOUNTS_MIN.max(self.told / 4) {
            self.told = accounts;
            out.push(Finding::Grew(self.seen.clone()));
        }
    }

    fn encode(&self, writer: &mut Writer) {
        self.seen.encode(writer);
        writer.u32(self.last_above.index());
        writer.u32(self.quiet);
        for value in [self.posts, self.posts_since, self.peak, self.told] {
            writer.u64(value);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            seen: Burst::decode(reader)?,
            last_above: Hour::from_index(reader.u32()?),
            quiet: reader.u32()?,
            posts: reader.u64()?,
            posts_since: reader.u64()?,
            peak: reader.u64()?,
            told: reader.u64()?,
        })
    }
}
