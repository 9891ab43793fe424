//! What is counted by the hour of event time, until the hour can change no more.

use std::collections::BTreeMap;

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::journal::{Body, SignalCount};
use seawall_model::{EventKind, Hour, Signal, SignalKind, SignalValue};

/// Counts of one hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct HourCount {
    events: [u64; EventKind::ALL.len()],
    signals: [SignalCount; SignalKind::ALL.len()],
}

/// The hours still open, and what fell out of windows since the last one was closed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Hours {
    open: BTreeMap<Hour, HourCount>,
    late: u64,
    pub(crate) traces_dropped: u64,
    pub(crate) accounts_dropped: u64,
    /// Sketches dropped since the last hour was counted.
    pub(crate) sketches_dropped: u64,
}

/// An hour that was closed.
#[derive(Debug)]
pub(crate) struct ClosedHour {
    pub(crate) hour: Hour,
    pub(crate) posts: u64,
    pub(crate) entry: Body,
}

impl Hours {
    /// Counts an event in time.
    pub(crate) fn count(&mut self, hour: Hour, kind: EventKind, signals: &[Signal]) {
        let open = self.open.entry(hour).or_default();
        open.events[usize::from(kind.number()) - 1] += 1;
        for signal in signals {
            let count = &mut open.signals[signal.kind as usize - 1];
            match signal.value {
                SignalValue::Unknown => count.unknown += 1,
                SignalValue::Number(_) | SignalValue::Hash(_) => count.known += 1,
            }
        }
    }

    /// Counts a late event: its hour is closed or about to be.
    pub(crate) fn count_late(&mut self) {
        self.late += 1;
    }

    /// The first hour still open.
    pub(crate) fn first_open(&self) -> Option<Hour> {
        self.open.keys().next().copied()
    }

    /// Closes every hour before `before`, in order.
    pub(crate) fn close(&mut self, before: Hour) -> Vec<ClosedHour> {
        let rest = self.open.split_off(&before);
        let closed = std::mem::replace(&mut self.open, rest);
        closed.into_iter().map(|(hour, count)| self.close_one(hour, &count)).collect()
    }

    fn close_one(&mut self, hour: Hour, count: &HourCount) -> ClosedHour {
        let events = EventKind::ALL
            .into_iter()
            .zip(count.events)
            .filter(|(_, number)| *number > 0)
            .map(|(kind, number)| (kind.as_str().to_owned(), number))
            .collect();
        let signals = SignalKind::ALL
            .into_iter()
            .zip(count.signals)
            .filter(|(_, number)| number.known + number.unknown > 0)
            .map(|(kind, number)| (kind.as_str().to_owned(), number))
            .collect();
        let posts = count.events[usize::from(EventKind::PostCreated.number()) - 1];
        let entry = Body::HourCounted {
            hour: hour.start(),
            events,
            signals,
            late: std::mem::take(&mut self.late),
            traces_dropped: std::mem::take(&mut self.traces_dropped),
            accounts_dropped: std::mem::take(&mut self.accounts_dropped),
            sketches_dropped: std::mem::take(&mut self.sketches_dropped),
        };
        ClosedHour { hour, posts, entry }
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        writer.u64(self.late);
        writer.u64(self.traces_dropped);
        writer.u64(self.accounts_dropped);
        writer.u64(self.sketches_dropped);
        writer.len(self.open.len());
        for (hour, count) in &self.open {
            writer.u32(hour.index());
            for number in count.events {
                writer.u64(number);
            }
            for signal in count.signals {
                writer.u64(signal.known);
                writer.u64(signal.unknown);
            }
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut hours = Self {
            late: reader.u64()?,
            traces_dropped: reader.u64()?,
            accounts_dropped: reader.u64()?,
            sketches_dropped: reader.u64()?,
            open: BTreeMap::new(),
        };
        let length = reader.len(4 + 8 * (EventKind::ALL.len() + 2 * SignalKind::ALL.len()))?;
        for _ in 0..length {
            let hour = Hour::from_index(reader.u32()?);
            let mut count = HourCount::default();
            for number in &mut count.events {
                *number = reader.u64()?;
            }
            for signal in &mut count.signals {
                *signal = SignalCount { known: reader.u64()?, unknown: reader.u64()? };
            }
            hours.open.insert(hour, count);
        }
        Ok(hours)
    }
}
