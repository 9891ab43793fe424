//! Opening a data folder for writing: what a crash cut off is made again here.

use std::path::Path;

use seawall_model::journal::{Body, SpanReason};
use seawall_model::{Position, Timestamp};
use seawall_pipeline::{BUILD, Constants, Output, Pipeline};
use seawall_store::snapshot::{self, Snapshot};
use seawall_store::{
    Access, Entries, EventLog, Events, Folder, Journal, KnowledgeBase, LogLimits, Rejects, Tables,
};

use super::told::Spans;
use super::walk::{Keep, Start, Walk, Walked, adopt};
use super::{Derivation, EngineError, Shelf};
use crate::chance;
use crate::clock::Clock;
use crate::config::Config;
use crate::media::Marks;

/// Events read from the log at once when tables are folded.
const EVENTS_PER_READ: u32 = 2_000;
/// Entries of the journal whose chain every start verifies: the newest, since older ones
/// were among them at earlier starts. So many take 0.3 seconds; more finds older damage and
/// makes a start slower. `doctor` verifies all of them.
const ENTRIES_VERIFIED: u64 = 100_000;

/// How a run is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The configuration.
    pub config: Config,
    /// The clock.
    pub clock: Clock,
    /// The seed of a test; `None` for chance.
    pub test_seed: Option<u64>,
}

/// A data folder, open for writing.
pub struct Opened {
    /// The folder; its lock is held as long as this lives.
    pub folder: Folder,
    /// The event log.
    pub log: EventLog,
    /// Pipeline, journal and tables.
    pub derivation: Derivation,
    /// Refused inputs.
    pub rejects: Rejects,
    /// What was repaired, in words.
    pub repaired: Vec<String>,
}

/// Opens a data folder, makes it where there is none, and makes again what is missing.
///
/// # Errors
/// [`EngineError`]: the folder is in use, damaged, or of a newer version.
pub fn open(path: &Path, settings: &Settings) -> Result<Opened, EngineError> {
    let mut chance = chance::source(settings.test_seed);
    let folder = Folder::open(path, Access::Write, &mut *chance)?;
    let limits = LogLimits { segment_events_max: settings.config.log.segment_events_max };
    let log = folder.event_log(limits, chance)?;
    let rejects = folder.rejects(Access::Write)?;
    let last = log.last().0;
    let is_begun = path.join("journal.db").exists();
    let journal = if is_begun || last == Position::START {
        folder.journal(Access::Write)?
    } else {
        return Err(EngineError::NoJournal { last: last.0 });
    };
    let tables = folder.tables(Access::Write)?;
    let mut repaired = Vec::new();
    let mut media = folder.media(Access::Write)?;
    let swept = media.sweep()?;
    if swept > 0 {
        repaired.push(format!("{swept} files of media removed that never came in whole"));
    }
    let marks = Marks::read(&media, folder.shared_keys())?;
    let recovery = Recovery { folder: &folder, log: &log, settings, marks };
    let knowledge = folder.knowledge(Access::Write)?;
    let mut derivation = recovery.run(journal, tables, knowledge, &mut repaired)?;
    derivation.settle_knowledge(&folder, settings, &mut repaired)?;
    derivation.settle_marks(&mut media, settings.clock.now(), &mut repaired)?;
    Ok(Opened { folder, log, derivation, rejects, repaired })
}

/// Why a new span begins, in words.
const OTHER_BUILD: &str = "another build of seawall: a new span begins";
const REBUILT: &str = "the state was built again across erased content";

/// A state that was made again, and the span that begins with it, if one does.
struct Restored {
    walked: Walked,
    history: History,
    new_span: Option<(SpanReason, &'static str)>,
}

struct Recovery<'a> {
    folder: &'a Folder,
    log: &'a EventLog,
    settings: &'a Settings,
    marks: Marks,
}

impl Recovery<'_> {
    fn run(
        &self,
        journal: Journal,
        mut tables: Tables,
        knowledge: KnowledgeBase,
        repaired: &mut Vec<String>,
    ) -> Result<Derivation, EngineError> {
        if journal.head().0 == 0 {
            // It is begun before the log takes its first event, so this is no crash.
            return match self.log.last().0 {
                Position::START => self.begin(journal, tables, knowledge),
                last => Err(EngineError::NoJournal { last: last.0 }),
            };
        }
        // The chain is verified while the state is restored: a fifth of a start.
        let chain = self.folder.journal(Access::Read)?;
        let restored = std::thread::scope(|scope| {
            let verifying = scope.spawn(move || chain.verify_newest(ENTRIES_VERIFIED));
            let restored = self.restore(&journal, &mut tables, &knowledge, repaired);
            // A broken chain comes first: what follows from it is neither told nor recorded.
            verifying.join().map_err(|_| EngineError::Stopped)??;
            restored
        })?;
        let Restored { walked, history, new_span } = restored;
        let mut derivation = self.derivation(journal, tables, knowledge, walked, repaired)?;
        if let Some((reason, words)) = new_span {
            derivation.begin_span(reason, self.settings.clock.now())?;
            repaired.push(words.into());
        }
        self.keep_base(&derivation, &history)?;
        Ok(derivation)
    }

    /// Restores the state, and derives again what came after it.
    fn restore(
        &self,
        journal: &Journal,
        tables: &mut Tables,
        knowledge: &KnowledgeBase,
        repaired: &mut Vec<String>,
    ) -> Result<Restored, EngineError> {
        let told = journal.read(journal.head().0 - 1, 1)?.first().map_or(0, |r| r.entry.after);
        if self.log.last().0.0 < told {
            return Err(EngineError::LogLost { told, last: self.log.last().0.0 });
        }
        let history = History::read(journal)?;
        let found = self.snapshot(journal, repaired)?;
        let is_same_build = history.build == BUILD;
        let lost_state = found.is_none() && history.blind_until > 0 && !history.restarted;
        let contents = Shelf::new(knowledge);
        let found = found.filter(|_| is_same_build);
        let start = knowledge.in_one_step(|| self.start(found, &history, &contents))?;
        let from_start = start.seq == 0;
        self.fold_tables(tables, start.pipeline.position())?;
        let reader = self.folder.log_reader()?;
        let mut fold = |position, at, kind| tables.fold(position, at, kind);
        let walk = Walk::new(journal, &contents, reader, start, Keep::Findings, &mut fold);
        let walked = walk.run()?;
        if let Some(first) = walked.differences.first().filter(|_| !lost_state) {
            return Err(EngineError::Disagree { seq: first.after });
        }
        let new_span = match (is_same_build, lost_state && from_start) {
            (false, _) => Some((SpanReason::BuildChanged, OTHER_BUILD)),
            (true, true) => Some((SpanReason::StateRebuilt, REBUILT)),
            (true, false) => None,
        };
        Ok(Restored { walked, history, new_span })
    }

    /// The first entries of a new data folder.
    fn begin(
        &self,
        journal: Journal,
        tables: Tables,
        knowledge: KnowledgeBase,
    ) -> Result<Derivation, EngineError> {
        let values = Constants::default();
        let pipeline = Pipeline::new(values.clone(), self.folder.keys().trace_key());
        let now = self.settings.clock.now();
        let mut derivation = self.made(pipeline, journal, tables, knowledge)?;
        // Both in one step: the journal is begun whole or not at all.
        let span = Body::SpanStarted { build: self.build_name(), reason: SpanReason::FolderMade };
        let constants = Body::KnowledgeActivated {
            name: "constants".into(),
            version: 1,
            added: values.values(),
            withdrawn: Vec::new(),
            hash: values.hash(),
        };
        derivation.inputs(vec![span, constants], now)?;
        Ok(derivation)
    }

    fn build_name(&self) -> String {
        BUILD.to_owned()
    }

    fn made(
        &self,
        pipeline: Pipeline,
        journal: Journal,
        tables: Tables,
        knowledge: KnowledgeBase,
    ) -> Result<Derivation, EngineError> {
        Ok(Derivation {
            spans: Spans::read(&journal)?,
            last_snapshot: pipeline.position(),
            pipeline,
            journal,
            tables,
            knowledge,
            marks: self.marks.clone(),
            snapshots: self.folder.snapshots(),
            snapshot_every: self.settings.config.snapshots.every_events,
            out: Output::default(),
        })
    }

    fn derivation(
        &self,
        journal: Journal,
        tables: Tables,
        knowledge: KnowledgeBase,
        walked: Walked,
        repaired: &mut Vec<String>,
    ) -> Result<Derivation, EngineError> {
        let mut derivation = self.made(walked.pipeline, journal, tables, knowledge)?;
        if !walked.tail.is_empty() {
            repaired.push(format!("{} journal entries made again", walked.tail.len()));
            derivation.out.entries = walked.tail;
            derivation.record(&[])?;
        }
        Ok(derivation)
    }

    /// The newest snapshot that is whole, of this build, and not ahead of log and journal.
    fn snapshot(
        &self,
        journal: &Journal,
        repaired: &mut Vec<String>,
    ) -> Result<Option<Snapshot>, EngineError> {
        let (found, unusable) = snapshot::newest(&self.folder.snapshots(), BUILD)?;
        for unusable in unusable {
            snapshot::set_aside(&unusable)?;
            let name = unusable.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            repaired.push(format!("snapshot {name} not used: {}", unusable.why));
        }
        let (last, _) = self.log.last();
        let fits = |s: &Snapshot| s.position <= last && s.seq <= journal.head().0;
        Ok(found.filter(fits))
    }

    fn start(&self, found: Option<Snapshot>, history: &History, contents: &Shelf<'_>) -> Start {
        let key = self.folder.keys().trace_key();
        let restored = found.and_then(|snapshot| {
            Some((Pipeline::restore(&snapshot.state, key, contents).ok()?, snapshot.seq))
        });
        match restored {
            Some((pipeline, seq)) => {
                Start { pipeline, seq, blind_until: history.blind_until.min(seq), what_if: vec![] }
            }
            None => Start {
                pipeline: Pipeline::new(Constants::default(), key),
                seq: 0,
                blind_until: history.blind_for_rebuild(),
                what_if: vec![],
            },
        }
    }

    /// Folds what the tables missed before the place where the walk begins.
    fn fold_tables(&self, tables: &mut Tables, until: Position) -> Result<(), EngineError> {
        let mut reader = self.folder.log_reader()?;
        while tables.reached() < until {
            let chunk = reader.chunk(tables.reached(), until, EVENTS_PER_READ)?;
            if chunk.is_empty() {
                break;
            }
            for stored in chunk {
                tables.fold(stored.placed.position, stored.at, stored.kind);
            }
            tables.flush()?;
        }
        Ok(())
    }

    /// Once content was erased, replay begins at a snapshot that is kept for it.
    fn keep_base(&self, derivation: &Derivation, history: &History) -> Result<(), EngineError> {
        let folder = self.folder.snapshots();
        if history.blind_until == 0 {
            return Ok(());
        }
        let base = snapshot::base(&folder, BUILD)?;
        if base.is_none_or(|base| base.seq < history.blind_until) {
            snapshot::write_base(&folder, &derivation.state())?;
        }
        Ok(())
    }
}

impl Derivation {
    fn begin_span(&mut self, reason: SpanReason, now: Timestamp) -> Result<(), EngineError> {
        let contents = Shelf::new(&self.knowledge);
        adopt(&mut self.pipeline, &self.journal, u64::MAX, &contents)?;
        self.input(Body::SpanStarted { build: BUILD.to_owned(), reason }, now)
    }
}

/// What the journal says of builds and erasures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The build of the current span.
    pub build: String,
    /// The last entry that took content away; 0 if none did.
    pub blind_until: u64,
    /// The entry that began the current span.
    pub span_seq: u64,
    /// Whether a span began after content was taken away for the last time.
    pub restarted: bool,
}

impl History {
    /// Reads it.
    ///
    /// # Errors
    /// [`EngineError`] if the journal cannot be read.
    pub fn read(journal: &Journal) -> Result<Self, EngineError> {
        let mut history = Self::default();
        for recorded in journal.of_types(&["span_started", "erased", "log_dropped"])? {
            let seq = recorded.entry.seq;
            match recorded.entry.body {
                Body::SpanStarted { build, .. } => {
                    history.build = build;
                    history.span_seq = seq;
                    history.restarted = true;
                }
                _ => {
                    history.blind_until = seq;
                    history.restarted = false;
                }
            }
        }
        Ok(history)
    }

    /// Up to which entry nothing can be judged when the state is built from position 1.
    #[must_use]
    pub fn blind_for_rebuild(&self) -> u64 {
        match (self.blind_until, self.restarted) {
            (0, _) => 0,
            (_, true) => self.span_seq,
            (_, false) => u64::MAX,
        }
    }
}
