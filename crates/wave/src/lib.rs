//! Waves: what many accounts share at a time, while it is rising.
//!
//! [`traces`] makes keyed hashes of what a post shares; [`Windows`] counts them by the
//! hour against a learnt baseline and finds bursts; [`Assembly`] puts bursts of the
//! same accounts together into waves. [`intervals`] is the same baseline over a whole
//! series. [`History`] says from when on there is one. Everything is pure: event time and positions come in from outside, and the
//! same input gives the same bytes on every machine.
//!
//! Left out: what a burst means. A burst is no evidence of wrongdoing; festivals,
//! matches and news rise in the same way.

mod assembly;
mod baseline;
mod change;
mod constants;
mod crowd;
mod finding;
mod history;
mod nb;
mod series;
mod shape;
#[cfg(test)]
mod simulate;
mod trace;
mod watched;
mod whole;
mod windows;

pub use assembly::{AdoptError, Assembly};
pub use baseline::Interval;
pub use change::WaveChange;
pub use constants::{ConstantError, Constants};
pub use crowd::{CROWD_ACCOUNTS_KEPT, Crowd, SAMPLE_ACCOUNTS_MAX, Shared};
pub use finding::{BURST_POSITIONS_MAX, Burst, Fall, Finding};
pub use history::{History, QUIET_HOURS_MAX};
pub use series::intervals;
pub use shape::{Season, Shape};
pub use trace::{
    Found, LeftOut, NAME_CHARS_MAX, TEXT_CHARS_MIN, TEXT_WORDS_MIN, TRACES_PER_POST_MAX, Trace,
    TraceKey, TraceKind, fact_key, name_of, normalise_link, post_key, traces,
};
pub use windows::{
    Dropped, ONCE_TRACE_BYTES, PARTITIONS, QUIET_TRACE_BYTES, Sighting, Windows, partition,
};
