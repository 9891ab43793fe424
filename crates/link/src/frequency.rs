//! How frequent a name, picture or link is: what many have ties nobody together.
//!
//! Two populations count: the accounts seen on the platform ([`Seen`]), and the removed
//! profiles (the [`Index`] knows). The second is the community of those removed: what its
//! members share does not say which of them somebody is.

use seawall_model::codec::{CodecError, Reader, Writer};

use crate::Index;
use crate::name::mix;
use crate::profile::Profile;

/// Accounts a population needs before a share of it is known.
pub const POPULATION_MIN: u64 = 1_000;

/// Rows of the sketch of counts.
const ROWS: usize = 4;
/// Cells of a row; a power of two. Together 2 MiB.
const ROW_CELLS: usize = 1 << 17;

/// What two accounts may have in both their sketches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FeatureKind {
    /// The skeleton of a handle.
    Skeleton = 1,
    /// The words of a display name.
    Name = 2,
    /// A picture, byte for byte.
    Avatar = 3,
    /// A link.
    Link = 4,
    /// The host of a link.
    Host = 5,
}

/// How many kinds of features there are.
pub(crate) const FEATURE_KINDS: usize = 5;

impl FeatureKind {
    pub(crate) fn index(self) -> usize {
        self as usize - 1
    }
}

/// One thing that several accounts may have, as a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feature {
    /// What it is.
    pub kind: FeatureKind,
    /// Its keyed hash; for a picture the head of its SHA-256.
    pub hash: u64,
}

/// Says how frequent something is.
pub trait Frequencies {
    /// The share of accounts that have it, the two compared aside; `None` if not known.
    ///
    /// From 0 to 1, of those accounts that have anything of its kind.
    fn share(&self, feature: Feature) -> Option<f64>;
}

/// Nothing is known: a model's own u hold, and no link is rare.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uncounted;

impl Frequencies for Uncounted {
    fn share(&self, _: Feature) -> Option<f64> {
        None
    }
}

/// Both populations: the larger share counts.
#[derive(Clone, Copy, Debug)]
pub struct Populations<'a, S> {
    /// The accounts seen on the platform.
    pub seen: &'a S,
    /// The removed profiles.
    pub removed: &'a Index,
}

impl<S: Frequencies> Frequencies for Populations<'_, S> {
    fn share(&self, feature: Feature) -> Option<f64> {
        // A known share is larger than an unknown one, which is `None`.
        let (seen, removed) = (self.seen.share(feature), self.removed.share(feature));
        if seen > removed { seen } else { removed }
    }
}

/// How many of the accounts seen have each feature, in 2 MiB whatever their number.
///
/// Counts are never too low; with a million accounts they are too high by some tens,
/// which takes bits away and never gives any. An account is not taken back: it leaves no more behind
/// than one in a count.
///
/// Source: count-min sketch (Cormode and Muthukrishnan 2005) with conservative update
/// (Estan and Varghese 2002).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    totals: [u64; FEATURE_KINDS],
    cells: Box<[u32]>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { totals: [0; FEATURE_KINDS], cells: vec![0; ROWS * ROW_CELLS].into() }
    }
}

impl Seen {
    /// Nobody was seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts an account once; the caller counts it before it is compared.
    ///
    /// Cost: four cells a feature.
    pub fn add(&mut self, profile: &Profile) {
        let mut kinds = [0; FEATURE_KINDS];
        profile.each_feature(|feature| {
            kinds[feature.kind.index()] = 1;
            self.count_one(feature);
        });
        for (total, one) in self.totals.iter_mut().zip(kinds) {
            *total += one;
        }
    }

    /// Counts a link that a counted account has shown since.
    ///
    /// `before` is its sketch without that link.
    pub fn add_link(&mut self, link: crate::LinkHash, before: &Profile) {
        let has = |hashes: &[u64], hash| hashes.binary_search(&hash).is_ok();
        if before.links.is_empty() {
            self.totals[FeatureKind::Link.index()] += 1;
            self.totals[FeatureKind::Host.index()] += 1;
        }
        if !has(&before.links, link.link) {
            self.count_one(Feature { kind: FeatureKind::Link, hash: link.link });
        }
        if !has(&before.hosts, link.host) {
            self.count_one(Feature { kind: FeatureKind::Host, hash: link.host });
        }
    }

    fn count_one(&mut self, feature: Feature) {
        let places = places(feature);
        let more = self.least(places).saturating_add(1);
        for place in places {
            self.cells[place] = self.cells[place].max(more);
        }
    }

    fn least(&self, places: [usize; ROWS]) -> u32 {
        places.iter().map(|place| self.cells[*place]).min().unwrap_or(0)
    }

    /// Appends it to a snapshot: 8 bytes for each cell in use, at most 4 MiB.
    pub fn encode(&self, out: &mut Writer) {
        self.totals.iter().for_each(|total| out.u64(*total));
        out.len(self.cells.iter().filter(|count| **count != 0).count());
        for (place, count) in (0_u32..).zip(self.cells.iter()).filter(|(_, count)| **count != 0) {
            out.u32(place);
            out.u32(*count);
        }
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`CodecError`] if the bytes end too early, or hold what was never written.
    pub fn decode(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut seen = Self::new();
        for total in &mut seen.totals {
            *total = from.u64()?;
        }
        let mut next = 0;
        for _ in 0..from.len(8)? {
            let (place, count) = (from.u32()?, from.u32()?);
            let cell = seen.cells.get_mut(place as usize).filter(|_| place >= next && count > 0);
            *cell.ok_or(CodecError::Range)? = count;
            next = place + 1;
        }
        Ok(seen)
    }
}

impl Frequencies for Seen {
    fn share(&self, feature: Feature) -> Option<f64> {
        // Both accounts that are compared were seen and have it.
        let others = u64::from(self.least(places(feature))).saturating_sub(2);
        share(others, self.totals[feature.kind.index()].saturating_sub(2))
    }
}

/// A share of a population that is large enough to have one.
pub(crate) fn share(having: u64, of: u64) -> Option<f64> {
    (of >= POPULATION_MIN).then(|| (having as f64 / of as f64).min(1.0))
}

fn places(feature: Feature) -> [usize; ROWS] {
    let mut hash = feature.hash.wrapping_add(mix(feature.kind as u64));
    std::array::from_fn(|row| {
        hash = mix(hash);
        row * ROW_CELLS + usize::try_from(hash % ROW_CELLS as u64).unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LinkHash, Profile};

    fn with_link(number: u64) -> Profile {
        let mut profile = Profile::default();
        profile.add_link(LinkHash { link: number, host: number % 10 });
        profile
    }

    fn link(hash: u64) -> Feature {
        Feature { kind: FeatureKind::Link, hash }
    }

    #[test]
    fn a_share_is_known_once_enough_were_seen() {
        let mut seen = Seen::new();
        for number in 0..500 {
            seen.add(&with_link(number % 5));
        }
        assert_eq!(seen.share(link(1)), None);
        for number in 0..500 {
            let (shown, before) = (with_link(number), Profile::default());
            assert_eq!(shown.links, [number]);
            seen.add_link(LinkHash { link: number, host: number % 10 }, &before);
        }
        // Of 998 others; 1,000 are needed.
        assert_eq!(seen.share(link(1)), None);
        seen.add(&with_link(9_999));
        seen.add(&with_link(9_999));
        assert_eq!(seen.share(link(1)), Some(0.099));
        assert_eq!(seen.share(link(9_999)), Some(0.0));
        assert_eq!(seen.share(link(123_456)), Some(0.0));
        assert_eq!(seen.share(Feature { kind: FeatureKind::Name, hash: 1 }), None);
    }

    #[test]
    fn counts_are_never_too_low_and_little_too_high() {
        let mut seen = Seen::new();
        let accounts = 200_000;
        for number in 0..accounts {
            let hash = if number % 100 == 0 { 7 } else { mix(number) };
            seen.count_one(link(hash));
        }
        assert!(seen.least(places(link(7))) >= 2_000);
        let mut over: Vec<u32> =
            (1..2_000).map(|number| seen.least(places(link(mix(number * 100 + 1))))).collect();
        over.sort_unstable();
        assert!(over[0] >= 1, "never too low");
        assert!(over[over.len() * 99 / 100] <= 4, "{:?}", over[over.len() * 99 / 100]);
    }

    #[test]
    fn counts_are_read_as_they_were_written() {
        let mut seen = Seen::new();
        (0..300).for_each(|number| seen.add(&with_link(number)));
        let mut writer = Writer::new();
        seen.encode(&mut writer);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert!(Seen::decode(&mut reader).as_ref() == Ok(&seen));
        assert_eq!(reader.end(), Ok(()));
        assert_eq!(Seen::decode(&mut Reader::new(&bytes[..99])), Err(CodecError::Short));
    }
}
