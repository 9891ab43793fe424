//! Between which entries of the journal an order withheld the notices of a case.
//!
//! Entries decide, not the moment at which they are read: so each notice is told once, with its
//! action or when the order ends, however late the journal is followed and however often.

use seawall_model::journal::Body;
use seawall_model::{CaseId, Timestamp};

use crate::desk::{Desk, DeskError};

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

/// The span of a case; `None` if no order ever withheld its notices.
///
/// # Errors
/// [`DeskError`] if the journal cannot be read.
pub fn span(desk: &Desk<'_>, case: CaseId) -> Result<Option<Span>, DeskError> {
    if desk.judge().withheld(case).is_none() {
        return Ok(None);
    }
    let mut span: Option<Span> = None;
    for recorded in desk.of_types(&["notices_withheld", "notices_due"])? {
        let (seq, at) = (recorded.entry.seq, recorded.entry.at);
        match recorded.entry.body {
            Body::NoticesWithheld(order) if order.case == case.0 => {
                span.get_or_insert(Span { since: seq, over: None });
            }
            Body::NoticesDue { case: of } if of == case.0 => {
                if let Some(span) = &mut span {
                    span.over.get_or_insert((seq, at));
                }
            }
            _ => {}
        }
    }
    Ok(span)
}
