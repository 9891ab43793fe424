//! Who calls, and whether they may.
//!
//! A person comes with the session's cookie, a machine with an API key as a bearer. A request
//! with the cookie that changes something carries the session's token against forged requests
//! too. Every decision about who may do what is logged, by numbers. Before that it is asked
//! whether they ask for too much ([`super::rate`]).

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use seawall_model::ReviewerId;
use zeroize::Zeroizing;

use super::App;
use super::problem::{Code, Problem};
use super::rate::{Left, Spent, TooMuch, Who};
use super::request::RequestId;
use crate::access::{
    AccessError, Denied, Identity, Openness, Operation, PersonIdentity, csrf_fits, permits,
};

/// The session's cookie: bound to the host, and read by no script.
pub(crate) const COOKIE: &str = "__Host-seawall";
/// The header with the token against forged requests.
pub(crate) const CSRF: &str = "x-csrf-token";

/// Who calls.
#[derive(Clone)]
pub(crate) struct Caller {
    /// Who they are.
    pub(crate) identity: Identity,
    /// The session's token; `None` for machines and the public.
    pub(crate) token: Option<Zeroizing<String>>,
}

impl Caller {
    /// Says whether they may.
    ///
    /// # Errors
    /// A [`Problem`] that says what is missing.
    pub(crate) fn may(&self, operation: Operation) -> Result<(), Problem> {
        let permitted = permits(&self.identity, operation);
        self.noted(operation, &permitted);
        permitted.map_err(|denied| of_denied(&denied))
    }

    /// Notes a decision about who may, for whoever audits it.
    fn noted(&self, operation: Operation, permitted: &Result<(), Denied>) {
        let outcome = permitted.as_ref().err().map_or("permitted", |denied| denied.code());
        let request_id = RequestId::of_this_task();
        tracing::info!(
            request_id,
            caller = self.name(),
            operation = operation.name(),
            outcome,
            "access"
        );
    }

    /// How the log and idempotency keys call them.
    pub(crate) fn name(&self) -> String {
        match &self.identity {
            Identity::Public => "public".to_owned(),
            Identity::SignedLink => "link".to_owned(),
            Identity::Key(key) => format!("key {}", key.number),
            Identity::Person(person) => format!("person {}", person.number),
        }
    }

    /// The person who calls.
    ///
    /// # Errors
    /// A [`Problem`] if it is none.
    pub(crate) fn person(&self) -> Result<&PersonIdentity, Problem> {
        match &self.identity {
            Identity::Person(person) => Ok(person),
            _ => Err(Problem::new(Code::Unauthenticated, "log in: this is for people")),
        }
    }

    /// The reviewer who calls, where it is one.
    pub(crate) fn reviewer(&self) -> Option<ReviewerId> {
        match &self.identity {
            Identity::Person(person) => person.reviewer.map(ReviewerId),
            _ => None,
        }
    }

    /// The session's token.
    ///
    /// # Errors
    /// A [`Problem`] if there is no session.
    pub(crate) fn token(&self) -> Result<Zeroizing<String>, Problem> {
        let token = self.token.clone();
        token.ok_or_else(|| Problem::new(Code::Unauthenticated, "log in: this is for people"))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        // Whoever came through the table is known already.
        match parts.extensions.remove::<Self>() {
            Some(caller) => Ok(caller),
            None => Self::of(parts, app).await,
        }
    }
}

impl Caller {
    /// Who sends a request.
    async fn of(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let now = app.service().clock().now();
        if let Some(key) = bearer(parts)? {
            let look = move |app: &App| Ok(app.door().key(&key, now));
            let identity = app.blocking(look).await?.map_err(|error| of_access(&error))?;
            return Ok(Self { identity, token: None });
        }
        let Some(token) = cookie(parts) else {
            return Ok(Self { identity: Identity::Public, token: None });
        };
        if !parts.method.is_safe() {
            let given = parts.headers.get(CSRF).and_then(|given| given.to_str().ok());
            if !given.is_some_and(|given| csrf_fits(&token, given)) {
                let detail = "send the session's csrf token, as the login gave it";
                return Err(Problem::new(Code::Forbidden, detail).at(CSRF));
            }
        }
        let held = token.clone();
        let look = move |app: &App| Ok(app.door().session(&held, now));
        let identity = app.blocking(look).await?.map_err(|error| of_access(&error))?;
        Ok(Self { identity, token: Some(token) })
    }
}

/// What each route does, from its document: its method, its path, the operation.
pub(crate) type Table = HashMap<(Method, String), Operation>;

/// Asks whether the caller may do what a route does, before anything of the request is read.
/// What a route asks beyond that, such as of a grave ruling or of one case, it asks itself.
pub(crate) async fn permitted(
    State((app, table)): State<(App, Arc<Table>)>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let path = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
    // A HEAD is a GET whose body is left out.
    let method = match &parts.method {
        &Method::HEAD => Method::GET,
        other => other.clone(),
    };
    let operation = path.and_then(|path| table.get(&(method, path)).copied());
    let operation = operation.ok_or_else(|| {
        Problem::new(Code::Forbidden, "this route states no operation, so nobody may use it")
    })?;
    let found = Caller::of(&parts, &app).await;
    // Asked before anything else of it, and also of whoever is refused.
    let admitted = match operation {
        // Whoever watches the server asks as often as they need.
        Operation::HealthRead => None,
        _ => match limited(&app, found.as_ref().ok(), &parts) {
            Ok(admitted) => admitted,
            Err(refused) => return Ok(refused),
        },
    };
    let caller = found?;
    let may_come_by_link = operation.rule().openness == Openness::SignedLink
        && matches!(caller.identity, Identity::Public);
    if !may_come_by_link {
        caller.may(operation)?;
    }
    parts.extensions.insert(caller);
    let Some((who, left)) = admitted else {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let body = charged(&app, who, &parts, body);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    tell_left(response.headers_mut(), left, 1);
    Ok(response)
}

/// Counts a request, if whoever sends it may have one more. `None` where no time passes, and
/// so no rate can be told.
#[expect(clippy::result_large_err, reason = "it is the answer")]
fn limited(
    app: &App,
    caller: Option<&Caller>,
    parts: &Parts,
) -> Result<Option<(Who, Left)>, Response> {
    let clock = app.service().clock();
    if !clock.passes() {
        return Ok(None);
    }
    let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let from = connected.map_or(IpAddr::from([0, 0, 0, 0]), |connected| connected.0.ip());
    let who = caller.map_or(Who::at(from), |caller| Who::of(&caller.identity, from));
    app.rates().admit(who, clock.now()).map(|left| Some((who, left))).map_err(|refused| {
        metrics::counter!("seawall_http_limited_total", "caller" => who.kind()).increment(1);
        let TooMuch { spent, per_second, wait_seconds, left } = refused;
        let (what, less) = match spent {
            Spent::Requests => ("requests", "ask for more in one request, or ask later"),
            Spent::Bytes => ("bytes", "send less at once"),
        };
        let detail = format!(
            "{per_second} {what} a second are taken of one {}: wait {wait_seconds} s, and {less}; \
             whoever runs this server sets `serve.rates`",
            who.kind()
        );
        let mut response = Problem::new(Code::TooMany, detail).after(wait_seconds).into_response();
        tell_left(response.headers_mut(), left, wait_seconds);
        response
    })
}

/// Counts the bytes of a body for whoever sends it: at once where its length is told, else as
/// they come.
fn charged(app: &App, who: Who, parts: &Parts, body: Body) -> Body {
    let told = parts.headers.get(header::CONTENT_LENGTH).and_then(|told| told.to_str().ok());
    if let Some(bytes) = told.and_then(|told| told.parse().ok()) {
        app.rates().charge(who, bytes, app.service().clock().now());
        return body;
    }
    let app = app.clone();
    Body::new(body.map_frame(move |frame| {
        if let Some(data) = frame.data_ref() {
            app.rates().charge(who, data.len() as u64, app.service().clock().now());
        }
        frame
    }))
}

/// Tells what is left, as the IETF's draft of these headers has it.
fn tell_left(headers: &mut HeaderMap, left: Left, wait_seconds: u64) {
    let Left { at_once, window_seconds, requests } = left;
    let told = [
        ("ratelimit-policy", format!("\"requests\";q={at_once};w={window_seconds}")),
        ("ratelimit", format!("\"requests\";r={requests};t={wait_seconds}")),
    ];
    for (name, value) in told {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

fn bearer(parts: &Parts) -> Result<Option<Zeroizing<String>>, Problem> {
    let Some(given) = parts.headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let given = given.to_str().ok().and_then(|given| given.split_once(' '));
    match given {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(Zeroizing::new(key.trim().to_owned())))
        }
        _ => {
            let detail = "send `Authorization: Bearer swk_…`, with the key as it was given";
            Err(Problem::new(Code::Unauthenticated, detail).at("authorization"))
        }
    }
}

fn cookie(parts: &Parts) -> Option<Zeroizing<String>> {
    let all = parts.headers.get_all(header::COOKIE).iter();
    let mut pairs = all.filter_map(|cookies| cookies.to_str().ok()).flat_map(|c| c.split(';'));
    pairs.find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then(|| Zeroizing::new(value.to_owned()))
    })
}

/// Where a request came from. Behind a proxy it is the proxy, which throttles by itself.
pub(crate) struct From(pub(crate) SocketAddr);

impl FromRequestParts<App> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        Ok(Self(connected.map_or(nowhere, |connected| connected.0)))
    }
}

/// What is told of a refusal.
pub(crate) fn of_denied(denied: &Denied) -> Problem {
    let code = match denied {
        Denied::Unauthenticated(_) => Code::Unauthenticated,
        Denied::StepUp(_) => Code::StepUp,
        _ => Code::Forbidden,
    };
    Problem::new(code, denied.to_string())
}

/// What is told where somebody does not come in.
pub(crate) fn of_access(error: &AccessError) -> Problem {
    use seawall_store::people::PeopleError;
    match error {
        AccessError::Wrong | AccessError::NoSession | AccessError::NoKey => {
            Problem::new(Code::Unauthenticated, error.to_string())
        }
        AccessError::Wait { retry_after_s } => {
            Problem::new(Code::TooMany, error.to_string()).after(u64::from(*retry_after_s))
        }
        AccessError::Weak(_) => Problem::new(Code::Invalid, error.to_string()).at("/password"),
        AccessError::People(error) => match error {
            PeopleError::Store(error) => Problem::defect(error),
            PeopleError::Stale { .. } => Problem::new(Code::Stale, error.to_string()),
            PeopleError::NoPerson(_) | PeopleError::NoKey(_) => {
                Problem::new(Code::NotFound, error.to_string())
            }
            PeopleError::LinkSpent => Problem::new(Code::NotFound, error.to_string()),
            PeopleError::LoginTaken => Problem::new(Code::Invalid, error.to_string()).at("/login"),
            PeopleError::Invalid { field, .. } => {
                let pointer = format!("/{}", field.replace('.', "/"));
                Problem::new(Code::Invalid, error.to_string()).at(pointer)
            }
            _ => Problem::new(Code::Invalid, error.to_string()),
        },
    }
}
