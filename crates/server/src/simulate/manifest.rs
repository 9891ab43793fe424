//! What is kept beside a world's files: how far they reach, and in the end what they hold.
//!
//! Converted by hand, as every format that others read.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::write::{Failed, io};

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulated {
    /// Which world: everything that its bytes depend on, as an object of JSON.
    pub world: Value,
    /// Events of each kind.
    pub events: BTreeMap<String, u64>,
    /// Lines of truth.
    pub truths: u64,
    /// Accounts there are and have been.
    pub accounts: u64,
    /// Pictures written as files; `None` if they were not asked for.
    pub pictures: Option<u64>,
    /// SHA-256 of each file; none before the world's end.
    pub sha256: BTreeMap<String, String>,
}

impl Simulated {
    /// Whether the world's end was reached.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.sha256.is_empty()
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "world": self.world, "events": self.events, "truths": self.truths,
            "accounts": self.accounts, "pictures": self.pictures, "sha256": self.sha256,
        })
    }

    pub(super) fn from_json(value: &Value) -> Option<Self> {
        let sums = value["sha256"].as_object()?.iter();
        let sums = sums.map(|(name, sum)| Some((name.clone(), sum.as_str()?.to_owned())));
        Some(Self {
            world: value["world"].clone(),
            events: counts(value["events"].as_object()?)?,
            truths: value["truths"].as_u64()?,
            accounts: value["accounts"].as_u64()?,
            pictures: value["pictures"].as_u64(),
            sha256: sums.collect::<Option<_>>()?,
        })
    }
}

/// How far a run has come: the last day that is whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Reached {
    pub world: Value,
    pub hours: u32,
    pub events_bytes: u64,
    pub truth_bytes: u64,
    pub events: BTreeMap<String, u64>,
    pub truths: u64,
    /// Pictures written as files; `None` if they were not asked for.
    pub pictures: Option<u64>,
}

impl Reached {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "world": self.world, "hours": self.hours, "events_bytes": self.events_bytes,
            "truth_bytes": self.truth_bytes, "events": self.events, "truths": self.truths,
            "pictures": self.pictures,
        })
    }

    pub(super) fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            world: value["world"].clone(),
            hours: u32::try_from(value["hours"].as_u64()?).ok()?,
            events_bytes: value["events_bytes"].as_u64()?,
            truth_bytes: value["truth_bytes"].as_u64()?,
            events: counts(value["events"].as_object()?)?,
            truths: value["truths"].as_u64()?,
            pictures: value["pictures"].as_u64(),
        })
    }
}

fn counts(object: &Map<String, Value>) -> Option<BTreeMap<String, u64>> {
    object.iter().map(|(name, count)| Some((name.clone(), count.as_u64()?))).collect()
}

/// A file of JSON, if it is there and whole.
pub(super) fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Writes a file of JSON whole or not at all.
pub(super) fn save(path: &Path, value: &Value) -> Result<(), Failed> {
    let draft = path.with_extension("new");
    std::fs::write(&draft, format!("{value:#}\n")).map_err(io(&draft))?;
    File::open(&draft).and_then(|file| file.sync_all()).map_err(io(&draft))?;
    std::fs::rename(&draft, path).map_err(io(path))
}
