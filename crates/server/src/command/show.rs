//! Putting things before people: numbers, text from outside, the name of this program.

use std::fmt::Write as _;

/// Tells a line on standard output.
///
/// A reader that went away is no error and ends no work: an erasure goes on when the
/// `head` behind it does not. `println!` would panic.
pub(crate) fn say(line: std::fmt::Arguments<'_>) -> std::io::Result<()> {
    use std::io::Write as _;
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        told => told,
    }
}

/// A count with separators between thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 post`, `2 posts`.
pub(crate) fn counted(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { more })
}

/// Text from outside, fit for a terminal: what would move the cursor or turn the
/// reading direction is made visible, and the rest is isolated.
pub(crate) fn foreign(text: &str, chars_max: usize) -> String {
    let mut shown = String::from("\u{2068}");
    for (index, c) in text.chars().enumerate() {
        if index == chars_max {
            shown.push('…');
            break;
        }
        match c {
            '\n' | '\r' | '\t' => shown.push(' '),
            c if c.is_control() || is_direction(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown.push('\u{2069}');
    shown
}

/// Whether a character changes the direction of what follows (UAX #9).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What to type to run this program again, from the current folder.
pub(crate) fn program() -> String {
    let Ok(path) = std::env::current_exe() else { return "seawall".into() };
    let here = std::env::current_dir().unwrap_or_default();
    let shown = path.strip_prefix(&here).unwrap_or(&path);
    quoted(&shown.display().to_string())
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_move_the_cursor_or_turn_the_line() {
        assert_eq!(foreign("a\u{1b}[2Jb\nc", 99), "\u{2068}a\\u{1b}[2Jb c\u{2069}");
        assert_eq!(foreign("x\u{202e}y", 99), "\u{2068}x\\u{202e}y\u{2069}");
        assert_eq!(foreign("abc", 2), "\u{2068}ab…\u{2069}");
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quoted("a/b-c"), "a/b-c");
        assert_eq!(quoted("#tag"), "'#tag'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
