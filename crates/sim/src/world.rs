//! The world: stepped an hour at a time, it says what happened, and takes what is done to it.
//!
//! Each step plans what accounts wish to do, in order of time, and resolves the wishes one
//! after another: whose post is answered, who is followed. What a step gives is small and
//! says nothing in words; [`crate::render`] makes an event of each item, and can do so in any
//! order and on any thread. Nothing here looks at a clock, a file, or a detector.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use seawall_model::{PlatformId, Timestamp};

use crate::account::{Account, DAY, HOUR, Life, Moment, NOBODY, OPEN, communities, purpose};
use crate::agenda::Agenda;
use crate::calendar::Calendar;
use crate::chance::{Chance, hash, small, whole};
use crate::class::Class;
use crate::habit::Rhythm;
use crate::id::hash_text;
use crate::item::{Action, Cause, Counts, Deed, Item, PostKey, Truth};
use crate::name::Naming;
use crate::network::{Actor, Network};
use crate::parameters::{Parameters, VERSION};
use crate::ring::Ring;
use crate::wish::Planned;
use crate::words::{Language, PackError, Words};

/// What happened in an hour.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// How many items there were in all hours before.
    pub before: u64,
    /// Its items, by time.
    pub items: Vec<Item>,
    /// What is true of it.
    pub truths: Vec<Truth>,
}

/// Something that posts are about: a tag, and the network it belongs to, if it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(crate) tag: String,
    pub(crate) language: Language,
}

/// A wave that is going on.
#[derive(Clone, Debug)]
pub(crate) struct Wave {
    pub(crate) network: u32,
    pub(crate) field: u32,
    pub(crate) topic: u32,
    pub(crate) from: Moment,
    pub(crate) accounts: Vec<u32>,
    pub(crate) is_told: bool,
}

/// A simulated platform.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) seed: u64,
    pub(crate) parameters: Parameters,
    pub(crate) words: Vec<Words>,
    pub(crate) accounts: Vec<Account>,
    /// Names of accounts that did not draw theirs by their number.
    pub(crate) namings: HashMap<u32, Naming>,
    handles: HashSet<u64>,
    /// Innocents of each class near a network: for surges and followers.
    pub(crate) near: HashMap<(Class, u32), Vec<u32>>,
    /// Accounts of each community, the oldest first.
    pub(crate) members: Vec<Vec<u32>>,
    pub(crate) rings: Vec<Ring>,
    pub(crate) follows: HashSet<u64>,
    /// Posts that are or will be deleted, and when; of the last week.
    pub(crate) deleted: HashMap<PostKey, Moment>,
    /// Posts that the platform lets nobody meet.
    pub(crate) hidden: HashSet<PostKey>,
    /// Who liked or reposted what, this day.
    pub(crate) engaged: HashSet<u64>,
    pub(crate) networks: Vec<Network>,
    pub(crate) actors: Vec<Actor>,
    pub(crate) calendar: Calendar,
    pub(crate) topics: Vec<Topic>,
    pub(crate) waves: Vec<Wave>,
    pub(crate) agenda: Agenda,
    pub(crate) rhythm: Rhythm,
    /// What is wished for in each hour of the day.
    pub(crate) planned: Vec<Vec<Planned>>,
    /// What is wished for beside that, by hour.
    pub(crate) later: BTreeMap<u32, Vec<Planned>>,
    /// Wishes so far that were not of an account's day.
    pub(crate) wished: u32,
    pub(crate) hour: u32,
    pub(crate) out: Step,
    /// Deeds of the network on its own posts in this hour, by network.
    pub(crate) inward: Vec<u32>,
}

impl World {
    /// A world at its first moment.
    ///
    /// # Errors
    /// [`PackError`] if a text pack lacks something.
    pub fn new(parameters: Parameters, seed: u64) -> Result<Self, PackError> {
        let words: Result<Vec<Words>, PackError> =
            Language::ALL.into_iter().map(Words::read).collect();
        let count = communities(&parameters) as usize;
        let networks = parameters.networks as usize;
        let mut world = Self {
            seed: hash(&[seed, u64::from(VERSION)]),
            words: words?,
            accounts: Vec::with_capacity(room(&parameters)),
            namings: HashMap::new(),
            handles: HashSet::new(),
            near: HashMap::new(),
            members: vec![Vec::new(); count],
            rings: vec![Ring::new(192); count],
            follows: HashSet::new(),
            networks: vec![Network::new(); networks],
            actors: Vec::new(),
            calendar: Calendar::new(&parameters, seed),
            topics: vec![Topic { tag: String::new(), language: Language::English }],
            waves: Vec::new(),
            agenda: Agenda::default(),
            rhythm: Rhythm::new(),
            planned: vec![Vec::new(); 24],
            later: BTreeMap::new(),
            wished: 0,
            hour: 0,
            out: Step::default(),
            inward: vec![0; networks],
            deleted: HashMap::new(),
            hidden: HashSet::new(),
            engaged: HashSet::new(),
            parameters,
        };
        world.begin();
        Ok(world)
    }

    /// Adds an account and gives it a handle that nobody has.
    pub(crate) fn add(&mut self, mut account: Account, naming: Option<Naming>) -> u32 {
        let number = small(self.accounts.len());
        let words = &self.words[account.language as usize];
        let is_given = naming.is_some();
        let mut naming = naming.unwrap_or_else(|| self.drawn(number, &account));
        while !self.handles.insert(hash_text(&naming.handle(words))) {
            account.variant = account.variant.wrapping_add(1);
            if account.class.is_network() {
                naming.number = naming.number % 9_973 + 1 + u16::from(account.variant);
            } else {
                naming = self.drawn(number, &account);
            }
            if account.variant == 200 {
                break;
            }
        }
        if account.class.is_network() || is_given {
            self.namings.insert(number, naming);
        }
        self.accounts.push(account);
        number
    }

    /// The name that an account draws by its number.
    fn drawn(&self, number: u32, account: &Account) -> Naming {
        let words = &self.words[account.language as usize];
        let draw = [purpose::NAME, u64::from(number), u64::from(account.variant)];
        Naming::draw(words, &mut Chance::of(self.seed, &draw))
    }

    /// The name of an account.
    #[must_use]
    pub(crate) fn naming(&self, number: u32) -> Naming {
        match self.namings.get(&number) {
            Some(naming) => *naming,
            None => self.drawn(number, &self.accounts[number as usize]),
        }
    }

    /// The moment of the world's time as a point in time.
    #[must_use]
    pub fn time(&self, at: Moment) -> Timestamp {
        self.parameters.start.plus_micros(at.saturating_mul(1_000))
    }

    /// Its seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What the world is made of.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Hours that have passed.
    #[must_use]
    pub fn hour(&self) -> u32 {
        self.hour
    }

    /// Whether the last day is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.hour >= self.parameters.days * 24
    }

    /// Who an account is.
    #[must_use]
    pub fn class(&self, account: u32) -> Class {
        self.accounts[account as usize].class
    }

    /// How many accounts there are and have been.
    #[must_use]
    pub fn accounts(&self) -> usize {
        self.accounts.len()
    }

    pub(crate) fn counts(&self, account: u32) -> Counts {
        let Account { followers, following, posts, .. } = self.accounts[account as usize];
        Counts { followers, following, posts }
    }

    pub(crate) fn push(&mut self, at: Moment, account: u32, deed: Deed) {
        let order = small(self.out.items.len());
        self.out.items.push(Item { at, account, order, deed });
    }

    /// Says what is true of an account. `returns` is the account it comes back for, and
    /// whether it was made before that one was closed; `impersonates` that whose name and
    /// face it takes.
    pub(crate) fn tell(
        &mut self,
        number: u32,
        returns: Option<(u32, Made)>,
        impersonates: Option<u32>,
    ) {
        let account = &self.accounts[number as usize];
        let actor = (account.actor != NOBODY).then_some(account.actor);
        let generation = actor.map_or(0, |actor| small(self.actors[actor as usize].accounts.len()));
        let network = account.class.is_network().then_some(account.community / 2);
        self.out.truths.push(Truth::Account {
            account: self.id(number),
            class: account.class,
            network,
            actor,
            born: self.time(account.born),
            returns: returns.map(|(parent, _)| (self.id(parent), generation)),
            is_backup: returns.is_some_and(|(_, made)| made == Made::Before),
            impersonates: impersonates.map(|victim| self.id(victim)),
            language: account.language,
        });
    }

    /// Lets an hour pass, after these actions of whoever steps the world.
    ///
    /// Cost: about a quarter of a microsecond for each account at the first hour of a day,
    /// and as much for each item.
    pub fn step(&mut self, actions: &[Action]) -> Step {
        let from = Moment::from(self.hour) * HOUR;
        for action in actions {
            self.act(action, from);
        }
        if self.hour.is_multiple_of(24) {
            self.engaged.clear();
            self.deleted.retain(|_, at| *at > from - 7 * DAY);
            self.plan_day(from);
        }
        self.plan_hour(from);
        self.keep_agenda(from, from + HOUR);
        self.resolve_hour(from);
        self.interact(from);
        self.hour += 1;
        self.tell_waves(from + HOUR);
        let mut step = std::mem::take(&mut self.out);
        self.carry(&mut step, from + HOUR);
        step.items.sort_unstable_by_key(|item| (item.at, item.account, item.order));
        self.out.before = step.before + step.items.len() as u64;
        step
    }

    /// Keeps what belongs to the next hour for it, and drops what an account that was
    /// closed meanwhile would have done, and what would be done with a post that is hidden.
    fn carry(&mut self, step: &mut Step, end: Moment) {
        let (out, accounts, hidden) = (&mut self.out.items, &self.accounts, &self.hidden);
        step.items.retain(|item| {
            // Nobody does anything with a post that is not to be met.
            if !hidden.is_empty()
                && item.deed.post_before(item.account).is_some_and(|post| hidden.contains(&post))
            {
                return false;
            }
            let follows = matches!(
                item.deed,
                Deed::Edited(_)
                    | Deed::Profile(_)
                    | Deed::Seen(..)
                    | Deed::Unlike(_)
                    | Deed::PostDeleted(_)
                    | Deed::ReportPost(_)
                    | Deed::ReportAccount(_)
            );
            if follows && accounts[item.account as usize].closed <= item.at {
                return false;
            }
            if item.at >= end {
                out.push(*item);
            }
            item.at < end
        });
    }

    fn act(&mut self, action: &Action, now: Moment) {
        let find = |id: &PlatformId| self.account(id);
        match action {
            Action::Suspend(id) => {
                if let Some(account) = find(id) {
                    self.close(account, now, Cause::Action);
                }
            }
            Action::Reinstate(id) => {
                if let Some(account) = find(id) {
                    self.reopen(account, now);
                }
            }
            Action::Restrict(id) => self.set_life(id, Life::Active, Life::Restricted),
            Action::Release(id) => self.set_life(id, Life::Restricted, Life::Active),
            Action::Remove(id) => {
                if let Some((account, number)) = self.post_key(id) {
                    self.push(now, account, Deed::PostDeleted(number));
                }
            }
            Action::Hide(id) => {
                if let Some(post) = self.post_key(id) {
                    self.hidden.insert(post);
                    let of_networks = self.networks.iter_mut().map(|network| &mut network.ring);
                    self.rings.iter_mut().chain(of_networks).for_each(|ring| ring.forget(post));
                }
            }
            Action::Show(id) => {
                if let Some(post) = self.post_key(id) {
                    self.hidden.remove(&post);
                }
            }
        }
    }

    fn set_life(&mut self, id: &PlatformId, from: Life, to: Life) {
        if let Some(account) = self.account(id) {
            let life = &mut self.accounts[account as usize].life;
            if *life == from {
                *life = to;
            }
        }
    }

    /// Opens an account that was closed.
    pub(crate) fn reopen(&mut self, number: u32, at: Moment) {
        let account = &mut self.accounts[number as usize];
        if account.closed == OPEN {
            return;
        }
        account.closed = OPEN;
        if account.class.is_network() {
            let network = account.community as usize / 2;
            self.networks[network].members.push(number);
        }
        self.push(at, number, Deed::Reinstated);
        let (account, at) = (self.id(number), self.time(at));
        self.out.truths.push(Truth::Reopened { account, at });
    }

    /// The day of a moment, from 0.
    pub(crate) fn day(at: Moment) -> u32 {
        u32::try_from(at.div_euclid(DAY)).unwrap_or(0)
    }
}

/// Accounts that a world will hold, about.
fn room(parameters: &Parameters) -> usize {
    let grown = parameters.growth_daily * f64::from(parameters.days) * 1.1 + 1.01;
    let members = parameters.networks * parameters.actors * 5;
    (whole(f64::from(parameters.accounts) * grown) + members) as usize
}

/// When an account that comes after another was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// Before that one was closed.
    Before,
    /// After it.
    After,
}
