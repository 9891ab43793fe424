//! Measures and the tide, without names: counts with what they are counted among, their
//! window and their baseline.
//!
//! Gathered beside the engine, by the same code as `seawall tide`. Left out: posts with one
//! trace, for which the whole log is read, and lists of accounts and posts.

use axum::Json;
use axum::extract::{Query, State};
use seawall_model::Timestamp;
use seawall_store::Folder;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::problem::{Code, Problem};
use crate::tide::measures::{Measure, measures};
use crate::tide::{Asked, BucketView, By, CasesView, TideError, bucket_view, gather};

/// Seconds of the window when not told: a week.
const WINDOW_SECONDS: i64 = 7 * 86_400;
/// Buckets of one answer, at most.
const BUCKETS_MAX: usize = 10_000;

/// Of which time.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WindowQuery {
    /// From the hour of this time on, RFC 3339; a week before its end if left out.
    #[param(example = "2026-05-18T00:00:00Z")]
    pub from: Option<String>,
    /// Until before the hour of this time, RFC 3339; the hour after this one if left out.
    #[param(example = "2026-05-25T00:00:00Z")]
    pub to: Option<String>,
}

/// Of which time, and how finely.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TideQuery {
    /// From the hour of this time on, RFC 3339; a week before its end if left out.
    #[param(example = "2026-05-18T00:00:00Z")]
    pub from: Option<String>,
    /// Until before the hour of this time, RFC 3339; the hour after this one if left out.
    #[param(example = "2026-05-25T00:00:00Z")]
    pub to: Option<String>,
    /// The length of a bucket: `hour`, `day` or `week`; by the length of the window if left out.
    pub by: Option<String>,
}

/// Measures of a window.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MeasuresAnswer {
    /// When it was counted: cases and decisions are counted as they stood then.
    pub as_of: String,
    /// The measures.
    pub measures: Vec<Measure>,
}

/// The tide of a window.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TideAnswer {
    /// When it was counted: cases and decisions are counted as they stood then.
    pub as_of: String,
    /// The length of a bucket.
    pub by: By,
    /// The series, from the first hour heard.
    pub buckets: Vec<BucketView>,
    /// What became of the cases; null where there never was one.
    pub cases: Option<CasesView>,
}

/// Measures: each a number with unit, denominator, window, interval and baseline.
#[utoipa::path(
    get,
    path = "/v1/measures",
    tag = "measures",
    params(WindowQuery),
    responses((status = 200, description = "The measures", body = MeasuresAnswer)),
    extensions(("x-operation" = json!("measures.read"))),
)]
pub async fn get_measures(
    State(app): State<App>,
    Query(query): Query<WindowQuery>,
) -> Result<Json<MeasuresAnswer>, Problem> {
    let (now, from, to) = window(&app, query.from.as_deref(), query.to.as_deref())?;
    let measures = beside(&app, move |folder| measures(folder, from, to)).await?;
    Ok(Json(MeasuresAnswer { as_of: now.to_string(), measures }))
}

/// The tide: activity over time with its baseline, returns, cases and decisions.
#[utoipa::path(
    get,
    path = "/v1/measures/tide",
    tag = "measures",
    params(TideQuery),
    responses((status = 200, description = "The series", body = TideAnswer)),
    extensions(("x-operation" = json!("measures.read"))),
)]
pub async fn get_tide(
    State(app): State<App>,
    Query(query): Query<TideQuery>,
) -> Result<Json<TideAnswer>, Problem> {
    let (now, from, to) = window(&app, query.from.as_deref(), query.to.as_deref())?;
    let by = query.by.as_deref().map(|name| {
        By::from_name(name)
            .ok_or_else(|| Problem::new(Code::Invalid, "use hour, day or week").at("by"))
    });
    let asked = Asked { from: Some(from), to: Some(to), by: by.transpose()?, trace: None };
    let shown = beside(&app, move |folder| gather(folder, &asked)).await?;
    if shown.buckets.len() > BUCKETS_MAX {
        let detail = format!("an answer has at most {BUCKETS_MAX} buckets: ask for longer ones");
        return Err(Problem::new(Code::TooLarge, detail).at("by"));
    }
    let bucket = |bucket| bucket_view(bucket, shown.cases.as_ref());
    Ok(Json(TideAnswer {
        as_of: now.to_string(),
        by: shown.by,
        buckets: shown.buckets.iter().map(bucket).collect(),
        cases: shown.cases.as_ref().map(crate::tide::CasesShown::view),
    }))
}

/// Now, and the window asked for in whole hours.
pub(super) fn window(
    app: &App,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<(Timestamp, Timestamp, Timestamp), Problem> {
    let now = app.service().clock().now();
    let to = time(to, "to")?.map_or(now.hour().end(), |to| to.hour().start());
    let from = time(from, "from")?.unwrap_or(to.plus_seconds(-WINDOW_SECONDS));
    let from = from.hour().start();
    match from < to {
        true => Ok((now, from, to)),
        false => Err(Problem::new(Code::Invalid, "it must be before `to`, by an hour").at("from")),
    }
}

/// A time of a query.
fn time(text: Option<&str>, name: &str) -> Result<Option<Timestamp>, Problem> {
    let parsed = text.map(|text| {
        Timestamp::parse(text).map_err(|_| {
            Problem::new(Code::Invalid, "a time is written like 2027-06-01T00:00:00Z").at(name)
        })
    });
    parsed.transpose()
}

/// Looks something up beside the engine, with what it has derived so far.
pub(super) async fn beside<T: Send + 'static>(
    app: &App,
    look: impl FnOnce(&Folder) -> Result<T, TideError> + Send + 'static,
) -> Result<T, Problem> {
    app.service().ask_engine(|derivation| derivation.flush_tables()).await?;
    let service = app.service().clone();
    let looked = tokio::task::spawn_blocking(move || look(service.folder())).await;
    looked.map_err(|error| Problem::defect(&error))?.map_err(|error| match error {
        TideError::Store(error) => Problem::defect(&error),
        TideError::TooLong(_) | TideError::NoTrace(_) => {
            Problem::new(Code::Invalid, error.to_string()).at("from")
        }
    })
}
