//! Law 5: how much is done in a day, and the rulings that wait for room.
//!
//! A day is the last 24 hours, by Seawall's own clock. What is taken back, what lapses and what
//! another decision takes the place of is never held. Left out: what is held because law 1
//! asks for more, which waits in its case.

use std::collections::VecDeque;

use seawall_decision::law::{Permitted, Quota};
use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::journal::Body;
use seawall_model::{CaseId, ReviewerId, Timestamp};
use seawall_review::{Case, CaseState, Heard};

use super::ruling::{check_case, held, sentence_name};
use super::{Judge, let_go};
use crate::Constants;
use crate::active::Active;

/// What is told to be missing where only room is.
pub(super) const QUOTA: &str = "quota";
/// Seconds over which actions are counted: 24 hours.
const WINDOW_SECONDS: i64 = 24 * 3_600;

/// How many actions a day has room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct DayLimits {
    pub(super) actions: u64,
    pub(super) unattended: u64,
}

impl Default for DayLimits {
    fn default() -> Self {
        Self::of(&Constants::default())
    }
}

impl DayLimits {
    fn of(constants: &Constants) -> Self {
        let Constants { actions_per_day_max, unattended_per_day_max, .. } = *constants;
        Self { actions: actions_per_day_max, unattended: unattended_per_day_max }
    }
}

/// When actions were taken. What is older than a day is let go as new ones are taken, so that
/// it holds no more than two days' limits have room for.
#[derive(Debug, Default)]
pub(super) struct Taken(VecDeque<Timestamp>);

impl Taken {
    /// Counts actions that are taken now.
    pub(super) fn spend(&mut self, actions: usize, now: Timestamp) {
        if actions == 0 {
            return;
        }
        while self.0.front().is_some_and(|at| !is_counted(*at, now)) {
            self.0.pop_front();
        }
        self.0.extend(std::iter::repeat_n(now, actions));
    }

    /// Whether there is room for one more.
    pub(super) fn quota(&self, max: u64, now: Timestamp) -> Quota {
        let counted = self.0.iter().rev().take_while(|at| is_counted(**at, now)).count();
        if (counted as u64) < max { Quota::Within } else { Quota::Spent }
    }

    /// When there is room for one more; long ago if there is now.
    fn frees_at(&self, max: u64) -> Timestamp {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        let last = self.0.len().checked_sub(max).and_then(|place| self.0.get(place));
        last.map_or(Timestamp::MIN, |at| at.plus_seconds(WINDOW_SECONDS))
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.len(self.0.len());
        for at in &self.0 {
            writer.i64(at.micros());
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut taken = Self::default();
        for _ in 0..reader.len(8)? {
            let at = Timestamp::from_micros(reader.i64()?).map_err(|_| CodecError::Range)?;
            taken.0.push_back(at);
        }
        Ok(taken)
    }
}

fn is_counted(at: Timestamp, now: Timestamp) -> bool {
    now < at.plus_seconds(WINDOW_SECONDS)
}

impl Judge {
    /// Puts a version of the constants in force.
    pub(crate) fn limit(&mut self, constants: &Constants) {
        self.limits = DayLimits::of(constants);
    }

    /// Whether the day has room for another action by people.
    #[must_use]
    pub fn quota(&self, now: Timestamp) -> Quota {
        self.acted.quota(self.limits.actions, now)
    }

    /// Whether the day has room for another restriction without a person.
    #[must_use]
    pub fn quota_unattended(&self, now: Timestamp) -> Quota {
        self.acted_unattended.quota(self.limits.unattended, now)
    }

    /// Rulings that wait for room and for nothing else, in order of arrival: the case, and who
    /// ruled last. At most one per open case and reviewer.
    pub fn held(&self) -> impl Iterator<Item = (CaseId, ReviewerId)> {
        self.held.iter().copied()
    }

    /// When the first of those that wait has room.
    pub(crate) fn next_free(&self) -> Option<Timestamp> {
        (!self.held.is_empty()).then(|| self.acted.frees_at(self.limits.actions))
    }

    /// What a ruling that comes now meets: who waits already comes first.
    pub(super) fn quota_behind(&self, now: Timestamp) -> Quota {
        if self.held.is_empty() { self.quota(now) } else { Quota::Spent }
    }

    /// Has a ruling wait for room.
    pub(super) fn wait_for_room(&mut self, case: CaseId, reviewer: ReviewerId) {
        self.held.push((case, reviewer));
    }

    /// What a reviewer ruled on a case waits no more.
    pub(super) fn wait_no_more(&mut self, case: CaseId, reviewer: ReviewerId) {
        self.held.retain(|held| *held != (case, reviewer));
    }

    /// Decides what waited for room, in order of arrival, as far as there is room. Everything is
    /// asked again: what law 1 would not permit any more, or what nobody could rule now, stays a
    /// ruling that was heard, and says what it lacks.
    pub(crate) fn retry(&mut self, now: Timestamp, active: &Active, out: &mut Vec<Body>) {
        self.forget_settled();
        while let Some((id, reviewer)) = self.held.first().copied() {
            let Some(case) = self.cases.get(id).cloned() else { return };
            let agreed = case.agreed_with(reviewer);
            match self.asked_again((id, &case), &agreed, now, active) {
                Ok(Permitted::Held) => return,
                Ok(Permitted::Now { second_reading_due }) => {
                    let due = (second_reading_due, now);
                    match self.decide(id, &case, &agreed, due, active) {
                        Ok(decided) => {
                            out.push(decided);
                            let_go::others(id, &case, &agreed, out);
                        }
                        Err(missing) => out.push(held(id, reviewer, vec![missing.to_owned()])),
                    }
                }
                Err(missing) => out.push(held(id, reviewer, missing)),
            }
            self.wait_no_more(id, reviewer);
            self.forget_settled();
        }
    }

    /// What would be asked of a ruling that waited, if it came now.
    fn asked_again(
        &self,
        (id, case): (CaseId, &Case),
        agreed: &[&Heard],
        now: Timestamp,
        active: &Active,
    ) -> Result<Permitted, Vec<String>> {
        let lacking = |missing: &str| vec![missing.to_owned()];
        let last = agreed.last().ok_or_else(|| lacking("a_ruling"))?;
        check_case(id, case, last.ruled.as_str(), last.policy.as_ref(), active)
            .map_err(|error| lacking(error.lacks()))?;
        // What keeps needs no room, and so never waits.
        let kind = last.ruled.action().ok_or_else(|| lacking("an_action_that_fits"))?;
        self.may_act(case, kind, agreed, (self.quota(now), now), active)
            .map_err(|refused| refused.sentences().map(sentence_name).collect())
    }

    /// Lets go of rulings that count no more: their case was decided or withdrawn, has grown, or
    /// the key signs no more.
    pub(crate) fn forget_settled(&mut self) {
        let cases = &self.cases;
        self.held.retain(|(id, reviewer)| {
            cases.get(*id).is_some_and(|case| {
                case.state == CaseState::Open
                    && case.heard.iter().any(|heard| heard.reviewer == *reviewer)
            })
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::MIN.plus_seconds(seconds)
    }

    #[test]
    fn a_day_is_the_last_24_hours() {
        let mut taken = Taken::default();
        assert_eq!((taken.quota(0, at(0)), taken.quota(1, at(0))), (Quota::Spent, Quota::Within));
        taken.spend(1, at(10));
        taken.spend(1, at(20));
        assert_eq!(taken.quota(2, at(20)), Quota::Spent);
        assert_eq!(taken.frees_at(2), at(10 + WINDOW_SECONDS));
        assert_eq!(taken.quota(2, at(9 + WINDOW_SECONDS)), Quota::Spent);
        assert_eq!(taken.quota(2, at(10 + WINDOW_SECONDS)), Quota::Within);
        assert_eq!(taken.frees_at(1), at(20 + WINDOW_SECONDS), "a lower limit frees later");
        assert_eq!(taken.frees_at(3), Timestamp::MIN);
        taken.spend(0, at(30 + WINDOW_SECONDS));
        assert_eq!(taken.0.len(), 2, "what does nothing counts nothing");
        taken.spend(1, at(30 + WINDOW_SECONDS));
        assert_eq!(taken.0, [at(30 + WINDOW_SECONDS)]);
    }
}
