//! Thumbnails: small, grey, and blurred unless asked otherwise.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use seawall_store::media::{Looked, MediaName};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{case_named, digest, in_case, note, shown};
use crate::http::App;
use crate::http::caller::Caller;
use crate::http::problem::{Code, Problem, ProblemTold};
use crate::media::{DecodeError, Kind, Look, Refusal, is_decoded};

/// How a thumbnail is asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ThumbnailQuery {
    /// The case for whose sake, such as `c12`.
    pub case: Option<String>,
    /// `blurred` or `grey`. Default `blurred`.
    pub look: Option<String>,
}

/// Shows a picture small and grey, blurred unless asked otherwise. Each look is noted.
#[utoipa::path(
    get,
    path = "/v1/media/{sha256}/thumbnail",
    tag = "media",
    params(("sha256" = String, Path, description = "SHA-256 of the file, hexadecimal"), ThumbnailQuery),
    responses(
        (status = 200, description = "PNG, grey", body = Vec<u8>, content_type = "image/png"),
        (status = 404, description = "The case shows no such file, or it is not here",
            body = ProblemTold, content_type = "application/problem+json"),
        (status = 409, description = "It is marked, or there is no picture of it",
            body = ProblemTold, content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("media.thumbnail"))),
)]
pub async fn get_thumbnail(
    State(app): State<App>,
    caller: Caller,
    Path(sha256): Path<String>,
    Query(query): Query<ThumbnailQuery>,
) -> Result<Response, Problem> {
    let sha256 = digest(&sha256)?;
    let case = case_named(query.case.as_deref())?;
    let look = query.look.as_deref().map_or(Some(Look::Blurred), Look::from_name);
    let look = look.ok_or_else(|| Problem::new(Code::Invalid, "use blurred or grey").at("look"))?;
    let person = caller.person()?.number;
    in_case(&app, &caller, sha256, case).await?;
    let found = app.blocking(move |app| {
        let media = app.files().store();
        let name = media.name(&sha256);
        Ok(match shown(&media, name)? {
            Ok(object) => {
                Ok((name, Kind::from_name(&object.kind), media.derived(name, look as u8)?))
            }
            Err(problem) => Err(problem),
        })
    });
    let (name, kind, made) = found.await??;
    let png = match made {
        Some(png) => png,
        None => make(&app, name, kind, look).await?,
    };
    let noted = app.blocking(move |app| {
        // It may have been marked meanwhile.
        let visible = shown(&app.files().store(), name)?;
        if visible.is_ok() {
            note(app, name, (person, Looked::Thumbnail, case.0))?;
        }
        Ok(visible)
    });
    noted.await??;
    let kind = HeaderValue::from_static("image/png");
    let only_here = HeaderValue::from_static("same-origin");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::HeaderName::from_static("cross-origin-resource-policy"), only_here),
    ];
    Ok((headers, png).into_response())
}

/// Has a thumbnail made, and keeps it.
async fn make(app: &App, name: MediaName, kind: Kind, look: Look) -> Result<Vec<u8>, Problem> {
    if !is_decoded(kind) {
        return Err(no_picture(kind));
    }
    let opened = app.blocking(move |app| app.files().store().read(name)).await?;
    let file =
        opened.ok_or_else(|| Problem::new(Code::NotFound, "the file is not here any more"))?;
    let made = app.files().decoder.thumbnail(file, look).await;
    let png = made.map_err(|error| of_decode(&error, kind))?;
    let kept = png.clone();
    app.blocking(move |app| app.files().store().keep_derived(name, look as u8, &kept)).await?;
    Ok(png)
}

/// What is told of a file that there is no picture of.
fn no_picture(kind: Kind) -> Problem {
    let detail = match kind {
        Kind::Video => {
            "this is a video, and stills of videos are not made yet: open the original if it must \
             be seen"
        }
        Kind::Audio => "this is sound: there is no picture of it",
        Kind::OtherPicture => {
            "pictures of this format are not decoded: JPEG, PNG, GIF and WebP are; open the \
             original if it must be seen"
        }
        _ => "this is no picture by its first bytes: open the original if it must be seen",
    };
    Problem::new(Code::Conflict, detail)
}

fn of_decode(error: &DecodeError, kind: Kind) -> Problem {
    let conflict = |detail: &str| Problem::new(Code::Conflict, detail);
    match error {
        DecodeError::Refused(Refusal::Kind) => no_picture(match kind {
            Kind::Jpeg | Kind::Png | Kind::Gif | Kind::Webp => Kind::OtherPicture,
            other => other,
        }),
        DecodeError::Refused(Refusal::Pixels) => conflict(
            "the picture has more pixels than are decoded (media.picture_side_max, \
             media.picture_pixels_max)",
        ),
        DecodeError::Refused(Refusal::Damaged) => {
            conflict("the picture is damaged, or ends before its time")
        }
        DecodeError::Refused(Refusal::Memory) | DecodeError::Ended => conflict(
            "decoding the picture takes more than it may (media.decode_mib_max, \
             media.decode_seconds_max): it may be made to do so",
        ),
        DecodeError::TimedOut => {
            conflict("decoding the picture takes too long (media.decode_seconds_max)")
        }
        DecodeError::Busy => Problem::new(Code::Busy, "other pictures are being decoded"),
        DecodeError::Refused(Refusal::Confinement) => {
            tracing::error!("the process that decodes media cannot be confined on this system");
            conflict(
                "this system cannot confine the process that decodes pictures (seccomp), so none \
                 is decoded: run `seawall doctor`",
            )
        }
        DecodeError::NoProcess(_) | DecodeError::Store(_) => Problem::defect(error),
    }
}
