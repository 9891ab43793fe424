//! What is known in the benchmark of recognition, and events made to match it.
//!
//! Everything is drawn from numbers, so that every machine knows the same. Left out: meaning.

pub mod stage;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Terms of one list.
pub const TERMS: usize = 10_000;
/// Fingerprints of one bank: of files and of pictures by turns.
pub const HASHES: usize = 100_000;
/// Accounts that were removed.
pub const REMOVED: usize = 20_000;
/// The rules that ask for all of it: those shipped, and every cheer opens a case.
pub const RULES: [(&str, &str); 2] = [
    (
        "main.sml",
        "Import(rules=['models/found.sml'])\n\
         Found = Rule(when_all=[ClipDistance != None or CheerCount > 0], description='found')\n\
         Likeness = Rule(when_all=[RemovedBits != None and RemovedBits > 0.0], description='like')\n\
         WhenRules(rules_any=[Found, Likeness], then=[OpenCase(policy='kettle-league', reason='found')])\n",
    ),
    ("models/found.sml", include_str!("../../../../policies/kettle-league/rules/models/found.sml")),
];

/// Hundredths of the posts that have a picture.
const PICTURED_CENTI: u64 = 33;
/// Thousandths of the posts that a term is put into, and as many a known file.
const MATCHING_MILLI: u64 = 20;
/// Thousandths of new accounts that look like a removed one.
const RETURNS_MILLI: u64 = 100;
/// Syllables that invented words are made of.
const SYLLABLES: [&str; 16] = [
    "ka", "lo", "mi", "ru", "ta", "ne", "so", "vi", "غا", "لو", "مي", "را", "تا", "نو", "سا", "في",
];

/// All that is known.
pub struct Known {
    /// Words of invented syllables.
    pub terms: Vec<String>,
    /// Files at even places, pictures at odd ones.
    pub hashes: Vec<[u8; 32]>,
    /// Handles and names.
    pub removed: Vec<(String, String)>,
}

/// A mixed number (Steele, Lea and Flood, OOPSLA 2014).
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn word(mut number: u64) -> String {
    // One script a word: even numbers Latin, odd ones Arabic.
    let script = if number.is_multiple_of(2) { 0 } else { 8 };
    number /= 2;
    let mut word = String::new();
    for _ in 0..4 {
        word.push_str(SYLLABLES[script + usize::try_from(number % 8).unwrap_or(0)]);
        number /= 8;
    }
    word
}

fn hash(number: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (part, place) in bytes.chunks_exact_mut(8).zip(0..) {
        part.copy_from_slice(&mixed(number * 4 + place + 1).to_le_bytes());
    }
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Known {
    /// Draws it.
    pub fn new() -> Self {
        let mut seen = HashSet::new();
        let terms = (0..).map(|n| {
            let drawn = mixed(n);
            format!("{} {}", word(drawn), word(drawn >> 13))
        });
        let terms = terms.filter(|term| seen.insert(term.clone())).take(TERMS).collect();
        let removed = (0..REMOVED as u64).map(|n| {
            let drawn = mixed(n + (1 << 40));
            let (first, last) = (word(drawn & !1), word((drawn >> 14) & !1));
            (format!("{first}_{last}{}", drawn >> 55), format!("{first} {last}"))
        });
        let hashes = (0..HASHES as u64).map(|n| hash(n + (1 << 20))).collect();
        Self { terms, hashes, removed: removed.collect() }
    }

    /// One term a line.
    pub fn terms_file(&self) -> String {
        self.terms.join("\n") + "\n"
    }

    /// A table of fingerprints.
    pub fn hashes_file(&self) -> String {
        let mut text = "hash\n".to_owned();
        for (place, hash) in self.hashes.iter().enumerate() {
            let kind = if place % 2 == 0 { "sha256" } else { "pdq" };
            let _ = writeln!(text, "{kind}:{}", hex(hash));
        }
        text
    }

    /// A table of removed accounts.
    pub fn removed_file(&self) -> String {
        let mut text = "account,removed_at,handle,name\n".to_owned();
        for (place, (handle, name)) in self.removed.iter().enumerate() {
            let _ = writeln!(text, "gone{place},2025-08-01T00:00:00Z,{handle},{name}");
        }
        text
    }
}

/// Gives some events of a stream pictures, and some of them what is known.
pub struct Spiced<'a, W> {
    known: &'a Known,
    out: W,
    rest: Vec<u8>,
    lines: u64,
    matching: u64,
}

impl<'a, W: Write> Spiced<'a, W> {
    /// Writes to `out`.
    pub fn new(known: &'a Known, out: W) -> Self {
        Self { known, out, rest: Vec::new(), lines: 0, matching: 0 }
    }

    /// Ends the stream, and gives how many events were made to match.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<u64> {
        self.out.flush()?;
        Ok(self.matching)
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        self.lines += 1;
        let drawn = mixed(self.lines + (1 << 50));
        let pick = |from: usize| usize::try_from(mixed(drawn) % from as u64).unwrap_or(0);
        if let Some((head, rest)) = line.split_once(r#""text":""#) {
            let kind = drawn % 1_000;
            let is_pictured = (drawn >> 20) % 100 < PICTURED_CENTI;
            let term = if kind < MATCHING_MILLI {
                self.matching += 1;
                format!("{} ", self.known.terms[pick(TERMS)])
            } else {
                String::new()
            };
            let (sha256, pdq) = match kind.checked_sub(MATCHING_MILLI) {
                Some(n) if n < MATCHING_MILLI => {
                    self.matching += 1;
                    let place = pick(HASHES);
                    let known = self.known.hashes[place];
                    if place % 2 == 0 { (known, hash(drawn)) } else { (hash(drawn), known) }
                }
                _ if is_pictured => (hash(drawn), hash(drawn ^ 1)),
                _ => return writeln!(self.out, r#"{head}"text":"{term}{rest}"#),
            };
            let rest = rest.strip_suffix("}}").unwrap_or(rest);
            let (sha256, pdq) = (hex(&sha256), hex(&pdq));
            return writeln!(
                self.out,
                r#"{head}"text":"{term}{rest},"media":[{{"id":"m{}","sha256":"{sha256}","pdq":"{pdq}"}}]}}}}"#,
                self.lines
            );
        }
        if drawn % 1_000 < RETURNS_MILLI
            && let Some((head, rest)) = line.split_once(r#""profile":{"handle":""#)
            && let Some((_, rest)) = rest.split_once(r#"","bio":"#)
        {
            self.matching += 1;
            let (handle, name) = &self.known.removed[pick(REMOVED)];
            return writeln!(
                self.out,
                r#"{head}"profile":{{"handle":"{handle}x","name":"{name}","bio":{rest}"#
            );
        }
        writeln!(self.out, "{line}")
    }
}

impl<W: Write> Write for Spiced<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(bytes.len());
        };
        let rest = self.rest.split_off(end + 1);
        let lines = String::from_utf8(std::mem::replace(&mut self.rest, rest));
        for line in lines.map_err(io::Error::other)?.lines() {
            self.line(line)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
