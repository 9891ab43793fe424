//! The journal's entries and their written form, version 1.
//!
//! An entry says what Seawall or its people did, and why. It holds own ids, numbers,
//! hashes and commitments, never content, so that erasing content never breaks the
//! chain. *Inputs* cannot be derived; *derived* entries are what the pipeline must
//! produce again, byte for byte, from the log and the inputs.
//!
//! The written form is canonical JSON (RFC 8785: keys sorted, whole numbers below
//! 2^53, no floats). The chain is `hash = SHA-256(previous hash ‖ leaf)` with
//! `leaf = SHA-256(0x00 ‖ entry)`, the leaf of RFC 6962, so a Merkle tree can be laid
//! over the same entries. The first entry's previous hash is 32 zero bytes.
//!
//! This form is read for years: fields are added, never renamed or given another
//! meaning, and the fixtures `tests/journal_v1*.jsonl` are opened by tests forever.

mod body;
mod class;
mod seen;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Position, Timestamp};

pub use body::Body;
pub use class::Class;
use seen::is_zero;
pub use seen::{
    ActionPlanned, AppealRuled, BurstSeen, Effect, EvidenceSeen, GroundSeen, Outcome, PolicyCited,
    ReasonSeen, Reconciled, Released, Ruling, Says, SignalCount, SpanReason, SubjectSeen,
    Withholding,
};

/// The version this build writes.
pub const VERSION: u32 = 1;

/// A link of the chain.
pub type ChainHash = [u8; 32];

/// What stands before the first entry.
pub const CHAIN_START: ChainHash = [0; 32];

/// Why bytes are no entry.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Not JSON, or not an entry of version 1.
    #[error("the entry cannot be read")]
    Malformed(#[source] serde_json::Error),
    /// Written by a later version of Seawall.
    #[error("the entry has version {0}, newer than {VERSION}; open it with a newer seawall")]
    Newer(u64),
}

/// One journal record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Version of the written form.
    pub v: u32,
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// The last position before it: what the log held when it was made.
    pub after: u64,
    /// `now` when it was made: never falls from one entry to the next.
    #[serde(with = "rfc3339")]
    pub at: Timestamp,
    /// What was done.
    #[serde(flatten)]
    pub body: Body,
}

impl Entry {
    /// An entry of this build's version.
    #[must_use]
    pub fn new(seq: u64, after: Position, at: Timestamp, body: Body) -> Self {
        Self { v: VERSION, seq, after: after.0, at, body }
    }

    /// The canonical bytes: what is stored, chained, and compared.
    ///
    /// # Panics
    /// Never: the types here always serialise.
    #[must_use]
    #[expect(clippy::expect_used, reason = "string keys and whole numbers always serialise")]
    pub fn to_bytes(&self) -> Vec<u8> {
        // `Value` keeps objects sorted by key, which is what RFC 8785 asks for here.
        let value = serde_json::to_value(self).expect("an entry is always JSON");
        serde_json::to_vec(&value).expect("a JSON value is always text")
    }

    /// Reads what [`Entry::to_bytes`] wrote, in this version or an earlier one.
    ///
    /// # Errors
    /// [`EntryError::Newer`] for a later version, [`EntryError::Malformed`] for the rest.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        let value: serde_json::Value =
            serde_json::from_slice(bytes).map_err(EntryError::Malformed)?;
        match value.get("v").and_then(serde_json::Value::as_u64) {
            Some(v) if v > u64::from(VERSION) => Err(EntryError::Newer(v)),
            _ => serde_json::from_value(value).map_err(EntryError::Malformed),
        }
    }
}

/// The next link of the chain.
///
/// Source of the leaf: RFC 6962 §2.1.
#[must_use]
pub fn chain(previous: &ChainHash, entry: &[u8]) -> ChainHash {
    let leaf = Sha256::new().chain_update([0]).chain_update(entry).finalize();
    Sha256::new().chain_update(previous).chain_update(leaf).finalize().into()
}

mod optional_rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::Timestamp;

    pub fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.collect_str(time),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| Timestamp::parse(&text).map_err(serde::de::Error::custom)).transpose()
    }
}

mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::Timestamp;

    pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        Timestamp::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(seq: u64) -> Entry {
        let at = Timestamp::parse("2026-03-01T00:00:00Z").unwrap();
        Entry::new(seq, Position(4), at, Body::Tick)
    }

    #[test]
    fn the_written_form_is_canonical() {
        assert_eq!(
            String::from_utf8(tick(1).to_bytes()).unwrap(),
            r#"{"after":4,"at":"2026-03-01T00:00:00Z","seq":1,"type":"tick","v":1}"#
        );
    }

    #[test]
    fn an_entry_of_a_newer_version_is_refused_by_name() {
        let bytes = br#"{"after":4,"at":"2026-03-01T00:00:00Z","seq":1,"type":"tick","v":2}"#;
        assert!(matches!(Entry::from_bytes(bytes), Err(EntryError::Newer(2))));
    }

    #[test]
    fn the_chain_depends_on_every_byte_before() {
        let first = chain(&CHAIN_START, &tick(1).to_bytes());
        let second = chain(&first, &tick(2).to_bytes());
        let other = chain(&chain(&CHAIN_START, &tick(3).to_bytes()), &tick(2).to_bytes());
        assert_ne!(second, other);
    }

    /// Opens a fixture, which is never changed: a new version adds a file.
    fn opened(fixture: &str) -> String {
        let mut hash = CHAIN_START;
        let mut names = Vec::new();
        for line in fixture.lines() {
            let entry = Entry::from_bytes(line.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(entry.to_bytes()).unwrap(), line, "canonical form");
            hash = chain(&hash, line.as_bytes());
            names.push(entry.body.name());
        }
        format!("{}\n{}", hex(&hash), names.join("\n"))
    }

    #[test]
    fn the_fixture_of_version_1_opens_and_chains() {
        insta::assert_snapshot!(opened(include_str!("../tests/journal_v1.jsonl")));
    }

    #[test]
    fn the_fixture_of_what_people_did_opens_and_chains() {
        insta::assert_snapshot!(opened(include_str!("../tests/journal_v1_people.jsonl")));
    }

    #[test]
    fn the_fixture_of_what_was_served_opens_and_chains() {
        insta::assert_snapshot!(opened(include_str!("../tests/journal_v1_served.jsonl")));
    }

    #[test]
    fn the_fixture_of_changed_posts_and_withdrawals_opens_and_chains() {
        insta::assert_snapshot!(opened(include_str!("../tests/journal_v1_changed.jsonl")));
    }

    #[test]
    fn the_fixture_of_media_opens_and_chains() {
        insta::assert_snapshot!(opened(include_str!("../tests/journal_v1_media.jsonl")));
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
