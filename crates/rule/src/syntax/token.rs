//! What the scanner finds, and the faults that only the text can have.
//!
//! Leaves out meaning: strings are not decoded here, names not looked up.

use crate::source::Span;

/// One piece of a source text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) span: Span,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind<'a> {
    /// A name that is no keyword.
    Name(&'a str),
    /// A keyword of Python.
    Keyword(&'static str),
    /// A number as written.
    Number(&'a str),
    /// One string literal with its prefix and quotes.
    Text(&'a str),
    /// An operator or bracket.
    Sign(&'static str),
    /// The end of a logical line.
    Newline,
    /// One level deeper.
    Indent,
    /// One level back.
    Dedent,
    /// Something that has its own fault already.
    Broken,
    /// The end of the text.
    End,
}

/// Something that is not of the language: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) hint: &'static str,
}

impl Fault {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: "" }
    }

    pub(crate) fn hinted(span: Span, message: impl Into<String>, hint: &'static str) -> Self {
        Self { span, message: message.into(), hint }
    }
}

/// Python's keywords; all are reserved, few mean something here.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// The keyword that a word is.
pub(crate) fn keyword(word: &str) -> Option<&'static str> {
    KEYWORDS.iter().find(|keyword| **keyword == word).copied()
}

/// Operators and brackets, longer ones first.
const SIGNS: [&str; 47] = [
    "**=", "//=", ">>=", "<<=", "...", "**", "//", ">>", "<<", "<=", ">=", "==", "!=", "->", "+=",
    "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", ":=", "+", "-", "*", "/", "%", "@", "&", "|",
    "^", "~", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "=",
];

/// The longest operator or bracket that `rest` begins with.
pub(crate) fn sign(rest: &str) -> Option<&'static str> {
    SIGNS.iter().find(|sign| rest.starts_with(**sign)).copied()
}
