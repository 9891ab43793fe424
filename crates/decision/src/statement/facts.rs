//! What a notice may say, as types that cannot carry what it must not (law 8).
//!
//! No account but the reader's own, no reporter, list, threshold or detector has a place
//! here. Free text is a [`Phrase`]: a policy's title, version and reference, and the law an
//! order rests on.

use std::num::NonZeroU32;

use seawall_model::{ActionId, ActionKind, PlatformId, Timestamp};

use super::Phrase;
use super::words::{self, Language};
use crate::law::UNATTENDED_SECONDS_MAX;

/// What a notice tells.
#[derive(Clone, Copy, Debug)]
pub enum Facts<'a> {
    /// Something was done under a policy.
    Taken(Taken<'a>),
    /// Posts were removed under a legal order.
    Ordered(Ordered<'a>),
    /// Something was undone.
    Restored(Restored),
    /// An appeal was considered, and changed nothing.
    Appealed(Appealed<'a>),
}

/// Something that was done under a policy.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    /// Its number, by which the person appeals.
    pub action: ActionId,
    /// What, on how much, for how long.
    pub measure: Measure,
    /// When. The day is shown in UTC.
    pub taken_at: Timestamp,
    /// One of the person's own posts that it concerns.
    pub excerpt: Option<&'a PlatformId>,
    /// Where it applies. Not said of what is shared or destroyed.
    pub territory: Territory,
    /// What was found.
    pub circumstance: Circumstance,
    /// The policy that was broken.
    pub policy: Policy<'a>,
    /// How it came.
    pub initiative: Initiative,
    /// Whether automated means helped to detect it.
    pub detection: Detection,
    /// What the person can do.
    pub redress: Redress,
}

/// What was done, on how much and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Reach was restricted.
    Restrict {
        /// Of what.
        scope: Scope,
        /// By whom, and for how long.
        by: RestrictedBy,
    },
    /// A screen was put before posts.
    Interstitial(Posts),
    /// A label that everybody sees was put.
    Label(Scope),
    /// Posts were removed.
    Remove(Posts),
    /// The account was suspended.
    Suspend(Lasting),
    /// Hashes were shared outward.
    Share(Posts),
    /// The kept copy was destroyed.
    Destroy(Posts),
}

impl Measure {
    /// Its kind of action.
    #[must_use]
    pub fn kind(self) -> ActionKind {
        match self {
            Self::Restrict { .. } => ActionKind::Restrict,
            Self::Interstitial(_) => ActionKind::Interstitial,
            Self::Label(_) => ActionKind::Label,
            Self::Remove(_) => ActionKind::Remove,
            Self::Suspend(_) => ActionKind::Suspend,
            Self::Share(_) => ActionKind::Share,
            Self::Destroy(_) => ActionKind::Destroy,
        }
    }

    pub(crate) fn scope(self) -> Scope {
        match self {
            Self::Restrict { scope, .. } | Self::Label(scope) => scope,
            Self::Suspend(_) => Scope::Account,
            Self::Interstitial(posts)
            | Self::Remove(posts)
            | Self::Share(posts)
            | Self::Destroy(posts) => Scope::Posts(posts),
        }
    }
}

/// How many posts: at least one.
pub type Posts = NonZeroU32;

/// What is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The account.
    Account,
    /// So many of its posts.
    Posts(Posts),
}

/// For how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// So many hours; 0 is less than one.
    Hours(u32),
    /// So many days; 0 is less than one.
    Days(u32),
    /// Until another decision.
    Open,
}

/// Who restricted reach: the one measure that may be automatic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestrictedBy {
    /// People.
    People(Lasting),
    /// Nobody: a rule met an exact copy. The notice says so, whatever the facts say of
    /// circumstance and detection.
    Rule(UnattendedHours),
}

/// Hours of a restriction without a person: 0 to 72.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnattendedHours(u32);

impl UnattendedHours {
    /// So many hours; `None` if they are more than law 1 permits.
    #[must_use]
    pub fn new(hours: u32) -> Option<Self> {
        (i64::from(hours) * 3600 <= UNATTENDED_SECONDS_MAX).then_some(Self(hours))
    }

    /// How many.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// Where a measure applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Territory {
    /// Wherever the service is offered.
    Everywhere,
    /// In the countries of the European Union.
    Union,
    /// In one country.
    Country(Country),
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circumstance {
    /// People saw the content.
    Seen,
    /// It is an exact copy of a file that was recorded before. Nobody need have looked at it:
    /// a fingerprint alone can be recorded.
    Copy,
    /// A person found it to be a copy of such a file, or to look much like it.
    Alike,
    /// The account continues an activity that was stopped.
    Return,
}

/// How it came. Who reported has no place here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiative {
    /// The platform looked by itself.
    Own,
    /// Somebody sent a notice.
    Notice,
}

/// Whether automated means helped to detect it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detection {
    /// People found it.
    People,
    /// Automated means did, or helped.
    Automated,
}

/// A policy as the notice cites it, in the language of the notice.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// Its title.
    pub title: &'a Phrase,
    /// Its version.
    pub version: &'a Phrase,
    /// Where its public text is.
    pub reference: &'a Phrase,
}

/// What the person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redress {
    /// Days within which an appeal is taken.
    pub appeal_days: NonZeroU32,
    /// Whether a body outside the courts can be asked.
    pub out_of_court: OutOfCourt,
}

/// Whether an out-of-court body can be asked. Small platforms may be exempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfCourt {
    /// It can.
    Open,
    /// None is offered.
    NotOffered,
}

/// Posts that were removed under a legal order.
#[derive(Clone, Copy, Debug)]
pub struct Ordered<'a> {
    /// How many.
    pub posts: Posts,
    /// When. The day is shown in UTC.
    pub taken_at: Timestamp,
    /// One of them.
    pub excerpt: Option<&'a PlatformId>,
    /// Where it applies.
    pub territory: Territory,
    /// Whose authority ordered it.
    pub jurisdiction: Country,
    /// The law the order rests on.
    pub law: Option<&'a Phrase>,
    /// What the person can do with the platform.
    pub redress: Redress,
    /// Until when the order forbids telling; the notice is sent then.
    pub withheld_until: Option<Timestamp>,
}

/// What became of an appeal by which nothing was undone; where something was, that is told as
/// [`Restored`].
#[derive(Clone, Copy, Debug)]
pub struct Appealed<'a> {
    /// The number of the action appealed against.
    pub action: ActionId,
    /// When that was taken. Days are shown in UTC.
    pub taken_at: Timestamp,
    /// When the appeal came.
    pub appealed_at: Timestamp,
    /// What became of it.
    pub outcome: AppealOutcome<'a>,
}

/// What became of an appeal by which nothing was undone.
#[derive(Clone, Copy, Debug)]
pub enum AppealOutcome<'a> {
    /// Somebody who took no part found the decision justified.
    Upheld {
        /// When.
        at: Timestamp,
        /// The policy that the action was taken under.
        policy: Policy<'a>,
        /// Whether a body outside the courts can be asked.
        out_of_court: OutOfCourt,
    },
    /// The action had ended before anybody considered it.
    Ended,
}

/// Something that was undone.
#[derive(Clone, Copy, Debug)]
pub struct Restored {
    /// What.
    pub undone: Undone,
    /// When it was done. The day is shown in UTC.
    pub taken_at: Timestamp,
    /// When it was undone.
    pub restored_at: Timestamp,
    /// Why.
    pub why: Why,
}

/// What was undone. What was destroyed cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// A restriction.
    Restrict(Scope),
    /// A screen.
    Interstitial(Posts),
    /// A label.
    Label(Scope),
    /// A removal.
    Remove(Posts),
    /// A suspension.
    Suspend,
    /// A hash that was shared.
    Share(Posts),
}

/// Why it was undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The person's appeal was granted.
    Appeal,
    /// The platform looked again.
    Review,
    /// What it rested on no longer holds.
    Support,
    /// The order ended.
    Order,
    /// Its time was over.
    Lapsed,
}

/// A country that has a name in every language of the notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Country(&'static str);

impl Country {
    /// The country of an ISO 3166 code of two capital letters; `None` if it has no name
    /// among the words yet.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let named = words::countries().find(|named| *named == code)?;
        words::text(Language::English, &format!("country.{named}")).map(|_| Self(named))
    }

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0
    }
}
