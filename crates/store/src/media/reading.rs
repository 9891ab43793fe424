//! Who looked at what, and who may open an original once.
//!
//! A look is noted durably before anything is shown. Left out: who may be given leave.

use rusqlite::{OptionalExtension, params};
use seawall_model::Timestamp;

use super::{Media, MediaName};
use crate::Error;

/// Seconds for which leave to open an original lasts.
pub const GRANT_SECONDS: i64 = 300;
/// Leaves that one person may hold at once.
const GRANTS_PER_PERSON_MAX: i64 = 32;

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Looked {
    /// A thumbnail.
    Thumbnail = 1,
    /// An original.
    Original = 2,
    /// A marked file, to hand it over.
    HandOver = 3,
}

/// A look at a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The file.
    pub name: MediaName,
    /// Number of the person.
    pub person: u64,
    /// At what.
    pub looked: Looked,
    /// Number of the case for whose sake; 0 for none.
    pub case: u64,
}

impl Media {
    /// Notes a look, durably.
    ///
    /// # Errors
    /// [`Error::Sqlite`]; then nothing may be shown.
    pub fn note(&mut self, reading: Reading, now: Timestamp) -> Result<(), Error> {
        let row = params![
            reading.name.0,
            reading.person.cast_signed(),
            reading.looked as u8,
            reading.case.cast_signed(),
            now.micros()
        ];
        let noted = self.conn.execute("INSERT INTO reading VALUES (NULL, ?1, ?2, ?3, ?4, ?5)", row);
        noted.map(drop).map_err(Error::sql(&self.path))
    }

    /// Gives a person leave to open one file once, for a case, within [`GRANT_SECONDS`]. `hash` is
    /// SHA-256 of the token that they will show. `None` if they hold too many already.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn give_leave(
        &mut self,
        hash: &[u8; 32],
        (name, person, case): (MediaName, u64, u64),
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        let ends = now.plus_seconds(GRANT_SECONDS);
        let (person, case) = (person.cast_signed(), case.cast_signed());
        let given = (|| {
            self.conn.execute("DELETE FROM leave WHERE expires_at <= ?1", [now.micros()])?;
            let sql = "INSERT INTO leave SELECT ?1, ?2, ?3, ?4, ?5
                       WHERE (SELECT count(*) FROM leave WHERE person = ?3) < ?6";
            let row = params![hash, name.0, person, case, ends.micros(), GRANTS_PER_PERSON_MAX];
            self.conn.execute(sql, row)
        })();
        given.map(|rows| (rows > 0).then_some(ends)).map_err(Error::sql(&self.path))
    }

    /// Uses leave up: gives the case it was given for, if it is this person's, of this file, and
    /// not used or past its time. In one durable step, so that it is used once.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn use_leave(
        &mut self,
        hash: &[u8; 32],
        (name, person): (MediaName, u64),
        now: Timestamp,
    ) -> Result<Option<u64>, Error> {
        let sql = "DELETE FROM leave WHERE hash = ?1 AND name = ?2 AND person = ?3
                   AND expires_at > ?4 RETURNING subject";
        self.conn
            .query_row(sql, params![hash, name.0, person.cast_signed(), now.micros()], |row| {
                row.get::<_, i64>(0)
            })
            .optional()
            .map(|case| case.map(i64::cast_unsigned))
            .map_err(Error::sql(&self.path))
    }
}
