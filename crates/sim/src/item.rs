//! What leaves the world: items, which become events, and the truth beside them.

use seawall_model::{PlatformId, Timestamp};

use crate::account::Moment;
use crate::class::{Class, PostClass};
use crate::words::Language;

/// A post, by its author and its number.
pub type PostKey = (u32, u32);

/// Something that happened on the simulated platform, not yet written out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Item {
    /// When.
    pub at: Moment,
    /// The account that acted; whose count it is, where nobody did.
    pub account: u32,
    /// Its place among the items of the same moment and account.
    pub order: u32,
    /// What.
    pub deed: Deed,
}

/// What an account did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deed {
    /// It was made.
    Created,
    /// Its profile as it stands: when the world begins, and when it is changed.
    Profile(Counts),
    /// The platform closed it.
    Suspended,
    /// The platform opened it again.
    Reinstated,
    /// Its owner deleted it.
    Deleted,
    /// It posted.
    Post(Said),
    /// It changed a post.
    Edited(Said),
    /// A post of it was taken away.
    PostDeleted(u32),
    /// It liked a post.
    Like(PostKey),
    /// It took a like back.
    Unlike(PostKey),
    /// It reposted a post.
    Repost(PostKey),
    /// A post of it was seen so often.
    Seen(u32, u32),
    /// It followed an account, or stopped.
    Follow(u32),
    /// It stopped following an account.
    Unfollow(u32),
    /// It reported an account.
    ReportAccount(u32),
    /// It reported a post.
    ReportPost(PostKey),
    /// Something happened in the world: which of the calendar's.
    Field(u32),
}

impl Deed {
    /// The post that it is about, where that was there before; `account` is who did it.
    #[must_use]
    pub(crate) fn post_before(&self, account: u32) -> Option<PostKey> {
        match *self {
            Self::Edited(said) => Some((account, said.number)),
            Self::PostDeleted(number) | Self::Seen(number, _) => Some((account, number)),
            Self::Like(post) | Self::Unlike(post) | Self::Repost(post) | Self::ReportPost(post) => {
                Some(post)
            }
            _ => None,
        }
    }
}

/// What a profile counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Followers.
    pub followers: u32,
    /// Accounts it follows.
    pub following: u32,
    /// Posts.
    pub posts: u32,
}

/// A post before its words are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    /// Which of its author's posts.
    pub number: u32,
    /// What it is.
    pub class: PostClass,
    /// What it is said on: an index of the world's topics; 0 for nothing.
    pub topic: u32,
    /// The network it is about.
    pub network: u32,
    /// How often that network had moved to other outlets.
    pub epoch: u32,
    /// The post it answers.
    pub reply: Option<PostKey>,
    /// The post it quotes.
    pub quote: Option<PostKey>,
    /// The account of which it speaks.
    pub friend: Option<u32>,
    /// Another account that it calls.
    pub named: Option<u32>,
}

/// What is true and not in the events.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth {
    /// A network.
    Network {
        /// Which.
        network: u32,
        /// Its name in English.
        name: &'static str,
        /// Its tags.
        tags: Vec<String>,
    },
    /// An account, once for each.
    Account {
        /// Its id on the platform.
        account: PlatformId,
        /// Who it is.
        class: Class,
        /// Its network.
        network: Option<u32>,
        /// Who runs it.
        actor: Option<u32>,
        /// When it was made.
        born: Timestamp,
        /// The account it comes back for, and the how many-th of its actor it is.
        returns: Option<(PlatformId, u32)>,
        /// Whether it was made before that one was closed.
        is_backup: bool,
        /// The account whose name and face it takes.
        impersonates: Option<PlatformId>,
        /// Its language.
        language: Language,
    },
    /// An account was closed.
    Closed {
        /// Which.
        account: PlatformId,
        /// When.
        at: Timestamp,
        /// Why.
        cause: Cause,
        /// Its followers then.
        followers: u32,
    },
    /// An account was opened again.
    Reopened {
        /// Which.
        account: PlatformId,
        /// When.
        at: Timestamp,
    },
    /// An account that had waited takes another's place.
    Activated {
        /// Which.
        account: PlatformId,
        /// When.
        at: Timestamp,
    },
    /// A wave, when it is over.
    Wave {
        /// The network.
        network: u32,
        /// Id of the event it rides.
        field_event: String,
        /// The loud tag it takes.
        tag: String,
        /// Its beginning.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
        /// The throwaway accounts made for it.
        accounts: Vec<PlatformId>,
    },
}

/// Why an account was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The platform found it.
    Policy,
    /// A sweep.
    Sweep,
    /// Whoever steps the world asked for it.
    Action,
    /// Its owner.
    Owner,
}

impl Cause {
    /// Its name in the truth.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Sweep => "sweep",
            Self::Action => "action",
            Self::Owner => "self",
        }
    }
}

/// What whoever steps the world may do to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Close an account.
    Suspend(PlatformId),
    /// Open it again.
    Reinstate(PlatformId),
    /// Let nobody see what it does.
    Restrict(PlatformId),
    /// Let it be seen again.
    Release(PlatformId),
    /// Take a post away, as its author would: it is told as deleted.
    Remove(PlatformId),
    /// Let nobody meet a post: removed or restricted by the platform itself, which tells nothing.
    Hide(PlatformId),
    /// Let a hidden post be met again.
    Show(PlatformId),
}
