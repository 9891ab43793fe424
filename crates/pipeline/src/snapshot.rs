//! The pipeline's state as bytes, so that start-up need not begin at the first position.
//!
//! Equal states give equal bytes: everything is written in order of its key.

use seawall_link::{Profile, Seen};
use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{AccountId, EntryId, Hour, Position, State, Timestamp, TraceId};
use seawall_wave::{Assembly, Sighting, Trace, TraceKind, Windows};

use crate::account::{Accounts, FollowMessage};
use crate::active::Contents;
use crate::hours::Hours;
use crate::judge::{Brought, Judge};
use crate::pipeline::{Order, Told, Waiting};
use crate::posts::{Posts, Tells};
use crate::sketches::Sketches;
use crate::{Constants, PARTITIONS, Pipeline};

/// Bytes of one sighting in a snapshot.
const SIGHTING_BYTES: usize = 1 + 16 + 8 + 4 + 8;
/// Own id written where there is none.
const NOBODY: u64 = u64::MAX;

impl Pipeline {
    /// The state, whole. The trace key is left out: it belongs to the folder.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        let values = self.constants.values();
        writer.len(values.len());
        for value in values.values() {
            writer.i64(*value);
        }
        encode_order(&self.order, &mut writer);
        encode_waiting(&self.waiting, &mut writer);
        self.hours.encode(&mut writer);
        for accounts in &self.accounts {
            accounts.encode(&mut writer);
        }
        for windows in &self.windows {
            windows.encode(&mut writer);
        }
        self.assembly.encode(&mut writer);
        for sketches in &self.sketches {
            sketches.encode(&mut writer);
        }
        self.posts.encode(&mut writer);
        self.seen.encode(&mut writer);
        self.judge.encode(&mut writer);
        writer.len(self.active.suppressed().len());
        for entry in self.active.suppressed() {
            writer.u64(entry.0);
        }
        let entries: Vec<EntryId> = self.active.entries().collect();
        writer.len(entries.len());
        for entry in entries {
            writer.u64(entry.0);
        }
        writer.into_bytes()
    }

    /// The pipeline whose [`Pipeline::snapshot`] these bytes are. What entries of knowledge
    /// say is no part of them: it comes from `contents`.
    ///
    /// # Errors
    /// [`CodecError`] if they are not one of this build.
    pub fn restore(
        bytes: &[u8],
        key: [u8; 32],
        contents: &dyn Contents,
    ) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let constants = decode_constants(&mut reader)?;
        let mut pipeline = Self::new(constants, key);
        let wave = pipeline.constants.wave.clone();
        pipeline.order = decode_order(&mut reader)?;
        pipeline.waiting = decode_waiting(&mut reader)?;
        pipeline.hours = Hours::decode(&mut reader)?;
        for place in 0..PARTITIONS {
            pipeline.accounts[place] = Accounts::decode(&mut reader)?;
        }
        for place in 0..PARTITIONS {
            pipeline.windows[place] = Windows::decode(&mut reader, wave.clone())?;
        }
        pipeline.assembly = Assembly::decode(&mut reader, wave.clone())?;
        for place in 0..PARTITIONS {
            pipeline.sketches[place] = Sketches::decode(&mut reader)?;
        }
        pipeline.posts = Posts::decode(&mut reader)?;
        pipeline.seen = Seen::decode(&mut reader)?;
        pipeline.judge = Judge::decode(&mut reader)?;
        pipeline.judge.limit(&pipeline.constants);
        let mut suppressed = Vec::new();
        for _ in 0..reader.len(8)? {
            suppressed.push(reader.u64()?);
        }
        pipeline.active.suppress(&suppressed, contents);
        for _ in 0..reader.len(8)? {
            let entry = EntryId(reader.u64()?);
            if let Some(knowledge) = contents.content(entry) {
                // What another build refused, this one was not given.
                let _ = pipeline.active.put(entry, knowledge);
            }
        }
        reader.end()?;
        Ok(pipeline)
    }

    /// Puts another version of the constants in force, keeping the state.
    pub(crate) fn set_constants(&mut self, values: &std::collections::BTreeMap<String, i64>) {
        let mut constants = self.constants.clone();
        for (name, value) in values {
            // A name of another build is no constant of this one; its own span says so.
            let _ = constants.set(name, *value);
        }
        let mut writer = Writer::new();
        for windows in &self.windows {
            windows.encode(&mut writer);
        }
        self.assembly.encode(&mut writer);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        for place in 0..PARTITIONS {
            if let Ok(windows) = Windows::decode(&mut reader, constants.wave.clone()) {
                self.windows[place] = windows;
            }
        }
        if let Ok(assembly) = Assembly::decode(&mut reader, constants.wave.clone()) {
            self.assembly = assembly;
        }
        self.judge.limit(&constants);
        self.constants = constants;
    }
}

fn decode_constants(reader: &mut Reader<'_>) -> Result<Constants, CodecError> {
    let mut constants = Constants::default();
    let names: Vec<String> = constants.values().into_keys().collect();
    if reader.len(8)? != names.len() {
        return Err(CodecError::Range);
    }
    for name in names {
        let value = reader.i64()?;
        constants.set(&name, value).map_err(|_| CodecError::Range)?;
    }
    Ok(constants)
}

fn encode_order(order: &Order, writer: &mut Writer) {
    writer.u64(order.position.0);
    writer.i64(order.now.micros());
    writer.i64(order.newest.micros());
    writer.u8(u8::from(order.is_live));
    writer.u64(order.set_aside.0);
    writer.u8(u8::from(order.counted.is_some()));
    writer.u32(order.counted.unwrap_or_default().index());
}

fn decode_order(reader: &mut Reader<'_>) -> Result<Order, CodecError> {
    let mut order = Order {
        position: Position(reader.u64()?),
        now: time(reader)?,
        newest: time(reader)?,
        is_live: reader.u8()? == 1,
        set_aside: Position(reader.u64()?),
        counted: None,
    };
    let is_counted = reader.u8()? == 1;
    let hour = Hour::from_index(reader.u32()?);
    order.counted = is_counted.then_some(hour);
    Ok(order)
}

fn time(reader: &mut Reader<'_>) -> Result<Timestamp, CodecError> {
    Timestamp::from_micros(reader.i64()?).map_err(|_| CodecError::Range)
}

fn encode_waiting(waiting: &Waiting, writer: &mut Writer) {
    let (first, at) = waiting.first.unwrap_or_default();
    writer.u64(first.0);
    writer.i64(at.micros());
    writer.len(waiting.commitments.len());
    writer.raw(&waiting.commitments);
    writer.len(waiting.sightings.len());
    for sighting in &waiting.sightings {
        writer.u8(sighting.trace.kind.number());
        writer.u128(sighting.trace.id.0);
        writer.u64(sighting.account.map_or(NOBODY, |account| account.0));
        writer.u32(sighting.hour.index());
        writer.u64(sighting.position.0);
    }
    writer.len(waiting.follows.len());
    for message in &waiting.follows {
        writer.u64(message.to.0);
        writer.u8(u8::from(message.state == State::Made));
    }
    writer.len(waiting.profiles.len());
    for (account, profile) in &waiting.profiles {
        writer.u64(account.0);
        profile.encode(writer);
    }
    writer.len(waiting.told.len());
    for told in &waiting.told {
        match told {
            Told::Found(found, by, tells) => {
                writer.u8(1);
                encode_by(*by, *tells, writer);
                found.encode(writer);
            }
            Told::Changed(change, by, tells) => {
                writer.u8(2);
                encode_by(*by, *tells, writer);
                change.encode(writer);
            }
            Told::Dated(account, created_at) => {
                writer.u8(3);
                writer.u64(account.0);
                writer.i64(created_at.micros());
            }
        }
    }
    writer.len(waiting.reinstated.len());
    for account in &waiting.reinstated {
        writer.u64(account.0);
    }
    writer.len(waiting.appealed.len());
    for brought in &waiting.appealed {
        writer.u64(brought.account.map_or(NOBODY, |account| account.0));
        writer.u64(brought.action);
        writer.u64(brought.position);
    }
}

fn encode_by(by: Option<AccountId>, tells: Tells, writer: &mut Writer) {
    writer.u64(by.map_or(NOBODY, |by| by.0));
    writer.u8(tells as u8);
}

fn decode_by(reader: &mut Reader<'_>) -> Result<(Option<AccountId>, Tells), CodecError> {
    let by = Some(AccountId(reader.u64()?)).filter(|by| by.0 != NOBODY);
    let tells = match reader.u8()? {
        0 => Tells::Creation,
        1 => Tells::Change,
        2 => Tells::Mention,
        _ => return Err(CodecError::Range),
    };
    Ok((by, tells))
}

fn decode_waiting(reader: &mut Reader<'_>) -> Result<Waiting, CodecError> {
    let first = Position(reader.u64()?);
    let at = time(reader)?;
    let mut waiting =
        Waiting { first: (first != Position::START).then_some((first, at)), ..Waiting::default() };
    for _ in 0..reader.len(1)? {
        waiting.commitments.push(reader.u8()?);
    }
    for _ in 0..reader.len(SIGHTING_BYTES)? {
        let kind = TraceKind::from_number(reader.u8()?).ok_or(CodecError::Range)?;
        let id = TraceId(reader.u128()?);
        let account = Some(AccountId(reader.u64()?)).filter(|account| account.0 != NOBODY);
        let hour = Hour::from_index(reader.u32()?);
        let position = Position(reader.u64()?);
        waiting.sightings.push(Sighting { trace: Trace { kind, id }, account, hour, position });
    }
    for _ in 0..reader.len(9)? {
        let to = AccountId(reader.u64()?);
        let state = if reader.u8()? == 1 { State::Made } else { State::Withdrawn };
        waiting.follows.push(FollowMessage { to, state });
    }
    for _ in 0..reader.len(8)? {
        let account = AccountId(reader.u64()?);
        waiting.profiles.push((account, Profile::decode(reader)?));
    }
    for _ in 0..reader.len(8)? {
        waiting.told.push(match reader.u8()? {
            1 => {
                let (by, tells) = decode_by(reader)?;
                Told::Found(seawall_review::Finding::decode(reader)?, by, tells)
            }
            2 => {
                let (by, tells) = decode_by(reader)?;
                Told::Changed(seawall_review::Change::decode(reader)?, by, tells)
            }
            3 => Told::Dated(AccountId(reader.u64()?), time(reader)?),
            _ => return Err(CodecError::Range),
        });
    }
    for _ in 0..reader.len(8)? {
        waiting.reinstated.push(AccountId(reader.u64()?));
    }
    for _ in 0..reader.len(24)? {
        let account = Some(AccountId(reader.u64()?)).filter(|account| account.0 != NOBODY);
        let (action, position) = (reader.u64()?, reader.u64()?);
        waiting.appealed.push(Brought { account, action, position });
    }
    Ok(waiting)
}
