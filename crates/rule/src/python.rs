//! Numbers as Python reads and writes them.
//!
//! Leaves out the texts of lists and objects: coercing those to `str` fails instead.

use std::sync::Arc;

/// `int(text)`: space around, underscores between digits, a sign.
pub(crate) fn parse_int(text: &str) -> Option<i128> {
    let text = text.trim_matches(is_space);
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (&text[..1], digits),
        None => ("", text),
    };
    let grouped = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    let valid = grouped && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| format!("{sign}{digits}").parse().ok()).flatten()
}

/// `float(text)`; only finite numbers.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_space);
    let between = |at: usize| {
        let bytes = text.as_bytes();
        let digit =
            |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        digit(at.checked_sub(1)) && digit(at.checked_add(1))
    };
    if !text.match_indices('_').all(|(at, _)| between(at)) {
        return None;
    }
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    let number = digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let value: f64 = if number { digits.parse().ok()? } else { return None };
    value.is_finite().then_some(value)
}

/// A float cut to a whole number; only where floats are exact.
pub(crate) fn truncate(value: f64) -> Option<i128> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if !value.is_finite() || value.abs() > EXACT_MAX {
        return None;
    }
    format!("{:.0}", value.trunc()).parse().ok()
}

/// `repr(value)` of a float: the shortest digits that read back the same.
pub(crate) fn float_text(value: f64) -> Arc<str> {
    let written = format!("{value:e}");
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs()).into();
    }
    let plain = format!("{value}");
    if plain.contains('.') { plain.into() } else { format!("{plain}.0").into() }
}

/// What `str.strip` and `str.split` take for space.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_in_python() {
        for (text, expect) in [
            (" 42 ", Some(42)),
            ("1_000", Some(1000)),
            ("-7", Some(-7)),
            ("1.5", None),
            ("_1", None),
        ] {
            assert_eq!(parse_int(text), expect, "{text}");
        }
        for (text, expect) in [
            ("2.5e3", Some(2500.0)),
            (" 1_0.5 ", Some(10.5)),
            (".5", Some(0.5)),
            ("nan", None),
            ("inf", None),
            ("1e999", None),
            ("1_.5", None),
        ] {
            assert_eq!(parse_float(text), expect, "{text}");
        }
        assert_eq!(truncate(-1.9), Some(-1));
        assert_eq!(truncate(1e20), None);
    }

    #[test]
    fn floats_are_written_as_in_python() {
        for (value, expect) in [
            (2.5, "2.5"),
            (1.0, "1.0"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (-0.0, "-0.0"),
            (1e100, "1e+100"),
        ] {
            assert_eq!(&*float_text(value), expect);
        }
    }
}
