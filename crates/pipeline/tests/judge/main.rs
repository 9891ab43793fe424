//! Cases, rulings and decisions through the whole pipeline.
//!
//! [`desk`] is a pipeline without a disk with people who rule at it; [`rulings`] are what they
//! decide and undo, [`unattended`] is what happens without them.

#![expect(clippy::unwrap_used, reason = "a test may end on what it did not expect")]

mod desk;
mod rulings;
mod unattended;
