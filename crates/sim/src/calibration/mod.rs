//! Holds the world against published figures: target, source, achieved, with an interval.
//!
//! Worlds of networks are run under the policies of the studies and counted by their truth
//! and their events. A figure is met if what is achieved lies in the accepted range, which
//! is the study's own, the 95 % interval of its sample, or chosen here: [`Bound`] says which.

mod figure;
mod lives;
mod posts;
mod run;
mod target;

use crate::policy::{Life, Policy, Sweep};
use crate::words::PackError;

pub use figure::{Bound, Era, Figure, Target};

/// Measures every figure. Cost: half a minute on one core.
///
/// # Errors
/// [`PackError`] if a text pack lacks something.
pub fn calibrate(seed: u64) -> Result<Vec<Figure>, PackError> {
    let world =
        |policy: Policy, days: u32| run::Setting { policy, days, ..run::Setting::new(seed) };
    let census = run::run(&run::Setting { actors: 2_400, ..world(Policy::census(), 124) })?;
    let low = run::run(&run::Setting { actors: 1_600, ..world(Policy::low(), 250) })?;
    let high = run::run(&world(Policy::high(), 200))?;
    let long = run::run(&run::Setting { actors: 150, ..world(Policy::high(), 760) })?;
    let weak = run::run(&run::Setting { actors: 400, ..world(swept(0.22, 1.0, 1.0), 62) })?;
    let strong = run::run(&run::Setting { actors: 1_200, ..world(swept(0.975, 0.016, 0.08), 62) })?;
    let event = run::run(&run::Setting { field_day: Some(40), ..world(Policy::census(), 56) })?;
    // Many are closed wrongly, so that enough of them are given back, and do little else.
    let wrong = Policy { wrong_daily: 0.02, ..Policy::low() };
    let wrong = run::Setting { actors: 1, deeds_daily: 0.02, ..world(wrong, lives::WRONG_DAYS) };
    let wrong = run::run(&wrong)?;
    let mut figures = lives::lives(&census, &low, &high);
    figures.extend(lives::returns(&long, &weak));
    figures.extend(lives::given_back(&wrong));
    figures.extend(lives::sweeps(&weak, &strong));
    figures.extend(posts::audience(&high));
    figures.extend(posts::content(&census));
    figures.extend(posts::surge(&event));
    figures.extend(posts::words(&low));
    Ok(figures)
}

/// A platform that does little but for one sweep after a month.
fn swept(share: f64, lives_after: f64, returns_after: f64) -> Policy {
    let sweep = Sweep { day: 31, hour: 9, share, lives_after, returns_after };
    let life = Life { fast_share: 0.0, fast_days: 1.0, days: 900.0, shape: 1.0 };
    Policy { name: "swept", life, outlet: life, sweeps: vec![sweep], wrong_daily: 0.0 }
}
