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
//! meaning, and `tests/journal_v1.jsonl` is opened by a test forever.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Position, Timestamp};

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

/// Whether replay is told an entry or must find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Told: the pipeline cannot derive it.
    Input,
    /// Found: the pipeline derives it from the log and the inputs.
    Derived,
}

/// What an entry says. The first part are inputs, the second derived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    /// Input: a span of one build begins; what was derived so far is taken as it stands.
    SpanStarted {
        /// The build that derives from here on.
        build: String,
        /// Why a new span begins.
        reason: SpanReason,
    },
    /// Input: a version of knowledge becomes active.
    KnowledgeActivated {
        /// Which knowledge, such as `constants`.
        name: String,
        /// Its version, from 1.
        version: u64,
        /// What it gained: name and value.
        added: BTreeMap<String, i64>,
        /// What it lost, by name.
        withdrawn: Vec<String>,
        /// SHA-256 of the whole resulting version, hexadecimal.
        hash: String,
    },
    /// Input: time passed and something was due.
    Tick,
    /// Input: a file or stream was taken in, to its end or to an interruption.
    Imported {
        /// Own number of the import.
        import: u64,
        /// Format of the source, such as `jetstream_v1`.
        format: String,
        /// Whether its end was reached.
        complete: bool,
        /// Events appended.
        accepted: u64,
        /// Events seen before, with the same bytes.
        duplicates: u64,
        /// Messages that have no meaning here, such as a block list, by name.
        ignored: BTreeMap<String, u64>,
        /// Inputs refused, by code.
        rejected: BTreeMap<String, u64>,
    },
    /// Input: somebody asked that an account's content be erased.
    ErasureAsked {
        /// Own id of the account.
        account: u64,
    },
    /// Input: the keys of these accounts were destroyed.
    Erased {
        /// Own ids of the accounts.
        accounts: Vec<u64>,
        /// Rejected inputs destroyed with them.
        rejects: u64,
    },
    /// Input: whole files of the log passed their retention and were destroyed.
    LogDropped {
        /// First position destroyed.
        first: u64,
        /// Last position destroyed.
        last: u64,
    },
    /// Input: a replay was run and compared.
    ReplayVerified {
        /// First position replayed.
        first: u64,
        /// Last position replayed.
        last: u64,
        /// Derived entries compared.
        entries: u64,
        /// Derived entries that differed, were missing, or were too many.
        differences: u64,
        /// Spans of positions that could not be verified, because content was erased.
        unverifiable: Vec<(u64, u64)>,
    },
    /// Input: Seawall failed on this event; the pipeline passes over it.
    SetAside {
        /// Its position.
        position: u64,
    },
    /// Derived: commits the journal to the events of a hand-over.
    LogSealed {
        /// First position covered.
        first: u64,
        /// Last position covered.
        last: u64,
        /// SHA-256 over the events' commitments in order, hexadecimal.
        digest: String,
    },
    /// Derived: what was counted in one hour of event time, once it can change no more.
    HourCounted {
        /// The hour's first moment.
        #[serde(with = "rfc3339")]
        hour: Timestamp,
        /// Events by kind.
        events: BTreeMap<String, u64>,
        /// Signals by name: how many had a value, how many were Unknown.
        signals: BTreeMap<String, SignalCount>,
        /// Events of earlier hours that came after their hour was counted.
        late: u64,
        /// Traces summarised to make room.
        traces_dropped: u64,
        /// Accounts summarised to make room.
        accounts_dropped: u64,
    },
    /// Derived: a wave began.
    WaveOpened {
        /// Its own id.
        wave: String,
        /// The burst that opened it.
        burst: BurstSeen,
        /// Position of the field event it rides, where one is known.
        field_event: Option<u64>,
    },
    /// Derived: another burst joined an open wave.
    WaveJoined {
        /// The wave's own id.
        wave: String,
        /// The burst that joined.
        burst: BurstSeen,
        /// Accounts it shares with the wave, among those sampled.
        shared_accounts: u64,
    },
    /// Derived: a wave ended, because the last of its bursts did.
    WaveClosed {
        /// The wave's own id.
        wave: String,
        /// The last hour above the baseline.
        #[serde(with = "rfc3339")]
        last_hour: Timestamp,
        /// Posts in its bursts, counted once per burst.
        posts: u64,
        /// Most posts in one hour of one burst.
        peak: u64,
        /// Bursts it was made of.
        bursts: u64,
    },
}

/// Why a span begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanReason {
    /// The data folder was made.
    FolderMade,
    /// Another build took over.
    BuildChanged,
    /// The state was lost and built again across erased content.
    StateRebuilt,
}

/// How often a signal had a value and how often it was Unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalCount {
    /// Observations with a value.
    pub known: u64,
    /// Observations that rest on something missing.
    pub unknown: u64,
}

/// A burst of one trace, as the journal tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BurstSeen {
    /// Kind of the trace, such as `hashtag`.
    pub trace_kind: String,
    /// Keyed hash of the trace.
    pub trace: String,
    /// The hour it rose above its baseline.
    #[serde(with = "rfc3339")]
    pub hour: Timestamp,
    /// Posts in that hour when it was found.
    pub count: u64,
    /// Posts expected in that hour, in thousandths.
    pub expected_milli: u64,
    /// Most posts the baseline interval allows.
    pub upper: u64,
    /// Accounts seen in it so far, estimated.
    pub accounts: u64,
    /// Own ids of some of them, sorted.
    pub account_sample: Vec<u64>,
    /// Positions of some of its posts, by which its name can be looked up.
    pub positions: Vec<u64>,
}

impl Body {
    /// Whether replay is told this entry or must find it.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::SpanStarted { .. }
            | Self::KnowledgeActivated { .. }
            | Self::Tick
            | Self::Imported { .. }
            | Self::ErasureAsked { .. }
            | Self::Erased { .. }
            | Self::LogDropped { .. }
            | Self::ReplayVerified { .. }
            | Self::SetAside { .. } => Class::Input,
            Self::LogSealed { .. }
            | Self::HourCounted { .. }
            | Self::WaveOpened { .. }
            | Self::WaveJoined { .. }
            | Self::WaveClosed { .. } => Class::Derived,
        }
    }

    /// Its stable name: the `type` of the written form.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SpanStarted { .. } => "span_started",
            Self::KnowledgeActivated { .. } => "knowledge_activated",
            Self::Tick => "tick",
            Self::Imported { .. } => "imported",
            Self::ErasureAsked { .. } => "erasure_asked",
            Self::Erased { .. } => "erased",
            Self::LogDropped { .. } => "log_dropped",
            Self::ReplayVerified { .. } => "replay_verified",
            Self::SetAside { .. } => "set_aside",
            Self::LogSealed { .. } => "log_sealed",
            Self::HourCounted { .. } => "hour_counted",
            Self::WaveOpened { .. } => "wave_opened",
            Self::WaveJoined { .. } => "wave_joined",
            Self::WaveClosed { .. } => "wave_closed",
        }
    }
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

    /// The fixture of version 1. It is never changed; a new version adds a file.
    #[test]
    fn the_fixture_of_version_1_opens_and_chains() {
        let fixture = include_str!("../tests/journal_v1.jsonl");
        let mut hash = CHAIN_START;
        let mut names = Vec::new();
        for line in fixture.lines() {
            let entry = Entry::from_bytes(line.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(entry.to_bytes()).unwrap(), line, "canonical form");
            hash = chain(&hash, line.as_bytes());
            names.push(entry.body.name());
        }
        insta::assert_snapshot!(format!("{}\n{}", hex(&hash), names.join("\n")));
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
