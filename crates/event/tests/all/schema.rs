//! The published schema says what the reader does.

use seawall_event::{Decoded, Format, decode, encode, schema};
use seawall_model::Limits;
use serde_json::Value;

const PUBLISHED: &str = include_str!("../../../../docs/reference/event.schema.json");

#[test]
fn the_published_schema_is_the_present_one() {
    let written = format!("{:#}\n", schema());
    if std::env::var_os("SEAWALL_UPDATE").is_some() {
        std::fs::write("../../docs/reference/event.schema.json", &written).unwrap();
    }
    assert!(PUBLISHED == written, "run this test with SEAWALL_UPDATE=1 to write it");
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    let mut taken = 0;
    for (file, format) in [
        (include_str!("../data/canonical.jsonl"), Format::Canonical),
        (include_str!("../data/jetstream_v1.jsonl"), Format::JetstreamV1),
        (include_str!("../data/cloudevents.jsonl"), Format::CloudEvent),
    ] {
        for line in file.lines() {
            let Ok(Decoded::Event(event)) = decode(line.as_bytes(), format, &Limits::default())
            else {
                continue;
            };
            let value: Value = serde_json::from_slice(&encode(&event)).unwrap();
            let fault = schema.validate(&value).err().map(|e| e.to_string());
            assert_eq!(fault, None, "{value}");
            if format == Format::Canonical {
                let value: Value = serde_json::from_str(line).unwrap();
                assert!(schema.is_valid(&value), "{line}");
            }
            taken += 1;
        }
    }
    assert!(taken > 40, "{taken}");
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    for line in include_str!("../data/canonical_refused.jsonl").lines() {
        // Half a surrogate pair and a time without a zone are beyond a schema.
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        if line.contains("\"at\":\"2026-03-01T00:00:00\"") {
            continue;
        }
        assert!(!schema.is_valid(&value), "{line}");
    }
}

#[test]
fn the_reference_shows_events_that_are_read() {
    let page = include_str!("../../../../docs/reference/events.md");
    let mut shown = std::collections::BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("{\"v\":1")) {
        match decode(line.as_bytes(), Format::Canonical, &Limits::default()) {
            Ok(Decoded::Event(event)) => {
                assert_eq!(String::from_utf8(encode(&event)).unwrap(), line);
                shown.insert(event.kind());
            }
            other => panic!("{line}: {other:?}"),
        }
    }
    assert_eq!(shown.len(), seawall_model::EventKind::ALL.len(), "each kind has its example");
}
