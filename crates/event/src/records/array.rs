//! Finds the elements of one JSON array by strings, escapes and depth.
//!
//! Reads no grammar beyond that: an element that is not JSON is its reader's to refuse.

use seawall_model::{Rejection, RejectionCode};

use super::{BYTE_ORDER_MARK, Mark};

#[derive(Debug, Default)]
pub(super) struct ArrayScanner {
    state: State,
    /// Bytes of a byte order mark seen at the start.
    marked: usize,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Before the array.
    #[default]
    Before,
    /// Just after the opening bracket.
    Opened,
    /// Just after a comma.
    Comma,
    /// In an element, so many brackets deep.
    Element { depth: u64, text: Text },
    /// After the array.
    Closed,
    /// After a fault from which there is no way on, or the end.
    Lost,
}

/// Whether a byte belongs to a string.
#[derive(Clone, Copy, Debug)]
enum Text {
    Outside,
    Inside,
    Escaped,
}

impl ArrayScanner {
    pub(super) fn mark(&mut self, bytes: &[u8]) -> Mark {
        if let State::Element { depth, text } = self.state {
            return self.element(bytes, depth, text);
        }
        for (at, &byte) in bytes.iter().enumerate() {
            if self.between(byte) {
                continue;
            }
            let fault = match (self.state, byte) {
                (State::Before, b'[') => {
                    self.state = State::Opened;
                    continue;
                }
                (State::Before, _) => "the bytes are not a JSON array",
                (State::Opened, b']') => {
                    self.state = State::Closed;
                    continue;
                }
                (State::Comma, b']') => {
                    self.state = State::Closed;
                    let rejection = malformed("a comma has no element after it");
                    return Mark::Fault { at: at + 1, rejection };
                }
                (State::Opened | State::Comma, b',') => {
                    self.state = State::Comma;
                    let rejection = malformed("a comma has no element before it");
                    return Mark::Fault { at: at + 1, rejection };
                }
                (State::Opened | State::Comma, _) => {
                    self.state = State::Element { depth: 0, text: Text::Outside };
                    return Mark::Begin(at);
                }
                _ => "something follows the array",
            };
            self.state = State::Lost;
            return Mark::Fault { at, rejection: malformed(fault) };
        }
        Mark::Nothing
    }

    /// Whether a byte between elements means nothing.
    fn between(&mut self, byte: u8) -> bool {
        match self.state {
            State::Lost => true,
            State::Before if BYTE_ORDER_MARK.get(self.marked) == Some(&byte) => {
                self.marked += 1;
                true
            }
            _ => matches!(byte, b' ' | b'\t' | b'\n' | b'\r'),
        }
    }

    fn element(&mut self, bytes: &[u8], mut depth: u64, mut text: Text) -> Mark {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match (text, byte) {
                (Text::Escaped, _) | (Text::Outside, b'"') => text = Text::Inside,
                (Text::Inside, b'"') => text = Text::Outside,
                (Text::Inside, b'\\') => text = Text::Escaped,
                (Text::Inside, _) => {
                    let found = memchr::memchr2(b'"', b'\\', &bytes[at..]);
                    at = found.map_or(bytes.len(), |found| at + found);
                    continue;
                }
                (Text::Outside, b'{' | b'[') => depth += 1,
                (Text::Outside, b',') if depth == 0 => {
                    self.state = State::Comma;
                    return Mark::End { at, skip: 1 };
                }
                (Text::Outside, b']') if depth == 0 => {
                    self.state = State::Closed;
                    return Mark::End { at, skip: 1 };
                }
                (Text::Outside, b'}' | b']') => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
        self.state = State::Element { depth, text };
        Mark::Nothing
    }

    pub(super) fn fault_at_end(&mut self) -> Option<Rejection> {
        let fault = match std::mem::replace(&mut self.state, State::Lost) {
            State::Closed | State::Lost => return None,
            State::Before => "the array never begins",
            State::Opened | State::Comma => "the array is not closed",
            State::Element { .. } => "the array ends within this element",
        };
        Some(malformed(fault))
    }
}

fn malformed(detail: &str) -> Rejection {
    let remedy = "send one whole JSON array; the events before this place were read";
    Rejection::new(RejectionCode::Malformed, "", detail, remedy)
}
