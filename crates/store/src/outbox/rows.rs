//! The rows of the outbox: kept, begun, settled and read, each within a transaction of the caller.
//!
//! Left out: which may be sent, and what the outbox is asked.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use seawall_model::Timestamp;

use super::instruction::{
    AttemptSeen, DeliveryState, DueInstruction, Effect, Enqueued, Feed, Instruction, InstructionId,
    NewInstruction, PAYLOAD_BYTES_MAX,
};
use crate::key::{AccountKeys, Use};

/// Keeps one instruction, unless it is here.
pub(super) fn keep(
    conn: &Transaction<'_>,
    keys: &AccountKeys,
    new: &NewInstruction,
    feed: Feed,
    now: Timestamp,
    enqueued: &mut Enqueued,
) -> rusqlite::Result<()> {
    let (action, effect) = (new.id.action.cast_signed(), new.id.effect as u8);
    let sql = "INSERT OR IGNORE INTO instruction
               (action, effect, order_key, not_before, next_at, state, perhaps_sent)
               VALUES (?1, ?2, ?3, ?4, ?4, 0, ?5)";
    let perhaps_sent = feed == Feed::Rebuild;
    let row = params![action, effect, new.order_key, new.not_before.micros(), perhaps_sent];
    if conn.prepare_cached(sql)?.execute(row)? == 0 {
        return Ok(());
    }
    enqueued.new += 1;
    let number = conn.last_insert_rowid();
    match untold(&new.payload) {
        Some(why) => {
            let sql = "UPDATE instruction SET state = 2, last_error = ?2, settled_at = ?3
                       WHERE number = ?1";
            conn.prepare_cached(sql)?.execute(params![number, why, now.micros()])?;
            enqueued.untold.push(new.id);
        }
        None => {
            let used = Use::Outbox(number.cast_unsigned());
            let sealed = keys.seal(used, &new.payload, &beside(new.id));
            conn.prepare_cached("UPDATE instruction SET payload = ?2 WHERE number = ?1")?
                .execute(params![number, sealed])?;
        }
    }
    match new.id.effect.only_tells() {
        true => Ok(()),
        false => pair(conn, new, number, now, enqueued),
    }
}

/// Why an instruction cannot be sent, if it cannot.
fn untold(payload: &[u8]) -> Option<&'static str> {
    match payload.len() {
        0 => Some("it could not be written"),
        bytes if bytes > PAYLOAD_BYTES_MAX => Some("it is larger than receivers take"),
        _ => None,
    }
}

/// Brings an action and its undo together.
fn pair(
    conn: &Transaction<'_>,
    new: &NewInstruction,
    number: i64,
    now: Timestamp,
    enqueued: &mut Enqueued,
) -> rusqlite::Result<()> {
    let (action, effect) = (new.id.action.cast_signed(), new.id.effect as u8);
    let sql = "SELECT number, state, perhaps_sent FROM instruction
               WHERE action = ?1 AND effect = ?2";
    let other: Option<(i64, DeliveryState, bool)> = conn
        .prepare_cached(sql)?
        .query_row(params![action, 1 - effect], |row| {
            Ok((row.get(0)?, state_of(row, 1)?, row.get(2)?))
        })
        .optional()?;
    let Some((other, state, perhaps_sent)) = other else { return Ok(()) };
    if new.id.effect == Effect::Do {
        // It was taken back before it was heard of, so it is never done.
        enqueued.untold.retain(|id| *id != new.id);
        enqueued.cancelled.push(new.id);
        return close_any(conn, number, DeliveryState::Cancelled, now);
    }
    conn.prepare_cached("UPDATE instruction SET undone = 1 WHERE number = ?1")?.execute([other])?;
    match state {
        DeliveryState::Waiting | DeliveryState::Cancelled | DeliveryState::Refused
            if !perhaps_sent =>
        {
            let done = InstructionId { action: new.id.action, effect: Effect::Do };
            enqueued.untold.retain(|id| *id != new.id);
            enqueued.cancelled.extend([done, new.id]);
            close_any(conn, other, DeliveryState::Cancelled, now)?;
            close_any(conn, number, DeliveryState::Cancelled, now)?;
            hasten(conn, &new.order_key, now)
        }
        DeliveryState::Refused | DeliveryState::Dead => destroy_payload(conn, other),
        _ => Ok(()),
    }
}

/// What waited to be taken back until something else was done, which now is not, is taken back now.
fn hasten(conn: &Transaction<'_>, order_key: &[u8; 16], now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE instruction SET not_before = ?2, next_at = ?2 WHERE order_key = ?1
               AND effect = ?3 AND state = 0 AND attempts = 0 AND not_before > ?2";
    let row = params![order_key, now.micros(), Effect::Undo as u8];
    conn.prepare_cached(sql)?.execute(row).map(|_| ())
}

/// What came of beginning an attempt.
pub(super) enum Begun {
    /// It is to be sent.
    Due(DueInstruction),
    /// Its payload cannot be opened: it is refused.
    Damaged(InstructionId),
}

/// Notes that an attempt begins, or refuses what cannot be opened; that is no attempt.
pub(super) fn begin(
    conn: &Transaction<'_>,
    keys: &AccountKeys,
    number: i64,
    now: Timestamp,
) -> rusqlite::Result<Begun> {
    let sql = "SELECT action, effect, payload FROM instruction WHERE number = ?1";
    let (id, sealed): (_, Option<Vec<u8>>) =
        conn.prepare_cached(sql)?.query_row([number], |row| Ok((id_of(row, 0)?, row.get(2)?)))?;
    let used = Use::Outbox(number.cast_unsigned());
    let opened = sealed.and_then(|sealed| keys.open(used, &sealed, &beside(id)));
    let Some(payload) = opened else {
        let sql = "UPDATE instruction SET last_error = ?2 WHERE number = ?1";
        conn.prepare_cached(sql)?.execute(params![number, "it is damaged: it cannot be opened"])?;
        close_any(conn, number, DeliveryState::Refused, now)?;
        return Ok(Begun::Damaged(id));
    };
    let sql = "UPDATE instruction SET attempts = attempts + 1,
               round_attempts = round_attempts + 1, perhaps_sent = 1 WHERE number = ?1
               RETURNING attempts, round_attempts,
               (SELECT state FROM instruction AS done WHERE done.action = instruction.action
                AND done.effect = 0 AND instruction.effect = 1)";
    let mut statement = conn.prepare_cached(sql)?;
    let due = statement.query_row([number], |row| {
        let takes_back: Option<u8> = row.get(2)?;
        Ok(DueInstruction {
            number: number.cast_unsigned(),
            id,
            attempt: row.get(0)?,
            round_attempt: row.get(1)?,
            takes_back: takes_back.and_then(|n| DeliveryState::ALL.get(usize::from(n)).copied()),
            payload,
        })
    })?;
    Ok(Begun::Due(due))
}

pub(super) fn note(conn: &Transaction<'_>, number: i64, seen: AttemptSeen) -> rusqlite::Result<()> {
    let sql = "UPDATE instruction SET last_status = ?2, last_error = ?3
               WHERE number = ?1 AND state = 0";
    conn.prepare_cached(sql)?.execute(params![number, seen.status, seen.error]).map(|_| ())
}

/// Settles an instruction, if it waits.
pub(super) fn close(
    conn: &Transaction<'_>,
    number: i64,
    state: DeliveryState,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "SELECT state = 0 FROM instruction WHERE number = ?1";
    match conn.prepare_cached(sql)?.query_row([number], |row| row.get(0)).optional()? {
        Some(true) => close_any(conn, number, state, now),
        _ => Ok(()),
    }
}

pub(super) fn close_any(
    conn: &Transaction<'_>,
    number: i64,
    state: DeliveryState,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE instruction SET state = ?2, settled_at = ?3 WHERE number = ?1
               RETURNING undone";
    let is_undone: bool = conn
        .prepare_cached(sql)?
        .query_row(params![number, state as u8, now.micros()], |row| row.get(0))?;
    match state.is_dead_letter() && !is_undone {
        true => Ok(()),
        false => destroy_payload(conn, number),
    }
}

fn destroy_payload(conn: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE instruction SET payload = NULL WHERE number = ?1";
    conn.prepare_cached(sql)?.execute([number]).map(|_| ())
}

pub(super) fn reach(conn: &Transaction<'_>, seq: u64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE reached SET seq = max(seq, ?1)")?
        .execute([seq.cast_signed()])
        .map(|_| ())
}

/// What a sealed payload is bound to.
pub(super) fn beside(id: InstructionId) -> [u8; 9] {
    let mut bytes = [0; 9];
    bytes[..8].copy_from_slice(&id.action.to_be_bytes());
    bytes[8] = id.effect as u8;
    bytes
}

pub(super) fn shown(row: &Row<'_>) -> rusqlite::Result<Instruction> {
    let settled: Option<i64> = row.get(9)?;
    Ok(Instruction {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        id: id_of(row, 1)?,
        state: state_of(row, 3)?,
        is_undone: row.get(4)?,
        attempts: row.get(5)?,
        next_at: time_of(row, 6)?,
        last_status: row.get(7)?,
        last_error: row.get(8)?,
        settled_at: settled.and_then(|micros| Timestamp::from_micros(micros).ok()),
    })
}

pub(super) fn id_of(row: &Row<'_>, first: usize) -> rusqlite::Result<InstructionId> {
    let action: i64 = row.get(first)?;
    Ok(InstructionId { action: action.cast_unsigned(), effect: effect_of(row, first + 1)? })
}

pub(super) fn effect_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Effect> {
    match row.get::<_, i64>(column)? {
        0 => Ok(Effect::Do),
        1 => Ok(Effect::Undo),
        2 => Ok(Effect::Notice),
        3 => Ok(Effect::Answer),
        4 => Ok(Effect::SecondNotice),
        5 => Ok(Effect::ThirdNotice),
        other => Err(rusqlite::Error::IntegralValueOutOfRange(column, other)),
    }
}

pub(super) fn state_of(row: &Row<'_>, column: usize) -> rusqlite::Result<DeliveryState> {
    let number: i64 = row.get(column)?;
    let state = usize::try_from(number).ok().and_then(|n| DeliveryState::ALL.get(n));
    state.copied().ok_or(rusqlite::Error::IntegralValueOutOfRange(column, number))
}

pub(super) fn time_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let micros: i64 = row.get(column)?;
    Timestamp::from_micros(micros)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, micros))
}
