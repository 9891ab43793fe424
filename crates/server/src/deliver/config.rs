//! The part `[deliver]` of the configuration: where actions go, and how they are tried.
//!
//! Leaves out the secrets themselves: they are in a file of their own.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::egress::{Allowed, EgressError, Guard, Http};
use super::schedule::Schedule;
use super::signature::{SecretError, SigningSecrets};

/// Deliveries at once at most.
const AT_ONCE_MAX: usize = 64;

/// Delivery of actions to the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeliverConfig {
    /// Where the platform takes webhooks, `https`. Without it nothing is sent and all waits,
    /// except in a dry run.
    pub url: Option<String>,
    /// File with the secrets that sign: one a line, `whsec_…` for HMAC (`v1`) or `whsk_…` for
    /// Ed25519 (`v1a`). All of them sign, so that a new one can be introduced beside the old.
    /// Nobody but its owner and group may read it.
    pub secret_file: Option<PathBuf>,
    /// Hosts (`hooks.internal.example`) and networks (`10.1.0.0/16`) inside your own network
    /// that may be reached. Default none: only public addresses are. Each one added can be
    /// reached by whoever can change the URL.
    pub allow: Vec<String>,
    /// Whether `http` without TLS may be used. Default false. Whoever is on the way can then
    /// read what is done to whom.
    pub dangerously_http: bool,
    /// Milliseconds before each attempt, the first included; each is varied by a fifth. After
    /// the last attempt an instruction is a dead letter. Default: 0, 5 s, 5 min, 30 min, 2 h,
    /// 5 h, 10 h, 14 h, 20 h, 24 h. More attempts wait longer for a platform that is down.
    pub retry_delays_ms: Vec<u64>,
    /// Milliseconds that an attempt may take. Default 20,000. Raising it makes fewer repeats
    /// where the platform is slow, and keeps connections busy for longer.
    pub timeout_ms: u64,
    /// Milliseconds within which a connection must come about. Default 5,000.
    pub connect_timeout_ms: u64,
    /// Deliveries at once, each for another subject. Default 8, at most 64. Raising it carries
    /// a large decision out faster and asks more of the platform.
    pub at_once_max: usize,
    /// Minutes that an action is held back after its decision, during which an undo makes that
    /// nothing is sent. Default 0. Raising it gives time to think again, and leaves the post
    /// or account as it is on the platform for longer. Undoing is never held back.
    pub hold_back_minutes: u32,
    /// Whether to show what would be sent and send nothing. Default false. What was shown is
    /// not sent later.
    pub dry_run: bool,
}

impl Default for DeliverConfig {
    fn default() -> Self {
        Self {
            url: None,
            secret_file: None,
            allow: Vec::new(),
            dangerously_http: false,
            retry_delays_ms: [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
                .map(|seconds| seconds * 1_000)
                .to_vec(),
            timeout_ms: 20_000,
            connect_timeout_ms: 5_000,
            at_once_max: 8,
            hold_back_minutes: 0,
            dry_run: false,
        }
    }
}

/// What is wrong with the configuration of delivery.
#[derive(Debug, thiserror::Error)]
pub enum DeliverConfigError {
    /// A field is missing that others ask for.
    #[error("deliver.{field} is missing; {remedy}")]
    Missing {
        /// The field.
        field: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A field is out of its range.
    #[error("deliver.{field} is out of range; {remedy}")]
    Range {
        /// The field.
        field: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The URL is none.
    #[error("deliver.url is no URL; write one such as https://platform.example/hooks/seawall")]
    Url(#[source] url::ParseError),
    /// The URL is not let out.
    #[error("deliver.url cannot be reached; see deliver.allow and deliver.dangerously_http")]
    Egress(#[source] EgressError),
    /// An entry of the list of what is allowed is none.
    #[error("deliver.allow has an entry that is none")]
    Allow(#[source] EgressError),
    /// The secrets cannot be used.
    #[error("deliver.secret_file cannot be used")]
    Secrets(#[source] SecretError),
}

/// Whether what is due is sent.
#[derive(Debug)]
pub enum Mode {
    /// It is.
    Live {
        /// Where to.
        url: Url,
        /// What signs it.
        secrets: SigningSecrets,
    },
    /// It is shown as a dry run.
    DryRun,
}

/// How delivery goes, checked.
#[derive(Debug)]
pub struct DeliverSettings {
    /// Whether, where to, and what signs.
    pub mode: Mode,
    /// What may be reached.
    pub guard: Guard,
    /// When it is tried again.
    pub schedule: Schedule,
    /// Time for one attempt.
    pub timeout: Duration,
    /// Time for a connection.
    pub connect_timeout: Duration,
    /// Deliveries at once.
    pub at_once_max: usize,
    /// What comes before the instruction's id in `webhook-id`: it tells this folder from every
    /// other that the platform hears.
    pub folder: String,
}

impl DeliverConfig {
    /// How long an action is held back.
    #[must_use]
    pub fn hold_back(&self) -> Duration {
        Duration::from_secs(u64::from(self.hold_back_minutes) * 60)
    }

    /// What guards every request that leaves, that for media included.
    ///
    /// # Errors
    /// [`DeliverConfigError::Allow`].
    pub fn guard(&self) -> Result<Guard, DeliverConfigError> {
        let allowed: Result<Vec<Allowed>, EgressError> =
            self.allow.iter().map(|text| Allowed::parse(text)).collect();
        let http = if self.dangerously_http { Http::Allowed } else { Http::Refused };
        Ok(Guard::new(allowed.map_err(DeliverConfigError::Allow)?, http))
    }

    /// Checks all of it and reads the secrets. `None` if nothing is configured to be sent.
    ///
    /// # Errors
    /// [`DeliverConfigError`], which names the field.
    pub fn settings(&self, folder: &str) -> Result<Option<DeliverSettings>, DeliverConfigError> {
        let guard = self.guard()?;
        let range = |field, remedy| DeliverConfigError::Range { field, remedy };
        let pauses = self.retry_delays_ms.iter().copied().map(Duration::from_millis).collect();
        let schedule = Schedule::new(pauses)
            .ok_or_else(|| range("retry_delays_ms", "write 1 to 100 of them"))?;
        for (field, ms) in
            [("timeout_ms", self.timeout_ms), ("connect_timeout_ms", self.connect_timeout_ms)]
        {
            if !(1..=120_000).contains(&ms) {
                return Err(range(field, "write 1 to 120000"));
            }
        }
        if !(1..=AT_ONCE_MAX).contains(&self.at_once_max) {
            return Err(range("at_once_max", "write 1 to 64"));
        }
        let mode = match (self.dry_run, &self.url) {
            (true, _) => Mode::DryRun,
            (false, None) => return Ok(None),
            (false, Some(url)) => self.live(url, &guard)?,
        };
        Ok(Some(DeliverSettings {
            mode,
            guard,
            schedule,
            timeout: Duration::from_millis(self.timeout_ms),
            connect_timeout: Duration::from_millis(self.connect_timeout_ms),
            at_once_max: self.at_once_max,
            folder: folder.to_owned(),
        }))
    }

    fn live(&self, url: &str, guard: &Guard) -> Result<Mode, DeliverConfigError> {
        let url = Url::parse(url).map_err(DeliverConfigError::Url)?;
        guard.check(&url).map_err(DeliverConfigError::Egress)?;
        let missing = DeliverConfigError::Missing {
            field: "secret_file",
            remedy: "name a file with a secret, so that the platform knows who speaks",
        };
        let path = self.secret_file.as_ref().ok_or(missing)?;
        let secrets = SigningSecrets::read(path).map_err(DeliverConfigError::Secrets)?;
        Ok(Mode::Live { url, secrets })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuse(toml: &str) -> String {
        let config: DeliverConfig = toml::from_str(toml).unwrap();
        config.settings("f1").unwrap_err().to_string()
    }

    #[test]
    fn by_default_nothing_is_sent() {
        let config: DeliverConfig = toml::from_str("").unwrap();
        assert!(config.settings("f1").unwrap().is_none());
        let settings = toml::from_str::<DeliverConfig>("dry_run = true").unwrap();
        let settings = settings.settings("f1").unwrap().unwrap();
        assert!(matches!(settings.mode, Mode::DryRun));
        assert_eq!(settings.schedule, Schedule::standard());
        assert!(toml::from_str::<DeliverConfig>("secret = 'inline'").is_err());
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(refuse("url = 'not a url'").starts_with("deliver.url is no URL"));
        assert!(refuse("url = 'http://hooks.example'").contains("deliver.dangerously_http"));
        assert!(refuse("url = 'https://10.0.0.1'").contains("deliver.allow"));
        assert!(refuse("url = 'https://hooks.example'").contains("deliver.secret_file is missing"));
        assert!(refuse("allow = ['10.0.0.0/99']").contains("deliver.allow"));
        assert!(refuse("retry_delays_ms = []").contains("1 to 100"));
        assert!(refuse("at_once_max = 0").contains("1 to 64"));
        assert!(refuse("timeout_ms = 0").contains("deliver.timeout_ms"));
        let no_file = "url = 'https://hooks.example'\nsecret_file = '/nowhere/secret'";
        assert!(refuse(no_file).contains("deliver.secret_file cannot be used"));
    }
}
