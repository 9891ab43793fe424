//! What falls when a decision is overturned or an entry withdrawn, found without looking at the rest.
//!
//! First everything that might rest on it is suspected; then whatever is held up from
//! outside the suspects, directly or through others, is cleared; the rest falls. A circle
//! is never cleared by itself. Leaves out the first reading of a whole graph, for which
//! [`Supports::settle`] does the same with everything suspected.

use std::collections::BTreeSet;

use seawall_model::{DecisionId, EntryId};

use super::{Consequence, DecisionState, EntryState, Ground, Supports, Taken};

/// Decisions and entries, either suspected or cleared.
#[derive(Default)]
struct Nodes {
    decisions: BTreeSet<DecisionId>,
    entries: BTreeSet<EntryId>,
}

impl Supports {
    /// Lets fall what rested on a decision that stands no more.
    pub(super) fn fall(&mut self, overturned: DecisionId) -> Vec<Consequence> {
        let entries = self.entries_of(overturned).collect();
        let mut consequences = self.let_fall(entries);
        self.reopen_entries(overturned, &mut consequences);
        consequences.into_iter().collect()
    }

    /// Lets fall what rested on entries that were withdrawn.
    pub(super) fn fall_with(&mut self, entries: &BTreeSet<EntryId>) -> Vec<Consequence> {
        self.let_fall(entries.iter().copied().collect()).into_iter().collect()
    }

    /// Lets fall what nothing holds up any more, of entries and of what may rest on them.
    fn let_fall(&mut self, entries: Vec<EntryId>) -> BTreeSet<Consequence> {
        let suspects = self.suspects(entries);
        let cleared = self.cleared(&suspects);
        let mut consequences = BTreeSet::new();
        for id in suspects.entries.difference(&cleared.entries) {
            self.take_out(*id, &mut consequences);
        }
        let fallen = suspects.decisions.difference(&cleared.decisions).copied();
        for id in fallen.clone() {
            consequences.insert(Consequence::DecisionFallen(id));
            if let Some(decision) = self.decisions.get_mut(&id) {
                decision.state = DecisionState::Fallen;
            }
        }
        for id in fallen {
            self.reopen_entries(id, &mut consequences);
        }
        consequences
    }

    /// Entries, and everything that may rest on them.
    fn suspects(&self, mut open: Vec<EntryId>) -> Nodes {
        let mut suspects = Nodes::default();
        while let Some(id) = open.pop() {
            let Some(entry) = self.entries.get(&id) else { continue };
            if entry.state == EntryState::Withdrawn || !suspects.entries.insert(id) {
                continue;
            }
            for dependent in entry.dependents.iter().filter(|id| self.stands(**id)) {
                if !self.stands_alone(*dependent) && suspects.decisions.insert(*dependent) {
                    open.extend(self.entries_of(*dependent));
                }
            }
        }
        suspects
    }

    /// Those of the suspects that something else holds up: the least fixpoint.
    fn cleared(&self, suspects: &Nodes) -> Nodes {
        let mut cleared = Nodes::default();
        let mut open: Vec<DecisionId> = Vec::new();
        let mut raised: Vec<EntryId> = Vec::new();
        let outside = |id: &EntryId| {
            !suspects.entries.contains(id)
                && self.entries.get(id).is_some_and(|entry| entry.state == EntryState::Stands)
        };
        for id in &suspects.decisions {
            let Some(decision) = self.decisions.get(id) else { continue };
            if decision.grounds.iter().any(|ground| ground.entry().is_none_or(|id| outside(&id))) {
                open.push(*id);
            }
        }
        let is_taken =
            |id: &EntryId| self.entries.get(id).is_some_and(|entry| entry.taken == Taken::Yes);
        for id in suspects.entries.iter().filter(|id| !is_taken(id)) {
            let mut supporters = self.supporters(*id);
            if supporters.any(|supporter| !suspects.decisions.contains(&supporter)) {
                raised.push(*id);
            }
        }
        // Each decision and each entry is cleared once, so both lists come to an end.
        while !(open.is_empty() && raised.is_empty()) {
            if let Some(id) = raised.pop()
                && cleared.entries.insert(id)
                && let Some(entry) = self.entries.get(&id)
            {
                let held = entry.dependents.iter().filter(|id| suspects.decisions.contains(id));
                open.extend(held);
            }
            if let Some(id) = open.pop()
                && cleared.decisions.insert(id)
                && let Some(decision) = self.decisions.get(&id)
            {
                let held = decision.entries.iter().filter(|id| suspects.entries.contains(id));
                raised.extend(held.filter(|id| !is_taken(id)));
            }
        }
        cleared
    }

    /// Whether a ground of a decision stands by itself.
    fn stands_alone(&self, decision: DecisionId) -> bool {
        let decision = self.decisions.get(&decision);
        decision.is_some_and(|it| it.grounds.iter().any(|ground| ground.entry().is_none()))
    }

    /// Takes an entry out, with the matches and links that rested on it.
    fn take_out(&mut self, id: EntryId, consequences: &mut BTreeSet<Consequence>) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        entry.state = EntryState::Withdrawn;
        consequences.insert(Consequence::EntryWithdrawn(id));
        for case in std::mem::take(&mut entry.cases) {
            consequences.insert(Consequence::MatchWithdrawn { case, entry: id });
            self.matches_count -= 1;
            if let Some(matches) = self.matches.get_mut(&case) {
                matches.remove(&id);
                if matches.is_empty() {
                    self.matches.remove(&case);
                }
            }
        }
        // Those that fall are marked as fallen afterwards, and here still stand; the overturned
        // one is marked already.
        for decision in &entry.dependents {
            let Some(dependent) = self.decisions.get(decision) else { continue };
            if dependent.state != DecisionState::Stands {
                continue;
            }
            if dependent.grounds.contains(&Ground::Link(id)) {
                consequences.insert(Consequence::Unlinked { decision: *decision, entry: id });
            }
            consequences.insert(Consequence::DecisionReopened(*decision));
        }
    }

    /// Reopens the entries that lost this decision's support and stand.
    fn reopen_entries(&self, id: DecisionId, consequences: &mut BTreeSet<Consequence>) {
        // What fell is not reopened as well.
        consequences.remove(&Consequence::DecisionReopened(id));
        let Some(decision) = self.decisions.get(&id) else { return };
        for id in &decision.entries {
            if self.entry(*id).is_some_and(|(_, state)| state == EntryState::Stands) {
                consequences.insert(Consequence::EntryReopened(*id));
            }
        }
    }

    /// Finds out what stands in a graph of which only the overturned decisions are known.
    pub(super) fn settle(&mut self) {
        let mut all = Nodes::default();
        for (id, decision) in &mut self.decisions {
            if decision.state != DecisionState::Overturned {
                decision.state = DecisionState::Stands;
                all.decisions.insert(*id);
            }
        }
        all.entries.extend(self.entries.keys());
        let cleared = self.cleared(&all);
        for id in all.decisions.difference(&cleared.decisions) {
            if let Some(decision) = self.decisions.get_mut(id) {
                decision.state = DecisionState::Fallen;
            }
        }
        for (id, entry) in &mut self.entries {
            let stands = cleared.entries.contains(id);
            entry.state = if stands { EntryState::Stands } else { EntryState::Withdrawn };
        }
    }
}
