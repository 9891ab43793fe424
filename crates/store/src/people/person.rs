//! People as they are kept: added, changed by version, given a password.
//!
//! What ends an access, ends it in the same step. Left out: links, in the file beside.

use std::collections::BTreeSet;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, Transaction, params};
use seawall_model::Timestamp;

use super::who::{Clearance, Cleared, Credential, NewPerson, Person, PersonChange, Role, Standing};
use super::who::{check_login, check_roles, check_shown_name};
use super::{Fail, People, PeopleError, lines, time};
use crate::FolderKeys;

impl People {
    /// Adds a person, who comes in once they used a link.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`] or [`PeopleError::LoginTaken`].
    pub fn add_person(&mut self, new: &NewPerson, now: Timestamp) -> Result<Person, PeopleError> {
        self.write(|step, _| {
            let number = insert(step, new, now)?;
            found(step, number)
        })
    }

    /// The person of that number.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn person(&self, number: u64) -> Result<Option<Person>, PeopleError> {
        self.read(|conn, _| find(conn, number))
    }

    /// The person of that login, and what their password opens if they have one.
    ///
    /// # Errors
    /// [`PeopleError::Store`], also if the credential cannot be opened: a folder's key does
    /// not fit.
    pub fn person_by_login(
        &self,
        login: &str,
    ) -> Result<Option<(Person, Option<Credential>)>, PeopleError> {
        self.read(|conn, keys| {
            let number = conn
                .prepare_cached("SELECT number FROM person WHERE login = ?1")?
                .query_row([login], |row| row.get::<_, i64>(0))
                .optional()?;
            let Some(number) = number else { return Ok(None) };
            let person = found(conn, number.cast_unsigned())?;
            let credential = credential(conn, keys, person.number)?;
            Ok(Some((person, credential)))
        })
    }

    /// What a person's password opens.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn credential(&self, number: u64) -> Result<Option<Credential>, PeopleError> {
        self.read(|conn, keys| credential(conn, keys, number))
    }

    /// Up to `persons_max` people after number `after`, by number.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn persons(&self, after: u64, persons_max: u32) -> Result<Vec<Person>, PeopleError> {
        self.read(|conn, _| {
            let sql = format!("{SELECT} WHERE number > ?1 ORDER BY number LIMIT ?2");
            let mut statement = conn.prepare_cached(&sql)?;
            let rows = statement.query_map(params![after.cast_signed(), persons_max], row_of)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Whether nobody has ever set a password here.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub fn is_unbegun(&self) -> Result<bool, PeopleError> {
        self.read(is_unbegun)
    }

    /// Changes a person who is at the version `expected`.
    ///
    /// # Errors
    /// [`PeopleError::Stale`] if somebody was faster, [`PeopleError::LastAdmin`] if nobody
    /// could let people in any more, [`PeopleError::Invalid`].
    pub fn change_person(
        &mut self,
        number: u64,
        expected: u64,
        change: &PersonChange,
        now: Timestamp,
    ) -> Result<Person, PeopleError> {
        self.write(|step, _| {
            let person = found(step, number)?;
            if person.version != expected {
                return Err(PeopleError::Stale { person: number, version: person.version }.into());
            }
            apply(step, &person, change, now)?;
            let after = found(step, number)?;
            if is_letting_in(&person) && !is_letting_in(&after) && admins(step)? == 0 {
                return Err(PeopleError::LastAdmin.into());
            }
            Ok(after)
        })
    }

    /// Notes under which number the journal admitted a person's key.
    ///
    /// `public_key` is the key that was admitted: if the person has another by now, nothing
    /// is noted.
    ///
    /// # Errors
    /// [`PeopleError::Stale`] if they have another key by now,
    /// [`PeopleError::ReviewerTaken`] if the number is another person's, or was.
    pub fn set_reviewer(
        &mut self,
        number: u64,
        reviewer: u64,
        public_key: &str,
    ) -> Result<Person, PeopleError> {
        self.write(|step, _| {
            let person = found(step, number)?;
            if person.public_key.as_deref() != Some(public_key) {
                return Err(PeopleError::Stale { person: number, version: person.version }.into());
            }
            let sql = "SELECT EXISTS (SELECT 1 FROM person
                       WHERE reviewer_before = ?2 AND number != ?1)";
            let both = params![number.cast_signed(), reviewer.cast_signed()];
            if step.query_row(sql, both, |row| row.get(0))? {
                return Err(PeopleError::ReviewerTaken(reviewer).into());
            }
            let sql = "UPDATE person SET reviewer = ?2, reviewer_before = NULL,
                       version = version + 1 WHERE number = ?1";
            step.execute(sql, both)
                .map_err(|error| taken(error, PeopleError::ReviewerTaken(reviewer)))?;
            found(step, number)
        })
    }

    /// Sets another password of a person who knew the one before; their key stays. All their
    /// sessions end.
    ///
    /// # Errors
    /// [`PeopleError::Stale`] if their password was set meanwhile: `expected` counts how often
    /// it was.
    pub fn change_password(
        &mut self,
        number: u64,
        expected: u64,
        credential: &Credential,
    ) -> Result<Person, PeopleError> {
        self.write(|step, keys| {
            let person = found(step, number)?;
            if person.settings != expected {
                return Err(PeopleError::Stale { person: number, version: person.version }.into());
            }
            if person.disabled_at.is_some() {
                return Err(PeopleError::Disabled(number).into());
            }
            set_credential(step, keys, number, credential)?;
            found(step, number)
        })
    }
}

const SELECT: &str = "SELECT number, login, shown_name, roles, languages, severity_max, ideologies,
    reviewer, public_key, only_case, created_at, disabled_at, version, settings,
    reviewer_before, link_by FROM person";

fn row_of(row: &Row<'_>) -> rusqlite::Result<Person> {
    let number = |column| row.get::<_, Option<i64>>(column).map(|n| n.map(i64::cast_unsigned));
    Ok(Person {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        login: row.get(1)?,
        shown_name: row.get(2)?,
        roles: row.get::<_, String>(3)?.lines().filter_map(Role::from_name).collect(),
        clearance: Clearance {
            languages: Cleared::read(row.get(4)?),
            severity_max: row.get(5)?,
            ideologies: Cleared::read(row.get(6)?),
        },
        reviewer: number(7)?,
        public_key: row.get(8)?,
        only_case: number(9)?,
        created_at: time(row.get(10)?),
        disabled_at: row.get::<_, Option<i64>>(11)?.map(time),
        version: row.get::<_, i64>(12)?.cast_unsigned(),
        settings: row.get::<_, i64>(13)?.cast_unsigned(),
        reviewer_before: number(14)?,
        link_by: number(15)?,
    })
}

pub(super) fn find(conn: &Connection, number: u64) -> Result<Option<Person>, Fail> {
    let sql = format!("{SELECT} WHERE number = ?1");
    let mut statement = conn.prepare_cached(&sql)?;
    Ok(statement.query_row([number.cast_signed()], row_of).optional()?)
}

pub(super) fn found(conn: &Connection, number: u64) -> Result<Person, Fail> {
    find(conn, number)?.ok_or_else(|| PeopleError::NoPerson(number).into())
}

pub(super) fn is_unbegun(conn: &Connection, _: &FolderKeys) -> Result<bool, Fail> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM person WHERE settings > 0)";
    Ok(conn.query_row(sql, [], |row| row.get(0))?)
}

fn credential(
    conn: &Connection,
    keys: &FolderKeys,
    number: u64,
) -> Result<Option<Credential>, Fail> {
    let sealed = conn
        .prepare_cached("SELECT credential FROM person WHERE number = ?1")?
        .query_row([number.cast_signed()], |row| row.get::<_, Option<Vec<u8>>>(0))
        .optional()?
        .flatten();
    let Some(sealed) = sealed else { return Ok(None) };
    match Credential::open(keys, number, &sealed) {
        Some(credential) => Ok(Some(credential)),
        None => Err(PeopleError::Invalid {
            field: "credential",
            problem: "in people.db cannot be opened: it is damaged or of another folder; run \
                      `seawall doctor`, then restore a backup",
        }
        .into()),
    }
}

pub(super) fn insert(step: &Transaction<'_>, new: &NewPerson, now: Timestamp) -> Result<u64, Fail> {
    check_login(&new.login)?;
    check_shown_name(&new.shown_name)?;
    check_roles(&new.roles, new.only_case)?;
    new.clearance.check()?;
    let sql = "INSERT INTO person (login, shown_name, roles, languages, severity_max, ideologies,
               only_case, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    step.execute(
        sql,
        params![
            new.login,
            new.shown_name,
            written(&new.roles),
            new.clearance.languages.written(),
            new.clearance.severity_max,
            new.clearance.ideologies.written(),
            new.only_case.map(u64::cast_signed),
            now.micros()
        ],
    )
    .map_err(|error| taken(error, PeopleError::LoginTaken))?;
    Ok(step.last_insert_rowid().cast_unsigned())
}

fn written(roles: &BTreeSet<Role>) -> String {
    lines(roles.iter().map(|role| role.name()))
}

/// What a number or a login that is another's comes to.
fn taken(error: rusqlite::Error, told: PeopleError) -> Fail {
    let is_taken =
        error.sqlite_error().is_some_and(|error| error.code == ErrorCode::ConstraintViolation);
    if is_taken { Fail::Told(told) } else { Fail::Sql(error) }
}

fn apply(
    step: &Transaction<'_>,
    person: &Person,
    change: &PersonChange,
    now: Timestamp,
) -> Result<(), Fail> {
    let shown_name = change.shown_name.as_ref().unwrap_or(&person.shown_name);
    let roles = change.roles.as_ref().unwrap_or(&person.roles);
    let clearance = change.clearance.as_ref().unwrap_or(&person.clearance);
    let disabled_at = match change.standing {
        None => person.disabled_at,
        Some(Standing::Enabled) => None,
        Some(Standing::Disabled) => person.disabled_at.or(Some(now)),
    };
    check_shown_name(shown_name)?;
    check_roles(roles, person.only_case)?;
    clearance.check()?;
    let number = person.number.cast_signed();
    step.execute(
        "UPDATE person SET shown_name = ?2, roles = ?3, languages = ?4, severity_max = ?5,
         ideologies = ?6, disabled_at = ?7, version = version + 1 WHERE number = ?1",
        params![
            number,
            shown_name,
            written(roles),
            clearance.languages.written(),
            clearance.severity_max,
            clearance.ideologies.written(),
            disabled_at.map(Timestamp::micros)
        ],
    )?;
    if disabled_at.is_some() || *roles != person.roles {
        step.execute("DELETE FROM session WHERE person = ?1", [number])?;
    }
    if disabled_at.is_some() {
        step.execute("DELETE FROM link WHERE person = ?1", [number])?;
    }
    Ok(())
}

fn is_letting_in(person: &Person) -> bool {
    person.settings > 0 && person.disabled_at.is_none() && person.roles.contains(&Role::Admin)
}

/// How many admins can log in. A role never holds another's name.
fn admins(conn: &Connection) -> Result<i64, Fail> {
    let sql = "SELECT count(*) FROM person
               WHERE settings > 0 AND disabled_at IS NULL AND instr(roles, 'admin') > 0";
    Ok(conn.query_row(sql, [], |row| row.get(0))?)
}

/// Sets a password and ends what the one before had opened.
pub(super) fn set_credential(
    step: &Transaction<'_>,
    keys: &FolderKeys,
    number: u64,
    credential: &Credential,
) -> Result<(), Fail> {
    step.execute(
        "UPDATE person SET credential = ?2, settings = settings + 1, version = version + 1
         WHERE number = ?1",
        params![number.cast_signed(), credential.seal(keys, number)],
    )?;
    step.execute("DELETE FROM session WHERE person = ?1", [number.cast_signed()])?;
    Ok(())
}
