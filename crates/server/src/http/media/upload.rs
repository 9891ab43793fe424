//! Files come in: sent by the platform, or fetched from where it keeps them.

use std::time::Duration;

use axum::Json;
use axum::body::Body as Sent;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt;
use seawall_store::media::Kept;
use serde::Deserialize;
use url::Url;
use utoipa::ToSchema;

use super::taking::{Taking, cut_off};
use super::{MediaTold, case_named, digest, in_case, route};
use crate::access::Identity;
use crate::deliver::{CallError, Incoming};
use crate::http::App;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::problem::{Code, Problem, ProblemTold};

/// Bytes of an address at most.
const URL_BYTES_MAX: usize = 4_096;
/// What files are said to be; `application/octet-stream` is what servers say that do not know.
const TYPES: [&str; 4] = ["image/", "video/", "audio/", "application/octet-stream"];

/// What is fetched.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FetchAsked {
    /// Where the file lies.
    #[schema(example = "https://media.platform.example/f/17")]
    pub url: String,
    /// The case for whose sake; needed of people, not of machines.
    #[serde(default)]
    #[schema(example = "c12")]
    pub case: Option<String>,
}

/// Sends a file under its SHA-256. Sent again, it is kept once.
#[utoipa::path(
    put,
    path = "/v1/media/{sha256}",
    tag = "media",
    params(("sha256" = String, Path, description = "SHA-256 of the file, hexadecimal")),
    request_body(
        content = Vec<u8>,
        content_type = "application/octet-stream",
        description = "The file as it is; what it is, its first bytes tell"
    ),
    responses(
        (status = 200, description = "It was here already", body = MediaTold),
        (status = 201, description = "It is kept, durably and sealed", body = MediaTold),
        (status = 409, description = "No route for suspected child abuse is configured",
            body = ProblemTold, content_type = "application/problem+json"),
        (status = 413, description = "It is too large, or there is no room",
            body = ProblemTold, content_type = "application/problem+json"),
        (status = 422, description = "It has another SHA-256: nothing was kept",
            body = ProblemTold, content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("media.put"))),
)]
pub async fn put_media(
    State(app): State<App>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<(StatusCode, Json<MediaTold>), Problem> {
    let sha256 = digest(&sha256)?;
    route(&app).await?;
    let _place = app.files().place()?;
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse().ok());
    let mut taking = Taking::begin(&app, sha256, length).await?;
    let mut pieces = sent.into_data_stream();
    while let Some(piece) = pieces.next().await {
        taking.piece(piece.map_err(|_| cut_off())?).await?;
    }
    Ok(answer(taking.end().await?))
}

/// Has a file fetched, from nowhere inside the network, and kept if it has the SHA-256 named.
#[utoipa::path(
    post,
    path = "/v1/media/{sha256}/fetch",
    tag = "media",
    params(("sha256" = String, Path, description = "SHA-256 of the file, hexadecimal")),
    request_body = FetchAsked,
    responses(
        (status = 200, description = "It was here already", body = MediaTold),
        (status = 201, description = "It is kept, durably and sealed", body = MediaTold),
        (status = 409, description = "It cannot be fetched, or no route for suspected child abuse \
            is configured", body = ProblemTold, content_type = "application/problem+json"),
        (status = 422, description = "The address is not let out, or the file is another one",
            body = ProblemTold, content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("media.fetch"))),
)]
pub async fn post_fetch(
    State(app): State<App>,
    caller: Caller,
    Path(sha256): Path<String>,
    Body(given): Body<FetchAsked>,
) -> Result<(StatusCode, Json<MediaTold>), Problem> {
    let sha256 = digest(&sha256)?;
    route(&app).await?;
    if let Identity::Person(_) = caller.identity {
        let case = case_named(given.case.as_deref()).map_err(|problem| problem.at("/case"))?;
        in_case(&app, &caller, sha256, case).await?;
    }
    let url = address(&given.url)?;
    let _place = app.files().place()?;
    let time = Duration::from_secs(app.files().config.fetch_seconds_max);
    let fetched = tokio::time::timeout(time, fetch(&app, sha256, &url)).await;
    Ok(answer(fetched.map_err(|_| of_call(&CallError::TimedOut(time)))??))
}

fn answer((kept, told): (Kept, MediaTold)) -> (StatusCode, Json<MediaTold>) {
    let status = match kept {
        Kept::New => StatusCode::CREATED,
        Kept::Already => StatusCode::OK,
    };
    (status, Json(told))
}

fn address(text: &str) -> Result<Url, Problem> {
    let url =
        Some(text).filter(|text| text.len() <= URL_BYTES_MAX).and_then(|t| Url::parse(t).ok());
    url.ok_or_else(|| {
        let detail = "this is no address: send one such as https://media.platform.example/f/17";
        Problem::new(Code::Invalid, detail).at("/url")
    })
}

async fn fetch(app: &App, sha256: [u8; 32], url: &Url) -> Result<(Kept, MediaTold), Problem> {
    let client = app.files().client.as_ref().ok_or_else(|| {
        let detail = "nothing can be fetched: the system has no root certificates";
        Problem::new(Code::Conflict, detail)
    })?;
    let mut incoming = client.begin(url).await.map_err(|error| of_call(&error))?;
    fits(&incoming)?;
    let mut taking = Taking::begin(app, sha256, None).await?;
    while let Some(piece) = incoming.piece().await.map_err(|error| of_call(&error))? {
        taking.piece(piece).await?;
    }
    taking.end().await
}

/// Whether what answered is a file.
fn fits(incoming: &Incoming) -> Result<(), Problem> {
    if incoming.status != 200 {
        let detail = format!("the address answered with {} instead of a file", incoming.status);
        return Err(Problem::new(Code::Conflict, detail).at("/url"));
    }
    let kind = incoming.media_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    match TYPES.iter().any(|fitting| kind.starts_with(fitting)) {
        true => Ok(()),
        false => {
            let detail = "the address answered with something that is neither picture, video nor \
                          sound by its content type";
            Err(Problem::new(Code::Conflict, detail).at("/url"))
        }
    }
}

/// What is told where nothing could be fetched. Which address a name has is not told.
fn of_call(error: &CallError) -> Problem {
    let words = error.words();
    let code = match error {
        CallError::Egress(_) | CallError::Redirects => Code::Refused,
        CallError::TimedOut(_) => Code::Timeout,
        CallError::TooLarge(_) => Code::TooLarge,
        CallError::NoConnection | CallError::CutOff => Code::Conflict,
    };
    let detail = format!(
        "nothing was fetched: {words}; see deliver.allow and deliver.dangerously_http for what is \
         let out"
    );
    Problem::new(code, detail).at("/url")
}
