//! Knowledge in force: what entries say, made ready to be asked.
//!
//! Entries come in and go out one by one; which do is decided by `judge`. What they say
//! comes from the shell through [`Contents`], because it is sealed in the store. Left out:
//! constants, and the model of links, which is part of the build.

use std::collections::{BTreeMap, BTreeSet};

use seawall_link::{Index, LinkModel, SketchKey};
use seawall_media::{Bank, MATCH_DISTANCE_BITS, Pdq};
use seawall_model::knowledge::{
    BankHash, FileClass, FileHash, Ground, Knowledge, Known, Policy, Removed, Term,
};
use seawall_model::{AccountId, EntryId, Timestamp};
use seawall_rule::{Ruleset, Sources};
use seawall_text::{TermEntry, TermLists};

use crate::sketches::sketch_of_removed;

/// The bank that files join whose removal said what they are.
pub const CONFIRMED: &str = "confirmed";

/// Gives what entries of knowledge say.
pub trait Contents {
    /// What an entry says; `None` if it was destroyed.
    fn content(&self, entry: EntryId) -> Option<Knowledge>;
}

/// No knowledge at all: for pipelines that were given none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoContents;

impl Contents for NoContents {
    fn content(&self, _: EntryId) -> Option<Knowledge> {
        None
    }
}

/// Why an entry cannot be put in force.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// A term cannot be looked for.
    #[error(transparent)]
    Term(#[from] seawall_text::TermError),
    /// A fingerprint cannot be looked for.
    #[error(transparent)]
    Bank(#[from] seawall_media::Error),
    /// There is no room for another removed profile.
    #[error(transparent)]
    Index(#[from] seawall_link::IndexFull),
    /// The rules are not sound.
    #[error("the rules are not sound:\n{0}")]
    Rules(String),
    /// A rule asks for what there is not.
    #[error(
        "{path}, line {line}: there is no {what} `{name}`; add it first, or see `seawall {what} list`"
    )]
    Unknown {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u32,
        /// What there is not: `policy`, `terms`, `bank`.
        what: &'static str,
        /// Its name.
        name: String,
    },
}

/// An entry of the protected register, in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The entry.
    pub entry: EntryId,
    /// Why.
    pub ground: Ground,
}

/// Knowledge in force.
pub struct Active {
    expires: BTreeMap<EntryId, Option<Timestamp>>,
    /// The same of those that lapse, in the order in which they do.
    lapses: BTreeSet<(Timestamp, EntryId)>,
    terms: BTreeMap<EntryId, TermEntry>,
    lists: TermLists,
    is_stale: bool,
    bank: Bank,
    hashes: BTreeMap<EntryId, (Box<str>, FileClass)>,
    removed: Index,
    removed_accounts: BTreeMap<EntryId, AccountId>,
    /// Entries whose fingerprint is of a file that is marked: nothing is compared with it.
    suppressed: BTreeSet<EntryId>,
    guarded: BTreeMap<AccountId, Vec<Guard>>,
    policies: BTreeMap<EntryId, Policy>,
    rules: BTreeMap<EntryId, Ruleset>,
    model: LinkModel,
    key: SketchKey,
}

impl std::fmt::Debug for Active {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Active({} entries)", self.expires.len())
    }
}

impl Active {
    /// Nothing in force yet. `key` belongs to the folder.
    ///
    /// # Panics
    /// If the shipped model of links is not sound, which a test of `link` excludes.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the shipped model is read by a test of its crate")]
    pub fn new(key: [u8; 32]) -> Self {
        Self {
            expires: BTreeMap::new(),
            lapses: BTreeSet::new(),
            terms: BTreeMap::new(),
            lists: TermLists::build([]).expect("no term is refused where there is none"),
            is_stale: false,
            bank: Bank::default(),
            hashes: BTreeMap::new(),
            removed: Index::new(),
            removed_accounts: BTreeMap::new(),
            suppressed: BTreeSet::new(),
            guarded: BTreeMap::new(),
            policies: BTreeMap::new(),
            rules: BTreeMap::new(),
            model: LinkModel::parse(seawall_link::COMEBACK_1).expect("the shipped model is sound"),
            key: SketchKey(key),
        }
    }

    /// Puts an entry in force.
    ///
    /// # Errors
    /// [`EntryError`]: the shell asks [`Active::check`] before an entry is laid down, so that
    /// here it is met only where two builds differ.
    pub fn put(&mut self, id: EntryId, knowledge: Knowledge) -> Result<(), EntryError> {
        let expires = knowledge.expires;
        match knowledge.known {
            Known::Term(term) => {
                self.terms.insert(id, term_entry(id, &term));
                self.is_stale = true;
            }
            Known::Hash(BankHash { bank, hash, class }) => {
                match hash {
                    _ if self.suppressed.contains(&id) => {}
                    FileHash::Sha256(hash) => self.bank.insert_sha256(id, hash)?,
                    FileHash::Pdq(hash) => self.bank.insert_pdq(id, Pdq::from_bytes(hash))?,
                }
                self.hashes.insert(id, (bank, class));
            }
            Known::Policy(policy) => {
                self.policies.insert(id, policy);
            }
            Known::Rules(files) => {
                self.rules.insert(id, load(&files)?);
            }
            Known::Protected(protected) => {
                let guard = Guard { entry: id, ground: protected.ground };
                self.guarded.entry(protected.account).or_default().push(guard);
            }
            Known::Removed(removed) => {
                self.compare_with(id, &removed)?;
                self.removed_accounts.extend(removed.account.map(|account| (id, account)));
            }
        }
        self.expires.insert(id, expires);
        self.lapses.extend(expires.map(|at| (at, id)));
        Ok(())
    }

    /// Has new accounts compared with a removed one; without its picture where that is marked.
    fn compare_with(
        &mut self,
        id: EntryId,
        removed: &Removed,
    ) -> Result<(), seawall_link::IndexFull> {
        let mut seen = removed.clone();
        if self.suppressed.contains(&id) {
            (seen.profile.avatar_sha256, seen.profile.avatar_pdq) = (None, None);
        }
        self.removed.insert(id, sketch_of_removed(&seen, &self.key))
    }

    /// Has nothing compared with the fingerprints of these entries any more: they are of a file
    /// marked as suspected child abuse. The entries stay in force and what rests on them stands,
    /// since to withdraw them would bring back what was removed.
    pub(crate) fn suppress(&mut self, entries: &[u64], contents: &dyn Contents) {
        for id in entries.iter().map(|entry| EntryId(*entry)) {
            self.suppressed.insert(id);
            self.bank.withdraw(id);
            if self.removed.remove(id).is_some()
                && let Some(Known::Removed(removed)) = contents.content(id).map(|k| k.known)
            {
                // There is room: it was among them a moment ago.
                let _ = self.compare_with(id, &removed);
            }
        }
    }

    /// Has things compared with the fingerprints of these entries again.
    pub(crate) fn restore(&mut self, entries: &[u64], contents: &dyn Contents) {
        for id in entries.iter().map(|entry| EntryId(*entry)) {
            if self.suppressed.remove(&id)
                && self.contains(id)
                && let Some(knowledge) = contents.content(id)
            {
                self.take(id);
                // It was in force a moment ago.
                let _ = self.put(id, knowledge);
            }
        }
    }

    /// Entries whose fingerprints are compared with nothing.
    pub fn suppressed(&self) -> impl ExactSizeIterator<Item = EntryId> {
        self.suppressed.iter().copied()
    }

    /// Entries in force whose fingerprint is of this file, or within the distance of a match of
    /// one of its perceptual hashes; removed profiles aside.
    ///
    /// Cost: one scan of the bank for each perceptual hash.
    #[must_use]
    pub fn of_file(&self, sha256: &[u8; 32], pdqs: &[[u8; 32]]) -> BTreeSet<EntryId> {
        let mut found: BTreeSet<EntryId> = self.bank.exact(sha256).collect();
        let mut near = Vec::new();
        for pdq in pdqs {
            let pdq = Pdq::from_bytes(*pdq);
            seawall_media::search(&self.bank, &pdq, MATCH_DISTANCE_BITS, &mut near);
        }
        found.extend(near.into_iter().map(|found| found.entry));
        found
    }

    /// Takes an entry out of force.
    pub fn take(&mut self, id: EntryId) {
        let Some(expires) = self.expires.remove(&id) else { return };
        if let Some(at) = expires {
            self.lapses.remove(&(at, id));
        }
        self.is_stale |= self.terms.remove(&id).is_some();
        if self.hashes.remove(&id).is_some() {
            self.bank.withdraw(id);
        }
        self.policies.remove(&id);
        self.rules.remove(&id);
        for guards in self.guarded.values_mut() {
            guards.retain(|guard| guard.entry != id);
        }
        self.guarded.retain(|_, guards| !guards.is_empty());
        self.removed.remove(id);
        self.removed_accounts.remove(&id);
    }

    /// Whether entries can be put in force together with what is.
    ///
    /// # Errors
    /// [`EntryError`] names what is wrong with which.
    pub fn check(&self, entries: &[Knowledge]) -> Result<(), EntryError> {
        let mut bank = Bank::default();
        let mut terms: Vec<TermEntry> = self.terms.values().cloned().collect();
        let mut is_new_term = false;
        for (number, entry) in (1..).zip(entries) {
            // Numbers that no entry has yet: the last ones there are.
            let id = EntryId(u64::MAX - number);
            match &entry.known {
                Known::Term(term) => {
                    is_new_term = true;
                    terms.push(term_entry(id, term));
                }
                Known::Hash(BankHash { hash: FileHash::Sha256(hash), .. }) => {
                    bank.insert_sha256(id, *hash)?;
                }
                Known::Hash(BankHash { hash: FileHash::Pdq(hash), .. }) => {
                    bank.insert_pdq(id, Pdq::from_bytes(*hash))?;
                }
                Known::Rules(files) => self.check_names(&load(files)?)?,
                Known::Policy(_) | Known::Protected(_) | Known::Removed(_) => {}
            }
        }
        if is_new_term {
            TermLists::build(terms)?;
        }
        Ok(())
    }

    /// Whether there is everything that rules ask for.
    fn check_names(&self, rules: &Ruleset) -> Result<(), EntryError> {
        let unknown = |path: &str, line, what, name: &str| EntryError::Unknown {
            path: path.to_owned(),
            line,
            what,
            name: name.to_owned(),
        };
        for (name, path, place) in rules.policies() {
            if self.policy(name).is_none() {
                return Err(unknown(path, place.line, "policy", name));
            }
        }
        for (asked, path, place) in rules.questions() {
            match asked {
                seawall_rule::Observed::TermMatches { list } if !self.has_list(list) => {
                    return Err(unknown(path, place.line, "terms", list));
                }
                seawall_rule::Observed::BankDistance { bank } if !self.has_bank(bank) => {
                    return Err(unknown(path, place.line, "bank", bank));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn has_list(&self, list: &str) -> bool {
        self.terms.values().any(|term| &*term.list == list)
    }

    fn has_bank(&self, bank: &str) -> bool {
        // The bank of removed posts' files is there before its first file.
        bank == CONFIRMED || self.hashes.values().any(|(name, _)| &**name == bank)
    }

    /// Makes the matcher of terms anew, if terms came or went.
    pub(crate) fn refresh(&mut self) {
        if std::mem::take(&mut self.is_stale)
            && let Ok(lists) = TermLists::build(self.terms.values().cloned())
        {
            self.lists = lists;
        }
    }

    /// Whether nothing could be found: no rules, or nothing that they could ask.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.rules.is_empty()
    }

    pub(crate) fn lists(&self) -> &TermLists {
        &self.lists
    }

    pub(crate) fn bank(&self) -> &Bank {
        &self.bank
    }

    pub(crate) fn removed(&self) -> &Index {
        &self.removed
    }

    pub(crate) fn model(&self) -> &LinkModel {
        &self.model
    }

    pub(crate) fn key(&self) -> &SketchKey {
        &self.key
    }

    /// The newest version of the rules.
    pub(crate) fn rules(&self) -> Option<&Ruleset> {
        self.rules.last_key_value().map(|(_, rules)| rules)
    }

    /// The bank of an entry, and what the file is.
    #[must_use]
    pub fn hash(&self, id: EntryId) -> Option<(&str, FileClass)> {
        self.hashes.get(&id).map(|(bank, class)| (&**bank, *class))
    }

    /// Whether the rules in force ask for a bank.
    pub(crate) fn asks(&self, name: &str) -> bool {
        let asked = self.rules().into_iter().flat_map(Ruleset::questions);
        asked.into_iter().any(|(asked, ..)| matches!(asked, seawall_rule::Observed::BankDistance { bank } if bank == name))
    }

    /// The first entry in force with this very fingerprint and class.
    #[must_use]
    pub fn of_hash(&self, hash: &FileHash, class: FileClass) -> Option<EntryId> {
        let of_class = |entry: &EntryId| self.hash(*entry).is_some_and(|(_, of)| of == class);
        self.of_fingerprint(hash).into_iter().find(of_class)
    }

    /// Entries in force with this very fingerprint, of any bank and class, in order.
    #[must_use]
    pub fn of_fingerprint(&self, hash: &FileHash) -> Vec<EntryId> {
        let mut found: Vec<EntryId> = match hash {
            FileHash::Sha256(hash) => self.bank.exact(hash).collect(),
            FileHash::Pdq(hash) => {
                let mut near = Vec::new();
                seawall_media::search(&self.bank, &Pdq::from_bytes(*hash), 0, &mut near);
                near.into_iter().map(|found| found.entry).collect()
            }
        };
        found.sort_unstable();
        found
    }

    /// The account that a removed profile is of, where it was known here.
    #[must_use]
    pub fn removed_account(&self, id: EntryId) -> Option<AccountId> {
        self.removed_accounts.get(&id).copied()
    }

    /// Removed profiles of an account.
    #[must_use]
    pub fn removed_of(&self, account: AccountId) -> Vec<EntryId> {
        let of = |(_, other): &(&EntryId, &AccountId)| **other == account;
        self.removed_accounts.iter().filter(of).map(|(id, _)| *id).collect()
    }

    /// Why an account is protected, if it is.
    #[must_use]
    pub fn guards(&self, account: AccountId) -> &[Guard] {
        self.guarded.get(&account).map_or(&[], Vec::as_slice)
    }

    /// The newest version of a policy.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<&Policy> {
        let of_id = self.policies.values().filter(|policy| &*policy.id == id);
        of_id.max_by_key(|policy| policy.version)
    }

    /// Entries in force, in order.
    pub fn entries(&self) -> impl Iterator<Item = EntryId> {
        self.expires.keys().copied()
    }

    /// Whether an entry is in force.
    #[must_use]
    pub fn contains(&self, id: EntryId) -> bool {
        self.expires.contains_key(&id)
    }

    /// Entries whose time is over.
    pub(crate) fn lapsed(&self, now: Timestamp) -> Vec<EntryId> {
        let mut over: Vec<EntryId> =
            self.lapses.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| *id).collect();
        // In their own order, whatever the order of their times.
        over.sort_unstable();
        over
    }

    /// When the first of them lapses.
    pub(crate) fn next_lapse(&self) -> Option<Timestamp> {
        self.lapses.first().map(|(at, _)| *at)
    }

    /// Lists, banks and what each has, in order of name.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        let lists = self.terms.values().map(|term| &*term.list);
        lists.chain(self.hashes.values().map(|(bank, _)| &**bank)).collect()
    }
}

fn load(files: &[(Box<str>, Box<str>)]) -> Result<Ruleset, EntryError> {
    let mut sources = Sources::new();
    for (path, text) in files {
        sources.insert(path, text).map_err(|error| EntryError::Rules(error.to_string()))?;
    }
    seawall_rule::load(&sources).map_err(|found| EntryError::Rules(found.render()))
}

fn term_entry(id: EntryId, term: &Term) -> TermEntry {
    TermEntry {
        id,
        list: term.list.clone(),
        term: term.term.clone(),
        near: term.near.clone(),
        not_near: term.not_near.clone(),
        window_tokens: u16::try_from(term.window).unwrap_or(u16::MAX),
    }
}
