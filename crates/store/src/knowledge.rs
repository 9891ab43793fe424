//! The content of knowledge: one sealed entry each, which destroying makes unreadable.
//!
//! The journal says which entries there are, what supports them and when they fell; here is
//! what they say. An entry is written here first and told in the journal after, so a crash
//! between the two leaves entries that nobody knows of, and the next start takes them away.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use seawall_model::knowledge::{Knowledge, KnowledgeKind};
use seawall_model::{EntryId, Position, Timestamp};
use sha2::{Digest, Sha256};

use crate::key::{Secret, Use, hex};
use crate::sqlite::{self, Kind};
use crate::{Access, Chance, Error, FolderKeys, point};

/// Entries laid down in one step at most: one entry of the journal tells them.
pub const LAID_DOWN_MAX: usize = 10_000;

/// Entries that were laid down in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaidDown {
    /// Their numbers.
    pub entries: RangeInclusive<u64>,
    /// SHA-256 over the hash given and their commitments, hexadecimal.
    pub hash: String,
}

/// What commits to an entry, with its secret and its sealed bytes.
type Committed = ([u8; 32], Option<(Secret, Vec<u8>)>);

/// The knowledge of a data folder.
#[derive(Debug)]
pub struct KnowledgeBase {
    path: PathBuf,
    conn: Connection,
    keys: Arc<FolderKeys>,
}

impl KnowledgeBase {
    pub(crate) fn open(path: &Path, keys: Arc<FolderKeys>, access: Access) -> Result<Self, Error> {
        let conn = match access {
            Access::Write => sqlite::open(path, Kind::Knowledge)?,
            Access::Read => sqlite::open_read(path, Kind::Knowledge)?,
        };
        Ok(Self { path: path.into(), conn, keys })
    }

    /// Lays entries down, durably: all of them or none. `after` is the last number that the
    /// journal tells of, `before` the hash of the version before.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    ///
    /// # Panics
    /// If there are none or more than [`LAID_DOWN_MAX`]: a defect of the shell.
    pub fn lay_down(
        &mut self,
        entries: &[Knowledge],
        after: u64,
        before: &str,
        chance: &mut dyn Chance,
    ) -> Result<LaidDown, Error> {
        assert!((1..=LAID_DOWN_MAX).contains(&entries.len()), "a step has entries, and not many");
        let mut hasher = Sha256::new().chain_update(before.as_bytes());
        let mut last = after;
        let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
        for entry in entries {
            last += 1;
            let mut secret: Secret = [0; 32];
            chance.fill(&mut secret);
            let keys = self.keys.account(&secret);
            let bytes = entry.to_bytes();
            let commitment = keys.commit(Position(last), &bytes);
            hasher.update(commitment);
            let sealed = keys.seal(Use::Knowledge(last), &bytes, &[]);
            let kind = entry.known.kind() as u8;
            transaction
                .prepare_cached("INSERT OR REPLACE INTO entry VALUES (?1, ?2, ?3, ?4, ?5)")
                .and_then(|mut statement| {
                    statement.execute(params![last.cast_signed(), kind, secret, commitment, sealed])
                })
                .map_err(Error::sql(&self.path))?;
        }
        transaction.commit().map_err(Error::sql(&self.path))?;
        point("knowledge.laid_down");
        Ok(LaidDown { entries: after + 1..=last, hash: hex(&hasher.finalize()) })
    }

    /// Takes away what was laid down and never told: a crash came between.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn forget_after(&mut self, last: u64) -> Result<u64, Error> {
        let deleted =
            self.conn.execute("DELETE FROM entry WHERE number > ?1", [last.cast_signed()]);
        deleted.map(|rows| rows as u64).map_err(Error::sql(&self.path))
    }

    /// Does something that reads many entries: all of them are read in one step, which spares
    /// the locks of each.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn in_one_step<T>(&self, reads: impl FnOnce() -> T) -> Result<T, Error> {
        let step = self.conn.unchecked_transaction().map_err(Error::sql(&self.path))?;
        let given = reads();
        step.commit().map_err(Error::sql(&self.path))?;
        Ok(given)
    }

    /// What an entry says; `None` if it was destroyed.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it is not what was laid down.
    pub fn read(&self, entry: EntryId) -> Result<Option<Knowledge>, Error> {
        let row: Option<(Secret, Vec<u8>)> = self
            .conn
            .prepare_cached("SELECT secret, body FROM entry WHERE number = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([entry.0.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()
            })
            .map_err(Error::sql(&self.path))?;
        let Some((secret, sealed)) = row else { return Ok(None) };
        let opened = self.keys.account(&secret).open(Use::Knowledge(entry.0), &sealed, &[]);
        let knowledge = opened.and_then(|bytes| Knowledge::from_bytes(&bytes).ok());
        match knowledge {
            Some(knowledge) => Ok(Some(knowledge)),
            None => Err(Error::KnowledgeDamaged { path: self.path.clone(), entry: entry.0 }),
        }
    }

    /// Numbers of the entries of one kind, in order.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn of_kind(&self, kind: KnowledgeKind) -> Result<Vec<EntryId>, Error> {
        let numbers: Vec<i64> = self
            .conn
            .prepare_cached("SELECT number FROM entry WHERE kind = ?1 ORDER BY number")
            .and_then(|mut statement| {
                statement.query_map([kind as u8], |row| row.get(0))?.collect()
            })
            .map_err(Error::sql(&self.path))?;
        Ok(numbers.into_iter().map(|number| EntryId(number.cast_unsigned())).collect())
    }

    /// Numbers of up to `entries_max` entries of one kind after number `after`, in order.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn page(
        &self,
        kind: KnowledgeKind,
        after: u64,
        entries_max: u32,
    ) -> Result<Vec<EntryId>, Error> {
        // A number beyond what SQLite counts has nothing after it.
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let sql = "SELECT number FROM entry WHERE kind = ?1 AND number > ?2
                   ORDER BY number LIMIT ?3";
        let numbers: Vec<i64> = self
            .conn
            .prepare_cached(sql)
            .and_then(|mut statement| {
                let asked = params![kind as u8, after, entries_max];
                statement.query_map(asked, |row| row.get(0))?.collect()
            })
            .map_err(Error::sql(&self.path))?;
        Ok(numbers.into_iter().map(|number| EntryId(number.cast_unsigned())).collect())
    }

    /// The hash of the version that these entries make after the one with hash `before`, as
    /// [`LaidDown::hash`]; `None` if one is neither here nor destroyed, or is not what it
    /// was.
    ///
    /// # Errors
    /// [`Error::KnowledgeDamaged`] if one cannot be opened.
    pub fn version_hash(
        &self,
        entries: RangeInclusive<u64>,
        before: &str,
    ) -> Result<Option<String>, Error> {
        let mut hasher = Sha256::new().chain_update(before.as_bytes());
        for number in entries {
            let Some((commitment, kept)) = self.commitment(number)? else { return Ok(None) };
            if let Some((secret, sealed)) = kept {
                let keys = self.keys.account(&secret);
                let opened = keys.open(Use::Knowledge(number), &sealed, &[]);
                let fits = opened.map(|bytes| keys.commit(Position(number), &bytes) == commitment);
                match fits {
                    Some(true) => {}
                    Some(false) => return Ok(None),
                    None => {
                        let path = self.path.clone();
                        return Err(Error::KnowledgeDamaged { path, entry: number });
                    }
                }
            }
            hasher.update(commitment);
        }
        Ok(Some(hex(&hasher.finalize())))
    }

    /// What commits to an entry, and what opens it as long as it was not destroyed.
    fn commitment(&self, number: u64) -> Result<Option<Committed>, Error> {
        let sql = "SELECT commitment, secret, body FROM entry WHERE number = ?1
                   UNION ALL SELECT commitment, NULL, NULL FROM destroyed WHERE number = ?1";
        self.conn
            .prepare_cached(sql)
            .and_then(|mut statement| {
                let row = |row: &rusqlite::Row<'_>| {
                    let secret: Option<Secret> = row.get(1)?;
                    Ok((row.get(0)?, secret.zip(row.get(2)?)))
                };
                statement.query_row([number.cast_signed()], row).optional()
            })
            .map_err(Error::sql(&self.path))
    }

    /// Destroys entries, and empties the write-ahead log of them. Doing it again after a
    /// crash does what is left to do.
    ///
    /// # Errors
    /// [`Error::CheckpointBusy`] if a reader holds the log up; it is tried again later.
    pub fn destroy(&mut self, entries: &[EntryId], now: Timestamp) -> Result<(), Error> {
        let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
        for entry in entries {
            let number = entry.0.cast_signed();
            let sql = "INSERT OR IGNORE INTO destroyed
                       SELECT number, ?2, commitment FROM entry WHERE number = ?1";
            transaction
                .execute(sql, params![number, now.micros()])
                .and_then(|_| transaction.execute("DELETE FROM entry WHERE number = ?1", [number]))
                .map_err(Error::sql(&self.path))?;
        }
        transaction.commit().map_err(Error::sql(&self.path))?;
        sqlite::checkpoint_truncate(&self.conn, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use seawall_model::knowledge::{Known, Term};

    use super::*;
    use crate::key::tests::Counting;

    fn open(dir: &Path) -> KnowledgeBase {
        let key = dir.join("key");
        let keys = FolderKeys::read(&key)
            .unwrap_or_else(|_| FolderKeys::make(&key, &mut Counting(1)).unwrap());
        KnowledgeBase::open(&dir.join("knowledge.db"), Arc::new(keys), Access::Write).unwrap()
    }

    fn term(word: &str) -> Knowledge {
        let term = Term {
            list: "cheers".into(),
            term: word.into(),
            near: Vec::new(),
            not_near: Vec::new(),
            window: 5,
        };
        Knowledge { source: "a test".into(), expires: None, known: Known::Term(term) }
    }

    #[test]
    fn entries_are_read_as_they_were_laid_down() {
        let dir = tempfile::tempdir().unwrap();
        let mut base = open(dir.path());
        let laid = base.lay_down(&[term("boil"), term("pour")], 0, "", &mut Counting(3)).unwrap();
        assert_eq!(laid.entries, 1..=2);
        drop(base);
        let mut base = open(dir.path());
        assert_eq!(base.read(EntryId(2)).unwrap(), Some(term("pour")));
        assert_eq!(base.of_kind(KnowledgeKind::Term).unwrap(), [EntryId(1), EntryId(2)]);
        let next = base.lay_down(&[term("lid")], 2, &laid.hash, &mut Counting(4)).unwrap();
        assert_eq!(next.entries, 3..=3);
        assert_ne!(next.hash, laid.hash);
        assert_eq!(base.forget_after(2).unwrap(), 1);
        assert_eq!(base.read(EntryId(3)).unwrap(), None);
    }

    #[test]
    fn what_is_destroyed_leaves_no_byte() {
        let dir = tempfile::tempdir().unwrap();
        let mut base = open(dir.path());
        base.lay_down(&[term("boil")], 0, "", &mut Counting(3)).unwrap();
        let sql = "SELECT secret FROM entry";
        let secret: Secret = base.conn.query_row(sql, [], |row| row.get(0)).unwrap();
        let stands = || {
            ["knowledge.db", "knowledge.db-wal"].iter().any(|file| {
                let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
                bytes.windows(32).any(|window| window == secret)
            })
        };
        assert!(stands(), "the search finds what is there");
        base.destroy(&[EntryId(1)], Timestamp::MIN).unwrap();
        assert!(!stands());
        assert_eq!(base.read(EntryId(1)).unwrap(), None);
    }

    #[test]
    fn an_entry_that_was_changed_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let mut base = open(dir.path());
        base.lay_down(&[term("boil"), term("pour")], 0, "", &mut Counting(3)).unwrap();
        let swap = "UPDATE entry SET body = (SELECT body FROM entry WHERE number = 2),
                    secret = (SELECT secret FROM entry WHERE number = 2) WHERE number = 1";
        base.conn.execute(swap, []).unwrap();
        assert!(matches!(base.read(EntryId(1)), Err(Error::KnowledgeDamaged { entry: 1, .. })));
        assert!(base.version_hash(1..=2, "").is_err());
    }

    #[test]
    fn the_hash_of_a_version_holds_when_entries_were_destroyed_and_not_when_they_are_gone() {
        let dir = tempfile::tempdir().unwrap();
        let mut base = open(dir.path());
        let laid = base.lay_down(&[term("boil"), term("pour")], 0, "", &mut Counting(3)).unwrap();
        assert_eq!(base.version_hash(1..=2, "").unwrap(), Some(laid.hash.clone()));
        assert_ne!(base.version_hash(1..=2, "another").unwrap(), Some(laid.hash.clone()));
        base.destroy(&[EntryId(2)], Timestamp::MIN).unwrap();
        assert_eq!(base.version_hash(1..=2, "").unwrap(), Some(laid.hash));
        base.conn.execute("DELETE FROM entry WHERE number = 1", []).unwrap();
        assert_eq!(base.version_hash(1..=2, "").unwrap(), None);
    }
}
