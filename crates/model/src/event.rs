//! The event: something that happened on the platform or, for a field event, in the world.
//!
//! These types hold what was understood, within [`crate::Limits`]. They are not
//! serialisable on purpose: the written form is `event::wire`, and a derived form
//! here would be a promise to readers we cannot see.

use crate::{EventId, PlatformId, Timestamp};

/// Fields that the format does not name, kept as they came: name and JSON text.
///
/// Sorted by name, no name twice, each value valid JSON.
pub type Extra = Vec<(Box<str>, Box<str>)>;

/// One event, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The platform's id of this event.
    pub id: EventId,
    /// When it happened, as the platform says.
    pub at: Timestamp,
    /// The account that acted; `None` if none did or the platform does not say.
    pub account: Option<PlatformId>,
    /// What the platform said of the acting account at that time, where it did.
    pub profile: Option<Box<Profile>>,
    /// What happened.
    pub body: EventBody,
    /// Unknown fields of the event itself.
    pub extra: Extra,
}

impl Event {
    /// Which kind of event this is.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match &self.body {
            EventBody::AccountCreated => EventKind::AccountCreated,
            EventBody::AccountUpdated => EventKind::AccountUpdated,
            EventBody::AccountSuspended(_) => EventKind::AccountSuspended,
            EventBody::AccountReinstated(_) => EventKind::AccountReinstated,
            EventBody::AccountDeleted => EventKind::AccountDeleted,
            EventBody::PostCreated(_) => EventKind::PostCreated,
            EventBody::PostEdited(_) => EventKind::PostEdited,
            EventBody::PostDeleted { .. } => EventKind::PostDeleted,
            EventBody::Follow(_) => EventKind::Follow,
            EventBody::Engagement(_) => EventKind::Engagement,
            EventBody::Report(_) => EventKind::Report,
            EventBody::Media(_) => EventKind::Media,
            EventBody::FieldEvent(_) => EventKind::FieldEvent,
            EventBody::Appeal(_) => EventKind::Appeal,
        }
    }

    /// The other account it concerns: who is followed, or who is reported.
    #[must_use]
    pub fn other_account(&self) -> Option<&PlatformId> {
        match &self.body {
            EventBody::Follow(follow) => follow.target.as_ref(),
            EventBody::Report(report) => match &report.subject {
                Subject::Account(account) => Some(account),
                Subject::Post(_) => None,
            },
            _ => None,
        }
    }

    /// The post it creates, edits, or carries.
    #[must_use]
    pub fn post(&self) -> Option<&Post> {
        match &self.body {
            EventBody::PostCreated(post) | EventBody::PostEdited(post) => Some(post),
            _ => None,
        }
    }
}

/// What happened. The account events speak of the event's own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventBody {
    /// An account was created; its profile stands on the event.
    AccountCreated,
    /// An account's profile changed; the new one stands on the event.
    AccountUpdated,
    /// The platform suspended the account.
    AccountSuspended(Standing),
    /// The platform reinstated the account.
    AccountReinstated(Standing),
    /// The account was deleted, by its owner or the platform.
    AccountDeleted,
    /// A post was published.
    PostCreated(Box<Post>),
    /// A post was edited; this is the whole post as it now is.
    PostEdited(Box<Post>),
    /// A post was deleted.
    PostDeleted {
        /// The post's id on the platform.
        post: PlatformId,
    },
    /// The account followed another, or stopped.
    Follow(Follow),
    /// The account engaged with a post, or many did and were counted.
    Engagement(Engagement),
    /// Somebody reported an account or a post.
    Report(Box<Report>),
    /// A media file was uploaded or attached.
    Media(Box<MediaItem>),
    /// Something happened in the world.
    FieldEvent(Box<FieldEvent>),
    /// The account appeals against an action.
    Appeal(Appeal),
}

/// The kind of an event, without its content.
///
/// The numbers are stored; none is ever given another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// See [`EventBody::AccountCreated`].
    AccountCreated = 1,
    /// See [`EventBody::AccountUpdated`].
    AccountUpdated = 2,
    /// See [`EventBody::AccountSuspended`].
    AccountSuspended = 3,
    /// See [`EventBody::AccountReinstated`].
    AccountReinstated = 4,
    /// See [`EventBody::AccountDeleted`].
    AccountDeleted = 5,
    /// See [`EventBody::PostCreated`].
    PostCreated = 6,
    /// See [`EventBody::PostEdited`].
    PostEdited = 7,
    /// See [`EventBody::PostDeleted`].
    PostDeleted = 8,
    /// See [`EventBody::Follow`].
    Follow = 9,
    /// See [`EventBody::Engagement`].
    Engagement = 10,
    /// See [`EventBody::Report`].
    Report = 11,
    /// See [`EventBody::Media`].
    Media = 12,
    /// See [`EventBody::FieldEvent`].
    FieldEvent = 13,
    /// See [`EventBody::Appeal`].
    Appeal = 14,
}

impl EventKind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 14] = [
        Self::AccountCreated,
        Self::AccountUpdated,
        Self::AccountSuspended,
        Self::AccountReinstated,
        Self::AccountDeleted,
        Self::PostCreated,
        Self::PostEdited,
        Self::PostDeleted,
        Self::Follow,
        Self::Engagement,
        Self::Report,
        Self::Media,
        Self::FieldEvent,
        Self::Appeal,
    ];

    /// Its stable number, from 1.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Its stable name: the `type` of the canonical form.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreated => "account.created",
            Self::AccountUpdated => "account.updated",
            Self::AccountSuspended => "account.suspended",
            Self::AccountReinstated => "account.reinstated",
            Self::AccountDeleted => "account.deleted",
            Self::PostCreated => "post.created",
            Self::PostEdited => "post.edited",
            Self::PostDeleted => "post.deleted",
            Self::Follow => "follow",
            Self::Engagement => "engagement",
            Self::Report => "report",
            Self::Media => "media",
            Self::FieldEvent => "field_event",
            Self::Appeal => "appeal",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What the platform says of an account. Every field may be missing, and missing is Unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The unique name others address it by.
    pub handle: Option<Box<str>>,
    /// The display name.
    pub name: Option<Box<str>>,
    /// The biography.
    pub bio: Option<Box<str>>,
    /// Where the account says it is.
    pub location: Option<Box<str>>,
    /// The profile picture.
    pub avatar: Option<MediaRef>,
    /// The banner picture.
    pub banner: Option<MediaRef>,
    /// Links on the profile.
    pub links: Vec<Box<str>>,
    /// When the account was created.
    pub created_at: Option<Timestamp>,
    /// Accounts that follow it.
    pub followers: Option<u64>,
    /// Accounts it follows.
    pub following: Option<u64>,
    /// Posts it has published.
    pub posts: Option<u64>,
    /// Its language, as a BCP 47 tag.
    pub language: Option<Box<str>>,
    /// The client software.
    pub client: Option<Box<str>>,
    /// Unknown fields.
    pub extra: Extra,
}

/// Why the platform suspended or reinstated an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The platform's own word for the state, such as `takendown`.
    pub status: Option<Box<str>>,
    /// The reason in words.
    pub reason: Option<Box<str>>,
    /// The policy named.
    pub policy: Option<Box<str>>,
    /// Unknown fields.
    pub extra: Extra,
}

/// A post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Its id on the platform.
    pub id: PlatformId,
    /// Its text; `None` if the platform gave none.
    pub text: Option<Box<str>>,
    /// Its languages, as BCP 47 tags.
    pub languages: Vec<Box<str>>,
    /// Hashtags, without the sign.
    pub tags: Vec<Box<str>>,
    /// Links.
    pub links: Vec<Box<str>>,
    /// Accounts mentioned.
    pub mentions: Vec<PlatformId>,
    /// Media attached.
    pub media: Vec<MediaRef>,
    /// The post it answers.
    pub reply_to: Option<PlatformId>,
    /// The post it quotes.
    pub quote_of: Option<PlatformId>,
    /// When its author's client says it was written; never trusted for windows.
    pub claimed_at: Option<Timestamp>,
    /// The client software.
    pub client: Option<Box<str>>,
    /// Unknown fields.
    pub extra: Extra,
}

/// A media file named by another thing, with the fingerprints that came with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaRef {
    /// Its id or address on the platform.
    pub id: Option<PlatformId>,
    /// SHA-256 of its bytes.
    pub sha256: Option<[u8; 32]>,
    /// PDQ hash of the picture, 256 bits.
    pub pdq: Option<[u8; 32]>,
    /// Its media type, such as `image/jpeg`.
    pub mime: Option<Box<str>>,
    /// The description given for people who cannot see it.
    pub alt: Option<Box<str>>,
    /// Unknown fields.
    pub extra: Extra,
}

/// Whether a tie was made or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was made.
    Made,
    /// It was taken back.
    Withdrawn,
}

/// One account follows another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follow {
    /// Who is followed; `None` where a withdrawal names only the follow's own id.
    pub target: Option<PlatformId>,
    /// The follow's own id on the platform, by which it is later withdrawn.
    pub of: Option<PlatformId>,
    /// Made or withdrawn.
    pub state: State,
    /// Unknown fields.
    pub extra: Extra,
}

/// What an engagement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngagementKind {
    /// A like or favourite.
    Like,
    /// A repost without words.
    Repost,
    /// A view or impression.
    View,
    /// A click on what the post carries.
    Click,
    /// A share outside the platform.
    Share,
    /// A bookmark.
    Bookmark,
    /// Something else; the platform's word is among the unknown fields.
    Other,
}

impl EngagementKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Like,
        Self::Repost,
        Self::View,
        Self::Click,
        Self::Share,
        Self::Bookmark,
        Self::Other,
    ];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Like => "like",
            Self::Repost => "repost",
            Self::View => "view",
            Self::Click => "click",
            Self::Share => "share",
            Self::Bookmark => "bookmark",
            Self::Other => "other",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// An engagement with a post: one, or several counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engagement {
    /// What was done.
    pub kind: EngagementKind,
    /// The post; `None` where a withdrawal names only the engagement's own id.
    pub post: Option<PlatformId>,
    /// The engagement's own id on the platform, by which it is later withdrawn.
    pub of: Option<PlatformId>,
    /// How many; 1 for a single one.
    pub count: u64,
    /// Made or withdrawn.
    pub state: State,
    /// Unknown fields.
    pub extra: Extra,
}

/// What a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An account.
    Account(PlatformId),
    /// A post.
    Post(PlatformId),
}

/// A notice from outside. The event's account, where given, is the reporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What is reported.
    pub subject: Subject,
    /// The reason, as the platform's category.
    pub reason: Option<Box<str>>,
    /// The reporter's words.
    pub text: Option<Box<str>>,
    /// Unknown fields.
    pub extra: Extra,
}

/// Where a media file was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaItem {
    /// The file.
    pub media: MediaRef,
    /// The post that carries it.
    pub post: Option<PlatformId>,
    /// What it is for.
    pub embedded: Embedded,
    /// Size of the file in bytes.
    pub bytes: Option<u64>,
    /// Width in pixels.
    pub width: Option<u64>,
    /// Height in pixels.
    pub height: Option<u64>,
}

/// What a media file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embedded {
    /// It belongs to a post.
    Post,
    /// It is a profile picture.
    Avatar,
    /// It is a banner picture.
    Banner,
    /// The platform does not say.
    Unknown,
}

/// Something that happened in the world, by which a wave can be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldEvent {
    /// What people call it.
    pub name: Box<str>,
    /// Where it happened, in words.
    pub place: Option<Box<str>>,
    /// Who says so: a publication or an address.
    pub source: Option<Box<str>>,
    /// When it ended; `None` if it was a moment or goes on.
    pub ends_at: Option<Timestamp>,
    /// Unknown fields.
    pub extra: Extra,
}

/// Somebody says that an action against them was wrong. The event's account is who appeals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// Number of the action, as its notice named it: see [`ActionId`](crate::ActionId).
    pub action: u64,
    /// What they say. Content: it is sealed with the event and never journaled.
    pub text: Option<Box<str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_keep_their_numbers_and_names() {
        for (index, kind) in EventKind::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(kind.number()), index + 1);
            assert_eq!(EventKind::from_number(kind.number()), Some(kind));
            assert_eq!(EventKind::from_name(kind.as_str()), Some(kind));
        }
        assert_eq!(EventKind::from_number(0), None);
        assert_eq!(EventKind::from_number(15), None);
    }
}
