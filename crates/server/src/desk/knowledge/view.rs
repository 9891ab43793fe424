//! Entries of knowledge, looked up as they are told: what they say, what supports them,
//! whether they count.
//!
//! Left out: the profile of a removed account, which is sealed, and the register of protected
//! accounts to whom did not read it.

use std::collections::BTreeSet;

use seawall_model::knowledge::{Knowledge, KnowledgeKind, Removed};
use seawall_model::{EntryId, Timestamp};

use super::{KnowledgeError, confirmed_by, in_force};
use crate::engine::Derivation;

pub use crate::desk::view::knowledge::{
    EntryView, HashSaid, PolicySaid, PolicyTexts, ProtectedSaid, RemovedSaid, RulesSaid,
    RulesTexts, Standing, TermSaid,
};

/// Entries opened for one page at most; where more are passed over, the page is short.
const OPENED_MAX: u32 = 1_000;

impl From<&Removed> for RemovedSaid {
    fn from(removed: &Removed) -> Self {
        Self { policy: removed.policy.to_string(), removed_at: removed.at.to_string() }
    }
}

/// How an entry stands.
#[must_use]
pub fn standing(
    derivation: &Derivation,
    id: EntryId,
    expires: Option<Timestamp>,
    now: Timestamp,
) -> Standing {
    let judge = derivation.pipeline().judge();
    let is_over = expires.is_some_and(|at| at <= now);
    match (in_force(derivation, id), judge.supports().entry(id)) {
        (_, Some(_)) if is_over => Standing::Lapsed,
        (true, _) => Standing::InForce,
        (false, None) => Standing::Waiting,
        (false, Some(_)) => Standing::Withdrawn,
    }
}

/// An entry with what it says, as it is told.
#[must_use]
pub fn view<S>(
    derivation: &Derivation,
    id: EntryId,
    knowledge: &Knowledge,
    says: S,
    now: Timestamp,
) -> EntryView<S> {
    let judge = derivation.pipeline().judge();
    let supporters = || judge.supports().supporters(id);
    let made = supporters().filter_map(|decision| judge.decision(decision));
    EntryView {
        entry: id.to_string(),
        says,
        source: knowledge.source.to_string(),
        supports: supporters().map(|decision| decision.to_string()).collect(),
        confirmed_by: confirmed_by(derivation, &(id.0..=id.0)),
        signed_by: made.flat_map(|made| &made.reviewers).collect::<BTreeSet<_>>().len(),
        expires: knowledge.expires.map(|at| at.to_string()),
        standing: standing(derivation, id, knowledge.expires, now),
    }
}

/// Which entries are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Their kind.
    pub kind: KnowledgeKind,
    /// How they stand; all if not given.
    pub standing: Option<Standing>,
    /// Only those after this number.
    pub after: u64,
    /// How many at most.
    pub limit: usize,
}

/// Entries, and the number after which the list goes on.
pub type Entries<S> = (Vec<EntryView<S>>, Option<u64>);

/// A page of entries, in order of their numbers; `say` gives what one says, or `None` for one
/// that is not wanted.
///
/// # Errors
/// [`KnowledgeError`] if knowledge cannot be read.
///
/// Cost: opens up to 1,000 entries.
pub fn page<S>(
    derivation: &Derivation,
    wanted: Wanted,
    now: Timestamp,
    say: &mut dyn FnMut(&Knowledge) -> Result<Option<S>, KnowledgeError>,
) -> Result<Entries<S>, KnowledgeError> {
    let base = derivation.knowledge();
    let ids = base.page(wanted.kind, wanted.after, OPENED_MAX)?;
    let is_last = ids.len() < OPENED_MAX as usize;
    let (mut entries, mut reached) = (Vec::new(), None);
    for id in ids {
        if entries.len() == wanted.limit {
            return Ok((entries, reached));
        }
        reached = Some(id.0);
        let Some(knowledge) = base.read(id)? else { continue };
        let stands = standing(derivation, id, knowledge.expires, now);
        if wanted.standing.is_some_and(|wanted| wanted != stands) {
            continue;
        }
        if let Some(says) = say(&knowledge)? {
            entries.push(view(derivation, id, &knowledge, says, now));
        }
    }
    Ok((entries, reached.filter(|_| !is_last)))
}
