//! Takes in a closed file: read once to learn the order, then again in that order.
//!
//! The first reading finds each record's time and says what is refused or ignored; the
//! second takes the records in by time. The file itself is never copied. An import that
//! was interrupted goes on where it had stopped: the order is the same each time.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use seawall_event::records::Splitter;
use seawall_event::{Decoded, detect};
use seawall_model::{Limits, Rejection, Timestamp};
use seawall_store::Entries;
use sha2::{Digest, Sha256};

use super::decoder::{Decoder, Understood, check_future, understand};
use super::index::{Indexer, Located, Sorted, When};
use super::keeper::{CursorAt, Finished, ImportError, Item, Keeper};
use super::tally::{End, Report, Tally};
use super::{BATCH_EVENTS_MAX, SourceOptions};
use crate::engine::{Opened, Settings};
use crate::progress::Progress;

/// Bytes read from the file at once.
const READ_BYTES: usize = 1 << 20;
/// Batches read ahead of the log.
const AHEAD_BATCHES_MAX: usize = 3;

/// Takes in one closed file.
///
/// `stop` ends the import after the batch at hand; running it again goes on there.
///
/// # Errors
/// [`ImportError`]; what was acknowledged before is kept.
pub fn import_file(
    path: &Path,
    options: &SourceOptions,
    opened: Opened,
    settings: &Settings,
    stop: &Arc<AtomicBool>,
) -> Result<Report, ImportError> {
    let name = path.display().to_string();
    let read_error = |source| ImportError::Read { name: name.clone(), source };
    let file = File::open(path).map_err(read_error)?;
    let bytes = file.metadata().map_err(read_error)?.len();
    let head = head(&file).map_err(read_error)?;
    let limits = Limits::default();
    let understood = understand(&name, &head, options, &limits)?;
    let source = identity(&file, bytes, &head, &understood.identity).map_err(read_error)?;
    let decoder = understood.decoder.clone();
    let import = next_import(&opened)?;
    let scratch = opened.folder.path().to_path_buf();
    let now = settings.clock.now();
    let first = FirstReading { file: &file, bytes, limits: &limits, now, stop };
    let Some((sorted, mut tally)) = first
        .run(understood, &scratch)
        .map_err(|source| ImportError::Read { name: name.clone(), source })?
    else {
        return Ok(interrupted_early(import, decoder.name()));
    };
    let (mut keeper, folder) = Keeper::new(opened, settings, import);
    let progress = keeper.progress(&source)?;
    if let Some(progress) = progress {
        keeper.resume(progress);
    }
    keeper.tally.ignored = std::mem::take(&mut tally.ignored);
    let second = SecondReading {
        file: Arc::new(file),
        decoder: decoder.clone(),
        limits,
        source,
        done: progress.map_or(0, |progress| progress.done),
        stop: Arc::clone(stop),
    };
    let result = second.run(sorted, &mut keeper, &name);
    let last = keeper.last();
    let finished = keeper.finish()?;
    let end = result?;
    let report = Report {
        import,
        format: decoder.name().to_owned(),
        tally: finished.tally.clone(),
        rejected_lines: finished.rejected.clone().into_sorted(),
        is_resumed: progress.is_some(),
        end,
        last,
    };
    conclude(finished, &report, &source, settings)?;
    drop(folder);
    Ok(report)
}

/// Journals the import, and forgets the cursor once the end was reached.
pub(super) fn conclude(
    mut finished: Finished,
    report: &Report,
    source: &[u8; 32],
    settings: &Settings,
) -> Result<(), ImportError> {
    let now = settings.clock.now();
    finished.derivation.settle(now)?;
    let entry = report.tally.entry(report.import, &report.format, report.end);
    finished.derivation.input(entry, now)?;
    if report.end == End::Reached {
        finished.log.finish_cursor(source)?;
    }
    finished.derivation.snapshot()?;
    Ok(())
}

fn interrupted_early(import: u64, format: &str) -> Report {
    Report {
        import,
        format: format.to_owned(),
        tally: Tally::default(),
        rejected_lines: Vec::new(),
        is_resumed: false,
        end: End::Interrupted,
        last: seawall_model::Position::START,
    }
}

/// The number of the next import: one more than the journal tells of.
pub(super) fn next_import(opened: &Opened) -> Result<u64, ImportError> {
    let imports = opened.derivation.journal().of_types(&["imported"])?;
    let complete = |recorded: &&seawall_store::Recorded| {
        matches!(recorded.entry.body, seawall_model::journal::Body::Imported { complete: true, .. })
    };
    debug_assert!(opened.derivation.journal().head().0 > 0);
    Ok(imports.iter().filter(complete).count() as u64 + 1)
}

fn head(file: &File) -> std::io::Result<Vec<u8>> {
    let mut head = vec![0; detect::HEAD_BYTES];
    let mut filled = 0;
    loop {
        let read = file.read_at(&mut head[filled..], filled as u64)?;
        filled += read;
        if read == 0 || filled == head.len() {
            head.truncate(filled);
            return Ok(head);
        }
    }
}

/// Tells one source from another: size, both ends, and how it is read. The name does
/// not count, so a file that was moved is still the same.
fn identity(file: &File, bytes: u64, head: &[u8], reading: &str) -> std::io::Result<[u8; 32]> {
    let tail_at = bytes.saturating_sub(detect::HEAD_BYTES as u64);
    let mut tail = vec![0; usize::try_from(bytes - tail_at).unwrap_or(0)];
    file.read_exact_at(&mut tail, tail_at)?;
    let hash = Sha256::new()
        .chain_update(bytes.to_le_bytes())
        .chain_update(Sha256::digest(head))
        .chain_update(Sha256::digest(tail))
        .chain_update(reading);
    Ok(hash.finalize().into())
}

/// Learns the order of the records.
struct FirstReading<'a> {
    file: &'a File,
    bytes: u64,
    limits: &'a Limits,
    now: Timestamp,
    stop: &'a AtomicBool,
}

impl FirstReading<'_> {
    /// `None` if it was interrupted.
    fn run(
        &self,
        understood: Understood,
        scratch: &Path,
    ) -> std::io::Result<Option<(Sorted, Tally)>> {
        let progress = Progress::bytes("reading", self.bytes);
        let mut indexer = Indexer::new(scratch)?;
        let mut tally = Tally::default();
        let mut splitter = Splitter::new(understood.shape, self.limits);
        let mut skip = understood.skip;
        let mut file = self.file;
        let mut buffer = vec![0; READ_BYTES];
        let mut count = |item: seawall_event::records::Item<'_>| -> std::io::Result<()> {
            if skip > 0 {
                skip -= 1;
                return Ok(());
            }
            match self.locate(&item, &understood.decoder, &mut tally) {
                Some(located) => indexer.add(located),
                None => Ok(()),
            }
        };
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            let mut chunk = &buffer[..read];
            while let Some(item) = splitter.next_record(&mut chunk) {
                count(item)?;
            }
            progress.add(read as u64);
        }
        while let Some(item) = splitter.finish() {
            count(item)?;
        }
        progress.finish();
        Ok(Some((indexer.sorted()?, tally)))
    }

    /// Where a record lies and when it is due; `None` for an ignored one.
    fn locate(
        &self,
        item: &seawall_event::records::Item<'_>,
        decoder: &Decoder,
        tally: &mut Tally,
    ) -> Option<Located> {
        let at = |when, length: usize| Located {
            when,
            offset: item.offset,
            length: u32::try_from(length).unwrap_or(u32::MAX),
            line: item.line,
        };
        let Ok(bytes) = &item.content else { return Some(at(When::Refused, 0)) };
        match decoder.decode(bytes, self.limits) {
            Ok(Decoded::Ignored(name)) => {
                tally.ignore(&name);
                None
            }
            Ok(Decoded::Event(event)) if check_future(&event, self.now, self.limits).is_ok() => {
                Some(at(When::At(event.at), bytes.len()))
            }
            Ok(Decoded::Event(_)) | Err(_) => Some(at(When::Refused, bytes.len())),
        }
    }
}

/// Takes the records in, in order.
struct SecondReading {
    file: Arc<File>,
    decoder: Decoder,
    limits: Limits,
    source: [u8; 32],
    done: u64,
    stop: Arc<AtomicBool>,
}

/// A batch with the number of records done after it.
type Batch = std::io::Result<(Vec<Item>, u64)>;

impl SecondReading {
    fn run(self, sorted: Sorted, keeper: &mut Keeper, name: &str) -> Result<End, ImportError> {
        let progress = Progress::records("importing", sorted.total());
        progress.add(self.done);
        let (source, stop, total) = (self.source, Arc::clone(&self.stop), sorted.total());
        let (ahead, batches) = bounded(AHEAD_BATCHES_MAX);
        let reading = std::thread::spawn(move || self.read(sorted, &ahead));
        let result = commit_all(&batches, keeper, source, &progress, name);
        // Dropping the receiver ends the reader, should it still be at work.
        drop(batches);
        let _ = reading.join();
        progress.finish();
        let done = result?;
        let is_whole = done >= total;
        let was_stopped = stop.load(Ordering::Relaxed) && !is_whole;
        Ok(if was_stopped { End::Interrupted } else { End::Reached })
    }

    fn read(self, sorted: Sorted, ahead: &Sender<Batch>) {
        let skip = usize::try_from(self.done).unwrap_or(usize::MAX);
        let mut window = Window { file: Arc::clone(&self.file), start: 0, bytes: Vec::new() };
        let mut batch = Vec::with_capacity(BATCH_EVENTS_MAX);
        let mut done = self.done;
        for located in sorted.skip(skip) {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let item = located.and_then(|located| self.item(&located, &mut window));
            match item {
                Ok(item) => batch.push(item),
                Err(error) => {
                    let _ = ahead.send(Err(error));
                    return;
                }
            }
            done += 1;
            if batch.len() == BATCH_EVENTS_MAX {
                let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_EVENTS_MAX));
                if ahead.send(Ok((full, done))).is_err() {
                    return;
                }
            }
        }
        let _ = ahead.send(Ok((batch, done)));
    }

    fn item(&self, located: &Located, window: &mut Window) -> std::io::Result<Item> {
        let bytes = window.get(located.offset, located.length as usize)?;
        let result = if located.length == 0 && located.when == When::Refused {
            Err(unsplit())
        } else {
            self.decode(bytes)
        };
        let bytes = match &result {
            Ok(event) => seawall_event::encode(event),
            Err(_) => bytes.to_vec(),
        };
        Ok(Item { line: located.line, offset: Some(located.offset), result, bytes })
    }

    fn decode(&self, bytes: &[u8]) -> Result<Box<seawall_model::Event>, Rejection> {
        match self.decoder.decode(bytes, &self.limits)? {
            Decoded::Event(event) => Ok(event),
            Decoded::Ignored(_) => Err(unsplit()),
        }
    }
}

/// For a record that the splitter could not hold: it was too long or broken off.
fn unsplit() -> Rejection {
    Rejection::new(
        seawall_model::RejectionCode::Malformed,
        "",
        "the record is longer than 262,144 bytes, or the file breaks off within it",
        "split it, or export the file again",
    )
}

fn commit_all(
    batches: &Receiver<Batch>,
    keeper: &mut Keeper,
    source: [u8; 32],
    progress: &Progress,
    name: &str,
) -> Result<u64, ImportError> {
    let mut reached = 0;
    for batch in batches {
        let (items, done) =
            batch.map_err(|source| ImportError::Read { name: name.to_owned(), source })?;
        progress.add(items.len() as u64);
        keeper.commit(items, Some(CursorAt { source, done }))?;
        reached = done;
    }
    Ok(reached)
}

/// Reads records near each other at once, and records far apart one by one.
struct Window {
    file: Arc<File>,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    fn get(&mut self, offset: u64, length: usize) -> std::io::Result<&[u8]> {
        let end = self.start + self.bytes.len() as u64;
        let is_held = offset >= self.start && offset + length as u64 <= end;
        if !is_held {
            let is_next = offset >= self.start && offset <= end + READ_BYTES as u64;
            let wanted = if is_next { READ_BYTES.max(length) } else { length };
            self.fill(offset, wanted, length)?;
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        Ok(&self.bytes[from..from + length])
    }

    fn fill(&mut self, offset: u64, wanted: usize, least: usize) -> std::io::Result<()> {
        self.bytes.resize(wanted, 0);
        self.start = offset;
        let mut filled = 0;
        while filled < wanted {
            let read = self.file.read_at(&mut self.bytes[filled..], offset + filled as u64)?;
            if read == 0 {
                break;
            }
            filled += read;
        }
        self.bytes.truncate(filled);
        if filled < least {
            // The file was cut since it was read for the first time.
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}
