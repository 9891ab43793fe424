//! Who an account is, and what a post is: the truth that detectors are not shown.

/// Who an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// Of the network: those it turns around.
    Core,
    /// Of the network: publishes its pieces and links.
    Outlet,
    /// Of the network: repeats an outlet.
    Mirror,
    /// Of the network: likes and reposts.
    Amplifier,
    /// Of the network: nameless, lives for one hashtag and an hour.
    Throwaway,
    /// Anybody.
    Ordinary,
    /// Shares the taste and the tags of the network's community and is not in it.
    Sympathiser,
    /// Studies the cause.
    Scholar,
    /// Posts proverbs.
    Proverb,
    /// Reports on the cause.
    Newsroom,
    /// Keeps evidence of what was posted.
    Archive,
    /// Quotes the network to condemn it.
    Condemner,
    /// Answers the network with something better.
    Counter,
    /// Of a fan club, as coordinated as any network.
    Fan,
    /// Came for a protest.
    Protester,
    /// Came for a disaster.
    Volunteer,
    /// Reports the network's accounts, with others.
    Campaigner,
    /// Reports a journalist, with others.
    Mob,
    /// The journalist whom the mob reports.
    Journalist,
    /// Has its name and face taken by the network.
    Victim,
    /// Sells followers, with the network's tricks.
    Spammer,
}

impl Class {
    /// Every class, in order of its number.
    pub const ALL: [Self; 21] = [
        Self::Core,
        Self::Outlet,
        Self::Mirror,
        Self::Amplifier,
        Self::Throwaway,
        Self::Ordinary,
        Self::Sympathiser,
        Self::Scholar,
        Self::Proverb,
        Self::Newsroom,
        Self::Archive,
        Self::Condemner,
        Self::Counter,
        Self::Fan,
        Self::Protester,
        Self::Volunteer,
        Self::Campaigner,
        Self::Mob,
        Self::Journalist,
        Self::Victim,
        Self::Spammer,
    ];

    /// Its name in the truth.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Outlet => "outlet",
            Self::Mirror => "mirror",
            Self::Amplifier => "amplifier",
            Self::Throwaway => "throwaway",
            Self::Ordinary => "ordinary",
            Self::Sympathiser => "sympathiser",
            Self::Scholar => "scholar",
            Self::Proverb => "proverb",
            Self::Newsroom => "newsroom",
            Self::Archive => "archive",
            Self::Condemner => "condemner",
            Self::Counter => "counter",
            Self::Fan => "fan",
            Self::Protester => "protester",
            Self::Volunteer => "volunteer",
            Self::Campaigner => "campaigner",
            Self::Mob => "mob",
            Self::Journalist => "journalist",
            Self::Victim => "victim",
            Self::Spammer => "spammer",
        }
    }

    /// Whether it is a role of the network, or near it: whoever is not just anybody.
    #[must_use]
    pub fn is_near(self) -> bool {
        self != Self::Ordinary
    }

    /// Whether it is a role of the network.
    #[must_use]
    pub fn is_network(self) -> bool {
        self <= Self::Throwaway
    }
}

/// What a post is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PostClass {
    /// Of daily life.
    Ordinary,
    /// Cheers the cause.
    Support,
    /// Says that its author is back.
    Comeback,
    /// Says that another is back.
    Shoutout,
    /// Reports on the cause.
    News,
    /// Keeps evidence.
    Archive,
    /// Studies the cause.
    Scholar,
    /// Quotes to condemn.
    Condemn,
    /// Answers with something better.
    Counter,
    /// A proverb.
    Proverb,
    /// Of a star's fans.
    Fan,
    /// On a match.
    Match,
    /// On a festival.
    Festival,
    /// On a protest.
    Protest,
    /// On a disaster.
    Disaster,
    /// Asks others to report accounts of the network.
    Campaign,
    /// Accuses a journalist.
    Mob,
    /// A journalist's own.
    Journalist,
    /// Sells something.
    Spam,
    /// Likes what the network likes, and not the network.
    Sympathy,
}

impl PostClass {
    /// Every class, in order of its number.
    pub const ALL: [Self; 20] = [
        Self::Ordinary,
        Self::Support,
        Self::Comeback,
        Self::Shoutout,
        Self::News,
        Self::Archive,
        Self::Scholar,
        Self::Condemn,
        Self::Counter,
        Self::Proverb,
        Self::Fan,
        Self::Match,
        Self::Festival,
        Self::Protest,
        Self::Disaster,
        Self::Campaign,
        Self::Mob,
        Self::Journalist,
        Self::Spam,
        Self::Sympathy,
    ];

    /// Its name in the truth and in the text packs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Support => "support",
            Self::Comeback => "comeback",
            Self::Shoutout => "shoutout",
            Self::News => "news",
            Self::Archive => "archive",
            Self::Scholar => "scholar",
            Self::Condemn => "condemn",
            Self::Counter => "counter",
            Self::Proverb => "proverb",
            Self::Fan => "fan",
            Self::Match => "match",
            Self::Festival => "festival",
            Self::Protest => "protest",
            Self::Disaster => "disaster",
            Self::Campaign => "campaign",
            Self::Mob => "mob",
            Self::Journalist => "journalist",
            Self::Spam => "spam",
            Self::Sympathy => "sympathy",
        }
    }

    /// The class with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }

    /// Whether it is about the cause, so that its tags and links go with it.
    #[must_use]
    pub fn is_of_cause(self) -> bool {
        matches!(
            self,
            Self::Support
                | Self::News
                | Self::Archive
                | Self::Scholar
                | Self::Condemn
                | Self::Counter
                | Self::Campaign
                | Self::Sympathy
        )
    }
}
