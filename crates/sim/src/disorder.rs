//! How events leave the world: in order, or late, twice, and out of order as on a platform.
//!
//! What is drawn for an event is drawn by its number, so that it does not depend on how the
//! world is stepped. Holds what is late for as long as it is late, six hours at most.

use std::collections::BTreeMap;

use crate::account::{HOUR, Moment, purpose};
use crate::chance::Chance;
use crate::item::Item;
use crate::parameters::Disorder;
use crate::world::Step;

/// Sends the items of a world on, in the order in which a platform would.
#[derive(Clone, Debug)]
pub struct Sending {
    disorder: Disorder,
    seed: u64,
    /// By the moment of sending and what breaks ties.
    held: BTreeMap<(Moment, u64, u8), Item>,
}

impl Sending {
    /// Of a world of this seed.
    #[must_use]
    pub fn new(disorder: Disorder, seed: u64) -> Self {
        Self { disorder, seed, held: BTreeMap::new() }
    }

    /// Whether everything is sent as it happens, so that a step is all that is sent.
    #[must_use]
    pub fn is_orderly(&self) -> bool {
        self.disorder == Disorder::default()
    }

    /// The numbered items that are sent in the hour of a step; all that are left if it is
    /// the last.
    pub fn send(&mut self, step: &Step, hours: u32, is_last: Last) -> Vec<(u64, Item)> {
        for (number, item) in (step.before..).zip(step.items.iter().copied()) {
            let mut chance = Chance::of(self.seed, &[purpose::DISORDER, number]);
            let mut sent = item.at;
            if chance.holds(self.disorder.late) {
                sent += HOUR + HOUR / 4 + Moment::from(chance.below(17_000_000));
            } else if chance.holds(self.disorder.shuffled) {
                sent += Moment::from(chance.below(900_000));
            }
            self.held.insert((sent, number, 0), item);
            if chance.holds(self.disorder.doubled) {
                let again = sent + 1_000 + Moment::from(chance.below(7_000_000));
                self.held.insert((again, number, 1), item);
            }
        }
        let end = match is_last {
            Last::No => Moment::from(hours) * HOUR,
            Last::Yes => Moment::MAX,
        };
        let later = self.held.split_off(&(end, 0, 0));
        let sent = std::mem::replace(&mut self.held, later);
        sent.into_iter().map(|((_, number, _), item)| (number, item)).collect()
    }
}

/// Whether a step is the world's last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// Others follow.
    No,
    /// It is.
    Yes,
}
