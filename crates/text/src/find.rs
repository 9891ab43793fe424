//! Hashtags and links in a text whose platform lists none.
//!
//! Leaves out mentions, bare domains and link checking: a wrong link is refused where
//! links are compared.

use std::ops::Range;

use crate::letter::is_any_mark;

/// Finds hashtags: what follows `#`, `＃` or `﹟`, without the sign, in order.
///
/// A tag is letters, digits, marks, `_` and the joiners of Persian words, with at least
/// one letter; the sign does not follow a letter, digit, `_`, `&` or `/`, and does not
/// stand in a link. Repeats are given each time. Slices of `text`, never empty.
///
/// Cost: one pass, no allocation.
pub fn tags(text: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    let mut link = next_link(text, 0);
    std::iter::from_fn(move || {
        loop {
            let sign = at + next_sign(&text[at..])?;
            while link.as_ref().is_some_and(|link| link.end <= sign) {
                link = next_link(text, sign);
            }
            if let Some(link) = link.as_ref().filter(|link| link.start <= sign) {
                at = link.end;
                continue;
            }
            let start = sign + text[sign..].chars().next().map_or(1, char::len_utf8);
            let length = text[start..].find(|c| !is_tag_part(c)).unwrap_or(text.len() - start);
            at = start + length;
            let tag = text[start..at].trim_end_matches(is_joiner);
            let stands_alone = text[..sign].chars().next_back().is_none_or(|before| {
                !(before.is_alphanumeric() || matches!(before, '_' | '&' | '/'))
            });
            if stands_alone && tag.chars().any(char::is_alphabetic) {
                return Some(tag);
            }
        }
    })
}

/// Finds http and https links, as they stand in the text, in order.
///
/// A link ends at white space, a control or bidi character, a quotation mark, an angle
/// bracket or a back-tick; punctuation at its end is not part of it, nor is a closing
/// bracket that it does not open. Repeats are given each time. Slices of `text`.
///
/// Cost: one pass, no allocation.
pub fn links(text: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let link = next_link(text, at)?;
        at = link.end;
        Some(&text[link])
    })
}

/// The byte at which the next hashtag sign stands.
fn next_sign(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    // `＃` and `﹟` both begin with EF.
    memchr::memchr2_iter(b'#', 0xEF, bytes)
        .find(|&place| bytes[place] == b'#' || text[place..].starts_with(['\u{FF03}', '\u{FE5F}']))
}

fn is_tag_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_joiner(c) || is_any_mark(c)
}

/// Zero-width joiners, which stand inside words.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// The next link that starts at `from` or later.
fn next_link(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    for colon in memchr::memmem::find_iter(&bytes[from..], "://").map(|place| place + from) {
        let Some(start) = scheme_start(bytes, from, colon) else { continue };
        let first = colon + "://".len();
        let length = text[first..].find(ends_link).unwrap_or(text.len() - first);
        let end = first + trimmed(&text[first..first + length]).len();
        if end > first {
            return Some(start..end);
        }
    }
    None
}

/// Where `http` or `https` before the colon starts, if it is a word of its own.
fn scheme_start(bytes: &[u8], from: usize, colon: usize) -> Option<usize> {
    ["https", "http"].into_iter().find_map(|scheme| {
        let start = colon.checked_sub(scheme.len()).filter(|start| *start >= from)?;
        let is_scheme = bytes[start..colon].eq_ignore_ascii_case(scheme.as_bytes());
        let is_word = start == 0 || !bytes[start - 1].is_ascii_alphanumeric();
        (is_scheme && is_word).then_some(start)
    })
}

fn ends_link(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '`' | '«' | '»' | '“' | '”' | '„')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Cuts punctuation off the end, and closing brackets that were not opened.
fn trimmed(mut link: &str) -> &str {
    let mut surplus = BRACKETS.map(|(open, close)| {
        let closed = link.matches(close).count();
        closed.saturating_sub(link.matches(open).count())
    });
    while let Some(last) = link.chars().next_back() {
        let bracket = BRACKETS.iter().position(|(_, close)| *close == last);
        match bracket.map(|place| &mut surplus[place]) {
            Some(0) => break,
            Some(left) => *left -= 1,
            None if is_punctuation(last) => {}
            None => break,
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    link
}

/// Brackets in which people put links.
const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];

fn is_punctuation(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '…' | '*' | '،' | '؛' | '؟')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check_tags(text: &str, expect: &[&str]) {
        assert_eq!(tags(text).collect::<Vec<_>>(), expect, "{text}");
    }

    fn check_links(text: &str, expect: &[&str]) {
        assert_eq!(links(text).collect::<Vec<_>>(), expect, "{text}");
    }

    #[test]
    fn tags_are_found_in_every_script_and_with_every_sign() {
        check_tags("#kettle and #Tea_2", &["kettle", "Tea_2"]);
        check_tags("اشرب #شاي_أخضر، الآن", &["شاي_أخضر"]);
        check_tags("＃やかん。 ﹟kettle", &["やかん", "kettle"]);
        check_tags("#کتاب\u{200C}ها", &["کتاب\u{200C}ها"]);
        check_tags("#شَاي", &["شَاي"]);
        check_tags("#one#two", &["one"]);
        check_tags("(#kettle)", &["kettle"]);
    }

    #[test]
    fn a_sign_that_starts_no_tag_is_passed_over() {
        check_tags("we are #1", &[]);
        check_tags("# kettle ## a&#39;b C# ", &[]);
        check_tags("https://kettle.example/#handle /#handle", &[]);
        check_tags("https://kettle.example/?q=#handle #spout", &["spout"]);
        check_tags("", &[]);
    }

    #[test]
    fn links_end_where_a_reader_would_end_them() {
        check_links("see https://kettle.example/a.", &["https://kettle.example/a"]);
        check_links("(HTTP://kettle.example/a_(b))", &["HTTP://kettle.example/a_(b)"]);
        check_links("هنا https://kettle.example/شاي، ثم", &["https://kettle.example/شاي"]);
        check_links("\u{202A}https://kettle.example\u{202C}", &["https://kettle.example"]);
        check_links("<https://kettle.example/?a=b&c=d>", &["https://kettle.example/?a=b&c=d"]);
        check_links(
            "https://a.example https://b.example/",
            &["https://a.example", "https://b.example/"],
        );
    }

    #[test]
    fn what_only_looks_like_a_link_is_passed_over() {
        check_links("ftp://kettle.example xhttp://kettle.example http:// https://... ://", &[]);
    }

    /// A pass that looked back for each bracket would take minutes here.
    #[test]
    fn a_hostile_row_of_brackets_takes_one_pass() {
        let text = format!("https://kettle.example/{}", ")".repeat(1 << 20));
        check_links(&text, &["https://kettle.example/"]);
        assert_eq!(tags(&"#".repeat(1 << 20)).count(), 0);
    }

    proptest! {
        #[test]
        fn any_text_gives_parts_of_itself(text in "\\PC*|(#|http://|[a-z/() ]|[ا-ي]){0,40}") {
            for tag in tags(&text) {
                prop_assert!(!tag.is_empty() && tag.chars().all(is_tag_part));
            }
            for link in links(&text) {
                prop_assert!(!link.contains(char::is_whitespace));
            }
        }
    }
}
