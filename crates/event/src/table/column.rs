//! The fields that a column can fill, and which types of event have them.

use seawall_model::EventKind;

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// A field that a column can fill.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Column {
            $($(#[$doc])* $name,)+
        }

        impl Column {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its stable name, as the mapping file writes it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

columns! {
    /// When it happened.
    At = "at",
    /// The platform's id of the event.
    Id = "id",
    /// The acting account's id; the handle where there is none.
    Account = "account",
    /// The acting account's handle.
    Handle = "handle",
    /// Its display name.
    Name = "name",
    /// Its biography.
    Bio = "bio",
    /// Where it says it is.
    Location = "location",
    /// Links on its profile, a list.
    ProfileLinks = "profile_links",
    /// When it was created.
    AccountCreatedAt = "account_created_at",
    /// How many follow it.
    Followers = "followers",
    /// How many it follows.
    Following = "following",
    /// How many posts it has published.
    Posts = "posts",
    /// The post's id; the event's where there is none.
    PostId = "post_id",
    /// The post's text.
    Text = "text",
    /// The post's languages, a list.
    Language = "language",
    /// The post's hashtags, a list.
    Tags = "tags",
    /// The post's links, a list.
    Links = "links",
    /// Accounts the post mentions, a list.
    Mentions = "mentions",
    /// The post it answers.
    ReplyTo = "reply_to",
    /// The post it quotes.
    QuoteOf = "quote_of",
    /// The client software of the post.
    Client = "client",
    /// Who is followed.
    Target = "target",
    /// The kind of engagement.
    Kind = "kind",
    /// The post engaged with.
    Post = "post",
    /// The follow's or engagement's own id.
    Of = "of",
    /// How many engagements the row counts.
    Count = "count",
    /// The platform's word for a suspension.
    Status = "status",
    /// Why the account was suspended.
    Reason = "reason",
    /// The policy named.
    Policy = "policy",
}

impl Column {
    /// The field with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|column| column.as_str() == name)
    }

    /// Whether events of this type have the field.
    #[must_use]
    pub fn serves(self, kind: EventKind) -> bool {
        match self {
            Self::At | Self::Id | Self::Account => true,
            _ if self.of_profile() => true,
            Self::Target => kind == EventKind::Follow,
            Self::Kind | Self::Post | Self::Count => kind == EventKind::Engagement,
            Self::Of => matches!(kind, EventKind::Follow | EventKind::Engagement),
            Self::Status | Self::Reason | Self::Policy => kind == EventKind::AccountSuspended,
            _ => kind == EventKind::PostCreated,
        }
    }

    /// Whether it fills the profile.
    pub(super) fn of_profile(self) -> bool {
        self.counted() || {
            use Column::{AccountCreatedAt, Bio, Handle, Location, Name, ProfileLinks};
            matches!(self, Handle | Name | Bio | Location | ProfileLinks | AccountCreatedAt)
        }
    }

    /// Whether it is a count of the profile, which differs from one crawl to the next.
    pub(super) fn counted(self) -> bool {
        matches!(self, Self::Followers | Self::Following | Self::Posts)
    }

    /// Whether two rows that differ in it are two events.
    pub(super) fn identifies(self, kind: EventKind) -> bool {
        use EventKind::{AccountCreated, AccountSuspended, AccountUpdated};
        let of_account = matches!(kind, AccountCreated | AccountUpdated | AccountSuspended);
        match self {
            Self::At | Self::Id | Self::Account => false,
            _ if self.counted() => false,
            _ if self.of_profile() => of_account,
            _ => true,
        }
    }
}
