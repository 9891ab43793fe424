//! The second half of the engine: pipeline, journal, tables and snapshots.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use seawall_model::journal::{Body, Entry};
use seawall_model::{Accepted, CaseId, Event, Position, Timestamp};
use seawall_pipeline::{BUILD, Derived, Output, Pipeline};
use seawall_store::snapshot::{self, Snapshot};
use seawall_store::{Entries, Journal, KnowledgeBase, Placed, Tables};

use super::EngineError;
use super::shelf::Shelf;
use super::told::{Span, Spans};
use crate::media::Marks;

/// An event with the place the log gave it.
#[derive(Debug)]
pub struct Taken {
    /// The place.
    pub placed: Placed,
    /// The event.
    pub event: Box<Event>,
}

/// Derives entries from accepted events and inputs, and keeps them.
#[derive(Debug)]
pub struct Derivation {
    pub(super) pipeline: Pipeline,
    pub(super) journal: Journal,
    pub(super) tables: Tables,
    pub(super) knowledge: KnowledgeBase,
    pub(super) marks: Marks,
    pub(super) spans: Spans,
    pub(super) snapshots: PathBuf,
    pub(super) snapshot_every: u64,
    pub(super) last_snapshot: Position,
    pub(super) out: Output,
}

impl Derivation {
    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Which files are marked as suspected child abuse.
    #[must_use]
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Between which entries of the journal an order withholds the notices of a case, or did;
    /// `None` if none ever did.
    #[must_use]
    pub fn withheld_span(&self, case: CaseId) -> Option<Span> {
        self.spans.get(case)
    }

    /// The pipeline.
    #[must_use]
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Takes in events that the log has committed, in order.
    ///
    /// What is derived from them is durable when this returns.
    ///
    /// # Errors
    /// [`EngineError`] if the journal could not be written; a new start makes it again.
    pub fn events(&mut self, batch: &[Taken]) -> Result<(), EngineError> {
        for taken in batch {
            let accepted = Accepted {
                position: taken.placed.position,
                received_at: taken.placed.received_at,
                account: taken.placed.account,
                other: taken.placed.other,
                commitment: taken.placed.commitment,
                event: &taken.event,
            };
            self.apply(&accepted)?;
            self.tables.fold(taken.placed.position, taken.event.at, taken.event.kind());
        }
        self.record(&[])?;
        if self.pipeline.position().0 - self.last_snapshot.0 >= self.snapshot_every {
            self.snapshot()?;
        }
        Ok(())
    }

    /// Applies one event. A defect on it sets it aside: what was derived before is
    /// kept, and the next start passes over it.
    fn apply(&mut self, accepted: &Accepted<'_>) -> Result<(), EngineError> {
        let before = self.out.entries.len();
        let (pipeline, out) = (&mut self.pipeline, &mut self.out);
        // The state is not used again after a panic: the error ends this derivation.
        let applied = catch_unwind(AssertUnwindSafe(|| pipeline.apply(accepted, out)));
        self.out.signals.clear();
        if applied.is_ok() {
            return Ok(());
        }
        self.out.entries.truncate(before);
        self.record(&[])?;
        let position = accepted.position.0;
        let after = Position(position.saturating_sub(1));
        let at = accepted.received_at.max(self.last_at()?);
        self.record(&[Derived { after, at, body: Body::SetAside { position } }])?;
        Err(EngineError::SetAside { position })
    }

    /// Records an input and what follows from it. Durable when this returns.
    ///
    /// # Errors
    /// [`EngineError`] if the journal could not be written.
    pub fn input(&mut self, body: Body, now: Timestamp) -> Result<(), EngineError> {
        self.inputs(vec![body], now)
    }

    /// Records inputs that belong together in one durable step, then what follows.
    pub(super) fn inputs(&mut self, bodies: Vec<Body>, now: Timestamp) -> Result<(), EngineError> {
        let at = now.max(self.last_at()?);
        let after = self.pipeline.position();
        let given = bodies.into_iter().map(|body| Derived { after, at, body });
        let given: Vec<Derived> = given.collect();
        let contents = Shelf::new(&self.knowledge);
        for Derived { body, .. } in &given {
            self.pipeline.input(body, at, &contents, &mut self.out);
        }
        contents.finish()?;
        self.record(&given)
    }

    /// `now` never falls from one entry to the next, whatever the clock does.
    fn last_at(&self) -> Result<Timestamp, EngineError> {
        let (seq, _) = self.journal.head();
        let last = self.journal.read(seq.saturating_sub(1), 1)?;
        Ok(last.first().map_or(Timestamp::MIN, |recorded| recorded.entry.at))
    }

    /// Appends an input, where given, and everything derived since.
    pub(super) fn record(&mut self, given: &[Derived]) -> Result<(), EngineError> {
        let (mut seq, _) = self.journal.head();
        let mut entries = Vec::with_capacity(given.len() + self.out.entries.len());
        for Derived { after, at, body } in given.iter().cloned().chain(self.out.entries.drain(..)) {
            seq += 1;
            entries.push(Entry::new(seq, after, at, body));
        }
        self.journal.append(&entries)?;
        entries.iter().for_each(|entry| self.spans.note(entry));
        Ok(())
    }

    /// Ticks if something is due.
    ///
    /// # Errors
    /// As [`Derivation::input`].
    pub fn tick_if_due(&mut self, now: Timestamp) -> Result<(), EngineError> {
        if self.pipeline.next_due().is_some_and(|due| due <= now) {
            self.input(Body::Tick, now)?;
        }
        Ok(())
    }

    /// Ticks if anything waits for a hand-over: its source has ended.
    ///
    /// # Errors
    /// As [`Derivation::input`].
    pub fn settle(&mut self, now: Timestamp) -> Result<(), EngineError> {
        if self.pipeline.has_waiting() {
            self.input(Body::Tick, now)?;
        }
        self.flush_tables()
    }

    /// Writes the tables, so that readers see what was derived.
    ///
    /// # Errors
    /// [`EngineError`]; a new start makes them again.
    pub fn flush_tables(&mut self) -> Result<(), EngineError> {
        Ok(self.tables.flush()?)
    }

    /// Writes the tables and a snapshot.
    ///
    /// # Errors
    /// [`EngineError`]; earlier snapshots are then still there.
    pub fn snapshot(&mut self) -> Result<(), EngineError> {
        self.tables.flush()?;
        let snapshot = self.state();
        snapshot::write(&self.snapshots, &snapshot)?;
        self.last_snapshot = snapshot.position;
        Ok(())
    }

    /// The state with its place, as a snapshot.
    #[must_use]
    pub fn state(&self) -> Snapshot {
        Snapshot {
            position: self.pipeline.position(),
            seq: self.journal.head().0,
            build: BUILD.to_owned(),
            state: self.pipeline.snapshot(),
        }
    }
}
