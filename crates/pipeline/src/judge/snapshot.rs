//! The judge's state as bytes of a snapshot.

use std::collections::BTreeSet;

use seawall_action::Actions;
use seawall_decision::Supports;
use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::knowledge::KnowledgeKind;
use seawall_model::{AccountId, CaseId, DecisionId, EntryId, ReviewerId, Timestamp};
use seawall_review::{Appeals, Cases, Ruled};

use super::quota::Taken;
use super::{Judge, Laid, Made};

impl Judge {
    pub(crate) fn encode(&self, writer: &mut Writer) {
        self.cases.encode(writer);
        self.supports.encode(writer);
        self.actions.encode(writer);
        writer.len(self.reviewers.len());
        for (reviewer, signs) in &self.reviewers {
            writer.u64(reviewer.0);
            writer.u8(u8::from(*signs));
        }
        writer.len(self.decisions.len());
        for (id, made) in &self.decisions {
            writer.u64(id.0);
            encode_made(made, writer);
        }
        writer.len(self.owed.len());
        for decision in &self.owed {
            writer.u64(decision.0);
        }
        writer.len(self.laid.len());
        for (first, laid) in &self.laid {
            writer.u64(*first);
            writer.u64(laid.last);
            writer.u8(laid.kind as u8);
            writer.u64(laid.by.map_or(0, |by| by.0));
        }
        writer.u64(self.entries);
        writer.u64(self.versions);
        for times in [&self.upheld, &self.restricted] {
            writer.len(times.len());
            for (account, at) in times {
                writer.u64(account.0);
                writer.i64(at.micros());
            }
        }
        self.appeals.encode(writer);
        self.acted.encode(writer);
        self.acted_unattended.encode(writer);
        encode_pairs(self.overturns.iter().map(|(of, by)| (of.0, by.0)), writer);
        encode_pairs(self.spared.iter().map(|(case, entry)| (case.0, entry.0)), writer);
        encode_pairs(self.held.iter().map(|(case, reviewer)| (case.0, reviewer.0)), writer);
        writer.len(self.alone.len());
        for ((reviewer, entry), accounts) in &self.alone {
            writer.u64(reviewer.0);
            writer.u64(entry.0);
            writer.len(accounts.len());
            for account in accounts {
                writer.u64(account.0);
            }
        }
        self.encode_orders(writer);
        writer.len(self.restricted_under.len());
        for (action, (at, version)) in &self.restricted_under {
            writer.u64(*action);
            writer.i64(at.micros());
            writer.u64(u64::from(*version));
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut judge = Self {
            cases: Cases::decode(reader)?,
            supports: Supports::decode(reader)?,
            actions: Actions::decode(reader)?,
            ..Self::default()
        };
        for _ in 0..reader.len(9)? {
            let reviewer = ReviewerId(reader.u64()?);
            judge.reviewers.insert(reviewer, reader.u8()? == 1);
        }
        for _ in 0..reader.len(17)? {
            let id = DecisionId(reader.u64()?);
            judge.decisions.insert(id, decode_made(reader)?);
        }
        for _ in 0..reader.len(8)? {
            judge.owed.insert(DecisionId(reader.u64()?));
        }
        for _ in 0..reader.len(25)? {
            let (first, last, number) = (reader.u64()?, reader.u64()?, reader.u8()?);
            let kind = KnowledgeKind::ALL.into_iter().find(|kind| *kind as u8 == number);
            let kind = kind.ok_or(CodecError::Range)?;
            let by = Some(ReviewerId(reader.u64()?)).filter(|by| by.0 != 0);
            judge.laid.insert(first, Laid { last, kind, by });
        }
        judge.entries = reader.u64()?;
        judge.versions = reader.u64()?;
        for times in [&mut judge.upheld, &mut judge.restricted] {
            for _ in 0..reader.len(16)? {
                times.insert(AccountId(reader.u64()?), time(reader.i64()?)?);
            }
        }
        judge.appeals = Appeals::decode(reader)?;
        judge.acted = Taken::decode(reader)?;
        judge.acted_unattended = Taken::decode(reader)?;
        let pairs = decode_pairs(reader)?;
        judge.overturns = pairs.map(|(of, by)| (DecisionId(of), DecisionId(by))).collect();
        let pairs = decode_pairs(reader)?;
        judge.spared = pairs.map(|(case, entry)| (CaseId(case), EntryId(entry))).collect();
        let pairs = decode_pairs(reader)?;
        judge.held = pairs.map(|(case, by)| (CaseId(case), ReviewerId(by))).collect();
        for _ in 0..reader.len(24)? {
            let key = (ReviewerId(reader.u64()?), EntryId(reader.u64()?));
            let mut accounts = BTreeSet::new();
            for _ in 0..reader.len(8)? {
                accounts.insert(AccountId(reader.u64()?));
            }
            judge.alone.insert(key, accounts);
        }
        judge.decode_orders(reader)?;
        for _ in 0..reader.len(24)? {
            let (action, at) = (reader.u64()?, time(reader.i64()?)?);
            let version = u32::try_from(reader.u64()?).map_err(|_| CodecError::Range)?;
            judge.restricted_under.insert(action, (at, version));
        }
        Ok(judge)
    }
}

fn encode_pairs(pairs: impl ExactSizeIterator<Item = (u64, u64)>, writer: &mut Writer) {
    writer.len(pairs.len());
    for (first, second) in pairs {
        writer.u64(first);
        writer.u64(second);
    }
}

fn decode_pairs(
    reader: &mut Reader<'_>,
) -> Result<impl Iterator<Item = (u64, u64)> + use<>, CodecError> {
    let mut pairs = Vec::new();
    for _ in 0..reader.len(16)? {
        pairs.push((reader.u64()?, reader.u64()?));
    }
    Ok(pairs.into_iter())
}

fn encode_made(made: &Made, writer: &mut Writer) {
    writer.u64(made.case.map_or(0, |case| case.0));
    writer.i64(made.at.micros());
    let ruled = made.ruled.map_or("", Ruled::as_str);
    writer.len(ruled.len());
    writer.raw(ruled.as_bytes());
    writer.len(made.reviewers.len());
    for reviewer in &made.reviewers {
        writer.u64(reviewer.0);
    }
}

fn decode_made(reader: &mut Reader<'_>) -> Result<Made, CodecError> {
    let case = Some(CaseId(reader.u64()?)).filter(|case| case.0 != 0);
    let at = time(reader.i64()?)?;
    let mut ruled = Vec::new();
    for _ in 0..reader.len(1)? {
        ruled.push(reader.u8()?);
    }
    let ruled = String::from_utf8(ruled).map_err(|_| CodecError::Range)?;
    let ruled = match ruled.as_str() {
        "" => None,
        name => Some(Ruled::from_name(name).ok_or(CodecError::Range)?),
    };
    let mut reviewers = Vec::new();
    for _ in 0..reader.len(8)? {
        reviewers.push(ReviewerId(reader.u64()?));
    }
    Ok(Made { case, reviewers, ruled, at })
}

pub(super) fn time(micros: i64) -> Result<Timestamp, CodecError> {
    Timestamp::from_micros(micros).map_err(|_| CodecError::Range)
}
