//! Real shapes of input, with exact counts of what becomes of each record.

mod broken;
mod cloudevents;
mod jetstream;
mod stream;
mod table;

use std::collections::BTreeMap;

use crate::stage::Stage;

/// Totals of a tide, by kind of event.
fn totals(stage: &Stage) -> BTreeMap<String, u64> {
    let tide = stage.seawall(&["tide", "--json"]).ended(0).json();
    let mut totals = BTreeMap::new();
    for bucket in tide["buckets"].as_array().unwrap() {
        for (kind, count) in bucket["events"].as_object().unwrap() {
            *totals.entry(kind.clone()).or_insert(0) += count.as_u64().unwrap();
        }
    }
    totals
}

/// The events that the journal counted as late.
pub fn late(stage: &Stage) -> u64 {
    let entries = stage.journal("seawall-data");
    let entries = entries.iter().map(|line| serde_json::from_str(line).unwrap());
    entries.filter_map(|entry: serde_json::Value| entry["late"].as_u64()).sum()
}
