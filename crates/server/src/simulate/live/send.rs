//! Sends events to a server, and asks it whether all that it decided is carried out.
//!
//! What a server cannot take now is sent again under the same ids; what it refuses ends the
//! simulation, which makes no event that could be refused.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::LiveError;

/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// How often something is sent again before it is given up.
const TRIES: u32 = 30;
/// Pause before something is sent again, where the server asks for none.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause that a server may ask for.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How long the server may take to carry out what was decided, and how often it is asked.
const QUIET_TIME: Duration = Duration::from_secs(120);
const QUIET_PAUSE: Duration = Duration::from_millis(2);
/// Bytes of an answer, at most.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// What became of the events of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) accepted: u64,
    pub(super) duplicates: u64,
}

/// Speaks to one server.
pub(super) struct Sender {
    client: reqwest::Client,
    events: Url,
    delivery: Url,
    key: Zeroizing<String>,
}

impl Sender {
    pub(super) fn new(server: &Url, key: Zeroizing<String>) -> Result<Self, LiveError> {
        // Who installs one first wins, and all are the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWER_TIME)
            .build()
            .map_err(LiveError::Client)?;
        let at = |path: &str| server.join(path).map_err(LiveError::Url);
        let (mut events, mut delivery) = (at("/v1/events")?, at("/v1/delivery")?);
        events.set_query(Some("wait=verdict"));
        delivery.set_query(Some("state=waiting"));
        Ok(Self { client, events, delivery, key })
    }

    /// Sends lines of events; gives what was made of them once they are durable and derived.
    pub(super) async fn send(&self, lines: String) -> Result<Taken, LiveError> {
        let mut pause = PAUSE;
        for _ in 0..TRIES {
            let request = self
                .client
                .post(self.events.clone())
                .header(AUTHORIZATION, format!("Bearer {}", *self.key))
                .header(CONTENT_TYPE, "application/x-ndjson")
                .body(lines.clone());
            let answer = match request.send().await {
                Ok(answer) => answer,
                // A time-out means unknown: the same ids make it safe to send it again.
                Err(error) if error.is_connect() || error.is_timeout() => {
                    tokio::time::sleep(pause).await;
                    continue;
                }
                Err(error) => return Err(LiveError::Unheard(error.without_url())),
            };
            let status = answer.status().as_u16();
            if status == 503 || status == 429 {
                let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                let asked = asked.and_then(|text| text.parse().ok()).map(Duration::from_secs);
                pause = asked.unwrap_or(PAUSE).min(PAUSE_MAX);
                tokio::time::sleep(pause).await;
                continue;
            }
            let told = body(answer).await?;
            let count = |name: &str| told[name].as_u64().unwrap_or(0);
            if status != 200 || count("rejected") > 0 {
                return Err(refused(status, &told));
            }
            return Ok(Taken { accepted: count("accepted"), duplicates: count("duplicates") });
        }
        Err(LiveError::Busy)
    }

    /// Waits until all that was decided so far was told to the platform, and journaled.
    pub(super) async fn quiet(&self) -> Result<(), LiveError> {
        let waiting = async {
            loop {
                let request = self
                    .client
                    .get(self.delivery.clone())
                    .header(AUTHORIZATION, format!("Bearer {}", *self.key));
                let answer = request.send().await;
                let answer = answer.map_err(|error| LiveError::Unheard(error.without_url()))?;
                let status = answer.status().as_u16();
                let told = body(answer).await?;
                if status != 200 {
                    return Err(refused(status, &told));
                }
                if told["waiting"] == 0 && told["unread"] == 0 {
                    return Ok(());
                }
                tokio::time::sleep(QUIET_PAUSE).await;
            }
        };
        let waited = tokio::time::timeout(QUIET_TIME, waiting).await;
        waited.unwrap_or(Err(LiveError::NotCarried))
    }
}

async fn body(mut answer: reqwest::Response) -> Result<Value, LiveError> {
    let mut bytes = Vec::new();
    let unheard = |error: reqwest::Error| LiveError::Unheard(error.without_url());
    while let Some(chunk) = answer.chunk().await.map_err(unheard)? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            break;
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// What the server said against it, in its own words.
fn refused(status: u16, told: &Value) -> LiveError {
    let first = &told["rejections"][0];
    let detail = told["detail"].as_str().or(first["detail"].as_str()).unwrap_or("no reason");
    LiveError::Refused { status, detail: detail.chars().take(300).collect() }
}
