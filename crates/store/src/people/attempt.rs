//! Failed attempts: who must wait before the next guess, also after a restart.
//!
//! An attempt is counted as failed before it is judged and taken back when it was right, so
//! that many at once are not worth more than one after another. Logins and addresses are
//! kept as keyed hashes only.

use rusqlite::{OptionalExtension, Transaction, params};
use seawall_model::Timestamp;

use super::{Fail, People, PeopleError, time};
use crate::FolderKeys;

/// Failures after which waiting begins.
pub const FAILURES_FREE: u32 = 5;
/// Seconds of the first wait; each further failure doubles it.
const WAIT_FIRST_S: i64 = 10;
/// Seconds of the longest wait.
pub const WAIT_MAX_S: i64 = 15 * 60;
/// Seconds without a failure after which it begins anew.
const FORGOTTEN_AFTER_S: i64 = 24 * 3600;
/// Seconds for which an address is known as one a person logs in from.
const KNOWN_FOR_S: i64 = 90 * 24 * 3600;
/// Rows kept at most; the oldest go first.
const ATTEMPTS_MAX: i64 = 100_000;
/// Domain of the keyed hashes.
const DOMAIN: u8 = 0xA7;
/// What a known pair of login and address is kept as.
const KNOWN: i64 = 3;

/// Who an attempt is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A login, tried from an address. Where that login was right before from that address,
    /// only the two together are counted: strangers who guess cannot then lock its person out.
    Login(&'a str, &'a str),
    /// A client's address.
    Address(&'a str),
    /// A person who enters their password again.
    Again(u64),
}

/// What became of the beginning of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It may be judged, and is counted as failed until [`People::attempt_was_right`].
    Open,
    /// It may not: wait until then.
    Wait(Timestamp),
}

type Row = (i64, [u8; 16]);

impl People {
    /// Begins an attempt.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn begin_attempt(
        &mut self,
        subjects: &[Subject<'_>],
        now: Timestamp,
    ) -> Result<Begun, PeopleError> {
        self.write(|step, keys| {
            forget(step, now)?;
            let rows = rows_of(step, keys, subjects)?;
            let mut wait = None;
            for row in &rows {
                let open_at = state(step, *row)?.map_or(Timestamp::MIN, |(_, _, open_at)| open_at);
                wait = wait.max(Some(open_at).filter(|open_at| *open_at > now));
            }
            if let Some(until) = wait {
                return Ok(Begun::Wait(until));
            }
            for row in rows {
                count(step, row, now)?;
            }
            Ok(Begun::Open)
        })
    }

    /// Takes a begun attempt back, because it was right: what was counted for a login or a
    /// person is forgotten, for an address only this attempt.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn attempt_was_right(
        &mut self,
        subjects: &[Subject<'_>],
        now: Timestamp,
    ) -> Result<(), PeopleError> {
        self.write(|step, keys| {
            for subject in subjects {
                for (kind, who) in rows_of(step, keys, &[*subject])? {
                    let sql = match subject {
                        // Else one right login would buy five guesses at others.
                        Subject::Address(_) => {
                            "UPDATE attempt SET failures = max(failures - 1, 0), open_at = 0
                             WHERE kind = ?1 AND who = ?2"
                        }
                        _ => "DELETE FROM attempt WHERE kind = ?1 AND who = ?2",
                    };
                    step.execute(sql, params![kind, who])?;
                }
                if let Subject::Login(login, address) = subject {
                    let (kind, who) = pair(keys, login, address);
                    let sql = "INSERT OR REPLACE INTO attempt VALUES (?1, ?2, 0, ?3, 0)";
                    step.execute(sql, params![kind, who, now.micros()])?;
                }
            }
            Ok(())
        })
    }
}

fn pair(keys: &FolderKeys, login: &str, address: &str) -> Row {
    (KNOWN, keys.index_hash(DOMAIN, &format!("pair {} {login} {address}", login.len())))
}

/// The rows that count for these subjects.
fn rows_of(
    step: &Transaction<'_>,
    keys: &FolderKeys,
    subjects: &[Subject<'_>],
) -> Result<Vec<Row>, Fail> {
    let mut rows = Vec::with_capacity(subjects.len());
    for subject in subjects {
        rows.push(match subject {
            Subject::Login(login, address) => {
                let known = pair(keys, login, address);
                match state(step, known)? {
                    Some(_) => known,
                    None => (0, keys.index_hash(DOMAIN, &format!("login {login}"))),
                }
            }
            Subject::Address(address) => {
                (1, keys.index_hash(DOMAIN, &format!("address {address}")))
            }
            Subject::Again(person) => (2, keys.index_hash(DOMAIN, &format!("again {person}"))),
        });
    }
    Ok(rows)
}

fn state(
    step: &Transaction<'_>,
    (kind, who): Row,
) -> Result<Option<(u32, Timestamp, Timestamp)>, Fail> {
    let sql = "SELECT failures, last_at, open_at FROM attempt WHERE kind = ?1 AND who = ?2";
    let read =
        |row: &rusqlite::Row<'_>| Ok((row.get::<_, u32>(0)?, time(row.get(1)?), time(row.get(2)?)));
    Ok(step.prepare_cached(sql)?.query_row(params![kind, who], read).optional()?)
}

fn count(step: &Transaction<'_>, row: Row, now: Timestamp) -> Result<(), Fail> {
    let before = state(step, row)?
        .filter(|(_, last_at, _)| now.seconds_since(*last_at) < FORGOTTEN_AFTER_S)
        .map_or(0, |(failures, _, _)| failures);
    let failures = before.saturating_add(1);
    let open_at = match wait_s(failures) {
        0 => Timestamp::MIN,
        seconds => now.plus_seconds(seconds),
    };
    let sql = "INSERT OR REPLACE INTO attempt VALUES (?1, ?2, ?3, ?4, ?5)";
    step.execute(sql, params![row.0, row.1, failures, now.micros(), open_at.micros()])?;
    Ok(())
}

/// Seconds to wait after so many failures.
fn wait_s(failures: u32) -> i64 {
    match failures.checked_sub(FAILURES_FREE) {
        None => 0,
        // Seven doublings are beyond the longest wait.
        Some(over) => (WAIT_FIRST_S << over.min(7)).min(WAIT_MAX_S),
    }
}

fn forget(step: &Transaction<'_>, now: Timestamp) -> Result<(), Fail> {
    for (sql, seconds) in [
        ("DELETE FROM attempt WHERE last_at < ?1 AND kind != ?2", FORGOTTEN_AFTER_S),
        ("DELETE FROM attempt WHERE last_at < ?1 AND kind = ?2", KNOWN_FOR_S),
    ] {
        step.execute(sql, params![now.plus_seconds(-seconds).micros(), KNOWN])?;
    }
    let kept: i64 = step.query_row("SELECT count(*) FROM attempt", [], |row| row.get(0))?;
    if kept >= ATTEMPTS_MAX {
        // A tenth at once, so that a flood of addresses does not sort them all each time.
        step.execute(
            "DELETE FROM attempt WHERE (kind, who) IN
             (SELECT kind, who FROM attempt ORDER BY last_at LIMIT ?1)",
            [kept - ATTEMPTS_MAX * 9 / 10],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_begins_at_the_fifth_failure_and_doubles_to_fifteen_minutes() {
        let waits: Vec<i64> = (1..=14).map(wait_s).collect();
        assert_eq!(waits, [0, 0, 0, 0, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
        assert_eq!(wait_s(u32::MAX), WAIT_MAX_S);
    }
}
