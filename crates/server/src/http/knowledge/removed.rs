//! Removed accounts over HTTP: which are compared with what comes, and their withdrawal.
//!
//! Left out: what the profiles say, which is sealed, and taking them in, which is an import.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use seawall_model::knowledge::{KnowledgeKind, Known};

use super::super::App;
use super::super::body::Body;
use super::super::caller::Caller;
use super::super::problem::{Problem, ProblemTold};
use super::{EntriesAsked, EntriesPage, EntriesQuery, WithdrawnAnswer};
use crate::desk::knowledge::view::{EntryView, RemovedSaid};
use crate::media::Marks;

/// Lists removed accounts, without their profiles.
#[utoipa::path(
    get,
    path = "/v1/removed",
    tag = "knowledge",
    params(EntriesQuery),
    responses((status = 200, description = "In order", body = EntriesPage<RemovedSaid>)),
    extensions(("x-operation" = json!("removed.read"))),
)]
pub async fn get_removed(
    State(app): State<App>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<EntriesPage<RemovedSaid>>, Problem> {
    let page = super::list(&app, KnowledgeKind::Removed, query, |known, marks| {
        said(known, marks).map(|said| (said.policy.clone(), said))
    });
    Ok(Json(page.await?))
}

/// Reads one, without its profile.
#[utoipa::path(
    get,
    path = "/v1/removed/{entry}",
    tag = "knowledge",
    params(("entry" = String, Path, description = "Its number", example = "k3")),
    responses((status = 200, description = "The entry", body = EntryView<RemovedSaid>)),
    extensions(("x-operation" = json!("removed.read"))),
)]
pub async fn get_removed_entry(
    State(app): State<App>,
    Path(entry): Path<String>,
) -> Result<Json<EntryView<RemovedSaid>>, Problem> {
    Ok(Json(super::show(&app, KnowledgeKind::Removed, &entry, said).await?))
}

/// Takes removed accounts out of force: nothing is compared with them any more.
#[utoipa::path(
    post,
    path = "/v1/removed/withdrawals",
    tag = "knowledge",
    request_body = EntriesAsked,
    responses(
        (status = 200, description = "Out of force", body = WithdrawnAnswer),
        (status = 409, description = "One is not in force", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("removed.withdraw"))),
)]
pub async fn post_removed_withdrawal(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<EntriesAsked>,
) -> Result<Response, Problem> {
    super::withdraw(&app, &caller, KnowledgeKind::Removed, given).await
}

fn said(known: &Known, _: &Marks) -> Option<RemovedSaid> {
    match known {
        Known::Removed(removed) => Some(RemovedSaid::from(removed)),
        _ => None,
    }
}
