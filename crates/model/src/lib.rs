//! The nouns that every other crate of Seawall speaks.
//!
//! Read in this order: [`Event`] is what a platform told us, already decoded and
//! within [`Limits`]; [`Accepted`] is an event with the place the log gave it;
//! [`Signal`] is one detector's observation; [`journal::Entry`] is what Seawall and
//! its people did and why.
//!
//! Left out on purpose: parsing of foreign bytes (`event`), text normalising
//! (`text`), storage (`store`). This crate has no I/O, clock, randomness or
//! environment, and imports no other crate of the workspace.

mod accepted;
pub mod codec;
mod event;
mod evidence;
mod folded;
mod id;
pub mod journal;
pub mod knowledge;
mod limits;
mod rejection;
mod signal;
mod time;

pub use accepted::Accepted;
pub use event::{
    Appeal, Embedded, Engagement, EngagementKind, Event, EventBody, EventKind, Extra, FieldEvent,
    Follow, MediaItem, MediaRef, Post, Profile, Report, Standing, State, Subject,
};
pub use evidence::{ActionKind, Family, Gravity, MilliBits};
pub use folded::Folded;
pub use id::{
    AccountId, ActionId, AppealId, CaseId, DecisionId, EntryId, EventId, InvalidId, PlatformId,
    Position, ReviewerId, TraceId, WaveId,
};
pub use limits::Limits;
pub use rejection::{Rejection, RejectionCode};
pub use signal::{Signal, SignalKind, SignalValue};
pub use time::{Hour, InvalidTime, Timestamp};
