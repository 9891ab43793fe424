//! Commits batches to the log and hands what was accepted on to be derived.
//!
//! The log is this thread's, the derivation another's: while one batch is derived the
//! next is committed. A batch is acknowledged once the log has it; what is derived
//! from it is made again at start-up if a crash comes between.

use std::collections::BTreeMap;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{Event, Limits, Position, Rejection, RejectionCode};
use seawall_store::{Arrival, Candidate, EventLog, Events, Outcome, Placed, Rejects};

use super::decoder::UnknownSource;
use super::tally::{RejectedLines, Tally};
use crate::chance;
use crate::clock::{Clock, Stopwatch};
use crate::engine::{Derivation, EngineError, Opened, Settings, Taken};

/// Batches that may wait to be derived.
const WAITING_BATCHES_MAX: usize = 4;
/// How often the clock is looked at while nothing comes.
const IDLE_WAIT: Duration = Duration::from_millis(500);
/// How long the tables may lag behind while work comes without a pause: a reader sees a
/// stream no later than this, and a flood pays for one small commit in that time.
const TABLES_LAG: Duration = Duration::from_secs(1);

/// The format by which what came over HTTP is told in the journal.
pub(crate) const SERVED: &str = "http";

/// Why an import ended.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The source is not one that can be read.
    #[error(transparent)]
    Source(#[from] UnknownSource),
    /// The source could not be read.
    #[error("cannot read {name}")]
    Read {
        /// The source.
        name: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The data folder failed.
    #[error(transparent)]
    Store(#[from] seawall_store::Error),
}

/// One record that was read: an event with its canonical bytes, or a refusal.
#[derive(Debug)]
pub struct Item {
    /// Line of the source, from 1.
    pub line: u64,
    /// Byte of the source, where the source is a file that may be read again.
    pub offset: Option<u64>,
    /// The event, or why it was refused.
    pub result: Result<Box<Event>, Rejection>,
    /// The event's canonical bytes, or the refused bytes.
    pub bytes: Vec<u8>,
}

/// What became of one record, once it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was appended.
    Accepted(Placed),
    /// The same event is already there.
    Duplicate(Position),
    /// It was refused, and is kept among the rejects.
    Refused(Rejection),
}

/// What the deriving thread is given, in order.
pub(crate) enum Work {
    /// Events that the log has committed.
    Events(Vec<Taken>),
    /// Something to do with the derivation between two batches.
    Ask(Ask),
}

/// What is done with the derivation. The error of the engine ends the derivation.
pub(crate) type Ask = Box<dyn FnOnce(&mut Derivation) -> Result<(), EngineError> + Send>;

/// What the deriving thread does beside the events.
pub(crate) struct Beside {
    /// What others ask of it, whenever it is free.
    pub(crate) asks: Receiver<Ask>,
    /// Told after each piece of work.
    pub(crate) after: Box<dyn FnMut(&Derivation) + Send>,
}

impl Beside {
    /// Nothing but events.
    pub(crate) fn nothing() -> Self {
        Self { asks: crossbeam_channel::never(), after: Box::new(|_| ()) }
    }
}

/// A cursor to be committed with a batch: the source and the records taken in so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CursorAt {
    pub(crate) source: [u8; 32],
    pub(crate) done: u64,
}

/// What the log had kept of an unfinished import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Its own number, which its refused inputs bear.
    pub(crate) import: u64,
    /// Records of the source taken in.
    pub(crate) done: u64,
    /// The format it read.
    pub(crate) format: String,
    /// What became of its inputs; ignored ones by names that the journal may hold.
    pub(crate) tally: Tally,
}

impl Progress {
    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        for number in [self.import, self.done, self.tally.accepted, self.tally.duplicates] {
            writer.u64(number);
        }
        write_text(&mut writer, &self.format);
        for counts in [&self.tally.rejected, &self.tally.ignored] {
            writer.len(counts.len());
            for (name, count) in counts {
                write_text(&mut writer, name);
                writer.u64(*count);
            }
        }
        writer.into_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let (import, done) = (reader.u64()?, reader.u64()?);
        let (accepted, duplicates) = (reader.u64()?, reader.u64()?);
        let format = read_text(&mut reader)?;
        let (rejected, ignored) = (read_counts(&mut reader)?, read_counts(&mut reader)?);
        let tally = Tally { accepted, duplicates, ignored, rejected };
        Ok(Self { import, done, format, tally })
    }

    /// What an interrupted run of this source had done.
    pub(crate) fn of(log: &EventLog, source: &[u8; 32]) -> Result<Option<Self>, ImportError> {
        Ok(log.cursor(source)?.and_then(|bytes| Self::from_bytes(&bytes).ok()))
    }

    /// Every import that was left unfinished, with its source.
    pub(crate) fn all(log: &EventLog) -> Result<Vec<([u8; 32], Self)>, ImportError> {
        let cursors = log.cursors()?.into_iter();
        Ok(cursors.filter_map(|(source, b)| Some((source, Self::from_bytes(&b).ok()?))).collect())
    }
}

fn write_text(writer: &mut Writer, text: &str) {
    writer.len(text.len());
    writer.raw(text.as_bytes());
}

fn read_text(reader: &mut Reader<'_>) -> Result<String, CodecError> {
    let length = reader.len(1)?;
    let text: Result<Vec<u8>, _> = (0..length).map(|_| reader.u8()).collect();
    Ok(String::from_utf8_lossy(&text?).into_owned())
}

fn read_counts(reader: &mut Reader<'_>) -> Result<BTreeMap<String, u64>, CodecError> {
    let length = reader.len(9)?;
    (0..length).map(|_| Ok((read_text(reader)?, reader.u64()?))).collect()
}

/// An event with its canonical bytes, and its line and byte of the source.
type Offered = (Box<Event>, Vec<u8>, (u64, Option<u64>));

/// What becomes of the inputs: counted, and what was refused is kept.
pub(crate) struct Book {
    rejects: Rejects,
    clock: Clock,
    chance: Box<dyn seawall_store::Chance>,
    import: u64,
    format: &'static str,
    pub(crate) tally: Tally,
    rejected: RejectedLines,
}

impl Book {
    /// Keeps a refused input and counts it.
    fn refuse(
        &mut self,
        place: (u64, Option<u64>),
        rejection: &Rejection,
        bytes: &[u8],
    ) -> Result<(), seawall_store::Error> {
        let (line, offset) = place;
        let now = self.clock.now();
        let source = (self.import, line, offset);
        match self.rejects.keep(source, rejection, bytes, now, &mut *self.chance) {
            // An import ends here, and its file is there to be read again. A server goes on for
            // those who send what can be read: who sent this is told, and it is counted.
            Err(seawall_store::Error::RejectsFull { .. }) if self.format == SERVED => {
                metrics::counter!("seawall_rejects_not_kept_total").increment(1);
            }
            kept => kept?,
        }
        self.tally.reject(rejection);
        self.rejected.add(line, rejection);
        Ok(())
    }

    /// Counts what the log made of the events, and keeps those it refused.
    fn take(
        &mut self,
        events: &[Offered],
        outcomes: &[Outcome],
    ) -> Result<(), seawall_store::Error> {
        for ((_, bytes, place), outcome) in events.iter().zip(outcomes) {
            match outcome {
                Outcome::Accepted(_) => self.tally.accepted += 1,
                Outcome::Duplicate(_) => self.tally.duplicates += 1,
                Outcome::Altered(there) => self.refuse(*place, &altered(*there), bytes)?,
            }
        }
        self.rejects.commit()
    }

    fn progress(&self, done: u64) -> Progress {
        let tally = Tally { ignored: self.tally.known_ignored(), ..self.tally.clone() };
        Progress { import: self.import, done, format: self.format.to_owned(), tally }
    }
}

/// The committing half of an import.
pub(crate) struct Keeper {
    log: EventLog,
    limits: Limits,
    pub(crate) book: Book,
    to_derive: Sender<Work>,
    deriving: std::thread::JoinHandle<Result<Derivation, EngineError>>,
}

impl Keeper {
    /// Takes a folder apart: the derivation goes to its own thread.
    pub(crate) fn new(
        opened: Opened,
        settings: &Settings,
        (import, format): (u64, &'static str),
        beside: Beside,
    ) -> (Self, seawall_store::Folder) {
        let Opened { folder, mut log, derivation, rejects, .. } = opened;
        log.accounts().read_newest();
        let (to_derive, waiting) = bounded(WAITING_BATCHES_MAX);
        let clock = settings.clock;
        let deriving = std::thread::spawn(move || derive(derivation, &waiting, beside, clock));
        let book = Book {
            rejects,
            clock,
            chance: chance::source(settings.test_seed.map(|seed| seed ^ 0x5ea)),
            import,
            format,
            tally: Tally::default(),
            rejected: RejectedLines::default(),
        };
        (Self { log, limits: settings.config.limits.limits(), book, to_derive, deriving }, folder)
    }

    /// Goes on from what an interrupted run had done.
    pub(crate) fn resume(&mut self, progress: Progress) {
        self.book.tally = progress.tally;
    }

    /// The way to the deriving thread, for what is to be done beside the events.
    pub(crate) fn asking(&self) -> Sender<Work> {
        self.to_derive.clone()
    }

    /// Commits a batch. When this returns, what was accepted survives a power cut. Gives what
    /// became of each record, in order.
    pub(crate) fn commit(
        &mut self,
        batch: Vec<Item>,
        cursor: CursorAt,
    ) -> Result<Vec<Fate>, ImportError> {
        let now = self.book.clock.now();
        let mut events: Vec<Offered> = Vec::with_capacity(batch.len());
        let mut refused: Vec<Option<Rejection>> = Vec::with_capacity(batch.len());
        for mut item in batch {
            if let Ok(event) = &item.result
                && let Err(rejection) = super::decoder::check_future(event, now, &self.limits)
            {
                item.result = Err(rejection);
            }
            match item.result {
                Ok(event) => {
                    events.push((event, item.bytes, (item.line, item.offset)));
                    refused.push(None);
                }
                Err(rejection) => {
                    let place = (item.line, item.offset);
                    self.book.refuse(place, &rejection, &item.bytes)?;
                    refused.push(Some(rejection));
                }
            }
        }
        // Refusals first: the cursor must never be ahead of them.
        self.book.rejects.commit()?;
        let outcomes = self.append(&events, now, cursor)?;
        let fates = fates(refused, &outcomes);
        let accepted = |((event, ..), outcome): (Offered, Outcome)| match outcome {
            Outcome::Accepted(placed) => Some(Taken { placed, event }),
            Outcome::Duplicate(_) | Outcome::Altered(_) => None,
        };
        self.hand_on(events.into_iter().zip(outcomes).filter_map(accepted).collect())?;
        Ok(fates)
    }

    fn append(
        &mut self,
        events: &[Offered],
        now: seawall_model::Timestamp,
        cursor: CursorAt,
    ) -> Result<Vec<Outcome>, seawall_store::Error> {
        let candidates: Vec<Candidate<'_>> =
            events.iter().map(|(event, bytes, _)| Candidate::new(event, bytes)).collect();
        let book = &mut self.book;
        let mut at = |outcomes: &[Outcome]| {
            book.take(events, outcomes)?;
            Ok((cursor.source, book.progress(cursor.done).to_bytes()))
        };
        self.log.append(&candidates, &mut Arrival { now, cursor: Some(&mut at) })
    }

    fn hand_on(&mut self, taken: Vec<Taken>) -> Result<(), ImportError> {
        if taken.is_empty() || self.to_derive.send(Work::Events(taken)).is_ok() {
            return Ok(());
        }
        // The other thread has ended: its error is told by `finish`.
        Err(ImportError::Engine(EngineError::Stopped))
    }

    /// The last position of the log.
    pub(crate) fn last(&self) -> Position {
        self.log.last().0
    }

    /// Waits until everything is derived and gives the parts back.
    pub(crate) fn finish(self) -> Result<Finished, ImportError> {
        let Self { log, book, to_derive, deriving, .. } = self;
        drop(to_derive);
        let derivation = match deriving.join() {
            Ok(derivation) => derivation?,
            Err(_) => return Err(ImportError::Engine(EngineError::Stopped)),
        };
        Ok(Finished { log, derivation, tally: book.tally, rejected: book.rejected })
    }
}

/// What is left of a keeper when the import is over.
pub(crate) struct Finished {
    pub(crate) log: EventLog,
    pub(crate) derivation: Derivation,
    pub(crate) tally: Tally,
    pub(crate) rejected: RejectedLines,
}

/// The deriving half: runs until its sender is gone.
fn derive(
    mut derivation: Derivation,
    waiting: &Receiver<Work>,
    mut beside: Beside,
    clock: Clock,
) -> Result<Derivation, EngineError> {
    let mut since_flush = Stopwatch::start();
    loop {
        let next = crossbeam_channel::select! {
            recv(waiting) -> work => match work {
                Ok(work) => Some(work),
                Err(_) => return Ok(derivation),
            },
            recv(beside.asks) -> ask => match ask {
                Ok(ask) => Some(Work::Ask(ask)),
                Err(_) => {
                    beside.asks = crossbeam_channel::never();
                    None
                }
            },
            default(IDLE_WAIT) => None,
        };
        let is_idle = next.is_none();
        match next {
            Some(Work::Events(batch)) => derivation.events(&batch)?,
            Some(Work::Ask(ask)) => ask(&mut derivation)?,
            None => {}
        }
        // A trickle is never silent long enough to time out, so it is asked each time. Under
        // a clock that stands still, two runs write the same at the same places.
        if clock.passes() {
            derivation.tick_if_due(clock.now())?;
            if is_idle || since_flush.elapsed() >= TABLES_LAG {
                derivation.flush_tables()?;
                since_flush = Stopwatch::start();
            }
        }
        (beside.after)(&derivation);
    }
}

/// What became of each record: those refused before the log was asked, then by its answers.
fn fates(refused: Vec<Option<Rejection>>, outcomes: &[Outcome]) -> Vec<Fate> {
    let mut outcomes = outcomes.iter();
    let fate = |refused: Option<Rejection>| match refused {
        Some(rejection) => Fate::Refused(rejection),
        None => match outcomes.next() {
            Some(Outcome::Accepted(placed)) => Fate::Accepted(*placed),
            Some(Outcome::Duplicate(there)) => Fate::Duplicate(*there),
            Some(Outcome::Altered(there)) => Fate::Refused(altered(*there)),
            None => unreachable!("the log answers for each candidate"),
        },
    };
    refused.into_iter().map(fate).collect()
}

fn altered(there: Position) -> Rejection {
    Rejection::new(
        RejectionCode::Altered,
        "/id",
        format!("an event with this id and other content is at position {there}"),
        "give each event its own id; send a correction as an event of its own",
    )
}
