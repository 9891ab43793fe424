//! Appeals: who may appeal, who may rule on it, and what is taken back.
//!
//! Law 3: an appeal goes to somebody who took no part in what it is against. What an overturn
//! takes out is `fall`'s; what was said is sealed in the log and nowhere here.

use std::collections::BTreeSet;

use seawall_decision::law::{Proposal, Readers, Reversal};
use seawall_decision::permitted;
use seawall_model::journal::{AppealRuled, Body};
use seawall_model::{AccountId, AppealId, CaseId, DecisionId, EntryId, ReviewerId, Timestamp};
use seawall_review::{Appeal, AppealState, Appeals};

use super::Judge;
use super::error::RulingError;
use crate::active::Active;

/// An appeal as it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Brought {
    /// Who appeals; `None` if nobody knows.
    pub(crate) account: Option<AccountId>,
    /// Number of the action that is named.
    pub(crate) action: u64,
    /// Position of the event.
    pub(crate) position: u64,
}

impl Judge {
    /// The appeals.
    #[must_use]
    pub fn appeals(&self) -> &Appeals {
        &self.appeals
    }

    /// The account that an action concerns, and that may appeal against it; `None` if nobody knows,
    /// or the action is unknown or too long ago.
    #[must_use]
    pub fn concerned(&self, action: u64) -> Option<AccountId> {
        let known = self.actions.known(action)?;
        // Whose post it is may have been learned since.
        known.subject.account().or_else(|| self.cases.account_of(known.case))
    }

    /// Takes an appeal in, or says why not.
    pub(crate) fn appeal(&mut self, brought: Brought, now: Timestamp, out: &mut Vec<Body>) {
        let Brought { account, action, position } = brought;
        match self.open_appeal(brought, now) {
            Ok((id, appeal)) => out.push(Body::AppealOpened {
                appeal: id.0,
                action,
                decision: appeal.decision.map(|decision| decision.0),
                case: appeal.case.0,
                account: appeal.account.0,
                position,
            }),
            Err(why) => {
                self.appeals.refuse();
                let (why, account) = (why.to_owned(), account.map(|account| account.0));
                out.push(Body::AppealRefused { action, why, account, position });
            }
        }
    }

    fn open_appeal(
        &mut self,
        brought: Brought,
        now: Timestamp,
    ) -> Result<(AppealId, Appeal), &'static str> {
        let Some(known) = self.actions.known(brought.action) else {
            let is_given = (1..self.actions.next()).contains(&brought.action);
            return Err(if is_given { "too_long_ago" } else { "unknown_action" });
        };
        let concerned = self.concerned(brought.action);
        let account = brought.account.filter(|account| concerned == Some(*account));
        let account = account.ok_or("not_concerned")?;
        match self.appeals.against(brought.action) {
            Some((_, Appeal { state: AppealState::Open, .. })) => return Err("already_open"),
            Some(_) => return Err("already_decided"),
            None => {}
        }
        let appeal = Appeal {
            action: brought.action,
            decision: known.decision,
            case: known.case,
            account,
            position: brought.position,
            at: now,
            state: AppealState::Open,
        };
        let id = self.appeals.open(appeal).ok_or("full")?;
        Ok((id, appeal))
    }

    /// Who took part in what an appeal is against: who ruled on its case, whatever came of it, who
    /// overturned one, and who stands behind the knowledge it rests on.
    #[must_use]
    pub fn involved(&self, appeal: AppealId) -> BTreeSet<ReviewerId> {
        let Some(appeal) = self.appeals.get(appeal) else { return BTreeSet::new() };
        self.part_in(appeal.case, appeal.decision, appeal.action)
    }

    /// Who took part in what an action rests on, or in an appeal against it; `None` if the action
    /// is unknown or too long ago.
    #[must_use]
    pub fn took_part(&self, action: u64) -> Option<BTreeSet<ReviewerId>> {
        let known = self.actions.known(action)?;
        let mut involved = self.part_in(known.case, known.decision, action);
        involved.extend(self.appeals.against(action).and_then(|(_, appeal)| match appeal.state {
            AppealState::Upheld(by) => Some(by),
            AppealState::Granted(by) => by,
            AppealState::Open => None,
        }));
        Some(involved)
    }

    fn part_in(
        &self,
        case: CaseId,
        decision: Option<DecisionId>,
        action: u64,
    ) -> BTreeSet<ReviewerId> {
        let of_case = self.decisions.iter().filter(|(_, made)| made.case == Some(case));
        // Who signed for something else than what came of it took part in it too.
        let heard = self.cases.get(case).map(|case| case.ruled_by.clone());
        let mut involved = heard.unwrap_or_default();
        for (decision, made) in of_case {
            involved.extend(&made.reviewers);
            let by = self.overturns.get(decision).and_then(|by| self.decisions.get(by));
            involved.extend(by.into_iter().flat_map(|made| &made.reviewers));
        }
        let grounds = decision.into_iter().flat_map(|id| self.supports.grounds(id));
        let mut entries: BTreeSet<EntryId> = grounds.filter_map(|ground| ground.entry()).collect();
        entries.extend(self.actions.in_force(action).and_then(|action| action.entry));
        for entry in entries {
            let behind = self.supports.supporters(entry);
            involved.extend(behind.flat_map(|decision| self.supports.signed_by(decision)));
        }
        involved
    }

    /// Reviewers who may rule on an appeal, in order. Where there is none, an outside reviewer
    /// is to be invited, who sees that case only.
    pub fn uninvolved(&self, appeal: AppealId) -> impl Iterator<Item = ReviewerId> + use<> {
        let involved = self.involved(appeal);
        let signing: Vec<ReviewerId> =
            self.reviewers().filter(|(_, signs)| *signs).map(|(id, _)| id).collect();
        signing.into_iter().filter(move |reviewer| !involved.contains(reviewer))
    }

    /// Whether a reviewer may rule on an appeal.
    pub(super) fn check_appeal(
        &self,
        id: AppealId,
        reviewer: ReviewerId,
    ) -> Result<(), RulingError> {
        let appeal = self.appeals.get(id).ok_or(RulingError::NoAppeal(id))?;
        if appeal.state != AppealState::Open {
            return Err(RulingError::AppealDecided(id));
        }
        if self.actions.in_force(appeal.action).is_none() {
            return Err(RulingError::AppealMoot(id));
        }
        let involved: Vec<ReviewerId> = self.involved(id).into_iter().collect();
        let Some((first, others)) = involved.split_first() else { return Ok(()) };
        let decided_by =
            others.iter().fold(Readers::new(*first), |readers, other| readers.and(*other));
        let reversal = Reversal::Appeal { by: reviewer, decided_by: &decided_by };
        match permitted(&Proposal::Reversal(reversal), appeal.at) {
            Ok(_) => Ok(()),
            Err(_) => Err(RulingError::Involved { reviewer, appeal: id }),
        }
    }

    /// Takes a ruling on an appeal that [`Judge::check_appeal`] lets through.
    pub(super) fn rule_appeal(
        &mut self,
        (id, ruled): (AppealId, AppealRuled),
        (reviewer, now): (ReviewerId, Timestamp),
        active: &mut Active,
        out: &mut Vec<Body>,
    ) {
        let Some(appeal) = self.appeals.get(id).copied() else { return };
        let (state, upheld) = match ruled {
            AppealRuled::Uphold => (AppealState::Upheld(reviewer), true),
            AppealRuled::Overturn => (AppealState::Granted(Some(reviewer)), false),
        };
        self.appeals.decide(id, state);
        out.push(Body::AppealDecided { appeal: id.0, upheld, by: Some(reviewer.0) });
        match (ruled, appeal.decision) {
            (AppealRuled::Uphold, _) => {}
            (AppealRuled::Overturn, Some(decision)) => {
                self.overturn_by(decision, reviewer, now, active, out);
            }
            (AppealRuled::Overturn, None) => {
                self.spare(&appeal);
                self.actions.end(&[appeal.action]);
                out.push(Body::ActionsLapsed { actions: vec![appeal.action] });
            }
        }
    }

    /// The case restricts nobody again, unattended, for the entry that an appeal was granted
    /// against.
    fn spare(&mut self, appeal: &Appeal) {
        let entry = self.actions.in_force(appeal.action).and_then(|action| action.entry);
        self.spared.extend(entry.map(|entry| (appeal.case, entry)));
    }

    /// Whether an appeal was granted against restricting for this entry in this case.
    pub(super) fn is_spared(&self, case: CaseId, entry: EntryId) -> bool {
        self.spared.contains(&(case, entry))
    }

    /// Grants appeals against what has ended: there is nothing left to decide about. What ended
    /// while an order forbids to tell it has not, for whoever appealed: that waits.
    pub(crate) fn settle(&mut self, now: Timestamp, out: &mut Vec<Body>) {
        let is_over = |appeal: &Appeal| {
            self.actions.in_force(appeal.action).is_none()
                && !self.known_in_force(appeal.action, now)
        };
        let over = self.appeals.waiting().filter(|(_, appeal)| is_over(appeal));
        for id in over.map(|(id, _)| id).collect::<Vec<_>>() {
            self.appeals.decide(id, AppealState::Granted(None));
            out.push(Body::AppealDecided { appeal: id.0, upheld: false, by: None });
        }
    }

    /// Takes what the journal tells of appeals.
    pub(super) fn adopt_appeal(&mut self, body: &Body, at: Timestamp) {
        match *body {
            Body::AppealOpened { appeal, action, decision, case, account, position } => {
                let (decision, case) = (decision.map(DecisionId), CaseId(case));
                let (account, state) = (AccountId(account), AppealState::Open);
                let id = AppealId(appeal);
                let appeal = Appeal { action, decision, case, account, position, at, state };
                self.appeals.recorded(id, appeal);
            }
            Body::AppealRefused { .. } => self.appeals.refuse(),
            Body::AppealDecided { appeal, upheld, by } => {
                let (id, by) = (AppealId(appeal), by.map(ReviewerId));
                let Some(appeal) = self.appeals.get(id).copied() else { return };
                if !upheld && by.is_some() && appeal.decision.is_none() {
                    self.spare(&appeal);
                }
                let state = match by.filter(|_| upheld) {
                    Some(by) => AppealState::Upheld(by),
                    None => AppealState::Granted(by),
                };
                self.appeals.decide(id, state);
            }
            _ => {}
        }
    }
}
