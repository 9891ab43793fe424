//! Who calls, and whether they may.
//!
//! A person comes with the session's cookie, a machine with an API key as a bearer. A request
//! with the cookie that changes something carries the session's token against forged requests
//! too. Every decision about who may do what is logged, by numbers.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;
use seawall_model::ReviewerId;
use zeroize::Zeroizing;

use super::App;
use super::problem::{Code, Problem};
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
    let caller = Caller::of(&parts, &app).await?;
    let may_come_by_link = operation.rule().openness == Openness::SignedLink
        && matches!(caller.identity, Identity::Public);
    if !may_come_by_link {
        caller.may(operation)?;
    }
    parts.extensions.insert(caller);
    Ok(next.run(Request::from_parts(parts, body)).await)
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
            _ => Problem::new(Code::Invalid, error.to_string()),
        },
    }
}
