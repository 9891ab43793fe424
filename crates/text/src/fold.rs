//! The pass that folds: a short way for everyday characters, a long way for the rest.
//!
//! The long way is NFKC by the standard's own steps (decompose, order the marks,
//! compose), one cluster at a time, so that each character keeps its origin. Leaves
//! out single letters, which `letter` decides.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::{
    CanonicalCombiningClassMapBorrowed, CanonicalCompositionBorrowed,
};

use crate::letter::{ARABIC, Arabic, is_mark, is_nothing, is_plain, one_letter};

/// Where the origin of each folded byte is kept.
pub(crate) trait Map {
    /// Appends the origin of the next `bytes` folded bytes.
    fn push(&mut self, origin: u32, bytes: usize);
    /// Takes the last `bytes` origins back; answers the first of them.
    fn pop(&mut self, bytes: usize) -> u32;
}

impl Map for Vec<u32> {
    #[inline]
    fn push(&mut self, origin: u32, bytes: usize) {
        for _ in 0..bytes {
            Vec::push(self, origin);
        }
    }

    fn pop(&mut self, bytes: usize) -> u32 {
        let start = self.len().saturating_sub(bytes);
        let origin = self.get(start).copied().unwrap_or(0);
        self.truncate(start);
        origin
    }
}

/// Keeps no origins.
pub(crate) struct NoMap;

impl Map for NoMap {
    #[inline]
    fn push(&mut self, _origin: u32, _bytes: usize) {}

    fn pop(&mut self, _bytes: usize) -> u32 {
        0
    }
}

/// Appends `text`, folded, to `out`, and the origin of each byte to `map`.
pub(crate) fn run(text: &str, out: &mut String, map: &mut impl Map) {
    let start = out.len();
    let none = Run { letter: '\0', times: 0, second: 0, latest: 0 };
    let mut pass =
        Pass { out, map, start, run: none, before: none, space: None, cluster: Vec::new() };
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let origin = u32::try_from(at).unwrap_or(u32::MAX);
        let byte = bytes[at];
        if byte < 0x80 && bytes.get(at + 1).is_none_or(is_seen) {
            pass.flush();
            pass.ascii(byte, origin);
            at += 1;
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        at += c.len_utf8();
        match arabic(c) {
            Some(Arabic::Letter(letter)) => {
                pass.flush();
                pass.emit(letter, origin);
            }
            Some(Arabic::Nothing) if pass.cluster.is_empty() => {}
            // What follows may still change the character, unless it is a start.
            _ if is_start(c) && text[at..].chars().next().is_none_or(is_start) => {
                pass.flush();
                pass.start(c, origin);
            }
            _ => pass.any(c, origin),
        }
    }
    pass.flush();
}

/// Whether a byte is an ASCII character other than the controls that go.
fn is_seen(byte: &u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t'..=b'\r')
}

fn arabic(c: char) -> Option<Arabic> {
    let index = u32::from(c).checked_sub(0x0600)?;
    ARABIC.get(usize::try_from(index).ok()?).copied()
}

/// Whether a character is an everyday one and cannot change the one before it.
fn is_start(c: char) -> bool {
    u8::try_from(c).is_ok_and(|byte| is_seen(&byte))
        || is_plain(c)
        || matches!(arabic(c), Some(Arabic::Letter(_)))
}

/// The state of one pass.
struct Pass<'a, M> {
    out: &'a mut String,
    map: &'a mut M,
    /// Where in `out` this text begins.
    start: usize,
    /// The last character written, and the one before it.
    run: Run,
    before: Run,
    /// Origin of white space that is written before the next character.
    space: Option<u32>,
    /// A starter and the marks after it, or marks alone: decomposed, with combining
    /// class and origin.
    cluster: Vec<(char, u8, u32)>,
}

/// A character and how often it came in a row; a letter that came three times or more
/// is written once.
#[derive(Clone, Copy)]
struct Run {
    letter: char,
    times: usize,
    /// Origins of the second and of the latest time.
    second: u32,
    latest: u32,
}

impl<M: Map> Pass<'_, M> {
    #[inline]
    fn ascii(&mut self, byte: u8, origin: u32) {
        let c = char::from(byte.to_ascii_lowercase());
        if c > ' ' && c < '\x7F' {
            self.write(c, origin);
        } else if c.is_whitespace() {
            self.blank(origin);
        }
    }

    fn start(&mut self, c: char, origin: u32) {
        match u8::try_from(c) {
            Ok(byte) if byte < 0x80 => self.ascii(byte, origin),
            _ => {
                for lower in c.to_lowercase() {
                    self.emit(lower, origin);
                }
            }
        }
    }

    /// The long way: decomposes a character into the cluster.
    fn any(&mut self, c: char, origin: u32) {
        if is_nothing(c) {
            return;
        }
        let classes = const { CanonicalCombiningClassMapBorrowed::new() };
        let decompose = const { DecomposingNormalizerBorrowed::new_nfkd() };
        for part in decompose.normalize_iter(std::iter::once(c)) {
            if is_nothing(part) {
                continue;
            }
            let class = classes.get_u8(part);
            if class == 0 {
                self.flush();
            }
            self.cluster.push((part, class, origin));
        }
    }

    /// Composes and writes the cluster.
    #[inline]
    fn flush(&mut self) {
        if !self.cluster.is_empty() {
            self.flush_cluster();
        }
    }

    fn flush_cluster(&mut self) {
        let mut cluster = std::mem::take(&mut self.cluster);
        let starts = usize::from(cluster[0].1 == 0);
        cluster[starts..].sort_by_key(|(_, class, _)| *class);
        if starts == 1 {
            self.compose(&mut cluster);
        }
        for (part, _, origin) in cluster.drain(..) {
            for lower in part.to_lowercase() {
                if !is_mark(lower) && !is_nothing(lower) {
                    self.emit(one_letter(lower), origin);
                }
            }
        }
        self.cluster = cluster;
    }

    /// Composes the starter with the letter before it and with its marks.
    fn compose(&mut self, cluster: &mut Vec<(char, u8, u32)>) {
        let compose = const { CanonicalCompositionBorrowed::new() };
        let (mut base, _, mut origin) = cluster[0];
        if self.space.is_none()
            && self.out.len() > self.start
            && let Some(joined) = compose.compose(self.run.letter, base)
        {
            base = joined;
            origin = self.take_last();
        }
        let mut before = 0;
        cluster.retain(|(mark, class, _)| {
            if *class == 0 {
                return true;
            }
            if before < *class
                && let Some(composed) = compose.compose(base, *mark)
            {
                base = composed;
                return false;
            }
            before = *class;
            true
        });
        cluster[0] = (base, 0, origin);
    }

    /// Takes the last character back, as if it had never come; answers its origin.
    fn take_last(&mut self) -> u32 {
        let Run { letter, times, second, latest } = self.run;
        self.run.times = times.saturating_sub(1);
        if times >= 3 && letter.is_alphabetic() {
            if times == 3 {
                self.push(letter, second);
            }
            return latest;
        }
        if times == 1 {
            self.run = self.before;
        }
        let bytes = self.out.pop().map_or(0, char::len_utf8);
        self.map.pop(bytes)
    }

    fn emit(&mut self, c: char, origin: u32) {
        if c.is_whitespace() {
            self.blank(origin);
        } else {
            self.write(c, origin);
        }
    }

    #[inline]
    fn blank(&mut self, origin: u32) {
        if self.space.is_none() && self.out.len() > self.start {
            self.space = Some(origin);
        }
    }

    #[inline]
    fn write(&mut self, c: char, origin: u32) {
        if let Some(space) = self.space.take() {
            self.push(' ', space);
            self.run.letter = ' ';
        } else if c == self.run.letter {
            self.repeat(c, origin);
            return;
        }
        self.before = self.run;
        self.run = Run { letter: c, times: 1, second: 0, latest: origin };
        self.push(c, origin);
    }

    fn repeat(&mut self, c: char, origin: u32) {
        self.run.times += 1;
        self.run.latest = origin;
        if self.run.times == 2 {
            self.run.second = origin;
        }
        if self.run.times <= 2 || !c.is_alphabetic() {
            self.push(c, origin);
        } else if self.run.times == 3 {
            self.out.pop();
            self.map.pop(c.len_utf8());
        }
    }

    #[inline]
    fn push(&mut self, c: char, origin: u32) {
        self.out.push(c);
        self.map.push(origin, c.len_utf8());
    }
}
