//! `seawall replay`: everything derived again, and held against the journal.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use seawall_model::journal::Class;
use seawall_pipeline::{BUILD, Constants, Pipeline};
use seawall_store::{Access, Entries, Folder, Journal, KnowledgeBase, snapshot};

use super::args::{Global, Replay};
use super::{Ended, settings, show, unless_gone};
use crate::chance;
use crate::engine::walk::{Keep, Start, Walk, Walked};
use crate::engine::{EngineError, History, Shelf};

pub(super) fn run(global: &Global, given: &Replay) -> anyhow::Result<Ended> {
    let settings = settings(global)?;
    let mut constants = Constants::default();
    for (name, value) in &given.set {
        constants.set(name, *value).with_context(|| format!("cannot set {name}"))?;
    }
    let mut chance = chance::source(settings.test_seed);
    let folder = Folder::open(&global.dir, Access::Read, &mut *chance)?;
    let journal = folder.journal(Access::Read)?;
    let compared = compared(&journal)?;
    let walked = match &given.into {
        None => verify(&folder, &journal, &given.set)?,
        Some(into) => again(&folder, &journal, &given.set, into)?,
    };
    unless_gone(tell(&walked, compared, given))?;
    let is_fine = compared == Compared::Nothing || walked.differing == 0;
    Ok(if is_fine { Ended::Fine } else { Ended::Findings })
}

/// What a replay can be held against.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compared {
    /// The derived entries of the journal.
    Record,
    /// Nothing: a copy without derived entries can be replayed to make them.
    Nothing,
}

fn compared(journal: &Journal) -> anyhow::Result<Compared> {
    let names = ["log_sealed", "hour_counted", "wave_opened"];
    let is_empty = journal.of_types(&names)?.is_empty();
    Ok(if is_empty { Compared::Nothing } else { Compared::Record })
}

/// Replays a folder in place, from where its content is still whole.
///
/// # Errors
/// [`EngineError`] if log or journal cannot be read.
pub(super) fn verify(
    folder: &Folder,
    journal: &Journal,
    what_if: &[(String, i64)],
) -> Result<Walked, EngineError> {
    let history = History::read(journal)?;
    let key = folder.keys().trace_key();
    let base = if history.blind_until > 0 {
        snapshot::base(&folder.snapshots(), BUILD)?.filter(|base| base.seq >= history.blind_until)
    } else {
        None
    };
    let knowledge = knowledge(folder)?;
    let contents = Shelf::new(&knowledge);
    let restored = base
        .and_then(|base| Some((Pipeline::restore(&base.state, key, &contents).ok()?, base.seq)));
    let mut before = None;
    let start = match restored {
        Some((pipeline, seq)) => {
            let last = pipeline.position().0;
            before = (last > 0).then_some((1, last));
            Start { pipeline, seq, blind_until: seq, what_if: what_if.to_vec() }
        }
        None => Start {
            pipeline: Pipeline::new(Constants::default(), key),
            seq: 0,
            blind_until: history.blind_for_rebuild(),
            what_if: what_if.to_vec(),
        },
    };
    let mut ignore = |_, _, _| {};
    let reader = folder.log_reader()?;
    let walk = Walk::new(journal, &contents, reader, start, Keep::Findings, &mut ignore);
    let mut walked = walk.run()?;
    if before.is_some() {
        walked.unverifiable = before;
    }
    Ok(walked)
}

/// The knowledge of a folder; a folder of before there was any has none to read.
fn knowledge(folder: &Folder) -> Result<KnowledgeBase, seawall_store::Error> {
    let is_there = folder.path().join("knowledge.db").exists();
    folder.knowledge(if is_there { Access::Read } else { Access::Write })
}

/// Makes the whole journal and the tables again in an empty folder.
fn again(
    folder: &Folder,
    journal: &Journal,
    what_if: &[(String, i64)],
    into: &Path,
) -> anyhow::Result<Walked> {
    let history = History::read(journal)?;
    anyhow::ensure!(
        history.blind_until == 0,
        "content was erased from this folder, so its whole journal cannot be made again; \
         `seawall replay` without --into verifies what is left"
    );
    std::fs::create_dir_all(into).with_context(|| format!("cannot make {}", into.display()))?;
    let is_empty = std::fs::read_dir(into)?.next().is_none();
    anyhow::ensure!(is_empty, "{} is not empty; name a new folder", into.display());
    let (mut made, mut tables) = seawall_store::journal_and_tables(into)?;
    let mut fold = |position, at, kind| tables.fold(position, at, kind);
    let start = Start {
        pipeline: Pipeline::new(Constants::default(), folder.keys().trace_key()),
        seq: 0,
        blind_until: 0,
        what_if: what_if.to_vec(),
    };
    let knowledge = knowledge(folder)?;
    let contents = Shelf::new(&knowledge);
    let reader = folder.log_reader()?;
    let walk = Walk::new(journal, &contents, reader, start, Keep::Everything, &mut fold);
    let walked = walk.run()?;
    tables.flush()?;
    made.append(&walked.entries)?;
    say!("journal: head {}, recorded {}", head(&made), head(journal))?;
    Ok(walked)
}

/// The last link of a journal's chain: equal heads are equal journals, byte for byte.
fn head(journal: &Journal) -> String {
    let (_, hash) = journal.head();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tell(walked: &Walked, compared: Compared, given: &Replay) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let last = walked.pipeline.position().0;
    writeln!(out, "replayed to position {}", show::count(last))?;
    if let Some((first, last)) = walked.unverifiable {
        writeln!(
            out,
            "positions {first} to {last} are unverifiable: content was erased or dropped; \
             what was recorded there is taken as it stands"
        )?;
    }
    if let Some(into) = &given.into {
        let derived = walked.entries.iter().filter(|e| e.body.class() == Class::Derived).count();
        writeln!(
            out,
            "made {} ({derived} derived) in {}",
            show::counted(walked.entries.len() as u64, "journal entry", "journal entries"),
            into.display()
        )?;
        writeln!(out, "it holds journal and tables to compare, and no events to work on")?;
    }
    if compared == Compared::Nothing {
        writeln!(out, "this journal holds no derived entries: there was nothing to compare")?;
        return Ok(());
    }
    writeln!(
        out,
        "compared {}, {} differing",
        show::counted(walked.compared, "derived entry", "derived entries"),
        show::count(walked.differing)
    )?;
    if walked.differing_in_older > 0 {
        writeln!(
            out,
            "{} of spans that other builds derived would be different today",
            show::counted(walked.differing_in_older, "entry", "entries")
        )?;
    }
    if !walked.tail.is_empty() {
        writeln!(
            out,
            "{} not journaled yet",
            show::counted(walked.tail.len() as u64, "entry", "entries")
        )?;
    }
    for difference in &walked.differences {
        writeln!(out, "after position {}:", difference.after)?;
        writeln!(out, "  recorded {}", difference.recorded.as_deref().unwrap_or("nothing"))?;
        writeln!(out, "  derived  {}", difference.derived.as_deref().unwrap_or("nothing"))?;
    }
    Ok(())
}
