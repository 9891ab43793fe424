//! Cuts files and streams into records: lines, elements of a JSON array, rows.
//!
//! Bytes come in chunks of any size; the same records come out whatever the chunks. No
//! more than one record is held, and none longer than the limit: a longer one is
//! refused with its place and its first bytes, and the next one is found again. Looks
//! only at what separates records; whether a record is JSON or has the right cells is
//! for its reader.

mod array;
mod rows;

use seawall_model::{Limits, Rejection, RejectionCode};

use array::ArrayScanner;
use rows::RowScanner;

/// The byte order mark of UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes given of a record that could not be cut out.
pub const HEAD_BYTES_MAX: usize = 64 * 1024 + 1;

/// How records follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One record a line, ended by LF or CRLF; empty lines are passed over.
    Lines,
    /// The elements of one JSON array.
    Array,
    /// Rows of delimited text; a quoted cell may hold line ends (RFC 4180).
    Rows(Delimiter),
}

/// What stands between the cells of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Pipe,
}

impl Delimiter {
    /// Every delimiter.
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    /// Its byte.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "pipe",
        }
    }

    /// The delimiter with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|delimiter| delimiter.as_str() == name)
    }
}

/// One record, or what was wrong where one should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Bytes of the source before the record.
    pub offset: u64,
    /// The line it begins in, from 1.
    pub line: u64,
    /// Its bytes: without line end, byte order mark and the commas of an array.
    pub content: Result<&'a [u8], Uncut<'a>>,
}

/// What stands where a record could not be cut out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncut<'a> {
    /// Why.
    pub rejection: Rejection,
    /// The first bytes from its place on, no more than [`HEAD_BYTES_MAX`], so that they
    /// can be kept. Between two records it goes no further than the chunk.
    pub head: &'a [u8],
}

/// Finds the records of one source. Feed it with [`Splitter::next_record`].
///
/// ```
/// # use seawall_event::records::{Shape, Splitter};
/// # use seawall_model::Limits;
/// let mut splitter = Splitter::new(Shape::Lines, &Limits::default());
/// let mut found = Vec::new();
/// for mut chunk in [&b"one\ntw"[..], b"o\n", b"three"] {
///     while let Some(item) = splitter.next_record(&mut chunk) {
///         found.push((item.line, item.content.unwrap().to_vec()));
///     }
/// }
/// while let Some(item) = splitter.finish() {
///     found.push((item.line, item.content.unwrap().to_vec()));
/// }
/// assert_eq!(found, [(1, b"one".to_vec()), (2, b"two".to_vec()), (3, b"three".to_vec())]);
/// ```
#[derive(Debug)]
pub struct Splitter {
    scanner: Scanner,
    bytes_max: usize,
    /// Where the next byte stands.
    here: Place,
    /// Where the record begins that is being read.
    begun: Option<Place>,
    /// The record so far, where it began in an earlier chunk.
    held: Vec<u8>,
    /// Whether the record has outgrown the limit: only its head is held.
    outgrown: bool,
    /// Whether `held` was given out and is to be emptied.
    given: bool,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    line: u64,
}

/// What a scanner finds next; places are counted from the start of what it was shown.
#[derive(Debug)]
enum Mark {
    /// Nothing: every byte shown belongs to the present record, or to none.
    Nothing,
    /// A record begins.
    Begin(usize),
    /// The record ends, and as many bytes after it belong to none.
    End { at: usize, skip: usize },
    /// Something is wrong; the bytes before `at` are dealt with.
    Fault { at: usize, rejection: Rejection },
}

#[derive(Debug)]
enum Scanner {
    Lines { within: bool },
    Array(ArrayScanner),
    Rows(RowScanner),
}

impl Scanner {
    fn mark(&mut self, bytes: &[u8]) -> Mark {
        match self {
            Self::Array(scanner) => scanner.mark(bytes),
            Self::Rows(scanner) => scanner.mark(bytes),
            Self::Lines { within: within @ false } => {
                *within = true;
                Mark::Begin(0)
            }
            Self::Lines { within } => match memchr::memchr(b'\n', bytes) {
                None => Mark::Nothing,
                Some(at) => {
                    *within = false;
                    Mark::End { at, skip: 1 }
                }
            },
        }
    }

    /// What is wrong if the source ends here.
    fn fault_at_end(&mut self) -> Option<Rejection> {
        match self {
            Self::Lines { .. } => None,
            Self::Array(scanner) => scanner.fault_at_end(),
            Self::Rows(scanner) => scanner.fault_at_end(),
        }
    }

    /// The bytes of a record that count, and how many stood before them.
    fn trim<'b>(&self, bytes: &'b [u8], offset: u64) -> (&'b [u8], u64) {
        let marked = if offset == 0 { bytes.strip_prefix(BYTE_ORDER_MARK) } else { None };
        let (bytes, before) = marked.map_or((bytes, 0), |rest| (rest, 3));
        match self {
            Self::Array(_) => (bytes.trim_ascii_end(), before),
            _ => (bytes.strip_suffix(b"\r").unwrap_or(bytes), before),
        }
    }

    /// Whether a record of these bytes is none.
    fn passes_over(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Lines { .. } => bytes.trim_ascii().is_empty(),
            Self::Rows(_) => bytes.is_empty(),
            Self::Array(_) => false,
        }
    }
}

/// Where the bytes of a found record are.
enum Found<'c> {
    Chunk(&'c [u8]),
    Held,
    /// None; its first bytes are in the chunk or else held.
    Uncut(Rejection, Option<&'c [u8]>),
}

impl Splitter {
    /// Begins a source.
    #[must_use]
    pub fn new(shape: Shape, limits: &Limits) -> Self {
        let scanner = match shape {
            Shape::Lines => Scanner::Lines { within: false },
            Shape::Array => Scanner::Array(ArrayScanner::default()),
            Shape::Rows(delimiter) => Scanner::Rows(RowScanner::new(delimiter)),
        };
        Self {
            scanner,
            bytes_max: limits.event_bytes_max,
            here: Place { offset: 0, line: 1 },
            begun: None,
            held: Vec::new(),
            outgrown: false,
            given: false,
        }
    }

    /// The next record that ends in `chunk`, which is moved past it.
    ///
    /// `None` means that the chunk is used up: give the next one, or [`Self::finish`].
    ///
    /// Cost: one pass; a record is copied only if it spans chunks.
    pub fn next_record<'a, 'c: 'a>(&'a mut self, chunk: &mut &'c [u8]) -> Option<Item<'a>> {
        self.empty_given();
        let (place, found) = loop {
            let bytes: &'c [u8] = chunk;
            if bytes.is_empty() {
                return None;
            }
            match self.scanner.mark(bytes) {
                Mark::Nothing => {
                    if self.begun.is_some() {
                        self.hold(bytes);
                    }
                    self.advance(chunk, bytes.len());
                    return None;
                }
                Mark::Begin(at) => {
                    self.advance(chunk, at);
                    self.begun = Some(self.here);
                }
                Mark::End { at, skip } => {
                    let place = self.begun.take().unwrap_or(self.here);
                    let found = self.close(&bytes[..at], place.offset);
                    self.advance(chunk, at + skip);
                    if let Some(found) = found {
                        break (place, found);
                    }
                }
                Mark::Fault { at, rejection } => {
                    self.advance(chunk, at);
                    break (self.here, Found::Uncut(rejection, Some(&bytes[at..])));
                }
            }
        };
        Some(self.item(place, found))
    }

    /// What is left when the source ends: call until it says `None`.
    pub fn finish(&mut self) -> Option<Item<'_>> {
        self.empty_given();
        let fault = self.scanner.fault_at_end();
        let begun = self.begun.take();
        let place = begun.unwrap_or(self.here);
        let found = match (fault, begun) {
            (Some(rejection), _) => {
                self.outgrown = false;
                self.given = true;
                Found::Uncut(rejection, None)
            }
            (None, Some(place)) => self.close(&[], place.offset)?,
            (None, None) => return None,
        };
        Some(self.item(place, found))
    }

    fn empty_given(&mut self) {
        if self.given {
            self.held.clear();
            self.given = false;
        }
    }

    fn advance(&mut self, chunk: &mut &[u8], count: usize) {
        let (passed, rest) = chunk.split_at(count);
        self.here.offset += passed.len() as u64;
        self.here.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        *chunk = rest;
    }

    /// Keeps a part of a record that goes on in the next chunk.
    fn hold(&mut self, part: &[u8]) {
        if self.outgrown || self.is_beyond(self.held.len() + part.len()) {
            self.outgrown = true;
            let room = HEAD_BYTES_MAX.saturating_sub(self.held.len());
            self.held.extend_from_slice(&part[..room.min(part.len())]);
            self.held.truncate(HEAD_BYTES_MAX);
        } else {
            self.held.extend_from_slice(part);
        }
    }

    /// Whether a record is too long before it is trimmed: what is trimmed off may stand
    /// beyond the limit, but not without bounds, however the source is cut into chunks.
    fn is_beyond(&self, length: usize) -> bool {
        length > self.bytes_max.saturating_add(BYTE_ORDER_MARK.len() + 1)
    }

    /// Ends a record whose last part is `part`; `None` if it is one to pass over.
    fn close<'c>(&mut self, part: &'c [u8], offset: u64) -> Option<Found<'c>> {
        let in_chunk = self.held.is_empty() && !self.outgrown;
        if !in_chunk {
            self.hold(part);
            self.given = true;
        }
        let head = in_chunk.then_some(part);
        if std::mem::take(&mut self.outgrown) || (in_chunk && self.is_beyond(part.len())) {
            return Some(Found::Uncut(self.too_long(), head));
        }
        let whole = if in_chunk { part } else { &self.held };
        let (kept, _) = self.scanner.trim(whole, offset);
        if self.scanner.passes_over(kept) {
            self.empty_given();
            return None;
        }
        if kept.len() > self.bytes_max {
            return Some(Found::Uncut(self.too_long(), head));
        }
        Some(if in_chunk { Found::Chunk(part) } else { Found::Held })
    }

    fn item<'a>(&'a self, place: Place, found: Found<'a>) -> Item<'a> {
        let Place { offset, line } = place;
        let whole = match found {
            Found::Chunk(part) => part,
            Found::Held => &self.held,
            Found::Uncut(rejection, part) => {
                let from = part.unwrap_or(&self.held);
                let head = &from[..from.len().min(HEAD_BYTES_MAX)];
                return Item { offset, line, content: Err(Uncut { rejection, head }) };
            }
        };
        let (content, before) = self.scanner.trim(whole, offset);
        Item { offset: offset + before, line, content: Ok(content) }
    }

    fn too_long(&self) -> Rejection {
        let detail = format!("the record has more than {} bytes", self.bytes_max);
        let remedy = match self.scanner {
            Scanner::Rows(_) => {
                "look for a quote that is not closed, or raise the limit event_bytes_max"
            }
            _ => "send media by reference, or raise the limit event_bytes_max",
        };
        Rejection::new(RejectionCode::TooLarge, "", detail, remedy)
    }
}
