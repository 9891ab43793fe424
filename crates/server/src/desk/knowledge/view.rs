//! Entries of knowledge as they are told: what they say, what supports them, whether they
//! count.
//!
//! Left out: the profile of a removed account, which is sealed, and the register of protected
//! accounts to whom did not read it.

use std::collections::{BTreeMap, BTreeSet};

use seawall_model::knowledge::{Knowledge, KnowledgeKind, Removed};
use seawall_model::{EntryId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::{KnowledgeError, confirmed_by, in_force};
use crate::engine::Derivation;

/// Entries opened for one page at most; where more are passed over, the page is short.
const OPENED_MAX: u32 = 1_000;

/// How an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It counts.
    InForce,
    /// It is laid down, and too few people stand for it.
    Waiting,
    /// Its time is over.
    Lapsed,
    /// It was withdrawn, or what supported it was overturned.
    Withdrawn,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 4] = [Self::InForce, Self::Waiting, Self::Lapsed, Self::Withdrawn];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Waiting => "waiting",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The standing of a stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == name)
    }
}

/// An entry of knowledge.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EntryView<S> {
    /// Its number.
    #[schema(example = "k3")]
    pub entry: String,
    /// What it says.
    #[serde(flatten)]
    pub says: S,
    /// Where it comes from, in words.
    pub source: String,
    /// The decisions that support it.
    pub supports: Vec<String>,
    /// How many people stand for it.
    pub confirmed_by: usize,
    /// How many people signed those decisions. Of a profile of a removed account nobody says
    /// that they saw what it was removed for, so that nobody confirmed it.
    pub signed_by: usize,
    /// When it lapses by itself; null if it stays.
    pub expires: Option<String>,
    /// Whether it counts.
    pub standing: Standing,
}

/// A term of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TermSaid {
    /// The list.
    pub list: String,
    /// The word or phrase.
    pub term: String,
    /// One of these must stand near; empty if nothing must.
    pub near: Vec<String>,
    /// None of these may stand near.
    pub not_near: Vec<String>,
    /// How many words away is near.
    pub window: u32,
}

/// A fingerprint of a bank. The whole of it is told to nobody: a picture can be guessed by it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HashSaid {
    /// The bank.
    pub bank: String,
    /// `sha256` or `pdq`.
    pub algorithm: &'static str,
    /// Its first 12 hexadecimal digits.
    pub hash_start: String,
    /// What the file is.
    pub class: &'static str,
}

/// A version of a policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicySaid {
    /// Its name in rules and rulings.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// Its title in Arabic.
    pub title_ar: String,
    /// Its title in English.
    pub title_en: String,
    /// Where it is published.
    pub reference: String,
    /// Whether it is about terrorist content.
    pub terrorist_content: bool,
    /// Hours for which reach may be restricted unattended; 0 for never.
    pub unattended_restrict_hours: u32,
    /// Days within which a decision can be appealed.
    pub appeal_days: u32,
}

/// A version of a policy, with its texts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicyTexts {
    /// The policy.
    #[serde(flatten)]
    pub policy: PolicySaid,
    /// Its text in Arabic.
    pub text_ar: String,
    /// Its text in English.
    pub text_en: String,
}

/// A version of the rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RulesSaid {
    /// Names of the rules.
    pub rules: Vec<String>,
    /// Paths of the files.
    pub files: Vec<String>,
    /// The first 12 hexadecimal digits of its name: SHA-256 over paths and texts.
    pub digest_start: String,
}

/// A version of the rules, with its files.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RulesTexts {
    /// The rules.
    #[serde(flatten)]
    pub rules: RulesSaid,
    /// The text of each file, by path.
    pub texts: BTreeMap<String, String>,
}

/// An account of the protected register.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProtectedSaid {
    /// The platform's id; null once the account was erased.
    pub account: Option<String>,
    /// Why: `press`, `archive`, `research`, `counter` or `other`.
    pub ground: &'static str,
}

/// An account that was removed: own facts only, neither handle nor name, nor what they were
/// called in a reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RemovedSaid {
    /// The policy it was removed under.
    pub policy: String,
    /// When.
    pub removed_at: String,
}

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
