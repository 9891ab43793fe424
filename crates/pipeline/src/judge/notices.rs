//! Notices that an order withholds: for a time, nobody tells the account of a case.
//!
//! An order to remove may forbid that (Regulation (EU) 2021/784, article 11(3): six weeks, once
//! extended by six). What was withheld goes out when the order ends (law 8). Meanwhile whoever
//! holds the link of an earlier notice learns by it what they knew when the order began, and not
//! that anything happened since. Left out: what is sent, and orders to remove themselves.

use std::collections::{BTreeMap, BTreeSet};

use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::journal::{Body, Withholding};
use seawall_model::{AppealId, CaseId, ReviewerId, Timestamp};
use seawall_review::{Appeal, AppealState};

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

/// An order, and what it keeps from the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    withheld: Withheld,
    /// Who took it down first, and until when: whoever has it last longer is somebody else.
    first: (ReviewerId, Timestamp),
    /// What the account knows; nothing is kept of it once the order is over.
    known: KnownThen,
}

/// What was known of a case when an order came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct KnownThen {
    /// The first action that is told only when the order ends.
    untold: u64,
    /// What was in force, with the time at which each lapses by itself, as it was told.
    in_force: BTreeMap<u64, Option<Timestamp>>,
    /// Appeals that were decided.
    answered: BTreeSet<AppealId>,
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
    /// Whoever took it down first would have it last longer.
    #[error("{by} took this order down first, until {until}: somebody else extends it beyond that")]
    SamePerson {
        /// Who took it down.
        by: ReviewerId,
        /// Until when, then.
        until: Timestamp,
    },
}

impl Judge {
    /// How it stands with the notices of a case; `None` if no order ever withheld them.
    #[must_use]
    pub fn withheld(&self, case: CaseId) -> Option<Withheld> {
        self.orders.get(&case).map(|order| order.withheld)
    }

    /// Whether the notice of an action is withheld now: it was taken while an order is in force.
    #[must_use]
    pub fn is_untold(&self, action: u64) -> bool {
        let known = self.actions.known(action).and_then(|action| self.known_then(action.case));
        known.is_some_and(|known| action >= known.untold)
    }

    /// Whether an action is in force as far as the account knows: while an order withholds the
    /// notices of its case, as it was when that began, save that what was told to lapse by itself
    /// does. Nothing that is decided meanwhile makes a difference.
    #[must_use]
    pub fn known_in_force(&self, action: u64, now: Timestamp) -> bool {
        let Some(of) = self.actions.known(action) else { return false };
        match self.known_then(of.case) {
            None => self.actions.in_force(action).is_some(),
            Some(known) => {
                let until = known.in_force.get(&action);
                until.is_some_and(|until| until.is_none_or(|until| now < until))
            }
        }
    }

    /// The appeal against an action, as far as the account knows what became of it: as
    /// [`Judge::known_in_force`] says of the action.
    #[must_use]
    pub fn known_appeal(&self, action: u64, now: Timestamp) -> Option<(AppealId, Appeal)> {
        let (id, appeal) = self.appeals.against(action).filter(|_| !self.is_untold(action))?;
        let mut appeal = *appeal;
        let known = self.known_then(appeal.case);
        if known.is_some_and(|known| !known.answered.contains(&id)) {
            appeal.state = match self.known_in_force(action, now) {
                true => AppealState::Open,
                false => AppealState::Granted(None),
            };
        }
        Some((id, appeal))
    }

    /// What was known of a case when the order came that is in force now.
    fn known_then(&self, case: CaseId) -> Option<&KnownThen> {
        let order = self.orders.get(&case).filter(|order| order.withheld.until.is_some());
        order.map(|order| &order.known)
    }

    /// Whether the notices of a case may be withheld until then, by this person.
    ///
    /// # Errors
    /// [`WithholdError`] says why not.
    pub fn may_withhold(
        &self,
        case: CaseId,
        (by, until): (ReviewerId, Timestamp),
        now: Timestamp,
    ) -> Result<(), WithholdError> {
        self.cases.get(case).ok_or(WithholdError::NoCase(case))?;
        let known = self.orders.get(&case);
        let since = match known.map(|order| order.withheld) {
            None => now,
            Some(Withheld { since, until: Some(_) }) => since,
            Some(Withheld { until: None, .. }) => return Err(WithholdError::Over(case)),
        };
        let last = now.plus_seconds(ORDER_SECONDS_MAX).min(since.plus_seconds(CASE_SECONDS_MAX));
        if until > last {
            return Err(WithholdError::TooLong(last));
        }
        if until <= now {
            return Err(WithholdError::Ended);
        }
        match known.map(|order| order.first) {
            Some((first, ends)) if first == by && until > ends => {
                Err(WithholdError::SamePerson { by, until: ends })
            }
            _ => Ok(()),
        }
    }

    /// Whether there is something to lift.
    ///
    /// # Errors
    /// [`WithholdError`] says why not.
    pub fn may_lift(&self, case: CaseId) -> Result<(), WithholdError> {
        self.cases.get(case).ok_or(WithholdError::NoCase(case))?;
        match self.withheld(case) {
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
        let case = CaseId(order.case);
        if let Some(known) = self.orders.get_mut(&case) {
            // What went out stays out.
            known.withheld.until = known.withheld.until.map(|_| order.until);
            return;
        }
        let in_force = self.actions.of_case(case).map(|action| &action.planned);
        let decided = |appeal: &Appeal| appeal.case == case && appeal.state != AppealState::Open;
        let answered = self.appeals.all().filter(|(_, appeal)| decided(appeal));
        let known = KnownThen {
            untold: self.actions.next(),
            in_force: in_force.map(|action| (action.action, action.until)).collect(),
            answered: answered.map(|(id, _)| id).collect(),
        };
        let withheld = Withheld { since: now, until: Some(order.until) };
        let first = (ReviewerId(order.reviewer), order.until);
        self.orders.insert(case, Order { withheld, first, known });
    }

    /// Lets out what no order withholds any more.
    pub(super) fn notices_due(&mut self, now: Timestamp, out: &mut Vec<Body>) {
        for (case, order) in &mut self.orders {
            if order.withheld.until.is_some_and(|until| until <= now) {
                order.end();
                out.push(Body::NoticesDue { case: case.0 });
            }
        }
    }

    pub(super) fn note_due(&mut self, case: CaseId) {
        if let Some(order) = self.orders.get_mut(&case) {
            order.end();
        }
    }

    /// When the next of them go out.
    pub(super) fn next_notices(&self) -> Option<Timestamp> {
        self.orders.values().filter_map(|order| order.withheld.until).min()
    }

    pub(super) fn encode_orders(&self, writer: &mut Writer) {
        writer.len(self.orders.len());
        for (case, Order { withheld, first: (by, until), known }) in &self.orders {
            writer.u64(case.0);
            writer.i64(withheld.since.micros());
            encode_time(withheld.until, writer);
            writer.u64(by.0);
            writer.i64(until.micros());
            writer.u64(known.untold);
            writer.len(known.in_force.len());
            for (action, until) in &known.in_force {
                writer.u64(*action);
                encode_time(*until, writer);
            }
            writer.len(known.answered.len());
            for appeal in &known.answered {
                writer.u64(appeal.0);
            }
        }
    }

    pub(super) fn decode_orders(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        for _ in 0..reader.len(48)? {
            let case = CaseId(reader.u64()?);
            let (since, until) = (time(reader.i64()?)?, decode_time(reader)?);
            let withheld = Withheld { since, until };
            let first = (ReviewerId(reader.u64()?), time(reader.i64()?)?);
            let mut known = KnownThen { untold: reader.u64()?, ..KnownThen::default() };
            for _ in 0..reader.len(16)? {
                known.in_force.insert(reader.u64()?, decode_time(reader)?);
            }
            for _ in 0..reader.len(8)? {
                known.answered.insert(AppealId(reader.u64()?));
            }
            self.orders.insert(case, Order { withheld, first, known });
        }
        Ok(())
    }
}

impl Order {
    /// It is over: everything is told.
    fn end(&mut self) {
        self.withheld.until = None;
        self.known = KnownThen::default();
    }
}

fn encode_time(at: Option<Timestamp>, writer: &mut Writer) {
    writer.i64(at.map_or(i64::MIN, Timestamp::micros));
}

fn decode_time(reader: &mut Reader<'_>) -> Result<Option<Timestamp>, CodecError> {
    match reader.i64()? {
        i64::MIN => Ok(None),
        micros => time(micros).map(Some),
    }
}
