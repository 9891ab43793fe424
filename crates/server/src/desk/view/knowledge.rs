//! Entries of knowledge and trials of rules, as they are sent.
//!
//! Left out: the profile of a removed account, which is sealed, and who may see the register.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

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
    /// Its first 12 hexadecimal digits; null if the file is marked.
    pub hash_start: Option<String>,
    /// Whether the file is marked as suspected child abuse: it is compared with nothing, and
    /// shown to nobody.
    #[serde(rename = "marked")]
    pub is_marked: bool,
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

/// What a rule said of the events.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RuleTold {
    /// The rule.
    pub rule: String,
    /// Events that it matched.
    pub matched: u64,
    /// Events that it did not match.
    pub not_matched: u64,
    /// Events of which it could not say.
    pub unknown: u64,
    /// Events of which it was not asked, since its file was not.
    pub not_asked: u64,
    /// Verdicts that might be others had nothing been missing.
    pub rests_on_missing: u64,
}

/// What rules asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EffectTold {
    /// `open_case` or `declare`.
    pub effect: String,
    /// The policy, or the outcome.
    pub of: String,
    /// The rule that asked first.
    pub rule: String,
    /// How often.
    pub count: u64,
    /// How often it rests on something missing.
    pub rests_on_missing: u64,
}
