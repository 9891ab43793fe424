//! The journal: entries in order, each chained to all before it.
//!
//! Append-only: the schema refuses deletes and updates. The bytes of an entry are the
//! canonical form of `model::journal`; this file only orders, chains and keeps them.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use seawall_model::journal::{CHAIN_START, ChainHash, Entry, chain};

use crate::sqlite::{self, Kind};
use crate::{Access, Entries, Error};

/// An entry as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What it says.
    pub entry: Entry,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// Its link of the chain.
    pub hash: ChainHash,
}

/// The journal of a data folder.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    conn: Connection,
    seq: u64,
    hash: ChainHash,
}

impl Journal {
    pub(crate) fn open(path: &Path, access: Access) -> Result<Self, Error> {
        let conn = match access {
            Access::Write => sqlite::open(path, Kind::Journal)?,
            Access::Read => sqlite::open_read(path, Kind::Journal)?,
        };
        let head: Option<(i64, ChainHash)> = conn
            .query_row("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(Error::sql(path))?;
        let (seq, hash) = head.map_or((0, CHAIN_START), |(seq, hash)| (seq.cast_unsigned(), hash));
        Ok(Self { path: path.into(), conn, seq, hash })
    }

    /// Up to `entries_max` entries after number `seq`, in order; empty at the end.
    ///
    /// # Errors
    /// [`Error::Entry`] for one that cannot be read.
    pub fn read(&self, seq: u64, entries_max: u32) -> Result<Vec<Recorded>, Error> {
        self.select(
            "SELECT seq, body, hash FROM entry WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            params![seq.cast_signed(), entries_max],
        )
    }

    /// All entries of the types named, in order.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub fn of_types(&self, types: &[&str]) -> Result<Vec<Recorded>, Error> {
        let marks = vec!["?"; types.len()].join(", ");
        let sql = format!("SELECT seq, body, hash FROM entry WHERE type IN ({marks}) ORDER BY seq");
        self.select(&sql, rusqlite::params_from_iter(types))
    }

    /// Up to `entries_max` entries of a type after number `seq`, in order; empty at the end.
    ///
    /// # Errors
    /// As [`Journal::read`].
    ///
    /// Cost: those that are given, whatever else there is.
    pub fn of_type_after(
        &self,
        name: &str,
        seq: u64,
        entries_max: u32,
    ) -> Result<Vec<Recorded>, Error> {
        self.select(
            "SELECT seq, body, hash FROM entry WHERE type = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            params![name, seq.cast_signed(), entries_max],
        )
    }

    /// The last entry of a type.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub fn last_of_type(&self, name: &str) -> Result<Option<Recorded>, Error> {
        let sql = "SELECT seq, body, hash FROM entry WHERE type = ?1 ORDER BY seq DESC LIMIT 1";
        Ok(self.select(sql, [name])?.pop())
    }

    fn select(&self, sql: &str, with: impl rusqlite::Params) -> Result<Vec<Recorded>, Error> {
        let rows: Vec<(i64, Vec<u8>, ChainHash)> = self
            .conn
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_map(with, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                    .collect()
            })
            .map_err(Error::sql(&self.path))?;
        rows.into_iter().map(recorded).collect()
    }

    /// Computes the chain again and compares every link.
    ///
    /// # Errors
    /// [`Error::BrokenChain`] at the first entry that does not fit.
    pub fn verify(&self) -> Result<u64, Error> {
        self.verify_after(0)
    }

    /// As [`Journal::verify`], from a link that is taken as it stands: only the newest
    /// `entries_max`. For every start, whatever the journal's length.
    ///
    /// # Errors
    /// As [`Journal::verify`].
    pub fn verify_newest(&self, entries_max: u64) -> Result<u64, Error> {
        self.verify_after(self.seq.saturating_sub(entries_max))
    }

    fn verify_after(&self, after: u64) -> Result<u64, Error> {
        let (mut seq, mut hash) = (after, self.link(after)?);
        let sql = "SELECT seq, body, hash, type FROM entry WHERE seq > ?1 ORDER BY seq";
        let mut statement = self.conn.prepare(sql).map_err(Error::sql(&self.path))?;
        let mut rows = statement.query([after.cast_signed()]).map_err(Error::sql(&self.path))?;
        while let Some(row) = rows.next().map_err(Error::sql(&self.path))? {
            let read = || -> rusqlite::Result<(i64, Vec<u8>, ChainHash, String)> {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            };
            seq += 1;
            let (number, body, link, name) = read().map_err(|_| Error::BrokenChain { seq })?;
            hash = chain(&hash, &body);
            // Entries are looked up by the name beside them, which the chain does not hold.
            let fits = |entry: Entry| entry.seq == seq && entry.body.name() == name;
            if number.cast_unsigned() != seq
                || hash != link
                || !Entry::from_bytes(&body).is_ok_and(fits)
            {
                return Err(Error::BrokenChain { seq });
            }
        }
        Ok(seq)
    }

    /// The chain's link at an entry.
    fn link(&self, seq: u64) -> Result<ChainHash, Error> {
        if seq == 0 {
            return Ok(CHAIN_START);
        }
        self.conn
            .query_row("SELECT hash FROM entry WHERE seq = ?1", [seq.cast_signed()], |row| {
                row.get(0)
            })
            .optional()
            .map_err(Error::sql(&self.path))?
            .ok_or(Error::BrokenChain { seq })
    }
}

fn recorded((seq, bytes, hash): (i64, Vec<u8>, ChainHash)) -> Result<Recorded, Error> {
    let entry = Entry::from_bytes(&bytes)
        .map_err(|source| Error::Entry { seq: seq.cast_unsigned(), source })?;
    Ok(Recorded { entry, bytes, hash })
}

impl Entries for Journal {
    fn append(&mut self, entries: &[Entry]) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        let (mut seq, mut hash) = (self.seq, self.hash);
        let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
        for entry in entries {
            seq += 1;
            assert!(entry.seq == seq, "entries are numbered without gaps");
            let bytes = entry.to_bytes();
            hash = chain(&hash, &bytes);
            transaction
                .prepare_cached("INSERT INTO entry VALUES (?1, ?2, ?3, ?4)")
                .and_then(|mut statement| {
                    statement.execute(params![seq.cast_signed(), entry.body.name(), bytes, hash])
                })
                .map_err(Error::sql(&self.path))?;
        }
        crate::point("journal.written");
        transaction.commit().map_err(Error::sql(&self.path))?;
        crate::point("journal.committed");
        (self.seq, self.hash) = (seq, hash);
        Ok(())
    }

    fn head(&self) -> (u64, ChainHash) {
        (self.seq, self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seawall_model::journal::Body;
    use seawall_model::{Position, Timestamp};

    fn tick(seq: u64) -> Entry {
        Entry::new(seq, Position(0), Timestamp::MIN, Body::Tick)
    }

    #[test]
    fn entries_are_kept_in_order_and_chained() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let mut journal = Journal::open(&path, Access::Write).unwrap();
        journal.append(&[tick(1), tick(2)]).unwrap();
        journal.append(&[tick(3)]).unwrap();
        let head = journal.head();
        drop(journal);
        let journal = Journal::open(&path, Access::Read).unwrap();
        assert_eq!(journal.head(), head);
        assert_eq!(journal.verify().unwrap(), 3);
        let seqs: Vec<u64> = journal.read(1, 9).unwrap().iter().map(|r| r.entry.seq).collect();
        assert_eq!(seqs, [2, 3]);
        assert_eq!(journal.of_types(&["tick"]).unwrap().len(), 3);
    }

    #[test]
    fn a_changed_entry_breaks_the_chain_and_the_schema_refuses_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let mut journal = Journal::open(&path, Access::Write).unwrap();
        journal.append(&[tick(1), tick(2), tick(3)]).unwrap();
        let conn = Connection::open(&path).unwrap();
        let change = "UPDATE entry SET body =
                          CAST(replace(body, '\"after\":0', '\"after\":1') AS BLOB) WHERE seq = 2";
        assert!(conn.execute(change, []).is_err(), "append-only");
        conn.execute_batch("DROP TRIGGER entry_is_final").unwrap();
        conn.execute(change, []).unwrap();
        assert!(matches!(journal.verify(), Err(Error::BrokenChain { seq: 2 })));
        assert!(matches!(journal.verify_newest(2), Err(Error::BrokenChain { seq: 2 })));
        assert_eq!(journal.verify_newest(1).unwrap(), 3, "only the newest is looked at");
    }
}
