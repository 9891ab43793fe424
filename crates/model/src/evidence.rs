//! What evidence and actions are made of: families, weights, kinds of action.

use std::fmt;

/// What a piece of evidence is about. Law 1 counts families, never pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Family {
    /// Handle and display name.
    Name = 1,
    /// Avatar and banner.
    Face = 2,
    /// Links, hashtags and invitations.
    Links = 3,
    /// Whom it follows, names and is greeted by.
    People = 4,
    /// How it writes.
    Style = 5,
    /// When it posts.
    Rhythm = 6,
    /// Client, network and device, keyed.
    Device = 7,
    /// What it posts: known files and texts.
    Content = 8,
}

impl Family {
    /// Every family, in order of its number.
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Face,
        Self::Links,
        Self::People,
        Self::Style,
        Self::Rhythm,
        Self::Device,
        Self::Content,
    ];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Face => "face",
            Self::Links => "links",
            Self::People => "people",
            Self::Style => "style",
            Self::Rhythm => "rhythm",
            Self::Device => "device",
            Self::Content => "content",
        }
    }

    /// The family of a stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.as_str() == name)
    }
}

/// A match weight in thousandths of a bit: log2 of m/u.
///
/// Whole, so that the order of a sum cannot change it and the journal can hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MilliBits(pub i64);

impl MilliBits {
    /// Of a number of bits, to the nearest thousandth; beyond ±1,000,000 bits the nearest
    /// of those, and 0 for what is no number.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "within ±10^9")]
    pub fn from_bits(bits: f64) -> Self {
        if bits.is_nan() {
            return Self(0);
        }
        Self((bits * 1_000.0).round().clamp(-1e9, 1e9) as i64)
    }
}

impl fmt::Display for MilliBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "+" };
        let size = self.0.unsigned_abs();
        write!(f, "{sign}{}.{} bits", size / 1_000, size % 1_000 / 100)
    }
}

/// What can be done on the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ActionKind {
    /// Reach is restricted: the post or account is not recommended or shown in searches.
    Restrict = 1,
    /// A screen stands before the post.
    Interstitial = 2,
    /// A label that everybody sees.
    Label = 3,
    /// The post is removed.
    Remove = 4,
    /// The account is suspended.
    Suspend = 5,
    /// What was learnt is shared with another platform.
    Share = 6,
    /// Content is destroyed.
    Destroy = 7,
}

impl ActionKind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 7] = [
        Self::Restrict,
        Self::Interstitial,
        Self::Label,
        Self::Remove,
        Self::Suspend,
        Self::Share,
        Self::Destroy,
    ];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Restrict => "restrict",
            Self::Interstitial => "interstitial",
            Self::Label => "label",
            Self::Remove => "remove",
            Self::Suspend => "suspend",
            Self::Share => "share",
            Self::Destroy => "destroy",
        }
    }

    /// The kind of a stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// How heavy it weighs on the person it is done to, reversible or not.
    #[must_use]
    pub fn gravity(self) -> Gravity {
        match self {
            Self::Restrict | Self::Interstitial => Gravity::Light,
            Self::Label | Self::Remove | Self::Suspend | Self::Share | Self::Destroy => {
                Gravity::Grave
            }
        }
    }
}

/// How heavy an action weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gravity {
    /// It lapses or is lifted without a trace.
    Light,
    /// Suspend, remove, public label, sharing outward and destruction: needs people.
    Grave,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for family in Family::ALL {
            assert_eq!(Family::from_name(family.as_str()), Some(family));
        }
        for kind in ActionKind::ALL {
            assert_eq!(ActionKind::from_name(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn weights_are_whole_and_shown_in_bits() {
        assert_eq!(MilliBits::from_bits(5.2496), MilliBits(5_250));
        assert_eq!(MilliBits(5_250).to_string(), "+5.2 bits");
        assert_eq!(MilliBits(-1_100).to_string(), "-1.1 bits");
        assert_eq!(MilliBits::from_bits(f64::NAN), MilliBits(0));
        assert_eq!(MilliBits::from_bits(f64::INFINITY), MilliBits(1_000_000_000));
    }
}
