//! What holds for every request: its id, its line in the log, the headers of its answer.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::{Code, Problem};
use crate::clock::Stopwatch;

tokio::task_local! {
    static REQUEST: RequestId;
}

/// Characters of a caller's own request id that are taken.
const ID_CHARS_MAX: usize = 64;

/// The id of a request: the caller's own where it sent a plain one, else one of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

/// Numbers requests within this process, so that no two ids are the same.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl RequestId {
    /// The id of the request that this task answers; empty outside of one.
    #[must_use]
    pub fn of_this_task() -> String {
        REQUEST.try_with(|id| id.0.clone()).unwrap_or_default()
    }

    fn of(request: &Request) -> Self {
        let given = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
        let is_plain = |id: &&str| {
            (1..=ID_CHARS_MAX).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        match given.filter(is_plain) {
            Some(id) => Self(id.to_owned()),
            None => {
                Self(format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
            }
        }
    }
}

/// Does something to its end, whether or not the caller stays: in a task of its own, under
/// the same id.
///
/// # Errors
/// If it failed by a defect.
pub async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, tokio::task::JoinError> {
    match REQUEST.try_with(RequestId::clone) {
        Ok(id) => tokio::spawn(REQUEST.scope(id, work)).await,
        Err(_) => tokio::spawn(work).await,
    }
}

/// Headers of every answer: nothing here is to be guessed, framed, cached or referred to.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Gives a request its id and its line in the log, and its answer the headers of all.
///
/// The line names route, status and time, never a body, a query or a header: those are
/// content or secrets.
pub async fn around(request: Request, next: Next) -> Response {
    let id = RequestId::of(&request);
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method = request.method().clone();
    let watch = Stopwatch::start();
    let mut response = REQUEST.scope(id.clone(), next.run(request)).await;
    let seconds = watch.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    let route = route.unwrap_or_else(|| "none".to_owned());
    tracing::info!(request_id = id.0, %method, route, status, seconds, "request");
    let labels = [("method", method.to_string()), ("route", route), ("status", status.to_string())];
    metrics::histogram!("seawall_http_seconds", &labels).record(seconds);
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert("x-request-id", id);
    }
    response
}

/// Refuses a request that does not name one host (RFC 9112, section 3.2), and a body in a coding:
/// nothing is decompressed here, so no body becomes larger than what came.
pub async fn plain_only(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let hosts = headers.get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        let detail = "send one `host` header";
        return Problem::new(Code::Malformed, detail).at("host").into_response();
    }
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    if codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return next.run(request).await;
    }
    let detail = "send the body as it is: nothing is decompressed here";
    let mut response = Problem::new(Code::MediaType, detail).at("content-encoding").into_response();
    let identity = HeaderValue::from_static("identity");
    response.headers_mut().insert(header::ACCEPT_ENCODING, identity);
    response
}
