//! The data folder: where its files lie, who may write, and its keys.

use std::fs::{File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use seawall_model::Position;

use crate::sqlite::sync_folder;
use crate::{
    Accounts, Chance, Checkpointer, Error, EventLog, FolderKeys, Journal, KnowledgeBase, LogLimits,
    LogReader, Media, Outbox, People, Rejects, Requests, Tables,
};

/// Whether a folder is opened to write or beside a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The one writer. Makes the folder where there is none.
    Write,
    /// Any number of readers.
    Read,
}

/// Says that a replay made a folder, which then holds neither events nor a key.
const REPLAY_MARK: &str = "made-by-replay";

/// An open data folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    keys: Arc<FolderKeys>,
    _lock: Option<File>,
}

impl Folder {
    /// Opens a data folder.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process writes to it, [`Error::NoFolder`] if there is
    /// none to read, [`Error::Key`] if its keys are gone, [`Error::MadeByReplay`] if it is
    /// none at all.
    pub fn open(path: &Path, access: Access, chance: &mut dyn Chance) -> Result<Self, Error> {
        refuse_made_by_replay(path)?;
        let key = path.join("key");
        if access == Access::Read {
            let is_there = |file: &Path| file.try_exists().map_err(Error::io(file));
            if !is_there(&key)? && !is_there(&path.join("journal.db"))? {
                return Err(Error::NoFolder(path.into()));
            }
            let keys = Arc::new(FolderKeys::read(&key)?);
            return Ok(Self { path: path.into(), keys, _lock: None });
        }
        for folder in [path.to_path_buf(), path.join("log"), path.join("snapshots")] {
            // Own eyes only: what is sealed within still tells numbers and times.
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true).mode(0o700).create(&folder).map_err(Error::io(&folder))?;
        }
        let lock = lock(path)?;
        let keys = if key.exists() || path.join("journal.db").exists() {
            FolderKeys::read(&key)?
        } else {
            make_keys(&key, chance)?
        };
        sync_folder(path)?;
        if let Some(parent) = path.canonicalize().ok().as_deref().and_then(Path::parent) {
            sync_folder(parent)?;
        }
        Ok(Self { path: path.into(), keys: Arc::new(keys), _lock: Some(lock) })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its keys.
    #[must_use]
    pub fn keys(&self) -> &FolderKeys {
        &self.keys
    }

    /// Its keys, shared.
    #[must_use]
    pub fn shared_keys(&self) -> Arc<FolderKeys> {
        self.keys.clone()
    }

    /// The folder of snapshots.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots")
    }

    /// Opens the event log for writing.
    ///
    /// # Errors
    /// [`Error::NoAccounts`] if the log's accounts are gone; any other [`Error`] of the log
    /// or of the accounts.
    pub fn event_log(
        &self,
        limits: LogLimits,
        mut chance: Box<dyn Chance>,
    ) -> Result<EventLog, Error> {
        let log = self.path.join("log");
        let path = self.path.join("accounts.db");
        let last = if path.exists() { Position::START } else { crate::segment::last_kept(&log)? };
        if last > Position::START {
            // A new map would give other accounts the own ids that stand in the log.
            return Err(Error::NoAccounts { path, last: last.0 });
        }
        let accounts = Accounts::open(&path, self.keys.clone(), &mut *chance)?;
        EventLog::open(&log, self.keys.clone(), accounts, limits, chance)
    }

    /// Opens the event log for reading.
    ///
    /// # Errors
    /// Any [`Error`] of the accounts.
    pub fn log_reader(&self) -> Result<LogReader, Error> {
        LogReader::open(&self.path.join("log"), self.accounts()?)
    }

    /// Opens the accounts for reading.
    ///
    /// # Errors
    /// Any [`Error`] of the accounts.
    pub fn accounts(&self) -> Result<Accounts, Error> {
        Accounts::open_read(&self.path.join("accounts.db"), self.keys.clone())
    }

    /// Makes checkpoints beside whoever writes to the folder.
    #[must_use]
    pub fn checkpointer(&self) -> Checkpointer {
        Checkpointer::new(&self.path)
    }

    /// Opens the journal.
    ///
    /// # Errors
    /// Any [`Error`] of the journal.
    pub fn journal(&self, access: Access) -> Result<Journal, Error> {
        Journal::open(&self.path.join("journal.db"), access)
    }

    /// Opens the tables.
    ///
    /// # Errors
    /// Any [`Error`] of the tables.
    pub fn tables(&self, access: Access) -> Result<Tables, Error> {
        Tables::open(&self.path.join("tables.db"), access)
    }

    /// Opens the knowledge.
    ///
    /// # Errors
    /// Any [`Error`] of the file.
    pub fn knowledge(&self, access: Access) -> Result<KnowledgeBase, Error> {
        KnowledgeBase::open(&self.path.join("knowledge.db"), self.keys.clone(), access)
    }

    /// Opens the outbox.
    ///
    /// # Errors
    /// Any [`Error`] of the file.
    pub fn outbox(&self, access: Access) -> Result<Outbox, Error> {
        Outbox::open(&self.path.join("outbox.db"), &self.keys, access)
    }

    /// Opens the people, who may come in.
    ///
    /// # Errors
    /// Any [`Error`] of the file.
    pub fn people(&self, access: Access) -> Result<People, Error> {
        People::open(&self.path.join("people.db"), self.keys.clone(), access)
    }

    /// Opens the media.
    ///
    /// # Errors
    /// Any [`Error`] of their files.
    pub fn media(&self, access: Access) -> Result<Media, Error> {
        Media::open(&self.path, self.keys.clone(), access)
    }

    /// Opens the rejects.
    ///
    /// # Errors
    /// Any [`Error`] of the rejects.
    pub fn rejects(&self, access: Access) -> Result<Rejects, Error> {
        Rejects::open(&self.path.join("rejects.db"), self.keys.clone(), access)
    }

    /// Opens the idempotency keys, to write.
    ///
    /// # Errors
    /// Any [`Error`] of their file.
    pub fn requests(&self) -> Result<Requests, Error> {
        Requests::open(&self.path.join("requests.db"), self.keys.clone())
    }
}

/// Makes a journal and tables by themselves, for a replay to fill and people to compare.
///
/// The folder is marked, so that nobody takes it for a data folder that lost its key.
///
/// # Errors
/// Any [`Error`] of the two files.
pub fn journal_and_tables(path: &Path) -> Result<(Journal, Tables), Error> {
    let mark = path.join(REPLAY_MARK);
    std::fs::write(&mark, "`seawall replay` made this folder. It holds no events.\n")
        .map_err(Error::io(&mark))?;
    let journal = Journal::open(&path.join("journal.db"), Access::Write)?;
    Ok((journal, Tables::open(&path.join("tables.db"), Access::Write)?))
}

/// # Errors
/// [`Error::MadeByReplay`] if a replay made the folder.
pub(crate) fn refuse_made_by_replay(path: &Path) -> Result<(), Error> {
    let mark = path.join(REPLAY_MARK);
    match mark.try_exists().map_err(Error::io(&mark))? {
        true => Err(Error::MadeByReplay(path.into())),
        false => Ok(()),
    }
}

/// Writes the key under another name first, so that a crash leaves no half of a key.
fn make_keys(key: &Path, chance: &mut dyn Chance) -> Result<FolderKeys, Error> {
    let draft = key.with_extension("new");
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::Io { path: draft, source: error });
        }
        _ => {}
    }
    let keys = FolderKeys::make(&draft, chance)?;
    crate::point("folder.key");
    std::fs::rename(&draft, key).map_err(Error::io(key))?;
    Ok(keys)
}

fn lock(path: &Path) -> Result<File, Error> {
    let name = path.join("seawall.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(Error::io(&name))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(path.into())),
        Err(TryLockError::Error(source)) => Err(Error::Io { path: name, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::tests::Counting;

    #[test]
    fn a_folder_has_one_writer_and_any_readers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let open = |access| Folder::open(&path, access, &mut Counting(1));
        assert!(matches!(open(Access::Read), Err(Error::NoFolder(_))));
        let writer = open(Access::Write).unwrap();
        assert!(matches!(open(Access::Write), Err(Error::Locked(_))));
        assert!(open(Access::Read).is_ok());
        drop(writer);
        assert!(open(Access::Write).is_ok());
    }

    #[test]
    fn a_folder_that_lost_its_key_is_not_given_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Folder::open(dir.path(), Access::Write, &mut Counting(1));
        let folder = open().unwrap();
        folder.journal(Access::Write).unwrap();
        drop(folder);
        std::fs::remove_file(dir.path().join("key")).unwrap();
        assert!(matches!(open(), Err(Error::Key { problem: "missing", .. })));
    }
}
