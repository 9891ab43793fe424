//! Cases as bytes of a snapshot.

use std::collections::BTreeSet;

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::journal::{EvidenceSeen, PolicyCited, SubjectSeen};
use seawall_model::knowledge::FileClass;
use seawall_model::{AccountId, CaseId, DecisionId, Family, ReviewerId, Timestamp, TraceId};

use crate::{
    Case, CaseState, Cases, Change, Content, Finding, Heard, Reason, RestsOnMissing, Ruled, Saw,
    Settled,
};

/// Kinds of evidence, by number.
const KINDS: [&str; 5] = ["bank_match", "term", "comeback", "support_lost", "rule"];

impl Cases {
    /// Appends them to a snapshot.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u64(self.given);
        writer.len(self.cases.len());
        for (id, case) in &self.cases {
            writer.u64(id.0);
            case.encode(writer);
        }
        let mut ages: Vec<_> = self.ages.iter().collect();
        ages.sort_unstable();
        writer.len(ages.len());
        for (account, created_at) in ages {
            writer.u64(account.0);
            encode_time(*created_at, writer);
        }
    }

    /// Reads what [`Cases::encode`] wrote.
    ///
    /// # Errors
    /// [`CodecError`] if it is not that.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut cases = Self { given: reader.u64()?, ..Self::default() };
        for _ in 0..reader.len(8)? {
            let id = CaseId(reader.u64()?);
            let case = Case::decode(reader)?;
            cases.open += usize::from(case.state == CaseState::Open);
            // In order of their numbers, so the newest of a subject comes last.
            cases.newest.insert(case.subject, id);
            cases.posts.extend(case.post.map(|post| (post, case.subject)));
            cases.cases.insert(id, case);
        }
        for case in cases.cases.values() {
            // Whose post it is may have been learned since an older case about it.
            let newest = case.post.and_then(|post| cases.posts.get(&post));
            if newest.is_some_and(|newest| *newest != case.subject) {
                cases.newest.remove(&case.subject);
            }
        }
        for _ in 0..reader.len(16)? {
            let account = AccountId(reader.u64()?);
            cases.ages.insert(account, decode_time(reader)?);
        }
        Ok(cases)
    }
}

impl Finding {
    /// Appends it to a snapshot.
    pub fn encode(&self, writer: &mut Writer) {
        Case::new(self.clone()).encode(writer);
        encode_time(self.created_at, writer);
    }

    /// Reads what [`Finding::encode`] wrote.
    ///
    /// # Errors
    /// [`CodecError`] if it is not that.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let case = Case::decode(reader)?;
        let created_at = decode_time(reader)?;
        let Case { subject, policy, rule, rests, evidence, reasons, at, .. } = case;
        let Case { post, content, is_deleted, .. } = case;
        Ok(Self {
            subject,
            policy,
            rule,
            rests,
            evidence,
            reasons,
            at,
            created_at,
            post,
            content,
            is_deleted,
        })
    }
}

impl Case {
    fn encode(&self, writer: &mut Writer) {
        self.subject.encode(writer);
        text(&self.policy, writer);
        text(self.rule.as_deref().unwrap_or_default(), writer);
        writer.u64(self.version);
        let (state, decision) = match self.state {
            CaseState::Open => (0, 0),
            CaseState::Decided(decision) => (1, decision.0),
            CaseState::Withdrawn => (2, 0),
        };
        writer.u8(state);
        writer.u64(decision);
        writer.u8(u8::from(self.rests == RestsOnMissing::Yes));
        writer.i64(self.at.micros());
        writer.raw(&self.post.map_or(0, |post| post.0).to_be_bytes());
        writer.u64(self.content);
        writer.u64(self.edited);
        writer.u8(u8::from(self.is_deleted));
        writer.u8(u8::from(self.is_reopened));
        writer.len(self.evidence.len());
        for piece in &self.evidence {
            encode_evidence(piece, writer);
        }
        encode_reasons(&self.reasons, writer);
        writer.len(self.settled.evidence.len());
        for piece in &self.settled.evidence {
            encode_evidence(piece, writer);
        }
        encode_reasons(&self.settled.reasons, writer);
        writer.len(self.ruled_by.len());
        for reviewer in &self.ruled_by {
            writer.u64(reviewer.0);
        }
        writer.len(self.heard.len());
        for heard in &self.heard {
            encode_heard(heard, writer);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let subject = SubjectSeen::decode(reader)?;
        let policy = read_text(reader)?;
        let rule = Some(read_text(reader)?).filter(|rule| !rule.is_empty());
        let version = reader.u64()?;
        let state = match (reader.u8()?, reader.u64()?) {
            (0, _) => CaseState::Open,
            (1, decision) => CaseState::Decided(DecisionId(decision)),
            (2, _) => CaseState::Withdrawn,
            _ => return Err(CodecError::Range),
        };
        let rests = if reader.u8()? == 1 { RestsOnMissing::Yes } else { RestsOnMissing::No };
        let at = decode_time(reader)?.ok_or(CodecError::Range)?;
        let mut post = [0; 16];
        for byte in &mut post {
            *byte = reader.u8()?;
        }
        let post = Some(TraceId(u128::from_be_bytes(post))).filter(|post| post.0 != 0);
        let (content, edited) = (reader.u64()?, reader.u64()?);
        let (is_deleted, is_reopened) = (reader.u8()? == 1, reader.u8()? == 1);
        let mut case = Self {
            subject,
            policy,
            rule,
            version,
            state,
            rests,
            at,
            post,
            content,
            edited,
            is_deleted,
            is_reopened,
            evidence: Vec::new(),
            reasons: Vec::new(),
            settled: Settled::default(),
            heard: Vec::new(),
            ruled_by: BTreeSet::new(),
        };
        for _ in 0..reader.len(10)? {
            case.evidence.push(decode_evidence(reader)?);
        }
        case.reasons = decode_reasons(reader)?;
        for _ in 0..reader.len(10)? {
            case.settled.evidence.push(decode_evidence(reader)?);
        }
        case.settled.reasons = decode_reasons(reader)?;
        for _ in 0..reader.len(8)? {
            case.ruled_by.insert(ReviewerId(reader.u64()?));
        }
        for _ in 0..reader.len(10)? {
            case.heard.push(decode_heard(reader)?);
        }
        Ok(case)
    }
}

fn encode_time(at: Option<Timestamp>, writer: &mut Writer) {
    writer.i64(at.map_or(i64::MIN, Timestamp::micros));
}

fn decode_time(reader: &mut Reader<'_>) -> Result<Option<Timestamp>, CodecError> {
    match reader.i64()? {
        i64::MIN => Ok(None),
        micros => Timestamp::from_micros(micros).map(Some).map_err(|_| CodecError::Range),
    }
}

fn encode_evidence(piece: &EvidenceSeen, writer: &mut Writer) {
    let kind = KINDS.iter().position(|kind| *kind == piece.kind);
    writer.u8(kind.and_then(|kind| u8::try_from(kind).ok()).unwrap_or(u8::MAX));
    let family = piece.family.as_deref().and_then(Family::from_name);
    writer.u8(family.map_or(0, |family| family as u8));
    writer.u64(piece.entry.unwrap_or(0));
    writer.i64(piece.milli_bits.unwrap_or(i64::MIN));
    writer.u32(piece.distance.unwrap_or(u32::MAX));
    writer.u64(piece.position);
}

fn decode_evidence(reader: &mut Reader<'_>) -> Result<EvidenceSeen, CodecError> {
    let kind = KINDS.get(usize::from(reader.u8()?)).ok_or(CodecError::Range)?;
    let family = reader.u8()?;
    let family = Family::ALL.into_iter().find(|of| *of as u8 == family);
    Ok(EvidenceSeen {
        kind: (*kind).to_owned(),
        family: family.map(|family| family.as_str().to_owned()),
        entry: Some(reader.u64()?).filter(|entry| *entry != 0),
        milli_bits: Some(reader.i64()?).filter(|bits| *bits != i64::MIN),
        distance: Some(reader.u32()?).filter(|distance| *distance != u32::MAX),
        position: reader.u64()?,
    })
}

fn encode_reasons(reasons: &[Reason], writer: &mut Writer) {
    writer.len(reasons.len());
    for reason in reasons {
        text(&reason.rule, writer);
        text(&reason.policy, writer);
        writer.len(reason.entries.len());
        for entry in &reason.entries {
            writer.u64(*entry);
        }
        writer.u8(u8::from(reason.fact.is_some()));
        writer.u128(reason.fact.map_or(0, |fact| fact.0));
        writer.u64(reason.position);
    }
}

fn decode_reasons(reader: &mut Reader<'_>) -> Result<Vec<Reason>, CodecError> {
    let mut reasons = Vec::new();
    for _ in 0..reader.len(28)? {
        let (rule, policy) = (read_text(reader)?, read_text(reader)?);
        let mut entries = Vec::new();
        for _ in 0..reader.len(8)? {
            entries.push(reader.u64()?);
        }
        let is_fact = reader.u8()? == 1;
        let fact = Some(TraceId(reader.u128()?)).filter(|_| is_fact);
        reasons.push(Reason { rule, policy, entries, fact, position: reader.u64()? });
    }
    Ok(reasons)
}

fn encode_heard(heard: &Heard, writer: &mut Writer) {
    writer.u64(heard.reviewer.0);
    text(heard.ruled.as_str(), writer);
    text(heard.saw.as_str(), writer);
    let cited = heard.policy.as_ref();
    text(cited.map_or("", |policy| &policy.id), writer);
    writer.u32(cited.map_or(0, |policy| policy.version));
    writer.u8(heard.class.map_or(0, |class| class as u8));
}

fn decode_heard(reader: &mut Reader<'_>) -> Result<Heard, CodecError> {
    let reviewer = ReviewerId(reader.u64()?);
    let ruled = Ruled::from_name(&read_text(reader)?).ok_or(CodecError::Range)?;
    let saw = Saw::from_name(&read_text(reader)?).ok_or(CodecError::Range)?;
    let (id, version) = (read_text(reader)?.into_string(), reader.u32()?);
    let policy = (!id.is_empty()).then_some(PolicyCited { id, version });
    let class = reader.u8()?;
    let class = FileClass::ALL.into_iter().find(|of| *of as u8 == class);
    Ok(Heard { reviewer, ruled, saw, policy, class })
}

fn text(text: &str, writer: &mut Writer) {
    writer.len(text.len());
    writer.raw(text.as_bytes());
}

fn read_text(reader: &mut Reader<'_>) -> Result<Box<str>, CodecError> {
    let length = reader.len(1)?;
    let mut bytes = Vec::with_capacity(length);
    for _ in 0..length {
        bytes.push(reader.u8()?);
    }
    String::from_utf8(bytes).map(Into::into).map_err(|_| CodecError::Range)
}

impl Change {
    /// Appends it to a snapshot.
    pub fn encode(&self, writer: &mut Writer) {
        writer.raw(&self.post.0.to_be_bytes());
        writer.u64(self.position);
        writer.u8(u8::from(self.content == Content::Deleted));
    }

    /// Reads what [`Change::encode`] wrote.
    ///
    /// # Errors
    /// [`CodecError`] if it is not that.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let post = TraceId(u128::from_be_bytes(reader.array()?));
        let position = reader.u64()?;
        let content = match reader.u8()? {
            0 => Content::At(position),
            1 => Content::Deleted,
            _ => return Err(CodecError::Range),
        };
        Ok(Self { post, position, content })
    }
}
