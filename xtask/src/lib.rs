//! The chores of the workspace, as a library so that tests run them too.
//!
//! [`tidy`] holds the house rules that no compiler checks; [`ci`] runs every check in
//! order. Left out: anything a product build needs. Nothing here ships.

pub mod ci;
pub mod tidy;
