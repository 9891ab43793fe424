//! Regular expressions as Python writes them, matched in linear time.
//!
//! A pattern is rewritten where the two dialects differ and then compiled by `regex`.
//! Look-around and back-references cannot be matched in linear time: they are refused.
//! Left out: conditional groups, comments, and possessive repetition.

use regex::{Regex, RegexBuilder};

use crate::limits::{REGEX_BYTES_MAX, REGEX_DEPTH_MAX};

/// Whether letters match in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Sensitive,
    Insensitive,
}

/// Why a pattern is not compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error(
        "look-around is not available, because it cannot be matched in linear time; match the \
         whole text that is meant, or join two matches with `and` and `not`"
    )]
    LookAround,
    #[error(
        "back-references are not available, because they cannot be matched in linear time; \
         write the repeated text out"
    )]
    BackReference,
    #[error(
        "the compiled pattern needs more than {REGEX_BYTES_MAX} bytes; make repetitions smaller"
    )]
    TooLarge,
    #[error("missing ), unterminated subpattern at position {0}")]
    Unclosed(usize),
    #[error("{0}")]
    Syntax(String),
}

impl PatternError {
    /// The headline of its diagnostic.
    pub(crate) fn headline(&self) -> &'static str {
        match self {
            Self::LookAround => "look-around in a regex pattern is not available in this version",
            Self::BackReference => {
                "a back-reference in a regex pattern is not available in this version"
            }
            _ => "invalid regex pattern",
        }
    }
}

/// Compiles a pattern of Python's `re`.
pub(crate) fn compile(pattern: &str, case: Case) -> Result<Regex, PatternError> {
    let rewritten = rewrite(pattern)?;
    RegexBuilder::new(&rewritten)
        .case_insensitive(case == Case::Insensitive)
        .size_limit(REGEX_BYTES_MAX)
        .dfa_size_limit(REGEX_BYTES_MAX)
        .nest_limit(REGEX_DEPTH_MAX)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
            error => {
                let text = error.to_string();
                let last = text.lines().next_back().unwrap_or("").trim_start_matches("error: ");
                PatternError::Syntax(last.to_owned())
            }
        })
}

/// Rewrites Python's dialect into that of `regex`.
fn rewrite(pattern: &str) -> Result<String, PatternError> {
    let multi_line = inline_options(pattern).contains('m');
    let verbose = inline_options(pattern).contains('x');
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut open: Vec<usize> = Vec::new();
    let mut position = 0;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\\' => escape(rest, Inside::Pattern, &mut out)?,
            '[' => class(rest, &mut out)?,
            '(' => {
                open.push(position);
                group(rest, &mut out)?
            }
            ')' => {
                open.pop();
                out.push(')');
                1
            }
            // Python's `$` also matches before a newline at the end.
            '$' if !multi_line => {
                out.push_str(r"(?:\n?\z)");
                1
            }
            '{' if !is_repetition(rest) => {
                out.push_str(r"\{");
                1
            }
            '#' if !verbose => {
                out.push_str(r"\#");
                1
            }
            c => {
                out.push(c);
                c.len_utf8()
            }
        };
        position += rest[..taken].chars().count();
        rest = &rest[taken..];
    }
    match open.last() {
        Some(position) => Err(PatternError::Unclosed(*position)),
        None => Ok(out),
    }
}

/// The letters of `(?im)` at the start.
fn inline_options(pattern: &str) -> &str {
    let Some(rest) = pattern.strip_prefix("(?") else { return "" };
    let length = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
    if rest[length..].starts_with(')') { &rest[..length] } else { "" }
}

/// `{2}`, `{2,}`, `{,3}`, `{2,3}`; any other brace is a character.
fn is_repetition(rest: &str) -> bool {
    let Some((inside, _)) = rest[1..].split_once('}') else { return false };
    let (low, high) = inside.split_once(',').unwrap_or((inside, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Pattern,
    Class,
}

/// One escape; answers with the bytes it took.
fn escape(rest: &str, inside: Inside, out: &mut String) -> Result<usize, PatternError> {
    let Some(c) = rest[1..].chars().next() else {
        return Err(PatternError::Syntax("bad escape (end of pattern)".into()));
    };
    let taken = 1 + c.len_utf8();
    let digits = rest[1..].bytes().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
    let octal = c == '0' || digits == 3 || inside == Inside::Class;
    match c {
        '1'..='9' if !octal && inside == Inside::Pattern => {
            return Err(PatternError::BackReference);
        }
        '0'..='7' => {
            let value = u32::from_str_radix(&rest[1..=digits], 8).unwrap_or(0);
            out.push_str(&format!("\\x{{{value:x}}}"));
            return Ok(1 + digits);
        }
        'Z' => out.push_str(r"\z"),
        'b' if inside == Inside::Class => out.push_str(r"\x08"),
        'A' | 'b' | 'B' | 'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'a' | 'f' | 'n' | 'r' | 't' | 'v'
        | 'x' | 'u' | 'U' => {
            out.push('\\');
            out.push(c);
        }
        c if c.is_ascii_alphabetic() => {
            return Err(PatternError::Syntax(format!("bad escape \\{c}")));
        }
        '<' | '>' => out.push(c),
        c if c.is_ascii_punctuation() || c == ' ' => {
            out.push('\\');
            out.push(c);
        }
        c => out.push(c),
    }
    Ok(taken)
}

/// One class; signs that mean more to `regex` than to Python are escaped.
fn class(rest: &str, out: &mut String) -> Result<usize, PatternError> {
    let mut at = 1;
    out.push('[');
    if rest[at..].starts_with('^') {
        out.push('^');
        at += 1;
    }
    let first = at;
    while let Some(c) = rest[at..].chars().next() {
        match c {
            ']' if at > first => {
                out.push(']');
                return Ok(at + 1);
            }
            '\\' => {
                at += escape(&rest[at..], Inside::Class, out)?;
                continue;
            }
            '[' | ']' | '&' | '~' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        at += c.len_utf8();
    }
    Err(PatternError::Syntax("unterminated character set".into()))
}

/// The opening of a group; answers with the bytes it took.
fn group(rest: &str, out: &mut String) -> Result<usize, PatternError> {
    for sign in ["(?=", "(?!", "(?<=", "(?<!"] {
        if rest.starts_with(sign) {
            return Err(PatternError::LookAround);
        }
    }
    if rest.starts_with("(?P=") {
        return Err(PatternError::BackReference);
    }
    for (sign, name) in
        [("(?(", "conditional groups"), ("(?#", "comments"), ("(?>", "atomic groups")]
    {
        if rest.starts_with(sign) {
            return Err(PatternError::Syntax(format!("{name} are not available")));
        }
    }
    // `(?a…)` and `(?L…)` have no counterpart; `(?u)` is the rule here.
    out.push('(');
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) {
        let regex = compile(pattern, Case::Sensitive).unwrap();
        assert!(regex.is_match(text), "{pattern} {text:?}");
    }

    fn differs(pattern: &str, text: &str) {
        let regex = compile(pattern, Case::Sensitive).unwrap();
        assert!(!regex.is_match(text), "{pattern} {text:?}");
    }

    #[test]
    fn patterns_match_as_in_python() {
        matches("b$", "ab\n");
        differs("b$", "ab\n\n");
        differs(r"b\Z", "ab\n");
        matches("(?m)^b$", "a\nb\nc");
        matches(r"^\d+$", "٤٢");
        matches("a{,x}", "a{,x}");
        matches("[[a&&b~~]", "&");
        matches("[]a]", "]");
        matches(r"[\b]", "\u{8}");
        matches(r"\#\ \/\<", "# /<");
        matches(r"\101\0", "A\0");
        matches("a#b", "a#b");
        matches("(?is)a.b", "A\nB");
    }

    #[test]
    fn what_is_not_linear_is_refused() {
        for (pattern, error) in [
            ("(?=a)", PatternError::LookAround),
            ("(?<!a)b", PatternError::LookAround),
            (r"(a)\1", PatternError::BackReference),
            ("(?P<x>a)(?P=x)", PatternError::BackReference),
            ("a(b", PatternError::Unclosed(1)),
            ("((a{200}){200}){200}", PatternError::TooLarge),
        ] {
            assert_eq!(compile(pattern, Case::Sensitive).map(|_| ()), Err(error), "{pattern}");
        }
        for pattern in ["[a", "*a", r"\q", "a)", "(?#x)"] {
            assert!(compile(pattern, Case::Sensitive).is_err(), "{pattern}");
        }
    }
}
