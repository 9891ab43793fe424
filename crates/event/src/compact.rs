//! One spelling for each JSON value: no space that means nothing, one way to escape.
//!
//! Works on text that `serde_json` found to be JSON. Numbers keep their digits and
//! objects their order: who sent `1.0` may not mean `1`.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use seawall_model::{Extra, Rejection};
use serde::de::{self, Deserializer as _, Visitor};

use crate::json::At;

/// What a lone surrogate becomes.
const REPLACEMENT: char = '\u{fffd}';

/// The value in its one spelling.
///
/// # Errors
/// A rejection at `at` if a name stands twice in one of its objects.
pub(crate) fn compact(value: &str, at: &At<'_>) -> Result<Box<str>, Rejection> {
    if !matches!(value.as_bytes().first(), Some(b'{' | b'[' | b'"')) {
        return Ok(value.into());
    }
    let mut out = String::with_capacity(value.len());
    let mut open: Vec<Level> = Vec::new();
    let mut rest = value;
    while let Some(first) = rest.bytes().next() {
        match first {
            b' ' | b'\t' | b'\n' | b'\r' => {
                rest = &rest[1..];
                continue;
            }
            b'"' => {
                let (string, after) = rest.split_at(string_length(rest));
                let start = out.len();
                push_respelled(&mut out, string);
                note_name(&mut open, start..out.len());
                rest = after;
                continue;
            }
            b'{' => open.push(Level::Object { names: Vec::new(), name_next: true }),
            b'[' => open.push(Level::Array),
            b',' => expect_name(&mut open),
            b'}' | b']' => {
                if let Some(Level::Object { names, .. }) = open.pop() {
                    check_names(names, &out, at)?;
                }
            }
            _ => {}
        }
        let length = rest.chars().next().map_or(1, char::len_utf8);
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Ok(out.into())
}

/// An array or object that is not closed yet.
enum Level {
    Array,
    Object {
        /// Where its names stand in the output.
        names: Vec<Range<usize>>,
        /// Whether the next string is a name.
        name_next: bool,
    },
}

fn note_name(open: &mut [Level], place: Range<usize>) {
    if let Some(Level::Object { names, name_next }) = open.last_mut()
        && *name_next
    {
        names.push(place);
        *name_next = false;
    }
}

fn expect_name(open: &mut [Level]) {
    if let Some(Level::Object { name_next, .. }) = open.last_mut() {
        *name_next = true;
    }
}

fn check_names(names: Vec<Range<usize>>, out: &str, at: &At<'_>) -> Result<(), Rejection> {
    let mut names: Vec<&str> = names.into_iter().map(|place| &out[place]).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        let remedy = "send each name once; which value was meant cannot be known";
        return Err(at.invalid("a name stands twice in an object within", remedy));
    }
    Ok(())
}

/// Bytes of the string that `text` begins with, quotes included.
fn string_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or(&[])) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

fn push_respelled(out: &mut String, string: &str) {
    match plain(string) {
        Some(_) => out.push_str(string),
        None => push_string(out, &unescape(string).unwrap_or(Cow::Borrowed(""))),
    }
}

/// The inside of a JSON string that has no escapes; `None` if it has some.
pub(crate) fn plain(string: &str) -> Option<&str> {
    let inside = string.strip_prefix('"')?.strip_suffix('"')?;
    memchr::memchr(b'\\', inside.as_bytes()).is_none().then_some(inside)
}

/// The text that a JSON string stands for, a lone surrogate as U+FFFD.
///
/// `None` if it is not a JSON string.
pub(crate) fn unescape(string: &str) -> Option<Cow<'_, str>> {
    if let Some(text) = plain(string) {
        return Some(Cow::Borrowed(text));
    }
    // Read as bytes, `serde_json` keeps a lone surrogate as the three bytes that UTF-8
    // would have for it; they begin with 0xED, and the standard library finds them invalid.
    let mut reader = serde_json::Deserializer::from_str(string);
    let bytes = reader.deserialize_bytes(BytesVisitor).ok()?;
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if chunk.invalid().first() == Some(&0xed) {
            text.push(REPLACEMENT);
        }
    }
    Some(Cow::Owned(text))
}

struct BytesVisitor;

impl Visitor<'_> for BytesVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_owned())
    }
}

/// Appends a text as a JSON string: escapes only what must be.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut start = 0;
    for (i, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[start..i]);
        out.push_str(short);
        if short.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        }
        start = i + 1;
    }
    out.push_str(&text[start..]);
    out.push('"');
}

/// A text as a JSON string.
pub(crate) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_string(&mut out, text);
    out
}

/// Unknown fields as one JSON object.
pub(crate) fn object(fields: &Extra) -> String {
    let mut out = String::from("{");
    for (name, value) in fields {
        if out.len() > 1 {
            out.push(',');
        }
        push_string(&mut out, name);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expect: &str) {
        let done = compact(value, &At::ROOT).map_or_else(|r| r.to_string(), String::from);
        assert_eq!(done, expect);
        if let Ok(again) = compact(&done, &At::ROOT) {
            assert_eq!(&*again, done, "idempotent");
        }
    }

    #[test]
    fn each_value_has_one_spelling() {
        check("true", "true");
        check("1.0", "1.0");
        check("{ \"a\" : [ 1 , { } ] }", r#"{"a":[1,{}]}"#);
        check(r#"{"b":1,"a":{"b":2}}"#, r#"{"b":1,"a":{"b":2}}"#);
        check(r#""\u0041\/\n\u0000""#, r#""A/\n\u0000""#);
        check(r#""\ud83d\ude42 \ud83d x \udc00""#, "\"🙂 \u{fffd} x \u{fffd}\"");
        check(r#"["غلاية",null]"#, r#"["غلاية",null]"#);
    }

    #[test]
    fn a_name_twice_is_refused_however_it_is_spelt() {
        let twice = "invalid: a name stands twice in an object within (send each name once; which \
                     value was meant cannot be known)";
        check(r#"{"a":1,"\u0061":2}"#, twice);
        check(r#"[[{"x":{"a":1,"a":1}}]]"#, twice);
        check(r#"{"a":"b","b":["a","a"]}"#, r#"{"a":"b","b":["a","a"]}"#);
    }
}
