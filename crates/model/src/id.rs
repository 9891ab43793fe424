//! Identifiers: the platform's, which are text, and Seawall's own, which are numbers.
//!
//! Only own ids may stand in the journal; the map between the two kinds is erasable
//! and lives in `store`.

use std::fmt;

/// Longest id taken from a platform, in bytes.
pub const PLATFORM_ID_BYTES_MAX: usize = 512;

/// Why a text cannot be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// The text has no characters.
    #[error("the id is empty")]
    Empty,
    /// The text is longer than the limit.
    #[error("the id has {bytes} bytes, more than {PLATFORM_ID_BYTES_MAX}")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The text has a control character.
    #[error("the id has a control character")]
    Control,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes a text of 1 to 512 bytes without control characters.
            ///
            /// # Errors
            /// [`InvalidId`] says which of the three it is not.
            pub fn new(text: impl Into<Box<str>>) -> Result<Self, InvalidId> {
                let text = text.into();
                check_id(&text)?;
                Ok(Self(text))
            }

            /// The text as the platform gave it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// The platform's id of one event; the key by which a repeat is recognised.
    EventId
}

text_id! {
    /// The platform's id of an account, a post, or another thing it names.
    PlatformId
}

fn check_id(text: &str) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty);
    }
    if text.len() > PLATFORM_ID_BYTES_MAX {
        return Err(InvalidId::TooLong { bytes: text.len() });
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidId::Control);
    }
    Ok(())
}

/// Seawall's own number for an account; means nothing outside this data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub u64);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a{}", self.0)
    }
}

macro_rules! own_id {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl $name {
            /// Reads what [`fmt::Display`] writes.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let digits = text.strip_prefix($letter)?;
                let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                plain.then(|| digits.parse().ok().map(Self)).flatten()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $letter, self.0)
            }
        }
    };
}

own_id! {
    /// One entry of knowledge: a bank's hash, a term, a removed profile, one of the register.
    EntryId, 'k'
}

own_id! {
    /// A case: one subject that is under review or was.
    CaseId, 'c'
}

own_id! {
    /// A decision: what people ruled, and everything that rests on it.
    DecisionId, 'd'
}

own_id! {
    /// A reviewer: a key that signs rulings.
    ReviewerId, 'r'
}

own_id! {
    /// An action: what is done on the platform, and taken back by its inverse. A notice names
    /// it, and an appeal is against it. No account's number, though it is written alike.
    ActionId, 'a'
}

own_id! {
    /// An appeal against an action.
    AppealId, 'p'
}

/// The place of an event in the log. The first is 1; 0 stands for "before all".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// The place after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A trace's keyed hash: says that two traces are the same, never what they are.
///
/// The key belongs to the data folder, so that hashes of two folders do not compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub u128);

impl TraceId {
    /// Reads the 32 hexadecimal digits that [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        plain.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Seawall's own number for a wave: the position that opened it, and which of the
/// waves opened at that hand-over it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaveId {
    /// Position of the hand-over that opened it.
    pub opened_after: Position,
    /// Which of the waves opened there, from 0.
    pub ordinal: u32,
}

impl fmt::Display for WaveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "w{}-{}", self.opened_after, self.ordinal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_text_without_control_characters() {
        assert_eq!(PlatformId::new(""), Err(InvalidId::Empty));
        assert_eq!(PlatformId::new("a\nb"), Err(InvalidId::Control));
        assert_eq!(PlatformId::new("x".repeat(513)), Err(InvalidId::TooLong { bytes: 513 }));
        assert_eq!(
            PlatformId::new("did:plc:abc").map(|id| id.to_string()).as_deref(),
            Ok("did:plc:abc")
        );
    }

    #[test]
    fn own_ids_read_what_they_write() {
        assert_eq!(CaseId::parse(&CaseId(17).to_string()), Some(CaseId(17)));
        assert_eq!(ActionId::parse("a12"), Some(ActionId(12)));
        assert_eq!(DecisionId::parse("c17"), None);
        assert_eq!(EntryId::parse("k+1"), None);
        assert_eq!(ReviewerId::parse("r"), None);
    }

    #[test]
    fn a_trace_id_reads_what_it_writes() {
        let id = TraceId(0xabc);
        assert_eq!(TraceId::parse(&id.to_string()), Some(id));
        assert_eq!(TraceId::parse("+0000000000000000000000000000abc"), None);
        assert_eq!(TraceId::parse("abc"), None);
    }
}
