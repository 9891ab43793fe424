//! Delivery: what the platform is yet to be told, what it refused, and what it believes. Left out:
//! what people do about what was not delivered (`dead_letters`).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::{Query, State};
use seawall_model::journal::{Body as Said, SubjectSeen};
use seawall_model::{AccountId, ActionKind};
use seawall_store::{DeliveryState, Effect, Entries, Instruction, InstructionId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::body::Body;
use super::problem::{Code, Problem, ProblemTold};
use crate::desk::Desk;

/// Instructions of one answer, at most.
const INSTRUCTIONS_MAX: u32 = 200;
/// The verb of what only tells the account something.
const TELL: &str = "tell";
/// Accounts and posts of one list, at most.
const LISTED_MAX: usize = 100_000;

/// Which instructions are listed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// `waiting`, `delivered`, `refused`, `dead`, `cancelled` or `dry_run`; all if left out.
    pub state: Option<String>,
    /// Where the list goes on.
    #[serde(default)]
    #[param(minimum = 0)]
    pub cursor: u64,
}

/// Instructions to the platform, in the order in which they came.
#[derive(Serialize, ToSchema)]
pub struct DeliveryPage {
    /// The instructions.
    pub instructions: Vec<InstructionTold>,
    /// The cursor that goes on here; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// How many wait.
    pub waiting: u64,
    /// Entries of the journal that are not yet looked through for what is to be done; where this
    /// and `waiting` are 0, all that was decided was told.
    pub unread: u64,
    /// How many are dead letters: refused, or never answered well.
    pub dead_letters: u64,
    /// How many of those were never sent, since they could not be written or are too large.
    pub untold: u64,
    /// Since when the oldest waits.
    pub oldest_waiting: Option<String>,
    /// When the platform said that its endpoint is gone; nothing is sent since then.
    pub endpoint_gone_at: Option<String>,
}

/// An instruction, without what it says.
#[derive(Serialize, ToSchema)]
pub struct InstructionTold {
    /// What it is called, in `webhook-id` too: an action, its undoing (`-undo`), the notices that
    /// an order withheld (`-notice`, then `-notice-2`), or what became of an appeal (`-answer`).
    #[schema(example = "a12-undo")]
    pub id: String,
    /// What is asked, such as `remove` or its inverse `restore`, or `tell` where only notices are
    /// to be shown; null where nobody is there to act on any more.
    pub verb: Option<String>,
    /// What it is asked of: `account` or `post`.
    pub about: Option<&'static str>,
    /// The case it follows from.
    pub case: Option<String>,
    /// The decision that it carries out; null if no person decided.
    pub decision: Option<String>,
    /// How far it came.
    pub state: &'static str,
    /// Attempts begun.
    pub attempts: u32,
    /// When it is sent, if it waits.
    pub next_at: Option<String>,
    /// The platform's last answer (HTTP status).
    pub last_status: Option<u16>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was settled.
    pub settled_at: Option<String>,
}

impl From<&Instruction> for InstructionTold {
    fn from(instruction: &Instruction) -> Self {
        let is_waiting = instruction.state == DeliveryState::Waiting;
        Self {
            id: instruction.id.to_string(),
            verb: None,
            about: None,
            case: None,
            decision: None,
            state: instruction.state.as_str(),
            attempts: instruction.attempts,
            next_at: is_waiting.then(|| instruction.next_at.to_string()),
            last_status: instruction.last_status,
            last_error: instruction.last_error.clone(),
            settled_at: instruction.settled_at.map(|at| at.to_string()),
        }
    }
}

/// Instructions with what they ask, of what, and why. Whose account or post it is, they do not
/// tell: who runs the server need not know.
pub(super) async fn explained(
    app: &App,
    list: Vec<Instruction>,
) -> Result<Vec<InstructionTold>, Problem> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let explain = move |desk: &mut Desk<'_>| {
        let mut of_cases = BTreeMap::new();
        let mut told = Vec::with_capacity(list.len());
        for instruction in &list {
            let mut row = InstructionTold::from(instruction);
            let InstructionId { action, effect } = instruction.id;
            if let Some(known) = desk.judge().actions().known(action) {
                let planned = match of_cases.entry(known.case) {
                    Entry::Occupied(there) => there.into_mut(),
                    Entry::Vacant(free) => free.insert(desk.actions_on(known.case)?),
                };
                row.verb = planned.get(&action).map(|done| match effect {
                    Effect::Do => done.action.kind.clone(),
                    Effect::Undo => done.action.inverse.clone(),
                    _ => TELL.to_owned(),
                });
                row.about = match known.subject {
                    SubjectSeen::Account { .. } => Some("account"),
                    SubjectSeen::Post { .. } => Some("post"),
                    SubjectSeen::Entry { .. } => None,
                };
                row.case = Some(known.case.to_string());
                row.decision = known.decision.map(|decision| decision.to_string());
            }
            told.push(row);
        }
        Ok(told)
    };
    app.desk(explain).await
}

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

/// Where both differ.
#[derive(Serialize, ToSchema)]
pub struct Reconciliation {
    /// How many the platform listed.
    pub listed: u64,
    /// On how many both agree.
    pub agreed: u64,
    /// Actions that are in force here and not there.
    pub missing: Vec<String>,
    /// How many the platform has in force of its own accord.
    pub foreign: u64,
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

/// Lists what is to be delivered, and what became of it.
#[utoipa::path(
    get,
    path = "/v1/delivery",
    tag = "delivery",
    params(DeliveryQuery),
    responses((status = 200, description = "In order", body = DeliveryPage)),
    extensions(("x-operation" = json!("delivery.read"))),
)]
pub async fn get_delivery(
    State(app): State<App>,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<DeliveryPage>, Problem> {
    let state = query.state.as_deref().map(|name| {
        DeliveryState::from_name(name).ok_or_else(|| {
            let known: Vec<&str> = DeliveryState::ALL.iter().map(|s| s.as_str()).collect();
            Problem::new(Code::Invalid, format!("use {}", known.join(", "))).at("state")
        })
    });
    let state = state.transpose()?;
    let read = app.blocking(move |app| {
        // Before the outbox: what comes between is looked through already.
        let (last, _) = app.service().journal()?.head();
        let outbox = app.carrier().outbox();
        let unread = last.saturating_sub(outbox.reached()?);
        Ok((outbox.list(state, query.cursor, INSTRUCTIONS_MAX)?, outbox.counts()?, unread))
    });
    let (list, counts, unread) = read.await?;
    let is_last = list.len() < INSTRUCTIONS_MAX as usize;
    Ok(Json(DeliveryPage {
        next: list.last().map(|last| last.number).filter(|_| !is_last),
        instructions: explained(&app, list).await?,
        waiting: counts.of(DeliveryState::Waiting),
        unread,
        dead_letters: counts.of(DeliveryState::Refused) + counts.of(DeliveryState::Dead),
        untold: counts.untold,
        oldest_waiting: counts.oldest_waiting.map(|at| at.to_string()),
        endpoint_gone_at: counts.gone_at.map(|at| at.to_string()),
    }))
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
    let compared = app.desk(move |desk| {
        let suspended: BTreeSet<String> = given.suspended.into_iter().collect();
        let removed: BTreeSet<String> = given.removed.into_iter().collect();
        let in_force: Vec<(u64, String, SubjectSeen)> = desk
            .judge()
            .actions()
            .all()
            .map(|action| {
                let planned = &action.planned;
                (planned.action, planned.kind.clone(), planned.subject)
            })
            .collect();
        let (mut agreed, mut missing) = (0, Vec::new());
        for (action, kind, subject) in in_force {
            let there = match (ActionKind::from_name(&kind), subject) {
                (Some(ActionKind::Suspend), SubjectSeen::Account { account }) => {
                    let id = desk.person(AccountId(account))?.id;
                    id.is_some_and(|id| suspended.contains(&id))
                }
                (Some(ActionKind::Remove), SubjectSeen::Post { position, .. }) => {
                    let post = desk.post_id(position);
                    post.is_some_and(|post| removed.contains(&post))
                }
                // Only what takes somebody or something away is listed.
                _ => continue,
            };
            if there {
                agreed += 1;
            } else {
                missing.push(action);
            }
        }
        let listed = (suspended.len() + removed.len()) as u64;
        Ok((listed, agreed, missing))
    });
    let (listed, agreed, missing) = compared.await?;
    let foreign = listed.saturating_sub(agreed);
    let now = app.service().clock().now();
    let entry = Said::Reconciled { listed, agreed, missing: missing.clone(), foreign };
    app.service().ask_engine(move |derivation| derivation.input(entry, now)).await?;
    let missing = missing.into_iter().map(|action| format!("a{action}")).collect();
    Ok(Json(Reconciliation { listed, agreed, missing, foreign }))
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
    let Said::Reconciled { listed, agreed, missing, foreign } = entry.body else {
        return Err(Problem::new(Code::Defect, "another entry was read than was asked for"));
    };
    let missing = missing.into_iter().map(|action| format!("a{action}")).collect();
    let differs = Reconciliation { listed, agreed, missing, foreign };
    Ok(Json(LastReconciliation { at: entry.at.to_string(), entry: entry.seq, differs }))
}
