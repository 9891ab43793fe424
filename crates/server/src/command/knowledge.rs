//! What the commands about knowledge share: the open folder, the person who signs, and
//! the four things that are done with entries: adding, confirming, withdrawing, listing.
//!
//! Left out: what the entries of one kind say, and how they are read from files.

pub(super) mod list;
pub(super) mod table;

use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::Context;
use seawall_model::journal::{Body, Ruling, Says};
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known};
use seawall_model::{CaseId, DecisionId, EntryId, ReviewerId, Timestamp};
use seawall_store::{Chance, LAID_DOWN_MAX};

use super::args::{Entries, Given, Global};
use super::{Ended, case, settings, show};
use crate::chance;
use crate::desk::notice;
use crate::engine::{self, Opened};
use crate::signing::ReviewerKey;

/// Letters that are told in full at once; the rest is told with each case.
const LETTERS_SHOWN: usize = 3;

/// An open data folder, and the time it is.
pub(super) struct Desk {
    /// The folder.
    pub(super) opened: Opened,
    /// Now.
    pub(super) now: Timestamp,
    chance: Box<dyn Chance>,
}

/// A reviewer whose key is at hand.
pub(super) struct Person {
    /// Their number.
    pub(super) id: ReviewerId,
    key: ReviewerKey,
}

impl Person {
    /// Signs what is said.
    pub(super) fn sign(&self, said: &[u8]) -> String {
        self.key.sign(said)
    }
}

impl Desk {
    /// Opens a folder that is there.
    pub(super) fn open(global: &Global) -> anyhow::Result<Self> {
        if !global.dir.exists() {
            return Err(seawall_store::Error::NoFolder(global.dir.clone()).into());
        }
        Self::open_or_make(global)
    }

    /// Opens a folder; makes it where there is none.
    pub(super) fn open_or_make(global: &Global) -> anyhow::Result<Self> {
        let settings = settings(global)?;
        let opened = engine::open(&global.dir, &settings)?;
        for repaired in &opened.repaired {
            eprintln!("seawall: at start-up: {repaired}");
        }
        let now = settings.clock.now();
        Ok(Self { opened, now, chance: chance::source(settings.test_seed) })
    }

    /// Opens a folder to change what is known: what has reached its time lapses first.
    pub(super) fn open_to_rule(global: &Global) -> anyhow::Result<Self> {
        let mut desk = Self::open(global)?;
        desk.opened.derivation.tick_if_due(desk.now)?;
        Ok(desk)
    }

    /// The reviewer whose key a file holds.
    pub(super) fn person(&self, file: &Path) -> anyhow::Result<Person> {
        let key = ReviewerKey::read(file)?;
        let found = self.opened.derivation.reviewer_of(&key.public());
        let id = found.with_context(|| format!("cannot sign with {}", file.display()))?;
        Ok(Person { id, key })
    }

    /// Takes a ruling; gives the decision that came of it, if one did.
    pub(super) fn rule(&mut self, by: &Person, says: Says) -> anyhow::Result<Option<DecisionId>> {
        Ok(self.ruled(by, says)?.iter().find_map(decision_of))
    }

    /// Takes a ruling; gives all that follows from it.
    fn ruled(&mut self, by: &Person, says: Says) -> anyhow::Result<Vec<Body>> {
        let ruling = Ruling { reviewer: by.id.0, says };
        let signature = by.sign(&ruling.to_bytes());
        Ok(self.opened.derivation.rule(ruling, signature, self.now)?)
    }

    /// Lays entries down and has a person stand for them, so many a step. Gives their numbers.
    pub(super) fn add(
        &mut self,
        by: &Person,
        entries: &[Knowledge],
    ) -> anyhow::Result<RangeInclusive<u64>> {
        // All of them before the first, so that a later step is not refused.
        self.opened.derivation.pipeline().active().check(entries)?;
        let mut all: Option<RangeInclusive<u64>> = None;
        for step in entries.chunks(LAID_DOWN_MAX) {
            let laid = self.lay_down(step)?;
            self.rule(by, Says::Knowledge { first: *laid.start(), last: *laid.end() })?;
            let first = all.map_or(*laid.start(), |all| *all.start());
            all = Some(first..=*laid.end());
        }
        all.context("there is nothing to add")
    }

    /// Lays one step down: it counts once it is stood for.
    pub(super) fn lay_down(&mut self, step: &[Knowledge]) -> anyhow::Result<RangeInclusive<u64>> {
        Ok(self.opened.derivation.lay_down(step, &mut *self.chance, self.now)?)
    }

    /// Every entry of a kind that was not destroyed.
    pub(super) fn entries(&self, kind: KnowledgeKind) -> anyhow::Result<Vec<(EntryId, Knowledge)>> {
        let base = self.opened.derivation.knowledge();
        let mut entries = Vec::new();
        for id in base.of_kind(kind)? {
            entries.extend(base.read(id)?.map(|knowledge| (id, knowledge)));
        }
        Ok(entries)
    }

    /// Whether an entry is in force.
    pub(super) fn in_force(&self, id: EntryId) -> bool {
        self.opened.derivation.pipeline().active().contains(id)
    }

    /// Takes out of `wanted` what entries in force say already, and gives those entries.
    pub(super) fn known_already(
        &self,
        kind: KnowledgeKind,
        wanted: &mut Vec<Knowledge>,
    ) -> anyhow::Result<Vec<EntryId>> {
        let mut known = Vec::new();
        let entries = self.entries(kind)?;
        let in_force: std::collections::HashMap<Vec<u8>, EntryId> = entries
            .into_iter()
            .filter(|(id, _)| self.in_force(*id))
            .map(|(id, entry)| (said(&entry.known), id))
            .collect();
        let mut seen = std::collections::HashSet::new();
        wanted.retain(|entry| {
            let said = said(&entry.known);
            match in_force.get(&said) {
                Some(id) => {
                    known.push(*id);
                    false
                }
                None => seen.insert(said),
            }
        });
        known.sort_unstable();
        known.dedup();
        Ok(known)
    }

    fn check_kind(&self, range: &RangeInclusive<u64>, kind: KnowledgeKind) -> anyhow::Result<()> {
        for id in range.clone().map(EntryId) {
            let entry = self.opened.derivation.knowledge().read(id)?;
            let found = entry.map(|entry| entry.known.kind());
            let found = found.with_context(|| {
                format!("there is no {id}; see `{} {}`", show::program(), listing(kind))
            })?;
            anyhow::ensure!(
                found == kind,
                "{id} is no entry of `{}`, but of `{}`: see `{} {}`",
                command(kind),
                command(found),
                show::program(),
                listing(found)
            );
        }
        Ok(())
    }

    /// Tells what ended with something that was taken back, and the first of the letters to those
    /// concerned.
    pub(super) fn tell_ends(&self, followed: &[Body]) -> anyhow::Result<()> {
        let mut reader = self.opened.folder.log_reader()?;
        let mut desk = crate::desk::Desk::over(&self.opened.derivation, &mut reader, self.now);
        followed.iter().try_for_each(|body| case::tell_end(&mut desk, body))?;
        // Whatever was reversed rested on what was taken back, and was not itself overturned.
        let letters = notice::of_overturn(&desk, DecisionId(0), followed)?;
        let (first, more) = letters.split_at(letters.len().min(LETTERS_SHOWN));
        case::tell_letters(&mut desk, first)?;
        if !more.is_empty() {
            let count = show::counted(more.len() as u64, "notice", "notices");
            say!("\n{count} more: see `{} case show CASE --notice both`", show::program())?;
        }
        Ok(())
    }

    /// How many people stand for each of these, at least.
    pub(super) fn confirmed_by(&self, range: &RangeInclusive<u64>) -> usize {
        let supports = self.opened.derivation.pipeline().judge().supports();
        let counts = range.clone().map(|id| supports.confirmed_by(EntryId(id)).len());
        counts.min().unwrap_or(0)
    }
}

/// What an entry says, without where it comes from and when it lapses.
fn said(known: &Known) -> Vec<u8> {
    Knowledge { source: "".into(), expires: None, known: known.clone() }.to_bytes()
}

/// The command that a kind of knowledge has.
pub(super) fn command(kind: KnowledgeKind) -> &'static str {
    match kind {
        KnowledgeKind::Term => "terms",
        KnowledgeKind::Hash => "bank",
        KnowledgeKind::Policy => "policy",
        KnowledgeKind::Rules => "rules",
        KnowledgeKind::Protected => "protected",
        KnowledgeKind::Removed => "removed",
    }
}

/// The command that lists a kind of knowledge.
fn listing(kind: KnowledgeKind) -> String {
    let key = if kind == KnowledgeKind::Protected { " --key KEYFILE" } else { "" };
    format!("{} list{key}", command(kind))
}

/// What people can do with an entry of a kind that is in force.
pub(super) fn verbs(kind: KnowledgeKind) -> &'static [&'static str] {
    match kind {
        KnowledgeKind::Term | KnowledgeKind::Hash => &["confirm", "withdraw"],
        KnowledgeKind::Rules | KnowledgeKind::Protected | KnowledgeKind::Removed => &["withdraw"],
        // A version of a policy stays: decisions cite it.
        KnowledgeKind::Policy => &[],
    }
}

/// Entries as people type them: `k3`, or `k1..k9`.
pub(super) fn shown(range: &RangeInclusive<u64>) -> String {
    let (first, last) = (EntryId(*range.start()), EntryId(*range.end()));
    if first == last { first.to_string() } else { format!("{first}..{last}") }
}

/// Refuses an expiry that has passed.
pub(super) fn check_expiry(expires: Option<Timestamp>, now: Timestamp) -> anyhow::Result<()> {
    match expires {
        Some(at) if at <= now => anyhow::bail!("--expires {at} has passed: name a later day"),
        _ => Ok(()),
    }
}

/// An entry with its source and expiry.
pub(super) fn entry(given: &Given, known: Known) -> Knowledge {
    Knowledge { source: given.source.as_str().into(), expires: given.expires, known }
}

/// Stands for entries that another person added.
pub(super) fn confirm(
    global: &Global,
    given: &Entries,
    kind: KnowledgeKind,
) -> anyhow::Result<Ended> {
    let mut desk = Desk::open_to_rule(global)?;
    let person = desk.person(&given.key)?;
    for range in &given.entries {
        desk.check_kind(range, kind)?;
        let supports = desk.opened.derivation.pipeline().judge().supports();
        let is_own = |id: &u64| supports.confirmed_by(EntryId(*id)).contains(&person.id);
        if let Some(id) = range.clone().find(is_own) {
            let (reviewer, id) = (person.id, EntryId(id));
            anyhow::bail!(
                "{reviewer} has stood for {id} already: one key cannot read second; somebody \
                 else confirms it with their own key"
            );
        }
    }
    for range in &given.entries {
        let mut decisions = Vec::new();
        for (first, last) in steps(range) {
            decisions.extend(desk.rule(&person, Says::Knowledge { first, last })?);
        }
        say!("{} stands for {} now: {}", person.id, shown(range), named(&decisions))?;
        tell_missing(&desk, range, kind)?;
    }
    Ok(Ended::Fine)
}

/// Says what is missing before an entry has its full weight.
pub(super) fn tell_missing(
    desk: &Desk,
    range: &RangeInclusive<u64>,
    kind: KnowledgeKind,
) -> anyhow::Result<()> {
    let (name, people) = (shown(range), desk.confirmed_by(range));
    match (kind, people) {
        (KnowledgeKind::Hash, 0 | 1) => say!(
            "one more person must confirm {name} with `{} bank confirm {name} --key KEY` before \
             anything unattended follows; until then a match opens a case where rules ask for it",
            show::program()
        )?,
        (KnowledgeKind::Hash, _) => say!(
            "{people} people stand for {name}: an exact copy of such a file may have its reach \
             restricted unattended, if its policy allows hours for it; never a protected account"
        )?,
        (KnowledgeKind::Term, _) => say!(
            "{} for {name}; a term is looked for where rules ask for it, and never counts as \
             evidence by itself",
            match people {
                1 => "one person stands".to_owned(),
                more => format!("{more} people stand"),
            }
        )?,
        _ => {}
    }
    Ok(())
}

/// Takes entries out of force.
pub(super) fn withdraw(
    global: &Global,
    given: &Entries,
    kind: KnowledgeKind,
) -> anyhow::Result<Ended> {
    let mut desk = Desk::open_to_rule(global)?;
    let person = desk.person(&given.key)?;
    for range in &given.entries {
        desk.check_kind(range, kind)?;
        if let Some(id) = range.clone().map(EntryId).find(|id| !desk.in_force(*id)) {
            anyhow::bail!(
                "{id} is not in force; nothing was withdrawn: see `{} {}`",
                show::program(),
                listing(kind)
            );
        }
    }
    for range in &given.entries {
        let mut followed = Vec::new();
        for (first, last) in steps(range) {
            let entries = (first..=last).collect();
            followed.extend(desk.ruled(&person, Says::Withdraw { entries })?);
        }
        let decisions: Vec<DecisionId> = followed.iter().filter_map(decision_of).collect();
        say!(
            "{} {} out of force: {}; open cases have lost what rested on {}",
            shown(range),
            if range.start() == range.end() { "is" } else { "are" },
            named(&decisions),
            if range.start() == range.end() { "it" } else { "them" }
        )?;
        followed.iter().try_for_each(tell_withdrawn)?;
        desk.tell_ends(&followed)?;
    }
    Ok(Ended::Fine)
}

/// What falls with entries that were withdrawn, a line each.
fn tell_withdrawn(body: &Body) -> std::io::Result<()> {
    let Body::Withdrawn {
        entries_withdrawn,
        decisions_fallen,
        actions_reversed,
        cases_reopened,
        ..
    } = body
    else {
        return Ok(());
    };
    for decision in decisions_fallen {
        say!("  {} rested on nothing else and falls with it", DecisionId(*decision))?;
    }
    for entry in entries_withdrawn {
        say!("  no longer compared with: {}", EntryId(*entry))?;
    }
    for action in actions_reversed {
        say!("  action {action} is reversed")?;
    }
    for case in cases_reopened {
        say!("  {} is open again", CaseId(*case))?;
    }
    Ok(())
}

fn decision_of(body: &Body) -> Option<DecisionId> {
    match body {
        // What waited for room on a case may be decided in the same step.
        Body::Decided { decision, case: None, .. } => Some(DecisionId(*decision)),
        _ => None,
    }
}

/// A run of entries in steps of what one decision names at most.
fn steps(range: &RangeInclusive<u64>) -> impl Iterator<Item = (u64, u64)> {
    let last = *range.end();
    let step = LAID_DOWN_MAX;
    range.clone().step_by(step).map(move |first| (first, last.min(first + step as u64 - 1)))
}

fn named(decisions: &[DecisionId]) -> String {
    let names: Vec<String> = decisions.iter().map(|id| format!("decision {id}")).collect();
    names.join(", ")
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
}
