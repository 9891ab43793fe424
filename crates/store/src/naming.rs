//! Whether bytes name an account, in whatever spelling our formats allow.
//!
//! A name may stand as it is, with any of its characters escaped as JSON does, within
//! base64, and within these one in another: a recorded request holds its body as base64,
//! and that may hold data as base64 again. Rather than listing spellings, what is written
//! is resolved and searched. Left out: compression and the escapes of addresses (`%40`).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::memmem::Finder;
use seawall_model::PlatformId;

/// How deep escapes and base64 are resolved one within another: text within base64 within
/// base64 within JSON, with escapes at its bottom.
const DEPTH_MAX: u32 = 4;
/// Characters from which on a run is taken for base64; eight with padding. A shorter one
/// holds at most three bytes.
const RUN_MIN: usize = 6;
/// Takes what senders write: with padding or without, and with bits left over.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Names of accounts to be searched for.
pub(crate) struct Names(Vec<Finder<'static>>);

impl Names {
    pub(crate) fn new(names: &[PlatformId]) -> Self {
        Self(names.iter().map(|name| Finder::new(name.as_str()).into_owned()).collect())
    }

    /// Whether one of the names stands in these bytes.
    ///
    /// May say yes of bytes that only look so: short names occur in other words too.
    ///
    /// Cost: one search for each name over the bytes, over what their escapes mean, and over
    /// each run of base64 decoded from each of four places: 6 to 12 µs for an event of 300
    /// bytes and 1 to 3 ms for 56 KB of base64, with one name and with a hundred. Bytes made
    /// to nest cost at most 4^`DEPTH_MAX` times their length.
    pub(crate) fn are_in(&self, bytes: &[u8]) -> bool {
        self.are_within(bytes, DEPTH_MAX)
    }

    fn are_within(&self, bytes: &[u8], depth: u32) -> bool {
        if self.0.iter().any(|name| name.find(bytes).is_some()) {
            return true;
        }
        let Some(depth) = depth.checked_sub(1) else { return false };
        unescaped(bytes).is_some_and(|plain| self.are_within(&plain, depth))
            || runs(bytes).any(|run| self.are_within_base64(run, depth))
    }

    /// Letters before it may pass for its beginning, so a run is decoded from each of the
    /// four places where its groups may begin.
    fn are_within_base64(&self, run: &[u8], depth: u32) -> bool {
        let standard: Vec<u8> = run.iter().map(|byte| standard(*byte)).collect();
        (0..4).any(|skip| {
            let rest = &standard[skip..];
            // One character over holds no whole byte.
            let whole = rest.len() - usize::from(rest.len() % 4 == 1);
            let plain = BASE64.decode(&rest[..whole]);
            plain.is_ok_and(|plain| self.are_within(&plain, depth))
        })
    }
}

/// The runs of characters of either alphabet that are long enough.
fn runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    bytes.split(move |byte| !is_base64(byte)).filter(|run| run.len() >= RUN_MIN)
}

/// A character of the alphabet for addresses as the standard one has it.
fn standard(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    }
}

/// The bytes with every escape of JSON resolved; `None` where there is none.
///
/// What is no escape is left as it is: the bytes were refused, so they may be anything.
fn unescaped(bytes: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'\\', bytes)?;
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let resolved = if *first == b'\\' { escape(after) } else { None };
        match resolved {
            Some((c, after)) => {
                plain.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = after;
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    (plain != bytes).then_some(plain)
}

/// The character that an escape stands for, and what follows it.
fn escape(after: &[u8]) -> Option<(char, &[u8])> {
    let (kind, rest) = after.split_first()?;
    let c = match kind {
        b'"' | b'\\' | b'/' => char::from(*kind),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unit(rest),
        _ => return None,
    };
    Some((c, rest))
}

/// The character of `XXXX`, or of a surrogate pair. Half of a pair is U+FFFD.
fn unit(rest: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = hex(rest)?;
    let second = rest.strip_prefix(b"\\u").and_then(hex);
    if let Some((second, after)) = second
        && let Some(Ok(c)) = char::decode_utf16([first, second]).next()
        && c.len_utf16() == 2
    {
        return Some((c, after));
    }
    Some((char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER), rest))
}

fn hex(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = bytes.split_first_chunk::<4>()?;
    let digits = std::str::from_utf8(digits).ok()?;
    // `from_str_radix` takes a sign too.
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten().map(|unit| (unit, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

    fn is_in(name: &str, input: &[u8]) -> bool {
        Names::new(&[PlatformId::new(name).unwrap()]).are_in(input)
    }

    #[track_caller]
    fn found(name: &str, input: impl AsRef<[u8]>) {
        let input = input.as_ref();
        assert!(is_in(name, input), "{name} in {}", String::from_utf8_lossy(input));
    }

    #[track_caller]
    fn absent(name: &str, input: impl AsRef<[u8]>) {
        let input = input.as_ref();
        assert!(!is_in(name, input), "{name} in {}", String::from_utf8_lossy(input));
    }

    /// Every character as `\uXXXX`.
    fn escaped(text: &str) -> String {
        text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect()
    }

    #[test]
    fn a_name_is_found_as_it_is_and_in_every_escape() {
        let address = "https://x.example/people/1";
        found(address, r#"{"account":"https://x.example/people/1""#);
        found(address, r#"{"account":"https:\/\/x.example\/people\/1""#);
        found(address, r#"{"account":"https:\u002f\u002Fx.example/people/1""#);
        absent(address, r#"{"account":"https://x.example/people/2""#);
        found("a&b", r#"{"account":"a\u0026b""#);
        found("o'hara", r#"{"account":"o\u0027hara""#);
        found("a\"b\\c", r#"{"account":"a\"b\\c""#);
        for name in ["amal", "أمل", "kettle🫖"] {
            found(name, escaped(name));
            found(name, escaped(name).to_lowercase());
            found(name, escaped(&escaped(name)));
        }
        absent("basil", escaped("amal"));
    }

    #[test]
    fn a_name_is_found_in_base64_of_either_alphabet() {
        for name in ["marked-account", "https://x.example/people/1", "a?>~b"] {
            // At each place within a group of three bytes.
            for before in ["", "x", "xy"] {
                let json = format!(r#"{before}{{"account":"{name}","text":"??>>~~"}}"#);
                for run in [
                    STANDARD.encode(&json),
                    STANDARD_NO_PAD.encode(&json),
                    URL_SAFE_NO_PAD.encode(&json),
                ] {
                    found(name, format!(r#"{{"data_base64":"{run}"}}"#));
                    let slashed = run.replace('/', "\\/");
                    found(name, format!(r#"{{"body_base64":"{slashed}"}}"#));
                    found(name, format!("account-{run}"));
                    let within = STANDARD.encode(format!(r#"{{"data_base64":"{run}"}}"#));
                    found(name, format!(r#"{{"body_base64":"{within}"}}"#));
                    absent("somebody-else", format!(r#"{{"data_base64":"{run}"}}"#));
                }
            }
        }
        let json = STANDARD.encode(r#"{"account":"https:\/\/x.example\/people\/1"}"#);
        found("https://x.example/people/1", json);
        found("o'hara", STANDARD.encode("o'hara"));
        found("amal", STANDARD.encode("amal"));
    }

    #[test]
    fn what_is_no_escape_is_passed_over() {
        for input in ["\\", "\\u", "\\u12", "\\u+123x", "\\q", "\\ud83e", "\\ud83e\\u0041", "\\\\"]
        {
            absent("nobody", input);
            found("amal", format!("{input}\\u0061mal"));
        }
        assert_eq!(unescaped(b"plain"), None);
        assert_eq!(unescaped(br"\ud83e\u0041"), Some("\u{fffd}A".into()));
        assert_eq!(unescaped(br"\u+123"), None);
    }

    #[test]
    fn bytes_made_to_nest_end() {
        let mut nested = b"amal".to_vec();
        for _ in 0..20 {
            nested = STANDARD.encode(&nested).into_bytes();
        }
        absent("amal", &nested);
        absent("nobody", vec![b'V'; 64 * 1024]);
        absent("nobody", vec![b'\\'; 64 * 1024]);
    }
}
