//! `seawall tide`: activity over time with its baseline, waves and field events.
//!
//! Counts come from the tables, which hold late events too; the baseline is the same
//! model that finds bursts, run over the series, and Unknown where the platform was not
//! listened to long enough. Names are looked up in the log,
//! because no table holds any.

use std::collections::BTreeMap;

use anyhow::Context;
use seawall_model::journal::{Body, BurstSeen};
use seawall_model::{EventBody, EventKind, Hour, Position, Post, Timestamp, TraceId};
use seawall_pipeline::{Constants, Reading, trace_name};
use seawall_store::{Access, Content, Folder, LogReader};
use seawall_wave::{History, Interval, TraceKey};

use super::args::{By, Global, Tide};
use super::tide_cases::{self, CasesShown};
use super::{Ended, settings, tide_chart, tide_list};
use crate::chance;
use crate::desk::event_at;

/// Longest history drawn by the hour or by the day, in buckets, when not told.
const BUCKETS_MAX: u32 = 100;
/// Hours of a series computed at most: ten years.
const HOURS_MAX: u32 = 24 * 366 * 10;
/// Hours before the first one shown from which its baseline is learnt: eight weeks.
const LEARNT_HOURS: u32 = 8 * Hour::PER_WEEK;
/// Events read from the log at once.
const EVENTS_PER_READ: u32 = 2_000;

/// One bucket of the chart.
#[derive(Clone, Debug, Default)]
pub(super) struct Bucket {
    pub(super) start: Timestamp,
    pub(super) hours: u32,
    pub(super) posts: u64,
    pub(super) events: BTreeMap<&'static str, u64>,
    /// Posts expected; `None` if one of its hours has no baseline yet.
    pub(super) expected: Option<f64>,
    /// The interval of the bucket, where it is one hour long.
    pub(super) interval: Option<(u64, u64)>,
    /// Hours of the bucket above their interval; `None` if none has a baseline yet.
    pub(super) hours_above: Option<u32>,
}

/// A wave as the journal tells it, with names looked up.
#[derive(Clone, Debug)]
pub(super) struct WaveShown {
    pub(super) id: String,
    pub(super) bursts: Vec<BurstSeen>,
    pub(super) names: Vec<Option<String>>,
    pub(super) field_event: Option<u64>,
    pub(super) closed: Option<(Timestamp, u64, u64)>,
}

/// A field event, with its name where it is still there.
#[derive(Clone, Debug)]
pub(super) struct FieldEventShown {
    pub(super) position: u64,
    pub(super) at: Timestamp,
    pub(super) name: Option<String>,
    pub(super) place: Option<String>,
}

/// All that is shown.
#[derive(Clone, Debug)]
pub(super) struct TideShown {
    pub(super) by: By,
    pub(super) trace: Option<String>,
    pub(super) buckets: Vec<Bucket>,
    pub(super) waves: Vec<WaveShown>,
    pub(super) field_events: Vec<FieldEventShown>,
    /// Of the whole platform; `None` for a single trace, and where there never was a case.
    pub(super) cases: Option<CasesShown>,
}

pub(super) fn run(global: &Global, given: &Tide) -> anyhow::Result<Ended> {
    let settings = settings(global)?;
    let folder = Folder::open(&global.dir, Access::Read, &mut *chance::source(settings.test_seed))?;
    if let Some(listed) = given.list {
        let times = match given.hour {
            Some(hour) => hour.hour().start()..hour.hour().end(),
            None => given.from.unwrap_or(Timestamp::MIN)..given.to.unwrap_or(Timestamp::MAX),
        };
        return tide_list::run(&folder, listed, times, given);
    }
    let shown = gather(&folder, given)?;
    let mut out = std::io::stdout().lock();
    if given.json {
        tide_chart::json(&shown, &mut out)?;
    } else {
        tide_chart::draw(&shown, &global.dir, &mut out)?;
    }
    Ok(Ended::Fine)
}

fn gather(folder: &Folder, given: &Tide) -> anyhow::Result<TideShown> {
    let from = given.from.unwrap_or(Timestamp::MIN).hour();
    let before = given.to.unwrap_or(Timestamp::MAX).hour();
    let mut reader = folder.log_reader()?;
    let platform = by_kind(folder, before)?;
    let history = history(&platform);
    let hours = match &given.trace {
        None => platform,
        Some(trace) => by_trace(&mut reader, &TraceKey(folder.keys().trace_key()), trace, before)?,
    };
    let series = Series::new(&hours, from, &history)?;
    let by = given.by.unwrap_or_else(|| series.fitting());
    let times = series.times();
    let buckets = series.buckets(by);
    let cases = match given.trace {
        None => tide_cases::gather(folder, &mut reader, &times, &buckets)?,
        Some(_) => None,
    };
    Ok(TideShown {
        by,
        trace: given.trace.clone(),
        buckets,
        cases,
        waves: waves(folder, &mut reader, &times)?,
        field_events: field_events(folder, &mut reader, &times)?,
    })
}

type Hours = BTreeMap<Hour, BTreeMap<&'static str, u64>>;

fn by_kind(folder: &Folder, before: Hour) -> anyhow::Result<Hours> {
    let mut hours = Hours::new();
    for row in folder.tables(Access::Read)?.activity(Hour::default(), before)? {
        hours.entry(row.hour).or_default().insert(row.kind.as_str(), row.events);
    }
    Ok(hours)
}

/// Since when the platform is listened to, by its posts.
fn history(platform: &Hours) -> History {
    let mut history = History::new();
    let told = platform.iter().filter(|(_, kinds)| posts(Some(kinds)) > 0);
    told.for_each(|(hour, _)| history.note(*hour));
    history
}

/// Counts the posts that carry a trace. Reads the whole log.
fn by_trace(
    reader: &mut LogReader,
    key: &TraceKey,
    trace: &str,
    before: Hour,
) -> anyhow::Result<Hours> {
    let wanted = wanted(trace, key)?;
    let mut hours = Hours::new();
    let mut traces = Vec::new();
    each_post(reader, Timestamp::MIN..before.start(), &mut |_, at, post| {
        traces.clear();
        Reading::new(post).traces(key, &mut traces);
        if traces.iter().any(|trace| trace.id == wanted) {
            let kinds = hours.entry(at.hour()).or_default();
            *kinds.entry(EventKind::PostCreated.as_str()).or_default() += 1;
        }
    })?;
    Ok(hours)
}

/// The id of a hashtag or link, as a post would carry it.
pub(super) fn wanted(trace: &str, key: &TraceKey) -> anyhow::Result<TraceId> {
    let mut post = Post {
        id: seawall_model::PlatformId::new("-")?,
        text: None,
        languages: Vec::new(),
        tags: Vec::new(),
        links: Vec::new(),
        mentions: Vec::new(),
        media: Vec::new(),
        reply_to: None,
        quote_of: None,
        claimed_at: None,
        client: None,
        extra: Vec::new(),
    };
    match trace.strip_prefix(['#', '＃']) {
        Some(tag) => post.tags.push(tag.into()),
        None => post.links.push(trace.into()),
    }
    let mut traces = Vec::new();
    Reading::new(&post).traces(key, &mut traces);
    traces
        .first()
        .map(|trace| trace.id)
        .with_context(|| format!("`{trace}` is no hashtag and no link; use '#tag' or 'https://…'"))
}

/// Calls `see` for each created post within a time whose content is still there.
pub(super) fn each_post(
    reader: &mut LogReader,
    times: std::ops::Range<Timestamp>,
    see: &mut dyn FnMut(Position, Timestamp, &Post),
) -> anyhow::Result<()> {
    let mut after = Position::START;
    loop {
        let chunk = reader.chunk_between(after, times.clone(), EVENTS_PER_READ)?;
        let Some(last) = chunk.last() else { return Ok(()) };
        after = last.placed.position;
        for stored in &chunk {
            if let (EventKind::PostCreated, Content::Bytes(bytes)) = (stored.kind, &stored.content)
                && let Ok(event) = seawall_event::reopen(bytes)
                && let EventBody::PostCreated(post) = &event.body
            {
                see(stored.placed.position, stored.at, post);
            }
        }
    }
}

/// Hour by hour, from the first hour shown to the last, with the baseline of each.
struct Series<'a> {
    hours: &'a Hours,
    first: Hour,
    /// `None` where there is no baseline yet.
    intervals: Vec<Option<Interval>>,
    shown_from: Hour,
}

impl<'a> Series<'a> {
    fn new(hours: &'a Hours, from: Hour, history: &History) -> anyhow::Result<Self> {
        let last = hours.keys().next_back().copied().unwrap_or_default();
        // The baseline of the first hour shown rests on the weeks before it.
        let learnt_from = Hour::from_index(from.index().saturating_sub(LEARNT_HOURS));
        let first = hours.range(learnt_from..).next().map_or(last, |(hour, _)| *hour);
        let length = last.hours_since(first) + 1;
        anyhow::ensure!(
            length <= HOURS_MAX,
            "the history spans {} years; show a part of it with --from and --to",
            length / (24 * 365)
        );
        let counts: Vec<u64> =
            (0..length).map(|n| posts(hours.get(&Hour::from_index(first.index() + n)))).collect();
        let intervals = if hours.is_empty() {
            Vec::new()
        } else {
            seawall_wave::intervals(&counts, first, history, &Constants::default().wave)
        };
        Ok(Self { hours, first, intervals, shown_from: from.max(first) })
    }

    fn last(&self) -> Hour {
        let length = u32::try_from(self.intervals.len()).unwrap_or(HOURS_MAX);
        Hour::from_index(self.first.index() + length.saturating_sub(1))
    }

    fn times(&self) -> std::ops::Range<Timestamp> {
        if self.intervals.is_empty() {
            Timestamp::MIN..Timestamp::MAX
        } else {
            self.shown_from.start()..self.last().end()
        }
    }

    /// The shortest bucket with which the history fits a screen or two.
    fn fitting(&self) -> By {
        let hours = self.last().hours_since(self.shown_from) + 1;
        match hours {
            0..=BUCKETS_MAX => By::Hour,
            _ if hours / 24 <= BUCKETS_MAX => By::Day,
            _ => By::Week,
        }
    }

    fn buckets(&self, by: By) -> Vec<Bucket> {
        let mut buckets: Vec<Bucket> = Vec::new();
        for (n, interval) in (0u32..).zip(&self.intervals) {
            let hour = Hour::from_index(self.first.index() + n);
            if hour < self.shown_from {
                continue;
            }
            if buckets.is_empty() || begins(hour, by) {
                let expected = Some(0.0);
                buckets.push(Bucket { start: hour.start(), expected, ..Bucket::default() });
            }
            let Some(bucket) = buckets.last_mut() else { continue };
            let kinds = self.hours.get(&hour);
            let count = posts(kinds);
            bucket.hours += 1;
            bucket.posts += count;
            bucket.expected =
                bucket.expected.zip(*interval).map(|(sum, interval)| sum + interval.expected);
            if let Some(interval) = interval {
                let above = u32::from(count > interval.upper);
                bucket.hours_above = Some(bucket.hours_above.unwrap_or(0) + above);
                bucket.interval = (by == By::Hour).then_some((interval.lower, interval.upper));
            }
            for (kind, count) in kinds.into_iter().flatten() {
                *bucket.events.entry(kind).or_default() += count;
            }
        }
        buckets
    }
}

fn posts(kinds: Option<&BTreeMap<&'static str, u64>>) -> u64 {
    kinds.and_then(|kinds| kinds.get(EventKind::PostCreated.as_str())).copied().unwrap_or(0)
}

fn begins(hour: Hour, by: By) -> bool {
    match by {
        By::Hour => true,
        By::Day => hour.of_week().is_multiple_of(24),
        By::Week => hour.of_week() == 0,
    }
}

fn waves(
    folder: &Folder,
    reader: &mut LogReader,
    times: &std::ops::Range<Timestamp>,
) -> anyhow::Result<Vec<WaveShown>> {
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

fn field_events(
    folder: &Folder,
    reader: &mut LogReader,
    times: &std::ops::Range<Timestamp>,
) -> anyhow::Result<Vec<FieldEventShown>> {
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
