//! What the windows tell the assembly: bursts that rose, grew and fell.
//!
//! Leaves out readable names and content: a burst is told in ids, counts and hashes.

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::journal::BurstSeen;
use seawall_model::{Hour, Position, TraceId};

use crate::baseline::Interval;
use crate::crowd::Crowd;
use crate::trace::{Trace, TraceKind};

/// Positions kept of one burst, the first ones.
pub const BURST_POSITIONS_MAX: usize = 8;

/// A trace seen above its baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Burst {
    /// The trace.
    pub trace: Trace,
    /// The hour it rose in.
    pub hour: Hour,
    /// Posts in that hour when it was found.
    pub count: u64,
    /// What that hour would have held if it were ordinary.
    pub interval: Interval,
    /// The accounts seen in it so far.
    pub crowd: Crowd,
    /// Positions of its first posts, at most [`BURST_POSITIONS_MAX`], sorted.
    pub positions: Vec<Position>,
}

impl Burst {
    /// The burst as the journal tells it.
    #[must_use]
    pub fn seen(&self) -> BurstSeen {
        BurstSeen {
            trace_kind: self.trace.kind.as_str().to_owned(),
            trace: self.trace.id.to_string(),
            hour: self.hour.start(),
            count: self.count,
            expected_milli: self.interval.expected_milli(),
            upper: self.interval.upper,
            accounts: self.crowd.accounts(),
            account_sample: self.crowd.sample().into_iter().map(|account| account.0).collect(),
            positions: self.positions.iter().map(|position| position.0).collect(),
        }
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        writer.u8(self.trace.kind.number());
        writer.u128(self.trace.id.0);
        writer.u32(self.hour.index());
        writer.u64(self.count);
        writer.f64(self.interval.expected);
        writer.u64(self.interval.lower);
        writer.u64(self.interval.upper);
        self.crowd.encode(writer);
        encode_positions(&self.positions, writer);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let kind = TraceKind::from_number(reader.u8()?).ok_or(CodecError::Range)?;
        let trace = Trace { kind, id: TraceId(reader.u128()?) };
        let hour = Hour::from_index(reader.u32()?);
        let count = reader.u64()?;
        let expected = crate::shape::amount(reader)?;
        let interval = Interval { expected, lower: reader.u64()?, upper: reader.u64()? };
        let crowd = Crowd::decode(reader)?;
        let positions = decode_positions(reader)?;
        Ok(Self { trace, hour, count, interval, crowd, positions })
    }
}

/// What one hand-over found about one trace.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// A burst began.
    Rose(Burst),
    /// An open burst has noticeably more accounts than when it was last told: a
    /// quarter more and at least eight.
    Grew(Burst),
    /// A burst is over.
    Fell(Fall),
}

impl Finding {
    /// The trace it is about.
    #[must_use]
    pub fn trace(&self) -> TraceId {
        match self {
            Self::Rose(burst) | Self::Grew(burst) => burst.trace.id,
            Self::Fell(fall) => fall.trace,
        }
    }
}

/// The end of a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fall {
    /// The trace.
    pub trace: TraceId,
    /// The last hour above the baseline.
    pub last_hour: Hour,
    /// Posts from the hour it rose in to that hour.
    pub posts: u64,
    /// Most posts in one of these hours.
    pub peak: u64,
}

pub(crate) fn encode_positions(positions: &[Position], writer: &mut Writer) {
    writer.len(positions.len());
    for position in positions {
        writer.u64(position.0);
    }
}

pub(crate) fn decode_positions(reader: &mut Reader<'_>) -> Result<Vec<Position>, CodecError> {
    let length = reader.len(8)?;
    if length > BURST_POSITIONS_MAX {
        return Err(CodecError::Range);
    }
    (0..length).map(|_| reader.u64().map(Position)).collect()
}
