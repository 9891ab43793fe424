//! Notices that an order withholds: taking the order down, extending it, and lifting it.
//!
//! The order comes before the ruling: what the platform was told to show is shown. Left out: the
//! notices themselves, which go with the actions.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use seawall_model::journal::{Body as Entry, Withholding};
use seawall_model::{ActionId, CaseId, Timestamp};
use seawall_pipeline::WithholdError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::body::Body;
use super::caller::{Caller, of_denied};
use super::cases::{case_id, cleared};
use super::problem::{Code, Problem, ProblemTold};

/// Characters of what an order is called, at most.
const ORDER_CHARS_MAX: usize = 64;

/// An order that forbids for a time that the account be told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderTaken {
    /// What the order is called by whoever gave it: letters, digits and `- _ . / :`, up to 64. The
    /// journal keeps it, and erases it with nobody.
    #[schema(example = "N-2026/118")]
    pub order: String,
    /// When it ends: six weeks from now at most, and twelve from when it was first taken down.
    #[schema(example = "2026-04-14T00:00:00Z")]
    pub until: String,
}

/// Notices that are withheld.
#[derive(Serialize, ToSchema)]
pub struct WithholdingTold {
    /// The case.
    pub case: String,
    /// Since when.
    pub since: Option<String>,
    /// When they go out.
    pub until: Option<String>,
    /// Actions that came before the order and are in force: they are told with their notice, or
    /// were.
    pub told_before: Vec<String>,
}

/// Takes an order down that forbids for a time that the account of a case be told, or extends it.
/// What is done on the case from here on goes to the platform without a notice until then; then all
/// notices follow. What was done before is told, or was: it comes before the ruling. Until then an
/// appeal by the link of an earlier notice is answered as it would have been. Somebody else than
/// who took an order down has it last longer than it first did.
#[utoipa::path(
    put,
    path = "/v1/cases/{case}/withholding",
    tag = "cases",
    params(("case" = String, Path, description = "Its number", example = "c12")),
    request_body = OrderTaken,
    responses(
        (status = 200, description = "What follows is not told before then", body = WithholdingTold),
        (status = 409, description = "The notices went out already, or the same person would \
            have it last longer", body = ProblemTold, content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("notices.withhold"))),
)]
pub async fn put_withholding(
    State(app): State<App>,
    caller: Caller,
    Path(case): Path<String>,
    Body(given): Body<OrderTaken>,
) -> Result<Json<WithholdingTold>, Problem> {
    let id = case_id(&case)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    let length = given.order.chars().count();
    if !(1..=ORDER_CHARS_MAX).contains(&length) || !given.order.chars().all(is_plain) {
        let detail = "an order is called by letters, digits and `- _ . / :`, up to 64 of them";
        return Err(Problem::new(Code::Invalid, detail).at("/order"));
    }
    let until = Timestamp::parse(&given.until).map_err(|_| {
        let detail = "a time is written like 2026-04-14T00:00:00Z";
        Problem::new(Code::Invalid, detail).at("/until")
    })?;
    let told = note(&app, &caller, id, Change::Until(given.order, until)).await?;
    Ok(Json(told))
}

/// Lifts the order: the notices go out now.
#[utoipa::path(
    delete,
    path = "/v1/cases/{case}/withholding",
    tag = "cases",
    params(("case" = String, Path, description = "Its number", example = "c12")),
    responses(
        (status = 204, description = "The notices go out"),
        (status = 409, description = "The notices went out already", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("notices.withhold"))),
)]
pub async fn delete_withholding(
    State(app): State<App>,
    caller: Caller,
    Path(case): Path<String>,
) -> Result<StatusCode, Problem> {
    note(&app, &caller, case_id(&case)?, Change::Lift).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What becomes of the withholding.
enum Change {
    /// The order of this name forbids it until then.
    Until(String, Timestamp),
    /// Nothing forbids it any more.
    Lift,
}

async fn note(
    app: &App,
    caller: &Caller,
    id: CaseId,
    change: Change,
) -> Result<WithholdingTold, Problem> {
    let identity = caller.identity.clone();
    let seen = app.desk(move |desk| match desk.judge().cases().get(id) {
        None => Ok(Err(of_withholding(&WithholdError::NoCase(id)))),
        Some(_) => Ok(cleared(desk, &identity, id)?.map_err(|denied| of_denied(&denied))),
    });
    seen.await??;
    let reviewer = caller.reviewer().ok_or_else(|| {
        let detail = "your key is not admitted: an admin admits it, so that the journal tells who \
                      took the order down";
        Problem::new(Code::Refused, detail)
    })?;
    let now = app.service().clock().now();
    let noted = app.service().ask_engine(move |derivation| {
        let judge = derivation.pipeline().judge();
        let (order, until, may) = match change {
            Change::Until(order, until) => {
                (order, until, judge.may_withhold(id, (reviewer, until), now))
            }
            Change::Lift => (String::new(), now, judge.may_lift(id)),
        };
        if let Err(refused) = may {
            return Ok(Err(of_withholding(&refused)));
        }
        let before: Vec<u64> = match judge.withheld(id) {
            None => judge.actions().of_case(id).map(|action| action.planned.action).collect(),
            Some(_) => Vec::new(),
        };
        let order = Withholding { case: id.0, reviewer: reviewer.0, order, until };
        derivation.input(Entry::NoticesWithheld(order), now)?;
        let withheld = derivation.pipeline().judge().withheld(id);
        Ok(Ok(WithholdingTold {
            case: id.to_string(),
            since: withheld.map(|withheld| withheld.since.to_string()),
            until: withheld.and_then(|withheld| withheld.until).map(|until| until.to_string()),
            told_before: before.into_iter().map(|action| ActionId(action).to_string()).collect(),
        }))
    });
    noted.await?
}

fn of_withholding(refused: &WithholdError) -> Problem {
    let said = refused.to_string();
    match refused {
        WithholdError::NoCase(_) => Problem::new(Code::NotFound, said),
        WithholdError::Over(_)
        | WithholdError::NotWithheld(_)
        | WithholdError::SamePerson { .. } => Problem::new(Code::Conflict, said),
        WithholdError::TooLong(_) | WithholdError::Ended => {
            Problem::new(Code::Invalid, said).at("/until")
        }
    }
}
