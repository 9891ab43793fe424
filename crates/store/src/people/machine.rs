//! API keys: how machines come in, each for what it is made for and until it expires.

use std::collections::BTreeSet;
use std::fmt;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use seawall_model::Timestamp;

use super::{Fail, People, PeopleError, TokenHash, lines, time, unlines};

/// Days that a key may live at most.
pub const KEY_DAYS_MAX: i64 = 400;
/// Days that an old key may live on beside the one that replaces it.
pub const OVERLAP_DAYS_MAX: i64 = 90;
/// Bytes of a key's name at most.
const NAME_BYTES_MAX: usize = 100;
/// Seconds in a day.
const SECONDS_PER_DAY: i64 = 86_400;
/// Microseconds in a day.
const MICROS_PER_DAY: i64 = SECONDS_PER_DAY * 1_000_000;

/// A key.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its number, from 1; never given twice.
    pub number: u64,
    /// SHA-256 of its secret.
    pub hash: TokenHash,
    /// What it is for, in words.
    pub name: String,
    /// Names of what it may do.
    pub scopes: BTreeSet<String>,
    /// The person who made it.
    pub created_by: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
    /// Midnight of the last day on which it was used.
    pub last_used: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The key that replaces it.
    pub replaced_by: Option<u64>,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({})", self.number)
    }
}

impl ApiKey {
    /// Whether it opens anything at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A key to be made.
#[derive(Clone)]
pub struct NewApiKey {
    /// SHA-256 of its secret.
    pub hash: TokenHash,
    /// What it is for, in words: 1 to 100 bytes.
    pub name: String,
    /// Names of what it may do, at least one.
    pub scopes: BTreeSet<String>,
    /// The person who makes it.
    pub created_by: u64,
    /// From when on it is refused: at most [`KEY_DAYS_MAX`] from now.
    pub expires_at: Timestamp,
}

impl fmt::Debug for NewApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewApiKey(of person {})", self.created_by)
    }
}

impl People {
    /// Makes a key.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`].
    pub fn add_key(&mut self, new: &NewApiKey, now: Timestamp) -> Result<ApiKey, PeopleError> {
        self.write(|step, _| {
            let number = insert(step, new, now)?;
            find(step, number)?.ok_or_else(|| PeopleError::NoKey(number).into())
        })
    }

    /// The key of that number, live or not.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn key(&self, number: u64) -> Result<Option<ApiKey>, PeopleError> {
        self.read(|conn, _| find(conn, number))
    }

    /// Up to `keys_max` keys after number `after`, live or not, by number.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn keys(&self, after: u64, keys_max: u32) -> Result<Vec<ApiKey>, PeopleError> {
        self.read(|conn, _| {
            let sql = format!("{SELECT} WHERE number > ?1 ORDER BY number LIMIT ?2");
            let mut statement = conn.prepare_cached(&sql)?;
            let rows = statement.query_map(params![after.cast_signed(), keys_max], row_of)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Notes the day on which a key was used.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn key_used(&mut self, number: u64, now: Timestamp) -> Result<(), PeopleError> {
        self.write(|step, _| {
            let sql = "UPDATE api_key SET last_used_day = ?2 WHERE number = ?1";
            step.execute(sql, params![number.cast_signed(), now.micros() / MICROS_PER_DAY])?;
            Ok(())
        })
    }

    /// Makes a key in place of another: the same name, scopes and length of life. The old one
    /// lives on for `overlap_s` seconds, at most [`OVERLAP_DAYS_MAX`] days.
    ///
    /// # Errors
    /// [`PeopleError::NoKey`] if it lives no more or was replaced before,
    /// [`PeopleError::Invalid`] if the overlap is too long.
    pub fn rotate_key(
        &mut self,
        number: u64,
        hash: TokenHash,
        overlap_s: u32,
        now: Timestamp,
    ) -> Result<ApiKey, PeopleError> {
        if i64::from(overlap_s) > OVERLAP_DAYS_MAX * SECONDS_PER_DAY {
            return Err(PeopleError::Invalid {
                field: "overlap_s",
                problem: "must be at most 90 days, 7776000 seconds",
            });
        }
        self.write(|step, _| {
            let old = find(step, number)?
                .filter(|key| key.is_live(now) && key.replaced_by.is_none())
                .ok_or(PeopleError::NoKey(number))?;
            let life = old.expires_at.micros() - old.created_at.micros();
            let new = NewApiKey {
                hash,
                name: old.name.clone(),
                scopes: old.scopes.clone(),
                created_by: old.created_by,
                expires_at: now.plus_micros(life),
            };
            let replaced_by = insert(step, &new, now)?;
            let until = old.expires_at.min(now.plus_seconds(i64::from(overlap_s)));
            step.execute(
                "UPDATE api_key SET expires_at = ?2, replaced_by = ?3 WHERE number = ?1",
                params![number.cast_signed(), until.micros(), replaced_by.cast_signed()],
            )?;
            find(step, replaced_by)?.ok_or_else(|| PeopleError::NoKey(replaced_by).into())
        })
    }

    /// Revokes a key at once. Revoking it again changes nothing.
    ///
    /// # Errors
    /// [`PeopleError::NoKey`] if there is none of that number.
    pub fn revoke_key(&mut self, number: u64, now: Timestamp) -> Result<ApiKey, PeopleError> {
        self.write(|step, _| {
            step.execute(
                "UPDATE api_key SET revoked_at = ifnull(revoked_at, ?2) WHERE number = ?1",
                params![number.cast_signed(), now.micros()],
            )?;
            find(step, number)?.ok_or_else(|| PeopleError::NoKey(number).into())
        })
    }
}

fn insert(step: &Transaction<'_>, new: &NewApiKey, now: Timestamp) -> Result<u64, Fail> {
    let is_short = (1..=NAME_BYTES_MAX).contains(&new.name.len());
    if !is_short || new.name.trim() != new.name || new.name.chars().any(char::is_control) {
        let problem = "must be 1 to 100 bytes without control characters or blanks around it";
        return Err(PeopleError::Invalid { field: "name", problem }.into());
    }
    if new.scopes.is_empty() {
        let problem = "must name at least one scope";
        return Err(PeopleError::Invalid { field: "scopes", problem }.into());
    }
    let latest = now.plus_seconds(KEY_DAYS_MAX * SECONDS_PER_DAY);
    if new.expires_at <= now || new.expires_at > latest {
        let problem = "must lie ahead, by at most 400 days";
        return Err(PeopleError::Invalid { field: "expires_at", problem }.into());
    }
    step.execute(
        "INSERT INTO api_key (hash, name, scopes, created_by, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            new.hash,
            new.name,
            lines(new.scopes.iter().map(String::as_str)),
            new.created_by.cast_signed(),
            now.micros(),
            new.expires_at.micros()
        ],
    )?;
    Ok(step.last_insert_rowid().cast_unsigned())
}

const SELECT: &str = "SELECT number, hash, name, scopes, created_by, created_at, expires_at,
    last_used_day, revoked_at, replaced_by FROM api_key";

fn row_of(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    let day = row.get::<_, Option<i64>>(7)?;
    Ok(ApiKey {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        hash: row.get(1)?,
        name: row.get(2)?,
        scopes: unlines(&row.get::<_, String>(3)?),
        created_by: row.get::<_, i64>(4)?.cast_unsigned(),
        created_at: time(row.get(5)?),
        expires_at: time(row.get(6)?),
        last_used: day.map(|day| time(day.saturating_mul(MICROS_PER_DAY))),
        revoked_at: row.get::<_, Option<i64>>(8)?.map(time),
        replaced_by: row.get::<_, Option<i64>>(9)?.map(i64::cast_unsigned),
    })
}

fn find(conn: &Connection, number: u64) -> Result<Option<ApiKey>, Fail> {
    let sql = format!("{SELECT} WHERE number = ?1");
    let mut statement = conn.prepare_cached(&sql)?;
    Ok(statement.query_row([number.cast_signed()], row_of).optional()?)
}
