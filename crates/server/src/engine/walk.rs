//! Feeds log and inputs to a pipeline in order, and holds what it derives against what
//! was recorded.
//!
//! Start-up and replay are this one walk: start-up keeps what was not yet recorded,
//! replay tells what differs. Where content was erased nothing can be held against the
//! record, and the record is taken as it stands.

use std::collections::VecDeque;

use seawall_model::journal::{Body, Class, Entry, SpanReason};
use seawall_model::{Accepted, EventKind, Position, Timestamp};
use seawall_pipeline::{BUILD, Constants, Derived, Judge, Output, Pipeline, WAVES};
use seawall_store::{Content, Journal, LogReader, Recorded, Stored};

use super::{EngineError, Shelf};

/// Events read from the log at once.
const EVENTS_PER_READ: u32 = 2_000;
/// Entries read from the journal at once.
const ENTRIES_PER_READ: u32 = 1_000;
/// Differences described; more are only counted.
const DIFFERENCES_SHOWN_MAX: usize = 20;

/// Characters of a differing entry shown.
const DIFFERENCE_CHARS_MAX: usize = 400;

/// Where a walk begins.
#[derive(Debug)]
pub struct Start {
    /// The pipeline, in the state of that place.
    pub pipeline: Pipeline,
    /// The last journal entry that is in the state.
    pub seq: u64,
    /// Entries up to this one cannot be held against anything: content was erased.
    pub blind_until: u64,
    /// Constants to put in place of the recorded ones: a what-if.
    pub what_if: Vec<(String, i64)>,
}

/// One entry that is not what was derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The position after which it stands.
    pub after: u64,
    /// What the journal says; `None` if it says nothing.
    pub recorded: Option<String>,
    /// What was derived; `None` if nothing was.
    pub derived: Option<String>,
}

/// What a walk found.
#[derive(Debug)]
pub struct Walked {
    /// The pipeline at the end.
    pub pipeline: Pipeline,
    /// Derived entries held against the record.
    pub compared: u64,
    /// How many differed, in spans of this build.
    pub differing: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
    /// How many differed in spans of other builds, which is news and no fault.
    pub differing_in_older: u64,
    /// Positions whose entries could not be held against anything.
    pub unverifiable: Option<(u64, u64)>,
    /// Derived after the last record: what a crash cut off.
    pub tail: Vec<Derived>,
    /// All entries, recorded inputs and derived ones, numbered anew: only when asked for.
    pub entries: Vec<Entry>,
}

/// Which of the walked entries are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    Compared,
    OlderBuild,
    Blind,
}

/// A walk under way.
pub struct Walk<'a> {
    journal: &'a Journal,
    contents: &'a Shelf<'a>,
    reader: LogReader,
    start: Start,
    out: Output,
    found: VecDeque<Derived>,
    build: String,
    walked: Walked,
    position: Position,
    last_judged: u64,
    on_event: &'a mut dyn FnMut(Position, Timestamp, EventKind),
    keep_entries: Keep,
}

/// Whether a walk keeps all entries it passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Only what differs and what is left over.
    Findings,
    /// Every input and every derived entry, as a journal made anew would have them.
    Everything,
}

impl<'a> Walk<'a> {
    /// Prepares a walk. `on_event` is told every position passed.
    pub fn new(
        journal: &'a Journal,
        contents: &'a Shelf<'a>,
        reader: LogReader,
        start: Start,
        keep_entries: Keep,
        on_event: &'a mut dyn FnMut(Position, Timestamp, EventKind),
    ) -> Self {
        let empty = Pipeline::new(Constants::default(), [0; 32]);
        let position = start.pipeline.position();
        Self {
            journal,
            contents,
            reader,
            out: Output::default(),
            found: VecDeque::new(),
            build: BUILD.to_owned(),
            walked: Walked {
                pipeline: empty,
                compared: 0,
                differing: 0,
                differences: Vec::new(),
                differing_in_older: 0,
                unverifiable: None,
                tail: Vec::new(),
                entries: Vec::new(),
            },
            start,
            position,
            last_judged: 0,
            on_event,
            keep_entries,
        }
    }

    /// Walks to the end of the journal, then to the end of the log.
    ///
    /// # Errors
    /// [`EngineError`] if log or journal cannot be read.
    pub fn run(mut self) -> Result<Walked, EngineError> {
        self.look_back()?;
        self.ask_what_if(Timestamp::MIN);
        let mut seq = self.start.seq;
        loop {
            let chunk = self.journal.read(seq, ENTRIES_PER_READ)?;
            let Some(last) = chunk.last() else { break };
            seq = last.entry.seq;
            for recorded in &chunk {
                self.entry(recorded)?;
            }
        }
        self.advance(Position(u64::MAX))?;
        while self.found.front().is_some_and(|derived| derived.after.0 < self.last_judged) {
            self.differ_unrecorded(self.judged(u64::MAX));
        }
        for derived in &self.found {
            keep(&mut self.walked.entries, self.keep_entries, derived);
        }
        self.contents.finish()?;
        self.walked.tail = self.found.into();
        self.walked.pipeline = self.start.pipeline;
        Ok(self.walked)
    }

    /// Reads what the walk must know of the entries before its start.
    fn look_back(&mut self) -> Result<(), EngineError> {
        for recorded in self.journal.of_types(&["span_started"])? {
            if recorded.entry.seq <= self.start.seq {
                self.note(&recorded.entry);
            }
        }
        Ok(())
    }

    fn note(&mut self, entry: &Entry) {
        if let Body::SpanStarted { build, .. } = &entry.body {
            self.build.clone_from(build);
        }
    }

    fn entry(&mut self, recorded: &Recorded) -> Result<(), EngineError> {
        let entry = &recorded.entry;
        self.advance(Position(entry.after))?;
        match entry.body.class() {
            Class::Derived => self.judge(recorded),
            Class::Input => self.input(entry)?,
        }
        // Noted last: what an old build left over is judged as the old build's.
        self.note(entry);
        Ok(())
    }

    fn judged(&self, seq: u64) -> Judged {
        if seq <= self.start.blind_until {
            Judged::Blind
        } else if self.build == BUILD {
            Judged::Compared
        } else {
            Judged::OlderBuild
        }
    }

    /// Holds a recorded entry against the next one derived.
    fn judge(&mut self, recorded: &Recorded) {
        let entry = &recorded.entry;
        let judged = self.judged(entry.seq);
        if judged == Judged::Blind {
            self.blind(entry);
            return;
        }
        self.walked.compared += 1;
        self.last_judged = entry.after;
        // What was derived before the equal one has no place in the record.
        let equal = self.found.iter().position(|derived| is_equal(derived, recorded));
        let Some(equal) = equal else {
            let recorded = Some(text(&recorded.bytes));
            return self.differ(judged, Difference { after: entry.after, recorded, derived: None });
        };
        for _ in 0..equal {
            self.differ_unrecorded(judged);
        }
        if let Some(derived) = self.found.pop_front() {
            keep(&mut self.walked.entries, self.keep_entries, &derived);
        }
    }

    /// The next derived entry is not in the record.
    fn differ_unrecorded(&mut self, judged: Judged) {
        let Some(derived) = self.found.pop_front() else { return };
        keep(&mut self.walked.entries, self.keep_entries, &derived);
        let after = derived.after.0;
        let entry = Entry::new(0, derived.after, derived.at, derived.body);
        let derived = Some(text(&entry.to_bytes()));
        self.differ(judged, Difference { after, recorded: None, derived });
    }

    /// Takes a recorded entry as it stands.
    fn blind(&mut self, entry: &Entry) {
        let (first, last) = match &entry.body {
            Body::LogSealed { first, last, .. } => (*first, *last),
            _ => (entry.after, entry.after),
        };
        let span = self.walked.unverifiable.get_or_insert((first, last));
        *span = (span.0.min(first).max(1), span.1.max(last));
        self.found.clear();
    }

    fn differ(&mut self, judged: Judged, difference: Difference) {
        match judged {
            Judged::OlderBuild => self.walked.differing_in_older += 1,
            Judged::Blind => {}
            Judged::Compared => {
                self.walked.differing += 1;
                if self.walked.differences.len() < DIFFERENCES_SHOWN_MAX {
                    self.walked.differences.push(difference);
                }
            }
        }
    }

    fn input(&mut self, entry: &Entry) -> Result<(), EngineError> {
        // Whatever was derived before an input must have been recorded before it.
        let judged = self.judged(entry.seq);
        while !self.found.is_empty() {
            self.differ_unrecorded(judged);
        }
        if self.keep_entries == Keep::Everything {
            let seq = self.walked.entries.len() as u64 + 1;
            self.walked.entries.push(Entry { seq, ..entry.clone() });
        }
        if let Body::SpanStarted { reason, .. } = &entry.body
            && *reason != SpanReason::FolderMade
        {
            adopt(&mut self.start.pipeline, self.journal, entry.seq, self.contents)?;
        }
        self.start.pipeline.input(&entry.body, entry.at, self.contents, &mut self.out);
        if let Body::KnowledgeActivated { .. } = &entry.body {
            self.ask_what_if(entry.at);
        }
        self.collect();
        Ok(())
    }

    /// Puts other constants in place of the recorded ones, where a what-if asks for it.
    fn ask_what_if(&mut self, at: Timestamp) {
        if self.start.what_if.is_empty() {
            return;
        }
        let body = Body::KnowledgeActivated {
            name: "constants".into(),
            version: 0,
            added: self.start.what_if.iter().cloned().collect(),
            withdrawn: Vec::new(),
            hash: String::new(),
        };
        self.start.pipeline.input(&body, at, self.contents, &mut self.out);
    }

    /// Applies the log's events up to a position.
    fn advance(&mut self, until: Position) -> Result<(), EngineError> {
        while self.position < until {
            let chunk = self.reader.chunk(self.position, until, EVENTS_PER_READ)?;
            let Some(last) = chunk.last() else { break };
            self.position = last.placed.position;
            for stored in &chunk {
                apply(&mut self.start.pipeline, stored, &mut self.out)?;
                (self.on_event)(stored.placed.position, stored.at, stored.kind);
                self.collect();
            }
        }
        Ok(())
    }

    fn collect(&mut self) {
        self.out.signals.clear();
        self.found.extend(self.out.entries.drain(..));
    }
}

/// Has a pipeline take what the journal tells before an entry as it stands.
pub(super) fn adopt(
    pipeline: &mut Pipeline,
    journal: &Journal,
    before: u64,
    contents: &Shelf<'_>,
) -> Result<(), EngineError> {
    let types: Vec<&str> = WAVES.into_iter().chain(Judge::RECORD).collect();
    let recorded = journal.of_types(&types)?.into_iter().map(|recorded| recorded.entry);
    let recorded: Vec<(Body, Timestamp)> = recorded
        .take_while(|entry| entry.seq < before)
        .map(|entry| (entry.body, entry.at))
        .collect();
    pipeline.adopt(&recorded, contents);
    contents.finish()
}

/// Whether a derived entry is the recorded one, byte for byte.
fn is_equal(derived: &Derived, recorded: &Recorded) -> bool {
    let entry = &recorded.entry;
    derived.after.0 == entry.after
        && derived.body == entry.body
        && Entry::new(entry.seq, derived.after, derived.at, derived.body.clone()).to_bytes()
            == recorded.bytes
}

/// An entry's bytes for people.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(DIFFERENCE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

fn keep(entries: &mut Vec<Entry>, wanted: Keep, derived: &Derived) {
    if wanted == Keep::Everything {
        let seq = entries.len() as u64 + 1;
        entries.push(Entry::new(seq, derived.after, derived.at, derived.body.clone()));
    }
}

/// Gives one stored event to the pipeline.
fn apply(pipeline: &mut Pipeline, stored: &Stored, out: &mut Output) -> Result<(), EngineError> {
    let placed = &stored.placed;
    match &stored.content {
        Content::Erased => {
            pipeline.pass(placed.position, placed.received_at, placed.commitment, out);
        }
        Content::Bytes(bytes) => {
            let event = seawall_event::reopen(bytes).map_err(|source| EngineError::Unreadable {
                position: placed.position.0,
                source,
            })?;
            let accepted = Accepted {
                position: placed.position,
                received_at: placed.received_at,
                account: placed.account,
                other: placed.other,
                commitment: placed.commitment,
                event: &event,
            };
            pipeline.apply(&accepted, out);
        }
    }
    Ok(())
}
