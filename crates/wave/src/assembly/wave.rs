//! One open wave, one burst that waits for room, and their written forms.
//!
//! Leaves out which burst joins which wave.

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{Hour, Position, WaveId};

use crate::crowd::Crowd;
use crate::finding::{Burst, Fall};

/// A wave with its bursts summed up.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wave {
    pub(super) crowd: Crowd,
    pub(super) bursts: u64,
    /// Bursts that have not fallen.
    pub(super) open: u64,
    pub(super) last_hour: Hour,
    pub(super) posts: u64,
    pub(super) peak: u64,
}

/// A burst over the limit on waves, and its end where it came.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Waiting {
    pub(super) burst: Burst,
    pub(super) fall: Option<Fall>,
}

/// Bytes of a written wave id.
pub(super) const ID_BYTES: usize = 8 + 4;
/// Bytes of the shortest written wave.
pub(super) const WAVE_BYTES_MIN: usize = 8 + 9 + 8 + 8 + 4 + 8 + 8;
/// Bytes of the shortest burst that waits.
pub(super) const WAITING_BYTES_MIN: usize = 1 + 16 + 4 + 4 * 8 + 17 + 8 + 1;

impl Wave {
    pub(super) fn new(hour: Hour) -> Self {
        let crowd = Crowd::default();
        Self { crowd, bursts: 0, open: 0, last_hour: hour, posts: 0, peak: 0 }
    }

    pub(super) fn end_burst(&mut self, fall: &Fall) {
        self.open = self.open.saturating_sub(1);
        self.last_hour = self.last_hour.max(fall.last_hour);
        self.posts = self.posts.saturating_add(fall.posts);
        self.peak = self.peak.max(fall.peak);
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        self.crowd.encode(writer);
        writer.u64(self.bursts);
        writer.u64(self.open);
        writer.u32(self.last_hour.index());
        writer.u64(self.posts);
        writer.u64(self.peak);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            crowd: Crowd::decode(reader)?,
            bursts: reader.u64()?,
            open: reader.u64()?,
            last_hour: Hour::from_index(reader.u32()?),
            posts: reader.u64()?,
            peak: reader.u64()?,
        })
    }
}

impl Waiting {
    pub(super) fn encode(&self, writer: &mut Writer) {
        self.burst.encode(writer);
        writer.u8(u8::from(self.fall.is_some()));
        if let Some(fall) = self.fall {
            writer.u32(fall.last_hour.index());
            writer.u64(fall.posts);
            writer.u64(fall.peak);
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let burst = Burst::decode(reader)?;
        let fall = match reader.u8()? {
            0 => None,
            1 => Some(Fall {
                trace: burst.trace.id,
                last_hour: Hour::from_index(reader.u32()?),
                posts: reader.u64()?,
                peak: reader.u64()?,
            }),
            _ => return Err(CodecError::Range),
        };
        Ok(Self { burst, fall })
    }
}

pub(super) fn encode_id(id: WaveId, writer: &mut Writer) {
    writer.u64(id.opened_after.0);
    writer.u32(id.ordinal);
}

pub(super) fn decode_id(reader: &mut Reader<'_>) -> Result<WaveId, CodecError> {
    Ok(WaveId { opened_after: Position(reader.u64()?), ordinal: reader.u32()? })
}
