//! A set of accounts, kept whole while small and as a fair sample when large.
//!
//! The sample holds the accounts whose mixed ids are smallest, so that samples of two
//! crowds are comparable. Leaves out how often an account took part.

use seawall_model::AccountId;
use seawall_model::codec::{CodecError, Reader, Writer};

use crate::whole::{float, whole};

/// Most accounts of a crowd that are kept. Up to it the crowd is exact; beyond, its
/// size is estimated with a standard error of 1/√256, about 6 %.
pub const CROWD_ACCOUNTS_KEPT: usize = 256;
/// Most accounts of a crowd that are shown.
pub const SAMPLE_ACCOUNTS_MAX: usize = 32;

/// Accounts seen together: how many, and some of them.
///
/// Source: bottom-k sketches, Cohen and Kaplan, PODC 2007.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crowd {
    /// In order of their mixed ids, none twice.
    kept: Vec<AccountId>,
    /// The smallest mixed id that was left out; all below are kept.
    below: Option<u64>,
}

impl Crowd {
    /// How many accounts: exact up to [`CROWD_ACCOUNTS_KEPT`], estimated beyond.
    #[must_use]
    pub fn accounts(&self) -> u64 {
        let kept = crate::whole::count(self.kept.len());
        match self.below {
            None => kept,
            // 2^64 possible ids, of which `below` are covered.
            Some(below) => whole(float(kept) / float(below.max(1)) * 18_446_744_073_709_551_616.0),
        }
    }

    /// Up to [`SAMPLE_ACCOUNTS_MAX`] of them, a fair sample, sorted by id.
    #[must_use]
    pub fn sample(&self) -> Vec<AccountId> {
        let mut sample: Vec<_> = self.kept.iter().take(SAMPLE_ACCOUNTS_MAX).copied().collect();
        sample.sort_unstable();
        sample
    }

    /// A crowd of which only a sample and the size are known, as the journal tells it.
    #[must_use]
    pub fn from_sample(sample: impl IntoIterator<Item = AccountId>, accounts: u64) -> Self {
        let mut crowd = Self::default();
        for account in sample {
            crowd.insert(account);
        }
        if accounts > crate::whole::count(crowd.kept.len()) && crowd.below.is_none() {
            crowd.below = crowd.kept.last().map(|last| mix(*last).saturating_add(1));
        }
        crowd
    }

    /// Adds an account; one that is in it already changes nothing.
    pub fn insert(&mut self, account: AccountId) {
        let mixed = mix(account);
        if self.below.is_some_and(|below| mixed >= below) {
            return;
        }
        let Err(place) = self.kept.binary_search_by_key(&mixed, |kept| mix(*kept)) else {
            return;
        };
        if self.kept.len() < CROWD_ACCOUNTS_KEPT {
            self.kept.insert(place, account);
            return;
        }
        if place == CROWD_ACCOUNTS_KEPT {
            self.below = Some(mixed);
            return;
        }
        self.below = self.kept.pop().map(mix);
        self.kept.insert(place, account);
    }

    /// Adds all accounts of another crowd.
    pub fn merge(&mut self, other: &Self) {
        self.below = match (self.below, other.below) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        if let Some(below) = self.below {
            self.kept.retain(|account| mix(*account) < below);
        }
        for account in &other.kept {
            self.insert(*account);
        }
    }

    /// Takes an account out, as erasure asks.
    pub fn forget(&mut self, account: AccountId) {
        self.kept.retain(|kept| *kept != account);
    }

    /// Accounts that both samples hold, and the size of the smaller of the two, both
    /// counted only where the two samples are comparable.
    #[must_use]
    pub fn shared(&self, other: &Self) -> Shared {
        let below = self.below.unwrap_or(u64::MAX).min(other.below.unwrap_or(u64::MAX));
        let ours = self.kept.partition_point(|account| mix(*account) < below);
        let theirs = other.kept.partition_point(|account| mix(*account) < below);
        let mut accounts = 0;
        let mut rest = other.kept[..theirs].iter().peekable();
        for account in &self.kept[..ours] {
            let mixed = mix(*account);
            while rest.next_if(|next| mix(**next) < mixed).is_some() {}
            accounts += u64::from(rest.next_if(|next| *next == account).is_some());
        }
        Shared { accounts, of: crate::whole::count(ours.min(theirs)) }
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        writer.len(self.kept.len());
        for account in &self.kept {
            writer.u64(account.0);
        }
        writer.u8(u8::from(self.below.is_some()));
        writer.u64(self.below.unwrap_or(0));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let length = reader.len(8)?;
        if length > CROWD_ACCOUNTS_KEPT {
            return Err(CodecError::Range);
        }
        let mut kept = Vec::with_capacity(length);
        for _ in 0..length {
            kept.push(AccountId(reader.u64()?));
        }
        let bounded = reader.u8()?;
        let below = reader.u64()?;
        let below = match bounded {
            0 => None,
            1 => Some(below),
            _ => return Err(CodecError::Range),
        };
        let rises = kept.is_sorted_by(|a, b| mix(*a) < mix(*b));
        let fits = kept.last().is_none_or(|last| below.is_none_or(|below| mix(*last) < below));
        if rises && fits { Ok(Self { kept, below }) } else { Err(CodecError::Range) }
    }
}

/// What two crowds share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Accounts in both samples.
    pub accounts: u64,
    /// Accounts in the smaller sample.
    pub of: u64,
}

/// Spreads ids evenly over 64 bits, one to one; not a secret.
///
/// Source: the finaliser of `SplitMix64`, Steele, Lea and Flood, OOPSLA 2014.
fn mix(account: AccountId) -> u64 {
    let mut mixed = account.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn crowd(accounts: impl IntoIterator<Item = u64>) -> Crowd {
        let mut crowd = Crowd::default();
        for account in accounts {
            crowd.insert(AccountId(account));
        }
        crowd
    }

    #[test]
    fn a_small_crowd_is_exact() {
        let small = crowd((0..256).chain(0..256));
        assert_eq!(small.accounts(), 256);
        assert_eq!(small.sample().len(), SAMPLE_ACCOUNTS_MAX);
        assert!(small.sample().is_sorted());
    }

    #[test]
    fn a_large_crowd_is_estimated_within_a_fifth() {
        for size in [300_u64, 1000, 20_000, 300_000] {
            let seen = crowd(0..size).accounts();
            let error = (float(seen) / float(size) - 1.0).abs();
            println!("{size} accounts estimated as {seen}, off by {error:.3}");
            assert!(error < 0.2);
        }
    }

    #[test]
    fn crowds_of_different_size_are_compared_where_they_can_be() {
        let network = crowd(0..500);
        let part = crowd(100..120);
        let shared = network.shared(&part);
        assert!(shared.accounts == shared.of && shared.of >= 5, "{shared:?}");
        assert_eq!(shared, part.shared(&network));
        assert_eq!(network.shared(&crowd(1000..1500)).accounts, 0);
    }

    #[test]
    fn a_crowd_told_by_the_journal_is_compared_as_a_sample() {
        let whole = crowd(0..500);
        let told = Crowd::from_sample(whole.sample(), whole.accounts());
        assert_eq!(told.shared(&whole), Shared { accounts: 32, of: 32 });
        let mut both = crowd(600..700);
        both.merge(&told);
        assert!(both.kept.iter().all(|account| Some(mix(*account)) < both.below));
        let small = Crowd::from_sample(crowd(0..10).sample(), 10);
        assert_eq!(small, crowd(0..10));
    }

    #[test]
    fn a_forgotten_account_is_gone() {
        let mut seen = crowd(0..10);
        seen.forget(AccountId(4));
        assert_eq!(seen.accounts(), 9);
        assert!(!seen.sample().contains(&AccountId(4)));
    }

    proptest! {
        #[test]
        fn order_and_grouping_do_not_matter(
            left in proptest::collection::vec(0_u64..2000, 0..600),
            right in proptest::collection::vec(0_u64..2000, 0..600),
        ) {
            let all = crowd(left.iter().chain(&right).copied());
            let back = crowd(right.iter().rev().chain(&left).copied());
            let mut merged = crowd(left);
            merged.merge(&crowd(right));
            prop_assert_eq!(&all, &back);
            prop_assert_eq!(&all, &merged);
            let mut writer = Writer::new();
            all.encode(&mut writer);
            let bytes = writer.into_bytes();
            prop_assert_eq!(Crowd::decode(&mut Reader::new(&bytes)), Ok(all));
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Crowd::decode(&mut Reader::new(&bytes));
        }
    }
}
