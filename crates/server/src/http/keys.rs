//! API keys: made, rotated and revoked by admins, told once.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use seawall_model::Timestamp;
use seawall_store::people::ApiKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::body::Body;
use super::caller::{Caller, of_access};
use super::people::AfterNumber;
use super::problem::{Code, Problem};
use crate::access::{KeyGiven, KeyWanted, Scope};

/// Keys of one answer, at most.
const KEYS_MAX: u32 = 200;
/// Seconds for which a rotated key lives on, when not told: a day.
const OVERLAP_SECONDS: u32 = 86_400;

/// A key that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyAsked {
    /// What it is for, in words.
    #[schema(example = "the platform")]
    pub name: String,
    /// What it may: `events:write`, `verdicts:read`, `cases:read` and so on.
    #[schema(example = json!(["events:write", "verdicts:read"]))]
    pub scopes: Vec<String>,
    /// When it expires: a time as RFC 3339 writes it, within 400 days.
    #[schema(example = "2027-06-01T00:00:00Z")]
    pub expires_at: String,
}

/// How a key is rotated.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Seconds for which the old one lives on. Default a day, at most 90 days.
    #[serde(default)]
    pub overlap_seconds: Option<u32>,
}

/// A key, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyTold {
    /// Its number.
    pub key: u64,
    /// What it is for.
    pub name: String,
    /// What it may.
    pub scopes: Vec<String>,
    /// The person who made it.
    pub created_by: u64,
    /// When it was made.
    pub created_at: String,
    /// When it expires.
    pub expires_at: String,
    /// The day it was last used; null if never.
    pub last_used: Option<String>,
    /// When it was revoked; null if it was not.
    pub revoked_at: Option<String>,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
pub struct KeyMade {
    /// What is known of it.
    pub about: KeyTold,
    /// The key itself: told only now.
    pub secret: String,
}

/// Keys, in order of their numbers.
#[derive(Serialize, ToSchema)]
pub struct KeysPage {
    /// The keys.
    pub keys: Vec<KeyTold>,
    /// The cursor that goes on here; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl From<&ApiKey> for KeyTold {
    fn from(key: &ApiKey) -> Self {
        Self {
            key: key.number,
            name: key.name.clone(),
            scopes: key.scopes.iter().cloned().collect(),
            created_by: key.created_by,
            created_at: key.created_at.to_string(),
            expires_at: key.expires_at.to_string(),
            last_used: key.last_used.map(|used| used.to_string()),
            revoked_at: key.revoked_at.map(|revoked| revoked.to_string()),
        }
    }
}

impl From<&KeyGiven> for KeyMade {
    fn from(given: &KeyGiven) -> Self {
        Self { about: KeyTold::from(&given.about), secret: given.key.to_string() }
    }
}

/// Lists keys, live or not.
#[utoipa::path(
    get,
    path = "/v1/keys",
    tag = "people",
    params(AfterNumber),
    responses((status = 200, description = "In order of their numbers", body = KeysPage)),
    extensions(("x-operation" = json!("keys.read"))),
)]
pub async fn get_keys(
    State(app): State<App>,
    Query(query): Query<AfterNumber>,
) -> Result<Json<KeysPage>, Problem> {
    let read = app.blocking(move |app| Ok(app.door().keys(query.cursor, KEYS_MAX))).await?;
    let keys = read.map_err(|error| of_access(&error))?;
    let is_last = keys.len() < KEYS_MAX as usize;
    let next = keys.last().map(|key| key.number).filter(|_| !is_last);
    Ok(Json(KeysPage { keys: keys.iter().map(KeyTold::from).collect(), next }))
}

/// Makes a key. Its secret is told once.
#[utoipa::path(
    post,
    path = "/v1/keys",
    tag = "people",
    request_body = KeyAsked,
    responses((status = 201, description = "Made", body = KeyMade)),
    extensions(("x-operation" = json!("keys.write"))),
)]
pub async fn post_key(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<KeyAsked>,
) -> Result<(StatusCode, Json<KeyMade>), Problem> {
    let expires_at = Timestamp::parse(&given.expires_at).map_err(|_| {
        let detail = "this is no time as RFC 3339 writes it, such as 2027-06-01T00:00:00Z";
        Problem::new(Code::Invalid, detail).at("/expires_at")
    })?;
    let wanted = KeyWanted {
        name: given.name,
        scopes: scopes(&given.scopes)?,
        created_by: caller.person()?.number,
        expires_at,
    };
    let now = app.service().clock().now();
    let made = app.blocking(move |app| Ok(app.door().make_key(&wanted, now))).await?;
    let made = made.map_err(|error| of_access(&error))?;
    Ok((StatusCode::CREATED, Json(KeyMade::from(&made))))
}

/// Makes a key in place of another, which lives on for a while.
#[utoipa::path(
    post,
    path = "/v1/keys/{key}/rotation",
    tag = "people",
    params(("key" = u64, Path, description = "Its number")),
    request_body = Rotation,
    responses((status = 201, description = "The new one", body = KeyMade)),
    extensions(("x-operation" = json!("keys.write"))),
)]
pub async fn post_rotation(
    State(app): State<App>,
    Path(key): Path<u64>,
    Body(given): Body<Rotation>,
) -> Result<(StatusCode, Json<KeyMade>), Problem> {
    let overlap = given.overlap_seconds.unwrap_or(OVERLAP_SECONDS);
    let now = app.service().clock().now();
    let made = app.blocking(move |app| Ok(app.door().rotate_key(key, overlap, now))).await?;
    let made = made.map_err(|error| of_access(&error))?;
    Ok((StatusCode::CREATED, Json(KeyMade::from(&made))))
}

/// Revokes a key: the next call with it is refused.
#[utoipa::path(
    delete,
    path = "/v1/keys/{key}",
    tag = "people",
    params(("key" = u64, Path, description = "Its number")),
    responses((status = 200, description = "Revoked", body = KeyTold)),
    extensions(("x-operation" = json!("keys.write"))),
)]
pub async fn delete_key(
    State(app): State<App>,
    Path(key): Path<u64>,
) -> Result<Json<KeyTold>, Problem> {
    let now = app.service().clock().now();
    let revoked = app.blocking(move |app| Ok(app.door().revoke_key(key, now))).await?;
    Ok(Json(KeyTold::from(&revoked.map_err(|error| of_access(&error))?)))
}

fn scopes(names: &[String]) -> Result<BTreeSet<Scope>, Problem> {
    let scope = |(place, name): (usize, &String)| {
        Scope::from_name(name).ok_or_else(|| {
            let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.name()).collect();
            let detail = format!("there is no such scope: use {}", known.join(", "));
            Problem::new(Code::Invalid, detail).at(format!("/scopes/{place}"))
        })
    };
    names.iter().enumerate().map(scope).collect()
}
