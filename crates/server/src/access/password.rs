//! Passwords: which may be chosen, their hashes, and how many are hashed at once.
//!
//! Argon2id (RFC 9106) at 19 MiB, two passes and one lane, after OWASP's cheat sheet on
//! storing passwords. Left out: who may try how often (`seawall_store::people::Subject`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use super::secret::Secret;

/// Characters that a password must have.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Bytes that it may have.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Passwords hashed at once: each takes [`Cost::OWASP`]'s memory and a core.
const HASHED_AT_ONCE: usize = 2;
/// How many may wait for that: some two seconds' work.
const WAITING_MAX: usize = 32;

/// What people choose first when twelve characters are asked for, in small letters and
/// without the digits and signs that they put behind it.
const CHOSEN_FIRST: [&str; 40] = [
    "password",
    "passwordpassword",
    "passphrase",
    "mypassword",
    "thisismypassword",
    "changeme",
    "changemeplease",
    "changemenow",
    "letmein",
    "letmeinplease",
    "welcome",
    "welcomeback",
    "administrator",
    "adminadmin",
    "adminadminadmin",
    "moderator",
    "reviewer",
    "seawall",
    "seawallseawall",
    "secret",
    "secretsecret",
    "topsecret",
    "iloveyou",
    "iloveyouiloveyou",
    "trustno",
    "qwerty",
    "qwertyuiop",
    "qwertyqwerty",
    "qwertyuiopasdf",
    "asdfghjkl",
    "asdfghjklqwerty",
    "zxcvbnm",
    "qazwsxedc",
    "qazwsxedcrfv",
    "abcdefghijkl",
    "abcdefghijklmnop",
    "abcabcabcabc",
    "correcthorsebatterystaple",
    "football",
    "sunshine",
];
/// Shortest part whose repetition makes a password of nothing.
const REPEATED_MAX: usize = 4;

/// Why a password may not be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Too short.
    #[error("the password must have at least {PASSWORD_CHARS_MIN} characters")]
    Short,
    /// Too long.
    #[error("the password must have at most {PASSWORD_BYTES_MAX} bytes")]
    Long,
    /// It is the login.
    #[error("the password must not be the login")]
    Login,
    /// It is among the first that are tried.
    #[error("the password is among the first that are tried; choose several unrelated words")]
    ChosenFirst,
}

/// Says whether a password may be chosen.
///
/// # Errors
/// [`Weak`], which does not repeat it.
pub fn check_password(password: &str, login: &str) -> Result<(), Weak> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Weak::Long);
    }
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(Weak::Short);
    }
    let small = Zeroizing::new(password.to_lowercase());
    if *small == login.to_lowercase() {
        return Err(Weak::Login);
    }
    let stem = small.trim_end_matches(|c: char| !c.is_alphabetic());
    let stem = stem.trim_start_matches(|c: char| !c.is_alphabetic());
    // Digits alone leave no stem.
    if stem.is_empty() || CHOSEN_FIRST.contains(&stem) || is_repeated(&small) {
        return Err(Weak::ChosenFirst);
    }
    Ok(())
}

/// Whether it is a short part over and over.
fn is_repeated(small: &str) -> bool {
    let chars = Zeroizing::new(small.chars().map(u32::from).collect::<Vec<_>>());
    (1..=REPEATED_MAX)
        .any(|period| chars.iter().skip(period).eq(chars.iter().take(chars.len() - period)))
}

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB. Raising it makes guessing dearer and lets fewer log in at once.
    pub memory_kib: u32,
    /// Passes over it. Raising it makes guessing and logging in slower alike.
    pub passes: u32,
}

impl Cost {
    /// What OWASP's cheat sheet on storing passwords names first.
    pub const OWASP: Self = Self { memory_kib: 19 * 1024, passes: 2 };

    fn argon2(self) -> Argon2<'static> {
        // Out of range only where somebody set it so; then the standard holds.
        Params::new(self.memory_kib, self.passes, 1, None).unwrap_or(Params::DEFAULT).into()
    }
}

/// Hashes passwords and counts how often, so that a test can tell whether two paths do
/// the same work.
pub struct Passwords {
    cost: Cost,
    nobodys: Zeroizing<String>,
    hashed: AtomicU64,
}

impl Passwords {
    /// `drawn` is what the hash is made of that stands for a login nobody has.
    #[must_use]
    pub(super) fn new(cost: Cost, drawn: &Secret) -> Self {
        let mut made = Self { cost, nobodys: Zeroizing::default(), hashed: AtomicU64::new(0) };
        let (password, salt) = drawn.split_at(16);
        made.nobodys = made.hash_bytes(password, salt);
        made
    }

    /// How often a password was hashed.
    #[must_use]
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    /// The hash of a login that nobody has: checking against it costs as much as any.
    pub(super) fn nobodys(&self) -> &str {
        &self.nobodys
    }

    /// A hash to keep, as a PHC string.
    pub(super) fn hash(&self, password: &str, salt: &[u8; 16]) -> Zeroizing<String> {
        self.hash_bytes(password.as_bytes(), salt)
    }

    fn hash_bytes(&self, password: &[u8], salt: &[u8]) -> Zeroizing<String> {
        self.hashed.fetch_add(1, Ordering::Relaxed);
        match self.cost.argon2().hash_password_with_salt(password, salt) {
            Ok(hash) => Zeroizing::new(hash.to_string()),
            Err(_) => unreachable!("a salt of 16 bytes and a short password are within Argon2"),
        }
    }

    /// Whether a password is the one of a hash.
    pub(super) fn is_right(&self, password: &str, phc: &str) -> bool {
        self.hashed.fetch_add(1, Ordering::Relaxed);
        self.cost.argon2().verify_password(password.as_bytes(), phc).is_ok()
    }

    /// A key that follows from a password.
    pub(super) fn key(&self, password: &str, salt: &[u8; 16]) -> Secret {
        self.hashed.fetch_add(1, Ordering::Relaxed);
        let mut key = Zeroizing::new([0; 32]);
        let done = self.cost.argon2().hash_password_into(password.as_bytes(), salt, &mut *key);
        assert!(done.is_ok(), "a salt of 16 bytes and 32 bytes of key are within Argon2");
        key
    }
}

/// Too many people log in at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many people log in at once; try again in {retry_after_s} s")]
pub struct TooBusy {
    /// Seconds after which it is worth trying again.
    pub retry_after_s: u32,
}

/// Bounds how many passwords are hashed at once, so that a flood of logins takes neither
/// the memory nor every core.
#[derive(Clone, Debug)]
pub struct PasswordGate {
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

/// A place to hash one password; hand it to the blocking thread and drop it there.
#[derive(Debug)]
pub struct PasswordPass(
    #[expect(dead_code, reason = "dropping it gives the place back")] OwnedSemaphorePermit,
);

/// One who waits, counted until dropped: also when the client goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Default for PasswordGate {
    fn default() -> Self {
        Self::new()
    }
}

impl PasswordGate {
    /// Two at once, 32 waiting.
    #[must_use]
    pub fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(HASHED_AT_ONCE)),
            waiting: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// [`TooBusy`] at once if too many wait already.
    pub async fn enter(&self) -> Result<PasswordPass, TooBusy> {
        if let Ok(pass) = self.places.clone().try_acquire_owned() {
            return Ok(PasswordPass(pass));
        }
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiting = Waiting(&self.waiting);
        if before >= WAITING_MAX {
            return Err(TooBusy { retry_after_s: 5 });
        }
        match self.places.clone().acquire_owned().await {
            Ok(pass) => Ok(PasswordPass(pass)),
            Err(_) => unreachable!("the places are never closed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Waker};

    #[test]
    fn a_password_is_long_and_not_the_first_that_is_tried() {
        let check = |password: &str| check_password(password, "amal.from-haifa");
        assert_eq!(check("kettle-on-a-blue-stove"), Ok(()));
        assert_eq!(check("إبريق على موقد أزرق"), Ok(()));
        assert_eq!(check("elevenchars"), Err(Weak::Short));
        // Twelve characters, however many bytes.
        assert_eq!(check("إبريق أزرق ي"), Ok(()));
        assert_eq!(check(&"ab c".repeat(65)), Err(Weak::Long));
        assert_eq!(check("Amal.From-Haifa"), Err(Weak::Login));
        for first in [
            "Password2026!",
            "123456789012",
            "qwertyuiop12",
            "!!!Welcome!2025",
            "abababababab",
            "aaaaaaaaaaaaa",
            "abcdabcdabcd",
        ] {
            assert_eq!(check(first), Err(Weak::ChosenFirst), "{first}");
        }
    }

    #[test]
    fn the_cost_of_owasp_stands_in_the_hash() {
        let passwords = Passwords::new(Cost::OWASP, &Zeroizing::new([7; 32]));
        assert!(passwords.nobodys().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let hash = passwords.hash("kettle-on-a-blue-stove", &[1; 16]);
        assert!(passwords.is_right("kettle-on-a-blue-stove", &hash));
        assert!(!passwords.is_right("kettle-on-a-red-stove", &hash));
        // One who changed the cost can still read what was hashed before.
        let other = Passwords::new(Cost { memory_kib: 64, passes: 1 }, &Zeroizing::new([7; 32]));
        assert!(other.is_right("kettle-on-a-blue-stove", &hash));
    }

    #[test]
    fn two_hash_at_once_some_wait_and_the_rest_is_told() {
        let mut context = Context::from_waker(Waker::noop());
        let gate = PasswordGate::new();
        let mut entered = Vec::new();
        for _ in 0..HASHED_AT_ONCE {
            match pin!(gate.enter()).poll(&mut context) {
                std::task::Poll::Ready(Ok(pass)) => entered.push(pass),
                other => panic!("{other:?}"),
            }
        }
        let mut waiting: Vec<_> = (0..WAITING_MAX).map(|_| Box::pin(gate.enter())).collect();
        for one in &mut waiting {
            assert!(one.as_mut().poll(&mut context).is_pending());
        }
        let told = pin!(gate.enter()).poll(&mut context);
        assert!(matches!(told, std::task::Poll::Ready(Err(TooBusy { retry_after_s: 5 }))));
        // Clients that went away do not count.
        waiting.truncate(1);
        let mut next = Box::pin(gate.enter());
        assert!(next.as_mut().poll(&mut context).is_pending());
        entered.pop();
        assert!(waiting[0].as_mut().poll(&mut context).is_ready());
        assert!(next.as_mut().poll(&mut context).is_ready());
    }
}
