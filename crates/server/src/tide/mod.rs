//! The tide: activity over time with its baseline, waves, field events, and what came of
//! them. One way for the command line and for the server.
//!
//! Counts come from the tables, which hold late events too; the baseline is the same
//! model that finds bursts, run over the series, and Unknown where the platform was not
//! listened to long enough. Names are looked up in the log,
//! because no table holds any. Read beside the writer. Left out: drawing it, and who may.

mod cases;
pub mod measures;
mod waves;

use std::collections::BTreeMap;

use seawall_model::{EventBody, EventKind, Hour, Position, Post, Timestamp, TraceId};
use seawall_pipeline::{Constants, Reading};
use seawall_store::{Access, Content, Folder, LogReader};
use seawall_wave::{History, Interval, TraceKey};

pub use crate::desk::view::tide::{BucketView, By, CasesView};
pub use cases::CasesShown;
pub use waves::{FieldEventShown, WaveShown, field_events, waves};

/// Why the tide cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum TideError {
    /// The data folder failed.
    #[error(transparent)]
    Store(#[from] seawall_store::Error),
    /// The history is longer than what is computed at once.
    #[error("the history spans {0} years; show a part of it with a first and a last time")]
    TooLong(u32),
    /// What was asked for is no trace.
    #[error("`{0}` is no hashtag and no link; use '#tag' or 'https://…'")]
    NoTrace(String),
}

/// What of the tide is wanted.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// From the hour of this time on; from the first if not given.
    pub from: Option<Timestamp>,
    /// Until before the hour of this time.
    pub to: Option<Timestamp>,
    /// The length of one bucket; by the length of the history if not given.
    pub by: Option<By>,
    /// Only posts with this hashtag or link. Reads the whole log.
    pub trace: Option<String>,
}

/// Longest history drawn by the hour or by the day, in buckets, when not told.
const BUCKETS_MAX: u32 = 100;
/// Hours of a series computed at most: ten years.
const HOURS_MAX: u32 = 24 * 366 * 10;
/// Hours before the first one shown from which its baseline is learnt: eight weeks.
const LEARNT_HOURS: u32 = 8 * Hour::PER_WEEK;
/// Events read from the log at once.
const EVENTS_PER_READ: u32 = 2_000;

/// One bucket of the series.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// When it begins.
    pub start: Timestamp,
    /// Hours that it holds.
    pub hours: u32,
    /// Posts created in it.
    pub posts: u64,
    /// Events in it by their kind.
    pub events: BTreeMap<&'static str, u64>,
    /// Hours of it that have a baseline.
    pub hours_known: u32,
    /// Posts expected; `None` if one of its hours has no baseline yet.
    pub expected: Option<f64>,
    /// The interval of the bucket, where it is one hour long.
    pub interval: Option<(u64, u64)>,
    /// Hours of the bucket above their interval; `None` if none has a baseline yet.
    pub hours_above: Option<u32>,
}

/// A bucket as it is sent, with what became of its cases.
#[must_use]
pub fn bucket_view(bucket: &Bucket, cases: Option<&CasesShown>) -> BucketView {
    let (cases_opened, returns) = cases.map(|cases| cases.of_bucket(bucket.start)).unzip();
    BucketView {
        start: bucket.start.to_string(),
        hours: bucket.hours,
        posts: bucket.posts,
        expected: bucket.expected,
        lower: bucket.interval.map(|(lower, _)| lower),
        upper: bucket.interval.map(|(_, upper)| upper),
        hours_above: bucket.hours_above,
        events: bucket.events.clone(),
        cases_opened,
        returns,
    }
}

/// All that is shown.
#[derive(Clone, Debug)]
pub struct TideShown {
    /// The length of a bucket.
    pub by: By,
    /// The trace whose posts these are, if not all.
    pub trace: Option<String>,
    /// The series.
    pub buckets: Vec<Bucket>,
    /// Waves that rose within it.
    pub waves: Vec<WaveShown>,
    /// Field events within it.
    pub field_events: Vec<FieldEventShown>,
    /// Of the whole platform; `None` for a single trace, and where there never was a case.
    pub cases: Option<CasesShown>,
}

/// Gathers what is wanted.
///
/// # Errors
/// [`TideError`].
///
/// Cost: the hours of the tables, and entries of the journal that tell of waves and cases;
/// with a trace the whole log.
pub fn gather(folder: &Folder, given: &Asked) -> Result<TideShown, TideError> {
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
        None => cases::gather(folder, &mut reader, &times, &buckets)?,
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

fn by_kind(folder: &Folder, before: Hour) -> Result<Hours, TideError> {
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
) -> Result<Hours, TideError> {
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
///
/// # Errors
/// [`TideError::NoTrace`].
pub fn wanted(trace: &str, key: &TraceKey) -> Result<TraceId, TideError> {
    let no_trace = || TideError::NoTrace(trace.to_owned());
    let mut post = Post {
        id: seawall_model::PlatformId::new("-").map_err(|_| no_trace())?,
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
    traces.first().map(|trace| trace.id).ok_or_else(no_trace)
}

/// Calls `see` for each created post within a time whose content is still there.
fn each_post(
    reader: &mut LogReader,
    times: std::ops::Range<Timestamp>,
    see: &mut dyn FnMut(Position, Timestamp, &Post),
) -> Result<(), TideError> {
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
    fn new(hours: &'a Hours, from: Hour, history: &History) -> Result<Self, TideError> {
        let last = hours.keys().next_back().copied().unwrap_or_default();
        // The baseline of the first hour shown rests on the weeks before it.
        let learnt_from = Hour::from_index(from.index().saturating_sub(LEARNT_HOURS));
        let first = hours.range(learnt_from..).next().map_or(last, |(hour, _)| *hour);
        let length = last.hours_since(first) + 1;
        if length > HOURS_MAX {
            return Err(TideError::TooLong(length / (24 * 365)));
        }
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
                bucket.hours_known += 1;
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
