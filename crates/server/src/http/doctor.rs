//! `GET /v1/doctor`: what the doctor finds in the folder that is served.
//!
//! The same doctor as the command's. The events of the log are left out: to read them all takes
//! longer than a request may.

use std::sync::{Mutex, TryLockError};

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::problem::{Code, Problem, ProblemTold};
use crate::doctor::{Found, Look, Reading, look};

/// Held while the doctor looks: it reads every database, and one at a time is enough.
static LOOKING: Mutex<()> = Mutex::new(());

/// What the doctor found.
#[derive(Serialize, ToSchema)]
pub struct DoctorTold {
    /// How many problems there are.
    pub problems: u64,
    /// All that was looked at.
    pub findings: Vec<FindingTold>,
}

/// What was found of one thing.
#[derive(Serialize, ToSchema)]
pub struct FindingTold {
    /// What was looked at.
    #[schema(example = "journal.db")]
    pub subject: String,
    /// `ok`, `note` or `problem`.
    pub state: &'static str,
    /// What was found, in words.
    pub what: String,
    /// What to do about a problem.
    pub remedy: Option<&'static str>,
}

/// Has the folder looked over, but for the events of the log. Takes as long as reading its
/// databases takes; where that is longer than a request may, run `seawall doctor` beside the server.
#[utoipa::path(
    get,
    path = "/v1/doctor",
    tag = "health",
    responses(
        (status = 200, description = "What was found", body = DoctorTold),
        (status = 409, description = "It is looked over already", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("doctor.read"))),
)]
pub async fn get_doctor(State(app): State<App>) -> Result<Json<DoctorTold>, Problem> {
    let given = Look {
        dir: app.service().folder().path().to_owned(),
        reading: Reading::Quick,
        free_mib_min: app.free_mib_min(),
        now: app.service().clock().now(),
        test_seed: app.test_seed(),
    };
    let looked = tokio::task::spawn_blocking(move || {
        let _looking = match LOOKING.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(None),
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        let mut findings = Vec::new();
        look(&given, &mut |subject, found| {
            findings.push(finding(subject, found));
            Ok(())
        })?;
        anyhow::Ok(Some(findings))
    });
    let looked = looked.await.map_err(|error| Problem::defect(&error))?;
    let findings = looked.map_err(|error| Problem::defect(&*error))?.ok_or_else(|| {
        let detail = "the folder is being looked over: ask again in a moment";
        Problem::new(Code::Conflict, detail).after(5)
    })?;
    let problems = findings.iter().filter(|finding| finding.state == "problem").count() as u64;
    Ok(Json(DoctorTold { problems, findings }))
}

fn finding(subject: &str, found: Found) -> FindingTold {
    let (state, what, remedy) = match found {
        Found::Sound(what) => ("ok", what, None),
        Found::Note(what) => ("note", what, None),
        Found::Damage { what, remedy } => ("problem", what, Some(remedy)),
    };
    FindingTold { subject: subject.to_owned(), state, what, remedy }
}
