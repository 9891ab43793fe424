//! API keys: how machines come in.
//!
//! A key is `swk_<number>_<secret>`: the number finds it, the secret's SHA-256 is compared in
//! constant time. Left out: whether somebody may make one ([`super::permits`]).

use std::collections::BTreeSet;
use std::fmt;

use seawall_model::Timestamp;
use seawall_store::people::{ApiKey, NewApiKey};
use zeroize::Zeroizing;

use super::door::{AccessError, Door};
use super::identity::{Identity, KeyIdentity, Scope};
use super::secret::{self, Secret};

/// What every key begins with, so that scanners of secrets find one that leaked.
const PREFIX: &str = "swk_";
/// Microseconds in a day.
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A key that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyWanted {
    /// What it is for, in words: 1 to 100 bytes.
    pub name: String,
    /// What it is made for; at least one.
    pub scopes: BTreeSet<Scope>,
    /// The person who makes it.
    pub created_by: u64,
    /// From when on it is refused: at most 400 days from now.
    pub expires_at: Timestamp,
}

/// A key that was made.
pub struct KeyGiven {
    /// The key itself. It is kept nowhere else.
    pub key: Zeroizing<String>,
    /// What is known of it.
    pub about: ApiKey,
}

impl fmt::Debug for KeyGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyGiven({})", self.about.number)
    }
}

impl KeyGiven {
    fn new(about: ApiKey, secret: &Secret) -> Self {
        let written = secret::write(secret);
        Self { key: Zeroizing::new(format!("{PREFIX}{}_{}", about.number, *written)), about }
    }
}

impl Door {
    /// Who a key belongs to, as it is at this moment.
    ///
    /// # Errors
    /// [`AccessError::NoKey`] if it is unknown, expired or revoked; which is not told.
    ///
    /// Cost: one look-up; once a day a durable write.
    pub fn key(&self, key: &str, now: Timestamp) -> Result<Identity, AccessError> {
        let (number, secret) = read(key).ok_or(AccessError::NoKey)?;
        let mut people = self.people();
        let about = people
            .key(number)?
            .filter(|about| secret::is_same(&about.hash, &secret::hash(&secret)))
            .filter(|about| about.is_live(now))
            .ok_or(AccessError::NoKey)?;
        let day = now.micros().div_euclid(MICROS_PER_DAY) * MICROS_PER_DAY;
        if about.last_used.is_none_or(|used| used.micros() != day) {
            people.key_used(number, now)?;
        }
        // A scope that this version does not know opens nothing.
        let scopes = about.scopes.iter().filter_map(|name| Scope::from_name(name)).collect();
        Ok(Identity::Key(KeyIdentity { number, name: about.name, scopes }))
    }

    /// Makes a key.
    ///
    /// # Errors
    /// [`seawall_store::people::PeopleError::Invalid`].
    pub fn make_key(&self, wanted: &KeyWanted, now: Timestamp) -> Result<KeyGiven, AccessError> {
        let secret = self.draw();
        let new = NewApiKey {
            hash: secret::hash(&secret),
            name: wanted.name.clone(),
            scopes: wanted.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
            created_by: wanted.created_by,
            expires_at: wanted.expires_at,
        };
        let about = self.people().add_key(&new, now)?;
        Ok(KeyGiven::new(about, &secret))
    }

    /// Makes a key in place of another, which lives on for `overlap_s` seconds, at most 90
    /// days, so that machines can be changed one after another.
    ///
    /// # Errors
    /// [`seawall_store::people::PeopleError::NoKey`] if the old one lives no more or was
    /// replaced before.
    pub fn rotate_key(
        &self,
        number: u64,
        overlap_s: u32,
        now: Timestamp,
    ) -> Result<KeyGiven, AccessError> {
        let secret = self.draw();
        let about = self.people().rotate_key(number, secret::hash(&secret), overlap_s, now)?;
        Ok(KeyGiven::new(about, &secret))
    }

    /// Revokes a key: the next call with it is refused.
    ///
    /// # Errors
    /// [`seawall_store::people::PeopleError::NoKey`] if there is none of that number.
    pub fn revoke_key(&self, number: u64, now: Timestamp) -> Result<ApiKey, AccessError> {
        Ok(self.people().revoke_key(number, now)?)
    }

    /// Up to `keys_max` keys after number `after`, live or not.
    ///
    /// # Errors
    /// [`AccessError::People`].
    pub fn keys(&self, after: u64, keys_max: u32) -> Result<Vec<ApiKey>, AccessError> {
        Ok(self.people().keys(after, keys_max)?)
    }
}

/// Takes a key apart. The number must be spelt as it was given.
fn read(key: &str) -> Option<(u64, Secret)> {
    let (number, secret) = key.strip_prefix(PREFIX)?.split_once('_')?;
    let parsed: u64 = number.parse().ok()?;
    (parsed.to_string() == number).then_some((parsed, secret::read(secret)?))
}
