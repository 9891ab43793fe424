//! Our own JSON: what is taken, what is refused, and with which words.

use seawall_event::{Decoded, Format, decode, encode};
use seawall_model::{EventBody, Limits};

use crate::{shown, shown_lines};

const ACCEPTED: &str = include_str!("../data/canonical.jsonl");
const REFUSED: &str = include_str!("../data/canonical_refused.jsonl");

/// A post with this inside its `post` object after the id.
fn post(fields: &str) -> String {
    format!(
        r#"{{"type":"post.created","id":"e","at":"2026-03-01T00:00:00Z","account":"a","post":{{"id":"p"{fields}}}}}"#
    )
}

fn check(input: &str, expect: &str) {
    let done = shown(input.as_bytes(), Format::Canonical, &Limits::default());
    let done = done.strip_prefix("refused ").unwrap_or(&done);
    let done = done.split(" (").next().unwrap();
    assert_eq!(done, expect, "{input}");
}

#[test]
fn every_kind_has_its_canonical_line() {
    insta::assert_snapshot!(shown_lines(ACCEPTED, Format::Canonical));
}

#[test]
fn a_refusal_says_where_and_what_to_do() {
    insta::assert_snapshot!(shown_lines(REFUSED, Format::Canonical));
}

#[test]
fn bytes_that_are_no_event_are_refused() {
    check("", "malformed: nothing stands here");
    check("  \n", "malformed: nothing stands here");
    check("[]", "invalid: expected an object, found an array");
    check("null", "invalid: expected an object, found null");
    check("not a message", "malformed: not JSON");
    check("\"a", "malformed: not JSON");
    check("kettle", "malformed: not JSON");
    check("{\"type\":", "malformed: not JSON: EOF while parsing a value at line 1 column 8");
    check(
        &format!("{} x", post("")),
        "malformed: not JSON: trailing characters at line 1 column 94",
    );
    let limits = Limits::default();
    let latin = decode(b"{\"id\":\"caf\xe9\"}", Format::Canonical, &limits).unwrap_err();
    assert_eq!(latin.code.as_str(), "malformed");
}

#[test]
fn spacing_and_spelling_do_not_change_the_bytes() {
    let plain = r#"{"type":"follow","id":"é","at":"2026-03-01T00:00:00Z","account":"a","follow":{"target":"b"},"x":{"k":[1,"é"]}}"#;
    let spaced = "\u{feff} { \"x\" : {\"\\u006b\":[ 1 ,\n\"\\u00e9\"] } , \"account\":\"a\",\"id\":\"\\u00e9\",\n\
                  \"at\":\"2026-03-01T03:00:00+03:00\",\"follow\":{\"withdrawn\":false,\"of\":null,\"target\":\"b\"},\"type\":\"follow\"} ";
    let limits = Limits::default();
    let plain = shown(plain.as_bytes(), Format::Canonical, &limits);
    assert_eq!(plain, shown(spaced.as_bytes(), Format::Canonical, &limits));
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let twice = "the name stands twice in its object";
    check(&post(r#","text":"a","text":"b""#), &format!("invalid: /post/text: {twice}"));
    check(&post(r#","text":"a","t\u0065xt":"a""#), &format!("invalid: /post/text: {twice}"));
    let many: String = (0..40).map(|i| format!(r#","x{i}":{i}"#)).collect();
    check(&post(&format!(r#"{many},"x7":0"#)), &format!("invalid: /post/x7: {twice}"));
    check(
        &post(r#","x/y":{"a":1,"a":1}"#),
        "invalid: /post/x~1y: a name stands twice in an object within",
    );
}

#[test]
fn limits_hold_on_every_field() {
    let limits = Limits {
        event_bytes_max: 400,
        depth_max: 3,
        text_bytes_max: 8,
        short_text_bytes_max: 4,
        list_items_max: 2,
        extra_fields_max: 1,
        engagement_count_max: 9,
        ..Limits::default()
    };
    let check = |fields: &str, expect: &str| {
        let done = shown(post(fields).as_bytes(), Format::Canonical, &limits);
        assert_eq!(done.split(" (").next().unwrap(), expect, "{fields}");
    };
    let text = "the text has 9 bytes, more than 8";
    check(r#","text":"123456789""#, &format!("refused too_large: /post/text: {text}"));
    check(r#","text":"1234567\u00e9""#, &format!("refused too_large: /post/text: {text}"));
    check(
        r#","links":["abcde"]"#,
        "refused too_large: /post/links/0: the text has 5 bytes, more than 4",
    );
    check(
        r#","tags":["a","b","c"]"#,
        "refused too_large: /post/tags: the list has more than 2 elements",
    );
    check(r#","x":1,"y":2"#, "refused too_large: /post: the object has more than 1 unknown fields");
    check(r#","x":[[1]]"#, "refused too_large: arrays and objects are nested deeper than 3");
    check(
        &format!(r#","x":"{}""#, "y".repeat(400)),
        "refused too_large: the event has 499 bytes, more than 400",
    );
    let brackets = shown(post(r#","text":"[[[[{{""#).as_bytes(), Format::Canonical, &limits);
    assert!(brackets.contains("[[[["), "brackets in a text are no depth: {brackets}");
    let many = r#"{"type":"engagement","id":"e","at":"2026-03-01T00:00:00Z","engagement":{"kind":"view","post":"p","count":10}}"#;
    let many = shown(many.as_bytes(), Format::Canonical, &limits);
    assert!(many.contains("/engagement/count: the count is not from 1 to 9"), "{many}");
}

#[test]
fn deep_nesting_is_refused_and_never_overflows() {
    let deep = |depth: usize| format!(",\"x\":{}{}", "[".repeat(depth), "]".repeat(depth));
    check(&post(&deep(100_000)), "too_large: arrays and objects are nested deeper than 32");
    let limits = Limits { depth_max: usize::MAX, event_bytes_max: usize::MAX, ..Limits::default() };
    let done = shown(post(&deep(100_000)).as_bytes(), Format::Canonical, &limits);
    assert!(done.starts_with("{\"v\":1"), "an operator may allow it");
}

#[test]
fn nul_and_half_pairs_stay_readable_in_texts() {
    let text = |fields: &str| {
        let limits = Limits::default();
        match decode(post(fields).as_bytes(), Format::Canonical, &limits).unwrap() {
            Decoded::Event(event) => match event.body {
                EventBody::PostCreated(post) => post.text.unwrap(),
                other => panic!("{other:?}"),
            },
            Decoded::Ignored(name) => panic!("{name}"),
        }
    };
    assert_eq!(&*text(r#","text":"a\u0000b""#), "a\0b");
    assert_eq!(&*text(r#","text":"\ud83e\uded6 \ud83e""#), "🫖 \u{fffd}");
    check(
        &post(r#","reply_to":"p\ud800""#),
        "invalid: /post/reply_to: the text has half of a surrogate pair",
    );
    check(
        &post(r#","reply_to":"p\u0000""#),
        "invalid: /post/reply_to: the id has a control character",
    );
}

#[test]
fn a_refusal_never_repeats_content() {
    let secret = "wobbly";
    for input in [
        post(&format!(r#","claimed_at":"{secret}""#)),
        post(&format!(r#","media":[{{"pdq":"{secret}"}}]"#)),
        post(&format!(r#","media":"{secret}""#)),
        post(&format!(r#","text":"{secret}" "#)).replace("}}", "}"),
        format!(r#"{{"type":"{secret}"}}"#),
        format!(r#"{{"v":"{secret}"}}"#),
        format!("\"{secret}\""),
    ] {
        let refused = decode(input.as_bytes(), Format::Canonical, &Limits::default()).unwrap_err();
        assert!(!refused.to_string().contains(secret), "{refused}");
    }
}

#[test]
fn encoding_again_changes_nothing() {
    let limits = Limits::default();
    for line in ACCEPTED.lines() {
        let once = shown(line.as_bytes(), Format::Canonical, &limits);
        let Ok(Decoded::Event(event)) = decode(once.as_bytes(), Format::Canonical, &limits) else {
            panic!("{once}");
        };
        assert_eq!(String::from_utf8(encode(&event)).unwrap(), once);
    }
}
