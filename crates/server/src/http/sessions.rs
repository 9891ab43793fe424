//! Sessions: in by password, out again, and what is one's own.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use seawall_model::{ReviewerId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::App;
use super::body::Body;
use super::caller::{COOKIE, Caller, From, of_access};
use super::people::PersonTold;
use super::problem::{Code, Problem};
use crate::access::{AccessError, Door, Newcomer, SessionGiven};

/// Who logs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The login.
    pub login: String,
    /// The password.
    pub password: String,
}

/// A password, entered again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Password {
    /// The password.
    pub password: String,
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password of now.
    pub password: String,
    /// The password from now on: 12 characters at least.
    pub next: String,
}

/// What somebody gives who uses a one-time link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkUse {
    /// The link's token.
    pub token: String,
    /// The password they choose: 12 characters at least.
    pub password: String,
    /// The login that the first admin chooses; left out for other links.
    #[serde(default)]
    pub login: String,
    /// The pseudonym that the first admin chooses; left out for other links.
    #[serde(default)]
    pub shown_name: String,
}

/// A session that was opened. Its cookie is set beside this.
#[derive(Serialize, ToSchema)]
pub struct SessionTold {
    /// Goes with everything that changes something, as `X-CSRF-Token`.
    pub csrf_token: String,
    /// When the session ends, used or not.
    pub ends_at: String,
    /// Until when grave actions need no password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stepped_up_until: Option<String>,
    /// Who came in.
    pub person: PersonTold,
}

/// One of the caller's own sessions.
#[derive(Serialize, ToSchema)]
pub struct OwnSession {
    /// Its number.
    pub session: u64,
    /// When it was opened.
    pub created_at: String,
    /// When it was last used, to the minute.
    pub seen_at: String,
    /// When it ends.
    pub ends_at: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// The caller's own sessions.
#[derive(Serialize, ToSchema)]
pub struct OwnSessions {
    /// The newest first.
    pub sessions: Vec<OwnSession>,
}

/// Logs in.
#[utoipa::path(
    post,
    path = "/v1/session",
    tag = "sessions",
    request_body = Login,
    responses((status = 201, description = "In; the session's cookie is set", body = SessionTold)),
    extensions(("x-operation" = json!("sessions.open"))),
)]
pub async fn post_session(
    State(app): State<App>,
    From(from): From,
    Body(login): Body<Login>,
) -> Result<Response, Problem> {
    let (name, password) = (login.login, Zeroizing::new(login.password));
    let address = from.ip();
    let given = hashing(&app, move |door, now| door.login(&name, &password, address, now)).await?;
    Ok(opened(&given, StatusCode::CREATED))
}

/// Says who one is.
#[utoipa::path(
    get,
    path = "/v1/session",
    tag = "sessions",
    responses((status = 200, description = "Who one is", body = SessionTold)),
    extensions(("x-operation" = json!("sessions.own"))),
)]
pub async fn get_session(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<SessionTold>, Problem> {
    let (person, token) = (caller.person()?, caller.token()?);
    let number = person.number;
    let read = app.blocking(move |app| Ok(app.door().person(number))).await?;
    let known = read.map_err(|error| of_access(&error))?;
    let known = known.ok_or_else(|| Problem::new(Code::NotFound, "this person is gone"))?;
    Ok(Json(SessionTold {
        csrf_token: crate::access::csrf_token(&token).unwrap_or_default().to_string(),
        ends_at: person.session_ends_at.to_string(),
        stepped_up_until: person.stepped_up_until.map(|until| until.to_string()),
        person: PersonTold::from(&known),
    }))
}

/// Logs out.
#[utoipa::path(
    delete,
    path = "/v1/session",
    tag = "sessions",
    responses((status = 204, description = "Out")),
    extensions(("x-operation" = json!("sessions.own"))),
)]
pub async fn delete_session(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let token = caller.token()?;
    let ended = app.blocking(move |app| Ok(app.door().logout(&token))).await?;
    ended.map_err(|error| of_access(&error))?;
    Ok(with_cookie(StatusCode::NO_CONTENT.into_response(), &cookie("", 0)))
}

/// Enters the password again, so that grave actions are allowed for some minutes.
#[utoipa::path(
    post,
    path = "/v1/session/step-up",
    tag = "sessions",
    request_body = Password,
    responses((status = 200, description = "Allowed until then", body = SteppedUp)),
    extensions(("x-operation" = json!("sessions.own"))),
)]
pub async fn post_step_up(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<Password>,
) -> Result<Json<SteppedUp>, Problem> {
    let (token, password) = (caller.token()?, Zeroizing::new(given.password));
    let until = hashing(&app, move |door, now| door.step_up(&token, &password, now)).await?;
    Ok(Json(SteppedUp { stepped_up_until: until.to_string() }))
}

/// Until when grave actions are allowed.
#[derive(Serialize, ToSchema)]
pub struct SteppedUp {
    /// Until then.
    pub stepped_up_until: String,
}

/// Changes one's own password. All one's sessions end, and another one is opened.
#[utoipa::path(
    put,
    path = "/v1/session/password",
    tag = "sessions",
    request_body = PasswordChange,
    responses((status = 200, description = "Changed; another session is open", body = SessionTold)),
    extensions(("x-operation" = json!("sessions.own"))),
)]
pub async fn put_password(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<PasswordChange>,
) -> Result<Response, Problem> {
    let token = caller.token()?;
    let (password, next) = (Zeroizing::new(given.password), Zeroizing::new(given.next));
    let change = move |door: &Door, now| door.change_password(&token, &password, &next, now);
    Ok(opened(&hashing(&app, change).await?, StatusCode::OK))
}

/// Lists one's own sessions.
#[utoipa::path(
    get,
    path = "/v1/sessions",
    tag = "sessions",
    responses((status = 200, description = "The newest first", body = OwnSessions)),
    extensions(("x-operation" = json!("sessions.own"))),
)]
pub async fn get_sessions(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<OwnSessions>, Problem> {
    let (person, this, now) = {
        let person = caller.person()?;
        (person.number, person.session, app.service().clock().now())
    };
    let read = app.blocking(move |app| Ok(app.door().sessions(person, now))).await?;
    let sessions = read.map_err(|error| of_access(&error))?;
    let told = sessions.into_iter().map(|session| OwnSession {
        session: session.number,
        created_at: session.created_at.to_string(),
        seen_at: session.seen_at.to_string(),
        ends_at: session.ends_at.to_string(),
        is_this: session.number == this,
    });
    Ok(Json(OwnSessions { sessions: told.collect() }))
}

/// Ends one of one's own sessions, such as one on a lost telephone.
#[utoipa::path(
    delete,
    path = "/v1/sessions/{session}",
    tag = "sessions",
    params(("session" = u64, Path, description = "Its number")),
    responses((status = 204, description = "Ended")),
    extensions(("x-operation" = json!("sessions.own"))),
)]
pub async fn delete_one_session(
    State(app): State<App>,
    caller: Caller,
    Path(session): Path<u64>,
) -> Result<StatusCode, Problem> {
    let person = caller.person()?.number;
    let end = app.blocking(move |app| Ok(app.door().end_session(person, session))).await?;
    match end.map_err(|error| of_access(&error))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::new(Code::NotFound, "you have no open session of this number")),
    }
}

/// Uses a one-time link: sets the password. Then one logs in.
#[utoipa::path(
    post,
    path = "/v1/links/use",
    tag = "sessions",
    request_body = LinkUse,
    responses((status = 200, description = "The password is set", body = PersonTold)),
    extensions(("x-operation" = json!("links.use"))),
)]
pub async fn post_link(
    State(app): State<App>,
    Body(given): Body<LinkUse>,
) -> Result<Json<PersonTold>, Problem> {
    let token = Zeroizing::new(given.token);
    let password = Zeroizing::new(given.password);
    let (login, shown_name) = (given.login, given.shown_name);
    let settled = hashing(&app, move |door, now| {
        let newcomer = Newcomer { password: &password, login: &login, shown_name: &shown_name };
        door.use_link(&token, &newcomer, now)
    });
    let settled = settled.await?;
    let number = settled.person.number;
    let Some(public) = settled.person.public_key.clone() else {
        return Ok(Json(PersonTold::from(&settled.person)));
    };
    // Nobody admits the first key of a folder; all later ones somebody answers for.
    let now = app.service().clock().now();
    let admitted = app
        .service()
        .ask(move |derivation| derivation.admit(&public, None, now).map(|id| (id, public)))
        .await?;
    let person = match admitted {
        Ok((ReviewerId(reviewer), public)) => {
            let set = move |app: &App| Ok(app.door().set_reviewer(number, reviewer, &public));
            app.blocking(set).await?.map_err(|error| of_access(&error))?
        }
        Err(_) => settled.person,
    };
    Ok(Json(PersonTold::from(&person)))
}

/// Does what hashes a password, where no more than a few do so at once.
pub(crate) async fn hashing<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Door, Timestamp) -> Result<T, AccessError> + Send + 'static,
) -> Result<T, Problem> {
    let pass = app.gate().enter().await.map_err(|busy| {
        Problem::new(Code::Busy, busy.to_string()).after(u64::from(busy.retry_after_s))
    })?;
    let now = app.service().clock().now();
    let done = app.blocking(move |app| {
        let done = work(app.door(), now);
        drop(pass);
        Ok(done)
    });
    done.await?.map_err(|error| of_access(&error))
}

fn opened(given: &SessionGiven, status: StatusCode) -> Response {
    let told = SessionTold {
        csrf_token: given.csrf.to_string(),
        ends_at: given.ends_at.to_string(),
        stepped_up_until: None,
        person: PersonTold::from(&given.person),
    };
    let response = (status, Json(told)).into_response();
    with_cookie(response, &cookie(&given.token, 43_200))
}

fn cookie(token: &str, seconds: u32) -> Zeroizing<String> {
    Zeroizing::new(format!(
        "{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}"
    ))
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(mut value) = HeaderValue::from_str(cookie) {
        value.set_sensitive(true);
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
