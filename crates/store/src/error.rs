//! What can go wrong when keeping things, with the path and the remedy in the words.

use std::path::PathBuf;

use rusqlite::ErrorCode;
use seawall_model::codec::CodecError;
use seawall_model::journal::EntryError;

/// What to do about tables that are damaged.
pub const TABLES_REMEDY: &str =
    "delete tables.db, tables.db-wal and tables.db-shm: the next import makes them again";

/// A failed operation on the data folder.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is not there.
    #[error("{} is not a data folder; make one by importing into it", .0.display())]
    NoFolder(PathBuf),
    /// A file was begun and not finished: the first start was cut off.
    #[error("{} was not finished; run the import again", .0.display())]
    Unfinished(PathBuf),
    /// Another process writes to the folder.
    #[error("{} is in use by another seawall; wait for it or stop it", .0.display())]
    Locked(PathBuf),
    /// A file could not be read or written.
    #[error("cannot access {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A database of the folder is not there.
    #[error("{} is missing; run `seawall doctor` to see what to do", .0.display())]
    Missing(PathBuf),
    /// A folder or database may be read only by who may also write beside it.
    #[error(
        "{} cannot be read by this account: even a reader writes to the files beside it; run seawall as the owner of the folder, or make a backup and read that",
        .0.display()
    )]
    NotMine(PathBuf),
    /// SQLite refused an operation.
    #[error("the database {} failed", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// A database's pages are not what SQLite wrote.
    #[error("{} is damaged; run `seawall doctor` to see what to do", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// SQLite's own words.
        #[source]
        source: rusqlite::Error,
    },
    /// An answer that is kept under an idempotency key does not open.
    #[error(
        "{} holds an answer that does not open: it was altered, or is of another folder; stop the \
         server and delete the file, which forgets the idempotency keys of a day",
        .0.display()
    )]
    AnswerDamaged(PathBuf),
    /// The tables are damaged, and can be made again.
    #[error("{} is damaged; {TABLES_REMEDY}; see also `seawall doctor`", path.display())]
    DamagedTables {
        /// The file.
        path: PathBuf,
        /// SQLite's own words.
        #[source]
        source: rusqlite::Error,
    },
    /// The accounts are gone, and with them every key to the content.
    #[error(
        "{} is missing, but the log holds events up to position {last}: who acted and the keys to \
         what they said cannot be made again; restore the newest backup",
        path.display()
    )]
    NoAccounts {
        /// The file.
        path: PathBuf,
        /// The last position of the log.
        last: u64,
    },
    /// A replay made the folder, to be compared with another.
    #[error(
        "{} is what `seawall replay --into` made: it holds journal and tables to compare, and no \
         events; name the data folder that it was made from",
        .0.display()
    )]
    MadeByReplay(PathBuf),
    /// A migration failed or was changed after it was applied.
    #[error("the schema of {} could not be brought up to date; restore a backup", path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<refinery::Error>,
    },
    /// The file was written by a later version.
    #[error(
        "{} has schema version {found}, this seawall knows {known}; open it with a newer seawall",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The latest version this build knows.
        known: i64,
    },
    /// The key file is missing or damaged.
    #[error("the key file {} is {problem}; restore it from a backup", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// What stands at a position is not what was written.
    #[error(
        "the event at position {position} is damaged; run `seawall doctor`, then restore a backup"
    )]
    DamagedEvent {
        /// Its position.
        position: u64,
    },
    /// An entry of knowledge is not what was laid down.
    #[error(
        "entry k{entry} in {} is damaged; run `seawall doctor`, then restore a backup",
        path.display()
    )]
    KnowledgeDamaged {
        /// The file.
        path: PathBuf,
        /// Its number.
        entry: u64,
    },
    /// An entry of the journal does not fit the chain.
    #[error(
        "the journal's chain breaks at entry {seq}; run `seawall doctor`, then restore a backup"
    )]
    BrokenChain {
        /// The first entry that does not fit.
        seq: u64,
    },
    /// An entry of the journal cannot be read.
    #[error("entry {seq} of the journal cannot be read")]
    Entry {
        /// Its number.
        seq: u64,
        /// Why.
        #[source]
        source: EntryError,
    },
    /// A checkpoint was held up, so erased bytes may remain in the write-ahead log.
    #[error(
        "{} could not be checkpointed because it is being read; stop the reader and run it again",
        .0.display()
    )]
    CheckpointBusy(PathBuf),
    /// A file of media, or what was made of it, is not what was kept.
    #[error("{} is damaged; have it uploaded again, and run `seawall doctor`", path.display())]
    MediaDamaged {
        /// The file.
        path: PathBuf,
    },
    /// An instruction cannot be sent again, or given up.
    #[error("instruction {id} {why}; list the dead letters to see what can be replayed")]
    NotReplayable {
        /// The instruction.
        id: String,
        /// What speaks against it.
        why: &'static str,
    },
    /// The rejects reached their limit.
    #[error(
        "{limit} refused inputs are kept already; read them with `seawall rejects`, then remove them with `seawall rejects --clear`"
    )]
    RejectsFull {
        /// The limit.
        limit: u64,
    },
    /// A backup is not complete or was changed.
    #[error("the backup is not usable: {0}")]
    Backup(String),
    /// The target of a backup or restore is not empty.
    #[error("{} is not empty; name a new folder", .0.display())]
    NotEmpty(PathBuf),
    /// A snapshot cannot be used.
    #[error("the snapshot cannot be used")]
    Snapshot(#[source] CodecError),
}

impl Error {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn sql(path: impl Into<PathBuf>) -> impl FnOnce(rusqlite::Error) -> Self {
        let path = path.into();
        move |source| match source.sqlite_error().map(|error| error.code) {
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::NotMine(path)
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                match path.file_name().is_some_and(|name| name == "tables.db") {
                    true => Self::DamagedTables { path, source },
                    false => Self::Damaged { path, source },
                }
            }
            _ => Self::Sqlite { path, source },
        }
    }
}

/// Whether a full disk is what an error comes from.
#[must_use]
pub fn is_disk_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let sql = error.downcast_ref::<rusqlite::Error>().and_then(|e| e.sqlite_error());
        let is_full = sql.is_some_and(|sql| {
            sql.code == rusqlite::ErrorCode::DiskFull
                // Room for the shared memory beside a database is all that it needs.
                || sql.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
        });
        if is_full || io == Some(std::io::ErrorKind::StorageFull) {
            return true;
        }
        cause = error.source();
    }
    false
}
