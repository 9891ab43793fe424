//! Commits batches to the log and hands what was accepted on to be derived.
//!
//! The log is this thread's, the derivation another's: while one batch is derived the
//! next is committed. A batch is acknowledged once the log has it; what is derived
//! from it is made again at start-up if a crash comes between.

use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use seawall_model::{Event, Limits, Position, Rejection, RejectionCode};
use seawall_store::{Arrival, Candidate, EventLog, Events, Outcome, Placed, Rejects};

use super::decoder::UnknownSource;
use super::tally::{RejectedLines, Tally};
use crate::chance;
use crate::clock::Clock;
use crate::engine::{Derivation, EngineError, Opened, Settings, Taken};

/// Batches that may wait to be derived.
const WAITING_BATCHES_MAX: usize = 4;
/// How often the clock is looked at while nothing comes.
const IDLE_WAIT: Duration = Duration::from_millis(500);

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
    /// The disk is full: nothing acknowledged was lost.
    #[error(
        "the disk is full; everything acknowledged is kept: make room and run the command again"
    )]
    DiskFull(#[source] Box<seawall_store::Error>),
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

/// A cursor to be committed with a batch: the source and the records taken in so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CursorAt {
    pub(crate) source: [u8; 32],
    pub(crate) done: u64,
}

/// What the log had kept of an unfinished import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) done: u64,
    pub(crate) accepted: u64,
    pub(crate) duplicates: u64,
    pub(crate) altered: u64,
}

impl Progress {
    fn to_bytes(self) -> Vec<u8> {
        [self.done, self.accepted, self.duplicates, self.altered]
            .into_iter()
            .flat_map(u64::to_le_bytes)
            .collect()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut parts = bytes.chunks_exact(8).map(|part| {
            let mut eight = [0; 8];
            eight.copy_from_slice(part);
            u64::from_le_bytes(eight)
        });
        Some(Self {
            done: parts.next()?,
            accepted: parts.next()?,
            duplicates: parts.next()?,
            altered: parts.next()?,
        })
    }
}

/// The committing half of an import.
pub(crate) struct Keeper {
    log: EventLog,
    rejects: Rejects,
    clock: Clock,
    chance: Box<dyn seawall_store::Chance>,
    limits: Limits,
    import: u64,
    pub(crate) tally: Tally,
    pub(crate) rejected: RejectedLines,
    altered: u64,
    to_derive: Sender<Vec<Taken>>,
    deriving: std::thread::JoinHandle<Result<Derivation, EngineError>>,
}

impl Keeper {
    /// Takes a folder apart: the derivation goes to its own thread.
    pub(crate) fn new(
        opened: Opened,
        settings: &Settings,
        import: u64,
    ) -> (Self, seawall_store::Folder) {
        let Opened { folder, log, derivation, rejects, .. } = opened;
        let (to_derive, waiting) = bounded(WAITING_BATCHES_MAX);
        let clock = settings.clock;
        let deriving = std::thread::spawn(move || derive(derivation, &waiting, clock));
        let keeper = Self {
            log,
            rejects,
            clock,
            chance: chance::source(settings.test_seed.map(|seed| seed ^ 0x5ea)),
            limits: Limits::default(),
            import,
            tally: Tally::default(),
            rejected: RejectedLines::default(),
            altered: 0,
            to_derive,
            deriving,
        };
        (keeper, folder)
    }

    /// What an interrupted run of this source had done.
    pub(crate) fn progress(&self, source: &[u8; 32]) -> Result<Option<Progress>, ImportError> {
        Ok(self.log.cursor(source)?.as_deref().and_then(Progress::from_bytes))
    }

    /// Goes on from what an interrupted run had done.
    pub(crate) fn resume(&mut self, progress: Progress) {
        self.tally.accepted = progress.accepted;
        self.tally.duplicates = progress.duplicates;
        self.altered = progress.altered;
        if progress.altered > 0 {
            let code = RejectionCode::Altered.as_str().to_owned();
            self.tally.rejected.insert(code, progress.altered);
        }
    }

    /// Keeps a refused input and counts it.
    pub(crate) fn refuse(
        &mut self,
        place: (u64, Option<u64>),
        rejection: &Rejection,
        bytes: &[u8],
    ) -> Result<(), ImportError> {
        let (line, offset) = place;
        let now = self.clock.now();
        let source = (self.import, line, offset);
        self.rejects.keep(source, rejection, bytes, now, &mut *self.chance).map_err(full)?;
        self.tally.reject(rejection);
        self.rejected.add(line, rejection);
        Ok(())
    }

    /// Commits a batch. When this returns, what was accepted survives a power cut.
    pub(crate) fn commit(
        &mut self,
        batch: Vec<Item>,
        cursor: Option<CursorAt>,
    ) -> Result<(), ImportError> {
        let now = self.clock.now();
        let mut events = Vec::with_capacity(batch.len());
        for mut item in batch {
            if let Ok(event) = &item.result
                && let Err(rejection) = super::decoder::check_future(event, now, &self.limits)
            {
                item.result = Err(rejection);
            }
            match item.result {
                Ok(event) => events.push((event, item.bytes, (item.line, item.offset))),
                Err(rejection) => {
                    self.refuse((item.line, item.offset), &rejection, &item.bytes)?;
                }
            }
        }
        // Refusals first: the cursor must never be ahead of them.
        self.rejects.commit().map_err(full)?;
        let outcomes = self.append(&events, now, cursor)?;
        let mut taken = Vec::with_capacity(events.len());
        for ((event, bytes, place), outcome) in events.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Accepted(placed) => taken.push(Taken { placed, event }),
                Outcome::Duplicate(_) => {}
                Outcome::Altered(there) => self.refuse(place, &altered(there), &bytes)?,
            }
        }
        self.rejects.commit().map_err(full)?;
        self.hand_on(taken)
    }

    fn append(
        &mut self,
        events: &[(Box<Event>, Vec<u8>, (u64, Option<u64>))],
        now: seawall_model::Timestamp,
        cursor: Option<CursorAt>,
    ) -> Result<Vec<Outcome>, ImportError> {
        let candidates: Vec<Candidate<'_>> =
            events.iter().map(|(event, bytes, _)| Candidate::new(event, bytes)).collect();
        let before = Progress {
            done: 0,
            accepted: self.tally.accepted,
            duplicates: self.tally.duplicates,
            altered: self.altered,
        };
        let mut at = |outcomes: &[Outcome]| {
            let done = cursor.map_or(0, |cursor| cursor.done);
            let progress = Progress { done, ..before.after(outcomes) };
            (cursor.map_or([0; 32], |cursor| cursor.source), progress.to_bytes())
        };
        let mut arrival = Arrival { now, cursor: None };
        if cursor.is_some() {
            arrival.cursor = Some(&mut at);
        }
        let outcomes = self.log.append(&candidates, &mut arrival).map_err(full)?;
        let after = before.after(&outcomes);
        self.tally.accepted = after.accepted;
        self.tally.duplicates = after.duplicates;
        self.altered = after.altered;
        Ok(outcomes)
    }

    fn hand_on(&mut self, taken: Vec<Taken>) -> Result<(), ImportError> {
        if taken.is_empty() || self.to_derive.send(taken).is_ok() {
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
        let Self { log, tally, rejected, to_derive, deriving, .. } = self;
        drop(to_derive);
        let derivation = match deriving.join() {
            Ok(derivation) => derivation?,
            Err(_) => return Err(ImportError::Engine(EngineError::Stopped)),
        };
        Ok(Finished { log, derivation, tally, rejected })
    }
}

/// What is left of a keeper when the import is over.
pub(crate) struct Finished {
    pub(crate) log: EventLog,
    pub(crate) derivation: Derivation,
    pub(crate) tally: Tally,
    pub(crate) rejected: RejectedLines,
}

impl Progress {
    fn after(self, outcomes: &[Outcome]) -> Self {
        let count = |wanted: fn(&Outcome) -> bool| {
            outcomes.iter().filter(|outcome| wanted(outcome)).count() as u64
        };
        Self {
            done: self.done,
            accepted: self.accepted + count(|o| matches!(o, Outcome::Accepted(Placed { .. }))),
            duplicates: self.duplicates + count(|o| matches!(o, Outcome::Duplicate(_))),
            altered: self.altered + count(|o| matches!(o, Outcome::Altered(_))),
        }
    }
}

/// The deriving half: runs until its sender is gone.
fn derive(
    mut derivation: Derivation,
    waiting: &Receiver<Vec<Taken>>,
    clock: Clock,
) -> Result<Derivation, EngineError> {
    loop {
        match waiting.recv_timeout(IDLE_WAIT) {
            Ok(batch) => derivation.events(&batch)?,
            Err(RecvTimeoutError::Disconnected) => return Ok(derivation),
            Err(RecvTimeoutError::Timeout) => {
                if clock.passes() {
                    derivation.tick_if_due(clock.now())?;
                }
            }
        }
    }
}

fn altered(there: Position) -> Rejection {
    Rejection::new(
        RejectionCode::Altered,
        "/id",
        format!("an event with this id and other content is at position {there}"),
        "give each event its own id; send a correction as an event of its own",
    )
}

/// Names a full disk for what it is.
pub(crate) fn full(error: seawall_store::Error) -> ImportError {
    if error.is_disk_full() {
        ImportError::DiskFull(Box::new(error))
    } else {
        ImportError::Store(error)
    }
}
