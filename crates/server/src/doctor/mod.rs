//! The doctor: looks for damage in a data folder and says what to do about it.
//!
//! It reads and never mends: what can be made again is made again by the next start,
//! and what cannot needs a person and a backup. Left out: whom it tells.

mod delivery;
mod media;
mod people;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use seawall_model::journal::Entry;
use seawall_model::{AccountId, Position, Timestamp};
use seawall_pipeline::BUILD;
use seawall_store::{
    Access, Check, Content, Entries, Error, Folder, TABLES_REMEDY, check_file, snapshot,
};

use crate::chance;
use crate::engine::History;
use crate::show;

/// Seconds a clock may be ahead of the last arrival before it is suspicious: a year.
const AHEAD_SECONDS_MAX: i64 = 366 * 86_400;
/// No clock can be right before this: when this version was written.
const EARLIEST: &str = "2026-11-01T00:00:00Z";
/// Events read from the log at once.
const EVENTS_PER_READ: u32 = 2_000;
/// Bytes in a MiB.
const MIB: u64 = 1 << 20;

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// All is well.
    Sound(String),
    /// Worth knowing; nothing is to be done.
    Note(String),
    /// Something is wrong.
    Damage {
        /// What.
        what: String,
        /// What to do about it.
        remedy: &'static str,
    },
}

/// How much of a folder is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// All but the events of the log.
    Quick,
    /// All of it.
    Whole,
}

/// What the doctor looks at, and by which measure.
#[derive(Clone, Debug)]
pub struct Look {
    /// The data folder.
    pub dir: PathBuf,
    /// How much of it is read.
    pub reading: Reading,
    /// MiB that must be free on its disk at least.
    pub free_mib_min: u64,
    /// The time.
    pub now: Timestamp,
    /// The seed of a test; `None` for chance.
    pub test_seed: Option<u64>,
}

/// Tells what was found of a subject, as it goes.
type Tell<'a> = &'a mut dyn FnMut(&str, Found) -> std::io::Result<()>;

const RESTORE: &str = "stop seawall, keep this folder aside, and restore the newest backup: \
                       seawall restore BACKUP --dir NEW-FOLDER";
const NEWER: &str = "open it with a newer seawall; nothing is damaged";

/// Looks a data folder over, and tells what it finds.
///
/// # Errors
/// If there is no such folder, it is another account's, or what is found cannot be told.
///
/// Cost: journal and databases are read once; [`Reading::Whole`] opens every event too.
pub fn look(given: &Look, tell: Tell<'_>) -> anyhow::Result<()> {
    let dir = &given.dir;
    if !dir.is_dir() {
        return Err(Error::NoFolder(dir.clone()).into());
    }
    use rustix::fs::Access as May;
    if rustix::fs::access(dir, May::READ_OK | May::WRITE_OK | May::EXEC_OK).is_err() {
        // Else every file would be called damaged that only cannot be opened.
        return Err(Error::NotMine(dir.clone()).into());
    }
    let folder = Folder::open(dir, Access::Read, &mut *chance::source(given.test_seed));
    if let Err(error @ Error::MadeByReplay(_)) = folder {
        // All that it lacks it was made without.
        return Err(error.into());
    }
    tell("disk", disk(dir, given.free_mib_min))?;
    for path in databases(dir)? {
        let name = path.strip_prefix(dir).unwrap_or(&path).display().to_string();
        tell(&name, database(&path))?;
    }
    match folder {
        Err(error) => tell("key", damage(&error, RESTORE))?,
        Ok(folder) => {
            tell("key", Found::Sound("readable".into()))?;
            inside(&folder, given, tell)?;
        }
    }
    Ok(())
}

fn inside(folder: &Folder, given: &Look, tell: Tell<'_>) -> std::io::Result<()> {
    tell("journal", journal(folder))?;
    // Read before the log, which is always ahead of it.
    let newest = newest(folder);
    let told = newest.as_ref().map_or(0, |entry| entry.after);
    tell("clock", clock(given.now, newest.map(|entry| entry.at)))?;
    tell("snapshots", snapshots(folder))?;
    tell("rejects", rejects(folder))?;
    tell("delivery", delivery::standing(folder))?;
    tell("media", media::files(folder))?;
    tell("decoding", media::decoding())?;
    tell("knowledge", people::knowledge(folder))?;
    tell("signatures", people::signatures(folder))?;
    match given.reading {
        Reading::Whole => tell("log", log(folder, told)),
        Reading::Quick => {
            let how = "not read: `seawall doctor` without --quick reads every event";
            tell("log", Found::Note(how.into()))
        }
    }
}

fn damage(error: &Error, remedy: &'static str) -> Found {
    let remedy = if matches!(error, Error::NewerSchema { .. }) { NEWER } else { remedy };
    let mut what = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        what = format!("{what}: {error}");
        cause = error.source();
    }
    Found::Damage { what, remedy }
}

fn disk(dir: &Path, least: u64) -> Found {
    match rustix::fs::statvfs(dir) {
        Err(error) => Found::Note(format!("free space not known: {error}")),
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize) / MIB;
            if free < least {
                Found::Damage {
                    what: format!("{free} MiB free, less than {least}"),
                    remedy: "make room, or move the folder to a larger disk; nothing is lost \
                             when it is full, but nothing more is taken in",
                }
            } else {
                Found::Sound(format!("{} MiB free", show::count(free)))
            }
        }
    }
}

fn databases(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> =
        ["accounts.db", "journal.db", "tables.db", "rejects.db"].map(|name| dir.join(name)).into();
    // Folders of before there was any knowledge have none.
    found.extend(
        ["knowledge.db", "people.db", "outbox.db", "media.db"]
            .map(|name| dir.join(name))
            .into_iter()
            .filter(|path| path.exists()),
    );
    if let Ok(entries) = std::fs::read_dir(dir.join("log")) {
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "db") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn database(path: &Path) -> Found {
    let is_tables = path.file_name().is_some_and(|name| name == "tables.db");
    let remedy = if is_tables { TABLES_REMEDY } else { RESTORE };
    if !path.exists() {
        let remedy = if is_tables { "nothing: the next import makes it again" } else { RESTORE };
        return Found::Damage { what: "missing".into(), remedy };
    }
    match check_file(path) {
        Ok(Check::Sound) => Found::Sound("whole".into()),
        Ok(Check::Damaged(lines)) => {
            let first = lines.into_iter().next().unwrap_or_default();
            Found::Damage { what: format!("damaged: {}", first.replace('\n', " ")), remedy }
        }
        Ok(Check::Newer { found, known }) => {
            let what = format!("has schema version {found}, this seawall knows {known}");
            Found::Damage { what, remedy: NEWER }
        }
        Err(error) => damage(&error, remedy),
    }
}

fn journal(folder: &Folder) -> Found {
    let checked = folder.journal(Access::Read).and_then(|journal| {
        let entries = journal.verify()?;
        Ok((entries, journal.head().0, History::read(&journal).ok()))
    });
    match checked {
        Err(error) => damage(&error, RESTORE),
        Ok((entries, _, history)) => {
            let other = history.filter(|history| history.build != BUILD);
            let note = other.map_or(String::new(), |history| {
                format!("; derived by build {}, the next start begins a new span", history.build)
            });
            Found::Sound(format!(
                "chain of {} holds{note}",
                show::counted(entries, "entry", "entries")
            ))
        }
    }
}

/// The newest entry of the journal.
fn newest(folder: &Folder) -> Option<Entry> {
    let journal = folder.journal(Access::Read).ok()?;
    let (seq, _) = journal.head();
    Some(journal.read(seq.saturating_sub(1), 1).ok()?.pop()?.entry)
}

fn clock(now: Timestamp, newest: Option<Timestamp>) -> Found {
    let remedy = "set the machine's clock (timedatectl set-ntp true), then run doctor again";
    let earliest = Timestamp::parse(EARLIEST).unwrap_or_default();
    if now < earliest {
        let what = format!("it says {now}, before this program was written");
        return Found::Damage { what, remedy };
    }
    let Some(newest) = newest else { return Found::Sound(now.to_string()) };
    if now < newest {
        let behind = show::count(newest.seconds_since(now).unsigned_abs());
        let what = format!("it says {now}, {behind} seconds before the newest journal entry");
        return Found::Damage { what, remedy };
    }
    if now.seconds_since(newest) > AHEAD_SECONDS_MAX {
        let what = format!("it says {now}, more than a year after the newest entry, {newest}");
        return Found::Damage { what, remedy };
    }
    Found::Sound(now.to_string())
}

fn snapshots(folder: &Folder) -> Found {
    let remedy = "nothing: the next start does not use it and makes the state again";
    let files = match snapshot::list(&folder.snapshots()) {
        Ok(files) => files,
        Err(error) => return damage(&error, remedy),
    };
    let base = folder.snapshots().join(snapshot::BASE);
    let base = base.exists().then_some(base);
    let files: Vec<PathBuf> = files.into_iter().map(|(_, path)| path).chain(base).collect();
    for path in &files {
        match snapshot::is_whole(path) {
            Ok(true) => {}
            Ok(false) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                return Found::Damage { what: format!("{name} is damaged"), remedy };
            }
            Err(error) => return damage(&error, remedy),
        }
    }
    Found::Sound(format!("{} whole", files.len()))
}

fn rejects(folder: &Folder) -> Found {
    match folder.rejects(Access::Read) {
        Ok(rejects) => Found::Sound(format!("{} kept", show::count(rejects.count()))),
        Err(error) => damage(&error, RESTORE),
    }
}

/// Opens every event and computes its commitment again. `told` is the last position that
/// the journal tells of.
fn log(folder: &Folder, told: u64) -> Found {
    match read_log(folder, told) {
        Ok(Ok((events, erased))) => Found::Sound(format!(
            "{} as written, {} erased",
            show::counted(events, "event", "events"),
            show::count(erased)
        )),
        Ok(Err(what)) => Found::Damage { what, remedy: RESTORE },
        Err(error) => damage(&error, RESTORE),
    }
}

/// Events and how many of them are erased, or what is missing.
fn read_log(folder: &Folder, told: u64) -> Result<Result<(u64, u64), String>, Error> {
    let gone = || -> Result<BTreeSet<AccountId>, Error> {
        Ok(folder.accounts()?.erased()?.iter().map(|request| request.account).collect())
    };
    let mut known = gone()?;
    let mut reader = folder.log_reader()?.verifying();
    let (mut events, mut erased) = (0, 0);
    let mut after = Position::START;
    loop {
        let chunk = reader.chunk(after, Position(u64::MAX), EVENTS_PER_READ)?;
        if chunk.is_empty() {
            break;
        }
        for stored in &chunk {
            let position = stored.placed.position;
            // Before the first one, whole files may have been dropped.
            if events > 0 && position != after.next() {
                return Ok(Err(format!("after position {after} the next one is {position}")));
            }
            (after, events) = (position, events + 1);
            if stored.content == Content::Erased {
                let owner = stored.placed.account.or(stored.placed.other);
                if !owner.is_some_and(|owner| known.contains(&owner)) {
                    // It may have been erased since this began.
                    known = gone()?;
                }
                if !owner.is_some_and(|owner| known.contains(&owner)) {
                    let what = "has no key, and its account was not erased";
                    return Ok(Err(format!("the event at position {position} {what}")));
                }
                erased += 1;
            }
        }
    }
    if after.max(last_by_name(folder)).0 < told {
        let what = format!("it ends at position {after}, but the journal tells of {told}");
        return Ok(Err(what));
    }
    Ok(Ok((events, erased)))
}

/// Where the log stands by the name of its newest file, which may still be empty.
fn last_by_name(folder: &Folder) -> Position {
    let names = std::fs::read_dir(folder.path().join("log")).into_iter().flatten().flatten();
    let first = |entry: std::fs::DirEntry| entry.path().file_stem()?.to_str()?.parse().ok();
    Position(names.filter_map(first).max().map_or(0, |first: u64| first.saturating_sub(1)))
}
