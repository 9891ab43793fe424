//! An event with the place the log gave it.

use crate::{AccountId, Event, Position, Timestamp};

/// An accepted event: durable, in order, with own ids beside the platform's.
///
/// This is all that the pipeline may know of an event, so replaying the log gives the
/// pipeline the same input as the live run did.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    /// Its place in the log.
    pub position: Position,
    /// When it arrived; never falls from one position to the next.
    pub received_at: Timestamp,
    /// Own id of the acting account.
    pub account: Option<AccountId>,
    /// Own id of the other account: who is followed or reported.
    pub other: Option<AccountId>,
    /// The salted hash that commits the journal to the event's bytes.
    pub commitment: [u8; 32],
    /// The event itself.
    pub event: &'a Event,
}
