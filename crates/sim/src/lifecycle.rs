//! How accounts begin and end: sign-ups, closings, sweeps, returns, backups, throwaways.
//!
//! Who comes back does so within the times of `policy`, under a name of `network::change`,
//! tells of it, and is told of by those who are left. An innocent who was closed wrongly is
//! given back after a time, and does not come back under another name.

use crate::account::{
    ALIKE, Account, DAY, HOUR, Life, Moment, OPEN, days, language_near, make, purpose,
};
use crate::agenda::{Due, Reason};
use crate::chance::{Chance, small, whole};
use crate::class::Class;
use crate::habit::WEEK;
use crate::item::{Cause, Deed, Truth};
use crate::name::{Change, Naming};
use crate::network::{Actor, backup_at, bound, change, growth};
use crate::policy::{BACKUP_SHARE, RETURN_DAYS, RETURNS_SHARE, REVERSAL_DAYS};
use crate::tag::FAVOURITES;
use crate::wish::{Planned, Wish};
use crate::world::{Made, Topic, Wave, World};

/// Roles of the actors of a network, by weight.
const ROLES: [(Class, f64); 4] =
    [(Class::Core, 30.0), (Class::Outlet, 8.0), (Class::Mirror, 22.0), (Class::Amplifier, 40.0)];
/// Hours that a sweep takes.
const SWEEP_HOURS: Moment = 6;
/// Accounts that are made as a precaution, for each that a sweep closes.
const PRECAUTION: f64 = 0.14;
/// The share of the accounts closed wrongly that are given back.
const GIVEN_BACK: f64 = 0.7;
/// The share of a network's closed accounts that are given back all the same.
const GIVEN_BACK_WRONGLY: f64 = 0.04;
/// The share of new accounts that follow nobody in their first hours.
const FOLLOWS_NOBODY: f64 = 0.12;
/// The share of new innocents without a display name.
const NAMELESS: f64 = 0.22;
/// Accounts that change how they look, of all, each day.
const RESTYLED_DAILY: f64 = 0.004;
/// The share of new accounts that are made for an hour.
const VISITS: f64 = 0.45;
/// The share of new accounts that nobody uses any more after some days.
const ABANDONED: f64 = 0.55;
/// The share of those who come back whom somebody outside reports.
const REPORTED: f64 = 0.09;
/// The share of accounts of a network that take the name and face of somebody else.
const IMPERSONATED: f64 = 0.03;
/// How long a wave lasts that rides a field event.
pub(crate) const WAVE: Moment = 3 * DAY;

impl World {
    /// The actors of every network, with their accounts as they stand at the start.
    pub(crate) fn begin_networks(&mut self) {
        for network in 0..self.parameters.networks {
            for _ in 0..self.parameters.actors {
                let actor = small(self.actors.len());
                let mut chance = Chance::of(self.seed, &[purpose::ACCOUNT, 1, u64::from(actor)]);
                self.begin_actor(network, actor, &mut chance);
            }
        }
    }

    fn begin_actor(&mut self, network: u32, number: u32, chance: &mut Chance) {
        let weights = ROLES.map(|(_, weight)| weight);
        let class = ROLES[chance.weighted(&weights)].0;
        let language = language_near(chance);
        let community = network * 2 + chance.below(2);
        let account = make(class, community, language, None, &self.parameters, chance);
        let naming = Naming::draw(&self.words[language as usize], chance).numbered(chance);
        self.actors.push(Actor {
            network,
            class,
            language,
            shift: account.shift,
            rate: account.rate,
            face: account.face,
            naming,
            favourites: [
                chance.below(FAVOURITES),
                chance.below(FAVOURITES),
                chance.below(FAVOURITES),
            ],
            accounts: Vec::new(),
            backup: None,
        });
        self.networks[network as usize].actors.push(number);
        let first = self.of_actor(number, account, naming, None);
        let lived = self.accounts[first as usize].born.unsigned_abs() as f64 / DAY as f64;
        let left = self.parameters.policy.life(class).left(lived, chance);
        self.will_close(first, days(left));
        if chance.holds(BACKUP_SHARE) {
            let mut waiting = make(class, community, language, None, &self.parameters, chance);
            waiting.born = waiting.born.max(self.accounts[first as usize].born);
            waiting.posts /= 25;
            self.back_up(number, waiting, first, chance);
        }
    }

    /// Adds an account of an actor.
    fn of_actor(
        &mut self,
        actor: u32,
        mut account: Account,
        naming: Naming,
        returns: Option<(u32, Made)>,
    ) -> u32 {
        account.actor = actor;
        let seed = self.seed;
        let number = self.add(account, Some(naming));
        let age = -account.born;
        let scale = self.parameters.followers_scale;
        if account.born < 0 {
            let gathered = bound(actor, number, seed) * growth(age) * scale;
            self.accounts[number as usize].followers = whole(gathered);
        }
        let network = account.community / 2;
        self.networks[network as usize].members.push(number);
        self.actors[actor as usize].accounts.push(number);
        self.tell(number, returns);
        number
    }

    fn will_close(&mut self, account: u32, at: Moment) {
        if at < self.end() {
            self.agenda.note(at, Due::Close(account, Reason::Policy));
        }
    }

    fn end(&self) -> Moment {
        Moment::from(self.parameters.days) * DAY
    }

    pub(crate) fn agenda_sweep(&mut self, sweep: usize) {
        let given = self.parameters.policy.sweeps[sweep];
        let at = Moment::from(given.day) * DAY + Moment::from(given.hour) * HOUR;
        self.agenda.note(at, Due::Sweep(small(sweep)));
    }

    pub(crate) fn agenda_field(&mut self, field: usize) {
        let at = self.calendar.field_events[field].at;
        self.agenda.note(at, Due::Field(small(field)));
    }

    /// Does everything that is due before a moment; what is late, now.
    pub(crate) fn keep_agenda(&mut self, now: Moment, before: Moment) {
        while let Some((at, due)) = self.agenda.next_before(before) {
            let at = at.max(now);
            match due {
                Due::Close(account, reason) => self.close(account, at, reason.cause()),
                Due::Reopen(account) => self.reopen(account, at),
                Due::Return(actor, parent) => self.come_back(actor, parent, at),
                Due::Backup(actor, parent) => self.make_backup(actor, parent, at),
                Due::Activate(account) => self.activate_due(account, at),
                Due::Restyle(account) => self.restyle(account, at),
                Due::SignUp => self.sign_up(at),
                Due::Abandon(account) => self.accounts[account as usize].rate = 0.0,
                Due::Throwaway(wave) => self.throw_in(wave, at),
                Due::Sweep(sweep) => self.sweep(sweep, at),
                Due::Field(field) => self.happen(field, at),
            }
        }
    }

    /// Closes an account that is open.
    pub(crate) fn close(&mut self, number: u32, at: Moment, cause: Cause) {
        let account = &mut self.accounts[number as usize];
        if !account.is_open(at) {
            return;
        }
        account.closed = at;
        let Account { class, community, actor, .. } = *account;
        let counts = self.counts(number);
        let deed = if cause == Cause::Owner { Deed::Deleted } else { Deed::Suspended };
        self.push(at, number, deed);
        let (id, time) = (self.id(number), self.time(at));
        let followers = counts.followers;
        self.out.truths.push(Truth::Closed { account: id, at: time, cause, followers });
        if class.is_network() {
            let network = &mut self.networks[community as usize / 2];
            network.members.retain(|member| *member != number);
            network.pressure += 1.0;
            // Who leaves by themselves does not come back.
            if class != Class::Throwaway && cause != Cause::Owner {
                self.answer(number, actor, at);
            }
            let mut chance = Chance::of(self.seed, &[purpose::RETURN, 9, u64::from(number)]);
            if cause == Cause::Policy && chance.holds(GIVEN_BACK_WRONGLY) {
                let after = days(chance.quantile(&REVERSAL_DAYS));
                self.agenda.note(at + after, Due::Reopen(number));
            }
        } else if cause != Cause::Owner {
            let mut chance = Chance::of(self.seed, &[purpose::RETURN, 9, u64::from(number)]);
            if chance.holds(GIVEN_BACK) {
                self.agenda.note(at + days(chance.quantile(&REVERSAL_DAYS)), Due::Reopen(number));
            }
        }
    }

    /// What an actor does about the closing of an account.
    fn answer(&mut self, account: u32, actor: u32, at: Moment) {
        let own = &mut self.actors[actor as usize];
        if own.backup == Some(account) {
            own.backup = None;
            return;
        }
        let mut chance = Chance::of(self.seed, &[purpose::RETURN, u64::from(account)]);
        if !chance.holds(RETURNS_SHARE * self.networks[own.network as usize].returns) {
            return;
        }
        let backup = own.backup.take().filter(|b| self.accounts[*b as usize].is_open(at));
        match backup {
            // Somebody has to see first that the account is closed.
            Some(backup) => {
                let seen = at + 90_000 + days(chance.waiting(0.25));
                self.agenda.note(seen, Due::Activate(backup));
            }
            None => {
                let shift = own.shift;
                let at =
                    self.awake(at + days(chance.quantile(&RETURN_DAYS)), at, shift, &mut chance);
                if at < self.end() {
                    self.agenda.note(at, Due::Return(actor, account));
                }
            }
        }
    }

    /// The hour of a day at which somebody is awake, for what is done some days later.
    fn awake(&self, at: Moment, since: Moment, shift: u8, chance: &mut Chance) -> Moment {
        if at - since < DAY {
            return at;
        }
        Moment::from(Self::day(at)) * DAY + self.rhythm.moment(shift, chance)
    }

    fn activate_due(&mut self, account: u32, at: Moment) {
        if self.accounts[account as usize].is_open(at) {
            let mut chance = Chance::of(self.seed, &[purpose::RETURN, 7, u64::from(account)]);
            self.activate(account, at, &mut chance);
        }
    }

    /// Somebody changes how their account looks: its picture, or a little of its name.
    fn restyle(&mut self, account: u32, at: Moment) {
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

    /// An account that had waited begins.
    fn activate(&mut self, account: u32, at: Moment, chance: &mut Chance) {
        self.accounts[account as usize].life = Life::Active;
        let (id, time) = (self.id(account), self.time(at));
        self.out.truths.push(Truth::Activated { account: id, at: time });
        if chance.holds(0.5) {
            let counts = self.counts(account);
            let after = 30_000 + Moment::from(chance.below(7_000_000));
            self.push(at + after, account, Deed::Profile(counts));
        }
        self.live(account, at, chance);
        self.announce(account, at, chance);
    }

    /// Draws how long an account lives from now on.
    fn live(&mut self, account: u32, at: Moment, chance: &mut Chance) {
        let Account { class, community, actor, .. } = self.accounts[account as usize];
        let factor = self.networks[community as usize / 2].lives;
        let closes = at + days(self.parameters.policy.life(class).draw(chance) * factor);
        self.will_close(account, closes);
        if chance.holds(BACKUP_SHARE) {
            let made = backup_at(at, closes, chance);
            self.agenda.note(made, Due::Backup(actor, account));
        }
    }

    /// An actor makes its next account.
    fn come_back(&mut self, actor: u32, parent: u32, at: Moment) {
        let mut chance = Chance::of(self.seed, &[purpose::RETURN, 2, u64::from(parent)]);
        let account = self.next_account(actor, parent, at, Made::After, &mut chance);
        self.push(at, account, Deed::Created);
        self.live(account, at, &mut chance);
        self.plan_rest(account, at);
        self.settle_in(account, at, &mut chance);
        self.announce(account, at, &mut chance);
    }

    fn make_backup(&mut self, actor: u32, parent: u32, at: Moment) {
        let is_open = self.accounts[parent as usize].is_open(at);
        if !is_open || self.actors[actor as usize].backup.is_some() {
            return;
        }
        let mut chance = Chance::of(self.seed, &[purpose::RETURN, 3, u64::from(parent)]);
        let account = self.next_account(actor, parent, at, Made::Before, &mut chance);
        self.accounts[account as usize].life = Life::Waiting;
        self.actors[actor as usize].backup = Some(account);
        self.push(at, account, Deed::Created);
        self.settle_in(account, at, &mut chance);
    }

    /// Whoever is new follows some, in the first hours; a few follow nobody.
    fn settle_in(&mut self, account: u32, at: Moment, chance: &mut Chance) {
        let wanted = if chance.holds(FOLLOWS_NOBODY) { 0 } else { 1 + chance.below(9) };
        for _ in 0..wanted {
            self.wish(at + days(chance.waiting(0.1)), account, Wish::Follow(None));
        }
    }

    /// An account that had been waiting before the world began.
    fn back_up(&mut self, actor: u32, mut account: Account, parent: u32, chance: &mut Chance) {
        let own = &self.actors[actor as usize];
        let naming = own.naming.changed(change(0.0, chance), self.words_of(&account), chance);
        account.life = Life::Waiting;
        account.shift = own.shift;
        account.rate = own.rate;
        if chance.holds(0.4) {
            account.face = own.face;
        }
        let number = self.of_actor(actor, account, naming, Some((parent, Made::Before)));
        self.actors[actor as usize].backup = Some(number);
    }

    fn words_of(&self, account: &Account) -> &crate::words::Words {
        &self.words[account.language as usize]
    }

    /// Makes the account of an actor that follows another.
    fn next_account(
        &mut self,
        actor: u32,
        parent: u32,
        at: Moment,
        made: Made,
        chance: &mut Chance,
    ) -> u32 {
        let own = &self.actors[actor as usize];
        let (class, language, community) =
            (own.class, own.language, self.accounts[parent as usize].community);
        let pressed = self.networks[own.network as usize].pressed();
        let mut account = make(class, community, language, Some(at), &self.parameters, chance);
        (account.shift, account.rate) = (own.shift, own.rate);
        let before = self.naming(parent);
        let mut naming = before.changed(change(pressed, chance), self.words_of(&account), chance);
        // A face is kept in another version, or given up.
        if chance.holds(0.38) {
            account.face = own.face;
            account.version = self.accounts[parent as usize].version.wrapping_add(1);
        }
        if chance.holds(IMPERSONATED)
            && let Some(victim) = self.somebody(Class::Victim, community / 2, chance)
        {
            let of = self.accounts[victim as usize];
            if of.language == language {
                naming =
                    self.naming(victim).changed(Change::Slight, self.words_of(&account), chance);
                account.face = of.face;
            }
        }
        self.actors[actor as usize].naming = naming;
        self.actors[actor as usize].face = account.face;
        self.of_actor(actor, account, naming, Some((parent, made)))
    }

    /// Somebody of a class near a network.
    pub(crate) fn somebody(&self, class: Class, network: u32, chance: &mut Chance) -> Option<u32> {
        let near = self.near.get(&(class, network))?;
        (!near.is_empty()).then(|| near[chance.index(near.len())])
    }

    /// Tells that somebody is back: in a post of its own, and in those of others.
    fn announce(&mut self, account: u32, at: Moment, chance: &mut Chance) {
        let network = self.accounts[account as usize].community / 2;
        if chance.holds(0.5) {
            self.wish(at + days(chance.waiting(0.05)), account, Wish::Comeback);
        }
        for _ in 0..chance.below(4) {
            let members = &self.networks[network as usize].members;
            let other = members[chance.index(members.len())];
            if other != account {
                self.wish(at + days(chance.waiting(0.2)), other, Wish::Shoutout(account));
            }
        }
        if chance.holds(REPORTED) {
            let reporter = chance.below(self.parameters.accounts);
            self.wish(at + days(chance.waiting(2.0)), reporter, Wish::Report(account));
        }
    }

    fn sign_up(&mut self, at: Moment) {
        let draw = [purpose::ACCOUNT, 2, at.unsigned_abs(), self.accounts.len() as u64];
        let mut chance = Chance::of(self.seed, &draw);
        let loud = |class: Class| {
            let near =
                |s: &crate::calendar::Surge| s.by == class && s.expected(at + 12 * HOUR) > 1.0;
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
        let loud = |s: &crate::calendar::Surge| s.expected(at + HOUR) > 0.5;
        let surge = self.calendar.surges.iter().rposition(loud);
        // The first topic is none, then one for each surge.
        let topic = surge.map_or(0, |surge| small(surge) + 1);
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

    /// Closes a share of every network within hours.
    fn sweep(&mut self, sweep: u32, at: Moment) {
        let given = self.parameters.policy.sweeps[sweep as usize];
        for network in 0..self.networks.len() {
            let members = self.networks[network].members.clone();
            for account in members {
                let draw = [purpose::RETURN, 4, u64::from(account), u64::from(sweep)];
                let mut chance = Chance::of(self.seed, &draw);
                if chance.holds(given.share) {
                    let within = Moment::from(chance.below(3_600_000)) * SWEEP_HOURS;
                    self.agenda.note(at + within, Due::Close(account, Reason::Sweep));
                    let actor = self.accounts[account as usize].actor;
                    if chance.holds(PRECAUTION) && actor != crate::account::NOBODY {
                        let soon = at + within - Moment::from(chance.below(1_800_000));
                        self.agenda.note(soon, Due::Backup(actor, account));
                    }
                }
            }
            // What is left of it publishes somewhere else from now on.
            self.networks[network].epoch += 1;
            self.networks[network].lives *= given.lives_after;
            self.networks[network].returns *= given.returns_after;
        }
    }

    /// Something happens in the field, and a network rides it.
    fn happen(&mut self, field: u32, at: Moment) {
        let network = self.calendar.field_events[field as usize].network;
        self.push(at, 0, Deed::Field(field));
        let state = &mut self.networks[network as usize];
        state.event = Some(at);
        let topics = small(self.topics.len());
        self.networks[network as usize].topic = topics;
        let mut chance = Chance::of(self.seed, &[purpose::RETURN, 5, u64::from(field)]);
        let language = language_near(&mut chance);
        // The tag it takes is one that is loud that hour and was never its own.
        let trend = crate::tag::loud(language, chance.index(crate::tag::TRENDS));
        let loud = self.calendar.surges.iter().filter(|s| s.network.is_none());
        let mut loud =
            loud.filter(|s| s.expected(at + 4 * HOUR) > 2.0).map(crate::calendar::Surge::tag);
        let tag = loud.next_back().unwrap_or_else(|| trend.to_owned());
        let topic = small(self.topics.len());
        self.topics.push(Topic { tag, language });
        let wave = small(self.waves.len());
        self.waves.push(Wave {
            network,
            field,
            topic,
            from: at,
            accounts: Vec::new(),
            is_told: false,
        });
        for _ in 0..chance.poisson(self.parameters.throwaways) {
            let after = days(0.02 + chance.waiting(0.25));
            self.agenda.note(at + after.min(WAVE - HOUR), Due::Throwaway(wave));
        }
    }

    /// A nameless account appears, posts for an hour on one tag, and is closed or left.
    fn throw_in(&mut self, wave: u32, at: Moment) {
        let Wave { network, topic, .. } = self.waves[wave as usize];
        let draw = [purpose::RETURN, 6, u64::from(wave), self.accounts.len() as u64];
        let mut chance = Chance::of(self.seed, &draw);
        let language = self.topics[topic as usize].language;
        let community = network * 2;
        let class = Class::Throwaway;
        let account = make(class, community, language, Some(at), &self.parameters, &mut chance);
        let words = &self.words[language as usize];
        let mut naming = Naming::draw(words, &mut chance).numbered(&mut chance);
        if chance.holds(0.8) {
            naming.name = 0;
        }
        let number = self.add(account, Some(naming));
        self.networks[network as usize].members.push(number);
        self.tell(number, None);
        self.push(at, number, Deed::Created);
        self.waves[wave as usize].accounts.push(number);
        for _ in 0..3 + chance.below(12) {
            let when = at + 120_000 + Moment::from(chance.below(3_500_000));
            self.wish(when, number, Wish::Post(topic));
        }
        self.settle_in(number, at, &mut chance);
        if chance.holds(0.7) {
            self.will_close(number, at + HOUR + days(chance.waiting(0.6)));
        }
    }

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

    /// A moment of a day at which somebody of whatever language is awake.
    fn sometime(&self, from: Moment, chance: &mut Chance) -> Moment {
        let shift = u8::try_from((chance.below(7) + 20) % 24).unwrap_or(0);
        from + self.rhythm.moment(shift, chance)
    }

    /// Notes what somebody will do at a moment.
    pub(crate) fn wish(&mut self, at: Moment, account: u32, wish: Wish) {
        self.wished += 1;
        // The highest bit keeps these draws apart from those of an account's day.
        self.plan(Planned { at, account, draw: self.wished | 0x8000_0000, wish });
    }
}
