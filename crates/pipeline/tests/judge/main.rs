//! Cases, rulings and decisions through the whole pipeline.
//!
//! [`desk`] is a pipeline without a disk with people who rule at it; [`rulings`] are what they
//! decide and undo, [`resting`] is what becomes of that when what it rests on goes, [`changed`]
//! when a post does, [`unattended`] is what happens without them, [`appeals`] is what those say
//! whom it concerns, [`quotas`] is what waits for room, [`met`] is where those meet what goes,
//! [`again`] is what is asked again, [`served`] is what the platform did, [`authors`] is whose
//! post it is. [`accepted`] rules at random, and [`worlds`] does all of
//! it by chance.

#![expect(clippy::unwrap_used, reason = "a test may end on what it did not expect")]

mod accepted;
mod again;
mod appeals;
mod authors;
mod changed;
mod desk;
mod met;
mod notices;
mod quotas;
mod resting;
mod rulings;
mod served;
mod unattended;
mod worlds;
