//! What a decision rests on, who confirms what it brings in, and whether it brings anything in.

use std::collections::BTreeSet;

use seawall_decision::support::{Ground, SourceId, SupportError};
use seawall_model::journal::GroundSeen;
use seawall_model::knowledge::PolicyScope;
use seawall_model::{ActionKind, EntryId, ReviewerId};
use seawall_review::{Case, Heard, Saw};

use super::law::{counted, nearest_all};
use crate::active::Active;

/// What a decision on a case rests on.
pub(super) fn grounds(case: &Case, agreed: &[&Heard], active: &Active) -> Vec<GroundSeen> {
    let matches = || resting(case, "bank_match", active).map(|entry| GroundSeen::Match { entry });
    // A return was found by its links, whoever looked at more.
    let nearest = nearest_all(case, active);
    let links = || {
        let resting = resting(case, "comeback", active).filter(|entry| nearest.contains(entry));
        resting.map(|entry| GroundSeen::Link { entry })
    };
    let mut grounds = BTreeSet::new();
    for heard in agreed {
        match heard.saw {
            Saw::Content => {
                grounds.insert(GroundSeen::Seen);
                grounds.extend(links());
            }
            Saw::File => grounds.extend(matches()),
            Saw::Links => grounds.extend(links()),
        }
    }
    let acts = agreed.iter().any(|heard| heard.ruled.action().is_some());
    if grounds.is_empty() && acts {
        // Law 1 was content with what there is, whatever was looked at: it falls with that.
        grounds.extend(matches().chain(links()));
    }
    if grounds.is_empty() {
        grounds.insert(GroundSeen::Seen);
    }
    grounds.into_iter().collect()
}

fn resting<'a>(
    case: &'a Case,
    kind: &'a str,
    active: &'a Active,
) -> impl Iterator<Item = u64> + 'a {
    counted(case, active).filter(move |piece| piece.kind == kind).filter_map(|piece| piece.entry)
}

/// Who confirms entries by a decision about them: all who stand for them by their own sight.
pub(super) fn confirmers_of_knowledge(
    signed_by: &BTreeSet<ReviewerId>,
    grounds: &[GroundSeen],
) -> BTreeSet<ReviewerId> {
    match grounds.contains(&GroundSeen::Seen) {
        true => signed_by.clone(),
        false => BTreeSet::new(),
    }
}

pub(super) fn ground_of(ground: GroundSeen) -> Ground {
    match ground {
        GroundSeen::Seen => Ground::Seen,
        GroundSeen::Match { entry } => Ground::Match(EntryId(entry)),
        GroundSeen::Link { entry } => Ground::Link(EntryId(entry)),
        GroundSeen::Import { entry } => Ground::Import(SourceId(entry)),
    }
}

/// Whether a decision sears the stump: the profile or the files of what was removed are
/// compared with what comes. Only where a policy of terrorist content is cited, never of spam;
/// and a file only where somebody said what the file itself is: a post may be removed for its
/// words.
pub(super) fn brings_knowledge(
    agreed: &[&Heard],
    kind: Option<ActionKind>,
    active: &Active,
) -> bool {
    let cited = agreed.last().and_then(|heard| heard.policy.as_ref());
    let policy = cited.and_then(|cited| active.policy(&cited.id));
    let is_terrorist = policy.is_some_and(|policy| policy.scope == PolicyScope::Terrorist);
    let is_told = || agreed.iter().any(|heard| heard.class.is_some());
    is_terrorist
        && match kind {
            Some(ActionKind::Suspend) => true,
            Some(ActionKind::Remove) => is_told(),
            _ => false,
        }
}

/// What a decision lacks that the supports refuse, by its name in the journal.
pub(super) fn lacks(error: &SupportError) -> &'static str {
    match error {
        SupportError::Full { .. } => "room",
        _ => "a_ground_that_stands",
    }
}
