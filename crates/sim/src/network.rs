//! The networks: their actors, and what one account of theirs gathers while it lives.
//!
//! An actor is a person who runs accounts one after another; the truth of who comes back
//! is nothing but the actor's list. What the platform does to them is `policy`, what they do
//! about it `lifecycle`.

use crate::account::{DAY, Moment, NOBODY, days};
use crate::chance::{Chance, whole};
use crate::class::Class;
use crate::name::{Change, Naming};
use crate::ring::Ring;
use crate::words::Language;

/// A person of a network.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The network.
    pub network: u32,
    /// The role, which stays.
    pub class: Class,
    /// The language, which stays.
    pub language: Language,
    /// The hours by which the day is moved, which stay.
    pub shift: u8,
    /// Deeds a day, which stay.
    pub rate: f32,
    /// The picture.
    pub face: u32,
    /// The name of the newest account.
    pub naming: Naming,
    /// What the actor likes to share: numbers of links and tags of its own taste.
    pub favourites: [u32; 3],
    /// Every account, in order of making.
    pub accounts: Vec<u32>,
    /// An account that waits to take the place of the present one.
    pub backup: Option<u32>,
}

/// One network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Its actors.
    pub actors: Vec<u32>,
    /// Its accounts that are open, the waiting ones too.
    pub members: Vec<u32>,
    /// Its newest posts.
    pub ring: Ring,
    /// How often it has moved to other outlets.
    pub epoch: u32,
    /// Accounts closed in the last days, decaying by half in three.
    pub pressure: f64,
    /// When the latest field event began that it rides.
    pub event: Option<Moment>,
    /// The tag that it took then: an index of the world's topics.
    pub topic: u32,
    /// What lives have become by sweeps, as a factor.
    pub lives: f64,
    /// What the share of those who come back has become, as a factor.
    pub returns: f64,
}

impl Network {
    /// A network of nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            actors: Vec::new(),
            members: Vec::new(),
            ring: Ring::new(512),
            epoch: 0,
            pressure: 0.0,
            event: None,
            topic: 0,
            lives: 1.0,
            returns: 1.0,
        }
    }

    /// How much more than usual it does on a day: a wave after a field event, which is
    /// +62 % over its week, and an ebb of weeks without one.
    #[must_use]
    pub fn flow(&self, day: Moment) -> f64 {
        const WAVE: [f64; 7] = [2.0, 1.8, 1.45, 1.15, 1.0, 0.9, 0.85];
        let Some(event) = self.event else { return EBB };
        let since = (day - event).div_euclid(DAY);
        match usize::try_from(since) {
            Ok(since) if since < WAVE.len() => WAVE[since],
            Ok(since) => {
                let weeks = f64::from(u32::try_from(since).unwrap_or(u32::MAX)) / 7.0;
                EBB + (1.0 - EBB) * libm::exp(1.0 - weeks)
            }
            Err(_) => EBB,
        }
    }

    /// How hard it is pressed, from 0 to 1: the share of it that was closed lately.
    #[must_use]
    pub fn pressed(&self) -> f64 {
        (self.pressure / (self.members.len() as f64 + 1.0)).min(1.0)
    }
}

/// What a network does of its usual when nothing has happened for weeks.
const EBB: f64 = 0.8;

/// What an account gathers of the followers it is bound to have, by its age in days:
/// medians of 182, 232, 270, 376 and 558 by age at closing, of 5,261 accounts, over the
/// 262 of another set.
const GROWTH: [(f64, f64); 8] = [
    (0.02, 0.40),
    (0.3, 0.95),
    (3.0, 1.06),
    (18.0, 1.12),
    (55.0, 1.22),
    (190.0, 1.5),
    (500.0, 2.2),
    (4_000.0, 3.1),
];

/// The share of its followers that an account has at an age; see [`GROWTH`].
#[must_use]
pub fn growth(age: Moment) -> f64 {
    let age = age as f64 / DAY as f64;
    if age <= GROWTH[0].0 {
        return GROWTH[0].1 * (age / GROWTH[0].0).max(0.0);
    }
    let after = GROWTH.iter().position(|(at, _)| *at >= age).unwrap_or(GROWTH.len() - 1).max(1);
    let ((a0, g0), (a1, g1)) = (GROWTH[after - 1], GROWTH[after]);
    let within = (libm::log(age) - libm::log(a0)) / (libm::log(a1) - libm::log(a0));
    libm::exp(libm::log(g0) + within.clamp(0.0, 1.0) * (libm::log(g1) - libm::log(g0)))
}

/// Followers that an account is bound to have: median 262 of 112 accounts, 68 % under 500
/// and 2 % over 5,000. Of one actor's accounts, each keeps half of the one before.
pub fn bound(actor: u32, account: u32, seed: u64) -> f64 {
    let whose = if actor == NOBODY { u64::from(account) | 1 << 32 } else { actor.into() };
    let mut of_actor = Chance::of(seed, &[20, whose]);
    let mut of_account = Chance::of(seed, &[21, u64::from(account)]);
    let drawn = 0.707 * of_actor.normal() + 0.707 * of_account.normal();
    211.0 * libm::exp(1.42 * drawn)
}

/// How the next name of somebody who comes back is made; under pressure less of it stays.
pub fn change(pressed: f64, chance: &mut Chance) -> Change {
    const CHANGES: [Change; 4] =
        [Change::Slight, Change::Reversed, Change::Spelled, Change::Invented];
    let invented = 0.56 + 0.2 * pressed;
    CHANGES[chance.weighted(&[0.46, 0.09, 0.09, invented])]
}

/// A moment within the life of an account at which its backup is made.
pub fn backup_at(born: Moment, closes: Moment, chance: &mut Chance) -> Moment {
    let wanted = days(chance.waiting(9.0));
    let room = (closes - born).max(DAY / 24);
    let within = Moment::from(whole(chance.share() * 1e6)) * (room / 1_000_000).max(1);
    born + if wanted < room { wanted } else { within }
}
