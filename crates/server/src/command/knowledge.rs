//! What the commands about knowledge share: the open folder, the person who signs, and the
//! words in which it is told what was done with entries.
//!
//! Left out: doing it ([`crate::desk::knowledge`]), and how entries are read from files.

pub(super) mod list;
pub(super) mod table;

use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::Context;
use seawall_model::journal::{Body, Says};
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known};
use seawall_model::{CaseId, DecisionId, EntryId, ReviewerId, Timestamp};
use seawall_store::Chance;

use super::args::{Entries, Given, Global};
use super::{Ended, case, settings, show};
use crate::chance;
pub(super) use crate::desk::knowledge::words::shown;
use crate::desk::knowledge::{self as shared, Changing, KnowledgeError, decision_of, steps};
use crate::desk::notice;
use crate::desk::ruling::Signer;
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

    /// The folder, to change what is known in it.
    pub(super) fn changing(&mut self) -> Changing<'_> {
        let Opened { folder, derivation, .. } = &mut self.opened;
        Changing { derivation, folder, chance: &mut *self.chance, now: self.now }
    }

    /// Takes a ruling; gives the decision that came of it, if one did.
    pub(super) fn rule(&mut self, by: &Person, says: Says) -> anyhow::Result<Option<DecisionId>> {
        let followed = self.changing().rule(&Signer::Key(&by.key), says)?;
        Ok(followed.iter().find_map(decision_of))
    }

    /// Lays entries down and has a person stand for them, so many a step. Gives their numbers.
    pub(super) fn add(
        &mut self,
        by: &Person,
        entries: &[Knowledge],
    ) -> anyhow::Result<RangeInclusive<u64>> {
        Ok(self.changing().add(&by.key, entries)?)
    }

    /// Lays one step down: it counts once it is stood for.
    pub(super) fn lay_down(&mut self, step: &[Knowledge]) -> anyhow::Result<RangeInclusive<u64>> {
        Ok(self.changing().lay_down(step)?)
    }

    /// Whether an entry is in force.
    pub(super) fn in_force(&self, id: EntryId) -> bool {
        shared::in_force(&self.opened.derivation, id)
    }

    /// Takes out of `wanted` what entries in force say already, and gives those entries.
    pub(super) fn known_already(
        &self,
        kind: KnowledgeKind,
        wanted: &mut Vec<Knowledge>,
    ) -> anyhow::Result<Vec<EntryId>> {
        Ok(shared::known_already(&self.opened.derivation, kind, wanted)?)
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
        shared::confirmed_by(&self.opened.derivation, range)
    }
}

/// What cannot be done with entries of a kind, with what to type next.
fn hinted(error: KnowledgeError, kind: KnowledgeKind) -> anyhow::Error {
    let program = show::program();
    match error {
        KnowledgeError::NoEntry(_) | KnowledgeError::NotInForce(_) => {
            anyhow::anyhow!("{error}; see `{program} {}`", listing(kind))
        }
        KnowledgeError::OtherKind { entry, found } => anyhow::anyhow!(
            "{entry} is no entry of `{}`, but of `{}`: see `{program} {}`",
            command(kind),
            command(found),
            listing(found)
        ),
        error => error.into(),
    }
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

/// Refuses an expiry that has passed.
pub(super) fn check_expiry(expires: Option<Timestamp>, now: Timestamp) -> anyhow::Result<()> {
    shared::check_expiry(expires, now).map_err(|why| anyhow::anyhow!("--expires {why}"))
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
    let signer = Signer::Key(&person.key);
    let confirmed = desk.changing().confirm(&signer, &given.entries, kind);
    let mut decisions = confirmed.map_err(|error| hinted(error, kind))?.into_iter();
    for range in &given.entries {
        let of_range: Vec<_> = decisions.by_ref().take(steps(range).count()).collect();
        say!("{} stands for {} now: {}", person.id, shown(range), named(&of_range))?;
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
    let signer = Signer::Key(&person.key);
    let withdrawn = desk.changing().withdraw(&signer, &given.entries, kind);
    let followed = withdrawn.map_err(|error| hinted(error, kind))?;
    let mut decisions = followed.iter().filter_map(decision_of);
    for range in &given.entries {
        let of_range: Vec<_> = decisions.by_ref().take(steps(range).count()).collect();
        let (are, them) = if range.start() == range.end() { ("is", "it") } else { ("are", "them") };
        say!(
            "{} {are} out of force: {}; open cases have lost what rested on {them}",
            shown(range),
            named(&of_range)
        )?;
    }
    followed.iter().try_for_each(tell_withdrawn)?;
    desk.tell_ends(&followed)?;
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

fn named(decisions: &[DecisionId]) -> String {
    let names: Vec<String> = decisions.iter().map(|id| format!("decision {id}")).collect();
    names.join(", ")
}
