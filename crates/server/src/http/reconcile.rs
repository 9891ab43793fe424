//! What the platform believes: what it has in force, compared with what is in force here. Left out:
//! what it is yet to be told (`delivery`).

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use seawall_model::journal::{ActionPlanned, Body as Said, Reconciled, SubjectSeen};
use seawall_model::{ActionKind, CaseId, TraceId};
use seawall_wave::{TraceKey, post_key};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::body::Body;
use super::delivery::about;
use super::problem::{Code, Problem, ProblemTold};
use crate::desk::{Desk, DeskError};

/// Accounts and posts of one list, at most.
const LISTED_MAX: usize = 100_000;

/// What a platform has in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlatformList {
    /// Ids of the accounts that are suspended there.
    #[serde(default)]
    pub suspended: Vec<String>,
    /// Ids of the posts that are removed there.
    #[serde(default)]
    pub removed: Vec<String>,
}

/// Where both differ. Each listed account or post is agreed on, ended or foreign.
#[derive(Serialize, ToSchema)]
pub struct Reconciliation {
    /// How many accounts and posts the platform listed.
    pub listed: u64,
    /// On how many of those both agree.
    pub agreed: u64,
    /// Actions that are in force here and not there.
    pub missing: Vec<String>,
    /// Actions that have ended here, and that the platform still has in force: they were taken
    /// back, or lapsed. Of each listed account or post the newest.
    pub ended: Vec<EndedTold>,
    /// How many the platform has in force of its own accord: they were never suspended or removed
    /// from here.
    pub foreign: u64,
}

/// An action that has ended here and not there. Whose account or post it is, it does not tell.
#[derive(Serialize, ToSchema)]
pub struct EndedTold {
    /// The action.
    #[schema(example = "a12")]
    pub action: String,
    /// What was asked: `suspend` or `remove`.
    pub verb: Option<String>,
    /// What it was asked of: `account` or `post`.
    pub about: Option<&'static str>,
    /// The case it followed from.
    pub case: Option<String>,
}

/// Where both differed when the platform sent its newest list.
#[derive(Serialize, ToSchema)]
pub struct LastReconciliation {
    /// When it was compared.
    pub at: String,
    /// The entry of the journal that keeps it.
    pub entry: u64,
    /// What differed.
    pub differs: Reconciliation,
}

/// What an action is about, as a platform lists it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Account(u64),
    Post(TraceId),
}

/// Compares what the platform has in force with what is in force here.
#[utoipa::path(
    post,
    path = "/v1/reconcile",
    tag = "delivery",
    request_body = PlatformList,
    responses((status = 200, description = "Where both differ", body = Reconciliation)),
    extensions(("x-operation" = json!("reconcile.write"))),
)]
pub async fn post_reconcile(
    State(app): State<App>,
    Body(given): Body<PlatformList>,
) -> Result<Json<Reconciliation>, Problem> {
    if given.suspended.len() + given.removed.len() > LISTED_MAX {
        let detail = format!("a list holds at most {LISTED_MAX} ids: send only what you act on");
        return Err(Problem::new(Code::TooLarge, detail));
    }
    let key = TraceKey(app.service().folder().keys().trace_key());
    let compared = app.desk(move |desk| compare(desk, &given, &key)).await?;
    let now = app.service().clock().now();
    let entry = Said::Reconciled(compared.clone());
    app.service().ask_engine(move |derivation| derivation.input(entry, now)).await?;
    Ok(Json(told(&app, compared).await?))
}

/// Reads where both differed when the platform sent its newest list. What was done since is not in
/// it: send a list again to compare anew.
#[utoipa::path(
    get,
    path = "/v1/reconcile",
    tag = "delivery",
    responses(
        (status = 200, description = "Where both differed", body = LastReconciliation),
        (status = 404, description = "No list was sent yet", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("reconcile.read"))),
)]
pub async fn get_reconcile(State(app): State<App>) -> Result<Json<LastReconciliation>, Problem> {
    let last = app.blocking(|app| app.service().journal()?.last_of_type("reconciled")).await?;
    let Some(seawall_store::Recorded { entry, .. }) = last else {
        let detail = "the platform has sent no list yet: POST /v1/reconcile";
        return Err(Problem::new(Code::NotFound, detail));
    };
    let Said::Reconciled(compared) = entry.body else {
        return Err(Problem::new(Code::Defect, "another entry was read than was asked for"));
    };
    let differs = told(&app, compared).await?;
    Ok(Json(LastReconciliation { at: entry.at.to_string(), entry: entry.seq, differs }))
}

/// Compares a list with what is in force, and with what was. Cost: a look-up for each account that
/// is listed, and one pass over all that was ever decided where anything is left over.
fn compare(
    desk: &mut Desk<'_>,
    given: &PlatformList,
    key: &TraceKey,
) -> Result<Reconciled, DeskError> {
    let suspended: BTreeSet<&str> = given.suspended.iter().map(String::as_str).collect();
    let removed: BTreeSet<&str> = given.removed.iter().map(String::as_str).collect();
    let listed = (suspended.len() + removed.len()) as u64;
    let mut there: BTreeSet<Named> =
        removed.into_iter().map(|post| Named::Post(post_key(post, key))).collect();
    for id in suspended {
        there.extend(desk.account(id)?.map(|account| Named::Account(account.0)));
    }
    let in_force: BTreeMap<u64, (CaseId, ActionPlanned)> = desk
        .judge()
        .actions()
        .all()
        .map(|action| (action.planned.action, (action.case, action.planned.clone())))
        .collect();
    let (mut agreed, mut missing, mut ended) = (BTreeSet::new(), Vec::new(), Vec::new());
    for (action, (case, planned)) in in_force {
        // Only what takes somebody or something away is listed.
        if !takes_away(&planned) {
            continue;
        }
        match named(desk, Some(case), &planned, key).filter(|named| there.contains(named)) {
            Some(named) => drop(agreed.insert(named)),
            None => missing.push(action),
        }
    }
    let mut left: BTreeSet<Named> = there.difference(&agreed).copied().collect();
    if !left.is_empty() {
        for (action, done) in desk.actions()?.into_iter().rev() {
            let is_left = takes_away(&done.action)
                && named(desk, done.case, &done.action, key).is_some_and(|of| left.remove(&of));
            ended.extend(is_left.then_some(action));
        }
    }
    ended.sort_unstable();
    let agreed = agreed.len() as u64;
    Ok(Reconciled { listed, agreed, missing, ended, foreign: listed.saturating_sub(agreed) })
}

fn takes_away(planned: &ActionPlanned) -> bool {
    matches!(
        (ActionKind::from_name(&planned.kind), planned.subject),
        (Some(ActionKind::Suspend), SubjectSeen::Account { .. })
            | (Some(ActionKind::Remove), SubjectSeen::Post { .. })
    )
}

fn named(
    desk: &mut Desk<'_>,
    case: Option<CaseId>,
    planned: &ActionPlanned,
    key: &TraceKey,
) -> Option<Named> {
    match planned.subject {
        SubjectSeen::Account { account } => Some(Named::Account(account)),
        SubjectSeen::Post { position, .. } => {
            let known = case.and_then(|case| desk.judge().cases().get(case)?.post);
            let post = known.or_else(|| Some(post_key(&desk.post_id(position)?, key)));
            post.map(Named::Post)
        }
        SubjectSeen::Entry { .. } => None,
    }
}

async fn told(app: &App, compared: Reconciled) -> Result<Reconciliation, Problem> {
    let Reconciled { listed, agreed, missing, ended, foreign } = compared;
    let explain = move |desk: &mut Desk<'_>| {
        let mut rows = Vec::with_capacity(ended.len());
        let actions = match ended.is_empty() {
            true => BTreeMap::new(),
            false => desk.actions()?,
        };
        for action in ended {
            let done = actions.get(&action);
            rows.push(EndedTold {
                action: format!("a{action}"),
                verb: done.map(|done| done.action.kind.clone()),
                about: done.and_then(|done| about(done.action.subject)),
                case: done.and_then(|done| done.case).map(|case| case.to_string()),
            });
        }
        Ok(rows)
    };
    let ended = app.desk(explain).await?;
    let foreign = foreign.saturating_sub(ended.len() as u64);
    let missing = missing.into_iter().map(|action| format!("a{action}")).collect();
    Ok(Reconciliation { listed, agreed, missing, ended, foreign })
}
