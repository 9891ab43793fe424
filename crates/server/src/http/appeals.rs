//! Appeals: by signed link or by the platform, and rulings on them by somebody uninvolved.
//!
//! What somebody says in an appeal is an event like any other: sealed under their account, and
//! erased with it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use seawall_model::journal::{AppealRuled, Says};
use seawall_model::{AccountId, ActionId, AppealId, ReviewerId, Timestamp};
use seawall_pipeline::Judge;
use seawall_review::{Appeal, AppealState};
use seawall_store::people::Person;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::body::Body;
use super::caller::Caller;
use super::cases::{cleared, people_of_keys};
use super::events::one;
use super::page::limit;
use super::problem::{Code, Problem, ProblemTold};
use super::ruling::{self, RulingAnswer, Signed};
use crate::access::{Identity, Operation};
use crate::desk::{Desk, DeskError};
use crate::import::Fate;
use crate::service::Wants;

/// Appeals of one answer, at most.
const APPEALS_MAX: usize = 200;
/// Appeals of one answer, when not told.
const APPEALS: usize = 50;

/// An appeal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealAsked {
    /// The action appealed against.
    #[schema(example = "a12")]
    pub action: String,
    /// What the person says, if they do.
    #[serde(default)]
    pub text: Option<String>,
    /// The token of the notice; needed unless an API key speaks for the account.
    #[serde(default)]
    pub token: Option<String>,
}

/// An appeal that was taken in.
#[derive(Serialize, ToSchema)]
pub struct AppealTold {
    /// Its number.
    #[schema(example = "p3")]
    pub appeal: String,
    /// The action appealed against.
    pub action: String,
    /// `open`, `upheld` where the action stands, or `granted` where it was taken back.
    pub state: &'static str,
    /// When it was taken in.
    pub at: String,
}

/// An appeal, for those who rule on it.
#[derive(Serialize, ToSchema)]
pub struct AppealRow {
    /// Its number, and what became of it.
    #[serde(flatten)]
    pub appeal: AppealTold,
    /// The decision behind the action; null if it was taken without a person.
    pub decision: Option<String>,
    /// The case.
    pub case: String,
    /// What the person says; null if they say nothing, or it was erased.
    pub text: Option<String>,
    /// Reviewers who took no part and can come in and rule on it; empty where one from outside
    /// has to be invited, or the action has ended and only an order keeps that from being told.
    pub may_rule: Vec<String>,
    /// Whether the caller may.
    pub i_may_rule: bool,
}

/// Appeals.
#[derive(Serialize, ToSchema)]
pub struct AppealsPage {
    /// The appeals, in order.
    pub appeals: Vec<AppealRow>,
    /// The cursor that goes on here; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// Which appeals are listed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AppealsQuery {
    /// Only those that wait: `open`; all if left out.
    pub state: Option<String>,
    /// Where the list goes on.
    #[serde(default)]
    #[param(minimum = 0)]
    pub cursor: u64,
    /// How many, at most 200. Default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
}

/// The token of a notice.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TokenQuery {
    /// The token that the notice gives.
    pub token: String,
}

/// What can be appealed against.
#[derive(Serialize, ToSchema)]
pub struct AppealForm {
    /// The action.
    pub action: String,
    /// Whether it is in force.
    pub in_force: bool,
    /// The appeal against it, if there was one.
    pub appeal: Option<AppealTold>,
}

/// A ruling on an appeal.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealRulingAsked {
    /// `uphold` if the action stands, `overturn` if it is taken back.
    pub ruling: String,
    /// A signature made elsewhere; needed of machines, not of people.
    #[serde(default)]
    pub signed: Option<Signed>,
}

/// Appeals against an action.
#[utoipa::path(
    post,
    path = "/v1/appeals",
    tag = "appeals",
    request_body = AppealAsked,
    responses(
        (status = 201, description = "Taken in", body = AppealTold),
        (status = 409, description = "It was appealed against already", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("appeals.write"))),
)]
pub async fn post_appeal(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<AppealAsked>,
) -> Result<(StatusCode, Json<AppealTold>), Problem> {
    let action = action_id(&given.action)?;
    let caller = by_link(&app, caller, action, given.token.as_deref());
    caller.may(Operation::AppealsWrite)?;
    let known = Known::of(&caller);
    let account = appellant(&app, action, known).await?;
    let mut appeal = serde_json::json!({ "action": format!("a{action}") });
    if let Some(text) = given.text {
        appeal["text"] = text.into();
    }
    let event = serde_json::json!({
        "v": 1,
        "type": "appeal",
        "id": app.carrier().links().event_id(action),
        "at": app.service().clock().now().to_string(),
        "account": account,
        "appeal": appeal,
    });
    let item = one(&app, &event).map_err(|rejection| Problem::from(&rejection))?;
    // With a verdict: then the engine has seen it, and not only the disk.
    let answer = app.service().submit(vec![item], Wants::Verdict).await?;
    if let Some(Fate::Refused(rejection)) = answer.fates.first() {
        return Err(match rejection.code {
            seawall_model::RejectionCode::Altered => made_already(),
            _ => Problem::from(rejection),
        });
    }
    let now = app.service().clock().now();
    let settled = app.service().ask_engine(move |derivation| {
        // Told now, not at the next hand-over: somebody waits for the number.
        derivation.settle(now)?;
        Ok(known.appeal(derivation.pipeline().judge(), action, now))
    });
    let told = settled.await?.ok_or_else(|| {
        Problem::new(Code::Refused, "this action does not concern the account, or is too long ago")
    })?;
    Ok((StatusCode::CREATED, Json(told)))
}

/// Says by signed link what can be appealed against. While an order withholds the notices of the
/// case, it says what was known when the order came.
#[utoipa::path(
    get,
    path = "/v1/appeals/form/{action}",
    tag = "appeals",
    params(("action" = String, Path, description = "The action", example = "a12"), TokenQuery),
    responses((status = 200, description = "What can be appealed against", body = AppealForm)),
    extensions(("x-operation" = json!("appeals.form"))),
)]
pub async fn get_appeal_form(
    State(app): State<App>,
    caller: Caller,
    Path(action): Path<String>,
    Query(query): Query<TokenQuery>,
) -> Result<Json<AppealForm>, Problem> {
    let number = action_id(&action)?;
    let caller = by_link(&app, caller, number, Some(&query.token));
    caller.may(Operation::AppealsForm)?;
    let read = app.desk(move |desk| {
        let (judge, now) = (desk.judge(), desk.now());
        let appeal = Known::ToHolder.appeal(judge, number, now);
        let in_force = judge.known_in_force(number, now);
        Ok(AppealForm { action, in_force, appeal })
    });
    Ok(Json(read.await?))
}

/// Lists appeals.
#[utoipa::path(
    get,
    path = "/v1/appeals",
    tag = "appeals",
    params(AppealsQuery),
    responses((status = 200, description = "In order", body = AppealsPage)),
    extensions(("x-operation" = json!("appeals.read"))),
)]
pub async fn get_appeals(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AppealsQuery>,
) -> Result<Json<AppealsPage>, Problem> {
    let only_open = match query.state.as_deref() {
        None => false,
        Some("open") => true,
        Some(_) => {
            return Err(Problem::new(Code::Invalid, "use `open`, or leave it out").at("state"));
        }
    };
    let limit = limit(query.limit, APPEALS, APPEALS_MAX)?;
    let (identity, own) = (caller.identity.clone(), caller.reviewer());
    let people = people_of_keys(&app).await?;
    let page = app.desk(move |desk| {
        let (mut appeals, mut last) = (Vec::new(), None);
        for (id, appeal) in desk.judge().appeals().all() {
            let is_wanted = !only_open || appeal.state == AppealState::Open;
            if id.0 <= query.cursor || !is_wanted || cleared(desk, &identity, appeal.case)?.is_err()
            {
                continue;
            }
            if appeals.len() == limit {
                return Ok(AppealsPage { appeals, next: last });
            }
            appeals.push(row(desk, id, appeal, (own, &people))?);
            last = Some(id.0);
        }
        Ok(AppealsPage { appeals, next: None })
    });
    Ok(Json(page.await?))
}

/// Rules on an appeal. Who took part in what it is against cannot.
#[utoipa::path(
    post,
    path = "/v1/appeals/{appeal}/rulings",
    tag = "appeals",
    params(("appeal" = String, Path, description = "Its number", example = "p3")),
    request_body = AppealRulingAsked,
    responses((status = 200, description = "Decided", body = RulingAnswer)),
    extensions(("x-operation" = json!("appeals.rule"))),
)]
pub async fn post_appeal_ruling(
    State(app): State<App>,
    caller: Caller,
    Path(appeal): Path<String>,
    Body(given): Body<AppealRulingAsked>,
) -> Result<Json<RulingAnswer>, Problem> {
    let id = AppealId::parse(&appeal)
        .ok_or_else(|| Problem::new(Code::NotFound, "an appeal is named like `p3`"))?;
    let ruled = match given.ruling.as_str() {
        "uphold" => AppealRuled::Uphold,
        "overturn" => AppealRuled::Overturn,
        _ => return Err(Problem::new(Code::Invalid, "use uphold or overturn").at("/ruling")),
    };
    let hand = ruling::signer(&app, &caller, given.signed).await?;
    let identity = caller.identity.clone();
    // Whoever may not see an appeal does not learn whether there is one.
    let seen = app.desk(move |desk| match desk.judge().appeals().get(id).copied() {
        None => Ok(None),
        Some(appeal) => Ok(cleared(desk, &identity, appeal.case)?.ok()),
    });
    seen.await?
        .ok_or_else(|| Problem::new(Code::NotFound, format!("there is no appeal {id} for you")))?;
    let says = Says::Appeal { appeal: id.0, ruled };
    Ok(Json(ruling::rule(&app, says, hand).await?))
}

/// Who holds the signed link of a notice is known by it, for this action only.
fn by_link(app: &App, caller: Caller, action: u64, token: Option<&str>) -> Caller {
    let fits = token.is_some_and(|token| app.carrier().links().fits(action, token));
    match (&caller.identity, fits) {
        (Identity::Public, true) => Caller { identity: Identity::SignedLink, token: None },
        _ => caller,
    }
}

/// How much whoever appeals may know: while an order withholds the notices of a case, the account
/// learns nothing of what is done meanwhile, and the platform does it.
#[derive(Clone, Copy)]
enum Known {
    /// What the holder of a signed link does.
    ToHolder,
    /// What the platform does.
    ToPlatform,
}

impl Known {
    fn of(caller: &Caller) -> Self {
        match caller.identity {
            Identity::SignedLink => Self::ToHolder,
            _ => Self::ToPlatform,
        }
    }

    /// The appeal against an action, as they know it.
    fn appeal(self, judge: &Judge, action: u64, now: Timestamp) -> Option<AppealTold> {
        match self {
            Self::ToHolder => judge.known_appeal(action, now).map(|(id, appeal)| told(id, &appeal)),
            Self::ToPlatform => {
                judge.appeals().against(action).map(|(id, appeal)| told(id, appeal))
            }
        }
    }

    /// Whether there is an action, as they know it, that concerns an account.
    fn concerned(self, judge: &Judge, action: u64) -> Option<AccountId> {
        match self {
            Self::ToHolder if judge.is_untold(action) => None,
            Self::ToHolder | Self::ToPlatform => judge.concerned(action),
        }
    }
}

/// The account that an action concerns, by the platform's id.
async fn appellant(app: &App, action: u64, known: Known) -> Result<String, Problem> {
    let found = app.desk(move |desk| {
        if known.appeal(desk.judge(), action, desk.now()).is_some() {
            return Ok(Err(made_already()));
        }
        let Some(account) = known.concerned(desk.judge(), action) else {
            return Ok(Err(Problem::new(Code::NotFound, "there is no such action on an account")));
        };
        let id = desk.person(account)?.id;
        Ok(id.ok_or_else(|| Problem::new(Code::NotFound, "the account was erased")))
    });
    found.await?
}

fn made_already() -> Problem {
    Problem::new(Code::Conflict, "this action was appealed against already: once is enough")
}

fn told(id: AppealId, appeal: &Appeal) -> AppealTold {
    AppealTold {
        appeal: id.to_string(),
        action: ActionId(appeal.action).to_string(),
        state: match appeal.state {
            AppealState::Open => "open",
            AppealState::Upheld(_) => "upheld",
            AppealState::Granted(_) => "granted",
        },
        at: appeal.at.to_string(),
    }
}

fn row(
    desk: &mut Desk<'_>,
    id: AppealId,
    appeal: &Appeal,
    (own, people): (Option<ReviewerId>, &BTreeMap<u64, Person>),
) -> Result<AppealRow, DeskError> {
    desk.seat(appeal.case, people)?;
    let may = match appeal.state {
        AppealState::Open => desk.may_rule(id),
        AppealState::Upheld(_) | AppealState::Granted(_) => Vec::new(),
    };
    Ok(AppealRow {
        appeal: told(id, appeal),
        decision: appeal.decision.map(|decision| decision.to_string()),
        case: appeal.case.to_string(),
        text: desk.said(appeal.position),
        i_may_rule: own.is_some_and(|own| may.contains(&own)),
        may_rule: may.iter().map(ToString::to_string).collect(),
    })
}

fn action_id(text: &str) -> Result<u64, Problem> {
    let parsed = ActionId::parse(text).map(|id| id.0);
    parsed.ok_or_else(|| Problem::new(Code::NotFound, "an action is named like `a12`"))
}
