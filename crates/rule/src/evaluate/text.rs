//! Functions over texts, as Python's `str` has them.
//!
//! Lengths and places count code points. Left out: patterns (`call`).

use std::sync::Arc;

use super::Failure;
use crate::datum::Datum;
use crate::limits::{LIST_ITEMS_MAX, STRING_BYTES_MAX};
use crate::outcome::EvaluationError;
use crate::python::{float_text, is_space};

/// Refuses a text that would be too long.
pub(super) fn limited(bytes: usize) -> Result<(), Failure> {
    if bytes > STRING_BYTES_MAX { Err(EvaluationError::StringTooLong.into()) } else { Ok(()) }
}

/// How a value reads in an f-string.
pub(super) fn written(datum: &Datum) -> Option<Arc<str>> {
    match datum.plain() {
        Datum::Str(text) => Some(text),
        Datum::Int(value) => Some(value.to_string().into()),
        Datum::Float(value) => Some(float_text(value)),
        Datum::Bool(value) => Some(if value { "True" } else { "False" }.into()),
        _ => None,
    }
}

/// Which ends are stripped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    Both,
    Left,
    Right,
}

/// `strip`, `lstrip`, `rstrip`.
pub(super) fn strip<'t>(text: &'t str, chars: Option<&str>, ends: Ends) -> &'t str {
    let drop = |c: char| chars.map_or_else(|| is_space(c), |chars| chars.contains(c));
    let text = if ends == Ends::Right { text } else { text.trim_start_matches(drop) };
    if ends == Ends::Left { text } else { text.trim_end_matches(drop) }
}

/// `replace`; an empty `old` stands between all characters and at both ends.
pub(super) fn replace(text: &str, old: &str, new: &str) -> Result<String, Failure> {
    let count = text.matches(old).count();
    limited(text.len().saturating_add(count.saturating_mul(new.len())))?;
    Ok(text.replace(old, new))
}

/// `join`.
pub(super) fn join(separator: &str, items: &[Arc<str>]) -> Result<String, Failure> {
    let bytes: usize = items.iter().map(|item| item.len()).sum();
    limited(bytes.saturating_add(separator.len().saturating_mul(items.len())))?;
    Ok(items.join(separator))
}

/// `split`; without a separator at runs of space. A negative `most` splits everywhere.
pub(super) fn split(
    text: &str,
    separator: Option<&str>,
    most: i128,
) -> Result<Vec<Datum>, Failure> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut push = |part: &str| {
        parts.push(Datum::Str(part.into()));
        if parts.len() > LIST_ITEMS_MAX { Err(EvaluationError::ListTooLong) } else { Ok(()) }
    };
    match separator {
        Some("") => return Err(EvaluationError::EmptySeparator.into()),
        Some(separator) => {
            for part in text.splitn(most.saturating_add(1), separator) {
                push(part)?;
            }
        }
        None => {
            let mut rest = text.trim_start_matches(is_space);
            let mut splits = 0;
            while !rest.is_empty() {
                match rest.find(is_space).filter(|_| splits < most) {
                    Some(end) => {
                        push(&rest[..end])?;
                        rest = rest[end..].trim_start_matches(is_space);
                        splits += 1;
                    }
                    None => {
                        push(rest)?;
                        rest = "";
                    }
                }
            }
        }
    }
    Ok(parts)
}

/// `text[start:end]`.
pub(super) fn slice(text: &str, start: i128, end: i128) -> String {
    let bound = |value: i128| usize::try_from(value).unwrap_or(0);
    let (start, end) = (bound(start), bound(end));
    text.chars().skip(start).take(end.saturating_sub(start)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, separator: Option<&str>, most: i128, expect: &[&str]) {
        let parts = split(text, separator, most).unwrap();
        let parts: Vec<String> =
            parts.iter().map(|part| written(part).unwrap().to_string()).collect();
        assert_eq!(parts, expect, "{text:?}");
    }

    #[test]
    fn texts_split_as_in_python() {
        check("a,b,,c", Some(","), -1, &["a", "b", "", "c"]);
        check("a,b,c", Some(","), 1, &["a", "b,c"]);
        check("", Some(","), -1, &[""]);
        check("  a \u{a0} b c ", None, -1, &["a", "b", "c"]);
        check("  a  b c ", None, 1, &["a", "b c "]);
        check("   ", None, -1, &[]);
        check("a b", None, 0, &["a b"]);
        assert!(split("a", Some(""), -1).is_err());
    }

    #[test]
    fn texts_are_cut_by_code_points() {
        assert_eq!(slice("żółw", 1, 3), "ół");
        assert_eq!(slice("abc", 2, 99), "c");
        assert_eq!(slice("abc", 2, 1), "");
        assert_eq!(strip("\u{1c} a\u{a0}\n", None, Ends::Both), "a");
        assert_eq!(strip("xxayx", Some("xy"), Ends::Left), "ayx");
    }
}
