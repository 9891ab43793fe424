//! Removed profiles, and which few of them a new account is worth comparing with.
//!
//! Keys shared by two sketches are votes, each worth its rarity (IDF); the work per account
//! has named bounds that grow with the number of profiles. Answers depend on which profiles
//! are in the index and never on the order in which they came, so that an index built again
//! from records answers alike.
//!
//! Left out: an index of PDQ by distance, which a plain scan replaces up to some hundred
//! thousand profiles; storage, since the index is built again from the records.

use std::cmp::Reverse;
use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashMap;
use seawall_model::{EntryId, MilliBits};

use crate::frequency::{FEATURE_KINDS, Feature, FeatureKind, Frequencies, Populations, share};
use crate::level::PDQ_LIKE_BITS_MAX;
use crate::model::LinkModel;
use crate::name::mix;
use crate::profile::{Pdq, Profile, distance};
use crate::weight::{Families, MatchWeight, families};

/// Profiles an index holds; by an estimate of 1 kB each, 1 GB.
pub const PROFILES_MAX: usize = 1 << 20;
/// Candidates scored for one account are one in a hundred profiles, at least so many.
pub const CANDIDATES_MIN: usize = 200;
/// And at most so many, or the comparisons would take milliseconds.
pub const CANDIDATES_MAX: usize = 1_000;
/// Votes read for one account are half the number of profiles, at least so many.
pub const READ_MIN: usize = 4_096;
/// And at most so many.
pub const READ_MAX: usize = 1 << 18;

/// Removed profiles that weigh the same and are told of at most; of more the oldest.
pub const EQUAL_MAX: usize = 4;
const CANDIDATES_PART: usize = 100;
const READ_PART: usize = 2;
/// A key that names one thing exactly is worth so many n-grams of its rarity.
const EXACT_FACTOR: u32 = 8;
/// Above [`FeatureKind`]'s numbers, kinds of keys that nobody asks the frequency of.
const ANY_ORDER: u64 = 16;
const HANDLE_GRAM: u64 = 17;
const NAME_GRAM: u64 = 18;

/// The index is full: the profile was not taken, and the caller must hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the index holds {PROFILES_MAX} removed profiles and takes no more")]
pub struct IndexFull;

/// Sketches of removed accounts, by the knowledge entry that each is.
#[derive(Debug, Default)]
pub struct Index {
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_id: HashMap<EntryId, u32, BuildHasherDefault<Spread>>,
    /// For each key the slots that have it, in order of their entry ids.
    keys: HashMap<u64, Vec<u32>, BuildHasherDefault<Spread>>,
    pdqs: Vec<(Pdq, u32)>,
    /// Profiles that have anything of a kind.
    totals: [u64; FEATURE_KINDS],
}

#[derive(Debug)]
struct Slot {
    id: EntryId,
    profile: Profile,
}

/// What one search cost, for measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Votes read.
    pub read: usize,
    /// Keys that were passed over because too many profiles have them.
    pub keys_left_out: usize,
    /// PDQ hashes compared.
    pub pdqs: usize,
    /// Profiles with any vote.
    pub found: usize,
    /// Profiles scored, the best by their votes.
    pub candidates: usize,
}

/// Memory of searches, used again and again: one per thread.
#[derive(Debug, Default)]
pub struct Scratch {
    votes: Vec<u32>,
    voted: Vec<u32>,
    lists: Vec<Wanted>,
    ranked: Vec<Ranked>,
    ids: Vec<EntryId>,
    work: Work,
}

/// A key of the account that is searched for.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    length: usize,
    key: u64,
    factor: u32,
}

/// A profile found; the order is by votes, then by entry id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ranked {
    votes: Reverse<u32>,
    id: EntryId,
    slot: u32,
}

impl Scratch {
    /// Memory that grows on first use.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the last search cost.
    #[must_use]
    pub fn work(&self) -> Work {
        self.work
    }
}

impl Index {
    /// An index without profiles.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many profiles it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The sketch of an entry, if it is here.
    #[must_use]
    pub fn get(&self, id: EntryId) -> Option<&Profile> {
        self.by_id.get(&id).map(|slot| &self.slots[*slot as usize].profile)
    }

    /// Whether any removed profile has this; a post's link need not be looked at otherwise.
    ///
    /// Cost: one look-up.
    #[must_use]
    pub fn knows(&self, feature: Feature) -> bool {
        self.keys.contains_key(&feature_key(feature))
    }

    /// Takes a profile; one that is here under the same entry is replaced.
    ///
    /// Cost: about 30 look-ups, and for each a move of what stands behind it in its list.
    ///
    /// # Errors
    /// [`IndexFull`] at [`PROFILES_MAX`] profiles.
    pub fn insert(&mut self, id: EntryId, profile: Profile) -> Result<(), IndexFull> {
        self.remove(id);
        if self.len() >= PROFILES_MAX {
            return Err(IndexFull);
        }
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => u32::try_from(self.slots.len()).map_err(|_| IndexFull)?,
        };
        let Self { slots, keys, .. } = self;
        let at = slot as usize;
        if at == slots.len() {
            slots.push(Slot { id, profile: Profile::default() });
        }
        slots[at].id = id;
        each_key(&profile, |key, _| {
            let list = keys.entry(key).or_default();
            let place = list.partition_point(|other| slots[*other as usize].id < id);
            list.insert(place, slot);
        });
        self.pdqs.extend(profile.avatar.pdq.map(|pdq| (pdq, slot)));
        self.each_total(&profile, |total| *total += 1);
        self.slots[at].profile = profile;
        self.by_id.insert(id, slot);
        Ok(())
    }

    /// Takes a profile out, as if it had never been here; gives it back.
    pub fn remove(&mut self, id: EntryId) -> Option<Profile> {
        let slot = self.by_id.remove(&id)?;
        let profile = std::mem::take(&mut self.slots[slot as usize].profile);
        let Self { slots, keys, .. } = self;
        each_key(&profile, |key, _| {
            let Some(list) = keys.get_mut(&key) else { return };
            let place = list.partition_point(|other| slots[*other as usize].id < id);
            if list.get(place) == Some(&slot) {
                list.remove(place);
            }
            if list.is_empty() {
                keys.remove(&key);
            }
        });
        self.pdqs.retain(|(_, other)| *other != slot);
        self.each_total(&profile, |total| *total -= 1);
        self.free.push(slot);
        Some(profile)
    }

    fn each_total(&mut self, profile: &Profile, change: fn(&mut u64)) {
        let mut has = [false; FEATURE_KINDS];
        profile.each_feature(|feature| has[feature.kind.index()] = true);
        self.totals
            .iter_mut()
            .zip(has)
            .filter(|(_, has)| *has)
            .for_each(|(total, _)| change(total));
    }

    /// The profiles worth a comparison, the most alike by their votes first.
    ///
    /// Complete if [`Work::keys_left_out`] is 0 and as many are candidates as were found:
    /// then no other profile shares a name's n-gram, a picture within 31 bits or a link.
    ///
    /// Cost: at most half as many votes as there are profiles, and one scan of all PDQ.
    pub fn candidates<'s>(&self, profile: &Profile, scratch: &'s mut Scratch) -> &'s [EntryId] {
        self.search(profile, scratch);
        scratch.ids.clear();
        scratch.ids.extend(scratch.ranked.iter().map(|ranked| ranked.id));
        &scratch.ids
    }

    /// The removed profile with the most evidence, if there is evidence of any family.
    ///
    /// A total may still be far below 0: what it must reach is for the caller to say.
    /// Of equal ones the older entry. `seen` says how frequent things are among all accounts.
    ///
    /// Cost: as [`Self::candidates`], and one comparison for each. No allocation once
    /// `scratch` has grown.
    pub fn best(
        &self,
        profile: &Profile,
        model: &LinkModel,
        seen: &impl Frequencies,
        scratch: &mut Scratch,
    ) -> Option<(EntryId, MatchWeight)> {
        self.bests(profile, model, seen, scratch).into_iter().next()
    }

    /// The removed profiles with the most evidence: several where they weigh the same, in order
    /// of their entries, four at most.
    ///
    /// As [`Self::best`], which is the first of them.
    pub fn bests(
        &self,
        profile: &Profile,
        model: &LinkModel,
        seen: &impl Frequencies,
        scratch: &mut Scratch,
    ) -> Vec<(EntryId, MatchWeight)> {
        self.search(profile, scratch);
        let rare = Populations { seen, removed: self };
        let mut bests: Vec<(EntryId, MatchWeight)> = Vec::new();
        for Ranked { id, slot, .. } in &scratch.ranked {
            let removed = &self.slots[*slot as usize].profile;
            let top = bests.first().map(|(_, weight)| weight.total);
            let is_beaten = |total: MilliBits| top.is_some_and(|top| total < top);
            // Frequencies cost more than the comparison and only ever take bits away.
            if is_beaten(crate::score(profile, removed, model, &Never).total) {
                continue;
            }
            let weight = crate::score(profile, removed, model, &rare);
            if families(&weight) == Families::NONE || is_beaten(weight.total) {
                continue;
            }
            if top != Some(weight.total) {
                bests.clear();
            }
            let place = bests.partition_point(|(other, _)| *other < *id);
            bests.insert(place, (*id, weight));
            bests.truncate(EQUAL_MAX);
        }
        bests
    }

    /// Leaves the candidates in `scratch.ranked`.
    fn search(&self, profile: &Profile, scratch: &mut Scratch) {
        scratch.work = Work::default();
        scratch.votes.resize(self.slots.len().max(scratch.votes.len()), 0);
        self.vote_by_keys(profile, scratch);
        self.vote_by_pdq(profile, scratch);
        let Scratch { votes, voted, ranked, work, .. } = scratch;
        ranked.clear();
        ranked.extend(voted.drain(..).map(|slot| Ranked {
            votes: Reverse(std::mem::take(&mut votes[slot as usize])),
            id: self.slots[slot as usize].id,
            slot,
        }));
        work.found = ranked.len();
        let most = (self.len() / CANDIDATES_PART).clamp(CANDIDATES_MIN, CANDIDATES_MAX);
        if ranked.len() > most {
            ranked.select_nth_unstable(most);
            ranked.truncate(most);
        }
        ranked.sort_unstable();
        work.candidates = ranked.len();
    }

    /// Reads the shortest lists first, until the votes are used up.
    fn vote_by_keys(&self, profile: &Profile, scratch: &mut Scratch) {
        let Scratch { votes, voted, lists, work, .. } = scratch;
        lists.clear();
        each_key(profile, |key, factor| {
            let length = self.keys.get(&key).map_or(0, Vec::len);
            if factor > 0 && length > 0 {
                lists.push(Wanted { length, key, factor });
            }
        });
        lists.sort_unstable_by_key(|wanted| (wanted.length, wanted.key));
        let mut left = (self.len() / READ_PART).clamp(READ_MIN, READ_MAX);
        for (at, wanted) in lists.iter().enumerate() {
            if wanted.length > left {
                work.keys_left_out = lists.len() - at;
                break;
            }
            left -= wanted.length;
            work.read += wanted.length;
            let worth = self.rarity(wanted.length).saturating_mul(wanted.factor);
            for slot in self.keys.get(&wanted.key).into_iter().flatten() {
                vote(*slot, worth, votes, voted);
            }
        }
    }

    fn vote_by_pdq(&self, profile: &Profile, scratch: &mut Scratch) {
        let Some(pdq) = &profile.avatar.pdq else { return };
        let worth = self.rarity(1).saturating_mul(EXACT_FACTOR);
        for (_, slot) in self.pdqs.iter().filter(|(own, _)| is_near(own, pdq)) {
            vote(*slot, worth, &mut scratch.votes, &mut scratch.voted);
        }
        scratch.work.pdqs = self.pdqs.len();
    }

    /// log2 of how many profiles there are for each one that has it, in thousandths.
    fn rarity(&self, having: usize) -> u32 {
        let times = (self.len() + 1) as f64 / having as f64;
        u32::try_from(MilliBits::from_bits(libm::log2(times)).0).unwrap_or(0).max(1)
    }
}

impl Frequencies for Index {
    fn share(&self, feature: Feature) -> Option<f64> {
        let having = self.keys.get(&feature_key(feature)).map_or(0, Vec::len) as u64;
        // The removed one that is compared has it.
        share(having.saturating_sub(1), self.totals[feature.kind.index()].saturating_sub(1))
    }
}

/// Nobody else has what two accounts share: no score is higher than with these.
struct Never;

impl Frequencies for Never {
    fn share(&self, _: Feature) -> Option<f64> {
        Some(0.0)
    }
}

fn vote(slot: u32, worth: u32, votes: &mut [u32], voted: &mut Vec<u32>) {
    let votes = &mut votes[slot as usize];
    if *votes == 0 {
        voted.push(slot);
    }
    *votes = votes.saturating_add(worth);
}

/// Most pairs differ in enough of their first half already.
fn is_near(a: &Pdq, b: &Pdq) -> bool {
    let half = (a[0] ^ b[0]).count_ones() + (a[1] ^ b[1]).count_ones();
    half <= PDQ_LIKE_BITS_MAX && distance(a, b) <= PDQ_LIKE_BITS_MAX
}

/// Calls `take` with each key of a profile, and what a vote by it is worth in n-grams.
///
/// A host is kept for its frequency; half of all accounts share one, so it never votes.
fn each_key(profile: &Profile, mut take: impl FnMut(u64, u32)) {
    profile.each_feature(|feature| {
        let factor = if feature.kind == FeatureKind::Host { 0 } else { EXACT_FACTOR };
        take(feature_key(feature), factor);
    });
    if let Some(name) = &profile.name {
        take(key(ANY_ORDER, name.any_order), EXACT_FACTOR);
        name.grams.iter().for_each(|gram| take(key(NAME_GRAM, u64::from(*gram)), 1));
    }
    if let Some(handle) = &profile.handle {
        handle.grams.iter().for_each(|gram| take(key(HANDLE_GRAM, u64::from(*gram)), 1));
    }
}

fn feature_key(feature: Feature) -> u64 {
    key(feature.kind as u64, feature.hash)
}

fn key(kind: u64, hash: u64) -> u64 {
    mix(hash.wrapping_add(mix(kind)))
}

/// Keys are spread by their making, entry ids are not; one step does for both. Seeded maps
/// are not wanted: a hash differs from run to run only if its seed does.
#[derive(Clone, Copy, Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = mix(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mix(self.0 ^ number);
    }
}

#[cfg(test)]
mod tests;
