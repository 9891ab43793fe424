//! Law 3: every entry of knowledge keeps the set of decisions that support it.
//!
//! A graph of decisions, of the entries they support, of the decisions that rest on those,
//! and of the cases that matched them. [`Supports::overturn`] takes a decision out and
//! says everything that falls with it. What falls never rises again: a fallen decision
//! needs a new one by people, and a withdrawn entry a new entry. Leaves out what a
//! consequence does: reversing is `action`'s, reopening is `review`'s.

mod falling;
#[cfg(test)]
mod oracle;
mod snapshot;

use std::collections::{BTreeMap, BTreeSet};

use seawall_model::{CaseId, DecisionId, EntryId, ReviewerId};

/// Decisions kept. About 600 bytes each with their edges: the sizes of their sets added up,
/// not measured.
pub const DECISIONS_MAX: usize = 1_000_000;
/// Entries kept.
pub const ENTRIES_MAX: usize = 2_000_000;
/// Matches of open cases kept.
pub const MATCHES_MAX: usize = 4_000_000;
/// Grounds, entries or signers that one decision names at most.
pub const NAMED_PER_DECISION_MAX: usize = 10_000;

/// A source outside: a list, a register, a partner. The shell gives it its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u64);

/// What a decision rests on. One ground that stands is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ground {
    /// One of those who signed saw the content itself. Stands by itself.
    Seen,
    /// The protected register, or an import into it. Stands by itself.
    Register(SourceId),
    /// A list that was imported. Stands by itself.
    Import(SourceId),
    /// A match with a bank entry or a term. Falls with it.
    Match(EntryId),
    /// A removed profile whose return it is, or a trace they share. Falls with it.
    Link(EntryId),
}

impl Ground {
    /// The entry it falls with; `None` if it stands by itself.
    #[must_use]
    pub fn entry(self) -> Option<EntryId> {
        match self {
            Self::Match(entry) | Self::Link(entry) => Some(entry),
            Self::Seen | Self::Register(_) | Self::Import(_) => None,
        }
    }
}

/// What kind of knowledge an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EntryKind {
    /// A fingerprint in a hash bank.
    BankEntry = 1,
    /// The sealed profile of a removed account.
    RemovedProfile = 2,
    /// A trace that is watched.
    Trace = 3,
    /// A term.
    Term = 4,
    /// A place in the protected register.
    Protected = 5,
    /// A version of a policy.
    Policy = 6,
    /// A version of the rules.
    Rules = 7,
}

/// How a decision stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecisionState {
    /// It does.
    Stands,
    /// It was overturned.
    Overturned,
    /// No ground of it stands any more: what it did is reversed.
    Fallen,
}

/// How an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryState {
    /// At least one decision that stands supports it, and nobody withdrew it.
    Stands,
    /// No decision that stands supports it, or somebody withdrew the entry itself: it is out of
    /// knowledge, and withdrawn from those it was shared with.
    Withdrawn,
}

/// What follows from overturning a decision. Sorted by kind, then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consequence {
    /// It lost support and has some left: it stays, and people look at it again.
    EntryReopened(EntryId),
    /// It has no support left.
    EntryWithdrawn(EntryId),
    /// A case no longer has this match.
    MatchWithdrawn {
        /// The case.
        case: CaseId,
        /// The entry that is no more.
        entry: EntryId,
    },
    /// A decision is no longer the return of this profile, or tied by this trace.
    Unlinked {
        /// The decision about the return.
        decision: DecisionId,
        /// The entry that is no more.
        entry: EntryId,
    },
    /// A decision has no ground left: what it did is reversed.
    DecisionFallen(DecisionId),
    /// A decision lost one of several grounds: it stays, and people look at it again.
    DecisionReopened(DecisionId),
}

/// Why an operation is refused. Nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SupportError {
    /// A decision has one number, and decides once.
    #[error("decision {0} is already known")]
    Repeated(DecisionId),
    /// No such decision.
    #[error("decision {0} is not known")]
    UnknownDecision(DecisionId),
    /// No such entry.
    #[error("entry {0} is not known")]
    UnknownEntry(EntryId),
    /// The entry was withdrawn: it takes a new one.
    #[error("entry {0} was withdrawn")]
    Withdrawn(EntryId),
    /// A decision rests on something.
    #[error("decision {0} names no ground")]
    Groundless(DecisionId),
    /// What was seen was seen by somebody.
    #[error("decision {0} says that content was seen, and nobody signed it")]
    NobodySaw(DecisionId),
    /// Who confirms signs.
    #[error("decision {0} is confirmed by somebody who did not sign it")]
    Unsigned(DecisionId),
    /// An entry keeps its kind.
    #[error("entry {0} is of another kind")]
    OtherKind(EntryId),
    /// An overturned decision is not overturned again.
    #[error("decision {0} was already overturned")]
    AlreadyOverturned(DecisionId),
    /// A limit is reached: the operation is held, not dropped.
    #[error("there is room for {max} {what} and no more")]
    Full {
        /// What there are too many of.
        what: &'static str,
        /// The limit.
        max: usize,
    },
}

/// A decision as it is told to [`Supports::decide`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Its number.
    pub decision: DecisionId,
    /// Who signed it; empty for an import that no person signed.
    pub signed_by: BTreeSet<ReviewerId>,
    /// Who of them confirms what it supports: they saw the content, and say what it is.
    pub confirmed_by: BTreeSet<ReviewerId>,
    /// What it rests on, at least one.
    pub grounds: BTreeSet<Ground>,
    /// The entries it supports, new ones or ones that stand.
    pub entries: BTreeMap<EntryId, EntryKind>,
}

/// Which decision supports which entry, and what rests on it.
///
/// Deterministic, and bounded by [`DECISIONS_MAX`], [`ENTRIES_MAX`], [`MATCHES_MAX`] and
/// [`NAMED_PER_DECISION_MAX`]. A decision stands if it was not overturned and a ground of
/// it stands; an entry stands if a decision that stands supports it, and none holds itself
/// up in a circle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supports {
    decisions: BTreeMap<DecisionId, Decision>,
    entries: BTreeMap<EntryId, Entry>,
    matches: BTreeMap<CaseId, BTreeSet<EntryId>>,
    matches_count: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Decision {
    signed_by: BTreeSet<ReviewerId>,
    confirmed_by: BTreeSet<ReviewerId>,
    grounds: BTreeSet<Ground>,
    entries: BTreeSet<EntryId>,
    state: DecisionState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    kind: EntryKind,
    state: EntryState,
    taken: Taken,
    supporters: BTreeSet<DecisionId>,
    /// Decisions with a ground that falls with it.
    dependents: BTreeSet<DecisionId>,
    cases: BTreeSet<CaseId>,
}

/// Whether somebody withdrew an entry itself: then no support holds it up any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    No,
    Yes,
}

impl Entry {
    fn new(kind: EntryKind) -> Self {
        Self {
            kind,
            state: EntryState::Stands,
            taken: Taken::No,
            supporters: BTreeSet::new(),
            dependents: BTreeSet::new(),
            cases: BTreeSet::new(),
        }
    }
}

impl Supports {
    /// Nothing decided yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes up a decision, what it rests on and the entries it supports.
    ///
    /// # Errors
    /// [`SupportError`] if it is known already, names no ground, was signed by nobody though
    /// something was seen, is confirmed by somebody who did not sign, rests on an entry that is unknown or withdrawn, supports one that
    /// is withdrawn or of another kind, or if a limit is reached. Nothing changes then.
    ///
    /// Cost: logarithmic for each ground and entry it names.
    pub fn decide(&mut self, decided: Decided) -> Result<(), SupportError> {
        self.may_decide(&decided)?;
        let Decided { decision, signed_by, confirmed_by, grounds, entries } = decided;
        for (id, kind) in &entries {
            let entry = self.entries.entry(*id).or_insert_with(|| Entry::new(*kind));
            entry.supporters.insert(decision);
        }
        for id in grounds.iter().filter_map(|ground| ground.entry()) {
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.dependents.insert(decision);
            }
        }
        let entries = entries.into_keys().collect();
        let state = DecisionState::Stands;
        let decided = Decision { signed_by, confirmed_by, grounds, entries, state };
        self.decisions.insert(decision, decided);
        Ok(())
    }

    /// Adds entries that a decision brought in after it was made.
    ///
    /// # Errors
    /// [`SupportError`] if the decision is unknown or does not stand, if an entry was
    /// withdrawn, or if there is no room; nothing is changed then.
    pub fn follow(
        &mut self,
        decision: DecisionId,
        entries: &BTreeMap<EntryId, EntryKind>,
    ) -> Result<(), SupportError> {
        let found = self.decisions.get(&decision);
        let found = found.ok_or(SupportError::UnknownDecision(decision))?;
        if found.state != DecisionState::Stands {
            return Err(SupportError::AlreadyOverturned(decision));
        }
        room(
            "things named by a decision",
            found.entries.len() + entries.len(),
            NAMED_PER_DECISION_MAX,
        )?;
        self.check_entries(entries)?;
        for (id, kind) in entries {
            let entry = self.entries.entry(*id).or_insert_with(|| Entry::new(*kind));
            entry.supporters.insert(decision);
        }
        if let Some(found) = self.decisions.get_mut(&decision) {
            found.entries.extend(entries.keys());
        }
        Ok(())
    }

    /// Whether [`Supports::decide`] would take a decision up.
    ///
    /// # Errors
    /// [`SupportError`] as [`Supports::decide`].
    pub fn may_decide(&self, decided: &Decided) -> Result<(), SupportError> {
        let Decided { decision, signed_by, confirmed_by, grounds, entries } = decided;
        if self.decisions.contains_key(decision) {
            return Err(SupportError::Repeated(*decision));
        }
        if grounds.is_empty() {
            return Err(SupportError::Groundless(*decision));
        }
        if grounds.contains(&Ground::Seen) && signed_by.is_empty() {
            return Err(SupportError::NobodySaw(*decision));
        }
        if !confirmed_by.is_subset(signed_by) {
            return Err(SupportError::Unsigned(*decision));
        }
        let named = grounds.len().max(entries.len()).max(signed_by.len());
        room("things named by a decision", named, NAMED_PER_DECISION_MAX)?;
        room("decisions", self.decisions.len() + 1, DECISIONS_MAX)?;
        for id in grounds.iter().filter_map(|ground| ground.entry()) {
            self.standing(id)?;
        }
        self.check_entries(entries)
    }

    fn check_entries(&self, entries: &BTreeMap<EntryId, EntryKind>) -> Result<(), SupportError> {
        let mut fresh = 0;
        for (id, kind) in entries {
            match self.entries.get(id) {
                None => fresh += 1,
                Some(entry) if entry.state == EntryState::Withdrawn => {
                    return Err(SupportError::Withdrawn(*id));
                }
                Some(entry) if entry.kind != *kind => return Err(SupportError::OtherKind(*id)),
                Some(_) => {}
            }
        }
        room("entries", self.entries.len() + fresh, ENTRIES_MAX)
    }

    /// Notes that a case matched an entry. Noting it again changes nothing.
    ///
    /// # Errors
    /// [`SupportError`] if the entry is unknown or withdrawn, or if there is no room.
    pub fn match_seen(&mut self, case: CaseId, entry: EntryId) -> Result<(), SupportError> {
        self.standing(entry)?;
        if self.matches.get(&case).is_some_and(|matches| matches.contains(&entry)) {
            return Ok(());
        }
        room("matches of cases", self.matches_count + 1, MATCHES_MAX)?;
        self.matches.entry(case).or_default().insert(entry);
        self.matches_count += 1;
        if let Some(found) = self.entries.get_mut(&entry) {
            found.cases.insert(case);
        }
        Ok(())
    }

    /// Forgets the matches of a case that was closed: what was decided on it has grounds of
    /// its own. A case without matches changes nothing.
    pub fn case_closed(&mut self, case: CaseId) {
        for entry in self.matches.remove(&case).unwrap_or_default() {
            self.matches_count -= 1;
            if let Some(found) = self.entries.get_mut(&entry) {
                found.cases.remove(&case);
            }
        }
    }

    /// Takes a decision out, and says everything that follows, sorted.
    ///
    /// A decision that fell before can still be overturned; nothing follows then.
    ///
    /// # Errors
    /// [`SupportError`] if it is unknown or was overturned already.
    ///
    /// Cost: proportional to what rests on it, directly or not, times a logarithm.
    pub fn overturn(&mut self, decision: DecisionId) -> Result<Vec<Consequence>, SupportError> {
        let found = self.decisions.get_mut(&decision);
        let found = found.ok_or(SupportError::UnknownDecision(decision))?;
        let before = std::mem::replace(&mut found.state, DecisionState::Overturned);
        match before {
            DecisionState::Overturned => Err(SupportError::AlreadyOverturned(decision)),
            DecisionState::Fallen => Ok(Vec::new()),
            DecisionState::Stands => Ok(self.fall(decision)),
        }
    }

    /// Takes entries out themselves, whatever supports them, and says everything that follows,
    /// sorted: as if each had lost its last support. One that does not stand changes nothing.
    ///
    /// Cost: proportional to what rests on them, directly or not, times a logarithm.
    pub fn withdraw(&mut self, entries: &[EntryId]) -> Vec<Consequence> {
        let stands = |id: &EntryId| self.standing(*id).is_ok();
        let entries: BTreeSet<EntryId> = entries.iter().copied().filter(stands).collect();
        for id in &entries {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.taken = Taken::Yes;
            }
        }
        self.fall_with(&entries)
    }

    /// How a decision stands; `None` if it is unknown.
    #[must_use]
    pub fn decision(&self, decision: DecisionId) -> Option<DecisionState> {
        self.decisions.get(&decision).map(|decision| decision.state)
    }

    /// The entries that a decision supports, in order.
    pub fn entries_of(&self, decision: DecisionId) -> impl Iterator<Item = EntryId> {
        self.decisions.get(&decision).into_iter().flat_map(|found| found.entries.iter().copied())
    }

    /// Who signed a decision, and so cannot read an appeal against it; nobody if it is
    /// unknown.
    pub fn signed_by(&self, decision: DecisionId) -> impl Iterator<Item = ReviewerId> {
        let found = self.decisions.get(&decision).map(|decision| &decision.signed_by);
        found.into_iter().flatten().copied()
    }

    /// What a decision rests on, fallen or not; nothing if it is unknown.
    pub fn grounds(&self, decision: DecisionId) -> impl Iterator<Item = Ground> {
        let found = self.decisions.get(&decision).map(|decision| &decision.grounds);
        found.into_iter().flatten().copied()
    }

    /// What an entry is and how it stands; `None` if it is unknown.
    #[must_use]
    pub fn entry(&self, entry: EntryId) -> Option<(EntryKind, EntryState)> {
        self.entries.get(&entry).map(|entry| (entry.kind, entry.state))
    }

    /// The decisions that stand and support an entry, in order.
    pub fn supporters(&self, entry: EntryId) -> impl Iterator<Item = DecisionId> {
        let supporters = self.entries.get(&entry).map(|entry| &entry.supporters);
        supporters.into_iter().flatten().copied().filter(|id| self.stands(*id))
    }

    /// The entries a case matched, in order.
    pub fn matches(&self, case: CaseId) -> impl Iterator<Item = EntryId> {
        self.matches.get(&case).into_iter().flatten().copied()
    }

    /// Who confirmed an entry: whom a decision that stands and supports it names as having seen
    /// the content. Who only signed, a match or an import confirms nothing.
    #[must_use]
    pub fn confirmed_by(&self, entry: EntryId) -> BTreeSet<ReviewerId> {
        self.supporters(entry)
            .filter_map(|id| self.decisions.get(&id))
            .flat_map(|decision| decision.confirmed_by.iter().copied())
            .collect()
    }

    fn stands(&self, decision: DecisionId) -> bool {
        self.decision(decision) == Some(DecisionState::Stands)
    }

    /// Whether an entry is known and stands.
    fn standing(&self, entry: EntryId) -> Result<(), SupportError> {
        match self.entry(entry) {
            None => Err(SupportError::UnknownEntry(entry)),
            Some((_, EntryState::Withdrawn)) => Err(SupportError::Withdrawn(entry)),
            Some((_, EntryState::Stands)) => Ok(()),
        }
    }
}

fn room(what: &'static str, wanted: usize, max: usize) -> Result<(), SupportError> {
    if wanted > max { Err(SupportError::Full { what, max }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANK: EntryKind = EntryKind::BankEntry;
    const PROFILE: EntryKind = EntryKind::RemovedProfile;

    pub(super) fn decided(
        decision: u64,
        grounds: &[Ground],
        entries: &[(u64, EntryKind)],
    ) -> Decided {
        Decided {
            decision: DecisionId(decision),
            signed_by: BTreeSet::from([ReviewerId(decision)]),
            confirmed_by: BTreeSet::from([ReviewerId(decision)]),
            grounds: grounds.iter().copied().collect(),
            entries: entries.iter().map(|(id, kind)| (EntryId(*id), *kind)).collect(),
        }
    }

    fn fell(supports: &mut Supports, decision: u64) -> Vec<Consequence> {
        supports.overturn(DecisionId(decision)).unwrap()
    }

    #[test]
    fn of_two_decisions_supporting_one_bank_entry_overturning_one_reopens_it_both_removes_it() {
        let mut supports = Supports::new();
        supports.decide(decided(1, &[Ground::Seen], &[(10, BANK)])).unwrap();
        supports.decide(decided(2, &[Ground::Seen], &[(10, BANK)])).unwrap();
        let (entry, other) = (EntryId(10), EntryId(11));
        supports.decide(decided(3, &[Ground::Seen], &[(11, BANK)])).unwrap();
        for case in [7, 5] {
            supports.match_seen(CaseId(case), entry).unwrap();
            supports.match_seen(CaseId(case), entry).unwrap();
            supports.match_seen(CaseId(case), other).unwrap();
        }
        let both = BTreeSet::from([ReviewerId(1), ReviewerId(2)]);
        assert_eq!(supports.confirmed_by(entry), both);

        assert_eq!(fell(&mut supports, 1), [Consequence::EntryReopened(entry)]);
        assert_eq!(supports.confirmed_by(entry), BTreeSet::from([ReviewerId(2)]));
        assert_eq!(
            fell(&mut supports, 2),
            [
                Consequence::EntryWithdrawn(entry),
                Consequence::MatchWithdrawn { case: CaseId(5), entry },
                Consequence::MatchWithdrawn { case: CaseId(7), entry },
            ]
        );
        assert_eq!(supports.matches(CaseId(5)).collect::<Vec<_>>(), [other]);
        assert_eq!(supports.entry(entry), Some((BANK, EntryState::Withdrawn)));
        assert_eq!(supports.confirmed_by(entry), BTreeSet::new());
    }

    /// A root that was seen and four returns, each resting on the profile before it.
    fn chain(own_ground_of: Option<u64>) -> Supports {
        let mut supports = Supports::new();
        supports.decide(decided(1, &[Ground::Seen], &[(101, PROFILE)])).unwrap();
        for link in 2..=5 {
            let mut grounds = vec![Ground::Link(EntryId(99 + link))];
            grounds.extend((own_ground_of == Some(link)).then_some(Ground::Seen));
            supports.decide(decided(link, &grounds, &[(100 + link, PROFILE)])).unwrap();
        }
        supports
    }

    #[test]
    fn a_chain_of_five_returns_with_its_root_overturned_unlinks_exactly_what_rested_on_it() {
        let mut supports = chain(None);
        // Another network stays as it is.
        supports.decide(decided(6, &[Ground::Seen], &[(200, PROFILE)])).unwrap();
        supports.decide(decided(7, &[Ground::Link(EntryId(200))], &[])).unwrap();
        let mut expect: Vec<Consequence> = Vec::new();
        expect.extend((101..=105).map(|id| Consequence::EntryWithdrawn(EntryId(id))));
        expect.extend((2..=5).map(|link| Consequence::Unlinked {
            decision: DecisionId(link),
            entry: EntryId(99 + link),
        }));
        expect.extend((2..=5).map(|link| Consequence::DecisionFallen(DecisionId(link))));
        assert_eq!(fell(&mut supports, 1), expect);
        assert_eq!(supports.decision(DecisionId(7)), Some(DecisionState::Stands));
    }

    #[test]
    fn a_link_of_the_chain_with_an_own_ground_stands_and_what_rests_on_it_stays() {
        let mut supports = chain(Some(3));
        assert_eq!(
            fell(&mut supports, 1),
            [
                Consequence::EntryWithdrawn(EntryId(101)),
                Consequence::EntryWithdrawn(EntryId(102)),
                Consequence::Unlinked { decision: DecisionId(2), entry: EntryId(101) },
                Consequence::Unlinked { decision: DecisionId(3), entry: EntryId(102) },
                Consequence::DecisionFallen(DecisionId(2)),
                Consequence::DecisionReopened(DecisionId(3)),
            ]
        );
        for id in 3..=5 {
            assert_eq!(supports.decision(DecisionId(id)), Some(DecisionState::Stands), "{id}");
        }
        assert_eq!(fell(&mut supports, 3).len(), 3 + 2 + 2);
    }

    #[test]
    fn a_withdrawal_takes_out_what_others_stand_for_and_all_that_rested_on_it() {
        let mut supports = chain(Some(3));
        supports.decide(decided(6, &[Ground::Seen], &[(101, PROFILE), (200, BANK)])).unwrap();
        assert_eq!(
            supports.withdraw(&[EntryId(101), EntryId(101), EntryId(999)]),
            [
                Consequence::EntryWithdrawn(EntryId(101)),
                Consequence::EntryWithdrawn(EntryId(102)),
                Consequence::Unlinked { decision: DecisionId(2), entry: EntryId(101) },
                Consequence::Unlinked { decision: DecisionId(3), entry: EntryId(102) },
                Consequence::DecisionFallen(DecisionId(2)),
                Consequence::DecisionReopened(DecisionId(3)),
            ]
        );
        // Who stood for it decided rightly then: nothing else of theirs falls.
        assert_eq!(supports.decision(DecisionId(6)), Some(DecisionState::Stands));
        assert_eq!(supports.withdraw(&[EntryId(101)]), [], "it is gone already");
        assert_eq!(fell(&mut supports, 1), [], "nobody is asked about what was withdrawn");
        let again = supports.decide(decided(9, &[Ground::Seen], &[(101, PROFILE)]));
        assert_eq!(again, Err(SupportError::Withdrawn(EntryId(101))));
    }

    #[test]
    fn who_only_signed_confirms_nothing() {
        let mut supports = Supports::new();
        let mut both = decided(1, &[Ground::Seen], &[(10, BANK)]);
        both.signed_by.insert(ReviewerId(2));
        supports.decide(both).unwrap();
        assert_eq!(supports.confirmed_by(EntryId(10)), BTreeSet::from([ReviewerId(1)]));
    }

    #[test]
    fn a_circle_never_holds_itself_up() {
        let mut supports = Supports::new();
        supports.decide(decided(1, &[Ground::Seen], &[(10, BANK)])).unwrap();
        supports.decide(decided(2, &[Ground::Match(EntryId(10))], &[(11, BANK)])).unwrap();
        let back = decided(3, &[Ground::Match(EntryId(11))], &[(10, BANK)]);
        supports.decide(back).unwrap();
        assert_eq!(
            fell(&mut supports, 1),
            [
                Consequence::EntryWithdrawn(EntryId(10)),
                Consequence::EntryWithdrawn(EntryId(11)),
                Consequence::DecisionFallen(DecisionId(2)),
                Consequence::DecisionFallen(DecisionId(3)),
            ]
        );
    }

    #[test]
    fn an_import_falls_with_its_own_decision() {
        let mut supports = Supports::new();
        let mut import = decided(1, &[Ground::Import(SourceId(4))], &[(10, BANK), (11, BANK)]);
        import.signed_by.clear();
        import.confirmed_by.clear();
        supports.decide(import).unwrap();
        supports.decide(decided(2, &[Ground::Seen], &[(11, BANK)])).unwrap();
        assert_eq!(supports.confirmed_by(EntryId(10)), BTreeSet::new(), "an import sees nothing");
        assert_eq!(
            fell(&mut supports, 1),
            [Consequence::EntryReopened(EntryId(11)), Consequence::EntryWithdrawn(EntryId(10))]
        );
    }

    #[test]
    fn what_cannot_be_is_refused_and_changes_nothing() {
        let mut supports = chain(None);
        supports.overturn(DecisionId(4)).unwrap();
        let before = supports.clone();
        let seen = &[Ground::Seen][..];
        let mut unsigned = decided(9, seen, &[]);
        unsigned.signed_by.clear();
        let mut stranger = decided(9, seen, &[]);
        stranger.confirmed_by = BTreeSet::from([ReviewerId(8)]);
        let many: Vec<(u64, EntryKind)> = (1_000..11_001).map(|id| (id, BANK)).collect();
        let (what, max) = ("things named by a decision", NAMED_PER_DECISION_MAX);
        for (decided, expect) in [
            (decided(1, seen, &[]), SupportError::Repeated(DecisionId(1))),
            (decided(9, &[], &[]), SupportError::Groundless(DecisionId(9))),
            (unsigned, SupportError::NobodySaw(DecisionId(9))),
            (stranger, SupportError::Unsigned(DecisionId(9))),
            (decided(9, &[Ground::Match(EntryId(9))], &[]), SupportError::UnknownEntry(EntryId(9))),
            (
                decided(9, &[Ground::Seen, Ground::Link(EntryId(104))], &[(8, BANK)]),
                SupportError::Withdrawn(EntryId(104)),
            ),
            (decided(9, seen, &[(104, PROFILE)]), SupportError::Withdrawn(EntryId(104))),
            (decided(9, seen, &[(8, BANK), (101, BANK)]), SupportError::OtherKind(EntryId(101))),
            (decided(9, seen, &many), SupportError::Full { what, max }),
        ] {
            assert_eq!(supports.decide(decided), Err(expect));
        }
        let again = supports.overturn(DecisionId(4));
        assert_eq!(again, Err(SupportError::AlreadyOverturned(DecisionId(4))));
        let unknown = supports.overturn(DecisionId(44));
        assert_eq!(unknown, Err(SupportError::UnknownDecision(DecisionId(44))));
        let withdrawn = supports.match_seen(CaseId(1), EntryId(104));
        assert_eq!(withdrawn, Err(SupportError::Withdrawn(EntryId(104))));
        assert_eq!(supports, before);
        assert_eq!(supports.overturn(DecisionId(5)), Ok(vec![]), "it had fallen before");
    }

    #[test]
    fn a_chain_of_any_length_falls() {
        const LENGTH: u64 = 50_000;
        let mut supports = Supports::new();
        supports.decide(decided(0, &[Ground::Seen], &[(0, PROFILE)])).unwrap();
        for link in 1..LENGTH {
            let ground = Ground::Link(EntryId(link - 1));
            supports.decide(decided(link, &[ground], &[(link, PROFILE)])).unwrap();
        }
        assert_eq!(fell(&mut supports, 0).len() as u64, 3 * LENGTH - 2);
    }

    #[test]
    fn who_signed_and_on_what_ground_is_told() {
        let supports = chain(Some(3));
        let id = DecisionId(3);
        assert_eq!(supports.signed_by(id).collect::<Vec<_>>(), [ReviewerId(3)]);
        let grounds = [Ground::Seen, Ground::Link(EntryId(102))];
        assert_eq!(supports.grounds(id).collect::<Vec<_>>(), grounds);
        assert_eq!(supports.signed_by(DecisionId(99)).count(), 0);
    }

    #[test]
    fn a_closed_case_is_told_nothing_more() {
        let mut supports = Supports::new();
        supports.decide(decided(1, &[Ground::Seen], &[(10, BANK)])).unwrap();
        supports.match_seen(CaseId(1), EntryId(10)).unwrap();
        supports.case_closed(CaseId(1));
        supports.case_closed(CaseId(1));
        assert_eq!(fell(&mut supports, 1), [Consequence::EntryWithdrawn(EntryId(10))]);
    }
}
