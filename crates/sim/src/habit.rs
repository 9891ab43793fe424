//! What each class does: how its deeds divide, and what its posts are.
//!
//! No class posts anything that no other posts: the network's kinds of post occur among
//! innocents, and theirs in the network, only not as often.

use crate::account::{HOUR, Moment};
use crate::chance::Chance;
use crate::class::PostClass as P;
use crate::class::{Class, PostClass};

/// How a deed divides into posts, engagements and follows.
#[must_use]
pub fn deeds(class: Class) -> [f64; 3] {
    match class {
        Class::Core => [0.70, 0.26, 0.04],
        Class::Outlet => [0.86, 0.12, 0.02],
        Class::Mirror => [0.62, 0.35, 0.03],
        Class::Amplifier => [0.34, 0.60, 0.06],
        Class::Throwaway => [0.92, 0.07, 0.01],
        Class::Newsroom | Class::Proverb | Class::Archive => [0.72, 0.24, 0.04],
        Class::Spammer => [0.62, 0.26, 0.12],
        Class::Ordinary => [0.295, 0.61, 0.095],
        Class::Sympathiser => [0.50, 0.45, 0.05],
        _ => [0.52, 0.42, 0.06],
    }
}

/// The share of a class's engagements that are reposts; the others are likes.
#[must_use]
pub fn reposts(class: Class) -> f64 {
    if class.is_network() { 0.64 } else { 0.35 }
}

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
            (P::Campaign, 0.2),
            (P::Condemn, 0.3),
            (P::Counter, 0.3),
            (P::Journalist, 0.2),
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
