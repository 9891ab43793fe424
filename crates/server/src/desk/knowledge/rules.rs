//! Rules: their files, what they ask for that there is not, and which version is asked.

use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known};
use seawall_model::{EntryId, SignalKind};
use seawall_pipeline::{Active, CONFIRMED};
use seawall_rule::{Observed, Place, Ruleset, SourceError, Sources};

use super::view::{RulesSaid, RulesTexts};
use super::{KnowledgeError, in_force, said, words};
use crate::engine::Derivation;

/// The files of a rule set.
#[derive(Clone, Debug, Default)]
pub struct RuleFiles {
    /// Path and text of each.
    pub files: Vec<(Box<str>, Box<str>)>,
    /// The same, ready to be read as rules.
    pub sources: Sources,
}

impl RuleFiles {
    /// Adds one.
    ///
    /// # Errors
    /// [`SourceError`] if it is none of a rule set, or there is no room.
    pub fn insert(&mut self, path: &str, text: &str) -> Result<(), SourceError> {
        self.sources.insert(path, text)?;
        self.files.push((path.into(), text.into()));
        Ok(())
    }

    /// Whether evaluation has a place to begin.
    #[must_use]
    pub fn has_entry(&self) -> bool {
        self.sources.text(seawall_rule::ENTRY).is_some()
    }
}

/// What a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A signal of a detector.
    Signal,
    /// A policy in force.
    Policy,
    /// A list of terms.
    Terms,
    /// A bank.
    Bank,
}

/// What a rule asks for that there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The file.
    pub path: String,
    /// Where in it.
    pub place: Place,
    /// What it asks for.
    pub asks: Asks,
    /// Its name, as the rule has it.
    pub name: String,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = &self.name;
        match self.asks {
            Asks::Signal => {
                let names = SignalKind::ALL.map(SignalKind::as_str).join(", ");
                write!(f, "there is no signal `{name}`; there are {names}")
            }
            Asks::Policy => write!(f, "there is no policy `{name}` in force"),
            Asks::Terms => write!(f, "there is no list of terms `{name}`"),
            Asks::Bank => write!(f, "there is no bank `{name}`"),
        }
    }
}

/// Signals that no detector gives.
#[must_use]
pub fn unknown_signals(rules: &Ruleset) -> Vec<Missing> {
    let mut missing = Vec::new();
    for (asked, path, place) in rules.questions() {
        if let Observed::SignalNumber { kind } = asked
            && SignalKind::ALL.iter().all(|known| known.as_str() != kind)
        {
            let (path, name) = (path.to_owned(), kind.to_owned());
            missing.push(Missing { path, place, asks: Asks::Signal, name });
        }
    }
    missing
}

/// Policies, lists and banks that are not in force.
#[must_use]
pub fn unknown_names(rules: &Ruleset, active: &Active) -> Vec<Missing> {
    let names = active.names();
    let mut missing = Vec::new();
    for (policy, path, place) in rules.policies() {
        if active.policy(policy).is_none() {
            let (path, name) = (path.to_owned(), policy.to_owned());
            missing.push(Missing { path, place, asks: Asks::Policy, name });
        }
    }
    for (asked, path, place) in rules.questions() {
        let (asks, name) = match asked {
            Observed::TermMatches { list } => (Asks::Terms, list),
            // That one is there before its first file.
            Observed::BankDistance { bank: CONFIRMED } => continue,
            Observed::BankDistance { bank } => (Asks::Bank, bank),
            _ => continue,
        };
        if !names.contains(name) {
            missing.push(Missing { path: path.to_owned(), place, asks, name: name.to_owned() });
        }
    }
    missing
}

/// The newest version of the rules that is in force: what events are judged by.
///
/// # Errors
/// [`KnowledgeError`] if knowledge cannot be read.
pub fn current(derivation: &Derivation) -> Result<Option<EntryId>, KnowledgeError> {
    let all = derivation.knowledge().of_kind(KnowledgeKind::Rules)?;
    Ok(all.into_iter().rfind(|id| in_force(derivation, *id)))
}

/// Whether these are the rules that events are judged by already. An older version is not: it
/// comes back as the newest.
///
/// # Errors
/// [`KnowledgeError`] if knowledge cannot be read.
pub fn are_current(derivation: &Derivation, wanted: &Known) -> Result<bool, KnowledgeError> {
    let Some(id) = current(derivation)? else { return Ok(false) };
    let there = derivation.knowledge().read(id)?;
    Ok(there.is_some_and(|Knowledge { known, .. }| said(&known) == said(wanted)))
}

impl From<&[(Box<str>, Box<str>)]> for RulesSaid {
    fn from(files: &[(Box<str>, Box<str>)]) -> Self {
        let mut sources = Sources::new();
        for (path, text) in files {
            // What a version holds was taken once, within the same limits.
            let _ = sources.insert(path, text);
        }
        let rules = seawall_rule::load(&sources);
        let names = rules.iter().flat_map(|rules| rules.rules().map(str::to_owned));
        Self {
            rules: names.collect(),
            files: files.iter().map(|(path, _)| path.to_string()).collect(),
            digest_start: words::short(&sources.digest()),
        }
    }
}

impl From<&[(Box<str>, Box<str>)]> for RulesTexts {
    fn from(files: &[(Box<str>, Box<str>)]) -> Self {
        let texts = files.iter().map(|(path, text)| (path.to_string(), text.to_string()));
        Self { rules: RulesSaid::from(files), texts: texts.collect() }
    }
}
