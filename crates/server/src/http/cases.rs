//! Cases: the list, one case, and rulings on it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use seawall_model::knowledge::FileClass;
use seawall_model::{ActionKind, CaseId, ReviewerId};
use seawall_review::{Ruled, Saw};
use seawall_store::people::Person;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::body::Body;
use super::caller::{Caller, of_access, of_denied};
use super::page::limit;
use super::problem::{Code, Problem, ProblemTold};
use super::ruling::{self, RulingAnswer, Signed};
use crate::access::{Denied, Identity, Operation, View, is_invited_to, may_see_case, view};
use crate::desk::list::{Cursor, State as CaseState, Wanted};
use crate::desk::ruling::{Asked, says};
use crate::desk::view::{self as desk_view, CaseRow, CaseView, EvidenceView, SubjectView};
use crate::desk::{Desk, DeskError, Viewer};

/// Cases of one answer, at most.
const CASES_MAX: usize = 200;
/// Cases of one answer, when not told.
const CASES: usize = 50;

/// Which cases are listed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CasesQuery {
    /// `open`, `decided` or `withdrawn`; all if left out.
    pub state: Option<String>,
    /// Of this policy only.
    pub policy: Option<String>,
    /// Where the list goes on.
    pub cursor: Option<String>,
    /// How many, at most 200. Default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
}

/// A page of cases: those that are open first, then the strongest evidence, then the oldest.
#[derive(Serialize, ToSchema)]
pub struct CasesPage {
    /// The cases, as far as the caller is cleared for them.
    pub cases: Vec<CaseRowAnswer>,
    /// The cursor that goes on here; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A case of a list, as much as the caller sees.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum CaseRowAnswer {
    /// For those who rule.
    Full(Box<CaseRow>),
    /// For those who count.
    Numbers(CaseNumbers),
}

/// A case, as much as the caller sees.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum CaseAnswer {
    /// For those who rule.
    Full(Box<CaseView>),
    /// For those who count.
    Numbers(CaseNumbers),
}

/// A case without content and without people: accounts are own numbers.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseNumbers {
    /// Its number.
    #[schema(example = "c12")]
    pub case: String,
    /// `open`, `decided` or `withdrawn`.
    pub state: &'static str,
    /// Counts changes.
    pub version: u64,
    /// What it is about, by own numbers.
    pub subject: SubjectView,
    /// The policy it was opened under; empty for none.
    pub policy: String,
    /// Whether a verdict behind it rests on something missing.
    pub rests_on_missing: bool,
    /// When the first event behind it happened.
    pub at: String,
    /// The evidence in numbers; only of one case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceView>,
}

/// A ruling on a case.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulingAsked {
    /// `keep`, `keep_documents`, `restrict`, `interstitial`, `label`, `remove` or `suspend`.
    pub ruling: String,
    /// What was seen: `content`, `file` or `links`.
    pub saw: String,
    /// The version of the case that was read.
    pub version: u64,
    /// The policy it is ruled under; the case's own if left out.
    #[serde(default)]
    pub policy: Option<String>,
    /// What the file itself is, where the reviewer says it: `support`, `news`,
    /// `counter_speech`, `research`, `evidence` or `other`.
    #[serde(default)]
    pub class: Option<String>,
    /// A signature made elsewhere; needed of machines, not of people.
    #[serde(default)]
    pub signed: Option<Signed>,
}

/// Lists cases.
#[utoipa::path(
    get,
    path = "/v1/cases",
    tag = "cases",
    params(CasesQuery),
    responses((status = 200, description = "A page of cases", body = CasesPage)),
    extensions(("x-operation" = json!("cases.list"))),
)]
pub async fn get_cases(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CasesQuery>,
) -> Result<Json<CasesPage>, Problem> {
    let state = query.state.as_deref().map(|name| {
        CaseState::from_name(name).ok_or_else(|| {
            Problem::new(Code::Invalid, "use open, decided or withdrawn").at("state")
        })
    });
    let after = query.cursor.as_deref().map(|cursor| {
        Cursor::parse(cursor).ok_or_else(|| {
            Problem::new(Code::Invalid, "the cursor is none that a list gave").at("cursor")
        })
    });
    let limit = limit(query.limit, CASES, CASES_MAX)?;
    let wanted = Wanted { state: state.transpose()?, policy: query.policy };
    let (after, identity, viewer) = (after.transpose()?, caller.identity.clone(), viewer(&caller));
    let page = app.desk(move |desk| {
        let (rows, next) = desk_view::cases(desk, &wanted, viewer, after, limit)?;
        let mut cases = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(id) = CaseId::parse(&row.case) else { continue };
            if cleared(desk, &identity, id)?.is_ok() {
                cases.push(as_row(row, view(&identity)));
            }
        }
        Ok(CasesPage { cases, next: next.map(|next| next.to_string()) })
    });
    Ok(Json(page.await?))
}

/// Reads a case: why it is here, what it is about, what each ruling needs, what was done.
#[utoipa::path(
    get,
    path = "/v1/cases/{case}",
    tag = "cases",
    params(("case" = String, Path, description = "Its number", example = "c12")),
    responses((status = 200, description = "The case", body = CaseAnswer)),
    extensions(("x-operation" = json!("cases.read"))),
)]
pub async fn get_case(
    State(app): State<App>,
    caller: Caller,
    Path(case): Path<String>,
) -> Result<Json<CaseAnswer>, Problem> {
    let id = case_id(&case)?;
    let (identity, viewer) = (caller.identity.clone(), viewer(&caller));
    let people = people_of_keys(&app).await?;
    let read = app.desk(move |desk| {
        if let Err(denied) = cleared(desk, &identity, id)? {
            return Ok(Err(denied));
        }
        desk.seat(id, &people)?;
        let told = desk_view::case(desk, id, viewer)?;
        Ok(Ok(match view(&identity) {
            View::Content => CaseAnswer::Full(Box::new(told)),
            View::Pseudonymised | View::WithoutContent => CaseAnswer::Numbers(CaseNumbers {
                evidence: Some(told.evidence),
                ..CaseNumbers {
                    case: told.case,
                    state: told.state,
                    version: told.version,
                    subject: told.subject,
                    policy: told.policy,
                    rests_on_missing: told.rests_on_missing,
                    at: told.at,
                    evidence: None,
                }
            }),
        }))
    });
    Ok(Json(read.await?.map_err(|denied| of_denied(&denied))?))
}

/// Rules on a case. What law 1 finds missing is told, and the ruling waits for another person.
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/rulings",
    tag = "cases",
    params(("case" = String, Path, description = "Its number", example = "c12")),
    request_body = RulingAsked,
    responses(
        (status = 200, description = "Held, or decided", body = RulingAnswer),
        (status = 409, description = "The case has changed since it was read, or is closed",
            body = ProblemTold, content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("cases.rule"))),
)]
pub async fn post_ruling(
    State(app): State<App>,
    caller: Caller,
    Path(case): Path<String>,
    Body(given): Body<RulingAsked>,
) -> Result<Json<RulingAnswer>, Problem> {
    let id = case_id(&case)?;
    let asked = asked(id, &given)?;
    caller.may(match asked.ruled {
        Ruled::Act(kind) if is_grave(kind) => Operation::CasesRuleGrave,
        _ => Operation::CasesRule,
    })?;
    let signer = ruling::signer(&app, &caller, given.signed).await?;
    let identity = caller.identity.clone();
    let meant = app.desk(move |desk| {
        if let Err(denied) = cleared(desk, &identity, id)? {
            return Ok(Err(of_denied(&denied)));
        }
        Ok(says(desk, &asked).map_err(|unfit| ruling::of_unfit(&unfit)))
    });
    let said = meant.await??;
    Ok(Json(ruling::rule(&app, said, signer).await?))
}

/// What is asked, in the words of the product.
fn asked(case: CaseId, given: &RulingAsked) -> Result<Asked, Problem> {
    let ruled = Ruled::from_name(&given.ruling).ok_or_else(|| {
        let detail = "use keep, keep_documents, restrict, interstitial, label, remove or suspend";
        Problem::new(Code::Invalid, detail).at("/ruling")
    })?;
    let saw = Saw::from_name(&given.saw)
        .ok_or_else(|| Problem::new(Code::Invalid, "use content, file or links").at("/saw"))?;
    let class = given.class.as_deref().map(|name| {
        FileClass::from_name(name).ok_or_else(|| {
            let known: Vec<&str> = FileClass::ALL.iter().map(|class| class.as_str()).collect();
            Problem::new(Code::Invalid, format!("use {}", known.join(", "))).at("/class")
        })
    });
    Ok(Asked {
        case,
        version: Some(given.version),
        ruled,
        saw,
        policy: given.policy.clone(),
        class: class.transpose()?,
    })
}

/// What people on the platform lose by, and everybody sees.
fn is_grave(kind: ActionKind) -> bool {
    kind.gravity() == seawall_model::Gravity::Grave
}

/// Whether the caller is cleared for a case.
pub(crate) fn cleared(
    desk: &mut Desk<'_>,
    identity: &Identity,
    id: CaseId,
) -> Result<Result<(), Denied>, DeskError> {
    if let Err(denied) = is_invited_to(identity, id.0) {
        return Ok(Err(denied));
    }
    desk.asking(id, |clearance| may_see_case(identity, clearance))
}

/// The people whose keys the journal admitted, by the numbers of their keys.
pub(crate) async fn people_of_keys(app: &App) -> Result<BTreeMap<u64, Person>, Problem> {
    let read = app.blocking(|app| Ok(app.door().people_of_keys())).await?;
    read.map_err(|error| of_access(&error))
}

/// As whom a caller looks: blind to what others ruled and is held.
pub(crate) fn viewer(caller: &Caller) -> Viewer {
    Viewer::Reviewer(caller.reviewer().unwrap_or(ReviewerId(0)))
}

fn as_row(row: CaseRow, view: View) -> CaseRowAnswer {
    match view {
        View::Content => CaseRowAnswer::Full(Box::new(row)),
        View::Pseudonymised | View::WithoutContent => CaseRowAnswer::Numbers(CaseNumbers {
            case: row.case,
            state: row.state,
            version: row.version,
            subject: row.subject,
            policy: row.policy,
            rests_on_missing: row.rests_on_missing,
            at: row.at,
            evidence: None,
        }),
    }
}

/// The number of a case as people write it.
pub(crate) fn case_id(text: &str) -> Result<CaseId, Problem> {
    CaseId::parse(text).ok_or_else(|| Problem::new(Code::NotFound, "a case is named like `c12`"))
}
