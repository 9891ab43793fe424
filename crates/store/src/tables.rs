//! Tables: folds of the log that people read. All of it can be made again.
//!
//! A table never holds content: names of hashtags and texts are looked up in the log.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use seawall_model::{EventKind, Hour, Position, Timestamp};

use crate::sqlite::{self, Kind};
use crate::{Access, Error};

/// Events of one kind in one hour of event time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivityRow {
    /// The hour.
    pub hour: Hour,
    /// The kind.
    pub kind: EventKind,
    /// How many.
    pub events: u64,
}

/// The tables of a data folder, with what is not yet written.
#[derive(Debug)]
pub struct Tables {
    path: PathBuf,
    conn: Connection,
    reached: Position,
    activity: BTreeMap<(Hour, u8), u64>,
    field_events: Vec<(Position, Timestamp)>,
}

impl Tables {
    pub(crate) fn open(path: &Path, access: Access) -> Result<Self, Error> {
        let conn = match access {
            Access::Write => sqlite::open(path, Kind::Tables)?,
            Access::Read => sqlite::open_read(path, Kind::Tables)?,
        };
        let reached: i64 = conn
            .query_row("SELECT position FROM reached", [], |row| row.get(0))
            .map_err(Error::sql(path))?;
        Ok(Self {
            path: path.into(),
            conn,
            reached: Position(reached.cast_unsigned()),
            activity: BTreeMap::new(),
            field_events: Vec::new(),
        })
    }

    /// The last position folded in.
    #[must_use]
    pub fn reached(&self) -> Position {
        self.reached
    }

    /// Folds one event in; one that was folded before is passed over.
    pub fn fold(&mut self, position: Position, at: Timestamp, kind: EventKind) {
        if position <= self.reached {
            return;
        }
        self.reached = position;
        *self.activity.entry((at.hour(), kind.number())).or_default() += 1;
        if kind == EventKind::FieldEvent {
            self.field_events.push((position, at));
        }
    }

    /// Writes what was folded, together with the position reached; nothing where nothing was.
    ///
    /// # Errors
    /// [`Error::Sqlite`]; what was folded stays and is written by the next call.
    pub fn flush(&mut self) -> Result<(), Error> {
        if self.activity.is_empty() {
            // Every event folded counts as activity.
            return Ok(());
        }
        let sql = |tables: &mut Self| -> rusqlite::Result<()> {
            let transaction = tables.conn.transaction()?;
            for ((hour, kind), events) in &tables.activity {
                transaction
                    .prepare_cached(
                        "INSERT INTO activity VALUES (?1, ?2, ?3)
                         ON CONFLICT DO UPDATE SET events = events + excluded.events",
                    )?
                    .execute(params![hour.index(), kind, events.cast_signed()])?;
            }
            for (position, at) in &tables.field_events {
                transaction.execute(
                    "INSERT OR REPLACE INTO field_event VALUES (?1, ?2)",
                    params![position.0.cast_signed(), at.micros()],
                )?;
            }
            let reached = tables.reached.0.cast_signed();
            transaction.execute("UPDATE reached SET position = ?1", [reached])?;
            transaction.commit()
        };
        sql(self).map_err(Error::sql(&self.path))?;
        self.activity.clear();
        self.field_events.clear();
        crate::point("tables.committed");
        Ok(())
    }

    /// Empties the tables, so that they are made again from the log's first position.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn clear(&mut self) -> Result<(), Error> {
        self.conn
            .execute_batch(
                "BEGIN; DELETE FROM activity; DELETE FROM field_event;
                 UPDATE reached SET position = 0; COMMIT;",
            )
            .map_err(Error::sql(&self.path))?;
        self.reached = Position::START;
        self.activity.clear();
        self.field_events.clear();
        Ok(())
    }

    /// Activity of all hours from `from` until before `before`, in order.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn activity(&self, from: Hour, before: Hour) -> Result<Vec<ActivityRow>, Error> {
        let sql = "SELECT hour, kind, events FROM activity
                   WHERE hour >= ?1 AND hour < ?2 ORDER BY hour, kind";
        let rows: Vec<(u32, u8, i64)> = self
            .conn
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_map([from.index(), before.index()], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                    })?
                    .collect()
            })
            .map_err(Error::sql(&self.path))?;
        let row = |(hour, kind, events): (u32, u8, i64)| {
            let kind = EventKind::from_number(kind)?;
            Some(ActivityRow { hour: Hour::from_index(hour), kind, events: events.cast_unsigned() })
        };
        Ok(rows.into_iter().filter_map(row).collect())
    }

    /// Positions and times of field events within a time, in order of time.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn field_events(
        &self,
        from: Timestamp,
        before: Timestamp,
    ) -> Result<Vec<(Position, Timestamp)>, Error> {
        let sql = "SELECT position, at FROM field_event
                   WHERE at >= ?1 AND at < ?2 ORDER BY at, position";
        let rows: Vec<(i64, i64)> = self
            .conn
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement
                    .query_map([from.micros(), before.micros()], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })?
                    .collect()
            })
            .map_err(Error::sql(&self.path))?;
        let row = |(position, at): (i64, i64)| {
            let at = Timestamp::from_micros(at).unwrap_or_default();
            (Position(position.cast_unsigned()), at)
        };
        Ok(rows.into_iter().map(row).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u32) -> Timestamp {
        Hour::from_index(hour).start()
    }

    #[test]
    fn what_was_folded_before_a_crash_is_not_counted_twice() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tables.db");
        let mut tables = Tables::open(&path, Access::Write).unwrap();
        for position in 1..=10 {
            tables.fold(Position(position), at(7), EventKind::PostCreated);
        }
        tables.flush().unwrap();
        tables.fold(Position(11), at(7), EventKind::PostCreated);
        drop(tables); // lost with the crash: position 11 was not flushed
        let mut tables = Tables::open(&path, Access::Write).unwrap();
        for position in 5..=12 {
            tables.fold(Position(position), at(7), EventKind::PostCreated);
        }
        tables.flush().unwrap();
        let rows = tables.activity(Hour::from_index(0), Hour::from_index(99)).unwrap();
        assert_eq!(rows.iter().map(|row| row.events).collect::<Vec<_>>(), [12]);
    }

    #[test]
    fn field_events_are_found_by_time() {
        let dir = tempfile::tempdir().unwrap();
        let mut tables = Tables::open(&dir.path().join("tables.db"), Access::Write).unwrap();
        tables.fold(Position(1), at(9), EventKind::FieldEvent);
        tables.fold(Position(2), at(5), EventKind::FieldEvent);
        tables.flush().unwrap();
        let found = tables.field_events(at(0), at(10)).unwrap();
        assert_eq!(found, [(Position(2), at(5)), (Position(1), at(9))]);
        assert_eq!(tables.field_events(at(6), at(10)).unwrap().len(), 1);
    }
}
