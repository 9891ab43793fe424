//! An overturn: what rested on a decision falls, and nothing else.

use seawall_decision::support::{Consequence, DecisionState};
use seawall_model::journal::{Body, EvidenceSeen, SubjectSeen};
use seawall_model::{CaseId, DecisionId, EntryId};
use seawall_review::{Finding, RestsOnMissing};

use super::Judge;
use crate::active::Active;

/// What an overturn brings about, in the words of the journal.
#[derive(Debug, Default)]
struct Fallen {
    entries_withdrawn: Vec<u64>,
    entries_reopened: Vec<u64>,
    matches_withdrawn: Vec<(u64, u64)>,
    unlinked: Vec<(u64, u64)>,
    decisions_fallen: Vec<u64>,
    reopened: Vec<DecisionId>,
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
        let fallen = sorted(&consequences);
        self.let_go(&fallen.entries_withdrawn, active);
        for (case, entry) in &fallen.matches_withdrawn {
            self.cases.withdraw(CaseId(*case), *entry);
        }
        let mut actions_reversed = self.actions.reverse(decision);
        for fallen in &fallen.decisions_fallen {
            actions_reversed.extend(self.actions.reverse(DecisionId(*fallen)));
        }
        let cases_reopened = self.reopen(decision, &fallen);
        let at = self.decisions.get(&by).map(|made| made.at).unwrap_or_default();
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
        // What keeps some support stays, and is put before people.
        for entry in entries_reopened {
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
                at,
                created_at: None,
                post: None,
            };
            out.extend(self.cases.observe(finding));
        }
    }

    /// Takes entries out of force, and what was asked about them from before people.
    fn let_go(&mut self, entries: &[u64], active: &mut Active) {
        for entry in entries.iter().copied() {
            active.take(EntryId(entry));
            if let Some((case, _)) = self.cases.about(SubjectSeen::Entry { entry }) {
                self.cases.withdraw(case, entry);
            }
        }
    }

    /// Takes an overturn as the journal tells it.
    pub(super) fn adopt_overturn(&mut self, body: &Body, active: &mut Active) {
        let Body::Overturned {
            decision,
            by,
            entries_withdrawn,
            matches_withdrawn,
            decisions_fallen,
            actions_reversed,
            ..
        } = body
        else {
            return;
        };
        let decision = DecisionId(*decision);
        self.overturns.insert(decision, DecisionId(*by));
        let own = self.supports.overturn(decision).map(|found| sorted(&found)).unwrap_or_default();
        let fallen = Fallen {
            entries_withdrawn: entries_withdrawn.clone(),
            decisions_fallen: decisions_fallen.clone(),
            ..own
        };
        self.let_go(entries_withdrawn, active);
        for (case, entry) in matches_withdrawn {
            self.cases.withdraw(CaseId(*case), *entry);
        }
        self.actions.end(actions_reversed);
        self.reopen(decision, &fallen);
    }

    /// Opens the cases again whose decision fell or lost a ground.
    fn reopen(&mut self, decision: DecisionId, fallen: &Fallen) -> Vec<u64> {
        let fell = fallen.decisions_fallen.iter().map(|id| DecisionId(*id));
        let touched = [decision].into_iter().chain(fell).chain(fallen.reopened.iter().copied());
        let mut cases = Vec::new();
        for id in touched.collect::<Vec<_>>() {
            let Some(case) = self.decisions.get(&id).and_then(|made| made.case) else { continue };
            // Evidence that rests on what is gone is gone.
            for entry in &fallen.entries_withdrawn {
                self.cases.withdraw(case, *entry);
            }
            let stands = self.supports.decision(id) == Some(DecisionState::Stands);
            if !stands {
                self.forget_upheld(case);
            }
            self.cases.reopen(case);
            // What stands on something else is put before people, whatever is left of it.
            let is_bare = self.cases.get(case).is_some_and(|case| case.evidence.is_empty());
            if is_bare && !stands {
                self.cases.close(case, seawall_review::CaseState::Withdrawn);
            } else {
                cases.push(case.0);
            }
        }
        cases.sort_unstable();
        cases.dedup();
        cases
    }

    /// An account whose only upheld decision fell has nothing upheld against it.
    fn forget_upheld(&mut self, case: CaseId) {
        let Some(account) = self.cases.get(case).and_then(|case| case.subject.account()) else {
            return;
        };
        let stands = |id: DecisionId| self.supports.decision(id) == Some(DecisionState::Stands);
        let of_account = |case: CaseId| {
            self.cases.get(case).and_then(|case| case.subject.account()) == Some(account)
        };
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
            Consequence::MatchWithdrawn { case, entry } => {
                fallen.matches_withdrawn.push((case.0, entry.0));
            }
            Consequence::Unlinked { decision, entry } => {
                fallen.unlinked.push((decision.0, entry.0));
            }
            Consequence::DecisionFallen(decision) => fallen.decisions_fallen.push(decision.0),
            Consequence::DecisionReopened(decision) => fallen.reopened.push(decision),
        }
    }
    fallen
}
