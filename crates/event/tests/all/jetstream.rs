//! Jetstream: what each message means, and that both versions mean the same.

use seawall_event::Format;
use seawall_model::Limits;

use crate::{shown, shown_lines};

const V1: &str = include_str!("../data/jetstream_v1.jsonl");
const V2: &str = include_str!("../data/jetstream_v2.jsonl");

/// Messages at the start of both files that tell the same.
const SAME: usize = 26;

#[test]
fn messages_of_version_1_have_their_meaning() {
    insta::assert_snapshot!(shown_lines(V1, Format::JetstreamV1));
}

#[test]
fn both_versions_of_a_message_have_the_same_bytes() {
    let limits = Limits::default();
    let mut compared = 0;
    for (v1, v2) in V1.lines().zip(V2.lines()).take(SAME) {
        let one = shown(v1.as_bytes(), Format::JetstreamV1, &limits);
        assert_eq!(one, shown(v2.as_bytes(), Format::JetstreamV2, &limits));
        assert!(!one.starts_with("refused"), "{one}");
        compared += 1;
    }
    assert_eq!(compared, SAME);
}

#[test]
fn what_only_version_2_says_is_counted_by_name() {
    let rest: Vec<&str> = V2.lines().skip(SAME).collect();
    insta::assert_snapshot!(shown_lines(&rest.join("\n"), Format::JetstreamV2));
}

/// A commit of version 1 with this record.
fn commit(collection: &str, record: &str) -> String {
    format!(
        r#"{{"did":"did:plc:k","time_us":1779719009132431,"kind":"commit","commit":{{"rev":"r","operation":"create","collection":"{collection}","rkey":"k","record":{record},"cid":"c"}}}}"#
    )
}

fn check(input: &str, expect: &str) {
    let done = shown(input.as_bytes(), Format::JetstreamV1, &Limits::default());
    assert_eq!(done.split(" (").next().unwrap(), expect, "{input}");
}

#[test]
fn a_record_cannot_pass_its_fields_for_ours() {
    let head = r#"{"v":1,"type":"post.created","id":"did:plc:k/r/app.bsky.feed.post/k/create","at":"2026-05-25T14:23:29.132431Z","account":"did:plc:k","post":{"id":"at://did:plc:k/app.bsky.feed.post/k""#;
    check(
        &commit("app.bsky.feed.post", r#"{"id":"x","media":5,"cid":"y","reply_to":[]}"#),
        &format!(r#"{head},"cid":"c","record":{{"cid":"y","id":"x","media":5,"reply_to":[]}}}}}}"#),
    );
    check(&commit("app.bsky.feed.post", "{}"), &format!(r#"{head},"cid":"c"}}}}"#));
}

#[test]
fn hostile_records_are_refused_where_they_are_wrong() {
    let post = |record: &str| commit("app.bsky.feed.post", record);
    let at = "refused invalid: /commit/record";
    check(&post(r#"{"facets":{}}"#), &format!("{at}/facets: expected an array, found an object"));
    check(
        &post(r#"{"facets":[{"features":[5]}]}"#),
        &format!("{at}/facets/0/features/0: expected an object, found a number"),
    );
    check(
        &post(r#"{"embed":{"$type":"app.bsky.embed.images","images":7}}"#),
        &format!("{at}/embed/images: expected an array, found a number"),
    );
    check(&post("[]"), &format!("{at}: expected an object, found an array"));
    let feature = r##"{"$type":"app.bsky.richtext.facet#tag","tag":"t@"}"##;
    let features = |from: usize| -> String {
        let tags: Vec<String> =
            (from..from + 200).map(|i| feature.replace('@', &i.to_string())).collect();
        tags.join(",")
    };
    let many = format!(
        r#"{{"facets":[{{"features":[{}]}},{{"features":[{}]}}]}}"#,
        features(0),
        features(200)
    );
    check(
        &post(&many),
        "refused too_large: /commit/record/facets/1/features/56: the post has more than 256 of these",
    );
}

#[test]
fn names_of_ignored_messages_are_short_and_clean() {
    let long = format!("example.{}\u{7}é", "k".repeat(200));
    let done = shown(
        commit(&long.replace('\u{7}', "\\u0007"), "{}").as_bytes(),
        Format::JetstreamV1,
        &Limits::default(),
    );
    assert_eq!(done.strip_prefix("ignored ").unwrap().len(), 128);
    check(&commit("a\\u0007b", "{}"), "ignored a\u{fffd}b");
}

#[test]
fn an_id_too_long_for_us_is_hashed_and_stays_its_own() {
    let long = |last: &str| {
        let commit = commit("app.bsky.actor.profile", "{}");
        commit.replace(r#""rev":"r""#, &format!(r#""rev":"{}{last}""#, "r".repeat(600)))
    };
    let id = |message: &str| {
        let done = shown(message.as_bytes(), Format::JetstreamV1, &Limits::default());
        done.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert!(id(&long("a")).starts_with("jetstream:"));
    assert_eq!(id(&long("a")), id(&long("a")));
    assert_ne!(id(&long("a")), id(&long("b")));
}
