//! Whether a term stands alone in a text, and what Arabic attaches to words.
//!
//! Leaves out particles of other languages, and Arabic endings that change the word.

use std::ops::Range;

/// Letters of an Arabic word to which something may be attached, at least.
const LETTERS_MIN: usize = 3;
/// Letters of the longest prefix and suffix.
const PREFIX_LETTERS_MAX: usize = 4;
const SUFFIX_LETTERS_MAX: usize = 2;

/// What may stand beside one end of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// Anything: the term ends with a sign, or in a script without spaces.
    Open,
    /// No letter or digit.
    Word,
    /// The end of an Arabic word of three letters.
    Short,
    /// The end of a longer Arabic word.
    Long,
}

/// What is attached to a word, for the two ends to agree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attached {
    Nothing,
    Article,
    Pronoun,
    /// A particle in front, an ending behind.
    Other,
}

impl Edge {
    /// The left edge of a term that is folded and not empty.
    pub(super) fn left(term: &str) -> Self {
        Self::of(term.chars())
    }

    /// The right edge.
    pub(super) fn right(term: &str) -> Self {
        Self::of(term.chars().rev())
    }

    fn of(from_edge: impl Iterator<Item = char>) -> Self {
        let mut word = from_edge.take_while(|c| binds(*c)).peekable();
        if word.peek().is_none() {
            return Self::Open;
        }
        let letters = word.try_fold(0_usize, |count, c| is_arabic(c).then_some(count + 1));
        match letters {
            Some(letters) if letters > LETTERS_MIN => Self::Long,
            Some(LETTERS_MIN) => Self::Short,
            _ => Self::Word,
        }
    }
}

/// Whether what stands at `part` stands alone.
pub(super) fn fits(text: &str, part: Range<usize>, left: Edge, right: Edge) -> bool {
    let Some(before) = attached_before(text, part.start, left) else { return false };
    let Some(behind) = attached_behind(text, part.end, right) else { return false };
    !(before == Attached::Article && behind == Attached::Pronoun)
}

/// What is attached in front; `None` if the word is another one.
fn attached_before(text: &str, start: usize, edge: Edge) -> Option<Attached> {
    let before = &text[..start];
    if edge == Edge::Open || !before.chars().next_back().is_some_and(binds) {
        return Some(Attached::Nothing);
    }
    if edge == Edge::Word {
        return None;
    }
    let run = before.char_indices().rev().take_while(|(_, c)| binds(*c));
    let run = run.take(PREFIX_LETTERS_MAX + 1);
    let begin = run.last().map_or(start, |(at, _)| at);
    match &before[begin..] {
        "ال" | "وال" | "فال" | "بال" | "كال" | "لل" => Some(Attached::Article),
        "وبال" | "وكال" | "ولل" | "فبال" | "فكال" | "فلل" => {
            Some(Attached::Article)
        }
        "و" => Some(Attached::Other),
        _ if edge == Edge::Short => None,
        "ف" | "ب" | "ك" | "ل" => Some(Attached::Other),
        "وب" | "وك" | "ول" | "فب" | "فك" | "فل" => Some(Attached::Other),
        "س" | "وس" | "فس" => {
            text[start..].starts_with(['ا', 'ي', 'ت', 'ن']).then_some(Attached::Other)
        }
        _ => None,
    }
}

/// What is attached behind; `None` if the word is another one.
fn attached_behind(text: &str, end: usize, edge: Edge) -> Option<Attached> {
    let behind = &text[end..];
    if edge == Edge::Open || !behind.chars().next().is_some_and(binds) {
        return Some(Attached::Nothing);
    }
    if edge == Edge::Word {
        return None;
    }
    let run = behind.char_indices().take_while(|(_, c)| binds(*c)).take(SUFFIX_LETTERS_MAX + 1);
    let length = run.last().map_or(0, |(at, c)| at + c.len_utf8());
    match &behind[..length] {
        "ها" | "هم" | "هن" | "كم" | "نا" => Some(Attached::Pronoun),
        "ات" | "ون" | "ين" => Some(Attached::Other),
        // As a pattern of names: سلم and سلمان, عدن and عدنان.
        _ if edge == Edge::Short => None,
        "ك" => Some(Attached::Pronoun),
        // ه is also what ة folds to, and ا also what is left of an accusative's ending.
        "ان" | "ه" | "ي" | "يه" | "ا" => Some(Attached::Other),
        _ => None,
    }
}

/// Whether a character continues a word: a letter or digit of a script with spaces.
pub(super) fn binds(c: char) -> bool {
    c.is_alphanumeric() && !is_unspaced(c)
}

/// Scripts written without spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        // Thai and Lao; Burmese; Khmer.
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        // Kana; Han, with what stands beyond the first plane.
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// Whether a character is a letter of Arabic script; folding has left no other blocks.
fn is_arabic(c: char) -> bool {
    let is_of_block =
        matches!(c, '\u{0620}'..='\u{06FF}' | '\u{0750}'..='\u{077F}' | '\u{08A0}'..='\u{08FF}');
    is_of_block && c.is_alphabetic()
}
