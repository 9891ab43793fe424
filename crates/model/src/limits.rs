//! The named limits on what a platform may send.

/// Bounds on one event and on one batch. Every bound names its unit.
///
/// The defaults are generous for any platform known to us; an operator may lower
/// them. Raising them raises the memory one hostile event can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one event, one line, or one row.
    pub event_bytes_max: usize,
    /// Nesting of JSON arrays and objects.
    pub depth_max: usize,
    /// Bytes of one text: a post, a biography, a reason.
    pub text_bytes_max: usize,
    /// Bytes of one short text: a handle, a display name, a language, a link.
    pub short_text_bytes_max: usize,
    /// Elements of one list: tags, links, mentions, media.
    pub list_items_max: usize,
    /// Unknown fields kept on one object.
    pub extra_fields_max: usize,
    /// Events in one batch.
    pub batch_events_max: usize,
    /// Largest count of a counted engagement.
    pub engagement_count_max: u64,
    /// Columns of one CSV or TSV row.
    pub columns_max: usize,
    /// Seconds an event's time may lie beyond its arrival.
    pub future_seconds_max: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event_bytes_max: 256 * 1024,
            depth_max: 32,
            text_bytes_max: 64 * 1024,
            short_text_bytes_max: 4096,
            list_items_max: 256,
            extra_fields_max: 256,
            batch_events_max: 10_000,
            engagement_count_max: 1_000_000_000_000,
            columns_max: 1024,
            future_seconds_max: 300,
        }
    }
}
