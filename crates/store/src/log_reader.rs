//! Reading the event log, beside its writer and in order.
//!
//! What is sealed is opened here; an event whose account was erased comes without its
//! content. Leaves out what an event means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use seawall_model::{AccountId, EventKind, Position, Timestamp};

use crate::accounts::PLATFORM;
use crate::key::Use;
use crate::log::{Content, Stored, columns};
use crate::segment::{self, Row, Wanted};
use crate::sqlite::{self, Kind};
use crate::{Accounts, Error};

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

    /// The newest events of an account of some kinds, newest first.
    ///
    /// # Errors
    /// As [`LogReader::chunk`].
    pub fn newest_of(
        &mut self,
        account: AccountId,
        kinds: &[EventKind],
        events_max: u32,
    ) -> Result<Vec<Stored>, Error> {
        let kinds: Vec<u8> = kinds.iter().map(|kind| kind.number()).collect();
        let mut found = Vec::new();
        for (_, path) in segment::list(&self.folder)?.into_iter().rev() {
            let left = events_max.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            if left == 0 {
                break;
            }
            let conn = sqlite::open_read(&path, Kind::Log)?;
            if !sqlite::is_made(&conn).map_err(Error::sql(&path))? {
                continue;
            }
            let rows = segment::newest_of(&conn, account.0, &kinds, left);
            for row in rows.map_err(Error::sql(&path))? {
                found.push(self.unseal(row)?);
            }
        }
        Ok(found)
    }

    /// The newest events of a kind before a position, newest first, looked for among so many
    /// positions. Gives the position before which to go on too; `None` at the beginning of the log.
    ///
    /// # Errors
    /// As [`LogReader::chunk`].
    ///
    /// Cost: the plain columns of the positions looked through, which have no index by kind.
    pub fn of_kind_before(
        &mut self,
        kind: EventKind,
        before: Position,
        positions_max: u64,
        events_max: u32,
    ) -> Result<(Vec<Stored>, Option<Position>), Error> {
        let segments = segment::list(&self.folder)?;
        let before = before.min(segment::last_kept(&self.folder)?.next());
        let after = Position(before.0.saturating_sub(positions_max.saturating_add(1)));
        let mut found = Vec::new();
        for (first, path) in segments.into_iter().rev() {
            let left = events_max.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            if first >= before || left == 0 {
                continue;
            }
            let conn = sqlite::open_read(&path, Kind::Log)?;
            if !sqlite::is_made(&conn).map_err(Error::sql(&path))? {
                continue;
            }
            let rows = segment::of_kind(&conn, kind.number(), (after, before), left);
            for row in rows.map_err(Error::sql(&path))? {
                found.push(self.unseal(row)?);
            }
            if first <= after {
                break;
            }
        }
        let is_full = found.len() >= usize::try_from(events_max).unwrap_or(usize::MAX);
        let next = match found.last() {
            Some(last) if is_full => last.placed.position,
            _ => after.next(),
        };
        Ok((found, Some(next).filter(|next| next.0 > 1)))
    }

    /// Accounts with an event of a kind, and when the latest of them happened.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    ///
    /// Cost: one pass over the plain columns of the log; nothing is unsealed.
    pub fn latest_of(&self, kind: EventKind) -> Result<BTreeMap<AccountId, Timestamp>, Error> {
        let mut latest: BTreeMap<AccountId, Timestamp> = BTreeMap::new();
        for (_, path) in segment::list(&self.folder)? {
            let conn = sqlite::open_read(&path, Kind::Log)?;
            if !sqlite::is_made(&conn).map_err(Error::sql(&path))? {
                continue;
            }
            for (account, at) in
                segment::latest_of(&conn, kind.number()).map_err(Error::sql(&path))?
            {
                latest.entry(account).and_modify(|last| *last = at.max(*last)).or_insert(at);
            }
        }
        Ok(latest)
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
            if !sqlite::is_made(conn).map_err(Error::sql(&path))? {
                // Its writer is just making it, or was cut off doing so: it holds nothing.
                self.open = None;
                return Ok(Vec::new());
            }
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
