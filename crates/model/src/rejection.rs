//! A rejection: bad input, counted and told to its sender with the remedy.

use std::fmt;

/// Why an input was refused; the `code` of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectionCode {
    /// Not JSON, not UTF-8, or not a row of the file's format.
    Malformed,
    /// A limit of [`crate::Limits`] is exceeded.
    TooLarge,
    /// A field that must be there is not.
    Missing,
    /// A field has the wrong type or a value outside its range.
    Invalid,
    /// An event type, version, or format that is not known.
    Unknown,
    /// The event's time lies too far beyond its arrival.
    Future,
    /// The id was seen before with other bytes.
    Altered,
    /// Seawall itself failed on this input; a defect to report.
    Defect,
}

impl RejectionCode {
    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Missing => "missing",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
            Self::Future => "future",
            Self::Altered => "altered",
            Self::Defect => "defect",
        }
    }
}

/// What was wrong with one input, where, and what to do about it.
///
/// No field repeats content: a rejection may be logged and journaled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Rejection {
    /// Why, as a stable name.
    pub code: RejectionCode,
    /// Where: a JSON pointer such as `/post/text`, or a column's name; empty for the
    /// whole input.
    pub pointer: String,
    /// What was wrong, in words: lower case, no full stop.
    pub detail: String,
    /// What the sender can do, in words: lower case, no full stop.
    pub remedy: String,
}

impl Rejection {
    /// Puts the four parts together.
    #[must_use]
    pub fn new(
        code: RejectionCode,
        pointer: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { code, pointer: pointer.into(), detail: detail.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code.as_str())?;
        if !self.pointer.is_empty() {
            write!(f, "{}: ", self.pointer)?;
        }
        write!(f, "{} ({})", self.detail, self.remedy)
    }
}
