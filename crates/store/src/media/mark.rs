//! Files marked as suspected child abuse: which they are, and whether they were handed over.
//!
//! A mark needs no file: what comes later under its digest is marked when it comes. Left out: what
//! leaves which screen, and the journal, whose entry follows the mark.

use rusqlite::{OptionalExtension, params};
use seawall_model::Timestamp;

use super::{Media, MediaName};
use crate::key::Use;
use crate::{Error, point};

/// Bytes of SHA-256, and of a perceptual hash.
const HASH_BYTES: usize = 32;
/// Perceptual hashes kept of one mark.
const PDQS_MAX: usize = 16;

/// A mark.
#[derive(Clone, PartialEq, Eq)]
pub struct Mark {
    /// The file.
    pub name: MediaName,
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// Its perceptual hashes (PDQ), as far as they were known. Content.
    pub pdqs: Vec<[u8; 32]>,
    /// Who marked it, as the log names them.
    pub by: String,
    /// Number of their key in the journal; 0 for a machine, and where it was not admitted.
    pub reviewer: u64,
    /// Whether the journal tells of it.
    pub is_journaled: bool,
}

impl std::fmt::Debug for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mark({} by {})", self.name, self.by)
    }
}

impl Media {
    /// Marks a file, with the perceptual hashes known of it. What was made of it is deleted and
    /// leave to open it ends, in one durable step. Marked again, it gains the hashes that are new.
    ///
    /// # Errors
    /// [`Error::Sqlite`]; then nothing is marked.
    pub fn mark(
        &mut self,
        sha256: &[u8; 32],
        pdqs: &[[u8; 32]],
        (by, reviewer): (&str, u64),
        now: Timestamp,
    ) -> Result<Mark, Error> {
        let name = self.name(sha256);
        let known = self.marked(name)?;
        let is_journaled = known.as_ref().is_some_and(|mark| mark.is_journaled);
        let mut mark = known.unwrap_or_else(|| Mark {
            name,
            sha256: *sha256,
            pdqs: Vec::new(),
            by: by.to_owned(),
            reviewer,
            is_journaled,
        });
        for pdq in pdqs {
            if mark.pdqs.len() < PDQS_MAX && !mark.pdqs.contains(pdq) {
                mark.pdqs.push(*pdq);
                // More may leave the banks by it, which is told anew.
                mark.is_journaled = false;
            }
        }
        let plain = [&mark.sha256[..], &mark.pdqs.concat()].concat();
        let sealed = self.keys.marks().seal(number(name), &plain, &name.0);
        let sql = "INSERT INTO mark VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)
                   ON CONFLICT (name) DO UPDATE SET hashes = ?4, journaled = ?6";
        let row = params![
            name.0,
            mark.by,
            mark.reviewer.cast_signed(),
            sealed,
            now.micros(),
            mark.is_journaled
        ];
        let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
        let deleted = transaction.execute(sql, row).and_then(|_| {
            transaction.execute("DELETE FROM derived WHERE name = ?1", [name.0])?;
            transaction.execute("DELETE FROM leave WHERE name = ?1", [name.0])?;
            transaction.commit()
        });
        deleted.map_err(Error::sql(&self.path))?;
        point("media.marked");
        Ok(mark)
    }

    /// The mark of a file, if it is marked.
    ///
    /// # Errors
    /// [`Error::MediaDamaged`] if it cannot be opened.
    pub fn marked(&self, name: MediaName) -> Result<Option<Mark>, Error> {
        let row: Option<Row> = self
            .conn
            .query_row(
                "SELECT by, reviewer, hashes, journaled FROM mark WHERE name = ?1",
                [name.0],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .optional()
            .map_err(Error::sql(&self.path))?;
        row.map(|row| self.opened(name, row)).transpose()
    }

    /// Every mark, in order of name.
    ///
    /// # Errors
    /// As [`Media::marked`].
    pub fn marks(&self) -> Result<Vec<Mark>, Error> {
        let rows: Vec<(MediaName, Row)> = self
            .conn
            .prepare("SELECT name, by, reviewer, hashes, journaled FROM mark ORDER BY name")
            .and_then(|mut statement| {
                let rows = statement.query_map([], |row| {
                    let told = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
                    Ok((MediaName(row.get(0)?), told))
                });
                rows?.collect()
            })
            .map_err(Error::sql(&self.path))?;
        rows.into_iter().map(|(name, row)| self.opened(name, row)).collect()
    }

    fn opened(&self, name: MediaName, row: Row) -> Result<Mark, Error> {
        let (by, reviewer, sealed, is_journaled) = row;
        let opened = self.keys.marks().open(number(name), &sealed, &name.0);
        let opened = opened.ok_or_else(|| Error::MediaDamaged { path: self.path.clone() })?;
        let (hashes, _) = opened.as_chunks::<HASH_BYTES>();
        let Some((sha256, pdqs)) = hashes.split_first() else {
            return Err(Error::MediaDamaged { path: self.path.clone() });
        };
        let (pdqs, reviewer) = (pdqs.to_vec(), reviewer.cast_unsigned());
        Ok(Mark { name, sha256: *sha256, pdqs, by, reviewer, is_journaled })
    }

    /// Notes that the journal tells of a mark.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn mark_journaled(&mut self, name: MediaName) -> Result<(), Error> {
        let noted = self.conn.execute("UPDATE mark SET journaled = 1 WHERE name = ?1", [name.0]);
        noted.map(drop).map_err(Error::sql(&self.path))
    }

    /// Takes a mark back; the journal has told of it before.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn unmark(&mut self, name: MediaName) -> Result<(), Error> {
        let deleted = self.conn.execute("DELETE FROM mark WHERE name = ?1", [name.0]);
        deleted.map(drop).map_err(Error::sql(&self.path))
    }

    /// Notes that a marked file was handed over; the first time counts.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn handed_over(&mut self, name: MediaName, now: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE mark SET handed_over_at = ?2 WHERE name = ?1 AND handed_over_at IS NULL";
        let noted = self.conn.execute(sql, params![name.0, now.micros()]);
        noted.map(drop).map_err(Error::sql(&self.path))
    }
}

/// Who, by which reviewer's number, the sealed hashes, whether journaled.
type Row = (String, i64, Vec<u8>, bool);

/// The part of a name that a nonce has room for; the rest is bound beside.
fn number(name: MediaName) -> Use {
    let (head, _) = name.0.split_at(8);
    Use::Mark(head.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
