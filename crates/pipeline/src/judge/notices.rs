//! Notices that an order withholds: for a time, nobody tells the account of a case.
//!
//! An order to remove may forbid that (Regulation (EU) 2021/784, article 11(3): six weeks, once
//! extended by six). What was withheld goes out when the order ends (law 8). Left out: what is
//! sent, and orders to remove themselves.

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::journal::{Body, Withholding};
use seawall_model::{CaseId, Timestamp};

use super::Judge;
use super::snapshot::time;

/// Seconds for which one order withholds at most: six weeks.
const ORDER_SECONDS_MAX: i64 = 6 * 7 * 86_400;
/// Seconds for which the notices of one case are withheld at most: an order and its extension.
const CASE_SECONDS_MAX: i64 = 2 * ORDER_SECONDS_MAX;

/// The notices of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// Since when they are withheld, or were.
    pub since: Timestamp,
    /// When they go out; `None` where they may.
    pub until: Option<Timestamp>,
}

/// Why notices cannot be withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WithholdError {
    /// There is no such case.
    #[error("there is no case {0}")]
    NoCase(CaseId),
    /// They were once, and the account has been told since.
    #[error(
        "the notices of {0} were withheld before and went out when that ended: what was told \
         cannot be withheld again"
    )]
    Over(CaseId),
    /// Nothing is withheld that could be sent.
    #[error("no order withholds the notices of {0}")]
    NotWithheld(CaseId),
    /// It lasts longer than it may.
    #[error(
        "an order withholds notices for six weeks at most, and its extension for six more: \
         give a time until {0}"
    )]
    TooLong(Timestamp),
    /// It would end before it begins.
    #[error("the order has ended already: there is nothing to withhold")]
    Ended,
}

impl Judge {
    /// How it stands with the notices of a case; `None` if no order ever withheld them.
    #[must_use]
    pub fn withheld(&self, case: CaseId) -> Option<Withheld> {
        self.withheld.get(&case).copied()
    }

    /// Whether the notices of a case may be withheld until then.
    ///
    /// # Errors
    /// [`WithholdError`] says why not.
    pub fn may_withhold(
        &self,
        case: CaseId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), WithholdError> {
        self.cases.get(case).ok_or(WithholdError::NoCase(case))?;
        let since = match self.withheld.get(&case) {
            None => now,
            Some(Withheld { since, until: Some(_) }) => *since,
            Some(Withheld { until: None, .. }) => return Err(WithholdError::Over(case)),
        };
        let last = now.plus_seconds(ORDER_SECONDS_MAX).min(since.plus_seconds(CASE_SECONDS_MAX));
        match until {
            until if until > last => Err(WithholdError::TooLong(last)),
            until if until <= now => Err(WithholdError::Ended),
            _ => Ok(()),
        }
    }

    /// Whether there is something to lift.
    ///
    /// # Errors
    /// [`WithholdError`] says why not.
    pub fn may_lift(&self, case: CaseId) -> Result<(), WithholdError> {
        self.cases.get(case).ok_or(WithholdError::NoCase(case))?;
        match self.withheld.get(&case) {
            Some(Withheld { until: Some(_), .. }) => Ok(()),
            Some(Withheld { until: None, .. }) => Err(WithholdError::Over(case)),
            None => Err(WithholdError::NotWithheld(case)),
        }
    }

    /// Takes an order in, its extension, or that it was lifted.
    pub(crate) fn withhold(&mut self, order: &Withholding, now: Timestamp, out: &mut Vec<Body>) {
        self.note_withheld(order, now);
        self.notices_due(now, out);
    }

    /// As the journal tells it: what follows is told by the entries after it.
    pub(super) fn note_withheld(&mut self, order: &Withholding, now: Timestamp) {
        let fresh = Withheld { since: now, until: Some(order.until) };
        let known = self.withheld.entry(CaseId(order.case)).or_insert(fresh);
        // What went out stays out.
        known.until = known.until.map(|_| order.until);
    }

    /// Lets out what no order withholds any more.
    pub(super) fn notices_due(&mut self, now: Timestamp, out: &mut Vec<Body>) {
        for (case, withheld) in &mut self.withheld {
            if withheld.until.is_some_and(|until| until <= now) {
                withheld.until = None;
                out.push(Body::NoticesDue { case: case.0 });
            }
        }
    }

    pub(super) fn note_due(&mut self, case: CaseId) {
        if let Some(withheld) = self.withheld.get_mut(&case) {
            withheld.until = None;
        }
    }

    /// When the next of them go out.
    pub(super) fn next_notices(&self) -> Option<Timestamp> {
        self.withheld.values().filter_map(|withheld| withheld.until).min()
    }

    pub(super) fn encode_withheld(&self, writer: &mut Writer) {
        writer.len(self.withheld.len());
        for (case, withheld) in &self.withheld {
            writer.u64(case.0);
            writer.i64(withheld.since.micros());
            writer.i64(withheld.until.map_or(i64::MIN, Timestamp::micros));
        }
    }

    pub(super) fn decode_withheld(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        for _ in 0..reader.len(24)? {
            let case = CaseId(reader.u64()?);
            let since = time(reader.i64()?)?;
            let until = match reader.i64()? {
                i64::MIN => None,
                micros => Some(time(micros)?),
            };
            self.withheld.insert(case, Withheld { since, until });
        }
        Ok(())
    }
}
