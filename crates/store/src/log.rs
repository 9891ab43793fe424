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
use crate::halves::in_halves;
use crate::key::{Secret, Use};
use crate::seen::{Run, Seen};
use crate::segment::{self, IdHash, NewRow, Row};
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

/// A source and how far it was taken in.
pub type SourceState = ([u8; 32], Vec<u8>);

/// Tells how far a source was taken in, from what became of the batch.
pub type Cursor<'a> = dyn FnMut(&[Outcome]) -> Result<SourceState, Error> + 'a;

/// What arrives with a batch.
pub struct Arrival<'a> {
    /// The clock's time.
    pub now: Timestamp,
    /// Called once the outcomes are known; what it gives is committed with the events.
    pub cursor: Option<&'a mut Cursor<'a>>,
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
            let mut closed = segment::closed(&conn).map_err(Error::sql(path))?;
            if closed.is_none()
                && let Some((next, _)) = segments.get(index + 1)
            {
                // A crash cut the turn to the next file off: it is done again.
                move_cursors(&conn, path, &segment::open(folder, *next)?)?;
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
        match segment::last(&open).map_err(Error::sql(&path))? {
            Some((position, time)) => (last, received) = (position, time),
            // Retention may have left this file alone, before its first event.
            None => last = Position(first.0.saturating_sub(1)),
        }
        let seen = Seen::new(runs, ids);
        let folder = folder.into();
        Ok(Self { folder, keys, accounts, chance, limits, seen, open, first, last, received })
    }

    /// The own ids of accounts that the platform names outside of any event; new ones where
    /// they have none. Durable when this returns.
    ///
    /// # Errors
    /// [`Error::Sqlite`]; nothing is kept then.
    pub fn name_accounts(&mut self, names: &[PlatformId]) -> Result<Vec<AccountId>, Error> {
        self.accounts.resolve_all(names, &mut *self.chance)
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
        let (mut outcomes, planned) = self.plan(batch, received_at)?;
        let sealed = in_halves(&planned, |plan| plan.seal(&self.keys, batch));
        let path = self.path();
        let mut insert = self.open.prepare_cached(segment::INSERT).map_err(Error::sql(&path))?;
        for (plan, (commitment, body)) in planned.iter().zip(&sealed) {
            let placed = Placed { commitment: *commitment, ..plan.placed };
            let candidate = &batch[plan.index];
            let (at, kind, id_hash) = (candidate.at, candidate.kind, &plan.id_hash);
            let row = NewRow { placed: &placed, at, kind, id_hash, sealed: body };
            segment::insert(&mut insert, &row).map_err(Error::sql(&path))?;
            outcomes[plan.index] = Outcome::Accepted(placed);
        }
        drop(insert);
        if let Some(cursor) = arrival.cursor.as_mut() {
            let (source, state) = cursor(&outcomes)?;
            self.open
                .prepare_cached("INSERT OR REPLACE INTO cursor VALUES (?1, ?2)")
                .and_then(|mut statement| statement.execute(params![source, state]))
                .map_err(Error::sql(&path))?;
        }
        self.accounts.commit()?;
        crate::point("log.accounts");
        self.open.execute_batch("COMMIT").map_err(Error::sql(&path))?;
        crate::point("log.committed");
        self.last = Position(self.last.0 + planned.len() as u64);
        self.received = received_at;
        Ok(outcomes)
    }

    /// Tells new events from repeats and gives the new ones their places.
    ///
    /// The outcome of a new event is filled in once it is sealed.
    fn plan(
        &mut self,
        batch: &[Candidate<'_>],
        received_at: Timestamp,
    ) -> Result<(Vec<Outcome>, Vec<Planned>), Error> {
        let hashes =
            in_halves(batch, |candidate| self.keys.index_hash(ID_DOMAIN, candidate.id.as_str()));
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut planned: Vec<Planned> = Vec::with_capacity(batch.len());
        for (index, (candidate, id_hash)) in batch.iter().zip(hashes).enumerate() {
            if let Some(there) = self.seen.find(&id_hash)? {
                let within = there.0.checked_sub(self.last.0 + 1);
                let earlier = within.and_then(|n| planned.get(usize::try_from(n).ok()?));
                outcomes.push(match earlier {
                    Some(earlier) if batch[earlier.index].bytes == candidate.bytes => {
                        Outcome::Duplicate(there)
                    }
                    Some(_) => Outcome::Altered(there),
                    None => self.compare(candidate, there)?,
                });
                continue;
            }
            let position = Position(self.last.0 + 1 + planned.len() as u64);
            let account = self.resolve(candidate.account)?;
            let other = self.resolve(candidate.other)?;
            let owner = account.or(other).unwrap_or(PLATFORM);
            let Some(secret) = self.accounts.secret(owner)? else {
                unreachable!("an account that was just resolved has a secret")
            };
            let placed = Placed { position, received_at, account, other, commitment: [0; 32] };
            planned.push(Planned { index, placed, secret, id_hash });
            outcomes.push(Outcome::Duplicate(position));
            self.seen.add(id_hash, position);
        }
        Ok((outcomes, planned))
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
        self.close_open()
    }

    /// Closes the open segment if its first event arrived before `cutoff`, so that a
    /// platform too small to fill a file still has files that pass their retention.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn turn_over_older(&mut self, cutoff: Timestamp) -> Result<(), Error> {
        let path = self.path();
        let first = segment::row_at(&self.open, self.first).map_err(Error::sql(&path))?;
        match first {
            Some(row) if row.placed.received_at < cutoff => self.close_open(),
            _ => Ok(()),
        }
    }

    /// A file that is not closed and not the newest tells a start-up that a crash cut
    /// this off, so the closing comes last.
    fn close_open(&mut self) -> Result<(), Error> {
        let path = self.path();
        let next = self.last.next();
        let open = segment::open(&self.folder, next)?;
        move_cursors(&self.open, &path, &open)?;
        crate::point("log.turned");
        segment::close(&self.open, &path)?;
        crate::point("log.closed");
        let closed = segment::closed(&self.open).map_err(Error::sql(&path))?;
        if let Some(closed) = closed {
            self.seen.close(&path, closed);
        }
        self.open = open;
        self.first = next;
        Ok(())
    }

    /// The sources left unfinished, each with how far it was taken in.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn cursors(&self) -> Result<Vec<SourceState>, Error> {
        cursors_of(&self.open).map_err(Error::sql(self.path()))
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

/// A new event with its place, before it is sealed.
struct Planned {
    index: usize,
    placed: Placed,
    secret: Secret,
    id_hash: IdHash,
}

impl Planned {
    /// The event's commitment and its sealed bytes.
    fn seal(&self, keys: &FolderKeys, batch: &[Candidate<'_>]) -> ([u8; 32], Vec<u8>) {
        let candidate = &batch[self.index];
        let keys = keys.account(&self.secret);
        let position = self.placed.position;
        let commitment = keys.commit(position, candidate.bytes);
        let placed = Placed { commitment, ..self.placed };
        let columns = columns(&placed, candidate.at, candidate.kind);
        (commitment, keys.seal(Use::Event(position), candidate.bytes, &columns))
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

fn cursors_of(conn: &Connection) -> rusqlite::Result<Vec<SourceState>> {
    conn.prepare("SELECT source, state FROM cursor")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Copies what is said of unfinished sources from one file to the next.
fn move_cursors(from: &Connection, path: &Path, to: &Connection) -> Result<(), Error> {
    let sql = || -> rusqlite::Result<()> {
        let transaction = to.unchecked_transaction()?;
        for (source, state) in cursors_of(from)? {
            let sql = "INSERT OR REPLACE INTO cursor VALUES (?1, ?2)";
            transaction.execute(sql, params![source, state])?;
        }
        transaction.commit()
    };
    sql().map_err(Error::sql(path))
}

/// What is stored in the open, as bytes that the seal binds.
pub(crate) fn columns(placed: &Placed, at: Timestamp, kind: EventKind) -> [u8; 73] {
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
