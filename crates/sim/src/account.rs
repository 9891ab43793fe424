//! Accounts: what the world holds of each, and how the first of them are made.
//!
//! An account is some sixty bytes; its handle, name, biography and posts are computed from
//! its number when they are needed, so that a million of them fit.

use crate::chance::{Chance, small, whole};
use crate::class::Class;
use crate::parameters::Parameters;
use crate::words::Language;

/// Milliseconds from the world's first moment; negative before it.
pub type Moment = i64;

/// Milliseconds in an hour.
pub const HOUR: Moment = 3_600_000;
/// Milliseconds in a day.
pub const DAY: Moment = 24 * HOUR;
/// The closing of an account that is open.
pub const OPEN: Moment = Moment::MAX;
/// The actor of an account that has none.
pub const NOBODY: u32 = u32::MAX;
/// Accounts of one community, on average.
const COMMUNITY: u32 = 400;

/// What an account does at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// What its class does.
    Active,
    /// Waits to take another's place.
    Waiting,
    /// Is seen by nobody, because the platform restricts it.
    Restricted,
}

/// One account.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// When it was made.
    pub born: Moment,
    /// When it was closed; [`OPEN`] if it is not.
    pub closed: Moment,
    /// Deeds a day.
    pub rate: f32,
    /// Followers now.
    pub followers: u32,
    /// Accounts it follows now.
    pub following: u32,
    /// Posts so far.
    pub posts: u32,
    /// Its picture.
    pub face: u32,
    /// Who runs it, in the network; else [`NOBODY`].
    pub actor: u32,
    /// Its community; the first ones are those of the networks.
    pub community: u32,
    /// Who it is.
    pub class: Class,
    /// Its language.
    pub language: Language,
    /// Hours by which its day is moved.
    pub shift: u8,
    /// The version of its picture.
    pub version: u8,
    /// Which draw of its handle was free.
    pub variant: u8,
    /// What it does at present.
    pub life: Life,
}

impl Account {
    /// Whether it is open at a moment.
    #[must_use]
    pub fn is_open(&self, at: Moment) -> bool {
        self.born <= at && at < self.closed
    }
}

/// Days as a span of moments.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "no life is longer than a few thousand days")]
pub fn days(days: f64) -> Moment {
    (days * DAY as f64) as Moment
}

/// Whom the first innocents near the cause, or like its network, are: class and weight.
pub const ALIKE: [(Class, f64); 13] = [
    (Class::Sympathiser, 80.0),
    (Class::Scholar, 1.0),
    (Class::Proverb, 2.0),
    (Class::Newsroom, 1.5),
    (Class::Archive, 1.0),
    (Class::Condemner, 4.0),
    (Class::Counter, 2.5),
    (Class::Fan, 4.0),
    (Class::Campaigner, 2.5),
    (Class::Mob, 2.0),
    (Class::Journalist, 0.5),
    (Class::Victim, 1.0),
    (Class::Spammer, 4.0),
];

/// How a class lives: median age in days at the start and its spread, deeds a day as a
/// multiple of its kind's, median followers and their spread.
struct Habit {
    age: f64,
    age_spread: f64,
    deeds: f64,
    followers: f64,
    followers_spread: f64,
}

const fn habit(age: f64, age_spread: f64, deeds: f64, followers: f64, spread: f64) -> Habit {
    Habit { age, age_spread, deeds, followers, followers_spread: spread }
}

fn habit_of(class: Class) -> Habit {
    match class {
        Class::Core => habit(60.0, 1.4, 6.6, 262.0, 1.42),
        Class::Outlet => habit(30.0, 1.2, 8.0, 262.0, 1.42),
        Class::Mirror => habit(45.0, 1.4, 6.0, 262.0, 1.42),
        Class::Amplifier => habit(70.0, 1.5, 8.0, 262.0, 1.42),
        Class::Throwaway => habit(0.0, 1.0, 0.0, 1.0, 0.1),
        Class::Ordinary => habit(700.0, 1.0, 0.0, 120.0, 1.5),
        Class::Sympathiser => habit(60.0, 1.5, 5.6, 245.0, 1.42),
        Class::Scholar => habit(500.0, 1.0, 2.0, 400.0, 1.3),
        Class::Proverb => habit(150.0, 1.5, 4.0, 320.0, 1.4),
        Class::Newsroom => habit(400.0, 1.3, 10.0, 900.0, 1.6),
        Class::Archive => habit(200.0, 1.3, 6.0, 350.0, 1.3),
        Class::Condemner => habit(130.0, 1.5, 4.0, 230.0, 1.4),
        Class::Counter => habit(130.0, 1.4, 4.0, 260.0, 1.4),
        Class::Fan => habit(60.0, 1.5, 6.0, 250.0, 1.4),
        Class::Protester => habit(40.0, 1.5, 4.0, 180.0, 1.4),
        Class::Volunteer => habit(40.0, 1.5, 4.0, 180.0, 1.4),
        Class::Campaigner => habit(50.0, 1.5, 4.0, 200.0, 1.4),
        Class::Mob => habit(40.0, 1.5, 4.0, 200.0, 1.4),
        Class::Journalist => habit(600.0, 1.0, 6.0, 1_500.0, 1.2),
        Class::Victim => habit(300.0, 1.2, 4.0, 350.0, 1.3),
        Class::Spammer => habit(35.0, 1.5, 7.0, 240.0, 1.5),
    }
}

/// Draws from the same seed that must not be confused.
pub mod purpose {
    /// The account itself.
    pub const ACCOUNT: u64 = 1;
    /// Its handle and name.
    pub const NAME: u64 = 2;
    /// What it does on a day.
    pub const DAY: u64 = 3;
    /// One deed.
    pub const DEED: u64 = 4;
    /// The words of a post.
    pub const POST: u64 = 5;
    /// What somebody in the network does about a closing.
    pub const RETURN: u64 = 6;
    /// Things of a whole hour.
    pub const HOUR: u64 = 7;
    /// The world's calendar.
    pub const CALENDAR: u64 = 8;
    /// How events leave the world.
    pub const DISORDER: u64 = 9;
    /// The profile of an account.
    pub const PROFILE: u64 = 10;
}

/// The number of communities of a world.
#[must_use]
pub fn communities(parameters: &Parameters) -> u32 {
    parameters.networks * 2 + (parameters.accounts / COMMUNITY).max(4)
}

/// The language that a community speaks.
#[must_use]
pub fn language_of(community: u32, parameters: &Parameters) -> Language {
    let mut chance = Chance::of(0, &[purpose::ACCOUNT, 77, u64::from(community)]);
    if community < parameters.networks * 2 {
        // Of the accounts of the census of 2014, 73 to 75 % wrote Arabic, 18 to 20 % English.
        return Language::Arabic;
    }
    Language::ALL[chance.weighted(&[40.0, 30.0, 15.0, 15.0])]
}

/// The language of somebody near the cause.
pub fn language_near(chance: &mut Chance) -> Language {
    Language::ALL[chance.weighted(&[74.0, 19.0, 4.0, 3.0])]
}

/// The hours by which a community's day is moved: where it lives.
#[must_use]
pub fn zone_of(language: Language) -> u8 {
    match language {
        Language::Arabic | Language::Turkish => 3,
        Language::English => 0,
        Language::French => 1,
    }
}

/// An account of this class, as it stands at the start or when it is made.
///
/// `born` is given for one that is made now.
pub fn make(
    class: Class,
    community: u32,
    language: Language,
    born: Option<Moment>,
    parameters: &Parameters,
    chance: &mut Chance,
) -> Account {
    let habit = habit_of(class);
    let age = chance.lognormal(habit.age.max(0.01), habit.age_spread).min(4_000.0);
    let followers = chance.lognormal(habit.followers, habit.followers_spread);
    let daily = if class == Class::Ordinary { parameters.deeds_daily } else { habit.deeds };
    // Log-normals of these spreads have means of 1.8 and 1.5 medians.
    let rate = match class {
        class if class.is_near() => chance.lognormal(daily / 1.8, 1.1),
        _ => chance.lognormal(daily / 1.5, 0.9),
    };
    let rate = rate.min(300.0);
    let gathered = if class.is_network() { 1.0 } else { parameters.followers_scale.max(0.2) };
    let is_new = born.is_some();
    let following = chance.lognormal(180.0, 1.0) * gathered;
    let posts = if is_new { 0.0 } else { rate * 0.4 * age };
    // People rise and go to bed at their own hours; those of the network a little later.
    let late = if class.is_network() { -3.5 } else { 0.0 };
    let own = chance.normal() * 2.2 + f64::from(zone_of(language)) + late;
    #[expect(clippy::cast_possible_truncation, reason = "rate is at most 300")]
    let rate = rate as f32;
    Account {
        born: born.unwrap_or_else(|| -days(age)),
        closed: OPEN,
        rate,
        followers: if is_new { 0 } else { whole(followers * gathered) },
        following: if is_new { 0 } else { whole(following) },
        posts: whole(posts),
        face: face(class, chance),
        actor: NOBODY,
        community,
        class,
        language,
        shift: u8::try_from(whole(own + 48.0) % 24).unwrap_or(0),
        version: u8::try_from(chance.below(3)).unwrap_or(0),
        variant: 0,
        life: Life::Active,
    }
}

/// A picture for a profile: one of those that many use, or one's own.
fn face(class: Class, chance: &mut Chance) -> u32 {
    let shared = if class.is_network() { 0.80 } else { 0.32 };
    if chance.holds(shared) { small(chance.ranked(600)) } else { 1_000 + chance.below(4_000_000) }
}
