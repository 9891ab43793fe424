//! The bytes of [`Supports`] in a snapshot.
//!
//! Only what was told is written: decisions, which of them were overturned, kinds of
//! entries, which of them were withdrawn, matches. What stands follows from that and is found out again, so that no
//! snapshot can contradict itself.

use std::collections::BTreeSet;

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{CaseId, DecisionId, EntryId, ReviewerId};

use super::{
    DECISIONS_MAX, Decision, DecisionState, ENTRIES_MAX, Entry, EntryKind, EntryState, Ground,
    MATCHES_MAX, NAMED_PER_DECISION_MAX, SourceId, Supports, Taken,
};

impl Supports {
    /// Appends everything that was told.
    pub fn encode(&self, writer: &mut Writer) {
        writer.len(self.entries.len());
        for (id, entry) in &self.entries {
            writer.u64(id.0);
            writer.u8(entry.kind as u8);
            writer.u8(u8::from(entry.taken == Taken::Yes));
        }
        writer.len(self.decisions.len());
        for (id, decision) in &self.decisions {
            encode_decision(*id, decision, writer);
        }
        writer.len(self.matches.len());
        for (case, entries) in &self.matches {
            writer.u64(case.0);
            encode_numbers(entries.iter().map(|entry| entry.0), writer);
        }
    }

    /// Reads what [`encode`](Self::encode) wrote, and finds out what stands.
    ///
    /// # Errors
    /// [`CodecError`] if the bytes end too early, are beyond a limit, out of order, or name
    /// an entry that is not there or does not stand.
    ///
    /// Cost: the size of the snapshot times a logarithm.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut supports = Self::new();
        for _ in 0..length(reader, 10, ENTRIES_MAX)? {
            let id = EntryId(reader.u64()?);
            let kind = decode_kind(reader.u8()?)?;
            in_order(supports.entries.last_key_value(), &id)?;
            let taken = match reader.u8()? {
                0 => Taken::No,
                1 => Taken::Yes,
                _ => return Err(CodecError::Range),
            };
            supports.entries.insert(id, Entry { taken, ..Entry::new(kind) });
        }
        for _ in 0..length(reader, 41, DECISIONS_MAX)? {
            supports.decode_decision(reader)?;
        }
        // What nothing ever supported was never an entry.
        if supports.entries.values().any(|entry| entry.supporters.is_empty()) {
            return Err(CodecError::Range);
        }
        supports.settle();
        supports.decode_matches(reader)?;
        Ok(supports)
    }

    fn decode_decision(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        let id = DecisionId(reader.u64()?);
        in_order(self.decisions.last_key_value(), &id)?;
        let state = match reader.u8()? {
            0 => DecisionState::Stands,
            1 => DecisionState::Overturned,
            _ => return Err(CodecError::Range),
        };
        let signed_by: BTreeSet<ReviewerId> =
            decode_numbers(reader)?.into_iter().map(ReviewerId).collect();
        let confirmed_by: BTreeSet<ReviewerId> =
            decode_numbers(reader)?.into_iter().map(ReviewerId).collect();
        if !confirmed_by.is_subset(&signed_by) {
            return Err(CodecError::Range);
        }
        let mut grounds = BTreeSet::new();
        for _ in 0..length(reader, 9, NAMED_PER_DECISION_MAX)? {
            let ground = decode_ground(reader)?;
            if grounds.last().is_some_and(|last| *last >= ground) {
                return Err(CodecError::Range);
            }
            if let Some(entry) = ground.entry() {
                let entry = self.entries.get_mut(&entry).ok_or(CodecError::Range)?;
                entry.dependents.insert(id);
            }
            grounds.insert(ground);
        }
        let groundless = grounds.is_empty();
        if groundless || (grounds.contains(&Ground::Seen) && signed_by.is_empty()) {
            return Err(CodecError::Range);
        }
        let entries: BTreeSet<EntryId> = decode_numbers(reader)?.into_iter().map(EntryId).collect();
        for entry in &entries {
            let entry = self.entries.get_mut(entry).ok_or(CodecError::Range)?;
            entry.supporters.insert(id);
        }
        let decision = Decision { signed_by, confirmed_by, grounds, entries, state };
        self.decisions.insert(id, decision);
        Ok(())
    }

    fn decode_matches(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        for _ in 0..length(reader, 16, MATCHES_MAX)? {
            let case = CaseId(reader.u64()?);
            in_order(self.matches.last_key_value(), &case)?;
            let entries: BTreeSet<EntryId> = {
                let count = length(reader, 8, MATCHES_MAX - self.matches_count)?;
                sorted(reader, count)?.into_iter().map(EntryId).collect()
            };
            if entries.is_empty() {
                return Err(CodecError::Range);
            }
            for id in &entries {
                let entry = self.entries.get_mut(id).ok_or(CodecError::Range)?;
                if entry.state != EntryState::Stands {
                    return Err(CodecError::Range);
                }
                entry.cases.insert(case);
            }
            self.matches_count += entries.len();
            self.matches.insert(case, entries);
        }
        Ok(())
    }
}

fn encode_decision(id: DecisionId, decision: &Decision, writer: &mut Writer) {
    writer.u64(id.0);
    writer.u8(u8::from(decision.state == DecisionState::Overturned));
    encode_numbers(decision.signed_by.iter().map(|reviewer| reviewer.0), writer);
    encode_numbers(decision.confirmed_by.iter().map(|reviewer| reviewer.0), writer);
    writer.len(decision.grounds.len());
    for ground in &decision.grounds {
        let (kind, number) = match ground {
            Ground::Seen => (1, 0),
            Ground::Register(source) => (2, source.0),
            Ground::Import(source) => (3, source.0),
            Ground::Match(entry) => (4, entry.0),
            Ground::Link(entry) => (5, entry.0),
        };
        writer.u8(kind);
        writer.u64(number);
    }
    encode_numbers(decision.entries.iter().map(|entry| entry.0), writer);
}

fn encode_numbers(numbers: impl ExactSizeIterator<Item = u64>, writer: &mut Writer) {
    writer.len(numbers.len());
    numbers.for_each(|number| writer.u64(number));
}

fn decode_numbers(reader: &mut Reader<'_>) -> Result<Vec<u64>, CodecError> {
    let count = length(reader, 8, NAMED_PER_DECISION_MAX)?;
    sorted(reader, count)
}

/// So many numbers, each larger than the one before.
fn sorted(reader: &mut Reader<'_>, count: usize) -> Result<Vec<u64>, CodecError> {
    let mut numbers = Vec::with_capacity(count);
    for _ in 0..count {
        let number = reader.u64()?;
        if numbers.last().is_some_and(|last| *last >= number) {
            return Err(CodecError::Range);
        }
        numbers.push(number);
    }
    Ok(numbers)
}

fn decode_ground(reader: &mut Reader<'_>) -> Result<Ground, CodecError> {
    let (kind, number) = (reader.u8()?, reader.u64()?);
    Ok(match kind {
        1 if number == 0 => Ground::Seen,
        2 => Ground::Register(SourceId(number)),
        3 => Ground::Import(SourceId(number)),
        4 => Ground::Match(EntryId(number)),
        5 => Ground::Link(EntryId(number)),
        _ => return Err(CodecError::Range),
    })
}

fn decode_kind(number: u8) -> Result<EntryKind, CodecError> {
    Ok(match number {
        1 => EntryKind::BankEntry,
        2 => EntryKind::RemovedProfile,
        3 => EntryKind::Trace,
        4 => EntryKind::Term,
        5 => EntryKind::Protected,
        6 => EntryKind::Policy,
        7 => EntryKind::Rules,
        _ => return Err(CodecError::Range),
    })
}

/// The length of a sequence within its limit.
fn length(reader: &mut Reader<'_>, element_bytes: usize, max: usize) -> Result<usize, CodecError> {
    let length = reader.len(element_bytes)?;
    if length > max { Err(CodecError::Range) } else { Ok(length) }
}

fn in_order<K: Ord, V>(last: Option<(&K, &V)>, next: &K) -> Result<(), CodecError> {
    if last.is_some_and(|(last, _)| last >= next) { Err(CodecError::Range) } else { Ok(()) }
}
