//! Finds where rows of delimited text end. Cells are for `table`.
//!
//! A quote counts only where a cell begins, as in RFC 4180 and the `csv` crate. A quote
//! that is never closed takes the rest of the source with it, which is then reported:
//! guessing where the row might have ended would let a post's text pass for rows.

use seawall_model::{Rejection, RejectionCode};

use super::{BYTE_ORDER_MARK, Delimiter, Mark};

#[derive(Debug)]
pub(super) struct RowScanner {
    delimiter: u8,
    state: State,
    /// Bytes of a byte order mark seen at the start; 3 once that is settled.
    marked: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between rows.
    Outside,
    /// Where a cell begins.
    CellStart,
    /// In a cell without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// After a quote between quotes: the end, or the first of two.
    Quote,
}

impl RowScanner {
    pub(super) fn new(delimiter: Delimiter) -> Self {
        Self { delimiter: delimiter.byte(), state: State::Outside, marked: 0 }
    }

    pub(super) fn mark(&mut self, bytes: &[u8]) -> Mark {
        if self.state == State::Outside {
            self.state = State::CellStart;
            return Mark::Begin(0);
        }
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.in_byte_order_mark(byte) {
                at += 1;
                continue;
            }
            self.state = match (self.state, byte) {
                (State::Quoted, b'"') => State::Quote,
                (State::Quoted, _) => {
                    let found = memchr::memchr(b'"', &bytes[at..]);
                    at = found.map_or(bytes.len(), |found| at + found);
                    continue;
                }
                (_, b'\n') => {
                    self.state = State::Outside;
                    return Mark::End { at, skip: 1 };
                }
                (_, byte) if byte == self.delimiter => State::CellStart,
                (State::CellStart | State::Quote, b'"') => State::Quoted,
                _ => {
                    let found = memchr::memchr2(b'\n', self.delimiter, &bytes[at..]);
                    at = found.map_or(bytes.len(), |found| at + found);
                    self.state = State::Plain;
                    continue;
                }
            };
            at += 1;
        }
        Mark::Nothing
    }

    /// Whether a byte at the start of the source belongs to a byte order mark.
    fn in_byte_order_mark(&mut self, byte: u8) -> bool {
        match BYTE_ORDER_MARK.get(self.marked) {
            None => false,
            Some(&expected) if expected == byte => {
                self.marked += 1;
                true
            }
            Some(_) => {
                // Half a mark is no mark but the beginning of a cell, if no UTF-8.
                if self.marked > 0 {
                    self.state = State::Plain;
                }
                self.marked = BYTE_ORDER_MARK.len();
                false
            }
        }
    }

    pub(super) fn fault_at_end(&mut self) -> Option<Rejection> {
        let open = self.state == State::Quoted;
        self.state = State::Outside;
        open.then(|| {
            Rejection::new(
                RejectionCode::Malformed,
                "",
                "a quote that opens in this row is never closed",
                "close the quote, or double it if it belongs to the text",
            )
        })
    }
}
