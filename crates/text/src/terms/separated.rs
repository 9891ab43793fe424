//! The folded text with words apart: `_` is a space, and of several spaces one is left.
//!
//! Leaves out other signs between words; a full stop ends a sentence, and a phrase with
//! it.

use std::ops::Range;

/// A text with its words apart, and the way back; empty where nothing had to be changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Separated {
    text: String,
    /// For each byte of `text`, the byte of the folded text that it is.
    origins: Vec<usize>,
}

impl Separated {
    pub(super) fn take(&mut self, folded: &str) {
        self.text.clear();
        self.origins.clear();
        if memchr::memchr(b'_', folded.as_bytes()).is_none() {
            return;
        }
        for (at, c) in folded.char_indices() {
            if c != '_' && c != ' ' {
                self.text.push(c);
                self.origins.extend(at..at + c.len_utf8());
            } else if !self.text.ends_with(' ') {
                self.text.push(' ');
                self.origins.push(at);
            }
        }
    }

    /// The text to search in: its own, or the folded one where that is the same.
    pub(super) fn text<'a>(&'a self, folded: &'a str) -> &'a str {
        if self.text.is_empty() { folded } else { &self.text }
    }

    /// Where a part, not empty, stands in the folded text.
    pub(super) fn origin(&self, part: Range<usize>) -> Range<usize> {
        if self.text.is_empty() {
            return part;
        }
        self.origins[part.start]..self.origins[part.end - 1] + 1
    }
}

/// A folded term in the same form, without spaces at its ends.
pub(super) fn separate_term(folded: &str) -> String {
    folded.split(['_', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
