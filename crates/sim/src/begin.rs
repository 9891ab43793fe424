//! Who is there when a world begins: innocents, some of every class, and the networks.
//!
//! Every one of them is older than the world and shows its profile in the first hour. Who
//! signs up later is `turnover`'s, and who comes back `lifecycle`'s.

use crate::account::{
    ALIKE, Account, DAY, HOUR, Life, Moment, communities, days, language_near, language_of, make,
    purpose,
};
use crate::agenda::Due;
use crate::chance::{Chance, small};
use crate::class::Class;
use crate::faction;
use crate::item::{Deed, Truth};
use crate::name::Naming;
use crate::network::{Actor, change};
use crate::policy::BACKUP_SHARE;
use crate::tag::FAVOURITES;
use crate::words::Language;
use crate::world::{Made, Topic, World};

/// Accounts of each class of those who look like a network, at least.
const CLASS_MIN: usize = 3;
/// The share of the first innocents near a network who fall silent within the world's time.
const FALL_SILENT: f64 = 0.5;
/// Roles of the actors of a network, by weight.
const ROLES: [(Class, f64); 4] =
    [(Class::Core, 30.0), (Class::Outlet, 8.0), (Class::Mirror, 22.0), (Class::Amplifier, 40.0)];

impl World {
    /// Everybody who is there at the start.
    pub(crate) fn begin(&mut self) {
        for network in 0..self.parameters.networks {
            let tags = Language::ALL.iter().flat_map(|language| {
                (0..faction::TAGS).map(|n| faction::tag(network, *language, n))
            });
            let tags = tags.collect();
            let name = faction::full(network, Language::English);
            self.out.truths.push(Truth::Network { network, name, tags });
        }
        for number in 0..self.parameters.accounts {
            let mut chance = Chance::of(self.seed, &[purpose::ACCOUNT, u64::from(number)]);
            self.innocent(None, &mut chance);
        }
        self.begin_every_class();
        self.begin_networks();
        for index in 0..self.calendar.surges.len() {
            let surge = &self.calendar.surges[index];
            let topic = Topic { tag: surge.tag(), language: surge.language };
            self.topics.push(topic);
        }
        for sweep in 0..self.parameters.policy.sweeps.len() {
            self.agenda_sweep(sweep);
        }
        for field in 0..self.calendar.field_events.len() {
            self.agenda_field(field);
        }
        self.profiles_at_start();
    }

    /// In a small world too there are some of every class near a network.
    fn begin_every_class(&mut self) {
        for (which, (class, _)) in (0..).zip(ALIKE) {
            let there = self.accounts.iter().filter(|account| account.class == class).count();
            for missing in there..CLASS_MIN {
                let draw = [purpose::ACCOUNT, 3, which, missing as u64];
                let mut chance = Chance::of(self.seed, &draw);
                self.innocent_of(class, None, &mut chance);
            }
        }
    }

    /// Every account that is older than the world shows its profile in the first hour.
    fn profiles_at_start(&mut self) {
        for account in 0..small(self.accounts.len()) {
            if self.accounts[account as usize].born < 0 {
                // In no order: whoever is of a network was made after the others here.
                let draw = [purpose::PROFILE, 4, u64::from(account)];
                let at = Moment::from(Chance::of(self.seed, &draw).below(3_600_000));
                let counts = self.counts(account);
                self.push(at, account, Deed::Profile(counts));
            }
        }
    }

    /// Makes an innocent account, at the start or at a moment.
    pub(crate) fn innocent(&mut self, born: Option<Moment>, chance: &mut Chance) -> u32 {
        let parameters = &self.parameters;
        let networks = parameters.networks;
        let class = if networks > 0 && chance.holds(parameters.alike) {
            let weights: Vec<f64> = ALIKE.iter().map(|(_, weight)| *weight).collect();
            ALIKE[chance.weighted(&weights)].0
        } else {
            Class::Ordinary
        };
        self.innocent_of(class, born, chance)
    }

    /// Makes an innocent account of a class.
    pub(crate) fn innocent_of(
        &mut self,
        class: Class,
        born: Option<Moment>,
        chance: &mut Chance,
    ) -> u32 {
        self.innocent_in(class, None, born, chance)
    }

    /// Makes an innocent account of a class, in this language or in one that is drawn.
    pub(crate) fn innocent_in(
        &mut self,
        class: Class,
        language: Option<Language>,
        born: Option<Moment>,
        chance: &mut Chance,
    ) -> u32 {
        let networks = self.parameters.networks;
        let of_cause = networks * 2;
        let (community, language) = if class == Class::Ordinary {
            let all = communities(&self.parameters);
            let community = of_cause + chance.below(all - of_cause);
            (community, language_of(community, &self.parameters))
        } else {
            let drawn = language_near(chance);
            (chance.below(of_cause.max(1)), language.unwrap_or(drawn))
        };
        let account = make(class, community, language, born, &self.parameters, chance);
        let number = self.add(account, None);
        if class.is_near() {
            let near = community / 2;
            self.near.entry((class, near)).or_default().push(number);
            // Many fall silent some day, as those of the network do when they are closed.
            if born.is_none() && chance.holds(FALL_SILENT) {
                let within = Moment::from(chance.below(self.parameters.days * 24)) * HOUR;
                self.agenda.note(within, Due::Abandon(number));
            }
        }
        self.members[community as usize].push(number);
        self.tell(number, None, None);
        number
    }

    /// The actors of every network, with their accounts as they stand at the start.
    fn begin_networks(&mut self) {
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
        let first = self.of_actor(number, account, naming, None, None);
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
        let number = self.of_actor(actor, account, naming, Some((parent, Made::Before)), None);
        self.actors[actor as usize].backup = Some(number);
    }
}
