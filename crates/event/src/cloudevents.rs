//! CloudEvents 1.0: structured, batch and binary mode, over HTTP or Kafka.
//!
//! The data is one canonical event; `id`, `time` and `type` of the envelope fill what
//! the data lacks and must agree with what it has. All other attributes are kept
//! together as the unknown field `cloudevent`. A batch is cut by [`crate::records`], each
//! element then read on its own. Sending CloudEvents is left out.

use std::borrow::Cow;

use base64::Engine as _;
use seawall_model::{Event, EventId, Extra, Limits, Rejection, RejectionCode, Timestamp};

use crate::canonical::{self, Envelope};
use crate::json::{self, At, Object};
use crate::{FIX_THE_SENDER, compact};

/// What stands before our own names of types.
const TYPE_PREFIX: &str = "com.seawall.";
/// Under which name the attributes are kept.
const KEPT_AS: &str = "cloudevent";

/// Reads a structured event, or a recorded HTTP message.
///
/// The recorded message is `{"headers": {...}, "body": {...}}`, with `body_text` or
/// `body_base64` instead of `body` where the body was not kept as JSON.
pub(crate) fn decode(text: &str, limits: &Limits) -> Result<Event, Rejection> {
    let at = At::ROOT;
    let object = Object::read(text, &at, limits)?;
    if object.has("headers") && !object.has("specversion") {
        return recorded(object);
    }
    structured(object)
}

/// Reads a message in binary mode: attributes in headers, the event as the body.
///
/// Names are compared without case; `ce-` (HTTP) and `ce_` (Kafka) are both known,
/// values of `ce-` are unquoted and percent-decoded as the HTTP binding says, those of
/// `ce_` are text as it stands. A body in structured mode is recognised by its content
/// type.
///
/// # Errors
/// A [`Rejection`]; pointers into headers begin with `/headers`.
pub fn decode_binary<'h>(
    headers: impl Iterator<Item = (&'h str, &'h str)>,
    body: &[u8],
    limits: &Limits,
) -> Result<Event, Rejection> {
    let headers = headers.map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value)));
    match Headers::read(headers, &At::ROOT.key("headers"), limits)? {
        Headers::Structured => decode(json::open(body, limits)?, limits),
        Headers::Binary(attributes) => {
            attributes.event(json::open(body, limits)?, &At::ROOT, limits)
        }
    }
}

fn structured(mut object: Object<'_, '_>) -> Result<Event, Rejection> {
    let (at, limits) = (object.at, object.limits);
    let mut attributes = Attributes::default();
    let version = object.word("specversion")?;
    let remedy = "send specversion 1.0, or a recorded message with headers and body";
    let version = version.ok_or_else(|| at.key("specversion").missing(remedy))?;
    check_version(&version, &at.key("specversion"))?;
    let (plain, coded) = (object.take("data"), object.take("data_base64"));
    for name in ["id", "source", "type", "time", "datacontenttype"] {
        match object.word(name)? {
            Some(value) => attributes.set(name, value, &at.key(name))?,
            None if matches!(name, "time" | "datacontenttype") => {}
            None => return Err(at.key(name).missing(FIX_THE_SENDER)),
        }
    }
    attributes.kept.extend(object.rest()?);
    match (plain, coded) {
        (Some(data), None) => attributes.event(data, &at.key("data"), limits),
        (None, Some(coded)) => {
            let at = at.key("data_base64");
            let bytes = base64(coded, &at)?;
            attributes.event(nested(&bytes, &at, limits)?, &at, limits)
        }
        (None, None) => Err(at.key("data").missing("add the event as data")),
        (Some(_), Some(_)) => {
            Err(at.key("data_base64").invalid("the event has data twice", "send one of the two"))
        }
    }
}

fn recorded(mut object: Object<'_, '_>) -> Result<Event, Rejection> {
    let (at, limits) = (object.at, object.limits);
    let headers_at = at.key("headers");
    let headers = object.object("headers", |headers| headers.texts())?;
    let headers = headers.ok_or_else(|| headers_at.missing("add the message's headers"))?;
    let headers = Headers::read(headers.into_iter(), &headers_at, limits)?;
    let bodies = ["body", "body_text", "body_base64"];
    let mut present = bodies.into_iter().filter(|name| object.has(name));
    let (name, second) = (present.next(), present.next());
    let Some(name) = name else {
        return Err(at.key("body").missing("add body, body_text or body_base64"));
    };
    if let Some(second) = second {
        return Err(at.key(second).invalid("the message has two bodies", "send one of them"));
    }
    let body_at = at.key(name);
    let value = object.take(name).unwrap_or("null");
    let bytes = match name {
        "body" => Cow::Borrowed(value.as_bytes()),
        "body_text" => match json::exact(value, &body_at)? {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
        _ => Cow::Owned(base64(value, &body_at)?),
    };
    let body = nested(&bytes, &body_at, limits)?;
    match headers {
        Headers::Binary(attributes) => attributes.event(body, &body_at, limits),
        Headers::Structured => structured(Object::read(body, &body_at, limits)?),
    }
}

/// The text of a body within a message, with the same limits as the message.
fn nested<'b>(bytes: &'b [u8], at: &At<'_>, limits: &Limits) -> Result<&'b str, Rejection> {
    json::open(bytes, limits).map_err(|mut rejection| {
        rejection.pointer = at.pointer();
        rejection
    })
}

fn base64(value: &str, at: &At<'_>) -> Result<Vec<u8>, Rejection> {
    let text = json::exact(value, at)?;
    base64::engine::general_purpose::STANDARD
        .decode(text.as_bytes())
        .map_err(|_| at.invalid("the text is not base64", "send base64 with padding (RFC 4648)"))
}

fn check_version(version: &str, at: &At<'_>) -> Result<(), Rejection> {
    if version == "1.0" {
        return Ok(());
    }
    let (detail, remedy) = ("the specversion is not 1.0", "send CloudEvents 1.0");
    Err(at.reject(RejectionCode::Unknown, detail, remedy))
}

/// What the headers of a message say.
enum Headers {
    /// The body is a structured event.
    Structured,
    /// The body is the data.
    Binary(Attributes),
}

impl Headers {
    fn read<'h>(
        headers: impl Iterator<Item = (Cow<'h, str>, Cow<'h, str>)>,
        at: &At<'_>,
        limits: &Limits,
    ) -> Result<Self, Rejection> {
        let mut attributes = Attributes::default();
        let mut version = None;
        for (name, value) in headers {
            let at = at.key(&name);
            let lower = name.to_ascii_lowercase();
            if lower == "content-type" || lower == "content_type" {
                match value.trim_ascii().to_ascii_lowercase() {
                    kind if kind.starts_with("application/cloudevents-batch") => {
                        let remedy = "send each element of the batch as one message";
                        return Err(at.invalid("the body is a batch", remedy));
                    }
                    kind if kind.starts_with("application/cloudevents") => {
                        return Ok(Self::Structured);
                    }
                    kind => attributes.set("datacontenttype", kind.into(), &at)?,
                }
                continue;
            }
            let (attribute, value) = match (lower.strip_prefix("ce-"), lower.strip_prefix("ce_")) {
                (Some(attribute), _) => (attribute, header_text(&value, &at)?),
                // The Kafka binding encodes nothing: its headers are bytes of UTF-8.
                (None, Some(attribute)) => (attribute, value.into_owned()),
                (None, None) => continue,
            };
            if value.len() > limits.text_bytes_max {
                let remedy = "shorten the header, or raise the limit text_bytes_max";
                let code = RejectionCode::TooLarge;
                return Err(at.reject(code, "the header is too long", remedy));
            }
            if attribute == "specversion" {
                check_version(&value, &at)?;
                version = Some(());
            } else {
                attributes.set(attribute, value.into(), &at)?;
            }
            if attributes.kept.len() > limits.extra_fields_max {
                let detail = format!("more than {} attributes", limits.extra_fields_max);
                return Err(at.reject(RejectionCode::TooLarge, detail, "send fewer attributes"));
            }
        }
        let needed = [
            ("ce-specversion", version.is_some()),
            ("ce-id", attributes.envelope.id.is_some()),
            ("ce-type", attributes.envelope.kind.is_some()),
            ("ce-source", attributes.has("source")),
        ];
        match needed.into_iter().find(|(_, there)| !there) {
            Some((name, _)) => Err(at.key(name).missing("add the header")),
            None => Ok(Self::Binary(attributes)),
        }
    }
}

/// The text of a header: without quotes, `%` and two digits as the byte they name.
fn header_text(value: &str, at: &At<'_>) -> Result<String, Rejection> {
    let mut bytes = Vec::with_capacity(value.len());
    let trimmed = value.trim_ascii();
    let inside = trimmed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let mut rest = inside.unwrap_or(trimmed).bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'\\' if inside.is_some() => rest.next(),
            b'%' => hex_pair(rest.next(), rest.next()),
            byte => Some(byte),
        };
        let remedy = "percent-encode the header as the HTTP binding of CloudEvents says";
        bytes.push(byte.ok_or_else(|| at.invalid("the header's encoding is broken", remedy))?);
    }
    String::from_utf8(bytes)
        .map_err(|_| at.invalid("the header is not UTF-8", "percent-encode the bytes of UTF-8"))
}

fn hex_pair(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// The attributes of one event, from wherever they stood.
#[derive(Default)]
struct Attributes {
    envelope: Envelope,
    /// Attributes that are kept, in order of arrival.
    kept: Extra,
}

impl Attributes {
    fn has(&self, name: &str) -> bool {
        self.kept.iter().any(|(other, _)| **other == *name)
    }

    fn set(&mut self, name: &str, value: Cow<'_, str>, at: &At<'_>) -> Result<(), Rejection> {
        let twice = match name {
            "id" => {
                let id = EventId::new(value).map_err(|error| json::invalid_id(&error, at))?;
                self.envelope.id.replace(id).is_some()
            }
            "type" => {
                let name = value.strip_prefix(TYPE_PREFIX).unwrap_or(&value);
                self.envelope.kind.replace(canonical::kind_named(name, at)?).is_some()
            }
            "time" => {
                let remedy = "send RFC 3339 with a zone, such as 2026-03-01T12:00:00Z";
                let time = Timestamp::parse(&value)
                    .map_err(|_| at.invalid("the text is not a time with a zone", remedy))?;
                self.envelope.at.replace(time).is_some()
            }
            "datacontenttype" => return check_content_type(&value, at),
            _ => {
                let twice = self.has(name);
                self.kept.push((name.into(), compact::string(&value).into()));
                twice
            }
        };
        if twice {
            return Err(at.invalid("the attribute stands twice", "send each attribute once"));
        }
        Ok(())
    }

    /// The event that `data` is, with these attributes.
    fn event(mut self, data: &str, at: &At<'_>, limits: &Limits) -> Result<Event, Rejection> {
        let mut event = canonical::read(data, at, &self.envelope, limits)?;
        self.kept.sort_unstable();
        let place = event.extra.partition_point(|(name, _)| **name < *KEPT_AS);
        if event.extra.get(place).is_some_and(|(name, _)| **name == *KEPT_AS) {
            let remedy = "give the field another name; this one holds the envelope";
            return Err(at.key(KEPT_AS).invalid("the name is taken", remedy));
        }
        event.extra.insert(place, (KEPT_AS.into(), compact::object(&self.kept).into()));
        Ok(event)
    }
}

/// The data must be JSON; without a content type it is taken for it.
fn check_content_type(value: &str, at: &At<'_>) -> Result<(), Rejection> {
    let essence = value.split(';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
    if essence == "application/json" || essence == "text/json" || essence.ends_with("+json") {
        return Ok(());
    }
    Err(at.invalid("the data is not JSON", "send application/json"))
}
