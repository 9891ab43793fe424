//! One file of the log: a run of positions.
//!
//! The open segment takes rows by position alone, because an index would cost the
//! append four times its speed. When it is full it is closed: the index by id is built
//! in one sort, a filter of its ids is kept beside it, and it never changes again
//! until retention destroys the whole file.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use seawall_model::{AccountId, EventKind, Position, Timestamp};
use xorf::{BinaryFuse16, Filter};

use crate::Error;
use crate::log::Placed;
use crate::sqlite::{self, Kind, sync_folder};

/// A keyed hash of an event's id.
pub(crate) type IdHash = [u8; 16];

/// One stored row, still sealed.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) placed: Placed,
    pub(crate) at: Timestamp,
    pub(crate) kind: EventKind,
    pub(crate) sealed: Vec<u8>,
}

/// The file name of the segment that begins at `first`.
pub(crate) fn path_of(folder: &Path, first: Position) -> PathBuf {
    folder.join(format!("{:020}.db", first.0))
}

/// The segments of a log, by first position.
pub(crate) fn list(folder: &Path) -> Result<Vec<(Position, PathBuf)>, Error> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|s| s.parse().ok());
        if let Some(first) = number
            && path.extension().is_some_and(|extension| extension == "db")
        {
            found.push((Position(first), path));
        }
    }
    found.sort();
    Ok(found)
}

/// The last position that a log gave, by its newest file alone, which may hold no event
/// yet. For what must be known before the log can be opened.
pub(crate) fn last_kept(folder: &Path) -> Result<Position, Error> {
    let Some((first, path)) = list(folder)?.pop() else { return Ok(Position::START) };
    let before = Position(first.0.saturating_sub(1));
    let conn = sqlite::open_read(&path, Kind::Log)?;
    if !sqlite::is_made(&conn).map_err(Error::sql(&path))? {
        return Ok(before);
    }
    let newest = last(&conn).map_err(Error::sql(&path))?;
    Ok(newest.map_or(before, |(position, _)| position))
}

/// Makes or opens the segment that begins at `first`, durable as a file.
pub(crate) fn open(folder: &Path, first: Position) -> Result<Connection, Error> {
    let path = path_of(folder, first);
    let is_new = !path.exists();
    let conn = sqlite::open(&path, Kind::Log)?;
    if is_new {
        sync_folder(folder)?;
    }
    Ok(conn)
}

/// What is stored of one event.
pub(crate) struct NewRow<'a> {
    pub(crate) placed: &'a Placed,
    pub(crate) at: Timestamp,
    pub(crate) kind: EventKind,
    pub(crate) id_hash: &'a IdHash,
    pub(crate) sealed: &'a [u8],
}

/// Appends one row.
pub(crate) const INSERT: &str = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

pub(crate) fn insert(
    statement: &mut rusqlite::Statement<'_>,
    row: &NewRow<'_>,
) -> rusqlite::Result<()> {
    statement.execute(params![
        row.placed.position.0.cast_signed(),
        row.placed.received_at.micros(),
        row.at.micros(),
        row.kind.number(),
        row.placed.account.map(|own| own.0.cast_signed()),
        row.placed.other.map(|own| own.0.cast_signed()),
        row.id_hash,
        row.placed.commitment,
        row.sealed,
    ])?;
    Ok(())
}

const COLUMNS: &str = "position, received_at, at, kind, account, other, commitment, body";

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let own = |value: Option<i64>| value.map(|own| AccountId(own.cast_unsigned()));
    let time = |index: usize| timestamp(row, index);
    let kind: u8 = row.get(3)?;
    Ok(Row {
        placed: Placed {
            position: Position(row.get::<_, i64>(0)?.cast_unsigned()),
            received_at: time(1)?,
            account: own(row.get(4)?),
            other: own(row.get(5)?),
            commitment: row.get(6)?,
        },
        at: time(2)?,
        kind: EventKind::from_number(kind)
            .ok_or_else(|| rusqlite::Error::IntegralValueOutOfRange(3, i64::from(kind)))?,
        sealed: row.get(7)?,
    })
}

fn timestamp(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_micros(row.get(index)?).map_err(|error| {
        let kind = rusqlite::types::Type::Integer;
        rusqlite::Error::FromSqlConversionFailure(index, kind, Box::new(error))
    })
}

/// The row at a position.
pub(crate) fn row_at(conn: &Connection, position: Position) -> rusqlite::Result<Option<Row>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE position = ?1"))?
        .query_row([position.0.cast_signed()], row)
        .optional()
}

/// Which rows a reader wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) after: Position,
    pub(crate) until: Position,
    pub(crate) from_at: Timestamp,
    pub(crate) before_at: Timestamp,
}

/// Up to `rows_max` wanted rows, in order of position.
/// The newest rows of an account before a position, newest first.
///
/// Cost: the plain columns of the segment are read once; accounts have no index, because
/// this is asked for one account at a time and an index would cost every event.
pub(crate) fn newest_of(
    conn: &Connection,
    account: u64,
    kinds: &[u8],
    rows_max: u32,
) -> rusqlite::Result<Vec<Row>> {
    let kinds: Vec<String> = kinds.iter().map(u8::to_string).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM event WHERE account = ?1 AND kind IN ({})
         ORDER BY position DESC LIMIT ?2",
        kinds.join(", ")
    );
    let limits = params![account.cast_signed(), rows_max];
    conn.prepare_cached(&sql)?.query_map(limits, row)?.collect()
}

/// Events of a kind between two positions, both of them left out, newest first.
pub(crate) fn of_kind(
    conn: &Connection,
    kind: u8,
    (after, before): (Position, Position),
    rows_max: u32,
) -> rusqlite::Result<Vec<Row>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM event WHERE position > ?1 AND position < ?2 AND kind = ?3
         ORDER BY position DESC LIMIT ?4"
    );
    let before = before.0.min(i64::MAX.cast_unsigned()).cast_signed();
    let limits = params![after.0.cast_signed(), before, kind, rows_max];
    conn.prepare_cached(&sql)?.query_map(limits, row)?.collect()
}

/// Accounts with an event of a kind, and when the latest of them happened.
///
/// Cost: the plain columns of the segment are read once.
pub(crate) fn latest_of(
    conn: &Connection,
    kind: u8,
) -> rusqlite::Result<Vec<(AccountId, Timestamp)>> {
    let sql = "SELECT account, max(at) FROM event
               WHERE kind = ?1 AND account IS NOT NULL GROUP BY account";
    let row = |row: &rusqlite::Row<'_>| {
        Ok((AccountId(row.get::<_, i64>(0)?.cast_unsigned()), timestamp(row, 1)?))
    };
    conn.prepare_cached(sql)?.query_map([kind], row)?.collect()
}

pub(crate) fn rows(
    conn: &Connection,
    wanted: &Wanted,
    rows_max: u32,
) -> rusqlite::Result<Vec<Row>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM event WHERE position > ?1 AND position <= ?2
         AND at >= ?3 AND at < ?4 ORDER BY position LIMIT ?5"
    );
    let limits = params![
        wanted.after.0.cast_signed(),
        wanted.until.0.min(i64::MAX.cast_unsigned()).cast_signed(),
        wanted.from_at.micros(),
        wanted.before_at.micros(),
        rows_max,
    ];
    conn.prepare_cached(&sql)?.query_map(limits, row)?.collect()
}

/// The last position and arrival in a segment; `None` if it is empty.
pub(crate) fn last(conn: &Connection) -> rusqlite::Result<Option<(Position, Timestamp)>> {
    conn.query_row(
        "SELECT position, received_at FROM event ORDER BY position DESC LIMIT 1",
        [],
        |row| {
            let time = Timestamp::from_micros(row.get(1)?).unwrap_or_default();
            Ok((Position(row.get::<_, i64>(0)?.cast_unsigned()), time))
        },
    )
    .optional()
}

/// All id hashes with their positions.
pub(crate) fn ids(conn: &Connection) -> rusqlite::Result<Vec<(IdHash, Position)>> {
    conn.prepare("SELECT id_hash, position FROM event")?
        .query_map([], |row| Ok((row.get(0)?, Position(row.get::<_, i64>(1)?.cast_unsigned()))))?
        .collect()
}

/// The position of an id in a closed segment.
pub(crate) fn position_of(conn: &Connection, id: &IdHash) -> rusqlite::Result<Option<Position>> {
    conn.prepare_cached("SELECT position FROM event WHERE id_hash = ?1")?
        .query_row([id], |row| Ok(Position(row.get::<_, i64>(0)?.cast_unsigned())))
        .optional()
}

/// What is known of a closed segment.
pub(crate) struct Closed {
    pub(crate) first: Position,
    pub(crate) last: Position,
    pub(crate) received_last: Timestamp,
    pub(crate) filter: BinaryFuse16,
}

/// Closes a full segment: index, filter, bounds, and an empty write-ahead log.
pub(crate) fn close(conn: &Connection, path: &Path) -> Result<(), Error> {
    let sql = |conn: &Connection| -> rusqlite::Result<()> {
        let ids = ids(conn)?;
        let Some((last, received)) = last(conn)? else { return Ok(()) };
        let first = ids.iter().map(|(_, position)| *position).min().unwrap_or(last);
        let filter = filter(&ids);
        let transaction = conn.unchecked_transaction()?;
        transaction
            .execute_batch("CREATE UNIQUE INDEX IF NOT EXISTS event_id ON event (id_hash)")?;
        transaction.execute("DELETE FROM closed", [])?;
        transaction.execute(
            "INSERT INTO closed VALUES (?1, ?2, ?3, ?4)",
            params![
                first.0.cast_signed(),
                last.0.cast_signed(),
                received.micros(),
                write_filter(&filter)
            ],
        )?;
        transaction.commit()
    };
    sql(conn).map_err(Error::sql(path))?;
    match sqlite::checkpoint_truncate(conn, path) {
        // A reader holds the log up; nothing here needs it gone.
        Err(Error::CheckpointBusy(_)) => Ok(()),
        other => other,
    }
}

/// What a closed segment says of itself; `None` if it is still open.
pub(crate) fn closed(conn: &Connection) -> rusqlite::Result<Option<Closed>> {
    let found: Option<(i64, i64, i64, Vec<u8>)> = conn
        .query_row("SELECT first, last, received_last, filter FROM closed", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((first, last, received, bytes)) = found else { return Ok(None) };
    let filter = match read_filter(&bytes) {
        Some(filter) => filter,
        // A damaged filter would only hide repeats; the ids themselves are still there.
        None => filter(&ids(conn)?),
    };
    Ok(Some(Closed {
        first: Position(first.cast_unsigned()),
        last: Position(last.cast_unsigned()),
        received_last: Timestamp::from_micros(received).unwrap_or_default(),
        filter,
    }))
}

/// The part of an id's hash that filters use.
pub(crate) fn filter_key(id: &IdHash) -> u64 {
    id.first_chunk::<8>().map_or(0, |head| u64::from_le_bytes(*head))
}

/// May say yes to an id that is not there (once in 65,536), never no to one that is.
fn filter(ids: &[(IdHash, Position)]) -> BinaryFuse16 {
    let mut keys: Vec<u64> = ids.iter().map(|(id, _)| filter_key(id)).collect();
    keys.sort_unstable();
    keys.dedup();
    match BinaryFuse16::try_from(keys.as_slice()) {
        Ok(filter) => filter,
        Err(_) => unreachable!("distinct keys always give a filter within a thousand tries"),
    }
}

/// Bytes of the filter's description before its fingerprints.
const FILTER_HEAD: usize = 20;
/// Bytes of the checksum after them.
const FILTER_SUM: usize = 32;

fn write_filter(filter: &BinaryFuse16) -> Vec<u8> {
    let head = &filter.descriptor;
    let mut bytes = Vec::with_capacity(FILTER_HEAD + filter.fingerprints.len() * 2 + FILTER_SUM);
    bytes.extend_from_slice(&head.seed.to_le_bytes());
    bytes.extend_from_slice(&head.segment_length.to_le_bytes());
    bytes.extend_from_slice(&head.segment_length_mask.to_le_bytes());
    bytes.extend_from_slice(&head.segment_count_length.to_le_bytes());
    for fingerprint in &filter.fingerprints {
        bytes.extend_from_slice(&fingerprint.to_le_bytes());
    }
    let sum = blake3::hash(&bytes);
    bytes.extend_from_slice(sum.as_bytes());
    bytes
}

fn read_filter(bytes: &[u8]) -> Option<BinaryFuse16> {
    let (body, sum) = bytes.split_last_chunk::<FILTER_SUM>()?;
    if blake3::hash(body).as_bytes() != sum || body.len() < FILTER_HEAD {
        return None;
    }
    let (head, prints) = body.split_at(FILTER_HEAD);
    let word = |at: usize| Some(u32::from_le_bytes(*head.get(at..)?.first_chunk()?));
    Some(BinaryFuse16 {
        descriptor: xorf::Descriptor {
            seed: u64::from_le_bytes(*head.first_chunk()?),
            segment_length: word(8)?,
            segment_length_mask: word(12)?,
            segment_count_length: word(16)?,
        },
        fingerprints: prints
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect(),
    })
}

/// Whether an id may be in the segment with this filter.
pub(crate) fn may_hold(filter: &BinaryFuse16, id: &IdHash) -> bool {
    filter.contains(&filter_key(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> IdHash {
        *blake3::hash(&n.to_le_bytes()).as_bytes().first_chunk().unwrap()
    }

    #[test]
    fn a_filter_is_read_as_it_was_written_and_not_when_damaged() {
        let ids: Vec<_> = (0..5_000).map(|n| (id(n), Position(n))).collect();
        let bytes = write_filter(&filter(&ids));
        let read = read_filter(&bytes).unwrap();
        assert!(ids.iter().all(|(id, _)| may_hold(&read, id)));
        let strangers = (10_000..60_000).filter(|n| may_hold(&read, &id(*n))).count();
        assert!(strangers < 20, "{strangers} of 50,000 strangers were let through");
        let mut damaged = bytes;
        damaged[100] ^= 1;
        assert!(read_filter(&damaged).is_none());
    }
}
