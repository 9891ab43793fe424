//! `POST /v1/reports`: a notice from outside, handed in by the platform.
//!
//! A report is an event like any other: durable before the answer, known by its id, sealed
//! under the reporter's account, and read by rules. It is never evidence: what people or
//! machines say of something opens a case at most where a rule asks for it, and nothing is
//! done to anybody for it (law 1).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use seawall_model::{Rejection, RejectionCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::body::Body;
use super::events::one;
use super::problem::{Code, Problem, ProblemTold};
use crate::import::Fate;
use crate::service::Wants;

/// A report.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportAsked {
    /// The platform's id of the report: the same is taken in once.
    #[schema(example = "report-7")]
    pub id: String,
    /// When it was made, RFC 3339.
    #[schema(example = "2026-05-20T09:40:00Z")]
    pub at: String,
    /// What is reported.
    pub subject: ReportSubject,
    /// The platform's id of the account that reports; left out if it is not known.
    #[serde(default)]
    pub reporter: Option<String>,
    /// The platform's category.
    #[serde(default)]
    pub reason: Option<String>,
    /// The reporter's words.
    #[serde(default)]
    pub text: Option<String>,
}

/// What is reported: an account or a post.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportSubject {
    /// The platform's id of an account.
    #[serde(default)]
    pub account: Option<String>,
    /// The platform's id of a post.
    #[serde(default)]
    pub post: Option<String>,
}

/// A report that was taken in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportTold {
    /// Its id.
    pub id: String,
    /// Whether it was there already, with the same bytes.
    pub duplicate: bool,
    /// Its position in the event log.
    pub position: u64,
}

/// Takes a report in. The answer comes once it survives a power cut.
#[utoipa::path(
    post,
    path = "/v1/reports",
    tag = "events",
    request_body = ReportAsked,
    responses(
        (status = 200, description = "It was there already", body = ReportTold),
        (status = 201, description = "Taken in", body = ReportTold),
        (status = 409, description = "Another event or report has this id", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("reports.write"))),
)]
pub async fn post_report(
    State(app): State<App>,
    Body(given): Body<ReportAsked>,
) -> Result<(StatusCode, Json<ReportTold>), Problem> {
    let item = one(&app, &event(&given)).map_err(|rejection| of_rejection(&rejection))?;
    let answer = app.service().submit(vec![item], Wants::Durable).await;
    let (status, duplicate, position) = match answer?.fates.first() {
        Some(Fate::Accepted(placed)) => (StatusCode::CREATED, false, placed.position.0),
        Some(Fate::Duplicate(there)) => (StatusCode::OK, true, there.0),
        Some(Fate::Refused(rejection)) => return Err(of_rejection(rejection)),
        None => return Err(Problem::new(Code::Defect, "nothing was said of the report")),
    };
    metrics::counter!("seawall_reports_total", "duplicate" => duplicate.to_string()).increment(1);
    Ok((status, Json(ReportTold { id: given.id, duplicate, position })))
}

/// The report as an event.
fn event(given: &ReportAsked) -> serde_json::Value {
    let mut subject = serde_json::Map::new();
    let named = [("account", &given.subject.account), ("post", &given.subject.post)];
    for (name, id) in named {
        subject.extend(id.iter().map(|id| (name.to_owned(), id.as_str().into())));
    }
    let mut report = serde_json::json!({ "subject": subject });
    for (name, text) in [("reason", &given.reason), ("text", &given.text)] {
        if let Some(text) = text {
            report[name] = text.as_str().into();
        }
    }
    let mut event = serde_json::json!({
        "v": 1, "type": "report", "id": given.id, "at": given.at, "report": report,
    });
    if let Some(reporter) = &given.reporter {
        event["account"] = reporter.as_str().into();
    }
    event
}

/// What is wrong with the event, in the words and places of the report.
fn of_rejection(rejection: &Rejection) -> Problem {
    if rejection.code == RejectionCode::Altered {
        let detail = "another report or event has this id: the same id is the same report";
        return Problem::new(Code::Conflict, detail).at("/id");
    }
    let pointer = rejection.pointer.as_str();
    let pointer = match pointer.strip_prefix("/report") {
        Some(within) => within,
        None if pointer == "/account" => "/reporter",
        None => pointer,
    };
    Problem::from(&Rejection { pointer: pointer.into(), ..rejection.clone() })
}
