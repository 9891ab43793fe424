//! A file that is marked as suspected child abuse leaves what is compared with: the banks, and the
//! pictures of removed accounts.
//!
//! The mark is kept first, and counts at once; the journal tells of it next. What a crash cut off
//! between the two is told at the next start. Entries of knowledge that hold a fingerprint of the
//! file stay in force, so that nothing that was removed comes back; only their fingerprints are
//! compared with nothing more. Left out: screens, which ask [`Marks`](crate::media::Marks).

use seawall_model::EntryId;
use seawall_model::Timestamp;
use seawall_model::journal::Body;
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known};
use seawall_store::Media;
use seawall_store::media::Mark;

use super::{Derivation, EngineError};

impl Derivation {
    /// Has a mark that is kept count, and tells it in the journal, unless that was done.
    ///
    /// # Errors
    /// [`EngineError`] if knowledge or journal fail: the next start does it again.
    pub fn mark(
        &mut self,
        media: &mut Media,
        mark: &Mark,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        self.marks.set(mark);
        if mark.is_journaled {
            return Ok(());
        }
        let entries = self.entries_of(mark)?;
        let (name, reviewer) = (mark.name.to_string(), mark.reviewer);
        self.input(Body::MediaMarked { media: name, reviewer, entries }, now)?;
        Ok(media.mark_journaled(mark.name)?)
    }

    /// Takes a mark back: tells it in the journal, and has its entries compared with again, as far
    /// as no other mark covers them.
    ///
    /// # Errors
    /// [`EngineError`] if knowledge or journal fail: then it is marked still.
    pub fn unmark(
        &mut self,
        media: &mut Media,
        mark: &Mark,
        reviewer: u64,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let others = self.marks.without(media, mark.name)?;
        let name = mark.name.to_string();
        let mut entries = Vec::new();
        for entry in self.pipeline.active().suppressed() {
            let known = self.knowledge.read(entry)?.map(|knowledge| knowledge.known);
            if known.is_some_and(|known| !others.covers_known(&known)) {
                entries.push(entry.0);
            }
        }
        self.input(Body::MediaUnmarked { media: name, reviewer, entries }, now)?;
        media.unmark(mark.name)?;
        self.marks.become_those(&others);
        Ok(())
    }

    /// Entries that hold a fingerprint of a marked file, in order: those in force, those that wait
    /// for somebody to stand for them, and removed accounts whose picture it was.
    ///
    /// Cost: every removed profile is read.
    fn entries_of(&self, mark: &Mark) -> Result<Vec<u64>, EngineError> {
        let mut found = self.pipeline.active().of_file(&mark.sha256, &mark.pdqs);
        let waits = |entry: &EntryId| self.pipeline.judge().waits(*entry);
        let waiting = self.knowledge.of_kind(KnowledgeKind::Hash)?.into_iter().filter(waits);
        let removed = self.knowledge.of_kind(KnowledgeKind::Removed)?;
        for entry in waiting.chain(removed) {
            let known = self.knowledge.read(entry)?.map(|knowledge| knowledge.known);
            if known.is_some_and(|known| self.marks.covers_known(&known)) {
                found.insert(entry);
            }
        }
        Ok(found.into_iter().map(|entry| entry.0).collect())
    }

    /// At a start: tells of marks that were kept and never told.
    pub(super) fn settle_marks(
        &mut self,
        media: &mut Media,
        now: Timestamp,
        repaired: &mut Vec<String>,
    ) -> Result<(), EngineError> {
        let untold = media.marks()?.into_iter().filter(|mark| !mark.is_journaled);
        let untold: Vec<Mark> = untold.collect();
        for mark in &untold {
            self.mark(media, mark, now)?;
        }
        if !untold.is_empty() {
            repaired.push(format!("{} marks of media told in the journal", untold.len()));
        }
        Ok(())
    }

    /// What a decision brings in, without fingerprints of marked files.
    pub(super) fn unmarked(&self, known: Known) -> Option<Known> {
        match known {
            Known::Hash(hash) => (!self.marks.covers_hash(&hash.hash)).then_some(Known::Hash(hash)),
            Known::Removed(mut removed) => {
                self.marks.hide_in_profile(&mut removed.profile);
                Some(Known::Removed(removed))
            }
            other => Some(other),
        }
    }

    /// The place, from 1, of the first of these entries that holds a fingerprint of a marked file.
    pub(super) fn first_marked(&self, entries: &[Knowledge]) -> Option<usize> {
        let of_marked = |entry: &Knowledge| self.marks.covers_known(&entry.known);
        entries.iter().position(of_marked).map(|place| place + 1)
    }
}
