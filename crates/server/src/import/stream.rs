//! Takes in a stream as it comes: in order of arrival, committed in groups.
//!
//! Whatever is there when the last group is durable becomes the next group, so a
//! trickle is acknowledged at once and a flood by the thousand.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use seawall_event::records::Splitter;
use seawall_event::{Decoded, detect};
use seawall_model::Limits;
use sha2::{Digest, Sha256};

use super::decoder::{Decoder, Understood, understand};
use super::file::{conclude, next_import, told};
use super::keeper::{Beside, CursorAt, ImportError, Item, Keeper, Progress};
use super::tally::{End, Report};
use super::{BATCH_EVENTS_MAX, SourceOptions};
use crate::engine::{Opened, Settings};

/// Bytes read from the stream at once.
const READ_BYTES: usize = 256 * 1024;
/// Groups decoded ahead of the log.
const AHEAD_GROUPS_MAX: usize = 16;
/// The format by which a stream without a record is told.
const EMPTY: &str = "canonical";
/// How often a stop is looked for while nothing comes.
const IDLE_WAIT: Duration = Duration::from_millis(200);

/// Whether what is durable is told on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// Nothing is told.
    Silent,
    /// A line `acked N` after each group: the first N records of the stream are durable.
    Told,
}

/// What the reading thread sends.
enum Sent {
    Items(Vec<Read1>),
    Failed(std::io::Error),
    End,
}

/// One record read.
enum Read1 {
    Item(Item),
    Ignored(Box<str>),
}

/// Takes in a stream until it ends or `stop` is set.
///
/// # Errors
/// [`ImportError`]; what was acknowledged before is kept.
pub fn import_stream(
    mut input: Box<dyn Read + Send>,
    options: &SourceOptions,
    opened: Opened,
    settings: &Settings,
    told: Ack,
    stop: &Arc<AtomicBool>,
) -> Result<Report, ImportError> {
    let limits = settings.config.limits.limits();
    let failed = |source| ImportError::Read { name: "the stream".into(), source };
    let head = head(&mut *input).map_err(failed)?;
    let understood = if head.trim_ascii().is_empty() && head.len() < detect::HEAD_BYTES {
        // A sender with nothing to say is no fault: what follows is nothing, in any format.
        understand("", &head, &SourceOptions { format: Some(EMPTY.into()), map: None }, &limits)?
    } else {
        understand("", &head, options, &limits)?
    };
    let format = understood.decoder.name();
    let import = next_import(&opened)?;
    let (mut keeper, folder) = Keeper::new(opened, settings, (import, format), Beside::nothing());
    let source = source_of(import);
    // From here on its number is its own, even if it is cut off.
    keeper.commit(Vec::new(), CursorAt { source, done: 0 })?;
    let (ahead, groups) = bounded(AHEAD_GROUPS_MAX);
    // Not joined: it may wait for input for ever, and holds nothing that must be closed.
    std::thread::spawn(move || read(input, head, understood, &limits, &ahead));
    let result = keep(&groups, &mut keeper, source, told, stop);
    let last = keeper.last();
    let finished = keeper.finish()?;
    let end = result?;
    let report = Report {
        import,
        format: format.to_owned(),
        tally: finished.tally.clone(),
        rejected_lines: finished.rejected.clone().into_sorted(),
        is_resumed: false,
        end,
        late: finished.derivation.pipeline().late_seen(),
        last,
    };
    let mut finished = conclude(finished, &report, &source, settings)?;
    // A stream does not go on where it was interrupted: its sender does.
    finished.log.finish_cursor(&source)?;
    drop(folder);
    Ok(report)
}

/// Journals what became of streams that a crash cut off; says so in words.
///
/// # Errors
/// [`ImportError`] if log or journal fail.
pub fn conclude_cut_off(
    opened: &mut Opened,
    settings: &Settings,
) -> Result<Vec<String>, ImportError> {
    let mut said = Vec::new();
    for (source, progress) in Progress::all(&opened.log)? {
        let Progress { import, tally, format, .. } = progress;
        if source != source_of(import) {
            // A file, which goes on when it is imported again.
            continue;
        }
        if told(&opened.derivation, import)?.is_none() {
            let entry = tally.entry(import, &format, End::Interrupted);
            opened.derivation.input(entry, settings.clock.now())?;
        }
        seawall_store::point("stream.told");
        opened.log.finish_cursor(&source)?;
        said.push(format!(
            "the stream of import {import} was cut off: {} accepted, {} duplicates, {} rejected",
            tally.accepted,
            tally.duplicates,
            tally.rejected_total()
        ));
    }
    Ok(said)
}

/// Reads until a whole line that is not blank, or enough to say what the stream is.
fn head(input: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut part = vec![0; 8 * 1024];
    while head.len() < detect::HEAD_BYTES && !head.trim_ascii_start().contains(&b'\n') {
        match input.read(&mut part) {
            Ok(0) => break,
            Ok(read) => head.extend_from_slice(&part[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(head)
}

fn read(
    mut input: Box<dyn Read + Send>,
    head: Vec<u8>,
    understood: Understood,
    limits: &Limits,
    ahead: &Sender<Sent>,
) {
    let mut splitter = Splitter::new(understood.shape, limits);
    let mut skip = understood.skip;
    let mut buffer = head;
    loop {
        let mut group = Vec::new();
        let mut chunk = buffer.as_slice();
        while let Some(item) = splitter.next_record(&mut chunk) {
            take(item, &understood.decoder, limits, &mut skip, &mut group);
        }
        if !group.is_empty() && ahead.send(Sent::Items(group)).is_err() {
            return;
        }
        buffer.resize(READ_BYTES, 0);
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => buffer.truncate(read),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => buffer.clear(),
            Err(error) => {
                let _ = ahead.send(Sent::Failed(error));
                return;
            }
        }
    }
    let mut group = Vec::new();
    while let Some(item) = splitter.finish() {
        take(item, &understood.decoder, limits, &mut skip, &mut group);
    }
    let _ = ahead.send(Sent::Items(group));
    let _ = ahead.send(Sent::End);
}

fn take(
    item: seawall_event::records::Item<'_>,
    decoder: &Decoder,
    limits: &Limits,
    skip: &mut u64,
    group: &mut Vec<Read1>,
) {
    if *skip > 0 {
        *skip -= 1;
        return;
    }
    let line = item.line;
    let made = |result, bytes| Read1::Item(Item { line, offset: None, result, bytes });
    group.push(match item.content {
        Err(uncut) => made(Err(uncut.rejection), uncut.head.to_vec()),
        Ok(bytes) => match decoder.decode(bytes, limits) {
            Ok(Decoded::Ignored(name)) => Read1::Ignored(name),
            Ok(Decoded::Event(event)) => {
                let canonical = seawall_event::encode(&event);
                made(Ok(event), canonical)
            }
            Err(rejection) => made(Err(rejection), bytes.to_vec()),
        },
    });
}

/// What stands for a stream where a file has its own identity.
pub(crate) fn source_of(import: u64) -> [u8; 32] {
    Sha256::new().chain_update("stream").chain_update(import.to_le_bytes()).finalize().into()
}

fn keep(
    groups: &Receiver<Sent>,
    keeper: &mut Keeper,
    source: [u8; 32],
    told: Ack,
    stop: &AtomicBool,
) -> Result<End, ImportError> {
    let mut acked = 0;
    loop {
        if stop.load(Ordering::Relaxed) {
            return Ok(End::Interrupted);
        }
        let first = match groups.recv_timeout(IDLE_WAIT) {
            Ok(sent) => sent,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Ok(End::Interrupted),
        };
        let mut batch = Vec::new();
        let mut end = None;
        let mut next = Some(first);
        while let Some(sent) = next {
            match sent {
                Sent::Items(items) => {
                    acked += items.len() as u64;
                    for item in items {
                        match item {
                            Read1::Item(item) => batch.push(item),
                            Read1::Ignored(name) => keeper.book.tally.ignore(&name),
                        }
                    }
                }
                Sent::Failed(source) => {
                    end = Some(Err(ImportError::Read { name: "the stream".into(), source }));
                }
                Sent::End => end = Some(Ok(End::Reached)),
            }
            let wants_more = end.is_none() && batch.len() < BATCH_EVENTS_MAX;
            next = if wants_more { groups.try_recv().ok() } else { None };
        }
        keeper.commit(batch, CursorAt { source, done: acked })?;
        if told == Ack::Told {
            // A reader that went away must not end the import.
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "acked {acked}").and_then(|()| out.flush());
        }
        if let Some(end) = end {
            return end;
        }
    }
}
