//! The outbox: what is to be told to the platform, kept until it was.
//!
//! Instructions follow from the journal: who feeds it tells them with the number of the entry,
//! and both are kept in one step, so that a crash neither loses nor doubles one. An attempt is
//! noted before it is made, so that what perhaps took effect is never taken for unsent. Which
//! instruction of a subject goes next is decided in [`instruction`]. Leaves out how they are sent,
//! when they are tried again, and what an answer means.

pub(crate) mod instruction;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use seawall_model::Timestamp;

use self::instruction::{
    AttemptSeen, DeliveryState, DueInstruction, Effect, Enqueued, Feed, Instruction, InstructionId,
    NewInstruction, OutboxCounts, PAYLOAD_BYTES_MAX, Standing, head,
};
use self::rows::{
    Begun, begin, beside, close, close_any, effect_of, id_of, keep, note, reach, shown, state_of,
    time_of,
};
use crate::key::{AccountKeys, Use};
use crate::sqlite::{self, Kind};
use crate::{Access, Error, FolderKeys, point};

/// Columns of an instruction as it is shown.
const SHOWN: &str = "number, action, effect, state, undone, attempts, next_at, last_status,
                     last_error, settled_at";

/// The outbox of a data folder.
pub struct Outbox {
    path: PathBuf,
    conn: Connection,
    keys: AccountKeys,
    // Rows being sent by this process. A crash forgets them, and they are due again.
    in_flight: BTreeSet<i64>,
    // Rows found damaged that nobody was told of yet.
    damaged: Vec<InstructionId>,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outbox({}, {} in flight)", self.path.display(), self.in_flight.len())
    }
}

impl Outbox {
    pub(crate) fn open(path: &Path, keys: &Arc<FolderKeys>, access: Access) -> Result<Self, Error> {
        let conn = match access {
            Access::Write => sqlite::open(path, Kind::Outbox)?,
            Access::Read => sqlite::open_read(path, Kind::Outbox)?,
        };
        let (keys, in_flight) = (keys.outbox(), BTreeSet::new());
        Ok(Self { path: path.into(), conn, keys, in_flight, damaged: Vec::new() })
    }

    /// The last entry of the journal that was told here; 0 if none was.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn reached(&self) -> Result<u64, Error> {
        self.conn
            .query_row("SELECT seq FROM reached", [], |row| row.get(0))
            .map(i64::cast_unsigned)
            .map_err(Error::sql(&self.path))
    }

    /// Keeps the instructions of the journal up to entry `seq`, in their order, durably and in
    /// one step with `seq`. Those that are here already change nothing.
    ///
    /// An undo that meets its action before any attempt cancels both. Otherwise both are sent,
    /// one after the other, even where the action is a dead letter: whether it took effect is
    /// unknown. What is too large, or could not be written, is kept as refused, so that it is
    /// seen and stops nothing else.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn enqueue(
        &mut self,
        seq: u64,
        instructions: &[NewInstruction],
        feed: Feed,
        now: Timestamp,
    ) -> Result<Enqueued, Error> {
        let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
        let mut enqueued = Enqueued::default();
        let kept: rusqlite::Result<()> = instructions
            .iter()
            .try_for_each(|i| keep(&transaction, &self.keys, i, feed, now, &mut enqueued))
            .and_then(|()| reach(&transaction, seq));
        kept.and_then(|()| transaction.commit()).map_err(Error::sql(&self.path))?;
        point("outbox.enqueued");
        Ok(enqueued)
    }

    /// Applies an outcome that the journal tells: what was settled before the outbox was lost,
    /// or before a crash between the journal and here. Durable, in one step with `seq`.
    ///
    /// `attempts` as the journal tells it: an outcome of fewer attempts than were made since, or
    /// of those before a replay, is an old one and changes nothing.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn apply(
        &mut self,
        seq: u64,
        id: InstructionId,
        (state, attempts): (DeliveryState, u32),
        status: Option<u16>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
        let applied = (|| {
            let sql = "UPDATE instruction SET attempts = ?3, perhaps_sent = 1, last_status = ?4
                       WHERE action = ?1 AND effect = ?2 AND state IN (0, 2, 3) AND
                       (attempts < ?3 OR attempts = ?3 AND
                        (?5 = 4 OR state = 0 AND round_attempts > 0))
                       RETURNING number";
            let (action, effect) = (id.action.cast_signed(), id.effect as u8);
            let row = params![action, effect, attempts, status, state as u8];
            let number = transaction.query_row(sql, row, |row| row.get(0)).optional()?;
            if let Some(number) = number {
                close_any(&transaction, number, state, now)?;
            }
            reach(&transaction, seq)
        })();
        applied.and_then(|()| transaction.commit()).map_err(Error::sql(&self.path))
    }

    /// Takes up to `max` instructions that may be sent now, one of each subject, and notes,
    /// durably, that an attempt begins. None while the endpoint is gone.
    ///
    /// What is taken is not given again before [`Outbox::settle`] or [`Outbox::retry_later`],
    /// or before the outbox is opened anew.
    ///
    /// What cannot be opened is refused, so that it is seen and stops nothing else:
    /// [`Outbox::found_damaged`].
    ///
    /// Cost: two look-ups for each subject with something due, held back or not, until `max`
    /// are found.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn take(&mut self, now: Timestamp, max: usize) -> Result<Vec<DueInstruction>, Error> {
        let mut due = Vec::new();
        loop {
            let heads = self.heads(now, max - due.len()).map_err(Error::sql(&self.path))?;
            if heads.is_empty() {
                return Ok(due);
            }
            let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
            let begun: rusqlite::Result<Vec<Begun>> =
                heads.iter().map(|n| begin(&transaction, &self.keys, *n, now)).collect();
            let begun = begun.map_err(Error::sql(&self.path))?;
            transaction.commit().map_err(Error::sql(&self.path))?;
            point("outbox.taken");
            let damaged_before = self.damaged.len();
            for begun in begun {
                match begun {
                    Begun::Due(begun) => {
                        self.in_flight.insert(begun.number.cast_signed());
                        due.push(begun);
                    }
                    Begun::Damaged(id) => self.damaged.push(id),
                }
            }
            // Behind what was refused there may be more.
            if self.damaged.len() == damaged_before {
                return Ok(due);
            }
        }
    }

    /// What was found damaged and refused since this was asked last.
    pub fn found_damaged(&mut self) -> Vec<InstructionId> {
        std::mem::take(&mut self.damaged)
    }

    fn heads(&self, now: Timestamp, max: usize) -> rusqlite::Result<Vec<i64>> {
        let gone: Option<i64> =
            self.conn.query_row("SELECT gone_at FROM reached", [], |row| row.get(0))?;
        if gone.is_some() {
            return Ok(Vec::new());
        }
        let sql = "SELECT order_key FROM instruction WHERE state = 0 AND next_at <= ?1
                   ORDER BY next_at, number";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut keys = statement.query([now.micros()])?;
        let mut seen = BTreeSet::new();
        let mut heads = Vec::new();
        while heads.len() < max
            && let Some(row) = keys.next()?
        {
            let key: [u8; 16] = row.get(0)?;
            if !seen.insert(key) {
                continue;
            }
            let open = self.open_of(&key)?;
            if open.iter().any(|row| self.in_flight.contains(&row.number.cast_signed())) {
                continue;
            }
            let next = head(&open, now).filter(|head| head.next_at <= now);
            heads.extend(next.map(|head| head.number.cast_signed()));
        }
        Ok(heads)
    }

    /// The waiting and dead instructions of a subject, in order.
    fn open_of(&self, key: &[u8; 16]) -> rusqlite::Result<Vec<Standing>> {
        let sql = "SELECT number, effect, state, undone, perhaps_sent, not_before, next_at
                   FROM instruction WHERE order_key = ?1 AND state IN (0, 3) ORDER BY number";
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map([key], |row| {
            Ok(Standing {
                number: row.get::<_, i64>(0)?.cast_unsigned(),
                effect: effect_of(row, 1)?,
                state: state_of(row, 2)?,
                is_undone: row.get(3)?,
                perhaps_sent: row.get(4)?,
                not_before: time_of(row, 5)?,
                next_at: time_of(row, 6)?,
            })
        })?;
        rows.collect()
    }

    /// Settles an instruction that was taken, durably. Destroys its payload unless it is now a
    /// dead letter that can be replayed. One that is settled already stays as it is.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    ///
    /// # Panics
    /// If `state` is [`DeliveryState::Waiting`]: a defect of the shell.
    pub fn settle(
        &mut self,
        number: u64,
        state: DeliveryState,
        seen: AttemptSeen,
        now: Timestamp,
    ) -> Result<(), Error> {
        assert!(state != DeliveryState::Waiting, "what waits is not settled");
        let number = number.cast_signed();
        let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
        let settled =
            note(&transaction, number, seen).and_then(|()| close(&transaction, number, state, now));
        settled.and_then(|()| transaction.commit()).map_err(Error::sql(&self.path))?;
        self.in_flight.remove(&number);
        point("outbox.settled");
        Ok(())
    }

    /// Puts an instruction that was taken back until `at`, durably.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn retry_later(
        &mut self,
        number: u64,
        at: Timestamp,
        seen: AttemptSeen,
    ) -> Result<(), Error> {
        let number = number.cast_signed();
        let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
        let sql = "UPDATE instruction SET next_at = ?2 WHERE number = ?1 AND state = 0";
        note(&transaction, number, seen)
            .and_then(|()| transaction.execute(sql, params![number, at.micros()]))
            .and_then(|_| transaction.commit())
            .map_err(Error::sql(&self.path))?;
        self.in_flight.remove(&number);
        Ok(())
    }

    /// Sends a dead letter again: it waits anew, in its old place and under its old key.
    ///
    /// # Errors
    /// [`Error::NotReplayable`] if it is none, if it was taken back since, if it was never written,
    /// or if it was refused and something later of its subject was sent since: then it would come
    /// out of order.
    pub fn replay(&mut self, id: InstructionId, now: Timestamp) -> Result<(), Error> {
        let refuse = |why| Error::NotReplayable { id: id.to_string(), why };
        let Some(letter) = self.get(id)? else { return Err(refuse("is not known")) };
        if !letter.state.is_dead_letter() {
            return Err(refuse("is no dead letter"));
        }
        if id.effect == Effect::Do && letter.is_undone {
            return Err(refuse("was taken back since"));
        }
        if letter.attempts == 0 {
            return Err(refuse("was never written: release it, and tell the platform yourself"));
        }
        let number = letter.number.cast_signed();
        let sql = "SELECT EXISTS (SELECT 1 FROM instruction AS later, instruction AS letter
                   WHERE letter.number = ?1 AND later.order_key = letter.order_key
                   AND later.number > ?1 AND later.effect < 2 AND later.perhaps_sent = 1)";
        let is_overtaken: bool =
            self.conn.query_row(sql, [number], |row| row.get(0)).map_err(Error::sql(&self.path))?;
        let has_its_place = !id.effect.only_tells();
        if letter.state == DeliveryState::Refused && has_its_place && is_overtaken {
            return Err(refuse("was overtaken by a later one of its subject"));
        }
        let sql = "UPDATE instruction SET state = 0, next_at = ?2, round_attempts = 0,
                   settled_at = NULL WHERE number = ?1";
        self.conn
            .execute(sql, params![number, now.micros()])
            .map(|_| ())
            .map_err(Error::sql(&self.path))
    }

    /// What tells the account of an action and is not settled, with its payload: it waits, or it
    /// could be sent again. What cannot be opened is left out: it is refused when its turn comes.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn telling(&self, action: u64) -> Result<Vec<(InstructionId, Vec<u8>)>, Error> {
        let sql = "SELECT number, action, effect, payload FROM instruction
                   WHERE action = ?1 AND effect > 1 AND state IN (0, 2, 3)
                   AND payload IS NOT NULL ORDER BY number";
        let sealed: Result<Vec<(i64, InstructionId, Vec<u8>)>, rusqlite::Error> =
            self.conn.prepare_cached(sql).and_then(|mut statement| {
                let rows = statement.query_map([action.cast_signed()], |row| {
                    Ok((row.get(0)?, id_of(row, 1)?, row.get(3)?))
                })?;
                rows.collect()
            });
        let sealed = sealed.map_err(Error::sql(&self.path))?.into_iter();
        let opened = sealed.filter_map(|(number, id, bytes)| {
            let used = Use::Outbox(number.cast_unsigned());
            self.keys.open(used, &bytes, &beside(id)).map(|payload| (id, payload))
        });
        Ok(opened.collect())
    }

    /// Says anew what [`Outbox::telling`] gave: the next attempt sends this, under the same key.
    /// Nothing where it was settled since, or where this is larger than [`PAYLOAD_BYTES_MAX`].
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn resay(&mut self, id: InstructionId, payload: &[u8]) -> Result<(), Error> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Ok(());
        }
        let Some(row) = self.get(id)? else { return Ok(()) };
        let sealed = self.keys.seal(Use::Outbox(row.number), payload, &beside(id));
        let sql = "UPDATE instruction SET payload = ?2 WHERE number = ?1 AND state IN (0, 2, 3)
                   AND payload IS NOT NULL";
        self.conn
            .execute(sql, params![row.number.cast_signed(), sealed])
            .map(|_| ())
            .map_err(Error::sql(&self.path))
    }

    /// Gives a dead letter up: a person says that it is not to be sent. It stands in nobody's
    /// way from then on, and its payload is destroyed.
    ///
    /// # Errors
    /// [`Error::NotReplayable`] if it is none.
    pub fn give_up(&mut self, id: InstructionId, now: Timestamp) -> Result<(), Error> {
        let letter = self.get(id)?.filter(|letter| letter.state.is_dead_letter());
        let why = "is no dead letter";
        let letter = letter.ok_or_else(|| Error::NotReplayable { id: id.to_string(), why })?;
        let transaction = self.conn.transaction().map_err(Error::sql(&self.path))?;
        close_any(&transaction, letter.number.cast_signed(), DeliveryState::Cancelled, now)
            .and_then(|()| transaction.commit())
            .map_err(Error::sql(&self.path))
    }

    /// Notes that the endpoint said it is gone: nothing is taken before [`Outbox::reopen`].
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn endpoint_gone(&mut self, now: Timestamp) -> Result<(), Error> {
        self.mark_endpoint(Some(now.micros()))
    }

    /// Sends to the endpoint again.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn reopen(&mut self) -> Result<(), Error> {
        self.mark_endpoint(None)
    }

    fn mark_endpoint(&mut self, gone_at: Option<i64>) -> Result<(), Error> {
        self.conn
            .execute("UPDATE reached SET gone_at = ?1", [gone_at])
            .map(|_| ())
            .map_err(Error::sql(&self.path))
    }

    /// When the next of those that wait may become due, after `now`.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn next_at(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let sql = "SELECT next_at FROM instruction WHERE state = 0 AND next_at > ?1
                   ORDER BY next_at LIMIT 1";
        self.conn
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.query_row([now.micros()], |row| time_of(row, 0)).optional()
            })
            .map_err(Error::sql(&self.path))
    }

    /// Up to `max` instructions after row `after`, of one state or of all.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn list(
        &self,
        state: Option<DeliveryState>,
        after: u64,
        max: u32,
    ) -> Result<Vec<Instruction>, Error> {
        let (of_state, state) = match state {
            Some(state) => ("state = ?3 AND", state as u8),
            None => ("?3 = 0 AND", 0),
        };
        let sql = format!(
            "SELECT {SHOWN} FROM instruction WHERE {of_state} number > ?1 ORDER BY number LIMIT ?2"
        );
        self.conn
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                statement.query_map(params![after.cast_signed(), max, state], shown)?.collect()
            })
            .map_err(Error::sql(&self.path))
    }

    /// One instruction.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn get(&self, id: InstructionId) -> Result<Option<Instruction>, Error> {
        let sql = format!("SELECT {SHOWN} FROM instruction WHERE action = ?1 AND effect = ?2");
        self.conn
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                let row = params![id.action.cast_signed(), id.effect as u8];
                statement.query_row(row, shown).optional()
            })
            .map_err(Error::sql(&self.path))
    }

    /// How many there are in each state, and since when the oldest waits. Cost: one pass over
    /// an index.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn counts(&self) -> Result<OutboxCounts, Error> {
        let counted = || {
            let mut counts = OutboxCounts::default();
            let sql = "SELECT state, count(*) FROM instruction GROUP BY state";
            let mut statement = self.conn.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let count: i64 = row.get(1)?;
                counts.by_state[state_of(row, 0)? as usize] = count.cast_unsigned();
            }
            let sql = "SELECT min(not_before) FROM instruction WHERE state = 0";
            let oldest: Option<i64> = self.conn.query_row(sql, [], |row| row.get(0))?;
            let sql = "SELECT gone_at FROM reached";
            let gone: Option<i64> = self.conn.query_row(sql, [], |row| row.get(0))?;
            // What was refused before any attempt was never told.
            let sql = "SELECT count(*) FROM instruction WHERE state = 2 AND attempts = 0";
            let untold: i64 = self.conn.query_row(sql, [], |row| row.get(0))?;
            counts.untold = untold.cast_unsigned();
            counts.oldest_waiting = oldest.and_then(|micros| Timestamp::from_micros(micros).ok());
            counts.gone_at = gone.and_then(|micros| Timestamp::from_micros(micros).ok());
            Ok(counts)
        };
        counted().map_err(Error::sql(&self.path))
    }

    /// Empties the write-ahead log, so that no destroyed payload stays in it.
    ///
    /// # Errors
    /// [`Error::CheckpointBusy`] if a reader holds the log up; it is tried again later.
    pub fn sweep(&mut self) -> Result<(), Error> {
        sqlite::checkpoint_truncate(&self.conn, &self.path)
    }
}
