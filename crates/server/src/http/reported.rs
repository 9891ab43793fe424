//! `GET /v1/reports`: the reports that came in, newest first, with the cases they led to.
//!
//! They are read from the event log, where they are sealed and erased like all else. Who reports is
//! not told: a report is looked at for what it says. Left out: taking one in (`reports`).

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Query, State};
use seawall_model::{CaseId, Event, EventBody, EventKind, Position, Subject};
use seawall_store::people::Clearance;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::Caller;
use super::cases::cleared;
use super::page::limit;
use super::problem::Problem;
use crate::access::{Identity, View, view};
use crate::desk::{Desk, DeskError};

/// Reports of one answer, at most.
const REPORTS_MAX: u32 = 200;
/// Reports of one answer, when not told.
const REPORTS: u32 = 50;
/// Positions of the log that one answer looks through, at most.
const POSITIONS_MAX: u64 = 100_000;

/// Which reports are listed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportsQuery {
    /// Where the list goes on; from the newest if left out.
    #[param(minimum = 1)]
    pub cursor: Option<u64>,
    /// How many, at most 200. Default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// Reports, the newest first.
#[derive(Serialize, ToSchema)]
pub struct ReportsPage {
    /// The reports. An answer looks through 100,000 positions of the log at most, and may hold none
    /// though there are older ones.
    pub reports: Vec<ReportRow>,
    /// The cursor that goes on here; absent at the beginning of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A report, as much as the caller sees.
#[derive(Serialize, ToSchema)]
pub struct ReportRow {
    /// Its position in the event log.
    pub position: u64,
    /// When it was made.
    pub at: String,
    /// The case that it led to, by itself or among others.
    #[schema(example = "c12")]
    pub case: Option<String>,
    /// What it says; null where it was erased, and for who may not see it.
    pub said: Option<ReportSaid>,
}

/// What a report says.
#[derive(Serialize, ToSchema)]
pub struct ReportSaid {
    /// The platform's id of it.
    pub id: String,
    /// The platform's id of the account that is reported.
    pub account: Option<String>,
    /// The platform's id of the post that is reported.
    pub post: Option<String>,
    /// The platform's category.
    pub reason: Option<String>,
    /// The reporter's words.
    pub text: Option<String>,
}

/// Lists reports.
#[utoipa::path(
    get,
    path = "/v1/reports",
    tag = "cases",
    params(ReportsQuery),
    responses((status = 200, description = "The newest first", body = ReportsPage)),
    extensions(("x-operation" = json!("reports.read"))),
)]
pub async fn get_reports(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ReportsQuery>,
) -> Result<Json<ReportsPage>, Problem> {
    let limit = limit(query.limit, REPORTS, REPORTS_MAX)?;
    let before = Position(query.cursor.unwrap_or(u64::MAX));
    let read = app.blocking(move |app| {
        let mut reader = app.service().folder().log_reader()?;
        reader.of_kind_before(EventKind::Report, before, POSITIONS_MAX, limit)
    });
    let (found, next) = read.await?;
    let found: Vec<(u64, String)> =
        found.into_iter().map(|stored| (stored.placed.position.0, stored.at.to_string())).collect();
    let identity = caller.identity.clone();
    let rows = app.desk(move |desk| {
        let cases = if found.is_empty() { BTreeMap::new() } else { cases_of(desk) };
        let rows = found.into_iter().map(|(position, at)| {
            let case = cases.get(&position).copied();
            let said = match may_read(desk, &identity, case)? {
                true => desk.event(position).and_then(said),
                false => None,
            };
            Ok(ReportRow { position, at, case: case.map(|case| case.to_string()), said })
        });
        rows.collect::<Result<Vec<_>, DeskError>>()
    });
    Ok(Json(ReportsPage { reports: rows.await?, next: next.map(|next| next.0) }))
}

/// Which case came of which position.
fn cases_of(desk: &Desk<'_>) -> BTreeMap<u64, CaseId> {
    let cases = desk.judge().cases().all();
    let reasons =
        cases.flat_map(|(id, case)| case.reasons.iter().map(move |reason| (reason.position, id)));
    reasons.collect()
}

/// Whether the caller may read what a report says. Of one without a case neither language nor
/// gravity is known: only who is cleared for every case reads it.
fn may_read(
    desk: &mut Desk<'_>,
    identity: &Identity,
    case: Option<CaseId>,
) -> Result<bool, DeskError> {
    if view(identity) != View::Content {
        return Ok(false);
    }
    Ok(match (case, identity) {
        (Some(case), _) => cleared(desk, identity, case)?.is_ok(),
        (None, Identity::Person(person)) => person.clearance == Clearance::FULL,
        (None, _) => true,
    })
}

fn said(event: Event) -> Option<ReportSaid> {
    let EventBody::Report(report) = event.body else { return None };
    let (account, post) = match &report.subject {
        Subject::Account(account) => (Some(account.to_string()), None),
        Subject::Post(post) => (None, Some(post.to_string())),
    };
    Some(ReportSaid {
        id: event.id.to_string(),
        account,
        post,
        reason: report.reason.map(String::from),
        text: report.text.map(String::from),
    })
}
