//! What is compared, and at which level two accounts agree.
//!
//! The numbers are stored in the journal; none is ever given another meaning. Left out:
//! biography, people, style, rhythm and device, which come as further comparisons.

use seawall_model::Family;

/// From this share of n-grams on, two names are close: 7 of 10.
pub const CLOSE_TENTHS: usize = 7;
/// From this share of n-grams on, two names are similar: 5 of 10.
pub const SIMILAR_TENTHS: usize = 5;
/// From this share of n-grams on, two names are faintly alike: 3 of 10.
pub const FAINT_TENTHS: usize = 3;
/// Up to this distance of PDQ, a picture was only saved again or resized, in bits.
pub const PDQ_SAME_BITS_MAX: u32 = 10;
/// Up to this distance of PDQ, a picture is the same with changes, in bits.
///
/// Source: the threshold that PDQ's authors advise (Facebook, 2019).
pub const PDQ_LIKE_BITS_MAX: u32 = 31;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Comparison {
    /// Handles.
    Handle = 1,
    /// Display names.
    Name = 2,
    /// Profile pictures.
    Avatar = 3,
    /// Links on the profile and in posts.
    Links = 4,
}

/// How many comparisons there are.
pub(crate) const COMPARISONS: usize = 4;

impl Comparison {
    /// Every comparison, in order of its number.
    pub const ALL: [Self; COMPARISONS] = [Self::Handle, Self::Name, Self::Avatar, Self::Links];

    /// Its stable number, from 1.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The comparison with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|comparison| comparison.number() == number)
    }

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handle => "handle",
            Self::Name => "name",
            Self::Avatar => "avatar",
            Self::Links => "links",
        }
    }

    /// The family that its evidence belongs to.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Self::Handle | Self::Name => Family::Name,
            Self::Avatar => Family::Face,
            Self::Links => Family::Links,
        }
    }

    /// Its levels, the strongest agreement first; the last is [`Level::Different`].
    #[must_use]
    pub fn levels(self) -> &'static [Level] {
        use Level::{
            Close, Different, Faint, LikePicture, RareLink, Reordered, Same, SameFile, SameHost,
            SameLink, SamePicture, Similar,
        };
        match self {
            Self::Handle => &[Same, Close, Similar, Faint, Different],
            Self::Name => &[Same, Reordered, Close, Similar, Faint, Different],
            Self::Avatar => &[SameFile, SamePicture, LikePicture, Different],
            Self::Links => &[RareLink, SameLink, SameHost, Different],
        }
    }

    pub(crate) fn index(self) -> usize {
        usize::from(self.number()) - 1
    }
}

/// How far two accounts agree in one comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// The same skeleton of a handle, or the same words of a name.
    Same = 1,
    /// The same words in another order.
    Reordered = 2,
    /// At least 7 of 10 n-grams are shared.
    Close = 3,
    /// At least 5 of 10.
    Similar = 4,
    /// At least 3 of 10.
    Faint = 5,
    /// The same file, byte for byte.
    SameFile = 6,
    /// The same picture, saved again: PDQ within 10 bits.
    SamePicture = 7,
    /// The same picture with changes: PDQ within 31 bits.
    LikePicture = 8,
    /// A link that few accounts have.
    RareLink = 9,
    /// A link that many have, or nobody knows how many.
    SameLink = 10,
    /// Another page of the same host.
    SameHost = 11,
    /// Both are known and nothing agrees.
    Different = 12,
}

impl Level {
    /// Every level, in order of its number.
    pub const ALL: [Self; 12] = [
        Self::Same,
        Self::Reordered,
        Self::Close,
        Self::Similar,
        Self::Faint,
        Self::SameFile,
        Self::SamePicture,
        Self::LikePicture,
        Self::RareLink,
        Self::SameLink,
        Self::SameHost,
        Self::Different,
    ];

    /// Its stable number, from 1.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The level with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.number() == number)
    }

    /// Its stable name, as a model file spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Reordered => "reordered",
            Self::Close => "close",
            Self::Similar => "similar",
            Self::Faint => "faint",
            Self::SameFile => "same_file",
            Self::SamePicture => "same_picture",
            Self::LikePicture => "like_picture",
            Self::RareLink => "rare_link",
            Self::SameLink => "same_link",
            Self::SameHost => "same_host",
            Self::Different => "different",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for comparison in Comparison::ALL {
            assert_eq!(Comparison::from_number(comparison.number()), Some(comparison));
            assert_eq!(comparison.levels().last(), Some(&Level::Different));
        }
        for (at, level) in Level::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(level.number()), at + 1);
            assert_eq!(Level::from_number(level.number()), Some(level));
        }
        assert_eq!(Level::from_number(0), None);
        assert_eq!(Comparison::from_number(5), None);
    }
}
