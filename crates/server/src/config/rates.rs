//! How much one caller may ask for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much one caller may ask for, of whoever it is. Two buckets each, of requests and of bytes
/// of their bodies, fill at these rates up to what `burst_seconds` bring; a request is let in while
/// both hold something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RatesConfig {
    /// Requests a second with one API key. Default 5,000: more than single events before
    /// publication come at the rate that the engine is held to. Raising it lets a machine that went wrong take more of
    /// the engine.
    pub key_requests_per_second: u32,
    /// Bytes of bodies a second with one API key. Default 67,108,864.
    pub key_bytes_per_second: u32,
    /// Requests a second of one person, over all their sessions. Default 20, which a console
    /// that looks several things up for one page does not reach. Raising it lets a stolen
    /// session read faster.
    pub person_requests_per_second: u32,
    /// Bytes of bodies a second of one person. Default 2,097,152.
    pub person_bytes_per_second: u32,
    /// Requests a second from one address (of IPv6 its first 64 bits) by whoever is not
    /// known. Default 20. Behind a proxy all of them come from the proxy's.
    pub address_requests_per_second: u32,
    /// Bytes of bodies a second from one address. Default 65,536.
    pub address_bytes_per_second: u32,
    /// Seconds of the rate that may come at once. Default 10.
    pub burst_seconds: u32,
    /// Callers that are told apart: so many known ones, and so many addresses. Default 10,000. Raising it takes
    /// about 100 bytes each; those beyond share one bucket until others have been quiet.
    pub callers_max: u32,
}

impl Default for RatesConfig {
    fn default() -> Self {
        Self {
            key_requests_per_second: 5_000,
            key_bytes_per_second: 64 * 1024 * 1024,
            person_requests_per_second: 20,
            person_bytes_per_second: 2 * 1024 * 1024,
            address_requests_per_second: 20,
            address_bytes_per_second: 64 * 1024,
            burst_seconds: 10,
            callers_max: 10_000,
        }
    }
}

impl RatesConfig {
    /// Every value with its key: each must be at least 1.
    #[must_use]
    pub fn values(&self) -> [(&'static str, u64); 8] {
        [
            ("serve.rates.key_requests_per_second", self.key_requests_per_second.into()),
            ("serve.rates.key_bytes_per_second", self.key_bytes_per_second.into()),
            ("serve.rates.person_requests_per_second", self.person_requests_per_second.into()),
            ("serve.rates.person_bytes_per_second", self.person_bytes_per_second.into()),
            ("serve.rates.address_requests_per_second", self.address_requests_per_second.into()),
            ("serve.rates.address_bytes_per_second", self.address_bytes_per_second.into()),
            ("serve.rates.burst_seconds", self.burst_seconds.into()),
            ("serve.rates.callers_max", self.callers_max.into()),
        ]
    }
}
