//! Moves what commits left in write-ahead logs into their databases, beside the writer.
//!
//! SQLite does so by itself within the commit that fills the log, which then takes as long as
//! writing thousands of pages: whoever waits for that commit waits for all of them. Done often
//! and elsewhere, next to nothing is left to that commit. Left out: emptying a log for good,
//! which erasing needs and `sqlite::checkpoint_truncate` does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::{Error, segment, sqlite};

/// The files that every event or every second writes to, beside the newest of the log.
const BUSY: [&str; 4] = ["accounts.db", "journal.db", "tables.db", "outbox.db"];

/// Checkpoints a data folder that somebody in this process writes to.
pub struct Checkpointer {
    folder: PathBuf,
    open: BTreeMap<PathBuf, Connection>,
}

impl std::fmt::Debug for Checkpointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Checkpointer({})", self.folder.display())
    }
}

impl Checkpointer {
    /// Nothing is opened yet.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.into(), open: BTreeMap::new() }
    }

    /// Moves what is there now, without waiting for anybody: what a reader still needs stays,
    /// and what is written meanwhile is moved the next time.
    ///
    /// Cost: one write of each page that was changed since, and two syncs of each file.
    ///
    /// # Errors
    /// [`Error::Sqlite`] with the first file that could not be moved, once all were tried.
    pub fn run(&mut self) -> Result<(), Error> {
        let newest = segment::list(&self.folder.join("log"))?.pop().map(|(_, path)| path);
        let busy = BUSY.iter().map(|name| self.folder.join(name)).filter(|path| path.exists());
        let wanted: Vec<PathBuf> = busy.chain(newest).collect();
        self.open.retain(|path, _| wanted.contains(path));
        let mut moved = Ok(());
        for path in wanted {
            let one =
                self.connection(&path).and_then(|conn| sqlite::checkpoint_passive(conn, &path));
            moved = moved.and(one);
        }
        moved
    }

    fn connection(&mut self, path: &Path) -> Result<&Connection, Error> {
        use std::collections::btree_map::Entry;
        Ok(match self.open.entry(path.into()) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(room) => room.insert(sqlite::open_beside(path)?),
        })
    }
}
