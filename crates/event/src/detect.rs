//! Says what a file is, from its name and its first bytes.
//!
//! Looks at content first: a name is a habit, and many files of events end in `.txt`.
//! Does not read the file and does not unpack it; what is packed is answered with how
//! to unpack it.

use seawall_model::{Limits, Rejection, RejectionCode};

use crate::json::{At, Object};
use crate::records::{BYTE_ORDER_MARK, Delimiter, Shape, Splitter};
use crate::{Format, table};

/// Bytes of a file's start that are enough to say what it is.
pub const HEAD_BYTES: usize = 64 * 1024;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Messages for [`crate::decode`].
    Messages {
        /// How each is written.
        format: Format,
        /// How they follow one another: lines or an array.
        shape: Shape,
    },
    /// Rows for [`table::Table`]; the first is the header.
    Rows(Delimiter),
}

impl Source {
    /// How its records follow one another.
    #[must_use]
    pub fn shape(self) -> Shape {
        match self {
            Self::Messages { shape, .. } => shape,
            Self::Rows(delimiter) => Shape::Rows(delimiter),
        }
    }
}

/// Says what a file is.
///
/// `name` is the file's name, or empty for a stream; `head` its first bytes, up to
/// [`HEAD_BYTES`], or all of it if it is shorter.
///
/// # Errors
/// A [`Rejection`] with code `unknown` and what to do: unpack it, save it as UTF-8, name
/// the format. Code `missing` if there is nothing to look at.
pub fn detect(name: &str, head: &[u8], limits: &Limits) -> Result<Source, Rejection> {
    if let Some((what, remedy)) = packed(head) {
        return Err(unknown(what, remedy));
    }
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start();
    let shape = match text.first() {
        None => {
            let remedy = "check that the export has finished";
            let code = RejectionCode::Missing;
            return Err(Rejection::new(code, "", "the file is empty", remedy));
        }
        Some(b'{') => Shape::Lines,
        Some(b'[') => Shape::Array,
        Some(_) => {
            // A heading or a broken line before messages is one bad line, not another format.
            let first = first_records(head, Shape::Lines, limits);
            let message = first.iter().find_map(|record| message(record, limits));
            return match message {
                Some(format) => Ok(Source::Messages { format, shape: Shape::Lines }),
                None => rows(name, head, limits),
            };
        }
    };
    let first = first_records(head, shape, limits);
    let known = first.iter().find_map(|record| message(record, limits));
    match known.or_else(|| if first.is_empty() { sniffed(text) } else { None }) {
        Some(format) => Ok(Source::Messages { format, shape }),
        None if shape == Shape::Lines && first.first().is_some_and(|record| is_open(record)) => {
            Err(unknown(
                "the first line is not a whole JSON object",
                "write each event on one line, or all of them in one JSON array",
            ))
        }
        None => Err(unknown(
            "the file is JSON, but no format that is known",
            "name the format: canonical, cloudevents, jetstream_v1 or jetstream_v2",
        )),
    }
}

fn unknown(detail: &str, remedy: &str) -> Rejection {
    Rejection::new(RejectionCode::Unknown, "", detail, remedy)
}

/// Files that are text only after something was done to them.
fn packed(head: &[u8]) -> Option<(&'static str, &'static str)> {
    const PACKED: &[(&[u8], &str, &str)] = &[
        (b"\xff\xfe", "the file is UTF-16", "save it as UTF-8"),
        (b"\xfe\xff", "the file is UTF-16", "save it as UTF-8"),
        (b"\x1f\x8b", "the file is packed with gzip", "unpack it with gunzip"),
        (b"\x28\xb5\x2f\xfd", "the file is packed with zstd", "unpack it with zstd -d"),
        (b"PK\x03\x04", "the file is a zip archive or a spreadsheet", "save the sheet as CSV"),
        (b"BZh", "the file is packed with bzip2", "unpack it with bunzip2"),
        (b"\xfd7zXZ\x00", "the file is packed with xz", "unpack it with xz -d"),
        (b"\x89PNG", "the file is a picture", "give the export that names the picture"),
        (b"\xff\xd8\xff", "the file is a picture", "give the export that names the picture"),
        (b"%PDF-", "the file is a PDF", "save its table as CSV"),
        (b"PAR1", "the file is Parquet", "write it out as CSV or as lines of JSON"),
        (b"SQLite format 3\x00", "the file is a SQLite database", "write the table out as CSV"),
    ];
    let known = PACKED.iter().find(|(magic, ..)| head.starts_with(magic));
    match known {
        Some((_, what, remedy)) => Some((what, remedy)),
        None if head.contains(&0) => {
            Some(("the file has NUL bytes; it may be UTF-16", "save it as UTF-8"))
        }
        None => None,
    }
}

/// The first records that are whole and within the limit.
fn first_records(head: &[u8], shape: Shape, limits: &Limits) -> Vec<Vec<u8>> {
    let mut splitter = Splitter::new(shape, limits);
    let mut rest = head;
    let mut records = Vec::new();
    while records.len() < RECORDS_COMPARED {
        let Some(item) = splitter.next_record(&mut rest) else { break };
        records.extend(item.content.ok().map(<[u8]>::to_vec));
    }
    if records.is_empty() && head.len() < HEAD_BYTES {
        let last = splitter.finish().and_then(|item| item.content.ok());
        records.extend(last.map(<[u8]>::to_vec));
    }
    records
}

/// The format of one whole message.
fn message(record: &[u8], limits: &Limits) -> Option<Format> {
    let text = crate::json::open(record, limits).ok()?;
    let mut object = Object::read(text, &At::ROOT, limits).ok()?;
    if object.has("specversion") || object.has("headers") {
        return Some(Format::CloudEvent);
    }
    if object.has("$type") {
        return Some(Format::JetstreamV2);
    }
    if object.has("did") && object.has("kind") {
        return Some(Format::JetstreamV1);
    }
    let canonical = object.word("type").ok().flatten().is_some() || object.has("id");
    canonical.then_some(Format::Canonical)
}

/// The format of a message that is longer than what was shown.
fn sniffed(text: &[u8]) -> Option<Format> {
    let has = |name: &[u8]| memchr::memmem::find(text, name).is_some();
    if has(b"\"specversion\"") {
        return Some(Format::CloudEvent);
    }
    if has(b"network.bsky.jetstream.") {
        return Some(Format::JetstreamV2);
    }
    if has(b"\"time_us\"") {
        return Some(Format::JetstreamV1);
    }
    (has(b"\"type\"") && has(b"\"at\"")).then_some(Format::Canonical)
}

/// Whether a line only begins an object: the file is JSON in many lines.
fn is_open(record: &[u8]) -> bool {
    !record.trim_ascii_end().ends_with(b"}")
}

/// Rows with a header: the delimiter is the one that cuts the first rows alike.
fn rows(name: &str, head: &[u8], limits: &Limits) -> Result<Source, Rejection> {
    let lower = name.to_ascii_lowercase();
    let named = [(".tsv", Delimiter::Tab), (".tab", Delimiter::Tab), (".csv", Delimiter::Comma)];
    let named = named.iter().find(|(end, _)| lower.ends_with(end)).map(|(_, delimiter)| *delimiter);
    let mut best: Option<(usize, Delimiter)> = None;
    for delimiter in Delimiter::ALL {
        let columns = columns(head, delimiter, limits);
        if columns > 1 && best.is_none_or(|(most, _)| columns > most) {
            best = Some((columns, delimiter));
        }
    }
    match (best, named) {
        (Some((_, delimiter)), _) => Ok(Source::Rows(delimiter)),
        // One column, or rows that differ; the name still says what it is meant to be.
        (None, Some(delimiter)) => Ok(Source::Rows(delimiter)),
        (None, None) => Err(unknown(
            "the file is neither JSON nor rows of cells",
            "name the format, or give a file with a header and the ending .csv or .tsv",
        )),
    }
}

/// Records that are looked at: the first may be broken.
const RECORDS_COMPARED: usize = 8;

/// Cells of the header, if the rows after it have as many; else 0.
fn columns(head: &[u8], delimiter: Delimiter, limits: &Limits) -> usize {
    let mut splitter = Splitter::new(Shape::Rows(delimiter), limits);
    let mut rest = head;
    let (mut columns, mut alike, mut seen) = (0, 0_usize, 0_usize);
    while let Some(item) = splitter.next_record(&mut rest) {
        let Ok(Ok(row)) = item.content.map(|row| table::cells(row, delimiter, limits)) else {
            continue;
        };
        if seen == 0 {
            columns = row.len();
        }
        alike += usize::from(row.len() == columns);
        seen += 1;
        if seen > RECORDS_COMPARED {
            break;
        }
    }
    if seen == 0 {
        // A header without a line end is all there is.
        let row = splitter.finish().and_then(|item| item.content.ok());
        return row
            .and_then(|row| table::cells(row, delimiter, limits).ok())
            .map_or(0, |r| r.len());
    }
    // A few broken rows do not make another delimiter right.
    if alike * 4 >= seen * 3 { columns } else { 0 }
}
