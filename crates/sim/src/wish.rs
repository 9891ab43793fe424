//! What accounts wish to do in an hour, before it is known to whom.

use crate::account::{DAY, HOUR, Life, Moment, purpose};
use crate::chance::{Chance, small};
use crate::class::{Class, PostClass};
use crate::habit::WEEK;
use crate::network::{bound, growth};
use crate::world::World;

/// A wish.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wish {
    /// What the account's class does.
    Deed,
    /// A post of the account's class on a topic.
    Post(u32),
    /// A post of a class on a topic, about a network.
    Say(PostClass, u32, Option<u32>),
    /// A post that says that it is back.
    Comeback,
    /// A post that says that another is back.
    Shoutout(u32),
    /// A follow: of somebody named, or of anybody.
    Follow(Option<u32>),
    /// A report of an account.
    Report(u32),
}

/// A wish with its moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Planned {
    pub(crate) at: Moment,
    pub(crate) account: u32,
    /// Names the draws of this wish among those of the account and day.
    pub(crate) draw: u32,
    pub(crate) wish: Wish,
}

/// Of the followers near the cause that an innocent gathers, the share of its own class.
const OWN_KIND: f64 = 0.75;

impl World {
    /// Plans a day: what each account does of itself, and who gathers followers.
    pub(crate) fn plan_day(&mut self, from: Moment) {
        let day = Self::day(from);
        let week = WEEK[day as usize % 7];
        let mut flows = Vec::with_capacity(self.networks.len());
        for network in &mut self.networks {
            flows.push(network.flow(from));
            network.pressure *= 0.79;
        }
        for number in 0..small(self.accounts.len()) {
            let account = self.accounts[number as usize];
            if account.closed <= from || account.rate == 0.0 {
                continue;
            }
            let flow = match account.class {
                class if class.is_network() => flows[account.community as usize / 2],
                _ => week,
            };
            let idle = if account.life == Life::Waiting { 0.04 } else { 1.0 };
            let mean = f64::from(account.rate) * flow * idle;
            self.plan_deeds(number, day, from, mean);
            if account.class.is_near() {
                self.plan_followers(number, from, from + DAY);
            }
        }
        self.plan_turnover(from);
    }

    /// Notes a wish for its hour; one that comes too late, for this hour.
    pub(crate) fn plan(&mut self, planned: Planned) {
        let hour = u32::try_from(planned.at.div_euclid(HOUR)).unwrap_or(0).max(self.hour);
        self.later.entry(hour).or_default().push(planned);
    }

    fn plan_deeds(&mut self, number: u32, day: u32, from: Moment, mean: f64) {
        let shift = self.accounts[number as usize].shift;
        let draw = [purpose::DAY, u64::from(number), u64::from(day)];
        let mut chance = Chance::of(self.seed, &draw);
        for draw in 0..chance.poisson(mean) {
            let within = self.rhythm.moment(shift, &mut chance);
            let hour = usize::try_from(within / HOUR).unwrap_or(0);
            let planned = Planned { at: from + within, account: number, draw, wish: Wish::Deed };
            self.planned[hour].push(planned);
        }
    }

    /// Plans what is left of the day for an account that was just made.
    pub(crate) fn plan_rest(&mut self, number: u32, at: Moment) {
        let day = Self::day(at);
        let from = Moment::from(day) * DAY;
        let account = self.accounts[number as usize];
        let shift = account.shift;
        let draw = [purpose::DAY, u64::from(number), u64::from(day)];
        let mut chance = Chance::of(self.seed, &draw);
        for draw in 0..chance.poisson(f64::from(account.rate)) {
            let when = from + self.rhythm.moment(shift, &mut chance);
            // What would have been before it was made is done in its first hours.
            let when = if when > at { when } else { at + (at - when) / 4 };
            if when < from + DAY {
                let planned = Planned { at: when, account: number, draw, wish: Wish::Deed };
                self.plan(planned);
            }
        }
        if account.class.is_near() {
            self.plan_followers(number, at, from + DAY);
        }
    }

    /// Plans the followers that an account near a network gathers in a time: of its own kind
    /// half of them.
    fn plan_followers(&mut self, number: u32, from: Moment, to: Moment) {
        let account = self.accounts[number as usize];
        let network = account.community / 2;
        if account.class == Class::Throwaway {
            return;
        }
        let scale = self.parameters.followers_scale;
        let gained = growth(to - account.born) - growth((from - account.born).max(0));
        let draw = [purpose::DAY, 1, u64::from(number), u64::from(Self::day(from))];
        let mut chance = Chance::of(self.seed, &draw);
        let mean = bound(account.actor, number, self.seed) * scale * gained;
        // Those who are near a network follow one another as its members do.
        let kinds = if account.class.is_network() { [50.0, 28.0, 22.0] } else { [8.0, 42.0, 50.0] };
        let of_its_kind = if account.class.is_network() { 0.0 } else { OWN_KIND };
        for _ in 0..chance.poisson(mean.max(0.0)) {
            let near = |class| self.near.get(&(class, network)).map_or(&[][..], Vec::as_slice);
            let among = match chance.weighted(&kinds) {
                0 => &self.networks[network as usize].members,
                1 if chance.holds(of_its_kind) => near(account.class),
                1 => near(Class::Sympathiser),
                _ => &[],
            };
            let follower = match among.len() {
                0 => Some(chance.below(self.parameters.accounts)),
                length => among.get(chance.eager(length)).copied(),
            };
            let Some(follower) = follower else { continue };
            let span = u32::try_from(to - from).unwrap_or(u32::MAX);
            let at = from + Moment::from(chance.below(span));
            if follower != number {
                self.wish(at, follower, Wish::Follow(Some(number)));
            }
        }
    }

    /// A journalist near a network, or near whichever has one.
    fn journalist(&self, network: u32, chance: &mut Chance) -> Option<u32> {
        let networks = self.parameters.networks.max(1);
        let near = (0..networks).map(|step| (network + step) % networks);
        near.filter_map(|network| self.somebody(Class::Journalist, network, chance)).next()
    }

    /// Adds to an hour what surges bring.
    pub(crate) fn plan_hour(&mut self, from: Moment) {
        for index in 0..self.calendar.surges.len() {
            let surge = &self.calendar.surges[index];
            let expected = surge.expected(from);
            if expected <= 0.0 {
                continue;
            }
            let (class, by, language) = (surge.class, surge.by, surge.language);
            let (of, network) = (surge.network, surge.network);
            let draw = [purpose::HOUR, 2, index as u64, from.unsigned_abs()];
            let mut chance = Chance::of(self.seed, &draw);
            // The first topic is none, then one for each surge.
            let topic = small(index) + 1;
            for _ in 0..chance.poisson(expected) {
                let network = network.unwrap_or(chance.below(self.parameters.networks.max(1)));
                let own =
                    if chance.holds(0.6) { self.somebody(by, network, &mut chance) } else { None };
                let anybody = chance.below(small(self.accounts.len()));
                let account = own.unwrap_or(anybody);
                let is_of_language = self.accounts[account as usize].language == language;
                if !is_of_language && chance.holds(0.85) {
                    continue;
                }
                let at = from + Moment::from(chance.below(3_600_000));
                // Its tag stays with those who speak of the thing itself.
                let topic =
                    if class.is_of_cause() && class != PostClass::Campaign { 0 } else { topic };
                self.wish(at, account, Wish::Say(class, topic, of));
                // A mob has one journalist in its eye.
                let mut eye = Chance::of(self.seed, &[purpose::HOUR, 3, index as u64]);
                let network = eye.below(self.parameters.networks.max(1));
                if class == PostClass::Mob
                    && chance.holds(0.8)
                    && let Some(journalist) = self.journalist(network, &mut eye)
                {
                    let after = 5_000 + Moment::from(chance.below(900_000));
                    self.wish(at + after, account, Wish::Report(journalist));
                }
            }
        }
    }
}
