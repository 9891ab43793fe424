//! Idempotency keys: a write under a key that was used is not done again.
//!
//! `Idempotency-Key` is a header of every write but those whose records have ids of their
//! own. What succeeded is answered the same for a day; what was refused may be asked again.

use std::future::Future;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use seawall_store::{KEY_BYTES_MAX, Known};
use serde::Serialize;

use super::App;
use super::problem::{Code, Problem};
use super::request::to_its_end;

/// The header.
const KEY: &str = "idempotency-key";

/// Does a write, once under its key. `asked` is all that was asked: method, path and body.
///
/// It is done to its end, whether or not the caller stays. The answer is kept as it is sent,
/// so it must hold neither content nor a secret.
pub(crate) async fn once<T: Serialize + Send + 'static>(
    app: &App,
    caller: &str,
    headers: &HeaderMap,
    asked: String,
    work: impl Future<Output = Result<(StatusCode, T), Problem>> + Send + 'static,
) -> Result<Response, Problem> {
    let key = key(headers)?;
    let (app, caller) = (app.clone(), caller.to_owned());
    let done = to_its_end(async move {
        match key {
            Some(key) => under(&app, Under { caller, key, asked }, work).await,
            None => {
                let (status, told) = work.await?;
                Ok(answer(status, body(&told)?))
            }
        }
    });
    done.await.map_err(|error| Problem::defect(&error))?
}

/// Who asked what under which key.
struct Under {
    caller: String,
    key: String,
    asked: String,
}

async fn under<T: Serialize>(
    app: &App,
    Under { caller, key, asked }: Under,
    work: impl Future<Output = Result<(StatusCode, T), Problem>>,
) -> Result<Response, Problem> {
    let now = app.service().clock().now();
    let (of, named) = (caller.clone(), key.clone());
    let known = app.blocking(move |app| app.requests().begin(&of, &named, &asked, now)).await?;
    match known {
        Known::New => {}
        Known::Running => {
            let detail = "a request with this key is being answered: ask again in a moment";
            return Err(Problem::new(Code::Conflict, detail).at(KEY).after(1));
        }
        Known::Other => {
            let detail = "this key was used for another request: draw a new one for each write";
            return Err(Problem::new(Code::Conflict, detail).at(KEY));
        }
        Known::Answered { status, body } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let mut response = answer(status, body);
            let replayed = HeaderValue::from_static("true");
            response.headers_mut().insert("idempotency-replayed", replayed);
            return Ok(response);
        }
    }
    match work.await {
        Ok((status, told)) => {
            let body = body(&told)?;
            let kept = body.clone();
            let finish =
                move |app: &App| app.requests().finish(&caller, &key, status.as_u16(), &kept);
            app.blocking(finish).await?;
            Ok(answer(status, body))
        }
        Err(problem) => {
            app.blocking(move |app| app.requests().forget(&caller, &key)).await?;
            Err(problem)
        }
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get(KEY) else { return Ok(None) };
    let text = key.to_str().ok().filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()));
    let text = text.ok_or_else(|| {
        let detail = format!("an idempotency key is 1 to {KEY_BYTES_MAX} visible characters");
        Problem::new(Code::Invalid, detail).at(KEY)
    })?;
    Ok(Some(text.to_owned()))
}

fn body(told: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(told).map_err(|error| Problem::defect(&error))
}

fn answer(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
