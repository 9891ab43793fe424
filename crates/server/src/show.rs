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

/// A line of a file in a text that points into it: each sign that would move the cursor or
/// turn the line becomes one that does not, so that what stands below stays below.
pub(crate) fn plain(line: &str, chars_max: usize) -> String {
    let signs = line.chars().take(chars_max);
    let mut shown: String = signs
        .map(|c| match c {
            '\t' => c,
            c if c.is_control() || is_direction(c) => '\u{fffd}',
            c => c,
        })
        .collect();
    if line.chars().nth(chars_max).is_some() {
        shown.push('…');
    }
    shown
}

/// Text that was made fit for a terminal, filled up with blanks to a width in columns.
pub(crate) fn padded(text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(blanks))
}

/// Columns that text takes: signs of direction and marks above letters take none.
pub(crate) fn width(text: &str) -> usize {
    let is_mark = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{670}');
    text.chars().filter(|c| !is_direction(*c) && !is_mark(*c)).count()
}

/// A command as a shell takes it, folded before options where it is longer than a line.
pub(crate) fn folded(command: &str, columns: usize, indent: &str) -> String {
    let mut folded = String::new();
    let mut taken = 0;
    for (index, part) in command.split(" --").enumerate() {
        let part = if index == 0 { part.to_owned() } else { format!("--{part}") };
        let width = width(&part) + 1;
        if index > 0 && taken + width > columns {
            folded.push_str(" \\\n");
            folded.push_str(indent);
            taken = indent.len();
        } else if index > 0 {
            folded.push(' ');
        }
        folded.push_str(&part);
        taken += width;
    }
    folded
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
    fn a_line_of_a_file_keeps_its_columns_and_moves_nothing() {
        assert_eq!(plain("a\u{1b}[2J\u{202e}b\tc", 99), "a\u{fffd}[2J\u{fffd}b\tc");
        assert_eq!(plain("abc", 2), "ab…");
        assert_eq!(plain("ab", 2), "ab");
    }

    #[test]
    fn columns_are_counted_as_they_are_seen() {
        assert_eq!(padded(&foreign("abc", 9), 5), "\u{2068}abc\u{2069}  ");
        assert_eq!(width("كُتِب"), 3);
        assert_eq!(padded("long", 2), "long");
    }

    #[test]
    fn a_long_command_is_folded_where_a_shell_goes_on_reading() {
        assert_eq!(folded("a b --c d", 40, "  "), "a b --c d");
        assert_eq!(folded("a b --c d --e f", 11, "  "), "a b --c d \\\n  --e f");
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quoted("a/b-c"), "a/b-c");
        assert_eq!(quoted("#tag"), "'#tag'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
