//! Strings as CPython 3.11 writes them: prefixes, escapes, and the holes of f-strings.
//!
//! Leaves out `\N{…}`, which would need the names of all characters, and lone
//! surrogates, which no text here can hold; both are refused.

use super::token::Fault;
use crate::source::Span;

/// What a prefix makes of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A text.
    Plain,
    /// Bytes: known, not part of the language.
    Bytes,
    /// A text with holes.
    Format,
}

/// A string literal taken apart, not yet decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Literal<'a> {
    pub(crate) form: Form,
    escapes: Escapes,
    body: &'a str,
    /// Where the body begins in its file.
    start: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escapes {
    Decoded,
    Raw,
}

/// A piece of an f-string.
#[derive(Clone, Debug)]
pub(crate) enum Piece<'a> {
    /// Text between holes.
    Text(String),
    /// A hole.
    Hole {
        /// What stands in it.
        text: &'a str,
        /// Where that begins in its file.
        start: u32,
        /// Whether it says how to format.
        spec: Spec,
    },
}

/// Whether a hole says how to format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spec {
    /// A bare expression.
    None,
    /// `!r`, `:03d` or `=`.
    Given,
}

/// Takes a literal apart that the scanner found at `start`.
pub(crate) fn open(text: &str, start: u32) -> Literal<'_> {
    let prefix_end = text.find(['\'', '"']).unwrap_or(0);
    let prefix = text[..prefix_end].to_ascii_lowercase();
    let quoted = &text[prefix_end..];
    let long = quoted.starts_with("'''") || quoted.starts_with("\"\"\"");
    let quotes = if long && quoted.len() >= 6 { 3 } else { 1 };
    let body = quoted.get(quotes..quoted.len().saturating_sub(quotes)).unwrap_or("");
    let form = match () {
        () if prefix.contains('b') => Form::Bytes,
        () if prefix.contains('f') => Form::Format,
        () => Form::Plain,
    };
    let escapes = if prefix.contains('r') { Escapes::Raw } else { Escapes::Decoded };
    let offset = u32::try_from(prefix_end + quotes).unwrap_or(u32::MAX);
    Literal { form, escapes, body, start: start.saturating_add(offset) }
}

impl<'a> Literal<'a> {
    /// The text of a plain literal.
    pub(crate) fn text(&self) -> Result<String, Fault> {
        decode(self.body, self.start, self.escapes)
    }

    /// The pieces of an f-string.
    pub(crate) fn pieces(&self) -> Result<Vec<Piece<'a>>, Fault> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut at = 0;
        let body = self.body;
        while at < body.len() {
            let rest = &body[at..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                text.push_str(&rest[..1]);
                at += 2;
            } else if rest.starts_with('}') {
                return Err(self.fault(at, "f-string: single '}' is not allowed"));
            } else if rest.starts_with('{') {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                let (piece, end) = self.hole(at + 1)?;
                pieces.push(piece);
                at = end;
            } else {
                let mut length = rest.find(['{', '}']).unwrap_or(rest.len());
                // The braces of `\N{…}` are part of the escape.
                if rest[..length].ends_with("\\N") && self.escapes == Escapes::Decoded {
                    length = rest.find('}').map_or(rest.len(), |end| end + 1);
                }
                text.push_str(&decode(&rest[..length], self.place(at), self.escapes)?);
                at += length;
            }
        }
        pieces.push(Piece::Text(text));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Ok(pieces)
    }

    fn place(&self, at: usize) -> u32 {
        self.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX))
    }

    fn fault(&self, at: usize, message: &str) -> Fault {
        Fault::new(Span::new(self.place(at), self.place(at + 1)), message)
    }

    /// The hole whose text begins at `from`, and where the literal goes on.
    fn hole(&self, from: usize) -> Result<(Piece<'a>, usize), Fault> {
        let bytes = self.body.as_bytes();
        let mut depth = 0_usize;
        let mut quote = None;
        let mut at = from;
        let mut end = None;
        while let Some(byte) = bytes.get(at) {
            match (quote, byte) {
                (_, b'\\') => {
                    let message = "f-string expression part cannot include a backslash";
                    return Err(self.fault(at, message));
                }
                (Some(open), byte) if *byte == open => quote = None,
                (Some(_), _) => {}
                (None, b'#') => {
                    let message = "f-string expression part cannot include '#'";
                    return Err(self.fault(at, message));
                }
                (None, b'\'' | b'"') => quote = Some(*byte),
                (None, b'(' | b'[' | b'{') => depth += 1,
                (None, b')' | b']' | b'}') if depth > 0 => depth -= 1,
                (None, b'}') => {
                    end = Some(at);
                    break;
                }
                (None, b'!') if depth == 0 && bytes.get(at + 1) != Some(&b'=') => break,
                (None, b':') if depth == 0 => break,
                (None, b'=') if depth == 0 && self.ends_hole(at) => break,
                _ => {}
            }
            at += 1;
        }
        let text = &self.body[from..at.min(self.body.len())];
        if text.trim().is_empty() {
            return Err(self.fault(from, "f-string: empty expression not allowed"));
        }
        let start = self.place(from);
        if let Some(end) = end {
            return Ok((Piece::Hole { text, start, spec: Spec::None }, end + 1));
        }
        match self.close(at) {
            Some(end) => Ok((Piece::Hole { text, start, spec: Spec::Given }, end + 1)),
            None => Err(self.fault(from.saturating_sub(1), "f-string: expecting '}'")),
        }
    }

    /// Whether the `=` at `at` is the mark of `{Name=}`, not part of a comparison.
    fn ends_hole(&self, at: usize) -> bool {
        let after = self.body[at + 1..].trim_start();
        let before = self.body[..at].ends_with(['=', '!', '<', '>']);
        !before && after.starts_with(['}', ':', '!']) && !after.starts_with("!=")
    }

    /// Where the brace stands that ends a format specification, which may hold braces.
    fn close(&self, from: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, byte) in self.body.bytes().enumerate().skip(from) {
            match byte {
                b'{' => depth += 1,
                b'}' if depth == 0 => return Some(at),
                b'}' => depth -= 1,
                _ => {}
            }
        }
        None
    }
}

/// Decodes escapes and makes every line end a `\n`.
fn decode(body: &str, start: u32, escapes: Escapes) -> Result<String, Fault> {
    let mut text = String::with_capacity(body.len());
    let mut at = 0;
    while let Some(c) = body[at..].chars().next() {
        let rest = &body[at..];
        if rest.starts_with("\r\n") || c == '\r' {
            text.push('\n');
            at += if rest.starts_with("\r\n") { 2 } else { 1 };
        } else if c == '\\' && escapes == Escapes::Decoded {
            let from = start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
            at += escape(&rest[1..], &mut text).map_err(|(length, message)| {
                let length = u32::try_from(length).unwrap_or(0) + 1;
                Fault::new(Span::new(from, from.saturating_add(length)), message)
            })? + 1;
        } else {
            text.push(c);
            at += c.len_utf8();
        }
    }
    Ok(text)
}

/// Decodes what follows a backslash; answers with its length.
fn escape(rest: &str, text: &mut String) -> Result<usize, (usize, String)> {
    let Some(c) = rest.chars().next() else {
        text.push('\\');
        return Ok(0);
    };
    let plain = match c {
        '\n' => return Ok(1),
        '\r' => return Ok(if rest.starts_with("\r\n") { 2 } else { 1 }),
        '\\' | '\'' | '"' => c,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' => return hexadecimal(rest, 2, text),
        'u' => return hexadecimal(rest, 4, text),
        'U' => return hexadecimal(rest, 8, text),
        'N' => return Err((1, "the escape `\\N{…}` is not available in this version".to_owned())),
        '0'..='7' => {
            let length =
                rest.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
            let value = u32::from_str_radix(&rest[..length], 8).unwrap_or(0);
            text.extend(char::from_u32(value));
            return Ok(length);
        }
        _ => {
            text.push('\\');
            c
        }
    };
    text.push(plain);
    Ok(c.len_utf8())
}

fn hexadecimal(rest: &str, digits: usize, text: &mut String) -> Result<usize, (usize, String)> {
    let kind = &rest[..1];
    let given = rest.get(1..=digits).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let Some(hex) = given else {
        let marks = "X".repeat(digits);
        let message = format!(
            "(unicode error) 'unicodeescape' codec can't decode bytes: truncated \\{kind}{marks} escape"
        );
        return Err((1, message));
    };
    let value = u32::from_str_radix(hex, 16).unwrap_or(0);
    match char::from_u32(value) {
        Some(c) => text.push(c),
        None if value > 0x10_FFFF => {
            let message = "(unicode error) 'unicodeescape' codec can't decode bytes: illegal \
                           Unicode character";
            return Err((digits + 1, message.to_owned()));
        }
        None => return Err((digits + 1, "a lone surrogate is not available".to_owned())),
    }
    Ok(digits + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(literal: &str, expect: &str) {
        assert_eq!(open(literal, 0).text().unwrap(), expect, "{literal}");
    }

    #[test]
    fn strings_are_pythons() {
        check("'a'", "a");
        check("''", "");
        check("\"\"\"a\nb\"\"\"", "a\nb");
        check("'''a\r\nb\rc'''", "a\nb\nc");
        check(r"'\n\t\\\'\x41\u0634\U0001F600\101\0'", "\n\t\\'A\u{634}\u{1F600}A\0");
        check(r"r'\n'", "\\n");
        check(r"'\d\w\é'", "\\d\\w\\é");
        check("'a\\\nb'", "ab");
        check("U'a'", "a");
    }

    #[test]
    fn escapes_without_a_character_are_refused() {
        for literal in [r"'\x4'", r"'\u12'", r"'\U00110000'", r"'\ud800'", r"'\N{DASH}'", r"'\xé1'"]
        {
            assert!(open(literal, 0).text().is_err(), "{literal}");
        }
    }

    #[test]
    fn holes_are_found_with_their_places() {
        let shown = |literal: &str| {
            let pieces = open(literal, 10).pieces().map_err(|fault| fault.message)?;
            let shown = pieces.into_iter().map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Hole { text, start, spec } => format!("<{text}@{start} {spec:?}>"),
            });
            Ok::<String, String>(shown.collect())
        };
        assert_eq!(shown("f'a{N}b{{c}}'").unwrap(), "a<N@14 None>b{c}");
        assert_eq!(shown("f'{N!r}{M:>{W}}{O=}'").unwrap(), "<N@13 Given><M@18 Given><O@26 Given>");
        assert_eq!(shown("f'{a == b}'").unwrap(), "<a == b@13 None>");
        assert_eq!(shown("f'{a[\"}\"]}'").unwrap(), "<a[\"}\"]@13 None>");
        for wrong in ["f'{'", "f'}'", "f'{}'", "f'{ }'", "f'{a'", "f'{a!r'"] {
            assert!(shown(wrong).is_err(), "{wrong}");
        }
    }
}
