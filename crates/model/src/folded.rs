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
        if part.start > part.end {
            return None;
        }
        let start = *self.map.get(part.start)?;
        let mut end = *self.map.get(part.end)?;
        if end == start && part.start < part.end {
            // The part ends within what one character became, such as a ligature.
            end = self.map[part.end..].iter().copied().find(|next| *next > start)?;
        }
        Some(start as usize..end as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_what_one_character_became_points_at_all_of_it() {
        // As if `x` stood at 0, a character of three bytes became `abc`, and `y` followed.
        let folded = Folded::new("xabcy".into(), vec![0, 1, 1, 1, 4, 5]);
        assert_eq!(folded.original(0..1), Some(0..1));
        assert_eq!(folded.original(1..2), Some(1..4));
        assert_eq!(folded.original(1..4), Some(1..4));
        assert_eq!(folded.original(3..5), Some(1..5));
        assert_eq!(folded.original(2..2), Some(1..1));
        assert_eq!(folded.original(4..9), None);
    }
}
