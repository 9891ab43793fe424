//! Text from outside that may stand in a notice: short, visible, and unable to turn the
//! letters around it.
//!
//! Leaves out what the text says; a policy's title is the platform's own.

use std::fmt;

/// Longest phrase, in characters; what is beyond is cut off and shown as cut.
pub const PHRASE_CHARS_MAX: usize = 300;

/// Starts text whose direction is its own.
pub(crate) const ISOLATE: char = '\u{2068}';
/// Ends it.
pub(crate) const END_ISOLATE: char = '\u{2069}';

/// A text that may stand in a notice: 1 to 300 characters, no control characters, none
/// that change direction or cannot be seen, single spaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Phrase(Box<str>);

/// The text has no character that may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text has no character that may be shown")]
pub struct NothingToShow;

impl Phrase {
    /// Takes a text, without what must not stand in a notice.
    ///
    /// # Errors
    /// [`NothingToShow`] if nothing is left.
    pub fn new(text: &str) -> Result<Self, NothingToShow> {
        let shown = shown(text);
        if shown.is_empty() { Err(NothingToShow) } else { Ok(Self(shown.into())) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text between isolates, without what must not stand in a notice.
pub(crate) fn isolated(text: &str) -> String {
    format!("{ISOLATE}{}{END_ISOLATE}", shown(text))
}

/// What may be shown of a text.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut count = 0;
    for c in text.chars().filter(|c| !is_hidden(*c)) {
        let c = if is_space(c) { ' ' } else { c };
        if c == ' ' && (shown.is_empty() || shown.ends_with(' ')) {
            continue;
        }
        if count == PHRASE_CHARS_MAX - 1 {
            shown.push('…');
            return shown;
        }
        shown.push(c);
        count += 1;
    }
    shown.truncate(shown.trim_end().len());
    shown
}

fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// Controls, marks of direction, and what is not seen. The joiners of Persian and of
/// emoji stay: they change shapes, not direction.
fn is_hidden(c: char) -> bool {
    (c.is_control() && !is_space(c))
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(Phrase::new(text).map_or_else(|e| e.to_string(), |p| p.to_string()), expect);
    }

    #[test]
    fn what_is_shown_cannot_turn_or_hide() {
        check("Violent groups", "Violent groups");
        check("a\u{202e}b\u{2069}c\u{200f}d\u{61c}", "abcd");
        check("a\u{7}b\u{1b}[31m\u{0}", "ab[31m");
        check("  two\r\n\tlines\u{2028}and\u{a0}more ", "two lines and more");
        check("می\u{200c}روم", "می\u{200c}روم");
        check("\u{200b}\u{feff}\n", "the text has no character that may be shown");
    }

    #[test]
    fn what_is_too_long_is_cut_and_shown_as_cut() {
        let long = "ب".repeat(PHRASE_CHARS_MAX * 2);
        let phrase = Phrase::new(&long).unwrap();
        assert_eq!(phrase.as_str().chars().count(), PHRASE_CHARS_MAX);
        assert!(phrase.as_str().ends_with('…'));
    }
}
