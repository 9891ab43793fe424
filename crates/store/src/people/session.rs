//! Sessions: what a login opened, until it ends.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, Row, params};
use seawall_model::Timestamp;

use super::{Fail, People, PeopleError, Person, TokenHash, person, time};

/// Sessions of one person at most; the oldest ends for the next.
pub const SESSIONS_PER_PERSON_MAX: u32 = 16;

/// A session.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Its number, by which its person lists and ends it.
    pub number: u64,
    /// Whose it is.
    pub person: u64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last, to a minute.
    pub seen_at: Timestamp,
    /// When it ends, used or not.
    pub ends_at: Timestamp,
    /// Until when the password counts as just entered.
    pub stepped_up_until: Timestamp,
    /// The signing key, sealed under the token.
    pub sealed_seed: Vec<u8>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({} of person {})", self.number, self.person)
    }
}

/// A session to be opened.
#[derive(Clone)]
pub struct NewSession {
    /// Hash of its token.
    pub hash: TokenHash,
    /// Whose it is.
    pub person: u64,
    /// How often their password was set when the login began.
    pub settings: u64,
    /// When it ends, used or not.
    pub ends_at: Timestamp,
    /// Until when the password counts as just entered.
    pub stepped_up_until: Timestamp,
    /// The signing key, sealed under the token.
    pub sealed_seed: Vec<u8>,
}

impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewSession(of person {})", self.person)
    }
}

impl People {
    /// Opens a session, unless the person was disabled or their password set since the login
    /// began: then `None`.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn open_session(
        &mut self,
        new: &NewSession,
        now: Timestamp,
    ) -> Result<Option<u64>, PeopleError> {
        self.write(|step, _| {
            let number = new.person.cast_signed();
            let is_still = person::find(step, new.person)?
                .is_some_and(|p| p.settings == new.settings && p.disabled_at.is_none());
            if !is_still {
                return Ok(None);
            }
            step.execute("DELETE FROM session WHERE ends_at <= ?1", [now.micros()])?;
            step.execute(
                "DELETE FROM session WHERE person = ?1 AND number NOT IN
                 (SELECT number FROM session WHERE person = ?1 ORDER BY number DESC LIMIT ?2)",
                params![number, SESSIONS_PER_PERSON_MAX - 1],
            )?;
            step.execute(
                "INSERT INTO session (hash, person, created_at, seen_at, ends_at,
                 stepped_up_until, sealed_seed) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6)",
                params![
                    new.hash,
                    number,
                    now.micros(),
                    new.ends_at.micros(),
                    new.stepped_up_until.micros(),
                    new.sealed_seed
                ],
            )?;
            Ok(Some(step.last_insert_rowid().cast_unsigned()))
        })
    }

    /// The session of a token and its person, if both may still come in: it is before its end,
    /// was used after `idle_since`, and the person is enabled.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    ///
    /// Cost: two look-ups, some 20 µs.
    pub fn session(
        &self,
        hash: &TokenHash,
        now: Timestamp,
        idle_since: Timestamp,
    ) -> Result<Option<(Session, Person)>, PeopleError> {
        self.read(|conn, _| {
            let sql = format!("{SELECT} WHERE hash = ?1 AND ends_at > ?2 AND seen_at > ?3");
            let session = conn
                .prepare_cached(&sql)?
                .query_row(params![hash, now.micros(), idle_since.micros()], row_of)
                .optional()?;
            let Some(session) = session else { return Ok(None) };
            let person = person::find(conn, session.person)?;
            Ok(person.filter(|person| person.disabled_at.is_none()).map(|p| (session, p)))
        })
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn session_seen(&mut self, number: u64, now: Timestamp) -> Result<(), PeopleError> {
        self.write(|step, _| {
            let sql = "UPDATE session SET seen_at = max(seen_at, ?2) WHERE number = ?1";
            step.execute(sql, params![number.cast_signed(), now.micros()])?;
            Ok(())
        })
    }

    /// Notes that the password was entered again. `false` if the session ended meanwhile, or
    /// the password was set another time than `settings` says.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn step_up_session(
        &mut self,
        number: u64,
        settings: u64,
        until: Timestamp,
    ) -> Result<bool, PeopleError> {
        self.write(|step, _| {
            let sql = "UPDATE session SET stepped_up_until = ?3 WHERE number = ?1 AND person IN
                       (SELECT number FROM person WHERE settings = ?2 AND disabled_at IS NULL)";
            let row = params![number.cast_signed(), settings.cast_signed(), until.micros()];
            Ok(step.execute(sql, row)? == 1)
        })
    }

    /// Ends the session of a token. `false` if there is none.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn end_session(&mut self, hash: &TokenHash) -> Result<bool, PeopleError> {
        self.write(|step, _| Ok(step.execute("DELETE FROM session WHERE hash = ?1", [hash])? == 1))
    }

    /// Ends one of a person's own sessions. `false` if they have none of that number.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn end_session_of(&mut self, person: u64, number: u64) -> Result<bool, PeopleError> {
        self.write(|step, _| {
            let sql = "DELETE FROM session WHERE person = ?1 AND number = ?2";
            Ok(step.execute(sql, params![person.cast_signed(), number.cast_signed()])? == 1)
        })
    }

    /// A person's sessions that have not ended, newest first.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn sessions(
        &self,
        person: u64,
        now: Timestamp,
        idle_since: Timestamp,
    ) -> Result<Vec<Session>, PeopleError> {
        self.read(|conn, _| sessions(conn, person, now, idle_since))
    }
}

const SELECT: &str = "SELECT number, person, created_at, seen_at, ends_at, stepped_up_until,
    sealed_seed FROM session";

fn row_of(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        person: row.get::<_, i64>(1)?.cast_unsigned(),
        created_at: time(row.get(2)?),
        seen_at: time(row.get(3)?),
        ends_at: time(row.get(4)?),
        stepped_up_until: time(row.get(5)?),
        sealed_seed: row.get(6)?,
    })
}

fn sessions(
    conn: &Connection,
    person: u64,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Vec<Session>, Fail> {
    let sql = format!(
        "{SELECT} WHERE person = ?1 AND ends_at > ?2 AND seen_at > ?3 ORDER BY number DESC"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let row = params![person.cast_signed(), now.micros(), idle_since.micros()];
    Ok(statement.query_map(row, row_of)?.collect::<Result<_, _>>()?)
}
