//! Hostile bytes to [`Event`] or [`Rejection`]: our own JSON, CloudEvents, Jetstream, CSV.
//!
//! [`decode`] reads one message, [`encode`] writes the canonical bytes that the log
//! keeps and duplicates are compared by, [`reopen`] reads those again. Around them:
//! [`detect`] says what a file is, [`records`] cuts files and streams into messages,
//! [`table`] turns rows into events by a mapping.
//!
//! Left out on purpose: files and sockets, `zstd` and `gzip`, the check against the
//! arrival time, the memory of ids (`store`), and anything drawn from the text itself.

#![forbid(unsafe_code)]

mod canonical;
pub mod cloudevents;
mod compact;
pub mod detect;
mod encode;
mod jetstream;
mod json;
pub mod records;
mod schema;
pub mod table;
mod wire;

use seawall_model::{Event, Limits, Rejection, RejectionCode};

pub use encode::{encode, encode_onto};
pub use schema::schema;

/// Reads one message of a platform.
///
/// The answer says what the message means here. Every text, list, number and nesting is
/// within `limits`; no key stands twice in an object; a byte order mark at the start is
/// passed over. In texts a lone surrogate becomes U+FFFD and NUL stays, because a post
/// that is refused for either would be a post that nobody looks at; in ids both are
/// refused, because two ids must not become one.
///
/// # Errors
/// A [`Rejection`] with the JSON pointer of the first fault found and what to do.
///
/// Cost: one pass per level of nesting that is read; no copy but what the event keeps.
pub fn decode(bytes: &[u8], format: Format, limits: &Limits) -> Result<Decoded, Rejection> {
    let text = json::open(bytes, limits)?;
    match format {
        Format::Canonical => canonical::decode(text, limits).map(Decoded::from),
        Format::CloudEvent => cloudevents::decode(text, limits).map(Decoded::from),
        Format::JetstreamV1 => jetstream::v1::decode(text, limits),
        Format::JetstreamV2 => jetstream::v2::decode(text, limits),
    }
}

/// Reads what [`encode`] wrote, whatever the limits were and are.
///
/// Only for bytes from our own log: an operator may lower a limit, and replay must
/// still read what was accepted before.
///
/// # Errors
/// A [`Rejection`] if the bytes are not a canonical event.
pub fn reopen(bytes: &[u8]) -> Result<Event, Rejection> {
    let limits = Limits {
        event_bytes_max: usize::MAX,
        depth_max: usize::MAX,
        text_bytes_max: usize::MAX,
        short_text_bytes_max: usize::MAX,
        list_items_max: usize::MAX,
        extra_fields_max: usize::MAX,
        batch_events_max: usize::MAX,
        engagement_count_max: u64::MAX,
        columns_max: usize::MAX,
        future_seconds_max: i64::MAX,
    };
    canonical::decode(json::open(bytes, &limits)?, &limits)
}

/// How one message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Our own JSON, version 1.
    Canonical,
    /// CloudEvents 1.0: structured, or a recorded HTTP message in binary mode.
    CloudEvent,
    /// Jetstream's `/subscribe`.
    JetstreamV1,
    /// Jetstream's `network.bsky.jetstream.subscribeEvents`.
    JetstreamV2,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] =
        [Self::Canonical, Self::CloudEvent, Self::JetstreamV1, Self::JetstreamV2];

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Canonical => "canonical",
            Self::CloudEvent => "cloudevents",
            Self::JetstreamV1 => "jetstream_v1",
            Self::JetstreamV2 => "jetstream_v2",
        }
    }

    /// The format with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }
}

/// What a message means here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// An event.
    Event(Box<Event>),
    /// A valid message without meaning here; counted by this name.
    ///
    /// At most 128 bytes, without control characters, such as `app.bsky.graph.block`.
    Ignored(Box<str>),
}

impl From<Event> for Decoded {
    fn from(event: Event) -> Self {
        Self::Event(Box::new(event))
    }
}

/// Longest name that an ignored message is counted by, in bytes.
const IGNORED_NAME_BYTES_MAX: usize = 128;

impl Decoded {
    /// An ignored message, its name cut to the limit and cleaned.
    fn ignored(name: &str) -> Self {
        let mut kept = String::with_capacity(name.len().min(IGNORED_NAME_BYTES_MAX));
        for c in name.chars() {
            let c = if c.is_control() { '\u{fffd}' } else { c };
            if kept.len() + c.len_utf8() > IGNORED_NAME_BYTES_MAX {
                break;
            }
            kept.push(c);
        }
        Self::Ignored(kept.into())
    }
}

/// The remedy where only the sender's software can be at fault.
const FIX_THE_SENDER: &str = "correct the software that writes this message";

/// A rejection for bytes that are not UTF-8.
fn not_utf8() -> Rejection {
    Rejection::new(
        RejectionCode::Malformed,
        "",
        "the bytes are not UTF-8",
        "send UTF-8; convert the file if it is in another encoding",
    )
}
