//! Rulings: who may rule, what is still missing, and the decision that comes of it.

use std::collections::{BTreeMap, BTreeSet};

use seawall_decision::law::{Permitted, Sentence};
use seawall_decision::support::{Decided, SupportError};
use seawall_model::journal::{Body, GroundSeen, PolicyCited, Ruling, Says};
use seawall_model::knowledge::{FileClass, KnowledgeKind};
use seawall_model::{
    ActionKind, AppealId, CaseId, DecisionId, EntryId, Gravity, ReviewerId, Timestamp,
};
use seawall_review::{Case, CaseState, Heard, Ruled, Saw, confirmers};

use super::error::RulingError;
use super::grounds::{brings_knowledge, confirmers_of_knowledge, ground_of, grounds, lacks};
use super::quota::QUOTA;
use super::{Judge, Laid, Made, entry_kind, let_go};
use crate::active::{Active, Contents};

/// The first and last of some entries, and their kind where they were laid down only.
type Run = (u64, u64, Option<KnowledgeKind>);

impl Judge {
    /// Whether a ruling can be taken; the shell asks before it is journaled.
    ///
    /// # Errors
    /// [`RulingError`] says why not.
    pub fn check(&self, ruling: &Ruling, active: &Active) -> Result<(), RulingError> {
        let reviewer = ReviewerId(ruling.reviewer);
        if self.reviewers.get(&reviewer) != Some(&true) {
            return Err(RulingError::Reviewer(reviewer));
        }
        match &ruling.says {
            Says::Case { case, version, ruled, policy, saw, class } => {
                let id = CaseId(*case);
                let case = self.cases.may_hear(id, *version)?;
                check_words(saw, class.as_deref())?;
                check_case(id, case, ruled, policy.as_ref(), active)?;
                check_seen(id, case, ruled, saw, active)
            }
            Says::Knowledge { first, last } => {
                self.check_entries(*first, *last, reviewer, active)?;
                let kind = self.laid.get(first).map(|laid| laid.kind);
                self.check_room(reviewer, Some((*first, *last, kind)))
            }
            Says::Withdraw { entries } => {
                let unknown = entries.iter().find(|entry| !active.contains(EntryId(**entry)));
                match unknown {
                    Some(entry) => Err(RulingError::NoEntries(*entry, *entry)),
                    None => self.check_room(reviewer, None),
                }
            }
            Says::Overturn { decision } => {
                use seawall_decision::support::DecisionState;
                let decision = DecisionId(*decision);
                match self.supports.decision(decision) {
                    None => Err(SupportError::UnknownDecision(decision).into()),
                    Some(DecisionState::Overturned) => {
                        Err(SupportError::AlreadyOverturned(decision).into())
                    }
                    Some(_) if self.takes_back(decision) => Err(RulingError::TakesBack(decision)),
                    Some(_) => self.check_room(reviewer, None),
                }
            }
            Says::Appeal { appeal, .. } => {
                self.check_appeal(AppealId(*appeal), reviewer)?;
                self.check_room(reviewer, None)
            }
        }
    }

    /// Whether the supports would take up a decision about knowledge.
    fn check_room(&self, reviewer: ReviewerId, supports: Option<Run>) -> Result<(), RulingError> {
        let (decided, _) = self.drafted(&[reviewer], supports);
        Ok(self.supports.may_decide(&decided)?)
    }

    /// Whether a decision itself took something back: an overturn, or a withdrawal.
    fn takes_back(&self, decision: DecisionId) -> bool {
        let is_of_no_case = self.decisions.get(&decision).is_some_and(|made| made.case.is_none());
        is_of_no_case && self.supports.entries_of(decision).next().is_none()
    }

    fn check_entries(
        &self,
        first: u64,
        last: u64,
        reviewer: ReviewerId,
        active: &Active,
    ) -> Result<(), RulingError> {
        if let Some(laid) = self.laid.get(&first).filter(|laid| laid.last == last) {
            return match laid.by == Some(reviewer) {
                true => Err(RulingError::Second(reviewer)),
                false => Ok(()),
            };
        }
        if first > last || !(first..=last).all(|entry| active.contains(EntryId(entry))) {
            return Err(RulingError::NoEntries(first, last));
        }
        if self.supports.confirmed_by(EntryId(first)).contains(&reviewer) {
            return Err(RulingError::Second(reviewer));
        }
        Ok(())
    }

    /// Takes a ruling.
    ///
    /// One that [`Judge::check`] refuses changes nothing: the shell has refused it before.
    pub(crate) fn rule(
        &mut self,
        ruling: &Ruling,
        now: Timestamp,
        active: &mut Active,
        contents: &dyn Contents,
        out: &mut Vec<Body>,
    ) {
        if self.check(ruling, active).is_err() {
            return;
        }
        let reviewer = ReviewerId(ruling.reviewer);
        match &ruling.says {
            Says::Case { case, version, ruled, policy, saw, class } => {
                let (Some(ruled), Some(saw)) = (Ruled::from_name(ruled), Saw::from_name(saw))
                else {
                    return;
                };
                let class = class.as_deref().and_then(FileClass::from_name);
                let heard = Heard { reviewer, ruled, saw, policy: policy.clone(), class };
                self.rule_case(CaseId(*case), *version, heard, now, active, out);
            }
            Says::Knowledge { first, last } => {
                self.stand_for(*first, *last, reviewer, now, active, contents, out);
            }
            Says::Withdraw { entries } => {
                let by = self.next_decision();
                out.push(self.decide_knowledge("withdraw", vec![reviewer], None, now));
                self.withdraw(entries, by, active, out);
            }
            Says::Overturn { decision } => {
                self.overturn_by(DecisionId(*decision), reviewer, now, active, out);
            }
            Says::Appeal { appeal, ruled } => {
                self.rule_appeal((AppealId(*appeal), *ruled), (reviewer, now), active, out);
            }
        }
    }

    /// Overturns a decision by another.
    pub(super) fn overturn_by(
        &mut self,
        decision: DecisionId,
        reviewer: ReviewerId,
        now: Timestamp,
        active: &mut Active,
        out: &mut Vec<Body>,
    ) {
        let by = self.next_decision();
        out.push(self.decide_knowledge("overturn", vec![reviewer], None, now));
        self.overturn(decision, by, active, out);
    }

    fn rule_case(
        &mut self,
        id: CaseId,
        version: u64,
        heard: Heard,
        now: Timestamp,
        active: &Active,
        out: &mut Vec<Body>,
    ) {
        let reviewer = heard.reviewer;
        let ruled = heard.ruled;
        let Ok(case) = self.cases.hear(id, version, heard) else { return };
        let case = case.clone();
        // What they ruled before counts no more.
        self.wait_no_more(id, reviewer);
        let agreed = case.agreed();
        let mut due = None;
        if let Some(kind) = ruled.action() {
            let quota = (self.quota_behind(now), now);
            match self.may_act(&case, kind, &agreed, quota, active) {
                Ok(Permitted::Now { second_reading_due }) => due = second_reading_due,
                Ok(Permitted::Held) => {
                    self.wait_for_room(id, reviewer);
                    return out.push(held(id, reviewer, vec![QUOTA.to_owned()]));
                }
                Err(refused) => {
                    let missing = refused.sentences().map(sentence_name).collect();
                    return out.push(held(id, reviewer, missing));
                }
            }
        }
        // No ruling ends without a word.
        match self.decide(id, &case, &agreed, (due, now), active) {
            Ok(decided) => {
                out.push(decided);
                let_go::others(id, &case, &agreed, out);
            }
            Err(missing) => out.push(held(id, reviewer, vec![missing.to_owned()])),
        }
    }

    /// Makes a decision on a case, and gives the entry that tells it.
    ///
    /// # Errors
    /// What is missing, by its name in the journal; nothing has changed then.
    pub(super) fn decide(
        &mut self,
        id: CaseId,
        case: &Case,
        agreed: &[&Heard],
        (second_reading_due, now): (Option<Timestamp>, Timestamp),
        active: &Active,
    ) -> Result<Body, &'static str> {
        let last = agreed.last().ok_or("a_ruling")?;
        let kind = last.ruled.action();
        let decision = self.next_decision();
        let reviewers: Vec<ReviewerId> = agreed.iter().map(|heard| heard.reviewer).collect();
        let grounds = grounds(case, agreed, active);
        let planned = seawall_action::plan(kind, case.subject, self.actions.next(), None);
        let actions = planned.ok_or("an_action_that_fits")?;
        let brings = brings_knowledge(agreed, kind, active);
        let confirmers = if brings { confirmers(agreed) } else { Vec::new() };
        let decided = Decided {
            decision,
            signed_by: reviewers.iter().copied().collect(),
            confirmed_by: confirmers.iter().copied().collect(),
            grounds: grounds.iter().map(|ground| ground_of(*ground)).collect(),
            entries: BTreeMap::new(),
        };
        self.supports.decide(decided).map_err(|error| lacks(&error))?;
        self.supports.case_closed(id);
        let released = self.actions.release(id);
        for action in &actions {
            self.enforce(action, Some(decision), id, None);
        }
        self.acted.spend(actions.len(), now);
        self.cases.close(id, CaseState::Decided(decision));
        self.note_acted(case, kind, &reviewers, now);
        if brings {
            self.owed.insert(decision);
        }
        let made = Made { case: Some(id), reviewers, ruled: Some(last.ruled), at: now };
        let body = Body::Decided {
            decision: decision.0,
            case: Some(id.0),
            ruled: last.ruled.as_str().to_owned(),
            policy: last.policy.clone(),
            reviewers: made.reviewers.iter().map(|reviewer| reviewer.0).collect(),
            confirmed_by: confirmers.iter().map(|reviewer| reviewer.0).collect(),
            grounds,
            actions,
            released,
            supports: Vec::new(),
            second_reading_due,
        };
        self.decisions.insert(decision, made);
        Ok(body)
    }

    /// Remembers what later laws ask: who was acted on, and who acted alone.
    pub(super) fn note_acted(
        &mut self,
        case: &Case,
        kind: Option<ActionKind>,
        reviewers: &[ReviewerId],
        now: Timestamp,
    ) {
        let (Some(kind), Some(account)) = (kind, case.subject.account()) else { return };
        self.upheld.insert(account, now);
        if let ([only], Gravity::Grave) = (reviewers, kind.gravity()) {
            for entry in case.evidence.iter().filter_map(|piece| piece.entry) {
                self.alone.entry((*only, EntryId(entry))).or_default().insert(account);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "who stands for what, when, and what it says")]
    fn stand_for(
        &mut self,
        first: u64,
        last: u64,
        reviewer: ReviewerId,
        now: Timestamp,
        active: &mut Active,
        contents: &dyn Contents,
        out: &mut Vec<Body>,
    ) {
        let laid = self.laid.get(&first).copied();
        if let Some(Laid { kind: KnowledgeKind::Removed, by: None, .. }) = laid {
            // Past suspensions are two people's decision.
            if let Some(laid) = self.laid.get_mut(&first) {
                laid.by = Some(reviewer);
            }
            let missing = vec!["two_people".to_owned()];
            out.push(Body::RulingHeld { case: None, reviewer: reviewer.0, missing });
            return;
        }
        let by = laid.and_then(|laid| laid.by);
        let reviewers: Vec<ReviewerId> = by.into_iter().chain([reviewer]).collect();
        let supports = Some((first, last, laid.map(|laid| laid.kind)));
        let decided = self.decide_knowledge("support", reviewers, supports, now);
        out.push(decided);
        if self.laid.remove(&first).is_some() {
            self.bring_in(first..=last, active, contents);
        }
    }

    /// Makes a decision about knowledge, and the entry that tells it.
    fn decide_knowledge(
        &mut self,
        ruled: &str,
        reviewers: Vec<ReviewerId>,
        supports: Option<Run>,
        now: Timestamp,
    ) -> Body {
        let decision = self.next_decision();
        let (decided, grounds) = self.drafted(&reviewers, supports);
        // What it refuses, `check` has refused.
        let _ = self.supports.decide(decided);
        let body = Body::Decided {
            decision: decision.0,
            case: None,
            ruled: ruled.to_owned(),
            policy: None,
            reviewers: reviewers.iter().map(|reviewer| reviewer.0).collect(),
            confirmed_by: Vec::new(),
            grounds,
            actions: Vec::new(),
            released: Vec::new(),
            supports: supports.map(|(first, last, _)| (first, last)).into_iter().collect(),
            second_reading_due: None,
        };
        self.decisions.insert(decision, Made { case: None, reviewers, ruled: None, at: now });
        body
    }

    /// A decision about knowledge as the supports are to be told of it, and what it rests on.
    fn drafted(
        &self,
        reviewers: &[ReviewerId],
        supports: Option<Run>,
    ) -> (Decided, Vec<GroundSeen>) {
        let mut grounds = vec![GroundSeen::Seen];
        let mut entries = BTreeMap::new();
        if let Some((first, last, laid)) = supports {
            if laid == Some(KnowledgeKind::Removed) {
                grounds = vec![GroundSeen::Import { entry: first }];
            }
            for id in (first..=last).map(EntryId) {
                let known = self.supports.entry(id).map(|(kind, _)| kind);
                entries.extend(laid.map(entry_kind).or(known).map(|kind| (id, kind)));
            }
        }
        let signed_by: BTreeSet<ReviewerId> = reviewers.iter().copied().collect();
        let decided = Decided {
            decision: self.next_decision(),
            confirmed_by: confirmers_of_knowledge(&signed_by, &grounds),
            signed_by,
            grounds: grounds.iter().map(|ground| ground_of(*ground)).collect(),
            entries,
        };
        (decided, grounds)
    }

    /// Adds entries that a decision brought in.
    pub(super) fn support_more(
        &mut self,
        decision: DecisionId,
        entries: &BTreeMap<EntryId, seawall_decision::support::EntryKind>,
    ) -> Result<(), SupportError> {
        self.supports.follow(decision, entries)
    }

    /// Admits a reviewer.
    pub(crate) fn admit(&mut self, reviewer: u64) {
        self.reviewers.insert(ReviewerId(reviewer), true);
    }
}

/// A ruling that is held, and what it lacks.
pub(super) fn held(case: CaseId, reviewer: ReviewerId, missing: Vec<String>) -> Body {
    Body::RulingHeld { case: Some(case.0), reviewer: reviewer.0, missing }
}

fn check_words(saw: &str, class: Option<&str>) -> Result<(), RulingError> {
    if Saw::from_name(saw).is_none() {
        return Err(RulingError::Sight(saw.to_owned()));
    }
    match class.filter(|class| FileClass::from_name(class).is_none()) {
        Some(class) => Err(RulingError::Class(class.to_owned())),
        None => Ok(()),
    }
}

/// Whether a ruling on a case can be meant: its word, its policy, and what there is to act on.
pub(super) fn check_case(
    id: CaseId,
    case: &Case,
    ruled: &str,
    policy: Option<&PolicyCited>,
    active: &Active,
) -> Result<(), RulingError> {
    let known = Ruled::from_name(ruled).ok_or_else(|| RulingError::Word(ruled.to_owned()))?;
    let Some(kind) = known.action() else { return Ok(()) };
    if !seawall_action::fits(kind, case.subject) {
        return Err(RulingError::DoesNotFit { case: id, ruled: ruled.to_owned() });
    }
    if case.is_deleted {
        return Err(RulingError::Deleted { case: id, ruled: ruled.to_owned() });
    }
    let cited = policy.ok_or(RulingError::NoPolicyCited)?;
    let is_known = active.policy(&cited.id).is_some_and(|policy| policy.version == cited.version);
    match is_known {
        true => Ok(()),
        false => Err(RulingError::NoPolicy { id: cited.id.clone(), version: cited.version }),
    }
}

/// A signature that saw what is not there acts on nothing, and is no second person either.
fn check_seen(
    id: CaseId,
    case: &Case,
    ruled: &str,
    saw: &str,
    active: &Active,
) -> Result<(), RulingError> {
    let acts = Ruled::from_name(ruled).is_some_and(|ruled| ruled.action().is_some());
    let (kind, saw) = match Saw::from_name(saw) {
        Some(Saw::File) => ("bank_match", Saw::File),
        Some(Saw::Links) => ("comeback", Saw::Links),
        // Whether there is content to see is known to the log: the shell asks it.
        Some(Saw::Content) | None => return Ok(()),
    };
    let is_there =
        case.evidence.iter().any(|piece| piece.kind == kind && Judge::counts(case, piece, active));
    match acts && !is_there {
        true => Err(RulingError::NothingSeen { case: id, saw: saw.as_str() }),
        false => Ok(()),
    }
}

/// A sentence's name in the journal, such as `links_need_two_families`.
pub(super) fn sentence_name(sentence: Sentence) -> String {
    let mut name = String::new();
    for letter in format!("{sentence:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
