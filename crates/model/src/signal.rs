//! A signal: one detector's observation with unit and provenance, never a conclusion.

use crate::{Position, TraceId};

/// What was observed. The name carries the unit.
///
/// The numbers are stored in snapshots; none is ever given another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SignalKind {
    /// Seconds between the account's creation and the event.
    AccountAgeSeconds = 1,
    /// Posts of the account in the event's hour so far, this one included.
    AccountPostsPerHour = 2,
    /// Engagements of the account in the event's hour so far, this one included.
    AccountEngagementsPerHour = 3,
    /// Follows by the account in the event's hour so far, this one included.
    AccountFollowsPerHour = 4,
    /// The post's text after normalising, as a keyed hash.
    ExactText = 5,
    /// Times the account posted the same normalised text in a row, this one included.
    AccountTextRepeats = 6,
    /// Accounts known to follow this one, by events.
    AccountFollowersSeen = 7,
}

impl SignalKind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 7] = [
        Self::AccountAgeSeconds,
        Self::AccountPostsPerHour,
        Self::AccountEngagementsPerHour,
        Self::AccountFollowsPerHour,
        Self::ExactText,
        Self::AccountTextRepeats,
        Self::AccountFollowersSeen,
    ];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountAgeSeconds => "account_age_seconds",
            Self::AccountPostsPerHour => "account_posts_per_hour",
            Self::AccountEngagementsPerHour => "account_engagements_per_hour",
            Self::AccountFollowsPerHour => "account_follows_per_hour",
            Self::ExactText => "exact_text",
            Self::AccountTextRepeats => "account_text_repeats",
            Self::AccountFollowersSeen => "account_followers_seen",
        }
    }
}

/// The value of a signal. Missing is Unknown, never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalValue {
    /// A number in the unit that the kind names.
    Number(i64),
    /// A keyed hash that compares equal for equal things.
    Hash(TraceId),
    /// An input was missing or failed.
    Unknown,
}

/// One observation about one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// What was observed.
    pub kind: SignalKind,
    /// Its value.
    pub value: SignalValue,
    /// Provenance: the event it was observed on.
    pub position: Position,
}
