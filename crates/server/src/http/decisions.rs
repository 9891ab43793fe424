//! Decisions: the list, one of them, and overturning it.

use axum::Json;
use axum::extract::{Path, Query, State};
use seawall_model::journal::Says;
use seawall_model::{CaseId, DecisionId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::body::Body;
use super::caller::{Caller, of_denied};
use super::cases::cleared;
use super::page::limit;
use super::problem::{Code, Problem};
use super::ruling::{self, RulingAnswer, Signed};
use crate::access::{View, view};
use crate::desk::view::{self as desk_view, DecisionView};

/// Decisions of one answer, at most.
const DECISIONS_MAX: u32 = 200;
/// Decisions of one answer, when not told.
const DECISIONS: u32 = 50;

/// Which decisions are listed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DecisionsQuery {
    /// Where the list goes on.
    #[serde(default)]
    #[param(minimum = 0)]
    pub cursor: u64,
    /// How many, at most 200. Default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// Decisions, in order.
#[derive(Serialize, ToSchema)]
pub struct DecisionsPage {
    /// The decisions.
    pub decisions: Vec<DecisionAnswer>,
    /// The cursor that goes on here; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A decision, as much as the caller sees.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum DecisionAnswer {
    /// For those who rule.
    Full(Box<DecisionView>),
    /// For those who count and audit: without people on the platform.
    Numbers(DecisionNumbers),
}

/// A decision without content.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionNumbers {
    /// Its number.
    #[schema(example = "d3")]
    pub id: String,
    /// The case; null if it is about knowledge.
    pub case: Option<String>,
    /// `stands`, `overturned` or `fallen`.
    pub state: &'static str,
    /// What was ruled.
    pub ruled: String,
    /// Who ruled, in order.
    pub reviewers: Vec<String>,
    /// How many actions it has on the platform.
    pub actions: usize,
    /// When.
    pub at: String,
}

/// Overturning a decision.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OverturnAsked {
    /// A signature made elsewhere; needed of machines, not of people.
    #[serde(default)]
    pub signed: Option<Signed>,
}

/// Lists decisions.
#[utoipa::path(
    get,
    path = "/v1/decisions",
    tag = "decisions",
    params(DecisionsQuery),
    responses((status = 200, description = "In order", body = DecisionsPage)),
    extensions(("x-operation" = json!("decisions.list"))),
)]
pub async fn get_decisions(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<DecisionsQuery>,
) -> Result<Json<DecisionsPage>, Problem> {
    let limit = limit(query.limit, DECISIONS, DECISIONS_MAX)?;
    let identity = caller.identity.clone();
    let page = app.desk(move |desk| {
        let (rows, next) = desk_view::decisions(desk, query.cursor, limit)?;
        let mut decisions = Vec::with_capacity(rows.len());
        for row in rows {
            let case = row.case.as_deref().and_then(CaseId::parse);
            let is_full = view(&identity) == View::Content
                && match case {
                    Some(case) => cleared(desk, &identity, case)?.is_ok(),
                    None => true,
                };
            decisions.push(answer(row, is_full.then_some(View::Content)));
        }
        Ok(DecisionsPage { decisions, next })
    });
    Ok(Json(page.await?))
}

/// Reads a decision: who ruled, under what, on what grounds, and what it does.
#[utoipa::path(
    get,
    path = "/v1/decisions/{decision}",
    tag = "decisions",
    params(("decision" = String, Path, description = "Its number", example = "d3")),
    responses((status = 200, description = "The decision", body = DecisionAnswer)),
    extensions(("x-operation" = json!("decisions.read"))),
)]
pub async fn get_decision(
    State(app): State<App>,
    caller: Caller,
    Path(decision): Path<String>,
) -> Result<Json<DecisionAnswer>, Problem> {
    let id = decision_id(&decision)?;
    let identity = caller.identity.clone();
    let read = app.desk(move |desk| {
        let told = desk_view::decision_of(desk, id)?;
        let case = told.case.as_deref().and_then(CaseId::parse);
        let seen = view(&identity);
        if let (View::Content, Some(case)) = (seen, case)
            && let Err(denied) = cleared(desk, &identity, case)?
        {
            return Ok(Err(denied));
        }
        Ok(Ok(answer(told, Some(seen).filter(|seen| *seen == View::Content))))
    });
    Ok(Json(read.await?.map_err(|denied| of_denied(&denied))?))
}

/// Overturns a decision: what rested on it alone is withdrawn, what it did is reversed.
#[utoipa::path(
    post,
    path = "/v1/decisions/{decision}/overturn",
    tag = "decisions",
    params(("decision" = String, Path, description = "Its number", example = "d3")),
    request_body = OverturnAsked,
    responses((status = 200, description = "Overturned", body = RulingAnswer)),
    extensions(("x-operation" = json!("decisions.overturn"))),
)]
pub async fn post_overturn(
    State(app): State<App>,
    caller: Caller,
    Path(decision): Path<String>,
    Body(given): Body<OverturnAsked>,
) -> Result<Json<RulingAnswer>, Problem> {
    let id = decision_id(&decision)?;
    let hand = ruling::signer(&app, &caller, given.signed).await?;
    let identity = caller.identity.clone();
    let seen = app.desk(move |desk| {
        let case = desk.decision(id)?.case;
        case.map_or(Ok(Ok(())), |case| cleared(desk, &identity, case))
    });
    seen.await?.map_err(|denied| of_denied(&denied))?;
    let says = Says::Overturn { decision: id.0 };
    Ok(Json(ruling::rule(&app, says, hand).await?))
}

fn answer(told: DecisionView, seen: Option<View>) -> DecisionAnswer {
    match seen {
        Some(_) => DecisionAnswer::Full(Box::new(told)),
        None => DecisionAnswer::Numbers(DecisionNumbers {
            id: told.id,
            case: told.case,
            state: told.state,
            ruled: told.ruled,
            reviewers: told.reviewers,
            actions: told.actions.len(),
            at: told.at,
        }),
    }
}

/// The number of a decision as people write it.
pub(crate) fn decision_id(text: &str) -> Result<DecisionId, Problem> {
    DecisionId::parse(text)
        .ok_or_else(|| Problem::new(Code::NotFound, "a decision is named like `d3`"))
}
