//! Between which entries of the journal orders withhold notices, kept at hand.
//!
//! The judge knows times; which notice is told when goes by entries, so that it is the same
//! however late the journal is followed and however often. Left out: the orders themselves.

use std::collections::BTreeMap;

use seawall_model::journal::{Body, Entry};
use seawall_model::{CaseId, Timestamp};
use seawall_store::Journal;

/// Entries whose notices an order withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The entry that took the order down.
    pub since: u64,
    /// The entry by which they went out, and when; `None` while they are withheld.
    pub over: Option<(u64, Timestamp)>,
}

impl Span {
    /// Whether the notices of this entry were withheld.
    #[must_use]
    pub fn holds(&self, seq: u64) -> bool {
        self.since < seq && self.over.is_none_or(|(over, _)| seq < over)
    }
}

/// The spans of all cases: as many as there ever were orders, 40 bytes each.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans(BTreeMap<CaseId, Span>);

impl Spans {
    /// Reads them. Cost: one look at all entries of orders.
    pub(super) fn read(journal: &Journal) -> Result<Self, seawall_store::Error> {
        let mut spans = Self::default();
        for recorded in journal.of_types(&["notices_withheld", "notices_due"])? {
            spans.note(&recorded.entry);
        }
        Ok(spans)
    }

    /// Takes in an entry that was appended.
    pub(super) fn note(&mut self, entry: &Entry) {
        match &entry.body {
            Body::NoticesWithheld(order) => {
                let span = Span { since: entry.seq, over: None };
                self.0.entry(CaseId(order.case)).or_insert(span);
            }
            Body::NoticesDue { case } => {
                if let Some(span) = self.0.get_mut(&CaseId(*case)) {
                    span.over.get_or_insert((entry.seq, entry.at));
                }
            }
            _ => {}
        }
    }

    /// That of a case.
    pub(super) fn get(&self, case: CaseId) -> Option<Span> {
        self.0.get(&case).copied()
    }
}
