//! What the law permits, what rests on what, and what is told to the person concerned.
//!
//! [`permitted`] is law 1 as one function: it says whether a proposal may be carried out,
//! and if not, which sentences it breaks. [`inherits`] is law 2: what a copy of a decided
//! file takes over. [`Supports`] is law 3: what stands on which decision, and what falls
//! with it. [`statement()`] writes the statement of reasons, in Arabic and in English.
//!
//! Left out: who reviews what and when (`review`), what is sent to the platform
//! (`action`), and the clocks of orders (`comply`). Time comes in as `now`.

pub mod law;
pub mod statement;
pub mod support;

pub use law::{inherits, permitted};
pub use statement::statement;
pub use support::Supports;
