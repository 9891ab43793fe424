//! The configuration file `seawall.toml`: typed, with units, unknown keys refused.
//!
//! Leaves out rules, policies and thresholds of detectors: those are knowledge, kept in
//! the journal and changed by an input.

mod check;
pub mod media;
mod rates;
mod schema;
mod sessions;

use std::path::Path;

use schemars::JsonSchema;
use seawall_model::Limits;
use serde::{Deserialize, Serialize};

use self::media::{MediaConfig, MediaConfigError};
pub use check::{Finding, Weight, check};
pub use rates::RatesConfig;
pub use schema::{Key, keys, schema, table};
pub use sessions::SessionsConfig;

use crate::deliver::DeliverConfig;

/// Everything that can be configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The event log.
    pub log: LogConfig,
    /// Refused inputs.
    pub rejects: RejectsConfig,
    /// Snapshots of the state.
    pub snapshots: SnapshotsConfig,
    /// The disk.
    pub disk: DiskConfig,
    /// Bounds on one event.
    pub limits: LimitsConfig,
    /// The server.
    pub serve: ServeConfig,
    /// How long people and links are let in for.
    pub sessions: SessionsConfig,
    /// Delivery of actions to the platform.
    pub deliver: DeliverConfig,
    /// Media.
    pub media: MediaConfig,
}

/// The server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// Address and port to listen at. Default 127.0.0.1:8640; port 0 takes a free one.
    /// Anything but the loopback address wants a proxy with TLS before it.
    pub listen: std::net::SocketAddr,
    /// Connections at once. Default 512. Raising it takes about 50 KiB each, and as much again
    /// as they send.
    pub connections_max: usize,
    /// Seconds in which the head of a request must have come. Default 10.
    pub header_seconds_max: u64,
    /// Seconds in which a request must be answered. Default 30.
    pub request_seconds_max: u64,
    /// Bytes of a body, media aside. Default 8,388,608. Raising it lets each connection take
    /// more memory.
    pub body_bytes_max: usize,
    /// What the platform can do with what is restricted: `reach` if it can show it less,
    /// `publication` if it can only keep it back. Default `reach`.
    pub restricts: Restricts,
    /// The address by which the public reaches this server, such as
    /// `https://seawall.platform.example`: links to appeal begin with it. Default none: the
    /// platform is told the token alone, and makes links of its own.
    pub public_url: Option<String>,
    /// How much one caller may ask for.
    pub rates: RatesConfig,
}

/// What a platform can do with what is restricted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Restricts {
    /// Show it to fewer.
    #[default]
    Reach,
    /// Keep it back.
    Publication,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 8640)),
            connections_max: 512,
            header_seconds_max: 10,
            request_seconds_max: 30,
            body_bytes_max: 8 * 1024 * 1024,
            restricts: Restricts::Reach,
            public_url: None,
            rates: RatesConfig::default(),
        }
    }
}

/// The event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Days after its arrival that an event is destroyed, in whole files. Default 180.
    /// Raising it keeps people's content longer and takes more disk.
    pub retention_days: u32,
    /// Events in one file of the log. Default 1,000,000. Raising it makes retention
    /// coarser and takes about 50 bytes of memory for each.
    pub segment_events_max: u64,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { retention_days: 180, segment_events_max: 1_000_000 }
    }
}

/// Refused inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RejectsConfig {
    /// Days that a refused input is kept. Default 7. Raising it keeps unclassified
    /// content longer.
    pub retention_days: u32,
}

impl Default for RejectsConfig {
    fn default() -> Self {
        Self { retention_days: 7 }
    }
}

/// Snapshots of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SnapshotsConfig {
    /// Events between two snapshots. Default 2,000,000. Raising it makes a start after
    /// a crash slower and running a little cheaper.
    pub every_events: u64,
}

impl Default for SnapshotsConfig {
    fn default() -> Self {
        Self { every_events: 2_000_000 }
    }
}

/// The disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DiskConfig {
    /// Free space below which `doctor` warns, in MiB. Default 1,024. Raising it warns
    /// earlier.
    pub free_mib_min: u64,
}

impl Default for DiskConfig {
    fn default() -> Self {
        Self { free_mib_min: 1_024 }
    }
}

/// Bounds on one event; what exceeds them is refused with the name of the bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Bytes of one event, line, or row. Default 262,144. Raising any of these lets one
    /// hostile event take more memory.
    pub event_bytes_max: usize,
    /// Nesting of JSON. Default 32.
    pub depth_max: usize,
    /// Bytes of one text. Default 65,536.
    pub text_bytes_max: usize,
    /// Bytes of one short text, such as a name or a link. Default 4,096.
    pub short_text_bytes_max: usize,
    /// Elements of one list. Default 256.
    pub list_items_max: usize,
    /// Unknown fields kept of one object. Default 256.
    pub extra_fields_max: usize,
    /// Columns of one row. Default 1,024.
    pub columns_max: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            event_bytes_max: limits.event_bytes_max,
            depth_max: limits.depth_max,
            text_bytes_max: limits.text_bytes_max,
            short_text_bytes_max: limits.short_text_bytes_max,
            list_items_max: limits.list_items_max,
            extra_fields_max: limits.extra_fields_max,
            columns_max: limits.columns_max,
        }
    }
}

impl LimitsConfig {
    /// The bounds as the decoders take them.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            event_bytes_max: self.event_bytes_max,
            depth_max: self.depth_max,
            text_bytes_max: self.text_bytes_max,
            short_text_bytes_max: self.short_text_bytes_max,
            list_items_max: self.list_items_max,
            extra_fields_max: self.extra_fields_max,
            columns_max: self.columns_max,
            ..Limits::default()
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a configuration; the words name line, key and what was expected.
    #[error("{path} is not a configuration")]
    Malformed {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Media are not configured soundly.
    #[error("{path}")]
    Media {
        /// The file.
        path: String,
        /// What is wrong.
        #[source]
        source: MediaConfigError,
    },
    /// A value is out of its range.
    #[error("{path}: {key} must be at least 1")]
    Zero {
        /// The file.
        path: String,
        /// The key.
        key: &'static str,
    },
}

impl Config {
    /// Reads a configuration file; the defaults where none is named.
    ///
    /// # Errors
    /// [`ConfigError`] with the file and what is wrong.
    pub fn read(path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Io { path: shown.clone(), source })?;
        let config: Self = toml::from_str(&text).map_err(|source| ConfigError::Malformed {
            path: shown.clone(),
            source: Box::new(source),
        })?;
        config.media.check().map_err(|source| {
            let path = shown.clone();
            ConfigError::Media { path, source }
        })?;
        match config.zeros().first() {
            Some(key) => Err(ConfigError::Zero { path: shown, key }),
            None => Ok(config),
        }
    }

    /// The keys that are 0 and must not be.
    fn zeros(&self) -> Vec<&'static str> {
        let limits = &self.limits;
        let least_one = [
            ("log.retention_days", u64::from(self.log.retention_days)),
            ("log.segment_events_max", self.log.segment_events_max),
            ("rejects.retention_days", u64::from(self.rejects.retention_days)),
            ("snapshots.every_events", self.snapshots.every_events),
            ("serve.connections_max", self.serve.connections_max as u64),
            ("serve.header_seconds_max", self.serve.header_seconds_max),
            ("serve.request_seconds_max", self.serve.request_seconds_max),
            ("serve.body_bytes_max", self.serve.body_bytes_max as u64),
            ("limits.event_bytes_max", limits.event_bytes_max as u64),
            ("limits.depth_max", limits.depth_max as u64),
            ("limits.text_bytes_max", limits.text_bytes_max as u64),
            ("limits.short_text_bytes_max", limits.short_text_bytes_max as u64),
            ("limits.list_items_max", limits.list_items_max as u64),
            ("limits.columns_max", limits.columns_max as u64),
        ];
        let of_callers = self.serve.rates.values().into_iter().chain(self.sessions.values());
        let all = least_one.into_iter().chain(of_callers);
        all.filter(|(_, value)| *value == 0).map(|(key, _)| key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("seawall.toml");
        std::fs::write(&path, text).unwrap();
        let said = match Config::read(Some(&path)) {
            Ok(config) => format!("{}", config.log.retention_days),
            Err(error) => format!("{:#}", anyhow::Error::from(error)),
        };
        assert!(said.contains(expect), "{said}");
    }

    #[test]
    fn keys_have_defaults_and_unknown_ones_are_refused() {
        check("", "180");
        check("[log]\nretention_days = 30", "30");
        check("[log]\nretention = 30", "unknown field `retention`");
        check("[log]\nretention_days = 0", "log.retention_days must be at least 1");
        check("[log]\nretention_days = \"x\"", "line 2");
        check("[limits]\nevent_bytes_max = 1000", "180");
        check("[limits]\nevent_bytes = 1000", "unknown field `event_bytes`");
    }
}
