//! Chance: keys, salts and secrets, drawn once and stored.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use seawall_store::Chance;

/// Random bytes of the operating system.
#[derive(Debug)]
pub struct System;

impl Chance for System {
    #[expect(clippy::disallowed_methods, reason = "this is where randomness is drawn")]
    fn fill(&mut self, bytes: &mut [u8]) {
        // Without randomness no key may be made: stopping is the only safe answer.
        assert!(getrandom::fill(bytes).is_ok(), "the operating system gives no random bytes");
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
        None => Box::new(System),
    }
}
