//! Reads `cases.json` and `known.txt`.
//!
//! Leaves out judging.

use std::collections::BTreeMap;

use seawall_model::Timestamp;
use seawall_rule::{Input, Sources, Value};

const CASES: &str = include_str!("cases.json");
const KNOWN: &str = include_str!("known.txt");

/// One recorded case.
pub struct Case {
    /// Its name.
    pub id: String,
    /// Where the recorded answer is bound to Python, or to a defect.
    pub tagged: bool,
    /// The rule set.
    pub sources: Sources,
    /// The event.
    pub input: Input,
    /// What Osprey said.
    pub expect: serde_json::Value,
}

impl Case {
    /// `ok`, `invalid` or `crash`.
    pub fn kind(&self) -> &str {
        self.expect["kind"].as_str().unwrap()
    }
}

/// Every recorded case.
pub fn cases() -> Vec<Case> {
    let file: serde_json::Value = serde_json::from_str(CASES).unwrap();
    file["cases"].as_array().unwrap().iter().map(read).collect()
}

fn read(case: &serde_json::Value) -> Case {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut sources = Sources::new();
    for (path, source) in case["files"].as_object().unwrap() {
        sources.insert(path, source.as_str().unwrap()).unwrap();
    }
    let event = &case["event"];
    let value = |name: &str| Value::from_json(event[name].to_string().as_bytes()).unwrap();
    let timestamp = event["timestamp"].as_str().unwrap().replace("+00:00", "Z");
    Case {
        id: text(&case["id"]),
        tagged: !case["tags"].as_array().unwrap().is_empty(),
        sources,
        input: Input {
            data: value("data"),
            secret: value("secret_data"),
            action_id: event["action_id"].as_i64().unwrap(),
            action_name: event["action_name"].as_str().unwrap().into(),
            timestamp: Timestamp::parse(&timestamp).unwrap(),
        },
        expect: case["expect"].clone(),
    }
}

/// Cases that differ, each with its reason.
pub fn known() -> BTreeMap<&'static str, &'static str> {
    let lines = KNOWN.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").unwrap()).collect()
}
