//! What each class does: how its deeds divide, and what its posts are.
//!
//! No class posts anything that no other posts: the network's kinds of post occur among
//! innocents, and theirs in the network, only not as often.

use crate::account::{HOUR, Moment, purpose};
use crate::chance::Chance;
use crate::class::PostClass as P;
use crate::class::{Class, PostClass};

/// How somebody takes part: what the roles of a network are to it, innocents have among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Posts above all.
    Writes,
    /// Posts what others made, with links.
    Publishes,
    /// Posts and passes on.
    Repeats,
    /// Likes and reposts.
    Amplifies,
    /// Posts for an hour.
    Visits,
    /// Likes most, and posts at times, as anybody does.
    Reads,
}

/// The manners of those who take part as a network does, by weight; nearly its roles.
const MANNERS: [(Manner, f64); 4] = [
    (Manner::Writes, 30.0),
    (Manner::Publishes, 8.0),
    (Manner::Repeats, 24.0),
    (Manner::Amplifies, 38.0),
];

/// What an account does in its own way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Own {
    /// How its deeds divide into posts, engagements and follows.
    pub deeds: [f64; 3],
    /// The share of its engagements that are reposts; the others are likes.
    pub reposts: f64,
}

/// What an account does in its own way: drawn by its number, so that it stays.
#[must_use]
pub fn own(seed: u64, number: u32, class: Class) -> Own {
    let mut chance = Chance::of(seed, &[purpose::PROFILE, 5, u64::from(number)]);
    let manner = match class {
        Class::Core => Manner::Writes,
        Class::Outlet | Class::Newsroom | Class::Proverb | Class::Archive => Manner::Publishes,
        Class::Mirror => Manner::Repeats,
        Class::Amplifier => Manner::Amplifies,
        Class::Throwaway => Manner::Visits,
        Class::Ordinary => Manner::Reads,
        _ => MANNERS[chance.weighted(&MANNERS.map(|(_, weight)| weight))].0,
    };
    // The median share of reposts.
    let (deeds, middle) = match manner {
        Manner::Writes => ([0.62, 0.34, 0.04], 0.42),
        Manner::Publishes => ([0.80, 0.17, 0.03], 0.42),
        Manner::Repeats => ([0.54, 0.42, 0.04], 0.48),
        Manner::Amplifies => ([0.24, 0.70, 0.06], 0.48),
        Manner::Visits => ([0.92, 0.07, 0.01], 0.42),
        Manner::Reads => ([0.295, 0.61, 0.095], 0.40),
    };
    // Nine in ten lie within a quarter and four fifths: the share alone tells no side.
    let odds = middle / (1.0 - middle) * libm::exp(REPOSTS_SPREAD * chance.normal());
    Own { deeds, reposts: odds / (1.0 + odds) }
}

/// How far the odds of a repost lie apart between accounts: deviation of the logarithm.
const REPOSTS_SPREAD: f64 = 0.75;

/// How often a post of a kind quotes another.
#[must_use]
pub fn quotes(class: PostClass) -> f64 {
    match class {
        P::Condemn => 0.4,
        P::Counter | P::Campaign | P::Mob => 0.2,
        P::News | P::Journalist | P::Scholar => 0.12,
        P::Support | P::Sympathy | P::Match | P::Fan => 0.06,
        _ => 0.03,
    }
}

/// Kinds of post, by weight.
type Kinds = &'static [(PostClass, f64)];

/// What the posts of each class are; in the order of the classes' numbers.
const POSTS: [(Class, Kinds); 21] = [
    (
        Class::Core,
        &[
            (P::Support, 32.0),
            (P::Ordinary, 40.0),
            (P::Shoutout, 4.0),
            (P::Sympathy, 9.0),
            (P::Proverb, 4.0),
            (P::News, 2.0),
            (P::Match, 2.0),
            (P::Comeback, 0.5),
            (P::Fan, 1.0),
            (P::Archive, 1.0),
            (P::Scholar, 1.0),
            (P::Festival, 0.6),
            (P::Protest, 0.6),
            (P::Disaster, 0.6),
            (P::Spam, 0.6),
            (P::Mob, 0.5),
            (P::Campaign, 0.4),
            (P::Condemn, 0.5),
            (P::Counter, 0.5),
            (P::Journalist, 0.6),
        ],
    ),
    (
        Class::Outlet,
        &[
            (P::Support, 39.0),
            (P::News, 5.0),
            (P::Ordinary, 35.0),
            (P::Proverb, 5.0),
            (P::Sympathy, 11.0),
            (P::Archive, 1.0),
            (P::Scholar, 1.0),
            (P::Shoutout, 3.0),
        ],
    ),
    (
        Class::Mirror,
        &[
            (P::Support, 34.0),
            (P::Ordinary, 41.0),
            (P::Sympathy, 11.0),
            (P::News, 3.0),
            (P::Proverb, 4.0),
            (P::Shoutout, 4.0),
            (P::Match, 1.0),
            (P::Spam, 2.0),
            (P::Journalist, 0.4),
            (P::Condemn, 0.3),
            (P::Counter, 0.3),
            (P::Archive, 0.3),
            (P::Scholar, 0.3),
            (P::Fan, 0.5),
            (P::Mob, 0.3),
            (P::Campaign, 0.3),
            (P::Festival, 0.3),
            (P::Protest, 0.3),
            (P::Disaster, 0.3),
            (P::Comeback, 0.3),
        ],
    ),
    (
        Class::Amplifier,
        &[
            (P::Ordinary, 45.0),
            (P::Support, 29.0),
            (P::Sympathy, 12.0),
            (P::Match, 3.0),
            (P::Proverb, 4.0),
            (P::Spam, 3.0),
            (P::Shoutout, 3.0),
            (P::Fan, 1.0),
            (P::Journalist, 0.4),
            (P::Condemn, 0.3),
            (P::Counter, 0.3),
            (P::Archive, 0.3),
            (P::Scholar, 0.3),
            (P::Mob, 0.3),
            (P::Campaign, 0.3),
            (P::Festival, 0.3),
            (P::Protest, 0.3),
            (P::Disaster, 0.3),
            (P::News, 1.0),
            (P::Comeback, 0.3),
        ],
    ),
    (
        Class::Throwaway,
        &[(P::Support, 42.0), (P::Ordinary, 34.0), (P::Spam, 12.0), (P::Sympathy, 12.0)],
    ),
    (
        Class::Ordinary,
        &[
            (P::Ordinary, 89.0),
            (P::Match, 4.0),
            (P::Proverb, 1.5),
            (P::Fan, 1.0),
            (P::Shoutout, 0.4),
            (P::Comeback, 0.4),
            (P::Sympathy, 0.6),
            (P::News, 0.2),
            (P::Condemn, 0.15),
            (P::Support, 0.1),
            (P::Festival, 0.4),
            (P::Spam, 0.2),
            (P::Protest, 0.4),
            (P::Disaster, 0.4),
            (P::Mob, 0.1),
            (P::Journalist, 0.1),
            (P::Campaign, 0.05),
            (P::Archive, 0.05),
            (P::Scholar, 0.1),
            (P::Counter, 0.1),
        ],
    ),
    (
        Class::Sympathiser,
        &[
            (P::Ordinary, 48.5),
            (P::Support, 24.5),
            (P::Sympathy, 12.0),
            (P::Proverb, 4.0),
            (P::Match, 2.0),
            (P::Shoutout, 3.0),
            (P::Comeback, 0.5),
            (P::News, 2.0),
            (P::Spam, 2.0),
            (P::Archive, 0.5),
            (P::Scholar, 0.5),
            (P::Fan, 0.5),
        ],
    ),
    (
        Class::Scholar,
        &[
            (P::Scholar, 45.0),
            (P::Ordinary, 40.0),
            (P::News, 8.0),
            (P::Support, 4.0),
            (P::Condemn, 3.0),
        ],
    ),
    (
        Class::Proverb,
        &[(P::Proverb, 68.0), (P::Ordinary, 24.0), (P::Support, 5.0), (P::Sympathy, 3.0)],
    ),
    (
        Class::Newsroom,
        &[
            (P::News, 48.0),
            (P::Journalist, 28.0),
            (P::Ordinary, 14.0),
            (P::Archive, 6.0),
            (P::Support, 4.0),
        ],
    ),
    (
        Class::Archive,
        &[(P::Archive, 62.0), (P::News, 12.0), (P::Ordinary, 16.0), (P::Support, 10.0)],
    ),
    (
        Class::Condemner,
        &[
            (P::Condemn, 30.0),
            (P::Ordinary, 42.0),
            (P::Support, 14.0),
            (P::Sympathy, 6.0),
            (P::News, 5.0),
            (P::Counter, 3.0),
        ],
    ),
    (
        Class::Counter,
        &[
            (P::Counter, 30.0),
            (P::Ordinary, 44.0),
            (P::Condemn, 6.0),
            (P::Sympathy, 10.0),
            (P::Support, 10.0),
        ],
    ),
    (
        Class::Fan,
        &[
            (P::Fan, 30.0),
            (P::Ordinary, 40.0),
            (P::Match, 6.0),
            (P::Shoutout, 5.0),
            (P::Comeback, 1.0),
            (P::Support, 12.0),
            (P::Sympathy, 6.0),
        ],
    ),
    (
        Class::Protester,
        &[
            (P::Protest, 30.0),
            (P::Ordinary, 46.0),
            (P::News, 4.0),
            (P::Support, 14.0),
            (P::Sympathy, 6.0),
        ],
    ),
    (
        Class::Volunteer,
        &[
            (P::Disaster, 30.0),
            (P::Ordinary, 48.0),
            (P::Shoutout, 2.0),
            (P::Support, 14.0),
            (P::Sympathy, 6.0),
        ],
    ),
    (
        Class::Campaigner,
        &[
            (P::Campaign, 24.0),
            (P::Ordinary, 44.0),
            (P::Condemn, 14.0),
            (P::Support, 12.0),
            (P::Sympathy, 6.0),
        ],
    ),
    (
        Class::Mob,
        &[
            (P::Mob, 26.0),
            (P::Ordinary, 46.0),
            (P::Support, 16.0),
            (P::Spam, 6.0),
            (P::Sympathy, 6.0),
        ],
    ),
    (Class::Journalist, &[(P::Journalist, 60.0), (P::Ordinary, 30.0), (P::News, 10.0)]),
    (Class::Victim, &[(P::Ordinary, 80.0), (P::Proverb, 8.0), (P::Sympathy, 6.0), (P::Match, 6.0)]),
    (
        Class::Spammer,
        &[
            (P::Spam, 34.0),
            (P::Ordinary, 32.0),
            (P::Match, 6.0),
            (P::Support, 16.0),
            (P::Sympathy, 6.0),
            (P::Comeback, 3.0),
            (P::Shoutout, 3.0),
        ],
    ),
];

/// What the posts of a class are, by weight.
#[must_use]
pub fn posts(class: Class) -> &'static [(PostClass, f64)] {
    POSTS[class as usize].1
}

/// What a post of a class carries, as probabilities: any tag, a link, a picture, a reply.
#[derive(Clone, Copy, Debug)]
pub struct Carried {
    /// One tag or more.
    pub tags: f64,
    /// A link.
    pub link: f64,
    /// A picture.
    pub picture: f64,
    /// It answers another post.
    pub reply: f64,
}

/// What posts of an account carry. Of the network's, 41 % have a tag and 52 % a link.
#[must_use]
pub fn carried(class: Class) -> Carried {
    let carried = |tags, link, picture, reply| Carried { tags, link, picture, reply };
    match class {
        Class::Core | Class::Mirror => carried(0.42, 0.52, 0.24, 0.16),
        Class::Outlet => carried(0.48, 0.70, 0.40, 0.04),
        Class::Amplifier => carried(0.37, 0.46, 0.16, 0.18),
        Class::Throwaway => carried(0.60, 0.54, 0.22, 0.06),
        Class::Newsroom => carried(0.42, 0.80, 0.40, 0.03),
        Class::Archive => carried(0.40, 0.60, 0.55, 0.05),
        Class::Spammer => carried(0.55, 0.70, 0.20, 0.10),
        Class::Ordinary => carried(0.20, 0.16, 0.14, 0.24),
        Class::Sympathiser => carried(0.42, 0.50, 0.24, 0.16),
        Class::Fan => carried(0.42, 0.46, 0.24, 0.18),
        _ => carried(0.41, 0.44, 0.23, 0.18),
    }
}

/// How busy each hour of a person's day is.
const DAY: [u32; 24] =
    [9, 5, 3, 2, 2, 3, 5, 8, 10, 10, 10, 10, 11, 11, 10, 10, 11, 12, 13, 15, 17, 18, 16, 13];

/// Hours drawn by a lookup, because it is done for every deed.
#[derive(Clone, Debug)]
pub struct Rhythm([u8; 256]);

impl Rhythm {
    /// The rhythm of everybody's day, in local hours.
    #[must_use]
    pub fn new() -> Self {
        let total: u32 = DAY.iter().sum();
        let mut table = [0; 256];
        for (index, hour) in (0_u32..).zip(&mut table) {
            let mut left = (index * total + total / 2) / 256;
            *hour = (0_u8..)
                .zip(DAY)
                .find(|(_, weight)| match left.checked_sub(*weight) {
                    Some(rest) => {
                        left = rest;
                        false
                    }
                    None => true,
                })
                .map_or(23, |(hour, _)| hour);
        }
        Self(table)
    }

    /// A moment within a day of somebody whose day is moved by so many hours.
    pub fn moment(&self, shift: u8, chance: &mut Chance) -> Moment {
        let bits = chance.bits();
        let local = self.0[usize::try_from(bits & 255).unwrap_or(0)];
        let hour = (Moment::from(local) + 24 - Moment::from(shift)) % 24;
        hour * HOUR + Moment::try_from((bits >> 8) % 3_600_000).unwrap_or(0)
    }
}

impl Default for Rhythm {
    fn default() -> Self {
        Self::new()
    }
}

/// How much of an ordinary day's deeds a day of the week has, Monday first.
pub const WEEK: [f64; 7] = [0.96, 0.97, 0.98, 1.0, 1.08, 1.04, 0.97];
