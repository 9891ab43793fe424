//! Who may come in: people, their sessions, keys for machines, one-time links, and failed
//! attempts.
//!
//! Kept here is what was drawn and decided elsewhere: tokens as hashes, passwords and signing
//! keys as sealed bytes. Each change is one durable step, and what ends an access ends it
//! in the same step. Left out: passwords, tokens and what a role may do (`server::access`).

mod attempt;
mod link;
mod machine;
mod person;
mod session;
mod who;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use seawall_model::Timestamp;

pub use attempt::{Begun, FAILURES_FREE, Subject, WAIT_MAX_S};
pub use link::{Given, LinkPurpose, Settled};
pub use machine::{ApiKey, KEY_DAYS_MAX, NewApiKey, OVERLAP_DAYS_MAX};
pub use session::{NewSession, SESSIONS_PER_PERSON_MAX, Session};
pub use who::{
    Clearance, Cleared, Credential, NewPerson, Person, PersonChange, Role, SEVERITY_MAX, Standing,
    check_login, check_shown_name,
};

use crate::sqlite::{self, Kind};
use crate::{Access, Error, FolderKeys};

/// SHA-256 of a token or a key's secret: all that is kept of it.
pub type TokenHash = [u8; 32];

/// Why something about people cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The file failed.
    #[error(transparent)]
    Store(#[from] Error),
    /// A field is not what it must be.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field, as the API names it.
        field: &'static str,
        /// What is wrong and what to give.
        problem: &'static str,
    },
    /// There is no such person.
    #[error("there is no person {0}")]
    NoPerson(u64),
    /// Somebody changed the person meanwhile.
    #[error("person {person} is at version {version} by now; read it again and decide anew")]
    Stale {
        /// The person.
        person: u64,
        /// The version now.
        version: u64,
    },
    /// The login is taken.
    #[error("this login is taken; choose another")]
    LoginTaken,
    /// The number of the reviewer is another person's.
    #[error("reviewer {0} is another person already")]
    ReviewerTaken(u64),
    /// Nobody could let people in any more.
    #[error("this is the last admin who can log in; make another person admin first")]
    LastAdmin,
    /// The link is unknown, used or expired; which of them is not told.
    #[error("this link is not valid any more; ask an admin for a new one")]
    LinkSpent,
    /// Somebody has a password, so the first admin needs no link.
    #[error("there is an admin already; ask them for an invitation")]
    Begun,
    /// The person has a password, so an invitation would take it over.
    #[error("person {0} has a password; send a link that resets it")]
    HasPassword(u64),
    /// The person has no password yet, so there is none to reset.
    #[error("person {0} has no password yet; invite them")]
    NoPassword(u64),
    /// Only people who were made for one case are invited to one.
    #[error("person {0} is no outside reviewer; add one with `only_case`")]
    NotOutside(u64),
    /// The person is disabled.
    #[error("person {0} is disabled; enable them first")]
    Disabled(u64),
    /// There is no such key, or it lives no more.
    #[error("there is no live API key {0}")]
    NoKey(u64),
}

/// A failure within a step, before the path is known.
enum Fail {
    Sql(rusqlite::Error),
    Told(PeopleError),
}

impl From<rusqlite::Error> for Fail {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<PeopleError> for Fail {
    fn from(error: PeopleError) -> Self {
        Self::Told(error)
    }
}

/// The people of a data folder.
#[derive(Debug)]
pub struct People {
    path: PathBuf,
    conn: Connection,
    keys: Arc<FolderKeys>,
}

impl People {
    pub(crate) fn open(path: &Path, keys: Arc<FolderKeys>, access: Access) -> Result<Self, Error> {
        let conn = match access {
            Access::Write => sqlite::open(path, Kind::People)?,
            Access::Read => sqlite::open_read(path, Kind::People)?,
        };
        Ok(Self { path: path.into(), conn, keys })
    }

    /// One durable step: all of it or nothing.
    fn write<T>(
        &mut self,
        step: impl FnOnce(&Transaction<'_>, &FolderKeys) -> Result<T, Fail>,
    ) -> Result<T, PeopleError> {
        let Self { path, conn, keys } = self;
        let done = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Fail::from)
            .and_then(|step_of| {
                let value = step(&step_of, keys)?;
                step_of.commit()?;
                Ok(value)
            });
        done.map_err(|fail| told(path, fail))
    }

    fn read<T>(
        &self,
        look: impl FnOnce(&Connection, &FolderKeys) -> Result<T, Fail>,
    ) -> Result<T, PeopleError> {
        look(&self.conn, &self.keys).map_err(|fail| told(&self.path, fail))
    }
}

fn told(path: &Path, fail: Fail) -> PeopleError {
    match fail {
        Fail::Sql(error) => Error::sql(path)(error).into(),
        Fail::Told(error) => error,
    }
}

/// A time as it was written; one outside the range can only come from a damaged file.
fn time(micros: i64) -> Timestamp {
    Timestamp::MIN.plus_micros(micros)
}

/// A set as it is written: one per line, so that names may hold commas and blanks.
fn lines<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join("\n")
}

fn unlines(text: &str) -> BTreeSet<String> {
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
