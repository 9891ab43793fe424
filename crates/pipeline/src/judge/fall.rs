//! An overturn or a withdrawal: what rested on a decision or an entry falls, and nothing else.

use std::collections::BTreeSet;

use seawall_decision::support::{Consequence, DecisionState};
use seawall_model::journal::{Body, EvidenceSeen, SubjectSeen};
use seawall_model::{AccountId, CaseId, DecisionId, EntryId};
use seawall_review::{CaseState, Finding, RestsOnMissing};

use super::let_go::LetGo;
use super::{Judge, let_go};
use crate::active::Active;

/// What an overturn or a withdrawal brings about, in the words of the journal.
#[derive(Debug, Default)]
struct Fallen {
    entries_withdrawn: Vec<u64>,
    entries_reopened: Vec<u64>,
    matches_withdrawn: Vec<(u64, u64)>,
    unlinked: Vec<(u64, u64)>,
    decisions_fallen: Vec<u64>,
    reopened: Vec<DecisionId>,
    /// What tells of rulings that were held.
    let_go: Vec<Body>,
}

impl Judge {
    pub(super) fn overturn(
        &mut self,
        decision: DecisionId,
        by: DecisionId,
        active: &mut Active,
        out: &mut Vec<Body>,
    ) {
        let Ok(consequences) = self.supports.overturn(decision) else { return };
        self.overturns.insert(decision, by);
        let mut fallen = sorted(&consequences);
        let mut actions_reversed = self.actions.reverse(decision);
        actions_reversed.extend(self.bring_about(&mut fallen, active));
        let cases_reopened = self.reopen(Some(decision), &mut fallen, active);
        let entries_reopened = fallen.entries_reopened.clone();
        out.push(Body::Overturned {
            decision: decision.0,
            by: by.0,
            entries_withdrawn: fallen.entries_withdrawn,
            entries_reopened: fallen.entries_reopened,
            matches_withdrawn: fallen.matches_withdrawn,
            unlinked: fallen.unlinked,
            decisions_fallen: fallen.decisions_fallen,
            actions_reversed,
            cases_reopened,
        });
        out.extend(fallen.let_go);
        self.look_again(&entries_reopened, by, out);
    }

    /// Takes out what a reviewer withdraws, with everything that rested on it: as if each entry
    /// had lost its last support.
    pub(super) fn withdraw(
        &mut self,
        entries: &[u64],
        by: DecisionId,
        active: &mut Active,
        out: &mut Vec<Body>,
    ) {
        let (mut fallen, named) = self.withdrawn(entries);
        let actions_reversed = self.bring_about(&mut fallen, active);
        let cases_reopened = self.reopen(None, &mut fallen, active);
        let entries_reopened = fallen.entries_reopened.clone();
        let others = fallen.entries_withdrawn.iter().filter(|entry| !named.contains(entry));
        out.push(Body::Withdrawn {
            by: by.0,
            entries_withdrawn: others.copied().collect(),
            entries: named.into_iter().collect(),
            entries_reopened: fallen.entries_reopened,
            matches_withdrawn: fallen.matches_withdrawn,
            unlinked: fallen.unlinked,
            decisions_fallen: fallen.decisions_fallen,
            actions_reversed,
            cases_reopened,
        });
        out.extend(fallen.let_go);
        self.look_again(&entries_reopened, by, out);
    }

    /// What falls with entries that are withdrawn, and those entries in order.
    fn withdrawn(&mut self, entries: &[u64]) -> (Fallen, BTreeSet<u64>) {
        let named: BTreeSet<u64> = entries.iter().copied().collect();
        let ids: Vec<EntryId> = named.iter().copied().map(EntryId).collect();
        let mut fallen = sorted(&self.supports.withdraw(&ids));
        // What nobody supported is taken out of force as well.
        let mut all: BTreeSet<u64> = fallen.entries_withdrawn.iter().copied().collect();
        all.extend(&named);
        fallen.entries_withdrawn = all.into_iter().collect();
        (fallen, named)
    }

    /// Takes out of force and out of cases what lost its support, and reverses what decisions
    /// did that fell. Gives the actions that are reversed.
    fn bring_about(&mut self, fallen: &mut Fallen, active: &mut Active) -> Vec<u64> {
        let gone: Vec<EntryId> = fallen.entries_withdrawn.iter().copied().map(EntryId).collect();
        let gone = self.withdraw_entries(&gone, active);
        fallen.matches_withdrawn = gone.lost;
        fallen.let_go.extend(gone.let_go);
        // What lapsed or was withdrawn before is kept by nobody, whoever stood for it.
        fallen.entries_reopened.retain(|entry| active.contains(EntryId(*entry)));
        let fell = fallen.decisions_fallen.iter().map(|id| DecisionId(*id));
        fell.flat_map(|id| self.actions.reverse(id)).collect()
    }

    /// Puts entries before people that keep some support and lost other.
    fn look_again(&mut self, entries: &[u64], by: DecisionId, out: &mut Vec<Body>) {
        let at = self.decisions.get(&by).map(|made| made.at).unwrap_or_default();
        for entry in entries.iter().copied() {
            let evidence = EvidenceSeen {
                kind: "support_lost".into(),
                family: None,
                entry: Some(entry),
                milli_bits: None,
                distance: None,
                position: 0,
            };
            let finding = Finding {
                subject: SubjectSeen::Entry { entry },
                policy: "".into(),
                rule: None,
                rests: RestsOnMissing::No,
                evidence: vec![evidence],
                reasons: Vec::new(),
                at,
                created_at: None,
                content: 0,
                is_deleted: false,
                post: None,
            };
            out.extend(self.cases.observe(finding));
        }
    }

    /// Takes an overturn or a withdrawal as the journal tells it.
    pub(super) fn adopt_fall(&mut self, body: &Body, active: &mut Active) {
        let (of, mut fallen) = match body {
            Body::Overturned { decision, by, entries_withdrawn, .. } => {
                let of = DecisionId(*decision);
                self.overturns.insert(of, DecisionId(*by));
                let own = self.supports.overturn(of).map(|found| sorted(&found));
                let entries_withdrawn = entries_withdrawn.clone();
                (Some(of), Fallen { entries_withdrawn, ..own.unwrap_or_default() })
            }
            Body::Withdrawn { entries, entries_withdrawn, .. } => {
                let (mut own, _) = self.withdrawn(entries);
                own.entries_withdrawn = entries.iter().chain(entries_withdrawn).copied().collect();
                (None, own)
            }
            _ => return,
        };
        let (Body::Overturned { decisions_fallen, actions_reversed, cases_reopened, .. }
        | Body::Withdrawn { decisions_fallen, actions_reversed, cases_reopened, .. }) = body
        else {
            return;
        };
        fallen.decisions_fallen.clone_from(decisions_fallen);
        self.bring_about(&mut fallen, active);
        self.actions.end(actions_reversed);
        for case in self.reopen(of, &mut fallen, active) {
            // Another build closed what was bare: the record is taken as it stands.
            if !cases_reopened.contains(&case) {
                self.cases.close(CaseId(case), CaseState::Withdrawn);
            }
        }
    }

    /// Opens the cases again whose decision fell or lost a ground: people must look, whatever
    /// is left of them.
    fn reopen(&mut self, of: Option<DecisionId>, fallen: &mut Fallen, active: &Active) -> Vec<u64> {
        let fell = fallen.decisions_fallen.iter().map(|id| DecisionId(*id));
        let touched = of.into_iter().chain(fell).chain(fallen.reopened.iter().copied());
        let mut cases = Vec::new();
        for id in touched.collect::<Vec<_>>() {
            let Some(case) = self.decisions.get(&id).and_then(|made| made.case) else { continue };
            if self.supports.decision(id) != Some(DecisionState::Stands)
                && let Some(account) = self.cases.account_of(case)
            {
                self.count_upheld(account);
            }
            let subject = self.cases.get(case).map(|case| case.subject);
            if let Some(SubjectSeen::Entry { entry }) = subject
                && !active.contains(EntryId(entry))
            {
                // Nobody is asked about what is gone.
                self.cases.close(case, CaseState::Withdrawn);
                continue;
            }
            let held = self.cases.get(case).map(let_go::held).unwrap_or_default();
            let_go::all(case, &held, LetGo::CaseReopened, &mut fallen.let_go);
            self.cases.reopen(case);
            cases.push(case.0);
        }
        cases.sort_unstable();
        cases.dedup();
        cases
    }

    /// Counts anew when a decision against an account was upheld last: where one fell, or it was
    /// learned that a post is its.
    pub(super) fn count_upheld(&mut self, account: AccountId) {
        let stands = |id: DecisionId| self.supports.decision(id) == Some(DecisionState::Stands);
        let of_account = |case: CaseId| self.cases.account_of(case) == Some(account);
        let last = self
            .decisions
            .iter()
            .filter(|(id, made)| {
                stands(**id)
                    && made.case.is_some_and(of_account)
                    && made.ruled.is_some_and(|ruled| ruled.action().is_some())
            })
            .map(|(_, made)| made.at)
            .max();
        match last {
            Some(at) => self.upheld.insert(account, at),
            None => self.upheld.remove(&account),
        };
    }
}

fn sorted(consequences: &[Consequence]) -> Fallen {
    let mut fallen = Fallen::default();
    for consequence in consequences {
        match *consequence {
            Consequence::EntryReopened(entry) => fallen.entries_reopened.push(entry.0),
            Consequence::EntryWithdrawn(entry) => fallen.entries_withdrawn.push(entry.0),
            // Found again among the cases themselves.
            Consequence::MatchWithdrawn { .. } => {}
            Consequence::Unlinked { decision, entry } => {
                fallen.unlinked.push((decision.0, entry.0));
            }
            Consequence::DecisionFallen(decision) => fallen.decisions_fallen.push(decision.0),
            Consequence::DecisionReopened(decision) => fallen.reopened.push(decision),
        }
    }
    fallen
}
