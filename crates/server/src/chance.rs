//! Chance: keys, salts and secrets, drawn once and stored.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use seawall_store::Chance;

/// ChaCha20, seeded by the operating system: an import of many new accounts draws
/// millions of secrets, too many for a system call each.
#[derive(Debug)]
pub struct System(ChaCha20Rng);

impl System {
    /// Draws a seed.
    ///
    /// # Panics
    /// If the operating system gives no random bytes: no key may then be made.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is where randomness is drawn")]
    pub fn new() -> Self {
        let mut seed = [0; 32];
        assert!(getrandom::fill(&mut seed).is_ok(), "the operating system gives no random bytes");
        Self(ChaCha20Rng::from_seed(seed))
    }
}

impl Default for System {
    fn default() -> Self {
        Self::new()
    }
}

impl Chance for System {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

/// Bytes that follow from a seed: what tests use. Keys drawn from it protect nothing.
#[derive(Debug)]
pub struct Seeded(ChaCha20Rng);

impl Seeded {
    /// Begins at a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }
}

impl Chance for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

/// The source for a run: seeded under test, else the operating system.
#[must_use]
pub fn source(test_seed: Option<u64>) -> Box<dyn Chance> {
    match test_seed {
        Some(seed) => Box::new(Seeded::new(seed)),
        None => Box::new(System::new()),
    }
}
