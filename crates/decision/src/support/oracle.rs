//! Property tests: whatever is decided, matched, overturned and withdrawn in whatever order, the
//! answer is that of a plain program that counts everything again from nothing.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{CaseId, DecisionId, EntryId, ReviewerId};

use super::{
    Consequence, Decided, DecisionState, EntryKind, EntryState, Ground, SourceId, Supports,
};

/// Everything that was told, and nothing worked out.
#[derive(Clone, Debug, Default)]
struct Oracle {
    decided: Vec<Decided>,
    overturned: BTreeSet<DecisionId>,
    taken: BTreeSet<EntryId>,
    matches: BTreeSet<(CaseId, EntryId)>,
}

/// What stands.
#[derive(Clone, Debug, Default, PartialEq)]
struct Standing {
    decisions: BTreeSet<DecisionId>,
    entries: BTreeSet<EntryId>,
}

impl Oracle {
    /// Starts with nothing standing and adds what is held up, until nothing is added.
    fn standing(&self) -> Standing {
        let mut standing = Standing::default();
        loop {
            let before = standing.clone();
            for decided in &self.decided {
                let held = decided
                    .grounds
                    .iter()
                    .any(|ground| ground.entry().is_none_or(|id| standing.entries.contains(&id)));
                if held && !self.overturned.contains(&decided.decision) {
                    standing.decisions.insert(decided.decision);
                    let held = decided.entries.keys().filter(|id| !self.taken.contains(id));
                    standing.entries.extend(held);
                }
            }
            if standing == before {
                return standing;
            }
        }
    }

    fn overturn(&mut self, overturned: DecisionId) -> Vec<Consequence> {
        let before = self.standing();
        self.overturned.insert(overturned);
        self.follows(&before, Some(overturned))
    }

    fn withdraw(&mut self, entries: &[EntryId]) -> Vec<Consequence> {
        let before = self.standing();
        self.taken.extend(entries.iter().filter(|id| before.entries.contains(id)));
        self.follows(&before, None)
    }

    /// What is other than it was before.
    fn follows(&mut self, before: &Standing, overturned: Option<DecisionId>) -> Vec<Consequence> {
        let after = self.standing();
        let mut consequences = BTreeSet::new();
        for entry in before.entries.difference(&after.entries) {
            consequences.insert(Consequence::EntryWithdrawn(*entry));
        }
        self.matches.retain(|(case, entry)| {
            let stays = after.entries.contains(entry);
            if !stays {
                consequences.insert(Consequence::MatchWithdrawn { case: *case, entry: *entry });
            }
            stays
        });
        for decided in &self.decided {
            let decision = decided.decision;
            if !before.decisions.contains(&decision) {
                continue;
            }
            let stands = after.decisions.contains(&decision);
            if !stands && Some(decision) != overturned {
                consequences.insert(Consequence::DecisionFallen(decision));
            }
            for ground in &decided.grounds {
                let Some(entry) = ground.entry() else { continue };
                let lost = before.entries.contains(&entry) && !after.entries.contains(&entry);
                if lost && Some(decision) != overturned {
                    if let Ground::Link(_) = ground {
                        consequences.insert(Consequence::Unlinked { decision, entry });
                    }
                    if stands {
                        consequences.insert(Consequence::DecisionReopened(decision));
                    }
                }
            }
            if !stands {
                for entry in decided.entries.keys().filter(|id| after.entries.contains(id)) {
                    consequences.insert(Consequence::EntryReopened(*entry));
                }
            }
        }
        consequences.into_iter().collect()
    }

    fn confirmed_by(&self, entry: EntryId) -> BTreeSet<ReviewerId> {
        let standing = self.standing();
        let mut reviewers = BTreeSet::new();
        for decided in &self.decided {
            let supports = decided.entries.contains_key(&entry);
            if supports && standing.decisions.contains(&decided.decision) {
                reviewers.extend(&decided.confirmed_by);
            }
        }
        reviewers
    }
}

#[derive(Clone, Debug)]
enum Step {
    Decide(Decided),
    Match(CaseId, EntryId),
    Close(CaseId),
    Overturn(DecisionId),
    Withdraw(Vec<EntryId>),
}

const ENTRIES: u64 = 9;
const DECISIONS: u64 = 16;

/// Few names, so that they meet; and kinds that do not clash.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let entry = || (0..ENTRIES).prop_map(EntryId);
    let ground = prop_oneof![
        2 => Just(Ground::Seen),
        1 => Just(Ground::Import(SourceId(1))),
        1 => Just(Ground::Register(SourceId(2))),
        4 => entry().prop_map(Ground::Match),
        6 => entry().prop_map(Ground::Link),
    ];
    let entries = prop::collection::btree_map(entry(), Just(EntryKind::RemovedProfile), 0..4);
    let decided = (
        (0..DECISIONS).prop_map(DecisionId),
        prop::collection::btree_set((0..3_u64).prop_map(ReviewerId), 1..3),
        (0..3_u64).prop_map(ReviewerId),
        prop::collection::btree_set(ground, 1..3),
        entries,
    )
        .prop_map(|(decision, signed_by, confirms, grounds, entries)| {
            let confirmed_by = signed_by.iter().copied().filter(|id| *id == confirms).collect();
            Step::Decide(Decided { decision, signed_by, confirmed_by, grounds, entries })
        });
    let case = || (0..3_u64).prop_map(CaseId);
    let step = prop_oneof![
        6 => decided,
        2 => (case(), entry()).prop_map(|(case, entry)| Step::Match(case, entry)),
        1 => case().prop_map(Step::Close),
        2 => (0..DECISIONS).prop_map(|id| Step::Overturn(DecisionId(id))),
        1 => prop::collection::vec(entry(), 1..3).prop_map(Step::Withdraw),
    ];
    prop::collection::vec(step, 1..60)
}

/// Does a step in both; whether it was accepted is the product's word, and the oracle
/// checks what follows.
fn apply(step: Step, supports: &mut Supports, oracle: &mut Oracle) {
    match step {
        Step::Decide(decided) => {
            if supports.decide(decided.clone()).is_ok() {
                let standing = oracle.standing();
                let grounds = decided.grounds.iter().filter_map(|ground| ground.entry());
                for entry in grounds {
                    assert!(standing.entries.contains(&entry), "{entry} does not stand");
                }
                oracle.decided.push(decided);
            }
        }
        Step::Match(case, entry) => {
            let stands = oracle.standing().entries.contains(&entry);
            assert_eq!(supports.match_seen(case, entry).is_ok(), stands);
            if stands {
                oracle.matches.insert((case, entry));
            }
        }
        Step::Close(case) => {
            supports.case_closed(case);
            oracle.matches.retain(|(other, _)| *other != case);
        }
        Step::Withdraw(entries) => {
            assert_eq!(supports.withdraw(&entries), oracle.withdraw(&entries));
        }
        Step::Overturn(decision) => {
            let known = oracle.decided.iter().any(|decided| decided.decision == decision);
            let may = known && !oracle.overturned.contains(&decision);
            let outcome = supports.overturn(decision);
            assert_eq!(outcome.is_ok(), may);
            if let Ok(consequences) = outcome {
                assert_eq!(consequences, oracle.overturn(decision));
            }
        }
    }
}

fn assert_same(supports: &Supports, oracle: &Oracle) {
    let standing = oracle.standing();
    for decided in &oracle.decided {
        let id = decided.decision;
        let expect = if oracle.overturned.contains(&id) {
            DecisionState::Overturned
        } else if standing.decisions.contains(&id) {
            DecisionState::Stands
        } else {
            DecisionState::Fallen
        };
        assert_eq!(supports.decision(id), Some(expect), "{id}");
    }
    for id in (0..ENTRIES).map(EntryId) {
        let stands = supports.entry(id).map(|(_, state)| state) == Some(EntryState::Stands);
        assert_eq!(stands, standing.entries.contains(&id), "{id}");
        assert_eq!(supports.confirmed_by(id), oracle.confirmed_by(id), "{id}");
    }
    let mut matches: BTreeMap<CaseId, Vec<EntryId>> = BTreeMap::new();
    for (case, entry) in &oracle.matches {
        matches.entry(*case).or_default().push(*entry);
    }
    for case in (0..3).map(CaseId) {
        let expect = matches.get(&case).cloned().unwrap_or_default();
        assert_eq!(supports.matches(case).collect::<Vec<_>>(), expect);
    }
}

fn encoded(supports: &Supports) -> Vec<u8> {
    let mut writer = Writer::new();
    supports.encode(&mut writer);
    writer.into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_answer_is_that_of_counting_from_nothing(steps in steps()) {
        let (mut supports, mut oracle) = (Supports::new(), Oracle::default());
        for step in steps {
            apply(step, &mut supports, &mut oracle);
            assert_same(&supports, &oracle);
        }
        let bytes = encoded(&supports);
        let mut reader = Reader::new(&bytes);
        let read = Supports::decode(&mut reader).unwrap();
        prop_assert_eq!(reader.end(), Ok(()));
        prop_assert_eq!(read, supports);
    }

    #[test]
    fn damaged_snapshots_are_refused_or_read_as_something_whole(
        steps in steps(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let (mut supports, mut oracle) = (Supports::new(), Oracle::default());
        steps.into_iter().for_each(|step| apply(step, &mut supports, &mut oracle));
        let mut bytes = encoded(&supports);
        let at = at.index(bytes.len());
        let cut = Supports::decode(&mut Reader::new(&bytes[..at]));
        prop_assert_eq!(cut.err(), Some(CodecError::Short));
        bytes[at] = byte;
        if let Ok(read) = Supports::decode(&mut Reader::new(&bytes)) {
            let again = encoded(&read);
            prop_assert_eq!(&again[..], &bytes[..again.len()]);
        }
    }
}
