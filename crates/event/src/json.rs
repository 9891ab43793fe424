//! Reads JSON that may be hostile, one object at a time, and knows where it is.
//!
//! `serde_json` checks the grammar; this keeps values as borrowed text until a field is
//! asked for, so that unknown fields stay as they came, every fault has its pointer, and
//! nothing is copied before it is known to be wanted. The meaning of fields is left to
//! the formats.

mod at;
mod visit;

use std::borrow::Cow;

use seawall_model::{
    EventId, Extra, InvalidId, Limits, PlatformId, Rejection, RejectionCode, Timestamp,
};
use serde::Deserializer as _;
use serde::de::IgnoredAny;

pub(crate) use at::At;
use visit::{FieldsVisitor, ItemsVisitor};

use crate::compact;

/// Fields of one object that the formats know, at most; the rest are unknown ones.
const KNOWN_FIELDS_MAX: usize = 32;
/// Fields up to which comparing each with each is faster than sorting.
const PAIRWISE_FIELDS_MAX: usize = 16;
/// Text of one message: UTF-8, without byte order mark, within size and depth.
pub(crate) fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, Rejection> {
    if bytes.len() > limits.event_bytes_max {
        let detail =
            format!("the event has {} bytes, more than {}", bytes.len(), limits.event_bytes_max);
        let remedy = "send media by reference, or raise the limit event_bytes_max";
        return Err(Rejection::new(RejectionCode::TooLarge, "", detail, remedy));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if !within_depth(bytes, limits.depth_max) {
        let detail = format!("arrays and objects are nested deeper than {}", limits.depth_max);
        let remedy = "send flatter objects, or raise the limit depth_max";
        return Err(Rejection::new(RejectionCode::TooLarge, "", detail, remedy));
    }
    std::str::from_utf8(bytes).map_err(|_| crate::not_utf8())
}

/// Whether brackets outside strings nest no deeper than `depth_max`.
fn within_depth(bytes: &[u8], depth_max: usize) -> bool {
    // Nearly every message has fewer brackets than the limit, and counting is vectorised.
    let opening = |byte: &u8| matches!(byte, b'{' | b'[');
    if bytes.iter().filter(|byte| opening(byte)).count() <= depth_max {
        return true;
    }
    let mut depth = 0_usize;
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => rest = after_string(rest),
            _ => {}
        }
        if depth > depth_max {
            return false;
        }
    }
    true
}

/// What follows the string whose opening quote stood just before `bytes`.
fn after_string(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let skip = if rest[at] == b'"' { at + 1 } else { (at + 2).min(rest.len()) };
        let closed = rest[at] == b'"';
        rest = &rest[skip..];
        if closed {
            return rest;
        }
    }
    &[]
}

/// One object whose fields are taken by name; what is left is unknown.
pub(crate) struct Object<'a, 'c> {
    fields: Vec<Field<'a>>,
    /// Where it stands.
    pub(crate) at: &'c At<'c>,
    /// What it must keep within.
    pub(crate) limits: &'c Limits,
}

/// A name and a text.
pub(crate) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

struct Field<'a> {
    name: Cow<'a, str>,
    /// The value's text; `None` once taken.
    value: Option<&'a str>,
}

impl<'a, 'c> Object<'a, 'c> {
    /// Reads the object that `text` is.
    pub(crate) fn read(
        text: &'a str,
        at: &'c At<'c>,
        limits: &'c Limits,
    ) -> Result<Self, Rejection> {
        expect_kind(text, at, Kind::Object)?;
        let max = limits.extra_fields_max.saturating_add(KNOWN_FIELDS_MAX);
        let mut reader = serde_json::Deserializer::from_str(text);
        let fields = reader
            .deserialize_map(FieldsVisitor { max })
            .and_then(|fields| reader.end().map(|()| fields))
            .map_err(|error| not_json(&error, at))?;
        if fields.len() > max {
            return Err(too_many_fields(at, limits));
        }
        if let Some(name) = repeated(&fields) {
            let remedy = "send each name once; which value was meant cannot be known";
            return Err(at.key(name).invalid("the name stands twice in its object", remedy));
        }
        Ok(Self { fields, at, limits })
    }

    /// Takes a field's text; `null` is as good as missing.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'a str> {
        let field = self.fields.iter_mut().find(|field| field.name == name)?;
        field.value.take().filter(|text| *text != "null")
    }

    /// Whether a field is there and not yet taken.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name && field.value.is_some())
    }

    /// A text up to `text_bytes_max`.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<Box<str>>, Rejection> {
        let max = self.limits.text_bytes_max;
        self.take(name).map(|value| bounded(value, &self.at.key(name), max)).transpose()
    }

    /// A text up to `short_text_bytes_max`.
    pub(crate) fn short(&mut self, name: &str) -> Result<Option<Box<str>>, Rejection> {
        let max = self.limits.short_text_bytes_max;
        self.take(name).map(|value| bounded(value, &self.at.key(name), max)).transpose()
    }

    /// An id of the platform.
    pub(crate) fn id(&mut self, name: &str) -> Result<Option<PlatformId>, Rejection> {
        self.take(name).map(|value| platform_id(value, &self.at.key(name))).transpose()
    }

    /// An id that must be there.
    pub(crate) fn required_id(
        &mut self,
        name: &str,
        remedy: &str,
    ) -> Result<PlatformId, Rejection> {
        self.id(name)?.ok_or_else(|| self.at.key(name).missing(remedy))
    }

    /// A text that must be there, within `short_text_bytes_max`, not yet copied.
    pub(crate) fn required_word(&mut self, name: &str) -> Result<Cow<'a, str>, Rejection> {
        self.word(name)?.ok_or_else(|| self.at.key(name).missing(crate::FIX_THE_SENDER))
    }

    /// A text within `short_text_bytes_max`, not yet copied, exact.
    pub(crate) fn word(&mut self, name: &str) -> Result<Option<Cow<'a, str>>, Rejection> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let at = self.at.key(name);
        let word = exact(value, &at)?;
        if word.len() > self.limits.short_text_bytes_max {
            return Err(too_long(word.len(), self.limits.short_text_bytes_max, &at));
        }
        Ok(Some(word))
    }

    /// A time in RFC 3339.
    pub(crate) fn time(&mut self, name: &str) -> Result<Option<Timestamp>, Rejection> {
        self.take(name).map(|value| time(value, &self.at.key(name))).transpose()
    }

    /// A whole number from 0.
    pub(crate) fn count(&mut self, name: &str) -> Result<Option<u64>, Rejection> {
        self.take(name).map(|value| count(value, &self.at.key(name))).transpose()
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Rejection> {
        match self.take(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(self
                .at
                .key(name)
                .invalid("the value is not true or false", "send true or false, without quotes")),
        }
    }

    /// The object in a field.
    pub(crate) fn object<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Object<'a, '_>) -> Result<T, Rejection>,
    ) -> Result<Option<T>, Rejection> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let at = self.at.key(name);
        read(Object::read(text, &at, self.limits)?).map(Some)
    }

    /// The array in a field, each element through `read`; missing is empty.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        read: impl FnMut(&'a str, &At<'_>) -> Result<T, Rejection>,
    ) -> Result<Vec<T>, Rejection> {
        let Some(text) = self.take(name) else { return Ok(Vec::new()) };
        list(text, &self.at.key(name), self.limits, read)
    }

    /// The array of short texts in a field.
    pub(crate) fn shorts(&mut self, name: &str) -> Result<Vec<Box<str>>, Rejection> {
        let max = self.limits.short_text_bytes_max;
        self.list(name, |value, at| bounded(value, at, max))
    }

    /// Every field as a name and a text.
    pub(crate) fn texts(self) -> Result<Vec<Pair<'a>>, Rejection> {
        let text = |field: Field<'a>| {
            let value = exact(field.value.unwrap_or("null"), &self.at.key(&field.name))?;
            Ok((field.name, value))
        };
        self.fields.into_iter().map(text).collect()
    }

    /// Everything not taken: sorted by name, each value compact.
    pub(crate) fn rest(self) -> Result<Extra, Rejection> {
        let left = self.fields.iter().filter(|field| field.value.is_some()).count();
        if left > self.limits.extra_fields_max {
            return Err(too_many_fields(self.at, self.limits));
        }
        let mut extra = Vec::with_capacity(left);
        for Field { name, value } in self.fields {
            if let Some(value) = value {
                let value = compact::compact(value, &self.at.key(&name))?;
                extra.push((name.into(), value));
            }
        }
        extra.sort_unstable();
        Ok(extra)
    }
}

/// The elements of an array, each through `read`.
pub(crate) fn list<'a, T>(
    text: &'a str,
    at: &At<'_>,
    limits: &Limits,
    mut read: impl FnMut(&'a str, &At<'_>) -> Result<T, Rejection>,
) -> Result<Vec<T>, Rejection> {
    expect_kind(text, at, Kind::Array)?;
    let max = limits.list_items_max;
    let mut reader = serde_json::Deserializer::from_str(text);
    let items = reader.deserialize_seq(ItemsVisitor { max }).map_err(|e| not_json(&e, at))?;
    if items.len() > max {
        let detail = format!("the list has more than {max} elements");
        let remedy = "send fewer elements, or raise the limit list_items_max";
        return Err(at.reject(RejectionCode::TooLarge, detail, remedy));
    }
    items.into_iter().enumerate().map(|(i, item)| read(item, &at.index(i))).collect()
}

/// A text of at most `max` bytes; a lone surrogate becomes U+FFFD.
pub(crate) fn bounded(value: &str, at: &At<'_>, max: usize) -> Result<Box<str>, Rejection> {
    expect_kind(value, at, Kind::Text)?;
    let text = compact::unescape(value).ok_or_else(|| bad_escape(at))?;
    if text.len() > max {
        return Err(too_long(text.len(), max, at));
    }
    Ok(text.into())
}

/// A text exactly as it stands; a lone surrogate is refused.
pub(crate) fn exact<'a>(value: &'a str, at: &At<'_>) -> Result<Cow<'a, str>, Rejection> {
    expect_kind(value, at, Kind::Text)?;
    match compact::plain(value) {
        Some(text) => Ok(Cow::Borrowed(text)),
        None => serde_json::from_str(value).map(Cow::Owned).map_err(|_| bad_escape(at)),
    }
}

/// An id of the platform.
pub(crate) fn platform_id(value: &str, at: &At<'_>) -> Result<PlatformId, Rejection> {
    PlatformId::new(exact(value, at)?).map_err(|error| invalid_id(&error, at))
}

/// An event's id.
pub(crate) fn event_id(value: &str, at: &At<'_>) -> Result<EventId, Rejection> {
    EventId::new(exact(value, at)?).map_err(|error| invalid_id(&error, at))
}

/// What a text that cannot be an id is refused with.
pub(crate) fn invalid_id(error: &InvalidId, at: &At<'_>) -> Rejection {
    at.invalid(error.to_string(), "send 1 to 512 bytes without control characters")
}

/// A time in RFC 3339 between 1970 and 9999.
pub(crate) fn time(value: &str, at: &At<'_>) -> Result<Timestamp, Rejection> {
    const REMEDY: &str = "send RFC 3339 with a zone, such as 2026-03-01T12:00:00Z";
    let text = exact(value, at)?;
    Timestamp::parse(&text)
        .map_err(|_| at.invalid("the text is not a time with a zone between 1970 and 9999", REMEDY))
}

/// A whole number from 0 to 2^64 - 1.
pub(crate) fn count(value: &str, at: &At<'_>) -> Result<u64, Rejection> {
    // `u64::from_str` would also take a sign in front, which JSON does not have.
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().ok()).flatten().ok_or_else(|| {
        let remedy = "send a number without quotes, sign, fraction or exponent";
        at.invalid("the value is not a whole number from 0 to 2^64 - 1", remedy)
    })
}

fn too_long(bytes: usize, max: usize, at: &At<'_>) -> Rejection {
    let detail = format!("the text has {bytes} bytes, more than {max}");
    at.reject(
        RejectionCode::TooLarge,
        detail,
        "shorten the text, or raise the limit text_bytes_max",
    )
}

fn too_many_fields(at: &At<'_>, limits: &Limits) -> Rejection {
    let detail = format!("the object has more than {} unknown fields", limits.extra_fields_max);
    let remedy = "send fewer fields, or raise the limit extra_fields_max";
    at.reject(RejectionCode::TooLarge, detail, remedy)
}

fn bad_escape(at: &At<'_>) -> Rejection {
    let detail = "the text has half of a surrogate pair";
    at.invalid(detail, "write characters beyond U+FFFF as UTF-8 or as a whole pair")
}

/// The fault of a text that is not JSON; its message never repeats content.
fn not_json(error: &serde_json::Error, at: &At<'_>) -> Rejection {
    let detail = match error.classify() {
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
            format!("not JSON: {error}")
        }
        _ => "not JSON".to_owned(),
    };
    at.reject(RejectionCode::Malformed, detail, "send one whole JSON object in UTF-8")
}

/// The kinds of value that the formats ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Array,
    Text,
}

/// Refuses a value of another kind before it is read, in words of our own.
fn expect_kind(text: &str, at: &At<'_>, kind: Kind) -> Result<(), Rejection> {
    let first = text.trim_ascii_start().as_bytes().first().copied();
    let (opening, name) = match kind {
        Kind::Object => (b'{', "an object"),
        Kind::Array => (b'[', "an array"),
        Kind::Text => (b'"', "a text"),
    };
    match first {
        Some(byte) if byte == opening => Ok(()),
        None => Err(at.reject(
            RejectionCode::Malformed,
            "nothing stands here",
            "send one whole JSON object in UTF-8",
        )),
        Some(byte) => Err(wrong_kind(text, byte, name, at)),
    }
}

fn wrong_kind(text: &str, first: u8, wanted: &str, at: &At<'_>) -> Rejection {
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        let remedy = "send one whole JSON object in UTF-8";
        return at.reject(RejectionCode::Malformed, "not JSON", remedy);
    }
    let found = match first {
        b'{' => "an object",
        b'[' => "an array",
        b'"' => "a text",
        b't' | b'f' => "true or false",
        b'n' => "null",
        _ => "a number",
    };
    at.invalid(format!("expected {wanted}, found {found}"), "send the type that the format names")
}

/// The name that stands twice, if any does.
fn repeated<'f>(fields: &'f [Field<'_>]) -> Option<&'f str> {
    if fields.len() <= PAIRWISE_FIELDS_MAX {
        let twice = |(i, field): (usize, &'f Field<'_>)| {
            fields[..i].iter().any(|other| other.name == field.name).then_some(&*field.name)
        };
        return fields.iter().enumerate().find_map(twice);
    }
    let mut names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}
