//! How fast events become durable when much is known, and what each detector costs.
//!
//! 10,000 terms, 100,000 fingerprints (half files, half pictures) and 20,000 removed accounts
//! are brought in by the commands that people type; a third of the posts of the design's mix
//! has a picture, and at least one event in a hundred matches something. The real binary
//! imports the same file into an empty folder and into that one in the same run, so that the
//! ratio holds on a noisy machine. Then each detector alone, in one thread. Fails below what
//! the design is held to. Set `SEAWALL_BENCH_EVENTS` for another length.

mod detectors;
mod known;
mod mix;

use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader, BufWriter};
use std::path::Path;

use known::stage::Stage;
use known::{HASHES, Known, REMOVED, Spiced, TERMS};
use seawall_event::{Decoded, Format};
use seawall_model::journal::{Body, Ruling, Says};
use seawall_model::knowledge::Knowledge;
use seawall_model::{Accepted, AccountId, EntryId, Event, Limits, Position, Timestamp};
use seawall_pipeline::{Constants, Contents, NoContents, Output, Pipeline};
use seawall_server::clock::Stopwatch;

/// Events of the file.
const EVENTS: u64 = 1_500_000;
/// Events that each detector alone is given.
const DETECTOR_EVENTS: usize = 200_000;
/// Events a second that are to become durable, at least.
const RATE_MIN: f64 = 20_000.0;
/// The share of events that match, at least.
const MATCHING_MIN: f64 = 0.01;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let events = std::env::var("SEAWALL_BENCH_EVENTS").ok().and_then(|n| n.parse().ok());
    let events: u64 = events.unwrap_or(EVENTS);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let stage = Stage::new(folder.path());
    let known = Known::new();
    let file = stage.path("mix.jsonl");
    let mix = mix::Mix { accounts: 200_000, weeks: 8, posts_per_account: 5.0, seed: 1 };
    let mut out = Spiced::new(&known, BufWriter::with_capacity(1 << 20, File::create(&file)?));
    mix.write_jsonl(events, &mut out)?;
    let matching = out.finish()?;
    let share = rate(matching, 1.0) / rate(events, 1.0);
    println!("mix: {events} events, {matching} of them ({:.1} %) made to match", share * 100.0);
    let bare = stage.import(&file, "bare")?;
    let watch = Stopwatch::start();
    stage.bring_in(&known)?;
    println!(
        "{TERMS} terms, {HASHES} fingerprints, {REMOVED} removed accounts brought in: {:.1} s",
        watch.elapsed().as_secs_f64()
    );
    let whole = stage.import(&file, "data")?;
    let cases = stage.cases("data")?;
    println!("nothing known:   {:>9.0} events/s", rate(events, bare));
    println!("all of it known: {:>9.0} events/s, {cases} cases", rate(events, whole));
    println!("ratio:           {:>9.2}", bare / whole);
    detectors(&file, &known)?;
    let held = [
        ("events/s", rate(events, whole) >= RATE_MIN),
        ("events that match", share >= MATCHING_MIN && rate(cases, 1.0) >= rate(matching, 2.0)),
    ];
    let missed: Vec<&str> = held.iter().filter(|(_, is)| !is).map(|(what, _)| *what).collect();
    if missed.is_empty() { Ok(()) } else { Err(format!("not reached: {missed:?}").into()) }
}

fn rate(events: u64, seconds: f64) -> f64 {
    // Exact below 2^53 events.
    f64::from(u32::try_from(events).unwrap_or(u32::MAX)) / seconds
}

/// What entries say, in memory.
struct Shelf<'a>(&'a [Knowledge]);

impl Contents for Shelf<'_> {
    fn content(&self, entry: EntryId) -> Option<Knowledge> {
        self.0.get(usize::try_from(entry.0).ok()?.checked_sub(1)?).cloned()
    }
}

/// Tells what each detector costs on the first events of the file, one thread.
fn detectors(file: &Path, known: &Known) -> Result<(), Failure> {
    let limits = Limits::default();
    let mut events: Vec<Box<Event>> = Vec::new();
    for line in BufReader::new(File::open(file)?).split(b'\n').take(DETECTOR_EVENTS) {
        if let Ok(Decoded::Event(event)) = seawall_event::decode(&line?, Format::Canonical, &limits)
        {
            events.push(event);
        }
    }
    println!("cost of each detector, one thread, {} events:", events.len());
    let nothing = pipeline(&events, &NoContents, &[]);
    println!("  {:40} {nothing:6.2} µs/event", "pipeline without knowledge");
    let mut rules_alone = 0.0;
    for (name, entries) in detectors::entries_by_detector(known) {
        let runs: Vec<Says> = (1..=entries.len() as u64)
            .map(|entry| Says::Knowledge { first: entry, last: entry })
            .collect();
        let micros = pipeline(&events, &Shelf(&entries), &runs);
        let more = micros - if rules_alone == 0.0 { nothing } else { rules_alone };
        println!("  {name:40} {more:6.2} µs/event more");
        if rules_alone == 0.0 {
            rules_alone = micros;
        }
    }
    Ok(())
}

/// Microseconds an event through a pipeline that knows these entries.
fn pipeline(events: &[Box<Event>], contents: &dyn Contents, entries: &[Says]) -> f64 {
    let mut pipeline = Pipeline::new(Constants::default(), [1; 32]);
    let mut out = Output::default();
    let now = Timestamp::MIN;
    for reviewer in 1..=2 {
        let (key, by, signature) = (String::new(), None, None);
        let added = Body::ReviewerAdded { reviewer, key, by, signature };
        pipeline.input(&added, now, contents, &mut out);
    }
    for says in entries {
        let Says::Knowledge { first, last } = *says else { continue };
        let Some(entry) = contents.content(EntryId(first)) else { continue };
        let kind = entry.known.kind().as_str().to_owned();
        let (decision, hash) = (None, String::new());
        let laid = Body::KnowledgeAdded { kind, version: first, first, last, decision, hash };
        pipeline.input(&laid, now, contents, &mut out);
        for reviewer in 1..=2 {
            let ruling = Ruling { reviewer, says: says.clone() };
            let ruled = Body::Ruled { ruling, signature: String::new() };
            pipeline.input(&ruled, now, contents, &mut out);
        }
        out.entries.clear();
    }
    let mut own = std::collections::HashMap::new();
    let watch = Stopwatch::start();
    for (position, event) in (1..).zip(events) {
        let account = event.account.as_ref().map(|account| {
            let next = own.len() as u64;
            AccountId(*own.entry(account.clone()).or_insert(next))
        });
        let accepted = Accepted {
            position: Position(position),
            received_at: event.at,
            account,
            other: None,
            commitment: [0; 32],
            event,
        };
        pipeline.apply(&accepted, &mut out);
        out.signals.clear();
    }
    black_box(&out.entries);
    watch.elapsed().as_secs_f64() * 1e6 / rate(events.len() as u64, 1.0)
}
