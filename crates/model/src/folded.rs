//! Normalised text that remembers where each part came from. Made only by `text`.

use std::ops::Range;

/// A normalised text with a map back to the original.
///
/// `text` is what comparisons use; `map` says, for each byte of `text`, at which byte
/// of the original the character began that it came from, and ends with the
/// original's length. A highlight in `text` is therefore exact in the original.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Folded {
    text: String,
    map: Vec<u32>,
}

impl Folded {
    /// Puts a normalised text and its map together.
    ///
    /// # Panics
    /// If the map is not one longer than the text, or falls: a defect of `text`.
    #[must_use]
    pub fn new(text: String, map: Vec<u32>) -> Self {
        assert!(map.len() == text.len() + 1, "the map covers each byte and the end");
        debug_assert!(map.is_sorted(), "the map never falls");
        Self { text, map }
    }

    /// The normalised text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part of the original that a part of the normalised text came from, in bytes.
    ///
    /// The answer begins with the first character's origin and ends where the origin of
    /// the character after the part begins, so that marks that were stripped stay with
    /// the letter they stood on. `None` if the range does not lie within the text.
    #[must_use]
    pub fn original(&self, part: Range<usize>) -> Option<Range<usize>> {
        let start = *self.map.get(part.start)?;
        let end = *self.map.get(part.end)?;
        (part.start <= part.end).then_some(start as usize..end as usize)
    }
}
