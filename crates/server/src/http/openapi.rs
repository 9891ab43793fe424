//! The OpenAPI document, made from the routes themselves.

use axum::Json;
use axum::http::Method;
use utoipa::OpenApi;
use utoipa::openapi::{
    ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder, path,
};

use super::caller::Table;
use crate::access::Operation;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Seawall",
        description = "Keeps removed extremist networks from coming back. Errors are \
                       `application/problem+json`; every write takes an `Idempotency-Key`; \
                       lists are read with cursors.",
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
    with_problems(&mut document);
    document
}

/// Says of every operation that whatever it does not name is answered with a problem.
fn with_problems(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        let stated: [&mut Option<path::Operation>; 5] =
            [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in stated.into_iter().flatten() {
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
