//! Taking what the journal tells as it stands, where a span of another build begins.
//!
//! Rulings name cases and decisions by the numbers that people read. Another build may open
//! other cases under other numbers, so its own conclusions about the past are put aside and
//! the recorded ones taken. Left out: waves, and everything that nobody ruled on.

use std::collections::{BTreeMap, BTreeSet};

use seawall_decision::support::Decided;
use seawall_model::journal::{ActionPlanned, Body, EvidenceSeen, ReasonSeen, Says, SubjectSeen};
use seawall_model::knowledge::{FileClass, KnowledgeKind};
use seawall_model::{AccountId, CaseId, DecisionId, EntryId, ReviewerId, Timestamp, TraceId};
use seawall_review::{CaseState, Finding, Heard, Reason, RestsOnMissing, Ruled, Saw, confirmers};

use super::grounds::{brings_knowledge, confirmers_of_knowledge, ground_of};
use super::quota::QUOTA;
use super::{Judge, entry_kind};
use crate::active::{Active, Contents};

impl Judge {
    /// The types of entries that tell of people, knowledge, cases and decisions.
    pub const RECORD: [&'static str; 23] = [
        "reviewer_added",
        "reviewer_withdrawn",
        "knowledge_added",
        "ruled",
        "case_opened",
        "case_grew",
        "ruling_held",
        "decided",
        "restricted_unattended",
        "actions_lapsed",
        "entries_lapsed",
        "overturned",
        "appeal_opened",
        "appeal_refused",
        "appeal_decided",
        "delivered",
        "withdrawn",
        "post_changed",
        "account_dated",
        "media_marked",
        "media_unmarked",
        "notices_withheld",
        "notices_due",
    ];

    /// Takes in one entry of the record, in its order.
    pub(crate) fn adopt(
        &mut self,
        body: &Body,
        at: Timestamp,
        active: &mut Active,
        contents: &dyn Contents,
    ) {
        match body {
            Body::ReviewerAdded { reviewer, .. } => self.admit(*reviewer),
            Body::ReviewerWithdrawn { reviewer, .. } => self.dismiss(*reviewer, &mut Vec::new()),
            Body::KnowledgeAdded { kind, first, last, decision, .. } => {
                let Some(kind) = KnowledgeKind::from_name(kind) else { return };
                let decision = decision.map(DecisionId);
                self.lay_down((*first, *last), kind, decision, active, contents);
            }
            Body::Ruled { ruling, .. } => {
                self.adopt_ruling(ReviewerId(ruling.reviewer), &ruling.says);
            }
            Body::CaseOpened { .. } => self.adopt_case(body),
            Body::CaseGrew { case, rests_on_missing, evidence, reasons, .. } => {
                let rests = RestsOnMissing::from(*rests_on_missing);
                self.cases.recorded_growth(CaseId(*case), evidence, reasons, rests);
                self.adopt_matches(CaseId(*case), evidence);
            }
            Body::Decided { .. } => self.adopt_decision(body, at, active, contents),
            Body::RestrictedUnattended { case, entry, action } => {
                self.adopt_restriction((CaseId(*case), EntryId(*entry)), (at, active), action);
            }
            Body::ActionsLapsed { actions } => self.actions.end(actions),
            Body::EntriesLapsed { entries } => {
                let entries: Vec<EntryId> = entries.iter().map(|entry| EntryId(*entry)).collect();
                self.withdraw_entries(&entries, active);
            }
            Body::Overturned { .. } | Body::Withdrawn { .. } => self.adopt_fall(body, active),
            Body::PostChanged { account, .. } => {
                self.cases.recorded_change(body);
                if let Some(author) = account {
                    self.count_upheld(AccountId(*author));
                }
            }
            Body::AccountDated { account, created_at } => {
                self.cases.date(AccountId(*account), *created_at);
            }
            Body::RulingHeld { case: Some(case), reviewer, missing } => {
                let (case, reviewer) = (CaseId(*case), ReviewerId(*reviewer));
                self.wait_no_more(case, reviewer);
                if *missing == [QUOTA] {
                    self.wait_for_room(case, reviewer);
                }
            }
            Body::MediaMarked { entries, .. } => active.suppress(entries, contents),
            Body::MediaUnmarked { entries, .. } => active.restore(entries, contents),
            Body::AppealOpened { .. } | Body::AppealRefused { .. } | Body::AppealDecided { .. } => {
                self.adopt_appeal(body, at);
            }
            Body::NoticesWithheld(order) => self.note_withheld(order, at),
            Body::NoticesDue { case } => self.note_due(CaseId(*case)),
            Body::Delivered { action, effect, outcome, .. } => {
                self.delivered(*action, *effect, *outcome);
            }
            _ => {}
        }
    }

    fn adopt_case(&mut self, body: &Body) {
        let Body::CaseOpened { case, subject, policy, rule, rests_on_missing, evidence, .. } = body
        else {
            return;
        };
        let Body::CaseOpened { first_at, account_created_at, post, content, deleted, .. } = body
        else {
            return;
        };
        let Body::CaseOpened { reasons, .. } = body else { return };
        let position = match subject {
            SubjectSeen::Post { position, .. } => *position,
            SubjectSeen::Account { .. } | SubjectSeen::Entry { .. } => 0,
        };
        let finding = Finding {
            subject: *subject,
            policy: policy.as_str().into(),
            rule: rule.as_deref().map(Into::into),
            rests: RestsOnMissing::from(*rests_on_missing),
            evidence: evidence.clone(),
            reasons: reasons_of(rule.as_deref(), policy, evidence, reasons),
            at: *first_at,
            created_at: *account_created_at,
            post: post.as_deref().and_then(TraceId::parse),
            content: content.unwrap_or(position),
            is_deleted: *deleted,
        };
        self.cases.recorded(CaseId(*case), finding);
        // A case about an entry itself is no match of it.
        if !matches!(subject, SubjectSeen::Entry { .. }) {
            self.adopt_matches(CaseId(*case), evidence);
        }
    }

    fn adopt_matches(&mut self, case: CaseId, evidence: &[EvidenceSeen]) {
        for entry in evidence.iter().filter_map(|piece| piece.entry) {
            // As when it was seen: what the supports do not know is no match.
            let _ = self.supports.match_seen(case, EntryId(entry));
        }
    }

    /// A ruling is heard; what came of it is told by the entries after it.
    fn adopt_ruling(&mut self, reviewer: ReviewerId, says: &Says) {
        match says {
            Says::Case { case, version, ruled, policy, saw, class } => {
                let (Some(ruled), Some(saw)) = (Ruled::from_name(ruled), Saw::from_name(saw))
                else {
                    return;
                };
                let class = class.as_deref().and_then(FileClass::from_name);
                let heard = Heard { reviewer, ruled, saw, policy: policy.clone(), class };
                self.wait_no_more(CaseId(*case), reviewer);
                // One that was refused then was not journaled.
                let _ = self.cases.hear(CaseId(*case), *version, heard);
            }
            Says::Knowledge { first, .. } => {
                if let Some(laid) = self.laid.get_mut(first)
                    && laid.kind == KnowledgeKind::Removed
                {
                    laid.by.get_or_insert(reviewer);
                }
            }
            Says::Withdraw { .. } | Says::Overturn { .. } | Says::Appeal { .. } => {}
        }
    }

    fn adopt_restriction(
        &mut self,
        (id, entry): (CaseId, EntryId),
        (at, active): (Timestamp, &Active),
        action: &ActionPlanned,
    ) {
        if let Some(account) = action.subject.account() {
            self.restricted.entry(account).or_insert(at);
        }
        self.enforce(action, None, id, Some(entry));
        self.note_policy((id, action.action), at, active);
        self.acted_unattended.spend(1, at);
    }

    fn adopt_decision(
        &mut self,
        body: &Body,
        at: Timestamp,
        active: &mut Active,
        contents: &dyn Contents,
    ) {
        let Body::Decided { decision, case, ruled, reviewers, grounds, actions, supports, .. } =
            body
        else {
            return;
        };
        let Body::Decided { confirmed_by, .. } = body else { return };
        let (id, case) = (DecisionId(*decision), case.map(CaseId));
        let reviewers: Vec<ReviewerId> = reviewers.iter().map(|id| ReviewerId(*id)).collect();
        let entries: BTreeSet<EntryId> =
            supports.iter().flat_map(|(first, last)| (*first..=*last).map(EntryId)).collect();
        let laid = supports.first().and_then(|(first, _)| self.laid.remove(first));
        let kind_of = |entry: &EntryId| {
            let known = self.supports.entry(*entry).map(|(kind, _)| kind);
            laid.map(|laid| entry_kind(laid.kind)).or(known).map(|kind| (*entry, kind))
        };
        let signed_by: BTreeSet<ReviewerId> = reviewers.iter().copied().collect();
        let ruled = case.and_then(|_| Ruled::from_name(ruled));
        let confirmed_by = match case.and_then(|case| self.cases.get(case)) {
            None => confirmers_of_knowledge(&signed_by, grounds),
            Some(case) => {
                let last = reviewers.last().copied();
                let agreed = last.map(|last| case.agreed_with(last)).unwrap_or_default();
                confirmed(confirmed_by, &agreed, ruled, &signed_by, active)
            }
        };
        let decided = Decided {
            decision: id,
            signed_by,
            confirmed_by,
            grounds: grounds.iter().map(|ground| ground_of(*ground)).collect(),
            entries: entries.iter().filter_map(kind_of).collect::<BTreeMap<_, _>>(),
        };
        // The record was sound when it was made.
        let _ = self.supports.decide(decided);
        if let (Some((first, last)), Some(_)) = (supports.first(), laid) {
            self.bring_in(*first..=*last, active, contents);
        }
        if let Some(case) = case {
            self.adopt_closing((id, case), ruled, &reviewers, actions, at, active);
        }
        let made = super::Made { case, reviewers, ruled, at };
        self.decisions.insert(id, made);
    }

    fn adopt_closing(
        &mut self,
        (decision, id): (DecisionId, CaseId),
        ruled: Option<Ruled>,
        reviewers: &[ReviewerId],
        actions: &[ActionPlanned],
        at: Timestamp,
        active: &Active,
    ) {
        self.supports.case_closed(id);
        self.actions.release(id);
        for action in actions {
            self.enforce(action, Some(decision), id, None);
        }
        self.acted.spend(actions.len(), at);
        self.cases.close(id, CaseState::Decided(decision));
        let kind = ruled.and_then(Ruled::action);
        if let Some(case) = self.cases.get(id).cloned() {
            self.note_acted(&case, kind, reviewers, at);
            let last = reviewers.last().copied();
            let agreed = last.map(|last| case.agreed_with(last)).unwrap_or_default();
            if brings_knowledge(&agreed, kind, active) {
                self.owed.insert(decision);
            }
        }
    }
}

/// Who confirms what a decision on a case brings in: whom it names; an older one that names
/// nobody, whom its rulings tell.
fn confirmed(
    named: &[u64],
    agreed: &[&Heard],
    ruled: Option<Ruled>,
    signed_by: &BTreeSet<ReviewerId>,
    active: &Active,
) -> BTreeSet<ReviewerId> {
    if !named.is_empty() {
        return named.iter().copied().map(ReviewerId).collect();
    }
    if !brings_knowledge(agreed, ruled.and_then(Ruled::action), active) {
        return BTreeSet::new();
    }
    confirmers(agreed).into_iter().filter(|reviewer| signed_by.contains(reviewer)).collect()
}

/// Why a case was opened; where an older build does not tell it, its rule and all that was known.
fn reasons_of(
    rule: Option<&str>,
    policy: &str,
    evidence: &[EvidenceSeen],
    told: &[ReasonSeen],
) -> Vec<Reason> {
    if !told.is_empty() {
        return told.iter().map(Reason::recorded).collect();
    }
    let Some(rule) = rule else { return Vec::new() };
    let entries: BTreeSet<u64> = evidence.iter().filter_map(|piece| piece.entry).collect();
    let position = evidence.iter().map(|piece| piece.position).max().unwrap_or_default();
    let (rule, policy, entries) = (rule.into(), policy.into(), entries.into_iter().collect());
    vec![Reason { rule, policy, entries, fact: None, position }]
}
