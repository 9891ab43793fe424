//! The cells of one row (RFC 4180): quotes, doubled quotes, and nothing else.

use std::borrow::Cow;

use seawall_model::{Limits, Rejection, RejectionCode};

use crate::records::Delimiter;

/// Cuts one row, without its line end, into cells.
///
/// A quote counts only where a cell begins; what follows a closing quote belongs to the
/// cell as it stands, as most spreadsheets have it.
///
/// # Errors
/// A [`Rejection`] if the row is not UTF-8, too long, or has too many cells.
pub fn cells<'a>(
    record: &'a [u8],
    delimiter: Delimiter,
    limits: &Limits,
) -> Result<Vec<Cow<'a, str>>, Rejection> {
    if record.len() > limits.event_bytes_max {
        let detail = format!("the row has more than {} bytes", limits.event_bytes_max);
        let remedy = "shorten the row, or raise the limit event_bytes_max";
        return Err(Rejection::new(RejectionCode::TooLarge, "", detail, remedy));
    }
    if record.contains(&0) {
        let detail = "the row has NUL bytes; the file may be UTF-16";
        let remedy = "save the file as UTF-8";
        return Err(Rejection::new(RejectionCode::Malformed, "", detail, remedy));
    }
    let mut rest = std::str::from_utf8(record).map_err(|_| crate::not_utf8())?;
    let mut cells = Vec::new();
    loop {
        let (cell, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_cell(quoted, delimiter),
            None => plain_cell(rest, delimiter),
        };
        cells.push(cell);
        if cells.len() > limits.columns_max {
            let detail = format!("the row has more than {} cells", limits.columns_max);
            let remedy = "check the delimiter, or raise the limit columns_max";
            return Err(Rejection::new(RejectionCode::TooLarge, "", detail, remedy));
        }
        let Some(after) = after else { return Ok(cells) };
        rest = after;
    }
}

/// The cell up to the delimiter, and what follows the delimiter if there is one.
fn plain_cell(text: &str, delimiter: Delimiter) -> (Cow<'_, str>, Option<&str>) {
    match memchr::memchr(delimiter.byte(), text.as_bytes()) {
        Some(at) => (Cow::Borrowed(&text[..at]), Some(&text[at + 1..])),
        None => (Cow::Borrowed(text), None),
    }
}

fn quoted_cell(text: &str, delimiter: Delimiter) -> (Cow<'_, str>, Option<&str>) {
    let mut cell = Cow::Borrowed("");
    let mut rest = text;
    loop {
        let Some(at) = memchr::memchr(b'"', rest.as_bytes()) else {
            // Not closed: the row was cut off. What is there is kept.
            append(&mut cell, rest);
            return (cell, None);
        };
        append(&mut cell, &rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                append(&mut cell, "\"");
                rest = after;
            }
            None => break,
        }
    }
    let (tail, after) = plain_cell(rest, delimiter);
    match tail {
        Cow::Borrowed(tail) => append(&mut cell, tail),
        Cow::Owned(tail) => cell.to_mut().push_str(&tail),
    };
    (cell, after)
}

fn append<'a>(cell: &mut Cow<'a, str>, part: &'a str) {
    if cell.is_empty() {
        *cell = Cow::Borrowed(part);
    } else if !part.is_empty() {
        cell.to_mut().push_str(part);
    }
}
