//! Cases, rulings and decisions through the whole pipeline.
//!
//! [`desk`] is a pipeline without a disk with people who rule at it; [`rulings`] are what they
//! decide and undo, [`resting`] is what becomes of that when what it rests on goes, [`changed`]
//! when a post does, [`unattended`] is what happens without them. [`accepted`] rules at random.

#![expect(clippy::unwrap_used, reason = "a test may end on what it did not expect")]

mod accepted;
mod changed;
mod desk;
mod resting;
mod rulings;
mod unattended;
