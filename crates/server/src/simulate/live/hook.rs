//! Where the simulated platform receives webhooks: each is verified, and acted on once.
//!
//! What it was told is kept in memory, as its world is: a simulation that ends is over.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use seawall_model::Timestamp;
use seawall_sim::Action;
use serde_json::Value;
use subtle::ConstantTimeEq;
use tokio::sync::RwLock;

use super::obey::Obeyed;
use crate::clock::Clock;
use crate::deliver::SigningSecrets;

/// Bytes of a webhook, at most.
const BODY_BYTES_MAX: usize = 1_000_000;
/// Seconds by which a webhook's time may differ from ours, as the specification recommends.
const TOLERANCE_SECONDS: i64 = 300;

/// What was told so far.
#[derive(Debug, Default)]
struct Told {
    /// The ids of webhooks that were acted on.
    ids: BTreeSet<String>,
    obeyed: Obeyed,
    refused: u64,
}

/// Receives webhooks.
pub(super) struct Hook {
    /// Where.
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    serving: tokio::task::JoinHandle<()>,
}

struct Shared {
    secrets: SigningSecrets,
    clock: Mutex<Clock>,
    told: Mutex<Told>,
    /// Held to write while nothing is to be answered.
    gate: RwLock<()>,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Hook {
    /// Receives what comes to a listener. Within a runtime.
    pub(super) fn listen(
        listener: std::net::TcpListener,
        secrets: SigningSecrets,
        clock: Clock,
    ) -> std::io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let (told, gate) = (Mutex::default(), RwLock::new(()));
        let shared = Arc::new(Shared { secrets, clock: Mutex::new(clock), told, gate });
        let router = Router::new()
            .route("/hook", post(receive))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(shared.clone());
        let serving = tokio::spawn(async move {
            // Ends with the simulation.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, shared, serving })
    }

    /// What the world is to be told when the next hour begins.
    pub(super) fn due(&self) -> Vec<Action> {
        self.shared.told().obeyed.due()
    }

    /// Webhooks that were acted on, and those that were refused.
    pub(super) fn counts(&self) -> (u64, u64) {
        let told = self.shared.told();
        (told.ids.len() as u64, told.refused)
    }

    /// Goes by another clock from now on.
    pub(super) fn set_clock(&self, clock: Clock) {
        *self.shared.clock.lock().unwrap_or_else(PoisonError::into_inner) = clock;
    }

    /// While this is held, webhooks wait for their answer.
    pub(super) async fn hold(&self) -> tokio::sync::RwLockWriteGuard<'_, ()> {
        self.shared.gate.write().await
    }
}

impl Shared {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let _open = shared.gate.read().await;
    let now = shared.clock.lock().unwrap_or_else(PoisonError::into_inner).now();
    let verified = verified(&shared.secrets, &headers, &body, now);
    let mut told = shared.told();
    let Some(id) = verified else {
        told.refused += 1;
        return StatusCode::UNAUTHORIZED;
    };
    if told.ids.contains(&id) {
        return StatusCode::NO_CONTENT;
    }
    let understood = serde_json::from_slice::<Value>(&body).ok();
    let obeyed = understood.is_some_and(|said| told.obeyed.take(&said).is_ok());
    if !obeyed {
        told.refused += 1;
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    told.ids.insert(id);
    StatusCode::NO_CONTENT
}

/// The id of a webhook whose signature fits and whose time is ours.
fn verified(
    secrets: &SigningSecrets,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (id, given) = (text("webhook-id")?, text("webhook-signature")?);
    let sent = Timestamp::MIN.plus_seconds(text("webhook-timestamp")?.parse().ok()?);
    if now.seconds_since(sent).unsigned_abs() > TOLERANCE_SECONDS.unsigned_abs() {
        return None;
    }
    let expected = secrets.sign(id, sent, body);
    let fits = given.split(' ').any(|given| {
        expected.split(' ').any(|own| bool::from(own.as_bytes().ct_eq(given.as_bytes())))
    });
    fits.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::SigningSecret;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn only_what_is_signed_now_by_the_secret_is_heard() {
        let secrets = |text| SigningSecrets::new(vec![SigningSecret::parse(text).unwrap()]);
        let own = secrets(SECRET).unwrap();
        let other = secrets("whsec_bmluZS1rZXR0bGVzLW9uLWEtc2hlbGYtYW5kLW9uZS1saWQ=").unwrap();
        let now = Timestamp::parse("2026-06-01T00:00:00Z").unwrap();
        let hears = |signer: &SigningSecrets, age: i64, body: &[u8]| {
            let sent = now.plus_seconds(-age);
            let mut headers = HeaderMap::new();
            headers.insert("webhook-id", "f-a1".parse().unwrap());
            let seconds = sent.seconds_since(Timestamp::MIN).to_string();
            headers.insert("webhook-timestamp", seconds.parse().unwrap());
            let signature = format!("v1,AAAA {}", signer.sign("f-a1", sent, b"told"));
            headers.insert("webhook-signature", signature.parse().unwrap());
            verified(&own, &headers, body, now)
        };
        assert_eq!(hears(&own, 0, b"told").as_deref(), Some("f-a1"));
        assert_eq!(hears(&own, 299, b"told").as_deref(), Some("f-a1"));
        for (signer, age, body) in [
            (&other, 0, &b"told"[..]),
            (&own, 301, b"told"),
            (&own, -301, b"told"),
            (&own, 0, b"tolk"),
        ] {
            assert_eq!(hears(signer, age, body), None);
        }
        assert_eq!(verified(&own, &HeaderMap::new(), b"", now), None);
    }
}
