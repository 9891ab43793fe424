//! The first reading of a closed file: where each record lies and when it is due.
//!
//! One thread cuts the file into records, two read them, one sorts. What comes out does
//! not depend on which thread was faster: the order is by time and place, and counts
//! add up the same in any order.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use seawall_event::Decoded;
use seawall_event::records::{Item, Splitter};
use seawall_model::{Limits, Rejection};

use super::decoder::{Decoder, Understood};
use super::index::{Indexer, Located, Sorted, When};
use super::tally::Tally;
use crate::progress::Progress;

/// Bytes read from the file at once.
const READ_BYTES: usize = 1 << 20;
/// Packs of records that may wait to be read.
const WAITING_PACKS_MAX: usize = 4;
/// Threads that read records.
const READERS: usize = 2;
/// Names of ignored messages that one reader tells apart.
const NAMES_MAX: usize = 100_000;
/// Records that could not be cut out of the file and are described; the rest is only
/// said to be too long or broken off, which is all that a record can suffer there.
const FAULTS_DESCRIBED_MAX: usize = 1_000;

/// Why records could not be cut out of the file, by their byte.
pub(super) type Faults = BTreeMap<u64, Rejection>;

/// What the first reading found.
pub(super) struct Found {
    /// The records in the order in which they are taken in.
    pub(super) sorted: Sorted,
    /// What has no meaning here.
    pub(super) ignored: BTreeMap<String, u64>,
    /// What could not be cut out.
    pub(super) faults: Faults,
}

/// Learns the order of the records.
pub(super) struct FirstReading<'a> {
    /// The file, at its start.
    pub(super) file: &'a File,
    /// Its size.
    pub(super) bytes: u64,
    /// Bounds on one record.
    pub(super) limits: &'a Limits,
    /// Set when the import is to end.
    pub(super) stop: &'a AtomicBool,
}

/// Some records, one after another.
#[derive(Default)]
struct Pack {
    bytes: Vec<u8>,
    records: Vec<Cut>,
}

/// Where a record lies in its file and in its pack.
struct Cut {
    offset: u64,
    line: u64,
    start: usize,
    length: usize,
}

type Ignored = BTreeMap<Box<str>, u64>;

impl FirstReading<'_> {
    /// `None` if it was interrupted.
    pub(super) fn run(
        &self,
        understood: Understood,
        scratch: &Path,
    ) -> std::io::Result<Option<Found>> {
        let indexer = Indexer::new(scratch)?;
        let (packs, waiting) = bounded::<Pack>(WAITING_PACKS_MAX);
        let (located, to_sort) = bounded::<Vec<Located>>(WAITING_PACKS_MAX);
        let decoder = understood.decoder.clone();
        std::thread::scope(|scope| {
            let sorting = scope.spawn(move || sort(indexer, &to_sort));
            let readers: Vec<_> = (0..READERS)
                .map(|_| {
                    let (waiting, located) = (waiting.clone(), located.clone());
                    let decoder = &decoder;
                    scope.spawn(move || read(&waiting, &located, decoder, self.limits))
                })
                .collect();
            drop((waiting, located));
            let cut = self.cut(understood, packs);
            let mut ignored = Ignored::new();
            for reader in readers {
                merge(&mut ignored, finished(reader));
            }
            let indexer = finished(sorting)?;
            let Some(faults) = cut? else { return Ok(None) };
            let ignored = Tally::most_frequent(ignored);
            Ok(Some(Found { sorted: indexer.sorted()?, ignored, faults }))
        })
    }

    /// Cuts the file into records.
    fn cut(&self, understood: Understood, packs: Sender<Pack>) -> std::io::Result<Option<Faults>> {
        let progress = Progress::bytes("reading", self.bytes);
        let mut splitter = Splitter::new(understood.shape, self.limits);
        let mut packing =
            Packing { skip: understood.skip, faults: Faults::new(), pack: Pack::default() };
        let mut file = self.file;
        let mut buffer = vec![0; READ_BYTES];
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let read = file.read(&mut buffer)?;
            let mut chunk = &buffer[..read];
            if read == 0 {
                while let Some(item) = splitter.finish() {
                    packing.add(item);
                }
            } else {
                while let Some(item) = splitter.next_record(&mut chunk) {
                    packing.add(item);
                }
            }
            // The readers end only when the sender is gone.
            let _ = packs.send(std::mem::take(&mut packing.pack));
            progress.add(read as u64);
            if read == 0 {
                progress.finish();
                return Ok(Some(packing.faults));
            }
        }
    }
}

struct Packing {
    skip: u64,
    faults: Faults,
    pack: Pack,
}

impl Packing {
    fn add(&mut self, item: Item<'_>) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let bytes = match item.content {
            Ok(bytes) => bytes,
            Err(uncut) => {
                if self.faults.len() < FAULTS_DESCRIBED_MAX {
                    self.faults.insert(item.offset, uncut.rejection);
                }
                &[]
            }
        };
        let (start, length) = (self.pack.bytes.len(), bytes.len());
        self.pack.bytes.extend_from_slice(bytes);
        self.pack.records.push(Cut { offset: item.offset, line: item.line, start, length });
    }
}

/// Reads packs of records until there are no more.
fn read(
    waiting: &Receiver<Pack>,
    located: &Sender<Vec<Located>>,
    decoder: &Decoder,
    limits: &Limits,
) -> Ignored {
    let mut ignored = Ignored::new();
    for pack in waiting {
        let mut found = Vec::with_capacity(pack.records.len());
        for cut in &pack.records {
            let bytes = &pack.bytes[cut.start..cut.start + cut.length];
            if let Some(when) = when(bytes, decoder, limits, &mut ignored) {
                let length = u32::try_from(cut.length).unwrap_or(u32::MAX);
                found.push(Located { when, offset: cut.offset, length, line: cut.line });
            }
        }
        if located.send(found).is_err() {
            break;
        }
    }
    ignored
}

/// When a record is due; `None` for an ignored one.
///
/// Whether it lies in the future is asked later: the order must not depend on when an
/// interrupted import goes on.
fn when(bytes: &[u8], decoder: &Decoder, limits: &Limits, ignored: &mut Ignored) -> Option<When> {
    if bytes.is_empty() {
        return Some(When::Refused);
    }
    match decoder.decode(bytes, limits) {
        Ok(Decoded::Event(event)) => Some(When::At(event.at)),
        Err(_) => Some(When::Refused),
        Ok(Decoded::Ignored(name)) => {
            let is_known = ignored.contains_key(&name);
            let name = if is_known || ignored.len() < NAMES_MAX { name } else { "…".into() };
            *ignored.entry(name).or_default() += 1;
            None
        }
    }
}

fn sort(mut indexer: Indexer, to_sort: &Receiver<Vec<Located>>) -> std::io::Result<Indexer> {
    for found in to_sort {
        for located in found {
            indexer.add(located)?;
        }
    }
    Ok(indexer)
}

fn merge(into: &mut Ignored, from: Ignored) {
    for (name, count) in from {
        *into.entry(name).or_default() += count;
    }
}

/// What a thread ended with; its panic is ours.
fn finished<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
