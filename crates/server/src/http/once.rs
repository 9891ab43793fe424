//! Idempotency keys: a write under a key that was used is not done again.
//!
//! `Idempotency-Key` is a header of every write but those in [`SAFE`], in one place for all of
//! them. What succeeded is answered the same for a day, to the same caller, and kept sealed under
//! that key ([`seawall_store::Requests`]), so that a secret that is told once may be among it; what
//! was refused may be asked again. Who may is asked before this, each time anew. Left out: headers
//! of an answer other than its type.

use std::collections::HashSet;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use seawall_store::{KEY_BYTES_MAX, Known};
use sha2::{Digest, Sha256};

use super::App;
use super::body::whole;
use super::caller::Caller;
use super::problem::{Code, Problem};
use super::request::to_its_end;
use crate::access::Identity;

/// The header.
pub(crate) const KEY: &str = "idempotency-key";
/// Bytes of an answer that is kept, at most. The largest is what a withdrawal took with it.
const ANSWER_BYTES_MAX: usize = 1 << 26;

/// Writes that take no key, each with why it may be sent again as it is.
pub(crate) const SAFE: [(&str, &str, &str); 14] = [
    ("POST", "/v1/events", "an event is known by its `id`, and one that came before is counted"),
    ("POST", "/v1/reports", "a report is known by its `id`, and taken in once"),
    ("PUT", "/v1/media/{sha256}", "a file is known by its digest, and kept once"),
    ("POST", "/v1/media/{sha256}/fetch", "a file is known by its digest, and kept once"),
    (
        "POST",
        "/v1/media/{sha256}/grants",
        "each grant opens one file once, and one that nobody uses ends within minutes",
    ),
    ("DELETE", "/v1/media/{sha256}/mark", "what is marked no more is answered with 404"),
    ("POST", "/v1/rules/check", "nothing is kept of it"),
    ("POST", "/v1/rules/run", "nothing is kept of it"),
    ("POST", "/v1/session", "each login opens a session of its own, and an unused one ends"),
    ("DELETE", "/v1/session", "a session that has ended is answered with 401"),
    ("PUT", "/v1/session/password", "it names the password of now, so it is done once"),
    ("POST", "/v1/session/step-up", "it only says from when the minutes count"),
    ("DELETE", "/v1/sessions/{session}", "a session that has ended is answered with 404"),
    (
        "POST",
        "/v1/links/use",
        "a link works once: if the answer was lost, log in with the password that was chosen",
    ),
];

/// The routes that take a key, by method and path.
pub(crate) type Takes = HashSet<(Method, String)>;

/// Does a write once under its key, where the route takes one. It is done to its end, whether or
/// not the caller stays.
pub(crate) async fn once(
    State((app, takes)): State<(App, Arc<Takes>)>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    if !path.is_some_and(|path| takes.contains(&(request.method().clone(), path))) {
        return Ok(next.run(request).await);
    }
    let key = key(request.headers())?;
    let (parts, body) = request.into_parts();
    // All of it comes while the caller is there: nothing waits for the rest of it afterwards.
    let limited = Request::from_parts(parts.clone(), body);
    let body = whole(limited, &app).await?;
    let again = Request::from_parts(parts, Body::from(body.clone()));
    let done = match key {
        None => to_its_end(async move { Ok(next.run(again).await) }).await,
        Some(key) => {
            let write = Write::of(&again, &body, key);
            to_its_end(async move { write.under(&app, next.run(again)).await }).await
        }
    };
    done.map_err(|error| Problem::defect(&error))?
}

/// Who asked what under which key.
#[derive(Clone)]
struct Write {
    caller: String,
    key: String,
    asked: String,
}

impl Write {
    fn of(request: &Request, body: &Bytes, key: String) -> Self {
        let place = request.uri().path_and_query().map_or("", |place| place.as_str());
        let digest: String = Sha256::digest(body).iter().map(|b| format!("{b:02x}")).collect();
        let asked = format!("{} {place}\n{digest}", request.method());
        let caller = match request.extensions().get::<Caller>() {
            Some(caller) if !matches!(caller.identity, Identity::Public) => caller.name(),
            // Strangers do not stand in each other's way: the same key is theirs with the same
            // request only, which holds the token of their link.
            _ => format!("public {asked}"),
        };
        Self { caller, key, asked }
    }

    async fn under(
        self,
        app: &App,
        work: impl Future<Output = Response>,
    ) -> Result<Response, Problem> {
        let Self { caller, key, asked } = self.clone();
        let now = app.service().clock().now();
        let begin = move |app: &App| app.requests().begin(&caller, &key, &asked, now);
        match app.blocking(begin).await? {
            Known::New => self.kept(app, work.await).await,
            Known::Running => {
                let detail = "a request with this key is being answered: ask again in a moment";
                Err(Problem::new(Code::Conflict, detail).at(KEY).after(1))
            }
            Known::Other => {
                let detail = "this key was used for another request: draw a new one for each write";
                Err(Problem::new(Code::Conflict, detail).at(KEY))
            }
            Known::Answered { status, body } => Ok(answered_before(status, body)),
        }
    }

    /// Keeps the answer of what was done, and forgets what came to nothing.
    async fn kept(self, app: &App, response: Response) -> Result<Response, Problem> {
        let Self { caller, key, .. } = self;
        let status = response.status();
        if !status.is_success() {
            app.blocking(move |app| app.requests().forget(&caller, &key)).await?;
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, ANSWER_BYTES_MAX).await.map_err(|e| Problem::defect(&e))?;
        let told = body.clone();
        let finish = move |app: &App| app.requests().finish(&caller, &key, status.as_u16(), &told);
        app.blocking(finish).await?;
        Ok(Response::from_parts(parts, Body::from(body)))
    }
}

fn answered_before(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = match body.is_empty() {
        true => status.into_response(),
        false => (status, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
    };
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut all = headers.get_all(KEY).iter();
    let Some(key) = all.next() else { return Ok(None) };
    let text = key.to_str().ok().filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()));
    let text = text.filter(|_| all.next().is_none()).ok_or_else(|| {
        let detail = format!(
            "send one idempotency key of 1 to {KEY_BYTES_MAX} visible characters, drawn for this \
             write, such as 7f3c9e52-1b0d-4f6a-9a57-2c8d1e0b6f43"
        );
        Problem::new(Code::Invalid, detail).at(KEY)
    })?;
    Ok(Some(text.to_owned()))
}
