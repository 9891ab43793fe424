//! Where keys, salts and secrets come from: drawn once by the shell, then stored.

/// A source of random bytes, given from outside so that this crate has none of its own.
pub trait Chance: Send {
    /// Fills `bytes` with bytes that nobody can guess.
    fn fill(&mut self, bytes: &mut [u8]);
}
