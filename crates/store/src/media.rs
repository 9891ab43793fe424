//! The store of media: files sealed at rest, what was made of them, who looked at them, and which
//! are marked as suspected child abuse.
//!
//! A file lies under a keyed hash of its SHA-256, so that nobody learns from the folder which known
//! files are in it. It is written beside its place, moved there when it is durable, and counts once
//! its row is committed: what a crash left without a row can be read by nobody, and the next start
//! removes it ([`Media::sweep`]). Deleting the row destroys the file, copies of it included. Left
//! out: who may, decoding, and the journal.

mod mark;
mod reading;
mod sealed;
#[cfg(test)]
mod tests;

use std::fmt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use seawall_model::Timestamp;

pub use mark::Mark;
pub use reading::{GRANT_SECONDS, Looked, Reading};
pub use sealed::{HEAD_BYTES, Incoming, Outgoing};

use crate::key::{AccountKeys, Secret, Use, hex};
use crate::sqlite::{self, Kind, sync_folder};
use crate::{Access, Chance, Error, FolderKeys, point};

/// Where files lie that are coming in.
const INCOMING: &str = "incoming";
/// Tells the names of media from other keyed hashes.
const NAME_DOMAIN: u8 = 9;

/// What a file is called here: a keyed hash of its SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaName(pub [u8; 16]);

impl fmt::Display for MediaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FolderKeys {
    /// What the file with this SHA-256 is called here. Nothing follows from it without the
    /// folder's key.
    #[must_use]
    pub fn media_name(&self, sha256: &[u8; 32]) -> MediaName {
        MediaName(self.index_hash(NAME_DOMAIN, &hex(sha256)))
    }
}

/// A file that is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaObject {
    /// What it is called.
    pub name: MediaName,
    /// Its bytes.
    pub bytes: u64,
    /// What its first bytes say that it is, such as `image/png`.
    pub kind: String,
    /// When it came.
    pub at: Timestamp,
}

/// Whether a file was here before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is new.
    New,
    /// It was here.
    Already,
}

/// What is here, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaTotals {
    /// Files.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files without their content: it was lost, or left out of a backup.
    pub missing: u64,
    /// Marks.
    pub marked: u64,
    /// Marked files that are here and were not handed over yet.
    pub waiting: u64,
    /// Looks that were noted.
    pub readings: u64,
}

/// The media of a data folder.
pub struct Media {
    folder: PathBuf,
    path: PathBuf,
    conn: Connection,
    keys: Arc<FolderKeys>,
    bytes: u64,
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Media({}, {} bytes)", self.folder.display(), self.bytes)
    }
}

impl Media {
    pub(crate) fn open(dir: &Path, keys: Arc<FolderKeys>, access: Access) -> Result<Self, Error> {
        let (folder, path) = (dir.join("media"), dir.join("media.db"));
        let conn = match access {
            Access::Write => {
                let incoming = folder.join(INCOMING);
                make_private(&incoming)?;
                sqlite::open(&path, Kind::Media)?
            }
            Access::Read => sqlite::open_read(&path, Kind::Media)?,
        };
        let sum = "SELECT ifnull(sum(bytes), 0) FROM object";
        let bytes: i64 = conn.query_row(sum, [], |row| row.get(0)).map_err(Error::sql(&path))?;
        Ok(Self { folder, path, conn, keys, bytes: bytes.cast_unsigned() })
    }

    /// Removes what a crash left: files that were coming in, and files without a row, which nobody
    /// can read. Gives how many there were. Only the one writer may, before anything comes in.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be read.
    ///
    /// Cost: one look at each file's name.
    pub fn sweep(&self) -> Result<u64, Error> {
        let mut removed = 0;
        for path in files_in(&self.folder.join(INCOMING))? {
            std::fs::remove_file(&path).map_err(Error::io(&path))?;
            removed += 1;
        }
        for path in self.files()? {
            let name = path.file_name().and_then(|name| parse_name(name.to_str()?));
            let is_known = match name {
                Some(name) => self.row(name)?.is_some(),
                None => false,
            };
            if !is_known {
                std::fs::remove_file(&path).map_err(Error::io(&path))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Every file that lies in its place, known or not.
    fn files(&self) -> Result<Vec<PathBuf>, Error> {
        let mut files = Vec::new();
        for shelf in files_in(&self.folder)? {
            if shelf.is_dir() && shelf.file_name().is_some_and(|name| name != INCOMING) {
                files.extend(files_in(&shelf)?);
            }
        }
        Ok(files)
    }

    fn place(&self, name: MediaName) -> PathBuf {
        place(&self.folder, name)
    }

    /// What the file with this SHA-256 is called.
    #[must_use]
    pub fn name(&self, sha256: &[u8; 32]) -> MediaName {
        self.keys.media_name(sha256)
    }

    /// Bytes of all files that are here.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Begins to take a file in.
    ///
    /// # Errors
    /// [`Error::Io`] if nothing can be written.
    pub fn begin(&self, name: MediaName, chance: &mut dyn Chance) -> Result<Incoming, Error> {
        let (mut secret, mut draft): (Secret, [u8; 16]) = ([0; 32], [0; 16]);
        chance.fill(&mut secret);
        chance.fill(&mut draft);
        let path = self.folder.join(INCOMING).join(hex(&draft));
        Incoming::begin(path, name, (secret, self.keys.media(&secret)))
    }

    /// Keeps a file that has come in; its digest is the caller's to compare. What it is called
    /// must be its own digest's name. Durable when this returns.
    ///
    /// # Errors
    /// [`Error`] if it cannot be kept; nothing of it is here then.
    pub fn keep(
        &mut self,
        mut incoming: Incoming,
        kind: &str,
        now: Timestamp,
    ) -> Result<Kept, Error> {
        let (name, bytes) = (incoming.name, incoming.bytes());
        let before = self.row(name)?;
        if before.is_some() && self.place(name).exists() {
            return Ok(Kept::Already);
        }
        incoming.end()?;
        point("media.written");
        let place = self.place(name);
        if before.is_some() {
            // Its content was lost: a crash must not leave the old key with the new content.
            let sql = "DELETE FROM object WHERE name = ?1";
            self.conn.execute(sql, [name.0]).map_err(Error::sql(&self.path))?;
        }
        let shelf = place.parent().unwrap_or(&self.folder);
        make_private(shelf)?;
        std::fs::rename(&incoming.path, &place).map_err(Error::io(&place))?;
        sync_folder(shelf)?;
        sync_folder(&self.folder)?;
        point("media.moved");
        let row = params![name.0, incoming.secret, bytes.cast_signed(), kind, now.micros()];
        let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
        transaction
            .execute("DELETE FROM derived WHERE name = ?1", [name.0])
            .and_then(|_| {
                transaction
                    .execute("INSERT OR REPLACE INTO object VALUES (?1, ?2, ?3, ?4, ?5)", row)
            })
            .and_then(|_| transaction.commit())
            .map_err(Error::sql(&self.path))?;
        point("media.kept");
        let gone = before.map_or(0, |(object, _)| object.bytes);
        self.bytes = self.bytes - gone + bytes;
        Ok(Kept::New)
    }

    /// A file that is here, its content too.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn object(&self, name: MediaName) -> Result<Option<MediaObject>, Error> {
        let found = self.row(name)?.map(|(object, _)| object);
        Ok(found.filter(|_| self.place(name).exists()))
    }

    fn row(&self, name: MediaName) -> Result<Option<(MediaObject, Secret)>, Error> {
        self.conn
            .prepare_cached("SELECT bytes, kind, at, secret FROM object WHERE name = ?1")
            .and_then(|mut statement| {
                let row = statement.query_row([name.0], |row| {
                    let object = MediaObject {
                        name,
                        bytes: row.get::<_, i64>(0)?.cast_unsigned(),
                        kind: row.get(1)?,
                        at: Timestamp::from_micros(row.get(2)?).unwrap_or(Timestamp::MIN),
                    };
                    Ok((object, row.get(3)?))
                });
                row.optional()
            })
            .map_err(Error::sql(&self.path))
    }

    fn keys_of(&self, name: MediaName) -> Result<Option<AccountKeys>, Error> {
        Ok(self.row(name)?.map(|(_, secret)| self.keys.media(&secret)))
    }

    /// Opens a file; `None` if it is not here.
    ///
    /// # Errors
    /// [`Error::MediaDamaged`] if it is not what was kept.
    pub fn read(&self, name: MediaName) -> Result<Option<Outgoing>, Error> {
        let place = self.place(name);
        match self.keys_of(name)? {
            Some(keys) if place.exists() => Outgoing::open(&place, name, keys).map(Some),
            _ => Ok(None),
        }
    }

    /// What was made of a file before, by how it looks; `None` if it was not.
    ///
    /// # Errors
    /// [`Error::MediaDamaged`] if it is not what was kept.
    pub fn derived(&self, name: MediaName, look: u8) -> Result<Option<Vec<u8>>, Error> {
        let Some(keys) = self.keys_of(name)? else { return Ok(None) };
        let sealed: Option<Vec<u8>> = self
            .conn
            .query_row(
                "SELECT body FROM derived WHERE name = ?1 AND look = ?2",
                params![name.0, look],
                |row| row.get(0),
            )
            .optional()
            .map_err(Error::sql(&self.path))?;
        let Some(sealed) = sealed else { return Ok(None) };
        let opened = keys.open(Use::Thumbnail(u64::from(look)), &sealed, &name.0);
        opened.map(Some).ok_or_else(|| Error::MediaDamaged { path: self.path.clone() })
    }

    /// Keeps what was made of a file that is here and not marked.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn keep_derived(&mut self, name: MediaName, look: u8, body: &[u8]) -> Result<(), Error> {
        let Some(keys) = self.keys_of(name)? else { return Ok(()) };
        let sealed = keys.seal(Use::Thumbnail(u64::from(look)), body, &name.0);
        // In one statement: a mark may come at the same time.
        let sql = "INSERT OR REPLACE INTO derived SELECT ?1, ?2, ?3
                   WHERE EXISTS (SELECT 1 FROM object WHERE name = ?1)
                     AND NOT EXISTS (SELECT 1 FROM mark WHERE name = ?1)";
        let kept = self.conn.execute(sql, params![name.0, look, sealed]);
        kept.map(drop).map_err(Error::sql(&self.path))
    }

    /// Destroys files: rows first, by which they can be read no more, then what lies on disk.
    /// Gives how many there were. What is marked and was not handed over stays.
    ///
    /// # Errors
    /// [`Error::CheckpointBusy`] if a reader holds the write-ahead log up; doing it again does
    /// what is left.
    pub fn destroy(&mut self, names: &[MediaName]) -> Result<u64, Error> {
        let mut gone = Vec::new();
        let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
        for name in names {
            let sql = "DELETE FROM object WHERE name = ?1 AND NOT EXISTS
                       (SELECT 1 FROM mark WHERE name = ?1 AND handed_over_at IS NULL)
                       RETURNING bytes";
            let bytes: Option<i64> = transaction
                .query_row(sql, [name.0], |row| row.get(0))
                .optional()
                .map_err(Error::sql(&self.path))?;
            if let Some(bytes) = bytes {
                for sql in
                    ["DELETE FROM derived WHERE name = ?1", "DELETE FROM leave WHERE name = ?1"]
                {
                    transaction.execute(sql, [name.0]).map_err(Error::sql(&self.path))?;
                }
                gone.push((*name, bytes.cast_unsigned()));
            }
        }
        transaction.commit().map_err(Error::sql(&self.path))?;
        point("media.destroyed");
        for (name, bytes) in &gone {
            self.bytes = self.bytes.saturating_sub(*bytes);
            let place = self.place(*name);
            match std::fs::remove_file(&place) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::Io { path: place, source: error });
                }
                _ => {}
            }
        }
        if !gone.is_empty() {
            sqlite::checkpoint_truncate(&self.conn, &self.path)?;
        }
        Ok(gone.len() as u64)
    }

    /// Files that came before `cutoff`; a marked one counts from when it was handed over.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn before(&self, cutoff: Timestamp) -> Result<Vec<MediaName>, Error> {
        let sql = "SELECT object.name FROM object LEFT JOIN mark USING (name)
                   WHERE CASE WHEN mark.name IS NULL THEN object.at < ?1
                         ELSE ifnull(mark.handed_over_at < ?1, 0) END";
        self.conn
            .prepare(sql)
            .and_then(|mut statement| {
                statement.query_map([cutoff.micros()], |row| Ok(MediaName(row.get(0)?)))?.collect()
            })
            .map_err(Error::sql(&self.path))
    }

    /// What is here, in numbers.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    ///
    /// Cost: one look at each file's name.
    pub fn totals(&self) -> Result<MediaTotals, Error> {
        let sql = "SELECT name, bytes, EXISTS (SELECT 1 FROM mark WHERE mark.name = object.name
                   AND handed_over_at IS NULL) FROM object";
        let mut totals = MediaTotals::default();
        let mut statement = self.conn.prepare(sql).map_err(Error::sql(&self.path))?;
        let rows = statement
            .query_map([], |row| Ok((MediaName(row.get(0)?), row.get::<_, i64>(1)?, row.get(2)?)))
            .map_err(Error::sql(&self.path))?;
        for row in rows {
            let (name, bytes, waits): (MediaName, i64, bool) =
                row.map_err(Error::sql(&self.path))?;
            totals.objects += 1;
            totals.bytes += bytes.cast_unsigned();
            totals.missing += u64::from(!self.place(name).exists());
            totals.waiting += u64::from(waits);
        }
        let count = |sql: &str| {
            let counted = self.conn.query_row(sql, [], |row| row.get::<_, i64>(0));
            counted.map(i64::cast_unsigned).map_err(Error::sql(&self.path))
        };
        totals.marked = count("SELECT count(*) FROM mark")?;
        totals.readings = count("SELECT count(*) FROM reading")?;
        Ok(totals)
    }
}

/// The files that a backup takes, as named by a copy of the database: those that are not marked.
/// What is marked is in no copy but the one that its route's holder opens.
pub(crate) fn files_for_backup(copied: &Path) -> Result<Vec<String>, Error> {
    let conn = sqlite::open_read(copied, Kind::Media)?;
    let sql = "SELECT name FROM object WHERE name NOT IN (SELECT name FROM mark) ORDER BY name";
    let names: Vec<MediaName> = conn
        .prepare(sql)
        .and_then(|mut statement| {
            statement.query_map([], |row| Ok(MediaName(row.get(0)?)))?.collect()
        })
        .map_err(Error::sql(copied))?;
    drop(conn);
    // Whoever only reads leaves the files of a log beside a database; a copy has none.
    for end in ["-wal", "-shm"] {
        let mut beside = copied.as_os_str().to_owned();
        beside.push(end);
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io(beside)(error));
            }
            _ => {}
        }
    }
    let shown = |name: MediaName| place(Path::new("media"), name).display().to_string();
    Ok(names.into_iter().map(shown).collect())
}

fn place(folder: &Path, name: MediaName) -> PathBuf {
    let name = name.to_string();
    folder.join(&name[..2]).join(name)
}

fn parse_name(text: &str) -> Option<MediaName> {
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(|number| MediaName(number.to_be_bytes()))
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::Io { path: folder.into(), source }),
    };
    let mut files = Vec::new();
    for entry in entries {
        files.push(entry.map_err(Error::io(folder))?.path());
    }
    Ok(files)
}

/// Makes a folder that only its owner can look into.
fn make_private(folder: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder).map_err(Error::io(folder))
}
