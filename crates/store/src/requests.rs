//! Idempotency keys: a write that is asked twice is done once, and answered the same.
//!
//! An answer is kept for a day, sealed under a key that is derived from the folder's and from the
//! caller's own idempotency key. That one is kept as a hash only, so whoever has the folder does
//! not read what was answered, such as a secret that is told once: only who asks again under the
//! same key does. Left out: what is asked, and by whom.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use seawall_model::Timestamp;

use crate::key::{AccountKeys, Use};
use crate::sqlite::{self, Kind};
use crate::{Error, FolderKeys};

/// How long an answer is kept, in seconds. Raising it keeps more of them.
pub const ANSWERS_KEPT_SECONDS: i64 = 86_400;
/// Bytes of a key, at most.
pub const KEY_BYTES_MAX: usize = 200;
/// Sets these hashes apart from those of ids.
const DOMAIN_KEY: u8 = 250;
const DOMAIN_ASKED: u8 = 251;

/// What is known of a request when it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is to be done now.
    New,
    /// It is being done.
    Running,
    /// It was answered so.
    Answered {
        /// The status.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
    /// The key was used for something else.
    Other,
}

/// What was asked, the status and the body of its answer.
type Row = (Vec<u8>, Option<u16>, Option<Vec<u8>>);

/// The idempotency keys of a data folder.
#[derive(Debug)]
pub struct Requests {
    path: PathBuf,
    conn: Connection,
    keys: Arc<FolderKeys>,
}

impl Requests {
    /// Opens them. What was running when the process ended is forgotten: whether it was done
    /// is Unknown, and asking again is safe where the resource has a version.
    pub(crate) fn open(path: &Path, keys: Arc<FolderKeys>) -> Result<Self, Error> {
        let conn = sqlite::open(path, Kind::Requests)?;
        conn.execute("DELETE FROM request WHERE status IS NULL", []).map_err(Error::sql(path))?;
        Ok(Self { path: path.into(), conn, keys })
    }

    /// Notes that a request begins, unless it is known.
    ///
    /// # Errors
    /// [`Error::Sqlite`], or [`Error::AnswerDamaged`] if a kept answer does not open.
    pub fn begin(
        &self,
        caller: &str,
        key: &str,
        asked: &str,
        now: Timestamp,
    ) -> Result<Known, Error> {
        let old = now.plus_seconds(-ANSWERS_KEPT_SECONDS).micros();
        let sealed_by = self.sealed_by(caller, key);
        let (key, asked) = (self.key(caller, key), self.keys.index_hash(DOMAIN_ASKED, asked));
        let row = || -> rusqlite::Result<Option<Row>> {
            self.conn.execute("DELETE FROM request WHERE at < ?1", [old])?;
            let fresh = self.conn.execute(
                "INSERT OR IGNORE INTO request VALUES (?1, ?2, ?3, NULL, NULL)",
                params![key, asked, now.micros()],
            )?;
            if fresh > 0 {
                return Ok(None);
            }
            self.conn
                .query_row(
                    "SELECT asked, status, answer FROM request WHERE key = ?1",
                    [key],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                )
                .optional()
        };
        Ok(match row().map_err(Error::sql(&self.path))? {
            None => Known::New,
            Some((other, ..)) if other != asked => Known::Other,
            Some((_, Some(status), body)) => {
                let body =
                    sealed_by.open(Use::Request(0), &body.unwrap_or_default(), &beside(status));
                let body = body.ok_or_else(|| Error::AnswerDamaged(self.path.clone()))?;
                Known::Answered { status, body }
            }
            Some((_, None, _)) => Known::Running,
        })
    }

    /// Keeps the answer of a request.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn finish(&self, caller: &str, key: &str, status: u16, body: &[u8]) -> Result<(), Error> {
        let body = self.sealed_by(caller, key).seal(Use::Request(0), body, &beside(status));
        self.conn
            .execute(
                "UPDATE request SET status = ?2, answer = ?3 WHERE key = ?1",
                params![self.key(caller, key), status, body],
            )
            .map(|_| ())
            .map_err(Error::sql(&self.path))
    }

    /// Forgets a request that came to nothing: it may be asked again.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn forget(&self, caller: &str, key: &str) -> Result<(), Error> {
        self.conn
            .execute("DELETE FROM request WHERE key = ?1", [self.key(caller, key)])
            .map(|_| ())
            .map_err(Error::sql(&self.path))
    }

    fn key(&self, caller: &str, key: &str) -> [u8; 16] {
        self.keys.index_hash(DOMAIN_KEY, &format!("{caller}\n{key}"))
    }

    fn sealed_by(&self, caller: &str, key: &str) -> AccountKeys {
        self.keys.request(format!("{caller}\n{key}").as_bytes())
    }
}

/// What a sealed answer is bound to.
fn beside(status: u16) -> [u8; 2] {
    status.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::tests::Counting;
    use crate::{Access, Folder};

    fn folder(dir: &Path) -> Folder {
        Folder::open(dir, Access::Write, &mut Counting(0)).unwrap()
    }

    #[test]
    fn a_request_is_done_once_and_answered_the_same_for_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(dir.path());
        let requests = folder.requests().unwrap();
        let now = Timestamp::parse("2026-06-01T00:00:00Z").unwrap();
        let ask = |caller, key, asked, now| requests.begin(caller, key, asked, now).unwrap();
        assert_eq!(ask("k1", "a", "x", now), Known::New);
        assert_eq!(ask("k1", "a", "x", now), Known::Running);
        assert_eq!(ask("k2", "a", "y", now), Known::New, "another caller's key is another");
        requests.finish("k1", "a", 201, b"done").unwrap();
        let done = Known::Answered { status: 201, body: b"done".to_vec() };
        assert_eq!(ask("k1", "a", "x", now), done);
        assert_eq!(ask("k1", "a", "z", now), Known::Other);
        let day = now.plus_seconds(ANSWERS_KEPT_SECONDS);
        assert_eq!(ask("k1", "a", "x", day), done);
        assert_eq!(ask("k1", "a", "x", day.plus_seconds(1)), Known::New);
    }

    #[test]
    fn what_was_running_at_a_crash_may_be_asked_again_and_what_was_answered_stays() {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::parse("2026-06-01T00:00:00Z").unwrap();
        let open = folder(dir.path());
        let requests = open.requests().unwrap();
        requests.begin("k1", "done", "x", now).unwrap();
        requests.finish("k1", "done", 200, b"").unwrap();
        requests.begin("k1", "cut", "x", now).unwrap();
        requests.begin("k1", "nothing", "x", now).unwrap();
        requests.forget("k1", "nothing").unwrap();
        assert_eq!(requests.begin("k1", "nothing", "other", now).unwrap(), Known::New);
        drop((requests, open));
        let open = folder(dir.path());
        let requests = open.requests().unwrap();
        assert_eq!(requests.begin("k1", "cut", "x", now).unwrap(), Known::New);
        let done = Known::Answered { status: 200, body: Vec::new() };
        assert_eq!(requests.begin("k1", "done", "x", now).unwrap(), done);
    }

    #[test]
    fn what_is_answered_stands_nowhere_in_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::parse("2026-06-01T00:00:00Z").unwrap();
        let open = folder(dir.path());
        let requests = open.requests().unwrap();
        requests.begin("k1", "drawn-by-the-caller", "x", now).unwrap();
        requests.finish("k1", "drawn-by-the-caller", 201, b"marker-secret").unwrap();
        let done = Known::Answered { status: 201, body: b"marker-secret".to_vec() };
        assert_eq!(requests.begin("k1", "drawn-by-the-caller", "x", now).unwrap(), done);
        drop((requests, open));
        let mut files = 0;
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_file() {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
            assert!(!holds(b"marker-secret"), "{}", path.display());
            assert!(!holds(b"drawn-by-the-caller"), "{}", path.display());
            files += 1;
        }
        assert!(files > 1);
    }

    #[test]
    fn an_answer_that_was_altered_is_told_as_damage() {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::parse("2026-06-01T00:00:00Z").unwrap();
        let open = folder(dir.path());
        let requests = open.requests().unwrap();
        requests.begin("k1", "a", "x", now).unwrap();
        requests.finish("k1", "a", 201, b"done").unwrap();
        requests.conn.execute("UPDATE request SET status = 200", []).unwrap();
        let error = requests.begin("k1", "a", "x", now).unwrap_err();
        assert!(matches!(error, Error::AnswerDamaged(_)), "{error}");
    }
}
