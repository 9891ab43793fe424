//! What people do: reviewers, knowledge and rulings, each journaled as it is said.
//!
//! Whatever cannot be taken is refused before it is journaled. What a decision brings into
//! knowledge (the profile of an account it suspends, the files of a post it removes) is read
//! from the log and laid down right after it; what a crash cut off there is made again at the
//! next start.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use seawall_event::reopen;
use seawall_model::journal::{Body, Ruling, SubjectSeen};
use seawall_model::knowledge::{
    BankHash, FileClass, FileHash, Knowledge, KnowledgeKind, Known, Removed, RemovedProfile,
};
use seawall_model::{
    AccountId, DecisionId, EntryId, Event, EventKind, MediaRef, ReviewerId, Timestamp,
};
use seawall_pipeline::{CONFIRMED, EntryError, RulingError};
use seawall_review::Case;
use seawall_store::{Chance, Content, Entries, Folder, KnowledgeBase, LogReader, Stored};

use super::post::{file_of, post_of};
use super::{Derivation, EngineError, Settings};
use crate::chance;
use crate::signing::KeyError;

/// Days for which the profile of a removed account is kept.
pub const REMOVED_DAYS: i64 = 365;
/// Events of a removed account in which its links are looked for: the newest.
const EVENTS_READ: u32 = 200;
/// Links kept of a removed account.
const LINKS_KEPT: usize = 16;
/// Entries of the journal read at once.
const ENTRIES_PER_READ: u32 = 1_000;

/// Why something that people did cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The ruling cannot be taken.
    #[error(transparent)]
    Ruling(#[from] RulingError),
    /// An entry of knowledge cannot be put in force.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// An entry holds a fingerprint of a file that is marked.
    #[error(
        "entry {0} is of a file that is marked as suspected child abuse: nothing is compared with it; leave it out"
    )]
    Marked(usize),
    /// The key does not fit.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Somebody who is known must admit the next.
    #[error("there are reviewers already: one of them admits the next with --by KEY")]
    NotFirst,
    /// The key signs for nobody.
    #[error("this key is of no reviewer of this folder; see `seawall reviewer list`")]
    Stranger,
    /// Whoever made the link that a key came of cannot also answer for it.
    #[error(
        "{0} made the link that this key came of, so somebody else answers for it: anybody whose \
         key counts asks the person for it and admits it, under the same address, or signs it \
         elsewhere (`signed`)"
    )]
    OwnLink(ReviewerId),
    /// The key is a reviewer's already.
    #[error("this key is already {0}'s")]
    Known(ReviewerId),
}

impl From<seawall_store::Error> for PeopleError {
    fn from(error: seawall_store::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl Derivation {
    /// The content of knowledge.
    #[must_use]
    pub fn knowledge(&self) -> &KnowledgeBase {
        &self.knowledge
    }

    /// Takes an input in, and gives what the journal tells from there on.
    pub(super) fn followed(
        &mut self,
        input: Body,
        now: Timestamp,
    ) -> Result<Vec<Body>, PeopleError> {
        let (before, _) = self.journal.head();
        self.input(input, now)?;
        let entries = self.journal.read(before + 1, ENTRIES_PER_READ).map_err(EngineError::from)?;
        Ok(entries.into_iter().map(|recorded| recorded.entry.body).collect())
    }

    /// Takes a ruling, and gives what follows from it: the derived entries.
    ///
    /// # Errors
    /// [`PeopleError`] if it cannot be taken; nothing is journaled then.
    pub fn rule(
        &mut self,
        ruling: Ruling,
        signature: String,
        now: Timestamp,
    ) -> Result<Vec<Body>, PeopleError> {
        self.verify(ReviewerId(ruling.reviewer), &ruling.to_bytes(), &signature)?;
        self.pipeline.judge().check(&ruling, self.pipeline.active())?;
        self.followed(Body::Ruled { ruling, signature }, now)
    }

    /// Lays entries of knowledge down. They count once a ruling stands for them.
    ///
    /// # Errors
    /// [`PeopleError::Entry`] if one cannot be put in force; nothing is laid down then.
    pub fn lay_down(
        &mut self,
        entries: &[Knowledge],
        chance: &mut dyn Chance,
        now: Timestamp,
    ) -> Result<RangeInclusive<u64>, PeopleError> {
        self.pipeline.active().check(entries)?;
        if let Some(place) = self.first_marked(entries) {
            return Err(PeopleError::Marked(place));
        }
        let body = self.laid(entries, self.hash_before()?, None, chance)?;
        let Body::KnowledgeAdded { first, last, .. } = body else { unreachable!("as it was made") };
        self.input(body, now)?;
        Ok(first..=last)
    }

    /// The hash of the version of knowledge in force.
    fn hash_before(&self) -> Result<String, EngineError> {
        let before = self.journal.last_of_type("knowledge_added")?;
        Ok(match before.map(|recorded| recorded.entry.body) {
            Some(Body::KnowledgeAdded { hash, .. }) => hash,
            _ => String::new(),
        })
    }

    /// Lays entries down, and gives what the journal is to tell of it.
    fn laid(
        &mut self,
        entries: &[Knowledge],
        before: String,
        decision: Option<DecisionId>,
        chance: &mut dyn Chance,
    ) -> Result<Body, EngineError> {
        let after = self.pipeline.judge().last_entry();
        let (laid, kind, hash) = match entries.first() {
            Some(first) => {
                let laid = self.knowledge.lay_down(entries, after, &before, chance)?;
                (laid.entries, first.known.kind(), laid.hash)
            }
            // Nothing came of the decision, and that is said too.
            None => (after + 1..=after, KnowledgeKind::Removed, before),
        };
        let (first, last) = (*laid.start(), *laid.end());
        Ok(self.added(kind, (first, last), decision, hash))
    }

    fn added(
        &self,
        kind: KnowledgeKind,
        (first, last): (u64, u64),
        decision: Option<DecisionId>,
        hash: String,
    ) -> Body {
        let version = self.pipeline.judge().version() + 1;
        let (kind, decision) = (kind.as_str().to_owned(), decision.map(|decision| decision.0));
        Body::KnowledgeAdded { kind, version, first, last, decision, hash }
    }

    /// Lays down what decisions bring in, as far as it is not done yet. Gives the decisions
    /// it was done for.
    ///
    /// # Errors
    /// [`EngineError`] if log or knowledge fail.
    pub fn follow(
        &mut self,
        folder: &Folder,
        chance: &mut dyn Chance,
        now: Timestamp,
    ) -> Result<Vec<DecisionId>, EngineError> {
        let owed = self.pipeline.judge().owed();
        for decision in &owed {
            seawall_store::point("knowledge.owed");
            let (known, new) = self.brought_in(*decision, folder, now)?;
            let mut bodies = Vec::new();
            let mut hash = self.hash_before()?;
            for entry in known {
                // What the journal tells of lies there, or was destroyed with a tombstone.
                let after = self.knowledge.version_hash(entry.0..=entry.0, &hash)?;
                hash = after.unwrap_or(hash);
                let run = (entry.0, entry.0);
                bodies.push(self.added(KnowledgeKind::Hash, run, Some(*decision), hash.clone()));
            }
            if bodies.is_empty() || !new.is_empty() {
                bodies.push(self.laid(&new, hash, Some(*decision), chance)?);
            }
            for (place, body) in (0..).zip(&mut bodies) {
                if let Body::KnowledgeAdded { version, .. } = body {
                    *version += place;
                }
            }
            // In one step: a decision brings in all of it or, after a crash, all of it again.
            self.inputs(bodies, now)?;
        }
        Ok(owed)
    }

    /// What a decision brings into knowledge: entries in force that it supports too, and new
    /// ones.
    fn brought_in(
        &self,
        decision: DecisionId,
        folder: &Folder,
        now: Timestamp,
    ) -> Result<(Vec<EntryId>, Vec<Knowledge>), EngineError> {
        let judge = self.pipeline.judge();
        let made = judge.decision(decision);
        let Some(case) = made.and_then(|made| judge.cases().get(made.case?)) else {
            return Ok((Vec::new(), Vec::new()));
        };
        // A case may have heard others since a ruling began to wait for room.
        let last = made.and_then(|made| made.reviewers.last().copied());
        let agreed = last.map(|last| case.agreed_with(last)).unwrap_or_default();
        let mut reader = folder.log_reader()?;
        let source: Box<str> = format!("decision {decision}").into();
        let class = seawall_review::file_class(&agreed);
        let known = match case.subject {
            SubjectSeen::Account { account } => {
                let profile = profile_of(&mut reader, AccountId(account))?;
                let account = Some(AccountId(account));
                let cited = agreed.iter().rev().find_map(|heard| heard.policy.as_ref());
                let cited = cited.map(|policy| policy.id.as_str().into());
                let (policy, reason) = (cited.unwrap_or(case.policy.clone()), source.clone());
                let removed = Removed { account, policy, reason, at: now, profile };
                vec![Known::Removed(removed)]
            }
            SubjectSeen::Post { .. } => match class {
                Some(class) => files_of(&mut reader, case, class)?,
                None => Vec::new(),
            },
            SubjectSeen::Entry { .. } => Vec::new(),
        };
        let known: Vec<Known> =
            known.into_iter().filter_map(|known| self.unmarked(known)).collect();
        let expires = |known: &Known| {
            matches!(known, Known::Removed(_)).then(|| now.plus_seconds(REMOVED_DAYS * 86_400))
        };
        let entry =
            |known: Known| Knowledge { source: source.clone(), expires: expires(&known), known };
        let active = self.pipeline.active();
        let in_force = |known: &Known| match known {
            Known::Hash(hash) => active.of_hash(&hash.hash, hash.class),
            _ => None,
        };
        let supported: BTreeSet<EntryId> = known.iter().filter_map(in_force).collect();
        let new = known.into_iter().filter(|known| in_force(known).is_none());
        let entries: Vec<Knowledge> = new.map(entry).collect();
        // What cannot be compared by, such as a picture of one colour, brings nothing in.
        let fits = |entry: &Knowledge| active.check(std::slice::from_ref(entry)).is_ok();
        Ok((supported.into_iter().collect(), entries.into_iter().filter(fits).collect()))
    }

    /// Entries about people whose time is over: they are in force no more, nobody can stand
    /// for them, and what they say is of no use. What they say is destroyed at night.
    ///
    /// # Errors
    /// [`EngineError`] if knowledge cannot be read.
    pub fn past_expiry(&self, now: Timestamp) -> Result<Vec<EntryId>, EngineError> {
        let mut past = Vec::new();
        for kind in [KnowledgeKind::Removed, KnowledgeKind::Protected] {
            for entry in self.knowledge.of_kind(kind)? {
                if self.pipeline.active().contains(entry) {
                    continue;
                }
                let waits = self.pipeline.judge().waits(entry);
                let expires =
                    || Ok::<_, EngineError>(self.knowledge.read(entry)?.and_then(|k| k.expires));
                if !waits || expires()?.is_some_and(|at| at <= now) {
                    past.push(entry);
                }
            }
        }
        Ok(past)
    }

    /// Destroys what entries say. The journal has told of it before.
    ///
    /// # Errors
    /// [`EngineError`] if knowledge cannot be written; doing it again does what is left.
    pub fn destroy(&mut self, entries: &[EntryId], now: Timestamp) -> Result<(), EngineError> {
        Ok(self.knowledge.destroy(entries, now)?)
    }

    /// At a start: takes away what was laid down and never told, and lays down what is owed.
    pub(super) fn settle_knowledge(
        &mut self,
        folder: &Folder,
        settings: &Settings,
        repaired: &mut Vec<String>,
    ) -> Result<(), EngineError> {
        let untold = self.knowledge.forget_after(self.pipeline.judge().last_entry())?;
        if untold > 0 {
            repaired.push(format!("{untold} entries of knowledge taken away that were never told"));
        }
        let mut chance = chance::source(settings.test_seed);
        let owed = self.follow(folder, &mut *chance, settings.clock.now())?;
        if !owed.is_empty() {
            repaired.push(format!("what {} decisions bring in was laid down", owed.len()));
        }
        Ok(())
    }
}

/// What an account looked like when it was last seen.
fn profile_of(reader: &mut LogReader, account: AccountId) -> Result<RemovedProfile, EngineError> {
    let told = [EventKind::AccountUpdated, EventKind::AccountCreated];
    let mut profile = RemovedProfile::default();
    for stored in reader.newest_of(account, &told, EVENTS_READ)? {
        let Some(shown) = opened(&stored)?.and_then(|event| event.profile) else { continue };
        profile.handle = profile.handle.or(shown.handle);
        profile.name = profile.name.or(shown.name);
        let avatar = shown.avatar.unwrap_or_default();
        profile.avatar_sha256 = profile.avatar_sha256.or(avatar.sha256);
        profile.avatar_pdq = profile.avatar_pdq.or(avatar.pdq);
        keep_links(&mut profile.links, shown.links);
    }
    for stored in reader.newest_of(account, &[EventKind::PostCreated], EVENTS_READ)? {
        let Some(event) = opened(&stored)? else { continue };
        if let Some(post) = event.post() {
            keep_links(&mut profile.links, post.links.clone());
        }
    }
    Ok(profile)
}

fn keep_links(kept: &mut Vec<Box<str>>, links: Vec<Box<str>>) {
    for link in links {
        if kept.len() < LINKS_KEPT && !kept.contains(&link) {
            kept.push(link);
        }
    }
}

/// The fingerprints of a post's file as it is now, whether it came with the post or was told
/// apart; none of several, since nobody said which of them it is.
fn files_of(
    reader: &mut LogReader,
    case: &Case,
    class: FileClass,
) -> Result<Vec<Known>, EngineError> {
    let post = post_of(reader, case)?;
    let mut media: Vec<MediaRef> = post
        .iter()
        .filter_map(|(_, event)| event.post())
        .flat_map(|post| &post.media)
        .cloned()
        .collect();
    if !case.is_edited()
        && let Some(item) = file_of(reader, case)?
        && !media.iter().any(|known| is_same_file(known, &item.media))
    {
        media.push(item.media);
    }
    if media.len() != 1 {
        return Ok(Vec::new());
    }
    let hashes = media.iter().flat_map(|media| {
        let sha256 = media.sha256.map(FileHash::Sha256);
        sha256.into_iter().chain(media.pdq.map(FileHash::Pdq))
    });
    let hash = |hash| Known::Hash(BankHash { bank: CONFIRMED.into(), hash, class });
    Ok(hashes.map(hash).collect())
}

/// Whether two files have the same bytes, or look the same where the bytes of neither are known.
fn is_same_file(a: &MediaRef, b: &MediaRef) -> bool {
    match (a.sha256, b.sha256) {
        (Some(a), Some(b)) => a == b,
        _ => a.pdq.is_some() && a.pdq == b.pdq,
    }
}

/// A stored event, opened; `None` if its content was erased.
pub(crate) fn opened(stored: &Stored) -> Result<Option<Event>, EngineError> {
    match &stored.content {
        Content::Erased => Ok(None),
        Content::Bytes(bytes) => reopen(bytes).map(Some).map_err(|source| {
            EngineError::Unreadable { position: stored.placed.position.0, source }
        }),
    }
}
