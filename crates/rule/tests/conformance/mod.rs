//! Cases recorded from Osprey 1.1.0, and what is known to differ.
//!
//! Left out: cases' label stores, as labels are not evaluated.

pub mod case;
pub mod compare;
