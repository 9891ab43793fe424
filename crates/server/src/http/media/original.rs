//! Originals: opened with a fresh grant, which is one person's, of one file, for one case, used
//! once, and lasts minutes. The journal tells of each before the first byte goes out.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use seawall_model::CaseId;
use seawall_model::journal::Body as Entry;
use seawall_store::media::Looked;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use zeroize::Zeroizing;

use super::sending::send;
use super::{case_named, digest, in_case, note, shown};
use crate::http::App;
use crate::http::body::Body;
use crate::http::caller::{Caller, of_denied};
use crate::http::cases::cleared;
use crate::http::problem::{Code, Problem, ProblemTold};

/// Bytes of a grant's token.
const TOKEN_BYTES: usize = 32;

/// For which case an original is to be opened.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantAsked {
    /// The case.
    #[serde(default)]
    #[schema(example = "c12")]
    pub case: Option<String>,
}

/// Leave to open one original.
#[derive(Serialize, ToSchema)]
pub struct GrantGiven {
    /// What opens it, once, by the person who asked.
    pub grant: String,
    /// Until when.
    pub expires_at: String,
}

/// The leave that opens an original.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OriginalQuery {
    /// What `POST /v1/media/{sha256}/grants` gave.
    pub grant: Option<String>,
}

/// Gives the caller leave to open an original: once, within five minutes.
#[utoipa::path(
    post,
    path = "/v1/media/{sha256}/grants",
    tag = "media",
    params(("sha256" = String, Path, description = "SHA-256 of the file, hexadecimal")),
    request_body = GrantAsked,
    responses(
        (status = 201, description = "The grant", body = GrantGiven),
        (status = 404, description = "The case shows no such file, or it is not here",
            body = ProblemTold, content_type = "application/problem+json"),
        (status = 409, description = "It is marked, or the caller's key was not admitted",
            body = ProblemTold, content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("media.original"))),
)]
pub async fn post_grant(
    State(app): State<App>,
    caller: Caller,
    Path(sha256): Path<String>,
    Body(given): Body<GrantAsked>,
) -> Result<(StatusCode, Json<GrantGiven>), Problem> {
    let sha256 = digest(&sha256)?;
    let case = case_named(given.case.as_deref()).map_err(|problem| problem.at("/case"))?;
    let person = caller.person()?.number;
    reviewer(&caller)?;
    in_case(&app, &caller, sha256, case).await?;
    let now = app.service().clock().now();
    let made = app.blocking(move |app| {
        let mut secret = Zeroizing::new([0; TOKEN_BYTES]);
        app.files().chance().fill(&mut *secret);
        let hash: [u8; 32] = Sha256::digest(*secret).into();
        let mut media = app.files().store();
        let name = media.name(&sha256);
        if let Err(problem) = shown(&media, name)? {
            return Ok(Err(problem));
        }
        let ends = media.give_leave(&hash, (name, person, case.0), now)?;
        Ok(Ok((URL_SAFE_NO_PAD.encode(*secret), ends)))
    });
    let (grant, ends) = made.await??;
    let ends = ends.ok_or_else(|| {
        let detail = "you hold as many grants as one person may: use them, or wait until they end";
        Problem::new(Code::TooMany, detail).after(60)
    })?;
    let given = GrantGiven { grant, expires_at: ends.to_string() };
    Ok((StatusCode::CREATED, Json(given)))
}

/// Opens an original with a grant, which is used up.
#[utoipa::path(
    get,
    path = "/v1/media/{sha256}",
    tag = "media",
    params(("sha256" = String, Path, description = "SHA-256 of the file, hexadecimal"), OriginalQuery),
    responses(
        (status = 200, description = "The file, to be saved", content(
            (Vec<u8> = "image/jpeg"),
            (Vec<u8> = "image/png"),
            (Vec<u8> = "image/gif"),
            (Vec<u8> = "image/webp"),
            (Vec<u8> = "application/octet-stream"),
        )),
        (status = 404, description = "The grant is none of the caller's for this file, was used, \
            or has ended", body = ProblemTold, content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("media.original"))),
)]
pub async fn get_original(
    State(app): State<App>,
    caller: Caller,
    Path(sha256): Path<String>,
    Query(query): Query<OriginalQuery>,
) -> Result<Response, Problem> {
    let sha256 = digest(&sha256)?;
    let grant = query.grant.ok_or_else(|| {
        let detail = "an original opens with a fresh grant: ask for one under /grants";
        Problem::new(Code::Missing, detail).at("grant")
    })?;
    let (person, reviewer) = (caller.person()?.number, reviewer(&caller)?);
    let place = app.files().place()?;
    let now = app.service().clock().now();
    let used = app.blocking(move |app| {
        let Some(hash) = hash(&grant) else { return Ok(Err(no_grant())) };
        let mut media = app.files().store();
        let name = media.name(&sha256);
        let Some(case) = media.use_leave(&hash, (name, person), now)? else {
            return Ok(Err(no_grant()));
        };
        Ok(shown(&media, name)?.map(|object| (object, case)))
    });
    let (object, case) = used.await??;
    // It may have become somebody else's since: a grant lasts minutes.
    let identity = caller.identity.clone();
    let seen = app.desk(move |desk| cleared(desk, &identity, CaseId(case)));
    seen.await?.map_err(|denied| of_denied(&denied))?;
    let (name, media) = (object.name, object.name.to_string());
    let told = app.service().ask_engine(move |derivation| {
        derivation.input(Entry::MediaOpened { media, reviewer, case }, now)
    });
    told.await?;
    let opened = app.blocking(move |app| {
        note(app, name, (person, Looked::Original, case))?;
        let media = app.files().store();
        // Marked in this very moment, it does not go out.
        if let Err(problem) = shown(&media, name)? {
            return Ok(Err(problem));
        }
        Ok(media.read(name)?.ok_or_else(no_grant))
    });
    Ok(send(&app, &object, opened.await??, place))
}

/// The caller's number in the journal, which tells who opened what.
pub(super) fn reviewer(caller: &Caller) -> Result<u64, Problem> {
    let reviewer = caller.reviewer().map(|reviewer| reviewer.0);
    reviewer.ok_or_else(|| {
        let detail = "your key was not admitted, so the journal could not tell who opened it: an \
                      admin admits it under /v1/people/{person}/admission";
        Problem::new(Code::Conflict, detail)
    })
}

fn hash(grant: &str) -> Option<[u8; 32]> {
    let mut secret = Zeroizing::new([0; TOKEN_BYTES]);
    let length = URL_SAFE_NO_PAD.decode_slice(grant, &mut *secret).ok()?;
    (length == TOKEN_BYTES).then(|| Sha256::digest(*secret).into())
}

fn no_grant() -> Problem {
    let detail =
        "this grant is none of yours for this file, was used, or has ended: ask for another";
    Problem::new(Code::NotFound, detail)
}
