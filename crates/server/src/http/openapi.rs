//! The OpenAPI document, made from the routes themselves.

use axum::Json;
use axum::http::Method;
use seawall_store::KEY_BYTES_MAX;
use utoipa::OpenApi;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, OpenApi as Document, Ref, RefOr, Required, Response, ResponseBuilder, path,
};

use super::caller::Table;
use super::once;
use crate::access::Operation;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Seawall",
        description = "Keeps removed extremist networks from coming back. Errors are \
                       `application/problem+json`. Every write that names an `Idempotency-Key` \
                       among its parameters is done once under it, and answered the same for a \
                       day; every other write says why it may be sent again as it is. Lists are \
                       read with cursors.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(super::problem::ProblemTold))
)]
struct Base;

/// The whole document.
#[must_use]
pub fn document() -> Document {
    let mut document = Base::openapi();
    document.merge(super::routes().into_openapi());
    with_keys(&mut document);
    with_problems(&mut document);
    document
}

/// The methods that an item states, each with its operation.
fn stated(item: &mut path::PathItem) -> [(Method, &mut Option<path::Operation>); 5] {
    [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ]
}

/// Says of every write that it takes an idempotency key, or why it may be sent again without one.
fn with_keys(document: &mut Document) {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in stated(item) {
            let Some(operation) = operation.as_mut().filter(|_| !method.is_safe()) else {
                continue;
            };
            match safe(&method, path) {
                None => operation.parameters.get_or_insert_default().push(RefOr::T(key())),
                Some(why) => {
                    let told = operation.description.get_or_insert_default();
                    let lead = if told.is_empty() { "" } else { "\n\n" };
                    told.push_str(&format!("{lead}It may be sent again as it is: {why}."));
                }
            }
        }
    }
}

/// Why a write takes no key, if it does not.
fn safe(method: &Method, path: &str) -> Option<&'static str> {
    let is_it = |known: &&(&str, &str, &str)| (known.0, known.1) == (method.as_str(), path);
    once::SAFE.iter().find(is_it).map(|(_, _, why)| *why)
}

/// The header that a write is done once under.
fn key() -> path::Parameter {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(KEY_BYTES_MAX));
    path::ParameterBuilder::new()
        .name(once::KEY)
        .parameter_in(path::ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Drawn anew for each write, such as a UUID. Sent again with the same request it is \
             answered as before for a day, with `idempotency-replayed: true`; with another it is \
             refused with 409.",
        ))
        .schema(Some(text))
        .build()
}

/// The routes that take an idempotency key.
pub(crate) fn takes(document: &Document) -> once::Takes {
    let mut takes = once::Takes::new();
    for (path, item) in &document.paths.paths {
        let mut item = item.clone();
        for (method, operation) in stated(&mut item) {
            if operation.is_some() && !method.is_safe() && safe(&method, path).is_none() {
                takes.insert((method, path.clone()));
            }
        }
    }
    takes
}

/// Says of every operation that whatever it does not name is answered with a problem.
fn with_problems(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        for operation in stated(item).into_iter().filter_map(|(_, operation)| operation.as_mut()) {
            let responses = &mut operation.responses.responses;
            responses.entry("default".to_owned()).or_insert_with(|| RefOr::T(problem()));
        }
    }
}

fn problem() -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description("What is wrong, and what to do about it")
        .content("application/problem+json", content)
        .build()
}

/// Which operation each route states, as `x-operation`.
pub(crate) fn table(document: &Document) -> Table {
    let mut table = Table::new();
    for (path, item) in &document.paths.paths {
        let methods = [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        for (method, stated) in methods {
            let extensions = stated.as_ref().and_then(|stated| stated.extensions.as_ref());
            let name = extensions.and_then(|all| all.get("x-operation")?.as_str());
            if let Some(operation) = name.and_then(Operation::from_name) {
                table.insert((method, path.clone()), operation);
            }
        }
    }
    table
}

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "health",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)),
    extensions(("x-operation" = json!("openapi.read"))),
)]
pub async fn openapi() -> Json<Document> {
    Json(document())
}
