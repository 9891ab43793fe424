//! Text to tokens, by the lexical rules of CPython 3.11.
//!
//! Lines join inside brackets and after a backslash; blank lines and comments vanish;
//! indentation becomes tokens. A fault breaks one token and scanning goes on. Left out:
//! the insides of strings and numbers (`string`, `number`).

use icu_properties::CodePointSetData;
use icu_properties::props::{XidContinue, XidStart};

use super::token::{Fault, Kind, Token, keyword, sign};
use crate::limits::{INDENTS_MAX, UNCLOSED_MAX};
use crate::source::Span;

/// Scans a whole file.
pub(crate) fn scan<'a>(text: &'a str, faults: &mut Vec<Fault>) -> Vec<Token<'a>> {
    let mut scanner = Scanner { text, at: 0, base: 0, tokens: Vec::new(), open: Vec::new() };
    let mut indents = vec![0_usize];
    scanner.at = usize::from(text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8();
    let mut resumed = 0;
    loop {
        while scanner.at < text.len() {
            scanner.line(&mut indents, faults);
        }
        let Some(open) = scanner.unclosed() else { break };
        faults.push(Fault::new(open.span, format!("'{}' was never closed", open.sign)));
        resumed += 1;
        if resumed > UNCLOSED_MAX || !scanner.resume() {
            scanner.push(Kind::Broken, text.len(), text.len());
            break;
        }
    }
    scanner.end_line(text.len());
    for _ in 1..indents.len() {
        scanner.push(Kind::Dedent, text.len(), text.len());
    }
    scanner.push(Kind::End, text.len(), text.len());
    scanner.tokens
}

/// Scans one expression that stands at `base` of its file, where newlines do not count.
pub(crate) fn scan_inside<'a>(text: &'a str, base: u32, faults: &mut Vec<Fault>) -> Vec<Token<'a>> {
    let mut scanner = Scanner { text, at: 0, base, tokens: Vec::new(), open: Vec::new() };
    while scanner.at < text.len() {
        if scanner.rest().starts_with(['\n', '\r']) {
            scanner.at += 1;
        } else {
            scanner.token(faults);
        }
    }
    if let Some(open) = scanner.open.pop() {
        faults.push(Fault::new(open.span, format!("f-string: '{}' was never closed", open.sign)));
        scanner.push(Kind::Broken, text.len(), text.len());
    }
    scanner.push(Kind::End, text.len(), text.len());
    scanner.tokens
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    base: u32,
    tokens: Vec<Token<'a>>,
    open: Vec<Open>,
}

/// A bracket that is open.
struct Open {
    sign: &'static str,
    span: Span,
    /// Where it stands in the text, and how many tokens before it.
    at: usize,
    tokens: usize,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let at = |at: usize| self.base.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        Span::new(at(start), at(end))
    }

    fn push(&mut self, kind: Kind<'a>, start: usize, end: usize) {
        let span = self.span(start, end);
        self.tokens.push(Token { kind, span });
    }

    fn end_line(&mut self, at: usize) {
        let blank = matches!(
            self.tokens.last().map(|token| token.kind),
            None | Some(Kind::Newline | Kind::Indent | Kind::Dedent)
        );
        if !blank {
            self.push(Kind::Newline, at, at);
        }
    }

    /// One logical line with the indentation before it.
    fn line(&mut self, indents: &mut Vec<usize>, faults: &mut Vec<Fault>) {
        let start = self.at;
        let mut width = 0_usize;
        for c in self.rest().chars() {
            match c {
                ' ' => width += 1,
                '\t' => width = (width / 8 + 1) * 8,
                '\u{c}' => width = 0,
                _ => break,
            }
            self.at += 1;
        }
        if self.rest().starts_with(['\n', '\r', '#']) || self.rest().is_empty() {
            self.skip_comment();
            self.skip_newline();
            return;
        }
        self.indent(start, width, indents, faults);
        loop {
            let rest = self.rest();
            if rest.is_empty() {
                return;
            }
            if rest.starts_with(['\n', '\r']) {
                let end = self.at;
                self.skip_newline();
                if self.open.is_empty() {
                    self.end_line(end);
                    return;
                }
            } else {
                self.token(faults);
            }
        }
    }

    fn indent(
        &mut self,
        start: usize,
        width: usize,
        indents: &mut Vec<usize>,
        faults: &mut Vec<Fault>,
    ) {
        let current = indents.last().copied().unwrap_or(0);
        if width > current && indents.len() <= INDENTS_MAX {
            indents.push(width);
            self.push(Kind::Indent, self.at.saturating_sub(1).max(start), self.at);
        }
        while indents.last().is_some_and(|indent| width < *indent) {
            indents.pop();
            self.push(Kind::Dedent, start, self.at);
            if indents.last().is_some_and(|indent| width > *indent) {
                let message = "unindent does not match any outer indentation level";
                faults.push(Fault::new(self.span(start, self.at), message));
                return;
            }
        }
    }

    /// The bracket that is at fault: the innermost in the line of the outermost.
    fn unclosed(&self) -> Option<&Open> {
        let first = self.open.first()?;
        let line = &self.text[first.at..];
        let end = first.at + line.find(['\n', '\r']).unwrap_or(line.len());
        self.open.iter().take_while(|open| open.at < end).last()
    }

    /// After a bracket that nothing closes: goes on at the next line that looks like a
    /// statement, so that the rest of the file is not lost. Whether there is one.
    fn resume(&mut self) -> bool {
        let Some(first) = self.open.drain(..).next() else { return false };
        self.tokens.truncate(first.tokens);
        self.push(Kind::Broken, first.at, first.at + 1);
        let ends = self.text[first.at..].match_indices(['\n', '\r']);
        let mut starts = ends.map(|(at, _)| first.at + at + 1);
        let next = starts.find(|at| self.text[*at..].starts_with(is_name_start));
        self.end_line(first.at + 1);
        self.at = next.unwrap_or(self.text.len());
        next.is_some()
    }

    fn skip_comment(&mut self) {
        if self.rest().starts_with('#') {
            self.at += self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
        }
    }

    fn skip_newline(&mut self) {
        let rest = self.rest();
        self.at += if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
    }

    /// One token, or the space before it.
    fn token(&mut self, faults: &mut Vec<Fault>) {
        let start = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        match first {
            ' ' | '\t' | '\u{c}' => self.at += 1,
            '#' => self.skip_comment(),
            '\\' => self.joined_line(faults),
            '\'' | '"' => self.string(start, 0, faults),
            '0'..='9' => self.number(start),
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(start),
            c if is_name_start(c) => self.word(start, faults),
            c => match sign(rest) {
                Some(sign) => self.sign(sign, faults),
                None => {
                    self.at += c.len_utf8();
                    let message = match c {
                        '\0' => "source code string cannot contain null bytes".to_owned(),
                        '$' | '?' | '!' | '`' => "invalid syntax".to_owned(),
                        c if c.is_control() => {
                            format!("invalid non-printable character U+{:04X}", u32::from(c))
                        }
                        c => format!("invalid character '{c}' (U+{:04X})", u32::from(c)),
                    };
                    self.broken(start, message, faults);
                }
            },
        }
    }

    fn broken(&mut self, start: usize, message: impl Into<String>, faults: &mut Vec<Fault>) {
        faults.push(Fault::new(self.span(start, self.at), message));
        self.push(Kind::Broken, start, self.at);
    }

    fn joined_line(&mut self, faults: &mut Vec<Fault>) {
        let start = self.at;
        self.at += 1;
        if self.rest().is_empty() {
            self.broken(start, "unexpected EOF while parsing", faults);
        } else if self.rest().starts_with(['\n', '\r']) {
            self.skip_newline();
        } else {
            let message = "unexpected character after line continuation character";
            self.broken(start, message, faults);
        }
    }

    fn sign(&mut self, sign: &'static str, faults: &mut Vec<Fault>) {
        let start = self.at;
        self.at += sign.len();
        match sign {
            "(" | "[" | "{" => {
                let (span, tokens) = (self.span(start, self.at), self.tokens.len());
                self.open.push(Open { sign, span, at: start, tokens });
            }
            ")" | "]" | "}" => {
                let opening = match sign {
                    ")" => "(",
                    "]" => "[",
                    _ => "{",
                };
                match self.open.pop() {
                    Some(open) if open.sign == opening => {}
                    Some(Open { sign: open, .. }) => {
                        let message = format!(
                            "closing parenthesis '{sign}' does not match opening parenthesis '{open}'"
                        );
                        return self.broken(start, message, faults);
                    }
                    None => return self.broken(start, format!("unmatched '{sign}'"), faults),
                }
            }
            _ => {}
        }
        self.push(Kind::Sign(sign), start, self.at);
    }

    fn word(&mut self, start: usize, faults: &mut Vec<Fault>) {
        let rest = self.rest();
        let length = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
        let word = &rest[..length];
        let quoted = rest[length..].starts_with(['\'', '"']);
        if quoted && is_string_prefix(word) {
            return self.string(start, length, faults);
        }
        self.at += length;
        let kind = keyword(word).map_or(Kind::Name(word), Kind::Keyword);
        self.push(kind, start, self.at);
    }

    /// Numbers are taken greedily; `number` says whether they are well formed.
    fn number(&mut self, start: usize) {
        let bytes = self.rest().as_bytes();
        let based = matches!(bytes, [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..]);
        let mut length = 0;
        while let Some(byte) = bytes.get(length) {
            let before = length.checked_sub(1).and_then(|at| bytes.get(at));
            let exponent = !based && matches!(before, Some(b'e' | b'E'));
            let signed = matches!(byte, b'+' | b'-') && exponent;
            let dotted = *byte == b'.' && !based;
            if !(byte.is_ascii_alphanumeric() || *byte == b'_' || dotted || signed) {
                break;
            }
            length += 1;
        }
        // `1if x` and `1or x` are numbers with a keyword behind them, in Python too.
        let word = &self.rest()[..length];
        let keyword =
            ["if", "or", "and", "in", "is", "else", "for", "not"].iter().find_map(|word_| {
                word.strip_suffix(word_)
                    .filter(|number| number.ends_with(|c: char| c.is_ascii_digit()))
            });
        let length = if based { length } else { keyword.map_or(length, str::len) };
        self.at += length;
        let number = &self.text[start..self.at];
        self.push(Kind::Number(number), start, self.at);
    }

    /// A string whose prefix has `prefix` bytes.
    fn string(&mut self, start: usize, prefix: usize, faults: &mut Vec<Fault>) {
        let body = &self.rest()[prefix..];
        let quote = if body.starts_with('"') { "\"" } else { "'" };
        let triple = if quote == "'" { "'''" } else { "\"\"\"" };
        let long = body.starts_with(triple);
        let close = if long { triple } else { quote };
        let mut at = close.len();
        let bytes = body.as_bytes();
        while at < bytes.len() {
            if bytes[at] == b'\\' {
                at += if bytes[at + 1..].starts_with(b"\r\n") { 3 } else { 2 };
            } else if bytes[at..].starts_with(close.as_bytes()) {
                self.at += prefix + at + close.len();
                let literal = &self.text[start..self.at];
                return self.push(Kind::Text(literal), start, self.at);
            } else if !long && matches!(bytes[at], b'\n' | b'\r') {
                break;
            } else {
                at += 1;
            }
        }
        let at = body.floor_char_boundary(at.min(body.len()));
        self.at += prefix + at;
        let lines = self.text[..self.at].matches('\n').count() + usize::from(self.base == 0);
        let kind = if long { "triple-quoted string" } else { "string" };
        let message = format!("unterminated {kind} literal (detected at line {lines})");
        self.broken(start, message, faults);
    }
}

fn is_string_prefix(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    matches!(lower.as_str(), "r" | "u" | "b" | "br" | "rb" | "f" | "fr" | "rf")
}

fn is_name_start(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic() || (!c.is_ascii() && set_start(c))
}

fn is_name_part(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || (!c.is_ascii() && set_part(c))
}

fn set_start(c: char) -> bool {
    CodePointSetData::new::<XidStart>().contains(c)
}

fn set_part(c: char) -> bool {
    CodePointSetData::new::<XidContinue>().contains(c)
}
