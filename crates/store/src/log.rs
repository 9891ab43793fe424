//! The event log: what the platform told us, in order, sealed per account.
//!
//! One writer gives each event its position and a never-falling arrival time. A batch
//! is one durable step. What is stored in the open are numbers by which replay orders
//! and counts; the event itself is sealed under its account's key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use seawall_model::{AccountId, Event, EventId, EventKind, PlatformId, Position, Timestamp};

use crate::accounts::PLATFORM;
use crate::key::Use;
use crate::seen::{Run, Seen};
use crate::segment::{self, NewRow, Row, Wanted};
use crate::sqlite::{self, Kind, sync_folder};
use crate::{Accounts, Chance, Error, Events, FolderKeys};

/// Domain of event ids among the keyed hashes.
const ID_DOMAIN: u8 = 0;

/// Bounds of the log.
#[derive(Clone, Copy, Debug)]
pub struct LogLimits {
    /// Events in one file. More makes fewer files and a larger memory of the open one
    /// (about 50 bytes an event); retention drops whole files. Default 1,000,000.
    pub segment_events_max: u64,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { segment_events_max: 1_000_000 }
    }
}

/// An event offered to the log.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The platform's id of it.
    pub id: &'a EventId,
    /// When it happened.
    pub at: Timestamp,
    /// Its kind.
    pub kind: EventKind,
    /// The acting account.
    pub account: Option<&'a PlatformId>,
    /// The other account.
    pub other: Option<&'a PlatformId>,
    /// Its canonical bytes.
    pub bytes: &'a [u8],
}

impl<'a> Candidate<'a> {
    /// A decoded event with its canonical bytes.
    #[must_use]
    pub fn new(event: &'a Event, bytes: &'a [u8]) -> Self {
        Self {
            id: &event.id,
            at: event.at,
            kind: event.kind(),
            account: event.account.as_ref(),
            other: event.other_account(),
            bytes,
        }
    }
}

/// What arrives with a batch.
pub struct Arrival<'a> {
    /// The clock's time.
    pub now: Timestamp,
    /// Called once the outcomes are known: the source and how far it was taken in, to be
    /// committed with the events.
    pub cursor: Option<&'a mut dyn FnMut(&[Outcome]) -> ([u8; 32], Vec<u8>)>,
}

/// The place the log gave an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its position.
    pub position: Position,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Own id of the acting account.
    pub account: Option<AccountId>,
    /// Own id of the other account.
    pub other: Option<AccountId>,
    /// Commits to its bytes.
    pub commitment: [u8; 32],
}

/// What became of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was appended.
    Accepted(Placed),
    /// The same event is already there.
    Duplicate(Position),
    /// Another event with this id is already there: a rejection.
    Altered(Position),
}

/// The content of a stored event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Its canonical bytes.
    Bytes(Vec<u8>),
    /// The account was erased.
    Erased,
}

/// A stored event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its place.
    pub placed: Placed,
    /// When it happened.
    pub at: Timestamp,
    /// Its kind.
    pub kind: EventKind,
    /// What it says.
    pub content: Content,
}

/// The log, open for its one writer.
pub struct EventLog {
    folder: PathBuf,
    keys: Arc<FolderKeys>,
    accounts: Accounts,
    chance: Box<dyn Chance>,
    limits: LogLimits,
    seen: Seen,
    open: Connection,
    first: Position,
    last: Position,
    received: Timestamp,
}

impl EventLog {
    pub(crate) fn open(
        folder: &Path,
        keys: Arc<FolderKeys>,
        accounts: Accounts,
        limits: LogLimits,
        chance: Box<dyn Chance>,
    ) -> Result<Self, Error> {
        let segments = segment::list(folder)?;
        let mut runs = Vec::new();
        let mut last = Position::START;
        let mut received = Timestamp::MIN;
        let mut open_from = None;
        for (index, (first, path)) in segments.iter().enumerate() {
            let conn = sqlite::open(path, Kind::Log)?;
            let newest = index + 1 == segments.len();
            let mut closed = segment::closed(&conn).map_err(Error::sql(path))?;
            if closed.is_none() && !newest {
                segment::close(&conn, path)?;
                closed = segment::closed(&conn).map_err(Error::sql(path))?;
            }
            match closed {
                Some(closed) => {
                    (last, received) = (closed.last, closed.received_last);
                    runs.push(Run { path: path.clone(), closed });
                }
                None => open_from = Some(*first),
            }
        }
        let first = open_from.unwrap_or(last.next());
        let open = segment::open(folder, first)?;
        let path = segment::path_of(folder, first);
        let ids = segment::ids(&open).map_err(Error::sql(&path))?;
        if let Some((position, time)) = segment::last(&open).map_err(Error::sql(&path))? {
            (last, received) = (position, time);
        }
        let seen = Seen::new(runs, ids);
        let folder = folder.into();
        Ok(Self { folder, keys, accounts, chance, limits, seen, open, first, last, received })
    }

    /// The accounts of the log.
    pub fn accounts(&mut self) -> &mut Accounts {
        &mut self.accounts
    }

    fn path(&self) -> PathBuf {
        segment::path_of(&self.folder, self.first)
    }

    fn append_all(
        &mut self,
        batch: &[Candidate<'_>],
        arrival: &mut Arrival<'_>,
    ) -> Result<Vec<Outcome>, Error> {
        let received_at = arrival.now.max(self.received);
        self.open.execute_batch("BEGIN IMMEDIATE").map_err(Error::sql(self.path()))?;
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut next = self.last.next();
        for candidate in batch {
            let outcome = self.place(candidate, next, received_at)?;
            if matches!(outcome, Outcome::Accepted(_)) {
                next = next.next();
            }
            outcomes.push(outcome);
        }
        if let Some(cursor) = arrival.cursor.as_mut() {
            let (source, state) = cursor(&outcomes);
            self.open
                .prepare_cached("INSERT OR REPLACE INTO cursor VALUES (?1, ?2)")
                .and_then(|mut statement| statement.execute(params![source, state]))
                .map_err(Error::sql(self.path()))?;
        }
        self.accounts.commit()?;
        crate::point("log.accounts");
        self.open.execute_batch("COMMIT").map_err(Error::sql(self.path()))?;
        crate::point("log.committed");
        self.last = Position(next.0 - 1);
        self.received = received_at;
        Ok(outcomes)
    }

    fn place(
        &mut self,
        candidate: &Candidate<'_>,
        position: Position,
        received_at: Timestamp,
    ) -> Result<Outcome, Error> {
        let id_hash = self.keys.index_hash(ID_DOMAIN, candidate.id.as_str());
        if let Some(there) = self.seen.find(&id_hash)? {
            return self.compare(candidate, there);
        }
        let account = self.resolve(candidate.account)?;
        let other = self.resolve(candidate.other)?;
        let owner = account.or(other).unwrap_or(PLATFORM);
        let Some(keys) = self.accounts.keys(owner)? else {
            unreachable!("an account that was just resolved has a secret")
        };
        let commitment = keys.commit(position, candidate.bytes);
        let placed = Placed { position, received_at, account, other, commitment };
        let columns = columns(&placed, candidate.at, candidate.kind);
        let sealed = keys.seal(Use::Event(position), candidate.bytes, &columns);
        let (at, kind) = (candidate.at, candidate.kind);
        let row = NewRow { placed: &placed, at, kind, id_hash: &id_hash, sealed: &sealed };
        segment::insert(&self.open, &row).map_err(Error::sql(self.path()))?;
        self.seen.add(id_hash, position);
        Ok(Outcome::Accepted(placed))
    }

    fn resolve(&mut self, name: Option<&PlatformId>) -> Result<Option<AccountId>, Error> {
        name.map(|name| self.accounts.resolve(name, &mut *self.chance)).transpose()
    }

    /// Tells a repeat from another event under the same id, by the commitment alone.
    fn compare(&mut self, candidate: &Candidate<'_>, there: Position) -> Result<Outcome, Error> {
        let row = self.row(there)?.ok_or(Error::DamagedEvent { position: there.0 })?;
        let owner = row.placed.account.or(row.placed.other).unwrap_or(PLATFORM);
        Ok(match self.accounts.keys(owner)? {
            Some(keys) if keys.commit(there, candidate.bytes) != row.placed.commitment => {
                Outcome::Altered(there)
            }
            // Once erased, nothing can be compared; the id alone says it was here.
            _ => Outcome::Duplicate(there),
        })
    }

    fn row(&mut self, position: Position) -> Result<Option<Row>, Error> {
        if position >= self.first {
            return segment::row_at(&self.open, position).map_err(Error::sql(self.path()));
        }
        let holds = |run: &&Run| run.closed.first <= position && position <= run.closed.last;
        let Some(run) = self.seen.runs().iter().find(holds) else { return Ok(None) };
        let conn = sqlite::open_read(&run.path, Kind::Log)?;
        segment::row_at(&conn, position).map_err(Error::sql(&run.path))
    }

    /// Closes the open segment once it is full, and begins the next.
    fn turn_over(&mut self) -> Result<(), Error> {
        if self.last.0 + 1 - self.first.0 < self.limits.segment_events_max {
            return Ok(());
        }
        let path = self.path();
        segment::close(&self.open, &path)?;
        crate::point("log.closed");
        let cursors = self.cursors()?;
        let next = self.last.next();
        let open = segment::open(&self.folder, next)?;
        for (source, state) in cursors {
            open.execute("INSERT OR REPLACE INTO cursor VALUES (?1, ?2)", params![source, state])
                .map_err(Error::sql(&path))?;
        }
        crate::point("log.turned");
        let closed = segment::closed(&self.open).map_err(Error::sql(&path))?;
        if let Some(closed) = closed {
            self.seen.close(&path, closed);
        }
        self.open = open;
        self.first = next;
        Ok(())
    }

    fn cursors(&self) -> Result<Vec<([u8; 32], Vec<u8>)>, Error> {
        self.open
            .prepare("SELECT source, state FROM cursor")
            .and_then(|mut statement| {
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            })
            .map_err(Error::sql(self.path()))
    }

    /// How far a source was taken in, if it was left unfinished.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn cursor(&self, source: &[u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        self.open
            .query_row("SELECT state FROM cursor WHERE source = ?1", [source], |row| row.get(0))
            .optional()
            .map_err(Error::sql(self.path()))
    }

    /// Forgets how far a source was taken in, because it is finished.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn finish_cursor(&mut self, source: &[u8; 32]) -> Result<(), Error> {
        self.open
            .execute("DELETE FROM cursor WHERE source = ?1", [source])
            .map_err(Error::sql(self.path()))?;
        Ok(())
    }

    /// The closed files whose last event arrived before `cutoff`: first and last position.
    #[must_use]
    pub fn past_retention(&self, cutoff: Timestamp) -> Option<(Position, Position)> {
        let past = |run: &&Run| run.closed.received_last < cutoff;
        let mut runs = self.seen.runs().iter().take_while(past).map(|run| &run.closed);
        let first = runs.next()?;
        Some((first.first, runs.last().map_or(first.last, |run| run.last)))
    }

    /// Destroys the files up to `last`.
    ///
    /// # Errors
    /// [`Error::Io`]; the call is made again to finish.
    pub fn drop_until(&mut self, last: Position) -> Result<(), Error> {
        while self.seen.runs().first().is_some_and(|run| run.closed.last <= last) {
            let Some(run) = self.seen.drop_oldest() else { break };
            for path in
                [sqlite::beside(&run.path, "-wal"), sqlite::beside(&run.path, "-shm"), run.path]
            {
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(Error::Io { path, source: error });
                    }
                    _ => {}
                }
            }
            crate::point("log.dropped");
        }
        sync_folder(&self.folder)
    }
}

impl Events for EventLog {
    fn append(
        &mut self,
        batch: &[Candidate<'_>],
        arrival: &mut Arrival<'_>,
    ) -> Result<Vec<Outcome>, Error> {
        self.turn_over()?;
        let result = self.append_all(batch, arrival);
        if result.is_err() {
            // The first failure is the one to tell; what follows only cleans up.
            let _ = self.open.execute_batch("ROLLBACK");
            let _ = self.accounts.roll_back();
            self.seen.cut_after(self.last);
        }
        result
    }

    fn last(&self) -> (Position, Timestamp) {
        (self.last, self.received)
    }
}

/// What is stored in the open, as bytes that the seal binds.
fn columns(placed: &Placed, at: Timestamp, kind: EventKind) -> [u8; 73] {
    let own = |own: Option<AccountId>| own.map_or(u64::MAX, |own| own.0).to_be_bytes();
    let mut bytes = [0; 73];
    let parts: [&[u8]; 7] = [
        &placed.position.0.to_be_bytes(),
        &placed.received_at.micros().to_be_bytes(),
        &at.micros().to_be_bytes(),
        &own(placed.account),
        &own(placed.other),
        &placed.commitment,
        &[kind.number()],
    ];
    let mut rest = bytes.as_mut_slice();
    for part in parts {
        let (head, tail) = rest.split_at_mut(part.len());
        head.copy_from_slice(part);
        rest = tail;
    }
    bytes
}

/// The log, open for reading beside its writer.
#[derive(Debug)]
pub struct LogReader {
    folder: PathBuf,
    accounts: Accounts,
    open: Option<(Position, Connection)>,
    verify: Verify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verify {
    Seal,
    SealAndCommitment,
}

impl LogReader {
    pub(crate) fn open(folder: &Path, accounts: Accounts) -> Result<Self, Error> {
        Ok(Self { folder: folder.into(), accounts, open: None, verify: Verify::Seal })
    }

    /// The same reader, computing every commitment again: for `doctor`.
    #[must_use]
    pub fn verifying(mut self) -> Self {
        self.verify = Verify::SealAndCommitment;
        self
    }

    /// The accounts of the log.
    pub fn accounts(&mut self) -> &mut Accounts {
        &mut self.accounts
    }

    /// The first position the log still holds; `None` if it holds none.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn first(&mut self) -> Result<Option<Position>, Error> {
        let whole = Position(u64::MAX);
        Ok(self.chunk(Position::START, whole, 1)?.first().map(|stored| stored.placed.position))
    }

    /// The next `events_max` events after a position, up to and with `until`.
    ///
    /// Empty once there are no more.
    ///
    /// # Errors
    /// [`Error::DamagedEvent`] if what stands there is not what was written.
    pub fn chunk(
        &mut self,
        after: Position,
        until: Position,
        events_max: u32,
    ) -> Result<Vec<Stored>, Error> {
        let wanted = Wanted { after, until, from_at: Timestamp::MIN, before_at: Timestamp::MAX };
        self.read(wanted, events_max)
    }

    /// Like [`LogReader::chunk`], only events that happened within a time.
    ///
    /// # Errors
    /// As [`LogReader::chunk`].
    pub fn chunk_between(
        &mut self,
        after: Position,
        times: std::ops::Range<Timestamp>,
        events_max: u32,
    ) -> Result<Vec<Stored>, Error> {
        let until = Position(u64::MAX);
        let wanted = Wanted { after, until, from_at: times.start, before_at: times.end };
        self.read(wanted, events_max)
    }

    fn read(&mut self, mut wanted: Wanted, events_max: u32) -> Result<Vec<Stored>, Error> {
        loop {
            let Some((first, path)) = self.segment_after(wanted.after)? else {
                return Ok(Vec::new());
            };
            if first > wanted.until {
                return Ok(Vec::new());
            }
            if self.open.as_ref().is_none_or(|(open, _)| *open != first) {
                self.open = Some((first, sqlite::open_read(&path, Kind::Log)?));
            }
            let Some((_, conn)) = &self.open else { return Ok(Vec::new()) };
            let rows = segment::rows(conn, &wanted, events_max).map_err(Error::sql(&path))?;
            if !rows.is_empty() {
                return rows.into_iter().map(|row| self.unseal(row)).collect();
            }
            let last = segment::last(conn).map_err(Error::sql(&path))?;
            match last {
                Some((last, _)) if self.segment_after(last)?.is_some_and(|(f, _)| f > first) => {
                    wanted.after = last.max(wanted.after);
                }
                _ => return Ok(Vec::new()),
            }
        }
    }

    /// The segment that holds the position after this one, or the first one later.
    fn segment_after(&self, after: Position) -> Result<Option<(Position, PathBuf)>, Error> {
        let segments = segment::list(&self.folder)?;
        let next = segments.partition_point(|(first, _)| *first <= after.next());
        if next == 0 {
            return Ok(segments.into_iter().next());
        }
        let (first, path) = &segments[next - 1];
        // The segment may end before `after`; the caller then moves on to the next one.
        Ok(Some((*first, path.clone())))
    }

    fn unseal(&mut self, row: Row) -> Result<Stored, Error> {
        let Row { placed, at, kind, sealed } = row;
        let damaged = Error::DamagedEvent { position: placed.position.0 };
        let owner = placed.account.or(placed.other).unwrap_or(PLATFORM);
        let content = match self.accounts.keys(owner)? {
            None => Content::Erased,
            Some(keys) => {
                let columns = columns(&placed, at, kind);
                let bytes = keys.open(Use::Event(placed.position), &sealed, &columns);
                let bytes = bytes.ok_or(damaged)?;
                if self.verify == Verify::SealAndCommitment
                    && keys.commit(placed.position, &bytes) != placed.commitment
                {
                    return Err(Error::DamagedEvent { position: placed.position.0 });
                }
                Content::Bytes(bytes)
            }
        };
        Ok(Stored { placed, at, kind, content })
    }
}
