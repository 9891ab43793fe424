//! Whether the server lives, whether it is ready, and its numbers.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use seawall_model::Timestamp;
use seawall_store::{DeliveryState, OutboxCounts};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::problem::{Code, Problem, ProblemTold};

/// How the server stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// The last entry of the journal.
    pub journal: u64,
    /// The version of Seawall.
    pub version: String,
}

/// Whether the process lives: answers as long as it can answer at all.
#[utoipa::path(
    get,
    path = "/livez",
    tag = "health",
    responses((status = 200, description = "It lives", content_type = "text/plain", body = String)),
    extensions(("x-operation" = json!("health.read"))),
)]
pub async fn live() -> &'static str {
    "ok\n"
}

/// Whether the server takes requests: the engine derives, and nothing failed.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    responses(
        (status = 200, description = "It is ready", body = Health),
        (status = 503, description = "It is stopping or overloaded", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("health.read"))),
)]
pub async fn ready(State(app): State<App>) -> Result<Json<Health>, Problem> {
    if *app.service().failed().borrow() {
        return Err(Problem::new(Code::Stopping, "the engine has failed: see the log"));
    }
    // Answered between two batches, so that a stalled engine is not called ready.
    app.service().ask(|_| ()).await?;
    let journal = *app.service().reached().borrow();
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Json(Health { status: "ok".to_owned(), journal, version }))
}

/// Numbers for Prometheus, without content and without ids of accounts.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "health",
    responses((status = 200, description = "In Prometheus' text format",
        content_type = "text/plain", body = String)),
    extensions(("x-operation" = json!("metrics.read"))),
)]
pub async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let counts = app.blocking(|app| app.carrier().outbox().counts()).await?;
    delivery(&counts, app.service().clock().now());
    app.metrics().run_upkeep();
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], app.metrics().render()).into_response())
}

/// How delivery stands: numbers of instructions, and how long the oldest waits.
fn delivery(counts: &OutboxCounts, now: Timestamp) {
    for state in DeliveryState::ALL {
        let gauge = metrics::gauge!("seawall_delivery_instructions", "state" => state.as_str());
        gauge.set(number(counts.of(state)));
    }
    let dead = DeliveryState::ALL.into_iter().filter(|state| state.is_dead_letter());
    let dead: u64 = dead.map(|state| counts.of(state)).sum();
    metrics::gauge!("seawall_delivery_dead_letters").set(number(dead));
    metrics::gauge!("seawall_delivery_untold").set(number(counts.untold));
    let seconds = |since: Option<Timestamp>| {
        let seconds = since.map_or(0, |since| now.seconds_since(since).max(0));
        number(seconds.unsigned_abs())
    };
    let oldest = seconds(counts.oldest_waiting);
    metrics::gauge!("seawall_delivery_oldest_waiting_seconds").set(oldest);
    let gone = if counts.gone_at.is_some() { 1.0 } else { 0.0 };
    metrics::gauge!("seawall_delivery_endpoint_gone").set(gone);
}

/// A count as metrics hold it: exact below 2^32, the greatest such beyond.
fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
