//! CloudEvents as PyPI's `cloudevents` writes them: every mode, and the events equal those
//! that were put in.

use std::collections::BTreeMap;
use std::process::Command;

use seawall_model::Position;
use seawall_store::{Access, Content, Folder};
use serde_json::Value;

use crate::stage::{Stage, repository};

/// Events that the script makes in each mode.
const EVENTS_PER_MODE: u64 = 60;
const MODES: [&str; 5] = ["structured", "recorded", "binary", "kafka", "batch"];

/// Runs the library, which is no part of this repository.
fn make(stage: &Stage) {
    let python = repository().join(".venv/bin/python");
    assert!(
        python.exists(),
        "{} is not there: run `make setup`, which installs what tests need",
        python.display()
    );
    let script = repository().join("crates/server/tests/cloudevents/make.py");
    let output = Command::new(python).arg(script).arg(stage.path(".")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The events of the log, by id.
fn kept(stage: &Stage) -> BTreeMap<String, Value> {
    let mut chance = seawall_server::chance::source(None);
    let folder = Folder::open(&stage.path("seawall-data"), Access::Read, &mut *chance).unwrap();
    let mut reader = folder.log_reader().unwrap();
    let stored = reader.chunk(Position::START, Position(u64::MAX), 10_000).unwrap();
    by_id(stored.iter().map(|stored| match &stored.content {
        Content::Bytes(bytes) => std::str::from_utf8(bytes).unwrap(),
        Content::Erased => panic!("nothing was erased"),
    }))
}

fn by_id<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, Value> {
    lines
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap();
            (event["id"].as_str().unwrap().to_owned(), event)
        })
        .collect()
}

#[test]
fn what_the_library_writes_is_read_as_it_was_meant() {
    let stage = Stage::new();
    make(&stage);
    for mode in MODES {
        let said = stage.still(&["import", &format!("{mode}.json")]).ended(0);
        said.counted(&[("accepted", EVENTS_PER_MODE)]);
        assert!(said.out.contains("(cloudevents)"), "{}", said.out);
    }
    let sent = std::fs::read_to_string(stage.path("sent.jsonl")).unwrap();
    let (sent, kept) = (by_id(sent.lines()), kept(&stage));
    assert_eq!(sent.len() as u64, EVENTS_PER_MODE * MODES.len() as u64);
    for (id, event) in &sent {
        assert_eq!(kept.get(id), Some(event), "{id}");
    }
    assert_eq!(sent.len(), kept.len());
    for mode in MODES {
        let said = stage.still(&["import", &format!("{mode}.json")]).ended(0);
        said.counted(&[("duplicates", EVENTS_PER_MODE)]);
    }
}
