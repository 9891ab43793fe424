//! How long people and links are let in for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::AccessConfig;

/// How long people and links are let in for. What a password costs is not configured: it is what OWASP
/// names first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SessionsConfig {
    /// Minutes after its last use that a session ends. Default 480. Raising it leaves
    /// unattended screens open longer.
    pub idle_minutes: u16,
    /// Minutes after its beginning that a session ends, used or not. Default 720. Raising it
    /// makes a stolen one last longer.
    pub whole_minutes: u16,
    /// Minutes for which a password counts as just entered. Default 10. Raising it asks less
    /// often before grave actions.
    pub step_up_minutes: u16,
    /// Hours for which a one-time link lives. Default 24. Raising it leaves forgotten mails
    /// open longer.
    pub link_hours: u16,
    /// Minutes for which the first admin's link lives. Default 60.
    pub first_link_minutes: u16,
}

impl Default for SessionsConfig {
    fn default() -> Self {
        Self {
            idle_minutes: 480,
            whole_minutes: 720,
            step_up_minutes: 10,
            link_hours: 24,
            first_link_minutes: 60,
        }
    }
}

impl SessionsConfig {
    /// The bounds as the door takes them.
    #[must_use]
    pub fn access(&self) -> AccessConfig {
        AccessConfig {
            session_idle_s: u32::from(self.idle_minutes) * 60,
            session_s: u32::from(self.whole_minutes) * 60,
            step_up_s: u32::from(self.step_up_minutes) * 60,
            link_s: u32::from(self.link_hours) * 3_600,
            bootstrap_link_s: u32::from(self.first_link_minutes) * 60,
            ..AccessConfig::default()
        }
    }

    /// Every value with its key: each must be at least 1.
    #[must_use]
    pub fn values(&self) -> [(&'static str, u64); 5] {
        [
            ("sessions.idle_minutes", self.idle_minutes.into()),
            ("sessions.whole_minutes", self.whole_minutes.into()),
            ("sessions.step_up_minutes", self.step_up_minutes.into()),
            ("sessions.link_hours", self.link_hours.into()),
            ("sessions.first_link_minutes", self.first_link_minutes.into()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_door() {
        assert_eq!(SessionsConfig::default().access(), AccessConfig::default());
    }
}
