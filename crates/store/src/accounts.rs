//! Own ids of accounts, and the secrets that erasing destroys.
//!
//! The file is the only place where a platform's name for an account stands beside
//! Seawall's own number, and the name is sealed. Erasing deletes the row; the own id
//! stays as a tombstone, so that nothing is ever given it again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use hashbrown::HashMap;
use rusqlite::{Connection, OptionalExtension, params};
use seawall_model::{AccountId, PlatformId, Timestamp};

use crate::cache::Cache;
use crate::key::{AccountKeys, Secret, Use};
use crate::sqlite::{self, Kind};
use crate::{Chance, Error, FolderKeys};

/// Accounts kept in memory, about 100 bytes each. Half of them fit in one generation,
/// so a million accounts that take turns are all found.
const CACHED_MAX: usize = 2_000_000;
/// Domain of account names among the keyed hashes.
const NAME_DOMAIN: u8 = 1;
/// The own id under which events without an account are sealed. Never erased.
pub(crate) const PLATFORM: AccountId = AccountId(0);

/// An erasure that was asked for and is not yet carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasureRequest {
    /// Own id of the account.
    pub account: AccountId,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// Rows read in one step while the memory is filled, so that no reader holds a checkpoint up.
const READ_AT_ONCE: i64 = 4_096;

/// The newest accounts, read while others are looked up.
struct Newest {
    by_name: HashMap<[u8; 16], AccountId>,
    secrets: HashMap<u64, Secret>,
}

/// The map between a platform's accounts and own ids.
pub struct Accounts {
    path: PathBuf,
    conn: Connection,
    keys: Arc<FolderKeys>,
    by_name: Cache<[u8; 16], AccountId>,
    secrets: Cache<u64, Secret>,
    next: u64,
    dirty: bool,
    /// Brings the newest accounts, once they are read.
    newest: Option<Receiver<Newest>>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Accounts {
    /// Opens the map for writing; makes it where there is none.
    pub(crate) fn open(
        path: &Path,
        keys: Arc<FolderKeys>,
        chance: &mut dyn Chance,
    ) -> Result<Self, Error> {
        let conn = sqlite::open(path, Kind::Accounts)?;
        let mut accounts = Self::with(path, conn, keys)?;
        accounts.next = accounts.largest()? + 1;
        if accounts.secret(PLATFORM)?.is_none() {
            accounts.insert(PLATFORM, [0; 16], "", chance)?;
            accounts.commit()?;
        }
        Ok(accounts)
    }

    /// Opens the map for reading, beside a writer.
    pub(crate) fn open_read(path: &Path, keys: Arc<FolderKeys>) -> Result<Self, Error> {
        Self::with(path, sqlite::open_read(path, Kind::Accounts)?, keys)
    }

    fn with(path: &Path, conn: Connection, keys: Arc<FolderKeys>) -> Result<Self, Error> {
        Ok(Self {
            path: path.into(),
            conn,
            keys,
            by_name: Cache::new(CACHED_MAX),
            secrets: Cache::new(CACHED_MAX),
            next: 0,
            dirty: false,
            newest: None,
        })
    }

    fn largest(&self) -> Result<u64, Error> {
        let sql = "SELECT max(ifnull((SELECT max(own) FROM account), 0),
                              ifnull((SELECT max(own) FROM erased), 0))";
        let largest: i64 =
            self.conn.query_row(sql, [], |row| row.get(0)).map_err(Error::sql(&self.path))?;
        Ok(largest.cast_unsigned())
    }

    /// Reads the newest accounts into memory, in a thread beside: a program that has just
    /// started finds most of those that act without looking on disk for each.
    ///
    /// As many as are kept anyway; a second of work for a million.
    pub fn read_newest(&mut self) {
        let (path, max) = (self.path.clone(), self.by_name.all_max());
        let (give, newest) = sync_channel(1);
        self.newest = Some(newest);
        std::thread::spawn(move || {
            // What cannot be read here is looked up when it is asked for, and fails there.
            if let Ok(read) = newest_of(&path, max) {
                let _ = give.send(read);
            }
        });
    }

    fn take_newest(&mut self) {
        let Some(Ok(read)) = self.newest.as_ref().map(Receiver::try_recv) else { return };
        self.newest = None;
        self.by_name.put_all(read.by_name);
        self.secrets.put_all(read.secrets);
    }

    /// The own id of an account, if it has one.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn find(&mut self, name: &PlatformId) -> Result<Option<AccountId>, Error> {
        let hash = self.keys.index_hash(NAME_DOMAIN, name.as_str());
        self.find_hash(hash)
    }

    fn find_hash(&mut self, hash: [u8; 16]) -> Result<Option<AccountId>, Error> {
        if let Some(own) = self.by_name.get(&hash) {
            return Ok(Some(own));
        }
        self.take_newest();
        if let Some(own) = self.by_name.get(&hash) {
            return Ok(Some(own));
        }
        let row: Option<(i64, Secret)> = self
            .conn
            .prepare_cached("SELECT own, secret FROM account WHERE name_hash = ?1")
            .and_then(|mut statement| {
                statement.query_row([hash], |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })
            .map_err(Error::sql(&self.path))?;
        Ok(row.map(|(own, secret)| {
            let own = AccountId(own.cast_unsigned());
            self.by_name.put(hash, own);
            self.secrets.put(own.0, secret);
            own
        }))
    }

    /// The own id of an account; a new one where it has none. Durable after [`Accounts::commit`].
    pub(crate) fn resolve(
        &mut self,
        name: &PlatformId,
        chance: &mut dyn Chance,
    ) -> Result<AccountId, Error> {
        let hash = self.keys.index_hash(NAME_DOMAIN, name.as_str());
        if let Some(own) = self.find_hash(hash)? {
            return Ok(own);
        }
        let own = AccountId(self.next);
        self.next += 1;
        self.insert(own, hash, name.as_str(), chance)?;
        Ok(own)
    }

    /// As [`Accounts::resolve`] for each, durable when this returns: all of them or none.
    pub(crate) fn resolve_all(
        &mut self,
        names: &[PlatformId],
        chance: &mut dyn Chance,
    ) -> Result<Vec<AccountId>, Error> {
        let own = names.iter().map(|name| self.resolve(name, chance)).collect();
        match &own {
            Ok(_) => self.commit()?,
            Err(_) => self.roll_back()?,
        }
        own
    }

    fn insert(
        &mut self,
        own: AccountId,
        hash: [u8; 16],
        name: &str,
        chance: &mut dyn Chance,
    ) -> Result<(), Error> {
        let mut secret = [0; 32];
        chance.fill(&mut secret);
        let sealed = self.keys.account(&secret).seal(Use::Name(own.0), name.as_bytes(), &[]);
        self.begin()?;
        self.conn
            .prepare_cached("INSERT INTO account VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut statement| {
                statement.execute(params![own.0.cast_signed(), hash, sealed, secret])
            })
            .map_err(Error::sql(&self.path))?;
        self.by_name.put(hash, own);
        self.secrets.put(own.0, secret);
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Error> {
        if !self.dirty {
            self.conn.execute_batch("BEGIN IMMEDIATE").map_err(Error::sql(&self.path))?;
            self.dirty = true;
        }
        Ok(())
    }

    /// Makes new own ids durable. The log commits only after this.
    pub(crate) fn commit(&mut self) -> Result<(), Error> {
        if self.dirty {
            self.conn.execute_batch("COMMIT").map_err(Error::sql(&self.path))?;
            self.dirty = false;
        }
        Ok(())
    }

    /// Forgets new own ids after the log could not commit.
    pub(crate) fn roll_back(&mut self) -> Result<(), Error> {
        if self.dirty {
            self.dirty = false;
            self.conn.execute_batch("ROLLBACK").map_err(Error::sql(&self.path))?;
            self.by_name = Cache::new(CACHED_MAX);
            self.secrets = Cache::new(CACHED_MAX);
            self.next = self.largest()? + 1;
        }
        Ok(())
    }

    pub(crate) fn secret(&mut self, own: AccountId) -> Result<Option<Secret>, Error> {
        if let Some(secret) = self.secrets.get(&own.0) {
            return Ok(Some(secret));
        }
        let secret: Option<Secret> = self
            .conn
            .prepare_cached("SELECT secret FROM account WHERE own = ?1")
            .and_then(|mut statement| {
                statement.query_row([own.0.cast_signed()], |row| row.get(0)).optional()
            })
            .map_err(Error::sql(&self.path))?;
        if let Some(secret) = secret {
            self.secrets.put(own.0, secret);
        }
        Ok(secret)
    }

    /// The keys of an account; `None` once it was erased.
    pub(crate) fn keys(&mut self, own: AccountId) -> Result<Option<AccountKeys>, Error> {
        Ok(self.secret(own)?.map(|secret| self.keys.account(&secret)))
    }

    /// The platform's name of an account; `None` once it was erased.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn name(&mut self, own: AccountId) -> Result<Option<String>, Error> {
        let Some(keys) = self.keys(own)? else { return Ok(None) };
        let sealed: Option<Vec<u8>> = self
            .conn
            .prepare_cached("SELECT name FROM account WHERE own = ?1")
            .and_then(|mut statement| {
                statement.query_row([own.0.cast_signed()], |row| row.get(0)).optional()
            })
            .map_err(Error::sql(&self.path))?;
        let plain = sealed.and_then(|sealed| keys.open(Use::Name(own.0), &sealed, &[]));
        Ok(plain.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// Notes that an account is to be erased by the next nightly run.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn ask_erasure(&mut self, own: AccountId, now: Timestamp) -> Result<(), Error> {
        self.conn
            .execute(
                "INSERT OR IGNORE INTO asked VALUES (?1, ?2)",
                params![own.0.cast_signed(), now.micros()],
            )
            .map_err(Error::sql(&self.path))?;
        Ok(())
    }

    /// Erasures asked for and not yet carried out, in order of own id.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn erasures_asked(&self) -> Result<Vec<ErasureRequest>, Error> {
        self.pairs("SELECT own, asked_at FROM asked ORDER BY own")
            .map(|rows| rows.into_iter().map(|(account, at)| request(account, at)).collect())
    }

    /// Own ids whose secrets were destroyed, with the time, in order.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn erased(&self) -> Result<Vec<ErasureRequest>, Error> {
        self.pairs("SELECT own, erased_at FROM erased ORDER BY own")
            .map(|rows| rows.into_iter().map(|(account, at)| request(account, at)).collect())
    }

    fn pairs(&self, sql: &str) -> Result<Vec<(i64, i64)>, Error> {
        self.conn
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            })
            .map_err(Error::sql(&self.path))
    }

    /// Destroys the names and secrets of these accounts and empties the write-ahead log.
    ///
    /// Running it again after a crash does what is left to do.
    ///
    /// # Errors
    /// [`Error::CheckpointBusy`] if a reader holds the log; nothing is then lost, and
    /// the call is made again once the reader is gone.
    pub fn erase(&mut self, accounts: &[AccountId], now: Timestamp) -> Result<(), Error> {
        // What is being read may have been read before.
        self.newest = None;
        self.begin()?;
        for own in accounts {
            let own = own.0.cast_signed();
            self.conn
                .execute("DELETE FROM account WHERE own = ?1", [own])
                .and_then(|_| {
                    let sql = "INSERT OR IGNORE INTO erased VALUES (?1, ?2)";
                    self.conn.execute(sql, params![own, now.micros()])
                })
                .map_err(Error::sql(&self.path))?;
            self.secrets.remove(&own.cast_unsigned());
        }
        self.by_name = Cache::new(CACHED_MAX);
        self.commit()?;
        crate::point("erase.deleted");
        sqlite::checkpoint_truncate(&self.conn, &self.path)?;
        // Only now is it done: until then the secrets may stand in the write-ahead log.
        self.begin()?;
        for own in accounts {
            self.conn
                .execute("DELETE FROM asked WHERE own = ?1", [own.0.cast_signed()])
                .map_err(Error::sql(&self.path))?;
        }
        self.commit()
    }

    /// Accounts known, erased ones left out.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn count(&self) -> Result<u64, Error> {
        self.conn
            .query_row("SELECT count(*) - 1 FROM account", [], |row| row.get::<_, i64>(0))
            .map(i64::cast_unsigned)
            .map_err(Error::sql(&self.path))
    }
}

fn request(account: i64, at: i64) -> ErasureRequest {
    ErasureRequest {
        account: AccountId(account.cast_unsigned()),
        asked_at: Timestamp::from_micros(at).unwrap_or_default(),
    }
}

/// The newest accounts of a file, at most so many.
fn newest_of(path: &Path, max: usize) -> Result<Newest, Error> {
    let conn = sqlite::open_read(path, Kind::Accounts)?;
    let sql = "SELECT own, name_hash, secret FROM account WHERE own < ?1 AND own > 0
               ORDER BY own DESC LIMIT ?2";
    let mut newest = Newest { by_name: HashMap::new(), secrets: HashMap::new() };
    let mut below = i64::MAX;
    while newest.secrets.len() < max {
        let rows: Vec<(i64, [u8; 16], Secret)> = conn
            .prepare_cached(sql)
            .and_then(|mut statement| {
                let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                statement.query_map([below, READ_AT_ONCE], columns)?.collect()
            })
            .map_err(Error::sql(path))?;
        let Some((last, ..)) = rows.last() else { break };
        below = *last;
        for (own, name_hash, secret) in rows.into_iter().take(max - newest.secrets.len()) {
            newest.by_name.insert(name_hash, AccountId(own.cast_unsigned()));
            newest.secrets.insert(own.cast_unsigned(), secret);
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::tests::Counting;

    fn open(dir: &Path) -> Accounts {
        let key = dir.join("key");
        let keys = FolderKeys::read(&key)
            .unwrap_or_else(|_| FolderKeys::make(&key, &mut Counting(1)).unwrap());
        Accounts::open(&dir.join("accounts.db"), Arc::new(keys), &mut Counting(9)).unwrap()
    }

    fn name(text: &str) -> PlatformId {
        PlatformId::new(text).unwrap()
    }

    #[test]
    fn an_account_keeps_its_own_id_over_restarts() {
        let dir = tempfile::tempdir().unwrap();
        let mut accounts = open(dir.path());
        let first = accounts.resolve(&name("amal"), &mut Counting(2)).unwrap();
        let second = accounts.resolve(&name("basil"), &mut Counting(3)).unwrap();
        accounts.commit().unwrap();
        drop(accounts);
        let mut accounts = open(dir.path());
        assert_eq!(accounts.resolve(&name("basil"), &mut Counting(4)).unwrap(), second);
        assert_eq!(accounts.find(&name("amal")).unwrap(), Some(first));
        assert_eq!(accounts.name(first).unwrap().as_deref(), Some("amal"));
        assert_eq!(accounts.count().unwrap(), 2);
    }

    #[test]
    fn the_newest_are_read_in_steps_and_known_without_a_look_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let mut accounts = open(dir.path());
        let names: Vec<PlatformId> =
            (0..READ_AT_ONCE + 9).map(|n| name(&format!("n{n}"))).collect();
        let own = accounts.resolve_all(&names, &mut Counting(2)).unwrap();
        let path = dir.path().join("accounts.db");
        let read = newest_of(&path, usize::MAX).unwrap();
        assert_eq!((read.by_name.len(), read.secrets.len()), (names.len(), names.len()));
        let few = newest_of(&path, 5).unwrap();
        let newest: std::collections::BTreeSet<u64> = few.secrets.keys().copied().collect();
        assert!(own[own.len() - 5..].iter().all(|own| newest.contains(&own.0)), "{newest:?}");

        let secret = accounts.secret(own[3]).unwrap();
        let mut again = open(dir.path());
        again.read_newest();
        // Waits for the thread that reads, and puts what it brings back for whoever asks.
        let brought = again.newest.take().unwrap().recv().unwrap();
        let (give, newest) = sync_channel(1);
        give.send(brought).unwrap();
        again.newest = Some(newest);
        again.conn.execute_batch("DROP TABLE account").unwrap();
        assert_eq!(again.find(&names[3]).unwrap(), Some(own[3]));
        assert_eq!(again.secret(own[3]).unwrap(), secret);
    }

    #[test]
    fn what_was_read_before_an_erasure_is_not_known_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut accounts = open(dir.path());
        let own = accounts.resolve(&name("amal"), &mut Counting(2)).unwrap();
        accounts.commit().unwrap();
        accounts.read_newest();
        accounts.erase(&[own], Timestamp::MIN).unwrap();
        assert_eq!(accounts.find(&name("amal")).unwrap(), None);
        assert_eq!(accounts.secret(own).unwrap(), None);
    }

    #[test]
    fn an_own_id_is_never_given_twice() {
        let dir = tempfile::tempdir().unwrap();
        let mut accounts = open(dir.path());
        let first = accounts.resolve(&name("amal"), &mut Counting(2)).unwrap();
        accounts.commit().unwrap();
        accounts.erase(&[first], Timestamp::MIN).unwrap();
        assert_eq!(accounts.find(&name("amal")).unwrap(), None);
        assert_eq!(accounts.name(first).unwrap(), None);
        drop(accounts);
        let again = open(dir.path()).resolve(&name("amal"), &mut Counting(5)).unwrap();
        assert_ne!(again, first);
    }

    #[test]
    fn erasing_leaves_no_byte_of_the_secret() {
        let dir = tempfile::tempdir().unwrap();
        let mut accounts = open(dir.path());
        let own = accounts.resolve(&name("amal"), &mut Counting(2)).unwrap();
        accounts.commit().unwrap();
        let secret = accounts.secret(own).unwrap().unwrap();
        let stands = || {
            ["accounts.db", "accounts.db-wal"].iter().any(|file| {
                let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
                bytes.windows(32).any(|window| window == secret)
            })
        };
        assert!(stands(), "the search finds what is there");
        accounts.erase(&[own], Timestamp::MIN).unwrap();
        assert!(!stands());
    }

    #[test]
    fn a_reader_that_holds_the_log_up_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let mut accounts = open(dir.path());
        accounts.conn.busy_timeout(std::time::Duration::ZERO).unwrap();
        let own = accounts.resolve(&name("amal"), &mut Counting(2)).unwrap();
        accounts.commit().unwrap();
        let reader = Connection::open(dir.path().join("accounts.db")).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM account;").unwrap();
        accounts.ask_erasure(own, Timestamp::MIN).unwrap();
        assert!(matches!(accounts.erase(&[own], Timestamp::MIN), Err(Error::CheckpointBusy(_))));
        assert_eq!(accounts.erasures_asked().unwrap().len(), 1, "it is not done yet");
        reader.execute_batch("ROLLBACK").unwrap();
        assert!(accounts.erase(&[own], Timestamp::MIN).is_ok());
        assert_eq!(accounts.erasures_asked().unwrap(), []);
    }
}
