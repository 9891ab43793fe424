//! Why term lists are refused: the entry, the field, and what to do.

use std::fmt;

use seawall_model::EntryId;

use super::{
    CONTEXT_TERMS_MAX, ENTRIES_MAX, LIST_NAME_BYTES_MAX, LISTS_BYTES_MAX, TERM_BYTES_MAX,
    WINDOW_TOKENS_MAX,
};

/// A field of an entry; terms of a context are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermField {
    /// The name of the list.
    List,
    /// The term.
    Term,
    /// Which of the terms of `near`.
    Near(usize),
    /// Which of the terms of `not_near`.
    NotNear(usize),
}

impl fmt::Display for TermField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => f.write_str("list"),
            Self::Term => f.write_str("term"),
            Self::Near(which) => write!(f, "near, {which}"),
            Self::NotNear(which) => write!(f, "not_near, {which}"),
        }
    }
}

impl TermField {
    /// Bytes that it may have.
    pub(crate) fn bytes_max(self) -> usize {
        match self {
            Self::List => LIST_NAME_BYTES_MAX,
            Self::Term | Self::Near(_) | Self::NotNear(_) => TERM_BYTES_MAX,
        }
    }
}

/// Why term lists cannot be compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// Nothing is left of a field.
    #[error(
        "entry {entry}, {field}: nothing is left of it after normalising: \
        write at least one visible character, or leave the entry out"
    )]
    Empty {
        /// Which entry.
        entry: EntryId,
        /// Which field.
        field: TermField,
    },
    /// A field is longer than its limit.
    #[error(
        "entry {entry}, {field}: {bytes} bytes are more than {}: shorten it to what is telling",
        field.bytes_max()
    )]
    TooLong {
        /// Which entry.
        entry: EntryId,
        /// Which field.
        field: TermField,
        /// Its length.
        bytes: usize,
    },
    /// A context has more terms than its limit.
    #[error(
        "entry {entry}, {field}: more than {CONTEXT_TERMS_MAX} terms: keep the {CONTEXT_TERMS_MAX} \
        most telling, or make two entries of it"
    )]
    TooManyContextTerms {
        /// Which entry.
        entry: EntryId,
        /// The first term beyond the limit.
        field: TermField,
    },
    /// The context is its own term, or stands on both sides.
    #[error(
        "entry {entry}, {field}: the same word is also the term, or in `near`: \
        the condition would always or never hold, take it out of one"
    )]
    Repeated {
        /// Which entry.
        entry: EntryId,
        /// The second place.
        field: TermField,
    },
    /// The window is not within its limits.
    #[error(
        "entry {entry}, window_tokens: {tokens} is not from 1 to {WINDOW_TOKENS_MAX}: \
        say within how many words the context stands"
    )]
    Window {
        /// Which entry.
        entry: EntryId,
        /// What it says.
        tokens: u16,
    },
    /// Two entries have the same id.
    #[error("entry {entry}, id: another entry has the same: give each its own")]
    SameId {
        /// Which entry.
        entry: EntryId,
    },
    /// There are more entries than the limit.
    #[error("entry {entry} is one more than {ENTRIES_MAX}: withdraw those that no longer match")]
    TooManyEntries {
        /// The first entry beyond the limit.
        entry: EntryId,
    },
    /// The terms together are longer than the limit.
    #[error(
        "entry {entry}: with it all terms together have more than {LISTS_BYTES_MAX} bytes: \
        shorten phrases, or withdraw those that no longer match"
    )]
    TooManyBytes {
        /// The first entry beyond the limit.
        entry: EntryId,
    },
    /// The automaton could not be made, which the limits should prevent.
    #[error("the terms do not fit in one automaton: withdraw those that no longer match")]
    Automaton,
}
