//! Words by which people name knowledge: lists, sources, classes, grounds, fingerprints, runs.
//!
//! What is wrong with one is told in words that fit behind the name of its field.

use std::ops::RangeInclusive;

use seawall_model::EntryId;
use seawall_model::knowledge::{FileClass, Ground};

use crate::show;

/// Longest name or source, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// Longest name of a list, bank or policy, in bytes.
const WORD_BYTES_MAX: usize = 64;

/// Reads a name or a source: one line.
///
/// # Errors
/// What is wrong, in words.
pub fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.len() <= NAME_BYTES_MAX;
    if fits && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(format!("use 1 to {NAME_BYTES_MAX} bytes on one line"))
}

/// Reads the name of a list, bank or policy.
///
/// # Errors
/// What is wrong, in words.
pub fn word(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let fits = !text.is_empty() && text.len() <= WORD_BYTES_MAX && text.chars().all(plain);
    let why = || format!("use letters, digits, -, _ and ., at most {WORD_BYTES_MAX} bytes");
    if fits { Ok(text.to_owned()) } else { Err(why()) }
}

/// Reads what a file is.
///
/// # Errors
/// The classes there are.
pub fn class(text: &str) -> Result<FileClass, String> {
    let names = FileClass::ALL.map(FileClass::as_str).join(", ");
    FileClass::from_name(text).ok_or_else(|| format!("use one of {names}"))
}

/// Reads why an account is protected.
///
/// # Errors
/// The grounds there are.
pub fn ground(text: &str) -> Result<Ground, String> {
    let names = Ground::ALL.map(Ground::as_str).join(", ");
    Ground::from_name(text).ok_or_else(|| format!("use one of {names}"))
}

/// Reads one entry or a run of them with both ends, as in `k1..k9`.
///
/// # Errors
/// How they are written.
pub fn run(text: &str) -> Result<RangeInclusive<u64>, String> {
    let why = || "use an entry such as k3, or first and last such as k1..k9".to_owned();
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let parse = |text: &str| EntryId::parse(text).map(|entry| entry.0).ok_or_else(why);
    let range = parse(first)?..=parse(last)?;
    if range.is_empty() { Err(why()) } else { Ok(range) }
}

/// Entries as people type them: `k3`, or `k1..k9`.
#[must_use]
pub fn shown(range: &RangeInclusive<u64>) -> String {
    let (first, last) = (EntryId(*range.start()), EntryId(*range.end()));
    if first == last { first.to_string() } else { format!("{first}..{last}") }
}

/// Reads 64 hexadecimal digits.
///
/// # Errors
/// What is wrong, in words.
pub fn hash(text: &str) -> Result<[u8; 32], String> {
    let why = || format!("{} is not 64 hexadecimal digits", show::foreign(text, 80));
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(why());
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let digits = text.get(index * 2..index * 2 + 2).ok_or_else(why)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| why())?;
    }
    Ok(bytes)
}

/// The first 12 hexadecimal digits of a hash.
#[must_use]
pub fn short(hash: &[u8; 32]) -> String {
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_one_or_a_run_with_both_ends() {
        assert_eq!(run("k3"), Ok(3..=3));
        assert_eq!(run("k1..k9"), Ok(1..=9));
        for text in ["3", "k", "k9..k1", "k1-k9", "k1..", "..k2", "k1..9", "k99999999999999999999"]
        {
            assert!(run(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_lists_are_words() {
        assert!(word("kettle-league_2.1").is_ok() && word("هتافات").is_ok());
        assert!(word("").is_err() && word("two words").is_err() && word(&"x".repeat(65)).is_err());
    }
}
