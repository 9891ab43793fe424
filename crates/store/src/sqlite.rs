//! Opening SQLite files the one way this product does: durable, checked, forward only.

use std::path::{Path, PathBuf};
use std::time::Duration;

use refinery::{Runner, Target};
use rusqlite::{Connection, OpenFlags};

use crate::Error;

/// Milliseconds to wait for another connection's lock before giving up.
const BUSY_WAIT_MS: u64 = 10_000;
/// Pages of write-ahead log after which SQLite checkpoints by itself.
const WAL_PAGES: u32 = 16_000;

/// How often a checkpoint is tried while somebody else makes one, and how long apart.
const CHECKPOINT_TRIES: u32 = 100;
const CHECKPOINT_PAUSE: Duration = Duration::from_millis(20);

macro_rules! migrations {
    ($module:ident, $folder:literal) => {
        mod $module {
            refinery::embed_migrations!($folder);
        }
    };
}
migrations!(accounts, "migrations/accounts");
migrations!(log, "migrations/log");
migrations!(journal, "migrations/journal");
migrations!(tables, "migrations/tables");
migrations!(rejects, "migrations/rejects");
migrations!(knowledge, "migrations/knowledge");
migrations!(people, "migrations/people");
migrations!(requests, "migrations/requests");
migrations!(outbox, "migrations/outbox");
migrations!(media, "migrations/media");

/// The kinds of database file, each with its own schema and its own care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Accounts,
    Log,
    Journal,
    Tables,
    Rejects,
    Knowledge,
    People,
    Requests,
    Outbox,
    Media,
}

impl Kind {
    fn runner(self) -> Runner {
        match self {
            Self::Accounts => accounts::migrations::runner(),
            Self::Log => log::migrations::runner(),
            Self::Journal => journal::migrations::runner(),
            Self::Tables => tables::migrations::runner(),
            Self::Rejects => rejects::migrations::runner(),
            Self::Knowledge => knowledge::migrations::runner(),
            Self::People => people::migrations::runner(),
            Self::Requests => requests::migrations::runner(),
            Self::Outbox => outbox::migrations::runner(),
            Self::Media => media::migrations::runner(),
        }
    }

    /// Whether deleting from it must leave nothing behind.
    fn erases(self) -> &'static str {
        match self {
            Self::Accounts
            | Self::Rejects
            | Self::Knowledge
            | Self::People
            | Self::Outbox
            | Self::Requests
            | Self::Media => "ON",
            Self::Log | Self::Journal | Self::Tables => "OFF",
        }
    }

    /// What may not be lost once acknowledged is synced on every commit. Tables can be
    /// made again, so they only keep their order.
    fn synchronous(self) -> &'static str {
        match self {
            // A test of the fault layer shows that it catches what NORMAL would lose.
            #[cfg(debug_assertions)]
            _ if std::env::var_os("SEAWALL_TEST_SYNCHRONOUS_NORMAL").is_some() => "NORMAL",
            Self::Tables => "NORMAL",
            Self::Accounts
            | Self::Log
            | Self::Journal
            | Self::Rejects
            | Self::Knowledge
            | Self::Outbox
            | Self::People
            | Self::Media
            | Self::Requests => "FULL",
        }
    }

    /// Memory for pages, in KiB. Accounts are looked up at random; the log sorts the ids
    /// of a segment when it closes it, which spills to disk if they do not fit.
    fn cache_kib(self) -> i64 {
        match self {
            Self::Accounts | Self::Log => 65_536,
            Self::Journal | Self::Tables | Self::Rejects | Self::Knowledge | Self::Outbox => 8_192,
            Self::People | Self::Requests | Self::Media => 2_048,
        }
    }

    fn latest(self) -> i64 {
        self.runner().get_migrations().iter().map(|m| i64::from(m.version())).max().unwrap_or(0)
    }
}

/// Opens a database for writing, making or migrating it where needed.
pub(crate) fn open(path: &Path, kind: Kind) -> Result<Connection, Error> {
    let mut conn = Connection::open(path).map_err(Error::sql(path))?;
    prepare(&conn, kind).map_err(Error::sql(path))?;
    migrate(&mut conn, path, kind, Target::Latest)?;
    Ok(conn)
}

/// Opens an existing database for reading, beside a writer.
pub(crate) fn open_read(path: &Path, kind: Kind) -> Result<Connection, Error> {
    if !path.exists() {
        return Err(Error::Missing(path.into()));
    }
    let mode = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, mode).map_err(Error::sql(path))?;
    conn.busy_timeout(Duration::from_millis(BUSY_WAIT_MS)).map_err(Error::sql(path))?;
    let found = made_version(&conn).map_err(Error::sql(path))?;
    refuse_newer(path, found, kind.latest())?;
    if found == 0 && kind != Kind::Log {
        return Err(Error::Unfinished(path.into()));
    }
    Ok(conn)
}

fn prepare(conn: &Connection, kind: Kind) -> rusqlite::Result<()> {
    conn.busy_timeout(Duration::from_millis(BUSY_WAIT_MS))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", kind.synchronous())?;
    conn.pragma_update(None, "secure_delete", kind.erases())?;
    conn.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    conn.pragma_update(None, "cache_size", -kind.cache_kib())?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn migrate(conn: &mut Connection, path: &Path, kind: Kind, target: Target) -> Result<(), Error> {
    let found = version(conn).map_err(Error::sql(path))?;
    let known = kind.latest();
    refuse_newer(path, found, known)?;
    if found == known {
        return Ok(());
    }
    // Grouped: else a schema and the note that it is there are two commits, and a crash
    // between them leaves a file that no start can open.
    kind.runner().set_grouped(true).set_target(target).run(conn).map_err(|source| {
        match crate::is_disk_full(&source) {
            // A backup would not help.
            true => Error::io(path)(std::io::ErrorKind::StorageFull.into()),
            false => Error::Migration { path: path.into(), source: Box::new(source) },
        }
    })?;
    let reached = match target {
        Target::Version(version) => i64::from(version),
        _ => known,
    };
    conn.pragma_update(None, "user_version", reached).map_err(Error::sql(path))
}

/// Whether a database that was opened for reading has its schema yet.
pub(crate) fn is_made(conn: &Connection) -> rusqlite::Result<bool> {
    made_version(conn).map(|version| version > 0)
}

/// The schema's version; 0 also where the making of the file was cut off so early that
/// only its writer may look into it.
fn made_version(conn: &Connection) -> rusqlite::Result<i64> {
    match version(conn) {
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK =>
        {
            Ok(0)
        }
        other => other,
    }
}

fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn refuse_newer(path: &Path, found: i64, known: i64) -> Result<(), Error> {
    if found > known {
        return Err(Error::NewerSchema { path: path.into(), found, known });
    }
    Ok(())
}

/// Opens an existing database for checkpoints beside its writer.
pub(crate) fn open_beside(path: &Path) -> Result<Connection, Error> {
    let mode = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, mode).map_err(Error::sql(path))?;
    // What a checkpoint syncs goes by the connection that makes it.
    conn.pragma_update(None, "synchronous", "FULL").map_err(Error::sql(path))?;
    Ok(conn)
}

/// Moves as much of the write-ahead log into the database as can be without waiting.
pub(crate) fn checkpoint_passive(conn: &Connection, path: &Path) -> Result<(), Error> {
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(Error::sql(path))
}

/// Moves the whole write-ahead log into the database and empties it, so that what was
/// deleted is in neither.
pub(crate) fn checkpoint_truncate(conn: &Connection, path: &Path) -> Result<(), Error> {
    for _ in 0..CHECKPOINT_TRIES {
        let (busy, pages): (i64, i64) = conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(Error::sql(path))?;
        match (busy, pages) {
            (0, _) => return Ok(()),
            // Somebody else makes a checkpoint, and SQLite does not wait for that.
            (_, -1) => std::thread::sleep(CHECKPOINT_PAUSE),
            // It has waited for readers long enough.
            _ => break,
        }
    }
    Err(Error::CheckpointBusy(path.into()))
}

/// What a look at one database file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// It is whole.
    Sound,
    /// It is damaged, or not a database; SQLite's own words.
    Damaged(Vec<String>),
    /// A later version wrote it, and only that can tell.
    Newer {
        /// Its schema version.
        found: i64,
        /// The latest version this build knows.
        known: i64,
    },
}

/// Asks SQLite whether a file of a data folder is whole, unless a later version wrote it.
/// Reads every page.
///
/// # Errors
/// [`Error::Io`] if the file is not there.
pub fn check_file(path: &Path) -> Result<Check, Error> {
    std::fs::metadata(path).map_err(Error::io(path))?;
    let mode = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let known = kind_of(path).latest();
    let check = Connection::open_with_flags(path, mode).and_then(|conn| {
        conn.busy_timeout(Duration::from_millis(BUSY_WAIT_MS))?;
        let found = made_version(&conn)?;
        if found > known {
            return Ok(Check::Newer { found, known });
        }
        let mut statement = conn.prepare("PRAGMA integrity_check(20)")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        let lines = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(if lines == ["ok"] { Check::Sound } else { Check::Damaged(lines) })
    });
    Ok(check.unwrap_or_else(|error| Check::Damaged(vec![error.to_string()])))
}

/// The kind of a file by its name: those of the log are named by their first position.
fn kind_of(path: &Path) -> Kind {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("accounts.db") => Kind::Accounts,
        Some("journal.db") => Kind::Journal,
        Some("tables.db") => Kind::Tables,
        Some("rejects.db") => Kind::Rejects,
        Some("requests.db") => Kind::Requests,
        Some("knowledge.db") => Kind::Knowledge,
        Some("people.db") => Kind::People,
        Some("outbox.db") => Kind::Outbox,
        _ => Kind::Log,
    }
}

/// Makes a folder's entries durable: a new file survives only once its folder is synced.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    let folder = std::fs::File::open(path).map_err(Error::io(path))?;
    folder.sync_all().map_err(Error::io(path))
}

/// Copies a database into a new file while it is in use. The copy has no write-ahead log.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let mode = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, mode).map_err(Error::sql(from))?;
    source.busy_timeout(Duration::from_millis(BUSY_WAIT_MS)).map_err(Error::sql(from))?;
    let mut target = Connection::open(to).map_err(Error::sql(to))?;
    let backup = rusqlite::backup::Backup::new(&source, &mut target).map_err(Error::sql(from))?;
    // All pages in one step: a writer cannot then force the copy to start again.
    // rusqlite takes no -1 for "all", as SQLite itself would.
    let pages_all = std::ffi::c_int::MAX;
    backup.run_to_completion(pages_all, Duration::ZERO, None).map_err(Error::sql(from))?;
    drop(backup);
    drop(target);
    let file = std::fs::File::open(to).map_err(Error::io(to))?;
    file.sync_all().map_err(Error::io(to))
}

/// The path of a file beside a database: `-wal` or `-shm`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_schema_is_brought_up_to_date() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("accounts.db");
        let mut conn = Connection::open(&path).unwrap();
        migrate(&mut conn, &path, Kind::Accounts, Target::Version(1)).unwrap();
        conn.execute("INSERT INTO erased VALUES (7, 1)", []).unwrap();
        assert!(conn.prepare("SELECT own FROM asked").is_err());
        drop(conn);
        let conn = open(&path, Kind::Accounts).unwrap();
        assert!(conn.prepare("SELECT own FROM asked").is_ok());
        let kept: i64 = conn.query_row("SELECT own FROM erased", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 7);
    }

    #[test]
    fn a_newer_schema_is_refused_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let conn = open(&path, Kind::Journal).unwrap();
        conn.pragma_update(None, "user_version", 99).unwrap();
        drop(conn);
        let message = open(&path, Kind::Journal).unwrap_err().to_string();
        assert!(
            message.ends_with("this seawall knows 1; open it with a newer seawall"),
            "{message}"
        );
        assert!(open_read(&path, Kind::Journal).is_err());
        assert_eq!(check_file(&path).unwrap(), Check::Newer { found: 99, known: 1 });
    }

    #[test]
    fn a_damaged_page_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tables.db");
        let conn = open(&path, Kind::Tables).unwrap();
        for hour in 0..5_000 {
            conn.execute("INSERT INTO activity VALUES (?1, 6, 1)", [hour]).unwrap();
        }
        checkpoint_truncate(&conn, &path).unwrap();
        drop(conn);
        assert_eq!(check_file(&path).unwrap(), Check::Sound);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 64].fill(0xAA);
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(check_file(&path).unwrap(), Check::Damaged(_)));
    }
}
