//! What people do about what was not delivered: send it again, give it up, and reopen delivery
//! after the platform said that its endpoint is gone.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use seawall_model::ReviewerId;
use seawall_model::journal::{Body as Entry, Released};
use seawall_store::{DeliveryState, Effect, Error, Instruction, InstructionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::body::Body;
use super::caller::Caller;
use super::delivery::{InstructionTold, explained};
use super::problem::{Code, Problem, ProblemTold};
use super::request::to_its_end;
use crate::carry::journaled;

/// An instruction that waits to be sent again.
#[derive(Serialize, ToSchema)]
pub struct Replayed {
    /// The instruction.
    pub instruction: InstructionTold,
    /// When the platform said that its endpoint is gone: it waits until delivery is reopened. Null
    /// where it is sent at once.
    pub endpoint_gone_at: Option<String>,
}

/// Delivery that is open.
#[derive(Serialize, ToSchema)]
pub struct Reopened {
    /// When the platform had said that its endpoint is gone; null where delivery was open.
    pub was_gone_at: Option<String>,
    /// How many instructions wait, and are sent from now on.
    pub waiting: u64,
}

/// Giving an instruction up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseAsked {
    /// Why it is not to be sent any more.
    pub why: ReleaseWhy,
}

/// Why an instruction is not to be sent any more. The journal keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseWhy {
    /// The platform did it by another way.
    DoneElsewhere,
    /// Nothing is left that it could be done to.
    Moot,
    /// The platform will not do it, and what stands behind it is to go on.
    Mistaken,
}

impl ReleaseWhy {
    const fn name(self) -> &'static str {
        match self {
            Self::DoneElsewhere => "done_elsewhere",
            Self::Moot => "moot",
            Self::Mistaken => "mistaken",
        }
    }
}

/// Sends a dead letter again, under the same `webhook-id`. It does not reopen delivery: where the
/// platform said that its endpoint is gone it waits, and the answer says so.
#[utoipa::path(
    post,
    path = "/v1/delivery/{instruction}/replay",
    tag = "delivery",
    params(("instruction" = String, Path, description = "What it is called", example = "a12")),
    responses(
        (status = 202, description = "It waits to be sent", body = Replayed),
        (status = 409, description = "It is no dead letter, or would come out of order",
            body = ProblemTold, content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("delivery.replay"))),
)]
pub async fn post_replay(
    State(app): State<App>,
    Path(instruction): Path<String>,
) -> Result<(StatusCode, Json<Replayed>), Problem> {
    let id = instruction_id(&instruction)?;
    let now = app.service().clock().now();
    let replayed = app.blocking(move |app| {
        let mut outbox = app.carrier().outbox();
        if outbox.get(id)?.is_none() {
            return Ok(Err(unknown(id)));
        }
        match outbox.replay(id, now) {
            Ok(()) => Ok(Ok((outbox.get(id)?, outbox.counts()?.gone_at))),
            Err(error @ Error::NotReplayable { .. }) => {
                Ok(Err(Problem::new(Code::Conflict, error.to_string())))
            }
            Err(error) => Err(error),
        }
    });
    let (told, gone_at) = replayed.await??;
    app.carrier().wake();
    let instruction = one(&app, id, told).await?;
    let endpoint_gone_at = gone_at.map(|at| at.to_string());
    Ok((StatusCode::ACCEPTED, Json(Replayed { instruction, endpoint_gone_at })))
}

/// Sends again to the endpoint that had said it is gone. Where delivery is open nothing changes.
#[utoipa::path(
    post,
    path = "/v1/delivery/reopen",
    tag = "delivery",
    responses((status = 200, description = "What waits is sent", body = Reopened)),
    extensions(("x-operation" = json!("delivery.reopen"))),
)]
pub async fn post_reopen(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Reopened>, Problem> {
    let reopened = app.blocking(|app| {
        let mut outbox = app.carrier().outbox();
        let counts = outbox.counts()?;
        outbox.reopen()?;
        Ok(counts)
    });
    let counts = reopened.await?;
    app.carrier().wake();
    if counts.gone_at.is_some() {
        tracing::info!(caller = caller.name(), "delivery is reopened");
    }
    Ok(Json(Reopened {
        was_gone_at: counts.gone_at.map(|at| at.to_string()),
        waiting: counts.of(DeliveryState::Waiting),
    }))
}

/// Gives up what the platform refused or could not be told: it is never sent again, and what
/// stands behind it, on the same account, goes on. The journal keeps who said so, and why. A reversal
/// is given up only where the platform did it by another way (`done_elsewhere`), and only by somebody
/// who took no part in the case: whoever decided does not keep what they did from being taken back.
#[utoipa::path(
    post,
    path = "/v1/delivery/{instruction}/release",
    tag = "delivery",
    params(("instruction" = String, Path, description = "What it is called", example = "a12")),
    request_body = ReleaseAsked,
    responses(
        (status = 200, description = "It is given up", body = InstructionTold),
        (status = 403, description = "It takes back what the caller took part in",
            body = ProblemTold, content_type = "application/problem+json"),
        (status = 409, description = "It is no dead letter", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("delivery.release"))),
)]
pub async fn post_release(
    State(app): State<App>,
    caller: Caller,
    Path(instruction): Path<String>,
    Body(given): Body<ReleaseAsked>,
) -> Result<Json<InstructionTold>, Problem> {
    let id = instruction_id(&instruction)?;
    let reviewer = caller.reviewer().ok_or_else(|| {
        let detail = "your key is not admitted: an admin admits it, so that the journal tells who \
                      gave it up";
        Problem::new(Code::Refused, detail)
    })?;
    let held = app.clone();
    let done = to_its_end(async move { release(&held, id, reviewer, given.why).await });
    let told = done.await.map_err(|error| Problem::defect(&error))??;
    app.carrier().wake();
    Ok(Json(one(&app, id, told).await?))
}

async fn release(
    app: &App,
    id: InstructionId,
    reviewer: ReviewerId,
    why: ReleaseWhy,
) -> Result<Option<Instruction>, Problem> {
    let letter = app.blocking(move |app| app.carrier().outbox().get(id)).await?;
    let letter = letter.ok_or_else(|| unknown(id))?;
    if !letter.state.is_dead_letter() {
        let detail = format!("{id} is no dead letter: only what was refused or died is given up");
        return Err(Problem::new(Code::Conflict, detail));
    }
    if id.effect == Effect::Undo {
        may_drop_reversal(app, id, reviewer, why).await?;
    }
    let reviewer = reviewer.0;
    let now = app.service().clock().now();
    let (effect, attempts) = (journaled(id.effect), letter.attempts);
    let why = why.name().to_owned();
    let released = Released { action: id.action, effect, reviewer, why, attempts };
    let entry = Entry::DeliveryReleased(released);
    app.service().ask_engine(move |derivation| derivation.input(entry, now)).await?;
    metrics::counter!("seawall_delivery_released_total").increment(1);
    // The entry says it: who feeds the outbox from the journal may have come first, and comes
    // after a crash.
    let given_up = app.blocking(move |app| {
        let mut outbox = app.carrier().outbox();
        match outbox.give_up(id, now) {
            Ok(()) | Err(Error::NotReplayable { .. }) => outbox.get(id),
            Err(error) => Err(error),
        }
    });
    given_up.await
}

/// Whether somebody may give up taking an action back (law 5): only what is done already, and
/// nobody in their own matter.
async fn may_drop_reversal(
    app: &App,
    id: InstructionId,
    reviewer: ReviewerId,
    why: ReleaseWhy,
) -> Result<(), Problem> {
    if why != ReleaseWhy::DoneElsewhere {
        let detail = "this takes an action back: it is given up as done_elsewhere only, once the \
                      platform has taken it back by another way";
        return Err(Problem::new(Code::Invalid, detail).at("/why"));
    }
    let part = app.desk(move |desk| Ok(desk.judge().took_part(id.action))).await?;
    let detail = match part {
        Some(part) if !part.contains(&reviewer) => return Ok(()),
        Some(_) => {
            "you took part in the case that this takes back: somebody who did not gives it up, or \
             it is sent again (replay)"
        }
        None => {
            "this is too long ago to tell who took part in it: mend what the platform answers, and \
             send it again (replay)"
        }
    };
    Err(Problem::new(Code::Forbidden, detail))
}

async fn one(
    app: &App,
    id: InstructionId,
    told: Option<Instruction>,
) -> Result<InstructionTold, Problem> {
    let told = explained(app, told.into_iter().collect()).await?.pop();
    told.ok_or_else(|| unknown(id))
}

fn unknown(id: InstructionId) -> Problem {
    Problem::new(Code::NotFound, format!("there is no {id}"))
}

fn instruction_id(text: &str) -> Result<InstructionId, Problem> {
    let detail = "an instruction is called like `a12` or `a12-undo`";
    InstructionId::parse(text).ok_or_else(|| Problem::new(Code::NotFound, detail))
}
