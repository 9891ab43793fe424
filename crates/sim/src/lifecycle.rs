//! How accounts of the networks follow one another: closings, sweeps, returns, backups.
//!
//! Everything that is due is handed out here; who is there at the start is `begin`'s, what
//! people do of themselves `turnover`'s, a field event `wave`'s. Who comes back does so within the times of `policy`, under a name of `network::change`,
//! tells of it, and is told of by those who are left. An innocent who was closed wrongly is
//! given back after a time, and does not come back under another name.

use crate::account::{Account, DAY, HOUR, Life, Moment, days, make, purpose};
use crate::agenda::{Due, Reason};
use crate::chance::{Chance, small, whole};
use crate::class::Class;
use crate::item::{Cause, Deed, Truth};
use crate::name::{Change, Naming};
use crate::network::{backup_at, bound, change, growth};
use crate::policy::{BACKUP_SHARE, RETURN_DAYS, RETURNS_SHARE, REVERSAL_DAYS};
use crate::wish::{Planned, Wish};
use crate::world::{Made, World};

/// Hours that a sweep takes.
const SWEEP_HOURS: Moment = 6;
/// Accounts that are made as a precaution, for each that a sweep closes.
const PRECAUTION: f64 = 0.185;
/// The share of the accounts closed wrongly that are given back.
const GIVEN_BACK: f64 = 0.77;
/// The share of a network's closed accounts that are given back all the same.
const GIVEN_BACK_WRONGLY: f64 = 0.04;
/// The share of new accounts that follow nobody in their first hours.
const FOLLOWS_NOBODY: f64 = 0.12;
/// The share of those who come back whom somebody outside reports.
const REPORTED: f64 = 0.05;
/// The share of accounts of a network that take the name and face of somebody else.
const IMPERSONATED: f64 = 0.03;

impl World {
    /// Adds an account of an actor.
    pub(crate) fn of_actor(
        &mut self,
        actor: u32,
        mut account: Account,
        naming: Naming,
        returns: Option<(u32, Made)>,
        impersonates: Option<u32>,
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
        self.tell(number, returns, impersonates);
        number
    }

    pub(crate) fn will_close(&mut self, account: u32, at: Moment) {
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
                Due::Newcomer(surge) => self.newcomer(surge, at),
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
    pub(crate) fn settle_in(&mut self, account: u32, at: Moment, chance: &mut Chance) {
        let wanted = if chance.holds(FOLLOWS_NOBODY) { 0 } else { 1 + chance.below(9) };
        for _ in 0..wanted {
            self.wish(at + days(chance.waiting(0.1)), account, Wish::Follow(None));
        }
    }

    pub(crate) fn words_of(&self, account: &Account) -> &crate::words::Words {
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
        let mut impersonates = None;
        if chance.holds(IMPERSONATED)
            && let Some(victim) = self.somebody(Class::Victim, community / 2, chance)
        {
            let of = self.accounts[victim as usize];
            if of.language == language {
                naming =
                    self.naming(victim).changed(Change::Slight, self.words_of(&account), chance);
                account.face = of.face;
                impersonates = Some(victim);
            }
        }
        self.actors[actor as usize].naming = naming;
        self.actors[actor as usize].face = account.face;
        self.of_actor(actor, account, naming, Some((parent, made)), impersonates)
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

    /// Notes what somebody will do at a moment.
    pub(crate) fn wish(&mut self, at: Moment, account: u32, wish: Wish) {
        self.wished += 1;
        // The highest bit keeps these draws apart from those of an account's day.
        self.plan(Planned { at, account, draw: self.wished | 0x8000_0000, wish });
    }
}
