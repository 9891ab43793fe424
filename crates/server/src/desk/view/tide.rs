//! The tide and the measures of a time, as they are sent.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// The length of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// One hour.
    Hour,
    /// One day of UTC.
    Day,
    /// One week, from Monday.
    Week,
}

impl By {
    /// Every length.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// The length of a stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == name)
    }
}

/// A bucket as it is sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BucketView {
    /// When it begins.
    pub start: String,
    /// Hours that it holds.
    pub hours: u32,
    /// Posts created in it.
    pub posts: u64,
    /// Posts that the weekly baseline expected; null if one of its hours has no baseline yet.
    pub expected: Option<f64>,
    /// Least posts that the baseline's interval allows; only of a bucket of one hour.
    pub lower: Option<u64>,
    /// Most posts that the baseline's interval allows; only of a bucket of one hour.
    pub upper: Option<u64>,
    /// Hours above their interval; null if none has a baseline yet.
    pub hours_above: Option<u32>,
    /// Events by their kind.
    pub events: BTreeMap<&'static str, u64>,
    /// Cases opened; absent where there never was a case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cases_opened: Option<u64>,
    /// Returns among them; absent where there never was a case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns: Option<u64>,
}

/// Cases of a time, and what became of them so far, as it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CasesView {
    /// Returns of accounts that were created in this time: of the rules' finding, for people to
    /// confirm.
    pub returns_of_accounts_created: u64,
    /// Returns of accounts made before, which changed their profile.
    pub returns_of_older_accounts: u64,
    /// Accounts created.
    pub accounts_created: u64,
    /// Cases opened.
    pub opened: u64,
    /// Cases of them that a decision stands on.
    pub decided: u64,
    /// Decisions on them that stand.
    pub decisions: u64,
    /// Actions of them in force.
    pub actions_in_force: u64,
    /// Findings held for want of room.
    pub held: u64,
    /// Cases not restricted without a person, since the day's quota was spent.
    pub over_quota: u64,
    /// Appeals.
    pub appeals: u64,
    /// Appeals that wait.
    pub appeals_waiting: u64,
}

/// A measure.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Measure {
    /// Its stable name.
    pub name: &'static str,
    /// What it counts.
    pub unit: &'static str,
    /// What it is counted among.
    pub denominator_unit: &'static str,
    /// How many in the window, and among how many.
    #[serde(flatten)]
    pub counted: Counted,
    /// The window before: as long, counted in the same way; null if nothing was heard then.
    pub baseline: Option<Counted>,
}

/// A number in a window.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Counted {
    /// When the window begins.
    pub from: String,
    /// When it ends; not in it.
    pub to: String,
    /// How many; null where it is not known.
    pub number: Option<f64>,
    /// Among how many; null where it is not known.
    pub denominator: Option<f64>,
    /// One by the other; null where either is not known, or the denominator is 0.
    pub ratio: Option<f64>,
    /// The interval of the ratio, where it is a share.
    pub interval: Option<IntervalTold>,
}

/// Between what a ratio lies.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct IntervalTold {
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// How it is made.
    pub method: &'static str,
}
