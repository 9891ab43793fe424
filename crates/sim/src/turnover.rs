//! What people do of themselves: sign up, stay or not, change how they look, leave.
//!
//! Whom the platform closes wrongly on a day is drawn here too, since it is done to them. What
//! a network does about a closing is `lifecycle`'s.

use crate::account::{ALIKE, DAY, HOUR, Moment, OPEN, days, purpose};
use crate::agenda::{Due, Reason};
use crate::calendar::Surge;
use crate::chance::{Chance, small};
use crate::class::Class;
use crate::habit::WEEK;
use crate::item::Deed;
use crate::wish::Wish;
use crate::world::World;

/// The share of new innocents without a display name.
const NAMELESS: f64 = 0.22;
/// Accounts that change how they look, of all, each day.
const RESTYLED_DAILY: f64 = 0.004;
/// Accounts that a surge brings for an hour, for each throwaway that a field event brings;
/// the shares of them without a display name, and of those who came for a prize.
const NEWCOMERS: f64 = 0.3;
const NAMELESS_NEWCOMERS: f64 = 0.8;
const CONTESTS: f64 = 0.25;
/// The share of new accounts that are made for an hour.
const VISITS: f64 = 0.45;
/// The share of new accounts that nobody uses any more after some days.
const ABANDONED: f64 = 0.55;

impl World {
    /// Plans what innocents do of themselves on a day: sign up, leave; and whom the
    /// platform closes wrongly.
    pub(crate) fn plan_turnover(&mut self, from: Moment) {
        let day = u64::from(Self::day(from));
        let mut chance = Chance::of(self.seed, &[purpose::HOUR, 1, day]);
        let start = f64::from(self.parameters.accounts);
        let week = WEEK[usize::try_from(day % 7).unwrap_or(0)];
        for _ in 0..chance.poisson(start * self.parameters.growth_daily * week) {
            let at = self.sometime(from, &mut chance);
            self.agenda.note(at, Due::SignUp);
        }
        let all = self.accounts.len() as f64;
        for _ in 0..chance.poisson(all * self.parameters.churn_daily) {
            let account = chance.below(small(self.accounts.len()));
            let at = self.sometime(from, &mut chance);
            self.agenda.note(at, Due::Close(account, Reason::Owner));
        }
        for _ in 0..chance.poisson(all * RESTYLED_DAILY) {
            let account = chance.below(small(self.accounts.len()));
            let at = self.sometime(from, &mut chance);
            self.agenda.note(at, Due::Restyle(account));
        }
        self.plan_newcomers(from, &mut chance);
        let near = start * self.parameters.alike;
        for _ in 0..chance.poisson(near * self.parameters.policy.wrong_daily) {
            let network = chance.below(self.parameters.networks.max(1));
            let weights = ALIKE.map(|(_, weight)| weight + 6.0);
            let class = ALIKE[chance.weighted(&weights)].0;
            if let Some(account) = self.somebody(class, network, &mut chance)
                && self.accounts[account as usize].closed == OPEN
            {
                let at = from + Moment::from(chance.below(86_400_000));
                self.agenda.note(at, Due::Close(account, Reason::Policy));
            }
        }
    }

    pub(crate) fn sign_up(&mut self, at: Moment) {
        let draw = [purpose::ACCOUNT, 2, at.unsigned_abs(), self.accounts.len() as u64];
        let mut chance = Chance::of(self.seed, &draw);
        let loud = |class: Class| {
            let near = |s: &Surge| s.by == class && s.expected(at + 12 * HOUR) > 1.0;
            self.calendar.surges.iter().any(near)
        };
        let account = if loud(Class::Protester) && chance.holds(0.25) {
            self.innocent_of(Class::Protester, Some(at), &mut chance)
        } else if loud(Class::Volunteer) && chance.holds(0.25) {
            self.innocent_of(Class::Volunteer, Some(at), &mut chance)
        } else {
            self.innocent(Some(at), &mut chance)
        };
        self.push(at, account, Deed::Created);
        self.plan_rest(account, at);
        if chance.holds(VISITS) {
            self.visit(account, at, &mut chance);
        } else if chance.holds(ABANDONED) {
            self.agenda.note(at + days(chance.waiting(2.5)), Due::Abandon(account));
        }
        self.settle_in(account, at, &mut chance);
        if chance.holds(NAMELESS) {
            let naming = self.naming(account);
            self.namings.insert(account, naming.nameless());
        }
    }

    /// Somebody who came for one thing that is loud, says it for an hour, and is not seen
    /// again: what a throwaway account does too.
    fn visit(&mut self, account: u32, at: Moment, chance: &mut Chance) {
        let loud = |s: &Surge| s.expected(at + HOUR) > 0.5;
        let language = self.accounts[account as usize].language;
        let loud = |s: &Surge| loud(s) && s.language == language;
        let surge = self.calendar.surges.iter().rposition(loud);
        // The first topic is none, then one for each surge.
        let topic = surge.map_or(0, |surge| small(surge) + 1);
        self.stay_an_hour(account, at, topic, chance);
    }

    /// An account that posts on a topic for an hour and is left then.
    fn stay_an_hour(&mut self, account: u32, at: Moment, topic: u32, chance: &mut Chance) {
        for _ in 0..2 + chance.below(12) {
            let when = at + 120_000 + Moment::from(chance.below(3_500_000));
            self.wish(when, account, Wish::Post(topic));
        }
        self.agenda.note(at + HOUR, Due::Abandon(account));
        // What looks like a throwaway account is at times closed as one.
        if chance.holds(0.35) {
            self.will_close(account, at + HOUR + days(chance.waiting(0.6)));
        }
    }

    /// Those who will sign up on a day for what is loud then, and for that alone.
    fn plan_newcomers(&mut self, from: Moment, chance: &mut Chance) {
        let mean = self.parameters.throwaways * NEWCOMERS;
        for surge in 0..self.calendar.surges.len() {
            let Surge { from: begins, hours, network, .. } = self.calendar.surges[surge];
            if network.is_some() || !(from..from + DAY).contains(&begins) {
                continue;
            }
            for _ in 0..chance.poisson(mean) {
                let at = begins + HOUR + days(chance.waiting(hours / 24.0));
                self.agenda.note(at, Due::Newcomer(small(surge)));
            }
        }
    }

    /// Somebody makes an account for one thing that is loud, mostly without a name: to cheer,
    /// to ask for help, or to win what somebody gives away on its tag.
    pub(crate) fn newcomer(&mut self, surge: u32, at: Moment) {
        let draw = [purpose::ACCOUNT, 4, u64::from(surge), self.accounts.len() as u64];
        let mut chance = Chance::of(self.seed, &draw);
        let Surge { by, language, .. } = self.calendar.surges[surge as usize];
        let class = match by {
            _ if chance.holds(CONTESTS) => Class::Spammer,
            Class::Ordinary => Class::Fan,
            by => by,
        };
        let account = self.innocent_in(class, Some(language), Some(at), &mut chance);
        if chance.holds(NAMELESS_NEWCOMERS) {
            let naming = self.naming(account);
            self.namings.insert(account, naming.nameless());
        }
        // Those who come for an hour do nothing of themselves besides.
        self.accounts[account as usize].rate = 0.0;
        self.push(at, account, Deed::Created);
        self.stay_an_hour(account, at, surge + 1, &mut chance);
        self.settle_in(account, at, &mut chance);
    }

    /// Somebody changes how their account looks: its picture, or a little of its name.
    pub(crate) fn restyle(&mut self, account: u32, at: Moment) {
        if !self.accounts[account as usize].is_open(at) {
            return;
        }
        let draw = [purpose::NAME, 9, u64::from(account), at.unsigned_abs()];
        let mut chance = Chance::of(self.seed, &draw);
        let own = &mut self.accounts[account as usize];
        match chance.weighted(&[35.0, 30.0, 35.0]) {
            0 => own.version = own.version.wrapping_add(1),
            1 => own.face = 1_000 + chance.below(4_000_000),
            _ => {
                let of = *own;
                let before = self.naming(account);
                let naming = before.renamed(self.words_of(&of), &mut chance);
                self.namings.insert(account, naming);
            }
        }
        let counts = self.counts(account);
        self.push(at, account, Deed::Profile(counts));
    }

    /// A moment of a day at which somebody of whatever language is awake.
    fn sometime(&self, from: Moment, chance: &mut Chance) -> Moment {
        let shift = u8::try_from((chance.below(7) + 20) % 24).unwrap_or(0);
        from + self.rhythm.moment(shift, chance)
    }
}
