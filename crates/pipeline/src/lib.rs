//! Composes the stages: from accepted events and inputs to signals and journal entries.
//!
//! [`Pipeline::apply`] takes the events of the log in order, [`Pipeline::input`] what
//! was told from outside; both append what they derive to an [`Output`]. Live runs,
//! replay, start-up and tests call these and nothing else, so equal logs and inputs
//! give equal entries, byte for byte.
//!
//! Step one is keyed by account ([`mod@account`]), step two by trace (`wave::Windows`),
//! step three has one owner (`wave::Assembly`). What a step means for another key is a
//! message that waits for the next hand-over: every 1,000th position, and each tick.
//!
//! Left out: I/O, clocks, randomness and threads. Numbering and keeping entries is the
//! shell's work.

pub mod account;
mod active;
mod constants;
mod detect;
mod hours;
pub mod judge;
mod pipeline;
mod posts;
mod reading;
mod reason;
mod sketches;
mod snapshot;
mod watch;

pub use active::{Active, CONFIRMED, Contents, EntryError, Guard, NoContents};
pub use constants::{ConstantError, Constants};
pub use detect::post_seen;
pub use judge::{Judge, Made, RulingError, Withheld, WithholdError};
pub use pipeline::{Derived, Output, Pipeline, WAVES};
pub use reading::{Reading, trace_name};

/// The build: a hash of the code that derives, and of the versions it is built with.
pub const BUILD: &str = env!("SEAWALL_BUILD");

/// How many parts the state is divided into, by key.
pub const PARTITIONS: usize = 256;

/// The part a key belongs to. The same for ever: it decides the order of findings.
///
/// Source: the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
#[must_use]
pub fn partition(key: u64) -> usize {
    let mut z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::from((z ^ (z >> 31)).to_le_bytes()[0])
}
