//! A JSON body, read strictly: what is wrong with it is told by its place.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde::de::DeserializeOwned;

use super::App;
use super::problem::{Code, Problem};

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|k| k.to_str().ok());
        let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let detail = "send the body as application/json";
            return Err(Problem::new(Code::MediaType, detail).at("content-type"));
        }
        let bytes = Bytes::from_request(request, app).await.map_err(|refused| {
            let code = match refused.status().as_u16() {
                413 => Code::TooLarge,
                _ => Code::Malformed,
            };
            Problem::new(code, "the body is too large, or ended before its time")
        })?;
        read(&bytes).map(Self)
    }
}

/// Reads a body that came as JSON.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Data => {
                // Its words name fields and types, and may quote a value: only the first are told.
                let words = error.to_string();
                let detail = fields_only(&words);
                Problem::new(Code::Invalid, format!("{detail} at {place}"))
            }
            _ => Problem::new(Code::Malformed, format!("the body is no JSON at {place}")),
        }
    })
}

/// What a message of serde says of fields, without values that it quotes.
fn fields_only(words: &str) -> String {
    let told = ["missing field `", "unknown field `", "duplicate field `"];
    let is_of_fields = told.iter().any(|prefix| words.starts_with(prefix));
    match is_of_fields {
        true => words.split(" at line ").next().unwrap_or_default().to_owned(),
        false => "a value is of another type than the document of the API says".to_owned(),
    }
}
