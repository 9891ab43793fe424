//! Waves: something happens in the field, and a network rides it with throwaway accounts.
//!
//! Each takes a tag that is loud that hour and was never its own. How much more the others of
//! the network do meanwhile is `network`'s.

use crate::account::{DAY, HOUR, Moment, days, language_near, make, purpose};
use crate::agenda::Due;
use crate::calendar::Surge;
use crate::chance::{Chance, small};
use crate::class::Class;
use crate::id::field_id;
use crate::item::{Deed, Truth};
use crate::name::Naming;
use crate::wish::Wish;
use crate::world::{Topic, Wave, World};

/// How long a wave lasts that rides a field event.
const WAVE: Moment = 3 * DAY;

impl World {
    /// Something happens in the field, and a network rides it.
    pub(crate) fn happen(&mut self, field: u32, at: Moment) {
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
        let loud = self.calendar.surges.iter();
        let loud = loud.filter(|s| s.network.is_none() && s.language == language);
        let mut loud = loud.filter(|s| s.expected(at + 4 * HOUR) > 2.0).map(Surge::tag);
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
    pub(crate) fn throw_in(&mut self, wave: u32, at: Moment) {
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
        self.tell(number, None, None);
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

    /// Tells of the waves that are over; of all of them when the world is.
    pub(crate) fn tell_waves(&mut self, now: Moment) {
        for index in 0..self.waves.len() {
            let wave = &self.waves[index];
            let to = (wave.from + WAVE).min(now);
            if wave.is_told || (to < wave.from + WAVE && !self.is_over()) {
                continue;
            }
            let truth = Truth::Wave {
                network: wave.network,
                field_event: field_id(wave.field),
                tag: self.topics[wave.topic as usize].tag.clone(),
                from: self.time(wave.from),
                to: self.time(to),
                accounts: wave.accounts.iter().map(|account| self.id(*account)).collect(),
            };
            self.out.truths.push(truth);
            self.waves[index].is_told = true;
        }
    }
}
