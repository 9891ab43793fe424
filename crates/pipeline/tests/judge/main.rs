//! Cases, rulings and decisions through the whole pipeline.
//!
//! [`desk`] is a pipeline without a disk with people who rule at it; [`rulings`] are what they
//! decide and undo, [`unattended`] is what happens without them, [`appeals`] is what those say
//! whom it concerns, [`quotas`] is what waits for room, [`served`] is what the platform did, and
//! [`worlds`] does all of it by chance.

#![expect(clippy::unwrap_used, reason = "a test may end on what it did not expect")]

mod appeals;
mod desk;
mod quotas;
mod rulings;
mod served;
mod unattended;
mod worlds;
