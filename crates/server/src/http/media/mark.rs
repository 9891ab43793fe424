//! Marking a file as suspected child abuse, and handing it over.
//!
//! Whoever sees it marks it; from then on nobody sees it but the holder of the configured route,
//! who hands it over to whom the law names. The journal tells of both by a keyed hash.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use seawall_model::CaseId;
use seawall_model::journal::Body as Entry;
use seawall_store::media::Looked;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::original::reviewer;
use super::sending::send;
use super::{case_named, digest, hex, in_case, note, route};
use crate::access::Identity;
use crate::http::App;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::problem::{Code, Problem, ProblemTold};

/// What is marked, beside its digest.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkAsked {
    /// The case in which it was seen: its perceptual hash is taken from there, so that near
    /// copies leave too. Needed of reviewers from outside.
    #[serde(default)]
    #[schema(example = "c12")]
    pub case: Option<String>,
    /// Its PDQ hash, hexadecimal, where the caller knows it.
    #[serde(default)]
    pub pdq: Option<String>,
}

/// A file that was marked.
#[derive(Clone, Serialize, ToSchema)]
pub struct Marked {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Always `marked`.
    pub state: &'static str,
    /// By which route it is handed over.
    pub route: String,
}

/// Marks a file as suspected child abuse: it leaves every screen, bank and index at once, and only
/// the holder of the configured route opens it. Whether it was uploaded does not matter.
#[utoipa::path(
    post,
    path = "/v1/media/{sha256}/mark",
    tag = "media",
    params(("sha256" = String, Path, description = "SHA-256 of the file, hexadecimal")),
    request_body = MarkAsked,
    responses(
        (status = 200, description = "Marked", body = Marked),
        (status = 409, description = "No route for suspected child abuse is configured",
            body = ProblemTold, content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("media.mark"))),
)]
pub async fn post_mark(
    State(app): State<App>,
    caller: Caller,
    Path(sha256): Path<String>,
    Body(given): Body<MarkAsked>,
) -> Result<Json<Marked>, Problem> {
    let sha256 = digest(&sha256)?;
    // Without one, nobody could hand it over, nor take the mark back.
    let route = route(&app).await?.name;
    let mut pdqs = Vec::new();
    if let Some(pdq) = &given.pdq {
        let pdq = digest(pdq).map_err(|_| {
            let detail = "a PDQ hash is 64 hexadecimal digits";
            Problem::new(Code::Invalid, detail).at("/pdq")
        })?;
        pdqs.push(pdq);
    }
    if let Some(case) = seen_in(&caller, given.case.as_deref())? {
        match in_case(&app, &caller, sha256, case).await {
            Ok(found) => pdqs.extend(found.into_iter().filter_map(|file| file.pdq)),
            // Marked before, it stands in no case any more.
            Err(problem) if problem.is(Code::Conflict) => {}
            Err(problem) => return Err(problem),
        }
    }
    let reviewer = caller.reviewer().map_or(0, |reviewer| reviewer.0);
    mark(&app, sha256, pdqs, (caller.name(), reviewer)).await?;
    Ok(Json(Marked { sha256: hex(&sha256), state: "marked", route }))
}

/// The case in which it was seen, where one is named or must be.
fn seen_in(caller: &Caller, case: Option<&str>) -> Result<Option<CaseId>, Problem> {
    let only_case = match &caller.identity {
        Identity::Person(person) => person.only_case,
        _ => None,
    };
    match (case, only_case) {
        (None, None) => Ok(None),
        (case, _) => case_named(case).map(Some).map_err(|problem| problem.at("/case")),
    }
}

async fn mark(
    app: &App,
    sha256: [u8; 32],
    pdqs: Vec<[u8; 32]>,
    (by, reviewer): (String, u64),
) -> Result<(), Problem> {
    let now = app.service().clock().now();
    let kept =
        app.blocking(move |app| app.files().store().mark(&sha256, &pdqs, (&by, reviewer), now));
    // From here on no thumbnail and no original goes out, whatever comes of the rest.
    let mark = kept.await?;
    let within = app.clone();
    let told = app
        .service()
        .ask_engine(move |derivation| derivation.mark(&mut within.files().store(), &mark, now));
    told.await?;
    Ok(())
}

/// Takes a mark back: the file is none. Only the holder of the configured route may, where somebody
/// else set it; what it hid is shown and found again.
#[utoipa::path(
    delete,
    path = "/v1/media/{sha256}/mark",
    tag = "media",
    params(("sha256" = String, Path, description = "SHA-256 of the file, hexadecimal")),
    responses(
        (status = 204, description = "It is marked no more"),
        (status = 403, description = "The caller does not hold the route",
            body = ProblemTold, content_type = "application/problem+json"),
        (status = 404, description = "No such file is marked",
            body = ProblemTold, content_type = "application/problem+json"),
        (status = 409, description = "The caller set it, or no route is configured",
            body = ProblemTold, content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("media.handover"))),
)]
pub async fn delete_mark(
    State(app): State<App>,
    caller: Caller,
    Path(sha256): Path<String>,
) -> Result<StatusCode, Problem> {
    let sha256 = digest(&sha256)?;
    let route = route(&app).await?;
    if caller.person()?.login != route.holder {
        return Err(no_holder());
    }
    let (reviewer, name) = (reviewer(&caller)?, caller.name());
    let found = app.blocking(move |app| {
        let media = app.files().store();
        media.marked(media.name(&sha256))
    });
    let mark = found.await?;
    let mark = mark.ok_or_else(|| Problem::new(Code::NotFound, "no such file is marked"))?;
    if mark.by == name || mark.reviewer == reviewer {
        let detail = "you marked it yourself: somebody else takes it back, as holder of the route";
        return Err(Problem::new(Code::Conflict, detail));
    }
    let (now, within) = (app.service().clock().now(), app.clone());
    let told = app.service().ask_engine(move |derivation| {
        derivation.unmark(&mut within.files().store(), &mark, reviewer, now)
    });
    told.await?;
    Ok(StatusCode::NO_CONTENT)
}

fn no_holder() -> Problem {
    let detail = "only who holds the route for suspected child abuse opens this";
    Problem::new(Code::Forbidden, detail)
}

/// Opens a marked file, to be handed over. Only the holder of the configured route may, and the
/// journal tells of it first.
#[utoipa::path(
    get,
    path = "/v1/media/{sha256}/handover",
    tag = "media",
    params(("sha256" = String, Path, description = "SHA-256 of the file, hexadecimal")),
    responses(
        (status = 200, description = "The file, to be saved", content(
            (Vec<u8> = "image/jpeg"),
            (Vec<u8> = "image/png"),
            (Vec<u8> = "image/gif"),
            (Vec<u8> = "image/webp"),
            (Vec<u8> = "application/octet-stream"),
        )),
        (status = 403, description = "The caller does not hold the route",
            body = ProblemTold, content_type = "application/problem+json"),
        (status = 404, description = "No such file is marked, or it is not here",
            body = ProblemTold, content_type = "application/problem+json"),
        (status = 409, description = "No route is configured, or the caller's key was not admitted",
            body = ProblemTold, content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("media.handover"))),
)]
pub async fn get_handover(
    State(app): State<App>,
    caller: Caller,
    Path(sha256): Path<String>,
) -> Result<Response, Problem> {
    let sha256 = digest(&sha256)?;
    let route = route(&app).await?;
    let person = caller.person()?;
    if person.login != route.holder {
        return Err(no_holder());
    }
    let (person, reviewer) = (person.number, reviewer(&caller)?);
    let place = app.files().place()?;
    let now = app.service().clock().now();
    let found = app.blocking(move |app| {
        let media = app.files().store();
        let name = media.name(&sha256);
        let is_marked = media.marked(name)?.is_some();
        let object = if is_marked { media.object(name)? } else { None };
        Ok(object.ok_or_else(|| {
            let detail = match is_marked {
                true => "it is marked, and was never uploaded: ask the platform for it",
                false => "no such file is marked",
            };
            Problem::new(Code::NotFound, detail)
        }))
    });
    let object = found.await??;
    let (name, media) = (object.name, object.name.to_string());
    let told = app.service().ask_engine(move |derivation| {
        derivation.input(Entry::MediaHandedOver { media, reviewer, route: route.name }, now)
    });
    told.await?;
    let opened = app.blocking(move |app| {
        note(app, name, (person, Looked::HandOver, 0))?;
        let mut media = app.files().store();
        media.handed_over(name, now)?;
        media.read(name)
    });
    let file = opened.await?;
    let file = file.ok_or_else(|| Problem::new(Code::NotFound, "it is not here any more"))?;
    Ok(send(&app, &object, file, place))
}
