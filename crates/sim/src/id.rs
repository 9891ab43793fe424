//! Ids of the simulated platform: short, and telling nothing of class or age.

use seawall_model::{EventId, PlatformId};

use crate::chance::hash;
use crate::world::World;

impl World {
    /// The platform's id of an account: tells nothing of when it was made, or as what.
    #[must_use]
    pub fn id(&self, account: u32) -> PlatformId {
        platform_id(format!("a-{}", self.account_code(account)))
    }

    /// The account of an id; `None` if there is none.
    #[must_use]
    pub fn account(&self, id: &PlatformId) -> Option<u32> {
        let mixed = u64::from_str_radix(id.as_str().strip_prefix("a-")?, 36).ok()?;
        let account = u32::try_from(unmixed(self.seed, mixed, 16)).ok()?;
        ((account as usize) < self.accounts.len()).then_some(account)
    }

    /// The platform's id of a post.
    #[must_use]
    pub fn post_id(&self, (account, number): (u32, u32)) -> PlatformId {
        platform_id(format!("p-{}-{number}", self.account_code(account)))
    }

    /// The post of an id, by its author and number; `None` if nobody wrote it.
    #[must_use]
    pub fn post_key(&self, id: &PlatformId) -> Option<(u32, u32)> {
        let (account, number) = id.as_str().strip_prefix("p-")?.split_once('-')?;
        let account = self.account(&platform_id(format!("a-{account}")))?;
        Some((account, number.parse().ok()?))
    }

    fn account_code(&self, account: u32) -> Base36 {
        Base36(mixed(self.seed, account.into(), 16))
    }
}

/// Rounds of [`mixed`].
const ROUNDS: u64 = 4;

/// Half of a number, changed by the other half.
fn changed(seed: u64, round: u64, half: u64, bits: u32) -> u64 {
    hash(&[seed, round, half]) & ((1 << bits) - 1)
}

/// A number below 2 to the double of `bits`, in another place, one to one: a Feistel network
/// keyed by the seed.
pub(crate) fn mixed(seed: u64, number: u64, bits: u32) -> u64 {
    let (mut left, mut right) = (number >> bits, number & ((1 << bits) - 1));
    for round in 0..ROUNDS {
        (left, right) = (right, left ^ changed(seed, round, right, bits));
    }
    left << bits | right
}

/// The number that [`mixed`] has moved.
pub(crate) fn unmixed(seed: u64, number: u64, bits: u32) -> u64 {
    let (mut left, mut right) = (number >> bits, number & ((1 << bits) - 1));
    for round in (0..ROUNDS).rev() {
        (left, right) = (right ^ changed(seed, round, left, bits), left);
    }
    left << bits | right
}

/// The id of the event that tells of something in the field.
pub(crate) fn field_id(field: u32) -> String {
    format!("field-{field}")
}

/// An id that the simulator made: short and of plain letters.
pub(crate) fn platform_id(text: String) -> PlatformId {
    PlatformId::new(text).expect("letters, digits and dashes are an id")
}

/// A number in base 36.
pub(crate) struct Base36(pub(crate) u64);

impl std::fmt::Display for Base36 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut digits = [0_u8; 13];
        let mut at = digits.len();
        let mut left = self.0;
        loop {
            at -= 1;
            digits[at] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(left % 36) as usize];
            left /= 36;
            if left == 0 {
                break;
            }
        }
        f.write_str(std::str::from_utf8(&digits[at..]).unwrap_or("0"))
    }
}

pub(crate) fn hash_text(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// An id that the simulator made.
pub(crate) fn event_id(text: String) -> EventId {
    EventId::new(text).expect("letters, digits and dashes are an id")
}
