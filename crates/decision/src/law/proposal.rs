//! What is proposed: to whom, on what ground, and by whom.
//!
//! The types refuse what no law need refuse: a post is not suspended, an account is not
//! shared outward, an order or a reversal has no quota that could hold it, and the same
//! key twice is one reader. Leaves out the platform's own words for these acts.

use std::collections::BTreeSet;

use seawall_model::{
    AccountId, ActionKind, EntryId, Family, MilliBits, PlatformId, ReviewerId, Timestamp,
};

use seawall_model::knowledge::FileClass;

use super::copy::{Closeness, Copy, Protection};

/// What is to be done, and everything law 1 asks about it.
#[derive(Clone, Debug)]
pub enum Proposal<'a> {
    /// Something is done to posts.
    OnPosts {
        /// What.
        act: PostAct,
        /// To which, all for the same reason.
        posts: &'a [Post<'a>],
        /// Who says so.
        basis: Basis<'a>,
        /// Whether the quota still has room for all of it.
        quota: Quota,
    },
    /// Something is done to accounts.
    OnAccounts {
        /// What.
        act: AccountAct,
        /// To which, all for the same reason.
        accounts: &'a [Subject<'a>],
        /// Who says so.
        basis: Basis<'a>,
        /// Whether the quota still has room for all of it.
        quota: Quota,
    },
    /// Posts are removed because a legal order names their URLs. Never held.
    Ordered {
        /// The posts to remove.
        posts: &'a [PlatformId],
        /// The order.
        order: Order<'a>,
    },
    /// What was done is undone. Never held.
    Reversal(Reversal<'a>),
}

impl Proposal<'_> {
    /// Its kind of action; `None` for a reversal, which takes one back.
    #[must_use]
    pub fn kind(&self) -> Option<ActionKind> {
        match self {
            Self::OnPosts { act, .. } => Some(act.kind()),
            Self::OnAccounts { act, .. } => Some(act.kind()),
            Self::Ordered { .. } => Some(ActionKind::Remove),
            Self::Reversal(_) => None,
        }
    }
}

/// What can be done to a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostAct {
    /// Its reach is restricted.
    Restrict(Until),
    /// A screen is put before it.
    Interstitial,
    /// It gets a label that everybody sees.
    Label,
    /// It is removed.
    Remove,
    /// What was learnt from it is shared outward. A profile is nothing that can leave.
    Share(Outward),
    /// What was kept of it is destroyed.
    Destroy(Vault),
}

impl PostAct {
    /// Its kind.
    #[must_use]
    pub fn kind(self) -> ActionKind {
        match self {
            Self::Restrict(_) => ActionKind::Restrict,
            Self::Interstitial => ActionKind::Interstitial,
            Self::Label => ActionKind::Label,
            Self::Remove => ActionKind::Remove,
            Self::Share(_) => ActionKind::Share,
            Self::Destroy(_) => ActionKind::Destroy,
        }
    }
}

/// What can be done to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountAct {
    /// Its reach is restricted.
    Restrict(Until),
    /// It gets a label that everybody sees.
    Label,
    /// It is suspended.
    Suspend,
}

impl AccountAct {
    /// Its kind.
    #[must_use]
    pub fn kind(self) -> ActionKind {
        match self {
            Self::Restrict(_) => ActionKind::Restrict,
            Self::Label => ActionKind::Label,
            Self::Suspend => ActionKind::Suspend,
        }
    }
}

/// How a restriction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// By itself, at this time.
    Lapses(Timestamp),
    /// When somebody lifts it.
    Lifted,
}

/// What may leave for another platform (law 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outward {
    /// Hashes of files.
    Hashes,
    /// Labels of files.
    Labels,
    /// How many there were.
    Counts,
}

/// Where content to destroy is kept (law 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vault {
    /// Nowhere: there is no vault, and so nothing is destroyed.
    Absent,
    /// Sealed in the vault.
    Sealed {
        /// When its stated time of keeping ends.
        until: Timestamp,
    },
}

/// Whether a quota has room (law 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// It has.
    Within,
    /// It has not: the action is held.
    Spent,
}

/// A post that something is done to.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Whether it is marked.
    pub material: Material,
    /// Who posted it, what people saw of it, and what ties it to what is known.
    pub subject: Subject<'a>,
}

/// Whether a post carries material that only one route may hold (law 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Material {
    /// It does not.
    Ordinary,
    /// It is marked as suspected child abuse: never shared, whoever rules.
    SuspectedChildAbuse,
}

/// An account that something is done to, or who posted such a post.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The account.
    pub account: Account,
    /// What people saw of its content.
    pub sight: Sight,
    /// The evidence about it.
    pub evidence: &'a [Evidence<'a>],
}

/// What law 1 asks about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its own id.
    pub id: AccountId,
    /// Whether it is in the protected register.
    pub protection: Protection,
    /// When it was created; `None` if unknown.
    pub created_at: Option<Timestamp>,
    /// When a decision against it was last upheld or left unopposed.
    pub last_upheld: Option<Timestamp>,
    /// When Seawall, unattended, first restricted it for what the proposal rests on; `None`
    /// if it has not. The 72 hours run from then, so that renewing does not lengthen them.
    pub restricted_since: Option<Timestamp>,
}

/// Seconds after which an account without an upheld decision is in good standing: 30 days.
pub const GOOD_STANDING_SECONDS: i64 = 30 * 24 * 3600;

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repute {
    /// Known for 30 days, and no decision against it was upheld in them.
    Good,
    /// Newer, or a decision was upheld within 30 days.
    NotGood,
    /// Nobody knows when it was created.
    Unknown,
}

impl Account {
    /// How it stands at `now`.
    #[must_use]
    pub fn repute(&self, now: Timestamp) -> Repute {
        let recent = |time: Timestamp| now.seconds_since(time) < GOOD_STANDING_SECONDS;
        match self.created_at {
            _ if self.last_upheld.is_some_and(recent) => Repute::NotGood,
            None => Repute::Unknown,
            Some(created) if recent(created) => Repute::NotGood,
            Some(_) => Repute::Good,
        }
    }
}

/// What people saw of the content of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nobody looked.
    Unseen,
    /// This reviewer saw the content itself. Counts if the reviewer signed the ruling.
    Itself(ReviewerId),
    /// It carries a file that people decided before.
    File(Copy),
}

/// A piece of evidence about a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence<'a> {
    /// A comparison with a removed account or another member.
    Link {
        /// What it is about.
        family: Family,
        /// How heavy it weighs; negative speaks against.
        weight: MilliBits,
        /// How rare the shared thing is within that community.
        shared: Shared,
    },
    /// A match with a bank entry.
    Match {
        /// The entry.
        entry: EntryId,
        /// How near.
        closeness: Closeness,
        /// What the entry's file is.
        class: FileClass,
        /// Who confirmed the entry.
        confirmed_by: &'a BTreeSet<ReviewerId>,
    },
    /// What is never evidence enough.
    Never(Source),
}

/// How rare a shared thing is within the community of those who share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shared {
    /// Few there have it.
    RareInCommunity,
    /// Many there have it.
    Widespread,
    /// Not measured. Counts as widespread.
    Unknown,
}

/// Where a hint came from that is never evidence enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A report from outside, however many there are.
    Report,
    /// A burst.
    Burst,
    /// A classifier's number.
    Classifier,
    /// A group is named or scripture quoted.
    Mention,
}

/// Who says that something is to be done.
#[derive(Clone, Copy, Debug)]
pub enum Basis<'a> {
    /// No person: a rule matched.
    Unattended(Inputs),
    /// People ruled.
    Ruled(Ruling<'a>),
}

/// What a verdict rests on (law 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// Everything it asked for was there.
    Complete,
    /// Something was missing or failed.
    Missing,
}

/// A ruling and those who signed it.
#[derive(Clone, Copy, Debug)]
pub struct Ruling<'a> {
    /// Who signed it.
    pub readers: &'a Readers,
    /// Accounts of the same network on which one person alone acted gravely before. They
    /// count towards the 25, so that a network cannot be cut into slices.
    pub alone_before: u32,
}

/// The reviewers who signed a ruling: at least one, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readers {
    first: ReviewerId,
    others: BTreeSet<ReviewerId>,
}

impl Readers {
    /// One reader.
    #[must_use]
    pub fn new(first: ReviewerId) -> Self {
        Self { first, others: BTreeSet::new() }
    }

    /// One more reader. One key cannot read second: the same key again changes nothing.
    #[must_use]
    pub fn and(mut self, reader: ReviewerId) -> Self {
        if reader != self.first {
            self.others.insert(reader);
        }
        self
    }

    /// How many different people signed: at least 1.
    #[must_use]
    pub fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// Whether this reviewer signed.
    #[must_use]
    pub fn contains(&self, reader: ReviewerId) -> bool {
        reader == self.first || self.others.contains(&reader)
    }
}

/// A legal removal order.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Whether it was found valid.
    pub validity: Validity,
    /// The posts that its URLs name.
    pub listed: &'a BTreeSet<PlatformId>,
    /// Who executes it.
    pub executed_by: ReviewerId,
    /// Who has read it second already. The same key as `executed_by` has not.
    pub read_second: Option<ReviewerId>,
}

/// What became of checking an order's form and sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It is from a competent authority and complete.
    Valid,
    /// Not checked, or a clarification was asked for.
    Unclear,
    /// It lost its effect or never had any.
    Void,
}

/// Why something is undone.
#[derive(Clone, Copy, Debug)]
pub enum Reversal<'a> {
    /// Nothing that it rested on stands any more.
    SupportFell,
    /// Who decided it takes it back.
    Withdrawn {
        /// Who.
        by: ReviewerId,
    },
    /// An appeal was granted.
    Appeal {
        /// Who granted it.
        by: ReviewerId,
        /// Who signed the decision, or read it second.
        decided_by: &'a Readers,
    },
    /// The order it rested on lost its effect, or the time of the action is over.
    Ended,
}
