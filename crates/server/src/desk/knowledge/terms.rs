//! Terms: what one may say.

use seawall_model::knowledge::{Known, Term};

use super::view::TermSaid;

/// Words that count as near where nothing is said.
const WINDOW_WORDS: u32 = 10;
/// Words that may be said at most.
const WINDOW_WORDS_MAX: u32 = 200;

/// A term as it is given.
#[derive(Clone, Debug, Default)]
pub struct TermGiven {
    /// The word or phrase.
    pub term: Box<str>,
    /// One of these must stand near; none means that nothing must.
    pub near: Vec<Box<str>>,
    /// None of these may stand near.
    pub not_near: Vec<Box<str>>,
    /// How many words away is near; ten if it is not said.
    pub window: Option<u32>,
}

/// A term of a list, if it can be looked for by the look of it.
///
/// # Errors
/// What is wrong, with its field, in words.
pub fn term(list: &str, given: TermGiven) -> Result<Known, String> {
    let window = given.window.unwrap_or(WINDOW_WORDS);
    if !(1..=WINDOW_WORDS_MAX).contains(&window) {
        return Err(no_window(&window.to_string()));
    }
    if given.term.chars().all(is_sign) && !given.term.trim().is_empty() {
        return Err("term: there are only signs of punctuation in it, which stand in every text: \
                    write a word"
            .into());
    }
    let TermGiven { term, near, not_near, .. } = given;
    Ok(Known::Term(Term { list: list.into(), term, near, not_near, window }))
}

/// What is told of a window that is none.
#[must_use]
pub fn no_window(shown: &str) -> String {
    format!("window: {shown} is no number of words from 1 to {WINDOW_WORDS_MAX}")
}

/// Whether a character is a blank or a sign of punctuation, which no term consists of. Other
/// symbols, such as faces, may be telling.
fn is_sign(c: char) -> bool {
    let is_other = matches!(c, '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}'
        | '\u{bf}' | '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{640}' | '\u{66a}'..='\u{66d}'
        | '\u{6d4}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
        | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{ff01}'..='\u{ff0f}'
        | '\u{ff1a}'..='\u{ff1f}');
    c.is_whitespace() || c.is_ascii_punctuation() || is_other
}

impl From<&Term> for TermSaid {
    fn from(term: &Term) -> Self {
        let owned = |words: &[Box<str>]| words.iter().map(ToString::to_string).collect();
        Self {
            list: term.list.to_string(),
            term: term.term.to_string(),
            near: owned(&term.near),
            not_near: owned(&term.not_near),
            window: term.window,
        }
    }
}
