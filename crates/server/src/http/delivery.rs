//! Delivery: what the platform is yet to be told, and what it refused. Left out: what people do
//! about what was not delivered (`dead_letters`), and what the platform believes (`reconcile`).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::Json;
use axum::extract::{Query, State};
use seawall_model::journal::SubjectSeen;
use seawall_store::{DeliveryState, Effect, Entries, Instruction, InstructionId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::problem::{Code, Problem};
use crate::desk::Desk;

/// Instructions of one answer, at most.
const INSTRUCTIONS_MAX: u32 = 200;
/// The verb of what only tells the account something.
const TELL: &str = "tell";

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
                row.about = about(known.subject);
                row.case = Some(known.case.to_string());
                row.decision = known.decision.map(|decision| decision.to_string());
            }
            told.push(row);
        }
        Ok(told)
    };
    app.desk(explain).await
}

/// What something is asked of, without saying whose it is.
pub(super) fn about(subject: SubjectSeen) -> Option<&'static str> {
    match subject {
        SubjectSeen::Account { .. } => Some("account"),
        SubjectSeen::Post { .. } => Some("post"),
        SubjectSeen::Entry { .. } => None,
    }
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
