//! How fast a file becomes a durable log and journal, and what each stage costs.
//!
//! The design's event mix: 30 % posts in four languages, 60 % engagements, 9 % follows,
//! 1 % accounts, a million accounts, five posts each, over eight simulated weeks. The
//! real binary imports the file; decode-and-append alone runs over the same file in the
//! same run, so that the ratio holds on a noisy machine. Fails where a figure is below
//! what the design is held to. Set `SEAWALL_BENCH_EVENTS` to measure a shorter part,
//! which is held to nothing. Leaves out HTTP, which does not exist yet.

mod mix;

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use seawall_event::records::{Shape, Splitter};
use seawall_event::{Decoded, Format};
use seawall_model::{Accepted, AccountId, Event, EventBody, Limits, Position, Timestamp};
use seawall_pipeline::{Constants, Output, Pipeline, Reading};
use seawall_server::clock::Stopwatch;
use seawall_store::{Access, Arrival, Candidate, Chance, Events, Folder, LogLimits};
use seawall_wave::TraceKey;

/// Events of the whole history: 30 % of them are five posts for a million accounts.
const EVENTS: u64 = 16_700_000;
/// Events measured stage by stage.
const STAGE_EVENTS: usize = 400_000;
/// Events in one durable step.
const BATCH: usize = 4_000;
/// How often memory is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Events a second that are to become durable, at least.
const RATE_MIN: f64 = 40_000.0;
/// The share of decode-and-append's rate that is to be reached, at least.
const RATIO_MIN: f64 = 0.25;
/// Looks at memory in a run, at least, for its halves to be compared.
const LOOKS_MIN: usize = 8;
/// What memory in the last quarter of the weeks may be of that in the quarter before.
const GROWTH_MAX: f64 = 1.1;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let events = std::env::var("SEAWALL_BENCH_EVENTS").ok().and_then(|n| n.parse().ok());
    let events: u64 = events.unwrap_or(EVENTS);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let file = folder.path().join("mix.jsonl");
    let mix = mix::Mix { accounts: 1_000_000, weeks: 8, posts_per_account: 5.0, seed: 1 };
    let watch = Stopwatch::start();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&file)?);
    mix.write_jsonl(events, &mut out)?;
    out.flush()?;
    let bytes = std::fs::metadata(&file)?.len();
    println!("mix: {events} events, {} MB, made in {:.1} s", bytes / 1_000_000, seconds(&watch));
    stages(&file, folder.path())?;
    let alone = decode_and_append(&file, &folder.path().join("plain.log"))?;
    std::fs::remove_file(folder.path().join("plain.log"))?;
    println!("decode and append alone, one thread: {:.0} events/s", rate(events, alone));
    let (whole, memory) = import(&file, &folder.path().join("data"))?;
    println!("file to durable log and journal:     {:.0} events/s", rate(events, whole));
    println!("ratio to decode and append alone:    {:.2}", alone / whole);
    let growth = growth(&memory);
    println!("memory, weeks 7 and 8 to 5 and 6:    {growth:.2}");
    if events < EVENTS {
        println!("a shorter run is held to nothing");
        return Ok(());
    }
    let held = [
        ("events/s", rate(events, whole) >= RATE_MIN),
        ("ratio", alone / whole >= RATIO_MIN),
        ("memory", growth <= GROWTH_MAX),
    ];
    let missed: Vec<&str> = held.iter().filter(|(_, is)| !is).map(|(what, _)| *what).collect();
    if missed.is_empty() { Ok(()) } else { Err(format!("not reached: {missed:?}").into()) }
}

/// How memory grew when every account had long appeared: the medians of two quarters.
fn growth(memory: &[(Timestamp, u64)]) -> f64 {
    let (Some(first), Some(last)) = (memory.first(), memory.last()) else { return f64::NAN };
    let quarter = (last.0.micros() - first.0.micros()) / 4;
    let median = |from: i64| {
        let start = first.0.micros() + from * quarter;
        let within =
            memory.iter().filter(|(at, _)| (start..=start + quarter).contains(&at.micros()));
        let mut held: Vec<u64> = within.map(|(_, megabytes)| *megabytes).collect();
        held.sort_unstable();
        let middle = held.get(held.len() / 2).copied().unwrap_or(0);
        f64::from(u32::try_from(middle).unwrap_or(u32::MAX))
    };
    if memory.len() < LOOKS_MIN { f64::NAN } else { median(3) / median(2) }
}

fn seconds(watch: &Stopwatch) -> f64 {
    watch.elapsed().as_secs_f64()
}

fn rate(events: u64, seconds: f64) -> f64 {
    // Exact below 2^53 events.
    f64::from(u32::try_from(events).unwrap_or(u32::MAX)) / seconds
}

/// Calls `see` for every record of a file of lines.
fn each_record(file: &Path, see: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
    let mut splitter = Splitter::new(Shape::Lines, &Limits::default());
    let mut file = File::open(file)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        let mut chunk = &buffer[..read];
        while let Some(item) = splitter.next_record(&mut chunk) {
            if let Ok(bytes) = item.content {
                see(bytes);
            }
        }
    }
    Ok(())
}

fn decode(bytes: &[u8], limits: &Limits) -> Option<Box<Event>> {
    match seawall_event::decode(bytes, Format::Canonical, limits) {
        Ok(Decoded::Event(event)) => Some(event),
        _ => None,
    }
}

/// The peer: reads, decodes, encodes, appends to a plain file, and syncs each batch.
fn decode_and_append(file: &Path, to: &Path) -> Result<f64, Failure> {
    let limits = Limits::default();
    let watch = Stopwatch::start();
    let mut log = File::create(to)?;
    let mut batch = Vec::with_capacity(1 << 21);
    let mut held = 0;
    let mut failed = None;
    each_record(file, &mut |bytes| {
        if let Some(event) = decode(bytes, &limits) {
            batch.extend_from_slice(&seawall_event::encode(&event));
            batch.push(b'\n');
            held += 1;
        }
        if held == BATCH {
            failed = log.write_all(&batch).and_then(|()| log.sync_data()).err();
            batch.clear();
            held = 0;
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    log.write_all(&batch)?;
    log.sync_data()?;
    Ok(seconds(&watch))
}

/// Imports with the real binary, looking at its memory as the weeks go by.
fn import(file: &Path, data: &Path) -> Result<(f64, Vec<(Timestamp, u64)>), Failure> {
    let mut memory = Vec::new();
    let watch = Stopwatch::start();
    let mut child = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .args(["import", "--dir"])
        .arg(data)
        .arg(file)
        .stdout(Stdio::null())
        .spawn()?;
    println!("memory while importing:");
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::park_timeout(LOOK_EVERY);
        memory.extend(look(&child, data, &watch));
    };
    let whole = seconds(&watch);
    if !status.success() {
        return Err(format!("the import ended with {status}").into());
    }
    look_at_end(data)?;
    Ok((whole, memory))
}

/// How far it has come, and the megabytes it holds.
fn look(child: &Child, data: &Path, watch: &Stopwatch) -> Option<(Timestamp, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let (now, most) = (field("VmRSS:")?, field("VmHWM:")?);
    let newest = newest(data);
    let at = newest.map_or_else(|| "reading the order".into(), |at| at.to_string());
    println!(
        "  {:>5.0} s  {:>5} MB now  {:>5} MB at most  {at}",
        seconds(watch),
        now / 1024,
        most / 1024
    );
    newest.map(|at| (at, now / 1024))
}

/// Event time of the newest stored event.
fn newest(data: &Path) -> Option<Timestamp> {
    let mut chance = Fixed;
    let folder = Folder::open(data, Access::Read, &mut chance).ok()?;
    let tables = folder.tables(Access::Read).ok()?;
    let rows =
        tables.activity(seawall_model::Hour::default(), seawall_model::Hour::from_index(u32::MAX));
    rows.ok()?.last().map(|row| row.hour.start())
}

fn look_at_end(data: &Path) -> Result<(), Failure> {
    let mut bytes = 0;
    for folder in [data.to_path_buf(), data.join("log"), data.join("snapshots")] {
        for entry in std::fs::read_dir(folder)? {
            let metadata = entry?.metadata()?;
            bytes += if metadata.is_file() { metadata.len() } else { 0 };
        }
    }
    println!("data folder: {} MB", bytes / 1_000_000);
    Ok(())
}

struct Fixed;

impl Chance for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Measures each stage over the same events, one at a time, on one thread.
fn stages(file: &Path, scratch: &Path) -> Result<(), Failure> {
    let limits = Limits::default();
    let mut records: Vec<Vec<u8>> = Vec::new();
    each_record(file, &mut |bytes| {
        if records.len() < STAGE_EVENTS {
            records.push(bytes.to_vec());
        }
    })?;
    println!("cost per stage, one thread, {} events:", records.len());
    let tell = |what: &str, watch: &Stopwatch| {
        let micros = seconds(watch) * 1e6 / rate(records.len() as u64, 1.0);
        println!("  {what:44} {micros:6.2} µs/event");
    };
    let watch = Stopwatch::start();
    let events: Vec<Box<Event>> =
        records.iter().filter_map(|record| decode(record, &limits)).collect();
    tell("decode", &watch);
    let watch = Stopwatch::start();
    let encoded: Vec<Vec<u8>> = events.iter().map(|event| seawall_event::encode(event)).collect();
    tell("encode (canonical bytes)", &watch);
    let watch = Stopwatch::start();
    let mut traces = Vec::new();
    for event in &events {
        if let EventBody::PostCreated(post) = &event.body {
            traces.clear();
            Reading::new(post).traces(&TraceKey([1; 32]), &mut traces);
            black_box(&traces);
        }
    }
    tell("normalise and trace (of posts, per event)", &watch);
    let watch = Stopwatch::start();
    pipeline(&events);
    tell("pipeline, with normalising and traces", &watch);
    let watch = Stopwatch::start();
    append(&events, &encoded, &scratch.join("stage"))?;
    tell("log: own ids, repeats, commit, seal, SQLite", &watch);
    std::fs::remove_dir_all(scratch.join("stage"))?;
    Ok(())
}

fn pipeline(events: &[Box<Event>]) {
    let mut pipeline = Pipeline::new(Constants::default(), [1; 32]);
    let mut out = Output::default();
    let mut own = std::collections::HashMap::new();
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
}

fn append(events: &[Box<Event>], encoded: &[Vec<u8>], data: &Path) -> Result<(), Failure> {
    let folder = Folder::open(data, Access::Write, &mut Fixed)?;
    let mut log = folder.event_log(LogLimits::default(), Box::new(Fixed))?;
    for (events, encoded) in events.chunks(BATCH).zip(encoded.chunks(BATCH)) {
        let batch: Vec<Candidate<'_>> =
            events.iter().zip(encoded).map(|(event, bytes)| Candidate::new(event, bytes)).collect();
        let mut arrival = Arrival { now: Timestamp::MIN, cursor: None };
        log.append(&batch, &mut arrival)?;
    }
    Ok(())
}
