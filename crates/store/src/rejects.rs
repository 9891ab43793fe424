//! Refused inputs, kept where they can be looked at, for a few days.
//!
//! Whose content a refused input is cannot be known in general, so each is sealed
//! under the key of its day, which is destroyed when the days are over, and an erasure
//! also destroys every refused input that names the account.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{PlatformId, Rejection, Timestamp};

use crate::key::{Secret, Use};
use crate::naming::Names;
use crate::sqlite::{self, Kind};
use crate::{Access, Chance, Error, FolderKeys};

/// Refused inputs kept at most; an import stops before it exceeds them.
const REJECTS_MAX: u64 = 1_000_000;
/// Bytes kept of one refused input.
const REJECT_BYTES_MAX: usize = 64 * 1024;
/// Microseconds in a day.
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A refused input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Own number of the import that refused it.
    pub import: u64,
    /// Line of the source on which it begins, from 1.
    pub line: u64,
    /// Code of the rejection.
    pub code: String,
    /// Where in the input.
    pub pointer: String,
    /// What was wrong.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// Its bytes, cut at 64 KiB.
    pub bytes: Vec<u8>,
    /// Whether all its bytes are here.
    pub is_whole: bool,
}

/// The refused inputs of a data folder.
pub struct Rejects {
    path: PathBuf,
    conn: Connection,
    keys: Arc<FolderKeys>,
    count: u64,
    dirty: bool,
}

impl Rejects {
    pub(crate) fn open(path: &Path, keys: Arc<FolderKeys>, access: Access) -> Result<Self, Error> {
        let conn = match access {
            Access::Write => sqlite::open(path, Kind::Rejects)?,
            Access::Read => sqlite::open_read(path, Kind::Rejects)?,
        };
        let count: i64 = conn
            .query_row("SELECT count(*) FROM reject", [], |row| row.get(0))
            .map_err(Error::sql(path))?;
        Ok(Self { path: path.into(), conn, keys, count: count.cast_unsigned(), dirty: false })
    }

    /// How many are kept.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Keeps a refused input. Durable after [`Rejects::commit`].
    ///
    /// `source` is the import, the line, and, for a file, the byte of the source: an import
    /// that goes on after a crash may keep the same one again, which changes nothing.
    ///
    /// # Errors
    /// [`Error::RejectsFull`] at a million.
    pub fn keep(
        &mut self,
        source: (u64, u64, Option<u64>),
        rejection: &Rejection,
        bytes: &[u8],
        now: Timestamp,
        chance: &mut dyn Chance,
    ) -> Result<(), Error> {
        if self.count >= REJECTS_MAX {
            return Err(Error::RejectsFull { limit: REJECTS_MAX });
        }
        self.begin()?;
        let (import, line, place) = source;
        let day = now.micros() / MICROS_PER_DAY;
        let secret = self.day_secret(day, chance)?;
        let number = self.largest()? + 1;
        let part = &bytes[..bytes.len().min(REJECT_BYTES_MAX)];
        // Pointer and words may name what the input named, so they are sealed with it.
        let mut plain = Writer::new();
        for text in [&rejection.pointer, &rejection.detail, &rejection.remedy] {
            plain.len(text.len());
            plain.raw(text.as_bytes());
        }
        plain.raw(part);
        let keys = self.keys.account(&secret);
        let sealed = keys.seal(Use::Reject(number), &plain.into_bytes(), &[]);
        let row = params![
            number.cast_signed(),
            import.cast_signed(),
            line.cast_signed(),
            place.map(u64::cast_signed),
            day,
            rejection.code.as_str(),
            part.len() == bytes.len(),
            sealed
        ];
        self.conn
            .prepare_cached("INSERT OR IGNORE INTO reject VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .and_then(|mut statement| statement.execute(row))
            .map(|kept| self.count += kept as u64)
            .map_err(Error::sql(&self.path))
    }

    fn begin(&mut self) -> Result<(), Error> {
        if !self.dirty {
            self.conn.execute_batch("BEGIN IMMEDIATE").map_err(Error::sql(&self.path))?;
            self.dirty = true;
        }
        Ok(())
    }

    /// Makes the refused inputs durable.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn commit(&mut self) -> Result<(), Error> {
        if self.dirty {
            self.conn.execute_batch("COMMIT").map_err(Error::sql(&self.path))?;
            self.dirty = false;
            crate::point("rejects.committed");
        }
        Ok(())
    }

    fn largest(&self) -> Result<u64, Error> {
        self.conn
            .prepare_cached("SELECT ifnull(max(number), 0) FROM reject")
            .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(0)))
            .map(i64::cast_unsigned)
            .map_err(Error::sql(&self.path))
    }

    fn day_secret(&self, day: i64, chance: &mut dyn Chance) -> Result<Secret, Error> {
        if let Some(secret) = self.secret_of(day)? {
            return Ok(secret);
        }
        let mut secret = [0; 32];
        chance.fill(&mut secret);
        self.conn
            .execute("INSERT INTO day_key VALUES (?1, ?2)", params![day, secret])
            .map_err(Error::sql(&self.path))?;
        Ok(secret)
    }

    fn secret_of(&self, day: i64) -> Result<Option<Secret>, Error> {
        self.conn
            .prepare_cached("SELECT secret FROM day_key WHERE day = ?1")
            .and_then(|mut statement| statement.query_row([day], |row| row.get(0)).optional())
            .map_err(Error::sql(&self.path))
    }

    /// Up to `rejects_max` refused inputs after number `after`, with their numbers.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn read(&self, after: u64, rejects_max: u32) -> Result<Vec<(u64, Reject)>, Error> {
        let sql = "SELECT number, import, line, code, whole, body, day
                   FROM reject WHERE number > ?1 ORDER BY number LIMIT ?2";
        let rows: Vec<(u64, Reject, i64)> = self
            .conn
            .prepare_cached(sql)
            .and_then(|mut statement| {
                let rows =
                    statement.query_map(params![after.cast_signed(), rejects_max], |row| {
                        let reject = Reject {
                            import: row.get::<_, i64>(1)?.cast_unsigned(),
                            line: row.get::<_, i64>(2)?.cast_unsigned(),
                            code: row.get(3)?,
                            pointer: String::new(),
                            detail: String::new(),
                            remedy: String::new(),
                            bytes: row.get(5)?,
                            is_whole: row.get(4)?,
                        };
                        Ok((row.get::<_, i64>(0)?.cast_unsigned(), reject, row.get(6)?))
                    })?;
                rows.collect()
            })
            .map_err(Error::sql(&self.path))?;
        rows.into_iter()
            .map(|(number, mut reject, day)| {
                let keys = self.secret_of(day)?.map(|secret| self.keys.account(&secret));
                let plain = keys.and_then(|k| k.open(Use::Reject(number), &reject.bytes, &[]));
                if plain.is_none_or(|plain| unpack(&plain, &mut reject).is_err()) {
                    reject.detail = "it cannot be opened: its key is gone or it is damaged".into();
                    reject.bytes.clear();
                }
                Ok((number, reject))
            })
            .collect()
    }

    /// Destroys every refused input that names one of these accounts, as it is or within
    /// JSON's escapes and base64.
    ///
    /// Cost: opens and searches every refused input: some 10 µs each, so seconds for the
    /// million that are kept at most.
    ///
    /// # Errors
    /// [`Error::CheckpointBusy`] if a reader holds the log up.
    pub fn erase(&mut self, names: &[PlatformId]) -> Result<u64, Error> {
        let names = Names::new(names);
        let mut after = 0;
        let mut doomed = Vec::new();
        loop {
            let chunk = self.read(after, 256)?;
            let Some((last, _)) = chunk.last() else { break };
            after = *last;
            // What was cut off may have named it.
            let named = |reject: &Reject| !reject.is_whole || names.are_in(&reject.bytes);
            doomed.extend(chunk.iter().filter(|(_, r)| named(r)).map(|(number, _)| *number));
        }
        self.destroy(&doomed)?;
        Ok(doomed.len() as u64)
    }

    fn destroy(&mut self, numbers: &[u64]) -> Result<(), Error> {
        self.begin()?;
        for number in numbers {
            self.conn
                .prepare_cached("DELETE FROM reject WHERE number = ?1")
                .and_then(|mut statement| statement.execute([number.cast_signed()]))
                .map_err(Error::sql(&self.path))?;
        }
        self.commit()?;
        self.count -= numbers.len() as u64;
        sqlite::checkpoint_truncate(&self.conn, &self.path)
    }

    /// Destroys the refused inputs of days before `cutoff`, and their keys.
    ///
    /// # Errors
    /// [`Error::CheckpointBusy`] if a reader holds the log up.
    pub fn drop_before(&mut self, cutoff: Timestamp) -> Result<u64, Error> {
        let day = cutoff.micros() / MICROS_PER_DAY;
        self.begin()?;
        let dropped = self
            .conn
            .execute("DELETE FROM reject WHERE day < ?1", [day])
            .map_err(Error::sql(&self.path))?;
        self.conn
            .execute("DELETE FROM day_key WHERE day < ?1", [day])
            .map_err(Error::sql(&self.path))?;
        self.commit()?;
        self.count -= dropped as u64;
        sqlite::checkpoint_truncate(&self.conn, &self.path)?;
        Ok(dropped as u64)
    }
}

/// Takes the sealed parts of a refused input apart.
fn unpack(plain: &[u8], reject: &mut Reject) -> Result<(), CodecError> {
    let mut rest = plain;
    for text in [&mut reject.pointer, &mut reject.detail, &mut reject.remedy] {
        let mut reader = Reader::new(rest);
        let length = reader.len(1)?;
        let (part, after) = reader.rest().split_at(length);
        *text = String::from_utf8_lossy(part).into_owned();
        rest = after;
    }
    reject.bytes = rest.to_vec();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::tests::Counting;
    use seawall_model::RejectionCode;

    fn open(dir: &Path) -> Rejects {
        let keys = FolderKeys::read(&dir.join("key"))
            .unwrap_or_else(|_| FolderKeys::make(&dir.join("key"), &mut Counting(1)).unwrap());
        Rejects::open(&dir.join("rejects.db"), Arc::new(keys), Access::Write).unwrap()
    }

    fn keep(rejects: &mut Rejects, line: u64, bytes: &[u8], day: i64) {
        let rejection = Rejection::new(RejectionCode::Invalid, "/at", "no time", "send one");
        let now = Timestamp::from_micros(day * MICROS_PER_DAY).unwrap();
        rejects.keep((1, line, Some(line)), &rejection, bytes, now, &mut Counting(2)).unwrap();
        rejects.commit().unwrap();
    }

    fn lines(rejects: &Rejects) -> Vec<u64> {
        rejects.read(0, 99).unwrap().iter().map(|(_, reject)| reject.line).collect()
    }

    #[test]
    fn a_refused_input_can_be_looked_at_and_is_sealed() {
        let dir = tempfile::tempdir().unwrap();
        let mut rejects = open(dir.path());
        keep(&mut rejects, 3, b"marker words of somebody", 5);
        let (_, reject) = rejects.read(0, 9).unwrap().remove(0);
        assert_eq!(reject.bytes, b"marker words of somebody");
        assert_eq!((reject.code.as_str(), reject.line), ("invalid", 3));
        for file in ["rejects.db", "rejects.db-wal"] {
            let bytes = std::fs::read(dir.path().join(file)).unwrap();
            let stands = bytes.windows(12).any(|window| window == b"marker words");
            assert!(!stands, "{file}");
        }
    }

    #[test]
    fn erasing_an_account_destroys_what_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut rejects = open(dir.path());
        keep(&mut rejects, 1, b"{\"account\":\"amal\"", 5);
        keep(&mut rejects, 2, b"{\"account\":\"basil\"", 5);
        keep(&mut rejects, 3, br#"{"account":"\u0623\u0645\u0644""#, 5);
        assert_eq!(rejects.erase(&[PlatformId::new("amal").unwrap()]).unwrap(), 1);
        assert_eq!(lines(&rejects), [2, 3]);
        assert_eq!(rejects.erase(&[PlatformId::new("أمل").unwrap()]).unwrap(), 1);
        assert_eq!(lines(&rejects), [2]);
    }

    #[test]
    fn erasing_finds_a_name_in_every_spelling() {
        let dir = tempfile::tempdir().unwrap();
        let mut rejects = open(dir.path());
        let inputs: [&[u8]; 7] = [
            br#"{"account":"https:\/\/x.example\/people\/1""#,
            br#"{"account":"a\u0026b""#,
            br#"{"account":"o\u0027hara""#,
            // `{"account":"https://x.example/people/1"}`
            br#"{"data_base64":"eyJhY2NvdW50IjoiaHR0cHM6Ly94LmV4YW1wbGUvcGVvcGxlLzEifQ=="}"#,
            // `o'hara`, by itself
            br#"{"body_base64":"bydoYXJh"}"#,
            br#"{"account":"https:\/\/x.example\/people\/2""#,
            br#"{"body_base64":"bm9ib2R5IHNhaWQgdGhpcw=="}"#,
        ];
        for (line, input) in (1..).zip(inputs) {
            keep(&mut rejects, line, input, 5);
        }
        let names = ["https://x.example/people/1", "a&b", "o'hara"];
        let names = names.map(|name| PlatformId::new(name).unwrap());
        assert_eq!(rejects.erase(&names).unwrap(), 5);
        assert_eq!(lines(&rejects), [6, 7]);
    }

    #[test]
    fn days_pass_and_take_their_rejects_along() {
        let dir = tempfile::tempdir().unwrap();
        let mut rejects = open(dir.path());
        keep(&mut rejects, 1, b"old", 5);
        keep(&mut rejects, 2, b"new", 12);
        let cutoff = Timestamp::from_micros(12 * MICROS_PER_DAY).unwrap();
        assert_eq!(rejects.drop_before(cutoff).unwrap(), 1);
        assert_eq!(lines(&rejects), [2]);
        assert_eq!(rejects.secret_of(5).unwrap(), None);
    }
}
