//! Lists of terms over HTTP.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known};
use seawall_pipeline::Active;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::App;
use super::super::body::Body;
use super::super::caller::Caller;
use super::super::problem::{Problem, ProblemTold};
use super::{
    AddedAnswer, Adding, ConfirmedAnswer, EntriesAsked, EntriesPage, EntriesQuery, Origin,
    WithdrawnAnswer,
};
use crate::desk::knowledge::terms::{TermGiven, term};
use crate::desk::knowledge::view::{EntryView, TermSaid};
use crate::media::Marks;

/// Terms that are to be added.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsAsked {
    /// The list they join.
    #[schema(example = "cheers")]
    pub list: String,
    /// Where they come from, in words.
    pub source: String,
    /// When they lapse by themselves; never if left out.
    #[serde(default)]
    pub expires: Option<String>,
    /// The terms, at most 10,000.
    #[schema(max_items = 10_000)]
    pub terms: Vec<TermAsked>,
}

/// A term.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermAsked {
    /// The word or phrase.
    #[schema(example = "boil as one")]
    pub term: String,
    /// One of these must stand near; nothing must if left out.
    #[serde(default)]
    pub near: Vec<String>,
    /// None of these may stand near.
    #[serde(default)]
    pub not_near: Vec<String>,
    /// How many words away is near: 1 to 200. Default 10.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 200)]
    pub window: Option<u32>,
}

/// Lists terms.
#[utoipa::path(
    get,
    path = "/v1/terms",
    tag = "knowledge",
    params(EntriesQuery),
    responses((status = 200, description = "In order", body = EntriesPage<TermSaid>)),
    extensions(("x-operation" = json!("terms.read"))),
)]
pub async fn get_terms(
    State(app): State<App>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<EntriesPage<TermSaid>>, Problem> {
    let page = super::list(&app, KnowledgeKind::Term, query, |known, marks| {
        said(known, marks).map(|said| (said.list.clone(), said))
    });
    Ok(Json(page.await?))
}

/// Reads a term.
#[utoipa::path(
    get,
    path = "/v1/terms/{entry}",
    tag = "knowledge",
    params(("entry" = String, Path, description = "Its number", example = "k3")),
    responses((status = 200, description = "The entry", body = EntryView<TermSaid>)),
    extensions(("x-operation" = json!("terms.read"))),
)]
pub async fn get_term(
    State(app): State<App>,
    Path(entry): Path<String>,
) -> Result<Json<EntryView<TermSaid>>, Problem> {
    Ok(Json(super::show(&app, KnowledgeKind::Term, &entry, said).await?))
}

/// Adds terms. A person who adds them stands for them; what a machine adds waits for a person.
#[utoipa::path(
    post,
    path = "/v1/terms",
    tag = "knowledge",
    request_body = TermsAsked,
    responses(
        (status = 200, description = "All of it was there already", body = AddedAnswer),
        (status = 201, description = "In force", body = AddedAnswer),
        (status = 202, description = "Waits for a person to confirm it", body = AddedAnswer),
    ),
    extensions(("x-operation" = json!("terms.write"))),
)]
pub async fn post_terms(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<TermsAsked>,
) -> Result<Response, Problem> {
    super::check_count(given.terms.len(), "/terms")?;
    let list = super::word(&given.list, "/list")?;
    let origin = Origin::of(&app, &given.source, given.expires.as_deref())?;
    let made = tokio::task::spawn_blocking(move || entries(&list, &origin, given.terms));
    let entries = made.await.map_err(|error| Problem::defect(&error))??;
    let kind = KnowledgeKind::Term;
    let sift = super::sift_known(kind);
    super::add(&app, &caller, Adding { kind, entries, sift }).await
}

/// Stands for terms that somebody else added.
#[utoipa::path(
    post,
    path = "/v1/terms/confirmations",
    tag = "knowledge",
    request_body = EntriesAsked,
    responses((status = 200, description = "Stood for", body = ConfirmedAnswer)),
    extensions(("x-operation" = json!("terms.write"))),
)]
pub async fn post_term_confirmation(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<EntriesAsked>,
) -> Result<Response, Problem> {
    super::confirm(&app, &caller, KnowledgeKind::Term, given).await
}

/// Takes terms out of force.
#[utoipa::path(
    post,
    path = "/v1/terms/withdrawals",
    tag = "knowledge",
    request_body = EntriesAsked,
    responses(
        (status = 200, description = "Out of force", body = WithdrawnAnswer),
        (status = 409, description = "One is not in force", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("terms.write"))),
)]
pub async fn post_term_withdrawal(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<EntriesAsked>,
) -> Result<Response, Problem> {
    super::withdraw(&app, &caller, KnowledgeKind::Term, given).await
}

fn said(known: &Known, _: &Marks) -> Option<TermSaid> {
    match known {
        Known::Term(term) => Some(TermSaid::from(term)),
        _ => None,
    }
}

/// What is to be added, each looked at by itself so that it can be named.
fn entries(list: &str, origin: &Origin, given: Vec<TermAsked>) -> Result<Vec<Knowledge>, Problem> {
    let alone = Active::new([0; 32]);
    let boxed = |words: Vec<String>| words.into_iter().map(Into::into).collect();
    let entry = |(number, asked): (usize, TermAsked)| {
        let place = format!("/terms/{number}");
        let TermAsked { term: words, near, not_near, window } = asked;
        let (near, not_near) = (boxed(near), boxed(not_near));
        let given = TermGiven { term: words.trim().into(), near, not_near, window };
        let known = term(list, given).map_err(|why| super::at_field(&place, &why))?;
        let entry = origin.entry(known);
        let checked = alone.check(std::slice::from_ref(&entry));
        checked.map_err(|error| super::of_one(&place, &error))?;
        Ok(entry)
    };
    given.into_iter().enumerate().map(entry).collect()
}
