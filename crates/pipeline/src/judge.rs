//! Step three: the one owner of cases, decisions and what rests on them.
//!
//! Findings become cases. Rulings become decisions where law 1 permits; decisions bring
//! knowledge in and put actions in force; an overturn takes out what rested on it, and
//! nothing else. Everything it concludes is a derived entry.

mod adopt;
mod appeal;
mod error;
mod fall;
mod grounds;
mod law;
mod let_go;
mod notices;
mod quota;
mod ruling;
mod snapshot;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use seawall_action::{Actions, InForce};
use seawall_decision::Supports;
use seawall_decision::law::{Permitted, Quota, UNATTENDED_SECONDS_MAX};
use seawall_decision::support::EntryKind;
use seawall_model::journal::{ActionPlanned, Body, Effect, Outcome, SubjectSeen};
use seawall_model::knowledge::{FileHash, KnowledgeKind, Known};
use seawall_model::{AccountId, ActionKind, CaseId, DecisionId, EntryId, ReviewerId, Timestamp};
use seawall_review::{Appeals, Case, CaseState, Cases, Change, Finding, Ruled};

use crate::active::{Active, Contents};

pub(crate) use appeal::Brought;
pub use error::RulingError;
use let_go::LetGo;
use notices::Order;
pub use notices::{Withheld, WithholdError};
use quota::{DayLimits, Taken};

/// A decision that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The case; `None` if it is about knowledge.
    pub case: Option<CaseId>,
    /// Who ruled.
    pub reviewers: Vec<ReviewerId>,
    /// What was ruled; `None` if it is about knowledge.
    pub ruled: Option<Ruled>,
    /// When.
    pub at: Timestamp,
}

/// Entries that were laid down and that no decision supports yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Laid {
    last: u64,
    kind: KnowledgeKind,
    /// Who stands for them already; two people must for removed profiles.
    by: Option<ReviewerId>,
}

/// All that people see, rule and undo.
#[derive(Debug, Default)]
pub struct Judge {
    cases: Cases,
    supports: Supports,
    actions: Actions,
    reviewers: BTreeMap<ReviewerId, bool>,
    decisions: BTreeMap<DecisionId, Made>,
    /// Decisions whose knowledge is not laid down yet.
    owed: BTreeSet<DecisionId>,
    laid: BTreeMap<u64, Laid>,
    entries: u64,
    versions: u64,
    upheld: BTreeMap<AccountId, Timestamp>,
    restricted: BTreeMap<AccountId, Timestamp>,
    /// Accounts that one person alone acted on for the sake of one entry.
    alone: BTreeMap<(ReviewerId, EntryId), BTreeSet<AccountId>>,
    appeals: Appeals,
    /// Which decision overturned which.
    overturns: BTreeMap<DecisionId, DecisionId>,
    /// Cases that restrict nobody unattended for an entry: an appeal was granted.
    spared: BTreeSet<(CaseId, EntryId)>,
    /// Cases whose notices an order withholds, or did: as many as there were orders.
    orders: BTreeMap<CaseId, Order>,
    /// What was taken unattended and is in force: when, under which version of its case's policy.
    restricted_under: BTreeMap<u64, (Timestamp, u32)>,
    /// Constants, and so no part of the state.
    limits: DayLimits,
    acted: Taken,
    acted_unattended: Taken,
    /// Rulings that wait for the quota alone, in order of arrival.
    held: Vec<(CaseId, ReviewerId)>,
}

impl Judge {
    /// The cases.
    #[must_use]
    pub fn cases(&self) -> &Cases {
        &self.cases
    }

    /// What supports what.
    #[must_use]
    pub fn supports(&self) -> &Supports {
        &self.supports
    }

    /// The actions in force.
    #[must_use]
    pub fn actions(&self) -> &Actions {
        &self.actions
    }

    /// A decision that was made.
    #[must_use]
    pub fn decision(&self, id: DecisionId) -> Option<&Made> {
        self.decisions.get(&id)
    }

    /// Every decision, in order.
    pub fn decisions(&self) -> impl Iterator<Item = (DecisionId, &Made)> {
        self.decisions.iter().map(|(id, made)| (*id, made))
    }

    /// Decisions whose knowledge is to be laid down: a crash may have come between.
    #[must_use]
    pub fn owed(&self) -> Vec<DecisionId> {
        self.owed.iter().copied().collect()
    }

    /// Whether an entry was laid down and waits for somebody to stand for it.
    #[must_use]
    pub fn waits(&self, entry: EntryId) -> bool {
        let newest = self.laid.range(..=entry.0).next_back();
        newest.is_some_and(|(_, laid)| entry.0 <= laid.last)
    }

    /// Runs of entries that were laid down and wait: first and last of each, in order.
    pub fn waiting(&self) -> impl Iterator<Item = (u64, u64)> {
        self.laid.iter().map(|(first, laid)| (*first, laid.last))
    }

    /// Reviewers, and whether their key still signs.
    pub fn reviewers(&self) -> impl Iterator<Item = (ReviewerId, bool)> {
        self.reviewers.iter().map(|(id, signs)| (*id, *signs))
    }

    /// The last entry that was laid down.
    #[must_use]
    pub fn last_entry(&self) -> u64 {
        self.entries
    }

    /// The version of all knowledge.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.versions
    }

    fn next_decision(&self) -> DecisionId {
        DecisionId(self.decisions.last_key_value().map_or(0, |(id, _)| id.0) + 1)
    }

    /// Takes a finding in.
    pub(crate) fn observe(
        &mut self,
        mut finding: Finding,
        now: Timestamp,
        active: &Active,
        out: &mut Vec<Body>,
    ) {
        // What fell between the event and the hand-over is no evidence any more.
        let is_in_force = |entry: Option<u64>| entry.is_none_or(|n| active.contains(EntryId(n)));
        finding.evidence.retain(|piece| is_in_force(piece.entry));
        finding.reasons.retain_mut(|reason| {
            let alone = reason.stands_alone();
            reason.entries.retain(|entry| is_in_force(Some(*entry)));
            alone || !reason.stands_alone()
        });
        if finding.reasons.is_empty() {
            return;
        }
        let held = self.cases.of(&finding).map(|(_, case)| let_go::held(case)).unwrap_or_default();
        let Some(body) = self.cases.observe(finding) else { return };
        let (Body::CaseOpened { case, .. } | Body::CaseGrew { case, .. }) = body else {
            out.push(body);
            return;
        };
        let id = CaseId(case);
        let evidence = match &body {
            Body::CaseOpened { evidence, .. } | Body::CaseGrew { evidence, .. } => evidence.clone(),
            _ => Vec::new(),
        };
        out.push(body);
        let_go::all(id, &held, LetGo::CaseGrew, out);
        for entry in evidence.iter().filter_map(|piece| piece.entry) {
            // An entry that is in force is known to the supports, and there is room for as
            // many matches as for cases: what it refuses cannot be met here.
            let _ = self.supports.match_seen(id, EntryId(entry));
        }
        self.restrict(id, now, active, out);
    }

    /// Restricts reach unattended, where law 1 allows it.
    fn restrict(&mut self, id: CaseId, now: Timestamp, active: &Active, out: &mut Vec<Body>) {
        let Some(case) = self.cases.get(id) else { return };
        let hours = unattended_hours(case, active);
        if hours == 0 || self.actions.of_case(id).next().is_some() {
            return;
        }
        let mut until = now.plus_seconds(i64::from(hours) * 3_600);
        let since = case.subject.account().and_then(|account| self.restricted.get(&account));
        if let (Some(since), true) = (since, case.is_edited()) {
            // Taking a file out and putting it back begins no hours anew, and ends none.
            until = until.min(since.plus_seconds(UNATTENDED_SECONDS_MAX));
        }
        if until <= now {
            return;
        }
        let quota = (self.quota_unattended(now), now);
        let asked = self.may_restrict((id, case), until, quota, active);
        let Some((entry, permitted)) = asked else { return };
        if permitted == Permitted::Held {
            // It is not tried again by itself: the case is open, and people see it.
            out.push(Body::RestrictionHeld { case: id.0, entry: entry.0 });
            return;
        }
        let subject = case.subject;
        let planned = seawall_action::plan(
            Some(ActionKind::Restrict),
            subject,
            self.actions.next(),
            Some(until),
        );
        let Some(action) = planned.and_then(|mut planned| planned.pop()) else { return };
        if let Some(account) = subject.account() {
            self.restricted.entry(account).or_insert(now);
        }
        self.enforce(&action, None, id, Some(entry));
        self.note_policy((id, action.action), now, active);
        self.acted_unattended.spend(1, now);
        out.push(Body::RestrictedUnattended { case: id.0, entry: entry.0, action });
    }

    /// Remembers when and under which version of the policy of its case something is restricted,
    /// as long as it is. Cost: one pass over what is.
    fn note_policy(&mut self, (id, action): (CaseId, u64), at: Timestamp, active: &Active) {
        let policy = self.cases.get(id).and_then(|case| active.policy(&case.policy));
        let under = policy.map(|policy| (at, policy.version));
        self.restricted_under.retain(|action, _| self.actions.in_force(*action).is_some());
        self.restricted_under.extend(under.map(|under| (action, under)));
    }

    /// When an action in force was taken unattended, and under which version of its case's policy;
    /// `None` for others.
    #[must_use]
    pub fn restricted_under(&self, action: u64) -> Option<(Timestamp, u32)> {
        let under = self.restricted_under.get(&action).copied();
        under.filter(|_| self.actions.in_force(action).is_some())
    }

    /// Ends what was restricted unattended and law 1 would not permit any more: its evidence
    /// fell, a confirmation was taken back, the account is protected, or its policy is out of
    /// force or gives no hours any more.
    pub(crate) fn recheck(&mut self, now: Timestamp, active: &Active, out: &mut Vec<Body>) {
        let ended: Vec<u64> = self
            .actions
            .unattended()
            .filter(|action| {
                let case = self.cases.get(action.case);
                let until = action.planned.until.unwrap_or(now);
                // What was within the quota when it was done is not held afterwards.
                let quota = (Quota::Within, now);
                case.is_none_or(|case| {
                    unattended_hours(case, active) == 0
                        || self.may_restrict((action.case, case), until, quota, active).is_none()
                })
            })
            .map(|action| action.planned.action)
            .collect();
        if !ended.is_empty() {
            self.actions.end(&ended);
            out.push(Body::ActionsLapsed { actions: ended });
        }
    }

    fn enforce(
        &mut self,
        action: &ActionPlanned,
        decision: Option<DecisionId>,
        case: CaseId,
        entry: Option<EntryId>,
    ) {
        let (planned, carried) = (action.clone(), None);
        self.actions.enforce(InForce { planned, decision, case, entry, carried });
    }

    /// Takes in what became of telling the platform.
    pub(crate) fn delivered(&mut self, action: u64, effect: Effect, outcome: Outcome) {
        // What became of taking back is told of what is in force no more.
        if effect == Effect::Do {
            self.actions.carried(action, outcome);
        }
    }

    /// Takes in entries that were laid down.
    pub(crate) fn lay_down(
        &mut self,
        (first, last): (u64, u64),
        kind: KnowledgeKind,
        decision: Option<DecisionId>,
        active: &mut Active,
        contents: &dyn Contents,
    ) {
        self.entries = self.entries.max(last);
        self.versions += 1;
        match decision {
            None => {
                self.laid.insert(first, Laid { last, kind, by: None });
            }
            Some(decision) => {
                self.owed.remove(&decision);
                let entries: BTreeMap<EntryId, EntryKind> =
                    (first..=last).map(|n| (EntryId(n), entry_kind(kind))).collect();
                // A decision that fell meanwhile brings nothing in.
                if self.support_more(decision, &entries).is_ok() {
                    self.bring_in(first..=last, active, contents);
                }
            }
        }
    }

    /// Puts entries in force. What this build cannot put in force, the shell refused.
    fn bring_in(
        &mut self,
        entries: RangeInclusive<u64>,
        active: &mut Active,
        contents: &dyn Contents,
    ) {
        let before = self.files_acted_on(contents);
        for entry in entries.map(EntryId) {
            if active.contains(entry) {
                continue;
            }
            let Some(knowledge) = contents.content(entry) else { continue };
            if let Known::Hash(file) = &knowledge.known {
                // Laid down again, it is the same file: a network is not cut into slices so.
                for (by, on) in
                    before.iter().filter(|(hash, _)| *hash == file.hash).map(|(_, of)| of)
                {
                    self.alone.entry((*by, entry)).or_default().extend(on);
                }
            }
            let _ = active.put(entry, knowledge);
        }
    }

    /// The files for whose sake people acted alone, and on whom.
    fn files_acted_on(
        &self,
        contents: &dyn Contents,
    ) -> Vec<(FileHash, (ReviewerId, BTreeSet<AccountId>))> {
        let file = |entry: EntryId| match contents.content(entry)?.known {
            Known::Hash(file) => Some(file.hash),
            _ => None,
        };
        let of =
            self.alone.iter().map(|((by, entry), on)| Some((file(*entry)?, (*by, on.clone()))));
        of.flatten().collect()
    }

    /// Takes out of force what has reached its time.
    pub(crate) fn lapse(&mut self, now: Timestamp, active: &mut Active, out: &mut Vec<Body>) {
        let actions = self.actions.lapse(now);
        if !actions.is_empty() {
            out.push(Body::ActionsLapsed { actions });
        }
        let entries = active.lapsed(now);
        self.let_lapse(&entries, active, out);
        self.notices_due(now, out);
    }

    /// When something lapses next, or there is room for what waits.
    pub(crate) fn next_lapse(&self, active: &Active) -> Option<Timestamp> {
        let lapses = self.actions.next_lapse().into_iter().chain(active.next_lapse());
        lapses.chain(self.next_free()).chain(self.next_notices()).min()
    }

    /// A removed account was given back by the platform: it is compared with no more.
    pub(crate) fn reinstated(
        &mut self,
        account: AccountId,
        active: &mut Active,
        out: &mut Vec<Body>,
    ) {
        let entries = active.removed_of(account);
        self.let_lapse(&entries, active, out);
    }

    fn let_lapse(&mut self, entries: &[EntryId], active: &mut Active, out: &mut Vec<Body>) {
        if !entries.is_empty() {
            let gone = self.withdraw_entries(entries, active);
            out.push(Body::EntriesLapsed { entries: entries.iter().map(|id| id.0).collect() });
            out.extend(gone.let_go);
        }
    }

    /// Takes in that something happened to a post of this author, created then, as far as known.
    pub(crate) fn changed(
        &mut self,
        change: &Change,
        author: Option<(AccountId, Option<Timestamp>)>,
        now: Timestamp,
        active: &Active,
        out: &mut Vec<Body>,
    ) {
        let of_post = self.cases.about_post(change.post);
        let held = of_post.map(|(_, case)| let_go::held(case)).unwrap_or_default();
        let Some(body) = self.cases.change(change, author.map(|(id, _)| id)) else { return };
        let Body::PostChanged { case, account, .. } = body else { return };
        out.push(body);
        let_go::all(CaseId(case), &held, LetGo::PostChanged, out);
        let Some((author, created_at)) = author.filter(|_| account.is_some()) else { return };
        if let Some(created_at) = created_at {
            self.dated(author, created_at, out);
        }
        self.count_upheld(author);
        self.restrict(CaseId(case), now, active, out);
    }

    /// Takes in that an account was created earlier than was known.
    pub(crate) fn dated(&mut self, account: AccountId, at: Timestamp, out: &mut Vec<Body>) {
        out.extend(self.cases.date(account, at));
    }

    /// Takes entries out of force, and the evidence that rests on them out of all cases: a
    /// closed one keeps its decision, and is not to rest on it again when it is opened.
    fn withdraw_entries(&mut self, entries: &[EntryId], active: &mut Active) -> Gone {
        let gone: BTreeSet<u64> = entries.iter().map(|entry| entry.0).collect();
        for entry in entries {
            active.take(*entry);
        }
        self.cases.forget_settled(&gone);
        let touched: BTreeSet<(CaseId, u64)> = self
            .cases
            .all()
            .flat_map(|(id, case)| {
                let of = case.evidence.iter().filter_map(|piece| piece.entry);
                of.filter(|entry| gone.contains(entry)).map(move |entry| (id, entry))
            })
            .collect();
        let mut found = Gone::default();
        for (id, entry) in touched {
            let Some(case) = self.cases.get(id) else { continue };
            let is_of_entry = matches!(case.subject, SubjectSeen::Entry { .. });
            if case.state == CaseState::Open && !is_of_entry {
                found.lost.push((id.0, entry));
            }
            let_go::all(id, &let_go::held(case), LetGo::EvidenceFell, &mut found.let_go);
            self.cases.withdraw(id, entry);
        }
        found
    }
}

/// What cases lose with entries that leave force.
#[derive(Debug, Default)]
struct Gone {
    /// The open cases that lost evidence, each with the entry; not those about an entry itself.
    lost: Vec<(u64, u64)>,
    /// The rulings that were held in them.
    let_go: Vec<Body>,
}

/// Hours for which the policy of a case restricts reach unattended, as it stands now.
fn unattended_hours(case: &Case, active: &Active) -> u32 {
    active.policy(&case.policy).map_or(0, |policy| policy.unattended_hours)
}

fn entry_kind(kind: KnowledgeKind) -> EntryKind {
    match kind {
        KnowledgeKind::Term => EntryKind::Term,
        KnowledgeKind::Hash => EntryKind::BankEntry,
        KnowledgeKind::Policy => EntryKind::Policy,
        KnowledgeKind::Rules => EntryKind::Rules,
        KnowledgeKind::Protected => EntryKind::Protected,
        KnowledgeKind::Removed => EntryKind::RemovedProfile,
    }
}
