//! `GET /v1/journal`: what Seawall and its people did, entry by entry, with its chain.

use axum::Json;
use axum::extract::{Query, State};
use seawall_store::Recorded;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::page::limit;
use super::problem::Problem;

/// Entries of one answer, at most.
const ENTRIES_MAX: u32 = 1_000;
/// Entries of one answer, when not told.
const ENTRIES: u32 = 100;

/// Which entries are read.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JournalQuery {
    /// Entries after this number; from the first if it is not told.
    #[serde(default)]
    #[param(minimum = 0)]
    pub cursor: u64,
    /// How many, at most 1,000. Default 100.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// Entries of the journal, in order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JournalPage {
    /// The entries.
    pub entries: Vec<EntryTold>,
    /// The cursor that goes on here; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// One entry of the journal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EntryTold {
    /// The entry in its written form: `seq`, `after`, `at`, `type` and what the type says.
    #[schema(value_type = Object)]
    pub entry: serde_json::Value,
    /// Its link of the chain: SHA-256 over the one before and the entry, hexadecimal.
    pub hash: String,
}

/// Reads the journal.
#[utoipa::path(
    get,
    path = "/v1/journal",
    tag = "journal",
    params(JournalQuery),
    responses((status = 200, description = "Entries in order", body = JournalPage)),
    extensions(("x-operation" = json!("journal.read"))),
)]
pub async fn get_journal(
    State(app): State<App>,
    Query(query): Query<JournalQuery>,
) -> Result<Json<JournalPage>, Problem> {
    let limit = limit(query.limit, ENTRIES, ENTRIES_MAX)?;
    let read = app.blocking(move |app| app.service().journal()?.read(query.cursor, limit)).await?;
    let is_last = read.len() < limit as usize;
    let next = read.last().map(|recorded| recorded.entry.seq).filter(|_| !is_last);
    let entries: Result<Vec<EntryTold>, Problem> = read.iter().map(told).collect();
    Ok(Json(JournalPage { entries: entries?, next }))
}

fn told(recorded: &Recorded) -> Result<EntryTold, Problem> {
    let entry = serde_json::from_slice(&recorded.bytes).map_err(|error| Problem::defect(&error))?;
    let hash = recorded.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(EntryTold { entry, hash })
}
