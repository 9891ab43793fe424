//! Knowledge: what people activated that conclusions depend on, one entry at a time.
//!
//! The content of an entry is sealed in the store; the journal tells its number, which
//! decision supports it and when it was withdrawn. The written form is JSON with a version,
//! converted by hand: it is read for years. Left out: what is made of entries (matchers,
//! indexes), and constants, which the journal holds by itself.

mod form;

use crate::{AccountId, Timestamp};

pub use form::FormError;

/// What kind of knowledge an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KnowledgeKind {
    /// A term of a list.
    Term = 1,
    /// A fingerprint of a bank.
    Hash = 2,
    /// A version of a policy.
    Policy = 3,
    /// A version of the rules.
    Rules = 4,
    /// An account of the protected register.
    Protected = 5,
    /// The profile of an account that was removed.
    Removed = 6,
}

impl KnowledgeKind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 6] =
        [Self::Term, Self::Hash, Self::Policy, Self::Rules, Self::Protected, Self::Removed];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Term => "term",
            Self::Hash => "hash",
            Self::Policy => "policy",
            Self::Rules => "rules",
            Self::Protected => "protected",
            Self::Removed => "removed",
        }
    }

    /// The kind of a stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One entry of knowledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knowledge {
    /// Where it comes from, in words.
    pub source: Box<str>,
    /// When it lapses by itself; `None` if it stays.
    pub expires: Option<Timestamp>,
    /// What it says.
    pub known: Known,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// A term of a list.
    Term(Term),
    /// A fingerprint of a bank.
    Hash(BankHash),
    /// A version of a policy.
    Policy(Policy),
    /// A version of the rules: files by path.
    Rules(Vec<(Box<str>, Box<str>)>),
    /// An account of the protected register.
    Protected(Protected),
    /// The profile of an account that was removed.
    Removed(Removed),
}

impl Known {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> KnowledgeKind {
        match self {
            Self::Term(_) => KnowledgeKind::Term,
            Self::Hash(_) => KnowledgeKind::Hash,
            Self::Policy(_) => KnowledgeKind::Policy,
            Self::Rules(_) => KnowledgeKind::Rules,
            Self::Protected(_) => KnowledgeKind::Protected,
            Self::Removed(_) => KnowledgeKind::Removed,
        }
    }
}

/// A word or phrase that is looked for, and the company it must or must not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The list it belongs to.
    pub list: Box<str>,
    /// The word or phrase, as it was given.
    pub term: Box<str>,
    /// One of these must stand near; none means that nothing must.
    pub near: Vec<Box<str>>,
    /// None of these may stand near.
    pub not_near: Vec<Box<str>>,
    /// How many words away is near.
    pub window: u32,
}

/// A fingerprint of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileHash {
    /// SHA-256 of its bytes: exactly this file.
    Sha256([u8; 32]),
    /// PDQ of a picture: this one and what looks like it.
    Pdq([u8; 32]),
}

/// What a file is, whoever posts it. Law 2: never the same as what a post is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FileClass {
    /// Made to support.
    Support = 1,
    /// News.
    News = 2,
    /// Counter-speech.
    Counter = 3,
    /// Research.
    Research = 4,
    /// Evidence of crimes.
    Evidence = 5,
    /// Nothing of these, or not yet said.
    Other = 6,
}

impl FileClass {
    /// Every class, in order of its number.
    pub const ALL: [Self; 6] =
        [Self::Support, Self::News, Self::Counter, Self::Research, Self::Evidence, Self::Other];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Support => "support",
            Self::News => "news",
            Self::Counter => "counter",
            Self::Research => "research",
            Self::Evidence => "evidence",
            Self::Other => "other",
        }
    }

    /// The class of a stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }
}

/// A fingerprint in a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankHash {
    /// The bank.
    pub bank: Box<str>,
    /// The fingerprint.
    pub hash: FileHash,
    /// What the file is.
    pub class: FileClass,
}

/// A version of a policy: what decisions cite and people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name in commands and rules, such as `kettle-league`.
    pub id: Box<str>,
    /// Its version, from 1.
    pub version: u32,
    /// Its title in Arabic and in English.
    pub title: [Box<str>; 2],
    /// Its text in Arabic and in English.
    pub text: [Box<str>; 2],
    /// Where it is published.
    pub reference: Box<str>,
    /// What kind of content it is about.
    pub scope: PolicyScope,
    /// Hours for which reach may be restricted unattended, within law 1; 0 for never.
    pub unattended_hours: u32,
    /// Days within which a decision can be appealed.
    pub appeal_days: u32,
}

/// What a policy is about, as far as Seawall treats it differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyScope {
    /// Terrorist content: removals under it are indexed, so that returns are recognised.
    Terrorist,
    /// Anything else: nothing of it is indexed.
    Other,
}

/// Why an account is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Ground {
    /// A newsroom or a journalist.
    Press = 1,
    /// An archive of human-rights evidence.
    Archive = 2,
    /// Research.
    Research = 3,
    /// Counter-speech.
    Counter = 4,
    /// Another ground, told in the source.
    Other = 5,
}

impl Ground {
    /// Every ground, in order of its number.
    pub const ALL: [Self; 5] =
        [Self::Press, Self::Archive, Self::Research, Self::Counter, Self::Other];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Press => "press",
            Self::Archive => "archive",
            Self::Research => "research",
            Self::Counter => "counter",
            Self::Other => "other",
        }
    }

    /// The ground of a stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.as_str() == name)
    }
}

/// An account of the protected register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protected {
    /// The account.
    pub account: AccountId,
    /// Why.
    pub ground: Ground,
}

/// An account that was removed, as it looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Its own id, where it was known here.
    pub account: Option<AccountId>,
    /// The policy it was removed under.
    pub policy: Box<str>,
    /// Why, in words.
    pub reason: Box<str>,
    /// When.
    pub at: Timestamp,
    /// What it looked like.
    pub profile: RemovedProfile,
}

/// What of a removed account is kept to compare new ones with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemovedProfile {
    /// Its handle.
    pub handle: Option<Box<str>>,
    /// Its display name.
    pub name: Option<Box<str>>,
    /// SHA-256 of its avatar.
    pub avatar_sha256: Option<[u8; 32]>,
    /// PDQ of its avatar.
    pub avatar_pdq: Option<[u8; 32]>,
    /// Links of its profile and posts.
    pub links: Vec<Box<str>>,
}
