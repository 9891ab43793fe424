//! Banks of fingerprints over HTTP.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use seawall_model::knowledge::{BankHash, FileHash, Knowledge, KnowledgeKind, Known};
use seawall_pipeline::Active;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::App;
use super::super::body::Body;
use super::super::caller::Caller;
use super::super::problem::{Code, Problem, ProblemTold};
use super::{
    AddedAnswer, Adding, ConfirmedAnswer, EntriesAsked, EntriesPage, EntriesQuery, Origin,
    WithdrawnAnswer,
};
use crate::desk::knowledge::view::{EntryView, HashSaid};
use crate::desk::knowledge::words;
use crate::media::Marks;

/// Fingerprints that are to be added.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HashesAsked {
    /// The bank they join.
    #[schema(example = "clips")]
    pub bank: String,
    /// Where they come from, in words.
    pub source: String,
    /// When they lapse by themselves; never if left out.
    #[serde(default)]
    pub expires: Option<String>,
    /// What the files are, where a fingerprint does not say it: `support`, `news`, `counter`,
    /// `research`, `evidence` or `other`. It says what a file is, never what a post of it is.
    #[serde(default)]
    pub class: Option<String>,
    /// The fingerprints, at most 10,000.
    #[schema(max_items = 10_000)]
    pub hashes: Vec<HashAsked>,
}

/// A fingerprint.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HashAsked {
    /// SHA-256 of the file, 64 hexadecimal digits: exactly this file.
    #[serde(default)]
    pub sha256: Option<String>,
    /// PDQ of the picture, 64 hexadecimal digits: it and what looks like it.
    #[serde(default)]
    pub pdq: Option<String>,
    /// What the file is.
    #[serde(default)]
    pub class: Option<String>,
}

/// Lists fingerprints.
#[utoipa::path(
    get,
    path = "/v1/banks",
    tag = "knowledge",
    params(EntriesQuery),
    responses((status = 200, description = "In order", body = EntriesPage<HashSaid>)),
    extensions(("x-operation" = json!("banks.read"))),
)]
pub async fn get_banks(
    State(app): State<App>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<EntriesPage<HashSaid>>, Problem> {
    let page = super::list(&app, KnowledgeKind::Hash, query, |known, marks| {
        said(known, marks).map(|said| (said.bank.clone(), said))
    });
    Ok(Json(page.await?))
}

/// Reads a fingerprint.
#[utoipa::path(
    get,
    path = "/v1/banks/{entry}",
    tag = "knowledge",
    params(("entry" = String, Path, description = "Its number", example = "k3")),
    responses((status = 200, description = "The entry", body = EntryView<HashSaid>)),
    extensions(("x-operation" = json!("banks.read"))),
)]
pub async fn get_bank_entry(
    State(app): State<App>,
    Path(entry): Path<String>,
) -> Result<Json<EntryView<HashSaid>>, Problem> {
    Ok(Json(super::show(&app, KnowledgeKind::Hash, &entry, said).await?))
}

/// Adds fingerprints. A person who adds them stands for them; nothing is restricted unattended
/// before another person does too. What a machine adds waits for a person.
#[utoipa::path(
    post,
    path = "/v1/banks",
    tag = "knowledge",
    request_body = HashesAsked,
    responses(
        (status = 200, description = "All of it was there already", body = AddedAnswer),
        (status = 201, description = "In force", body = AddedAnswer),
        (status = 202, description = "Waits for a person to confirm it", body = AddedAnswer),
    ),
    extensions(("x-operation" = json!("banks.write"))),
)]
pub async fn post_banks(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<HashesAsked>,
) -> Result<Response, Problem> {
    super::check_count(given.hashes.len(), "/hashes")?;
    let bank = super::word(&given.bank, "/bank")?;
    let origin = Origin::of(&app, &given.source, given.expires.as_deref())?;
    let made = tokio::task::spawn_blocking(move || entries(&bank, &origin, &given));
    let entries = made.await.map_err(|error| Problem::defect(&error))??;
    let kind = KnowledgeKind::Hash;
    let sift = super::sift_known(kind);
    super::add(&app, &caller, Adding { kind, entries, sift }).await
}

/// Stands for fingerprints that somebody else added.
#[utoipa::path(
    post,
    path = "/v1/banks/confirmations",
    tag = "knowledge",
    request_body = EntriesAsked,
    responses(
        (status = 200, description = "Stood for", body = ConfirmedAnswer),
        (status = 422, description = "One key cannot read second", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("banks.write"))),
)]
pub async fn post_bank_confirmation(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<EntriesAsked>,
) -> Result<Response, Problem> {
    super::confirm(&app, &caller, KnowledgeKind::Hash, given).await
}

/// Takes fingerprints out of force, with all that rests on nothing else.
#[utoipa::path(
    post,
    path = "/v1/banks/withdrawals",
    tag = "knowledge",
    request_body = EntriesAsked,
    responses(
        (status = 200, description = "Out of force", body = WithdrawnAnswer),
        (status = 409, description = "One is not in force", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("banks.write"))),
)]
pub async fn post_bank_withdrawal(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<EntriesAsked>,
) -> Result<Response, Problem> {
    super::withdraw(&app, &caller, KnowledgeKind::Hash, given).await
}

fn said(known: &Known, marks: &Marks) -> Option<HashSaid> {
    match known {
        Known::Hash(hash) => Some(HashSaid::of(hash, marks)),
        _ => None,
    }
}

/// Makes a fingerprint of what is told.
type Make = fn([u8; 32]) -> FileHash;

/// What is to be added, each looked at by itself so that it can be named.
fn entries(bank: &str, origin: &Origin, given: &HashesAsked) -> Result<Vec<Knowledge>, Problem> {
    let alone = Active::new([0; 32]);
    let mut entries = Vec::with_capacity(given.hashes.len());
    for (number, asked) in given.hashes.iter().enumerate() {
        let place = format!("/hashes/{number}");
        let class = asked.class.as_ref().or(given.class.as_ref()).ok_or_else(|| {
            Problem::new(Code::Missing, "say what the file is").at(format!("{place}/class"))
        })?;
        let class = words::class(class);
        let class = class.map_err(|why| super::at_field(&place, &format!("class: {why}")))?;
        let before = entries.len();
        let sha256 = asked.sha256.as_ref().map(|text| ("sha256", text, FileHash::Sha256 as Make));
        let pdq = asked.pdq.as_ref().map(|text| ("pdq", text, FileHash::Pdq as Make));
        for (field, text, make) in sha256.into_iter().chain(pdq) {
            let hash = words::hash(text);
            let hash = hash.map_err(|why| super::at_field(&place, &format!("{field}: {why}")))?;
            let known = Known::Hash(BankHash { bank: bank.into(), hash: make(hash), class });
            let entry = origin.entry(known);
            alone
                .check(std::slice::from_ref(&entry))
                .map_err(|error| super::of_one(&place, &error))?;
            entries.push(entry);
        }
        if entries.len() == before {
            return Err(Problem::new(Code::Missing, "give sha256, pdq or both").at(place));
        }
    }
    super::check_count(entries.len(), "/hashes")?;
    Ok(entries)
}
