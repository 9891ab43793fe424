//! Takes in a closed file: read once to learn the order, then again in that order.
//!
//! The first reading finds each record's time and says what is refused or ignored; the
//! second takes the records in by time. The file itself is never copied. An import that
//! was interrupted goes on where it had stopped: the order is the same each time.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use seawall_event::records::HEAD_BYTES_MAX;
use seawall_event::{Decoded, detect};
use seawall_model::journal::Body;
use seawall_model::{Limits, Rejection};
use seawall_store::Entries;
use sha2::{Digest, Sha256};

use super::decoder::{Decoder, understand};
use super::index::{Located, Sorted, When};
use super::keeper::{Beside, CursorAt, Finished, ImportError, Item, Keeper, Progress as Done};
use super::order::{Faults, FirstReading};
use super::tally::{End, Report, Tally};
use super::{BATCH_EVENTS_MAX, SourceOptions};
use crate::engine::{Derivation, EngineError, Opened, Settings};
use crate::progress::Progress;

/// Bytes read from the file at once.
const READ_BYTES: usize = 1 << 20;
/// Batches read ahead of the log.
const AHEAD_BATCHES_MAX: usize = 3;
/// Bytes between two records that are still read at once.
const GAP_BYTES_MAX: u64 = 64 * 1024;

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
    let limits = settings.config.limits.limits();
    let understood = understand(&name, &head, options, &limits)?;
    let source = identity(&file, bytes, &head, &understood.identity).map_err(read_error)?;
    let decoder = understood.decoder.clone();
    let progress = Done::of(&opened.log, &source)?;
    let import = match &progress {
        Some(progress) => progress.import,
        None => next_import(&opened)?,
    };
    let scratch = opened.folder.path().to_path_buf();
    let first = FirstReading { file: &file, bytes, limits: &limits, stop };
    let Some(found) = first
        .run(understood, &scratch)
        .map_err(|source| ImportError::Read { name: name.clone(), source })?
    else {
        return Ok(interrupted_early(import, decoder.name()));
    };
    let (mut keeper, folder) =
        Keeper::new(opened, settings, (import, decoder.name()), Beside::nothing());
    let (done, is_resumed) = (progress.as_ref().map_or(0, |p| p.done), progress.is_some());
    match progress {
        Some(progress) => keeper.resume(progress),
        // From here on its number is its own, whenever it goes on.
        None => {
            keeper.commit(Vec::new(), CursorAt { source, done })?;
        }
    }
    keeper.book.tally.ignored = found.ignored;
    let second = SecondReading {
        file: Arc::new(file),
        decoder: decoder.clone(),
        limits,
        faults: found.faults,
        source,
        done,
        stop: Arc::clone(stop),
    };
    let result = second.run(found.sorted, &mut keeper, &name);
    let last = keeper.last();
    let finished = keeper.finish()?;
    let end = result?;
    let report = Report {
        import,
        format: decoder.name().to_owned(),
        tally: finished.tally.clone(),
        rejected_lines: finished.rejected.clone().into_sorted(),
        is_resumed,
        end,
        late: finished.derivation.pipeline().late_seen(),
        last,
    };
    conclude(finished, &report, &source, settings)?;
    drop(folder);
    Ok(report)
}

/// Looks whether a file is one that can be read, before a data folder is made for it.
///
/// # Errors
/// [`ImportError::Source`] with what to do about it, or [`ImportError::Read`].
pub fn check_file(
    path: &Path,
    options: &SourceOptions,
    settings: &Settings,
) -> Result<(), ImportError> {
    let name = path.display().to_string();
    let head = File::open(path).and_then(|file| head(&file));
    let head = head.map_err(|source| ImportError::Read { name: name.clone(), source })?;
    understand(&name, &head, options, &settings.config.limits.limits())?;
    Ok(())
}

/// Journals the import, and forgets the cursor once the end was reached.
pub(crate) fn conclude(
    mut finished: Finished,
    report: &Report,
    source: &[u8; 32],
    settings: &Settings,
) -> Result<Finished, ImportError> {
    let now = settings.clock.now();
    finished.derivation.settle(now)?;
    // It may have been told before a crash that left only the cursor to be forgotten.
    if told(&finished.derivation, report.import)? != Some(End::Reached) {
        let entry = report.tally.entry(report.import, &report.format, report.end);
        finished.derivation.input(entry, now)?;
    }
    finished.derivation.snapshot()?;
    // Last: until then the import can be run again and still tell the same.
    if report.end == End::Reached {
        finished.log.finish_cursor(source)?;
    }
    Ok(finished)
}

fn interrupted_early(import: u64, format: &str) -> Report {
    Report {
        import,
        format: format.to_owned(),
        tally: Tally::default(),
        rejected_lines: Vec::new(),
        is_resumed: false,
        end: End::Interrupted,
        late: 0,
        last: seawall_model::Position::START,
    }
}

/// How the journal tells that this import ended, if it does.
pub(super) fn told(derivation: &Derivation, import: u64) -> Result<Option<End>, ImportError> {
    let imports = derivation.journal().of_types(&["imported"])?;
    let end = |recorded: &seawall_store::Recorded| match recorded.entry.body {
        Body::Imported { import: told, complete, .. } if told == import => {
            Some(if complete { End::Reached } else { End::Interrupted })
        }
        _ => None,
    };
    Ok(imports.iter().rev().find_map(end))
}

/// The number of the next import: one more than any that the journal tells of or that
/// was left unfinished, so that no two share their refused inputs.
pub(crate) fn next_import(opened: &Opened) -> Result<u64, ImportError> {
    let imports = opened.derivation.journal().of_types(&["imported"])?;
    let number = |recorded: &seawall_store::Recorded| match recorded.entry.body {
        Body::Imported { import, .. } => import,
        _ => 0,
    };
    let told = imports.iter().map(number).max().unwrap_or(0);
    debug_assert!(opened.derivation.journal().head().0 > 0);
    let unfinished = Done::all(&opened.log)?.into_iter().map(|(_, progress)| progress.import);
    Ok(told.max(unfinished.max().unwrap_or(0)) + 1)
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

/// Takes the records in, in order.
struct SecondReading {
    file: Arc<File>,
    decoder: Decoder,
    limits: Limits,
    faults: Faults,
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
        // A panic of it shows below: fewer records were done than there are.
        let _ = reading.join();
        progress.finish();
        let done = result?;
        let is_whole = done >= total;
        match (is_whole, stop.load(Ordering::Relaxed)) {
            (true, _) => Ok(End::Reached),
            (false, true) => Ok(End::Interrupted),
            // What was committed is kept, and the cursor with it: the next run goes on.
            (false, false) => Err(ImportError::Engine(EngineError::Stopped)),
        }
    }

    fn read(self, sorted: Sorted, ahead: &Sender<Batch>) {
        let skip = usize::try_from(self.done).unwrap_or(usize::MAX);
        let mut window = Window::new(Arc::clone(&self.file));
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
        let is_uncut = located.length == 0 && located.when == When::Refused;
        let bytes = if is_uncut {
            // Its beginning is kept, where it can be looked at.
            window.glance(located.offset, HEAD_BYTES_MAX)?
        } else {
            window.get(located.offset, located.length as usize)?
        };
        let result = if is_uncut {
            Err(self.faults.get(&located.offset).cloned().unwrap_or_else(unsplit))
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
        keeper.commit(items, CursorAt { source, done })?;
        reached = done;
    }
    Ok(reached)
}

/// Reads records that follow one another at once, and all others one by one.
///
/// A file in another order than time's, such as one grouped by account, would otherwise
/// be read ahead for every record.
struct Window {
    file: Arc<File>,
    start: u64,
    bytes: Vec<u8>,
    /// A record outside of the window.
    apart: Vec<u8>,
    /// Where the record before this one ended.
    last_end: u64,
}

impl Window {
    fn new(file: Arc<File>) -> Self {
        Self { file, start: 0, bytes: Vec::new(), apart: Vec::new(), last_end: 0 }
    }

    /// Up to `length` bytes from here, fewer at the end of the file.
    fn glance(&mut self, offset: u64, length: usize) -> std::io::Result<&[u8]> {
        fill(&self.file, offset, length, 0, &mut self.apart)?;
        Ok(&self.apart)
    }

    fn get(&mut self, offset: u64, length: usize) -> std::io::Result<&[u8]> {
        let (end, window_end) = (offset + length as u64, self.start + self.bytes.len() as u64);
        let follows = (self.last_end..=self.last_end + GAP_BYTES_MAX).contains(&offset);
        self.last_end = end;
        if offset >= self.start && end <= window_end {
            let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
            return Ok(&self.bytes[from..from + length]);
        }
        if follows {
            self.start = offset;
            fill(&self.file, offset, READ_BYTES.max(length), length, &mut self.bytes)?;
            return Ok(&self.bytes[..length]);
        }
        fill(&self.file, offset, length, length, &mut self.apart)?;
        Ok(&self.apart[..length])
    }
}

/// Reads up to `wanted` bytes and at least `least`.
fn fill(
    file: &File,
    offset: u64,
    wanted: usize,
    least: usize,
    bytes: &mut Vec<u8>,
) -> std::io::Result<()> {
    bytes.resize(wanted, 0);
    let mut filled = 0;
    while filled < wanted {
        let read = file.read_at(&mut bytes[filled..], offset + filled as u64)?;
        if read == 0 {
            break;
        }
        filled += read;
    }
    bytes.truncate(filled);
    if filled < least {
        // The file was cut since it was read for the first time.
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
