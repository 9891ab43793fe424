//! CloudEvents in their three modes.

use seawall_event::cloudevents::decode_binary;
use seawall_event::records::Shape;
use seawall_event::{Format, encode};
use seawall_model::Limits;

use crate::{shown, shown_lines, split};

const LINES: &str = include_str!("../data/cloudevents.jsonl");
const BATCH: &str = include_str!("../data/cloudevents_batch.json");

#[test]
fn structured_and_recorded_messages_become_events() {
    insta::assert_snapshot!(shown_lines(LINES, Format::CloudEvent));
}

#[test]
fn a_batch_is_cut_into_its_events() {
    let limits = Limits::default();
    let events: Vec<String> = split(BATCH.as_bytes(), Shape::Array, &limits, &[7])
        .into_iter()
        .map(|(_, _, content)| shown(&content.unwrap(), Format::CloudEvent, &limits))
        .collect();
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|event| event.starts_with("{\"v\":1,\"type\":\"post.created\"")));
}

#[test]
fn every_mode_gives_the_same_event() {
    let limits = Limits::default();
    let data = r#"{"account":"a","follow":{"target":"b"}}"#;
    let headers = [
        ("CE-Id", "e"),
        ("ce-specversion", "1.0"),
        ("ce-source", "/%D8%BA"),
        ("ce-type", "com.seawall.follow"),
        ("ce-time", "2026-03-01T00:00:00Z"),
        ("content-type", "application/json"),
    ];
    let binary = decode_binary(headers.into_iter(), data.as_bytes(), &limits).unwrap();
    let binary = String::from_utf8(encode(&binary)).unwrap();
    let structured = format!(
        r#"{{"specversion":"1.0","id":"e","source":"/غ","type":"follow","time":"2026-03-01T00:00:00Z","data":{data}}}"#
    );
    assert_eq!(binary, shown(structured.as_bytes(), Format::CloudEvent, &limits));
    let kind = [("Content-Type", "application/cloudevents+json; charset=utf-8")];
    let event = decode_binary(kind.into_iter(), structured.as_bytes(), &limits).unwrap();
    assert_eq!(binary, String::from_utf8(encode(&event)).unwrap());
}
