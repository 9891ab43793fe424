//! `GET /problems/{code}`: what a problem means and what to do, where its `type` leads.
//!
//! A type is a relative reference (RFC 9457, section 3.1.1), so it leads to the server that told
//! it, whatever it is called, and to what that very version means by it.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::problem::{Code, Problem, ProblemTold};

/// Says what a problem means and what to do about it, in Markdown.
#[utoipa::path(
    get,
    path = "/problems/{code}",
    tag = "health",
    params(("code" = String, Path, description = "The problem's `code`", example = "too_large")),
    responses(
        (status = 200, description = "What it means", body = String,
            content_type = "text/markdown"),
        (status = 404, description = "There is no such problem", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("openapi.read"))),
)]
pub async fn get_problem(Path(code): Path<String>) -> Result<Response, Problem> {
    let found = Code::ALL.into_iter().find(|known| known.as_str() == code);
    let code = found.ok_or_else(|| {
        let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let detail = format!("there is no such problem: there are {}", known.join(", "));
        Problem::new(Code::NotFound, detail)
    })?;
    let kind = [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")];
    Ok((kind, page(code)).into_response())
}

fn page(code: Code) -> String {
    let found = EXPLAINED.iter().find(|(known, ..)| *known == code);
    let (means, remedy) = found.map(|(_, means, remedy)| (*means, *remedy)).unwrap_or_default();
    format!(
        "# {}\n\n`{}`, answered with status {}.\n\n{means}\n\n## What to do\n\n{remedy}\n\n\
         `detail` says what is wrong in this request, and `pointer` where: a JSON pointer into the \
         body, or the name of a parameter or header. `request_id` is what the server's log calls \
         the request.\n",
        code.title(),
        code.as_str(),
        code.status().as_u16(),
    )
}

/// What each code means, and what to do about it.
const EXPLAINED: [(Code, &str, &str); Code::ALL.len()] = [
    (
        Code::Malformed,
        "The body, the path or a parameter cannot be read at all, such as JSON that ends early.",
        "Mend the syntax at the line and column that are told, and send it again.",
    ),
    (
        Code::Missing,
        "A field or parameter that must be there is not.",
        "Add what `pointer` names; `detail` says how it is written.",
    ),
    (
        Code::Invalid,
        "A field or parameter has a value that is not allowed, or a name that is not known.",
        "Give a value as `detail` says, at `pointer`. `/openapi.json` tells every field.",
    ),
    (
        Code::Unknown,
        "A type, version or format is named that this version does not know.",
        "Use one that `detail` names, or a newer server.",
    ),
    (
        Code::Unauthenticated,
        "Nobody is logged in, the session has ended, or the API key is none.",
        "Log in with `POST /v1/session`, or send `Authorization: Bearer` with an API key that \
         is neither expired nor revoked.",
    ),
    (
        Code::Forbidden,
        "Whoever asks is known, and may not do this: a role, a scope, a clearance or the \
         session's token against forged requests is missing.",
        "Ask an admin for what `detail` names, or send the header `X-CSRF-Token`.",
    ),
    (
        Code::StepUp,
        "This is grave, and the password was not entered just before.",
        "`POST /v1/session/step-up` with the password, then send the request again.",
    ),
    (
        Code::NotFound,
        "There is nothing under this name, or not for you.",
        "Look the name up in the list that it comes from; `/openapi.json` tells all routes.",
    ),
    (
        Code::Method,
        "The resource is there, and this method is not one of its own.",
        "Use a method that `/openapi.json` names.",
    ),
    (
        Code::Stale,
        "Somebody changed it since you read it, and nothing was done.",
        "Read it again, decide anew, and name the version that you read.",
    ),
    (
        Code::Conflict,
        "It cannot be done as things stand: it is done, closed or in progress, or an \
         idempotency key was used for another request.",
        "Read how things stand. If a key is the reason, draw a new one for each write.",
    ),
    (
        Code::Refused,
        "The laws of Seawall refuse it, such as grave action without the people or the \
         evidence that it needs. Nothing was done.",
        "`detail` says what is missing. No setting turns it off.",
    ),
    (
        Code::TooLarge,
        "A size limit is exceeded. What was read of it is thrown away.",
        "Send it in parts. Whoever runs the server sets `serve.body_bytes_max` and the limits \
         of records.",
    ),
    (
        Code::MediaType,
        "This type or coding of body is not read here.",
        "Send `application/json`, or what `/openapi.json` names, without `Content-Encoding`.",
    ),
    (
        Code::TooMany,
        "One caller asks for too much, guessed too often, or holds too many of something.",
        "Wait as many seconds as `retry_after` says, and ask for more at once and less often.",
    ),
    (
        Code::Busy,
        "More waits than the server holds in memory. Nothing of the request was done.",
        "Send the same again after `retry_after` seconds.",
    ),
    (
        Code::Stopping,
        "The server is stopping, and takes nothing new.",
        "Send the same again after `retry_after` seconds.",
    ),
    (
        Code::Timeout,
        "The request took too long. What it was to do may be done, or may yet be.",
        "Send the same again under the same ids, or the same idempotency key.",
    ),
    (
        Code::Defect,
        "Seawall failed. It is not your request that is wrong.",
        "Give whoever runs the server the `request_id`, under which the log tells what \
         happened.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_once() {
        assert_eq!(EXPLAINED.map(|(code, ..)| code), Code::ALL);
        for code in Code::ALL {
            let page = page(code);
            assert!(page.contains("## What to do\n\n") && page.len() > 300, "{page}");
        }
    }
}
