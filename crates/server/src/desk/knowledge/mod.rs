//! Knowledge: what people add, stand for and withdraw, one way for the command line and for
//! the server.
//!
//! [`Changing`] lays entries down, stands for them and withdraws them, each step signed;
//! [`view`] is how entries are told; what entries of one kind may say is in the file of that
//! kind. Left out: files and terminals, and who may.

pub mod banks;
pub mod policies;
pub mod protected;
pub mod rules;
pub mod terms;
pub mod trial;
pub mod view;
pub mod words;

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use seawall_model::journal::{Body, Says};
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known};
use seawall_model::{DecisionId, EntryId, ReviewerId, Timestamp};
use seawall_pipeline::EntryError;
use seawall_store::{Chance, Folder, LAID_DOWN_MAX};

use super::ruling::{self, Signer};
use crate::engine::{Derivation, EngineError, PeopleError};
use crate::signing::ReviewerKey;

/// Runs of entries that may wait for somebody to stand for them.
pub const WAITING_RUNS_MAX: usize = 100;

/// Why knowledge cannot be changed. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// It cannot be taken, or the engine failed.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// There is no such entry, or it was destroyed.
    #[error("there is no {0}")]
    NoEntry(EntryId),
    /// The entry is of another kind.
    #[error("{entry} is of the kind {}", found.as_str())]
    OtherKind {
        /// The entry.
        entry: EntryId,
        /// What it is.
        found: KnowledgeKind,
    },
    /// Somebody would stand for the same twice.
    #[error(
        "{reviewer} has stood for {entry} already: one key cannot read second; somebody else \
         confirms it with their own key"
    )]
    Own {
        /// Who.
        reviewer: ReviewerId,
        /// For what.
        entry: EntryId,
    },
    /// The entry is not in force.
    #[error("{0} is not in force; nothing was withdrawn")]
    NotInForce(EntryId),
    /// There is nothing to add.
    #[error("there is nothing to add")]
    Nothing,
    /// Too much waits for somebody to stand for it.
    #[error(
        "{WAITING_RUNS_MAX} additions wait for somebody to stand for them: have a person confirm \
         them first"
    )]
    Waiting,
}

impl From<EngineError> for KnowledgeError {
    fn from(error: EngineError) -> Self {
        Self::People(error.into())
    }
}

impl From<seawall_store::Error> for KnowledgeError {
    fn from(error: seawall_store::Error) -> Self {
        Self::People(error.into())
    }
}

impl From<EntryError> for KnowledgeError {
    fn from(error: EntryError) -> Self {
        Self::People(error.into())
    }
}

/// Every entry of a kind that was not destroyed.
///
/// # Errors
/// [`KnowledgeError`] if knowledge cannot be read.
///
/// Cost: opens each; for kinds that a folder has few of.
pub fn entries(
    derivation: &Derivation,
    kind: KnowledgeKind,
) -> Result<Vec<(EntryId, Knowledge)>, KnowledgeError> {
    let base = derivation.knowledge();
    let mut entries = Vec::new();
    for id in base.of_kind(kind)? {
        entries.extend(base.read(id)?.map(|knowledge| (id, knowledge)));
    }
    Ok(entries)
}

/// Whether an entry is in force.
#[must_use]
pub fn in_force(derivation: &Derivation, id: EntryId) -> bool {
    derivation.pipeline().active().contains(id)
}

/// How many people stand for each of these, at least.
#[must_use]
pub fn confirmed_by(derivation: &Derivation, range: &RangeInclusive<u64>) -> usize {
    let supports = derivation.pipeline().judge().supports();
    let counts = range.clone().map(|id| supports.confirmed_by(EntryId(id)).len());
    counts.min().unwrap_or(0)
}

/// Takes out of `wanted` what entries in force say already and what stands in it twice, and
/// gives those entries.
///
/// # Errors
/// [`KnowledgeError`] if knowledge cannot be read.
///
/// Cost: fingerprints are looked up in memory; of other kinds every entry is opened.
pub fn known_already(
    derivation: &Derivation,
    kind: KnowledgeKind,
    wanted: &mut Vec<Knowledge>,
) -> Result<Vec<EntryId>, KnowledgeError> {
    let mut there = HashMap::new();
    if kind != KnowledgeKind::Hash {
        let entries = entries(derivation, kind)?.into_iter();
        let active = entries.filter(|(id, _)| in_force(derivation, *id));
        there.extend(active.map(|(id, entry)| (said(&entry.known), id)));
    }
    let (mut known, mut seen) = (Vec::new(), HashSet::new());
    wanted.retain(|entry| {
        let said = said(&entry.known);
        let found = match &entry.known {
            Known::Hash(hash) => banks::known(derivation.pipeline().active(), hash),
            _ => there.get(&said).copied(),
        };
        known.extend(found);
        found.is_none() && seen.insert(said)
    });
    known.sort_unstable();
    known.dedup();
    Ok(known)
}

/// What an entry says, without where it comes from and when it lapses.
fn said(known: &Known) -> Vec<u8> {
    Knowledge { source: "".into(), expires: None, known: known.clone() }.to_bytes()
}

/// Refuses entries that are not there or of another kind.
///
/// # Errors
/// [`KnowledgeError::NoEntry`] or [`KnowledgeError::OtherKind`].
pub fn check_kind(
    derivation: &Derivation,
    range: &RangeInclusive<u64>,
    kind: KnowledgeKind,
) -> Result<(), KnowledgeError> {
    for entry in range.clone().map(EntryId) {
        let found = derivation.knowledge().read(entry)?.map(|entry| entry.known.kind());
        match found {
            None => return Err(KnowledgeError::NoEntry(entry)),
            Some(found) if found != kind => return Err(KnowledgeError::OtherKind { entry, found }),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Refuses an expiry that has passed.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_expiry(expires: Option<Timestamp>, now: Timestamp) -> Result<(), String> {
    match expires {
        Some(at) if at <= now => Err(format!("{at} has passed: name a later day")),
        _ => Ok(()),
    }
}

/// What is wrong with an entry by itself: it has no number that would tell anybody anything.
#[must_use]
pub fn said_of_one(error: &dyn std::fmt::Display) -> String {
    let said = error.to_string();
    let rest = said.strip_prefix("entry k");
    let rest = rest.map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    rest.and_then(|rest| rest.strip_prefix([',', ':'])).map_or(said.clone(), |s| s.trim().into())
}

/// A folder whose knowledge is changed, at a time.
pub struct Changing<'a> {
    /// The engine over it.
    pub derivation: &'a mut Derivation,
    /// The folder.
    pub folder: &'a Folder,
    /// Where secrets of entries come from.
    pub chance: &'a mut dyn Chance,
    /// Now.
    pub now: Timestamp,
}

impl std::fmt::Debug for Changing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Changing").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Changing<'_> {
    /// Takes a ruling; gives all that follows from it.
    ///
    /// # Errors
    /// [`KnowledgeError::People`] if it cannot be taken.
    pub fn rule(&mut self, signer: &Signer<'_>, says: Says) -> Result<Vec<Body>, KnowledgeError> {
        let Self { derivation, folder, chance, now } = self;
        Ok(ruling::rule(derivation, folder, says, signer, &mut **chance, *now)?)
    }

    /// Lays entries down and has a person stand for them, so many a step. Gives their numbers.
    ///
    /// # Errors
    /// [`KnowledgeError`]; before the first step nothing is laid down then.
    pub fn add(
        &mut self,
        key: &ReviewerKey,
        entries: &[Knowledge],
    ) -> Result<RangeInclusive<u64>, KnowledgeError> {
        // Who nobody knows lays nothing down.
        self.derivation.reviewer_of(&key.public())?;
        // All of them before the first, so that a later step is not refused.
        self.derivation.pipeline().active().check(entries)?;
        let mut all: Option<RangeInclusive<u64>> = None;
        for step in entries.chunks(LAID_DOWN_MAX) {
            let laid = self.lay_down(step)?;
            let says = Says::Knowledge { first: *laid.start(), last: *laid.end() };
            self.rule(&Signer::Key(key), says)?;
            let first = all.map_or(*laid.start(), |all| *all.start());
            all = Some(first..=*laid.end());
        }
        all.ok_or(KnowledgeError::Nothing)
    }

    /// Lays one step down: it counts once it is stood for.
    ///
    /// # Errors
    /// [`KnowledgeError::People`] if an entry cannot be put in force.
    pub fn lay_down(&mut self, step: &[Knowledge]) -> Result<RangeInclusive<u64>, KnowledgeError> {
        Ok(self.derivation.lay_down(step, &mut *self.chance, self.now)?)
    }

    /// Lays entries down for somebody to stand for later.
    ///
    /// # Errors
    /// [`KnowledgeError::Waiting`] if too much waits already.
    pub fn propose(&mut self, step: &[Knowledge]) -> Result<RangeInclusive<u64>, KnowledgeError> {
        if step.is_empty() {
            return Err(KnowledgeError::Nothing);
        }
        if self.derivation.pipeline().judge().waiting().count() >= WAITING_RUNS_MAX {
            return Err(KnowledgeError::Waiting);
        }
        self.lay_down(step)
    }

    /// Stands for entries that somebody else added, or that wait. Gives the decisions.
    ///
    /// # Errors
    /// [`KnowledgeError`]; the first run is looked at before anything is signed.
    pub fn confirm(
        &mut self,
        signer: &Signer<'_>,
        runs: &[RangeInclusive<u64>],
        kind: KnowledgeKind,
    ) -> Result<Vec<DecisionId>, KnowledgeError> {
        let reviewer = signer.reviewer(self.derivation)?;
        for run in runs {
            check_kind(self.derivation, run, kind)?;
            let supports = self.derivation.pipeline().judge().supports();
            let is_own = |id: &u64| supports.confirmed_by(EntryId(*id)).contains(&reviewer);
            if let Some(entry) = run.clone().find(is_own).map(EntryId) {
                return Err(KnowledgeError::Own { reviewer, entry });
            }
        }
        let mut decisions = Vec::new();
        for (first, last) in runs.iter().flat_map(steps) {
            let followed = self.rule(signer, Says::Knowledge { first, last })?;
            decisions.extend(followed.iter().filter_map(decision_of));
        }
        Ok(decisions)
    }

    /// Takes entries out of force. Gives all that follows.
    ///
    /// # Errors
    /// [`KnowledgeError`]; every run is looked at before anything is signed.
    pub fn withdraw(
        &mut self,
        signer: &Signer<'_>,
        runs: &[RangeInclusive<u64>],
        kind: KnowledgeKind,
    ) -> Result<Vec<Body>, KnowledgeError> {
        for run in runs {
            check_kind(self.derivation, run, kind)?;
            let gone = run.clone().map(EntryId).find(|id| !in_force(self.derivation, *id));
            if let Some(gone) = gone {
                return Err(KnowledgeError::NotInForce(gone));
            }
        }
        let mut followed = Vec::new();
        for (first, last) in runs.iter().flat_map(steps) {
            let entries = (first..=last).collect();
            followed.extend(self.rule(signer, Says::Withdraw { entries })?);
        }
        Ok(followed)
    }
}

/// The decision about knowledge that an entry of the journal tells.
#[must_use]
pub fn decision_of(body: &Body) -> Option<DecisionId> {
    match body {
        // What waited for room on a case may be decided in the same step.
        Body::Decided { decision, case: None, .. } => Some(DecisionId(*decision)),
        _ => None,
    }
}

/// A run of entries in steps of what one decision names at most.
pub fn steps(range: &RangeInclusive<u64>) -> impl Iterator<Item = (u64, u64)> + use<> {
    let last = *range.end();
    let step = LAID_DOWN_MAX;
    range.clone().step_by(step).map(move |first| (first, last.min(first + step as u64 - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_is_ruled_on_in_steps() {
        assert_eq!(steps(&(3..=3)).collect::<Vec<_>>(), [(3, 3)]);
        assert_eq!(steps(&(1..=10_000)).collect::<Vec<_>>(), [(1, 10_000)]);
        assert_eq!(steps(&(5..=10_005)).collect::<Vec<_>>(), [(5, 10_004), (10_005, 10_005)]);
    }

    #[test]
    fn an_error_of_one_does_not_name_an_entry() {
        assert_eq!(said_of_one(&"entry k12, term: it is empty"), "term: it is empty");
        assert_eq!(said_of_one(&"entry k12: it is full"), "it is full");
        assert_eq!(said_of_one(&"the disk is full"), "the disk is full");
    }
}
